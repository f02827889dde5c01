# SPDX-License-Identifier: GPL-3.0-or-later
"""Charsets outside the Encoding Standard mean what iconv means by their names: all that this system has, such as johab,
euc-tw and cp437."""
import itertools
import random

import pytest

from driver import CHECKED, admitted, each, refusal, stream
from system import CUT, Iconv, outside_the_standard

LEADS = range(0x80, 0x100)


def check_decoded(name, records, program=None):
    charset = Iconv(name)
    texts = each(name, "utf-8", records, *([program] if program else []))
    assert len(texts) == len(records)
    wrong = [(wire.hex(), text.decode(), expected) for wire, text in zip(records, texts)
             if text.decode() != (expected := charset.decode(wire))]
    assert not wrong, f"{name}: {len(wrong)} differences: {wrong[:20]}"


def with_leads():
    return [name for name in outside_the_standard() if CUT in map(Iconv(name).single, LEADS)]


def test_system_has_charsets_outside_the_standard():
    assert len(outside_the_standard()) > 50
    assert {"EUC-TW", "EUC-JP-MS"} <= set(with_leads()) and len(with_leads()) > 5


def test_every_byte_is_decoded_as_iconv_has_it():
    for name in outside_the_standard():
        check_decoded(name, [bytes((byte,)) for byte in range(256)])
        check_decoded(name, [bytes((byte, 0x0A)) for byte in range(256)])


@pytest.mark.parametrize("name", with_leads())
def test_every_two_bytes_are_decoded_as_iconv_has_them(name):
    check_decoded(name, [bytes(two) for two in itertools.product(LEADS, range(256))])


def garbage(name, count):
    likely = [*range(0xA1, 0xB0), 0x0A, 0x30, 0x41, 0x81, 0x8E, 0x8F, 0xFE]
    dice = random.Random(name)
    return [bytes(dice.choice(likely) if dice.random() < 0.7 else dice.randrange(256) for _ in range(16))
            for _ in range(count)]


@pytest.mark.parametrize("name", with_leads())
def test_lines_with_garbage_have_their_replacements_where_the_rule_has_them(name):
    check_decoded(name, garbage(name, 3000))
    check_decoded(name, garbage(name, 100), CHECKED)


@pytest.mark.parametrize("behind", [b"\n", b"1", b"o"])
def test_ascii_behind_the_beginning_of_four_bytes_is_no_part_of_the_fault(behind):
    assert each("euc-tw", "utf-8", [b"\x8E\xA8" + behind]) == ["\uFFFD".encode() + behind]


def check_encoded(name, chars, program=None):
    charset = Iconv(name)
    wires = stream("utf-8", name, "\n".join(chars).encode(), *([program] if program else [])).split(b"\n")
    assert len(wires) == len(chars)
    wrong = [(char, wire.hex()) for char, wire in zip(chars, wires) if wire != (charset.write(char) or b"?")]
    assert not wrong, f"{name}: {len(wrong)} differences: {wrong[:20]}"


def characters(name):
    """The characters of a charset's bytes and pairs, and 500 others."""
    charset, dice = Iconv(name), random.Random(name)
    pairs = [(lead, trail) for lead in LEADS if charset.single(lead) == CUT for trail in range(0x21, 0xFF)]
    found = set(map(charset.single, LEADS)) | {charset.read(bytes(pair)) for pair in pairs}
    others = [chr(dice.choice((dice.randrange(0x80, 0xD800), dice.randrange(0xE000, 0x30000)))) for _ in range(500)]
    return [char for char in [*sorted(found), *others] if len(char) == 1 and char >= "\x80"]


def test_every_character_is_encoded_as_iconv_has_it():
    for name in outside_the_standard():
        check_encoded(name, characters(name))


@pytest.mark.parametrize("name", ["UTF-7", "UTF-16", "UCS-4", "IBM037", "ISO-2022-KR", "TCVN"])
def test_charsets_without_ascii_are_refused(name):
    Iconv(name)
    assert not admitted([name])
    assert refusal(name).startswith(f"{name} does not carry ASCII as ASCII or has shift states")


@pytest.mark.parametrize("name", ["TSCII", "EUC-JISX0213", "SHIFT_JISX0213"])
def test_charsets_whose_letters_change_are_refused(name):
    Iconv(name)
    assert not admitted([name])
    assert refusal(name).startswith(f"{name} has shift states, or letters that change with the next ones")
