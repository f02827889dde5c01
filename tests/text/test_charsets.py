# SPDX-License-Identifier: GPL-3.0-or-later
"""Every character and every sequence, against Python's codecs and the error rules of the WHATWG Encoding standard."""
import codecs
import itertools
import random

import pytest

from driver import CHECKED, each, stream

SCALARS = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
LEADS = range(0x80, 0x100)

# Our name, Python's name.
CHARSETS = {
    "gbk": "gb18030", "gb18030": "gb18030", "big5": "big5", "shift_jis": "shift_jis", "euc-jp": "euc_jp",
    "euc-kr": "euc_kr", "koi8-r": "koi8_r", "windows-1252": "cp1252", "windows-1258": "cp1258", "utf-8": "utf_8",
}

# Characters that the system's iconv, the source of truth for legacy charsets, and Python have differently, as
# (first, last, reason). In iconv each must be bad text or make the round trip.
NEWER_GB18030 = [
    (0x1E3F, 0x1E3F, "A8BC since 2005; Python has the edition of 2000"),
    (0x9FB4, 0x9FBB, "FE59 and others since 2022; Python has four bytes"),
    (0xE78D, 0xE796, "private use until FE10 to FE19 took their bytes; glibc 2.36 has no others for them"),
    (0xE7C7, 0xE7C7, "private use until U+1E3F took its bytes"),
    (0xE816, 0xE864, "private use until the characters of 9FB4 to 9FBB and of plane 2 took their bytes"),
    (0xFE10, 0xFE19, "two bytes since 2022; Python has four"),
    (0x20087, 0x20089, "two bytes since 2005; Python has four"),
    (0x200CC, 0x200CC, "as above"),
    (0x215D7, 0x215D7, "as above"),
    (0x2298F, 0x2298F, "as above"),
    (0x241FE, 0x241FE, "as above"),
]
OTHER_CHARACTERS = {
    "gbk": NEWER_GB18030,
    "gb18030": NEWER_GB18030,
    "big5": [
        (0x80, 0x80, "glibc has the byte 80 as the control"),
        (0xA2, 0xAF, "half width in Python, full width in glibc (the signs of currency, the macron)"),
        (0x401, 0x451, "Cyrillic is private use in glibc, as in Windows"),
        (0x2022, 0x203E, "A145 and A1C2 are other signs"),
        (0x20AC, 0x20AC, "the euro, in glibc as in Windows"),
        (0x2215, 0x2299, "A1E3, A1F2, A1F3, A241 are other signs"),
        (0x2460, 0x247D, "circled digits are private use in glibc"),
        (0x2551, 0x2593, "the frames of ETEN"),
        (0x2609, 0x2641, "A1F2, A1F3 are other signs"),
        (0x3005, 0x30FE, "Kana is private use in glibc"),
        (0x58BB, 0x58BB, "ETEN"), (0x5AFA, 0x5AFA, "ETEN"), (0x6052, 0x6052, "ETEN"), (0x7881, 0x7881, "ETEN"),
        (0x7CA7, 0x7CA7, "ETEN"), (0x88CF, 0x88CF, "ETEN"), (0x92B9, 0x92B9, "ETEN"),
        (0xF6B1, 0xF848, "glibc's private use for C6A1 and on"),
        (0xFE51, 0xFE68, "A14E, A242 are other signs"),
        (0xFF0F, 0xFF0F, "A1FE and A241 the other way round"), (0xFF3C, 0xFF3C, "A240 and A242 the other way round"),
        (0xFF5E, 0xFF64, "A1E3 is the full width tilde"),
        (0xFFE0, 0xFFE5, "full width in glibc"),
    ],
    "shift_jis": [
        (0x5C, 0x5C, "glibc has the yen sign at 5C"), (0xA5, 0xA5, "as above"),
        (0x7E, 0x7E, "glibc has the overline at 7E"), (0x203E, 0x203E, "as above"),
        (0xFF3C, 0xFF3C, "Python, which has the backslash at 5C, has both"),
        (0xFFE0, 0xFFE2, "glibc writes these as their half width twins, too"),
    ],
    "euc-jp": [
        (0x80, 0x9F, "glibc has C1 controls as single bytes"),
        (0xA5, 0xA5, "Python writes the yen sign as a backslash"), (0x203E, 0x203E, "and the overline as a tilde"),
        (0xFF5E, 0xFF5E, "the tilde of JIS X 0212"),
    ],
    "euc-kr": [
        (0x80, 0x9F, "glibc has C1 controls as single bytes"),
        (0x20A9, 0x20A9, "glibc writes the won sign as its full width twin"),
        (0x327E, 0x327E, "glibc has this sign of 2002"),
    ],
    "windows-1258": [
        (0xC3, 0x1EF9, "glibc writes letters with two accents as a letter and an accent, Python does not"),
        (0x1FED, 0x1FEE, "as above"),
        (0x340, 0x385, "as above"),
    ],
}

