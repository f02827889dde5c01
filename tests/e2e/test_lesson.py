# SPDX-License-Identifier: GPL-3.0-or-later
"""Each step of docs/lesson*.md shows what the document says; and the steps show what a lesson on sockets has to."""
import re

import pytest

from lesson import LESSONS, agree, load, normalised, rewrite

CHAPTERS = [(name, chapter) for name in LESSONS for chapter in load(name).chapters]
FACTS = {
    "socket() makes an endpoint": r"socket\(\) → \d+: an IPv4 TCP endpoint, bound to nothing",
    "a client needs no bind": r"connect\(\d+, [^)]*\): no bind was needed, the system chose port \d+",
    "a server needs bind": r"bind\(\d+, [^)]*\): the port is ours",
    "a listener has the port": r"bind: Address already in use, by a listener of process \d+ \(tcpchat\)",
    "TIME_WAIT has the port": r"bind: Address already in use, by 1 socket in TIME_WAIT, for \d+ s",
    "SO_REUSEADDR passes over TIME_WAIT": r"SO_REUSEADDR\): 1 socket in TIME_WAIT there would keep the port for \d+ s; it is passed over",
    "listen makes it passive": r"listen\(\d+, \d+\): passive from here, 0 wait in the queue",
    "the queue": r"somebody waits for a place of -m 1",
    "accept makes a new socket": r"accept\((\d+)\) → \d+: a new socket for [\d.:]+; \1 goes on listening",
    "send returns before": r"send\(\d+\) = 14: in the send buffer, \d+ not yet acknowledged",
    "acknowledged": r"… acknowledged after [\d.]+ ms, 14 bytes in all",
    "recv waits": r"the receive buffer of \d+ is empty: a recv waits until bytes come",
    "two sends are one read": r"recv\(\d+\) = 36: came in 2 segments, read at once; TCP keeps no borders",
    "one message is two reads": r"recv\((\d+)\) = 13: .*\n(?:.* is empty.*\n)?peer3│ .*\n.*recv\(\1\) = 13: ",
    "recv returns 0": r"recv\(\d+\) = 0: the peer has sent its FIN; we may still send",
    "half-close": r"shutdown\((\d+), SHUT_WR\): our FIN; we may still receive\n.*recv\(\1\) = 3: ",
    "the listener closes alone": r"close\(\d+\): nobody else gets in, \d+ lives on",
    "we closed first": r"we closed first: [\d.:]+ with [\d.:]+ stays in TIME_WAIT on this side for \d+ s",
    "the peer closed first": r"the peer closed first: TIME_WAIT is on its side, none on ours",
    "UTF-8, read as GBK": r"16 bytes are 6 characters in UTF-8, “你好,服务器”; read as GBK they would be ",
    "GBK, read as UTF-8": r"they are read as UTF-8 here, hence strange characters; -e GBK reads them right",
}


@pytest.mark.parametrize("name, chapter", CHAPTERS)
def test_steps_show_what_the_lesson_says(tmp_path, locales, name, chapter):
    agree(load(name), chapter, LESSONS[name], tmp_path, locales)


@pytest.mark.parametrize("fact", FACTS)
def test_lesson_shows_each_fact(fact):
    assert re.search(FACTS[fact], load("docs/lesson.md").text)


# ---- what differs from run to run, and what does not ----

SAID = [(1, ["▸ accept(11) → 14: a new socket for 127.0.0.1:51354; 11 goes on listening",
             "▸ send(14) = 18: in the send buffer, 0 not yet acknowledged",
             "▸ … acknowledged after 0.3 ms, 18 bytes in all"]),
        (2, ["▸ connect(11, 127.0.0.1:8080): no bind was needed, the system chose port 51354",
             "▸ recv(11) = 18: came in 1 segment", "peer│ word"])]


def said_with(*changes):
    """SAID, where texts are replaced."""
    def change(line):
        for old, new in changes:
            line = line.replace(old, new)
        return line
    return [(program, [line for line in map(change, lines) if line]) for program, lines in SAID]


def is_same(history):
    return all(normalised(SAID[:count]).agrees(normalised(history[:count])) for count in (1, 2))


@pytest.mark.parametrize("changes", [
    [("51354", "40000")], [("14)", "6)"), ("→ 14", "→ 6"), ("11", "5")], [("0.3 ms", "12 ms")], [(" 0 not", " 18 not")],
    [("▸ send", "tcpchat: send")]], ids=str)
def test_figures_of_a_run_do_not_count(changes):
    assert is_same(said_with(*changes))


def test_acknowledgement_may_be_missing_beside_an_end():
    end = "▸ close(14): both sides have ended"
    assert normalised([(1, [*SAID[0][1], end])]).agrees(normalised([(1, [*SAID[0][1][:2], end])]))


@pytest.mark.parametrize("old, new", [
    ("chose port 51354", "chose port 40000"), ("send(14)", "send(11)"), ("; 11 goes", "; 14 goes"), ("= 18", "= 17"),
    (":8080", ":8081"), ("1 segment", "2 segments"), ("acknowledged after", "taken after"), ("word", "words"),
    ("▸ recv(11) = 18: came in 1 segment", ""), ("▸ … acknowledged after 0.3 ms, 18 bytes in all", "")])
def test_any_other_difference_counts(old, new):
    assert not is_same(said_with((old, new)))


def test_outputs_are_written_anew(tmp_path):
    source = ("## 1\n\nWindow 1:\n\n```console\n$ tcpchat listen --explain 127.0.0.1 8080\nno such line\n```\n\nWords.\n\n"
              "Window 1:\n\n```console\n> /quit\n```\n")
    path = tmp_path / "lesson.md"
    path.write_text(source, encoding="utf-8")
    for folder, changed in (("one", [1]), ("two", [])):
        (tmp_path / folder).mkdir()
        assert rewrite(path, "C.UTF-8", tmp_path / folder, None) == changed
    text = path.read_text(encoding="utf-8")
    assert re.search(r"8080\n(.*\n)+tcpchat: listen\(\d+, \d+\): passive.*\n(.*\n)+Words\.\n(.*\n)+> /quit\ntcpchat: close", text)
    assert "no such line" not in text
