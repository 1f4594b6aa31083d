"""Where files are: random reads, writes and seeks through several numbers and objects, one line of results per episode.

The output is the same on every right system: positions.py EPISODES
"""

import errno
import os
import random
import sys

PATH = "positions"
FLAGS = {
    "r": os.O_RDONLY,
    "w": os.O_WRONLY,
    "r+": os.O_RDWR,
    "a": os.O_WRONLY | os.O_APPEND,
    "a+": os.O_RDWR | os.O_APPEND,
}
MODES = ("rb", "r+b", "w+b", "ab", "a+b")


def attempt(use, *arguments):
    try:
        return use(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    except (OverflowError, ValueError) as error:
        return type(error).__name__


class Numbers:
    """Descriptors, without a buffer anywhere."""

    def __init__(self, choose):
        self.choose = choose
        self.opened = [self.open() for _ in range(choose.randint(1, 3))]

    def open(self):
        how = self.choose.choice(list(FLAGS))
        return os.open(PATH, FLAGS[how]), how

    def step(self):
        choose = self.choose
        fd, how = choose.choice(self.opened)
        can_read, can_write = how in ("r", "r+", "a+"), how != "r"
        what = choose.choice(["read", "write", "write", "seek", "seek", "seek", "tell", "cut", "size", "all"])
        if what == "read" and can_read:
            return attempt(os.read, fd, choose.choice((0, 1, 3, 7, 100)))
        if what == "write" and can_write:
            return attempt(os.write, fd, bytes(choose.choices(b"abcxyz", k=choose.choice((0, 1, 2, 5)))))
        if what == "seek":
            whence = choose.choice((0, 1, 2))
            return whence, attempt(os.lseek, fd, choose.randint(-4, 4) if whence else choose.randint(-1, 12), whence)
        if what == "tell":
            return attempt(os.lseek, fd, 0, 1)
        if what == "cut" and can_write:
            return attempt(os.ftruncate, fd, choose.randint(0, 20))
        if what == "all" and can_read:
            return attempt(os.lseek, fd, 0, 0), attempt(os.read, fd, 1000)
        return os.fstat(fd).st_size

    def close(self):
        for fd, _ in self.opened:
            os.close(fd)


class Objects:
    """One file object, with a buffer or without."""

    def __init__(self, choose):
        self.choose = choose
        self.file = open(PATH, choose.choice(MODES), buffering=choose.choice((-1, 0, 4)))  # noqa: SIM115

    def step(self):
        choose, file = self.choose, self.file
        what = choose.choice(["read", "write", "write", "line", "seek", "seek", "tell", "cut", "flush"])
        if what == "read":
            return attempt(file.read, choose.choice((-1, 0, 1, 3, 7))) if file.readable() else None
        if what == "line":
            return attempt(file.readline) if file.readable() else None
        if what == "write":
            data = bytes(choose.choices(b"abc\n", k=choose.choice((0, 1, 2, 9))))
            return attempt(file.write, data) if file.writable() else None
        if what == "seek":
            whence = choose.choice((0, 1, 2))
            return whence, attempt(file.seek, choose.randint(-4, 4) if whence else choose.randint(0, 12), whence)
        if what == "cut":
            return attempt(file.truncate, choose.randint(0, 20)) if file.writable() else None
        if what == "flush":
            return attempt(file.flush)
        return attempt(file.tell)

    def close(self):
        self.file.close()


def main():
    for number in range(int(sys.argv[1])):
        choose = random.Random(number)
        with open(PATH, "wb") as file:
            file.write(b"01234\n6789"[: choose.randint(0, 10)])
        user = choose.choice((Numbers, Objects))(choose)
        results = [user.step() for _ in range(25)]
        user.close()
        with open(PATH, "rb") as file:
            print(number, type(user).__name__, results, file.read())
    os.remove(PATH)


main()
