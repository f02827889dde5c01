# SPDX-License-Identifier: GPL-3.0-or-later
"""What tcpchat can be asked to do, one row each: the scenarios of all torture.

A row has the words of the command line, in which {port} is a listener of the test, how its peers behave, and what has
come to whom where the status says that all is well. No scenario moves more than a pipe holds, but those with files."""
import dataclasses
from typing import Callable, Optional

import acts
from acts import MANY, MANY_GBK, MINE, MINE_GBK, THEIRS, THEIRS_GBK
from play import Play
from proxies import SCRIPTS


@dataclasses.dataclass
class Scenario:
    name: str
    words: str
    play: Callable[[Play], None]
    gives: Optional[bytes] = THEIRS  # what a peer sends
    input: Optional[bytes] = MINE  # None: /dev/null
    heard: Optional[bytes] = MINE  # what a peer must get
    shown: Optional[bytes] = THEIRS  # what standard output must have
    statuses: frozenset = frozenset({0})  # of a run that did all right
    judge: Optional[Callable[[Play], None]] = None  # of such a run
    always: Optional[Callable[[Play], None]] = None  # of any run
    makes: tuple = ()  # files, removed before
    wrap: Optional[Callable] = None  # what a peer does before the conversation
    keeps_input: bool = False  # standard input does not end
    to_file: bool = False  # standard input and output are files
    is_terminal: bool = False
    prompt: bytes = b"> "


TABLE = {}
HERE, ANY = "127.0.0.1 {port}", "127.0.0.1 0"
STOPPED = frozenset({0, 143})  # a signal ends a room, or the room has emptied before


def row(name, words, play, **fields):
    assert name not in TABLE
    TABLE[name] = Scenario(name, words, play, **fields)


def pair(name, words, **fields):
    """A conversation of two."""
    row(name, words, **{"play": acts.converse, "judge": acts.judge_exact, "always": acts.judge_prefixes, **fields})


def room(name, words, play, **fields):
    row(name, words, play, **{"input": b"", "keeps_input": True, "shown": None, "statuses": STOPPED, **fields})


def person(name, words, **fields):
    row(name, words, **{"play": acts.type_and_read, "heard": "hello 你好\n".encode(), "is_terminal": True,
                        "gives": "answer 世界\n".encode(), **fields})


GBK = {"gives": THEIRS_GBK, "heard": MINE_GBK}
FILES = {"to_file": True, "input": MANY, "heard": MANY, "gives": MANY, "shown": MANY}
ECHO = {"input": None, "heard": THEIRS, "shown": b""}

pair("connect", f"connect {HERE}")
pair("listen", f"listen {ANY}")
pair("connect with files", f"connect {HERE}", **FILES)
pair("listen with files", f"listen {ANY}", **FILES)
pair("connect gbk", f"connect -e gbk {HERE}", **GBK)
pair("listen gbk", f"listen -e gbk {ANY}", **GBK)
pair("gbk with files", f"connect -e gbk {HERE}", **{**FILES, "heard": MANY_GBK, "gives": MANY_GBK})
pair("line ends", f"connect --eol crlf -v {HERE}", heard=MINE.replace(b"\n", b"\r\n"))
pair("send only", f"connect --send-only {HERE}", play=acts.converse_in_turn, shown=b"")
pair("receive only", f"listen --recv-only {ANY}", heard=b"")
pair("end with peer", f"listen --end-with-peer -q 9 {ANY}", play=acts.converse_in_turn)
pair("literal", f"connect --literal {HERE}", input=b"{hex 01 03}{crc16-modbus}\n\\x02ACK\n", heard=b"\1\3\x40\x21\n\2ACK\n")
pair("sum", f"listen --sum {ANY}")
pair("progress", f"connect --progress {HERE}")
pair("timeouts", f"connect -i 9 -q 9 -w 9 -s 127.0.0.1 -4 --timestamps -vv {HERE}")
pair("name", "connect localhost {port}")
pair("unix connect", "connect unix:{unix}")
pair("unix listen", "listen -v unix:socket", makes=("socket",))

row("probe", f"connect -z -v {HERE}", acts.reads_only, input=None)
row("refused", "connect 127.0.0.1 {reserved}", acts.nothing, statuses=frozenset({1}))
row("nobody comes", f"listen --listen-timeout 5ms {ANY}", acts.nothing, statuses=frozenset({4}))
pair("retry", "connect -vv --retry 9 127.0.0.1 {reserved}", play=acts.comes_late)

