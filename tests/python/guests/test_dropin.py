"""Behaviour that programs rely on beyond CPython's own tests. It holds for CPython too, unless a test says GUEST."""

import contextlib
import errno
import fcntl
import gc
import io
import mmap
import os
import re
import struct
import sys
import tempfile
import unittest
import weakref

GUEST = sys.platform == "wasi"
TEXT = b"hello world!\n" * 2000


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(dir=".")
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "file")
        with open(self.path, "wb") as file:
            file.write(TEXT)

    def open(self, mode="r+b"):
        file = open(self.path, mode)  # noqa: SIM115
        self.addCleanup(file.close)
        return file

    def map(self, access=mmap.ACCESS_WRITE, length=0, **how):
        with open(self.path, "rb" if access in (mmap.ACCESS_READ, mmap.ACCESS_COPY) else "r+b") as file:
            mapping = mmap.mmap(file.fileno(), length, access=access, **how)
        self.addCleanup(self.close, mapping)
        return mapping

    def close(self, mapping):
        with contextlib.suppress(BufferError):
            mapping.close()

    def stored(self):
        with open(self.path, "rb") as file:
            return file.read()


class Descriptors(Files):
    """Maps find the file behind a descriptor."""

    def check(self, fd, expected=TEXT, **how):
        with mmap.mmap(fd, 0, access=how.pop("access", mmap.ACCESS_READ), **how) as mapping:
            self.assertEqual(mapping[:], expected)

    def test_open(self):
        self.check(self.open("rb").fileno())
        self.check(self.open("r+b").fileno(), access=mmap.ACCESS_WRITE)

    def test_text_file(self):
        with open(self.path, encoding="utf-8") as file:
            self.check(file.fileno())

    def test_os_open(self):
        fd = os.open(self.path, os.O_RDWR)
        self.addCleanup(os.close, fd)
        self.check(fd, access=mmap.ACCESS_WRITE)

    def test_relative_to_a_directory(self):
        directory = os.open(self.folder.name, os.O_RDONLY)
        self.addCleanup(os.close, directory)
        fd = os.open("file", os.O_RDONLY, dir_fd=directory)
        self.addCleanup(os.close, fd)
        self.check(fd)

    def test_temporary_file(self):
        with tempfile.TemporaryFile(dir=self.folder.name) as file:
            file.write(TEXT)
            file.flush()
            self.check(file.fileno(), access=mmap.ACCESS_WRITE)

    def test_named_temporary_file(self):
        with tempfile.NamedTemporaryFile(dir=self.folder.name) as file:
            file.write(TEXT)
            file.flush()
            self.check(file.fileno())

    def test_a_file_that_was_renamed(self):
        file = self.open()
        os.rename(self.path, self.path + ".old")
        with open(self.path, "wb") as other:
            other.write(b"another file")
        self.check(file.fileno())

    def test_a_file_that_was_removed(self):
        file = self.open()
        os.unlink(self.path)
        self.check(file.fileno(), access=mmap.ACCESS_WRITE)

    def test_two_files_of_one_name(self):
        first = self.open()
        os.unlink(self.path)
        with open(self.path, "wb") as other:
            other.write(b"x" * len(TEXT))
        self.check(first.fileno())
        self.check(self.open("rb").fileno(), b"x" * len(TEXT))

    def test_the_map_outlives_the_file(self):
        file = self.open()
        mapping = mmap.mmap(file.fileno(), 0)
        file.close()
        with open(os.devnull if not GUEST else self.path, "rb") as _:
            self.assertEqual(mapping[:5], b"hello")
        mapping[:5] = b"HELLO"
        mapping.close()
        self.assertEqual(self.stored()[:5], b"HELLO")

    def test_a_number_that_was_closed(self):
        file = self.open()
        fd = file.fileno()
        file.close()
        with self.assertRaises(OSError):
            mmap.mmap(fd, 0)

    def test_numbers_that_are_none(self):
        for fd in (-2, 99_999, 2**31 - 1, -(2**31)):
            with self.assertRaises(OSError):
                mmap.mmap(fd, 10)

    def test_numbers_that_are_no_files(self):
        for fd in (0, 1, 2):
            with self.assertRaises((OSError, ValueError)):
                mmap.mmap(fd, 10)
        directory = os.open(self.folder.name, os.O_RDONLY)
        self.addCleanup(os.close, directory)
        with self.assertRaises(OSError):
            mmap.mmap(directory, 10, access=mmap.ACCESS_READ)

    def test_a_number_that_is_used_again(self):
        for round in range(300):
            with open(self.path, "r+b") as file:
                fd = file.fileno()
                mapping = mmap.mmap(fd, 0, access=mmap.ACCESS_READ)
            self.assertEqual(mapping[0], TEXT[0])
            if round % 2:
                mapping.close()
            with self.assertRaises(OSError):
                mmap.mmap(fd, 0)

    def test_rights(self):
        with self.assertRaises(PermissionError):
            mmap.mmap(self.open("rb").fileno(), 0)
        with self.assertRaises(PermissionError):
            mmap.mmap(self.open("rb").fileno(), 0, access=mmap.ACCESS_WRITE)
        with open(os.path.join(self.folder.name, "only"), "wb") as file:
            file.write(TEXT)
            file.flush()
            for access in (mmap.ACCESS_READ, mmap.ACCESS_WRITE, mmap.ACCESS_COPY):
                with self.assertRaises(PermissionError):
                    mmap.mmap(file.fileno(), 0, access=access)


