# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that are reset at once, many of them, while an honest peer talks: nothing leaks, and the honest peer
does not wait."""
import contextlib
import os
import socket
import struct
import subprocess
import time

from company import Outcome
from harness import descriptors, resident
from kills import Killed
from play import ANNOUNCED, LIMIT

CYCLES = 100_000
SHAPES = {"room": ["--chat", "--rate", "0"], "keep open": ["-k"], "broker": ["--broker"], "reply": ["-k", "--reply", "x"],
          "tls": ["--chat", "--rate", "0", "--tls"]}
CHOSEN = ("room", "keep open")
EVERY = 50  # cycles between two words of the honest peer
RESET = struct.pack("ii", 1, 0)
GROWTH = 4 << 20  # bytes of memory that a run may take in addition after its first cycles
LATE = 1.0  # seconds


class Honest:
    """Two peers of a room that hear each other, or one whose words come to standard output."""

    def __init__(self, run, address, hears):
        self.run, self.waits, self.number = run, [], 0
        self.speaker = socket.create_connection(address, LIMIT)
        self.reader = socket.create_connection(address, LIMIT) if hears else None
        self.text = b""

    def _some(self):
        return self.reader.recv(1 << 16) if self.reader else os.read(self.run.stdout.fileno(), 1 << 16)

    def talk(self):
        """A word, and the time until it came."""
        self.number += 1
        word, begin = b"word %d.\n" % self.number, time.monotonic()
        self.speaker.sendall(word)
        while word not in self.text:
            some = self._some()
            if not some:
                raise ConnectionError("an honest peer was left alone")
            self.text = (self.text + some)[-4096:]
        self.waits.append(time.monotonic() - begin)

    def close(self):
        for peer in filter(None, (self.speaker, self.reader)):
            peer.close()


def cycle(address, number):
    """A connection that is reset: at once, after a word, in the middle of a line, after its end."""
    with contextlib.suppress(OSError), socket.socket() as peer:
        peer.settimeout(LIMIT)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        peer.connect(address)
        if number % 4:
            peer.sendall((b"half", b"a line\n", b"/nick x%d\n" % number)[number % 4 - 1])
        if number % 8 == 7:
            peer.shutdown(socket.SHUT_WR)


def measure(run):
    return descriptors(run.pid), resident(run.pid)


def reset(stage, task):
    shape, cycles = task
    outcome, verdict = Outcome(), Killed(shape)
    run = subprocess.Popen([stage.program, "listen", *SHAPES[shape], "127.0.0.1", "0"], stdin=subprocess.PIPE,
                           stdout=subprocess.DEVNULL if shape != "keep open" else subprocess.PIPE,
                           stderr=subprocess.PIPE, env=stage.environment)
    said = run.stderr.readline()
    address = ("127.0.0.1", int(ANNOUNCED.search(said)[1]))
    honest = Honest(run, address, shape in ("room", "broker"))
    try:
        for number in range(cycles):
            cycle(address, number)
            if number == min(5000, cycles // 2):
                honest.talk()
                before = measure(run)
            if number % EVERY == 0:
                honest.talk()
        honest.talk()
        time.sleep(0.2)  # what was reset is given back by then
        after = measure(run)
        waits = sorted(honest.waits)
        note = (f"{shape}, {cycles} cycles: descriptors {before[0]} and {after[0]}, memory {before[1] >> 10} and "
                f"{after[1] >> 10} KiB, a word took {waits[len(waits) // 2] * 1000:.2f} ms, at most "
                f"{waits[-1] * 1000:.1f} ms")
        outcome.known[note] += 1
        if after[0] > before[0] + 3:
            verdict.lies.append("descriptors leak")
        if after[1] > before[1] + GROWTH:
            verdict.lies.append("memory leaks")
        if waits[-1] > LATE:
            verdict.lies.append("an honest peer waited")
    except OSError as error:
        verdict.lies.append(f"{error!r}")
    honest.close()
    run.terminate()
    try:
        verdict.stderr = run.communicate(timeout=LIMIT)[1][-2000:]
    except subprocess.TimeoutExpired:
        run.kill()
        verdict.lies.append("hangs")
    verdict.status = run.returncode
    if run.returncode not in (0, -15):
        verdict.lies.append("a bad end")
    outcome.count(verdict, f"{cycles} resets")
    return outcome


def torture(company, _names, quick):
    tasks = [(shape, quick * 100 if quick else CYCLES) for shape in CHOSEN]
    return company.all(reset, tasks).report("resets")
