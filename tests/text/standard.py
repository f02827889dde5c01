# SPDX-License-Identifier: GPL-3.0-or-later
"""The decoders and encoders of the WHATWG Encoding Standard, from its indexes (tests/text/whatwg), step by step as its
prose has them. This is a reference to compare with: nothing here is shared with the program."""
import bisect
import functools
import json
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
WHATWG = pathlib.Path(__file__).resolve().parent / "whatwg"
SCALARS = [*range(0x80, 0xD800), *range(0xE000, 0x110000)]
REFUSED = {"UTF-16BE", "UTF-16LE", "ISO-2022-JP", "replacement", "x-user-defined"}
MULTI_BYTE = ["GBK", "gb18030", "Big5", "EUC-JP", "Shift_JIS", "EUC-KR"]


@functools.cache
def labels():
    """Label: name of its encoding."""
    groups = json.loads((WHATWG / "encodings.json").read_text())
    return {label: encoding["name"] for group in groups for encoding in group["encodings"]
            for label in encoding["labels"]}


# Labels of the standard that mean the charset that they name, and not the superset that browsers read.
NARROW = {
    "US-ASCII": ["ansi_x3.4-1968", "ascii", "us-ascii"],
    "ISO-8859-1": ["cp819", "csisolatin1", "ibm819", "iso-8859-1", "iso-ir-100", "iso8859-1", "iso88591", "iso_8859-1",
                   "iso_8859-1:1987", "l1", "latin1"],
    "ISO-8859-9": ["csisolatin5", "iso-8859-9", "iso-ir-148", "iso8859-9", "iso88599", "iso_8859-9", "iso_8859-9:1989",
                   "l5", "latin5"],
    "ISO-8859-11": ["iso-8859-11", "iso8859-11", "iso885911", "tis-620"],
}
# Other names of its encodings.
FURTHER = {
    "cp936": "GBK", "ms936": "GBK", "windows-936": "GBK", "euc-cn": "GBK", "cn-gb": "GBK",
    "cp950": "Big5", "ms950": "Big5", "windows-950": "Big5", "big-five": "Big5",
    "cp932": "Shift_JIS", "windows-932": "Shift_JIS", "cswindows31j": "Shift_JIS",
    "cp949": "EUC-KR", "ms949": "EUC-KR", "uhc": "EUC-KR",
    "cp874": "windows-874",
}


@functools.cache
def index(name):
    """Pointer: code point."""
    rows = {}
    for line in (WHATWG / f"index-{name.lower().removesuffix('-i')}.txt").read_text().split("\n"):
        if line.strip() and not line.startswith("#"):
            pointer, scalar = line.split()[:2]
            rows[int(pointer)] = int(scalar, 16)
    return rows


@functools.cache
def ranges(by_scalar):
    """The ranges of gb18030 as two columns: pointers and code points, or the other way round."""
    rows = sorted((scalar, pointer) if by_scalar else (pointer, scalar)
                  for pointer, scalar in index("gb18030-ranges").items())
    return [first for first, _ in rows], [second for _, second in rows]


def in_ranges(value, by_scalar):
    firsts, seconds = ranges(by_scalar)
    row = bisect.bisect(firsts, value) - 1
    return seconds[row] + value - firsts[row]


@functools.cache
def pointers(name, left_out=range(0), last=()):
    """Code point: its first pointer, or the last one for those in `last`."""
    rows = {}
    for pointer, scalar in index(name).items():
        if pointer not in left_out and (scalar not in rows or scalar in last):
            rows[scalar] = pointer
    return rows


