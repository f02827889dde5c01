# SPDX-License-Identifier: GPL-3.0-or-later
"""--events: what happens as lines of JSON, read back by Python and jq."""
import json
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess

import pytest

from crowd import crowd_of, settle
from harness import ROOT, ends, environment, in_background, receive_all, reset, until

NAMES = ["a\"b", "\\", "\x1b[2J", "\x85", "\u202e", "\ufeff", "\U000e0001", "你好"]


def schema():
    """The fields of each kind, as base/event.c has them, and whether a field is a number."""
    source = pathlib.Path(ROOT, "src", "base", "event.c").read_text()
    joined = re.sub(r'"\s*\n\s*"', "", source)
    kinds = dict(re.findall(r'\[EVENT_\w+\] =\s+\{"(\w+)",\s+" ([\w ]+) "\}', joined))
    types = dict(re.findall(r"FIELD\((\w+), EVENT_(\w+)\)", source))
    python = {"STRING": str, "TEXT": str, "NUMBER": int, "FIGURE": int, "SIGNED": int, "FLAG": bool}
    return ({kind: fields.split() for kind, fields in kinds.items()},
            {field: python[kind] for field, kind in types.items()})


KINDS, TYPES = schema()
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def read(text):
    """The events of a file, each of which keeps to the schema."""
    lines = text.decode().split("\n")
    assert lines.pop() == ""
    events = [json.loads(line) for line in lines]
    for event in events:
        fields = {name: value for name, value in event.items() if name not in ("time", "event")}
        assert TIME.fullmatch(event["time"])
        assert set(fields) <= set(KINDS[event["event"]]) | {"replaced"}
        for name, value in fields.items():
            assert type(value) is TYPES[name]
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)
    return events


def of_kind(events, kind):
    return [event for event in events if event["event"] == kind]


def only(events, kind):
    event, = of_kind(events, kind)
    return event


def said(events):
    """The messages but for the words of crowd.settle."""
    return [event for event in of_kind(events, "message") if not event["text"].startswith("so far ")]


def ended(crowd, log):
    """All events of a room, which ends."""
    crowd.run.process.terminate()
    crowd.run.wait()
    return read(log.read_bytes())


def label(name):
    return f"127.0.0.1:{name[1]}"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


def test_events_of_a_conversation_have_its_facts(conversation, log):
    run, peer = conversation("listen", "--events", log)
    here, there = label(peer.getpeername()), label(peer.getsockname())
    run.send(b"hello\n")
    peer.sendall("你好\r\nrest".encode())
    peer.shutdown(socket.SHUT_WR)
    run.end_input()
    assert receive_all(peer) == b"hello\n"
    ends(run, 0)
    events = read(log.read_bytes())
    assert [event["event"] for event in events if event["event"] != "message"] == [
        "listening", "confined", "accepted", "closed", "ended"]
    assert only(events, "listening")["local"] == here
    accepted = only(events, "accepted")
    assert (accepted["peer"], accepted["local"]) == (there, here) and accepted["fd"] > 2
    incoming = [(said["text"], said["bytes"], said["encoding"]) for said in of_kind(events, "message")
                if said["direction"] == "in"]
    assert incoming == [("你好", 8, "UTF-8"), ("rest", 4, "UTF-8")]
    outgoing, = [said for said in of_kind(events, "message") if said["direction"] == "out"]
    assert (outgoing["text"], outgoing["bytes"], outgoing["peer"]) == ("hello", 6, there)
    closed = only(events, "closed")
    assert (closed["how"], closed["received"], closed["sent"]) == ("closed", 12, 6)
    assert only(events, "ended")["status"] == 0


@pytest.mark.parametrize("first", ["peer", "us"])
def test_closed_says_whose_end_came_first(conversation, log, first):
    run, peer = conversation("connect", "--events", log)
    here = label(peer.getpeername())
    if first == "us":
        run.end_input()
        assert receive_all(peer) == b""
        peer.close()
    else:
        peer.shutdown(socket.SHUT_WR)
        assert run.read_all() == b""
        run.end_input()
        assert receive_all(peer) == b""
    ends(run, 0)
    events = read(log.read_bytes())
    assert only(events, "closed")["first"] == first
    assert only(events, "connected")["local"] == here


def test_reset_is_broken_off_with_a_reason_and_status(conversation, log):
    run, peer = conversation("connect", "--events", log)
    reset(peer)
    ends(run, 1)
    events = read(log.read_bytes())
    closed = only(events, "closed")
    assert (closed["first"], closed["how"]) == ("peer", "broken_off")
    assert closed["why"] == "Connection reset by peer"
    assert only(events, "error")["text"].endswith("Connection reset by peer")
    assert only(events, "ended")["status"] == 1


