# SPDX-License-Identifier: GPL-3.0-or-later
"""`--exec` and `--sh-exec`: a program for each connection, which talks as any other end."""
import contextlib
import functools
import re
import resource
import signal
import sys
import time

import pytest

from crowd import children, crowd_of
from harness import descriptors, ends, environment, has_only_announced, session_of, until
from ways import some_bytes, some_text


def test_exec_serves_one_conversation(tcpchat):
    with crowd_of(tcpchat, "--exec", "/bin/cat") as crowd:
        peer = crowd.call()
        data = some_bytes(200_000)
        peer.send(data[:100_000])
        assert peer.read(100_000) == data[:100_000]
        peer.send(data[100_000:])
        peer.finish()
        assert peer.rest() == data[100_000:]
        ends(crowd.run, 0)
        assert crowd.run.read_all() == b"" and has_only_announced(crowd.run.stderr)


def test_exec_starts_a_program_for_each_peer(tcpchat):
    with crowd_of(tcpchat, "-k", "--sh-exec", "echo $$; exec cat") as crowd:
        peers = [crowd.call() for _ in range(20)]
        assert len({peer.line() for peer in peers}) == 20
        for n, peer in enumerate(peers):
            peer.say(f"我是 {n}")
            peer.finish()
        assert [peer.rest().decode() for peer in peers] == [f"我是 {n}\n" for n in range(20)]
        until(lambda: not children(crowd.run.pid), "the programs to be waited for")


def test_exec_splits_at_blanks(tcpchat):
    with crowd_of(tcpchat, "--exec", "/usr/bin/printf %s-%s\\n  a$HOME  b|c") as crowd:
        assert crowd.call().rest() == b"a$HOME-b|c\n"


def test_sh_exec_runs_the_shell(tcpchat):
    with crowd_of(tcpchat, "--sh-exec", "read line; echo \"$line\" | tr a-z A-Z; exit 3", "-v") as crowd:
        peer = crowd.call()
        peer.say("hello")
        assert peer.rest() == b"HELLO\n"
        crowd.run.wait()
        assert re.search(rb"\b3\b", re.sub(rb"[^\n]*listening[^\n]*", b"", crowd.run.stderr))


def test_exec_sets_the_addresses_in_the_environment(tcpchat):
    with crowd_of(tcpchat, "-k", "--sh-exec", "env", "--local-encoding", "utf-8") as crowd:
        peer = crowd.call()
        host, port = peer.socket.getsockname()
        env = dict(line.split("=", 1) for line in peer.rest().decode().splitlines() if "=" in line)
        assert env["TCPCHAT_PEER_ADDRESS"] == host and env["TCPCHAT_PEER_PORT"] == str(port)
        assert env["TCPCHAT_LOCAL_ADDRESS"] == "127.0.0.1" and env["TCPCHAT_LOCAL_PORT"] == str(crowd.run.port)


def test_exec_removes_preferences_from_the_environment(tcpchat):
    env = environment(TCPCHAT_NAME="me", TCPCHAT_ENCODING="gbk", TCPCHAT_LOCAL_ENCODING="utf-8")
    show = "env | grep -E '^TCPCHAT_(NAME|ENCODING|LOCAL_ENCODING)' || echo none"
    with crowd_of(tcpchat, "--sh-exec", show, env=env) as crowd:
        assert crowd.call().rest() == b"none\n"


def test_exec_hands_down_no_descriptor(tcpchat):
    with crowd_of(tcpchat, "-k", "--sh-exec", "ls /proc/$$/fd; exec cat") as crowd:
        peers = [crowd.call() for _ in range(3)]
        for peer in peers:
            assert peer.lines(3) == ["0", "1", "2"]
            peer.say("句号")
            assert peer.line() == "句号"


OF_LIBC = 3 << 31  # the two signals that the C library keeps for itself, and a process cannot set


def test_exec_resets_signals(tcpchat):
    with crowd_of(tcpchat, "--sh-exec", "grep -E '^Sig(Blk|Ign)' /proc/self/status") as crowd:
        for line in crowd.call().rest().decode().splitlines():
            assert int(line.split()[1], 16) & ~OF_LIBC == 0, line


