#include "talk/bridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "io/transcript_tee.h"
#include "net/connection.h"
#include "net/guests.h"
#include "talk/report.h"

/* One connection and its other end. */
struct crossing {
    TAILQ_ENTRY(crossing) entry;
    struct bridge *bridge;
    struct stream *peer;
    struct dial *dial;    /* NULL, or on the way to the other end */
    struct stream *other; /* NULL: not there yet */
    struct codec outward, inward;
    struct relay relay;
    uint64_t since; /* loop time */
};

/* ---- coming and going ---- */

static void tell_done(struct bridge *bridge, const struct err *err)
{
    if (bridge->is_done)
        return;
    bridge->is_done = true;
    bridge->handler.done(bridge->handler.owner, err);
}

static void finish_if_empty(struct bridge *bridge)
{
    static const struct err nothing;

    if (bridge->closing && !bridge->count && !bridge->waits_for_program)
        tell_done(bridge, &nothing);
}

static struct crossing *enter(struct bridge *bridge, struct stream *peer)
{
    struct crossing *crossing = calloc(1, sizeof *crossing);

    if (!crossing)
        return NULL;
    crossing->bridge = bridge;
    crossing->peer = peer;
    crossing->since = uv_now(bridge->loop);
    TAILQ_INSERT_TAIL(&bridge->crossings, crossing, entry);
    bridge->count++;
    return crossing;
}

static void leave(struct crossing *crossing)
{
    TAILQ_REMOVE(&crossing->bridge->crossings, crossing, entry);
    crossing->bridge->count--;
}

/* ---- the end of one ---- */

static bool begins_with(const char *sentence, const char *peer)
{
    size_t length = strlen(peer);

    return !strncmp(sentence, peer, length) && sentence[length] == ':';
}

/* Every sentence names the peer; those about the peer itself do already. */
static void name_peer(const struct crossing *crossing, const struct err *from, struct err *to)
{
    const char *peer = stream_label(crossing->peer);

    *to = *from;
    if (*from->sentence && from->kind != ERR_PROGRAM && !begins_with(from->sentence, peer))
        err_set(to, from->kind, "%s: %s", peer, from->sentence);
}

static void settle(struct bridge *bridge)
{
    tell_done(bridge, bridge->verdict.kind == ERR_NONE ? &bridge->outcome : &bridge->verdict);
}

/* Replaced text ended nothing, so a program that failed decides. */
static void tell_outcome_of_only(struct bridge *bridge, const struct err *err)
{
    bool is_regular = err->kind == ERR_NONE || (err->kind == ERR_TEXT && !*err->sentence);

    if (bridge->options.mode != BRIDGE_PROGRAM || !is_regular) {
        tell_done(bridge, err);
        return;
    }
    bridge->outcome = *err;
    bridge->waits_for_program = true;
    if (bridge->knows_verdict)
        settle(bridge);
}

/* The outcome of a connection is the handler's if there is only one. -v says how a program ended.
 */
static void tell_outcome(struct bridge *bridge, const struct err *err)
{
    if (bridge->options.once)
        tell_outcome_of_only(bridge, err);
    else if (*err->sentence && err->kind != ERR_PROGRAM)
        log_say(LOG_ERROR, "%s", err->sentence);
    finish_if_empty(bridge);
}

static void on_relay_closed(struct relay *relay)
{
    struct crossing *crossing = relay->owner;

    codec_fini(&crossing->outward);
    codec_fini(&crossing->inward);
    free(crossing);
}

static void close_ends(struct crossing *crossing, enum stream_close other, enum stream_close peer)
{
    relay_close(&crossing->relay, on_relay_closed);
    stream_close(crossing->other, other);
    stream_close(crossing->peer, peer);
}

static bool say_all_faults(const struct crossing *crossing)
{
    char other[2 * ADDRESS_LABEL];
    bool replaced;

    if (!crossing->bridge->options.peer)
        return false;
    snprintf(other, sizeof other, "%s: %s", stream_label(crossing->peer),
             stream_label(crossing->other));
    replaced = report_faults(&crossing->inward, stream_label(crossing->peer));
    replaced |= report_faults(&crossing->outward, other);
    return replaced;
}

