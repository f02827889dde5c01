# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of a room's members, and the claims about what each member has read of them.

An observer reads all along: its record is the history. Each other member reads that history without its own words,
in one piece: from its beginning to its end nothing is lost, doubled, reordered or invented. A member that stays has
the end of the history, too. One that is broken off has less, and may end within a message."""
import random
import re

HANZI = "问题正在处理中你好收到聊天室朋友消息汉字顺序历史读者"
NOTICE = re.compile(r"-!- (?:\S+ (?:joined|left)|\S+ is now \S+|you are \S+(?:; /help lists commands)?|you speak GBK"
                    r"|\d+ (?:joined|left|renamed)(?:, \d+ (?:joined|left|renamed))*)")
NOTICES = re.compile(r"^-!- .*\n", re.M)


class Fault(Exception):
    """The history of a member is not the history of the room."""


def pads(count=61):
    """Texts of many lengths, whose Chinese is no UTF-8 when it is written in GBK."""
    choice, found = random.Random(17), ["", "plain words", "."]
    while len(found) < count:
        text = "".join(choice.choice(HANZI + "abc ") for _ in range(choice.randrange(1, 300))).strip()
        try:
            text.encode("gbk").decode()
        except UnicodeDecodeError:
            found.append(text)
    return found


class History:
    """The history as one member should read it: from at most `begins` on, and up to `ends` if it has left."""

    def __init__(self, text, begins, ends):
        self.text, self.begins, self.ends = text, begins, {"stayed": len(text), "left": ends}

    def judge(self, text, tail, fate):
        """Claims that a member has read it; `tail` are the bytes behind its last whole message."""
        at = self.text.rfind(text, 0, self.begins + len(text))
        if at < 0 and text in self.text:
            raise Fault(f"lost at the beginning: {self.text[self.begins:self.text.find(text)][:200]!r}")
        if at < 0:
            raise Fault(self.difference(text))
        ends = self.ends.get(fate, 0)
        if at + len(text) < ends:
            raise Fault(f"lost at the end: {self.text[at + len(text):ends][:200]!r}")
        if tail and (fate in self.ends or not self.goes_on(at + len(text), tail)):
            raise Fault(f"invented at the end: {tail!r}")

    def goes_on(self, at, tail):
        """Whether the next line, or a notice, begins with these bytes."""
        line = self.text[at:self.text.find("\n", at) + 1]
        return (line.encode().startswith(tail) or line.encode("gbk").startswith(tail)
                or tail.startswith(b"-!- ") or b"-!- ".startswith(tail))

    def difference(self, text):
        """The place at which a text leaves the history."""
        good, bad = 0, len(text)
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if text[:middle] in self.text else (good, middle)
        at = self.text.find(text[:good])
        return (f"after {good} of {len(text)} characters: {text[max(0, good - 100):good + 200]!r} "
                f"instead of {self.text[max(0, at + good - 100):at + good + 200]!r}")


class Chat:
    """Lines in UTF-8 and GBK, under names that change."""
    option, mark, most, ahead = "--chat", b"#", 1000, 400
    renames = 40

    def __init__(self):
        self.pads = pads()

    @staticmethod
    def letters(number):
        """A number in letters that nothing looks like."""
        text = ""
        while number or len(text) < 2:
            number, digit = divmod(number, 8)
            text += "bdfhkpxz"[digit]
        return text

    def name(self, number, place):
        turn = place // self.renames
        return ("王" if turn % 2 else "m") + self.letters(number) + self.letters(turn)

    def body(self, number, place):
        return f"{number}.{place} {self.pads[(number * 7 + place) % len(self.pads)]}#"

    def words(self, number, place, charset):
        """The bytes that a member sends for its message."""
        rename = f"/nick {self.name(number, place)}\n" if place % self.renames == 0 else ""
        return (rename + self.body(number, place) + "\n").encode(charset)

    @staticmethod
    def greeting(charset):
        return b"/encoding gbk\n" if charset == "gbk" else b""

    def has_all(self, received, number, said):
        """Whether the messages of a member have been received in UTF-8, which came in order."""
        return f": {self.body(number, said - 1)}\n".encode() in received

    # ---- the history ----

    def read(self, record):
        """A record as text without notices, and the bytes behind its last line. A member is answered in UTF-8 before
        its /encoding, and in GBK from then on, where bad text is a question mark."""
        end = record.rfind(b"\n") + 1
        whole, tail = bytes(record[:end]), bytes(record[end:])
        try:
            text = whole.decode()
        except UnicodeDecodeError as error:
            begin = whole.rfind(b"\n", 0, error.start) + 1
            text = whole[:begin].decode() + whole[begin:].decode("gbk")
        strange = [line for line in NOTICES.findall(text) if not NOTICE.fullmatch(line[:-1])]
        if strange:
            raise Fault(f"invented: {strange[0]!r}")
        return NOTICES.sub("", text).replace("\N{REPLACEMENT CHARACTER}", "?"), tail

    def study(self, record, said):
        """Reads the observer's record and claims that each member's messages are there in order. `said` has the number
        of messages of each member, and whether all of them have to be there."""
        text, tail = self.read(record)
        if tail:
            raise Fault(f"the observer ends with {tail!r}")
        self.lines, self.cut_short = [], 0
        places, begun = dict.fromkeys(said, 0), dict.fromkeys(said, "")
        for line in text.splitlines(keepends=True):
            number = self.place(line[:-1], places, begun)
            self.lines.append((number, line))
        for number, (count, is_whole) in said.items():
            if places[number] != count if is_whole else places[number] > count:
                raise Fault(f"{places[number]} messages of member {number}, which has said {count}; {begun[number]!r}")

    def place(self, line, places, begun):
        """The number of the member that said a line, which is its next one. A silence of a second ends a message; so
        does the end of a peer."""
        name, _, body = line.partition(": ")
        found = re.fullmatch("[m王]([bdfhkpxz]{2})[bdfhkpxz]+", name)
        number = sum("bdfhkpxz".index(letter) * 8 ** i for i, letter in enumerate(found[1])) if found else None
        if number not in places or name != self.name(number, places[number]):
            raise Fault(f"invented: {line!r}")
        begun[number] += body
        expected = self.body(number, places[number])
        if begun[number] == expected:
            places[number] += 1
            begun[number] = ""
        elif expected.startswith(begun[number].rstrip("?")):
            self.cut_short += 1
        else:
            raise Fault(f"{line!r} instead of {expected!r} of member {number}")
        return number

    def of(self, member):
        """The history as a member should read it."""
        foreign, length, begins, ends = [], 0, None, 0
        for number, line in self.lines:
            if number != member:
                foreign.append(line)
                length += len(line)
            else:
                begins = length if begins is None else begins
                ends = length
        return History("".join(foreign), length if begins is None else begins, ends)

    @staticmethod
    def count(text):
        return text.count("\n")


class Broker:
    """Bytes, handed on as they come: each member has 16 of its own, in which it counts. Further members are silent."""
    option, mark, most, ahead = "--broker", None, 12, 800
    size = 128

    @staticmethod
    def own(number):
        return bytes(range(0x40 + 16 * number, 0x50 + 16 * number)) if number < Broker.most else b""

    def words(self, number, place, charset):
        digits = f"{place:08x}{pow(place + 2, 97, 16**120):0120x}".encode()
        return digits.translate(bytes.maketrans(b"0123456789abcdef", self.own(number)))

    @staticmethod
    def greeting(charset):
        return b""

    def has_all(self, received, number, said):
        return len(received) - len(received.translate(None, self.own(number))) == said * self.size

    @staticmethod
    def read(record):
        return bytes(record), b""

    def study(self, record, said):
        self.bytes, self.cut_short = bytes(record), 0
        strange = self.bytes.translate(None, bytes(range(0x40, 0x100)))
        if strange:
            raise Fault(f"invented: {strange[:100]!r}")
        for number, (count, is_whole) in said.items():
            own = self.own(number)
            found = self.bytes.translate(None, bytes(set(range(256)) - set(own)))
            expected = b"".join(self.words(number, place, None) for place in range(count))
            if found != expected if is_whole else not expected.startswith(found):
                raise Fault(f"member {number} has said {len(expected)} bytes, of which {len(found)} came, or others")

    def of(self, member):
        own = self.own(member)
        text = self.bytes.translate(None, own)
        places = [place for byte in own for place in (self.bytes.find(byte), self.bytes.rfind(byte)) if place >= 0]
        if not places:
            return History(text, len(text), 0)
        return History(text, min(places), len(self.bytes[:max(places)].translate(None, own)))

    @staticmethod
    def count(text):
        return len(text) // Broker.size
