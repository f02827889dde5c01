/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/hexdump.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text/safetext.h"

enum {
    ROW = 16, /* bytes */
    HEX = 10, /* the column of the first byte, if the offset has eight digits */
    ASCII = HEX + 3 * ROW + 2,
    LABEL = 256,
    HEAD = LABEL + 80,           /* bytes of a head, at most */
    ROW_TEXT = ASCII + ROW + 12, /* bytes of a row, at most: an offset may have sixteen digits */
};

static size_t format_head(const struct tap_piece *piece, char *text)
{
    char label[LABEL], day[32];
    struct tm local;

    localtime_r(&piece->time.tv_sec, &local);
    strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &local);
    safetext_line(label, sizeof label, piece->label);
    return (size_t)snprintf(text, HEAD, "%s.%06ld %c %s %zu %s\n", day, piece->time.tv_nsec / 1000,
                            piece->way == STREAM_IN ? '<' : '>', label, piece->n,
                            piece->n == 1 ? "byte" : "bytes");
}

/* The two digits of each byte. Rows made by snprintf, or digit by digit, take twice the time. */
#define PAIRS(h) \
    h "0" h "1" h "2" h "3" h "4" h "5" h "6" h "7" h "8" h "9" h "a" h "b" h "c" h "d" h "e" h "f"
static const char pairs[] =
    PAIRS("0") PAIRS("1") PAIRS("2") PAIRS("3") PAIRS("4") PAIRS("5") PAIRS("6") PAIRS("7")
        PAIRS("8") PAIRS("9") PAIRS("a") PAIRS("b") PAIRS("c") PAIRS("d") PAIRS("e") PAIRS("f");

static void put_pair(char *text, unsigned char byte)
{
    memcpy(text, pairs + 2 * byte, 2);
}

static size_t format_offset(uint64_t offset, char *text)
{
    if (offset >> 32)
        return (size_t)snprintf(text, ROW_TEXT, "%" PRIx64, offset);
    for (int i = 0; i < 4; i++)
        put_pair(text + 2 * i, (unsigned char)(offset >> 8 * (3 - i)));
    return 8;
}

static char shown(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7F ? (char)byte : '.';
}

static void format_half(const unsigned char *bytes, size_t n, char *text)
{
    for (size_t i = 0; i < n; i++)
        put_pair(text + 3 * i, bytes[i]);
}

/* A short row is filled up with blanks; a gap is in the middle. */
static size_t format_row(uint64_t offset, const unsigned char *bytes, size_t n, char *text)
{
    char *row = text + format_offset(offset, text) - (HEX - 2); /* where column 0 would be */
    char *ascii = row + ASCII + 1;
    size_t half = n < ROW / 2 ? n : ROW / 2;

    memset(row + HEX - 2, ' ', ASCII - (HEX - 2));
    format_half(bytes, half, row + HEX);
    format_half(bytes + half, n - half, row + HEX + 3 * ROW / 2 + 1);
    for (size_t i = 0; i < n; i++)
        ascii[i] = shown(bytes[i]);
    ascii[-1] = '|';
    ascii[n] = '|';
    ascii[n + 1] = '\n';
    return (size_t)(ascii - text) + n + 2;
}

/* Copies the next bytes, at most a row of them; they may be in several pieces of iov. */
static size_t gather(const struct iovec **iov, size_t *at, size_t left, unsigned char *bytes)
{
    size_t n = 0, wanted = left < ROW ? left : ROW;

    while (n < wanted) {
        size_t some = (*iov)->iov_len - *at;

        some = some < wanted - n ? some : wanted - n;
        memcpy(bytes + n, (const char *)(*iov)->iov_base + *at, some);
        n += some;
        *at += some;
        if (*at == (*iov)->iov_len) {
            ++*iov;
            *at = 0;
        }
    }
    return n;
}

static size_t dump_size(const struct tap_piece *piece)
{
    return HEAD + (piece->n + ROW - 1) / ROW * ROW_TEXT;
}

static size_t hexdump_format(const struct tap_piece *piece, char *text)
{
    const struct iovec *iov = piece->iov;
    size_t length = format_head(piece, text), at = 0;

    for (size_t done = 0; done < piece->n;) {
        unsigned char bytes[ROW];
        size_t n = gather(&iov, &at, piece->n - done, bytes);

        length += format_row(piece->offset + done, bytes, n, text + length);
        done += n;
    }
    return length;
}

const struct tap_form hexdump_form = {
    .ways = STREAM_IN | STREAM_OUT, .size = dump_size, .format = hexdump_format};
