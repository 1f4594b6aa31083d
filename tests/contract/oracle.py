"""CPython's own mmap as the oracle of the contract suite.

oracle.py generate   asks CPython for the answer of every step that is not the contract's own; writes vectors/*.json
oracle.py check      does the same and compares with the files that are there; ends with `N passed, N failed`
oracle.py serve      answers steps from standard input, a JSON list a line, for the fuzzer
"""

import errno
import hashlib
import json
import mmap
import os
import sys
import tempfile
from pathlib import Path

from cases import subjects

VECTORS = Path(__file__).parent / "vectors"
ACCESS = {"read": mmap.ACCESS_READ, "write": mmap.ACCESS_WRITE, "copy": mmap.ACCESS_COPY}
PROTECTION = {"read": mmap.PROT_READ, "write": mmap.PROT_WRITE, "execute": mmap.PROT_EXEC}
SHARING = {"shared": mmap.MAP_SHARED, "private": mmap.MAP_PRIVATE}
RIGHTS = {"read": os.O_RDONLY, "write": os.O_WRONLY, "read-write": os.O_RDWR}

# The contract's codes for CPython's messages and numbers.
MESSAGES = {
    "cannot mmap an empty file": "empty-file",
    "mmap offset is greater than file size": "past-end",
    "mmap length is greater than file size": "past-end",
    "mmap can't modify a readonly memory map.": "read-only",
    "mmap can't resize a readonly or copy-on-write memory map.": "not-resizable",
    "mmap closed or invalid": "closed",
    "data out of range": "out-of-range",
    "mmap slice assignment is wrong size": "out-of-range",
    "source, destination, or count out of range": "out-of-range",
    "flush values out of range": "out-of-range",
    "madvise start out of bounds": "out-of-range",
    "seek out of range": "out-of-range",
    "read byte out of range": "out-of-range",
    "write byte out of range": "out-of-range",
    "unknown seek type": "invalid-argument",
    "mmap can't specify both access and flags, prot.": "invalid-argument",
    "new size out of range": "invalid-argument",
}
NUMBERS = {
    errno.EACCES: "access-denied",
    errno.EPERM: "access-denied",
    errno.EBADF: "bad-descriptor",
    errno.ENODEV: "unsupported",
    errno.EINVAL: "invalid-argument",
    errno.ENOMEM: "no-memory",
}


def error_code(error):
    if isinstance(error, OSError) and error.errno in NUMBERS:
        return NUMBERS[error.errno]
    if str(error) in MESSAGES:
        return MESSAGES[str(error)]
    raise error


# CPython wants offsets that are multiples of it.
GRANULARITY = mmap.ALLOCATIONGRANULARITY


class Mapping:
    """CPython's mapping at any offset: it begins at the page before, `lead` bytes earlier."""

    def __init__(self, fd, length, offset, **how):
        self.lead = offset % GRANULARITY
        if length == 0 and fd >= 0 and 0 < os.fstat(fd).st_size <= offset:
            raise ValueError("mmap offset is greater than file size")  # The page before may lie inside the file.
        self.map = mmap.mmap(fd, length + self.lead if length else 0, offset=offset - self.lead, **how)

    def __len__(self):
        return len(self.map) - self.lead

    def page(self, offset):
        """Bytes between the page of an offset and the offset: CPython flushes and advises whole pages only."""
        return (self.lead + offset) % mmap.PAGESIZE if offset <= len(self) else 0


