# SPDX-License-Identifier: GPL-3.0-or-later
"""The pace of a room: many joins cost one line a second, and a fast speaker is delayed but loses nothing."""
import contextlib
import re
import socket
import threading
import time

import pytest

from crowd import crowd_of, heard_until, settle
from harness import PATIENCE, in_background

BUNDLE = re.compile(r"-!- (?=\d)(?:(\d+) joined)?(?:, )?(?:(\d+) left)?$")


def read_storm(peer, joined, left, patience=PATIENCE):
    """The lines that tell of so many joins and leaves."""
    lines, seen_joined, seen_left = [], 0, 0
    end = time.monotonic() + patience
    while (seen_joined, seen_left) != (joined, left):
        assert time.monotonic() < end and seen_joined <= joined and seen_left <= left, lines
        lines.append(peer.line())
        if bundle := BUNDLE.match(lines[-1]):
            seen_joined += int(bundle[1] or 0)
            seen_left += int(bundle[2] or 0)
        elif not lines[-1].endswith(" joined"):
            assert lines[-1].endswith(" left"), lines
            seen_left += 1
        else:
            seen_joined += 1
    return lines


def test_many_joins_are_summed(tcpchat):
    """All are counted, few are named."""
    with crowd_of(tcpchat, "--chat") as crowd:
        watching = crowd.join()
        start = time.monotonic()
        callers = [crowd.call() for _ in range(150)]
        assert len({caller.line() for caller in callers}) == 150
        lines = read_storm(watching, 150, 0)
        assert any(BUNDLE.match(line) for line in lines)
        assert len(lines) <= 6 * (2 + int(time.monotonic() - start))
        for caller in callers:
            caller.close()
        assert any(BUNDLE.match(line) for line in read_storm(watching, 0, 150))


