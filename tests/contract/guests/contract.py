"""Runs steps of the contract suite in a guest: reads a line, prints the answer. `tests/contract/guest.mts` drives it.

The steps are the oracle's own: what asks CPython for the right answers asks the drop-in here.
"""

import errno
import json
import mmap
import os
import sys

import oracle

TEXTS = {"op", "access", "sharing", "advice", "map", "path", "rights"}
FLAGS = {"read": os.O_RDONLY, "write": os.O_WRONLY, "read,write": os.O_RDWR}

# Errors that CPython has no number for, or dies of.
oracle.GRANULARITY = mmap.PAGESIZE  # As natively, so that cursors begin at the same place.
oracle.NUMBERS |= {errno.EFAULT: "fault", errno.ENOSPC: "no-space", errno.EBUSY: "busy", errno.EIO: "io"}


class Steps(oracle.Oracle):
    """The oracle on an existing file, with the answers that CPython does not have."""

    def __init__(self, path, rights):
        self.maps = {}
        self.fd = os.open(path, FLAGS[rights])
        self.other = -1
        self.closed_fd = None

    def do_file_size(self, mapping, step):
        try:
            return mapping.map.size()
        except OSError as error:
            if error.errno != errno.EBADF:
                raise
            return len(mapping)  # A map without a file has no size in CPython before 3.15.

    def mmap(self, step):
        if step.get("anonymous") and step["access"] == "write":
            # In CPython private memory can grow, shared memory cannot.
            return oracle.Mapping(-1, step["length"], step["offset"], flags=mmap.MAP_PRIVATE)
        return super().mmap(step)

    def mmap_posix(self, step):
        mapping = super().mmap_posix(step)
        mapping.is_private = step["sharing"] == "private"
        return mapping

    def do_access(self, mapping, step):
        default = "copy" if getattr(mapping, "is_private", False) else "write"
        return super().do_access(mapping, step).replace("default", default)

    def do_read(self, mapping, step):
        # Slices, Python's only positional read, cut a range that the contract refuses.
        if step["offset"] > len(mapping) or step["length"] > len(mapping) - step["offset"]:
            raise ValueError("data out of range")
        return super().do_read(mapping, step)

    def do_find(self, mapping, step, search="find"):
        cut = {name: min(step[name], sys.maxsize - mapping.lead) for name in ("start", "end")}
        return super().do_find(mapping, {**step, **cut}, search)

    def do_advise(self, mapping, step):
        # The drop-in advises and flushes at any offset.
        option = getattr(mmap, "MADV_" + step["advice"].replace("-", "").upper())
        inside = step["offset"] < len(mapping)
        length = min(step["length"], len(mapping)) if inside else step["length"]
        mapping.map.madvise(option, mapping.lead + step["offset"], length)

    def do_flush(self, mapping, step):
        mapping.map.flush(mapping.lead + step["offset"], step["length"])

    def run(self, step):
        try:
            return super().run(step)
        except OverflowError as error:  # More than a Py_ssize_t, which has 32 bits in a guest.
            if "positive" in str(error):
                raise
            opens = {"mmap": "no-memory" if step.get("anonymous") else "past-end"}
            return {"error": {**opens, "resize": "no-memory"}.get(step["op"], "out-of-range")}


def parse(line):
    op, *words = line.split(" ")
    step = {"op": op}
    for word in words:
        key, _, text = word.partition("=")
        if key in ("bytes", "needle"):
            step[key] = bytes.fromhex(text).decode("latin-1")
        elif key == "protection":
            step[key] = [name for name in text.split(",") if name]
        elif key == "anonymous":
            step[key] = True
        else:
            step[key] = text if key in TEXTS else int(text)
    return step


def main():
    steps = None
    for line in sys.stdin:
        step = parse(line.rstrip("\n"))
        if step["op"] == "file":
            steps = Steps(step["path"], step["rights"])
            answer = None
        elif step["op"] == "end":
            steps.close()
            answer = None
        else:
            try:
                answer = steps.run(step)
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
        if isinstance(answer, dict):
            print(f"error {answer['error']}", flush=True)
        elif isinstance(answer, str) and step["op"].startswith("read"):
            print("x" + answer.encode("latin-1").hex(), flush=True)
        else:
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    # A buffer that was not released would hold the map open.
    mmap.set_read_ahead(int(sys.argv[1]) if len(sys.argv) > 1 else 4096)
    main()
