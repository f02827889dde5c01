# SPDX-License-Identifier: GPL-3.0-or-later
"""scripts/release refuses what is no release, and scripts/sbom lists what a program is linked with."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from harness import RELEASE, ROOT

CHANGELOG = "## [Unreleased]\n\n## [9.8.7] - 2026-11-30\n"


@pytest.fixture
def checkout(tmp_path):
    """A repository with one commit, of the version 9.8.7."""
    folder = tmp_path / "check out"
    shutil.copytree(pathlib.Path(ROOT, "scripts"), folder / "scripts")
    (folder / "CMakeLists.txt").write_text("project(tcpchat VERSION 9.8.7 LANGUAGES C)\n")
    (folder / "CHANGELOG.md").write_text(CHANGELOG)
    git(folder, "init", "--quiet")
    commit(folder)
    return folder


def git(folder, *words):
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    return subprocess.run(["git", *who, *words], cwd=folder, stdout=subprocess.PIPE, text=True, check=True).stdout


def commit(folder):
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "a")


def refused(folder, *words):
    """What scripts/release says before it makes anything."""
    run = subprocess.run(["scripts/release", *words], cwd=folder, capture_output=True, text=True)
    assert run.returncode == (2 if "usage" in run.stderr else 1) and not list(folder.glob("build/*"))
    return run.stderr


def test_release_takes_committed_files_only(checkout):
    (checkout / "new").write_text("")
    assert refused(checkout, "--dry-run") == "tcpchat: no release: git status shows changes\n"


def test_release_takes_a_new_version(checkout):
    git(checkout, "tag", "v9.8.7")
    assert refused(checkout) == "tcpchat: no release: the tag v9.8.7 stands already\n"


@pytest.mark.parametrize("text", [CHANGELOG.replace("9.8.7", "9.8.6"), CHANGELOG.replace(" - 2026-11-30", "")])
def test_release_has_its_news(checkout, text):
    (checkout / "CHANGELOG.md").write_text(text)
    commit(checkout)
    assert "CHANGELOG.md has no heading '## [9.8.7] - DATE'" in refused(checkout, "--dry-run")


def test_release_knows_one_word(checkout):
    assert refused(checkout, "--wet-run") == "usage: scripts/release [--dry-run]\n"


def test_archive_that_does_not_build_is_no_release(checkout):
    """It has no presets. The archive was the same twice, and no tag is made."""
    run = subprocess.run(["scripts/release"], cwd=checkout, capture_output=True, text=True)
    assert run.returncode == 1 and run.stderr.endswith("tcpchat: no release: the archive does not build\n")
    assert (checkout / "build/release-9.8.7/tcpchat-9.8.7.tar.gz").exists()
    assert not git(checkout, "tag")


# ---- the parts list ----

@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """The linker's words about the program as it is installed, which is linked once more."""
    build = pathlib.Path(RELEASE).parent
    command = build / "CMakeFiles/tcpchat.dir/link.txt"
    if not command.exists() or not shutil.which("dpkg-query"):
        pytest.skip("no build by make, or no Debian")
    folder = tmp_path_factory.mktemp("linked")
    again = re.sub(r" -o tcpchat ", f" -Wl,-t,-t -o {folder / 'tcpchat'} ", command.read_text())
    run = subprocess.run(again, shell=True, cwd=build, stdout=subprocess.PIPE, text=True, check=True)
    (folder / "log").write_text("[ 99%] Linking C executable tcpchat\n" + run.stdout)
    return folder / "log"


@pytest.fixture(scope="module")
def sbom(log):
    """The text of a list, made anew."""
    def write():
        argv = [sys.executable, f"{ROOT}/scripts/sbom", "9.8.7", "0", log, os.path.dirname(RELEASE)]
        return subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=True).stdout
    return write


@pytest.fixture(scope="module")
def bill(sbom):
    return json.loads(sbom())


def test_parts_list_has_each_library(bill):
    parts = {part["name"]: part for part in bill["components"]}
    assert {"libuv1", "readline", "ncurses", "utf8proc", "openssl", "pcre2", "glibc"} <= set(parts)
    for part in parts.values():
        assert re.fullmatch(r"[\d.]+\S*", part["version"]) and part["licenses"]
        assert re.fullmatch(r"pkg:deb/debian/[\w.+-]+@[^?]+\?arch=\w+", part["purl"])
    assert {part["bom-ref"] for part in bill["components"]} == set(bill["dependencies"][0]["dependsOn"])


def test_parts_list_tells_static_from_shared(bill):
    """Modules have the libraries that only they load."""
    parts = {part["name"]: [word["value"] for word in part["properties"]] for part in bill["components"]}
    said = subprocess.run(["ldd", RELEASE], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert parts["libuv1"] == ["shared" if "libuv" in said else "static", "tcpchat"]
    assert parts["openssl"] == ["shared", "tcpchat-tls.so"] and parts["pcre2"] == ["shared", "tcpchat-bot.so"]


def test_parts_list_is_the_same_twice(sbom, bill):
    assert json.loads(sbom()) == bill
    assert bill["metadata"]["timestamp"] == "1970-01-01T00:00:00Z"