class Oracle:
    """Runs the steps of one vector on a file of its own."""

    def __init__(self, folder, file):
        self.path = os.path.join(folder, "file")
        self.maps = {}
        kind = file.get("kind")
        if kind == "directory":
            self.path = folder
        elif kind == "null-device":
            self.path = os.devnull
        else:
            data = file.get("text", "")
            if "repeat" in file:
                data = (file["repeat"] * file["size"])[: file["size"]]
            with open(self.path, "wb") as created:
                created.write(data.encode("latin-1"))
        self.fd = -1 if kind == "pipe" else os.open(self.path, RIGHTS[file.get("rights", "read-write")])
        self.other = os.open(self.path, os.O_RDWR) if kind in (None, "closed") else -1
        if kind == "closed":
            os.close(self.fd)
            self.fd, self.closed_fd = -1, self.fd
        else:
            self.closed_fd = None

    def close(self):
        for mapping in self.maps.values():
            mapping.map.close()
        for fd in (self.fd, self.other):
            if fd >= 0:
                os.close(fd)

    def run(self, step):
        """The answer: a value or None, or {"error": code}."""
        try:
            name = step["op"].replace("-", "_")
            if hasattr(self, "on_file_" + name):
                return getattr(self, "on_file_" + name)(step)
            if name in ("mmap", "mmap_posix"):
                self.maps[step.get("map", "m")] = getattr(self, name)(step)
                return None
            return getattr(self, "do_" + name)(self.maps[step.get("map", "m")], step)
        except (ValueError, TypeError, IndexError, OSError, OverflowError) as error:
            return {"error": error_code(error)}

    def mmap(self, step):
        fd = -1 if step.get("anonymous") else self.closed_fd if self.closed_fd is not None else self.fd
        return Mapping(fd, step["length"], step["offset"], access=ACCESS[step["access"]])

    def mmap_posix(self, step):
        protection = sum(PROTECTION[name] for name in step["protection"])
        return Mapping(self.fd, step["length"], step["offset"], flags=SHARING[step["sharing"]], prot=protection)

    def do_length(self, mapping, step):
        return len(mapping)

    def do_access(self, mapping, step):
        return repr(mapping.map).split("ACCESS_")[1].split(",")[0].lower()

    def do_file_size(self, mapping, step):
        return mapping.map.size()

    def do_read(self, mapping, step):
        start = mapping.lead + step["offset"]
        return mapping.map[start : start + step["length"]].decode("latin-1")

    def do_write(self, mapping, step):
        mapping.map[0:0] = b""  # A read-only mapping refuses before the range is checked.
        data = step["bytes"].encode("latin-1")
        start = mapping.lead + step["offset"]
        if step["offset"] > len(mapping):
            mapping.map.seek(start)  # Raises, where a slice would be cut.
        mapping.map[start : start + len(data)] = data

    def do_move(self, mapping, step):
        mapping.map.move(mapping.lead + step["destination"], mapping.lead + step["source"], step["length"])

    def do_find(self, mapping, step, search="find"):
        arguments = (step["needle"].encode("latin-1"), mapping.lead + step["start"], mapping.lead + step["end"])
        found = getattr(mapping.map, search)(*arguments)
        return None if found < 0 else found - mapping.lead

    def do_rfind(self, mapping, step):
        return self.do_find(mapping, step, "rfind")

    def do_flush(self, mapping, step):
        before = mapping.page(step["offset"])
        length = step["length"] and step["length"] + before  # An empty range is on no page.
        mapping.map.flush(mapping.lead + step["offset"] - before, length)

    def do_resize(self, mapping, step):
        # CPython takes no offset inside a page; it refuses the others whatever the size.
        mapping.map.resize(step["length"] + mapping.lead)

    def do_advise(self, mapping, step):
        before = mapping.page(step["offset"]) if step["offset"] < len(mapping) else 0
        option = getattr(mmap, "MADV_" + step["advice"].replace("-", "").upper())
        mapping.map.madvise(option, mapping.lead + step["offset"] - before, step["length"] + before)

    def do_close(self, mapping, step):
        mapping.map.close()

    def do_seek(self, mapping, step):
        mapping.map.seek(step["offset"], step["whence"])
        return mapping.map.tell()

    def do_tell(self, mapping, step):
        return mapping.map.tell()

    def do_read_next(self, mapping, step):
        return mapping.map.read(step["length"]).decode("latin-1")

    def do_read_line(self, mapping, step):
        return mapping.map.readline().decode("latin-1")

    def do_read_byte(self, mapping, step):
        return mapping.map.read_byte()

    def do_write_next(self, mapping, step):
        return mapping.map.write(step["bytes"].encode("latin-1"))

    def do_write_byte(self, mapping, step):
        mapping.map.write_byte(step["value"])

    def on_file_file_read(self, step):
        return os.pread(self.other, step["length"], step["offset"]).decode("latin-1")

    def on_file_file_write(self, step):
        os.pwrite(self.other, step["bytes"].encode("latin-1"), step["offset"])

    def on_file_digest(self, step):
        """The size of the file and of every open mapping, by name: for the fuzzer."""
        digest = hashlib.sha1(os.pread(self.other, os.fstat(self.other).st_size, 0))
        for name in sorted(self.maps):
            if not self.maps[name].map.closed:
                digest.update(self.maps[name].map[self.maps[name].lead :])
        return digest.hexdigest()

    def on_file_file_truncate(self, step):
        os.truncate(self.path, step["length"])


