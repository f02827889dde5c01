# SPDX-License-Identifier: GPL-3.0-or-later
"""cppcheck finds nothing in src/, nor gcc -fanalyzer in the files that have changed. scripts/analyse asks it about all
files, and clang-tidy, which takes longer than this suite may; it is a job of its own in CI."""
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ["cppcheck", "git", "gcc", "pkg-config"]


def test_analysis_of_what_has_changed():
    absent = [tool for tool in TOOLS if not shutil.which(tool)]
    if absent or not (ROOT / ".git").exists():
        pytest.skip(f"not without {', '.join(absent) or 'a checkout'}")
    run = subprocess.run([ROOT / "scripts/analyse", "--changed"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout
