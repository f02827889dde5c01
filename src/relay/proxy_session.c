/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/proxy_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/event.h"
#include "net/connection.h"
#include "net/places.h"
#include "relay/session.h"

/* One connection and its other end: the far and the near end of the session. */
struct proxy_pair {
    struct session session;
    TAILQ_ENTRY(proxy_pair) entry;
    struct proxy_session *proxy;
    struct dial *dial; /* NULL, or connects to the other end */
};

/* ---- the outcome ---- */

static void tell_done(struct proxy_session *proxy, const struct err *err)
{
    if (proxy->is_done)
        return;
    proxy->is_done = true;
    proxy->handler.done(proxy->handler.owner, err);
}

static void finish_if_empty(struct proxy_session *proxy)
{
    static const struct err nothing;

    if (proxy->closing && !proxy->count && !proxy->waits_for_program)
        tell_done(proxy, &nothing);
}

static void settle(struct proxy_session *proxy)
{
    tell_done(proxy, proxy->verdict.kind == ERR_NONE ? &proxy->outcome : &proxy->verdict);
}

/* Replaced text ended nothing, so a program that failed decides. */
static void tell_outcome_of_only(struct proxy_session *proxy, const struct err *err)
{
    bool is_regular = err->kind == ERR_NONE || (err->kind == ERR_TEXT && !*err->sentence);

    if (proxy->options.mode != PROXY_SESSION_PROGRAM || !is_regular) {
        tell_done(proxy, err);
        return;
    }
    proxy->outcome = *err;
    proxy->waits_for_program = true;
    if (proxy->knows_verdict)
        settle(proxy);
}

/* The outcome of the only connection is the handler's. -v says how a program ended. */
static void tell_outcome(struct proxy_session *proxy, const struct err *err)
{
    if (proxy->options.once)
        tell_outcome_of_only(proxy, err);
    else if (*err->sentence && err->kind != ERR_PROGRAM)
        event_say_error("%s", err->sentence);
    finish_if_empty(proxy);
}

/* A sentence about the peer itself names it already, and is in *to. */
static void name_peer(const char *peer, const struct err *from, struct err *to)
{
    if (*from->sentence && !err_behind(from, peer))
        err_set(to, from->kind, "%s: %s", peer, from->sentence);
}

/* ---- the end of a pair ---- */

static void on_closed(struct session *session)
{
    free((struct proxy_pair *)session);
}

static void close_pair(struct proxy_pair *pair, enum stream_close other, enum stream_close peer)
{
    TAILQ_REMOVE(&pair->proxy->pairs, pair, entry);
    pair->proxy->count--;
    session_close(&pair->session, other, peer, on_closed);
}

/* The reason of a failure is also told to both ends. Once the peer is gone, nothing takes what the
 * other end may still send. */
static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct proxy_pair *pair = owner;
    struct proxy_session *proxy = pair->proxy;
    enum stream_close how = session_far_close(&pair->session, end, err);
    bool is_unheard = proxy->options.mode == PROXY_SESSION_FORWARD && end == RELAY_PEER_GONE;
    const char *peer = stream_label(pair->session.far);
    char other[2 * ADDRESS_LABEL];
    struct err named, outcome;

    snprintf(other, sizeof other, "%s: %s", peer, stream_label(pair->session.near));
    session_conclude(&pair->session, end, err, other, &outcome);
    named = outcome;
    if (outcome.kind != ERR_PROGRAM)
        name_peer(peer, &outcome, &named);
    close_pair(pair, is_unheard ? STREAM_ABORT : how,
               err->kind == ERR_PROGRAM ? STREAM_BREAK : how);
    tell_outcome(proxy, &named);
}

/* The pair came to nothing; *err is told with the peer's name then. */
static void give_up(struct proxy_pair *pair, struct err *err)
{
    struct err reason = *err;

    name_peer(stream_label(pair->session.far), &reason, err);
    close_pair(pair, STREAM_ABORT, STREAM_ABORT);
}

/* ---- both ends are there ---- */

