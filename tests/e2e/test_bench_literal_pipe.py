# SPDX-License-Identifier: GPL-3.0-or-later
"""--literal: each line of standard input is a literal."""
import pathlib
import random
import re
import socket

import pytest

from harness import ROOT, ends, receive_all, receive_until_reset

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
pipes = pytest.mark.parametrize("role, options", [("listen", []), ("connect", []), ("listen", ["-k"])],
                                ids=["listen", "connect", "keep-open"])


def last_sentence(run):
    return run.stderr.decode().splitlines()[-1]


def sends(conversation, role, *options, given, **popen):
    """The bytes of a run that ends well."""
    run, peer = conversation(role, "--literal", *options, **popen)
    run.send(given)
    run.end_input()
    wire = receive_all(peer)
    peer.close()
    if "-k" not in options:
        ends(run, 0)
    return wire


@pipes
def test_lines_are_literals_with_their_line_ends(conversation, role, options):
    given = b"\\x02ACK\\x03\n{hex 01 03}{crc16-modbus}\r\n\n{len u8}abc\nlast"
    assert sends(conversation, role, *options, given=given) == \
        b"\x02ACK\x03\n\x01\x03\x40\x21\r\n\n\x03abc\nlast"


@pipes
@pytest.mark.parametrize("eol", [["-C"], ["-C", "-e", "gbk"]], ids=" ".join)
def test_line_ends_are_those_of_crlf_and_bytes_are_not(conversation, role, options, eol):
    given = "\\x0A你\\n\r\n{hex 0A}\nb".encode()
    wire = sends(conversation, role, *options, *eol, given=given)
    assert wire == b"\n" + "你".encode("gbk" if "-e" in eol else "utf-8") + b"\n\r\n\n\r\nb"


@pipes
def test_all_bytes_pass_however_they_are_cut(conversation, role, options):
    dice = random.Random(16)
    given = "".join("".join(f"\\x{byte:02X}" if dice.random() < 0.5 else f"{{hex {byte:02x}}}" for byte in range(256)) + "\n"
                    for _ in range(20)).encode()
    run, peer = conversation(role, "--literal", *options)
    while given:
        n = dice.choice((1, 3, 100, 5000))
        run.send(given[:n])
        given = given[n:]
    run.end_input()
    assert receive_all(peer) == (bytes(range(256)) + b"\n") * 20


def examples_of_the_manual():
    text = pathlib.Path(ROOT, "man/tcpchat.1").read_text().replace("\\e", "\\")
    return re.findall(r"^\$ printf %s '(.*)' \|\n +tcpchat connect \w+ \d+ (--literal[^|\n]*)", text, re.M)


def test_examples_of_the_manual_send_their_bytes(conversation):
    wire = []
    for literal, options in examples_of_the_manual():
        run, peer = conversation("connect", *options.split())
        run.send(literal.encode())
        run.end_input()
        wire.append(receive_all(peer))
        peer.close()
        ends(run, 0)
    assert wire == [bytes.fromhex("01030000000ac5cd"), b"\x02READ\x12\x03"]


@both_roles
def test_text_goes_out_in_the_charset_of_the_peer(conversation, role):
    wire = sends(conversation, role, "-e", "gbk", given="{len u8}你好{sum8}\n".encode())
    assert wire == b"\x05\xc4\xe3\xba\xc3\x29\n"  # the line end is no part of the length


@pytest.mark.parametrize("options", [[], ["-k"]], ids=" ".join)
def test_local_charset_has_backslashes_and_braces_in_its_characters(conversation, options):
    """In GBK the second byte of 昞 is a backslash, and that of 晎 a brace."""
    given = "昞n晎hex\\x41".encode("gbk")
    assert b"\\" in given[:2] and b"{" in given[3:5]
    wire = sends(conversation, "listen", "--local-encoding", "gbk", *options, given=given)
    assert wire == "昞n晎hexA".encode("gbk")
    wire = sends(conversation, "listen", "--local-encoding", "gbk", "-e", "utf-8", *options, given=given)
    assert wire == "昞n晎hexA".encode()


@both_roles
def test_count_is_that_of_the_lines_that_have_it(conversation, role):
    assert sends(conversation, role, given=b"{count} {count}\nx\n{count u16be}\n") == b"1 1\nx\n\0\x02\n"


