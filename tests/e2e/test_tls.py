# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS in both roles: half-close, ends, what is said about it, and what a plain run does not pay."""
import contextlib
import os
import re
import select
import shlex
import socket
import ssl
import subprocess

import pytest

import tls
from harness import RELEASE, TCPCHAT, ends, environment, free_port, in_background, one_sentence, reset, until
from ways import some_bytes

CUT_OFF = "the conversation was cut off: it ended without TLS's close_notify"


@pytest.fixture(params=["listen", "connect"])
def encrypted(request, tcpchat, listener, authority):
    """encrypted(option...) is a run in a role, and the test's end of its conversation."""
    opened = []

    def begin(*options, **popen):
        server = authority.server()
        if request.param == "listen":
            run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, *options,
                          "127.0.0.1", 0, **popen)
            connection = tls.call(run.port, tls.client_context(authority.ca))
        else:
            there = listener()
            run = tcpchat("connect", "--tls", "--tls-ca", authority.ca, *options, "127.0.0.1", there.port, **popen)
            connection = tls.accept(there, tls.server_context(server))
        opened.append(connection)
        return run, connection

    yield begin
    for connection in opened:
        connection.close()


def test_bytes_pass_both_ways_until_both_have_ended(encrypted):
    run, peer = encrypted()
    run.send(b"from here\n")
    peer.sendall(b"from there\n")
    assert run.read(11) == b"from there\n"
    assert peer.recv(100) == b"from here\n"
    run.end_input()
    assert peer.recv(100) == b""
    peer.sendall(b"after the other end\n")
    peer.unwrap()
    assert run.read_all() == b"after the other end\n"
    ends(run, 0)


def test_peer_that_ends_first_still_gets_everything(encrypted):
    run, peer = encrypted()
    peer.sendall(b"question\n")
    run.send(b"answer\n")
    assert peer.recv(100) == b"answer\n"
    run.end_input()
    assert peer.recv(100) == b""
    peer.unwrap()
    assert run.read_all() == b"question\n"
    ends(run, 0)


def test_end_without_close_notify_is_exit_6(encrypted):
    run, peer = encrypted()
    peer.sendall(b"the first half")
    assert run.read(14) == b"the first half"
    name = peer.getsockname()
    shown = f"127.0.0.1:{name[1]}"
    socket.socket(fileno=peer.detach()).close()
    assert run.read_all() == b""
    ends(run, 6)
    assert one_sentence_at_the_end(run) == f"{shown}: {CUT_OFF}"


def test_half_close_without_close_notify_does_not_end_the_sending(encrypted):
    run, peer = encrypted()
    socket.socket(fileno=os.dup(peer.fileno())).shutdown(socket.SHUT_WR)
    material = some_bytes(3_000_000)
    in_background(lambda: (run.send(material), run.end_input()))
    assert tls.receive_all(peer) == material
    ends(run, 6)
    assert one_sentence_at_the_end(run).endswith(CUT_OFF)


def test_program_without_an_end_of_its_input_goes_on_after_a_cut(tcpchat, authority, tmp_path):
    """The program's input has no end, which would look complete; its output is sent."""
    server, material = authority.server(), some_bytes(3_000_000)
    (tmp_path / "file").write_bytes(material)
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "--exec",
                  f"cat {tmp_path / 'file'}", "127.0.0.1", 0)
    with tls.call(run.port, tls.client_context(authority.ca)) as peer:
        socket.socket(fileno=os.dup(peer.fileno())).shutdown(socket.SHUT_WR)
        assert tls.receive_all(peer) == material
    ends(run, 6)


def one_sentence_at_the_end(run):
    return run.stderr.decode().splitlines()[-1].removeprefix("tcpchat: ")


def test_reset_is_a_network_failure(encrypted):
    run, peer = encrypted()
    peer.sendall(b"x")
    assert run.read(1) == b"x"
    reset(socket.socket(fileno=peer.detach()))
    ends(run, 1)
    assert "Connection reset by peer" in one_sentence_at_the_end(run)


