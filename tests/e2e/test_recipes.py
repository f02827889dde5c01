# SPDX-License-Identifier: GPL-3.0-or-later
"""The recipes of the README, the guide and the manual, as they are written there."""
import configparser
import os
import pathlib
import pty
import re
import shlex
import shutil
import socket
import subprocess
import tty

import pytest

from crowd import crowd_of
from harness import PATIENCE, ROOT, TCPCHAT, environment, free_port, read_exactly, receive_all, until

README, GUIDE = (pathlib.Path(ROOT, name).read_text(encoding="utf-8") for name in ("README.md", "docs/guide.md"))
MANUAL = pathlib.Path(ROOT, "man", "tcpchat.1").read_text(encoding="utf-8")


def recipe(pattern):
    """The one command of README and guide that matches, without what explains it."""
    found = {line.strip().removeprefix("$ ") for line in (README + GUIDE).splitlines() if re.match(f"    .*{pattern}", line)}
    command, = {re.split(r"   +", line)[0] for line in found}
    return command


@pytest.fixture
def shell():
    """shell(command, at_terminal=False) runs it with this tcpchat; everything it started ends with the test."""
    started = []

    def start(command, folder, at_terminal=False):
        tools = folder / "tools"
        tools.mkdir(exist_ok=True)
        if not (tools / "tcpchat").exists():
            (tools / "tcpchat").symlink_to(TCPCHAT)
        env = environment(PATH=f"{tools}:{os.environ['PATH']}", HOME=str(folder), TERM="xterm")
        ours, theirs = pty.openpty() if at_terminal else (None, subprocess.PIPE)
        run = subprocess.Popen(["bash", "-c", command], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, env=env,
                               start_new_session=True)
        if at_terminal:
            os.close(theirs)
        started.append((run, ours))
        return run

    yield start
    for run, ours in started:
        try:
            os.killpg(run.pid, 9)
        except ProcessLookupError:
            pass
        run.communicate() if ours is None else (run.wait(), os.close(ours))


