# SPDX-License-Identifier: GPL-3.0-or-later
"""A program at one end of a connection and the test at the other."""
import contextlib
import os
import select
import socket
import tempfile

from harness import RELEASE, TCPCHAT, Listener, Run, ends, free_port, has_only_announced, until
from netcats import FAMILY, LOCALHOST
from ways import Way, assert_exact, carry


@contextlib.contextmanager
def two_ways(command, role, wire, charset=None, **popen):
    """The program and its peer: (run, {"in": Way, "out": Way}). A charset is what the peer speaks."""
    with meeting(command, role, wire, **popen) as (run, peer):
        incoming = Way(peer.fileno(), run.stdout.fileno(), lambda: peer.shutdown(socket.SHUT_WR),
                       charset and (charset, "utf-8"))
        outgoing = Way(run.stdin.fileno(), peer.fileno(), run.end_input, charset and ("utf-8", charset))
        yield run, {"in": incoming, "out": outgoing}


def end_both(run, *ways):
    """Ends the ways that are still open: nothing was lost or added, and the program ends, content and silent."""
    for way in ways:
        if not way.finishing:
            way.finish()
    carry(*ways, until=lambda: all(way.ended for way in ways))
    for way in ways:
        assert_exact(way)
    ends(run, 0)
    assert has_only_announced(run.stderr), run.stderr


@contextlib.contextmanager
def running(argv, **popen):
    run = Run(argv[1:], program=argv[0], **popen)
    try:
        yield run
    finally:
        run.close()


@contextlib.contextmanager
def meeting(command, role, wire, **popen):
    """A program in a role, and a socket of the test at the other end: (run, connection). command(role, wire, place)
    is the program's command line."""
    meet = _called_by if role == "connect" else _calling
    with tempfile.TemporaryDirectory() as folder, meet(command, wire, os.path.join(folder, "socket"), **popen) as both:
        yield both


@contextlib.contextmanager
def _called_by(command, wire, path, **popen):
    with contextlib.closing(Listener(FAMILY[wire], path if wire == "unix" else None)) as listener:
        with running(command("connect", wire, path if wire == "unix" else listener.port), **popen) as run:
            came = until(lambda: select.select([listener.socket], [], [], 0.1)[0] or has_ended(run), "a call")
            assert came is not True, f"it ended instead of calling: {run.stderr!r}"
            with listener.accept() as connection:
                yield run, connection


@contextlib.contextmanager
def _calling(command, wire, path, **popen):
    place = path if wire == "unix" else 0 if command("listen", wire, 0)[0] in (RELEASE, TCPCHAT) else free_port(LOCALHOST[wire])
    with running(command("listen", wire, place), **popen) as run:
        address = path if wire == "unix" else (LOCALHOST[wire], place or run.port)
        connection = until(lambda: call(wire, address) or has_ended(run), "a listener")
        assert connection is not True, f"it ended instead of listening: {run.stderr!r}"
        with connection:
            yield run, connection


def call(wire, address):
    """A connection to address, or None if no listener is there yet."""
    connection = socket.socket(FAMILY[wire], socket.SOCK_STREAM)
    try:
        connection.connect(address)
        return connection
    except (ConnectionRefusedError, FileNotFoundError):
        connection.close()
        return None


def has_ended(run):
    return run.process.poll() is not None
