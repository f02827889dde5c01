/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/language.h"
#include "net/resolve.h"

#define FOREVER UINT64_MAX

enum {
    FIRST_ROUND_MS = 2000,
    RETRY_MIN_MS = 50,   /* between two rounds, at first */
    RETRY_MAX_MS = 1000, /* the same, at last */
};

/* A dial runs in rounds, one without --retry: look up, happy_eyeballs, transport. Between two
 * rounds lies a timer, so the loop has given back the handles of the first before the second uses
 * them anew. */
struct dial {
    uv_loop_t *loop;
    const struct address *address;
    struct dial_options options;
    char label[DIAL_LABEL];       /* of the address, through its proxy */
    char called[DIAL_LABEL];      /* of what is called, a proxy or the address, for sentences */
    char host[DIAL_LABEL];        /* likewise, without its port */
    char endpoint[ADDRESS_LABEL]; /* HOST:PORT of what is called */
    uv_timer_t deadline, pace;
    struct resolve resolve;
    struct happy_eyeballs happy_eyeballs;
    struct transport *transport; /* of this round; NULL: none is under way */
    struct err verdict;          /* of the last round that had one */
    bool cut_by_retry;           /* this round ends with --retry, not with -w */
    bool busy;            /* the queue of a unix listener was full: it is worth waiting for */
    uint64_t round_until; /* loop time; the rounds of a busy listener share one */
    uint64_t retry_until;
    uint64_t pause; /* ms before the next round */
    int handles;    /* that the loop holds; happy_eyeballs counts as one */
    dial_done *done;
    void *owner;
};

/* ---- the end ---- */

static void release(struct dial *dial)
{
    if (--dial->handles == 0)
        free(dial);
}

static void on_timer_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static void on_attempts_closed(struct happy_eyeballs *happy_eyeballs)
{
    release(happy_eyeballs->owner);
}

static void end_round(struct dial *dial)
{
    uv_timer_stop(&dial->pace);
    uv_timer_stop(&dial->deadline);
    resolve_stop(&dial->resolve);
    happy_eyeballs_stop(&dial->happy_eyeballs);
    if (dial->transport)
        transport_stop(dial->transport, STREAM_ABORT);
    dial->transport = NULL;
}

void dial_stop(struct dial *dial)
{
    end_round(dial);
    happy_eyeballs_close(&dial->happy_eyeballs, on_attempts_closed);
    uv_close((uv_handle_t *)&dial->pace, on_timer_closed);
    uv_close((uv_handle_t *)&dial->deadline, on_timer_closed);
}

static void end(struct dial *dial, struct stream *stream, const struct err *err)
{
    dial_stop(dial);
    dial->done(dial->owner, stream, err);
}

/* ---- the end of a round ---- */

static void on_next_round(uv_timer_t *timer);

static bool may_retry(const struct dial *dial, const struct err *err)
{
    return dial->options.retries && (err->kind == ERR_NETWORK || err->kind == ERR_TIMEOUT) &&
           uv_now(dial->loop) < dial->retry_until;
}

static void pause_until(struct dial *dial, uint64_t ms, uint64_t until)
{
    uint64_t now = uv_now(dial->loop);
    uint64_t left = until > now ? until - now : 0;

    end_round(dial);
    uv_timer_start(&dial->pace, on_next_round, ms < left ? ms : left, 0);
}

static void fail_round(struct dial *dial, const struct err *err)
{
    dial->verdict = *err;
    if (may_retry(dial, err)) {
        pause_until(dial, dial->pause, dial->retry_until);
        dial->pause = dial->pause * 2 < RETRY_MAX_MS ? dial->pause * 2 : RETRY_MAX_MS;
    } else {
        end(dial, NULL, err);
    }
}

static void set_late(const struct dial *dial, struct err *err)
{
    if (dial->transport)
        err_set(err, ERR_TIMEOUT, "cannot connect to %s: %s", dial->label,
                transport_late(dial->transport));
    else
        err_set(err, ERR_TIMEOUT, "cannot connect to %s: no answer in time", dial->called);
}

