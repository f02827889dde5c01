# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a conversation at a terminal, and runs with one terminal only."""
import os
import re
import resource
import socket
import stat
import subprocess

import pytest

from harness import PATIENCE, ends, line_from, read_exactly, receive_all

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


# History.

@pytest.fixture
def history(tmp_path):
    return tmp_path / "state" / "tcpchat" / "history"


def leave(screen, peer):
    """With /quit, once all that was typed is through."""
    screen.enter("/quit")
    receive_all(peer)
    ends(screen, 0)


def kept(history):
    """The lines of the history, without the command that ended the run."""
    return [line for line in history.read_text().splitlines() if line != "/quit"]


@both_roles
def test_history_is_kept_between_runs(talk, history, role):
    screen, peer = talk(role)
    screen.enter("第一条")
    screen.enter("/status")
    screen.enter("second line")
    leave(screen, peer)
    assert kept(history) == ["第一条", "/status", "second line"]
    screen, peer = talk(role)
    screen.press("up", "up", "up", "up")
    screen.wait_typed("> 第一条")
    screen.press("down", "down")
    screen.wait_typed("> second line")
    screen.press("enter")
    assert line_from(peer).decode() == "second line\n"


def test_history_is_private(talk, history):
    screen, peer = talk("connect")
    screen.enter("秘密")
    leave(screen, peer)
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.parent.stat().st_mode) & 0o077 == 0


def test_history_without_xdg_state_home(talk, person):
    env = person(XDG_STATE_HOME=None)
    screen, peer = talk("connect", env=env)
    screen.enter("在家里")
    leave(screen, peer)
    with open(os.path.join(env["HOME"], ".local/state/tcpchat/history")) as file:
        assert "在家里\n" in file.read()


def test_history_ignores_a_relative_xdg_state_home(talk, person, tmp_path):
    """The specification says to ignore it."""
    screen, peer = talk("connect", env=person(XDG_STATE_HOME="relative"), cwd=tmp_path)
    screen.enter("一")
    leave(screen, peer)
    assert not (tmp_path / "relative").exists()


def test_history_skips_a_line_with_a_leading_blank(talk, history):
    screen, peer = talk("connect")
    screen.enter(" 密码是 123456")
    assert line_from(peer).decode() == " 密码是 123456\n"
    screen.enter("公开的")
    leave(screen, peer)
    assert kept(history) == ["公开的"]


@pytest.mark.parametrize("options, environment", [(["--no-history"], {}), ([], {"TCPCHAT_NO_HISTORY": "1"})])
def test_no_history(talk, person, history, options, environment):
    screen, peer = talk("connect", *options, env=person(**environment))
    screen.enter("不留下")
    screen.press("up")
    screen.wait_typed("> 不留下")
    screen.press("ctrl-c")
    leave(screen, peer)
    assert not history.exists()


def test_history_is_bounded(talk, history):
    history.parent.mkdir(parents=True)
    history.write_text("".join(f"旧的{number}\n" for number in range(1500)))
    screen, peer = talk("connect")
    for number in range(5):
        screen.enter(f"新的{number}")
    leave(screen, peer)
    lines = history.read_text().splitlines()
    assert len(lines) <= 1000
    assert [line for line in lines if line.startswith("新")] == [f"新的{number}" for number in range(5)]
    assert "旧的1499" in lines


def test_two_processes_share_a_history(talk, history):
    first, one = talk("connect")
    second, two = talk("connect")
    for number in range(5):
        first.enter(f"甲{number}")
        second.enter(f"乙{number}")
    leave(first, one)
    leave(second, two)
    assert sorted(kept(history)) == sorted(f"{who}{number}" for who in "甲乙" for number in range(5))


def test_history_survives_a_kill(talk, history):
    """No earlier line is lost."""
    screen, peer = talk("connect")
    screen.enter("从前")
    leave(screen, peer)
    screen, peer = talk("connect")
    screen.enter("后来")
    line_from(peer)
    screen.process.kill()
    screen.wait()
    assert "从前" in kept(history)