/* The transcript of many tells which peer the other end answers. */
static int join(struct proxy_pair *pair, struct err *err)
{
    const struct proxy_session_options *options = &pair->proxy->options;
    const char *peer = stream_label(pair->session.far);
    char other[2 * ADDRESS_LABEL];
    struct session_options how = {
        .near = options->other,
        .far = options->peer,
        .near_is_peer = options->mode == PROXY_SESSION_FORWARD,
        .text = options->text,
        .outward_wire = options->mode == PROXY_SESSION_FORWARD ? WIRE_IS_INPUT : WIRE_IS_OUTPUT,
        .relay = options->relay,
        .tee = {.transcript = options->transcript,
                .charset = options->heard,
                .utf8 = options->utf8,
                .is_telnet = options->peer,
                .own = other,
                .peer = peer},
    };

    snprintf(other, sizeof other, "%s>%s", stream_label(pair->session.near), peer);
    return session_join(&pair->session, &how, on_done, pair, err);
}

/* ---- a program as the other end ---- */

/* "[::1]" and "8080" of a label; both are empty where the label is no address. */
struct parts {
    char host[ADDRESS_LABEL], port[ADDRESS_PORT];
};

static void split(const char *label, struct parts *parts)
{
    struct address address;

    *parts = (struct parts){"", ""};
    if (address_parse(&address, label, NULL, false, NULL) < 0)
        return;
    strcpy(parts->host, address_is_unix(&address) ? label + strlen("unix:") : address.host);
    strcpy(parts->port, address.port);
}

static void find_local(const struct proxy_pair *pair, struct parts *local)
{
    const struct proxy_session_options *options = &pair->proxy->options;
    char label[ADDRESS_LABEL] = "";
    struct endpoint endpoint;

    if (options->local && options->local(pair->session.far, &endpoint) == 0)
        endpoint_label(&endpoint, label);
    split(label, local);
}

/* The owner of the handler says the failure of the only program. */
static void on_exited(void *owner, const char *peer, const struct err *verdict)
{
    struct proxy_session *proxy = owner;

    bool is_outcome = verdict && proxy->options.once && verdict->kind == ERR_PROGRAM;

    if (verdict)
        ending_tell_program(peer, verdict->sentence, is_outcome);
    if (!proxy->options.once)
        return;
    proxy->knows_verdict = true;
    if (verdict)
        proxy->verdict = *verdict;
    if (proxy->waits_for_program)
        settle(proxy);
}

/* Lingering programs keep the loop only while they take places of others. */
static void hold_loop(void *owner)
{
    struct proxy_session *proxy = owner;

    processes_hold(&proxy->processes,
                   proxy->processes.lingering && !proxy->closing && !proxy->options.once);
}

static int start_program(struct proxy_pair *pair, struct err *err)
{
    struct proxy_session *proxy = pair->proxy;
    struct session *session = &pair->session;
    const char *label = stream_label(session->far);
    struct parts peer, local;
    struct spawn_place place;

    /* With `exited` the loop waits for each program. */
    proxy->processes.exited =
        event_is_shown(EVENT_VERBOSE) || event_is_shown(EVENT_RECORDED) || proxy->options.once
            ? on_exited
            : NULL;
    split(label, &peer);
    find_local(pair, &local);
    place = (struct spawn_place){peer.host, peer.port, local.host, local.port};
    session->near = process_new(&proxy->processes, proxy->options.spawn, &place, label, err);
    if (!session->near)
        return -1;
    process_on_over(session->near, place_release, place_hold(session->far));
    return join(pair, err);
}

/* ---- an address as the other end ---- */

static void on_dialled(void *owner, struct stream *stream, const struct err *err)
{
    struct proxy_pair *pair = owner;
    struct proxy_session *proxy = pair->proxy;
    struct err reason = *err;

    pair->dial = NULL;
    pair->session.near = stream;
    if (stream)
        connection_on_close(stream, place_release, place_hold(pair->session.far));
    if (stream && join(pair, &reason) == 0)
        return;
    give_up(pair, &reason);
    tell_outcome(proxy, &reason);
}

/* Urgent data is no loss; a peer that sends it is watched no further. */
static void on_peer_lost(void *owner, unsigned bits)
{
    struct proxy_pair *pair = owner;
    struct stream *peer = pair->session.far;
    struct proxy_session *proxy = pair->proxy;
    struct err err;

    (void)bits;
    stream_watch(peer, 0);
    if (stream_check(peer, &err) == 0)
        return;
    dial_stop(pair->dial);
    give_up(pair, &err);
    tell_outcome(proxy, &err);
}

