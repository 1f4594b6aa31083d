"""Summarizes a log: lines, bytes, severities, the busiest minutes and the last error. It reads every byte once.

python -m wasi_mmap log_analyser.py -o log_analyser.wasm
wasi-mmap run --dir-ro /var/log::/log log_analyser.wasm /log/server.log [SEVERITY...]
"""

import mmap
import re
import sys
from collections import Counter

SEVERITIES = ("ERROR", "WARNING", "INFO")
# 2026-10-30T12:34:56 or 2026-10-30 12:34:56, to the minute.
MINUTE = re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")


def count(log, word):
    """Counts a word. The host searches, at the speed of memory."""
    times = 0
    at = log.find(word, 0)
    while at >= 0:
        times += 1
        at = log.find(word, at + len(word))
    return times


def analyse(log, severities):
    lines = 0
    minutes = Counter()
    log.seek(0)
    while line := log.readline():
        lines += 1
        stamp = MINUTE.match(line)
        if stamp:
            minutes[stamp[0]] += 1
    print(f"{lines} lines, {len(log)} bytes")
    for severity in severities:
        print(f"{severity}: {count(log, severity.encode())}")
    for minute, number in sorted(minutes.most_common(3)):
        print(f"{minute.decode()}: {number} lines")
    at = log.rfind(severities[0].encode(), 0)
    if at >= 0:
        start = log.rfind(b"\n", 0, at) + 1
        log.seek(start)
        print(f"last {severities[0]}: {log.readline().decode('utf-8', 'replace').rstrip()}")


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        sys.exit("usage: log_analyser LOG [SEVERITY...]")
    name, *severities = arguments
    try:
        with open(name, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as log:
            analyse(log, severities or SEVERITIES)
    except (OSError, ValueError) as error:
        sys.exit(f"log_analyser: {name}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
