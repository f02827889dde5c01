# SPDX-License-Identifier: GPL-3.0-or-later
"""Each allocation of each scenario fails once, and then all from it on."""
import struct

from company import Outcome
from play import Fault, play
from scenarios import TABLE

FOR_EVER = 1 << 62


def order(stage, left, failing):
    """The orders for tests/shim/memory.c; see there."""
    stage.order.write_bytes(struct.pack("qqq", left, failing, 1))


def fault_of(stage):
    return Fault(environment={"LD_PRELOAD": stage.preload("memory"), "MEMORY_FILE": str(stage.order),
                              "ASAN_OPTIONS": "verify_asan_link_order=0:fast_unwind_on_malloc=0"})


def count(stage, name):
    """The number of allocations of a run to which nothing happens."""
    order(stage, FOR_EVER, 1)
    run = play(TABLE[name], stage, fault_of(stage))
    outcome = Outcome()
    outcome.count(run, "no allocation fails")
    return name, FOR_EVER - struct.unpack("q", stage.order.read_bytes()[:8])[0], outcome


def is_of_ncurses(run):
    """It crashes, or exits, where it lacks memory for what it knows of the terminal: see SECURITY.md."""
    return run.scenario.is_terminal and run.scenario.prompt not in run.stderr and (
        run.status == 139 or (run.status == 1 and b"line 0, col 0: Out of memory" in run.stderr))


def fail(stage, task):
    name, failing, numbers = task
    outcome = Outcome()
    for number in outcome.while_bearable(numbers):
        order(stage, number, failing)
        run = play(TABLE[name], stage, fault_of(stage))
        if run.lies and is_of_ncurses(run):
            outcome.known["end of a run by ncurses, which had no memory as it began"] += 1
            run.lies.clear()
        outcome.count(run, f"allocation {number}{'+' if failing > 1 else ''} fails")
    return outcome


def torture(company, names, quick):
    return company.at_each_number("allocations", count, fail, names, (1, FOR_EVER), quick)
