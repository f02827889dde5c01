# SPDX-License-Identifier: GPL-3.0-or-later
"""The completions of bash, zsh and fish: what do they offer for a line?"""
import csv
import os
import pathlib
import re
import shutil
import subprocess

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TCPCHAT = os.environ.get("TCPCHAT", str(ROOT / "build/dev/tcpchat"))
SECONDS = 30
PACKAGE = "/usr/share/bash-completion/bash_completion"
BASH = """
source "$1"; shift
answer() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _tcpchat
    ((${#COMPREPLY[@]} == 0)) || printf '%s\\n' "${COMPREPLY[@]}"
}
words=()
for word; do
    if [ "$word" != == ]; then words+=("$word"); continue; fi
    (answer "${words[@]}")
    echo ==
    words=()
done
"""
FISH = """
source $argv[1]
for line in $argv[2..-1]
    complete -C $line | string replace -r '\\t.*' ''
    echo ==
end
"""
ZSH = """
unsetopt beep; PROMPT= fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -d $DUMP
compadd() {
    if (( ! ${@[(I)-[OAD]]} )); then
        local -a hits
        builtin compadd -A hits "$@"
        print -rl -- $IPREFIX${(Q)^hits} >>offered
    fi
    builtin compadd "$@"
}
show_nothing() { compstate[list]= compstate[insert]= }
comppostfuncs=(show_nothing)
end_line() { BUFFER=; print -n '=='; }
zle -N end_line
bindkey '^I' list-choices '^G' end_line
print ready
"""


