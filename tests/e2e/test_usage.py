# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong use gets one sentence about the right use; help and version list commands, options and libraries."""
import os
import re
import subprocess
import unicodedata

import pytest

from harness import PATIENCE, TCPCHAT, ends, environment, one_sentence

SECS_OPTIONS = [
    ("connect", "-w"), ("connect", "--connect-timeout"), ("connect", "--retry"), ("listen", "--listen-timeout"),
    ("connect", "-i"), ("listen", "--idle-timeout"), ("connect", "-q"), ("listen", "--quit-after"),
]
OPERANDS = {"listen": ["127.0.0.1", "0"], "connect": ["127.0.0.1", "9"]}


def use(*args, env=None, **options):
    """Runs to the end without any input."""
    options = {"capture_output": True, "stdin": subprocess.DEVNULL, "timeout": PATIENCE, **options}
    return subprocess.run([TCPCHAT, *args], env=env or environment(), **options)


def refused(*args, **options):
    """Returns the sentence that refuses a wrong use."""
    run = use(*args, **options)
    assert (run.returncode, run.stdout) == (2, b""), run
    return one_sentence(run)


def helped(*args):
    run = use(*args)
    assert (run.returncode, run.stderr) == (0, b""), run
    return run.stdout.decode()


# Habits from other netcats: the answer names the right use.

ADVICE = [
    (["connect", "-e", "/bin/sh", "127.0.0.1", "9"], "--exec"),
    (["listen", "-e", "/bin/sh", "8080"], "--exec"),
    (["listen", "-e", "/bin/cat -n", "8080"], "--exec"),
    (["connect", "-l", "8080"], "listen"),
    (["listen", "-l", "8080"], "listen"),
    (["-l", "8080"], "listen"),
    (["-l", "-p", "8080"], "listen"),
    (["-lvp", "8080"], "listen"),
    (["listen", "-p", "8080"], "operand"),
    (["listen", "-p", "8080", "127.0.0.1"], "operand"),
    (["connect", "-U", "/tmp/socket"], "unix:PATH"),
    (["listen", "-U", "/tmp/socket"], "unix:PATH"),
    (["connect", "-d", "127.0.0.1", "9"], "--recv-only"),
    (["listen", "-d", "8080"], "--recv-only"),
    (["connect", "-c", "ls", "127.0.0.1", "9"], "--sh-exec"),
    (["listen", "-c", "ls", "8080"], "--sh-exec"),
    (["connect", "-z", "127.0.0.1", "20-30"], "20-30"),
    (["connect", "8080"], "host"),
    (["connect", "--proxy", "https://127.0.0.1:9", "127.0.0.1", "9"], "not in this version"),
    (["connect", "--proxy-type", "socks5", "127.0.0.1", "9"], "--proxy socks5://HOST:PORT"),
    (["connect", "-x", "127.0.0.1:1080", "127.0.0.1", "9"], "--proxy socks5://127.0.0.1:1080"),
    (["connect", "-X", "5", "127.0.0.1", "9"], "--proxy socks5://HOST:PORT"),
    (["connect", "--proxy-auth-file", "/dev/null", "127.0.0.1", "9"], "goes with --proxy"),
    (["listen", "--proxy", "127.0.0.1:9", "8080"], "--forward"),
    (["listen", "--chat", "--broker", "8080"], "exclude each other"),
    (["listen", "-k", "--reply", "x", "--exec", "cat", "8080"], "exclude each other"),
    (["listen", "--forward-encoding", "gbk", "8080"], "--forward"),
    (["listen", "-1", "--chat", "8080"], "-1 excludes"),
    (["listen", "--hang-up", "8080"], "--reply"),
    (["listen", "--no-commands", "8080"], "--chat"),
    (["listen", "-m", "0", "8080"], "-m"),
    (["listen", "--max-queue", "12", "8080"], "1K"),
    (["listen", "--rate", "fast", "8080"], "--rate"),
]


