# SPDX-License-Identifier: GPL-3.0-or-later
"""Pipe mode with whatever stands on the descriptors 0 to 2, whose flags are left as they were."""
import contextlib
import fcntl
import io
import os
import select
import signal
import socket
import subprocess
import termios
import time
import tty
from dataclasses import dataclass
from typing import Optional

import pytest

from harness import PATIENCE, cpu_seconds, ends, in_background, read_exactly, receive_all, until

NOBODY, DAEMON = 65534, 1
# Printable lines, so that a terminal in line mode passes them too.
TEXT = b"".join(b"what is sent, line %06d\n" % i for i in range(12000))
ANSWER = b"".join(b"what is received, line %06d\n" % i for i in range(12000))

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
blocking_or_not = pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "non-blocking"])


@dataclass
class Stand:
    """A descriptor of the program: the program's end, the other end (a file has none), its path, and the user that
    the program runs as."""
    child: io.FileIO
    near: Optional[io.FileIO] = None
    path: Optional[str] = None
    user: dict = None

    def close(self):
        self.child.close()
        if self.near:
            self.near.close()


def file(descriptor):
    """Owns a descriptor; it is read and written by number."""
    return io.FileIO(descriptor, "rb")


def in_order(way, reader, writer):
    """(the program's end, the other)"""
    return (file(reader), file(writer)) if way == "in" else (file(writer), file(reader))


def anonymous_pipe(way, _):
    return Stand(*in_order(way, *os.pipe()))


def named_fifo(way, folder):
    path = str(folder / f"fifo-{way}")
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(path, os.O_WRONLY)
    os.set_blocking(reader, True)
    return Stand(*in_order(way, reader, writer))


def another_users_pipe(way, _):
    """As after su(1): the program may use the descriptor, but may not open it anew by way of /proc."""
    reader, writer = os.pipe()
    os.fchown(reader, NOBODY, NOBODY)
    return Stand(*in_order(way, reader, writer), user={"user": DAEMON, "group": DAEMON, "extra_groups": []})


def terminal(way, _):
    """In line mode, passing what is printable as it is."""
    near, child = os.openpty()
    mode = termios.tcgetattr(child)
    mode[tty.IFLAG] &= ~(termios.ICRNL | termios.IXON)
    mode[tty.OFLAG] &= ~termios.OPOST
    mode[tty.LFLAG] &= ~(termios.ECHO | termios.ISIG)
    termios.tcsetattr(child, termios.TCSANOW, mode)
    return Stand(file(child), file(near))


def another_users_terminal(way, folder):
    return Stand(**{**vars(terminal(way, folder)), "user": {"user": DAEMON, "group": DAEMON, "extra_groups": []}})


def unix_socket(*_):
    child, near = socket.socketpair()
    return Stand(file(child.detach()), file(near.detach()))


def tcp_socket(*_):
    with socket.create_server(("127.0.0.1", 0)) as server:
        child = socket.create_connection(server.getsockname(), PATIENCE)
        near, _ = server.accept()
    child.settimeout(None)
    return Stand(file(child.detach()), file(near.detach()))


def regular_file(way, folder):
    path = str(folder / f"file-{way}")
    with open(path, "wb") as writer:
        writer.write(TEXT if way == "in" else b"")
    return Stand(file(os.open(path, os.O_RDONLY if way == "in" else os.O_WRONLY)), path=path)


def appended_file(_, folder):
    path = str(folder / "file-appended")
    return Stand(file(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)), path=path)


FOREIGN = [another_users_pipe, another_users_terminal]
NEVER_WAIT = [anonymous_pipe, named_fifo, terminal, unix_socket, tcp_socket, another_users_pipe]
CHANNELS = [*NEVER_WAIT, another_users_terminal]
INPUTS = [*CHANNELS, regular_file]
OUTPUTS = [*CHANNELS, regular_file, appended_file]


def name_of(make):
    return make.__name__.replace("_", " ")


