/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int held[RESERVE_MAX];
static unsigned count;

/* Where the system as a whole has run out of open files, a second number for one of them would be
 * of no use: each is one of its own. */
int reserve_hold(unsigned n)
{
    while (count > n)
        close(held[--count]);
    for (; count < n && count < RESERVE_MAX; count++) {
        held[count] = eventfd(0, EFD_CLOEXEC);
        if (held[count] < 0)
            return -1;
    }
    return 0;
}

bool reserve_spend(int number)
{
    if (!count || (number != EMFILE && number != ENFILE))
        return false;
    close(held[--count]);
    return true;
}

int reserve_open(const char *path, int flags, mode_t mode)
{
    int fd;

    do
        fd = open(path, flags, mode);
    while (fd < 0 && reserve_spend(errno));
    return fd;
}

void reserve_lend(void)
{
    int fd = reserve_open("/", O_PATH | O_CLOEXEC, 0);

    if (fd >= 0)
        close(fd);
}
