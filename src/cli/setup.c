/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/setup.h"

#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/reception.h"
#include "net/dial.h"
#include "net/opening.h"
#include "net/resolve.h"
#include "net/socket.h"
#include "os/spawn.h"

/* In a room a peer is judged by the bytes that it takes. */
enum { UNSENT = 64 * 1024 };

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

    if (options_are_raw(options) && !session->shows && !session->transcript)
        return 0;
    session->local = charset_find(&context->charsets, encodings_local(options), err);
    if (!session->local || options_are_raw(options))
        return session->local ? 0 : -1;
    session->peer = charset_find(&context->charsets, options->encoding, err);
    if (session->peer && charset_same(session->peer, session->local))
        session->peer = session->local;
    return session->peer ? 0 : -1;
}

static int init_stdio_session(struct setup *setup, struct err *err)
{
    const struct options *options = setup->context.options;
    struct stdio_session_options session = {
        .stdio = {.discard = options->send_only, .silent = options->recv_only},
        .awaits_answer = setup->context.route.has_proxy && !options->send_only,
        .tells_waiting = options->verbose || isatty(STDERR_FILENO),
        .text = options->text,
        .shows = isatty(STDOUT_FILENO) && !options->raw,
        .transcript = context_transcript(&setup->context),
        .name = options->name ? options->name : "you",
        .relay = relay_options(options),
        .legacy = encodings_legacy,
        .charsets = &setup->context.charsets,
    };

    if (find_stdio_charsets(&setup->context, &session, err) < 0)
        return -1;
    if (session.transcript)
        session.utf8 = charset_find(&setup->context.charsets, "utf-8", err);
    stdio_session_init(&setup->stdio_session, &setup->context.run->loop, &session);
    setup->handler = &setup->stdio_session.handler;
    return 0;
}

static bool stdio_session_goes_on(void *owner)
{
    struct setup *setup = owner;

    if (stdio_session_is_sending(&setup->stdio_session))
        return true;
    stdio_session_interrupt(&setup->stdio_session, run_reason(setup->context.run));
    return uv_loop_alive(&setup->context.run->loop);
}

