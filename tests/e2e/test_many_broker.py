# SPDX-License-Identifier: GPL-3.0-or-later
"""`--broker`: what one sends all others get, byte for byte, as it arrived."""
import random
import select
import signal
import subprocess

import pytest

from crowd import arrives_everywhere, complaints, connected, drain, crowd_of
from harness import PATIENCE, ends, in_background
from ways import some_bytes, some_text


def three(crowd, **options):
    peers = [crowd.call(**options) for _ in range(3)]
    connected(crowd.run, 3)
    return peers


@pytest.mark.parametrize("data", [b"\n", b"no line feed", b"\0\0\0", b"/quit\n/nick x\n", b"\r\n\n\r",
                                  bytes(range(256)),
                                  "半个字".encode()[:-1], "汉字".encode("gbk"), some_bytes(3_000_001)],
                         ids=lambda data: f"{len(data)} {data[:6]!r}")
def test_broker_passes_exact_bytes(tcpchat, data):
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        one, *others = three(crowd)
        in_background(one.send, data)
        in_background(drain, crowd.run)
        assert arrives_everywhere(others, data)
        assert not one.has_more()


def test_broker_operator_receives_and_sends(tcpchat):
    data = some_bytes(500_000)
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        peers = three(crowd)
        in_background(peers[0].send, data)
        drained = [in_background(peer.read, len(data)) for peer in peers[1:]]
        assert crowd.run.read(len(data)) == data
        for thread in drained:
            thread.join(PATIENCE)
        in_background(crowd.run.send, data)
        assert arrives_everywhere(peers, data)


def test_broker_keeps_the_order_of_each_peer(tcpchat):
    """Three speak at once, each in bytes of its own; all others get each one's in order, and nothing else."""
    some = random.Random(3)
    alphabets = [bytes(range(0, 80)), bytes(range(80, 160)), bytes(range(160, 256))]
    given = [bytes(some.choices(alphabet, k=300_000)) for alphabet in alphabets]
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        peers = three(crowd)
        listening = crowd.call()
        connected(crowd.run, 4)
        in_background(drain, crowd.run)
        for peer, data in zip(peers, given):
            in_background(peer.send, data)
        taken = taken_by(peers, listening, given)
        for reader, data in taken.items():
            for speaker, said in zip(peers, given):
                mine = data.translate(None, bytes(set(range(256)) - set(alphabets[peers.index(speaker)])))
                assert mine == (b"" if reader is speaker else said)


def taken_by(peers, listening, given):
    total = sum(map(len, given))
    wanted = {listening: total, **{peer: total - len(said) for peer, said in zip(peers, given)}}
    taken = {reader: b"" for reader in wanted}
    while pending := [reader for reader in wanted if len(taken[reader]) < wanted[reader]]:
        ready = select.select([reader.socket for reader in pending], [], [], PATIENCE)[0]
        assert ready, {len(data) for data in taken.values()}
        for reader in pending:
            if reader.socket in ready:
                taken[reader] += reader.socket.recv(1 << 18)
    return taken


def test_broker_sends_no_notices(tcpchat):
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        one, other, third = three(crowd)
        third.close()
        crowd.call().reset()
        connected(crowd.run, 4)
        one.send(b"x")
        assert other.read(1) == b"x"


def test_broker_goes_on_after_stdins_end(tcpchat):
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        one, other, _ = three(crowd)
        crowd.run.send(b"last")
        crowd.run.end_input()
        assert one.read(4) == other.read(4) == b"last"
        one.send(b"on")
        assert other.read(2) == b"on" and not one.has_more(0.2)


def test_broker_goes_on_without_peers(tcpchat):
    with crowd_of(tcpchat, "--broker", "-v", stdin=subprocess.DEVNULL) as crowd:
        for peer in three(crowd):
            peer.close()
        peers = [crowd.call() for _ in range(2)]
        connected(crowd.run, 5)
        peers[0].send(b"again")
        assert peers[1].read(5) == b"again"


def test_reset_is_one_message(tcpchat):
    with crowd_of(tcpchat, "--broker", "-v") as crowd:
        one, other, third = three(crowd)
        address = one.address
        one.reset()
        crowd.run.expect_stderr(b"reset by peer$")
        other.send(b"on")
        assert third.read(2) == b"on"
        about = [line for line in complaints(crowd.run) if "reset by peer" in line and address in line]
        assert len([line for line in about if "broken off" not in line]) == 1


def test_closed_stdout_ends_the_broker(tcpchat):
    with crowd_of(tcpchat, "--broker") as crowd:
        assert crowd.run.port
        crowd.run.stdout.close()
        ends(crowd.run, 128 + signal.SIGPIPE)


# With -e.

@pytest.mark.parametrize("step", [1, 2, 3, 7, 4096])
def test_broker_tears_no_character(tcpchat, step):
    """A GBK speaker's characters arrive whole in UTF-8, however they were cut; nothing waits for a line end."""
    text = some_text(300 if step < 10 else 20000)
    with crowd_of(tcpchat, "--broker", "-e", "gbk,utf-8", "-v") as crowd:
        one, other, third = three(crowd)
        other.send("先说一句统一码,让人知道\n".encode())
        assert third.read(len("先说一句统一码,让人知道\n".encode("gbk"))).decode("gbk").startswith("先说")
        assert one.read(len("先说一句统一码,让人知道\n".encode("gbk"))).decode("gbk").startswith("先说")
        data = text.encode("gbk")
        in_background(lambda: [one.send(data[at:at + step]) for at in range(0, len(data), step)])
        assert third.read(len(data)) == data
        assert other.read(len(text.encode())).decode() == text


def test_half_a_character_is_completed_by_its_own_peer_only(tcpchat):
    with crowd_of(tcpchat, "--broker", "-e", "gbk", "-v") as crowd:
        one, other, third = three(crowd)
        one.send("中文".encode("gbk")[:3])
        assert other.read(2).decode("gbk") == third.read(2).decode("gbk") == "中"
        other.send("四".encode("gbk"))
        assert one.read(2).decode("gbk") == third.read(2).decode("gbk") == "四"
        one.send("文".encode("gbk")[1:])
        assert other.read(2).decode("gbk") == third.read(2).decode("gbk") == "文"


def test_broker_converts_gbk_and_utf_8(tcpchat):
    with crowd_of(tcpchat, "--broker", "-e", "utf-8,gbk", "-v") as crowd:
        one, other, third = three(crowd)
        one.send("今天天气很好,没有换行".encode("gbk"))
        for peer in (other, third):
            assert peer.read(len("今天天气很好,没有换行".encode())).decode() == "今天天气很好,没有换行"
        other.send("是啊,一起出去吧".encode())
        assert one.read(len("是啊,一起出去吧".encode("gbk"))).decode("gbk") == "是啊,一起出去吧"
        assert third.read(len("是啊,一起出去吧".encode())).decode() == "是啊,一起出去吧"
