"""Unpacks the source distribution of a package that packages.txt pins: fetch.py NAME FOLDER."""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

LIST = Path(__file__).parent / "packages.txt"


def main(name, folder):
    entries = LIST.read_text().replace("\\\n", " ").splitlines()
    (pinned,) = (line for line in entries if line.startswith(name + "=="))
    with tempfile.TemporaryDirectory() as made:
        requirement = Path(made, "requirement.txt")
        requirement.write_text(pinned + "\n")
        options = ["--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:", "--require-hashes"]
        # pip asks each package's build system for its metadata: the one that is installed, see .build/pins.
        options.append("--no-build-isolation")
        command = [sys.executable, "-m", "pip", "download", *options, "--dest", made, "-r", str(requirement)]
        subprocess.run(command, check=True)
        (archive,) = Path(made).glob("*.tar.gz")
        with tarfile.open(archive) as source:
            source.extractall(folder, filter="data")


if __name__ == "__main__":
    main(*sys.argv[1:])
