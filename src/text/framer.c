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

/* The length of the line end at the beginning of the held bytes, or 0. */
static size_t line_end(const struct framer *framer)
{
    const unsigned char *bytes = buf_bytes(&framer->bytes);

    if (*bytes == '\n')
        return 1;
    return *bytes == '\r' && (bytes[1] == '\n' || (framer->typed && !bytes[1])) ? 2 : 0;
}

/* A lone CR behind a cut is held until the next byte. */
static void skip(struct framer *framer)
{
    const unsigned char *bytes = buf_bytes(&framer->bytes);
    size_t n = buf_length(&framer->bytes);

    if (framer->skip == SKIP_NOTHING || !n ||
        (framer->skip == SKIP_LINE_END && n == 1 && *bytes == '\r'))
        return;
    if (framer->skip == SKIP_LINE_END)
        buf_consume(&framer->bytes, line_end(framer));
    else
        buf_consume(&framer->bytes, *bytes == '\n' || !*bytes);
    framer->skip = SKIP_NOTHING;
    framer->scanned = 0; /* a held CR had been scanned */
}

int framer_push(struct framer *framer, const void *bytes, size_t n)
{
    if (buf_append(&framer->bytes, bytes, n) < 0)
        return -1;
    skip(framer);
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

/* The last byte of the first line end among the next `limit` bytes, or NULL. */
static const unsigned char *find_end(const struct framer *framer, size_t limit)
{
    const unsigned char *bytes = buf_bytes(&framer->bytes);
    const unsigned char *from = bytes + framer->scanned, *end = bytes + limit;
    const unsigned char *lf =
        limit > framer->scanned ? memchr(from, '\n', (size_t)(end - from)) : NULL;

    end = lf ? lf : end;
    while (framer->typed && from < end && (from = memchr(from, '\0', (size_t)(end - from)))) {
        if (from > bytes && from[-1] == '\r')
            return from;
        from++;
    }
    return lf;
}

enum framer_end framer_next(struct framer *framer, struct line *line)
{
    size_t n = buf_length(&framer->bytes);
    size_t limit = n < framer->cap + 2 ? n : framer->cap + 2; /* the cap and a line end */
    const unsigned char *end = find_end(framer, limit);

    if (end) {
        size_t length = (size_t)(end - buf_bytes(&framer->bytes));
        bool cr = length && end[-1] == '\r';

        if (length - cr <= framer->cap) {
            take(framer, length + 1, 1 + cr, line);
            framer->skip = SKIP_NOTHING;
            return FRAMER_WHOLE;
        }
    }
    framer->scanned = limit;
    if (n < framer->cap + 2)
        return FRAMER_NONE;
    take(framer, whole_characters(framer, framer->cap), 0, line);
    framer->skip = SKIP_LINE_END;
    return FRAMER_CUT;
}

bool framer_ends_with_cr(const struct framer *framer)
{
    size_t n = buf_length(&framer->bytes);

    return framer->typed && n && buf_bytes(&framer->bytes)[n - 1] == '\r';
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

/* FRAMER_NONE: it was the end of a cut message. */
static enum framer_end end_at_cr(struct framer *framer, struct line *line)
{
    size_t n = buf_length(&framer->bytes);
    bool was_cut = n == 1 && framer->skip == SKIP_LINE_END;

    take(framer, n, 1, line);
    framer->skip = SKIP_REST;
    return was_cut ? FRAMER_NONE : FRAMER_WHOLE;
}

enum framer_end framer_rest(struct framer *framer, bool last, struct line *line)
{
    size_t n = buf_length(&framer->bytes);
    size_t ready = last ? n : n ? ready_after_silence(framer) : 0;

    if (framer_ends_with_cr(framer))
        return end_at_cr(framer, line);
    if (!ready ||
        (last && framer->skip == SKIP_LINE_END && n == 1 && *buf_bytes(&framer->bytes) == '\r'))
        return FRAMER_NONE;
    take(framer, ready, 0, line);
    framer->skip = SKIP_LINE_END;
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
