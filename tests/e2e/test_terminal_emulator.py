# SPDX-License-Identifier: GPL-3.0-or-later
"""The tests' own terminal behaves as terminals do, and its judge is strict."""
import pathlib
import random
import sys

import pyte
import pytest

from screen import OUR_OWN, Display, Screen, cells_of, judge_terminal, laid_out, place_behind

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "text"))
from attacks import attacks  # noqa: E402


def drawn(text, columns=6, lines=3):
    display = Display(columns, lines)
    pyte.Stream(display).feed(text)
    return display


def test_wide_character_never_hangs_over_the_edge():
    display = drawn("abcde你f")
    assert display.cells(0) == ["a", "b", "c", "d", "e", " "]
    assert display.cells(1) == ["你", "", "f", " ", " ", " "]


def test_full_row_waits_with_its_wrap():
    display = drawn("abcdef\r\nx")
    assert [display.row(y) for y in range(3)] == ["abcdef", "x", ""]


@pytest.mark.parametrize("text, cells", [("你\rx", ["x", " "]), ("你\r\x1b[Cx", [" ", "x"]), ("a你\r好", ["好", ""])])
def test_no_half_of_a_wide_character_stays(text, cells):
    display = drawn(text)
    assert display.cells(0)[:2] == cells
    assert display.cells(0)[2] != ""


class OneByOne(Display):
    """It draws runs of ASCII as it draws all else."""

    def draw(self, data):
        self._put_each(data)


def test_runs_of_ascii_are_drawn_as_single_characters():
    dice = random.Random(5)
    pieces = ["a", "abc", "hello world and more", "你", "漢abcd", "e\u0301", "\r", "\n", "\b", "\t", "\x1b[C", "\x1b[3D",
              "\x1b[?7l", "\x1b[?7h", "\x1b[4h", "\x1b[4l", "\x1b[31m", "\x1b[0m", "\x1b[K", "\x1b[2P", "\x1b[A"]
    for _ in range(300):
        text, columns = "".join(dice.choices(pieces, k=60)), dice.choice([5, 6, 11, 20])
        runs, single = Display(columns, 4), OneByOne(columns, 4)
        for display in (runs, single):
            pyte.Stream(display).feed(text)
        for y in range(4):
            assert [runs.buffer[y][x] for x in range(columns)] == [single.buffer[y][x] for x in range(columns)], text
        assert (runs.scrolled, runs.cursor.x, runs.cursor.y) == (single.scrolled, single.cursor.x, single.cursor.y)


def test_characters_without_width_hide_nothing():
    assert drawn("a\u200db\u0301c").cells(0)[:3] == ["a", "b\u0301", "c"]


def test_rows_that_scroll_off_are_kept():
    display = drawn("1\r\n2\r\n3\r\n4\r\n5")
    assert display.scrolled == ["1", "2"]
    assert display.row(0) == "3"


def test_how_messages_are_laid_out():
    assert laid_out("you", "一二三ab四", 12, 5) == ["you  │ 一二", "     │ 三ab", "     │ 四"]
    assert cells_of("你a", 4) == ["你", "", "a", " "]
    assert place_behind("abcde你", 6) == 8


def test_gbk_terminal_gives_and_shows_gbk(person):
    screen = Screen(["cat"], env=person(), charset="gbk")
    try:
        screen.enter("你好")
        screen.wait_for("你好\n你好")
        assert screen.given == "你好\r\n你好\r\n".encode("gbk")
        screen.hang_up()
        assert screen.wait() == 129
    finally:
        screen.close()


def test_shell_edits_a_line_and_restores_the_terminal(person):
    screen = Screen(["bash", "--norc", "--noprofile", "-i"], columns=21, env=person(PS1="> "))
    try:
        line = "你好世界" * 3 + "abc"
        screen.wait_typed("> ")
        screen.compose(line)
        screen.press("home")
        screen.wait_typed("> " + line, "> ")
        screen.press("ctrl-k")
        screen.wait_typed("> ")
        assert screen.has_paste_mode()
        screen.press("ctrl-d")
        assert screen.wait() == 0
        assert screen.after == screen.before and not screen.has_paste_mode()
    finally:
        screen.close()


def test_reference_emulator_is_strict():
    """The judge finds every attack but those whose bytes readline may write, too."""
    for _, attack in attacks():
        if any(ord(character) < 0x20 and character not in "\n\r\b\a\t" or "\x7f" <= character < "\xa0"
               for character in OUR_OWN.sub("", attack)):
            with pytest.raises(AssertionError):
                judge_terminal(attack.encode())
