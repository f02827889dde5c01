# SPDX-License-Identifier: GPL-3.0-or-later
"""A hostile peer can do nothing to a terminal: every attack, cut everywhere, is shown and not obeyed."""
import pathlib
import re
import socket
import sys

import pytest
from wcwidth import wcwidth

from harness import PATIENCE, ends, in_background
from screen import judge_terminal, messages

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "text"))
from attacks import attacks  # noqa: E402

ATTACKS = attacks()
MARK = "~~~"
MARKED = re.compile("\0?".join(MARK) + "\0")  # a silence on a busy machine may cut it
in_both_charsets = pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
both_roles = pytest.mark.parametrize("role", ["listen", "connect"])


def escapes_in(text):
    return text.count("\x1b")


def attack_all(peer, charset, length):
    whole = "".join(f"{MARK}\n{text}\n" for _, text in ATTACKS).encode(charset)
    for i in range(0, len(whole), length):
        peer.sendall(whole[i:i + length])
    peer.sendall(b"the end\n")


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("length", [1 << 20, 7, 1])
@in_both_charsets
@both_roles
def test_attacks(talk, role, charset, length, columns):
    """The rows above the peer's messages stay as they are, as do the typed line and every mode of the terminal; of each
    ESC two visible characters are left."""
    if length == 1 and (role, columns) != ("connect", 40):
        pytest.skip("once is enough")
    screen, peer = talk(role, "-e", charset, "--color", "never", columns=columns, rows=24)
    banner = screen.rows[:1]
    screen.compose("写了一半")
    modes, margins, title = set(screen.display.mode), screen.display.margins, screen.display.title
    in_background(attack_all, peer, charset, length)
    screen.wait_for("│ the end", 4 * PATIENCE)
    screen.wait_typed("> 写了一半")
    judge_terminal(screen.given, colours=False)
    assert screen.rows[0] == banner[0]
    assert (set(screen.display.mode), screen.display.margins, screen.display.title) == (modes, margins, title)
    parts = MARKED.split("\0".join(messages(screen)))[1:]
    assert len(parts) == len(ATTACKS)
    for (name, attack), part in zip(ATTACKS, parts):
        assert part.count("^[") == escapes_in(attack), f"{name}: {part!r}"


@pytest.mark.parametrize("name", ["ESC OSC 52, clipboard, ended by BEL", "C1 [6n", "ESC [6n", "CR CR LF", "ESC [?2004h",
                                  "override hides an extension", "ESC DCS, tmux, ended by ST", "isolates reorder"])
@in_both_charsets
def test_attacks_with_a_silence_at_every_byte(talk, charset, name):
    """A complete character is shown before the next byte comes."""
    attack = dict(ATTACKS)[name]
    screen, peer = talk("connect", "-e", charset, "--color", "never")
    for byte in (attack + "z").encode(charset):
        peer.sendall(bytes([byte]))
        screen.watch(0.08)
    screen.wait_for(lambda screen: "".join(messages(screen)).endswith("z"))
    judge_terminal(screen.given, colours=False)
    assert "".join(messages(screen)).count("^[") == escapes_in(attack)


@both_roles
def test_attack_changes_only_its_message(talk, role):
    """Cell by cell: earlier rows are only moved up, and the typed line stands below."""
    screen, peer = talk(role, rows=24)
    peer.sendall("从前的一句\n".encode())
    screen.wait_for("从前的一句")
    screen.compose("写了一半")
    before = screen.copy_of_display()
    attack = "\x1b[2J\x1b[H\x1b[31m红\x1b[1;1r\x9b2J\x1b]0;owned\x07\x1bc\r上\x08\x08\x0b\x0c\x1b[A\x1b[A覆盖"
    peer.sendall((attack + "\n").encode())
    screen.wait_for("覆盖")
    screen.wait_typed("> 写了一半")
    after = screen.copy_of_display()
    assert after[:len(before) - 1] == before[:-1]
    assert after[-1] == before[-1]
    name = "peer1" if role == "listen" else "peer"
    assert screen.rows[len(before) - 1].startswith(f"{name}│ ^[[2J^[[H^[[31m红^[[1;1r<U+009B>2J")


