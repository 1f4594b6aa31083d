"""
Completes lines in a shell as a person does, in a terminal: complete.py SHELL [WORD]...

Its input is JSON: `setup`, what the shell reads first; `lines`, what is typed, each with the key that completes;
`program`, the name of the command. It prints, for each line, the words that the command is called with then.
"""

import json
import os
import pty
import select
import sys
import tempfile
import time

SECONDS = 30
READY = "the-shell-is-ready"


def complete(shell, task, folder):
    calls = os.path.join(folder, "calls")
    setup = os.path.join(folder, "setup")
    # Each call writes its words and an empty line.
    function = f'{task["program"]}() {{ printf "%s\\n" "$@" "" >>{calls}; }}'
    with open(setup, "w", encoding="utf8") as file:
        file.write("\n".join([task["setup"], function, f"echo {READY}"]))

    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="dumb", HISTFILE="/dev/null")
        os.execvp(shell[0], shell)
    shown = bytearray()

    def read_until(is_done):
        end = time.monotonic() + SECONDS
        while not is_done():
            if time.monotonic() > end:
                sys.exit(f"{shell[0]} did nothing for {SECONDS} s:\n{shown.decode(errors='replace')}")
            if select.select([terminal], [], [], 0.02)[0]:
                shown.extend(os.read(terminal, 65536))

    def called():
        if not os.path.exists(calls):
            return []
        with open(calls, encoding="utf8") as file:
            return [call.split("\n") for call in file.read().split("\n\n")[:-1]]

    os.write(terminal, f". {setup}\n".encode())
    read_until(lambda: READY.encode() in shown)
    for number, line in enumerate(task["lines"], 1):
        os.write(terminal, (line + "\n").encode())
        read_until(lambda number=number: len(called()) == number)
    os.write(terminal, b"exit\n")
    return called()


with tempfile.TemporaryDirectory() as folder:
    print(json.dumps(complete(sys.argv[1:], json.load(sys.stdin), folder)))
