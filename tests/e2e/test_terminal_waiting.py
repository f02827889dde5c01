# SPDX-License-Identifier: GPL-3.0-or-later
"""Own lines that the peer does not take: shown at once, marked, and told whether they were sent."""
import re
import select
import socket
import time

import pytest

from harness import PATIENCE, reset

SMALL = 8192
both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
DIM_LINE = re.compile(rb"\x1b\[2myou *\xe2\x94\x82\xe2\x80\xa6 ")


@pytest.fixture
def blocked(screen, tmp_path):
    """blocked("connect" or "listen") is a person, and a peer that reads nothing and whose buffers are full."""
    opened = []

    def begin(role, *options, **of_screen):
        if role == "listen":
            person = screen("listen", *options, "127.0.0.1", 0, **of_screen).ready()
            peer = socket.socket()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
            peer.connect(("127.0.0.1", person.port))
            person.wait_for("joined")
        else:
            server = socket.socket()
            server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
            server.bind(("127.0.0.1", 0))
            server.listen()
            opened.append(server)
            person = screen("connect", *options, "127.0.0.1", server.getsockname()[1], **of_screen)
            peer, _ = server.accept()
            person.ready()
        peer.settimeout(PATIENCE)
        opened.append(peer)
        return person, peer

    yield begin
    for made in opened:
        made.close()


def fill(person, path):
    """Sends so much that the peer is congested."""
    path.write_text("满" * 30 + "\n" * 1 + ("x" * 99 + "\n") * 80000)
    person.enter(f"/send {path}")
    person.wait_for(re.compile(r"^\d+%>", re.M))
    person.watch(0.5)


def say_long_lines(person, count):
    """Lines of 60 000 characters, each pasted and sent: they fill buffers, but make no congestion."""
    for _ in range(count):
        person.paste("y" * 60000)
        person.press("enter")
        person.settle(0.05)


def drain(peer, until):
    """Reads until a text has come."""
    data = b""
    while until.encode() not in data[-100000:]:
        data += peer.recv(1 << 20)
    return data


@both_roles
def test_line_that_waits_is_shown_at_once_and_dim(blocked, tmp_path, role):
    person, peer = blocked(role)
    fill(person, tmp_path / "file")
    person.enter("你在吗")
    person.wait_for(re.compile("^you *│… 你在吗", re.M), 2)
    assert DIM_LINE.search(person.given)
    drain(peer, "你在吗\n")
    person.wait_for("▸ the line that waited was sent")
    assert person.text.count("你在吗") == 1


def test_line_that_waits_in_the_outbox_is_shown_as_waiting(blocked):
    """Also where the room has taken the line, and the system has not."""
    person, peer = blocked("connect")
    say_long_lines(person, 3)
    person.wait_for("does not read", 10)
    person.enter("你在吗")
    person.wait_for(re.compile("^you *│… 你在吗", re.M), 2)
    drain(peer, "你在吗\n")
    person.wait_for(re.compile("▸ the (line|2 lines|3 lines) that waited w"))


def test_notice_after_3_s_says_how_much_waits(blocked, tmp_path):
    person, peer = blocked("connect", columns=120)
    fill(person, tmp_path / "file")
    began = time.monotonic()
    person.enter("一")
    person.enter("二二")
    found = person.wait_for(re.compile(r"▸ peer does not read; 2 lines and (\d+) bytes in all wait"))
    assert 1.5 < time.monotonic() - began < 8  # the file waits already
    assert int(found.group(1)) > 256 * 1024
    person.watch(1)
    assert person.text.count("does not read") == 1


def test_notice_of_a_file_that_nobody_reads(blocked, tmp_path):
    person, peer = blocked("connect")
    fill(person, tmp_path / "file")
    person.wait_for(re.compile(r"▸ peer does not read; \d+ bytes in all wait"))


def test_slow_reader_is_not_called_one_that_does_not_read(blocked, tmp_path):
    person, peer = blocked("connect")
    fill(person, tmp_path / "file")
    end = time.monotonic() + 5
    while time.monotonic() < end:
        peer.recv(20000)
        person.watch(0.05)
    assert "does not read" not in person.text


def test_line_that_waited_is_not_said_when_the_peer_dies(blocked, tmp_path):
    person, peer = blocked("connect", "--transcript", tmp_path / "said")
    fill(person, tmp_path / "file")
    person.enter("没听见")
    person.wait_for("… 没听见")
    reset(peer)
    assert person.wait() == 1
    assert "▸ the line that waited was not sent" in person.rows, person.text
    assert person.text.count("没听见") == 1
    assert "没听见" not in (tmp_path / "said").read_text()


def test_lines_that_waited_are_not_sent_to_nobody(blocked, tmp_path):
    person, peer = blocked("listen")
    fill(person, tmp_path / "file")
    person.enter("一")
    person.enter("二")
    person.wait_for("… 二")
    reset(peer)
    person.wait_for("▸ the 2 lines that waited were not sent")
    assert "nobody is here; the line" not in person.text


