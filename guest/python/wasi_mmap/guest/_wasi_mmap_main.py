"""The entry of a component: collects the modules while it is built, and runs the program when it is started.

A component has no files of its own at run time. So everything that the program may import, also later and in functions,
is compiled while the component is made and kept in its memory. Nothing of the program runs then: no state is frozen.
"""

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import io
import marshal
import mmap  # First: its hooks must see every file that the program opens.
import os
import re
import sys
import traceback

import _wasi_mmap_program as program
from wit_world import exports
from wit_world.imports import exit as wasi_exit

try:
    import zlib
except ImportError:
    zlib = None

# Parts of the standard library that cannot work in a component, or that are for a terminal.
LEFT_OUT = {"ensurepip", "idlelib", "lib2to3", "site-packages", "test", "tkinter", "turtledemo", "venv", "__pycache__"}
COMPRESSED = 4096

_kept = {}  # {name: (is_package, path, code)}


_distributions = {}  # {normalized name: {file name: text}}


def _pack(code):
    data = marshal.dumps(code)
    return zlib.compress(data, 6) if zlib and len(data) > COMPRESSED else data


def _unpack(data):
    return marshal.loads(zlib.decompress(data) if data[:1] == b"\x78" else data)


class Kept(importlib.abc.InspectLoader, importlib.abc.MetaPathFinder):
    """Finds and loads the collected modules."""

    def find_spec(self, name, path=None, target=None):
        if name not in _kept:
            return None
        is_package, origin, _ = _kept[name]
        spec = importlib.machinery.ModuleSpec(name, self, origin=origin, is_package=is_package)
        spec.has_location = True
        if is_package:
            spec.submodule_search_locations = [os.path.dirname(origin)]
        return spec

    def is_package(self, name):
        return _kept[name][0]

    def get_code(self, name):
        return _unpack(_kept[name][2])

    def get_source(self, name):
        return None  # Tracebacks have names and line numbers, no text.

    def find_distributions(self, context=None):
        """For importlib.metadata, through which packages read their own versions."""
        from importlib.metadata import Distribution, Prepared

        class KeptDistribution(Distribution):
            def __init__(self, files):
                self.kept_files = files

            def read_text(self, filename):
                return self.kept_files.get(filename)

            def locate_file(self, path):
                return path

        wanted = Prepared(context.name if context else None)
        for name, files in _distributions.items():
            if not wanted or name in (wanted.normalized, wanted.legacy_normalized):
                yield KeptDistribution(files)


