# SPDX-License-Identifier: GPL-3.0-or-later
"""`--forward`: each connection is passed on, and the two ends may speak different charsets."""
import contextlib
import os
import re
import socket
import sys
import time

import pytest

import article
from crowd import Peer, children, crowd_of, refuses
from harness import HAS_IPV6, Listener, ends, free_port, in_background, one_sentence, receive_all, until
from meeting import running
from ways import some_bytes, some_text

needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no ::1")


def passing_on(tcpchat, there, *options):
    return crowd_of(tcpchat, *options, "--forward", f"127.0.0.1:{there.port}")


def test_forward_makes_the_article_understand_itself(tcpchat):
    """Its UTF-8 client and its GBK server, which crash on each other otherwise."""
    with running([sys.executable, article.__file__, "many-server", "0"]) as server:
        port = int(read_line(server))
        between = ["-k", "-e", "utf-8", "--forward", f"127.0.0.1:{port}", "--forward-encoding", "gbk"]
        with crowd_of(tcpchat, *between) as crowd:
            for text in ("你好,服务器", "第二个"):
                with running([sys.executable, article.__file__, "client", str(crowd.run.port), text]) as client:
                    assert client.read_all().decode() == "问题正在处理中...\n"
                    ends(client, 0)
                assert read_line(server) == text


def read_line(run):
    text = b""
    while not text.endswith(b"\n"):
        piece = run.read(1)
        assert piece, run.stderr
        text += piece
    return text.decode().rstrip("\n")


def test_forward_passes_exact_bytes(tcpchat, listener):
    there = listener()
    data = some_bytes(2 << 20)
    with passing_on(tcpchat, there, "-k") as crowd:
        peer = crowd.call()
        with there.accept() as target:
            in_background(peer.send, data)
            taken = b""
            while len(taken) < len(data):
                taken += target.recv(1 << 18)
            assert taken == data
            in_background(target.sendall, data)
            assert peer.read(len(data)) == data


def test_forward_passes_each_end_on(tcpchat, listener):
    there = listener()
    with passing_on(tcpchat, there, "-k") as crowd:
        peer = crowd.call()
        with there.accept() as target:
            peer.send(b"question")
            peer.finish()
            assert target.recv(100) == b"question" and target.recv(100) == b""
            target.sendall(b"answer")
        assert peer.rest() == b"answer"


def test_forward_serves_one_by_default(tcpchat, listener):
    there = listener()
    with passing_on(tcpchat, there) as crowd:
        peer = crowd.call()
        there.accept().close()
        assert peer.rest() == b""
        peer.close()
        ends(crowd.run, 0)


@pytest.mark.parametrize("near, far", [("utf-8", "gbk"), ("gbk", "utf-8"), ("big5", "utf-8")])
def test_forward_converts_both_ways(tcpchat, listener, near, far):
    there = listener()
    text = some_text(3000) if near != "big5" else "天下太平" * 1000
    with passing_on(tcpchat, there, "-k", "-e", near, "--forward-encoding", far) as crowd:
        peer = crowd.call()
        with there.accept() as target:
            in_background(peer.send, text.encode(near))
            taken, wanted = b"", text.encode(far)
            while len(taken) < len(wanted):
                taken += target.recv(1 << 18)
            assert taken == wanted
            in_background(target.sendall, wanted)
            assert peer.read(len(text.encode(near))) == text.encode(near)


def test_forward_serves_many_at_once(tcpchat, listener):
    there = listener(backlog=64)
    with passing_on(tcpchat, there, "-k") as crowd:
        peers = [crowd.call() for _ in range(50)]
        targets = [there.accept() for _ in peers]
        for n, peer in enumerate(peers):
            peer.say(str(n))
        for target in targets:
            target.sendall(target.recv(100))
            target.close()
        assert [peer.rest() for peer in peers] == [f"{n}\n".encode() for n in range(50)]


def test_transcript_has_both_ends(tcpchat, listener, tmp_path):
    there = listener()
    with passing_on(tcpchat, there, "--transcript", tmp_path / "talk") as crowd:
        peer = crowd.call()
        address = peer.address
        with there.accept() as target:
            peer.say("去")
            assert target.recv(100).decode() == "去\n"
            target.sendall("回".encode())
        assert peer.rest().decode() == "回"
        peer.close()
        ends(crowd.run, 0)
        lines = [line.split(" ", 2)[2] for line in (tmp_path / "talk").read_text().splitlines()]
        assert lines == [f"{address}: 去", f"127.0.0.1:{there.port}>{address}: 回"]


def test_refused_forward_ends_one_connection_only(tcpchat):
    """One connection fails, with a message."""
    port = free_port()
    with crowd_of(tcpchat, "-k", "--forward", f"127.0.0.1:{port}") as crowd:
        with contextlib.suppress(ConnectionResetError):  # the call itself may hear of it already
            assert crowd.call().has_ended()
        crowd.run.expect_stderr(rb"127\.0\.0\.1:%d.*Connection refused" % port)
        with contextlib.closing(Listener(address=("127.0.0.1", port))) as there:
            peer = crowd.call()
            with there.accept() as target:
                target.sendall(b"now")
            assert peer.rest() == b"now"


def holds_a_socket(pid):
    return any(os.readlink(entry.path).startswith("socket:") for entry in os.scandir(f"/proc/{pid}/fd"))


