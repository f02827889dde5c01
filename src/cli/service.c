/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/service.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/hexdump.h"
#include "io/tap.h"
#include "net/connection.h"
#include "net/dial.h"
#include "net/resolve.h"

/* In a room: a peer is judged by what it takes. */
enum { UNSENT = 64 * 1024 };

/* How long an orderly end by a signal may take. */
static int find_charsets(struct service *service, const struct options *options,
                         struct stdio_session_options *stdio_session, struct err *err)
{
    if (options_are_raw(options) && !stdio_session->shows && !options->transcript)
        return 0;
    stdio_session->local = charset_find(&service->charsets, encodings_local(options), err);
    if (!stdio_session->local || options_are_raw(options))
        return stdio_session->local ? 0 : -1;
    stdio_session->peer = charset_find(&service->charsets, options->encoding, err);
    if (stdio_session->peer && charset_same(stdio_session->peer, stdio_session->local))
        stdio_session->peer = stdio_session->local;
    return stdio_session->peer ? 0 : -1;
}

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

static void on_done(void *owner, const struct err *err)
{
    struct service *service = owner;

    if (err->kind != ERR_NONE)
        run_fail(service->run, err);
    if (service->events)
        service->events->ended(service->owner);
}

static int init_pipe(struct service *service, const struct options *options, struct err *err)
{
    struct stdio_session_options stdio_session = {
        .stdio = {.discard = options->send_only, .silent = options->recv_only},
        .tells_waiting = options->verbose || isatty(STDERR_FILENO),
        .text = options->text,
        .shows = isatty(STDOUT_FILENO) && !options->raw,
        .relay = relay_options(options),
    };

    if (find_charsets(service, options, &stdio_session, err) < 0)
        return -1;
    if (options->transcript) {
        stdio_session.transcript = &service->files.transcript;
        stdio_session.utf8 = charset_find(&service->charsets, "utf-8", err);
        stdio_session.name = options->name ? options->name : "you";
    }
    stdio_session_init(&service->stdio_session, &service->run->loop, &stdio_session);
    service->handler = &service->stdio_session.handler;
    service->handler->done = on_done;
    service->handler->owner = service;
    return 0;
}

static int lock(void *owner, bool locked, char *sentence, size_t size, struct err *err)
{
    struct service *service = owner;

    return service->events->lock(service->owner, locked, sentence, size, err);
}

static int init_gathering(struct service *service, const struct options *options, struct err *err)
{
    static const struct gathering_events events = {on_done, lock};

    service->gathers = true;
    service->handler = &service->gathering.room.handler;
    return gathering_init(&service->gathering, service->run, options, &service->charsets,
                          options->transcript ? &service->files.transcript : NULL,
                          options->chat && !options->talks ? &service->files.log : NULL, &events,
                          service, err);
}

static struct dial_options dial_options(const struct service *service,
                                        const struct options *options)
{
    return (struct dial_options){
        .family = service_family(options),
        .numeric = options->numeric,
        .is_own = service->events ? service->events->is_own : NULL,
        .owner = service->owner,
    };
}

static int init_bridging(struct service *service, const struct options *options, struct err *err)
{
    struct bridging_frame frame = {
        .transcript = options->transcript ? &service->files.transcript : NULL,
        .dial = dial_options(service, options),
        .relay = relay_options(options),
    };

    service->handler = &service->bridging.proxy.handler;
    if (bridging_init(&service->bridging, service->run, options, &service->charsets, &frame, err) <
        0)
        return -1;
    service->handler->done = on_done;
    service->handler->owner = service;
    return 0;
}

static void on_heard(void *owner)
{
    progress_yield(&((struct service *)owner)->progress);
}

static void hide_progress(void *owner)
{
    progress_hide(&((struct service *)owner)->progress);
}

static void show_progress(void *owner)
{
    progress_show(&((struct service *)owner)->progress);
}