def kinds(name, makers):
    return pytest.mark.parametrize(name, makers, ids=name_of)


def is_terminal(make):
    return make in (terminal, another_users_terminal)


@pytest.fixture
def stand(tmp_path):
    """stand(kind, "in" or "out", blocking) makes what the program gets."""
    made = []

    def make(kind, way, blocking=True):
        if kind in FOREIGN and os.geteuid() != 0:
            pytest.skip("only root can stand in for two other users")
        made.append(kind(way, tmp_path))
        os.set_blocking(made[-1].child.fileno(), blocking)
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def talks(conversation, request):
    """A conversation with these stands on descriptors 0 and 1 (None: an ordinary pipe)."""
    def begin(role, *options, stdin=None, stdout=None, **popen):
        for stand, name in ((stdin, "stdin"), (stdout, "stdout")):
            if stand:
                popen[name] = stand.child
                popen.update(stand.user or {})
        if "user" in popen:
            popen["program"] = request.getfixturevalue("public_program")
        return conversation(role, *options, **popen)

    return begin


def flags(*stands):
    """The status flags that all sharers of these descriptors see."""
    return [fcntl.fcntl(stand.child, fcntl.F_GETFL) for stand in stands]


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view):]


def feed(stand, data):
    """Gives data at the other end, and the end."""
    if stand.near:
        write_all(stand.near.fileno(), data)
        end(stand)


def end(stand):
    if os.isatty(stand.near.fileno()):
        os.write(stand.near.fileno(), b"\x04")
    else:
        stand.near.close()


# Data passes.

CROSS = [(given, taken) for given in INPUTS for taken in OUTPUTS if not (is_terminal(given) and is_terminal(taken))]
WITH_A_PIPE = [pair for pair in CROSS if anonymous_pipe in pair]


def both_ways_pass(talks, role, given, taken):
    """Bytes and ends pass in both directions, and nothing has changed on the descriptors."""
    before = flags(given, taken)
    run, peer = talks(role, stdin=given, stdout=taken)
    in_background(feed, given, TEXT)
    sent = []
    receiver = in_background(lambda: sent.append(receive_all(peer)))
    sender = in_background(peer.sendall, ANSWER)
    if taken.near:
        assert read_exactly(taken.near.fileno(), len(ANSWER)) == ANSWER
    receiver.join(PATIENCE)
    assert sent == [TEXT]
    sender.join(PATIENCE)
    peer.shutdown(socket.SHUT_WR)
    ends(run, 0)
    if taken.path:
        with open(taken.path, "rb") as written:
            assert written.read() == ANSWER
    assert flags(given, taken) == before


@pytest.mark.parametrize("stdin, stdout", CROSS, ids=name_of)
def test_descriptor_pairs_carry_all_bytes(stand, talks, stdin, stdout):
    both_ways_pass(talks, "connect", stand(stdin, "in"), stand(stdout, "out"))


@pytest.mark.parametrize("stdin, stdout", WITH_A_PIPE, ids=name_of)
def test_descriptor_pairs_carry_all_bytes_of_listen(stand, talks, stdin, stdout):
    both_ways_pass(talks, "listen", stand(stdin, "in"), stand(stdout, "out"))


@pytest.mark.parametrize("stdin, stdout", WITH_A_PIPE, ids=name_of)
def test_non_blocking_descriptors_carry_all_bytes(stand, talks, stdin, stdout):
    both_ways_pass(talks, "connect", stand(stdin, "in", False), stand(stdout, "out", False))


def test_descriptor_flags_are_never_changed(stand, talks):
    given, taken = stand(unix_socket, "in"), stand(named_fifo, "out")
    run, peer = talks("connect", stdin=given, stdout=taken)
    before = flags(given, taken)
    error = flags_inside(run, 2)
    peer.sendall(b"x")
    assert read_exactly(taken.near.fileno(), 1) == b"x"
    assert flags(given, taken) == before
    assert flags_inside(run, 2) == error == os.O_WRONLY


