# SPDX-License-Identifier: GPL-3.0-or-later
"""Each system call of each scenario answers each of some errors once."""
import errno
import re
import time

from company import Outcome, chunks
from play import Fault, play
from scenarios import TABLE
from stage import INJECT

ERRORS = ["EINTR", "EAGAIN", "ENOMEM", "ENOSPC", "EIO", "ECONNRESET", "EMFILE"]
HEADER = "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"
CHUNK = 20
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
NEVER = {("epoll_ctl", "EAGAIN"): "epoll_ctl never answers EAGAIN, which connect does for a full queue"}


def names_of_calls():
    with open(HEADER, encoding="ascii") as header:
        return {int(number): name for name, number in re.findall(r"__NR_(\w+) (\d+)", header.read())}


def fault_of(stage, number, error):
    """A message that the failed call was to write need not come."""
    return Fault([INJECT, stage.report_file, str(number), str(error)],
                 mute=lambda: reported(stage)[-1][1:] in ([WRITE, 2], [WRITEV, 2]))


def reported(stage, number=1):
    """The lines that tests/torture/inject.c wrote; its tracer may end a little later than the program."""
    end = time.monotonic() + 5
    while time.monotonic() < end:
        with open(stage.report_file, encoding="ascii") as file:
            if (text := file.read()).endswith("\n") and (number or len(text.split("\n")[-2].split()) == 1):
                return [list(map(int, line.split())) for line in text.splitlines()]
        time.sleep(0.001)
    return [[0]]


def count(stage, name):
    run = play(TABLE[name], stage, fault_of(stage, 0, 0))
    outcome = Outcome()
    outcome.count(run, "no call fails")
    return name, reported(stage, 0)[-1][0], outcome


def numbers_of(stage, name, call):
    """The numbers of the calls of that name in a scenario."""
    called = names_of_calls()
    play(TABLE[name], stage, fault_of(stage, 0, 0))
    return [line[0] for line in reported(stage, 0)[:-1] if called[line[1]] == call]


def fail(stage, task):
    name, error, numbers = task
    outcome, called = Outcome(), names_of_calls()
    for number in outcome.while_bearable(numbers):
        run = play(TABLE[name], stage, fault_of(stage, number, getattr(errno, error)))
        report = reported(stage)[-1]
        call = f"{called[report[1]]}({report[2]})" if len(report) == 3 else "none"
        known = ABORTS.get(call.partition("(")[0]) if run.status == 134 else NEVER.get((call.partition("(")[0], error))
        if known:
            outcome.known[known] += 1
            run.lies.clear()
        outcome.count(run, f"call {number}, {call} = {error}")
    return outcome


def torture(company, names, quick):
    whole, places, all_numbers = company.at_each_number(count, names, quick)
    tasks = [(name, error, chunk) for name, numbers in all_numbers.items() for error in ERRORS
             for chunk in chunks(numbers, CHUNK)]
    whole.add(company.all(fail, tasks))
    return whole.report(f"calls ({len(names)} scenarios, {places} calls, {len(ERRORS)} errors)")