def test_refused_dial_has_its_attempts_and_status(tcpchat, log):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ends(tcpchat("connect", "--events", log, "127.0.0.1", port), 1)
    events = read(log.read_bytes())
    assert [event["event"] for event in events] == ["error", "ended"]
    assert events[0]["text"] == f"cannot connect to 127.0.0.1:{port}: Connection refused"


def test_bad_text_has_its_number_and_its_first_place_from_0(conversation, log):
    run, peer = conversation("connect", "-e", "gbk", "--events", log)
    peer.sendall(b"abc\xff\n\xff")
    run.send("ab😀😀".encode())
    run.end_input()
    assert receive_all(peer) == b"ab??"
    peer.close()
    ends(run, 3)
    came, went = of_kind(read(log.read_bytes()), "bad_text")
    assert (came["direction"], came["count"], came["offset"], came["encoding"]) == ("in", 2, 3, "GBK")
    assert (went["direction"], went["count"], went["offset"]) == ("out", 2, 2)
    assert (went["source"], went["character"]) == ("standard input", "U+1F600")


def test_events_on_standard_error_replace_the_sentences(tcpchat):
    run = tcpchat("connect", "-v", "--events", "-", "127.0.0.1", 1)
    run.end_input()
    run.wait()
    events = read(run.stderr)
    assert [event["event"] for event in events] == ["error", "ended"]


@pytest.mark.parametrize("other", ["-x", "--transcript"])
def test_standard_error_is_for_one_option(tcpchat, other):
    run = tcpchat("connect", "--events", "-", other, "-", "127.0.0.1", 1)
    run.end_input()
    ends(run, 2)


def test_file_of_events_is_private_and_appended_to(conversation, log):
    for _ in range(2):
        run, peer = conversation("connect", "--events", log)
        peer.close()
        run.end_input()
        ends(run, 0)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert len(of_kind(read(log.read_bytes()), "ended")) == 2


def test_file_of_events_is_opened_again_at_sighup(tcpchat, log):
    with open(os.devnull, "wb") as null:
        run = tcpchat("listen", "-k", "--events", log, "--port-file", log.with_name("port"), "127.0.0.1", 0,
                      stdin=subprocess.DEVNULL, stdout=null)
        until(lambda: log.exists() and b"listening" in log.read_bytes(), "the first event")
        log.rename(log.with_name("old"))
        run.process.send_signal(signal.SIGHUP)
        until(log.exists, "the new file")
        run.process.terminate()
        run.wait()
    assert only(read(log.read_bytes()), "ended")["status"] == 128 + signal.SIGTERM
    assert not of_kind(read(log.with_name("old").read_bytes()), "ended")


def test_full_disk_is_told_and_status_5(conversation):
    run, peer = conversation("connect", "--events", "/dev/full")
    peer.sendall(b"hello")
    peer.close()
    run.end_input()
    assert run.read_all() == b"hello"
    ends(run, 5)
    assert b"cannot write /dev/full: No space left on device; what is said is not written down" in run.stderr


def test_events_of_a_room_have_names_charsets_and_kinds(tcpchat, log):
    with crowd_of(tcpchat, "--chat", "--events", log, stdin=subprocess.DEVNULL) as crowd:
        one, other = crowd.join(None, charset="gbk"), crowd.join(None)
        settle([one, other])
        one.say("你好")
        assert other.line() == "peer1: 你好"
        one.say("/nick alice")
        assert other.line() == "-!- peer1 is now alice"
        one.say("/me waves")
        assert other.line() == "* alice waves"
        one.close()
        assert other.line() == "-!- alice left"
        events = ended(crowd, log)
    first, action = said(events)
    assert (first["name"], first["encoding"], first["text"], first["bytes"]) == ("peer1", "GBK", "你好", 5)
    assert (action["name"], action["how"], action["text"]) == ("alice", "action", "waves")
    assert [joined["name"] for joined in of_kind(events, "joined")] == ["peer1", "peer2"]
    renamed = only(events, "renamed")
    assert (renamed["former"], renamed["name"]) == ("peer1", "alice")
    assert of_kind(events, "left")[0]["name"] == "alice"
    assert only(events, "encoding")["encoding"] == "GBK"


def test_words_and_answers_of_a_person_are_events(screen, listener, log):
    there = listener()
    here = screen("connect", "--events", log, "127.0.0.1", there.port).ready()
    peer = there.accept()
    here.enter("hello")
    assert peer.recv(100) == b"hello\n"
    peer.sendall("你好\n".encode("gbk"))
    here.wait_for("│ 你好")
    here.enter("/status")
    here.wait_for("by what it sent; here for")
    here.press("ctrl-d")
    peer.close()
    assert here.wait() == 0
    events = read(log.read_bytes())
    assert only(events, "connected")["peer"] == f"127.0.0.1:{there.port}"
    assert [(message["direction"], message["text"]) for message in of_kind(events, "message")] == [
        ("out", "hello"), ("in", "你好")]
    assert any("received" in notice["text"] for notice in of_kind(events, "notice"))
    assert only(events, "ended")["status"] == 0


