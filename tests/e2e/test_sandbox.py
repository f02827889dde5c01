# SPDX-License-Identifier: GPL-3.0-or-later
"""The sandbox: what the kernel leaves to a run. tests/shim/escape.c makes the attempts inside the process that is
installed, before it reads the first byte of a peer."""
import contextlib
import ctypes
import errno
import os
import platform
import re
import signal
import socket
import struct
import subprocess

import pytest

from harness import PATIENCE, RELEASE, Listener, environment, until
from namespace import wire
from screen import Screen

HELD_BACK = {errno.EPERM, errno.EACCES, errno.ENOSYS}
ATTEMPTS = 130  # fewer were not all of them
CONFINED = rb"^tcpchat: confined: no files, no programs, no new connections \(.*seccomp\)$"
DIALS = rb"^tcpchat: confined: no files, no programs, new connections only where the options say \(.*seccomp\)$"


def has_seccomp():
    version = subprocess.run([RELEASE, "--version"], capture_output=True, text=True).stdout
    return " seccomp" in version


pytestmark = pytest.mark.skipif(not has_seccomp(), reason="this build has no filters of seccomp")


def has_ports():
    """Whether this system lets Landlock forbid ports; some containers forbid Landlock."""
    create_ruleset, asks_version = 444, 1
    return ctypes.CDLL(None).syscall(create_ruleset, None, 0, asks_version) >= 4


needs_landlock = pytest.mark.skipif(not has_ports(), reason="this system has no Landlock for ports")


@pytest.fixture(scope="session")
def shim(preload):
    """The release build has no sanitizer in front of the library."""
    return preload("escape").split(":")[-1]


@pytest.fixture
def escape(tcpchat, shim):
    """escape(word...) starts the installed program with the attempts in it. Its `attempts` are {name: 0 or errno}, and
    the port `elsewhere` listens for them."""
    def begin(*words, **changes):
        ours, theirs = os.pipe()
        env = environment(LD_PRELOAD=shim, ESCAPE_REPORT=str(theirs), ESCAPE_PORT=str(elsewhere.getsockname()[1]), **changes)
        run = tcpchat(*words, program=RELEASE, env=env, pass_fds=[theirs])
        os.close(theirs)
        reports.append(ours)
        run.attempts = lambda: read_attempts(ours)
        return run

    reports = []
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        yield begin
    for report in reports:
        os.close(report)


def read_attempts(report):
    text = b""
    while piece := os.read(report, 65536):
        text += piece
    lines = [line.split() for line in text.decode().splitlines()]
    return {name: int(number) for name, number in lines}


def succeeded(attempts):
    """Attempts that the confinement did not stop, whatever came of them."""
    assert len(attempts) >= ATTEMPTS
    return {name: errno.errorcode.get(number, 0) for name, number in attempts.items() if number not in HELD_BACK}


def speak(run, connection):
    """The conversation goes on as if nothing had happened."""
    with connection:
        connection.sendall(b"in\n")
        assert run.read(3) == b"in\n"


# ---- escapes ----

@pytest.mark.parametrize("options", [[], ["-k"], ["--chat", "--no-commands"], ["--broker"], ["--reply", "x"]], ids=str)
def test_listen_lets_nothing_escape(escape, options):
    run = escape("listen", *options, "127.0.0.1", 0)
    with run.call() as connection:
        connection.sendall(b"in\n")
        attempts = run.attempts()
    assert not succeeded(attempts)
    assert attempts["io_uring_setup"] == errno.ENOSYS


def test_connect_lets_nothing_escape(escape, listener):
    there = listener()
    run = escape("connect", "127.0.0.1", there.port)
    with there.accept() as connection:
        connection.sendall(b"in\n")
        assert not succeeded(run.attempts())
        assert run.read(3) == b"in\n"


def test_confined_before_the_first_byte_of_tls(escape, listener):
    there = listener()
    run = escape("connect", "--tls", "--tls-insecure", "127.0.0.1", there.port)
    with there.accept():
        assert not succeeded(run.attempts())


def test_confined_before_the_first_byte_of_a_proxy(escape, listener):
    there = listener()
    run = escape("connect", "--proxy", f"socks5://127.0.0.1:{there.port}", "example.test", 80)
    with there.accept() as proxy:
        proxy.sendall(b"\x05\x00")
        assert not succeeded(run.attempts())


