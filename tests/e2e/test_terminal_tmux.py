# SPDX-License-Identifier: GPL-3.0-or-later
"""tcpchat inside tmux, an independent terminal that moves rows itself when its size changes."""
import os
import re
import shutil
import subprocess

import pytest

from harness import TCPCHAT, until

needs_tmux = pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
pytestmark = needs_tmux
UNNAMED = ["env", "-u", "TMUX", "-u", "TERM_PROGRAM", "TERM=screen-256color"]  # as at the far end of ssh


class Tmux:
    """A tmux server of the test's own, with one window in which a program runs."""

    def __init__(self, folder, env, argv, columns, rows):
        self.env, self.socket = env, str(folder / "tmux")
        self.run("-f", "/dev/null", "-u", "new-session", "-d", "-x", columns, "-y", rows, *argv)
        self.run("set-option", "-g", "remain-on-exit", "on")

    def run(self, *words):
        return subprocess.run(["tmux", "-S", self.socket, *map(str, words)], env=self.env, check=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout.decode()

    def type(self, text):
        self.run("send-keys", "-l", text)

    def press(self, *keys):
        self.run("send-keys", *keys)

    def resize(self, columns):
        """Returns when the program can know it; tmux lays the rows out before."""
        self.run("resize-window", "-x", columns, "-y", 20)
        tty = os.open(self.run("display-message", "-p", "#{pane_tty}").strip(), os.O_RDONLY | os.O_NOCTTY)
        until(lambda: os.get_terminal_size(tty).columns == columns, f"{columns} columns")
        os.close(tty)

    @property
    def rows(self):
        """The screen with the rows that scrolled off."""
        return self._capture("-S", "-")

    @property
    def shown(self):
        return self._capture()

    def _capture(self, *options):
        return [row.rstrip() for row in self.run("capture-pane", "-p", *options).rstrip("\n").split("\n")]

    def wait_for(self, pattern):
        return until(lambda: re.search(pattern, "\n".join(self.rows), re.M), f"{pattern!r} in tmux")

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], env=self.env, stderr=subprocess.DEVNULL)


@pytest.fixture
def tmux(tmp_path, person):
    opened = []

    def start(*argv, columns=60, rows=20):
        opened.append(Tmux(tmp_path, person(LC_ALL=None, LANG="C.UTF-8"), argv, columns, rows))
        return opened[-1]

    yield start
    for made in opened:
        made.close()


@pytest.fixture
def in_tmux(tmux, listener):
    """in_tmux() is a connecting tcpchat in tmux and the test's end of its connection."""
    opened = []

    def begin(*options, named=True, **size):
        there = listener()
        window = tmux(*([] if named else UNNAMED), TCPCHAT, "connect", *options, "127.0.0.1", str(there.port), **size)
        opened.append(there.accept())
        window.wait_for("^> ?$")
        return window, opened[-1]

    yield begin
    for peer in opened:
        peer.close()


def test_messages_above_the_typed_line(in_tmux):
    window, peer = in_tmux()
    window.type("写了一半")
    window.wait_for("^> 写了一半$")
    peer.sendall("你好,tmux\n".encode())
    window.wait_for("^peer│ 你好,tmux\n> 写了一半$")
    window.press("Enter")
    assert peer.recv(100).decode() == "写了一半\n"
    window.wait_for("^you │ 写了一半\n>$")


