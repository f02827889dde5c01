# SPDX-License-Identifier: GPL-3.0-or-later
"""The helper of a run: it is there only where it is needed, and what comes of a run that loses it."""
import contextlib
import os
import re
import signal

import pytest

from crowd import Peer, children, crowd_of, helpers
from harness import line_from, until

both_roles = pytest.mark.parametrize("role", ["connect", "listen"])


@both_roles
def test_numbers_need_no_helper(conversation, role):
    run, peer = conversation(role)
    peer.sendall(b"x")
    assert run.read(1) == b"x"
    assert not helpers(run.pid)


def test_helper_serves_all_connections_to_a_name(tcpchat, listener, resolver):
    there = listener()
    with crowd_of(tcpchat, "-k", "--forward", f"a127-0-0-1.test:{there.port}", env=resolver) as crowd:
        for _ in range(3):
            crowd.call()
            there.accept().close()
        assert len(helpers(crowd.run.pid)) == 1
        until(lambda: not children(crowd.run.pid), "the look-ups to be waited for")


GROUP = "cut -d' ' -f1,5 /proc/$$/stat"  # the process and its group


def test_program_without_terminal_leads_a_group(tcpchat):
    with crowd_of(tcpchat, "--sh-exec", GROUP, start_new_session=True) as crowd:
        process, group = crowd.call().line().split()
        assert process == group


def test_program_at_a_terminal_stays_in_the_group_of_the_run(screen):
    run = screen("listen", "--sh-exec", GROUP, "127.0.0.1", 0)
    port = int(run.wait_for(re.compile(r"listening on 127\.0\.0\.1:(\d+)"))[1])
    with contextlib.closing(Peer(("127.0.0.1", port))) as peer:
        assert int(peer.line().split()[1]) == os.getpgid(run.pid)


def test_run_that_lost_its_helper_says_so_and_goes_on(tcpchat):
    with crowd_of(tcpchat, "-k", "-v", "--exec", "/bin/cat") as crowd:
        peer = crowd.call()
        peer.say("好")
        assert peer.line() == "好"
        os.kill(helpers(crowd.run.pid)[0], signal.SIGKILL)
        crowd.run.expect_stderr(rb"runs on unwatched")
        assert peer.has_ended() and crowd.call().has_ended()
        crowd.run.expect_stderr(rb"somebody killed the helper of this run: no program is started")
        assert not helpers(crowd.run.pid) and crowd.run.process.poll() is None


# Files.

def reopen(run, path):
    """Has a run at no terminal open its file again, in the place of one that was moved away."""
    path.rename(path.with_suffix(".1"))
    run.process.send_signal(signal.SIGHUP)


def test_helper_opens_the_files_of_a_daemon_again(tcpchat, tmp_path):
    output = tmp_path / "out"
    with crowd_of(tcpchat, "-k", "-o", output) as crowd:
        peer = crowd.call()
        assert len(helpers(crowd.run.pid)) == 1
        reopen(crowd.run, output)
        until(output.exists, "the file to be made again")
        peer.say("好")
        until(lambda: output.read_text() == "好\n", "the line in the new file")


def test_daemon_that_lost_its_helper_keeps_its_file(tcpchat, tmp_path):
    output = tmp_path / "out"
    with crowd_of(tcpchat, "-k", "-o", output) as crowd:
        peer = crowd.call()
        os.kill(helpers(crowd.run.pid)[0], signal.SIGKILL)
        reopen(crowd.run, output)
        crowd.run.expect_stderr(rb"cannot write .*out: No such process; the old file stays in use")
        peer.say("好")
        until(lambda: output.with_suffix(".1").read_text() == "好\n", "the line in the old file")


def test_helper_of_a_person_opens_files_and_ends_with_the_run(talk, tmp_path):
    (tmp_path / "file").write_text("你好\n")
    screen, peer = talk("connect", cwd=tmp_path)
    helper, = helpers(screen.pid)
    screen.enter("/send file")
    assert line_from(peer).decode() == "你好\n"
    screen.process.kill()
    screen.wait()
    until(lambda: not os.path.exists(f"/proc/{helper}"), "the end of the helper")
