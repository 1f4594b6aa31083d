"""Runs a command with the Python package wasmtime: python_engine.py [--dir HOST::GUEST]... COMPONENT [WORD]..."""

import re
import sys

from wasmtime import Engine, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component, Linker

RUN = "wasi:cli/run@0.2.12"


def main(words):
    wasi = WasiConfig()
    while words and words[0] == "--dir":
        wasi.preopen_dir(*words[1].split("::"))
        words = words[2:]
    wasi.argv = words
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    engine = Engine()
    store = Store(engine)
    store.set_wasi(wasi)
    linker = Linker(engine)
    linker.add_wasip2()
    instance = linker.instantiate(store, Component.from_file(engine, words[0]))
    run = instance.get_func(store, instance.get_export_index(store, "run", instance.get_export_index(store, RUN)))
    try:
        run(store)
    except WasmtimeError as error:
        # The package has no other sign of an exit.
        code = re.search(r"Exited with i32 exit status (\d+)", str(error))
        if code is None:
            raise
        sys.exit(int(code[1]))


main(sys.argv[1:])
