"""The vectors of the contract suite without CPython's answers: oracle.py adds those and writes vectors/*.json.

A step is a dict; `by="contract"` marks one that CPython does not decide, with its answer in `expect` or `error`.
"""

TEXT = {"repeat": "hello world!", "size": 14000}
PAGE = 4096
PAGES = {"repeat": "0123456789abcdef", "size": 4 * PAGE}
ACCESSES = ("read", "write", "copy")
ADVICES = ("normal", "random", "sequential", "will-need", "dont-need")
MAX_NUMBER = 2**53 - 1
HUGE = [str(number) for number in (2**53, 2**63 - 1, 2**63, 2**64 - 1)]

subjects = {}


def vector(subject, name, file, *steps, needs=(), why=None):
    case = {"name": f"{subject}: {name}", "file": file, "steps": list(steps)}
    if needs:
        case["needs"] = list(needs)
    if why:
        case["why"] = why
    subjects.setdefault(subject, []).append(case)


def step(op, map=None, **arguments):
    return {"op": op, **({"map": map} if map else {}), **arguments}


def ours(op, map=None, **arguments):
    """A step that the contract answers itself."""
    return step(op, map, by="contract", **arguments)


def mmap(access="write", length=0, offset=0, map=None, **answer):
    return step("mmap", map, access=access, length=length, offset=offset, **answer)


def posix(sharing, protection, length=0, offset=0, **answer):
    return step("mmap-posix", sharing=sharing, protection=protection, length=length, offset=offset, **answer)


def anonymous(length, access="write", **answer):
    return step("mmap", anonymous=True, access=access, length=length, offset=0, **answer)


def read(offset, length, map=None, **answer):
    return step("read", map, offset=offset, length=length, **answer)


def file_read(offset, length):
    return step("file-read", offset=offset, length=length)


def all_bytes(text):
    return {"text": text}


# Opening.
for access in ACCESSES:
    vector("open", f"whole file, {access}", TEXT, mmap(access), step("length"), step("file-size"), step("access"))
    vector("open", f"the first bytes, {access}", TEXT, mmap(access, 5), step("length"), read(0, 5))
    vector("open", f"the whole length by number, {access}", TEXT, mmap(access, 14000), read(13990, 10))
    vector("open", f"empty file, {access}", all_bytes(""), mmap(access))
    vector("open", f"empty file with a length, {access}", all_bytes(""), mmap(access, 1))
    vector("open", f"one byte, {access}", all_bytes("x"), mmap(access), read(0, 1))
    vector("open", f"one byte too many, {access}", TEXT, mmap(access, 14001), step("file-read", offset=13999, length=9))
    vector("open", f"an offset at the end, {access}", TEXT, mmap(access, 0, 14000))
    vector("open", f"an offset past the end, {access}", TEXT, mmap(access, 0, 5 * PAGE))
    vector("open", f"offset and length past the end, {access}", TEXT, mmap(access, 14000 - 2 * PAGE + 1, 2 * PAGE))
    for offset in (1, 4095, 4096, 4097, 8192, 13999):
        vector("open", f"offset {offset}, {access}", TEXT, mmap(access, 0, offset), step("length"), read(0, 1))
    vector(
        "open", f"offset and length in the middle, {access}", TEXT, mmap(access, 100, 5000), read(0, 12), read(88, 12)
    )
    vector("open", f"the largest number as length, {access}", TEXT, mmap(access, MAX_NUMBER))
    vector("open", f"the largest number as offset, {access}", TEXT, mmap(access, 1, MAX_NUMBER))
    for number in HUGE:
        vector("open", f"length {number}, {access}", TEXT, ours("mmap", access=access, length=number, offset=0, error="past-end"),
               needs=["u64"])  # fmt: skip
        vector("open", f"offset {number}, {access}", TEXT, ours("mmap", access=access, length=1, offset=number, error="past-end"),
               needs=["u64"])  # fmt: skip
    vector("open", f"a directory, {access}", {"kind": "directory", "rights": "read"},
           ours("mmap", access=access, length=10, offset=0, error="unsupported"), needs=["descriptor"])  # fmt: skip
    vector("open", f"the null device, {access}", {"kind": "null-device"}, mmap(access, 10), needs=["special-file"])
    vector("open", f"a pipe, {access}", {"kind": "pipe"}, ours("mmap", access=access, length=10, offset=0, error="unsupported"),
           needs=["special-file"])  # fmt: skip
    vector("open", f"a closed descriptor, {access}", {"kind": "closed"}, mmap(access, 10), needs=["closed-descriptor"])
    vector("open", f"a descriptor to write only, {access}", {**TEXT, "rights": "write"}, mmap(access), file_read(0, 5),
           needs=["descriptor"])  # fmt: skip
    vector(
        "open", f"a descriptor to read only, {access}", {**TEXT, "rights": "read"}, mmap(access), needs=["descriptor"]
    )
