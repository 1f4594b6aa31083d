"""hachoir on the files of its tests, mapped: what it finds in them is what it finds in their bytes."""

import glob
import io
import mmap
import os
import unittest

from hachoir.metadata import extractMetadata
from hachoir.parser import guessParser
from hachoir.stream import InputIOStream
from hachoir.test import setup_tests

MOST = 300_000


def metadata(stream):
    parser = guessParser(InputIOStream(stream))
    if parser is None:
        return None
    found = extractMetadata(parser, 1.0)
    return [str(field) for field in parser][:50], found.exportPlaintext() if found else None


class Mapped(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        setup_tests()


def test_of(name):
    def test(self):
        with open(name, "rb") as file:
            bytes_ = file.read()
            with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
                # A parser that ends with an error does so for both.
                outcomes = []
                for stream in (mapped, io.BytesIO(bytes_)):
                    try:
                        outcomes.append(metadata(stream))
                    except Exception as error:
                        outcomes.append(f"{type(error).__name__} {error}")
                self.assertEqual(*outcomes)

    return test


for name in sorted(glob.glob("tests/files/*")):
    if os.path.isfile(name) and 0 < os.path.getsize(name) < MOST:
        setattr(Mapped, f"test_{os.path.basename(name)}", test_of(name))