/* The reason of a failure is also told to both ends; where --on-bad-text stops, all that precedes
 * arrives first. Where the peer is gone, nobody takes what the other end may still say. */
static void close_both(struct crossing *crossing, enum relay_end end, const struct err *err)
{
    enum stream_close how = end != RELAY_FAILED && end != RELAY_IDLE ? STREAM_LINGER
                            : err->kind == ERR_TEXT                  ? STREAM_BREAK
                                                                     : STREAM_ABORT;
    enum stream_close peer = err->kind == ERR_PROGRAM ? STREAM_BREAK : how;
    bool is_unheard = crossing->bridge->options.mode == BRIDGE_FORWARD && end == RELAY_PEER_GONE;

    close_ends(crossing, is_unheard ? STREAM_ABORT : how, peer);
}

static void on_done(void *owner, enum relay_end end, const struct err *err)
{
    struct crossing *crossing = owner;
    struct bridge *bridge = crossing->bridge;
    struct err outcome;

    name_peer(crossing, err, &outcome);
    report_relay(&crossing->relay, ending_of_relay(&crossing->relay, end, err));
    if (say_all_faults(crossing) && outcome.kind == ERR_NONE)
        err_set(&outcome, ERR_TEXT, "%s", "");
    close_both(crossing, end, err);
    leave(crossing);
    tell_outcome(bridge, &outcome);
}

/* ---- both ends are there ---- */

static struct codec_plan plan(const struct bridge_options *options)
{
    return (struct codec_plan){.checks = options->checks, .bad = options->bad};
}

/* Between two connections both sides of a codec are wires; what its sender sent is counted. */
static struct codec_plan outward_plan(const struct bridge_options *options)
{
    struct codec_plan outward = plan(options);

    outward.from = options->other;
    outward.to = options->peer;
    outward.crlf = options->crlf;
    outward.wire = options->mode == BRIDGE_FORWARD ? WIRE_IS_INPUT : WIRE_IS_OUTPUT;
    return outward;
}

static struct codec_plan inward_plan(const struct bridge_options *options)
{
    struct codec_plan inward = plan(options);

    inward.from = options->peer;
    inward.to = options->other;
    inward.wire = WIRE_IS_INPUT;
    return inward;
}

static struct codec *open_codec(struct codec *codec, const struct codec_plan *plan)
{
    codec_init(codec, plan);
    return codec_is_identity(plan) ? NULL : codec;
}

/* Among many, what the other end says has to say to whom. */
static int open_tee(struct crossing *crossing, struct err *err)
{
    const struct bridge_options *options = &crossing->bridge->options;
    char other[2 * ADDRESS_LABEL];
    struct transcript_tee_options how = {
        .transcript = options->transcript,
        .charset = options->heard,
        .utf8 = options->utf8,
        .own = other,
        .peer = stream_label(crossing->peer),
    };
    struct stream *tee;

    if (!options->transcript)
        return 0;
    snprintf(other, sizeof other, "%s>%s", stream_label(crossing->other), how.peer);
    tee = transcript_tee_new(crossing->peer, &how, err);
    if (tee)
        crossing->peer = tee;
    return tee ? 0 : -1;
}

static int start_relay(struct crossing *crossing, struct err *err)
{
    struct bridge *bridge = crossing->bridge;
    struct relay_options relay = bridge->options.relay;
    struct codec_plan outward = outward_plan(&bridge->options);
    struct codec_plan inward = inward_plan(&bridge->options);

    relay.outward = open_codec(&crossing->outward, &outward);
    relay.inward = open_codec(&crossing->inward, &inward);
    if (relay_start(&crossing->relay, bridge->loop, crossing->other, crossing->peer, &relay,
                    on_done, crossing, err) == 0)
        return 0;
    codec_fini(&crossing->outward);
    codec_fini(&crossing->inward);
    return -1;
}

static int join(struct crossing *crossing, struct err *err)
{
    return open_tee(crossing, err) < 0 ? -1 : start_relay(crossing, err);
}

