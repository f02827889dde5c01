/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/recorder.h"

#include <string.h>

#include "base/base64.h"
#include "text/recording.h"

enum {
    ESCAPED = 6, /* bytes that one byte of a label may become */
    HEAD = 200,  /* the rest of a line, without its bytes */
};

static size_t record_size(const struct tap_piece *piece)
{
    return HEAD + ESCAPED * strlen(piece->label) + base64_length(piece->n);
}

static char *put_bytes(const struct tap_piece *piece, char *text)
{
    struct base64 base64 = {0};
    const struct iovec *iov = piece->iov;

    for (size_t left = piece->n; left; iov++) {
        size_t n = iov->iov_len < left ? iov->iov_len : left;

        text = base64_put(&base64, iov->iov_base, n, text);
        left -= n;
    }
    return base64_end(&base64, text);
}

/* The room was reserved by record_size, so that nothing is lacking. */
static size_t record_format(const struct tap_piece *piece, char *text)
{
    enum recording_way way = !piece->way               ? RECORDING_OPEN
                             : piece->way == STREAM_IN ? RECORDING_IN
                                                       : RECORDING_OUT;
    size_t room = record_size(piece);
    struct buf line = {.bytes = (unsigned char *)text, .capacity = room, .cap = room};
    int whole = recording_begin(way, &piece->time, piece->stream, piece->label, &line);

    line.end = (size_t)(put_bytes(piece, text + line.end) - text);
    whole |= recording_end(way, piece->breaks, &line);
    return whole < 0 ? 0 : line.end;
}

const struct tap_form recorder_form = {STREAM_IN | STREAM_OUT, record_size, record_format,
                                       .marks = true};