/* What is received may be shown on the same terminal. */
static void init_progress(struct service *service, const struct options *options)
{
    bool shows = isatty(STDOUT_FILENO) && !options->send_only && !options->bridges;

    service->measures = options->progress && !options->talks;
    if (!service->measures)
        return;
    service->shows_more = shows && options->chat;
    if (shows)
        service->counter = (struct counter){.on_read = on_heard, .owner = service};
    run_share_terminal((struct run_row){hide_progress, show_progress, service});
}

static int init_handler(struct service *service, const struct options *options, struct err *err)
{
    if (options->bridges)
        return init_bridging(service, options, err);
    return options->gathers ? init_gathering(service, options, err)
                            : init_pipe(service, options, err);
}

/* ---- files ---- */

/* What the loop would find wrong only after the files are open. */
static int check_addresses(const struct options *options, struct err *err)
{
    struct dial_options dial = {
        .family = service_family(options), .numeric = options->numeric, .source = options->source};
    struct resolve_query query = {.address = &options->address,
                                  .family = dial.family,
                                  .numeric = dial.numeric,
                                  .passive = true};

    if (options->command == COMMAND_CONNECT)
        return dial_check(&options->address, &dial, err);
    if (options->forward && dial_check(&options->forward_address, &dial, err) < 0)
        return -1;
    return resolve_check(&query, err);
}

static int open_files(struct service *service, const struct options *options, struct err *err)
{
    bool writes = options->output || options->transcript || options->hex_dump;

    if (writes && check_addresses(options, err) < 0)
        return -1;
    if (files_open(&service->files, &service->run->loop, options,
                   &service->gathering.stdio_operator, err) < 0)
        return -1;
    service->shows_more |= files_share_terminal(&service->files);
    return 0;
}

/* A room begins to write when somebody comes, and would end then. */
static int check_output(const struct options *options, struct err *err)
{
    int flags = fcntl(STDOUT_FILENO, F_GETFL);

    if (!options->gathers || options->send_only || (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY))
        return 0;
    return err_errno(err, ERR_LOCAL, EBADF, "standard output");
}

int service_init(struct service *service, struct run *run, const struct options *options,
                 const struct service_events *events, void *owner, struct err *err)
{
    *service = (struct service){
        .run = run,
        .events = events,
        .owner = owner,
        .serves_one = options->once || options->command == COMMAND_CONNECT,
    };
    init_progress(service, options);
    if (check_output(options, err) < 0 || init_handler(service, options, err) < 0)
        return -1;
    return open_files(service, options, err);
}

void service_open(struct service *service, const char *state)
{
    struct err err;

    if (service->gathers && gathering_open(&service->gathering, state, &err) < 0)
        on_done(service, &err);
}

void service_close(struct service *service, const struct err *err)
{
    if (service->bridging.is_begun)
        proxy_session_stop(&service->bridging.proxy, err->sentence);
    if (service->gathers)
        room_break(&service->gathering.room, err->sentence);
}

void service_drain(struct service *service)
{
    if (service->bridging.is_begun)
        proxy_session_drain(&service->bridging.proxy);
    if (service->gathers)
        room_drain(&service->gathering.room);
}

/* These three: NULL and *err: it is closed. */
static struct stream *tapped(struct stream *stream, struct outfile *outfile,
                             const struct tap_form *form, struct err *err)
{
    struct stream *tap;

    if (!stream || !outfile->is_open)
        return stream;
    tap = tap_new(stream, outfile, form, err);
    if (!tap)
        stream_close(stream, STREAM_ABORT);
    return tap;
}

static struct stream *measured(struct service *service, struct stream *stream, struct err *err)
{
    struct stream *counter;

    if (!stream || !service->measures)
        return stream;
    counter = counter_new(stream, &service->counter, err);
    if (!counter) {
        stream_close(stream, STREAM_ABORT);
        return NULL;
    }
    progress_start(&service->progress, &service->run->loop, &service->counter);
    if (service->shows_more)
        progress_yield(&service->progress);
    return counter;
}

