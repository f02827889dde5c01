# SPDX-License-Identifier: GPL-3.0-or-later
"""What peers and persons do in a scenario, and how a run is judged that says that all is well."""
import base64
import contextlib
import json
import os
import signal
import socket
import ssl

from play import SENTENCE, Closed, Gone, Hang
from proxies import SCRIPTS
from tls import client_context, server_context

LINES = "".join(f"{n}. 你好，世界 hello\n" for n in range(600))
MINE, THEIRS = LINES.encode(), LINES.upper().encode()
MINE_GBK, THEIRS_GBK = LINES.encode("gbk"), LINES.upper().encode("gbk")
MANY = MINE * 40  # more than buffers hold
MANY_GBK = MINE_GBK * 40


# ---- one to one ----

def patient(act):
    """A listener may refuse a peer, as a newcomer that it lacks memory for. It listens on then, and the peer comes
    again, but not for ever."""
    def acts(run):
        for _ in range(3):
            try:
                act(run)
            except Closed:
                return
            except Gone:
                pass
            if run.scenario.words.startswith("connect") or not run.is_refused():
                return
        run.stop()
    return acts


def stopped(act):
    """A room ends when it is told to."""
    def acts(run):
        with contextlib.suppress(Gone):
            act(run)
        run.stop()
        for peer in run.peers:
            peer.rest()
    return acts


def left(act):
    """A person leaves in the end."""
    def acts(run):
        with contextlib.suppress(Gone):
            act(run)
        run.type(b"\x04")
        for peer in run.peers:
            peer.finish().rest()
    return acts


@patient
def converse(run):
    """The peer sends, ends, and reads to the end."""
    run.peer().send(run.scenario.gives).finish().rest()


@patient
def converse_in_turn(run):
    """The peer ends when it has got all."""
    peer = run.peer().send(run.scenario.gives)
    with contextlib.suppress(Hang):  # a side that cannot send any more may wait for the other's end
        run.expect(peer, run.scenario.heard)
    peer.finish().rest()


@patient
def converse_in_tls(run):
    """Python's TLS ends both directions at once."""
    run.peer().send(run.scenario.gives).rest().finish()


def reads_only(run):
    run.peer().rest()


def nothing(_run):
    """No peer is needed."""


def comes_late(run):
    """A listener that begins to listen after the first refusal."""
    server = run.stage.holder
    run.until_said(b"FAILED")
    server.listen()
    try:
        run.accept(server).send(run.scenario.gives).finish().rest()
    finally:
        server.shutdown(socket.SHUT_RD)


def judge_exact(run):
    """All has come, in both directions."""
    served = run.peers[-1:] if run.scenario.words.startswith("listen") else run.peers
    if not served:
        run.lie("all is well without a peer")
    for peer in served:
        if peer.got != run.scenario.heard:
            run.lie(f"the peer got {len(peer.got)} of {len(run.scenario.heard)} bytes")
    if run.stdout != run.scenario.shown:
        run.lie(f"{len(run.stdout)} of {len(run.scenario.shown)} bytes were shown")


def judge_prefixes(run):
    """Whatever the status, nobody has read anything but the beginning, nor an end where it was broken off."""
    for peer in run.peers:
        if not run.scenario.heard.startswith(peer.got):
            run.lie(f"the peer got something else: {peer.got[-200:]!r}")
        if peer.end == "end" and peer.got != run.scenario.heard and "unix" not in run.scenario.words:
            run.lie(f"the peer read an end after {len(peer.got)} bytes, not a reset")
    if not run.scenario.shown.startswith(run.stdout.removesuffix("\ufffd".encode())):  # a character that was cut
        run.lie(f"something else was shown: {run.stdout[-200:]!r}")


# ---- files beside ----

def content(run, name):
    with open(os.path.join(run.stage.folder, name), "rb") as file:
        return file.read()


def judge_output(run):
    judge_exact(run)
    if content(run, "out") != run.scenario.gives:
        run.lie("-o has not all")


def lines_of(run, name):
    try:
        return [json.loads(line) for line in content(run, name).splitlines()]
    except ValueError:
        run.lie(f"{name} has no lines of JSON")
        return []


def judge_record(run):
    judge_exact(run)
    lines = lines_of(run, "record")
    for way, all_of_it in ("in", run.scenario.gives), ("out", run.scenario.heard):
        if b"".join(base64.b64decode(line["bytes"]) for line in lines if line["direction"] == way) != all_of_it:
            run.lie(f"the record has not all of {way}")


def judge_events(run):
    judge_exact(run)
    if [line["event"] for line in lines_of(run, "events")].count("closed") != 1:
        run.lie("the events lack the end")


def judge_lines(name, count):
    """A file that has at least so many lines."""
    def judge(run):
        judge_exact(run)
        if content(run, name).count(b"\n") < count:
            run.lie(f"{name} has not all")
    return judge


# ---- what a peer does before the conversation ----

def strict(context):
    """An end without close_notify is none, as Python would have it."""
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    return context


def as_tls_server(stage, plain):
    return strict(server_context(stage.certificate)).wrap_socket(plain, server_side=True, suppress_ragged_eofs=False)


def as_tls_client(_stage, plain):
    return strict(client_context()).wrap_socket(plain, server_hostname="localhost", suppress_ragged_eofs=False)


