# SPDX-License-Identifier: GPL-3.0-or-later
"""The pictures of docs/pictures: sessions of people at terminals, as a terminal emulator draws them.

Each session is typed into a shell. It takes place in a network of its own, where the ports of the picture are free and
the system can choose one port only for a caller. So pictures show what the programs wrote, but for the times of day in
the hex view: CLOCKS are written over them, digit by digit."""
import contextlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

from drawing import Window, picture
from harness import TCPCHAT, environment
from lesson import renumbered
from screen import Display, Screen

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/pictures"
HOSTS = "127.0.0.1 localhost scale\n"
PORTS = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")  # of the network of the process that opens it
LOCALE = {"en": "C.UTF-8", "zh_CN": "zh_CN.UTF-8"}
CLOCK = re.compile(r"\d\d:\d\d:\d\d\.\d{3}")
CLOCKS = ["16:02:11.482", "16:02:11.517", "16:02:19.306", "16:02:19.540"]
FAINT = 2


class Painted(Display):
    """A display that knows faint text, which pyte passes over: its colour is "dim"."""

    def select_graphic_rendition(self, *attributes, **private):
        super().select_graphic_rendition(*attributes, **private)
        if FAINT in attributes:
            self.cursor.attrs = self.cursor.attrs._replace(fg="dim")


class Terminal(Screen):
    """A shell in a window. What is typed into it waits for its prompt."""

    def __init__(self, desk, title, columns, rows, charset="utf-8"):
        super().__init__(["sh"], columns=columns, rows=rows, charset=charset, env=desk.environment, cwd=desk.folder,
                         display=Painted)
        self.title = title
        self.wait_for(re.compile(r"^\$$", re.M))

    def say(self, line, *until):
        """Types a line and waits for texts."""
        self.enter(line)
        for text in until:
            self.wait_for(text)
        return self

    def window(self, rows):
        """So many rows from the top on, all that the program has written."""
        self.settle()
        assert len(self.rows) <= rows, f"{len(self.rows)} rows:\n{self.text}"
        return Window(self.title, settled_times([self.looks(y) for y in range(rows)]), self.cursor)


def settled_times(rows):
    """Rows whose times of day are the picture's, of the same width."""
    clocks = iter(CLOCKS)
    return [settled_time(row, clocks) for row in rows]


def settled_time(row, clocks):
    match = CLOCK.search("".join(cell.data or " " for cell in row))
    if not match:
        return row
    start, end = match.span()
    new = [cell._replace(data=digit) for cell, digit in zip(row[start:end], next(clocks))]
    return row[:start] + new + row[end:]


class Desk:
    """Somebody's terminals, in a language. All of them end with it."""

    def __init__(self, folder, language, locales):
        self.folder, self.opened = folder, []
        tools = folder / "tools"
        tools.mkdir()
        (tools / "tcpchat").symlink_to(TCPCHAT)
        (tools / "nc").symlink_to(shutil.which("nc.openbsd"))
        self.environment = environment(
            PATH=f"{tools}:{os.environ['PATH']}", HOME=str(folder), TERM="xterm-256color", PS1="$ ", ENV=None, TZ="UTC",
            LC_ALL=LOCALE[language], LOCPATH=None if language == "en" else str(locales), INPUTRC="/dev/null",
            TCPCHAT_NO_HISTORY="1", ASAN_OPTIONS="detect_leaks=0", NO_COLOR=None, COLUMNS=None, LINES=None)

    def terminal(self, *arguments, **options):
        self.opened.append(Terminal(self, *arguments, **options))
        return self.opened[-1]

    def next_port(self, port):
        """The next connection begins at this port."""
        PORTS.write_text(f"{port} {port}\n")

    def close(self):
        for screen in self.opened:
            screen.close()


# ---- the sessions ----

WORDS = {
    "en": {"utf-8": "a terminal in UTF-8", "gbk": "a terminal in GBK", "big5": "a terminal in Big5", "scale": "a bench",
           "conversation": "Two people, two charsets, and a line that is half typed",
           "room": "A room with three charsets",
           "devices": "A device on the bench, byte for byte"},
    "zh_CN": {"utf-8": "UTF-8 终端", "gbk": "GBK 终端", "big5": "Big5 终端", "scale": "工作台",
              "conversation": "两个人、两种字符集，还有一行正在输入",
              "room": "三种字符集的聊天室",
              "devices": "调试设备，逐个字节", "explain": "逐个讲解套接字的调用", "here": "监听端", "there": "连接端"},
}


def conversation(desk, words):
    here = desk.terminal(words["utf-8"], 84, 9)
    here.say("tcpchat listen 8080", "/help")
    desk.next_port(51354)
    there = desk.terminal(words["gbk"], 84, 6, charset="gbk")
    there.say("nc localhost 8080").say("你好，请问周五的会议在哪里开？")
    here.wait_for("│ 你好，请问")
    here.say("你好！在二楼的大会议室，下午三点开始。")
    there.wait_for("下午三点")
    here.type("另外，请带上")
    here.wait_for("> 另外，请带上")
    there.say("谢谢，我会准时到。", "谢谢，我会准时到。")
    here.wait_for("│ 谢谢")
    here.wait_typed("> 另外，请带上")
    return [[here.window(8)], [there.window(5)]]


