# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the benchmark over TLS. All peers use one certificate of P-256; only tcpchat verifies it."""
import contextlib
import re
import socket
import ssl
import subprocess
import time

import rows
from rows import PATIENCE, Processes, Row, free_port, wait

AES = "AES-256-GCM of one core"
IDLE = 1000


def certificate(place):
    """Its file and that of its key."""
    files = [place.folder / "certificate.pem", place.folder / "key.pem"]
    if not files[0].exists():
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", files[1], "-out", files[0]], check=True, capture_output=True)
    return files


def listen(place, tool, port, many=False):
    own, key = certificate(place)
    return {
        "tcpchat": [place.tcpchat, "listen", *(["-k"] if many else []), "--tls", "--tls-cert", own, "--tls-key", key,
                    "127.0.0.1", port],
        "ncat": ["ncat", "-l", *(["-k", "-m", 2 * IDLE] if many else []), "--ssl", "--ssl-cert", own, "--ssl-key", key,
                 "127.0.0.1", port],
        "socat": ["socat", "-b1048576", *([] if many else ["-u"]),
                  f"OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,cert={own},key={key},verify=0"
                  + (",fork,backlog=1000" if many else ""), "-"],
        "openssl": ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", own, "-key", key, "-quiet", "-rev"],
    }[tool]


def connect(place, tool, port, both=False):
    return {
        "tcpchat": [place.tcpchat, "connect", "--tls", "--tls-ca", certificate(place)[0], "127.0.0.1", port],
        "ncat": ["ncat", "--ssl", *([] if both else ["--send-only"]), "127.0.0.1", port],
        "socat": ["socat", *([] if both else ["-u"]), "-b1048576", "-", f"OPENSSL:127.0.0.1:{port},verify=0"],
    }[tool]


def cipher_speed():
    """GB/s of records of 16 KiB. Each end of a conversation spends this on a core of its own."""
    run = subprocess.run(["openssl", "speed", "-mr", "-seconds", "1", "-bytes", "16384", "-evp", "aes-256-gcm"],
                         capture_output=True, text=True, check=True, timeout=PATIENCE)
    return float(re.search(r"^\+F:.*:([\d.]+)$", run.stdout, re.M)[1]) / 1e9


def file_to_null(place, tool):
    """tcpchat receives for ncat, too. Other listeners, ncat among them, send tickets; ncat leaves them unread as a caller,
    and so its close resets the connection and the end of the file is lost. It ends without close_notify: status 6."""
    if tool == AES:
        return cipher_speed()
    if tool == "ncat":
        return rows.file_to_null(place, tool, lambda place, _, port: listen(place, "tcpchat", port), connect, 6)
    return rows.file_to_null(place, tool, listen, connect)


def whole_process(place, tool):
    port, line, count = free_port(), place.folder / "line", place.count // 3
    line.write_bytes(b"one line of a person\n")
    with Processes() as run:
        run.start(listen(place, "openssl", port), port=port)
        begin = time.monotonic()
        repeat = run.start([place.bare, "repeat", count, line, *connect(place, tool, port, True)])
        if wait(repeat):
            raise RuntimeError(f"{tool} failed")
        return count / (time.monotonic() - begin)


def handshakes(place, tool):
    """Full handshakes a second of one caller after the other; half of the time is the caller's."""
    port = free_port()
    seconds = max(1, round(place.seconds))
    with Processes() as run:
        run.start(listen(place, tool, port, True), port=port)
        caller = subprocess.run(["openssl", "s_time", "-connect", f"127.0.0.1:{port}", "-new", "-time", str(seconds)],
                                capture_output=True, text=True, timeout=PATIENCE, check=False)
    return float(re.search(r"(\d+) connections in \d+ real seconds", caller.stdout)[1]) / seconds


def resident(process):
    """KiB."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def idle_peer(place, tool):
    port, context = free_port(), ssl.create_default_context(cafile=certificate(place)[0])
    with Processes() as run, contextlib.ExitStack() as peers:
        listener = run.start(listen(place, tool, port, True), stdin=subprocess.PIPE, port=port)

        def join():
            bare = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
            return peers.enter_context(context.wrap_socket(bare, server_hostname="127.0.0.1"))

        join()
        before = resident(listener)
        for _ in range(IDLE):
            join()
        return (resident(listener) - before) / IDLE


SECURE = ["tcpchat", "ncat", "socat"]
FASTEST = {"ncat": 1.0, "socat": 1.0}
ROWS = {
    "tls-file-null": Row("file → TLS → /dev/null", "GB/s", file_to_null, ["tcpchat", AES, "ncat", "socat"], FASTEST),
    "tls-process": Row("whole process over TLS, one line each way", "1/s", whole_process, SECURE, FASTEST),
    "tls-handshakes": Row("handshakes of --tls", "1/s", handshakes, [*SECURE, "openssl"], {}),
    "tls-idle-peer": Row(f"memory of an idle TLS peer of {IDLE}", "KiB", idle_peer, ["tcpchat", "ncat"], {}, True),
}
