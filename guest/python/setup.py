"""Builds the extension for the guest by zig, and puts it and the interfaces beside the Python files of the package."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
WIT = HERE.parent.parent / "wit"
# Not the name that componentize-py looks for: it looks into all of site-packages, too.
EXTENSION = "extension.wasm"


def run(*command):
    subprocess.run([str(word) for word in command], check=True)


def build_extension(target):
    zig = [sys.executable, "-m", "ziglang"]
    with tempfile.TemporaryDirectory() as folder:
        objects = []
        for source in sorted((HERE / "src").glob("*.c")):
            objects.append(Path(folder, source.stem + ".o"))
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
            ]
            run(*zig, "cc", *options, "-Wno-missing-field-initializers", "-c", source, "-o", objects[-1])
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


setup(cmdclass={"build_py": Build})
