# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a conversation at a terminal: its sentence, the exit status, and the restored terminal."""
import os
import re
import select
import signal
import subprocess

import pytest

from harness import PATIENCE, TCPCHAT, Blackhole, ends, free_port, receive_all, reset, until
from screen import Screen

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])


def address(peer):
    return "127.0.0.1:%d" % peer.getsockname()[1]


def assert_restored(screen):
    assert screen.after == screen.before
    assert not screen.has_paste_mode()
    assert screen.wraps()
    assert not screen.display.cursor.hidden


def leave(screen, status):
    """It ended so, and the terminal is as it was; the shell's prompt will stand on a row of its own."""
    ends(screen, status)
    assert_restored(screen)


def assert_new_row(screen):
    """The next output begins a row without a piece of the prompt."""
    assert screen.display.cursor.x == 0, screen.text
    assert screen.display.row(screen.display.cursor.y) == ""


# The terminal's state on every way out.

SIGNALS = [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGSEGV]
HALF_TYPED = ["", "写了一半 half"]

half_typed = pytest.mark.parametrize("line", HALF_TYPED, ids=["empty line", "half-typed"])


@half_typed
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@both_roles
def test_signals(talk, person, role, number, line):
    """Also while a line is half-typed: kill(1) is no key. A sanitizer would keep SIGSEGV to itself."""
    screen, _ = talk(role, env=person(ASAN_OPTIONS="handle_segv=0"))
    screen.compose(line)
    assert screen.attributes() != screen.before
    os.kill(screen.pid, number)
    leave(screen, 128 + number)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_signals_restore_a_stalled_terminal(talk, person, number):
    """The mode reset gets through also where nothing drains the tty."""
    screen, peer = talk("connect", env=person(ASAN_OPTIONS="handle_segv=0"))
    screen.stall()
    peer.sendall("长长的一行\n".encode() * 20000)
    until(lambda: not select.select([], [screen.theirs], [], 0)[1], "the terminal to be full")
    os.kill(screen.pid, number)
    leave(screen, 128 + number)


@both_roles
def test_sigint(talk, role):
    """On an empty line it is as Ctrl-C."""
    screen, _ = talk(role)
    os.kill(screen.pid, signal.SIGINT)
    leave(screen, 128 + signal.SIGINT)


@both_roles
def test_sigusr1_leaves_the_settings_of_the_terminal(talk, role):
    screen, _ = talk(role)
    during = screen.attributes()
    for number in signal.SIGUSR2, signal.SIGUSR1, signal.SIGUSR1:
        os.kill(screen.pid, number)
    screen.wait_for("bytes received")
    screen.compose("here")
    assert screen.attributes() == during
    assert screen.has_paste_mode()


@both_roles
def test_terminal_is_private_during_the_run(talk, role):
    """Bracketed paste is on, keys come one by one, and nothing is echoed by the terminal itself."""
    screen, _ = talk(role)
    assert screen.has_paste_mode()
    assert screen.attributes()[3] != screen.before[3]


@both_roles
def test_quit(talk, role):
    screen, peer = talk(role)
    screen.enter("/quit")
    leave(screen, 0)
    assert_new_row(screen)
    assert receive_all(peer) == b""


@both_roles
def test_quit_delivers_what_was_typed(talk, role):
    screen, peer = talk(role)
    screen.enter("再见")
    screen.enter("/quit")
    assert receive_all(peer).decode() == "再见\n"
    leave(screen, 0)


def test_ctrl_d_leaves_listen(talk):
    screen, peer = talk("listen")
    screen.enter("再见")
    screen.press("ctrl-d")
    leave(screen, 0)
    assert_new_row(screen)
    assert receive_all(peer).decode() == "再见\n"


def test_ctrl_d_leaves_listen_that_is_alone(screen):
    listening = screen("listen", "127.0.0.1", 0).ready()
    listening.press("ctrl-d")
    leave(listening, 0)


@both_roles
def test_ctrl_c_on_an_empty_line(talk, role):
    screen, peer = talk(role)
    screen.press("ctrl-c")
    leave(screen, 128 + signal.SIGINT)
    assert_new_row(screen)