def test_many_joins_and_leaves_are_summed(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        watching = crowd.join()
        start = time.monotonic()
        for _ in range(150):
            crowd.join().close()
        lines = read_storm(watching, 150, 150)
        assert len(lines) <= 11 * (2 + int(time.monotonic() - start))


def test_sum_of_joins_is_of_one_second(tcpchat):
    """The sum comes without further joins, and the next join is told by name again."""
    with crowd_of(tcpchat, "--chat") as crowd:
        watching = crowd.join()
        for _ in range(20):
            crowd.call()
        start = time.monotonic()
        lines = read_storm(watching, 20, 0)
        assert time.monotonic() - start < 3 and len(lines) <= 12
        time.sleep(1.1)  # a second without joins, which is the matter
        crowd.join()
        assert re.fullmatch(r"-!- peer\d+ joined", watching.line())


def test_operator_reads_the_sum_of_joins(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        callers = [crowd.join() for _ in range(60)]
        log = heard_until(crowd.run, lambda log: re.search(rb"^-!- \d+ joined$", log, re.M))
        assert len(log.splitlines()) < 30 and callers


# The rate of one speaker.

def arrivals(peer, n):
    """n lines, and when each came."""
    found = []
    for _ in range(n):
        line = peer.line()
        found.append((time.monotonic(), line))
    return [at for at, _ in found], [line for _, line in found]


def test_rate_allows_a_burst_of_20_and_then_5_a_second(tcpchat):
    """Nothing is lost, the order is kept."""
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join(), crowd.join()
        start = time.monotonic()
        one.say(*[f"第 {n} 句" for n in range(32)])
        at, lines = arrivals(other, 32)
        assert lines == [f"peer1: 第 {n} 句" for n in range(32)]
        assert at[31] - start > 2.0  # 12 lines are over the burst
        assert at[31] - at[19] > 2.0
        assert at[31] - start < 6
        assert at[19] - start < 1.2


def test_rate_counts_each_peer_alone(tcpchat):
    """A fast speaker delays no other, and reads the others meanwhile."""
    with crowd_of(tcpchat, "--chat") as crowd:
        fast, slow = crowd.join(), crowd.join()
        assert fast.line() == "-!- peer2 joined"
        fast.say(*map(str, range(30)))
        assert slow.lines(20) == [f"peer1: {n}" for n in range(20)]
        start = time.monotonic()
        slow.say("我慢慢说")
        assert fast.line() == "peer2: 我慢慢说"
        assert time.monotonic() - start < 0.9
        assert slow.lines(10) == [f"peer1: {n}" for n in range(20, 30)]


def test_rate_counts_commands(tcpchat):
    """A flood of /nick is a flood."""
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join(), crowd.join()
        assert one.line() == "-!- peer2 joined"
        start = time.monotonic()
        one.say(*[f"/nick name{n}" for n in range(26)], "//named")
        assert other.until_line("name25: /named")
        assert time.monotonic() - start > 0.8


def lines_heard(peer, seconds):
    """The lines within a time, and their bytes."""
    end, count, size = time.monotonic() + seconds, 0, 0
    while peer.has_more(max(0, end - time.monotonic())) and time.monotonic() < end:
        assert peer.take()
        count, size, peer.kept = count + peer.kept.count(b"\n"), size + len(peer.kept), b""
    return count, size


@contextlib.contextmanager
def strangers(crowd, work):
    """A thread that does its work until the end."""
    stop = threading.Event()

    def go_on():
        while not stop.is_set():
            with contextlib.suppress(OSError):
                work()
    thread = in_background(go_on)
    yield
    stop.set()
    thread.join(PATIENCE)


@pytest.mark.parametrize("said", [b"spam\n" * 20, b"/me spams\n" * 20, b"\t" * 8000 + b"\n",
                                  b"".join(b"/nick n%d\n" % n for n in range(20))],
                         ids=["lines", "deeds", "tabs", "names"])
def test_reconnecting_renews_no_burst(tcpchat, said):
    """A burst of 20 lines or one long line, and then what all of its host may say; each call may be told of."""
    with crowd_of(tcpchat, "--chat") as crowd:
        member = crowd.join()

        def call_again():
            with contextlib.closing(socket.socket()) as stranger:
                stranger.bind(("127.0.0.2", 0))
                stranger.settimeout(1)
                stranger.connect(("127.0.0.1", crowd.run.port))
                stranger.sendall(said)
                stranger.recv(1)
                stranger.shutdown(socket.SHUT_WR)
                time.sleep(0.005)
        with strangers(crowd, call_again):
            lines, size = lines_heard(member, 2)
        assert 1 <= lines < 20 + 2 * 8 * 5 + 3 * 17
        assert size < 128 * 1024


def test_one_host_says_8_times_the_rate(tcpchat):
    """And 20 lines of burst, however many are here; a neighbour of another host is not slowed down."""
    with crowd_of(tcpchat, "--chat") as crowd:
        member = crowd.join()
        floods = [crowd.call(source="127.0.0.2") for _ in range(40)]
        for flood in floods:
            flood.line()
        lines_heard(member, 1.5)
        for n, flood in enumerate(floods):
            in_background(lambda flood=flood, n=n: flood.send(b"flood %d\n" % n * 30))
        lines, _ = lines_heard(member, 2)
        assert 40 < lines <= 20 + 8 * 5 * 2 + 8
        neighbour = crowd.join(source="127.0.0.3")
        start = time.monotonic()
        neighbour.say(*map(str, range(10)))
        member.until_line(f"{neighbour.name}: 9")
        assert time.monotonic() - start < 2


def test_peers_of_one_host_do_not_slow_each_other(tcpchat):
    """Each says its 5 lines a second while a neighbour has used up the burst."""
    with crowd_of(tcpchat, "--chat") as crowd:
        member = crowd.join(source="127.0.0.2")
        flood, *neighbours = [crowd.join() for _ in range(4)]
        flood.say(*["吵"] * 60)
        time.sleep(1.2)  # the burst is gone, and the flood goes on, which is the matter
        start = time.monotonic()
        for n in range(5):
            for neighbour in neighbours:
                neighbour.say(f"慢慢说 {n}")
            time.sleep(0.21)  # 5 a second
        last = {f"{neighbour.name}: 慢慢说 4" for neighbour in neighbours}
        while last:
            last.discard(member.line())
        assert time.monotonic() - start < 2


def test_end_loses_no_delayed_line(tcpchat):
    with crowd_of(tcpchat, "--chat", "--rate", "50") as crowd:
        one, other = crowd.join(), crowd.join()
        one.say(*map(str, range(100)))
        one.close()
        assert other.lines(101) == [*(f"peer1: {n}" for n in range(100)), "-!- peer1 left"]


@pytest.mark.parametrize("rate, least", [("0", 0), ("1000", 1.5), ("500.5", 3)])
def test_rate_option_sets_the_pace(tcpchat, rate, least):
    with crowd_of(tcpchat, "--chat", "--rate", rate) as crowd:
        one, other = crowd.join(), crowd.join()
        start = time.monotonic()
        one.say(*map(str, range(2000)))
        assert other.lines(2000) == [f"peer1: {n}" for n in range(2000)]
        assert least < time.monotonic() - start


def test_rate_below_1_is_kept(tcpchat):
    with crowd_of(tcpchat, "--chat", "--rate", "0.5") as crowd:
        one, other = crowd.join(), crowd.join()
        one.say(*map(str, range(21)))
        at, lines = arrivals(other, 21)
        assert lines == [f"peer1: {n}" for n in range(21)]
        assert at[20] - at[19] > 1.2


def test_60_members_that_talk_at_once_lose_nothing(tcpchat):
    """Each of them reads each line of every other once, each one's in order."""
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        peers = [crowd.join() for _ in range(60)]
        for n in range(10):
            for peer in peers:
                peer.say(f"第 {n} 句")
        for peer in peers:
            others = {other.name: 0 for other in peers if other is not peer}
            while any(count < 10 for count in others.values()):
                name, _, text = peer.line().partition(": ")
                if name.startswith("-!- "):
                    continue
                assert text == f"第 {others[name]} 句"
                others[name] += 1
        settle(peers[:2])