vector("open", "kinds are looked at before sizes", {"kind": "directory", "rights": "read"},
       ours("mmap", access="read", length=0, offset=0, error="unsupported"), needs=["descriptor"])  # fmt: skip
vector(
    "open",
    "two mappings of one file",
    TEXT,
    mmap("read", 5, map="a"),
    mmap("read", 5, 12, map="b"),
    read(0, 5, "a"),
    read(0, 5, "b"),
)
for length in (1, 100, PAGE, 10000):
    vector(
        "open", f"{length} bytes without a file", all_bytes("x"), anonymous(length), step("length"), read(length - 1, 1)
    )
vector("open", "more memory than any system has", all_bytes("x"), anonymous(MAX_NUMBER))
vector("resize", "more than any system can map leaves the file as it is", TEXT, mmap(),
       ours("resize", length=MAX_NUMBER - PAGE, error="no-memory"), step("length"), step("file-size"), read(13990, 10),
       why="CPython changes the file first")  # fmt: skip
vector("open", "no bytes without a file", all_bytes("x"), anonymous(0))
for access in ("read", "copy"):
    vector(
        "open", f"memory without a file, {access}", all_bytes("x"), anonymous(50, access), read(0, 50), step("access")
    )
vector("open", "the size of memory without a file", all_bytes("x"), anonymous(123), ours("file-size", expect=123),
       why="CPython before 3.15 has an error here, 3.15 the length")  # fmt: skip

# mmap-posix.
for sharing in ("shared", "private"):
    for protection in (["read"], ["read", "write"], ["read", "execute"]):
        needs = ["posix", "execute"] if "execute" in protection else ["posix"]
        name = f"{sharing}, {' and '.join(protection)}"
        writable = "write" in protection
        access = ("write" if sharing == "shared" else "copy") if writable else "read"
        vector("posix", name, TEXT, posix(sharing, protection), step("length"), read(12, 5), ours("access", expect=access),
               step("write", offset=0, bytes="HELLO"), read(0, 5), file_read(0, 5), needs=needs)  # fmt: skip
        vector("posix", f"{name}, past the end", TEXT, posix(sharing, protection, 0, 4 * PAGE), needs=needs)
    vector("posix", f"{sharing}, empty file", all_bytes(""), posix(sharing, ["read"]), needs=["posix"])
    vector("posix", f"{sharing} and writable, a descriptor to read only", {**TEXT, "rights": "read"},
           posix(sharing, ["read", "write"]), needs=["posix", "descriptor"])  # fmt: skip
for far in ("9007199254740992", "1152921504606846976", "9223372036854767616"):
    vector("posix", f"where no file reaches, {far}", TEXT,
           ours("mmap-posix", sharing="shared", protection=["read", "write"], length=90, offset=far), ours("length", expect=90),
           ours("read", offset=0, length=1, error="fault"), ours("write", offset=0, bytes="x", error="fault"),
           ours("find", needle="x", start=0, end=90, error="fault"), ours("flush", offset=0, length=1, error="fault"),
           ours("resize", length=50, error="no-space"), ours("length", expect=90), ours("file-size", expect=14000),
           needs=["posix", "posix-past-end", "u64"])  # fmt: skip
vector("posix", "write implies read", TEXT, posix("shared", ["write"]), read(0, 5), needs=["posix"])
vector("posix", "no right to read", TEXT, posix("shared", []), ours("read", offset=0, length=1, error="access-denied"),
       ours("find", needle="h", start=0, end=5, error="access-denied"), ours("write", offset=0, bytes="x", error="read-only"),
       needs=["posix"], why="CPython would die of it")  # fmt: skip
vector("posix", "a private mapping cannot change the size of its file", TEXT, posix("private", ["read", "write"]),
       ours("resize", length=100, error="not-resizable"), step("file-size"), needs=["posix"],
       why="CPython truncates the file")  # fmt: skip
