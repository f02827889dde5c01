# SPDX-License-Identifier: GPL-3.0-or-later
"""A test is named after its feature and the outcome, so that its name begins with neither a, an nor the."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = {".py": re.compile(r"^\s*(?:async )?def test_(\w+)", re.M),
        ".c": re.compile(r"\bcmocka_unit_test\w*\(\s*(\w+)|^static [^(;=]*?\b(\w+)\(", re.M)}


def names(text, suffix):
    """The names of tests; in C also of their helpers, which take the same shape."""
    return ["".join(match.groups(default="")) for match in NAME[suffix].finditer(text)]


def with_article(text, suffix):
    return [name for name in names(text, suffix) if re.match("(?:an?|the)_", name)]


def test_names_of_tests_begin_with_their_feature():
    sources = [file for suffix in NAME for file in sorted((ROOT / "tests").rglob(f"*{suffix}"))]
    assert sum(len(names(file.read_text(), file.suffix)) for file in sources) > 1000
    found = [f"{file.relative_to(ROOT)}: {name}" for file in sources
             for name in with_article(file.read_text(), file.suffix)]
    assert not found, "\n".join(found)


def test_names_with_an_article_are_found():
    python = "def test_a_b():\n  def test_the_c():\nasync def test_an_d(x):\ndef test_another():\ndef a_helper():\n"
    assert with_article(python, ".py") == ["a_b", "the_c", "an_d"]
    c = "static void an_a(void **state)\nstatic int *the_b(int c)\ncmocka_unit_test(a_c),\nstatic int a_d = 1;\n"
    assert with_article(c, ".c") == ["an_a", "the_b", "a_c"]
    assert not with_article("static void another(void)\ncmocka_unit_test(then_b),\n", ".c")
