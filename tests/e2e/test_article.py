# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of an introductory article (article.py) understand each other through tcpchat, as they are."""
import contextlib
import os
import sys

import pytest

from harness import ends
from meeting import running

ARTICLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "article.py")
ANSWER = "问题正在处理中..."


def article(*arguments):
    return running([sys.executable, ARTICLE, *map(str, arguments)])


@contextlib.contextmanager
def server(kind):
    """A server of the article, and the port on which it listens."""
    with article(kind, 0) as run:
        yield run, int(line(run))


def line(run):
    """The next line that a program prints."""
    text = b""
    while not text.endswith(b"\n"):
        piece = run.read(1)
        assert piece, f"it ended after {text!r}: {run.stderr!r}"
        text += piece
    return text.decode().rstrip("\n")


def ask(tcpchat, port, text):
    """printf TEXT | tcpchat connect 127.0.0.1 PORT -e gbk"""
    asking = tcpchat("connect", "127.0.0.1", port, "-e", "gbk")
    asking.send(text.encode())
    asking.end_input()
    answer = asking.read_all().decode()
    ends(asking, 0)
    assert asking.stderr == b""
    return answer


@pytest.mark.parametrize("options", [[], ["-e", "utf-8"]], ids=["", "-e utf-8"])
def test_articles_client_talks_with_tcpchat(tcpchat, options):
    listening = tcpchat("listen", 0, *options)
    listening.send("收到了".encode())
    listening.end_input()
    with article("client", listening.port, "你好,服务器") as client:
        assert line(client) == "收到了"
        ends(client, 0)
    assert listening.read_all().decode() == "你好,服务器"
    ends(listening, 0)


@pytest.mark.parametrize("kind", ["server", "reusing-server"])
def test_tcpchat_talks_with_the_articles_server(tcpchat, kind):
    with server(kind) as (run, port):
        assert ask(tcpchat, port, "你好") == ANSWER
        assert line(run) == "你好"
        ends(run, 0)


def test_tcpchat_talks_with_the_many_client_server_again(tcpchat):
    with server("many-server") as (run, port):
        for text in ["你好", "第二个", "再见 (Python)"]:
            assert ask(tcpchat, port, text) == ANSWER
            assert line(run) == text


def test_client_reaches_a_server_through_two_tcpchats(tcpchat):
    """The article's own client and server cannot do that: each crashes on the other's bytes."""
    with server("server") as (run, port):
        listening = tcpchat("listen", 0)
        with article("client", listening.port, "你好") as client:
            question = listening.read(len("你好".encode())).decode()
            listening.send(ask(tcpchat, port, question).encode())
            assert line(client) == ANSWER
        assert line(run) == "你好"
        listening.end_input()
        ends(listening, 0)