static int start_dial(struct proxy_pair *pair, struct err *err)
{
    struct proxy_session *proxy = pair->proxy;
    const struct proxy_session_options *options = &proxy->options;
    struct stream *peer = pair->session.far;
    int hops = options->hops_left ? options->hops_left(peer) : 0;
    uint64_t idle = options->relay.idle_ms;
    struct dial_options dial = options->dial;

    if (hops)
        dial.hops = hops - 1;
    dial.timeout_ms = idle && idle < PROXY_SESSION_DIAL_MS ? idle : PROXY_SESSION_DIAL_MS;
    if (hops == 1)
        err_set(err, ERR_NETWORK,
                "it was passed on too often; do listeners forward to each other in a ring?");
    else
        pair->dial = dial_start(proxy->loop, &options->forward, &dial, on_dialled, pair, err);
    if (!pair->dial)
        return -1;
    stream_own(peer, on_peer_lost, pair);
    stream_watch(peer, STREAM_LOSS);
    return 0;
}

/* ---- the handler ---- */

static int serve(struct proxy_session *proxy, struct stream *stream, struct err *err)
{
    struct proxy_pair *pair = calloc(1, sizeof *pair);
    int failed;

    if (!pair) {
        err_set(err, ERR_LOCAL, "%s: out of memory", stream_label(stream));
        stream_close(stream, STREAM_ABORT);
        return -1;
    }
    session_begin(&pair->session, proxy->loop, stream, proxy->handler.is_dialled);
    pair->proxy = proxy;
    TAILQ_INSERT_TAIL(&proxy->pairs, pair, entry);
    proxy->count++;
    failed = proxy->options.mode == PROXY_SESSION_PROGRAM ? start_program(pair, err)
                                                          : start_dial(pair, err);
    if (failed)
        give_up(pair, err);
    return failed;
}

/* Among many, a connection that cannot be served is no failure of the handler. */
static int proxy_session_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct proxy_session *proxy = (struct proxy_session *)handler;

    if (proxy->closing) {
        stream_close(stream, STREAM_ABORT);
        return 0;
    }
    if (serve(proxy, stream, err) == 0)
        return 0;
    if (proxy->options.once)
        return -1;
    event_say_error("%s", err->sentence);
    return 0;
}

static void proxy_session_visit(const struct handler *handler, handler_visit *visit, void *owner)
{
    const struct proxy_session *proxy = (const struct proxy_session *)handler;
    const struct proxy_pair *pair;

    TAILQ_FOREACH(pair, &proxy->pairs, entry)
    session_visit(&pair->session, visit, owner);
}

static const struct handler_ops proxy_session_ops = {
    .serve = proxy_session_serve,
    .visit = proxy_session_visit,
};

void proxy_session_init(struct proxy_session *proxy, uv_loop_t *loop,
                        const struct proxy_session_options *options)
{
    *proxy = (struct proxy_session){
        .handler = {.ops = &proxy_session_ops},
        .loop = loop,
        .options = *options,
        .processes = {.loop = loop, .changed = hold_loop, .owner = proxy},
    };
    TAILQ_INIT(&proxy->pairs);
}

void proxy_session_drain(struct proxy_session *proxy)
{
    proxy->closing = true;
    hold_loop(proxy);
    finish_if_empty(proxy);
}

void proxy_session_stop(struct proxy_session *proxy, const char *reason)
{
    struct proxy_pair *pair;

    proxy->closing = true;
    hold_loop(proxy);
    while ((pair = TAILQ_FIRST(&proxy->pairs))) {
        session_say(&pair->session, (struct ending){.reason = reason});
        if (pair->dial)
            dial_stop(pair->dial);
        close_pair(pair, STREAM_ABORT, STREAM_ABORT);
    }
    finish_if_empty(proxy);
}

void proxy_session_end(struct proxy_session *proxy, const char *reason, bool all)
{
    proxy->is_done = true;
    proxy_session_stop(proxy, reason);
    if (all)
        processes_ask(&proxy->processes);
}

bool proxy_session_is_ending(const struct proxy_session *proxy)
{
    return proxy->processes.asked;
}

void proxy_session_fini(struct proxy_session *proxy)
{
    proxy_session_end(proxy, "", false);
    processes_fini(&proxy->processes);
}
