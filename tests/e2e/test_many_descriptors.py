"""Out of descriptors: those who are in do not notice, those who come wait, and the processor rests."""
import functools
import resource
import time

import pytest

from crowd import cpu_seconds, gathering, settle
from harness import until

FEW = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (32, 32))


@pytest.fixture
def full(tcpchat):
    """A room with all the members that 32 descriptors allow, and 40 who wait."""
    with gathering(tcpchat, "--chat", preexec_fn=FEW) as crowd:
        crowd.callers = [crowd.call() for _ in range(60)]
        until(lambda: sum(peer.has_more() for peer in crowd.callers) >= 4, "the first ones")
        time.sleep(0.5)  # nobody else gets in, which is the matter
        crowd.members = [peer for peer in crowd.callers if peer.has_more()]
        crowd.waiting = [peer for peer in crowd.callers if peer not in crowd.members]
        assert len(crowd.members) < 32
        for peer in crowd.members:
            peer.name = peer.line().split()[3].rstrip(";")
        yield crowd


def test_the_processor_rests(full):
    before = cpu_seconds(full.run.pid)
    time.sleep(2)  # what is measured
    assert cpu_seconds(full.run.pid) - before <= 0.04


def test_the_old_ones_are_undisturbed(full):
    one, other = full.members[:2]
    one.say("还好吗")
    assert other.until_line(f"{one.name}: 还好吗")
    settle([one, other])
    assert not any(peer.has_more() for peer in full.waiting)


def test_newcomers_are_served_within_a_second(full):
    for peer in full.members[:4]:
        peer.close()
    start = time.monotonic()
    until(lambda: sum(peer.has_more() for peer in full.waiting) >= 3, "newcomers")
    assert time.monotonic() - start < 2
    assert full.run.process.poll() is None


def test_all_are_served_in_the_end(full):
    served = set(full.members)
    while len(served) < 60:
        for peer in list(served):
            peer.close()
        until(lambda: any(peer not in served and peer.has_more() for peer in full.callers), "newcomers")
        served |= {peer for peer in full.callers if peer not in served and peer.has_more()}


def test_it_is_said_once(full):
    time.sleep(1)  # long enough to say it again
    assert len([line for line in full.run.stderr.decode().splitlines() if "open files" in line]) <= 2
