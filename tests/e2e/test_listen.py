# SPDX-License-Identifier: GPL-3.0-or-later
"""`listen`: which sockets it opens, how it says so, and what it leaves behind."""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from harness import (HAS_IPV6, HAS_LOCALHOST, PATIENCE, Listener, ends, free_port, one_sentence, receive_all, shown, until)

needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no ::1")
needs_localhost = pytest.mark.skipif(not HAS_LOCALHOST, reason="this machine does not know localhost")
NOBODY = 65534


def announced(run, sockets=1):
    """The places that the run said it listens on, once it said as many."""
    lines = rb"(?:^tcpchat: listening on \S+\n){%d}" % sockets
    return re.findall(r"listening on (\S+)", run.expect_stderr(lines).group().decode())


def ports(places):
    return {int(place.rpartition(":")[2]) for place in places}


def refuses(address, family=socket.AF_INET):
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        return caller.connect_ex(address) != 0


def calls(address, family=socket.AF_INET):
    """A connection to address, or None while no listener is there."""
    connection = socket.socket(family)
    connection.settimeout(PATIENCE)
    try:
        connection.connect(address)
        return connection
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None


def call_unix(path):
    connection = calls(str(path), socket.AF_UNIX)
    assert connection, f"nobody listens on {path}"
    return connection


def answers(run, connection):
    """A short conversation that ends well."""
    connection.sendall(b"hello")
    assert run.read(5) == b"hello"
    connection.close()
    run.end_input()
    ends(run, 0)


# Which sockets.

@needs_ipv6
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_both_families_share_one_port(tcpchat, host):
    run = tcpchat("listen", 0)
    places = announced(run, 2)
    port, = ports(places)
    assert sorted(places) == sorted([f"[::]:{port}", f"0.0.0.0:{port}"])
    answers(run, socket.create_connection((host, port), PATIENCE))


@needs_ipv6
@pytest.mark.parametrize("option, any_address, own, other", [
    ("-4", "0.0.0.0", "127.0.0.1", "::1"),
    ("-6", "[::]", "::1", "127.0.0.1"),
])
def test_family_option_restricts_the_listener(tcpchat, option, any_address, own, other):
    run = tcpchat("listen", option, 0)
    place, = announced(run)
    assert place == f"{any_address}:{run.port}"
    assert refuses((other, run.port), socket.AF_INET6 if ":" in other else socket.AF_INET)
    answers(run, run.call(own))
    assert run.stderr.count(b"\n") == 1


@pytest.mark.parametrize("operands", ["127.0.0.1 0", "127.0.0.1:0", "127.0.0.5 0"])
def test_ipv4_address_is_bound(tcpchat, operands):
    run = tcpchat("listen", *operands.split())
    host = "127.0.0.5" if "5" in operands else "127.0.0.1"
    assert announced(run) == [f"{host}:{run.port}"]
    answers(run, run.call(host))


@needs_ipv6
@pytest.mark.parametrize("operands", ["::1 0", "[::1]:0", "[::1] 0"])
def test_ipv6_address_is_bound(tcpchat, operands):
    run = tcpchat("listen", *operands.split())
    assert announced(run) == [f"[::1]:{run.port}"]
    answers(run, run.call("::1"))


@pytest.mark.parametrize("joint", [" ", ":"])
@pytest.mark.parametrize("host", ["a127-0-0-1.test", pytest.param("localhost", marks=needs_localhost)])
def test_name_is_bound(tcpchat, resolver, host, joint):
    run = tcpchat("listen", "-4", *f"{host}{joint}0".split(), env=resolver)
    assert announced(run) == [f"127.0.0.1:{run.port}"]
    answers(run, run.call())


@pytest.mark.parametrize("called", ["127.0.0.1", "127.0.0.2", pytest.param("::1", marks=needs_ipv6)])
def test_name_binds_all_its_addresses(tcpchat, resolver, called):
    name = "a127-0-0-1.a127-0-0-2.b--1.test" if HAS_IPV6 else "a127-0-0-1.a127-0-0-2.test"
    hosts = ["127.0.0.1", "127.0.0.2"] + HAS_IPV6 * ["[::1]"]
    run = tcpchat("listen", name, 0, env=resolver)
    places = announced(run, len(hosts))
    port, = ports(places)
    assert sorted(places) == sorted(f"{host}:{port}" for host in hosts)
    answers(run, run.call(called))


def test_unknown_name_is_told(tcpchat, resolver):
    run = tcpchat("listen", "none.test", 0, env=resolver)
    ends(run, 1)
    assert "none.test" in one_sentence(run)


def test_foreign_address_is_told(tcpchat):
    run = tcpchat("listen", "198.51.100.7", 0)
    ends(run, 1)
    assert "198.51.100.7" in one_sentence(run) and "Cannot assign requested address" in one_sentence(run)