class Device:
    """A serial line, played by a pty: what tcpchat's side opens is `path`."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        tty.setraw(self.theirs)
        self.path = os.ttyname(self.theirs)

    def close(self):
        os.close(self.ours)
        os.close(self.theirs)


@pytest.fixture
def device():
    made = Device()
    yield made
    made.close()


@pytest.mark.parametrize("tool", ["tio", "socat"])
def test_serial_line_speaks_gbk(shell, screen, device, tmp_path, tool):
    """The device speaks GBK at the other end of a unix socket, and a person reads and answers it."""
    if not shutil.which(tool):
        pytest.skip(f"{tool} is not installed")
    line = tmp_path / "line"
    command = recipe(f"{tool} .*/dev/ttyUSB0").replace("/dev/ttyUSB0", device.path).replace("/tmp/line", str(line))
    shell(command, tmp_path, at_terminal=True)
    until(line.exists, "the unix socket")
    words = shlex.split(recipe("connect unix:/tmp/line").replace("/tmp/line", str(line)))
    assert words[0] == "tcpchat"
    here = screen(*words[1:]).ready()
    os.write(device.ours, "温度 23.5\n".encode("gbk"))
    here.wait_for("│ 温度 23.5")
    here.enter("重新开始")
    assert read_exactly(device.ours, 9).replace(b"\r", b"\n").startswith("重新开始".encode("gbk") + b"\n")


def table():
    """What the table for those who know nc says to write."""
    rows = re.findall(r"^\| `nc.*?\| (.*) \|$", GUIDE, re.M)
    return [words for row in rows for words in re.findall(r"`((?:for|tcpchat) .*?)`", row)]


@pytest.mark.parametrize("command", table())
def test_command_of_the_table_for_nc_is_right(tmp_path, command):
    """Up to a --help at its end the program reads it."""
    words = re.search(r"tcpchat ((?:(?! < | && ).)*)", command).group(1).replace("$p", "20")
    subprocess.run(["bash", "-c", f'"$0" {words} --help', TCPCHAT], cwd=tmp_path, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, check=True, env=environment())


def test_table_for_nc_has_its_usual_options():
    assert len(table()) > 15
    left = " ".join(re.findall(r"^\| (`nc.*?) \|", GUIDE, re.M))
    for option in "-l -p -k -z -v -w -N -d -q -C -s -U -e -u --chat --broker --allow -m -o -x iconv".split():
        assert re.search(rf"(?<![\w-]){option}\b", left), option


def test_loop_over_ports_prints_open_ones_only(shell, tmp_path):
    """Closed ports are no news."""
    row, = [command for command in table() if command.startswith("for p in")]
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        run = shell(row.replace("host", "127.0.0.1").replace("{20..30}", f"1 {port} 2"), tmp_path)
        assert run.communicate(timeout=PATIENCE) == (f"{port}\n".encode(), b"")


def test_install_is_written_with_rights_and_without():
    assert recipe("cmake --install .*--prefix") == "cmake --install build/release --prefix ~/.local"
    assert recipe("sudo cmake --install") == "sudo cmake --install build/release"


def test_one_file_reaches_everyone(shell, tmp_path):
    """Those who come later, too, and each one whole."""
    (tmp_path / "original.tar").write_bytes(os.urandom(300_000))
    command = recipe("each peer: tcpchat connect").replace("8080", "0 --port-file port")
    shell(command, tmp_path)
    port = int(until(lambda: (tmp_path / "port").exists() and (tmp_path / "port").read_text(), "the port"))
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as one, \
                socket.create_connection(("127.0.0.1", port), PATIENCE) as other:
            assert receive_all(other) == receive_all(one) == (tmp_path / "original.tar").read_bytes()


def test_ctrl_v_sends_a_control_byte(talk):
    assert "Ctrl-V Ctrl-C and Enter send the byte 03" in GUIDE
    here, peer = talk("connect")
    for key in b"\x03\x1a\x1c\x16\x01":
        here.give(bytes([0x16, key]))
        here.press("enter")
        assert read_exactly(peer.fileno(), 2) == bytes([key, 10])
    here.give(b"half\x16\x16")
    here.press("ctrl-c")  # which Ctrl-V Ctrl-V does not quote
    here.wait_typed("> ")


def test_reply_has_the_line_end_of_the_shell(shell, tmp_path):
    shell(recipe("--reply .*4711").replace("8080", "0 --port-file port"), tmp_path)
    port = int(until(lambda: (tmp_path / "port").exists() and (tmp_path / "port").read_text(), "the port"))
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as peer:
        peer.sendall(b"which number?\n")
        assert read_exactly(peer.fileno(), 19) == b"the number is 4711\n"


@pytest.mark.parametrize("page", [GUIDE.split("### Signals")[1], MANUAL.split(".Sh SIGNALS")[1].split(".Sh ")[0]],
                         ids=["guide", "manual"])
def test_signals_are_documented(page):
    assert {"SIGINT", "SIGTERM", "SIGQUIT", "SIGHUP", "SIGUSR1"} <= set(re.findall(r"SIG[A-Z0-9]+", page))


def test_systemd_unit_of_the_manual_is_one():
    """Its command needs no address: the socket is systemd's."""
    units = re.findall(r"^\.Bd -literal -offset indent\n(\[(?:Socket|Service)\]\n.*?)\.Ed$", MANUAL, re.M | re.S)
    (socket_unit, service) = (configparser.ConfigParser(strict=False) for _ in range(2))
    socket_unit.read_string(units[0]), service.read_string(units[1])
    assert socket_unit["Socket"]["ListenStream"] == "8080"
    program, *words = shlex.split(service["Service"]["ExecStart"])
    assert program == "tcpchat" and words[0] == "listen" and not [word for word in words if word.isdigit()]
    assert service["Service"]["StandardInput"] == "null"


def events_block(pattern, **changes):
    """The commands about events that match, one block of the guide."""
    section = GUIDE[GUIDE.index("**Events.**"):GUIDE.index("**A service.**")]
    block, = [found for found in re.findall(r"(?:^    .*\n)+", section, re.M) if re.search(pattern, found)]
    for old, new in changes.items():
        block = re.sub(rf"\b{old}\b", str(new), block)
    return block


def test_script_waits_for_the_listening_event_and_counts_bytes(shell, tmp_path):
    port = free_port()
    run = shell(events_block("listen 8080", **{"8080": port}) + "echo stands; wait", tmp_path)
    assert run.stdout.readline() == b"stands\n"
    peer = socket.create_connection(("127.0.0.1", port), PATIENCE)
    here = peer.getsockname()[1]
    peer.sendall(b"hello")
    peer.close()
    log = tmp_path / "log"
    until(lambda: b'"closed"' in log.read_bytes(), "the end of the conversation")
    counted = shell(events_block("closed"), tmp_path)
    assert counted.communicate()[0].decode() == f"127.0.0.1:{here} 5 0\n"


def test_bot_of_the_guide_answers_questions(shell, tcpchat, tmp_path):
    with crowd_of(tcpchat, "--chat", stdin=subprocess.DEVNULL) as crowd:
        one = crowd.join(None)
        shell(events_block("mkfifo", host="127.0.0.1", **{"8080": crowd.run.port}), tmp_path)
        line_until(one, "-!- peer2 is now clock")
        one.say("clock, what time is it?")
        assert re.search(r"^clock: .*\d\d:\d\d:\d\d", one.line())


def line_until(peer, wanted):
    while peer.line() != wanted:
        pass
