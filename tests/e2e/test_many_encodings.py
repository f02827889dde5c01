# SPDX-License-Identifier: GPL-3.0-or-later
"""One room, three charsets: members with nc, ncat, socat, telnet and plain sockets read each other in their own."""
import contextlib
import signal
import subprocess
import sys

import pytest

import article
from crowd import crowd_of
from harness import ends, receive_all
from meeting import running

MEMBERS = {
    "nc.openbsd": ["nc.openbsd", "127.0.0.1"],
    "ncat": ["ncat", "127.0.0.1"],
    "socat": ["socat", "-"],
}


class Program:
    """A netcat as a member: its terminal is in a charset, its standard input is what is typed."""

    def __init__(self, run, charset):
        self.run, self.charset = run, charset

    def say(self, line):
        self.run.send((line + "\n").encode(self.charset))

    def line(self):
        text = b""
        while not text.endswith(b"\n"):
            piece = self.run.read(1)
            assert piece, f"it ended after {text!r}: {self.run.stderr!r}"
            text += piece
        return text[:-1].decode(self.charset)

    def until(self, wanted):
        """A line that comes, maybe after others."""
        while self.line() != wanted:
            pass
        return True


@contextlib.contextmanager
def program(name, port, charset):
    where = [f"TCP4:127.0.0.1:{port}"] if name == "socat" else [str(port)]
    with running([*MEMBERS[name], *where]) as run:
        yield Program(run, charset)


@contextlib.contextmanager
def three_programs(port, charsets):
    """Each of the netcats, once it was greeted."""
    with contextlib.ExitStack() as stack:
        members = []
        for name, charset in zip(MEMBERS, charsets):
            members.append(stack.enter_context(program(name, port, charset)))
            assert members[-1].line() == f"-!- you are peer{len(members)}; /help lists commands"
        yield members


@pytest.mark.parametrize("charsets", [("gbk", "big5", "utf-8"), ("big5", "utf-8", "gbk"), ("utf-8", "gbk", "big5")],
                         ids=" ".join)
def test_netcats_speak_three_encodings(tcpchat, charsets):
    """GBK is detected; a peer that speaks Big5 has to say so."""
    with crowd_of(tcpchat, "--chat", "--name", "主人") as crowd, three_programs(crowd.run.port, charsets) as members:
        by = dict(zip(charsets, members))
        by["big5"].say("/encoding big5")
        by["big5"].until("-!- you speak BIG5")
        by["gbk"].say("今天天气很好,我用GBK")
        by["utf-8"].until(f"peer{charsets.index('gbk') + 1}: 今天天气很好,我用GBK")
        by["utf-8"].say("今天天下太平,我用UTF-8")
        for charset in ("gbk", "big5"):
            by[charset].until(f"peer{charsets.index('utf-8') + 1}: 今天天下太平,我用UTF-8")
        by["big5"].say("台北的天也好")
        for charset in ("gbk", "utf-8"):
            by[charset].until(f"peer{charsets.index('big5') + 1}: 台北的天也好")
        crowd.run.send("大家好\n".encode())
        for member in members:
            member.until("主人: 大家好")


