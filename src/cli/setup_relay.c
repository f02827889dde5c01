/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/setup_relay.h"

#include <strings.h>
#include <unistd.h>

#include "cli/encodings.h"
#include "io/stdio.h"
#include "net/socket.h"

static struct relay_options relay_options(const struct options *options)
{
    return (struct relay_options){
        .no_shutdown = options->no_shutdown,
        .near_follows = options->recv_only,
        .ends_with_far = options->end_with_peer,
        .quits = options->quit_after.given,
        .quit_ms = options->quit_after.ms,
        .idle_ms = options->idle_timeout.ms,
    };
}

/* ---- relay/stdio_session ---- */

static int find_stdio_charsets(struct context *context, struct stdio_session_options *session,
                               struct err *err)
{
    const struct options *options = context->options;

    if (options_are_raw(options) && !session->shows && !session->transcript && !options->literal)
        return 0;
    session->local = charset_find(&context->charsets, encodings_local(options), err);
    if (!session->local || options_are_raw(options))
        return session->local ? 0 : -1;
    session->peer = charset_find(&context->charsets, options->encoding, err);
    if (session->peer && charset_same(session->peer, session->local))
        session->peer = session->local;
    return session->peer ? 0 : -1;
}

static int init_stdio_session(struct setup_relay *setup, struct err *err)
{
    struct context *context = setup->context;
    const struct options *options = context->options;
    struct stdio_session_options session = {
        .stdio = {.discard = options->send_only, .silent = options->recv_only},
        .awaits_answer = context->route.has_proxy && !options->send_only,
        .tells_waiting = options->verbose || isatty(STDERR_FILENO),
        .text = options->text,
        .shows = isatty(STDOUT_FILENO) && !options->raw,
        .transcript = context_transcript(context),
        .name = options->name ? options->name : "you",
        .literals = options->literal,
        .relay = relay_options(options),
        .legacy = encodings_legacy,
        .charsets = &context->charsets,
    };

    if (find_stdio_charsets(context, &session, err) < 0)
        return -1;
    if (session.transcript || session.literals) {
        session.utf8 = charset_find(&context->charsets, "utf-8", err);
        if (!session.utf8)
            return -1;
    }
    stdio_session_init(&setup->stdio_session, &context->run->loop, &session);
    setup->handler = &setup->stdio_session.handler;
    return 0;
}

static bool stdio_session_goes_on(void *owner)
{
    struct setup_relay *setup = owner;

    if (stdio_session_is_sending(&setup->stdio_session))
        return true;
    stdio_session_interrupt(&setup->stdio_session, run_reason(setup->context->run));
    return uv_loop_alive(&setup->context->run->loop);
}

void setup_relay_interrupt(struct setup_relay *setup)
{
    struct run *run;

    if (setup->handler != &setup->stdio_session.handler)
        return;
    run = setup->context->run;
    if (stdio_session_serves(&setup->stdio_session))
        run_on(run, RUN_ORDERLY_END_MS, stdio_session_goes_on, setup);
    stdio_session_interrupt(&setup->stdio_session, run_reason(run));
}

/* ---- relay/proxy_session ---- */

static struct charset *find_unless_raw(struct charsets *charsets, const char *name, struct err *err)
{
    return name && strcasecmp(name, "raw") != 0 ? charset_find(charsets, name, err) : NULL;
}

/* A program speaks the local charset, another address that of --forward-encoding. A transcript
 * reads a peer without charset in the local one. */
static int find_proxy_charsets(struct context *context, struct proxy_session_options *proxy,
                               struct err *err)
{
    const struct options *options = context->options;
    struct charsets *charsets = &context->charsets;
    const char *other = options->forward           ? options->forward_encoding
                        : options_are_raw(options) ? NULL
                                                   : encodings_local(options);

    err->kind = ERR_NONE;
    proxy->peer = find_unless_raw(charsets, options->encoding, err);
    proxy->other = find_unless_raw(charsets, other, err);
    if (err->kind != ERR_NONE)
        return -1;
    if (!proxy->peer != !proxy->other)
        return err_set(err, ERR_USAGE, "-e and --forward-encoding go together");
    if (!proxy->transcript)
        return 0;
    proxy->utf8 = charset_find(charsets, "utf-8", err);
    proxy->heard =
        proxy->peer ? proxy->peer : charset_find(charsets, encodings_local(options), err);
    return proxy->utf8 && proxy->heard ? 0 : -1;
}

