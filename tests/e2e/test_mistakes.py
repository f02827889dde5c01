# SPDX-License-Identifier: GPL-3.0-or-later
"""A common mistake on the command line gets one sentence with the right command, and exit 2 or 1."""
import ctypes
import os
import re
import shlex
import socket
import subprocess

import pytest

from harness import PATIENCE, TCPCHAT, environment, one_sentence

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET, PR_CAPBSET_DROP, CAP_NET_BIND_SERVICE = 0x40000000, 24, 10

MISTAKES = {
    "url": (["connect", "http://example.org:80/"], "is a URL; write tcpchat connect example.org 80"),
    "url_without_a_port": (["connect", "https://example.org/a?b"], "write tcpchat connect --tls example.org 443"),
    "url_beside_a_port": (["connect", "http://example.org/", "8080"], "write tcpchat connect example.org 8080"),
    "url_of_an_ipv6_address": (["connect", "http://[::1]:80/"], "write tcpchat connect ::1 80"),
    "url_to_listen_at": (["listen", "tcp://0.0.0.0:8080"], "write tcpchat listen 0.0.0.0 8080"),
    "url_to_forward_to": (["listen", "--forward", "http://[::1]:80/", "0"], "write tcpchat listen --forward '[::1]:80' 0"),
    "host_alone_to_forward_to": (["listen", "--forward", "h", "0"], "'h' has no port; write tcpchat listen --forward h:PORT 0"),
    "path_behind_the_port": (["connect", "example.org:80/path"], "write tcpchat connect example.org 80"),
    "user_before_the_host": (["connect", "me@example.org", "80"], "write tcpchat connect example.org 80"),
    "port_before_the_host": (["connect", "8080", "localhost"], "write tcpchat connect localhost 8080"),
    "port_before_the_host_in_one_word": (["connect", "8080:localhost"], "write tcpchat connect localhost 8080"),
    "port_before_the_address": (["listen", "8080", "0.0.0.0"], "write tcpchat listen 0.0.0.0 8080"),
    "port_twice": (["listen", "8080", "8081"], "write tcpchat listen 8081"),
    "port_twice_to_connect_to": (["connect", "8080", "http"], "write tcpchat connect HOST http"),
    "source_port_for_the_port": (["connect", "-p", "8080", "localhost"], "write tcpchat connect localhost 8080"),
    "port_without_a_host": (["connect", ":8080"], "write tcpchat connect HOST 8080"),
    "em_dash": (["listen", "—k", "8080"], "write tcpchat listen -k 8080"),
    "en_dash_at_the_end": (["listen", "127.0.0.1", "8080", "–k"], "write tcpchat listen 127.0.0.1 8080 -k"),
    "em_dash_for_two_hyphens": (["connect", "—encoding=gbk", "h", "1"], "write tcpchat connect --encoding=gbk h 1"),
    "em_dash_in_front": (["—k", "8080"], "write tcpchat listen -k 8080"),
    "value_behind_a_dash": (["connect", "-e—gbk", "h", "1"], "-e, --encoding: '—gbk' is not written in ASCII; write gbk"),
    "full_width_value_that_is_wrong": (["connect", "-e", "ｇｋｂ", "h", "1"], "'gkb' is no charset that this system knows; did you mean gbk?"),
    "full_width_digits": (["listen", "８０８０"], "write tcpchat listen 8080"),
    "full_width_colon": (["connect", "localhost：8080"], "write tcpchat connect localhost:8080"),
    "full_width_address": (["connect", "127。0。0。1", "８０"], "write tcpchat connect 127.0.0.1 80"),
    "dash_as_an_address": (["connect", "-s", "—", "h", "1"], "-s takes a numeric address of this machine, not '—'"),
    "full_width_seconds": (["connect", "-w", "１０", "h", "1"], "-w, --connect-timeout: '１０' is not written in ASCII; write 10"),
    "zone_as_in_a_url": (["connect", "fe80::1%25lo", "80"], "write tcpchat connect fe80::1%lo 80"),
    "zone_as_in_a_url_to_listen_at": (["listen", "[fe80::1%25lo]:80"], "write tcpchat listen fe80::1%lo 80"),
    "connect_timeout_of_listen": (["listen", "-w", "1", "8080"], "--listen-timeout"),
    "connect_timeout_of_listen_by_name": (["listen", "--connect-timeout=1", "8080"], "--listen-timeout"),
    "source_of_listen": (["listen", "-s", "127.0.0.1", "8080"], "tcpchat listen ADDR PORT"),
    "beginning_of_a_word": (["connect", "--on-bad-text", "esc", "h", "1"], "did you mean escape?"),
    "mistyped_word": (["connect", "--color", "alway", "h", "1"], "did you mean always?"),
    "word_in_capitals": (["connect", "--color", "Never", "h", "1"], "did you mean never?"),
    "ssl": (["connect", "--ssl", "h", "1"], "--tls"),
    "mapped_ipv4": (["listen", "::ffff:127.0.0.1", "8080"], "write tcpchat listen 127.0.0.1 8080"),
    "mapped_ipv4_without_a_port": (["listen", "::ffff:127.0.0.1"], "write tcpchat listen 127.0.0.1 PORT"),
    "mapped_ipv4_in_brackets": (["listen", "[::ffff:127.0.0.1]:80"], "write tcpchat listen 127.0.0.1 80"),
    "empty_operand": (["listen", ""], "'' is empty, perhaps a variable that is not set; write tcpchat listen [HOST] PORT"),
    "empty_port": (["connect", "h", ""], "write tcpchat connect HOST PORT"),
    "netmask": (["listen", "--allow", "127.0.0.0:255.255.0.0", "0"], "write 127.0.0.0/16"),
    "netmask_behind_a_slash": (["listen", "--deny", "10.1.2.3/255.0.0.0", "0"], "write 10.0.0.0/8"),
    "port_of_an_admitted_address": (["listen", "--allow", "127.0.0.1:80", "0"], "--allow: '127.0.0.1:80' has a port, which has no place here; write 127.0.0.1"),
    "netmask_with_holes": (["listen", "--allow", "10.0.0.0:255.0.255.0", "0"], "has a netmask with holes; write several ranges"),
    "auto_in_a_list": (["connect", "-e", "auto,gbk", "h", "1"], "'auto,gbk': auto stands alone; a list is utf-8 and one other charset"),
    "raw_in_a_list": (["connect", "-e", "utf-8,RAW", "h", "1"], "'utf-8,RAW': raw stands alone"),
    "auto_mistyped": (["connect", "-e", "aut", "h", "1"], "'aut' is no charset; did you mean auto?"),
    "raw_mistyped": (["listen", "-e", "RWA", "0"], "'RWA' is no charset; did you mean raw?"),
    "no_command": (["localhost", "8080"], "write tcpchat connect localhost 8080"),
    "no_command_before_a_port": (["8080"], "write tcpchat listen 8080"),
    "no_command_before_a_url": (["http://localhost:80/"], "write tcpchat connect localhost 80"),
    "listening_as_with_nc": (["-lvp", "8080"], "write tcpchat listen -v 8080"),
    "listening_as_with_nc_in_two_words": (["-k", "-l", "8080"], "write tcpchat listen -k 8080"),
    "listening_twice": (["listen", "-lk", "8080"], "write tcpchat listen -k 8080"),
    "connecting_to_listen": (["connect", "-l", "-p", "8080"], "write tcpchat listen 8080"),
}

