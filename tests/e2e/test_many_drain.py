# SPDX-License-Identifier: GPL-3.0-or-later
"""`--drain`: after SIGTERM no newcomer is admitted, and the peers that are there may finish."""
import signal
import socket
import subprocess
import time

import pytest

from crowd import arrives_everywhere, connected, crowd_of, heard_until, listens, refuses
from harness import PATIENCE, ends, in_background, until
from ways import some_bytes


def terminate(crowd):
    port = crowd.run.port
    crowd.run.process.terminate()
    until(lambda: not listens(port), "the listener to be closed")
    assert refuses(port)


@pytest.mark.parametrize("options", [["-k"], ["--chat"], ["--broker"], ["-k", "--reply", "好"], []], ids=" ".join)
def test_drain_lets_conversations_finish(tcpchat, options):
    with crowd_of(tcpchat, *options, "--drain", "60", "-v") as crowd:
        peers = [crowd.call() for _ in range(3 if options else 1)]
        connected(crowd.run, len(peers))
        terminate(crowd)
        time.sleep(0.2)  # they stay, which is the matter
        assert crowd.run.process.poll() is None
        peers[0].say("还能说")
        heard_until(crowd.run, lambda log: "还能说".encode() in log)
        if not options:
            crowd.run.end_input()
        for peer in peers:
            peer.close()
        ends(crowd.run, 0)


def test_drain_with_100_conversations_ends_with_0(tcpchat):
    data = some_bytes(100_000)
    with crowd_of(tcpchat, "-k", "--drain", "60", "-v") as crowd:
        peers = [crowd.call() for _ in range(100)]
        connected(crowd.run, 100)
        crowd.run.send(data[:30_000])
        terminate(crowd)
        crowd.run.send(data[30_000:])
        crowd.run.end_input()
        assert arrives_everywhere(peers, data)
        assert refuses(crowd.run.port)
        for peer in peers:
            peer.close()
        ends(crowd.run, 0)


def echo(listener, calls):
    """An address that gives back what so many callers send."""
    there = listener(backlog=128)

    def answer(connection):
        with connection:
            while data := connection.recv(65536):
                connection.sendall(data)

    def serve():
        for _ in range(calls):
            in_background(answer, there.accept())

    in_background(serve)
    return f"127.0.0.1:{there.port}"


@pytest.mark.parametrize("handler", ["--exec", "--forward"])
def test_drain_keeps_100_running_conversations(tcpchat, listener, handler):
    """Each of them is in its middle when the signal comes."""
    other_end = "/bin/cat" if handler == "--exec" else echo(listener, 100)
    data = some_bytes(50_000)
    with crowd_of(tcpchat, "-k", handler, other_end, "--drain", "60") as crowd:
        peers = [crowd.call() for _ in range(100)]
        for peer in peers:
            peer.send(data[:20_000])
        assert all(peer.read(20_000) == data[:20_000] for peer in peers)
        terminate(crowd)
        for peer in peers:
            peer.send(data[20_000:])
            peer.finish()
        assert all(peer.rest() == data[20_000:] for peer in peers)
        ends(crowd.run, 0)


def test_drain_keeps_100_members_of_a_room(tcpchat):
    with crowd_of(tcpchat, "--chat", "--drain", "60") as crowd:
        peers = [crowd.join() for _ in range(100)]
        terminate(crowd)
        for n in (0, 50, 99):
            peers[n].say(f"第 {n} 个还在")
            for peer in peers:
                if peer is not peers[n]:
                    peer.until_line(f"{peers[n].name}: 第 {n} 个还在")
        assert refuses(crowd.run.port)
        for peer in peers:
            peer.close()
        ends(crowd.run, 0)


def test_drain_serves_queued_connections(tcpchat):
    with crowd_of(tcpchat, "-k", "-v", "--drain", "60") as crowd:
        first = crowd.call()
        connected(crowd.run, 1)
        crowd.run.process.send_signal(signal.SIGSTOP)
        queued = [crowd.call() for _ in range(5)]
        crowd.run.process.terminate()
        crowd.run.process.send_signal(signal.SIGCONT)
        connected(crowd.run, 6)
        for n, peer in enumerate(queued):
            peer.say(str(n))
            assert crowd.run.read(2).decode() == f"{n}\n"
            peer.close()
        first.close()
        ends(crowd.run, 0)


