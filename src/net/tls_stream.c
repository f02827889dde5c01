/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls_stream.h"

#include <stdlib.h>

#include "net/connection.h"
#include "net/tls_records.h"

enum {
    WASTE_READS = 16,
    FIN = 1, /* it is acknowledged as a byte is */
};

struct tls {
    struct stream stream;
    const struct tls_module *module;
    struct tls_session *session;
    struct tls_records records;
    unsigned watched;  /* by the owner */
    bool is_open;      /* the handshake is done */
    bool holds;        /* a read may give bytes at once */
    bool write_waits;  /* for the rest of a half message of the peer */
    bool ended;        /* the peer's close_notify was read */
    bool finished;     /* ours was pushed */
    bool is_alerted;   /* TLS itself failed */
    bool is_cut;       /* the peer has ended without close_notify; writing goes on */
    uint64_t farewell; /* bytes of our close_notify */
    struct err failed; /* the first failure of reading here */
    uv_idle_t idle;    /* tells the owner what holds at once */
    int handles;       /* that are not closed, and the records */
};

static struct tls *tls_of(const struct stream *stream)
{
    return (struct tls *)stream;
}

static struct stream *inner_of(const struct tls *tls)
{
    return tls->records.inner;
}

static int fail(const struct err *kept, struct err *err)
{
    *err = *kept;
    return STREAM_FAIL;
}

/* After a failure of the module, which knows nothing of failures inside. */
static int keep_failure(struct tls *tls, const struct err *err)
{
    if (tls->failed.kind != ERR_NONE)
        return STREAM_FAIL;
    tls->failed = tls->records.gone.kind != ERR_NONE ? tls->records.gone : *err;
    tls->is_cut = tls->is_open && tls->records.has_ended;
    tls->is_alerted = tls->records.gone.kind == ERR_NONE && !tls->is_cut;
    if (tls->records.gone.kind == ERR_NONE)
        err_prefix(&tls->failed, stream_label(inner_of(tls)));
    return STREAM_FAIL;
}

/* ---- what is looked for ---- */

/* The bits that hold now without a word from inside. */
static unsigned at_once(const struct tls *tls)
{
    bool is_over = tls->failed.kind != ERR_NONE;
    unsigned bits = 0;

    if (tls->holds || tls->ended || is_over)
        bits |= STREAM_IN;
    if (is_over && !tls->is_cut)
        bits |= STREAM_OUT;
    return bits & tls->watched;
}

static void watch_inside(struct tls *tls)
{
    unsigned bits = tls->watched & ~at_once(tls);

    if (tls->write_waits && bits & STREAM_OUT)
        bits = (bits & ~(unsigned)STREAM_OUT) | STREAM_IN;
    if (tls_records_wait(&tls->records))
        bits |= STREAM_OUT;
    stream_watch(inner_of(tls), bits);
}

/* Records that began to wait outside of a watch of the owner's. */
static void await_room(struct tls *tls)
{
    if (tls_records_wait(&tls->records))
        watch_inside(tls);
}

static void tls_watch(struct stream *stream, unsigned bits);

static void on_stalled(void *owner)
{
    struct tls *tls = owner;

    if (tls->failed.kind == ERR_NONE)
        err_set(&tls->failed, ERR_TIMEOUT, "%s: a record of TLS began and did not go on for %d s",
                stream_label(inner_of(tls)), TLS_STALL_MS / 1000);
    tls_watch(&tls->stream, tls->watched);
}

/* ---- reading and writing ---- */

static ssize_t tls_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct tls *tls = tls_of(stream);
    ssize_t got;

    if (tls->failed.kind != ERR_NONE)
        return fail(&tls->failed, err);
    got = tls->ended ? 0 : tls->module->read(tls->session, bytes, n, err);
    await_room(tls);
    tls_stall_watch(&tls->records.coming, true);
    tls->holds = got > 0 && tls->module->holds(tls->session);
    if (got == TLS_FAIL) {
        keep_failure(tls, err);
        return fail(&tls->failed, err);
    }
    if (got == 0)
        tls->ended = true;
    if (got == 0 && tls->records.lost.kind != ERR_NONE)
        return fail(&tls->records.lost, err);
    return got == TLS_AGAIN ? STREAM_AGAIN : got;
}

