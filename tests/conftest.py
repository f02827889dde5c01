# SPDX-License-Identifier: GPL-3.0-or-later
"""nohup and background jobs hand down ignored signals, which programs rightly keep ignored: here they
stay without effect, but what a test starts finds them at their default, as from a shell."""
import os
import signal
import zlib

import pytest

for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, lambda *_: None)


@pytest.fixture(autouse=True)
def leaks(request, monkeypatch):
    """At each end of a program LeakSanitizer reads all memory, which takes longer than most tests of the program do.
    So one in five of these looks for leaks, and all do with TCPCHAT_ALL_LEAKS=1. Unit tests and fuzz targets always
    do."""
    name = request.node.nodeid
    if name.startswith(("tests/e2e", "tests/lint")) and zlib.crc32(name.encode()) % 5:
        if not os.environ.get("TCPCHAT_ALL_LEAKS"):
            monkeypatch.setenv("ASAN_OPTIONS", "detect_leaks=0")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    """A folder of this run that all workers share."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder
