# SPDX-License-Identifier: GPL-3.0-or-later
"""Each link of a document leads to a file of the repository and a heading in it; and the README is one page."""
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                         stdout=subprocess.PIPE, text=True).stdout.split()
DOCUMENTS = [name for name in TRACKED if name.endswith(".md")]
README_LINES = 150


def anchors(text):
    """The names of a page's headings, as forges make them."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"^```[\s\S]*?^```$", "", text, flags=re.M), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead_links(name, text):
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        there = (ROOT / name).parent / path if path else ROOT / name
        if not there.exists() or anchor and anchor not in anchors(there.read_text(encoding="utf-8")):
            yield link


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name):
    assert not list(dead_links(name, (ROOT / name).read_text(encoding="utf-8")))


def test_dead_links_are_found():
    assert list(dead_links("docs/a.md", "[a](../README.md) [b](README.md) ![c](../README.md#none) [d](http://e)")) == [
        "README.md", "../README.md#none"]


@pytest.mark.parametrize("name", ["README.md", "README.zh_CN.md"])
def test_readme_has_at_most_150_lines(name):
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= README_LINES
