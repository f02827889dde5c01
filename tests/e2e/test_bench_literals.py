# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench for devices at a terminal: literals, again and again, and saved messages."""
import os
import pathlib
import re
import stat
import time
import zlib

import pytest

from harness import PATIENCE, ROOT

MAN = pathlib.Path(ROOT, "man/tcpchat.1")
both_roles = pytest.mark.parametrize("role", ["listen", "connect"])


def bytes_from(peer, n):
    """Exactly n bytes that come."""
    got = b""
    while len(got) < n:
        piece = peer.recv(n - len(got))
        assert piece, got
        got += piece
    return got


def nothing_came(screen, peer):
    """Nothing was sent before the next line."""
    screen.enter("/bytes <end>")
    return bytes_from(peer, 5) == b"<end>"


def modbus(frame):
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return frame + crc.to_bytes(2, "little")


@pytest.fixture
def home(tmp_path):
    """The environment of a person with a folder of configuration."""
    return {"XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def messages(tmp_path):
    return pathlib.Path(tmp_path, "tcpchat", "messages")


# Literals.

@both_roles
def test_type_hex(talk, role):
    screen, peer = talk(role)
    screen.enter("/bytes {hex 01 03 00 0A}{hex 0dFF}")
    assert bytes_from(peer, 6) == b"\x01\x03\x00\x0a\x0d\xff"
    screen.wait_for("│= {hex 01 03 00 0A}{hex 0dFF}")
    assert nothing_came(screen, peer)


@both_roles
def test_escapes(talk, role):
    screen, peer = talk(role)
    screen.enter(r"/bytes \x02ACK\x03\r\n\t\0\\\{hex}\u{41}")
    assert bytes_from(peer, 16) == b"\x02ACK\x03\r\n\t\0\\{hex}A"
    assert nothing_came(screen, peer)


def test_all_256_bytes_pass_exactly(talk):
    screen, peer = talk("connect", columns=120)
    for start in range(0, 256, 64):
        screen.enter("/bytes " + "".join(f"\\x{byte:02x}" for byte in range(start, start + 64)))
        assert bytes_from(peer, 64) == bytes(range(start, start + 64))


def test_checksums(talk):
    screen, peer = talk("connect", columns=120)
    screen.enter("/bytes {hex 01 03 00 00 00 0A}{crc16-modbus}")
    assert bytes_from(peer, 8) == modbus(b"\x01\x03\0\0\0\x0a")
    screen.enter("/bytes 123456789{crc32}")
    assert bytes_from(peer, 13) == b"123456789" + zlib.crc32(b"123456789").to_bytes(4, "little")
    screen.enter(r"/bytes \x02READ{xor8 from 1}\x03")
    assert bytes_from(peer, 7) == b"\x02READ\x12\x03"
    screen.enter("/bytes {len u16be}abc")
    assert bytes_from(peer, 5) == b"\0\x03abc"


def test_text_of_a_literal_is_in_the_charset_of_each_peer(talk):
    screen, peer = talk("listen", columns=120)
    other = talk.call(screen)
    screen.enter("/encoding peer1 gbk")
    screen.enter("/encoding peer2 utf-8")
    screen.wait_for("peer2 speaks UTF-8, as was set")
    screen.enter(r"/bytes {len u8}你好{sum8}\xE4")
    assert bytes_from(peer, 7) == b"\x06\xc4\xe3\xba\xc3\x2a\xe4"
    assert bytes_from(other, 9) == b"\x08" + "你好".encode() + bytes([(sum("你好".encode()) + 8) % 256, 0xE4])


def test_character_that_a_charset_lacks_is_told(talk):
    screen, peer = talk("connect", "-e", "gbk", columns=120)
    screen.enter("/bytes a😀b")
    assert bytes_from(peer, 3) == b"a?b"
    screen.wait_for("is not in GBK and was sent as ?: U+1F600")


@pytest.mark.parametrize("literal, sentence", [
    ("你好{hex 1}", "column 9: {hex} takes pairs of hex digits"),
    (r"abc\q", r"column 4: '\q' is none of"),
    ("{crc16-modbsu}", "column 1: there is no {crc16-modbsu}; {crc16-modbus} is there"),
    ("a{1}", "column 2: {1} stands in rules only"),
    ("{len u8}" + "x" * 256, "column 1: 256 does not fit in this {len}"),
    ("a{lrc from 5}", "column 2: {lrc} stands at byte 1 and cannot cover 5 to 1"),
])
def test_mistake_is_told_with_its_column_and_nothing_is_sent(talk, literal, sentence):
    screen, peer = talk("connect", columns=120)
    screen.enter("/bytes " + literal)
    screen.wait_for("▸ " + sentence)
    assert nothing_came(screen, peer)


def test_literal_without_a_peer_is_not_sent(screen):
    made = screen("listen", "127.0.0.1", 0).ready()
    made.enter("/bytes abc")
    made.wait_for("▸ nobody is here; the bytes were not sent")


def test_literal_has_no_line_end_of_eol(talk):
    screen, peer = talk("connect", "-C")
    screen.enter(r"/bytes a\nb")
    screen.enter("c")
    assert bytes_from(peer, 6) == b"a\nbc\r\n"


def test_peers_of_a_room_have_no_bytes(talk):
    screen, peer = talk("listen", "--chat", columns=120)
    lines = peer.makefile("rb")
    peer.sendall(b"/bytes {hex 01}\n/every 1s a\n/save a b\n")
    lines.readline()
    assert [lines.readline() for _ in range(3)] == [
        f"-!- there is no /{word} here; //{word} says it\n".encode() for word in ("bytes", "every", "save")]
    screen.enter("/bytes a")
    screen.wait_for("/bytes is no command")


def test_literal_is_in_transcript_and_events(talk, tmp_path):
    events, log = tmp_path / "events", tmp_path / "log"
    screen, peer = talk("connect", "--events", events, "--transcript", log)
    screen.enter("/bytes {hex 01 03}{crc16-modbus}")
    bytes_from(peer, 4)
    screen.enter("/quit")
    screen.process.wait(PATIENCE)
    assert '"direction":"out","how":"literal","text":"{hex 01 03}{crc16-modbus}","bytes":4' in events.read_text()
    assert "you: {hex 01 03}{crc16-modbus}" in log.read_text()


# Again and again.

def test_repetition_and_lists(talk, home):
    """A message is sent each 50 ms, another one beside it, and saved ones are listed."""
    screen, peer = talk("connect", env=home, columns=120)
    screen.enter("/every 50ms #{count};")
    assert bytes_from(peer, 12) == b"#1;#2;#3;#4;"
    screen.enter("/stop")
    screen.wait_for("number 1, every 50 ms: ")
    screen.enter("/save poll {hex 01 03}")
    screen.enter("/save reset RST\\r")
    screen.wait_for("reset is saved")
    screen.enter("/m")
    screen.wait_for("▸ poll  {hex 01 03}\n▸ reset  RST\\r\n")


def test_repeated_literals_run_side_by_side_until_each_is_stopped(talk):
    screen, peer = talk("connect", columns=120)
    screen.enter("/every 20ms a")
    screen.enter("/every 20ms b")
    seen = b""
    while seen.count(b"a") < 5 or seen.count(b"b") < 5:
        seen += peer.recv(100)
    screen.enter("/stop 1")
    screen.wait_for("number 1, every 20 ms: ")
    screen.enter("/bytes |")
    while b"|" not in seen:
        seen += peer.recv(100)
    later = seen.partition(b"|")[2]
    while later.count(b"b") < 3:
        later += peer.recv(100)
    assert b"a" not in later
    screen.enter("/stop")
    screen.wait_for("number 2, every 20 ms: ")
    screen.enter("/stop")
    screen.wait_for("▸ nothing is repeated")
    screen.enter("/stop 3")
    screen.wait_for("▸ nothing with the number 3 is repeated")


def test_count_of_repetition_goes_on(talk):
    screen, peer = talk("connect")
    screen.enter("/bytes <{count}>")
    screen.enter("/every 1h <{count}>")
    screen.enter("/bytes <{count}>")
    screen.wait_for("▸ every 1 h from now on, as number 1")
    screen.enter("/every 1500.5ms .")
    screen.wait_for("▸ every 1500.5 ms from now on, as number 2")
    screen.enter("/stop 2")
    screen.enter("/bytes <>")
    screen.enter("/bytes <{count}>")
    assert bytes_from(peer, 15) == b"<1><2><3>.<><4>"


def test_repetition_without_a_peer_begins_with_the_first(screen, talk):
    made = screen("listen", "127.0.0.1", 0, columns=120).ready()
    made.enter("/every 20ms ping;")
    made.wait_for("▸ every 20 ms from now on, as number 1; /stop ends it")
    peer = talk.call(made)
    assert bytes_from(peer, 10) == b"ping;ping;"


def test_repetition_ends_with_ctrl_d(talk):
    screen, peer = talk("connect")
    screen.enter("/every 20ms a")
    bytes_from(peer, 3)
    screen.press("ctrl-d")
    while peer.recv(100):
        pass


@pytest.mark.parametrize("time_of, literal, sentence", [
    ("soon", "a", "/every takes a time of 1 ms or more, such as 500ms, 2 or 1m, not 'soon'"),
    ("0", "a", "/every takes a time of 1 ms or more"),
    ("1s", "{hex 1}", "column 7: {hex} takes pairs"),
])
def test_wrong_repetition_is_refused(talk, time_of, literal, sentence):
    screen, peer = talk("connect", columns=120)
    screen.enter(f"/every {time_of} {literal}")
    screen.wait_for("▸ " + sentence)
    assert nothing_came(screen, peer)


def test_repetition_does_not_drift_and_tells_its_jitter(talk):
    """All times since the first are sent or skipped, also on a machine that calls late."""
    screen, peer = talk("connect", columns=140)
    entered = time.monotonic()
    screen.enter("/every 10ms x")
    assert peer.recv(1) == b"x"
    begun = time.monotonic()
    for _ in range(250):
        peer.recv(1)
    asked = time.monotonic()
    screen.enter("/status")
    told = screen.wait_for(lambda screen: re.search(
        r"number 1, every 10 ms: (\d+) sent, (\d+) skipped; jitter p50 \d+\.\d\d ms, p99 \d+\.\d\d ms, max \d+\.\d\d ms; x\n",
        screen.text))
    times = sum(map(int, told.groups()))
    assert (asked - begun) / 0.01 - 2 <= times <= (time.monotonic() - entered) / 0.01 + 2


def test_nine_repetitions_are_one_too_many(talk):
    screen, _ = talk("connect", columns=100)
    for number in range(1, 10):
        screen.enter(f"/every 1h x{number}")
    screen.wait_for("▸ 8 literals are repeated already; /stop N ends one")


def test_repetition_skips_while_a_peer_does_not_read(talk):
    """What waits for the peer is bounded."""
    screen, peer = talk("connect", columns=120)
    screen.enter("/every 1ms " + "x" * 60000)
    screen.wait_for(lambda screen: screen.enter("/status") or re.search(r" [1-9]\d* skipped;", screen.text))
    waiting = max(map(int, re.findall(r"(\d+) bytes wait until", screen.text)), default=0)
    assert waiting < 512 * 1024


# Saved messages.

def test_saved_messages(talk, home, messages):
    screen, peer = talk("connect", env=home, columns=120)
    screen.enter("/save read {hex 01 03 00 0A}{crc16-modbus}")
    screen.wait_for("▸ read is saved: {hex 01 03 00 0A}{crc16-modbus}")
    screen.enter("/m read")
    assert bytes_from(peer, 6) == modbus(b"\x01\x03\0\x0a")
    screen.wait_for("│= {hex 01 03 00 0A}{crc16-modbus}")
    assert messages.read_text() == "read {hex 01 03 00 0A}{crc16-modbus}\n"
    assert stat.S_IMODE(messages.stat().st_mode) == 0o600


def test_last_sent_bytes_are_saved(talk, home, messages):
    """A literal as it was typed, and a typed line with its line end."""
    screen, peer = talk("connect", "-C", env=home, columns=120)
    screen.enter("/save nothing")
    screen.wait_for("▸ nothing was sent yet")
    screen.enter("/bytes {hex 02}{count}")
    screen.enter("/save one")
    screen.enter(r"你好 {hex} C:\\n ")
    screen.enter("/save two")
    screen.wait_for("two is saved")
    screen.enter("/m two")
    line = "你好 {hex} C:\\\\n \r\n".encode()
    assert bytes_from(peer, 2 + 2 * len(line)) == b"\x021" + 2 * line
    assert messages.read_text() == "one {hex 02}{count}\ntwo 你好 \\{hex} C:\\\\\\\\n\\x20\\r\\n\n"


def test_repeated_literal_is_saved_until_another_message_is_sent(talk, home, messages):
    """Its further times are no news."""
    screen, peer = talk("connect", env=home)
    screen.enter("/bytes one")
    screen.enter("/every 20ms {hex 02}")
    assert bytes_from(peer, 5) == b"one\x02\x02"
    screen.enter("/save a")
    screen.wait_for("▸ a is saved: {hex 02}")
    screen.enter("line")
    seen = b""
    while seen.partition(b"line\n")[2].count(b"\x02") < 2:
        seen += peer.recv(100)
    screen.enter("/save b")
    screen.wait_for(r"▸ b is saved: line\n")


def test_saved_message_replaces_its_former_one(talk, home, messages):
    screen, _ = talk("connect", env=home)
    for literal in ("1", "2", "3"):
        screen.enter("/save a " + literal)
    screen.enter("/save b x")
    screen.wait_for("b is saved")
    assert messages.read_text() == "a 3\nb x\n"


def test_file_of_messages_may_begin_with_a_mark(talk, home, messages):
    messages.parent.mkdir()
    messages.write_text("\ufeffa one\n")
    screen, peer = talk("connect", env=home)
    screen.enter("/m a")
    assert bytes_from(peer, 3) == b"one"
    screen.enter("/save a two")
    screen.wait_for("▸ a is saved: two")
    assert messages.read_text() == "\ufeffa two\n"


def test_file_of_messages_keeps_its_comments_and_its_link(talk, home, messages, tmp_path):
    messages.parent.mkdir()
    real = tmp_path / "elsewhere"
    real.write_text("# of the scale\n\nzero Z\\r\ntare T")
    messages.symlink_to(real)
    screen, peer = talk("connect", env=home)
    screen.enter("/save zero {hex 00}")
    screen.enter("/save gross G")
    screen.wait_for("gross is saved")
    assert real.read_text() == "# of the scale\n\nzero {hex 00}\ntare T\ngross G\n"
    assert messages.is_symlink() and os.listdir(messages.parent) == ["messages"]


def test_tab_completes_names_of_saved_messages(talk, home, messages):
    messages.parent.mkdir()
    messages.write_text("weight W\\r\nweigh-twice WW\nzero Z\n")
    screen, peer = talk("connect", env=home)
    screen.type("/m z\t")
    screen.wait_typed("> /m zero ")
    screen.press("enter")
    assert bytes_from(peer, 1) == b"Z"
    screen.type("/m w\t")
    screen.wait_typed("> /m weigh")
    screen.press("tab", "tab")
    screen.wait_for(re.compile("▸ weigh-twice +weight\n"))


@pytest.mark.parametrize("line, sentence", [
    ("read a\\q", r":2: column 7: '\q' is none of"),
    ("read 你{hex 0}", ":2: column 13: {hex} takes pairs"),
    ("read", ":2: column 5: a line is a name, a blank and a literal"),
    (" read a", ":2: column 1: a line is a name, a blank and a literal"),
    ("x" * 65 + " a", ":2: column 1: a line is a name, a blank and a literal"),
    ("a 你\udcff", ":2: column 4: the byte FF is no UTF-8, in which the file should be"),
    ("a b\0", r":2: column 4: the byte 00 is no text; in a literal it is written \0"),
    ("good b", ":2: column 1: good has a line already, line 1"),
])
def test_mistake_in_the_file_of_messages_is_told(talk, home, messages, line, sentence):
    messages.parent.mkdir()
    messages.write_text(f"\ufeffgood a\n{line}\n", errors="surrogateescape")
    screen, peer = talk("connect", env=home, columns=250)
    for command in ("/m good", "/m", "/save other b"):
        before = screen.text.count(sentence)
        screen.enter(command)
        screen.wait_for(lambda screen: screen.text.count(sentence) > before)
    assert messages.read_text(errors="surrogateescape") == f"\ufeffgood a\n{line}\n"
    assert nothing_came(screen, peer)


def example_of_the_manual():
    section = re.search(r"^\.Ss Saved messages$(.*?)^\.S", MAN.read_text(), re.M | re.S).group(1)
    return re.search(r"^\.Bd -literal.*?\n(.*?)^\.Ed$", section, re.M | re.S).group(1).replace("\\e", "\\")


def test_messages_of_the_manual_are_sent(talk, home, messages):
    messages.parent.mkdir()
    messages.write_text(example_of_the_manual())
    screen, peer = talk("connect", env=home)
    screen.enter("/m weight")
    assert bytes_from(peer, 4) == b"\x02W\x03\x54"  # 57 xor 03
    screen.enter("/m poll")
    assert bytes_from(peer, 8) == modbus(b"\x01\x03\0\0\0\x0a")


def test_unknown_name_of_a_message_is_told(talk, home):
    screen, peer = talk("connect", env=home)
    screen.enter("/m")
    screen.wait_for("▸ no message is saved; /save NAME LITERAL saves one")
    screen.enter("/m other")
    screen.wait_for("▸ no message is called other; /m lists them")
    screen.enter("/save bad {hex}")
    screen.wait_for("▸ column 5: {hex} takes pairs")
    screen.enter("/save #x a")
    screen.wait_for("▸ '#x' is no name of a message")
    assert nothing_came(screen, peer)


def test_file_of_messages_that_cannot_be_read_is_told(talk, home, messages):
    messages.mkdir(parents=True)
    screen, peer = talk("connect", env=home, columns=200)
    screen.enter("/m a")
    screen.wait_for("it is not a regular file")
    screen.enter("/save a b")
    screen.wait_for(lambda screen: screen.text.count("it is not a regular file") == 2)
    assert nothing_came(screen, peer)


def test_send_file(talk, tmp_path):
    file = tmp_path / "recipe.txt"
    file.write_text("一行\n两行\n")
    screen, peer = talk("connect", "-e", "gbk")
    screen.enter(f"/send {file}")
    assert bytes_from(peer, 10) == "一行\n两行\n".encode("gbk")
