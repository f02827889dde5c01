# SPDX-License-Identifier: GPL-3.0-or-later
"""A full disk under what a room writes down beside its work: that is a notice, and the room goes on. Lines are written
again once there is room for them."""
import contextlib
import functools
import os
import re
import resource
import signal
import subprocess

import pytest

from crowd import all_leave, complaints, connected, crowd_of
from harness import PATIENCE, TCPCHAT, ends, has_only_announced

ROOM = 4096  # bytes that there are
CHAT = ["--chat", "--rate", "0"]
FULL = rb"(No space left on device|File too large)"


class MountedDisk:
    """A file system of its own, and a file that fills it but for ROOM bytes."""

    def __init__(self, tcpchat, small_disk, _):
        self.tcpchat, self.command, self.folder = tcpchat, small_disk, None

    def start(self, *args, output="/dev/null", **popen):
        script = f'head -c {65536 - ROOM} /dev/zero > filler; exec "$0" "$@" > {output}'
        run = self.tcpchat(*self.command[1:], "sh", "-c", script, TCPCHAT, *args, program=self.command[0], **popen)
        assert run.port
        self.folder = os.open(f"/proc/{run.pid}/cwd", os.O_RDONLY)
        return run

    def make_room(self):
        os.unlink("filler", dir_fd=self.folder)

    def read(self, name):
        with open(os.open(name, os.O_RDONLY, dir_fd=self.folder), "rb") as file:
            return file.read()

    def close(self):
        if self.folder is not None:
            os.close(self.folder)


