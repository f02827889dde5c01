# SPDX-License-Identifier: GPL-3.0-or-later
"""A conversation that was broken off is a reset, and one that ended is a FIN: both ends of a TCP connection can
tell."""
import os
import random
import signal
import socket
import time

import pytest

from crowd import crowd_of
from harness import (ends, free_port, in_background, one_sentence, receive_all, receive_until_reset, reset,
                     shown, until)
from ways import rests

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])


def unread(connection):
    """The number of bytes that have come and are not read."""
    return len(connection.recv(1 << 24, socket.MSG_PEEK | socket.MSG_DONTWAIT))


def fill(run, peer):
    """Gives more than is taken: the peer reads nothing, so most of it waits on this side."""
    in_background(run.stdin.write, bytes(30_000_000))
    until(lambda: peer.recv(1, socket.MSG_PEEK), "the first bytes")
    until(lambda: rests(run.pid, 0.1), "the connection to be full")


# This side breaks off.

@both_roles
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV],
                         ids=lambda number: number.name)
def test_signal_before_stdins_end_is_a_reset(conversation, role, number):
    run, peer = conversation(role)
    run.send(b"half of it")
    assert peer.recv(10) == b"half of it"
    run.process.send_signal(number)
    assert receive_until_reset(peer) == b""


def test_kill_before_the_first_byte_is_a_reset(conversation):
    run, peer = conversation("connect")
    run.process.kill()
    assert receive_until_reset(peer) == b""


@both_roles
def test_lost_stdout_is_a_reset(conversation, role):
    run, peer = conversation(role)
    run.send(b"x")
    assert peer.recv(1) == b"x"
    run.stdout.close()
    assert receive_until_reset(peer) == b""
    ends(run, 128 + signal.SIGPIPE)


def test_full_disk_is_a_reset(conversation):
    with open("/dev/full", "wb") as full:
        run, peer = conversation("connect", stdout=full)
    peer.sendall(b"x")
    assert receive_until_reset(peer) == b""
    ends(run, 5)


def test_idle_timeout_is_a_reset(conversation):
    run, peer = conversation("connect", "-i", "200ms")
    assert receive_until_reset(peer) == b""
    ends(run, 4)


@pytest.mark.parametrize("options, is_reset", [(["-k"], True), (["--chat"], False), (["--broker"], False),
                                               (["-k", "--reply", "x"], False)], ids=str)
def test_signal_breaks_pipes_off_and_ends_rooms(tcpchat, options, is_reset):
    with crowd_of(tcpchat, *options, "-v") as crowd:
        peer = crowd.call()
        crowd.run.expect_stderr(rb" connected$")
        crowd.run.process.send_signal(signal.SIGTERM)
        (receive_until_reset if is_reset else receive_all)(peer.socket)
        assert crowd.run.wait() == 128 + signal.SIGTERM
        crowd.run.expect_stderr(b"broken off by this side: Terminated;" if is_reset else b"closed by this side;")


# This side ends.

@both_roles
def test_signal_after_stdins_end_loses_nothing(conversation, role):
    """The peer has sent something that is never read, which must not destroy what is on its way."""
    run, peer = conversation(role, "--send-only")
    data = os.urandom(1_000_000)
    peer.sendall(b"unread")
    in_background(lambda: (run.stdin.write(data), run.end_input()))
    until(lambda: peer.recv(1, socket.MSG_PEEK), "the first bytes")
    until(lambda: run.stdin.closed, "the end of stdin")
    assert received_while(peer, lambda: run.process.send_signal(signal.SIGTERM)) == data
    ends(run, 128 + signal.SIGTERM)


def received_while(connection, act):
    """All that comes from before the act until the end."""
    received = []
    reader = in_background(lambda: received.append(receive_all(connection)))
    act()
    reader.join()
    return received and received[0]


@pytest.mark.parametrize("options", [["-k"], ["--broker"]], ids=" ".join)
def test_signal_hands_over_what_waits(tcpchat, options):
    """To a peer that is slow, but takes it in time."""
    data = os.urandom(250_000)
    with crowd_of(tcpchat, *options) as crowd:
        slow = crowd.call(window=4096)
        in_background(lambda: (crowd.run.stdin.write(data), crowd.run.end_input()))
        until(lambda: crowd.run.stdin.closed, "the end of stdin")
        until(lambda: rests(crowd.run.pid, 0.1), "all of it to be read")
        assert received_while(slow.socket, lambda: crowd.run.process.send_signal(signal.SIGTERM)) == data
        assert crowd.run.wait() == 128 + signal.SIGTERM


