# SPDX-License-Identifier: GPL-3.0-or-later
"""rxvt-unicode at another size: it cuts its rows, until one has scrolled off the top. Then it lays all rows out anew,
from the bottom of the screen up, and puts the cursor into the first row of its line (9.30, scr_reset), until all rows
are on the screen again."""
import re

import pytest

from screen import Display, styled

KIND = "85;95;0"


class Rxvt(Display):
    """Only digits are typed: a full row of them goes on in the next one."""

    def _goes_on(self, text):
        return len(text) == self.columns and re.fullmatch(r"(> )?\d+", text)

    def resize(self, lines=None, columns=None):
        texts = [self.row(y) for y in range(self.lines)]
        y, x = self.cursor.y, min(self.cursor.x, self.columns - 1)
        if self.scrolled:
            texts, y = self._laid_out(texts, y, lines, columns)
        super().resize(lines, columns)
        self.buffer.clear()
        for number, text in enumerate(texts[:lines]):
            self.buffer[number].update(
                (place, styled(self.default_char, cell)) for place, cell in enumerate(text[:columns]))
        self.cursor.y, self.cursor.x = max(0, min(y, lines - 1)), min(x, columns - 1)

    def _laid_out(self, texts, y, lines, columns):
        before = [*self.scrolled, *texts]
        wholes, whole_of = [], []
        for number, text in enumerate(before):
            if number and self._goes_on(before[number - 1]):
                wholes[-1] += text
            else:
                wholes.append(text)
            whole_of.append(len(wholes) - 1)
        pieces = [[whole[at:at + columns] for at in range(0, len(whole), columns)] or [""] for whole in wholes]
        y = sum(map(len, pieces[:whole_of[len(self.scrolled) + y]])) - sum(map(len, pieces)) + lines
        rows = [""] * lines + sum(pieces, [])
        self.scrolled[:] = rows[lines:-lines]
        return rows[-lines:], y


def rows_at(line, columns):
    whole = "> " + line
    return [whole[at:at + columns] for at in range(0, len(whole), columns)]


@pytest.fixture
def rxvt(talk, person):
    """rxvt("fresh") or rxvt("scrolled") is a chat in such a window, the messages that were said in it, and a function
    that says one more."""
    def begin(state):
        screen, peer = talk("connect", columns=80, display=Rxvt, env=person(TERM="rxvt-unicode-256color"))
        screen.kind = KIND
        said = []

        def say():
            said.append(f"m{len(said)}")
            peer.sendall(f"{said[-1]}\n".encode())
            screen.wait_for(re.compile(f"^peer│ {said[-1]}$", re.M))

        for _ in range(24 if state == "scrolled" else 5):
            say()
        return screen, said, say
    return begin


def is_whole(screen, said, line):
    """No row of the line is there twice, and no message is lost."""
    rows = screen.rows
    beginning = rows.index("peer│ m0") if "peer│ m0" in rows else len(rows)
    return rows[beginning:] == [*(f"peer│ {text}" for text in said), *rows_at(line, screen.columns)]


@pytest.mark.parametrize("state", ["fresh", "scrolled"])
@pytest.mark.parametrize("length", [70, 78, 100, 158, 200])
@pytest.mark.parametrize("key", ["end", "home"])
@pytest.mark.parametrize("columns, rows", [(40, 24), (50, 24), (79, 24), (45, 20), (60, 20)])
def test_shrinking_leaves_no_ghost_row(rxvt, state, length, key, columns, rows):
    screen, said, say = rxvt(state)
    line = ("0123456789" * 20)[:length]
    screen.compose(line)
    screen.press(key)
    screen.resize(columns, rows)
    say()
    screen.wait_for(lambda screen: is_whole(screen, said, line))
    screen.resize(80, 24)
    say()
    screen.wait_for(lambda screen: is_whole(screen, said, line))


def test_window_that_scrolls_later_keeps_all_messages(rxvt):
    screen, said, say = rxvt("fresh")
    line = "0123456789" * 15
    screen.compose(line)
    for columns in [60, 50, 70, 40, 80] * 4:
        screen.resize(columns)
        say()
        screen.wait_for(lambda screen: is_whole(screen, said, line))
    assert screen.display.scrolled


def test_window_that_took_all_rows_back_cuts_again(rxvt):
    """A higher window has all rows that had scrolled off. In the next one the cursor stands in m4, the last row left."""
    screen, said, say = rxvt("fresh")
    line = "0123456789" * 25
    screen.compose(line)
    screen.press("home")
    screen.resize(34, 16)
    for _ in range(3):
        say()
    for columns, rows in [(59, 28), (97, 20)]:
        screen.resize(columns, rows)
        screen.wait_for(lambda screen: is_whole(screen, said, line))
        del said[5:]


def test_lower_window_keeps_all_messages(rxvt):
    """The cursor is moved there, too."""
    screen, said, say = rxvt("scrolled")
    line = "0123456789" * 15
    screen.compose(line)
    for rows in [20, 24, 22]:
        screen.resize(80, rows)
        say()
        screen.wait_for(lambda screen: is_whole(screen, said, line))


def test_doubtful_place_loses_no_message(rxvt):
    """Where a wider window is the first one, the cursor is in the same row after a cut and after a new layout."""
    screen, said, say = rxvt("fresh")
    screen.display.scrolled.append("before")
    line = "0123456789" * 10
    screen.compose(line)
    screen.resize(120)
    say()
    screen.wait_for(lambda screen: is_whole(screen, said, line))


def test_cleared_screen_leaves_no_ghost_row(rxvt):
    screen, said, say = rxvt("fresh")
    line = "0123456789" * 15
    screen.compose(line)
    screen.press("ctrl-l")
    screen.wait_for(lambda screen: screen.rows == rows_at(line, 80))
    del said[:]
    say()
    screen.resize(50)
    say()
    screen.wait_for(lambda screen: is_whole(screen, said, line))


@pytest.mark.parametrize("line", ["0123", "0123456789" * 10], ids=["short", "long"])
def test_window_that_cuts_the_line_off_keeps_the_messages_left(rxvt, line):
    """The rows below its last one are gone; the cursor stands in a message then."""
    screen, said, say = rxvt("fresh")
    screen.compose(line)
    screen.resize(80, 4)
    del said[3:]
    screen.wait_for(lambda screen: is_whole(screen, said, line))
