# SPDX-License-Identifier: GPL-3.0-or-later
"""The ends of a run, and the truth of its exit status."""
import array
import contextlib
import fcntl
import hashlib
import os
import signal
import socket
import subprocess
import termios
import time

import pytest

from harness import PATIENCE, TCPCHAT, ends, in_background, one_sentence, receive_all, reset, shown, until, without_sandbox

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
# How much longer than asked a timeout may take on a busy machine.
SLACK = 8


def label(peer):
    """The name that tcpchat gives to this end."""
    return shown(peer.getsockname())


def in_queue(descriptor, request):
    """The number that one of the *INQ, *OUTQ requests of ioctl(2) gives."""
    number = array.array("i", [0])
    fcntl.ioctl(descriptor, request, number)
    return number[0]


def wait_acknowledged(connection):
    """All that was sent has reached the other machine, read or not."""
    until(lambda: in_queue(connection, termios.TIOCOUTQ) == 0, "the bytes to be acknowledged")


def pour(write, data=bytes(4096)):
    """Writes without end, in the background, until the reader is gone."""
    def work():
        while True:
            write(data)
    in_background(work)


def assert_ended(peer):
    """The peer is told the end; where a failure ended the run, that may be a reset."""
    with contextlib.suppress(ConnectionResetError):
        assert peer.recv(1) == b""


@contextlib.contextmanager
def taking(low, high):
    """The block takes between low and high seconds."""
    start = time.monotonic()
    yield
    assert low <= time.monotonic() - start <= high


# The peer's end.

@both_roles
def test_answer_long_after_stdins_end_arrives_whole(conversation, role):
    run, peer = conversation(role)
    run.send(b"question")
    run.end_input()
    assert receive_all(peer) == b"question"
    time.sleep(2)  # longer than any program's idea of a quick answer, which is the matter
    answer = os.urandom(300_000)
    sender = in_background(lambda: (peer.sendall(answer), peer.close()))
    assert run.read_all() == answer
    sender.join()
    ends(run, 0)
    assert not run.stderr or role == "listen"


@both_roles
@pytest.mark.parametrize("other_direction", ["quiet", "ended", "blocked"])
def test_reset_delivers_all_readable_bytes(conversation, role, other_direction):
    """90 000 bytes are more than a pipe takes: the rest is in the socket when the reset arrives."""
    run, peer = conversation(role, "-v")
    run.expect_stderr(b" connected$")
    if other_direction == "ended":
        run.end_input()
        assert peer.recv(1) == b""
    if other_direction == "blocked":
        pour(run.stdin.write)
        until(lambda: in_queue(peer, termios.FIONREAD) > 50_000, "a full socket")
    name, data = label(peer), os.urandom(90_000)
    peer.sendall(data)
    wait_acknowledged(peer)
    reset(peer)
    assert run.read_all() == data
    ends(run, 1)
    last = run.stderr.decode().splitlines()[-1]
    assert last.startswith(f"tcpchat: {name}") and "Connection reset by peer" in last


@both_roles
def test_reset_ends_a_run_with_open_stdin(conversation, role):
    run, peer = conversation(role)
    run.send(b"x")
    assert peer.recv(1) == b"x"
    name = label(peer)
    reset(peer)
    ends(run, 1)
    assert name in run.stderr.decode().splitlines()[-1]


@both_roles
@pytest.mark.parametrize("options", [[], ["-e", "gbk"]], ids=" ".join)
def test_reset_is_one_sentence(conversation, role, options):
    run, peer = conversation(role, *options)
    run.send(b"x")
    assert peer.recv(1) == b"x"
    reset(peer)
    ends(run, 1)
    about_the_peer = [line for line in run.stderr.splitlines() if b"listening on" not in line]
    assert len(about_the_peer) == 1


def test_reset_before_accept_is_told(tcpchat):
    """The listener is busy elsewhere while a peer calls, sends and resets."""
    run = tcpchat("listen", "127.0.0.1", 0)
    assert run.port
    run.process.send_signal(signal.SIGSTOP)
    peer, data = run.call(), os.urandom(50_000)
    name = label(peer)
    peer.sendall(data)
    wait_acknowledged(peer)
    reset(peer)
    run.process.send_signal(signal.SIGCONT)
    assert run.read_all() == data
    ends(run, 1)
    assert name in run.stderr.decode().splitlines()[-1]


def test_reset_before_the_answer_is_told(tcpchat, blackhole):
    """The same in the other role: the answer, the data and the reset come while the caller is busy elsewhere."""
    hole = blackhole(address=("127.0.0.3", 0))
    run = tcpchat("connect", "127.0.0.3", hole.port)
    until(lambda: calls_at(hole.port) > 1, "the call")  # one is the hole's own
    run.process.send_signal(signal.SIGSTOP)
    for caller in hole.filling:
        caller.close()
    hole.accept().close()
    peer, data = hole.accept(), os.urandom(50_000)
    peer.sendall(data)
    wait_acknowledged(peer)
    reset(peer)
    run.process.send_signal(signal.SIGCONT)
    assert run.read_all() == data
    ends(run, 1)
    assert f"127.0.0.3:{hole.port}" in one_sentence(run)


# -q

@both_roles
def test_quit_after_ends_with_status_0(conversation, role):
    run, peer = conversation(role, "-q", "1", stdin=subprocess.DEVNULL)
    assert peer.recv(1) == b""
    peer.sendall(b"answer")
    with taking(0.8, 1 + SLACK):
        assert run.read_all() == b"answer"
        ends(run, 0)


def test_quit_after_is_not_put_off_by_traffic(conversation):
    run, peer = conversation("connect", "-q", "1", stdin=subprocess.DEVNULL)
    pour(lambda data: (peer.sendall(data), time.sleep(0.05)), b"x")
    with taking(0.8, 1 + SLACK):
        assert set(run.read_all()) == {ord("x")}
        ends(run, 0)


def test_quit_after_counts_from_the_end_of_stdin(conversation):
    run, peer = conversation("connect", "-q", "500ms")
    time.sleep(1)  # longer than the timeout, which is the matter
    run.send(b"x")
    assert peer.recv(1) == b"x"
    with taking(0.4, 0.5 + SLACK):
        run.end_input()
        ends(run, 0)


@both_roles
def test_quit_after_0_ends_at_once(conversation, role):
    run, peer = conversation(role, "-q", "0")
    run.send(b"all of it")
    with taking(0, SLACK):
        run.end_input()
        ends(run, 0)
    assert receive_all(peer) == b"all of it"


@both_roles
def test_quit_after_0_sends_all(conversation, role, tmp_path):
    """Closing with unread input would send a reset, and that destroys what is still under way."""
    data = os.urandom(12_000_000)
    (tmp_path / "data").write_bytes(data)
    with open(tmp_path / "data", "rb") as file:
        run, peer = conversation(role, "-q", "0", stdin=file)
    in_background(peer.sendall, bytes(12_000_000))  # stdout is not read: most of it stays in the socket
    until(lambda: in_queue(peer, termios.FIONREAD) > 0, "the first bytes")
    assert hashlib.sha256(receive_all(peer)).digest() == hashlib.sha256(data).digest()
    ends(run, 0)


# -i

@both_roles
def test_idle_timeout_is_status_4(conversation, role):
    run, peer = conversation(role, "-i", "1")
    name = label(peer)
    with taking(0.8, 1 + SLACK):
        assert_ended(peer)
        ends(run, 4)
    assert name in run.stderr.decode().splitlines()[-1]


@pytest.mark.parametrize("direction", ["sent", "received"])
def test_idle_timeout_counts_both_directions(conversation, direction):
    """Six pauses of half the timeout: without the traffic it would have run out in the middle."""
    run, peer = conversation("connect", "-i", "1500ms")
    for _ in range(6):
        if direction == "sent":
            run.send(b"x")
            assert peer.recv(1) == b"x"
        else:
            peer.sendall(b"x")
            assert run.read(1) == b"x"
        time.sleep(0.6)
    assert run.process.poll() is None
    with taking(0.5, 1.5 + SLACK):
        ends(run, 4)


def test_idle_timeout_begins_with_the_connection(tcpchat):
    run = tcpchat("listen", "-i", "500ms", "127.0.0.1", 0)
    run.port
    time.sleep(1)  # longer than the timeout, which is per connection
    with run.call() as peer:
        peer.sendall(b"x")
        assert run.read(1) == b"x"
    run.end_input()
    ends(run, 0)


# Signals.

