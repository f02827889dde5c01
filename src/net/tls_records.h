/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tls_records: the records of TLS on their way between a session and the stream inside.
 *
 * A session gives records whenever it has some, also while it reads: an alert, the answer to a key
 * update. Those that the stream does not take yet wait here. So a session waits for bytes only,
 * never for room. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/buf.h"
#include "io/stream.h"
#include "net/tls_stall.h"
#include "tls/module.h"

/* Zeroed but for `inner`, after tls_records_init. */
struct tls_records {
    struct stream *inner;
    struct tls_stall coming; /* the record that comes in; its owner starts and closes it */
    struct buf pending;      /* not taken by `inner` yet */
    bool has_ended;          /* reading inside has come to its end */
    bool gathers;            /* the records of one write go together */
    uint64_t pushed;         /* bytes so far */
    struct err gone;         /* the first failure of reading inside */
    enum stream_close how;   /* with tls_records_close */
    uv_timer_t linger;
    void (*closed)(void *owner);
    void *owner;
    struct err lost; /* the first failure of writing inside: reading goes on, and what is pushed
                        from then on is dropped */
};

/* `inner` is still the caller's, to close. */
void tls_records_init(struct tls_records *records, struct stream *inner);
void tls_records_fini(struct tls_records *records);

/* Closes `inner` so once nothing waits, or by ABORT after 5 s; with ABORT at once. Then the loop
 * calls closed(owner), after which tls_records_fini may follow. */
void tls_records_close(struct tls_records *records, uv_loop_t *loop, enum stream_close how,
                       void (*closed)(void *owner), void *owner);

/* The session's end: a struct tls_io with `records` as its owner. */
struct tls_io tls_records_io(struct tls_records *records);

/* Whether records wait for room. */
bool tls_records_wait(const struct tls_records *records);

/* 0: nothing waits any more; STREAM_AGAIN; STREAM_FAIL: see `lost`. */
int tls_records_flush(struct tls_records *records);

/* Only if nothing waits: the records that follow go together with tls_records_send, which is due
 * once they are enough. */
void tls_records_collect(struct tls_records *records);
bool tls_records_are_enough(const struct tls_records *records);
void tls_records_send(struct tls_records *records);

/* A place in what is to be written. */
struct tls_cursor {
    const struct iovec *iov;
    int count;
    size_t taken; /* of the first piece */
};

/* The next bytes for one record, of short pieces put together in `record`. Returns their number and
 * moves the cursor behind them. */
size_t tls_records_gather(struct tls_cursor *cursor, unsigned char record[TLS_RECORD],
                          const unsigned char **bytes);
