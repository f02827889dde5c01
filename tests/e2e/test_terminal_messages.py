# SPDX-License-Identifier: GPL-3.0-or-later
"""When a message ends at a terminal, which charset it is read in, and that no terminal holds up a peer."""
import array
import fcntl
import re
import select
import socket
import termios
import time

import pytest

from harness import PATIENCE, in_background, line_from, resident, until
from screen import messages

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
NAME = {"listen": "peer1", "connect": "peer"}
SHORT = ["什么", "一些", "系统", "为什么", "也", "去"]  # valid UTF-8 when written in GBK


def wait_messages(screen, expected):
    screen.wait_for(lambda screen: len(messages(screen)) >= len(expected))
    assert messages(screen) == expected


def nodelay(peer):
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return peer


# Ends of messages.

@both_roles
def test_message_without_a_newline_is_shown(talk, role):
    screen, peer = talk(role)
    peer.sendall("没有换行".encode())
    screen.wait_for(f"{NAME[role]}│ 没有换行")


def test_message_ends_at_the_peers_end(talk):
    screen, peer = talk("listen")
    peer.sendall("一\n二".encode())
    peer.close()
    screen.wait_for("peer1│ 一\npeer1│ 二\n▸ peer1 left")


def test_several_messages_in_one_packet(talk):
    screen, peer = talk("listen")
    peer.sendall("一\n二\r\n\n三".encode())
    wait_messages(screen, ["一", "二", "", "三"])


def send_slowly(peer, data, pause):
    """Byte by byte; returns the longest pause that there really was."""
    longest, last = 0, time.monotonic()
    for i in range(len(data)):
        peer.sendall(data[i:i + 1])
        now = time.monotonic()
        longest, last = max(longest, now - last), now
        select.select([], [], [], pause)
    return longest


def test_single_bytes_are_one_message(talk):
    """Pauses under 50 ms end nothing."""
    screen, peer = talk("connect")
    nodelay(peer)
    text = "慢慢地说 slowly"
    for _ in range(10):  # a busy machine may have paused for longer
        before = len(messages(screen))
        longest = send_slowly(peer, text.encode(), 0.01)
        screen.wait_for(lambda screen: "".join(messages(screen)[before:]).endswith(text))
        screen.settle()
        if longest < 0.03:
            break
    else:
        pytest.skip("this machine is too busy to send a byte every 30 ms")
    assert messages(screen)[before:] == [text]


def test_silence_ends_a_message(talk):
    screen, peer = talk("connect")
    peer.sendall("前半".encode())
    screen.wait_for("peer│ 前半")
    peer.sendall("后半\n".encode())
    wait_messages(screen, ["前半", "后半"])


def test_line_end_after_a_silence_is_dropped(talk):
    screen, peer = talk("connect")
    peer.sendall("一行".encode())
    screen.wait_for("peer│ 一行")
    peer.sendall(b"\n")
    peer.sendall("第二行".encode())
    wait_messages(screen, ["一行", "第二行"])


@pytest.mark.parametrize("pieces", [["一行\r", "\n第二行\r\n"], ["一行", "\r", "\n", "第二行\r", "\n"]])
def test_crlf_split_over_packets(talk, pieces):
    screen, peer = talk("connect")
    nodelay(peer)
    for piece in pieces:
        peer.sendall(piece.encode())
        screen.pump(0.01)
    peer.sendall(b"end\n")
    wait_messages(screen, ["一行", "第二行", "end"])


def test_crlf_split_by_a_silence(talk):
    screen, peer = talk("connect")
    peer.sendall("一行\r".encode())
    screen.wait_for("peer│ 一行")
    peer.sendall(b"\nend\n")
    wait_messages(screen, ["一行", "end"])
    assert "^M" not in screen.text


CUTS = [("utf-8", "你", 1), ("utf-8", "你", 2), ("utf-8", "😀", 1), ("utf-8", "😀", 2), ("utf-8", "😀", 3),
        ("gbk", "你", 1), ("gb18030", "㐀", 1), ("gb18030", "㐀", 2), ("gb18030", "㐀", 3), ("big5", "你", 1),
        ("shift_jis", "日", 1), ("euc-kr", "한", 1)]


