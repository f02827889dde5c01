/* tap: a stream around a stream that also writes what is read from it to a file (-o).
 *
 * The file gets the bytes as they were on the wire. A slow one (a FIFO) is waited for: nothing more
 * is read until it has taken what was. One that fails is given up with a message, and the
 * conversation goes on; its owner finds the failure in the tap_file at the end. */
#pragma once

#include <uv.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/descriptor.h"
#include "io/stream.h"

struct tap_file {
    const char *path; /* not copied */
    int fd;           /* -1 once closed */
    struct err failure;
};

/* Creates or truncates the file. */
int tap_file_open(struct tap_file *file, const char *path, struct err *err);

/* At the end of all; what the system then has to say is in file->failure. */
void tap_file_close(struct tap_file *file);

/* Takes over `inner`, which is closed with the tap. Several taps may share *file, which must
 * outlive them. NULL and *err: `inner` is still the caller's. */
struct stream *tap_new(uv_loop_t *loop, struct stream *inner, struct tap_file *file,
                       struct err *err);
