# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow, broken and too many peers: none of them is a matter of the others."""
import contextlib
import functools
import resource
import select
import signal
import time
from collections import Counter

import pytest

from crowd import (Peer, arrives_everywhere, complaints, connected, drain, crowd_of, nothing_came, read_everywhere,
                   read_side_by_side, settle)
from harness import PATIENCE, descriptors, ends, has_only_announced, in_background, resident, until
from ways import rests, some_bytes

ROOMS = [["-k"], ["--chat", "--rate", "0"], ["--broker"]]


def may_open(soft, hard):
    """The limit of a program's descriptors before it starts."""
    return functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))


# -m: the rest wait, in a room with a number; see test_many_queue.

def test_max_peers_queues_extra_clients(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", "2") as crowd:
        one, other = crowd.join(), crowd.join()
        waiting = [crowd.call() for _ in range(3)]
        assert one.line() == "-!- peer2 joined"
        assert nothing_came([other], one)
        assert [peer.line()[-15:] for peer in waiting] == [f" {number} in the queue" for number in (1, 2, 3)]
        other.close()
        assert one.line() == "-!- peer2 left"
        assert waiting[0].line().startswith("-!- you are peer3")
        assert one.line() == "-!- peer3 joined"
        assert [peer.line()[-15:] for peer in waiting[1:]] == [" 1 in the queue", " 2 in the queue"]
        one.close()
        assert waiting[1].line().startswith("-!- you are peer4")


def test_max_peers_1_serves_one_after_another(tcpchat):
    """Words of waiting peers are read when their turn comes."""
    with crowd_of(tcpchat, "-k", "-m", "1") as crowd:
        peers = [crowd.call() for _ in range(5)]
        for n, peer in enumerate(peers):
            peer.say(f"第 {n} 个")
        heard = ""
        for n in range(5):
            line = crowd.run.read(len(f"第 {n} 个\n".encode())).decode()
            assert not select.select([crowd.run.stdout], [], [], 0.1)[0]
            heard += line
            peers[int(line.split()[1])].close()
        assert heard == "".join(f"第 {n} 个\n" for n in range(5))


def test_queued_client_that_resets_takes_no_place(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", "1") as crowd:
        one = crowd.join()
        for _ in range(3):
            crowd.call().reset()
        last = crowd.call()
        one.close()
        lines = iter(last.line, "")
        assert any(line.startswith("-!- you are peer") for line in lines if "in the queue" not in line)
        last.say("好")
        assert crowd.run.process.poll() is None


def test_max_peers_above_the_descriptors_is_told(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", "1000", preexec_fn=may_open(64, 64)) as crowd:
        assert crowd.run.port
        line, = complaints(crowd.run)
        assert "1000" in line and "64" in line


def test_soft_limit_of_descriptors_is_raised(tcpchat):
    with crowd_of(tcpchat, "--chat", preexec_fn=may_open(64, 256)) as crowd:
        assert len([crowd.join() for _ in range(100)]) == 100
        with open(f"/proc/{crowd.run.pid}/limits") as limits:
            assert any(line.split()[:5] == ["Max", "open", "files", "256", "256"] for line in limits)


# One that does not read.

def speak_past_one_that_never_reads(crowd, speaker, listeners, data):
    in_background(speaker, data)
    in_background(drain, crowd.run)
    assert arrives_everywhere(listeners, data)


def test_broker_evicts_one_of_50_that_never_reads(tcpchat):
    """The others lose nothing and wait briefly, and the slow consumer is evicted, with a message."""
    data = some_bytes(3 << 20)
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        stalled = crowd.call(window=4096)
        peers = [crowd.call() for _ in range(49)]
        connected(crowd.run, 50)
        start = time.monotonic()
        speak_past_one_that_never_reads(crowd, peers[0].send, peers[1:], data)
        assert time.monotonic() - start < 20
        crowd.run.expect_stderr(rb"^tcpchat: (peer1|%s)\b.* evicted.*$" % stalled.address.encode())
        assert stalled.has_ended()
        assert sum(" evicted" in line for line in complaints(crowd.run)) == 1


def test_chat_evicts_one_of_50_that_never_reads(tcpchat):
    lines = [f"{n} 全速的一句话" + "啊" * 300 for n in range(3500)]
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        log = []
        in_background(lambda: log.extend(iter(lambda: crowd.run.stdout.read(65536), b"")))
        stalled = crowd.join(window=4096)
        peers = [crowd.join() for _ in range(49)]
        for peer in peers[1:]:
            peer.say("/encoding utf-8")
            while peer.line() != "-!- you speak UTF-8":
                pass
        in_background(peers[0].say, *lines)
        said = [f"{peers[0].name}: {line}".encode() for line in lines]
        for taken in read_everywhere(peers[1:], sum(len(line) + 1 for line in said)):
            heard = [line for line in taken.split(b"\n")[:-1] if not line.startswith(b"-!- ")]
            assert heard == said[:len(heard)] and len(heard) > len(lines) - 9
        assert stalled.has_ended()
        until(lambda: b"-!- peer1 was evicted: " in b"".join(log), "the notice of the cut, though many come and go")


def test_stdin_evicts_a_peer_that_never_reads(tcpchat):
    """stdin waits for it, but no longer than ten seconds; then the others get all."""
    data = some_bytes(8 << 20)
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        stalled = crowd.call(window=4096)
        peers = [crowd.call() for _ in range(5)]
        connected(crowd.run, 6)
        start = time.monotonic()
        in_background(crowd.run.send, data)
        assert arrives_everywhere(peers, data, 20)
        assert 8 < time.monotonic() - start < 25
        crowd.run.expect_stderr(rb" evicted")
        assert stalled.has_ended()


@pytest.mark.parametrize("options", ROOMS[1:], ids=" ".join)
def test_reading_peer_is_never_evicted(tcpchat, options):
    """Six begin to talk at full speed after a silence, and the program was away for a moment."""
    line = b"x" * 1000 + b"\n"
    with crowd_of(tcpchat, *options, "-v") as crowd:
        in_background(drain, crowd.run)
        readers, speakers = [crowd.call() for _ in range(2)], [crowd.call() for _ in range(6)]
        connected(crowd.run, 8)
        speakers[0].send(b"silence\n")
        for peer in readers + speakers[1:]:
            while "silence" not in peer.line():
                pass
        time.sleep(0.4)  # longer than a peer counts as one that takes bytes, which is the matter
        crowd.run.process.send_signal(signal.SIGSTOP)
        for peer in speakers:
            in_background(peer.send, line * 2000)
            in_background(peer.rest)
        time.sleep(0.2)
        crowd.run.process.send_signal(signal.SIGCONT)
        letters = Counter()

        def count(peer, piece):
            letters[peer] += bytes(piece).count(b"x")
            return letters[peer] >= 6 * 2000 * 1000
        read_side_by_side(readers, count)
        assert list(letters.values()) == [6 * 2000 * 1000] * 2
        assert not [told for told in complaints(crowd.run) if "evicted" in told or "takes nothing" in told]


@pytest.mark.parametrize("queue", ["64K", "4M"])
def test_max_queue_evicts_earlier(tcpchat, queue):
    """The more may wait, the later a peer is cut; it gets nothing after that."""
    size = {"64K": 1 << 16, "4M": 4 << 20}[queue]
    data = some_bytes(12 << 20)
    with crowd_of(tcpchat, "--broker", "--max-queue", queue, "-v") as crowd:
        stalled = crowd.call(window=4096)
        peers = [crowd.call() for _ in range(2)]
        connected(crowd.run, 3)
        peers[0].send(b"!")
        assert peers[1].read(1) == b"!"
        speak_past_one_that_never_reads(crowd, peers[0].send, peers[1:], data)
        closed = rb"^tcpchat: %s broken off by this side: .*; 0 bytes received, (\d+) sent$" % stalled.address.encode()
        told = crowd.run.expect_stderr(closed)
        assert int(told[1]) < len(data) - size


@pytest.mark.parametrize("queue", ["1K", "16K", "64K", "256K"])
def test_small_max_queue_keeps_reading_peers(tcpchat, queue):
    """Not even a peer that has not taken anything before."""
    data = some_bytes(3 << 20)
    with crowd_of(tcpchat, "--broker", "--max-queue", queue, "-v") as crowd:
        peers = [crowd.call() for _ in range(3)]
        connected(crowd.run, 3)
        speak_past_one_that_never_reads(crowd, peers[0].send, peers[1:], data)


def test_only_peer_is_never_evicted(tcpchat):
    data = some_bytes(8 << 20)
    with crowd_of(tcpchat, "-k", "--max-queue", "64K") as crowd:
        peer = crowd.call(window=4096)
        in_background(crowd.run.send, data)
        until(lambda: rests(crowd.run.pid, 0.3), "standing still")
        assert peer.read(len(data)) == data
        assert has_only_announced(crowd.run.stderr)


def test_several_slow_consumers_are_evicted_together(tcpchat):
    """The notice of one cut must not be what cuts the next, and so on without end."""
    with crowd_of(tcpchat, "--chat", "--rate", "0", "--max-queue", "64K") as crowd:
        in_background(drain, crowd.run)
        stalled = [crowd.join(window=4096) for _ in range(10)]
        one, other = crowd.join(), crowd.join()
        in_background(one.say, *["x" * 1000] * 6000)
        wanted = 6000
        while wanted:
            wanted -= other.line().startswith(f"{one.name}: x")
        assert all(peer.has_ended() for peer in stalled)
        one.say("还活着")
        assert other.until_line(f"{one.name}: 还活着")


def test_slow_reader_is_not_evicted(tcpchat):
    """It takes something all the time: the speaker waits for it, and nothing is lost."""
    data = some_bytes(3 << 20)
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        slow, one, other = [crowd.call(window=16384 if n == 0 else None) for n in range(3)]
        connected(crowd.run, 3)
        in_background(one.send, data)
        in_background(drain, crowd.run)
        in_background(lambda: other.kept or other.read(len(data)))
        taken = b""
        while len(taken) < len(data):
            piece = slow.socket.recv(32768)
            assert piece, f"cut after {len(taken)} bytes: {crowd.run.stderr!r}"
            taken += piece
            time.sleep(0.004)  # slow, which is the matter
        assert taken == data


def test_unread_data_on_stdout_is_waited_for(tcpchat):
    """Peers of --broker wait for it, and go on where they were; a log is another matter (test_files_beside)."""
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        one, other = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        in_background(one.say, *["长" * 300] * 3000)
        until(lambda: rests(crowd.run.pid, 0.3), "standing still")
        heard = in_background(drain, crowd.run)
        assert other.lines(3000) == ["长" * 300] * 3000
        crowd.run.process.terminate()
        heard.join(PATIENCE)


# Peers that ask and do not read.

def test_member_that_never_reads_answers_is_evicted(tcpchat):
    """It is cut in the middle of an answer of many lines; the room and the others stay."""
    with crowd_of(tcpchat, "--chat", "--rate", "0", "--max-queue", "1K") as crowd:
        in_background(drain, crowd.run)
        peers = [crowd.join() for _ in range(30)]
        readers = [in_background(peer.rest) for peer in peers[2:]]
        for n in range(3):
            stalled = crowd.call(window=2304)
            stalled.socket.settimeout(1)
            with contextlib.suppress(OSError):
                for _ in range(2000):
                    stalled.send(b"/who\n/help\n" * 20)
            stalled.close()
        peers[0].say("还在")
        assert peers[1].until_line("peer1: 还在")
        assert crowd.run.process.poll() is None
        assert all(reader.is_alive() for reader in readers)


@pytest.mark.parametrize("options, line", [(["-k", "--reply", "x" * 20_000], b"\n"),
                                           (["--chat", "--rate", "0"], b"/help\n")], ids=["reply", "chat"])
def test_only_peer_that_never_reads_answers_is_not_read(tcpchat, options, line):
    """The only peer is never evicted, so it is not read until it has taken its answers."""
    with crowd_of(tcpchat, *options) as crowd:
        in_background(drain, crowd.run)
        peer = crowd.call(window=4096)
        peer.socket.settimeout(2)
        before = resident(crowd.run.pid)
        with pytest.raises(TimeoutError):
            for _ in range(1000):
                peer.send(line * 10_000)
        assert resident(crowd.run.pid) - before < 64 << 20
        peer.socket.settimeout(PATIENCE)
        assert peer.read(3 << 20)
        assert crowd.run.process.poll() is None


# Broken ones.

@pytest.mark.parametrize("options", ROOMS, ids=" ".join)
def test_500_resets_leave_nothing_open(tcpchat, options):
    """It lives, the others hear each other, and no descriptor is left."""
    with crowd_of(tcpchat, *options, "-v") as crowd:
        in_background(drain, crowd.run)
        one = crowd.call()
        connected(crowd.run, 1)
        before = descriptors(crowd.run.pid)
        for n in range(500):
            peer = crowd.call()
            if n % 3:
                peer.send(b"half a line" if n % 2 else b"whole\n")
            if n % 5 == 0:
                connected(crowd.run, 1 + n // 5)
            peer.reset()
        last = crowd.call()
        last.send(b"last\n")
        crowd.run.send("还在\n".encode())
        kept = b""
        while "还在\n".encode() not in kept:
            kept += one.read(1)
        last.close()
        until(lambda: descriptors(crowd.run.pid) == before, f"{before} descriptors")
        assert crowd.run.process.poll() is None


def test_reset_in_the_middle_of_sending_disturbs_no_peer(tcpchat):
    """While everything goes to every peer, ten at a time break off."""
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        in_background(drain, crowd.run)
        one, other = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        data = some_bytes(4 << 20)
        before = descriptors(crowd.run.pid)
        sending = in_background(one.send, data)
        for _ in range(10):
            broken = [crowd.call(window=4096) for _ in range(10)]
            for peer in broken:
                peer.reset()
        assert other.read(len(data)) == data
        sending.join(PATIENCE)
        until(lambda: descriptors(crowd.run.pid) == before, f"{before} descriptors")


def test_members_that_send_single_bytes_delay_no_other(tcpchat):
    """100 members that send a byte now and then delay no other."""
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        slow = [crowd.join() for _ in range(100)]
        one, other = crowd.join(), crowd.join()
        for letter in "slow\n":
            for peer in slow:
                peer.send(letter.encode())
            start = time.monotonic()
            one.say(f"快 {letter!r}")
            assert other.until_line(f"{one.name}: 快 {letter!r}")
            assert time.monotonic() - start < 2


def test_signal_ends_200_members_at_once(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        peers = [crowd.join() for _ in range(200)]
        crowd.run.process.send_signal(signal.SIGINT)
        ends(crowd.run, 128 + signal.SIGINT)
        assert all(peer.has_ended() for peer in peers)


def test_idle_members_leave(tcpchat):
    with crowd_of(tcpchat, "--chat", "-i", "0.7") as crowd:
        one, other = crowd.join(), crowd.join()
        with contextlib.suppress(ConnectionResetError):
            one.rest()
        assert other.has_ended()
        assert crowd.join().name == "peer3"


def test_peers_of_both_families_share_a_room(tcpchat):
    run = tcpchat("listen", "--chat", 0)
    run.expect_stderr(rb"(?s)listening on .*listening on .*:\d+\n")
    with contextlib.closing(Peer(("127.0.0.1", run.port))) as four, contextlib.closing(Peer(("::1", run.port))) as six:
        for peer in (four, six):
            peer.name = peer.line().split()[3].rstrip(";")
        settle([four, six])
