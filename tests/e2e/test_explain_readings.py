# SPDX-License-Identifier: GPL-3.0-or-later
"""The charset of received bytes as --explain tells it, however the bytes were cut."""
import re
import socket

import pytest

from explained import recorded, sentences
from harness import ends

NI_HAO = "你好\n".encode()


@pytest.fixture
def of_pieces(tcpchat, tmp_path):
    """The sentences about the charset of bytes that come in pieces, each with its event."""
    def make(*pieces, options=()):
        path = tmp_path / f"events{len(list(tmp_path.iterdir()))}"
        run = tcpchat("listen", "--explain", "--events", path, *options, "127.0.0.1", 0)
        with run.call() as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                before = run.stderr.count(b"recv(")
                peer.sendall(piece)
                run.expect_stderr(rb"(?s)(recv\(.*){%d}" % (before + 1))
        run.expect_stderr(rb"\) = 0: ")
        run.end_input()
        run.read_all()
        ends(run, 0)
        notes = [note for note in recorded(path, "note") if note["how"] == "encoding"]
        shown = [line for line in sentences(run.stderr) if re.match(r"\d+ bytes? (is|are) ", line)]
        assert len(notes) == len(shown)
        return list(zip(shown, notes))
    return make


@pytest.mark.parametrize("cut", range(1, 6))
def test_cut_character_gives_no_evidence(of_pieces, cut):
    (sentence, note), = of_pieces(NI_HAO[:cut], NI_HAO[cut:])
    assert note["encoding"] == "UTF-8"
    if cut < 3:
        assert sentence == "6 bytes are 2 characters in UTF-8, “你好”; read as GBK they would be “浣犲ソ”"


def test_cut_character_of_the_other_charset_gives_no_evidence(of_pieces):
    text = "你好\n".encode("gbk")
    (sentence, note), = of_pieces(text[:1], text[1:])
    assert (note["encoding"], sentence) == ("GBK", "4 bytes are 2 characters in GBK; they are not valid UTF-8")


def test_character_that_is_cut_for_good_is_judged_at_the_end(of_pieces):
    (sentence, _), = of_pieces(NI_HAO[:2])
    assert sentence == "2 bytes are 1 character in GBK; they are not valid UTF-8"


def test_few_bytes_may_be_either(of_pieces):
    (sentence, _), = of_pieces("л".encode())
    assert sentence == "2 bytes are “л” in UTF-8 and “谢” in GBK: so few may be either"


def test_each_line_is_read_by_itself(of_pieces):
    first, second = of_pieces("GET 你好\r\n".encode() + "你好\n".encode("gbk"))
    assert first[0] == "10 bytes are 6 characters in UTF-8, “GET 你好”; read as GBK they would be “GET 浣犲ソ”"
    assert second[0] == "4 bytes are 2 characters in GBK; they are not valid UTF-8"


def test_text_that_may_be_either_is_no_news_after_a_clear_answer(of_pieces):
    first, = of_pieces(NI_HAO, "é\n".encode())
    assert first[1]["encoding"] == "UTF-8"


def test_one_is_singular(of_pieces):
    (sentence, _), = of_pieces("你\n".encode())
    assert sentence == "3 bytes are 1 character in UTF-8, “你”; they are not valid GBK"
    (sentence, _), = of_pieces("ж\n".encode("windows-1251"), options=["-e", "windows-1251"])
    assert sentence == "1 byte is 1 character in WINDOWS-1251; it is not valid UTF-8"


def test_excerpt_says_that_it_is_cut(of_pieces):
    (sentence, _), = of_pieces("很长".encode() * 30 + b"\n")
    assert re.search(r"UTF-8, “[很长]{10,}…”", sentence)


def test_event_names_both_readings(of_pieces):
    (_, note), = of_pieces(NI_HAO)
    assert (note["encoding"], note["other"], note["as_utf8"], note["as_other"]) == ("UTF-8", "GBK", "你好", "浣犲ソ")
    assert note["local"].startswith("127.0.0.1:") and note["fd"] > 0 and note["characters"] == 2
    assert "text" not in note and "name" not in note and "former" not in note


def test_event_of_neither_names_no_encoding(of_pieces):
    (sentence, note), = of_pieces(b"\xff\xff\x81\n")
    assert sentence == "3 bytes are not valid UTF-8, and not valid GBK"
    assert note["other"] == "GBK" and "encoding" not in note
