# SPDX-License-Identifier: GPL-3.0-or-later
"""Proxies: one that follows a script, and real ones."""
import contextlib
import os
import shutil

from crowd import listens
from harness import free_port, read_exactly, until
from meeting import running

SOCKS5_DONE = b"\5\0\0\1\1\2\3\4\0\x50"
HTTP_REQUEST = b"CONNECT example.org:80 HTTP/1.1\r\nHost: example.org:80\r\n\r\n"

# (what the proxy is asked, what it answers), in order, for a connection to example.org:80.
SCRIPTS = {
    "socks5": [(b"\5\1\0", b"\5\0"), (b"\5\1\0\3\x0bexample.org\0\x50", SOCKS5_DONE)],
    "socks4a": [(b"\4\1\0\x50\0\0\0\1\0example.org\0", b"\0\x5aabcdef")],
    "http": [(HTTP_REQUEST, b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n")],
}


def replies(connection, script, cut=None, behind=b""):
    """Answers as the script says. The answers as a whole are cut behind `cut` bytes: the rest follows when tcpchat
    has taken those. `behind` follows the last answer in the same segment."""
    place = 0
    for i, (asked, answer) in enumerate(script):
        got = read_exactly(connection.fileno(), len(asked))
        assert got == asked, f"{got!r} instead of {asked!r}"
        at = cut - place if cut is not None and 0 < cut - place < len(answer) else 0
        place += len(answer)
        if at:
            connection.sendall(answer[:at])
            until(lambda: not _unread(connection), "the first bytes to be taken")
        connection.sendall(answer[at:] + (behind if i == len(script) - 1 else b""))


def _unread(connection):
    """The bytes that the other end, of this machine, has not read yet."""
    (_, here), (_, there) = connection.getsockname(), connection.getpeername()
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table]
    return next(int(row[4].partition(":")[2], 16) for row in rows
                if row[1].endswith(f":{there:04X}") and row[2].endswith(f":{here:04X}"))


def _microsocks(port, login, folder):
    return ["microsocks", "-i", "127.0.0.1", "-p", port, *(["-u", login[0], "-P", login[1]] if login else [])]


def _tinyproxy(port, login, folder):
    lines = [f"Port {port}", "Listen 127.0.0.1", "LogLevel Critical", *([f"BasicAuth {login[0]} {login[1]}"] if login else [])]
    path = os.path.join(folder, "tinyproxy.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")
    return ["tinyproxy", "-d", "-c", path]


def _ncat(port, login, folder):
    return ["ncat", "-lk", "127.0.0.1", port, "--proxy-type", "http",
            *(["--proxy-auth", ":".join(login)] if login else [])]


REAL = {"microsocks": ("socks5", _microsocks), "tinyproxy": ("http", _tinyproxy), "ncat": ("http", _ncat)}
INSTALLED = [name for name in REAL if shutil.which(name)]


@contextlib.contextmanager
def real_proxy(name, folder, login=None):
    """A proxy that runs, as (scheme, HOST:PORT)."""
    port = free_port()
    scheme, command = REAL[name]
    with running(list(map(str, command(port, login, folder)))) as run:
        until(lambda: listens(port) or run.process.poll() is not None, f"{name} to listen")
        assert run.process.poll() is None, run.stderr
        yield scheme, f"127.0.0.1:{port}"
