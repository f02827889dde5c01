# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers that vanish without a word, as a machine that loses its power or its network. Their connections time out
after two minutes, here after three seconds. A silent peer, or one that takes nothing, never times out."""
import contextlib
import socket
import time

import pytest

from harness import PATIENCE, Listener, Run, ends, environment, receive_all
from namespace import FAR, NEAR, STAYS, vanish, wire
from ways import rests, some_bytes

LONGER = 5  # seconds, longer than a vanished peer takes to time out


@pytest.fixture
def fast(preload):
    """An environment in which keepalive is in a hurry."""
    return environment(LD_PRELOAD=preload("keepalive"))


@pytest.fixture
def networks():
    with wire() as both:
        yield both


def calling_from(source, run):
    caller = socket.socket()
    caller.bind((source, 0))
    caller.settimeout(PATIENCE)
    caller.connect((NEAR, run.port))
    return caller


def line_of(member):
    return member.makefile("rb", 0).readline().decode()


@contextlib.contextmanager
def room(networks, env):
    """A room of a peer that may vanish and a peer that stays."""
    near, far = networks
    with contextlib.closing(near.do(Run, ["listen", "--chat", "-v", NEAR, 0], env=env)) as run:
        with far.do(calling_from, FAR, run) as one, far.do(calling_from, STAYS, run) as other:
            assert line_of(one).startswith("-!- you are peer1;")
            assert line_of(other).startswith("-!- you are peer2;")
            yield run, other


def test_vanished_member_leaves_the_room(networks, fast):
    with room(networks, fast) as (run, other):
        vanish(networks[1])
        assert line_of(other) == "-!- peer1 left\n"
        run.expect_stderr(rb"^tcpchat: %s:\d+ broken off by the peer: Connection timed out;" % FAR.encode())
        other.settimeout(LONGER)
        with pytest.raises(TimeoutError):
            other.recv(1)  # a silent peer stays, and nothing else happens
        other.settimeout(PATIENCE)
        other.sendall(b"/who\n")
        assert [line_of(other) for _ in range(3)][1:] == ["-!- peer2\n", "-!- 2 are here\n"]


def test_vanished_peer_with_unacknowledged_bytes_times_out(networks):
    """The system repeats the bytes instead of a keepalive probe, which would take a minute; a setting of its own
    limits the tries."""
    near, far = networks
    with room(networks, environment()) as (_, other):
        near.do(write_setting, "ipv4/tcp_retries2", "3")
        vanish(far)
        other.sendall("有人吗\n".encode())
        assert line_of(other) == "-!- peer1 left\n"


def write_setting(name, value):
    with open(f"/proc/sys/net/{name}", "w") as setting:
        setting.write(value)


@contextlib.contextmanager
def conversation_with_far(networks, role, env):
    """A run in the one network, its peer at FAR in the other, and how that is called."""
    near, far = networks
    if role == "listen":
        run = near.do(Run, ["listen", NEAR, 0], env=env)
        peer = far.do(calling_from, FAR, run)
        port = peer.getsockname()[1]
    else:
        with contextlib.closing(far.do(Listener, address=(FAR, 0))) as there:
            run = near.do(Run, ["connect", FAR, there.port], env=env)
            peer, port = there.accept(), there.port
    with contextlib.closing(run), peer:
        yield run, peer, f"{FAR}:{port}"


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_vanished_peer_ends_a_single_conversation(networks, fast, role):
    with conversation_with_far(networks, role, fast) as (run, peer, name):
        run.send("在吗\n".encode())
        assert peer.recv(100).decode() == "在吗\n"
        vanish(networks[1])
        ends(run, 1)
        assert run.stderr.decode().splitlines()[-1] == f"tcpchat: {name}: Connection timed out"


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_peer_that_takes_nothing_does_not_time_out(conversation, fast, tmp_path, role):
    data = some_bytes(24 << 20)  # more than the system takes for a peer that does not read
    (tmp_path / "data").write_bytes(data)
    with open(tmp_path / "data", "rb") as file:
        run, connection = conversation(role, stdin=file, env=fast)
    time.sleep(LONGER)  # nothing happens, which is the matter
    assert rests(run.pid, 0.5)
    connection.settimeout(PATIENCE)
    assert receive_all(connection) == data
    connection.close()
    ends(run, 0)