# Characters that glibc writes as another one: it takes both and has one.
TWINS = {
    "shift_jis": set("\\~￠￡￢"), "euc-jp": set("～¥‾"), "euc-kr": set("₩"), "big5": set("￥"),
}


C1_BYTES = {"big5": {0x80}, "euc-jp": {*range(0x80, 0xA0)} - {0x8E, 0x8F}, "euc-kr": {*range(0x80, 0xA0)}}


def is_other(name, char):
    return any(first <= ord(char) <= last for first, last, _ in OTHER_CHARACTERS.get(name, []))


def write(name, char):
    """The bytes of a character by Python; None if the charset lacks it."""
    if name == "gbk" and char == "€":
        return b"\x80"  # WHATWG, "gbk"
    try:
        wire = char.encode(CHARSETS[name])
    except UnicodeEncodeError:
        return None
    if name == "gbk" and len(wire) > 2 or name == "euc-kr" and len(wire) > 2:
        return None  # gbk has no four bytes; Python spells rare syllables in eight, which peers do not read
    return wire


def read(name, wire):
    """The text of one whole character by Python, or None."""
    if name == "gbk" and wire == b"\x80":
        return "€"
    if len(wire) == 1 and wire[0] in C1_BYTES.get(name, ()):
        return chr(wire[0])  # glibc has C1 controls as single bytes
    try:
        return wire.decode(CHARSETS[name])
    except UnicodeDecodeError:
        return None


# Rows that only iconv or Python has; test_every_character_is_encoded compares their characters.
LEFT_OUT = {
    "big5": [(0xA3C0, 0xA3E1, "control pictures and the euro"), (0xC6A1, 0xC8FE, "ETEN: Kana, Cyrillic, private use"),
             (0xF9D6, 0xF9FE, "ETEN: seven characters and frames")],
}


def is_left_out(name, wire):
    pairs = [wire[i] << 8 | wire[i + 1] for i in range(len(wire) - 1)]
    return any(first <= pair <= last for pair in pairs for first, last, _ in LEFT_OUT.get(name, []))


# ---- every character ----

@pytest.mark.parametrize("name", CHARSETS)
def test_every_character_is_encoded(name):
    text = [char for char in SCALARS if char not in "\n?"]
    wires = stream("utf-8", name, "\n".join(text).encode()).split(b"\n")
    assert len(wires) == len(text)
    lacking = "�".encode(CHARSETS[name], "replace") if name != "gbk" else b"?"
    wrong, others = [], []
    written = "\n".join(text).encode(CHARSETS[name], "replace").split(b"\n")
    for char, wire, python in zip(text, wires, written):
        if wire == python:
            continue
        if is_other(name, char):
            others.append((char, wire))
        elif wire != (write(name, char) or lacking):
            wrong.append((f"U+{ord(char):04X}", wire.hex()))
    assert not wrong, (len(wrong), wrong[:20])
    others = [(char, wire) for char, wire in others if wire != lacking]
    back = stream(name, "utf-8", b"\n".join(wire for _, wire in others)).decode().split("\n") if others else []
    for (char, wire), text in zip(others, back):
        assert wire and "�" not in text, (char, wire)
        assert name == "windows-1258" or text == char or char in TWINS.get(name, ()), (f"{ord(char):X}", wire, text)


