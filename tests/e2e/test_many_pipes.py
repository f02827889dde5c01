# SPDX-License-Identifier: GPL-3.0-or-later
"""`listen -k` in a pipe: standard input goes to every peer, and the run goes on after them."""
import contextlib
import fcntl
import os
import signal
import socket
import struct
import subprocess
import termios
import time

import pytest

from crowd import arrives_everywhere, complaints, connected, crowd_of
from harness import PATIENCE, ends, has_only_announced, in_background, receive_until_reset, until
from ways import rests, some_bytes, some_text


def waiting_in(pipe):
    """The number of bytes that are not read yet."""
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]


def fill(pipe):
    """As much as goes into a pipe now; returns it."""
    os.set_blocking(pipe.fileno(), False)
    given = b""
    with contextlib.suppress(BlockingIOError):
        while True:
            piece = some_bytes(len(given) + 4096)[len(given):]
            given += piece[:os.write(pipe.fileno(), piece)]
    os.set_blocking(pipe.fileno(), True)
    return given


# Standard input.

def test_stdin_goes_to_every_peer(tcpchat):
    data = some_bytes(3 << 20)
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        peers = [crowd.call() for _ in range(5)]
        connected(crowd.run, 5)
        in_background(crowd.run.send, data)
        assert arrives_everywhere(peers, data)