def test_netcats_have_all_commands(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd, three_programs(crowd.run.port, ["utf-8"] * 3) as members:
        names = ["小王", "小李", "小张"]
        for member, name in zip(members, names):
            member.say(f"/nick {name}")
            member.until(f"-!- you are {name}")
        members[0].say("/msg 小李 只给你")
        members[1].until("[小王] 只给你")
        members[1].say("/me 笑")
        members[2].until("* 小李 笑")
        members[2].say("/quit")
        members[0].until("-!- 小张 left")
        members[0].run.end_input()  # ncat and nc without -N stay; here the end of the program is the end
        members[0].run.process.terminate()
        members[1].until("-!- 小王 left")


def test_telnet_has_all_commands(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd, running(["telnet", "127.0.0.1", str(crowd.run.port)]) as run:
        member = Program(run, "gbk")
        assert member.until("-!- you are peer1; /help lists commands")
        other = crowd.join()
        member.until("-!- peer2 joined")
        member.say("今天天气很好,我用GBK")
        assert other.line() == "peer1: 今天天气很好,我用GBK"
        other.say("看见了")
        member.until("peer2: 看见了")
        member.say("/nick 小王")
        member.until("-!- you are 小王")
        member.say("/quit")
        assert other.until_line("-!- 小王 left")
        run.expect_stderr(rb"Connection closed by foreign host")


def test_tcpchat_has_all_commands(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        other = crowd.join()
        member = Program(tcpchat("connect", "127.0.0.1", crowd.run.port, "-e", "gbk"), "utf-8")
        member.say("/encoding gbk")
        member.until("-!- you speak GBK")
        member.say("我用 tcpchat")
        assert other.until_line("peer2: 我用 tcpchat")
        other.say("看见了")
        member.until("peer1: 看见了")
        member.run.end_input()
        ends(member.run, 0)
        assert other.until_line("-!- peer2 left")


@pytest.mark.parametrize("option, first", [("gbk", "gbk"), ("big5", "big5"), ("utf-8", "utf-8"), ("gb18030", "gb18030"),
                                           ("utf-8,gbk", "utf-8"), ("gbk,utf-8", "gbk"), ("auto", "utf-8")])
def test_encoding_option_is_the_charset_of_newcomers(tcpchat, option, first):
    with crowd_of(tcpchat, "--chat", "-e", option, "--name", "主人") as crowd:
        one, other = crowd.join(charset=first), crowd.join(charset=first)
        assert one.line() == "-!- peer2 joined"
        crowd.run.send("天下太平\n".encode())
        assert one.line() == other.line() == "主人: 天下太平"
        one.say("今天天下太平", "中文")
        assert other.lines(2) == ["peer1: 今天天下太平", "peer1: 中文"]


@pytest.mark.parametrize("charset", ["gbk", "big5", "gb18030", "shift_jis", "euc-jp", "utf-8"])
def test_encoding_command_of_a_member_sets_its_charset(tcpchat, charset):
    """It counts from the next line on, both ways, and for this member only."""
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.charset = charset
        one.say(f"/encoding {charset}")
        assert one.line().startswith("-!- you speak ")
        one.say("日本一 /encoding")
        assert other.line() == "peer1: 日本一 /encoding"
        other.say("日本二")
        assert one.line() == "peer2: 日本二"


def test_gbk_of_a_member_is_detected(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        other.say("先是UTF-8")
        assert one.line() == "peer2: 先是UTF-8"
        one.charset = "gbk"
        one.say("今天天气很好")
        assert other.line() == "peer1: 今天天气很好"
        one.say("什么", "一些", "去")  # valid UTF-8, too
        assert other.lines(3) == ["peer1: 什么", "peer1: 一些", "peer1: 去"]
        other.say("现在是GBK")
        assert one.line() == "peer2: 现在是GBK"


def test_character_that_a_charset_lacks_is_replaced(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other, third = crowd.join_all(None, None, None)
        one.charset = "gbk"
        one.say("/encoding gbk")
        assert one.line().startswith("-!- you speak ")
        other.say("笑😀了")
        assert one.line() == "peer2: 笑?了"
        assert third.line() == "peer2: 笑😀了"


@pytest.mark.parametrize("charset", ["gbk", "big5"])
def test_names_are_shown_in_each_charset(tcpchat, charset):
    with crowd_of(tcpchat, "--chat") as crowd:
        one, other = crowd.join_all(None, None)
        one.charset = charset
        one.say(f"/encoding {charset}", "/nick 王中")
        assert one.lines(2)[1] == "-!- you are 王中"
        assert other.line() == "-!- peer1 is now 王中"
        other.say("/msg 王中 你好")
        assert one.line() == "[peer2] 你好"


def test_200_members_speak_three_charsets(tcpchat):
    """A message is whole in every one of them."""
    charsets = ["utf-8", "gbk", "big5"]
    with crowd_of(tcpchat, "--chat", "--rate", "0") as crowd:
        peers = [crowd.join(charset=charsets[i % 3]) for i in range(200)]
        for peer in peers:
            peer.say(f"/encoding {peer.charset}")
            while not peer.line().startswith("-!- you speak "):
                pass
        for line in ("中文第一句", "中文第二句"):
            peers[0].say(line)
        for peer in peers[1:]:
            assert [line for line in peer.until_line("peer1: 中文第二句") if not line.startswith("-!- ")] == [
                "peer1: 中文第一句", "peer1: 中文第二句"]


def test_articles_client_joins_a_room(tcpchat):
    """It sends one text without a line end, and shows the first that it reads."""
    with crowd_of(tcpchat, "--chat") as crowd:
        one = crowd.join()
        with running([sys.executable, article.__file__, "client", str(crowd.run.port), "你好"]) as client:
            assert client.read_all().decode() == "-!- you are peer2; /help lists commands\n\n"
            ends(client, 0)
        assert one.lines(3) == ["-!- peer2 joined", "peer2: 你好", "-!- peer2 left"]


# Text of another charset than -e says: told when the peer has gone, whatever serves it.

SERVERS = {"keep open": ["-k"], "reply": ["--reply", "ok", "-k"], "broker": ["--broker"],
           "program": ["-k", "--sh-exec", "cat >/dev/null"], "program once": ["--sh-exec", "cat >/dev/null"]}


def looks(run):
    return [line for line in run.stderr.decode().splitlines() if "looks like" in line]


def sentence(peer, likely, given):
    return f"tcpchat: {peer.address}: what was received looks like {likely}, not {given} (see -e)"


@pytest.mark.parametrize("given, sent", [("gbk", "utf-8"), ("utf-8", "gbk"), ("gbk", "gbk")])
@pytest.mark.parametrize("options", SERVERS.values(), ids=SERVERS.keys())
def test_peer_in_another_charset_is_told_at_its_end(tcpchat, options, given, sent):
    with crowd_of(tcpchat, *options, "-e", given, "--local-encoding", "utf-8", stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        peer.send("你好世界,很高兴认识你\n".encode(sent))
        peer.finish()
        assert peer.has_ended()
        expected = [sentence(peer, sent.upper(), given.upper())] if sent != given else []
        if expected:
            crowd.run.expect_stderr(rb"looks like")
        crowd.run.process.terminate()
        crowd.run.read_all()
        crowd.run.wait()
        assert looks(crowd.run) == expected


def test_text_for_another_address_in_another_charset_is_told(tcpchat, listener):
    there = listener()
    with crowd_of(tcpchat, "-k", "--forward", f"127.0.0.1:{there.port}", "-e", "gbk", "--forward-encoding",
                   "utf-8") as crowd:
        peer = crowd.call()
        with there.accept() as server:
            peer.send("你好世界\n".encode())
            peer.finish()
            assert receive_all(server)
        assert peer.has_ended()
        crowd.run.expect_stderr(rb"looks like")
        assert looks(crowd.run) == [sentence(peer, "UTF-8", "GBK")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("options", [[], *SERVERS.values()], ids=["once", *SERVERS.keys()])
def test_peer_in_another_charset_is_told_when_a_signal_ends_the_run(tcpchat, options, number):
    with crowd_of(tcpchat, *options, "-e", "gbk", "--local-encoding", "utf-8", "-o", "/dev/stderr") as crowd:
        peer = crowd.call()
        peer.send("你好世界\n".encode())
        crowd.run.expect_stderr("你好世界".encode())
        crowd.run.process.send_signal(number)
        crowd.run.read_all()
        crowd.run.wait()
        assert looks(crowd.run) == [sentence(peer, "UTF-8", "GBK")]


def test_many_peers_in_another_charset_are_told_once(tcpchat):
    with crowd_of(tcpchat, "-k", "-e", "gbk", "--local-encoding", "utf-8", stdin=subprocess.DEVNULL) as crowd:
        for _ in range(20):
            peer = crowd.call()
            peer.send("你好世界\n".encode())
            peer.finish()
            assert peer.has_ended()
        crowd.run.process.terminate()
        crowd.run.read_all()
        crowd.run.wait()
        assert len(looks(crowd.run)) == 1
