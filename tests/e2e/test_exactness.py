# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes are sacred: whatever their number and value, and however reads and writes are cut, they arrive as given."""
import concurrent.futures
import functools
import itertools
import os
import pathlib
import random
import shutil
import struct
import subprocess
import time

import pytest

from harness import RELEASE, ROOT, TCPCHAT, environment, resident, until
from meeting import end_both, two_ways
from netcats import tcpchat
from ways import TEXT, carry, sleeps, through

SIZES = [0, 1, 10, 4095, 4096, 4097, 65536, 10 << 20]
SHIM = os.environ.get("TCPCHAT_SHIM", os.path.join(ROOT, "build", "dev", "libtcpchat-shim.so"))
SHIM_RUNS = 50

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
with_and_without_conversion = pytest.mark.parametrize("charset", [None, "gbk"], ids=["raw", "gbk"])


def command(charset, program=TCPCHAT):
    """tcpchat's command line for a peer that speaks this charset."""
    return functools.partial(tcpchat, options=["-e", charset] if charset else [], program=program)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("directions", [["in"], ["out"], ["in", "out"]], ids=["in", "out", "both"])
@both_roles
def test_every_size_is_exact(role, directions, size, either_way):
    with two_ways(tcpchat, role, "tcp4", env=either_way) as (run, ways):
        for direction in directions:
            ways[direction].finish(ways[direction].material(size))
        end_both(run, *ways.values())


@both_roles
def test_every_pair_of_bytes_is_exact(role):
    pairs = bytes(itertools.chain.from_iterable(itertools.product(range(256), repeat=2)))
    with two_ways(tcpchat, role, "tcp4") as (run, ways):
        for way in ways.values():
            way.finish(pairs)
        end_both(run, *ways.values())


@with_and_without_conversion
@both_roles
def test_ten_mebibytes_of_text_are_exact(role, charset):
    with two_ways(command(charset), role, "tcp4", charset) as (run, ways):
        for way in ways.values():
            way.finish(way.material(10 << 20))
        end_both(run, *ways.values())


def in_pieces(way):
    """The output that must come before more is given: every byte value, or a number of characters."""
    if way.charsets is None:
        return [bytes([value]) for value in range(256)]
    return [character.encode(way.charsets[0]) for character in TEXT[:100]]


def give_and_wait_for_sleep(way, byte, pid):
    """Gives one byte and waits until the program has slept again, thus has seen it alone."""
    before = until(lambda: sleeps(pid), "the program to sleep")
    way.give(byte)
    carry(way, until=lambda: not way.wants_to_write())
    until(lambda: sleeps(pid) not in (None, before), "the program to have seen a byte")


@pytest.mark.parametrize("direction", ["in", "out"])
@with_and_without_conversion
@both_roles
def test_single_bytes_are_exact(role, charset, direction):
    """A character arrives as soon as its last byte was given; nothing waits for more."""
    with two_ways(command(charset), role, "tcp4", charset) as (run, ways):
        way = ways[direction]
        for piece in in_pieces(way):
            for byte in piece:
                give_and_wait_for_sleep(way, bytes([byte]), run.pid)
            carry(way, until=through(way))
        end_both(run, *ways.values())


@pytest.mark.parametrize("direction", ["in", "out"])
@with_and_without_conversion
@both_roles
def test_slow_reader_costs_no_memory(role, charset, direction):
    with two_ways(command(charset), role, "tcp4", charset) as (run, ways):
        way = ways[direction]
        way.give(way.material(1001))
        carry(way, until=through(way))
        at_first = resident(run.pid)
        way.fill(run.pid)
        for _ in range(10):
            way.read(1)
            way.write()
            time.sleep(0.1)
        assert resident(run.pid) - at_first < 2 << 20
        way.unblock()
        end_both(run, *ways.values())


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    """shim(program) is LD_PRELOAD's value that brings in the shim, which must load after AddressSanitizer."""
    assert os.path.exists(SHIM), f"{SHIM} is missing: build it, or say in TCPCHAT_SHIM where it is"
    # LD_PRELOAD is split at blanks and colons, and this directory may have one in its name.
    copy = shutil.copy(SHIM, tmp_path_factory.mktemp("shim"))

    @functools.cache
    def libraries(program):
        linked = subprocess.run(["ldd", program], capture_output=True, text=True).stdout.split()
        return " ".join([word for word in linked if word.startswith("/") and "libasan" in word] + [str(copy)])

    return libraries


def sum_of_counts(files):
    """The numbers of calls, in all runs, that were shortened, interrupted, put off and refused: on sockets, on standard
    streams, and of splices."""
    found = [struct.unpack("12Q", pathlib.Path(file).read_bytes()) for file in files]
    sums = [sum(column) for column in zip(*found)]
    return sums[0:3], sums[4:7], sums[8:11], sums[11]


def disturbed_run(seed, role, charset, preload, counts, refused):
    """One conversation in which reads and writes come short and fail, as the seed will have it. One in three has
    sanitizers, whose start takes longer than the rest."""
    chance = random.Random(seed)
    program = RELEASE if seed % 3 else TCPCHAT
    env = environment(LD_PRELOAD=preload(program), SHIM_SEED=str(seed), SHIM_COUNTS=counts, SHIM_REFUSED=str(refused))
    wire = chance.choice(["tcp4", "unix"])
    with two_ways(command(charset, program), role, wire, charset, env=env) as (run, ways):
        for way in ways.values():
            way.finish(way.material(chance.randrange(1 << chance.randrange(8, 22))))
        end_both(run, *ways.values())


@pytest.mark.parametrize("charset, refused", [(None, 0), (None, 5), (None, 100), ("gbk", 0)],
                         ids=["spliced", "spliced at first", "copied", "gbk"])
@both_roles
def test_short_and_failing_calls_are_exact(role, charset, refused, shim, tmp_path):
    first = 1000 * ["listen", "connect"].index(role) + 500 * (charset is not None) + refused  # other runs each time
    seeds = range(first, first + SHIM_RUNS)
    counts = [str(tmp_path / str(seed)) for seed in seeds]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        runs = {pool.submit(disturbed_run, seed, role, charset, shim, count, refused): f"seed {seed}"
                for seed, count in zip(seeds, counts)}
        ended, waiting = concurrent.futures.wait(runs, return_when=concurrent.futures.FIRST_EXCEPTION)
        for run in waiting:
            run.cancel()
    failures = {runs[run]: run.exception() for run in ended if run.exception()}
    assert not failures
    sockets, standard, splices, refusals = sum_of_counts(counts)
    assert all(sockets) and all(standard), "the shim did not touch sockets and standard streams in every way"
    assert bool(refusals) == (refused > 0)
    assert all(splices) if charset is None and refused < 100 else not any(splices)
