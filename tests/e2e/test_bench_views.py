# SPDX-License-Identifier: GPL-3.0-or-later
"""`--view` and `/view`: messages with their times, lengths and bytes; and a charset that was wrong, repaired."""
import re

import pytest

from harness import one_sentence

TIME = r"\d\d:\d\d:\d\d\.\d\d\d"


def row(screen, pattern):
    """Waits for a row like this, in which TIME stands for a time to the millisecond."""
    expression = re.compile("^" + re.escape(pattern).replace("TIME", TIME) + r"\s*$", re.M)
    screen.wait_for(expression)


# Hex and text view; times to the millisecond.

def test_view_text_shows_time_and_length(talk):
    screen, peer = talk("connect", "--view", "text")
    peer.sendall("重量 23.5\n".encode())
    row(screen, "peer│ TIME    12 B │ 重量 23.5")
    peer.sendall(b"\x02ACK\x03")
    row(screen, "peer│ TIME     5 B │ ␂ACK␃")


def test_view_hex_shows_offset_bytes_and_text(talk):
    screen, peer = talk("connect", "--view", "hex", "-e", "gbk")
    peer.sendall("\x02你好 hello 世界\x03\r\n".encode("gbk"))
    row(screen, "peer│ TIME · 19 B · GBK")
    row(screen, "    │0000 02 c4 e3 ba c3 20 68 65  6c 6c 6f 20 ca c0 bd e7  ␂你好 hello 世界")
    row(screen, "    │0010 03 0d 0a                                          ␃␍␊")


def test_character_stands_where_its_first_byte_does(talk):
    """Also one that goes on in the next row."""
    screen, peer = talk("connect", "--view", "hex", "-e", "utf-8")
    peer.sendall("0123456789abcd你好\n".encode())
    row(screen, "    │0000 30 31 32 33 34 35 36 37  38 39 61 62 63 64 e4 bd  0123456789abcd你")
    row(screen, "    │0010 a0 e5 a5 bd 0a                                     好 ␊")


def test_view_both_shows_text_and_bytes(talk):
    screen, peer = talk("listen", "--view", "both", "-e", "gbk")
    peer.sendall("\x02你\x03\n".encode("gbk"))
    row(screen, "peer1│ TIME     5 B │ ␂你␃")
    row(screen, "     │0000 02 c4 e3 03 0a")


def test_literal_shows_the_bytes_that_go_out(talk):
    screen, peer = talk("connect", "--view", "hex")
    screen.enter("/bytes {hex 01 03 00 00 00 0A}{crc16-modbus}")
    row(screen, "you │ TIME · 8 B · UTF-8")
    row(screen, "    │0000 01 03 00 00 00 0a c5 cd                           ␁␃␀␀␀␊··")
    assert peer.recv(100).hex() == "01030000000ac5cd"
    screen.enter("/view both")
    screen.enter(r"/bytes A{count u8}\xFF")
    row(screen, r"you │ TIME     3 B │= A{count u8}\xFF")
    row(screen, "    │0000 41 01 ff")


def test_byte_that_is_no_character_is_no_full_stop(talk):
    screen, peer = talk("connect", "--view", "hex", "-e", "utf-8")
    peer.sendall(b".\xff\xc2\xb7.\n")
    row(screen, "    │0000 2e ff c2 b7 2e 0a                                 .···.␊")


def test_literal_in_another_charset_shows_its_bytes(talk):
    screen, peer = talk("connect", "--view", "hex", "-e", "gbk")
    screen.enter("/bytes {len u8}你好")
    row(screen, "you │ TIME · 5 B · GBK")
    row(screen, "    │0000 04 c4 e3 ba c3                                    ␄你好")


def test_view_chunks_shows_each_read(talk):
    screen, peer = talk("connect", "--view", "chunks")
    peer.sendall(b"one\ntwo\nth")
    row(screen, "peer│ TIME    10 B │ one␊two␊th")
    peer.sendall("ree 你".encode()[:-1])
    row(screen, r"peer│ TIME     6 B │ ree \xE4\xBD")
    peer.sendall("你\n".encode()[2:])
    row(screen, r"peer│ TIME     2 B │ \xA0␊")


def test_head_is_no_part_of_a_character(talk):
    """88 is also the first byte of characters in GBK."""
    screen, peer = talk("connect", "--view", "hex", "-e", "gbk", "--message", "len:u8")
    peer.sendall(b"\x88" + 34 * "你好".encode("gbk"))
    row(screen, "    │0000 88 c4 e3 ba c3 c4 e3 ba  c3 c4 e3 ba c3 c4 e3 ba  ·你好你好你好你好")
    row(screen, "    │0080 c3 c4 e3 ba c3 c4 e3 ba  c3                        你好你好")