vector("posix", "mapped first, grown later", all_bytes(""),
       ours("mmap-posix", sharing="shared", protection=["read", "write"], length=3 * PAGE, offset=0),
       ours("read", offset=0, length=1, error="fault"), ours("write", offset=0, bytes="x", error="fault"),
       step("file-truncate", length=PAGE), ours("write", offset=0, bytes="now"),
       ours("file-read", offset=0, length=3, expect="now"), ours("read", offset=PAGE, length=1, error="fault"), needs=["posix", "posix-past-end"])  # fmt: skip

# The three accesses: for the mapping, for other mappings and readers, and for the file.
for access in ACCESSES:
    vector("access", f"{access}: what a write does", TEXT, mmap(access), mmap("read", map="other"),
           step("write", offset=3, bytes="ABC"), read(0, 9), read(0, 9, "other"), file_read(0, 9), step("close"),
           file_read(0, 9))  # fmt: skip
    vector("access", f"{access}: what others write is seen", TEXT, mmap(access), step("file-write", offset=0, bytes="other"),
           read(0, 6))  # fmt: skip
    vector("access", f"{access}: a mapping writes what another sees", TEXT, mmap(access), mmap("write", map="w"),
           step("write", "w", offset=5000, bytes="seen"), read(4999, 6))  # fmt: skip
    vector("access", f"{access}: a read-only file", {**TEXT, "rights": "read"}, mmap(access), step("write", offset=0, bytes="x"),
           file_read(0, 2), needs=["descriptor"])  # fmt: skip
vector("access", "copy: a changed page is its own, others are the file's", TEXT, mmap("copy"), step("write", offset=0, bytes="X"),
       step("file-write", offset=1, bytes="new"), step("file-write", offset=2 * PAGE, bytes="new"), read(0, 5),
       read(2 * PAGE, 5))  # fmt: skip
vector("access", "copy: two copies know nothing of each other", TEXT, mmap("copy", map="a"), mmap("copy", map="b"),
       step("write", "a", offset=0, bytes="AAA"), step("write", "b", offset=1, bytes="BBB"), read(0, 5, "a"), read(0, 5, "b"),
       file_read(0, 5))  # fmt: skip
vector("access", "write: two mappings are one", TEXT, mmap("write", map="a"), mmap("write", 0, 4096, map="b"),
       step("write", "a", offset=4097, bytes="AAA"), read(0, 5, "b"), step("write", "b", offset=0, bytes="B"),
       read(4096, 5, "a"))  # fmt: skip

# Reading and writing ranges.
for access in ACCESSES:
    for offset, length in ((0, 0), (0, 1), (4095, 2), (13999, 1), (14000, 0), (5000, 30)):
        vector("read", f"{length} bytes at {offset}, {access}", TEXT, mmap(access), read(offset, length))
    for offset, length in ((0, 14001), (14000, 1), (14001, 0), (13999, 2), (MAX_NUMBER, 1), (0, MAX_NUMBER)):
        vector("read", f"out of range: {length} at {offset}, {access}", TEXT, mmap(access),
               ours("read", offset=offset, length=length, error="out-of-range"), why="CPython's read is cut short")  # fmt: skip
for number in HUGE:
    vector(
        "read",
        f"offset {number}",
        TEXT,
        mmap("read"),
        ours("read", offset=number, length=1, error="out-of-range"),
        needs=["u64"],
    )
    vector(
        "read",
        f"length {number}",
        TEXT,
        mmap("read"),
        ours("read", offset=1, length=number, error="out-of-range"),
        needs=["u64"],
    )
vector("read", "every byte value", all_bytes("".join(map(chr, range(256)))), mmap("read"), read(0, 256))
for access in ("write", "copy"):
    for offset, data in ((0, "abc"), (4094, "over the page"), (13997, "end"), (14000, ""), (0, "")):
        vector("write", f"{len(data)} bytes at {offset}, {access}", TEXT, mmap(access), step("write", offset=offset, bytes=data),
               read(max(offset - 3, 0), 3), read(13990, 10), file_read(offset, 20))  # fmt: skip
    for offset, data in ((13999, "ab"), (14000, "a"), (14001, "")):
        vector("write", f"out of range: {len(data)} bytes at {offset}, {access}", TEXT, mmap(access),
               step("write", offset=offset, bytes=data), read(13990, 10), file_read(13990, 20))  # fmt: skip
    vector(
        "write",
        f"out of range: a large offset, {access}",
        TEXT,
        mmap(access),
        step("write", offset=MAX_NUMBER, bytes="a"),
    )
