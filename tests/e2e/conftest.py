"""Fixtures: what a test starts is ended with it."""
import os
import shutil
import subprocess
import tempfile

import pytest

from harness import ROOT, TCPCHAT, Blackhole, Listener, Run, environment


@pytest.fixture
def tcpchat():
    """tcpchat("listen", 0, ...) starts the program; see harness.Run."""
    runs = []

    def start(*args, **options):
        run = Run(args, **options)
        runs.append(run)
        return run

    yield start
    for run in runs:
        run.close()


@pytest.fixture
def listener():
    """listener() is a listening socket of the test; see harness.Listener."""
    opened = []

    def make(*args, **options):
        made = Listener(*args, **options)
        opened.append(made)
        return made

    yield make
    for made in opened:
        made.close()


@pytest.fixture
def conversation(tcpchat, listener):
    """conversation("listen" or "connect", option...) is a run and the test's end of its connection, over IPv4."""
    opened = []

    def begin(role, *options, **popen):
        if role == "listen":
            run = tcpchat("listen", *options, "127.0.0.1", 0, **popen)
            connection = run.call()
        else:
            there = listener()
            run = tcpchat("connect", *options, "127.0.0.1", there.port, **popen)
            connection = there.accept()
        opened.append(connection)
        return run, connection

    yield begin
    for connection in opened:
        connection.close()


@pytest.fixture
def blackhole():
    """blackhole() is an address where a connection attempt is never answered; see harness.Blackhole."""
    opened = []

    def make(*args, **options):
        made = Blackhole(*args, **options)
        opened.append(made)
        return made

    yield make
    for made in opened:
        made.close()


@pytest.fixture(scope="session")
def resolver(tmp_path_factory):
    """An environment in which names ending in .test are answered by tests/shim/resolver.c."""
    shim = os.environ.get("TCPCHAT_RESOLVER_SHIM", os.path.join(ROOT, "build", "dev", "libtcpchat-resolver.so"))
    assert os.path.exists(shim), f"{shim} is missing: build the tests' shims"
    # LD_PRELOAD separates at blanks and colons, and this directory may have one in its name.
    copy = shutil.copy(shim, tmp_path_factory.mktemp("shim"))
    libraries = subprocess.run(["ldd", TCPCHAT], capture_output=True, text=True).stdout.split()
    sanitizers = [word for word in libraries if word.startswith("/") and "libasan" in word]
    return environment(LD_PRELOAD=":".join([*sanitizers, str(copy)]))


@pytest.fixture(scope="session")
def public_program():
    """A copy of the program where every user may run it."""
    folder = tempfile.mkdtemp(prefix="tcpchat-", dir="/tmp")
    os.chmod(folder, 0o755)
    copy = shutil.copy(TCPCHAT, folder)
    os.chmod(copy, 0o755)
    yield copy
    shutil.rmtree(folder)
