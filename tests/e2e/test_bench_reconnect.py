# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench: connect --reconnect calls again when the peer is gone, and --sum says what has passed."""
import hashlib
import json
import re
import select
import socket
import ssl
import subprocess

import pytest

import tls
from harness import ends, exactly, free_port, in_background, one_sentence, receive_all, reset, until
from screen import ChatScreen

ended = pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["end", "reset"])


@pytest.fixture
def port():
    return free_port()


def connecting(tcpchat, there, *options, **popen):
    return tcpchat("connect", "--reconnect", *options, "127.0.0.1", there.port, **popen)


@ended
def test_pipe_goes_on_with_the_next_connection(tcpchat, listener, leave):
    there = listener()
    run = connecting(tcpchat, there)
    with there.accept() as first:
        first.sendall(b"one\n")
        assert run.read(4) == b"one\n"
        run.send(b"to the first\n")
        assert exactly(first, 13) == b"to the first\n"
        leave(first)
    run.expect_stderr(rb"attempt 1 to connect again follows in \d+ ms\n")
    run.send(b"to the second\n")
    with there.accept() as second:
        assert exactly(second, 14) == b"to the second\n"
        second.sendall(b"two\n")
        assert run.read(4) == b"two\n"
        run.end_input()
        assert second.recv(1) == b""
    ends(run, 0)
    assert run.read_all() == b""
    assert b"connected to 127.0.0.1:%d again\n" % there.port in run.stderr


@ended
def test_listener_that_dies_and_comes_back_is_found(tcpchat, listener, leave):
    there = listener()
    run = connecting(tcpchat, there, "-v", stdin=subprocess.DEVNULL, *["--recv-only"])
    leave(there.accept())
    address = there.name
    there.close()
    run.expect_stderr(rb"Connection refused; attempt 2 to connect again follows in \d+ ms\n")
    there = listener(address=address)
    with there.accept() as peer:
        peer.sendall(b"back")
        assert run.read(4) == b"back"
    assert b"again\n" not in run.stderr
    run.process.terminate()
    ends(run, 143)


def test_end_of_standard_input_ends_the_run(tcpchat, listener):
    there = listener()
    run = connecting(tcpchat, there, stdin=subprocess.DEVNULL)
    with there.accept() as peer:
        assert peer.recv(1) == b""
        peer.sendall(b"answer")
    assert run.read_all() == b"answer"
    ends(run, 0)
    assert run.stderr == b""


@ended
def test_end_of_standard_input_without_a_peer_ends_the_run(tcpchat, listener, leave):
    there = listener()
    run = connecting(tcpchat, there)
    leave(there.accept())
    there.close()
    run.expect_stderr(rb"attempt 1 to connect again follows")
    run.end_input()
    ends(run, 0)
    assert b"sent" not in run.stderr


@pytest.mark.parametrize("options", [[], ["-e", "gbk"], ["--literal"]], ids=["bytes", "text", "literals"])
def test_what_is_typed_without_a_peer_goes_to_the_next(tcpchat, listener, options):
    there = listener()
    run = connecting(tcpchat, there, *options)
    address = there.name
    there.accept().close()
    there.close()
    run.expect_stderr(rb"attempt 1 to connect again follows")
    text = "你好\n" if options != ["--literal"] else "\\u{4F60}\\u{597D}\n"
    run.send(text.encode())
    run.end_input()
    there = listener(address=address)
    with there.accept() as second:
        assert receive_all(second) == "你好\n".encode("gbk" if "-e" in options else "utf-8")
    ends(run, 0)


def test_bytes_that_the_first_peer_has_not_taken_go_to_the_second(tcpchat, listener):
    there = listener()
    run = connecting(tcpchat, there)
    data = bytes(range(256)) * 16
    first = there.accept()
    first.shutdown(socket.SHUT_WR)
    run.expect_stderr(rb"has ended; attempt 1")
    run.send(data)
    with there.accept() as second:
        assert exactly(second, len(data)) == data
        run.end_input()
        assert second.recv(1) == b""
    first.close()
    ends(run, 0)


