# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench over TLS: rules, scripts, messages, records and views see what is inside."""
import base64
import json
import subprocess

import pytest

import tls
from harness import ends, exactly
from screen import ChatScreen, messages


@pytest.fixture
def secured(tcpchat, authority):
    """secured(option...) is a listener with TLS, and a peer of it."""
    peers = []

    def make(*options):
        server = authority.server()
        run = tcpchat("listen", "--tls", "--tls-cert", server.cert, "--tls-key", server.key, *options, "127.0.0.1", 0,
                      stdin=subprocess.DEVNULL)
        peers.append(tls.call(run.port, tls.client_context(authority.ca)))
        return run, peers[-1]
    yield make
    for peer in peers:
        peer.close()


def written(path, *lines):
    path.write_text("\n".join(lines) + "\n")
    return path


def test_rules_answer_messages_with_a_border(secured, tmp_path):
    rules = written(tmp_path / "rules", "on /^W(\\d)$/", "    reply \\x02{1} kg\\x03")
    run, peer = secured("--rules", rules, "--message", "byte:03", "-e", "gbk")
    for part in (b"W", b"7\x03W8", b"\x03"):
        peer.sendall(part)
    assert exactly(peer, 12) == b"\x027 kg\x03\x028 kg\x03"
    peer.unwrap()
    ends(run, 0)


def test_script_ends_with_0_and_a_clean_end(secured, tmp_path):
    script = written(tmp_path / "script", "send 你好\\n", "expect /好(.)/ within 5s", "send {1}")
    run, peer = secured("--script", script, "-e", "gbk")
    assert exactly(peer, 5) == "你好\n".encode("gbk")
    for byte in "好的".encode("gbk"):
        peer.sendall(bytes([byte]))
    assert tls.receive_all(peer) == "的".encode("gbk")
    ends(run, 0)


def test_script_that_fails_ends_with_7(secured, tmp_path):
    run, peer = secured("--script", written(tmp_path / "script", "expect /a/ within 50ms"))
    assert tls.receive_all(peer) == b""
    ends(run, 7)


def test_recording_has_what_is_inside_and_is_replayed_inside(secured, tmp_path):
    path = tmp_path / "record"
    run, peer = secured("--record", path, "--reply", "pong\n", "-1")
    peer.sendall(b"ping\n")
    assert exactly(peer, 5) == b"pong\n"
    peer.unwrap()
    ends(run, 0)
    said = [(line["direction"], base64.b64decode(line["bytes"])) for line in map(json.loads, path.open()) if "bytes" in line]
    assert said[:2] == [("in", b"ping\n"), ("out", b"pong\n")]
    run, peer = secured("--replay", path)
    assert exactly(peer, 5) == b"ping\n"
    peer.sendall(b"pong\n")
    assert tls.receive_all(peer) == b""
    peer.unwrap()
    ends(run, 0)


def test_message_and_view_at_a_terminal(listener, authority):
    there = listener()
    screen = ChatScreen(["connect", "--tls", "--tls-ca", str(authority.ca), "--message", "len:u8", "127.0.0.1",
                         str(there.port)])
    try:
        peer = tls.accept(there, tls.server_context(authority.server()))
        screen.ready()
        for byte in b"\x03abc\x02de":
            peer.sendall(bytes([byte]))
        screen.wait_for(lambda screen: messages(screen) == ["abc", "de"])
        screen.enter("/bytes \\x02{len u8}ok")
        assert exactly(peer, 4) == b"\x02\x02ok"
        peer.close()
    finally:
        screen.close()
