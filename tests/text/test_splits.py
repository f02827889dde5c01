# SPDX-License-Identifier: GPL-3.0-or-later
"""The output does not depend on the cuts of the input."""
import random

import pytest

import standard
from driver import CHECKED, depending_on_cuts, each, stream
from system import outside_the_standard

CHARSETS = ["gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "koi8-r", "windows-1252", "windows-1258", "utf-8"]
MIXED = "Hi, 你好€ café Привет\r\nこんにちは 안녕 中文\t|😀ü ấ!\n"
BAD = [b"\xff", b"\x81\n", b"\xe4\xbd", b"\x81\x30\x81", b"\x8f\xa2", b"\x81\x30\xff", b"\x8f\xa2\xff", b"\x84\x31\xa5\x30"]
ACCENTS = "abÊê\u0304\u0300\u030c\u0309éかキ゚ゝ一あக்ஷாெேொaấặשלוֹםּ가각ЖЩ\U000e0041😀æ\u0300ɔ˩˥"


def mixed_bytes(name, dice):
    """A text of the charset with bad bytes in it."""
    wire = stream("utf-8", name, MIXED.encode())
    for bad in BAD:
        at = dice.randrange(len(wire) + 1)
        wire = wire[:at] + bad + wire[at:]
    return wire


def random_bytes(dice):
    likely = [0x30, 0x81, 0x8E, 0x8F, 0xA2, 0xFF, 0x0A, 0x0D]
    return bytes(dice.choice((dice.choice(likely), dice.randrange(256), dice.randrange(0x80, 0x100)))
                 for _ in range(dice.randrange(1, 40)))


def random_text(dice):
    return "".join(dice.choice(ACCENTS) for _ in range(dice.randrange(1, 20))).encode()


@pytest.mark.parametrize("name", CHARSETS)
def test_mixed_text_is_the_same_with_every_cut(name):
    dice = random.Random(5)
    texts = [mixed_bytes(name, dice) for _ in range(20)]
    assert not depending_on_cuts(name, "utf-8", texts)
    assert not depending_on_cuts(name, "utf-8", texts[:2], CHECKED)
    assert not depending_on_cuts("utf-8", name, [MIXED.encode(), *map(bytes, texts)])


@pytest.mark.parametrize("name", CHARSETS)
def test_random_strings_are_the_same_with_every_cut(name):
    dice = random.Random(6)
    assert not depending_on_cuts(name, "utf-8", [random_bytes(dice) for _ in range(1000)])
    assert not depending_on_cuts("utf-8", name, [random_text(dice) for _ in range(1000)])


def test_every_charset_gives_the_same_text_with_every_cut():
    dice = random.Random(7)
    names = [*standard.MULTI_BYTE, *standard.SINGLE_BYTE, *standard.NARROW, *outside_the_standard()]
    assert len(names) > 100
    wires, texts = [random_bytes(dice) for _ in range(40)], [random_text(dice) for _ in range(40)]
    for name in names:
        assert not depending_on_cuts(name, "utf-8", wires), name
        assert not depending_on_cuts("utf-8", name, texts), name


@pytest.mark.parametrize("name", CHARSETS)
def test_random_bytes_keep_ascii_and_give_valid_text(name):
    """Bytes below "0" (newline, quotes, most separators) are never a later byte of a character."""
    dice = random.Random(8)
    plain = bytes(range(0x30))
    records = [bytes(dice.choice((dice.randrange(256), dice.randrange(0x80, 0x100), 0x0A)) for _ in range(12))
               for _ in range(10000)]
    for record, text in zip(records, each(name, "utf-8", records)):
        text.decode()
        assert [byte for byte in record if byte in plain] == [byte for byte in text if byte in plain], (record, text)