@pytest.mark.parametrize("options", [[], ["-x", "/dev/null"]], ids=["spliced", "copied"])
def test_bulk_goes_on_where_the_system_had_taken_it(tcpchat, listener, options):
    there = listener()
    run = connecting(tcpchat, there, "-v", *options)
    data = b"".join(b"%015d\n" % number for number in range(1 << 21))

    def give():
        run.send(data)
        run.end_input()
    in_background(give)
    first = there.accept()
    begin = exactly(first, 3 << 20)
    reset(first)
    with there.accept() as second:
        rest = receive_all(second)
    ends(run, 0)
    assert data.startswith(begin) and data.endswith(rest) and len(rest) > 1 << 20
    sent = [int(n) for n in re.findall(rb", (\d+) sent", run.stderr)]
    assert len(sent) == 2 and sum(sent) == len(data) and sent[1] == len(rest)
    untaken = re.findall(rb"did not take (\d+) bytes", run.stderr)
    assert all(0 < int(bytes) <= sent[0] - len(begin) for bytes in untaken)


def test_pending_bytes_and_a_cut_character_are_kept(tcpchat, listener):
    there = listener()
    run = connecting(tcpchat, there, "-e", "gbk", "--local-encoding", "utf-8")
    with there.accept() as first:
        run.send("你好".encode()[:4])
        assert exactly(first, 2) == "你".encode("gbk")
    run.expect_stderr(rb"attempt 1")
    run.send("你好".encode()[4:])
    with there.accept() as second:
        assert exactly(second, 2) == "好".encode("gbk")
        run.end_input()
        assert second.recv(1) == b""
    ends(run, 0)


def waiting(pipe):
    """Whether a pipe is full and stays so for a while."""
    return not select.select([], [pipe], [], 0.3)[1]


def test_what_was_not_sent_is_named_when_the_attempts_are_over(tcpchat, listener):
    there = listener()
    run = tcpchat("connect", "--reconnect=2", "-v", "127.0.0.1", there.port)
    first = there.accept()
    there.close()
    in_background(run.send, bytes(16 << 20))
    until(lambda: waiting(run.stdin), "a full pipe")
    reset(first)
    ends(run, 1)
    said = run.stderr.decode()
    assert re.search(r"127\.0\.0\.1:\d+ did not take \d+ bytes\n", said), said
    assert said.count("attempt 1 ") == said.count("attempt 2 ") == 1 and "attempt 3" not in said
    assert re.search(r"cannot connect to 127\.0\.0\.1:\d+: Connection refused\n", said)


def test_pauses_grow_with_jitter_and_begin_soon(tcpchat, listener):
    there = listener()
    run = tcpchat("connect", "--reconnect=3", "-v", "--recv-only", "127.0.0.1", there.port, stdin=subprocess.DEVNULL)
    there.accept().close()
    there.close()
    ends(run, 1)
    pauses = [int(pause) for pause in re.findall(rb"follows in (\d+) ms", run.stderr)]
    assert len(pauses) == 3
    for pause, most in zip(pauses, (250, 500, 1000)):
        assert most / 2 <= pause <= most


def test_first_connection_has_to_succeed(tcpchat, port):
    run = tcpchat("connect", "--reconnect", "127.0.0.1", port, stdin=subprocess.DEVNULL)
    ends(run, 1)
    assert "Connection refused" in one_sentence(run)


def test_closed_standard_output_ends_the_run_between_two_peers(tcpchat, listener):
    there = listener()
    run = connecting(tcpchat, there)
    with there.accept():
        pass
    there.close()
    run.expect_stderr(b"attempt 1")
    run.stdout.close()
    ends(run, 141)


def test_tls_is_done_anew_and_a_wrong_certificate_ends_the_run(tcpchat, listener, authority):
    there = listener()
    server = authority.server()
    run = connecting(tcpchat, there, "--tls", "--tls-ca", authority.ca, "--sum")
    for words in (b"one", b"two"):
        peer = tls.accept(there, tls.server_context(server))
        peer.sendall(words)
        assert run.read(3) == words
        peer.unwrap()
        peer.close()
    raw = there.accept()
    with pytest.raises(ssl.SSLError), raw:
        tls.server_context(authority.server("stranger", "DNS:other.example")).wrap_socket(raw, server_side=True).recv(1)
    ends(run, 6)
    assert run.stderr.count(b"3 bytes received, SHA-256 " + hashlib.sha256(b"one").hexdigest().encode()) == 1


def test_idle_time_counts_for_each_connection(tcpchat, listener):
    there = listener()
    run = connecting(tcpchat, there, "-i", "300ms")
    first = there.accept()
    run.expect_stderr(rb"nothing was sent or received for 0\.3 s; attempt 1")
    with there.accept() as second:
        second.sendall(b"x")
        assert run.read(1) == b"x"
        run.end_input()
        assert second.recv(1) == b""
    first.close()
    ends(run, 0)


