# SPDX-License-Identifier: GPL-3.0-or-later
"""`--proxy`: connect and --forward through SOCKS5, SOCKS4a and HTTP proxies."""
import base64
import contextlib
import os
import re
import socket
import subprocess

import pytest

from crowd import complaints, crowd_of
from harness import Listener, ends, environment, has_only_announced, in_background, one_sentence, read_exactly, until
from proxies import HTTP_REQUEST, INSTALLED, SCRIPTS, SOCKS5_DONE, real_proxy, replies
from ways import some_bytes

SECRET = "pa:ss@word"
LOGIN = ("alice", "secret")


def through(scheme, proxy):
    return f"{scheme}://127.0.0.1:{proxy.port}"


@pytest.fixture
def asks(tcpchat, listener):
    """asks(scheme, option...) is a run that connects to example.org:80, and the proxy's end of its connection."""
    with contextlib.ExitStack() as stack:
        def begin(scheme, *options, **popen):
            proxy = listener()
            run = tcpchat("connect", "--proxy", through(scheme, proxy), *options, "example.org", "80", **popen)
            return run, stack.enter_context(proxy.accept())
        yield begin


@pytest.mark.parametrize("scheme", SCRIPTS)
def test_replies_are_read_exactly_however_they_are_cut(tcpchat, listener, scheme):
    """The words behind the reply arrive. A half reply is taken, so that it does not wake the loop again."""
    script, proxy = SCRIPTS[scheme], listener()
    with crowd_of(tcpchat, "-k", "--forward", "example.org:80", "--proxy", through(scheme, proxy)) as crowd:
        for cut in range(sum(len(answer) for _, answer in script)):
            peer = crowd.call()
            with proxy.accept() as connection:
                replies(connection, script, cut, f"words {cut:2}".encode())
                assert peer.read(8) == f"words {cut:2}".encode()
            peer.close()
        assert has_only_announced(crowd.run.stderr)


def test_socks5_reply_may_have_a_name_of_any_length(tcpchat, listener):
    proxy, ask = listener(), SCRIPTS["socks5"]
    with crowd_of(tcpchat, "-k", "--forward", "example.org:80", "--proxy", through("socks5", proxy)) as crowd:
        for length in range(256):
            peer = crowd.call()
            with proxy.accept() as connection:
                name = bytes([length]) + b"x" * length
                replies(connection, [ask[0], (ask[1][0], b"\5\0\0\3" + name + b"\0\1")], behind=b"words")
                assert peer.read(5) == b"words"
            peer.close()


def test_each_status_of_socks5_but_0_breaks_the_peer_off(tcpchat, listener):
    proxy, ask = listener(), SCRIPTS["socks5"]
    with crowd_of(tcpchat, "-k", "--forward", "example.org:80", "--proxy", through("socks5", proxy)) as crowd:
        for status in range(1, 256):
            peer = crowd.call()
            with proxy.accept() as connection:
                replies(connection, [ask[0], (ask[1][0], bytes([5, status]) + SOCKS5_DONE[2:])])
                assert peer.has_ended()
            peer.close()
        until(lambda: len(complaints(crowd.run)) == 255, "a sentence for each")
        assert all(f"cannot connect to example.org:80 through 127.0.0.1:{proxy.port}: the proxy answered " in line
                   for line in complaints(crowd.run))


@pytest.mark.parametrize("scheme", SCRIPTS)
def test_bytes_behind_the_reply_begin_the_output(asks, scheme):
    data = some_bytes(1 << 20)
    run, connection = asks(scheme, stdin=subprocess.DEVNULL)
    replies(connection, SCRIPTS[scheme], behind=data[:1000])
    in_background(lambda: (connection.sendall(data[1000:]), connection.shutdown(1)))
    assert run.read_all() == data
    ends(run, 0)
    assert not run.stderr


