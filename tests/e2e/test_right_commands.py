# SPDX-License-Identifier: GPL-3.0-or-later
"""The command that a sentence about a mistake names is one: a shell runs it, and it is not refused in turn."""
import os
import re
import shlex
import socket
import subprocess

import pytest

from harness import PATIENCE, TCPCHAT, environment, one_sentence
from test_mistakes import MISTAKES, RIGHT, link_local_interfaces, run

INTERFACE = (link_local_interfaces() or ["INTERFACE"])[0]

# Mistakes as a shell reads them, and the words behind `write tcpchat`.
LINES = {
    # zones
    "connect http://[fe80::1%25lo]:80/": "connect fe80::1%lo 80",
    "connect http://[fe80::1]:80/": f"connect fe80::1%{INTERFACE} 80",
    "connect fe80::1,80": f"connect fe80::1%{INTERFACE} 80",
    "connect 80 fe80::1": f"connect fe80::1%{INTERFACE} 80",
    "connect fe80::1%25lo:80": "connect fe80::1%lo 80",
    "connect fe80::1": f"connect fe80::1%{INTERFACE} PORT",
    "connect fe80::1%0 80": f"connect fe80::1%{INTERFACE} 80",
    "connect -s fe80::1 ::1 80": f"connect -s fe80::1%{INTERFACE} ::1 80",
    "connect -sfe80::1%0 ::1 80": f"connect -sfe80::1%{INTERFACE} ::1 80",
    "connect --source=::1%25lo ::1 80": "connect --source=::1 ::1 80",
    "connect http://[::1%25lo]:80/": "connect ::1 80",
    "connect ::1%lo 80": "connect ::1 80",
    "listen --forward fe80::1 8080": f"listen --forward '[fe80::1%{INTERFACE}]:PORT' 8080",
    # quotes
    "listen 8080 '*'": "listen '*' 8080",
    "connect 80 'a b'": "connect 'a b' 80",
    "connect 'http://a b/'": "connect 'a b' 80",
    "listen 8080 '~'": "listen '~' 8080",
    # URLs
    "connect http://h:99999/": "connect h PORT",
    "connect http://h:/": "connect h 80",
    "connect http://h:abc/": "connect h PORT",
    "connect h:99999/": "connect h PORT",
    "connect http:host:80": "connect host 80",
    "connect http:/host": "connect host 80",
    "connect http://": "connect HOST 80",
    "connect http:///path": "connect HOST 80",
    "connect file:///x": "connect HOST PORT",
    "connect http://[::1:80/": "connect HOST 80",
    "connect http://::1/": "connect ::1 80",
    "connect http://::1:80/": "connect ::1 80",
    "connect foo://h/ -v": "connect h PORT -v",
    "connect mailto:me@h": "connect h PORT",
    "connect http://h: 8080": "connect h 8080",
    "connect 8080 http://h/": "connect h 8080",
    "connect h http://": "connect h 80",
    "connect host 80/path": "connect host 80",
    "connect host '80?x=1'": "connect host 80",
    "connect host :80/": "connect host 80",
    "listen --forward http://h/ 8080": "listen --forward h:80 8080",
    # paths
    "connect /nowhere/x.sock": "connect unix:/nowhere/x.sock",
    "connect 80 /nowhere/x": "connect unix:/nowhere/x",
    "connect -4 ./x.sock 80": "connect unix:./x.sock",
    "listen '/nowhere/x y' -k": "listen 'unix:/nowhere/x y' -k",
    "listen ../nowhere/x": "listen unix:../nowhere/x",
    "listen run/x.sock": "listen unix:run/x.sock",
    "listen --forward /nowhere/x.sock 8080": "listen --forward unix:/nowhere/x.sock 8080",
    "connect unix:/nowhere/x.sock 80": "connect unix:/nowhere/x.sock",
    "listen 8080 unix:/nowhere/x": "listen unix:/nowhere/x",
    "connect UNIX:/nowhere/x.sock": "connect unix:/nowhere/x.sock",
    "listen UNIX-LISTEN:/nowhere/x.sock,fork": "listen unix:/nowhere/x.sock",
    "/nowhere/x.sock": "connect unix:/nowhere/x.sock",
    # families and brackets
    "listen -4 ::": "listen :: PORT",
    "listen -v4k :: 8080": "listen -vk :: 8080",
    "listen -6 0.0.0.0": "listen 0.0.0.0 PORT",
    "connect -4 http://[::1]:80/": "connect ::1 80",
    "listen ::": "listen :: PORT",
    "connect ::1 -v": "connect ::1 PORT -v",
    "connect [::1]": "connect ::1 PORT",
    "connect ::1:80": "connect ::1 80",
    "connect [::1]80": "connect ::1 80",
    "listen :::8080": "listen :: 8080",
    "listen ::8080": "listen :: 8080",
    "listen --forward [::1] 8080": "listen --forward '[::1]:PORT' 8080",
    # addresses that TCP has not
    "listen ff02::1 8080": "listen 8080",
    "listen -v 224.0.0.1:8080": "listen -v 8080",
    "connect -s ff02::1 ::1 80": "connect -s ADDR ::1 80",
    "connect -s 255.255.255.255 127.0.0.1 80": "connect -s ADDR 127.0.0.1 80",
    "listen 255.255.255.255": "listen PORT",
    "connect ff02::1%lo 80": "connect HOST 80",
    "connect ::ffff:224.0.0.1 80": "connect HOST 80",
    "listen --forward [ff02::1]:80 0": "listen --forward HOST:80 0",
    # half an address
    "connect h -e gbk": "connect h PORT -e gbk",
    "connect h:": "connect h PORT",
    "connect h,": "connect h PORT",
    "connect 8080 -v": "connect HOST 8080 -v",
    "listen 127.0.0.1": "listen 127.0.0.1 PORT",
    "connect 0 h": "connect h PORT",
    "connect 80 0": "connect HOST PORT",
    "listen 8080:8090": "listen 8090",
    "connect http host:80": "connect host:80",
    "listen --forward h, 8080": "listen --forward h:PORT 8080",
    # more mistakes than one
    "connect “fe80::1%25lo” 80": "connect fe80::1%lo 80",
    "connect -4 http://[fe80::1%25lo]:0/": "connect fe80::1%lo PORT",
}


