# SPDX-License-Identifier: GPL-3.0-or-later
"""packaging/: the service is activated by its socket, its log is rotated, and recipes are what their tools read."""
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess

import pytest

from harness import PATIENCE, RELEASE, ROOT, TCPCHAT, environment, free_port, until

PACKAGING = pathlib.Path(ROOT, "packaging")
LOGS = "/var/log/tcpchat/"
EXPOSURE = 10  # of 100, by systemd-analyze


def needs(*tools):
    absent = [tool for tool in tools if not shutil.which(tool)]
    return pytest.mark.skipif(bool(absent), reason=f"{', '.join(absent)} is not installed")


def unit(name):
    """A unit of systemd as a dictionary of its sections; a setting that stands more than once has all its lines."""
    found = {}
    for line in (PACKAGING / "systemd" / name).read_text().splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            section[key] = [*section.get(key, []), value]
    return found


@pytest.fixture
def units(tmp_path):
    """Copies of the units, whose program is there."""
    for name in ("tcpchat.socket", "tcpchat.service"):
        text = (PACKAGING / "systemd" / name).read_text().replace("/usr/bin/tcpchat", TCPCHAT)
        (tmp_path / name).write_text(text)
    return tmp_path


@needs("systemd-analyze")
def test_units_are_valid(units):
    run = subprocess.run(["systemd-analyze", "verify", "--man=no", units / "tcpchat.socket", units / "tcpchat.service"],
                         capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@needs("systemd-analyze")
def test_service_is_hardly_exposed(units):
    run = subprocess.run(["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE}",
                          units / "tcpchat.service"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-200:] + run.stderr


class Service:
    """What systemd does for the unit: a socket, a command, and a reload."""

    def __init__(self, folder, program=TCPCHAT, before=()):
        self.folder, self.port = folder, free_port()
        command, = unit("tcpchat.service")["Service"]["ExecStart"]
        words = [word.replace("/usr/bin/tcpchat", program).replace(LOGS, f"{folder}/") for word in shlex.split(command)]
        assert unit("tcpchat.service")["Service"]["StandardInput"] == ["null"]
        self.run = subprocess.Popen(
            ["systemd-socket-activate", f"--listen=127.0.0.1:{self.port}", *before, *words], env=environment(),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.opened = [self.run.stderr]
        assert b"Listening on" in self.run.stderr.readline()

    def call(self):
        peer = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
        self.opened.append(peer)
        assert b"you are peer" in peer.recv(100)
        return peer

    def log(self, name="room.log"):
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def reload(self):
        """The shell's words that do it, for another program."""
        command, = unit("tcpchat.service")["Service"]["ExecReload"]
        return command.replace("$MAINPID", str(self.run.pid))

    def close(self):
        self.run.kill()
        self.run.wait()
        for file in self.opened:
            file.close()


@pytest.fixture
def service(tmp_path):
    opened = []

    def begin(**options):
        opened.append(Service(tmp_path, **options))
        return opened[-1]

    yield begin
    for made in opened:
        made.close()


@needs("systemd-socket-activate")
def test_room_starts_with_its_first_peer(service):
    here = service()
    one, other = here.call(), here.call()
    assert b"peer2 joined" in one.recv(100)
    other.sendall("你好\n".encode())
    assert "peer2: 你好" in one.recv(100).decode()


@needs("systemd-socket-activate", "logrotate")
def test_log_is_rotated_while_people_talk(service, tmp_path):
    """logrotate's systemctl is one that does what the unit says about a reload."""
    here = service()
    peer = here.call()
    peer.sendall(b"first\n")
    until(lambda: "first" in here.log(), "the first line in the log")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\n[ "$*" = "reload tcpchat.service" ] && {here.reload()}\n')
    (tools / "systemctl").chmod(0o755)
    config = tmp_path / "logrotate"
    config.write_text((PACKAGING / "logrotate/tcpchat").read_text().replace(LOGS, f"{tmp_path}/"))
    config.chmod(0o644)
    env = environment(PATH=f"{tools}:{os.environ['PATH']}:/usr/sbin")
    rotate = ["logrotate", "--state", tmp_path / "state", config]
    checked = subprocess.run([*rotate, "--debug"], env=env, capture_output=True, text=True)
    assert checked.returncode == 0 and "error" not in checked.stderr, checked.stderr
    subprocess.run([*rotate, "--force"], env=env, check=True)
    until(lambda: (tmp_path / "room.log").exists(), "the new log")
    peer.sendall(b"second\n")
    until(lambda: "second" in here.log(), "the second line in the new log")
    assert "first" not in here.log() and "first" in here.log("room.log.1") and "second" not in here.log("room.log.1")


def calls_of(group, groups):
    """The system calls of a word of SystemCallFilter."""
    if not group.startswith("@"):
        return {group}
    return {call for word in groups.get(group, ()) for call in calls_of(word, groups)}


@needs("systemd-analyze", "systemd-socket-activate", "strace")
@pytest.mark.skipif(not os.path.exists(RELEASE), reason="there is no program as it is installed")
def test_service_makes_no_call_that_systemd_refuses(service, tmp_path):
    said = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    groups = {name: [word for word in lines.split() if not word.startswith("#")] for name, lines in
              re.findall(r"^(@[\w-]+)\n    # .*\n((?:    .*\n)+)", said, re.M)}
    allowed, denied = unit("tcpchat.service")["Service"]["SystemCallFilter"]
    permitted = {call for word in allowed.split() for call in calls_of(word, groups)}
    permitted -= {call for word in denied.removeprefix("~").split() for call in calls_of(word, groups)}
    trace = tmp_path / "trace"
    here = service(program=RELEASE, before=["strace", "-D", "-f", "-o", str(trace)])
    peer = here.call()
    peer.sendall("你好\n/encoding gbk\n/who\n".encode())
    until(lambda: "你好" in here.log(), "the line in the log")
    peer.close()
    until(lambda: "left" in here.log(), "the end in the log")
    here.run.terminate()
    until(lambda: "+++ " in trace.read_text().splitlines()[-1], "the end of the trace")
    made = set(re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.M))
    if os.geteuid() == 0:
        made.discard("capset")  # a run of root gives its capabilities up, which the service's user lacks
    assert "accept4" in made and not made - permitted


# ---- recipes of other systems, which are read here, not run ----

@pytest.mark.parametrize("name, shell", [("arch/PKGBUILD", "bash"), ("alpine/APKBUILD", "sh")])
@needs("shellcheck")
def test_recipe_in_shell_is_clean(name, shell):
    """Its variables are for the program that reads it, and some come from there."""
    subprocess.run([shell, "-n", PACKAGING / name], check=True)
    words = "--exclude=SC2034,SC2154" + (",SC3043" if shell == "sh" else "")
    run = subprocess.run(["shellcheck", f"--shell={shell}", words, PACKAGING / name], stdout=subprocess.PIPE, text=True)
    assert run.returncode == 0, run.stdout


@needs("ruby")
def test_formula_is_ruby():
    subprocess.run(["ruby", "-wc", PACKAGING / "homebrew/tcpchat.rb"], check=True, stdout=subprocess.PIPE)


@needs("nix-instantiate")
def test_expression_is_nix(tmp_path):
    env = environment(NIX_STATE_DIR=str(tmp_path), NIX_STORE_DIR=str(tmp_path), HOME=str(tmp_path))
    subprocess.run(["nix-instantiate", "--parse", PACKAGING / "nix/default.nix"], check=True, stdout=subprocess.PIPE,
                   env=env)


@needs("rpmspec")
def test_spec_asks_for_the_charsets_at_run_time():
    macros = f"--load={PACKAGING / 'rpm/fedora.macros'}"
    asked = subprocess.run(["rpmspec", macros, "--query", "--requires", PACKAGING / "rpm/tcpchat.spec"], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    assert re.search(r"^glibc-gconv-extra", asked, re.M)


def test_container_runs_as_nobody_who_matters():
    """The last stage names a user by number, which a host can check without the container's list of users."""
    stage = (PACKAGING / "container/Containerfile").read_text().rpartition("\nFROM ")[2]
    user, = re.findall(r"^USER (\d+):\d+$", stage, re.M)
    assert int(user) > 0 and "--no-sandbox" not in stage and "--privileged" not in stage
