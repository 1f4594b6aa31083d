"""Builds the core into the package, by the compiler that CXX names.

The core and the headers of StringZilla lie outside of this folder. A source distribution has copies of them in
`outside/`, so that it needs nothing else. WASI_MMAP_PLATFORM is the platform of a wheel that is built for another one.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
IN_CLONE = not (HERE / "outside").exists()
CORE = HERE.parent / "core" if IN_CLONE else HERE / "outside" / "core"
STRINGZILLA = HERE.parent.parent / "node_modules" / "stringzilla" if IN_CLONE else HERE / "outside" / "stringzilla"
LIBRARY = "libwasi_mmap_core.so"
# What the search includes.
HEADERS = ("compare", "compare.h", "find", "find.h", "types.h")


def build_core(target):
    if sys.platform != "linux":
        sys.exit("wasi-mmap-host finds descriptors in /proc: it is for Linux alone")
    sources = [source for folder in (".", "posix", "linux") for source in sorted(Path(CORE, folder).glob("*.cpp"))]
    # As in host/CMakeLists.txt. nodelete: the signal handler must stay.
    options = ["-std=c++17", "-O3", "-fPIC", "-shared", "-s", "-static-libstdc++", "-static-libgcc", "-Wl,-z,nodelete"]
    options += [
        f"-Wl,--version-script={HERE / 'exports.map'}",
        f"-I{CORE / 'include'}",
        f"-isystem{STRINGZILLA / 'include'}",
    ]
    compiler = shlex.split(os.environ.get("CXX", "c++"))
    subprocess.run([*compiler, *options, *map(str, sources), "-o", str(target)], check=True)


class Build(build_py):
    def run(self):
        super().run()
        package = Path(self.build_lib, "wasi_mmap_host")
        build_core(package / LIBRARY)
        shutil.copy(STRINGZILLA / "LICENSE", package / "LICENSE.stringzilla")  # It is compiled in.


class Binary(Distribution):
    def has_ext_modules(self):
        return True


class Wheel(bdist_wheel):
    def get_tag(self):
        # Any Python: ctypes loads the library.
        return "py3", "none", os.environ.get("WASI_MMAP_PLATFORM") or super().get_tag()[2]


class SourceDistribution(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        outside = Path(base_dir, "outside")
        clean = shutil.ignore_patterns("darwin", "windows", "__pycache__")
        shutil.copytree(CORE, outside / "core", ignore=clean)
        headers = outside / "stringzilla" / "include" / "stringzilla"
        headers.mkdir(parents=True)
        for name in HEADERS:
            source = STRINGZILLA / "include" / "stringzilla" / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, headers / name)
        shutil.copy(STRINGZILLA / "LICENSE", outside / "stringzilla")
        shutil.copy(HERE / "exports.map", base_dir)


def readme():
    """The page for PyPI, which knows no links into this folder."""
    text = Path(HERE, "README.md").read_text()
    repository = re.search('^Repository = "(.*)"$', Path(HERE, "pyproject.toml").read_text(), re.MULTILINE)[1]
    return re.sub(r"\]\((?!https:|#)", f"]({repository}/blob/main/host/python/", text)


setup(
    long_description=readme(),
    long_description_content_type="text/markdown",
    distclass=Binary,
    cmdclass={"bdist_wheel": Wheel, "build_py": Build, "sdist": SourceDistribution},
)
