"""Puts a program, its modules and Python into a component, with componentize-py."""

import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


class BuildError(Exception):
    """The program cannot be built; the message says why."""


def _componentize():
    """The command of componentize-py that is installed with this package."""
    for folder in (sysconfig.get_path("scripts"), str(Path(sys.executable).parent), None):
        command = shutil.which("componentize-py", path=folder)
        if command:
            return command
    raise BuildError("componentize-py is missing: pip install componentize-py==0.25.1")


def build(program, output, path=()):
    """Builds a component.

    :param program: the file that is the program, or None for a component that runs scripts as ``python`` does
    :param output: the file to write
    :param path: folders of modules that the program imports, beside its own folder
    """
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
    with tempfile.TemporaryDirectory() as made:
        for file in (HERE / "guest").glob("*.py"):
            shutil.copy(file, made)
        shutil.copy(HERE / "guest" / "extension.wasm", Path(made, "_wasi_mmap.cpython-314-wasm32-wasi.so"))
        # Read by guest/_wasi_mmap_main.py, which runs while the component is made.
        source = program.read_text(encoding="utf-8") if program else None
        name = program.name if program else None
        settings = {"SOURCE": source, "NAME": name, "FOLDERS": len(folders) + 1}
        lines = "".join(f"{key} = {value!r}\n" for key, value in settings.items())
        Path(made, "_wasi_mmap_program.py").write_text(lines, encoding="utf-8")
        command = [_componentize(), "-d", str(HERE / "wit"), "-w", "wasi-mmap:python/command@0.2.0", "componentize"]
        for folder in (made, *folders):
            command += ["-p", str(folder)]
        command += ["_wasi_mmap_main", "-o", str(output)]
        result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise BuildError(f"componentize-py failed:\n{result.stdout}{result.stderr}".rstrip())
