# SPDX-License-Identifier: GPL-3.0-or-later
"""Each system call of each scenario answers each of some errors once."""
import errno
import re
import termios
import time

from company import Outcome
from play import Fault, play
from scenarios import TABLE
from stage import INJECT

ERRORS = ["EINTR", "EAGAIN", "ENOMEM", "ENOSPC", "EIO", "ECONNRESET", "EMFILE"]
HEADER = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
WRITE, WRITEV = 1, 20
# Calls whose failure libuv answers by abort(), so that no program can: see SECURITY.md.
ABORTS = {
    "pipe2": "abort of libuv: pipe2 failed as its signals began",
    "read": "abort of libuv: the read from the pipe of its signals failed",
    "write": "abort of libuv: the write to the pipe of its signals failed",
    "epoll_ctl": "abort of libuv: the system had no room in its epoll",
    "epoll_wait": "abort of libuv: its epoll_wait failed",
}

# Answers that the system never gives, and that mean something else there.
NEVER = {("epoll_ctl", "EAGAIN"): "epoll_ctl never answers EAGAIN, which connect does for a full queue",
         ("ioctl", termios.TCGETS): "a terminal was taken for something else: TCGETS never fails there"}


def names_of_calls():
    with open(HEADER, encoding="ascii") as header:
        return {int(number): name for name, number in re.findall(r"__NR_(\w+) (\d+)", header.read())}


def fault_of(stage, number, error, kind=""):
    """`kind`: see kind_of. A message that the failed call was to write need not come. Under a tracer nobody can look for
    leaks."""
    return Fault([INJECT, stage.report_file, f"{number}{kind}", str(error)], {"ASAN_OPTIONS": "detect_leaks=0"},
                 mute=lambda: reported(stage)[-1][1:3] in ([WRITE, 2], [WRITEV, 2]))


def reported(stage, number=1):
    """The lines that tests/torture/inject.c wrote; its tracer may end a little later than the program."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        with open(stage.report_file, encoding="ascii") as file:
            if (text := file.read()).endswith("\n") and (number or len(text.split("\n")[-2].split()) == 1):
                return [list(map(int, line.split())) for line in text.splitlines()]
        time.sleep(0.001)
    return [[0]]


def kind_of(call, second=None):
    """Calls of that name only, or those of them that have that second argument."""
    number = next(number for number, name in names_of_calls().items() if name == call)
    return f":{number}" if second is None else f":{number}:{second}"


def count(stage, name, kind=""):
    run = play(TABLE[name], stage, fault_of(stage, 0, 0, kind))
    outcome = Outcome()
    outcome.count(run, "no call fails")
    return name, reported(stage, 0)[-1][0], outcome


def known(run, call, second, error):
    """Why a run may do wrong where this call fails so; None: it may not."""
    if run.status == 134:
        return ABORTS.get(call)
    return NEVER.get((call, error)) or NEVER.get((call, second))


def fail(stage, task, kind=""):
    name, error, numbers = task
    outcome, called = Outcome(), names_of_calls()
    for number in outcome.while_bearable(numbers):
        run = play(TABLE[name], stage, fault_of(stage, number, getattr(errno, error), kind))
        report = reported(stage)[-1]
        call, *arguments = (called[report[1]], *report[2:]) if len(report) == 4 else ("none", 0, 0)
        if run.lies and (why := known(run, call, arguments[1], error)):
            outcome.known[why] += 1
            run.lies.clear()
        outcome.count(run, f"call {number}, {call}{tuple(arguments)} = {error}")
    return outcome


def torture(company, names, quick):
    return company.at_each_number("calls", count, fail, names, ERRORS, quick)
