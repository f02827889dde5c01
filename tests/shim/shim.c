/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An LD_PRELOAD library for tests: reads and writes come short or fail with EINTR or EAGAIN, at
 * random, as a kernel may do at any time. A program that copes shows no difference. So do splices,
 * which may also be refused, as by a system or a file that does not splice.
 *
 * It touches sockets, what stood on descriptors 0 to 2 at the start, and these pipes opened a
 * second time (through /proc/self/fd). An event loop's own eventfd and pipes are left alone. EAGAIN
 * comes only where it could: on a non-blocking descriptor or with MSG_DONTWAIT. No event follows
 * it, so the program must wait by level, not by edge.
 *
 *   SHIM_SEED                            the number that all chances follow from (1)
 *   SHIM_SHORT, SHIM_EINTR, SHIM_EAGAIN  how many of a hundred calls (30, 10, 20)
 *   SHIM_REFUSED                         how many of a hundred splices fail with EINVAL (0)
 *   SHIM_COUNTS                          a file for the counts of what was done, see `enum count`
 *
 * Under AddressSanitizer it must load after that: LD_PRELOAD="libasan.so.8 libtcpchat-shim.so". */
#undef _GNU_SOURCE /* it would make sockaddr arguments a union */
#define _DEFAULT_SOURCE
#undef _FORTIFY_SOURCE /* it brings definitions of its own for read and recv */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "next.h"

/* glibc and musl show it only with _GNU_SOURCE. */
ssize_t splice(int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned flags);

enum { PARTS = 8 }; /* no shortened vector has more */

/* The file of counts holds these, as uint64_t, first for sockets, then for standard streams, then
 * for splices. */
enum count { SHORTENED, INTERRUPTED, NOT_NOW, REFUSED, COUNTS };
enum kind { SOCKET, STANDARD, SPLICE, KINDS, UNTOUCHED };

static uint64_t private_counts[KINDS][COUNTS];
static uint64_t (*counts)[COUNTS] = private_counts;
static struct stat standard[3];
static bool standard_was_open[3];
static uint64_t state;
static unsigned rate[COUNTS];

static unsigned long number_from(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

static void share_counts(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof private_counts))
        abort();
    void *shared = mmap(NULL, sizeof private_counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (shared == MAP_FAILED)
        abort();
    counts = shared;
    close(fd);
}

__attribute__((constructor)) static void start(void)
{
    state = (number_from("SHIM_SEED", 1) + 1) * UINT64_C(0x9E3779B97F4A7C15);
    rate[SHORTENED] = (unsigned)number_from("SHIM_SHORT", 30);
    rate[INTERRUPTED] = (unsigned)number_from("SHIM_EINTR", 10);
    rate[REFUSED] = (unsigned)number_from("SHIM_REFUSED", 0);
    rate[NOT_NOW] = (unsigned)number_from("SHIM_EAGAIN", 20);
    for (int fd = 0; fd < 3; fd++)
        standard_was_open[fd] = fstat(fd, &standard[fd]) == 0;
    if (getenv("SHIM_COUNTS"))
        share_counts(getenv("SHIM_COUNTS"));
}

static uint64_t chance(void) /* xorshift64* */
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * UINT64_C(0x2545F4914F6CDD1D) >> 32;
}

static bool is_standard(int fd, const struct stat *is)
{
    for (int i = 0; i < 3; i++)
        if (standard_was_open[i] && is->st_dev == standard[i].st_dev &&
            is->st_ino == standard[i].st_ino)
            return fd < 3 || S_ISFIFO(is->st_mode);
    return false;
}

static enum kind kind_of(int fd)
{
    struct stat is;
    int type = 0;
    if (fstat(fd, &is))
        return UNTOUCHED;
    if (S_ISSOCK(is.st_mode)) /* a packet of the helper goes whole or not at all */
        return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof type}) == 0 &&
                       type == SOCK_SEQPACKET
                   ? UNTOUCHED
                   : SOCKET;
    return is_standard(fd, &is) ? STANDARD : UNTOUCHED;
}

static bool befalls(enum kind kind, enum count what)
{
    if (chance() % 100 >= rate[what])
        return false;
    counts[kind][what]++;
    return true;
}

static bool may_say_not_now(int fd, int flags)
{
    return flags & MSG_DONTWAIT || fcntl(fd, F_GETFL) & O_NONBLOCK;
}

/* True: the call fails, errno is set. Otherwise it may go on with n bytes, which can be fewer than
 * before. */
static bool disturb_kind(enum kind kind, bool may_say_not_now, size_t *n)
{
    if (kind == UNTOUCHED)
        return false;
    if (befalls(kind, INTERRUPTED)) {
        errno = EINTR;
        return true;
    }
    if (may_say_not_now && befalls(kind, NOT_NOW)) {
        errno = EAGAIN;
        return true;
    }
    if (*n > 1 && befalls(kind, SHORTENED))
        *n = 1 + chance() % (*n - 1);
    return false;
}

