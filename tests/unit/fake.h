/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fake: a stream in memory under the control of a test: it gives short pieces or none, takes little
 * or nothing, fails, ends. Readiness comes from the loop, again in each round while it holds. */
#pragma once

#include "check.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/buf.h"
#include "io/stream.h"

enum { WHOLE = 1 << 30 };

struct fake {
    struct stream stream;
    uv_idle_t idle; /* tells readiness, again in each round of the loop while it holds */
    unsigned watched;
    bool closed;
    enum stream_close how;

    /* reading */
    struct buf input;
    bool input_ends;          /* 0 behind the input */
    enum err_kind read_fails; /* a failure behind the input; of ERR_SECURITY writing goes on */
    size_t read_most;         /* bytes of a read, at most */
    size_t read_asked;        /* the largest read that was asked for */

    /* writing */
    struct buf output;
    size_t room;       /* bytes that can still be written */
    size_t write_most; /* bytes of a write, at most */
    enum err_kind write_fails;
    int writes;        /* calls that wrote something */
    bool is_disk;      /* without room it fails with ERR_FULL */
    bool lost;         /* STREAM_LOSS holds */
    int finish_stalls; /* calls of finish that answer STREAM_AGAIN */
    bool finished;

    unsigned splices; /* the ways that can splice */
    int spliced;      /* calls of splice that moved something */

    struct dice *dice; /* NULL, or calls answer "not now" at random */
};

static inline struct fake *fake_of(struct stream *stream)
{
    return (struct fake *)stream;
}

static inline bool stutters(struct fake *fake)
{
    return fake->dice && dice_roll(fake->dice, 3) == 0;
}

/* err must not be NULL, as for a socket. */
static inline ssize_t fail_with(enum err_kind kind, const char *what, struct err *err)
{
    assert_non_null(err);
    err_set(err, kind, "%s failed", what);
    return STREAM_FAIL;
}

/* How many of n bytes a read gives, or its other answer. */
static inline ssize_t readable(struct fake *fake, size_t n, struct err *err)
{
    size_t some = buf_length(&fake->input);

    assert_false(fake->closed);
    assert_true(n > 0);
    if (stutters(fake))
        return STREAM_AGAIN;
    if (!some && fake->read_fails)
        return fail_with(fake->read_fails, "reading", err);
    if (!some)
        return fake->input_ends ? 0 : STREAM_AGAIN;
    some = some < n ? some : n;
    some = some < fake->read_most ? some : fake->read_most;
    if (fake->dice)
        some = 1 + dice_roll(fake->dice, (uint32_t)some);
    return (ssize_t)some;
}

static inline ssize_t fake_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct fake *fake = fake_of(stream);
    ssize_t some = readable(fake, n, err);

    if (n > fake->read_asked)
        fake->read_asked = n;
    if (some <= 0)
        return some;
    memcpy(bytes, buf_bytes(&fake->input), (size_t)some);
    buf_consume(&fake->input, (size_t)some);
    return some;
}

static inline size_t bytes_in(const struct iovec *iov, int count)
{
    size_t sum = 0;

    for (int i = 0; i < count; i++)
        sum += iov[i].iov_len;
    return sum;
}

static inline void take_over(struct fake *fake, const struct iovec *iov, size_t n)
{
    for (size_t some; n; n -= some, iov++) {
        some = iov->iov_len < n ? iov->iov_len : n;
        assert_int_equal(buf_append(&fake->output, iov->iov_base, some), 0);
    }
}

/* How many of n bytes a write takes, or its other answer. */
static inline ssize_t writable(struct fake *fake, size_t n, struct err *err)
{
    size_t some = n;

    assert_false(fake->closed || fake->finished);
    if (fake->write_fails)
        return fail_with(fake->write_fails, "writing", err);
    assert_true(some > 0);
    if (!fake->room && fake->is_disk)
        return fail_with(ERR_FULL, "writing", err);
    if (stutters(fake) || !fake->room)
        return STREAM_AGAIN;
    some = some < fake->room ? some : fake->room;
    some = some < fake->write_most ? some : fake->write_most;
    if (fake->dice)
        some = 1 + dice_roll(fake->dice, (uint32_t)some);
    return (ssize_t)some;
}

static inline ssize_t fake_writev(struct stream *stream, const struct iovec *iov, int count,
                                  struct err *err)
{
    struct fake *fake = fake_of(stream);
    ssize_t some = writable(fake, bytes_in(iov, count), err);

    if (some <= 0)
        return some;
    take_over(fake, iov, (size_t)some);
    fake->writes++;
    fake->room -= (size_t)some;
    return some;
}

