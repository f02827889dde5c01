# SPDX-License-Identifier: GPL-3.0-or-later
"""Each allocation of each scenario fails once, and then all from it on."""
import struct

from company import Outcome, chunks
from play import Fault, play
from scenarios import TABLE

FOR_EVER = 1 << 62
CHUNK = 20


def order(stage, left, failing):
    """The orders for tests/shim/memory.c; see there."""
    stage.order.write_bytes(struct.pack("qqq", left, failing, 1))


def fault_of(stage):
    return Fault(environment={"LD_PRELOAD": stage.preload("memory"), "MEMORY_FILE": str(stage.order),
                              "ASAN_OPTIONS": "verify_asan_link_order=0"})


def count(stage, name):
    """The number of allocations of a run to which nothing happens."""
    order(stage, FOR_EVER, 1)
    run = play(TABLE[name], stage, fault_of(stage))
    outcome = Outcome()
    outcome.count(run, "no allocation fails")
    return name, FOR_EVER - struct.unpack("q", stage.order.read_bytes()[:8])[0], outcome


def fail(stage, task):
    name, failing, numbers = task
    outcome = Outcome()
    for number in outcome.while_bearable(numbers):
        order(stage, number, failing)
        run = play(TABLE[name], stage, fault_of(stage))
        outcome.count(run, f"allocation {number}{'+' if failing > 1 else ''} fails")
    return outcome


def torture(company, names, quick):
    whole, places, all_numbers = company.at_each_number(count, names, quick)
    tasks = [(name, failing, chunk) for name, numbers in all_numbers.items() for failing in (1, FOR_EVER)
             for chunk in chunks(numbers, CHUNK)]
    whole.add(company.all(fail, tasks))
    return whole.report(f"allocations ({len(names)} scenarios, {places} allocations)")
