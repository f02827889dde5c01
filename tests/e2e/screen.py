# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal as a person has one: a pty, its output drawn cell by cell, and keys typed into it."""
import codecs
import contextlib
import copy
import fcntl
import functools
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
import unicodedata

import pyte
from pyte import modes
from wcwidth import wcwidth

from harness import PATIENCE, TCPCHAT, environment
from vt import offence

KEYS = {
    "enter": "\r", "tab": "\t", "backspace": "\x7f", "escape": "\x1b", "up": "\x1b[A", "down": "\x1b[B",
    "right": "\x1b[C", "left": "\x1b[D", "home": "\x1b[H", "end": "\x1b[F", "delete": "\x1b[3~", "ctrl-\\": "\x1c",
    **{f"ctrl-{letter}": chr(ord(letter) - 0x60) for letter in "abcdefghijklmnopqrstuvwxyz"},
}
PASTE_BEGINS, PASTE_ENDS = "\x1b[200~", "\x1b[201~"
BRACKETED_PASTE = 2004 << 5  # as pyte keeps it
# What readline and tcpchat may write of themselves: the cursor, erasing, inserting, colours, bracketed paste, the
# meta key, wrapping at the last column.
OUR_OWN = re.compile(r"\x1b\[(?:\?(?:2004|1034|7)[hl]|\d*[ABCDGJKP@]|(?:\d+;\d+)?H|(?:\d*;)*\d*m)|\x1b\(B")
COLOURS = re.compile(r"\x1b\[[\d;]*m")
PLAIN = re.compile(r"[ -~]+|[^ -~]+")


@functools.cache
def styled(attributes, character):
    return attributes._replace(data=character)


class Display(pyte.Screen):
    """pyte's screen with the manners of real ones: rows that scroll off are kept, a wide character never hangs over
    the edge, half of one never stays behind, and characters without a width hide nothing."""

    def __init__(self, columns, lines):
        self.scrolled = []
        self.width_of = wcwidth
        super().__init__(columns, lines)

    def index(self):
        if self.margins is None and self.cursor.y == self.lines - 1:
            self.scrolled.append(self.row(0))
        super().index()

    def draw(self, data):
        for run in PLAIN.findall(data):
            fits = modes.DECAWM in self.mode or self.cursor.x + len(run) <= self.columns
            if run.isascii() and fits and modes.IRM not in self.mode:
                self._put_plain(run)
            else:
                self._put_each(run)

    def _put_plain(self, text):
        """As _put_each, where each character has one column; a flood has millions of them."""
        while text:
            if self.cursor.x >= self.columns:
                self.carriage_return()
                self.linefeed()
            x, row = self.cursor.x, self.buffer[self.cursor.y]
            piece, text = text[:self.columns - x], text[self.columns - x:]
            self._free(row, x, x + len(piece))
            row.update(zip(range(x, x + len(piece)), [styled(self.cursor.attrs, character) for character in piece]))
            self.cursor.x += len(piece)

    def _put_each(self, data):
        for character in data:
            width = self.width_of(character)
            if width > 0:
                self._put(character, width)
            elif unicodedata.combining(character):
                self._join(character)

    def _put(self, character, width):
        if self.cursor.x + width > self.columns and modes.DECAWM in self.mode:
            self.carriage_return()
            self.linefeed()
        self.cursor.x = min(self.cursor.x, self.columns - width)
        if modes.IRM in self.mode:
            self.insert_characters(width)
        x, row = self.cursor.x, self.buffer[self.cursor.y]
        self._free(row, x, x + width)
        row[x] = styled(self.cursor.attrs, character)
        if width == 2:
            row[x + 1] = styled(self.cursor.attrs, "")
        self.cursor.x += width

    def _free(self, row, x, end):
        """No half of a wide character stays beside these cells."""
        if row[x].data == "" and x:
            row[x - 1] = row[x - 1]._replace(data=" ")
        if end < self.columns and row[end].data == "":
            row[end] = row[end]._replace(data=" ")

    def _join(self, mark):
        row, x = self.buffer[self.cursor.y], self.cursor.x - 1
        if x >= 0:
            x -= row[x].data == ""
            row[x] = row[x]._replace(data=row[x].data + mark)

    def cells(self, y):
        """The characters of a row, one for each column; the second half of a wide one is empty."""
        row = self.buffer[y]
        return [row[x].data for x in range(self.columns)]

    def row(self, y):
        return "".join(self.cells(y)).rstrip()


