# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of man/zh_CN, README.zh_CN.md and the guide have a counterpart for every section, row, block, item and link of the
English documents, in the same order, and name the same options, commands and figures."""
import functools
import pathlib
import re
import shutil
import subprocess
import unicodedata
from typing import NamedTuple

import pytest

from test_catalogues import entries

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAN, MAN_ZH = "man/tcpchat.1", "man/zh_CN/tcpchat.1"
RULES, RULES_ZH = "man/tcpchat-rules.5", "man/zh_CN/tcpchat-rules.5"
MANUALS = {MAN_ZH: MAN, RULES_ZH: RULES}
README, README_ZH = "README.md", "README.zh_CN.md"
GUIDE, GUIDE_ZH = "docs/guide.md", "docs/guide.zh_CN.md"
PAGES = {README_ZH: README, GUIDE_ZH: GUIDE}
LESSON_ZH = "docs/lesson.zh_CN.md"
CATALOGUE = "po/zh_CN.po"
HEADINGS = {
    MAN: {
        "NAME": "名称", "SYNOPSIS": "概述", "DESCRIPTION": "描述", "OPTIONS": "选项",
        "With listen and connect": "用于 listen 和 connect", "With connect only": "仅用于 connect",
        "With listen only": "仅用于 listen", "MANY PEERS": "多个连接",
        "FILES BESIDE A CONVERSATION": "会话之外的文件", "EVENTS": "事件", "EXPLAIN": "讲解",
        "PROXIES": "代理", "AT A TERMINAL": "在终端上",
        "Messages": "消息", "The charset of a peer": "对方的字符集", "Keys": "按键", "Commands": "命令",
        "Commands with listen and connect": "用于 listen 和 connect 的命令",
        "Commands with listen only": "仅用于 listen 的命令", "Commands of a member of a room": "聊天室成员的命令",
        "Safe display": "安全显示", "DEVICES": "设备", "Recording and replaying": "记录与重放", "Connecting again": "重新连接", "Messages of devices": "设备的消息",
        "Views": "查看方式", "Literals": "字面量", "Again and again": "定时重复",
        "Saved messages": "保存的消息", "ENCRYPTED CONVERSATIONS": "加密会话", "SANDBOX": "沙箱", "PIPE BEHAVIOUR": "管道中的行为",
        "BROKEN OFF OR ENDED": "中断与结束", "CHARSETS": "字符集", "TELNET PEERS": "telnet 客户端", "ONE STATIC FILE": "单个静态文件",
        "ENVIRONMENT": "环境变量", "FILES": "文件", "EXIT STATUS": "退出状态", "SIGNALS": "信号", "EXAMPLES": "示例",
        "DIAGNOSTICS": "诊断信息", "SEE ALSO": "参见",
    },
    RULES: {
        "NAME": "名称", "SYNOPSIS": "概述", "DESCRIPTION": "描述", "LITERALS": "字面量", "PATTERNS": "模式",
        "STATEMENTS OF BOTH": "两者共有的语句", "RULES": "规则", "SCRIPTS": "脚本", "EXAMPLES": "示例",
        "A Modbus-TCP server": "Modbus-TCP 服务器", "A poller of ten registers": "轮询十个寄存器",
        "A scale that speaks GBK": "使用 GBK 的电子秤", "A conversation in SMTP": "SMTP 会话",
        "A conversation with redis": "与 redis 的会话", "SEE ALSO": "参见",
    },
    README: {
        "tcpchat": "tcpchat", "Install": "安装", "The two commands": "两个命令", "Three examples": "三个例子",
        "More": "更多", "Source": "源代码", "Non-features": "不做的功能", "Licence": "许可证",
    },
    GUIDE: {
        "A guide to tcpchat": "tcpchat 指南", "You know nc: write this": "从 nc 到 tcpchat",
        "A session": "一次会话", "A room": "聊天室", "Recipes": "实例", "Signals": "信号",
        "Two programs, one pipe each": "两个程序，各用一条管道", "Why not `nc | iconv`": "为什么不用 `nc | iconv`",
        "Build and test": "构建与测试", "Dependencies": "依赖",
    },
}
HAN = "\u3400-\u9fff"
CLOSING, OPENING = "、。》”！），：；？", "“《（"
MDOC = {"Fl", "Ar", "Li", "Ns", "Cm", "Ic", "Oo", "Oc", "Op", "Xr", "Ev", "Dq", "Pa", "Nm", "Sx", "Ql", "Pq", "Ta", "Va"}
PLAIN = {r"\-": "-", r"\&": "", r"\:": "", r"\c": "", r"\e": "\\", r"\[aq]": "'", r"\[ti]": "~", r"\[ha]": "^",
         r"\[u2502]": "│", r"\[u2026]": "…", r"\fB": "", r"\fI": "", r"\fR": ""}
NAMES = re.compile(r"""(?<![\w/.+-])(?:--?[A-Za-z0-9][\w-]*   # an option
                       |/[a-z]+(?:/[\w./]*\w)?                # a command, a path
                       |\w+\(\d\)                             # a page of the manual
                       |[A-Z0-9]+_[A-Z0-9_]+                  # a variable
                       |SIG(?!NAL)[A-Z0-9]+)""", re.X)
FIGURES = re.compile(r"(?<![\w.+-])\d+(?:[.,]\d+)?|(?<!\w)U[+]\w+|\b[A-Z][A-Z0-9]+\b")  # also capitals, such as CR LF


class Part(NamedTuple):
    kind: str   # section, paragraph, row, item, block
    key: object # a heading; a tag or the code of a row; the lines of a block
    place: str  # the heading above
    text: str   # the prose that belongs to it


class Reader:
    """Collects the parts of a document."""

    def __init__(self):
        self.parts, self.place, self.is_open = [], "", False

    def add(self, kind, key=""):
        if kind == "section":
            self.place = key
        self.parts.append(Part(kind, key, self.place, ""))
        self.is_open = kind != "block"

    def end_paragraph(self):
        self.is_open = False

    def say(self, text):
        if not self.is_open:
            self.add("paragraph")
        last = self.parts[-1]
        self.parts[-1] = last._replace(text=f"{last.text} {text}")


def plain(text):
    """A text of roff as it is read."""
    return re.sub("|".join(map(re.escape, PLAIN)), lambda match: PLAIN[match[0]], text)


def words_of_mdoc(line):
    """`-e, --encoding LIST` of `Fl e , Fl -encoding Ar LIST`."""
    said, macro, glued = "", "", True
    for word in re.findall(r'"[^"]*"|\S+', line):
        if word in MDOC:
            macro, glued = (macro, True) if word == "Ns" else (word, glued)
            said += " [" if word == "Oo" else "]" if word == "Oc" else ""
            glued |= word == "Oo"
            continue
        word = plain(word.strip('"'))
        if macro == "Xr" and word.isdigit():
            word, glued = f"({word})", True
        mark = word in (",", ".", ";", ":", ")") and not glued
        word = f"-{word}" if macro == "Fl" and not mark else f"[{word}]" if macro == "Op" else word
        said += word if glued or mark else f" {word}"
        glued = False
    return said.strip().replace("[ ", "[").replace(" [=", "[=")


def english_manual(source):
    found, block = Reader(), None
    for line in source.splitlines():
        macro, _, rest = line.partition(" ")
        if line == ".Ed":
            found.add("block", block)
            block = None
        elif block is not None:
            block.append(plain(line))
        elif macro == ".Bd":
            block = []
        elif macro == ".Dl":
            found.add("block", [plain(rest)])
        elif macro in (".Sh", ".Ss"):
            found.add("section", rest)
        elif macro == ".It":
            tag, *cells = rest.split(" Ta ")
            found.add("row" if tag else "item", words_of_mdoc(tag))
            for cell in cells:
                found.say(cell)
        elif macro == ".Sx":
            found.say(f"<{rest.rstrip(' .,;:')}>")
        elif macro in (".Pp", ".El", ".Rs"):
            found.end_paragraph()
        elif macro in (".%T", ".%R", ".%D"):
            found.say(rest)
        elif macro[1:] in MDOC and line[0] == ".":
            found.say(words_of_mdoc(line[1:]))
        elif line[:1] != "." and found.parts:
            found.say(plain(line))
    return found.parts


def chinese_manual(source):
    found, block, tag = Reader(), None, False
    for line in source[source.index(".SH"):].splitlines():
        macro, _, rest = line.partition(" ")
        if line == ".fi":
            found.add("block", block)
            block = None
        elif block is not None:
            block.append(plain(line))
        elif line == ".nf":
            block = []
        elif macro in (".SH", ".SS"):
            found.add("section", rest)
        elif tag:
            found.add("row", plain(line))
        elif line.startswith(".IP •"):
            found.add("item")
        elif line in (".PP", ".IP"):
            found.end_paragraph()
        elif line[:1] != ".":
            found.say(plain(line))
        tag = macro == ".TP"
    return found.parts


def codes(text):
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", text)]


def page(source):
    """The parts of a page in Markdown."""
    found = Reader()
    for part in re.split(r"\n\n(?!    )|\n(?=- |\|)|(?<=[^ \n])\n\n(?=    )", source):
        part = part.strip("\n")
        if match := re.fullmatch(r"#+ (.*)", part):
            found.add("section", match[1])
        elif part.startswith("    "):
            found.add("block", [line.removeprefix("    ") for line in part.splitlines()])
        elif part.startswith("|"):
            found.add("row", " ".join(codes(part)) or re.sub(r"[^|A-Z0-9]+", "", part))
        elif part:
            found.add("item" if part.startswith("- ") else "paragraph")
            found.say(part)
    return found.parts


FIELD = re.compile(r"\{\w+\}|%(?:\d\$)?(?:\.\d+)?(?:zu|PRIu64|[sdu])")


def pattern_of(sentence):
    """A sentence of the catalogue with anything in its fields."""
    return re.compile(".+".join(map(re.escape, FIELD.split(sentence))))


@functools.cache
def catalogue():
    """The patterns of sentences that have words, in English and in Chinese."""
    found = []
    for msgid, plural, translations, _ in entries(ROOT / CATALOGUE):
        for sentence in filter(None, (msgid, plural)):
            if re.search("[a-z]{4}", FIELD.sub("", sentence)):
                found.append((pattern_of(sentence), pattern_of(translations[0])))
    return found


def pieces_of(line):
    """What the program says in a line of output: behind its name or its mark, and between dots."""
    if line.startswith(("-!-", "$", "tcpchat listen", "tcpchat connect")):
        return []
    line = re.sub(r"^\.\.\. ", "… ", re.sub("^(?:tcpchat: |▸ )", "", line))
    return line.split(" · ")


@functools.cache
def translations_of(piece):
    """The patterns of its translations. Each piece is compared with all that could be its counterpart."""
    return [zh for en, zh in catalogue() if en.fullmatch(piece)]


def said_in_chinese(english, chinese):
    """Whether each sentence of the program is its translation, and whether there is one."""
    here, there = pieces_of(english), pieces_of(chinese)
    wanted = [translations_of(piece) for piece in here]
    if not any(wanted) or len(here) != len(there):
        return False, False
    return all(any(zh.fullmatch(piece) for zh in patterns) if patterns else piece == own
               for patterns, piece, own in zip(wanted, there, here)), True


def same_line(english, chinese):
    """A comment is translated: it stands behind three blanks. So is what the program says."""
    is_right, is_said = said_in_chinese(english, chinese)
    if is_said:
        return is_right
    if english.endswith(" ...") and chinese.endswith(" ..."):  # a sentence that is cut
        return english.partition(": ")[0] == chinese.partition("：")[0]
    command, gap, comment = re.match(r"(.*?\S)?( {3,}|$)(.*)", english).groups()
    return english == chinese or bool(command and comment and chinese.startswith(command + gap)
                                      and re.search(f"[{HAN}]", chinese[len(command + gap):]))


def names(part):
    """The options, commands, pages, variables and signals that a part names; in Markdown all that is code, and links."""
    return set(NAMES.findall(part.text)) | set(codes(part.text)) | set(links(part.text))


def counterpart(link):
    """The English document or picture for a translation. A link from one to the other is the same one in both."""
    return re.sub(r"#.*", "#", link).replace(".zh_CN.", ".")


def links(text):
    return [counterpart(link) for link in re.findall(r"\]\(([^)]+)\)", text)]


def are_like(english, chinese, headings):
    """Whether one may be the translation of the other."""
    if english.kind != chinese.kind:
        return False
    if english.kind == "section":
        return headings.get(english.key) == chinese.key
    if english.kind == "block":
        return same_line(english.key[0], chinese.key[0])
    if english.kind == "row" and english.key.startswith("tcpchat: "):
        return same_line(english.key, chinese.key)
    if english.kind == "row":
        is_prose = re.search(f"[{HAN}]", chinese.key)
        kept = re.compile(r"[A-Z0-9]{2,}|-\w+").findall
        return kept(english.key) == kept(chinese.key) if is_prose else english.key == chinese.key
    mine, other = names(english), names(chinese)
    return len(mine & other) * 2 >= max(len(mine), len(other))


def pairs(english, chinese, headings):
    """Pairs of counterparts in order, as many as there can be; None stands for a part that is missing."""
    like = [[are_like(a, b, headings) for b in chinese] for a in english]
    longest = [[0] * (len(chinese) + 1) for _ in range(len(english) + 1)]
    for i in reversed(range(len(english))):
        for j in reversed(range(len(chinese))):
            longest[i][j] = max(longest[i + 1][j], longest[i][j + 1], like[i][j] + longest[i + 1][j + 1])
    i = j = 0
    while i < len(english) or j < len(chinese):
        if i < len(english) and j < len(chinese) and like[i][j] and longest[i][j] == 1 + longest[i + 1][j + 1]:
            yield english[i], chinese[j]
            i, j = i + 1, j + 1
        elif j == len(chinese) or i < len(english) and longest[i + 1][j] == longest[i][j]:
            yield english[i], None
            i += 1
        else:
            yield None, chinese[j]
            j += 1


def called(part):
    """A part as a message names it."""
    words = part.key or part.text.strip()
    return f"{part.kind} {words[0] if part.kind == 'block' else words[:70]!r} (section {part.place!r})"


def section_references(text, headings):
    return {f"“{headings.get(name, name)}”" for name in re.findall("<([^>]+)>", text) if name in headings}


def differences(english, chinese, headings):
    """A sentence for each thing that the two do not have in common."""
    for here, there in pairs(english, chinese, headings):
        if there is None:
            new = here.kind == "section" and here.key not in headings
            yield f"no counterpart: {called(here)}" + (", whose translation HEADINGS lacks" if new else "")
        elif here is None:
            yield f"not in the English: {called(there)}"
        elif here.kind == "block":
            if len(here.key) != len(there.key) or not all(map(same_line, here.key, there.key)):
                yield f"other lines: {called(here)}"
        else:
            yield from differences_of_text(here, there, headings)


def differences_of_text(here, there, headings):
    if absent := names(here) - names(there):
        yield f"{called(here)}: not named: {', '.join(sorted(absent))}"
    if more := names(there) - names(here):
        yield f"{called(here)}: named in the translation only: {', '.join(sorted(more))}"
    text = re.sub("<([^>]+)>", lambda match: "" if match[1] in headings else match[0], here.text)
    if figures := set(FIGURES.findall(text)) - set(FIGURES.findall(there.text)):
        yield f"{called(here)}: not said: {', '.join(sorted(figures))}"
    if absent := {name for name in section_references(here.text, headings) if name not in there.text}:
        yield f"{called(here)}: no reference to section {', '.join(sorted(absent))}"
    if sorted(links(here.text)) != sorted(links(there.text)):
        yield f"{called(here)}: other links"


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", MANUALS)
def test_chinese_manual_has_all_of_the_english_one(name):
    found = differences_of(name, text_of(name))
    assert not found, f"{name} is not in step with {MANUALS[name]}:\n" + "\n".join(found)


@pytest.mark.parametrize("name", PAGES)
def test_chinese_page_has_all_of_the_english_one(name):
    found = differences_of(name, text_of(name))
    assert not found, f"{name} is not in step with {PAGES[name]}:\n" + "\n".join(found)


def prose():
    """The paragraphs of both translations, without markup and messages; a C stands for code in Markdown."""
    for name in MANUALS:
        parts = chinese_manual(text_of(name).replace("\\c\n", ""))
        keys = {part.key for part in parts if part.kind in ("section", "row") and not part.key.startswith("tcpchat: ")}
        yield from (f"{part.key if part.kind != 'block' and part.key in keys else ''} {part.text}" for part in parts)
    pages = [part for name in PAGES for part in page(text_of(name))]
    for part in pages + page(re.sub(r"^```.*?^```$", "", text_of(LESSON_ZH), flags=re.M | re.S)):
        text = re.sub(r"!?\[([^]]*)\]\([^)]*\)", r"\1", part.text)
        yield re.sub(r"\*\*(.*?)\*\* ?", r"\1", re.sub(r"`[^`]*`", "C", text)).replace("|", "")


def faults_of_writing(text):
    """Places where Chinese is not written as it is printed."""
    half = f"[{HAN}][,:;!?()]|[,:;!?()][{HAN}]"
    joined = f"[{HAN}][A-Za-z0-9<$~@^*-]|[A-Za-z0-9>*+-][{HAN}]"
    blank = f"[{CLOSING}{OPENING}] (?! )|(?<! ) [{CLOSING}{OPENING}]|[{HAN}] [{HAN}]"
    found = re.finditer(f"{half}|{joined}|{blank}", text)
    return [text[max(0, match.start() - 8):match.end() + 8] for match in found]


def test_translations_are_written_as_chinese_is_printed():
    """Full-width marks, and a blank between Chinese and Latin words, but none beside a full-width mark."""
    found = [fault for text in prose() for fault in faults_of_writing(text)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("text", ["监听,然后", "监听 ，然后", "监听， 然后", "用TCP", "TCP套接字", "（ 重置）", "被动 套接字",
                                  "用-e"])
def test_faults_of_writing_are_found(text):
    assert faults_of_writing(text)


# English in Chinese characters.
WORD_FOR_WORD = re.compile("从不读|标准错误上说出|消息，?说出|连同行和列|对方发送当时|一定失败|期待落空|某个期待，|不成字符|"
                           "一个消息|[0-9]+ 分之|的词，不是|，来的是|其方向结束|，带时间和")


def test_translations_have_no_english_word_for_word():
    found = [f"{name}: {line}" for name in [*MANUALS, *PAGES, CATALOGUE] for line in text_of(name).splitlines()
             if WORD_FOR_WORD.search(line)]
    assert not found, "\n".join(found)


def test_sentences_of_translations_have_50_han_characters_at_most():
    sentences = [sentence for text in prose() for sentence in re.split("[。！？；]", text)]
    assert len(sentences) > 600
    assert not [sentence for sentence in sentences if len(re.findall(f"[{HAN}]", sentence)) > 50]


@pytest.mark.parametrize("name", MANUALS)
def test_lines_of_chinese_manual_are_joined_without_a_blank(name):
    """Two lines of text would get a blank between them: the first one ends with \\c."""
    source = re.sub(r"^\.nf$.*?^\.fi$|^\.TP.*\n.*$", ".", text_of(name), flags=re.M | re.S)
    assert not re.findall(r"^[^.\n].*(?<!\\c)\n(?=[^.\n])", source, re.M)


def rendered(name, columns):
    """The Chinese page as groff shows it, and the warnings."""
    run = subprocess.run(["groff", "-Kutf8", "-mandoc", "-Tutf8", "-ww", "-P-c", "-P-bou", f"-rLL={columns}n",
                          ROOT / name], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    return run.stdout.splitlines(), run.stderr


def width(line):
    return sum(2 if unicodedata.east_asian_width(letter) in "FW" else 1 for letter in line)


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
@pytest.mark.parametrize("columns", [72, 80, 100])
@pytest.mark.parametrize("name, least", [(MAN_ZH, 800), (RULES_ZH, 150)])
def test_chinese_manual_breaks_lines_as_chinese_is_printed(name, least, columns):
    lines, warnings = rendered(name, columns)
    assert "名称" in lines and len(lines) > least and not warnings
    assert not [line for line in lines if line and (line.strip()[0] in CLOSING or line[-1] in OPENING)]
    shown = {line.strip() for part in chinese_manual(text_of(name)) if part.kind == "block" for line in part.key}
    assert not [line for line in lines if width(line) > columns and line.strip() not in shown]


def differences_of(name, source):
    """What the test above says of a translation."""
    if english := MANUALS.get(name):
        return list(differences(english_manual(text_of(english)), chinese_manual(source), HEADINGS[english]))
    return list(differences(page(text_of(PAGES[name])), page(source), HEADINGS[PAGES[name]]))


@pytest.mark.parametrize("name, gone, said", [
    (MAN_ZH, r"\.SH 信号\n", "no counterpart: section 'SIGNALS'"),
    (MAN_ZH, r"\.SH 信号\n[\s\S]*?(?=\.SH)", "no counterpart: section 'SIGNALS'"),
    (MAN_ZH, r"\.SS 安全显示\n", "no counterpart: section 'Safe display'"),
    (MAN_ZH, r"\.TP\n\\fB\\-\\-drain.*\n(?:[^.].*\n)*", "no counterpart: row '--drain SECS' (section"),
    (MAN_ZH, r"\\fB\\-o\\fR, (?=\\fB\\-\\-output)", "no counterpart: row '-o, --output FILE'"),
    (MAN_ZH, r"\.TP\n6\n(?:[^.].*\n)*", "no counterpart: row '6' (section 'EXIT STATUS')"),
    (MAN_ZH, r"\.TP 40\n\\fBko\\fR\nEUC\\-KR\n", "no counterpart: row 'ko'"),
    (MAN_ZH, r"\.nf\n\$ tcpchat listen \\-\\-tls 8443\n[\s\S]*?\.fi\n", "no counterpart: block '$ tcpchat listen --tls"),
    (MAN_ZH, r"-!\\- the room has ended\n", "other lines: block '-!- you are peer3"),
    (MAN_ZH, r"、\\:\\fB\\-\\-no\\-shutdown\\fR", "not named: --no-shutdown"),
    (MAN_ZH, r"250 毫秒", "not said: 250"),
    (MAN_ZH, r"见“加密会话”一节", "no reference to section “加密会话”"),
    (GUIDE_ZH, r"## 聊天室\n", "no counterpart: section 'A room'"),
    (README_ZH, r"    cmake --install build/release --prefix.*\n", "other lines: block 'cmake --preset release"),
    (README_ZH, r"(?<=connect host 8080)   ", "other lines: block 'tcpchat listen 8080 "),
    (GUIDE_ZH, r"    ssh host .*\n\n", "no counterpart: block \"ssh host"),
    (GUIDE_ZH, r"\| `nc -d host 8080`.*\n", "no counterpart: row 'nc -d host 8080"),
    (README_ZH, r"- \*\*UDP.*\n", "no counterpart: item"),
    (README_ZH, r"\(CONTRIBUTING.md\)", "not named: CONTRIBUTING.md"),
    (README_ZH, r"\[English\]\(README.md\) · 中文\n\n", "no counterpart: paragraph 'English"),
])
def test_missing_counterpart_is_told(name, gone, said):
    source, count = re.subn(gone, "", text_of(name))
    assert count
    assert any(said in sentence for sentence in differences_of(name, source)), differences_of(name, source)


@pytest.mark.parametrize("name, chinese, english", [
    (GUIDE_ZH, "正在监听 0.0.0.0:8080", "listening on 0.0.0.0:8080"),
    (GUIDE_ZH, "▸ peer1 使用 GBK", "▸ peer1 speaks GBK"),
    (MAN_ZH, "tcpchat: 正在监听 127.0.0.1:40123", "tcpchat: listening on 127.0.0.1:40123"),
], ids=["block", "notice", "row"])
def test_message_in_english_is_told(name, chinese, english):
    source = text_of(name)
    assert chinese in source
    assert differences_of(name, source.replace(chinese, english))


def test_new_section_and_new_row_and_other_order_are_told():
    source = text_of(MAN_ZH)
    new = source.replace(".TP\n\\fB\\-\\-drain", ".TP\n\\fB\\-\\-pour\\fR\n倒水。\n.TP\n\\fB\\-\\-drain")
    assert differences_of(MAN_ZH, new) == ["not in the English: row '--pour' (section '仅用于 listen')"]
    one, two = re.findall(r"\.TP\n\\fB\\-[46]\\fR\n(?:[^.].*\n)*", source)
    assert any("row '-" in said for said in differences_of(MAN_ZH, source.replace(one + two, two + one)))
    english = text_of(MAN).replace(".Sh SIGNALS", ".Sh OMENS\n.Sh SIGNALS")
    found = list(differences(english_manual(english), chinese_manual(source), HEADINGS[MAN]))
    assert found == ["no counterpart: section 'OMENS' (section 'OMENS'), whose translation HEADINGS lacks"]


def test_translations_are_linked_and_installed():
    for chinese, english in PAGES.items():
        for here, there in ((chinese, english), (english, chinese)):
            assert f"]({pathlib.Path(there).name})" in "".join(text_of(here).splitlines()[:4])
    listed = re.search(r"foreach\(manual (.*?)\)", text_of("CMakeLists.txt"))[1].split()
    assert {f"man/{manual}" for manual in listed} == {MAN, MAN_ZH, RULES, RULES_ZH}


@pytest.mark.skipif(not (ROOT / CATALOGUE).exists(), reason="there is no catalogue")
def test_catalogue_names_sections_as_the_chinese_manual_does():
    """`tcpchat help TOPIC` ends with the sections that have more."""
    entries = re.findall(r'^msgid "(.+)"\nmsgstr "(.+)"$', text_of(CATALOGUE), re.M)
    named = [(english.split(", "), chinese.split("，")) for english, chinese in entries
             if all(name in HEADINGS[MAN] and name[0].isupper() for name in english.split(", "))]
    assert len(named) > 4
    assert not [(english, chinese) for english, chinese in named
                if [HEADINGS[MAN][name] for name in english] != chinese]
