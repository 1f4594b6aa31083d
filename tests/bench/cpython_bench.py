"""CPython's mmap on a file: cpython_bench.py FILE SIZE NEEDLE... prints one JSON object, with each round's figures."""

import functools
import json
import mmap
import random
import sys
import time

path, size = sys.argv[1], int(sys.argv[2])
READS = 100_000


def rounds_of(run, figure, runs=3):
    figures = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        figures.append(figure(time.perf_counter() - start))
    return figures


with open(path, "rb") as file:
    whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    part = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ)
positions = [random.randrange(len(whole) - 4096) for _ in range(READS)]


def random_reads():
    for position in positions:
        whole[position : position + 4096]


def speed(seconds):
    return size / seconds / 1e9


searches = []
for argument in sys.argv[3:]:
    needle = argument.encode("latin-1")
    forward = rounds_of(functools.partial(part.find, needle, 0), speed)
    backward = rounds_of(functools.partial(part.rfind, needle, 0), speed)
    searches.append({"find": forward, "rfind": backward})
reads = rounds_of(random_reads, lambda seconds: seconds * 1e9 / READS)
print(json.dumps({"read_ns": reads, "searches": searches}))
