# SPDX-License-Identifier: GPL-3.0-or-later
"""The program and its modules have all protections: they are read from the ELF files, and those of the compiler from
the machine code of our own functions, since static libraries bring protected code of theirs."""
import functools
import os
import pathlib
import platform
import re
import subprocess

import pytest

from test_budgets import SOURCES, functions

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = pathlib.Path(os.environ.get("TCPCHAT_RELEASE", ROOT / "build/release/tcpchat"))
TLS, BOT, UI = RELEASE.with_name("tcpchat-tls.so"), RELEASE.with_name("tcpchat-bot.so"), RELEASE.with_name("tcpchat-ui.so")
FILES = [RELEASE, TLS, BOT, UI]
OURS = {name for lines in SOURCES.values() for name, _ in functions(lines)}
PAGE = 0x1000

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
x86 = pytest.mark.skipif(platform.machine() != "x86_64", reason="the signs are instructions of x86-64")


def told(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@functools.cache
def headers(file):
    return told("readelf", "-Whld", file)


@functools.cache
def code(file):
    """The instructions of our functions, by name; gcc gives parts of one names of their own."""
    found = {}
    for part in told("objdump", "-d", "--no-show-raw-insn", file).split("\n\n"):
        if (name := re.match(r"[0-9a-f]+ <(\w+)(?:\.[\w.]+)?>:", part)) and name[1] in OURS:
            found[name[1]] = found.get(name[1], "") + part
    return found


def having(file, sign):
    """Our functions with such an instruction."""
    return {name for name, text in code(file).items() if re.search(sign, text)}


@each_file
def test_position_is_independent(file):
    assert re.search(r"^ +Type: +DYN ", headers(file), re.M)
    assert file.suffix == ".so" or re.search(r"\(FLAGS_1\).*\bPIE\b", headers(file))


@each_file
def test_relocations_are_read_only_from_the_start(file):
    assert re.search(r"^ +GNU_RELRO ", headers(file), re.M)
    assert re.search(r"\(BIND_NOW\)|\(FLAGS\).*\bBIND_NOW\b", headers(file))
    assert re.search(r"\(FLAGS_1\).*\bNOW\b", headers(file))


@each_file
def test_no_memory_is_writable_and_executable(file):
    assert re.search(r"^ +GNU_STACK .* RW ", headers(file), re.M)
    assert not re.search(r"^ +LOAD .* RWE ", headers(file), re.M)


# The sign of a protection in machine code, and the files that have something to protect: the module of patterns has
# neither long copies nor frames of a page, and the one for a person is built in a hurry, without optimization.
SIGNS = {
    "-fcf-protection": (r"\bendbr64\b", FILES),
    "-fstack-protector-strong": (r"%fs:0x28", FILES),
    "-fstack-clash-protection": (r"\bor[bql] +\$0x0,(?:0x[0-9a-f]+)?\(%rsp\)", [RELEASE, TLS, UI]),
    "-D_FORTIFY_SOURCE": (r"<__(?!stack)\w+_chk@plt>", [RELEASE, TLS]),
}


@x86
@pytest.mark.parametrize("flag, file", [(flag, file) for flag, (_, files) in SIGNS.items() for file in files],
                         ids=lambda value: getattr(value, "name", value))
def test_code_shows_the_protection(flag, file):
    assert having(file, SIGNS[flag][0])


@x86
@pytest.mark.parametrize("file, function", [(RELEASE, "err_errno"), (TLS, "err_errno"), (UI, "check_text")],
                         ids=lambda value: getattr(value, "name", value))
def test_variables_begin_as_zeros(file, function):
    """These have an array that they fill only as far as they need; it is cleared first."""
    assert function in having(file, r"\brep stos\b|<memset")


@x86
def test_copies_are_checked_against_sizes_known_at_run_time():
    """Level 3 of _FORTIFY_SOURCE: the size of the message is an argument of its allocation."""
    assert "message_new" in having(RELEASE, r"<__memcpy_chk@plt>")
