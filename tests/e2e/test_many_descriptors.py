# SPDX-License-Identifier: GPL-3.0-or-later
"""Lack of descriptors: members do not notice, newcomers wait, requests to this side are met, and the processor
rests."""
import contextlib
import errno
import functools
import os
import re
import resource
import signal
import socket
import time

import pytest

from crowd import complaints, connected, crowd_of, settle
from harness import PATIENCE, cpu_seconds, descriptors, ends, environment, in_background, kept_descriptors, \
    read_exactly, until
from ways import some_bytes

MOST, SPARE = 32, 8
FEW = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (MOST, MOST))


def sockets(pid):
    """The number of its descriptors; one of them listens."""
    return sum(os.readlink(entry.path).startswith("socket:") for entry in os.scandir(f"/proc/{pid}/fd"))


@pytest.fixture
def full(tcpchat):
    """A room with all the members that 32 descriptors allow; the rest of 60 callers wait."""
    with crowd_of(tcpchat, "--chat", preexec_fn=FEW) as crowd:
        crowd.callers = [crowd.call() for _ in range(60)]
        crowd.run.expect_stderr(b"newcomers wait")
        until(lambda: sum(peer.has_more() for peer in crowd.callers) == sockets(crowd.run.pid) - 1, "all greetings")
        crowd.members = [peer for peer in crowd.callers if peer.has_more()]
        crowd.waiting = [peer for peer in crowd.callers if peer not in crowd.members]
        for peer in crowd.members:
            peer.name = peer.line().split()[3].rstrip(";")
        yield crowd


def test_eight_descriptors_are_left(full):
    assert descriptors(full.run.pid) == MOST - SPARE


def test_lack_of_descriptors_costs_no_processor(full):
    before = cpu_seconds(full.run.pid)
    time.sleep(2)  # what is measured
    assert cpu_seconds(full.run.pid) - before <= 0.04


def test_lack_of_descriptors_disturbs_no_peer(full):
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


def test_all_newcomers_are_served_in_turn(full):
    """Each peer that leaves makes room for one. The message about waiting is not repeated each time."""
    served = set(full.members)
    while len(served) < 60:
        served_before = set(served)
        for peer in served_before:
            peer.close()
        until(lambda: any(peer not in served and peer.has_more() for peer in full.callers), "newcomers")
        served |= {peer for peer in full.callers if peer not in served and peer.has_more()}
    assert [line for line in complaints(full.run) if "open files" in line] == [
        "tcpchat: cannot accept a connection: Too many open files; newcomers wait"]


# Requests to this side meanwhile.

def test_sighup_reads_lists_without_free_descriptors(tcpchat, tmp_path):
    (tmp_path / "deny").write_text("10.0.0.1\n")
    with crowd_of(tcpchat, "-k", "-v", "--deny-file", tmp_path / "deny", preexec_fn=FEW) as crowd:
        callers = [crowd.call() for _ in range(40)]
        crowd.run.expect_stderr(b"newcomers wait")
        (tmp_path / "deny").write_text("127.0.0.1\n")
        crowd.run.process.send_signal(signal.SIGHUP)
        crowd.run.expect_stderr(b"read again")
        callers[0].close()
        crowd.run.expect_stderr(b"was refused: its address is not let in")
        assert callers[-1].has_ended()


@pytest.fixture
def full_path(screen, tmp_path):
    """The operator of a room of unix peers at a terminal, once no descriptor is left."""
    path = tmp_path / "s"
    made = screen("listen", "--chat", f"unix:{path}", columns=200, rows=50).ready()
    most = kept_descriptors(made.pid) + 8
    resource.prlimit(made.pid, resource.RLIMIT_NOFILE, (most, most))
    with contextlib.ExitStack() as stack:
        made.call = lambda: stack.enter_context(call_path(path))
        made.callers = [made.call() for _ in range(16)]
        made.wait_for("newcomers wait")
        yield made


def call_path(path):
    caller = socket.socket(socket.AF_UNIX)
    caller.settimeout(PATIENCE)
    caller.connect(str(path))
    return caller


def test_send_works_without_free_descriptors(full_path, tmp_path):
    (tmp_path / "letter").write_text("一行字\n")
    full_path.type(f"/send {tmp_path}/lett")
    full_path.press("tab")
    full_path.wait_typed(f"> /send {tmp_path}/letter")
    full_path.press("enter")
    full_path.wait_for("▸ sent ")
    assert "history is not kept" not in full_path.text
    assert (tmp_path / "state" / "tcpchat" / "history").read_text() == f"/send {tmp_path}/letter\n"