def test_line_to_a_peer_that_reads_has_no_mark(talk):
    person, peer = talk("connect")
    person.enter("你好")
    assert select.select([peer], [], [], PATIENCE)[0]
    person.watch(0.5)
    assert "…" not in person.text and "waited" not in person.text


def test_paste_that_waits_is_shown_when_it_is_sent(blocked, tmp_path):
    person, peer = blocked("connect")
    fill(person, tmp_path / "file")
    person.paste("一行\n两行\n")
    person.press("enter")
    person.wait_for(re.compile(r"^\d+%> ?$", re.M))
    assert "│ 两行" not in person.text
    drain(peer, "两行\n")
    person.wait_for("│ 两行")
    assert person.text.count("两行") == 1


def test_line_that_waits_is_marked_without_colours_too(blocked, tmp_path):
    person, peer = blocked("connect", "--color", "never")
    fill(person, tmp_path / "file")
    person.enter("你在吗")
    person.wait_for("… 你在吗", 2)
    assert b"\x1b[2m" not in person.given


def test_status_tells_what_is_not_acknowledged(blocked, tmp_path):
    person, peer = blocked("connect", columns=120)
    fill(person, tmp_path / "file")
    person.enter("/status")
    found = person.wait_for(re.compile(r"▸ (\d+) bytes more are sent, and the system of peer has not acknowledged them"))
    assert int(found.group(1)) > 0
    assert "bytes wait until peer takes them" in person.text


def test_status_of_a_peer_that_reads_tells_nothing_of_it(talk):
    person, peer = talk("connect", columns=120)
    person.enter("你好")
    peer.recv(100)
    person.watch(0.2)
    person.enter("/status")
    person.wait_for("bytes received")
    person.watch(0.2)
    assert "acknowledged" not in person.text


# A room, where several peers may not read.

@pytest.fixture
def congested(screen):
    """congested(option...) is a person at `listen`, a peer1 that reads nothing, and so many others that read."""
    opened = []

    def begin(*options, others=0, **of_screen):
        person = screen("listen", *options, "127.0.0.1", 0, **of_screen).ready()
        peers = []
        for number in range(1 + others):
            peer = socket.socket()
            if not number:
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
            peer.connect(("127.0.0.1", person.port))
            peer.settimeout(PATIENCE)
            person.wait_for(f"▸ peer{number + 1} ")
            peers.append(peer)
        opened.extend(peers)
        return person, peers

    yield begin
    for made in opened:
        made.close()


def read_on(peers):
    """Reads what is there for those that read."""
    while ready := select.select(peers, [], [], 0)[0]:
        for peer in ready:
            peer.recv(1 << 20)


def block(person, others, count=4):
    """Until peer1 takes nothing, with less than 256 KiB for it; the others read on."""
    for _ in range(count):
        person.paste("y" * 60000)
        person.press("enter")
        person.settle(0.05)
        read_on(others)
    person.watch(0.4)
    read_on(others)


WHISPERS = [([], "/to peer1 秘密"), (["--chat"], "/msg peer1 秘密"), (["--chat"], "/to peer1 秘密")]


@pytest.mark.parametrize("options, whisper", WHISPERS, ids=["listen", "msg", "to"])
@pytest.mark.parametrize("others", [0, 1])
def test_private_line_that_waits_is_marked_and_told_when_it_is_lost(congested, options, whisper, others):
    person, peers = congested(*options, others=others, columns=100)
    block(person, peers[1:])
    person.enter(whisper)
    person.wait_for("you>peer1│… 秘密")
    assert re.search(rb"\x1b\[2myou>peer1", person.given)
    person.wait_for("▸ peer1 does not read", 6)
    reset(peers[0])
    person.wait_for(re.compile(r"▸ the \d+ lines that waited were not sent to peer1"))
    assert "were sent" not in person.text


def test_private_line_that_waited_is_told_when_it_is_sent(congested):
    person, (peer, other) = congested("--chat", others=1)
    block(person, [other])
    person.enter("/msg peer1 秘密")
    person.wait_for("you>peer1│… 秘密")
    drain(peer, "秘密\n")
    person.wait_for("▸ the line that waited was sent")
    assert "not sent" not in person.text


def test_private_line_to_a_peer_that_reads_has_no_mark(congested):
    person, (peer, other) = congested("--chat", others=1)
    block(person, [other])
    person.enter("/msg peer2 秘密")
    person.wait_for("you>peer2│ 秘密")
    drain(other, "秘密\n")


def test_action_that_waits_is_marked(congested):
    person, (peer,) = congested("--chat")
    block(person, [])
    person.enter("/me 挥手")
    person.wait_for("you  │… * 挥手")
    drain(peer, "挥手\n")
    person.wait_for(re.compile(r"▸ the (line|\d+ lines) that waited w"))


def test_members_private_line_that_waits_is_marked_and_told_when_it_is_lost(blocked):
    person, peer = blocked("connect", columns=100)
    peer.sendall(b"-!- you are peer3; /help lists commands\n")
    person.wait_for("you are peer3")
    say_long_lines(person, 4)
    person.watch(0.4)
    person.enter("/msg anna 秘密")
    person.wait_for("you>anna│… 秘密")
    reset(peer)
    assert person.wait() == 1
    assert re.search(r"▸ the \d+ lines that waited were not sent$", person.text, re.M), person.text


