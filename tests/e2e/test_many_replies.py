# SPDX-License-Identifier: GPL-3.0-or-later
"""`--reply` and `--hang-up`: the article's server in one line, for many clients at once."""
import contextlib
import fcntl
import re
import struct
import subprocess
import sys
import termios

import pytest

import article
from crowd import complaints, connected, crowd_of
from harness import PATIENCE, ends, has_only_announced, in_background
from meeting import running

ANSWER = "问题正在处理中..."
SERVER = ["--reply", ANSWER, "--hang-up"]


def client(port, text):
    return running([sys.executable, article.__file__, "client", str(port), text])


# The article.

@pytest.mark.parametrize("options", [[], ["-e", "utf-8"]], ids=["", "-e utf-8"])
def test_reply_answers_the_articles_client(tcpchat, options):
    with crowd_of(tcpchat, *SERVER, *options) as crowd, client(crowd.run.port, "你好,服务器") as asking:
        assert asking.read_all().decode() == ANSWER + "\n"
        ends(asking, 0)
        assert crowd.run.read_all().decode() == "你好,服务器"
        ends(crowd.run, 0)


def test_reply_answers_a_gbk_client(tcpchat):
    """tcpchat in both roles, as the article's server and as its client ought to be."""
    with crowd_of(tcpchat, *SERVER, "-k", "-v", "-e", "gbk") as crowd:
        for text in ("你好", "第二个", "再见"):
            peer = crowd.call()
            peer.send(text.encode("gbk"))
            assert peer.rest().decode("gbk") == ANSWER
            asking = tcpchat("connect", "127.0.0.1", crowd.run.port, "-e", "gbk")
            asking.send(text.encode())
            asking.end_input()
            assert asking.read_all().decode() == ANSWER
            ends(asking, 0)
        crowd.run.process.terminate()
        assert crowd.run.read_all().decode().split("\n") == ["你好", "你好", "第二个", "第二个", "再见", "再见"]


def test_reply_answers_200_clients_at_once(tcpchat):
    """All are connected before the first one asks; 20 of them are the article's own program."""
    with crowd_of(tcpchat, *SERVER, "-k", "-v", stdin=subprocess.DEVNULL) as crowd, contextlib.ExitStack() as stack:
        peers = [crowd.call() for _ in range(180)]
        connected(crowd.run, 180)
        programs = [stack.enter_context(client(crowd.run.port, f"程序 {n}")) for n in range(20)]
        heard = []
        listening = in_background(lambda: heard.append(crowd.run.read_all()))
        for n, peer in enumerate(peers):
            peer.send(f"问题 {n}".encode())
        assert all(peer.rest().decode() == ANSWER for peer in peers)
        for asking in programs:
            assert asking.read_all().decode() == ANSWER + "\n"
            ends(asking, 0)
        for peer in peers:
            peer.close()
        connected(crowd.run, 200)
        crowd.run.process.terminate()
        listening.join(PATIENCE)
        questions = re.findall(r"(?:问题|程序) \d+", heard[0].decode())
        assert len(questions) == 200 and set(questions) == {f"问题 {n}" for n in range(180)} | \
            {f"程序 {n}" for n in range(20)}
        expected = "closed by", " connected", "SIGTERM came"
        assert not [line for line in complaints(crowd.run) if not any(word in line for word in expected)]


# --reply alone.

def test_reply_answers_every_message(tcpchat):
    with crowd_of(tcpchat, "-k", "--reply", "好") as crowd:
        peer = crowd.call()
        peer.say("一", "二", "", "四")
        assert peer.read(12).decode() == "好" * 4
        assert crowd.run.read(13).decode() == "一\n二\n\n四\n"
        peer.send("没有换行".encode())
        assert peer.read(3).decode() == "好"
        assert crowd.run.read(12).decode() == "没有换行"
        peer.send("半个".encode()[:-1])
        assert peer.read(3).decode() == "好"
        peer.close()


@pytest.mark.parametrize("text", ["", "\n", "a\\n", "%s%n", "好\n好\n", " ", "/quit"])
def test_reply_text_is_exact(tcpchat, text):
    with crowd_of(tcpchat, "--hang-up", "--reply", text) as crowd:
        peer = crowd.call()
        peer.say("问")
        assert peer.rest().decode() == text
        assert crowd.run.read_all() == "问\n".encode()
        ends(crowd.run, 0)


