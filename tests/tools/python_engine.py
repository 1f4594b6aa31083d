"""Runs a command with the Python package wasmtime: python_engine.py [--dir HOST::GUEST]... COMPONENT [WORD]..."""

import sys

from wasmtime import Engine, ExitTrap, Store, WasiConfig
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
        failed = run(store).tag == "err"
    except ExitTrap as end:
        sys.exit(end.code)
    sys.exit(int(failed))


main(sys.argv[1:])
