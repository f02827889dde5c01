# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/lesson*.md: their steps, and a learner who takes them in windows of a terminal.

A line `Window N:` and a block of `console` are a step. Its first lines may be typed: `$ ` is a command, `> ` a line
for tcpchat, where ^D is Ctrl-D. The rest is the output of the window since its last step. A line with the name of a file
and a block of `python` are a program of the learner. Each `## ` chapter stands on its own, with ports of its own."""
import contextlib
import difflib
import os
import pathlib
import re
import sys
import time
from typing import NamedTuple

from harness import PATIENCE, ROOT, TCPCHAT, environment, free_port
from screen import Screen

# Each lesson, and the locale of its learner (LANG).
LESSONS = {"docs/lesson.md": "C.UTF-8", "docs/lesson.zh_CN.md": "zh_CN.UTF-8"}
COLUMNS, ROWS = 200, 100
SILENCE = 0.7  # after so many seconds a step has shown all, where nothing is expected
BLOCK = re.compile(r"^(?:(?:Window|窗口) (?P<window>\d)[:：]|`(?P<program>\w+\.py)`[:：])\n\n"
                   r"```(?:console|python)\n(?P<text>.*?)^```$", re.M | re.S)
TYPED = re.compile(r"[$>] ")
MESSAGE = re.compile(r"\w+ *│ ")
LOOSE = re.compile(r"▸ (?:… |.*(?:receive buffer|接收缓冲区))")
PORT = re.compile(r"\b80[89]\d\b")


class Step(NamedTuple):
    chapter: int
    window: int
    typed: list
    output: list
    place: slice  # of the output in the document


class Lesson(NamedTuple):
    text: str
    chapters: list
    programs: dict
    steps: list


def make_step(chapter, window, text, start):
    lines = text.splitlines(keepends=True)
    count = next((i for i, line in enumerate(lines) if not TYPED.match(line)), len(lines))
    place = slice(start + len("".join(lines[:count])), start + len(text))
    return Step(chapter, window, [line.rstrip("\n") for line in lines[:count]],
                [line.rstrip("\n") for line in lines[count:]], place)


def parse(text):
    heads = [match.start() for match in re.finditer("^## ", text, re.M)]
    programs, steps = {}, []
    for block in BLOCK.finditer(text):
        if block["program"]:
            programs[block["program"]] = block["text"]
            continue
        chapter = sum(head < block.start() for head in heads)
        steps.append(make_step(chapter, int(block["window"]), block["text"], block.start("text")))
    return Lesson(text, sorted({step.chapter for step in steps}), programs, steps)


def load(name):
    return parse(pathlib.Path(ROOT, name).read_text(encoding="utf-8"))


# ---- what differs from run to run ----

def figures(line):
    """A line without its times; and how much of a send waits for its acknowledgement is the system's."""
    line = re.sub(r"^tcpchat: ", "▸ ", line)  # the mark at a terminal; at its end one or the other
    line = re.sub(r"[\d.]+(?= (?:ms\b|s\b|毫秒|秒))", "TIME", line)
    return re.sub(r"(send\(\d+\) = \d+\D+)\d+", r"\1WAITING", line)


def renumbered(history):
    """Outputs, each with the number of its program. Descriptors of each program count from 1 in the order of their
    appearance, and so do ports and processes of all."""
    descriptors, others = {}, []

    def renumber(line, mine):
        mine += [fd for pair in re.findall(r"\w\((\d+)|→ (\d+)", line) for fd in pair if fd and fd not in mine]

        def number(match):
            if match[0] in mine:
                return f"FD{mine.index(match[0]) + 1}"
            if len(match[0]) < 4 or PORT.fullmatch(match[0]):
                return match[0]
            if match[0] not in others:
                others.append(match[0])
            return f"ID{others.index(match[0]) + 1}"

        return re.sub(r"(?<![\d.])(?<!= )\d+(?!\.?\d| bytes| 字节)", number, line)

    return [[renumber(line, descriptors.setdefault(program, [])) for line in lines] for program, lines in history]


class Output(NamedTuple):
    """An output without what differs from run to run. Messages are shown when a silence ends them; and the system
    decides when an acknowledgement comes, and whether a buffer is empty at first."""
    told: list
    messages: list
    loose: list
    has_end: bool  # with which loose lines may be missing

    def agrees(self, other):
        """As a document and a run, whose loose lines are the document's."""
        return self[:2] == other[:2] and (self.loose == other.loose or self.has_end)


def normalised(history):
    """The last output of a history."""
    lines = renumbered([(program, list(map(figures, lines))) for program, lines in history])[-1]
    messages, loose = ([line for line in lines if kind.match(line)] for kind in (MESSAGE, LOOSE))
    told = [line for line in lines if line not in messages + loose]
    return Output(told, messages, sorted(loose), any("close(" in line for line in told))


# ---- the learner ----