@pytest.mark.parametrize("options", [[], ["-1"], ["--once"]], ids=" ".join)
def test_given_port_is_not_announced(tcpchat, options):
    port = free_port()
    run = tcpchat("listen", *options, "127.0.0.1", port)
    answers(run, until(lambda: calls(("127.0.0.1", port)), "the listener"))
    assert run.stderr == b""


def test_given_port_is_announced_with_v(tcpchat):
    port = free_port()
    run = tcpchat("listen", "-v", "127.0.0.1", port)
    assert announced(run) == [f"127.0.0.1:{port}"]
    answers(run, run.call())


def test_service_name_is_a_port(tcpchat):
    for service in ("http-alt", "postgresql", "mysql"):
        with contextlib.suppress(OSError):
            port = socket.getservbyname(service, "tcp")
            Listener(address=("127.0.7.2", port)).close()
            run = tcpchat("listen", "-v", "127.0.7.2", service)
            assert announced(run) == [f"127.0.7.2:{port}"]
            return answers(run, run.call("127.0.7.2"))
    pytest.skip("this machine knows no service on a port that is free")


# One conversation.

def test_listener_closes_once_connected(tcpchat):
    run = tcpchat("listen", "-v", "127.0.0.1", 0)
    with run.call() as first:
        run.expect_stderr(b" connected$")
        until(lambda: refuses(("127.0.0.1", run.port)), "the listener to be closed")
        answers(run, first)


@needs_ipv6
@pytest.mark.parametrize("first, second", [("127.0.0.1", "::1"), ("::1", "127.0.0.1")])
def test_both_families_close_once_connected(tcpchat, first, second):
    run = tcpchat("listen", "-v", 0)
    port, = ports(announced(run, 2))
    with run.call(first) as caller:
        run.expect_stderr(b" connected$")
        family = socket.AF_INET6 if ":" in second else socket.AF_INET
        until(lambda: refuses((second, port), family), "the listener to be closed")
        answers(run, caller)


def test_early_stdin_reaches_the_connection(tcpchat):
    """Bytes of stdin before the connection go to the first peer."""
    run = tcpchat("listen", "127.0.0.1", 0)
    run.send(b"early")
    run.end_input()
    with run.call() as caller:
        assert receive_all(caller) == b"early"
    ends(run, 0)


def listening_queue(port):
    """The longest queue of the listening socket on that port."""
    lines = subprocess.run(["ss", "-Hlnt", f"sport = :{port}"], capture_output=True, text=True, check=True).stdout
    return int(lines.split()[2])


@pytest.mark.skipif(not shutil.which("ss"), reason="only ss(8) tells a listener's backlog")
def test_backlog_is_the_systems_limit(tcpchat):
    run = tcpchat("listen", "127.0.0.1", 0)
    with open("/proc/sys/net/core/somaxconn") as limit:
        assert listening_queue(run.port) == min(4096, int(limit.read()))


# Ports that are taken.

def test_port_is_free_again_at_once(tcpchat):
    """The side that closes first keeps its address in TIME_WAIT; SO_REUSEADDR lets it listen all the same."""
    run = tcpchat("listen", "127.0.0.1", 0, stdin=subprocess.DEVNULL)
    port = run.port
    with run.call() as caller:
        assert caller.recv(1) == b""
    ends(run, 0)
    with open("/proc/net/tcp") as table:
        assert re.search(rf"0100007F:{port:04X} \S+ 06 ", table.read()), "the test wants a TIME_WAIT"
    again = tcpchat("listen", "-v", "127.0.0.1", port)
    answers(again, again.call())


def test_busy_port_is_told(tcpchat, listener):
    there = listener()
    run = tcpchat("listen", "127.0.0.1", there.port)
    ends(run, 1)
    assert one_sentence(run) == (f"cannot listen on {shown(there.name)} (ss -ltnp shows who does; or take another port): "
                                 "Address already in use")


