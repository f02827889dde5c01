# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses beyond HOST PORT: `listen :PORT`, abstract unix sockets, and sockets that the parent has opened."""
import contextlib
import os
import secrets
import socket
import subprocess
import sys

import pytest

from harness import HAS_IPV6, PATIENCE, TCPCHAT, ends, free_port, one_sentence, receive_all, until
from screen import ChatScreen, Screen


@pytest.fixture
def name():
    """An abstract name that nobody else has."""
    return f"tcpchat-test-{os.getpid()}-{secrets.token_hex(8)}"


def call_abstract(name):
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    until(lambda: connection.connect_ex(b"\0" + os.fsencode(name)) == 0, "a listener")
    return connection


def serving(kind="tcp", path=None):
    """A listening socket for a program to inherit."""
    if kind == "unix":
        there = socket.socket(socket.AF_UNIX)
        there.bind(path)
    elif kind == "dual":
        there = socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True)
    else:
        there = socket.create_server(("127.0.0.1", 0))
    there.listen()
    there.settimeout(PATIENCE)
    return there


def launcher(there, *args, variables="{}"):
    """A command that becomes tcpchat with these sockets as descriptors 3 and further."""
    numbers = [one.fileno() for one in there]
    program = ("import fcntl, os\n"
               f"high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for fd in {numbers}]\n"
               f"os.closerange(3, 100)\n"
               "for number, fd in enumerate(high, 3): os.dup2(fd, number); os.close(fd)\n"
               f"os.environ.update({variables})\n"
               f"os.execv({TCPCHAT!r}, {[TCPCHAT, *map(str, args)]!r})\n")
    return [sys.executable, "-c", program], {"pass_fds": numbers}


@pytest.fixture
def inherits(tcpchat):
    """inherits([socket], option..., "fd:3") is a run of listen with these sockets."""
    def start(there, *args, variables="{}", **popen):
        (python, *rest), descriptors = launcher(there, "listen", *args, variables=variables)
        return tcpchat(*rest, program=python, **descriptors, **popen)

    return start


@pytest.fixture
def activated(inherits):
    """The same as systemd starts a service: LISTEN_PID is the process that becomes the program."""
    def start(there, *args, fds=None, pid="os.getpid()", **popen):
        variables = f"dict(LISTEN_PID=str({pid}), LISTEN_FDS={str(fds or len(there))!r}, LISTEN_FDNAMES='a')"
        return inherits(there, *args, variables=variables, **popen)

    return start


# `listen :PORT`

def test_colon_port_listens_on_every_address(tcpchat):
    port = free_port()
    run = tcpchat("listen", "-v", f":{port}")
    families = {run.expect_stderr(rb"listening on (\[::\]|0\.0\.0\.0):%d$" % port).group(1)}
    assert families <= {b"[::]", b"0.0.0.0"}
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as peer:
        peer.sendall(b"here\n")
        assert run.read(5) == b"here\n"


def test_colon_0_says_its_port(tcpchat):
    with tcpchat("listen", ":0").call() as peer:
        assert peer.getpeername()[0] == "127.0.0.1"


# Abstract unix sockets

def test_abstract_socket_carries_a_conversation(tcpchat, name, tmp_path):
    here = tcpchat("listen", "-v", f"unix:@{name}", cwd=tmp_path)
    here.expect_stderr(f"listening on unix:@{name}$".encode())
    there = tcpchat("connect", "-v", f"unix:@{name}", cwd=tmp_path)
    here.send("你好\n".encode())
    assert there.read(7) == "你好\n".encode()
    there.end_input()
    here.end_input()
    ends(here, 0)
    ends(there, 0)
    assert f"tcpchat: unix:@{name} connected\n".encode() in there.stderr
    assert not list(tmp_path.iterdir())


def test_abstract_name_has_no_nuls_behind_it(tcpchat, name):
    """The name ends with its length, so that other programs find it."""
    run = tcpchat("listen", "-v", f"unix:@{name}")
    run.expect_stderr(b"listening on")
    with call_abstract(name) as peer:
        assert peer.getpeername() == b"\0" + os.fsencode(name)


