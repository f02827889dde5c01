# SPDX-License-Identifier: GPL-3.0-or-later
"""Two networks with a wire between them, one of whose ends can lose a peer without a word."""
import contextlib
import ctypes
import os
import subprocess
import threading

import pytest

CLONE_NEWNET = 0x40000000
NEAR, FAR, STAYS = "10.77.0.1", "10.77.0.2", "10.77.0.3"  # FAR may vanish

libc = ctypes.CDLL(None, use_errno=True)


def in_thread(function):
    """Returns the result of a function in a thread of its own, which may be in another namespace than the others."""
    outcome = []

    def work():
        try:
            outcome.append((function(), None))
        except BaseException as error:  # raised again where it was asked for
            outcome.append((None, error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error:
        raise error
    return value


class Namespace:
    """A network namespace without a name. It goes with the last process or socket in it."""

    def __init__(self):
        def begin():
            if libc.unshare(CLONE_NEWNET) != 0:
                pytest.skip(f"no network namespaces here: {os.strerror(ctypes.get_errno())}")
            return os.open("/proc/thread-self/ns/net", os.O_RDONLY)

        self.descriptor = in_thread(begin)

    def do(self, function, *arguments, **options):
        """Calls a function that makes a socket or starts a process, which then is of this network."""
        def call():
            assert libc.setns(self.descriptor, CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            return function(*arguments, **options)

        return in_thread(call)

    def ip(self, *words):
        def call():
            return subprocess.run(["ip", *words], capture_output=True, text=True)

        run = self.do(call)
        assert run.returncode == 0, f"ip {' '.join(words)}: {run.stderr}"

    def close(self):
        os.close(self.descriptor)


@contextlib.contextmanager
def wire():
    """The namespaces of NEAR, and of FAR and STAYS."""
    with contextlib.closing(Namespace()) as near, contextlib.closing(Namespace()) as far:
        try:
            near.ip("link", "add", "near", "type", "veth", "peer", "name", "far", "netns",
                    f"/proc/{os.getpid()}/fd/{far.descriptor}")
        except (AssertionError, FileNotFoundError) as error:
            pytest.skip(f"no pair of networks here: {error}")
        near.ip("addr", "add", f"{NEAR}/24", "dev", "near")
        far.ip("addr", "add", f"{STAYS}/24", "dev", "far")
        far.ip("addr", "add", f"{FAR}/32", "dev", "far")
        # FAR is one hop away, but a vanished FAR answers no question for its address.
        far.ip("link", "set", "far", "address", "02:00:00:00:00:02")
        near.ip("neigh", "add", FAR, "lladdr", "02:00:00:00:00:02", "nud", "permanent", "dev", "near")
        near.ip("link", "set", "near", "up")
        far.ip("link", "set", "far", "up")
        yield near, far


def vanish(far):
    """FAR is gone, with all connections, and none of them is told."""
    far.ip("addr", "del", f"{FAR}/32", "dev", "far")
