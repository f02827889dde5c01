# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages on an unread standard error: peers cause them, and no peer waits for them."""
import contextlib
import fcntl
import os
import re
import select
import signal
import termios
import tty

import pytest

from crowd import Peer
from harness import PATIENCE, descriptors, ends, until

RESETS = 60  # were each of them worth a second, a test would lose its patience


class Unread:
    """A standard error until it is read; `theirs` is the program's end."""

    def __init__(self, kind):
        self.ours, self.theirs = os.pipe() if kind == "pipe" else os.openpty()
        self.stopped = kind == "stopped terminal"
        if kind == "pipe":
            # A pipe of one page is full for poll(2) as long as one message in it is not read.
            fcntl.fcntl(self.theirs, fcntl.F_SETPIPE_SZ, 16384)
        else:
            tty.setraw(self.theirs)
        if self.stopped:
            termios.tcflow(self.theirs, termios.TCOOFF)
        else:
            self._fill()

    def _fill(self):
        os.set_blocking(self.theirs, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(self.theirs, b"-")
        os.set_blocking(self.theirs, True)

    def read_until(self, pattern):
        taken = b""
        if self.stopped:
            termios.tcflow(self.theirs, termios.TCOON)
        while not re.search(pattern, taken):
            assert select.select([self.ours], [], [], PATIENCE)[0], taken
            taken += os.read(self.ours, 1)
        return re.search(pattern, taken)

    def close(self):
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture(params=["pipe", "full terminal", "stopped terminal"])
def unread(request):
    with contextlib.closing(Unread(request.param)) as stderr:
        yield stderr


@pytest.fixture
def crowd(tcpchat, tmp_path, unread):
    """crowd() is one more peer of a run whose messages are not read."""
    run = tcpchat("listen", "-k", "-v", "--port-file", tmp_path / "port", "127.0.0.1", 0,
                  preexec_fn=lambda: os.dup2(unread.theirs, 2))
    port = int(until(lambda: (tmp_path / "port").exists() and (tmp_path / "port").read_text(), "the port"))
    with contextlib.ExitStack() as stack:
        def call():
            return stack.enter_context(contextlib.closing(Peer(("127.0.0.1", port))))

        call.run = run
        yield call


def test_unread_stderr_stops_no_peer(crowd, unread):
    one = crowd()
    one.say("来了")
    assert crowd.run.read(7).decode() == "来了\n"
    before = descriptors(crowd.run.pid)
    for _ in range(RESETS):
        crowd().reset()
    other = crowd()
    for peer in (one, other):
        peer.say("还在")
        assert crowd.run.read(7).decode() == "还在\n"
    until(lambda: descriptors(crowd.run.pid) == before + 1, "the others to be gone")
    lost = unread.read_until(rb"tcpchat: (\d+) messages were lost: standard error was not read\r?\n$")
    assert int(lost.group(1)) > 2 * RESETS  # the names of those that came and went
    last = crowd()
    unread.read_until(rf"tcpchat: {re.escape(last.address)} connected\r?\n$".encode())


def test_signal_ends_a_run_with_unread_stderr(crowd):
    for _ in range(5):
        crowd().reset()
    crowd.run.process.send_signal(signal.SIGTERM)
    ends(crowd.run, 128 + signal.SIGTERM)
