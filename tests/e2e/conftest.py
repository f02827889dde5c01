# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures: what a test starts is ended with it."""
import errno
import fcntl
import os
import re
import shutil
import socket
import subprocess
import tempfile

import pytest

from harness import PATIENCE, ROOT, TCPCHAT, Blackhole, Listener, Run, environment
from screen import ChatScreen
from tls import Authority


NOBODY = 65534


def each_closed(make):
    """The body of a fixture that is make, and closes all that was made."""
    opened = []

    def make_one(*args, **options):
        opened.append(make(*args, **options))
        return opened[-1]

    yield make_one
    for made in opened:
        made.close()


@pytest.fixture
def tcpchat():
    """tcpchat("listen", 0, ...) starts the program; see harness.Run."""
    yield from each_closed(lambda *args, **options: Run(args, **options))


@pytest.fixture
def unprivileged(tcpchat):
    """unprivileged(word...) starts the program as a user who is not root. `owner` is that user; a file in `folder` can
    be his."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        program = shutil.copy(TCPCHAT, folder)
        shutil.copy(os.path.join(os.path.dirname(TCPCHAT), "tcpchat-tls.so"), folder)
        as_user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}

        def begin(*words, **popen):
            return tcpchat(*words, program=program, **as_user, **popen)

        begin.owner, begin.folder = NOBODY if as_user else os.geteuid(), folder
        yield begin


@pytest.fixture
def listener():
    """listener() is a listening socket of the test; see harness.Listener."""
    yield from each_closed(Listener)


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
    yield from each_closed(Blackhole)


@pytest.fixture(scope="session")
def preload(tmp_path_factory):
    """preload("resolver") is what LD_PRELOAD has to be for tests/shim/resolver.c."""
    resolver = os.environ.get("TCPCHAT_RESOLVER_SHIM", os.path.join(ROOT, "build", "dev", "libtcpchat-resolver.so"))
    # LD_PRELOAD separates at blanks and colons, and this directory may have one in its name.
    folder = tmp_path_factory.mktemp("shim")

    def libraries(name):
        shim = os.path.join(os.path.dirname(resolver), f"libtcpchat-{name}.so")
        assert os.path.exists(shim), f"{shim} is missing: build the tests' shims"
        linked = subprocess.run(["ldd", TCPCHAT], capture_output=True, text=True).stdout.split()
        sanitizers = [word for word in linked if re.match(r"/.*lib[at]san", word)]
        return ":".join([*sanitizers, shutil.copy(shim, folder)])

    return libraries


@pytest.fixture
def hurried(tcpchat, preload):
    """A tcpchat whose time passes HASTE times as fast."""
    env = environment(LD_PRELOAD=preload("haste"))
    return lambda *words, **popen: tcpchat(*words, env=env, **popen)


@pytest.fixture(scope="session")
def resolver(preload):
    """An environment in which names ending in .test are answered by tests/shim/resolver.c."""
    return environment(LD_PRELOAD=preload("resolver"))


@pytest.fixture(scope="session")
def unspliced(preload, tmp_path_factory):
    """An environment in which the system does not splice, so that all bytes are copied."""
    scarce = tmp_path_factory.mktemp("unspliced") / "scarce"
    scarce.write_text(f"splice {errno.EINVAL}\n")
    return environment(LD_PRELOAD=preload("scarce"), SCARCE_FILE=str(scarce))


@pytest.fixture(params=["spliced", "copied"])
def either_way(request):
    """The environment of a run, as it is, and then without splices."""
    return environment() if request.param == "spliced" else request.getfixturevalue("unspliced")


@pytest.fixture(scope="session")
def public_program():
    """A copy of the program where every user may run it."""
    folder = tempfile.mkdtemp(prefix="tcpchat-", dir="/tmp")
    os.chmod(folder, 0o755)
    copy = shutil.copy(TCPCHAT, folder)
    os.chmod(copy, 0o755)
    yield copy
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def small_disk(tmp_path_factory):
    """A command's beginning: what follows runs in a file system of 64 KiB of its own."""
    folder = tmp_path_factory.mktemp("disk")
    namespace = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    script = 'mount -t tmpfs -o size=64k none "$0" && cd "$0" && exec "$@"'
    command = [*namespace, "sh", "-c", script, str(folder)]
    if subprocess.run([*command, "true"], capture_output=True).returncode != 0:
        pytest.skip("no file system may be mounted here")
    return command


@pytest.fixture(scope="session")
def authority(run_folder):
    """An authority that all workers share; see tls.Authority."""
    return Authority(run_folder / "authority")


LOCALES = ["zh_CN.GBK", "zh_CN.UTF-8", "zh_TW.UTF-8", "ja_JP.UTF-8", "ko_KR.UTF-8", "tr_TR.UTF-8"]


def compile_locales(folder, names=LOCALES):
    running = []
    for name in names:
        language, charset = name.split(".")
        running.append(subprocess.Popen(["localedef", "-i", language, "-f", charset, str(folder / name)]))
    assert [process.wait() for process in running] == [0] * len(names)


@pytest.fixture(scope="session")
def locales(run_folder):
    """A folder for LOCPATH with locales of East Asia, among them one in GBK, and Turkish. They take longer than all
    tests that need them, so the first worker compiles them for all."""
    folder, new = run_folder / "locales", run_folder / "locales.new"
    with open(run_folder / "locales.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            new.mkdir(exist_ok=True)
            compile_locales(new)
            new.rename(folder)
    return str(folder)


@pytest.fixture
def person(tmp_path):
    """person(NAME=value...) is the environment of a person at a terminal, with a home folder of its own, in English
    whatever LANG says."""
    def make(**changes):
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        at_home = {"HOME": str(home), "XDG_STATE_HOME": str(tmp_path / "state"), "INPUTRC": "/dev/null",
                   "LC_MESSAGES": "C", "TERM": "xterm-256color", "NO_COLOR": None, "COLUMNS": None, "LINES": None,
                   "TMUX": None, "VTE_VERSION": None, "KITTY_WINDOW_ID": None, "KONSOLE_VERSION": None,
                   "ALACRITTY_LOG": None, "WT_SESSION": None, "TERM_PROGRAM": None, "WEZTERM_PANE": None}
        return environment(**at_home | changes)

    return make


@pytest.fixture
def screen(person):
    """screen("listen", "127.0.0.1", 0, columns=40) is tcpchat on a terminal; see screen.Screen."""
    yield from each_closed(lambda *args, env=None, **options: ChatScreen(args, env=env or person(), **options))


@pytest.fixture
def talk(screen, listener):
    """talk("listen" or "connect", option...) is tcpchat at a terminal with its prompt shown, and the test's end of
    its IPv4 connection."""
    opened = []

    def begin(role, *options, **of_screen):
        if role == "listen":
            made = screen("listen", *options, "127.0.0.1", 0, **of_screen).ready()
            peer = call(made)
        else:
            there = listener()
            made = screen("connect", *options, "127.0.0.1", there.port, **of_screen)
            peer = there.accept()
            made.ready()
        opened.append(peer)
        return made, peer

    def call(made):
        """One more peer of a listening tcpchat, once it has joined."""
        peer = socket.create_connection(("127.0.0.1", made.port), PATIENCE)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened.append(peer)
        address = f"127.0.0.1:{peer.getsockname()[1]}"
        made.wait_for(lambda screen: re.search(address + "(joined|加入)", "".join(screen.text.split())))
        return peer

    begin.call = call
    yield begin
    for peer in opened:
        peer.close()