static void interrupt_stdio_session(struct setup *setup)
{
    struct run *run = setup->context.run;

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

/* Before the first peer comes, the command line is wrong; later the program has failed. */
static int check_program(const char *command, struct err *err)
{
    return command && spawn_check(command, err) < 0 ? err_prefix(err, "--exec") : 0;
}

static int init_proxy_session(struct setup *setup, struct err *err)
{
    struct context *context = &setup->context;
    const struct options *options = context->options;
    struct proxy_session_options proxy = {
        .mode = options->forward ? PROXY_SESSION_FORWARD : PROXY_SESSION_PROGRAM,
        .command = options->exec ? options->exec : options->sh_exec,
        .shell = options->sh_exec != NULL,
        .hidden = setup->preferences,
        .files = run_descriptors(),
        .ignores_hangup = context->run->ignores_hangup,
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
    if (check_program(options->exec, err) < 0 || find_proxy_charsets(context, &proxy, err) < 0)
        return -1;
    option_table_preferences(setup->preferences);
    spawn_close_inherited();
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

/* ---- the beginning ---- */

/* Faults of addresses, which the loop would find when the files are open. */
static int check_addresses(const struct context *context, struct err *err)
{
    const struct options *options = context->options;
    struct dial_options dial = route_dial(&context->route);
    struct resolve_query query = {.address = &options->address,
                                  .family = dial.family,
                                  .numeric = dial.numeric,
                                  .passive = true};

    if (context->route.peer && dial_check(context->route.peer, &dial, err) < 0)
        return -1;
    return options->command == COMMAND_LISTEN ? resolve_check(&query, err) : 0;
}

/* Apart from the setup: four pages of memory that most runs never touch. */
static struct setup_room the_room;

static int init_handler(struct setup *setup, struct err *err)
{
    const struct options *options = setup->context.options;
    int result;

    if (!options->is_room && encodings_check_name(options, &setup->context.charsets, err) < 0)
        return -1;
    if (options->is_room) {
        setup->room = &the_room;
        if (setup_room_init(setup->room, &setup->context, err) < 0)
            return -1;
        setup->handler = &setup->room->room.handler;
        return 0;
    }
    result = options->is_proxy ? init_proxy_session(setup, err) : init_stdio_session(setup, err);
    if (result < 0)
        return -1;
    setup->handler->done = setup->context.events->done;
    setup->handler->owner = setup->context.owner;
    setup->handler->is_dialled = options->command == COMMAND_CONNECT;
    return 0;
}

/* Received bytes appear on a terminal, which may also be that of --progress. */
static bool shows_received(const struct options *options)
{
    return isatty(STDOUT_FILENO) && !options->send_only && !options->is_proxy;
}

static bool reads_input(const struct options *options)
{
    return !options->recv_only && !options->is_proxy && !options->reply;
}

/* A person and the log of a room are told of another charset at once; see room/announce. Without -e
 * only a terminal reads text, in the local charset. */
static void look_at_text(struct setup *setup)
{
    const struct options *options = setup->context.options;
    bool shows = !options->is_room && !options->is_proxy && setup->stdio_session.options.shows;
    const char *given = !options_are_raw(options) ? options->encoding
                        : shows                   ? encodings_local(options)
                                                  : NULL;

    if (!given || options->has_person || options->chat)
        return;
    setup->misread = (struct misread_plan){
        .given = charset_find(&setup->context.charsets, given, NULL),
        .legacy = encodings_legacy,
        .charsets = &setup->context.charsets,
        .option = "-e",
    };
}

int setup_init(struct setup *setup, struct run *run, const struct options *options,
               const struct command_events *events, void *owner, struct err *err)
{
    struct files *files = &setup->context.files;
    bool writes = options->output || options->transcript || options->hex_dump || options->events;

    *setup = (struct setup){
        .context = {.run = run, .options = options, .events = events, .owner = owner}};
    if (options->progress && !options->has_person)
        progress_init(&setup->progress, shows_received(options), reads_input(options));
    if (reception_check(options, &setup->context.charsets, err) < 0 ||
        route_init(&setup->context.route, options, err) < 0 ||
        setup_tls_init(&setup->context.tls, &run->loop, options, &setup->context.route, err) < 0 ||
        init_handler(setup, err) < 0 || (writes && check_addresses(&setup->context, err) < 0) ||
        files_open(files, &run->loop, options, &the_room.stdio_operator, err) < 0)
        return -1;
    look_at_text(setup);
    setup->readings = encodings_readings(options, &setup->context.charsets);
    setup->progress.lines_only =
        (options->chat && shows_received(options)) || files_share_terminal(files);
    return 0;
}

void setup_open(struct setup *setup, const char *state)
{
    struct err err;

    if (setup->room && setup_room_open(setup->room, state, &err) < 0)
        setup->context.events->done(setup->context.owner, &err);
}

/* ---- connections ---- */

/* Among many connections one failed; a room for one has nothing else to wait for. */
static void refuse(struct setup *setup, const char *peer, const struct err *err)
{
    if (!options_serve_one(setup->context.options))
        opening_tell_refused(peer, err->sentence);
    else if (setup->room)
        room_fail(&setup->room->room, err);
    else
        run_fail(setup->context.run, err);
}

void setup_serve(struct setup *setup, struct stream *stream)
{
    char peer[ADDRESS_LABEL];
    struct err err;

    strcpy(peer, stream_label(stream));
    if (setup->room)
        socket_limit_unsent(stream, UNSENT);
    stream = files_tap(&setup->context.files, stream, &err);
    if (stream)
        stream = misread_tee_new(stream, &setup->misread, &err);
    if (stream && (event_explains || setup->context.options->has_person)) /* for /explain on */
        stream = readings_tee_new(stream, &setup->readings, &err);
    if (stream)
        stream = progress_count(&setup->progress, &setup->context.run->loop, stream, &err);
    if (!stream || handler_serve(setup->handler, stream, &err) < 0)
        refuse(setup, peer, &err);
}

void setup_tell(struct setup *setup, const struct event *event)
{
    struct event told = *event;

    if (setup->room && setup->room->room.options.mode.announces)
        dispatch_show(&setup->room->room, event);
    if (setup->context.options->has_person) /* the person has read it */
        told.level = EVENT_RECORDED;
    event_tell(&told);
}

void setup_invite(struct setup *setup, struct endpoint endpoint)
{
    char sentence[SETUP_TLS_SENTENCE];
    struct event event;

    if (!setup_tls_invite(&setup->context.tls, &endpoint, sentence))
        return;
    event = event_of_text(sentence);
    setup_tell(setup, &event);
}

/* ---- the end ---- */

void setup_abort(struct setup *setup, const char *reason)
{
    if (setup->handler == &setup->proxy_session.handler)
        proxy_session_stop(&setup->proxy_session, reason);
    if (setup->room)
        room_break(&setup->room->room, reason);
}

void setup_drain(struct setup *setup)
{
    if (setup->handler == &setup->proxy_session.handler)
        proxy_session_drain(&setup->proxy_session);
    if (setup->room)
        room_drain(&setup->room->room);
}

void setup_interrupt(struct setup *setup)
{
    if (setup->room)
        setup_room_interrupt(setup->room);
    if (setup->handler == &setup->stdio_session.handler)
        interrupt_stdio_session(setup);
}

/* Replaced text ended nothing, so a file that failed outranks it. */
static void keep_failure(struct run *run, const struct err *failure)
{
    if (run->failed.kind == ERR_TEXT && failure->kind != ERR_NONE)
        run->failed = *failure;
    err_keep(&run->failed, failure);
}

void setup_fini(struct setup *setup)
{
    struct run *run = setup->context.run;
    struct err failure = {0};
    uint64_t until;

    if (!run)
        return;
    if (setup->room)
        setup_room_fini(setup->room);
    if (setup->handler == &setup->proxy_session.handler)
        fini_proxy_session(&setup->proxy_session, run);
    progress_stop(&setup->progress);
    until = files_close(&setup->context.files, run_ends_at(run), &failure);
    keep_failure(run, &failure);
    files_end(&setup->context.files, run_status(run), until, &failure);
    keep_failure(run, &failure);
    charsets_fini(&setup->context.charsets);
    setup_tls_fini(&setup->context.tls);
}
