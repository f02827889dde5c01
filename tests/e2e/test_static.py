# SPDX-License-Identifier: GPL-3.0-or-later
"""The static file of scripts/package static runs where nothing else is: in a root that has the file alone."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from harness import ROOT, ends, environment
from screen import Screen

STATIC = pathlib.Path(os.environ.get("TCPCHAT_STATIC", os.path.join(ROOT, "build", "static", "tcpchat")))
TERMINALS = ["xterm", "xterm-256color", "screen", "screen-256color", "tmux", "tmux-256color", "linux", "vt100"]
ENTER = ["chroot"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "chroot"]

pytestmark = pytest.mark.skipif(not STATIC.exists(), reason="scripts/package static was not run")


def told(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, env=environment()).stdout


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with the file and nothing else, and the command that runs it there."""
    folder = tmp_path_factory.mktemp("root")
    subprocess.run(["strip", "-o", folder / "tcpchat", STATIC], check=True)
    return [*ENTER, folder, "/tcpchat"]


def test_static_file_needs_no_other(root):
    headers = told("readelf", "-Wld", STATIC)
    assert not re.search(r"\b(INTERP|NEEDED)\b", headers)
    assert re.search(r"\(FLAGS_1\).*\bPIE\b", headers)
    assert os.listdir(root[-2]) == ["tcpchat"]
    assert " static " in told(*root, "--version")


def test_static_file_has_at_most_4_mb(root):
    assert os.path.getsize(os.path.join(root[-2], "tcpchat")) <= 4_000_000


@pytest.mark.parametrize("charset", ["gbk", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "koi8-r"])
def test_empty_root_converses_in_charsets(tcpchat, root, charset):
    text = {"euc-kr": "안녕", "koi8-r": "привет"}.get(charset, "今日" if "j" in charset else "你好")
    listening = tcpchat(*root[1:], "listen", "127.0.0.1", 0, "-e", charset, program=root[0])
    with listening.call() as peer:
        peer.sendall(text.encode(charset))
        listening.send(text.encode())
        listening.end_input()
        assert listening.read(len(text.encode())).decode() == text
        assert peer.recv(100) == text.encode(charset)
    ends(listening, 0)


@pytest.mark.parametrize("kind", TERMINALS)
def test_empty_root_knows_terminal(tcpchat, root, kind):
    listening = tcpchat("listen", "127.0.0.1", 0)
    with contextlib.closing(Screen([*root, "connect", "127.0.0.1", listening.port, "--no-history"],
                                   env=environment(TERM=kind))) as person:
        person.compose("ab你好")
        person.press("left", "left", "backspace")
        person.enter("c")
        assert listening.read(len("ac你好\n".encode())).decode() == "ac你好\n"
        listening.send("再见\n".encode())
        person.wait_for("peer│ 再见")


@pytest.mark.parametrize("option", ["--tls", "--sum"])
def test_static_file_says_that_it_lacks_openssl(tcpchat, option):
    run = tcpchat("listen", "127.0.0.1", 0, option, program=STATIC)
    ends(run, 5)
    assert b"one static file, which lacks OpenSSL" in run.stderr


def test_static_file_speaks_chinese_beside_its_catalogues(tcpchat, tmp_path):
    shutil.copy(STATIC, tmp_path)
    shutil.copytree(STATIC.with_name("catalogues"), tmp_path / "catalogues")
    run = tcpchat("connect", "127.0.0.1", 1, program=tmp_path / "tcpchat", env=environment(LC_ALL="zh_CN.UTF-8"))
    ends(run, 1)
    assert "无法连接" in run.stderr.decode()