REFUSALS = [
    ("socks5", b"\5\1\0", b"\5\xff", "the proxy wants a user and a password; --proxy-auth-file FILE gives them"),
    ("socks5", b"\5\1\0", b"HTTP/1.1 400 Bad\r\n\r\n", "the proxy does not speak SOCKS5; is it http://HOST:PORT?"),
    ("socks5", b"\5\1\0", b"", "the proxy closed the connection without an answer"),
    ("socks4a", SCRIPTS["socks4a"][0][0], b"\0\x5b", "the proxy answered 'request rejected or failed'"),
    ("http", HTTP_REQUEST, b"HTTP/1.1 403 No \xe4\xbd\xa0\xe5\xa5\xbd\x1b[2J\r\n\r\n", "the proxy answered '403 No 你好^[[2J'"),
    ("http", HTTP_REQUEST, b"HTTP/1.1 407 x\r\nProxy-Authenticate: Digest realm=x\r\n\r\n",
     "the proxy wants a login with Digest, of which tcpchat knows Basic alone; has it a port for SOCKS5?"),
    ("http", HTTP_REQUEST, b"HTTP/1.1 403 Forbidden\r\nServer: squid/5.7\r\nX-Squid-Error: ERR_ACCESS_DENIED 0\r\n\r\n",
     "the proxy answered '403 Forbidden' (ERR_ACCESS_DENIED 0)"),
    ("http", HTTP_REQUEST, b"\5\0", "the proxy does not speak HTTP; is it socks5://HOST:PORT?"),
]


@pytest.mark.parametrize("scheme, asked, answer, reason", REFUSALS)
def test_refusals_are_told(asks, scheme, asked, answer, reason):
    run, connection = asks(scheme)
    port = connection.getsockname()[1]
    replies(connection, [(asked, answer)])
    connection.close()
    ends(run, 1)
    assert one_sentence(run) == f"cannot connect to example.org:80 through 127.0.0.1:{port}: {reason}"


def test_reset_of_the_proxy_is_told(asks):
    run, connection = asks("socks5")
    assert connection.recv(1, socket.MSG_PEEK)
    connection.close()  # with unread bytes
    ends(run, 1)
    assert re.fullmatch(r"cannot connect to example\.org:80 through 127\.0\.0\.1:\d+: the proxy broke the connection off: .+",
                        one_sentence(run))


@pytest.mark.parametrize("scheme", ["http", "socks5", "socks4a"])
@pytest.mark.parametrize("options, proxy, status, reason", [
    ([], "127.0.0.1:9", 1, "cannot connect to the proxy 127.0.0.1:9 for example.org:80: Connection refused"),
    ([], "none.invalid:9", 1, "cannot resolve the proxy none.invalid for example.org:80: "),
    (["-s", "127.0.0.1"], "127.0.0.1:9", 1, "cannot connect to the proxy 127.0.0.1:9 for example.org:80: "),
    (["-4"], "[::1]:9", 2, "the proxy: '::1' is no address of the family that -4 or -6 allows"),
    (["-n"], "localhost:9", 2, "the proxy: 'localhost' is a name, and -n allows numbers only"),
])
def test_unreachable_proxy_is_told(tcpchat, resolver, scheme, options, proxy, status, reason):
    """It is the proxy that is not there; whether the target is, nobody knows."""
    run = tcpchat("connect", *options, "--proxy", f"{scheme}://{proxy}", "example.org", "80", env=resolver)
    ends(run, status)
    assert one_sentence(run).startswith(reason)


