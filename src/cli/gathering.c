/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/gathering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/connection.h"
#include "room/chat.h"
#include "text/decoder.h"

/* ---- options ---- */

const struct mode *gathering_mode(const struct options *options)
{
    return &modes[options->chat     ? MODE_CHAT
                  : options->broker ? options->talks ? MODE_BROKER_TERMINAL : MODE_BROKER
                  : options->reply  ? MODE_REPLY
                  : !options->talks ? MODE_KEEP_OPEN
                  : options->command == COMMAND_CONNECT ? MODE_CONNECT
                                                        : MODE_LISTEN];
}

/* What everybody speaks here and there stays as it is, where nobody asked to have it checked. */
static bool is_identity(const struct encodings *encodings, const struct options *options)
{
    return !gathering_mode(options)->framed && encodings->encodings.first &&
           !encodings->encodings.second &&
           charset_same(encodings->encodings.first, encodings->local) && !options->text.checked;
}

static size_t queue_limit(const struct options *options)
{
    return options->max_queue.given ? options->max_queue.bytes : OUTBOX_LIMIT;
}

static struct member_options member_options(const struct gathering *gathering,
                                            const struct options *options)
{
    size_t limit = queue_limit(options);

    return (struct member_options){
        .inbox = {.utf8 = gathering->encodings.utf8,
                  .text = options->text,
                  .read_most = limit / 4 < FRAMER_PUSH ? limit / 4 : FRAMER_PUSH},
        .encodings = gathering->encodings.encodings,
        .idle_ms = options->idle_timeout.ms,
        .quits = options->quit_after.given,
        .quit_ms = options->quit_after.ms,
    };
}

static struct room_options room_options(struct gathering *gathering, const struct options *options)
{
    size_t limit = queue_limit(options);

    return (struct room_options){
        .mode = *gathering_mode(options),
        .once = options->once,
        .commands = !options->no_commands,
        .rate = options->rate.given ? options->rate.value : RATE_DEFAULT,
        .host_of = connection_host,
        .limit = limit,
        .congested = limit / 4 < OUTBOX_CONGESTED ? limit / 4 : OUTBOX_CONGESTED,
        .charsets = gathering->encodings.charsets,
        .legacy = gathering->encodings.legacy,
        .local = gathering->encodings.local,
        .member = member_options(gathering, options),
        .transcript = gathering->transcript,
    };
}

static struct stdio_operator_options stdio_operator_options(const struct gathering *gathering,
                                                            const struct options *options)
{
    bool is_text = gathering->encodings.encodings.first || options->chat;
    bool shows = isatty(STDOUT_FILENO) && !options->raw;

    return (struct stdio_operator_options){
        .stdio = {.discard = options->send_only,
                  .silent = options->recv_only || options->reply != NULL},
        .peers = is_text ? gathering->encodings.utf8
                 : shows ? gathering->encodings.local
                         : NULL,
        .local = gathering->encodings.local,
        .utf8 = is_text ? gathering->encodings.utf8 : NULL,
        .shows = shows,
        .text = options->text,
        .transcript = gathering->transcript,
        .name = gathering->room.roster.own,
        .no_finish = options->no_shutdown || !gathering_mode(options)->shuts_down,
        .log = gathering->log,
        .timestamps = options->timestamps,
        .reply = gathering->reply,
        .hangs_up = options->hang_up,
    };
}

/* What is typed on the command line is in the local charset. */
static int read_reply(struct gathering *gathering, const struct options *options, struct err *err)
{
    struct decoder decoder;
    struct buf text;
    size_t used;

    if (!options->reply)
        return 0;
    buf_init(&text, 4 * strlen(options->reply) + 1);
    decoder_init(&decoder, gathering->encodings.local);
    if (!gathering->encodings.encodings.first) {
        if (buf_append(&text, options->reply, strlen(options->reply)) < 0)
            return err_memory(err);
    } else if (decoder_push(&decoder, options->reply, strlen(options->reply), true, &text, &used) !=
               TEXT_DONE) {
        buf_fini(&text);
        return err_set(err, ERR_USAGE, "--reply: '%s' is not %s", options->reply,
                       charset_name(gathering->encodings.local));
    }
    if (buf_append(&text, "", 1) < 0) {
        buf_fini(&text);
        return err_memory(err);
    }
    gathering->reply = (char *)text.bytes;
    return 0;
}

