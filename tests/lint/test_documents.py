# SPDX-License-Identifier: GPL-3.0-or-later
"""The man page and `tcpchat help` agree with the option table (`tcpchat __options`), and the man page's commands with
those of /help."""
import csv
import os
import pathlib
import re
import socket
import subprocess
from typing import NamedTuple

import pexpect
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TCPCHAT = os.environ.get("TCPCHAT", str(ROOT / "build/dev/tcpchat"))
MAN = ROOT / "man/tcpchat.1"
SECONDS = 30
STATUSES = ["0", "1", "2", "3", "4", "5", "6", "7", "128+N"]
TOPICS = ["conversation", "text", "time", "files", "people", "programs", "security", "devices", "learning"]
PLACES = {"With listen and connect": "both", "With listen only": "listen", "With connect only": "connect"}


class Option(NamedTuple):
    letter: str
    name: str
    argument: str
    where: str


def environment(**changes):
    own = {name: value for name, value in os.environ.items() if not name.startswith("TCPCHAT_")}
    return own | {"LC_ALL": "C.UTF-8"} | changes


def say(*args):
    run = subprocess.run([TCPCHAT, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         check=True, text=True, env=environment())
    return run.stdout


def commands_of(*args):
    """The commands that /help lists at a terminal, in its order."""
    screen = pexpect.spawn(TCPCHAT, [*args, "--no-history"], env=environment(TERM="dumb", INPUTRC="/dev/null"),
                           dimensions=(50, 200), encoding="utf-8", timeout=SECONDS)
    screen.expect_exact("> ")
    screen.sendline("/help")
    screen.expect_exact("//text ")
    listed = re.findall(r"▸ (/[a-z]+(?: [A-Z[\]]+| on\|off)*) ", screen.before)
    screen.close(force=True)
    return listed


@pytest.fixture(scope="module")
def table():
    """The rows of the option table, as dictionaries."""
    return list(csv.DictReader(say("__options").splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE))


def options(table):
    return {Option(row["letter"], row["name"], row["argument"], row["where"]) for row in table}


def sections():
    """The man page's source: section name -> its lines."""
    parts = re.split(r"^\.Sh (.*)\n", MAN.read_text(), flags=re.M)
    return dict(zip(parts[1::2], map(str.splitlines, parts[2::2])))


def items(section):
    return [line.removeprefix(".It ") for line in sections()[section] if line.startswith(".It ")]


def flags(words):
    """(letter, name, argument) of `Fl e , Fl -encoding Ar LIST` or of `-e, --encoding LIST`."""
    words = words.replace(" Ns Oo = Ns Ar MAX Oc", " [=MAX]").replace("[=MAX]", " [=MAX]").replace("  ", " ")
    words = re.sub(r"\b(Fl -?|Ar )", lambda m: "" if m[0] == "Ar " else m[0].replace("Fl ", "-"), words)
    match = re.fullmatch(r"(?:-(\w))?(?: ?, )?(?:--([\w-]+))?(?: (\S+))?", words)
    assert match, f"not an option: {words!r}"
    return tuple(part or "" for part in match.groups())


def manual_commands():
    """The man page's commands for listen and for connect."""
    found, places = {"listen": set(), "connect": set()}, ()
    for line in sections()["AT A TERMINAL"]:
        if line.startswith(".Ss "):
            places = re.findall(r"\b(?:listen|connect)\b", line) if line.startswith(".Ss Commands with ") else ()
        elif line.startswith(".It "):
            for place in places:
                found[place].add(shown(line.removeprefix(".It ")))
    return found


def shown(words):
    """`/encoding [PEER]` of `Ic /encoding Op Ar PEER`."""
    words = re.sub(r"Oo Ar (\S+) Oc|Op Ar (\S+)", lambda match: f"[{match[1] or match[2]}]", words)
    return re.sub(r"\b(Ic|Ar|Cm) ", "", words.replace(" Ns | Ns ", "|"))


def manual_options():
    place = None
    for line in sections()["OPTIONS"]:
        if line.startswith(".Ss "):
            place = PLACES[line.removeprefix(".Ss ")]
        elif line.startswith(".It "):
            yield Option(*flags(line.removeprefix(".It ")), place)


def test_table_is_well_formed(table):
    assert list(table[0]) == ["letter", "name", "argument", "where", "variable", "help"]
    for row in table:
        assert row["letter"] or row["name"]
        assert re.fullmatch(r"[A-Za-z0-9]?", row["letter"])
        assert re.fullmatch(r"([a-z0-9][a-z0-9-]+)?", row["name"])
        assert row["where"] in ("both", "listen", "connect")
        assert re.fullmatch(r"(TCPCHAT_[A-Z_]+)?", row["variable"])
        assert row["help"]
    for field in ("letter", "name"):
        given = [row[field] for row in table if row[field]]
        assert len(given) == len(set(given)), f"a {field} is used twice"


def test_manual_has_the_options_of_the_table(table):
    manual = list(manual_options())
    assert len(manual) == len(set(manual))
    assert set(manual) == options(table)


def test_manual_has_the_commands_of_help():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connects = commands_of("connect", "127.0.0.1", str(listener.getsockname()[1]))
    listens = commands_of("listen", "127.0.0.1", "0")
    assert connects and set(connects) < set(listens) | {"/encoding [LIST]"}
    assert manual_commands() == {"listen": set(listens), "connect": set(connects)}


def test_manual_lists_the_environment_of_the_table(table):
    named = {word for item in items("ENVIRONMENT") for word in re.findall(r"TCPCHAT_\w+", item)}
    assert named == {row["variable"] for row in table} - {""}


def test_manual_lists_every_exit_status():
    assert [re.sub(r" Ns Ar ", "", item) for item in items("EXIT STATUS")] == STATUSES


def test_help_lists_every_exit_status():
    listed = say("help").split("Exit status: ")[1].replace("\n", " ")
    assert [item.split()[0] for item in listed.split(", ")] == STATUSES


def said_options(*topic):
    """The options that a page of help has, in its order."""
    return [flags(line) for line in re.findall(r"^ {2,6}(-\S+(?: \S+)*)(?:  |$)", say("help", *topic), re.M)]


@pytest.mark.parametrize("command", ["listen", "connect"])
def test_help_of_a_command_has_the_options_of_the_table(table, command):
    said = said_options(command)
    assert len(said) == len(set(said))
    assert set(said) == {option[:3] for option in options(table) if option.where in ("both", command)}


def test_help_has_twenty_options_in_forty_rows_with_examples_and_topics(table):
    page = say("help")
    assert len(page.splitlines()) <= 40
    said = said_options()
    assert len(said) == len(set(said)) == 20
    assert set(said) < {option[:3] for option in options(table)}
    assert len(re.findall("^  tcpchat (?:listen|connect) ", page, re.M)) == 3
    assert re.search("^  " + " ".join(TOPICS) + "$", page, re.M)


def test_help_topics_have_each_option_once(table):
    said = [option for topic in TOPICS for option in said_options(topic)]
    assert len(said) == len(set(said))
    assert set(said) == {option[:3] for option in options(table)}


@pytest.mark.parametrize("page", [[], ["listen"], ["connect"], *([topic] for topic in TOPICS)], ids=" ".join)
def test_help_fits_into_eighty_columns(page):
    assert [line for line in say("help", *page).splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("topic", TOPICS)
def test_help_topic_names_sections_of_the_manual(topic):
    headings = set(re.findall(r"^\.S[hs] (.*)$", MAN.read_text(), re.M))
    named = re.search("^More: man tcpchat, (.*)$", say("help", topic), re.M).group(1).split(", ")
    assert set(named) <= headings


@pytest.mark.parametrize("topic", TOPICS)
def test_help_topic_has_examples_that_are_right(topic):
    """Each one is a command line that the program reads up to a --help at its end."""
    examples = re.findall(r"^  (tcpchat .*?)(?:  |$)", say("help", topic), re.M)
    assert examples
    for example in examples:
        words = re.split(" (?:&&|<|>) ", example.removeprefix("tcpchat "))[0]
        command = ["bash", "-c", f'"$0" {words} --help', TCPCHAT]
        assert subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0, example


@pytest.mark.parametrize("name", ["--help", "-h"])
def test_help_options_are_the_command_help(name):
    assert say(name) == say("help")


@pytest.mark.parametrize("page", [f"{folder}/tcpchat{page}" for folder in ("man", "man/zh_CN")
                                  for page in (".1", "-rules.5")])
def test_mandoc_has_no_warning(page):
    run = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", ROOT / page], stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert run.returncode == 0, run.stdout


def test_version_begins_with_the_name():
    assert say("--version").startswith("tcpchat ")