def test_proxy_that_takes_no_connection_in_time_is_told(tcpchat):
    """A listener whose queue is full answers no SYN."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        proxy = f"127.0.0.1:{full.getsockname()[1]}"
        run = tcpchat("connect", "-w", "0.3", "--proxy", proxy, "example.org", "80")
        ends(run, 4)
    assert one_sentence(run) == f"cannot connect to the proxy {proxy} for example.org:80: no answer in time"


def test_verbose_tells_an_unreachable_proxy_once(tcpchat):
    run = tcpchat("connect", "-v", "--proxy", "127.0.0.1:9", "example.org", "80")
    ends(run, 1)
    assert one_sentence(run) == "cannot connect to the proxy 127.0.0.1:9 for example.org:80: Connection refused"


def test_connect_timeout_counts_for_the_proxy(asks):
    run, connection = asks("socks5", "-w", "0.3")
    connection.sendall(b"\5")  # and no more
    ends(run, 4)
    assert one_sentence(run).endswith(": the proxy did not answer in time")


def test_silence_behind_a_proxy_is_told_apart(asks):
    run, connection = asks("socks5", "-w", "0.3", "--tls")
    replies(connection, SCRIPTS["socks5"])
    ends(run, 4)
    assert one_sentence(run).endswith(": the handshake of TLS did not end in time")


def test_retry_asks_the_proxy_again(tcpchat, listener):
    proxy = listener()
    run = tcpchat("connect", "-z", "-v", "--retry", "20", "--proxy", through("socks5", proxy), "example.org", "80")
    ask, request = SCRIPTS["socks5"]
    with proxy.accept() as connection:
        replies(connection, [ask, (request[0], b"\5\5")])
    with proxy.accept() as connection:
        replies(connection, [ask, request])
        assert connection.recv(1) == b""
    ends(run, 0)
    assert one_sentence(run) == f"example.org:80 through 127.0.0.1:{proxy.port} accepts connections"


@pytest.mark.parametrize("scheme, asked, answer", [
    ("socks5", b"\5\1\0", b"\5\xff"),
    ("http", HTTP_REQUEST, b"HTTP/1.1 403 Forbidden\r\n\r\n"),
    ("http", HTTP_REQUEST, b"HTTP/1.1 407 x\r\nProxy-Authenticate: Basic realm=x\r\n\r\n"),
    ("http", HTTP_REQUEST, b""),
])
def test_retry_repeats_a_refusal_of_the_proxy(tcpchat, listener, scheme, asked, answer):
    proxy = listener()
    run = tcpchat("connect", "-z", "--retry", "20", "--proxy", through(scheme, proxy), "example.org", "80")
    for _ in range(3):
        with proxy.accept() as connection:
            replies(connection, [(asked, answer)])
    with proxy.accept() as connection:
        replies(connection, SCRIPTS[scheme])
    ends(run, 0)
    assert not run.stderr


@pytest.mark.parametrize("options, host", [(["-4"], "[::1]"), (["-n"], "localhost")])
def test_retry_does_not_repeat_wrong_use(tcpchat, options, host):
    run = tcpchat("connect", "--retry", "1h", *options, "--proxy", f"{host}:9", "example.org", "80")
    ends(run, 2)
    assert one_sentence(run).startswith("the proxy: ")


def test_verbose_names_peer_and_proxy(asks):
    run, connection = asks("http", "-v", stdin=subprocess.DEVNULL)
    port = connection.getsockname()[1]
    replies(connection, SCRIPTS["http"])
    assert connection.recv(1) == b""
    connection.close()
    ends(run, 0)
    assert complaints(run) == [f"tcpchat: connected to example.org:80 through 127.0.0.1:{port}",
                               "tcpchat: example.org:80 connected",
                               "tcpchat: example.org:80 closed by this side; 0 bytes received, 0 sent"]


def test_names_are_not_looked_up_here(tcpchat, listener, resolver):
    """Of the peer; the proxy's is."""
    proxy = listener()
    run = tcpchat("connect", "--proxy", f"socks5://a127-0-0-1.test:{proxy.port}", "example.org", "80", env=resolver,
                  stdin=subprocess.DEVNULL)
    with proxy.accept() as connection:
        replies(connection, SCRIPTS["socks5"])
    ends(run, 0)


# ---- the login ----

def basic(user, password):
    coded = base64.b64encode(f"{user}:{password}".encode())
    return HTTP_REQUEST[:-2] + b"Proxy-Authorization: Basic " + coded + b"\r\n\r\n"


def shown(run):
    with open(f"/proc/{run.pid}/cmdline", "rb") as file:
        return file.read()


WORDS = [("--proxy", "{}"), ("--proxy={}",)]


@pytest.mark.parametrize("words", WORDS)
def test_login_of_the_command_line_is_sent_and_not_shown(tcpchat, listener, words):
    proxy = listener()
    url = f"alice:{SECRET}@127.0.0.1:{proxy.port}"
    run = tcpchat("connect", "-vv", *[word.format(url) for word in words], "example.org", "80", stdin=subprocess.DEVNULL)
    with proxy.accept() as connection:
        assert SECRET.encode() not in shown(run) and b"alice" not in shown(run)
        replies(connection, [(basic("alice", SECRET), b"HTTP/1.1 200 OK\r\n\r\n")])
    ends(run, 0)
    assert b"alice" not in run.stderr and b"ss@w" not in run.stderr


