"""shellcheck is silent about the shell scripts, clang-format about the C sources."""
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = [*sorted(ROOT.glob("scripts/*")), ROOT / ".ci/run"]
SOURCES = sorted(file for part in ("src", "tests", "bench") for file in (ROOT / part).rglob("*.[ch]"))


def silent(*command):
    run = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_shellcheck(script):
    silent("shellcheck", "--external-sources", "--source-path=SCRIPTDIR", script)


def test_shellcheck_of_the_completion():
    silent("shellcheck", "--shell=bash", ROOT / "completions/tcpchat.bash")


def test_clang_format():
    silent("clang-format", "--dry-run", "-Werror", *SOURCES)