# Each is a command line as a shell splits it, and the end of the sentence.
RIGHT = {
    "the port is an operand": [
        ("listen --port 8080", "write tcpchat listen 8080"),
        ("listen --port=8080 -k", "write tcpchat listen 8080 -k"),
        ("listen -port 8080", "write tcpchat listen 8080"),
        ("listen --port= 8080", "write tcpchat listen 8080"),
        ("listen --port", "write tcpchat listen PORT"),
        ("listen --PORT 8080", "write tcpchat listen 8080"),
        ("listen -p 8080", "write tcpchat listen 8080"),
        ("listen -kvp 8080", "write tcpchat listen -kv 8080"),
        ("listen -p8080 127.0.0.1", "write tcpchat listen 127.0.0.1 8080"),
        ("listen --port 8080 --host ::1 -k", "write tcpchat listen ::1 8080 -k"),
        ("connect localhost --port 8080 -e gbk", "write tcpchat connect localhost 8080 -e gbk"),
    ],
    "the host is an operand": [
        ("connect --host localhost --port 8080", "write tcpchat connect localhost 8080"),
        ("connect --hostname=localhost 8080", "write tcpchat connect localhost 8080"),
        ("connect -host localhost 8080", "write tcpchat connect localhost 8080"),
        ("connect -p 5000 --host h 80", "write tcpchat connect -p 5000 h 80"),
        ("listen --bind 0.0.0.0 8080", "write tcpchat listen 0.0.0.0 8080"),
    ],
    "which port? '8080' is the": [
        ("listen --idle 8080", "SECS of --idle-timeout; write tcpchat listen --idle 8080 PORT"),
        ("listen --hex 8080", "FILE of --hex-dump; write tcpchat listen --hex 8080 PORT"),
        ("listen 127.0.0.1 -o 8080", "FILE of --output; write tcpchat listen 127.0.0.1 -o 8080 PORT"),
        ("connect localhost -w 8080", "SECS of --connect-timeout; write tcpchat connect localhost -w 8080 PORT"),
    ],
    "is not written in ASCII": [
        ("connect --encoding—gbk h 1", "write tcpchat connect --encoding=gbk h 1"),
        ("listen --name–李 8080 -v", "write tcpchat listen --name=李 8080 -v"),
        ("listen --keep—open 8080", "write tcpchat listen --keep-open 8080"),
        ("listen -k—v 8080", "write tcpchat listen -kv 8080"),
        ("connect localhost，8080", "write tcpchat connect localhost 8080"),
        ("connect localhost、8080 -v", "write tcpchat connect localhost 8080 -v"),
        ("connect localhost：8080", "write tcpchat connect localhost:8080"),
        ("connect localhost:8080。", "write tcpchat connect localhost:8080"),
        ("connect localhost 8080。", "write tcpchat connect localhost 8080"),
        ("connect localhost\u30008080", "write tcpchat connect localhost 8080"),
        ("listen 127.0.0.1，8080", "write tcpchat listen 127.0.0.1 8080"),
        ("listen --forward h，80 8080", "write tcpchat listen --forward h:80 8080"),
        ("listen --allow 10.0.0.1，10.0.0.2 8080", "--allow: '10.0.0.1，10.0.0.2' is not written in ASCII; write 10.0.0.1,10.0.0.2"),
        ("listen --deny 10.0.0.0／8 8080", "write 10.0.0.0/8"),
        ("connect -s 127。0。0。1 h 80", "write 127.0.0.1"),
    ],
    "in place of a blank": [
        ("connect localhost,8080", "has a comma in place of a blank; write tcpchat connect localhost 8080"),
        ("connect 'localhost;8080'", "write tcpchat connect localhost 8080"),
        ("connect localhost@8080", "write tcpchat connect localhost 8080"),
        ("connect localhost/8080", "write tcpchat connect localhost 8080"),
        ("connect ::1,8080", "write tcpchat connect ::1 8080"),
    ],
    "is one word for the shell": [
        ("connect 'localhost 8080'", "write tcpchat connect localhost 8080"),
        ("connect -e gbk 'localhost 8080' -v", "write tcpchat connect -e gbk localhost 8080 -v"),
    ],
    "has blanks around it": [
        ("listen ' 8080'", "write tcpchat listen 8080"),
        ("connect 'localhost ' 8080", "write tcpchat connect localhost 8080"),
    ],
    "has punctuation around it": [
        ("connect localhost:8080.", "write tcpchat connect localhost:8080"),
        ("connect localhost: 8080", "write tcpchat connect localhost 8080"),
        ("connect localhost :8080", "write tcpchat connect localhost 8080"),
        ("listen 8080.", "write tcpchat listen 8080"),
        ("connect localhost, 8080;", "write tcpchat connect localhost 8080"),
        ("connect '(localhost' '8080)'", "write tcpchat connect localhost 8080"),
        ("listen +8080", "write tcpchat listen 8080"),
    ],
    "has quotes that the shell does not know": [
        ("connect “localhost” 8080", "write tcpchat connect localhost 8080"),
        ("connect “localhost:8080”", "write tcpchat connect localhost:8080"),
        ("connect 「localhost」 ‘8080’", "write tcpchat connect localhost 8080"),
        ("""connect '"localhost"' 8080""", "write tcpchat connect localhost 8080"),
        ("listen «8080»", "write tcpchat listen 8080"),
    ],
    "has characters that are not seen": [
        ("connect \u200blocalhost 8080", "write tcpchat connect localhost 8080"),
        ("listen \ufeff8080", "write tcpchat listen 8080"),
    ],
    "is more than a host and a port": [
        ("connect user@localhost 8080", "write tcpchat connect localhost 8080"),
        ("connect user@localhost:8080", "write tcpchat connect localhost 8080"),
    ],
    "is a URL": [
        ("connect http：//localhost：8080/", "write tcpchat connect localhost 8080"),
        ("connect -v http://localhost:8080/ -e gbk", "write tcpchat connect -v localhost 8080 -e gbk"),
    ],
    "has the port in front of the host": [
        ("connect 8080@localhost", "write tcpchat connect localhost 8080"),
    ],
    "is too much: the word before it has a port": [
        ("connect localhost:8080 8080", "write tcpchat connect localhost:8080"),
        ("connect localhost:8080 9090", "'9090' is too much: the word before it has a port; write tcpchat connect localhost:8080"),
        ("connect [::1]:80 80 -v", "write tcpchat connect '[::1]:80' -v"),
    ],
    "a port is a decimal number": [
        ("listen 0x1F90", "write tcpchat listen 8080"),
        ("connect localhost 0x1f90", "write tcpchat connect localhost 8080"),
        ("connect localhost:0x1f90", "write tcpchat connect localhost 8080"),
        ("listen 8,080", "write tcpchat listen 8080"),
        ("listen 8080/tcp", "write tcpchat listen 8080"),
    ],
    "is an address of another program": [
        ("connect tcp:localhost:8080", "write tcpchat connect localhost 8080"),
        ("listen TCP-LISTEN:8080,fork,reuseaddr", "write tcpchat listen 8080"),
        ("connect /dev/tcp/localhost/8080", "write tcpchat connect localhost 8080"),
        ("listen tcp/8080", "write tcpchat listen 8080"),
    ],
    "--forward:": [
        ("listen --forward 8080 9090", "'8080' has no host; write tcpchat listen --forward HOST:8080 9090"),
        ("listen --forward=8080 9090", "write tcpchat listen --forward=HOST:8080 9090"),
        ("listen --forward h 80 9090", "'h' has no port; write tcpchat listen --forward h:80 9090"),
        ("listen -k --forward h 9090", "write tcpchat listen -k --forward h:PORT 9090"),
    ],
    "is too much; write": [
        ("connect localhost 8080 hello", "'hello' is too much; write tcpchat connect HOST PORT"),
        ("listen 127.0.0.1 8080 8081", "'8081' is too much; write tcpchat listen [HOST] PORT"),
    ],
    "name one port, and loop in the shell": [
        ("connect -z localhost 20-30", ""),
        ("connect -z localhost 80,443", "'80,443' is a list; name one port, and loop in the shell"),
    ],
    "comes first": [
        ("8080 listen", "'listen' comes first; write tcpchat listen 8080"),
        ("localhost 8080 connect", "write tcpchat connect localhost 8080"),
        ("-e gbk listen 8080", "write tcpchat listen -e gbk 8080"),
        ("-v LISTEN 8080 --reply 'a b'", "write tcpchat listen -v 8080 --reply 'a b'"),
        ("listen help", "'help' comes first; write tcpchat help listen"),
        ("connect HELP", "write tcpchat help connect"),
    ],
    "which host?": [
        ("8080 connect", "write tcpchat connect HOST 8080"),
        ("connect ８０８０", "write tcpchat connect HOST 8080"),
        ("connect ：８０８０ -e gbk", "write tcpchat connect HOST 8080 -e gbk"),
    ],
    "stands before the command": [
        ("-k 8080", "write tcpchat listen -k 8080"),
        ("-e gbk 8080", "write tcpchat listen -e gbk 8080"),
        ("-e gbk localhost 8080", "write tcpchat connect -e gbk localhost 8080"),
        ("--chat --name 李 8080", "write tcpchat listen --chat --name 李 8080"),
        ("—encoding—gbk h 1", "write tcpchat connect --encoding=gbk h 1"),
        ("—chat 8080", "write tcpchat listen --chat 8080"),
    ],
    "has no command before it": [
        ("localhost 8080 -e gbk", "write tcpchat connect localhost 8080 -e gbk"),
        ("8080 -k", "write tcpchat listen 8080 -k"),
    ],
    "is no command": [
        ("LISTEN 8080", "write tcpchat listen 8080"),
        ("Listen 8080 -k", "write tcpchat listen 8080 -k"),
        ("Listen", "write tcpchat listen PORT"),
        ("ｌｉｓｔｅｎ 8080", "write tcpchat listen 8080"),
        ("connekt localhost 8080", "write tcpchat connect localhost 8080"),
        ("server 8080", "write tcpchat listen 8080"),
        ("client localhost 8080", "write tcpchat connect localhost 8080"),
        ("chat 8080", "write tcpchat listen --chat 8080"),
        ("version", "write tcpchat --version"),
        ("hlep listen", "write tcpchat help listen"),
    ],
    "": [
        ("-V", "write tcpchat --version"),
        ("--versoin", "write tcpchat --version"),
        ("--hlep", "write tcpchat --help"),
        ("-help", "write tcpchat --help"),
        ("--listen 8080", "write tcpchat listen 8080"),
        ("listen --version", "write tcpchat --version"),
        ("listen -V", "-V is written tcpchat --version"),
        ("connect -version h 80", "write tcpchat --version"),
    ],
    "has one hyphen": [
        ("listen -chat 8080", "write tcpchat listen --chat 8080"),
        ("listen -help", "write tcpchat listen --help"),
        ("listen -verbose 8080", "write tcpchat listen --verbose 8080"),
        ("listen -exec cat 8080", "write tcpchat listen --exec cat 8080"),
        ("listen -reply='a b' 8080", "write tcpchat listen '--reply=a b' 8080"),
        ("listen 8080 -output f", "write tcpchat listen 8080 --output f"),
        ("connect h 80 -enc gbk", "write tcpchat connect h 80 --encoding gbk"),
    ],
    "begins with a dash": [
        ("listen －k 8080", "write tcpchat listen -k 8080"),
        ("listen —exec cat 8080", "write tcpchat listen --exec cat 8080"),
        ("listen —k 8080 –exec 'cat -n'", "write tcpchat listen -k 8080 --exec 'cat -n'"),
        ("listen 8080 —name 李", "write tcpchat listen 8080 --name 李"),
        ("connect —encoding—gbk h 1", "write tcpchat connect --encoding=gbk h 1"),
        ("connect —e—gbk h 1", "write tcpchat connect -egbk h 1"),
        ("listen —k -e—gbk 8080", "write tcpchat listen -k -egbk 8080"),
        ("listen –keep–open 8080", "write tcpchat listen --keep-open 8080"),
        ("listen —name=李 8080 -v", "write tcpchat listen --name=李 8080 -v"),
        ("listen —k 8080 --reply '—'", "write tcpchat listen -k 8080 --reply —"),
        ("listen —k 8080 --reply \"it's\"", r"write tcpchat listen -k 8080 --reply 'it'\''s'"),
    ],
    "is an option of listen, not of connect": [
        ("connect localhost 8080 --allow", "--allow is an option of listen, not of connect"),
        ("connect localhost 8080 --chat=1", "--chat is an option of listen, not of connect"),
        ("connect localhost 8080 -m", "-m, --max-peers is an option of listen, not of connect"),
    ],
    "is written": [
        ("listen --timeout 5 8080", "--listen-timeout SECS for the first peer, or -i, --idle-timeout SECS for silence"),
        ("connect --timeout=5 h 80", "-w, --connect-timeout SECS for the connection, or -i, --idle-timeout SECS for silence"),
        ("connect -timeout 5 h 80", "-i, --idle-timeout SECS for silence"),
        ("listen --wait 5 8080", "--listen-timeout SECS"),
        ("listen --charset gbk 8080", "-e, --encoding"),
        ("listen --log f 8080", "-o, --output FILE for the bytes that come"),
        ("listen --user li 8080", "--name"),
    ],
    "is short for several": [
        ("listen --no 8080", "--no-shutdown, --no-history, --no-commands and others"),
        ("listen --l 8080", "--local-encoding, --listen-timeout, --literal"),
    ],
    "is no option": [
        ("listen --=3 8080", "see tcpchat help listen"),
        ("listen --CHAT 8080", "did you mean --chat?"),
    ],
}


