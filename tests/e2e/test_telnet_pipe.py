# SPDX-License-Identifier: GPL-3.0-or-later
"""A telnet peer of a pipe: its commands are no text with `-e`, and all bytes stay without it."""
import pytest

from harness import environment, read_exactly

PUTTY = bytes.fromhex("fffb1f fffb20 fffb18 fffb27 fffd01 fffb03 fffd03")
GO_AHEAD = b"\xff\xf9"
SIZE = b"\xff\xfa\x1f\x00\xff\xff\x00\x18\xff\xf0"  # 255 columns, 24 rows
both_roles = pytest.mark.parametrize("role", ["listen", "connect"])


def received(conversation, options, data, role="connect", **popen):
    """The bytes that stdout got of a peer that sends data and ends, the exit status, and the run."""
    run, peer = conversation(role, *options, **popen)
    run.end_input()
    peer.sendall(data)
    peer.close()
    return run.read_all(), run.wait(), run


@both_roles
def test_commands_are_taken_out(conversation, role):
    """IAC GA behind a prompt eats no letter; a piece of a command waits for its rest."""
    run, peer = conversation(role, "-e", "gbk")
    peer.sendall(PUTTY + "用户名: ".encode("gbk") + GO_AHEAD + b"a\xff")
    assert run.read(len("用户名: a".encode())) == "用户名: a".encode()
    peer.sendall(b"\xf1" + SIZE[:5])
    peer.sendall(SIZE[5:] + "谢谢\n".encode("gbk"))
    assert run.read(len("谢谢\n".encode())) == "谢谢\n".encode()
    run.end_input()
    peer.close()
    assert run.wait() == 0


def test_pipe_answers_nothing_and_ends_lines_for_telnet(conversation):
    run, peer = conversation("connect", "-e", "gbk")
    run.send("一\n".encode())
    assert read_exactly(peer.fileno(), 3) == "一\n".encode("gbk")
    peer.sendall(PUTTY + b"ok\n")
    assert run.read(3) == b"ok\n"
    run.send("二\n三\r\n".encode())
    run.end_input()
    peer.shutdown(1)
    assert read_exactly(peer.fileno(), None) == "二\r\n三\r\n".encode("gbk")
    assert run.wait() == 0


def test_letter_of_byte_ff_is_doubled_for_telnet(conversation):
    run, peer = conversation("connect", "-e", "windows-1251")
    peer.sendall(PUTTY + "яяящик\n".encode("cp1251").replace(b"\xff", b"\xff\xff"))
    assert run.read(13) == "яяящик\n".encode()
    run.send("моя文\n".encode())
    run.end_input()
    peer.shutdown(1)
    assert read_exactly(peer.fileno(), None) == b"\xec\xee\xff\xff?\r\n"
    assert run.wait() == 3
    run.expect_stderr(rb"1 character is not in WINDOWS-1251, the first U\+6587 at byte 4$")


@pytest.mark.parametrize("options", [[], ["-e", "raw"], ["-e", "utf-8"]], ids=lambda options: " ".join(options) or "none")
def test_bytes_that_are_not_converted_stay(conversation, options):
    data = PUTTY + b"a" + GO_AHEAD + SIZE + b"\xff\xff\r\0"
    assert received(conversation, options, data)[:2] == (data, 0)


@pytest.mark.parametrize("text", ["ящик\n", "яыяя", "я", "яз\n", "ьяь\n" * 1000])
def test_letters_of_windows_1251_stay(conversation, text):
    assert received(conversation, ["-e", "windows-1251"], text.encode("cp1251"))[:2] == (text.encode(), 0)


def test_mark_of_utf16_is_no_command(conversation):
    """Nothing behind it is taken out either."""
    data = "\ufeff好！\n".encode("utf-16-le") + GO_AHEAD
    shown, status, run = received(conversation, ["-e", "gbk", "--on-bad-text", "escape"], data)
    assert shown.count(rb"\xFF") == 3 and shown.endswith(rb"\xFF\xF9") and status == 3
    run.expect_stderr(rb"sends UTF-16, which tcpchat does not read$")


@pytest.mark.parametrize("data, at", [
    (PUTTY + b"ab\xfe\n", len(PUTTY) + 2), (b"\xff\n", 0), (SIZE + b"a" + GO_AHEAD + b"\xffx\n", len(SIZE) + 3),
    (b"a" + GO_AHEAD + b"\xc4", 3), (b"ab\xff\xfb", 2),
])
def test_bad_text_is_told_where_it_was_on_the_wire(conversation, data, at):
    assert received(conversation, ["-e", "gbk"], data)[1] == 3
    run = received(conversation, ["-e", "gbk"], data)[2]
    run.expect_stderr(rb"not valid GBK, the first at byte %d$" % at)


def test_files_have_the_wire_and_the_transcript_its_text(conversation, tmp_path):
    wire, dump, transcript = (tmp_path / name for name in ("wire", "dump", "transcript"))
    data = PUTTY + "谢谢".encode("gbk") + GO_AHEAD + b"\n" + SIZE
    options = ["-e", "gbk", "-o", wire, "-x", dump, "--transcript", transcript, "-v"]
    shown, status, run = received(conversation, options, data)
    assert (shown, status) == ("谢谢\n".encode(), 0)
    assert wire.read_bytes() == data
    assert b"ff fb 1f ff fb 20" in dump.read_bytes()
    assert transcript.read_text().rstrip().endswith("peer: 谢谢")
    run.expect_stderr(rb"; %d bytes received, 0 sent$" % len(data))


def test_transcript_has_each_letter_once(conversation, tmp_path):
    run, peer = conversation("connect", "-e", "windows-1251", "--transcript", tmp_path / "t", "--name", "me")
    peer.sendall(PUTTY + b"?\n")
    assert run.read(2) == b"?\n"
    run.send("моя\n".encode())
    run.end_input()
    peer.shutdown(1)
    assert read_exactly(peer.fileno(), None) == b"\xec\xee\xff\xff\r\n"
    assert run.wait() == 0
    assert (tmp_path / "t").read_text().rstrip().endswith("me: моя")


def test_program_reads_no_commands(tcpchat):
    run = tcpchat("listen", "-e", "gbk", "--sh-exec", "cat; echo 完", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(PUTTY + "你好".encode("gbk") + GO_AHEAD + b"\n")
        peer.shutdown(1)
        assert read_exactly(peer.fileno(), None) == "你好\r\n完\r\n".encode("gbk")


def test_forward_takes_commands_out_of_both_sides(tcpchat, listener):
    there = listener()
    run = tcpchat("listen", "-e", "gbk", "--forward", f"127.0.0.1:{there.port}", "--forward-encoding", "utf-8",
                  "127.0.0.1", 0, env=environment())
    with run.call() as peer, there.accept() as server:
        server.sendall("口令: ".encode() + GO_AHEAD)
        assert read_exactly(peer.fileno(), 6) == "口令: ".encode("gbk")
        peer.sendall(PUTTY + "谢".encode("gbk") + b"\xff\xf1\n")
        assert read_exactly(server.fileno(), 4) == "谢\n".encode()
        server.sendall("好\n".encode())
        assert read_exactly(peer.fileno(), 4) == "好\r\n".encode("gbk")