@needs_landlock
def test_forward_connects_to_its_port_only(escape, listener):
    there = listener()
    run = escape("listen", "--forward", f"127.0.0.1:{there.port}", "127.0.0.1", 0)
    with run.call() as caller, there.accept():
        caller.sendall(b"in\n")
        left = succeeded(run.attempts())
    assert set(left) <= {"socket_ipv4", "socket_ipv6", "connect_anew"}  # the last one ends the conversation


UNIX_SOCKETS = ["unix:{}/there", "unix:@{}"]


@pytest.fixture(params=UNIX_SOCKETS)
def there(request, listener, tmp_path):
    """A unix socket that listens, as an address for tcpchat."""
    address = request.param.format(tmp_path)
    there = listener(socket.AF_UNIX, address.removeprefix("unix:").replace("@", "\0"))
    there.address = address
    return there


def test_forward_to_a_unix_socket_lets_nothing_escape(escape, there):
    run = escape("listen", "-k", "--forward", there.address, "127.0.0.1", 0)
    for _ in range(2):
        with run.call() as caller, there.accept() as target:
            caller.sendall(b"in\n")
            target.sendall(b"out\n")
            assert target.recv(3) == b"in\n" and caller.recv(4) == b"out\n"
    assert not succeeded(run.attempts())


def test_reconnect_to_a_unix_socket_lets_nothing_escape(escape, there):
    run = escape("connect", "--reconnect", there.address)
    for _ in range(3):
        with there.accept() as connection:
            connection.sendall(b"in\n")
            assert run.read(3) == b"in\n"
    assert not succeeded(run.attempts())


def test_helper_reads_no_file_that_the_options_do_not_name(escape, tmp_path):
    """A daemon may open the file of -o again, to append to it."""
    run = escape("listen", "-o", tmp_path / "out", "127.0.0.1", 0, ESCAPE_HELPER="1")
    with run.call() as connection:
        connection.sendall(b"in\n")
        attempts = run.attempts()
        assert run.read(3) == b"in\n"
    assert attempts["helper"] == errno.EPERM
    assert not succeeded(attempts)


def test_program_is_started_and_nothing_else_escapes(escape):
    run = escape("listen", "--exec", "cat", "127.0.0.1", 0)
    with run.call() as connection:
        connection.sendall(b"in\n")
        assert not succeeded(run.attempts())
        assert connection.recv(3) == b"in\n"


@pytest.fixture
def terminal_escape(person, shim, tmp_path):
    """Starts the installed program at a terminal, with the attempts in it. Its `left` are those that it may make."""
    def begin(*words):
        with open(report, "wb") as file:
            env = person(LD_PRELOAD=shim, ESCAPE_REPORT=str(file.fileno()))
            terminal = Screen([RELEASE, *map(str, words)], env=env, pass_fds=[file.fileno()])
        opened.append(terminal)
        terminal.left, terminal.report = left, report
        return terminal

    def left():
        lines = [line.split() for line in report.read_text().splitlines()]
        return set(succeeded({name: int(number) for name, number in lines}))

    opened, report = [], tmp_path / "report"
    yield begin
    for terminal in opened:
        terminal.close()


def test_listen_at_a_terminal_leaves_its_own_settings_and_no_more(terminal_escape):
    terminal = terminal_escape("listen", "127.0.0.1", 0)
    port = int(terminal.wait_for(re.compile(r"listening on 127.0.0.1:(\d+) ")).group(1))
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
        connection.sendall(b"in\n")
        terminal.wait_for("peer1│ in")
    assert terminal.left() <= {"listen", "fchmod", "getdents64"}


@needs_landlock
@pytest.mark.parametrize("options, more", [([], set()), (["--reconnect"], {"socket_ipv4", "socket_ipv6", "connect_anew"})],
                         ids=["connect", "reconnect"])
def test_connect_at_a_terminal_does_not_listen(terminal_escape, listener, options, more):
    there = listener()
    terminal = terminal_escape("connect", *options, "127.0.0.1", there.port)
    with there.accept() as connection:
        connection.sendall(b"in\n")
        until(lambda: "\nlisten " in terminal.report.read_text(), "the attempts")
    assert terminal.left() <= {"fchmod", "getdents64"} | more


