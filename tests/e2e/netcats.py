# SPDX-License-Identifier: GPL-3.0-or-later
"""The command lines with which tcpchat and each netcat listen and connect, over TCP and unix sockets."""
import socket

from harness import TCPCHAT

LOCALHOST = {"tcp4": "127.0.0.1", "tcp6": "::1"}
FAMILY = {"tcp4": socket.AF_INET, "tcp6": socket.AF_INET6, "unix": socket.AF_UNIX}


def tcpchat(role, wire, place, options=(), program=TCPCHAT):
    return [program, role, *options] + ([f"unix:{place}"] if wire == "unix" else [LOCALHOST[wire], place])


def ncat(role, wire, place):
    where = ["-U", place] if wire == "unix" else [LOCALHOST[wire], place]
    return ["ncat"] + ["-l"] * (role == "listen") + where


def nc_openbsd(role, wire, place):
    where = ["-U", place] if wire == "unix" else [LOCALHOST[wire], place]
    return ["nc.openbsd", "-N"] + ["-l"] * (role == "listen") + where


def socat(role, wire, place):
    host = f"[{LOCALHOST[wire]}]" if wire == "tcp6" else LOCALHOST.get(wire)
    where = {
        ("listen", "tcp4"): f"TCP4-LISTEN:{place},bind={host},reuseaddr",
        ("listen", "tcp6"): f"TCP6-LISTEN:{place},bind={host},reuseaddr",
        ("listen", "unix"): f"UNIX-LISTEN:{place}",
        ("connect", "tcp4"): f"TCP4:{host}:{place}",
        ("connect", "tcp6"): f"TCP6:{host}:{place}",
        ("connect", "unix"): f"UNIX-CONNECT:{place}",
    }[role, wire]
    return ["socat", "-t", "60", "-", where]  # without -t it gives up half a second after the first end


NETCATS = {"ncat": ncat, "nc.openbsd": nc_openbsd, "socat": socat}
