# SPDX-License-Identifier: GPL-3.0-or-later
"""At a terminal an end is said once, not twice in two ways, with -v and without."""
import re

import pytest

from harness import reset

quietly = pytest.mark.parametrize("verbose", [[], ["-v"]], ids=["plain", "verbose"])
BY_SENTENCE = re.compile(r"closed the connection|closed by|broken off|Connection reset| left\b|was removed|"
                         r"waited for long enough|was evicted|nothing was sent or received")


def told(screen):
    """The rows that tell an end."""
    return [row for row in screen.rows if BY_SENTENCE.search(row)]


def wide(talk, role, *options):
    return talk(role, *options, columns=140)


@quietly
def test_connect_says_once_that_the_peer_closed(talk, verbose):
    screen, peer = wide(talk, "connect", *verbose)
    name = "127.0.0.1:%d" % peer.getsockname()[1]
    peer.close()
    assert screen.wait() == 0
    assert told(screen) == ([f"▸ {name} closed by the peer; 0 bytes received, 0 sent"] if verbose
                            else [f"▸ {name} closed the connection"])


@quietly
def test_connect_says_once_that_the_peer_reset(talk, verbose):
    screen, peer = wide(talk, "connect", *verbose)
    reset(peer)
    assert screen.wait() == 1
    assert len(told(screen)) == 1 and "Connection reset by peer" in screen.text


@quietly
def test_connect_says_once_that_its_time_was_over(talk, verbose):
    screen, peer = wide(talk, "connect", "-i", "0.3", *verbose)
    assert screen.wait() == 4
    assert len(told(screen)) == 1 and "nothing was sent or received for 0.3 s" in screen.text


@quietly
def test_connect_says_once_that_the_last_words_did_not_come(talk, verbose):
    screen, peer = wide(talk, "connect", "-q", "0.3", *verbose)
    screen.press("ctrl-d")
    assert screen.wait() == 0
    assert len(told(screen)) == 1


@quietly
@pytest.mark.parametrize("chat", [[], ["--chat"]], ids=["listen", "chat"])
@pytest.mark.parametrize("ends", ["close", "reset", "kick"])
def test_listen_says_once_that_a_peer_left(talk, verbose, chat, ends):
    screen, peer = wide(talk, "listen", *verbose, *chat)
    screen.settle()
    if ends == "close":
        peer.recv(1000) if chat else None
        peer.close()
    elif ends == "reset":
        reset(peer)
    else:
        screen.enter("/kick peer1")
    screen.wait_for(BY_SENTENCE)
    screen.watch(0.3)
    assert len(told(screen)) == 1 and "peer1 " in told(screen)[0], screen.text


@pytest.mark.parametrize("chat", [[], ["--chat"]], ids=["listen", "chat"])
def test_verbose_says_once_that_a_peer_came(talk, chat):
    screen, peer = wide(talk, "listen", "-v", *chat)
    screen.watch(0.2)
    assert len([row for row in screen.rows if "127.0.0.1:%d" % peer.getsockname()[1] in row]) == 1


def test_transcript_has_the_end_that_verbose_says(talk, tmp_path):
    screen, peer = wide(talk, "listen", "-v", "--transcript", tmp_path / "said")
    peer.close()
    screen.wait_for("closed by the peer")
    screen.enter("/quit")
    screen.wait()
    assert "-!- peer1 left\n" in (tmp_path / "said").read_text()


def test_verbose_elsewhere_leaves_the_notice_on_the_screen(screen, listener, tmp_path):
    there = listener()
    with open(tmp_path / "log", "wb") as log:
        person = screen("connect", "-v", "127.0.0.1", there.port, stderr=log)
        with there.accept():
            person.ready()
        assert person.wait() == 0
    assert "closed the connection" in person.text
    assert "closed by the peer; 0 bytes" in (tmp_path / "log").read_text()
