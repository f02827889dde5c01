# SPDX-License-Identifier: GPL-3.0-or-later
"""`--message`: what ends a message that is received, however it is cut."""
import json
import re

import pytest

from crowd import connected, crowd_of
from harness import ends, in_background, one_sentence, read_exactly, receive_all, until
from screen import messages

# What comes, and the messages in it.
STREAMS = {
    "lf": ("一\n二\r\n三\r\n\n".encode(), ["一", "二^M", "三^M", ""]),
    "crlf": ("一\n1\r\n二\r三\r\n".encode(), ["一^J1", "二^M三"]),
    "cr": ("一\r二\n2\r\r".encode(), ["一", "二^J2", ""]),
    "nul": ("一\n\0二\0\0".encode(), ["一^J", "二", ""]),
    "byte:03": ("\x02一\x03\x02二\x03".encode(), ["^B一", "^B二"]),
    "byte:FF": (b"a\n\xffb\xff", ["a^J", "b"]),
    "bytes:4": (b"abcd\n\r\nxABCD", ["abcd", "^J^M^Jx", "ABCD"]),
    "len:u8": (b"\x03abc\x00\x02\n\x01", ["abc", "", "^J^A"]),
    "len:u16be": ("\0\x06你好\0\x01x".encode(), ["你好", "x"]),
    "len:u16le": ("\x06\0你好\x01\0x".encode(), ["你好", "x"]),
    "len:u32be": ("\0\0\0\x06你好\0\0\0\x01x".encode(), ["你好", "x"]),
    "len:u32le": ("\x06\0\0\0你好\x01\0\0\0x".encode(), ["你好", "x"]),
    "len:u16be+2": (b"\0\x01xCC\0\0CC", ["xCC", "CC"]),
    "len:u16be-2": (b"\0\x05abc\0\x02\0\x03d", ["abc", "", "d"]),
}
each_form = pytest.mark.parametrize("form", STREAMS)


def encoding_of(form):
    return "latin1" if form == "byte:FF" else "utf-8"


@each_form
def test_message_is_the_same_in_one_packet_and_byte_by_byte(talk, form):
    stream, expected = STREAMS[form]
    screen, peer = talk("connect", "--message", form, "-e", encoding_of(form))
    peer.sendall(stream)
    screen.wait_for(lambda screen: messages(screen) == expected)
    for i in range(len(stream)):
        peer.sendall(stream[i:i + 1])
    screen.wait_for(lambda screen: messages(screen) == 2 * expected)


def test_silence_ends_no_message(talk):
    """Silence ends a message after 50 ms without the option."""
    screen, peer = talk("connect", "--message", "byte:03", "-e", "gbk")
    peer.sendall("\x02净重".encode("gbk"))
    screen.settle(0.4)
    assert messages(screen) == []
    peer.sendall(" 23.5\x03".encode("gbk"))
    screen.wait_for("peer│ ^B净重 23.5")


def test_gap_ends_a_message_and_nothing_else_does(talk):
    screen, peer = talk("connect", "--message", "gap:200ms", "-e", "raw")
    peer.sendall(b"one\r\ntwo\n")
    peer.sendall(b"three")
    screen.wait_for("peer│ one^M^Jtwo^Jthree")
    peer.sendall(b"four\n")
    screen.wait_for("peer│ four^J")


def test_each_read_is_a_message_with_none(talk):
    screen, peer = talk("connect", "--message", "none")
    peer.sendall("一\n二\n".encode())
    screen.wait_for("peer│ 一^J二^J")
    peer.sendall(b"x")
    screen.wait_for("peer│ x\n")


@pytest.mark.parametrize("form, shown", [("lf", "^@(x3)"), ("crlf", "^@(x3)"), ("byte:03", "^@(x3)"), ("bytes:4", "^@(x3)"),
                                         ("len:u16be+2", "^@"), ("gap:60", "^@(x3)")])
def test_end_of_the_peer_ends_a_message(talk, form, shown):
    screen, peer = talk("listen", "--message", form, "-e", "utf-8")
    peer.sendall(b"\0\0\0")
    peer.close()
    screen.wait_for("▸ peer1 left")
    assert messages(screen) == [shown]


def test_message_over_64_kib_comes_in_pieces_and_is_told(tcpchat):
    with crowd_of(tcpchat, "--message", "byte:03", "--reply", "ok") as crowd:
        peer = crowd.call()
        in_background(peer.send, 70_000 * b"x" + b"\x03end\x03")
        assert peer.read(6) == b"okokok"
        assert crowd.run.read(70_005) == 70_000 * b"x" + b"\nend\n"
        crowd.run.expect_stderr(rb"127\.0\.0\.1:\d+ is longer than 64 KiB, and comes in pieces\n")


def test_reply_answers_each_framed_message(tcpchat):
    with crowd_of(tcpchat, "--message", "len:u16be", "--reply", "+") as crowd:
        peer = crowd.call()
        for piece in (b"\0", b"\x05a\n", b"b\r\n\0\x01", b"x"):
            peer.send(piece)
        assert peer.read(2) == b"++"
        assert crowd.run.read(8) == b"a\nb\r\n\nx\n"