def run(*args, **options):
    return subprocess.run([TCPCHAT, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
                          env=environment(), **options)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_gets_the_right_command(mistake):
    args, right = MISTAKES[mistake]
    refused = run(*args)
    assert (refused.returncode, refused.stdout) == (2, b"")
    assert right in one_sentence(refused)


@pytest.mark.parametrize("words", [["connect"], ["listen", "--forward"]], ids=" ".join)
def test_password_of_a_url_is_not_shown(words):
    refused = run(*words, "http://ann:secret@localhost:8080", "1")
    assert "'http://ann:******@localhost:8080' is a URL; write tcpchat" in one_sentence(refused)


@pytest.mark.parametrize("line, kind, right", [(line, kind, right) for kind, rows in RIGHT.items() for line, right in rows],
                         ids=lambda value: value if isinstance(value, str) else "")
def test_right_command_keeps_the_other_words(line, kind, right):
    refused = run(*shlex.split(line))
    assert (refused.returncode, refused.stdout) == (2, b"")
    sentence = one_sentence(refused)
    assert kind in sentence and sentence.endswith(right)


@pytest.mark.parametrize("text", [b"got it\n", b"a\tb\r", b"it's\\\n7", b"\x1b7", b"\xff\xe4", "\u202e7é".encode(), "\u200b'".encode(),
                                  b"!x\n", b"~", b"*"])
def test_right_command_has_the_same_bytes(text):
    """bash reads back what no line can show as it is."""
    command = one_sentence(run("listen", "--reply", text, "8080", "0.0.0.0")).rpartition("write tcpchat ")[2]
    read = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, timeout=PATIENCE)
    assert read.stdout == b"listen\0--reply\0" + text + b"\0" + b"0.0.0.0\0" + b"8080\0"