for offset, data in ((0, "a"), (0, ""), (13999, "ab"), (20000, "a")):
    vector("write", f"a read mapping, {len(data)} bytes at {offset}", TEXT, mmap("read"), step("write", offset=offset, bytes=data),
           file_read(0, 5))  # fmt: skip
vector("write", "every byte value", {"repeat": "\0", "size": 300}, mmap(), step("write", offset=7, bytes="".join(map(chr, range(256)))),
       file_read(0, 300))  # fmt: skip
vector("write", "an offset into the file", TEXT, mmap("write", 10, 5001), step("write", offset=9, bytes="Z"),
       step("write", offset=9, bytes="ZZ"), file_read(5000, 15))  # fmt: skip

# Moving ranges.
for name, destination, source, length in (
    ("apart", 100, 0, 12), ("overlapping, forward", 3, 0, 12), ("overlapping, backward", 0, 3, 12), ("onto itself", 5, 5, 5),
    ("over a page", 4090, 0, 12), ("nothing", 5, 6, 0), ("nothing at the end", 14000, 14000, 0), ("everything", 0, 0, 14000),
    ("to the end", 13988, 0, 12), ("destination too far", 13989, 0, 12), ("source too far", 0, 13989, 12),
    ("too long", 0, 0, 14001), ("destination past the end", 14001, 0, 0), ("source past the end", 0, 14001, 0),
    ("a large destination", MAX_NUMBER, 0, 1), ("a large source", 0, MAX_NUMBER, 1), ("a large length", 1, 1, MAX_NUMBER),
):  # fmt: skip
    for access in ("write", "copy"):
        vector("move", f"{name}, {access}", TEXT, mmap(access), step("move", destination=destination, source=source, length=length),
               read(0, 24), read(96, 20), read(4080, 24), read(13980, 20), file_read(0, 24))  # fmt: skip
vector("move", "a read mapping", TEXT, mmap("read"), step("move", destination=0, source=1, length=2), file_read(0, 5))
vector("move", "a read mapping, out of range", TEXT, mmap("read"), step("move", destination=0, source=20000, length=2))

# Searching.
WORDS = all_bytes("the cat sat on the mat, the end")
for op in ("find", "rfind"):
    for needle, start, end in (
        ("the", 0, 31), ("the", 1, 31), ("the", 0, 2), ("the", 0, 3), ("the", 15, 18), ("the", 16, 24), ("t", 0, 31), ("end", 0, 31),
        ("end", 0, 30), ("end", 28, 31), ("end", 29, 31), ("dog", 0, 31), ("", 0, 31), ("", 7, 31), ("", 31, 31), ("", 7, 7), ("", 0, 0),
        ("the", 20, 10), ("", 20, 10), ("the", 0, 1000), ("the", 1000, 2000), ("the cat sat on the mat, the end", 0, 31),
        ("the cat sat on the mat, the end!", 0, 31), ("the", 0, MAX_NUMBER), ("the", MAX_NUMBER, MAX_NUMBER),
    ):  # fmt: skip
        vector(op, f"{needle!r} in {start}..{end}", WORDS, mmap("read"), step(op, needle=needle, start=start, end=end))
    vector(op, "an empty needle past the end", WORDS, mmap("read"), ours(op, needle="", start=32, end=100, expect=None),
           why="cpython#151021: versions before 3.16 clamp the start")  # fmt: skip
    vector(op, "overlapping matches", all_bytes("aaaaaa"), mmap("read"), step(op, needle="aa", start=1, end=6))
    vector(op, "at the very end of the last page", {"repeat": "x", "size": PAGE}, mmap("write"),
           step("write", offset=PAGE - 2, bytes="fo"), step(op, needle="fo", start=PAGE - 2, end=PAGE),
           step(op, needle="fox", start=PAGE - 2, end=PAGE), step(op, needle="o", start=0, end=PAGE))  # fmt: skip
    vector(op, "over a page", TEXT, mmap("write"), step("write", offset=PAGE - 3, bytes="NEEDLE"),
           step(op, needle="NEEDLE", start=0, end=14000), step(op, needle="NEEDLE", start=PAGE - 2, end=14000))  # fmt: skip
    vector(
        op, "with an offset into the file", TEXT, mmap("read", 5000, 5001), step(op, needle="hello", start=0, end=5000)
    )
    vector(op, "what copy changed", TEXT, mmap("copy"), step("write", offset=700, bytes="NEEDLE"),
           step(op, needle="NEEDLE", start=0, end=14000), step(op, needle="world!hello", start=0, end=14000))  # fmt: skip
    vector(op, "bytes over 127", all_bytes("\x00\xff\xfe\x80\xff"), mmap("read"), step(op, needle="\xff", start=0, end=5),
           step(op, needle="\x80\xff", start=0, end=5))  # fmt: skip
    vector(op, "a needle longer than any other", {"repeat": "ab", "size": 9000}, mmap("read"),
           step(op, needle="ab" * 400, start=3, end=9000), step(op, needle="ab" * 400 + "b", start=0, end=9000))  # fmt: skip
    for number in HUGE:
        vector(
            op,
            f"to {number}",
            WORDS,
            mmap("read"),
            ours(op, needle="end", start=0, end=number, expect=28),
            needs=["u64"],
        )

