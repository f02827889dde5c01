# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of `connect` and `listen` at the prompt, and mistyped ones."""
import re
import select
import socket

import pytest

from harness import PATIENCE, ends, in_background, line_from, receive_all, resident

both_roles = pytest.mark.parametrize("role", ["listen", "connect"])
EVERYWHERE = ["/help", "/quit", "/status", "/encoding", "/send", "/clear"]
LISTENING = ["/who", "/to", "/kick", "/nick", "/lock", "/unlock"]


def nothing_came(screen, peer):
    """Nothing was sent before the next line."""
    screen.enter("句号")
    return line_from(peer).decode(errors="replace") == "句号\n"


def is_closed(peer):
    try:
        return peer.recv(1) == b""
    except ConnectionResetError:
        return True


# Help, status, clear.

@both_roles
def test_help(talk, role):
    screen, peer = talk(role, columns=100, rows=60)
    screen.enter("/help")
    for command in EVERYWHERE + LISTENING * (role == "listen"):
        screen.wait_for(command + " " if command == "/send" else command)
    screen.wait_typed("> ")
    if role == "connect":
        assert not re.search("/(who|kick|lock|unlock|nick)\\b", screen.text)
    assert nothing_came(screen, peer)


@both_roles
def test_help_in_40_columns(talk, role):
    screen, _ = talk(role, columns=40, rows=60)
    screen.enter("/help")
    screen.wait_for("/clear")
    screen.wait_typed("> ")
    rows = "\n".join(screen.rows)
    assert re.search("show who is\n  connected, for how long, and what was\n  sent\n", rows), rows


def test_encoding_of_the_peer_of_connect(talk):
    """By its name too, as with listen."""
    screen, peer = talk("connect")
    screen.enter("/encoding peer gbk")
    screen.wait_for("▸ peer speaks GBK, as was set\n")
    assert nothing_came_in_gbk(screen, peer)
    screen.enter("/encoding peer2 gbk")
    screen.wait_for("▸ nobody here is called peer2; /status lists them\n")


def test_encoding_takes_labels_of_the_standard_only(talk):
    screen, peer = talk("connect", columns=200)
    screen.enter("/encoding koi8-t")
    screen.wait_for("▸ 'koi8-t' is no charset of the Encoding Standard, and -e does not name it; did you mean koi8-r?")
    screen.enter("/encoding koi8-u")
    screen.wait_for("▸ peer speaks KOI8-U, as was set\n")


def test_status_of_connect(talk):
    screen, peer = talk("connect", columns=120)
    peer.sendall("你好\n".encode("gbk") + "今天天气很好\n".encode("gbk"))
    screen.wait_for("今天天气很好")
    before = len(screen.rows)
    screen.enter("/status")
    screen.wait_for(lambda screen: len(screen.rows) > before and screen.typed == ">")
    status = "\n".join(screen.rows[before - 1:])
    assert f"127.0.0.1:{peer.getsockname()[1]}" in status
    assert "GBK" in status.upper()
    assert nothing_came_in_gbk(screen, peer)


def seconds_here(screen, name):
    """How long /who says that somebody has been here."""
    told = re.compile(name + r" 127.0.0.1:\d+ speaks .*; here for (\d+):(\d\d):(\d\d), \d+ bytes")
    before = len(told.findall(screen.text))
    screen.enter("/who")
    screen.wait_for(lambda screen: len(told.findall(screen.text)) > before)
    hours, minutes, seconds = map(int, told.findall(screen.text)[-1])
    return 3600 * hours + 60 * minutes + seconds


def test_who_tells_the_time_of_each_peer(talk):
    """Not how long the program has been running."""
    screen, _ = talk("listen", columns=160)
    screen.wait_for(lambda screen: seconds_here(screen, "peer1") >= 2)
    talk.call(screen)
    assert seconds_here(screen, "peer2") < seconds_here(screen, "peer1")


def test_status_of_listen(talk):
    screen, peer = talk("listen", columns=120)
    before = len(screen.rows)
    screen.enter("/status")
    screen.wait_for(lambda screen: len(screen.rows) > before and screen.typed == ">")
    assert f"127.0.0.1:{peer.getsockname()[1]}" in "\n".join(screen.rows[before - 1:])
    assert nothing_came(screen, peer)