@pytest.mark.parametrize("options, sentence", [
    (["-z"], "--reconnect and -z exclude each other; --reconnect is for a conversation that this side ends"),
    (["--exec", "cat"], "--reconnect and --exec exclude each other; --reconnect is for a conversation that this side ends"),
    (["--end-with-peer"],
     "--reconnect and --end-with-peer exclude each other; --reconnect is for a conversation that this side ends"),
], ids=" ".join)
def test_wrong_uses_of_reconnect_are_refused(tcpchat, port, options, sentence):
    run = tcpchat("connect", "--reconnect", *options, "127.0.0.1", port, stdin=subprocess.DEVNULL)
    ends(run, 2)
    assert one_sentence(run) == sentence


def test_number_of_attempts_is_read(tcpchat, port):
    run = tcpchat("connect", "--reconnect=0", "127.0.0.1", port, stdin=subprocess.DEVNULL)
    ends(run, 2)
    assert one_sentence(run) == "--reconnect takes a number above 0, not '0'"


@ended
def test_typed_line_stays_at_a_terminal(listener, leave):
    there = listener()
    screen = ChatScreen(["connect", "--reconnect", "127.0.0.1", str(there.port)])
    try:
        first = there.accept()
        screen.ready()
        screen.type("half-typed")
        screen.wait_typed("> half-typed")
        leave(first)
        screen.wait_for(re.compile("attempt 1 to connect\\s+again"))
        assert screen.typed == "> half-typed"
        with there.accept() as second:
            screen.wait_for(f"connected to 127.0.0.1:{there.port} again")
            screen.enter(" 好")
            assert exactly(second, 15) == "half-typed 好\n".encode()
            second.sendall(b"got it\n")
            screen.wait_for("got it")
            screen.enter("/quit")
            assert second.recv(1) == b""
        ends(screen, 0)
    finally:
        screen.close()


@ended
def test_end_of_a_peer_precedes_the_next_attempt_at_a_terminal(listener, tmp_path, leave):
    there = listener()
    screen = ChatScreen(["connect", "--reconnect", "--events", str(tmp_path / "events"), "127.0.0.1", str(there.port)])
    try:
        with there.accept() as first:
            screen.ready()
            leave(first)
        with there.accept() as second:
            screen.wait_for(f"connected to 127.0.0.1:{there.port} again")
            screen.enter("/quit")
            assert second.recv(1) == b""
        ends(screen, 0)
    finally:
        screen.close()
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    order = [event["event"] for event in events if event["event"] in ("closed", "reconnect", "connected")]
    assert order == ["connected", "closed", "reconnect", "connected", "closed"]


def test_terminal_calls_again_when_a_peer_that_took_nothing_is_gone(listener):
    there = listener()
    screen = ChatScreen(["connect", "--reconnect", "127.0.0.1", str(there.port)])
    try:
        first = there.accept()
        screen.ready()
        screen.enter(f"/send {__file__}")
        first.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(400):
            screen.enter(f"/send {__file__}")
        reset(first)
        with there.accept() as second:
            screen.wait_for(f"connected to 127.0.0.1:{there.port} again")
            screen.enter("/quit")
            receive_all(second)
        ends(screen, 0)
    finally:
        screen.close()


def test_line_without_a_peer_is_named_and_ctrl_d_leaves(listener):
    there = listener()
    screen = ChatScreen(["connect", "--reconnect", "127.0.0.1", str(there.port)])
    try:
        first = there.accept()
        screen.ready()
        there.close()
        first.close()
        screen.wait_for(re.compile("attempt 1 to connect\\s+again"))
        screen.enter("into the void")
        screen.wait_for("nobody is here; the line was not sent")
        screen.type("\x04")
        ends(screen, 0)
    finally:
        screen.close()


def test_member_of_a_room_is_one_again(tcpchat):
    room = tcpchat("listen", "--chat", "127.0.0.1", 0)
    port = room.port
    screen = ChatScreen(["connect", "--reconnect", "--name", "alice", "127.0.0.1", str(port)])
    try:
        screen.ready()
        screen.wait_for("you are alice")
        room.process.kill()
        room.wait()
        screen.wait_for(re.compile("attempt 1 to connect\\s+again"))
        again = tcpchat("listen", "--chat", "127.0.0.1", port)
        until(lambda: screen.pump() or screen.text.count("you are alice") == 2, "the second greeting")
        screen.enter("/quit")
        ends(screen, 0)
        again.process.terminate()
        again.wait()
    finally:
        screen.close()


