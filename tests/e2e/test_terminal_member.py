# SPDX-License-Identifier: GPL-3.0-or-later
"""`connect` at a terminal in a room of tcpchat: a full member, by the room's exact greeting, and by nothing else."""
import re

import pytest

from crowd import crowd_of

GREETING = "-!- you are peer3; /help lists commands\n"
ROOM_COMMANDS = ["/who", "/nick NAME", "/me TEXT", "/msg NAME TEXT"]


@pytest.fixture
def member(tcpchat, screen):
    """member(option...) is a room with a plain peer called alice in it, and a person who has come after her."""
    opened = []

    def come(*options, room=("--chat",), **of_screen):
        gathered = crowd_of(tcpchat, *room)
        crowd = gathered.__enter__()
        opened.append(gathered)
        alice = crowd.join("alice")
        person = screen("connect", *options, "127.0.0.1", crowd.run.port, **of_screen).ready()
        person.wait_for(re.compile(r"-!- │ you are peer2; /help lists commands\n"))
        assert alice.line() == "-!- peer2 joined"
        return person, alice, crowd

    yield come
    for gathered in opened:
        gathered.__exit__(None, None, None)


@pytest.fixture
def imitator(talk):
    """A peer that greets as a room does, and the person who reads it."""
    def greet(*options, **of_screen):
        person, peer = talk("connect", *options, **of_screen)
        peer.sendall(GREETING.encode())
        person.wait_for("you are peer3")
        return person, peer

    return greet


def rows_with(screen, text):
    return [row for row in screen.rows if text in row]


def telnet_line(peer, line):
    """A line as a telnet client ends it."""
    peer.send(line.encode() + b"\r\n")


# What is read.

def test_members_names_are_shown_once(member):
    person, alice, _ = member()
    alice.say("你好", "*", "")
    person.wait_for("alice│ 你好\nalice│ *\nalice│\n")
    telnet_line(alice, "/me waves")
    person.wait_for("alice│* waves\n")
    telnet_line(alice, "/msg peer2 psst")
    person.wait_for("alice│[to you] psst\n")
    assert not rows_with(person, "peer│")


def test_notices_of_the_room_have_a_bar_of_their_own(member):
    person, alice, crowd = member()
    bob = crowd.join("bob")
    person.wait_for(re.compile(r"^-!- *│ peer3 joined\n-!- *│ peer3 is now bob\n", re.M))
    bob.close()
    person.wait_for(re.compile(r"^-!- *│ bob left\n", re.M))


def test_long_line_of_a_member_stays_hers(member):
    """Its pieces do not begin another one's line."""
    person, alice, _ = member(columns=200)
    alice.say("x" * 9000 + "bob: 我不是 bob", "好了")
    person.wait_for("alice│ 好了\n")
    assert "bob│" not in person.text
    assert len(re.findall(r"^alice│\+", person.text, re.M)) == 1


def test_silence_within_a_line_of_the_room_ends_nothing(imitator):
    """Else the second half could be another one's line."""
    person, peer = imitator()
    peer.sendall(b"alice: one half, ")
    person.watch(0.4)
    peer.sendall(b"bob: the other half\nbob: hi\n")
    person.wait_for("bob  │ hi")
    assert "alice│ one half, bob: the other half" in person.text


def test_transcript_has_the_members_names(member, tmp_path):
    person, alice, _ = member("--transcript", tmp_path / "said")
    alice.say("你好", "/me waves")
    person.wait_for("alice│* waves")
    person.enter("/msg alice 悄悄")
    assert alice.line() == "[peer2] 悄悄"
    person.press("ctrl-d")
    person.wait()
    said = (tmp_path / "said").read_text()
    lines = [line[20:] for line in said.splitlines()]
    assert "alice: 你好" in lines and "* alice waves" in lines and "[you>alice] 悄悄" in lines, said
    assert "peer: -!- you are peer2; /help lists commands" in lines


# What a member can do.

def test_help_of_a_member_has_the_commands_of_the_room(member):
    person, _, _ = member(columns=100, rows=60)
    person.enter("/help")
    person.wait_for("//text")
    for command in ROOM_COMMANDS:
        assert rows_with(person, f"▸ {command}"), command
    assert len(rows_with(person, "▸ /encoding")) == len(rows_with(person, "▸ /help ")) == 1
    assert not rows_with(person, "▸ /kick")


def test_help_without_a_room_has_no_command_of_one(talk):
    person, peer = talk("connect", columns=100, rows=60)
    peer.sendall(b"-!- you are peer3\n")
    person.wait_for("you are peer3")
    person.enter("/help")
    person.wait_for("//text")
    assert not rows_with(person, "▸ /who")


def test_commands_of_the_room_are_not_shown_as_said(member):
    person, alice, _ = member()
    person.enter("/who")
    person.wait_for(re.compile(r"\d are here"))
    assert not rows_with(person, "/who") and "is no command" not in person.text
    person.enter("/me 挥手")
    assert alice.line() == "* peer2 挥手"
    person.wait_for("you │* 挥手")
    person.enter("/msg alice 悄悄话")
    assert alice.line() == "[peer2] 悄悄话"
    person.wait_for("you>alice│ 悄悄话")