@both_roles
@pytest.mark.parametrize("line, sentence", [
    (b"abc{hex 1}", "standard input:3: column 10: {hex} takes pairs"),
    (b"\\q", r"standard input:3: column 1: '\q' is none of"),
    (b"ab\xff", "standard input:3: column 3: this is not valid UTF-8"),
    (b"{len u8}" + b"x" * 256, "standard input:3: column 1: 256 does not fit in this {len}"),
    (b"x" * 65537, "standard input:3: a line of --literal holds at most 64 KiB"),
], ids=["field", "escape", "charset", "length", "long"])
def test_mistake_ends_the_run_in_front_of_its_line(conversation, role, line, sentence):
    """The lines in front of it arrive, nothing of it, and the conversation is broken off."""
    run, peer = conversation(role, "--literal")
    run.send(b"one\ntwo\n" + line + b"\nfour\n")
    assert receive_until_reset(peer) == b"one\ntwo\n"
    ends(run, 2)
    assert last_sentence(run).startswith(f"tcpchat: {sentence}")


def test_mistake_among_many_peers_ends_the_run_in_front_of_its_line(conversation):
    run, peer = conversation("listen", "-k", "--literal")
    run.send(b"one\n{hex\ntwo\n")
    assert receive_until_reset(peer) == b"one\n"
    ends(run, 2)
    assert "standard input:2: column 1: this brace opens a field" in last_sentence(run)


def test_peers_get_the_text_of_a_literal_each_in_its_charset(tcpchat):
    run = tcpchat("listen", "-k", "--literal", "-e", "gbk", "127.0.0.1", 0)
    peers = [run.call(), run.call()]
    run.send("你{lrc}\n".encode())
    for peer in peers:
        with peer, peer.makefile("rb") as lines:
            assert lines.readline() == b"\xc4\xe3\x59\n"


def test_character_that_the_charset_lacks_is_counted(conversation):
    run, peer = conversation("connect", "--literal", "-e", "gbk")
    run.send("abc\n你😀\n😀".encode())
    run.end_input()
    assert receive_all(peer) == b"abc\n\xc4\xe3?\n?"
    peer.close()
    ends(run, 3)
    assert last_sentence(run) == "tcpchat: standard input: 2 characters are not in GBK, the first U+1F600 at byte 6"


def test_character_that_the_charset_lacks_stops_the_run(conversation):
    run, peer = conversation("connect", "--literal", "-e", "gbk", "--on-bad-text", "stop")
    run.send("abc\n你😀\n".encode())
    assert receive_until_reset(peer) == b"abc\n"
    ends(run, 3)
    assert last_sentence(run).startswith("tcpchat: standard input:2: U+1F600 is not in GBK")


@pytest.mark.parametrize("option", ["--chat", "--recv-only", "--reply=a", "--exec=cat", "--forward=[::1]:9"])
def test_literal_excludes(tcpchat, option):
    run = tcpchat("listen", "--literal", option, 0)
    ends(run, 2)
    assert f"--literal and {option.partition('=')[0]} exclude each other" in last_sentence(run)


def test_literal_at_a_terminal_leads_to_the_command(screen):
    made = screen("listen", "--literal", "127.0.0.1", 0, columns=120)
    made.wait_for("--literal is for a pipe; at the prompt a literal is /bytes LITERAL")


def test_received_bytes_stay_as_they_are(conversation):
    run, peer = conversation("connect", "--literal")
    peer.sendall(b"\\x41{hex 01}\xff")
    peer.shutdown(socket.SHUT_WR)
    run.end_input()
    assert run.read_all() == b"\\x41{hex 01}\xff"
    ends(run, 0)


def test_line_that_was_cut_goes_on_after_reconnect(tcpchat, listener):
    """The beginning of a literal that was read during one connection is sent whole to the next."""
    there = listener()
    run = tcpchat("connect", "--literal", "--reconnect", "127.0.0.1", there.port)
    first = there.accept()
    run.send(b"one {count}\n{hex 0")
    assert first.recv(100) == b"one 1\n"
    first.close()
    with there.accept() as second:
        run.send(b"1}{count}\n")
        run.end_input()
        assert receive_all(second) == b"\x012\n"
    ends(run, 0)
