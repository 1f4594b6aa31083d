"""Prints what binaries of any system link, as JSON: links.py FILE..."""

import json
import sys

import lief


def of_linux(binary):
    needs = binary.symbols_version_requirement
    return {
        "machine": binary.header.machine_type.name,
        "libraries": list(binary.libraries),
        "symbols": sorted({symbol.name for symbol in binary.dynamic_symbols if symbol.name and symbol.shndx == 0}),
        "exports": sorted({symbol.name for symbol in binary.exported_symbols}),
        "versions": sorted({version.name for need in needs for version in need.get_auxiliary_symbols()}),
        "flags": [
            str(flag).rsplit(".", 1)[-1]
            for entry in binary.dynamic_entries
            if isinstance(entry, lief.ELF.DynamicEntryFlags)
            for flag in entry.flags
        ],
    }


def of_windows(binary):
    return {
        "machine": binary.header.machine.name,
        "libraries": sorted(library.name for library in binary.imports),
        "symbols": sorted({entry.name for library in binary.imports for entry in library.entries}),
        "exports": sorted({entry.name for entry in binary.get_export().entries}),
    }


def links(path):
    binary = lief.parse(path)
    if isinstance(binary, lief.ELF.Binary):
        return of_linux(binary)
    if isinstance(binary, lief.PE.Binary):
        return of_windows(binary)
    raise ValueError(f"{path}: {binary}")


json.dump({path: links(path) for path in sys.argv[1:]}, sys.stdout)
