# SPDX-License-Identifier: GPL-3.0-or-later
"""`connect`: how addresses are written, looked up, raced and given up."""
import contextlib
import os
import re
import signal
import socket
import subprocess
import time

import pytest

from harness import (HAS_IPV6, HAS_LOCALHOST, PATIENCE, TCPCHAT, Listener, ends, free_port, one_sentence, reset, session_of, shown,
                     until)

needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no ::1")
needs_localhost = pytest.mark.skipif(not HAS_LOCALHOST, reason="this machine does not know localhost")
# How much longer than asked a deadline may take on a busy machine, far below what the kernel would take.
SLACK = 8


def greets(run, there):
    """The run has reached this listener, and the conversation ends well."""
    with there.accept() as peer:
        peer.sendall(b"hello")
    assert run.read_all() == b"hello"
    run.end_input()
    ends(run, 0)


def services():
    """A service name and its port, one that a user may bind."""
    for name in ("http-alt", "postgresql", "mysql", "nfs", "xmpp-client"):
        try:
            port = socket.getservbyname(name, "tcp")
        except OSError:
            continue
        if port >= 1024:
            yield name, port


@pytest.fixture
def elapsed():
    """Seconds since the test began."""
    start = time.monotonic()
    return lambda: time.monotonic() - start


# The written form of an address.

@pytest.mark.parametrize("joint", [" ", ":"])
@pytest.mark.parametrize("host", ["127.0.0.1", "a127-0-0-1.test", pytest.param("localhost", marks=needs_localhost)])
def test_ipv4_address_and_name_connect(tcpchat, listener, resolver, host, joint):
    there = listener()
    greets(tcpchat("connect", *f"{host}{joint}{there.port}".split(), env=resolver), there)


@needs_ipv6
@pytest.mark.parametrize("operands", ["::1 {}", "[::1]:{}", "[::1] {}", "0:0::1 {}"])
def test_ipv6_address_connects(tcpchat, listener, operands):
    there = listener(socket.AF_INET6)
    greets(tcpchat("connect", *operands.format(there.port).split()), there)


def test_unix_socket_connects(tcpchat, listener, tmp_path):
    there = listener(socket.AF_UNIX, str(tmp_path / "s"))
    greets(tcpchat("connect", f"unix:{tmp_path}/s"), there)


def test_unix_path_may_be_relative_with_blanks_and_colons(tcpchat, listener, tmp_path):
    (tmp_path / "a b:c").mkdir()
    there = listener(socket.AF_UNIX, str(tmp_path / "a b:c" / "s:1"))
    greets(tcpchat("connect", "unix:a b:c/s:1", cwd=tmp_path), there)


@pytest.mark.parametrize("operands", ["{host} {service}", "{host}:{service}"])
def test_service_name_is_a_port(tcpchat, listener, operands):
    for service, port in services():
        try:
            there = listener(address=("127.0.7.1", port))
        except OSError:
            continue
        return greets(tcpchat("connect", *operands.format(host="127.0.7.1", service=service).split()), there)
    pytest.skip("this machine knows no service on a port that is free")


# Which addresses of a name are tried.

@needs_ipv6
@pytest.mark.parametrize("option, family", [("-4", socket.AF_INET), ("-6", socket.AF_INET6)])
@pytest.mark.parametrize("name", ["b--1.a127-0-0-1.test", "a127-0-0-1.b--1.test"])
def test_family_option_restricts_addresses(tcpchat, listener, resolver, option, family, name):
    port = free_port("::1")
    there = {family: listener(family, (address, port))
             for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))}
    greets(tcpchat("connect", option, name, port, env=resolver), there[family])


@pytest.mark.parametrize("option, literal", [("-6", "127.0.0.1"), ("-4", "::1")])
def test_address_of_the_other_family_is_refused(tcpchat, option, literal):
    run = tcpchat("connect", option, literal, 9, stdin=subprocess.DEVNULL)
    assert run.wait() in (1, 2)
    assert literal in one_sentence(run)


def test_numeric_accepts_numbers(tcpchat, listener):
    there = listener()
    greets(tcpchat("connect", "-n", "127.0.0.1", there.port), there)


