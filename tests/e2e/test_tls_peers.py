# SPDX-License-Identifier: GPL-3.0-or-later
"""Other programs that speak TLS at the other end: they listen or call, and bytes pass both ways."""
import contextlib
import shutil
import subprocess

import pytest

from harness import PATIENCE, ends, free_port
from meeting import running
from ways import Way, assert_exact, carry, some_bytes, through

DATA = (1 << 18) + 1
# ncat 7.93 may leave bytes with OpenSSL until more come, so that it gets one short record.
LITTLE = 4001


def s_server(version):
    return lambda server, ca, port: ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", server.cert,
                                     "-key", server.key, "-quiet", "-naccept", "1", version]


def s_client(version):
    return lambda server, ca, port: ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile", ca,
                                     "-verify_return_error", "-quiet", version]


def socat_listens(server, ca, port):
    return ["socat", "-t", "60", "-",
            f"OPENSSL-LISTEN:{port},bind=127.0.0.1,cert={server.cert},key={server.key},verify=0"]


def socat_calls(server, ca, port):
    return ["socat", "-t", "60", "-", f"OPENSSL:localhost:{port},cafile={ca},pf=ip4"]


LISTEN = {
    "s_server 1.2": s_server("-tls1_2"),
    "s_server 1.3": s_server("-tls1_3"),
    "ncat": lambda server, ca, port: ["ncat", "--ssl", "--ssl-cert", server.cert, "--ssl-key", server.key, "-l",
                                      "127.0.0.1", port],
    "socat": socat_listens,
}
CALL = {
    "s_client 1.2": s_client("-tls1_2"),
    "s_client 1.3": s_client("-tls1_3"),
    "ncat": lambda server, ca, port: ["ncat", "--ssl-verify", "--ssl-trustfile", ca, "localhost", port],
    "socat": socat_calls,
    "gnutls-cli": lambda server, ca, port: ["gnutls-cli", "--x509cafile", ca, "--logfile", "/dev/null", "-p", port,
                                            "localhost"],
}


@contextlib.contextmanager
def peer(command):
    command = [str(word) for word in command]
    assert shutil.which(command[0]), f"{command[0]} is not installed"
    with running(command) as run:
        yield run


def exchange(ours, theirs, size):
    """All bytes arrive both ways."""
    to_them = Way(ours.stdin.fileno(), theirs.stdout.fileno(), ours.end_input)
    to_us = Way(theirs.stdin.fileno(), ours.stdout.fileno(), theirs.end_input)
    for way in (to_them, to_us):
        way.give(way.material(size))
    carry(to_them, to_us, until=through(to_them, to_us))
    for way in (to_them, to_us):
        assert_exact(way)
    return to_them, to_us


def end(ours, name):
    """ncat ends by close_notify at some times only."""
    status = ours.wait()
    assert status == 0 or (name == "ncat" and status == 6), ours.stderr


@pytest.mark.parametrize("name", LISTEN)
def test_connect_talks_with_other_servers(tcpchat, authority, name):
    server, port = authority.server(), free_port()
    with peer(LISTEN[name](server, authority.ca, port)) as theirs:
        ours = tcpchat("connect", "--retry", "20", "--tls", "--tls-ca", authority.ca, "127.0.0.1", port)
        to_them, to_us = exchange(ours, theirs, LITTLE if name == "ncat" else DATA)
        to_them.finish()
        to_us.finish()
        carry(to_us, until=lambda: to_us.ended)
        end(ours, name)


@pytest.mark.parametrize("name", CALL)
def test_listen_talks_with_other_clients(tcpchat, authority, name):
    server = authority.server()
    ours = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    with peer(CALL[name](server, authority.ca, ours.port)) as theirs:
        to_them, to_us = exchange(ours, theirs, LITTLE if name == "ncat" else DATA)
        for way in (to_them, to_us) if "s_client" in name else (to_us, to_them):
            way.finish()
            carry(to_us, until=lambda: to_us.ended)
        end(ours, name)


@pytest.mark.parametrize("option", [[], ["--recv-only"]], ids=["input ends", "--recv-only"])
def test_listener_of_ncat_gets_a_whole_file(tcpchat, authority, tmp_path, option):
    """ncat sends its FIN at once, without close_notify, and reads on."""
    server, port, material = authority.server(), free_port(), some_bytes(20_000_000)
    (tmp_path / "file").write_bytes(material)
    with open(tmp_path / "got", "wb") as got, open(tmp_path / "file", "rb") as file:
        theirs = subprocess.Popen(["ncat", "-l", "--ssl", "--ssl-cert", server.cert, "--ssl-key", server.key, *option,
                                   "127.0.0.1", str(port)], stdin=subprocess.DEVNULL, stdout=got)
        ours = tcpchat("connect", "--retry", "20", "--tls", "--tls-ca", authority.ca, "127.0.0.1", port, stdin=file)
        ends(ours, 6)
        assert theirs.wait(PATIENCE) == 0
    assert (tmp_path / "got").read_bytes() == material


def test_caller_of_ncat_without_input_gets_a_whole_file(tcpchat, authority, tmp_path):
    server, material = authority.server(), some_bytes(20_000_000)
    (tmp_path / "file").write_bytes(material)
    with open(tmp_path / "file", "rb") as file:
        ours = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0,
                       stdin=file)
    got = subprocess.run([str(word) for word in CALL["ncat"](server, authority.ca, ours.port)],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE).stdout
    assert got == material
    ends(ours, 6)


@pytest.mark.parametrize("request_of_peer", [b"K\n", b"k\n"], ids=["both ways", "one way"])
def test_keys_may_be_renewed(tcpchat, authority, request_of_peer):
    """A line of s_client that is K or k is a key update (RFC 8446, 4.6.3); K asks for one of ours."""
    server = authority.server()
    ours = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    with peer(["openssl", "s_client", "-connect", f"127.0.0.1:{ours.port}", "-CAfile", authority.ca, "-brief",
               "-tls1_3"]) as theirs:
        theirs.expect_stderr(rb"Protocol version|CONNECTION ESTABLISHED")
        for count in range(1, 6):
            theirs.send(request_of_peer)
            theirs.expect_stderr(rb"(?s)(KEYUPDATE.*){%d}" % count)
            theirs.send(b"before and after\n")
            assert ours.read(17) == b"before and after\n"
            ours.send(b"and back\n")
            assert theirs.read(9) == b"and back\n"


@pytest.mark.parametrize("name", ["ncat", "socat"])
def test_refused_certificate_is_seen_by_both(tcpchat, authority, name):
    """A certificate made for this run: programs that verify go away."""
    ours = tcpchat("listen", "--tls", "127.0.0.1", 0)
    theirs = subprocess.run([str(word) for word in CALL[name](None, authority.ca, ours.port)],
                            stdin=subprocess.DEVNULL, capture_output=True)
    assert theirs.returncode != 0
    ours.expect_stderr(rb"^tcpchat: 127\.0\.0\.1:\d+: the other side ")
