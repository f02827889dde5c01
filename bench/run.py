# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the rows of bench/rows.py and bench/tls_rows.py, tool beside tool, and reports medians, spreads and ratios.

The tools of a row take turns in each round, so that whatever else the machine does falls on all of them.
"""
import argparse
import dataclasses
import pathlib
import shutil
import statistics
import sys
import tempfile

import report
import rows
import tls_rows
from rows import ALL_UTF8, Place

GIB = 1 << 30
ROWS = {**rows.ROWS, **tls_rows.ROWS}


@dataclasses.dataclass
class Result:
    """The figures of one row: for each tool one of each round; `failed` says why a tool has none."""
    row: object
    figures: dict
    failed: dict

    def median(self, tool):
        return statistics.median(self.figures[tool])

    def spread(self, tool):
        """The distance of the extremes, in the median's percent."""
        figures = self.figures[tool]
        return 100 * (max(figures) - min(figures)) / self.median(tool)

    def ratio(self, tool):
        """How many times better tcpchat is."""
        ours, theirs = self.median("tcpchat"), self.median(tool)
        return theirs / ours if self.row.less_is_more else ours / theirs


def measure(row, place, rounds):
    own = ("tcpchat", "bare", "without", ALL_UTF8, tls_rows.AES)
    tools = [tool for tool in row.tools if tool in own or shutil.which(tool)]
    result = Result(row, {tool: [] for tool in tools}, {})
    for _ in range(rounds):
        for tool in tools:
            if tool in result.failed:
                continue
            try:
                result.figures[tool].append(row.run(place, tool))
            except Exception as failure:  # a peer's failure is a result
                result.failed[tool] = str(failure) or type(failure).__name__
                del result.figures[tool]
    return result


def main():
    parser = argparse.ArgumentParser(description="Measures tcpchat beside other netcats and bare programs.",
                                     usage="scripts/bench [--quick] [--rounds N] [ROW...]")
    parser.add_argument("--tcpchat", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--shared", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--bare", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--unspliced", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--crowd", required=True, help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true", help="a look: three rounds of little, nothing is written")
    parser.add_argument("--rounds", type=int, help="rounds of each row (7)")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"all of them, or some of: {' '.join(ROWS)}")
    options = parser.parse_args()
    if unknown := set(options.rows) - set(ROWS):
        parser.error(f"there is no row {', '.join(sorted(unknown))}; the rows are {' '.join(ROWS)}")
    rounds = options.rounds or (3 if options.quick else 7)
    folder = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
    results = []
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as temporary:
        place = Place(options.tcpchat, options.shared, options.bare, options.unspliced, options.crowd,
                      pathlib.Path(temporary), GIB // (8 if options.quick else 1),
                      50 if options.quick else 300, 0.5 if options.quick else 2)
        place.make_source()
        for name in options.rows or ROWS:
            results.append(measure(ROWS[name], place, rounds))
            print(report.table(results[-1]), flush=True)
    if not options.quick and not options.rows:
        report.write(results, rounds, pathlib.Path(__file__).parent, options.tcpchat)
    return any("tcpchat" in result.failed for result in results)


if __name__ == "__main__":
    sys.exit(main())
