# SPDX-License-Identifier: GPL-3.0-or-later
"""Who waits for a place of -m: told to the operator, and in --chat to the one who waits."""
import re
import signal

import pytest

from crowd import Peer, crowd_of
from harness import ends


def place(number):
    return f"-!- the room is full; you are number {number} in the queue"


def greeted(peer):
    return re.fullmatch(r"-!- you are peer\d+; /help lists commands", peer.line())


def test_chat_tells_each_its_number(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 1) as crowd:
        crowd.join()
        waiting = [crowd.call() for _ in range(3)]
        assert [peer.line() for peer in waiting] == [place(1), place(2), place(3)]


def test_place_goes_to_the_first_and_the_others_move_up(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 1) as crowd:
        member = crowd.join()
        first, second = crowd.call(), crowd.call()
        assert [first.line(), second.line()] == [place(1), place(2)]
        member.close()
        assert greeted(first)
        assert second.line() == place(1)
        first.close()
        assert greeted(second)


def test_newcomer_does_not_overtake_the_queue(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 1) as crowd:
        member, first = crowd.join(), crowd.call()
        assert first.line() == place(1)
        member.close()
        newcomer = crowd.call()
        assert greeted(first)
        assert newcomer.until_line(place(1))[:-1] in ([], [place(2)])


def test_what_a_waiting_peer_said_is_read_when_it_has_a_place(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 2) as crowd:
        member, other = crowd.join(), crowd.join()
        assert member.line() == "-!- peer2 joined"
        waiting = crowd.call()
        assert waiting.line() == place(1)
        waiting.say("等了很久")
        assert not member.has_more(0.3)
        other.close()
        assert member.lines(3) == ["-!- peer2 left", "-!- peer3 joined", "peer3: 等了很久"]


def test_peer_that_gives_up_waiting_holds_up_nobody(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 1) as crowd:
        member = crowd.join()
        first, second = crowd.call(), crowd.call()
        assert [first.line(), second.line()] == [place(1), place(2)]
        first.reset()
        assert second.line() == place(1)
        member.close()
        assert second.line() == "-!- you are peer2; /help lists commands"


def test_queue_tells_a_hundred_and_the_rest_wait_in_the_system(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 1) as crowd:
        crowd.join()
        waiting = [crowd.call() for _ in range(101)]
        assert [peer.line() for peer in waiting[:100]] == [place(number) for number in range(1, 101)]
        assert not waiting[100].has_more(0.3)
        crowd.run.process.send_signal(signal.SIGUSR1)
        crowd.run.expect_stderr(rb"^tcpchat: 101 wait for a place of -m 1$")


def test_end_of_the_room_is_told_in_the_queue(tcpchat):
    """What a waiting peer has said is not read, and hides the notice from nobody."""
    with crowd_of(tcpchat, "--chat", "-m", 1) as crowd:
        member, first, second = crowd.join(), crowd.call(), crowd.call()
        assert [first.line(), second.line()] == [place(1), place(2)]
        second.say("等了很久")
        crowd.run.process.send_signal(signal.SIGTERM)
        assert {peer.rest() for peer in (member, first, second)} == {b"-!- the room has ended\n"}
        ends(crowd.run, 128 + signal.SIGTERM)


@pytest.mark.parametrize("leave", ["/quit\r", "\x04"], ids=["quit", "ctrl_d"])
def test_end_of_the_room_by_its_operator_is_told_in_the_queue(talk, leave):
    screen, peer = talk("listen", "--chat", "-m", 1)
    waiting = Peer(("127.0.0.1", screen.port))
    assert waiting.line() == place(1)
    screen.type(leave)
    assert waiting.rest() == b"-!- the room has ended\n"
    waiting.close()


def test_rooms_without_names_leave_the_wire_alone(tcpchat):
    with crowd_of(tcpchat, "--broker", "-m", 1) as crowd:
        crowd.call().send(b"x")
        waiting = crowd.call()
        assert not waiting.has_more(0.3)


def test_denied_peer_does_not_join_the_queue(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 1, "--deny", "127.0.0.2") as crowd:
        crowd.join()
        denied = crowd.call(source="127.0.0.2")
        assert denied.has_ended()
        assert crowd.call().line() == place(1)


def test_queue_counts_for_the_limit_of_a_host(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 1, "--max-per-host", 2) as crowd:
        crowd.join()
        assert crowd.call().line() == place(1)
        assert crowd.call().has_ended()


@pytest.mark.parametrize("chat", [[], ["--chat"]], ids=["listen", "chat"])
def test_operator_reads_who_waits(talk, chat):
    screen, peer = talk("listen", "-m", 1, *chat, columns=100)
    waiting = [Peer(("127.0.0.1", screen.port)) for _ in range(2)]
    screen.wait_for("▸ somebody waits for a place of -m 1")
    screen.wait_for(lambda screen: asks(screen, "▸ 2 wait for a place of -m 1"))
    for one in waiting:
        one.close()


def asks(screen, expected):
    screen.enter("/status")
    screen.watch(0.2)
    return expected in screen.text


def test_status_says_nothing_where_nobody_waits(talk):
    screen, peer = talk("listen", "-m", 1, columns=100)
    screen.enter("/status")
    screen.wait_for("here for")
    screen.watch(0.2)
    assert "wait for a place" not in screen.text and "waits for" not in screen.text


def test_lock_keeps_the_queue(talk):
    screen, peer = talk("listen", "--chat", "-m", 1, columns=100)
    waiting = Peer(("127.0.0.1", screen.port))
    assert waiting.line() == place(1)
    screen.enter("/lock")
    screen.wait_for("locked")
    peer.close()
    screen.wait_for("peer1 left")
    assert not waiting.has_more(0.3)
    screen.enter("/unlock")
    assert greeted(waiting)
    waiting.close()


def test_tcpchat_peer_waits_and_then_is_a_member(tcpchat, screen):
    with crowd_of(tcpchat, "--chat", "-m", 1) as crowd:
        member = crowd.join("alice")
        person = screen("connect", "--name", "bob", "127.0.0.1", crowd.run.port).ready()
        person.wait_for("-!- │ the room is full; you are number 1 in the queue")
        member.close()
        person.wait_for("│ you are bob")


def test_drain_serves_no_more_than_there_are_places(tcpchat):
    with crowd_of(tcpchat, "--chat", "-m", 1, "--drain", "5s") as crowd:
        member, waiting = crowd.join(), crowd.call()
        assert waiting.line() == place(1)
        crowd.run.process.send_signal(signal.SIGTERM)
        assert waiting.has_ended()
        member.close()
        ends(crowd.run, 0)