/* A round that --retry cuts short has no verdict of its own. */
static void time_out(struct dial *dial)
{
    struct err err = dial->verdict;

    dial->busy = false;
    if (dial->cut_by_retry && err.kind != ERR_NONE) {
        end(dial, NULL, &err);
        return;
    }
    set_late(dial, &err);
    fail_round(dial, &err);
}

static void on_deadline(uv_timer_t *timer)
{
    time_out(timer->data);
}

static void on_through(void *owner, struct stream *stream, const char *peer, const struct err *err)
{
    struct dial *dial = owner;
    struct err failed = *err;

    (void)peer;
    if (err->kind == ERR_TIMEOUT)
        set_late(dial, &failed);
    dial->transport = NULL;
    if (stream)
        end(dial, stream, err);
    else
        fail_round(dial, &failed);
}

static void on_won(void *owner, struct stream *stream, const struct err *err)
{
    struct dial *dial = owner;
    const struct transport_plan *plan = &dial->options.transport;
    struct err failed;

    if (stream && dial->options.stands && dial->options.stands(dial->options.owner, &failed) < 0) {
        stream_close(stream, STREAM_ABORT);
        end(dial, NULL, &failed);
        return;
    }
    if (!stream || !plan->count) {
        end(dial, stream, err);
        return;
    }
    dial->transport = transport_start(dial->loop, plan, stream, on_through, dial, &failed);
    if (!dial->transport)
        end(dial, NULL, &failed);
}

static void on_lost(void *owner, const struct err *err, bool busy)
{
    struct dial *dial = owner;

    dial->busy = busy;
    if (!busy)
        fail_round(dial, err);
    else if (uv_now(dial->loop) < dial->round_until)
        pause_until(dial, RETRY_MIN_MS, dial->round_until);
    else
        time_out(dial);
}

/* ---- rounds ---- */

/* The end of the round that starts now: -w from now on, but not beyond --retry. */
static uint64_t round_end(struct dial *dial)
{
    uint64_t now = uv_now(dial->loop);
    uint64_t end = dial->options.timeout_ms ? now + dial->options.timeout_ms : FOREVER;
    uint64_t retry_until = dial->retry_until;

    /* The first round has time for an answer even with a short --retry. */
    if (dial->verdict.kind == ERR_NONE && retry_until < now + FIRST_ROUND_MS)
        retry_until = now + FIRST_ROUND_MS;
    dial->cut_by_retry = dial->options.retries && retry_until < end;
    if (dial->cut_by_retry)
        end = retry_until;
    return end > now ? end : now + 1;
}

static void start_deadline(struct dial *dial)
{
    uint64_t now = uv_now(dial->loop);

    if (!dial->busy)
        dial->round_until = round_end(dial);
    dial->busy = false;
    if (dial->round_until != FOREVER)
        uv_timer_start(&dial->deadline, on_deadline,
                       dial->round_until > now ? dial->round_until - now : 0, 0);
}

static void leave_out_own(const struct dial *dial, struct endpoints *endpoints)
{
    size_t count = endpoints->count;

    endpoints->count = 0;
    for (size_t i = 0; i < count; i++)
        if (!dial->options.is_own(dial->options.owner, &endpoints->items[i]))
            endpoints->items[endpoints->count++] = endpoints->items[i];
}

static void try_addresses(struct dial *dial, struct endpoints *endpoints)
{
    struct err err;

    if (dial->options.is_own)
        leave_out_own(dial, endpoints);
    if (endpoints->count) {
        happy_eyeballs_start(&dial->happy_eyeballs, endpoints);
        return;
    }
    err_set(&err, ERR_NETWORK, "cannot connect to %s: this side itself listens there",
            dial->called);
    fail_round(dial, &err);
}

/* Wrong use, such as -4 with an IPv6 address, is about the address alone. */
static int name_proxy(const struct dial_options *options, struct err *err)
{
    return options->proxy && err->kind == ERR_USAGE
               ? err_prefix(err, language_text(N_("the proxy")))
               : -1;
}