@pytest.mark.parametrize("options", [[], ["--chat"]], ids=["listen", "chat"])
def test_lines_that_one_peer_went_without_are_not_told_as_sent(congested, options):
    """peer1 is congested, so that further lines wait for it; peer2 gets them when peer1 is gone."""
    person, (peer, other) = congested(*options, others=1, columns=100)
    block(person, [other], count=9)
    for line in "一二三":
        person.enter(line)
        person.wait_for(f"… {line}")
    reset(peer)
    drain(other, "三\n")
    found = person.wait_for(re.compile(r"▸ the (\d+) lines that waited were not sent to peer1"))
    assert int(found.group(1)) > 5
    person.wait_for("lines that waited were sent to the others")
    assert "were sent\n" not in person.text


@pytest.mark.parametrize("options", [[], ["--chat"]], ids=["listen", "chat"])
def test_evicted_peer_went_without_its_lines(congested, options):
    person, (peer, other) = congested(*options, others=1, columns=100)
    block(person, [other], count=9)
    person.enter("一")
    person.wait_for("… 一")
    person.wait_for("▸ peer1 was evicted", 15)
    person.wait_for(re.compile(r"▸ the \d+ lines that waited were not sent to peer1"))
    drain(other, "一\n")
    person.wait_for(re.compile(r"▸ the .*lines? that waited w\S+ sent to the others"))


def test_line_behind_dropped_ones_is_told_when_it_is_sent(blocked):
    person, peer = blocked("connect", columns=100)
    block(person, [], count=9)
    person.enter("一")
    person.wait_for("… 一")
    person.press("ctrl-c")
    person.wait_for("▸ the lines that waited were dropped")
    person.enter("二")
    person.wait_for("… 二")
    data = drain(peer, "二\n")
    person.wait_for(re.compile(r"▸ the .*lines? that waited w\S+ sent$", re.M))
    assert "一".encode() not in data


def test_peer_that_leaves_with_all_that_it_was_told_is_no_loss(talk):
    person, peer = talk("listen")
    person.enter("你好")
    peer.recv(100)
    peer.close()
    person.wait_for("peer1 left")
    assert "waited" not in person.text


# Leaving.

def test_ctrl_d_says_at_once_what_it_waits_for(blocked, tmp_path):
    """First for the lines that wait, then for what the system has not taken."""
    person, peer = blocked("listen", columns=100)
    block(person, [], count=9)
    person.enter("一")
    person.wait_for("… 一")
    person.press("ctrl-d")
    person.wait_for("▸ waiting until what was typed is sent; Ctrl-C leaves", 1)
    began = time.monotonic()
    person.press("ctrl-c")
    assert person.wait() == 130
    assert time.monotonic() - began < 4
    assert "▸ the lines that waited were dropped" in person.text
    assert re.search(r"▸ the \d+ lines that waited were not sent to peer1", person.text)
    assert re.search(r"▸ 127.0.0.1:\d+ did not take \d+ bytes", person.text), person.text[-400:]


def test_ctrl_d_names_the_file_that_it_waits_for(blocked, tmp_path):
    person, peer = blocked("connect", columns=100)
    fill(person, tmp_path / "file")
    person.press("ctrl-d")
    person.wait_for(re.compile(r"file\s+is\s+sent;\s+Ctrl-C\s+leaves"), 1)
    person.press("ctrl-c")
    assert person.wait() == 130


@pytest.mark.parametrize("leave", ["/quit\r", "\x04"], ids=["quit", "ctrl_d"])
def test_end_of_a_room_says_at_once_what_it_waits_for(congested, leave):
    person, (peer,) = congested(columns=100)
    block(person, [])
    person.type(leave)
    person.wait_for(re.compile(r"▸ waiting up to 5 s until peer1 takes \d+ bytes; Ctrl-C leaves$", re.M), 1)
    person.watch(0.3)
    assert person.typed is None or person.rows[-1] != ">"
    assert person.wait() == 0
    assert re.search(r"▸ the \d+ lines that waited were not sent to peer1", person.text)


def test_quit_drops_the_lines_and_shows_no_prompt(blocked):
    person, peer = blocked("listen", columns=100)
    block(person, [], count=9)
    person.enter("一")
    person.wait_for("… 一")
    person.enter("/quit")
    person.wait_for(re.compile("▸ waiting up to 5 s until peer1 takes"), 1)
    assert "▸ the lines that waited were dropped" in person.text
    person.watch(0.3)
    assert not person.rows[-1].startswith(">"), person.text
    person.press("ctrl-c")
    assert person.wait() == 130


def test_quit_without_anything_that_waits_says_nothing(talk):
    person, peer = talk("listen")
    person.enter("再见")
    person.enter("/quit")
    assert person.wait() == 0
    assert "waiting" not in person.text and "waited" not in person.text
