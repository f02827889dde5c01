# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong use of what is for many peers: exit 2 and one sentence that names what is wrong."""
import os
import socket
import subprocess

import pytest

from harness import PATIENCE, TCPCHAT, environment


def refused(*args, **env):
    """The sentence with which a wrong use is refused."""
    run = subprocess.run([TCPCHAT, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                         env=environment(**env))
    assert (run.returncode, run.stdout) == (2, b""), run
    line, = run.stderr.decode().splitlines()
    assert line.startswith("tcpchat: ")
    return line


HANDLERS = {"--chat": ["--chat"], "--broker": ["--broker"], "--reply": ["--reply", "x"]}


@pytest.mark.parametrize("one", HANDLERS)
@pytest.mark.parametrize("other", HANDLERS)
def test_two_handlers_are_refused(one, other):
    if one < other:
        sentence = refused("listen", *HANDLERS[one], *HANDLERS[other], "127.0.0.1", "0")
        assert one in sentence and other in sentence


@pytest.mark.parametrize("one_way, advice", [("--send-only", ">/dev/null"), ("--recv-only", "</dev/null")])
@pytest.mark.parametrize("room", ["--chat", "--broker"])
def test_one_way_room_is_refused(room, one_way, advice):
    """It would relay all the same."""
    sentence = refused("listen", room, one_way, "127.0.0.1", "0")
    assert room in sentence and one_way in sentence and advice in sentence


@pytest.mark.parametrize("one_way", ["--send-only", "--recv-only"])
@pytest.mark.parametrize("handler", [["--reply", "x"], ["--exec", "cat"], ["--sh-exec", "cat"], ["--forward", "h:1"]],
                         ids=lambda handler: handler[0])
def test_one_way_handler_is_refused(handler, one_way):
    sentence = refused("listen", *handler, one_way, "127.0.0.1", "0")
    assert handler[0] in sentence and one_way in sentence and "standard input" in sentence


@pytest.mark.parametrize("other", [["--exec", "cat"], ["--sh-exec", "cat"], ["-o", "kept"], ["-x", "kept"],
                                   ["--transcript", "kept"]], ids=lambda other: other[0])
def test_probe_refuses_options_for_data(tmp_path, monkeypatch, other):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kept").write_text("kept")
    sentence = refused("connect", "-z", *other, "127.0.0.1", "1")
    assert sentence.startswith(f"tcpchat: -z and {other[0]} exclude each other")
    assert (tmp_path / "kept").read_text() == "kept"


@pytest.mark.parametrize("command, option", [
    ("connect", ["-4"]), ("connect", ["-6"]), ("connect", ["-s", "127.0.0.1"]), ("connect", ["-p", "5000"]),
    ("listen", ["-4"]), ("listen", ["-6"])], ids=lambda value: value if isinstance(value, str) else value[0])
def test_unix_path_refuses_options_of_tcp(command, option):
    assert refused(command, *option, "unix:no/such").startswith(f"tcpchat: {option[0]} is for TCP")


@pytest.mark.parametrize("args, word", [
    (["--hang-up"], "--reply"),
    (["--hang-up", "--chat"], "--reply"),
    (["-1", "--chat"], "--chat"),
    (["--once", "--broker"], "--broker"),
    (["-1", "-k"], "-k"),
    (["--no-commands"], "--chat"),
    (["--no-commands", "--broker"], "--chat"),
    (["-1", "-e", "utf-8,gbk"], "utf-8,gbk"),
    (["-m", "0"], "-m"),
    (["-m", "-1"], "-m"),
    (["-m", "many"], "many"),
    (["-m", "99999999999"], "99999999999"),
    (["--max-peers="], "--max-peers"),
    (["--max-queue", "0"], "--max-queue"),
    (["--max-queue", "x"], "--max-queue"),
    (["--max-queue", "99999G"], "--max-queue"),
    (["--rate", "5"], "--chat"),
    (["-k", "--rate", "5"], "--chat"),
    (["--broker", "--rate", "0"], "--chat"),
    (["--chat", "--rate", "fast"], "fast"),
    (["--chat", "--rate", "-1"], "--rate"),
    (["--chat", "--rate", "nan"], "nan"),
    (["--chat", "--rate", "inf"], "inf"),
    (["--reply"], "--reply"),
    (["--chat", "-e", "utf-16"], "-e"),
    (["--chat", "--name", "a b"], "a b"),
    (["--chat", "--name", "* peer2"], "* peer2"),
    (["--chat", "--name", "a\u202eb"], "no name"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_wrong_use_is_refused_with_advice(args, word):
    if args == ["--reply"]:
        assert word in refused("listen", "127.0.0.1", "0", *args)
    else:
        assert word in refused("listen", *args, "127.0.0.1", "0")


@pytest.mark.parametrize("name, why", [("John Smith", "blanks"), ("* peer2", "no name"), ("peer7", "by number"),
                                       ("-you", "begins with no letter"), ("x" * 40, "too long")])
def test_bad_name_names_its_variable(name, why):
    sentence = refused("listen", "--chat", "127.0.0.1", "0", TCPCHAT_NAME=name)
    assert sentence.startswith("tcpchat: TCPCHAT_NAME: ") and name in sentence and why in sentence
    sentence = refused("listen", "--chat", "--name", name, "127.0.0.1", "0", TCPCHAT_NAME="mei")
    assert sentence.startswith("tcpchat: --name: ") and name in sentence and why in sentence


@pytest.mark.parametrize("options", [["-k"], ["--broker"], ["--reply", "x"], []], ids=" ".join)
def test_bad_name_of_a_profile_is_ignored_in_pipes(tcpchat, options):
    listening = tcpchat("listen", *options, "127.0.0.1", 0, env=environment(TCPCHAT_NAME="John Smith"))
    with socket.create_connection(("127.0.0.1", listening.port), PATIENCE) as peer:
        peer.sendall(b"hello\n")
        assert listening.read(6) == b"hello\n"


@pytest.mark.parametrize("option", [["-k"], ["-1"], ["--chat"], ["--broker"], ["--reply", "x"], ["--hang-up"],
                                    ["-m", "3"], ["--max-queue", "1M"], ["--rate", "5"], ["--no-commands"]], ids=" ".join)
def test_options_of_listen_are_refused_for_connect(option):
    sentence = refused("connect", *option, "127.0.0.1", "9")
    assert option[0] in sentence and "listen" in sentence


def test_encoding_of_a_program_advises_exec():
    assert "--exec" in refused("listen", "-k", "-e", "/bin/sh", "127.0.0.1", "0")


def test_reply_that_is_not_text_is_refused():
    run = subprocess.run([os.fsencode(TCPCHAT), b"listen", b"--reply", b"\xff", b"-e", b"gbk", b"127.0.0.1", b"0"],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, env=environment())
    assert run.returncode == 2 and b"--reply" in run.stderr


# A wrong use is told before any file is opened, so that a slip destroys no file.

@pytest.mark.parametrize("args", [
    ["listen", "-k", "-e", "gbk", "--forward", "127.0.0.1:9", "127.0.0.1", "0"],
    ["listen", "--forward", "127.0.0.1:9", "--forward-encoding", "gbk", "127.0.0.1", "0"],
    ["listen", "-n", "--forward", "localhost:9", "127.0.0.1", "0"],
    ["listen", "-4", "--forward", "[::1]:9", "127.0.0.1", "0"],
    ["listen", "--chat", "--name", "a b", "127.0.0.1", "0"],
    ["listen", "--chat", "--name", "peer1", "127.0.0.1", "0"],
    ["listen", "--chat", "-e", "nonsense", "127.0.0.1", "0"],
    ["listen", "--reply", b"\xff", "-e", "gbk", "127.0.0.1", "0"],
    ["listen", "-k", "--allow", "nonsense", "127.0.0.1", "0"],
    ["listen", "-k", "--rate", "5", "127.0.0.1", "0"],
    ["listen", "-4", "::1", "0"],
    ["listen", "-n", "localhost", "0"],
    ["listen", "--exec", " \t", "127.0.0.1", "0"],
    ["connect", "--exec", "", "127.0.0.1", "9"],
    ["connect", "-s", "nonsense", "127.0.0.1", "9"],
    ["connect", "-6", "127.0.0.1", "9"],
    ["connect", "-n", "localhost", "9"],
    ["connect", "-e", "nonsense", "127.0.0.1", "9"],
], ids=repr)
def test_wrong_use_writes_no_file(args, tmp_path):
    kept = {option: tmp_path / f"kept{option}" for option in ("-o", "-x", "--transcript", "--port-file")}
    new = {option: tmp_path / f"new{option}" for option in kept}
    for file in kept.values():
        file.write_text("kept\n")
    for files in (kept, new):
        options = [word for option, file in files.items() if args[0] == "listen" or option != "--port-file"
                   for word in (option, file)]
        run = subprocess.run([TCPCHAT, args[0], *options, *args[1:]], stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=PATIENCE, env=environment())
        assert (run.returncode, run.stdout) == (2, b""), run
        assert len(run.stderr.splitlines()) == 1
    assert {file.read_text() for file in kept.values()} == {"kept\n"}
    assert not any(file.exists() for file in new.values())


def test_file_that_cannot_be_opened_is_status_5(tmp_path):
    run = subprocess.run([TCPCHAT, "listen", "--chat", "-o", tmp_path / "no" / "such", "127.0.0.1", "0"],
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, env=environment())
    assert run.returncode == 5 and b"cannot write" in run.stderr