def flags_inside(run, descriptor):
    with open(f"/proc/{run.pid}/fdinfo/{descriptor}") as info:
        return int(dict(line.split(":") for line in info)["flags"], 8) & ~os.O_LARGEFILE & ~0o100000


# A blocked direction blocks nothing else, and being killed there leaves the flags as they were.

@blocking_or_not
@kinds("kind", CHANNELS)
def test_blocked_stdout_does_not_stop_sending(stand, talks, kind, blocking):
    if kind is another_users_terminal and blocking:
        pytest.xfail("no call tells how much a terminal takes without waiting, and this one cannot be opened anew")
    taken = stand(kind, "out", blocking)
    before = flags(taken)
    run, peer = talks("connect", stdout=taken)
    fill(peer.fileno())
    assert_rests(run)
    for _ in range(3):
        assert_sends(run, peer)
        read_exactly(taken.near.fileno(), 5000)  # some room: it must not be overfilled now
    run.process.kill()
    ends(run, 128 + signal.SIGKILL)
    assert flags(taken) == before


def fill(descriptor):
    """Writes until everything up to the other side's reader is full and stays full for longer than 200 ms, after
    which TCP probes the window."""
    os.set_blocking(descriptor, False)
    full_at = time.monotonic()
    while time.monotonic() < full_at + 0.25:
        with contextlib.suppress(BlockingIOError):
            while os.write(descriptor, b"x" * 4099):
                full_at = time.monotonic()
        time.sleep(0.01)


def assert_rests(run):
    """A program that waits sleeps: it takes no time of the processor."""
    before = cpu_seconds(run.pid)
    time.sleep(0.2)
    assert cpu_seconds(run.pid) - before < 0.1


def assert_sends(run, peer):
    run.send(b"x")
    assert read_exactly(peer.fileno(), 1) == b"x"


def assert_receives(run, peer):
    peer.sendall(b"x")
    assert run.read(1) == b"x"


@blocking_or_not
@kinds("kind", CHANNELS)
def test_blocked_peer_does_not_stop_receiving(stand, talks, kind, blocking):
    given = stand(kind, "in", blocking)
    if is_terminal(kind):
        tty.setraw(given.child)  # in line mode a terminal never gets full
    before = flags(given)
    run, peer = talks("connect", stdin=given)
    fill(given.near.fileno())
    assert_rests(run)
    assert_receives(run, peer)
    run.process.kill()
    ends(run, 128 + signal.SIGKILL)
    assert flags(given) == before


@blocking_or_not
@kinds("kind", CHANNELS)
def test_quiet_stdin_does_not_stop_receiving(stand, talks, kind, blocking):
    given = stand(kind, "in", blocking)
    run, peer = talks("connect", stdin=given)
    assert_receives(run, peer)
    assert_rests(run)
    for _ in range(3):
        assert_receives(run, peer)
        os.write(given.near.fileno(), b"y\n")
        assert read_exactly(peer.fileno(), 2) == b"y\n"


def test_endless_stdin_does_not_stop_receiving(conversation):
    with open("/dev/zero", "rb") as zeros:
        run, peer = conversation("connect", stdin=zeros)
    for _ in range(3):
        assert read_exactly(peer.fileno(), 300_000) == bytes(300_000)
        assert_receives(run, peer)


# Ends.

WITH_AN_END = [anonymous_pipe, named_fifo, another_users_pipe, unix_socket, tcp_socket]


@kinds("kind", WITH_AN_END)
def test_peers_end_closes_stdout(stand, talks, kind):
    taken = stand(kind, "out")
    run, peer = talks("connect", stdout=taken)
    taken.child.close()
    peer.sendall(b"hello")
    peer.shutdown(socket.SHUT_WR)
    assert read_exactly(taken.near.fileno(), None) == b"hello"
    assert_sends(run, peer)  # the other direction goes on
    run.end_input()
    assert peer.recv(1) == b""
    ends(run, 0)


