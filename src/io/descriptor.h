/* descriptor: a file descriptor that others use too, read and written without ever waiting and
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

enum descriptor_way { DESCRIPTOR_READS, DESCRIPTOR_WRITES };

enum descriptor_kind {
    DESCRIPTOR_FILE,   /* a file or a device that is always ready: calls may take a moment */
    DESCRIPTOR_OWN,    /* an open file of our own, non-blocking */
    DESCRIPTOR_SOCKET, /* somebody's socket */
    DESCRIPTOR_PIPE,   /* somebody's pipe that could not be opened anew */
    DESCRIPTOR_DEVICE, /* the same, a terminal or another device */
};

struct descriptor {
    int given;        /* the number we were given; stays open */
    int fd;           /* where bytes go: `given`, or our own open file */
    const char *name; /* for sentences: "standard input" */
    enum descriptor_kind kind;
    enum descriptor_way way;
    bool is_pipe;
    bool is_terminal;
    int exchange[2]; /* with DESCRIPTOR_PIPE: the pipe of our own */
    struct watch watch;
    uv_idle_t idle; /* keeps the loop turning while a file is watched */
    unsigned watched;
    stream_ready *ready;
    void *owner;
    void (*closed)(struct descriptor *descriptor);
};

/* Readies `given` for one way. Nothing of it changes for others. The descriptor must stay at its
 * address. `name` is not copied. */
int descriptor_init(struct descriptor *descriptor, uv_loop_t *loop, int given,
                    enum descriptor_way way, const char *name, struct err *err);

/* As the stream operations of the same names; failures are ERR_LOCAL, or ERR_PIPE for a pipe or
 * socket that nobody reads any more, or ERR_FULL for a file that takes nothing now. */
ssize_t descriptor_read(struct descriptor *descriptor, void *bytes, size_t n, struct err *err);
ssize_t descriptor_writev(struct descriptor *descriptor, const struct iovec *iov, int count,
                          struct err *err);

/* Calls ready(owner, STREAM_IN or STREAM_OUT) while that is worth trying, or STREAM_LOSS where
 * only that is asked and the reader of a pipe or socket went away. */
void descriptor_watch(struct descriptor *descriptor, unsigned bits, stream_ready *ready,
                      void *owner);

/* The watching is no reason for the loop to go on. */
void descriptor_unref(struct descriptor *descriptor);

/* Blocks until more can be written: 1; 0 after so many ms, -1 where a signal ended that. */
int descriptor_wait(const struct descriptor *descriptor, int ms);

/* Shuts every copy that we hold, so that the far side sees the end; /dev/null takes the number.
 * -1 when the system had not kept all that was written. */
int descriptor_shut(struct descriptor *descriptor, struct err *err);

/* Stops watching and gives back what descriptor_init made; `given` itself stays open. `closed` is
 * called once the loop has let go. */
void descriptor_close(struct descriptor *descriptor, void (*closed)(struct descriptor *));
