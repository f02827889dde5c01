# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of a scenario: the program, its peers, and the verdict.

Neither thread nor sleep: what a peer or a pipe is given fits in its buffer, and each wait has a limit."""
import contextlib
import dataclasses
import os
import re
import select
import signal
import socket
import ssl
import subprocess
import termios
import time
from typing import Callable

LIMIT = float(os.environ.get("TCPCHAT_TORTURE_LIMIT", "20"))  # seconds; what takes longer hangs
ANNOUNCED = re.compile(rb"listening on .*?(?::(\d+))?[\r\n ]")
SENTENCE = re.compile(rb"tcpchat: (?!listening on |warning)")
STATUSES = set(range(8))
LOSS = re.compile(rb"out of memory|the message is too long|not sent|Cannot allocate memory|not written down|was refused|broken off")
STILL = 0.3  # seconds, after which what was lost does not come any more


class Hang(Exception):
    """Something took longer than LIMIT."""


class Gone(Exception):
    """The program, or its end of a connection, is not there any more."""


class Closed(Gone):
    """The program listens no more."""


@dataclasses.dataclass
class Fault:
    """What befalls a run."""
    prefix: list = dataclasses.field(default_factory=list)  # words in front of its command
    environment: dict = dataclasses.field(default_factory=dict)
    closed: tuple = ()  # of the descriptors 0 to 2
    mute: Callable = lambda: False  # whether standard error took no sentence
    words: list = dataclasses.field(default_factory=list)  # of the command line, behind the command


class Peer:
    """The test's end of a connection: what it got, and how that ended."""

    def __init__(self, connection):
        self.socket, self.got, self.end = connection, b"", None
        self.is_broken = False  # the system tells a reset once, perhaps to a send

    def take(self):
        """Some more bytes; False at the end, which is then "end" or "broken"."""
        if self.end:
            return False
        try:
            data = self.socket.recv(65536)
        except TimeoutError as error:
            raise Hang(f"a peer waited behind {self.got[-60:]!r}") from error
        except (OSError, ssl.SSLError):
            self.end = "broken"
            return False
        self.got += data
        if not data:
            self.end = "broken" if self.is_broken else "end"
        return bool(data)

    def rest(self):
        while self.take():
            pass
        return self

    def send(self, data):
        try:
            self.socket.sendall(data)
        except TimeoutError as error:
            raise Hang("a peer could not send") from error
        except (OSError, ssl.SSLError):
            self.is_broken = True
        return self

    def finish(self):
        try:
            if isinstance(self.socket, ssl.SSLSocket):
                self.socket = self.socket.unwrap()
            else:
                self.socket.shutdown(socket.SHUT_WR)
        except (OSError, ssl.SSLError):
            self.is_broken = True
        return self

    def is_readable(self):
        pending = isinstance(self.socket, ssl.SSLSocket) and self.socket.pending()
        return not self.end and bool(pending or select.select([self.socket], [], [], 0)[0])