@kinds("kind", [anonymous_pipe, named_fifo, another_users_pipe, unix_socket])
def test_closed_stdout_ends_a_quiet_run(stand, talks, kind):
    taken = stand(kind, "out")
    run, peer = talks("connect", stdout=taken)
    peer.sendall(b"hello")
    assert read_exactly(taken.near.fileno(), 5) == b"hello"
    taken.near.close()
    ends(run, 128 + signal.SIGPIPE)
    assert run.stderr == b""


@kinds("kind", [terminal, another_users_terminal])
def test_hung_up_terminal_as_stdout_ends_the_run(stand, talks, kind):
    taken = stand(kind, "out")
    run, peer = talks("connect", stdout=taken)
    peer.sendall(b"hello")
    assert read_exactly(taken.near.fileno(), 5) == b"hello"
    taken.near.close()
    assert run.wait() in (5, 128 + signal.SIGHUP, 128 + signal.SIGPIPE)


# One socket as stdin and stdout, as inetd and socat give it.

@kinds("kind", [unix_socket, tcp_socket])
@blocking_or_not
@pytest.mark.parametrize("first", ["stdin", "peer"])
def test_one_socket_serves_as_stdin_and_stdout(stand, talks, kind, blocking, first):
    """The peer's end must arrive there although descriptor 0 keeps the socket open."""
    both = stand(kind, "in", blocking)
    before = flags(both)
    run, peer = talks("connect", stdin=both, stdout=both)
    with socket.socket(fileno=os.dup(both.near.fileno())) as near:
        near.settimeout(PATIENCE)
        for giver, taker in ((near, peer), (peer, near)):
            giver.sendall(b"hello")
            assert read_exactly(taker.fileno(), 5) == b"hello"
        assert flags(both) == before
        both.child.close()
        for giver, taker in ((near, peer), (peer, near)) if first == "stdin" else ((peer, near), (near, peer)):
            giver.sendall(b"bye")
            giver.shutdown(socket.SHUT_WR)
            assert receive_all(taker) == b"bye"
    ends(run, 0)


# Files.

def test_stdin_begins_at_the_file_offset(conversation, tmp_path):
    """( read line; tcpchat connect … ; cat ) < file"""
    (tmp_path / "file").write_bytes(b"first\nsecond\nthird\n")
    with open(tmp_path / "file", "rb", buffering=0) as shared:
        shared.seek(6)
        run, peer = conversation("connect", stdin=shared)
        assert receive_all(peer) == b"second\nthird\n"
        peer.close()
        ends(run, 0)
        assert shared.tell() == 19


def test_stdout_continues_at_the_file_offset(conversation, tmp_path):
    """( echo before; tcpchat connect …; echo after ) > file"""
    with open(tmp_path / "file", "wb", buffering=0) as shared:
        shared.write(b"before\n")
        run, peer = conversation("connect", stdin=subprocess.DEVNULL, stdout=shared)
        peer.sendall(b"between\n")
        peer.close()
        ends(run, 0)
        shared.write(b"after\n")
    assert (tmp_path / "file").read_bytes() == b"before\nbetween\nafter\n"


@both_roles
def test_append_mode_is_kept_with_another_writer(stand, talks, role):
    """tcpchat … >> log, while another program appends to the same log."""
    log = stand(appended_file, "out")
    with open(log.path, "ab", buffering=0) as other:
        other.write(b"a log that was there before\n")
        run, peer = talks(role, stdout=log)
        expected = b"a log that was there before\n"
        for number in range(20):
            peer.sendall(b"received %d\n" % number)
            expected += b"received %d\n" % number
            until(lambda: os.stat(log.path).st_size == len(expected), "the line")
            other.write(b"other %d\n" % number)
            expected += b"other %d\n" % number
    peer.shutdown(socket.SHUT_WR)
    run.end_input()
    ends(run, 0)
    with open(log.path, "rb") as written:
        assert written.read() == expected


