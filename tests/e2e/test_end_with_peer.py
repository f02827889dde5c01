# SPDX-License-Identifier: GPL-3.0-or-later
"""--end-with-peer, and what is said without it where the peer has ended and standard input says nothing."""
import os
import socket
import time

import pytest

from harness import ends, in_background, one_sentence, receive_all, shown, until

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])


@both_roles
def test_end_with_peer_ends_with_an_open_stdin(conversation, role):
    run, peer = conversation(role, "--end-with-peer")
    run.send(b"QUIT\n")
    assert peer.recv(5) == b"QUIT\n"
    data = os.urandom(300_000)
    in_background(lambda: (peer.sendall(data), peer.shutdown(socket.SHUT_WR)))
    assert run.read_all() == data
    assert receive_all(peer) == b""
    ends(run, 0)


def test_end_with_peer_sends_bytes_read_from_stdin(conversation):
    run, peer = conversation("connect", "--end-with-peer")
    data = os.urandom(8_000_000)
    given = []
    in_background(lambda: [given.append(run.stdin.write(data[at:at + 65536])) for at in range(0, len(data), 65536)])
    until(lambda: peer.recv(1, socket.MSG_PEEK), "the first bytes")
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == b""
    got = receive_all(peer)
    assert data.startswith(got) and len(got) > 0
    ends(run, 0)


def test_quit_after_bounds_the_sending_of_end_with_peer(conversation):
    run, peer = conversation("connect", "--end-with-peer", "-q", "300ms")
    in_background(run.stdin.write, bytes(30_000_000))
    until(lambda: peer.recv(1, socket.MSG_PEEK), "the first bytes")
    time.sleep(0.5)  # longer than -q, which counts from the peer's end only
    assert run.process.poll() is None
    peer.shutdown(socket.SHUT_WR)
    ends(run, 0)


def test_end_with_peer_and_quit_after_let_stdin_end_first(conversation):
    run, peer = conversation("connect", "--end-with-peer", "-q", "200ms")
    run.end_input()
    assert receive_all(peer) == b""
    time.sleep(0.5)  # longer than -q, which bounds the sending only
    peer.sendall(b"late")
    peer.close()
    assert run.read_all() == b"late"
    ends(run, 0)


@pytest.mark.parametrize("option", ["-k", "--chat", "--broker", "--reply=x", "--exec=cat", "--sh-exec=cat",
                                    "--forward=localhost:9", "--no-shutdown", "--recv-only"])
def test_end_with_peer_refuses_many_conversations(tcpchat, option):
    run = tcpchat("listen", "0", "--end-with-peer", option)
    ends(run, 2)
    assert one_sentence(run).startswith(f"--end-with-peer and {option.partition('=')[0]} exclude each other")


@pytest.mark.parametrize("option", ["-E", "--exit-on-eof", "--exit-on-close", "--exit-on-disconnect", "--quit-on-eof",
                                    "--quit-on-close", "--close-on-eof", "--close"])
def test_end_with_peer_is_advised_for_other_netcats_options(tcpchat, option):
    run = tcpchat("connect", option, "127.0.0.1", "9")
    ends(run, 2)
    assert option in one_sentence(run) and "--end-with-peer ends with the peer" in one_sentence(run)


WAITING = "has ended; waiting for standard input (--end-with-peer ends here)"


@both_roles
def test_silent_stdin_after_the_peers_end_is_told_once(conversation, role):
    run, peer = conversation(role, "-v")
    name = shown(peer.getsockname())
    run.expect_stderr(rb" connected$")
    start = time.monotonic()
    peer.shutdown(socket.SHUT_WR)
    run.expect_stderr(rb"standard input \(--end-with-peer")
    assert time.monotonic() - start > 1.9
    run.send(b"more")
    run.end_input()
    assert receive_all(peer) == b"more"
    ends(run, 0)
    assert [line for line in run.stderr.decode().splitlines() if "waiting" in line] == [f"tcpchat: {name} {WAITING}"]


def test_silent_stdin_is_not_told_without_v_or_terminal(conversation):
    run, peer = conversation("connect")
    peer.shutdown(socket.SHUT_WR)
    time.sleep(2.5)  # longer than the silence
    run.end_input()
    ends(run, 0)
    assert run.stderr == b""


def test_busy_stdin_is_not_told(conversation):
    run, peer = conversation("connect", "-v")
    peer.shutdown(socket.SHUT_WR)
    for _ in range(6):
        run.send(b"x")
        assert peer.recv(1) == b"x"
        time.sleep(0.5)
    run.end_input()
    ends(run, 0)
    assert b"waiting" not in run.stderr
