# SPDX-License-Identifier: GPL-3.0-or-later
"""Each scenario starts with each choice of the descriptors 0, 1 and 2 closed."""
import dataclasses
import itertools

from company import Outcome
from play import Fault, play
from scenarios import TABLE

CHOICES = [closed for n in range(4) for closed in itertools.combinations((0, 1, 2), n)]


def fault_of(stage, scenario, closed):
    """A listener whose messages nobody reads writes its port to a file."""
    needs_file = 2 in closed and scenario.words.endswith("127.0.0.1 0")
    return Fault(closed=closed, mute=lambda: 2 in closed,
                 words=["--port-file", stage.port_file()] if needs_file else [])


def close(stage, name):
    outcome = Outcome()
    for closed in CHOICES:
        scenario = TABLE[name]
        if 0 in closed and scenario.input:  # what is closed has nothing to send
            scenario = dataclasses.replace(scenario, heard=b"")
        run = play(scenario, stage, fault_of(stage, scenario, closed))
        outcome.count(run, f"closed: {closed}")
    return outcome


def torture(company, names, _quick):
    names = [name for name in names if not TABLE[name].is_terminal]
    return company.all(close, names).report(f"descriptors ({len(names)} scenarios, {len(CHOICES)} choices)")