@both_roles
def test_dev_null_serves_as_stdin_and_stdout(conversation, role):
    run, peer = conversation(role, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    assert peer.recv(1) == b""
    peer.sendall(bytes(1_000_000))
    peer.close()
    ends(run, 0)


def test_dev_null_as_stdout_goes_on_sending_after_the_peers_end(conversation):
    run, peer = conversation("connect", stdout=subprocess.DEVNULL)
    peer.sendall(b"into nothing")
    peer.shutdown(socket.SHUT_WR)
    assert_sends(run, peer)
    run.end_input()
    assert peer.recv(1) == b""
    ends(run, 0)


@both_roles
def test_dev_full_as_stdout_is_status_5(conversation, role):
    with open("/dev/full", "wb") as full:
        run, peer = conversation(role, stdout=full)
        before = fcntl.fcntl(full, fcntl.F_GETFL)
        peer.sendall(b"x")
        ends(run, 5)
        assert fcntl.fcntl(full, fcntl.F_GETFL) == before


# Shared with another program.

@kinds("kind", NEVER_WAIT)
def test_runs_can_share_stdin(stand, talks, kind):
    """All wake for the same bytes and one gets them; the others must not wait for more in read(2)."""
    given = stand(kind, "in")
    runs = [talks("connect", stdin=given) for _ in range(4)]
    for _ in range(200):
        os.write(given.near.fileno(), b"line\n")
        receive_from_one(runs, 5)
    for run, peer in runs:
        assert_receives(run, peer)


def receive_from_one(runs, expected):
    while expected:
        readable, _, _ = select.select([peer for _, peer in runs], [], [], PATIENCE)
        assert readable, "nobody sent it on"
        for peer in readable:
            expected -= len(peer.recv(expected))


@kinds("kind", NEVER_WAIT)
def test_runs_can_share_a_blocked_stdout(stand, talks, kind):
    """All wake for the same room and one fills it; the others must not wait for more in write(2)."""
    taken = stand(kind, "out")
    runs = [talks("connect", stdout=taken) for _ in range(4)]
    for run, peer in runs:
        fill(peer.fileno())
    for _ in range(30):
        os.read(taken.near.fileno(), 4096)
        for run, peer in runs:
            assert_sends(run, peer)


def test_terminal_on_every_descriptor_keeps_its_settings(stand, talks):
    shared = stand(terminal, "in")
    before, mode = flags(shared), termios.tcgetattr(shared.child)
    run, peer = talks("connect", stdin=shared, stdout=shared)
    peer.sendall(b"hello\n")
    shown = b""
    while b"hello" not in shown:
        shown += os.read(shared.near.fileno(), 4096)
    run.process.send_signal(signal.SIGTERM)
    ends(run, 128 + signal.SIGTERM)
    assert flags(shared) == before
    assert termios.tcgetattr(shared.child) == mode


# Closed descriptors.

@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]], ids=str)
def test_closed_standard_descriptors_are_never_reused(conversation, closed):
    """A socket or a file must never come to stand where the caller closed one of the three: what is received or said
    would go out to the peer."""
    run, peer = conversation("connect", "-v", preexec_fn=lambda: [os.close(number) for number in closed])
    if 0 not in closed:
        run.send(b"sent")
        run.end_input()
    peer.sendall(b"received")
    with contextlib.suppress(OSError):  # a run that cannot put it anywhere may be gone already
        peer.shutdown(socket.SHUT_WR)
    assert_sent(peer, b"" if 0 in closed else b"sent", whole=1 not in closed)
    assert run.read_all() == (b"" if 1 in closed else b"received")
    assert run.wait() in ((5,) if 1 in closed else (0, 5) if 0 in closed else (0,)), run.stderr
    if 2 not in closed:
        assert b"tcpchat: 127.0.0.1:" in run.stderr


def assert_sent(peer, expected, whole):
    """A run that fails may end the sending too, but it may send nothing else."""
    got = b""
    with contextlib.suppress(ConnectionResetError):
        got = receive_all(peer)
    assert got in ((expected,) if whole else (expected, b""))
