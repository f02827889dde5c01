/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/setup.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/language.h"
#include "cli/confinement.h"
#include "cli/encodings.h"
#include "cli/local_text.h"
#include "cli/reception.h"
#include "net/diag.h"
#include "net/dial.h"
#include "net/opening.h"
#include "net/resolve.h"
#include "net/socket.h"
#include "net/sum.h"
#include "os/spawn.h"

/* In a room a peer is judged by the bytes that it takes. */
enum { UNSENT = 64 * 1024 };

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

    if (!options->is_room && encodings_check_name(options, &setup->context.charsets, err) < 0)
        return -1;
    if (options->is_room) {
        setup->room = &the_room;
        if (setup_room_init(setup->room, &setup->context, err) < 0)
            return -1;
        setup->handler = &setup->room->room.handler;
        return 0;
    }
    if (setup_relay_init(&setup->relay, &setup->context, err) < 0)
        return -1;
    setup->handler = setup->relay.handler;
    setup->handler->done = setup->context.events->done;
    setup->handler->again = options->reconnect.given ? setup->context.events->again : NULL;
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
    return !options->recv_only && !options->is_proxy && !options->answers;
}

/* A person and the log of a room are told of another charset at once; see room/announce. Without -e
 * only a terminal reads text, in the local charset. */
static void look_at_text(struct setup *setup)
{
    const struct options *options = setup->context.options;
    bool shows =
        !options->is_room && !options->is_proxy && setup->relay.stdio_session.options.shows;
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
    struct opener opener = context_opener(&setup->context);
    bool writes = options->output || options->transcript || options->hex_dump || options->events ||
                  options->record;

    setup->context.run = run;
    setup->context.options = options;
    setup->context.events = events;
    setup->context.owner = owner;
    if (options->progress && !options->has_person)
        progress_init(&setup->progress, shows_received(options), reads_input(options));
    if (reception_check(options, &setup->context.charsets, err) < 0 ||
        route_init(&setup->context.route, options, err) < 0 ||
        grants_start(&setup->context.grants, options, &setup->context.route, err) < 0 ||
        setup_tls_init(&setup->context.tls, &run->loop, options, &setup->context.route, opener,
                       err) < 0 ||
        init_handler(setup, err) < 0 || (writes && check_addresses(&setup->context, err) < 0) ||
        files_open(files, &run->loop, options, &the_room.stdio_operator, opener, err) < 0)
        return -1;
    look_at_text(setup);
    setup->readings = encodings_readings(options, &setup->context.charsets);
    setup->progress.lines_only =
        (options->chat && shows_received(options)) || files_share_terminal(files);
    return 0;
}

bool setup_open(struct setup *setup, const char *state)
{
    struct err err;

    if (!setup->room || setup_room_open(setup->room, state, &err) == 0)
        return true;
    setup->context.events->done(setup->context.owner, &err);
    return false;
}

/* ---- the confinement ---- */

/* The descriptors 0 and 1 of whatever serves; NULL: nothing does, or they are open already. */
static const struct stdio_options *stdio_of(const struct setup *setup)
{
    if (setup->room)
        return setup->context.options->has_person || setup->room->is_open
                   ? NULL
                   : &setup->room->stdio_operator.options.stdio;
    return setup->handler == &setup->relay.stdio_session.handler
               ? &setup->relay.stdio_session.options.stdio
               : NULL;
}

static bool is_utf8(const struct charset *charset)
{
    return charset && charset_is_utf8(charset);
}

/* The charset that text may turn out to be in. */
static void open_charsets(struct setup *setup)
{
    const struct options *options = setup->context.options;
    bool looks = is_utf8(setup->misread.given) || event_explains ||
                 (!setup->room && is_utf8(setup->relay.stdio_session.input.given));

    local_text_prepare();
    if (options->has_person || (options->chat && !options->no_commands)) /* for /encoding */
        charsets_load_all(&setup->context.charsets);
    if (looks)
        charset_find(&setup->context.charsets, encodings_legacy(), NULL);
}

static bool tells_time(const struct options *options)
{
    return options->timestamps || options->hex_dump || options->transcript || options->literal ||
           options->rules || options->script || options->has_person || options->tls ||
           options->forward_tls; /* OpenSSL compares dates */
}

/* Whether a peer may come, or be called again, that has a zone in its address. */
static bool meets_zones(const struct context *context)
{
    return !context->options->ipv4 &&
           (context->options->command == COMMAND_LISTEN || route_dials_later(&context->route));
}

static int open_ahead(struct setup *setup, struct err *err)
{
    const struct stdio_options *stdio = stdio_of(setup);

    if (stdio && stdio_open_ahead(&setup->context.run->loop, *stdio, err) < 0)
        return -1;
    open_charsets(setup);
    language_prepare();
    if (tells_time(setup->context.options))
        tzset();
    if (meets_zones(&setup->context))
        endpoint_learn_zones();
    if (event_explains || setup->context.options->has_person) /* for /explain */
        diag_open_ahead();
    return 0;
}

int setup_confine(struct setup *setup, struct err *err)
{
    if (setup->is_confined)
        return 0;
    setup->is_confined = true;
    if (!setup->context.options->no_sandbox && open_ahead(setup, err) < 0)
        return -1;
    setup->context.grants.files.files.is_confined = !setup->context.options->no_sandbox;
    confinement_enter(&setup->context);
    return 0;
}

/* ---- connections ---- */

/* Among many connections one failed; a room for one has nothing else to wait for. */
static void refuse(struct setup *setup, const char *peer, const struct err *err)
{
    const char *why = err_behind(err, peer);

    if (!options_serve_one(setup->context.options))
        opening_tell_refused(peer, why ? why : err->sentence);
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
    if (setup->context.options->sum)
        stream = sum_new(stream, setup->context.tls.module, &err);
    if (stream)
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

void setup_tell_next(struct setup *setup, const struct event *event)
{
    if (setup->room)
        effects_tell(&setup->room->room.effects, event);
    else
        setup_tell(setup, event);
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
    setup_relay_abort(&setup->relay, reason);
    if (setup->room)
        room_break(&setup->room->room, reason);
}

bool setup_is_last(const struct setup *setup)
{
    return setup_relay_is_last(&setup->relay);
}

size_t setup_give_up(struct setup *setup)
{
    if (setup->room)
        room_end(&setup->room->room);
    return setup->handler == &setup->relay.stdio_session.handler
               ? stdio_session_give_up(&setup->relay.stdio_session)
               : 0;
}

void setup_drain(struct setup *setup)
{
    setup_relay_drain(&setup->relay);
    if (setup->room)
        room_drain(&setup->room->room);
}

void setup_interrupt(struct setup *setup)
{
    if (setup->room)
        setup_room_interrupt(setup->room);
    setup_relay_interrupt(&setup->relay);
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
    setup_relay_fini(&setup->relay);
    stdio_forget_ahead();
    progress_stop(&setup->progress);
    until = files_close(&setup->context.files, run_ends_at(run), &failure);
    keep_failure(run, &failure);
    files_end(&setup->context.files, run_status(run), until, &failure);
    keep_failure(run, &failure);
    charsets_fini(&setup->context.charsets);
    setup_tls_fini(&setup->context.tls);
    grants_fini(&setup->context.grants);
}
