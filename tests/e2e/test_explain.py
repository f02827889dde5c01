# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts of a lesson on sockets, each told by --explain at its moment, once; the other end is a program of the
article (article.py) or a plain socket."""
import contextlib
import os
import re
import socket

import pytest

from explained import sentences, stopped
from harness import ends, free_port, in_background, receive_all
from test_article import article, line, server


def told(run, pattern):
    """The one sentence that has the pattern."""
    found = [sentence for sentence in sentences(run.stderr) if re.search(pattern, sentence)]
    assert len(found) == 1, (pattern, found, sentences(run.stderr))
    return found[0]


def order(run, *patterns):
    """The patterns stand in this order, each in one sentence."""
    places = [sentences(run.stderr).index(told(run, pattern)) for pattern in patterns]
    assert places == sorted(places), list(zip(places, patterns))


def lingering(port, reuses=True):
    """Makes a conversation that the side of this port has closed first: its socket is in TIME_WAIT."""
    with contextlib.closing(socket.socket()) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, reuses)
        listening.bind(("127.0.0.1", port))
        listening.listen()
        with socket.create_connection(("127.0.0.1", port)) as caller:
            listening.accept()[0].close()
            assert caller.recv(1) == b""


# A server, and the article's client.

@pytest.fixture
def served(tcpchat):
    run = tcpchat("listen", "--explain", "127.0.0.1", port := free_port(), "--reply", "收到了")
    run.expect_stderr(rb"listen\(")
    with article("client", port, "你好,服务器") as client:
        assert line(client) == "收到了"
        ends(client, 0)
    ends(run, 0)
    return run


def test_server_is_told_call_by_call(served):
    order(served, r"^socket\(\) → \d+: an IPv4 TCP endpoint, bound to nothing$",
          r"^setsockopt\(\d+, SO_REUSEADDR\): sockets in TIME_WAIT would not keep the port from us; none is there$",
          r"^bind\(\d+, 127\.0\.0\.1:\d+\): the port is ours$",
          r"^listen\(\d+, 4096\): passive from here, 0 wait in the queue$",
          r"^accept\((\d+)\) → \d+: a new socket for 127\.0\.0\.1:\d+; \1 goes on listening$",
          r"^close\(\d+\): nobody else gets in, \d+ lives on$",
          r"^recv\(\d+\) = 16: came in 1 segment$",
          r"^16 bytes are 6 characters in UTF-8, “你好,服务器”; read as GBK they would be “浣犲ソ",
          r"^send\(\d+\) = 9: in the send buffer, [09] not yet acknowledged$",
          r"^… acknowledged after [\d.]+ ms, 9 bytes in all$",
          r"^recv\(\d+\) = 0: the peer has sent its FIN; we may still send$",
          r"^shutdown\(\d+, SHUT_WR\): our FIN, after the peer's$",
          r"^close\(\d+\): both sides have ended$",
          r"^the peer closed first: TIME_WAIT is on its side, none on ours$")


def test_descriptors_are_the_same_all_along(served):
    listening = re.search(r"→ (\d+)", told(served, r"^socket"))[1]
    accepted = re.search(r"→ (\d+)", told(served, r"^accept"))[1]
    assert told(served, r"^close\(\d+\): nobody") == f"close({listening}): nobody else gets in, {accepted} lives on"
    assert told(served, r"^recv\(\d+\) = 16").startswith(f"recv({accepted})")
    assert listening != accepted


# A client, and the article's servers.

def asked(tcpchat, kind, *options):
    with server(kind) as (run, port):
        asking = tcpchat("connect", "--explain", *options, "127.0.0.1", port)
        asking.send("你好".encode())
        asking.expect_stderr(rb"recv\(\d+\) = 0")  # so the server has closed first
        asking.end_input()
        ends(asking, 0)
        return asking, port, run.read_all() if kind != "many-server" else b""


@pytest.mark.parametrize("kind", ["server", "reusing-server"])
def test_client_is_told_call_by_call(tcpchat, kind):
    run, port, _ = asked(tcpchat, kind, "-e", "gbk")
    order(run, r"^socket\(\) → \d+: an IPv4 TCP endpoint",
          rf"^connect\(\d+, 127\.0\.0\.1:{port}\): no bind was needed, the system chose port \d+$",
          r"^\d+ is connected, .*; the peer answered after [\d.]+ ms$",
          r"^the receive buffer of \d+ is empty: a recv waits until bytes come$",
          r"^send\(\d+\) = 4: in the send buffer",
          r"^recv\(\d+\) = 17: came in 1 segment$",
          r"^17 bytes are 10 characters in GBK; they are not valid UTF-8$",
          r"^close\(\d+\): both sides have ended$",
          r"^the peer closed first: TIME_WAIT is on its side, none on ours$")
    assert b"strange characters" not in run.stderr


def test_chosen_port_is_that_of_the_connection(tcpchat, listener):
    far = listener()
    run = tcpchat("connect", "--explain", "127.0.0.1", far.port)
    with far.accept() as peer:
        run.expect_stderr(b"the system chose port %d\n" % peer.getpeername()[1])


def test_bytes_in_another_charset_are_the_reason_for_strange_characters(tcpchat):
    run, _, _ = asked(tcpchat, "many-server")
    told(run, r"^they pass as they are; what reads them as UTF-8 shows strange characters, and -e GBK converts them$")


def test_wrong_charset_is_told(tcpchat):
    run = tcpchat("listen", "--explain", "-e", "gbk", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall("你好,服务器".encode())
    run.expect_stderr("they are read as GBK here, hence strange characters; -e UTF-8 reads them right".encode())


def test_right_charset_is_told_once_and_again_when_it_changes(tcpchat):
    run = tcpchat("listen", "--explain", "127.0.0.1", 0)
    with run.call() as peer:
        for text in ("你好吗\n".encode(), "再来\n".encode(), "问题正在处理中...\n".encode("gbk")):
            peer.sendall(text)
            run.read(len(text))
    run.expect_stderr(rb"in GBK; they are not valid UTF-8\n")
    assert len(re.findall(rb"characters in ", run.stderr)) == 2


# Borders of messages.

def test_two_sends_come_as_one_read(tcpchat):
    run = tcpchat("listen", "--explain", "127.0.0.1", 0)
    with run.call() as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.sendall(b"first")
        run.read(5)
        with stopped(run):
            peer.sendall(b"one message of 18.")
            peer.sendall(b"another one of 18.")
        run.expect_stderr(rb"= 36: came in 2 segments, read at once; TCP keeps no borders\n")


def test_one_send_may_come_in_two_reads(tcpchat):
    run = tcpchat("listen", "--explain", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(bytes(200_000))
        run.expect_stderr(rb"recv\(\d+\) = \d+: a part, \d+ of what came are left for the next one\n")
        in_background(receive_all, peer)
        assert len(run.read(200_000)) == 200_000


# Ends.

def test_half_close_is_told(tcpchat, listener):
    far = listener()
    run = tcpchat("connect", "--explain", "127.0.0.1", far.port)
    with far.accept() as peer:
        run.end_input()
        assert peer.recv(1) == b""
        peer.sendall(b"still")
        assert run.read(5) == b"still"
    ends(run, 0)
    order(run, r"^shutdown\(\d+, SHUT_WR\): our FIN; we may still receive$", r"^recv\(\d+\) = 5: ",
          r"^recv\(\d+\) = 0: the peer has sent its FIN, after ours$",
          r"^we closed first: .* stays in TIME_WAIT on this side for \d+ s$")


def test_kill_is_told_as_a_reset(tcpchat, listener):
    far = listener()
    run = tcpchat("connect", "--explain", "127.0.0.1", far.port)
    with far.accept():
        run.expect_stderr(rb" is connected, ")
        run.process.terminate()
        run.wait()
    told(run, r"^close\(\d+\): a reset; the peer sees that this was no regular end$")


# An address in use.

@pytest.mark.parametrize("options", [[], ["--no-reuse"]], ids=["reuse", "no reuse"])
def test_listener_that_has_the_port_is_named(tcpchat, listener, options):
    far = listener()
    run = tcpchat("listen", "--explain", *options, "127.0.0.1", far.port)
    ends(run, 1)
    assert told(run, "^bind: ").startswith(f"bind: Address already in use, by a listener of process {os.getpid()} (")


@pytest.mark.parametrize("name", ["{}/socket", "@{}"], ids=["path", "name"])
def test_listener_that_has_the_unix_socket_is_named(tcpchat, tmp_path, name):
    address = "unix:" + name.format(tmp_path if "/" in name else tmp_path.name)
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(address.removeprefix("unix:").replace("@", "\0"))
        run = tcpchat("listen", "--explain", address)
        ends(run, 1)
        assert told(run, "^bind: ") == "bind: Address already in use, by a socket that is bound and does not listen"
        there.listen()
        run = tcpchat("listen", "--explain", address)
        ends(run, 1)
        assert told(run, "^bind: ").startswith(f"bind: Address already in use, by a listener of process {os.getpid()} (")


def test_file_that_a_unix_socket_has_left_is_told(tcpchat, tmp_path):
    with socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(tmp_path / "socket"))
    run = tcpchat("listen", "--explain", f"unix:{tmp_path}/socket")
    run.expect_stderr(rb"bind: Address already in use, by a file that no socket has open\n")
    run.expect_stderr(rb"the name is ours\n")


def test_connections_that_are_over_have_the_port(tcpchat):
    port = free_port()
    lingering(port)
    with socket.socket() as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        run = tcpchat("listen", "--explain", "--no-reuse", "127.0.0.1", port)
        ends(run, 1)
    assert re.fullmatch(r"bind: Address already in use, by 1 socket in TIME_WAIT, for (\d+) s; SO_REUSEADDR would pass "
                        r"over it if it had that option, too", told(run, "^bind: "))
    assert not re.search(rb"setsockopt", run.stderr)


def test_reuse_tells_which_connections_it_passes_over(tcpchat):
    port = free_port()
    lingering(port)
    lingering(port)
    run = tcpchat("listen", "--explain", "127.0.0.1", port)
    run.expect_stderr(rb"SO_REUSEADDR\): 2 sockets in TIME_WAIT there would keep the port for \d+ s; "
                      rb"they are passed over if they had this option, too\n")
    run.expect_stderr(rb"the port is ours\n")


def test_connection_without_reuse_keeps_the_port_from_a_socket_with_it(tcpchat):
    port = free_port()
    lingering(port, reuses=False)
    run = tcpchat("listen", "--explain", "127.0.0.1", port)
    ends(run, 1)
    assert re.fullmatch(r"bind: Address already in use, by 1 socket in TIME_WAIT, for \d+ s; it was made without "
                        r"SO_REUSEADDR, so that ours does not help", told(run, "^bind: "))


# The queue.

def test_backlog_bounds_the_queue(tcpchat):
    run = tcpchat("listen", "--explain", "--backlog", 1, "-k", "-m", 1, "127.0.0.1", 0)
    run.expect_stderr(rb"listen\(\d+, 1\): passive from here, 0 wait in the queue\n")
    with contextlib.ExitStack() as callers:
        for _ in range(3):  # one is served, and Linux lets one more than the backlog wait
            callers.enter_context(run.call())
        one_more = callers.enter_context(contextlib.closing(socket.socket()))
        one_more.settimeout(0.3)
        with pytest.raises(TimeoutError):
            one_more.connect(("127.0.0.1", run.port))


def test_accept_tells_how_many_more_wait(tcpchat):
    run = tcpchat("listen", "--explain", "-k", "127.0.0.1", 0)
    with contextlib.ExitStack() as callers:
        assert run.port
        with stopped(run):
            for _ in range(3):
                callers.enter_context(run.call())
        run.expect_stderr(rb"(?s)goes on listening, 2 more wait in its queue\n.*"
                          rb"goes on listening, 1 more waits in its queue\n.*goes on listening\n")


@pytest.mark.parametrize("options", [["--no-reuse", "unix:/tmp/x"], ["--backlog", 0, 8080], ["--backlog", "x", 8080]], ids=str)
def test_wrong_use_is_refused(tcpchat, options):
    ends(tcpchat("listen", *options), 2)


def test_close_of_one_of_two_addresses_names_it(tcpchat):
    port = free_port()
    run = tcpchat("listen", "--explain", port)
    run.expect_stderr(rb"(?s)listen\(.*listen\(")
    with socket.create_connection(("127.0.0.1", port)) as peer:
        run.end_input()
        assert peer.recv(1) == b""
    ends(run, 0)
    order(run, r"^close\(\d+\): nobody else gets in at \[::\]:", r"^close\(\d+\): nobody else gets in, \d+ lives on$")


def test_inherited_listener_may_have_others(tcpchat):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        number = listening.fileno()
        run = tcpchat("listen", "--explain", f"fd:{number}", pass_fds=[number])
        with socket.create_connection(listening.getsockname()) as peer:
            run.end_input()
            assert peer.recv(1) == b""
        ends(run, 0)
    told(run, rf"^close\({number}\): this program lets nobody else in$")
    assert not [sentence for sentence in sentences(run.stderr) if sentence.startswith(("socket", "bind", "listen("))]


# Many sentences.

def test_flood_is_summed(tcpchat):
    run = tcpchat("listen", "--explain", "127.0.0.1", 0)
    with run.call() as peer:
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(500):
            peer.sendall(b"word")
            run.read(4)
    run.end_input()
    ends(run, 0)
    assert re.search(r"^tcpchat: … [\d ]+ more reads, [\d.]+ k?B$", run.stderr.decode(), re.M)
    assert len(sentences(run.stderr)) < 100
    told(run, r"^recv\(\d+\) = 0: ")
    told(run, r"^close\(\d+\): both sides have ended$")


# A terminal.

@pytest.mark.parametrize("role", ["listen", "connect"])
def test_command_switches_it(talk, role):
    screen, peer = talk(role)
    screen.enter("/explain on")
    screen.wait_for("▸ each call on a socket is told from now on\n")
    peer.sendall("你好\n".encode())
    screen.wait_for("= 7: all that was there\n")
    peer.sendall("好\n".encode())
    screen.wait_for("= 4: came in 1 segment\n")
    screen.enter("/explain off")
    screen.wait_for("▸ calls on sockets are told no more\n")
    peer.sendall("再见\n".encode())
    screen.wait_for("再见")
    assert screen.text.count("came in 1 segment") == 1


def test_command_takes_two_words(talk):
    screen, _ = talk("connect")
    screen.enter("/explain maybe")
    screen.wait_for("/explain takes on or off")


def test_option_tells_at_a_terminal(screen):
    shown = screen("listen", "--explain", "127.0.0.1", free_port(), columns=100)
    shown.wait_for("0 wait in the queue")


def test_nothing_is_told_without_the_option(tcpchat):
    run = tcpchat("listen", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(b"word")
        run.read(4)
    run.end_input()
    ends(run, 0)
    assert len(sentences(run.stderr)) == 1