def test_reset_in_the_handshake_is_a_network_failure(tcpchat, listener):
    there = listener()
    run = tcpchat("connect", "--tls", "127.0.0.1", there.port)
    peer = there.accept()
    assert peer.recv(1)
    reset(peer)
    ends(run, 1)
    assert one_sentence(run) == f"127.0.0.1:{there.port}: Connection reset by peer"


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_verbose_tells_version_cipher_name_and_pin(tcpchat, listener, authority, version):
    there, server = listener(), authority.server()
    run = tcpchat("connect", "-v", "--tls", "--tls-ca", authority.ca, "127.0.0.1", there.port, stdin=subprocess.DEVNULL)
    context = tls.server_context(server)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with tls.accept(there, context) as peer:
        peer.unwrap()
        ends(run, 0)
    said = re.search(rb": (TLSv1\.\d), (\S+), certificate of good\.test, pin (\S+)$", run.stderr, re.M)
    assert said and said.group(1).decode().replace(".", "_") == version
    assert said.group(3).decode() == server.pin


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_older_versions_are_refused(tcpchat, authority, version):
    server = authority.server()
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    context = tls.client_context()
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with pytest.raises(ssl.SSLError):
        tls.call(run.port, context)
    run.expect_stderr(rb"the other side (speaks|found)")


def test_listen_without_certificate_says_how_to_connect(tcpchat):
    run = tcpchat("listen", "--tls", "127.0.0.1", 0)
    command = run.expect_stderr(rb"^tcpchat: the other side writes: tcpchat (connect --tls --tls-pin \S+ \S+)$").group(1)
    caller = tcpchat(*command.decode().split())
    run.send(b"here\n")
    caller.send(b"there\n")
    assert (caller.read(5), run.read(6)) == (b"here\n", b"there\n")
    for one in (run, caller):
        one.end_input()
    for one in (run, caller):
        ends(one, 0)
    other = tcpchat("listen", "--tls", "127.0.0.1", 0)
    assert other.expect_stderr(rb"sha256//\S+").group() not in command


INVITATION = rb"^tcpchat: the other side writes: tcpchat (connect --tls --tls-pin \S+ .*)$"


@pytest.mark.parametrize("address", [["0"], ["-4", "0"], ["unix:{folder}/a socket's path"]], ids=["all", "v4", "unix"])
def test_printed_command_can_be_pasted(tcpchat, tmp_path, address):
    run = tcpchat("listen", "--tls", *[word.format(folder=tmp_path) for word in address])
    words = shlex.split(run.expect_stderr(INVITATION).group(1).decode())
    caller = tcpchat(*words)
    run.send(b"here\n")
    assert caller.read(5) == b"here\n"


def test_printed_command_has_places_for_what_is_not_known(tcpchat, authority):
    run = tcpchat("listen", "--tls", "--tls-client-ca", authority.ca, "127.0.0.1", 0)
    assert b" --tls-cert FILE --tls-key FILE 127.0.0.1:" in run.expect_stderr(INVITATION).group(1)
    run = tcpchat("listen", "--tls", "--proxy-protocol", "127.0.0.1", 0)
    assert run.expect_stderr(INVITATION).group(1).endswith(b" HOST PORT")


