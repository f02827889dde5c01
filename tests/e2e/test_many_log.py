"""What is written beside a conversation and in the log of a room: times, signals, who waits."""
import re
import subprocess

import pytest

from crowd import connected, gathering
from harness import ends, environment, receive_all

STAMP = rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "


def all_stamped(text):
    return all(re.match(STAMP, line) for line in text.splitlines())


@pytest.mark.parametrize("asked", [["--timestamps"], []], ids=["option", "preference"])
def test_timestamps_stand_in_front_of_messages(conversation, asked):
    env = environment(TCPCHAT_TIMESTAMPS="1") if not asked else None
    run, peer = conversation("listen", "-v", *asked, env=env)
    run.end_input()
    assert receive_all(peer) == b""
    peer.close()
    ends(run, 0)
    assert re.search(rb"^" + STAMP + rb"tcpchat: 127.0.0.1:\d+ connected$", run.stderr, re.M)
    assert all_stamped(run.stderr) and len(run.stderr.splitlines()) == 3


def test_timestamps_stand_in_front_of_a_rooms_log(tcpchat):
    with gathering(tcpchat, "--chat", "--timestamps", "-v", stdin=subprocess.DEVNULL) as crowd:
        one, other = crowd.join_all(None, None)
        one.say("你好")
        assert other.line() == "peer1: 你好"
        crowd.run.process.terminate()
        log = crowd.run.read_all()
    assert all_stamped(log) and all_stamped(crowd.run.stderr)
    assert re.search(STAMP + "peer1: 你好\n".encode(), log)


def test_timestamps_leave_data_alone(tcpchat):
    with gathering(tcpchat, "-k", "--timestamps", "-v", stdin=subprocess.DEVNULL) as crowd:
        crowd.call().say("你好")
        connected(crowd.run, 1)
        assert crowd.run.read(7).decode() == "你好\n"
