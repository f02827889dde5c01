# SPDX-License-Identifier: GPL-3.0-or-later
"""The bench: --record writes both directions down, and listen --replay plays the recorded peer."""
import base64
import collections
import json
import os
import random
import re
import signal
import socket
import stat
import subprocess
import time

import pytest

from crowd import Peer
from harness import PATIENCE, ends, exactly, one_sentence, receive_all, receive_until_reset, reset, until
from screen import ChatScreen

SEED = 1601
CONVERSATIONS = int(os.environ.get("TCPCHAT_REPLAYS", "10"))  # 100 by hand


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def said(path, direction, connection=1):
    """The bytes of a direction, whose end was recorded once, behind all of them."""
    pieces = [base64.b64decode(line["bytes"], validate=True) for line in lines(path)
              if line["direction"] == direction and line["connection"] == connection]
    assert pieces.count(b"") == 1 and pieces[-1] == b""
    return b"".join(pieces)


def piece(direction, data=b"", **members):
    return json.dumps({**members, "direction": direction, "bytes": base64.b64encode(data).decode()}) + "\n"


def written(tmp_path, *pieces):
    path = tmp_path / "by-hand"
    path.write_text("".join(pieces))
    return path


def playing(tcpchat, path, *options):
    return tcpchat("listen", "127.0.0.1", 0, "--replay", path, *options, stdin=subprocess.DEVNULL)


# Recording.

@pytest.mark.parametrize("role", ["listen", "connect"])
def test_record_has_both_directions_in_order_with_time_and_peer(conversation, tmp_path, role):
    path = tmp_path / "record"
    every = bytes(range(256))
    run, peer = conversation(role, "--record", path)
    peer.sendall(b"hello\n")
    assert run.read(6) == b"hello\n"
    run.send(every)
    assert exactly(peer, 256) == every
    run.end_input()
    assert peer.recv(1) == b""
    peer.close()
    ends(run, 0)
    found = lines(path)
    assert [line["direction"] for line in found] == ["open", "in", "out", "out", "in"]
    assert said(path, "in") == b"hello\n" and said(path, "out") == every
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time"]) for line in found)
    assert {line["connection"] for line in found} == {1}
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", line["peer"]) for line in found)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_record_of_bulk_is_whole_on_the_copying_path(conversation, tmp_path):
    data = random.Random(SEED).randbytes(3 << 20)
    run, peer = conversation("connect", "--record", tmp_path / "record")
    peer.sendall(data)
    peer.shutdown(socket.SHUT_WR)
    assert run.read_all() == data
    run.end_input()
    ends(run, 0)
    assert said(tmp_path / "record", "in") == data


def test_record_is_truncated_at_the_start(conversation, tmp_path):
    path = tmp_path / "record"
    path.write_text("old\n")
    run, peer = conversation("listen", "--record", path)
    peer.close()
    run.end_input()
    ends(run, 0)
    assert len(lines(path)) == 3


def test_record_of_a_terminal_has_what_was_typed(tmp_path, listener):
    there = listener()
    screen = ChatScreen(["connect", "-e", "gbk", "--record", str(tmp_path / "record"), "127.0.0.1", str(there.port)])
    try:
        peer = there.accept()
        screen.ready()
        screen.enter("你好")
        assert exactly(peer, 5) == "你好\n".encode("gbk")
        peer.sendall("收到\n".encode("gbk"))
        screen.wait_for("收到")
        peer.close()
        ends(screen, 0)
    finally:
        screen.close()
    assert said(tmp_path / "record", "out") == "你好\n".encode("gbk")
    assert said(tmp_path / "record", "in") == "收到\n".encode("gbk")


def test_record_of_a_room_numbers_the_connections(tcpchat, tmp_path):
    path = tmp_path / "record"
    run = tcpchat("listen", "--chat", "127.0.0.1", 0, "--record", path)
    one, other = Peer(("127.0.0.1", run.port)), Peer(("127.0.0.1", run.port))
    one.socket.sendall(b"/nick alice\nhi\n")
    until(lambda: b"alice: hi" in other.socket.recv(4096), "alice's line")
    one.socket.close()
    other.socket.close()
    until(lambda: sum(line.get("bytes") == "" and line["direction"] == "in" for line in lines(path)) == 2, "both ends")
    run.process.terminate()
    ends(run, 143)
    talks = collections.defaultdict(bytes)
    for line in lines(path):
        talks[line["connection"], line["direction"]] += base64.b64decode(line.get("bytes", ""))
    assert sorted({connection for connection, _ in talks}) == [1, 2]
    assert b"/nick alice\nhi\n" in (talks[1, "in"], talks[2, "in"])
    assert sum(b"alice: hi\n" in words for words in talks.values()) == 1