def test_taken_abstract_name_is_refused(tcpchat, name):
    with socket.socket(socket.AF_UNIX) as other:
        other.bind("\0" + name)
        other.listen()
        run = tcpchat("listen", f"unix:@{name}")
        ends(run, 1)
        assert one_sentence(run) == f"cannot listen on unix:@{name}: Address already in use"


def test_abstract_socket_without_a_listener_is_refused(tcpchat, name):
    run = tcpchat("connect", f"unix:@{name}")
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to unix:@{name}: Connection refused"


def test_unprintable_bytes_of_an_abstract_name_are_shown_as_hex(tcpchat, name):
    run = tcpchat("connect", f"unix:@房间\x1b\n{name}\udcff")
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to unix:@房间\\x1B\\x0A{name}\\xFF: Connection refused"


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_empty_abstract_name_is_refused(tcpchat, role):
    run = tcpchat(role, "unix:@")
    ends(run, 2)
    assert "unix:@NAME" in one_sentence(run)


def test_file_whose_name_begins_with_an_at_sign(tcpchat, tmp_path):
    run = tcpchat("listen", "-v", "unix:./@room", cwd=tmp_path)
    run.expect_stderr(rb"listening on unix:\./@room$")
    assert (tmp_path / "@room").is_socket()


def test_abstract_lock_leaves_newcomers_in_the_queue(screen, name):
    """Nobody else can take the name meanwhile."""
    here = screen("listen", f"unix:@{name}").ready()
    here.enter("/lock")
    here.wait_for("▸ locked, nobody else gets in\n")
    with call_abstract(name) as newcomer:
        newcomer.sendall(b"let me in\n")
        here.enter("/who")
        here.wait_for("nobody is here")
        assert "joined" not in here.text
        here.enter("/unlock")
        here.wait_for(f"▸ unlocked, listening on unix:@{name}")
        here.wait_for("│ let me in")


def test_abstract_peer_is_named_to_a_program(tcpchat, name):
    tcpchat("listen", "-v", "--sh-exec", 'echo "$TCPCHAT_PEER_ADDRESS,$TCPCHAT_LOCAL_ADDRESS"', f"unix:@{name}").expect_stderr(b"listening")
    with call_abstract(name) as peer:
        assert receive_all(peer) == f"@{name},@{name}\n".encode()


def test_forward_to_an_abstract_socket_of_its_own_is_refused(tcpchat, name):
    run = tcpchat("listen", "-k", "--forward", f"unix:@{name}", f"unix:@{name}")
    ends(run, 2)
    assert one_sentence(run) == f"--forward unix:@{name}: this side itself listens there"


def test_forward_from_tcp_to_an_abstract_socket(tcpchat, name):
    there = tcpchat("listen", "-v", f"unix:@{name}")
    there.expect_stderr(b"listening")
    with tcpchat("listen", "--forward", f"unix:@{name}", "127.0.0.1", 0).call() as peer:
        peer.sendall(b"through\n")
        assert there.read(8) == b"through\n"


@pytest.mark.parametrize("option", [["--allow", "::1"], ["--port-file", "port"], ["-4"]], ids=lambda option: option[0])
def test_abstract_socket_excludes_options_for_tcp(tcpchat, name, option):
    run = tcpchat("listen", *option, f"unix:@{name}")
    ends(run, 2)
    assert "unix:" in one_sentence(run)


# Inherited sockets

def test_inherited_socket_is_served_and_stays_with_the_parent(inherits):
    with serving() as there:
        run = inherits([there], "-v", "fd:3")
        run.expect_stderr(rb"listening on 127\.0\.0\.1:%d$" % there.getsockname()[1])
        with socket.create_connection(there.getsockname(), PATIENCE) as peer:
            peer.sendall(b"hello\n")
            assert run.read(6) == b"hello\n"
        run.end_input()
        ends(run, 0)
        with socket.create_connection(there.getsockname(), PATIENCE):
            there.accept()[0].close()  # the socket still listens


