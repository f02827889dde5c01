# SPDX-License-Identifier: GPL-3.0-or-later
"""tcpchat in Chinese: which variables choose it, and each place where a person reads: messages, help, the terminal.
Names in commands, rooms on the wire and programs stay as they are."""
import contextlib
import os
import pathlib
import re
import socket
import subprocess
import unicodedata

import pytest

from harness import RELEASE, TCPCHAT, Run, environment, free_port, until
from screen import Screen, width_in_east_asia
from tracing import trace

HAN = re.compile("[\u4e00-\u9fff]")
PAGES = [["help"], ["help", "listen"], ["help", "connect"], ["help", "-e"], *(["help", topic] for topic in (
    "conversation", "text", "time", "files", "people", "programs", "security"))]
needs_release = pytest.mark.skipif(not os.environ.get("TCPCHAT_RELEASE"), reason="sanitizers make calls of their own")


@pytest.fixture
def chinese(locales):
    """chinese(NAME=value...) is an environment in Chinese: LANG is zh_CN.UTF-8 unless it is given."""
    return lambda **changes: environment(**{"LC_ALL": None, "LANGUAGE": None, "LC_MESSAGES": None,
                                            "LANG": "zh_CN.UTF-8", "LOCPATH": locales} | changes)


def said(env, *words, program=TCPCHAT, **options):
    return subprocess.run([program, *words], env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, **options)


# ---- the choice ----

@pytest.mark.parametrize("variables, is_chinese", [
    ({}, True),
    ({"LANG": "C", "LC_ALL": "zh_CN.UTF-8"}, True),
    ({"LANG": "tr_TR.UTF-8", "LC_MESSAGES": "zh_CN.UTF-8"}, True),
    ({"LANG": "tr_TR.UTF-8", "LANGUAGE": "zh_CN"}, True),
    ({"LANG": "tr_TR.UTF-8", "LANGUAGE": "tr:zh_CN:en"}, True),
    ({"LC_ALL": "zh_CN.GBK"}, True),
    ({"LC_MESSAGES": "C"}, False),
    ({"LC_ALL": "C"}, False),
    ({"LC_ALL": "C", "LANGUAGE": "zh_CN"}, False),
    ({"LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN"}, False),
    ({"LC_ALL": "POSIX", "LANGUAGE": "zh_CN"}, False),
    ({"LANG": None, "LANGUAGE": "zh_CN"}, False),
    ({"LANGUAGE": "en"}, False),
    ({"LANGUAGE": "en_US:zh_CN"}, False),
    ({"LANG": "tr_TR.UTF-8"}, False),
    ({"LANG": "zh_CN.NONE"}, False),
], ids=str)
def test_variables_choose_the_language(chinese, variables, is_chinese):
    charset = "gbk" if "GBK" in str(variables) else "utf-8"
    assert bool(HAN.search(said(chinese(**variables), "help").stdout.decode(charset))) is is_chinese


def test_language_without_a_catalogue_is_english_throughout(chinese):
    """The system's own words, too."""
    failed = said(chinese(LANG="tr_TR.UTF-8"), "connect", "127.0.0.1", "9")
    assert failed.stderr == b"tcpchat: cannot connect to 127.0.0.1:9: Connection refused\n"


@needs_release
@pytest.mark.parametrize("variables", [{"LANG": "tr_TR.UTF-8", "LANGUAGE": "en"}, {"LC_ALL": "C.UTF-8", "LANGUAGE": "zh_CN"}],
                         ids=str)
def test_english_sentence_opens_no_file_and_costs_no_call(chinese, variables):
    nothing = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.DEVNULL)
    command = [RELEASE, "connect", "127.0.0.1", str(free_port())]
    plain = trace(command, env=environment(LC_ALL="C", LANGUAGE=None), **nothing)
    assert plain[0] == 1
    assert trace(command, env=chinese(**variables), **nothing) == plain


