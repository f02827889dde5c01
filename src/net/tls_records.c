/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls_records.h"

#include <string.h>

/* A record, a flight of the handshake, and the answers that a peer may ask for. */
enum {
    PENDING = 256 * 1024,
    ENOUGH = 128 * 1024, /* each write inside costs a call of the system, and wakes the peer */
    KEPT = 4 * 1024,     /* of memory, where nothing waits */
    LINGER_MS = 5000,    /* how long a close waits for room */
};

void tls_records_init(struct tls_records *records, struct stream *inner)
{
    *records = (struct tls_records){.inner = inner};
    buf_init(&records->pending, PENDING);
}

void tls_records_fini(struct tls_records *records)
{
    buf_fini(&records->pending);
}

/* ---- a session's end ---- */

static ssize_t pull(void *owner, void *bytes, size_t n)
{
    struct tls_records *records = owner;
    struct err err;
    ssize_t got = stream_read(records->inner, bytes, n, &err);

    if (got == STREAM_FAIL)
        err_keep(&records->gone, &err);
    records->has_ended |= got == 0;
    if (got > 0)
        tls_stall_follow(&records->coming, bytes, (size_t)got);
    return got == STREAM_FAIL ? TLS_FAIL : got == STREAM_AGAIN ? TLS_AGAIN : got;
}

/* The number of bytes that went. */
static size_t put(struct tls_records *records, const void *bytes, size_t n)
{
    struct err err;
    ssize_t went = stream_write(records->inner, bytes, n, &err);

    if (went == STREAM_FAIL)
        err_keep(&records->lost, &err);
    return went > 0 ? (size_t)went : 0;
}

static void push(void *owner, const void *bytes, size_t n)
{
    struct tls_records *records = owner;
    size_t went = 0;

    records->pushed += n;
    if (records->lost.kind == ERR_NONE && !records->gathers && !buf_length(&records->pending))
        went = put(records, bytes, n);
    if (records->lost.kind == ERR_NONE && went < n &&
        buf_append(&records->pending, (const char *)bytes + went, n - went) < 0)
        err_memory(&records->lost);
}

struct tls_io tls_records_io(struct tls_records *records)
{
    return (struct tls_io){pull, push, records};
}

/* ---- the stream's end ---- */

bool tls_records_wait(const struct tls_records *records)
{
    return buf_length(&records->pending) > 0;
}

static void release(struct buf *pending)
{
    if (pending->capacity <= KEPT)
        return;
    buf_fini(pending);
    buf_init(pending, PENDING);
}

int tls_records_flush(struct tls_records *records)
{
    while (records->lost.kind == ERR_NONE && tls_records_wait(records)) {
        size_t went = put(records, buf_bytes(&records->pending), buf_length(&records->pending));

        if (!went && records->lost.kind == ERR_NONE)
            return STREAM_AGAIN;
        buf_consume(&records->pending, went);
    }
    buf_clear(&records->pending);
    release(&records->pending);
    return records->lost.kind == ERR_NONE ? 0 : STREAM_FAIL;
}

void tls_records_collect(struct tls_records *records)
{
    records->gathers = true;
}

bool tls_records_are_enough(const struct tls_records *records)
{
    return buf_length(&records->pending) >= ENOUGH || records->lost.kind != ERR_NONE;
}

void tls_records_send(struct tls_records *records)
{
    records->gathers = false;
    tls_records_flush(records);
}

/* ---- the end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct tls_records *records = handle->data;

    records->closed(records->owner);
}

static void close_inside(struct tls_records *records)
{
    stream_close(records->inner, records->how);
    uv_close((uv_handle_t *)&records->linger, on_closed);
}

static void on_room(void *owner, unsigned bits)
{
    struct tls_records *records = owner;

    (void)bits;
    if (tls_records_flush(records) != STREAM_AGAIN)
        close_inside(records);
}

static void on_linger_timeout(uv_timer_t *timer)
{
    struct tls_records *records = timer->data;

    records->how = STREAM_ABORT;
    close_inside(records);
}

void tls_records_close(struct tls_records *records, uv_loop_t *loop, enum stream_close how,
                       void (*closed)(void *owner), void *owner)
{
    records->how = how;
    records->closed = closed;
    records->owner = owner;
    uv_timer_init(loop, &records->linger);
    records->linger.data = records;
    if (how == STREAM_ABORT || tls_records_flush(records) != STREAM_AGAIN) {
        close_inside(records);
        return;
    }
    stream_own(records->inner, on_room, records);
    stream_watch(records->inner, STREAM_OUT);
    uv_timer_start(&records->linger, on_linger_timeout, LINGER_MS, 0);
}

/* ---- records ---- */

static void advance(struct tls_cursor *cursor, size_t n)
{
    cursor->taken += n;
    if (cursor->taken < cursor->iov->iov_len)
        return;
    cursor->iov++;
    cursor->count--;
    cursor->taken = 0;
}

size_t tls_records_gather(struct tls_cursor *cursor, unsigned char record[TLS_RECORD],
                          const unsigned char **bytes)
{
    size_t length = 0;

    while (cursor->count && length < TLS_RECORD) {
        const unsigned char *from = (unsigned char *)cursor->iov->iov_base + cursor->taken;
        size_t rest = cursor->iov->iov_len - cursor->taken, room = TLS_RECORD - length;
        size_t n = rest < room ? rest : room;
        bool is_alone = !length && (n == TLS_RECORD || cursor->count == 1);

        *bytes = is_alone ? from : record;
        if (!is_alone)
            memcpy(record + length, from, n);
        advance(cursor, n);
        length += n;
        if (is_alone)
            break;
    }
    return length;
}
