# SPDX-License-Identifier: GPL-3.0-or-later
"""Corners where a wake-up, a byte or a signal was once lost, or the processor was kept busy."""
import fcntl
import os
import signal
import socket

import pytest

from crowd import children
from harness import cpu_seconds, ends, in_background, one_sentence, receive_all, until
from ways import some_bytes

both_roles = pytest.mark.parametrize("role", ["connect", "listen"])


def has_closed(run, descriptor):
    """Whether /dev/null stands where the program had its standard output."""
    return os.readlink(f"/proc/{run.pid}/fd/{descriptor}") == "/dev/null"


@both_roles
def test_unacknowledged_bytes_cost_no_processor(conversation, role):
    """The peer has half-closed and does not read: every socket in that state calls itself hung up."""
    run, peer = conversation(role)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.shutdown(socket.SHUT_WR)
    data = os.urandom(300_000)
    in_background(lambda: (run.send(data), run.end_input()))
    until(lambda: has_closed(run, 1), "the peer's end to be passed on")
    before = cpu_seconds(run.pid)
    with pytest.raises(Exception):
        run.process.wait(1)
    assert cpu_seconds(run.pid) - before < 0.25
    assert receive_all(peer) == data
    ends(run, 0)


def test_quit_after_0_delivers_all_to_a_slow_peer(listener, tcpchat):
    """Not even where the peer sends something, which a closed socket would answer with a reset."""
    there = listener()
    run = tcpchat("connect", "-q", 0, "127.0.0.1", there.port)
    peer = there.accept()
    data = os.urandom(1_500_000)
    in_background(lambda: (run.send(data), run.end_input()))
    with pytest.raises(Exception):
        run.process.wait(0.8)
    peer.sendall(b"hello")
    assert receive_all(peer) == data
    ends(run, 0)


def test_second_unix_listener_leaves_the_queue_alone(tcpchat, tmp_path):
    path = tmp_path / "s"
    first = tcpchat("listen", "-v", f"unix:{path}")
    first.expect_stderr(b"listening")
    second = tcpchat("listen", f"unix:{path}")
    ends(second, 1)
    assert "in use" in one_sentence(second)
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))
        caller.sendall(b"hello")
    assert first.read_all() == b"hello"
    first.end_input()
    first.wait()


def test_stale_socket_is_replaced_by_one_of_many(tcpchat, tmp_path):
    for number in range(10):
        path = tmp_path / str(number)
        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(str(path))
        runs = [tcpchat("listen", "-v", f"unix:{path}") for _ in range(3)]
        for run in runs:
            run.expect_stderr(b"listening on|in use")
        assert sum(b"listening on" in run.stderr for run in runs) == 1
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))
        for run in runs:
            run.end_input()
            run.wait()


def test_full_stderr_stops_neither_bytes_nor_signals(tcpchat, listener):
    ours, theirs = os.pipe()
    fcntl.fcntl(theirs, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(theirs, False)
    os.write(theirs, bytes(4096))
    os.set_blocking(theirs, True)
    there = listener()
    run = tcpchat("connect", "-v", "127.0.0.1", there.port, preexec_fn=lambda: os.dup2(theirs, 2))
    peer = there.accept()
    peer.sendall(b"hello")
    assert run.read(5) == b"hello"
    run.process.send_signal(signal.SIGTERM)
    assert run.wait() == 128 + signal.SIGTERM
    os.close(ours)
    os.close(theirs)


def test_interrupted_look_up_ends_by_the_signal(tcpchat, resolver):
    for _ in range(5):
        run = tcpchat("connect", "slow.test", 9, env=resolver, start_new_session=True)
        look_up = until(lambda: children(run.pid), "the look-up to begin")
        os.killpg(run.pid, signal.SIGINT)
        assert run.wait() == 128 + signal.SIGINT
        assert run.stderr == b""
        until(lambda: not os.path.exists(f"/proc/{look_up[0]}/exe"), "the look-up to end")


def test_retry_0_waits_for_the_first_answer(tcpchat, listener, resolver):
    there = listener()
    run = tcpchat("connect", "--retry", 0, "a127-0-0-1.test", there.port, env=resolver)
    there.accept().close()
    run.end_input()
    ends(run, 0)


@pytest.mark.parametrize("n", [3, 2 << 20], ids=["line", "bulk"])
@both_roles
def test_urgent_bytes_are_passed_on(conversation, role, n):
    run, peer = conversation(role)
    data = some_bytes(n)

    def send():
        for _ in range(3):
            peer.sendall(data)
            peer.send(b"X", socket.MSG_OOB)
        peer.sendall(b"def")
        peer.shutdown(socket.SHUT_WR)

    in_background(send)
    assert run.read_all() == 3 * (data + b"X") + b"def"
    run.end_input()
    ends(run, 0)


def test_port_file_without_a_reader_is_an_error(tcpchat, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    run = tcpchat("listen", "--port-file", fifo, "127.0.0.1", 0)
    ends(run, 5)