@needs_release
def test_run_without_a_sentence_opens_no_catalogue(chinese, listener):
    nothing = dict.fromkeys(["stdin", "stdout", "stderr"], subprocess.DEVNULL)
    status, _, paths = trace([RELEASE, "connect", "-z", "127.0.0.1", str(listener().port)], env=chinese(), **nothing)
    assert status == 0
    assert not [path for path in paths if "zh" in path or "locale" in path]


def test_no_variable_names_another_catalogue(chinese, tmp_path):
    """Its formats would be somebody else's."""
    catalogue = tmp_path / "zh_CN/LC_MESSAGES/tcpchat.mo"
    catalogue.parent.mkdir(parents=True)
    subprocess.run(["msgfmt", "-o", catalogue, "-"], check=True, input=b'msgid ""\nmsgstr "Content-Type: text/plain; '
                   b'charset=UTF-8\\n"\nmsgid "cannot connect to %s: %s"\nmsgstr "%n%n"\n')
    places = {name: str(tmp_path) for name in ("TEXTDOMAINDIR", "NLSPATH", "LOCALEDIR", "XDG_DATA_HOME")}
    assert "无法连接" in said(chinese(**places), "connect", "127.0.0.1", "9").stderr.decode()


def test_installed_program_has_its_catalogue(chinese, tmp_path):
    subprocess.run(["cmake", "--install", pathlib.Path(RELEASE).parent, "--prefix", tmp_path], check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "share/locale/zh_CN/LC_MESSAGES/tcpchat.mo").exists()
    assert "用法" in said(chinese(), "help", program=tmp_path / "bin/tcpchat").stdout.decode()


def test_program_of_exec_keeps_the_environment(chinese):
    env = chinese(LANGUAGE="zh_CN:en")
    with contextlib.closing(Run(["listen", "-v", "127.0.0.1", 0, "--exec", "env"], env=env)) as run:
        run.expect_stderr("正在监听 127.0.0.1:".encode())
        port = int(run.expect_stderr(rb":(\d+)\n").group(1))
        with socket.create_connection(("127.0.0.1", port), 30) as peer:
            lines = b"".join(iter(lambda: peer.recv(65536), b"")).decode().splitlines()
    seen = dict(line.split("=", 1) for line in lines if "=" in line)
    assert {name: value for name, value in seen.items() if not name.startswith("TCPCHAT_")} == env


# ---- messages ----

def test_messages_of_a_conversation(chinese, listener):
    there = listener()
    with contextlib.closing(Run(["connect", "-v", "127.0.0.1", there.port], env=chinese(), stdin=subprocess.DEVNULL)) as run:
        there.accept().close()
        assert run.wait() == 0
        name = f"tcpchat: 127.0.0.1:{there.port}"
        assert re.fullmatch(f"tcpchat: (已受限|部分受限|未受限).*\n{name} 已连接\n{name} 由(对方|本端)关闭；收到 0 字节，发送 0 字节\n", run.stderr.decode())


@pytest.mark.parametrize("words", [["connect", "127.0.0.1", "9"], ["listen", "8080", "-e", "无此"], ["listten"], ["connect", "8080"],
                                   ["listen", "--chat", "--broker", "8080"], ["connect", "http://example.org/"],
                                   ["connect", "-i", "soon", "h", "1"], ["listen", "-l", "8080"]], ids=str)
def test_gbk_messages_are_the_same_sentences(chinese, words):
    utf8 = said(chinese(), *words)
    gbk = said(chinese(LANG="zh_CN.GBK"), *[word.encode("gbk") for word in words])
    assert utf8.returncode == gbk.returncode != 0
    assert HAN.search(utf8.stderr.decode())
    if all(word.isascii() for word in words):
        assert gbk.stderr.decode("gbk") == utf8.stderr.decode()
    else:
        gbk.stderr.decode("gbk")


def test_system_error_is_translated_by_the_c_library(chinese):
    """Debian's locales bring libc.mo; without it the reason is English."""
    sentence = said(chinese(), "connect", "127.0.0.1", "9").stderr.decode()
    assert re.fullmatch("tcpchat: 无法连接 127.0.0.1:9：(拒绝连接|连接被拒绝|Connection refused)\n", sentence)


