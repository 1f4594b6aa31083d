"""pyelftools on the files of its tests, mapped: what it finds in them is what it finds in their bytes."""

import glob
import hashlib
import io
import mmap
import os
import unittest

from elftools.common.exceptions import DWARFError, ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import NoteSection, SymbolTableSection

MOST = 200_000


def digest(stream):
    found = []
    try:
        elf = ELFFile(stream)
        found.append(str((elf.header, elf.num_segments(), elf.num_sections())))
        for segment in elf.iter_segments():
            found.append(str(segment.header))
        for section in elf.iter_sections():
            found.append(f"{section.name} {section.header} {hashlib.sha256(section.data()).hexdigest()}")
            if isinstance(section, SymbolTableSection):
                found.extend(f"{symbol.name} {symbol.entry}" for symbol in section.iter_symbols())
            if isinstance(section, NoteSection):
                found.extend(map(str, section.iter_notes()))
        if elf.has_dwarf_info():
            for unit in elf.get_dwarf_info().iter_CUs():
                found.append(f"{unit.header} {unit.get_top_DIE()}")
    except (ELFError, DWARFError, AssertionError, KeyError, ValueError) as error:
        found.append(f"{type(error).__name__} {error}")
    return hashlib.sha256("\n".join(found).encode()).hexdigest()


class Mapped(unittest.TestCase):
    pass


def test_of(name):
    def test(self):
        with open(name, "rb") as file:
            bytes_ = file.read()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                self.assertEqual(digest(mapped), digest(io.BytesIO(bytes_)))

    return test


for name in sorted(glob.glob("test/testfiles_for_unittests/**/*", recursive=True)):
    if os.path.isfile(name) and 0 < os.path.getsize(name) < MOST:
        setattr(Mapped, f"test_{name.removeprefix('test/testfiles_for_unittests/')}", test_of(name))