class LimitedFiles:
    """A folder in which each file of a run may have ROOM bytes; this needs no rights."""

    def __init__(self, tcpchat, _, folder):
        self.tcpchat, self.folder, self.run = tcpchat, folder, None

    def start(self, *args, output="/dev/null", **popen):
        limit = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (ROOM, resource.RLIM_INFINITY))
        with open(self.folder / output, "wb") as stdout:
            self.run = self.tcpchat(*args, stdout=stdout, cwd=self.folder, preexec_fn=limit, **popen)
        return self.run

    def make_room(self):
        resource.prlimit(self.run.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def read(self, name):
        return (self.folder / name).read_bytes()

    def close(self):
        pass


@pytest.fixture(params=[MountedDisk, LimitedFiles], ids=["mounted", "limited"])
def disk(request, tcpchat, tmp_path):
    mounted = request.param is MountedDisk
    made = request.param(tcpchat, request.getfixturevalue("small_disk") if mounted else None, tmp_path)
    yield made
    made.close()


def words(n):
    return f"第 {n:03} 句" + "啊" * 30


def speak(peer, listener, first, last):
    """Lines of one, which another one hears, whatever is written down."""
    for n in range(first, last):
        peer.say(words(n))
        assert listener.line().endswith(words(n))


def assert_only_lacks(text, missing, said):
    """The file has all that was said, in order, but for so much; a line that was torn stands alone."""
    lines = text.decode(errors="replace").split("\n")
    assert lines.pop() == ""
    places = [(at, n) for at, line in enumerate(lines) for n in range(said) if line.endswith(words(n))]
    heard = [n for _, n in places]
    first = next(i for i, n in enumerate(heard) if i != n)
    assert heard == [*range(first), *range(first + missing, said)]
    assert places[first][0] - places[first - 1][0] <= 2


def two_of(crowd, options):
    """Two peers, of which one reads the words of the other; or one that reads its own, from a program."""
    if "--chat" in options:
        return crowd.join_all(None, None)
    peers = [crowd.call() for _ in range(1 if "--exec" in options else 2)]
    connected(crowd.run, len(peers))
    return [peers[0], peers[-1]]


def told(run):
    """The messages about files."""
    return [line for line in complaints(run) if "cannot" in line or "again" in line]


@pytest.mark.parametrize("file, options, output", [
    ("standard output", CHAT, "log"),
    ("talk", [*CHAT, "--transcript", "talk"], "/dev/null"),
    ("talk", ["--broker", "--transcript", "talk"], "/dev/null"),
], ids=["log", "transcript", "transcript of bytes"])
def test_full_disk_writes_lines_again_after_room(disk, file, options, output):
    with crowd_of(disk.start, *options, "-v", "--drain", "60", output=output) as crowd:
        peers = one, other = two_of(crowd, options)
        speak(one, other, 0, 100)
        full = rb"^tcpchat: cannot write %s: %s; what is said is not written down$"
        crowd.run.expect_stderr(full % (file.encode(), FULL))
        disk.make_room()
        speak(one, other, 100, 105)
        again = rb"^tcpchat: %s is written again; (\d+) lines are missing$"
        missing = int(crowd.run.expect_stderr(again % file.encode())[1])
        all_leave(crowd, peers)
        ends(crowd.run, 5)
        assert len(told(crowd.run)) == 2
        assert_only_lacks(disk.read("log" if output == "log" else file), missing, 105)


@pytest.mark.parametrize("option", ["-o", "-x"])
@pytest.mark.parametrize("options", [CHAT, ["--broker"], ["-k", "--exec", "cat"]], ids=" ".join)
def test_full_disk_writes_passed_bytes_again_after_room(disk, options, option):
    """It is counted in bytes, or in lines of a hex dump."""
    with crowd_of(disk.start, *options, option, "file", "-v", "--drain", "60") as crowd:
        peers = one, other = two_of(crowd, options)
        speak(one, other, 0, 100)
        crowd.run.expect_stderr(rb"^tcpchat: cannot write file: %s; what is said is not written down$" % FULL)
        disk.make_room()
        speak(one, other, 100, 105)
        again = rb"^tcpchat: file is written again; (\d+) (?:byte|line)s are missing$"
        missing = int(crowd.run.expect_stderr(again)[1])
        all_leave(crowd, peers)
        ends(crowd.run, 5)
        assert len(told(crowd.run)) == 2
        if option == "-o":
            settled = len("so far 0\nso far 1\n") if "--chat" in options else 0
            said = settled + sum(len(words(n).encode()) + 1 for n in range(105))
            assert len(disk.read("file")) + missing == said


@pytest.mark.parametrize("options", [["-k"], ["--broker"], ["-k", "--reply", "好"]], ids=" ".join)
def test_full_disk_of_data_ends_the_run(disk, options):
    with crowd_of(disk.start, *options, output="log") as crowd:
        peer = crowd.call()
        peer.say(*map(words, range(100)))
        ends(crowd.run, 5)
        line, = complaints(crowd.run)
        assert "standard output" in line
        assert len(disk.read("log")) == ROOM


def test_dev_full_as_log_is_told(tcpchat):
    """The log never has room, and no member notices."""
    with open("/dev/full", "wb") as full, crowd_of(tcpchat, *CHAT, "--drain", "60", stdout=full) as crowd:
        peers = one, other = crowd.join_all(None, None)
        speak(one, other, 0, 50)
        crowd.run.send(f"{words(50)}\n".encode())
        assert one.line() == other.line() != ""
        all_leave(crowd, peers)
        ends(crowd.run, 5)
        first, last = complaints(crowd.run)
        assert first.startswith("tcpchat: cannot write standard output: No space left on device; ")
        assert re.fullmatch(r"tcpchat: \d+ lines are missing in standard output", last)


def test_closed_log_ends_the_room(tcpchat):
    """A log without a reader is not a full disk, but the end of the pipeline."""
    with crowd_of(tcpchat, *CHAT, stdin=subprocess.DEVNULL) as crowd:
        head = subprocess.Popen(["head", "-1"], stdin=crowd.run.stdout, stdout=subprocess.PIPE)
        crowd.run.stdout.close()
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):  # the room may have ended already
            crowd.join().say("第一句", "第二句")
        assert head.communicate(timeout=PATIENCE)[0].startswith(b"-!- peer1 ")
        ends(crowd.run, 128 + signal.SIGPIPE)
        assert has_only_announced(crowd.run.stderr)