def test_right_commands_stand_in_the_sentence_as_they_are(chinese):
    assert said(chinese(), "listten", "8080").stderr.decode() == "tcpchat: “listten”不是命令；请用 tcpchat listen 8080\n"


def test_verbs_of_the_end_name_the_reason(chinese, listener):
    """A reason follows the peer's name, which the sentence gives once."""
    there = listener()
    with contextlib.closing(Run(["connect", "-v", "-i", "50ms", "127.0.0.1", there.port], env=chinese())) as run:
        peer = there.accept()
        assert run.wait() == 4
        peer.close()
        assert f"127.0.0.1:{there.port} 由本端中断：0.05 秒没有收发数据；" in run.stderr.decode()


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_progress_fits_its_row(chinese, listener, charset):
    """Its columns count, not its bytes."""
    there = listener()
    source, sink = os.pipe()
    env = chinese(LANG="zh_CN.GBK" if charset == "gbk" else "zh_CN.UTF-8")
    screen = Screen([TCPCHAT, "connect", "127.0.0.1", there.port, "--progress"], columns=44, env=env, charset=charset,
                    stdin=source, stdout=subprocess.DEVNULL)
    with contextlib.closing(screen), contextlib.closing(there.accept()):
        os.close(source)
        os.write(sink, b"a few bytes\n")
        screen.wait_for("发送 12 B")
        assert len(screen.rows) == 1 and 42 <= columns_of(screen.rows[0]) <= 43
        os.close(sink)


# ---- help ----

def shown_in(columns, env, words):
    """A page on a terminal of so many columns, as its bytes and the rows that it fills."""
    screen = Screen([TCPCHAT, *words], columns=columns, rows=200, env=env)
    try:
        until(lambda: not screen.pump() and screen.process.poll() is not None, "the end")
        while screen.pump():
            pass
        return screen.given.decode(), screen.rows
    finally:
        screen.close()


def columns_of(text):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
@pytest.mark.parametrize("lang", ["zh_CN.UTF-8", "C.UTF-8"])
def test_narrow_help_lacks_nothing(chinese, words, lang):
    env = chinese(LANG=lang)
    wide = said(env, *words).stdout.decode()
    narrow, rows = shown_in(40, env, words)
    assert "".join(narrow.split()) == "".join(wide.split())
    lines = narrow.replace("\r", "").splitlines()
    assert not [line for line in lines if columns_of(line) > 40 and not re.match(" *(tcpchat|用法|usage)", line)]
    assert all(columns_of(row) <= 40 for row in rows)


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_chinese_help_is_aligned_and_fits(chinese, words):
    page = said(chinese(), *words).stdout.decode()
    assert HAN.search(page)
    assert all(columns_of(line) <= 79 for line in page.splitlines())
    rows = [line for line in page.splitlines() if re.match(r"  (-\w|  )[, ] ", line) and HAN.search(line)]
    assert rows and all(row[29] == " " != row[30] for row in rows), rows


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_gbk_help_is_the_same_page(chinese, words):
    """A terminal of GBK draws quotes and dots wider, so rows may end elsewhere."""
    page = said(chinese(LANG="zh_CN.GBK"), *words).stdout.decode("gbk")
    assert "".join(page.split()) == "".join(said(chinese(), *words).stdout.decode().split())
    assert all(sum(map(width_in_east_asia, line)) <= 79 for line in page.splitlines())


def test_options_table_stays_english(chinese):
    """Scripts and completions read it."""
    assert said(chinese(), "__options").stdout == said(environment(), "__options").stdout


# ---- at a terminal ----

@pytest.fixture(params=["utf-8", "gbk"])
def in_chinese(request, talk, person, locales):
    """in_chinese(role, option...) as talk(), by a person who reads Chinese."""
    lang = {"utf-8": "zh_CN.UTF-8", "gbk": "zh_CN.GBK"}[request.param]
    env = person(LC_ALL=None, LC_MESSAGES=None, LANG=lang, LOCPATH=locales)

    def begin(*words, **options):
        screen, peer = talk(*words, env=env, charset=request.param, **options)
        screen.mark = "▸" if request.param == "utf-8" else "-!-"
        return screen, peer

    begin.call = talk.call
    return begin