def wrapper(folder):
    """A `tcpchat` that a shell finds, and that waits for nobody."""
    program = folder / "tcpchat"
    program.write_text("#!/bin/sh\ncommand=$1\nshift\ncase $command in\n"
                       f'connect) exec timeout 5 "{TCPCHAT}" connect -w 0.2 "$@" ;;\n'
                       f'listen) exec timeout 5 "{TCPCHAT}" listen --listen-timeout 0.02 "$@" ;;\n'
                       f'*) exec "{TCPCHAT}" "$command" "$@" ;;\nesac\n')
    program.chmod(0o755)


def commands_of(sentence):
    """Each `tcpchat COMMAND` of the sentence, with a word for each that is missing."""
    for found in re.split(r"\bor (?=tcpchat )", sentence.partition("write tcpchat ")[2]):
        command = "tcpchat " + found.removeprefix("tcpchat ").strip()
        port = "0" if " listen " in f" {command} " and "--forward" not in command else "9"
        for missing, word in (("[HOST]", "127.0.0.1"), ("HOST", "127.0.0.1"), ("PORT", port), ("ADDR", "127.0.0.1"),
                              ("INTERFACE", "lo"), ("SECS", "1")):
            command = command.replace(missing, word)
        yield command


ALL_LINES = [line for rows in RIGHT.values() for line, _ in rows] + [shlex.join(args) for args, _ in MISTAKES.values()] + list(LINES)


@pytest.mark.parametrize("line", ALL_LINES)
def test_right_command_is_not_refused(line, tmp_path):
    sentence = one_sentence(run(*shlex.split(line)))
    wrapper(tmp_path)
    for command in commands_of(sentence) if "write tcpchat " in sentence else []:
        shell = "bash" if "$'" in command else "sh"
        tried = subprocess.run([shell, "-c", command], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                               env=environment(PATH=f"{tmp_path}:{os.environ['PATH']}"))
        assert tried.returncode not in (2, 126, 127), (sentence, tried.stderr.decode())


@pytest.mark.parametrize("line", LINES)
def test_right_command_is_named(line):
    refused = run(*shlex.split(line))
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert one_sentence(refused).endswith(f"write tcpchat {LINES[line]}")


@pytest.mark.parametrize("line, right", [("listen 8080-8090", "'8080-8090' is a range"), ("connect 80..90", "'80..90' is a range"),
                                         ("listen 80,443", "'80,443' is a list")])
def test_several_ports_in_one_word_are_named(line, right):
    assert one_sentence(run(*line.split())) == f"{right}; name one port, and loop in the shell"


def test_path_of_a_socket_is_known_by_its_file(tmp_path):
    with socket.socket(socket.AF_UNIX) as listening:
        (tmp_path / "run").mkdir()
        listening.bind(str(tmp_path / "run/chat"))
        sentence = one_sentence(run("connect", "run/chat", cwd=tmp_path))
    assert sentence == "'run/chat' is a path and no host; write tcpchat connect unix:run/chat"


@pytest.mark.parametrize("args, why", [(["connect", "fe80::1%0", "80"], "'fe80::1%0' needs the interface that it is at"),
                                       (["listen", "ff02::1", "80"], "'ff02::1' is a multicast address, and TCP has none"),
                                       (["connect", "255.255.255.255", "80"], "'255.255.255.255' is a broadcast address, and TCP has none")],
                         ids=lambda value: value if isinstance(value, str) else value[1])
def test_address_that_no_host_has_is_explained(args, why):
    assert one_sentence(run(*args)).startswith(f"{why}; write ")


@pytest.mark.parametrize("args", [["connect", "fe80::1%999999", "80"], ["listen", "fe80::1%999999", "0"],
                                  ["connect", "-s", "fe80::1%nope", "::1", "80"]], ids=" ".join)
def test_unknown_interface_is_named(args):
    failed = run(*args)
    assert failed.returncode == 1
    assert re.search("cannot resolve fe80::1%.*: there is no interface '(999999|nope)', only ", one_sentence(failed))


@pytest.mark.parametrize("line, sentence", [
    ("connect bfe80--1.test 80", "cannot connect to bfe80--1.test:80: the address needs the interface that it is at"),
    ("connect a224-0-0-1.test 80", "cannot connect to a224-0-0-1.test:80: the address is a multicast address, and TCP has none"),
    ("listen bff02--1.test 80", "cannot listen on [ff02::1]:80: the address is a multicast address, and TCP has none"),
])
def test_address_of_a_name_is_explained(line, sentence, resolver):
    """The system says "Invalid argument" and the like."""
    failed = subprocess.run([TCPCHAT, *line.split()], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, env=resolver)
    assert (failed.returncode, one_sentence(failed)) == (1, sentence)


def test_descriptor_without_a_command_is_listened_at():
    with socket.create_server(("127.0.0.1", 0)) as inherited:
        fd = inherited.fileno()
        sentence = one_sentence(run(f"fd:{fd}", pass_fds=[fd]))
    assert sentence == f"'fd:{fd}' has no command before it; write tcpchat listen fd:{fd}"