def test_record_of_a_program_and_of_a_forward(tcpchat, tmp_path, listener):
    run = tcpchat("listen", "127.0.0.1", 0, "--exec", "cat", "--record", tmp_path / "exec", stdin=subprocess.DEVNULL)
    with run.call() as peer:
        peer.sendall(b"abc")
        peer.shutdown(socket.SHUT_WR)
        assert receive_all(peer) == b"abc"
    ends(run, 0)
    assert said(tmp_path / "exec", "in") == said(tmp_path / "exec", "out") == b"abc"
    there = listener()
    run = tcpchat("listen", "127.0.0.1", 0, "--forward", f"127.0.0.1:{there.port}", "--record", tmp_path / "forward",
                  stdin=subprocess.DEVNULL)
    with run.call() as peer, there.accept() as other:
        peer.sendall(b"question")
        assert exactly(other, 8) == b"question"
        other.sendall(b"answer")
        other.shutdown(socket.SHUT_WR)
        assert receive_all(peer) == b"answer"
    ends(run, 0)
    assert said(tmp_path / "forward", "in") == b"question" and said(tmp_path / "forward", "out") == b"answer"


def test_record_opens_again_at_sighup(tcpchat, tmp_path):
    path, old = tmp_path / "record", tmp_path / "record.1"
    run = tcpchat("listen", "127.0.0.1", 0, "--record", path)
    with run.call() as peer:
        peer.sendall(b"one")
        assert run.read(3) == b"one"
        path.rename(old)
        run.process.send_signal(signal.SIGHUP)
        until(path.exists, "the new file")
        peer.sendall(b"two")
        assert run.read(3) == b"two"
    run.end_input()
    ends(run, 0)
    assert [line.get("bytes") for line in lines(old)] == [None, "b25l"]
    assert [line["bytes"] for line in lines(path) if line["direction"] == "in"] == ["dHdv", ""]


def test_failed_write_of_a_record_is_told_and_status_5(conversation):
    run, peer = conversation("connect", "--record", "/dev/full")
    peer.sendall(b"one")
    assert run.read(3) == b"one"
    peer.close()
    run.end_input()
    ends(run, 5)
    assert "cannot write /dev/full: No space left on device" in one_sentence(run)


@pytest.mark.parametrize("options, sentence", [
    (["--record", "a", "-o", "a"], "-o and --record are the same file 'a'"),
    (["--record", "-"], "--record -: a file of that name is ./-"),
    (["--replay", "a", "--record", "a"], "--record and --replay are the same file 'a'"),
    (["--replay", "a", "--exec", "cat"],
     "--chat, --broker, --reply, --rules, --script, --replay, --exec, --sh-exec and --forward exclude each other"),
    (["--replay", "a", "-e", "gbk"], "--replay and -e exclude each other: a recording has its bytes and its ends"),
    (["--replay", "a", "-C"], "--replay and -C exclude each other: a recording has its bytes and its ends"),
    (["--replay", "a", "--eol", "lf"], "--replay and --eol exclude each other: a recording has its bytes and its ends"),
    (["--replay", "a", "--no-shutdown"], "--replay and --no-shutdown exclude each other: a recording has its bytes and its ends"),
    (["--replay", "a", "-q", "2"], "--replay and -q exclude each other: a recording has its bytes and its ends"),
    (["--pace"], "--pace goes with --replay FILE"),
], ids=" ".join)
def test_wrong_uses_are_refused(tcpchat, tmp_path, options, sentence):
    (tmp_path / "a").write_text(piece("in", b"x"))
    run = tcpchat("listen", "127.0.0.1", 0, *options, cwd=tmp_path, stdin=subprocess.DEVNULL)
    ends(run, 2)
    assert one_sentence(run) == sentence
    assert (tmp_path / "a").read_text() == piece("in", b"x")


# Replaying.

def talk(dice):
    """A conversation: who says what, in turns that wait for each other."""
    turns = [(dice.choice("ab"), dice.randbytes(dice.choice([1, 5, 30, 2000, 70000]))) for _ in range(dice.randrange(1, 12))]
    return turns, dice.choice("ab")


def merged(turns):
    """Turns of one side that follow each other are one."""
    result = []
    for side, data in turns:
        if result and result[-1][0] == side:
            result[-1] = (side, result[-1][1] + data)
        else:
            result.append((side, data))
    return result


