# SPDX-License-Identifier: GPL-3.0-or-later
"""The wall clock jumps, in each scenario, and nothing but the times in files shows it."""
from company import Outcome
from play import Fault, play
from scenarios import TABLE

DAY, YEAR = 86400, 31557600
JUMPS = {
    "back": f"2 -{DAY}",
    "forward": f"2 {DAY}",
    "to and fro": " ".join(f"{n} {(-1) ** n * 3600}" for n in range(1, 60)),
    "before 1970": f"1 -{70 * YEAR} 3 {70 * YEAR}",
    "behind 2038": f"3 {100 * YEAR}",
    "far away": f"2 {20000 * YEAR}",
}
# A certificate is not valid yet, or no more, when its time has not come or is over.
SPARED = "tls"


def jump(stage, name):
    outcome = Outcome()
    for what, jumps in JUMPS.items():
        run = play(TABLE[name], stage, Fault(environment={"LD_PRELOAD": stage.preload("clock"), "CLOCK_JUMPS": jumps,
                                                          "ASAN_OPTIONS": "verify_asan_link_order=0"}))
        if run.status not in TABLE[name].statuses and SPARED not in name:
            run.lie("a jump of the clock")
        outcome.count(run, f"the clock jumps {what}")
    return outcome


def torture(company, names, _quick):
    return company.all(jump, names).report(f"clocks ({len(names)} scenarios, {len(JUMPS)} jumps)")