@pytest.mark.parametrize("what", ["directory", "unwritable", "binary", "dangling"])
def test_unusable_history_does_not_end_the_conversation(talk, history, what):
    """The conversation continues without a history."""
    history.parent.mkdir(parents=True)
    if what == "directory":
        history.mkdir()
    elif what == "binary":
        history.write_bytes(bytes(range(256)) * 50)
    elif what == "dangling":
        history.symlink_to("/no/such/place")
    else:
        history.parent.chmod(0o500)
    screen, peer = talk("connect")
    screen.press("up")
    screen.settle()
    screen.press("ctrl-c") if screen.typed != ">" else None
    screen.wait_typed("> ")
    screen.enter("你好")
    assert line_from(peer).decode() == "你好\n"
    leave(screen, peer)
    history.parent.chmod(0o700)
    assert not re.search(rb"[\x00-\x06\x0b-\x0c\x0e-\x1a\x1c-\x1f]", screen.given)


def test_history_keeps_an_unfinished_line_at_the_end(talk, history):
    screen, peer = talk("connect")
    screen.compose("写了一半")
    peer.close()
    assert screen.wait() == 0
    assert kept(history) == ["写了一半"]


def test_history_keeps_quit_once(talk, history):
    screen, peer = talk("connect")
    screen.enter("/quit")
    assert screen.wait() == 0
    assert history.read_text() == "/quit\n"
    assert screen.text.count("> /quit") == 0


def test_history_keeps_a_repeated_line_once(talk, history):
    screen, peer = talk("connect")
    for line in ("一", "一", "二", "一"):
        screen.enter(line)
        assert line_from(peer).decode() == line + "\n"
    leave(screen, peer)
    assert kept(history) == ["一", "二", "一"]


def test_history_is_written_in_utf8(talk, history, person, locales):
    screen, peer = talk("connect", env=person(LC_ALL=None, LANG="zh_CN.GBK", LOCPATH=locales), charset="gbk")
    screen.enter("中文")
    leave(screen, peer)
    assert kept(history) == ["中文"]
    screen, peer = talk("connect")
    screen.press("up", "up")
    screen.wait_typed("> 中文")


# Transcript.

def transcript_of(path):
    """Its lines without their time."""
    lines = path.read_text().splitlines()
    assert all(re.match(STAMP + " ", line) for line in lines), lines
    return [line[20:] for line in lines]


def test_transcript(talk, tmp_path):
    path = tmp_path / "记录"
    path.write_text("2026-01-01 00:00:00 -!- earlier\n")
    screen, peer = talk("listen", "--transcript", path)
    port = peer.getsockname()[1]
    peer.sendall("你好,今天天气很好\n".encode("gbk"))
    screen.wait_for("今天天气很好")
    screen.enter("收到\\")
    line_from(peer)
    peer.close()
    screen.wait_for("peer1 left")
    screen.press("ctrl-d")
    ends(screen, 0)
    lines = transcript_of(path)
    assert lines[0] == "-!- earlier"
    for line in (f"-!- peer1 127.0.0.1:{port} joined", "peer1: 你好,今天天气很好", "you: 收到\\", "-!- peer1 left"):
        assert line in lines, lines


def test_transcript_with_a_name(talk, tmp_path):
    path = tmp_path / "transcript"
    screen, peer = talk("connect", "--transcript", path, "--name", "小王")
    screen.enter("我是小王")
    peer.sendall("我是谁".encode())
    screen.wait_for("peer│ 我是谁")
    leave(screen, peer)
    lines = transcript_of(path)
    assert "小王: 我是小王" in lines and "peer: 我是谁" in lines