def perform(say, hear, me, turns):
    for side, data in merged(turns):
        if side == me:
            say(data)
        else:
            assert hear(len(data)) == data


def record(tcpchat, listener, path, turns, first):
    """a is the recorder, b the recorded peer."""
    there = listener()
    run = tcpchat("connect", "127.0.0.1", there.port, "--record", path)
    with there.accept() as peer:
        for side, data in merged(turns):
            if side == "a":
                run.send(data)
                assert exactly(peer, len(data)) == data
            else:
                peer.sendall(data)
                assert run.read(len(data)) == data
        if first == "a":
            run.end_input()
            assert peer.recv(1) == b""
        else:
            peer.shutdown(socket.SHUT_WR)
            assert run.read(1) == b""
            run.end_input()
    ends(run, 0)


@pytest.mark.parametrize("number", range(CONVERSATIONS))
def test_replay_of_a_recorded_conversation_is_exact(tcpchat, listener, tmp_path, number):
    path = tmp_path / "record"
    turns, first = talk(random.Random(SEED + number))
    record(tcpchat, listener, path, turns, first)
    run = playing(tcpchat, path)
    with run.call() as caller:
        perform(caller.sendall, lambda n: exactly(caller, n), "a", turns)
        if first == "a":
            caller.shutdown(socket.SHUT_WR)
        assert caller.recv(1) == b""
    ends(run, 0)


def test_replayed_peer_waits_for_all_that_it_had_received(tcpchat, tmp_path):
    run = playing(tcpchat, written(tmp_path, piece("out", b"question"), piece("in", b"answer")))
    with run.call() as caller:
        caller.sendall(b"questio")
        caller.settimeout(0.3)
        with pytest.raises(TimeoutError):
            caller.recv(1)
        caller.settimeout(PATIENCE)
        caller.sendall(b"n")
        assert receive_all(caller) == b"answer"
    ends(run, 0)


def test_replay_takes_what_comes_early_and_in_any_pieces(tcpchat, tmp_path):
    run = playing(tcpchat, written(tmp_path, piece("in", b"1"), piece("out", b"ab"), piece("in", b"2"), piece("out", b"cd"),
                                   piece("out"), piece("in")))
    with run.call() as caller:
        caller.sendall(b"abcd")
        caller.shutdown(socket.SHUT_WR)
        assert receive_all(caller) == b"12"
    ends(run, 0)


def test_replay_never_reads_standard_input(tcpchat, tmp_path):
    run = tcpchat("listen", "127.0.0.1", 0, "--replay", written(tmp_path, piece("in", b"x")))
    run.send(b"typed")
    with run.call() as caller:
        assert receive_all(caller) == b"x"
    ends(run, 0)
    assert run.read_all() == b""


@pytest.mark.parametrize("sent, ends_early, place", [
    (b"GET /b\xff\n", False, r'at byte 5 from line 1 of .*: "a\\r\\n" was expected, and "b\\xFF\\n" came'),
    (b"GET /a\r\nmore than sixteen bytes", False, r'at byte 8 from line 3 of .*: the end was expected, and "more than sixtee\.\.\." came'),
    (b"GET", True, r'at byte 3 from line 1 of .*: "\\x20/a\\r\\n" was expected, and the end came'),
], ids=["another byte", "one more", "an early end"])
def test_deviation_is_told_with_its_place_and_status_7(tcpchat, tmp_path, sent, ends_early, place):
    run = playing(tcpchat, written(tmp_path, piece("out", b"GET /a\r\n"), piece("in", b"200\n"), piece("out"), piece("in")))
    with run.call() as caller:
        caller.sendall(sent)
        if ends_early:
            caller.shutdown(socket.SHUT_WR)
        name = "127.0.0.1:%d" % caller.getsockname()[1]
        receive_until_reset(caller)
    ends(run, 7)
    assert re.fullmatch(f"tcpchat: listening on .*\ntcpchat: {name} deviates {place}\n", run.stderr.decode())


def test_deviation_is_told_once_with_details(tcpchat, tmp_path):
    run = playing(tcpchat, written(tmp_path, piece("out", b"a"), piece("in")), "-v")
    with run.call() as caller:
        caller.sendall(b"b")
        receive_until_reset(caller)
    ends(run, 7)
    assert run.stderr.count(b"deviates") == 1
    assert b" broken off by this side: it did not follow the recording; 1 bytes received, 0 sent\n" in run.stderr


