# SPDX-License-Identifier: GPL-3.0-or-later
"""Listeners that forward to each other, and forwarders whose client is gone."""
import re
import socket

import pytest

from harness import HAS_IPV6, descriptors, free_port, kept_descriptors, receive_until_reset, reset, until


def forwarder(tcpchat, host, port, target):
    run = tcpchat("listen", "-k", "-v", host, port, "--forward", target)
    run.expect_stderr(rb"listening on")
    return run


@pytest.mark.parametrize("members", [2, 3])
@pytest.mark.parametrize("host", ["127.0.0.1"] + ["::1"] * HAS_IPV6)
def test_ring_of_forwarders_ends_after_64_hops(tcpchat, members, host):
    ports = [free_port(host) for _ in range(members)]
    shown = f"[{host}]" if ":" in host else host
    runs = [forwarder(tcpchat, host, port, f"{shown}:{ports[(i + 1) % members]}") for i, port in enumerate(ports)]
    idle = [kept_descriptors(run.pid) for run in runs]
    with socket.create_connection((host, ports[0]), 30) as client:
        assert receive_until_reset(client) == b""
    until(lambda: [descriptors(run.pid) for run in runs] == idle, "all descriptors to be free")
    said = b"".join(run.stderr for run in runs)
    assert said.count(b"it was passed on too often") == 1
    assert len(re.findall(rb" connected$", said, re.M)) == 64


def test_ring_over_ipv4_mapped_addresses_ends_after_64_hops(tcpchat):
    port, back = free_port(), free_port()
    runs = [forwarder(tcpchat, "127.0.0.1", port, f"[::ffff:127.0.0.1]:{back}"),
            forwarder(tcpchat, "127.0.0.1", back, f"127.0.0.1:{port}")]
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        assert receive_until_reset(client) == b""
    said = b"".join(run.stderr for run in runs)
    assert len(re.findall(rb" connected$", said, re.M)) == 64


SAVE_SYN, SAVED_SYN = 27, 28  # linux/tcp.h


@pytest.mark.parametrize("lives", [1, 2, 5, 32, 64, 128, 129, 195, 255])
def test_forward_serves_a_client_whatever_its_time_to_live(tcpchat, listener, lives):
    """A forwarded connection must not die on its way, either."""
    there = listener()
    there.socket.setsockopt(socket.IPPROTO_TCP, SAVE_SYN, 1)
    port = free_port()
    forwarder(tcpchat, "127.0.0.1", port, f"127.0.0.1:{there.port}")
    with socket.socket() as client:
        client.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, lives)
        client.connect(("127.0.0.1", port))
        client.sendall(b"hello")
        other = there.accept()
        assert other.recv(5) == b"hello"
        assert other.getsockopt(socket.IPPROTO_TCP, SAVED_SYN, 512)[8] > 192


@pytest.mark.parametrize("mixed", [False, True], ids=["unix", "unix and TCP"])
def test_ring_of_unix_forwarders_ends_after_64_hops(tcpchat, tmp_path, mixed):
    places = [f"unix:{tmp_path}/a", f"127.0.0.1:{free_port()}" if mixed else f"unix:{tmp_path}/b"]
    runs = [tcpchat("listen", "-k", "-v", place, "--forward", target) for place, target in zip(places, places[::-1])]
    for run in runs:
        run.expect_stderr(rb"listening on")
    idle = [kept_descriptors(run.pid) for run in runs]
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(f"{tmp_path}/a")
        until(lambda: b"passed on too often" in runs[0].stderr + runs[1].stderr, "the end of the ring")
    until(lambda: [descriptors(run.pid) for run in runs] == idle, "all descriptors to be free")
    assert len(re.findall(rb" connected$", runs[0].stderr + runs[1].stderr, re.M)) == 64


def test_chain_of_forwarders_is_not_a_ring(tcpchat, listener):
    there = listener()
    target = f"127.0.0.1:{there.port}"
    for _ in range(5):
        port = free_port()
        forwarder(tcpchat, "127.0.0.1", port, target)
        target = f"127.0.0.1:{port}"
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        client.sendall(b"hello")
        assert there.accept().recv(5) == b"hello"


@pytest.mark.parametrize("who", ["the client", "the other end"])
def test_forward_hands_a_reset_on(tcpchat, listener, who):
    there = listener()
    port = free_port()
    forwarder(tcpchat, "127.0.0.1", port, f"127.0.0.1:{there.port}")
    client = socket.create_connection(("127.0.0.1", port), 30)
    client.sendall(b"half")
    other = there.accept()
    assert other.recv(4) == b"half"
    first, second = (client, other) if who == "the client" else (other, client)
    reset(first)
    assert receive_until_reset(second) == b""


def test_forward_ends_the_other_side_with_the_client(tcpchat, listener):
    """The client has said its last word, and then goes before the answer."""
    there = listener()
    port = free_port()
    run = forwarder(tcpchat, "127.0.0.1", port, f"127.0.0.1:{there.port}")
    client = socket.create_connection(("127.0.0.1", port), 30)
    client.sendall(b"question")
    client.shutdown(socket.SHUT_WR)
    other = there.accept()
    assert other.recv(8) == b"question"
    assert other.recv(1) == b""
    reset(client)
    run.expect_stderr(rb"closed by the peer; 8 bytes received, 0 sent$")
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        until(lambda: other.send(b"x") and False, "the reset")


def test_forward_to_a_silent_address_ends_with_the_client(tcpchat, blackhole):
    hole = blackhole()
    port = free_port()
    run = forwarder(tcpchat, "127.0.0.1", port, f"127.0.0.1:{hole.port}")
    idle = kept_descriptors(run.pid)
    client = socket.create_connection(("127.0.0.1", port), 30)
    run.expect_stderr(rb" connected$")
    until(lambda: descriptors(run.pid) > idle + 1, "the call")
    reset(client)
    until(lambda: descriptors(run.pid) == idle, "all descriptors to be free", 5)
