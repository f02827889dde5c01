# SPDX-License-Identifier: GPL-3.0-or-later
"""`--allow`, `--deny`, their files, and `--max-per-host`."""
import contextlib
import os
import re
import signal
import socket

import pytest

from crowd import Peer, complaints, crowd_of
from harness import HAS_IPV6, PATIENCE, ends, one_sentence, until

needs_ipv6 = pytest.mark.skipif(not HAS_IPV6, reason="this machine has no ::1")


def is_served(crowd, source="127.0.0.1", host="127.0.0.1"):
    """Whether a caller from an address is greeted; the room is a --chat."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as caller:
        caller.settimeout(PATIENCE)
        caller.bind((source, 0))
        try:
            caller.connect((host, crowd.run.port))
            return caller.recv(12) == b"-!- you are "
        except ConnectionResetError:
            return False


@pytest.mark.parametrize("options, served, denied", [
    (["--allow", "127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]),
    (["--allow", "127.0.0.0/30"], ["127.0.0.1", "127.0.0.3"], ["127.0.0.4"]),
    (["--allow", "127.0.0.1,127.0.0.5"], ["127.0.0.1", "127.0.0.5"], ["127.0.0.2"]),
    (["--allow", "10.0.0.0/8"], [], ["127.0.0.1"]),
    (["--allow", "0.0.0.0/0"], ["127.0.0.1", "127.1.2.3"], []),
    (["--deny", "127.0.0.2"], ["127.0.0.1"], ["127.0.0.2"]),
    (["--deny", "127.0.0.0/31"], ["127.0.0.2"], ["127.0.0.1"]),
    (["--allow", "127.0.0.0/24", "--deny", "127.0.0.7"], ["127.0.0.1"], ["127.0.0.7", "127.0.1.1"]),
    (["--allow", "::ffff:127.0.0.1"], ["127.0.0.1"], ["127.0.0.2"]),
    (["--deny", "127.0.0.2", "--deny", "127.0.0.3"], ["127.0.0.1"], ["127.0.0.2", "127.0.0.3"]),
    (["--allow", "127.0.0.1", "--allow", "127.0.0.2"], ["127.0.0.1", "127.0.0.2"], ["127.0.0.3"]),
], ids=lambda value: " ".join(value))
def test_lists_allow_and_deny(tcpchat, options, served, denied):
    with crowd_of(tcpchat, "--chat", *options) as crowd:
        for source in served:
            assert is_served(crowd, source), source
        for source in denied:
            assert not is_served(crowd, source), source


@needs_ipv6
@pytest.mark.parametrize("options, four, six", [
    (["--allow", "127.0.0.0/8"], True, False), (["--allow", "::1"], False, True), (["--deny", "::/0"], True, False),
    (["--deny", "0.0.0.0/0"], False, True)], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_lists_hold_for_both_families(tcpchat, options, four, six):
    with crowd_of(tcpchat, "--chat", *options, host="::1") as crowd:
        assert is_served(crowd, "::1", "::1") == six
    run = tcpchat("listen", "--chat", *options, 0)
    run.expect_stderr(rb"(?s)listening on .*\n.*listening on .*\n")
    crowd.run = run
    assert is_served(crowd, "127.0.0.1", "127.0.0.1") == four
    assert is_served(crowd, "::1", "::1") == six


def test_denied_connection_does_not_use_up_once(tcpchat):
    with crowd_of(tcpchat, "--deny", "127.0.0.2") as crowd:
        with contextlib.suppress(ConnectionResetError):  # of the call, or of what is read
            with socket.create_connection(("127.0.0.1", crowd.run.port), PATIENCE, ("127.0.0.2", 0)) as denied:
                assert denied.recv(1) == b""
        peer = crowd.call()
        peer.say("进来了")
        peer.close()
        crowd.run.end_input()
        assert crowd.run.read_all().decode() == "进来了\n"
        ends(crowd.run, 0)


@pytest.mark.parametrize("option", ["--allow", "--deny"])
@pytest.mark.parametrize("value", ["localhost", "example.org", "127.0.0.1/33", "127.0.0.1/", "127.0.0", "::1/129", "",
                                   "x/8", "127.0.0.1 /8", "127.0.0.1/-1", "1e1.0.0.0"])
def test_wrong_address_of_a_list_is_quoted(tcpchat, option, value):
    """Names, too: they would have to be looked up, and may change."""
    run = tcpchat("listen", "--chat", option, value, "127.0.0.1", 0)
    ends(run, 2)
    assert option.encode() in run.stderr


@pytest.mark.parametrize("option, value", [("--allow", "127.0.0.1"), ("--deny", "127.0.0.1"), ("--allow-file", "list"),
                                           ("--deny-file", "list"), ("--max-per-host", "3")])
def test_lists_are_refused_for_a_unix_socket(tcpchat, tmp_path, option, value):
    """A mistake admits no peer."""
    (tmp_path / "list").write_text("127.0.0.1\n")
    run = tcpchat("listen", "--chat", option, value, f"unix:{tmp_path}/s", cwd=tmp_path)
    ends(run, 2)
    assert one_sentence(run).startswith((f"{option}: peers of unix:PATH have no addresses",
                                         f"{option}: peers of unix sockets have no addresses"))
    assert not (tmp_path / "s").exists()


def refusals(stderr):
    """The number of refusals that were told, one by one or summed."""
    return sum(1 + int(others or 0) for others in re.findall(rb" was refused: [^;\n]*(?:; (\d+) others? before)?\n", stderr))


def test_every_refusal_is_told(tcpchat):
    """Once a second, so that a peer that calls again and again does not fill the screen, and without another call."""
    with crowd_of(tcpchat, "--chat", "--deny", "127.0.0.2") as crowd:
        for _ in range(20):
            assert not is_served(crowd, "127.0.0.2")
        until(lambda: refusals(crowd.run.stderr) == 20, "20 refusals to be told")
        assert crowd.run.stderr.count(b" was refused: ") < 20
        assert not is_served(crowd, "127.0.0.2")
        assert not is_served(crowd, "127.0.0.2")
        crowd.run.process.terminate()
        ends(crowd.run, 128 + signal.SIGTERM)
        assert refusals(crowd.run.stderr) == 22


# Files.

def test_list_files_allow_and_deny(tcpchat, tmp_path):
    (tmp_path / "allow").write_text("# friends\n127.0.0.0/24\n\n  127.0.1.1  # one more\n")
    (tmp_path / "deny").write_text("127.0.0.9\n")
    with crowd_of(tcpchat, "--chat", "--allow-file", tmp_path / "allow", "--deny-file", tmp_path / "deny") as crowd:
        assert [is_served(crowd, source) for source in ("127.0.0.1", "127.0.1.1", "127.0.0.9", "127.0.2.1")] == [
            True, True, False, False]


@pytest.mark.parametrize("option", ["--allow-file", "--deny-file"])
def test_missing_list_file_is_refused(tcpchat, tmp_path, option):
    """A mistake admits no peer."""
    run = tcpchat("listen", "--chat", option, tmp_path / "nothing", "127.0.0.1", 0)
    assert run.wait() in (2, 5)
    assert str(tmp_path / "nothing").encode() in run.stderr


def test_broken_list_file_is_refused(tcpchat, tmp_path):
    (tmp_path / "deny").write_text("127.0.0.9\n10.0.0.0/99\n")
    run = tcpchat("listen", "--chat", "--deny-file", tmp_path / "deny", "127.0.0.1", 0)
    assert run.wait() in (2, 5)
    assert b"10.0.0.0/99" in run.stderr


def test_sighup_reads_list_files_again(tcpchat, tmp_path):
    (tmp_path / "deny").write_text("127.0.0.2\n")
    with crowd_of(tcpchat, "--chat", "--deny-file", tmp_path / "deny") as crowd:
        one = crowd.join()
        assert not is_served(crowd, "127.0.0.2")
        (tmp_path / "deny").write_text("127.0.0.3\n")
        crowd.run.process.send_signal(signal.SIGHUP)
        until(lambda: is_served(crowd, "127.0.0.2"), "127.0.0.2 to get in")
        assert not is_served(crowd, "127.0.0.3")
        one.say("/me 还在")
        assert crowd.run.process.poll() is None


def test_sighup_reads_a_list_on_a_descriptor_again(tcpchat, tmp_path):
    path = tmp_path / "deny"
    path.write_text("127.0.0.2\n")
    with open(path) as file:
        number = file.fileno()
        with crowd_of(tcpchat, "--chat", "--deny-file", f"/dev/fd/{number}", pass_fds=[number]) as crowd:
            assert not is_served(crowd, "127.0.0.2")
            for denied, admitted in (3, 2), (2, 3):
                path.write_text(f"127.0.0.{denied}\n")
                crowd.run.process.send_signal(signal.SIGHUP)
                until(lambda: is_served(crowd, f"127.0.0.{admitted}"), "the list to be read again")
                assert not is_served(crowd, f"127.0.0.{denied}")


def test_repeated_list_files_add_up_and_are_read_again(tcpchat, tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("127.0.0.2\n")
    other.write_text("127.0.0.3\n")
    with crowd_of(tcpchat, "--chat", "--deny-file", one, "--deny-file", other, "--deny", "127.0.0.4") as crowd:
        assert [is_served(crowd, f"127.0.0.{n}") for n in (1, 2, 3, 4)] == [True, False, False, False]
        one.write_text("127.0.0.5\n")
        other.write_text("127.0.0.6\n")
        crowd.run.process.send_signal(signal.SIGHUP)
        until(lambda: is_served(crowd, "127.0.0.3"), "127.0.0.3 to get in")
        assert [is_served(crowd, f"127.0.0.{n}") for n in (4, 5, 6)] == [False, False, False]


@pytest.mark.parametrize("breaking", [lambda path: path.write_text("127.0.0.300\n"), os.remove], ids=["broken", "gone"])
def test_sighup_with_a_broken_file_keeps_the_old_rules(tcpchat, tmp_path, breaking):
    path = tmp_path / "deny"
    path.write_text("127.0.0.2\n")
    with crowd_of(tcpchat, "-k", "--deny-file", path) as crowd:
        assert crowd.run.port
        breaking(path)
        crowd.run.process.send_signal(signal.SIGHUP)
        crowd.run.expect_stderr(str(path).encode())
        with contextlib.suppress(ConnectionResetError):  # of the call, or of what is read
            with socket.create_connection(("127.0.0.1", crowd.run.port), PATIENCE, ("127.0.0.2", 0)) as denied:
                assert denied.recv(1) == b""
        peer = crowd.call()
        peer.say("好")
        assert crowd.run.read(4).decode() == "好\n"


def test_sighup_without_lists_ends_nothing(tcpchat):
    with crowd_of(tcpchat, "-k") as crowd:
        assert crowd.run.port
        crowd.run.process.send_signal(signal.SIGHUP)
        crowd.call().say("好")
        assert crowd.run.read(4).decode() == "好\n"


# --max-per-host.

def test_max_per_host_refuses_the_next(tcpchat):
    with crowd_of(tcpchat, "--chat", "--max-per-host", "2") as crowd:
        one, other = crowd.join(), crowd.join()
        assert not is_served(crowd, "127.0.0.1")
        assert is_served(crowd, "127.0.0.2")
        other.close()
        assert one.until_line("-!- peer2 left")
        until(lambda: is_served(crowd, "127.0.0.1"), "room for one more")


def test_chat_admits_256_of_a_host(tcpchat):
    with crowd_of(tcpchat, "--chat") as crowd:
        peers = [crowd.join() for _ in range(256)]
        assert not is_served(crowd, "127.0.0.1")
        assert is_served(crowd, "127.0.0.2")
        until(lambda: b"was refused: too many" in crowd.run.stderr, "the refusal to be told")
        assert peers


def test_max_per_host_has_no_default_without_chat(tcpchat):
    with crowd_of(tcpchat, "-k", "-v") as crowd:
        peers = [crowd.call() for _ in range(300)]
        until(lambda: crowd.run.stderr.count(b" connected\n") == 300, "all of them")
        assert peers and not [line for line in complaints(crowd.run) if "connected" not in line]


@pytest.mark.parametrize("value", ["0", "-1", "x", ""])
def test_max_per_host_requires_a_number(tcpchat, value):
    ends(tcpchat("listen", "--chat", "--max-per-host", value, "127.0.0.1", 0), 2)


@needs_ipv6
def test_ipv4_mapped_peer_is_an_ipv4_host(tcpchat):
    run = tcpchat("listen", "--chat", "--max-per-host", "1", 0)
    run.expect_stderr(rb"(?s)listening on .*\n.*listening on .*\n")
    with contextlib.closing(Peer(("127.0.0.1", run.port))) as four, contextlib.closing(Peer(("::1", run.port))) as six:
        assert four.line() and six.line()