def ignore(*numbers):
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)


def test_exec_keeps_ignored_signals(tcpchat):
    """As nohup and the background of a shell mean it."""
    numbers = signal.SIGHUP, signal.SIGINT, signal.SIGQUIT
    with crowd_of(tcpchat, "--sh-exec", "grep ^SigIgn /proc/self/status", preexec_fn=lambda: ignore(*numbers)) as crowd:
        ignored = int(crowd.call().line().split()[1], 16) & ~OF_LIBC
        assert ignored == sum(1 << number - 1 for number in numbers)


def test_exec_restores_the_limit_of_open_files(tcpchat):
    """This side lets itself have as many as it may."""
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (100, 200))
    with crowd_of(tcpchat, "-k", "--sh-exec", "ulimit -Sn; ulimit -Hn", preexec_fn=limit) as crowd:
        assert crowd.call().rest() == b"100\n200\n"
        assert resource.prlimit(crowd.run.pid, resource.RLIMIT_NOFILE) == (200, 200)


def test_exec_converts_text(tcpchat):
    text = some_text(3000)
    with crowd_of(tcpchat, "-e", "gbk", "--exec", "/bin/cat") as crowd:
        peer = crowd.call()
        peer.send(text.encode("gbk"))
        peer.finish()
        assert peer.rest() == text.encode("gbk")
    with crowd_of(tcpchat, "-e", "gbk", "--sh-exec", "printf 问题正在处理中...; wc -c >&2") as crowd:
        peer = crowd.call()
        peer.send("你好".encode("gbk"))
        peer.finish()
        assert peer.rest().decode("gbk") == "问题正在处理中..."
        crowd.run.expect_stderr(rb"^6$")


def test_transcript_has_program_and_peer(tcpchat, tmp_path):
    """The peer by its address, and the program by that, too, for it talks with many."""
    with crowd_of(tcpchat, "-e", "gbk", "-k", "--sh-exec", "read x; echo \"你说 $x\"",
                   "--transcript", tmp_path / "talk") as crowd:
        peers = [crowd.call(charset="gbk") for _ in range(2)]
        for n, peer in enumerate(peers):
            peer.say(f"我是 {n}")
            assert peer.rest().decode("gbk") == f"你说 我是 {n}\n"
        lines = [line.split(" ", 2)[2] for line in (tmp_path / "talk").read_text().splitlines()]
        assert lines == [line for n, peer in enumerate(peers)
                         for line in (f"{peer.address}: 我是 {n}", f"the program>{peer.address}: 你说 我是 {n}")]


def test_programs_end_ends_the_conversation(tcpchat):
    with crowd_of(tcpchat, "-k", "--exec", "/bin/true") as crowd:
        for _ in range(30):
            assert crowd.call().rest() == b""
        until(lambda: not children(crowd.run.pid), "the programs to be waited for")


def test_missing_program_is_told(tcpchat, tmp_path):
    """It was there at the start."""
    program = tmp_path / "program"
    program.symlink_to("/bin/cat")
    with crowd_of(tcpchat, "-k", "--exec", program) as crowd:
        assert crowd.run.port
        program.unlink()
        assert crowd.call().has_ended()
        crowd.run.expect_stderr(rb"127.0.0.1:\d+: cannot run .*/program: No such file or directory")
        assert crowd.call().has_ended()
        assert crowd.run.process.poll() is None


def test_reset_ends_the_program(tcpchat):
    with crowd_of(tcpchat, "-k", "--sh-exec", "echo here; exec cat", start_new_session=True) as crowd:
        one = crowd.call()
        assert one.line() == "here"
        before = descriptors(crowd.run.pid)
        for _ in range(10):
            peer = crowd.call()
            assert peer.line() == "here"
            peer.reset()
        until(lambda: len(children(crowd.run.pid)) <= 2, "the programs to end")
        until(lambda: descriptors(crowd.run.pid) == before, f"{before} descriptors")
        one.say("还在")
        assert one.line() == "还在"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_signal_ends_all_programs(tcpchat, number):
    with crowd_of(tcpchat, "-k", "--sh-exec", "echo here; exec cat", start_new_session=True) as crowd:
        peers = [crowd.call() for _ in range(3)]
        assert [peer.line() for peer in peers] == ["here"] * 3
        crowd.run.process.send_signal(number)
        ends(crowd.run, 128 + number)
        until(lambda: not session_of(crowd.run), "the programs to end")


