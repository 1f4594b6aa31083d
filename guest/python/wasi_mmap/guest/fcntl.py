"""CPython's ``fcntl`` for components.

WASI has no locks, and one that nobody else sees would protect nothing: asking for it is an ``OSError`` (``ENOSYS``).
What holds without locks works: releasing one, ``F_GETFD`` and ``F_SETFD`` (no descriptor outlives the component),
``F_GETFL`` and ``F_SETFL``. No descriptor is a device that ``ioctl`` could control.
"""

import errno
import os
import sys

import _wasi_mmap

# The numbers of Linux, except for the flags of F_GETFL and F_SETFL, which are those of `os`.
FD_CLOEXEC = 1
F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK, F_SETLKW, F_SETOWN, F_GETOWN = range(10)
F_GETLK64, F_SETLK64, F_SETLKW64 = F_GETLK, F_SETLK, F_SETLKW
F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW = 36, 37, 38
F_DUPFD_CLOEXEC = 1030
F_RDLCK, F_WRLCK, F_UNLCK = 0, 1, 2
LOCK_SH, LOCK_EX, LOCK_NB, LOCK_UN = 1, 2, 4, 8

_LOCKS = {F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW}


def _number(fd):
    """The number of an open file: an integer, or what has a ``fileno()``."""
    if not isinstance(fd, int):
        if not hasattr(fd, "fileno"):
            raise TypeError("argument must be an int, or have a fileno() method.")
        fd = fd.fileno()
        if not isinstance(fd, int):
            raise TypeError("fileno() returned a non-integer")
    if fd < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({fd})")
    os.fstat(fd)  # EBADF
    return fd


def _refuse(number):
    raise OSError(number, os.strerror(number))


def fcntl(fd, cmd, arg=0, /):
    """Perform the operation cmd: one of F_GETFD, F_SETFD, F_GETFL and F_SETFL. Return an integer.

    OSError: EBADF, ENOSYS (the locks), EINVAL (all others).
    """
    fd = _number(fd)
    sys.audit("fcntl.fcntl", fd, cmd, arg)
    if cmd in _LOCKS:
        _refuse(errno.ENOSYS)
    if cmd not in (F_GETFD, F_SETFD, F_GETFL, F_SETFL):
        _refuse(errno.EINVAL)
    return _wasi_mmap._fcntl(fd, cmd, arg)


def ioctl(fd, request, arg=0, mutate_flag=True, /):
    """OSError: EBADF, ENOTTY."""
    fd = _number(fd)
    sys.audit("fcntl.ioctl", fd, request, arg)
    _refuse(errno.ENOTTY)


def flock(fd, operation, /):
    """Release a lock, which is not there (LOCK_UN).

    OSError: EBADF, ENOSYS (LOCK_SH, LOCK_EX), EINVAL.
    """
    fd = _number(fd)
    sys.audit("fcntl.flock", fd, operation)
    if operation & ~LOCK_NB in (LOCK_SH, LOCK_EX):
        _refuse(errno.ENOSYS)
    if operation & ~LOCK_NB != LOCK_UN:
        _refuse(errno.EINVAL)


def lockf(fd, cmd, len=0, start=0, whence=0, /):
    """Release a lock, which is not there (LOCK_UN).

    ValueError: cmd is none of LOCK_UN, LOCK_SH and LOCK_EX. OSError: EBADF, ENOSYS (LOCK_SH, LOCK_EX).
    """
    fd = _number(fd)
    sys.audit("fcntl.lockf", fd, cmd, len, start, whence)
    if cmd & (LOCK_SH | LOCK_EX):
        _refuse(errno.ENOSYS)
    if cmd != LOCK_UN:
        raise ValueError("unrecognized lockf argument")
