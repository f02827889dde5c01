# SPDX-License-Identifier: GPL-3.0-or-later
"""When memory and descriptors are short: a run works or says why not, and a room refuses the newcomer only."""
import contextlib
import errno
import mmap
import os
import resource
import shutil
import signal
import socket
import struct
import subprocess

import pytest

from crowd import crowd_of, settle
from harness import PATIENCE, RELEASE, ROOT, environment, one_sentence, until
from screen import Screen
from test_many_descriptors import scarce  # noqa: F401 (a fixture)

STARTS = {
    "connect": ["connect", "127.0.0.1", "9"],
    "converting": ["connect", "-e", "gbk", "127.0.0.1", "9"],
    "by name": ["connect", "localhost", "9"],
    "program": ["connect", "--exec", "cat", "127.0.0.1", "9"],
    "listen": ["listen", "--listen-timeout", "20ms", "127.0.0.1", "0"],
    "keep open": ["listen", "-k", "--listen-timeout", "20ms", "127.0.0.1", "0"],
    "room": ["listen", "--chat", "--deny", "10.0.0.1", "--listen-timeout", "20ms", "127.0.0.1", "0"],
    "forward": ["listen", "-k", "--forward", "127.0.0.1:9", "--listen-timeout", "20ms", "127.0.0.1", "0"],
}
every_start = pytest.mark.parametrize("words", STARTS.values(), ids=STARTS)


@pytest.fixture(scope="module")
def memory(tmp_path_factory):
    """tests/shim/memory.c; sanitizers allocate by themselves, so it is for the release build."""
    resolver = os.environ.get("TCPCHAT_RESOLVER_SHIM", os.path.join(ROOT, "build", "dev", "libtcpchat-resolver.so"))
    shim = os.path.join(os.path.dirname(resolver), "libtcpchat-memory.so")
    if not os.path.exists(shim):
        pytest.skip("this C library cannot be short of memory")
    return shutil.copy(shim, tmp_path_factory.mktemp("shim"))


def start(words, **how):
    return subprocess.run([RELEASE, *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, **how)


def assert_works_or_says_why(run, least):
    """No listener is on port 9, and no peer comes: 1 and 4 are the expected failures."""
    sentences = run.stderr.decode().splitlines()
    assert run.returncode in (1, 4, 5), (least, run.returncode, run.stderr)
    assert sentences and sentences[-1].startswith("tcpchat: "), (least, run.stderr)


@every_start
def test_few_descriptors_are_enough_or_told(words):
    for limit in (4, 5, 6, 9, 10, 11, 12, 14, 17, 20, 30, 64):
        run = start(words, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit)))
        assert_works_or_says_why(run, limit)


def set_limits(descriptors):
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    resource.setrlimit(resource.RLIMIT_CPU, (1, 1))


