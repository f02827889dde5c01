# SPDX-License-Identifier: GPL-3.0-or-later
"""First messages whose charset must be recognized, at a terminal and in a room."""
import socket

import pytest

from crowd import crowd_of
from test_terminal_messages import NAME, both_roles, line_from

# Each is valid UTF-8 when it is written in GBK: letters that are no word.
FIRST_WORDS = ["谢谢", "谢", "写", "住", "祝", "谢谢!", "谢谢 谢谢", "喂"]
BESIDE_ASCII = ["OK谢谢", "3Q谢谢", "Tom谢谢", "谢谢ok", "A谢", "B写", "ID写"]


@pytest.mark.parametrize("word", FIRST_WORDS + BESIDE_ASCII)
@pytest.mark.parametrize("lang", ["C", "zh_CN.UTF-8"])
def test_first_short_word_in_gbk_is_read_and_answered_in_gbk(talk, person, locales, lang, word):
    screen, peer = talk("listen", env=person(LC_ALL=None, LANG=lang, LOCPATH=locales))
    peer.sendall(f"{word}\n".encode("gbk"))
    screen.wait_for(f"peer1│ {word}\n")
    screen.enter("不客气")
    assert line_from(peer).decode("gbk") == "不客气\n"


@pytest.mark.parametrize("lang, words", [("zh_CN.UTF-8", "枚"), ("zh_CN.UTF-8", "猫")])
def test_prior_of_the_locale_decides_for_a_letter_that_is_a_word(talk, person, locales, lang, words):
    screen, peer = talk("connect", env=person(LC_ALL=None, LANG=lang, LOCPATH=locales))
    peer.sendall(f"{words}\n".encode("gbk"))
    screen.wait_for(f"peer│ {words}\n")


@pytest.mark.parametrize("text", ["é", "café", "да", "спасибо", "ευχαριστώ", "תודה רבה", "شكرا", "ö",
                                  "OK, спасибо", "Windows не работает", "привет, Tom", "OK, ευχαριστώ", "être"])
def test_first_word_in_utf8_is_read_whatever_its_language(talk, text):
    screen, peer = talk("connect")
    peer.sendall(f"{text}\n".encode())
    screen.wait_for(f"peer│ {text}\n")
    assert "speaks" not in screen.text


@both_roles
def test_notice_says_how_to_choose_while_the_charset_is_unsure(talk, person, role):
    """Without a prior ö stays a letter; the notice stands below the message, once, and its command works."""
    screen, peer = talk(role, env=person(LC_ALL="C.UTF-8"))
    for _ in range(2):
        peer.sendall("枚\n".encode("gbk"))
        screen.wait_for(f"{NAME[role]}│ ö\n▸ could also be GBK: 枚; /encoding {NAME[role]} gbk\n")
    assert screen.text.count("could also be") == 1
    screen.enter(f"/encoding {NAME[role]} gbk")
    screen.wait_for("speaks GBK, as was set")
    peer.sendall("枚\n".encode("gbk"))
    screen.wait_for(f"{NAME[role]}│ 枚\n")


@pytest.mark.parametrize("word, other", [("谢谢", "лл"), ("OK谢谢", "OKлл")])
def test_notice_tells_the_utf8_reading_of_a_first_word_in_gbk(talk, person, word, other):
    screen, peer = talk("listen", env=person(LC_ALL="C.UTF-8"))
    peer.sendall(f"{word}\n".encode("gbk"))
    screen.wait_for(f"peer1│ {word}\n▸ could also be UTF-8: {other}; /encoding peer1 utf-8\n")


def test_notice_tells_the_gbk_reading_of_a_word_beside_ascii(talk, person):
    """A Latin letter beside Latin letters may be a word; the doubt is told."""
    screen, peer = talk("listen", env=person(LC_ALL="C.UTF-8"))
    peer.sendall("没ok\n".encode("gbk"))
    screen.wait_for("peer1│ ûok\n▸ could also be GBK: 没ok; /encoding peer1 gbk\n")


@pytest.mark.parametrize("charset", ["gbk", "utf-8"])
def test_one_bad_byte_hides_no_line(talk, charset):
    screen, peer = talk("listen")
    peer.sendall("你好世界".encode(charset) + b"\xff\n")
    screen.wait_for("peer1│ 你好世界\N{REPLACEMENT CHARACTER}\n")


