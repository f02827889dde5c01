/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fd: a borrowed file descriptor, read and written without ever waiting and without touching its
 * flags.
 *
 * O_NONBLOCK belongs to the open file, which the shell and other programs share, so it is never
 * set on a borrowed descriptor. Anonymous pipes and terminals are opened once more through /proc,
 * which makes an open file of our own. Sockets take MSG_DONTWAIT. Other pipes exchange bytes with a
 * pipe of our own, by a splice that does not wait. Other terminals are polled first. Files are
 * always ready. */
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
    FD_SOCKET, /* a borrowed socket */
    FD_PIPE,   /* a borrowed pipe, which could not be opened anew */
    FD_DEVICE, /* a borrowed terminal or other device, which could not be opened anew */
};

struct fd {
    int given;        /* the borrowed number; stays open */
    int number;       /* the number that is read or written: `given`, or our own open file's */
    const char *name; /* for sentences: "standard input" */
    enum fd_kind kind;
    enum fd_way way;
    bool is_pipe;
    bool is_terminal;
    bool is_raised;  /* see splice_raise */
    int exchange[2]; /* FD_PIPE: the pipe of our own */
    struct watch watch;
    uv_idle_t idle; /* keeps the loop turning while a file is watched */
    unsigned watched;
    stream_ready *ready;
    void *owner;
    void (*closed)(struct fd *fd);
};

/* Opens descriptor 0 (FD_READS) or 1 (FD_WRITES) once more already, for the next fd_init with it:
 * a confined run could not. */
void fd_open_ahead(enum fd_way way);

/* Readies `given` for one way. Nothing changes for its other users. *fd must stay at its address.
 * `name` is not copied. */
int fd_init(struct fd *fd, uv_loop_t *loop, int given, enum fd_way way, const char *name,
            struct err *err);

/* As the stream operations of the same names. Failures are ERR_LOCAL, ERR_PIPE for a pipe or socket
 * without a reader, or ERR_FULL for a file that has no room now. */
ssize_t fd_read(struct fd *fd, void *bytes, size_t n, struct err *err);
ssize_t fd_writev(struct fd *fd, const struct iovec *iov, int count, struct err *err);
int fd_check(const struct fd *fd, struct err *err);

/* As stream_splice, in the descriptor's way. A pipe's size is raised, because only bulk comes so.
 */
ssize_t fd_splice(struct fd *fd, int pipe, size_t n, struct err *err);

/* Calls ready(owner, STREAM_IN or STREAM_OUT) while that is worth trying. STREAM_LOSS is reported
 * when the reader of a pipe or socket has gone. */
void fd_watch(struct fd *fd, unsigned bits, stream_ready *ready, void *owner);

/* The watching does not keep the loop. */
void fd_unref(struct fd *fd);

/* Blocks until more can be written: 1. 0 after `ms`, -1 if a signal came. */
int fd_wait(const struct fd *fd, int ms);

/* Closes every copy that we hold, so that the far side sees the end; `null`, an open /dev/null,
 * takes the number as well. STREAM_FAIL and *err if the system did not keep all written bytes. */
int fd_shut(struct fd *fd, int null, struct err *err);

/* Stops watching and closes all that fd_init opened; `given` stays open. Calls closed(fd) once the
 * loop has let go. */
void fd_close(struct fd *fd, void (*closed)(struct fd *));
