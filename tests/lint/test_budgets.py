# SPDX-License-Identifier: GPL-3.0-or-later
"""The sizes of src/: lines of a file, of a function, of main, of everything; and no #if inside a function. HACKING.md
is one page."""
import pathlib
import re

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
SOURCES = {str(file.relative_to(SRC)): file.read_text().splitlines() for file in sorted(SRC.rglob("*.[ch]"))}
FILE_LINES = 400
FUNCTION_LINES = 35
MAIN_LINES = 30
PAGE_LINES = 95
ALL_LINES = 65700


def head_of(lines, brace):
    """The first line of the definition whose body begins at line `brace`."""
    first = brace
    while first and lines[first - 1] and not re.search(r"^[#}]|[;}]$|\*/$", lines[first - 1]):
        first -= 1
    return first


def functions(lines):
    """(name, lines of the definition) of each function; clang-format puts its braces at the margin."""
    head = None
    for number, line in enumerate(lines):
        if line == "{":
            head = head_of(lines, number)
        elif line == "}" and head is not None:
            yield re.findall(r"(\w+)\(", " ".join(lines[head:number]))[0], lines[head:number + 1]
            head = None


def test_files_have_at_most_400_lines():
    assert not {name for name, lines in SOURCES.items() if len(lines) > FILE_LINES}


def test_functions_have_at_most_35_lines_and_main_30():
    assert not [f"{name}: {function}" for name, lines in SOURCES.items() for function, body in functions(lines)
                if len(body) > (MAIN_LINES if function == "main" else FUNCTION_LINES)]


def test_no_function_has_a_preprocessor_condition():
    assert not [f"{name}: {function}" for name, lines in SOURCES.items() for function, body in functions(lines)
                if any(re.match(r"\s*#\s*(if|elif|else|endif)", line) for line in body)]


def test_src_fits_in_its_budget():
    assert sum(map(len, SOURCES.values())) <= ALL_LINES


def test_hacking_is_one_page():
    assert len((SRC.parent / "HACKING.md").read_text().splitlines()) <= PAGE_LINES


def test_functions_are_found():
    text = "static int f(int a,\n             int b)\n{\n    return a + b;\n}\n\nint main(void)\n{\n}\n".splitlines()
    assert [(name, len(lines)) for name, lines in functions(text)] == [("f", 5), ("main", 3)]
    assert sum(len(list(functions(lines))) for lines in SOURCES.values()) > 1000
