# SPDX-License-Identifier: GPL-3.0-or-later
"""The line being typed survives everything: messages, notices, other sizes, floods, pastes; and it is edited by
characters."""
import re
import select

import pytest

from harness import PATIENCE, in_background
from screen import PASTE_BEGINS, PASTE_ENDS

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
HALF = "写了一半 half"
LONG = "这一行很长,要占三行,中间有 English 也有标点;" * 2 + "还没有写完"  # over 80 columns


def arrives(peer, n):
    """n bytes from a peer's socket, or fewer at its end."""
    data = b""
    while len(data) < n and (piece := peer.recv(n - len(data))):
        data += piece
    return data


def line_from(peer):
    data = b""
    while not data.endswith(b"\n"):
        piece = peer.recv(1)
        assert piece, f"it ended after {data!r}"
        data += piece
    return data.decode()[:-1]


def nothing_came(peer):
    return not select.select([peer], [], [], 0)[0]


def say(screen, peer, text):
    """A message arrives and is shown, once."""
    peer.sendall((text + "\n").encode())
    screen.wait_for(lambda screen: re.search(rf"^peer1?│ {re.escape(text)}$", screen.text, re.M))


# Messages while typing.

@both_roles
def test_message_while_typing_keeps_the_line(talk, role):
    screen, peer = talk(role)
    screen.compose(HALF)
    say(screen, peer, "你好")
    screen.wait_typed("> " + HALF)
    screen.enter(",写完了")
    assert line_from(peer) == HALF + ",写完了"
    screen.wait_for(lambda screen: re.search(f"^you *│ {HALF},写完了$", screen.text, re.M))
    assert screen.text.count(HALF) == 1


def test_message_keeps_the_cursor_in_the_middle(talk):
    screen, peer = talk("connect")
    screen.type("一二三四五六")
    screen.press("left", "left", "left")
    screen.wait_typed("> 一二三四五六", "> 一二三")
    say(screen, peer, "你好")
    screen.wait_typed("> 一二三四五六", "> 一二三")
    screen.type("点五")
    screen.wait_typed("> 一二三点五四五六", "> 一二三点五")
    screen.press("home")
    say(screen, peer, "还有")
    screen.wait_typed("> 一二三点五四五六", "> ")
    screen.press("delete", "enter")
    assert line_from(peer) == "二三点五四五六"


@pytest.mark.parametrize("before", [LONG, LONG[:30], LONG[:3], ""], ids=["end", "second row", "first row", "beginning"])
def test_line_over_three_rows_survives_messages(talk, before):
    screen, peer = talk("connect", columns=40)
    screen.compose(LONG)
    assert screen.row_of("还没有写完") - screen.row_of("> 这一行") >= 2
    screen.press("home")
    for _ in before:
        screen.press("right")
    screen.wait_typed("> " + LONG, "> " + before)
    say(screen, peer, "打断一下")
    screen.wait_typed("> " + LONG, "> " + before)
    peer.sendall(("很长的消息" * 20 + "\n").encode())
    screen.wait_for(lambda screen: screen.text.count("很长的消息") >= 1)
    screen.wait_typed("> " + LONG, "> " + before)
    screen.type("加")
    screen.press("enter")
    assert line_from(peer) == before + "加" + LONG[len(before):]
    screen.wait_typed("> ")
    assert screen.text.count("> 这一行") == 0


@pytest.mark.parametrize("columns", [40, 41])
@pytest.mark.parametrize("lead", ["", "a"])
def test_wide_characters_at_the_edge_of_the_typed_line(talk, columns, lead):
    """As terminals do it, a wide character that does not fit begins the next row."""
    screen, peer = talk("connect", columns=columns)
    line = lead + "漢字" * 15
    screen.compose(line)
    say(screen, peer, "你好")
    screen.wait_typed("> " + line)
    screen.press("backspace", "backspace")
    screen.wait_typed("> " + line[:-2])
    screen.press("home", "delete")
    screen.wait_typed("> " + line[1:-2], "> ")
    screen.press("enter")
    assert line_from(peer) == line[1:-2]


