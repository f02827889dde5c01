# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator of a `--chat` at a terminal is a member that also sees addresses and decides who may join."""
import contextlib
import re

import pytest

from crowd import Crowd, refuses, settle


@pytest.fixture
def room(screen):
    """A Crowd around `listen --chat` on a terminal, as crowd.screen."""
    with contextlib.ExitStack() as stack:
        def begin(*options, **of_screen):
            made = screen("listen", "--chat", "--name", "主人", *options, "127.0.0.1", 0, **of_screen).ready()
            crowd = Crowd(made, stack)
            crowd.screen = made
            return crowd

        yield begin


def test_room_shows_messages_of_all(room):
    crowd = room(columns=100)
    one, other = crowd.join(), crowd.join("小王")
    for peer, notice in ((one, "peer1"), (other, "peer2")):
        crowd.screen.wait_for(f"▸ {notice} {peer.address} joined\n")
    crowd.screen.wait_for("▸ peer2 is now 小王\n")
    crowd.screen.enter("欢迎欢迎")
    assert one.until_line("主人: 欢迎欢迎") and other.until_line("主人: 欢迎欢迎")
    one.say("你好,主人")
    crowd.screen.wait_for(re.compile("^peer1 *│ 你好,主人$", re.M))
    assert other.line() == "peer1: 你好,主人"
    other.say("/me 坐下")
    assert one.line() == "* 小王 坐下"
    crowd.screen.wait_for(re.compile("小王.*坐下"))
    other.say("/msg 主人 悄悄话")
    crowd.screen.wait_for(re.compile("小王.*悄悄话"))
    other.close()
    crowd.screen.wait_for("▸ 小王 left\n")
    assert one.line() == "-!- 小王 left"
    crowd.screen.wait_typed("> ")


def test_transcript_names_the_receiver(room, tmp_path):
    path = tmp_path / "记录"
    crowd = room("--transcript", path, columns=100)
    one, other = crowd.join_all("小张", "小王")
    one.say("/msg 主人 悄悄话", "/me 坐下", "大家好")
    crowd.screen.wait_for("大家好")
    crowd.screen.enter("/to 小王 只给你")
    assert other.until_line("[主人] 只给你")
    crowd.screen.enter("/nick 老板")
    assert other.until_line("-!- 主人 is now 老板")
    crowd.screen.enter("你们好")
    assert other.until_line("老板: 你们好")
    lines = [line[20:] for line in path.read_text().splitlines()]
    said = [line for line in lines if not line.startswith("-!- ") and "so far" not in line]
    assert said == ["[小张] 悄悄话", "* 小张 坐下", "小张: 大家好", "[主人>小王] 只给你", "老板: 你们好"]
    assert "-!- 主人 is now 老板" in lines
    assert f"-!- peer1 {one.address} joined" in lines


def test_typed_line_survives_messages(room):
    crowd = room()
    one, other = crowd.join_all(None, None)
    crowd.screen.type("还没说完")
    crowd.screen.wait_typed("> 还没说完")
    for n in range(20):
        one.say(f"第 {n} 句")
    crowd.screen.wait_for("第 18 句")
    crowd.screen.wait_typed("> 还没说完")
    crowd.screen.press("enter")
    assert other.until_line("主人: 还没说完")


def test_members_speak_three_charsets(room):
    crowd = room("--rate", "0")
    peers = [crowd.join(charset=charset) for charset in ("gbk", "big5", "utf-8")]
    for peer in peers:
        peer.say(f"/encoding {peer.charset}")
        while not peer.line().startswith("-!- you speak "):
            pass
    crowd.screen.enter("天下太平")
    for peer in peers:
        assert peer.until_line("主人: 天下太平")
    for n, peer in enumerate(peers):
        peer.say(f"我是中文 {n}")
        crowd.screen.wait_for(re.compile(f"^peer{n + 1} *│ 我是中文 {n}$", re.M))


def test_to_reaches_one_peer_only(room):
    crowd = room()
    one, other = crowd.join_all(None, None)
    crowd.screen.enter("/to peer1 只给你看")
    assert one.line() == "[主人] 只给你看"
    crowd.screen.enter("大家")
    assert one.line() == other.line() == "主人: 大家"


