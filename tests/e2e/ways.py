# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways of a conversation, seen from outside: what is given at one end must be taken at the other."""
import codecs
import functools
import hashlib
import os
import random
import select
import time

from harness import PATIENCE

# Longer than the 200 ms after which TCP probes a closed window, so that a way that is still for so long stays still.
STILL = 0.25


def largest_buffer(way):
    """Bytes that the system may let a buffer of TCP grow to."""
    with open(f"/proc/sys/net/ipv4/tcp_{way}", encoding="ascii") as sizes:
        return int(sizes.read().split()[2])


# More bytes than any chain of pipes and buffers holds.
FILL = (14 << 20) + largest_buffer("wmem") + largest_buffer("rmem")

_random = random.Random(2024)
# The lengths of both blocks are odd: repeated, they never fall in step with a page or a pipe.
BYTES = bytes(range(256)) + _random.randbytes(65537 - 256)
_HANZI = [chr(c) for c in range(0x4E00, 0x9FA6) if len(chr(c).encode("gb2312", "ignore")) == 2]
TEXT = "".join(_random.choices(_HANZI, k=20000) + _random.choices("abc xyz 0189,.\\|`~\t\r\n", k=5001))
TEXT = "".join(_random.sample(TEXT, len(TEXT)))


def some_bytes(n):
    """n bytes, all values among them where n allows; the same ones at each call."""
    return (BYTES * (n // len(BYTES) + 1))[:n]


def some_text(n):
    """n characters: ASCII and hanzi that are in GB2312, thus one or two bytes in GBK and one or three in UTF-8."""
    return (TEXT * (n // len(TEXT) + 1))[:n]


@functools.lru_cache
def a_stream(charset):
    """More than any chain of buffers holds: bytes, or text in a charset."""
    return some_bytes(FILL) if charset is None else some_text(FILL // 2).encode(charset)


class Way:
    """One direction: a descriptor that is written, one that is read, and how the writer says that it ends.
    With charsets (from, to) the bytes are text that is converted on the way."""

    def __init__(self, writer, reader, end, charsets=None):
        self.writer, self.reader, self._end, self.charsets = writer, reader, end, charsets
        self.given, self.taken = bytearray(), bytearray()
        self.finishing = self.finished = self.ended = False
        self.reading = True
        self._pending = memoryview(b"")
        os.set_blocking(writer, False)
        os.set_blocking(reader, False)

    def expected(self):
        """The bytes that the reader must have got when all given bytes have come through."""
        if self.charsets is None:
            return self.given
        return self.given.decode(self.charsets[0]).encode(self.charsets[1])

    def material(self, n):
        """About n bytes to give, whole characters where the way carries text."""
        if self.charsets is None:
            return some_bytes(n)
        return some_text(n // 2).encode(self.charsets[0])

    def _rest_of_character(self):
        """The rest of a character that was cut where a full way would take no more."""
        if self.charsets is None:
            return b""
        decoder = codecs.getincrementaldecoder(self.charsets[0])()
        decoder.decode(self.given)
        rest = b""
        while decoder.getstate()[0]:
            at = len(self.given) + len(rest)
            rest += self._stream[at:at + 1]
            decoder.decode(rest[-1:])
        return rest

    def wants_to_write(self):
        return len(self._pending) > 0

    def give(self, data):
        """Lets `carry` write data."""
        self._pending = memoryview(bytes(self._pending) + bytes(data))

    def finish(self, data=b""):
        """Lets `carry` write data and then end this way."""
        self.give(data)
        self.finishing = True
        self.end_if_given()

    def end_if_given(self):
        if self.finishing and not self.finished and not self._pending:
            self.finished = True
            self._end()

    def write(self):
        """Writes some of what waits; the number of bytes, 0 when that would block."""
        try:
            n = os.write(self.writer, self._pending[:65536])
        except BlockingIOError:
            return 0
        self.given += self._pending[:n]
        self._pending = self._pending[n:]
        self.end_if_given()
        return n

    def read(self, n=65536):
        try:
            data = os.read(self.reader, n)
        except BlockingIOError:
            return
        self.taken += data
        self.ended = not data

    def fill(self, pid, patience=PATIENCE):
        """Writes until this way is full and blocked: a write would block, and program pid sleeps through STILL
        seconds in which one still would. Until `unblock`, `carry` does not read here, and presses more in where room
        turns up (a program that is woken may find some that no event had told of)."""
        self.reading = False
        self._stream = bytes(self.given) + a_stream(self.charsets and self.charsets[0])
        # The first bytes are an odd number and travel alone, so that no later buffer ends at a page or a pipe.
        self._offer(4093)
        assert self.write() == 4093
        assert select.select([self.reader], [], [], patience)[0], "not even the first bytes of the fill came through"
        self._offer(len(self._stream))
        end = time.monotonic() + patience
        while not self._stays_blocked(pid):
            assert time.monotonic() < end, f"full for {patience} s, but the program does not rest"

    def _offer(self, n):
        self._pending = memoryview(self._stream)[len(self.given):][:n]

    def _stays_blocked(self, pid):
        while self.write():
            pass
        before = sleeps(pid)
        still = time.monotonic() + STILL
        while time.monotonic() < still:
            assert self._pending, f"all of {len(self.given)} bytes were taken, and this way is still not full"
            if not before or self.write():
                return False
            time.sleep(0.01)
        return sleeps(pid) == before

    def is_blocked(self):
        """`fill` had bytes left over: it has more than any chain of buffers holds."""
        return len(self._pending) > 0 and not self.reading

    def unblock(self):
        """Ends what `fill` began, at the end of a character; from now on everything is read."""
        self.reading = True
        self._pending = memoryview(b"")
        self.give(self._rest_of_character())


def sleeps(pid):
    """The number of times that the program went to sleep, or None while it runs. Two equal answers: it did not run
    between."""
    with open(f"/proc/{pid}/status") as status:
        fields = dict(line.split(":", 1) for line in status)
    if fields["State"].split()[0] == "R":
        return None
    return fields["State"].split()[0], int(fields.get("voluntary_ctxt_switches", 0))


def rests(pid, seconds):
    """Whether the program does not run at all for so long."""
    before = sleeps(pid)
    time.sleep(seconds)
    return before is not None and sleeps(pid) == before


def carry(*ways, until, patience=PATIENCE):
    """Moves bytes along the ways, whichever is ready, until until() holds. A silence of patience seconds fails."""
    while not until():
        readers = {way.reader: way for way in ways if way.reading and not way.ended}
        writers = {way.writer: way for way in ways if way.wants_to_write()}
        assert readers or writers, "every way ended early: " + report(ways)
        readable, writable, _ = select.select(readers, writers, [], patience)
        assert readable or writable, f"nothing moved for {patience} s: " + report(ways)
        for descriptor in readable:
            readers[descriptor].read()
        for descriptor in writable:
            writers[descriptor].write()


def report(ways):
    return "; ".join(f"given {len(w.given)}, taken {len(w.taken)}{', ended' if w.ended else ''}" for w in ways)


def through(*ways):
    """As a condition: everything that was given has been taken."""
    lengths = []

    def are_through():
        if any(way.wants_to_write() for way in ways):
            return False
        if not lengths:
            lengths.extend(len(way.expected()) for way in ways)
        return all(len(way.taken) >= length for way, length in zip(ways, lengths))

    return are_through


def assert_exact(way):
    """The taken bytes are the given ones. (A failed == of long bytes would take pytest minutes to show.)"""
    expected = way.expected()
    assert len(way.taken) == len(expected)
    assert hashlib.sha256(way.taken).hexdigest() == hashlib.sha256(expected).hexdigest(), "same length, other bytes"
