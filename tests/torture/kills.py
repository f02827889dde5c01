# SPDX-License-Identifier: GPL-3.0-or-later
"""One of two tcpchats is killed at random: the other holds a beginning, and says 0 only where it has all."""
import os
import random
import re
import signal
import subprocess
import time

from company import Outcome, chunks
from play import ANNOUNCED, LIMIT
from ways import some_bytes, some_text

CHUNK = 10
SIZES = (0, 1, 70_000, 1_000_000, 8_000_000)
LISTENING = re.compile(ANNOUNCED.pattern)
# The options of both, and whether the text of the sender is GBK for the receiver.
WAYS = {"bytes": ([], []), "gbk": (["-e", "gbk"], ["-e", "gbk"]), "output": ([], ["-o", "/dev/null"]),
        "tls": (["--tls", "--tls-insecure"], ["--tls"])}


class Pair:
    """A sender and a receiver, of which either may be the one that listens."""

    def __init__(self, stage, way, size, sender_listens):
        self.stage, self.sender_listens = stage, sender_listens
        self.data = some_text(size // 3).encode() if way == "gbk" else some_bytes(size)
        self.path, self.got_path = os.path.join(stage.folder, "sent"), os.path.join(stage.folder, "got")
        with open(self.path, "wb") as file:
            file.write(self.data)
        connecting, listening = WAYS[way]
        self.sending, self.receiving = (listening, connecting) if sender_listens else (connecting, listening)
        if sender_listens and way == "output":
            self.sending, self.receiving = self.receiving, self.sending

    def start(self):
        with open(self.path, "rb") as sent, open(self.got_path, "wb") as got:
            sending = ["--send-only", *self.sending], sent, subprocess.DEVNULL
            receiving = ["--recv-only", *self.receiving], subprocess.DEVNULL, got
            first, second = (sending, receiving) if self.sender_listens else (receiving, sending)
            # A handshake that breaks off does not use a listener up.
            one = self._run("listen", *first, ["--listen-timeout", "1", "127.0.0.1", "0"])
            port = self._port(one)
            other = self._run("connect", *second, ["127.0.0.1", port])
        return (one, other) if self.sender_listens else (other, one)

    def _run(self, command, options, stdin, stdout, address):
        return subprocess.Popen([self.stage.program, command, *options, *address], stdin=stdin, stdout=stdout,
                                stderr=subprocess.PIPE, env=self.stage.environment, cwd=self.stage.folder)

    def _port(self, run):
        said = b""
        while not (found := LISTENING.search(said)):
            some = os.read(run.stderr.fileno(), 4096)
            assert some, said
            said += some
        return found[1].decode()

    def got(self):
        with open(self.got_path, "rb") as file:
            return file.read()


class Killed:
    """The verdict about a pair, in the form that company.Outcome counts."""

    def __init__(self, name):
        self.scenario, self.lies, self.stderr, self.status = type("", (), {"name": name}), [], b"", None


def wait(run, verdict, who):
    try:
        said = run.communicate(timeout=LIMIT)[1]
    except subprocess.TimeoutExpired:
        run.kill()
        said = run.communicate()[1]
        verdict.lies.append(f"the {who} hangs")
    verdict.stderr += said
    return run.returncode


def judge(verdict, pair, sender, receiver, victim):
    """`victim` is the one that was to be killed, and may have ended before."""
    statuses = {who: wait(run, verdict, who) for who, run in (("sender", sender), ("receiver", receiver))}
    got = pair.got()
    verdict.status = f"sender {statuses['sender']}, receiver {statuses['receiver']}"
    if not pair.data.startswith(got.removesuffix("\ufffd".encode())):  # a character that was cut
        verdict.lies.append("the receiver holds something else")
    if statuses["receiver"] == 0 and got != pair.data:
        verdict.lies.append(f"the receiver says 0, but {len(got)} of {len(pair.data)} bytes came")
    for who, status in statuses.items():
        if status < 0 and (who != victim or status != -signal.SIGKILL):
            verdict.lies.append(f"the {who} ended by signal {-status}")
        if status > 0 and not re.search(rb"tcpchat: (?!listening on )", verdict.stderr):
            verdict.lies.append(f"the {who} says {status} without a sentence")
    if b"Sanitizer" in verdict.stderr:
        verdict.lies.append("a sanitizer")


def kill(stage, seeds):
    outcome = Outcome()
    for seed in seeds:
        chance = random.Random(seed)
        way, size, listens = chance.choice(list(WAYS)), chance.choice(SIZES), chance.random() < 0.5
        victim, moment = chance.choice(("sender", "receiver")), chance.random() ** 2 * stage_time(stage, size)
        verdict = Killed(f"{way}, {size} bytes, the sender {'listens' if listens else 'connects'}")
        pair = Pair(stage, way, size, listens)
        sender, receiver = pair.start()
        time.sleep(moment)
        (sender if victim == "sender" else receiver).send_signal(signal.SIGKILL)
        judge(verdict, pair, sender, receiver, victim)
        outcome.count(verdict, f"seed {seed}, the {victim} killed after {moment * 1000:.1f} ms")
    return outcome


def stage_time(stage, size):
    """Seconds that such a conversation may take, from the time when the second one begins."""
    return (0.02 + size / 200e6) * (10 if stage.checked else 1)


def torture(company, _names, quick):
    seeds = range(quick or 3000)
    return company.all(kill, chunks(seeds, CHUNK)).report("kills")