@pytest.mark.parametrize("charset, character, cut", CUTS)
def test_cut_character_is_never_shown_in_halves(talk, charset, character, cut):
    """The text before the cut character is shown after the silence; the character waits for its rest."""
    screen, peer = talk("connect", "-e", charset)
    whole = character.encode(charset)
    peer.sendall("abc".encode() + whole[:cut])
    screen.wait_for("peer│ abc")
    screen.settle()
    peer.sendall(whole[cut:] + b"\n")
    screen.wait_for(f"peer│ {character}")
    assert messages(screen) == ["abc", character]
    assert "\ufffd" not in screen.given.decode() and "<U+" not in screen.text


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
@pytest.mark.parametrize("option", [[], ["-e", "utf-8,gbk"]], ids=["auto", "list"])
def test_cut_character_is_no_evidence(talk, charset, option):
    """Two of the three bytes of a hanzi are valid GBK, always."""
    screen, peer = talk("connect", *option)
    text = "你好".encode(charset)
    for cut in range(1, len(text)):
        peer.sendall(f"{cut}: ".encode() + text[:cut])
        screen.wait_for(f"peer│ {cut}:")
        screen.settle(0.1)
        peer.sendall(text[cut:] + b"\n")
        screen.wait_for(lambda screen: "".join(messages(screen)).endswith("你好") and
                        "".join(messages(screen)).count("你") == cut)
    assert "\ufffd" not in screen.given.decode()


def test_cut_character_at_the_end_is_bad_text(talk):
    screen, peer = talk("connect", "-e", "utf-8")
    peer.sendall("好".encode() + "你".encode()[:2])
    peer.close()
    assert screen.wait() == 0
    assert "".join(messages(screen)) == "好\ufffd"


def test_half_a_character_alone_is_not_shown(talk):
    screen, peer = talk("connect", "-e", "gbk")
    peer.sendall("你".encode("gbk")[:1])
    screen.watch(0.3)
    assert messages(screen) == []
    peer.sendall("你".encode("gbk")[1:])
    wait_messages(screen, ["你"])


# Long lines.

def pieces_of(screen, name):
    """The marks and texts of a message's pieces."""
    pieces = []
    for row in screen.rows:
        if match := re.match(rf"{name} *│(\+| )(.*)$", row):
            pieces.append([match.group(1), match.group(2)])
        elif pieces and (match := re.match(r" +│ (.*)$", row)):
            pieces[-1][1] += match.group(1)
    return pieces