def test_numeric_refuses_names(tcpchat, resolver, elapsed):
    run = tcpchat("connect", "-n", "slow.test", 9, env=resolver, stdin=subprocess.DEVNULL)
    assert run.wait() in (1, 2)
    assert "slow.test" in one_sentence(run)
    assert elapsed() < SLACK


def test_refused_address_is_followed_by_the_next(tcpchat, listener, resolver, elapsed):
    there = listener()
    greets(tcpchat("connect", "a127-0-0-2.a127-0-0-3.a127-0-0-1.test", there.port, env=resolver), there)
    assert elapsed() < SLACK


@needs_ipv6
def test_refused_family_is_followed_by_the_other(tcpchat, listener, resolver):
    there = listener()
    greets(tcpchat("connect", "b--1.a127-0-0-1.test", there.port, env=resolver), there)


def test_silent_address_is_overtaken(tcpchat, listener, blackhole, resolver, elapsed):
    hole = blackhole(address=("127.0.0.2", 0))
    there = listener(address=("127.0.0.1", hole.port))
    run = tcpchat("connect", "-v", "a127-0-0-2.a127-0-0-1.test", hole.port, env=resolver)
    peer = there.accept()
    assert 0.2 < elapsed() < SLACK, "the second address has its turn after 250 ms (RFC 8305)"
    run.expect_stderr(b"^tcpchat: 127.0.0.1:%d connected$" % hole.port)
    peer.close()
    run.end_input()
    ends(run, 0)


def test_verbose_names_the_addresses_that_were_tried(tcpchat, listener, resolver):
    port = free_port()
    run = tcpchat("connect", "-v", "a127-0-0-2.a127-0-0-1.test", port, env=resolver, stdin=subprocess.DEVNULL)
    ends(run, 1)
    said = run.stderr.decode().splitlines()
    for host in ("127.0.0.1", "127.0.0.2"):
        assert f"tcpchat: cannot connect to {host}:{port}: Connection refused" in said


def test_verbose_names_the_one_address_of_a_name(tcpchat, resolver):
    port = free_port()
    run = tcpchat("connect", "-v", "a127-0-0-2.test", port, env=resolver, stdin=subprocess.DEVNULL)
    ends(run, 1)
    assert run.stderr.decode().splitlines() == [
        f"tcpchat: cannot connect to 127.0.0.2:{port}: Connection refused",
        f"tcpchat: cannot connect to a127-0-0-2.test:{port}: Connection refused"]


def test_verbose_names_the_address_that_does_not_answer(tcpchat, blackhole, resolver):
    hole = blackhole(address=("127.0.0.2", 0))
    run = tcpchat("connect", "-v", "-w", "0.3", "a127-0-0-2.test", hole.port, env=resolver, stdin=subprocess.DEVNULL)
    ends(run, 4)
    assert f"tcpchat: cannot connect to 127.0.0.2:{hole.port}: no answer so far\n" in run.stderr.decode()


def test_verbose_says_a_numeric_address_once(tcpchat):
    port = free_port()
    run = tcpchat("connect", "-v", "127.0.0.1", port, stdin=subprocess.DEVNULL)
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to 127.0.0.1:{port}: Connection refused"


def test_answering_address_is_not_overtaken(tcpchat, listener, resolver):
    first = listener(address=("127.0.0.1", 0))
    second = listener(address=("127.0.0.2", first.port))
    greets(tcpchat("connect", "a127-0-0-1.a127-0-0-2.test", first.port, env=resolver), first)
    second.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        second.socket.accept()


def test_all_addresses_refusing_fails_once(tcpchat, resolver):
    port = free_port()
    run = tcpchat("connect", "a127-0-0-2.a127-0-0-1.test", port, env=resolver, stdin=subprocess.DEVNULL)
    ends(run, 1)
    sentence = one_sentence(run)
    assert sentence.startswith("cannot connect to ") and sentence.endswith("Connection refused")
    assert str(port) in sentence


# Addresses that cannot be reached.