def as_proxy(scheme):
    """A proxy that does as it is asked, and is the peer from then on."""
    def handshake(_stage, connection):
        for asked, answer in SCRIPTS[scheme]:
            got = b""
            while len(got) < len(asked):
                some = connection.recv(len(asked) - len(got))
                if not some:
                    raise EOFError
                got += some
            connection.sendall(answer)
        return connection
    return handshake


def with_header(_stage, connection):
    connection.sendall(b"PROXY TCP4 192.0.2.1 192.0.2.2 1111 2222\r\n")
    return connection


# ---- programs and other addresses ----

@patient
def pass_on(run):
    """The peer of tcpchat, and the one that it passes it on to."""
    caller = run.call()
    caller.send(run.scenario.gives)
    upstream = run.accept(caller=caller)
    caller.finish()
    upstream.send(run.scenario.heard).finish()
    for peer in caller, upstream:
        peer.rest()


def judge_passed(run):
    if [peer.got for peer in run.peers[-2:]] != [run.scenario.heard, run.scenario.gives]:
        run.lie("not all was passed on")


def judge_passed_prefixes(run):
    for peer, whole in zip(run.peers[-2:], [run.scenario.heard, run.scenario.gives]):
        if not whole.startswith(peer.got) or (peer.end == "end" and peer.got != whole):
            run.lie(f"{len(peer.got)} of {len(whole)} bytes were passed on, and then came an end")


@patient
def answer_replay(run):
    """The peer that was recorded is answered as it was then."""
    peer = run.peer().send(b"ping\n")
    if run.expect(peer, b"pong\n"):
        peer.send(b"thanks\n").finish().rest()


@patient
def answer_script(run):
    """What a script expects comes in the order of the script."""
    peer = run.peer().send(b"ready\n")
    while b"go 1\n" not in peer.got and peer.take():
        pass
    if not peer.end:
        peer.send("done 好\n".encode())
    peer.rest()


# ---- many peers ----

def join(run):
    """A member of a room that has been greeted, or None."""
    peer = run.call()
    return peer if run.expect(peer, b"-!- you are peer") else None


@stopped
def meet(run):
    """Two members and the operator talk; one leaves, and then the room ends."""
    one = join(run)
    other = join(run)
    if one and other:
        one.send("hello from one 你好\n".encode())
        run.expect(other, "hello from one 你好\n".encode(), one)
        other.send(b"/me waves\n/nick bob\n/who\n/msg peer1 psst\n")
        run.expect(one, b"] psst\n", other)
        run.say(b"from the operator\n")
        run.expect(one, b"from the operator\n", other)
        other.finish().rest()
        run.expect(one, b" left\n", other)


@stopped
def queue(run):
    """A member, and one that waits for its place."""
    one = join(run)
    waiting = run.call()
    if one and run.expect(waiting, b"you are number 1"):
        one.finish().rest()
        run.expect(waiting, b"-!- you are peer")


@stopped
def relay_between(run):
    """What one says the other gets."""
    one, other = run.call(), run.call()
    for word in b"first\n", b"second\n", b"third\n":
        for speaker, reader in (one, other), (other, one):
            speaker.send(word)
            run.expect(reader, word, speaker)
            reader.got = reader.got.replace(word, b"")


@stopped
def come_and_go(run):
    """Three peers one after another, of which the first gets all that is left; then the run is told to end."""
    for n in range(3):
        peer = run.call()
        peer.send(b"line of %d\n" % n * 20)
        if n == 0:
            run.expect(peer, run.scenario.heard)
        peer.finish().rest()
        if peer.end == "end" and not run.scenario.heard.endswith(peer.got):
            run.lie(f"peer {n} read an end after {len(peer.got)} bytes: {peer.got[-100:]!r}")


def judge_lines_shown(run):
    """The lines of all peers, or a sentence about what is lost. A peer that reset has no claim, as it knows; others
    have: our end came first, so that they read it whatever became of their words."""
    for n, peer in enumerate(run.peers):
        is_whole = run.scenario.shown is None or run.stdout.count(b"line of %d\n" % n) == 20
        if peer.end == "end" and not is_whole and b"reset by peer" not in run.stderr:
            run.lie(f"not all that peer {n} said was shown")
        if not is_whole and not SENTENCE.search(run.stderr) and not run.fault.mute():
            run.lie(f"nothing was said about what peer {n} lost")


@stopped
def ask(run):
    """Two peers ask, and are answered."""
    for _ in range(2):
        peer = run.call()
        for _ in range(3):
            peer.got = b""
            run.expect(peer.send(b"ping\n"), run.scenario.heard)
        peer.finish().rest()


@stopped
def reread(run):
    """The lists are read again between two peers."""
    for _ in range(2):
        run.call().send(b"line of 0\n").finish().rest()
        run.signal(signal.SIGHUP)


# ---- a person ----

@left
def type_and_read(run):
    """A person says something, reads the answer, uses some commands, and leaves."""
    peer = run.peer()
    if not run.until_shown(run.scenario.prompt):
        return
    run.type("hello 你好\r".encode())
    run.expect(peer, run.scenario.heard)
    peer.send(run.scenario.gives)
    if peer.end or run.until_shown("answer 世界".encode(), peer):
        run.type(b"/status\r/encoding\r/he\t\r\x1b[A\x15")


@left
def send_file(run):
    """A person sends a file."""
    path = os.path.join(run.stage.folder, "sent")
    with open(path, "wb") as file:
        file.write(MINE)
    peer = run.peer()
    if run.until_shown(run.scenario.prompt):
        run.type(b"/send %s\r" % path.encode())
        run.expect(peer, MINE[-30:])
