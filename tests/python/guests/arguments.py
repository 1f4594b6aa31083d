"""What calls with right and wrong arguments give, one line per method and kind of map.

The output is that of CPython 3.14 on Linux, but for what guest/python/README.md lists: arguments.py
"""

import contextlib
import errno
import itertools
import mmap
import os
import random

PATH = "arguments"
SIZE = 5000
TEXT = (b"hello world!\n" * 400)[:SIZE]
LEFT_OUT = object()


class Index:
    def __init__(self, value):
        self.value = value

    def __index__(self):
        return self.value

    def __repr__(self):
        return f"Index({self.value!r})"


class Raises:
    def __index__(self):
        raise ZeroDivisionError

    def __repr__(self):
        return "Raises()"


SMALL = [None, 0, 1, -1, SIZE, 1.5, "a", b"lo w", Index(2), Raises()]
VALUES = [
    *SMALL,
    True,
    2,
    SIZE - 1,
    SIZE + 1,
    -SIZE,
    300,
    10**30,
    -(10**30),
    b"",
    b"h",
    bytearray(b"or"),
    [1],
    Index(-3),
]
VALUES += [Index("x"), Index(10**30), range(3), memoryview(b"ld")]
KEYS = [*VALUES, slice(0, 2), slice(None), slice(3, 1), slice(0, 10, 4), slice(9, None, -4), slice("x"), slice(0, 1, 0)]
KEYS += [slice(Index(1), Index(3)), slice(-2, 10**30), slice(Raises(), 1)]
METHODS = "close find flush madvise move read read_byte readline resize rfind seek seekable size tell write write_byte"
METHODS += " __enter__ __exit__"


def shared(fd, **how):
    return mmap.mmap(fd, SIZE, **how)


def closed(fd):
    mapping = mmap.mmap(fd, SIZE)
    mapping.close()
    return mapping


KINDS = {
    "write": shared,
    "read": lambda fd: shared(fd, access=mmap.ACCESS_READ),
    "copy": lambda fd: shared(fd, access=mmap.ACCESS_COPY),
    "private": lambda fd: shared(fd, flags=mmap.MAP_PRIVATE),
    "untracked": lambda fd: shared(fd, trackfd=False),
    "memory": lambda fd: mmap.mmap(-1, SIZE),
    "private memory": lambda fd: mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE),
    "exported": shared,
    "closed": closed,
}


def shown(value):
    """Without addresses."""
    return "memoryview" if isinstance(value, memoryview) else "nothing" if value is LEFT_OUT else repr(value)


class Trial:
    """A map of a kind, made again when a call has closed or resized it."""

    def __init__(self, kind, file):
        self.kind, self.file = kind, file
        self.view = None
        self.make()

    def make(self):
        self.file.seek(0)
        self.file.write(TEXT)
        self.file.truncate(SIZE)
        self.map = KINDS[self.kind](self.file.fileno())
        if self.kind == "exported":
            self.view = memoryview(self.map)

    def end(self):
        if self.view:
            self.view.release()
        with contextlib.suppress(BufferError):
            self.map.close()

    def call(self, use, *arguments):
        try:
            outcome = use(self.map, *arguments)
            outcome = outcome[:40] if isinstance(outcome, bytes) else outcome
            outcome = repr(outcome)
        except OSError as error:
            outcome = errno.errorcode[error.errno]
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
        if self.kind != "closed" and (self.map.closed or len(self.map) != SIZE):
            self.end()
            self.make()
        return outcome


def is_dangerous(kind, name, arguments):
    """Linux kills the process, or the two are known to differ."""
    if name != "resize" or len(arguments) != 1:
        return False
    return kind == "private" or (arguments[0] in (0, False) and kind == "write")


def of_method(trial, name):
    choose = random.Random(f"{trial.kind} {name}")
    calls = [(), *itertools.product(VALUES, repeat=1)]
    if name in ("find", "flush", "madvise", "move", "rfind", "seek"):
        calls += itertools.product(SMALL, repeat=2)
    calls += [choose.choices(VALUES, k=2) for _ in range(40)]
    calls += [choose.choices(VALUES, k=3) for _ in range(80)]
    calls += [(first, choose.choice(SMALL), choose.choice(SMALL)) for first in (b"lo", b"h", 0, 1) for _ in range(20)]
    calls += [choose.choices(VALUES, k=4)]
    for arguments in calls:
        if is_dangerous(trial.kind, name, arguments):
            continue
        outcome = trial.call(lambda mapping, *words: getattr(mapping, name)(*words), *arguments)
        if name in ("flush", "madvise") and outcome in ("None", "EINVAL"):
            outcome = "at the system"  # Any offset will do in the component.
        yield f"({', '.join(map(shown, arguments))}) {outcome}"
    yield trial.call(lambda mapping: getattr(mapping, name)(keyword=1)) if name != "flush" else ""


def set_item(mapping, key, value):
    if value is LEFT_OUT:
        del mapping[key]
    else:
        mapping[key] = value


def of_items(trial):
    for key in KEYS:
        yield f"get {shown(key)} {trial.call(lambda mapping, key: mapping[key], key)}"
        for value in [LEFT_OUT, *VALUES, b"abc", b"ab"]:
            yield f"set {shown(key)} {shown(value)} {trial.call(set_item, key, value)}"


def of_others(trial):
    for use in (len, repr, list, bool, memoryview, lambda mapping: b"w" in mapping, lambda mapping: mapping.closed):
        outcome = trial.call(use)
        yield outcome if len(outcome) < 200 and not outcome.startswith("<memory") else outcome[:10]


def of_opening(file):
    """Arguments of mmap.mmap(), by place and by name."""
    choose = random.Random(0)
    fds = [file.fileno(), -1, 999, "a", None, 1.5, Index(-1)]
    names = {
        "length": [0, 5, SIZE, SIZE + 1, -1, "a", None, 1.5, Index(3)],
        "flags": [1, 2, 0x22, 0, "a"],
        "prot": [0, 1, 2, 3, 4, 7, None],
        "access": [0, 1, 2, 3, 4, -1, "a"],
        "offset": [0, 4096, 1, -1, SIZE, 8192, "a", 1.5],
        "trackfd": [True, False, 0, "a", None],
        "tagname": ["a"],
    }
    for _ in range(3000):
        fd = choose.choice(fds)
        given = {name: choose.choice(values) for name, values in names.items() if choose.random() < 0.3}
        if choose.random() < 0.8:
            given["length"] = choose.choice(names["length"])
        by_place = choose.random() < 0.5 and "length" in given
        words = [fd, given.pop("length")] if by_place else [fd]
        try:
            mapping = mmap.mmap(*words, **given)
            outcome = f"{mapping!r} {len(mapping)}"
            mapping.close()
        except OSError as error:
            outcome = errno.errorcode[error.errno]
        except Exception as error:
            outcome = f"{type(error).__name__}: {error}"
        words[0] = "fd" if fd == file.fileno() else fd
        yield f"{words} {given} {outcome}"


def main():
    count = 0
    with open(PATH, "w+b", buffering=0) as file:
        for kind in KINDS:
            trial = Trial(kind, file)
            uses = {name: of_method(trial, name) for name in METHODS.split()}
            uses |= {"items": of_items(trial), "others": of_others(trial)}
            for name, outcomes in uses.items():
                outcomes = list(outcomes)
                count += len(outcomes)
                print(f"{kind}: {name}", *outcomes, sep="\t")
            trial.end()
        outcomes = list(of_opening(file))
        print("mmap", *outcomes, sep="\t")
        print(count + len(outcomes), "calls")
    os.remove(PATH)


main()
