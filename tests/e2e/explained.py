# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls that --explain tells, and those that strace(1) shows of the same run."""
import contextlib
import json
import os
import re
import shutil
import signal

import pytest

from harness import TCPCHAT, environment, until

NO_LEAKS = {"ASAN_OPTIONS": "detect_leaks=0"}  # strace is in their place
CALLS = "trace=network,read,write,readv,writev,close"
RECEIVES, SENDS = ["read", "readv", "recvfrom", "recvmsg"], ["write", "writev", "sendto", "sendmsg"]
NAMES = {**dict.fromkeys(RECEIVES, "recv"), **dict.fromkeys(SENDS, "send"), "accept4": "accept"}
SHOWN = re.compile(r"^(\w+)\((\w*)(.*)\) += (-?\d+)(?: (E\w+).*)?$")
TOLD = re.compile(r"^(socket|setsockopt|bind|listen|accept|connect|shutdown|close|recv|send)"
                  r"(?:\((\d*)[^)]*\))?(?: → (\d+)| = (\d+)(?: of \d+)?)?: (.*)$")
ERRORS = {os.strerror(number) for number in range(1, 134)}


def sentences(stderr):
    """What was told, without the name of the program."""
    return [line.removeprefix("tcpchat: ") for line in stderr.decode().splitlines()]


@contextlib.contextmanager
def stopped(run):
    os.kill(run.pid, signal.SIGSTOP)
    yield
    os.kill(run.pid, signal.SIGCONT)


def told_call(sentence):
    match = TOLD.match(sentence)
    if not match:
        return None
    name, fd, made, moved, rest = match.groups()
    failed = any(rest == error or rest.startswith(error + ", by ") for error in ERRORS)
    result = int(made or moved or 0)
    return name, int(fd) if fd else None, -1 if failed else result


def told_calls(stderr):
    return [call for call in map(told_call, sentences(stderr)) if call]


def recorded(path, kind=None):
    """The events in a file of --events, all or those of a kind."""
    with open(path, encoding="utf-8") as lines:
        return [event for event in map(json.loads, lines) if kind in (None, event["event"])]


def recorded_calls(path):
    """The calls among them."""
    return [(event["call"], None if event["call"] == "socket" else event["fd"], event["result"])
            for event in recorded(path, "call")]


def shown_call(line, sockets):
    """A call as strace shows it; `sockets` are the sockets of conversations that are open."""
    match = SHOWN.match(line)
    if not match:
        return None
    name, first, rest, result, error = match.groups()
    name, result = NAMES.get(name, name), int(result)
    if name == "socket":
        if "SOCK_STREAM" not in rest or first not in ("AF_INET", "AF_INET6", "AF_UNIX"):
            return None
        sockets.add(result)
        return name, None, result
    if not first.isdigit() or int(first) not in sockets:
        return None
    if name == "setsockopt" and "SO_REUSEADDR" not in rest or name.startswith("get"):
        return None
    if name != "connect" and error in ("EAGAIN", "EINTR"):
        return None
    if name == "accept" and result >= 0:
        sockets.add(result)
    if name == "close":
        sockets.discard(int(first))
    return name, int(first), 0 if error == "EINPROGRESS" else result


def shown_calls(path):
    sockets = set()
    with open(path, encoding="utf-8", errors="replace") as lines:
        return [call for call in (shown_call(line, sockets) for line in lines) if call]


def without_descriptor(calls):
    """Where bind fails, its sentence is about the port, and names no descriptor."""
    return [(name, None if name == "bind" and result < 0 else fd, result) for name, fd, result in calls]


def traced_command(path, *args):
    """The command line of a tcpchat under strace."""
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    return ["strace", "-o", path, "-s", "0", "-e", CALLS, "-e", "signal=none", TCPCHAT, *args, "--events", f"{path}.json"]


def traced(tcpchat, path, *args, **popen):
    """A tcpchat that runs under strace."""
    program, *command = traced_command(path, *args)
    return tcpchat(*command, program=program, env=environment(**NO_LEAKS), **popen)


def agree_recorded(path):
    """The same without the sentences."""
    shown = until(lambda: shown_calls(path), "the calls")
    assert recorded_calls(f"{path}.json") == shown
    return shown


def agree(run, path):
    """Holds that strace, --events and the sentences, if none was summed, name the same calls, in the same order;
    returns them."""
    shown = agree_recorded(path)
    if b" more " not in run.stderr:
        assert without_descriptor(told_calls(run.stderr)) == without_descriptor(shown)
    return shown