STUBBORN = "trap 'echo asked >&2' TERM; n=0; echo here; while [ $((n+=1)) -lt 600 ]; do sleep 0.1; done"


def test_reset_kills_a_program_that_ignores_sigterm(tcpchat):
    with crowd_of(tcpchat, "-k", "--sh-exec", STUBBORN) as crowd:
        peer = crowd.call()
        assert peer.line() == "here"
        peer.reset()
        crowd.run.expect_stderr(b"^asked$")
        until(lambda: not children(crowd.run.pid), "the program to be killed")
        assert crowd.run.process.poll() is None


def test_max_peers_counts_programs_without_peers(tcpchat, tmp_path):
    wait = f"n=0; while [ $((n+=1)) -lt 600 ] && ! [ -e {tmp_path}/go ]; do sleep 0.1; done"
    program = f"echo here; cat; exec >&-; echo alone >&2; {wait}"
    with crowd_of(tcpchat, "-k", "-m", "2", "--sh-exec", program, start_new_session=True) as crowd:
        peers = [crowd.call() for _ in range(4)]
        for peer in peers[:2]:
            assert peer.line() == "here"
            peer.finish()
            assert peer.rest() == b""
            peer.close()
        crowd.run.expect_stderr(b"(?s)^alone\n.*^alone\n")
        assert not any(peer.has_more(0.3) for peer in peers[2:])  # which is the matter
        (tmp_path / "go").touch()
        assert [peer.line() for peer in peers[2:]] == ["here"] * 2


def test_max_peers_bounds_programs_of_reset_peers(tcpchat):
    with crowd_of(tcpchat, "-k", "-m", "2", "--sh-exec", STUBBORN, start_new_session=True) as crowd:
        peers = [crowd.call() for _ in range(2)]
        for peer in peers:
            assert peer.line() == "here"
            peer.reset()
        crowd.call().reset()
        last = crowd.call()
        most = 0
        while not last.has_more(0.05):
            most = max(most, len(children(crowd.run.pid)))
        assert last.line() == "here" and most == 2
        crowd.run.process.terminate()
        ends(crowd.run, 128 + signal.SIGTERM)


@pytest.mark.parametrize("leave", ["close", "reset"])
def test_max_per_host_counts_running_programs(tcpchat, leave):
    """A place is given back when the program that it pays for has ended, not when its connection has."""
    with crowd_of(tcpchat, "-k", "--max-per-host", "2", "--sh-exec", STUBBORN, start_new_session=True) as crowd:
        served, most = 0, 0
        for _ in range(30):
            with contextlib.suppress(ConnectionError):  # it is refused
                peer = crowd.call()
                served += peer.line() == "here"
                getattr(peer, leave)()
            most = max(most, len(children(crowd.run.pid)))
        assert (served, most) == (2, 2)
        crowd.run.expect_stderr(rb"was refused: too many are here from its host")
        crowd.run.process.terminate()
        ends(crowd.run, 128 + signal.SIGTERM)


def test_place_is_free_after_the_program(tcpchat, tmp_path):
    wait = f"exec >&-; while ! [ -e {tmp_path}/go ]; do sleep 0.05; done"
    with crowd_of(tcpchat, "-k", "-v", "--max-per-host", "1", "--sh-exec", f"echo here; cat; {wait}") as crowd:
        first = crowd.call()
        assert first.line() == "here"
        first.finish()
        assert first.rest() == b""
        first.close()
        with contextlib.suppress(ConnectionError):  # it is refused
            assert crowd.call().has_ended()
        crowd.run.expect_stderr(rb"was refused: too many are here from its host")
        (tmp_path / "go").touch()
        crowd.run.expect_stderr(rb"ended with status 0")
        assert crowd.call().line() == "here"


