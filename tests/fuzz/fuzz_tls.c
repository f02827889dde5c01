/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records that somebody on the way breaks, during the handshake or after it: a reader gets the
 * first bytes of what was written and no others, an end only where the writer has ended, and after
 * a failure the same again. The input is a program: a letter and its operand, of one byte each. */
#include "fuzz.h"

#include <stdbool.h>

#include "base/buf.h"
#include "tls/module.h"

enum { CAP = 1 << 20, STEPS = 64 };

/* An end, and the bytes on their way to it. */
struct end {
    struct tls_session *session;
    struct end *other;
    struct buf incoming;
    bool has_ended; /* the incoming bytes have an end */
    bool is_open, failed, finished;
    uint8_t written, read; /* the next byte of the pattern: writers count */
    size_t ahead;          /* written and not read */
};

static ssize_t pull(void *owner, void *bytes, size_t n)
{
    struct end *end = owner;
    size_t length = buf_length(&end->incoming);

    if (!length)
        return end->has_ended ? 0 : TLS_AGAIN;
    n = n < length ? n : length;
    memcpy(bytes, buf_bytes(&end->incoming), n);
    buf_consume(&end->incoming, n);
    return (ssize_t)n;
}

static void push(void *owner, const void *bytes, size_t n)
{
    struct end *end = owner;

    CLAIM(buf_append(&end->other->incoming, bytes, n) == 0);
}

static void open_end(struct end *end, struct end *other, const struct tls_context *context)
{
    struct tls_io io = {pull, push, end};

    *end = (struct end){.other = other};
    buf_init(&end->incoming, CAP);
    end->session = tls_module.session_new(context, &io, NULL);
    CLAIM(end->session);
}

static void note(struct end *end, int answer, const struct err *err)
{
    CLAIM(answer == 0 || answer == TLS_AGAIN || answer == TLS_FAIL);
    if (answer != TLS_FAIL)
        return;
    CLAIM(err->kind == ERR_SECURITY && *err->sentence);
    end->failed = true;
}

static void shake(struct end *end)
{
    struct err err;
    int answer;

    if (end->is_open || end->failed)
        return;
    answer = tls_module.handshake(end->session, &err);
    note(end, answer, &err);
    end->is_open = answer == 0;
}

static void write_some(struct end *end, size_t n)
{
    uint8_t bytes[256];
    struct err err;
    int answer;

    if (!end->is_open || end->failed || end->finished)
        return;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(end->written + i);
    answer = tls_module.write(end->session, bytes, n, &err);
    note(end, answer, &err);
    if (answer)
        return;
    end->written = (uint8_t)(end->written + n);
    end->ahead += n;
}

static void read_some(struct end *end, size_t n)
{
    uint8_t bytes[256];
    struct err err;
    ssize_t got;

    if (!end->is_open)
        return;
    got = tls_module.read(end->session, bytes, n, &err);
    CLAIM(!end->failed || got == TLS_FAIL);
    CLAIM(got <= (ssize_t)end->other->ahead);
    for (ssize_t i = 0; i < got; i++)
        CLAIM(bytes[i] == end->read++);
    if (got > 0)
        end->other->ahead -= (size_t)got;
    else
        note(end, (int)got, &err);
    CLAIM(got || (end->other->finished && !end->other->ahead));
}

static void finish(struct end *end)
{
    if (!end->is_open || end->failed || end->finished)
        return;
    tls_module.finish(end->session);
    end->finished = true;
}

/* ---- somebody on the way ---- */

static void flip(struct end *end, size_t place)
{
    size_t length = buf_length(&end->incoming);

    if (length)
        end->incoming.bytes[end->incoming.start + place % length] ^= (uint8_t)(1 + place / 3);
}

static void drop(struct end *end, size_t n)
{
    size_t length = buf_length(&end->incoming);

    buf_consume(&end->incoming, n < length ? n : length);
}

static void forge(struct end *end, uint8_t byte)
{
    CLAIM(buf_append(&end->incoming, &byte, 1) == 0);
}

static void step(struct end *end, uint8_t what, uint8_t operand)
{
    switch (what % 8) {
    case 0: shake(end); break;
    case 1: write_some(end, 1 + operand); break;
    case 2: read_some(end, 1 + operand); break;
    case 3: finish(end); break;
    case 4: flip(end, operand); break;
    case 5: drop(end, operand); break;
    case 6: forge(end, operand); break;
    default: end->has_ended = true;
    }
}

static void run(struct end ends[2], const uint8_t *data, size_t n)
{
    bool is_begun = n && *data & 1;

    for (int i = 0; is_begun && i < 6; i++)
        shake(&ends[i % 2]);
    for (size_t i = 1; i + 1 < n && i < 2 * STEPS; i += 2)
        step(&ends[data[i] >> 7], data[i], data[i + 1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct tls_rules server = {.listens = true}, client = {.insecure = true};
    static struct tls_context *contexts[2];
    struct end ends[2];

    if (!contexts[0]) {
        contexts[0] = tls_module.context_new(&server, NULL);
        contexts[1] = tls_module.context_new(&client, NULL);
    }
    CLAIM(contexts[0] && contexts[1]);
    open_end(&ends[0], &ends[1], contexts[0]);
    open_end(&ends[1], &ends[0], contexts[1]);
    run(ends, data, n);
    for (int i = 0; i < 2; i++) {
        tls_module.session_free(ends[i].session);
        buf_fini(&ends[i].incoming);
    }
    return 0;
}
