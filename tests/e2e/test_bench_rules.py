# SPDX-License-Identifier: GPL-3.0-or-later
"""--rules: messages are answered by the rules of a file. See tcpchat-rules(5)."""
import json
import os
import re
import socket
import subprocess
import time

import pytest

from crowd import crowd_of
from harness import ends, environment, in_background, one_sentence, until


@pytest.fixture
def rules(tmp_path):
    """rules(line...) writes a file and returns the option."""
    def write(*lines, encoding="utf-8"):
        (tmp_path / "rules").write_text("\n".join(lines) + "\n", encoding=encoding)
        return ["--rules", tmp_path / "rules"]
    return write


def answers(tcpchat, options, *exchanges, charset="utf-8"):
    """One peer says each text, and reads its answer."""
    with crowd_of(tcpchat, *options, stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call(charset=charset)
        for said, answer in exchanges:
            peer.say(said)
            assert peer.line() == answer


# Answers by rule: equals, contains, regular expression, always, delay.

def test_rule_answers_a_message_that_equals(tcpchat, rules):
    answers(tcpchat, rules("on /^ping$/", "reply pong\\n", "else", "reply ?\\n"),
            ("ping", "pong"), ("ping ", "?"), ("pings", "?"), ("ping", "pong"))


def test_rule_answers_a_message_that_contains(tcpchat, rules):
    answers(tcpchat, rules("on /温度/", "reply 25\\n", "else", "reply ?\\n"), ("现在的温度是多少", "25"), ("湿度", "?"))


def test_rule_answers_by_regular_expression_with_captures(tcpchat, rules):
    answers(tcpchat, rules("on /^set (\\w+)=(\\d+)(x)?$/i", "reply {1} is {2}{3}; {0}\\r\\n"),
            ("set a=12", "a is 12; set a=12\r"), ("SET 重=7x", "重 is 7x; SET 重=7x\r"))


def test_rule_answers_always(tcpchat, rules):
    answers(tcpchat, rules("else", "reply got {0}, number {count}\\n"), ("a", "got a, number 1"), ("你好", "got 你好, number 2"))


def test_rule_answers_after_a_delay(tcpchat, rules):
    with crowd_of(tcpchat, *rules("on /a/", "after 150ms", "reply late\\n", "on /b/", "reply soon\\n")) as crowd:
        peer = crowd.call()
        began = time.monotonic()
        peer.say("a", "b")
        assert peer.line() == "late" and time.monotonic() - began >= 0.148
        assert peer.line() == "soon"


def test_delay_of_one_peer_holds_up_no_other(tcpchat, rules):
    with crowd_of(tcpchat, "-k", *rules("on /a/", "after 10s", "reply late\\n", "on /b/", "reply soon\\n")) as crowd:
        slow, quick = crowd.call(), crowd.call()
        slow.say("a")
        for _ in range(3):
            quick.say("b")
            assert quick.line() == "soon"
        assert not slow.has_more()


def test_first_rule_that_matches_answers(tcpchat, rules):
    answers(tcpchat, rules("on /ab/", "reply 1\\n", "on /abc/", "reply 2\\n", "on /b/", "reply 3\\n"), ("abc", "1"), ("bc", "3"))


def test_message_without_a_rule_gets_nothing(tcpchat, rules):
    with crowd_of(tcpchat, *rules("on /quiet/", "on /a/", "reply A\\n", "else", "reply E\\n")) as crowd:
        peer = crowd.call()
        peer.say("be quiet", "a", "b")
        assert peer.lines(2) == ["A", "E"]
        peer.finish()
        assert peer.rest() == b""
        assert crowd.run.read_all() == b"be quiet\na\nb\n"
        ends(crowd.run, 0)


# Bytes.

def test_rule_of_bytes_gives_back_what_it_matched(tcpchat, rules):
    with crowd_of(tcpchat, *rules("on hex 01 (?? ??) 00 (..)", "reply {2}{hex FF}{1}", "on hex 0103", "reply {0}{0}")) as crowd:
        peer = crowd.call()
        peer.send(b"\x01\xC4\x80\x00\xFE\xE3\n")
        assert peer.read(5) == b"\xFE\xE3\xFF\xC4\x80"
        peer.send(b"\x01\x03\n")
        assert peer.read(4) == b"\x01\x03\x01\x03"
        peer.send(b"\x01\x03\x04\n\x01\x03\n")
        assert peer.read(4) == b"\x01\x03\x01\x03"


def test_bytes_go_to_standard_output_as_they_came(tcpchat, rules):
    with crowd_of(tcpchat, *rules("else", "reply .")) as crowd:
        peer = crowd.call()
        peer.send(b"\x80\xFF\xC4\xE3\n")
        assert peer.read(1) == b"."
        peer.close()
        assert crowd.run.read_all() == b"\x80\xFF\xC4\xE3\n"
        ends(crowd.run, 0)
        assert crowd.run.stderr.count(b"\n") == 1


# Charsets.

def test_pattern_sees_decoded_text_however_it_was_cut(tcpchat, rules):
    options = ["-e", "gbk", *rules("on /^重量(\\d+)公斤$/", "reply 收到{1}\\n", "else", "reply 什么?\\n")]
    with crowd_of(tcpchat, *options) as crowd:
        peer = crowd.call(charset="gbk")
        for byte in "重量12公斤\n".encode("gbk"):
            peer.send(bytes([byte]))
            time.sleep(0.002)
        assert peer.line() == "收到12"
        assert crowd.run.read(len("重量12公斤\n".encode())).decode() == "重量12公斤\n"


def test_each_peer_is_answered_in_its_own_charset(tcpchat, rules):
    with crowd_of(tcpchat, "-k", "-e", "utf-8,gbk", *rules("on /你好/", "reply 您好!\\n")) as crowd:
        for charset in ("gbk", "utf-8"):
            peer = crowd.call(charset=charset)
            peer.say("你好吗，朋友们")
            assert peer.line() == "您好!"


def test_rules_may_be_in_the_local_charset(tcpchat, rules):
    options = ["--local-encoding", "gbk", "-e", "utf-8", *rules("on /你好/", "reply 再见\\n", encoding="gbk")]
    answers(tcpchat, options, ("你好", "再见"))


# Connections and silence.

def test_rule_greets(tcpchat, rules):
    with crowd_of(tcpchat, "-k", *rules("on connect", "reply welcome\\n", "after 20ms", "reply number {count}\\n", "else",
                                         "reply {0}\\n")) as crowd:
        for _ in range(3):
            peer = crowd.call()
            peer.say("me")
            assert peer.lines(3) == ["welcome", "number 2", "me"]


def test_rule_closes_after_its_answer(tcpchat, rules):
    with crowd_of(tcpchat, *rules("on /bye/", "reply see you\\n", "close", "reply never\\n")) as crowd:
        peer = crowd.call()
        peer.say("bye")
        assert peer.rest() == b"see you\n"
        ends(crowd.run, 0)


def test_silence_is_answered_again_and_again_and_ends_with_a_message(tcpchat, rules):
    lines = ["on silence 100ms", "reply still there?\\n", "on silence 250ms", "close", "on /./", "reply good\\n"]
    with crowd_of(tcpchat, "-k", *rules(*lines)) as crowd:
        peer = crowd.call()
        began = time.monotonic()
        assert peer.lines(2) == ["still there?"] * 2
        assert 0.198 <= time.monotonic() - began
        assert peer.rest() == b"" and 0.248 <= time.monotonic() - began
        speaker = crowd.call()
        for _ in range(8):
            speaker.say("yes")
            assert speaker.until_line("good")
            time.sleep(0.03)
        assert speaker.rest().replace(b"still there?\n", b"") == b""


def test_repetition_of_a_rule_keeps_its_beat(tcpchat, rules):
    with crowd_of(tcpchat, *rules("on connect", "repeat every 20ms 10 times", "reply {count}\\n", "end", "close")) as crowd:
        peer = crowd.call()
        began = time.monotonic()
        assert peer.lines(10) == [str(n) for n in range(1, 11)]
        assert 0.178 <= time.monotonic() - began
        assert peer.rest() == b""


# A bot is an operator.

def test_rules_answer_as_the_connecting_side(tcpchat, rules):
    with socket.create_server(("127.0.0.1", 0)) as server:
        run = tcpchat("connect", *rules("on /^who/", "reply me\\n", "on /^bye/", "close"), "127.0.0.1", server.getsockname()[1])
        peer, _ = server.accept()
        with peer:
            peer.sendall(b"who?\n")
            assert peer.recv(99) == b"me\n"
            peer.sendall(b"bye\n")
            assert peer.recv(99) == b""
    assert run.read_all() == b"who?\nbye\n"
    ends(run, 0)


def test_standard_input_is_never_read(tcpchat, rules):
    with crowd_of(tcpchat, *rules("else", "reply .\\n")) as crowd:
        crowd.run.send(b"from standard input\n")
        peer = crowd.call()
        peer.say("a")
        assert peer.line() == "."
        peer.finish()
        assert peer.rest() == b""
        ends(crowd.run, 0)


def test_log_names_peer_file_and_line(tcpchat, rules, tmp_path):
    path = str(rules("on /a/", "log", "log saw {0}", "on hex 01 ??", "log")[1])
    events = tmp_path / "events"
    with crowd_of(tcpchat, "--rules", path, "--events", events) as crowd:
        peer = crowd.call()
        peer.send(b"ha\n\x01\xFF\n")
        address = re.escape(f"{peer.address}: {path}".encode())
        crowd.run.expect_stderr(rb"^tcpchat: " + address + rb":2: ha$")
        crowd.run.expect_stderr(rb"^tcpchat: " + address + rb":3: saw a$")
        crowd.run.expect_stderr(rb"^tcpchat: " + address + rb":5: \\x01\\xFF$")
        peer.close()
        ends(crowd.run, 0)
    told = [json.loads(line) for line in events.read_text().splitlines()]
    kept = [{key: event.get(key) for key in ("event", "text", "line")} for event in told if "line" in event]
    assert kept == [{"event": "matched", "text": "a", "line": 1}, {"event": "log", "text": "ha", "line": 2},
                    {"event": "log", "text": "saw a", "line": 3}, {"event": "matched", "text": "\\x01\\xFF", "line": 4},
                    {"event": "log", "text": "\\x01\\xFF", "line": 5}]
    assert {event["path"] for event in told if "line" in event} == {path}


def test_message_that_makes_the_peer_leave_has_its_address_and_comes_first(tcpchat, rules, tmp_path):
    events = tmp_path / "events"
    with crowd_of(tcpchat, "-k", *rules("on /bye/", "close"), "--events", events) as crowd:
        peer = crowd.call()
        address = peer.address
        peer.say("bye")
        assert peer.rest() == b""
        until(lambda: '"closed"' in events.read_text(), "the end")
    told = [json.loads(line) for line in events.read_text().splitlines()]
    assert [(event["event"], event["peer"]) for event in told if event["event"] in ("message", "matched", "closed")] == \
        [(kind, address) for kind in ("message", "matched", "closed")]


def test_text_that_the_charset_lacks_is_replaced_and_the_answer_goes_on(tcpchat, rules):
    answers(tcpchat, ["-e", "gbk", *rules("else", "reply a😀b\\n")], ("x", "a?b"), charset="gbk")


def test_answer_that_cannot_be_made_is_told_and_the_next_message_answered(tcpchat, rules):
    with crowd_of(tcpchat, *rules("on /long/", "reply {len u8}" + 300 * "x", "else", "reply .\\n")) as crowd:
        peer = crowd.call()
        peer.say("long", "short")
        assert peer.line() == "."
        crowd.run.expect_stderr(rb"^tcpchat: 127\.0\.0\.1:\d+: \S+:2: .*300")


def test_hostile_text_ends_no_search_and_holds_up_nobody(tcpchat, rules):
    """Without a limit the search for this takes longer than the age of the universe."""
    with crowd_of(tcpchat, "-k", *rules("on /^(a+)+$/", "reply all\\n", "on /(a|aa)+!/", "reply some\\n", "else", "reply ?\\n"),
                   "-e", "utf-8") as crowd:
        peer, other = crowd.call(), crowd.call()
        peer.say(8000 * "a" + "b")
        assert peer.line() == "?"
        other.say("aaa")
        assert other.line() == "all"
        crowd.run.expect_stderr(rb"^tcpchat: .*:1: the search was ended at its limit, and there is no match$")


# Wrong use.

@pytest.mark.parametrize("lines, said", [
    (["on /a(/"], r":1: column 7: missing closing parenthesis"),
    (["", "# x", "on /a/", "  reply {1}"], r":4: column 9: "),
    (["reply a"], r":1: column 1: an answer stands behind its rule: first on /REGEX/"),
    (["on /a/", "repyl b"], r":2: column 1: 'repyl' is no word of --rules; did you mean reply\?"),
    (["on /你/", "send 你{crc17}"], r":2: column 7: "),
])
def test_mistake_is_told_before_anything_is_listened_on_or_written(tcpchat, rules, tmp_path, lines, said):
    kept = tmp_path / "kept"
    kept.write_text("kept")
    path = rules(*lines)[1]
    run = tcpchat("listen", "--rules", path, "-o", kept, "127.0.0.1", 0)
    ends(run, 2)
    assert re.fullmatch(re.escape(f"tcpchat: {path}") + said + ".*\n", run.stderr.decode())
    assert kept.read_text() == "kept"


def test_mistake_is_told_in_chinese_with_its_place(tcpchat, rules, locales):
    path = rules("on /a/", "reply 你{crc17}")[1]
    run = tcpchat("listen", "--rules", path, "127.0.0.1", 0,
                  env=environment(LC_ALL=None, LANG="zh_CN.UTF-8", LOCPATH=locales))
    ends(run, 2)
    assert run.stderr.decode().startswith(f"tcpchat: {path}:2：第 8 列：")


def test_file_that_is_not_there_is_status_5(tcpchat, tmp_path):
    run = tcpchat("listen", "--rules", tmp_path / "nowhere", "127.0.0.1", 0)
    ends(run, 5)
    assert one_sentence(run) == f"cannot read {tmp_path}/nowhere: No such file or directory"


@pytest.mark.parametrize("other", [["--chat"], ["--broker"], ["--reply", "a"], ["--exec", "cat"], ["--forward", "a:1"],
                                   ["--script", "s"], ["--send-only"], ["--recv-only"], ["--end-with-peer"]])
def test_rules_exclude(tcpchat, rules, other):
    run = tcpchat("listen", *rules("on /a/"), *other, "127.0.0.1", 0)
    ends(run, 2)
    assert b"exclude" in run.stderr


def test_file_is_not_written_at_the_same_time(tcpchat, rules):
    path = rules("on /a/")[1]
    run = tcpchat("listen", "--rules", path, "-o", path, "127.0.0.1", 0)
    ends(run, 2)
    assert path.read_text() == "on /a/\n"


def test_many_peers_at_once_each_have_their_answers(tcpchat, rules):
    with crowd_of(tcpchat, "-k", *rules("on /^(\\d+)$/", "after 5ms", "reply {1}:{count}\\n"), stdout=subprocess.DEVNULL) as crowd:
        peers = [crowd.call() for _ in range(100)]
        for turn in range(1, 4):
            for number, peer in enumerate(peers):
                peer.say(str(number))
            assert [peer.line() for peer in peers] == [f"{number}:{turn}" for number in range(100)]


def test_peer_that_takes_nothing_is_evicted_as_any_other(tcpchat, rules):
    """The repetition waits while the peer is congested; memory stays bounded."""
    text = 1000 * "x"
    with crowd_of(tcpchat, "-k", *rules("on /go/", "repeat 100000 times", f"reply {text}", "end", "on /hi/", "reply ho\\n")) as crowd:
        stuck, other = crowd.call(window=4096), crowd.call()
        stuck.say("go")
        other.say("hi")
        assert other.line() == "ho"
        with open(f"/proc/{crowd.run.pid}/statm") as statm:
            assert int(statm.read().split()[1]) * 4096 < 400e6
        until(lambda: stuck.has_more(), "the first bytes")
        stuck.reset()
        other.say("hi")
        assert other.line() == "ho"


# A peer that is gone.

def test_rules_let_a_gone_peer_go(tcpchat, rules):
    options = ["-m", "1", "-k", *rules("on connect", "repeat every 20ms", "reply x", "end")]
    with crowd_of(tcpchat, *options, stdin=subprocess.DEVNULL) as crowd:
        for _ in range(3):
            peer = crowd.call()
            assert peer.read(2) == b"xx"
            peer.close()


def test_rules_log_all_that_a_gone_peer_has_said(tcpchat, rules):
    with crowd_of(tcpchat, "-k", *rules("else", "log", "reply ok\\n"), stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        peer.say(*map(str, range(2000)))
        peer.close()
        crowd.run.expect_stderr(rb": 1999$")


# Bytes that are sacred, and bytes that hide others.

def test_bytes_with_a_framing_go_to_standard_output_as_they_came(tcpchat, rules):
    said = {"len:u16be": b"\x00\x02ab\x00\x01c", "byte:03": b"ab\x03\x02c\x03", "crlf": b"a\r\nb\nc\r\n", "bytes:2": b"abcd"}
    for framing, data in said.items():
        with crowd_of(tcpchat, "--message", framing, *rules("else", "reply ."), stdin=subprocess.DEVNULL) as crowd:
            peer = crowd.call()
            peer.send(data)
            peer.finish()
            peer.rest()
            assert crowd.run.read_all() == data, framing


def test_line_ends_go_to_standard_output_as_they_came(tcpchat, rules):
    with crowd_of(tcpchat, *rules("on /^a$/", "reply A\\n"), stdin=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        peer.send(b"a\r\na\nb")
        peer.finish()
        assert peer.rest() == b"A\nA\n"
        assert crowd.run.read_all() == b"a\r\na\nb"


def test_nul_hides_nothing_in_a_log(tcpchat, rules):
    with crowd_of(tcpchat, *rules("else", "log {0}"), stdin=subprocess.DEVNULL) as crowd:
        crowd.call().send(b"a\0b\n")
        crowd.run.expect_stderr(rb":2: a\^@b$")


@pytest.mark.parametrize("options, mark", [([], b"\xEF\xBB\xBF"), (["-e", "utf-8"], b"\xEF\xBB\xBF"), (["-e", "gb18030"], b"\x84\x31\x95\x33")])
def test_byte_order_mark_is_no_text_for_a_rule(tcpchat, rules, options, mark):
    with crowd_of(tcpchat, *options, *rules("on /^hi$/", "reply {0}\\n", "else", "reply ?\\n")) as crowd:
        peer = crowd.call()
        peer.send(mark + b"hi\n" + mark + b"hi\n")
        assert peer.lines(2) == ["hi", "?"]


def test_event_of_a_message_precedes_what_it_caused(tcpchat, rules, tmp_path):
    with crowd_of(tcpchat, "--events", tmp_path / "events", *rules("else", "log")) as crowd:
        peer = crowd.call()
        peer.say("a")
        peer.finish()
        ends(crowd.run, 0)
    kinds = [json.loads(line)["event"] for line in (tmp_path / "events").read_text().splitlines()]
    assert [kind for kind in kinds if kind in ("message", "matched", "log", "closed")] == ["message", "matched", "log", "closed"]


def test_rules_in_a_fifo_are_refused(tcpchat, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for option in ("--rules", "--script"):
        run = tcpchat("connect", option, tmp_path / "fifo", "127.0.0.1", "1")
        ends(run, 5)
        assert one_sentence(run) == f"cannot read {tmp_path / 'fifo'}: it is not a regular file"


def test_capture_without_a_match_before_it_is_named(tcpchat, rules):
    run = tcpchat("listen", *rules("on connect", "reply {0}"), "0")
    ends(run, 2)
    assert "no pattern has matched before this line" in one_sentence(run)


# Peers whose lines are dear to search.

def flooding(peers):
    for peer in peers:
        in_background(peer.send, 20 * (60000 * b"a" + b"!\n"))


def test_dear_messages_of_many_hold_up_no_other(tcpchat, rules):
    options = ["-k", "--message", "lf", *rules("on /(a+)+$/", "reply a\\n", "on /ping/", "reply pong\\n")]
    with crowd_of(tcpchat, *options, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as crowd:
        peer, hostile = crowd.call(), [crowd.call() for _ in range(12)]
        for _ in range(10):
            peer.say("ping")
            assert peer.line() == "pong"
        flooding(hostile)
        waits = []
        for _ in range(10):
            began = time.monotonic()
            peer.say("ping")
            assert peer.line() == "pong"
            waits.append(time.monotonic() - began)
            time.sleep(0.2)
        assert max(waits) < 2.5 and sorted(waits)[5] < 0.8, waits
        began = time.monotonic()
        crowd.run.process.terminate()
        assert crowd.run.wait() == 143 and time.monotonic() - began < 2.5
        assert crowd.run.stderr.count(b"ended at its limit, and there is no match") <= len(hostile)


def test_postponed_message_is_answered_as_any_other(tcpchat, rules):
    """The bytes of its capture are those that came, and the next messages follow in order."""
    options = ["-k", "--message", "lf", "-e", "gbk", *rules("on /a+b(.)/", "reply {1}:{count}\\n", "else", "reply ?{0}\\n")]
    with crowd_of(tcpchat, *options, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as crowd:
        peers = [crowd.call(charset="gbk") for _ in range(3)]
        for peer in peers:
            peer.say(5000 * "a" + "!ab重", "毛重", 5000 * "a" + "!ab净")
        for peer in peers:
            assert peer.lines(3) == ["重:1", "?毛重", "净:3"]


def test_newcomer_waits_for_trials_of_newcomers_and_not_for_their_searches(tcpchat, rules):
    """Most of the others still have no answer then."""
    options = ["-k", "--message", "lf", *rules("on /(a+)+$/", "on /ping/", "reply pong\\n", "else", "reply no\\n")]
    with crowd_of(tcpchat, *options, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as crowd:
        hostile, newcomer = [crowd.call() for _ in range(20)], crowd.call()
        for peer in hostile:
            peer.send(60000 * b"a" + b"!\n")
        newcomer.say("ping")
        assert newcomer.line() == "pong"
        assert sum(peer.has_more() for peer in hostile) < 10
        assert [peer.line() for peer in hostile] == 20 * ["no"]


def test_searches_at_their_limit_are_summed(tcpchat, rules):
    options = ["-k", *rules("on /(a+)+$/", "else", "reply x")]
    with crowd_of(tcpchat, *options, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as crowd:
        peer = crowd.call()
        peer.send(4 * (8000 * b"a" + b"!\n"))
        assert peer.read(4) == b"xxxx"
        peer.close()
        crowd.run.expect_stderr(rb"rules:1: 3 more searches were ended at their limit$")
        assert crowd.run.stderr.count(b"ended at its limit, and") == 1
