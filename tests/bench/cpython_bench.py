"""CPython's mmap on a file: cpython_bench.py FILE SIZE NEEDLE... prints one JSON object."""

import functools
import json
import mmap
import random
import sys
import time

path, size = sys.argv[1], int(sys.argv[2])
READS = 100_000


def best_of(runs, run):
    best = float("inf")
    for _ in range(runs):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


with open(path, "rb") as file:
    whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    part = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
positions = [random.randrange(len(whole) - 4096) for _ in range(READS)]


def random_reads():
    for position in positions:
        whole[position : position + 4096]


searches = []
for argument in sys.argv[3:]:
    needle = argument.encode("latin-1")
    forward = best_of(1, functools.partial(part.find, needle, 0))
    backward = best_of(1, functools.partial(part.rfind, needle, 0))
    searches.append({"find": size / forward / 1e9, "rfind": size / backward / 1e9})
print(json.dumps({"read_ns": best_of(3, random_reads) * 1e9 / READS, "searches": searches}))