@unittest.skipUnless(GUEST, "how a guest finds the file, if the C library cannot say it")
class DescriptorsByPath(Descriptors):
    def setUp(self):
        super().setUp()
        mmap._wasi_mmap._use_paths(mmap._paths, True)
        self.addCleanup(mmap._wasi_mmap._use_paths, mmap._paths, False)

    # No path leads there any more: so it is refused, and no other file is mapped.
    def test_temporary_file(self):
        with self.assertRaises(OSError):
            super().test_temporary_file()

    def test_a_file_that_was_renamed(self):
        with self.assertRaises(OSError):
            super().test_a_file_that_was_renamed()

    def test_a_file_that_was_removed(self):
        with self.assertRaises(OSError):
            super().test_a_file_that_was_removed()

    def test_two_files_of_one_name(self):
        with self.assertRaises(OSError):
            super().test_two_files_of_one_name()


class Fcntl(Files):
    def test_flags(self):
        file = self.open()
        self.assertTrue(fcntl.fcntl(file, fcntl.F_GETFD) & fcntl.FD_CLOEXEC)
        self.assertEqual(fcntl.fcntl(file.fileno(), fcntl.F_SETFD, fcntl.FD_CLOEXEC), 0)
        self.assertFalse(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_APPEND)
        os.lseek(file.fileno(), 0, os.SEEK_SET)
        os.write(file.fileno(), b"HE")
        self.assertEqual(fcntl.fcntl(file, fcntl.F_SETFL, os.O_APPEND), 0)
        self.assertTrue(fcntl.fcntl(file, fcntl.F_GETFL) & os.O_APPEND)
        os.write(file.fileno(), b"end")
        fcntl.fcntl(file, fcntl.F_SETFL, 0)
        os.lseek(file.fileno(), 2, os.SEEK_SET)
        os.write(file.fileno(), b"L")
        self.assertEqual(self.stored(), b"HEL" + TEXT[3:] + b"end")

    def test_wrong_arguments(self):
        file = self.open()
        for use in (fcntl.fcntl, fcntl.flock, fcntl.lockf, fcntl.ioctl):
            self.assertRaisesRegex(TypeError, "^argument must be an int, or have a fileno", use, "a", 0)
            self.assertRaisesRegex(ValueError, "negative integer", use, -1, 0)
            self.assertRaisesRegex(OSError, os.strerror(errno.EBADF), use, 999, 8)
        self.assertRaisesRegex(ValueError, "^unrecognized lockf argument$", fcntl.lockf, file, 64)
        self.assertRaisesRegex(OSError, os.strerror(errno.ENOTTY), fcntl.ioctl, file, 0x5413)
        self.assertRaisesRegex(OSError, os.strerror(errno.EINVAL), fcntl.fcntl, file, 12345)

    def test_locks(self):
        """Nobody else would see one, so there is none."""
        file = self.open()
        for lock in (
            lambda: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB),
            lambda: fcntl.flock(file, fcntl.LOCK_SH),
            lambda: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 10, 5),
            lambda: fcntl.lockf(file, fcntl.LOCK_SH),
        ):
            if GUEST:
                self.assertRaisesRegex(OSError, os.strerror(errno.ENOSYS), lock)
            else:
                lock()
        if GUEST:
            for command in (fcntl.F_SETLK, fcntl.F_SETLKW, fcntl.F_GETLK):
                self.assertRaisesRegex(OSError, os.strerror(errno.ENOSYS), fcntl.fcntl, file, command, b"")
        self.assertIsNone(fcntl.flock(file, fcntl.LOCK_UN))
        self.assertIsNone(fcntl.lockf(file, fcntl.LOCK_UN))


