"""`--progress`: bytes, rate and time on stderr while data flows through a pipe."""
import re

import pytest

from harness import ends, receive_all
from ways import some_bytes


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_a_file_through_a_pipe(conversation, role):
    run, peer = conversation(role, "--progress")
    peer.sendall(some_bytes(100_000))
    assert run.read(100_000) == some_bytes(100_000)
    run.expect_stderr(rb"\d[^\n]*/s")
    run.end_input()
    assert receive_all(peer) == b""
    peer.close()
    ends(run, 0)
    assert re.search(rb"\b(100000|100,000|97\.\d|98|0\.1|100)\b", run.stderr)


def test_what_is_sent_counts(conversation):
    run, peer = conversation("connect", "--progress")
    run.send(some_bytes(4096))
    run.end_input()
    assert receive_all(peer) == some_bytes(4096)
    peer.close()
    ends(run, 0)
    assert re.search(rb"\d[^\n]*/s", run.stderr)


def test_stdout_is_untouched(conversation):
    run, peer = conversation("connect", "--progress")
    peer.sendall(b"only this")
    peer.close()
    run.end_input()
    assert run.read_all() == b"only this"
