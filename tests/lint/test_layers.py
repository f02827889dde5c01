# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers of src/ stand on each other in one order, and no layer knows a later one."""
import pathlib
import re

import pytest

LAYERS = ["base", "text", "io", "os", "tls", "net", "relay", "room", "bot", "ui", "cli"]
SRC = pathlib.Path(__file__).resolve().parents[2] / "src"
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
FILES = sorted(str(file.relative_to(SRC)) for file in SRC.rglob("*.[ch]"))


def is_generated(included):
    """A header that the build makes is made by a script beside its source: layer/x.h by layer/x.cmake."""
    made_by = [(SRC / included).with_suffix(".cmake"), SRC.parent / "tools" / f"{pathlib.Path(included).stem}.c"]
    return any(maker.exists() for maker in made_by)


def faults(name, text):
    """The faults in the includes of src/NAME."""
    layer = name.split("/")[0]
    for bracket, included in INCLUDE.findall(text):
        target, _, rest = included.partition("/")
        if bracket == "<":
            if included.startswith("uv") and layer in ("base", "text"):
                yield f"{name} includes <{included}>; libuv begins in io/"
            if target in LAYERS and (SRC / included).exists():
                yield f"{name} includes <{included}>; our own headers stand in quotes"
        elif target not in LAYERS or not rest:
            yield f'{name} includes "{included}"; write the layer: "layer/{included}"'
        elif LAYERS.index(target) > LAYERS.index(layer):
            yield f'{name} includes "{included}"; {target}/ is later than {layer}/'
        elif (layer, target) == ("room", "relay"):
            yield f'{name} includes "{included}"; {layer}/ and {target}/ stand side by side'
        elif not (SRC / included).exists() and not is_generated(included):
            yield f'{name} includes "{included}", which does not exist'


@pytest.mark.parametrize("name", FILES)
def test_includes(name):
    assert name.split("/")[0] in LAYERS, f"src/{name} stands in no layer"
    assert not list(faults(name, (SRC / name).read_text()))


def test_wrong_includes_are_found():
    wrong = '#include <uv.h>\n#include "cli/run.h"\n#include "err.h"\n'
    assert len(list(faults("text/utf8.c", wrong))) == 3
    assert len(list(faults("room/room.c", '#include "relay/relay.h"\n'))) == 1


def test_every_text_option_is_compared():
    """Readers share the bytes of a message if their options are the same: one that is forgotten changes text silently."""
    header = (SRC / "text/text_options.h").read_text()
    struct = re.search(r"^struct text_options \{\n(.*?)^\}", header, re.M | re.S).group(1)
    compared = re.findall(r"\ba\.(\w+) == b\.\1\b", (SRC / "text/text_options.c").read_text())
    fields = re.findall(r"\b(\w+);", re.sub(r"/\*.*?\*/", "", struct, flags=re.S))
    assert "eol" in fields and sorted(fields) == sorted(compared)