def test_reply_waits_for_no_silence(tcpchat):
    with crowd_of(tcpchat, "--message", "lf", "--reply", "+") as crowd:
        peer = crowd.call()
        peer.send(b"no end")
        assert not peer.has_more(0.3)
        peer.send(b" yet\n")
        assert peer.read(1) == b"+"


def test_events_and_transcript_have_framed_messages(conversation, tmp_path):
    """In a pipe, too, whose bytes pass as they are."""
    events, transcript = tmp_path / "events", tmp_path / "transcript"
    run, peer = conversation("connect", "--message", "byte:03", "-e", "gbk", "--events", events,
                             "--transcript", transcript)
    data = "\x02一\n二\x03三\x03".encode("gbk")
    for i in range(len(data)):
        peer.sendall(data[i:i + 1])
    peer.close()
    assert run.read_all() == data.decode("gbk").encode()
    run.end_input()
    ends(run, 0)
    told = [json.loads(line) for line in events.read_text().splitlines()]
    heard = [(event["text"], event["bytes"]) for event in told if event["event"] == "message"]
    assert heard == [("\x02一\n二", 7), ("三", 3)]
    lines = transcript.read_text().splitlines()
    assert [line.split(": ", 1)[1] for line in lines if ": " in line] == ["^B一^J二", "三"]


def test_telnet_is_text_where_bytes_are_counted(talk):
    screen, peer = talk("connect", "--message", "bytes:4", "--view", "hex")
    peer.sendall(b"\xff\xfb\x01\x03\xff\xff\xff\xff")
    screen.wait_for("0000 ff fb 01 03")
    screen.wait_for("0000 ff ff ff ff")


@pytest.mark.parametrize("mark", ["30", "39", "40", "7e", "80", "FE"])
@pytest.mark.parametrize("encoding", ["gbk", "big5", "utf-8,gbk"])
def test_mark_inside_characters_is_refused(tcpchat, mark, encoding):
    run = tcpchat("listen", 0, "--message", f"byte:{mark}", "--reply", "x", "-e", encoding)
    assert run.wait() == 2
    assert re.fullmatch(rb"tcpchat: --message byte:%s: this byte is also a part of characters of "
                        rb"(GBK|BIG5|UTF-8); add -e raw, or -e with a charset of one byte\n" % mark.upper().encode(),
                        run.stderr)


@pytest.mark.parametrize("mark, encoding", [("2f", "gbk"), ("3a", "gbk"), ("ff", "gbk"), ("41", "latin1"),
                                            ("7e", "utf-8"), ("41", "raw")])
def test_mark_outside_characters_is_taken(tcpchat, mark, encoding):
    with crowd_of(tcpchat, "--message", f"byte:{mark}", "--reply", "+", "-e", encoding) as crowd:
        peer = crowd.call()
        peer.send(b"x" + bytes.fromhex(mark))
        assert peer.read(1) == b"+"


def test_encoding_command_keeps_the_mark_outside_characters(talk):
    screen, peer = talk("connect", "--message", "byte:7e", "-e", "utf-8")
    screen.enter("/encoding gbk")
    screen.wait_for("byte:7E: this byte is also a part of characters of GBK")
    peer.sendall("好~".encode())
    screen.wait_for("peer│ 好")


@pytest.mark.parametrize("options, sentence", [
    (["--chat", "--message", "lf"], b"--message and --chat exclude each other"),
    (["--broker", "--message", "lf"], b"--message and --broker exclude each other"),
    (["--message", "lf"], b"--message: a pipe passes bytes on as they come; --message is for a terminal, --reply,"),
    (["-k", "--message", "lf"], b"--message: a pipe passes bytes on as they come"),
    (["--exec", "cat", "--message", "lf"], b"--message: a pipe passes bytes on as they come"),
    (["--transcript", "-", "--message", "gap:1"], b"--message gap: is for a terminal, --reply and --rules"),
    (["--message", "byte:3"], b"--message byte:3: a byte has two hexadecimal digits, such as byte:03"),
    (["--message", "bytes:0"], b"--message bytes:0: the number is from 1 to 65536"),
    (["--message", "len:u24be"], b"--message len:u24be: the form is u8, u16be, u16le, u32be or u32le"),
    (["--message", "gap:soon"], b"--message gap:soon: the silence is from 1ms to 3600s"),
    (["--message", "line"], b"--message takes lf, crlf, cr, nul, byte:HH, bytes:N, len:u16be, gap:50ms or none, "
                            b"not 'line'"),
])
def test_message_is_refused_with_a_sentence(tcpchat, options, sentence):
    run = tcpchat("listen", 0, *options)
    assert run.wait() == 2
    assert run.stderr.startswith(b"tcpchat: " + sentence) and run.stderr.count(b"\n") == 1
