# SPDX-License-Identifier: GPL-3.0-or-later
"""A sample of the torture; scripts/torture has all of it. TCPCHAT_TORTURE_SEED chooses another sample."""
import errno
import os
import pathlib
import random
import subprocess
import termios

import pytest

import acts
import allocations
import calls
import clocks
import descriptors
import kills
import readers
import resets
from company import SEED, plain
from harness import RELEASE
from scenarios import TABLE
from stage import INJECT, MEMORY, Stage

# A conversation of two: in rooms, and at terminals, what a failure means is for the whole torture to tell.
PAIRS = [name for name, row in TABLE.items() if row.always is acts.judge_prefixes and "tls" not in name]


needs_memory = pytest.mark.skipif(not os.path.exists(MEMORY), reason="this C library cannot be short of memory")
needs_registers = pytest.mark.skipif(not os.path.exists(INJECT), reason="registers of x86-64")


@pytest.fixture(scope="module")
def stage(run_folder, tmp_path_factory):
    made = Stage(RELEASE, tmp_path_factory.mktemp("stage"), run_folder / "authority")
    yield made
    made.close()


def chosen(what, population, number):
    return random.Random(f"{SEED} {what}").sample(sorted(population), number)


def assert_fine(outcome):
    assert outcome.runs and not outcome.failures, "\n".join(outcome.failures)


@pytest.mark.parametrize("part", range(4))
def test_every_scenario_does_as_its_row_says(stage, part):
    for name in sorted(TABLE)[part::4]:
        outcome = plain(stage, name)
        assert_fine(outcome)
        assert set(outcome.statuses) <= TABLE[name].statuses, (name, outcome.statuses)


@needs_memory
@pytest.mark.parametrize("failing", [1, allocations.FOR_EVER], ids=["one", "all from one on"])
def test_failed_allocation_is_survived_or_told(stage, failing):
    for name in chosen("allocations", PAIRS, 5):
        number = allocations.count(stage, name)[1]
        assert_fine(allocations.fail(stage, (name, failing, chosen(name, range(1, number + 1), 4))))


@needs_registers
def test_failed_call_is_survived_or_told(stage):
    for name in chosen("calls", PAIRS, 4):
        number = calls.count(stage, name)[1]
        for error in calls.ERRORS:
            assert_fine(calls.fail(stage, (name, error, chosen(name + error, range(1, number + 1), 2))))


def test_receiver_of_a_killed_sender_holds_a_beginning(stage):
    assert_fine(kills.kill(stage, chosen("kills", range(3000), 10)))


@pytest.mark.parametrize("shape", resets.CHOSEN)
def test_resets_leak_nothing(stage, shape):
    assert_fine(resets.reset(stage, (shape, 400)))


def test_closed_descriptors_are_survived_or_told(stage):
    for name in "connect", "connect gbk":
        assert_fine(descriptors.close(stage, name))


def test_jumps_of_the_clock_change_nothing(stage):
    for name in chosen("clocks", TABLE, 4):
        assert_fine(clocks.jump(stage, name))


def test_slow_reader_gets_all(stage):
    assert_fine(readers.read(stage, ("connect", "peer", (), 3000), 0.3))


# ---- failures that were mended ----

def fail_each(stage, name, call, error, second=None):
    """One run for each call of that name in a scenario, or each with that second argument: the call fails."""
    kind = calls.kind_of(call, second)
    number = calls.count(stage, name, kind)[1]
    assert number
    return calls.fail(stage, (name, error, range(1, number + 1)), kind)


@needs_registers
def test_message_is_said_where_the_wait_for_room_fails(stage):
    """A signal that came meanwhile lost the message."""
    for error in "EINTR", "ENOMEM":
        assert_fine(fail_each(stage, "listen", "poll", error))


@needs_registers
def test_terminal_that_cannot_be_opened_ends_the_run(stage):
    """The connection was served all the same, by a room without its screen."""
    assert_fine(fail_each(stage, "connect at a terminal", "newfstatat", "ENOMEM"))


@needs_registers
def test_terminal_gets_its_state_back_where_that_fails_once(stage):
    """The last setting of the terminal is that of before."""
    for error in "EINTR", "EIO":
        assert_fine(fail_each(stage, "connect at a terminal", "ioctl", error, termios.TCSETS))


@needs_registers
def test_helper_goes_on_where_its_wait_fails(stage):
    """It took the answers of the last wait for new ones, and waited for a signal that had come already."""
    assert_fine(fail_each(stage, "exec many", "poll", "EINTR"))


@needs_registers
def test_words_that_this_system_lost_are_a_failure_of_the_run(stage):
    """One connection of -k could not be read, its peer read an end, and the run said 0."""
    for error in "EIO", "ENOSPC":
        outcome = fail_each(stage, "keep open", "recvfrom", error)
        assert_fine(outcome)
        assert outcome.statuses[5]


@needs_registers
def test_signal_does_not_end_the_wait_for_a_certificate(stage, tmp_path):
    """The certificate comes through a pipe; the poll for it was not made again."""
    fifo = tmp_path / "certificate"
    os.mkfifo(fifo)
    writer = os.open(fifo, os.O_RDWR)
    pathlib.Path(stage.report_file).write_text("")
    fault = calls.fault_of(stage, 1, errno.EINTR, calls.kind_of("poll", 1))
    with subprocess.Popen([*fault.prefix, stage.program, "listen", "--tls", "--tls-cert", fifo, "--tls-key",
                           stage.certificate.key, "127.0.0.1", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, env=stage.environment) as run:
        assert len(calls.reported(stage)[0]) == 4
        os.write(writer, pathlib.Path(stage.certificate.cert).read_bytes())
        os.close(writer)
        assert b"listening on " in run.stderr.readline()
        run.kill()


@needs_memory
def test_openssl_without_memory_at_its_start_is_told(stage):
    """OpenSSL went on without its default context, and crashed."""
    assert_fine(allocations.fail(stage, ("sum", 1, list(range(30, 110, 4)))))


@needs_memory
def test_script_without_memory_fails(stage):
    """A line that was not sent, or a search that was not made, let it go on, wait for ever, and say 0."""
    assert_fine(allocations.fail(stage, ("script", 1, list(range(97, 125, 2)))))


@needs_memory
def test_file_of_rules_without_memory_is_no_wrong_use(stage):
    """Status 2 told a mistake in the file, where memory was short for it."""
    outcome = allocations.fail(stage, ("rules", 1, list(range(60, 80))))
    assert_fine(outcome)
    assert outcome.statuses[5] > 5 and not outcome.statuses[2]


@needs_registers
def test_answer_of_a_proxy_never_reaches_standard_output(stage):
    """It was read ahead, and stayed where the read that takes it away had failed."""
    assert_fine(fail_each(stage, "proxy socks5", "recvfrom", "ENOMEM"))


@needs_memory
def test_peer_that_lacks_words_reads_no_end(stage):
    """It read on behind the gap, and then an end; the run said 0."""
    assert_fine(allocations.fail(stage, ("keep open gbk", 1, list(range(76, 102, 2)))))
