/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/splice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/resource.h>
#include <unistd.h>

struct splice_pipe {
    int ends[2];
    SLIST_ENTRY(splice_pipe) entry;
};

/* The pipes of this process. */
static struct {
    SLIST_HEAD(splice_idle, splice_pipe) idle;
    unsigned open;  /* idle or not */
    unsigned users; /* struct splices that have not ended */
} pipes;

/* ---- the pipes ---- */

static void discard(struct splice_pipe *pipe)
{
    close(pipe->ends[0]);
    close(pipe->ends[1]);
    free(pipe);
    pipes.open--;
}

unsigned splice_descriptors(void)
{
    struct rlimit limit = {0};
    rlim_t fit;

    getrlimit(RLIMIT_NOFILE, &limit);
    fit = limit.rlim_cur / SPLICE_SHARE;
    return 2 * (fit < SPLICE_PIPES ? (unsigned)fit : SPLICE_PIPES);
}

static struct splice_pipe *open_pipe(void)
{
    struct splice_pipe *pipe = 2 * pipes.open < splice_descriptors() ? malloc(sizeof *pipe) : NULL;

    if (!pipe)
        return NULL;
    if (pipe2(pipe->ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        free(pipe);
        return NULL;
    }
    splice_raise(pipe->ends[1]);
    pipes.open++;
    return pipe;
}

/* NULL: none is free. */
static struct splice_pipe *take_pipe(void)
{
    struct splice_pipe *pipe = SLIST_FIRST(&pipes.idle);

    if (!pipe)
        return open_pipe();
    SLIST_REMOVE_HEAD(&pipes.idle, entry);
    return pipe;
}

static void give_back(struct splice *splice)
{
    SLIST_INSERT_HEAD(&pipes.idle, splice->pipe, entry);
    *splice = (struct splice){NULL, 0};
}

void splice_init(struct splice *splice)
{
    *splice = (struct splice){NULL, 0};
    pipes.users++;
}

void splice_fini(struct splice *splice)
{
    splice_drop(splice);
    if (--pipes.users)
        return;
    while (!SLIST_EMPTY(&pipes.idle)) {
        struct splice_pipe *pipe = SLIST_FIRST(&pipes.idle);

        SLIST_REMOVE_HEAD(&pipes.idle, entry);
        discard(pipe);
    }
}

/* ---- bytes ---- */

/* A socket gives what it has queued, and meanwhile gets more: few large pieces cost both sides
 * half of many small ones. */
ssize_t splice_read(struct splice *splice, struct stream *from, bool *lasting, struct err *err)
{
    int pipe;
    ssize_t got;

    *lasting = false;
    splice->pipe = take_pipe();
    if (!splice->pipe)
        return STREAM_UNABLE;
    pipe = splice->pipe->ends[1];
    while ((got = stream_splice(from, STREAM_IN, pipe, SPLICE_CHUNK - splice->held, err)) > 0) {
        splice->held += (size_t)got;
        if (splice->held == SPLICE_CHUNK)
            break;
    }
    if (splice->held)
        return (ssize_t)splice->held;
    give_back(splice);
    *lasting = got == STREAM_UNABLE;
    return got;
}

ssize_t splice_write(struct splice *splice, struct stream *to, struct err *err)
{
    ssize_t put = stream_splice(to, STREAM_OUT, splice->pipe->ends[0], splice->held, err);

    if (put == 0)
        return STREAM_UNABLE;
    if (put > 0)
        splice->held -= (size_t)put;
    if (!splice->held)
        give_back(splice);
    return put;
}

int splice_withdraw(struct splice *splice, struct buf *to, struct err *err)
{
    unsigned char *room = buf_reserve(to, splice->held);

    if (!room) {
        splice_drop(splice);
        return err_memory(err);
    }
    while (splice->held) {
        ssize_t got = read(splice->pipe->ends[0], room, splice->held);

        if (got <= 0)
            break;
        buf_commit(to, (size_t)got);
        room += got;
        splice->held -= (size_t)got;
    }
    if (!splice->held) {
        give_back(splice);
        return 0;
    }
    splice_drop(splice);
    return err_errno(err, ERR_LOCAL, errno, "a pipe");
}

void splice_drop(struct splice *splice)
{
    if (splice->pipe)
        discard(splice->pipe);
    *splice = (struct splice){NULL, 0};
}

/* ---- for bodies of streams ---- */

ssize_t splice_move(int from, int to, size_t n)
{
    ssize_t moved;

    do
        moved = splice(from, NULL, to, NULL, n, SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    while (moved < 0 && errno == EINTR);
    return moved;
}

ssize_t splice_take(int from, int to, size_t n)
{
    ssize_t moved = splice_move(from, to, n);

    if (moved)
        return moved;
    errno = EAGAIN;
    return -1;
}

/* A filter of system calls answers with EPERM or ENOSYS. */
bool splice_is_refused(int number)
{
    return number == EINVAL || number == ENOSYS || number == EPERM || number == EOPNOTSUPP;
}

void splice_raise(int pipe)
{
    int size = fcntl(pipe, F_GETPIPE_SZ);

    if (size >= 0 && size < SPLICE_ROOM)
        fcntl(pipe, F_SETPIPE_SZ, SPLICE_ROOM);
}