@both_roles
@pytest.mark.parametrize("unit", ["x", "长", "a长"])
def test_long_line_becomes_several_marked_messages(talk, role, unit):
    screen, peer = talk(role)
    text = unit * (20000 // len(unit.encode()))
    peer.sendall((text + "\nshort\n").encode())
    screen.wait_for(f"{NAME[role]}│ short")
    *pieces, last = pieces_of(screen, NAME[role])
    assert last == [" ", "short"]
    assert [mark for mark, _ in pieces] == [" ", "+", "+"]
    assert "".join(text for _, text in pieces) == text
    assert all(len(text.encode()) <= 8192 for _, text in pieces)


def test_line_of_just_8_kib_is_one_message(talk):
    screen, peer = talk("connect", columns=200)
    peer.sendall(b"x" * 8192 + b"\n" + b"y" * 8193 + b"\nend\n")
    screen.wait_for("peer│ end")
    assert [(mark, len(text)) for mark, text in pieces_of(screen, "peer")] == [
        (" ", 8192), (" ", 8192), ("+", 1), (" ", 3)]


# Which charset.

@both_roles
def test_gbk_peer_is_answered_in_gbk(talk, role):
    screen, peer = talk(role)
    peer.sendall("你好,我说中文\n".encode("gbk"))
    screen.wait_for(f"{NAME[role]}│ 你好,我说中文")
    screen.wait_for(f"▸ {NAME[role]} speaks GBK\n")
    screen.enter("收到,谢谢")
    assert line_from(peer).decode("gbk") == "收到,谢谢\n"


@both_roles
def test_utf8_peer_is_answered_in_utf8(talk, role):
    screen, peer = talk(role)
    peer.sendall("你好,我说中文\n".encode())
    screen.wait_for(f"{NAME[role]}│ 你好,我说中文")
    screen.enter("收到,谢谢")
    assert line_from(peer).decode() == "收到,谢谢\n"


def test_detected_charset_is_told_once(talk):
    screen, peer = talk("connect")
    for number in range(5):
        peer.sendall(f"第{number}句话说得很清楚\n".encode("gbk"))
        screen.wait_for(f"第{number}句话说得很清楚")
    assert screen.text.count("speaks") == 1


def test_ascii_says_nothing_about_a_charset(talk):
    screen, peer = talk("connect")
    peer.sendall(b"hello\nworld\n")
    screen.wait_for("peer│ world")
    screen.enter("你好")
    assert line_from(peer).decode() == "你好\n"
    assert "speaks" not in screen.text


@pytest.mark.parametrize("word", SHORT)
@pytest.mark.parametrize("charset", ["gbk", "utf-8"])
def test_short_words_after_one_clear_line(talk, charset, word):
    screen, peer = talk("connect")
    peer.sendall("今天天气很好,我们出去走走吧\n".encode(charset))
    screen.wait_for("今天天气很好")
    peer.sendall(f"{word}\n".encode(charset))
    screen.wait_for(f"peer│ {word}\n")


def test_two_peers_with_different_charsets(talk):
    """Each is read and answered in its own."""
    screen, first = talk("listen")
    second = talk.call(screen)
    first.sendall("我用的是国标码\n".encode("gbk"))
    second.sendall("我用的是万国码\n".encode())
    screen.wait_for("peer1│ 我用的是国标码")
    screen.wait_for("peer2│ 我用的是万国码")
    screen.wait_for("▸ peer1 speaks GBK\n")
    screen.wait_for("▸ peer2 speaks UTF-8\n")
    for word in SHORT:
        first.sendall(f"{word}\n".encode("gbk"))
        screen.wait_for(f"peer1│ {word}\n")
        second.sendall(f"{word}\n".encode())
        screen.wait_for(f"peer2│ {word}\n")
    screen.enter("大家好")
    assert line_from(first).decode("gbk") == "大家好\n"
    assert line_from(second).decode() == "大家好\n"


@pytest.mark.parametrize("lang, legacy, text", [
    ("zh_TW.UTF-8", "big5", "請問這裡有人嗎"), ("ja_JP.UTF-8", "shift_jis", "すみません、誰かいますか"),
    ("ko_KR.UTF-8", "euc-kr", "안녕하세요 반갑습니다"), ("zh_CN.UTF-8", "gbk", "有人在吗,请问"),
    ("C", "gbk", "有人在吗,请问"),
])
def test_auto_follows_the_language(talk, person, locales, lang, legacy, text):
    screen, peer = talk("connect", env=person(LC_ALL=None, LANG=lang, LOCPATH=locales))
    peer.sendall((text + "\n").encode(legacy))
    screen.wait_for(f"peer│ {text}")
    screen.enter(text)
    assert line_from(peer).decode(legacy) == text + "\n"


@pytest.mark.parametrize("option, sent, seen", [
    ("gbk", "你好".encode("gbk"), "你好"), ("big5", "你好".encode("big5"), "你好"),
    ("utf-8,big5", "這是什麼呢".encode("big5"), "這是什麼呢"), ("euc-kr", "한국".encode("euc-kr"), "한국"),
    ("latin1", b"caf\xe9", "café"), ("windows-1251", "Привет".encode("cp1251"), "Привет"),
])
def test_encoding_option_decodes_the_peer(talk, option, sent, seen):
    screen, peer = talk("connect", "-e", option)
    peer.sendall(sent + b"\n")
    screen.wait_for(f"peer│ {seen}")


def test_encoding_variable_counts_at_a_terminal(talk, person):
    screen, peer = talk("connect", env=person(TCPCHAT_ENCODING="big5"))
    peer.sendall("你好\n".encode("big5"))
    screen.wait_for("peer│ 你好")
    screen.enter("好")
    assert line_from(peer).decode("big5") == "好\n"


def test_byte_order_mark_is_dropped(talk):
    screen, peer = talk("connect")
    peer.sendall("\ufeff你好\n".encode())
    screen.wait_for("peer│ 你好\n")


def test_missing_characters_of_the_peer_are_replaced(talk):
    screen, peer = talk("connect", "-e", "gbk")
    screen.enter("笑😀了")
    assert line_from(peer).decode("gbk") == "笑?了\n"
    screen.wait_for("▸ 1 character is not in GBK and was sent as ?: U+1F600\n")
    screen.enter("😀和😃")
    assert line_from(peer).decode("gbk") == "?和?\n"
    screen.wait_for("▸ 2 characters are not in GBK and were sent as ?, the first U+1F600\n")


def test_crlf_for_the_peer(talk):
    screen, peer = talk("connect", "-C")
    screen.enter("你好")
    assert line_from(peer).decode() == "你好\r\n"


# All peers get the lines of the operator, and none those of another peer.

def test_line_goes_to_all_peers(talk):
    screen, first = talk("listen")
    peers = [first] + [talk.call(screen) for _ in range(4)]
    screen.enter("大家好")
    assert [line_from(peer).decode() for peer in peers] == ["大家好\n"] * 5
    first.sendall("我在\n".encode())
    screen.wait_for("peer1│ 我在")
    assert not select.select(peers, [], [], 0)[0]


# A terminal that takes no output.

FLOOD = 3000
LONG = 8000


def flood(peer, sent):
    """24 MB in lines, more than all buffers between two processes hold."""
    for number in range(FLOOD):
        peer.sendall(f"洪水{number:04}".encode() + b"." * LONG + b"\n")
        sent.append(number)


def hold(screen, how):
    if how == "Ctrl-S":
        screen.settle()
        screen.press("ctrl-s")
        screen.settle()
    else:
        screen.settle()
        screen.stall()


def let_go(screen, how):
    if how == "Ctrl-S":
        screen.press("ctrl-q")
    else:
        screen.go_on()


@pytest.mark.parametrize("how", ["Ctrl-S", "stalled"])
def test_held_terminal_delays_no_peer_of_listen(talk, how):
    """One peer floods, one chats, the operator answers; afterwards a notice counts the dropped lines."""
    screen, flooding = talk("listen", columns=200)
    chatting = talk.call(screen)
    hold(screen, how)
    began, sent = time.monotonic(), []
    flooding.settimeout(2 * PATIENCE)
    thread = in_background(flood, flooding, sent)
    chatting.sendall("你在吗\n".encode())
    screen.enter("我在")
    assert line_from(chatting).decode() == "我在\n"
    assert line_from(flooding).decode() == "我在\n"
    thread.join(2 * PATIENCE)
    assert len(sent) == FLOOD
    screen.watch(max(0, began + 3 - time.monotonic()))
    screen.enter("还在")
    assert line_from(chatting).decode() == "还在\n"
    until(lambda: not unread(flooding), "the flood to be taken")
    let_go(screen, how)
    match = screen.wait_for(re.compile(r"▸ (\d+) lines were not shown, the terminal was too slow"), 2 * PATIENCE)
    chatting.sendall("又看见了\n".encode())
    screen.wait_for("peer2│ 又看见了", 2 * PATIENCE)
    screen.wait_for(f"洪水{FLOOD - 1:04}")
    missing = sum(int(number) for number in re.findall(r"(\d+) lines were not shown", screen.text))
    shown = len(re.findall(r"洪水\d{4}", screen.text))
    assert int(match.group(1)) > 0
    others = 5  # lines that may be among the missing: 你在吗, 我在, 还在, and what the two peers speak
    assert FLOOD <= shown + missing <= FLOOD + others


def unread(peer):
    """Bytes that the other side has not acknowledged."""
    number = array.array("i", [0])
    fcntl.ioctl(peer, termios.TIOCOUTQ, number)
    return number[0]


@pytest.mark.parametrize("how", ["Ctrl-S", "stalled"])
def test_held_terminal_makes_the_peer_of_connect_wait(talk, how):
    """The peer is read no further, and nothing is lost; typed lines still go out."""
    screen, peer = talk("connect", columns=80)
    hold(screen, how)
    sent = []
    thread = in_background(flood, peer, sent)
    screen.enter("我在")
    assert line_from(peer).decode() == "我在\n"
    counts = []

    def stands_still():
        counts.append(len(sent))
        select.select([], [], [], 0.02)
        return len(counts) > 40 and counts[-1] == counts[-40]
    until(stands_still, "the peer to wait")
    assert len(sent) < FLOOD
    screen.enter("还在")
    assert line_from(peer).decode() == "还在\n"
    screen.paste("第一行\n第二行\n")
    screen.press("enter")
    assert [line_from(peer).decode() for _ in range(2)] == ["第一行\n", "第二行\n"]
    let_go(screen, how)
    # pyte draws slowly: only some of it is waited for, and that has no gap
    screen.wait_for("洪水0100", 4 * PATIENCE)
    numbers = [int(number) for number in re.findall(r"洪水(\d{4})", screen.text)]
    assert numbers == list(range(len(numbers)))
    assert "not shown" not in screen.text
    peer.shutdown(socket.SHUT_RDWR)  # wakes the thread, which a close would not
    thread.join(PATIENCE)
    peer.close()


def test_memory_stays_bounded_while_a_terminal_is_held(talk, person):
    """The quarantine of a sanitizer is not counted."""
    env = person(ASAN_OPTIONS="quarantine_size_mb=1:thread_local_quarantine_size_kb=64")
    screen, flooding = talk("listen", env=env)
    hold(screen, "stalled")
    sent = []
    flooding.settimeout(4 * PATIENCE)
    flood(flooding, sent)
    first = resident(screen.pid)
    flood(flooding, sent)
    flood(flooding, sent)
    assert resident(screen.pid) - first < 24 << 20


def test_slow_peer_delays_no_other(talk):
    screen, lazy = talk("listen")
    other = talk.call(screen)
    for number in range(100):
        screen.enter(f"第{number}句")
        assert line_from(other).decode() == f"第{number}句\n"
    lazy.close()
