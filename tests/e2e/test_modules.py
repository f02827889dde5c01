# SPDX-License-Identifier: GPL-3.0-or-later
"""A build with a shared readline loads it where a person is, OpenSSL with --tls and PCRE2 with --rules, and only there."""
import contextlib
import os
import pathlib
import pty
import re
import shutil
import subprocess

import pytest

from harness import PATIENCE, ROOT, environment, until

SHARED = pathlib.Path(os.environ.get("TCPCHAT_SHARED", os.path.join(ROOT, "build", "shared", "tcpchat")))
LOADED = re.compile(r"/(libreadline|libtinfo|libncursesw|tcpchat-ui|libssl|libcrypto|tcpchat-tls|libpcre2-8|tcpchat-bot)\.so")

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="cmake --preset shared was not built")


@contextlib.contextmanager
def listening(program, at_terminal, *options):
    """The run and the maps of its memory once it listens."""
    outside, inside = pty.openpty()
    port_file = os.path.join(os.path.dirname(program), "port")
    pathlib.Path(port_file).unlink(missing_ok=True)
    run = subprocess.Popen([program, "listen", *options, "--port-file", port_file, "127.0.0.1", "0"],
                           stdin=inside if at_terminal else subprocess.DEVNULL,
                           stdout=inside if at_terminal else subprocess.DEVNULL, stderr=subprocess.PIPE,
                           env=environment(TERM="xterm"))
    os.close(inside)
    try:
        until(lambda: os.path.exists(port_file) or run.poll() is not None, "the port")
        yield run
    finally:
        run.kill()
        run.wait(PATIENCE)
        run.stderr.close()
        os.close(outside)


def loaded_by(run):
    return set(LOADED.findall(pathlib.Path(f"/proc/{run.pid}/maps").read_text()))


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """The program where cmake --install puts it."""
    prefix = tmp_path_factory.mktemp("usr")
    subprocess.run(["cmake", "--install", SHARED.parent, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
    return prefix / "bin" / "tcpchat"


def test_terminal_loads_readline_from_where_it_is_installed(installed):
    with listening(installed, at_terminal=True) as run:
        assert {"libreadline", "tcpchat-ui"} <= loaded_by(run)


def test_tls_loads_openssl_from_where_it_is_installed(installed):
    with listening(installed, False, "--tls") as run:
        assert {"libssl", "libcrypto", "tcpchat-tls"} == loaded_by(run)


def test_rules_load_pcre2_from_where_it_is_installed(installed, tmp_path):
    (tmp_path / "rules").write_text("else\n")
    with listening(installed, False, "--rules", tmp_path / "rules") as run:
        assert {"libpcre2-8", "tcpchat-bot"} == loaded_by(run)


def test_pipe_loads_no_module(tmp_path):
    for file in (SHARED, SHARED.with_name("tcpchat-bot.so")):
        shutil.copy(file, tmp_path)
    with listening(tmp_path / "tcpchat", at_terminal=False) as run:
        assert loaded_by(run) == set()


def test_terminal_without_module_is_refused_with_its_name(tmp_path):
    shutil.copy(SHARED, tmp_path)
    with listening(tmp_path / "tcpchat", at_terminal=True) as run:
        said = run.stderr.read().decode()
        assert run.wait(PATIENCE) == 5
    assert said.startswith("tcpchat: cannot use the terminal: ")
    assert "tcpchat-ui.so" in said and "libreadline8" in said
    assert said.count("\n") == 1


def test_version_tells_readline_with_and_without_module(installed, tmp_path):
    def version(program):
        return subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout

    shutil.copy(SHARED, tmp_path)
    assert re.search(r"readline \d", version(installed)) and "readline-shared" in version(installed)
    assert "readline missing" in version(tmp_path / "tcpchat")
