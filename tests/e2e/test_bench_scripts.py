# SPDX-License-Identifier: GPL-3.0-or-later
"""--script: a file sends and expects; the status tells whether the peer did as expected. See tcpchat-rules(5)."""
import contextlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

import dialogs
from crowd import crowd_of
from harness import PATIENCE, ROOT, TCPCHAT, ends, environment, in_background, reset, until

MODULE = "tcpchat-bot.so"


@pytest.fixture
def script(tmp_path):
    """script(line...) writes a file and returns the option."""
    def write(*lines):
        (tmp_path / "script").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return ["--script", tmp_path / "script"]
    return write


@contextlib.contextmanager
def called(tcpchat, *options, **popen):
    """A run of connect, and the connection that it made."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        run = tcpchat("connect", *options, "127.0.0.1", server.getsockname()[1], **popen)
        connection, _ = server.accept()
    connection.settimeout(PATIENCE)
    with connection:
        yield run, connection


def received(connection):
    """All bytes up to the end."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def failure(run, options):
    """The one sentence of a run that a script has ended, behind the name of the file."""
    ends(run, 7)
    said = run.stderr.decode()
    start = f"tcpchat: {options[1]}:"
    assert said.startswith(start) and said.count("\n") == 1, said
    return said.removeprefix(start).rstrip("\n")


# Sending and expecting.

def test_script_sends_and_expects_and_ends_with_0(tcpchat, script):
    with called(tcpchat, *script("expect /^hello (\\w+)$/ within 5s", "send hi {1}\\r\\n", "expect /bye\\n/")) as (run, peer):
        peer.sendall(b"hello me\n")
        assert peer.recv(99) == b"hi me\r\n"
        peer.sendall(b"good bye\n")
        assert received(peer) == b""
        assert run.read_all() == b"hello me\ngood bye\n"
        ends(run, 0)
        assert not run.stderr


