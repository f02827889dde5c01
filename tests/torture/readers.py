# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of every speed get exactly what was sent."""
import contextlib
import os
import socket
import subprocess
import threading
import time

from company import Outcome
from kills import Killed
from play import ANNOUNCED, LIMIT
from ways import some_bytes

SIZE = 6_000_000
BUFFER = 100_000  # of the peer
SECONDS = 3  # for so long a reader keeps its speed, and then takes the rest
RATES = [1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 10_000_000, 100_000_000]
TASKS = [(command, where, options, rate) for command in ("connect", "listen") for where in ("peer", "output")
         for options in ((), ("-e", "gb18030")) for rate in RATES]


def read_at(take, rate, seconds):
    """All bytes of take(n), at so many a second to begin with."""
    got, begin = [], time.monotonic()
    taken = 0
    while (now := time.monotonic() - begin) < seconds:
        n = int(rate * now) + 1 - taken
        if n > 0 and not (some := take(min(n, 65536))):
            return b"".join(got)
        if n > 0:
            got.append(some)
            taken += len(some)
        else:
            time.sleep(min(1 / rate, 0.02))
    while some := take(65536):
        got.append(some)
    return b"".join(got)


class Conversation:
    """A run, its connection, and the bytes that it passes on to one who reads at a speed."""

    def __init__(self, stage, command, options):
        self.stage = stage
        self.path = os.path.join(stage.folder, "readable")
        with open(self.path, "wb") as file:
            file.write(some_bytes(SIZE).replace(b"\xff", b"a") if not options else b"abc\n" * (SIZE // 4))
        with open(self.path, "rb") as file:
            self.data = file.read()
        address = ["127.0.0.1", "0" if command == "listen" else str(stage.server.getsockname()[1])]
        self.words = [stage.program, command, *options, *address]

    def start(self, stdin):
        self.run = subprocess.Popen(self.words, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env=self.stage.environment)
        if "listen" in self.words:
            port = int(ANNOUNCED.search(self.run.stderr.readline())[1])
            self.peer = socket.socket()
            self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
            self.peer.connect(("127.0.0.1", port))
        else:
            self.peer = self.stage.server.accept()[0]
            self.peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self.peer.settimeout(LIMIT)

    def to_peer(self, rate, seconds):
        """Standard input is read by the peer."""
        with open(self.path, "rb") as stdin:
            self.start(stdin)
        self.peer.shutdown(socket.SHUT_WR)
        return read_at(self.peer.recv, rate, seconds)

    def to_output(self, rate, seconds):
        """The peer's bytes are read from standard output."""
        self.start(subprocess.DEVNULL)
        giver = threading.Thread(target=self._give, daemon=True)
        giver.start()
        got = read_at(lambda n: os.read(self.run.stdout.fileno(), n), rate, seconds)
        giver.join(LIMIT)
        return got

    def _give(self):
        with contextlib.suppress(OSError):
            self.peer.sendall(self.data)
            self.peer.shutdown(socket.SHUT_WR)

    def close(self):
        self.run.kill()
        self.run.communicate()
        self.peer.close()


def read(stage, task, seconds=SECONDS):
    command, where, options, rate = task
    outcome, verdict = Outcome(), Killed(f"{command} {' '.join(options)}")
    conversation = Conversation(stage, command, options)
    try:
        got = conversation.to_peer(rate, seconds) if where == "peer" else conversation.to_output(rate, seconds)
        if got != conversation.data:
            verdict.lies.append(f"{len(got)} of {len(conversation.data)} bytes came, or others")
        conversation.run.wait(LIMIT)
        verdict.status = conversation.run.returncode
        if verdict.status != 0:
            verdict.lies.append(f"status {verdict.status}")
    except (OSError, subprocess.TimeoutExpired) as error:
        verdict.lies.append(f"hangs: {error}")
    finally:
        conversation.close()
    outcome.count(verdict, f"the {where} reads {rate} bytes a second")
    return outcome


def torture(company, _names, quick):
    tasks = TASKS[::max(1, len(TASKS) // quick)] if quick else TASKS
    company.workers, workers = 8, company.workers  # they wait most of the time
    try:
        return company.all(read, tasks).report(f"readers ({SIZE} bytes, {len(RATES)} speeds)")
    finally:
        company.workers = workers
