"""Memory-mapped files in a component: a drop-in for CPython's ``mmap`` on UNIX, over the interface `wasi-mmap:mmap`.

It is used as in https://docs.python.org/3/library/mmap.html, with these differences:

- An access to a page that the file has lost, because it shrank, is an ``OSError`` (``EFAULT``) and not the end of the
  process. An exported buffer reads zeros there.
- ``resize(0)`` is refused before the file is touched, and so is ``resize`` of a file's map made with ``MAP_PRIVATE``.
- ``flush`` and ``madvise`` take any offset. ``PROT_EXEC`` asks for nothing. ``madvise`` never changes bytes.
- Where the host has spans, the map's memory is the file's pages. They are put there when a buffer is asked for, when a
  private map is written to, and after some small reads. The offset in the file has to be a multiple of
  ``ALLOCATIONGRANULARITY`` (65536 bytes); other multiples of ``PAGESIZE`` (4096) are mapped without a span.
- Elsewhere a buffer of a map (``memoryview(m)``, ``re.search(pattern, m)``) is a copy of it in the component's memory.
  Changed bytes, and no others, are written back when the last holder releases it, at ``flush()`` and before a search.
  Meanwhile the map's methods use the copy, so that the program sees one memory; what others write to the file is seen
  after the release. A private map keeps the copy for good if the holder could change it, as a ``memoryview`` can.
- There, too, loops that take one small piece after the other from a READ or COPY map (``m[i]``, ``read_byte``,
  ``readline``, iteration) read ahead, up to 4 KiB. Every byte read ahead is served once, and only forward, so a second
  look re-reads the file. What this program does through any map, ``time.sleep``, opening a file and the other events of
  ``sys.audit`` drop what was read ahead, and a loop whose steps take more than some microseconds does not read ahead.
  One case remains: bytes that another process, or this program through ``write()`` of a file, changes *while* a fast
  loop is just before them may be delivered as they were. ``mmap.set_read_ahead(0)`` turns it off.
"""

import gc
import io
import os
import sys

import _wasi_mmap
from _wasi_mmap import *  # noqa: F403

_REMEMBERED = 512
_opened = {}  # The paths of opened files, oldest first.


def _watch(event, arguments):
    if event == "import":
        return
    _wasi_mmap._forget()
    if event != "open" or not isinstance(arguments[0], (str, bytes, os.PathLike)):
        return
    try:
        path = os.path.abspath(os.fsdecode(arguments[0]))
    except (OSError, TypeError, ValueError):
        return  # open() itself reports the error.
    _opened.pop(path, None)
    _opened[path] = None
    if len(_opened) > _REMEMBERED:
        del _opened[next(iter(_opened))]


def _paths(fd):
    """The identity of the file of a descriptor, and its possible paths, one per line."""
    paths = []
    for each in gc.get_objects():
        if type(each) is io.FileIO and not each.closed and each.fileno() == fd and not isinstance(each.name, int):
            paths.append(os.path.abspath(os.fsdecode(each.name)))
    paths += reversed(_opened)
    return os.fstat(fd).st_ino, "\n".join(path for path in paths if "\n" not in path)


sys.addaudithook(_watch)
_wasi_mmap._use_paths(_paths, False)
