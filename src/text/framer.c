/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/framer.h"

#include <string.h>

void framer_init(struct framer *framer, size_t cap, framer_unfinished *unfinished, void *owner)
{
    *framer = (struct framer){.cap = cap, .unfinished = unfinished, .owner = owner};
    buf_init(&framer->bytes, cap + FRAMER_LINE_END + FRAMER_PUSH);
}

void framer_use(struct framer *framer, const struct framing *framing)
{
    if (framing->kind == FRAMING_LINES)
        return;
    framer->framing = framing;
    framer->cap = FRAMING_MOST;
    framer->bytes.cap = framer->cap + FRAMER_LINE_END + FRAMER_PUSH;
}

void framer_fini(struct framer *framer)
{
    buf_fini(&framer->bytes);
}

/* ---- line ends ---- */

enum { NO_LINE_END = 0, UNDECIDED = -1 }; /* or the number of its bytes */

/* At a CR or LF with n bytes. A terminal that puts a CR in front of each LF writes CR CR LF. */
static int line_end(const struct framer *framer, const unsigned char *bytes, size_t n)
{
    if (*bytes == '\n')
        return 1;
    if (*bytes != '\r')
        return NO_LINE_END;
    if (n == 1)
        return UNDECIDED;
    if (bytes[1] == '\n')
        return 2;
    if (!framer->typed)
        return NO_LINE_END;
    if (bytes[1] == '\r')
        return n == 2 ? UNDECIDED : bytes[2] == '\n' ? 3 : 1;
    return bytes[1] ? 1 : 2;
}

/* The bytes at the end of n that may be a line end, of a typed line or another one: a CR, or two.
 */
static size_t undecided(const struct framer *framer, const unsigned char *bytes, size_t n)
{
    size_t length = 0;

    while (length < n && length < (framer->typed ? 2 : 1) && bytes[n - 1 - length] == '\r')
        length++;
    return length;
}

static void skip(struct framer *framer)
{
    const unsigned char *bytes = buf_bytes(&framer->bytes);
    size_t n = buf_length(&framer->bytes);
    int end = n ? line_end(framer, bytes, n) : UNDECIDED;

    if (framer->skip == SKIP_NOTHING || !n || (framer->skip == SKIP_LINE_END && end == UNDECIDED))
        return;
    if (framer->skip == SKIP_LINE_END)
        buf_consume(&framer->bytes, (size_t)end);
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
    *line = (struct line){.bytes = buf_bytes(&framer->bytes), .n = n - end, .end = end};
    buf_consume(&framer->bytes, n);
    framer->scanned = 0;
}

static size_t whole_characters(const struct framer *framer, size_t n)
{
    size_t unfinished = framer->unfinished(framer->owner, buf_bytes(&framer->bytes), n);

    return unfinished < n ? n - unfinished : n; /* a message is never empty */
}

/* The first LF or, in a typed line, CR among the next `limit` bytes; or NULL. */
static const unsigned char *find_end(const struct framer *framer, size_t limit)
{
    const unsigned char *bytes = buf_bytes(&framer->bytes);
    const unsigned char *from = bytes + framer->scanned, *lf, *cr;

    if (limit <= framer->scanned)
        return NULL;
    limit -= framer->scanned;
    lf = memchr(from, '\n', limit);
    if (!framer->typed)
        return lf > bytes && lf[-1] == '\r' ? lf - 1 : lf;
    cr = memchr(from, '\r', lf ? (size_t)(lf - from) : limit);
    return cr ? cr : lf;
}

/* FRAMER_NONE: there is no whole message within the cap; *scanned bytes need no second look. */
static enum framer_end take_whole(struct framer *framer, size_t limit, size_t *scanned,
                                  struct line *line)
{
    const unsigned char *found = find_end(framer, limit);
    size_t length = found ? (size_t)(found - buf_bytes(&framer->bytes)) : limit;
    int end = found ? line_end(framer, found, buf_length(&framer->bytes) - length) : UNDECIDED;

    *scanned = length;
    if (end == UNDECIDED || length > framer->cap)
        return FRAMER_NONE;
    take(framer, length + (size_t)end, (size_t)end, line);
    framer->skip = SKIP_NOTHING;
    return FRAMER_WHOLE;
}

/* ---- framings ---- */

static void take_framed(struct framer *framer, const struct framed *framed, struct line *line)
{
    size_t body = (size_t)framed->body;

    take(framer, framed->head + body + framed->end, framed->end, line);
    line->bytes += framed->head;
    line->n = body;
    line->head = framed->head;
}

