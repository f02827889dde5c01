/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/framer.h"

#include <string.h>

void framer_init(struct framer *framer, size_t cap, framer_unfinished *unfinished, void *owner)
{
    *framer = (struct framer){.cap = cap, .unfinished = unfinished, .owner = owner};
    buf_init(&framer->bytes, cap + FRAMER_PUSH);
}

void framer_fini(struct framer *framer)
{
    buf_fini(&framer->bytes);
}

/* Skips the line end of a cut message. A lone CR is held until the next byte. */
static void skip_end_of_cut(struct framer *framer)
{
    const unsigned char *bytes = buf_bytes(&framer->bytes);
    size_t n = buf_length(&framer->bytes);

    if (!framer->cut || !n || (n == 1 && *bytes == '\r'))
        return;
    framer->cut = false;
    framer->scanned = 0; /* a held CR had been scanned */
    if (*bytes == '\n')
        buf_consume(&framer->bytes, 1);
    else if (*bytes == '\r' && bytes[1] == '\n')
        buf_consume(&framer->bytes, 2);
}

int framer_push(struct framer *framer, const void *bytes, size_t n)
{
    if (buf_append(&framer->bytes, bytes, n) < 0)
        return -1;
    skip_end_of_cut(framer);
    return 0;
}

/* Takes n bytes; the last `end` of them are a line end. */
static void take(struct framer *framer, size_t n, size_t end, struct line *line)
{
    *line = (struct line){buf_bytes(&framer->bytes), n - end};
    buf_consume(&framer->bytes, n);
    framer->scanned = 0;
}

static size_t whole_characters(const struct framer *framer, size_t n)
{
    size_t unfinished = framer->unfinished(framer->owner, buf_bytes(&framer->bytes), n);

    return unfinished < n ? n - unfinished : n; /* a message is never empty */
}

enum framer_end framer_next(struct framer *framer, struct line *line)
{
    const unsigned char *bytes = buf_bytes(&framer->bytes);
    size_t n = buf_length(&framer->bytes);
    size_t limit = n < framer->cap + 2 ? n : framer->cap + 2; /* the cap and a line end */
    const unsigned char *lf = NULL;

    if (limit > framer->scanned)
        lf = memchr(bytes + framer->scanned, '\n', limit - framer->scanned);
    if (lf) {
        size_t length = (size_t)(lf - bytes);
        bool cr = length && lf[-1] == '\r';

        if (length - cr <= framer->cap) {
            take(framer, length + 1, 1 + cr, line);
            framer->cut = false;
            return FRAMER_WHOLE;
        }
    }
    framer->scanned = limit;
    if (n < framer->cap + 2)
        return FRAMER_NONE;
    take(framer, whole_characters(framer, framer->cap), 0, line);
    framer->cut = true;
    return FRAMER_CUT;
}

/* A silence leaves an unfinished character, and a CR whose LF may follow. */
static size_t ready_after_silence(const struct framer *framer)
{
    const unsigned char *bytes = buf_bytes(&framer->bytes);
    size_t n = buf_length(&framer->bytes);

    if (n && bytes[n - 1] == '\r')
        return n - 1;
    return n - framer->unfinished(framer->owner, bytes, n);
}

enum framer_end framer_rest(struct framer *framer, bool last, struct line *line)
{
    size_t n = buf_length(&framer->bytes);
    size_t ready = last ? n : n ? ready_after_silence(framer) : 0;

    if (!ready || (last && framer->cut && n == 1 && *buf_bytes(&framer->bytes) == '\r'))
        return FRAMER_NONE;
    take(framer, ready, 0, line);
    framer->cut = true;
    return FRAMER_CUT;
}

struct line framer_held(const struct framer *framer)
{
    return (struct line){buf_bytes(&framer->bytes), buf_length(&framer->bytes)};
}

void framer_drop(struct framer *framer, size_t n)
{
    buf_consume(&framer->bytes, n);
    framer->scanned = 0;
}

void framer_trim(struct framer *framer)
{
    if (!buf_length(&framer->bytes))
        buf_fini(&framer->bytes);
}

size_t framer_waiting(const struct framer *framer)
{
    return buf_length(&framer->bytes) ? ready_after_silence(framer) : 0;
}