@both_roles
def test_clear(talk, role):
    screen, peer = talk(role)
    peer.sendall("要清掉的\n".encode())
    screen.wait_for("要清掉的")
    screen.enter("/clear")
    screen.wait_for(lambda screen: [screen.display.row(y) for y in range(24)] == [">"] + [""] * 23)
    peer.sendall("新的\n".encode())
    screen.wait_for("新的")
    screen.wait_typed("> ")
    assert nothing_came(screen, peer)


# Encoding.

def test_encoding_shows(talk):
    screen, peer = talk("connect", columns=120)
    peer.sendall("你好,今天天气很好\n".encode("gbk"))
    screen.wait_for("speaks GBK")
    before = screen.text.upper().count("GBK")
    screen.enter("/encoding")
    screen.wait_for(lambda screen: screen.text.upper().count("GBK") > before)
    assert nothing_came_in_gbk(screen, peer)


def nothing_came_in_gbk(screen, peer):
    screen.enter("句号")
    return line_from(peer).decode("gbk") == "句号\n"


def test_encoding_sets(talk):
    screen, peer = talk("connect")
    screen.enter("/encoding big5")
    screen.wait_typed("> ")
    screen.enter("你好")
    assert line_from(peer).decode("big5") == "你好\n"
    peer.sendall("收到\n".encode("big5"))
    screen.wait_for("peer│ 收到")


def test_encoding_of_one_peer(talk):
    screen, first = talk("listen")
    second = talk.call(screen)
    screen.enter("/encoding peer1 gbk")
    screen.wait_typed("> ")
    screen.enter("大家好")
    assert line_from(first).decode("gbk") == "大家好\n"
    assert line_from(second).decode() == "大家好\n"
    first.sendall("一些\n".encode("gbk"))
    screen.wait_for("peer1│ 一些\n")


def test_encoding_of_all_and_of_later_peers(talk):
    screen, first = talk("listen")
    screen.enter("/encoding gbk")
    screen.wait_typed("> ")
    screen.enter("你好")
    assert line_from(first).decode("gbk") == "你好\n"
    later = talk.call(screen)
    screen.enter("欢迎")
    assert line_from(later).decode("gbk") == "欢迎\n"


@pytest.mark.parametrize("command", ["/encoding no-such-charset", "/encoding utf-16", "/encoding gbk//IGNORE"])
def test_encoding_refuses(talk, command):
    screen, peer = talk("connect")
    before = screen.text.count("▸")
    screen.enter(command)
    screen.wait_for(lambda screen: screen.text.count("▸") > before)
    assert nothing_came(screen, peer)


def test_encoding_of_an_unknown_peer_is_refused(talk):
    screen, peer = talk("listen")
    before = screen.text.count("▸")
    screen.enter("/encoding peer9 gbk")
    screen.wait_for(lambda screen: screen.text.count("▸") > before)
    assert nothing_came(screen, peer)


# Who is here.

def test_who(talk):
    screen, first = talk("listen", columns=120)
    second = talk.call(screen)
    first.sendall("今天天气很好\n".encode("gbk"))
    screen.wait_for("speaks GBK")
    before = len(screen.rows)
    screen.enter("/who")
    screen.wait_for(lambda screen: re.search("peer2", "\n".join(screen.rows[before - 1:])) and screen.typed == ">")
    who = "\n".join(screen.rows[before - 1:])
    for name, peer in (("peer1", first), ("peer2", second)):
        assert re.search(rf"{name}\b.*127\.0\.0\.1:{peer.getsockname()[1]}", who), who


def test_who_without_peers(screen):
    listening = screen("listen", "127.0.0.1", 0).ready()
    listening.enter("/who")
    listening.wait_for(re.compile("^▸ (nobody is|0 peers are) here", re.M))


def test_to(talk):
    screen, first = talk("listen")
    second = talk.call(screen)
    screen.enter("/to peer1 只给你看")
    screen.wait_for("you>peer1│ 只给你看")
    screen.enter("大家")
    assert line_from(first).decode() == "只给你看\n"
    assert line_from(first).decode() == "大家\n"
    assert line_from(second).decode() == "大家\n"