/* It came to nothing; *err is told with the peer's name then. */
static void give_up(struct crossing *crossing, struct err *err)
{
    struct err reason = *err;

    name_peer(crossing, &reason, err);
    if (crossing->other)
        stream_close(crossing->other, STREAM_ABORT);
    stream_close(crossing->peer, STREAM_ABORT);
    leave(crossing);
    free(crossing);
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

static void find_local(const struct crossing *crossing, struct address *local)
{
    const struct bridge_options *options = &crossing->bridge->options;
    char label[ADDRESS_LABEL] = "";
    struct endpoint endpoint;

    if (options->local && options->local(crossing->peer, &endpoint) == 0)
        endpoint_label(&endpoint, label);
    split(label, local);
}

static int start_program(struct crossing *crossing, struct err *err)
{
    struct bridge *bridge = crossing->bridge;
    const char *label = stream_label(crossing->peer);
    struct address peer, local;
    struct spawn spawn = {
        .command = bridge->options.command,
        .shell = bridge->options.shell,
        .hidden = bridge->options.hidden,
        .files = bridge->options.files,
        .ignores_hangup = bridge->options.ignores_hangup,
    };

    split(label, &peer);
    find_local(crossing, &local);
    spawn.place = (struct spawn_place){host_of(&peer), peer.port, host_of(&local), local.port};
    crossing->other = process_new(&bridge->processes, &spawn, label, err);
    if (!crossing->other)
        return -1;
    process_on_over(crossing->other, guest_release, guest_hold(crossing->peer));
    return join(crossing, err);
}

static void keep_verdict(struct bridge *bridge, const struct err *verdict)
{
    bridge->knows_verdict = true;
    if (verdict)
        bridge->verdict = *verdict;
    if (bridge->waits_for_program)
        settle(bridge);
}

/* The failure of the only one is said by whoever the handler is done for. */
static void on_exited(void *owner, const char *peer, const struct err *verdict)
{
    struct bridge *bridge = owner;

    if (verdict && !(bridge->options.once && verdict->kind == ERR_PROGRAM))
        log_say(LOG_VERBOSE, "%s: %s", peer, verdict->sentence);
    if (bridge->options.once)
        keep_verdict(bridge, verdict);
}

/* While they take places of others, nothing else may keep the loop. */
static void hold_loop(struct bridge *bridge)
{
    processes_hold(&bridge->processes,
                   bridge->processes.lingering && !bridge->closing && !bridge->options.once);
}

static void on_lingering_changed(void *owner)
{
    hold_loop(owner);
}

static int serve_by_program(struct crossing *crossing, struct err *err)
{
    struct processes *processes = &crossing->bridge->processes;

    /* Only then the loop waits for it. */
    processes->exited = log_shows(LOG_VERBOSE) || crossing->bridge->options.once ? on_exited : NULL;
    if (start_program(crossing, err) == 0)
        return 0;
    give_up(crossing, err);
    return -1;
}

/* ---- an address as the other end ---- */

static void on_dialled(void *owner, struct stream *stream, const struct err *err)
{
    struct crossing *crossing = owner;
    struct bridge *bridge = crossing->bridge;
    struct err reason = *err;

    crossing->dial = NULL;
    crossing->other = stream;
    if (stream)
        connection_on_close(stream, guest_release, guest_hold(crossing->peer));
    if (stream && join(crossing, &reason) == 0)
        return;
    give_up(crossing, &reason);
    tell_outcome(bridge, &reason);
}

/* Urgent data is no loss; one that sends it is watched no further. */
static void on_peer_lost(void *owner, unsigned bits)
{
    struct crossing *crossing = owner;
    struct bridge *bridge = crossing->bridge;
    struct err err;

    (void)bits;
    stream_watch(crossing->peer, 0);
    if (crossing->peer->ops->writev(crossing->peer, NULL, 0, &err) == 0)
        return;
    dial_stop(crossing->dial);
    give_up(crossing, &err);
    tell_outcome(bridge, &err);
}

static struct dial_options dial_options(const struct bridge_options *options, int hops)
{
    uint64_t idle = options->relay.idle_ms;
    struct dial_options dial = options->dial;

    if (hops)
        dial.hops = hops - 1;
    dial.timeout_ms = idle && idle < BRIDGE_DIAL_MS ? idle : BRIDGE_DIAL_MS;
    return dial;
}

static int serve_by_dialling(struct crossing *crossing, struct err *err)
{
    struct bridge *bridge = crossing->bridge;
    int hops = bridge->options.hops_left ? bridge->options.hops_left(crossing->peer) : 0;
    struct dial_options dial = dial_options(&bridge->options, hops);

    if (hops == 1)
        err_set(err, ERR_NETWORK,
                "it was passed on too often; do listeners forward to each other in a ring?");
    else
        crossing->dial =
            dial_start(bridge->loop, &bridge->options.forward, &dial, on_dialled, crossing, err);
    if (crossing->dial) {
        stream_own(crossing->peer, on_peer_lost, crossing);
        stream_watch(crossing->peer, STREAM_LOSS);
        return 0;
    }
    give_up(crossing, err);
    return -1;
}

/* ---- the handler ---- */

static int serve(struct bridge *bridge, struct stream *stream, struct err *err)
{
    struct crossing *crossing = enter(bridge, stream);

    log_say(LOG_VERBOSE, "%s connected", stream_label(stream));
    if (!crossing) {
        err_set(err, ERR_LOCAL, "%s: out of memory", stream_label(stream));
        stream_close(stream, STREAM_ABORT);
        return -1;
    }
    return bridge->options.mode == BRIDGE_PROGRAM ? serve_by_program(crossing, err)
                                                  : serve_by_dialling(crossing, err);
}

/* Among many it is no failure of the handler that one of them could not be served. */
static int bridge_serve(struct handler *handler, struct stream *stream, struct err *err)
{
    struct bridge *bridge = (struct bridge *)handler;

    if (bridge->closing) {
        stream_close(stream, STREAM_ABORT);
        return 0;
    }
    if (serve(bridge, stream, err) == 0)
        return 0;
    if (bridge->options.once)
        return -1;
    log_say(LOG_ERROR, "%s", err->sentence);
    return 0;
}

static void bridge_visit(const struct handler *handler, handler_visit *visit, void *owner)
{
    const struct bridge *bridge = (const struct bridge *)handler;
    const struct crossing *crossing;

    TAILQ_FOREACH(crossing, &bridge->crossings, entry)
    report_visit(&crossing->relay, crossing->peer, crossing->since, visit, owner);
}

static const struct handler_ops bridge_ops = {
    .serve = bridge_serve,
    .visit = bridge_visit,
};

void bridge_init(struct bridge *bridge, uv_loop_t *loop, const struct bridge_options *options)
{
    *bridge = (struct bridge){
        .handler = {.ops = &bridge_ops},
        .loop = loop,
        .options = *options,
        .processes = {.loop = loop, .changed = on_lingering_changed, .owner = bridge},
    };
    TAILQ_INIT(&bridge->crossings);
}

size_t bridge_count(const struct bridge *bridge)
{
    return bridge->count;
}

void bridge_drain(struct bridge *bridge)
{
    bridge->closing = true;
    hold_loop(bridge);
    finish_if_empty(bridge);
}

static void break_off(struct crossing *crossing, const char *reason)
{
    struct ending ending = {.reason = reason};

    leave(crossing);
    if (crossing->dial) {
        report_ending(stream_label(crossing->peer), ending, 0, 0);
        dial_stop(crossing->dial);
        stream_close(crossing->peer, STREAM_ABORT);
        free(crossing);
    } else {
        report_relay(&crossing->relay, ending);
        close_ends(crossing, STREAM_ABORT, STREAM_ABORT);
    }
}

void bridge_stop(struct bridge *bridge, const char *reason)
{
    bridge->closing = true;
    hold_loop(bridge);
    while (!TAILQ_EMPTY(&bridge->crossings))
        break_off(TAILQ_FIRST(&bridge->crossings), reason);
    finish_if_empty(bridge);
}

void bridge_end(struct bridge *bridge, const char *reason, bool all)
{
    bridge->is_done = true;
    bridge_stop(bridge, reason);
    if (all)
        processes_ask(&bridge->processes);
}

bool bridge_is_ending(const struct bridge *bridge)
{
    return bridge->processes.asked;
}

void bridge_fini(struct bridge *bridge)
{
    bridge_end(bridge, "", false);
    processes_fini(&bridge->processes);
}
