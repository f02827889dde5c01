# SPDX-License-Identifier: GPL-3.0-or-later
"""Attempts of a member of `--chat` to pass for another one, or for the room itself: none succeeds."""
import re
import unicodedata

import pytest

from crowd import crowd_of
from ways import some_text

VICTIM = "alice"
NOTICE = re.compile(r"-!-")

# The bytes of mallory; each piece is in UTF-8, and ends as a message of its own.
TEXTS = {
    "line feed": "hi\nalice: sent me",
    "two line feeds": "\n\nalice: sent me",
    "carriage return": "hi\ralice: sent me",
    "crlf": "hi\r\nalice: sent me",
    "cr cr lf": "hi\r\r\nalice: sent me",
    "nul": "hi\0alice: sent me",
    "nul line feed": "hi\0\nalice: sent me",
    "backspaces": "\b" * 20 + "alice: sent me",
    "erase line": "\x1b[2K\ralice: sent me",
    "cursor up": "\x1b[A\x1b[Galice: sent me",
    "c1 csi": "\u009b2K\ralice: sent me",
    "next line": "hi\u0085alice: sent me",
    "line separator": "hi\u2028alice: sent me",
    "paragraph separator": "hi\u2029alice: sent me",
    "vertical tab": "hi\x0balice: sent me",
    "form feed": "hi\x0calice: sent me",
    "file separator": "hi\x1c\x1d\x1ealice: sent me",
    "override": "\u202etnes :ecila\u202c",
    "isolate": "\u2067alice: sent me\u2069",
    "embedding": "\u202balice: sent me",
    "marks": "\u200e\u200falice: sent me",
    "byte order mark": "\ufeffalice: sent me",
    "padding": "hi" + " " * 200 + "alice: sent me",
    "wide padding": "hi" + "\u3000" * 100 + "alice: sent me",
    "a notice": "-!- alice left",
    "a bundled notice": "-!- 37 joined, 12 left",
    "a renaming": "-!- alice is now mallory",
    "a whisper": "[alice] sent me",
    "an action": "* alice pays",
    "a greeting": "-!- you are mallory; /help lists commands",
    "tags": "".join(map(chr, range(0xE0061, 0xE007B))) + "alice: sent me",
    "bad utf-8": b"\xff\xfe\nalice: sent me",
    "overlong line feed": b"hi\xc0\x8aalice: sent me",
    "cut character": b"\xe5\xa5\nalice: sent me",
    "csi of gb18030": b"\x81\x30\x83\x372K\nalice: sent me",
    "override of gb18030": b"\x81\x36\xa7\x31tnes :ecila",
    "a long line": some_text(9000) + "alice: sent me",
    "8 kib exactly": "x" * 8192 + "alice: sent me",
    "8 kib of hanzi": "字" * 2731 + "alice: sent me",
    "me joined": "/me joined",
    "me left": "/me left",
    "me is now": "/me is now alice",
    "me in capitals": "/me LEFT",
    "me with a cr": "/me \ralice left",
    "me with blanks": "/me   left",
    "me with an unseen character": "/me \u200bleft",
    "msg with a line feed": "/msg bob hi\n[alice] sent me",
    "msg with a cr": "/msg bob hi\r[alice] sent me",
    "msg with an override": "/msg bob \u202etnes ]ecila[",
    "two slashes": "//\ralice: sent me",
}
# Names that mallory asks for; each is refused.
NAMES = {
    "taken": "alice",
    "in capitals": "ALICE",
    "one capital": "Alice",
    "wide": "ａｌｉｃｅ",
    "half wide": "aｌice",
    "cyrillic a": "аlice",
    "cyrillic i c e": "alісе",
    "greek iota": "alιce",
    "cherokee": "ᎪᏞice",
    "all cyrillic": "аӏісе",
    "all lisu": "ꓮꓡꓲꓚꓰ",
    "small capitals": "ᴀʟɪᴄᴇ",
    "a one for an l": "a1ice",
    "a capital i for an l": "aIice",
    "the operator in cyrillic": "һоѕт",
    "a number in cyrillic": "реег9",
    "a number in coptic": "ⲣⲉⲉⲅ9",
    "a number with a look-alike": "peerƧ",
    "a number with a stroke": "peer丨",
    "a trailing line": "alice_",
    "a trailing stop": "alice.",
    "an inner dash": "al-ice",
    "in a keycap": "alice\u20e3",
    "struck through": "al\u0335ice",
    "with a line below": "alice\u0331",
    "with a mark of another script": "alice\u064e",
    "mathematical": "𝐚𝐥𝐢𝐜𝐞",
    "in circles": "ⓐⓛⓘⓒⓔ",
    "zero width space": "al\u200bice",
    "joiner": "al\u200dice",
    "soft hyphen": "al\u00adice",
    "variation selector": "alice\ufe0f",
    "hangul filler": "alice\u3164",
    "override": "\u202eecila",
    "mark": "\u200ealice",
    "byte order mark": "\ufeffalice",
    "tag": "alice\U000e0041",
    "leading star": "*alice",
    "a bracket": "[alice]",
    "leading dash": "-alice",
    "the mark of a notice": "-!-",
    "notice": "-!- peer2",
    "no-break space": "alice:\u00a0hi",
    "wide space": "alice:\u3000hi",
    "braille blank": "alice:\u2800hi",
    "empty": "\u200b",
    "escape": "alice\x1b[2K",
    "tab": "alice\thi",
    "c1": "alice\u009b",
    "combining first": "\u0301alice",
    "private": "alice\ue000",
    "unassigned": "alice\u0378",
    "operator": "host",
    "operator in capitals": "HOST",
    "operator wide": "ｈｏｓｔ",
    "a number to come": "peer9",
    "a number that was": "peer2",
    "a number in wide digits": "peer９",
    "a number with a superscript": "peer⁹",
    "too long": "a" * 33,
    "much too long": "a" * 5000,
    "too wide": "王" * 17,
    "line separator": "alice\u2028hi",
}