def test_to_leaves_the_name_column_as_wide(talk):
    screen, peer = talk("listen")
    screen.enter("/to peer1 只给你看")
    screen.wait_for("you>peer1│ 只给你看\n")
    screen.enter("给大家")
    screen.wait_for("\nyou  │ 给大家\n")


@pytest.mark.parametrize("command", ["/to peer9 你好", "/to peer1", "/to", "/kick peer9", "/kick", "/nick", "/nick ",
                                     "/send", "/nick peer1"])
def test_wrong_use(talk, command):
    """Said in a notice, and nothing is sent."""
    screen, peer = talk("listen")
    before = screen.text.count("▸")
    screen.enter(command)
    screen.wait_for(lambda screen: screen.text.count("▸") > before)
    screen.wait_typed("> ")
    assert nothing_came(screen, peer)


def test_kick(talk):
    screen, first = talk("listen")
    second = talk.call(screen)
    screen.enter("/kick peer1")
    screen.wait_for("▸ peer1 was removed\n")
    assert is_closed(first)
    screen.enter("还在吗")
    assert line_from(second).decode() == "还在吗\n"
    assert "peer1 left" not in screen.text


def test_nick(talk):
    screen, peer = talk("listen")
    screen.enter("/nick 小王")
    screen.wait_typed("> ")
    screen.enter("我改名了")
    screen.wait_for(re.compile(r"^小王 ?│ 我改名了$", re.M))
    assert line_from(peer).decode() == "我改名了\n"


@pytest.mark.parametrize("name", ["a\u202eb", "-x", "a b", "x" * 300, "/quit"])
def test_nick_refuses(talk, name):
    """A name starts with a letter or digit and does not imitate another one."""
    screen, peer = talk("listen")
    screen.enter(f"/nick {name}")
    screen.wait_typed("> ")
    screen.enter("我是谁")
    screen.wait_for(re.compile(r"^you *│ 我是谁$", re.M))


def test_lock_and_unlock(talk):
    screen, peer = talk("listen")
    port = screen.port
    screen.enter("/lock")
    screen.wait_for("▸ locked, nobody else gets in\n")
    with socket.socket() as stranger:
        stranger.settimeout(PATIENCE)
        assert stranger.connect_ex(("127.0.0.1", port)) != 0 or is_closed(stranger)
    screen.enter("你还在")
    assert line_from(peer).decode() == "你还在\n"
    screen.enter("/unlock")
    screen.wait_for(re.compile(r"▸ unlocked, listening on 127\.0\.0\.1:\d+$", re.M))
    port = int(re.search(r"unlocked, listening on 127\.0\.0\.1:(\d+)", screen.text).group(1))
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as other:
        screen.wait_for("▸ peer2 ")
        other.sendall("进来了\n".encode())
        screen.wait_for("peer2│ 进来了")


def test_lock_twice_and_unlock_twice(talk):
    screen, peer = talk("listen")
    for command in ("/unlock", "/lock", "/lock", "/unlock", "/unlock"):
        before = screen.text.count("▸")
        screen.enter(command)
        screen.wait_for(lambda screen: screen.text.count("▸") > before)
    talk.call(screen)


# Lines that are not commands.

@both_roles
def test_two_slashes_send_one(talk, role):
    screen, peer = talk(role)
    screen.enter("//help 你好")
    assert line_from(peer).decode() == "/help 你好\n"
    screen.wait_for(re.compile("^you *│ /help 你好$", re.M))


@both_roles
def test_slash_elsewhere_is_text(talk, role):
    screen, peer = talk(role)
    for line in ("一/二", " /help", "http://例子/", "1/2"):
        screen.enter(line)
        assert line_from(peer).decode() == line + "\n"


@pytest.mark.parametrize("typed, word, nearest", [
    ("/wo", "/wo", "/who"), ("/hlep", "/hlep", "/help"), ("/kik peer1", "/kik", "/kick"), ("/quti", "/quti", "/quit"),
    ("/HELP", "/HELP", "/help"), ("/q", "/q", "/quit")])