@pytest.mark.parametrize("columns", [40, 41])
def test_every_length_of_line(talk, columns):
    """Also where it fills its rows exactly: a message that comes then hides nothing."""
    screen, peer = talk("connect", columns=columns, rows=40)
    for length in range(34, 44):
        line = "x" * length
        screen.type(line)
        say(screen, peer, f"第{length}次")
        screen.wait_for(lambda screen: screen.typed == "> " + line)
        screen.press("enter")
        assert line_from(peer) == line
        screen.wait_typed("> ")
    messages = [row for row in screen.rows if row.startswith("peer│")]
    assert messages == [f"peer│ 第{length}次" for length in range(34, 44)]


def test_message_during_reverse_search_keeps_it(talk):
    screen, peer = talk("connect")
    for line in ("第一条消息", "second message", "第三条消息"):
        screen.enter(line)
        assert line_from(peer) == line
    screen.press("ctrl-r")
    screen.type("一条")
    screen.wait_for(re.compile("search\\)`一条'.*第一条消息"))
    say(screen, peer, "打断一下")
    screen.wait_for(lambda screen: re.search("search\\)`一条'.*第一条消息", screen.rows[-1]))
    assert len(re.findall("search\\)`一条'", screen.text)) == 1
    screen.press("enter")
    assert line_from(peer) == "第一条消息"
    screen.wait_typed("> ")


def test_message_during_completion_keeps_the_line(talk):
    screen, peer = talk("connect")
    screen.type("/en")
    screen.press("tab")
    screen.wait_typed("> /encoding ")
    say(screen, peer, "打断一下")
    screen.wait_typed("> /encoding ")
    screen.type("gb")
    screen.press("tab", "tab")
    screen.wait_for("gb18030")
    say(screen, peer, "又一下")
    screen.wait_for(lambda screen: screen.typed.startswith("> /encoding gb"))
    screen.press("ctrl-c")
    screen.wait_typed("> ")


def test_message_between_two_keys_of_a_command_keeps_both(talk):
    """Keys that wait for another one: Meta, Ctrl-X, Ctrl-V."""
    screen, peer = talk("connect")
    screen.type("一 二 三")
    for first, second, line in [("\x1b", "b", "> 一 二 三"), ("\x18", "\x15", None)]:
        screen.type(first)
        say(screen, peer, f"在 {first!r} 之间")
        screen.type(second)
        if line:
            screen.wait_typed(line, "> 一 二 ")


def test_own_notices_while_typing(talk):
    screen, peer = talk("listen")
    screen.compose(HALF)
    other = talk.call(screen)
    screen.wait_typed("> " + HALF)
    other.close()
    screen.wait_for("▸ peer2 left")
    screen.wait_typed("> " + HALF)


# Another size.

def with_long_line(talk, answers=True):
    """A terminal of 80 columns with LONG in its prompt, and its peer."""
    screen, peer = talk("connect", columns=80)
    screen.answers = answers
    screen.compose(LONG)
    return screen, peer