def test_refused_connection_is_status_1(tcpchat):
    port = free_port()
    run = tcpchat("connect", "127.0.0.1", port)
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to 127.0.0.1:{port}: Connection refused"
    assert run.read_all() == b""


@needs_ipv6
def test_refused_ipv6_connection_is_status_1(tcpchat):
    port = free_port("::1")
    run = tcpchat("connect", "::1", port)
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to [::1]:{port}: Connection refused"


def test_missing_unix_socket_is_told(tcpchat, tmp_path):
    run = tcpchat("connect", f"unix:{tmp_path}/s")
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to unix:{tmp_path}/s: No such file or directory"


def test_unserved_unix_socket_is_told(tcpchat, tmp_path):
    Listener(socket.AF_UNIX, str(tmp_path / "s")).close()
    run = tcpchat("connect", f"unix:{tmp_path}/s")
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to unix:{tmp_path}/s: Connection refused"
    assert (tmp_path / "s").exists()


def test_long_unix_path_is_refused(tcpchat):
    run = tcpchat("connect", "unix:/tmp/" + 120 * "x")
    assert run.wait() in (1, 2)
    assert "xxx" in one_sentence(run)


@pytest.mark.parametrize("name", ["no-such-host.invalid", "none.test"])
def test_unresolvable_name_is_told(tcpchat, resolver, name):
    run = tcpchat("connect", name, 9, env=resolver)
    ends(run, 1)
    assert name in one_sentence(run)


def test_unresolvable_name_of_any_length_is_told(tcpchat):
    run = tcpchat("connect", 5000 * "x", 9)
    assert run.wait() in (1, 2)
    assert len(one_sentence(run)) > 20


def test_unreachable_address_is_told(tcpchat):
    own_network = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--net"]
    if subprocess.run([*own_network, "true"], capture_output=True).returncode != 0:
        pytest.skip("no network namespace may be made here")
    run = tcpchat(*own_network[1:], TCPCHAT, "connect", "192.0.2.1", 9, program=own_network[0])
    ends(run, 1)
    assert one_sentence(run) == "cannot connect to 192.0.2.1:9: Network is unreachable"


# This end's address.

def test_source_address_is_bound(tcpchat, listener):
    there = listener()
    tcpchat("connect", "-s", "127.0.0.5", "127.0.0.1", there.port)
    assert there.accept().getpeername()[0] == "127.0.0.5"


def test_source_port_is_bound(tcpchat, listener):
    there, port = listener(), free_port()
    tcpchat("connect", "-p", port, "127.0.0.1", there.port)
    assert there.accept().getpeername() == ("127.0.0.1", port)


def test_source_address_and_port_are_bound(tcpchat, listener):
    there, port = listener(), free_port("127.0.0.5")
    tcpchat("connect", "--source=127.0.0.5", f"--source-port={port}", "127.0.0.1", there.port)
    assert there.accept().getpeername() == ("127.0.0.5", port)


@needs_ipv6
def test_source_port_is_bound_over_ipv6(tcpchat, listener):
    there, port = listener(socket.AF_INET6), free_port("::1")
    tcpchat("connect", "-p", port, "::1", there.port)
    assert there.accept().getpeername()[:2] == ("::1", port)


def test_foreign_source_address_is_told(tcpchat, listener):
    run = tcpchat("connect", "-s", "198.51.100.7", "127.0.0.1", listener().port)
    ends(run, 1)
    assert "198.51.100.7" in one_sentence(run) and "Cannot assign requested address" in one_sentence(run)


def test_busy_source_port_is_told(tcpchat, listener):
    there, busy = listener(), listener()
    run = tcpchat("connect", "-p", busy.port, "127.0.0.1", there.port)
    ends(run, 1)
    assert str(busy.port) in one_sentence(run) and "Address already in use" in one_sentence(run)


# -z

def test_probe_is_silent(tcpchat, listener):
    there = listener()
    run = tcpchat("connect", "-z", "127.0.0.1", there.port)
    with contextlib.suppress(BrokenPipeError):  # it may have ended already
        run.send(b"not for the peer")
    ends(run, 0)
    assert (run.read_all(), run.stderr) == (b"", b"")
    assert there.accept().recv(1) == b""