/* 0, STREAM_AGAIN or STREAM_FAIL. */
static int write_record(struct tls *tls, const unsigned char *bytes, size_t n, struct err *err)
{
    int result = tls->module->write(tls->session, bytes, n, err);

    if (result == TLS_FAIL) {
        keep_failure(tls, err);
        return fail(&tls->failed, err);
    }
    tls->write_waits = result == TLS_AGAIN;
    return tls->write_waits ? STREAM_AGAIN : 0;
}

static ssize_t tls_writev(struct stream *stream, const struct iovec *iov, int count,
                          struct err *err)
{
    struct tls *tls = tls_of(stream);
    struct tls_cursor cursor = {iov, count, 0};
    unsigned char record[TLS_RECORD];
    const unsigned char *bytes;
    size_t sum = 0, n;
    int result = tls_records_flush(&tls->records);

    if (!result)
        tls_records_collect(&tls->records);
    while (!result && !tls_records_are_enough(&tls->records) &&
           (n = tls_records_gather(&cursor, record, &bytes))) {
        result = write_record(tls, bytes, n, err);
        sum += result ? 0 : n;
    }
    tls_records_send(&tls->records);
    await_room(tls);
    if (tls->records.lost.kind != ERR_NONE)
        return fail(&tls->records.lost, err);
    return sum ? (ssize_t)sum : result;
}

/* ---- the end of writing ---- */

/* The inner stream learns of its own end. Nothing follows close_notify that would count. */
static void read_away(struct tls *tls)
{
    char waste[4096];
    struct err err;

    for (int i = 0; i < WASTE_READS && stream_read(inner_of(tls), waste, sizeof waste, &err) > 0;)
        i++;
}

/* All but our close_notify and our FIN has been acknowledged. */
static bool was_complete(const struct tls *tls)
{
    uint64_t unacknowledged = (uint64_t)connection_unacknowledged(&tls->stream);

    return tls->ended && unacknowledged <= tls->farewell + (tls->finished ? FIN : 0);
}

static void say_farewell(struct tls *tls)
{
    uint64_t before = tls->records.pushed;

    tls->finished = true;
    tls->module->finish(tls->session);
    tls->farewell = tls->records.pushed - before;
}

static int tls_finish(struct stream *stream, struct err *err)
{
    struct tls *tls = tls_of(stream);
    int result = tls_records_flush(&tls->records);

    if (tls->failed.kind != ERR_NONE && !tls->is_cut)
        return fail(&tls->failed, err);
    if (result == 0 && !tls->finished) {
        if (tls->ended)
            read_away(tls);
        say_farewell(tls);
        result = tls_records_flush(&tls->records);
        await_room(tls);
    }
    if (result == STREAM_FAIL && tls->records.lost.kind != ERR_NONE)
        *err = tls->records.lost;
    if (result == 0)
        result = stream_finish(inner_of(tls), err);
    return result == STREAM_FAIL && tls->finished && was_complete(tls) ? 0 : result;
}

static int tls_check(struct stream *stream, struct err *err)
{
    struct tls *tls = tls_of(stream);

    if (tls->failed.kind != ERR_NONE && !tls->is_cut)
        return fail(&tls->failed, err);
    if (tls->records.lost.kind != ERR_NONE)
        return fail(&tls->records.lost, err);
    if (tls->ended)
        read_away(tls);
    if (stream_check(inner_of(tls), err) == 0)
        return 0;
    if (was_complete(tls))
        err_set(err, ERR_NONE, "%s", "");
    return STREAM_FAIL;
}

/* ---- watching ---- */

static void on_idle(uv_idle_t *idle)
{
    struct tls *tls = idle->data;
    unsigned bits = at_once(tls);

    if (bits)
        tls->stream.ready(tls->stream.owner, bits);
    else
        uv_idle_stop(idle);
}