def test_same_attempts_succeed_without_the_sandbox(escape):
    run = escape("listen", "--no-sandbox", "127.0.0.1", 0)
    with run.call() as connection:
        connection.sendall(b"in\n")
        left = succeeded(run.attempts())
    assert {"openat", "clone", "kill", "socket_ipv4", "socket_udp", "connect_elsewhere", "mmap_code", "execve",
            "memfd_create", "uname", "newfstatat_empty"} <= set(left)
    assert left["openat"] == left["connect_elsewhere"] == 0


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the call is one of i386")
def test_call_of_another_architecture_ends_the_process(escape):
    def end_of(*words):
        run = escape("listen", *words, "127.0.0.1", 0, ESCAPE_ARCH="1")
        with run.call() as connection:
            connection.sendall(b"in\n")
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_WR)
            return run.wait()

    if end_of("--no-sandbox") == 128 + signal.SIGSEGV:
        pytest.skip("this kernel has no calls of i386")
    assert end_of() == 128 + signal.SIGSYS


def test_order_of_the_ends_is_known_to_a_confined_run(tcpchat, listener, preload):
    there = listener()
    run = tcpchat("connect", "-v", "127.0.0.1", there.port, env=environment(LD_PRELOAD=preload("late")))
    with there.accept() as connection:
        run.end_input()
        assert connection.recv(1) == b""
    run.expect_stderr(b"closed by this side;")


def test_confined_run_ends_by_its_signal_with_musl_too(tcpchat, preload):
    run = tcpchat("listen", "127.0.0.1", 0, env=environment(LD_PRELOAD=preload("musl")))
    with run.call() as connection:
        connection.sendall(b"in\n")
        assert run.read(3) == b"in\n"
        run.process.send_signal(signal.SIGTERM)
        assert run.wait() == 128 + signal.SIGTERM


def test_root_has_no_capabilities_left(conversation):
    """Other users have none to begin with."""
    run, connection = conversation("listen")
    connection.sendall(b"in\n")
    assert run.read(3) == b"in\n"
    with open(f"/proc/{run.pid}/status") as status:
        held = re.findall(r"Cap(?!Bnd)\w+:\t(\w+)", status.read())
    assert len(held) == 4 and not any(int(set_of, 16) for set_of in held)


# ---- what is told ----

def test_verbose_tells_what_is_in_force(conversation):
    run, connection = conversation("listen", "-v")
    run.expect_stderr(CONFINED)
    speak(run, connection)


@needs_landlock
def test_verbose_tells_that_a_forward_may_connect(tcpchat):
    run = tcpchat("listen", "-v", "--forward", "127.0.0.1:9", "127.0.0.1", 0)
    run.expect_stderr(DIALS)


def test_verbose_tells_that_a_forward_may_connect_to_its_unix_socket(tcpchat, tmp_path):
    run = tcpchat("listen", "-v", "--forward", f"unix:{tmp_path}/there", "127.0.0.1", 0)
    run.expect_stderr(DIALS)


@pytest.fixture
def linked():
    """Two networks, each with an address of its wire alone."""
    with wire() as (near, far):
        near.ip("link", "set", "lo", "up")
        near.ip("addr", "add", "fe80::1/64", "dev", "near", "nodad")
        far.ip("addr", "add", "fe80::2/64", "dev", "far", "nodad")
        yield near, far


def listening_at(address, network, name):
    number = network.do(socket.if_nametoindex, name)
    return network.do(Listener, socket.AF_INET6, (address, 0, 0, number))


@needs_landlock
@pytest.mark.parametrize("source", [[], ["-s", "fe80::1%near"]], ids=str)
def test_zone_is_looked_up_for_a_confined_run(linked, tcpchat, source):
    near, far = linked
    there = listening_at("fe80::2", far, "far")
    run = near.do(tcpchat, "connect", "-v", "--reconnect", *source, "fe80::2%near", there.port)
    run.expect_stderr(DIALS)
    for _ in range(3):
        with there.accept() as connection:
            connection.sendall(b"in\n")
            assert run.read(3) == b"in\n"
    there.close()


@needs_landlock
def test_interface_that_is_gone_is_told_by_a_confined_run(linked, tcpchat):
    near, far = linked
    there = listening_at("fe80::2", far, "far")
    run = near.do(tcpchat, "listen", "-k", "-v", "--forward", f"[fe80::2%near]:{there.port}", "::1", 0)
    run.expect_stderr(DIALS)
    near.ip("link", "set", "near", "down")
    near.ip("link", "set", "near", "name", "other")
    near.do(run.call, "::1").close()
    run.expect_stderr(rb"cannot resolve fe80::2%near: there is no interface 'near', only lo, other$")
    there.close()


