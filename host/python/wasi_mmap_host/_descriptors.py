"""Finds the file of the system behind a descriptor of the WASI that is built into wasmtime.

wasmtime's C API, and so its package for Python, says nothing of such a descriptor: it is a resource of another type
than the host's own. But a component may ask it, so the lens (lens.wat), a component in the same store, asks for the
descriptor's flags and for the hash of its identity. wasmtime keeps the file open in this very process for as long as
the guest holds the descriptor, so one of the process's descriptors has this identity. It is duplicated; no path is
opened again.
"""

import contextlib
import errno
import fcntl
import functools
import itertools
import os
import stat
from pathlib import Path

from wasmtime.component import Component

from ._core import RIGHT_READ, RIGHT_WRITE, MmapError

_LENS = Path(__file__).with_name("lens.wat")
_MASK = 2**64 - 1


class Lens:
    """Asks the descriptors of one store."""

    def __init__(self, engine, store, linker):
        """``linker`` has the WASI of wasmtime."""
        self._look = linker.instantiate(store, Component(engine, _LENS.read_text())).get_func(store, "look")
        self._last = 0  # The descriptor of the last answer: a guest often maps one file several times.

    @contextlib.contextmanager
    def file(self, store, descriptor):
        """Gives ``(file, rights)`` of a borrowed descriptor: a duplicate that the block has, and the guest's rights.

        Raises ``unsupported`` for a directory, and LookupError if no file of this process is the descriptor's.
        """
        failed, flags, identity = self._look(store, descriptor)
        if failed:
            raise MmapError("io")
        # The first two flags of WASI are the rights of the core.
        rights = flags & (RIGHT_READ | RIGHT_WRITE)
        try:
            file = self._duplicate(identity, rights)
        except OSError:  # The process may open no more.
            raise MmapError("no-memory") from None
        try:
            yield file, rights
        finally:
            os.close(file)

    def _duplicate(self, identity, rights):
        """Duplicates a descriptor of this process with this identity that allows what the guest may do.

        Each one will do: the rights that the core is told are the guest's, not those of this descriptor.
        """
        for number in itertools.chain([self._last], _open_files()):
            try:
                if not _is(number, identity):
                    continue
                if stat.S_ISDIR(os.fstat(number).st_mode):
                    raise MmapError("unsupported")
                file = os.dup(number)
            except OSError as error:
                if error.errno == errno.EBADF:  # Closed since.
                    continue
                raise
            # The number may belong to another file since.
            if _is(file, identity) and rights & ~_rights_of(file) == 0:
                self._last = number
                return file
            os.close(file)
        raise LookupError("wasmtime hashes the identity of a file in another way than this package knows")


def _open_files():
    """The descriptors of this process. Mappings may hold thousands, so they are listed as far as needed."""
    with os.scandir("/proc/self/fd") as names:
        for entry in names:
            yield int(entry.name)


def _is(file, identity):
    seen = os.fstat(file)
    return _hash(seen.st_dev, seen.st_ino) == identity


def _rights_of(file):
    flags = fcntl.fcntl(file, fcntl.F_GETFL)
    if flags & os.O_PATH:
        return 0
    return {os.O_RDONLY: RIGHT_READ, os.O_WRONLY: RIGHT_WRITE, os.O_RDWR: RIGHT_READ | RIGHT_WRITE}[
        flags & os.O_ACCMODE
    ]


@functools.lru_cache(maxsize=4096)
def _hash(device, inode):
    """The hash of a file's identity in wasmtime: Rust's ``DefaultHasher``, which is SipHash-1-3 with the key 0."""
    state = [0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573]
    for word in (device, inode, 16 << 56):  # The length, 16 bytes, is the last word.
        state[3] ^= word
        _round(state)
        state[0] ^= word
    state[2] ^= 0xFF
    for _ in range(3):
        _round(state)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def _round(state):
    v0, v1, v2, v3 = state
    v0 = (v0 + v1) & _MASK
    v1 = _rotate(v1, 13) ^ v0
    v0 = _rotate(v0, 32)
    v2 = (v2 + v3) & _MASK
    v3 = _rotate(v3, 16) ^ v2
    v0 = (v0 + v3) & _MASK
    v3 = _rotate(v3, 21) ^ v0
    v2 = (v2 + v1) & _MASK
    v1 = _rotate(v1, 17) ^ v2
    v2 = _rotate(v2, 32)
    state[:] = v0, v1, v2, v3


def _rotate(word, bits):
    return (word << bits | word >> (64 - bits)) & _MASK