def test_reply_is_in_the_peers_charset(tcpchat):
    with crowd_of(tcpchat, "-k", "--reply", "收到", "-e", "utf-8,gbk", stdin=subprocess.DEVNULL) as crowd:
        one, other = crowd.call(charset="gbk"), crowd.call()
        one.say("今天天气很好")
        assert one.read(4).decode("gbk") == "收到"
        assert crowd.run.read(19).decode() == "今天天气很好\n"
        other.say("今天也好")
        assert other.read(6).decode() == "收到"


def test_reply_passes_received_bytes_exactly(tcpchat):
    with crowd_of(tcpchat, "-k", "--reply", "ok") as crowd:
        peer = crowd.call()
        data = bytes(range(256)) * 3 + b"\n"
        peer.send(data)
        assert crowd.run.read(len(data)) == data
        assert peer.read(8) == b"okokokok"


def test_reply_answers_an_unfinished_message_at_the_end(tcpchat):
    """A client that half-closes after its question, as `nc -N` does."""
    with crowd_of(tcpchat, "-k", "--reply", "好") as crowd:
        peer = crowd.call()
        peer.send("问题".encode())
        peer.finish()
        assert peer.rest().decode() == "好"


def test_reply_does_not_answer_an_empty_conversation(tcpchat):
    with crowd_of(tcpchat, "-k", "--reply", "好", "-v") as crowd:
        peer = crowd.call()
        peer.finish()
        assert peer.rest() == b""


def test_reply_never_reads_stdin(tcpchat):
    with crowd_of(tcpchat, "-k", "--reply", "好") as crowd:
        crowd.run.send(b"unread")
        peer = crowd.call()
        peer.say("问")
        assert peer.read(3).decode() == "好"
        assert not peer.has_more(0.1)
        assert struct.unpack("i", fcntl.ioctl(crowd.run.stdin, termios.FIONREAD, b"\0" * 4))[0] == 6


def test_reply_works_with_an_empty_stdin(tcpchat):
    with crowd_of(tcpchat, "-k", "--reply", "好", stdin=subprocess.DEVNULL) as crowd:
        for _ in range(3):
            peer = crowd.call()
            peer.say("问")
            assert peer.read(3).decode() == "好"


def test_reply_serves_one_by_default(tcpchat):
    """It ends with its one conversation, which may have many questions."""
    with crowd_of(tcpchat, "--reply", "好") as crowd:
        peer = crowd.call()
        peer.say("一", "二")
        assert peer.read(6).decode() == "好好"
        peer.close()
        assert crowd.run.read_all().decode() == "一\n二\n"
        ends(crowd.run, 0)
        assert has_only_announced(crowd.run.stderr)


def test_hang_up_answers_once(tcpchat):
    with crowd_of(tcpchat, *SERVER, "-k") as crowd:
        peer = crowd.call()
        peer.say("一", "二", "三")
        assert peer.rest().decode() == ANSWER
        other = crowd.call()
        other.say("还能问吗")
        assert other.rest().decode() == ANSWER


def test_reply_keeps_peers_apart(tcpchat):
    with crowd_of(tcpchat, "-k", "--reply", "好", "-v") as crowd:
        one, other = crowd.call(), crowd.call()
        connected(crowd.run, 2)
        one.say("悄悄")
        assert one.read(3).decode() == "好" and not other.has_more(0.1)


def test_peer_that_reads_no_answers_delays_no_other(tcpchat):
    """It asks and asks: it is read no further, or cut, and the others are served."""
    with crowd_of(tcpchat, "-k", "--reply", "x" * 4000) as crowd:
        stalled = crowd.call(window=4096)
        in_background(lambda: [stalled.send(b"?\n" * 1000) for _ in range(50)])
        in_background(lambda: list(iter(lambda: crowd.run.stdout.read(65536), b"")))
        for _ in range(20):
            peer = crowd.call()
            peer.say("问")
            assert peer.read(4000) == b"x" * 4000
            peer.close()