def test_listener_at_a_terminal(in_chinese):
    screen, peer = in_chinese("listen")
    assert re.search(r"^正在监听 127\.0\.0\.1:\d+ . /help 列出命令 . Ctrl-D 离开$", screen.text, re.M)
    assert re.search(rf"^{screen.mark} peer1 127\.0\.0\.1:\d+ 加入$", screen.text, re.M)
    peer.sendall("你好\n".encode())
    screen.wait_for("你好")
    screen.enter("/who")
    screen.wait_for(re.compile(rf"^{screen.mark} peer1 \S+ 使用 UTF-8", re.M))
    screen.enter("/wo")
    screen.wait_for(f"{screen.mark} /wo 不是命令；是不是 /who？//wo 把它作为文本发送")
    screen.enter("/kick nobody")
    screen.wait_for(f"{screen.mark} 这里没有人叫 nobody；/who 列出所有人")
    screen.enter("/lock")
    screen.wait_for(f"{screen.mark} 已锁定，不再接受其他连接")
    peer.close()
    screen.wait_for(f"{screen.mark} peer1 离开")


def test_connection_at_a_terminal(in_chinese):
    screen, peer = in_chinese("connect")
    assert re.search(r"^已连接到 127\.0\.0\.1:\d+，本端 127\.0\.0\.1:\d+ . /help . Ctrl-D 结束$|/help 列出命令", screen.text, re.M)
    screen.enter("/send /no/such/file")
    screen.wait_for("无法读取 /no/such/file：")
    peer.close()
    screen.wait_for(re.compile(r"127\.0\.0\.1:\d+ 关闭了连接"))


@pytest.mark.parametrize("columns", [40, 80])
def test_commands_are_listed_in_columns(in_chinese, columns):
    screen, _ = in_chinese("listen", columns=columns)
    screen.enter("/help")
    screen.wait_for("发送 /text")
    text = "".join(screen.text.split())
    for shown in ("/help列出命令", "/quit离开", "/kickPEER把某人移出", "/clear清屏", "/toPEERTEXT只对一个人说"):
        assert shown in text
    assert all(columns_of(row) <= columns for row in screen.rows)
    if columns == 80:
        starts = {row.index(next(HAN.finditer(row))[0]) for row in screen.rows if re.search(r" /\w+ .*[\u4e00-\u9fff]", row)
                  and not row.startswith("正")}
        assert len(starts) == 1


def test_notice_in_forty_columns_breaks_between_letters(in_chinese):
    screen, peer = in_chinese("listen", columns=40)
    screen.enter("/frobnicate")
    screen.wait_for("文本发送")
    first = screen.row_of("/frobnicate 不是命令")
    assert columns_of(screen.rows[first]) >= 36, screen.rows
    joined = "".join(row.strip() for row in screen.rows[first:])
    assert "/frobnicate不是命令；/help列出命令，//frobnicate把它作为文本发送" in joined.replace(" ", "")


# ---- rooms ----

def test_room_speaks_english_on_the_wire(chinese):
    """Peers have their own charsets, and programs read the lines."""
    with contextlib.closing(Run(["listen", "--chat", "127.0.0.1", 0, "--name", "host"], env=chinese())) as run:
        run.expect_stderr("正在监听".encode())
        port = int(run.expect_stderr(rb":(\d+)\n").group(1))
        with socket.create_connection(("127.0.0.1", port), 30) as peer:
            peer.sendall(b"/nick a b\n/nick \xc3\xa9\xd0\xb6\n/encoding nonsense\n/kick x\n/msg\n/help\n/quit\n")
            heard = b"".join(iter(lambda: peer.recv(65536), b""))
    lines = heard.decode()
    assert not HAN.search(lines)
    assert lines.startswith("-!- you are peer1; /help lists commands\n")
    assert "-!- 'a b' is no name: it has blanks\n" in lines
    assert "'nonsense' is no charset" in lines
    assert "-!- /msg takes a peer and a text: /msg NAME TEXT\n" in lines
    assert "list the commands" in lines
