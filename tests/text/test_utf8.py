# SPDX-License-Identifier: GPL-3.0-or-later
"""UTF-8 by the WHATWG Encoding Standard, whose replacements are those of the Unicode Standard (table 3-8). Python's
decoder has the same."""
import itertools
import random

import pytest

import standard
from driver import CHECKED, each, stream

EDGES = bytes.fromhex("7F 80 8F 90 9F A0 BF C0 C1 C2 DF E0 E1 EC ED EE EF F0 F1 F4 F5 FF")


def check(wire, program=None):
    ours = stream("utf-8", "utf-8", wire, *([program] if program else []))
    expected = wire.decode(errors="replace").encode()
    if ours != expected:
        lines = zip(wire.split(b"\n"), ours.split(b"\n"), expected.split(b"\n"))
        pytest.fail(str([(line.hex(), *map(bytes.hex, two)) for line, *two in lines if two[0] != two[1]][:20]))


def test_every_code_point_is_itself():
    check("".join(map(chr, standard.SCALARS)).encode())
    check("\n".join(map(chr, standard.SCALARS)).encode())


def test_every_three_bytes_decode_by_the_standard():
    for lead in range(0xC0, 0x100):
        pairs = itertools.product(range(256), repeat=2)
        check(b"".join(bytes((lead, *pair)) + b"\n" for pair in pairs if 0x0A not in pair))


def test_four_bytes_decode_by_the_standard():
    fours = itertools.product(range(0xE0, 0x100), EDGES, EDGES, EDGES)
    check(b"\n".join(map(bytes, fours)))


@pytest.mark.parametrize("length", [1, 2, 3])
def test_end_of_the_text_cuts_as_the_standard_has_it(length):
    records = [bytes(record) for record in itertools.product(EDGES, repeat=length)]
    expected = [record.decode(errors="replace").encode() for record in records]
    assert each("utf-8", "utf-8", records) == expected


def run(count):
    """Characters of three bytes for the most part, with faults, without anything between them."""
    dice = random.Random(4)
    rare = [b"a", b"\n", b"\xC3\xA9", "😀".encode(), *(bytes((byte,)) for byte in EDGES),
            b"\xE0\x9F\xBF", b"\xED\xA0\x80", b"\xE4\xBD", b"\xF4\x90\x80\x80"]
    return b"".join(chr(dice.randrange(0x800, 0xD800)).encode() if dice.random() < 0.8 else dice.choice(rare)
                    for _ in range(count))


def test_runs_decode_by_the_standard():
    check(run(500000))


def test_sample_passes_under_sanitizers():
    check(run(20000), CHECKED)
