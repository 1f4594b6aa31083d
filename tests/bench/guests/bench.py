"""Times what programs in Python do with maps, in a guest and natively: a line of JSON, seconds by name.

bench.py TEXT SEARCH_SIZE NEEDLES [FOLDER]: NEEDLES are JSON, a name with what find and rfind look for in vain; FOLDER
holds maxminddb, and gets a database of 10 MB.
"""

import json
import mmap
import os
import struct
import sys
import time
from functools import partial

times = {}


def measure(name, run, rounds=3):
    best = None
    for _ in range(rounds):
        start = time.perf_counter()
        result = run()
        took = time.perf_counter() - start
        best = took if best is None else min(best, took)
    times[name] = best
    return result


def loop(data, count):
    total = 0
    for i in range(count):
        total += data[i]
    return total


def encode(value):
    """A value of the MaxMind DB format, version 2.0."""
    if isinstance(value, str):
        data = value.encode()
        return head(2, len(data)) + data
    if isinstance(value, dict):
        return head(7, len(value)) + b"".join(encode(key) + encode(each) for key, each in value.items())
    if isinstance(value, list):
        return head(11, len(value)) + b"".join(encode(each) for each in value)
    kind, data = value  # A number of this type.
    return head(kind, len(data)) + data


def head(kind, size):
    first = bytes([size if size < 29 else 29]) if kind > 7 else bytes([kind << 5 | (size if size < 29 else 29)])
    return first + (bytes([kind - 7]) if kind > 7 else b"") + (bytes([size - 29]) if size >= 29 else b"")


def write_database(path, depth=17):
    """All IPv4 addresses in networks of this prefix, each with a record of its own."""
    leaves = 2**depth
    nodes = leaves - 1
    data = bytearray()
    places = []
    for leaf in range(leaves):
        places.append(len(data))
        number = struct.pack(">I", leaf)
        record = {
            "network": f"{leaf >> 9}.{leaf >> 1 & 255}",
            "autonomous system": f"of number {leaf}",
            "id": (6, number),
        }
        data += encode(record)
    tree = bytearray()
    for node in range(nodes):
        for child in (2 * node + 1, 2 * node + 2):
            tree += struct.pack(">I", child if child < nodes else nodes + 16 + places[child - nodes])
    metadata = {
        "node_count": (6, struct.pack(">I", nodes)),
        "record_size": (5, struct.pack(">H", 32)),
        "ip_version": (5, struct.pack(">H", 4)),
        "database_type": "Bench",
        "languages": [],
        "binary_format_major_version": (5, struct.pack(">H", 2)),
        "binary_format_minor_version": (5, b""),
        "build_epoch": (9, struct.pack(">Q", 0)),
        "description": {},
    }
    with open(path, "wb") as file:
        file.write(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + encode(metadata))
    return leaves


def bytes_of_a_map(path, size=2**21):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as mapping:
        array = bytearray(mapping[:])
        expected = measure("m[i], bytearray", lambda: loop(array, size))
        assert measure("m[i], map", lambda: loop(mapping, size)) == expected
        with memoryview(array) as view:
            assert measure("sum(memoryview), bytearray", lambda: sum(view)) == expected
        with memoryview(mapping) as view:
            assert measure("sum(memoryview), map", lambda: sum(view)) == expected
    times["operations"] = size
    if hasattr(mmap, "set_read_ahead"):
        few = 20_000
        mmap.set_read_ahead(0)
        # No span begins inside a granule.
        place = {"access": mmap.ACCESS_READ, "offset": mmap.PAGESIZE}
        with open(path, "rb") as file, mmap.mmap(file.fileno(), few, **place) as mapping:
            measure("m[i], a call each", lambda: loop(mapping, few))
            mmap.set_read_ahead(4096)
            measure("m[i], read ahead", lambda: loop(mapping, few))
        times["few"] = few


def lines_of_a_map(path, size=2**22):
    def count(file):
        lines = 0
        while file.readline():
            lines += 1
        return lines

    with open(path, "rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as mapping:

        def read():
            mapping.seek(0)
            return count(mapping)

        measure("readline", read)


def search(path, size, needles):
    with open(path, "rb") as file, mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as mapping:
        for name, (forward, backward) in needles.items():
            assert measure("find, " + name, partial(mapping.find, forward.encode(), 0)) == -1
            assert measure("rfind, " + name, partial(mapping.rfind, backward.encode(), 0)) == -1


def database(folder):
    sys.path.insert(0, folder)
    import maxminddb

    path = os.path.join(folder, "bench.mmdb")
    leaves = write_database(path)
    times["size of the database"] = os.path.getsize(path)

    def iterate(mode):
        with maxminddb.open_database(path, mode) as reader:
            return sum(1 for _ in reader)

    for name, mode in (("memory", maxminddb.MODE_MEMORY), ("mmap", maxminddb.MODE_MMAP)):
        assert measure("maxminddb, " + name, lambda mode=mode: iterate(mode), rounds=2) == leaves


def main(text, size, needles, folder=None):
    bytes_of_a_map(text)
    lines_of_a_map(text)
    search(text, int(size), json.loads(needles))
    if folder:
        database(folder)
    print(json.dumps(times))


if __name__ == "__main__":
    main(*sys.argv[1:])