def test_inherited_socket_of_a_killed_run_takes_the_next_connections(inherits):
    """What waits in its queue is served by the next run."""
    with serving() as there:
        run = inherits([there], "-v", "fd:3")
        run.expect_stderr(b"listening")
        run.process.terminate()
        ends(run, 143)
        with socket.create_connection(there.getsockname(), PATIENCE) as peer:
            peer.sendall(b"still here\n")
            assert inherits([there], "fd:3").read(11) == b"still here\n"


def test_inherited_unix_socket_keeps_its_file(inherits, tmp_path):
    with serving("unix", str(tmp_path / "s")) as there:
        run = inherits([there], "-v", "fd:3")
        run.expect_stderr(f"listening on unix:{tmp_path}/s$".encode())
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(str(tmp_path / "s"))
            peer.sendall(b"hello\n")
            assert run.read(6) == b"hello\n"
        run.end_input()
        ends(run, 0)
        assert f"unix:{tmp_path}/s connected".encode() in run.stderr
        assert (tmp_path / "s").is_socket()


@pytest.mark.skipif(not HAS_IPV6, reason="this machine has no IPv6")
def test_inherited_dual_socket_shows_ipv4_as_ipv4(inherits):
    with serving("dual") as there:
        run = inherits([there], "-v", "--allow", "127.0.0.1", "--sh-exec", 'echo "$TCPCHAT_LOCAL_ADDRESS"', "fd:3")
        with socket.create_connection(("127.0.0.1", there.getsockname()[1]), PATIENCE) as peer:
            run.expect_stderr(rb"tcpchat: 127\.0\.0\.1:%d connected$" % peer.getsockname()[1])
            assert receive_all(peer) == b"127.0.0.1\n"


class InheritingScreen(ChatScreen):
    def __init__(self, args, **options):
        there, *args = args
        command, descriptors = launcher([there], "listen", *args)
        Screen.__init__(self, command, **descriptors, **options)


def test_inherited_lock_leaves_newcomers_in_the_queue(person):
    with serving() as there, contextlib.closing(InheritingScreen([there, "fd:3"], env=person())) as here:
        here.ready()
        here.enter("/lock")
        here.wait_for("▸ locked, nobody else gets in\n")
        with socket.create_connection(there.getsockname(), PATIENCE) as newcomer:
            newcomer.sendall(b"let me in\n")
            here.enter("/who")
            here.wait_for("nobody is here")
            here.enter("/unlock")
            here.wait_for("│ let me in")


def test_inherited_socket_that_blocks_keeps_nobody_waiting(inherits):
    """Two runs share the socket; one accepts, and the other is not stopped by its accept."""
    with serving() as there:
        there.setblocking(True)
        one, other = (inherits([there], "-k", "fd:3", "-v") for _ in range(2))
        for run in (one, other):
            run.expect_stderr(b"listening")
        with contextlib.ExitStack() as stack:
            for _ in range(20):
                stack.enter_context(socket.create_connection(there.getsockname(), PATIENCE))
            until(lambda: (one.stderr + other.stderr).count(b" connected\n") == 20, "all connections")
            for run in (one, other):
                run.process.terminate()
                ends(run, 143)


def not_listening():
    return socket.socket()


def datagram():
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def netlink():
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)


@pytest.mark.parametrize("make, why", [(not_listening, "does not listen"), (datagram, "no socket of TCP or unix"),
                                       (netlink, "no socket of TCP or unix")], ids=lambda value: getattr(value, "__name__", ""))
def test_inherited_socket_of_another_kind_is_refused(inherits, tmp_path, make, why):
    """Nothing is truncated before."""
    (tmp_path / "kept").write_text("kept")
    with make() as there:
        run = inherits([there], "-o", tmp_path / "kept", "fd:3")
        ends(run, 2)
    assert one_sentence(run).startswith("cannot listen on fd:3: ") and why in one_sentence(run)
    assert (tmp_path / "kept").read_text() == "kept"


