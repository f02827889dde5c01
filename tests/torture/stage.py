# SPDX-License-Identifier: GPL-3.0-or-later
"""The surroundings of runs: a folder, listeners that outlive a run, certificates, shims; one for each worker."""
import base64
import contextlib
import json
import os
import pathlib
import select
import shutil
import socket
import struct
import subprocess

from harness import ROOT
from tls import Authority

DEV = os.path.dirname(os.environ.get("TCPCHAT_RESOLVER_SHIM", os.path.join(ROOT, "build", "dev", "x")))
MEMORY = os.path.join(DEV, "libtcpchat-memory.so")
LEAKS = os.path.join(ROOT, "tests", "torture", "leaks.txt")
INJECT = os.path.join(DEV, "tests", "torture", "inject")


def piece(direction, data=b""):
    return json.dumps({"direction": direction, "bytes": base64.b64encode(data).decode()}) + "\n"


FILES = {
    "played": piece("out", b"ping\n") + piece("in", b"pong\n") + piece("out", b"thanks\n") + piece("out") + piece("in"),
    "script": "expect /^ready\\n/\nsend go 1\\n\nexpect /^done (.)\\n/\nsend bye {1}\\n\n",
    "rules": "on /^ping$/\nreply pong\\n\nelse\nreply ?\\n\n",
    "denied": "10.0.0.0/8\n192.0.2.1\n",
}


def sanitizers_of(program):
    """The libraries that must be loaded before all others."""
    linked = subprocess.run(["ldd", program], capture_output=True, text=True).stdout.split()
    return [word for word in linked if word.startswith("/") and "libasan" in word]


class Stage:
    def __init__(self, program, folder, shared):
        """`shared` is a folder of all workers, for the certificates."""
        self.program, self.folder = program, str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.server = self._listen(socket.AF_INET, ("127.0.0.1", 0))
        self.unix_server = self._listen(socket.AF_UNIX, os.path.join(self.folder, "far"))
        self._reserve()
        self.authority = Authority(shared)
        self.certificate = self.authority.server()
        for name, text in FILES.items():
            pathlib.Path(self.folder, name).write_text(text)
        self.names = {**{name: os.path.join(self.folder, name) for name in FILES}, "ca": self.authority.ca,
                      "port": self.server.getsockname()[1], "unix": os.path.join(self.folder, "far"),
                      "reserved": self.reserved, "cert": self.certificate.cert, "key": self.certificate.key}
        self.environment = {"LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"], "TERM": "xterm", "INPUTRC": "/dev/null",
                            "HOME": self.folder, "XDG_STATE_HOME": self.folder}
        self.checked = bool(sanitizers_of(program))
        if self.checked:
            self.environment["LSAN_OPTIONS"] = f"suppressions={LEAKS}:print_suppressions=0"
        self.order = pathlib.Path(self.folder, "order")
        self.report_file = os.path.join(self.folder, "report")

    def _listen(self, family, address):
        server = socket.socket(family)
        if family == socket.AF_UNIX:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(address)
        server.bind(address)
        server.listen(64)
        return server

    def _reserve(self):
        """A port that is bound, and where nobody listens. It is bound by its number: one that the system chose is given
        up when listening ends (comes_late)."""
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            self.reserved = first.getsockname()[1]
        self.holder = socket.socket()
        self.holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.holder.bind(("127.0.0.1", self.reserved))

    def port_file(self):
        return os.path.join(self.folder, "port")

    def preload(self, name):
        """What LD_PRELOAD has to be for tests/shim/NAME.c: a copy, because the path of a checkout may have blanks."""
        copy = os.path.join(self.folder, f"libtcpchat-{name}.so")
        if not os.path.exists(copy):
            shutil.copy(os.path.join(DEV, f"libtcpchat-{name}.so"), copy)
        return copy

    def clear(self):
        """No connection of the last run waits for the next one."""
        for server in self.server, self.unix_server:
            while select.select([server], [], [], 0)[0]:
                connection, _ = server.accept()
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()

    def close(self):
        for held in self.server, self.unix_server, self.holder:
            held.close()
