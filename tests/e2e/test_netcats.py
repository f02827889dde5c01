# SPDX-License-Identifier: GPL-3.0-or-later
"""Other netcats at the other end: they listen or call, over IPv4, IPv6 and unix sockets, and both sides end."""
import contextlib
import shutil

import pytest

from harness import HAS_IPV6, ends, free_port
from meeting import running
from netcats import LOCALHOST, NETCATS, tcpchat
from ways import Way, assert_exact, carry, through

DATA = (1 << 20) + 1


def command_of(name):
    """The command line of a netcat. scripts/test installs them all, and a missing one is a failure."""
    assert shutil.which(name), f"{name} is not installed"
    return NETCATS[name]


@contextlib.contextmanager
def netcat_calls(netcat, wire, path):
    """tcpchat listens and a netcat calls it: both runs."""
    with running(tcpchat("listen", wire, path or 0, ["-v"])) as ours:
        ours.expect_stderr(rb"^tcpchat: listening on ")
        with running(netcat("connect", wire, path or ours.port)) as theirs:
            yield ours, theirs


@contextlib.contextmanager
def netcat_listens(netcat, wire, path):
    """A netcat listens, tcpchat calls it as soon as it is there: both runs."""
    place = path or free_port(LOCALHOST[wire])
    with running(netcat("listen", wire, place)) as theirs:
        with running(tcpchat("connect", wire, place, ["--retry", "20"])) as ours:
            yield ours, theirs


@pytest.mark.parametrize("first", ["tcpchat", "the netcat"])
@pytest.mark.parametrize("wire", ["tcp4", "tcp6", "unix"])
@pytest.mark.parametrize("start", [netcat_calls, netcat_listens])
@pytest.mark.parametrize("name", NETCATS)
def test_netcats_exchange_bytes_both_ways(name, start, wire, first, tmp_path):
    if wire == "tcp6" and not HAS_IPV6:
        pytest.skip("this machine has no IPv6")
    path = tmp_path / "socket" if wire == "unix" else None
    with start(command_of(name), wire, path) as (ours, theirs):
        to_them = Way(ours.stdin.fileno(), theirs.stdout.fileno(), ours.end_input)
        to_us = Way(theirs.stdin.fileno(), ours.stdout.fileno(), theirs.end_input)
        # All bytes arrive before either end: at an end, some netcats drop bytes that are under way to them.
        for way in (to_them, to_us):
            way.give(way.material(DATA))
        carry(to_them, to_us, until=through(to_them, to_us))
        for way in (to_them, to_us) if first == "tcpchat" else (to_us, to_them):
            way.finish()
        carry(to_them, to_us, until=lambda: to_them.ended and to_us.ended)
        assert_exact(to_them)
        assert_exact(to_us)
        ends(ours, 0)
        theirs.wait()