# Flushing.
for access in ACCESSES:
    for offset, length in (
        (0, 14000),
        (0, 0),
        (4096, 9904),
        (4096, 10),
        (14000, 0),
        (0, 14001),
        (14001, 0),
        (13999, 2),
        (1, MAX_NUMBER),
    ):
        vector(
            "flush", f"{length} at {offset}, {access}", TEXT, mmap(access), step("flush", offset=offset, length=length)
        )
    vector(
        "flush",
        f"any offset, {access}",
        TEXT,
        mmap(access),
        step("flush", offset=4097, length=1),
        step("flush", offset=1, length=13999),
    )
vector("flush", "a write is in the file before and after", TEXT, mmap(), step("write", offset=0, bytes="X"), file_read(0, 3),
       step("flush", offset=0, length=14000), file_read(0, 3))  # fmt: skip
vector("flush", "memory without a file", all_bytes("x"), anonymous(100), step("flush", offset=0, length=100))

# Sizes.
for length in (1, 4095, 4096, 4097, 13999, 14000, 14001, 20000, 100000):
    vector("resize", f"to {length}", TEXT, mmap(), step("resize", length=length), step("length"), step("file-size"),
           file_read(max(min(length, 14000) - 5, 0), 10), read(length - 1, 1))  # fmt: skip
    vector("resize", f"to {length} from an offset", TEXT, mmap("write", 0, 5001), step("resize", length=length), step("length"),
           step("file-size"), read(0, 1))  # fmt: skip
vector("resize", "the file ends with a mapping of its first part", TEXT, mmap("write", 100), step("resize", length=50),
       step("file-size"), step("resize", length=200), step("file-size"), read(0, 200))  # fmt: skip
vector("resize", "new bytes can be written", TEXT, mmap(), step("resize", length=20000), step("write", offset=19997, bytes="end"),
       read(13995, 10), file_read(19990, 10), step("resize", length=3), file_read(0, 10))  # fmt: skip
vector("resize", "to nothing leaves the file as it is", TEXT, mmap(), ours("resize", length=0, error="invalid-argument"),
       step("length"), step("file-size"), read(13990, 10), why="CPython truncates the file, then fails")  # fmt: skip
for access in ("read", "copy"):
    for length in (1, 14000, 20000):
        vector(
            "resize",
            f"{access} to {length}",
            TEXT,
            mmap(access),
            step("resize", length=length),
            step("length"),
            step("file-size"),
        )
    vector("resize", f"{access} to nothing", TEXT, mmap(access), step("resize", length=0), step("file-size"))
vector("resize", "memory without a file", all_bytes("x"), anonymous(5000), step("write", offset=4990, bytes="0123456789"),
       ours("resize", length=20000), ours("read", offset=4990, length=20, expect="0123456789" + "\0" * 10),
       ours("resize", length=4995), ours("length", expect=4995), ours("read", offset=4990, length=5, expect="01234"),
       why="CPython 3.15 refuses to grow shared anonymous memory; this one is private")  # fmt: skip
vector("resize", "another mapping keeps its length and sees the file", TEXT, mmap(map="other", length=100), mmap(),
       step("resize", length=30000), step("length", "other"), step("file-size", "other"), read(0, 5, "other"))  # fmt: skip
for number in HUGE[2:]:
    vector(
        "resize",
        f"to {number}",
        TEXT,
        mmap(),
        ours("resize", length=number, error="invalid-argument"),
        step("file-size"),
        needs=["u64"],
    )

