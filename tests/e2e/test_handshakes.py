# SPDX-License-Identifier: GPL-3.0-or-later
"""Handshakes of newcomers: they run beside everything else, take no place, and cannot keep others away."""
import contextlib
import resource
import signal
import socket
import subprocess

import pytest

import tls
from harness import ends, reset, until

FILES = 40


@pytest.fixture
def room_of(tcpchat, authority):
    """room_of(option...) listens by TLS and stays."""
    def begin(*options, **popen):
        server = authority.server()
        return tcpchat("listen", "-k", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, *options,
                       "127.0.0.1", 0, **popen)
    return begin


def hello(run, peer):
    run.send(b"hello\n")
    assert peer.recv(10) == b"hello\n"


def test_silent_newcomers_take_no_place(room_of, authority):
    run = room_of("-m", "1")
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(run.call())
        hello(run, stack.enter_context(tls.call(run.port, tls.client_context(authority.ca))))


def test_sender_without_a_header_takes_no_place(tcpchat):
    run = tcpchat("listen", "-k", "-m", "1", "--proxy-protocol", "127.0.0.1", 0)
    with run.call(), run.call() as peer:
        peer.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n")
        hello(run, peer)


def test_peer_whose_handshake_ends_late_waits_for_a_place(room_of, authority):
    """Both handshakes begin while the place is free. The end of the one that waits is seen, too."""
    run, context = room_of("-v", "-m", "1"), tls.client_context(authority.ca)
    plain = [run.call() for _ in range(3)]
    run.process.send_signal(signal.SIGUSR1)
    run.expect_stderr(rb"^tcpchat: 3 handshakes are going on$")
    first, lost, second = [context.wrap_socket(peer, server_hostname="localhost") for peer in plain]
    hello(run, first)
    reset(lost)
    second.sendall(b"early\n")
    until(lambda: b" 1 waits for a place of -m 1" in asked(run), "the other one to be gone")
    first.unwrap().close()
    assert run.read(6) == b"early\n"
    hello(run, second)
    second.close()


def test_status_at_a_terminal_tells_of_handshakes(screen):
    shown = screen("listen", "--tls", "127.0.0.1", 0, columns=120).ready()
    with socket.create_connection(("127.0.0.1", shown.port)), socket.create_connection(("127.0.0.1", shown.port)):
        until(lambda: shown.enter("/status") or "2 handshakes are going on" in shown.text, "both")


def asked(run):
    run.process.send_signal(signal.SIGUSR1)
    run.expect_stderr(rb"place of -m")
    return run.stderr[run.stderr.rindex(b"listening on"):]


def test_silent_newcomers_beyond_the_open_files_make_room(room_of, authority):
    def limit():
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))

    run = room_of(preexec_fn=limit)
    with contextlib.ExitStack() as stack:
        for _ in range(FILES):
            stack.enter_context(run.call())
        hello(run, stack.enter_context(tls.call(run.port, tls.client_context(authority.ca))))
        run.expect_stderr(rb"was refused: its handshake takes long, and others wait")
        assert b"cannot accept" not in run.stderr


def test_drain_ends_when_the_last_handshake_does(room_of, authority):
    run = room_of("-m", "1", "--drain", "30", stdin=subprocess.DEVNULL)
    plain = [run.call() for _ in range(2)]
    run.process.send_signal(signal.SIGUSR1)
    run.expect_stderr(rb"2 handshakes are going on")
    run.process.send_signal(signal.SIGTERM)
    first = tls.client_context(authority.ca).wrap_socket(plain[0], server_hostname="localhost")
    plain[1].close()
    first.sendall(b"last\n")
    assert run.read(5) == b"last\n"
    first.unwrap().close()
    ends(run, 0)
