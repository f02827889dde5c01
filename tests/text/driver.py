# SPDX-License-Identifier: GPL-3.0-or-later
"""The text layer through tests/text/convert.c, optimized and, for samples, with sanitizers."""
import os
import pathlib
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
TREE = pathlib.Path(os.environ.get("TCPCHAT", HERE.parents[1] / "build/dev/tcpchat")).resolve().parent
CONVERT = os.environ.get("TCPCHAT_CONVERT", TREE / "tests/text/convert")
CHECKED = os.environ.get("TCPCHAT_CONVERT_CHECKED", TREE / "tests/text/convert-checked")
LIBICONV = pathlib.Path(os.environ.get("TCPCHAT_CONVERT_LIBICONV", TREE / "tests/text/convert-libiconv"))
LIBRARIES = {"libc": CONVERT} | ({"libiconv": LIBICONV} if LIBICONV.exists() else {})


def ask(*args, data, program=CONVERT):
    run = subprocess.run([program, *map(str, args)], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=300)
    assert run.returncode in (0, 1) and not run.stderr, run.stderr.decode(errors="replace")[-4000:]
    return run.stdout


def refusal(name):
    """The sentence in which a charset is refused."""
    run = subprocess.run([CONVERT, "stream", name, "utf-8"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, timeout=300)
    assert run.returncode == 2 and run.stdout == b""
    return run.stderr.decode().removeprefix("convert: ").rstrip("\n")


def stream(source, target, data, program=CONVERT):
    """One conversation."""
    return ask("stream", source, target, data=data, program=program)


def crlf(source, target, data, program=CONVERT):
    """The same, with CR LF for each LF that follows no CR."""
    return ask("crlf", source, target, data=data, program=program)


def joined_records(source, target, records, program=CONVERT):
    """The results of byte strings of one length, each a conversation of its own, with a byte FF behind each."""
    return ask("records", source, target, len(records[0]), data=b"".join(records), program=program)


def each(source, target, records, program=CONVERT):
    """The same as a list."""
    return joined_records(source, target, records, program).split(b"\xff")[:-1]


def depending_on_cuts(source, target, texts, program=CONVERT):
    """The texts whose result depends on the cuts."""
    records = b"".join(struct.pack("<H", len(text)) + text for text in texts)
    return [texts[int(index)] for index in ask("cuts", source, target, data=records, program=program).split()]


def admitted(names):
    return ask("names", data="".join(f"{name}\n" for name in names).encode()).decode().split()
