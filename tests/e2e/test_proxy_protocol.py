# SPDX-License-Identifier: GPL-3.0-or-later
"""`listen --proxy-protocol`: a header in front of each connection names its peer."""
import contextlib
import resource
import socket
import struct
import subprocess
import time

import pytest

from crowd import complaints, connected, crowd_of
from harness import HASTE, PATIENCE, RELEASE, cpu_seconds, ends, one_sentence

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
STALLED = 1000


def v1(host="192.0.2.1", port=53122):
    return f"PROXY TCP4 {host} 127.0.0.1 {port} 80\r\n".encode()


def v2(host="192.0.2.1", port=53122, command=1, fields=b""):
    body = socket.inet_aton(host) + socket.inet_aton("127.0.0.1") + struct.pack(">HH", port, 80) + fields
    return SIGNATURE + bytes([0x20 | command, 0x11]) + struct.pack(">H", len(body)) + body


def v2_ipv6(host, port):
    body = socket.inet_pton(socket.AF_INET6, host) + bytes(16) + struct.pack(">HH", port, 80)
    return SIGNATURE + b"\x21\x21" + struct.pack(">H", len(body)) + body


HEADERS = [
    (v1(), "192.0.2.1:53122"),
    (b"PROXY TCP6 2001:db8::1 ::1 9 80\r\n", "[2001:db8::1]:9"),
    (v2(), "192.0.2.1:53122"),
    (v2(fields=b"\4\0\5hello" + b"\3\0\4\0\0\0\0"), "192.0.2.1:53122"),
    (v2_ipv6("2001:db8::2", 7), "[2001:db8::2]:7"),
    (b"PROXY UNKNOWN\r\n", None),
    (v2(command=0), None),
]


