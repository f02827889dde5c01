#include "text/lines.h"

#include <string.h>

void lines_init(struct lines *lines, size_t cap, lines_unfinished *unfinished, void *owner)
{
    *lines = (struct lines){.cap = cap, .unfinished = unfinished, .owner = owner};
    buf_init(&lines->bytes, cap + LINES_PUSH);
}

void lines_fini(struct lines *lines)
{
    buf_fini(&lines->bytes);
}

/* The line end of a message that was cut before it. A CR is held until what follows it is seen. */
static void skip_end_of_cut(struct lines *lines)
{
    const unsigned char *bytes = buf_bytes(&lines->bytes);
    size_t n = buf_length(&lines->bytes);

    if (!lines->cut || !n || (n == 1 && *bytes == '\r'))
        return;
    lines->cut = false;
    lines->scanned = 0; /* a CR that was held had been scanned */
    if (*bytes == '\n')
        buf_consume(&lines->bytes, 1);
    else if (*bytes == '\r' && bytes[1] == '\n')
        buf_consume(&lines->bytes, 2);
}

int lines_push(struct lines *lines, const void *bytes, size_t n)
{
    if (buf_append(&lines->bytes, bytes, n) < 0)
        return -1;
    skip_end_of_cut(lines);
    return 0;
}

/* Takes n bytes, of which the last `end` are a line end. */
static void take(struct lines *lines, size_t n, size_t end, struct line *line)
{
    *line = (struct line){buf_bytes(&lines->bytes), n - end};
    buf_consume(&lines->bytes, n);
    lines->scanned = 0;
}

static size_t whole_characters(const struct lines *lines, size_t n)
{
    size_t unfinished = lines->unfinished(lines->owner, buf_bytes(&lines->bytes), n);

    return unfinished < n ? n - unfinished : n; /* a message is never nothing but a cut */
}

enum lines_end lines_next(struct lines *lines, struct line *line)
{
    const unsigned char *bytes = buf_bytes(&lines->bytes);
    size_t n = buf_length(&lines->bytes);
    size_t limit = n < lines->cap + 2 ? n : lines->cap + 2; /* the cap and a line end */
    const unsigned char *lf = NULL;

    if (limit > lines->scanned)
        lf = memchr(bytes + lines->scanned, '\n', limit - lines->scanned);
    if (lf) {
        size_t length = (size_t)(lf - bytes);
        bool cr = length && lf[-1] == '\r';

        if (length - cr <= lines->cap) {
            take(lines, length + 1, 1 + cr, line);
            lines->cut = false;
            return LINES_WHOLE;
        }
    }
    lines->scanned = limit;
    if (n < lines->cap + 2)
        return LINES_NONE;
    take(lines, whole_characters(lines, lines->cap), 0, line);
    lines->cut = true;
    return LINES_CUT;
}

/* What a silence leaves: an unfinished character, and a CR whose LF may still come. */
static size_t ready_after_silence(const struct lines *lines)
{
    const unsigned char *bytes = buf_bytes(&lines->bytes);
    size_t n = buf_length(&lines->bytes);

    if (n && bytes[n - 1] == '\r')
        return n - 1;
    return n - lines->unfinished(lines->owner, bytes, n);
}

enum lines_end lines_rest(struct lines *lines, bool last, struct line *line)
{
    size_t n = buf_length(&lines->bytes);
    size_t ready = last ? n : n ? ready_after_silence(lines) : 0;

    if (!ready || (last && lines->cut && n == 1 && *buf_bytes(&lines->bytes) == '\r'))
        return LINES_NONE;
    take(lines, ready, 0, line);
    lines->cut = true;
    return LINES_CUT;
}

struct line lines_held(const struct lines *lines)
{
    return (struct line){buf_bytes(&lines->bytes), buf_length(&lines->bytes)};
}

void lines_drop(struct lines *lines, size_t n)
{
    buf_consume(&lines->bytes, n);
    lines->scanned = 0;
}

void lines_trim(struct lines *lines)
{
    if (!buf_length(&lines->bytes))
        buf_fini(&lines->bytes);
}

size_t lines_waiting(const struct lines *lines)
{
    return buf_length(&lines->bytes) ? ready_after_silence(lines) : 0;
}