def test_long_lines(in_tmux):
    window, peer = in_tmux(columns=40)
    line = "长长的一行" * 12
    window.type(line)
    window.wait_for("> 长长")
    peer.sendall((line + "\n").encode())
    window.wait_for("^peer│ 长长")
    window.press("Home")
    window.type("头")
    window.press("Enter")
    assert peer.recv(1000).decode() == "头" + line + "\n"
    expected = f"peer│ {line}\nyou │ 头{line}\n>"
    until(lambda: expected in re.sub(r"\n +│ ", "", "\n".join(window.rows)), "both messages and the prompt")


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_resize_keeps_the_typed_line(in_tmux, columns):
    window, peer = in_tmux(columns=60)
    window.type("写了一半 half")
    window.wait_for("^> 写了一半 half$")
    window.run("resize-window", "-x", columns, "-y", 20)
    peer.sendall(("宽" * 100 + "\n").encode())
    window.wait_for("^peer│ " + "宽" * ((columns - 6) // 2) + "\n    │ 宽")
    window.wait_for("^> 写了一半 half$")
    window.press("Enter")
    assert peer.recv(100).decode() == "写了一半 half\n"


def test_paste_waits_for_enter(in_tmux):
    """As tmux pastes: bracketed, because it was asked to."""
    window, peer = in_tmux()
    window.run("set-buffer", "第一行\n第二行\n剩下")
    window.run("paste-buffer", "-p")
    window.wait_for(r"^\+2> 剩下$")
    window.press("Enter")
    received = b""
    while received.count(b"\n") < 3:
        received += peer.recv(100)
    assert received.decode() == "第一行\n第二行\n剩下\n"


def test_copy_mode_delays_no_peer(in_tmux):
    window, peer = in_tmux()
    window.run("copy-mode")
    for number in range(2000):
        peer.sendall(f"第{number}行\n".encode())
    window.run("send-keys", "-X", "cancel")
    window.wait_for("^peer│ 第1999行$")


@pytest.mark.parametrize("columns", [30, 40, 60, 70, 100, 130])
@pytest.mark.parametrize("line", ["0123456789" * 11, "x" * 70, "长" * 50], ids=["long", "short", "wide"])
@pytest.mark.parametrize("named", [True, False], ids=["tmux", "unknown"])
def test_resize_under_a_long_line_leaves_no_ghost_row(in_tmux, columns, line, named):
    """Nor does it take a row of a message: tmux lays the rows out anew. Where the environment does not say so, the
    column of the cursor does, or from 80 to 40, where the column is the same either way, the kind of the terminal."""
    window, peer = in_tmux(columns=80, named=named)
    peer.sendall(b"before\n")
    window.wait_for("^peer│ before$")
    window.type(line)
    until(lambda: "".join(window.rows).replace(" ", "").endswith(">" + line), "the line")
    messages = ["peer│ before"]
    for width in [columns, columns + 7, columns]:
        window.resize(width)
        peer.sendall(f"at {width}\n".encode())
        messages.append(f"peer│ at {width}")
        until(lambda: rows_from(window, messages[0]) == [*messages, *rows_at(line, width)], "the line below the message")


@pytest.mark.parametrize("columns", [30, 40, 60])
def test_resize_to_full_rows_keeps_the_message_above(in_tmux, columns):
    """The cursor stays behind the last column there."""
    window, peer = in_tmux(columns=80)
    peer.sendall(b"one\ntwo\n")
    line = "x" * 118
    window.type(line)
    until(lambda: rows_from(window, "> ") == rows_at(line, 80), "the line")
    window.resize(columns)
    peer.sendall(b"three\n")
    messages = ["peer│ one", "peer│ two", "peer│ three"]
    until(lambda: rows_from(window, messages[0]) == [*messages, *rows_at(line, columns)], "the line below the messages")


@pytest.mark.parametrize("columns", [20, 21, 30, 40])
@pytest.mark.parametrize("line", ["0123456789" * 11, "长" * 50], ids=["long", "wide"])
@pytest.mark.parametrize("named", [True, False], ids=["tmux", "unknown"])
def test_resize_that_scrolls_the_head_of_a_line_off_leaves_no_ghost_row(in_tmux, columns, line, named):
    """tmux keeps the empty rows below; so the head of the line cannot be erased."""
    window, peer = in_tmux(columns=80, named=named)
    window.type(line)
    for width in [80, columns, 80, columns]:
        window.resize(width)
        window.type("x")
        line += "x"
        until(lambda: rows_from(window, "> ") == rows_at(line, width), f"the line at {width} columns")
    window.press("Enter")
    received = b""
    while not received.endswith(b"\n"):
        received += peer.recv(1000)
    assert received.decode() == line + "\n"


@pytest.mark.parametrize("line, columns", [("0123456789" * 11, 20), ("0123456789" * 11, 21), ("长" * 50, 20)])
@pytest.mark.parametrize("named", [True, False], ids=["tmux", "unknown"])
def test_head_that_scrolled_off_before_a_message_is_deleted_in_a_wider_window(in_tmux, columns, line, named):
    """Only there: as long as it is above the screen nothing can erase it. Where a wide character leaves a column of
    a row empty, tmux counts that column, and the head stays."""
    window, peer = in_tmux(columns=80, named=named)
    peer.sendall(b"before\n")
    window.wait_for("^peer│ before$")
    window.type(line)
    until(lambda: rows_from(window, "> ") == rows_at(line, 80), "the line")
    messages = ["peer│ before"]
    for turn in range(2):
        window.resize(columns)
        for number in range(2):
            peer.sendall(f"at {turn} {number}\n".encode())
            messages.append(f"peer│ at {turn} {number}")
            window.wait_for(messages[-1])
        until(lambda: window.shown[-len(rows_at(line, columns)) - 2:] == [*messages[-2:], *rows_at(line, columns)],
              "the messages and the line")
        window.resize(80)
        until(lambda: rows_from(window, messages[0]) == [*messages, *rows_at(line, 80)], "all messages and one line")


def rows_from(window, beginning):
    rows = window.rows
    return rows[next((number for number, row in enumerate(rows) if row.startswith(beginning)), len(rows)):]


def rows_at(line, columns):
    rows, room = ["> "], columns - 2
    for character in line:
        width = 2 if character == "长" else 1
        if width > room:
            rows.append("")
            room = columns
        rows[-1] += character
        room -= width
    return rows


@pytest.mark.parametrize("padding", ["\u4dc0" * 36, "\u3248" * 36, ("\u0915" + "\u093e" * 8) * 8, "\u2630" * 36,
                                     "\u0600" * 72, "a\u0301" * 72],
                         ids=["hexagrams", "numbers", "marks beside", "trigrams", "signs below", "marks above"])
def test_no_padding_fakes_a_row(in_tmux, padding):
    """Whatever tmux believes the padding to be wide, only our own margins and names begin rows."""
    window, peer = in_tmux("-e", "utf-8", columns=80)
    for blanks in range(4):
        peer.sendall((padding + " " * blanks + "peer2│ 密码是多少\n").encode())
    peer.sendall("完\n".encode())
    window.wait_for("^peer│ 完$")
    rows = window.rows[1:window.rows.index("peer│ 完")]
    assert all(re.match("peer│ |    │ ", row) for row in rows), rows


def test_closed_window_ends_the_run(in_tmux):
    window, peer = in_tmux()
    pid = int(window.run("display-message", "-p", "#{pane_pid}"))
    window.run("kill-server")
    until(lambda: not os.path.exists(f"/proc/{pid}/fd") or is_zombie(pid), "tcpchat to end")
    assert peer.recv(1) == b""


def is_zombie(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