@pytest.mark.parametrize("text, seen", [
    ("a\tb", "a       b"), ("a\vb", "a^Kb"), ("\x00\x07", "^@^G"), ("\x7f", "^?"), ("a\u200bb", "a<U+200B>b"),
    ("ab\u202ecd", "ab<U+202E>cd"), ("a\u200eb", "ab"), ("\u0301a", "\u25cc\u0301a"), ("a\u2028b", "a<U+2028>b"),
    ("\ue000", "<U+E000>"),
])
def test_attack_is_shown_safely(talk, text, seen):
    screen, peer = talk("connect", "-e", "utf-8")
    peer.sendall((text + "|\n").encode())
    screen.wait_for("|")
    assert messages(screen) == [seen + "|"]


def test_row_that_the_terminal_draws_wider_is_cut(talk):
    """A terminal that draws é and other characters in two columns begins no row with their overhang."""
    screen, peer = talk("connect", "-e", "utf-8", columns=80)
    screen.display.width_of = lambda character: 2 if character == "é" else wcwidth(character)
    peer.sendall(("é" * 60 + " peer2│ 密码是多少\n" + "é" * 200 + "\n完\n").encode())
    screen.wait_for("peer│ 完")
    rows = screen.rows[1:screen.row_of("peer│ 完")]
    assert all(re.match("peer│ |    │ ", row) for row in rows), rows
    assert screen.wraps()


def test_bad_bytes(talk):
    screen, peer = talk("connect", "-e", "utf-8")
    peer.sendall(b"a\xffb\xc2\x1b[31m\n")
    screen.wait_for("peer│ a\ufffdb\ufffd^[[31m")
    judge_terminal(screen.given)


def test_controls_hidden_in_gb18030(talk):
    screen, peer = talk("connect", "-e", "gb18030")
    peer.sendall(b"a\x81\x30\x83\x37" b"31m\x81\x36\xA7\x31" b"b\n")
    screen.wait_for("peer│ a<U+009B>31m<U+202E>b")


@pytest.mark.parametrize("script", ["\u202eevil", "a\x1b[31mb", "ok\x07"])
def test_own_name_is_made_safe(screen, listener, script):
    """Also a careless one of the own command line."""
    there = listener()
    run = screen("connect", "--name", script, "127.0.0.1", there.port)
    run.wait_for(lambda run: run.typed == ">" or run.process.poll() is not None)
    if run.process.poll() is None:
        with there.accept():
            run.enter("你好")
            run.wait_for("│ 你好")
    judge_terminal(run.given)


def test_unknown_host_is_made_safe(screen, resolver, person):
    """A host that cannot be found is quoted, not obeyed."""
    run = screen("connect", "evil\x1b]0;owned\x07\u202e.test", 9, env=person(LD_PRELOAD=resolver.get("LD_PRELOAD")))
    assert run.wait() in (1, 2)
    judge_terminal(run.given)
    assert "^[]0;owned^G<U+202E>" in run.text


def test_file_name_in_a_notice_is_made_safe(talk, tmp_path):
    name = "evil\u202efdp\x9b31m.txt"
    (tmp_path / name).write_text("一\n")
    screen, peer = talk("connect", cwd=tmp_path)
    screen.paste(f"/send {name}")
    screen.press("enter")
    screen.wait_for("▸ ")
    screen.wait_typed("> ")
    judge_terminal(screen.given)


@pytest.mark.parametrize("text", ["a\u202eb", "a\x9b31mb", "\u200b\u2066"])
def test_own_lines_are_echoed_safely(talk, text):
    """A paste may hold invisible characters."""
    screen, peer = talk("connect", "--color", "never")
    screen.paste(text + "完")
    screen.wait_for("完")
    screen.press("enter")
    screen.wait_for("you │")
    screen.settle()
    judge_terminal(screen.given, colours=False)


def test_unix_peers_path_is_made_safe(screen, tmp_path):
    path = str(tmp_path / "s\x1b[31m")
    with socket.socket(socket.AF_UNIX) as there:
        there.bind(path)
        there.listen()
        run = screen("connect", f"unix:{path}", columns=200)
        connection, _ = there.accept()
        with connection:
            run.ready()
        ends(run, 0)
    assert "^[[31m" in run.text
    judge_terminal(run.given.replace(b"\x1b[2m", b"").replace(b"\x1b[0m", b"").replace(b"\x1b[m", b""), colours=False)


def test_message_padded_with_nuls_takes_one_row(talk):
    """A C program that sends its whole buffer."""
    screen, peer = talk("listen")
    peer.sendall(b"hello".ljust(1024, b"\0") + b"\n")
    screen.wait_for("peer1│ hello^@(x1019)\n")