/* ---- the end of it ---- */

static void on_host_closed(struct stdio_operator *host)
{
    struct gathering *gathering = host->owner;

    gathering->stdio_operator_is_open = false;
    gathering->events->done(gathering->owner, &gathering->outcome);
}

static void on_person_closed(void *owner)
{
    struct gathering *gathering = owner;

    gathering->events->done(gathering->owner, &gathering->outcome);
}

static void on_room_done(void *owner, const struct err *err)
{
    struct gathering *gathering = owner;

    gathering->outcome = *err;
    if (gathering->talks && gathering->person.is_open)
        person_close(&gathering->person, on_person_closed, gathering);
    else if (gathering->stdio_operator_is_open)
        stdio_operator_close(&gathering->stdio_operator, on_host_closed, gathering);
    else
        gathering->events->done(gathering->owner, &gathering->outcome);
}

/* ---- coming and going ---- */

static void init_host(struct gathering *gathering, const struct options *options)
{
    struct stdio_operator_options host = stdio_operator_options(gathering, options);

    stdio_operator_init(&gathering->stdio_operator, &gathering->run->loop, &host, &gathering->room);
    gathering->room.op = &gathering->stdio_operator.op;
}

/* A login name that nobody may have in a room is no reason not to begin. */
static int name_operator(struct gathering *gathering, const struct options *options,
                         struct err *err)
{
    struct roster *roster = &gathering->room.roster;
    char name[MEMBER_NAME];
    struct err why;
    bool named = encodings_name(&gathering->encodings, options, name, sizeof name, &why) == 0 &&
                 roster_check(roster, NULL, name, &why) == 0;

    if (!named && options->name)
        return err_set(err, why.kind, "%s: %s",
                       options->name_variable ? options->name_variable : "--name", why.sentence);
    if (roster_rename(roster, NULL, named ? name : "operator") < 0)
        return err_memory(err);
    return 0;
}

int gathering_init(struct gathering *gathering, struct run *run, const struct options *options,
                   struct charsets *charsets, struct transcript *transcript, struct outfile *log,
                   const struct gathering_events *events, void *owner, struct err *err)
{
    struct room_options room;

    *gathering = (struct gathering){.run = run,
                                    .talks = options->talks,
                                    .transcript = transcript,
                                    .log = log,
                                    .events = events,
                                    .owner = owner};
    if (encodings_open(&gathering->encodings, options, charsets, err) < 0 ||
        read_reply(gathering, options, err) < 0)
        return -1;
    if (is_identity(&gathering->encodings, options))
        gathering->encodings.encodings = (struct encoding_list){0};
    if (!gathering->encodings.encodings.first && (options->talks || options->chat))
        gathering->encodings.encodings.first = gathering->encodings.local;
    room = room_options(gathering, options);
    room_init(&gathering->room, &run->loop, &room, NULL);
    if (name_operator(gathering, options, err) < 0)
        return -1;
    gathering->room.handler.done = on_room_done;
    gathering->room.handler.owner = gathering;
    if (options->talks)
        person_init(&gathering->person, run, options, &gathering->room, events->lock, owner);
    else
        init_host(gathering, options);
    return 0;
}

int gathering_open(struct gathering *gathering, const char *state, struct err *err)
{
    if (gathering->talks)
        return person_open(&gathering->person, state, err);
    gathering->stdio_operator_is_open = stdio_operator_open(&gathering->stdio_operator, err) == 0;
    return gathering->stdio_operator_is_open ? 0 : -1;
}

/* Whether what standard input gives is data for the peers. */
static bool is_pipe(const struct gathering *gathering)
{
    return gathering->room.options.mode.merges;
}

void gathering_interrupt(struct gathering *gathering, const char *reason)
{
    if (is_pipe(gathering) && !gathering->stdio_operator.has_ended)
        room_break(&gathering->room, reason);
    else
        room_end(&gathering->room);
}

void gathering_abandon(struct gathering *gathering)
{
    room_abandon(&gathering->room, is_pipe(gathering) ? STREAM_ABORT : STREAM_LINGER);
}

void gathering_fini(struct gathering *gathering)
{
    if (gathering->talks)
        person_fini(&gathering->person);
    room_fini(&gathering->room);
    free(gathering->reply);
}