def test_reset_during_a_replay_is_status_1(tcpchat, tmp_path):
    run = playing(tcpchat, written(tmp_path, piece("out", b"GET /a\r\n"), piece("in", b"200\n")))
    reset(run.call())
    ends(run, 1)


def test_recorded_reset_is_replayed_as_one(tcpchat, listener, tmp_path):
    there, path = listener(), tmp_path / "record"
    run = tcpchat("connect", "--record", path, "127.0.0.1", there.port)
    with there.accept() as peer:
        peer.sendall(b"to the last")
        assert run.read(11) == b"to the last"
        reset(peer)
    ends(run, 1)
    last = lines(path)[-1]
    assert (last["direction"], last["bytes"], last["how"]) == ("in", "", "broken_off")
    again = playing(tcpchat, path, "-v")
    with again.call() as caller:
        assert receive_until_reset(caller) == b"to the last"
    ends(again, 0)
    again.expect_stderr(rb" broken off by this side: the recorded peer did so; ")


def test_how_of_an_end_is_one_of_two(tcpchat, tmp_path):
    run = playing(tcpchat, written(tmp_path, piece("in", how="reset")))
    ends(run, 2)
    assert one_sentence(run).endswith(':1: column 10: the how is "closed" or "broken_off"')


def test_signals_during_a_replay_list_its_callers_and_break_them_off(tcpchat, tmp_path):
    run = playing(tcpchat, written(tmp_path, piece("in", b"hello"), piece("out", b"never"), piece("in", b"x", connection=8)),
                  "-k")
    with run.call() as caller, run.call() as other:
        assert exactly(caller, 5) == b"hello"
        assert receive_all(other) == b"x"
        run.process.send_signal(signal.SIGUSR1)
        run.expect_stderr(rb"tcpchat: 127\.0\.0\.1:%d: 0 bytes received, 5 sent, 0 waiting" % caller.getsockname()[1])
        run.process.terminate()
        receive_until_reset(caller)
    assert run.wait() == 128 + signal.SIGTERM


def test_each_connection_gets_the_next_recorded_peer(tcpchat, tmp_path):
    path = written(tmp_path, piece("in", b"two", connection=2), piece("in", b"one", connection=1),
                   piece("in", connection=1), piece("in", b"four", connection=4), piece("in", connection=2))
    run = playing(tcpchat, path, "-k")
    for words in (b"one", b"two", b"four"):
        with run.call() as caller:
            assert receive_all(caller) == words
    ends(run, 0)


def test_one_deviation_among_many_is_told_and_status_7_at_the_end(tcpchat, tmp_path):
    path = written(tmp_path, *(piece("out", b"x", connection=n) + piece("in", b"y", connection=n) for n in (1, 2)))
    run = playing(tcpchat, path, "-k")
    with run.call() as wrong:
        wrong.sendall(b"z")
        receive_until_reset(wrong)
        with run.call() as right:
            right.sendall(b"x")
            assert receive_all(right) == b"y"
    ends(run, 7)
    assert len(re.findall(b"deviates at byte 0", run.stderr)) == 1


def test_pace_keeps_the_recorded_times(tcpchat, tmp_path):
    def at(seconds):
        return {"time": f"2026-11-28T16:02:{seconds:09.6f}Z"}
    path = written(tmp_path, json.dumps({**at(1), "direction": "open"}) + "\n", piece("in", b"1", **at(1.2)),
                   piece("in", b"2", **at(1.3)), piece("out", b"q", **at(5)), piece("in", b"3", **at(5.15)))
    run = playing(tcpchat, path, "--pace")
    came = []
    with run.call() as caller:
        begin = time.monotonic()
        for byte in (b"1", b"2"):
            assert caller.recv(1) == byte
            came.append(time.monotonic() - begin)
        caller.sendall(b"q")
        asked = time.monotonic()
        assert caller.recv(1) == b"3"
        came.append(time.monotonic() - asked)
        assert caller.recv(1) == b""
    ends(run, 0)
    for seen, recorded in zip(came, (0.2, 0.3, 0.15)):
        assert recorded - 0.02 <= seen <= recorded + 1, came


def test_pace_needs_times(tcpchat, tmp_path):
    run = playing(tcpchat, written(tmp_path, piece("in", b"x")), "--pace")
    ends(run, 2)
    assert one_sentence(run).endswith(":1: column 1: --pace needs the time of each line")


GOOD = piece("in", b"x")


