"""No sentence that the room itself says to a member of --chat can be said by another one: talk/forgery says how."""
import pathlib
import re
import subprocess

import pytest

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
LITERAL = r'"((?:[^"\\]|\\.)*)"'
# Where the sentences come from with which a command of a peer is refused. Those of text/charset are not said there:
# a peer chooses from the charsets at hand.
REFUSING = ["text/name.c", "text/speech.c", "text/command.c", "talk/roster.c"]


def source(name):
    """Without comments, and with the pieces of a string put together."""
    text = re.sub(r"/\*.*?\*/", "", (SRC / name).read_text(), flags=re.S)
    return re.sub(r'"\s*\n\s*"', "", text)


def arguments(text, function):
    """What stands between the brackets of each call."""
    for match in re.finditer(rf"\b{function}\(", text):
        depth, end = 1, match.end()
        while depth:
            character = text[end]
            if character == '"':
                end = re.compile(LITERAL).match(text, end).end()
                continue
            depth += (character == "(") - (character == ")")
            end += 1
        yield text[match.end():end - 1]


def literals(text):
    return re.findall(LITERAL, text)


def list_of(name):
    return literals(re.search(rf"\b{name}\[\] = {{(.*?)}};", source("talk/forgery.c"), re.S)[1])


def said():
    """The formats of what chat says to its members."""
    for file in sorted((SRC / "talk").glob("*.c")):
        text = source(f"talk/{file.name}")
        for function in ("answer", "announce"):
            for call in arguments(text, function):
                if "struct member *member" not in call and file.name == "chat.c":
                    found = [sentence for sentence in literals(call) if sentence]
                    assert found or "format" in call, f"what does {function}({call}) say?"
                    yield from found
    yield from literals(re.search(r"\nstatic const char \*refused_deed.*?\n}\n", source("talk/chat.c"), re.S)[0])[1:]


def refusals():
    for name in REFUSING:
        for call in arguments(source(name), "err_set"):
            yield from literals(call)[:1]


SENTENCES = sorted(set(said()))
REFUSALS = sorted(set(refusals()))
HEADS, NOTICES = list_of("heads"), list_of("notices")
# Not a sentence's beginning, but what follows "you are NAME" and the parts of a row of /help.
PIECES = ["; /help lists commands", "//text", "say /text"]
# A name and nothing else (/who), or a sentence of REFUSALS; and a row of /help, which begins with a slash.
WHOLE = ["%s", "%-20s %s"]


def is_safe(sentence):
    name, _, rest = sentence.partition(" ")
    if name == "%s":
        return any(rest.startswith(notice) for notice in NOTICES)
    return name in HEADS or name in ("%zu", "%u") or not re.match(r"[\w%]", name)


def test_the_sentences_are_found():
    for sentence in ("you are %s%s", "%s joined", "%s left", "%s is now %s", "%u joined, %u left", "%zu are here",
                     "nobody here is called %.*s", "this would look like a notice of the room",
                     "/me takes a text that can be seen", "%s"):
        assert sentence in SENTENCES
    for sentence in ("'%s' is no name: it has blanks", "/%s takes nothing after it",
                     "'%s' is taken: somebody has that name or one like it"):
        assert sentence in REFUSALS


@pytest.mark.parametrize("sentence", [it for it in SENTENCES if it not in PIECES + WHOLE] + REFUSALS)
def test_nobodys_name_begins_it(sentence):
    assert is_safe(sentence)


@pytest.mark.parametrize("head", HEADS)
def test_each_head_is_one(head):
    """Nobody is kept from a name for nothing."""
    assert any(sentence.split()[0] == head for sentence in SENTENCES)


@pytest.mark.parametrize("unsafe", ["the rest of your line", "a name has", "%s speaks %s", "%s", "%d are here", "7 %s"])
def test_others_would_not_pass(unsafe):
    assert not is_safe(unsafe)


def test_whoever_answers_otherwise_is_found():
    """Nothing else in talk/ writes to a member of a chat in its own words."""
    calls = subprocess.run(["grep", "-rnE", r"room_(whisper|spread)\(", SRC], capture_output=True, text=True,
                           check=True).stdout
    files = {re.match(rf"{SRC}/(\S+?):", line)[1] for line in calls.splitlines()}
    assert files == {"talk/chat.c", "talk/room.c", "talk/room.h", "talk/host.c"}