# Advice.
for access in ACCESSES:
    for advice in ADVICES:
        vector("advise", f"{advice}, {access}", TEXT, mmap(access), step("advise", offset=0, length=14000, advice=advice), read(0, 5),
               step("advise", offset=4096, length=MAX_NUMBER, advice=advice), read(13990, 10))  # fmt: skip
    vector(
        "advise", f"any offset, {access}", TEXT, mmap(access), step("advise", offset=5001, length=10, advice="random")
    )
    for offset in (14000, 14001, MAX_NUMBER):
        vector(
            "advise",
            f"at {offset}, {access}",
            TEXT,
            mmap(access),
            step("advise", offset=offset, length=1, advice="normal"),
        )
vector("advise", "what copy changed is kept", TEXT, mmap("copy"), step("write", offset=0, bytes="kept"),
       ours("advise", offset=0, length=14000, advice="dont-need"), ours("read", offset=0, length=5, expect="kepto"),
       why="Linux drops private pages at MADV_DONTNEED, and so does CPython")  # fmt: skip
vector("advise", "memory without a file is kept", all_bytes("x"), anonymous(100), step("write", offset=0, bytes="kept"),
       ours("advise", offset=0, length=100, advice="dont-need"), ours("read", offset=0, length=4, expect="kept"))  # fmt: skip

# Loading, locking and beginning to flush: no bytes change. CPython has none of it.
for access in ACCESSES:
    both = [read(0, 5), read(13990, 10)]
    vector("residency", f"loading and flushing, {access}", TEXT, mmap(access), ours("populate", offset=0, length=14000),
           ours("populate", offset=5001, length=10), ours("populate", offset=14000, length=0), ours("start-flush", offset=0, length=14000),
           ours("start-flush", offset=5001, length=10), ours("start-flush", offset=14000, length=0), *both, needs=["paging"])  # fmt: skip
    vector("residency", f"what was loaded is in memory, {access}", TEXT, mmap(access, 13900, 100), ours("populate", offset=0, length=13900),
           ours("resident", offset=0, length=13900, expect=13900), ours("resident", offset=5001, length=10, expect=10),
           ours("resident", offset=13900, length=0, expect=0), needs=["paging", "resident"])  # fmt: skip
    vector("residency", f"locking, {access}", TEXT, mmap(access), ours("munlock"), ours("mlock"), ours("mlock"),
           ours("advise", offset=0, length=14000, advice="dont-need"), *both, ours("munlock"), ours("munlock"), *both,
           needs=["paging", "mlock"])  # fmt: skip
    for operation in ("populate", "resident", "start-flush"):
        outside = [ours(operation, offset=offset, length=length, error="out-of-range") for offset, length in
                   ((14001, 0), (0, 14001), (14000, 1), (1, MAX_NUMBER), (MAX_NUMBER, 1))]  # fmt: skip
        vector(
            "residency", f"{operation} of what is not there, {access}", TEXT, mmap(access), *outside, needs=["paging"]
        )
    vector("residency", f"loading and locking lost pages, {access}", PAGES, mmap(access), step("file-truncate", length=PAGE + 1),
           ours("resident", offset=3 * PAGE, length=1, error="fault"), ours("mlock", error="fault"), ours("populate", offset=0, length=2 * PAGE),
           ours("populate", offset=PAGE, length=PAGE + 1, error="fault"), ours("resident", offset=3 * PAGE, length=1, error="fault"),
           ours("start-flush", offset=3 * PAGE, length=1, **({"error": "fault"} if access == "write" else {})),
           step("file-truncate", length=4 * PAGE), ours("populate", offset=0, length=4 * PAGE), ours("mlock"), read(0, 3),
           needs=["paging", "mlock", "resident", "truncate"])  # fmt: skip
vector("residency", "writing, then beginning to flush", TEXT, mmap(), step("write", offset=5, bytes="new"),
       ours("start-flush", offset=5, length=3), file_read(0, 9), step("flush", offset=5, length=3), needs=["paging"])  # fmt: skip
vector("residency", "memory without a file", all_bytes("x"), anonymous(9000), ours("populate", offset=0, length=9000),
       ours("start-flush", offset=0, length=9000), ours("mlock"), read(0, 3), needs=["paging", "mlock"])  # fmt: skip
vector("residency", "a resize ends a lock", TEXT, mmap(), ours("mlock"), step("resize", length=5000), ours("munlock"), ours("mlock"),
       step("resize", length=20000), read(4990, 20), needs=["paging", "mlock"])  # fmt: skip
vector("residency", "no right to read", TEXT, posix("shared", []), ours("populate", offset=0, length=1, error="access-denied"),
       ours("resident", offset=0, length=1, error="access-denied"), ours("mlock", error="access-denied"),
       needs=["paging", "posix"])  # fmt: skip