def test_view_shows_head_and_mark_as_bytes_alone(talk):
    screen, peer = talk("connect", "--view", "both", "--message", "len:u16be+1", "-e", "gbk")
    peer.sendall("\0\x02你!".encode("gbk"))
    row(screen, "peer│ TIME     5 B │ 你!")
    row(screen, "    │0000 00 02 c4 e3 21")


def test_view_shows_own_lines_as_they_are_sent(talk):
    screen, peer = talk("connect", "--view", "both", "-e", "gbk", "--eol", "cr")
    screen.enter("你好")
    row(screen, "you │ TIME     5 B │ 你好")
    row(screen, "    │0000 c4 e3 ba c3 0d")
    assert peer.recv(9) == "你好\r".encode("gbk")


def test_view_command_changes_the_view(talk):
    screen, peer = talk("connect")
    peer.sendall(b"\x02plain\n")
    screen.wait_for("peer│ ^Bplain\n")
    for view, sentence in [("text", "as text, with time and length"), ("hex", "in hexadecimal, with time and length"),
                           ("both", "as text and in hexadecimal, with time and length")]:
        screen.enter(f"/view {view}")
        screen.wait_for(f"▸ messages are shown {sentence}")
        peer.sendall(view.encode() + b"\n")
        screen.wait_for(re.compile(rf"^peer│ {TIME} .*\d B", re.M))
    screen.enter("/view chunks")
    screen.wait_for("▸ each read is shown as it came, with time and length")
    peer.sendall(b"a\nb\n")
    row(screen, "peer│ TIME     4 B │ a␊b␊")
    screen.enter("/view off")
    screen.wait_for("▸ messages are shown as text alone")
    peer.sendall(b"end\n")
    screen.wait_for("peer│ end\n")
    screen.enter("/view")
    screen.wait_for(re.compile(r"(▸ messages are shown as text alone[\s\S]*){2}"))
    screen.enter("/view binary")
    screen.wait_for("▸ /view takes text, hex, both, chunks or off: /view [FORM]")


# Pictures.

ALL_CONTROLS = bytes(range(0x20)) + b"\x7f"
PICTURES = "".join(chr(0x2400 + byte) for byte in range(0x20)) + "\u2421"


def test_each_control_has_its_picture(talk):
    screen, peer = talk("connect", "--view", "text", "--message", "bytes:33", "-e", "utf-8")
    peer.sendall(ALL_CONTROLS)
    row(screen, f"peer│ TIME    33 B │ {PICTURES}")


def test_pictures_are_dim(talk):
    screen, peer = talk("connect", "--view", "text")
    peer.sendall(b"\x02ACK\n")
    screen.wait_for("␂ACK")
    assert "\x1b[2m␂\x1b[0mACK" in screen.given.decode()


def test_no_peer_imitates_a_picture(talk, person):
    """Without colours, too."""
    screen, peer = talk("connect", "--view", "text", env=person(NO_COLOR="1"))
    peer.sendall("\x02␂␡^B\n".encode())
    row(screen, "peer│ TIME    10 B │ ␂<U+2402><U+2421>^B")
    assert "\x1b[2m" not in screen.given.decode()


def test_gbk_terminal_shows_escapes_in_place_of_pictures(talk):
    screen, peer = talk("connect", "--view", "text", "--local-encoding", "gbk", "-e", "gbk", charset="gbk")
    peer.sendall("\x02ACK\\x02好\n".encode("gbk"))
    row(screen, r"peer| TIME    11 B | \x02ACK\\x02好")


def test_view_is_as_safe_as_ever(talk):
    screen, peer = talk("connect", "--view", "both", "-e", "utf-8")
    peer.sendall("\x1b[2J\u202e\u200b\x9b\n".encode())
    screen.wait_for("│ ␛[2J<U+202E><U+200B><U+009B>")
    screen.wait_for("│0000 1b 5b 32 4a e2 80 ae e2  80 8b c2 9b 0a")
    screen.enter("/view hex")
    screen.wait_for("in hexadecimal, with time")
    peer.sendall("\x1b[2J\u202e\u200b\x9b\n".encode())
    screen.wait_for("│0000 1b 5b 32 4a e2 80 ae e2  80 8b c2 9b 0a           ␛[2J········␊")


def test_text_imitates_no_row_of_bytes(talk):
    """A row of bytes touches the bar, as no text does."""
    screen, peer = talk("connect", "--view", "both", "--message", "lf", columns=40)
    peer.sendall(b"x" * 60 + b"0000 41 42\n")
    screen.wait_for(re.compile(r"│0000 78"))
    rows = [line for line in screen.text.split("\n") if "0000 41" in line or "41 42" in line]
    assert rows and all("│ " in line or "│00" in line and "78" in line for line in rows)