def start_at_a_terminal(words, limit, folder, **changes):
    """The status, and what was shown; standard error is the terminal, too. A run that spins is killed."""
    ours, theirs = os.openpty()
    env = environment(TERM="xterm", HOME=str(folder), XDG_STATE_HOME=str(folder), **changes)
    run = subprocess.Popen([RELEASE, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env,
                           preexec_fn=lambda: set_limits(limit))
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # EIO: all ends of the other side are closed
        while some := os.read(ours, 65536):
            shown += some
    os.close(ours)
    return run.wait(PATIENCE), shown.decode(errors="replace")


@pytest.mark.parametrize("command", ["listen", "connect"])
def test_few_descriptors_at_a_terminal_are_enough_or_told(listener, tmp_path, command):
    options = ["--listen-timeout", "20ms", "127.0.0.1", "0"] if command == "listen" else [
        "-i", "20ms", "127.0.0.1", str(listener().port)]
    for limit in (4, 5, 6, 8, 9, 10, 11, 12, 14, 17, 24, 64):
        status, shown = start_at_a_terminal([command, *options], limit, tmp_path)
        assert status == 4 or (status == 5 and "tcpchat: " in shown), (limit, status, shown)


@every_start
@pytest.mark.parametrize("behind", ["", "+"], ids=["one", "all from one on"])
def test_failed_allocation_at_the_start_is_told(memory, words, behind):
    """A sample; each number was tried by hand. glibc's look-up aborts, in the process that it has for itself."""
    for number in [*range(1, 12), *range(13, 400, 37)]:
        run = start(words, env=environment(LD_PRELOAD=memory, MEMORY_FAILS=f"{number}{behind}"))
        assert_works_or_says_why(run, number)


def test_terminal_without_memory_for_its_first_rows_ends(listener, tmp_path, memory):
    """The rows are drawn at one of these allocations. The terminal library crashes at some of those before."""
    for number in range(90, 150):
        status, shown = start_at_a_terminal(["connect", "-i", "20ms", "127.0.0.1", str(listener().port)], 64, tmp_path,
                                            LD_PRELOAD=memory, MEMORY_FAILS=f"{number}+")
        assert status in (1, 4, 5, -signal.SIGSEGV), (number, status, shown)


def test_terminal_without_memory_for_its_line_is_told(listener, tmp_path, scarce):  # noqa: F811
    scarce("fopencookie", errno.ENOMEM)
    shim = scarce.env["LD_PRELOAD"].split(":")[-1]  # sanitizers are for the other build
    # A confined run could not read the file that lists the calls.
    status, shown = start_at_a_terminal(["connect", "--no-sandbox", "127.0.0.1", str(listener().port)], 64, tmp_path,
                                        LD_PRELOAD=shim, SCARCE_FILE=scarce.env["SCARCE_FILE"])
    assert status == 5 and shown.endswith("tcpchat: out of memory\r\n"), (status, shown)


@pytest.mark.parametrize("options", [["--chat"], ["-k"], ["--broker"]], ids=lambda options: options[0])
def test_room_without_stdout_ends_at_the_start(tcpchat, options):
    run = tcpchat("listen", *options, "127.0.0.1", 0, preexec_fn=lambda: os.close(1))
    assert run.wait() == 5
    assert one_sentence(run) == "standard output: Bad file descriptor"


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.ENOSPC], ids=lambda number: errno.errorcode[number])
def test_newcomer_that_cannot_be_watched_is_refused(tcpchat, scarce, number):  # noqa: F811
    with crowd_of(tcpchat, "--chat", env=scarce.env) as crowd:
        one, other = crowd.join_all(None, None)
        scarce("epoll_ctl", number)
        with pytest.raises(ConnectionResetError):
            crowd.call().rest()
        crowd.run.expect_stderr(b"a connection was refused: .*: %s\n" % os.strerror(number).encode())
        settle([one, other])
        scarce()
        assert crowd.call().line().startswith("-!- you are peer")
        settle([one, other])


def test_start_without_room_in_epoll_is_told(tcpchat, scarce):  # noqa: F811
    scarce("epoll_ctl", errno.ENOSPC)
    run = tcpchat("listen", "127.0.0.1", 0, env=scarce.env)
    assert run.wait() == 5
    assert one_sentence(run) == "cannot start: No space left on device"


# One allocation that fails while peers come, talk and leave.

SHAPES = {
    "-k": ["-k"],
    "room": ["--chat"],
    "converting": ["-k", "-e", "gbk"],
    "broker": ["--broker"],
    "reply": ["-k", "--reply", "ok\n"],
    "program": ["-k", "--exec", "cat"],
}


class Order:
    """The orders for tests/shim/memory.c in a running process."""

    def __init__(self, path):
        path.write_bytes(bytes(16))
        with open(path, "r+b") as file:
            self.bytes = mmap.mmap(file.fileno(), 16)

    def fail(self, number, times=1):
        self.bytes[8:] = struct.pack("q", times)
        self.bytes[:8] = struct.pack("q", number)

    def came(self):
        return struct.unpack("q", self.bytes[:8])[0] == 0