@pytest.mark.parametrize("args, right", ADVICE, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_options_of_other_netcats_get_advice(args, right):
    assert right in refused(*args)


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_udp_is_refused_with_a_reason(role):
    assert re.search("UDP|TCP", refused(role, "-u", "127.0.0.1", "9"))


# Words that no netcat knows.

@pytest.mark.parametrize("args, quoted", [
    ([], ""),
    (["lisen", "8080"], "lisen"),
    (["127.0.0.1", "8080"], "127.0.0.1"),
    (["8080"], "8080"),
    ([""], ""),
    (["help", "lisen"], "lisen"),
    (["help", "listen", "connect"], "connect"),
    (["--unknown"], "--unknown"),
    (["listen", "--unknown", "8080"], "--unknown"),
    (["connect", "-y", "127.0.0.1", "9"], "-y"),
    (["connect", "-vy", "127.0.0.1", "9"], "-y"),
    (["connect", "127.0.0.1", "9", "--unknown=1"], "--unknown"),
    (["connect", "--verbose=yes", "127.0.0.1", "9"], "--verbose"),
], ids=" ".join)
def test_unknown_words_are_quoted(args, quoted):
    assert quoted in refused(*args)


@pytest.mark.parametrize("args, option", [
    (["listen", "-w", "1", "8080"], "-w"),
    (["listen", "--connect-timeout", "1", "8080"], "--connect-timeout"),
    (["listen", "-z", "8080"], "-z"),
    (["listen", "--probe", "8080"], "--probe"),
    (["listen", "-s", "127.0.0.1", "8080"], "-s"),
    (["listen", "--retry", "1", "8080"], "--retry"),
    (["connect", "--port-file", "f", "127.0.0.1", "9"], "--port-file"),
    (["connect", "--listen-timeout", "1", "127.0.0.1", "9"], "--listen-timeout"),
    (["connect", "-1", "127.0.0.1", "9"], "-1"),
    (["connect", "--once", "127.0.0.1", "9"], "--once"),
    (["connect", "-k", "127.0.0.1", "9"], "-k"),
    (["connect", "--keep-open", "127.0.0.1", "9"], "--keep-open"),
], ids=" ".join)
def test_option_of_the_other_command_is_named(args, option):
    sentence = refused(*args)
    assert option in sentence
    assert {"listen": "connect", "connect": "listen"}[args[0]] in sentence


@pytest.mark.parametrize("args, option", [
    (["connect", "127.0.0.1", "9", "-w"], "-w"),
    (["connect", "127.0.0.1", "9", "-s"], "-s"),
    (["connect", "127.0.0.1", "9", "-p"], "-p"),
    (["connect", "127.0.0.1", "9", "--retry"], "--retry"),
    (["listen", "8080", "-e"], "-e"),
    (["listen", "8080", "--encoding"], "--encoding"),
    (["listen", "8080", "-o"], "-o"),
    (["listen", "8080", "--port-file"], "--port-file"),
    (["listen", "8080", "--listen-timeout"], "--listen-timeout"),
    (["listen", "8080", "-vq"], "-q"),
    (["listen", "8080", "--transcript"], "--transcript"),
    (["listen", "8080", "--name"], "--name"),
    (["listen", "8080", "--color"], "--color"),
], ids=" ".join)
def test_missing_argument_names_the_option(args, option):
    assert option in refused(*args)


@pytest.mark.parametrize("args", [
    ["listen"],
    ["listen", "127.0.0.1"],
    ["listen", ""],
    ["listen", "a", "b", "c"],
    ["listen", "127.0.0.1:0", "0"],
    ["listen", "unix:/tmp/socket", "0"],
    ["connect"],
    ["connect", "127.0.0.1"],
    ["connect", "127.0.0.1", "9", "9"],
    ["connect", "127.0.0.1:9", "9"],
    ["connect", "unix:/tmp/socket", "9"],
    ["connect", "", "9"],
    ["connect", "127.0.0.1", ""],
    ["connect", ":9"],
    ["connect", "127.0.0.1:"],
    ["connect", "unix:"],
    ["listen", "unix:"],
], ids=" ".join)
def test_wrong_number_of_operands_is_refused(args):
    refused(*args)


# Numbers and durations.

@pytest.mark.parametrize("port", ["0", "65536", "-1", "+80", "abc", "80x", " 80", "99999999999999999999", "0x50"])
def test_bad_port_to_connect_to_is_quoted(port):
    assert port in refused("connect", "--", "127.0.0.1", port)
    assert port in refused("connect", "--", f"127.0.0.1:{port}")


@pytest.mark.parametrize("port", ["65536", "-1", "abc", "80x"])
def test_bad_port_to_listen_on_is_quoted(port):
    assert port in refused("listen", "--", port)


@pytest.mark.parametrize("port", ["abc", "-1", "65536", "", "1.5"])
def test_bad_source_port_is_quoted(port):
    assert port in refused("connect", f"--source-port={port}", "127.0.0.1", "9")


@pytest.mark.parametrize("operand, right", [
    ("::1:8080", "write tcpchat connect ::1 8080"), ("::1", "write tcpchat connect ::1 PORT"), ("1:2:3", "write HOST:PORT or [ADDRESS]:PORT"),
])
def test_ipv6_in_one_operand_needs_brackets(operand, right):
    assert refused("connect", operand).endswith(right)


@pytest.mark.parametrize("operand, quoted", [
    ("[::1", "[::1"), ("[::1]8080", "[::1]8080"), ("[]:8080", "[]"),
    ("[127.0.0.1:8080", "[127.0.0.1"),
])
def test_malformed_brackets_are_quoted(operand, quoted):
    assert quoted in refused("connect", operand)


@pytest.mark.parametrize("role, option", SECS_OPTIONS)
@pytest.mark.parametrize("duration", ["abc", "-1", "", "1x", "1.2.3", "nan", "inf", "1 s", "1msx", 17 * "9" + "h"])
def test_bad_duration_is_quoted(role, option, duration):
    sentence = refused(role, option, duration, *OPERANDS[role])
    assert option in sentence and duration in sentence


@pytest.mark.parametrize("duration", ["20", "20.5", "20000ms", "20s", "20.5s", "0.5m", "1h"])
def test_durations_take_units(listener, duration):
    run = use("connect", "-z", "-w", duration, "127.0.0.1", str(listener().port))
    assert (run.returncode, run.stderr) == (0, b"")


# Exclusions, and unusable charsets.

@pytest.mark.parametrize("one, other", [("-4", "-6"), ("--send-only", "--recv-only")])
@pytest.mark.parametrize("role", ["listen", "connect"])
def test_excluded_pairs_are_refused(role, one, other):
    for pair in ([one, other], [other, one]):
        sentence = refused(role, *pair, *OPERANDS[role])
        assert one in sentence and other in sentence


def test_once_and_keep_open_exclude_each_other():
    for pair in (["-1", "-k"], ["--keep-open", "--once"]):
        assert "-1 and -k" in refused("listen", *pair, "0")


@pytest.mark.parametrize("color", ["", "yes", "Always", "auto,never", "\x1b[31m"])
def test_bad_color_is_refused(color):
    sentence = refused("connect", f"--color={color}", "127.0.0.1", "9")
    assert "auto, always or never" in sentence and color.strip("\x1b") in sentence


@pytest.mark.parametrize("charsets", ["utf-8,gbk", "gbk,utf-8", "auto"])
@pytest.mark.parametrize("role", ["listen", "connect"])
def test_pipe_refuses_a_charset_list(role, charsets):
    assert charsets in refused(role, "-e", charsets, *OPERANDS[role])


@pytest.mark.parametrize("charset", [
    "nonsense", "", "utf-16", "UTF-16LE", "utf-32", "ucs-2", "utf-7", "iso-2022-jp", "ISO-2022-KR", "iso-2022-cn",
    "g b k", "你好", "gbk//IGNORE", "gbk//TRANSLIT", "gbk//", "utf-8//TRANSLIT", "gbk/", "EBCDIC-US",
])
@pytest.mark.parametrize("option", ["-e", "--local-encoding"])
def test_unusable_charsets_are_quoted(option, charset):
    assert charset.lower() in refused("connect", option, charset, "127.0.0.1", "9").lower()


@pytest.mark.parametrize("charsets", ["utf-8,gbk,big5", "gbk,big5", "utf-8,utf-8", "utf-8,nonsense", "utf-8,utf-16"])
def test_undetectable_charset_lists_are_quoted(charsets):
    sentence = refused("connect", "-e", charsets, "127.0.0.1", "9").lower()
    assert charsets in sentence or charsets.split(",")[1] in sentence


def test_bad_charset_is_refused_before_connecting(listener):
    there = listener()
    refused("connect", "-e", "nonsense", "127.0.0.1", str(there.port))
    there.socket.setblocking(False)
    with pytest.raises(BlockingIOError):
        there.socket.accept()


@pytest.mark.parametrize("options", [[], ["-e", "gbk"]], ids=" ".join)
def test_bad_preference_names_its_variable(options):
    sentence = refused("connect", *options, "127.0.0.1", "9", env=environment(TCPCHAT_LOCAL_ENCODING="nonsense"))
    assert "TCPCHAT_LOCAL_ENCODING" in sentence and "nonsense" in sentence


@pytest.mark.parametrize("variable, value", [
    ("TCPCHAT_COLOR", "blue"), ("TCPCHAT_TIMESTAMPS", "yes"), ("TCPCHAT_NO_HISTORY", "-1")])
def test_bad_terminal_preference_names_its_variable(variable, value):
    sentence = refused("connect", "127.0.0.1", "9", env=environment(**{variable: value}))
    assert variable in sentence and value in sentence


def test_advice_about_programs_is_for_e_alone():
    """Nobody starts a program with a variable, or with --forward-encoding."""
    advice = "(programs are started with --exec)"
    assert advice in refused("listen", "--chat", "-e", "gkb", "0")
    for args, env in [(["--chat"], {"TCPCHAT_ENCODING": "gkb"}), (["--forward=h:1", "--forward-encoding=gkb"], {})]:
        sentence = refused("listen", *args, "0", env=environment(**env))
        assert "did you mean gbk?" in sentence and advice not in sentence


# Preferences.

def test_command_line_wins_over_a_preference(conversation):
    run, peer = conversation("connect", "-e", "gbk", "--local-encoding", "utf-8",
                             env=environment(TCPCHAT_LOCAL_ENCODING="big5"))
    run.send("你好".encode())
    run.end_input()
    assert peer.recv(100) == "你好".encode("gbk")


def test_preference_counts_without_the_option(conversation):
    run, peer = conversation("connect", "-e", "utf-8", env=environment(TCPCHAT_LOCAL_ENCODING="gbk"))
    run.send("你好".encode("gbk"))
    run.end_input()
    assert peer.recv(100) == "你好".encode()


@pytest.mark.parametrize("charset", ["gbk", "auto", "nonsense"])
def test_encoding_preference_leaves_a_pipe_alone(conversation, charset):
    run, peer = conversation("connect", env=environment(TCPCHAT_ENCODING=charset))
    run.send("你好".encode())
    run.end_input()
    assert peer.recv(100) == "你好".encode()


# Places of options, and options accepted silently.

@pytest.mark.parametrize("args", [
    ["-z", "-w", "20", "HOST", "PORT"],
    ["HOST", "PORT", "-z", "-w", "20"],
    ["HOST", "-z", "PORT", "-w20"],
    ["-zw", "20", "HOST", "PORT"],
    ["--probe", "--connect-timeout=20", "--", "HOST", "PORT"],
    ["-zN", "HOST", "PORT"],
], ids=" ".join)
def test_options_may_follow_operands(listener, args):
    words = {"HOST": "127.0.0.1", "PORT": str(listener().port)}
    run = use("connect", *(words.get(arg, arg) for arg in args))
    assert (run.returncode, run.stdout, run.stderr) == (0, b"", b"")


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_option_n_is_accepted_silently(conversation, role):
    run, peer = conversation(role, "-N", stdin=subprocess.DEVNULL)
    assert peer.recv(1) == b""
    peer.close()
    ends(run, 0)
    assert b"-N" not in run.stderr


# Help and version.

@pytest.mark.parametrize("args", [["help"], ["--help"], ["-h"]], ids=" ".join)
def test_help_names_the_commands(args):
    text = helped(*args)
    assert "tcpchat listen" in text and "tcpchat connect" in text


@pytest.mark.parametrize("role, own, other", [
    ("listen", "--port-file", "--connect-timeout"),
    ("connect", "--connect-timeout", "--port-file"),
])
def test_command_help_lists_its_own_options(role, own, other):
    text = helped("help", role)
    assert own in text and other not in text
    assert "-e, --encoding" in text and "--idle-timeout" in text
    for args in (["--help"], ["-h"], ["127.0.0.1", "9", "--help"]):
        assert helped(role, *args) == text


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_command_help_has_no_empty_topic(role):
    headed = re.split(r"^(\w+): .+\n", helped("help", role), flags=re.M)[3:]  # behind usage
    rows = dict(zip(headed[::2], headed[1::2]))
    assert [topic for topic in rows if not re.search("^ +-", rows[topic], re.M)] == []
    assert "security" in rows and "time" in rows


def test_help_fits_a_terminal():
    for args in (["help"], ["help", "listen"], ["help", "connect"]):
        assert max(map(len, helped(*args).splitlines())) <= 100


@pytest.mark.parametrize("word, option, topic", [
    ("chat", "--chat", "people"), ("--chat", "--chat", "people"), ("encoding", "-e, --encoding LIST", "text"),
    ("-e", "-e, --encoding LIST", "text"), ("--enc", "-e, --encoding LIST", "text"), ("CHAT", "--chat", "people"),
    ("-4", "-4", "conversation"), ("--allow", "--allow LIST", "security"), ("-w", "-w, --connect-timeout SECS", "time"),
])
def test_help_of_an_option_has_its_row_and_its_topic(word, option, topic):
    row, more = helped("help", word).split("\n\n")
    assert re.match(rf" +{re.escape(option)}(  |$)", row, re.M)
    assert len(re.findall("^ {2,6}-", row, re.M)) == 1
    assert more == f"More: tcpchat help {topic}, man tcpchat\n"
    assert re.search(rf"^ +{re.escape(option)}(  |$)", helped("help", topic), re.M)


@pytest.mark.parametrize("word, topic", [("room", "people"), ("charset", "text"), ("Timeout", "time"), ("log", "files"),
                                         ("port", "conversation"), ("tls", "security"), ("shell", "programs"),
                                         ("FILES", "files"), ("LISTEN", "listen"), ("--connect", "connect")])
def test_word_for_a_topic_leads_there(word, topic):
    assert helped("help", word) == helped("help", topic)


@pytest.mark.parametrize("word, meant", [("encodng", "encoding"), ("peple", "people"), ("lisen", "listen"),
                                         ("--broken", "broker")])
def test_unknown_word_of_help_gets_the_closest(word, meant):
    assert refused("help", word) == f"there is no help about '{word}'; did you mean {meant}?"


def test_version_names_the_libraries():
    text = helped("--version")
    assert re.match(r"tcpchat \d", text)
    assert re.search(r"libuv \d+\.\d+.*, readline \d+\.\d+", text)
    assert re.search(r"iconv of (glibc|GNU libiconv) \d+\.\d+$", text, re.M)


# A word of the features -> its sign in the output of readelf.
FEATURES = {
    "pie": r"\(FLAGS_1\).*\bPIE\b",
    "relro": r"^ +GNU_RELRO ",
    "now": r"\(BIND_NOW\)|\(FLAGS\).*\bBIND_NOW\b|\(FLAGS_1\).*\bNOW\b",
    "noexec-stack": r"^ +GNU_STACK .* RW ",
    "asan": r" __asan_init\b",
}


@pytest.mark.parametrize("program", dict.fromkeys([TCPCHAT, os.environ.get("TCPCHAT_RELEASE", TCPCHAT)]))
def test_version_lists_features_in_force(program):
    text = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    words = re.search(r"^Features: (.+)$", text, re.M)[1].split()
    headers = subprocess.run(["readelf", "-Wld", "--dyn-syms", program], check=True, capture_output=True,
                             text=True).stdout
    assert len(words) == len(set(words))
    assert ("static" in words) != bool(re.search(r"^ +INTERP ", headers, re.M))
    for word, sign in FEATURES.items():
        assert (word in words) == bool(re.search(sign, headers, re.M)), word
    assert ("readline-static" in words) != ("readline-shared" in words)
    assert ("iconv-libiconv" in words) == bool(re.search(r"iconv of GNU libiconv", text))
    if any(word.startswith("fortify-") for word in words):
        assert re.search(r" __\w+_chk\b", headers)
    if "stack-protector" in words and "static" not in words:
        assert "__stack_chk_fail" in headers


@pytest.mark.parametrize("args", [["help"], ["help", "listen"], ["--help"], ["connect", "-h"], ["--version"]],
                         ids=" ".join)
def test_unwritable_help_is_a_failure(args):
    with open("/dev/full", "wb") as full:
        run = use(*args, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert run.returncode == 5
    assert "No space left on device" in one_sentence(run)


# Hostile words are quoted, never raw.

HOSTILE = [b"\x1b[31mred", b"\x1b]0;title\x07", b"two\nlines", b"\x7f\x08\r", b"\xff\xfe", b"\xc2\x9b31m", b"\xe4\xbd",
           "\u202eevil".encode()]
PLACES = [
    ("command", lambda word: [word]),
    ("help", lambda word: [b"help", word]),
    ("long option", lambda word: [b"listen", b"--" + word, b"0"]),
    ("short option", lambda word: [b"listen", b"-" + word, b"0"]),
    ("charset", lambda word: [b"listen", b"-e", word, b"0"]),
    ("duration", lambda word: [b"connect", b"-w", word, b"127.0.0.1", b"9"]),
    ("port", lambda word: [b"connect", b"127.0.0.1", word]),
    ("one operand", lambda word: [b"connect", word]),
    ("host", lambda word: [b"connect", b"-n", word, b"9"]),
    ("socket", lambda word: [b"connect", b"unix:/nonexistent/" + word]),
    ("output", lambda word: [b"connect", b"-o", b"/nonexistent/" + word, b"127.0.0.1", b"9"]),
]


def is_harmless(character):
    return unicodedata.category(character) not in ("Cc", "Cf", "Zl", "Zp", "Co", "Cn", "Cs")


@pytest.mark.parametrize("word", HOSTILE, ids=repr)
@pytest.mark.parametrize("place", [make for _, make in PLACES], ids=[name for name, _ in PLACES])
def test_hostile_words_are_quoted(place, word):
    run = use(*place(word))
    assert run.returncode in (1, 2, 5) and run.stdout == b"", run
    assert all(map(is_harmless, one_sentence(run))), run.stderr
