# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of src/ include each other without circles. A file is a .c and its .h together."""
import pathlib
import re

SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)\.h"', re.M)


def includes():
    """file -> files that it includes."""
    edges = {}
    for source in SRC.rglob("*.[ch]"):
        name = str(source.relative_to(SRC).with_suffix(""))
        edges.setdefault(name, set()).update(set(INCLUDE.findall(source.read_text())) - {name})
    return edges


def reachable(edges, start):
    found, ahead = set(), [start]
    while ahead:
        for name in edges.get(ahead.pop(), ()):
            if name not in found:
                found.add(name)
                ahead.append(name)
    return found


def circles(edges):
    """The strongly connected components of more than one file."""
    reach = {name: reachable(edges, name) for name in edges}
    return {tuple(sorted(other for other in reach[name] if name in reach.get(other, ())))
            for name in edges if name in reach[name]}


def test_no_files_include_each_other():
    assert not circles(includes())


def test_circle_of_three_is_found():
    edges = {"a": {"b", "d"}, "b": {"c"}, "c": {"a"}, "d": set(), "e": {"a"}}
    assert circles(edges) == {("a", "b", "c")}