@pytest.mark.parametrize("mode, is_told", [(0o600, False), (0o644, True)])
def test_login_of_a_file_is_sent_and_its_readers_are_told(tcpchat, listener, tmp_path, mode, is_told):
    proxy, file = listener(), tmp_path / "login"
    file.write_text(f"alice:{SECRET}\nsecond line\n")
    file.chmod(mode)
    run = tcpchat("connect", "--proxy", f"socks5://127.0.0.1:{proxy.port}", "--proxy-auth-file", file, "example.org",
                  "80", stdin=subprocess.DEVNULL)
    sent = b"\1\5alice" + bytes([len(SECRET)]) + SECRET.encode()
    with proxy.accept() as connection:
        replies(connection, [(b"\5\2\0\2", b"\5\2"), (sent, b"\1\0"), SCRIPTS["socks5"][1]])
    ends(run, 0)
    told = f"tcpchat: --proxy-auth-file {file}: others can read it; chmod 600 keeps it secret"
    assert complaints(run) == ([told] if is_told else [])


MISTAKES = [
    ["connect", "--proxy", "ftp://{}@h", "h", "1"],
    ["connect", "--proxy", "socks4://{}@h", "h", "1"],
    ["connect", "--proxy", "socks4a://{}@h", "h", "1"],
    ["connect", "--proxy", "socks5://{}@h:0x1", "h", "1"],
    ["connect", "--proxy", "socks5://{}@h", "h"],
    ["connect", "-proxy", "socks5://{}@h", "h", "1"],
    ["connect", "--prox=socks5://{}@h", "h"],
    ["connect", "--proxy", "socks5://{}@h", "unix:x"],
    ["connect", "--proxy-auth", "{}", "h", "1"],
    ["connect", "—proxy", "socks5://{}@h", "h", "1"],
    ["listen", "--proxy", "socks5://{}@h", "0"],
    ["connect", "--proxy", "socks5://{}@h", "--proxy-auth-file", "/dev/null", "h", "1"],
    ["connect", "--proxy", "socks5://:{}@h", "h", "1"],
    ["connect", "--proxy", "http://{}%zz@h", "h", "1"],
    ["connect", "-x", "socks5://{}@h:1", "h", "1"],
    ["connect", "-x", "{}@h:1", "h", "1"],
    ["connect", "--proxy-user", "{}", "h", "1"],
    ["connect", "--proxy", "http://{}%0@h", "h", "1"],
    ["connect", "--proxy", "http://{}@h:0", "h", "1"],
    ["connect", "--proxy", "http://{}@ h:1", "h", "1"],
    ["connect", "--proxy", "{}@::1:1", "h", "1"],
    ["connect", "--proxy", "h", "--proxy-auth-file", "{}", "h", "1"],
]


@pytest.mark.parametrize("words", MISTAKES)
def test_sentence_about_a_mistake_has_no_login(tcpchat, words):
    run = tcpchat(*[word.format("alice:hush") for word in words])
    ends(run, 2)
    assert b"hush" not in run.stderr and b"alice" not in run.stderr
    assert one_sentence(run)


ONE_WORD = "a proxy is one word, --proxy socks5://HOST:PORT or --proxy http://HOST:PORT"
AUTH_FILE = "is written --proxy-auth-file FILE, which has USER:PASS"
UNWRITTEN = "headers of the PROXY protocol are read, by listen --proxy-protocol, and not written"


