# SPDX-License-Identifier: GPL-3.0-or-later
"""Every source file names its licence in its first lines, as SPDX has it."""
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SUFFIXES = {".c", ".h", ".py", ".cmake", ".bash", ".fish", ".zsh", ".sh", ".1"}
FOLDERS = ("bench", "completions", "man", "packaging", "scripts", "src", "tests")
FILES = sorted(str(file.relative_to(ROOT)) for folder in FOLDERS for file in (ROOT / folder).rglob("*")
               if file.suffix in SUFFIXES or file.parent.name == "scripts" and file.is_file())


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_folder_has_sources(folder):
    assert any(name.startswith(folder + "/") for name in FILES)


@pytest.mark.parametrize("name", FILES)
def test_licence(name):
    head = (ROOT / name).read_text().splitlines()[:2]
    assert any("SPDX-License-Identifier: GPL-3.0-or-later" in line for line in head)