class Names(unittest.TestCase):
    def test_constants(self):
        names = "MAP_32BIT MAP_DENYWRITE MAP_EXECUTABLE MAP_NORESERVE MAP_POPULATE MAP_STACK MADV_FREE MADV_REMOVE"
        names += (
            " MADV_DONTFORK MADV_DOFORK MADV_MERGEABLE MADV_UNMERGEABLE MADV_HUGEPAGE MADV_NOHUGEPAGE MADV_DONTDUMP"
        )
        names += " MADV_DODUMP MADV_HWPOISON"
        numbers = [0x40, 0x800, 0x1000, 0x4000, 0x8000, 0x20000, *range(8, 18), 100]
        there = {name: number for name, number in zip(names.split(), numbers, strict=True) if hasattr(mmap, name)}
        self.assertEqual({name: getattr(mmap, name) for name in there}, there)
        if GUEST:
            self.assertEqual(len(there), len(numbers))
            self.assertEqual((mmap.MS_ASYNC, mmap.MS_INVALIDATE, mmap.MS_SYNC), (1, 2, 4))

    @unittest.skipIf(sys.version_info < (3, 14), "it has not all of the names")
    def test_flags_that_cannot_be_felt(self):
        flags = mmap.MAP_PRIVATE | mmap.MAP_NORESERVE | mmap.MAP_POPULATE | mmap.MAP_STACK
        with mmap.mmap(-1, 5000, flags=flags) as mapping:
            self.assertEqual(mapping[:], bytes(5000))
            cold, populate = 20, 22  # Linux has numbers that CPython does not name.
            for advice in (mmap.MADV_DONTFORK, mmap.MADV_DODUMP, mmap.MADV_RANDOM, cold, populate):
                mapping.madvise(advice)
            self.assertRaises(OSError, mapping.madvise, 999)
            self.assertRaises(OSError, mapping.madvise, mmap.MADV_HWPOISON)
            if GUEST:
                mapping.flush(flags=mmap.MS_ASYNC)
                self.assertRaises(OSError, mapping.flush, flags=mmap.MS_ASYNC | mmap.MS_SYNC)
                self.assertRaisesRegex(TypeError, "unexpected keyword argument 'flag'", mapping.flush, flag=1)


class Anonymous(unittest.TestCase):
    """Memory without a file."""

    def test_resize(self):
        for flags in (mmap.MAP_PRIVATE, mmap.MAP_PRIVATE | mmap.MAP_ANON):
            with self.subTest(flags=flags), mmap.mmap(-1, 5000, flags=flags) as mapping:
                mapping[:3] = b"abc"
                with memoryview(mapping) as view:
                    view[4999] = 1
                    self.assertRaises(BufferError, mapping.resize, 10)
                mapping.resize(200_000)
                self.assertEqual((len(mapping), mapping[:4], mapping[4998:5002]), (200_000, b"abc\0", b"\0\1\0\0"))
                mapping[199_999] = 7
                mapping.resize(3)
                mapping.resize(5000)
                self.assertEqual((mapping[:4], mapping.find(b"\1", 3)), (b"abc\0", -1))
                self.assertRaises(OSError, mapping.resize, 0)

    @unittest.skipIf(sys.version_info < (3, 14), "it dies of it")
    def test_resize_of_shared_memory(self):
        with mmap.mmap(-1, 5000) as mapping:
            self.assertRaisesRegex(ValueError, "^mmap: can't expand a shared anonymous", mapping.resize, 5001)
            mapping.resize(10)
            self.assertEqual(mapping[:], bytes(10))
        with mmap.mmap(-1, 5000, access=mmap.ACCESS_COPY) as mapping:
            self.assertRaises(TypeError, mapping.resize, 5001)

    def test_a_copy_of_memory(self):
        with mmap.mmap(-1, 5000, access=mmap.ACCESS_COPY) as mapping:
            mapping[10:12] = b"ab"
            with memoryview(mapping) as view:
                view[12] = ord("c")
            self.assertEqual((mapping.find(b"abc"), mapping[9:14]), (10, b"\0abc\0"))


class Buffers(Files):
    def test_bytes_of_a_view(self):
        for access in (mmap.ACCESS_READ, mmap.ACCESS_WRITE, mmap.ACCESS_COPY):
            mapping = self.map(access)
            with memoryview(mapping) as view:
                self.assertEqual(view.readonly, access == mmap.ACCESS_READ)
                self.assertEqual((view.nbytes, view.format, view.itemsize, view.ndim), (len(TEXT), "B", 1, 1))
                self.assertEqual(bytes(view), TEXT)
                self.assertEqual(sum(view), sum(TEXT))
                self.assertEqual(view[-1], TEXT[-1])

    def test_a_view_holds_the_map(self):
        mapping = self.map()
        view = memoryview(mapping)
        part = view[3:5]
        with self.assertRaisesRegex(BufferError, "^cannot close exported pointers exist$"):
            mapping.close()
        with self.assertRaisesRegex(BufferError, "^mmap can't resize with extant buffers exported.$"):
            mapping.resize(4096)
        view.release()
        with self.assertRaises(BufferError):
            mapping.close()
        part.release()
        mapping.resize(4096)
        mapping.close()

    def test_what_a_view_stores_is_in_the_file(self):
        mapping = self.map()
        with memoryview(mapping) as view:
            view[0:5] = b"HELLO"
            view[-1] = 0
        self.assertEqual(self.stored(), b"HELLO" + TEXT[5:-1] + b"\0")
        self.assertEqual(mapping[:5], b"HELLO")

    def test_what_a_view_stores_is_flushed(self):
        mapping = self.map()
        with memoryview(mapping) as view:
            view[8000:8005] = b"HELLO"
            mapping.flush()
            self.assertEqual(self.stored()[8000:8005], b"HELLO")

    def test_the_map_and_its_view_are_one_memory(self):
        for access in (mmap.ACCESS_COPY, mmap.ACCESS_WRITE):
            mapping = self.map(access)
            with memoryview(mapping) as view:
                view[0] = ord("J")
                self.assertEqual(mapping[:5], b"Jello")
                self.assertEqual(mapping.find(b"Jello", 0), 0)
                mapping[1:3] = b"EL"
                self.assertEqual(bytes(view[:5]), b"JELlo")
                mapping.move(10, 0, 5)
                self.assertEqual(bytes(view[10:15]), b"JELlo")
                mapping.seek(0)
                self.assertEqual(mapping.readline(), b"JELlo worlJELlo world!\n"[:15] + TEXT[15:26])
                mapping.seek(20)
                mapping.write(b"there")
                mapping.write_byte(33)
                self.assertEqual(bytes(view[20:26]), b"there!")
            self.assertEqual(mapping[:5], b"JELlo")
            self.assertEqual(mapping.rfind(b"there!", 0), 20)

    def test_a_private_change_stays_private(self):
        mapping = self.map(mmap.ACCESS_COPY)
        mapping[0] = 0
        with memoryview(mapping) as view:
            self.assertEqual(view[0], 0)
            view[1] = 1
        mapping.move(2, 0, 2)
        mapping.seek(4)
        mapping.write(b"four")
        self.assertEqual(mapping[:8], b"\0\1\0\1four")
        self.assertEqual(self.stored(), TEXT)
        mapping.flush()
        self.assertEqual(self.stored(), TEXT)
        self.assertEqual(mapping.find(b"four", 0), 4)
        self.assertEqual(mapping.rfind(b"\0\1", 0), 2)
        self.assertEqual(mapping.find(b"hell", 0), 13)
        self.assertEqual(mapping.rfind(b"hell", 0), len(TEXT) - 13)
        self.assertEqual(mapping.rfind(b"nowhere", 0), -1)

    def test_bytes_that_were_left_alone_are_not_written_back(self):
        mapping = self.map()
        with memoryview(mapping) as view:
            with self.open() as file:
                file.seek(5000)
                file.write(b"other")
            view[5010] = 0
        self.assertEqual(self.stored()[5000:5005], b"other")
        self.assertEqual(self.stored()[5010], 0)

    def test_readers_of_buffers(self):
        mapping = self.map(mmap.ACCESS_READ)
        self.assertEqual(re.search(b"w(or)ld", mapping).span(1), (7, 9))
        self.assertEqual(len(re.findall(b"hello", mapping)), 2000)
        self.assertEqual(struct.unpack_from("<4sH", mapping, 6), (b"worl", 0x2164))
        self.assertEqual(io.BytesIO(mapping).read(5), b"hello")
        self.assertEqual(b"".join([mapping, b"!"])[-2:], b"\n!")
        self.assertEqual(int.from_bytes(mapping[:2], "little"), 0x6568)
        mapping.close()

    def test_into_buffers(self):
        mapping = self.map()
        struct.pack_into("<I", mapping, 4, 0x41424344)
        with self.open("rb") as file:
            file.seek(13)
            with memoryview(mapping) as view:
                file.readinto(view[100:105])
        self.assertEqual(mapping[4:8], b"DCBA")
        self.assertEqual(mapping[100:105], b"hello")
        with self.assertRaises(TypeError):
            struct.pack_into("<I", self.map(mmap.ACCESS_READ), 0, 1)

    def test_a_store_of_the_byte_that_is_there(self):
        """It makes the page private as any other: what others write to the file is not seen."""

        def through_view(mapping):
            with memoryview(mapping) as view:
                view[0] = TEXT[0]

        def through_struct(mapping):
            struct.pack_into("B", mapping, 0, TEXT[0])

        def through_item(mapping):
            mapping[0] = TEXT[0]

        for store in (through_view, through_struct, through_item):
            for how in ({"access": mmap.ACCESS_COPY}, {"access": mmap.ACCESS_DEFAULT, "flags": mmap.MAP_PRIVATE}):
                with self.subTest(store=store.__name__, how=how):
                    with open(self.path, "wb") as file:
                        file.write(TEXT)
                    mapping = self.map(**how)
                    store(mapping)
                    with self.open() as file:
                        file.write(b"J")
                    self.assertEqual((mapping[:2], mapping.find(b"J"), mapping.rfind(b"hello w")), (b"he", -1, 25987))
                    with memoryview(mapping) as view:
                        self.assertEqual(view[0], TEXT[0])
                        mapping[1:3] = b"UL"
                    mapping.move(5, 0, 3)
                    self.assertEqual((mapping[:9], re.search(b"U.", mapping)[0]), (b"hULlohULr", b"UL"))
                    mapping.flush()
                    self.assertEqual(self.stored(), b"J" + TEXT[1:])

    def test_what_only_reads_a_private_map_changes_nothing(self):
        mapping = self.map(mmap.ACCESS_COPY)
        self.assertEqual(re.search(b"w(or)ld", mapping).span(1), (7, 9))
        self.assertEqual(struct.unpack_from("<4s", mapping, 6), (b"worl",))
        with self.open() as file:
            file.write(b"J")
        self.assertEqual(mapping[:2], b"Je")

    def test_from_one_map_to_another(self):
        source, target = self.map(mmap.ACCESS_READ), mmap.mmap(-1, len(TEXT))
        target.write(source)
        target[:5] = source[13:18]
        self.assertEqual(target[:], TEXT)
        self.assertTrue(memoryview(source) == memoryview(target))

    def test_a_map_written_to_itself(self):
        mapping = self.map()
        mapping[:] = mapping
        mapping.seek(0)
        self.assertEqual(mapping.write(mapping), len(TEXT))
        self.assertEqual(self.stored(), TEXT)

    def test_a_view_that_nobody_released(self):
        mapping = self.map()
        reference = weakref.ref(mapping)
        view = memoryview(mapping)
        view[0] = 0
        cycle = [view, mapping]
        cycle.append(cycle)
        del view, mapping, cycle
        gc.collect()
        self._cleanups = [each for each in self._cleanups if each[0] != self.close]
        gc.collect()
        self.assertIsNone(reference())
        self.assertEqual(self.stored()[0], 0)