def test_plain_peers_get_a_sentence(tcpchat, listener):
    run = tcpchat("listen", "--tls", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(b"hello\n")
        run.expect_stderr(rb"^tcpchat: 127\.0\.0\.1:\d+: the other side does not speak TLS$")
    there = listener()
    caller = tcpchat("connect", "--tls", "127.0.0.1", there.port)
    with there.accept() as peer:
        peer.sendall(b"220 welcome\r\n")
        ends(caller, 6)
    assert one_sentence(caller) == f"127.0.0.1:{there.port}: the other side does not speak TLS"


def test_stalled_handshake_ends_with_the_timeout(tcpchat, listener):
    there = listener()
    run = tcpchat("connect", "--tls", "-w", "0.3", "127.0.0.1", there.port)
    with there.accept():
        ends(run, 4)
    assert one_sentence(run) == f"cannot connect to 127.0.0.1:{there.port}: the handshake of TLS did not end in time"


def test_failed_handshake_does_not_use_the_one_place_up(tcpchat, authority):
    server = authority.server()
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(b"plain\n")
        run.expect_stderr(rb"does not speak TLS")
    with tls.call(run.port, tls.client_context(authority.ca)) as peer:
        run.end_input()
        assert peer.recv(10) == b""
        peer.unwrap()
    ends(run, 0)


def test_unix_socket_needs_a_name_or_a_pin(tcpchat, authority, tmp_path):
    path, server = tmp_path / "socket", authority.server()
    run = tcpchat("listen", "-v", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, f"unix:{path}")
    run.expect_stderr(rb"listening on unix:")
    nameless = tcpchat("connect", "--tls", "--tls-ca", authority.ca, f"unix:{path}")
    ends(nameless, 2)
    assert "--tls-name" in one_sentence(nameless)
    caller = tcpchat("connect", "--tls", "--tls-ca", authority.ca, "--tls-name", "good.test", f"unix:{path}")
    caller.send(b"hello\n")
    assert run.read(6) == b"hello\n"
    for one in (caller, run):
        one.end_input()
    for one in (caller, run):
        ends(one, 0)


def test_charsets_are_converted_inside(encrypted):
    run, peer = encrypted("-e", "gbk")
    run.send("你好\n".encode())
    assert peer.recv(100) == "你好\n".encode("gbk")
    peer.sendall("再见\n".encode("gbk"))
    run.end_input()
    assert peer.recv(100) == b""
    peer.unwrap()
    assert run.read_all() == "再见\n".encode()
    ends(run, 0)


def test_program_gets_the_conversation(encrypted):
    run, peer = encrypted("--sh-exec", "read word; echo got $word")
    peer.sendall(b"this\n")
    assert tls.receive_all(peer) == b"got this\n"
    peer.unwrap()
    ends(run, 0)


def test_room_speaks_tls(tcpchat, authority):
    server = authority.server()
    run = tcpchat("listen", "--chat", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    context = tls.client_context(authority.ca)
    with tls.call(run.port, context) as one, tls.call(run.port, context) as other:
        for peer in (one, other):
            assert b"you are peer" in peer.recv(200)
        one.sendall(b"hello\n")
        until(lambda: b": hello" in other.recv(200), "the word of the other one")


def test_terminator_is_one_line(tcpchat, listener, authority):
    there, server = listener(), authority.server()
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "--forward",
                  f"127.0.0.1:{there.port}", "127.0.0.1", 0)
    with tls.call(run.port, tls.client_context(authority.ca)) as caller, there.accept() as served:
        caller.sendall(b"question")
        assert served.recv(100) == b"question"
        served.sendall(b"answer")
        served.close()
        assert tls.receive_all(caller) == b"answer"
        caller.unwrap()
    ends(run, 0)


def test_forward_calls_by_tls(tcpchat, listener, authority):
    there, server = listener(), authority.server()
    run = tcpchat("listen", "--forward", f"tls:localhost:{there.port}", "--tls-ca", authority.ca, "-4", "127.0.0.1", 0)
    with run.call() as caller, tls.accept(there, tls.server_context(server)) as served:
        caller.sendall(b"question")
        assert served.recv(100) == b"question"
        caller.shutdown(socket.SHUT_WR)
        assert served.recv(100) == b""
        served.sendall(b"answer")
        served.unwrap()
        assert caller.recv(100) == b"answer" and caller.recv(100) == b""
    ends(run, 0)


def test_cut_off_onward_is_no_end_for_the_caller(tcpchat, listener, authority):
    there, server = listener(), authority.server()
    run = tcpchat("listen", "--forward", f"tls:127.0.0.1:{there.port}", "--tls-ca", authority.ca, "127.0.0.1", 0)
    with run.call() as caller, tls.accept(there, tls.server_context(server)) as served:
        served.sendall(b"half")
        assert caller.recv(100) == b"half"
        socket.socket(fileno=served.detach()).close()
        with pytest.raises(ConnectionResetError):
            caller.recv(100)


def test_half_close_onward_without_close_notify_does_not_end_the_sending(tcpchat, listener, authority):
    there, server = listener(), authority.server()
    run = tcpchat("listen", "--forward", f"tls:127.0.0.1:{there.port}", "--tls-ca", authority.ca, "127.0.0.1", 0)
    with run.call() as caller, tls.accept(there, tls.server_context(server)) as served:
        served.sendall(b"half")
        socket.socket(fileno=os.dup(served.fileno())).shutdown(socket.SHUT_WR)
        assert caller.recv(100) == b"half"
        sent = some_bytes(1 << 20)
        sender = in_background(lambda: (caller.sendall(sent), caller.shutdown(socket.SHUT_WR)))
        assert tls.receive_all(served) == sent
        sender.join()
        with pytest.raises(ConnectionResetError):
            caller.recv(100)


def test_probe_ends_after_the_handshake(tcpchat, listener, authority):
    there, server = listener(), authority.server()
    run = tcpchat("connect", "-z", "--tls", "--tls-ca", authority.ca, "127.0.0.1", there.port)
    with tls.accept(there, tls.server_context(server)) as peer:
        assert peer.recv(10) == b""
        with contextlib.suppress(ssl.SSLZeroReturnError):  # the other side may be gone
            peer.unwrap()
        ends(run, 0)


def test_recording_middle_sees_no_application_byte(tcpchat, listener, authority):
    server, there = authority.server(), listener()
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    caller = tcpchat("connect", "--tls", "--tls-ca", authority.ca, "127.0.0.1", there.port)
    secret, record = b"the words nobody else may read\n", bytearray()
    with there.accept() as one, run.call() as other:
        run.send(secret), run.end_input(), caller.send(secret), caller.end_input()
        relay_until_both_end(one, other, record)
    assert run.read_all() == caller.read_all() == secret
    for each in (run, caller):
        ends(each, 0)
    assert len(record) > 2 * len(secret) and b"nobody" not in record


def relay_until_both_end(one, other, record):
    ways = {one: other, other: one}
    while ways:
        for readable in select.select(ways, [], [], 30)[0]:
            data = readable.recv(65536)
            record += data
            if data:
                ways[readable].sendall(data)
            else:
                ways.pop(readable).shutdown(socket.SHUT_WR)


def test_fault_in_the_handshake_shows_no_application_byte(tcpchat, listener, authority):
    """The middle breaks off, or changes a byte, after each of so many bytes of the server's."""
    server = authority.server()
    for fault, at in [(fault, at) for fault in ("cut", "flip") for at in (0, 60, 300)]:
        there = listener()
        run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
        caller = tcpchat("connect", "--tls", "--tls-ca", authority.ca, "127.0.0.1", there.port)
        caller.send(b"the words nobody else may read\n")
        with there.accept() as one, run.call() as other:
            seen = meddle(one, other, fault, at)
        ends(caller, 6)
        assert b"nobody" not in seen and caller.read_all() == b""
        run.process.kill()


def meddle(one, other, fault, at):
    hello = one.recv(65536)
    other.sendall(hello)
    answer = bytearray(other.recv(65536))
    if fault == "flip":
        answer[at] ^= 0x55
        one.sendall(answer)
    else:
        one.sendall(answer[:at])
    one.shutdown(socket.SHUT_WR)
    seen = bytearray(hello)
    while data := one.recv(65536):
        seen += data
    return bytes(seen)


def test_plain_program_needs_no_openssl():
    linked = subprocess.run(["ldd", RELEASE if os.path.exists(RELEASE) else TCPCHAT], capture_output=True,
                            text=True).stdout
    assert "libssl" not in linked and "libcrypto" not in linked


def test_program_without_module_says_what_is_missing(public_program):
    run = subprocess.run([public_program, "connect", "--tls", "127.0.0.1", str(free_port())], capture_output=True,
                         text=True, env=environment())
    assert run.returncode == 5
    assert "tcpchat-tls.so" in run.stderr and "libssl-dev" in run.stderr and run.stderr.count("\n") == 1


def test_64_mebibytes_are_exact(tcpchat, authority):
    server, size = authority.server(), 64 << 20
    data = some_bytes(size)
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0,
                  program=RELEASE if os.path.exists(RELEASE) else None)
    with tls.call(run.port, tls.client_context(authority.ca)) as peer:
        writer = in_background(peer.sendall, data)
        assert run.read(size) == data
        writer.join()
        run.end_input()
        assert peer.recv(1) == b""
        peer.unwrap()
    ends(run, 0)


