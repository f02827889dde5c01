# SPDX-License-Identifier: GPL-3.0-or-later
"""The version stands in CMakeLists.txt. The program, its manual, the changelog and the recipes for packages have the
same."""
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TCPCHAT = pathlib.Path(os.environ.get("TCPCHAT", ROOT / "build/dev/tcpchat"))
VERSION = re.search(r"^project\(tcpchat VERSION ([\d.]+) ", (ROOT / "CMakeLists.txt").read_text(), re.M)[1]
MANUALS = ["tcpchat.1", "tcpchat-rules.5", "zh_CN/tcpchat.1", "zh_CN/tcpchat-rules.5"]
CHANGES = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]

RECIPES = {"alpine/APKBUILD": "pkgver={}", "arch/PKGBUILD": "pkgver={}", "debian/changelog": "tcpchat ({}-",
           "homebrew/tcpchat.rb": "/tcpchat-{}.tar.gz", "nix/default.nix": 'version = "{}";',
           "rpm/tcpchat.spec": "Version:        {}"}


def headings(level):
    return re.findall(rf"^{level} (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)


def test_program_tells_the_version():
    said = subprocess.run([TCPCHAT, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert said.splitlines()[0] == f"tcpchat {VERSION}"


@pytest.mark.parametrize("name", MANUALS)
def test_manual_is_built_with_the_version(name):
    source, made = (pathlib.Path(folder, "man", name).read_text(encoding="utf-8") for folder in (ROOT, TCPCHAT.parent))
    assert source.count("@PROJECT_VERSION@") == 1
    assert made == source.replace("@PROJECT_VERSION@", VERSION)


def test_changelog_is_kept():
    """https://keepachangelog.com: versions from the newest to the oldest, and the kinds of changes."""
    unreleased, newest, *others = headings("##")
    assert unreleased == "[Unreleased]"
    assert re.fullmatch(rf"\[{re.escape(VERSION)}\] - \d{{4}}-\d\d-\d\d", newest)
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", heading) for heading in others)
    assert set(headings("###")) <= set(CHANGES)


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_has_the_version(name):
    assert RECIPES[name].format(VERSION) in (ROOT / "packaging" / name).read_text()