/* With all that looks on, whatever is done with the connection. */
static struct stream *observed(struct service *service, struct stream *stream, struct err *err)
{
    stream = tapped(stream, &service->files.hexdump, &hexdump_form, err);
    stream = tapped(stream, &service->files.output, &tap_of_bytes, err);
    return measured(service, stream, err);
}

/* Among many it is a matter of the newcomer; a room for one has nothing else to wait for. */
static void refuse(struct service *service, const char *peer, const struct err *err)
{
    if (!service->serves_one)
        log_say(LOG_ERROR, "%s was refused: %s", peer, err->sentence);
    else if (service->gathers)
        room_fail(&service->gathering.room, err);
    else
        run_fail(service->run, err);
}

void service_serve(struct service *service, struct stream *stream)
{
    char peer[ADDRESS_LABEL];
    struct err err;

    snprintf(peer, sizeof peer, "%s", stream_label(stream));
    if (service->gathers)
        connection_limit_unsent(stream, UNSENT);
    stream = observed(service, stream, &err);
    if (!stream || handler_serve(service->handler, stream, &err) < 0)
        refuse(service, peer, &err);
}

void service_note(struct service *service, const char *format, ...)
{
    struct room *room = &service->gathering.room;
    char sentence[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    if (service->gathers && room->options.mode.announces)
        dispatch_tell(room, "%s", sentence);
    if (!service->gathers || !service->gathering.talks) /* else the person has read it */
        log_say(LOG_VERBOSE, "%s", sentence);
}

void service_reopen(struct service *service)
{
    files_reopen(&service->files);
}

/* ---- the end by a signal ---- */

static bool is_alive(void *owner)
{
    return uv_loop_alive(owner);
}

static void interrupt_gathering(struct service *service)
{
    struct gathering *gathering = &service->gathering;
    struct run *run = service->run;
    bool is_empty = !gathering->room.roster.count && TAILQ_EMPTY(&gathering->room.leaving);

    gathering_interrupt(gathering, run_reason(run));
    if (!is_empty)
        run_on(run, RUN_ORDERLY_END_MS, is_alive, &run->loop);
    gathering_abandon(gathering);
}

static bool pipe_goes_on(void *owner)
{
    struct service *service = owner;

    if (stdio_session_is_sending(&service->stdio_session))
        return true;
    stdio_session_interrupt(&service->stdio_session, run_reason(service->run));
    return uv_loop_alive(&service->run->loop);
}

static void interrupt_pipe(struct service *service)
{
    if (stdio_session_serves(&service->stdio_session))
        run_on(service->run, RUN_ORDERLY_END_MS, pipe_goes_on, service);
    stdio_session_interrupt(&service->stdio_session, run_reason(service->run));
}

void service_interrupt(struct service *service)
{
    if (service->gathers)
        interrupt_gathering(service);
    else if (!service->bridging.is_begun)
        interrupt_pipe(service);
}

/* ---- the end ---- */

/* Replaced text ended nothing, so a file that failed outranks it. */
static void keep_failure(struct service *service, const struct err *failure)
{
    struct err *ended_by = &service->run->failed;

    if (ended_by->kind == ERR_TEXT && failure->kind != ERR_NONE)
        *ended_by = *failure;
    err_keep(ended_by, failure);
}

void service_fini(struct service *service)
{
    struct err failure = {0};

    if (!service->run)
        return;
    if (service->gathers)
        gathering_fini(&service->gathering);
    bridging_fini(&service->bridging);
    if (service->measures)
        progress_stop(&service->progress);
    run_share_terminal((struct run_row){0});
    files_close(&service->files, run_ends_at(service->run), &failure);
    keep_failure(service, &failure);
    charsets_fini(&service->charsets);
}

int service_family(const struct options *options)
{
    return options->ipv4 ? AF_INET : options->ipv6 ? AF_INET6 : AF_UNSPEC;
}
