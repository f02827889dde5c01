# SPDX-License-Identifier: GPL-3.0-or-later
"""A peer's text is shown at a terminal without harm: hundreds of attacks, whole and cut, in UTF-8 and GB18030."""
import contextlib
import fcntl
import os
import pathlib
import pty
import socket
import struct
import sys
import termios
import threading

import pytest

from harness import PATIENCE, ends, until
from vt import judge
from ways import sleeps

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "text"))
from attacks import attacks  # noqa: E402

ATTACKS = attacks()
MARK = "~~~"  # stands between two attacks

in_both_charsets = pytest.mark.parametrize("charset", ["utf-8", "gb18030"])


class Terminal:
    """A pseudo-terminal as standard output; a thread gathers what it is given."""

    def __init__(self, columns):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self.given = b""
        self.gatherer = threading.Thread(target=self._gather, daemon=True)
        self.gatherer.start()

    def _gather(self):
        with contextlib.suppress(OSError):  # EIO when no process has it open any more
            while data := os.read(self.ours, 65536):
                self.given += data

    def hang_up(self):
        os.close(self.theirs)
        self.gatherer.join(PATIENCE)
        os.close(self.ours)


def shown(conversation, options, pieces, columns=80, role="connect"):
    """All that a terminal was given when a peer sent these pieces."""
    terminal = Terminal(columns)
    run, peer = conversation(role, *options, stdout=terminal.theirs)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for piece in pieces:
        peer.sendall(piece)
    peer.shutdown(socket.SHUT_WR)
    run.end_input()
    status = run.wait()
    terminal.hang_up()
    ends(run, status)
    assert status in (0, 3), run.stderr
    return terminal.given


def options_for(charset):
    return [] if charset == "utf-8" else ["-e", charset]


def expected_lines(text):
    """As many as the attack has itself: nothing makes or takes a line end."""
    return text.replace("\r\n", "\n").count("\n")


def together(charset):
    """All attacks, in lines between marks."""
    return "".join(f"{MARK}\n{text}\n" for _, text in ATTACKS).encode(charset)


def check_together(screen):
    text = judge(screen, "utf-8")
    parts = text.split(MARK + "\n")[1:]
    assert len(parts) == len(ATTACKS)
    for (name, attack), part in zip(ATTACKS, parts):
        assert part.count("\n") == expected_lines(attack) + 1, f"{name}: {part!r}"


def test_attacks_are_many():
    assert len(ATTACKS) >= 300
    assert len({name for name, _ in ATTACKS}) == len(ATTACKS)


def passes_as_it_is(attack):
    """True if the judge has no objection to an unfiltered attack."""
    try:
        judge(attack.replace("\n", "\r\n").encode(), "utf-8")
        return True
    except AssertionError:
        return False


def test_judge_finds_unsafe_text():
    """It passes only texts that are harmless to the parser: unassigned characters, and endless marks."""
    passed = [name for name, attack in ATTACKS if passes_as_it_is(attack)]
    assert all(name.startswith(("U+FFF", "U+0378", "marks without end")) for name in passed), passed


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("role", ["connect", "listen"])
@in_both_charsets
def test_whole_attacks_are_safe(conversation, charset, role, columns):
    check_together(shown(conversation, options_for(charset), [together(charset)], columns, role))


@pytest.mark.parametrize("columns", [80, 40])
@pytest.mark.parametrize("length", [1, 2, 3, 7])
@in_both_charsets
def test_cut_attacks_are_safe(conversation, charset, length, columns):
    """Cut everywhere, the terminal is given the same."""
    whole = together(charset)
    pieces = [whole[i:i + length] for i in range(0, len(whole), length)]
    cut = shown(conversation, options_for(charset), pieces, columns)
    check_together(cut)
    assert cut == shown(conversation, options_for(charset), [whole], columns)


SELECTED = ["ESC OSC 52, clipboard, ended by BEL", "C1 [6n", "ESC [6n", "override hides an extension", "CR CR LF",
            "joiners between controls", "isolates reorder"]


