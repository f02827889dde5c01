# SPDX-License-Identifier: GPL-3.0-or-later
"""src/ speaks the words of the glossary in HACKING.md, and a comment begins with its subject."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = {str(file.relative_to(ROOT / "src")): file.read_text() for file in sorted((ROOT / "src").rglob("*.[ch]"))}
LEXEME = re.compile(r"""(?P<comment>/\*.*?\*/|//[^\n]*)
                        | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
                        | (?P<identifier>[A-Za-z_]\w*)""", re.S | re.X)
NO_SUBJECT = re.compile(r"(?:^|[.:;] +|\n\n)(What|Whom|Whose|Whoever|Who|Of|Where)\b")


def glossary():
    """The columns of the table, each a list of words."""
    section = re.search(r"^## Glossary$(.*?)(?=^## )", (ROOT / "HACKING.md").read_text(), re.M | re.S).group(1)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    assert rows[0] == ["say", "for", "not", "not as a name"] and len(rows) > 10
    return [[word for row in rows[2:] for word in row[column].split(", ") if word] for column in (0, 2, 3)]


def pieces(text, kind):
    """The comments of a source, or its identifiers."""
    return [match[kind] for match in LEXEME.finditer(text) if match[kind]]


def words(text):
    """The words of comments and identifiers, in lower case; host_limit is two."""
    return set(re.findall(r"[a-z]+", " ".join(pieces(text, "comment") + pieces(text, "identifier")).lower()))


def names(name, text):
    """The file's own name, and the tags of its structs, unions and enums."""
    return {pathlib.Path(name).stem, *re.findall(r"^\s*(?:struct|union|enum) (\w+) \{", text, re.M)}


def test_no_source_says_a_word_of_the_third_column():
    nowhere = set(glossary()[1])
    found = {name: nowhere & words(text) for name, text in SOURCES.items()}
    assert not {name: said for name, said in found.items() if said}


def names_of_tests(text):
    """The names of the tests in a file of pytest or cmocka."""
    return re.findall(r"^def (test_\w+)\(|cmocka_unit_test\w*\(\s*(\w+)", text, re.M)


def test_no_test_is_named_by_a_word_of_the_third_column():
    nowhere = set(glossary()[1])
    files = [file for file in sorted((ROOT / "tests").rglob("*")) if file.suffix in (".py", ".c")]
    names = ["".join(pair) for file in files for pair in names_of_tests(file.read_text())]
    assert len(names) > 2000
    assert not [name for name in names if nowhere & set(name.split("_"))]


def test_names_of_tests_are_found():
    assert names_of_tests("def test_a(x):\n    cmocka_unit_test(b),\n        cmocka_unit_test_setup_teardown(\n  c, d") == [
        ("test_a", ""), ("", "b"), ("", "c")]


def test_no_file_and_no_struct_has_a_name_of_the_fourth_column():
    no_names = set(glossary()[2]) | set(glossary()[1])
    found = {name: no_names & names(name, text) for name, text in SOURCES.items()}
    assert not {name: said for name, said in found.items() if said}


def test_every_word_of_the_first_column_is_said():
    said = "\n".join([*SOURCES, *SOURCES.values()]).lower()
    absent = {word for word in glossary()[0] if not re.search(rf"(?<![a-z]){re.escape(word.lower())}", said)}
    assert not absent


def prose(comment):
    """The text of a comment, a line for each paragraph."""
    lines = re.sub(r"\n\s*\*? ?", "\n", comment.strip("/*").strip())
    return re.sub(r"(?<!\n)\n(?!\n)", " ", lines)


def test_sentences_of_comments_begin_with_their_subject():
    tests = {str(file.relative_to(ROOT)): file.read_text() for file in sorted((ROOT / "tests").rglob("*.[ch]"))}
    found = [f"{name}: {match.group()} in {comment[:60]}" for name, text in (SOURCES | tests).items()
             for comment in pieces(text, "comment") if (match := NO_SUBJECT.search(prose(comment)))]
    assert not found, "\n".join(found)


def test_sentence_without_a_subject_is_found():
    for comment in ("/* Of a */", "/* A b. Where c, d. */", "/* a: b\n *\n * What c\n * d. */"):
        assert NO_SUBJECT.search(prose(comment)), comment
    assert not NO_SUBJECT.search(prose("/* A width, of which\n * Where is no part. */"))


def test_words_are_found_in_comments_and_identifiers_only():
    text = 'struct lobby { int a; }; /* It is "crowded". */ const char *said = "deaf"; int is_stuck = \'"\';\n'
    assert words(text) & {"lobby", "crowded", "deaf", "stuck"} == {"lobby", "crowded", "stuck"}
    assert names("net/doors.h", text) == {"doors", "lobby"}
    assert pieces("/* Of a */ int b; // c\n", "comment") == ["/* Of a */", "// c"]


def man_sentences(source):
    """The sentences of a man page, each of which begins on a line of its own. Examples are left out."""
    source = re.sub(r"^\.Bd.*?^\.Ed$", ".Pp", source, flags=re.M | re.S)
    for part in re.split(r"^\.(?:Pp|Sh|Ss|It|Bl|El|Nd|Dd|\\\")\b.*$", source, flags=re.M):
        text = re.sub(r"^\.(?:Rs\b.*?^\.Re|[A-Z][a-z]|%.*)(?= |$)", "", part, flags=re.M | re.S)
        text = re.sub(r"\b(?:Ar|Fl|Li|Ns|Cm|Ic|Oo|Oc|Op|Xr|Ev|Dq|Pa)\b ?", "", text)
        yield from re.split(r"(?<=[.:]\n)|(?<= \.\n)", text)


def page_sentences(source):
    """The sentences of a page in Markdown, without its examples and tables."""
    source = re.sub(r"^```[\s\S]*?^```$|^    .*$|^\|.*$", "\n", source, flags=re.M)
    for part in re.split(r"\n\n|\n(?=- |\d\. |#)", source):
        yield from re.split(r"(?<=[.:!?]) (?=[A-Z`\[-])", re.sub(r"\s+", " ", part))


def long_ones(sentences):
    return [" ".join(words) for sentence in sentences
            if len(words := [word for word in sentence.split() if re.search(r"\w", word)]) > 20]


def test_sentences_of_man_page_and_documents_have_20_words_at_most():
    sentences = [said for page in ("man/tcpchat.1", "man/tcpchat-rules.5")
                 for said in man_sentences((ROOT / page).read_text())]
    readme = [said for page in ("README.md", "SECURITY.md", "docs/guide.md", "docs/lesson.md")
              for said in page_sentences((ROOT / page).read_text())]
    assert len(sentences) > 400 and len(readme) > 80
    assert not long_ones(sentences + readme)


def test_long_sentences_are_found():
    words = "A" + " a" * 19
    assert long_ones(man_sentences(f".Pp\n{words}\n.Fl e .\nB\n.It x\n{words}\n.It y\n"))
    assert not long_ones(man_sentences(f".Pp\n{words}.\n.Cm listen\nb\n.Fl e .\n{words}.\n"))
    assert long_ones(page_sentences(f"B.\n{words}\na. C"))
    assert not long_ones(page_sentences(f"{words}. {words}.\n- {words}\n\n    {words}\n{words}\n"))
