/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status: fstat(2), which a confined process may call. glibc 2.33 to 2.38 ask for it by a name,
 * which is empty, and a filter of system calls cannot see that it is. */
#pragma once

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* On these machines the C library's struct stat is the kernel's. */
#if defined __x86_64__ || defined __aarch64__
#define STATUS_CALL(fd, status) (int)syscall(SYS_fstat, fd, status)
#else
#define STATUS_CALL(fd, status) fstat(fd, status)
#endif

/* The status of an open file; -1 and errno. */
static inline int status_of(int fd, struct stat *status)
{
    return STATUS_CALL(fd, status);
}