@pytest.mark.parametrize("name", SELECTED)
@in_both_charsets
def test_attacks_with_pauses_are_safe(conversation, charset, name):
    """One byte at a time, the next one only when the program has seen it: what can be shown was shown."""
    attack = dict(ATTACKS)[name]
    terminal = Terminal(80)
    run, peer = conversation("connect", *options_for(charset), stdout=terminal.theirs)
    for byte in attack.encode(charset):
        before = until(lambda: sleeps(run.pid), "the program to sleep")
        peer.sendall(bytes([byte]))
        until(lambda: sleeps(run.pid) not in (None, before), "the program to have seen a byte")
        judge_unfinished(terminal.given)
    peer.shutdown(socket.SHUT_WR)
    run.end_input()
    ends(run, 0)
    terminal.hang_up()
    assert terminal.given == shown(conversation, options_for(charset), [attack.encode(charset)])
    judge(terminal.given, "utf-8")


def judge_unfinished(given):
    """The text so far; a tty may have given the CR of a line end without its LF yet."""
    judge(given.removesuffix(b"\r"), "utf-8")


def test_controls_in_gb18030_are_safe(conversation):
    """CSI is 81 30 83 37 there, U+202E is 81 36 A7 31: only after decoding can they be seen."""
    screen = shown(conversation, ["-e", "gb18030"], [b"a\x81\x30\x83\x37" b"31m\x81\x36\xA7\x31" b"b\n"])
    assert screen == b"a<U+009B>31m<U+202E>b\r\n"


@pytest.mark.parametrize("bytes_sent, expected", [
    (b"\x9b31m\n", "\ufffd31m\r\n"),             # CSI as one byte is not UTF-8
    (b"\xc2\x9b31m\n", "<U+009B>31m\r\n"),
    (b"\xc2\x1b[31m\n", "\ufffd^[[31m\r\n"),     # ESC behind a lead byte is not swallowed
    (b"\xe2\x80\n\xae", "\ufffd\r\n\ufffd"),     # U+202E with an LF in it is none
    (b"\xc0\x9b\n", "\ufffd\ufffd\r\n"),         # ESC in too many bytes
    (b"\xed\xa0\x80\n", "\ufffd\ufffd\ufffd\r\n"),
    (b"\x1b]52;c;QQ==\x07\n", "^[]52;c;QQ==^G\r\n"),
    (b"one\rtwo\r\nthree\r", "one^Mtwo\r\nthree^M"),
    (b"a\tb\n", "a       b\r\n"),
    (b"\xef\xbb\xbfa\n", "<U+FEFF>a\r\n"),
    ("\u0301a\n".encode(), "\u25cc\u0301a\r\n"),
    ("a\u200eb\u200d".encode(), "ab<U+200D>"),
])
def test_controls_are_shown_by_their_notation(conversation, bytes_sent, expected):
    screen = shown(conversation, [], [bytes_sent])
    assert screen.decode() == expected
    judge(screen, "utf-8")


def test_pipe_gets_unfiltered_bytes(conversation):
    """Only a terminal is protected: bytes are sacred elsewhere."""
    run, peer = conversation("connect")
    peer.sendall(together("utf-8"))
    peer.shutdown(socket.SHUT_WR)
    run.end_input()
    assert run.read_all() == together("utf-8")
    ends(run, 0)


@pytest.mark.parametrize("charset, sentence", [("gbk", b"looks like GBK, not UTF-8 (see -e)"), ("utf-8", b"")])
def test_text_that_a_terminal_shows_wrongly_is_told(conversation, charset, sentence):
    """The lesson's server answers in GBK, and nobody gave -e."""
    terminal = Terminal(80)
    run, peer = conversation("connect", stdout=terminal.theirs)
    run.end_input()
    peer.sendall("问题正在处理中...".encode(charset))
    peer.close()
    run.wait()
    terminal.hang_up()
    assert sentence in run.stderr and (sentence or b"looks like" not in run.stderr)
