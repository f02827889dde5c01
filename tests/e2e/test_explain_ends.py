# SPDX-License-Identifier: GPL-3.0-or-later
"""Who closed first: -v, --explain and --events give one answer, in a busy second, too."""
import contextlib
import re
import socket

import pytest

import tls
from explained import recorded, sentences, stopped
from harness import PATIENCE, ends, in_background, receive_all

SAYS = {"peer": r"closed by the peer;|^the peer closed first|our (FIN|end), after the peer's|, before ours$",
        "us": r"closed by this side;|^we closed first|our (FIN|end); we may|, after (ours|us)$"}


def answers(run, path):
    """All answers of the run."""
    found = {event["first"] for event in recorded(path) if "first" in event}
    return found | {who for line in sentences(run.stderr) for who, says in SAYS.items() if re.search(says, line)}


@pytest.fixture
def explained(tcpchat, tmp_path):
    """A tcpchat whose printers are all on, and the file of its events."""
    def make(role, *args):
        path = tmp_path / "events"
        return tcpchat(role, "-v", "--explain", "--events", path, *args), path
    return make


@pytest.mark.parametrize("size", [0, 6, 300_000])
@pytest.mark.parametrize("first", ["peer", "us"])
@pytest.mark.parametrize("role", ["listen", "connect"])
def test_both_end_while_neither_reads(explained, listener, role, first, size):
    far = listener()
    run, path = explained(role, "127.0.0.1", far.port if role == "connect" else 0)
    with far.accept() if role == "connect" else run.call() as peer:
        run.expect_stderr(rb"a recv waits")
        with stopped(run):
            steps = [lambda: (peer.sendall(bytes(size)), peer.shutdown(socket.SHUT_WR)), run.end_input]
            for step in steps if first == "peer" else reversed(steps):
                step() if size < 100_000 or step == run.end_input else in_background(step)
        run.read(size)
        receive_all(peer)
    ends(run, 0)
    found = answers(run, path)
    assert len(found) == 1, (found, run.stderr.decode())
    if size == 6 and first == "peer":
        assert found == {"peer"}


@pytest.mark.parametrize("args", [["-k"], ["--exec", "cat"], ["--reply", "x"], ["--chat"]], ids=lambda args: args[0])
def test_one_answer_whatever_serves(explained, args):
    run, path = explained("listen", *args, "127.0.0.1", 0)
    with run.call() as peer:
        run.expect_stderr(rb"a recv waits")
        with stopped(run):
            peer.sendall(b"hi\n")
            peer.shutdown(socket.SHUT_WR)
        receive_all(peer)
    run.expect_stderr(rb"the peer closed first")
    run.process.terminate()
    run.wait()
    assert answers(run, path) == {"peer"}


def test_member_that_asks_to_leave_is_closed_by_this_side(explained):
    run, path = explained("listen", "--chat", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(b"/quit\n")
        receive_all(peer)
    run.expect_stderr(rb"we closed first")
    run.process.terminate()
    run.wait()
    assert answers(run, path) == {"us"}


def test_unix_peer_was_first(explained, tmp_path):
    run, path = explained("listen", f"unix:{tmp_path}/socket")
    run.expect_stderr(rb"listening on")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as peer:
        peer.connect(f"{tmp_path}/socket")
        run.expect_stderr(rb"a recv waits")
        with stopped(run):
            peer.shutdown(socket.SHUT_WR)
            run.end_input()
        receive_all(peer)
    ends(run, 0)
    assert answers(run, path) == {"peer"}


def test_end_is_told_once(explained):
    run, _ = explained("listen", "--chat", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(b"hi")
        peer.shutdown(socket.SHUT_WR)
        receive_all(peer)
    run.expect_stderr(rb"the peer closed first")
    assert run.stderr.count(b") = 0: ") == 1


# A busy second.

def test_flow_does_not_hide_the_end(explained, listener):
    far = listener()
    run, _ = explained("connect", "127.0.0.1", far.port)
    with far.accept() as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(40):
            peer.sendall("你好\n".encode())
            run.read(7)
        peer.shutdown(socket.SHUT_WR)
        run.expect_stderr(rb"\) = 0: ")
        run.end_input()
        ends(run, 0)
    assert b"\ntcpchat: the peer closed first" in run.stderr


def test_each_of_six_short_clients_is_told(explained):
    run, _ = explained("listen", "-k", "127.0.0.1", 0)
    for _ in range(6):
        with run.call() as peer:
            peer.sendall("你好\n".encode())
            run.read(7)
    run.expect_stderr(rb"(?s)(the peer closed first.*){6}")
    assert run.stderr.count("characters in UTF-8".encode()) == 6


# Figures.

def test_segments_are_told_only_if_they_are_known(explained):
    run, path = explained("listen", "127.0.0.1", 0)
    with run.call() as peer:
        in_background(peer.sendall, bytes(3_000_000))
        assert len(run.read(3_000_000)) == 3_000_000
        peer.shutdown(socket.SHUT_WR)
        run.end_input()
        ends(run, 0)
    received = [call for call in recorded(path, "call") if call["call"] == "recv" and call["result"] > 0]
    assert any("unread" in call for call in received)
    for before, call in zip(received, received[1:]):
        assert call["result"] <= call.get("segments", 1000) * 65535
        assert "segments" not in call or "unread" not in before


def test_bound_socket_is_told_as_such(explained):
    with contextlib.closing(socket.socket()) as bound:
        bound.bind(("127.0.0.1", 0))
        run, _ = explained("listen", "127.0.0.1", bound.getsockname()[1])
        ends(run, 1)
    assert b"Address already in use, by a socket that is bound and does not listen\n" in run.stderr


def test_tls_peer_that_is_cut_off_after_our_fin_ended_second(explained, listener, authority):
    far = listener()
    run, path = explained("connect", "--tls", "--tls-ca", authority.ca, "127.0.0.1", far.port)
    with tls.accept(far, tls.server_context(authority.server())) as peer:
        run.end_input()
        assert peer.recv(1) == b""  # its close_notify
        raw = socket.socket(fileno=peer.detach())
        raw.settimeout(PATIENCE)
        with raw:
            assert receive_all(raw) == b""
    ends(run, 6)
    closed, = [event for event in recorded(path) if event["event"] == "closed"]
    assert closed["how"] == "broken_off"
    assert answers(run, path) == {"us"}
