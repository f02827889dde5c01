# SPDX-License-Identifier: GPL-3.0-or-later
"""Many runs: workers that share them, and what there is to say about them."""
import collections
import dataclasses
import multiprocessing
import os
import random
import shutil
import signal
import tempfile

from play import Fault, play
from scenarios import TABLE
from stage import Stage

SEED = os.environ.get("TCPCHAT_TORTURE_SEED", "17")  # another one tries another sample, or another order
CHUNK = 20  # places of a task
BEARABLE = 3  # runs of one task that hang
SHOWN = int(os.environ.get("TCPCHAT_TORTURE_SHOWN", "40"))  # failures that are told


class Stopped(Exception):
    """SIGTERM came."""


def stop(_number, _frame):
    raise Stopped


@dataclasses.dataclass
class Outcome:
    """Something about some runs: how often which status came, what failed, and what aborted in a known way."""
    runs: int = 0
    statuses: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    known: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    failures: list = dataclasses.field(default_factory=list)
    left: int = 0  # runs that were left out

    def add(self, other):
        self.runs += other.runs
        self.statuses += other.statuses
        self.known += other.known
        self.failures += other.failures
        self.left += other.left

    def count(self, run, what):
        """A run is over; what befell it is told where it did wrong."""
        self.runs += 1
        self.statuses[run.status] += 1
        if run.lies:
            said = run.stderr.decode(errors="replace").splitlines()[-3:]
            self.failures.append(f"{run.scenario.name}: {what}: {'; '.join(run.lies)} | status {run.status}: {said}")

    def while_bearable(self, numbers):
        """Numbers, until so many runs hang that all others would too."""
        for number in numbers:
            if sum("hangs" in failure for failure in self.failures) >= BEARABLE:
                self.left += 1
            else:
                yield number

    def report(self, title):
        print(f"{title}: {self.runs} runs, {len(self.failures)} failures; statuses "
              + ", ".join(f"{status}: {n}" for status, n in sorted(self.statuses.items(), key=str)))
        if self.left:
            print(f"    {self.left} were left out where too many hung")
        for what, n in sorted(self.known.items()):
            print(f"    {n} x {what}", flush=True)
        return not self.failures


class Company:
    """Workers that carry out tasks of one kind, each on a stage of its own."""

    def __init__(self, program, workers):
        self.program, self.workers = program, workers
        self.folder = tempfile.mkdtemp(prefix="torture-")

    def each(self, function, tasks):
        """The outcomes of function(stage, task), as they come."""
        signal.signal(signal.SIGTERM, stop)
        with multiprocessing.get_context("fork").Pool(self.workers, _begin, [self.program, self.folder]) as pool:
            yield from pool.imap_unordered(_carry_out, [(function, task) for task in tasks])

    def _until_stopped(self, function, tasks):
        """SIGTERM ends it early; what has been found is reported."""
        try:
            yield from self.each(function, tasks)
        except Stopped:
            print("    stopped early", flush=True)

    def at_each_number(self, what, count, fail, names, manners, quick):
        """Whether all is well where each place of these scenarios fails in each manner: count(stage, name) tells the name,
        its number of places, and the outcome of a run to which nothing happens; fail(stage, (name, manner, places)) makes
        them fail. `quick`: so many places of each. A run that is stopped early has come equally far in all scenarios."""
        whole, tasks, places = Outcome(), [], 0
        for name, number, outcome in self.each(count, names):
            whole.add(outcome)
            some = random.Random(f"{SEED} {name}").sample(range(1, number + 1), min(number, quick or number))
            places += len(some)
            shares = chunks(some, CHUNK)
            tasks += [(i / len(shares), (name, manner, share)) for i, share in enumerate(shares) for manner in manners]
        tasks.sort(key=lambda task: task[0])
        whole.add(self.all(fail, [task for _, task in tasks]))
        return whole.report(f"{what} ({len(names)} scenarios, {places} places in {len(manners)} manners)")

    def all(self, function, tasks):
        """All these outcomes together."""
        whole = Outcome()
        for outcome in self._until_stopped(function, tasks):
            for failure in outcome.failures[:max(0, SHOWN - len(whole.failures))]:
                print(f"  FAILED {failure}", flush=True)
            whole.add(outcome)
        return whole

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def _begin(program, folder):
    global stage
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stage = Stage(program, os.path.join(folder, str(os.getpid())), os.path.join(folder, "authority"))


def _carry_out(task):
    function, words = task
    return function(stage, words)


def chosen(names):
    """The scenarios that have one of these words in their name; all, if there are none."""
    return [name for name in TABLE if not names or any(word in name for word in names)]


def chunks(numbers, size):
    numbers = list(numbers)
    return [numbers[i:i + size] for i in range(0, len(numbers), size)]


def plain(stage, name):
    """A run that nothing befalls, in an Outcome."""
    outcome = Outcome()
    outcome.count(play(TABLE[name], stage, Fault()), "nothing")
    return outcome
