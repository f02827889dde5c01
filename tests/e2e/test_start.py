# SPDX-License-Identifier: GPL-3.0-or-later
"""A start loads, opens and asks nothing that the run does not need."""
import contextlib
import os
import re
import subprocess

import pytest

from harness import PATIENCE, Listener, environment, in_background, receive_all
from tracing import trace

RELEASE = os.environ.get("TCPCHAT_RELEASE")
MOST_CALLS, FOR_A_FILE = 160, 10  # of a whole process with one line each way; to map a library takes the others

needs_release = pytest.mark.skipif(not RELEASE, reason="sanitizers make calls of their own")


def answer_one(listener):
    connection = listener.accept()
    connection.sendall(receive_all(connection))
    connection.close()


@pytest.fixture
def traced(tmp_path):
    """One line each way, traced: status, number of calls, opened paths."""
    line = tmp_path / "line"
    line.write_bytes(b"one line of a person\n")
    listener = Listener()
    with contextlib.closing(listener), line.open("rb") as stdin:
        peer = in_background(answer_one, listener)
        yield trace([RELEASE, "connect", "127.0.0.1", str(listener.port)], stdin=stdin, stdout=subprocess.DEVNULL,
                    env=environment())
        peer.join(PATIENCE)


@needs_release
def test_pipe_makes_few_system_calls(traced):
    status, calls, paths = traced
    assert status == 0
    assert calls <= MOST_CALLS + FOR_A_FILE * len(paths)


@needs_release
def test_pipe_opens_no_file_but_its_libraries(traced):
    status, _, paths = traced
    assert status == 0
    assert [path for path in paths if not re.search(r"/ld\.so\.cache$|/lib[a-z0-9]+\.so\.\d+$|^/dev/null$", path)] == []


@needs_release
def test_listen_counts_open_files_by_one_call():
    nothing = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.DEVNULL)
    command = [RELEASE, "listen", "--listen-timeout", "1ms", "127.0.0.1", "0"]
    status, calls, paths = trace(command, env=environment(), **nothing)
    assert status == 4
    assert calls <= MOST_CALLS + FOR_A_FILE * len(paths)


@needs_release
def test_tables_hold_no_pointers():
    """The loader writes each pointer of a table, and each page of them costs each start a page fault."""
    sections = subprocess.run(["readelf", "-SW", RELEASE], check=True, capture_output=True, text=True).stdout
    size = re.search(r"\.data\.rel\.ro +PROGBITS +\w+ +\w+ +(\w+)", sections)[1]
    assert int(size, 16) <= 8192


@needs_release
def test_start_asks_no_processor():
    """The compiler's __builtin_cpu_supports would bring a constructor, which asks at each start."""
    symbols = subprocess.run(["nm", RELEASE], check=True, capture_output=True, text=True).stdout
    assert "__cpu_indicator_init" not in symbols