@pytest.mark.parametrize("line, words", [
    ("connect --preproxy socks5://h:1 h 1", "--preproxy: a proxy in front of the proxy is not in this version; --proxy takes one"),
    ("connect --preproxy=socks5://h:1 h 1", "--preproxy: a proxy in front of the proxy"),
    ("connect --socks5 h:1 h 1", "--socks5 is written --proxy socks5://HOST:PORT"),
    ("connect --socks5-hostname h:1 h 1", "--socks5-hostname is written --proxy socks5://HOST:PORT"),
    ("connect --socks4a h:1 h 1", "--socks4a is written --proxy socks4a://HOST:PORT"),
    ("connect --proxytunnel h 1", "--proxytunnel is not needed: --proxy http://HOST:PORT asks by CONNECT anyway"),
    ("connect --https-proxy h:1 h 1", "--https-proxy is written --proxy http://HOST:PORT"),
    ("connect --proxy-type socks5 h 1", "--proxy-type: the type stands in front of the proxy, --proxy socks5://HOST:PORT"),
    ("connect --proxy-auth a:b h 1", f"--proxy-auth {AUTH_FILE}"),
    ("connect --proxy-password a h 1", f"--proxy-password {AUTH_FILE}"),
    ("connect --proxy-digest h 1", "--proxy-digest: the login is Basic, or that of SOCKS5; --proxy-auth-file FILE gives it"),
    ("connect --proxy-cacert x h 1", "--proxy-cacert: TLS to the proxy itself is not in this version; --tls is with"),
    ("connect --no-proxy h h 1", "--no-proxy: NO_PROXY counts with --proxy env"),
    ("connect -X 5 -x h:1 h 1", f"-X: {ONE_WORD}"),
    ("connect --proxy-port 1 h 1", f"--proxy-port: {ONE_WORD}"),
    ("connect -x h:1080 h 1", "-x is the file of a hex dump; a proxy is written --proxy socks5://h:1080, and a file of that name"),
    ("connect --haproxy-protocol h 1", f"--haproxy-protocol: {UNWRITTEN}"),
    ("listen --send-proxy 0", f"--send-proxy: {UNWRITTEN}"),
    ("listen --accept-proxy 0", "--accept-proxy is written --proxy-protocol"),
])
def test_proxy_option_of_another_program_gets_advice(tcpchat, line, words):
    run = tcpchat(*line.split())
    ends(run, 2)
    assert one_sentence(run).startswith(words)


@pytest.mark.parametrize("content, status", [("", 2), (":x\n", 2), (None, 5)])
def test_login_file_that_has_none_is_told(tcpchat, tmp_path, content, status):
    file = tmp_path / "login"
    if content is not None:
        file.write_text(content)
        file.chmod(0o600)
    run = tcpchat("connect", "--proxy", "h", "--proxy-auth-file", file, "h", "1")
    ends(run, status)
    assert one_sentence(run).startswith(f"--proxy-auth-file {file}: ")


def test_login_file_may_be_a_fifo(tcpchat, listener, tmp_path):
    """One without a writer does not hold the run."""
    fifo, proxy = tmp_path / "fifo", listener()
    os.mkfifo(fifo)
    run = tcpchat("connect", "--proxy", "h", "--proxy-auth-file", fifo, "h", "1")
    ends(run, 2)
    assert one_sentence(run) == f"--proxy-auth-file {fifo}: its first line has no USER:PASS"
    with open(fifo, "r+b", buffering=0) as writer:
        run = tcpchat("connect", "--proxy", f"127.0.0.1:{proxy.port}", "--proxy-auth-file", fifo, "example.org", "80")
        writer.write(b"alice:hush\n")
        with proxy.accept() as connection:
            replies(connection, [(basic("alice", "hush"), b"HTTP/1.1 200 OK\r\n\r\n")])


def test_user_is_given_in_one_place(tcpchat):
    run = tcpchat("connect", "--proxy", "alice@h", "--proxy-auth-file", "/dev/null", "h", "1")
    ends(run, 2)
    assert one_sentence(run) == "--proxy: it has a user already; leave that out, or --proxy-auth-file"


@pytest.mark.parametrize("way", ["--proxy", "--proxy-auth-file", "env", None])
def test_process_with_a_login_leaves_no_core(unprivileged, listener, way):
    """The files in /proc of a process that leaves no core are root's, whoever runs it."""
    proxy, file = listener(), os.path.join(unprivileged.folder, "login")
    with open(file, "w", encoding="ascii") as login:
        login.write("alice:hush\n")
    here = f"127.0.0.1:{proxy.port}"
    options = {"--proxy": ["--proxy", f"alice:hush@{here}"], "env": ["--proxy", "env"], None: ["--proxy", here],
               "--proxy-auth-file": ["--proxy", here, "--proxy-auth-file", file]}[way]
    run = unprivileged("connect", *options, "example.org", "80", env=environment(ALL_PROXY=f"alice:hush@{here}"))
    with proxy.accept() as connection:
        assert connection.recv(1)
        assert os.stat(f"/proc/{run.pid}/mem").st_uid == (0 if way else unprivileged.owner)


