# SPDX-License-Identifier: GPL-3.0-or-later
"""po/ against the sources: each sentence is translated, with its fields, conversions, options and commands."""
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
POT = ROOT / "po/tcpchat.pot"
LANGUAGES = sorted(path.name for path in (ROOT / "po").glob("*.po"))

HAN = r"[\u3400-\u9FFF]"
FULL = "，。；：？！（）、“”"
CONVERSION = re.compile(r"%(?:\d+\$)?([-+ #0]*[\d*]*(?:\.[\d*]+)?(?:hh|h|ll|l|z|j)?[a-zA-Z]|%|[-#0]*<PRI\w+>)")
# Options, commands, addresses, files and stand-ins for words of the person.
VERBATIM = re.compile(
    r"(?<![\w-])--?[a-z][-\w]*|tcpchat (?:listen|connect|help)|[\w-]+://|(?:unix|tls|fd):[@\w./]*\w|"
    r"(?<![\w/<])/[a-z][\w/]*|\b(?:HOST|PORT|FILE|SECS|NAME|ADDRESS|TEXT|USER|PASS|PIN|TOPIC|LIST|BYTES|SIG[A-Z]+)\b|"
    r"\b(?:chmod 600|ss -ltnp|iconv -l|openssl pkey|man tcpchat|Ctrl-[A-Z]|libssl\w*|NO_\w+|LISTEN_\w+|close_notify)")


def unescaped(text):
    return text.replace("\\n", "\n").replace('\\"', '"').replace("\\\\", "\\")


def entries(path):
    """The (msgid, plural or None, translations, flags) of a file, without its head."""
    found = []
    for block in path.read_text().split("\n\n"):
        lines = [line for line in block.splitlines() if not line.startswith("#~")]
        flags = " ".join(line for line in lines if line.startswith("#,"))
        texts = {}
        for line in lines:
            if match := re.match(r'(msgid|msgid_plural|msgstr(?:\[\d\])?) "', line):
                key = match[1]
            if re.match(r'(msg|")', line):
                texts[key] = texts.get(key, "") + unescaped(re.search(r'"(.*)"$', line)[1])
        if texts.get("msgid"):
            translations = [text for key, text in texts.items() if key.startswith("msgstr")]
            found.append((texts["msgid"], texts.get("msgid_plural"), translations, flags))
    return found


def pairs(language):
    """Each sentence that a translation stands for, and the translation. A singular may leave its number out."""
    for msgid, plural, translations, _ in entries(ROOT / "po" / language):
        for translation in translations:
            yield plural or msgid, translation


# English on purpose: the lines of a room, lists of words, and a sentence without memory.
ENGLISH = {"room/chat.c", "room/chat.h", "room/chat_commands.c", "room/far_room.c", "room/greeting.h", "base/event.c",
           "cli/topics.c", "cli/encodings.c", "ui/memory.c"}
LITERAL = r'"((?:[^"\\\n]|\\.)*)"'


def test_every_sentence_of_the_sources_is_marked():
    marked = {text for msgid, plural, _, _ in entries(POT) for text in (msgid, plural)}
    missing = []
    for path in sorted((ROOT / "src").glob("*/*.[ch]")):
        code = re.sub(r"/\*.*?\*/|_Static_assert.*?;", "", path.read_text(), flags=re.S)
        for match in re.finditer(rf"{LITERAL}(?:\s*(?:PRI\w+\s*)?{LITERAL})*", code):
            text = re.sub(r'"\s*(PRI\w+)\s*"', r"<\1>", match[0])
            text = unescaped("".join(re.findall(LITERAL, text)))
            words = re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", text) and not text.startswith("tcpchat ")
            if words and text not in marked and str(path.relative_to(ROOT / "src")) not in ENGLISH:
                missing.append((path.name, text))
    assert not missing


def test_pot_is_up_to_date():
    made = subprocess.run([ROOT / "scripts/update-po", "--check"], capture_output=True, text=True, check=True).stdout
    assert made == POT.read_text(), "run scripts/update-po"


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_compiles_without_a_complaint(language):
    made = subprocess.run(["msgfmt", "--check", "-o", "/dev/null", ROOT / "po" / language], capture_output=True, text=True)
    assert (made.returncode, made.stderr) == (0, "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_translated(language):
    translated = {(msgid, plural): (texts, flags) for msgid, plural, texts, flags in entries(ROOT / "po" / language)}
    wanted = {(msgid, plural) for msgid, plural, _, _ in entries(POT)}
    assert len(wanted) > 500
    assert wanted == set(translated), "run scripts/update-po"
    assert not [key for key, (texts, flags) in translated.items() if "fuzzy" in flags or not all(texts)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_fields_and_conversions_are_those_of_the_sentence(language):
    for msgid, text in pairs(language):
        assert set(re.findall(r"\{\w+\}", msgid)) == set(re.findall(r"\{\w+\}", text)), text
        assert sorted(CONVERSION.findall(msgid)) == sorted(CONVERSION.findall(text)), text


@pytest.mark.parametrize("language", LANGUAGES)
def test_options_commands_and_paths_stand_as_they_are(language):
    for msgid, text in pairs(language):
        for word in VERBATIM.findall(msgid):
            assert word in text, (word, text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_prefix_of_a_sentence_stays_in_front(language):
    """base/err finds the name in front of a reason: "%s: %s" has its order, and others begin alike."""
    texts = dict(pairs(language))
    join = texts["%s: %s"]
    assert re.fullmatch(r"%s[^%]+%s", join)
    for msgid, text in texts.items():
        if msgid.startswith("%s: "):
            assert text.startswith(join.removesuffix("%s")), text


def test_chinese_has_the_punctuation_and_the_blanks_of_chinese():
    for _, text in pairs("zh_CN.po"):
        assert not re.search(f"{HAN}[,:;?!()]|[,:;?!()]{HAN}", text), text
        assert not re.search(f"[{FULL}] (?! )|(?<! ) [{FULL}]", text), text
        assert not re.search(rf"{HAN}[\w%{{]|[\w%}}]{HAN}", re.sub(HAN + "+", "汉", text), re.A), text


def test_chinese_can_be_written_in_gbk():
    for _, text in pairs("zh_CN.po"):
        text.encode("gbk")


def test_terms_of_the_glossary_are_used():
    text = "".join(translation for _, translation in pairs("zh_CN.po"))
    for term in ("套接字", "监听", "对方", "标准输入", "字符集", "聊天室", "证书", "公钥指纹", "代理", "转发"):
        assert term in text