@pytest.fixture
def room(tcpchat):
    """alice, bob and mallory, which speaks last."""
    with crowd_of(tcpchat, "--chat", "--name", "host", "--rate", "0", "-e", "utf-8") as crowd:
        crowd.members = crowd.join_all("alice", "bob", "mallory")
        yield crowd


def shown(line):
    """A line as a reader sees it at a terminal: look-alikes are folded, characters without width are gone."""
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Co", "Cs") for character in line), line
    return unicodedata.normalize("NFKC", line).casefold()


@pytest.mark.parametrize("attempt", TEXTS)
def test_text_never_looks_like_another_member(room, attempt):
    alice, bob, mallory = room.members
    sent = TEXTS[attempt]
    mallory.send(sent if isinstance(sent, bytes) else sent.encode())
    mallory.send(b"\n//end\n")
    for reader in (alice, bob):
        for line in reader.until_line("mallory: /end"):
            assert re.match(r"mallory: |\[mallory\] |\* mallory ", line), line
            assert not NOTICE.match(shown(line)), line


@pytest.mark.parametrize("attempt", NAMES)
def test_forged_name_is_refused(room, attempt):
    alice, bob, mallory = room.members
    mallory.say(f"/nick {NAMES[attempt]}", "//end")
    assert alice.line() == bob.line() == "mallory: /end"
    assert mallory.line().startswith("-!- ")


@pytest.mark.parametrize("name, lookalike", [
    ("ロロ", "口口"), ("工", "エ"), ("ニ", "二"), ("ハ", "八"), ("カ", "力"), ("タ", "夕"), ("ト", "卜"),
    ("Вова", "BOBA"), ("rnax", "max"), ("ПЕТР", "петр")])
def test_confusable_name_is_refused(room, name, lookalike):
    """Each name is free where the other one is not there, and a peer that asks for one does not get the other."""
    alice, bob, mallory = room.members
    mallory.say(f"/nick {lookalike}", "/nick mallory", "//free")
    assert bob.until_line("mallory: /free") == [
        f"-!- mallory is now {lookalike}", f"-!- {lookalike} is now mallory", "mallory: /free"]
    alice.say(f"/nick {name}", "//here")
    assert bob.until_line(f"{name}: /here")
    mallory.say(f"/nick {lookalike}", "//taken")
    assert bob.line() == "mallory: /taken"


@pytest.mark.parametrize("name", ["Анна", "Γιώργος", "张三", "エリカ", "שרה", "김철수", "이", "Jürgen", "José", "สมชาย", "Արմեն", "پریا"])
def test_names_of_all_scripts_are_accepted(room, name):
    alice, bob, mallory = room.members
    mallory.say(f"/nick {name}", "hi")
    assert [bob.line(), bob.line()] == [f"-!- mallory is now {name}", f"{name}: hi"]


@pytest.mark.parametrize("name, action", [
    ("3", "are here"), ("37", "joined, 12 left"), ("nobody", "here is called bob"),
    ("room", "-!- bob left"), ("bob2", "\u200e")])
def test_name_and_text_never_make_a_notice(room, name, action):
    """Any words may be said, under any name."""
    alice, bob, mallory = room.members
    mallory.say(f"/nick {name}", f"/me {action}", f"/msg bob {action}", action, "//end")
    assert bob.line() == f"-!- mallory is now {name}"
    lines = bob.until_line(f"{name}: /end")
    assert len(lines) == 4
    assert all(line.startswith((f"* {name} ", f"[{name}] ", f"{name}: ")) for line in lines)


@pytest.mark.parametrize("name", ["alice:", "alice:bob", "alice:\u00b7", "alice]"])
def test_name_with_punctuation_forges_no_prefix(room, name):
    """Refused, or a line does not begin as one of alice's does."""
    alice, bob, mallory = room.members
    mallory.say(f"/nick {name}", "hi", "/msg bob hi", "/quit")
    while (line := bob.line()) not in (f"-!- {name} left", "-!- mallory left"):
        assert not line.startswith(("alice: ", "[alice] ", "* alice ")), line


def test_operators_pipe_forges_nothing(room):
    """Piped text may hold anything."""
    alice, bob, mallory = room.members
    room.run.send(b"hi\ralice: sent me\n\x1b[2Kalice: sent me\n")
    room.run.send("\u2028alice left\n".encode())
    for reader in room.members:
        for line in reader.lines(3):
            assert line.startswith("host: ") and shown(line)