@both_roles
def test_ctrl_c_clears_a_half_typed_line(talk, role):
    screen, peer = talk(role)
    screen.compose("写错了 wrong")
    screen.press("ctrl-c")
    screen.wait_typed("> ")
    screen.enter("对的")
    screen.wait_for(re.compile("^you *│ 对的$", re.M))
    assert peer.recv(100).decode() == "对的\n"
    screen.press("ctrl-c")
    leave(screen, 128 + signal.SIGINT)


@half_typed
@both_roles
def test_ctrl_backslash(talk, role, line):
    screen, _ = talk(role)
    screen.compose(line)
    screen.press("ctrl-\\")
    leave(screen, 128 + signal.SIGQUIT)


@pytest.mark.parametrize("retry", [[], ["--retry", "30s"]], ids=["once", "retry"])
def test_connect_names_the_peer_it_waits_for(screen, retry):
    """The sentence comes after a second without a connection."""
    there = Blackhole() if not retry else None
    port = there.port if there else free_port()
    run = screen("connect", *retry, "127.0.0.1", port)
    run.wait_for(f"tcpchat: connecting to 127.0.0.1:{port}")
    os.kill(run.pid, signal.SIGTERM)
    leave(run, 128 + signal.SIGTERM)
    assert run.text.count("connecting") == 1
    if there:
        there.close()


@half_typed
def test_close_by_the_peer_ends_the_run(talk, line):
    screen, peer = talk("connect")
    name = address(peer)
    screen.compose(line)
    peer.sendall("先走了".encode())
    peer.close()
    leave(screen, 0)
    assert screen.rows[-1] == f"▸ {name} closed the connection", screen.text
    assert screen.rows[-2] == (f"> {line}" if line else "peer│ 先走了"), screen.text
    assert "peer│ 先走了" in screen.rows
    assert_new_row(screen)


@half_typed
def test_reset_by_the_peer_fails_the_run(talk, line):
    screen, peer = talk("connect")
    name = address(peer)
    screen.compose(line)
    peer.sendall("还有\n".encode())
    screen.wait_for("peer│ 还有")
    reset(peer)
    leave(screen, 1)
    assert f"tcpchat: {name}: Connection reset by peer" in screen.rows
    assert_new_row(screen)


def test_reset_shows_earlier_data(talk):
    screen, peer = talk("connect")
    peer.sendall("最后一句\n".encode() * 50)
    reset(peer)
    leave(screen, 1)
    assert screen.text.count("peer│ 最后一句") == 50


def test_reset_ends_only_its_peer_of_listen(talk):
    """That ends its own connection, never the process."""
    screen, peer = talk("listen")
    screen.type("写了一半")
    reset(peer)
    screen.wait_for("▸ peer1 left: Connection reset by peer\n")
    screen.wait_typed("> 写了一半")
    again = talk.call(screen)
    screen.press("enter")
    assert again.recv(100).decode() == "写了一半\n"


def test_once_ends_with_its_peer(talk):
    screen, peer = talk("listen", "-1")
    peer.sendall("就一句".encode())
    peer.close()
    leave(screen, 0)
    assert "peer1│ 就一句" in screen.rows


def test_listen_continues_after_its_peers(talk):
    screen, peer = talk("listen")
    peer.close()
    screen.wait_for("▸ peer1 left\n")
    talk.call(screen)
    screen.wait_for("▸ peer2 ")


def test_taken_port_fails_with_the_terminal_untouched(screen, listener):
    taken = listener()
    failing = screen("listen", "127.0.0.1", taken.port)
    leave(failing, 1)
    assert failing.text.startswith("tcpchat: ")
    assert "Address already in use" in failing.text
    assert b"\x1b" not in failing.given


def test_connect_to_a_closed_port_fails(screen):
    port = free_port()
    failing = screen("connect", "127.0.0.1", port)
    leave(failing, 1)
    assert failing.rows == [f"tcpchat: cannot connect to 127.0.0.1:{port}: Connection refused"]
    assert b"\x1b" not in failing.given


