# SPDX-License-Identifier: GPL-3.0-or-later
"""Every sequence and every code point, against the decoders and encoders of the WHATWG Encoding Standard.

All tests run with the iconv of the C library, and once more with GNU libiconv where convert-libiconv was built:
    cmake --preset dev -DTCPCHAT_LIBICONV=FOLDER    # has include/iconv.h and lib/libiconv.so"""
import bisect
import functools
import itertools
import random
import unicodedata

import pytest

import standard
from driver import CHECKED, LIBRARIES, crlf, joined_records, stream

LEADS = range(0x80, 0x100)
ENCODINGS = [*standard.MULTI_BYTE, *standard.SINGLE_BYTE]
SAMPLED = [*standard.MULTI_BYTE, "KOI8-U", "windows-1252", "windows-1255", "windows-1258"]
# The ends of the ranges that decoders tell apart.
EDGES = bytes.fromhex("0A 2F 30 39 3A 40 7E 7F 80 81 8E 8F A0 A1 DF E0 FC FD FE FF")


@pytest.fixture(params=LIBRARIES)
def convert(request):
    """The program, linked to the iconv of a library."""
    return LIBRARIES[request.param]


# ---- decoding ----

def check_decoded(name, records, convert):
    expected = [standard.decode(name, record).encode() for record in records]
    answer = joined_records(name, "utf-8", records, convert)
    if answer != b"".join(text + b"\xff" for text in expected):
        texts = answer.split(b"\xff")[:-1]
        assert len(texts) == len(records)
        wrong = [(wire.hex(), *map(bytes.decode, pair)) for wire, *pair in zip(records, texts, expected)
                 if pair[0] != pair[1]]
        pytest.fail(f"{len(wrong)} differences: {wrong[:20]}")


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_byte_and_every_two_bytes_decode_by_the_standard(name, convert):
    check_decoded(name, [bytes((byte,)) for byte in range(256)], convert)
    check_decoded(name, [bytes(two) for two in itertools.product(LEADS, range(256))], convert)


@pytest.mark.parametrize("name", standard.MULTI_BYTE)
def test_three_bytes_decode_by_the_standard(name, convert):
    check_decoded(name, [bytes(three) for three in itertools.product(LEADS, range(256), b"\n\xA1")], convert)
    check_decoded(name, [bytes(three) for three in itertools.product(LEADS, EDGES, EDGES)], convert)


def test_every_three_bytes_of_euc_jp_decode_by_the_standard(convert):
    check_decoded("EUC-JP", [bytes((0x8F, *two)) for two in itertools.product(range(256), repeat=2)], convert)


@functools.cache
def lines_of_fours():
    """All four bytes in the form of gb18030's, and their texts."""
    leads, digits = range(0x81, 0xFF), range(0x30, 0x3A)
    wire = b"\n".join(map(bytes, itertools.product(leads, digits, leads, digits)))
    texts = map(standard.of_ranges, range(126 * 10 * 126 * 10))
    return wire, "\n".join("\uFFFD" if text is None else text for text in texts)


@pytest.mark.parametrize("name", ["GBK", "gb18030"])
def test_every_four_bytes_of_gb18030_decode_by_the_standard(name, convert):
    wire, expected = lines_of_fours()
    text = stream(name, "utf-8", wire, convert).decode()
    if text != expected:
        rows = [row for row in zip(wire.split(b"\n"), text.split("\n"), expected.split("\n")) if row[1] != row[2]]
        pytest.fail(f"{len(rows)} differences: {rows[:20]}")


@pytest.mark.parametrize("name", ["GBK", "gb18030"])
def test_four_bytes_outside_the_form_decode_by_the_standard(name, convert):
    firsts, digits = [0x80, 0x81, 0x84, 0x8F, 0x90, 0xE3, 0xFE, 0xFF], range(0x2F, 0x3B)
    edges = [0x0A, 0x2F, 0x30, 0x39, 0x3A, 0x7F, 0x80, 0x81, 0xA1, 0xFE, 0xFF]
    check_decoded(name, [bytes(four) for four in itertools.product(firsts, digits, edges, edges)], convert)


def garbage(name, count, length):
    likely = bytes.fromhex("0A 30 39 40 41 7E 7F 80 81 84 8E 8F A0 A1 C9 FE FF")
    weights = [25 if byte in likely else 1 for byte in range(256)]
    wire = bytes(random.Random(name).choices(range(256), weights, k=count * length))
    return [wire[at:at + length] for at in range(0, len(wire), length)]


