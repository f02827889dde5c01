/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/framing.h"

#include <string.h>

#include "base/ascii.h"
#include "base/duration.h"
#include "base/language.h"
#include "text/fixed_width.h"

/* ---- the words ---- */

static const struct {
    char word[8];
    struct framing framing;
} words[] = {
    {"lf", {.kind = FRAMING_MARK, .mark = "\n", .mark_length = 1, .is_text = true}},
    {"crlf", {.kind = FRAMING_MARK, .mark = {'\r', '\n'}, .mark_length = 2, .is_text = true}},
    {"cr", {.kind = FRAMING_MARK, .mark = "\r", .mark_length = 1, .is_text = true}},
    {"nul", {.kind = FRAMING_MARK, .mark = "", .mark_length = 1}},
    {"none", {.kind = FRAMING_READS}},
};

/* The text behind a prefix; NULL: it has another one. */
static const char *behind(const char *text, const char *prefix)
{
    size_t n = strlen(prefix);

    return strncmp(text, prefix, n) ? NULL : text + n;
}

static int read_byte(struct framing *framing, const char *digits, struct err *err)
{
    int high = ascii_hex(digits[0]), low = high < 0 ? -1 : ascii_hex(digits[1]);

    if (low < 0 || digits[2])
        return err_set(err, ERR_USAGE,
                       "--message byte:%s: a byte has two hexadecimal digits, such as byte:03",
                       digits);
    *framing = (struct framing){
        .kind = FRAMING_MARK, .mark = {(unsigned char)(16 * high + low)}, .mark_length = 1};
    return 0;
}

static int read_bytes(struct framing *framing, const char *digits, struct err *err)
{
    int n = ascii_number(digits, strlen("65536"));

    if (n < 1 || n > FRAMING_MOST)
        return err_set(err, ERR_USAGE, "--message bytes:%s: the number is from 1 to 65536", digits);
    *framing = (struct framing){.kind = FRAMING_BYTES, .bytes = (size_t)n};
    return 0;
}

static int read_length(struct framing *framing, const char *form, struct err *err)
{
    struct fixed_width head;
    size_t n = fixed_width_find(form, strlen(form), &head);

    *framing =
        (struct framing){.kind = FRAMING_LENGTH, .head = head.bytes, .low_first = head.low_first};
    if (n && fixed_width_read_more(form + n, strlen(form + n), &framing->more))
        return 0;
    return err_set(err, ERR_USAGE,
                   "--message len:%s: the form is u8, u16be, u16le, u32be or u32le, and +N or -N "
                   "may follow, up to 65536",
                   form);
}

static int read_gap(struct framing *framing, const char *time, struct err *err)
{
    const uint64_t least = 1000, most = UINT64_C(3600) * 1000000;
    uint64_t us;

    if (duration_parse(time, strlen(time), &us) < 0 || us < least || us > most)
        return err_set(err, ERR_USAGE,
                       "--message gap:%s: the silence is from 1ms to 3600s, such as 50ms or 0.5s",
                       time);
    *framing = (struct framing){.kind = FRAMING_GAP, .gap_ms = duration_ms(us)};
    return 0;
}

int framing_parse(struct framing *framing, const char *text, struct err *err)
{
    const char *rest;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i].word)) {
            *framing = words[i].framing;
            return 0;
        }
    if ((rest = behind(text, "byte:")))
        return read_byte(framing, rest, err);
    if ((rest = behind(text, "bytes:")))
        return read_bytes(framing, rest, err);
    if ((rest = behind(text, "len:")))
        return read_length(framing, rest, err);
    if ((rest = behind(text, "gap:")))
        return read_gap(framing, rest, err);
    return err_set(err, ERR_USAGE,
                   "--message takes lf, crlf, cr, nul, byte:HH, bytes:N, len:u16be, gap:50ms or "
                   "none, not '%s'",
                   text);
}

/* ---- marks and charsets ---- */

int framing_check(const struct framing *framing, const struct charset *charset, struct err *err)
{
    unsigned char mark = framing->mark[0];
    bool is_utf8 = charset_is_utf8(charset);
    bool is_later = is_utf8 ? mark >= 0x80 : mark >= 0x40 || (mark >= 0x30 && mark <= 0x39);

    if (framing->kind != FRAMING_MARK || !is_later || mark == 0xFF ||
        !(is_utf8 || charset_has_leads(charset)))
        return 0;
    return err_set(err, ERR_USAGE,
                   "--message byte:%02X: this byte is also a part of characters of %s; add -e raw, "
                   "or -e with a charset of one byte",
                   mark, charset_name(charset));
}

/* ---- messages ---- */

static bool find_mark(const struct framing *framing, const unsigned char *bytes, size_t n,
                      size_t scanned, struct framed *framed)
{
    size_t length = framing->mark_length, from = scanned < length ? 0 : scanned - length + 1;
    const unsigned char *mark = memmem(bytes + from, n - from, framing->mark, length);

    if (!mark)
        return false;
    *framed = (struct framed){.body = (uint64_t)(mark - bytes), .end = length};
    return true;
}

static bool read_head(const struct framing *framing, const unsigned char *bytes, size_t n,
                      struct framed *framed)
{
    int64_t length = 0;

    if (n < framing->head)
        return false;
    for (size_t i = 0; i < framing->head; i++)
        length = 256 * length + bytes[framing->low_first ? framing->head - 1 - i : i];
    length += framing->more;
    *framed = (struct framed){.head = framing->head, .body = length > 0 ? (uint64_t)length : 0};
    return true;
}

bool framing_measure(const struct framing *framing, const unsigned char *bytes, size_t n,
                     size_t scanned, struct framed *framed)
{
    switch (framing->kind) {
    case FRAMING_MARK: return find_mark(framing, bytes, n, scanned, framed);
    case FRAMING_LENGTH: return read_head(framing, bytes, n, framed);
    case FRAMING_BYTES: *framed = (struct framed){.body = framing->bytes}; return true;
    case FRAMING_LINES:
    case FRAMING_GAP:
    case FRAMING_READS: break;
    }
    return false;
}
