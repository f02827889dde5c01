# SPDX-License-Identifier: GPL-3.0-or-later
"""A strict judge of the bytes for a terminal: every byte that its parser would act on is an offence."""
import unicodedata

BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
INVISIBLE = {0xAD, 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x200B, *range(0x2028, 0x202A),
             *range(0x2060, 0x2070), 0x3164, 0xFEFF, 0xFFA0, *range(0xFFF0, 0xFFFC), *range(0xE0000, 0xE0100),
             *range(0xE01F0, 0xE1000)}
JOINERS = {0x200C, 0x200D}
SEEN_FORMATS = {*range(0x0600, 0x0606), 0x06DD, 0x070F, 0x0890, 0x0891, 0x08E2, 0x110BD, 0x110CD}  # they enclose


def offence(character):
    """Why a character may not reach a terminal, or None."""
    code = ord(character)
    if code < 0x20 or code == 0x7F:
        return None if character == "\n" else "a control character"
    if 0x80 <= code < 0xA0:
        return "a C1 control character"
    if code in BIDI:
        return "a control of direction"
    if code in INVISIBLE:
        return "invisible"
    if code not in JOINERS | SEEN_FORMATS and unicodedata.category(character) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp"):
        return "of category " + unicodedata.category(character)
    return None


def judge_joiners(line):
    """Joiners stand between characters that are seen."""
    for i, character in enumerate(line):
        if ord(character) in JOINERS:
            assert 0 < i < len(line) - 1, f"a joiner at the edge of {line!r}"
            assert ord(line[i - 1]) not in JOINERS and ord(line[i + 1]) not in JOINERS, f"joiners in a row in {line!r}"


def judge(screen, charset):
    """Returns the text that a terminal was given; each LF came as the CR LF that a tty makes of it."""
    if charset == "utf-8":  # as bytes too, as an eight-bit terminal reads them before decoding
        assert not any(byte < 0x20 and byte not in b"\r\n" or byte == 0x7F for byte in screen), screen
    text = screen.decode(charset)
    assert text.count("\r") == text.count("\r\n") == text.count("\n"), f"a CR of its own in {text!r}"
    text = text.replace("\r\n", "\n")
    for character in text:
        assert not offence(character), f"U+{ord(character):04X} is {offence(character)}, in {text!r}"
    for line in text.split("\n"):
        judge_joiners(line)
        assert not line or not unicodedata.category(line[0]).startswith("M"), f"a mark begins {line!r}"
    return text