def test_look_up_keeps_no_listener_open(tcpchat, resolver):
    """A slow look-up admits no peer through a closed listener."""
    with crowd_of(tcpchat, "-k", "--drain", "60", "--forward", "slow.test:1", env=resolver) as crowd:
        peer = crowd.call()
        look_up = until(lambda: children(crowd.run.pid), "the look-up")[0]
        crowd.run.process.terminate()
        until(lambda: refuses(crowd.run.port), "the listener to be closed")
        assert look_up in children(crowd.run.pid)
        until(lambda: not holds_a_socket(look_up), "the look-up to let go of the peer")
        assert not peer.has_more()


def test_reset_while_dialling_frees_the_place(tcpchat, blackhole):
    with passing_on(tcpchat, blackhole(), "-k", "-v", "-m", "1") as crowd:
        one, other = crowd.call(), crowd.call()
        crowd.run.expect_stderr(re.escape(f"{one.address} connected").encode())
        first, second = one.address, other.address
        one.reset()
        crowd.run.expect_stderr(re.escape(f"{first}: Connection reset by peer").encode())
        crowd.run.expect_stderr(re.escape(f"{second} connected").encode())


def test_idle_timeout_counts_while_dialling(tcpchat, blackhole):
    there = blackhole()
    with passing_on(tcpchat, there, "-i", "300ms") as crowd:
        peer = crowd.call()
        start = time.monotonic()
        with contextlib.suppress(ConnectionResetError):
            peer.rest()
        ends(crowd.run, 4)
        assert time.monotonic() - start < 8  # without -i it would be 10 s
        assert f"cannot connect to 127.0.0.1:{there.port}: no answer in time".encode() in crowd.run.stderr


def test_early_half_close_loses_nothing(tcpchat, listener):
    """A peer that ended while the forward was being dialled is served all the same."""
    there = listener()
    with passing_on(tcpchat, there, "-k") as crowd:
        peer = crowd.call()
        peer.say("问")
        peer.finish()
        with there.accept() as target:
            assert receive_all(target).decode() == "问\n"
            target.sendall("答".encode())
        assert peer.rest().decode() == "答"


def test_reset_is_passed_on(tcpchat, listener):
    there = listener()
    with passing_on(tcpchat, there, "-k") as crowd:
        one, other = crowd.call(), crowd.call()
        first, second = there.accept(), there.accept()
        one.reset()
        other.say("还在")
        ended = []
        for target in (first, second):
            with contextlib.suppress(ConnectionResetError):
                ended.append(target.recv(100))
        assert "还在\n".encode() in ended
        for target in (first, second):
            target.close()


def test_forward_reaches_a_unix_socket(tcpchat, listener, tmp_path):
    there = listener(socket.AF_UNIX, str(tmp_path / "s"))
    with crowd_of(tcpchat, "-k", "--forward", f"unix:{tmp_path}/s") as crowd:
        peer = crowd.call()
        with there.accept() as target:
            peer.say("hi")
            assert target.recv(10) == b"hi\n"


@pytest.mark.parametrize("options", [["--forward-encoding", "gbk"], ["--forward", "127.0.0.1:9", "--chat"],
                                     ["--forward", "127.0.0.1:9", "--reply", "x"], ["--forward", "127.0.0.1"],
                                     ["--forward", "127.0.0.1:0"], ["--forward", ""],
                                     ["--forward", "127.0.0.1:9", "--forward-encoding", "utf-16"]], ids=" ".join)
def test_forward_refuses_a_wrong_address(tcpchat, options):
    ends(tcpchat("listen", *options, "127.0.0.1", 0), 2)


# To its own listener: each connection would come back as another one.

@pytest.mark.parametrize("here, there", [
    ("127.0.0.1:{}", "127.0.0.1:{}"), ("127.0.0.1:{}", "0.0.0.0:{}"), ("127.0.0.1:{}", "[::ffff:127.0.0.1]:{}"),
    ("0.0.0.0:{}", "127.0.0.1:{}"), ("0.0.0.0:{}", "127.9.8.7:{}"), ("0.0.0.0:{}", "0.0.0.0:{}"),
    pytest.param("{}", "[::1]:{}", marks=needs_ipv6), pytest.param("{}", "localhost:{}", marks=needs_ipv6),
    ("unix:{}", "unix:{}")])
def test_forward_to_itself_is_refused(tcpchat, tmp_path, here, there):
    where = tmp_path / "s" if "unix" in here else free_port()
    run = tcpchat("listen", "-k", here.format(where), "--forward", there.format(where))
    ends(run, 2)
    assert one_sentence(run) == f"--forward {there.format(where)}: this side itself listens there"
    assert not list(tmp_path.iterdir())


def test_forward_by_a_name_to_itself_is_refused(tcpchat, resolver):
    """The look-up of the first connection finds it out; the name may have another address by then."""
    port = free_port()
    run = tcpchat("listen", "-k", "-v", "--forward", f"a127-0-0-1.test:{port}", "127.0.0.1", port, env=resolver)
    run.expect_stderr(b"listening on")
    for n in range(3):
        with contextlib.closing(Peer(("127.0.0.1", port))) as peer:
            address = peer.address
            with contextlib.suppress(ConnectionResetError):
                assert peer.rest() == b""
        run.expect_stderr(re.escape(f"{address}: cannot connect to a127-0-0-1.test:{port}: "
                                    "this side itself listens there").encode())
        assert run.stderr.count(b" connected\n") == n + 1


def test_forward_to_another_address_with_the_same_port_works(tcpchat, listener):
    there = listener(address=("127.0.0.2", 0))
    run = tcpchat("listen", "-k", "-v", "--forward", f"127.0.0.2:{there.port}", "127.0.0.1", there.port)
    run.expect_stderr(b"listening on")
    with contextlib.closing(Peer(("127.0.0.1", there.port))) as peer, there.accept() as target:
        peer.say("那边")
        assert target.recv(100).decode() == "那边\n"