@pytest.mark.parametrize("name", CHARSETS)
def test_every_character_is_decoded(name):
    pairs = [(char, wire) for char in SCALARS if char != "\n" and (wire := write(name, char))]
    texts = stream(name, "utf-8", b"\n".join(wire for _, wire in pairs)).decode().split("\n")
    assert len(texts) == len(pairs)
    wrong = [(wire.hex(), text) for (char, wire), text in zip(pairs, texts)
             if text != char and not is_other(name, char)]
    assert not wrong, (len(wrong), wrong[:20])


# ---- every sequence ----

def is_lead(name, byte):
    """Whether a byte is a lead byte: in WHATWG's ranges as far as glibc has characters there, and
    A0 (EUC-JP) and FE, FF (EUC-KR), which glibc takes for leads, too."""
    return {
        "gbk": 0x81 <= byte <= 0xFE, "gb18030": 0x81 <= byte <= 0xFE,
        "big5": 0xA1 <= byte <= 0xF9, "euc-kr": 0xA1 <= byte <= 0xFF,
        "shift_jis": 0x81 <= byte <= 0x9F or 0xE0 <= byte <= 0xEA,
        "euc-jp": byte in (0x8E, 0x8F) or 0xA0 <= byte <= 0xFE,
    }.get(name, False)


def reference(name, wire):
    """The text of a short sequence by the rules of WHATWG's decoders."""
    text, at = "", 0
    while at < len(wire):
        for length in (1, 2, 3, 4):
            char = read(name, wire[at:at + length])
            if char is not None and len(wire[at:at + length]) == length:
                break
        else:
            char, length = "�", fault_length(name, wire[at:])
        text += char
        at += length
    return text


def fault_length(name, rest):
    if not is_lead(name, rest[0]) or len(rest) == 1:
        return 1
    if name in ("gbk", "gb18030") and 0x30 <= rest[1] <= 0x39:
        for i in range(2, 4):
            if i == len(rest):
                return i
            if not (0x81 <= rest[2] <= 0xFE if i == 2 else 0x30 <= rest[3] <= 0x39):
                return 1
        return 4
    if name == "euc-jp" and rest[0] == 0x8F and 0xA1 <= rest[1] <= 0xFE:
        return 3 if len(rest) > 2 and rest[2] >= 0x80 else 2
    return 2 if rest[1] >= 0x80 else 1


def differences(name, records, program=None):
    texts = each(name, "utf-8", records, *([program] if program else []))
    assert len(texts) == len(records)
    return [(wire.hex(), text, expected) for wire, text in zip(records, map(bytes.decode, texts))
            if text != (expected := reference(name, wire)) and not agrees(name, text, expected)
            and not is_left_out(name, wire)]


def agrees(name, text, expected):
    """Whether both have the same faults, and differ only in characters that are listed above."""
    if name == "shift_jis":
        expected = expected.replace("\\", "¥").replace("~", "‾")
    if len(text) != len(expected):
        return False
    return all(one == other or (is_other(name, one) and is_other(name, other)) or one in BEYOND_PYTHON.get(name, ())
               for one, other in zip(text, expected))


# Bytes that glibc decodes and Python does not.
BEYOND_PYTHON = {
    "euc-kr": {"㉾", "\u3164"}, "euc-jp": {"～"},
}

LEGACY = [name for name in CHARSETS if name != "utf-8"]


@pytest.mark.parametrize("name", LEGACY)
def test_single_bytes_decode_by_the_standard(name):
    assert not differences(name, [bytes([byte]) for byte in range(256)])


@pytest.mark.parametrize("name", LEGACY)
def test_two_bytes_decode_by_the_standard(name):
    pairs = [bytes(pair) for pair in itertools.product(LEADS, range(256))]
    wrong = differences(name, pairs)
    assert not wrong, (len(wrong), wrong[:20])


