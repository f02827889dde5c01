# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow links in a room: one host's words evict no steady reader."""
import contextlib
import select
import socket
import subprocess
import time

import pytest

from crowd import crowd_of
from harness import in_background

# Bytes a read, and seconds between two of them: 30 KB/s and more, as links with a round trip of up to 1 s give them.
LINKS = [(30_720, 1.0), (48_000, 0.3), (15_360, 0.5), (3_072, 0.1), (64_000, 1.0), (1_600, 0.05)]
TABS = (b"\t" * 8000 + b"\n") * 20


def drain(run, log):
    while piece := run.stdout.read(65536):
        log.append(piece)


def read_steadily(peers, seconds):
    """Each peer reads at the pace of its link; those whose connection has ended."""
    now = time.monotonic()
    end, ended, taken = now + seconds, [], dict.fromkeys(peers, 0)
    due = {peer: now + pause for peer, (_, pause) in peers.items()}
    while (now := time.monotonic()) < end:
        peer = min(due, key=due.get)
        time.sleep(max(0, due[peer] - now))
        due[peer] += peers[peer][1]
        if not select.select([peer.socket], [], [], 0)[0]:
            continue
        try:
            data = peer.socket.recv(peers[peer][0])
        except ConnectionError:
            data = b""
        taken[peer] += len(data)
        if not data:
            ended.append(peer)
            del due[peer]
    return ended, taken


def attack(crowd, end, data):
    """Calls from one host, again and again, and says what it has to say."""
    calls = 0
    while time.monotonic() < end:
        with contextlib.suppress(OSError), contextlib.closing(socket.socket()) as stranger:
            stranger.bind(("127.0.0.2", 0))
            stranger.settimeout(0.2)
            stranger.connect(("127.0.0.1", crowd.run.port))
            stranger.recv(1)
            stranger.sendall(data)
            calls += 1
    return calls


def test_one_host_evicts_no_steady_reader(tcpchat):
    """However often it connects again: 20 lines of 8000 tabs, each shown as 64 000 bytes."""
    seconds = 4
    with crowd_of(tcpchat, "--chat") as crowd:
        log = []
        in_background(drain, crowd.run, log)
        peers = {crowd.join(window=32768): link for link in LINKS}
        attacking = in_background(attack, crowd, time.monotonic() + seconds, TABS)
        ended, taken = read_steadily(peers, seconds)
        attacking.join()
        assert not ended
        assert all(size > 50_000 for size in taken.values())
        assert b" was evicted" not in b"".join(log)


@pytest.mark.parametrize("line", [b"x", b"/me x", b"/msg peer1 x"])
def test_queue_caused_by_one_connection_is_bounded(tcpchat, line):
    """Below 128 KiB, by one connection and those that follow it; and it is not dropped."""
    with crowd_of(tcpchat, "--chat", stdout=subprocess.DEVNULL) as crowd:
        member = crowd.join()
        end = time.monotonic() + 1.5
        attack(crowd, end - 1, (line + b"\t" * 8000 + b"y\n") * 20)
        size = 0
        while member.has_more(max(0, end - time.monotonic())) and time.monotonic() < end:
            size += len(member.socket.recv(1 << 20))
        assert 64_000 < size < 128 * 1024