def test_unlock_works_without_free_descriptors(full_path):
    for _ in range(3):
        full_path.enter("/lock")
        full_path.wait_for("▸ locked, nobody else gets in\n")
        before = full_path.text.count("unlocked")
        full_path.enter("/unlock")
        full_path.wait_for(lambda screen: screen.text.count("▸ unlocked, listening on unix:") > before)
    newcomer = full_path.call()
    for caller in full_path.callers:
        caller.close()
    assert newcomer.recv(12) == b"-!- you are "


def test_time_zone_is_known_without_free_descriptors(tcpchat, tmp_path):
    """It stands in a file, and the first time of a dump may come late."""
    zone = "America/St_Johns"
    if not os.path.exists(f"/usr/share/zoneinfo/{zone}"):
        pytest.skip("this machine has no time zones")
    with crowd_of(tcpchat, "-k", "-x", tmp_path / "dump", preexec_fn=FEW, env=environment(TZ=zone)) as crowd:
        callers = [crowd.call() for _ in range(40)]
        crowd.run.expect_stderr(b"newcomers wait")
        callers[0].say("现在几点")
        until(lambda: (tmp_path / "dump").stat().st_size, "the dump")
    half_hours = int(re.search(r"\d\d:(\d\d):\d\d", (tmp_path / "dump").read_text()).group(1))
    assert (half_hours - time.gmtime().tm_min) % 60 in (28, 29, 30)


# Descriptors that peers need besides their own.

def test_programs_wait_for_descriptors(tcpchat):
    """A newcomer without descriptors for its program is not admitted and turned away, but waits."""
    with crowd_of(tcpchat, "-k", "--exec", "/bin/cat", preexec_fn=FEW) as crowd:
        at_rest = kept_descriptors(crowd.run.pid)
        callers = [crowd.call() for _ in range(20)]
        for n, peer in enumerate(callers):
            peer.say(f"第 {n} 个")
        crowd.run.expect_stderr(b"newcomers wait")
        for n, peer in enumerate(callers):
            assert peer.line() == f"第 {n} 个"
            peer.close()
        until(lambda: descriptors(crowd.run.pid) <= at_rest, "all descriptors to be given back")
        assert len(complaints(crowd.run)) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_forwards_wait_for_descriptors(tcpchat, listener, host):
    there = listener()
    with crowd_of(tcpchat, "-k", "--forward", f"{host}:{there.port}", preexec_fn=FEW) as crowd:
        at_rest = kept_descriptors(crowd.run.pid)
        callers = [crowd.call() for _ in range(20)]
        for n, peer in enumerate(callers):
            peer.say(f"第 {n} 个")
        for _ in callers:  # look-ups do not come to their ends in the order of their beginnings
            with there.accept() as target:
                peer = callers[int(target.recv(100).decode().split()[1])]
                target.sendall("好\n".encode())
                assert peer.line() == "好"
                peer.close()
        until(lambda: descriptors(crowd.run.pid) <= at_rest, "all descriptors to be given back")
        assert len(complaints(crowd.run)) <= 1


def test_forwards_with_much_to_pass_on_leave_descriptors_to_others(tcpchat, listener):
    """All places are taken; the pipes that bulk passes in are counted in."""
    there = listener(backlog=200)
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (256, 256))
    data = some_bytes(500_000)
    with crowd_of(tcpchat, "-k", "--forward", f"127.0.0.1:{there.port}", preexec_fn=limit) as crowd:
        fit = (256 - kept_descriptors(crowd.run.pid) - SPARE - 4) // 2
        callers, targets = [], []
        for _ in range(fit):
            callers.append(crowd.call())
            targets.append(there.accept())
            in_background(callers[-1].send, data)
        for target in targets:
            assert read_exactly(target.fileno(), len(data)) == data
            target.close()
        for peer in callers:
            peer.close()
        assert not complaints(crowd.run)


def test_look_up_returns_its_descriptors(tcpchat, resolver):
    by_number = tcpchat("listen", "-k", "-v", "127.0.0.2", 0, env=resolver)
    by_name = tcpchat("listen", "-k", "-v", "a127-0-0-2.test", 0, env=resolver)
    with by_number.call("127.0.0.2"), by_name.call("127.0.0.2"):
        for run in (by_number, by_name):
            connected(run, 1)
        assert descriptors(by_name.pid) == descriptors(by_number.pid)


def test_max_peers_above_the_programs_that_fit_is_told(tcpchat):
    limit = functools.partial(resource.setrlimit, resource.RLIMIT_NOFILE, (90, 90))
    with crowd_of(tcpchat, "-k", "--exec", "/bin/cat", "-m", "90", preexec_fn=limit) as crowd:
        assert crowd.run.port
        crowd.run.expect_stderr(b"peers fit")
        fit = (90 - kept_descriptors(crowd.run.pid) - SPARE) // 3
        assert complaints(crowd.run) == [f"tcpchat: -m 90: only {fit} peers fit, the system allows 90 open files"]
    with crowd_of(tcpchat, "-k", "--exec", "/bin/cat", "-m", fit, preexec_fn=limit) as crowd:
        peer = crowd.call()
        peer.say("在")
        assert peer.line() == "在"
        assert not complaints(crowd.run)