def test_stdin_is_not_read_before_the_first_peer(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        assert crowd.run.port
        data = fill(crowd.run.stdin)
        until(lambda: rests(crowd.run.pid, 0.3), "standing still")
        assert waiting_in(crowd.run.stdin) == len(data)
        peer = crowd.call()
        assert peer.read(len(data)) == data


def test_stdin_is_not_read_without_peers(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        crowd.call().close()
        crowd.run.expect_stderr(rb" closed by the peer; 0 bytes received, 0 sent$")
        crowd.run.send("有人吗\n".encode())
        until(lambda: rests(crowd.run.pid, 0.3), "standing still")
        assert crowd.call().line() == "有人吗"


def test_stdins_end_half_closes_every_peer(tcpchat):
    """And to later peers; all of them may still speak."""
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        early = [crowd.call() for _ in range(3)]
        connected(crowd.run, 3)
        crowd.run.send("再见\n".encode())
        crowd.run.end_input()
        assert [peer.rest().decode() for peer in early] == ["再见\n"] * 3
        late = [crowd.call() for _ in range(2)]
        assert [peer.rest() for peer in late] == [b"", b""]
        for i, peer in enumerate(early + late):
            peer.say(f"我是 {i}")
            assert crowd.run.read(len(f"我是 {i}\n".encode())).decode() == f"我是 {i}\n"


@pytest.mark.parametrize("stdin", [subprocess.DEVNULL, subprocess.PIPE], ids=["null", "empty pipe"])
def test_empty_stdin_closes_no_peer(tcpchat, stdin):
    with crowd_of(tcpchat, "-k", stdin=stdin) as crowd:
        if stdin == subprocess.PIPE:
            crowd.run.end_input()
        for text in ("第一个\n", "第二个\n"):
            peer = crowd.call()
            peer.send(text.encode())
            assert crowd.run.read(len(text.encode())).decode() == text
            assert not peer.has_more(0.2)


def test_no_shutdown_keeps_every_peer_open(tcpchat):
    with crowd_of(tcpchat, "-k", "--no-shutdown") as crowd:
        early = crowd.call()
        crowd.run.send("只说一句\n".encode())
        assert early.line() == "只说一句"
        crowd.run.end_input()
        late = crowd.call()
        for peer in (early, late):
            assert not peer.has_more(0.2)
            peer.say("还在")
            assert crowd.run.read(7).decode() == "还在\n"


def test_recv_only_reads_no_stdin(tcpchat):
    with crowd_of(tcpchat, "-k", "--recv-only") as crowd:
        peer = crowd.call()
        crowd.run.send(b"unread\n")
        crowd.run.end_input()
        peer.say("收到了")
        assert crowd.run.read(10).decode() == "收到了\n"
        assert not peer.has_more(0.2)


def test_send_only_writes_no_stdout(tcpchat):
    with crowd_of(tcpchat, "-k", "--send-only", "-v") as crowd:
        peer = crowd.call()
        peer.send(b"discarded\n")
        peer.finish()
        crowd.run.expect_stderr(rb"closed by the peer; 10 bytes received")
        crowd.run.process.terminate()
        assert crowd.run.read_all() == b""


def test_slow_peer_gets_all_of_stdin(tcpchat):
    """It is the only one, so that it is waited for."""
    data = some_bytes(8 << 20)
    with crowd_of(tcpchat, "-k") as crowd:
        peer = crowd.call(window=4096)
        feeding = in_background(crowd.run.send, data)
        until(lambda: rests(crowd.run.pid, 0.3), "standing still")
        assert peer.read(len(data)) == data
        feeding.join(PATIENCE)
        assert has_only_announced(crowd.run.stderr)


def test_stdin_goes_out_in_each_peers_charset(tcpchat):
    """One charset for all, streamed: a character that the writer cuts is whole."""
    text = some_text(5000)
    with crowd_of(tcpchat, "-k", "-e", "gbk", "-v") as crowd:
        peers = [crowd.call() for _ in range(3)]
        connected(crowd.run, 3)
        data = text.encode()
        for at in range(0, len(data), 1001):
            crowd.run.send(data[at:at + 1001])
        expected = text.encode("gbk")
        assert arrives_everywhere(peers, expected)


def test_long_stdin_tears_no_character(tcpchat):
    """However much is read at once."""
    text = "x" + "中" * 100_000 + "é"
    with crowd_of(tcpchat, "-k", "-e", "gbk", "-v") as crowd:
        peer = crowd.call()
        connected(crowd.run, 1)
        crowd.run.send(text.encode())
        expected = text.encode("gbk")
        assert peer.read(len(expected)) == expected
        assert crowd.run.stderr.count(b"\n") == 3  # listening, confined, connected


def test_bad_text_of_stdin_is_told_once(tcpchat):
    with crowd_of(tcpchat, "-k", "-e", "gbk") as crowd:
        peer = crowd.call()
        crowd.run.send(b"a\xffb\n")
        assert peer.line() == "a?b"
        crowd.run.send(b"\xff" + "你😀\n😀\n".encode())
        assert peer.read(7) == b"?" + "你?\n?\n".encode("gbk")
        crowd.run.send("😀\n".encode())
        assert peer.read(2) == b"?\n"
        crowd.run.expect_stderr(rb"does not have\n")
        complaints = [line for line in crowd.run.stderr.decode().splitlines() if "listening" not in line]
        assert complaints == ["tcpchat: standard input holds text that is not valid UTF-8",
                              "tcpchat: standard input holds characters that a peer's charset does not have"]


def test_stop_ends_the_run_at_bad_text_of_stdin(tcpchat):
    with crowd_of(tcpchat, "-k", "-e", "gbk", "--on-bad-text", "stop") as crowd:
        peer = crowd.call()
        crowd.run.send("好".encode() + b"\xffb\nnext\n")
        assert receive_until_reset(peer.socket).decode("gbk") == "好"
        assert crowd.run.wait() == 3
        assert b"standard input: what follows is not valid UTF-8\n" in crowd.run.stderr


@pytest.mark.parametrize("options", [["-k"], ["--broker"]], ids=" ".join)
@pytest.mark.parametrize("data", [b"\xef\xbb\xbfa\xff\xfe\n", b"\xef\xbb", b"\r\n\0\xc3"])
def test_text_in_the_charset_of_all_is_unchanged(tcpchat, options, data):
    """The charset of both sides: nothing is converted, and no byte order mark dropped."""
    with crowd_of(tcpchat, *options, "-e", "utf-8", "-v") as crowd:
        one, other = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        crowd.run.send(data)
        assert one.read(len(data)) == other.read(len(data)) == data
        one.send(data)
        assert crowd.run.read(len(data)) == data
        if options == ["--broker"]:
            assert other.read(len(data)) == data


def test_peers_of_one_charset_get_unchanged_bytes(tcpchat):
    """Though the operator reads them converted."""
    data = b"x\x81\x39\xee\x39\xff\x80y\n"
    with crowd_of(tcpchat, "--broker", "-e", "gbk", "-v") as crowd:
        one, other = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        one.send(data)
        assert other.read(len(data)) == data
        assert crowd.run.read(1) == b"x"


# Coming, going and the end.

def test_run_goes_on_without_peers(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        for i in range(20):
            peer = crowd.call()
            peer.say(f"第 {i} 个")
            assert crowd.run.read(len(f"第 {i} 个\n".encode())).decode() == f"第 {i} 个\n"
            peer.close()
        assert has_only_announced(crowd.run.stderr)


def test_once_is_the_default_in_a_pipe(tcpchat):
    with crowd_of(tcpchat, stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        peer.say("一次")
        peer.close()
        assert crowd.run.read_all().decode() == "一次\n"
        ends(crowd.run, 0)


def test_closed_stdout_ends_a_quiet_run(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        peer = crowd.call()
        peer.say("到了")
        assert crowd.run.read(7).decode() == "到了\n"
        crowd.run.stdout.close()
        ends(crowd.run, 128 + signal.SIGPIPE)
        assert has_only_announced(crowd.run.stderr)


def test_closed_stdout_ends_a_run_without_peers(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        assert crowd.run.port
        crowd.run.stdout.close()
        ends(crowd.run, 128 + signal.SIGPIPE)
        assert has_only_announced(crowd.run.stderr)


def test_closed_stdout_ends_a_run_with_traffic(tcpchat):
    with crowd_of(tcpchat, "-k", stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        head = subprocess.Popen(["head", "-1"], stdin=crowd.run.stdout, stdout=subprocess.PIPE)
        crowd.run.stdout.close()
        peer.say("第一行", "第二行")
        assert head.communicate(timeout=PATIENCE)[0].decode() == "第一行\n"
        ends(crowd.run, 128 + signal.SIGPIPE)
        assert has_only_announced(crowd.run.stderr)


def test_full_disk_is_status_5(tcpchat):
    with open("/dev/full", "wb") as full, crowd_of(tcpchat, "-k", stdout=full) as crowd:
        crowd.call().say("写不下")
        ends(crowd.run, 5)
        line, = complaints(crowd.run)
        assert "No space left on device" in line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT], ids=lambda number: number.name)
def test_signal_ends_the_run(tcpchat, number):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        peers = [crowd.call() for _ in range(3)]
        connected(crowd.run, 3)
        crowd.run.process.send_signal(number)
        ends(crowd.run, 128 + number)
        assert all(peer.has_ended() for peer in peers)


def test_reset_is_one_message(tcpchat):
    """Earlier bytes are on stdout, and the others go on."""
    with crowd_of(tcpchat, "-k") as crowd:
        other, broken = crowd.call(), crowd.call()
        address = broken.address
        broken.say("最后一句")
        assert crowd.run.read(13).decode() == "最后一句\n"
        broken.reset()
        crowd.run.expect_stderr(b"reset by peer$")
        other.say("我还在")
        assert crowd.run.read(10).decode() == "我还在\n"
        crowd.run.send("大家好\n".encode())
        assert other.line() == "大家好"
        line, = complaints(crowd.run)
        assert line.startswith(f"tcpchat: {address}: ")


def test_idle_timeout_is_per_peer(tcpchat):
    with crowd_of(tcpchat, "-k", "-i", "1") as crowd:
        lively, still = crowd.call(), crowd.call()
        lively.say("开始")
        assert crowd.run.read(7).decode() == "开始\n"
        start = time.monotonic()
        while not still.has_more(0.1):
            lively.say("嗯")
            assert crowd.run.read(4).decode() == "嗯\n"
        assert still.has_ended() and 0.7 < time.monotonic() - start < 10
        lively.say("还在")
        assert crowd.run.read(7).decode() == "还在\n"
        crowd.run.expect_stderr(rb"nothing was sent or received for 1 s\n")
        line, = complaints(crowd.run)
        assert line.startswith("tcpchat: 127.0.0.1:")


def test_verbose_tells_about_each_peer(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        peers = [crowd.call() for _ in range(3)]
        connected(crowd.run, 3)
        crowd.run.send(b"1234567")
        for i, peer in enumerate(peers):
            assert peer.read(7) == b"1234567"
            peer.send(b"x" * i + b"\n")
            assert crowd.run.read(i + 1) == b"x" * i + b"\n"
            address = peer.address
            peer.close()
            crowd.run.expect_stderr(rb"^tcpchat: %s closed by the peer; %d bytes received, 7 sent$"
                                    % (address.encode(), i + 1))


def test_unix_peers_are_served(tcpchat, tmp_path):
    run = tcpchat("listen", "-k", "-v", f"unix:{tmp_path}/s")
    run.expect_stderr(rb"^tcpchat: listening on unix:")
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
        for peer in (one, two):
            peer.settimeout(PATIENCE)
            peer.connect(f"{tmp_path}/s")
        connected(run, 2)
        run.send(b"to both\n")
        assert one.recv(100) == two.recv(100) == b"to both\n"
        one.sendall(b"one\n")
        assert run.read(4) == b"one\n"
        two.sendall(b"two\n")
        assert run.read(4) == b"two\n"
