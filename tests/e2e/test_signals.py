# SPDX-License-Identifier: GPL-3.0-or-later
"""Signals that end nothing: SIGUSR1 asks how it is, SIGUSR2 does nothing, SIGHUP lets a service begin anew."""
import re
import signal
import subprocess

import pytest

from crowd import connected, crowd_of
from harness import ends, in_background, receive_all, until
from ways import rests

RECEIVED = rb"^tcpchat: %s: %d bytes received, %d sent, %d waiting, 0:00:\d\d$"


def ask(run):
    run.process.send_signal(signal.SIGUSR1)


def catches(run, number):
    """Whether the run reads it from a descriptor: it is blocked then."""
    with open(f"/proc/{run.pid}/status") as status:
        return int(re.search(r"SigBlk:\t(\w+)", status.read())[1], 16) >> number - 1 & 1


def report_of(peer, received, sent, waiting=0):
    address = "%s:%d" % peer.getsockname()
    return RECEIVED % (re.escape(address).encode(), received, sent, waiting)


@pytest.mark.parametrize("options", [[], ["-k"], ["--sh-exec", "head -c 7; cat"]], ids=" ".join)
def test_sigusr1_reports_sockets_and_peers(conversation, options):
    run, peer = conversation("listen", *options)
    peer.sendall(b"1234567")
    if "--sh-exec" in options:
        assert peer.recv(7) == b"1234567"
        ask(run)
        run.expect_stderr(report_of(peer, 7, 7))
    else:
        assert run.read(7) == b"1234567"
        run.send(b"123")
        assert peer.recv(3) == b"123"
        ask(run)
        run.expect_stderr(report_of(peer, 7, 3))
    assert run.stderr.count(b"tcpchat: listening on ") == (2 if "-k" in options else 1)


@pytest.mark.parametrize("options", [[], ["-k"]], ids=["one", "many"])
def test_sigusr1_counts_waiting_bytes(conversation, options):
    """A peer that reads nothing, and more for it than the system takes."""
    run, peer = conversation("listen", "-v", *options)
    run.expect_stderr(rb" connected$")
    in_background(run.send, b"x" * 16_000_000)
    until(lambda: rests(run.pid, 0.2), "standing still")
    ask(run)
    run.expect_stderr(rb"^tcpchat: 127.0.0.1:%d: 0 bytes received, \d+ sent, [1-9]\d* waiting, 0:00:\d\d$"
                      % peer.getsockname()[1])


def test_sigusr1_reports_a_hundred_peers_and_a_count(tcpchat):
    with crowd_of(tcpchat, "--chat", "-v", "--max-per-host", "200", stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL) as crowd:
        for _ in range(103):
            crowd.call()
        connected(crowd.run, 103)
        ask(crowd.run)
        crowd.run.expect_stderr(rb"^tcpchat: and 3 more$")
        assert crowd.run.stderr.count(b" waiting, 0:00:") == 100


def test_sigusr1_while_dialling(tcpchat, blackhole):
    there = blackhole()
    run = tcpchat("connect", "127.0.0.1", there.port)
    until(lambda: catches(run, signal.SIGUSR1), "its signals")
    run.process.send_signal(signal.SIGUSR2)
    ask(run)
    run.expect_stderr(rb"^tcpchat: connecting to 127.0.0.1:%d$" % there.port)


def test_sigusr1_reports_the_peer_of_connect(conversation):
    run, peer = conversation("connect")
    peer.sendall(b"1")
    assert run.read(1) == b"1"
    ask(run)
    address = "127.0.0.1:%d" % peer.getsockname()[1]
    run.expect_stderr(RECEIVED % (address.encode(), 1, 0, 0))


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_sigusr2_does_nothing(conversation, role):
    run, peer = conversation(role)
    for _ in range(3):
        run.process.send_signal(signal.SIGUSR2)
    run.send(b"1")
    assert peer.recv(1) == b"1"
    run.end_input()
    assert receive_all(peer) == b""
    peer.close()
    ends(run, 0)
    assert b"\n" not in run.stderr.removeprefix(b"tcpchat: listening on").rstrip()


def ignores_hangup():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


@pytest.mark.parametrize("start", [None, ignores_hangup], ids=["default", "ignored"])
@pytest.mark.parametrize("options", [[], ["-k"], ["--chat"]], ids=" ".join)
def test_sighup_ends_no_service(tcpchat, options, start):
    run = tcpchat("listen", *options, "127.0.0.1", 0, preexec_fn=start)
    with run.call() as peer:
        run.process.send_signal(signal.SIGHUP)
        peer.sendall(b"x\n")
        assert run.read(2)


def test_sighup_ends_connect(conversation):
    run, _ = conversation("connect")
    run.process.send_signal(signal.SIGHUP)
    ends(run, 128 + signal.SIGHUP)


OF_LIBC = 3 << 31  # signals that the C library keeps for itself


@pytest.mark.parametrize("start, ignored", [(None, 0), (ignores_hangup, 1)], ids=["default", "nohup"])
def test_programs_get_the_default_actions(tcpchat, start, ignored):
    """But for what was ignored at the start, though this side listens to it."""
    with crowd_of(tcpchat, "--sh-exec", "grep ^SigIgn /proc/self/status", preexec_fn=start) as crowd:
        assert int(crowd.call().line().split()[1], 16) & ~OF_LIBC == ignored