# ---- the environment ----

def test_env_takes_the_proxy_of_all_proxy(tcpchat, listener):
    proxy = listener()
    run = tcpchat("connect", "--proxy", "env", "example.org", "80", stdin=subprocess.DEVNULL,
                  env=environment(ALL_PROXY=f"http://alice:p%40ss@127.0.0.1:{proxy.port}", no_proxy="example.com"))
    with proxy.accept() as connection:
        replies(connection, [(basic("alice", "p@ss"), b"HTTP/1.1 200 OK\r\n\r\n")])
    ends(run, 0)


def test_programs_get_the_variables_unchanged(tcpchat):
    """A program may need the proxy as well."""
    run = tcpchat("listen", "--sh-exec", 'echo "$ALL_PROXY"', "127.0.0.1", 0, env=environment(ALL_PROXY="alice:hush@h:1"))
    with run.call() as peer:
        assert peer.recv(99) == b"alice:hush@h:1\n"


@pytest.mark.parametrize("variables", [{}, {"all_proxy": "127.0.0.1:9", "NO_PROXY": "x.org,127.0.0.0/8"}])
def test_env_without_a_proxy_connects_directly(tcpchat, listener, variables):
    there = listener()
    clean = {name: None for name in ("all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY")}
    run = tcpchat("connect", "--proxy", "env", "127.0.0.1", there.port, stdin=subprocess.DEVNULL,
                  env=environment(**(clean | variables)))
    there.accept().close()
    ends(run, 0)


def test_env_says_which_word_of_no_proxy_fits_no_host(tcpchat):
    run = tcpchat("connect", "-v", "--proxy", "env", "127.0.0.1", 1, stdin=subprocess.DEVNULL,
                  env=environment(ALL_PROXY="127.0.0.1:1", NO_PROXY="::1,10.0.*"))
    ends(run, 1)
    run.expect_stderr(rb"--proxy env: '10\.0\.\*' in NO_PROXY fits no host; a name stands for all below it")


def test_env_has_no_proxy_for_a_unix_socket(tcpchat, listener, tmp_path):
    there = listener(socket.AF_UNIX, str(tmp_path / "socket"))
    run = tcpchat("connect", "-v", "--proxy", "env", f"unix:{tmp_path}/socket", stdin=subprocess.DEVNULL,
                  env=environment(ALL_PROXY="127.0.0.1:9"))
    there.accept().close()
    ends(run, 0)
    run.expect_stderr(rb"--proxy env: a unix socket needs no proxy$")


@pytest.mark.parametrize("variables, told", [
    ({"http_proxy": "h:1"}, "--proxy env: ALL_PROXY is not set, so no proxy is on the way; http_proxy and https_proxy do not "
                            "count"),
    ({"HTTPS_PROXY": "h:1"}, "http_proxy and https_proxy do not count"),
    ({"https_proxy": "h:1", "all_proxy": "127.0.0.1:9", "NO_PROXY": "*"}, None),
])
def test_env_says_that_variables_of_http_do_not_count(tcpchat, listener, variables, told):
    there = listener()
    names = ("all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY")
    run = tcpchat("connect", "--proxy", "env", "127.0.0.1", there.port, stdin=subprocess.DEVNULL,
                  env=environment(**(dict.fromkeys(names) | variables)))
    there.accept().close()
    ends(run, 0)
    if told:
        assert told in one_sentence(run)
    else:
        assert not run.stderr


# ---- real proxies ----

@pytest.mark.parametrize("login", [None, LOGIN])
@pytest.mark.parametrize("name", INSTALLED)
def test_real_proxies_pass_exact_bytes(tcpchat, listener, tmp_path, name, login):
    data, there = some_bytes(300000), listener()
    with real_proxy(name, tmp_path, login) as (scheme, proxy):
        user = ":".join(login) + "@" if login else ""
        run = tcpchat("connect", "--proxy", f"{scheme}://{user}{proxy}", "localhost", there.port)
        with there.accept() as peer:
            in_background(peer.sendall, data)
            assert run.read(len(data)) == data
            in_background(run.send, data)
            taken = b""
            while len(taken) < len(data):
                taken += peer.recv(1 << 16)
            assert taken == data
            run.end_input()
        ends(run, 0)


