/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/chunk.h"

#include "net/connection.h"
#include "net/socket.h"

void chunk_init(struct chunk *chunk, size_t cap)
{
    *chunk = (struct chunk){.is_bulk = false};
    buf_init(&chunk->bytes, cap);
    splice_init(&chunk->splice);
}

void chunk_fini(struct chunk *chunk)
{
    buf_fini(&chunk->bytes);
    splice_fini(&chunk->splice);
}

void chunk_expect_bulk(struct chunk *chunk, struct stream *from, struct stream *to)
{
    if (!chunk->is_bulk)
        socket_receive_ahead(from, CHUNK_AHEAD);
    chunk->is_bulk = true;
    connection_hold_tails(to, true);
}

void chunk_pause(struct chunk *chunk, struct stream *to)
{
    if (!chunk_length(chunk))
        connection_hold_tails(to, false);
}

/* In bulk, each call of the system costs more than its bytes do: every write wakes the peer. */
static size_t room_of(const struct chunk *chunk)
{
    if (chunk->is_bulk && chunk->is_copied)
        return CHUNK_BULK;
    return chunk->is_large ? CHUNK : CHUNK_FIRST;
}

/* A source that gave less than was asked for has no more now. The poll is level-triggered, so it
 * tells when more has come, and the next question is spared. */
static bool was_dry(struct chunk *chunk)
{
    bool is_dry = chunk->is_dry;

    chunk->is_dry = false;
    return is_dry;
}

ssize_t chunk_fill(struct chunk *chunk, struct stream *from, void *room, size_t n, struct err *err)
{
    ssize_t got = was_dry(chunk) ? STREAM_AGAIN : stream_read(from, room, n, err);

    chunk->is_dry = got > 0 && got < (ssize_t)n;
    return got;
}

static ssize_t read_to_memory(struct chunk *chunk, struct stream *from, struct err *err)
{
    size_t most = room_of(chunk);
    unsigned char *room = buf_reserve(&chunk->bytes, most);
    ssize_t got;

    if (!room) {
        err_memory(err);
        return STREAM_FAIL;
    }
    got = chunk_fill(chunk, from, room, most, err);
    chunk->is_large |= got == (ssize_t)most;
    if (got > 0)
        buf_commit(&chunk->bytes, (size_t)got);
    return got;
}

static ssize_t read_to_pipe(struct chunk *chunk, struct stream *from, struct err *err)
{
    bool lasting;
    ssize_t got = splice_read(&chunk->splice, from, &lasting, err);

    chunk->is_copied |= lasting;
    chunk->is_dry = got > 0 && got < SPLICE_CHUNK;
    return got;
}

/* If a splice gives nothing at all, a read tells why. */
ssize_t chunk_read(struct chunk *chunk, struct stream *from, struct err *err)
{
    ssize_t got = STREAM_UNABLE;

    if (was_dry(chunk))
        return STREAM_AGAIN;
    if (chunk->is_bulk && !chunk->is_copied)
        got = read_to_pipe(chunk, from, err);
    return got == STREAM_UNABLE || got == STREAM_AGAIN ? read_to_memory(chunk, from, err) : got;
}

ssize_t chunk_write(struct chunk *chunk, struct stream *to, struct err *err)
{
    struct buf *bytes = &chunk->bytes;
    ssize_t put = STREAM_UNABLE;

    if (chunk->splice.held) {
        put = splice_write(&chunk->splice, to, err);
        if (put != STREAM_UNABLE)
            return put;
        chunk->is_copied = true;
        if (splice_withdraw(&chunk->splice, bytes, err) < 0)
            return STREAM_FAIL;
    }
    put = stream_write(to, buf_bytes(bytes), buf_length(bytes), err);
    if (put > 0)
        buf_consume(bytes, (size_t)put);
    return put;
}

void chunk_drop(struct chunk *chunk)
{
    buf_clear(&chunk->bytes);
    splice_drop(&chunk->splice);
}