def test_probe_with_v_says_one_sentence(tcpchat, listener):
    there = listener()
    run = tcpchat("connect", "-z", "-v", "127.0.0.1", there.port)
    ends(run, 0)
    assert shown(there.name) in one_sentence(run)


def test_probe_of_a_unix_socket_is_silent(tcpchat, listener, tmp_path):
    listener(socket.AF_UNIX, str(tmp_path / "s"))
    ends(tcpchat("connect", "-z", f"unix:{tmp_path}/s"), 0)


def test_probe_of_a_refusing_port_is_status_1(tcpchat):
    port = free_port()
    run = tcpchat("connect", "-z", "127.0.0.1", port)
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to 127.0.0.1:{port}: Connection refused"


# -w

@pytest.mark.parametrize("options", [["-w", "700ms"], ["-w", "0.7"], ["-z", "--connect-timeout=0.7s"]], ids=" ".join)
def test_connect_timeout_is_status_4(tcpchat, blackhole, elapsed, options):
    hole = blackhole(address=("127.0.0.3", 0))
    start = elapsed()
    run = tcpchat("connect", *options, "127.0.0.3", hole.port)
    ends(run, 4)
    assert 0.65 < elapsed() - start < 0.7 + SLACK
    assert one_sentence(run).startswith(f"cannot connect to 127.0.0.3:{hole.port}: ")


def test_connect_timeout_covers_all_addresses(tcpchat, blackhole, resolver, elapsed):
    """Eight dead addresses with a deadline each would take 8 s, and one after the other from 1.75 s on."""
    hole = blackhole(address=("127.0.0.3", 0))
    start = elapsed()
    run = tcpchat("connect", "-w", "1", 8 * "a127-0-0-3." + "test", hole.port, env=resolver)
    ends(run, 4)
    assert 0.95 < elapsed() - start < 7
    one_sentence(run)


def test_silent_and_refusing_addresses_time_out(tcpchat, blackhole, resolver):
    """While one address may still answer, a refusal by another decides nothing."""
    hole = blackhole(address=("127.0.0.3", 0))
    run = tcpchat("connect", "-w", "1", "a127-0-0-2.a127-0-0-3.test", hole.port, env=resolver)
    ends(run, 4)
    one_sentence(run)


def test_connect_timeout_does_not_bound_the_conversation(tcpchat, listener):
    there = listener()
    run = tcpchat("connect", "-w", "500ms", "127.0.0.1", there.port)
    with there.accept() as peer:
        time.sleep(1)  # longer than the timeout, which is the matter
        peer.sendall(b"late")
    assert run.read_all() == b"late"
    run.end_input()
    ends(run, 0)


def test_full_unix_queue_times_out(tcpchat, listener, tmp_path):
    """connect(2) answers EAGAIN there, which is not a refusal."""
    path = str(tmp_path / "s")
    listener(socket.AF_UNIX, path, backlog=0)
    callers = [socket.socket(socket.AF_UNIX) for _ in range(8)]
    try:
        for caller in callers:
            caller.setblocking(False)
            if caller.connect_ex(path) != 0:
                break
        ends(tcpchat("connect", "-w", "500ms", f"unix:{path}"), 4)
    finally:
        for caller in callers:
            caller.close()


# Look-ups.

