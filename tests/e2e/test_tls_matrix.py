# SPDX-License-Identifier: GPL-3.0-or-later
"""The matrix of ends and backpressure over TLS, under short reads and writes, too. A second tcpchat is the peer: it
passes the conversation on, to a plain socket of the test."""
import contextlib
import os
import socket

import pytest

import tls
from harness import Listener, Run, environment, until
from meeting import end_both
from test_matrix import DIRECTIONS, EVENTS, OTHERS, ROLES, cell_holds, rests_with_ended
from ways import Way, carry, rests

SHIM_RUNS = 6


@contextlib.contextmanager
def run_of(*args, **popen):
    run = Run(args, **popen)
    try:
        yield run
    finally:
        run.close()


@contextlib.contextmanager
def terminated(authority, **popen):
    """A run that connects, and the test's end of the conversation behind a listener of TLS."""
    server = authority.server()
    with contextlib.closing(Listener()) as listener, run_of(
            "listen", "-k", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "--forward",
            f"127.0.0.1:{listener.port}", "127.0.0.1", 0) as bridge, run_of(
                "connect", "--tls", "--tls-ca", authority.ca, "127.0.0.1", bridge.port, **popen) as run:
        with listener.accept() as peer:
            yield run, peer


@contextlib.contextmanager
def begun(authority, **popen):
    """A run that listens, and the test's end of the conversation behind a caller of TLS."""
    server = authority.server()
    with run_of("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0,
                **popen) as run, run_of("listen", "-k", "--tls-ca", authority.ca, "--forward",
                                        f"tls:127.0.0.1:{run.port}", "127.0.0.1", 0) as bridge:
        with bridge.call() as peer:
            yield run, peer


@contextlib.contextmanager
def two_ways(authority, role, **popen):
    with (begun if role == "listen" else terminated)(authority, **popen) as (run, peer):
        yield run, {"in": Way(peer.fileno(), run.stdout.fileno(), lambda: peer.shutdown(socket.SHUT_WR)),
                    "out": Way(run.stdin.fileno(), peer.fileno(), run.end_input)}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("role", ROLES)
def test_cell_of_the_matrix_holds_over_tls(authority, role, direction, other, event):
    cell_holds(two_ways(authority, role), direction, other, event)


@pytest.mark.parametrize("ended", [[], ["in"], ["out"]], ids=["nothing", "in", "out"])
@pytest.mark.parametrize("role", ROLES)
def test_ended_direction_costs_no_processor_over_tls(authority, role, ended):
    rests_with_ended(two_ways(authority, role), ended)


@pytest.mark.parametrize("role", ROLES)
def test_short_reads_and_writes_change_no_byte_over_tls(authority, preload, role):
    for seed in range(1, SHIM_RUNS + 1):
        env = environment(LD_PRELOAD=preload("shim"), SHIM_SEED=str(seed))
        with two_ways(authority, role, env=env) as (run, ways):
            for way in ways.values():
                way.finish(way.material(100_001))
            carry(*ways.values(), until=lambda: all(way.ended for way in ways.values()))
            end_both(run, *ways.values())


def test_half_record_and_stalled_handshakes_cost_no_processor(tcpchat, authority):
    """Neither disturbs a room, and handshakes end after 10 s, which is not waited for here."""
    server = authority.server()
    run = tcpchat("listen", "--chat", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    context = tls.client_context(authority.ca)
    with contextlib.ExitStack() as stack:
        for _ in range(30):
            stalled = stack.enter_context(run.call())
            stalled.sendall(b"\x16\x03\x01\x02\x00\x01")
        halves = [stack.enter_context(tls.call(run.port, context)) for _ in range(3)]
        for half in halves:
            half.recv(200)
            os.write(half.fileno(), b"\x17\x03\x03\x01\x00half a record")
        one, other = [stack.enter_context(tls.call(run.port, context)) for _ in range(2)]
        other.recv(200)
        one.sendall(b"hello\n")
        until(lambda: b": hello" in other.recv(500), "the word of the other one")
        until(lambda: rests(run.pid, 0.2), "the program to rest")