def test_terminal_says_that_the_talk_is_encrypted(screen, listener, authority):
    there, server = listener(), authority.server()
    shown = screen("connect", "--tls", "--tls-ca", authority.ca, "127.0.0.1", there.port, columns=120)
    with tls.accept(there, tls.server_context(server)) as peer:
        shown.ready()
        assert f"connected to 127.0.0.1:{there.port}, encrypted, from" in shown.text
        shown.type("/status\r")
        shown.wait_for(lambda screen: server.pin in screen.text.replace("\n", ""))
        assert "is encrypted: TLSv1.3" in shown.text
        peer.sendall("你好\n".encode())
        shown.wait_for(lambda screen: "你好" in screen.text)


def test_terminal_shows_the_command_for_the_other_side(screen):
    shown = screen("listen", "--tls", "127.0.0.1", 0, columns=160)
    shown.ready()
    assert ", encrypted · /help" in shown.text
    shown.wait_for(lambda screen: "the other side writes: tcpchat connect --tls --tls-pin sha256//" in screen.text)


def test_name_of_a_certificate_is_made_safe(tcpchat, listener, authority):
    """Controls, and bytes that are no ASCII, are shown as bytes."""
    there, odd = listener(), authority.issue("odd", "extendedKeyUsage=serverAuth\n", name="\x1b[2Jevil\u202e")
    run = tcpchat("connect", "-v", "--tls", "--tls-pin", odd.pin, "127.0.0.1", there.port)
    with tls.accept(there, tls.server_context(odd)) as peer:
        run.end_input()
        assert peer.recv(1) == b""
        peer.unwrap()
        ends(run, 0)
    assert rb"certificate of \x1B[2Jevil" in run.stderr and b"\x1b" not in run.stderr


