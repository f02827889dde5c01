# SPDX-License-Identifier: GPL-3.0-or-later
"""`--chat` on the wire: what a member with a plain socket reads and may do."""
import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
import time

import pytest

from crowd import Peer, connected, crowd_of, heard_until, nothing_came, settle
from harness import ends, has_only_announced, until

COMMANDS = ["/help", "/who", "/nick", "/me", "/msg", "/encoding", "/quit"]


def answered(peer, line):
    """The notice that only the sender of a command reads."""
    peer.say(line)
    answer = peer.line()
    assert answer.startswith("-!- "), answer
    return answer


# The lines that are read.

def test_greeting_is_one_ascii_line(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        peers = [crowd.call() for _ in range(3)]
        assert sorted(peer.line() for peer in peers) == [f"-!- you are peer{n}; /help lists commands" for n in (1, 2, 3)]


def test_members_read_each_other_with_names(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        first, second, third = crowd.join(), crowd.join(), crowd.join()
        assert first.lines(2) == ["-!- peer2 joined", "-!- peer3 joined"]
        assert second.line() == "-!- peer3 joined"
        second.say("大家好")
        assert first.line() == third.line() == "peer2: 大家好"
        third.say("你好,peer2", "  两个空格在前", "")
        for peer in (first, second):
            assert peer.lines(3) == ["peer3: 你好,peer2", "peer3:   两个空格在前", "peer3: "]
        third.close()
        assert first.line() == second.line() == "-!- peer3 left"


def test_messages_are_not_echoed(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.say("一", "二", "三")
        assert other.lines(3) == ["peer1: 一", "peer1: 二", "peer1: 三"]
        assert nothing_came([one], other)


def test_default_names_are_not_reused(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        watching = crowd.join()
        for n in (2, 3):
            peer = crowd.join()
            assert peer.name == f"peer{n}" and watching.line() == f"-!- peer{n} joined"
            peer.close()
            assert watching.line() == f"-!- peer{n} left"
        assert crowd.join().name == "peer4"


def test_unfinished_line_is_said_at_the_end(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.send("来不及".encode())
        one.close()
        assert other.lines(2) == ["peer1: 来不及", "-!- peer1 left"]


def test_silence_of_a_second_ends_a_message(tcpchat):
    """The article's programs send no newline. Half a character waits for its rest."""
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.send("没有换行,半个字".encode()[:-1])
        assert other.line() == "peer1: 没有换行,半个"
        one.send("字".encode()[-1:] + "\n".encode())
        assert other.line() == "peer1: 字"


def test_crlf_ends_a_line(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.send("第一\r\n第二\r\n".encode() + b"/nick \xe5\xb0\x8f\xe7\x8e\x8b\r\n")
        assert other.lines(3) == ["peer1: 第一", "peer1: 第二", "-!- peer1 is now 小王"]


def test_crlf_option_ends_lines_with_crlf(tcpchat):
    with crowd_of(tcpchat, "--chat", "-C") as crowd:
        one, other = crowd.call(), crowd.call()
        assert one.line().endswith("/help lists commands\r") and other.line().endswith("\r")
        one.say("你好")
        assert "peer1: 你好\r" in other.until_line("peer1: 你好\r")


def test_endless_line_is_passed_on_in_pieces_of_8_kib(tcpchat):
    """At 8 KiB; every piece has the name in front, and no character is torn."""
    text = "长" * 10_000
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        one, other = crowd.join_all(None, None)
        one.say(text)
        pieces, taken = [], ""
        while len(taken) < len(text):
            pieces.append(other.line())
            assert pieces[-1].startswith("peer1: ")
            taken += pieces[-1].removeprefix("peer1: ")
        assert taken == text
        assert all(4000 < len(piece.encode()) <= 8192 + len("peer1: ") for piece in pieces[:-1])


def test_command_inside_a_long_line_is_text(tcpchat):
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        one, other = crowd.join_all(None, None)
        one.send(b"x" * 8192 + b"/nick forged\n")
        assert other.lines(2) == ["peer1: " + "x" * 8192, "peer1: /nick forged"]


# Names.

@pytest.mark.parametrize("name", ["alice", "小王", "Алиса", "3号", "Ω", "さくら", "김철수", "小王2号", "a-b_c.d"])
def test_nick_changes_the_name(tcpchat, name):
    with crowd_of(tcpchat, "--chat", "-e", "utf-8") as crowd:
        one, other = crowd.join_all(None, None)
        one.say(f"/nick {name}")
        assert one.line() == f"-!- you are {name}"
        assert other.line() == f"-!- peer1 is now {name}"
        one.say("我改名了")
        assert other.line() == f"{name}: 我改名了"
        one.close()
        assert other.line() == f"-!- {name} left"


def test_abandoned_name_is_free(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other, third = crowd.join_all("小王", "小李", None)
        assert answered(third, "/nick 小王").endswith("taken: somebody has that name or one like it")
        one.say("/nick 老王")
        assert third.line() == "-!- 小王 is now 老王"
        assert answered(third, "/nick 小王") == "-!- you are 小王"
        other.close()
        assert third.line() == "-!- 小李 left"
        assert answered(third, "/nick 小李") == "-!- you are 小李"


def test_own_name_in_another_case_is_free(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, = crowd.join_all("alice")
        assert answered(one, "/nick Alice") == "-!- you are Alice"


def test_name_with_blanks_is_refused_as_by_the_command_line(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, = crowd.join_all("alice")
        assert answered(one, "/nick 李 老师 ") == "-!- '李 老师' is no name: it has blanks"
        assert answered(one, "/nick") == "-!- /nick takes a name: /nick NAME"


# Commands.

def test_help_lists_commands(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, _ = crowd.join_all(None, None)
        one.say("/help", "/nick 后来")
        lines = one.until_line("-!- you are 后来")[:-1]
        assert all(line.startswith("-!- ") for line in lines)
        assert all(any(line.startswith(f"-!- {command}") for line in lines) for command in COMMANDS)
        assert not any(re.search("/(kick|lock|send|status)", line) for line in lines)


def test_who_lists_names(tcpchat):
    with crowd_of(tcpchat, "--chat", "--name", "主人") as crowd:
        peers = crowd.join_all("小王", None, "alice")
        peers[0].say("/who")
        lines = peers[0].lines(5)
        assert sorted(lines[:4]) == sorted(["-!- 主人", "-!- 小王", "-!- peer2", "-!- alice"])
        assert re.fullmatch(r"-!- 4 .*", lines[4])
        assert not any("127.0.0.1" in line for line in lines)
        assert nothing_came(peers[1:], peers[0])


def test_who_lists_100_and_a_count(tcpchat):
    with crowd_of(tcpchat, "--chat", "--name", "host") as crowd:
        peers = [crowd.join() for _ in range(120)]
        peers[0].say("/who")
        lines = peers[0].until_line("-!- 121 are here")
        assert 100 <= sum(bool(re.fullmatch(r"-!- (peer\d+|host)", line)) for line in lines) <= 101


def test_me_is_an_action(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all("小王", None)
        one.say("/me 喝茶")
        assert other.line() == "* 小王 喝茶"
        assert nothing_came([one], other)


def test_msg_reaches_one_member_only(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other, third = crowd.join_all("小王", "小李", None)
        one.say("/msg 小李 只给你看")
        assert other.line() == "[小王] 只给你看"
        other.say("/msg PEER3 你也看")
        assert third.line() == "[小李] 你也看"
        assert nothing_came([one, other], third)


def test_pause_keeps_a_private_message_private(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other, third = crowd.join_all(None, None, None)
        one.send(b"hello")
        assert other.line() == third.line() == "peer1: hello"  # said by a silence
        one.send(b"/msg peer2 the secret ")
        time.sleep(1.3)  # the silence that ends any line but a command
        one.send(b"word is xyzzy\n")
        assert other.line() == "[peer1] the secret word is xyzzy"
        assert nothing_came([one, third], other)


@pytest.mark.parametrize("line", ["/msg 没有这人 你好", "/msg", "/msg peer2", "/nick", "/nick a b", "/me", "/encoding",
                                  "/encoding no-such", "/encoding utf-16", "/encoding gbk//IGNORE",
                                  "/encoding koi8-t", "/who all", "/help me",
                                  "/nick " + 33 * "x", "/nick " + 17 * "宽", "/nick a\tb"])
def test_wrong_use_is_answered_to_its_sender_only(tcpchat, line):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        answered(one, line)
        assert nothing_came([other], one)
        one.say("/me 还叫这个")
        assert other.line() == "* peer1 还叫这个"


@pytest.mark.parametrize("line, nearest", [("/hlep", "/help"), ("/nik 小王", "/nick"), ("/woh", "/who")])
def test_mistyped_command_is_not_said(tcpchat, line, nearest):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        assert nearest in answered(one, line)
        assert nothing_came([other], one)


@pytest.mark.parametrize("line", ["/kick peer2", "/lock", "/unlock", "/status", "/send /etc/passwd", "/to peer2 hi",
                                  "/clear", "/explain on"])
def test_operator_commands_are_refused_to_members(tcpchat, line):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        answered(one, line)
        assert nothing_came([other], one)
        assert crowd.join().name == "peer3"


def test_two_slashes_say_one(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.say("//quit", " /quit", "一/二")
        assert other.lines(3) == ["peer1: /quit", "peer1:  /quit", "peer1: 一/二"]


def test_quit_leaves_the_room(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.say("再见", "/quit")
        assert one.rest() == b""
        assert other.lines(2) == ["peer1: 再见", "-!- peer1 left"]


def test_no_commands_makes_slashes_text(tcpchat):
    with crowd_of(tcpchat, "--chat", "--no-commands") as crowd:
        one, other = crowd.call(), crowd.call()
        assert one.line() == "-!- you are peer1" and other.line() == "-!- you are peer2"
        assert one.line() == "-!- peer2 joined"
        one.say("/nick 小王", "/quit", "//x", "/encoding gbk")
        assert other.lines(4) == ["peer1: /nick 小王", "peer1: /quit", "peer1: //x", "peer1: /encoding gbk"]


# The operator in a pipe.

def test_operator_speaks_on_stdin_and_reads_stdout(tcpchat):
    with crowd_of(tcpchat, "--chat", "--name", "主人") as crowd:
        one, other = crowd.join_all(None, "小王")
        crowd.run.send("欢迎\n".encode())
        assert one.line() == other.line() == "主人: 欢迎"
        one.say("谢谢")
        assert other.line() == "peer1: 谢谢"
        other.say("/me 鞠躬", "/msg 主人 悄悄话")
        assert one.line() == "* 小王 鞠躬"
        log = heard_until(crowd.run, lambda log: "悄悄话\n".encode() in log)
        lines = log.decode().splitlines()
        assert f"-!- peer1 {one.address} joined" in lines
        assert f"-!- peer2 {other.address} joined" in lines
        assert "-!- peer2 is now 小王" in lines
        assert "peer1: 谢谢" in lines
        assert "* 小王 鞠躬" in lines
        assert any(re.search(r"\[小王\] 悄悄话", line) for line in lines)
        assert has_only_announced(crowd.run.stderr)


def test_transcript_has_the_forms_of_the_log(tcpchat, tmp_path):
    """A line to the operator only is marked as private."""
    path = tmp_path / "记录"
    with crowd_of(tcpchat, "--chat", "--name", "主人", "--transcript", path) as crowd:
        one, other = crowd.join_all(None, "小王")
        crowd.run.send("欢迎\n".encode())
        assert one.line() == other.line() == "主人: 欢迎"
        other.say("/me 鞠躬", "/msg 主人 悄悄话", "/msg peer1 更悄悄的话", "//me 鞠躬")
        assert one.lines(3) == ["* 小王 鞠躬", "[小王] 更悄悄的话", "小王: /me 鞠躬"]
        other.close()
        assert one.line() == "-!- 小王 left"
        log = heard_until(crowd.run, lambda log: "-!- 小王 left\n".encode() in log).decode()
        until(lambda: path.read_text().endswith("-!- 小王 left\n"), "the last line")
        written = [line[20:] for line in path.read_text().splitlines()]
    assert "主人: 欢迎" in written
    written.remove("主人: 欢迎")  # its sender knows it
    assert written == log.splitlines()
    assert [line for line in written if "话" in line or "鞠躬" in line] == [
        "* 小王 鞠躬", "[小王] 悄悄话", "小王: /me 鞠躬"]


@pytest.mark.parametrize("encoding, cut", [("gbk", 0), ("utf-8", 0), ("auto", 0), ("gbk", 1), ("gbk", 2)])
def test_byte_order_mark_of_stdin_is_dropped(tcpchat, encoding, cut):
    """In front of the first line, however it is cut; elsewhere it is shown."""
    with crowd_of(tcpchat, "--chat", "-e", encoding, "--name", "boss", "--local-encoding", "utf-8") as crowd:
        peer = crowd.join(charset="gbk" if encoding == "gbk" else "utf-8")
        text = "\ufeff你好\n\ufeff再见\n".encode()
        crowd.run.send(text[:cut])
        crowd.run.send(text[cut:])
        assert peer.lines(2) == ["boss: 你好", "boss: <U+FEFF>再见"]


def test_room_goes_on_after_stdins_end(tcpchat):
    with crowd_of(tcpchat, "--chat", "--name", "主人") as crowd:
        one, other = crowd.join_all(None, None)
        crowd.run.send("没有换行".encode())
        crowd.run.end_input()
        assert one.line() == other.line() == "主人: 没有换行"
        one.say("他走了?")
        assert other.line() == "peer1: 他走了?"
        third = crowd.join()
        assert one.line() == "-!- peer3 joined"
        assert not third.has_more(0.2)


def test_room_works_without_stdin(tcpchat):
    with crowd_of(tcpchat, "--chat", stdin=subprocess.DEVNULL) as crowd:
        one, other = crowd.join_all(None, None)
        assert nothing_came([one], other)


def test_early_stdin_reaches_the_first_member(tcpchat):
    with crowd_of(tcpchat, "--chat", "--name", "主人") as crowd:
        assert crowd.run.port
        crowd.run.send("第一句\n第二句\n".encode())
        assert crowd.join().lines(2) == ["主人: 第一句", "主人: 第二句"]


def test_log_is_safe_and_has_whole_lines(tcpchat):
    """Whatever a peer sends, no line of the log begins with anything but a name or a notice."""
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        one, other = crowd.join_all(None, None)
        one.send(b"a\x1b[2Jb\x07\rc\0d\n" + "\u2028* peer2 left\n".encode())
        settle([one, other])
        log = heard_until(crowd.run, lambda log: b"peer2: so far 1\n" in log)
        assert not re.search(rb"[\0-\x09\x0b-\x1f]|\xe2\x80\xa8", log)
        assert all(re.match(r"-!- |peer[12]: ", line) for line in log.decode().splitlines())


def test_closed_stdout_ends_the_room(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, _ = crowd.join_all(None, None)
        crowd.run.stdout.close()
        ends(crowd.run, 128 + signal.SIGPIPE)
        assert one.has_ended() and has_only_announced(crowd.run.stderr)


def test_sigterm_ends_the_room(tcpchat):
    with crowd_of(tcpchat, "--chat", "-v") as crowd:
        peers = crowd.join_all(None, None)
        connected(crowd.run, 2)
        crowd.run.process.terminate()
        ends(crowd.run, 128 + signal.SIGTERM)
        assert all(peer.has_ended() for peer in peers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_end_of_the_room_by_a_signal_is_told(tcpchat, number):
    with crowd_of(tcpchat, "--chat") as crowd:
        members = crowd.join_all("ann", "ben")
        crowd.run.process.send_signal(number)
        assert [member.rest() for member in members] == [b"-!- the room has ended\n"] * 2
        ends(crowd.run, 128 + number)


def test_end_of_the_room_by_a_drain_is_told(tcpchat):
    with crowd_of(tcpchat, "--chat", "--drain", "0.2") as crowd:
        member, = crowd.join_all("ann")
        crowd.run.process.terminate()
        assert member.rest() == b"-!- the room has ended\n"
        ends(crowd.run, 143)


@pytest.mark.parametrize("leave", ["/quit", "\x04"], ids=["quit", "ctrl_d"])
def test_end_of_the_room_by_its_operator_is_told(screen, leave):
    here = screen("listen", "--chat", "127.0.0.1", 0).ready()
    with contextlib.closing(Peer(("127.0.0.1", here.port))) as member:
        assert member.line().startswith("-!- you are peer1")
        here.enter(leave) if leave == "/quit" else here.type(leave)
        assert member.rest() == b"-!- the room has ended\n"


def test_member_that_is_put_out_is_told(screen):
    """Nothing of the room follows, and the others read that the member left."""
    here = screen("listen", "--chat", "127.0.0.1", 0).ready()
    with contextlib.closing(Peer(("127.0.0.1", here.port))) as one, contextlib.closing(
            Peer(("127.0.0.1", here.port))) as other:
        assert one.until_line("-!- peer2 joined") and other.until_line("-!- you are peer2; /help lists commands")
        here.enter("/kick peer1")
        assert one.rest() == b"-!- you were put out\n"
        assert other.until_line("-!- peer1 left")


def headless(tcpchat, **popen):
    return crowd_of(tcpchat, "--chat", "--name", "boss", stdin=subprocess.DEVNULL, **popen)


@pytest.mark.parametrize("kind", ["null", "file"])
def test_who_leaves_out_an_operator_that_reads_nothing(tcpchat, tmp_path, kind):
    with open("/dev/null" if kind == "null" else tmp_path / "log", "wb") as out:
        with headless(tcpchat, stdout=out) as crowd:
            ann, ben = crowd.join_all("ann", "ben")
            ann.say("/who")
            assert ann.lines(3) == ["-!- ann", "-!- ben", "-!- 2 are here"]
            ann.say("/msg boss are you there?")
            assert ann.line() == "-!- boss does not read what is said here"
            ben.say("/nick boss")  # the name stays the operator's
            assert ben.line() != "-!- you are boss"


def test_who_lists_an_operator_that_can_speak(tcpchat):
    """A program reads standard output; with standard input's end it is a journal, as far as can be known."""
    with crowd_of(tcpchat, "--chat", "--name", "boss") as crowd:
        ann, = crowd.join_all("ann")
        ann.say("/who", "/msg boss are you there?")
        assert ann.lines(3) == ["-!- boss", "-!- ann", "-!- 2 are here"]
        assert heard_until(crowd.run, lambda log: b"[ann] are you there?" in log)
        crowd.run.send(b"bye\n")
        crowd.run.end_input()
        assert ann.line() == "boss: bye"
        until(lambda: asks_who(ann) == ["-!- ann", "-!- 1 are here"], "an empty seat")
        ann.say("/msg boss and now?")
        assert ann.line() == "-!- boss does not read what is said here"


def asks_who(peer):
    peer.say("/who")
    lines = [peer.line()]
    while not lines[-1].endswith("are here"):
        lines.append(peer.line())
    return lines


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_who_leaves_out_an_operator_that_cannot_speak(tcpchat, kind):
    """As a service has it: standard input is /dev/null, and standard output a socket of the journal."""
    ours, theirs = socket.socketpair()
    with ours, theirs, headless(tcpchat, **({"stdout": theirs} if kind == "socket" else {})) as crowd:
        ann, = crowd.join_all("ann")
        assert asks_who(ann) == ["-!- ann", "-!- 1 are here"]
        ann.say("/msg boss are you there?")
        assert ann.line() == "-!- boss does not read what is said here"


def test_who_lists_an_operator_that_reads_a_terminal(tcpchat):
    """Standard input is /dev/null there, too."""
    ours, theirs = pty.openpty()
    with headless(tcpchat, stdout=theirs) as crowd:
        ann, = crowd.join_all("ann")
        assert asks_who(ann) == ["-!- boss", "-!- ann", "-!- 2 are here"]
    os.close(ours)
    os.close(theirs)


def test_reset_is_a_notice(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other, third = crowd.join_all(None, None, None)
        one.reset()
        assert other.line() == third.line() == "-!- peer1 left"
        other.say("还在吗")
        assert third.line() == "peer2: 还在吗"
        assert heard_until(crowd.run, lambda log: b"-!- peer1 left: Connection reset by peer\n" in log)