@pytest.mark.parametrize("fd", ["3", "77"])
def test_descriptor_that_is_not_open_is_refused(tcpchat, fd):
    run = tcpchat("listen", f"fd:{fd}")
    ends(run, 2)
    assert one_sentence(run) == f"cannot listen on fd:{fd}: Bad file descriptor"


@pytest.mark.parametrize("fd", ["0", "1", "2"])
def test_standard_descriptors_are_no_inherited_sockets(tcpchat, fd):
    with serving() as there:
        run = tcpchat("listen", f"fd:{fd}", stdin=there if fd == "0" else subprocess.PIPE)
        ends(run, 2)
    assert "fd:3" in one_sentence(run)


@pytest.mark.parametrize("option", [["--deny", "::1"], ["--port-file", "port"]], ids=lambda option: option[0])
def test_inherited_unix_socket_excludes_options_for_tcp(inherits, tmp_path, option):
    with serving("unix", str(tmp_path / "s")) as there:
        run = inherits([there], *option, "fd:3", cwd=tmp_path)
        ends(run, 2)
    assert option[0] in one_sentence(run) and "unix:PATH" in one_sentence(run)


def test_inherited_socket_excludes_a_family(inherits):
    with serving() as there:
        run = inherits([there], "-4", "fd:3")
        ends(run, 2)
    assert one_sentence(run) == "-4: an inherited socket has its address already"


def test_inherited_port_is_written_down(inherits, tmp_path):
    with serving() as there:
        run = inherits([there], "-v", "--port-file", tmp_path / "port", "fd:3")
        run.expect_stderr(b"listening")
        until(lambda: (tmp_path / "port").exists() and (tmp_path / "port").read_text(), "the port")
        assert (tmp_path / "port").read_text() == f"{there.getsockname()[1]}\n"


# Socket activation

def test_socket_activation_serves_all_sockets(activated, tmp_path):
    with serving() as one, serving("unix", str(tmp_path / "s")) as other:
        run = activated([one, other], "-k", "-v")
        run.expect_stderr(rb"listening on 127\.0\.0\.1:%d$" % one.getsockname()[1])
        run.expect_stderr(f"listening on unix:{tmp_path}/s$".encode())
        with socket.create_connection(one.getsockname(), PATIENCE) as peer, socket.socket(socket.AF_UNIX) as local:
            peer.sendall(b"tcp\n")
            assert run.read(4) == b"tcp\n"
            local.connect(str(tmp_path / "s"))
            local.sendall(b"unix\n")
            assert run.read(5) == b"unix\n"


def test_socket_activation_of_another_process_does_not_count(activated):
    with serving() as there:
        run = activated([there], pid="1")
        ends(run, 2)
    assert one_sentence(run) == "which port? write tcpchat listen [HOST] PORT"


@pytest.mark.parametrize("fds", ["0", "-1", "x", "33", "99999999999"])
def test_socket_activation_with_a_wrong_count_is_refused(activated, fds):
    with serving() as there:
        run = activated([there], fds=fds)
        ends(run, 2)
    assert one_sentence(run) == f"LISTEN_FDS is '{fds}'; it has to be from 1 to 32"


def test_socket_activation_without_the_sockets_is_refused(activated):
    with serving() as there:
        run = activated([there], fds="2")
        ends(run, 2)
    assert one_sentence(run).startswith("cannot listen on fd:4: ")


def test_socket_activation_yields_to_operands(activated):
    with serving() as there:
        run = activated([there], "127.0.0.1", "0")
        assert run.port != there.getsockname()[1]


def test_socket_activation_is_not_handed_to_programs(activated):
    with serving() as there:
        activated([there], "--sh-exec", "env | grep LISTEN_; ls /proc/self/fd")
        with socket.create_connection(there.getsockname(), PATIENCE) as peer:
            assert receive_all(peer).split() == [b"0", b"1", b"2", b"3"]  # 3 is the folder that ls reads