@pytest.mark.parametrize("name", LEGACY)
@pytest.mark.parametrize("behind", [b"\n", b"A", b"\xff"])
def test_two_bytes_before_a_third_decode_by_the_standard(name, behind):
    pairs = [bytes(pair) + behind for pair in itertools.product(LEADS, range(256))]
    wrong = differences(name, pairs)
    assert not wrong, (len(wrong), wrong[:20])


def test_three_bytes_of_jis_x_0212_decode_by_the_standard():
    triples = [bytes((0x8F, *pair)) for pair in itertools.product(range(0x80, 0x100), range(0x80, 0x100))]
    wrong = differences("euc-jp", triples)
    assert not wrong, (len(wrong), wrong[:20])


@pytest.mark.parametrize("name", ["gbk", "gb18030"])
def test_four_bytes_of_gb18030_decode_by_the_standard(name):
    codecs.register_error("four", lambda error: ("�", error.start - error.start % 5 + 4))
    leads, digits = range(0x81, 0xFF), range(0x30, 0x3A)
    wire = b"".join(bytes(four) + b"\n" for four in itertools.product(leads, digits, leads, digits))
    assert len(wire) == 5 * 1587600
    expected = wire.decode("gb18030", "four").split("\n")
    texts = stream(name, "utf-8", wire).decode().split("\n")
    assert len(texts) == len(expected)
    wrong = [(f"{wire[5 * i:5 * i + 4].hex()}", text) for i, (text, python) in enumerate(zip(texts, expected))
             if text != python and not is_other(name, python)]
    assert not wrong, (len(wrong), wrong[:20])


@pytest.mark.parametrize("name", ["gbk", "gb18030", "euc-jp"])
def test_random_bytes_decode_by_the_standard(name):
    dice = random.Random(2022)
    likely = [0x30, 0x39, 0x81, 0x84, 0x8E, 0x8F, 0xA2, 0xFE, 0xFF, 0x0A, *range(0xA1, 0xB0)]
    records = [bytes(dice.choice(likely) if dice.random() < 0.7 else dice.randrange(256) for _ in range(8))
               for _ in range(30000)]
    wrong = differences(name, records)
    assert not wrong, (len(wrong), wrong[:20])


# ---- UTF-8 ----

def assert_utf8(wire, program=None):
    """Python's decoder follows the rule of the maximal subpart, as WHATWG does."""
    ours = stream("utf-8", "utf-8", wire, *([program] if program else []))
    python = wire.decode(errors="replace").encode()
    if ours != python:
        lines = zip(wire.split(b"\n"), ours.split(b"\n"), python.split(b"\n"))
        pytest.fail(str([(line.hex(), one, other) for line, one, other in lines if one != other][:20]))


def test_three_bytes_of_utf8_decode_by_the_standard():
    for lead in range(0xC0, 0x100):
        assert_utf8(b"".join(bytes((lead, *pair)) + b"\n" for pair in itertools.product(range(256), repeat=2)
                             if 0x0A not in pair))


def utf8_sample(count):
    dice = random.Random(4)
    edges = [0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xED, 0xF4]
    return b"".join(bytes((dice.randrange(0xE0, 0x100), *(dice.choice(edges) if dice.random() < .7 else
                                                          dice.randrange(0x80, 0x100) for _ in range(3)))) + b"\n"
                    for _ in range(count))


def test_four_bytes_of_utf8_decode_by_the_standard():
    assert_utf8(utf8_sample(1000000))


# ---- a sample of all that, under sanitizers ----

@pytest.mark.parametrize("name", LEGACY)
def test_sample_passes_under_sanitizers(name):
    dice = random.Random(1)
    for length in (1, 2, 3, 4, 5):
        records = [bytes(dice.choice((dice.randrange(256), dice.randrange(0x80, 0x100), 0x30, 0x8F))
                         for _ in range(length)) for _ in range(1000)]
        assert each(name, "utf-8", records, CHECKED) == each(name, "utf-8", records)
    text = "\n".join(dice.sample(SCALARS, 3000)).encode()
    assert stream("utf-8", name, text, CHECKED) == stream("utf-8", name, text)


def test_sample_of_utf8_passes_under_sanitizers():
    assert_utf8(utf8_sample(5000), CHECKED)
