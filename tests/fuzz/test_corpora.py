# SPDX-License-Identifier: GPL-3.0-or-later
"""Replays corpus/NAME/* through fuzz_NAME, which here has a plain main() that takes file names."""
import os
import pathlib
import re
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
TREE = pathlib.Path(os.environ.get("TCPCHAT", HERE.parents[1] / "build/dev/tcpchat")).resolve().parent
TARGETS = sorted(source.stem.removeprefix("fuzz_") for source in HERE.glob("fuzz_*.c"))


def replay(name, files):
    """The end of what fuzz_NAME says about these files, or None when it is content."""
    run = subprocess.run([TREE / "tests/fuzz" / f"fuzz_{name}", *files], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    return f"exit {run.returncode}: " + run.stdout.decode(errors="replace")[-8000:] if run.returncode else None


@pytest.mark.parametrize("name", TARGETS)
def test_corpus(name):
    files = sorted((HERE / "corpus" / name).iterdir())
    assert files, f"tests/fuzz/corpus/{name} is empty"
    for start in range(0, len(files), 1000):
        chunk = files[start:start + 1000]
        if replay(name, chunk):
            complaints = {file.name: complaint for file in chunk if (complaint := replay(name, [file]))}
            pytest.fail("\n\n".join(f"{file}\n{said}" for file, said in complaints.items()) or "only together")


def test_every_corpus_has_its_target():
    assert sorted(folder.name for folder in (HERE / "corpus").iterdir()) == TARGETS


WORD = re.compile(r'(\w+=)?"([^"\\]|\\["\\]|\\x[0-9A-Fa-f]{2})+"')


@pytest.mark.parametrize("name", TARGETS)
def test_target_has_its_words(name):
    lines = [line for line in (HERE / f"{name}.dict").read_text().splitlines() if line and line[0] != "#"]
    assert len(lines) >= 8
    assert not [line for line in lines if not WORD.fullmatch(line)]


def test_all_words_have_their_target():
    assert sorted(file.stem for file in HERE.glob("*.dict")) == TARGETS