class Reading(Files):
    def test_lines(self):
        for access in (mmap.ACCESS_READ, mmap.ACCESS_WRITE, mmap.ACCESS_COPY):
            mapping = self.map(access)
            self.assertEqual(list(iter(mapping.readline, b"")), TEXT.splitlines(keepends=True))

    def test_lines_of_all_lengths(self):
        lines = [b"x" * length + b"\n" for length in (*range(0, 300, 7), 255, 256, 257, 4095, 4096, 70_000, 1)]
        lines.append(b"without an end")
        with open(self.path, "wb") as file:
            file.write(b"".join(lines))
        for access in (mmap.ACCESS_READ, mmap.ACCESS_WRITE):
            mapping = self.map(access)
            self.assertEqual(list(iter(mapping.readline, b"")), lines)

    def test_bytes_one_by_one(self):
        for access in (mmap.ACCESS_READ, mmap.ACCESS_WRITE, mmap.ACCESS_COPY):
            mapping = self.map(access)
            self.assertEqual(bytes(mapping[i] for i in range(len(mapping))), TEXT)
            self.assertEqual(bytes(mapping[-i] for i in range(1, len(mapping) + 1)), TEXT[::-1])
            self.assertEqual(b"".join(mapping), TEXT)
            self.assertEqual(bytes(mapping.read_byte() for _ in range(len(mapping))), TEXT)
            self.assertEqual(bytes(mapping[i] for i in range(0, len(mapping), 3)), TEXT[::3])
            self.assertIn(b"w", mapping)
            self.assertNotIn(b"W", mapping)
            self.assertNotIn(119, mapping)

    def test_pieces_in_a_row(self):
        mapping = self.map(mmap.ACCESS_READ)
        self.assertEqual(b"".join(mapping[i : i + 5] for i in range(0, len(TEXT), 5)), TEXT)
        self.assertEqual(b"".join(iter(lambda: mapping.read(7), b"")), TEXT)

    def test_zeros(self):
        with open(self.path, "wb") as file:
            file.truncate(300_000)
        for access in (mmap.ACCESS_READ, mmap.ACCESS_WRITE, mmap.ACCESS_COPY):
            mapping = self.map(access)
            self.assertEqual(sum(mapping[i] for i in range(0, len(mapping), 7)), 0)
            self.assertEqual(mapping[:], bytes(300_000))

    def test_who_looks_again_sees_what_others_wrote(self):
        for access in (mmap.ACCESS_READ, mmap.ACCESS_WRITE):
            mapping = self.map(access)
            for _ in range(50):
                mapping[0]
            with self.open() as other:
                other.write(b"J")
            self.assertEqual(mapping[0], ord("J"))
            with self.open() as other:
                other.write(b"h")
            self.assertEqual(mapping[:1], b"h")

    def test_maps_of_one_file_see_each_other_at_once(self):
        reader, writer = self.map(mmap.ACCESS_READ), self.map(mmap.ACCESS_WRITE)
        for at in range(200):
            writer[at + 1] = at
            self.assertEqual(reader[at], (at - 1) % 256 if at else TEXT[0])
        for at in range(200):
            writer[at] = 255 - at
            self.assertEqual(reader[at], 255 - at)
        with memoryview(writer) as view:
            view[7] = 7
        self.assertEqual(reader[7], 7)

    def test_extended_slices(self):
        mapping = self.map(mmap.ACCESS_COPY)
        for key in (slice(None, None, 5), slice(None, None, -7), slice(100, 3, -1), slice(5, 5), slice(9, 2, 4)):
            self.assertEqual(mapping[key], TEXT[key])
        wanted = bytearray(TEXT)
        wanted[10:4000:33] = mapping[10:4000:33] = bytes(range(121))
        wanted[4000:10:-33] = mapping[4000:10:-33] = bytes(range(121))
        self.assertEqual(mapping[:], bytes(wanted))

    @unittest.skipUnless(GUEST, "CPython dies of it")
    def test_a_file_that_was_cut(self):
        for access in (mmap.ACCESS_READ, mmap.ACCESS_WRITE):
            with open(self.path, "wb") as file:
                file.write(b"x" * 100_000)
            mapping = self.map(access)
            for i in range(50):
                mapping[i]  # In whatever way it reads by now.
            os.truncate(self.path, 5000)
            self.assertEqual(mapping[4999], ord("x"))
            self.assertEqual(mapping[5000], 0)
            for ask in (
                lambda m: m[50_000],
                lambda m: m[50_000:50_010],
                lambda m: m[0:50_010],
                lambda m: m.find(b"y", 0),
                lambda m: m.read(),
            ):
                with self.assertRaises(OSError) as caught:
                    ask(mapping)
                self.assertEqual(caught.exception.errno, 21)  # EFAULT in WASI.
            if access == mmap.ACCESS_WRITE:
                with self.assertRaises(OSError):
                    mapping[50_000] = 1
                with self.assertRaises(OSError):
                    mapping[50_000:50_005] = b"hello"
            os.truncate(self.path, 100_000)
            self.assertEqual(mapping[50_000], 0)


