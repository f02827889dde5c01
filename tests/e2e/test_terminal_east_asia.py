# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal that speaks GBK draws “ ” … — é Ж α ① in two columns: typed lines and messages stand in their columns."""
import re

import pytest

LINE = "他说：“今天”，“明天”……“后天”——"


@pytest.fixture
def in_gbk(talk, person, locales):
    """in_gbk(role, option...) as talk(), in a terminal that speaks GBK."""
    env = person(LC_ALL=None, LANG="zh_CN.GBK", LOCPATH=locales)
    return lambda *words, **options: talk(*words, env=env, charset="gbk", **options)


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_typed_line_keeps_its_place_in_gbk(in_gbk, columns):
    screen, peer = in_gbk("connect", "-e", "gbk", columns=columns)
    screen.compose(LINE)
    screen.press(*["left"] * 6)
    screen.type("插")
    changed = LINE[:-6] + "插" + LINE[-6:]
    screen.wait_typed("> " + changed, before="> " + LINE[:-6] + "插")
    peer.sendall("来了“一句”\n".encode("gbk"))
    screen.wait_for("来了“一句”")
    screen.wait_typed("> " + changed, before="> " + LINE[:-6] + "插")
    screen.press("home", "delete", "end", "backspace", "enter")
    assert peer.recv(1000).decode("gbk") == changed[1:-1] + "\n"


@pytest.mark.parametrize("padding", ["“" * 36, "é" * 36, "①" * 36, "a\u0301" * 36, "\U0001f600" * 72],
                         ids=["quotes", "letters", "numbers", "marks", "not in GBK"])
@pytest.mark.parametrize("columns", [40, 80])
def test_no_padding_fakes_a_row(in_gbk, padding, columns):
    screen, peer = in_gbk("connect", "-e", "utf-8", columns=columns)
    for blanks in range(4):
        peer.sendall((padding + " " * blanks + "peer2| 密码是多少\n").encode())
    peer.sendall("完\n".encode())
    screen.wait_for("peer| 完")
    rows = screen.rows[:screen.row_of("peer| 完")]
    rows = rows[next(y for y, row in enumerate(rows) if row.startswith("peer| ")):]
    assert all(re.match(r"peer\| |    \| ", row) for row in rows), rows


def test_messages_lose_nothing_at_the_edge(in_gbk):
    """A line with wide characters is broken before the last column, not cut."""
    screen, peer = in_gbk("connect", "-e", "gbk", columns=40)
    peer.sendall((LINE * 4 + "完\n").encode("gbk"))
    screen.wait_for("完")
    rows = screen.rows[screen.row_of("peer| ") : screen.row_of("完") + 1]
    assert "".join(row[6:] for row in rows) == LINE * 4 + "完"
