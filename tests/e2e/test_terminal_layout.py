# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of a terminal: banner, prompt, messages, notices, times, colours, in terminals of all kinds."""
import re
import socket

import pytest

from harness import ends, receive_all
from screen import cells_of, columns_of, flat, judge_terminal, laid_out

CHINESE = "今天的会议改到下午三点,请大家准时到第二会议室;带上笔记本 and the printed agenda,谢谢。"
NAME_COLUMNS = {"listen": 5, "connect": 4}
PEER = {"listen": "peer1", "connect": "peer"}
CLOCK = r"[0-2]\d:[0-5]\d:[0-5]\d"

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
in_columns = pytest.mark.parametrize("columns", [40, 80, 200])


def assert_rows(screen, first, rows):
    """The cells from that row on are these rows', every one of them."""
    after = first + len(rows)
    screen.wait_for(lambda screen: len(screen.rows) > after and screen.rows[after].startswith(">"))
    for y, row in enumerate(rows, first):
        assert screen.cells(y) == cells_of(row, screen.columns), screen.text


def first_row_of(screen, text):
    screen.wait_for(text)
    return screen.row_of(text)


def rows_of_message(screen, name):
    """The number of the first row of the first message under a name."""
    start = re.compile(rf"^({CLOCK} )?{re.escape(name)} *[│|]", re.M)
    screen.wait_for(start)
    return next(y for y, row in enumerate(screen.rows) if start.match(row))


# Banner and prompt.

def test_banner_of_listen_names_its_address(screen):
    listening = screen("listen", "127.0.0.1", 0).ready()
    banner = f"listening on 127.0.0.1:{listening.port} · /help lists commands · Ctrl-D leaves"
    assert listening.rows == [banner, ">"]
    assert listening.cells(0) == cells_of(banner, 80)
    assert listening.cursor == (1, 2)


def test_banner_of_listen_on_every_address_names_both(screen):
    listening = screen("listen", 0, columns=200).ready()
    port = re.search(r":(\d+) ", listening.text).group(1)
    assert listening.rows[0] in (
        f"listening on [::]:{port} and 0.0.0.0:{port} · /help lists commands · Ctrl-D leaves",
        f"listening on 0.0.0.0:{port} · /help lists commands · Ctrl-D leaves")
    assert listening.rows[1:] == [">"]


def test_banner_of_connect_names_both_ends(talk):
    screen, peer = talk("connect", columns=120)
    here, there = peer.getpeername()[1], peer.getsockname()[1]
    banner = f"connected to 127.0.0.1:{there} from 127.0.0.1:{here} · /help lists commands · Ctrl-D ends"
    assert screen.rows == [banner, ">"]
    assert screen.cursor == (1, 2)


def test_banner_of_connect_is_brief_where_that_fits_in_one_row(talk):
    screen, peer = talk("connect", columns=80)
    here, there = peer.getpeername()[1], peer.getsockname()[1]
    assert screen.rows == [f"connected to 127.0.0.1:{there} from 127.0.0.1:{here} · /help · Ctrl-D ends", ">"]


def test_banner_wraps_in_few_columns(talk):
    screen, peer = talk("connect", columns=40)
    here, there = peer.getpeername()[1], peer.getsockname()[1]
    banner = f"connected to 127.0.0.1:{there} from 127.0.0.1:{here} · /help lists commands · Ctrl-D ends"
    assert flat(screen.text) == flat(banner + ">")
    assert all(columns_of(row) <= 40 for row in screen.rows)


def test_connect_names_the_address_that_answered(screen, listener):
    there = listener()
    connecting = screen("connect", f"127.0.0.1:{there.port}")
    with there.accept():
        connecting.wait_for(f"connected to 127.0.0.1:{there.port} from 127.0.0.1:")