def test_program_without_descriptors_is_told(tcpchat):
    with crowd_of(tcpchat, "--exec", "/bin/cat") as crowd:
        most = kept_descriptors(crowd.run.pid) + 3
        resource.prlimit(crowd.run.pid, resource.RLIMIT_NOFILE, (most, most))
        with contextlib.suppress(ConnectionResetError):
            assert crowd.call().rest() == b""
        ends(crowd.run, 5)
        complaint, = complaints(crowd.run)
        assert re.fullmatch(r"tcpchat: 127.0.0.1:\d+: cannot run /bin/cat: Too many open files", complaint)


# A system that has run out: the calls fail as if.

@pytest.fixture
def scarce(preload, tmp_path):
    """scarce.env is for a tcpchat whose calls fail: after scarce("accept4", ENFILE); scarce() ends it."""
    file = tmp_path / "scarce"

    def make(call=None, number=0):
        (tmp_path / "new").write_text(f"{call} {number}\n" if call else "")
        os.replace(tmp_path / "new", file)

    make.env = environment(LD_PRELOAD=preload("scarce"), SCARCE_FILE=str(file))
    return make


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM],
                         ids=lambda number: errno.errorcode[number])
def test_newcomers_wait_for_descriptors(tcpchat, scarce, number):
    with crowd_of(tcpchat, "--chat", env=scarce.env) as crowd:
        one, other = crowd.join_all(None, None)
        scarce("accept4", number)
        waiting = crowd.call()
        crowd.run.expect_stderr(b"cannot accept a connection: %s; newcomers wait" % os.strerror(number).encode())
        before = cpu_seconds(crowd.run.pid)
        time.sleep(1)  # what is measured
        assert cpu_seconds(crowd.run.pid) - before <= 0.04
        settle([one, other])
        scarce()
        assert waiting.line().startswith("-!- you are peer3")
        assert len(complaints(crowd.run)) == 1


@pytest.mark.parametrize("number", [errno.ECONNABORTED, errno.EPROTO, errno.EPERM, errno.EHOSTUNREACH],
                         ids=lambda number: errno.errorcode[number])
def test_failed_accept_is_tried_again(tcpchat, scarce, number):
    with crowd_of(tcpchat, "--chat", env=scarce.env) as crowd:
        one, other = crowd.join_all(None, None)
        scarce("accept4", number)
        waiting = crowd.call()
        settle([one, other])
        scarce()
        assert waiting.line().startswith("-!- you are peer3")
        assert not complaints(crowd.run)


def test_program_that_cannot_be_started_is_told(tcpchat, scarce):
    """One newcomer is refused with a notice, and nothing else happens."""
    with crowd_of(tcpchat, "-k", "--exec", "/bin/cat", env=scarce.env) as crowd:
        old = crowd.call()
        old.say("在")
        assert old.line() == "在"
        before = descriptors(crowd.run.pid)
        scarce("pipe2", errno.EMFILE)
        for n in range(10):
            with contextlib.suppress(ConnectionResetError):
                assert crowd.call().rest() == b""
            crowd.run.expect_stderr(rb"(?s)(127\.0\.0\.1:\d+: cannot run /bin/cat: Too many open files\n.*){%d}"
                                    % (n + 1))
        until(lambda: descriptors(crowd.run.pid) == before, "all descriptors to be given back")
        scarce()
        old.say("还在")
        assert old.line() == "还在"
        new = crowd.call()
        new.say("新来的")
        assert new.line() == "新来的"


def test_forward_that_cannot_be_made_is_told(tcpchat, scarce, listener):
    there = listener()
    with crowd_of(tcpchat, "-k", "--forward", f"127.0.0.1:{there.port}", env=scarce.env) as crowd:
        old = crowd.call()
        with there.accept() as target:
            before = descriptors(crowd.run.pid)
            scarce("socket", errno.ENFILE)
            for n in range(10):
                with contextlib.suppress(ConnectionResetError):
                    assert crowd.call().rest() == b""
                crowd.run.expect_stderr(rb"(?s)(127\.0\.0\.1:\d+: cannot connect to \S+: "
                                        rb"Too many open files in system\n.*){%d}" % (n + 1))
            until(lambda: descriptors(crowd.run.pid) == before, "all descriptors to be given back")
            scarce()
            old.say("还在")
            assert target.recv(100).decode() == "还在\n"