@pytest.mark.parametrize("header, name", HEADERS)
def test_header_names_the_peer_and_words_behind_it_arrive(tcpchat, header, name):
    with crowd_of(tcpchat, "-1", "-v", "--proxy-protocol", stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        own = peer.address
        peer.send(header + b"words")
        assert crowd.run.read(5) == b"words"
        assert peer.rest() == b""
        peer.finish()
        ends(crowd.run, 0)
        assert complaints(crowd.run)[-2:] == [f"tcpchat: {name or own} connected",
                                              f"tcpchat: {name or own} closed by this side; 5 bytes received, 0 sent"]


def test_header_may_come_byte_by_byte(tcpchat):
    with crowd_of(tcpchat, "-k", "-v", "--proxy-protocol") as crowd:
        for header in (v1(), v2()):
            peer = crowd.call()
            for byte in header:
                peer.send(bytes([byte]))
            peer.send(b"words\n")
            assert crowd.run.read(6) == b"words\n"
        connected(crowd.run, 2)
        assert crowd.run.stderr.count(b"192.0.2.1:53122 connected") == 2


def test_program_gets_the_address_of_the_header(tcpchat):
    with crowd_of(tcpchat, "-1", "--proxy-protocol", "--sh-exec", "env") as crowd:
        peer = crowd.call()
        peer.send(v1())
        assert b"192.0.2.1" in peer.rest()


BROKEN = [
    (b"GET / HTTP/1.1\r\n\r\n", "it began without a header of the PROXY protocol"),
    (b"PROXY TCP4 1.2.3 4.5.6.7 1 2\r\n", "its header of the PROXY protocol has no right addresses"),
    (SIGNATURE + b"\x31", "its header of the PROXY protocol has an unknown version"),
    (v1()[:20], "it ended before its header of the PROXY protocol did"),
]


@pytest.mark.parametrize("header, why", BROKEN)
def test_broken_header_is_refused_and_does_not_use_up_once(tcpchat, header, why):
    """One whose header has not come yet is reset when another one is served."""
    with crowd_of(tcpchat, "-1", "--proxy-protocol", stdin=subprocess.DEVNULL) as crowd:
        slow, broken = crowd.call(), crowd.call()
        slow.send(v1()[:-1])
        broken.send(header)
        broken.finish()
        assert broken.has_ended()
        peer = crowd.call()
        peer.send(v1() + b"words")
        peer.finish()
        assert crowd.run.read_all() == b"words"
        with pytest.raises(ConnectionResetError):
            slow.rest()
        ends(crowd.run, 0)
        assert complaints(crowd.run) == [f"tcpchat: {broken.address} was refused: {why}"]


def test_refusals_are_told_once_a_second(tcpchat):
    with crowd_of(tcpchat, "-k", "--proxy-protocol") as crowd:
        for _ in range(20):
            peer = crowd.call()
            peer.send(b"x")
            assert peer.has_ended()
        crowd.run.expect_stderr(rb"; \d+ others? before")
        assert len(complaints(crowd.run)) <= 3


def test_address_lists_are_about_the_sender(tcpchat):
    with crowd_of(tcpchat, "-k", "-v", "--proxy-protocol", "--allow", "127.0.0.1", "--deny", "192.0.2.0/24") as crowd:
        peer = crowd.call()
        peer.send(v1() + b"words\n")
        assert crowd.run.read(6) == b"words\n"
        denied = crowd.call(source="127.0.0.2")
        assert denied.has_ended()
        crowd.run.expect_stderr(rb"127\.0\.0\.2:\d+ was refused: its address is not let in")


def test_host_limit_is_about_the_named_peer(tcpchat):
    """A peer that leaves makes room for one of its own host."""
    with crowd_of(tcpchat, "--chat", "--proxy-protocol", "--max-per-host", "1") as crowd:
        def join(host):
            peer = crowd.call()
            peer.send(v1(host))
            return peer
        one, other = join("192.0.2.1"), join("192.0.2.2")
        assert one.line().startswith("-!- you are ") and other.line().startswith("-!- you are ")
        assert join("192.0.2.1").has_ended()
        crowd.run.expect_stderr(rb"192\.0\.2\.1:53122 was refused: too many are here from its host")
        one.finish()
        assert one.has_ended()
        one.close()
        assert other.until_line("-!- peer1 left")
        again = join("192.0.2.1")
        assert again.line().startswith("-!- you are ")


def test_drain_lets_those_through_whose_header_is_under_way(tcpchat):
    with crowd_of(tcpchat, "-k", "-v", "--proxy-protocol", "--drain", "20", "--sh-exec", "cat") as crowd:
        first, peer = crowd.call(), crowd.call()
        first.send(v1() + b"first\n")
        assert first.read(6) == b"first\n"  # both are accepted
        peer.send(v1()[:9])
        crowd.run.process.terminate()
        crowd.run.expect_stderr(rb"a drain begins")
        peer.send(v1()[9:] + b"words\n")
        assert peer.read(6) == b"words\n"
        peer.close()
        first.close()
        ends(crowd.run, 0)


def test_max_peers_counts_those_whose_header_is_read(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", "1", "--proxy-protocol") as crowd:
        slow, peer = crowd.call(), crowd.call()
        peer.send(v1())
        assert peer.line().startswith("-!- you are ")
        slow.send(v1())
        assert not slow.has_more(0.2)
        peer.close()
        assert slow.line().startswith("-!- you are ")


def test_max_per_host_counts_the_named_peers_of_a_unix_socket(tcpchat, tmp_path):
    path = str(tmp_path / "socket")
    run = tcpchat("listen", "-k", "-v", "--max-per-host", "1", "--proxy-protocol", f"unix:{path}")
    run.expect_stderr(rb"listening on unix:")
    with contextlib.ExitStack() as stack:
        for host in ("192.0.2.1", "192.0.2.2", "192.0.2.1"):
            peer = stack.enter_context(socket.socket(socket.AF_UNIX))
            peer.settimeout(PATIENCE)
            peer.connect(path)
            peer.sendall(v1(host))
        assert peer.recv(1) == b""
        run.expect_stderr(rb"^tcpchat: 192\.0\.2\.1:53122 was refused: too many are here from its host")
        assert run.stderr.count(b" connected\n") == 2


def test_max_per_host_is_refused_where_peers_have_none(tcpchat, tmp_path):
    run = tcpchat("listen", "-k", "--max-per-host", "1", f"unix:{tmp_path}/socket")
    ends(run, 2)
    assert "but those that --proxy-protocol names" in one_sentence(run)


@contextlib.contextmanager
def many_descriptors():
    """This process may open as many as it is allowed to."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_thousand_stalled_headers_cost_no_time_and_end_after_10_s(hurried):
    with many_descriptors(), crowd_of(hurried, "--chat", "--proxy-protocol", "--max-per-host", "3000",
                                       program=RELEASE) as crowd:
        start = time.monotonic()
        stalled = [crowd.call() for _ in range(STALLED)]
        for i, peer in enumerate(stalled):
            peer.send(v2()[:1 + i % 20])
        one, other = crowd.call(), crowd.call()
        one.send(v1("192.0.2.1"))
        other.send(v1("192.0.2.2"))
        assert one.line().startswith("-!- you are ") and other.line().startswith("-!- you are ")
        before = cpu_seconds(crowd.run.pid)
        one.say("hello")
        assert "peer1: hello" in other.until_line("peer1: hello")
        assert all(peer.has_ended() for peer in stalled)
        assert HASTE * (time.monotonic() - start) >= 10
        assert cpu_seconds(crowd.run.pid) - before < 0.2
        other.say("still here")
        assert one.until_line("peer2: still here")
        crowd.run.expect_stderr(rb"its header of the PROXY protocol did not come in time")
