# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the benchmark: one way to use a netcat each, the same for tcpchat, its peers and a bare program.

A row runs one round of one tool and returns a figure in the row's unit. A tool that cannot do a row has no entry for it.
Addresses are 127.0.0.1, files are in memory.
"""
import contextlib
import dataclasses
import os
import pathlib
import select
import socket
import subprocess
import time

PATIENCE = 120


@dataclasses.dataclass
class Place:
    """Where a benchmark runs."""
    tcpchat: str
    shared: str  # the same, built with shared libraries
    bare: str
    unspliced: str  # a library with which a program copies all bytes
    crowd: str
    folder: pathlib.Path
    size: int  # bytes of the source file and of a stream
    count: int  # round trips, and whole processes
    seconds: float  # that a room is spoken in

    @property
    def fan(self):
        return pathlib.Path(self.bare).with_name("fan")

    @property
    def source(self):
        return self.folder / "source"

    def make_source(self):
        block = bytes(range(256)) * 4096
        with open(self.source, "wb") as file:
            for _ in range(self.size // len(block)):
                file.write(block)


# Processes.

def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def listens(port):
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(f":{port:04X} 00000000:0000 0A" in line for line in table)


class Processes(contextlib.ExitStack):
    """Programs of one round: all have ended, or are killed, when it is over."""

    def start(self, argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, port=None, **environment):
        process = subprocess.Popen([str(word) for word in argv], stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL,
                                   env={**os.environ, **environment})
        self.callback(self.finish, process)
        end = time.monotonic() + PATIENCE
        while port and not listens(port):
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{argv[0]} does not listen")
            time.sleep(0.002)
        return process

    @staticmethod
    def finish(process):
        if process.poll() is None:
            process.kill()
        process.wait()

    def open(self, path, mode):
        return self.enter_context(open(path, mode))


def wait(process):
    """Popen.wait with a timeout looks every 50 ms, which rounds a time."""
    if process.poll() is not None:
        return process.returncode
    ended = os.pidfd_open(process.pid)
    try:
        if not select.select([ended], [], [], PATIENCE)[0]:
            raise RuntimeError("it takes too long")
    finally:
        os.close(ended)
    return process.wait()


def wait_all(processes):
    for process in processes:
        wait(process)


# Command lines.

def listen(place, tool, port, both=False):
    return {
        "tcpchat": [place.tcpchat, "listen", "127.0.0.1", port],
        "bare": [place.bare, "both-take" if both else "take", port],
        "nc.openbsd": ["nc.openbsd", "-N", "-l", "127.0.0.1", port],
        "ncat": ["ncat", "-l", "127.0.0.1", port],
        "socat": ["socat", *([] if both else ["-u"]), "-b1048576", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr", "-"],
    }[tool]


def connect(place, tool, port, both=False):
    return {
        "tcpchat": [place.tcpchat, "connect", "127.0.0.1", port],
        "bare": [place.bare, "both-send" if both else "send", port],
        "nc.openbsd": ["nc.openbsd", "-N", "127.0.0.1", port],
        "nc.traditional": ["nc.traditional", "-q", "5", "127.0.0.1", port],
        "ncat": ["ncat", "127.0.0.1", port],
        "socat": ["socat", *([] if both else ["-u"]), "-b1048576", "-", f"TCP:127.0.0.1:{port}"],
    }[tool]


# Bulk: GB/s, from the start of the sender to the end of both.

def rate(place, begin, ways=1):
    return ways * place.size / (time.monotonic() - begin) / 1e9


def file_to_null(place, tool, listen=listen, connect=connect, status=0):
    """Over what the two command lines speak; the receiver ends with the status."""
    port = free_port()
    with Processes() as run:
        receiver = run.start(listen(place, tool, port), port=port)
        begin = time.monotonic()
        sender = run.start(connect(place, tool, port), stdin=run.open(place.source, "rb"))
        wait_all([sender, receiver])
        if sender.returncode or receiver.returncode != status:
            raise RuntimeError(f"{tool} lost bytes")
        return rate(place, begin)


def pipe_to_pipe(place, tool):
    port = free_port()
    with Processes() as run:
        receiver = run.start(listen(place, tool, port), stdout=subprocess.PIPE, port=port)
        drain = run.start([place.bare, "drain"], stdin=receiver.stdout)
        receiver.stdout.close()
        begin = time.monotonic()
        spout = run.start([place.bare, "spout", place.size], stdout=subprocess.PIPE)
        sender = run.start(connect(place, tool, port), stdin=spout.stdout)
        spout.stdout.close()
        wait_all([spout, sender, receiver, drain])
        return rate(place, begin)


def file_to_file(place, tool):
    port, target = free_port(), place.folder / "target"
    with Processes() as run:
        receiver = run.start(listen(place, tool, port), stdout=run.open(target, "wb"), port=port)
        begin = time.monotonic()
        sender = run.start(connect(place, tool, port), stdin=run.open(place.source, "rb"))
        wait_all([sender, receiver])
        speed = rate(place, begin)
    if target.stat().st_size != place.size:
        raise RuntimeError(f"{tool} lost bytes")
    target.unlink()
    return speed


def both_ways(place, tool):
    port = free_port()
    with Processes() as run:
        listener = run.start(listen(place, tool, port, True), stdin=run.open(place.source, "rb"), port=port)
        begin = time.monotonic()
        caller = run.start(connect(place, tool, port, True), stdin=run.open(place.source, "rb"))
        wait_all([caller, listener])
        return rate(place, begin, 2)


def forward(place, tool):
    port, target = free_port(), free_port()
    argv = {
        "tcpchat": [place.tcpchat, "listen", "-1", "127.0.0.1", port, "--forward", f"127.0.0.1:{target}"],
        "bare": [place.bare, "pass", port, target],
        "socat": ["socat", "-b1048576", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr", f"TCP:127.0.0.1:{target}"],
    }[tool]
    with Processes() as run:
        sink = run.start([place.bare, "take", target], port=target)
        run.start(argv, port=port)
        begin = time.monotonic()
        source = run.start([place.bare, "send", port], stdin=run.open(place.source, "rb"))
        wait_all([source, sink])
        return rate(place, begin)


def received_with(place, argv, port, **environment):
    """The speed at which a bare sender is taken."""
    with Processes() as run:
        receiver = run.start(argv, port=port, **environment)
        begin = time.monotonic()
        sender = run.start([place.bare, "send", port], stdin=run.open(place.source, "rb"))
        wait_all([sender, receiver])
        return rate(place, begin)


def copies(place, tool):
    return {"LD_PRELOAD": place.unspliced} if tool == "tcpchat" else {}


def receive_copied(place, tool):
    port = free_port()
    return received_with(place, listen(place, tool, port), port, **copies(place, tool))


def send_copied(place, tool):
    port = free_port()
    with Processes() as run:
        receiver = run.start([place.bare, "take", port], port=port)
        begin = time.monotonic()
        sender = run.start(connect(place, tool, port), stdin=run.open(place.source, "rb"), **copies(place, tool))
        wait_all([sender, receiver])
        return rate(place, begin)


def output(place, tool):
    port, record = free_port(), place.folder / "record"
    argv = {"tcpchat": [place.tcpchat, "listen", "127.0.0.1", port, "-o", record],
            "bare": [place.bare, "tee", port, record]}[tool]
    try:
        return received_with(place, argv, port)
    finally:
        record.unlink(missing_ok=True)


def hex_dump(place, tool):
    """Of a thousandth with socat, which takes half a megabyte a second."""
    port = free_port()
    place = dataclasses.replace(place, folder=place.folder / "part", size=place.size // (1024 if tool == "socat" else 4))
    place.folder.mkdir(exist_ok=True)
    place.make_source()
    argv = {"tcpchat": [place.tcpchat, "listen", "127.0.0.1", port, "-x", "/dev/null"],
            "socat": ["socat", "-x", "-u", "-b1048576", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr", "-"]}[tool]
    return received_with(place, argv, port)


def transcript(place, tool):
    """Lines of five members of a room of ten, which the room delivers, in a second."""
    record = place.folder / "transcript"
    argv = [place.crowd, "-n", 10, "-s", 5, "-m", place.size >> 17, "-o", 50,
            place.tcpchat, "listen", "127.0.0.1", "PORT", "--chat", "--rate", "0"]
    if tool == "tcpchat":
        argv += ["--transcript", record]
    run = subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=True, timeout=PATIENCE)
    record.unlink(missing_ok=True)
    return float(run.stdout.partition(" a second")[0].split()[-1]) / 1e3


# Small: whole processes a second, and round trips in microseconds.

def whole_process(place, tool):
    port, line = free_port(), place.folder / "line"
    line.write_bytes(b"one line of a person\n")
    with Processes() as run:
        run.start([place.bare, "echo", port], port=port)
        argv = [place.bare, "once", port] if tool == "bare" else connect(place, tool, port, True)
        begin = time.monotonic()
        repeat = run.start([place.bare, "repeat", place.count, line, *argv])
        if wait(repeat):
            raise RuntimeError(f"{tool} failed")
        return place.count / (time.monotonic() - begin)


def shared_process(place, tool):
    return whole_process(dataclasses.replace(place, tcpchat=place.shared), tool)


def round_trips(place, tool):
    """The sorted times of all, in microseconds."""
    port = free_port()
    with Processes() as run:
        run.start([place.bare, "echo", port], port=port)
        caller = run.start(connect(place, tool, port, True), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        times = []
        for _ in range(10 * place.count):
            begin = time.perf_counter()
            os.write(caller.stdin.fileno(), b"one line of a person\n")
            got = 0
            while got < 21:
                got += len(os.read(caller.stdout.fileno(), 100))
            times.append(1e6 * (time.perf_counter() - begin))
        caller.stdin.close()
        caller.stdout.close()
        return sorted(times)


def round_trip_median(place, tool):
    times = round_trips(place, tool)
    return times[len(times) // 2]


def round_trip_worst(place, tool):
    times = round_trips(place, tool)
    return times[len(times) * 99 // 100]


# Rooms: one speaks, all others hear it (bench/fan.c).

REDIS = ["redis-server", "--port", "PORT", "--bind", "127.0.0.1", "--protected-mode", "no", "--save", "", "--appendonly",
         "no", "--maxclients", "12000", "--tcp-backlog", "4096"]
ALL_UTF8 = "all UTF-8"


def fan(place, tool, mode, peers, *options):
    """Connections accepted a second, KiB of an idle peer; and deliveries a second, µs of the processor for each."""
    chat = [place.tcpchat, "listen", "127.0.0.1", "PORT", *mode]
    command = {"tcpchat": chat, ALL_UTF8: chat, "bare": [place.bare, "fan", "PORT"], "redis-server": REDIS,
               "ncat": ["ncat", "-l", "-k", "--broker", "-m", "20000", "127.0.0.1", "PORT"]}[tool]
    kind = ["-k", "redis"] if tool == "redis-server" else []
    argv = [place.fan, "-n", peers, "-t", place.seconds, *kind, *options, *command]
    run = subprocess.run([str(word) for word in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         timeout=PATIENCE, check=False)
    if run.returncode:
        raise RuntimeError(run.stderr.strip() or f"fan ended with {run.returncode}")
    return [float(word) for word in run.stdout.split()]


BROKER, CHAT = ["--broker"], ["--chat", "--rate", "0"]


def spoken(mode, peers, in_flight):
    return lambda place, tool: fan(place, tool, mode, peers, "-f", in_flight)[2]


def half_gbk(place, tool):
    return fan(place, tool, CHAT, 5000, "-f", 50, *(["-e", "gbk"] if tool == "tcpchat" else []))[2]


def accepted(place, tool):
    return fan(place, tool, BROKER, 10000, "-f", 0)[0]


def idle_peer(place, tool):
    return fan(place, tool, CHAT, 9000, "-f", 0)[1]


# Memory.

def peak(process):
    """MiB; None once the process has ended."""
    with contextlib.suppress(OSError, StopIteration), open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))
    return None


def piping_memory(place, tool):
    """The larger peak of sender and receiver, in MiB, with ten times the bytes of the other rows."""
    port, most = free_port(), 0
    with Processes() as run:
        receiver = run.start(listen(place, tool, port), stdout=subprocess.PIPE, port=port)
        drain = run.start([place.bare, "drain"], stdin=receiver.stdout)
        receiver.stdout.close()
        spout = run.start([place.bare, "spout", 10 * place.size], stdout=subprocess.PIPE)
        sender = run.start(connect(place, tool, port), stdin=spout.stdout)
        spout.stdout.close()
        while sender.poll() is None:
            most = max(most, peak(sender) or 0, peak(receiver) or 0)
            time.sleep(0.02)
        wait_all([spout, sender, receiver, drain])
        return most


@dataclasses.dataclass
class Row:
    name: str
    unit: str
    run: object
    tools: list
    asked: dict  # tool: the ratio that tcpchat is to reach at least
    less_is_more: bool = False
    most: dict = dataclasses.field(default_factory=dict)  # tool: what tcpchat may have beyond it; "tcpchat": at all


def fan_row(option, mode, peers, in_flight):
    asked = {"bare": 0.95, "redis-server": 5 if in_flight > 1 else 1.2}
    return Row(f"{peers} peers of {option}, {in_flight} in flight", "deliveries/s", spoken(mode, peers, in_flight), FAN,
               asked)


BULK = ["tcpchat", "bare", "nc.openbsd", "ncat", "socat"]
SMALL = ["tcpchat", "bare", "nc.openbsd", "nc.traditional", "ncat", "socat"]
TRIPS = [tool for tool in SMALL if tool != "bare"]  # bare is for bulk: a lone line stays in its splice
FAN = ["tcpchat", "bare", "redis-server"]
ROWS = {
    "file-null": Row("file → TCP → /dev/null", "GB/s", file_to_null, BULK,
                     {"bare": 0.95, "nc.openbsd": 2.4, "ncat": 2.4, "socat": 1.3}),
    "pipe-pipe": Row("pipe → TCP → pipe", "GB/s", pipe_to_pipe, BULK, {"bare": 0.95, "nc.openbsd": 1.8, "socat": 1.3}),
    "file-file": Row("file → TCP → file", "GB/s", file_to_file, BULK, {"bare": 0.95}),
    "both-ways": Row("both directions at once", "GB/s", both_ways, BULK, {"bare": 0.95}),
    "forward": Row("TCP → --forward → TCP", "GB/s", forward, ["tcpchat", "bare", "socat"], {"bare": 0.95, "socat": 1.5}),
    "send-copied": Row("file → TCP, without splice", "GB/s", send_copied, BULK, {"socat": 1.0}),
    "receive-copied": Row("TCP → /dev/null, without splice", "GB/s", receive_copied, BULK, {"socat": 1.0}),
    "output": Row("TCP → /dev/null and -o", "GB/s", output, ["tcpchat", "bare"], {"bare": 0.9}),
    "hex-dump": Row("TCP → /dev/null and -x /dev/null", "GB/s", hex_dump, ["tcpchat", "socat"], {"socat": 3}),
    "transcript": Row("lines of a room with --transcript", "1000/s", transcript, ["tcpchat", "without"], {"without": 0.9}),
    "process": Row("whole process, one line each way", "1/s", whole_process, SMALL,
                   {"nc.traditional": 1.0, "nc.openbsd": 1.15}),
    "process-shared": Row("the same, built with shared libraries", "1/s", shared_process,
                          ["tcpchat", "nc.openbsd"], {"nc.openbsd": 1.0}),
    "round-trip": Row("round trip, median", "µs", round_trip_median, TRIPS,
                      {"nc.openbsd": 1.0, "nc.traditional": 1.0, "ncat": 1.0, "socat": 1.0}, True),
    "round-trip-99": Row("round trip, 99 % are faster", "µs", round_trip_worst, TRIPS,
                         {"nc.openbsd": 1.0, "nc.traditional": 1.0, "ncat": 1.0, "socat": 1.0}, True),
    **{f"broker-{peers}": fan_row("--broker", BROKER, peers, 1) for peers in (400, 5000, 9000)},
    **{f"broker-{peers}-50": fan_row("--broker", BROKER, peers, 50) for peers in (5000, 9000)},
    **{f"chat-{peers}": fan_row("--chat", CHAT, peers, 1) for peers in (400, 5000, 9000)},
    **{f"chat-{peers}-50": fan_row("--chat", CHAT, peers, 50) for peers in (5000, 9000)},
    "half-gbk": Row("5000 of --chat, half GBK, 50 in flight", "deliveries/s", half_gbk,
                    ["tcpchat", ALL_UTF8], {ALL_UTF8: 0.9}),
    "accept": Row("10000 accepted by --broker", "1/s", accepted, ["tcpchat", "bare", "redis-server", "ncat"],
                  {"redis-server": 1.0, "ncat": 1.0}),
    "idle-peer": Row("memory of an idle peer of 9000", "KiB", idle_peer, ["tcpchat", "redis-server"], {}, True,
                     {"tcpchat": 1.8}),
    "pipe-memory": Row("peak memory of ten times pipe → TCP → pipe", "MiB", piping_memory,
                       ["tcpchat", "nc.openbsd", "ncat", "socat"], {}, True, {"nc.openbsd": 2}),
}
