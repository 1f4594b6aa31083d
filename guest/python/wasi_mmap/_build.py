"""Puts a program, its modules and Python into a component, with componentize-py."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Of the metadata of installed packages, what importlib.metadata reads.
METADATA = {"METADATA", "PKG-INFO", "entry_points.txt"}
NO_MODULES = {"__pycache__", "site-packages", "venv"}
# The world of a command of each generation of WASI.
WORLDS = {"0.2": "command", "0.3": "command-p3"}


class BuildError(Exception):
    """The program cannot be built; the message says why."""


def _componentize():
    """The command of componentize-py that is installed with this package."""
    for folder in (sysconfig.get_path("scripts"), str(Path(sys.executable).parent), None):
        command = shutil.which("componentize-py", path=folder)
        if command:
            return command
    raise BuildError("componentize-py is missing: pip install componentize-py==0.25.1")


def _is_module(file):
    return file.is_file() and (file.suffix == ".py" or file.name.endswith(("wasm32-wasi.so", ".abi3.so")))


def _holds_modules(folder):
    """Whether modules may be in a folder. In a virtual environment, whatever its name, there are others."""
    return folder.name.isidentifier() and folder.name not in NO_MODULES and not (folder / "pyvenv.cfg").exists()


def _copy_modules(folder, target, above=()):
    """Copies the modules of a folder. Nothing else of this machine is there while the component is made, and so no file
    that a link out of the folder leads to. Links to nothing, and what cannot be read, are left out.

    :param above: the folders that led to this one; a link that leads back to them is left out, too
    """
    here = Path(os.path.realpath(folder))
    above = {*above, here, *here.parents}
    target.mkdir()
    try:
        entries = sorted(Path(folder).iterdir())
    except OSError:
        return
    for entry in entries:
        try:
            copy = target / entry.name
            if _is_module(entry):
                shutil.copyfile(entry, copy)
            elif (entry / "componentize-py.toml").exists():  # It names other files.
                shutil.copytree(entry, copy, ignore_dangling_symlinks=True)
            elif entry.suffix in (".dist-info", ".egg-info") and entry.is_dir():
                copy.mkdir()
                for file in entry.iterdir():
                    if file.name in METADATA:
                        shutil.copyfile(file, copy / file.name)
            elif entry.is_dir() and _holds_modules(entry) and Path(os.path.realpath(entry)) not in above:
                _copy_modules(entry, copy, above)
        except OSError:
            continue


def build(program, output, path=(), wasi="0.2"):
    """Builds a component.

    :param program: the file that is the program, or None for a component that runs scripts as ``python`` does
    :param output: the file to write
    :param path: folders of modules that the program imports, beside its own folder
    :param wasi: the generation of WASI whose command the component is, "0.2" or "0.3"
    """
    if wasi not in WORLDS:
        raise BuildError(f"no such generation of WASI: {wasi}")
    if program is not None:
        program = Path(program)
        if not program.is_file():
            raise BuildError(f"no such file: {program}")
    folders = [Path(folder) for folder in path]
    for folder in folders:
        if not folder.is_dir():
            raise BuildError(f"no such folder: {folder}")
    if program is not None:
        folders.insert(0, program.resolve().parent)
        folders.append(Path(sysconfig.get_path("purelib")))  # Packages that are installed beside this one.
    output = Path(output).resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary, "made")
        made.mkdir()
        for file in (HERE / "guest").glob("*.py"):
            shutil.copy(file, made)
        shutil.copy(HERE / "guest" / "extension.wasm", Path(made, "_wasi_mmap.cpython-314-wasm32-wasi.so"))
        # Read by guest/_wasi_mmap_main.py, which runs while the component is made.
        source = program.read_bytes() if program else None  # Python knows its encoding.
        name = program.name if program else None
        settings = {"SOURCE": source, "NAME": name, "FOLDERS": len(folders) + 1, "WASI": wasi}
        lines = "".join(f"{key} = {value!r}\n" for key, value in settings.items())
        Path(made, "_wasi_mmap_program.py").write_text(lines, encoding="utf-8")
        world = f"wasi-mmap:python/{WORLDS[wasi]}@0.2.0"
        command = [_componentize(), "-d", str(HERE / "wit"), "-w", world, "componentize"]
        command += ["-p", str(made)]
        for number, folder in enumerate(folders):
            copy = Path(temporary, str(number))
            _copy_modules(folder, copy)
            command += ["-p", str(copy)]
        command += ["_wasi_mmap_main", "-o", str(output)]
        result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildError(f"componentize-py failed:\n{result.stdout}{result.stderr}".rstrip())
