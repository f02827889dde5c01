# SPDX-License-Identifier: GPL-3.0-or-later
"""The FILES list of src/README.md and src/ name the same files, in the order of the layers."""
import pathlib
import re
import subprocess

LAYERS = ["base", "text", "io", "os", "tls", "net", "relay", "room", "bot", "ui", "cli"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def listed():
    readme = (ROOT / "src/README.md").read_text()
    match = re.search(r"^## FILES$(.*?)(?=^## |\Z)", readme, re.M | re.S)
    assert match, "src/README.md has no section ## FILES"
    return re.findall(r"^- `(\w+/\w+)` +\S", match.group(1), re.M)


def test_files_list_agrees_with_src():
    there = {str(file.relative_to(ROOT / "src").with_suffix("")) for file in (ROOT / "src").rglob("*.[ch]")}
    names = listed()
    assert sorted(names) == sorted(set(names)), "a file is listed twice"
    assert not there - set(names), "not in the FILES of src/README.md"
    assert not set(names) - there, "listed in src/README.md, but not in src/"


def test_files_list_is_in_the_order_of_the_layers():
    layers = [name.split("/")[0] for name in listed()]
    assert layers == sorted(layers, key=LAYERS.index)


# A file that a trial has left there would be installed with every clone.
def test_top_folder_holds_only_what_a_reader_expects():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    top = {name for name in tracked if "/" not in name and not name.startswith(".")}
    assert top == {"CHANGELOG.md", "CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "HACKING.md", "LICENSE",
                   "README.md", "README.zh_CN.md", "SECURITY.md"}