@pytest.mark.parametrize("content, sentence", [
    ("", "1: column 1: nothing was recorded"),
    (GOOD + GOOD[:-1], "2: column 37: the line has no end; was the recording cut off?"),
    ("\ufeff" + GOOD + "{\n", "2: column 2: a name in quotes was expected"),
    ('{"direction":"in","direction":"out","bytes":""}\n', "1: column 19: this name stands here for the second time"),
    ('{"direction":"in","bytes":"","time":"2026-13-45T99:99:99Z"}\n', "1: column 38: there is no such time"),
    ('{"direction":"in","bytes":"","time":"2026-02-29T00:00:00Z"}\n', "1: column 38: there is no such time"),
    (GOOD + "{\n", "2: column 2: a name in quotes was expected"),
    ("GET / HTTP/1.1\n", "1: column 1: a line of a recording begins with {"),
    ('{"direction":"in","bytes":"eA="}\n', "1: column 31: this is no base64"),
    ('{"direction":"in","bytes":"e!=="}\n', "1: column 29: this is no base64"),
    ('{"direction":"in","bytes":"eB=="}\n', "1: column 29: this is no base64"),
    ('{"direction":"in","bytes":["eA=="]}\n', "1: column 27: a line of a recording has neither objects nor arrays in it"),
    ('{"direction":"up","bytes":""}\n', '1: column 15: the direction is "open", "in" or "out"'),
    ('{"direction":"in"}\n', '1: column 19: the line has no "direction", or no "bytes"'),
    ('{"direction":"in","bytes":"","connection":65537}\n', "1: column 43: the connection is a number from 1 to 65536"),
    ('{"direction":"in","bytes":"","time":"yesterday"}\n', "1: column 38: the time is written 2026-11-28T16:02:11.482913Z"),
    (piece("in") + GOOD, "2: column 1: this direction of connection 1 has ended before"),
    ('{"direction":"in","bytes":"\x01"}\n', "1: column 28: a string of JSON has no control characters"),
    ('{"direction":"in","bytes":""} x\n', "1: column 31: nothing stands behind the }"),
    ('{"x":"' + "y" * (1 << 20) + '"}\n', "1: column 1048576: a line of a recording has at most 1048576 bytes"),
], ids=lambda value: repr(value[:40]))
def test_damaged_recording_is_refused_before_anything_is_bound(tcpchat, tmp_path, content, sentence):
    path = tmp_path / "damaged"
    path.write_text(content)
    run = playing(tcpchat, path, "--port-file", tmp_path / "port")
    ends(run, 2)
    assert one_sentence(run) == f"{path}:{sentence}"
    assert not (tmp_path / "port").exists()


def test_recording_that_is_no_file_is_refused(tcpchat, tmp_path):
    run = playing(tcpchat, tmp_path / "missing")
    ends(run, 5)
    assert one_sentence(run) == f"cannot read {tmp_path}/missing: No such file or directory"
    os.mkfifo(tmp_path / "fifo")
    run = playing(tcpchat, tmp_path / "fifo")
    ends(run, 2)
    assert one_sentence(run) == f"--replay: {tmp_path}/fifo is no regular file, and is read twice"


def test_recording_of_another_writer_is_read(tcpchat, tmp_path):
    path = tmp_path / "other"
    path.write_text(' { "bytes" : "\\u0065A\\u003d=" , "note":null,"n":-1.5e3, "peer":"\\ud83d\\ude00" ,"direction":"in"}\r\n')
    run = playing(tcpchat, path)
    with run.call() as caller:
        assert receive_all(caller) == b"x"
    ends(run, 0)


def test_large_recording_is_read_as_it_is_played(tcpchat, tmp_path):
    block = random.Random(SEED).randbytes(96 << 10)
    path = written(tmp_path, *[piece("in", block)] * 300)
    run = playing(tcpchat, path)
    with run.call() as caller:
        assert exactly(caller, len(block)) == block
        with open(f"/proc/{run.pid}/status") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+)", status.read()).group(1))
        assert peak < 200 << 10, "KiB, with the shadow memory of a sanitizer"
        assert len(exactly(caller, 299 * len(block))) == 299 * len(block)
    ends(run, 0)


def test_recording_that_changes_while_it_is_played_is_status_5(tcpchat, tmp_path):
    path = written(tmp_path, piece("out", b"q"), piece("in", b"a"))
    run = playing(tcpchat, path)
    with run.call() as caller:
        path.write_text("")
        caller.sendall(b"q")
        receive_until_reset(caller)
    ends(run, 5)
    assert f"{path} was changed while it was played" in run.stderr.decode()