def visit(port, words):
    """Comes, says something, and leaves; some are refused."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), PATIENCE) as peer:
        peer.settimeout(PATIENCE)
        peer.sendall(words)
        peer.shutdown(socket.SHUT_WR)
        while peer.recv(65536):
            pass


def visited(memory, tmp_path, options, number):
    """A run whose allocation of that number failed; what it said on stdout and stderr, and that it goes on."""
    order = Order(tmp_path / "order")
    said, told = tmp_path / "said", tmp_path / "told"
    env = environment(LD_PRELOAD=memory, MEMORY_FILE=str(tmp_path / "order"))
    with open(said, "wb") as out, open(told, "wb") as errors, subprocess.Popen(
            [RELEASE, "listen", *options, "127.0.0.1", "0"], stdin=subprocess.PIPE, stdout=out, stderr=errors,
            env=env) as run:
        try:
            until(lambda: b"\n" in told.read_bytes(), "the port")
            port = int(told.read_bytes().split()[-1].rsplit(b":")[-1])
            visit(port, b"first\n")  # the start is over, and that may end the run
            order.fail(number)
            run.stdin.write(b"from here\n")
            run.stdin.flush()
            for n in range(20):
                visit(port, b"word %d\n" % n)
                if n >= 3 and order.came():
                    break
            assert order.came(), number
            visit(port, b"afterwards\n")
            assert run.poll() is None, (number, told.read_bytes())
        finally:
            run.kill()
    return said.read_bytes() + told.read_bytes()


@contextlib.contextmanager
def talk_with_orders(memory, person, listener, folder):
    """A conversation at a terminal, whose Screen and peer are given, and the Order for its memory."""
    there, order = listener(), Order(folder / "order")
    shim = ["env", f"LD_PRELOAD={memory}", f"MEMORY_FILE={folder / 'order'}"]  # not for the shell of Screen
    terminal = Screen([*shim, RELEASE, "connect", "127.0.0.1", there.port], env=person())
    with there.accept() as peer:
        terminal.wait_for("Ctrl-D ends")
        terminal.settle()
        yield terminal, peer, order
    terminal.close()


def test_dropped_lines_without_memory_do_not_hold_up_the_end(memory, person, listener, tmp_path):
    with talk_with_orders(memory, person, listener, tmp_path) as (terminal, peer, order):
        order.fail(6, 2**62)
        peer.sendall("好\n".encode() * 3)
        peer.close()
        assert terminal.wait() == 5, terminal.text


@pytest.mark.parametrize("number", range(6, 30, 4))
def test_lines_dropped_without_memory_are_told_in_the_status(memory, person, listener, tmp_path, number):
    with talk_with_orders(memory, person, listener, tmp_path) as (terminal, peer, order):
        order.fail(number, 2**62)
        peer.sendall(b"one\ntwo\n")
        peer.close()
        assert terminal.wait() == 5 or "two" in terminal.text, terminal.text


def test_key_that_ends_a_run_needs_no_memory(memory, person, listener, tmp_path):
    with talk_with_orders(memory, person, listener, tmp_path) as (terminal, _peer, order):
        order.fail(1, 2**62)
        terminal.press("ctrl-c")
        assert terminal.wait() == 130, terminal.text


@pytest.mark.parametrize("options", SHAPES.values(), ids=SHAPES)
def test_failed_allocation_ends_one_peer_only(memory, tmp_path, options):
    """A sample; each number was tried by hand."""
    for number in range(1, 26):
        text = visited(memory, tmp_path, options, number)
        if "--exec" not in options:
            assert b"afterwards" in text, (number, text)
        assert b"out of memory" in text or b"Cannot allocate" in text or text.count(b"word") >= 3 or (
            "--exec" in options), (number, text)
