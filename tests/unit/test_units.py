# SPDX-License-Identifier: GPL-3.0-or-later
"""Every tests/unit/test_*.c is a program of its own; here each of them is one test."""
import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TREE = pathlib.Path(os.environ.get("TCPCHAT", HERE.parents[1] / "build/dev/tcpchat")).resolve().parent


@pytest.mark.parametrize("name", sorted(source.stem for source in HERE.glob("test_*.c")))
def test_unit(name):
    run = subprocess.run([TREE / "tests/unit" / name], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    assert run.returncode == 0, run.stdout.decode(errors="replace")
