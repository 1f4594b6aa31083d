"""Builds the extension for the guest by zig, and puts it and the interfaces beside the Python files of the package.

The extension stands on the C library and the contract, which lie outside of this folder. A source distribution has
copies of them in `outside/`, so that it needs nothing else.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
IN_CLONE = not (HERE / "outside").exists()
C = HERE.parent / "c" if IN_CLONE else HERE / "outside" / "c"
WIT = HERE.parent.parent / "wit" if IN_CLONE else HERE / "outside" / "wit"
LICENSE = HERE.parent.parent / "LICENSE" if IN_CLONE else HERE / "LICENSE"
# Not the name that componentize-py looks for: it looks into all of site-packages, too.
EXTENSION = "extension.wasm"


def sources():
    """The C files of the extension, and of the C library those that it stands on."""
    shared = [C / "wasi_mmap.c", C / "src" / "copy.c", C / "src" / "mman_pages.c"]
    return [*sorted((HERE / "src").glob("*.c")), *shared]


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


def build_extension(target):
    zig = [sys.executable, "-m", "ziglang"]
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for source in sources():
            objects.append(Path(folder, f"{len(objects)}.o"))
            options = [
                "-target",
                "wasm32-wasi",
                "-fPIC",
                "-O2",
                "-g0",
                "-fvisibility=hidden",
                "-Wall",
                "-Wextra",
                "-Werror",
                "-Wno-missing-field-initializers",
                "-DWMMAP_ADAPTER_EXIT",  # CPython ends the program.
                f"-I{C}",
            ]
            run(*zig, "cc", *options, "-c", source, "-o", objects[-1])
        linked = Path(folder, "linked.so")
        options = ["-shared", "--experimental-pic", "--unresolved-symbols=import-dynamic", "--strip-all", "--no-entry"]
        run(*zig, "wasm-ld", *options, *objects, "-o", linked)
        # The linker of components wants the types of what a library imports, from the library itself.
        tools = shutil.which("wasm-tools", path=os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]))
        run(tools, "component", "embed", WIT, "--world", "guest-spans", linked, "-o", target)


class Build(build_py):
    def run(self):
        super().run()
        package = Path(self.build_lib, "wasi_mmap")
        for folder in ("guest", "wit"):
            shutil.rmtree(package / folder, ignore_errors=True)
        shutil.copytree(HERE / "wasi_mmap" / "guest", package / "guest", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(HERE / "wit", package / "wit")
        shutil.copytree(WIT / "deps", package / "wit" / "deps", dirs_exist_ok=True)
        (package / "wit" / "deps" / "mmap").mkdir()
        shutil.copy(WIT / "mmap.wit", package / "wit" / "deps" / "mmap")
        build_extension(package / "guest" / EXTENSION)


class SourceDistribution(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        clean = shutil.ignore_patterns("__pycache__")
        for folder in ("src", "wit", "wasi_mmap", "examples"):
            shutil.copytree(HERE / folder, Path(base_dir, folder), ignore=clean, dirs_exist_ok=True)
        shutil.copy(LICENSE, base_dir)
        shutil.copytree(WIT, Path(base_dir, "outside", "wit"))
        shutil.copytree(C, Path(base_dir, "outside", "c"), ignore=shutil.ignore_patterns("examples", "README.md"))


setup(cmdclass={"build_py": Build, "sdist": SourceDistribution})