def test_kick_puts_a_member_out(room):
    crowd = room()
    one, other = crowd.join_all(None, None)
    crowd.screen.enter("/kick peer1")
    assert one.has_ended()
    assert other.line().startswith("-!- peer1 ")
    crowd.screen.wait_for(re.compile("^▸ peer1 .*removed", re.M))
    crowd.screen.enter("还在吗")
    assert other.line() == "主人: 还在吗"


def test_nick_is_told_to_all(room):
    crowd = room()
    one, other = crowd.join_all(None, "小李")
    crowd.screen.enter("/nick 老王")
    assert one.line() == other.line() == "-!- 主人 is now 老王"
    crowd.screen.enter("我改名了")
    assert one.line() == "老王: 我改名了"
    crowd.screen.enter("/nick 小李")  # is taken
    crowd.screen.enter("我还是我")
    assert one.line() == "老王: 我还是我"
    one.say("/nick 老王")
    assert "taken" in one.line()


@pytest.mark.parametrize("name", ["peer1", "小李", "小李\u200b", "-x", "a b", "ｐｅｅｒ1"])
def test_nick_refuses_a_bad_name(room, name):
    crowd = room()
    one, _ = crowd.join_all(None, "小李")
    before = crowd.screen.text.count("▸")
    crowd.screen.enter(f"/nick {name}")
    crowd.screen.wait_for(lambda screen: screen.text.count("▸") > before)
    crowd.screen.enter("我是谁")
    assert one.line() == "主人: 我是谁"


@pytest.mark.parametrize("name", ["you", "YOU", "ｙｏｕ", "y0u", "you_", "γου"])
def test_peer_cannot_be_called_as_a_screen_calls_its_person(screen, tmp_path, name):
    """Neither at the operator's screen nor at a member's, nor in the transcript."""
    path = tmp_path / "said"
    with contextlib.ExitStack() as stack:
        crowd = Crowd(screen("listen", "--chat", "--transcript", path, "127.0.0.1", 0).ready(), stack)
        peer = crowd.join()
        peer.say(f"/nick {name}")
        assert "is taken" in peer.line()
        peer.say("转账吧", "/me 转账", "/msg peer1 转")
        crowd.run.wait_for("peer1│* 转账")
        crowd.run.enter("真的我")
        crowd.run.wait_for(re.compile("^you *│ 真的我$", re.M))
        assert len(re.findall(r"^you *│", crowd.run.text, re.M)) == 1, crowd.run.text
        crowd.run.enter(f"/nick {name}")
        crowd.run.wait_for(re.compile("▸ '.*' is taken"))
    assert "you: 转账吧" not in path.read_text()


def test_name_of_a_room_is_not_the_word_for_oneself(tcpchat):
    run = tcpchat("listen", "--chat", "--name", "You", "127.0.0.1", 0)
    assert run.wait() == 2
    assert b"'You' is taken" in run.stderr


def test_who_lists_members(room):
    crowd = room(columns=100)
    peers = crowd.join_all("小王", None)
    crowd.screen.enter("/who")
    for peer in peers:
        crowd.screen.wait_for(re.compile(rf"{peer.name}\b.*{re.escape(peer.address)}"))


def test_lock_stops_accepting_and_unlock_resumes(room):
    crowd = room()
    one, other = crowd.join_all(None, None)
    port = crowd.run.port
    crowd.screen.enter("/lock")
    crowd.screen.wait_for("▸ locked, nobody else gets in\n")
    assert refuses(port)
    settle([one, other])
    crowd.screen.enter("/unlock")
    crowd.screen.wait_for(re.compile(r"▸ unlocked, listening on 127\.0\.0\.1:\d+$", re.M))
    third = crowd.join()
    assert one.line() == f"-!- {third.name} joined"


def test_lock_says_that_one_connection_locks_by_itself(talk):
    screen, _ = talk("listen", "-1")
    screen.enter("/lock")
    screen.wait_for("▸ nobody else gets in anyway, as -1 asks for")