def test_mistyped_command_of_listen_is_asked_about(talk, typed, word, nearest):
    screen, peer = talk("listen")
    screen.enter(typed)
    screen.wait_for(f"▸ {word} is no command; did you mean {nearest}? /{word} sends it as text\n")
    assert nothing_came(screen, peer)


def test_unknown_command_goes_to_the_peer(talk):
    screen, peer = talk("listen")
    screen.enter("/bananas 你好")
    screen.wait_for(re.compile("▸ /bananas is no command;.* //bananas sends it as text$", re.M))
    assert "did you mean" not in screen.text
    assert nothing_came(screen, peer)


@pytest.mark.parametrize("typed, nearest", [("/hlep", "/help"), ("/qit", "/quit"), ("/sendd x", "/send"),
                                            ("/statu", "/status"), ("/HELP", "/help"), ("/Quti", "/quit")])
def test_mistyped_command_of_connect_is_asked_about(talk, typed, nearest):
    """One letter away it is asked about, not sent."""
    screen, peer = talk("connect")
    word = typed.split()[0]
    screen.enter(typed)
    screen.wait_for(f"▸ {word} was not sent; did you mean {nearest}? /{word} sends it as text\n")
    assert nothing_came(screen, peer)


def test_command_of_the_peer_goes_to_the_peer(talk):
    """The peer may have this command; the notice comes once."""
    screen, peer = talk("connect")
    screen.enter("/join 房间")
    assert line_from(peer).decode() == "/join 房间\n"
    screen.wait_for("▸ /join is no command here and went to the peer as it is\n")
    screen.enter("/msg 小王 你好")
    assert line_from(peer).decode() == "/msg 小王 你好\n"
    screen.enter("完")
    screen.wait_for("you │ 完")
    assert screen.text.count("is no command here") == 1


@pytest.mark.parametrize("word", ["/", "/ 你好", "/你好"])
@both_roles
def test_strange_words(talk, role, word):
    screen, peer = talk(role)
    screen.enter(word)
    screen.wait_typed("> ")
    screen.enter("后来")
    while line_from(peer).decode() != "后来\n":
        pass


# /send.

@pytest.fixture
def report(tmp_path):
    """A text file in UTF-8, 20000 lines of Chinese."""
    path = tmp_path / "报告.txt"
    path.write_text("".join(f"{number:05} 第一季度的报告,共两万行\n" for number in range(20000)))
    return path


def receive(screen, peer, n):
    """n bytes at a peer, while the screen is drawn."""
    data = bytearray()

    def take(_):
        while len(data) < n and select.select([peer], [], [], 0)[0]:
            data.extend(peer.recv(min(1 << 20, n - len(data))))
        return len(data) >= n
    screen.wait_for(take, 2 * PATIENCE)
    return bytes(data)


@both_roles
@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_send(talk, report, role, charset):
    """A text file arrives in the peer's charset."""
    screen, peer = talk(role, "-e", charset, cwd=report.parent)
    screen.enter("/send 报告.txt")
    expected = report.read_text().encode(charset)
    assert receive(screen, peer, len(expected)) == expected
    screen.wait_for(f"▸ sent 报告.txt, {report.stat().st_size} bytes\n")
    screen.wait_typed("> ")
    screen.enter("收到没有")
    assert line_from(peer).decode(charset) == "收到没有\n"


def test_send_tells_undecodable_bytes(talk, tmp_path):
    (tmp_path / "one").write_text("笑😀\n")
    (tmp_path / "two").write_text("笑😀😃\n")
    (tmp_path / "bad").write_bytes("你好".encode("gbk") + b"\xff\n")
    screen, first = talk("listen", "-e", "gbk", cwd=tmp_path)
    screen.enter("/send one")
    screen.wait_for("▸ one: 1 character is not in GBK and was sent as ?\n")
    screen.enter("/send bad")
    screen.wait_for("▸ bad: 1 byte sequence was not valid GBK, the first at byte 4\n")
    talk.call(screen)
    screen.enter("/send two")
    screen.wait_for("▸ two: 2 characters are not in the charset of every peer and were sent as ?\n")


@pytest.mark.parametrize("head", [b"\0", "say".encode("utf-16"), b"\x7fELF" + b"\x01" * 30_000 + b"\0"],
                         ids=["nul", "utf-16", "nul late in the block"])