# A session's first terminal that is opened is its own. A fork of Python (preexec_fn) would take half the time of a test.
TAKE_TERMINAL = ': <"$1"; shift; ulimit -c 0; exec "$@"'


PRIMARY_ATTRIBUTES = "\x1b[?6c"  # as pyte answers a request of the secondary ones, too


class Screen:
    """A program on a terminal of its own. `given` is all that the terminal was given, `before` and `after` are its
    settings before the program was started and after it ended."""

    def __init__(self, argv, columns=80, rows=24, charset="utf-8", env=None, display=Display, **popen):
        self.columns, self.charset = columns, charset
        self.display = display(columns, rows)
        if charset.lower() != "utf-8":
            self.display.width_of = width_in_east_asia
        self.stream = pyte.Stream(self.display)
        self.answers, self.kind, self.answer = True, None, ""
        self.display.write_process_input = self._answer
        # As a GBK terminal reads bytes, of which GB18030 knows all.
        self.codec = "gb18030" if charset.lower() == "gbk" else charset
        self.decoder = codecs.getincrementaldecoder(self.codec)("replace")
        self.given, self.reading, self.after = bytearray(), True, None
        self.ours, self.theirs = pty.openpty()
        os.set_blocking(self.ours, False)
        self._set_size(columns, rows)
        self.before = termios.tcgetattr(self.theirs)
        files = {"stdin": self.theirs, "stdout": self.theirs, "stderr": self.theirs, **popen}
        self.process = subprocess.Popen(["sh", "-c", TAKE_TERMINAL, "sh", os.ttyname(self.theirs), *map(str, argv)],
                                        env=env, bufsize=0, start_new_session=True, **files)
        self.pid = self.process.pid

    def _set_size(self, columns, rows):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    # Its contents.

    @property
    def rows(self):
        """The rows that are not empty, those that scrolled off first, without blanks at their ends."""
        shown = [self.display.row(y) for y in range(self.display.lines)]
        while shown and not shown[-1]:
            shown.pop()
        return self.display.scrolled + shown

    @property
    def text(self):
        return "\n".join(self.rows)

    @property
    def stderr(self):
        return self.given

    @property
    def cursor(self):
        """(row, column) of the cursor; the row as in `rows`."""
        display = self.display
        return len(display.scrolled) + display.cursor.y, min(display.cursor.x, display.columns - 1)

    def cells(self, row):
        """The characters of a row of `rows` that is still on the screen."""
        return self.display.cells(row - len(self.display.scrolled))

    def looks(self, row):
        """pyte's cells, with their colours, of a row of `rows` that is still on the screen."""
        line = self.display.buffer[row - len(self.display.scrolled)]
        return [line[x] for x in range(self.display.columns)]

    def row_of(self, text):
        """The number of the last row that has a text, or None."""
        found = [y for y, row in enumerate(self.rows) if text in row]
        return found[-1] if found else None

    @property
    def typed(self):
        """The line being typed: from the last prompt on, its rows joined."""
        rows = self.rows
        starts = [y for y, row in enumerate(rows) if re.match(r"(\+\d+|\d+%)?>( |$)", row)]
        return "".join(rows[starts[-1]:]) if starts else None

    def wraps(self):
        return modes.DECAWM in self.display.mode

    def has_paste_mode(self):
        return BRACKETED_PASTE in self.display.mode

    def copy_of_display(self):
        return copy.deepcopy([self.looks(y) for y in range(len(self.display.scrolled), len(self.rows))])

    # Waiting.

    def pump(self, patience=0.02):
        """Draws the output of so many seconds; returns whether any came."""
        if not self.reading or self.ours is None:
            time.sleep(patience)
            return False
        if not select.select([self.ours], [], [], patience)[0]:
            return False
        return self._take()

    def _take(self):
        try:
            data = os.read(self.ours, 65536)
        except OSError:  # EIO: no process has the terminal open any more
            return False
        self.given += data
        self.stream.feed(self.decoder.decode(data))
        answer, self.answer = self.answer, ""
        self.type(answer)
        return bool(data)

    def wait_for(self, what, patience=PATIENCE):
        """Waits until a text is seen, a compiled pattern is found in the rows, or a function of the screen is true;
        returns the match or the function's value."""
        pattern = what if hasattr(what, "search") else None if callable(what) else re.compile(re.escape(what))
        end = time.monotonic() + patience
        while True:
            began = time.monotonic()
            found = pattern.search(self.text) if pattern else what(self)
            if found:
                return found
            now = time.monotonic()
            assert now < end, f"waited {patience} s for {self._name(what)} on\n{self.text}"
            assert self.process.poll() is None or self.pump(0.5), f"it ended without {self._name(what)} on\n{self.text}"
            # Of a flood most is drawn between two looks, because a look at all its rows takes long.
            while self.pump() and time.monotonic() < now + 8 * (now - began):
                pass

    @staticmethod
    def _name(what):
        return getattr(what, "__name__", None) or repr(getattr(what, "pattern", what))

    def wait_typed(self, line, before=None, patience=PATIENCE):
        """Waits until the line being typed, with its prompt, is this one, and the cursor stands behind that part of it
        (None: at its end). Blanks at the ends of rows cannot be seen, so that blanks do not count."""
        def stands(screen):
            return flat(screen.typed or "") == flat(line) and screen._behind_prompt() == place
        place = place_behind(line if before is None else before, self.display.columns, self.display.width_of)
        try:
            self.wait_for(stands, patience)
        except AssertionError as error:
            raise AssertionError(f"no {line!r} with the cursor at {place}, but {self.typed!r} with it at "
                                 f"{self._behind_prompt()}\n{error}") from None

    def _behind_prompt(self):
        y, x = self.cursor
        starts = [row for row, text in enumerate(self.rows) if re.match(r"(\+\d+|\d+%)?>( |$)", text)]
        return starts and (y - starts[-1]) * self.display.columns + x

    def watch(self, seconds):
        """Draws the output of so many seconds."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.pump(min(0.02, seconds))

    def settle(self, silence=0.15):
        """Draws until nothing comes for a moment."""
        while self.pump(silence):
            pass

    def _answer(self, report):
        """The display's answer to a request. Behind a full row pyte's cursor stands beyond the last column."""
        if self.answers and report == PRIMARY_ATTRIBUTES and self.kind:
            self.answer += f"\x1b[>{self.kind}c"
        elif self.answers:
            self.answer += report.replace(f";{self.display.columns + 1}R", f";{self.display.columns}R")

    # Actions of a person.

    def give(self, data):
        """Bytes from the keyboard. Output that comes meanwhile is drawn."""
        view, end = memoryview(data), time.monotonic() + PATIENCE
        while view:
            readable, writable, _ = select.select([self.ours] * self.reading, [self.ours], [], 1)
            if readable:
                self._take()
            if writable:
                with contextlib.suppress(BlockingIOError):
                    view = view[os.write(self.ours, view[:1024]):]
                    end = time.monotonic() + PATIENCE
            assert time.monotonic() < end, f"the program takes no keys; {len(view)} bytes are left"

    def type(self, text):
        self.give(text.encode(self.codec))

    def press(self, *keys):
        for key in keys:
            self.type(KEYS[key])

    def compose(self, line):
        """Types a line, which then stands in the prompt."""
        self.type(line)
        self.wait_typed("> " + line)

    def enter(self, line):
        self.type(line + KEYS["enter"])

    def paste(self, text, line_end="\r"):
        """A bracketed paste, with the line ends that terminals give."""
        self.type(PASTE_BEGINS + text.replace("\n", line_end) + PASTE_ENDS)

    def resize(self, columns, rows=None):
        """The window gets another size; its rows are cut, as xterm does it."""
        self.settle()
        rows = rows or self.display.lines
        self.columns = columns
        self.display.resize(rows, columns)
        self._set_size(columns, rows)

    def stall(self):
        """The terminal takes no output."""
        self.reading = False

    def go_on(self):
        self.reading = True

    def hang_up(self):
        """The terminal is gone."""
        self.settle()
        os.close(self.theirs)
        os.close(self.ours)
        self.ours = self.theirs = None

    # Its end.

    def wait(self, patience=PATIENCE):
        """The exit status as a shell shows it, once all that was written is drawn."""
        end = time.monotonic() + patience
        while self.process.poll() is None:
            assert time.monotonic() < end, f"it runs on after {patience} s; the terminal shows\n{self.text}"
            self.pump()
        if self.theirs is not None:
            self.after = termios.tcgetattr(self.theirs)
            os.close(self.theirs)
            self.theirs = None
            self.reading = True
            while self.pump(0.2):
                pass
        code = self.process.returncode
        return 128 - code if code < 0 else code

    def attributes(self):
        return termios.tcgetattr(self.theirs)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for descriptor in (self.ours, self.theirs):
            if descriptor is not None:
                os.close(descriptor)
        self.ours = self.theirs = None
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe and not pipe.closed:
                pipe.close()


class ChatScreen(Screen):
    """tcpchat on a terminal of its own."""

    def __init__(self, args, env=None, **options):
        super().__init__([TCPCHAT, *args], env=env or environment(), **options)

    def ready(self):
        """Waits for the prompt."""
        self.wait_for(lambda screen: screen.typed == ">" and screen._behind_prompt() == 2)
        return self

    @property
    def port(self):
        """The port that the banner or /unlock named last."""
        self.wait_for(re.compile(r"(?:listening on|正在监听) [\s\S]*?:\d+\s"))
        return int(re.findall(r"(?:listening\s+on|正在监听)\s+\S*?:(\d+)", self.text)[-1])


def width_in_east_asia(character):
    """Characters of ambiguous width are wide in a terminal of an East Asian charset."""
    return 2 if unicodedata.east_asian_width(character) == "A" else wcwidth(character)


def place_behind(text, columns, width_of=wcwidth):
    """How many cells lie between the beginning of a text and its end on rows of so many columns."""
    place = 0
    for character in text:
        width = max(0, width_of(character))
        if place % columns + width > columns:
            place += 1
        place += width
    return place


def columns_of(text):
    """How many columns a text takes."""
    return sum(max(0, wcwidth(character)) for character in text)


def laid_out(name, text, columns, name_columns, bar="│"):
    """The rows of a message: the name in its column, and the margin in front of each further row."""
    rows, width = [f"{name:{name_columns}}{bar} "], columns - name_columns - 2
    room = width
    for character in text:
        if columns_of(character) > room:
            rows.append(" " * name_columns + f"{bar} ")
            room = width
        rows[-1] += character
        room -= columns_of(character)
    return rows


def cells_of(row, columns):
    """The cells of a row with this text: the second half of a wide character is empty."""
    cells = []
    for character in row:
        cells += [character] + [""] * (columns_of(character) - 1)
    return cells + [" "] * (columns - len(cells))


def messages(screen, name=r"peer\d?"):
    """The texts of the messages under a name, their rows joined."""
    texts = []
    for row in screen.rows:
        if match := re.match(rf"{name} *[│|]\+? ?(.*)$", row):
            texts.append(match.group(1))
        elif re.match(r" +[│|]", row) and texts:
            texts[-1] += re.sub(r"^ +[│|] ?", "", row)
    return texts


def judge_terminal(given, codec="utf-8", colours=True):
    """Whatever a terminal would act on is a sequence of our own, or readline's; returns the text without them."""
    text = given.decode(codec)
    if not colours:
        assert not COLOURS.search(text), COLOURS.search(text)
    text = OUR_OWN.sub("", text)
    for i, character in enumerate(text):
        if character not in "\r\b\a":
            around = text[max(0, i - 40):i + 20]
            assert not offence(character), f"U+{ord(character):04X} is {offence(character)}, in {around!r}"
    return text


def flat(text):
    """A text without the blanks and line ends that a narrow terminal may have moved."""
    return re.sub(r"\s+", "", text)
