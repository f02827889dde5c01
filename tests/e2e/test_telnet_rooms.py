# SPDX-License-Identifier: GPL-3.0-or-later
"""Telnet peers in rooms and at a terminal: answered, edited as they type, written to as RFC 854 has it."""
import pexpect
import pytest

from crowd import connected, crowd_of
from harness import PATIENCE, environment, read_exactly
from test_terminal_messages import nodelay, wait_messages

PUTTY = bytes.fromhex("fffb1f fffb20 fffb18 fffb27 fffd01 fffb03 fffd03")
REFUSALS = bytes.fromhex("fffe1f fffe20 fffe18 fffe27 fffc01 fffe03 fffc03")
SIZE = b"\xff\xfa\x1f\x00\xff\xff\x00\x18\xff\xf0"  # 255 columns, 24 rows
GREETING = b"-!- you are peer1; /help lists commands\n"
SILENCES = {"cr": b"\r", "cr nul": b"\r\0", "cr lf": b"\r\n"}
line_ends = pytest.mark.parametrize("end", SILENCES.values(), ids=SILENCES.keys())


def type_keys(peer, text, charset="utf-8"):
    """Key by key, each in a packet of its own."""
    nodelay(peer)
    for key in text:
        peer.sendall(key.encode(charset))


# PuTTY.

