# SPDX-License-Identifier: GPL-3.0-or-later
"""`--eol` and `/eol`: what ends a line that is sent."""
import pytest

from crowd import connected, crowd_of
from harness import ends, in_background, line_from, read_exactly, receive_all

ENDS = {"lf": b"\n", "crlf": b"\r\n", "cr": b"\r", "none": b""}
each_end = pytest.mark.parametrize("eol", ENDS)


@pytest.mark.parametrize("role", ["connect", "listen"])
@each_end
def test_eol_replaces_each_line_end_of_a_pipe(conversation, role, eol):
    run, peer = conversation(role, "--eol", eol)
    run.send("一\n二\r\n三\r四\r\r\n\n五".encode())
    run.end_input()
    end = ENDS[eol]
    assert receive_all(peer) == end.join(
        ["一".encode(), "二".encode(), "三\r四\r".encode(), b"", "五".encode()])


@each_end
def test_eol_does_not_depend_on_cuts(conversation, eol):
    """Each cut of a CR LF and of the characters around it, in GBK on the wire."""
    run, peer = conversation("connect", "--eol", eol, "-e", "gbk")
    text = "你\r\n好\n".encode()
    for cut in range(len(text) + 1):
        run.send(text[:cut])
        run.send(text[cut:])
    run.end_input()
    assert receive_all(peer) == (len(text) + 1) * b"".join(
        [word.encode("gbk") + ENDS[eol] for word in "你好"])


def test_eol_crlf_and_cr_wait_for_nothing(conversation):
    """A lone CR is sent at once; the LF behind it makes it a line end."""
    for eol, rest in [("crlf", b"\n"), ("cr", b"")]:
        run, peer = conversation("connect", "--eol", eol)
        run.send(b"AT\r")
        assert read_exactly(peer.fileno(), 3) == b"AT\r"
        run.send(b"\nATZ")
        run.end_input()
        assert receive_all(peer) == rest + b"ATZ"


@pytest.mark.parametrize("given, end", [(["-C"], b"\r\n"), (["-C", "--eol", "cr"], b"\r"),
                                        (["--eol", "cr", "-C"], b"\r\n"), (["--eol=none", "--eol=lf"], b"\n")])
def test_last_of_crlf_and_eol_counts(conversation, given, end):
    run, peer = conversation("connect", *given)
    run.send(b"a\r\n")
    run.end_input()
    assert receive_all(peer) == b"a" + end


@each_end
def test_eol_ends_typed_lines_and_files(talk, tmp_path, eol):
    file = tmp_path / "commands"
    file.write_bytes("设\r\n定\n".encode())
    screen, peer = talk("connect", "--eol", eol, "-e", "gbk")
    screen.enter("开始")
    start = "开始".encode("gbk") + ENDS[eol]
    assert read_exactly(peer.fileno(), len(start)) == start
    screen.enter(f"/send {file}")
    rest = "设".encode("gbk") + ENDS[eol] + "定".encode("gbk") + ENDS[eol]
    assert read_exactly(peer.fileno(), len(rest)) == rest


def test_eol_command_changes_the_line_end(talk):
    screen, peer = talk("connect")
    screen.enter("/eol")
    screen.wait_for("▸ a line that is sent ends with LF; to a telnet peer with CR LF")
    screen.enter("/eol cr")
    screen.wait_for("▸ a line that is sent ends with CR\n")
    screen.enter("AT")
    assert read_exactly(peer.fileno(), 3) == b"AT\r"
    screen.enter("/eol none")
    screen.wait_for("▸ a line that is sent has no end")
    screen.enter("ATI")
    screen.enter("/eol crlf")
    screen.wait_for("▸ a line that is sent ends with CR LF\n")
    screen.enter("AT")
    assert line_from(peer) == b"ATIAT\r\n"
    screen.enter("/eol lfcr")
    screen.wait_for("▸ /eol takes lf, crlf, cr or none: /eol [END]")


def test_eol_completes_its_words(talk):
    screen, _ = talk("connect")
    screen.type("/eol n\t")
    screen.wait_typed("> /eol none ")


@each_end
def test_eol_ends_what_a_room_relays(tcpchat, eol):
    with crowd_of(tcpchat, "--chat", "-e", "utf-8", "--name", "op", "--eol", eol) as crowd:
        one = crowd.call()
        greeting = b"-!- you are peer1; /help lists commands" + ENDS[eol]
        assert one.read(len(greeting)) == greeting
        other = crowd.call()
        joined = b"-!- peer2 joined" + ENDS[eol]
        assert one.read(len(joined)) == joined
        other.send(b"hi\n")
        said = b"peer2: hi" + ENDS[eol]
        assert one.read(len(said)) == said


@each_end
def test_eol_of_a_broker_does_not_depend_on_cuts(tcpchat, eol):
    """A CR LF in two packets is one line end for those who hear it."""
    with crowd_of(tcpchat, "--broker", "-v", "--eol", eol) as crowd:
        one, other = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        for piece in (b"a\r", b"\nb\n", b"c"):
            one.send(piece)
            in_background(crowd.run.read, len(piece))
        expected = b"a" + ENDS[eol] + b"b" + ENDS[eol] + b"c"
        assert other.read(len(expected)) == expected
        crowd.run.send(b"x\r")
        crowd.run.send(b"\ny\n")
        expected = b"x" + ENDS[eol] + b"y" + ENDS[eol]
        assert other.read(len(expected)) == expected


@pytest.mark.parametrize("eol", ["crlf", "cr", "none"])
def test_eol_changes_no_reply(tcpchat, eol):
    with crowd_of(tcpchat, "--reply", "a\nb\r\nc", "--hang-up", "--eol", eol) as crowd:
        peer = crowd.call()
        peer.send(b"?\n")
        assert peer.rest() == b"a\nb\r\nc"


def test_telnet_peer_gets_the_eol_that_was_given(talk):
    for eol, end in [((), b"\r\n"), (("--eol", "cr"), b"\r"), (("--eol", "lf"), b"\n")]:
        screen, peer = talk("connect", *eol)
        peer.sendall(b"\xff\xfb\x03login: ")
        assert read_exactly(peer.fileno(), 3) == b"\xff\xfe\x03"
        screen.wait_for("login:")
        screen.enter("me")
        assert read_exactly(peer.fileno(), 2 + len(end)) == b"me" + end


def test_eol_refuses_other_words(tcpchat):
    run = tcpchat("connect", "h", "80", "--eol", "unix")
    assert run.wait() == 2
    assert run.stderr == b"tcpchat: --eol takes lf, crlf, cr or none, not 'unix'\n"
    run = tcpchat("connect", "h", "80", "--eol", "crl")
    assert run.wait() == 2
    assert run.stderr == b"tcpchat: --eol takes lf, crlf, cr or none, not 'crl'; did you mean crlf?\n"
