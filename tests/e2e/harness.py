# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting tcpchat and talking with it, without ever sleeping for readiness."""
import contextlib
import os
import re
import select
import socket
import struct
import subprocess
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TCPCHAT = os.environ.get("TCPCHAT", os.path.join(ROOT, "build", "dev", "tcpchat"))
RELEASE = os.environ.get("TCPCHAT_RELEASE", os.path.join(ROOT, "build", "release", "tcpchat"))  # as installed
HASTE = 4  # of tests/shim/haste.c
PATIENCE = float(os.environ.get("TCPCHAT_TEST_PATIENCE", "30"))
ANNOUNCED = re.compile(rb"^(?:[-\d]+ )?(?:[:\d]+ )?tcpchat: listening on (.*):(\d+)(?=\n)", re.M)  # a line may come in pieces


def environment(**changes):
    """This process's environment without any tcpchat preference, in a UTF-8 locale. Python itself sets LC_CTYPE where
    no locale is set."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("TCPCHAT_") and k not in ("LC_CTYPE", "LANGUAGE")}
    env.update(LC_ALL="C.UTF-8")
    env.update(changes)
    return {k: v for k, v in env.items() if v is not None}


def until(condition, what, patience=PATIENCE):
    """Waits for condition() to become true; it is asked, never assumed."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience} s for {what}")
        time.sleep(0.005)


def resident(pid):
    """The bytes of memory that a process has."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid):
    """The time of the processor that a process has taken."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(pid):
    """The number of descriptors that a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def kept_descriptors(pid):
    """The descriptors of a run that waits for peers. While it begins it has more: it listens, and is confined last."""
    until(lambda: _filters(pid) > _filters("self"), "the run to be confined")
    return descriptors(pid)


def _filters(pid):
    """The seccomp filters that a process is under; a container has some of its own."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"^Seccomp_filters:\s*(\d+)", status.read(), re.M).group(1))


class Run:
    """One running tcpchat. stdin and stdout are raw descriptors (unbuffered pipes by default);
    stderr is gathered by a thread and never blocks the program."""

    def __init__(self, args, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=None, program=None, **popen):
        self.stderr = b""
        self._told = threading.Condition()
        self.process = subprocess.Popen(
            [program or TCPCHAT, *map(str, args)], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE,
            bufsize=0, env=env if env is not None else environment(), **popen)
        self.stdin, self.stdout, self.pid = self.process.stdin, self.process.stdout, self.process.pid
        self._gatherer = threading.Thread(target=self._gather, daemon=True)
        self._gatherer.start()

    def _gather(self):
        descriptor = self.process.stderr.fileno()
        while True:
            data = os.read(descriptor, 65536)
            with self._told:
                self.stderr += data
                self._ended = not data
                self._told.notify_all()
            if not data:
                return

    _ended = False

    def expect_stderr(self, pattern, patience=PATIENCE):
        """Waits until stderr matches pattern (bytes, multi-line) and returns the match."""
        found = re.compile(pattern, re.M)
        with self._told:
            self._told.wait_for(lambda: found.search(self.stderr) or self._ended, patience)
            match = found.search(self.stderr)
            assert match, f"no {pattern!r} on stderr: {self.stderr!r}"
            return match

    @property
    def port(self):
        """The port that `listen 0` announced."""
        return int(self.expect_stderr(ANNOUNCED.pattern).group(2))

    def call(self, host="127.0.0.1"):
        """A plain TCP connection to this listener."""
        return socket.create_connection((host, self.port), PATIENCE)

    def send(self, data):
        self.stdin.write(data) if len(data) <= 4096 else self._send_all(data)

    def _send_all(self, data):
        view = memoryview(data)
        while view:
            view = view[self.stdin.write(view):]

    def end_input(self):
        self.stdin.close()

    def read(self, n, patience=PATIENCE):
        """Exactly n bytes of stdout, or fewer at its end."""
        return read_exactly(self.stdout.fileno(), n, patience)

    def read_all(self, patience=PATIENCE):
        return read_exactly(self.stdout.fileno(), None, patience)

    def wait(self, patience=PATIENCE):
        """The exit status as a shell shows it (128+N for signal N)."""
        code = self.process.wait(patience)
        self._gatherer.join(patience)
        return 128 - code if code < 0 else code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._gatherer.join(PATIENCE)
        end_background()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe and not pipe.closed:
                pipe.close()


def without_sandbox(lines):
    """The lines on stderr, without the one about the sandbox, which depends on the kernel."""
    return [line for line in lines if not re.match(r"(.* )?tcpchat: (not )?confined", line)]


def has_only_announced(stderr):
    """Nothing but `listen 0`'s announcement was said."""
    return not ANNOUNCED.sub(b"", stderr).strip()


