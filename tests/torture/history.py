#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rooms whose members are killed, reset, stopped and slow, until so many messages have been received; and the claim
that nobody has lost, doubled, reordered or invented one (history_words).

Each round is a new room of --chat or --broker, in plain TCP or in TLS, with a second door of the other kind, which a
tcpchat with --forward keeps. Its members are programs (tcpchat connect) and sockets of this one."""
import argparse
import collections
import contextlib
import itertools
import json
import pathlib
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from history_members import Door, Program, Socket, harness
from history_words import Broker, Chat, Fault

PATIENCE = 60


class Room:
    """A round."""

    def __init__(self, shape, has_tls, options, seed):
        self.shape, self.has_tls, self.options = shape, has_tls, options
        self.seed, self.choice = seed, random.Random(seed)
        self.members, self.gone, self.disturbed = [], [], {}
        self.counts = collections.Counter()
        self.said = self.numbers = 0

    # ---- doors ----

    def open(self, cleanup):
        """Starts the room, and beside it the door of the other kind."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tcpchat-history-"))
        cleanup.callback(shutil.rmtree, self.folder, True)
        rate = ["--rate", "0"] if self.shape.option == "--chat" else []
        tls = ["--tls"] if self.has_tls else []
        queue = self.choice.choice([[], ["--max-queue", "200K"]])
        events = ["--events", str(self.folder / "events")]
        self.room = self.start(cleanup, [self.shape.option, *rate, *tls, *queue, *events, "-v"])
        passed_on = f"tls:127.0.0.1:{self.room.port}" if self.has_tls else f"127.0.0.1:{self.room.port}"
        other = ["--tls-insecure"] if self.has_tls else ["--tls"]
        front = self.start(cleanup, ["-k", "--forward", passed_on, *other])
        plain, secret = (front, self.room) if self.has_tls else (self.room, front)
        self.plain = Door(plain.port, ())
        self.doors = [self.plain, Door(secret.port, ("--tls", "--tls-insecure"))]
        self.observer = Socket(-1, "utf-8", self.plain)
        cleanup.callback(self.observer.socket.close)
        self.room.expect_stderr(rb" connected|joined")

    def start(self, cleanup, options):
        run = harness.Run(["listen", "127.0.0.1", "0", *options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          program=self.options.program)
        cleanup.callback(run.close)
        return run

    # ---- members ----

    def admit(self):
        """A newcomer, which says something at once."""
        charset = self.choice.choice(["utf-8", "gbk"])
        if self.choice.random() < 0.5:
            member = Program(self.numbers, charset, self.options.program, self.choice.choice(self.doors), self.folder)
        else:
            member = Socket(self.numbers, charset, self.plain, self.choice.choice([None, 4096]))
        self.numbers += 1
        member.out += self.shape.greeting(charset)
        self.members.append(member)
        self.speak(member, 1)

    def speak(self, member, count):
        if member.number < self.shape.most:
            member.say(self.shape, count)
            self.said += count

    def replace(self, member, kind):
        """Another one comes for a member that is over. Words may be lost with it, so that counting begins anew."""
        self.counts[kind] += 1
        self.members.remove(member)
        self.disturbed.pop(member, None)
        self.gone.append(member)
        self.said = self.heard()
        self.admit()

    def senders(self):
        return [member for member in self.members if member.number < self.shape.most]

    def disturb(self):
        """Something happens to one of the members; some who speak stay."""
        member = self.choice.choice(self.members)
        kind = self.choice.choice(["killed", "killed", "left", "stopped", "stopped", "stopped"])
        if kind == "stopped" or (member in self.senders() and len(self.senders()) < 5):
            self.counts["stopped" if isinstance(member, Program) else "slow"] += 1
            member.stop(True)
            self.disturbed[member] = time.monotonic() + self.choice.uniform(0.01, self.options.longest)
        elif kind == "killed":
            member.kill()
            self.replace(member, "killed" if isinstance(member, Program) else "reset")
        else:
            self.let_leave(member)

    def let_leave(self, member):
        """An orderly end, once all that a member says is on its way."""
        self.release(member)
        self.wait(lambda: not member.out or member not in self.members, "a member's words")
        if member in self.members:
            member.fate = "left"
            member.finish()
            self.replace(member, "left")

    def release(self, member):
        if self.disturbed.pop(member, None):
            member.stop(False)

    # ---- the loop ----

    def heard(self):
        mark = self.shape.mark
        received = self.observer.received
        while self.counted < len(received):
            self.counts["heard"] += received.count(mark, self.counted) if mark else len(received) - self.counted
            self.counted = len(received)
        return self.counts["heard"] // (1 if mark else self.shape.size)

    counted = 0

    def turn(self):
        """Moves bytes, and ends what has lasted long enough."""
        sockets = [member for member in [self.observer, *self.members, *self.gone]
                   if isinstance(member, Socket) and not member.is_over()]
        eager = [member for member in sockets if member.eager]
        writers = [member for member in self.members if member.out and not member.is_over()]
        readable, writable, _ = select.select(eager, writers, [], 0.005)
        for member in [*readable, *(member for member in sockets if not member.eager)]:
            member.read()
        for member in writable:
            member.put(self.choice)
        for member in [member for member, end in self.disturbed.items() if end < time.monotonic()]:
            self.release(member)
        for member in [member for member in self.members if member.is_over() or member.fate == "broken"]:
            member.fate = "broken"
            self.replace(member, "evicted")

    def wait(self, condition, what):
        """Turns until a condition holds."""
        end = time.monotonic() + PATIENCE
        while not condition():
            self.turn()
            if time.monotonic() > end:
                raise Fault(f"waited {PATIENCE} s for {what}")

    def talk(self):
        """All messages of the round, with disturbances in between."""
        messages = self.options.round // self.options.crowd
        due = gap = messages // (self.options.disturbances + 1)
        for _ in range(self.options.crowd):
            self.admit()
        while (heard := self.heard()) < messages:
            if self.said - heard < self.shape.ahead:
                self.speak(self.choice.choice(self.senders()), self.choice.choice([1, 1, 2, 8, 64]))
            self.turn()
            if heard >= due:
                due += gap
                self.disturb()

    def settle(self):
        """Those who are still there hear all, also of those who have left, and leave."""
        for member in list(self.disturbed):
            self.release(member)
        self.wait(lambda: not any(member.out for member in self.members), "the last words")
        self.wait(lambda: all(member.is_over() for member in self.gone), "the ends of those who have left")
        self.wait(lambda: all(self.shape.has_all(self.observer.received, member.number, member.said)
                              for member in self.senders()), "the observer")
        for member in self.members:
            member.fate = "stayed"
            member.finish()
        self.gone, self.members = self.gone + self.members, []
        self.wait(lambda: all(member.is_over() for member in self.gone), "the ends of all")

    # ---- the claims ----

    def check(self):
        self.observer.finish()
        self.wait(self.observer.is_over, "the observer's end")
        if self.observer.ended != "end":
            raise Fault("the observer was evicted")
        self.count_evictions()
        self.shape.study(self.observer.received,
                         {member.number: (member.said, member.fate != "broken") for member in self.gone})
        for member in self.gone:
            try:
                text, tail = self.shape.read(member.record())
                self.shape.of(member.number).judge(text, tail, member.fate)
            except Fault as fault:
                raise Fault(f"member {member.number}, {type(member).__name__}, {member.charset}, {member.fate}: "
                            f"{fault}") from None
            self.counts["received"] += self.shape.count(text)
        self.counts["members"] += len(self.gone)
        self.counts["cut short"] += self.shape.cut_short

    def count_evictions(self):
        """A member that is broken off knows it, and the room has told it as an event."""
        for member in self.gone:
            if member.was_broken_off() and member.fate != "broken":
                member.fate = "broken"
                self.counts["evicted"] += 1
            if member.fate == "broken" and not member.was_broken_off():
                raise Fault(f"to member {member.number} the end looks orderly")
        told = sum(event["event"] == "closed" and event["first"] == "us" and event["how"] == "broken_off"
                   for event in map(json.loads, (self.folder / "events").read_text().splitlines()))
        if self.counts["evicted"] > told:
            raise Fault(f"{self.counts['evicted']} were evicted, of which {told} are told")

    def abandon(self):
        for member in [*self.members, *self.gone]:
            member.end()

    def run(self):
        with contextlib.ExitStack() as cleanup:
            cleanup.callback(self.abandon)
            self.open(cleanup)
            self.talk()
            self.settle()
            self.check()
            self.room.process.send_signal(signal.SIGTERM)
            status = self.room.wait()
            if status != 128 + signal.SIGTERM:
                raise Fault(f"the room ends with {status}: {self.room.stderr[-1000:]!r}")
        return self.counts


def rounds(options):
    """The rooms, one of each kind after the other."""
    for number in itertools.count(options.seed):
        yield Room([Chat, Broker][number % 2](), number % 4 > 1, options, number)


def summary(counts):
    words = ["received", "members", "killed", "reset", "left", "stopped", "slow", "evicted", "cut short"]
    return ", ".join(f"{counts[word]} {word}" for word in words if counts[word] or word == "received")


def main(arguments=None):
    """Prints each round and the sum. Returns 1 after a fault."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--messages", type=int, default=10_000_000, help="received by all, in all rounds")
    parser.add_argument("--round", type=int, default=1_000_000, help="received in a round")
    parser.add_argument("--crowd", type=int, default=24, help="members at once")
    parser.add_argument("--disturbances", type=int, default=40, help="in a round")
    parser.add_argument("--longest", type=float, default=5, help="seconds that a member is stopped")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("program", nargs="?", default=harness.RELEASE)
    options = parser.parse_args(arguments)
    sum_of_all = collections.Counter()
    for room in rounds(options):
        begun = time.monotonic()
        name = f"seed {room.seed}: {room.shape.option[2:]}, {'TLS' if room.has_tls else 'plain'}: "
        try:
            counts = room.run()
        except Fault as fault:
            print(f"{name}{fault}")
            return 1
        print(f"{name}{summary(counts)}, {time.monotonic() - begun:.1f} s", flush=True)
        sum_of_all += counts
        if sum_of_all["received"] >= options.messages:
            break
    print(f"in all: {summary(sum_of_all)}; 0 lost, doubled, reordered or invented")
    return 0


if __name__ == "__main__":
    sys.exit(main())
