# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of TLS that begin after the handshake, and do not go on, or go on slowly. The time of these runs passes
faster, so that seconds of theirs are a part of the test's."""
import contextlib
import os
import socket
import ssl
import time

import tls
from harness import HASTE, RELEASE, cpu_seconds, ends, in_background, until
from ways import some_bytes

SECONDS = 10  # that a record has for each 512 bytes of it
STOPPED = f"a record of TLS began and did not go on for {SECONDS} s"
HALVES = 100
ANNOUNCED = b"\x17\x03\x03\x40\x00"


def listen(hurried, authority, *options, **popen):
    server = authority.server()
    return hurried("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, *options, "127.0.0.1", 0,
                   **popen)


def passes(seconds):
    """So much time of a run."""
    time.sleep(seconds / HASTE)


def is_over_in_time(begun):
    """Whether a record that began then has had its time, and not twice as much, for the end of a run takes some."""
    return SECONDS - 0.5 < HASTE * (time.monotonic() - begun) < 2 * SECONDS


def begin_a_record(peer):
    """Writes 100 bytes of a record of 16 384 bytes, past the encryption of `peer`."""
    os.write(peer.fileno(), ANNOUNCED + bytes(95))


class Caller:
    """A conversation of TLS of which the test has the encrypted bytes in hand."""

    def __init__(self, port, authority):
        self.plain = socket.create_connection(("127.0.0.1", port))
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = tls.client_context(authority.ca).wrap_bio(self.incoming, self.outgoing, server_hostname="localhost")
        while True:
            try:
                self.tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                self.plain.sendall(self.outgoing.read())
                self.incoming.write(self.plain.recv(65536))
        self.plain.sendall(self.outgoing.read())

    def record(self, data):
        self.tls.write(data)
        return self.outgoing.read()


def test_record_that_stops_ends_the_conversation(hurried, authority):
    run = listen(hurried, authority)
    with tls.call(run.port, tls.client_context(authority.ca)) as peer:
        peer.sendall(b"whole")
        assert run.read(5) == b"whole"
        name = f"127.0.0.1:{peer.getsockname()[1]}"
        begun = time.monotonic()
        begin_a_record(peer)
        ends(run, 4)
        assert is_over_in_time(begun)
    assert run.stderr.decode().splitlines()[-1] == f"tcpchat: {name}: {STOPPED}"


def test_record_that_stops_ends_a_caller(hurried, listener, authority):
    there = listener()
    run = hurried("connect", "--tls", "--tls-ca", authority.ca, "127.0.0.1", there.port)
    with tls.accept(there, tls.server_context(authority.server())) as peer:
        begin_a_record(peer)
        ends(run, 4)


def test_slow_record_is_waited_for(hurried, authority):
    """16 KiB come in half a minute at 4 kbit/s; here pieces of 600 bytes come after 6 s each, and then the rest."""
    run, data = listen(hurried, authority), some_bytes(4000)
    caller = Caller(run.port, authority)
    record = caller.record(data)
    for at in (0, 600):
        caller.plain.sendall(record[at:at + 600])
        passes(0.6 * SECONDS)
    caller.plain.sendall(record[1200:])
    assert run.read(len(data)) == data
    caller.plain.sendall(caller.record(b"and more"))
    assert run.read(8) == b"and more"


def test_dripping_bytes_are_no_progress(hurried, authority):
    run = listen(hurried, authority)
    caller = Caller(run.port, authority)
    begun, record = time.monotonic(), caller.record(some_bytes(4000))
    with contextlib.suppress(OSError):
        for byte in record[:100]:
            caller.plain.sendall(bytes([byte]))
            passes(0.2)
    ends(run, 4)
    assert HASTE * (time.monotonic() - begun) < 3 * SECONDS


def test_time_without_reading_is_not_counted(hurried, authority):
    """Nobody reads standard output, so the rest of a record stays outside for longer than it would have."""
    run, data = listen(hurried, authority), some_bytes(30_000_000)
    caller = Caller(run.port, authority)
    records = memoryview(caller.record(data))
    caller.plain.settimeout(1)
    sent = 0
    with contextlib.suppress(TimeoutError):
        while sent < len(records):
            sent += caller.plain.send(records[sent:sent + 7001])
    assert sent < len(records)
    passes(1.3 * SECONDS)
    caller.plain.settimeout(None)
    with contextlib.closing(socket.fromfd(caller.plain.fileno(), socket.AF_INET, socket.SOCK_STREAM)) as rest:
        in_background(lambda: rest.sendall(records[sent:]))
        assert run.read(len(data)) == data


def test_silence_between_records_is_no_fault(hurried, authority):
    run = listen(hurried, authority)
    with tls.call(run.port, tls.client_context(authority.ca)) as peer:
        peer.sendall(b"before")
        assert run.read(6) == b"before"
        passes(1.2 * SECONDS)
        peer.sendall(b"after")
        assert run.read(5) == b"after"


def test_half_records_of_a_room_cost_no_processor_and_are_closed(hurried, authority):
    run = listen(hurried, authority, "--chat", "-v", program=RELEASE)
    context = tls.client_context(authority.ca)
    with contextlib.ExitStack() as stack:
        one, other = [stack.enter_context(tls.call(run.port, context)) for _ in range(2)]
        halves = [stack.enter_context(tls.call(run.port, context)) for _ in range(HALVES)]
        begun, before = time.monotonic(), cpu_seconds(run.pid)
        for half in halves:
            begin_a_record(half)
        one.sendall(b"still served\n")
        until(lambda: b": still served" in other.recv(65536), "the word of the other one")
        until(lambda: run.stderr.count(STOPPED.encode()) == HALVES, "all of them to be closed", 2 * SECONDS)
        assert is_over_in_time(begun)
        assert cpu_seconds(run.pid) - before < 0.05 * SECONDS
        one.sendall(b"served after that\n")
        until(lambda: b": served after that" in other.recv(65536), "the word of the other one")