def test_label_of_a_confined_run_has_the_name_of_the_zone(linked, tcpchat):
    near, far = linked
    run = near.do(tcpchat, "listen", "-v", "fe80::1%near", 0)

    def call():
        caller = socket.socket(socket.AF_INET6)
        caller.connect(("fe80::1", run.port, 0, socket.if_nametoindex("far")))
        return caller

    with far.do(call) as connection:
        connection.sendall(b"in\n")
        run.expect_stderr(rb"^tcpchat: \[fe80::2%near\]:\d+ connected$")
        assert run.read(3) == b"in\n"


def test_verbose_tells_of_no_sandbox(conversation):
    run, connection = conversation("connect", "-v", "--no-sandbox")
    run.expect_stderr(rb"^tcpchat: not confined: --no-sandbox was given$")
    speak(run, connection)


def test_silent_without_verbose(conversation):
    run, connection = conversation("connect")
    speak(run, connection)
    run.end_input()
    assert run.wait() == 0
    assert run.stderr == b""


def test_sandbox_cannot_be_left_out_by_the_environment(tcpchat):
    run = tcpchat("listen", "-v", "127.0.0.1", 0, env=environment(TCPCHAT_NO_SANDBOX="1"))
    run.expect_stderr(CONFINED)


# ---- systems that lack a part ----

LANDLOCK_CREATE_RULESET, PRCTL = 444, {"x86_64": 157, "aarch64": 167}.get(platform.machine())
NO_NEW_PRIVS, SET_SECCOMP, FILTER = 38, 22, 2
LOAD, JUMP, RETURN = 0x20, 0x15, 0x06
ALLOW, DENY = 0x7FFF0000, 0x00050000 | errno.EPERM
NUMBER_AT, ARGUMENT_AT = 0, 16


def forbid(*calls):
    """What a process does before it becomes tcpchat, so that (number, first argument or None) fail with EPERM, as under
    the profile of a container."""
    steps = []
    for number, argument in calls:
        checks = [(NUMBER_AT, number)] + ([(ARGUMENT_AT, argument)] if argument is not None else [])
        for left, (place, value) in zip(range(len(checks), 0, -1), checks):
            steps += [(LOAD, 0, 0, place), (JUMP, 0, 2 * left - 1, value)]
        steps.append((RETURN, 0, 0, DENY))
    steps.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(code)))
    libc = ctypes.CDLL(None)

    def begin():
        assert libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) == 0
        assert libc.prctl(SET_SECCOMP, FILTER, ctypes.byref(program), 0, 0) == 0, code

    return begin


needs_numbers = pytest.mark.skipif(PRCTL is None, reason="the numbers of the calls are not known here")


@needs_numbers
def test_runs_without_landlock(conversation):
    run, connection = conversation("listen", "-v", preexec_fn=forbid((LANDLOCK_CREATE_RULESET, None)))
    run.expect_stderr(rb"^tcpchat: confined: no files, no programs, no new connections \(seccomp\)$")
    speak(run, connection)


@needs_numbers
def test_lack_of_landlock_is_said_where_ports_are_open(tcpchat):
    run = tcpchat("listen", "-v", "--forward", "127.0.0.1:9", "127.0.0.1", 0,
                  preexec_fn=forbid((LANDLOCK_CREATE_RULESET, None)))
    run.expect_stderr(rb"^tcpchat: confined in part: .*; new connections may go anywhere, .* \(seccomp\)$")


@needs_landlock
@needs_numbers
def test_runs_without_seccomp(conversation):
    run, connection = conversation("connect", "-v", preexec_fn=forbid((PRCTL, SET_SECCOMP)))
    run.expect_stderr(rb"^tcpchat: confined in part: no files, no programs; seccomp is missing \(Landlock \d+\)$")
    speak(run, connection)


@needs_numbers
def test_runs_without_both(conversation):
    run, connection = conversation(
        "connect", "-v", preexec_fn=forbid((PRCTL, SET_SECCOMP), (LANDLOCK_CREATE_RULESET, None)))
    run.expect_stderr(rb"^tcpchat: not confined: this system has neither Landlock nor seccomp for tcpchat$")
    speak(run, connection)