static void tls_watch(struct stream *stream, unsigned bits)
{
    struct tls *tls = tls_of(stream);

    tls->watched = bits;
    if (tls->is_open && tls->failed.kind == ERR_NONE)
        tls_stall_watch(&tls->records.coming, bits & STREAM_IN);
    if (at_once(tls))
        uv_idle_start(&tls->idle, on_idle);
    else
        uv_idle_stop(&tls->idle);
    watch_inside(tls);
}

/* Room for the records that wait is not told to the owner before they are gone. */
static void on_ready(void *owner, unsigned bits)
{
    struct tls *tls = owner;

    if (bits & STREAM_IN && tls->write_waits) {
        tls->write_waits = false;
        bits |= STREAM_OUT;
    }
    if (tls_records_wait(&tls->records) && tls_records_flush(&tls->records) == STREAM_AGAIN)
        bits &= ~(unsigned)STREAM_OUT;
    bits &= tls->watched;
    watch_inside(tls);
    if (bits)
        tls->stream.ready(tls->stream.owner, bits);
}

static const char *tls_label(const struct stream *stream)
{
    return stream_label(inner_of(tls_of(stream)));
}

/* ---- the end ---- */

static void release(struct tls *tls)
{
    if (--tls->handles)
        return;
    tls->module->session_free(tls->session);
    tls_records_fini(&tls->records);
    free(tls);
}

static void on_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_records_closed(void *owner)
{
    release(owner);
}

/* The peer of a conversation that was cut off has taken all if this side's end was sent. */
static void tls_close(struct stream *stream, enum stream_close how)
{
    struct tls *tls = tls_of(stream);
    bool is_told = tls->is_alerted || (tls->is_cut && tls->finished);

    if (how == STREAM_LINGER && tls->is_open && !tls->finished && !tls->is_alerted)
        say_farewell(tls);
    uv_close((uv_handle_t *)&tls->idle, on_closed);
    uv_close((uv_handle_t *)&tls->records.coming.timer, on_closed);
    tls_records_close(&tls->records, tls->idle.loop, is_told ? STREAM_LINGER : how,
                      on_records_closed, tls);
}

static const struct stream_ops tls_ops = {
    .read = tls_read,
    .writev = tls_writev,
    .finish = tls_finish,
    .check = tls_check,
    .watch = tls_watch,
    .label = tls_label,
    .close = tls_close,
};

/* ---- the beginning ---- */

struct stream *tls_stream_new(uv_loop_t *loop, const struct tls_module *module,
                              const struct tls_context *context, struct stream *inner,
                              struct err *err)
{
    struct tls *tls = calloc(1, sizeof *tls);
    struct tls_io io;

    if (!tls) {
        err_memory(err);
        return NULL;
    }
    tls_records_init(&tls->records, inner);
    io = tls_records_io(&tls->records);
    tls->session = module->session_new(context, &io, err);
    if (!tls->session) {
        free(tls);
        return NULL;
    }
    tls->stream.ops = &tls_ops;
    tls->stream.connection = inner->connection;
    tls->stream.tls = &tls->stream;
    tls->module = module;
    uv_idle_init(loop, &tls->idle);
    tls_stall_init(&tls->records.coming, loop, on_stalled, tls);
    tls->idle.data = tls;
    tls->handles = 3;
    stream_own(inner, on_ready, tls);
    return &tls->stream;
}

int tls_stream_handshake(struct stream *stream, struct err *err)
{
    struct tls *tls = tls_of(stream);
    int result = tls->module->handshake(tls->session, err);

    if (result == TLS_FAIL) {
        keep_failure(tls, err);
        return fail(&tls->failed, err);
    }
    if (tls->records.lost.kind != ERR_NONE)
        return fail(&tls->records.lost, err);
    if (result == TLS_AGAIN)
        return STREAM_IN;
    tls->is_open = true;
    tls->holds = tls->module->holds(tls->session);
    return 0;
}

bool tls_stream_describe(const struct stream *stream, struct tls_facts *facts)
{
    const struct tls *tls = tls_of(stream->tls);

    if (!tls)
        return false;
    tls->module->describe(tls->session, facts);
    return true;
}
