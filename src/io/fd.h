/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fd: a file descriptor that others use too, read and written without ever waiting and
 * without touching its flags.
 *
 * O_NONBLOCK belongs to the open file, which the shell and other programs share, so it is never
 * set on what we were given. Anonymous pipes and terminals are opened once more through /proc,
 * which makes an open file of our own; sockets take MSG_DONTWAIT; with another pipe bytes are
 * exchanged by a splice that does not wait, through a pipe of our own; another terminal is asked
 * first; files are always ready. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <uv.h>

#include "base/err.h"
#include "io/stream.h"
#include "io/watch.h"

enum fd_way { FD_READS, FD_WRITES };

enum fd_kind {
    FD_FILE,   /* a file or a device that is always ready: calls may take a moment */
    FD_OWN,    /* an open file of our own, non-blocking */
    FD_SOCKET, /* somebody's socket */
    FD_PIPE,   /* somebody's pipe that could not be opened anew */
    FD_DEVICE, /* the same, a terminal or another device */
};

struct fd {
    int given;        /* the number we were given; stays open */
    int number;       /* where bytes go: `given`, or our own open file */
    const char *name; /* for sentences: "standard input" */
    enum fd_kind kind;
    enum fd_way way;
    bool is_pipe;
    bool is_terminal;
    int exchange[2]; /* with FD_PIPE: the pipe of our own */
    struct watch watch;
    uv_idle_t idle; /* keeps the loop turning while a file is watched */
    unsigned watched;
    stream_ready *ready;
    void *owner;
    void (*closed)(struct fd *fd);
};

/* Readies `given` for one way. Nothing of it changes for others. The descriptor must stay at its
 * address. `name` is not copied. */
int fd_init(struct fd *fd, uv_loop_t *loop, int given, enum fd_way way, const char *name,
            struct err *err);

/* As the stream operations of the same names; failures are ERR_LOCAL, or ERR_PIPE for a pipe or
 * socket that nobody reads any more, or ERR_FULL for a file that takes nothing now. */
ssize_t fd_read(struct fd *fd, void *bytes, size_t n, struct err *err);
ssize_t fd_writev(struct fd *fd, const struct iovec *iov, int count, struct err *err);
int fd_check(const struct fd *fd, struct err *err);

/* Calls ready(owner, STREAM_IN or STREAM_OUT) while that is worth trying, or STREAM_LOSS where
 * only that is asked and the reader of a pipe or socket went away. */
void fd_watch(struct fd *fd, unsigned bits, stream_ready *ready, void *owner);

/* The watching is no reason for the loop to go on. */
void fd_unref(struct fd *fd);

/* Blocks until more can be written: 1; 0 after so many ms, -1 where a signal ended that. */
int fd_wait(const struct fd *fd, int ms);

/* Shuts every copy that we hold, so that the far side sees the end; /dev/null takes the number.
 * -1 when the system had not kept all that was written. */
int fd_shut(struct fd *fd, struct err *err);

/* Stops watching and gives back what fd_init made; `given` itself stays open. `closed` is
 * called once the loop has let go. */
void fd_close(struct fd *fd, void (*closed)(struct fd *));
