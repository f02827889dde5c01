# SPDX-License-Identifier: GPL-3.0-or-later
"""Torture: everything that can fail fails, in every scenario. Nothing crashes, hangs, leaks or lies.

    scripts/torture [--quick] [--checked] [NAME...]

A NAME is one of the tortures, or a word in the names of scenarios."""
import argparse
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path += [os.path.join(ROOT, "tests", "e2e"), os.path.dirname(os.path.abspath(__file__))]

import allocations  # noqa: E402
import calls  # noqa: E402
import clocks  # noqa: E402
import company  # noqa: E402
import descriptors  # noqa: E402
import kills  # noqa: E402
import readers  # noqa: E402
import resets  # noqa: E402

TORTURES = {"allocations": allocations, "calls": calls, "kills": kills, "resets": resets, "descriptors": descriptors,
            "clocks": clocks, "readers": readers}
QUICK = 5  # numbers of each scenario, tens of kills, hundreds of resets


def arguments():
    parser = argparse.ArgumentParser(prog="scripts/torture", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", nargs="?", type=int, const=QUICK, default=0, metavar="N", help="a sample, of size N")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--program", required=True, help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TORTURES))
    return parser.parse_intermixed_args()


def main():
    chosen = arguments()
    words = [name for name in chosen.names if name not in TORTURES]
    tortures = [name for name in chosen.names if name in TORTURES] or list(TORTURES)
    names, fine = company.chosen(words), True
    for name in tortures:
        begin = time.monotonic()
        here = company.Company(chosen.program, chosen.workers)
        try:
            fine &= TORTURES[name].torture(here, names, chosen.quick)
        finally:
            here.close()
        print(f"    {time.monotonic() - begin:.0f} s", flush=True)
    sys.exit(0 if fine else 1)


if __name__ == "__main__":
    main()
