# SPDX-License-Identifier: GPL-3.0-or-later
"""`-o, --output` with many peers: what all of them send, as it was on the wire, in one file."""
import os

import pytest

from crowd import all_leave, connected, crowd_of
from harness import descriptors, ends, in_background, read_exactly, until

ROOMS = [["-k"], ["-k", "-e", "gbk"], ["--chat"], ["--broker"], ["-k", "--sh-exec", "cat"]]


@pytest.mark.parametrize("options", ROOMS, ids=" ".join)
def test_output_file_has_the_bytes_of_all_peers(tcpchat, tmp_path, options):
    file = tmp_path / "file"
    with crowd_of(tcpchat, *options, "-v", "-o", file, "--drain", "60") as crowd:
        peers = [crowd.call() for _ in range(3)]
        connected(crowd.run, 3)
        sent = b""
        for n, peer in enumerate(peers):
            words = f"{n} 说\r\n".encode("gbk")
            sent += words
            peer.send(words)
            until(lambda: file.read_bytes() == sent, f"{sent!r} in the file")
        all_leave(crowd, peers)
        ends(crowd.run, 0)
        assert file.read_bytes() == sent


def test_output_fifo_gets_the_bytes_of_all_peers(tcpchat, tmp_path):
    """Though it is a FIFO, and many speak at once."""
    os.mkfifo(tmp_path / "fifo")
    fifo = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with crowd_of(tcpchat, "-k", "-v", "-o", tmp_path / "fifo", "--drain", "60") as crowd:
        peers = [crowd.call() for _ in range(5)]
        connected(crowd.run, 5)
        os.set_blocking(fifo, True)
        in_background(crowd.run.read_all)
        for n, peer in enumerate(peers):
            in_background(peer.send, b"%d" % n * 200_000)
        crowd.run.send(b"!")
        assert [peer.read(1) for peer in peers] == [b"!"] * 5
        taken = read_exactly(fifo, 5 * 200_000)
        assert [taken.count(b"%d" % n) for n in range(5)] == [200_000] * 5
        all_leave(crowd, peers)
        ends(crowd.run, 0)
    os.close(fifo)


def test_output_file_costs_no_descriptor_per_peer(tcpchat, tmp_path):
    """Also where the file is one that is waited for."""
    os.mkfifo(tmp_path / "fifo")
    fifo = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with crowd_of(tcpchat, "-k", "-v", "-o", tmp_path / "fifo", "-x", tmp_path / "dump") as crowd:
        first = crowd.call()
        connected(crowd.run, 1)
        before = descriptors(crowd.run.pid)
        peers = [crowd.call() for _ in range(50)]
        connected(crowd.run, 51)
        assert descriptors(crowd.run.pid) == before + 50
        first.say("到了")
        assert crowd.run.read(7) == read_exactly(fifo, 7) == "到了\n".encode()
        for peer in peers:
            peer.close()
        until(lambda: descriptors(crowd.run.pid) == before, f"{before} descriptors")
    os.close(fifo)


def test_output_file_keeps_addresses_of_programs(tcpchat, tmp_path):
    observers = ["-o", tmp_path / "file", "-x", tmp_path / "dump", "--progress"]
    with crowd_of(tcpchat, *observers, "--sh-exec", "env") as crowd:
        env = crowd.call().rest().decode().splitlines()
        assert "TCPCHAT_LOCAL_ADDRESS=127.0.0.1" in env and f"TCPCHAT_LOCAL_PORT={crowd.run.port}" in env
