#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix of ends and backpressure: whatever one direction does, the other one goes on.

24 cells: the program listens or connects; bytes go in (from the peer to stdout) or out (from stdin to the peer); the
other direction is quiet, full and blocked, or has already ended; and then data passes, or the end of file does.
An end of file passes if it is that of one direction only: what still comes the other way must arrive.

As tests, the cells run with and without conversion and splices, over TCP and unix sockets, and each conversation is then brought
to its end: every byte must have come through and the exit status must be 0. TCPCHAT_MATRIX_TIMES=20 runs each cell
20 times.

As a program this file tells how many cells a netcat passes:
    /usr/bin/python3 tests/e2e/test_matrix.py --program ncat|nc.openbsd|socat|tcpchat [--times N]
"""
import argparse
import functools
import itertools
import os

import pytest

from harness import PATIENCE, until
from meeting import end_both, two_ways
from netcats import NETCATS, tcpchat
from ways import assert_exact, carry, rests, through

TIMES = int(os.environ.get("TCPCHAT_MATRIX_TIMES", "1"))

ROLES = ["listen", "connect"]
DIRECTIONS = ["in", "out"]
OTHERS = ["quiet", "full", "ended"]
EVENTS = ["data", "end"]

# More than a pipe and the program's own buffers hold together, so that it has to flow.
DATA = 300_001


def opposite(direction):
    return "out" if direction == "in" else "in"


def bring_about(state, way, pid, patience):
    """Brings the direction that is not looked at into its state."""
    if state == "full":
        way.fill(pid, patience)
    if state == "ended":
        way.finish()
        carry(way, until=lambda: way.ended, patience=patience)


def passes(event, way, other_way, patience):
    """Data, or the end of file, comes through this way, whatever the other one does."""
    if event == "data":
        way.give(way.material(DATA))
        carry(way, other_way, until=through(way), patience=patience)
    else:
        way.finish()
        carry(way, other_way, until=lambda: way.ended, patience=patience)
    assert_exact(way)


def goes_on(state, way, patience):
    """This way was not harmed by what happened on the other one: what it held back comes, and more."""
    if state == "full":
        assert way.is_blocked(), "the other direction did not stay blocked"
        way.unblock()
    if state != "ended":
        way.give(way.material(1001))
        carry(way, until=through(way), patience=patience)
        assert_exact(way)


def cell_holds(meeting, direction, other, event):
    """`meeting` is a context as two_ways gives it."""
    with meeting as (run, ways):
        way, other_way = ways[direction], ways[opposite(direction)]
        bring_about(other, other_way, run.pid, PATIENCE)
        passes(event, way, other_way, PATIENCE)
        goes_on(other, other_way, PATIENCE)
        end_both(run, *ways.values())


def rests_with_ended(meeting, ended):
    """The directions that have ended cost no processor. `meeting` is a context as two_ways gives it."""
    with meeting as (run, ways):
        for direction in ended:
            bring_about("ended", ways[direction], run.pid, PATIENCE)
        until(lambda: rests(run.pid, 0.2), "the program to rest")
        end_both(run, *ways.values())


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("wire", ["tcp4", "unix"])
@pytest.mark.parametrize("charset, is_copied", [(None, False), (None, True), ("gbk", False)],
                         ids=["raw", "copied", "gbk"])
def test_cell_of_the_matrix_holds(request, charset, is_copied, wire, role, direction, other, event):
    options = ["-e", charset] if charset else []
    env = request.getfixturevalue("unspliced") if is_copied else None
    for _ in range(TIMES):
        cell_holds(two_ways(functools.partial(tcpchat, options=options), role, wire, charset, env=env), direction, other,
                   event)


@pytest.mark.parametrize("ended", [[], ["in"], ["out"]], ids=["nothing", "in", "out"])
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("wire", ["tcp4", "unix"])
def test_ended_direction_costs_no_processor(wire, role, ended):
    """It is told once; the event loop is not woken for it again and again. (That a full direction leaves it at rest
    is seen when it is filled.)"""
    rests_with_ended(two_ways(tcpchat, role, wire), ended)


def failure_in(command, role, direction, other, event, patience=3):
    """Why a netcat fails in a cell, or None. Its exit status is not asked for."""
    with two_ways(command, role, "tcp4") as (run, ways):
        try:
            way, other_way = ways[direction], ways[opposite(direction)]
            bring_about(other, other_way, run.pid, patience)
            passes(event, way, other_way, patience)
            if event == "end":
                goes_on(other, other_way, patience)
        except (AssertionError, OSError) as reason:
            return str(reason)
    return None


def main():
    parser = argparse.ArgumentParser(description="how many of the 24 cells a netcat passes")
    commands = {"tcpchat": tcpchat, **NETCATS}
    parser.add_argument("--program", choices=commands, required=True)
    parser.add_argument("--times", type=int, default=1)
    asked = parser.parse_args()
    passed = 0
    for cell in itertools.product(ROLES, DIRECTIONS, OTHERS, EVENTS):
        failures = [f for _ in range(asked.times) if (f := failure_in(commands[asked.program], *cell))]
        passed += not failures
        print(f"{cell[0]:8} {cell[1]:4} other {cell[2]:6} {cell[3]:5}"
              f"{asked.times - len(failures):3} of {asked.times}  {failures[0] if failures else ''}", flush=True)
    print(f"{asked.program} passes {passed} of 24 cells")


if __name__ == "__main__":
    main()
