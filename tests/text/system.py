# SPDX-License-Identifier: GPL-3.0-or-later
"""The iconv of this system, asked for one character at a time, and the charsets outside the Encoding Standard."""
import ctypes
import errno
import functools
import re
import subprocess

import standard
from driver import admitted

ROOM = 32
NO_CHAR, CUT = "no character", "cut"
libc = ctypes.CDLL(None, use_errno=True)
libc.iconv_open.restype, libc.iconv_open.argtypes = ctypes.c_void_p, [ctypes.c_char_p] * 2
libc.iconv.restype, libc.iconv.argtypes = ctypes.c_size_t, [ctypes.c_void_p] * 5
FAILED = ctypes.c_size_t(-1).value


class Iconv:
    """A charset of the system."""

    def __init__(self, name):
        self.source = libc.iconv_open(b"UTF-8", name.encode())
        self.target = libc.iconv_open(name.encode(), b"UTF-8")
        assert FAILED not in (self.source, self.target), name

    def convert(self, descriptor, given):
        """The bytes and the number of similar characters; or errno."""
        into, out = ctypes.create_string_buffer(given, len(given)), ctypes.create_string_buffer(ROOM)
        at, to = ctypes.c_void_p(ctypes.addressof(into)), ctypes.c_void_p(ctypes.addressof(out))
        left, room = ctypes.c_size_t(len(given)), ctypes.c_size_t(ROOM)
        rest = ctypes.byref(to), ctypes.byref(room)
        libc.iconv(descriptor, None, None, None, None)
        similar = libc.iconv(descriptor, ctypes.byref(at), ctypes.byref(left), *rest)
        if similar == FAILED:
            return None, ctypes.get_errno()
        libc.iconv(descriptor, None, None, *rest)
        return out.raw[:ROOM - room.value], similar

    def read(self, wire):
        """The text of one character, NO_CHAR, or CUT."""
        text, why = self.convert(self.source, wire)
        if text is None:
            return CUT if why == errno.EINVAL else NO_CHAR
        text = text.decode()
        is_control = len(text) == 1 and (text < " " or text == "\x7F")  # a line ends at the byte LF alone
        return text if len(text) in (1, 2) and not is_control else NO_CHAR

    def write(self, char):
        """The bytes of a character, or None. The arrows of code pages are controls in a text."""
        wire, similar = self.convert(self.target, char.encode())
        return None if wire is None or similar or any(byte < 0x20 or byte == 0x7F for byte in wire) else wire

    def decode(self, wire):
        """The text of bytes, with one U+FFFD for each fault (src/text/table.h)."""
        text, at = [], 0
        while at < len(wire):
            piece, length = (chr(wire[at]), 1) if wire[at] < 0x80 else self.step(wire, at)
            text.append(piece)
            at += length
        return "".join(text)

    def step(self, wire, at):
        for length in range(1, min(4, len(wire) - at) + 1):
            text = self.single(wire[at]) if length == 1 else self.read(wire[at:at + length])
            if text == NO_CHAR or text == CUT and length > 2 and wire[at + length - 1] < 0x80:
                return "\uFFFD", self.fault(wire, at)
            if text != CUT:
                return text, length
        left = len(wire) - at
        return "\uFFFD", left if left < 4 else self.fault(wire, at)

    def fault(self, wire, at):
        both = wire[at:at + 2]
        return 2 if 0x80 < both[0] < 0xFF and len(both) > 1 and both[1] >= 0x80 and \
            self.single(both[1]) in (NO_CHAR, CUT) else 1

    @functools.cache
    def single(self, byte):
        return self.read(bytes((byte,)))


def key(name):
    return re.sub(r"[^A-Z0-9]", "", name.upper())


@functools.cache
def outside_the_standard():
    """Of the charsets that tcpchat admits, those that the standard does not name: one name for each."""
    listed = subprocess.run(["iconv", "-l"], stdout=subprocess.PIPE, check=True).stdout.decode()
    labels = {key(label) for label in [*standard.labels(), *standard.FURTHER]}
    names = [name for name in admitted(name.strip("/, ") for name in listed.split()) if key(name) not in labels]
    found = {}
    for name in names:
        charset = Iconv(name)
        singles = [charset.single(byte) for byte in range(0x80, 0x100)]
        pairs = [charset.read(bytes((0x80 + lead, trail))) for lead in range(0, 0x80, 4) if singles[lead] == CUT
                 for trail in (0x41, 0xA1, 0xB0, 0xE0)]
        if charset.write("가") != "가".encode():  # UTF-8 under another name
            found.setdefault((*singles, *pairs), name)
    return list(found.values())
