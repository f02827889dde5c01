# SPDX-License-Identifier: GPL-3.0-or-later
"""The charset beside UTF-8 that `auto` takes by the language of the locale; UTF-16, which nobody reads."""
import os
import socket
import subprocess

import pytest

from crowd import crowd_of
from harness import RELEASE, ends, receive_all
from test_terminal_messages import messages


# A text with letters that only this charset has at these bytes, and the locales that lead to it.
LANGUAGES = {
    "big5": ("請問這裡有人嗎", "zh_TW zh_HK zh_MO.UTF-8"),
    "shift_jis": ("すみません、誰かいますか", "ja ja_JP.UTF-8"),
    "euc-kr": ("안녕하세요 반갑습니다", "ko ko_KR"),
    "cp1251": ("Добрый вечер", "ru_RU.UTF-8 uk bg be_BY mk sr_RS@latin"),
    "cp1250": ("Příliš žluťoučký kůň", "pl cs_CZ sk hu sl hr ro"),
    "cp1252": ("Schöne Grüße", "de_DE@euro fr es it pt_BR nl sv da nb nn fi is ca"),
    "cp1253": ("Καλημέρα σας", "el_GR"),
    "cp1254": ("İyi akşamlar", "tr az"),
    "cp1255": ("שלום לכולם", "he_IL"),
    "cp1256": ("السلام عليكم", "ar_EG fa"),
    "cp1257": ("Labą dieną", "lt lv et"),
    "cp1258": ("Chào các b\u0323n", "vi_VN"),
    "cp874": ("สวัสดีครับ", "th"),
    "gbk": ("有人在吗,请问", "zh_CN.UTF-8 zh en_US.UTF-8 C kok_IN kok elx ruxx_RU zh_TWX"),
}


@pytest.mark.parametrize("codec", LANGUAGES)
def test_auto_is_utf8_and_the_charset_of_the_language(tcpchat, codec):
    text, locales = LANGUAGES[codec]
    for locale in locales.split():
        env = {**os.environ, "LC_ALL": locale}
        with crowd_of(tcpchat, "--chat", "-e", "auto", "--local-encoding", "utf-8", env=env, program=RELEASE) as crowd:
            one, other = crowd.join_all(None, None)
            one.send(text.encode(codec if codec != "cp874" else "iso8859-11") + b"\n")
            assert other.line() == f"peer1: {text}", locale


@pytest.mark.parametrize("mark, codec", [(b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be")])
@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "windows-1251"])
def test_utf16_is_named_in_a_pipe(tcpchat, encoding, mark, codec):
    run = tcpchat("listen", "-e", encoding, "--local-encoding", "gb18030", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall(mark[:1])
        peer.sendall(mark[1:] + "abc\n".encode(codec))
        peer.shutdown(socket.SHUT_WR)
        run.end_input()
        receive_all(peer)
        label = "127.0.0.1:%d" % peer.getsockname()[1]
    ends(run, 0 if encoding == "windows-1251" else 3)
    assert f"tcpchat: {label} sends UTF-16, which tcpchat does not read" in run.stderr.decode().splitlines()


def test_utf16_has_the_address_of_its_peer_among_many(tcpchat):
    run = tcpchat("listen", "-k", "--reply", "x", "-e", "utf-8", "127.0.0.1", 0, stdin=subprocess.DEVNULL)
    with run.call() as peer:
        peer.sendall(b"\xff\xfe" + "abc\n".encode("utf-16-le"))
        run.expect_stderr(b"tcpchat: 127\\.0\\.0\\.1:%d sends UTF-16, which tcpchat does not read\n" % peer.getsockname()[1])


def test_letters_of_windows_1251_are_not_named_utf16(tcpchat):
    run = tcpchat("listen", "-e", "windows-1251", "127.0.0.1", 0)
    with run.call() as peer:
        peer.sendall("яюмор\n".encode("cp1251"))
        peer.shutdown(socket.SHUT_WR)
        run.end_input()
        receive_all(peer)
    assert run.read_all().decode() == "яюмор\n"
    ends(run, 0)
    assert b"UTF-16" not in run.stderr


def test_letters_of_windows_1251_leave_later_bad_text_to_be_told(tcpchat):
    with crowd_of(tcpchat, "--chat", "-e", "utf-8,windows-1252") as crowd:
        one, other = crowd.join_all(None, None)
        one.send(b"\xff\xfe is text\n")
        assert other.line() == "peer1: ÿþ is text"
        one.send(b"\x81 is none\n")
        assert other.line()
        crowd.run.process.terminate()
        log = crowd.run.read_all().decode().splitlines()
        assert not [line for line in log if "UTF-16" in line]


def test_utf16_is_named_once_in_a_room(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        joined = crowd.join()
        for _ in range(2):
            joined.send(b"\xff\xfe" + "abc\n".encode("utf-16-le"))
        joined.finish()
        assert other.until_line("-!- peer3 left")
        crowd.run.process.terminate()
        log = crowd.run.read_all().decode().splitlines()
        assert [line for line in log if "peer3 sends" in line] == ["-!- peer3 sends UTF-16, which tcpchat does not read"]


@pytest.mark.parametrize("cuts", [(1,), (2,), (1, 2)], ids=str)
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("options", [[], ["-e", "gbk"], ["-e", "raw"]], ids=" ".join)
def test_mark_of_utf16_is_known_however_it_is_cut(talk, options, codec, cuts):
    screen, peer = talk("listen", *options)
    data = "\ufeff你好hi".encode(codec)
    for begin, end in zip((0, *cuts), (*cuts, len(data))):
        peer.sendall(data[begin:end])
        screen.watch(0.1)
    screen.wait_for("▸ peer1 sends UTF-16, which tcpchat does not read\npeer1│ ")
    assert "speaks" not in screen.text and len(messages(screen)) == 1


def test_half_a_mark_of_utf16_is_told_at_the_end(talk):
    screen, peer = talk("listen")
    peer.sendall(b"\xfe")
    peer.close()
    screen.wait_for("peer1│ \N{REPLACEMENT CHARACTER}\n▸ peer1 left")
