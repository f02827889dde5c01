# SPDX-License-Identifier: GPL-3.0-or-later
"""Files beside a conversation and the log of a room: times, signals, waiting peers."""
import re
import signal
import subprocess

import pytest

from crowd import connected, crowd_of, heard_until
from harness import ends, environment, receive_all, without_sandbox

STAMP = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "


def all_stamped(text):
    return all(re.match(STAMP, line) for line in text.splitlines())


@pytest.mark.parametrize("asked", [["--timestamps"], []], ids=["option", "preference"])
def test_timestamps_precede_messages(conversation, asked):
    env = environment(TCPCHAT_TIMESTAMPS="1") if not asked else None
    run, peer = conversation("listen", "-v", *asked, env=env)
    run.end_input()
    assert receive_all(peer) == b""
    peer.close()
    ends(run, 0)
    assert re.search(rb"^" + STAMP + rb"tcpchat: 127.0.0.1:\d+ connected$", run.stderr, re.M)
    assert all_stamped(run.stderr) and len(without_sandbox(run.stderr.decode().splitlines())) == 3


def test_timestamps_precede_lines_of_a_rooms_log(tcpchat):
    with crowd_of(tcpchat, "--chat", "--timestamps", "-v", stdin=subprocess.DEVNULL) as crowd:
        one, other = crowd.join_all(None, None)
        one.say("你好")
        assert other.line() == "peer1: 你好"
        crowd.run.process.terminate()
        log = crowd.run.read_all()
    assert all_stamped(log) and all_stamped(crowd.run.stderr)
    assert re.search(STAMP + "peer1: 你好\n".encode(), log)


def test_timestamps_leave_data_alone(tcpchat):
    with crowd_of(tcpchat, "-k", "--timestamps", "-v", stdin=subprocess.DEVNULL) as crowd:
        crowd.call().say("你好")
        connected(crowd.run, 1)
        assert crowd.run.read(7).decode() == "你好\n"


def log_of(run, end):
    """The log up to a line that ends so."""
    return heard_until(run, lambda log: log.endswith(end.encode() + b"\n")).decode()


def test_log_reports_sigterm(tcpchat):
    with crowd_of(tcpchat, "--chat", "-v", stdin=subprocess.DEVNULL) as crowd:
        crowd.join()
        crowd.run.process.terminate()
        assert "\n-!- SIGTERM came\n" in crowd.run.read_all().decode()
        ends(crowd.run, 128 + signal.SIGTERM)
        assert b"\ntcpchat: SIGTERM came\n" in crowd.run.stderr


def test_log_reports_the_drain(tcpchat):
    with crowd_of(tcpchat, "--chat", "--drain", "60", "-v", stdin=subprocess.DEVNULL) as crowd:
        peers = crowd.join_all(None, None, None)
        crowd.run.process.terminate()
        log_of(crowd.run, "-!- SIGTERM came, a drain begins; 3 peers may end")
        for peer in peers:
            peer.close()
        ends(crowd.run, 0)


def test_log_counts_the_peers_of_an_unfinished_drain(tcpchat):
    with crowd_of(tcpchat, "-k", "--drain", "200ms", "-v", stdin=subprocess.DEVNULL) as crowd:
        crowd.call()
        connected(crowd.run, 1)
        crowd.run.process.terminate()
        ends(crowd.run, 128 + signal.SIGTERM)
        assert b"tcpchat: SIGTERM came, a drain begins; 1 peer may end\n" in crowd.run.stderr
        assert b"tcpchat: the time of --drain is over; 1 peer is still here\n" in crowd.run.stderr


def test_log_reports_a_waiting_peer_once(tcpchat):
    with crowd_of(tcpchat, "-k", "-m", "1", "-v", stdin=subprocess.DEVNULL) as crowd:
        first = crowd.call()
        connected(crowd.run, 1)
        others = [crowd.call() for _ in range(2)]
        crowd.run.expect_stderr(rb"^tcpchat: somebody waits for a place of -m 1$")
        first.close()
        others[0].say("好")
        assert crowd.run.read(4).decode() == "好\n"
        connected(crowd.run, 2)
        assert crowd.run.stderr.count(b"somebody waits") == 1