class Types(Files):
    def test_subclass(self):
        class Lines(mmap.mmap):
            def __new__(cls, fileno, extra):
                made = super().__new__(cls, fileno, 0, access=mmap.ACCESS_READ)
                made.extra = extra
                return made

            def __len__(self):
                return super().__len__() // 13

        with Lines(self.open("rb").fileno(), "more") as mapping:
            self.assertEqual((len(mapping), mapping.extra, mapping[0]), (2000, "more", 104))
            self.assertEqual(
                repr(mapping), f"<Lines closed=False, access=ACCESS_READ, length={len(TEXT)}, pos=0, offset=0>"
            )
        self.assertEqual(repr(mapping), "<Lines closed=True>")

    def test_what_it_is(self):
        mapping = self.map()
        self.assertEqual((mmap.mmap.__name__, mmap.mmap.__module__, mmap.error), ("mmap", "mmap", OSError))
        self.assertEqual(hash(mapping), hash(mapping))
        self.assertNotEqual(mapping, self.map())
        self.assertRaises(TypeError, lambda: mapping + mapping)
        self.assertRaises(TypeError, lambda: mapping < mapping)
        self.assertRaises(AttributeError, setattr, mapping, "name", 1)
        self.assertRaises(TypeError, setattr, mmap.mmap, "name", 1)
        self.assertRaises(AttributeError, setattr, mapping, "closed", 1)
        self.assertGreater(sys.getsizeof(mapping), 0)
        public = {name for name in dir(mmap.mmap) if not name.startswith("_")}
        methods = (
            "close closed find flush madvise move read read_byte readline resize rfind seek size tell write write_byte"
        )
        self.assertEqual(public - {"seekable"}, set(methods.split()))

    def test_arguments(self):
        fd = self.open().fileno()
        for error, message, arguments, names in [
            (TypeError, "missing required argument 'length'", (fd,), {}),
            (TypeError, "'float' object cannot be interpreted as an integer", (fd, 1.0), {}),
            (TypeError, "'str' object cannot be interpreted as an integer", ("a", 1), {}),
            (TypeError, "tagname", (fd, 0), {"tagname": "x"}),
            (OverflowError, "memory mapped length must be positive", (fd, -1), {"access": 9}),
            (OverflowError, "memory mapped offset must be positive", (fd, 0), {"offset": -1}),
            (ValueError, "mmap invalid access parameter.", (fd, 0), {"access": 9}),
            (ValueError, "mmap can't specify both access and flags, prot.", (fd, 0), {"access": 9, "flags": 2}),
            (ValueError, "mmap can't specify both access and flags, prot.", (fd, 0), {"access": 1, "prot": 1}),
            (ValueError, "mmap length is greater than file size", (fd, 10**6), {}),
            (ValueError, "mmap offset is greater than file size", (fd, 0), {"offset": 2**20}),
            (OSError, "Invalid argument", (fd, 0), {"flags": 0}),
            (OSError, "Invalid argument", (fd, 0), {"offset": 1}),
            (OSError, "Invalid argument", (-1, 0), {}),
        ]:
            with self.subTest(message=message), self.assertRaisesRegex(error, message):
                mmap.mmap(fd and arguments[0], *arguments[1:], **names)

    def test_audit(self):
        seen = []
        sys.addaudithook(lambda event, arguments: seen.append(arguments) if event == "mmap.__new__" else None)
        fd = self.open().fileno()
        mmap.mmap(fd, 10, access=mmap.ACCESS_READ).close()
        self.assertEqual(seen, [(fd, 10, mmap.ACCESS_READ, 0)])

    def test_closed(self):
        mapping = self.map()
        mapping.close()
        mapping.close()
        self.assertTrue(mapping.closed)
        for use in (
            lambda: mapping[0],
            lambda: mapping[:],
            lambda: mapping.__setitem__(0, 1),
            lambda: len(mapping),
            lambda: memoryview(mapping),
            lambda: mapping.__enter__(),
            lambda: list(mapping),
            lambda: mapping.write(b""),
            mapping.read,
            mapping.readline,
            mapping.read_byte,
            mapping.tell,
            mapping.size,
            mapping.flush,
        ):
            with self.assertRaisesRegex(ValueError, "^mmap closed or invalid$"):
                use()