def test_wrong_use(screen):
    leave(screen("listen", "--no-such-option", 0), 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_signal_while_connecting_ends_the_run(screen, blackhole, number):
    there = blackhole()
    connecting = screen("connect", "127.0.0.1", there.port)
    until(lambda: "connecting" in connecting.text or is_asleep(connecting.pid), "the attempt")
    os.kill(connecting.pid, number)
    leave(connecting, 128 + number)


def is_asleep(pid):
    with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/comm") as name:
        return name.read().strip() == os.path.basename(TCPCHAT) and stat.read().rpartition(")")[2].split()[0] == "S"


def gone(screen):
    """The status of a program whose terminal was taken away."""
    return until(lambda: screen.process.poll() is not None, "the program to end") and screen.wait()


@half_typed
@both_roles
def test_hangup_ends_the_run(talk, role, line):
    screen, peer = talk(role)
    screen.compose(line)
    screen.hang_up()
    assert gone(screen) == 128 + signal.SIGHUP
    peer.settimeout(PATIENCE)
    try:
        assert peer.recv(1) == b""
    except ConnectionResetError:
        pass


@both_roles
def test_hangup_under_nohup_ends_the_run(talk, screen, person, listener, role):
    """The end of the terminal ends the run also where SIGHUP is ignored."""
    there = listener()
    where = ["127.0.0.1", there.port] if role == "connect" else ["127.0.0.1", 0]
    run = Screen(["env", "--ignore-signal=HUP", TCPCHAT, role, *where], env=person())
    try:
        run.wait_for(lambda screen: screen.typed == ">")
        run.hang_up()
        gone(run)
    finally:
        run.close()


def test_stalled_terminal_delays_no_end(talk):
    """SIGTERM ends the run also while the terminal takes no output."""
    screen, peer = talk("listen")
    screen.settle()
    screen.stall()
    peer.sendall("满了没有\n".encode() * 20000)
    os.kill(screen.pid, signal.SIGTERM)
    until(lambda: screen.process.poll() is not None, "the program to end")
    ends(screen, 128 + signal.SIGTERM)
    assert screen.after == screen.before


# Ctrl-D in connect: the half-close, and the peer's last words.

def test_ctrl_d_waits_for_the_last_words(talk):
    screen, peer = talk("connect")
    screen.enter("我说完了")
    screen.press("ctrl-d")
    assert receive_all(peer).decode() == "我说完了\n"
    screen.wait_for(f"▸ waiting for the last words of {address(peer)}; Ctrl-C leaves")
    assert screen.process.poll() is None
    peer.sendall("最后的话\n再见".encode())
    screen.wait_for("peer│ 最后的话")
    name = address(peer)
    peer.close()
    leave(screen, 0)
    assert "peer│ 再见" in screen.rows
    assert f"▸ {name} closed the connection" in screen.rows
    assert_new_row(screen)


def test_ctrl_c_leaves_while_waiting(talk):
    screen, peer = talk("connect")
    screen.press("ctrl-d")
    screen.wait_for("Ctrl-C leaves")
    screen.press("ctrl-c")
    leave(screen, 128 + signal.SIGINT)


def test_ctrl_d_on_a_half_typed_line_deletes(talk):
    """It only ends on an empty one; elsewhere it is readline's delete-char."""
    screen, peer = talk("connect")
    screen.type("留下掉")
    screen.press("left", "ctrl-d")
    screen.wait_typed("> 留下")
    screen.press("ctrl-d")
    screen.type("的")
    screen.wait_typed("> 留下的")
    screen.press("enter")
    assert peer.recv(100).decode() == "留下的\n"


def test_quit_after_bounds_the_wait(talk):
    screen, peer = talk("connect", "-q", "0.2")
    screen.press("ctrl-d")
    leave(screen, 0)


def test_half_close_by_the_peer_ends_the_run(talk):
    """Its end is the end of the conversation, as the banner's side says."""
    screen, peer = talk("connect")
    peer.sendall("完".encode())
    peer.shutdown(1)
    leave(screen, 0)
    assert "peer│ 完" in screen.rows


# Job control.

@pytest.fixture
def shell(person):
    """An interactive bash with job control on a terminal."""
    opened = []

    def start(*words, **options):
        made = Screen(["bash", "--norc", "--noprofile", "-i"], env=person(PS1="shell$ "), **options)
        opened.append(made)
        made.wait_for("shell$")
        made.shell_settings = made.attributes()
        made.enter(subprocess.list2cmdline(list(map(str, words))))
        return made

    yield start
    for made in opened:
        made.close()


def test_ctrl_z_and_fg(shell, listener):
    there = listener()
    screen = shell(TCPCHAT, "connect", "127.0.0.1", there.port)
    with there.accept() as peer:
        screen.wait_typed("> ")
        screen.type("写了一半 half")
        screen.press("left", "left")
        screen.wait_typed("> 写了一半 half", "> 写了一半 ha")
        screen.press("ctrl-z")
        screen.wait_for(re.compile(r"Stopped[\s\S]*shell\$ *$"))
        screen.enter("stty -a | grep -o -- '-\\?icanon'; echo")
        screen.wait_for(re.compile(r"^icanon$", re.M))
        peer.sendall("你在吗\n".encode())
        screen.enter("fg")
        screen.wait_for("peer│ 你在吗")
        screen.wait_typed("> 写了一半 half", "> 写了一半 ha")
        assert screen.has_paste_mode()
        screen.press("enter")
        assert peer.recv(100).decode() == "写了一半 half\n"
        screen.wait_for("you │ 写了一半 half")
        screen.press("ctrl-d")
    screen.wait_for(re.compile(r"closed the connection\nshell\$"))
    screen.enter("exit $?")
    assert screen.wait() == 0
    assert screen.after == screen.before


def test_ctrl_z_twice(shell, listener):
    there = listener()
    screen = shell(TCPCHAT, "connect", "127.0.0.1", there.port)
    with there.accept() as peer:
        screen.wait_typed("> ")
        for time in ("一次", "两次"):
            screen.type(time)
            screen.press("ctrl-z")
            screen.wait_for(lambda screen: re.search(r"shell\$$", screen.text))
            screen.enter("fg")
            screen.wait_for(lambda screen: screen.typed and screen.typed.endswith(time))
        screen.press("enter")
        assert peer.recv(100).decode() == "一次两次\n"


@pytest.mark.parametrize("columns", [40, 120])
def test_resize_while_stopped(shell, listener, columns):
    there = listener()
    screen = shell(TCPCHAT, "connect", "127.0.0.1", there.port)
    with there.accept() as peer:
        screen.wait_typed("> ")
        screen.compose("写了一半")
        screen.press("ctrl-z")
        screen.wait_for(lambda screen: re.search(r"shell\$$", screen.text))
        screen.resize(columns)
        screen.enter("fg")
        screen.wait_typed("> 写了一半")
        peer.sendall(("长" * 60 + "\n").encode())
        screen.wait_for(re.compile("长" * ((columns - 6) // 2) + "\n    │ 长"))
        screen.wait_typed("> 写了一半")


def test_sigstop_and_sigcont_restore_the_prompt(shell, listener):
    """SIGSTOP leaves no time to restore the terminal; SIGCONT redraws the prompt."""
    there = listener()
    screen = shell(TCPCHAT, "connect", "127.0.0.1", there.port)
    with there.accept() as peer:
        screen.wait_typed("> ")
        screen.compose("写了一半")
        pid = foreground(screen)
        os.kill(pid, signal.SIGSTOP)
        screen.wait_for(lambda screen: re.search(r"shell\$$", screen.text))
        screen.enter("fg")
        screen.wait_typed("> 写了一半")
        assert screen.has_paste_mode()
        peer.sendall("还在\n".encode())
        screen.wait_for("peer│ 还在")
        screen.press("enter")
        assert peer.recv(100).decode() == "写了一半\n"


def foreground(screen):
    """The process group that has the terminal: a lone program's own number."""
    return os.tcgetpgrp(screen.ours)


def test_ctrl_z_in_an_orphaned_group_is_ignored(talk):
    """A program without a shell that has job control (the command of a terminal, say) is not stopped."""
    screen, peer = talk("connect")
    screen.compose("写了一半")
    screen.press("ctrl-z")
    peer.sendall("还在吗\n".encode())
    screen.wait_for("peer│ 还在吗")
    screen.type("在")
    screen.wait_typed("> 写了一半在")


def test_shell_gets_its_terminal_back(shell, listener):
    """A program that dies by SIGINT at an empty prompt leaves a shell that works."""
    there = listener()
    screen = shell(TCPCHAT, "connect", "127.0.0.1", there.port)
    with there.accept():
        screen.wait_typed("> ")
        screen.press("ctrl-c")
        screen.wait_for(lambda screen: re.search(r"^shell\$$", screen.rows[-1]))
    assert screen.attributes() == screen.shell_settings
    screen.enter("echo 状态 $?")
    screen.wait_for("状态 130")