def test_look_up_is_killed_at_the_deadline(tcpchat, resolver, elapsed):
    run = tcpchat("connect", "-w", "700ms", "slow.test", 9, env=resolver, start_new_session=True)
    ends(run, 4)
    assert 0.65 < elapsed() < 0.7 + SLACK
    assert "slow.test" in one_sentence(run)
    until(lambda: not session_of(run), "the helper and its look-up to be gone", 5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_look_up_is_killed_by_a_signal(tcpchat, resolver, number):
    run = tcpchat("connect", "slow.test", 9, env=resolver, start_new_session=True)
    until(lambda: len(session_of(run)) == 2, "the helper and its look-up")
    run.process.send_signal(number)
    assert run.process.wait(SLACK) == -number
    until(lambda: not session_of(run), "the helper and its look-up to be gone", 5)


def test_look_up_survives_signals_sent_by_program_name(tcpchat, resolver):
    run = tcpchat("connect", "slow.test", 9, env=resolver, start_new_session=True)
    until(lambda: len(session_of(run)) == 2, "the helper and its look-up")

    def blocks(pid, number):
        status = open(f"/proc/{pid}/status").read()
        return int(re.search(r"^SigBlk:\s*(\w+)$", status, re.M)[1], 16) >> number - 1 & 1

    several = signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM
    assert all(blocks(pid, number) for pid in session_of(run) for number in several)


def test_look_up_ends_with_a_killed_run(tcpchat, resolver):
    run = tcpchat("connect", "slow.test", 9, env=resolver, start_new_session=True)
    until(lambda: len(session_of(run)) == 2, "the helper and its look-up")
    run.process.kill()
    assert run.process.wait(SLACK) == -signal.SIGKILL
    until(lambda: not session_of(run), "the helper and its look-up to be gone", 5)
    assert run.read_all(5) == b""


def test_look_up_leaves_no_process(tcpchat, listener, resolver):
    there = listener()
    run = tcpchat("connect", "a127-0-0-1.test", there.port, env=resolver, start_new_session=True)
    with there.accept():
        until(lambda: not session_of(run), "the helper and its look-up to be gone", 5)
    run.end_input()
    ends(run, 0)


# --retry

def failed_attempts():
    """The number of outgoing connections that this machine has given up so far."""
    with open("/proc/net/snmp") as counters:
        names, values = [line.split() for line in counters if line.startswith("Tcp:")]
    return int(values[names.index("AttemptFails")])


def test_retry_waits_for_the_listener(tcpchat):
    with socket.socket() as later:
        later.bind(("127.0.0.1", 0))
        before = failed_attempts()
        run = tcpchat("connect", "--retry", "25", "127.0.0.1", later.getsockname()[1])
        until(lambda: failed_attempts() > before, "a refused attempt")
        later.listen()
        later.settimeout(PATIENCE)
        peer, _ = later.accept()
        peer.sendall(b"hello")
        peer.close()
        assert run.read_all() == b"hello"
        run.end_input()
        ends(run, 0)
        assert run.stderr == b""


def test_retry_waits_for_a_unix_socket(tcpchat, listener, tmp_path):
    run = tcpchat("connect", "--retry", "25", f"unix:{tmp_path}/s")
    time.sleep(0.4)  # nothing shows that the first attempt is over; were it not, the test would still pass
    greets(run, listener(socket.AF_UNIX, str(tmp_path / "s")))


def test_retry_gives_up_with_the_last_sentence(tcpchat, elapsed):
    port = free_port()
    run = tcpchat("connect", "--retry", "1500ms", "127.0.0.1", port)
    ends(run, 1)
    assert 1.2 < elapsed() < 1.5 + SLACK
    assert one_sentence(run) == f"cannot connect to 127.0.0.1:{port}: Connection refused"


@pytest.mark.parametrize("name", ["none.test", "late.test"])
def test_retry_of_an_unknown_name_ends_in_time(tcpchat, resolver, name):
    """An attempt that the end of --retry cuts short has said nothing; the one before it has."""
    run = tcpchat("connect", "--retry", "1", name, 9, env=resolver)
    ends(run, 1)
    assert name in one_sentence(run)


def test_retry_ends_with_the_last_attempts_own_status(tcpchat, blackhole):
    hole = blackhole(address=("127.0.0.3", 0))
    run = tcpchat("connect", "--retry", "1", "-w", "300ms", "127.0.0.3", hole.port)
    ends(run, 4)
    one_sentence(run)


def test_retry_does_not_begin_anew_after_a_conversation(tcpchat, listener):
    there = listener()
    run = tcpchat("connect", "--retry", "25", "127.0.0.1", there.port)
    peer = there.accept()
    peer.sendall(b"x")
    assert run.read(1) == b"x"
    reset(peer)
    ends(run, 1)
    there.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        there.socket.accept()