SINGLE_BYTE = ["IBM866", *(f"ISO-8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, "8-I", 10, 13, 14, 15, 16)), "KOI8-R",
               "KOI8-U", "macintosh", *(f"windows-{n}" for n in (874, *range(1250, 1259))), "x-mac-cyrillic"]


# ---- decoders: bytes to a list of (text, length); text is None for one fault ----

def single_byte(name, wire, at):
    scalar = index(name).get(wire[at] - 0x80)
    return chr(scalar) if scalar is not None else None, 1


def pair(wire, at, leads, text_of):
    """What all decoders with lead bytes have in common: a bad pair gives an ASCII byte back."""
    if wire[at] not in leads:
        return None, 1
    if at + 1 == len(wire):
        return None, 1
    text = text_of(wire[at], wire[at + 1])
    if text is not None:
        return text, 2
    return None, 1 if wire[at + 1] < 0x80 else 2


def in_index(name, pointer):
    scalar = index(name).get(pointer)
    return chr(scalar) if scalar is not None else None


BIG5_TWO = {1133: "Ê\u0304", 1135: "Ê\u030C", 1164: "ê\u0304", 1166: "ê\u030C"}


def big5_pair(lead, trail):
    if not (0x40 <= trail <= 0x7E or 0xA1 <= trail <= 0xFE):
        return None
    pointer = (lead - 0x81) * 157 + trail - (0x40 if trail < 0x7F else 0x62)
    return BIG5_TWO.get(pointer) or in_index("big5", pointer)


def euc_kr_pair(lead, trail):
    return in_index("euc-kr", (lead - 0x81) * 190 + trail - 0x41) if 0x41 <= trail <= 0xFE else None


def shift_jis_pair(lead, trail):
    if not (0x40 <= trail <= 0x7E or 0x80 <= trail <= 0xFC):
        return None
    pointer = (lead - (0x81 if lead < 0xA0 else 0xC1)) * 188 + trail - (0x40 if trail < 0x7F else 0x41)
    return chr(0xE000 - 8836 + pointer) if 8836 <= pointer <= 10715 else in_index("jis0208", pointer)


def shift_jis(wire, at):
    byte = wire[at]
    if byte == 0x80:
        return "\x80", 1
    if 0xA1 <= byte <= 0xDF:
        return chr(0xFF61 - 0xA1 + byte), 1
    return pair(wire, at, [*range(0x81, 0xA0), *range(0xE0, 0xFD)], shift_jis_pair)


def euc_jp(wire, at):
    rest = wire[at:at + 3]
    if rest[0] == 0x8E and len(rest) > 1 and 0xA1 <= rest[1] <= 0xDF:
        return chr(0xFF61 - 0xA1 + rest[1]), 2
    if rest[0] == 0x8F and len(rest) > 1 and 0xA1 <= rest[1] <= 0xFE:
        if len(rest) == 2:
            return None, 2
        in_grid = 0xA1 <= rest[2] <= 0xFE
        text = in_index("jis0212", (rest[1] - 0xA1) * 94 + rest[2] - 0xA1) if in_grid else None
        return (text, 3) if text is not None else (None, 2 if rest[2] < 0x80 else 3)
    return pair(wire, at, [0x8E, 0x8F, *range(0xA1, 0xFF)],
                lambda lead, trail: in_index("jis0208", (lead - 0xA1) * 94 + trail - 0xA1)
                if lead >= 0xA1 and 0xA1 <= trail <= 0xFE else None)


def gb18030_pair(lead, trail):
    if not (0x40 <= trail <= 0x7E or 0x80 <= trail <= 0xFE):
        return None
    return in_index("gb18030", (lead - 0x81) * 190 + trail - (0x40 if trail < 0x7F else 0x41))


def of_ranges(pointer):
    if 39419 < pointer < 189000 or pointer > 1237575:
        return None
    if pointer == 7457:
        return "\uE7C7"
    return chr(in_ranges(pointer, False))


def gb18030(wire, at):
    rest = wire[at:at + 4]
    if rest[0] == 0x80:
        return "€", 1
    if 0x81 <= rest[0] <= 0xFE and len(rest) > 1 and 0x30 <= rest[1] <= 0x39:
        if len(rest) > 2 and not 0x81 <= rest[2] <= 0xFE or len(rest) > 3 and not 0x30 <= rest[3] <= 0x39:
            return None, 1
        if len(rest) < 4:
            return None, len(rest)
        return of_ranges((((rest[0] - 0x81) * 10 + rest[1] - 0x30) * 126 + rest[2] - 0x81) * 10 + rest[3] - 0x30), 4
    return pair(wire, at, range(0x81, 0xFF), gb18030_pair)


MULTI_BYTE_DECODERS = {
    "GBK": gb18030, "gb18030": gb18030, "EUC-JP": euc_jp, "Shift_JIS": shift_jis,
    "Big5": lambda wire, at: pair(wire, at, range(0x81, 0xFF), big5_pair),
    "EUC-KR": lambda wire, at: pair(wire, at, range(0x81, 0xFF), euc_kr_pair),
}


def decode(name, wire):
    """The text that bytes stand for, with one U+FFFD for each fault."""
    step = MULTI_BYTE_DECODERS.get(name) or functools.partial(single_byte, name)
    text, at = [], 0
    while at < len(wire):
        piece, length = (chr(wire[at]), 1) if wire[at] < 0x80 else step(wire, at)
        text.append("\uFFFD" if piece is None else piece)
        at += length
    return "".join(text)


# ---- encoders: a code point to bytes; None: the encoder lacks it ----

GB18030_SIDE = dict(zip(
    [0xE78D, 0xE78E, 0xE78F, 0xE790, 0xE791, 0xE792, 0xE793, 0xE794, 0xE795, 0xE796, 0xE81E, 0xE826, 0xE82B, 0xE82C,
     0xE832, 0xE843, 0xE854, 0xE864],
    [0xA6D9, 0xA6DA, 0xA6DB, 0xA6DC, 0xA6DD, 0xA6DE, 0xA6DF, 0xA6EC, 0xA6ED, 0xA6F3, 0xFE59, 0xFE61, 0xFE66, 0xFE67,
     0xFE6D, 0xFE7E, 0xFE90, 0xFEA0]))


def encode_gb18030(scalar, is_gbk):
    if scalar == 0xE5E5:
        return None
    if is_gbk and scalar == 0x20AC:
        return b"\x80"
    if scalar in GB18030_SIDE:
        return GB18030_SIDE[scalar].to_bytes(2, "big")
    pointer = pointers("gb18030").get(scalar)
    if pointer is not None:
        lead, trail = divmod(pointer, 190)
        return bytes((lead + 0x81, trail + (0x40 if trail < 0x3F else 0x41)))
    if is_gbk:
        return None
    pointer = 7457 if scalar == 0xE7C7 else in_ranges(scalar, True)
    rest, fourth = divmod(pointer, 10)
    rest, third = divmod(rest, 126)
    first, second = divmod(rest, 10)
    return bytes((first + 0x81, second + 0x30, third + 0x81, fourth + 0x30))


def encode_big5(scalar):
    pointer = pointers("big5", range((0xA1 - 0x81) * 157), (0x2550, 0x255E, 0x2561, 0x256A, 0x5341, 0x5345)).get(scalar)
    if pointer is None:
        return None
    lead, trail = divmod(pointer, 157)
    return bytes((lead + 0x81, trail + (0x40 if trail < 0x3F else 0x62)))


def encode_euc_kr(scalar):
    pointer = pointers("euc-kr").get(scalar)
    return None if pointer is None else bytes((pointer // 190 + 0x81, pointer % 190 + 0x41))


def encode_shift_jis(scalar):
    if scalar in (0x80, 0xA5, 0x203E):
        return {0x80: b"\x80", 0xA5: b"\\", 0x203E: b"~"}[scalar]
    if 0xFF61 <= scalar <= 0xFF9F:
        return bytes((scalar - 0xFF61 + 0xA1,))
    pointer = pointers("jis0208", range(8272, 8836)).get(0xFF0D if scalar == 0x2212 else scalar)
    if pointer is None:
        return None
    lead, trail = divmod(pointer, 188)
    return bytes((lead + (0x81 if lead < 0x1F else 0xC1), trail + (0x40 if trail < 0x3F else 0x41)))


def encode_euc_jp(scalar):
    if scalar in (0xA5, 0x203E):
        return {0xA5: b"\\", 0x203E: b"~"}[scalar]
    if 0xFF61 <= scalar <= 0xFF9F:
        return bytes((0x8E, scalar - 0xFF61 + 0xA1))
    pointer = pointers("jis0208").get(0xFF0D if scalar == 0x2212 else scalar)
    if pointer is None or pointer >= 94 * 94:
        return None
    return bytes((pointer // 94 + 0xA1, pointer % 94 + 0xA1))


MULTI_BYTE_ENCODERS = {
    "GBK": lambda scalar: encode_gb18030(scalar, True), "gb18030": lambda scalar: encode_gb18030(scalar, False),
    "Big5": encode_big5, "EUC-JP": encode_euc_jp, "Shift_JIS": encode_shift_jis, "EUC-KR": encode_euc_kr,
}


def encode(name, scalar):
    """The bytes of a code point, or None."""
    if scalar < 0x80:
        return bytes((scalar,))
    if name in MULTI_BYTE_ENCODERS:
        return MULTI_BYTE_ENCODERS[name](scalar)
    pointer = pointers(name).get(scalar)
    return None if pointer is None else bytes((0x80 + pointer,))


@functools.cache
def encodings(name):
    """Code point above ASCII: its bytes."""
    scalars = index(name).values() if name in SINGLE_BYTE else SCALARS
    return {scalar: wire for scalar in scalars if (wire := encode(name, scalar))}