@needs_ipv6
@pytest.mark.parametrize("family, taken", [(socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")])
def test_port_busy_in_one_family_is_told(tcpchat, family, taken):
    with socket.socket(family) as other:
        if family == socket.AF_INET6:
            other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        other.bind((taken, 0))
        other.listen()
        run = tcpchat("listen", other.getsockname()[1])
        ends(run, 1)
        assert shown((taken, other.getsockname()[1])) in one_sentence(run)


def test_forbidden_port_is_told(tcpchat, public_program):
    with open("/proc/sys/net/ipv4/ip_unprivileged_port_start") as first:
        if int(first.read()) <= 81:
            pytest.skip("every user may bind every port here")
    nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
    run = tcpchat("listen", "127.0.0.1", 81, program=public_program, cwd="/", **nobody)
    ends(run, 1)
    assert "127.0.0.1:81" in one_sentence(run) and one_sentence(run).endswith("Permission denied")


# --port-file, --listen-timeout

def test_port_file_has_the_bound_port(tcpchat, tmp_path):
    file = tmp_path / "port"
    file.write_text("something much longer than any port number\n")
    run = tcpchat("listen", "--port-file", file, "127.0.0.1", 0)
    until(lambda: file.read_text().strip() == str(run.port), "the port in the file")
    answers(run, run.call())


def test_port_file_has_a_given_port(tcpchat, tmp_path):
    port = free_port()
    run = tcpchat("listen", "127.0.0.1", port, f"--port-file={tmp_path}/port")
    file = tmp_path / "port"
    until(lambda: file.exists() and file.read_text().strip() == str(port), "the port in the file")
    answers(run, until(lambda: calls(("127.0.0.1", port)), "the listener"))


def with_port_file(tcpchat, file, *options):
    run = tcpchat("listen", "--port-file", file, *options, "127.0.0.1", 0)
    until(lambda: os.path.exists(file) and run.port, "the port")
    return run


def test_port_file_is_removed_at_the_end(tcpchat, tmp_path):
    run = with_port_file(tcpchat, tmp_path / "port")
    with run.call() as peer:
        peer.sendall(b"x")
        assert run.read(1) == b"x"
        assert (tmp_path / "port").exists()  # while the run serves
    run.end_input()
    ends(run, 0)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_port_file_is_removed_on_a_signal(tcpchat, tmp_path, number):
    run = with_port_file(tcpchat, tmp_path / "port", "-k")
    run.process.send_signal(number)
    ends(run, 128 + number)
    assert list(tmp_path.iterdir()) == []


def test_port_file_is_removed_after_a_timeout(tcpchat, tmp_path):
    run = tcpchat("listen", "--port-file", tmp_path / "port", "--listen-timeout", "0.1", "127.0.0.1", 0)
    ends(run, 4)
    assert list(tmp_path.iterdir()) == []


def replaced(file):
    os.rename(file, str(file) + ".old")
    file.write_text(pathlib.Path(str(file) + ".old").read_text())


def written_by_another_run(file):
    file.write_text("7\n")


def linked(file):
    os.rename(file, str(file) + ".target")
    os.symlink(str(file) + ".target", file)


@pytest.mark.parametrize("change", [replaced, written_by_another_run, linked])
def test_port_file_of_others_stays(tcpchat, tmp_path, change):
    run = with_port_file(tcpchat, tmp_path / "port")
    change(tmp_path / "port")
    run.process.terminate()
    ends(run, 128 + signal.SIGTERM)
    assert (tmp_path / "port").exists()


def test_port_file_that_is_a_descriptor_stays(tcpchat, tmp_path):
    with open(tmp_path / "port", "wb") as file:
        run = tcpchat("listen", "--port-file", f"/dev/fd/{file.fileno()}", "--listen-timeout", "0.1", "127.0.0.1", 0,
                      pass_fds=[file.fileno()])
        ends(run, 4)
    assert (tmp_path / "port").read_text() == f"{run.port}\n"


def test_port_file_that_cannot_be_written_is_told(tcpchat):
    run = tcpchat("listen", "--port-file=/nonexistent/port", "127.0.0.1", free_port())
    ends(run, 5)
    assert "/nonexistent/port" in one_sentence(run) and one_sentence(run).endswith("No such file or directory")


def test_port_file_on_a_full_disk_is_told(tcpchat):
    run = tcpchat("listen", "--port-file=/dev/full", "127.0.0.1", free_port())
    ends(run, 5)
    assert one_sentence(run).endswith("No space left on device")


def test_listen_timeout_is_status_4(tcpchat):
    start = time.monotonic()
    run = tcpchat("listen", "--listen-timeout", "700ms", "127.0.0.1", free_port())
    ends(run, 4)
    assert 0.65 < time.monotonic() - start < 8
    one_sentence(run)


def test_listen_timeout_ends_with_the_first_connection(tcpchat):
    run = tcpchat("listen", "--listen-timeout", "3", "127.0.0.1", 0)
    with run.call() as caller:
        time.sleep(4)  # longer than the timeout, which is the matter
        answers(run, caller)


# unix:PATH

def test_unix_socket_accepts(tcpchat, tmp_path):
    path = tmp_path / "s"
    run = tcpchat("listen", "-v", f"unix:{path}")
    assert announced(run) == [f"unix:{path}"]
    answers(run, call_unix(path))
    assert not path.exists()


def test_unix_socket_is_silent_without_v(tcpchat, tmp_path):
    path = tmp_path / "s"
    run = tcpchat("listen", f"unix:{path}")
    answers(run, until(lambda: calls(str(path), socket.AF_UNIX), "the socket"))
    assert run.stderr == b""


def test_stale_socket_file_is_replaced(tcpchat, tmp_path):
    path = tmp_path / "s"
    Listener(socket.AF_UNIX, str(path)).close()
    assert path.is_socket()
    run = tcpchat("listen", "-v", f"unix:{path}")
    announced(run)
    answers(run, call_unix(path))
    assert not path.exists()


def test_live_socket_is_left_alone(tcpchat, listener, tmp_path):
    path = tmp_path / "s"
    there = listener(socket.AF_UNIX, str(path))
    run = tcpchat("listen", f"unix:{path}")
    ends(run, 1)
    assert f"unix:{path}" in one_sentence(run) and one_sentence(run).endswith("Address already in use")
    # The probe that recognised it may stand in the queue before this call.
    with call_unix(path):
        there.accept().close()


def test_live_socket_with_a_full_queue_is_left_alone(tcpchat, listener, tmp_path):
    """It answers EAGAIN, or nothing, where a stale one refuses."""
    path = tmp_path / "s"
    listener(socket.AF_UNIX, str(path), backlog=0)
    callers = [socket.socket(socket.AF_UNIX) for _ in range(4)]
    for caller in callers:
        caller.setblocking(False)
        caller.connect_ex(str(path))
    ends(tcpchat("listen", f"unix:{path}"), 1)
    assert path.is_socket()
    for caller in callers:
        caller.close()


def test_datagram_socket_is_left_alone(tcpchat, tmp_path):
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.bind(str(path))
        ends(tcpchat("listen", f"unix:{path}"), 1)
        assert path.is_socket()


def regular_file(path):
    path.write_bytes(b"precious")


def directory(path):
    path.mkdir()


def link_to_a_file(path):
    path.with_name("target").write_bytes(b"precious")
    path.symlink_to("target")


def dangling_link(path):
    path.symlink_to("nowhere")


def fifo(path):
    os.mkfifo(path)


def identity(path):
    seen = os.lstat(path)
    return seen.st_ino, seen.st_mode, seen.st_size, seen.st_mtime_ns


@pytest.mark.parametrize("make", [regular_file, directory, link_to_a_file, dangling_link, fifo])
def test_regular_file_is_never_removed(tcpchat, tmp_path, make):
    path = tmp_path / "s"
    make(path)
    before = identity(path)
    run = tcpchat("listen", f"unix:{path}")
    ends(run, 1)
    assert f"unix:{path}" in one_sentence(run)
    assert identity(path) == before
    assert all(file.read_bytes() == b"precious" for file in tmp_path.iterdir() if file.is_file())


def test_unix_socket_that_cannot_be_made_is_told(tcpchat):
    run = tcpchat("listen", "unix:/nonexistent/s")
    ends(run, 1)
    assert "unix:/nonexistent/s" in one_sentence(run) and one_sentence(run).endswith("No such file or directory")


def test_long_unix_path_is_refused(tcpchat):
    run = tcpchat("listen", "unix:/tmp/" + 120 * "x")
    assert run.wait() in (1, 2)
    assert "xxx" in one_sentence(run)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT], ids=lambda number: number.name)
@pytest.mark.parametrize("called", [False, True], ids=["waiting", "in conversation"])
def test_socket_file_is_removed_on_a_signal(tcpchat, tmp_path, number, called):
    path = tmp_path / "s"
    run = tcpchat("listen", "-v", f"unix:{path}")
    announced(run)
    with call_unix(path) if called else contextlib.nullcontext():
        if called:
            run.expect_stderr(b" connected$")
        run.process.send_signal(number)
        ends(run, 128 + number)
    assert not path.exists()


def test_socket_file_is_removed_after_a_timeout(tcpchat, tmp_path):
    path = tmp_path / "s"
    ends(tcpchat("listen", "--listen-timeout=300ms", f"unix:{path}"), 4)
    assert not path.exists()


def test_foreign_socket_file_is_not_removed(tcpchat, tmp_path):
    """Another program has put its own socket at the path meanwhile."""
    path = tmp_path / "s"
    run = tcpchat("listen", "-v", f"unix:{path}")
    announced(run)
    caller = call_unix(path)
    run.expect_stderr(b" connected$")
    path.unlink(missing_ok=True)
    other = Listener(socket.AF_UNIX, str(path))
    answers(run, caller)
    assert path.is_socket()
    other.close()


def test_unix_listener_closes_once_connected(tcpchat, tmp_path):
    path = tmp_path / "s"
    run = tcpchat("listen", "-v", f"unix:{path}")
    announced(run)
    with call_unix(path) as first:
        run.expect_stderr(b" connected$")
        until(lambda: refuses(str(path), socket.AF_UNIX), "the listener to be closed")
        answers(run, first)