def test_send_refuses_a_binary_file(talk, tmp_path, head):
    (tmp_path / "file").write_bytes(head + b"\xff" * 100_000)
    screen, peer = talk("connect", cwd=tmp_path)
    screen.enter("/send file")
    screen.wait_for("▸ file is no text, it holds a NUL; a pipe sends it as it is:")
    screen.enter("还在")
    assert line_from(peer).decode() == "还在\n"
    assert "sent file" not in screen.text


@pytest.mark.parametrize("charset", ["utf-8", "gbk"])
def test_send_leaves_a_byte_order_mark_out(talk, tmp_path, charset):
    (tmp_path / "file").write_bytes("\ufeff你好\n".encode())
    screen, peer = talk("connect", "-e", charset, cwd=tmp_path)
    screen.enter("/send file")
    assert line_from(peer).decode(charset) == "你好\n"
    screen.wait_for("▸ sent file, 10 bytes\n")
    assert "sent as ?" not in screen.text


def test_send_follows_the_evidence(talk, tmp_path):
    (tmp_path / "a b.txt").write_text("第一行\n第二行")
    screen, peer = talk("connect", cwd=tmp_path)
    peer.sendall("今天天气很好,请把文件发过来\n".encode("gbk"))
    screen.wait_for("speaks GBK")
    screen.enter("/send a b.txt")
    assert line_from(peer).decode("gbk") == "第一行\n"
    screen.wait_for("▸ sent a b.txt, 19 bytes\n")


def test_send_goes_to_all_peers(talk, tmp_path):
    (tmp_path / "file").write_text("一\n二\n")
    screen, first = talk("listen", cwd=tmp_path)
    second = talk.call(screen)
    screen.enter("/encoding peer2 gbk")
    screen.enter("/send file")
    assert [line_from(first).decode() for _ in range(2)] == ["一\n", "二\n"]
    assert [line_from(second).decode("gbk") for _ in range(2)] == ["一\n", "二\n"]


def big_file(tmp_path):
    path = tmp_path / "big"
    path.write_bytes("很大的文件,一行又一行\n".encode() * 1_600_000)  # more than 50 MB
    return path


def test_send_shows_its_progress_and_is_stopped_by_ctrl_c(talk, tmp_path):
    """The peer reads nothing: it waits, while messages come and lines are typed."""
    big_file(tmp_path)
    screen, peer = talk("connect", cwd=tmp_path)
    screen.enter("/send big")
    screen.wait_for(re.compile(r"^\d+%> *$", re.M))
    peer.sendall("慢一点\n".encode())
    screen.wait_for("peer│ 慢一点")
    screen.press("ctrl-c")
    match = screen.wait_for(re.compile(r"▸ big was stopped after (\d+) bytes$", re.M))
    screen.wait_typed("> ")
    screen.enter("后来")
    screen.press("ctrl-d")
    received = receive_all(peer)
    assert received.endswith("后来\n".encode())
    assert int(match.group(1)) <= len(received) < 50_000_000
    peer.close()
    ends(screen, 0)


@both_roles
def test_send_50_mb_to_a_slow_peer(talk, person, tmp_path, role):
    """Everything arrives, no peer is evicted, and memory stays bounded, without the quarantine of a sanitizer."""
    path = big_file(tmp_path)
    env = person(ASAN_OPTIONS="quarantine_size_mb=1:thread_local_quarantine_size_kb=64")
    screen, peer = talk(role, "-e", "utf-8", cwd=tmp_path, env=env)
    screen.enter("/send big")
    screen.wait_for(re.compile(r"^\d+%> *$", re.M))
    before = resident(screen.pid)
    received, wanted, largest = 0, path.stat().st_size, before

    def take(_):
        nonlocal received, largest
        largest = max(largest, resident(screen.pid))
        if select.select([peer], [], [], 0)[0]:
            received += len(peer.recv(1 << 18))
        return received >= wanted
    screen.wait_for(take, 8 * PATIENCE)
    assert received == wanted
    assert largest - before < 16 << 20
    screen.wait_for(f"▸ sent big, {wanted} bytes\n", 2 * PATIENCE)


