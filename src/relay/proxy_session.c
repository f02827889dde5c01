/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "relay/proxy_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/transcript_tee.h"
#include "net/connection.h"
#include "net/places.h"
#include "relay/session.h"

/* One connection and its other end. */
struct proxy_pair {
    TAILQ_ENTRY(proxy_pair) entry;
    struct proxy_session *proxy;
    struct stream *peer;
    struct dial *dial;    /* NULL, or on the way to the other end */
    struct stream *other; /* NULL: not there yet */
    struct codec outward, inward;
    struct relay relay;
    uint64_t since; /* loop time */
};

/* ---- coming and going ---- */

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

static struct proxy_pair *enter(struct proxy_session *proxy, struct stream *peer)
{
    struct proxy_pair *pair = calloc(1, sizeof *pair);

    if (!pair)
        return NULL;
    pair->proxy = proxy;
    pair->peer = peer;
    pair->since = uv_now(proxy->loop);
    TAILQ_INSERT_TAIL(&proxy->pairs, pair, entry);
    proxy->count++;
    return pair;
}

static void leave(struct proxy_pair *pair)
{
    TAILQ_REMOVE(&pair->proxy->pairs, pair, entry);
    pair->proxy->count--;
}

/* ---- the end of one ---- */

static bool begins_with(const char *sentence, const char *peer)
{
    size_t length = strlen(peer);

    return !strncmp(sentence, peer, length) && sentence[length] == ':';
}

/* Every sentence names the peer; those about the peer itself do already. */
static void name_peer(const struct proxy_pair *pair, const struct err *from, struct err *to)
{
    const char *peer = stream_label(pair->peer);

    *to = *from;
    if (*from->sentence && from->kind != ERR_PROGRAM && !begins_with(from->sentence, peer))
        err_set(to, from->kind, "%s: %s", peer, from->sentence);
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

/* The outcome of a connection is the handler's if there is only one. -v says how a program ended.
 */
static void tell_outcome(struct proxy_session *proxy, const struct err *err)
{
    if (proxy->options.once)
        tell_outcome_of_only(proxy, err);
    else if (*err->sentence && err->kind != ERR_PROGRAM)
        log_say(LOG_ERROR, "%s", err->sentence);
    finish_if_empty(proxy);
}

static void on_relay_closed(struct relay *relay)
{
    struct proxy_pair *pair = relay->owner;

    codec_fini(&pair->outward);
    codec_fini(&pair->inward);
    free(pair);
}

static void close_ends(struct proxy_pair *pair, enum stream_close other, enum stream_close peer)
{
    relay_close(&pair->relay, on_relay_closed);
    stream_close(pair->other, other);
    stream_close(pair->peer, peer);
}

static bool say_all_faults(const struct proxy_pair *pair)
{
    char other[2 * ADDRESS_LABEL];
    bool replaced;

    if (!pair->proxy->options.peer)
        return false;
    snprintf(other, sizeof other, "%s: %s", stream_label(pair->peer), stream_label(pair->other));
    replaced = session_faults(&pair->inward, stream_label(pair->peer));
    replaced |= session_faults(&pair->outward, other);
    return replaced;
}

/* The reason of a failure is also told to both ends; where --on-bad-text stops, all that precedes
 * arrives first. Where the peer is gone, nobody takes what the other end may still say. */
static void close_both(struct proxy_pair *pair, enum relay_end end, const struct err *err)
{
    enum stream_close how = end != RELAY_FAILED && end != RELAY_IDLE ? STREAM_LINGER
                            : err->kind == ERR_TEXT                  ? STREAM_BREAK
                                                                     : STREAM_ABORT;
    enum stream_close peer = err->kind == ERR_PROGRAM ? STREAM_BREAK : how;
    bool is_unheard = pair->proxy->options.mode == PROXY_SESSION_FORWARD && end == RELAY_PEER_GONE;

    close_ends(pair, is_unheard ? STREAM_ABORT : how, peer);
}

static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct proxy_pair *pair = owner;
    struct proxy_session *proxy = pair->proxy;
    struct err outcome;

    name_peer(pair, err, &outcome);
    session_relay(&pair->relay, ending_of_relay(&pair->relay, end, err));
    if (say_all_faults(pair) && outcome.kind == ERR_NONE)
        err_set(&outcome, ERR_TEXT, "%s", "");
    close_both(pair, end, err);
    leave(pair);
    tell_outcome(proxy, &outcome);
}

/* ---- both ends are there ---- */

/* Between two connections both sides of a codec are wires; what its sender sent is counted. */
static struct codec_plan outward_plan(const struct proxy_session_options *options)
{
    return (struct codec_plan){
        .from = options->other,
        .to = options->peer,
        .text = options->text,
        .wire = options->mode == PROXY_SESSION_FORWARD ? WIRE_IS_INPUT : WIRE_IS_OUTPUT,
    };
}