def test_banner_of_connect_to_a_unix_socket_names_no_own_end(screen, tmp_path):
    """The client's end has no name."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s"))
        server.listen()
        connecting = screen("connect", f"unix:{tmp_path}/s", columns=200)
        connecting.wait_for(f"connected to unix:{tmp_path}/s · /help")


# Messages.

@in_columns
@both_roles
def test_messages_are_laid_out_under_their_name(talk, role, columns):
    screen, peer = talk(role, columns=columns)
    peer.sendall((CHINESE + "\n").encode())
    rows = laid_out(PEER[role], CHINESE, columns, NAME_COLUMNS[role])
    assert_rows(screen, rows_of_message(screen, PEER[role]), rows)


@in_columns
@both_roles
def test_own_lines_are_echoed(talk, role, columns):
    """The typed row, or rows, are replaced by the message."""
    screen, peer = talk(role, columns=columns)
    screen.compose(CHINESE)
    screen.press("enter")
    assert_rows(screen, rows_of_message(screen, "you"), laid_out("you", CHINESE, columns, NAME_COLUMNS[role]))
    screen.wait_typed("> ")
    assert not re.search(r"^> 今", screen.text, re.M)
    assert screen.text.count("今") == 1
    assert peer.recv(4096).decode() == CHINESE + "\n"


@pytest.mark.parametrize("columns", [40, 41])
@pytest.mark.parametrize("lead", ["", "a"])
def test_wide_characters_at_the_edge(talk, columns, lead):
    """A wide character that does not fit goes to the next row, and an empty cell stays."""
    screen, peer = talk("listen", columns=columns)
    text = lead + "漢" * 60
    peer.sendall((text + "\n").encode())
    first = rows_of_message(screen, "peer1")
    rows = laid_out("peer1", text, columns, 5)
    assert_rows(screen, first, rows)
    assert screen.rows[first + len(rows)] == ">"


@pytest.mark.parametrize("length", range(31, 36))
def test_rows_that_are_just_full(talk, length):
    screen, peer = talk("listen", columns=40)
    peer.sendall(b"x" * length + b"\nshort\n")
    first = rows_of_message(screen, "peer1")
    assert_rows(screen, first, laid_out("peer1", "x" * length, 40, 5) + ["peer1│ short"])


def test_marks_stay_with_their_base(talk):
    screen, peer = talk("connect", columns=40)
    peer.sendall(("x" * 33 + "e\u0301z\n").encode())
    y = first_row_of(screen, "xxx")
    screen.wait_for("z")
    assert screen.cells(y)[39] == "e\u0301"
    assert screen.rows[y + 1] == "    │ z"


def test_padding_cannot_fake_a_message(talk):
    screen, peer = talk("listen", columns=40)
    peer.sendall(b" " * 33 + b"peer2| I am somebody else\n")
    y = first_row_of(screen, "peer2|")
    assert screen.rows[y].startswith("     │ peer2|")


def test_empty_message_is_a_row(talk):
    screen, peer = talk("listen")
    peer.sendall(b"\nafter\n")
    y = first_row_of(screen, "│ after")
    assert screen.rows[y - 1] == "peer1│"


def test_empty_line_is_sent_as_one(talk):
    screen, peer = talk("connect")
    screen.press("enter")
    screen.enter("后来")
    screen.wait_for("you │ 后来")
    with peer.makefile("rb") as lines:
        assert lines.readline() in (b"\n", "后来\n".encode())


def test_name_column_of_listen_has_room_for_peer1(talk):
    screen, peer = talk("listen")
    screen.enter("你好")
    peer.sendall("您好\n".encode())
    screen.wait_for("you  │ 你好\n")
    screen.wait_for("peer1│ 您好\n")


def test_name_column_of_connect_has_room_for_peer(talk):
    screen, peer = talk("connect")
    screen.enter("你好")
    peer.sendall("您好\n".encode())
    screen.wait_for("you │ 你好\n")
    screen.wait_for("peer│ 您好\n")


def test_name_column_grows(talk):
    screen, peer = talk("listen", "--name", "administrator")
    peer.sendall("一\n".encode())
    screen.enter("二")
    screen.wait_for("administrator│ 二\n")
    peer.sendall("三\n".encode())
    screen.wait_for("peer1        │ 三\n")


def test_peers_are_numbered_in_order_of_arrival(talk):
    screen, first = talk("listen")
    second = talk.call(screen)
    second.sendall("第二\n".encode())
    screen.wait_for("peer2│ 第二\n")
    second.close()
    screen.wait_for("▸ peer2 left\n")
    third = talk.call(screen)
    third.sendall("第三\n".encode())
    screen.wait_for("peer3│ 第三\n")
    first.sendall("第一\n".encode())
    screen.wait_for("peer1│ 第一\n")


def test_coming_and_leaving_are_noticed(talk):
    screen, peer = talk("listen")
    assert f"▸ peer1 127.0.0.1:{peer.getsockname()[1]} joined" in screen.rows
    peer.close()
    screen.wait_for("▸ peer1 left\n")


def test_line_without_peers_is_not_sent(screen):
    listening = screen("listen", "127.0.0.1", 0).ready()
    listening.enter("有人吗")
    listening.wait_for("▸ nobody is here; the line was not sent\n")
    listening.paste("one\ntwo\n")
    listening.press("enter")
    listening.wait_for("▸ nobody is here; the lines were not sent\n")


@both_roles
def test_own_name(talk, role):
    screen, _ = talk(role, "--name", "小王")
    screen.enter("我来了")
    screen.wait_for(re.compile("^小王 ?│ 我来了$", re.M))
    assert "you" not in screen.text


# Times.

@in_columns
@both_roles
def test_timestamps(talk, role, columns):
    screen, peer = talk(role, "--timestamps", columns=columns)
    peer.sendall((CHINESE + "\n").encode())
    first = rows_of_message(screen, PEER[role])
    clock = screen.rows[first][:9]
    assert re.fullmatch(CLOCK + " ", clock)
    rows = laid_out(clock + PEER[role], CHINESE, columns, 9 + NAME_COLUMNS[role])
    assert_rows(screen, first, rows)
    screen.enter("好的")
    screen.wait_for(re.compile(f"^{CLOCK} you *│ 好的$", re.M))


def test_timestamps_of_notices(talk):
    screen, peer = talk("listen", "--timestamps")
    assert re.search(rf"^{CLOCK} ▸ peer1 127\.0\.0\.1:\d+ joined$", screen.text, re.M), screen.text


def test_timestamps_by_preference(talk, person):
    screen, peer = talk("connect", env=person(TCPCHAT_TIMESTAMPS="1"))
    peer.sendall("在\n".encode())
    screen.wait_for(re.compile(f"^{CLOCK} peer│ 在$", re.M))


# Colours.

def colour_of_name(screen, name):
    looks = screen.looks(rows_of_message(screen, name))
    colours = {look.fg for look in looks[:len(name)]}
    assert len(colours) == 1
    assert {(look.fg, look.bg) for look in looks[len(name):]} == {("default", "default")}
    return colours.pop()


def say_hello(talk, *options, **of_screen):
    screen, peer = talk("listen", *options, **of_screen)
    peer.sendall("你好\n".encode())
    screen.wait_for("你好")
    screen.wait_typed("> ")
    return screen


def is_dim(screen):
    """Whether notices are dim."""
    return re.search(rb"\x1b\[(?:[0-9;]*;)?(?:2|90)m\xe2\x96\xb8", screen.given) is not None


def test_only_the_name_is_coloured(talk):
    screen = say_hello(talk)
    assert colour_of_name(screen, "peer1") not in ("default", "black", "white")
    assert is_dim(screen)
    assert all(look.fg == "default" for look in screen.looks(screen.row_of(">")))


def test_name_keeps_its_colour(talk):
    assert colour_of_name(say_hello(talk), "peer1") == colour_of_name(say_hello(talk), "peer1")


def test_names_differ_in_colour(talk):
    screen, peer = talk("listen")
    for number in range(1, 7):
        peer.sendall(b"x\n")
        screen.wait_for(f"peer{number}│ x")
        peer = talk.call(screen)
    assert len({colour_of_name(screen, f"peer{number}") for number in range(1, 7)}) == 6


@pytest.mark.parametrize("term", ["xterm-256color", "xterm"])
@both_roles
def test_own_name_and_the_peers_differ_in_colour(talk, person, role, term):
    screen, peer = talk(role, env=person(TERM=term))
    peer.sendall(b"x\n")
    screen.wait_for("│ x")
    screen.enter("y")
    screen.wait_for("│ y")
    name = "peer" if role == "connect" else "peer1"
    assert colour_of_name(screen, name) != colour_of_name(screen, "you")


def test_colour_of_one_who_left_is_the_next_free_one(talk):
    screen, peer = talk("listen")
    peer.sendall(b"x\n")
    screen.wait_for("peer1│ x")
    peer.close()
    screen.wait_for("peer1 left")
    talk.call(screen).sendall(b"y\n")
    screen.wait_for("peer2│ y")
    assert colour_of_name(screen, "peer2") == colour_of_name(screen, "peer1")


def test_decorations_change_neither_colour_nor_bar(talk):
    """An action and a private message stand under the bare name; their mark touches the bar."""
    screen, peer = talk("listen", "--chat", "--name", "op")
    peer.sendall(b"/nick alice\n* waves\n/me waves\n/msg op psst\nend\n")
    screen.wait_for("alice│ * waves\nalice│* waves\nalice│[to you] psst\nalice│ end\n")
    colours = {screen.looks(screen.row_of(text))[0].fg for text in ("│ * waves", "│* waves", "psst", "end")}
    assert len(colours) == 1


def test_member_keeps_its_colour_under_a_new_name(talk):
    screen, peer = talk("listen", "--chat")
    peer.sendall(b"x\n/nick alice\ny\n")
    screen.wait_for("alice│ y")
    assert colour_of_name(screen, "alice") == screen.looks(screen.row_of("│ x"))[0].fg


@pytest.mark.parametrize("options, environment", [
    (["--color", "never"], {}),
    (["--color=never"], {"TCPCHAT_COLOR": "always"}),
    ([], {"NO_COLOR": "1"}),
    ([], {"TCPCHAT_COLOR": "never"}),
    ([], {"TERM": "dumb"}),
    ([], {"TERM": "no-such-terminal"}),
])
def test_no_colour(talk, person, options, environment):
    screen = say_hello(talk, *options, env=person(**environment))
    judge_terminal(screen.given, colours=False)


@pytest.mark.parametrize("options, environment", [
    (["--color", "always"], {"NO_COLOR": "1"}),
    (["--color", "auto"], {}),
    ([], {"NO_COLOR": ""}),
    ([], {"TERM": "linux"}),
    ([], {"TCPCHAT_COLOR": "always", "NO_COLOR": "1"}),
])
def test_colour(talk, person, options, environment):
    assert colour_of_name(say_hello(talk, *options, env=person(**environment)), "peer1") != "default"


# Terminals of all kinds.

@both_roles
@pytest.mark.parametrize("term", ["xterm-256color", "xterm", "linux", "screen-256color", "tmux-256color",
                                  "dumb"])
def test_terminal_types(talk, person, term, role):
    screen, peer = talk(role, columns=40, env=person(TERM=term))
    screen.compose("写了一半")
    peer.sendall((CHINESE + "\n").encode())
    assert_rows(screen, rows_of_message(screen, PEER[role]), laid_out(PEER[role], CHINESE, 40, NAME_COLUMNS[role]))
    screen.wait_typed("> 写了一半")
    screen.press("left", "left", "backspace")
    screen.wait_typed("> 写一半", "> 写")
    screen.press("enter")
    screen.wait_for(re.compile("^you *│ 写一半$", re.M))
    assert peer.recv(100).decode() == "写一半\n"
    judge_terminal(screen.given)


@both_roles
@pytest.mark.parametrize("term", ["dumb", "no-such-terminal", "vt52", ""])
def test_dumb_terminal_is_given_no_escape_sequence(talk, person, role, term):
    """Neither an unknown terminal nor one of another kind is given escape sequences."""
    if term == "vt52":
        screen, peer = talk(role, env=person(TERM=term))
        assert b"\x1b[" not in screen.given
        return
    screen, peer = talk(role, columns=40, env=person(TERM=term))
    peer.sendall((CHINESE + "\n").encode())
    screen.wait_for("谢谢。")
    screen.enter("很长的一行," * 12)
    screen.wait_for(lambda screen: screen.typed == ">")
    for key in ("up", "home", "left", "end", "ctrl-u", "tab"):
        screen.press(key)
    screen.enter("/help")
    screen.enter("/clear")
    screen.enter("完")
    screen.wait_for(re.compile("you *│ 完"))
    screen.press("ctrl-d")
    receive_all(peer)
    peer.close()
    ends(screen, 0)
    assert b"\x1b" not in screen.given


def written(screen):
    """The text that comes until nothing does."""
    before = len(screen.given)
    screen.watch(0.4)
    return screen.given[before:].decode()


def test_dumb_terminal_gets_one_prompt_per_message(talk, person):
    """A screen reader speaks all that is written."""
    screen, peer = talk("connect", env=person(TERM="dumb"))
    screen.settle()
    peer.sendall(b"hello\n")
    assert written(screen).lstrip("\r ") == "peer│ hello\r\n> "
    screen.type("写")
    assert written(screen) == "写"
    screen.type("了")
    assert written(screen) == "了"
    peer.sendall(b"hello?\n")
    assert written(screen).lstrip("\r ") == "peer│ hello?\r\n> 写了"
    screen.press("enter")
    assert written(screen).lstrip("\r ") == "you │ 写了\r\n> "
    screen.enter("/nonsense here")
    assert written(screen).count("> ") == 1


def test_dumb_terminal_draws_the_line_again_where_it_changes_within(talk, person):
    screen, peer = talk("connect", env=person(TERM="dumb"))
    screen.type("abc")
    screen.press("left", "left")
    screen.type("x")
    screen.wait_typed("> axbc", "> ax")
    screen.press("end", "backspace")
    screen.wait_typed("> axb")
    screen.press("enter")
    assert peer.recv(100) == b"axb\n"
    screen.wait_typed("> ")


@pytest.mark.parametrize("term", ["", "no-such-terminal", None])
def test_unknown_terminal_shows_and_sends_lines(talk, person, term):
    screen, peer = talk("connect", env=person(TERM=term))
    peer.sendall("你好\n".encode())
    screen.wait_for("peer│ 你好")
    screen.enter("你也好")
    screen.wait_for("you │ 你也好")
    assert peer.recv(100).decode() == "你也好\n"


@both_roles
@pytest.mark.parametrize("locale", ["C", "POSIX", "C.UTF-8", "zh_CN.UTF-8"])
def test_utf8_locales(talk, person, locales, locale, role):
    screen, peer = talk(role, columns=40, env=person(LC_ALL=None, LANG=locale, LOCPATH=locales))
    assert "·" in screen.text
    peer.sendall((CHINESE + "\n").encode())
    assert_rows(screen, rows_of_message(screen, PEER[role]), laid_out(PEER[role], CHINESE, 40, NAME_COLUMNS[role]))
    screen.type("删掉错错")
    screen.press("backspace", "backspace")
    screen.wait_typed("> 删掉")
    screen.press("left", "ctrl-d", "enter")
    screen.wait_for(re.compile("^you *│ 删$", re.M))
    assert peer.recv(100).decode() == "删\n"


@pytest.fixture
def in_gbk(person, locales):
    return {"env": person(LC_ALL=None, LANG="zh_CN.GBK", LOCPATH=locales), "charset": "gbk"}


@both_roles
def test_gbk_locale(talk, in_gbk, role):
    """It is given GBK and gives GBK; glyphs that it would draw two columns wide are replaced."""
    screen, peer = talk(role, columns=40, **in_gbk)
    assert re.search(r"\s-\s/help", screen.text)
    peer.sendall((CHINESE + "\n").encode())
    rows = laid_out(PEER[role], CHINESE, 40, NAME_COLUMNS[role], "|")
    assert_rows(screen, rows_of_message(screen, PEER[role]), rows)
    assert "今天".encode("gbk") in screen.given
    screen.type("说吧吧")
    screen.press("backspace")
    screen.wait_typed("> 说吧")
    screen.press("left", "left", "right", "ctrl-d", "enter")
    screen.wait_for(re.compile(r"^you *\| 说$", re.M))
    assert peer.recv(100).decode() == "说\n"
    assert not set("▸│·") & set(screen.text)
    judge_terminal(screen.given, "gb18030")


def test_gbk_terminal_replaces_missing_characters(talk, in_gbk):
    screen, peer = talk("connect", **in_gbk)
    peer.sendall("笑😀了\n".encode())
    screen.wait_for(re.compile(r"^peer\| 笑\S*了$", re.M))
    peer.sendall("接着\n".encode())
    screen.wait_for("peer| 接着")
    screen.given.decode("gbk")


def test_notice_on_a_gbk_terminal_begins_in_ascii(talk, in_gbk):
    screen, peer = talk("listen", **in_gbk)
    assert re.search(r"^-!- peer1 127\.0\.0\.1:\d+ joined$", screen.text, re.M)


def test_local_encoding_option_overrides_the_locale(talk):
    """It counts more than the locale."""
    screen, peer = talk("connect", "--local-encoding", "gbk", charset="gbk")
    peer.sendall("你好\n".encode())
    screen.wait_for("你好")
    screen.enter("收到")
    screen.wait_for("收到")
    assert peer.recv(100).decode() == "收到\n"
    assert "收到".encode("gbk") in screen.given