class Bash:
    """Asked without a terminal, many lines at once."""

    def __init__(self, folder, prelude=":"):
        self.folder, self.prelude = folder, prelude

    def ask_all(self, lines):
        pieces, before = [], []
        for line in lines:
            *words, word = line.split(" ")
            pieces += [piece for word in [*words, word] for piece in re.findall(r"[=:]+|[^=:]+", word) or [""]] + ["=="]
            before.append(word[:len(word) - len(re.search(r"[^=:]*$", word).group())])  # bash completes the last piece
        run = subprocess.run(["bash", "--norc", "-c", self.prelude + BASH, "bash",
                              ROOT / "completions/tcpchat.bash", *pieces],
                             cwd=self.folder, env=environment(self.folder), stdin=subprocess.DEVNULL, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        answers = run.stdout.split("==\n")[:-1]
        assert len(answers) == len(before)
        return [{start + word for word in answer.splitlines()} for start, answer in zip(before, answers)]

    def ask(self, line):
        return self.ask_all([line])[0]


class Zsh:
    """Asked at a terminal: what its completions add is written down, and the line wiped."""

    def __init__(self, folder, dump):
        (folder / "functions").mkdir()
        (folder / "functions/_tcpchat").symlink_to(ROOT / "completions/tcpchat.zsh")
        (folder / "set-up").write_text(ZSH)
        self.offered = folder / "offered"
        self.shell = pexpect.spawn("zsh", ["-f", "-i"], cwd=str(folder), timeout=SECONDS, encoding="utf-8",
                                   env={**environment(folder), "TERM": "dumb", "DUMP": str(dump)}, dimensions=(50, 250))
        self.shell.delaybeforesend = None
        self.shell.sendline(". ./set-up")
        self.shell.expect_exact("ready\r\n")

    def ask(self, line):
        self.offered.write_text("")
        self.shell.send(line + "\t\a")
        self.shell.expect_exact("==")
        return set(self.offered.read_text().split("\n")) - {""}

    def ask_all(self, lines):
        return [self.ask(line) for line in lines]


class Fish:
    """Asked without a terminal, many lines at once."""

    def __init__(self, folder):
        self.folder = folder

    def ask_all(self, lines):
        run = subprocess.run(["fish", "--no-config", "-c", FISH, ROOT / "completions/tcpchat.fish", *lines],
                             cwd=self.folder, env=environment(self.folder), stdin=subprocess.DEVNULL, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return [set(offered.splitlines()) for offered in run.stdout.split("==\n")[:-1]]

    def ask(self, line):
        return self.ask_all([line])[0]


def environment(folder):
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C.UTF-8"}


def needs(found, name):
    if not found:
        pytest.skip(name + " is not installed")


@pytest.fixture(params=["bash alone", "bash-completion", "zsh", "fish"])
def shell(request, tmp_path, run_folder):
    """One whose home and working folder are empty. zsh dumps the names that it found in its folders, which would take
    longer than a test each time."""
    if request.param == "zsh":
        needs(shutil.which("zsh"), "zsh")
        return Zsh(tmp_path, run_folder / "zcompdump")
    if request.param == "fish":
        needs(shutil.which("fish"), "fish")
        return Fish(tmp_path)
    if request.param == "bash alone":
        return Bash(tmp_path)
    needs(os.path.exists(PACKAGE), "bash-completion")
    return Bash(tmp_path, "source " + PACKAGE)


@pytest.fixture
def offers(shell):
    """offers(line) is the set of words that may end the line."""
    return shell.ask


def test_console_commands(offers):
    assert offers("tcpchat l") == {"listen"}
    assert offers("tcpchat c") == {"connect"}
    assert offers("tcpchat h") == {"help"}
    assert offers("tcpchat --") == {"--help", "--version"}
    assert offers("tcpchat help c") == {"connect", "conversation"}
    assert offers("tcpchat help ") == {"listen", "connect", "conversation", "text", "time", "files", "people", "programs",
                                       "security", "devices", "learning"}
    assert offers("tcpchat help connect l") == set()


@pytest.mark.parametrize("command", ["listen", "connect"])
def test_options_are_those_of_the_table(shell, command):
    table = subprocess.run([TCPCHAT, "__options"], stdout=subprocess.PIPE, check=True, text=True).stdout
    expected, values = set(), set()
    for row in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["where"] in ("both", command):
            names = {"-" + row["letter"]} if row["letter"] else set()
            names |= {"--" + row["name"]} if row["name"] else set()
            expected |= names
            values |= names if row["argument"] and row["argument"][0] != "[" else set()
    assert shell.ask(f"tcpchat {command} -") | shell.ask(f"tcpchat {command} --") == expected
    # The word after an option with a value is no operand, and unix: may be the first operand only.
    names = sorted(expected)
    offered = shell.ask_all(f"tcpchat {command} {name} h un" for name in names)
    assert {name for name, words in zip(names, offered) if "unix:" in words} == values


def test_charsets(offers):
    assert offers("tcpchat listen -e gb") == {"gbk", "gb18030"}
    assert offers("tcpchat connect h 1 --encoding gb") == {"gbk", "gb18030"}
    assert offers("tcpchat connect --local-encoding=gb") == {"--local-encoding=gbk", "--local-encoding=gb18030"}
    assert offers("tcpchat listen -e ") >= {"utf-8", "auto", "raw"}
    assert not offers("tcpchat listen --local-encoding ") & {"auto", "raw"}


def test_lists_of_charsets(offers):
    assert offers("tcpchat listen -e utf-8,gb") == {"utf-8,gbk", "utf-8,gb18030"}
    assert offers("tcpchat connect h 1 --encoding=utf-8,gb") == {"--encoding=utf-8,gbk", "--encoding=utf-8,gb18030"}
    assert offers("tcpchat connect -e gbk,") == {"gbk,utf-8"}
    assert offers("tcpchat connect --local-encoding utf-8,") == set()


def test_words(offers):
    assert offers("tcpchat connect --color ") == {"auto", "always", "never"}
    assert offers("tcpchat listen --color=a") == {"--color=auto", "--color=always"}
    assert offers("tcpchat listen --on-bad-text ") == {"replace", "escape", "stop"}
    assert offers("tcpchat listen --name ") == set()
    assert offers("tcpchat listen --verbose --numer") == {"--numeric"}


def test_files(offers, tmp_path):
    (tmp_path / "zfile one").touch()
    (tmp_path / "zfile-two").touch()
    files = {"zfile one", "zfile-two"}
    for line in ("listen -o zf", "connect --output zf", "listen 0 --port-file zf", "connect -x zf",
                 "listen --transcript zf"):
        assert offers("tcpchat " + line) == files
    assert offers("tcpchat listen --output=zf") == {"--output=" + file for file in files}
    assert offers("tcpchat connect unix:zfile-") == {"unix:zfile-two"}
    assert "unix:zfile-two" in offers("tcpchat listen unix:")


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


def test_ports_are_services(offers):
    assert "http" in offers("tcpchat connect host htt")
    assert "http" in offers("tcpchat listen htt")


def test_nothing_is_offered_for_numbers_and_after_the_end_of_options(offers):
    assert offers("tcpchat connect -w ") == set()
    assert offers("tcpchat connect -- --n") == set()
