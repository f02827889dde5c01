#include "io/dump.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/safetext.h"

enum {
    ROW = 16, /* bytes */
    HEX = 10, /* the column of the first byte behind an offset of eight digits */
    ASCII = HEX + 3 * ROW + 2,
    LABEL = 256,
    HEAD = LABEL + 80,           /* of a block, at most */
    ROW_TEXT = ASCII + ROW + 12, /* of a row, at most: an offset may have sixteen digits */
};

/* ---- text ---- */

static size_t format_head(const struct dump_block *block, char *text)
{
    char label[LABEL], day[32];
    struct tm local;

    localtime_r(&block->time.tv_sec, &local);
    strftime(day, sizeof day, "%Y-%m-%d %H:%M:%S", &local);
    safetext_line(label, sizeof label, block->label);
    return (size_t)snprintf(text, HEAD, "%s.%06ld %c %s %zu %s\n", day, block->time.tv_nsec / 1000,
                            block->way == DUMP_RECEIVED ? '<' : '>', label, block->n,
                            block->n == 1 ? "byte" : "bytes");
}

static size_t format_offset(uint64_t offset, char *text)
{
    char digits[20];
    size_t n = (size_t)snprintf(digits, sizeof digits, "%08" PRIx64, offset);

    memcpy(text, digits, n);
    return n;
}

static char shown(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7F ? (char)byte : '.';
}

/* Blanks where there are no bytes; a gap in the middle. */
static size_t format_row(uint64_t offset, const unsigned char *bytes, size_t n, char *text)
{
    static const char digits[] = "0123456789abcdef";
    char *row = text + format_offset(offset, text) - (HEX - 2); /* where column 0 would be */
    char *ascii = row + ASCII;

    memset(row + HEX - 2, ' ', ASCII - (HEX - 2));
    *ascii++ = '|';
    for (size_t i = 0; i < n; i++) {
        char *hex = row + HEX + 3 * i + (i >= ROW / 2);

        hex[0] = digits[bytes[i] >> 4];
        hex[1] = digits[bytes[i] & 15];
        *ascii++ = shown(bytes[i]);
    }
    *ascii++ = '|';
    *ascii++ = '\n';
    return (size_t)(ascii - text);
}

/* The next bytes, at most a row of them, wherever they lie. */
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

size_t dump_size(const struct dump_block *block)
{
    return HEAD + (block->n + ROW - 1) / ROW * ROW_TEXT;
}

size_t dump_format(const struct dump_block *block, char *text)
{
    const struct iovec *iov = block->iov;
    size_t length = format_head(block, text), at = 0;

    for (size_t done = 0; done < block->n;) {
        unsigned char bytes[ROW];
        size_t n = gather(&iov, &at, block->n - done, bytes);

        length += format_row(block->offset + done, bytes, n, text + length);
        done += n;
    }
    return length;
}

/* ---- the stream ---- */

struct dump {
    struct stream stream;
    struct stream *inner;
    struct sink *sink;
    struct sink_waiter waiter;
    uint64_t offsets[2]; /* by enum dump_way */
    unsigned watched;
};

static void write_down(struct dump *dump, enum dump_way way, const struct iovec *iov, size_t n)
{
    struct dump_block block = {.way = way,
                               .label = stream_label(dump->inner),
                               .offset = dump->offsets[way],
                               .iov = iov,
                               .n = n};
    char *text = (char *)sink_reserve(dump->sink, dump_size(&block));

    dump->offsets[way] += n;
    if (!text)
        return;
    clock_gettime(CLOCK_REALTIME, &block.time);
    sink_put(dump->sink, dump_format(&block, text));
}

static ssize_t dump_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct dump *dump = (struct dump *)stream;
    struct iovec iov = {.iov_base = bytes};
    ssize_t got;

    if (!sink_is_free(dump->sink))
        return STREAM_AGAIN;
    got = stream_read(dump->inner, bytes, n < DUMP_MOST ? n : DUMP_MOST, err);
    iov.iov_len = got > 0 ? (size_t)got : 0;
    if (got > 0)
        write_down(dump, DUMP_RECEIVED, &iov, (size_t)got);
    return got;
}