def room(desk, words):
    host = desk.terminal(words["utf-8"], 85, 20)
    host.say("tcpchat listen --chat --name kai 8080", "/help")
    members = []
    for i, (charset, name) in enumerate([("gbk", "lin"), ("big5", "mei")]):
        desk.next_port(51354 + 2 * i)
        members.append(desk.terminal(words[charset], 40, 20, charset=charset))
        members[-1].say("nc localhost 8080", "-!- you are peer").say(f"/nick {name}", f"you are {name}")
    lin, mei = members
    mei.say("/encoding big5", "you speak BIG5")
    lin.wait_for("peer2 is now mei")
    lin.say("大家早上好！我在北京，用的是 GBK。")
    for other in (host, mei):
        other.wait_for("我在北京")
    mei.say("早安！我在台北，用的是 Big5。")
    for other in (host, lin):
        other.wait_for("我在台北")
    host.say("Good morning, 早上好！")
    for member in members:
        member.wait_for("Good morning, 早上好！")
    return [[host.window(11)], [member.window(10) for member in members]]


def explain(desk, words):
    here = desk.terminal(words["here"], 82, 30)
    here.say("tcpchat listen --explain 127.0.0.1 8080", "/help")
    desk.next_port(51354)
    there = desk.terminal(words["there"], 82, 10)
    there.say("nc -N localhost 8080")
    here.wait_for("peer1 127.0.0.1:51354")
    there.say("你好，服务器", "你好，服务器")
    here.wait_for("│ 你好")
    there.press("ctrl-d")
    here.wait_for("TIME_WAIT 在对端")
    return [[here.window(19)], [there.window(3)]]


SCALE = r"""on /^R/
    reply \x02毛重 12.50 公斤\x03
on /T/
    after 200ms
    reply \x02去皮\x03
"""


def devices(desk, words):
    (desk.folder / "scale.rules").write_text(SCALE, encoding="utf-8")
    desk.terminal("", 84, 10).say("tcpchat listen -k -v 4001 -e gbk --message gap:50ms --rules scale.rules", ":4001")
    desk.next_port(53122)
    here = desk.terminal(words["scale"], 84, 20)
    here.say("tcpchat connect -e gbk --message byte:03 --eol cr --view hex scale 4001", "/help")
    here.say("R", "毛重")
    here.say(r"/bytes \x02T\x03{xor8 from 1}", "去皮")
    return [[here.window(12)]]


PICTURES = {(scene.__name__, language): scene
            for scene, languages in ((conversation, LOCALE), (room, LOCALE), (explain, ["zh_CN"]), (devices, LOCALE))
            for language in languages}


def file_of(name, language):
    return f"{name}.svg" if language == "en" else f"{name}.{language}.svg"


def drawn(name, language, folder, locales):
    """The text of a picture; for a process in a network of its own."""
    with contextlib.closing(Desk(folder, language, locales)) as desk:
        return picture(WORDS[language][name], PICTURES[name, language](desk, WORDS[language]))


# ---- a network of its own ----

# $0 has the names of hosts; the rest is a command line.
APART = 'mount --bind "$0" /etc/hosts && ip link set lo up && exec "$@"'


class NoNetworks(Exception):
    """Nobody may make a network here."""


def in_network(folder, *argv):
    """Runs a command in a network and with names of hosts of its own; returns its output."""
    hosts = folder / "hosts"
    hosts.write_text(HOSTS)
    unshare = ["unshare", "--net", "--mount", *["--map-root-user"] * (os.geteuid() != 0)]
    as_here = [*unshare, "sh", "-c", APART, hosts]
    if subprocess.run([*as_here, "sh", "-c", f"cat {PORTS} > {PORTS}"], capture_output=True).returncode != 0:
        raise NoNetworks("no network of one's own may be made here")
    return subprocess.run([*as_here, *argv], stdout=subprocess.PIPE, text=True, encoding="utf-8", check=True).stdout


def made(name, language, folder, locales):
    """The text of a picture, drawn in a folder that is empty."""
    return in_network(folder, sys.executable, __file__, name, language, folder, locales)


def rows_of(svg):
    return svg.partition("<desc>")[2].partition("</desc>")[0].splitlines()


def agree(one, other):
    """Whether two pictures are the same, but for the numbers of descriptors, which are those of libraries, too."""
    here, there = rows_of(one), rows_of(other)
    if here == there:
        return one == other
    return renumbered([(0, here)]) == renumbered([(0, there)])


if __name__ == "__main__":
    name, language, folder, locales = sys.argv[1:]
    sys.stdout.reconfigure(encoding="utf-8")
    sys.stdout.write(drawn(name, language, pathlib.Path(folder), locales))