pair("output", f"connect -o out {HERE}", judge=acts.judge_output, makes=("out",))
pair("hex dump", f"listen -x dump {ANY}", judge=acts.judge_lines("dump", 1000), makes=("dump",))
pair("transcript", f"connect --transcript said {HERE}", judge=acts.judge_lines("said", 600), makes=("said",))
pair("events", f"listen --events events {ANY}", judge=acts.judge_events, makes=("events",))
pair("record", f"connect --record record {HERE}", judge=acts.judge_record, makes=("record",))
pair("explain", f"connect --explain {HERE}")
pair("explain gbk", f"listen --explain -e gbk {ANY}", **GBK)
pair("port file", f"listen --port-file port {ANY}", makes=("port",))

pair("tls connect", f"connect --tls --tls-ca {{ca}} --tls-name localhost {HERE}", wrap=acts.as_tls_server,
     play=acts.converse_in_tls)
pair("tls listen", f"listen --tls --tls-cert {{cert}} --tls-key {{key}} {ANY}", wrap=acts.as_tls_client,
     play=acts.converse_in_tls)
pair("tls by itself", f"listen --tls -e gbk {ANY}", wrap=acts.as_tls_client, play=acts.converse_in_tls, **GBK)
for kind in SCRIPTS:
    pair(f"proxy {kind}", f"connect --proxy {kind}://127.0.0.1:{{port}} example.org 80", wrap=acts.as_proxy(kind))
pair("proxy header", f"listen --proxy-protocol {ANY}", wrap=acts.with_header)

pair("exec", f"listen --exec cat {ANY}", **ECHO)
pair("exec gbk", f"listen -e gbk --exec cat {ANY}", **{**ECHO, "gives": THEIRS_GBK, "heard": THEIRS_GBK})
pair("exec connect", f"connect --exec cat {HERE}", **ECHO)
pair("shell", f"listen --sh-exec cat;: {ANY}", **ECHO)
row("forward", f"listen --forward 127.0.0.1:{{port}} {ANY}", acts.pass_on, input=None, heard=MINE,
    judge=acts.judge_passed, always=acts.judge_passed_prefixes)
row("replay", f"listen --replay {{played}} {ANY}", acts.answer_replay, input=None)
row("script", f"connect --script {{script}} {HERE}", acts.answer_script, input=None)

room("chat", f"listen --chat --rate 0 {ANY}", acts.meet)
room("chat with all beside", f"listen --chat --rate 0 -v --events events --transcript said -x dump -o out {ANY}",
     acts.meet, makes=("events", "said", "dump", "out"))
room("chat with a queue", f"listen --chat -m 1 {ANY}", acts.queue)
room("chat tls", f"listen --chat --rate 0 --tls --tls-cert {{cert}} --tls-key {{key}} {ANY}", acts.meet,
     wrap=acts.as_tls_client)
room("broker", f"listen --broker {ANY}", acts.relay_between)
room("keep open", f"listen -k --drain 9 {ANY}", acts.come_and_go, input=MINE, keeps_input=False, shown=b"",
     judge=acts.judge_lines_shown)
room("keep open gbk", f"listen -k -e gbk --drain 9 {ANY}", acts.come_and_go, input=MINE, keeps_input=False,
     heard=MINE_GBK, shown=b"", judge=acts.judge_lines_shown)
room("reply", f"listen -k --reply pong {ANY}", acts.ask, input=None, heard=b"pong")
room("rules", f"listen -k --rules {{rules}} {ANY}", acts.ask, input=None, heard=b"pong\n")
room("exec many", f"listen -k --exec cat {ANY}", acts.ask, input=None, heard=b"ping\n")
room("lists", f"listen -k --allow 127.0.0.0/8 --deny-file {{denied}} --max-per-host 5 --drain 9 {ANY}", acts.reread,
     input=None)

person("listen at a terminal", f"listen {ANY}")
person("connect at a terminal", f"connect {HERE}")
person("gbk at a terminal", f"connect -e utf-8,gbk --view both --timestamps {HERE}", gives="answer 世界\n".encode("gbk"))
person("chat at a terminal", f"listen --chat {ANY}")
person("file at a terminal", f"connect {HERE}", play=acts.send_file)
person("explain at a terminal", f"listen --explain --color always {ANY}")