def test_transcript_is_one_line_for_each_message(talk, tmp_path):
    """Control characters of a peer fake no line, in no viewer."""
    path = tmp_path / "transcript"
    screen, peer = talk("connect", "--transcript", path)
    peer.sendall(b"a\r2026-01-01 00:00:00 you: evil\x1b[31m\x85\n")
    screen.wait_for("evil")
    leave(screen, peer)
    assert len([line for line in path.read_bytes().split(b"\n") if b"evil" in line]) == 1
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]", path.read_bytes())


def test_transcript_on_a_full_disk_is_a_notice(talk):
    """And the talk goes on."""
    screen, peer = talk("connect", "--transcript", "/dev/full")
    peer.sendall("你好\n".encode())
    screen.enter("在吗")
    screen.wait_for(re.compile(r"^▸ .*No space left on device", re.M))
    assert line_from(peer).decode() == "在吗\n"
    peer.sendall("还在\n".encode())
    screen.wait_for("peer│ 还在")
    screen.wait_typed("> ")


def test_transcript_continues_once_the_disk_has_room(talk, tmp_path):
    path = tmp_path / "transcript"
    screen, peer = talk("listen", "--transcript", path, "--no-history", columns=160)
    size, endless = path.stat().st_size, resource.RLIM_INFINITY
    resource.prlimit(screen.pid, resource.RLIMIT_FSIZE, (size + 10, endless))
    for text in ("没有地方", "还是没有"):
        screen.enter(text)
        assert line_from(peer).decode() == f"{text}\n"
    screen.wait_for(re.compile(r"^▸ cannot write .*: File too large; what is said is not written down$", re.M))
    resource.prlimit(screen.pid, resource.RLIMIT_FSIZE, (endless, endless))
    screen.enter("又有地方了")
    screen.wait_for(re.compile(r"^▸ .* is written again; 2 lines are missing$", re.M))
    screen.press("ctrl-d")
    ends(screen, 5)
    lines = path.read_text().splitlines()
    assert lines[-2] == lines[-1][:10] and lines[-1].endswith(" you: 又有地方了")


def test_pieces_of_a_long_line_are_marked_in_a_transcript(talk, tmp_path):
    path = tmp_path / "transcript"
    screen, peer = talk("connect", "--transcript", path)
    peer.sendall(b"x" * 8192 + b"y" * 8192 + b"z\n")
    peer.sendall(b"next\n")
    peer.close()
    assert screen.wait() == 0
    lines = [line for line in transcript_of(path) if not line.startswith("-!- ")]
    assert lines == ["peer: " + "x" * 8192, "peer+: " + "y" * 8192, "peer+: z", "peer: next"]


def test_pieces_of_a_long_line_are_marked_in_the_transcript_of_a_pipe(tcpchat, tmp_path):
    path = tmp_path / "transcript"
    run = tcpchat("listen", "127.0.0.1", 0, "--transcript", path)
    with run.call() as peer:
        peer.sendall(b"x" * 8192 + b"z\nnext\n")
    run.end_input()
    assert run.wait() == 0
    assert transcript_of(path) == ["peer: " + "x" * 8192, "peer+: z", "peer: next"]


def test_unopenable_transcript_is_refused(screen, tmp_path):
    failing = screen("listen", "--transcript", tmp_path / "no" / "such", "127.0.0.1", 0)
    assert failing.wait() == 5
    assert failing.text.startswith("tcpchat: ")
    assert failing.after == failing.before


# --raw.

def test_raw(talk):
    """--raw passes the bytes of a peer to the terminal."""
    screen, peer = talk("connect", "--raw")
    peer.sendall("\x1b[31m红色\x1b[0m\n".encode())
    screen.wait_for("红色")
    y = screen.row_of("红色")
    assert screen.looks(y)[screen.rows[y].index("红")].fg == "red"


# Half a terminal.

