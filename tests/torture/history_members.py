# SPDX-License-Identifier: GPL-3.0-or-later
"""The members of a room of history.py: programs and sockets, which say what they are told and keep what they read."""
import collections
import contextlib
import os
import pathlib
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402 # pylint: disable=wrong-import-position
from history_words import Fault  # noqa: E402 # pylint: disable=wrong-import-position

Door = collections.namedtuple("Door", "port options")


class Member:
    """A member of the room; `fate` becomes left, stayed or broken."""
    is_refused = False
    fate = None

    def __init__(self, number, charset):
        self.number, self.charset = number, charset
        self.said, self.out = 0, bytearray()

    def say(self, shape, count):
        """Adds messages to those on their way."""
        for place in range(self.said, self.said + count):
            self.out += shape.words(self.number, place, self.charset)
        self.said += count

    def put(self, choice):
        """Sends a part of what is on its way."""
        try:
            del self.out[:self.write(self.out[:choice.randrange(1, 1 << choice.randrange(1, 17))])]
        except BlockingIOError:
            pass
        except (BrokenPipeError, ConnectionResetError):  # a socket tells this once: its end looks orderly then
            self.fate, self.is_refused = "broken", True


class Program(Member):
    """A tcpchat between two files of this program."""

    def __init__(self, number, charset, program, door, folder):
        super().__init__(number, charset)
        self.path = folder / f"member{number}"
        with self.path.open("wb") as record:
            self.process = subprocess.Popen(
                [program, "connect", *door.options, "127.0.0.1", str(door.port)], stdin=subprocess.PIPE, stdout=record,
                stderr=subprocess.PIPE, bufsize=0, env=harness.environment())
        self.pipe = self.process.stdin
        os.set_blocking(self.pipe.fileno(), False)

    def write(self, data):
        return os.write(self.pipe.fileno(), data)

    def fileno(self):
        return self.pipe.fileno()

    def finish(self):
        self.pipe.close()

    def is_over(self):
        return self.process.poll() is not None

    def kill(self):
        self.process.kill()
        self.fate = "broken"

    def stop(self, stops):
        self.process.send_signal(signal.SIGSTOP if stops else signal.SIGCONT)

    def record(self):
        return self.path.read_bytes()

    def was_broken_off(self):
        """What the exit status tells."""
        if self.process.returncode not in (0, 1, 6, -signal.SIGKILL):
            raise Fault(f"status {self.process.returncode}: {self.process.stderr.read()!r}")
        return self.process.returncode != 0

    def end(self):
        """Ends it, if a fault has left it."""
        self.process.kill()
        self.process.wait()
        self.pipe.close()
        self.process.stderr.close()


class Socket(Member):
    """A socket of this program."""
    eager = True

    def __init__(self, number, charset, door, room=None):
        super().__init__(number, charset)
        self.socket = socket.socket()
        if room:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        self.socket.connect(("127.0.0.1", door.port))
        self.socket.setblocking(False)
        self.received, self.ended = bytearray(), None

    def write(self, data):
        return self.socket.send(data)

    def fileno(self):
        return self.socket.fileno()

    def read(self):
        """Takes what is there, a little of it if the member is slow."""
        with contextlib.suppress(BlockingIOError):
            try:
                data = self.socket.recv(1 << 18 if self.eager else 64)
                self.received += data
                self.ended = "end" if not data else None
            except ConnectionResetError:
                self.ended = "reset"

    def finish(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def is_over(self):
        return self.ended is not None

    def kill(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()
        self.fate, self.ended = "broken", "own"

    def stop(self, stops):
        self.eager = not stops

    def record(self):
        return self.received

    def was_broken_off(self):
        """What the system has told."""
        return self.ended != "end" or self.is_refused

    def end(self):
        self.socket.close()