def test_lock_keeps_100_conversations(screen):
    """No peer is admitted, and the members that are there finish."""
    with contextlib.ExitStack() as stack:
        crowd = Crowd(screen("listen", "127.0.0.1", 0, rows=40).ready(), stack)
        peers = [crowd.call() for _ in range(100)]
        crowd.run.wait_for("peer100 ")
        for peer in peers[:50]:
            peer.send("说到".encode())
        crowd.run.enter("/lock")
        crowd.run.wait_for("▸ locked, nobody else gets in\n")
        port = crowd.run.port
        assert all(refuses(port) for _ in range(10))
        crowd.run.enter("都还在吗")
        assert all(peer.line() == "都还在吗" for peer in peers)
        for peer in peers:
            peer.say("一半")
            peer.finish()
            assert peer.rest() == b""
        crowd.run.wait_for(re.compile(r"^peer100│ 一半$", re.M))
        crowd.run.wait_for(re.compile(r"peer100 left|left$", re.M))
        assert refuses(port)
        crowd.run.enter("/unlock")
        crowd.run.wait_for(re.compile(rf"▸ unlocked, listening on 127\.0\.0\.1:{port}$", re.M))
        late = crowd.call()
        late.say("来晚了")
        crowd.run.wait_for("peer101│ 来晚了")


def test_many_joins_leave_the_screen_readable(room):
    crowd = room(rows=40)
    crowd.screen.type("打字中")
    callers = [crowd.call() for _ in range(100)]
    crowd.screen.wait_for(re.compile(r"^▸ \d+ joined$", re.M))
    assert crowd.screen.text.count("joined") < 30 and callers
    crowd.screen.wait_typed("> 打字中")


def test_stopped_terminal_stops_no_member(room):
    """Ctrl-S, or a stalled ssh."""
    crowd = room("--rate", "0")
    one, other = crowd.join(), crowd.join()
    assert one.line() == "-!- peer2 joined"
    crowd.screen.stall()
    for n in range(20):
        one.say(*[f"{n} 很长的一句话" * 10] * 200)
        assert len(other.lines(200)) == 200
    crowd.screen.go_on()
    crowd.screen.enter("我回来了")
    assert one.line() == "主人: 我回来了"


def test_forged_text_stays_under_its_senders_name(room):
    crowd = room("--rate", "0")
    one, other = crowd.join_all(None, None)
    one.send("a\r▸ peer2 left\n\x1b[2J\x1b[Hpeer2│ 我说的\n".encode())
    one.send("/me \u202etfel\n//end\n".encode())
    crowd.screen.wait_for("/end")
    assert not re.search("^(▸ peer2 left|peer2 *│ 我说的)", crowd.screen.text, re.M)


def test_characters_that_a_member_lacks_are_told(room):
    """Also in words to one, and by /me; the words of members are theirs."""
    crowd = room("-e", "gbk")
    one, other = crowd.join(charset="gbk"), crowd.join("小王", charset="gbk")
    crowd.screen.enter("笑😀了")
    assert other.line() == "主人: 笑?了"
    crowd.screen.wait_for("▸ 1 character is not in GBK and was sent to those who speak GBK as ?: U+1F600\n")
    crowd.screen.enter("/msg 小王 一😁二")
    assert other.line() == "[主人] 一?二"
    crowd.screen.wait_for("▸ 1 character is not in GBK and was sent to 小王 as ?: U+1F601\n")
    crowd.screen.enter("/me 笑😂了")
    crowd.screen.wait_for("U+1F602\n")


def test_ctrl_d_ends_the_room(room):
    crowd = room()
    one, other = crowd.join_all(None, None)
    crowd.screen.press("ctrl-d")
    assert crowd.screen.wait() == 0
    assert one.has_ended() and other.has_ended()


@pytest.mark.parametrize("options", [["--broker"], ["-k"]], ids=" ".join)
def test_listen_at_a_terminal_keeps_peers_apart(screen, options):
    """`-k` is the default there, and peers do not hear each other; through a broker they do, as it arrived."""
    made = screen("listen", *options, "--name", "主人", "127.0.0.1", 0).ready()
    with contextlib.ExitStack() as stack:
        crowd = Crowd(made, stack)
        one, other = crowd.call(), crowd.call()
        made.wait_for("peer2 ")
        one.say("我说")
        made.wait_for(re.compile("^peer1 *│ 我说$", re.M))
        made.enter("我也说")
        assert one.line() == "我也说"
        assert other.lines(1 + (options == ["--broker"])) == ["我说"] * (options == ["--broker"]) + ["我也说"]