@pytest.mark.parametrize("name", ["no-such-file", ".", "/dev/tty", "secret"])
def test_send_refuses_an_unreadable_file(talk, tmp_path, name):
    if name == "secret":
        (tmp_path / name).symlink_to(name)
    screen, peer = talk("connect", cwd=tmp_path)
    before = screen.text.count("▸")
    screen.enter(f"/send {name}")
    screen.wait_for(lambda screen: screen.text.count("▸") > before)
    screen.wait_typed("> ")
    assert nothing_came(screen, peer)


def test_send_of_a_device_without_end_can_be_stopped(talk):
    screen, peer = talk("connect")
    screen.enter("/send /dev/zero")
    screen.wait_for(lambda screen: "▸" in screen.text or "%" in (screen.typed or ""))
    if "▸" not in screen.text:
        screen.press("ctrl-c")
    screen.wait_typed("> ")
    peer.sendall("还好吗\n".encode())
    screen.wait_for("peer│ 还好吗")


def test_send_with_characters_that_the_peer_lacks(talk, tmp_path):
    (tmp_path / "file").write_text("笑😀\n哭😭\n")
    screen, peer = talk("connect", "-e", "gbk", cwd=tmp_path)
    screen.enter("/send file")
    assert receive(screen, peer, 8).decode("gbk") == "笑?\n哭?\n"
    screen.wait_for(re.compile("▸ .*2 characters"))


def test_send_ends_with_its_peer(talk, tmp_path):
    big_file(tmp_path)
    screen, peer = talk("listen", cwd=tmp_path)
    screen.enter("/send big")
    screen.wait_for(re.compile(r"^\d+%> *$", re.M))
    peer.close()
    screen.wait_for("▸ peer1 left")
    screen.wait_for(re.compile("^▸ (sent big|big was stopped)", re.M))
    screen.wait_typed("> ")


def test_commands_survive_a_flood(talk):
    """They are obeyed at once while a peer says a lot."""
    screen, peer = talk("listen")
    stop = []

    def flood():
        while not stop:
            peer.sendall("吵死了\n".encode() * 100)
    in_background(flood)
    screen.wait_for("吵死了")
    screen.enter("/kick peer1")
    screen.wait_for("▸ peer1 was removed\n")
    stop.append(True)
    screen.wait_typed("> ")


# The operator of a chat.

def test_operator_of_a_chat_acts(talk):
    screen, peer = talk("listen", "--chat", "--name", "op", columns=100, rows=60)
    assert line_from(peer) == b"-!- you are peer1; /help lists commands\n"
    screen.enter("/me 挥手")
    assert line_from(peer).decode() == "* op 挥手\n"
    screen.wait_for("op   │* 挥手\n")
    screen.enter("/msg peer1 悄悄")
    assert line_from(peer).decode() == "[op] 悄悄\n"
    screen.wait_for("op>peer1│ 悄悄\n")
    screen.enter("/help")
    screen.wait_for("▸ /me TEXT")
    screen.wait_for("▸ /msg NAME TEXT")


def test_operator_of_listen_has_no_commands_of_a_chat(talk):
    screen, peer = talk("listen", columns=100, rows=60)
    screen.enter("/me 挥手")
    screen.wait_for("▸ /me is no command")
    assert nothing_came(screen, peer)


def test_operators_action_stands_in_the_transcript(talk, tmp_path):
    screen, _ = talk("listen", "--chat", "--name", "op", "--transcript", tmp_path / "said")
    screen.enter("/me 挥手")
    screen.wait_for("op   │* 挥手\n")
    screen.press("ctrl-d")
    screen.wait()
    assert "* op 挥手\n" in (tmp_path / "said").read_text()


def test_full_width_slash_in_front_of_a_command_is_a_slash(talk):
    """An input method gives it; in front of other words it is text."""
    screen, peer = talk("listen", "--name", "me")
    screen.enter("／nick 小李")
    screen.wait_for("▸ you are 小李 now\n")
    screen.enter("／nick")
    screen.wait_for("▸ /nick takes a name")
    for text in ["／你好", "／nickname", "／"]:  # no exact name of a command
        screen.enter(text)
        assert line_from(peer).decode() == f"{text}\n"
