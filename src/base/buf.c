/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/buf.h"

#include <stdlib.h>
#include <string.h>

void buf_init(struct buf *buf, size_t cap)
{
    *buf = (struct buf){.cap = cap};
}

void buf_fini(struct buf *buf)
{
    free(buf->bytes);
    buf_init(buf, buf->cap);
}

size_t buf_length(const struct buf *buf)
{
    return buf->end - buf->start;
}

const unsigned char *buf_bytes(const struct buf *buf)
{
    static const unsigned char nothing[1];

    return buf->bytes ? buf->bytes + buf->start : nothing;
}

static void move_to_front(struct buf *buf)
{
    memmove(buf->bytes, buf->bytes + buf->start, buf_length(buf));
    buf->end -= buf->start;
    buf->start = 0;
}

/* Doubling keeps the cost of appending byte by byte linear. */
static int grow(struct buf *buf, size_t wanted)
{
    size_t capacity = buf->capacity ? buf->capacity : 256;
    unsigned char *bytes;

    while (capacity < wanted)
        capacity *= 2;
    if (capacity > buf->cap)
        capacity = buf->cap;
    bytes = realloc(buf->bytes, capacity);
    if (!bytes)
        return -1;
    buf->bytes = bytes;
    buf->capacity = capacity;
    return 0;
}

unsigned char *buf_reserve(struct buf *buf, size_t n)
{
    size_t length = buf_length(buf);

    if (n > buf->cap - length)
        return NULL;
    if (buf->end + n > buf->capacity) {
        if (buf->start)
            move_to_front(buf);
        if (length + n > buf->capacity && grow(buf, length + n) < 0)
            return NULL;
    }
    return buf->bytes ? buf->bytes + buf->end : NULL;
}

void buf_commit(struct buf *buf, size_t n)
{
    buf->end += n;
}

int buf_append(struct buf *buf, const void *bytes, size_t n)
{
    unsigned char *room;

    if (!n)
        return 0;
    room = buf_reserve(buf, n);
    if (!room)
        return -1;
    memcpy(room, bytes, n);
    buf_commit(buf, n);
    return 0;
}

ssize_t buf_double(struct buf *buf, size_t n, unsigned char byte)
{
    size_t more = 0;
    unsigned char *end;

    for (size_t i = 1; i <= n; i++)
        more += buf->bytes[buf->end - i] == byte;
    if (!more)
        return 0;
    end = buf_reserve(buf, more);
    if (!end)
        return -1;
    for (unsigned char *from = end, *to = end + more; from < to;) {
        *--to = *--from;
        if (*from == byte)
            *--to = byte;
    }
    buf_commit(buf, more);
    return (ssize_t)more;
}

void buf_consume(struct buf *buf, size_t n)
{
    buf->start += n;
    if (buf->start == buf->end)
        buf->start = buf->end = 0;
}

void buf_clear(struct buf *buf)
{
    buf_consume(buf, buf_length(buf));
}

void buf_truncate(struct buf *buf, size_t n)
{
    buf->end = buf->start + n;
}
