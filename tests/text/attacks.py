# SPDX-License-Identifier: GPL-3.0-or-later
"""Attacks on a terminal: for each a name and the text, before it is encoded."""

ESC = "\x1b"
ENDS = {"BEL": "\x07", "ST": ESC + "\\", "C1 ST": "\x9c", "nothing": ""}
STRINGS = {  # control strings, by what they do
    "OSC 0, title": "]0;owned", "OSC 1, icon": "]1;owned", "OSC 2, title": "]2;owned",
    "OSC 4, palette": "]4;1;rgb:00/00/00", "OSC 7, directory": "]7;file:///etc",
    "OSC 8, link": "]8;;http://evil.example/", "OSC 9, notification": "]9;click me", "OSC 10, colour": "]10;?",
    "OSC 11, background": "]11;#000000", "OSC 50, font": "]50;evil", "OSC 52, clipboard": "]52;c;cm0gLXJmIC8K",
    "OSC 52, query": "]52;c;?", "OSC 104, reset": "]104", "OSC 133, prompt": "]133;A",
    "OSC 777, notification": "]777;notify;a;b", "OSC 1337, file": "]1337;File=inline=1:AAAA",
    "DCS, DECRQSS": "P$qm", "DCS, sixel": "Pq#0;2;0;0;0~", "DCS, termcap": "P+q544e",
    "DCS, tmux": "Ptmux;\x1b\x1b]52;c;QQ==\x07", "DCS, DECUDK": "P0;0|17/6c730d", "APC, kitty": "_Ga=q,i=1;AAAA",
    "PM": "^private", "SOS": "Xstring", "screen title": "kevil",
}
SEQUENCES = [
    "[6n", "[5n", "[c", "[>c", "[=c", "[0x", "[18t", "[20t", "[21t", "[14t", "[2J", "[3J", "[H", "[1;1H", "[A",
    "[99A", "[2K", "[1K", "[K", "[31m", "[38;5;1m", "[8m", "[7m", "[0m", "[?1049h", "[?25l", "[?1000h", "[?2004h",
    "[?2026h", "[4h", "[20h", "[1;1r", "[5i", "[4i", "[?5h", "[!p", "[61\"p", "[1$}", "[8;1;1t", "[2;2H", "[1S",
    "[1T", "[s", "[u", "[>4;2m", "[?u", "[99999999999b", "[99999999999C", "[1;2'z", "[?15n", "[?6c", "[1 q",
    "[200~", "[201~",
]
SHORT = ["c", "7", "8", "D", "E", "M", "H", "Z", "=", ">", "n", "o", "|", "}", "~", "(0", ")0", "*0", "#8", "#3",
         "%G", "%@", " F", "l", "m", "N", "O", "V", "W", "\\", "6", "9", "", ESC, ESC + "[6n"]


def escape_sequences():
    for name, body in STRINGS.items():
        for end, bytes_of_end in ENDS.items():
            yield f"ESC {name}, ended by {end}", f"a{ESC}{body}{bytes_of_end}b"
    for body in SEQUENCES:
        yield f"ESC {body}", f"a{ESC}{body}b"
    for body in SHORT:
        yield f"ESC {body!r}", f"a{ESC}{body}b"


def eight_bit_sequences():
    introducers = {"]": "\x9d", "P": "\x90", "_": "\x9f", "^": "\x9e", "X": "\x98", "[": "\x9b"}
    for name, body in STRINGS.items():
        if body[0] in introducers:
            yield f"C1 {name}", f"a{introducers[body[0]]}{body[1:]}\x9cb"
    for body in SEQUENCES:
        yield f"C1 {body}", f"a\x9b{body[1:]}b"


def single_controls():
    for code in [*range(0x20), *range(0x7F, 0xA0)]:
        if code not in (0x0A, 0x09):
            yield f"U+{code:04X}", f"a{chr(code)}b"
            yield f"U+{code:04X} before LF", f"a{chr(code)}\nb"


def invisible_characters():
    codes = [0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010),
             *range(0x2028, 0x202F), *range(0x2060, 0x2070), 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF9, 0xFFFC),
             0x1BCA0, 0x1D173, 0xE0001, 0xE0020, 0xE0041, 0xE007F, 0xE000, 0xF8FF, 0xF0000, 0x10FFFD, 0xFFFE, 0xFFFF,
             0x378, 0xE01F0]
    for code in codes:
        yield f"U+{code:04X}", f"a{chr(code)}{chr(code)}b"
        yield f"U+{code:04X} at the start", f"{chr(code)}b"


def deceptions():
    yield "override hides an extension", "invoice\u202Efdp.exe"
    yield "isolates reorder", "\u2066admin\u2069 \u2067resu\u2069: yes"
    yield "embedding without an end", "\u202Aabc\n\u202Bdef"
    yield "CR overwrites the line", "harmless text\rpeer2: evil"
    yield "BS overwrites the line", "harmless" + "\b" * 8 + "evil    "
    yield "CR CR LF", "harmless\r\r\nevil"
    yield "VT and FF move the line", "a\vb\fc"
    yield "NEL ends the line", "a\x85peer2: evil"
    yield "separators end the line", "a\u2028peer2: evil\u2029peer3: evil"
    yield "a flag of tags", "\U0001F3F4" + "".join(chr(0xE0000 + ord(c)) for c in "gbeng") + "\U000E007F"
    yield "marks without end", "e" + "\u0301" * 500 + "x"
    yield "a mark on what stands before the line", "\u0301\u0302\n\u0303"
    yield "joiners without characters", "\u200D\u200Cx\u200D\n\u200Dy\u200C"
    yield "joiners between controls", "\x1b\u200D[31m\u200D\x9b\u200D"
    yield "spaces of no width in a name", "pe\u200Ber1"
    for width in (40, 80):
        for fill in (" ", "\u00A0", "\u3000", "\u2800", "\t", "x", "你"):
            columns = 2 if fill in "\u3000你" else 8 if fill == "\t" else 1
            for off in (-1, 0, 1):
                padding = fill * ((width + off) // columns)
                yield f"{fill!r} up to column {width + off}", padding + f"peer2: {ESC}[31mevil"
                yield f"{fill!r} up to {width + off}, then CR", padding + "\rpeer2: evil"


def attacks():
    return [*escape_sequences(), *eight_bit_sequences(), *single_controls(), *invisible_characters(), *deceptions()]