def test_events_and_records_tell_each_connection(tcpchat, listener, tmp_path):
    there = listener()
    run = connecting(tcpchat, there, "--events", tmp_path / "events", "--record", tmp_path / "record")
    there.accept().close()
    with there.accept() as peer:
        peer.sendall(b"x")
        assert run.read(1) == b"x"
        run.end_input()
        assert peer.recv(1) == b""
    ends(run, 0)
    found = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    again = [event for event in found if event["event"] == "reconnect"]
    assert len(again) == 1 and again[0]["count"] == 1 and 125 <= again[0]["milliseconds"] <= 250
    assert [event["event"] for event in found].count("connected") == 2
    recorded = [json.loads(line) for line in (tmp_path / "record").read_text().splitlines()]
    assert {line["connection"] for line in recorded} == {1, 2}


# --sum

def sums(run, name):
    found = re.findall(r"^tcpchat: %s: (\d+) bytes? (received|sent), SHA-256 ([0-9a-f]{64})$" % re.escape(name),
                       run.stderr.decode(), re.M)
    return {way: (int(n), digest) for n, way, digest in found}


def sum_of(data):
    return len(data), hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("role", ["listen", "connect"])
@pytest.mark.parametrize("n", [0, 1, 5 << 20], ids=["nothing", "one byte", "bulk"])
def test_sum_equals_that_of_the_bytes_on_the_wire(conversation, role, n):
    data = (b"\xc4\xe3\xba\xc3\0\xff" * (n // 6 + 1))[:n]
    run, peer = conversation(role, "--sum")
    name = "127.0.0.1:%d" % peer.getsockname()[1]
    run.send(b"out")
    run.end_input()

    def give():
        peer.sendall(data)
        peer.shutdown(socket.SHUT_WR)
    in_background(give)
    assert run.read_all() == data
    assert receive_all(peer) == b"out"
    ends(run, 0)
    assert sums(run, name) == {"received": sum_of(data), "sent": sum_of(b"out")}


def test_sum_is_of_the_wire_where_text_is_converted(conversation):
    run, peer = conversation("connect", "--sum", "-e", "gbk", "--local-encoding", "utf-8")
    name = "127.0.0.1:%d" % peer.getsockname()[1]
    run.send("你好\n".encode())
    run.end_input()
    assert receive_all(peer) == "你好\n".encode("gbk")
    peer.close()
    ends(run, 0)
    assert sums(run, name)["sent"] == sum_of("你好\n".encode("gbk"))


def test_sum_tells_each_conversation(tcpchat):
    run = tcpchat("listen", "-k", "127.0.0.1", 0, "--sum", "--exec", "cat", stdin=subprocess.DEVNULL)
    names = []
    for word in (b"one", b"other"):
        with run.call() as peer:
            names.append("127.0.0.1:%d" % peer.getsockname()[1])
            peer.sendall(word)
            peer.shutdown(socket.SHUT_WR)
            assert receive_all(peer) == word
    for name, word in zip(names, (b"one", b"other")):
        run.expect_stderr(re.escape(name).encode() + rb": \d+ bytes sent, SHA-256")
        assert sums(run, name) == {"received": sum_of(word), "sent": sum_of(word)}
    run.process.terminate()
    ends(run, 143)


def test_sum_is_an_event(conversation, tmp_path):
    run, peer = conversation("listen", "--sum", "--events", tmp_path / "events")
    peer.sendall(b"abc")
    peer.close()
    run.end_input()
    assert run.read_all() == b"abc"
    ends(run, 0)
    found = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert [(event["direction"], event["bytes"], event["sha256"]) for event in found if event["event"] == "sum"] \
        == [("in", *sum_of(b"abc")), ("out", *sum_of(b""))]


def test_openssl_is_loaded_for_sum_alone(conversation):
    for options, is_loaded in (([], False), (["--sum"], True)):
        run, peer = conversation("listen", *options)
        peer.sendall(b"x")
        assert run.read(1) == b"x"
        with open(f"/proc/{run.pid}/maps") as maps:
            assert ("libcrypto" in maps.read()) == is_loaded
        peer.close()
        run.end_input()
        ends(run, 0)