@pytest.mark.parametrize("columns, step", [(20, 2), (30, 4), (40, 4), (60, 8), (80, 16), (120, 16)])
def test_views_fit_the_window(talk, columns, step):
    """Nothing is cut at the last column."""
    text = "一二三四五六七八九十,ghijklmn"
    screen, peer = talk("connect", "--view", "hex", "-e", "utf-8", columns=columns, rows=100)
    peer.sendall(text.encode() + b"\n")
    last = len(text.encode()) // step * step  # of the line end
    screen.wait_for(f"│{last:04x} ")
    rows = re.findall(r"│[0-9a-f]{4} ((?:[0-9a-f]{2} {0,2})+)", screen.text)
    assert bytes.fromhex("".join(rows)).startswith(text.encode())
    assert f"│{step:04x} " in screen.text and "UTF-8" in screen.text
    screen.enter("/view text")
    screen.wait_for(re.compile(r"and\s+length|with\s+time"))
    peer.sendall(b"0123456789" + text.encode() + b"\n")
    screen.wait_for(lambda screen: f"0123456789{text}" in re.sub(r"[\s│]", "", screen.text))


def test_timestamps_stay_beside_a_view(talk):
    screen, peer = talk("connect", "--view", "text", "--timestamps")
    peer.sendall(b"hi\n")
    screen.wait_for(re.compile(rf"^\d\d:\d\d:\d\d peer│ {TIME}     3 B │ hi", re.M))


# Elsewhere than at a terminal.

@pytest.mark.parametrize("options", [["listen", 0], ["listen", 0, "--reply", "x"], ["listen", 0, "--chat"],
                                     ["connect", "127.0.0.1", 9]], ids=lambda options: " ".join(map(str, options)))
def test_view_is_for_a_terminal(tcpchat, options):
    run = tcpchat(*options, "--view", "hex")
    assert run.wait() == 2
    assert run.stderr == (b"tcpchat: --view is for a person at a terminal; -x FILE writes a hex dump of both "
                          b"directions, and -x - writes it to standard error\n")


def test_view_and_raw_exclude_each_other(tcpchat):
    run = tcpchat("listen", 0, "--view", "hex", "--raw")
    assert run.wait() == 2
    assert run.stderr.startswith(b"tcpchat: --view and --raw exclude each other")


# The repair of a charset.

@pytest.mark.parametrize("role, name, command", [("connect", "peer", "/encoding gbk"),
                                                 ("listen", "peer1", "/encoding peer1 gbk"),
                                                 ("listen", "peer1", "/encoding gbk")])
def test_encoding_reads_the_last_message_again(talk, role, name, command):
    screen, peer = talk(role, "-e", "big5")
    peer.sendall("什么 23.5\n".encode("gbk"))
    screen.wait_for(f"{name}│ 妦繫 23.5")
    screen.enter(command)
    screen.wait_for(f"▸ the last message of {name} again, read as GBK:\n{name}│ 什么 23.5\n")
    screen.wait_for(f"▸ {name} speaks GBK, as was set")
    peer.sendall("好的\n".encode("gbk"))
    screen.wait_for(f"{name}│ 好的")


def test_message_that_reads_the_same_is_not_shown_again(talk):
    screen, peer = talk("connect", "-e", "big5")
    peer.sendall(b"plain ASCII\n")
    screen.wait_for("peer│ plain ASCII")
    screen.enter("/encoding gbk")
    screen.wait_for("▸ peer speaks GBK, as was set")
    assert screen.text.count("plain ASCII") == 1 and "again" not in screen.text


@pytest.mark.parametrize("form, wire, text", [("lf", b"\xba\xc3\n", "好␊"), ("crlf", b"\xba\xc3\r\n", "好␍␊"),
                                              ("len:u8", b"\x02\xba\xc3", "␂好"), ("byte:03", b"\xba\xc3\x03", "好␃")])
def test_message_read_again_has_the_view_and_all_its_bytes(talk, form, wire, text):
    screen, peer = talk("connect", "-e", "utf-8", "--view", "hex", "--message", form)
    peer.sendall(wire)
    digits = wire.hex(" ")
    screen.wait_for(f"│0000 {digits}")
    screen.enter("/encoding gbk")
    screen.wait_for("▸ the last message of peer again, read as GBK:")
    row(screen, f"peer│ TIME · {len(wire)} B · GBK")
    screen.wait_for(re.compile(f"│0000 {digits} +{text[0]}"))
    assert "".join(screen.rows[screen.row_of(digits)].split(digits)[1].split()) == text