for closed in (
    ours("populate", offset=0, length=0, error="closed"), ours("resident", offset=0, length=0, error="closed"),
    ours("start-flush", offset=0, length=0, error="closed"), ours("mlock", error="closed"), ours("munlock", error="closed"),
):  # fmt: skip
    vector("residency", f"{closed['op']} after close", TEXT, mmap(), step("close"), closed, needs=["paging", "closed"])

# Files that shrink. CPython dies of most of this.
for access in ACCESSES:
    lost = [mmap(access), step("file-truncate", length=PAGE)]
    vector("faults", f"reading a lost page, {access}", PAGES, *lost, ours("read", offset=2 * PAGE, length=1, error="fault"),
           ours("read", offset=0, length=4 * PAGE, error="fault"), read(PAGE - 4, 4), step("file-size"), step("length"),
           needs=["truncate"])  # fmt: skip
    vector("faults", f"searching lost pages, {access}", PAGES, *lost,
           ours("find", needle="Z", start=0, end=4 * PAGE, error="fault"), step("find", needle="9a", start=0, end=4 * PAGE),
           step("find", needle="Z", start=0, end=PAGE), ours("rfind", needle="0", start=0, end=4 * PAGE, error="fault"),
           step("rfind", needle="0", start=0, end=PAGE), needs=["truncate"])  # fmt: skip
    vector("faults", f"a page that comes back, {access}", PAGES, *lost, ours("read", offset=2 * PAGE, length=1, error="fault"),
           step("file-truncate", length=3 * PAGE), ours("read", offset=2 * PAGE, length=2, expect="\0\0"),
           ours("read", offset=3 * PAGE, length=1, error="fault"), step("file-write", offset=2 * PAGE, bytes="new"),
           read(2 * PAGE, 3), needs=["truncate"])  # fmt: skip
    vector("faults", f"the rest of the last page is zeros, {access}", PAGES, mmap(access), step("file-truncate", length=PAGE + 10),
           read(PAGE + 8, 4), needs=["truncate"])  # fmt: skip
    vector("faults", f"a file of no bytes, {access}", PAGES, mmap(access), step("file-truncate", length=0),
           ours("read", offset=0, length=1, error="fault"), ours("read", offset=0, length=0, expect=""), step("file-size"),
           needs=["truncate"])  # fmt: skip
for access in ("write", "copy"):
    lost = [mmap(access), step("file-truncate", length=PAGE)]
    vector("faults", f"writing a lost page, {access}", PAGES, *lost, ours("write", offset=2 * PAGE, bytes="x", error="fault"),
           ours("move", destination=0, source=2 * PAGE, length=1, error="fault"),
           ours("move", destination=2 * PAGE, source=0, length=1, error="fault"), step("write", offset=5, bytes="ok"), read(5, 2),
           step("file-size"), needs=["truncate"])  # fmt: skip
vector("faults", "flushing lost pages", PAGES, mmap(), step("file-truncate", length=PAGE),
       ours("read", offset=PAGE, length=1, error="fault"), ours("flush", offset=0, length=4 * PAGE, error="fault"),
       step("flush", offset=0, length=PAGE), needs=["truncate"])  # fmt: skip
vector("faults", "flushing lost pages that nobody has touched", PAGES, mmap("write"), step("file-truncate", length=PAGE),
       ours("flush", offset=PAGE, length=1, error="fault"), step("flush", offset=0, length=PAGE),
       needs=["truncate"], why="msync(2) does not notice")  # fmt: skip
vector("faults", "changing nothing on a lost page, and searching too little", PAGES, mmap("write"), step("file-truncate", length=PAGE),
       ours("read", offset=PAGE, length=1, error="fault"), ours("write", offset=2 * PAGE, bytes=""),
       ours("move", destination=2 * PAGE, source=2 * PAGE, length=0),
       ours("find", needle="long", start=2 * PAGE, end=2 * PAGE + 3), ours("rfind", needle="long", start=2 * PAGE, end=2 * PAGE + 3),
       needs=["truncate"])  # fmt: skip
vector("faults", "a range outside comes before a lost page", PAGES, mmap("write"), step("file-truncate", length=PAGE),
       ours("read", offset=PAGE, length=1, error="fault"),
       ours("move", destination=2 * PAGE, source=4 * PAGE, length=1, error="out-of-range"),
       needs=["truncate"])  # fmt: skip
