# SPDX-License-Identifier: GPL-3.0-or-later
"""A sample of the rooms of history.py, one of each kind."""
import history
import pytest
from history import harness
from history_words import Broker, Chat, Fault, History


@pytest.mark.parametrize("seed", range(4))
def test_history_has_nothing_lost_doubled_reordered_or_invented(seed):
    assert history.main(["--messages", "1", "--round", "3000", "--crowd", "6", "--disturbances", "4",
                         "--longest", "0.3", "--seed", str(seed), harness.TCPCHAT]) == 0


# ---- the claims find a fault of each kind ----

def read(text, fate="stayed", tail=b""):
    """Judges what was read of the history one, two, three, from two on at the latest, to two if the member left."""
    History("one\ntwo\nthree\n", 4, 8).judge(text, tail, fate)


def test_whole_histories_are_let_pass():
    read("one\ntwo\nthree\n")
    read("two\nthree\n")
    read("two\n", "left")
    read("", "broken")
    read("two\n", "broken", b"th")


@pytest.mark.parametrize("text, fate, tail", [
    ("three\n", "stayed", b""), ("one\ntwo\n", "stayed", b""), ("one\n", "left", b""), ("one\nthree\n", "broken", b""),
    ("one\none\ntwo\nthree\n", "stayed", b""), ("two\none\n", "broken", b""), ("two\nfour\n", "broken", b""),
    ("two\nthree\n", "stayed", b"x"), ("two\n", "broken", b"x")],
    ids=["begin-lost", "end-lost", "end-lost-of-one-that-left", "lost", "doubled", "reordered", "invented", "more", "tail"])
def test_fault_is_found(text, fate, tail):
    with pytest.raises(Fault):
        read(text, fate, tail)


def chat_record(*places, number=1):
    chat = Chat()
    return "".join(f"{chat.name(number, place)}: {chat.body(number, place)}\n" for place in places).encode()


@pytest.mark.parametrize("record, count", [
    (chat_record(0, 1), 3), (chat_record(0, 2), 3), (chat_record(0, 0, 1), 2), (chat_record(1, 0), 2),
    (chat_record(0, number=2), 1), (chat_record(0) + b"-!- you may go\n", 1), (chat_record(0)[:-1], 1)],
    ids=["end-lost", "lost", "doubled", "reordered", "name", "notice", "tail"])
def test_fault_of_a_chat_is_found(record, count):
    chat = Chat()
    chat.study(chat_record(0, 1, 2) + b"-!- mdb joined\n", {1: (3, True)})
    with pytest.raises(Fault):
        chat.study(record, {1: (count, True)})


def test_fault_of_a_broker_is_found():
    broker = Broker()
    words = broker.words(1, 0, None) + broker.words(1, 1, None)
    broker.study(words, {1: (2, True)})
    broker.study(words[:20], {1: (2, False)})
    for record in (words[:20], words[1:], words + words, words[::-1], words + b"!"):
        with pytest.raises(Fault):
            broker.study(record, {1: (2, True)})