def test_putty_is_a_full_member_of_a_chat(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd, crowd.run.call() as putty:
        assert read_exactly(putty.fileno(), len(GREETING)) == GREETING
        putty.sendall(PUTTY + b"/nick bob\r\n")
        assert read_exactly(putty.fileno(), len(REFUSALS)) == REFUSALS
        assert read_exactly(putty.fileno(), 17) == b"-!- you are bob\r\n"
        other = crowd.join("alice")
        joined = b"-!- peer2 joined\r\n-!- peer2 is now alice\r\n"
        assert read_exactly(putty.fileno(), len(joined)) == joined
        putty.sendall(SIZE + "谢谢\r\n".encode("gbk") + PUTTY + "再见\r\n".encode("gbk"))
        assert other.lines(2) == ["bob: 谢谢", "bob: 再见"]
        other.say("好")
        assert read_exactly(putty.fileno(), 11) == "alice: 好\r\n".encode("gbk")


def test_putty_talks_with_a_person(talk):
    screen, putty = talk("listen")
    putty.sendall(PUTTY)
    assert read_exactly(putty.fileno(), len(REFUSALS)) == REFUSALS
    putty.sendall(SIZE + "谢谢".encode("gbk") + b"\r\n")
    wait_messages(screen, ["谢谢"])
    screen.enter("不客气")
    assert read_exactly(putty.fileno(), 8) == "不客气\r\n".encode("gbk")


def test_program_behind_telnet_prompts_a_person(talk):
    """IAC GA behind a prompt eats no letter."""
    screen, server = talk("connect")
    server.sendall(b"\xff\xfd\x18\xff\xfb\x03login: \xff\xf9")
    assert read_exactly(server.fileno(), 6) == b"\xff\xfc\x18\xff\xfe\x03"
    wait_messages(screen, ["login:"])
    screen.enter("alice")
    assert read_exactly(server.fileno(), 7) == b"alice\r\n"
    server.sendall(b"welcome\xff\xf9 home\r\n")
    wait_messages(screen, ["login:", "welcome home"])


def test_crlf_goes_to_those_that_negotiated_alone(tcpchat):
    with crowd_of(tcpchat, "--chat", "-e", "utf-8") as crowd:
        one, other, putty = crowd.join(), crowd.join(), crowd.call()
        assert putty.line().startswith("-!- you are peer3") and other.line() == "-!- peer3 joined"
        putty.send(PUTTY)
        assert putty.read(len(REFUSALS)) == REFUSALS
        one.say("hi")
        assert other.line() == "peer1: hi"
        assert putty.until_line("peer1: hi\r")


def test_letter_of_byte_ff_is_doubled_both_ways(tcpchat):
    with crowd_of(tcpchat, "--chat", "-e", "windows-1251") as crowd, crowd.run.call() as telnet:
        telnet.sendall(b"\xff\xfb\x1f" + b"\xff\xff\xec\r\n")
        answer = GREETING + b"\xff\xfe\x1f"
        assert read_exactly(telnet.fileno(), len(answer)) == answer
        other = crowd.join(charset="cp1251")
        joined = b"-!- peer2 joined\r\n"
        assert read_exactly(telnet.fileno(), len(joined)) == joined
        telnet.sendall(b"\xff\xff\xec\r\n")
        assert other.line() == "peer1: ям"
        other.send("моя\n".encode("cp1251"))
        assert read_exactly(telnet.fileno(), 13) == b"peer2: \xec\xee\xff\xff\r\n"


@pytest.mark.parametrize("text", ["я", "ящик", "яя", "яыль"])
def test_russian_first_words_are_no_commands(tcpchat, text):
    """Nobody waits for the rest of a command that a letter only seems to begin."""
    with crowd_of(tcpchat, "--chat", "-e", "windows-1251") as crowd:
        one, other = crowd.join_all(None, None, charset="cp1251")
        one.send(text.encode("cp1251"))
        assert other.line() == f"peer1: {text}"


@pytest.mark.parametrize("options", [[], ["-e", "gbk"]], ids=" ".join)
def test_broker_passes_commands_on_and_answers_none(tcpchat, options):
    with crowd_of(tcpchat, "--broker", "-v", *options) as crowd:
        one, other = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        data = PUTTY + b"a\b" + SIZE + b"b\r\0c\n"
        one.send(data)
        assert other.read(len(data)) == data
        other.send(b"ok\n")
        assert one.line() == "ok"


# Keys that come one by one.

@line_ends
def test_keys_become_one_message_of_a_chat(tcpchat, end):
    with crowd_of(tcpchat, "--chat") as crowd, crowd.run.call() as telnet:
        assert read_exactly(telnet.fileno(), len(GREETING)) == GREETING
        other = crowd.join()
        type_keys(telnet, "hellp\x7fo 你们\b好")
        telnet.sendall(end)
        assert other.line() == "peer1: hello 你好"
        type_keys(telnet, "x\b/nick bob")
        telnet.sendall(end)
        assert other.line() == "-!- peer1 is now bob"
        type_keys(telnet, "end")
        telnet.sendall(end)
        assert other.line() == "bob: end"


@line_ends
def test_keys_become_one_message_at_a_terminal(talk, end):
    screen, telnet = talk("listen")
    type_keys(telnet, "谢谢们", "gbk")
    telnet.sendall(b"\x7f" + end)
    wait_messages(screen, ["谢谢"])
    telnet.sendall(end)
    wait_messages(screen, ["谢谢", ""])
    type_keys(telnet, "end")
    telnet.sendall(end)
    wait_messages(screen, ["谢谢", "", "end"])


def test_keys_within_a_second_are_one_message(talk):
    screen, telnet = talk("connect")
    nodelay(telnet)
    for key in "hi 你":
        telnet.sendall(key.encode())
        screen.watch(0.15)
    wait_messages(screen, ["hi 你"])


def test_lone_bs_is_shown(talk):
    """There is nothing before it to rub out."""
    screen, telnet = talk("connect")
    telnet.sendall(b"\x08\x7fa\x08b\n")
    wait_messages(screen, ["^H^?b"])


def test_rubbed_out_text_is_nowhere(talk, tmp_path):
    """The bytes of -o stay as they came."""
    transcript, wire = tmp_path / "transcript", tmp_path / "wire"
    screen, telnet = talk("connect", "--transcript", transcript, "-o", wire)
    telnet.sendall(b"secret" + b"\b" * 6 + b"open\r")
    wait_messages(screen, ["open"])
    telnet.close()
    screen.wait()
    assert "peer: open" in transcript.read_text() and "secret" not in transcript.read_text()
    assert wire.read_bytes() == b"secret" + b"\b" * 6 + b"open\r"


def test_late_lf_of_a_cr_adds_no_message(talk):
    screen, telnet = talk("connect")
    nodelay(telnet)
    telnet.sendall(b"one\r")
    wait_messages(screen, ["one"])
    telnet.sendall(b"\ntwo\n")
    wait_messages(screen, ["one", "two"])


# A CR in the midst.

CRS = [(b"line1\rline2\r", ["line1", "line2"]), (b"10%\r20%\rdone\n", ["10%", "20%", "done"]),
       (b"one\r\r\ntwo\r\n", ["one", "two"]), (b"a\r\rb\n", ["a", "", "b"])]


@pytest.mark.parametrize("sent, lines", CRS)
def test_cr_before_another_byte_ends_a_line_at_a_terminal(talk, sent, lines):
    screen, peer = talk("connect")
    peer.sendall(sent)
    wait_messages(screen, lines)


def test_lines_that_end_with_cr_follow_at_once(talk):
    screen, peer = talk("listen")
    nodelay(peer)
    for line in "abc":
        peer.sendall(line.encode() + b"\r")
        screen.watch(0.02)
    wait_messages(screen, ["a", "b", "c"])


def test_commands_that_end_with_cr_are_obeyed(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.send(b"/nick joe\r/me hi\r")
        assert other.lines(2) == ["-!- peer1 is now joe", "* joe hi"]


def test_two_crs_before_the_end_are_two_lines(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.send(b"a\r\r")
        one.finish()
        assert other.lines(3) == ["peer1: a", "peer1: ", "-!- peer1 left"]


@pytest.mark.parametrize("options", [["-e", "raw"], ["--no-commands", "-e", "raw"]], ids=" ".join)
def test_cr_of_raw_bytes_ends_no_line(tcpchat, options):
    with crowd_of(tcpchat, "--chat", *options) as crowd:
        one, other = crowd.join_all(None, None)
        one.send(b"10%\r20%\n")
        assert other.line() == "peer1: 10%^M20%"


# Debian's telnet.

@pytest.mark.parametrize("mode", ["line", "character"])
def test_telnet_program_is_a_full_member(tcpchat, mode):
    with crowd_of(tcpchat, "--chat") as crowd:
        telnet = pexpect.spawn("telnet", ["127.0.0.1", str(crowd.run.port)], env=environment(), encoding="utf-8",
                               timeout=PATIENCE)
        telnet.delaybeforesend = None
        telnet.expect_exact("you are peer1; /help lists commands")
        telnet.sendcontrol("]")
        telnet.expect_exact("telnet>")
        telnet.send(f"mode {mode}\r")
        other = crowd.join()
        telnet.expect_exact("peer2 joined")
        for key in "/nick bob\r":
            telnet.send(key)
        telnet.expect_exact("you are bob")
        assert other.until_line("-!- peer1 is now bob")
        telnet.send("你好\r")
        assert other.line() == "bob: 你好"
        other.say("看见了")
        telnet.expect_exact("peer2: 看见了")
        telnet.send("/quit\r")
        telnet.expect(pexpect.EOF)
        assert other.line() == "-!- bob left"


# -e raw.

KEYS_AND_COMMANDS = b"\xff\xfb\x1f\xff\xfd\x03login:\xff\xf9\na\bb\nc\r\0d\n"
AS_THEY_CAME = ["\ufffd\ufffd^_\ufffd\ufffd^Clogin:\ufffd\ufffd", "a^Hb", "c^M^@d"]


def test_raw_bytes_are_no_commands_at_a_terminal(talk):
    screen, peer = talk("listen", "-e", "raw")
    peer.sendall(KEYS_AND_COMMANDS)
    wait_messages(screen, AS_THEY_CAME)
    screen.enter("hi")
    assert read_exactly(peer.fileno(), 3) == b"hi\n"


def test_raw_bytes_are_no_commands_in_a_chat(tcpchat):
    with crowd_of(tcpchat, "--chat", "-e", "raw") as crowd:
        one, other = crowd.join_all(None, None)
        one.send(KEYS_AND_COMMANDS)
        assert other.lines(3) == [f"peer1: {line}" for line in AS_THEY_CAME]
        other.say("hi")
        assert one.line() == "peer2: hi"


def test_charset_of_a_command_ends_raw(talk):
    screen, peer = talk("listen", "-e", "raw")
    peer.sendall(b"a\bb\n")
    wait_messages(screen, ["a^Hb"])
    screen.enter("/encoding gbk")
    screen.wait_for("GBK")
    peer.sendall(b"c\bd\n")
    wait_messages(screen, ["a^Hb", "d"])
