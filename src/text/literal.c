/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/literal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIME_TEXT = 256, HEX_DIGITS = 8 };

struct literal *literal_hold(struct literal *literal)
{
    literal->holders++;
    return literal;
}

void literal_free(struct literal *literal)
{
    if (!literal || --literal->holders)
        return;
    buf_fini(&literal->bytes);
    free(literal->pieces);
    free(literal);
}

/* ---- the message, with room for its lengths and checksums ---- */

/* A length or a checksum whose bytes are not known yet. */
struct open_number {
    const struct literal_piece *piece;
    size_t at; /* its first byte in the message */
};

struct making {
    const struct literal *literal;
    const struct literal_values *values;
    struct buf *out;
    size_t start; /* of the message in `out` */
    struct open_number open[LITERAL_NUMBERS];
    size_t count; /* of `open` */
};

/* No room for n more bytes. */
static int full(const struct making *making, size_t n, struct err *err)
{
    if (n <= making->out->cap - buf_length(making->out))
        return err_memory(err);
    return err_set(err, ERR_LOCAL, "the message is too long");
}

static int append(struct making *making, const void *bytes, size_t n, struct err *err)
{
    return buf_append(making->out, bytes, n) < 0 ? full(making, n, err) : 0;
}

/* The offset of the first one is that in the message. */
static void add_faults(struct codec_faults *sum, const struct codec_faults *faults, size_t at)
{
    if (!sum)
        return;
    if (!sum->unencodable) {
        sum->unencodable_first = faults->unencodable_first;
        sum->unencodable_at = at + faults->unencodable_at;
    }
    sum->unencodable += faults->unencodable;
}

static int put_text(struct making *making, const char *text, size_t n, struct err *err)
{
    const struct literal_values *values = making->values;
    struct codec_plan plan = {.from = values->charset ? values->utf8 : NULL,
                              .to = values->charset,
                              .text = values->text,
                              .wire = WIRE_IS_OUTPUT};
    size_t at = buf_length(making->out) - making->start;
    struct codec codec;

    plan.text.eol = EOL_AS_IS;
    if (codec_is_identity(&plan))
        return append(making, text, n, err);
    codec_init(&codec, &plan);
    if (codec_push(&codec, text, n, true, making->out, err) < 0)
        return err && err->kind == ERR_TEXT && codec.faults.unencodable
                   ? err_set(err, ERR_TEXT, "U+%04" PRIX32 " is not in %s",
                             codec.faults.unencodable_first, charset_name(values->charset))
                   : -1;
    add_faults(values->faults, &codec.faults, at);
    return 0;
}

/* The low byte stands first in `value`. */
static void write_number(const struct literal_number *number, uint64_t value, unsigned char *at)
{
    static const char digits[] = "0123456789ABCDEF";

    for (unsigned i = 0; i < number->bytes; i++) {
        unsigned shift = 8 * (number->low_first ? i : number->bytes - 1 - i);
        unsigned char byte = (unsigned char)(value >> shift);

        if (!number->hex) {
            *at++ = byte;
            continue;
        }
        *at++ = (unsigned char)digits[byte >> 4];
        *at++ = (unsigned char)digits[byte & 15];
    }
}

static size_t width_of(const struct literal_number *number)
{
    return number->hex ? 2 * number->bytes : number->bytes;
}

static int put_count(struct making *making, const struct literal_piece *piece, struct err *err)
{
    unsigned char bytes[2 * HEX_DIGITS];
    char decimal[32];

    if (!piece->number.bytes) {
        snprintf(decimal, sizeof decimal, "%" PRIu64, making->values->count);
        return append(making, decimal, strlen(decimal), err);
    }
    write_number(&piece->number, making->values->count, bytes);
    return append(making, bytes, width_of(&piece->number), err);
}

static int put_time(struct making *making, const struct literal_piece *piece, struct err *err)
{
    char form[TIME_TEXT], text[TIME_TEXT];
    struct tm tm;

    snprintf(form, sizeof form, "%.*s", (int)piece->n,
             (const char *)buf_bytes(&making->literal->bytes) + piece->start);
    if (!localtime_r(&making->values->time, &tm))
        return err_set(err, ERR_LOCAL, "the system has no local time");
    return put_text(making, text, strftime(text, sizeof text, form, &tm), err);
}

/* The number is written when the whole message stands. */
static int put_open_number(struct making *making, const struct literal_piece *piece,
                           struct err *err)
{
    size_t width = width_of(&piece->number);
    unsigned char *room = buf_reserve(making->out, width);

    if (!room)
        return full(making, width, err);
    memset(room, 0, width);
    making->open[making->count++] =
        (struct open_number){piece, buf_length(making->out) - making->start};
    buf_commit(making->out, width);
    return 0;
}

