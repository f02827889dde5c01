# SPDX-License-Identifier: GPL-3.0-or-later
"""Terminals as a picture in SVG. Each character has its place, whatever the width of the reader's font: a wide one
stands in the middle of its two cells. The windows have a ground of their own, dark where the system of the reader is,
so that the picture is legible on any page."""
from typing import NamedTuple

CELL, LINE, PAD, BAR, GAP = 8, 19, 14, 30, 12
ANSI = {"black": "#000000", "red": "#cd3131", "green": "#0a8f4a", "brown": "#9a7200", "blue": "#2472c8",
        "magenta": "#b03fb0", "cyan": "#0f87a5", "white": "#808080"}
STYLE = ("text{font-family:ui-monospace,SFMono-Regular,Menlo,'DejaVu Sans Mono','Liberation Mono',Consolas,"
         "'Noto Sans Mono CJK SC','PingFang SC','Microsoft YaHei',monospace;font-size:13.3px;fill:#24292f}"
         ".wide{font-size:14.6px}.control{font-size:7.5px}.dim{fill:#6e7781}"
         ".title{font-family:system-ui,sans-serif;font-size:12.5px;fill:#57606a;text-anchor:middle}"
         ".window{fill:#fdfdfd;stroke:#afb8c1}.bar{fill:#e7ebef}.line{stroke:#8c959f}"
         ".cursor{fill:#24292f}.dot{stroke-width:0}"
         "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.dim{fill:#8d96a0}.title{fill:#9da7b3}"
         ".window{fill:#14181e;stroke:#444c56}.bar{fill:#262c36}.line{stroke:#6e7681}.cursor{fill:#e6edf3}}")
CONTROLS = ("NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI "
            "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US").split()
DOTS = ("#ec6a5e", "#f4bf4f", "#61c554")


class Window(NamedTuple):
    """`rows` are pyte's cells, and `cursor` is (row, column) or None."""
    title: str
    rows: list
    cursor: tuple

    @property
    def size(self):
        return len(self.rows[0]) * CELL + 2 * PAD, BAR + len(self.rows) * LINE + 2 * PAD - 6


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def style_of(cell, is_wide):
    """The attributes of a character's text."""
    classes = [name for name, is_so in (("dim", cell.fg == "dim"), ("wide", is_wide)) if is_so]
    colour = ANSI.get(cell.fg) or (f"#{cell.fg}" if cell.fg not in ("default", "dim") else "")
    return (f' class="{" ".join(classes)}"' if classes else "") + (f' style="fill:{colour}"' if colour else "") + (
        ' font-weight="bold"' if cell.bold else "")


def control(cell):
    """The name of the control character whose picture a cell has, or None."""
    number = ord(cell.data) - 0x2400 if len(cell.data) == 1 else -1
    return CONTROLS[number] if 0 <= number < len(CONTROLS) else None


def words(row):
    """(style, places, text) of all that is seen of a row: words of narrow characters, and wide ones one by one, because
    not every program reads more than the first of the places. Bars and control pictures are drawn."""
    found, end = [], None
    for column, cell in enumerate(row):
        if not cell.data.strip() or cell.data == "│" or control(cell):
            continue
        is_wide = column + 1 < len(row) and row[column + 1].data == ""
        style, place = style_of(cell, is_wide), column * CELL + is_wide
        if is_wide or end != (column, style):
            found.append((style, [], []))
        found[-1][1].append(place)
        found[-1][2].append(cell.data)
        end = (column + 1, style)
    return found


def text_row(row, left, base):
    """The words of a row; those of one style are one text."""
    styles = {}
    for style, places, letters in words(row):
        xs = " ".join(str(left + place) for place in places)
        styles.setdefault(style, []).append(f'<tspan x="{xs}">{escaped("".join(letters))}</tspan>')
    for style, spans in styles.items():
        yield f'<text{style} y="{base}">{"".join(spans)}</text>'


def bars(rows, left, top):
    """The bars between names and messages, without a gap between two rows."""
    for y, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell.data == "│":
                x = left + column * CELL + CELL / 2
                yield f'<path class="line" d="M{x} {top + y * LINE}v{LINE}"/>'


def controls(row, left, base):
    """Control pictures, which few fonts have: the first letter of the name above the last one."""
    for column, cell in enumerate(row):
        if name := control(cell):
            x = left + column * CELL
            yield (f'<text class="control"><tspan x="{x}" y="{base - 4}">{name[0]}</tspan>'
                   f'<tspan x="{x + 3.5}" y="{base + 1}">{name[-1]}</tspan></text>')


def frame(window, x, y):
    width, height = window.size
    yield f'<rect class="window" x="{x}.5" y="{y}.5" width="{width - 1}" height="{height - 1}" rx="8"/>'
    yield f'<path class="bar" d="M{x + 1} {y + BAR}v-21q0 -8 8 -8h{width - 18}q8 0 8 8v21z"/>'
    for i, colour in enumerate(DOTS):
        yield f'<circle cx="{x + 18 + 18 * i}" cy="{y + 15}" r="5.5" fill="{colour}"/>'
    yield f'<text class="title" x="{x + width / 2:g}" y="{y + 19.5}">{escaped(window.title)}</text>'


def draw(window, x, y):
    left, top = x + PAD, y + BAR + PAD - 4
    yield from frame(window, x, y)
    yield from bars(window.rows, left, top)
    if window.cursor:
        row, column = window.cursor
        yield (f'<rect class="cursor" x="{left + column * CELL}" y="{top + row * LINE + 1}" width="{CELL}" '
               f'height="{LINE - 3}"/>')
    for number, row in enumerate(window.rows):
        yield from text_row(row, left, top + number * LINE + 14)
        yield from controls(row, left, top + number * LINE + 14)


def text_of(window):
    rows = ["".join(cell.data for cell in row).rstrip() for row in window.rows]
    return f"[{window.title}]\n" + "\n".join(rows).rstrip()


def picture(title, shelves):
    """Shelves of windows, from top to bottom; those of a shelf stand side by side."""
    lines, y, width = [], 1, 0
    for shelf in shelves:
        x = 1
        for window in shelf:
            lines += draw(window, x, y)
            x += window.size[0] + GAP
        width = max(width, x - GAP + 1)
        y += max(window.size[1] for window in shelf) + GAP
    said = "\n\n".join(text_of(window) for shelf in shelves for window in shelf)
    height = y - GAP + 1
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      f'viewBox="0 0 {width} {height}" role="img">',
                      f"<title>{escaped(title)}</title>", f"<desc>{escaped(said)}</desc>",
                      f"<style>{STYLE}</style>", *lines, "</svg>"]) + "\n"
