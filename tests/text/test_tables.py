# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that made the tables of the standard makes the same ones again."""
import subprocess
import sys

from driver import HERE

SCRIPT = HERE.parents[1] / "scripts/standard-cells"


def test_standard_cells_makes_the_kept_tables():
    run = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, timeout=300)
    assert (run.returncode, run.stderr) == (0, "")
