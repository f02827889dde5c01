# SPDX-License-Identifier: GPL-3.0-or-later
"""Many peers of one listening tcpchat, each a plain socket of the test."""
import contextlib
import errno
import os
import select
import selectors
import socket
import time

from harness import PATIENCE, reset, until, without_sandbox


class Peer:
    """One of many. What it reads is kept until it is asked for; texts are in its charset."""

    def __init__(self, address, charset="utf-8", window=None, source=None):
        self.charset, self.kept = charset, b""
        self.socket = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        if window:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.settimeout(PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if source:
            self.socket.bind((source, 0))
        self.early = None  # a reset that came before connect had looked; the system tells it once
        try:
            self.socket.connect(address)
        except ConnectionResetError as reset_by_peer:
            self.early = reset_by_peer

    @property
    def address(self):
        """As tcpchat writes it."""
        host, port = self.socket.getsockname()[:2]
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def send(self, data):
        self.socket.sendall(data)

    def say(self, *lines):
        """Lines of text, in one piece."""
        self.send("".join(line + "\n" for line in lines).encode(self.charset))

    def take(self):
        """Reads what is there into `kept`, waiting for it; False at the end."""
        data = self._receive()
        self.kept += data
        return bool(data)

    def _receive(self):
        if self.early:
            raise self.early
        return self.socket.recv(65536)

    def read(self, n):
        """Exactly n bytes, or fewer at the end."""
        data = self._take_while(lambda length: length < n)
        self.kept = data[n:]
        return data[:n]

    def rest(self):
        """All bytes until the end."""
        return self._take_while(lambda length: True)

    def _take_while(self, wants):
        """Reads on while it wants more than so many bytes. The many pieces of a flood are joined once."""
        pieces, length, self.kept = [self.kept], len(self.kept), b""
        while wants(length) and (data := self._receive()):
            pieces.append(data)
            length += len(data)
        return b"".join(pieces)

    def line(self):
        """The next line without its LF; what is left at the end, in brackets."""
        while b"\n" not in self.kept:
            if not self.take():
                return f"<{self.rest().decode(self.charset, 'replace')}>"
        line, _, self.kept = self.kept.partition(b"\n")
        return line.decode(self.charset)

    def lines(self, n):
        return [self.line() for _ in range(n)]

    def until_line(self, wanted):
        """The lines up to one, which is the last of them."""
        found = [self.line()]
        while found[-1] != wanted:
            assert not found[-1].startswith("<"), f"it ended without {wanted!r}: {found[-9:]}"
            found.append(self.line())
        return found

    def has_more(self, patience=0.0):
        """Whether there is anything to read, its end included."""
        return bool(self.kept or select.select([self.socket], [], [], patience)[0])

    def has_ended(self):
        """Waits for the end, whatever comes before it."""
        with contextlib.suppress(ConnectionResetError):
            self.rest()
        return True

    def finish(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        reset(self.socket)

    def close(self):
        self.socket.close()


class Crowd:
    """A listening run, and the peers that called it."""

    def __init__(self, run, stack):
        self.run, self._stack, self.host = run, stack, "127.0.0.1"

    def call(self, **options):
        """Calls once more, without waiting for the run to accept."""
        return self._stack.enter_context(contextlib.closing(Peer((self.host, self.run.port), **options)))

    def join(self, name=None, **options):
        """One more member of a room, once it was greeted; with a name, once it has that."""
        peer = self.call(**options)
        greeting = peer.line()
        assert greeting.startswith("-!- you are "), greeting
        peer.name = greeting.removeprefix("-!- you are ").partition(";")[0]
        if name:
            peer.say(f"/nick {name}")
            assert peer.until_line(f"-!- you are {name}")
            peer.name = name
        return peer

    def join_all(self, *names, **options):
        """Members that have read all notices about each other."""
        peers = [self.join(name, **options) for name in names]
        settle(peers)
        return peers


@contextlib.contextmanager
def crowd_of(tcpchat, *options, host="127.0.0.1", **popen):
    """tcpchat listen OPTION... on a free port, as a Crowd whose connections are closed at the end."""
    with contextlib.ExitStack() as stack:
        crowd = Crowd(tcpchat("listen", *options, host, 0, **popen), stack)
        crowd.host = host
        yield crowd


def settle(peers):
    """Every member has read all that was sent so far: each says a word of its own, and all others read it. The words
    are ASCII, which is no evidence for a charset."""
    for i, peer in enumerate(peers):
        word = f"so far {i}"
        peer.say(word)
        for other in peers:
            if other is not peer:
                other.until_line(f"{peer.name}: {word}")


def nothing_came(peers, speaker):
    """The members read nothing before what the speaker, another member, says next."""
    speaker.say("句号")
    return all(peer.line() == f"{speaker.name}: 句号" for peer in peers)


def read_side_by_side(peers, take, patience=PATIENCE):
    """Calls take(peer, piece) with what each of many reads, until it answers that this was all of this peer, or the
    peer is at its end; a silence of patience seconds fails. The next piece overwrites this one."""
    room = memoryview(bytearray(1 << 18))
    with selectors.DefaultSelector() as selector:
        for peer in peers:
            selector.register(peer.socket, selectors.EVENT_READ, peer)
        while selector.get_map():
            ready = selector.select(patience)
            assert ready, f"nothing for {patience} s from {len(selector.get_map())} of {len(peers)}"
            for key, _ in ready:
                length = key.fileobj.recv_into(room)
                if not length or take(key.data, room[:length]):
                    selector.unregister(key.fileobj)


def read_everywhere(peers, n):
    """n bytes or somewhat more from each of many peers, or fewer at its end."""
    taken = {peer: bytearray() for peer in peers}

    def keep(peer, piece):
        taken[peer].extend(piece)
        return len(taken[peer]) >= n
    read_side_by_side(peers, keep)
    return list(taken.values())


def arrives_everywhere(peers, data, patience=PATIENCE):
    """Each of many peers reads just this. It is compared as it comes: to keep it for fifty would take longer."""
    ahead = dict.fromkeys(peers, memoryview(data))

    def compare(peer, piece):
        assert ahead[peer][:len(piece)] == piece, f"other bytes, {len(ahead[peer])} before the end"
        ahead[peer] = ahead[peer][len(piece):]
        return not ahead[peer]
    read_side_by_side(peers, compare, patience)
    return not any(ahead.values())


def heard_until(run, is_enough):
    """Reads standard output until it is enough. A silence of PATIENCE seconds fails, and so does the end."""
    heard = bytearray()
    while not is_enough(heard):
        assert select.select([run.stdout], [], [], PATIENCE)[0], f"nothing more after {heard[-300:]!r}"
        piece = os.read(run.stdout.fileno(), 65536)
        assert piece, f"it ended after {heard[-300:]!r}"
        heard += piece
    return bytes(heard)


def helpers(pid):
    """The processes of the run beside itself: its helper, or none."""
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def children(pid):
    """The programs and look-ups of the run, which are children of its helper."""
    return [child for helper in helpers(pid) for child in helpers(helper)]


def refuses(port):
    """True if no listener is there: the system refuses, without a reset of an accepted connection."""
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == errno.ECONNREFUSED


def listens(port):
    """True if a listener is there on 127.0.0.1. The test asks the system, because a call would be one more
    conversation."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(f":{port:04X} 00000000:0000 0A" in line for line in table)


def connected(run, n):
    """Waits until so many connections were told with -v."""
    until(lambda: run.stderr.count(b" connected\n") >= n, f"{n} connections")


def complaints(run):
    """The lines on stderr, without the announcement and the one about the sandbox."""
    lines = without_sandbox(run.stderr.decode().splitlines())
    return [line for line in lines if not line.startswith("tcpchat: listening on ")]


def drain(run):
    """Reads what the run gives, and drops it."""
    while run.stdout.read(65536):
        pass


def all_leave(crowd, peers):
    """All peers leave after the run was told to end with the last of them."""
    crowd.run.process.terminate()
    for peer in peers:
        peer.close()


def elapsed_since(start):
    return time.monotonic() - start
