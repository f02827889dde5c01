# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/pictures shows what tcpchat shows now."""
import pathlib
import re
import xml.etree.ElementTree

import pytest

from drawing import CELL, GAP, Window, picture
from pictures import CLOCKS, FOLDER, PICTURES, ROOT, NoNetworks, Painted, agree, file_of, made, settled_times

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("name, language", PICTURES)
def test_picture_is_what_a_session_shows_now(tmp_path, locales, name, language):
    """scripts/pictures draws it anew."""
    try:
        new = made(name, language, tmp_path, locales)
    except NoNetworks as error:
        pytest.skip(str(error))
    assert agree((FOLDER / file_of(name, language)).read_text(encoding="utf-8"), new), new


def test_no_picture_is_left_over():
    assert {path.name for path in FOLDER.iterdir()} == {file_of(*key) for key in PICTURES}


def documents(language):
    suffix = ".md" if language == "en" else f".{language}.md"
    return [path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
            if path.name.endswith(suffix) and path.name.count(".") == suffix.count(".")]


@pytest.mark.parametrize("name, language", PICTURES)
def test_picture_is_shown_by_a_document_of_its_language(name, language):
    shown = rf"!\[[^]]+\]\((docs/)?pictures/{re.escape(file_of(name, language))}\)"
    assert any(re.search(shown, path.read_text(encoding="utf-8")) for path in documents(language))


# ---- stale ones, and what a difference in descriptors is ----

OLD = "<svg>\n<desc>[a]\nsocket() → 5: new\n▸ accept(5) → 7: for 1.2.3.4:99</desc>\n<text>accept(5)</text></svg>\n"


@pytest.mark.parametrize("old, new, are_alike", [
    ("accept", "accept", True), ("5)", "15)", False), ("→ 7", "→ 9", True), ("new", "other", False),
    ("<text>", '<text y="1">', False), (":99<", ":98<", False)])
def test_pictures_agree_but_for_descriptors(old, new, are_alike):
    assert agree(OLD, OLD.replace(old, new)) == are_alike


def test_pictures_agree_with_other_descriptors_everywhere():
    assert agree(OLD, OLD.replace("→ 5", "→ 15").replace("accept(5)", "accept(15)"))


# ---- the drawing ----

def window(text, columns=20):
    display = Painted(columns, text.count("\n") + 1)
    for y, line in enumerate(text.split("\n")):
        display.cursor_position(y + 1)
        display.draw(line)
    return Window("a & b", [[display.buffer[y][x] for x in range(columns)] for y in range(display.lines)], (0, 3))


def places(svg):
    """Each character that is written in windows, with its place."""
    root = xml.etree.ElementTree.fromstring(svg)
    assert all(len(span.get("x").split()) == len(span.text) for span in root.iter(f"{SVG}tspan"))
    return [(letter, float(x)) for span in root.iter(f"{SVG}tspan")
            for letter, x in zip(span.text, span.get("x").split())]


def test_letters_stand_in_their_cells():
    """A wide one takes two, whose middle is its own; markup is escaped."""
    found = places(picture("t", [[window("a<你 b")]]))
    left = found[0][1]
    assert sorted(found, key=lambda place: place[1]) == [
        ("a", left), ("<", left + CELL), ("你", left + 2 * CELL + 1), ("b", left + 5 * CELL)]


def test_picture_holds_all_its_windows():
    one, two = window("1234567890" * 2), window("x\ny")
    svg = picture("t", [[one, two], [two]])
    root = xml.etree.ElementTree.fromstring(svg)
    rightmost = max(x for _, x in places(svg)) + CELL
    assert rightmost < float(root.get("width")) == one.size[0] + two.size[0] + GAP + 2
    assert max(float(text.get("y", 0)) for text in root.iter(f"{SVG}text")) < float(root.get("height"))


def test_bars_and_control_pictures_are_drawn():
    svg = picture("t", [[window("a│ ␂\nb│ ␃")]])
    assert svg.count('class="line"') == 2 and not set("│␂␃") & {letter for letter, _ in places(svg)}
    assert re.findall(r">([A-Z])</tspan>", svg) == ["S", "X", "E", "X"]


def test_faint_text_is_dim():
    display = Painted(10, 1)
    display.select_graphic_rendition(2)
    display.draw("a")
    display.select_graphic_rendition(0)
    display.draw("b")
    assert [display.buffer[0][x].fg for x in range(2)] == ["dim", "default"]


def test_times_are_written_over_digit_by_digit():
    rows = settled_times(window("a 23:59:59.999 b\nc\n00:00:00.000 d").rows)
    assert ["".join(cell.data for cell in row).rstrip() for row in rows] == [
        f"a {CLOCKS[0]} b", "c", f"{CLOCKS[1]} d"]


def test_readmes_show_the_bars_of_the_benchmark():
    for language in ("en", "zh_CN"):
        assert any("](bench/results.svg)" in path.read_text(encoding="utf-8") or
                   "](../bench/results.svg)" in path.read_text(encoding="utf-8") for path in documents(language))
    xml.etree.ElementTree.parse(pathlib.Path(ROOT, "bench/results.svg"))