static struct codec_plan inward_plan(const struct proxy_session_options *options)
{
    struct codec_plan inward = {
        .from = options->peer, .to = options->other, .text = options->text, .wire = WIRE_IS_INPUT};

    inward.text.eol = EOL_AS_IS;
    return inward;
}

static struct codec *open_codec(struct codec *codec, const struct codec_plan *plan)
{
    codec_init(codec, plan);
    return codec_is_identity(plan) ? NULL : codec;
}

/* Among many, what the other end says has to say to whom. */
static int open_tee(struct proxy_pair *pair, struct err *err)
{
    const struct proxy_session_options *options = &pair->proxy->options;
    char other[2 * ADDRESS_LABEL];
    struct transcript_tee_options how = {
        .transcript = options->transcript,
        .charset = options->heard,
        .utf8 = options->utf8,
        .own = other,
        .peer = stream_label(pair->peer),
    };
    struct stream *tee;

    if (!options->transcript)
        return 0;
    snprintf(other, sizeof other, "%s>%s", stream_label(pair->other), how.peer);
    tee = transcript_tee_new(pair->peer, &how, err);
    if (tee)
        pair->peer = tee;
    return tee ? 0 : -1;
}

static int start_relay(struct proxy_pair *pair, struct err *err)
{
    struct proxy_session *proxy = pair->proxy;
    struct relay_options relay = proxy->options.relay;
    struct codec_plan outward = outward_plan(&proxy->options);
    struct codec_plan inward = inward_plan(&proxy->options);

    relay.outward = open_codec(&pair->outward, &outward);
    relay.inward = open_codec(&pair->inward, &inward);
    if (relay_start(&pair->relay, proxy->loop, pair->other, pair->peer, &relay, on_done, pair,
                    err) == 0)
        return 0;
    codec_fini(&pair->outward);
    codec_fini(&pair->inward);
    return -1;
}

static int join(struct proxy_pair *pair, struct err *err)
{
    return open_tee(pair, err) < 0 ? -1 : start_relay(pair, err);
}

/* It came to nothing; *err is told with the peer's name then. */
static void give_up(struct proxy_pair *pair, struct err *err)
{
    struct err reason = *err;

    name_peer(pair, &reason, err);
    if (pair->other)
        stream_close(pair->other, STREAM_ABORT);
    stream_close(pair->peer, STREAM_ABORT);
    leave(pair);
    free(pair);
}

/* ---- a program as the other end ---- */

/* "[::1]:8080" into its parts, which are empty where the label is none. */
static void split(const char *label, struct address *address)
{
    if (address_parse(address, label, NULL, false, NULL) < 0)
        *address = (struct address){.is_unix = false};
}

static const char *host_of(const struct address *address)
{
    return address->is_unix ? address->path : address->host;
}

static void find_local(const struct proxy_pair *pair, struct address *local)
{
    const struct proxy_session_options *options = &pair->proxy->options;
    char label[ADDRESS_LABEL] = "";
    struct endpoint endpoint;

    if (options->local && options->local(pair->peer, &endpoint) == 0)
        endpoint_label(&endpoint, label);
    split(label, local);
}

static int start_program(struct proxy_pair *pair, struct err *err)
{
    struct proxy_session *proxy = pair->proxy;
    const char *label = stream_label(pair->peer);
    struct address peer, local;
    struct spawn spawn = {
        .command = proxy->options.command,
        .shell = proxy->options.shell,
        .hidden = proxy->options.hidden,
        .files = proxy->options.files,
        .ignores_hangup = proxy->options.ignores_hangup,
    };

    split(label, &peer);
    find_local(pair, &local);
    spawn.place = (struct spawn_place){host_of(&peer), peer.port, host_of(&local), local.port};
    pair->other = process_new(&proxy->processes, &spawn, label, err);
    if (!pair->other)
        return -1;
    process_on_over(pair->other, place_release, place_hold(pair->peer));
    return join(pair, err);
}

static void keep_verdict(struct proxy_session *proxy, const struct err *verdict)
{
    proxy->knows_verdict = true;
    if (verdict)
        proxy->verdict = *verdict;
    if (proxy->waits_for_program)
        settle(proxy);
}

/* The failure of the only one is said by whoever the handler is done for. */
static void on_exited(void *owner, const char *peer, const struct err *verdict)
{
    struct proxy_session *proxy = owner;

    if (verdict && !(proxy->options.once && verdict->kind == ERR_PROGRAM))
        log_say(LOG_VERBOSE, "%s: %s", peer, verdict->sentence);
    if (proxy->options.once)
        keep_verdict(proxy, verdict);
}

/* While they take places of others, nothing else may keep the loop. */
static void hold_loop(struct proxy_session *proxy)
{
    processes_hold(&proxy->processes,
                   proxy->processes.lingering && !proxy->closing && !proxy->options.once);
}