@pytest.mark.parametrize("options", [["-k"], []], ids=" ".join)
def test_signal_kills_programs_that_ignore_sigterm(tcpchat, options):
    with crowd_of(tcpchat, *options, "--sh-exec", STUBBORN, start_new_session=True) as crowd:
        assert crowd.call().line() == "here"
        crowd.run.process.terminate()
        crowd.run.expect_stderr(b"^asked$")
        ends(crowd.run, 128 + signal.SIGTERM)
        until(lambda: not session_of(crowd.run), "the program to be killed")


def test_second_signal_does_not_wait_for_programs(tcpchat):
    """Else it would wait for 5 s."""
    with crowd_of(tcpchat, "--sh-exec", STUBBORN, start_new_session=True) as crowd:
        assert crowd.call().line() == "here"
        crowd.run.process.terminate()
        crowd.run.expect_stderr(b"^asked$")
        crowd.run.process.send_signal(signal.SIGINT)
        start = time.monotonic()
        ends(crowd.run, 128 + signal.SIGTERM)
        assert time.monotonic() - start < 4
        until(lambda: not session_of(crowd.run), "the program to be killed")


LINGERING = "cat; echo alone >&2; exec sleep 100 2>&-"


def test_signal_ends_programs_without_peers(tcpchat):
    with crowd_of(tcpchat, "-k", "--sh-exec", LINGERING, start_new_session=True) as crowd:
        peer = crowd.call()
        peer.finish()
        crowd.run.expect_stderr(b"^alone$")
        peer.close()
        crowd.run.process.terminate()
        ends(crowd.run, 128 + signal.SIGTERM)
        until(lambda: not session_of(crowd.run), "the program to end")


def test_drain_waits_for_programs(tcpchat):
    program = "cat; exec >&-; sleep 0.5; echo done >&2"
    with crowd_of(tcpchat, "-k", "--drain", "60", "--sh-exec", program, start_new_session=True) as crowd:
        peer = crowd.call()
        peer.say("好")
        assert peer.line() == "好"
        crowd.run.process.terminate()
        peer.finish()
        assert peer.rest() == b""
        ends(crowd.run, 0)
        assert b"done" in crowd.run.stderr  # its end comes with the program's, too


def test_program_that_reads_nothing_stops_no_other(tcpchat):
    program = "read x; [ $x = stalled ] && exec sleep 100 2>&-; echo $x"
    with crowd_of(tcpchat, "-k", "--sh-exec", program, start_new_session=True) as crowd:
        stalled = crowd.call()
        stalled.say("stalled")
        stalled.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                stalled.socket.send(b"x" * 65536)
        peer = crowd.call()
        peer.say("好")
        assert peer.rest().decode() == "好\n"


def test_exec_never_reads_stdin(tcpchat):
    with crowd_of(tcpchat, "--sh-exec", "cat") as crowd:
        crowd.run.send(b"of the terminal\n")
        peer = crowd.call()
        peer.say("of the peer")
        peer.finish()
        assert peer.rest() == b"of the peer\n"


@pytest.mark.parametrize("status", [0, 3])
def test_exec_works_with_connect(tcpchat, listener, status):
    there = listener()
    run = tcpchat("connect", "127.0.0.1", there.port, "-v", "--sh-exec", f"read x; echo got $x; exit {status}")
    with there.accept() as connection:
        connection.sendall(b"it\n")
        assert connection.recv(100) == b"got it\n"
        assert connection.recv(100) == b""
    run.wait()


@pytest.mark.parametrize("options", [["--chat"], ["--broker"], ["--reply", "x"], ["--sh-exec", "ls"], ["--hang-up"]],
                         ids=" ".join)
def test_exec_excludes_other_handlers(tcpchat, options):
    run = tcpchat("listen", "--exec", "/bin/cat", *options, "127.0.0.1", 0)
    ends(run, 2)


def test_exec_serves_40_at_once(tcpchat):
    with crowd_of(tcpchat, "-k", "--exec", sys.executable + " -S -c print(input()[::-1])") as crowd:
        peers = [crowd.call() for _ in range(40)]
        for n, peer in enumerate(peers):
            peer.say(f"{n} 反过来")
        assert [peer.rest().decode() for peer in peers] == [f"来过反 {str(n)[::-1]}\n" for n in range(40)]
