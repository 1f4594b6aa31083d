"""The host in Python as a library. host/python and the package wasmtime are in the path: tests/host/python.test.mts."""

import os
import tempfile
import unittest
from pathlib import Path

from wasi_mmap_host import Core, MmapError, MmapHost
from wasmtime import Engine, Store, WasiConfig
from wasmtime.component import Component, Linker

ENGINE = Engine()
COMPONENT = Component.from_file(ENGINE, os.environ["OPENER"])
SIZE = 1 << 16

OK, ACCESS_DENIED, EMPTY_FILE, NO_MEMORY, UNSUPPORTED = 0, 1, 3, 11, 13


def open_files():
    return len(os.listdir("/proc/self/fd"))


def maps_of(path):
    return sum(str(path) in line for line in Path("/proc/self/maps").read_text().splitlines())


class Guest:
    """An instance of opener.wat, the component in $OPENER, with a directory as its only grant."""

    def __init__(self, folder, mutable=True, **options):
        wasi = WasiConfig()
        wasi.preopen_dir(str(folder), "/", fs_mutable=mutable)
        self.store = Store(ENGINE)
        self.store.set_wasi(wasi)
        linker = Linker(ENGINE)
        linker.add_wasip2()
        self.host = MmapHost(ENGINE, self.store, linker, **options)
        self.instance = linker.instantiate(self.store, COMPONENT)

    def call(self, name, *arguments):
        return self.instance.get_func(self.store, name)(self.store, *arguments)

    def map(self, path, right="read", access="read", length=0):
        """Maps a file that was opened with the right; returns the contract's error, or 0."""
        rights = {"read": 1, "write": 2, "both": 3}[right]
        return self.call("map-file", path, rights, ("read", "write", "copy").index(access), length)


class TestHost(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.file = self.folder / "file"
        self.file.write_bytes(b"0123456789abcdef" * (SIZE // 16))

    def guest(self, **options):
        guest = Guest(self.folder, **options)
        self.addCleanup(guest.host.close)
        return guest

    def test_the_guests_rights_decide_and_not_those_of_the_process(self):
        guest = self.guest()
        with open(self.file, "r+b"):  # The process itself may write.
            self.assertEqual(guest.map("file", "read", "write"), ACCESS_DENIED)
            self.assertEqual(guest.map("file", "write", "read"), ACCESS_DENIED)
            self.assertEqual(guest.map("file", "read", "read"), OK)
            self.assertEqual(guest.map("file", "both", "write"), OK)

    def test_another_file_with_the_same_content_is_not_taken(self):
        (self.folder / "other").write_bytes(b"")
        guest = self.guest()
        with open(self.file, "rb"):
            self.assertEqual(guest.map("other"), EMPTY_FILE)

    def test_a_file_that_was_replaced_since_is_the_one_that_the_guest_opened(self):
        guest = self.guest()
        self.assertEqual(guest.call("open", "file", 1), OK)
        os.replace(self.file, self.folder / "old")
        self.file.write_bytes(b"")
        self.assertEqual(guest.call("map-opened", 0, 0), OK)
        self.assertEqual(guest.call("byte", 10), ord("a"))

    def test_a_directory(self):
        (self.folder / "directory").mkdir()
        self.assertEqual(self.guest().map("directory"), UNSUPPORTED)

    def test_no_descriptor_is_left(self):
        guest = self.guest()
        guest.map("file")
        guest.call("close")
        before = open_files()
        for right, access in (("read", "read"), ("read", "write"), ("both", "write")) * 3:
            guest.map("file", right, access)
            guest.call("close")
        self.assertEqual(open_files(), before)
        self.assertEqual(len(guest.host), 0)

    def test_close_unmaps_what_the_guest_holds(self):
        guest = self.guest()
        guest.map("file")
        self.assertEqual((len(guest.host), maps_of(self.file)), (1, 1))
        guest.host.close()
        self.assertEqual((len(guest.host), maps_of(self.file)), (0, 0))

    def test_a_lost_page_is_an_error(self):
        guest = self.guest()
        guest.map("file")
        self.assertEqual(guest.call("byte", SIZE - 1), ord("f"))
        os.truncate(self.file, 0)
        with self.assertRaisesRegex(Exception, "unreachable"):  # The guest traps at any error.
            guest.call("byte", SIZE - 1)

    def test_the_most_mappings(self):
        guest = self.guest(max_mappings=2)
        self.assertEqual([guest.map("file") for _ in range(3)], [OK, OK, NO_MEMORY])
        self.assertEqual(maps_of(self.file), 2)

    def test_the_longest_read(self):
        guest = self.guest(longest_read=15)
        guest.map("file")
        self.assertEqual(guest.call("read-length", 15), 15)
        with self.assertRaisesRegex(Exception, "unreachable"):
            guest.call("read-length", 16)

    def test_the_memory_of_the_host(self):
        guest = self.guest(core=Core(private_memory=1000))
        self.assertEqual(guest.map("file"), OK)  # Page tables: a 512th.
        os.truncate(self.file, 1 << 20)
        self.assertEqual(guest.map("file"), NO_MEMORY)

    def test_a_library_that_is_not_there(self):
        with self.assertRaises(OSError):
            Core(library="/nowhere")

    def test_an_error_has_its_code(self):
        self.assertEqual(MmapError("past-end").code, "past-end")


if __name__ == "__main__":
    unittest.main()