vector("faults", "resize brings pages back", PAGES, mmap(), step("file-truncate", length=PAGE),
       ours("read", offset=PAGE, length=1, error="fault"), step("resize", length=4 * PAGE), read(PAGE - 2, 4), step("file-size"),
       needs=["truncate"])  # fmt: skip
vector("faults", "another mapping of the file shrinks it", PAGES, mmap(map="small"), mmap("read", map="old"),
       step("resize", "small", length=PAGE), ours("read", "old", offset=PAGE, length=1, error="fault"), read(0, 3, "old"),
       needs=["truncate"])  # fmt: skip

# Closing.
vector("lifecycle", "close twice", TEXT, mmap(), step("close"), step("close"), needs=["closed"])
for closed in (
    step("length"), step("file-size"), read(0, 1), step("write", offset=0, bytes="x"), step("move", destination=0, source=0, length=0),
    step("find", needle="x", start=0, end=1), step("rfind", needle="x", start=0, end=1), step("flush", offset=0, length=0),
    step("resize", length=5), step("advise", offset=0, length=1, advice="normal"),
):  # fmt: skip
    vector(
        "lifecycle",
        f"{closed['op']} after close",
        TEXT,
        mmap(),
        step("close"),
        closed,
        file_read(0, 5),
        needs=["closed"],
    )
vector("lifecycle", "other mappings live on", TEXT, mmap(map="a"), mmap("read", map="b"), step("write", "a", offset=0, bytes="bye"),
       step("close", "a"), read(0, 5, "b"))  # fmt: skip
vector("lifecycle", "a private change ends with its mapping", TEXT, mmap("copy"), step("write", offset=0, bytes="bye"), step("close"),
       mmap("read", map="after"), read(0, 5, "after"))  # fmt: skip

# Libraries with a file position, such as Python's.
LINES = all_bytes("first\nsecond\n\nlast")
vector("cursor", "read and tell", LINES, mmap("read"), step("tell"), step("read-next", length=3), step("tell"),
       step("read-next", length=100), step("tell"), step("read-next", length=1), needs=["cursor"])  # fmt: skip
vector(
    "cursor",
    "read all",
    LINES,
    mmap("read"),
    step("seek", offset=6, whence=0),
    step("read-next", length=-1),
    needs=["cursor"],
)
vector("cursor", "lines", LINES, mmap("read"), *[step("read-line") for _ in range(6)], step("tell"), needs=["cursor"])
vector(
    "cursor",
    "bytes",
    all_bytes("a\xff"),
    mmap("read"),
    *[step("read-byte") for _ in range(3)],
    step("tell"),
    needs=["cursor"],
)
for offset, whence in (
    (0, 0), (18, 0), (19, 0), (-1, 0), (2, 1), (-2, 1), (-6, 1), (14, 1), (0, 2), (-18, 2), (-19, 2), (1, 2), (0, 3), (0, -1),
):  # fmt: skip
    vector("cursor", f"seek {offset} from {whence}", LINES, mmap("read"), step("seek", offset=5, whence=0),
           step("seek", offset=offset, whence=whence), step("tell"), needs=["cursor"])  # fmt: skip
for access in ("write", "copy"):
    vector("cursor", f"write, {access}", LINES, mmap(access), step("write-next", bytes="FIRST"), step("tell"), step("write-byte", value=33),
           step("write-next", bytes=""), read(0, 8), file_read(0, 8), step("tell"), needs=["cursor"])  # fmt: skip
    vector("cursor", f"write past the end, {access}", LINES, mmap(access), step("seek", offset=16, whence=0), step("write-next", bytes="abc"),
           step("tell"), step("write-next", bytes="ab"), step("write-byte", value=1), step("write-next", bytes=""), read(10, 8),
           needs=["cursor"])  # fmt: skip
vector("cursor", "write to a read mapping", LINES, mmap("read"), step("write-next", bytes="x"), step("write-byte", value=1), step("tell"),
       needs=["cursor"])  # fmt: skip
vector("cursor", "past the end after a resize", LINES, mmap(), step("seek", offset=15, whence=0), step("resize", length=10), step("tell"),
       step("read-next", length=5), step("read-line"), step("read-byte"), step("write-next", bytes="x"), step("seek", offset=0, whence=1),
       needs=["cursor"])  # fmt: skip
vector("cursor", "positional operations leave it alone", LINES, mmap(), step("seek", offset=3, whence=0),
       step("find", needle="last", start=0, end=18), step("move", destination=0, source=6, length=3),
       step("flush", offset=0, length=18), step("tell"), needs=["cursor"])  # fmt: skip