/* The message goes on behind the cap, and no character is torn. */
static enum framer_end take_piece(struct framer *framer, struct framed framed, struct line *line)
{
    const unsigned char *body = buf_bytes(&framer->bytes) + framed.head;
    size_t unfinished = framer->unfinished(framer->owner, body, framer->cap);
    size_t piece = framer->cap - (unfinished < framer->cap ? unfinished : 0);

    framer->left = framer->framing->kind == FRAMING_LENGTH ? framed.body - piece : 0;
    framed.body = piece;
    framed.end = 0;
    take_framed(framer, &framed, line);
    return FRAMER_CUT;
}

/* Whether the end of the first message is known. */
static bool measure(const struct framer *framer, struct framed *framed)
{
    const struct buf *held = &framer->bytes;

    *framed = (struct framed){.body = framer->left};
    if (framer->framing->kind == FRAMING_READS)
        framed->body = buf_length(held);
    return framed->body ||
           (buf_length(held) && framing_measure(framer->framing, buf_bytes(held), buf_length(held),
                                                framer->scanned, framed));
}

static enum framer_end next_framed(struct framer *framer, struct line *line)
{
    const struct framing *framing = framer->framing;
    size_t n = buf_length(&framer->bytes), mark = framing->mark_length;
    size_t least = framing->head + framer->cap + (mark ? mark : 1); /* too long in any case */
    struct framed framed;

    if (measure(framer, &framed)) {
        if (framed.body <= framer->cap && framed.head + framed.body + framed.end <= n) {
            framer->left = 0;
            take_framed(framer, &framed, line);
            return FRAMER_WHOLE;
        }
        least = framed.head + framer->cap + (framed.body <= framer->cap);
    }
    framer->scanned = n;
    return n < least ? FRAMER_NONE : take_piece(framer, framed, line);
}

/* A silence ends no head and no mark. */
static enum framer_end rest_framed(struct framer *framer, bool last, struct line *line)
{
    const struct framing *framing = framer->framing;
    size_t n = buf_length(&framer->bytes), head = framer->left ? 0 : framing->head;
    struct framed framed = {.head = head < n ? head : n};

    if (!n || !(last || framing->kind == FRAMING_GAP))
        return FRAMER_NONE;
    framed.body = n - framed.head;
    take_framed(framer, &framed, line);
    return framing->kind == FRAMING_GAP ? FRAMER_WHOLE : FRAMER_CUT;
}

enum framer_end framer_next(struct framer *framer, struct line *line)
{
    size_t n = buf_length(&framer->bytes), scanned;
    size_t most = framer->cap + (framer->typed ? 3 : 2); /* cap and line end */

    if (framer->framing)
        return next_framed(framer, line);
    if (take_whole(framer, n < most ? n : most, &scanned, line) == FRAMER_WHOLE)
        return FRAMER_WHOLE;
    framer->scanned = scanned;
    if (n < most)
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
    size_t n = buf_length(&framer->bytes), cr = undecided(framer, bytes, n);

    return n - (cr ? cr : framer->unfinished(framer->owner, bytes, n));
}

/* The second of two CRs is held for another silence. FRAMER_NONE: it was the end of a cut message.
 */
static enum framer_end end_at_cr(struct framer *framer, struct line *line)
{
    size_t n = buf_length(&framer->bytes);
    size_t crs = undecided(framer, buf_bytes(&framer->bytes), n);
    bool was_cut = n == crs && framer->skip == SKIP_LINE_END;

    take(framer, n - crs + 1, 1, line);
    framer->skip = crs > 1 ? SKIP_NOTHING : SKIP_REST;
    return was_cut ? FRAMER_NONE : FRAMER_WHOLE;
}

enum framer_end framer_rest(struct framer *framer, bool last, struct line *line)
{
    size_t n = buf_length(&framer->bytes);
    size_t ready = last ? n : n ? ready_after_silence(framer) : 0;

    if (framer->framing)
        return rest_framed(framer, last, line);
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
    return (struct line){.bytes = buf_bytes(&framer->bytes), .n = buf_length(&framer->bytes)};
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
    size_t n = buf_length(&framer->bytes);

    if (framer->framing)
        return framer->framing->kind == FRAMING_GAP ? n : 0;
    return n ? ready_after_silence(framer) : 0;
}