def listening(tcpchat, **_):
    run = tcpchat("listen", "127.0.0.1", 0)
    assert run.port
    return run


def in_conversation(conversation, **_):
    run, peer = conversation("connect")
    peer.sendall(b"x")
    assert run.read(1) == b"x"
    return run


def with_stdout_blocked(conversation, **_):
    run, peer = conversation("connect")
    pour(peer.sendall)
    until(lambda: in_queue(run.stdout, termios.FIONREAD) > 60_000, "a full pipe")
    return run


def with_peer_blocked(conversation, **_):
    run, peer = conversation("connect")
    pour(run.stdin.write)
    until(lambda: in_queue(peer, termios.FIONREAD) > 50_000, "a full socket")
    return run


def connecting(tcpchat, blackhole, **_):
    hole = blackhole(address=("127.0.0.3", 0))
    run = tcpchat("connect", "127.0.0.3", hole.port)
    until(lambda: calls_at(hole.port) > 1, "the call")  # one is the hole's own
    return run


def calls_at(port):
    """The number of connections to that port that wait for an answer."""
    with open("/proc/net/tcp") as table:
        return sum(f":{port:04X} 02 " in line for line in table)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT], ids=lambda number: number.name)
@pytest.mark.parametrize("state", [listening, connecting, in_conversation, with_stdout_blocked, with_peer_blocked])
def test_signal_ends_the_run_by_itself(tcpchat, conversation, blackhole, state, number):
    run = state(tcpchat=tcpchat, conversation=conversation, blackhole=blackhole)
    run.process.send_signal(number)
    ends(run, 128 + number)
    assert run.process.returncode == -number


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_ignored_signal_stays_ignored(conversation, number):
    """As under nohup(1), and for `tcpchat &` in a script."""
    run, peer = conversation("connect", preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    for _ in range(2):
        run.process.send_signal(number)
        peer.sendall(b"x")
        assert run.read(1) == b"x"
    peer.close()
    run.end_input()
    ends(run, 0)


# A closed stdout.

SIGPIPE_AT_START = pytest.mark.parametrize(
    "at_start", [signal.SIG_DFL, signal.SIG_IGN], ids=["default", "ignored"])


def begin_with_sigpipe(conversation, role, at_start, *options, **popen):
    run, peer = conversation(role, *options, preexec_fn=lambda: signal.signal(signal.SIGPIPE, at_start), **popen)
    if role == "listen":
        assert run.port
    return run, peer


def ended_by_sigpipe(run):
    with taking(0, SLACK):
        ends(run, 128 + signal.SIGPIPE)
    assert run.process.returncode == -signal.SIGPIPE
    assert all(b"listening on" in line for line in run.stderr.splitlines()), run.stderr


@both_roles
@SIGPIPE_AT_START
@pytest.mark.parametrize("options", [[], ["-e", "gbk"], ["-i", "60"]], ids=" ".join)
def test_closed_stdout_ends_a_run_with_traffic(conversation, role, at_start, options):
    run, peer = begin_with_sigpipe(conversation, role, at_start, *options)
    pour(peer.sendall, b"hello\n")
    assert run.read(1) == b"h"
    run.stdout.close()
    ended_by_sigpipe(run)


@both_roles
@SIGPIPE_AT_START
@pytest.mark.parametrize("stdin", ["held open", "ended", "pouring"])
def test_closed_stdout_ends_a_quiet_run(conversation, role, at_start, stdin):
    options = {"stdin": subprocess.DEVNULL} if stdin == "ended" else {}
    run, peer = begin_with_sigpipe(conversation, role, at_start, **options)
    peer.sendall(b"hello\n")
    if stdin == "pouring":
        pour(run.stdin.write)
        in_background(receive_all, peer)
    assert run.read(1) == b"h"
    run.stdout.close()
    ended_by_sigpipe(run)


def test_stdout_closed_before_the_first_byte_ends_the_run(conversation):
    run, peer = conversation("connect")
    run.stdout.close()
    ended_by_sigpipe(run)
    assert_ended(peer)


def test_head_in_a_shell_pipeline_is_silent(listener):
    """The whole pipeline, with a stdin that does not end."""
    there = listener()
    idle_read, idle_write = os.pipe()
    shell = subprocess.Popen(
        ["bash", "-c", '"$0" connect 127.0.0.1 "$1" | head -c1; echo " ${PIPESTATUS[0]}"', TCPCHAT, str(there.port)],
        stdin=idle_read, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with there.accept() as peer:
        peer.sendall(b"hello\n")
        assert shell.communicate(timeout=PATIENCE) == (b"h 141\n", b"")
    os.close(idle_read)
    os.close(idle_write)


# A terminal on stdin.

@contextlib.contextmanager
def terminal():
    """(what the person holds, what the program gets)"""
    master, slave = os.openpty()
    try:
        yield master, slave
    finally:
        os.close(master)
        os.close(slave)


@both_roles
def test_peers_end_ends_stdin_at_a_terminal(conversation, tmp_path, role):
    """`listen 8080 > file` ends without Ctrl-D."""
    with terminal() as (master, slave), open(tmp_path / "file", "wb") as file:
        before = termios.tcgetattr(slave)
        run, peer = conversation(role, stdin=slave, stdout=file)
        os.write(master, b"typed\n")
        assert peer.recv(100) == b"typed\n"
        peer.sendall(b"hello")
        peer.close()
        ends(run, 0)
        assert termios.tcgetattr(slave) == before
    assert (tmp_path / "file").read_bytes() == b"hello"


@both_roles
def test_ctrl_d_ends_stdin(conversation, tmp_path, role):
    with terminal() as (master, slave), open(tmp_path / "file", "wb") as file:
        run, peer = conversation(role, stdin=slave, stdout=file)
        os.write(master, b"typed\n\x04")
        assert receive_all(peer) == b"typed\n"
        peer.sendall(b"answer")
        peer.close()
        ends(run, 0)
    assert (tmp_path / "file").read_bytes() == b"answer"


def test_hung_up_terminal_ends_the_run(conversation, tmp_path):
    """Without a controlling terminal SIGHUP does not come: reading fails or ends, and that ends the sending."""
    master, slave = os.openpty()
    with open(tmp_path / "file", "wb") as file:
        run, peer = conversation("connect", stdin=slave, stdout=file)
    os.close(slave)
    os.close(master)
    assert peer.recv(1) == b""
    peer.close()
    assert run.wait() in (0, 5)


# Local output and input that fail.

@both_roles
@pytest.mark.parametrize("options", [[], ["-e", "gbk"]], ids=" ".join)
@pytest.mark.parametrize("size", [1, 1_000_000])
def test_stdout_on_dev_full_is_status_5(conversation, role, options, size):
    with open("/dev/full", "wb") as full:
        run, peer = conversation(role, *options, stdout=full)
    in_background(peer.sendall, size * b"x")
    ends(run, 5)
    last = run.stderr.decode().splitlines()[-1]
    assert "standard output" in last and last.endswith("No space left on device")


def test_stdout_on_a_full_disk_is_status_5(tcpchat, listener, small_disk):
    there = listener()
    run = tcpchat(*small_disk[1:], "sh", "-c", 'exec "$0" "$@" > file', TCPCHAT, "connect", "127.0.0.1", there.port,
                  program=small_disk[0])
    with there.accept() as peer:
        in_background(peer.sendall, bytes(1_000_000))
        ends(run, 5)
    assert "standard output" in one_sentence(run) and one_sentence(run).endswith("No space left on device")


def test_output_file_on_a_full_disk_is_status_5(tcpchat, listener, small_disk):
    there = listener()
    run = tcpchat(*small_disk[1:], TCPCHAT, "connect", "-o", "file", "127.0.0.1", there.port, program=small_disk[0])
    with there.accept() as peer:
        data = os.urandom(1_000_000)
        in_background(lambda: (peer.sendall(data), peer.shutdown(socket.SHUT_WR)))
        assert run.read_all() == data
        run.send(b"still here")
        run.end_input()
        assert receive_all(peer) == b"still here"
    ends(run, 5)
    assert "file" in one_sentence(run) and one_sentence(run).endswith("No space left on device")


@both_roles
def test_directory_as_stdin_is_status_5(tcpchat, listener, tmp_path, role):
    directory = os.open(tmp_path, os.O_RDONLY)
    port = listener().port if role == "connect" else 0
    run = tcpchat(role, "127.0.0.1", port, stdin=directory)
    os.close(directory)
    if role == "listen":
        with contextlib.suppress(ConnectionResetError):  # the run may end before the call has returned
            run.call().close()
    ends(run, 5)
    last = run.stderr.decode().splitlines()[-1]
    assert "standard input" in last and last.endswith("Is a directory")


# -o

@both_roles
@pytest.mark.parametrize("options, shown_as", [([], "你好".encode("gbk")), (["-e", "gbk"], "你好".encode())],
                         ids=["raw", "gbk"])
def test_output_file_has_the_bytes_of_the_wire(conversation, tmp_path, role, options, shown_as):
    file = tmp_path / "file"
    file.write_bytes(1000 * b"older and longer")
    run, peer = conversation(role, "-o", file, *options)
    peer.sendall("你好".encode("gbk"))
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == shown_as
    run.send(b"this is not received")
    run.end_input()
    assert receive_all(peer) == b"this is not received"
    ends(run, 0)
    assert file.read_bytes() == "你好".encode("gbk")


def test_output_file_has_many_bytes(conversation, tmp_path):
    run, peer = conversation("connect", "-o", tmp_path / "file", stdin=subprocess.DEVNULL)
    data = os.urandom(2_000_000)
    in_background(lambda: (peer.sendall(data), peer.close()))
    assert run.read_all() == data
    ends(run, 0)
    assert (tmp_path / "file").read_bytes() == data


def test_output_file_has_the_bytes_before_a_reset(conversation, tmp_path):
    run, peer = conversation("connect", "-o", tmp_path / "file")
    data = os.urandom(90_000)
    peer.sendall(data)
    wait_acknowledged(peer)
    reset(peer)
    assert run.read_all() == data
    ends(run, 1)
    assert (tmp_path / "file").read_bytes() == data


def test_output_file_may_be_named_with_dashes(conversation, tmp_path):
    run, peer = conversation("connect", "-o", "-x", cwd=tmp_path, stdin=subprocess.DEVNULL)
    peer.sendall(b"x")
    peer.close()
    ends(run, 0)
    assert (tmp_path / "-x").read_bytes() == b"x"


@pytest.mark.parametrize("role", ["listen", "connect"])
@pytest.mark.parametrize("file, why", [("/nonexistent/file", "No such file or directory"), ("/", "Is a directory")])
def test_output_file_that_cannot_be_opened_is_status_5(tcpchat, listener, role, file, why):
    operands = ["127.0.0.1", 0] if role == "listen" else ["127.0.0.1", listener().port]
    run = tcpchat(role, "-o", file, *operands)
    ends(run, 5)
    last = run.stderr.decode().splitlines()[-1]
    assert file in last and last.endswith(why)


@both_roles
def test_output_file_on_dev_full_is_status_5(conversation, role):
    """A message at once, the conversation goes on, and the status tells it at the end."""
    run, peer = conversation(role, "-o", "/dev/full")
    peer.sendall(b"hello")
    assert run.read(5) == b"hello"
    run.expect_stderr(b"^tcpchat: .*/dev/full.*No space left on device$")
    peer.sendall(b" again")
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == b" again"
    run.send(b"still here")
    run.end_input()
    assert receive_all(peer) == b"still here"
    ends(run, 5)
    assert run.stderr.count(b"/dev/full") == 1


# --no-shutdown, --send-only, --recv-only

def is_silent(connection, seconds=0.5):
    """Neither bytes nor an end for a while."""
    connection.settimeout(seconds)
    try:
        connection.recv(1)
        return False
    except TimeoutError:
        return True
    finally:
        connection.settimeout(PATIENCE)


@both_roles
def test_no_shutdown_sends_no_fin(conversation, role):
    run, peer = conversation(role, "--no-shutdown")
    run.send(b"x")
    run.end_input()
    assert peer.recv(1) == b"x"
    assert is_silent(peer)
    peer.sendall(b"answer")
    peer.close()
    assert run.read_all() == b"answer"
    ends(run, 0)


@both_roles
def test_send_only_discards_received_bytes(conversation, role):
    run, peer = conversation(role, "--send-only")
    run.send(b"x")
    assert peer.recv(1) == b"x"
    peer.sendall(bytes(10_000_000))  # would block for good if it were not read
    run.end_input()
    assert peer.recv(1) == b""
    peer.close()
    assert run.read_all() == b""
    ends(run, 0)


@both_roles
def test_send_only_sends_all_to_a_peer_that_only_receives(conversation, role):
    """A half-close says that the peer sends no more, not that it takes no more."""
    run, peer = conversation(role, "--send-only")
    peer.shutdown(socket.SHUT_WR)
    data = bytes(range(256)) * 20000
    in_background(lambda: (run.send(data), run.end_input()))
    assert receive_all(peer) == data
    ends(run, 0)


def test_send_only_waits_for_the_peer(conversation):
    run, peer = conversation("connect", "--send-only", stdin=subprocess.DEVNULL)
    assert peer.recv(1) == b""
    with pytest.raises(subprocess.TimeoutExpired):
        run.process.wait(0.5)
    peer.close()
    ends(run, 0)


def test_quit_after_bounds_send_only(conversation):
    run, peer = conversation("connect", "--send-only", "-q", "500ms", stdin=subprocess.DEVNULL)
    with taking(0.3, 0.5 + SLACK):
        assert peer.recv(1) == b""
        ends(run, 0)


@both_roles
def test_recv_only_never_reads_stdin(conversation, role):
    ours, theirs = os.pipe()
    os.write(theirs, b"abc")
    run, peer = conversation(role, "--recv-only", stdin=ours)
    assert is_silent(peer)
    peer.sendall(b"hello")
    peer.close()
    assert run.read_all() == b"hello"
    ends(run, 0)
    assert in_queue(ours, termios.FIONREAD) == 3
    os.close(ours)
    os.close(theirs)


@both_roles
def test_recv_only_sends_no_end_before_the_peers(conversation, role):
    run, peer = conversation(role, "--recv-only", stdin=subprocess.DEVNULL)
    assert is_silent(peer)
    peer.sendall(b"hello")
    peer.shutdown(socket.SHUT_WR)
    assert peer.recv(1) == b""
    assert run.read_all() == b"hello"
    ends(run, 0)


def test_recv_only_ignores_a_directory_as_stdin(conversation, tmp_path):
    directory = os.open(tmp_path, os.O_RDONLY)
    run, peer = conversation("connect", "--recv-only", stdin=directory)
    os.close(directory)
    peer.close()
    ends(run, 0)
    assert run.stderr == b""


# -v

@both_roles
@pytest.mark.parametrize("stdin_first", [True, False], ids=["stdin ends first", "the peer ends first"])
def test_verbose_tells_connection_and_end(conversation, role, stdin_first):
    run, peer = conversation(role, "-v")
    name = label(peer)
    run.send(21 * b"s")
    peer.sendall(27 * b"r")
    if stdin_first:
        run.end_input()
        assert receive_all(peer) == 21 * b"s"
        peer.close()
    else:
        peer.shutdown(socket.SHUT_WR)
        assert run.read_all() == 27 * b"r"
        run.end_input()
        assert receive_all(peer) == 21 * b"s"
    ends(run, 0)
    listening_line = [f"tcpchat: listening on 127.0.0.1:{run.port}"] if role == "listen" else []
    assert without_sandbox(run.stderr.decode().splitlines()) == listening_line + [
        f"tcpchat: {name} connected",
        f"tcpchat: {name} closed by {'this side' if stdin_first else 'the peer'}; 27 bytes received, 21 sent"]


def test_verbose_counts_the_wire(conversation):
    """Two characters are 6 bytes here and 4 there, and a line's end is one byte here and two there."""
    run, peer = conversation("connect", "-v", "-e", "gbk", "-C")
    run.send("你好\n".encode())
    run.end_input()
    assert receive_all(peer) == "你好\r\n".encode("gbk")
    peer.sendall("好".encode("gbk"))
    peer.close()
    ends(run, 0)
    run.expect_stderr(b"closed by this side; 2 bytes received, 6 sent$")


def test_verbose_names_a_unix_peer(tcpchat, listener, tmp_path):
    there = listener(socket.AF_UNIX, str(tmp_path / "s"))
    run = tcpchat("connect", "-v", f"unix:{tmp_path}/s")
    there.accept().close()
    assert run.read_all() == b""
    run.end_input()
    ends(run, 0)
    assert without_sandbox(run.stderr.decode().splitlines()) == [
        f"tcpchat: unix:{tmp_path}/s connected",
        f"tcpchat: unix:{tmp_path}/s closed by the peer; 0 bytes received, 0 sent"]


@both_roles
@pytest.mark.parametrize("flag, traces", [("-v", False), ("-vv", True)])
def test_vv_traces_states_by_name(conversation, role, flag, traces):
    run, peer = conversation(role, flag)
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == b""
    run.end_input()
    assert receive_all(peer) == b""
    ends(run, 0)
    traced = [line.removeprefix("tcpchat: trace: ") for line in run.stderr.decode().splitlines() if ": trace: " in line]
    start = ([f"{label(peer)}: attempt NEW -> PENDING", f"{label(peer)}: attempt PENDING -> WON"] if role == "connect" else
             ["127.0.0.1:0: listener STARTING -> ACCEPTING", "127.0.0.1:0: listener ACCEPTING -> CLOSED"])
    relay = [f"{label(peer)}: relay {half}" for half in
             ("in OPEN -> DRAIN", "in DRAIN -> CLOSED", "out OPEN -> DRAIN", "out DRAIN -> CLOSED")]
    assert traced == (start + relay if traces else [])


def test_run_without_verbose_is_silent(conversation):
    run, peer = conversation("connect", stdin=subprocess.DEVNULL)
    peer.sendall(b"x")
    peer.close()
    ends(run, 0)
    assert run.stderr == b""


# -C

@both_roles
@pytest.mark.parametrize("text, sent", [
    (b"a\nb\n", b"a\r\nb\r\n"),
    (b"\n\n\n", b"\r\n\r\n\r\n"),
    (b"a\r\nb\n", b"a\r\nb\r\n"),
    (b"\r\r\n\r\n", b"\r\r\n\r\n"),
    (b"no end", b"no end"),
    (b"only CR\r", b"only CR\r"),
    (50_000 * b"x\n", 50_000 * b"x\r\n"),
], ids=["lf", "empty lines", "crlf", "cr crlf", "none", "cr", "many"])
def test_crlf_replaces_lf(conversation, role, text, sent):
    run, peer = conversation(role, "-C")
    in_background(lambda: (run.send(text), run.end_input()))
    assert receive_all(peer) == sent
    peer.sendall(b"received\nas it\r\ncomes\n")
    peer.close()
    assert run.read_all() == b"received\nas it\r\ncomes\n"
    ends(run, 0)


def test_crlf_survives_split_writes(conversation):
    run, peer = conversation("connect", "--crlf")
    for part, sent in [(b"a\r", b"a\r"), (b"\n", b"\n"), (b"b", b"b"), (b"\n", b"\r\n"), (b"\n", b"\r\n")]:
        run.send(part)
        got = b""
        while len(got) < len(sent):
            got += peer.recv(len(sent) - len(got))
        assert got == sent
    run.end_input()
    assert peer.recv(1) == b""


def test_crlf_comes_before_conversion(conversation):
    run, peer = conversation("connect", "-C", "-e", "gbk")
    run.send("你好\n".encode())
    run.end_input()
    assert receive_all(peer) == "你好\r\n".encode("gbk")


# Exit status 3: text was replaced.

@both_roles
@pytest.mark.parametrize("text, sent, sentence", [
    ("a😀", b"a?", "1 character is not in GBK, the first U+1F600 at byte 1"),
    ("😀a😁", b"?a?", "2 characters are not in GBK, the first U+1F600 at byte 0"),
    ("你😀", b"\xc4\xe3?", "1 character is not in GBK, the first U+1F600 at byte 2"),
    (5000 * "你" + "ก", 5000 * b"\xc4\xe3" + b"?", "1 character is not in GBK, the first U+0E01 at byte 10000"),
], ids=["one", "two", "after two bytes", "far"])
def test_characters_that_the_peer_lacks_are_status_3(conversation, role, text, sent, sentence):
    run, peer = conversation(role, "-e", "gbk")
    in_background(lambda: (run.send(text.encode()), run.end_input()))
    assert receive_all(peer) == sent
    peer.close()
    ends(run, 3)
    assert run.stderr.decode().splitlines()[-1] == f"tcpchat: standard input: {sentence}"


@both_roles
@pytest.mark.parametrize("data, text, sentence", [
    (b"ab\xff\n", "ab\ufffd\n", "1 byte sequence was not valid GBK, the first at byte 2"),
    (b"\xffa\xffb", "\ufffda\ufffdb", "2 byte sequences were not valid GBK, the first at byte 0"),
    (b"\xc4\xe3\xff", "你\ufffd", "1 byte sequence was not valid GBK, the first at byte 2"),
    (b"\xc4\xe3\xc4", "你\ufffd", "1 byte sequence was not valid GBK, the first at byte 2"),
    (90_000 * b"x" + b"\xff", 90_000 * "x" + "\ufffd",
     "1 byte sequence was not valid GBK, the first at byte 90000"),
], ids=["one", "two", "after a hanzi", "cut at the end", "far"])
def test_invalid_bytes_of_the_peer_are_status_3(conversation, role, data, text, sentence):
    run, peer = conversation(role, "-e", "gbk", stdin=subprocess.DEVNULL)
    name = label(peer)
    in_background(lambda: (peer.sendall(data), peer.close()))
    assert run.read_all() == text.encode()
    ends(run, 3)
    assert run.stderr.decode().splitlines()[-1] == f"tcpchat: {name}: {sentence}"


def test_invalid_bytes_of_stdin_are_status_3(conversation):
    run, peer = conversation("connect", "-e", "gbk")
    run.send(b"ab\xff")
    run.end_input()
    assert receive_all(peer) == b"ab?"
    peer.close()
    ends(run, 3)
    assert one_sentence(run) == "standard input: 1 byte sequence was not valid UTF-8, the first at byte 2"


def test_characters_that_stdout_lacks_are_status_3(conversation):
    run, peer = conversation("connect", "-e", "utf-8", "--local-encoding", "gbk", stdin=subprocess.DEVNULL)
    name = label(peer)
    peer.sendall("你😀".encode())
    peer.close()
    assert run.read_all() == "你?".encode("gbk")
    ends(run, 3)
    assert one_sentence(run) == f"{name}: 1 character is not in GBK, the first U+1F600 at byte 3"


def test_each_direction_has_its_own_sentence(conversation):
    run, peer = conversation("connect", "-e", "gbk")
    name = label(peer)
    run.send("😀".encode())
    run.end_input()
    assert receive_all(peer) == b"?"
    peer.sendall(b"\xff")
    peer.close()
    ends(run, 3)
    assert sorted(run.stderr.decode().splitlines()) == sorted([
        f"tcpchat: {name}: 1 byte sequence was not valid GBK, the first at byte 0",
        "tcpchat: standard input: 1 character is not in GBK, the first U+1F600 at byte 0"])


def test_offsets_count_line_ends_on_the_wire(conversation):
    run, peer = conversation("connect", "-e", "gbk", "-C")
    run.send("a\n😀".encode())
    run.end_input()
    assert receive_all(peer) == b"a\r\n?"
    peer.close()
    ends(run, 3)
    assert one_sentence(run).endswith("the first U+1F600 at byte 3")


def test_identity_passes_invalid_bytes(conversation):
    run, peer = conversation("connect", "-e", "utf8")
    run.send(b"\xff\xc4\xe3")
    run.end_input()
    assert receive_all(peer) == b"\xff\xc4\xe3"
    peer.sendall(b"\xff\xc4\xe3")
    peer.close()
    assert run.read_all() == b"\xff\xc4\xe3"
    ends(run, 0)
    assert run.stderr == b""


def test_reset_decides_before_replaced_text(conversation):
    run, peer = conversation("connect", "-e", "gbk")
    peer.sendall(b"\xff.")
    assert run.read(4) == "\ufffd.".encode()
    reset(peer)
    ends(run, 1)
    run.expect_stderr(b"1 byte sequence was not valid GBK")


def test_idle_timeout_decides_before_replaced_text(conversation):
    run, peer = conversation("connect", "-e", "gbk", "-i", "500ms")
    peer.sendall(b"\xff.")
    ends(run, 4)


@pytest.mark.parametrize("option", ["-o", "-x", "--transcript"])
def test_failed_file_decides_before_replaced_text(conversation, option):
    """Exit 5 at the end is promised; 3 is for runs where nothing else is to be told."""
    run, peer = conversation("connect", "-e", "gbk", option, "/dev/full", stdin=subprocess.DEVNULL)
    peer.sendall(b"\xff.")
    peer.close()
    ends(run, 5)