def test_right_command_is_cut_at_a_word():
    sentence = one_sentence(run("listen", "—k", "8080", "--reply", "二" * 300))
    assert sentence.endswith("write tcpchat listen -k 8080 --reply ...")


@pytest.mark.parametrize("words", [["a" * 510, "\u200b"], ["\u200b" * 170, "8080"], ["，" * 170, "8080"], ["“" * 300, "”" * 300],
                                   ["—" * 100], ["-" + "l" * 100, "8080"], ["'" * 300, "8080"],
                                   ["a" * 600 + ":PORT"], ["x/" * 300 + ".sock"], ["http://" + "h" * 600], ["1:" * 300],
                                   ["::" + "1" * 600], ["fe80::1%25" + "l" * 600, "80"], ["unix:/" + "x" * 600, "80"]], ids=lambda words: words[0][:2])
@pytest.mark.parametrize("command", [["listen"], ["connect"], []], ids=["listen", "connect", "none"])
def test_long_words_get_one_sentence(command, words):
    refused = run(*command, *words)
    assert refused.returncode in (1, 2) and refused.stdout == b""
    assert one_sentence(refused)


def test_sentences_are_short():
    """At most 20 words up to a stop, without the words that are quoted and those of the right command."""
    for line, _ in (row for rows in RIGHT.values() for row in rows):
        sentence = re.sub(r"'.*?'", "X", one_sentence(run(*shlex.split(line))).partition("write tcpchat")[0])
        assert len(sentence.split()) <= 20, sentence


