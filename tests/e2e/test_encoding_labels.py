# SPDX-License-Identifier: GPL-3.0-or-later
"""Every label of the WHATWG Encoding Standard through a connection: as --encoding of a pipe, and as /encoding in a
room."""
import functools
import os
import pathlib
import random
import socket
import sys
import unicodedata

import pytest

from crowd import crowd_of
from harness import RELEASE, ends, one_sentence, receive_all

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "text"))
import standard  # noqa: E402
from test_labels import CODECS, MEANT, REFUSED, encoded  # noqa: E402

AT_ONCE = 20  # runs


def batches(labels):
    return [labels[at:at + AT_ONCE] for at in range(0, len(labels), AT_ONCE)]


def scalars_of(name):
    if name in ("UTF-8", "gb18030"):
        return standard.encodings("GBK")
    if name in CODECS:
        return [scalar for scalar in range(0x80, 0x1000) if chr(scalar).encode(CODECS[name], "ignore")]
    return [scalar for scalar, wire in standard.encodings(name).items() if standard.decode(name, wire) == chr(scalar)]


@functools.cache
def sample(name, count, letters=False):
    """Text that the encoding has, and its bytes."""
    scalars = [scalar for scalar in scalars_of(name) if not letters or unicodedata.category(chr(scalar))[0] == "L"]
    text = "a" + "".join(map(chr, random.Random(name).sample(scalars, min(count, len(scalars))))) + "z\n"
    return text, encoded(name, text)


@pytest.mark.parametrize("labels", batches(sorted(MEANT)), ids=lambda labels: labels[0])
def test_labels_make_the_round_trip_through_a_pipe(tcpchat, labels):
    runs = [tcpchat("listen", "-e", label, "127.0.0.1", 0, program=RELEASE) for label in labels]
    for label, run in zip(labels, runs):
        text, wire = sample(MEANT[label], 300)
        with run.call() as peer:
            run.send(text.encode())
            run.end_input()
            peer.sendall(wire)
            peer.shutdown(socket.SHUT_WR)
            assert receive_all(peer) == wire, label
        assert run.read_all().decode() == text, label
        ends(run, 0)


@pytest.mark.parametrize("label", ["BIG5", "SHIFT_JIS", "WINDOWS-1252", "ISO-8859-1"])
def test_labels_have_the_same_letters_in_a_turkish_locale(tcpchat, locales, label):
    text, wire = sample(MEANT[label.lower()], 300)
    env = {**os.environ, "LC_ALL": "tr_TR.UTF-8", "LOCPATH": locales}
    run = tcpchat("listen", "-e", label, "127.0.0.1", 0, env=env)
    with run.call() as peer:
        run.send(text.encode())
        run.end_input()
        assert receive_all(peer) == wire
    ends(run, 0)


@pytest.mark.parametrize("labels", batches(REFUSED), ids=lambda labels: labels[0])
def test_labels_of_other_encodings_are_refused_with_a_sentence(tcpchat, labels):
    runs = [tcpchat("listen", "-e", label, "127.0.0.1", 0, program=RELEASE) for label in labels]
    for label, run in zip(labels, runs):
        ends(run, 2)
        assert f" {label.upper()} does not carry ASCII as ASCII or has shift states; " in one_sentence(run)


def test_labels_are_taken_by_the_encoding_command(tcpchat):
    """One process speaks all encodings, from one line to the next."""
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        one, other = crowd.join_all(None, None)
        for label, name in sorted(MEANT.items()):
            text, wire = sample(name, 30, letters=True)
            one.say(f"/encoding {label}")
            assert one.line().startswith("-!- you speak "), label
            one.send(wire)
            assert other.line() == "peer1: " + text[:-1], label
            other.say(text[:-1])
            assert one.read(len(wire) + 7) == b"peer2: " + wire, label


def test_label_of_another_encoding_leaves_the_charset_as_it_is(tcpchat):
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        one, other = crowd.join_all(None, None)
        one.say("/encoding big5")
        assert one.line() == "-!- you speak BIG5"
        one.charset = "big5"
        for label in REFUSED:
            one.say(f"/encoding {label}")
            assert one.line().startswith("-!- ") and not one.has_more()
            one.say("中文")
            assert other.line() == "peer1: 中文"