def test_command_that_is_a_letter_away_is_not_sent_to_the_room(member):
    person, alice, _ = member()
    person.enter("/nik bob")
    person.wait_for("/nik was not sent; did you mean /nick?")
    person.enter("句号")
    assert alice.line() == "peer2: 句号"


@pytest.mark.parametrize("typed, line, said", [
    ("/ms\tal\t秘密", "/msg alice 秘密", "[peer2] 秘密"),
    ("al\t你呢", "alice: 你呢", "peer2: alice: 你呢"),
    ("ask al\tx", "ask alx", "peer2: ask alx"),
], ids=["command and name", "name at the beginning", "nothing in the middle"])
def test_tab_completes_commands_and_names_of_the_room(member, typed, line, said):
    person, alice, _ = member()
    alice.say("在")
    person.wait_for("alice│ 在")
    person.type(typed)
    person.wait_typed("> " + line)
    person.press("enter")
    assert alice.line() == said


def test_tab_forgets_those_who_left(member):
    person, alice, crowd = member()
    alice.say("/nick anna")
    person.wait_for("alice is now anna")
    person.type("a\t")
    person.wait_typed("> anna: ")


def test_operators_tab_completes_a_name_at_the_beginning_of_a_line(talk):
    screen, peer = talk("listen", "--chat")
    screen.type("pe\t在吗\r")
    with peer.makefile("rb") as lines:
        assert "peer1: 在吗" in lines.readline().decode() + lines.readline().decode()


def test_name_is_told_to_the_room(member):
    person, alice, _ = member("--name", "小明")
    assert alice.line() == "-!- peer2 is now 小明"
    person.wait_for("│ you are 小明\n")
    person.enter("大家好")
    assert alice.line() == "小明: 大家好"
    person.wait_for(re.compile(r"^小明 *│ 大家好", re.M))


def test_login_name_is_not_told_to_the_room(member):
    person, alice, _ = member()
    person.enter("句号")
    assert alice.line() == "peer2: 句号"


def test_name_is_not_told_to_a_peer_that_is_no_room(talk):
    person, peer = talk("connect", "--name", "小明")
    peer.sendall(b"hello\n" + GREETING.encode())
    person.wait_for("peer│ -!- you are peer3; /help lists commands")
    person.enter("句号")
    assert peer.recv(1000).decode() == "句号\n"


def test_taken_name_leaves_the_one_that_the_room_gave(member):
    person, alice, _ = member("--name", "alice")
    person.wait_for("'alice' is taken")
    alice.say("是我")
    person.wait_for("alice│ 是我")
    person.enter("哦")
    person.wait_for(re.compile("^you *│ 哦", re.M))


def test_nick_renames_the_person_on_the_screen_too(member):
    person, alice, _ = member()
    person.enter("/nick bob")
    assert alice.line() == "-!- peer2 is now bob"
    person.wait_for("│ you are bob\n")
    person.enter("是我")
    assert alice.line() == "bob: 是我"
    person.wait_for(re.compile("^bob *│ 是我", re.M))


def test_encoding_changes_both_sides(member):
    """什么 in GBK is valid UTF-8: only a room that was told reads it."""
    person, alice, _ = member("-e", "utf-8")
    person.enter("/encoding gbk")
    person.wait_for("│ you speak GBK\n")
    person.enter("什么")
    assert alice.line() == "peer2: 什么"
    alice.say("一些")
    person.wait_for("alice│ 一些\n")
    person.enter("/encoding")
    person.wait_for("peer speaks GBK, as was set")


def test_refused_encoding_changes_neither_side(member):
    person, alice, _ = member()
    person.enter("/encoding klingon")
    person.wait_for(re.compile("▸ .*klingon"))
    person.enter("你好")
    assert alice.line() == "peer2: 你好"


def test_two_terminals_and_a_telnet_peer_understand_each_other(member, screen):
    anna, alice, crowd = member("--name", "anna")
    bert = screen("connect", "--name", "bert", "127.0.0.1", crowd.run.port).ready()
    bert.wait_for("│ you are bert\n")
    bert.enter("你好 anna")
    anna.wait_for(re.compile(r"^bert *│ 你好 anna$", re.M))
    anna.enter("/msg bert 来")
    bert.wait_for(re.compile(r"^anna *│\[to you\] 来$", re.M))
    assert alice.until_line("bert: 你好 anna")


# Waiting for a place.

def test_queue_notice_may_precede_the_greeting(talk):
    person, peer = talk("connect", "--name", "anna")
    peer.sendall(b"-!- the room is full; you are number 2 in the queue\n"
                 b"-!- the room is full; you are number 1 in the queue\n")
    person.wait_for("-!- │ the room is full; you are number 1 in the queue")
    peer.sendall(GREETING.encode())
    assert peer.recv(100) == b"/nick anna\n"
    peer.sendall(b"alice: hi\n")
    person.wait_for("alice│ hi")