@both_roles
def test_peer_that_changes_its_charset_is_read_from_its_first_line_on(talk, role):
    screen, peer = talk(role)
    for number in range(5):
        peer.sendall(f"第{number}句话\n".encode())
        screen.wait_for(f"{NAME[role]}│ 第{number}句话\n")
    peer.sendall("现在说国标码\n".encode("gbk"))
    screen.wait_for(f"▸ {NAME[role]} speaks GBK\n{NAME[role]}│ 现在说国标码\n")
    screen.enter("收到")
    assert line_from(peer).decode("gbk") == "收到\n"
    peer.sendall("回到万国码\n".encode())
    screen.wait_for(f"▸ {NAME[role]} speaks UTF-8\n{NAME[role]}│ 回到万国码\n")


@pytest.mark.parametrize("text", ["café", "voilà", "é", "cliché, déjà"])
def test_line_in_windows_1252_that_ends_with_a_letter_is_read(talk, text):
    screen, peer = talk("listen", "-e", "utf-8,windows-1252")
    peer.sendall(text.encode("cp1252") + b"\n")
    screen.wait_for(f"peer1│ {text}\n")


@both_roles
@pytest.mark.parametrize("charset", ["utf-8,windows-1252", "windows-1252,utf-8"])
@pytest.mark.parametrize("text", ["café", "é", "ça né"])
def test_words_in_windows_1252_without_a_line_end_are_read_and_answered(talk, role, charset, text):
    """The last letter may be an unfinished character of UTF-8, but nothing finishes it for a second."""
    screen, peer = talk(role, "-e", charset)
    peer.sendall(text.encode("cp1252"))
    screen.wait_for(f"{NAME[role]}│ {text}\n")
    screen.enter("voilà")
    assert line_from(peer) == "voilà\n".encode("cp1252")


def test_character_of_utf8_that_comes_in_two_pieces_is_whole(talk):
    screen, peer = talk("listen", "-e", "utf-8,windows-1252")
    peer.sendall("café".encode()[:-1])
    screen.watch(0.3)
    peer.sendall("é".encode()[1:])
    screen.wait_for("peer1│ café\n")


def test_last_words_in_windows_1252_are_read(talk):
    screen, peer = talk("listen", "-e", "utf-8,windows-1252")
    peer.sendall("café".encode("cp1252"))
    peer.shutdown(socket.SHUT_WR)
    screen.wait_for("peer1│ café\n")


def test_room_reads_and_answers_a_first_short_word_in_gbk(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.send("谢谢\n".encode("gbk"))
        assert other.line() == "peer1: 谢谢"
        other.send("不客气\n".encode())
        one.charset = "gbk"
        assert one.line() == "peer2: 不客气"


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_one_charset_that_looks_wrong_is_told_with_the_remedy(talk, role):
    """Three characters are enough, in one message or several; then the peer is understood."""
    screen, peer = talk(role, "-e", "gbk")
    peer.sendall("你好\n".encode())
    screen.wait_for(f"{NAME[role]}│ {'你好'.encode().decode('gbk')}\n")
    peer.sendall("谢谢老师\n".encode())
    remedy = f"/encoding {NAME[role]} utf-8"
    screen.wait_for(f"▸ what {NAME[role]} sends looks like UTF-8, not GBK; {remedy}\n")
    screen.enter(remedy if role == "listen" else "/encoding utf-8")
    screen.wait_for(f"▸ {NAME[role]} speaks UTF-8, as was set\n")
    peer.sendall("看见了\n".encode())
    screen.wait_for(f"{NAME[role]}│ 看见了\n")
    assert screen.text.count("looks like") == 1


@pytest.mark.parametrize("sent", ["你好世界", "谢谢谢谢", "plain text", "Привет"])
def test_one_charset_that_is_right_is_not_doubted(talk, sent):
    screen, peer = talk("listen", "-e", "gbk")
    peer.sendall(f"{sent}\n再见\n".encode("gbk"))
    screen.wait_for("peer1│ 再见\n")
    assert "looks like" not in screen.text


def test_words_that_went_in_another_charset_are_told(talk):
    screen, peer = talk("connect")
    screen.enter("你好")
    assert peer.recv(100) == "你好\n".encode()
    peer.sendall("今天天气很好\n".encode("gbk"))
    screen.wait_for("▸ peer speaks GBK; your words before went as UTF-8\n")


def test_plain_words_before_are_not_told(talk):
    screen, peer = talk("connect")
    screen.enter("hello")
    assert peer.recv(100) == b"hello\n"
    peer.sendall("今天天气很好\n".encode("gbk"))
    screen.wait_for("▸ peer speaks GBK\n")