def link_local_interfaces():
    with open("/proc/net/if_inet6", encoding="ascii") as table:
        return [line.split()[5] for line in table if line.startswith("fe80")]


@pytest.mark.parametrize("args", [["connect", "fe80::1", "80"], ["connect", "[fe80::1]:80"], ["listen", "fe80::1", "80"]],
                         ids=" ".join)
def test_link_local_address_needs_an_interface(args):
    refused = run(*args)
    assert (refused.returncode, refused.stdout) == (2, b"")
    sentence = one_sentence(refused)
    assert any(f"write tcpchat {args[0]} fe80::1%{name} 80" in sentence
               for name in link_local_interfaces() or ["INTERFACE"])


@pytest.mark.parametrize("numeric", [[], ["-n"]], ids=["names", "numeric"])
@pytest.mark.parametrize("role", ["listen", "connect"])
def test_unknown_zone_is_told_beside_the_interfaces(role, numeric):
    failed = run(role, *numeric, "fe80::1%nope", "80")
    assert (failed.returncode, failed.stdout) == (1, b"")
    sentence = one_sentence(failed)
    assert sentence.startswith("cannot resolve fe80::1%nope: there is no interface 'nope', only ")
    assert all(name in sentence for _, name in socket.if_nameindex()[:4])


def without_rights():
    """In a network of its own, whose low ports are for root as they are by default, and no more for this process."""
    if libc.unshare(CLONE_NEWNET) < 0 or libc.prctl(PR_CAPBSET_DROP, CAP_NET_BIND_SERVICE) < 0:
        os._exit(77)


