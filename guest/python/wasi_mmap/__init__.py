"""Builds WebAssembly components of Python programs that say ``import mmap``; see ``python -m wasi_mmap --help``."""

from ._build import build

__all__ = ["build"]