def test_signal_says_what_a_peer_did_not_take(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        peer = crowd.call(window=4096)
        in_background(lambda: (crowd.run.stdin.write(bytes(250_000)), crowd.run.end_input()))
        until(lambda: crowd.run.stdin.closed, "the end of stdin")
        until(lambda: rests(crowd.run.pid, 0.1), "all of it to be read")
        start = time.monotonic()
        crowd.run.process.send_signal(signal.SIGTERM)
        assert crowd.run.wait() == 128 + signal.SIGTERM
        assert 0.9 < time.monotonic() - start < 5
        crowd.run.expect_stderr(rb"%s did not take \d+ bytes$" % peer.address.encode())
        assert len(receive_until_reset(peer.socket)) < 250_000


def test_second_signal_ends_the_wait(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        for _ in range(2):
            crowd.call(window=4096)
        in_background(lambda: (crowd.run.stdin.write(bytes(250_000)), crowd.run.end_input()))
        until(lambda: crowd.run.stdin.closed, "the end of stdin")
        until(lambda: rests(crowd.run.pid, 0.1), "all of it to be read")
        start = time.monotonic()
        crowd.run.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        crowd.run.process.send_signal(signal.SIGINT)
        assert crowd.run.wait() == 128 + signal.SIGTERM
        assert time.monotonic() - start < 0.9
        crowd.run.expect_stderr(rb"tcpchat: 2 peers did not take \d+ bytes$")


def test_hang_up_is_an_end_of_this_side(tcpchat):
    with crowd_of(tcpchat, "-k", "-v", "--reply", "bye", "--hang-up") as crowd:
        peer = crowd.call()
        peer.send(b"hello\n")
        assert receive_all(peer.socket) == b"bye"
        crowd.run.expect_stderr(rb"closed by this side; 6 bytes received, 3 sent$")


def test_reset_before_the_answer_of_hang_up_is_the_peers(tcpchat):
    with crowd_of(tcpchat, "-k", "-v", "--reply", "bye", "--hang-up") as crowd:
        peer = crowd.call()
        crowd.run.process.send_signal(signal.SIGSTOP)
        peer.send(b"hello\n")
        reset(peer.socket)
        crowd.run.process.send_signal(signal.SIGCONT)
        crowd.run.expect_stderr(
            rb"broken off by the peer: Connection reset by peer; 6 bytes received, 0 sent$")


# Truth from end to end.

@pytest.mark.parametrize("sender", ["listen", "connect"])
def test_receiver_of_a_part_never_ends_with_0(tcpchat, tmp_path, sender):
    """A sample of 3 000 kills of a sender at random moments."""
    data = os.urandom(3_000_000)
    (tmp_path / "whole").write_bytes(data)
    for _ in range(8):
        with open(tmp_path / "whole", "rb") as whole, open(tmp_path / "copy", "wb") as copy:
            listener = {"listen": {"stdin": whole}, "connect": {"stdout": copy}}[sender]
            caller = {"listen": {"stdout": copy}, "connect": {"stdin": whole}}[sender]
            listening = tcpchat("listen", "-v", "127.0.0.1", 0, **listener)
            calling = tcpchat("connect", "127.0.0.1", listening.port, **caller)
            killed, receiver = (listening, calling) if sender == "listen" else (calling, listening)
            listening.expect_stderr(b" connected$")
            time.sleep(random.random() * 0.03)
            killed.process.kill()
            receiver.end_input()
            status = receiver.wait()
        assert status != 0 or (tmp_path / "copy").read_bytes() == data


def test_program_does_not_keep_the_connection_of_a_killed_run(conversation):
    run, peer = conversation("connect", "--sh-exec", "echo hi; sleep 1")
    assert peer.recv(3) == b"hi\n"
    run.process.kill()
    assert receive_until_reset(peer) == b""


# The peer's reset after its end.

@both_roles
@pytest.mark.parametrize("said", [b"", b"hi"], ids=["nothing was said", "something was said"])
def test_reset_after_the_end_is_regular_when_all_is_acknowledged(conversation, role, said):
    run, peer = conversation(role, "-v")
    name = shown(peer.getsockname())
    run.send(said)
    if said:
        assert peer.recv(2) == said
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == b""
    reset(peer)
    ends(run, 0)
    assert run.stderr.decode().splitlines()[-1] == \
        f"tcpchat: {name} closed by the peer; 0 bytes received, {len(said)} sent"


def test_reset_after_the_end_is_a_failure_when_something_is_unsent(conversation):
    run, peer = conversation("connect")
    fill(run, peer)
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == b""
    reset(peer)
    ends(run, 1)
    assert "Connection reset by peer" in one_sentence(run)


# A connection with oneself.

@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_connection_with_oneself_is_refused(tcpchat, host):
    port = free_port(host)
    run = tcpchat("connect", "-z", "-p", port, host, port)
    ends(run, 1)
    assert one_sentence(run).endswith("Connection refused")


def test_retry_goes_on_after_a_connection_with_oneself(tcpchat):
    port = free_port()
    start = time.monotonic()
    run = tcpchat("connect", "-z", "-p", port, "127.0.0.1", port, "--retry", "500ms")
    ends(run, 1)
    assert time.monotonic() - start > 0.4
    assert one_sentence(run).endswith("Connection refused")
