"""The native core through ctypes: ``host/core/include/wasi_mmap_core.h`` documents each function."""

import ctypes
import os
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path

ACCESSES = ("read", "write", "copy")
ADVICES = ("normal", "random", "sequential", "will-need", "dont-need")
SHARINGS = ("shared", "private")
PROTECTIONS = {"read": 1, "write": 2, "execute": 4}

RIGHT_READ, RIGHT_WRITE = 1, 2
NO_FILE = -1
NOT_FOUND = 2**64 - 1

_U64_RESULT = POINTER(c_uint64)
_SIGNATURES = {
    "open": [c_void_p, c_uint32, c_uint64, c_int, c_uint64, POINTER(c_void_p)],
    "open_posix": [c_void_p, c_uint32, c_uint64, c_int, c_uint32, c_uint64, POINTER(c_void_p)],
    "charge": [c_void_p, c_void_p],
    "file_size": [c_void_p, _U64_RESULT],
    "may_read": [c_void_p, c_uint64, c_uint64],
    "read": [c_void_p, c_uint64, c_uint64, c_void_p],
    "write": [c_void_p, c_uint64, c_uint64, c_char_p],
    "move": [c_void_p, c_uint64, c_uint64, c_uint64],
    "find": [c_void_p, c_char_p, c_size_t, c_uint64, c_uint64, _U64_RESULT],
    "rfind": [c_void_p, c_char_p, c_size_t, c_uint64, c_uint64, _U64_RESULT],
    "flush": [c_void_p, c_uint64, c_uint64],
    "start_flush": [c_void_p, c_uint64, c_uint64],
    "resize": [c_void_p, c_uint64],
    "advise": [c_void_p, c_uint64, c_uint64, c_int],
    "populate": [c_void_p, c_uint64, c_uint64],
    "resident": [c_void_p, c_uint64, c_uint64, _U64_RESULT],
    "mlock": [c_void_p],
    "munlock": [c_void_p],
}
# (arguments, result) of the functions that return no status.
_OTHERS = {
    "budget_create": ([c_uint64], c_void_p),
    "budget_release": ([c_void_p], None),
    "close": ([c_void_p], None),
    "length": ([c_void_p], c_uint64),
    "get_access": ([c_void_p], c_int),
    "status_name": ([c_int], c_char_p),
}


class MmapError(Exception):
    """An error of the contract. ``code`` is its name in ``wit/mmap.wit``, such as ``past-end``."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Core:
    """The library, and the host memory that all mappings opened through this object may take.

    ``private_memory`` is in bytes; the default is half of the machine's memory, 4 GiB at most. ``wmcore_charge`` says
    what counts.
    """

    def __init__(self, library=None, private_memory=None):
        # It is never unloaded: its signal handler stays.
        self._library = ctypes.CDLL(os.fspath(library or _default_library()))
        for name, arguments in _SIGNATURES.items():
            function = getattr(self._library, f"wmcore_{name}")
            function.argtypes, function.restype = arguments, c_int
        for name, (arguments, result) in _OTHERS.items():
            function = getattr(self._library, f"wmcore_{name}")
            function.argtypes, function.restype = arguments, result
        if private_memory is None:
            private_memory = min(4 << 30, os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2)
        self.budget = self._library.wmcore_budget_create(private_memory)
        if not self.budget:
            raise MemoryError("no memory for a budget")

    def __del__(self):
        if getattr(self, "budget", None):
            self._library.wmcore_budget_release(self.budget)

    def call(self, name, *arguments):
        """Calls a function that returns a status. Raises MmapError unless it is ``ok``."""
        status = getattr(self._library, f"wmcore_{name}")(*arguments)
        if status != 0:
            raise MmapError(self._library.wmcore_status_name(status).decode())

    def query(self, name, *arguments):
        return getattr(self._library, f"wmcore_{name}")(*arguments)


class Mapping:
    """A mapping of the core. The arguments and errors of each method are those of the contract."""

    def __init__(self, core, name, *arguments):
        self._core = core
        handle = c_void_p()
        core.call(name, *arguments, byref(handle))
        self._handle = handle
        try:
            core.call("charge", handle, core.budget)
        except MmapError:
            self.close()
            raise

    @classmethod
    def open(cls, core, file, rights, length, access, offset):
        """``file`` is a descriptor of the system, or NO_FILE. It is duplicated."""
        return cls(core, "open", file, rights, length, ACCESSES.index(access), offset)

    @classmethod
    def open_posix(cls, core, file, rights, length, sharing, protection, offset):
        bits = sum(PROTECTIONS[name] for name in protection)
        return cls(core, "open_posix", file, rights, length, SHARINGS.index(sharing), bits, offset)

    def close(self):
        """Unmaps. A second call does nothing."""
        handle, self._handle = self._handle, None
        if handle is not None:
            self._core.query("close", handle)

    def __del__(self):
        if getattr(self, "_handle", None) is not None:
            self.close()

    def length(self):
        return self._core.query("length", self._handle)

    def access(self):
        return ACCESSES[self._core.query("get_access", self._handle)]

    def file_size(self):
        return self._number("file_size")

    def check_read(self, offset, length):
        """Raises the error that a read would have for its arguments. Touches no page."""
        self._core.call("may_read", self._handle, offset, length)

    def read(self, offset, length):
        target = ctypes.create_string_buffer(length)
        self._core.call("read", self._handle, offset, length, target)
        return target

    def write(self, offset, data):
        self._core.call("write", self._handle, offset, len(data), data)

    def move(self, destination, source, length):
        self._core.call("move", self._handle, destination, source, length)

    def find(self, needle, start, end):
        """Returns the offset of the first match, or None."""
        return self._search("find", needle, start, end)

    def rfind(self, needle, start, end):
        return self._search("rfind", needle, start, end)

    def flush(self, offset, length):
        self._core.call("flush", self._handle, offset, length)

    def start_flush(self, offset, length):
        self._core.call("start_flush", self._handle, offset, length)

    def resize(self, length):
        self._core.call("resize", self._handle, length)

    def advise(self, offset, length, advice):
        self._core.call("advise", self._handle, offset, length, ADVICES.index(advice))

    def populate(self, offset, length):
        self._core.call("populate", self._handle, offset, length)

    def resident(self, offset, length):
        return self._number("resident", offset, length)

    def mlock(self):
        self._core.call("mlock", self._handle)

    def munlock(self):
        self._core.call("munlock", self._handle)

    def _search(self, name, needle, start, end):
        position = self._number(name, needle, len(needle), start, end)
        return None if position == NOT_FOUND else position

    def _number(self, name, *arguments):
        result = c_uint64()
        self._core.call(name, self._handle, *arguments, byref(result))
        return result.value


def _default_library():
    """$WASI_MMAP_CORE, the library in this package, or the one that host/python/build.sh makes in a clone."""
    here = Path(__file__).parent
    name = "libwasi_mmap_core.so"
    places = [os.environ.get("WASI_MMAP_CORE"), here / name, here.parents[2] / "build/python-host" / name]
    for place in places:
        if place and Path(place).exists():
            return place
    raise OSError(f"{name} is not here: build it with host/python/build.sh, or name it in WASI_MMAP_CORE")
