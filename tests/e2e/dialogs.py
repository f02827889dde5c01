# SPDX-License-Identifier: GPL-3.0-or-later
"""Twenty conversations, each a script and the other side of it, whose packets are cut at random places.

    python3 tests/e2e/dialogs.py RUNS [SEED [NAME]...]    runs each so often with the release build, and counts the failures
"""
import os
import random
import re
import select
import socket
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple

SECONDS = 20


class Dialog(NamedTuple):
    name: str
    options: list
    script: str
    turns: list  # of the other side: (bytes that it waits for, bytes that it sends then)
    closes: bool = False  # the other side ends first


def modbus(count):
    return bytes([0, count, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10])


def registers(count):
    return bytes([0, count, 0, 0, 0, 23, 1, 3, 20]) + bytes(range(10, 30))


def frame(text):
    """STX, text in GBK, ETX and the exclusive or of what stands behind STX."""
    body, bcc = text.encode("gbk") + b"\x03", 0
    for byte in body:
        bcc ^= byte
    return b"\x02" + body + bytes([bcc])


LONG = "".join(f"{number:06} 一行很长的文本\n" for number in range(2000)).encode()

DIALOGS = [
    Dialog("smtp", [], "expect /^220 .*\\R/\nsend EHLO me\\r\\n\nexpect /^250 .*\\R/\nsend QUIT\\r\\n\nexpect /^221 .*\\R/",
           [(b"", b"220-first\r\n220 host ESMTP\r\n"), (b"EHLO me\r\n", b"250-host\r\n250-8BITMIME\r\n250 OK\r\n"),
            (b"QUIT\r\n", b"221 bye\r\n")]),
    Dialog("redis", [], "send PING\\r\\n\nexpect /^\\+PONG\\r\\n/\nsend GET a\\r\\n\nexpect /^\\$(\\d+)\\r\\n(.*)\\r\\n/\n"
           "send {1}:{2}\\r\\n", [(b"PING\r\n", b"+PONG\r\n"), (b"GET a\r\n", b"$5\r\nhello\r\n"), (b"5:hello\r\n", b"")]),
    Dialog("line", [], "expect /^ready\\n/\nsend go\\n\nexpect /^done\\n/", [(b"", b"ready\n"), (b"go\n", b"done\n")]),
    Dialog("prompt", [], "expect /login: $/\nsend me\\n\nexpect /> $/\nsend ls\\n\nexpect /file\\n> $/\n",
           [(b"", b"Welcome\r\n\r\nlogin: "), (b"me\n", b"ok\r\n> "), (b"ls\n", b"file\n> ")]),
    Dialog("gbk", ["-e", "gbk"], "expect /重量：(.*) 公斤。/\nsend 收到{1}\\n\nexpect /谢谢\\n/",
           [(b"", "重量：十二 公斤。".encode("gbk")), ("收到十二\n".encode("gbk"), "谢谢\n".encode("gbk"))]),
    Dialog("gb18030", ["-e", "gb18030"], "expect /😀(㐀)😀/\nsend {1}\\n\nexpect /𠀀\\n/",
           [(b"", "你好😀㐀😀".encode("gb18030")), ("㐀\n".encode("gb18030"), "𠀀\n".encode("gb18030"))]),
    Dialog("big5", ["-e", "big5"], "expect /許功蓋/\nsend 蓋功許\\n\nexpect /\\\\n$/m\n".replace("/m", "/"),
           [(b"", "許功蓋".encode("big5")), ("蓋功許\n".encode("big5"), b"a\\n")]),
    Dialog("shift_jis", ["-e", "shift_jis"], "expect /表示(ソ)\\r\\n/\nsend {1}\\r\\n\nexpect /予約\\r\\n/",
           [(b"", "表示ソ\r\n".encode("shift_jis")), ("ソ\r\n".encode("shift_jis"), "予約\r\n".encode("shift_jis"))]),
    Dialog("utf-8", ["-e", "utf-8"], "expect /^你(.)😀$/\nsend {1}\\n\nexpect /é\\n/",
           [(b"", "你好😀\r\n".encode()), ("好\n".encode(), "é\n".encode())]),
    Dialog("windows-1252", ["-e", "windows-1252"], "expect /caf(é) (\\d+)€\\n/\nsend {2}€{1}\\n\nexpect /ÿ\\n/",
           [(b"", "café 12€\n".encode("cp1252")), ("12€é\n".encode("cp1252"), b"\xff\n")]),
    Dialog("modbus", [], "repeat 5 times\nsend {count u16be}\\0\\0{len u16be}{hex 01 03 00 00 00 0A}\n"
           "expect hex ?? ?? 00 00 00 17 01 03 14 (??*20)\nend", [(modbus(n), registers(n)) for n in range(1, 6)]),
    Dialog("every", [], "repeat every 1ms 20 times\nsend {count}\\n\nexpect /^ack (\\d+)\\n/\nend",
           [(b"%d\n" % n, b"ack %d\n" % n) for n in range(1, 21)]),
    Dialog("scale", ["-e", "gbk"], "send R\\n\nexpect /\\x02(.*?)\\x03/\nsend \\x02{1}\\x03{xor8 from 1}\n",
           [(b"R\n", frame("毛重 12.50 公斤")), (frame("毛重 12.50 公斤"), b"")]),
    Dialog("bytes", [], "expect hex 02 (??) ?? (.. FF) 03\nsend {1}{2}\nexpect hex 06",
           [(b"", b"\x00\x01\x02\xC4\xE3\x80\x0A\x00\xFF\x03"), (b"\xC4\x80\x0A\x00\xFF", b"\x06")]),
    Dialog("text then bytes", ["-e", "gbk"], "expect /你/\nexpect hex BA C3\nexpect /再/\nexpect hex BC FB 0A\nsend .\n",
           [(b"", "你好再见\n".encode("gbk")), (b".", b"")]),
    Dialog("close", [], "send a\\n\nexpect /b\\n/\nexpect close", [(b"a\n", b"b\n")], True),
    Dialog("half-close", [], "expect /question\\n/\nwait 3ms\nsend answer\\n\nwait 3ms\nsend more\\n\nexpect close",
           [(b"", b"question\n")], True),
    Dialog("many matches", [], "repeat 100 times\nexpect /<(\\d+)>/\nend\nsend {1}\\n",
           [(b"", b"".join(b"<%d>" % n for n in range(100))), (b"99\n", b"")]),
    Dialog("far away", ["-e", "utf-8"], "expect /^001999 .*\\n/\nsend ok\\n", [(b"", LONG), (b"ok\n", b"")]),
    Dialog("nothing left", [], "expect /^a\\n/\nexpect /^\\n/\nexpect /^b\\r\\n/\nexpect /\\Ac/\nsend d",
           [(b"", b"a\n\nb\r\nc"), (b"d", b"")]),
]