# A step without an answer of CPython only has to succeed.
SILENT = {
    "mmap",
    "mmap-posix",
    "write",
    "move",
    "flush",
    "resize",
    "advise",
    "close",
    "file-write",
    "file-truncate",
    "write-byte",
}


def answered(case):
    """The vector with the answers of CPython, which does not run the steps that the contract answers."""
    with tempfile.TemporaryDirectory() as folder:
        oracle = Oracle(folder, case["file"])
        steps = []
        opened = set()
        for step in case["steps"]:
            map = step.get("map", "m")
            if step["op"] not in ("mmap", "mmap-posix") and not step["op"].startswith("file-") and map not in opened:
                continue  # There is no such mapping, because it was refused.
            if "by" not in step:
                answer = oracle.run(step)
                if isinstance(answer, dict):
                    step = {**step, **answer}
                elif step["op"] not in SILENT:
                    step = {**step, "expect": answer}
            if step["op"] in ("mmap", "mmap-posix") and "error" not in step:
                opened.add(map)
            steps.append(step)
        oracle.close()
    return {**case, "steps": steps}


def generated():
    return {subject: [answered(case) for case in cases] for subject, cases in subjects.items()}


def text_of(cases):
    """A list with one vector per line, so that a diff shows which vectors changed."""
    return "[\n" + ",\n".join("  " + json.dumps(case, ensure_ascii=True) for case in cases) + "\n]\n"


def generate():
    VECTORS.mkdir(exist_ok=True)
    for old in VECTORS.glob("*.json"):
        old.unlink()
    for subject, cases in generated().items():
        (VECTORS / f"{subject}.json").write_text(text_of(cases))


def check():
    passed = failed = 0
    fresh = generated()
    stored = {path.stem: json.loads(path.read_text()) for path in VECTORS.glob("*.json")}
    for subject in sorted(set(fresh) | set(stored)):
        now = {case["name"]: case for case in fresh.get(subject, [])}
        then = {case["name"]: case for case in stored.get(subject, [])}
        for name in sorted(set(now) | set(then)):
            if now.get(name) == then.get(name):
                passed += 1
                continue
            failed += 1
            print(f"{name}: CPython {sys.version.split()[0]} says\n  {now.get(name)}\nthe vector\n  {then.get(name)}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def serve():
    """Reads lines, each a list of steps, and prints the list of answers. `start` begins with a new file."""
    with tempfile.TemporaryDirectory() as folder:
        oracle = None
        for line in sys.stdin:
            answers = []
            for step in json.loads(line):
                if step["op"] == "start":
                    if oracle:
                        oracle.close()
                    oracle = Oracle(folder, step["file"])
                    answers.append(None)
                else:
                    answers.append(oracle.run(step))
            print(json.dumps(answers), flush=True)


if __name__ == "__main__":
    commands = {"generate": generate, "check": check, "serve": serve}
    if len(sys.argv) != 2 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    sys.exit(commands[sys.argv[1]]())
