# SPDX-License-Identifier: GPL-3.0-or-later
"""Files beside a conversation: which may be given, which are refused, and what goes to the terminal."""
import contextlib
import os
import re
import signal
import subprocess
import time

import pytest

from crowd import crowd_of
from harness import PATIENCE, TCPCHAT, ends, free_port, in_background, one_sentence, read_exactly, until, without_sandbox

NOWHERE = ["connect", "127.0.0.1", "1"]


@pytest.fixture
def folder(tmp_path):
    """A folder with a file `a`, other names of it, and a link to a file that does not exist."""
    (tmp_path / "a").write_bytes(b"data\n")
    os.link(tmp_path / "a", tmp_path / "hard")
    os.symlink("a", tmp_path / "soft")
    os.symlink("sub/../new", tmp_path / "dangling")
    (tmp_path / "sub").mkdir()
    return tmp_path


def refused(run, sentence, folder):
    """The run is a wrong use, says this, and has touched nothing."""
    ends(run, 2)
    assert one_sentence(run) == sentence
    assert (folder / "a").read_bytes() == b"data\n"
    assert sorted(os.listdir(folder)) == ["a", "dangling", "hard", "soft", "sub"]


@pytest.mark.parametrize("options, names, path", [
    (["-o", "a", "-x", "a"], "-o and -x", "a"),
    (["-o", "hard", "--transcript", "soft"], "-o and --transcript", "hard"),
    (["-o", "new", "-x", "./new"], "-o and -x", "new"),
    (["-o", "dangling", "-x", "new"], "-o and -x", "dangling"),
    (["-x", "sub/../new", "--transcript", "new"], "-x and --transcript", "sub/../new"),
    (["-x", "-", "--transcript", "/dev/stderr"], "-x and --transcript", "-"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_same_file_given_twice_is_refused(tcpchat, folder, options, names, path):
    run = tcpchat(*NOWHERE, *options, cwd=folder, stdin=subprocess.DEVNULL)
    refused(run, f"{names} are the same file '{path}'", folder)


@pytest.mark.parametrize("options, names, path", [
    (["--port-file", "a", "--deny-file", "hard"], "--port-file and --deny-file", "a"),
    (["--allow-file", "/dev/null", "--allow-file", "soft", "-x", "a"], "-x and --allow-file", "a"),
    (["--transcript", "new", "--port-file", "new"], "--transcript and --port-file", "new"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else None)
def test_same_file_of_listen_options_is_refused(tcpchat, folder, options, names, path):
    run = tcpchat("listen", "127.0.0.1", "0", *options, cwd=folder, stdin=subprocess.DEVNULL)
    refused(run, f"{names} are the same file '{path}'", folder)


@pytest.mark.parametrize("stream, mode, option", [("stdin", "r", "-o"), ("stdout", "a", "-x"), ("stdout", "a", "-o"),
                                                  ("stdin", "r", "--transcript")])
def test_same_file_as_a_standard_stream_is_refused(tcpchat, folder, stream, mode, option):
    name = {"stdin": "standard input", "stdout": "standard output"}[stream]
    with open(folder / "soft", mode) as file:
        run = tcpchat(*NOWHERE, option, "a", cwd=folder, **{"stdin": subprocess.DEVNULL} | {stream: file})
        refused(run, f"{option} and {name} are the same file 'a'", folder)


def test_same_file_as_stdin_and_stdout_is_refused(tcpchat, folder):
    with open(folder / "a") as given, open(folder / "hard", "a") as taken:
        run = tcpchat(*NOWHERE, stdin=given, stdout=taken)
        refused(run, "standard input and standard output are the same file", folder)


def shell(script, folder):
    """A script in which $T is tcpchat: its status and its output."""
    done = subprocess.run(["sh", "-c", script], cwd=folder, env=os.environ | {"T": TCPCHAT}, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=PATIENCE, text=True)
    return done.returncode, done.stderr


def test_same_file_as_stderr_is_refused(folder):
    assert shell("$T connect 127.0.0.1 1 -o a 2>> a", folder)[0] == 2
    assert (folder / "a").read_text() == "data\ntcpchat: -o and standard error are the same file 'a'\n"


@pytest.mark.parametrize("name", ["-", "/dev/stderr", "/dev/fd/2", "/proc/self/fd/2"])
@pytest.mark.parametrize("option", ["-x", "--transcript"])
def test_stderr_by_its_name_is_appended_to(listener, folder, option, name):
    """Earlier words of others stay in the file, and so do later ones."""
    there = listener()
    script = f"echo begun > log; $T connect -v {option} {name} 127.0.0.1 {there.port} 2>> log; echo ended >> log"
    run = subprocess.Popen(["sh", "-c", script], cwd=folder, env=os.environ | {"T": TCPCHAT}, stdin=subprocess.DEVNULL)
    with there.accept() as peer:
        peer.sendall(b"from the peer\n")
    assert run.wait(PATIENCE) == 0
    first, connected, *rest, closed, last = without_sandbox((folder / "log").read_text().splitlines())
    assert [first, last] == ["begun", "ended"] and "connected" in connected and "closed" in closed
    assert "from the pee" in "".join(rest)
    assert sorted(os.listdir(folder)) == ["a", "dangling", "hard", "log", "soft", "sub"]


def test_descriptor_path_is_not_truncated(folder):
    """-o /dev/fd/3: the descriptor that the caller has open there."""
    assert shell("$T connect 127.0.0.1 1 -o /dev/fd/3 -x /dev/fd/4 3>> a 4>&3", folder)[0] == 2
    assert shell("$T connect 127.0.0.1 1 -o /dev/fd/3 3>> a", folder)[0] == 1
    assert (folder / "a").read_bytes() == b"data\n"
    assert shell("$T connect 127.0.0.1 1 -o /dev/fd/5", folder) == (
        5, "tcpchat: cannot write /dev/fd/5: Bad file descriptor\n")


def test_descriptor_path_works_beside_programs(folder):
    """Which do not get them."""
    script = "$T listen --exec true --listen-timeout 0.1 --port-file /dev/fd/3 -x /dev/fd/4 127.0.0.1 0 3>port 4>&1 >&2"
    assert shell(script, folder)[0] == 4
    assert int((folder / "port").read_text()) > 0


@pytest.mark.parametrize("options", [["-o", "-"], ["--port-file", "-"], ["--deny-file", "-"]], ids=" ".join)
def test_dash_without_a_meaning_is_refused(tcpchat, folder, options):
    run = tcpchat("listen", "127.0.0.1", "0", *options, cwd=folder)
    ends(run, 2)
    assert one_sentence(run).startswith(f"{options[0]} -: ") and "./-" in one_sentence(run)
    assert "-" not in os.listdir(folder)


@pytest.mark.parametrize("option", ["-o", "-x", "--transcript", "--port-file"])
def test_fifo_without_a_reader_is_an_error(tcpchat, tmp_path, option):
    os.mkfifo(tmp_path / "fifo")
    run = tcpchat("listen", option, "fifo", "127.0.0.1", "0", cwd=tmp_path)
    ends(run, 5)
    assert b"tcpchat: cannot write fifo: nobody reads this FIFO\n" in run.stderr


# Rotation.

@pytest.mark.parametrize("options", [["--chat", "--rate", "0", "--transcript"], ["-k", "-o"], ["-k", "-x"]],
                         ids=["transcript", "output", "hex dump"])
def test_sighup_reopens_files_without_losing_a_line(tcpchat, tmp_path, options):
    """Rotation as logrotate does it, while a peer speaks."""
    with crowd_of(tcpchat, *options, "log", cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        for n in range(5):
            peer.say(*(f"{n}.{i}!" for i in range(20)))
            until(lambda: f"{n}.0!" in text_of(tmp_path), "the first line")
            os.rename(tmp_path / "log", tmp_path / f"log.{n}")
            crowd.run.process.send_signal(signal.SIGHUP)
            until(lambda: (tmp_path / "log").exists(), "a new file")
        until(lambda: "4.19!" in text_of(tmp_path), "the last line")
        found = re.findall(r"(\d\.\d+!)", text_of(tmp_path))
        assert [f"{n}.{i}!" for n in range(5) for i in range(20)] == found
        assert crowd.run.process.poll() is None


def text_of(folder):
    """All that the rotated files hold, in order; of a hex dump what was written down."""
    text = ""
    for name in [*(f"log.{n}" for n in range(9)), "log"]:
        with contextlib.suppress(FileNotFoundError):
            text += (folder / name).read_text()
    if "|" in text:
        rows = re.findall(r"^[0-9a-f]{8}  (.{48})", text, re.M)
        text = bytes.fromhex("".join(row.replace(" ", "") for row in rows)).decode()
    return text


def test_sighup_keeps_a_file_that_cannot_be_reopened(tcpchat, tmp_path):
    (tmp_path / "sub").mkdir()
    with crowd_of(tcpchat, "-k", "-o", "sub/file", cwd=tmp_path, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        peer.say("一")
        until(lambda: (tmp_path / "sub/file").read_text() == "一\n", "the first line")
        os.rename(tmp_path / "sub", tmp_path / "moved")
        crowd.run.process.send_signal(signal.SIGHUP)
        crowd.run.expect_stderr(rb"^tcpchat: cannot write sub/file: No such file or directory; the old file stays in use$")
        peer.say("二")
        until(lambda: (tmp_path / "moved/file").read_text() == "一\n二\n", "the second line")


def test_sighup_truncates_nothing(tcpchat, tmp_path):
    with crowd_of(tcpchat, "-k", "-v", "-o", "file", cwd=tmp_path, stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        for n in range(3):
            peer.say(f"{n}")
            assert crowd.run.read(2) == b"%d\n" % n
            crowd.run.process.send_signal(signal.SIGHUP)
        until(lambda: (tmp_path / "file").read_text() == "0\n1\n2\n", "all lines")


# A terminal.

@pytest.mark.parametrize("name", ["-", "/dev/stderr", "/dev/tty"])
def test_hex_dump_on_the_terminal_keeps_the_prompt(talk, name):
    screen, peer = talk("connect", "-x", name, columns=100)
    screen.compose("half")
    peer.sendall("你好\n".encode())
    screen.wait_for("e4 bd a0 e5 a5 bd 0a")
    screen.wait_typed("> half")
    screen.press("enter")
    screen.wait_for("68 61 6c 66 0a")
    screen.wait_typed("> ")


def test_transcript_on_the_terminal_is_shown_above_the_prompt(talk):
    screen, peer = talk("connect", "--transcript", "-")
    screen.type("half")
    peer.sendall("你好\x1b[2J\n".encode())
    screen.wait_for("peer: 你好^[[2J")
    screen.wait_typed("> half")


@pytest.mark.parametrize("name", ["/dev/tty", "/dev/stderr"])
def test_output_to_a_terminal_is_refused(screen, name):
    run = screen("connect", "-o", name, "127.0.0.1", free_port())
    run.wait_for(f"{name} is a terminal")
    ends(run, 2)


# A log without a reader.

def test_unread_log_pipe_does_not_stop_the_room(tcpchat):
    with crowd_of(tcpchat, "--chat", "--rate", "0", "--drain", "60", stdin=subprocess.DEVNULL) as crowd:
        one, other = crowd.join_all(None, None)
        line = "x" * 4000
        for n in range(400):
            one.say(f"{n} {line}")
            assert other.line() == f"peer1: {n} {line}"
        crowd.run.expect_stderr(rb"^tcpchat: standard output is not read fast enough; what finds no room there is lost")
        crowd.run.process.terminate()
        one.close()
        other.close()
        log = crowd.run.read_all().decode()
        ends(crowd.run, 5)
        missing = int(re.search(rb"^tcpchat: (\d+) lines are missing in standard output$", crowd.run.stderr, re.M)[1])
        said = re.findall(r"peer1: (\d+) x{4000}\n", log)
        assert said == [str(n) for n in range(len(said))]
        assert len(said) * 4000 >= 1 << 20
        assert crowd.run.stderr.count(b"not read fast enough") == 1
        assert 400 <= len(said) + missing <= 405  # notices may be missing, too


@pytest.mark.parametrize("option", ["-o", "-x", "--transcript"])
def test_unread_fifo_does_not_stop_the_room(tcpchat, tmp_path, option):
    os.mkfifo(tmp_path / "fifo")
    fifo = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    with crowd_of(tcpchat, "--chat", "--rate", "0", option, tmp_path / "fifo", stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL) as crowd:
        one, other = crowd.join_all(None, None)
        line = "x" * 4000
        for n in range(400):
            one.say(f"{n} {line}")
            assert other.line() == f"peer1: {n} {line}"
        crowd.run.expect_stderr(rb"fifo is not read fast enough; what finds no room there is lost")
        crowd.run.process.terminate()
        assert crowd.run.wait() == 128 + signal.SIGTERM
        crowd.run.expect_stderr(rb"^tcpchat: \d+ (lines|bytes) are missing in .*fifo$")
    os.close(fifo)


@pytest.mark.parametrize("signals", [1, 2])
@pytest.mark.parametrize("mode", [[], ["--chat", "--rate", "0"]])
def test_signal_waits_one_second_for_all_files_together(tcpchat, tmp_path, mode, signals):
    """None of them is read; another signal ends the waiting for all."""
    paths = [tmp_path / name for name in ("bytes", "dump", "said")]
    for path in paths:
        os.mkfifo(path)
    fifos = [os.open(path, os.O_RDONLY | os.O_NONBLOCK) for path in paths]
    files = [word for pair in zip(("-o", "-x", "--transcript"), paths) for word in pair]
    with crowd_of(tcpchat, *mode, *files, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as crowd:
        peer = crowd.call().socket
        peer.settimeout(0.5)
        with contextlib.suppress(OSError):
            for _ in range(500):
                peer.sendall(b"x" * 4000 + b"\n")
        begun = time.monotonic()
        for _ in range(signals):
            crowd.run.process.terminate()
            time.sleep(0.1)
        assert crowd.run.wait() == 128 + signal.SIGTERM
        assert time.monotonic() - begun < 2
    for fifo in fifos:
        os.close(fifo)


def test_single_conversation_waits_for_a_slow_fifo(conversation, tmp_path):
    """All of it is there at the end."""
    os.mkfifo(tmp_path / "fifo")
    fifo = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    run, peer = conversation("listen", "-o", tmp_path / "fifo", stdout=subprocess.DEVNULL)
    os.set_blocking(fifo, True)
    sent = b"0123456789" * 400_000
    in_background(lambda: (peer.sendall(sent), peer.close()))
    run.end_input()
    assert read_exactly(fifo, len(sent)) == sent
    ends(run, 0)
    os.close(fifo)