def connect_proxy(there, target, seen):
    """A proxy of HTTP for one connection; all that it passes on is seen."""
    with there.accept() as one, socket.create_connection(("127.0.0.1", target)) as other:
        asked = b""
        while not asked.endswith(b"\r\n\r\n"):
            asked += one.recv(1)
        seen += asked
        one.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        relay_until_both_end(one, other, seen)


def test_proxy_on_the_way_sees_no_application_byte(tcpchat, listener, authority):
    server, there, seen = authority.server(), listener(), bytearray()
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    proxy = in_background(connect_proxy, there, run.port, seen)
    caller = tcpchat("connect", "--proxy", f"http://127.0.0.1:{there.port}", "--tls", "--tls-ca", authority.ca,
                     "good.test", 443)
    for one in (run, caller):
        one.send(b"the words nobody else may read\n")
        one.end_input()
    assert run.read_all() == caller.read_all() == b"the words nobody else may read\n"
    for one in (run, caller):
        ends(one, 0)
    proxy.join()
    assert b"CONNECT good.test:443" in seen and b"nobody" not in seen


def test_bad_certificate_behind_a_proxy_is_that_of_the_peer(tcpchat, listener, authority):
    server, there, seen = authority.server(), listener(), bytearray()
    run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, "127.0.0.1", 0)
    in_background(connect_proxy, there, run.port, seen)
    caller = tcpchat("connect", "--retry", "1h", "--proxy", f"http://127.0.0.1:{there.port}", "--tls", "--tls-ca",
                     authority.ca, "other.test", 443)
    ends(caller, 6)  # and no second try
    assert one_sentence(caller) == (f"other.test:443 through 127.0.0.1:{there.port}: its certificate is not for "
                                    "other.test, it is for good.test, localhost, 127.0.0.1 and 1 other")


def test_header_of_a_proxy_stands_before_the_handshake(tcpchat, authority):
    server = authority.server()
    run = tcpchat("listen", "-v", "--proxy-protocol", "--tls", "--tls-cert", server.cert, "--tls-key", server.key,
                  "127.0.0.1", 0)
    plain = run.call()
    plain.sendall(b"PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n")
    with tls.client_context(authority.ca).wrap_socket(plain, server_hostname="localhost") as peer:
        peer.sendall(b"hello\n")
        assert run.read(6) == b"hello\n"
        run.expect_stderr(rb"^tcpchat: 192\.0\.2\.7:4711: TLSv1\.3")