@pytest.mark.parametrize("name", ENCODINGS)
def test_lines_with_garbage_have_their_replacements_where_the_standard_has_them(name, convert):
    check_decoded(name, garbage(name, 20000, 16), convert)


def test_cells_in_which_editions_of_gb18030_differ_are_listed():
    """A newer or older iconv has private use where the standard has characters. Python has the edition of 2000."""
    listed = set((standard.ROOT / "src/text/standard_cells.csv").read_text().split("\n"))
    pairs = [bytes((lead, trail)) for lead in range(0x81, 0xFF) for trail in range(0x40, 0xFF) if trail != 0x7F]
    others = [(wire, scalar) for wire in pairs if (scalar := ord(standard.decode("gb18030", wire))) != 0xFFFD
              and wire.decode("gb18030", "replace") != chr(scalar)]
    assert len(others) == 20
    for name in ("GBK", "gb18030"):
        assert not {f"decoded,{name},{wire.hex().upper()},{scalar:04X}" for wire, scalar in others} - listed


# ---- encoding ----

def only_decoded(name):
    """The characters that the decoder of the standard has and its encoder lacks."""
    wires = [bytes(two) for two in itertools.product(range(0x81, 0xFF), range(0x40, 0xFF))]
    wires += [b"\x8F" + wire for wire in wires if name == "EUC-JP"]
    texts = {text for wire in wires if len(text := standard.decode(name, wire)) == 1}
    return {scalar for scalar in map(ord, texts - {"\uFFFD"}) if standard.encode(name, scalar) is None}


def only_with_marks(name):
    """The letters that the charset lacks, and for which it has a letter and marks (canonical equivalence)."""
    chars = {chr(scalar) for scalar in [*range(0x80), *standard.pointers(name)]}
    parts = {char: unicodedata.normalize("NFD", char) for char in chars}
    return {scalar for scalar in standard.SCALARS if chr(scalar) not in chars and has_marks(chr(scalar), parts)}


def has_marks(letter, parts):
    wanted = unicodedata.normalize("NFD", letter)
    for char, own in parts.items() if len(wanted) > 1 else ():
        rest = list(wanted[1:])
        if own[0] == wanted[0] and all(mark in rest for mark in own[1:]):
            for mark in own[1:]:
                rest.remove(mark)
            if all(mark in parts for mark in rest) and unicodedata.normalize("NFD", own + "".join(rest)) == wanted:
                return True
    return False


# The program writes more than the encoders of the standard, and no more than this.
BEYOND = {
    "Big5": only_decoded,  # HKSCS
    "EUC-JP": only_decoded,  # JIS X 0212
    "Shift_JIS": only_decoded,  # F040 to F9FC, private use
    "windows-1255": only_with_marks,  # letters with points
    "windows-1258": only_with_marks,  # letters with two accents
}


def is_read_back(name, scalar, wire):
    text = standard.decode(name, wire)
    return text == chr(scalar) or BEYOND[name] == only_with_marks and \
        unicodedata.normalize("NFC", text) == unicodedata.normalize("NFC", chr(scalar))


def lacking(name):
    return standard.encode(name, 0xFFFD) or b"?"


@functools.cache
def lines_of_code_points():
    return "".join(chr(scalar) + "\n" for scalar in standard.SCALARS).encode()


def encoded_lines(name):
    """What becomes of lines_of_code_points, in long pieces where the encoding lacks most of them."""
    known, missing = standard.encodings(name), lacking(name) + b"\n"
    if len(known) > len(standard.SCALARS) / 2:
        return b"".join(known.get(scalar, lacking(name)) + b"\n" for scalar in standard.SCALARS)
    pieces, done = [], 0
    for scalar in sorted(known):
        at = bisect.bisect_left(standard.SCALARS, scalar)
        pieces += [missing * (at - done), known[scalar], b"\n"]
        done = at + 1
    return b"".join(pieces) + missing * (len(standard.SCALARS) - done)