def test_whisper_between_members_is_no_event(tcpchat, log):
    with crowd_of(tcpchat, "--chat", "--events", log, stdin=subprocess.DEVNULL) as crowd:
        one, other = crowd.join_all(None, None)
        one.say("/msg peer2 secret")
        assert other.line() == "[peer1] secret"
        ended(crowd, log)
    assert b"secret" not in log.read_bytes()


def test_hostile_text_never_breaks_a_line(conversation, log):
    pieces = [name.encode() for name in NAMES] + [b"\xff", b"\xed\xa0\x80", b"\xe4\xbd", b"\0", bytes(range(1, 32))]
    run, peer = conversation("connect", "--events", log)
    peer.sendall(b"\n".join(pieces) + b"\n")
    peer.close()
    run.end_input()
    run.read_all()
    ends(run, 0)
    messages = of_kind(read(log.read_bytes()), "message")
    assert [message["text"] for message in messages[:len(NAMES)]] == NAMES
    assert [message.get("replaced", False) for message in messages[len(NAMES):len(NAMES) + 4]] == [True, True, True, False]


def test_twenty_thousand_events_are_valid_for_jq(tcpchat, listener, log):
    count = 20_000
    there = listener()
    run = tcpchat("connect", "--events", log, "127.0.0.1", there.port)
    peer = there.accept()
    peer.sendall(b'a"\\\x1b\xff\n' * count)
    peer.close()
    run.end_input()
    run.read_all()
    ends(run, 0)
    counted = subprocess.run(["jq", "-n", "[inputs | select(.event == \"message\")] | length", log],
                             capture_output=True, env=environment(), check=True)
    assert int(counted.stdout) == count


def test_events_of_a_bad_peer_stay_one_object_each(tcpchat, log):
    with crowd_of(tcpchat, "--chat", "--events", log, stdin=subprocess.DEVNULL) as crowd:
        one, other = crowd.join_all(None, None)
        one.say('","event":"ended","status":0}')
        assert other.line() == 'peer1: ","event":"ended","status":0}'
        events = ended(crowd, log)
    assert [message["text"] for message in said(events)] == ['","event":"ended","status":0}']
    assert len(of_kind(events, "ended")) == 1


def test_manual_lists_each_kind_with_its_fields():
    manual = pathlib.Path(ROOT, "man", "tcpchat.1").read_text()
    section = manual[manual.index(".Sh EVENTS"):]
    section = section[:section.index("\n.Sh ", 1)]
    rows = re.findall(r"^\.It Cm (\w+) Va (.*)$", section, re.M)
    assert {kind: sorted(fields.split()) for kind, fields in rows} == {
        kind: sorted(fields) for kind, fields in KINDS.items()}


def test_sentences_name_fields_of_their_kind():
    """A field of another kind would be empty in every sentence. Some fields are for sentences only."""
    faults, recorded = [], {field for fields in KINDS.values() for field in fields}
    for source in pathlib.Path(ROOT, "src").glob("*/*.c"):
        for body in re.findall(r"\(struct event\)\{(.*?)\}[);]", source.read_text(), re.S):
            kind = re.search(r"\.kind = EVENT_(\w+)", body)
            fields = KINDS[kind.group(1).lower()] if kind else TYPES
            strings = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body))
            faults += [f"{source.name}: {name}" for name in re.findall(r"\{(\w+)\}", strings) if name not in fields and (name in recorded or name not in TYPES)]
    assert not faults


@pytest.mark.parametrize("option", ["-o", "-x", "--transcript", "--events", "--port-file", "--allow-file", "--deny-file"])
def test_empty_file_name_is_refused(tcpchat, option):
    run = tcpchat("listen", option, "", 0)
    ends(run, 2)
    assert run.stderr.decode().startswith("tcpchat: ") and ": '' is empty, perhaps a variable" in run.stderr.decode()


