# SPDX-License-Identifier: GPL-3.0-or-later
"""The system calls of a program, by ptrace(2) (x86-64 Linux)."""
import ctypes
import os
import platform
import signal
import subprocess

import pytest

TRACEME, GETREGS, SYSCALL, SETOPTIONS = 0, 12, 24, 0x4200
EXITKILL, SYSGOOD = 0x100000, 1
OPENAT, RSI, ORIG_RAX = 257, 13, 15  # a number, and places in struct user_regs_struct

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long


def ptrace(request, pid, data=None):
    if libc.ptrace(request, pid, None, data) < 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def path_at(pid, address):
    with open(f"/proc/{pid}/mem", "rb") as memory:
        memory.seek(address)
        return os.fsdecode(memory.read(256).split(b"\0")[0])


def trace(argv, **options):
    """Runs a program; returns its exit status, the number of its calls and the paths that it opened."""
    if platform.machine() != "x86_64":
        pytest.skip("registers of x86-64")
    registers = (ctypes.c_ulong * 27)()
    run = subprocess.Popen(argv, preexec_fn=lambda: ptrace(TRACEME, 0), **options)
    os.waitpid(run.pid, 0)
    ptrace(SETOPTIONS, run.pid, EXITKILL | SYSGOOD)
    stops, paths, passed = 0, [], 0
    while True:
        ptrace(SYSCALL, run.pid, passed)
        _, status = os.waitpid(run.pid, 0)
        if not os.WIFSTOPPED(status):
            run.returncode = os.waitstatus_to_exitcode(status)
            return run.returncode, (stops + 1) // 2, paths
        stopped_by = os.WSTOPSIG(status)
        passed = 0 if stopped_by & 0x80 else stopped_by
        if passed == signal.SIGTRAP:
            passed = 0
        if stopped_by & 0x80:
            stops += 1
            ptrace(GETREGS, run.pid, ctypes.addressof(registers))
            if stops % 2 and registers[ORIG_RAX] == OPENAT:
                paths.append(path_at(run.pid, registers[RSI]))