def pieces(data, dice):
    """The same bytes in up to nine pieces, or byte by byte."""
    if len(data) < 100 and dice.random() < 0.2:
        return [data[i:i + 1] for i in range(len(data))]
    cuts = sorted(dice.randrange(len(data) + 1) for _ in range(dice.randrange(9)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)]) if a < b]


class OtherSide:
    """Plays the turns on a socket. `said` is what came."""

    def __init__(self, connection, dialog, dice):
        self.connection, self.dialog, self.dice, self.said = connection, dialog, dice, b""
        connection.settimeout(SECONDS)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def read(self, n):
        found = b""
        while len(found) < n and (data := self.connection.recv(n - len(found))):
            found += data
        self.said += found
        return found

    def play(self):
        """None, or a sentence about what was different."""
        try:
            return self._play()
        except OSError as fault:
            return str(fault)

    def _play(self):
        for wanted, answer in self.dialog.turns:
            if (found := self.read(len(wanted))) != wanted:
                return f"{found!r} came instead of {wanted!r}"
            for piece in pieces(answer, self.dice) if answer else []:
                self.connection.sendall(piece)
                if self.dice.random() < 0.3:
                    time.sleep(self.dice.random() / 1000)
        if self.dialog.closes:
            self.connection.shutdown(socket.SHUT_WR)
        while data := self.connection.recv(65536):
            self.said += data
        return None


def script_file(folder, dialog):
    path = os.path.join(folder, re.sub(r"\W", "-", dialog.name))
    with open(path, "w", encoding="utf-8") as file:
        file.write(dialog.script)
    return path


def connecting(program, folder, dialog, dice, env):
    """One run of connect. None, or a sentence about a failure."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SECONDS)
        run = subprocess.Popen([program, "connect", *dialog.options, "--script", script_file(folder, dialog), "127.0.0.1",
                                str(server.getsockname()[1])], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, env=env)
        try:
            connection, _ = server.accept()
            with connection:
                found = OtherSide(connection, dialog, dice).play()
            said, status = run.stderr.read().decode(), run.wait(SECONDS)
        finally:
            run.kill()
            run.wait()
            run.stderr.close()
    return None if not found and status == 0 and not said else f"{dialog.name}: {found}; status {status}; {said}"


def listening(program, folder, dialog, dice, env, runs):
    """So many calls of one listen -k, whose peers have the script each. The failures, as sentences."""
    failures = []
    run = subprocess.Popen([program, "listen", "-k", *dialog.options, "--script", script_file(folder, dialog), "127.0.0.1",
                            "0"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    try:
        port = int(run.stderr.readline().split(b":")[-1])
        for _ in range(runs):
            with socket.create_connection(("127.0.0.1", port), SECONDS) as connection:
                found = OtherSide(connection, dialog, dice).play()
            if found:
                failures.append(f"{dialog.name}: {found}")
            if select.select([run.stderr], [], [], 0)[0]:
                failures.append(f"{dialog.name}: {run.stderr.readline().decode()}")
    finally:
        run.terminate()
        failures += [f"{dialog.name}: {line}" for line in run.stderr.read().decode().splitlines()]
        run.wait()
        run.stderr.close()
    return failures


def main():
    runs, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
    wanted = sys.argv[3:]
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    program = os.environ.get("TCPCHAT_RELEASE", os.path.join(root, "build", "release", "tcpchat"))
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        for dialog in DIALOGS:
            if wanted and dialog.name not in wanted:
                continue
            dice = random.Random(f"{seed} {dialog.name}")
            began, before = time.monotonic(), len(failures)
            few = min(runs // 20, 500)
            failures += listening(program, folder, dialog, dice, dict(os.environ, LC_ALL="C.UTF-8"), runs - few)
            for _ in range(few):
                if found := connecting(program, folder, dialog, dice, dict(os.environ, LC_ALL="C.UTF-8")):
                    failures.append(found)
            print(f"{dialog.name}: {runs} runs, {len(failures) - before} failures, {time.monotonic() - began:.0f} s", flush=True)
    print(f"seed {seed}: {len(failures)} failures", *failures[:20], sep="\n")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
