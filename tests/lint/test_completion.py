"""The bash completion, asked without a terminal: what does it offer for a line?"""
import csv
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TCPCHAT = os.environ.get("TCPCHAT", str(ROOT / "build/dev/tcpchat"))
PACKAGE = "/usr/share/bash-completion/bash_completion"
ASK = """
source "$1"; shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_tcpchat
((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(params=["bash alone", "bash-completion"])
def offers(request, tmp_path):
    """offers(line) is the set of words for the end of line; the home and working folder are empty."""
    prelude = "source " + PACKAGE if request.param == "bash-completion" else ":"
    if request.param == "bash-completion" and not os.path.exists(PACKAGE):
        pytest.skip("bash-completion is not installed")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}

    def ask(line):
        words = [part for word in line.split(" ") for part in re.findall(r"[=:]+|[^=:]+", word) or [""]]
        run = subprocess.run(["bash", "--norc", "-c", prelude + ASK, "bash", ROOT / "completions/tcpchat.bash", *words],
                             cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return set(run.stdout.splitlines())

    return ask


def test_commands(offers):
    assert offers("tcpchat ") == {"listen", "connect", "help", "--help", "--version"}
    assert offers("tcpchat l") == {"listen"}
    assert offers("tcpchat help c") == {"connect"}


@pytest.mark.parametrize("command", ["listen", "connect"])
def test_options_are_those_of_the_table(offers, command):
    table = subprocess.run([TCPCHAT, "__options"], stdout=subprocess.PIPE, check=True, text=True).stdout
    expected, values = set(), set()
    for row in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["where"] in ("both", command):
            names = {"-" + row["letter"]} if row["letter"] else set()
            names |= {"--" + row["name"]} if row["name"] else set()
            expected |= names
            values |= names if row["argument"] else set()
    assert offers(f"tcpchat {command} -") == expected
    for name in expected:
        offered = offers(f"tcpchat {command} {name} --ve")
        assert offered == (set() if name in values else {"--verbose"}), name


def test_charsets(offers):
    for line in ("listen -e gb", "connect h 1 --encoding gb", "connect --local-encoding=gb"):
        assert offers("tcpchat " + line) == {"gbk", "gb18030"}
    assert offers("tcpchat listen -e ") >= {"utf-8", "auto", "raw"}
    assert not offers("tcpchat listen --local-encoding ") & {"auto", "raw"}


def test_lists_of_charsets(offers):
    for line in ("listen -e utf-8,gb", "connect h 1 --encoding=UTF-8,gb"):
        first = line[-8:-3]
        assert offers("tcpchat " + line) == {f"{first},gbk", f"{first},gb18030"}
    assert offers("tcpchat connect -e gbk,") == {"gbk,utf-8"}
    assert offers("tcpchat connect --local-encoding utf-8,") == set()


def test_words(offers):
    assert offers("tcpchat connect --color ") == {"auto", "always", "never"}
    assert offers("tcpchat listen --color=a") == {"auto", "always"}
    assert offers("tcpchat listen --on-bad-text ") == {"replace", "escape", "stop"}
    assert offers("tcpchat listen --name ") == set()


def test_files(offers, tmp_path):
    (tmp_path / "some file").touch()
    (tmp_path / "socket").touch()
    for line in ("listen -o so", "connect --output so", "listen 0 --port-file so", "listen --output=so",
                 "listen --transcript so"):
        assert offers("tcpchat " + line) == {"some file", "socket"}
    assert offers("tcpchat connect unix:soc") == {"socket"}
    assert "socket" in offers("tcpchat listen unix:")


def test_hosts_as_ssh_has_them(offers, tmp_path):
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh/config").write_text("Host zebra-one zebra-two zebra-*\n  HostName 192.0.2.1\n")
    (tmp_path / ".ssh/known_hosts").write_text("zebra-three ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ\n")
    assert offers("tcpchat connect zebra-") >= {"zebra-one", "zebra-two", "zebra-three"}
    assert offers("tcpchat connect -4 -e gbk zebra-th") == {"zebra-three"}
    assert offers("tcpchat connect zebra-one zebra-") == set()
    assert offers("tcpchat listen zebra-") == set()


def test_unix_is_offered(offers):
    assert "unix:" in offers("tcpchat connect un")
    assert "unix:" in offers("tcpchat listen un")
    assert "unix:" not in offers("tcpchat connect host un")


def test_nothing_is_offered_for_numbers_and_after_the_end_of_options(offers):
    assert offers("tcpchat connect -w ") == set()
    assert offers("tcpchat connect -- -") == set()