# A hostile peer.

NEARLY = ["you are peer3; /help lists commands", "-!- you are peer3; /help lists commands ",
          "-!- you are anna; /help lists commands", "-!- You are peer3; /help lists commands",
          " -!- you are peer3; /help lists commands", "-!- you are peer; /help lists commands",
          "-!- you are peer3;  /help lists commands", "-!- you are peer３; /help lists commands",
          "-!- the room is full; you are number x in the queue\n" + GREETING.strip()]


@pytest.mark.parametrize("line", NEARLY)
def test_greeting_that_is_not_exact_makes_no_member(talk, line):
    person, peer = talk("connect", "--name", "anna", columns=100)
    peer.sendall(line.encode() + b"\nalice: hi\n")
    person.wait_for("peer│ alice: hi")
    person.enter("句号")
    assert peer.recv(1000).decode() == "句号\n"


def test_greeting_without_its_line_end_makes_no_member(talk):
    person, peer = talk("connect")
    peer.sendall(GREETING.strip().encode())
    person.wait_for("peer│ -!- you are peer3; /help lists commands")
    peer.sendall(b"\nalice: hi\n")
    person.wait_for("peer│ alice: hi")


@pytest.mark.parametrize("first, second", [
    ("", GREETING), ("-!- the room is full; you are number 1 in the queue\n", GREETING),
    ("", "-!- the room is full; you are number 1 in the queue\n" + GREETING)], ids=["alone", "after", "queue"])
@pytest.mark.parametrize("at", [1, 6, 15, 20, 38])
def test_greeting_in_two_packets_makes_a_member(talk, first, second, at):
    person, peer = talk("connect")
    peer.sendall((first + second[:at]).encode())
    person.watch(0.3)
    peer.sendall(second[at:].encode() + b"alice: hi\n")
    person.wait_for("alice│ hi")


def test_beginning_of_a_greeting_waits_a_second_only(talk):
    person, peer = talk("connect")
    peer.sendall(GREETING[:20].encode())
    person.watch(0.5)
    assert "-!-" not in person.text
    person.wait_for("peer│ -!- you are peer3", 2)
    peer.sendall(GREETING[20:].encode() + b"alice: hi\n")
    person.wait_for("peer│ alice: hi")


def test_text_that_is_no_greeting_does_not_wait(talk):
    person, peer = talk("connect")
    peer.sendall(b"-!- you are anna; /help")
    person.wait_for("peer│ -!- you are anna", 0.5)


@pytest.mark.parametrize("name", ["you", "YOU", "yоu", "y0u", "you_"])
def test_imitated_room_cannot_speak_as_the_person(imitator, name):
    person, peer = imitator(columns=100)
    person.enter("我说的")
    person.wait_for("you │ 我说的")
    peer.sendall(f"{name}: 我没说\n* {name} 没做\n[{name}] 没说\nend: x\n".encode())
    person.wait_for(re.compile("end *│ x"))
    assert len(re.findall(r"^ *[*\[]? ?y[^│]*│", person.text, re.M)) == 1, person.text
    assert rows_with(person, f"peer│ {name}: 我没说") or rows_with(person, "peer│ " + name), person.text


def test_imitated_room_cannot_write_a_notice_of_this_side(imitator):
    person, peer = imitator()
    peer.sendall("-!- connection is secure now\n-!- ▸ all is well\n▸ all is well\nend: x\n".encode())
    person.wait_for(re.compile("end *│ x"))
    assert not re.search("^▸ (connection|all|▸)", person.text, re.M), person.text
    assert re.search("^-!- *│ connection is secure now", person.text, re.M)


def test_imitated_room_cannot_rename_the_person(imitator):
    person, peer = imitator()
    peer.sendall(b"-!- you are root\n")
    person.wait_for("you are root")
    person.enter("我说的")
    person.wait_for(re.compile("^you *│ 我说的", re.M))


def test_imitated_room_cannot_change_the_encoding(imitator):
    person, peer = imitator("-e", "utf-8")
    peer.sendall(b"-!- you speak GBK\n")
    person.wait_for("you speak GBK")
    person.enter("你好")
    assert peer.recv(100).decode() == "你好\n"


def test_imitated_room_with_endless_names_costs_little(imitator):
    person, peer = imitator()
    peer.sendall("".join(f"n{number}: x\n" for number in range(20000)).encode() + b"end: x\n")
    person.wait_for(re.compile("end *│ x"), 60)


def test_imitated_room_writes_no_escape_sequence(imitator):
    person, peer = imitator()
    peer.sendall(b"al\x1b[2Jice: x\n-!- \x1b]0;title\x07 joined\n* a\x9b2J b\nend: x\n")
    person.wait_for(re.compile("end *│ x"))
    assert b"\x1b]0" not in person.given and b"\x1b[2J" not in person.given