@pytest.mark.parametrize("options", [["--exec", "/bin/cat"], ["--chat"], ["--reply", "好"]], ids=" ".join)
def test_drain_resets_connections_without_a_place(tcpchat, options):
    """All places are taken, and their peers go on."""
    with crowd_of(tcpchat, "-k", "-m", "2", "-v", *options, "--drain", "60") as crowd:
        peers = [crowd.call() for _ in range(6)]
        connected(crowd.run, 2)
        terminate(crowd)
        assert all(peer.has_ended() for peer in peers[2:])
        for peer in peers[:2]:
            peer.say("我还在")
            assert peer.has_more(PATIENCE)
            peer.close()
        ends(crowd.run, 0)
        assert crowd.run.stderr.count(b" connected\n") == 2


def test_drain_fills_free_places_from_the_queue(tcpchat):
    with crowd_of(tcpchat, "-k", "-m", "3", "-v", "--drain", "60") as crowd:
        first = crowd.call()
        connected(crowd.run, 1)
        crowd.run.process.send_signal(signal.SIGSTOP)
        queued = [crowd.call() for _ in range(4)]
        crowd.run.process.terminate()
        crowd.run.process.send_signal(signal.SIGCONT)
        connected(crowd.run, 3)
        assert all(peer.has_ended() for peer in queued[2:])
        for peer in [first, *queued[:2]]:
            peer.close()
        ends(crowd.run, 0)


def test_newcomers_do_not_keep_a_drain_from_closing(tcpchat):
    """They do not keep the listener from closing, though they come faster than programs can be started."""
    with crowd_of(tcpchat, "-k", "--exec", "/bin/cat", "--drain", "60") as crowd:
        peer = crowd.call()
        peer.say("在")
        assert peer.line() == "在"
        port, came = crowd.run.port, []

        def come():
            while not refuses(port):
                came.append(port)
                time.sleep(0.001)

        coming = [in_background(come) for _ in range(2)]
        crowd.run.process.terminate()
        for thread in coming:
            thread.join(4 * PATIENCE)  # the queue holds thousands, and each gets a program
            assert not thread.is_alive(), f"{len(came)} came, and nobody is refused"
        peer.say("还在")
        assert peer.line() == "还在"
        peer.close()
        ends(crowd.run, 0)


def test_drain_without_peers_ends_at_once(tcpchat):
    with crowd_of(tcpchat, "-k", "--drain", "60", stdin=subprocess.DEVNULL) as crowd:
        assert crowd.run.port
        crowd.run.process.terminate()
        ends(crowd.run, 0)


def test_drain_that_runs_out_is_143(tcpchat):
    with crowd_of(tcpchat, "-k", "--drain", "700ms", "-v") as crowd:
        peer = crowd.call()
        connected(crowd.run, 1)
        start = time.monotonic()
        terminate(crowd)
        ends(crowd.run, 128 + signal.SIGTERM)
        assert 0.6 < time.monotonic() - start < 10
        assert peer.has_ended()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_second_signal_ends_the_drain(tcpchat, number):
    with crowd_of(tcpchat, "-k", "--drain", "60", "-v") as crowd:
        crowd.call()
        connected(crowd.run, 1)
        terminate(crowd)
        crowd.run.process.send_signal(number)
        ends(crowd.run, 128 + number, PATIENCE / 2)


def test_sigint_does_not_drain(tcpchat):
    with crowd_of(tcpchat, "-k", "--drain", "60", "-v") as crowd:
        crowd.call()
        connected(crowd.run, 1)
        crowd.run.process.send_signal(signal.SIGINT)
        ends(crowd.run, 128 + signal.SIGINT, PATIENCE / 2)


def test_sigterm_without_drain_ends_at_once(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        peer = crowd.call()
        connected(crowd.run, 1)
        crowd.run.process.terminate()
        ends(crowd.run, 128 + signal.SIGTERM)
        assert peer.has_ended()


def test_drain_removes_the_socket_file(tcpchat, tmp_path):
    path = tmp_path / "s"
    run = tcpchat("listen", "-k", "-v", "--drain", "60", f"unix:{path}")
    run.expect_stderr(rb"listening on")
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(str(path))
        connected(run, 1)
        run.process.terminate()
        until(lambda: not path.exists(), "the file to be gone")
        peer.sendall(b"on\n")
        assert run.read(3) == b"on\n"
    ends(run, 0)