def test_script_runs_as_the_listening_side(tcpchat, script):
    with crowd_of(tcpchat, *script("expect /a\\n/", "send b\\n"), stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        peer.say("a")
        assert peer.rest() == b"b\n"
        ends(crowd.run, 0)


def test_expectation_sees_all_since_the_last_match(tcpchat, script):
    lines = ["wait 100ms", "expect /two/", "expect /three\\n/", "expect /\\A$/", "send done"]
    with called(tcpchat, *script(*lines)) as (run, peer):
        peer.sendall(b"one two three\n")
        assert received(peer) == b"done"
        ends(run, 0)


def test_expectation_of_bytes_and_of_text_take_turns(tcpchat, script):
    lines = ["expect /你/", "expect hex BA (C3) within 1s", "send {1}", "expect /再见/"]
    with called(tcpchat, "-e", "gbk", *script(*lines)) as (run, peer):
        peer.sendall("你好".encode("gbk"))
        assert peer.recv(9) == b"\xC3"
        peer.sendall("再见".encode("gbk"))
        ends(run, 0)


def test_match_that_could_grow_waits_for_silence(tcpchat, script):
    with called(tcpchat, *script("expect /\\d+/", "send {0}\\n", "expect /> $/", "send x")) as (_, peer):
        peer.sendall(b"12")
        peer.sendall(b"34")
        assert peer.recv(99) == b"1234\n"
        peer.sendall(b"a > b\n> ")
        assert peer.recv(99) == b"x"


def test_match_that_could_grow_counts_at_the_peers_end(tcpchat, script):
    with called(tcpchat, *script("expect /\\d+/", "send {0}\\n")) as (run, peer):
        peer.sendall(b"1234")
        peer.shutdown(socket.SHUT_WR)
        assert received(peer) == b"1234\n"
        ends(run, 0)


def test_script_goes_on_after_the_peers_end(tcpchat, script):
    lines = ["expect /question\\n/", "wait 50ms", "send answer\\n", "expect close", "send more\\n"]
    with called(tcpchat, "-v", *script(*lines)) as (run, peer):
        peer.sendall(b"question\n")
        peer.shutdown(socket.SHUT_WR)
        assert received(peer) == b"answer\nmore\n"
        ends(run, 0)
        assert b"closed by the peer" in run.stderr


def test_window_keeps_64_kib(tcpchat, script):
    with called(tcpchat, *script("expect /NEEDLE\\n/", "send found"), stdout=subprocess.DEVNULL) as (run, peer):
        peer.sendall(5000000 * b"x" + b"NEEDLE\n")
        assert received(peer) == b"found"
        ends(run, 0)


def test_nothing_is_lost_while_the_script_waits(tcpchat, script):
    """The peer is not read further than the window."""
    with called(tcpchat, *script("wait 300ms", "expect /^first\\n/", "expect /last\\n/", "send ok"),
                stdout=subprocess.DEVNULL) as (run, peer):
        in_background(peer.sendall, b"first\n" + 20000000 * b"x" + b"last\n")
        assert received(peer) == b"ok"
        ends(run, 0)


# Repetition.

def test_repetition_keeps_its_beat(tcpchat, script):
    with called(tcpchat, *script("repeat every 10ms 50 times", "send {count}\\n", "end")) as (run, peer):
        began = time.monotonic()
        assert received(peer) == b"".join(b"%d\n" % n for n in range(1, 51))
        assert 0.48 <= time.monotonic() - began < 5
        ends(run, 0)


def test_repetition_waits_for_a_slow_peer(tcpchat, script):
    text = 10000 * "x"
    with called(tcpchat, *script("repeat 2000 times", f"send {text}", "end")) as (run, peer):
        time.sleep(0.3)
        with open(f"/proc/{run.pid}/statm") as statm:
            assert int(statm.read().split()[1]) * 4096 < 400e6
        assert len(received(peer)) == 2000 * 10000
        ends(run, 0)


# Failures.

def test_expectation_that_fails_ends_with_7_and_names_the_line(tcpchat, script):
    options = script("# first", "expect /^220 / within 5s", "", "expect /^250 / within 100ms")
    with called(tcpchat, *options) as (run, peer):
        peer.sendall(b"220 550 no\r\n")
        assert received(peer) == b""
        assert failure(run, options) == "4: /^250 / did not come within 0.1 s; there was '550 no^M^J'"


@pytest.mark.parametrize("lines", [["expect /a/ within 50ms else fail \"no a here\""],
                                   ["expect /a/ within 50ms", "  else fail \"no a here\""]])
def test_expectation_fails_with_its_own_sentence(tcpchat, script, lines):
    options = script(*lines)
    with called(tcpchat, *options) as (run, peer):
        assert received(peer) == b""
        assert failure(run, options) == "1: no a here"


def test_expectation_fails_at_once_when_the_peer_has_ended(tcpchat, script):
    options = script("expect /abc/ within 30s")
    with called(tcpchat, *options) as (run, peer):
        peer.sendall("abx你".encode())
        peer.shutdown(socket.SHUT_WR)
        assert received(peer) == b""
        assert failure(run, options) == "1: the peer ended without /abc/; there was 'abx你'"


def test_expectation_of_the_end_fails_in_time(tcpchat, script):
    options = script("expect close within 0.1s")
    with called(tcpchat, *options) as (run, peer):
        assert received(peer) == b""
        assert failure(run, options) == "1: the peer did not end within 0.1 s"


def test_script_fails_by_itself(tcpchat, script):
    options = script("send a\\n", "fail \"not today\"")
    with called(tcpchat, *options) as (run, peer):
        assert received(peer) == b"a\n"
        assert failure(run, options) == "2: not today"


def test_failure_shows_no_control_characters(tcpchat, script):
    options = script("expect /\\A\\z/ within 50ms")
    with called(tcpchat, *options, "-e", "utf-8") as (run, peer):
        peer.sendall("\x1b[31m\u202e".encode())
        assert received(peer) == b""
        assert "\x1b" not in failure(run, options) and "\u202e" not in run.stderr.decode()


def test_broken_connection_is_status_1(tcpchat, script):
    with called(tcpchat, *script("send a", "expect /b/")) as (run, peer):
        assert peer.recv(9) == b"a"
        reset(peer)
        ends(run, 1)


def test_search_that_comes_to_its_limit_is_told_and_is_no_match(tcpchat, script):
    options = script("expect /^(a+)+$/ within 2s", "send ok")
    with called(tcpchat, *options, stdout=subprocess.DEVNULL) as (run, peer):
        peer.sendall(60000 * b"a" + b"!")
        run.expect_stderr(rb"^tcpchat: .*:1: the search was ended at its limit, and there is no match$")
        peer.sendall(b"\naaa\n")
        assert received(peer) == b"ok"
        ends(run, 0)


def test_each_peer_of_many_has_the_script_for_itself(tcpchat, script):
    options = script("expect /^(\\d+)\\n/ within 30s else fail \"no number\"", "send {1}\\n")
    with crowd_of(tcpchat, "-k", *options) as crowd:
        good, bad, late = crowd.call(), crowd.call(), crowd.call()
        bad.finish()
        assert bad.rest() == b""
        crowd.run.expect_stderr(rb"^tcpchat: " + re.escape(bad.address.encode()) + rb": .*:1: no number$")
        late.say("2")
        good.say("1")
        assert (good.rest(), late.rest()) == (b"1\n", b"2\n")
        assert crowd.run.process.poll() is None


def test_postponed_search_of_one_peer_among_many_finds_its_match(tcpchat, script):
    with crowd_of(tcpchat, "-k", *script("expect /a+b\\n/", "send one", "expect /a+b(.)/", "send {1}"), stdin=subprocess.DEVNULL,
                  stdout=subprocess.DEVNULL) as crowd:
        peers = [crowd.call() for _ in range(3)]
        for peer in peers:
            peer.send(5000 * b"a" + b"!ab\n")
        for peer in peers:
            assert peer.read(3) == b"one"
        for peer in peers:
            peer.send(5000 * b"a" + b"!abc")
        assert [peer.rest() for peer in peers] == 3 * [b"c"]


def test_signal_ends_a_script(tcpchat, script):
    with called(tcpchat, *script("send a\\n", "wait 1h")) as (run, peer):
        assert peer.recv(9) == b"a\n"
        run.process.terminate()
        assert received(peer) == b""
        ends(run, 143)


# What is told.

def test_matches_are_events(tcpchat, script, tmp_path):
    options = script("expect /b(.)/", "log saw {1}", "log")
    with called(tcpchat, *options, "--events", tmp_path / "events") as (run, peer):
        peer.sendall(b"abc")
        ends(run, 0)
    told = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    assert [(event["event"], event["text"], event["line"]) for event in told if "line" in event] == [
        ("matched", "bc", 1), ("log", "saw c", 2), ("log", "bc", 3)]
    assert told[-1]["status"] == 0


@pytest.mark.parametrize("lines", [["expect /b/"], ["expect /b/", "send d", "close"]], ids=["end", "close"])
def test_line_without_an_end_is_told_before_the_end(tcpchat, script, tmp_path, lines):
    path = tmp_path / "events"
    with called(tcpchat, *script(*lines), "--events", path) as (run, peer):
        peer.sendall(b"a\nb")
        assert received(peer) in (b"", b"d")
        ends(run, 0)
    events = [json.loads(line) for line in path.read_text().splitlines()]
    heard = [event["text"] if event["event"] == "message" else event["event"] for event in events
             if event["event"] == "closed" or (event["event"] == "message" and event["direction"] == "in")]
    assert heard == ["a", "b", "closed"]


def test_mistake_is_told_before_anything_is_connected(tcpchat, script):
    options = script("send a", "expect /(/")
    run = tcpchat("connect", *options, "127.0.0.1", 1)
    ends(run, 2)
    assert run.stderr.decode() == f"tcpchat: {options[1]}:2: column 10: missing closing parenthesis\n"


# PCRE2 is there for those who want it.

def loaded(pid):
    with open(f"/proc/{pid}/maps") as maps:
        return set(re.findall(r"libpcre2-8|tcpchat-bot", maps.read()))


def test_patterns_are_loaded_only_where_they_are_wanted(tcpchat, script):
    with called(tcpchat, *script("send a", "wait 1h")) as (run, peer):
        assert peer.recv(9) == b"a"
        assert loaded(run.pid) == {"libpcre2-8", "tcpchat-bot"}
    for options in (["--reply", "a"], ["--chat"], []):
        with crowd_of(tcpchat, *options) as crowd:
            assert crowd.run.port and not loaded(crowd.run.pid)


def test_program_without_its_module_says_so(tmp_path, script):
    program = shutil.copy(TCPCHAT, tmp_path)
    run = subprocess.run([program, "connect", *script("send a"), "127.0.0.1", "1"], capture_output=True, env=environment())
    assert run.returncode == 5
    assert MODULE.encode() in run.stderr and b"libpcre2" in run.stderr


# Twenty conversations, cut at random.

@pytest.mark.parametrize("dialog", dialogs.DIALOGS, ids=[dialog.name for dialog in dialogs.DIALOGS])
def test_random_cuts_change_nothing(dialog):
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        failures = dialogs.listening(TCPCHAT, folder, dialog, dice, environment(), 5)
        failures += filter(None, (dialogs.connecting(TCPCHAT, folder, dialog, dice, environment()) for _ in range(2)))
    assert not failures, f"seed {seed}"


def test_dialogs_find_a_failure():
    dialog = dialogs.DIALOGS[0]._replace(script="expect /never/ within 10ms")
    with tempfile.TemporaryDirectory() as folder:
        assert dialogs.connecting(TCPCHAT, folder, dialog, random.Random(1), environment())
        assert dialogs.listening(TCPCHAT, folder, dialog, random.Random(1), environment(), 1)


# The examples of the manual.

def examples():
    """Section -> (command line, lines of the file) of tcpchat-rules(5)."""
    source = open(os.path.join(ROOT, "man", "tcpchat-rules.5"), encoding="utf-8").read().partition(".Sh EXAMPLES\n")[2]
    plain = {r"\e": "\\", r"\-": "-", r"\[ha]": "^", r"\[aq]": "'"}
    source = re.sub("|".join(map(re.escape, plain)), lambda match: plain[match[0]], source)
    parts = re.split(r"^\.Ss (.*)\n", source, flags=re.M)
    return {name: (re.search(r"^\.Dl (.*)$", part, re.M)[1], re.search(r"^\.Bd.*\n([\s\S]*?)^\.Ed$", part, re.M)[1])
            for name, part in zip(parts[1::2], parts[2::2])}


EXAMPLES = examples()


def example(name, tmp_path, port):
    """The words of the example's command line, with a file and an address of the test."""
    command, text = EXAMPLES[name]
    words = command.split()[1:]
    file = tmp_path / words[words.index("--rules" if "--rules" in words else "--script") + 1]
    file.write_text(text, encoding="utf-8")
    words = [str(file) if word == file.name else word for word in words]
    if words[0] == "listen":
        at = words.index("-k") + 1
        return words[:at] + ["127.0.0.1", str(port)] + words[at + 1:]
    return words[:-2] + ["127.0.0.1", str(port)]


def test_manual_has_five_examples_of_at_most_ten_lines():
    assert len(EXAMPLES) == 5
    assert not [name for name, (_, text) in EXAMPLES.items() if len(text.splitlines()) > 10]


@contextlib.contextmanager
def asked(tcpchat, name, tmp_path):
    """The run of an example of connect, and the connection that it made."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE)
        run = tcpchat(*example(name, tmp_path, server.getsockname()[1]))
        connection, _ = server.accept()
    connection.settimeout(PATIENCE)
    with connection, connection.makefile("rb") as lines:
        yield run, connection, lines


def test_example_of_smtp(tcpchat, tmp_path):
    with asked(tcpchat, "A conversation in SMTP", tmp_path) as (run, peer, lines):
        peer.sendall(b"220-mail.example.org\r\n220 ESMTP\r\n")
        for wanted, answer in [(b"EHLO client.example.org", b"250-mail\r\n250 SIZE\r\n"), (b"MAIL FROM:<me@example.org>", b"250 ok\r\n"),
                               (b"RCPT TO:<you@example.org>", b"250 ok\r\n"), (b"QUIT", b"221 bye\r\n")]:
            assert lines.readline() == wanted + b"\r\n"
            peer.sendall(answer)
        peer.shutdown(socket.SHUT_WR)
        assert lines.read() == b""
        ends(run, 0)


def test_example_of_smtp_tells_a_refusal(tcpchat, tmp_path):
    with asked(tcpchat, "A conversation in SMTP", tmp_path) as (run, peer, lines):
        peer.sendall(b"220 ESMTP\r\n")
        assert lines.readline().startswith(b"EHLO")
        peer.sendall(b"550 no\r\n")
        peer.shutdown(socket.SHUT_WR)
        ends(run, 7)
        assert run.stderr.decode().endswith(":3: EHLO was refused\n")


def test_example_of_redis(tcpchat, tmp_path):
    with asked(tcpchat, "A conversation with redis", tmp_path) as (run, peer, lines):
        assert lines.readline() == b"PING\r\n"
        peer.sendall(b"+PONG\r\n")
        assert [lines.readline() for _ in range(5)] == [b"*2\r\n", b"$4\r\n", b"INCR\r\n", b"$6\r\n", b"visits\r\n"]
        peer.sendall(b":41\r\n")
        assert lines.readline() == b"QUIT\r\n"
        peer.sendall(b"+OK\r\n")
        peer.shutdown(socket.SHUT_WR)
        ends(run, 0)
        assert run.stderr.decode().endswith(": visits: 41\n")


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis is not installed")
def test_example_of_redis_with_redis(tcpchat, tmp_path):
    port = socket.create_server(("127.0.0.1", 0)).getsockname()[1]
    with subprocess.Popen(["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", tmp_path],
                          stdout=subprocess.DEVNULL) as redis:
        try:
            until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "redis")
            for visit in (1, 2):
                run = tcpchat(*example("A conversation with redis", tmp_path, port))
                ends(run, 0)
                assert run.stderr.decode().endswith(f": visits: {visit}\n")
        finally:
            redis.terminate()


def test_example_of_a_poller(tcpchat, tmp_path):
    data = bytes(range(20))
    with asked(tcpchat, "A poller of ten registers", tmp_path) as (run, peer, lines):
        began = time.monotonic()
        for count in range(1, 4):
            assert lines.read(12) == bytes([0, count, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10])
            peer.sendall(bytes([0, count, 0, 0, 0, 23, 1, 3, 20]) + data)
        assert time.monotonic() - began >= 1.5  # two seconds; `began` is later than the script
        assert lines.read(12)
        ends(run, 7)
        assert run.stderr.count(b"\\x00\\x01\\x02") == 3
        assert run.stderr.decode().endswith(":3: no answer from the controller\n")


def test_example_of_a_scale(tcpchat, tmp_path):
    with contextlib.ExitStack() as stack:
        run = tcpchat(*example("A scale that speaks GBK", tmp_path, 0))
        peer = stack.enter_context(socket.create_connection(("127.0.0.1", run.port), PATIENCE))
        for said, answer in [(b"R\n", dialogs.frame("毛重 12.50 公斤")), (b"T\n", dialogs.frame("去皮")), (b"?\n", b"\x15")]:
            peer.sendall(said)
            assert peer.recv(len(answer), socket.MSG_WAITALL) == answer


def has_message_option():
    return b"--message" in subprocess.run([TCPCHAT, "help", "listen"], capture_output=True).stdout


@pytest.mark.skipif(not has_message_option(), reason="there is no --message yet")
def test_example_of_a_modbus_server(tcpchat, tmp_path):
    run = tcpchat(*example("A Modbus-TCP server", tmp_path, 0))
    with socket.create_connection(("127.0.0.1", run.port), PATIENCE) as peer:
        for count in (b"\x00\x01", b"\x0A\x0A", b"\xC4\xFF"):
            peer.sendall(count + bytes.fromhex("0000 0006 11 03 0000 000A"))
            registers = b"".join(number.to_bytes(2, "big") for number in range(100, 110))
            assert peer.recv(29, socket.MSG_WAITALL) == count + bytes.fromhex("0000 0017 11 03 14") + registers
        peer.sendall(bytes.fromhex("0001 0000 0006 01 06 000A 0A0A"))
        assert peer.recv(12, socket.MSG_WAITALL) == bytes.fromhex("0001 0000 0006 01 06 000A 0A0A")
        peer.sendall(bytes.fromhex("0002 0000 0006 01 01 0000 0001"))
        assert peer.recv(9) == b""


# A peer that is gone.

def gone(peer):
    """The peer closes: its end, and a reset in answer to what comes then."""
    peer.close()


@pytest.mark.parametrize("wait", ["repeat every 20ms", "repeat every 10s"])
def test_script_ends_with_1_when_the_peer_is_gone(tcpchat, script, wait):
    with called(tcpchat, *script("send a", "wait 50ms", "send b", "wait 50ms", "send c", wait, "send xy", "end")) as (run, peer):
        assert peer.recv(1) == b"a"
        gone(peer)
        ends(run, 1)
        assert re.fullmatch(rb"tcpchat: \S+ did not take \d bytes?\ntcpchat: \S+: Connection reset by peer\n", run.stderr), run.stderr


def test_script_that_sends_to_nobody_ends_with_1(tcpchat, script):
    lines = ["send a"] + [line for word in "bcd" for line in ("wait 60ms", f"send {word}{word}")]
    with called(tcpchat, "-v", *script(*lines)) as (run, peer):
        assert peer.recv(1) == b"a"
        gone(peer)
        ends(run, 1)
        assert b"did not take 2 bytes" in run.stderr and b"broken off by the peer" in run.stderr


@pytest.mark.parametrize("words", ["b", "bb"])
def test_last_words_to_nobody_end_with_1(tcpchat, script, words):
    with called(tcpchat, "-v", *script("send a", "wait 60ms", f"send {words}")) as (run, peer):
        assert peer.recv(1) == b"a"
        gone(peer)
        ends(run, 1)
        assert re.search(rb" broken off by the peer: (.*); 0 bytes received, %d sent\ntcpchat: \S+: \1\n$" % len("a" + words),
                         run.stderr), run.stderr


def test_script_reads_what_a_gone_peer_had_said(tcpchat, script):
    with called(tcpchat, *script("wait 100ms", "send b", "wait 50ms", "send c", "wait 10s")) as (run, peer):
        peer.sendall(b"last words\n")
        gone(peer)
        assert run.read_all() == b"last words\n"
        ends(run, 1)


def test_byte_order_mark_is_no_text_for_an_expectation(tcpchat, script):
    with called(tcpchat, *script("expect /^hi/", "expect / there\\n/", "send ok")) as (_, peer):
        for byte in b"\xEF\xBB\xBFhi there\n":
            peer.sendall(bytes([byte]))
        assert received(peer) == b"ok"


def test_byte_order_mark_is_there_for_an_expectation_of_bytes(tcpchat, script):
    with called(tcpchat, *script("expect hex EF BB BF", "expect /^hi/", "expect hex 20 (??*5)", "send {0}")) as (_, peer):
        peer.sendall(b"\xEF\xBB\xBFhi there")
        assert received(peer) == b" there"


def test_nul_hides_nothing_in_a_failure(tcpchat, script):
    options = script("expect /x/ within 100ms")
    with called(tcpchat, *options) as (run, peer):
        peer.sendall(b"a\0b")
        assert received(peer) == b""
        assert failure(run, options) == "1: /x/ did not come within 0.1 s; there was 'a^@b'"