@pytest.mark.parametrize("columns", [40, 60, 120])
@pytest.mark.parametrize("line", [HALF, LONG], ids=["short", "long"])
def test_resize(talk, columns, line):
    """The line is drawn again for the new size, and later messages are laid out for it."""
    screen, peer = talk("connect", columns=80)
    screen.compose(line)
    screen.resize(columns)
    say(screen, peer, "现在呢")
    screen.wait_typed("> " + line)
    peer.sendall(("长" * 100 + "\n").encode())
    screen.wait_for(re.compile("peer│ " + "长" * ((columns - 6) // 2) + "\n    │ 长"))
    screen.wait_typed("> " + line)
    screen.press("home")
    screen.type("加")
    screen.wait_typed("> 加" + line, "> 加")
    screen.press("enter")
    assert line_from(peer) == "加" + line


@pytest.mark.parametrize("columns", [60, 120])
def test_message_right_after_a_resize(talk, columns):
    """It may be drawn before SIGWINCH was heard, and is not rubbed out by it."""
    screen, peer = with_long_line(talk)
    for number in range(6):
        screen.resize(columns if number % 2 == 0 else 80)
        say(screen, peer, f"第{number}次")
        screen.wait_typed("> " + LONG)
    assert re.findall("│ 第(.)次", screen.text) == list("012345")


@pytest.mark.parametrize("kind", ["0;136;0", "41;379;0", "24;279;0"], ids=["PuTTY", "xterm", "mlterm"])
@pytest.mark.parametrize("before, after", [(80, 40), (40, 80)])
def test_resize_of_a_terminal_that_is_known_to_cut_rows(talk, before, after, kind):
    """The column of the cursor is the same as after a reflow."""
    screen, peer = talk("connect", columns=before)
    screen.kind = kind
    line = "0123456789" * 10
    screen.compose(line)
    screen.resize(after)
    say(screen, peer, "now")
    screen.wait_typed("> " + line)
    assert screen.text.count("> 0123") == 1


@pytest.mark.parametrize("columns", [40, 120])
def test_resize_of_a_terminal_that_reports_no_cursor(talk, columns):
    screen, peer = with_long_line(talk, answers=False)
    screen.resize(columns)
    say(screen, peer, "现在呢")
    screen.wait_typed("> " + LONG)


def test_line_entered_while_the_cursor_is_asked_for(talk):
    """So are keys, and messages come: nothing waits long, and nothing is lost."""
    screen, peer = with_long_line(talk, answers=False)
    screen.resize(40)
    screen.wait_for(lambda screen: b"\033[6n" in screen.given)
    screen.type("末")
    peer.sendall("来了\n".encode())
    screen.press("enter")
    assert line_from(peer) == LONG + "末"
    screen.wait_for("peer│ 来了")
    screen.wait_typed("> ")


def test_late_report_of_the_cursor_is_no_key(talk):
    screen, peer = with_long_line(talk, answers=False)
    screen.resize(40)
    screen.wait_typed("> " + LONG)
    screen.type("\x1b[3;7R")
    screen.enter("末")
    assert line_from(peer) == LONG + "末"


def test_many_sizes(talk):
    screen, peer = talk("connect")
    screen.type(HALF)
    for columns in [*range(80, 30, -7), *range(30, 80, 7)]:
        screen.resize(columns)
    say(screen, peer, "现在呢")
    screen.wait_typed("> " + HALF)


@pytest.mark.parametrize("size", [(1, 1), (2, 24), (5, 2), (80, 1)])
def test_tiny_sizes(talk, size):
    """Nothing can be read there, but nothing breaks either."""
    screen, peer = talk("listen")
    screen.compose(HALF)
    screen.resize(*size)
    peer.sendall((LONG + "\n").encode())
    screen.type("后来")
    screen.press("enter")
    assert line_from(peer) == HALF + "后来"
    screen.resize(80, 24)
    say(screen, peer, "看得见了")
    screen.type("看得见")
    screen.wait_for(lambda screen: (screen.typed or "").startswith("> 看得见"))


def test_terminal_without_a_size_shows_and_sends_lines(talk):
    screen, peer = talk("connect", columns=80)
    screen.display.resize(24, 80)
    screen._set_size(0, 0)
    say(screen, peer, "你好")
    screen.enter("你也好")
    assert line_from(peer) == "你也好"


# Floods.

def test_typing_survives_a_thousand_lines_a_second(talk):
    """The keys work as without messages, and no message is lost that came slowly enough."""
    screen, peer = talk("connect")
    lines = [f"第{number}行,一共三千行" for number in range(3000)]
    in_background(trickle, peer, lines)
    for part in ("边收边写", "不会乱", "的"):
        screen.type(part)
        screen.watch(0.3)
    screen.wait_for("第2999行,一共三千行")
    screen.wait_typed("> 边收边写不会乱的")
    messages = [row for row in screen.rows if row.startswith("peer│")]
    assert messages == [f"peer│ {line}" for line in lines]
    screen.press("enter")
    assert line_from(peer) == "边收边写不会乱的"


def trickle(peer, lines):
    """A thousand lines a second."""
    for start in range(0, len(lines), 20):
        peer.sendall("".join(line + "\n" for line in lines[start:start + 20]).encode())
        select.select([], [], [], 0.02)


def test_lines_are_sent_while_many_come(talk):
    screen, peer = talk("listen")
    in_background(trickle, peer, [f"{number}" for number in range(3000)])
    for number in range(20):
        screen.enter(f"答{number}")
    assert [line_from(peer) for _ in range(20)] == [f"答{number}" for number in range(20)]
    screen.wait_for("│ 2999")
    screen.wait_typed("> ")
    assert [row for row in screen.rows if row.startswith("you")] == [f"you  │ 答{number}" for number in range(20)]


# Pastes.

def test_paste_of_one_line_joins_the_typed_line(talk):
    screen, peer = talk("connect")
    screen.type("前")
    screen.paste("粘贴的\t一行")
    screen.wait_for(lambda screen: screen.typed.startswith("> 前粘贴的"))
    screen.type("后")
    screen.press("enter")
    assert line_from(peer) == "前粘贴的\t一行后"


def test_paste_of_one_line_with_its_end_waits_for_enter(talk):
    screen, peer = talk("connect")
    screen.paste("一行\n")
    screen.wait_for(re.compile("^(\\+1> ?|> 一行)$", re.M))
    assert nothing_came(peer)
    screen.press("enter")
    assert line_from(peer) == "一行"
    screen.wait_typed("> ")
    screen.enter("下一行")
    assert line_from(peer) in ("下一行", "")


@pytest.mark.parametrize("line_end", ["\r", "\n", "\r\n"], ids=["CR", "LF", "CRLF"])
@both_roles
def test_paste_of_three_lines_waits_for_enter(talk, role, line_end):
    screen, peer = talk(role)
    screen.paste("第一行\n第二行\n第三行\n", line_end)
    screen.wait_for("▸ 3 pasted lines wait; Enter sends them, Ctrl-C drops them\n")
    screen.wait_typed("+3> ")
    assert nothing_came(peer)
    screen.press("enter")
    assert [line_from(peer) for _ in range(3)] == ["第一行", "第二行", "第三行"]
    screen.wait_typed("> ")
    screen.wait_for(re.compile("^you *│ 第三行$", re.M))
    echoed = [row.partition("│ ")[2] for row in screen.rows if row.startswith("you")]
    assert echoed == ["第一行", "第二行", "第三行"]
    screen.enter("完")
    assert line_from(peer) == "完"


def test_paste_leaves_its_unfinished_line_in_the_prompt(talk):
    screen, peer = talk("connect")
    screen.type("前面")
    screen.paste("第一行\n第二行\n剩下")
    screen.wait_typed("+2> 剩下")
    assert nothing_came(peer)
    say(screen, peer, "打断一下")
    screen.wait_typed("+2> 剩下")
    screen.type("的")
    screen.press("enter")
    assert [line_from(peer) for _ in range(3)] == ["前面第一行", "第二行", "剩下的"]
    screen.wait_typed("> ")


def test_ctrl_c_drops_pasted_lines(talk):
    screen, peer = talk("connect")
    screen.paste("第一行\n第二行\n第三行\n")
    screen.wait_typed("+3> ")
    screen.press("ctrl-c")
    screen.wait_typed("> ")
    screen.enter("只有这行")
    assert line_from(peer) == "只有这行"


def test_pasted_commands_are_not_obeyed_before_enter(talk):
    screen, peer = talk("connect")
    screen.paste("/quit\n你好\n")
    screen.wait_typed("+2> ")
    say(screen, peer, "还在")


def test_keys_in_a_paste_are_text(talk):
    """Control characters do nothing to the line or the program, and reach no terminal as they are."""
    screen, peer = talk("connect")
    screen.paste("a\x03b\x04c\x15d\x1b[De\x7f你")
    screen.wait_for("你")
    screen.press("end")
    screen.type("完")
    screen.press("enter")
    got = line_from(peer)
    assert re.sub("[^a-z你完]", "", got) == "abcde你完"
    assert screen.process.poll() is None


def test_paste_that_comes_in_pieces_waits_for_enter(talk):
    """Its marks are cut by the terminal's line, too."""
    screen, peer = talk("connect")
    text = f"{PASTE_BEGINS}第一行\r第二行\r{PASTE_ENDS}"
    for byte in text.encode():
        screen.give(bytes([byte]))
        screen.pump(0.001)
    screen.wait_typed("+2> ")
    assert nothing_came(peer)
    screen.press("enter")
    assert [line_from(peer) for _ in range(2)] == ["第一行", "第二行"]


def test_paste_of_one_megabyte_arrives_exactly(talk):
    """20000 lines: nothing is sent before Enter, meanwhile messages are shown, then everything arrives exactly."""
    screen, peer = talk("connect")
    text = "".join(f"{number:05} 这是粘贴的一行,后面还有很多\n" for number in range(20000))
    length = len(text.encode())
    assert length > 900_000
    screen.paste(text)
    screen.wait_for("▸ 20000 pasted lines wait; Enter sends them, Ctrl-C drops them\n")
    screen.wait_typed("+20000> ")
    assert nothing_came(peer)
    say(screen, peer, "粘贴好了吗")
    screen.press("enter")
    received = bytearray()

    def take(_):
        if select.select([peer], [], [], 0)[0]:
            received.extend(peer.recv(1 << 20))
        return len(received) >= length
    screen.wait_for(take, 4 * PATIENCE)
    assert received.decode() == text
    screen.wait_typed("> ", patience=4 * PATIENCE)


def test_paste_delays_no_message(talk):
    """While a megabyte is pasted another peer is served."""
    screen, peer = talk("listen")
    in_background(trickle, peer, [f"第{number}行" for number in range(500)])
    screen.paste("".join(f"{number:05} 这是粘贴的一行,后面还有很多\n" for number in range(20000)))
    screen.wait_typed("+20000> ", patience=2 * PATIENCE)
    screen.wait_for("peer1│ 第499行")
    screen.press("ctrl-c")
    screen.wait_typed("> ")
    assert nothing_came(peer)


def test_command_while_pasted_lines_wait_is_obeyed(talk):
    """A typed command behind pasted lines is obeyed; a pasted one is text."""
    screen, peer = talk("connect")
    screen.paste("第一行\n第二行\n")
    screen.wait_typed("+2> ")
    screen.enter("/status")
    screen.wait_for("here for")
    screen.wait_typed("+2> ")
    assert nothing_came(peer)
    screen.enter("第三行")
    assert [line_from(peer) for _ in range(3)] == ["第一行", "第二行", "第三行"]
    screen.paste("第一行\n/status")
    screen.wait_typed("+1> /status")
    screen.press("enter")
    assert [line_from(peer) for _ in range(2)] == ["第一行", "/status"]


def test_line_of_100_kib_is_refused(talk):
    screen, peer = talk("connect")
    screen.paste("长" * (100 * 1024 // 3))
    screen.wait_for("▸ a line holds at most 64 KiB; /send FILE sends more\n")
    screen.press("ctrl-u")
    screen.wait_typed("> ")
    screen.enter("短")
    assert line_from(peer) == "短"


def test_line_of_60_kib_is_sent(talk):
    screen, peer = talk("connect")
    line = "长" * 20000
    screen.paste(line)
    screen.settle(0.5)
    assert nothing_came(peer)
    screen.press("enter")
    assert arrives(peer, 60001).decode() == line + "\n"
    screen.wait_for(lambda screen: screen.typed == ">", 2 * PATIENCE)


# Editing.

@pytest.mark.parametrize("keys, line", [
    (["backspace"], "你好a世"),
    (["left", "left", "backspace"], "你好世界"),
    (["home", "delete"], "好a世界"),
    (["ctrl-a", "ctrl-d", "ctrl-d"], "a世界"),
    (["ctrl-a", "ctrl-f", "ctrl-k"], "你"),
    (["ctrl-b", "ctrl-t"], "你好a界世"),
    (["ctrl-u", "ctrl-y", "ctrl-y"], "你好a世界你好a世界"),
    (["home", "end", "left"], "你好a世界"),
])
def test_editing_by_characters(talk, keys, line):
    screen, peer = talk("connect")
    screen.type("你好a世界")
    screen.press(*keys)
    screen.wait_for(lambda screen: screen.typed == "> " + line)
    screen.press("enter")
    assert line_from(peer) == line


def test_character_that_comes_byte_by_byte_is_whole(talk):
    screen, peer = talk("connect")
    for byte in "你😀好".encode():
        screen.give(bytes([byte]))
        screen.settle(0.05)
        assert "\ufffd" not in screen.text
    screen.press("enter")
    assert line_from(peer) == "你😀好"


def test_typed_ahead_keys_are_kept(screen, listener):
    """Before the connection stands there is no prompt yet."""
    there = listener()
    connecting = screen("connect", "127.0.0.1", there.port)
    connecting.type("早就写了\n")
    with there.accept() as peer:
        assert line_from(peer) == "早就写了"


def test_vi_keys(talk, person, tmp_path):
    inputrc = tmp_path / "inputrc"
    inputrc.write_text("set editing-mode vi\n")
    screen, peer = talk("connect", env=person(INPUTRC=str(inputrc)))
    screen.type("一二三")
    screen.press("escape")
    screen.type("0x")
    screen.wait_typed("> 二三", "> ")
    screen.type("A四")
    screen.press("enter")
    assert line_from(peer) == "二三四"
    say(screen, peer, "好")


def test_macros_of_inputrc_type_their_text(talk, person, tmp_path):
    inputrc = tmp_path / "inputrc"
    inputrc.write_text('"\\C-o": "问题正在处理中"\n$if tcpchat\n"\\C-g": "只在这里"\n$endif\n')
    screen, peer = talk("connect", env=person(INPUTRC=str(inputrc)))
    screen.press("ctrl-o")
    screen.wait_typed("> 问题正在处理中")
    screen.press("ctrl-g")
    screen.wait_typed("> 问题正在处理中只在这里")


@pytest.mark.parametrize("options", [[], ["--no-sandbox"]], ids=str)
def test_inputrc_is_not_read_again(talk, person, tmp_path, options):
    inputrc = tmp_path / "inputrc"
    inputrc.write_text('"\\C-o": "一"\n"\\C-xr": re-read-init-file\n')
    screen, _ = talk("connect", *options, env=person(INPUTRC=str(inputrc)))
    inputrc.write_text('"\\C-o": "二"\n')
    screen.type("\x18\x12\x18r")
    screen.wait_for(re.compile(r"(▸ the inputrc is read at the start of the run only.*){2}", re.S))
    screen.press("ctrl-o")
    screen.wait_typed("> 一")


# Completion.

@pytest.mark.parametrize("role, typed, line", [
    ("connect", "/en", "/encoding "), ("connect", "/q", "/quit"), ("connect", "/stat", "/status"),
    ("listen", "/wh", "/who"), ("listen", "/to p", "/to peer1 "), ("listen", "/kick ", "/kick peer1"),
    ("listen", "/encoding pe", "/encoding peer1 "), ("connect", "/encoding gb1", "/encoding gb18030"),
    ("listen", "/encoding peer1 big", "/encoding peer1 big5"),
])
def test_completion(talk, role, typed, line):
    screen, _ = talk(role)
    screen.type(typed)
    screen.press("tab")
    screen.wait_for(lambda screen: screen.typed == "> " + line.rstrip())


def test_completion_lists_the_choices(talk):
    screen, _ = talk("listen", columns=200)
    screen.type("/")
    screen.press("tab", "tab")
    for command in "help quit status encoding send clear who to kick nick lock unlock".split():
        screen.wait_for(re.compile(rf"^▸ .*\b{command}\b", re.M))
    screen.wait_typed("> /")


def test_connect_has_no_commands_of_listen(talk):
    screen, _ = talk("connect")
    screen.type("/")
    screen.press("tab", "tab")
    screen.wait_for("▸ ")
    screen.wait_typed("> /")
    offered = screen.rows[screen.row_of("▸ ")]
    assert "encoding" in offered and not re.search("\\b(who|kick|lock|unlock|nick|to)\\b", offered)


def test_file_names_after_send_only(talk, tmp_path):
    (tmp_path / "报告 final.txt").write_text("x")
    screen, peer = talk("connect", cwd=tmp_path)
    screen.type("/send 报")
    screen.press("tab")
    screen.wait_for("final.txt")
    screen.press("ctrl-c")
    screen.wait_typed("> ")
    screen.type("看 报")
    screen.press("tab")
    screen.type("完")
    screen.wait_for(lambda screen: re.match("> 看 报\\s*完", screen.typed or ""))


def test_file_names_are_offered_without_their_folder(talk, tmp_path):
    folder = tmp_path / "some" / "folder"
    (folder / "further").mkdir(parents=True)
    (folder / "file").write_text("x")
    screen, peer = talk("connect", cwd=tmp_path)
    screen.type("/send some/folder/f")
    screen.press("tab", "tab")
    screen.wait_for("▸ file  further/\n")
    screen.wait_typed("> /send some/folder/f")


def test_tab_in_text_completes_nothing(talk):
    screen, peer = talk("listen")
    screen.type("/x")
    screen.press("tab")
    screen.type("你")
    screen.wait_for(lambda screen: re.match("> /x\\s*你", screen.typed or ""))


def test_completion_shows_file_names_safely(talk, tmp_path):
    """A stranger may have named the files."""
    for name in ("evil\x1b[31ma", "evil\x1b]0;owned\x07b", "evil\u202efdp.c"):
        (tmp_path / name).write_text("x")
    screen, peer = talk("connect", cwd=tmp_path)
    screen.type("/send ev")
    screen.press("tab", "tab")
    screen.settle()
    screen.type("x")
    screen.settle()
    assert b"\x1b[31m" not in screen.given and b"\x1b]" not in screen.given and "\u202e".encode() not in screen.given


# Terminals that are too small for the line.

TALL = "很长很长的一行字 a long line; " * 14


def test_line_taller_than_the_screen_shows_one_row(talk):
    """One row of it is shown, with the cursor in it; a message stands above it, once. It is whole again where it fits
    again."""
    screen, peer = talk("connect", columns=40, rows=8)
    screen.type(TALL + "末尾")
    screen.wait_for(lambda screen: screen.rows[-1].endswith("末尾"))
    for number in range(20):
        say(screen, peer, f"第{number}句")
    assert [row for row in screen.rows if "句" in row] == [f"peer│ 第{number}句" for number in range(20)]
    screen.wait_for(lambda screen: screen.rows[-1].endswith("末尾") and screen.rows[-2] == "peer│ 第19句")
    assert "long line" not in "".join(screen.rows[:-1])
    screen.press("home")
    screen.wait_for(lambda screen: screen.rows[-1].startswith("> 很长很长的一行字"))
    screen.type("头")
    screen.press("enter")
    assert line_from(peer) == "头" + TALL + "末尾"
    screen.wait_typed("> ")


def test_line_grows_and_shrinks_over_the_screens_height(talk):
    screen, peer = talk("connect", columns=40, rows=8)
    fits = "字" * 120
    screen.compose(fits)
    screen.type("字" * 60)
    screen.wait_for(lambda screen: screen.rows[-1] == "字" * 19)
    say(screen, peer, "高了")
    screen.press(*["backspace"] * 60)
    screen.wait_typed("> " + fits)
    assert screen.text.count("字") == 120
    say(screen, peer, "矮了")
    screen.wait_typed("> " + fits)
    assert [row for row in screen.rows if "peer│" in row] == ["peer│ 高了", "peer│ 矮了"]


def test_line_survives_a_window_that_becomes_lower(talk):
    screen, peer = talk("connect", columns=40, rows=24)
    line = "字" * 120
    screen.compose(line)
    screen.resize(40, 5)
    say(screen, peer, "低了")
    screen.wait_for(lambda screen: screen.rows[-1] == "字" * 19)
    screen.resize(40, 24)
    say(screen, peer, "高了")
    screen.wait_typed("> " + line)
    screen.press("enter")
    assert line_from(peer) == line


@pytest.mark.parametrize("columns, rows", [(2, 1), (1, 1), (2, 24), (3, 2), (80, 1)])
@pytest.mark.parametrize("settings", ["", "set horizontal-scroll-mode on\n"], ids=["wrapped", "scrolled"])
def test_tiny_terminal_sends_and_recovers(talk, person, tmp_path, columns, rows, settings):
    (tmp_path / "inputrc").write_text(settings)
    screen, peer = talk("connect", env=person(INPUTRC=str(tmp_path / "inputrc")))
    screen.resize(columns, rows)
    screen.type("一句话 a line")
    screen.press("left", "left", "ctrl-r", "escape", "end")
    screen.press("enter")
    assert line_from(peer) == "一句话 a line"
    peer.sendall("来了一句\n".encode())
    screen.settle()
    screen.resize(80, 24)
    screen.type("又一句")
    screen.wait_for("> 又一句")
    screen.press("enter")
    assert line_from(peer) == "又一句"
    peer.close()
    assert screen.wait() == 0


def test_horizontal_scroll_mode_of_inputrc_scrolls_the_line(talk, person, tmp_path):
    """By characters: readline would cut the wide ones."""
    (tmp_path / "inputrc").write_text("set horizontal-scroll-mode on\n")
    screen, peer = talk("connect", env=person(INPUTRC=str(tmp_path / "inputrc")), columns=40)
    screen.type("漢字" * 20)
    screen.wait_for(lambda screen: screen.rows[-1] == "字" + "漢字" * 9)
    screen.press("home")
    screen.wait_for(lambda screen: screen.rows[-1] == "> " + "漢字" * 9)
    screen.press("enter")
    assert line_from(peer) == "漢字" * 20


# A paste whose end mark is lost.

def open_paste(screen, text):
    screen.type("\x1b[200~" + text)
    screen.settle(0.05)


def test_ctrl_c_ends_and_drops_a_paste_without_its_end_mark(talk):
    screen, peer = talk("connect")
    open_paste(screen, "粘贴的\r还有")
    screen.press("ctrl-c")
    screen.watch(0.5)
    screen.wait_typed("> ")
    screen.enter("打字")
    assert peer.recv(100).decode() == "打字\n"
    assert screen.process.poll() is None


def test_ctrl_d_ends_a_paste_without_its_end_mark(talk):
    screen, peer = talk("connect")
    open_paste(screen, "粘贴的")
    screen.press("ctrl-d")
    screen.wait_typed("> 粘贴的", patience=3)
    screen.press("enter")
    assert peer.recv(100).decode() == "粘贴的\n"


def test_ctrl_c_in_an_empty_paste_only_ends_it(talk):
    screen, peer = talk("connect")
    open_paste(screen, "")
    screen.press("ctrl-c")
    screen.watch(0.5)
    screen.enter("打字")
    assert peer.recv(100).decode() == "打字\n"


@pytest.mark.parametrize("key", ["\x03", "\x04"])
def test_pasted_control_characters_do_not_end_the_paste(talk, key):
    """A clipboard of a stranger types no command, however the terminal cuts it."""
    screen, peer = talk("connect")
    screen.type("\x1b[200~" + "一" + key)
    screen.type(key + "/quit\r" + key)
    screen.type("\x1b[201~")
    screen.wait_for("1 pasted line waits")
    screen.press("enter")
    assert peer.recv(100).decode() == f"一{key}{key}/quit\n{key}\n"
