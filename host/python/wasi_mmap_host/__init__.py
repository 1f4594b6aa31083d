"""Gives components the interface ``wasi-mmap:mmap`` in programs that embed wasmtime with its package for Python."""

from ._core import Core, MmapError
from ._host import MmapHost

__all__ = ["Core", "MmapError", "MmapHost"]