class Play:
    """A run of a scenario on a stage, with the fault that befalls it."""

    def __init__(self, scenario, stage, fault):
        self.scenario, self.stage, self.fault = scenario, stage, fault
        self.peers, self.lies, self.open = [], [], []
        self.stderr = self.stdout = b""  # at a terminal all is in stderr
        self.status, self.was_stopped, self.is_gone = None, False, False
        self.log_has_ended = False

    def lie(self, text):
        self.lies.append(text)

    # ---- the program ----

    def start(self):
        for name in self.scenario.makes:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.stage.folder, name))
        theirs = self._open_terminal() if self.scenario.is_terminal else self._open_streams()
        command, *words = [word.format(**self.stage.names) for word in self.scenario.words.split(" ")]
        closed = self.fault.closed
        self.process = subprocess.Popen(
            [*self.fault.prefix, self.stage.program, command, *self.fault.words, *words],
            **dict(zip(("stdin", "stdout", "stderr"), theirs)), cwd=self.stage.folder,
            env={**self.stage.environment, **self.fault.environment}, start_new_session=self.scenario.is_terminal,
            preexec_fn=(lambda: [os.close(fd) for fd in closed]) if closed else None)
        for descriptor in {*theirs}:
            os.close(descriptor)
        self.pidfd = self._keep(os.pidfd_open(self.process.pid))

    def _keep(self, descriptor):
        self.open.append(descriptor)
        return descriptor

    def _open_terminal(self):
        self.reads, theirs = os.openpty()
        self._keep(self.reads)
        os.set_blocking(self.reads, False)
        self.slave, self.modes = self._keep(os.dup(theirs)), termios.tcgetattr(theirs)
        return theirs, theirs, theirs

    def _open_streams(self):
        self.reads, errors = os.pipe()
        os.set_blocking(self._keep(self.reads), False)
        if self.scenario.to_file:
            out = os.open(os.path.join(self.stage.folder, "stdout"), os.O_RDWR | os.O_CREAT | os.O_TRUNC)
            self.gives = self._keep(os.dup(out))
        else:
            self.gives, out = os.pipe()
            os.set_blocking(self._keep(self.gives), False)
        return self._input(), out, errors

    def _input(self):
        data = self.scenario.input
        if data is None:
            return os.open("/dev/null", os.O_RDONLY)
        if self.scenario.to_file:
            path = os.path.join(self.stage.folder, "stdin")
            with open(path, "wb") as file:
                file.write(data)
            return os.open(path, os.O_RDONLY)
        reads, self.writes = os.pipe()
        assert not data or os.write(self.writes, data) == len(data)
        if self.scenario.keeps_input:
            self._keep(self.writes)
        else:
            os.close(self.writes)
        return reads

    def has_ended(self, within=0.0):
        return bool(select.select([self.pidfd], [], [], within)[0])

    def _await(self, what, *watched):
        """Those of these descriptors, the program's end and its messages that are ready."""
        ready = select.select([*watched, self.pidfd, self.reads], [], [], LIMIT)[0]
        if not ready:
            raise Hang(what)
        if self.reads in ready and not self._hear():
            # No writer is left: the end of the program is near.
            return select.select([*watched, self.pidfd], [], [], LIMIT)[0]
        return ready

    def hear(self):
        """All that it has said by now."""
        while self._hear():
            pass

    def _hear(self):
        some = some_of(self.reads)
        self.stderr += some
        return bool(some)

    def until_said(self, pattern):
        """The match of a pattern in what it says; Gone if it ends without, or if that was lost: it is stopped then."""
        pattern = re.compile(pattern)
        while not (found := pattern.search(self.stderr)):
            if not select.select([self.reads, self.pidfd], [], [], STILL)[0] and self.fault.mute():
                self.stop()
                raise Gone
            if self.pidfd in self._await(f"nothing like {pattern.pattern!r} was said") and not self._hear():
                raise Gone
        return found

    def signal(self, number):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)

    def stop(self):
        self.was_stopped = True
        self.signal(signal.SIGTERM)

    def say(self, text):
        with contextlib.suppress(BrokenPipeError):
            os.write(self.writes, text)

    # ---- its peers ----

    def peer(self):
        return self.call() if self.scenario.words.startswith("listen") else self.accept()

    def call(self):
        """A connection to it; Gone if that fails."""
        path, is_unix = self.stage.port_file(), "unix:" in self.scenario.words
        if self.fault.words:
            while not (os.path.exists(path) and content_of(path).endswith(b"\n")):
                if select.select([self.pidfd], [], [], 0.005)[0]:
                    raise Gone
            port = content_of(path)
        else:
            port = self.until_said(ANNOUNCED.pattern)[1]
        connection = socket.socket(socket.AF_UNIX if is_unix else socket.AF_INET)
        address = os.path.join(self.stage.folder, "socket") if is_unix else ("127.0.0.1", int(port))
        return self._peer(connection, lambda: connection.connect(address))

    def accept(self, server=None, caller=None):
        """A connection from it; Gone if it ends without one, or breaks that of `caller` off."""
        stage = self.stage
        server = server or (stage.unix_server if "unix:" in self.scenario.words else stage.server)
        watched = [caller.socket] if caller else []
        while server not in (ready := self._await("no connection was made", server, *watched)):
            if ({self.pidfd, *watched} & set(ready)) and not select.select([server], [], [], 0)[0]:
                if caller:
                    caller.take()
                raise Gone
        return self._peer(server.accept()[0], lambda: None)

    def _peer(self, connection, connect):
        """Gone if what it does before the conversation fails."""
        try:
            connection.settimeout(LIMIT)
            self._connect(connect)
            self.is_gone, wrap = True, self.scenario.wrap
            self.peers.append(Peer(wrap(self.stage, connection) if wrap else connection))
        except TimeoutError as error:
            raise Hang("a handshake") from error
        except Closed:
            connection.close()
            raise
        except (OSError, ssl.SSLError, EOFError) as error:
            connection.close()
            raise Gone from error
        self.is_gone = False
        return self.peers[-1]

    def _connect(self, connect):
        try:
            connect()
        except (ConnectionRefusedError, FileNotFoundError) as error:
            raise Closed from error

    def is_refused(self):
        """Whether the last caller was broken off, or never got through its handshake."""
        return not self.peers or self.peers[-1].is_broken or self.peers[-1].end == "broken" or self.is_gone

    def _awaits(self, what, *watched):
        """As _await, but None where the program has told that something was lost, and is still for some time."""
        log = [] if self.scenario.is_terminal or self.scenario.to_file or self.log_has_ended else [self.gives]
        is_told = LOSS.search(self.stderr + self.stdout)
        if is_told and not select.select([*watched, *log, self.pidfd, self.reads], [], [], STILL)[0]:
            return None
        ready = self._await(what, *watched, *log)
        if log and self.gives in ready:
            some = some_of(self.gives)
            self.stdout += some
            self.log_has_ended = not some
        return ready

    def expect(self, reader, word, speaker=None):
        """Whether the word came to a peer. It may be missing where the reader or the speaker was broken off, or the
        program has ended, or has told of a loss."""
        while word not in reader.got and not reader.end:
            if speaker and speaker.end == "broken" and not reader.is_readable():
                return False
            watched = [peer.socket for peer in (reader, speaker) if peer and not peer.end]
            ready = self._awaits(f"a peer waited for {word!r} behind {reader.got[-90:]!r}", *watched)
            if ready is None:
                return False
            if speaker and not speaker.end and speaker.socket in ready:
                speaker.take()
            if reader.is_readable():
                reader.take()
            elif self.pidfd in ready:
                return False
        if reader.end == "end" and word not in reader.got and not self.has_ended(within=STILL):
            self.lie(f"a peer read an end in place of {word!r}")
        return word in reader.got

    def type(self, text):
        with contextlib.suppress(OSError):
            os.write(self.reads, text)

    def until_shown(self, word, peer=None):
        """Whether the word came to the screen, before the program, or the peer's connection, ended."""
        while word not in self.stderr:
            ready = self._awaits(f"nothing like {word!r} was shown", *([peer.socket] if peer and not peer.end else []))
            if ready is None:
                return False
            if peer and peer.is_readable():
                peer.take()
            if (self.pidfd in ready or (peer and peer.end)) and not self._hear():
                return word in self.stderr
        return True

    # ---- its end ----

    def end(self):
        """Waits for the end, and gathers what was left behind."""
        end = time.monotonic() + LIMIT
        while self.pidfd not in self._await("the program did not end"):
            if time.monotonic() > end:
                raise Hang("the program did not end")
        code = self.process.wait()
        self.status = 128 - code if code < 0 else code
        self.hear()
        if self.scenario.is_terminal:
            if termios.tcgetattr(self.slave) != self.modes:
                self.lie("the terminal did not get its state back")
            return
        if self.scenario.to_file:
            os.lseek(self.gives, 0, os.SEEK_SET)
        while some := some_of(self.gives):
            self.stdout += some

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for peer in self.peers:
            peer.socket.close()
        for descriptor in self.open:
            os.close(descriptor)
        self.stage.clear()

    # ---- the verdict ----

    def judge(self):
        said = self.stderr
        if b"Sanitizer" in said or b"runtime error" in said:
            self.lie("a sanitizer: " + said[-3000:].decode(errors="replace"))
        if self.scenario.always:
            self.scenario.always(self)
        if self.status in self.scenario.statuses:
            if self.scenario.judge:
                self.scenario.judge(self)
        elif (self.status == 143 and self.was_stopped) or (self.status == 129 and self.scenario.is_terminal):
            return  # a terminal that cannot be read has hung up
        elif self.status not in STATUSES:
            self.lie(f"a status of {self.status}")
        elif not SENTENCE.search(said) and not self.fault.mute():
            self.lie(f"a status of {self.status} without a sentence")


def some_of(descriptor):
    """Bytes that a descriptor has now; at the end of a terminal a read fails."""
    with contextlib.suppress(OSError):
        return os.read(descriptor, 1 << 20)
    return b""


def content_of(path):
    with open(path, "rb") as file:
        return file.read()


def play(scenario, stage, fault):
    """A finished run of a scenario; its `lies` are empty if it did all right."""
    run = Play(scenario, stage, fault)
    run.start()
    try:
        with contextlib.suppress(Gone):
            scenario.play(run)
        run.end()
        run.judge()
    except Hang as hang:
        run.hear()
        run.lie(f"hangs: {hang}")
    finally:
        run.close()
    return run