class Window:
    """A window of the learner's."""

    def __init__(self, learner):
        self.learner, self.screen = learner, None

    def run(self, command):
        self.end()
        self.learner.programs += 1
        self.program, self.count = self.learner.programs, 0
        self.screen = Screen(["bash", "-c", command], columns=COLUMNS, rows=ROWS, env=self.learner.environment,
                             cwd=self.learner.folder)

    def output(self):
        """What the program has written since the last step, with the ports of the document."""
        rows = self.screen.rows[self.count:]
        if rows and rows[-1] == ">":
            rows.pop()
        return [self.learner.translated(row) for row in rows]

    def type(self, line):
        if line == "> ^D":
            self.screen.press("ctrl-d")
        else:
            self.screen.enter(line.removeprefix("> "))

    def end(self):
        """The program has ended, and all that it has shown was seen."""
        if self.screen:
            self.screen.wait()
            left = self.output()
            self.close()
            assert not left, "the document lacks:\n" + "\n".join(left)

    def close(self):
        if self.screen:
            self.screen.close()
        self.screen = None


class Learner:
    """Somebody who has this document, tcpchat, Python, a folder, and one with locales. `told` are the outputs of the document so far, and
    `seen` those of the windows, each with the number of its program."""

    def __init__(self, lesson, locale, folder, locales):
        self.folder, self.windows, self.programs, self.told, self.seen = folder, {}, 0, [], []
        self.ports = {port: str(free_port()) for port in sorted(set(PORT.findall(lesson.text)))}
        tools = folder / "tools"
        tools.mkdir()
        (tools / "tcpchat").symlink_to(TCPCHAT)
        (tools / "python3").symlink_to(sys.executable)
        self.environment = environment(
            PATH=f"{tools}:{os.environ['PATH']}", HOME=str(folder), TERM="xterm", LANG=locale, LC_ALL=None, LANGUAGE=None,
            LC_MESSAGES=None, LOCPATH=None if locale.startswith("C.") else str(locales), PYTHONUTF8="1")
        for name, text in lesson.programs.items():
            (folder / name).write_text(text, encoding="utf-8")

    def real(self, line):
        return PORT.sub(lambda match: self.ports[match[0]], line)

    def translated(self, line):
        for port, real in self.ports.items():
            line = re.sub(rf"\b{real}\b", port, line)
        return line

    def type(self, step):
        """Types what the step types; returns its window."""
        window = self.windows.setdefault(step.window, Window(self))
        for line in step.typed:
            if line.startswith("$ "):
                window.run(self.real(line.removeprefix("$ ")))
            else:
                window.type(self.real(line))
        return window

    def sees(self, step, window, output):
        """Whether an output is the one of the document."""
        return normalised([*self.told, (window.program, step.output)]).agrees(
            normalised([*self.seen, (window.program, output)]))

    def look(self):
        """All windows draw what there is; returns whether any had something."""
        return any([window.screen.pump(0.005) for window in self.windows.values() if window.screen])

    def wait_for(self, step, window):
        """Returns the output that is the document's, or the one that there is after a while."""
        end = time.monotonic() + PATIENCE
        while not self.sees(step, window, window.output()) and time.monotonic() < end:
            self.look()
        self.wait_for_silence(0.1)
        return window.output()

    def wait_for_silence(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.look():
                end = time.monotonic() + seconds

    def note(self, step, window, output):
        self.told.append((window.program, step.output))
        self.seen.append((window.program, output))
        window.count += len(output)

    def end(self):
        for window in self.windows.values():
            window.end()

    def close(self):
        for window in self.windows.values():
            window.close()


def agree(lesson, chapter, locale, folder, locales):
    """Takes the steps of a chapter, and holds that each shows what the document says."""
    with contextlib.closing(Learner(lesson, locale, folder, locales)) as learner:
        for step in [step for step in lesson.steps if step.chapter == chapter]:
            window = learner.type(step)
            output = learner.wait_for(step, window)
            assert learner.sees(step, window, output), difference(step, output)
            learner.note(step, window, output)
        learner.end()


def difference(step, output):
    lines = difflib.unified_diff(step.output, output, "the document", "the program", lineterm="")
    return "\n".join([f"in window {step.window}, after {step.typed}:", *lines])


def renewed(lesson, chapter, locale, folder, locales):
    """Takes the steps of a chapter. Returns all of them, each with its output, where one shows something else now:
    ports and processes are those of one run."""
    outputs, is_new = [], False
    with contextlib.closing(Learner(lesson, locale, folder, locales)) as learner:
        for step in [step for step in lesson.steps if step.chapter == chapter]:
            window = learner.type(step)
            learner.wait_for_silence(SILENCE)
            outputs.append((step, window.output()))
            is_new |= not learner.sees(step, window, outputs[-1][1])
            learner.note(step, window, outputs[-1][1])
        learner.end()
    return outputs if is_new else []


def rewrite(path, locale, folder, locales):
    """Writes a lesson anew, as tcpchat shows it now; returns the chapters that have changed."""
    lesson, outputs = parse(path.read_text(encoding="utf-8")), []
    for chapter in lesson.chapters:
        (folder / str(chapter)).mkdir()
        outputs += renewed(lesson, chapter, locale, folder / str(chapter), locales)
    text = lesson.text
    for step, output in reversed(outputs):
        text = text[:step.place.start] + "".join(f"{line}\n" for line in output) + text[step.place.stop:]
    path.write_text(text, encoding="utf-8")
    return sorted({step.chapter for step, _ in outputs})
