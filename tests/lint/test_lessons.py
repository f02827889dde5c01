# SPDX-License-Identifier: GPL-3.0-or-later
"""The lesson is the same in both languages: its headings, steps, programs and paragraphs stand in one order."""
import pathlib
import re
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from lesson import BLOCK, LESSONS, parse  # noqa: E402

ENGLISH, *TRANSLATIONS = LESSONS


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def kind(part):
    """A part as it has to be in each language."""
    if match := BLOCK.match(part):
        return f"program {match['program']}" if match["program"] else f"step in window {match['window']}"
    if match := re.match(r"(#+ (?:\d+\.)?)", part):
        return f"heading {match[1]}"
    return "item" if part.startswith("- ") else "paragraph"


def parts(text):
    """The parts of a lesson; a block belongs to the line above it."""
    place, found = 0, []
    for match in [*BLOCK.finditer(text), None]:
        between = text[place:match.start() if match else len(text)]
        found += [part for part in re.split(r"\n\n|\n(?=- )", between) if part.strip()]
        if match:
            found.append(match[0])
            place = match.end()
    return [part.strip("\n") for part in found]


def differences(english, other):
    """A sentence for each thing that the two do not have in common."""
    here, there = parse(english), parse(other)
    if [step[:3] for step in here.steps] != [step[:3] for step in there.steps]:
        yield from (f"another step: {one[:3]}, {two[:3]}"
                    for one, two in zip(here.steps, there.steps) if one[:3] != two[:3])
        yield f"{len(here.steps)} and {len(there.steps)} steps"
    if here.programs != there.programs:
        yield "another program"
    kinds = [list(map(kind, parts(text))) for text in (english, other)]
    for one, two in zip(*kinds):
        if one != two:
            yield f"another part: {one}, {two}"
            return
    if len(kinds[0]) != len(kinds[1]):
        yield "a part is missing at the end"


@pytest.mark.parametrize("name", TRANSLATIONS)
def test_lessons_have_the_same_parts(name):
    assert not list(differences(text_of(ENGLISH), text_of(name)))


@pytest.mark.parametrize("name", LESSONS)
def test_each_block_of_a_lesson_is_a_step_or_a_program(name):
    lesson = parse(text_of(name))
    assert len(lesson.steps) > 60 and len(lesson.programs) == 6
    assert text_of(name).count("\n```\n") == len(lesson.steps) + len(lesson.programs)


@pytest.mark.parametrize("gone, new", [
    (r"\n\n### [^\n]*", ""), (r"\n- [^\n]*", ""), (r"-e gbk", "-e big5"), (r"print\(\"sent\"\)", "pass"),
    (r"窗口 3", "窗口 2"), (r"> 你好\n", ""), (r"\n\n输入结束时[^\n]*", ""), (r"\n\n`tcpchat help learning`[^\n]*", "")])
def test_difference_of_lessons_is_found(gone, new):
    changed, count = re.subn(gone, new, text_of(TRANSLATIONS[0]), count=1)
    assert count == 1
    assert list(differences(text_of(ENGLISH), changed))


def test_readmes_have_links_to_the_lessons():
    for name in LESSONS:
        readme = pathlib.Path(name.replace("docs/lesson", "README")).name
        assert f"]({name})" in text_of(readme)
    for name in LESSONS:
        linked = set(re.findall(r"\]\((lesson[\w.]*)\)", text_of(name)))
        assert linked == {pathlib.Path(other).name for other in LESSONS} - {pathlib.Path(name).name}
