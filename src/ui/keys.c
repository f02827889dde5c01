#include "ui/keys.h"

#include <string.h>

enum { ESC = 0x1B };

static const char paste_start[] = "\033[200~", paste_end[] = "\033[201~";

enum { MARK = sizeof paste_end - 1 };

void keys_init(struct keys *keys, keys_typed *typed, keys_pasted *pasted, void *owner)
{
    *keys = (struct keys){.typed = typed, .pasted = pasted, .owner = owner};
    buf_init(&keys->paste, KEYS_PASTE);
}

void keys_fini(struct keys *keys)
{
    buf_fini(&keys->paste);
}

/* ---- within a paste ---- */

static void begin_paste(struct keys *keys)
{
    keys->pasting = true;
    keys->lost = false;
    keys->paste_size = 0;
}

static void add_to_paste(struct keys *keys, const char *bytes, size_t n)
{
    keys->paste_size += n;
    if (keys->lost || buf_append(&keys->paste, bytes, n) == 0)
        return;
    keys->lost = true;
    buf_fini(&keys->paste);
}

/* In place; returns how long the text is then. */
static size_t unify_line_ends(char *text, size_t n)
{
    size_t length = 0;

    for (size_t i = 0; i < n; i++)
        if (text[i] != '\r')
            text[length++] = text[i];
        else if (i + 1 == n || text[i + 1] != '\n')
            text[length++] = '\n';
    return length;
}

static void end_paste(struct keys *keys)
{
    char *text = (char *)keys->paste.bytes; /* nothing was consumed: it starts there */

    keys->pasting = false;
    if (keys->lost)
        keys->pasted(keys->owner, NULL, keys->paste_size, true);
    else
        keys->pasted(keys->owner, text ? text : "", unify_line_ends(text, keys->paste_size), false);
    buf_fini(&keys->paste);
}

static void drop_mark(struct keys *keys)
{
    size_t n = keys->holds;

    keys->holds = 0;
    add_to_paste(keys, keys->held, n);
}

/* The next byte of what may be the end mark. ESC stands in it only first, so that a byte which does
 * not fit leaves nothing to look at again but itself. */
static bool fits_mark(struct keys *keys, char byte)
{
    if (byte != paste_end[keys->holds])
        drop_mark(keys);
    if (byte != paste_end[keys->holds])
        return false;
    keys->held[keys->holds++] = byte;
    if (keys->holds == MARK) {
        keys->holds = 0;
        end_paste(keys);
    }
    return true;
}

static size_t up_to_escape(const char *bytes, size_t n)
{
    const char *escape = memchr(bytes, ESC, n);

    return escape ? (size_t)(escape - bytes) : n;
}

/* Returns how many bytes were taken. */
static size_t push_paste(struct keys *keys, const char *bytes, size_t n)
{
    size_t run;

    if (fits_mark(keys, *bytes))
        return 1;
    run = up_to_escape(bytes, n);
    add_to_paste(keys, bytes, run);
    return run;
}

/* ---- typed ---- */

static void put_typed(struct keys *keys, const char *bytes, size_t n)
{
    if (n)
        keys->typed(keys->owner, bytes, n);
}

static void release(struct keys *keys)
{
    size_t n = keys->holds;

    keys->holds = 0;
    put_typed(keys, keys->held, n);
}

static bool holds_mark(const struct keys *keys, const char *mark)
{
    return keys->holds == MARK && !memcmp(keys->held, mark, MARK);
}

/* An end mark without a paste came too late, or from somebody's mischief; it is no key. */
static void finish_sequence(struct keys *keys)
{
    if (holds_mark(keys, paste_start)) {
        keys->holds = 0;
        begin_paste(keys);
    } else if (holds_mark(keys, paste_end)) {
        keys->holds = 0;
    } else {
        release(keys);
    }
}

/* ESC, then [ or O, then parameters and intermediates (ECMA-48, 5.4). The Linux console's function
 * keys are ESC [ [ and a letter. */
static bool goes_on(const struct keys *keys, char byte)
{
    if (keys->holds == 1)
        return byte == '[' || byte == 'O';
    return (byte >= 0x20 && byte <= 0x3F) ||
           (byte == '[' && keys->holds == 2 && keys->held[1] == '[');
}

/* What ends no sequence is the start of something else: a control character, a letter. */
static bool is_final(const struct keys *keys, char byte)
{
    return keys->holds == 1 ? byte != ESC : byte >= 0x40 && byte <= 0x7E;
}

static size_t push_sequence(struct keys *keys, char byte)
{
    bool more = goes_on(keys, byte);

    if (!more && !is_final(keys, byte)) {
        release(keys);
        return 0;
    }
    keys->held[keys->holds++] = byte;
    if (!more)
        finish_sequence(keys);
    else if (keys->holds == KEYS_SEQUENCE)
        release(keys);
    return 1;
}

static size_t push_typed(struct keys *keys, const char *bytes, size_t n)
{
    size_t run;

    if (keys->holds)
        return push_sequence(keys, *bytes);
    run = up_to_escape(bytes, n);
    put_typed(keys, bytes, run);
    if (run < n)
        keys->held[keys->holds++] = bytes[run++];
    return run;
}

void keys_push(struct keys *keys, const void *bytes, size_t n)
{
    const char *next = bytes, *end = next + n;

    while (next < end) {
        size_t left = (size_t)(end - next);

        next += keys->pasting ? push_paste(keys, next, left) : push_typed(keys, next, left);
    }
}

/* ---- silence ---- */

unsigned keys_waits(const struct keys *keys)
{
    if (keys->pasting)
        return KEYS_PASTE_MS;
    return keys->holds ? KEYS_SEQUENCE_MS : 0;
}

void keys_flush(struct keys *keys)
{
    if (!keys->pasting) {
        release(keys);
        return;
    }
    drop_mark(keys);
    end_paste(keys);
}
