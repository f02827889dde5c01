# SPDX-License-Identifier: GPL-3.0-or-later
"""--explain tells the calls that strace(1) shows: none is missing, none is invented."""
import contextlib
import os
import pathlib
import re
import signal
import socket

import pytest

import tls
from explained import NO_LEAKS, agree, agree_recorded, traced, traced_command
from harness import PATIENCE, ROOT, Listener, ends, free_port, receive_all, reset
from screen import ChatScreen, Screen


@pytest.fixture
def far(listener):
    return listener()


@pytest.fixture
def calls(tmp_path):
    return tmp_path / "calls"


def end(run):
    """Ends the program that strace runs."""
    with open(f"/proc/{run.pid}/task/{run.pid}/children", encoding="ascii") as children:
        os.kill(int(children.read().split()[0]), signal.SIGTERM)
    run.wait(PATIENCE)


def names(shown):
    return [name for name, _, _ in shown]


def test_pipe_of_listen_tells_all_calls(tcpchat, calls):
    run = traced(tcpchat, calls, "listen", "--explain", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(b"hello")
        assert run.read(5) == b"hello"
        run.send(b"yes")
        assert peer.recv(3) == b"yes"
        run.end_input()
        assert peer.recv(1) == b""
    ends(run, 0)
    assert names(agree(run, calls)) == [
        "socket", "bind", "close",  # a free port is looked for
        "socket", "setsockopt", "bind", "listen", "accept", "close", "recv", "send", "shutdown", "recv", "close"]


def test_pipe_of_connect_tells_all_calls(tcpchat, far, calls):
    run = traced(tcpchat, calls, "connect", "--explain", "127.0.0.1", far.port)
    with far.accept() as peer:
        peer.sendall(b"hello")
        assert run.read(5) == b"hello"
        peer.shutdown(socket.SHUT_WR)
        run.send(b"yes")
        assert peer.recv(3) == b"yes"
        run.end_input()
        assert receive_all(peer) == b""
    ends(run, 0)
    assert names(agree(run, calls)) == ["socket", "connect", "recv", "recv", "send", "shutdown", "close"]


def test_bulk_is_copied_and_all_of_it_told(tcpchat, far, calls):
    run = traced(tcpchat, calls, "connect", "--explain", "--send-only", "127.0.0.1", far.port)
    with far.accept() as peer:
        run.send(bytes(300_000))
        run.end_input()
        assert len(receive_all(peer)) == 300_000
    ends(run, 0)
    shown = agree(run, calls)
    assert sum(result for name, _, result in shown if name == "send") == 300_000


def test_unix_sockets_tell_all_calls(tcpchat, calls, tmp_path):
    place = tmp_path / "place"
    run = traced(tcpchat, calls, "listen", "--explain", "-v", f"unix:{place}")
    run.expect_stderr(rb"listening on ")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as peer:
        peer.connect(str(place))
        peer.sendall(b"hello")
        assert run.read(5) == b"hello"
        run.send(b"you")
        assert peer.recv(3) == b"you"
        run.end_input()
        assert peer.recv(1) == b""
    ends(run, 0)
    run.expect_stderr(rb"send\(\d+\) = 3: in the peer's buffer; no network lies between$")
    agree(run, calls)


def test_refused_connection_is_told(tcpchat, calls):
    with contextlib.closing(Listener()) as gone:
        port = gone.port
    run = traced(tcpchat, calls, "connect", "--explain", "127.0.0.1", port)
    ends(run, 1)
    assert names(agree(run, calls)) == ["socket", "connect", "close"]
    assert b"is not connected: Connection refused" in run.stderr


def test_reset_is_told(tcpchat, far, calls):
    run = traced(tcpchat, calls, "connect", "--explain", "127.0.0.1", far.port)
    peer = far.accept()
    run.send(b"word")
    assert peer.recv(4) == b"word"
    reset(peer)
    ends(run, 1)
    assert b"recv(" in run.stderr and b": Connection reset by peer\n" in run.stderr
    agree(run, calls)


@pytest.mark.parametrize("options", [[], ["-k"], ["-k", "--hang-up"]], ids=" ".join)
def test_replies_tell_all_calls(tcpchat, calls, options):
    run = traced(tcpchat, calls, "listen", "--explain", *options, "--reply", "yes", "127.0.0.1", 0)
    for _ in range(2 if options else 1):
        with run.call() as peer:
            peer.sendall(b"what?\n")
            assert peer.recv(3) == b"yes"
            peer.shutdown(socket.SHUT_WR)
            assert receive_all(peer) == b""
    if options:
        run.expect_stderr(rb"(?s)close.*: both sides.*close.*: both sides")
        end(run)
    else:
        ends(run, 0)
    agree(run, calls)


@pytest.mark.parametrize("options", [["-k"], ["--chat"], ["--broker"]], ids=" ".join)
def test_many_peers_tell_all_calls(tcpchat, calls, options):
    run = traced(tcpchat, calls, "listen", "--explain", *options, "127.0.0.1", 0)
    with run.call() as one, run.call() as other:
        run.expect_stderr(rb"(?s)accept\(.*accept\(")
        one.sendall(b"word\n")
        assert run.read(5) if options == ["-k"] else other.recv(100)
    run.expect_stderr(rb"(?s)close\(\d+\): .*close\(\d+\): .*close\(\d+\): ")
    end(run)
    agree(run, calls)


def test_forward_tells_the_calls_of_both_sides(tcpchat, far, calls):
    run = traced(tcpchat, calls, "listen", "--explain", "--forward", f"127.0.0.1:{far.port}", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(b"there")
        with far.accept() as beyond:
            assert beyond.recv(5) == b"there"
            beyond.sendall(b"back")
            assert peer.recv(4) == b"back"
        assert receive_all(peer) == b""
    ends(run, 0)
    agree(run, calls)


def test_exec_tells_the_calls_of_the_connection(tcpchat, calls):
    run = traced(tcpchat, calls, "listen", "--explain", "--exec", "cat", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(b"word")
        assert peer.recv(4) == b"word"
        peer.shutdown(socket.SHUT_WR)
        assert receive_all(peer) == b""
    ends(run, 0)
    agree(run, calls)


def test_source_port_tells_its_bind(tcpchat, far, calls):
    run = traced(tcpchat, calls, "connect", "--explain", "-s", "127.0.0.1", "127.0.0.1", far.port)
    with far.accept():
        run.end_input()
    ends(run, 0)
    assert names(agree(run, calls))[:4] == ["socket", "setsockopt", "bind", "connect"]


def test_port_in_use_is_told(tcpchat, far, calls):
    run = traced(tcpchat, calls, "listen", "--explain", "127.0.0.1", far.port)
    ends(run, 1)
    assert names(agree(run, calls)) == ["socket", "setsockopt", "bind", "close"]


def test_tls_tells_the_calls_below_it(tcpchat, calls, authority):
    server = authority.server()
    run = traced(tcpchat, calls, "listen", "--explain", "--tls", "--tls-cert", server.cert, "--tls-key", server.key,
                 "127.0.0.1", 0)
    with tls.call(run.port, tls.client_context(authority.ca)) as peer:
        peer.sendall(b"word")
        assert run.read(4) == b"word"
        run.end_input()
        assert peer.recv(1) == b""
    run.wait(PATIENCE)
    agree(run, calls)


class TracedScreen(ChatScreen):
    """tcpchat under strace at a terminal."""

    def __init__(self, path, *args, env):
        Screen.__init__(self, list(map(str, traced_command(path, *args))), env=env | NO_LEAKS, columns=120)


@pytest.mark.parametrize("options", [[], ["--chat"]], ids=["alone", "chat"])
def test_terminal_of_listen_tells_all_calls(person, calls, options):
    port = free_port()
    with contextlib.closing(TracedScreen(calls, "listen", "--explain", *options, "127.0.0.1", port, env=person())) as screen:
        screen.ready()
        with contextlib.closing(socket.create_connection(("127.0.0.1", port), PATIENCE)) as peer:
            peer.sendall("你好\n".encode("gbk"))
            screen.wait_for("你好")
            screen.enter("收到")
            screen.wait_for(re.compile(r"send\(\d+\) = "))
        screen.wait_for(re.compile(r"close\(\d+\): "))
        screen.enter("/lock")
        screen.wait_for("nobody else gets in for now")
        screen.enter("/unlock")
        screen.enter("/quit")
        assert screen.wait() == 0
    assert [name for name, _, _ in agree_recorded(calls)][-3:] == ["shutdown", "listen", "close"]


def test_terminal_of_connect_tells_all_calls(person, far, calls):
    with contextlib.closing(TracedScreen(calls, "connect", "--explain", "127.0.0.1", far.port, env=person())) as screen:
        with far.accept() as peer:
            screen.ready()
            screen.enter("你好")
            assert peer.recv(100)
            peer.sendall(b"yes\n")
            screen.wait_for("yes")
            screen.enter("/quit")
            assert screen.wait() == 0
    agree_recorded(calls)


def test_calls_on_sockets_are_made_in_one_file():
    """net/resolve is another process, and net/connect_grant calls in the helper, for net/call to tell. The others have
    sockets of their own: of netlink, or of UDP for a question. A close may be that of a file."""
    others = {"call.c", "connect_grant.c", "diag.c", "self.c", "socket_file.c"}
    call = re.compile(r"(?<![\w.>])(socket|bind|listen|accept4?|connect|shutdown|recv|recvmsg|send|sendmsg)\(")
    made = {source.name for source in pathlib.Path(ROOT, "src", "net").glob("*.c")
            for line in re.sub(r"/\*.*?\*/|\"(?:[^\"\\\\]|\\\\.)*\"", "", source.read_text(), flags=re.S).splitlines()
            if call.search(line) and not line.startswith("static")}
    assert made - others == set()