static int put(struct making *making, const struct literal_piece *piece, struct err *err)
{
    const char *bytes = (const char *)buf_bytes(&making->literal->bytes) + piece->start;
    const struct literal_capture *capture = &making->values->captures[piece->capture];

    switch (piece->kind) {
    case LITERAL_TEXT: return put_text(making, bytes, piece->n, err);
    case LITERAL_BYTES: return append(making, bytes, piece->n, err);
    case LITERAL_COUNT: return put_count(making, piece, err);
    case LITERAL_TIME: return put_time(making, piece, err);
    case LITERAL_CAPTURE:
        if (capture->is_bytes)
            return append(making, capture->text, capture->n, err);
        return put_text(making, capture->n ? capture->text : "", capture->n, err);
    case LITERAL_LENGTH:
    case LITERAL_CHECKSUM: break;
    }
    return put_open_number(making, piece, err);
}

/* ---- lengths and checksums ---- */

static unsigned char *message_of(const struct making *making)
{
    return making->out->bytes + making->out->start + making->start;
}

static int write_length(const struct making *making, const struct open_number *open,
                        struct err *err)
{
    const struct literal_piece *piece = open->piece;
    size_t whole = buf_length(making->out) - making->start;
    long behind = (long)(whole - open->at - width_of(&piece->number)), said;

    said = behind - piece->more;
    if (said < 0 || (uint64_t)said >> (8 * piece->number.bytes))
        return err_set(err, ERR_USAGE, "column %zu: %ld does not fit in this {len}", piece->column,
                       said);
    write_number(&piece->number, (uint64_t)said, message_of(making) + open->at);
    return 0;
}

static long offset_of(long offset, size_t field)
{
    return offset < 0 ? (long)field + offset : offset;
}

static int write_checksum(const struct making *making, const struct open_number *open,
                          struct err *err)
{
    const struct literal_piece *piece = open->piece;
    long from = offset_of(piece->from, open->at), to = (long)open->at;

    if (piece->has_to)
        to = offset_of(piece->to, open->at);
    if (from < 0 || from > to || to > (long)open->at)
        return err_set(err, ERR_USAGE,
                       "column %zu: {%s} stands at byte %zu and cannot cover %ld to %ld",
                       piece->column, piece->checksum->name, open->at, from, to);
    write_number(&piece->number,
                 checksum_of(piece->checksum, message_of(making) + from, (size_t)(to - from)),
                 message_of(making) + open->at);
    return 0;
}

/* A checksum is one of the lengths, too, wherever they stand. */
static int write_open_numbers(const struct making *making, struct err *err)
{
    for (size_t i = 0; i < making->count; i++)
        if (making->open[i].piece->kind == LITERAL_LENGTH &&
            write_length(making, &making->open[i], err) < 0)
            return -1;
    for (size_t i = 0; i < making->count; i++)
        if (making->open[i].piece->kind == LITERAL_CHECKSUM &&
            write_checksum(making, &making->open[i], err) < 0)
            return -1;
    return 0;
}

int literal_make(const struct literal *literal, const struct literal_values *values,
                 struct buf *out, struct err *err)
{
    struct making making = {
        .literal = literal, .values = values, .out = out, .start = buf_length(out)};
    int result = 0;

    for (size_t i = 0; i < literal->count && !result; i++)
        result = put(&making, &literal->pieces[i], err);
    if (!result)
        result = write_open_numbers(&making, err);
    if (result < 0)
        buf_truncate(out, making.start);
    return result;
}

/* ---- a literal of bytes ---- */

/* Blanks at the ends are escaped, since a line of a file or of a prompt loses them. A brace at the
 * end is, since more may follow. */
static bool is_plain(const unsigned char *bytes, size_t n, size_t at)
{
    if (bytes[at] == ' ')
        return at && at + 1 < n;
    if (bytes[at] == '{')
        return at + 1 < n && !literal_opens_field((char)bytes[at + 1]);
    return bytes[at] > ' ' && bytes[at] < 0x7F && bytes[at] != '\\';
}

static int append_escape(struct buf *out, unsigned char byte)
{
    static const char named[] = "\nn\rr\tt\\\\{{";
    const char *name = byte ? strchr(named, byte) : NULL;
    char text[8];

    if (name)
        snprintf(text, sizeof text, "\\%c", name[1]);
    else
        snprintf(text, sizeof text, "\\x%02X", byte);
    return buf_append(out, text, strlen(text));
}

int literal_write(const void *bytes, size_t n, struct buf *out)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < n; i++)
        if ((is_plain(at, n, i) ? buf_append(out, &at[i], 1) : append_escape(out, at[i])) < 0)
            return -1;
    return 0;
}

int literal_write_text(const char *text, size_t n, struct buf *out)
{
    const unsigned char *at = (const unsigned char *)text;

    for (size_t i = 0; i < n; i++) {
        bool is_text = at[i] >= 0x80 || is_plain(at, n, i);

        if ((is_text ? buf_append(out, &at[i], 1) : append_escape(out, at[i])) < 0)
            return -1;
    }
    return 0;
}