@pytest.mark.skipif(os.geteuid() != 0, reason="the test gives up a right of root's")
def test_low_port_without_rights_names_a_high_one():
    failed = run("listen", "0.0.0.0", "80", preexec_fn=without_rights)
    assert failed.returncode == 1
    assert one_sentence(failed) == ("cannot listen on 0.0.0.0:80 (ports below 1024 are for root; "
                                    "write tcpchat listen 8080): Permission denied")


@pytest.mark.skipif(os.geteuid() != 0, reason="the test gives up a right of root's")
def test_low_source_port_without_rights_is_explained():
    failed = run("connect", "-p", "80", "127.0.0.1", "9", preexec_fn=without_rights)
    assert failed.returncode == 1
    assert one_sentence(failed) == ("cannot connect from port 80 (ports below 1024 are for root) to 127.0.0.1:9: "
                                    "Permission denied")


def test_high_ports_are_not_explained():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        failed = run("listen", "127.0.0.1", str(taken.getsockname()[1]))
    assert failed.returncode == 1 and "root" not in one_sentence(failed)


def test_ipv6_zone_by_its_number_is_taken():
    failed = run("connect", "-w", "1", "fe80::1%1", "9")
    assert failed.returncode in (1, 4) and "interface" not in one_sentence(failed)


def test_host_that_is_no_ascii_is_looked_up():
    """Only what a keyboard has put in the place of ASCII is a mistake."""
    failed = run("connect", "-n", "例え.テスト", "80")
    assert one_sentence(failed) == "'例え.テスト' is a name, and -n allows numbers only"


@pytest.mark.parametrize("args", [["listen", "0"], ["listen", "-k", "0"], ["listen", "--exec", "cat", "0"],
                                  ["connect", "127.0.0.1", "9"], ["connect", "--transcript", "/dev/null", "127.0.0.1", "9"]],
                         ids=" ".join)
@pytest.mark.parametrize("name, why", [("张 三", "it has blanks"), ("", "a name has at least one letter")],
                         ids=["blanks", "empty"])
def test_name_is_refused_in_a_pipe_as_elsewhere(args, name, why):
    refused = run(*args, "--name", name)
    assert (refused.returncode, one_sentence(refused)) == (2, f"--name: '{name}' is no name: {why}")