static void on_resolved(void *owner, const struct endpoints *endpoints, const struct err *err)
{
    struct dial *dial = owner;
    struct endpoints found = *endpoints;
    struct err failed = *err;

    if (err->kind == ERR_NONE) {
        try_addresses(dial, &found);
        return;
    }
    name_proxy(&dial->options, &failed);
    fail_round(dial, &failed);
}

static const struct address *called_address(const struct dial *dial)
{
    return dial->options.proxy ? dial->options.proxy : dial->address;
}

static void try_unix(struct dial *dial)
{
    struct endpoints one = {.count = 1};

    address_unix_endpoint(called_address(dial), &one.items[0]);
    try_addresses(dial, &one);
}

static void on_next_round(uv_timer_t *timer)
{
    struct dial *dial = timer->data;
    struct resolve_query query = dial_query(dial->address, &dial->options);

    query.label = dial->host;
    start_deadline(dial);
    if (address_is_unix(query.address))
        try_unix(dial);
    else
        resolve_start(&dial->resolve, dial->loop, &query, on_resolved, dial);
}

static void start_timers(struct dial *dial)
{
    uv_timer_init(dial->loop, &dial->deadline);
    uv_timer_init(dial->loop, &dial->pace);
    dial->deadline.data = dial->pace.data = dial;
    dial->handles = 3;
    uv_timer_start(&dial->pace, on_next_round, 0, 0);
}

struct resolve_query dial_query(const struct address *address, const struct dial_options *options)
{
    return (struct resolve_query){.address = options->proxy ? options->proxy : address,
                                  .family = options->family,
                                  .numeric = options->numeric,
                                  .lookup = options->lookup};
}

int dial_check(const struct address *address, const struct dial_options *options, struct err *err)
{
    struct resolve_query query = dial_query(address, options);

    return resolve_check(&query, err) == 0 ? 0 : name_proxy(options, err);
}

void dial_label(const struct address *address, const struct address *proxy, char label[DIAL_LABEL])
{
    char end[ADDRESS_LABEL], way[ADDRESS_LABEL] = "";

    address_label(address, end);
    if (proxy)
        address_label(proxy, way);
    snprintf(label, DIAL_LABEL, proxy ? language_text(N_("%s through %s")) : "%s", end, way);
}

/* A failure before the proxy is there is none of the address. */
static void label_called(const struct dial *dial, const char *name, char label[DIAL_LABEL])
{
    char peer[ADDRESS_LABEL];

    address_label(dial->address, peer);
    snprintf(label, DIAL_LABEL,
             dial->options.proxy ? language_text(N_("the proxy %s for %s")) : "%s", name, peer);
}

static void write_labels(struct dial *dial)
{
    const struct address *called = called_address(dial);

    dial_label(dial->address, dial->options.proxy, dial->label);
    address_label(called, dial->endpoint);
    label_called(dial, dial->endpoint, dial->called);
    label_called(dial, called->host, dial->host);
}

struct dial *dial_start(uv_loop_t *loop, const struct address *address,
                        const struct dial_options *options, dial_done *done, void *owner,
                        struct err *err)
{
    static const struct happy_eyeballs_events events = {on_won, on_lost};
    struct dial *dial = calloc(1, sizeof *dial);
    struct happy_eyeballs_plan plan;

    if (!dial) {
        err_memory(err);
        return NULL;
    }
    dial->loop = loop;
    dial->address = address;
    dial->options = *options;
    dial->done = done;
    dial->owner = owner;
    dial->pause = RETRY_MIN_MS;
    dial->retry_until = uv_now(loop) + options->retry_ms;
    write_labels(dial);
    plan = (struct happy_eyeballs_plan){dial->called, dial->endpoint, options->source,
                                        options->hops, options->connects};
    happy_eyeballs_init(&dial->happy_eyeballs, loop, &plan, &events, dial);
    start_timers(dial);
    return dial;
}
