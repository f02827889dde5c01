# SPDX-License-Identifier: GPL-3.0-or-later
"""Peers that speak TLS well, and mean harm: floods, renegotiation, early data, certificates that are refused late."""
import contextlib
import ctypes
import ctypes.util
import socket
import ssl
import subprocess

import pytest

import tls
from harness import PATIENCE, ends, in_background, until

UPDATE_REQUESTED = 1
SECRET = b"the words nobody else may read\n"


def listen(tcpchat, authority, *options, **popen):
    server = authority.server()
    return tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, *options, "127.0.0.1", 0,
                   **popen)


class OpenSSL:
    """A caller of TLS 1.3 by the library itself, which changes its keys as often as it is told."""

    def __init__(self, port):
        library = self.library = ctypes.CDLL(ctypes.util.find_library("ssl"))
        for name in ("TLS_client_method", "SSL_CTX_new", "SSL_new"):
            getattr(library, name).restype = ctypes.c_void_p
        self.socket = socket.create_connection(("127.0.0.1", port))
        context = library.SSL_CTX_new(ctypes.c_void_p(library.TLS_client_method()))
        self.ssl = ctypes.c_void_p(library.SSL_new(ctypes.c_void_p(context)))
        library.SSL_set_fd(self.ssl, self.socket.fileno())
        assert library.SSL_connect(self.ssl) == 1

    def change_keys(self):
        return self.library.SSL_key_update(self.ssl, UPDATE_REQUESTED) == 1 and self.library.SSL_do_handshake(self.ssl) == 1

    def write(self, data):
        return self.library.SSL_write(self.ssl, data, len(data)) == len(data)


def test_caller_without_a_safe_cipher_is_refused(tcpchat, authority):
    run = listen(tcpchat, authority)
    context = tls.client_context(authority.ca, maximum_version=ssl.TLSVersion.TLSv1_2)
    context.set_ciphers("AES128-SHA")
    with pytest.raises(ssl.SSLError):
        tls.call(run.port, context)
    run.expect_stderr(rb"the other side offers no cipher that is safe enough")


@pytest.mark.parametrize("between", [b"", b"x"], ids=["alone", "with text between"])
def test_flood_of_key_changes_ends_its_peer_alone(tcpchat, authority, between):
    run = listen(tcpchat, authority, "--chat", "-v")
    context = tls.client_context(authority.ca)
    with tls.call(run.port, context) as one, tls.call(run.port, context) as other:
        flooder = OpenSSL(run.port)

        def flood():
            while flooder.change_keys() and (not between or flooder.write(between)):
                pass
        in_background(flood)
        run.expect_stderr(rb"broken off by the peer: too many messages of TLS itself came at once;")
        flooder.socket.close()
        one.sendall(b"still served\n")
        until(lambda: b": still served" in other.recv(65536), "the word of the other one")


def test_renegotiation_is_refused(tcpchat, authority):
    """A line of s_client that is R asks for it."""
    run = listen(tcpchat, authority)
    theirs = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{run.port}", "-CAfile", authority.ca,
                               "-brief", "-tls1_2"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
    theirs.stdin.write(b"before\n")
    theirs.stdin.flush()
    assert run.read(7) == b"before\n"
    theirs.stdin.write(b"R\n")
    theirs.stdin.flush()
    with contextlib.closing(theirs.stdin), contextlib.closing(theirs.stdout):
        assert theirs.wait(PATIENCE) != 0
    assert b"no renegotiation" in theirs.stderr.read().lower()
    theirs.stderr.close()


def test_early_data_is_not_accepted(tcpchat, authority, tmp_path):
    """No session can be resumed, so that a peer has nothing to send early."""
    run, session = listen(tcpchat, authority, "-k", stdin=subprocess.PIPE), tmp_path / "session"
    words = ["openssl", "s_client", "-connect", f"127.0.0.1:{run.port}", "-CAfile", authority.ca, "-tls1_3"]
    first = subprocess.run([*words, "-sess_out", session], input=b"first\n", capture_output=True, timeout=PATIENCE)
    assert first.returncode == 0 and b"New, TLSv1.3" in first.stdout
    assert b"Post-Handshake New Session Ticket" not in first.stdout
    assert run.read(6) == b"first\n"
    assert not session.exists() and b"Early data was not sent" in first.stdout


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("whose", ["nobody's", "another authority's", "a server's", "its own", "an expired one"])
def test_refused_client_neither_gets_nor_gives_a_byte(tcpchat, authority, whose, version):
    """A client of TLS 1.3 may send before it is refused."""
    shown = {
        "nobody's": lambda: None,
        "another authority's": lambda: tls.Authority(authority.folder / "stranger", "a stranger").client(),
        "a server's": lambda: authority.server("for-servers"),
        "its own": authority.self_signed,
        "an expired one": lambda: authority.client("old", start="20200101000000Z", end="20200201000000Z"),
    }[whose]()
    run = listen(tcpchat, authority, "--tls-client-ca", authority.ca)
    run.send(SECRET)
    context = tls.client_context(authority.ca, shown)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with pytest.raises((ssl.SSLError, ConnectionError)), tls.call(run.port, context) as peer:
        peer.sendall(b"from a stranger")
        assert not peer.recv(100)
    run.expect_stderr(rb"^tcpchat: 127\.0\.0\.1:\d+: ")
    with tls.call(run.port, tls.client_context(authority.ca, authority.client("welcome"))) as peer:
        assert peer.recv(100) == SECRET
        peer.sendall(b"from a friend")
        run.end_input()
        assert peer.recv(100) == b""
        peer.unwrap()
    assert run.read_all() == b"from a friend"
    ends(run, 0)