def line_from(peer):
    """A line of bytes from a socket, or less at its end."""
    with peer.makefile("rb", buffering=0) as file:
        return file.readline()


def read_exactly(descriptor, n, patience=PATIENCE):
    """n bytes from a descriptor (None: until its end); a silence of patience seconds fails."""
    chunks, got = [], 0
    while n is None or got < n:
        ready, _, _ = select.select([descriptor], [], [], patience)
        assert ready, f"nothing for {patience} s after {got} of {n} bytes"
        data = os.read(descriptor, 65536 if n is None else min(65536, n - got))
        if not data:
            break
        chunks.append(data)
        got += len(data)
    return b"".join(chunks)


def exactly(connection, n):
    """n bytes that a socket receives."""
    data = b""
    while len(data) < n:
        some = connection.recv(n - len(data))
        assert some, f"the end after {data!r}"
        data += some
    return data


def receive_all(connection):
    """All that a socket gives until its end."""
    chunks = []
    while data := connection.recv(65536):
        chunks.append(data)
    return b"".join(chunks)


def receive_until_reset(connection):
    """All that a socket gives until it is reset; an end fails."""
    chunks = []
    with contextlib.suppress(ConnectionResetError):
        while data := connection.recv(65536):
            chunks.append(data)
        raise AssertionError(f"an end instead of a reset, after {b''.join(chunks)[-100:]!r}")
    return b"".join(chunks)


class Listener:
    """A plain socket of the test that tcpchat connects to."""

    def __init__(self, family=socket.AF_INET, address=None, backlog=16):
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address is None:
            address = ("::1", 0) if family == socket.AF_INET6 else ("127.0.0.1", 0)
        self.socket.bind(address)
        self.socket.listen(backlog)
        self.name = self.socket.getsockname()
        self.port = self.name[1] if family != socket.AF_UNIX else None

    def accept(self):
        connection, _ = self.socket.accept()
        connection.settimeout(PATIENCE)
        return connection

    def close(self):
        self.socket.close()


class Blackhole(Listener):
    """An address that answers nothing: a listening socket whose queue is full, so that SYNs are dropped."""

    def __init__(self, family=socket.AF_INET, address=None):
        super().__init__(family, address, backlog=0)
        self.filling = []
        while self._takes_one_more():
            assert len(self.filling) < 8, "this kernel queues without end"

    def _takes_one_more(self):
        caller = socket.socket(self.socket.family, socket.SOCK_STREAM)
        caller.settimeout(0.3)
        self.filling.append(caller)
        try:
            caller.connect(self.name)
            return True
        except (TimeoutError, BlockingIOError):
            return False

    def close(self):
        for caller in self.filling:
            caller.close()
        super().close()


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


HAS_IPV6 = _has_ipv6()


def _has_localhost():
    try:
        return bool(socket.getaddrinfo("localhost", None, socket.AF_INET))
    except OSError:
        return False


HAS_LOCALHOST = _has_localhost()  # a bare image may have no hosts file


def free_port(host="127.0.0.1"):
    """A port without a listener at this moment."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


def shown(address):
    """A socket address as tcpchat writes it."""
    if isinstance(address, tuple):
        host, port = address[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return f"unix:{address}"


def ends(run, status, patience=PATIENCE):
    """The run ends with this exit status, and no sanitizer had anything to say."""
    seen = run.wait(patience)
    assert b"Sanitizer" not in run.stderr and b"runtime error" not in run.stderr, run.stderr.decode(errors="replace")
    assert seen == status, f"exit status {seen} instead of {status}; stderr: {run.stderr!r}"


def one_sentence(run):
    """The single line of stderr, without its `tcpchat: `."""
    lines = run.stderr.decode().splitlines()
    assert len(lines) == 1 and lines[0].startswith("tcpchat: "), lines
    return lines[0].removeprefix("tcpchat: ")


def reset(connection):
    """Closes a TCP connection with RST."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


_in_background = []


def in_background(function, *args):
    """A thread that does something until it is done or its descriptor is gone."""
    def work():
        with contextlib.suppress(OSError, ValueError):
            function(*args)
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    _in_background.append(thread)
    return thread


def end_background():
    """Waits for the threads that wrote to the ended program or read from it. Only then descriptors are closed,
    because the next test gets their numbers."""
    while _in_background:
        _in_background.pop().join(PATIENCE)


def session_of(run):
    """The other processes of the session that a run with start_new_session=True opened. A zombie is one as long as it
    is the run's: one that lost its parent waits for the system's init, which may take its time."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError), open(f"/proc/{pid}/stat") as stat:
            state, parent, _, session, *_ = stat.read().rpartition(")")[2].split()
            if int(session) == run.pid != int(pid) and not (state == "Z" and int(parent) != run.pid):
                found.append(int(pid))
    return found


__all__ = [name for name in dir() if not name.startswith("_")]