/* What goes into one block: as many whole pieces as fit, or a part of the first. */
static int clip(const struct iovec **iov, int count, struct iovec *part)
{
    size_t sum = 0;
    int pieces = 0;

    while (pieces < count && sum + (*iov)[pieces].iov_len <= DUMP_MOST)
        sum += (*iov)[pieces++].iov_len;
    if (pieces || !count)
        return pieces;
    *part = (struct iovec){(*iov)->iov_base, DUMP_MOST};
    *iov = part;
    return 1;
}

static ssize_t dump_writev(struct stream *stream, const struct iovec *iov, int count,
                           struct err *err)
{
    struct dump *dump = (struct dump *)stream;
    struct iovec part;
    ssize_t put;

    if (count && !sink_is_free(dump->sink))
        return STREAM_AGAIN;
    count = clip(&iov, count, &part);
    put = dump->inner->ops->writev(dump->inner, iov, count, err);
    if (put > 0)
        write_down(dump, DUMP_SENT, iov, (size_t)put);
    return put;
}

/* Waits for the file too, so that none of a conversation that came to its end is lost. */
static int dump_finish(struct stream *stream, struct err *err)
{
    struct dump *dump = (struct dump *)stream;

    return sink_is_free(dump->sink) ? stream_finish(dump->inner, err) : STREAM_AGAIN;
}

static void on_sink_free(struct sink_waiter *waiter);

/* Reading and writing wait for the file first, then for the inner stream. */
static void dump_watch(struct stream *stream, unsigned bits)
{
    struct dump *dump = (struct dump *)stream;
    unsigned held = sink_is_free(dump->sink) ? 0 : bits & (STREAM_IN | STREAM_OUT);

    dump->watched = bits;
    if (held)
        sink_wait(dump->sink, &dump->waiter, on_sink_free);
    else
        sink_leave(dump->sink, &dump->waiter);
    stream_watch(dump->inner, bits & ~held);
}

static void on_sink_free(struct sink_waiter *waiter)
{
    struct dump *dump = (struct dump *)((char *)waiter - offsetof(struct dump, waiter));
    unsigned held = dump->watched & (STREAM_IN | STREAM_OUT);

    dump_watch(&dump->stream, dump->watched);
    dump->stream.ready(dump->stream.owner, held);
}

/* The file may have been filled by another stream since the watching began. */
static void on_inner_ready(void *owner, unsigned bits)
{
    struct dump *dump = owner;

    if (!sink_is_free(dump->sink)) {
        dump_watch(&dump->stream, dump->watched);
        bits &= ~(unsigned)(STREAM_IN | STREAM_OUT);
    }
    if (bits)
        dump->stream.ready(dump->stream.owner, bits);
}

static const char *dump_label(const struct stream *stream)
{
    return stream_label(((const struct dump *)stream)->inner);
}

static void dump_close(struct stream *stream, enum stream_close how)
{
    struct dump *dump = (struct dump *)stream;

    sink_leave(dump->sink, &dump->waiter);
    stream_close(dump->inner, how);
    free(dump);
}

static const struct stream_ops dump_ops = {
    .read = dump_read,
    .writev = dump_writev,
    .finish = dump_finish,
    .watch = dump_watch,
    .label = dump_label,
    .close = dump_close,
};

struct stream *dump_new(uv_loop_t *loop, struct stream *inner, struct sink *sink, struct err *err)
{
    struct dump *dump = calloc(1, sizeof *dump);

    if (!dump) {
        err_memory(err);
        return NULL;
    }
    dump->stream.ops = &dump_ops;
    dump->inner = inner;
    dump->sink = sink;
    if (sink_start(sink, loop, err) < 0) {
        free(dump);
        return NULL;
    }
    stream_own(inner, on_inner_ready, dump);
    return &dump->stream;
}