@pytest.mark.parametrize("name", INSTALLED)
def test_real_proxies_refuse_a_wrong_login(tcpchat, tmp_path, name):
    with real_proxy(name, tmp_path, LOGIN) as (scheme, proxy):
        for user, reason in [("alice:wrong@", "the proxy refused the user or the password"),
                             ("", "the proxy wants a user and a password; --proxy-auth-file FILE gives them")]:
            run = tcpchat("connect", "--proxy", f"{scheme}://{user}{proxy}", "localhost", 9)
            ends(run, 1)
            assert one_sentence(run) == f"cannot connect to localhost:9 through {proxy}: {reason}"


@pytest.mark.parametrize("name", INSTALLED)
def test_real_proxies_report_an_unreachable_peer(tcpchat, tmp_path, name):
    with real_proxy(name, tmp_path) as (scheme, proxy):
        run = tcpchat("connect", "--proxy", f"{scheme}://{proxy}", "127.0.0.1", 9)
        ends(run, 1)
        assert one_sentence(run).startswith(f"cannot connect to 127.0.0.1:9 through {proxy}: the proxy answered ")


@pytest.mark.parametrize("options, told", [(["-v"], True), (["-v", "--send-only"], False), ([], False)],
                         ids=["-v", "--send-only", "quiet"])
def test_answer_that_a_proxy_may_have_lost_is_told(tcpchat, listener, options, told):
    proxy = listener()
    run = tcpchat("connect", *options, "--proxy", through("http", proxy), "example.org", 80)
    with proxy.accept() as connection:
        replies(connection, SCRIPTS["http"])
        run.send(b"request")
        run.end_input()
        assert read_exactly(connection.fileno(), 7) == b"request" and connection.recv(1) == b""
    ends(run, 0)
    assert told == (b"ended without an answer; if the proxy lost one, --no-shutdown gets it\n" in run.stderr)


@pytest.mark.parametrize("name", INSTALLED)
def test_answer_comes_without_a_half_close(tcpchat, tmp_path, name):
    with real_proxy(name, tmp_path) as (scheme, proxy):
        server = tcpchat("listen", "127.0.0.1", 0)
        run = tcpchat("connect", "-v", "--no-shutdown", "--proxy", f"{scheme}://{proxy}", "127.0.0.1", server.port)
        run.send(b"request")
        run.end_input()
        assert server.read(7) == b"request"
        server.send(b"answer")
        server.end_input()
        assert run.read_all() == b"answer"
        ends(run, 0)
        assert b"ended without an answer" not in run.stderr


def test_ncat_reaches_a_listener_through_a_proxy(tcpchat, tmp_path):
    with real_proxy("ncat", tmp_path) as (_, proxy), contextlib.closing(Listener()):
        run = tcpchat("listen", "-1", "127.0.0.1", 0)
        caller = subprocess.Popen(["ncat", "--proxy", proxy, "--proxy-type", "http", "127.0.0.1", str(run.port)],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        run.send(b"from here\n")
        assert caller.stdout.read(10) == b"from here\n"
        caller.stdin.write(b"from there\n")
        caller.stdin.flush()
        assert run.read(11) == b"from there\n"
        caller.kill()
        caller.communicate()


def test_forward_through_a_proxy_that_leads_back_is_no_ring(tcpchat, listener):
    """localhost of the proxy may be another machine than this one."""
    proxy = listener()
    run = tcpchat("listen", "-1", "--forward", "127.0.0.1:8", "--proxy", through("http", proxy), "127.0.0.1", 0)
    with run.call() as peer, proxy.accept() as connection:
        request = HTTP_REQUEST.replace(b"example.org:80", b"127.0.0.1:8")
        replies(connection, [(request, b"HTTP/1.1 200 OK\r\n\r\n")], behind=b"hello")
        assert peer.recv(5) == b"hello"
        peer.shutdown(1)
        connection.close()
    ends(run, 0)