@pytest.mark.parametrize("name", ENCODINGS)
def test_every_code_point_is_encoded_by_the_standard(name, convert):
    lines, expected = stream("utf-8", name, lines_of_code_points(), convert), encoded_lines(name)
    others = {} if lines == expected else {
        scalar: wire for scalar, wire, wanted in zip(standard.SCALARS, lines.split(b"\n"), expected.split(b"\n"))
        if wire != wanted}
    allowed = BEYOND[name](name) if name in BEYOND else set()
    wrong = [(hex(scalar), wire.hex()) for scalar, wire in others.items()
             if scalar not in allowed or not is_read_back(name, scalar, wire)]
    assert not wrong, f"{len(wrong)} differences: {wrong[:20]}"
    left = allowed - others.keys()
    assert not left, f"{len(left)} are not written: {[hex(scalar) for scalar in sorted(left)[:20]]}"
    assert lines.count(b"\n") == len(standard.SCALARS)


@pytest.mark.parametrize("wire", [b"\x88\x62", b"\x88\x64", b"\x88\xA3", b"\x88\xA5"])
def test_two_characters_that_big5_has_as_one_make_the_round_trip(wire, convert):
    text = stream("big5", "utf-8", wire, convert)
    assert len(text.decode()) == 2
    assert stream("utf-8", "big5", text, convert) == wire
    letter = stream("utf-8", "big5", text[:2], convert)
    assert stream("utf-8", "big5", text + b"x" + text[:2], convert) == wire + b"x" + letter


# ---- runs: many characters are converted at once where nothing stands between them ----

def characters(name):
    """Characters that the encoder has, with their bytes, and some that it lacks, in no order."""
    dice = random.Random(name)
    if name == "gb18030":
        rows = [(scalar, standard.encode(name, scalar)) for scalar in dice.sample(standard.SCALARS, 20000)]
        rows = [(scalar, wire) for scalar, wire in rows if wire]
    else:
        rows = list(standard.encodings(name).items())
    rows *= 1 if name in standard.MULTI_BYTE else 20
    rows += [(byte, bytes((byte,))) for byte in range(0x80)] * 10
    rows += [(0xFFFD, lacking(name))] * 500
    dice.shuffle(rows)
    return "".join(chr(scalar) for scalar, _ in rows), b"".join(wire for _, wire in rows)


@pytest.mark.parametrize("name", ENCODINGS)
def test_runs_of_characters_are_what_each_character_is(name, convert):
    text, wire = characters(name)
    assert stream("utf-8", name, text.encode(), convert) == wire
    assert stream(name, "utf-8", wire, convert).decode() == standard.decode(name, wire)
    lines = text.replace("\r", "")
    with_crlf = stream("utf-8", name, lines.replace("\n", "\r\n").encode(), convert)
    assert crlf("utf-8", name, lines.encode(), convert) == with_crlf


def over_long(scalar):
    """A character of two bytes in three."""
    return bytes((0xE0, 0x80 | scalar >> 6, 0x80 | scalar & 0x3F))


def text_with_faults(name):
    """UTF-8 in which nothing stands between characters and faults."""
    dice = random.Random(name)
    chars = [char.encode() for char in dice.choices(characters(name)[0], k=20000)]
    faults = [b"\xED\xA0\x80", b"\xED\xBF\xBF", b"\xE4\xBD", b"\xF4\x90\x80\x80", b"\xC1\xBF", b"\x80", b"\xFF"]
    faults += [over_long(scalar) for scalar in standard.encodings(name) if scalar < 0x800]
    return b"".join(dice.choice(faults) if dice.random() < 0.1 else char for char in chars)


@pytest.mark.parametrize("name", ENCODINGS)
def test_faults_of_utf8_are_no_characters_of_the_encoding(name, convert):
    text = text_with_faults(name)
    known = functools.partial(standard.encode, name)
    expected = b"".join(known(ord(char)) or lacking(name) for char in text.decode(errors="replace"))
    assert stream("utf-8", name, text, convert) == expected


@pytest.mark.parametrize("name", SAMPLED)
def test_sample_passes_under_sanitizers(name):
    check_decoded(name, garbage(name, 1000, 16), CHECKED)
    text, wire = characters(name)
    assert stream("utf-8", name, text.encode(), CHECKED) == wire
    assert stream("utf-8", name, text_with_faults(name), CHECKED) == stream("utf-8", name, text_with_faults(name))
    assert stream(name, "utf-8", wire, CHECKED).decode() == standard.decode(name, wire)
