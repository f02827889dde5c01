/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/proxy_step.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "net/connection.h"
#include "net/ending.h"
#include "net/socket.h"

struct proxy_step {
    struct transport_step step;
    const struct proxy_route *route;
    struct proxy_exchange exchange;
    size_t sent; /* bytes of exchange.out */
};

static int fail(const struct proxy_step *step, const char *reason, struct err *err)
{
    err_set(err, ERR_NETWORK, "cannot connect to %s: %s", step->route->label, reason);
    return STREAM_FAIL;
}

/* The stream's sentence names the proxy by the address that was called. */
static int fail_stream(const struct proxy_step *step, const struct stream *stream, struct err *err)
{
    struct err failed = *err;
    char reason[ERR_SENTENCE];

    snprintf(reason, sizeof reason, language_text(N_("the proxy broke the connection off: %s")),
             ending_of_failure(stream_label(stream), &failed).reason);
    return fail(step, reason, err);
}

/* 0 once all is sent. */
static int send_out(struct proxy_step *step, struct stream *stream, struct err *err)
{
    struct proxy_exchange *exchange = &step->exchange;

    while (step->sent < exchange->out_length) {
        ssize_t put = stream_write(stream, exchange->out + step->sent,
                                   exchange->out_length - step->sent, err);

        if (put == STREAM_AGAIN)
            return STREAM_OUT;
        if (put < 0)
            return fail_stream(step, stream, err);
        step->sent += (size_t)put;
    }
    step->sent = exchange->out_length = 0;
    return 0;
}

/* 0: bytes were taken. Those behind the answer stay in the socket, for the handler. */
static int read_in(struct proxy_step *step, struct stream *stream, struct err *err)
{
    unsigned char bytes[PROXY_OUT];
    ssize_t got = socket_peek(stream, bytes, sizeof bytes, err);
    size_t used;

    if (got == STREAM_AGAIN)
        return STREAM_IN;
    if (got < 0)
        return fail_stream(step, stream, err);
    if (got == 0)
        return fail(step, language_text(N_("the proxy closed the connection without an answer")),
                    err);
    if (proxy_handshake_feed(&step->exchange, bytes, (size_t)got, &used) == PROXY_FAILED)
        return fail(step, step->exchange.reason, err);
    return socket_skip(stream, used, err) < 0 ? fail_stream(step, stream, err) : 0;
}

static int proxy_step_advance(struct transport_step *base, struct stream **stream, struct err *err)
{
    struct proxy_step *step = (struct proxy_step *)base;
    int answer = 0;

    while (!answer && step->exchange.progress == PROXY_ASKS) {
        answer = send_out(step, *stream, err);
        if (!answer)
            answer = read_in(step, *stream, err);
    }
    if (answer)
        return answer;
    return connection_name(*stream, step->route->peer, NULL, err) < 0 ? STREAM_FAIL : 0;
}

static void proxy_step_free(struct transport_step *base)
{
    struct proxy_step *step = (struct proxy_step *)base;

    explicit_bzero(step->exchange.out, sizeof step->exchange.out); /* the login */
    free(step);
}

struct transport_step *proxy_step_make(const void *options, struct err *err)
{
    static const struct transport_step_ops ops = {proxy_step_advance, proxy_step_free,
                                                  N_("the proxy did not answer in time")};
    struct proxy_step *step = malloc(sizeof *step);

    if (!step) {
        err_memory(err);
        return NULL;
    }
    step->step.ops = &ops;
    step->route = options;
    step->sent = 0;
    proxy_handshake_init(&step->exchange, &step->route->request);
    return &step->step;
}