static int init_proxy_session(struct setup_relay *setup, struct err *err)
{
    struct context *context = setup->context;
    const struct options *options = context->options;
    struct proxy_session_options proxy = {
        .mode = options->forward ? PROXY_SESSION_FORWARD : PROXY_SESSION_PROGRAM,
        .spawn = &context->grants.spawn,
        .local = socket_local,
        .hops_left = socket_hops_left,
        .forward = options->forward_address,
        .dial = route_dial(&context->route),
        .text = options->text,
        .transcript = context_transcript(context),
        .relay = relay_options(options),
        .once = options_serve_one(options),
    };

    proxy.dial.is_own = context->events->is_own;
    proxy.dial.owner = context->owner;
    setup_tls_plan(&context->tls.onward, &proxy.dial.transport);
    if (find_proxy_charsets(context, &proxy, err) < 0)
        return -1;
    proxy_session_init(&setup->proxy_session, &context->run->loop, &proxy);
    setup->handler = &setup->proxy_session.handler;
    return 0;
}

static bool proxy_session_goes_on(void *owner)
{
    return proxy_session_is_ending(owner);
}

/* Programs get time to end. The signal that ended the run is meant for all of them; another one
 * ends the waiting. */
static void fini_proxy_session(struct proxy_session *proxy, struct run *run)
{
    proxy_session_end(proxy, run_reason(run), run->caught);
    run_on(run, 0, proxy_session_goes_on, proxy);
    proxy_session_fini(proxy);
}

/* ---- relay/replay_session ---- */

static int init_replay_session(struct setup_relay *setup, struct err *err)
{
    struct context *context = setup->context;
    const struct options *options = context->options;
    struct replay_options replay = {
        .tape = &setup->tape,
        .paces = options->pace,
        .transcript = context_transcript(context),
        .relay = relay_options(options),
        .once = options_serve_one(options),
    };

    if (replay.transcript) {
        replay.utf8 = charset_find(&context->charsets, "utf-8", err);
        replay.heard = charset_find(&context->charsets, encodings_local(options), err);
        if (!replay.utf8 || !replay.heard)
            return -1;
    }
    if (tape_open(&setup->tape, options->replay, options->pace, err) < 0)
        return -1;
    replay_session_init(&setup->replay_session, &context->run->loop, &replay);
    setup->handler = &setup->replay_session.handler;
    return 0;
}

/* ---- all of them ---- */

int setup_relay_init(struct setup_relay *setup, struct context *context, struct err *err)
{
    const struct options *options = context->options;

    setup->context = context;
    if (options->replay)
        return init_replay_session(setup, err);
    return options->is_proxy ? init_proxy_session(setup, err) : init_stdio_session(setup, err);
}

bool setup_relay_is_last(const struct setup_relay *setup)
{
    return setup->tape.is_open && tape_is_over(&setup->tape);
}

void setup_relay_abort(struct setup_relay *setup, const char *reason)
{
    if (setup->handler == &setup->proxy_session.handler)
        proxy_session_stop(&setup->proxy_session, reason);
    if (setup->handler == &setup->replay_session.handler)
        replay_session_stop(&setup->replay_session, reason);
}

void setup_relay_drain(struct setup_relay *setup)
{
    if (setup->handler == &setup->proxy_session.handler)
        proxy_session_drain(&setup->proxy_session);
    if (setup->handler == &setup->replay_session.handler)
        replay_session_drain(&setup->replay_session);
}

void setup_relay_fini(struct setup_relay *setup)
{
    if (setup->handler == &setup->proxy_session.handler)
        fini_proxy_session(&setup->proxy_session, setup->context->run);
    if (setup->handler == &setup->replay_session.handler) {
        setup->replay_session.is_done = true;
        replay_session_stop(&setup->replay_session, run_reason(setup->context->run));
    }
    tape_close(&setup->tape);
}