@both_roles
def test_stdin_is_a_terminal_and_stdout_is_not(talk, screen, listener, role):
    """It is as pipe mode: bytes as they are, no prompt, the terminal in its own mode."""
    there = listener()
    where = ["127.0.0.1", there.port] if role == "connect" else ["127.0.0.1", 0]
    run = screen(role, *where, stdout=subprocess.PIPE)
    peer = there.accept() if role == "connect" else called(run)
    with peer:
        run.enter("你好")
        assert line_from(peer).decode() == "你好\n"
        peer.sendall(b"\x1b[31m\xff\x00")
        assert read_exactly(run.process.stdout.fileno(), 7) == b"\x1b[31m\xff\x00"
        assert run.attributes() == run.before
        run.press("ctrl-d")
        assert receive_all(peer) == b""
        peer.sendall(b"end")
        peer.close()
    ends(run, 0)
    assert run.process.stdout.read() == b"end"
    assert b"\x1b" not in run.given and ">" not in run.text


def called(run):
    match = run.wait_for(re.compile(r"listening on 127\.0\.0\.1:(\d+)"))
    return socket.create_connection(("127.0.0.1", int(match.group(1))), PATIENCE)


@both_roles
def test_stdout_is_a_terminal_and_stdin_is_not(screen, listener, role):
    """As pipe mode, but the output is made safe, at once, without names."""
    there = listener()
    where = ["127.0.0.1", there.port] if role == "connect" else ["127.0.0.1", 0]
    run = screen(role, *where, stdin=subprocess.PIPE)
    peer = there.accept() if role == "connect" else called(run)
    with peer:
        run.process.stdin.write("问\n".encode())
        assert line_from(peer).decode() == "问\n"
        peer.sendall("答\x1b[31m\u202e".encode())
        run.wait_for("答^[[31m<U+202E>")
        assert run.attributes() == run.before
        run.process.stdin.close()
        assert receive_all(peer) == b""
    ends(run, 0)
    assert b"\x1b" not in run.given and "│" not in run.text


@pytest.mark.parametrize("option", ["--send-only", "--recv-only"])
def test_one_way_options_have_no_prompt(screen, listener, option):
    there = listener()
    run = screen("connect", option, "127.0.0.1", there.port)
    with there.accept() as peer:
        if option == "--recv-only":
            peer.sendall("听着\x1b[2J\n".encode())
            run.wait_for("听着^[[2J")
        else:
            run.enter("说了")
            assert line_from(peer).decode() == "说了\n"
            run.press("ctrl-d")
            assert receive_all(peer) == b""
    ends(run, 0)
    assert b"\x1b" not in run.given


def test_standard_error_elsewhere(talk):
    """A prompt needs standard input and output only."""
    screen, peer = talk("connect", stderr=subprocess.DEVNULL)
    screen.enter("你好")
    assert line_from(peer).decode() == "你好\n"


def test_verbose_lines_do_not_disturb_the_typed_line(talk):
    screen, peer = talk("listen", "-v", columns=120)
    screen.compose("写了一半")
    other = talk.call(screen)
    screen.wait_typed("> 写了一半")
    other.sendall("你好\n".encode())
    other.close()
    screen.wait_for(re.compile("peer2 .* closed by the peer"))
    screen.wait_typed("> 写了一半")


def test_peer_is_announced_once(talk):
    """By one notice; another one tells its end and its bytes."""
    screen, peer = talk("listen", "-v", columns=120)
    address = "127.0.0.1:%d" % peer.getsockname()[1]
    peer.sendall("你好\n".encode())
    peer.close()
    screen.wait_for(f"▸ peer1 {address} closed by the peer; 7 bytes received, 0 sent\n")
    assert [row for row in screen.rows if address in row] == [
        f"▸ peer1 {address} joined", f"▸ peer1 {address} closed by the peer; 7 bytes received, 0 sent"]


def test_output_file_holds_the_bytes(talk, tmp_path):
    screen, peer = talk("connect", "-o", tmp_path / "wire")
    peer.sendall("你好\r\n".encode("gbk") + b"\x1b[31m\n")
    screen.wait_for("你好")
    leave(screen, peer)
    assert (tmp_path / "wire").read_bytes() == "你好\r\n".encode("gbk") + b"\x1b[31m\n"