def _files(folder, prefix=""):
    """Yields the modules below a folder: name, whether it is a package, and file."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        stem, suffix = os.path.splitext(entry.name)
        if entry.name in LEFT_OUT:
            continue
        if entry.is_dir():
            if entry.name.isidentifier():
                start = os.path.join(entry.path, "__init__.py")
                if os.path.exists(start):
                    yield prefix + entry.name, True, start
                yield from _files(entry.path, prefix + entry.name + ".")
        elif suffix == ".py" and stem != "__init__" and "." not in stem:
            yield prefix + stem, False, entry.path


def _imports(tree, name, is_package):
    """Yields the names that a module may import, also in functions."""
    package = name if is_package else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - node.level + 1] + ([base] if base else []))
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__") and isinstance(node.args[0].value, str):
                yield node.args[0].value


def _keep():
    """Collects the modules that the program reaches; all modules if the component runs scripts."""
    there = {}
    folders = sys.path
    if program.SOURCE is None:
        # Without the installed packages of the building machine, which componentize-py appends.
        folders = ["/python", "/world", "/bundled", *(f"/{number}" for number in range(program.FOLDERS))]
    for folder in reversed(folders):
        there.update((name, (is_package, path)) for name, is_package, path in _files(folder))
    there.pop("_wasi_mmap_main", None)
    wanted = list(there)
    if program.SOURCE is not None:
        # Modules whose names are made at run time.
        wanted = [name for name in there if name.startswith(("_sysconfigdata", "encodings."))]
        wanted += _imports(ast.parse(program.SOURCE, program.NAME), "__main__", False)
    while wanted:
        name = wanted.pop()
        while name and name not in there:
            name = name.rpartition(".")[0]
        if not name or name in _kept:
            continue
        is_package, path = there[name]
        try:
            with open(path, "rb") as file:
                source = file.read()
            tree = ast.parse(source, path)
            _kept[name] = (is_package, path, _pack(compile(tree, path, "exec", dont_inherit=True)))
        except (OSError, SyntaxError, ValueError):
            continue  # Importing it will fail.
        if "." in name:
            wanted.append(name.rpartition(".")[0])
        if program.SOURCE is not None:
            wanted += _imports(tree, name, is_package)


def _keep_distributions():
    """Collects the metadata of packages."""
    for folder in sys.path:
        try:
            names = os.listdir(folder)
        except OSError:
            continue
        for name in names:
            stem, suffix = os.path.splitext(name)
            files = {}
            for file in ("METADATA", "PKG-INFO", "entry_points.txt") if suffix in (".dist-info", ".egg-info") else ():
                try:
                    with open(os.path.join(folder, name, file), encoding="utf-8") as opened:
                        files[file] = opened.read()
                except OSError:
                    pass
            if files:
                key = re.sub(r"[-_.]+", "_", stem.split("-")[0]).lower()
                _distributions.setdefault(key, files)


def _repair_files():
    """Repairs the C library (src/seek.h), whose memory is kept with the component."""
    with open(__file__, "rb", buffering=0) as file:
        mmap._wasi_mmap._repair_files(file.fileno())


_repair_files()
_keep()
if program.SOURCE is not None and "importlib.metadata" in _kept:
    _keep_distributions()
_code = compile(program.SOURCE, program.NAME, "exec", dont_inherit=True) if program.SOURCE is not None else None
program.SOURCE = None
sys.meta_path.append(Kept())  # After the folders of `sys.path`, as the standard library.
sys.path_importer_cache.clear()


def _command(arguments):
    """The command that `python` would run with these arguments: the code of `__main__`, or a function."""
    if _code is not None:
        return _code
    if not arguments:
        return compile(sys.stdin.read(), "<stdin>", "exec")
    first, *rest = arguments
    if first == "-c" and rest:
        sys.argv[:] = ["-c", *rest[1:]]
        return compile(rest[0], "<string>", "exec")
    if first == "-m" and rest:
        import runpy

        sys.argv[:] = rest
        sys.path.insert(0, os.getcwd())
        return lambda: runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    if first.startswith("-"):
        raise SystemExit("usage: [-c code | -m module | script] [arguments]")
    sys.argv[:] = arguments
    sys.path.insert(0, os.path.dirname(first))
    with open(first, "rb") as file:
        return compile(file.read(), first, "exec")


def _begin():
    """Replaces state of the build that is wrong in a process."""
    sys.path[:] = [folder for folder in os.environ.get("PYTHONPATH", "").split(os.pathsep) if folder]
    if "random" in sys.modules:
        sys.modules["random"].seed()
    # The streams of componentize-py have no buffers.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = io.TextIOWrapper(
        io.FileIO(2, "w", closefd=False), encoding="utf-8", errors="backslashreplace", write_through=True
    )


def _exit(status):
    """Ends the program with an exit code, of which the C library keeps only whether it is 0."""
    wasi_exit.exit_with_code(status & 0xFF)


def _main():
    main = type(sys)("__main__")
    main.__builtins__ = __builtins__
    sys.modules["__main__"] = main
    try:
        command = _command(sys.argv[1:])
        if callable(command):
            command()
        else:
            main.__file__ = sys.argv[0] if _code is None else program.NAME
            exec(command, main.__dict__)
        return 0
    except SystemExit as error:
        if error.code is None or isinstance(error.code, int):
            return error.code or 0
        print(error.code, file=sys.stderr)
        return 1
    except BaseException as error:
        # Without the lines of this file.
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename == __file__:
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        return 1


def _end():
    if "threading" in sys.modules:
        sys.modules["threading"]._shutdown()
    import atexit

    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            return False
    return True


def _run():
    _begin()
    os._exit = _exit
    status = _main()
    if not _end():
        status = 120  # As CPython.
    if status:
        _exit(status)


class Run(exports.Run):
    if program.WASI == "0.3":

        async def run(self):
            _run()

    else:

        def run(self):
            _run()
