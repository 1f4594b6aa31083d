"""Runs a command: python -m wasi_mmap_host [--dir HOST::GUEST | --dir-ro HOST::GUEST]... COMPONENT [WORD]..."""

import sys

from wasmtime import Engine, ExitTrap, Store, WasiConfig
from wasmtime.component import Component, Linker

from . import MmapHost

_RUN = "wasi:cli/run@0.2.12"
_GRANTS = {"--dir": True, "--dir-ro": False}


def main(words):
    wasi = WasiConfig()
    while words and words[0] in _GRANTS:
        wasi.preopen_dir(*words[1].split("::"), fs_mutable=_GRANTS[words[0]])
        words = words[2:]
    if not words:
        sys.exit(__doc__)
    wasi.argv = words
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    engine = Engine()
    store = Store(engine)
    store.set_wasi(wasi)
    linker = Linker(engine)
    linker.add_wasip2()
    with MmapHost(engine, store, linker):
        instance = linker.instantiate(store, Component.from_file(engine, words[0]))
        run = instance.get_func(store, instance.get_export_index(store, "run", instance.get_export_index(store, _RUN)))
        try:
            failed = run(store).tag == "err"
        except ExitTrap as end:
            sys.exit(end.code)
    sys.exit(int(failed))


main(sys.argv[1:])
