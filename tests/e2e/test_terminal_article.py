# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of an introductory article (article.py) and a person at a terminal understand each other."""
import re
import time

import pytest

from harness import ends
from test_article import ANSWER, article, line, server


@pytest.mark.parametrize("options", [[], ["-e", "utf-8"], ["-e", "utf-8,gbk"]], ids=["auto", "utf-8", "list"])
def test_article_client_talks_with_listen(screen, options):
    """Its message is there at once though no newline comes; 100 ms are promised, a busy machine may take longer."""
    listening = screen("listen", *options, "127.0.0.1", 0).ready()
    with article("client", listening.port, "你好,服务器") as client:
        listening.wait_for("peer1 127.0.0.1:")
        joined = time.monotonic()
        listening.wait_for("peer1│ 你好,服务器")
        assert time.monotonic() - joined < 1
        listening.enter("收到了")
        assert line(client) == "收到了"
        ends(client, 0)
    listening.wait_for("▸ peer1 left")
    listening.wait_typed("> ")
    listening.press("ctrl-d")
    ends(listening, 0)


@pytest.mark.parametrize("kind", ["server", "reusing-server"])
def test_article_server_talks_with_connect(screen, kind):
    with server(kind) as (run, port):
        connecting = screen("connect", "127.0.0.1", port, "-e", "gbk").ready()
        connecting.enter("你好")
        assert line(run) == "你好"
        connecting.wait_for(f"peer│ {ANSWER}")
        ends(connecting, 0)
        assert connecting.rows[-1] == f"▸ 127.0.0.1:{port} closed the connection"
        assert connecting.after == connecting.before
        ends(run, 0)


def test_article_server_takes_one_connect_after_another(screen):
    with server("many-server") as (run, port):
        for text in ["你好", "第二个", "再见 (Python)"]:
            connecting = screen("connect", "127.0.0.1", port, "-e", "gbk").ready()
            connecting.enter(text)
            while not (said := line(run)):
                pass
            assert said == text
            connecting.wait_for(f"peer│ {ANSWER}")
            ends(connecting, 0)


def test_auto_reads_the_answer_of_the_article_server(screen):
    with server("server") as (run, port):
        connecting = screen("connect", "127.0.0.1", port).ready()
        connecting.enter("hello")
        assert line(run) == "hello"
        connecting.wait_for(f"peer│ {ANSWER}")
        assert "▸ peer speaks GBK" in connecting.rows
        ends(connecting, 0)


def test_client_and_server_through_two_terminals(screen):
    """A person reads the client's question in one and types it in the other."""
    listening = screen("listen", "127.0.0.1", 0).ready()
    with server("server") as (run, port), article("client", listening.port, "处理问题") as client:
        question = listening.wait_for(re.compile("peer1│ (.*)")).group(1)
        connecting = screen("connect", "-e", "gbk", "127.0.0.1", port).ready()
        connecting.enter(question)
        assert line(run) == "处理问题"
        answer = connecting.wait_for(re.compile("peer│ (.*)")).group(1)
        listening.enter(answer)
        assert line(client) == ANSWER


def test_listen_and_connect_talk_at_two_terminals(screen):
    """The first words of a new user."""
    listening = screen("listen", "127.0.0.1", 0).ready()
    connecting = screen("connect", "127.0.0.1", listening.port).ready()
    listening.wait_for("▸ peer1 ")
    connecting.type("写了一半")
    for number in range(5):
        listening.enter(f"你好,第{number}次")
        connecting.wait_for(f"peer│ 你好,第{number}次")
        connecting.wait_typed("> 写了一半")
    connecting.press("enter")
    listening.wait_for("peer1│ 写了一半")
    connecting.press("ctrl-d")
    listening.wait_for("▸ peer1 left")
    ends(connecting, 0)
    listening.press("ctrl-d")
    ends(listening, 0)
