"""The command line: ``python -m wasi_mmap app.py -o app.wasm``."""

import argparse
import contextlib
import os
import sys
import threading
import time
from pathlib import Path

from ._build import WORLDS, BuildError, build

# Returns to the beginning of the line, and clears the rest.
_AGAIN = "\r\x1b[K"


@contextlib.contextmanager
def _timed(message):
    """Shows on a terminal how long a work takes, in seconds."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield
        return
    start = time.monotonic()
    ended = threading.Event()

    def draw():
        print(f"{_AGAIN}{message}: {time.monotonic() - start:.1f} s", end="", file=sys.stderr, flush=True)

    def clock():
        while not ended.wait(0.1):
            draw()

    thread = threading.Thread(target=clock, daemon=True)
    draw()
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        draw()
        print(file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(
        prog="python -m wasi_mmap",
        description="Builds a component of a Python program that may `import mmap`, to be started by `wasi-mmap run`.",
    )
    parser.add_argument(
        "program",
        nargs="?",
        type=Path,
        help="the program; without one, a component that runs scripts: its arguments are those of `python`",
    )
    parser.add_argument("-o", "--output", type=Path, help="the component (default: the program's name with .wasm)")
    parser.add_argument(
        "-p",
        "--path",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="where the program's modules are, beside its own folder; may be repeated",
    )
    parser.add_argument(
        "--wasi",
        choices=list(WORLDS),
        default="0.2",
        help="the generation of WASI whose command the component is (default: 0.2)",
    )
    options = parser.parse_args()
    output = options.output or Path(options.program.with_suffix(".wasm").name if options.program else "python.wasm")
    try:
        with _timed(f"wasi_mmap: building {output}"):
            build(options.program, output, options.path, options.wasi)
    except BuildError as error:
        print(f"wasi_mmap: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
