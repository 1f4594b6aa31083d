"""The interface ``wasi-mmap:mmap`` in a linker of wasmtime."""

import contextlib

from wasmtime.component import ResourceHost, ResourceType

from . import _bytes
from ._core import NO_FILE, Core, Mapping, MmapError
from ._descriptors import Lens

_MAPPING, _SPAN = "wasi-mmap:mmap/mapping@0.2.0", "wasi-mmap:mmap/span@0.2.0"

# Those that take and return no bytes: see _bytes.py.
_METHODS = (
    *("length", "access", "file-size", "move", "flush", "start-flush", "resize", "advise", "populate", "resident"),
    *("mlock", "munlock"),
)


class MmapHost:
    """The mappings of the guests of one store.

    ``MmapHost(engine, store, linker)`` adds the interface to a linker that has WASI (``linker.add_wasip2()``), for
    instances in this store alone. Its mappings end with the guest's handles, and all of them with ``close()``, which a
    host calls when it is done with the store; ``with`` does so.

    - ``max_mappings``: how many mappings the guests may hold; one more is ``no-memory``. No limit by default.
    - ``longest_read``: the bytes of one ``read``, which take 80 times as much memory on their way; a longer one is
      ``no-memory``. The libraries for guests read 16 MiB at once, the default.
    - ``core``: the native core, with its limit of memory.
    - ``resource_type``: the number of the resource ``mapping``; the next one is that of ``span``. Other resources of
      the host need others.
    """

    def __init__(
        self, engine, store, linker, *, core=None, max_mappings=None, longest_read=16 << 20, resource_type=0x6D6D6170
    ):
        self._core = core or Core()
        self._most = max_mappings
        self._longest_read = longest_read
        self._type = resource_type
        self._mappings = {}
        self._last = 0
        self._lens = Lens(engine, store, linker)
        with linker.root() as root:
            with root.add_instance(_MAPPING) as instance:
                self._define_mapping(instance)
            with root.add_instance(_SPAN) as instance:
                self._define_span(instance)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Unmaps all that the guests hold."""
        while self._mappings:
            self._mappings.popitem()[1].close()

    def __len__(self):
        """The number of mappings that the guests hold."""
        return len(self._mappings)

    def _define_mapping(self, instance):
        instance.add_resource("mapping", ResourceType.host(self._type), self._drop)
        instance.add_func("mmap", self._mmap)
        instance.add_func("mmap-posix", self._mmap_posix)
        for name in _METHODS:
            instance.add_func(f"[method]mapping.{name}", self._method(name))
        _bytes.add(instance, "[method]mapping.read", self._read)
        _bytes.add(instance, "[method]mapping.write", self._write)
        _bytes.add(instance, "[method]mapping.find", self._find)
        _bytes.add(instance, "[method]mapping.rfind", self._rfind)

    def _define_span(self, instance):
        """Spans need the guest's memory, which the C API does not show: there is no granularity, and no span."""

        def unsupported(*_):
            return "unsupported"

        instance.add_resource("span", ResourceType.host(self._type + 1), lambda _store, _number: None)
        instance.add_func("granularity", lambda _store: None)
        for name in ("attach", "[method]span.flush", "[method]span.advise"):
            instance.add_func(name, unsupported)
        instance.add_func("[method]span.faulted", lambda *_: False)

    def _mmap(self, store, descriptor, length, access, offset):
        return self._open(store, descriptor, Mapping.open, length, access, offset)

    def _mmap_posix(self, store, descriptor, length, sharing, protection, offset):
        return self._open(store, descriptor, Mapping.open_posix, length, sharing, protection, offset)

    def _open(self, store, descriptor, open_, *arguments):
        try:
            with self._file(store, descriptor) as (file, rights):
                mapping = open_(self._core, file, rights, *arguments)
        except MmapError as error:
            return error.code
        if self._most is not None and len(self._mappings) >= self._most:
            mapping.close()
            return "no-memory"
        self._last += 1
        self._mappings[self._last] = mapping
        return ResourceHost.own(self._last, self._type)

    @contextlib.contextmanager
    def _file(self, store, descriptor):
        """The file behind a borrowed descriptor, and the guest's rights. The borrow ends with the block."""
        if descriptor is None:
            yield NO_FILE, 0
            return
        try:
            with self._lens.file(store, descriptor) as (file, rights):
                yield file, rights
        finally:
            descriptor.drop(store)

    def _drop(self, _store, number):
        self._mappings.pop(number).close()

    def _method(self, name):
        """A method whose arguments and result are those of the mapping."""
        name = name.replace("-", "_")

        def method(store, resource, *arguments):
            mapping = self._mappings[resource.to_host(store).rep]
            try:
                return getattr(mapping, name)(*arguments)
            except MmapError as error:
                return error.code

        return method

    def _read(self, number, offset, length):
        mapping = self._mappings[number]
        mapping.check_read(offset, length)
        if length > self._longest_read:
            raise MmapError("no-memory")
        return _bytes.byte_list(mapping.read(offset, length))

    def _write(self, number, offset, data):
        self._mappings[number].write(offset, data)

    def _find(self, number, needle, start, end):
        return _bytes.option(self._mappings[number].find(needle, start, end))

    def _rfind(self, number, needle, start, end):
        return _bytes.option(self._mappings[number].rfind(needle, start, end))
