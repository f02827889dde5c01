# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of the program of --exec in a run with one connection."""
import signal
import socket

import pytest

from harness import ends, environment, free_port, one_sentence, receive_all, receive_until_reset, reset

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])


def conversation_of(tcpchat, listener, role, *options):
    """A run and its peer."""
    if role == "connect":
        there = listener()
        return tcpchat("connect", "127.0.0.1", there.port, *options), there.accept()
    port = free_port()
    run = tcpchat("listen", "-1", "-v", "127.0.0.1", port, *options)
    run.expect_stderr(b"listening on")
    return run, socket.create_connection(("127.0.0.1", port), 30)


def last_sentence(run):
    return run.stderr.decode().splitlines()[-1]


@both_roles
def test_program_that_fails_is_status_7_and_a_regular_end(tcpchat, listener, role):
    run, peer = conversation_of(tcpchat, listener, role, "--sh-exec", "echo hi; exit 3")
    assert receive_all(peer) == b"hi\n"
    peer.close()
    ends(run, 7)
    assert last_sentence(run) == "tcpchat: 'echo hi; exit 3' ended with status 3"


@both_roles
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM], ids=lambda number: number.name)
def test_program_that_a_signal_ends_is_status_7_and_a_reset(tcpchat, listener, role, number):
    command = f"echo hi; ulimit -c 0; kill -{number} $$"
    run, peer = conversation_of(tcpchat, listener, role, "--sh-exec", command)
    assert receive_until_reset(peer) == b"hi\n"
    ends(run, 7)
    assert last_sentence(run) == f"tcpchat: '{command}' ended by signal {int(number)} ({signal.strsignal(number)})"


def test_program_that_closes_its_output_first_is_waited_for(tcpchat, listener):
    command = "exec >&-; cat >/dev/null; sleep 0.3; exit 4"
    run, peer = conversation_of(tcpchat, listener, "connect", "--sh-exec", command)
    assert receive_all(peer) == b""
    peer.close()
    ends(run, 7)
    assert one_sentence(run).endswith("ended with status 4")


@pytest.mark.parametrize("command", ["exec yes", "yes; exit $?"])
def test_program_that_sigpipe_ends_after_the_peers_end_is_status_0(tcpchat, listener, tmp_path, command):
    """The peer has gone, and the program learns it when it speaks."""
    there = listener(socket.AF_UNIX, str(tmp_path / "s"))
    run = tcpchat("connect", f"unix:{tmp_path}/s", "--sh-exec", f"cat; sleep 0.3; {command}")
    there.accept().close()
    ends(run, 0)
    assert run.stderr == b""


def test_reset_decides_before_the_program_that_is_asked_to_end(tcpchat, listener):
    """A shell says "Terminated" of another program that it waits for, so it reads by itself."""
    run, peer = conversation_of(tcpchat, listener, "connect", "--sh-exec", "trap 'exit 9' TERM; read x; sleep 9 & wait")
    reset(peer)
    ends(run, 1)
    assert "Connection reset by peer" in one_sentence(run)


@both_roles
@pytest.mark.parametrize("command, says", [
    ("nosuchprog -x", "--exec: there is no program 'nosuchprog' in PATH; commands of the shell need --sh-exec"),
    ("cd /tmp", "there is no program 'cd' in PATH"),
    ("./nosuchprog", "--exec: cannot run ./nosuchprog: No such file or directory"),
    ("/etc/passwd x", "--exec: cannot run /etc/passwd: Permission denied"),
    ("/etc", "--exec: cannot run /etc: Permission denied"),
], ids=["name", "word_of_the_shell", "path", "no_program", "directory"])
def test_program_that_is_not_there_is_wrong_use(tcpchat, listener, role, command, says):
    """Nobody is listened to or called."""
    there = listener()
    run = tcpchat(role, "-v", "127.0.0.1", there.port if role == "connect" else 0, "--exec", command)
    ends(run, 2)
    assert says in one_sentence(run)
    there.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        there.socket.accept()


def test_program_is_searched_as_exec_does(tcpchat, listener, tmp_path):
    """An empty directory of PATH is the current one."""
    (tmp_path / "here").write_text("#!/bin/sh\necho hi\n")
    (tmp_path / "here").chmod(0o700)
    there = listener()
    run = tcpchat("connect", "127.0.0.1", there.port, "--exec", " here ", env=environment(PATH="/nowhere::/bin"),
                  cwd=tmp_path)
    peer = there.accept()
    assert receive_all(peer) == b"hi\n"
    peer.close()
    ends(run, 0)


def test_program_that_vanishes_after_the_start_is_status_7(tcpchat, tmp_path):
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    port = free_port()
    run = tcpchat("listen", "-1", "-v", "127.0.0.1", port, "--exec", program)
    run.expect_stderr(b"listening on")
    program.unlink()
    with socket.create_connection(("127.0.0.1", port), 30):
        ends(run, 7)
    assert last_sentence(run).endswith(f"cannot run {program}: No such file or directory")