static inline int fake_finish(struct stream *stream, struct err *err)
{
    struct fake *fake = fake_of(stream);

    assert_false(fake->closed || fake->finished);
    if (fake->write_fails)
        return (int)fail_with(fake->write_fails, "finishing", err);
    if (fake->finish_stalls && fake->finish_stalls--)
        return STREAM_AGAIN;
    fake->finished = true;
    return 0;
}

static inline int fake_check(struct stream *stream, struct err *err)
{
    struct fake *fake = fake_of(stream);

    assert_false(fake->closed || fake->finished);
    if (fake->read_fails == ERR_NETWORK)
        return (int)fail_with(fake->read_fails, "reading", err);
    return fake->write_fails ? (int)fail_with(fake->write_fails, "writing", err) : 0;
}

static inline unsigned ready_bits(const struct fake *fake)
{
    bool in = buf_length(&fake->input) || fake->input_ends || fake->read_fails;
    bool out = fake->room || fake->write_fails || fake->is_disk;

    return (in ? STREAM_IN : 0u) | (out ? STREAM_OUT : 0u) |
           (fake->lost || fake->write_fails ? STREAM_LOSS : 0u);
}

static inline void on_idle(uv_idle_t *idle)
{
    struct fake *fake = idle->data;
    unsigned bits = ready_bits(fake) & fake->watched;

    if (bits)
        fake->stream.ready(fake->stream.owner, bits);
}

static inline void fake_watch(struct stream *stream, unsigned bits)
{
    struct fake *fake = fake_of(stream);

    assert_false(fake->closed);
    fake->watched = bits;
    if (bits)
        uv_idle_start(&fake->idle, on_idle);
    else
        uv_idle_stop(&fake->idle);
}

/* The pipe may have less room than was asked for. */
static inline ssize_t splice_in(struct fake *fake, int pipe, size_t n, struct err *err)
{
    ssize_t some = readable(fake, n, err);

    if (some <= 0)
        return some ? some : STREAM_AGAIN;
    some = write(pipe, buf_bytes(&fake->input), (size_t)some);
    assert_true(some > 0);
    buf_consume(&fake->input, (size_t)some);
    return some;
}

static inline ssize_t splice_out(struct fake *fake, int pipe, size_t n, struct err *err)
{
    ssize_t some = writable(fake, n, err);

    if (some <= 0)
        return some;
    assert_int_equal(read(pipe, buf_reserve(&fake->output, (size_t)some), (size_t)some), some);
    buf_commit(&fake->output, (size_t)some);
    fake->room -= (size_t)some;
    return some;
}

static inline ssize_t fake_splice(struct stream *stream, unsigned way, int pipe, size_t n,
                                  struct err *err)
{
    struct fake *fake = fake_of(stream);
    ssize_t moved = !(fake->splices & way) ? STREAM_UNABLE
                    : way == STREAM_IN     ? splice_in(fake, pipe, n, err)
                                           : splice_out(fake, pipe, n, err);

    fake->spliced += moved > 0;
    return moved;
}

static const char *fake_label(const struct stream *stream)
{
    (void)stream;
    return "192.0.2.1:8080";
}

static inline void fake_close(struct stream *stream, enum stream_close how)
{
    struct fake *fake = fake_of(stream);

    assert_false(fake->closed);
    fake->closed = true;
    fake->how = how;
    uv_close((uv_handle_t *)&fake->idle, NULL);
}

static const struct stream_ops fake_ops = {.read = fake_read,
                                           .writev = fake_writev,
                                           .splice = fake_splice,
                                           .finish = fake_finish,
                                           .check = fake_check,
                                           .watch = fake_watch,
                                           .label = fake_label,
                                           .close = fake_close};

static inline void fake_init(struct fake *fake, uv_loop_t *loop)
{
    *fake = (struct fake){.stream.ops = &fake_ops, .room = WHOLE};
    fake->read_most = fake->write_most = WHOLE;
    buf_init(&fake->input, WHOLE);
    buf_init(&fake->output, WHOLE);
    uv_idle_init(loop, &fake->idle);
    fake->idle.data = fake;
}

static inline void fake_fini(struct fake *fake)
{
    buf_fini(&fake->input);
    buf_fini(&fake->output);
}

static inline void gives(struct fake *fake, const char *text)
{
    assert_int_equal(buf_append(&fake->input, text, strlen(text)), 0);
}

static inline void assert_got(const struct fake *fake, const char *text)
{
    assert_int_equal(buf_length(&fake->output), strlen(text));
    if (*text)
        assert_memory_equal(buf_bytes(&fake->output), text, strlen(text));
}
