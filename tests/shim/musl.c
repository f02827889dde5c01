/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A signal to itself as musl's raise(3) sends it, to be loaded with LD_PRELOAD. */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int raise(int number)
{
    return (int)syscall(SYS_tkill, syscall(SYS_gettid), number);
}
