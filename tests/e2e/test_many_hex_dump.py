# SPDX-License-Identifier: GPL-3.0-or-later
"""`-x, --hex-dump`: both directions as a hex dump, whatever else is done with them."""
import re

import pytest

from crowd import connected, crowd_of
from harness import ends, receive_all
from ways import some_bytes


def digits(path):
    """The hexadecimal digits of a dump, with whatever else looks like some."""
    return re.sub(r"[^0-9a-f]", "", path.read_text().lower())


def test_hex_dump_has_both_directions(conversation, tmp_path):
    run, peer = conversation("listen", "-x", tmp_path / "dump")
    peer.sendall(b"\x00\x01question\xff\n")
    assert run.read(12) == b"\x00\x01question\xff\n"
    run.send("回答".encode())
    run.end_input()
    assert receive_all(peer).decode() == "回答"
    peer.close()
    ends(run, 0)
    dump = (tmp_path / "dump").read_text()
    assert b"\x00\x01question\xff\n".hex() in digits(tmp_path / "dump")
    assert "回答".encode().hex() in digits(tmp_path / "dump")
    assert re.search(r"\d\d:\d\d:\d\d", dump)
    assert dump.isascii()


@pytest.mark.parametrize("role", ["listen", "connect"])
def test_hex_dump_truncates_its_file(conversation, tmp_path, role):
    (tmp_path / "dump").write_text("old\n" * 1000)
    run, peer = conversation(role, "--hex-dump", tmp_path / "dump")
    peer.close()
    run.end_input()
    ends(run, 0)
    assert "old" not in (tmp_path / "dump").read_text()


def test_hex_dump_has_the_bytes_of_the_wire(conversation, tmp_path):
    run, peer = conversation("connect", "-e", "gbk", "-x", tmp_path / "dump")
    peer.sendall("你好".encode("gbk"))
    assert run.read(6).decode() == "你好"
    run.send("收到".encode())
    run.end_input()
    assert receive_all(peer).decode("gbk") == "收到"
    peer.close()
    ends(run, 0)
    assert "你好".encode("gbk").hex() in digits(tmp_path / "dump")
    assert "收到".encode("gbk").hex() in digits(tmp_path / "dump")


def test_hex_dump_of_many_bytes_is_exact(conversation, tmp_path):
    run, peer = conversation("connect", "-x", tmp_path / "dump")
    data = some_bytes(300_000)
    peer.sendall(data[:100_000])
    assert run.read(100_000) == data[:100_000]
    peer.close()
    run.end_input()
    run.wait()
    assert (tmp_path / "dump").stat().st_size > 200_000


def test_failed_hex_dump_is_status_5(conversation):
    run, peer = conversation("connect", "-x", "/dev/full")
    peer.sendall(b"x\n")
    assert run.read(2) == b"x\n"
    peer.close()
    run.end_input()
    ends(run, 5)
    assert b"/dev/full" in run.stderr


def test_hex_dump_has_many_peers(tcpchat, tmp_path):
    with crowd_of(tcpchat, "-k", "-v", "-x", tmp_path / "dump") as crowd:
        peers = [crowd.call() for _ in range(3)]
        connected(crowd.run, 3)
        for n, peer in enumerate(peers):
            peer.send(b"%d%d%d\n" % (n, n, n))
            assert crowd.run.read(4) == b"%d%d%d\n" % (n, n, n)
            peer.close()
        crowd.run.process.terminate()
        crowd.run.wait()
    assert all((b"%d%d%d\n" % (n, n, n)).hex() in digits(tmp_path / "dump") for n in range(3))
