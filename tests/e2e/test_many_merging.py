# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of many peers on one standard output: bytes are exact, and a line is one peer's alone."""
import random
import selectors
import threading
import time

import pytest

from crowd import connected, crowd_of, heard_until
from harness import PATIENCE, in_background
from ways import some_bytes, some_text

LINE = 8192  # bytes without LF after which another peer may speak
FAIR = 1 << 20  # bytes after which another peer must have spoken


# One peer alone.

@pytest.mark.parametrize("data", [b"", b"\n", b"no line feed", b"\0\0\n\0", b"\r\n\r", bytes(range(256)),
                                  "一行\n半行".encode(), some_bytes(2_000_003), b"x" * 100_000],
                         ids=lambda data: f"{len(data)} {data[:6]!r}")
def test_merging_one_peer_is_exact(tcpchat, data):
    with crowd_of(tcpchat, "-k") as crowd:
        peer = crowd.call()
        in_background(peer.send, data)
        assert crowd.run.read(len(data)) == data
        peer.close()
        crowd.run.process.terminate()
        assert crowd.run.read_all() == b""


def test_merging_keeps_lines_of_successive_peers(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        for _ in range(3):
            peer = crowd.call()
            peer.send("一行\n".encode())
            assert crowd.run.read(7).decode() == "一行\n"
            peer.close()


def test_unfinished_line_is_ended_before_another_peer(tcpchat):
    """And only then: the first is exact as long as no other peer speaks."""
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        first, second, third = crowd.call(), crowd.call(), crowd.call()
        connected(crowd.run, 3)
        first.send("没有换行".encode())
        assert crowd.run.read(12).decode() == "没有换行"
        first.close()
        crowd.run.expect_stderr(rb"closed by the peer; 12 bytes")
        second.close()  # has said nothing
        crowd.run.expect_stderr(rb"closed by the peer; 0 bytes")
        third.send("又没有".encode())
        assert crowd.run.read(10).decode() == "\n又没有"
        third.close()
        crowd.run.expect_stderr(rb"closed by the peer; 9 bytes")
        crowd.run.process.terminate()
        assert crowd.run.read_all() == b""


def test_same_peer_continues_its_line_after_a_silence(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        peer, _ = crowd.call(), crowd.call()
        peer.send(b"before ")
        assert crowd.run.read(7) == b"before "
        time.sleep(1.3)  # longer than the silence that gives up the output, which is the matter
        peer.send(b"after\n")
        assert crowd.run.read(6) == b"after\n"


# The output.

def two(crowd):
    """Two peers (of a run with -v), of which the first has begun a line."""
    first, second = crowd.call(), crowd.call()
    connected(crowd.run, 2)
    first.send("我先".encode())
    assert crowd.run.read(6).decode() == "我先"
    return first, second


def test_line_is_finished_before_another_begins(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        first, second = two(crowd)
        second.say("轮到我")
        first.say("说完")
        assert crowd.run.read(17).decode() == "说完\n轮到我\n"


def test_silence_of_a_second_gives_up_the_output(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        first, second = two(crowd)
        start = time.monotonic()
        second.say("轮到我")
        assert crowd.run.read(11).decode() == "\n轮到我\n"
        assert 0.7 < time.monotonic() - start < 5
        first.say("说完")
        assert crowd.run.read(7).decode() == "说完\n"


def test_steady_sender_keeps_the_output(tcpchat):
    """A KiB a second, up to 8 KiB without a line end."""
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        first, second = two(crowd)
        second.say("轮到我")
        for _ in range(6):
            time.sleep(0.3)  # shorter than the silence; all together longer
            first.send(b"." * 600)
            assert crowd.run.read(600) == b"." * 600
        first.say("")
        assert crowd.run.read(11).decode() == "\n轮到我\n"


def test_trickle_gives_up_the_output_to_a_waiting_peer(tcpchat):
    """After a second in which it brought less than a KiB; then whole lines go first, however many trickle."""
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        trickles = [crowd.call() for _ in range(20)]
        honest = crowd.call()
        connected(crowd.run, 21)
        stop = threading.Event()

        def trickle():
            while not stop.wait(0.2):
                for peer in trickles:
                    peer.send(b".")
        trickling = in_background(trickle)
        assert crowd.run.read(3) == b"..."
        for _ in range(2):
            start = time.monotonic()
            honest.say("轮到我")
            heard_until(crowd.run, lambda heard: "\n轮到我\n".encode() in heard)
            assert time.monotonic() - start < 2.5
        stop.set()
        trickling.join(PATIENCE)


def test_end_gives_up_the_output(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        first, second = two(crowd)
        second.say("轮到我")
        start = time.monotonic()
        first.close()
        assert crowd.run.read(11).decode() == "\n轮到我\n"
        assert time.monotonic() - start < 0.7


def test_reset_gives_up_the_output(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        first, second = two(crowd)
        second.say("轮到我")
        first.reset()
        assert crowd.run.read(11).decode() == "\n轮到我\n"


def test_8_kib_without_a_line_end_give_up_the_output(tcpchat):
    """An endless line cannot keep the others out. It is exact but for the LF that was added."""
    endless = b"x" * (1000 * LINE)
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        first, second = two(crowd)
        second.say("轮到我")
        in_background(first.send, endless)
        mine = "\n轮到我\n".encode()
        text = crowd.run.read(len(endless) + len(mine))
        at = text.index(mine)
        assert text[:at] + text[at + len(mine):] == endless
        assert LINE - 6 <= at < FAIR


def test_two_endless_lines_take_turns(tcpchat):
    """Each gets the output for 8 KiB or somewhat more, and nothing is lost."""
    size = 1000 * LINE
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        peers = [crowd.call() for _ in range(2)]
        connected(crowd.run, 2)
        for letter, peer in zip(b"ab", peers):
            in_background(peer.send, bytes([letter]) * size)
        turns = heard_until(crowd.run, lambda heard: len(heard) - heard.count(b"\n") == 2 * size).split(b"\n")
        assert all(len(set(turn)) == 1 for turn in turns)
        assert all(LINE <= len(turn) < FAIR for turn in turns[:4])
        assert all(sum(turn.count(letter) for turn in turns) == size for letter in (b"a", b"b"))


def test_flood_of_lines_keeps_no_peer_out(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        first, second = two(crowd)
        stop = []

        def flood():
            while not stop:
                first.send("吵死了\n".encode() * 1000)
        flooding = in_background(flood)
        assert crowd.run.read(100_000)
        second.say("我也想说")
        heard_until(crowd.run, lambda heard: "我也想说\n".encode() in heard[-200_000:] or len(heard) > FAIR << 6)
        stop.append(True)
        in_background(crowd.run.read_all)
        flooding.join(PATIENCE)


def test_8_kib_tear_no_character(tcpchat):
    with crowd_of(tcpchat, "-k", "-e", "gbk", "-v") as crowd:
        first, second = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        first.send(b"a")
        assert crowd.run.read(1) == b"a"
        second.send("轮到我\n".encode("gbk"))
        endless, between = "b" + "中" * 1_000_000, "\n轮到我\n"
        in_background(first.send, endless.encode("gbk"))
        text = crowd.run.read(len((endless + between).encode())).decode()
        assert text.replace(between, "", 1) == endless
        assert text.index(between) < FAIR


def test_end_of_another_peer_waits_for_the_output(tcpchat):
    """A cut piece comes out when the line of the other peer is whole."""
    with crowd_of(tcpchat, "-k", "-e", "gbk", "-v") as crowd:
        first, second = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        second.send("半".encode("gbk")[:1])
        first.send(b"AAAA")
        assert crowd.run.read(4) == b"AAAA"
        second.close()
        third = crowd.call()
        connected(crowd.run, 3)
        first.send(b"aaaa\n")
        assert crowd.run.read(8).decode() == "aaaa\n\ufffd"
        crowd.run.expect_stderr(rb"closed by the peer")
        third.send(b"b\n")
        assert crowd.run.read(3) == b"\nb\n"


def test_lines_in_pieces_of_many_come_out_whole(tcpchat):
    """40 peers, 150 numbered lines each, cut at random: every line is whole, each peer's are in order, none is
    missing or there twice."""
    some = random.Random(5)
    with crowd_of(tcpchat, "-k") as crowd:
        peers = [crowd.call() for _ in range(40)]
        given = ["".join(f"{i} {n} {some_text(some.randrange(60))!r}\n" for n in range(150)).encode()
                 for i in range(40)]
        left = dict(zip(peers, given))
        taken = bytearray()
        total = sum(map(len, given))
        with selectors.DefaultSelector() as selector:
            selector.register(crowd.run.stdout, selectors.EVENT_READ)
            while len(taken) < total:
                for peer in some.sample(list(left), len(left)):
                    n = some.choice([1, 2, 3, 50, 900])
                    peer.send(left[peer][:n])
                    left[peer] = left[peer][n:]
                    if not left[peer]:
                        del left[peer]
                if selector.select(0 if left else PATIENCE):
                    taken += crowd.run.stdout.read(65536)
    lines = taken.decode().splitlines(keepends=True)
    for i in range(40):
        assert "".join(line for line in lines if line.startswith(f"{i} ")) == given[i].decode()
    assert len(lines) == 40 * 150


@pytest.mark.parametrize("charset", ["gbk", "big5"])
def test_merging_tears_no_character(tcpchat, charset):
    """With -e each peer has its own half characters."""
    with crowd_of(tcpchat, "-k", "-e", charset) as crowd:
        first, second = crowd.call(), crowd.call()
        text = "中文一二三\n".encode(charset)
        first.send(text[:5])
        assert crowd.run.read(6).decode() == "中文"
        second.send("四\n".encode(charset)[:1])
        first.send(text[5:])
        assert crowd.run.read(10).decode() == "一二三\n"
        second.send("四\n".encode(charset)[1:])
        assert crowd.run.read(4).decode() == "四\n"


def test_cut_character_at_the_end_is_bad_text(tcpchat):
    with crowd_of(tcpchat, "-k", "-e", "gbk") as crowd:
        first = crowd.call()
        first.send("好".encode("gbk") + b"\xc4")
        first.close()
        assert crowd.run.read(6).decode() == "好\ufffd"
