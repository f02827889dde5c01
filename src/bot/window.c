/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/window.h"

#include <string.h>

enum {
    MARK = 3,               /* bytes of a byte order mark in UTF-8 */
    CAP = 32 * WINDOW_SIZE, /* escaped text is longer than its bytes */
    SHORT = 4096,           /* a partial match of more bytes is searched again only when it grew */
};

void window_init(struct window *window, struct charset *utf8, enum codec_bad bad)
{
    *window = (struct window){.utf8 = utf8, .charset = utf8, .bad = bad};
    buf_init(&window->text, CAP);
    buf_init(&window->bytes, CAP);
}

void window_fini(struct window *window)
{
    buf_fini(&window->text);
    buf_fini(&window->bytes);
}

/* A byte order mark at the beginning of a conversation is no text. */
static size_t mark_of(const struct window *window, const void *text, size_t n)
{
    return !window->has_begun && n >= MARK && !memcmp(text, "\xEF\xBB\xBF", MARK) ? MARK : 0;
}

int window_add(struct window *window, struct charset *charset, const void *text, size_t n,
               const void *bytes, size_t bytes_n)
{
    size_t mark = mark_of(window, text, n);

    if (charset)
        window->charset = charset;
    n -= mark;
    if (buf_append(&window->text, (const char *)text + mark, n) < 0)
        return -1;
    window->has_begun |= n + bytes_n > 0;
    window->has_mark |= mark > 0;
    if (buf_append(&window->bytes, bytes, bytes_n) == 0)
        return 0;
    buf_truncate(&window->text, buf_length(&window->text) - n);
    return -1;
}

/* ---- from text to bytes and back ---- */

static struct codec_plan decoding(const struct window *window)
{
    return (struct codec_plan){
        .from = window->charset,
        .to = window->utf8,
        .text = {.checked = true, .bad = window->bad == BAD_STOP ? BAD_REPLACE : window->bad}};
}

/* The number of bytes from which the first n bytes of the text were decoded. */
static size_t bytes_of_text(const struct window *window, size_t n)
{
    const unsigned char *bytes = buf_bytes(&window->bytes);
    struct codec_plan plan = decoding(window);
    size_t length = buf_length(&window->bytes), taken = 0;
    struct codec codec;
    struct buf text;

    n += window->has_mark ? MARK : 0;
    if (n <= length && !window->has_mark && (!n || !memcmp(bytes, buf_bytes(&window->text), n)))
        return n;
    buf_init(&text, CAP);
    codec_init(&codec, &plan);
    while (taken < length && buf_length(&text) < n &&
           codec_push(&codec, bytes + taken, 1, false, &text, NULL) == 0)
        taken++;
    buf_fini(&text);
    return taken;
}

/* The text of what is left of the bytes. */
static void decode_again(struct window *window)
{
    struct codec_plan plan = decoding(window);

    buf_clear(&window->text);
    if (buf_length(&window->bytes) &&
        codec_convert(&plan, buf_bytes(&window->bytes), buf_length(&window->bytes), &window->text,
                      NULL) < 0)
        buf_clear(&window->text);
}

/* ---- searching ---- */

void window_begin(struct window *window)
{
    window->resume = window->searched = 0;
}

const struct buf *window_subject(const struct window *window, const struct statement *expect)
{
    return expect->of_bytes ? &window->bytes : &window->text;
}

/* A peer that sends byte by byte would have a long partial match searched again for each. */
static bool may_wait(const struct window *window, size_t n)
{
    size_t searched = window->searched - window->resume;

    return window->searched > window->resume && searched > SHORT &&
           n - window->searched < searched / 8;
}

enum pattern_result window_search(struct window *window, const struct bot_module *module,
                                  const struct statement *expect, bool goes_on, size_t most,
                                  struct pattern_match *match)
{
    const struct buf *subject = window_subject(window, expect);
    size_t n = buf_length(subject);
    struct pattern_search search = {.bytes = n ? buf_bytes(subject) : (const unsigned char *)"",
                                    .n = n,
                                    .from = window->resume,
                                    .goes_on = goes_on,
                                    .most = most};
    enum pattern_result result;

    *match = (struct pattern_match){0};
    if (goes_on && may_wait(window, n))
        return PATTERN_PARTIAL;
    result = module->search(expect->pattern, &search, match);
    if (result == PATTERN_LIMIT && most < PATTERN_COST)
        return result;
    window->searched = n;
    if (result == PATTERN_LIMIT)
        window->resume = n;
    else if (result == PATTERN_PARTIAL || (result == PATTERN_NONE && goes_on))
        window->resume = match->resume;
    return result;
}

void window_take(struct window *window, const struct statement *expect, size_t to)
{
    if (!to) {
        window_begin(window);
        return;
    }
    if (expect->of_bytes) {
        buf_consume(&window->bytes, to);
        decode_again(window);
    } else {
        buf_consume(&window->bytes, bytes_of_text(window, to));
        buf_consume(&window->text, to);
    }
    window->has_mark = false;
    window_begin(window);
}

/* A half ends at a character. */
static size_t half_of(const struct buf *subject, bool of_bytes)
{
    const unsigned char *bytes = buf_bytes(subject);
    size_t n = buf_length(subject), half = n / 2;

    while (!of_bytes && half < n && (bytes[half] & 0xC0) == 0x80)
        half++;
    return half;
}

bool window_trim(struct window *window, const struct statement *expect)
{
    size_t resume = window->resume, half;

    if (!window_is_full(window))
        return false;
    half = half_of(window_subject(window, expect), expect->of_bytes);
    window_take(window, expect, half);
    window->resume = resume > half ? resume - half : 0;
    return true;
}