static bool disturb(int fd, int flags, size_t *n)
{
    return disturb_kind(*n ? kind_of(fd) : UNTOUCHED, may_say_not_now(fd, flags), n);
}

static size_t sum(const struct iovec *parts, size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        n += parts[i].iov_len;
    return n;
}

/* The first n bytes of parts, or fewer when these are many. */
static size_t shorten(const struct iovec *parts, size_t n, struct iovec shortened[PARTS])
{
    size_t count = 0;
    for (; n && count < PARTS; count++) {
        shortened[count] = parts[count];
        if (shortened[count].iov_len > n)
            shortened[count].iov_len = n;
        n -= shortened[count].iov_len;
    }
    return count;
}

ssize_t read(int fd, void *data, size_t n)
{
    NEXT(read)
    return disturb(fd, 0, &n) ? -1 : next(fd, data, n);
}

ssize_t write(int fd, const void *data, size_t n)
{
    NEXT(write)
    return disturb(fd, 0, &n) ? -1 : next(fd, data, n);
}

ssize_t recv(int fd, void *data, size_t n, int flags)
{
    NEXT(recv)
    return disturb(fd, flags, &n) ? -1 : next(fd, data, n, flags);
}

ssize_t send(int fd, const void *data, size_t n, int flags)
{
    NEXT(send)
    return disturb(fd, flags, &n) ? -1 : next(fd, data, n, flags);
}

ssize_t recvfrom(int fd, void *restrict data, size_t n, int flags, struct sockaddr *restrict from,
                 socklen_t *restrict length)
{
    NEXT(recvfrom)
    return disturb(fd, flags, &n) ? -1 : next(fd, data, n, flags, from, length);
}

ssize_t sendto(int fd, const void *data, size_t n, int flags, const struct sockaddr *to,
               socklen_t length)
{
    NEXT(sendto)
    return disturb(fd, flags, &n) ? -1 : next(fd, data, n, flags, to, length);
}

ssize_t readv(int fd, const struct iovec *parts, int count)
{
    NEXT(readv)
    size_t all = sum(parts, (size_t)count), n = all;
    struct iovec shortened[PARTS];
    if (disturb(fd, 0, &n))
        return -1;
    return n == all ? next(fd, parts, count)
                    : next(fd, shortened, (int)shorten(parts, n, shortened));
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    NEXT(writev)
    size_t all = sum(parts, (size_t)count), n = all;
    struct iovec shortened[PARTS];
    if (disturb(fd, 0, &n))
        return -1;
    return n == all ? next(fd, parts, count)
                    : next(fd, shortened, (int)shorten(parts, n, shortened));
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    NEXT(recvmsg)
    size_t all = sum(message->msg_iov, message->msg_iovlen), n = all;
    if (disturb(fd, flags, &n))
        return -1;
    if (n == all)
        return next(fd, message, flags);
    struct iovec shortened[PARTS], *parts = message->msg_iov;
    size_t count = message->msg_iovlen;
    message->msg_iovlen = shorten(parts, n, shortened);
    message->msg_iov = shortened;
    ssize_t got = next(fd, message, flags); /* it also fills in the rest of the message */
    message->msg_iov = parts;
    message->msg_iovlen = count;
    return got;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    NEXT(sendmsg)
    size_t all = sum(message->msg_iov, message->msg_iovlen), n = all;
    if (disturb(fd, flags, &n))
        return -1;
    if (n == all)
        return next(fd, message, flags);
    struct iovec shortened[PARTS];
    struct msghdr begin = *message;
    begin.msg_iovlen = shorten(message->msg_iov, n, shortened);
    begin.msg_iov = shortened;
    return next(fd, &begin, flags);
}

ssize_t splice(int in, off_t *in_at, int out, off_t *out_at, size_t n, unsigned flags)
{
    NEXT(splice)
    if (befalls(SPLICE, REFUSED)) {
        errno = EINVAL;
        return -1;
    }
    return disturb_kind(SPLICE, true, &n) ? -1 : next(in, in_at, out, out_at, n, flags);
}

/* With _FORTIFY_SOURCE, read, recv and recvfrom become these. */
ssize_t __read_chk(int fd, void *data, size_t n, size_t room);
ssize_t __recv_chk(int fd, void *data, size_t n, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *data, size_t n, size_t room, int flags, struct sockaddr *from,
                       socklen_t *length);

ssize_t __read_chk(int fd, void *data, size_t n, size_t room)
{
    NEXT(__read_chk)
    return disturb(fd, 0, &n) ? -1 : next(fd, data, n, room);
}

ssize_t __recv_chk(int fd, void *data, size_t n, size_t room, int flags)
{
    NEXT(__recv_chk)
    return disturb(fd, flags, &n) ? -1 : next(fd, data, n, room, flags);
}

ssize_t __recvfrom_chk(int fd, void *data, size_t n, size_t room, int flags, struct sockaddr *from,
                       socklen_t *length)
{
    NEXT(__recvfrom_chk)
    return disturb(fd, flags, &n) ? -1 : next(fd, data, n, room, flags, from, length);
}
