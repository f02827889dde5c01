# SPDX-License-Identifier: GPL-3.0-or-later
"""`--progress`: bytes, rate and time on stderr while data flows through a pipe."""
import contextlib
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from harness import PATIENCE, ends, in_background, receive_all
from ways import some_bytes

ROW = re.compile(r"^\d[\d.]* [KMG]?i?B received \(", re.M)


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_progress_counts_a_file_through_a_pipe(conversation, role):
    run, peer = conversation(role, "--progress")
    peer.sendall(some_bytes(100_000))
    assert run.read(100_000) == some_bytes(100_000)
    run.end_input()
    assert receive_all(peer) == b""
    peer.close()
    ends(run, 0)
    assert re.search(rb"\b(100000|100,000|97\.\d|98|0\.1|100)\b", run.stderr)


def test_progress_prints_lines_meanwhile(conversation):
    run, peer = conversation("listen", "--progress")
    peer.sendall(some_bytes(4096))
    run.expect_stderr(rb"\d[^\n]*/s")  # within ten seconds
    assert run.process.poll() is None


def test_progress_counts_sent_bytes(conversation):
    run, peer = conversation("connect", "--progress")
    run.send(some_bytes(4096))
    run.end_input()
    assert receive_all(peer) == some_bytes(4096)
    peer.close()
    ends(run, 0)
    assert re.search(rb"\d[^\n]*/s", run.stderr)


def standard_input(folder, size, offset=0):
    """A file with so many bytes behind its offset."""
    (folder / "file").write_bytes(some_bytes(offset + size))
    file = open(folder / "file", "rb", buffering=0)
    file.seek(offset)
    return file


def test_progress_of_a_file_has_a_share_and_a_time_left(tcpchat, listener, tmp_path):
    """The peer takes nothing at first, and then all."""
    size = 64 << 20
    there = listener()
    with standard_input(tmp_path, size) as file:
        run = tcpchat("connect", "--progress", "127.0.0.1", there.port, stdin=file)
        with there.accept() as peer:
            run.expect_stderr(rb"^tcpchat: (\d|[1-8]\d) %(, \d+ (s|min) [^;]*left)?; 0 B received \(")  # within ten seconds
            assert len(receive_all(peer)) == size
    ends(run, 0)
    assert re.search(rb"^tcpchat: 100 %; 0 B received \(0 B/s\), 64\.0 MiB sent \(", run.stderr, re.M)


def test_progress_counts_a_file_from_its_offset(tcpchat, listener, tmp_path):
    there = listener()
    with standard_input(tmp_path, 1000, offset=500) as file:
        run = tcpchat("connect", "--progress", "127.0.0.1", there.port, stdin=file)
        with there.accept() as peer:
            assert len(receive_all(peer)) == 1000
    ends(run, 0)
    assert b"100 %; 0 B received" in run.stderr


def test_progress_of_a_converted_file_counts_the_file(tcpchat, listener, tmp_path):
    """3000 bytes of UTF-8 are 2000 of GBK."""
    there = listener()
    (tmp_path / "file").write_text("好" * 1000, encoding="utf-8")
    with open(tmp_path / "file", "rb") as file:
        run = tcpchat("connect", "--progress", "-e", "gbk", "127.0.0.1", there.port, stdin=file)
        with there.accept() as peer:
            assert len(receive_all(peer)) == 2000
    ends(run, 0)
    assert b"100 %; 0 B received (0 B/s), 2.0 KiB sent" in run.stderr


@pytest.mark.parametrize("option", [["--recv-only"], ["--exec", "cat"]], ids=lambda option: option[0])
def test_progress_has_no_share_of_a_file_that_is_not_read(tcpchat, listener, tmp_path, option):
    there = listener()
    with standard_input(tmp_path, 1000) as file:
        run = tcpchat("connect", "--progress", *option, "127.0.0.1", there.port, stdin=file)
        there.accept().close()
    ends(run, 0)
    assert b" sent (" in run.stderr and b"%" not in run.stderr


def test_progress_leaves_stdout_alone(conversation):
    run, peer = conversation("connect", "--progress")
    peer.sendall(b"only this")
    peer.close()
    run.end_input()
    assert run.read_all() == b"only this"