class Hostile(Files):
    """No use of a map ends the component."""

    def test_closed_in_the_middle(self):
        class Closes:
            def __init__(self, mapping, value=0):
                self.mapping, self.value = mapping, value

            def __index__(self):
                self.mapping.close()
                return self.value

        for use in (
            lambda m, c: m[c],
            lambda m, c: m[c:5],
            lambda m, c: m[0:5:c],
            lambda m, c: m.__setitem__(0, c),
            lambda m, c: m.__setitem__(c, 1),
            lambda m, c: m.__setitem__(slice(c, 3), b"ab"),
            lambda m, c: m.read(c),
            lambda m, c: m.find(b"a", c),
            lambda m, c: m.rfind(b"a", 0, c),
            lambda m, c: m.seek(c),
            lambda m, c: m.move(c, 1, 1),
            lambda m, c: m.flush(c),
            lambda m, c: m.resize(c),
            lambda m, c: m.madvise(mmap.MADV_NORMAL, c),
            lambda m, c: m.write_byte(c),
        ):
            mapping = self.map()
            # CPython does not check again in all of them.
            with contextlib.suppress(OSError, ValueError):
                use(mapping, Closes(mapping, 1))
            self.assertTrue(mapping.closed)

    def test_resized_in_the_middle(self):
        class Shrinks:
            def __init__(self, mapping):
                self.mapping = mapping

            def __index__(self):
                self.mapping.resize(10)
                return 20_000

        for use in (
            lambda m, s: m[s],
            lambda m, s: m.__setitem__(s, 1),
            lambda m, s: m.read(s),
            lambda m, s: m.find(b"hello", s),
            lambda m, s: m[:s],
            lambda m, s: m.move(0, s, 1),
            lambda m, s: m.flush(s, 1),
        ):
            with open(self.path, "wb") as file:
                file.write(TEXT)
            mapping = self.map()
            with contextlib.suppress(IndexError, ValueError):
                use(mapping, Shrinks(mapping))
            self.assertEqual(len(mapping), 10)
            self.assertEqual(len(mapping[:]), 10)

    def test_garbage(self):
        class Cycle(mmap.mmap):
            def __del__(self):
                self.close()
                self.close()

        for _ in range(200):
            with open(self.path, "r+b") as file:
                mapping = Cycle(file.fileno(), 0)
                mapping.me = mapping
                mapping.view = memoryview(b"")
        del mapping
        gc.collect()

    @unittest.skipUnless(GUEST, "a Py_ssize_t has 32 bits there")
    def test_large_numbers(self):
        mapping = self.map()
        for number in (2**31, 2**32, 2**63, 2**64, -(2**31) - 1, -(2**63) - 1):
            for use in (
                mapping.seek,
                mapping.resize,
                mapping.read,
                mapping.flush,
                lambda n: mapping.move(0, n, 1),
                lambda n: mapping.find(b"h", n),
                lambda n: mapping.madvise(0, n),
                lambda n: mmap.mmap(-1, n),
            ):
                self.assertRaises(OverflowError, use, number)
            self.assertRaises(IndexError, lambda number=number: mapping[number])
        with self.assertRaises((OSError, ValueError, MemoryError)):
            mmap.mmap(self.open("rb").fileno(), 0, access=mmap.ACCESS_READ, offset=2**62)
        self.assertEqual(mapping[:], TEXT)

    def test_many(self):
        maps = []
        try:
            for _ in range(3000):
                maps.append(self.map(mmap.ACCESS_READ))
                self.assertEqual(maps[-1][0], TEXT[0])
        except OSError:
            self.assertGreater(len(maps), 200)
        self.assertEqual(maps[len(maps) // 2][13:18], b"hello")
        for mapping in maps:
            mapping.close()
        self.assertEqual(self.map()[:5], b"hello")


if __name__ == "__main__":
    unittest.main()
