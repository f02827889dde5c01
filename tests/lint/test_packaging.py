# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of packaging/ agree with the sources: licences, versions, needs, and what is installed."""
import fnmatch
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEBIAN = ROOT / "packaging/debian"
CMAKE = (ROOT / "CMakeLists.txt").read_text()
LIB = (ROOT / "scripts/lib.sh").read_text()
RELEASE = pathlib.Path(os.environ.get("TCPCHAT_RELEASE", ROOT / "build/release/tcpchat"))


def stanzas(name):
    """The paragraphs of a file of Debian's, each a dictionary of its fields."""
    text = re.sub(r"^#.*\n", "", (DEBIAN / name).read_text(), flags=re.M)
    return [{field: value.strip() for field, value in re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", part, re.M)}
            for part in re.split(r"\n\n+", text.strip())]


# ---- licences ----

OURS = "SPDX-License-Identifier: GPL-3.0-or-later"
# The name of a licence in debian/copyright, and how the head of a file says it.
SIGNS = {"Unicode-DFS-2016": "https://www.unicode.org/copyright.html", "BSD-3-Clause": "BSD 3-Clause",
         "CC-BY-SA-4.0": "CC-BY-SA-4.0", "Expat": "MIT licence"}
# These are no data, and have texts of licences.
TEXTS = {"LICENSE", "packaging/debian/copyright"}


def head(file):
    return "\n".join(file.read_bytes().decode(errors="replace").splitlines()[:40])


def said_licences(file):
    """The licences that a file names, or the LICENSE of its folder; ours is "GPL-3+"."""
    text = head(file)
    if OURS in text:
        return {"GPL-3+"}
    beside = file.parent / "LICENSE"
    if beside.exists() and file.parent != ROOT:
        text += head(beside)
    named = {name for name, sign in SIGNS.items() if sign in text}
    assert named or not re.search(r"copyright|licen[cs]e", text, re.I) or file.suffix == ".md", f"{file}: a new licence"
    return named or {"GPL-3+"}


def copyright_licences(name):
    """The licences of the last paragraph of debian/copyright whose patterns match."""
    last = [part for part in stanzas("copyright")
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in part.get("Files", "").split())][-1]
    return set(last["License"].split(" and "))


def tracked():
    run = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [name for name in run.stdout.split("\0") if name and name not in TEXTS and (ROOT / name).exists()]


def test_copyright_names_the_licence_of_each_file():
    names = tracked()
    wrong = {name: said for name in names if (said := said_licences(ROOT / name)) != copyright_licences(name)}
    assert not wrong
    assert {licence for name in names for licence in said_licences(ROOT / name)} == {"GPL-3+", *SIGNS}


def test_copyright_has_the_text_of_each_licence():
    parts = stanzas("copyright")
    named = {name for part in parts if "Files" in part for name in part["License"].split(" and ")}
    texts = {part["License"].split("\n")[0] for part in parts if "Files" not in part and "License" in part}
    assert named == texts
    assert all("Copyright" in part for part in parts if "Files" in part)


# ---- versions and needs ----

def test_version_is_that_of_the_build():
    version = re.match(r"tcpchat \((.*)-\d+\) \w+; urgency=", (DEBIAN / "changelog").read_text())[1]
    assert version == re.search(r"^project\(tcpchat VERSION ([\d.]+) ", CMAKE, re.M)[1]


def build_depends():
    """The packages that the build takes, each with its least version or nothing."""
    words = stanzas("control")[0]["Build-Depends"].split(",")
    return dict(re.match(r"\s*([\w.+-]+)(?: \(>= ([\d.]+)\))?", word).groups(default="")
                for word in words if word.strip())


def needs(name):
    """Debian's packages of a list of scripts/lib.sh."""
    return set(re.findall(r"=([\w.+-]+)", re.search(rf"^{name}='([^']*)'", LIB, re.M)[1]))


def test_package_depends_on_the_needs_of_the_build():
    brought = {"gcc", "libc6-dev", "linux-libc-dev", "make", "libc-bin"}  # by build-essential
    renamed = {"pkg-config": "pkgconf"}
    wanted = {renamed.get(name, name) for name in needs("build_needs") | needs("module_needs")} - brought
    assert wanted < set(build_depends())


PACKAGES = {"libuv": "libuv1-dev", "libutf8proc": "libutf8proc-dev", "readline": "libreadline-dev",
            "openssl": "libssl-dev", "libpcre2-8": "libpcre2-dev", "libseccomp": "libseccomp-dev"}


def test_least_versions_are_those_of_the_build():
    least = dict(re.findall(r"IMPORTED_TARGET ([\w-]+)>=([\d.]+)\)", CMAKE))
    assert set(least) == set(PACKAGES)
    depends = build_depends()
    assert {name: depends[package] for name, package in PACKAGES.items()} == least
    assert depends["cmake"] == re.match(r"(?s).*?VERSION ([\d.]+)\)", CMAKE)[1]


def test_control_has_the_fields_of_the_policy():
    source, package = stanzas("control")
    assert source["Source"] == package["Package"] == "tcpchat"
    assert source["Rules-Requires-Root"] == "no"
    assert "debhelper-compat (= 13)" in source["Build-Depends"]
    assert {"${misc:Depends}", "${shlibs:Depends}"} <= set(package["Depends"].replace(",", "").split())
    summary, *rest = package["Description"].split("\n")
    assert summary and len(summary) < 80 and rest
    assert source["Maintainer"] in stanzas("copyright")[0]["Upstream-Contact"]
    assert f" -- {source['Maintainer']}  " in (DEBIAN / "changelog").read_text()


def test_control_of_the_tests_names_each_of_them():
    named = " ".join(part["Tests"] for part in stanzas("tests/control")).split()
    there = sorted(file.name for file in (DEBIAN / "tests").iterdir() if file.name != "control")
    assert sorted(named) == there
    assert all(os.access(DEBIAN / "tests" / name, os.X_OK) for name in there)


# ---- what is installed ----

@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The names of the installed files, below the prefix."""
    prefix = tmp_path_factory.mktemp("installed")
    subprocess.run(["cmake", "--install", RELEASE.parent, "--prefix", prefix], check=True, stdout=subprocess.DEVNULL)
    return {str(file.relative_to(prefix)) for file in prefix.rglob("*") if file.is_file()}


def test_manuals_and_catalogues_are_installed(installed):
    for page in (ROOT / "man").rglob("*.[15]"):
        language = page.parent.relative_to(ROOT / "man")
        assert str("share/man" / language / f"man{page.suffix[1:]}" / page.name) in installed
    for catalogue in (ROOT / "po").glob("*.po"):
        assert f"share/locale/{catalogue.stem}/LC_MESSAGES/tcpchat.mo" in installed


def test_documents_and_licences_are_installed(installed):
    pages = [page.name for page in ROOT.glob("*.md") if page.name not in ("CONTRIBUTING.md", "HACKING.md")]
    pages += [str(page.relative_to(ROOT)) for page in (ROOT / "docs").rglob("*") if page.is_file()]
    assert {f"share/doc/tcpchat/{name}" for name in [*pages, "LICENSE", "copyright"]} == {
        name for name in installed if name.startswith("share/doc/")}


def test_completions_are_installed(installed):
    assert {"share/bash-completion/completions/tcpchat", "share/zsh/site-functions/_tcpchat",
            "share/fish/vendor_completions.d/tcpchat.fish"} <= installed