# The row, and what else is said on the same terminal.

@pytest.fixture
def progress(screen):
    """progress(option...) is a listening run whose stderr is a terminal, and so is stdout unless it is a pipe."""
    def start(*options, pipes=("stdin", "stdout"), **of_screen):
        streams = dict.fromkeys(pipes, subprocess.PIPE)
        run = screen("listen", *options, "--progress", "127.0.0.1", 0, **streams, **of_screen)
        run.place = ("127.0.0.1", int(run.wait_for(re.compile(r"listening on 127\.0\.0\.1:(\d+)$", re.M))[1]))
        return run

    return start


@contextlib.contextmanager
def called(run):
    with socket.create_connection(run.place, PATIENCE) as peer:
        yield peer, "127.0.0.1:%d" % peer.getsockname()[1]


def laid_out(message, columns):
    """The rows of a message."""
    return [message[i:i + columns].rstrip() for i in range(0, len(message), columns)]


def assert_shows(run, messages):
    """The messages, one after the other, each from the beginning of a row on, and then the row: the terminal has
    nothing else."""
    rows = [row for message in messages for row in laid_out(f"tcpchat: {message}", run.columns)]
    run.wait_for(lambda screen: screen.rows[:-1] == rows and ROW.search(screen.rows[-1]))
    assert len(run.rows[-1]) < run.columns


@contextlib.contextmanager
def sending(peer):
    """Meanwhile the peer sends something all the time."""
    enough = threading.Event()

    def send():
        while not enough.wait(0.01):
            peer.sendall(some_bytes(1000))

    sender = in_background(send)
    try:
        yield
    finally:
        enough.set()
        sender.join()


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_messages_appear_above_the_row_of_progress(progress, columns):
    run = progress("-k", "-v", "--no-sandbox", columns=columns, rows=60)
    in_background(lambda: [None for _ in iter(lambda: run.process.stdout.read(65536), b"")])
    messages = ["listening on %s:%d" % run.place, "not confined: --no-sandbox was given"]
    with called(run) as (lasting, address), sending(lasting):
        messages.append(f"{address} connected")
        run.wait_for(ROW)
        for n in range(8):
            with called(run) as (peer, address):
                messages.append(f"{address} connected")
                assert_shows(run, messages)
                peer.sendall(b"x" * n)
            messages.append(f"{address} closed by the peer; {n} bytes received, 0 sent")
            assert_shows(run, messages)


def test_progress_row_becomes_a_line_at_the_end(progress):
    run = progress("-k")
    with called(run) as (peer, _):
        peer.sendall(b"x\n")
        run.wait_for(ROW)
        run.process.send_signal(signal.SIGTERM)
        ends(run, 128 + signal.SIGTERM)
    assert len(run.rows) == 2
    assert re.match(r"tcpchat: 2 B received \(.*/s\), 0 B sent \(.*/s\) in .* s$", run.rows[1])


def test_received_text_is_not_glued_to_the_row_of_progress(progress):
    """If standard output is that terminal, the row gives way for good."""
    run = progress(pipes=["stdin"])
    with called(run) as (peer, _):
        run.wait_for(ROW)
        peer.sendall("第一行\n半".encode())
        run.wait_for("半")
        assert run.rows[1:] == ["第一行", "半"]
        peer.sendall("行\n".encode())
        run.process.stdin.close()
    ends(run, 0)
    assert run.rows[1:3] == ["第一行", "半行"] and run.rows[3].startswith("tcpchat: 17 B received (")


def test_log_on_a_terminal_has_no_row_of_progress(progress):
    run = progress("--chat", pipes=["stdin"])
    with called(run) as (one, address):
        run.wait_for(f"-!- peer1 {address} joined")
        time.sleep(0.7)  # long enough for a row, which is the matter
        with called(run) as (_, other):
            run.wait_for(f"-!- peer2 {other} joined")
        run.wait_for("-!- peer2 left")
    run.wait_for("-!- peer1 left")
    assert not ROW.search(run.text)
    assert [row.split()[1] for row in run.rows[1:]] == ["peer1", "peer2", "peer2", "peer1"]