def test_losses_on_standard_error_are_an_event(tmp_path):
    """A standard error that is not read while there are more events than the queue takes."""
    reader, writer = os.pipe()
    source = tmp_path / "lines"
    source.write_text("a line that is told as an event\n" * 20_000)
    program = [os.environ.get("TCPCHAT", f"{ROOT}/build/dev/tcpchat")]
    port_file = tmp_path / "port"
    listening = subprocess.Popen([*program, "listen", "127.0.0.1", "0", "--port-file", port_file, "--events", "-"],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writer, env=environment())
    os.close(writer)
    port = until(lambda: port_file.exists() and port_file.read_text().strip(), "the port")
    words = source.read_bytes()
    with socket.create_connection(("127.0.0.1", int(port))) as peer, open(reader, "rb") as told:
        in_background(lambda: peer.sendall(words))
        assert listening.stdout.read(len(words)) == words
        peer.shutdown(socket.SHUT_WR)
        lines = told.read().splitlines()
    assert listening.wait() == 5
    events = [json.loads(line) for line in lines]
    assert events[-1]["event"] == "ended" and events[-1]["status"] == 5
    loss = only(events, "file")
    assert loss["count"] + len(events) - len([loss]) == 20_000 + len(
        ["listening", "confined", "accepted", "closed", "ended"])


@pytest.mark.parametrize("options, texts, size", [
    (["--reply", "好的"], ["好的"], 6),
    (["on /./", "reply 好的\\n"], ["好的"], 5),
    (["expect /a\\n/", "send 好的\\n", "send {hex ff 0a}"], ["好的", "\ufffd"], 5),
], ids=["--reply", "--rules", "--script"])
def test_what_a_bot_sends_is_a_message_outward_and_in_the_transcript(tcpchat, tmp_path, log, options, texts, size):
    if not options[0].startswith("--"):
        (tmp_path / "bot").write_text("\n".join(options) + "\n")
        options = ["--script" if options[0].startswith("expect") else "--rules", tmp_path / "bot"]
    with crowd_of(tcpchat, *options, "-e", "gbk", "--name", "设备", "--events", log, "--transcript", tmp_path / "talk",
                   stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call(charset="gbk")
        address = peer.address
        peer.say("a")
        peer.finish()
        assert peer.rest().startswith("好的".encode("gbk"))
        ends(crowd.run, 0)
    told = of_kind(read(log.read_bytes()), "message")
    assert [said["direction"] for said in told] == ["in"] + ["out"] * len(texts)
    assert [said["text"] for said in told[1:]] == texts
    assert (told[1]["how"], told[1]["bytes"], told[1]["peer"], told[1]["name"]) == ("reply", size, address, "设备")
    assert [said.get("replaced", False) for said in told[1:]] == ["\ufffd" in text for text in texts]
    lines = [line.split(" ", 2)[2] for line in (tmp_path / "talk").read_text().splitlines()]
    assert len(lines) == 1 + len(texts) and lines[1].startswith("设备") and lines[1].endswith(": 好的")


# One way to say why.

def whys(events):
    """The reasons of events that have a peer, none of which names it."""
    found = [(event["event"], event["why"]) for event in events if "why" in event]
    assert not [event for event in events if "why" in event and event["peer"] in event["why"]]
    return found


def test_reason_does_not_name_the_peer(tcpchat, listener, log, authority):
    there = listener()
    run = tcpchat("connect", "--reconnect", "--events", log, "127.0.0.1", there.port)
    reset(there.accept())
    there.close()
    run.expect_stderr(rb"\d: Connection reset by peer; attempt 1")
    until(lambda: b'"count":2,' in log.read_bytes(), "a second attempt")
    run.end_input()
    ends(run, 0)
    assert set(whys(read(log.read_bytes()))) >= {("closed", "Connection reset by peer"), ("reconnect", "Connection reset by peer"),
                                                ("reconnect", "Connection refused")}


@pytest.mark.parametrize("options, why", [
    (["--deny", "127.0.0.0/8"], "its address is not let in"),
    (["--tls"], "the other side does not speak TLS"),
    (["--proxy-protocol"], "it ended before its header of the PROXY protocol did"),
], ids=["address", "TLS", "header"])
def test_refused_peer_is_named_apart_from_the_reason(tcpchat, log, options, why):
    run = tcpchat("listen", "-k", *options, "--events", log, "127.0.0.1", 0, stdin=subprocess.DEVNULL)
    with run.call() as peer:
        peer.sendall(b"GET / HTTP/1.0\r\n\r\n" if "--tls" in options else b"")
        peer.shutdown(socket.SHUT_WR)
        label = "127.0.0.1:%d" % peer.getsockname()[1]
        until(lambda: b'"refused"' in log.read_bytes(), "the event")
    run.process.terminate()
    run.wait()
    event = only(read(log.read_bytes()), "refused")
    assert event["peer"] == label and why in event["why"] and label not in event["why"]


def test_failed_peer_of_many_is_named_apart_from_the_reason(tcpchat, log):
    run = tcpchat("listen", "-k", "--events", log, "127.0.0.1", 0)
    reset(run.call())
    run.expect_stderr(rb"tcpchat: 127\.0\.0\.1:\d+: Connection reset by peer\n")
    run.process.terminate()
    run.wait()
    assert ("left", "Connection reset by peer") in whys(read(log.read_bytes()))