static void on_lingering_changed(void *owner)
{
    hold_loop(owner);
}

static int serve_by_program(struct proxy_pair *pair, struct err *err)
{
    struct processes *processes = &pair->proxy->processes;

    /* Only then the loop waits for it. */
    processes->exited = log_shows(LOG_VERBOSE) || pair->proxy->options.once ? on_exited : NULL;
    if (start_program(pair, err) == 0)
        return 0;
    give_up(pair, err);
    return -1;
}

/* ---- an address as the other end ---- */

static void on_dialled(void *owner, struct stream *stream, const struct err *err)
{
    struct proxy_pair *pair = owner;
    struct proxy_session *proxy = pair->proxy;
    struct err reason = *err;

    pair->dial = NULL;
    pair->other = stream;
    if (stream)
        connection_on_close(stream, place_release, place_hold(pair->peer));
    if (stream && join(pair, &reason) == 0)
        return;
    give_up(pair, &reason);
    tell_outcome(proxy, &reason);
}

/* Urgent data is no loss; one that sends it is watched no further. */
static void on_peer_lost(void *owner, unsigned bits)
{
    struct proxy_pair *pair = owner;
    struct proxy_session *proxy = pair->proxy;
    struct err err;

    (void)bits;
    stream_watch(pair->peer, 0);
    if (stream_check(pair->peer, &err) == 0)
        return;
    dial_stop(pair->dial);
    give_up(pair, &err);
    tell_outcome(proxy, &err);
}

static struct dial_options dial_options(const struct proxy_session_options *options, int hops)
{
    uint64_t idle = options->relay.idle_ms;
    struct dial_options dial = options->dial;

    if (hops)
        dial.hops = hops - 1;
    dial.timeout_ms = idle && idle < PROXY_SESSION_DIAL_MS ? idle : PROXY_SESSION_DIAL_MS;
    return dial;
}

static int serve_by_dialling(struct proxy_pair *pair, struct err *err)
{
    struct proxy_session *proxy = pair->proxy;
    int hops = proxy->options.hops_left ? proxy->options.hops_left(pair->peer) : 0;
    struct dial_options dial = dial_options(&proxy->options, hops);

    if (hops == 1)
        err_set(err, ERR_NETWORK,
                "it was passed on too often; do listeners forward to each other in a ring?");
    else
        pair->dial = dial_start(proxy->loop, &proxy->options.forward, &dial, on_dialled, pair, err);
    if (pair->dial) {
        stream_own(pair->peer, on_peer_lost, pair);
        stream_watch(pair->peer, STREAM_LOSS);
        return 0;
    }
    give_up(pair, err);
    return -1;
}

/* ---- the handler ---- */

static int serve(struct proxy_session *proxy, struct stream *stream, struct err *err)
{
    struct proxy_pair *pair = enter(proxy, stream);

    log_say(LOG_VERBOSE, "%s connected", stream_label(stream));
    if (!pair) {
        err_set(err, ERR_LOCAL, "%s: out of memory", stream_label(stream));
        stream_close(stream, STREAM_ABORT);
        return -1;
    }
    return proxy->options.mode == PROXY_SESSION_PROGRAM ? serve_by_program(pair, err)
                                                        : serve_by_dialling(pair, err);
}

/* Among many it is no failure of the handler that one of them could not be served. */
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
    log_say(LOG_ERROR, "%s", err->sentence);
    return 0;
}

static void proxy_session_visit(const struct handler *handler, handler_visit *visit, void *owner)
{
    const struct proxy_session *proxy = (const struct proxy_session *)handler;
    const struct proxy_pair *pair;

    TAILQ_FOREACH(pair, &proxy->pairs, entry)
    session_visit(&pair->relay, pair->peer, pair->since, visit, owner);
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
        .processes = {.loop = loop, .changed = on_lingering_changed, .owner = proxy},
    };
    TAILQ_INIT(&proxy->pairs);
}

size_t proxy_session_count(const struct proxy_session *proxy)
{
    return proxy->count;
}

void proxy_session_drain(struct proxy_session *proxy)
{
    proxy->closing = true;
    hold_loop(proxy);
    finish_if_empty(proxy);
}

static void break_off(struct proxy_pair *pair, const char *reason)
{
    struct ending ending = {.reason = reason};

    leave(pair);
    if (pair->dial) {
        ending_say(stream_label(pair->peer), ending, 0, 0);
        dial_stop(pair->dial);
        stream_close(pair->peer, STREAM_ABORT);
        free(pair);
    } else {
        session_relay(&pair->relay, ending);
        close_ends(pair, STREAM_ABORT, STREAM_ABORT);
    }
}

void proxy_session_stop(struct proxy_session *proxy, const char *reason)
{
    proxy->closing = true;
    hold_loop(proxy);
    while (!TAILQ_EMPTY(&proxy->pairs))
        break_off(TAILQ_FIRST(&proxy->pairs), reason);
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
