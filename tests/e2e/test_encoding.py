# SPDX-License-Identifier: GPL-3.0-or-later
"""--encoding and --on-bad-text through a connection, with bytes that come in any pieces."""
import pathlib
import random
import socket
import sys

import pytest

from harness import ends, in_background, receive_all, receive_until_reset

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "text"))
from driver import stream  # noqa: E402
from test_splits import CHARSETS, MIXED, mixed_bytes  # noqa: E402


def dribble(connection, wire, dice):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    at = 0
    while at < len(wire):
        part = dice.choice((1, 1, 2, 3, 5, 50, 4000))
        connection.sendall(wire[at:at + part])
        at += part
    connection.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("name", CHARSETS)
def test_text_in_single_bytes_arrives_whole(conversation, name):
    dice = random.Random(9)
    wire = b"".join(mixed_bytes(name, dice) for _ in range(40)).replace(b"\xff", b"\xfe")  # FF is telnet's
    run, peer = conversation("connect", "-e", name, "--on-bad-text", "replace")
    run.end_input()
    in_background(dribble, peer, wire, dice)
    text = stream(name, "utf-8", wire)
    assert run.read_all() == text
    ends(run, 3 if "�" in text.decode() else 0)


@pytest.mark.parametrize("name", CHARSETS)
def test_stdin_in_single_bytes_leaves_whole(conversation, name):
    text = MIXED.encode() * 40
    run, peer = conversation("connect", "-e", name, "--on-bad-text", "escape")
    for at in range(0, len(text), 97):
        run.send(text[at:at + 97])
    run.end_input()
    wire = receive_all(peer)
    peer.close()
    lacking = [char for char in MIXED if stream("utf-8", name, char.encode()) == b"?"]
    expected = MIXED
    for char in lacking:
        expected = expected.replace(char, f"\\u{{{ord(char):X}}}")
    assert wire == stream("utf-8", name, expected.encode()) * 40
    ends(run, 3 if lacking else 0)


# ---- what becomes of bad text ----

@pytest.mark.parametrize("name, wire, text", [("gbk", b"\xc4\xe3\xff\nx", "你\\xFF\nx"),
                                              ("gb18030", b"\x81\x30\xffz", "\\x810\\xFFz"),
                                              ("euc-jp", b"\x8f\xa2\xff.", "\\x8F\\xA2\\xFF."),
                                              ("utf-8", b"a\xe4\xbd\xabz\xe4\xbd", "a佫z\\xE4\\xBD")])
def test_escapes_are_in_upper_case(conversation, name, wire, text):
    run, peer = conversation("connect", "-e", name, "--on-bad-text", "escape")
    run.end_input()
    peer.sendall(wire)
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all().decode() == text
    ends(run, 3)


@pytest.mark.parametrize("name, wire, text, at", [("gbk", b"\xc4\xe3\xba\xc3\xff\nafter", "你好", 4),
                                                  ("utf-8", b"abc\xff\nafter", "abc", 3),
                                                  ("euc-jp", b"\xa4\xa2\x8f\xa2\xffz", "あ", 2)])
def test_stop_delivers_the_text_before_the_fault(conversation, name, wire, text, at):
    run, peer = conversation("connect", "-e", name, "--on-bad-text", "stop")
    peer.sendall(wire)
    assert run.read_all().decode() == text
    ends(run, 3)
    assert f"at byte {at}\n".encode() in run.stderr, run.stderr


@pytest.mark.parametrize("name, text, wire", [("gbk", "你好😀after", b"\xc4\xe3\xba\xc3"),
                                              ("koi8-r", "При你", b"\xf0\xd2\xc9"),
                                              ("windows-1252", "é€\U000e0041x", b"\xe9\x80"),
                                              ("shift_jis", "あ한", b"\x82\xa0")])
def test_stop_sends_the_text_before_the_fault(conversation, name, text, wire):
    run, peer = conversation("connect", "-e", name, "--on-bad-text", "stop")
    run.send(text.encode())
    assert receive_until_reset(peer) == wire
    peer.close()
    ends(run, 3)
    assert f"at byte {len(wire)}\n".encode() in run.stderr, run.stderr


def test_utf8_is_changed_only_with_on_bad_text(conversation):
    wire = bytes(range(256)) + b"\xe4\xbd"
    run, peer = conversation("connect", "-e", "utf-8")
    run.send(wire)
    run.end_input()
    assert receive_all(peer) == wire
    peer.sendall(wire)
    peer.close()
    assert run.read_all() == wire
    ends(run, 0)
    run, peer = conversation("connect", "-e", "utf8", "--on-bad-text", "replace")
    run.end_input()
    peer.sendall(wire)
    peer.close()
    assert run.read_all().decode() == wire.decode(errors="replace")
    ends(run, 3)


# ---- text of another charset than -e says ----

@pytest.mark.parametrize("given, sent, expected", [
    ("gbk", "utf-8", "UTF-8, not GBK"), ("utf-8", "gbk", "GBK, not UTF-8"),
    ("windows-1252", "utf-8", "UTF-8, not WINDOWS-1252"), ("gbk", "gbk", None), ("utf-8", "utf-8", None)])
@pytest.mark.parametrize("text", ["你好世界,很高兴认识你\n", "谢谢你\n"])
def test_pipe_says_at_the_end_that_text_looks_like_another_charset(conversation, given, sent, expected, text):
    """No byte changes for it, and neither does the exit status."""
    wire = text.encode(sent)
    run, peer = conversation("listen", "-e", given, "--local-encoding", "utf-8")
    run.end_input()
    peer.sendall(wire)
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == (wire if given == "utf-8" else stream(given, "utf-8", wire))
    status = run.wait()
    sentences = [line for line in run.stderr.decode().splitlines() if "looks like" in line]
    assert [line.split("looks like ")[1] for line in sentences] == ([f"{expected} (see -e)"] if expected else [])
    assert status == (3 if "not valid" in run.stderr.decode() else 0)


@pytest.mark.parametrize("local, text, sent, expected", [
    ("utf-8", "你好世界,很高兴认识你\n", "gbk", "GBK, not UTF-8"), ("gbk", "你好世界,很高兴认识你\n", "utf-8", "UTF-8, not GBK"),
    ("utf-8", "你好世界,很高兴认识你\n", "utf-8", None), ("utf-8", "plain\n", "ascii", None)])
def test_pipe_says_at_the_end_that_input_looks_like_another_charset(conversation, local, text, sent, expected):
    run, peer = conversation("connect", "-e", "utf-8" if local == "gbk" else "gbk", "--local-encoding", local)
    run.send(text.encode(sent))
    run.end_input()
    assert receive_all(peer)
    peer.close()
    run.wait()
    sentences = [line for line in run.stderr.decode().splitlines() if "looks like" in line]
    assert sentences == ([f"tcpchat: standard input looks like {expected} (see --local-encoding)"] if expected else [])


def test_pipe_without_an_encoding_says_nothing_about_text(conversation):
    run, peer = conversation("listen")
    run.end_input()
    peer.sendall("你好世界\n".encode("gbk"))
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == "你好世界\n".encode("gbk")
    ends(run, 0)
    assert b"looks like" not in run.stderr
