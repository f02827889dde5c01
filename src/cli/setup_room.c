/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/setup_room.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"
#include "cli/messages.h"
#include "cli/modules.h"
#include "net/connection.h"
#include "room/chat.h"

/* ---- the room's options ---- */

/* Bytes stay as they are where both sides speak the same and --on-bad-text was not given. */
static bool is_identity(const struct encodings *encodings, const struct options *options)
{
    return !options_mode(options)->framed && encodings->encodings.first &&
           !encodings->encodings.second &&
           charset_same(encodings->encodings.first, encodings->local) && !options->text.checked;
}

static int open_encodings(struct setup_room *setup, struct err *err)
{
    const struct options *options = setup->context->options;
    struct encodings *encodings = &setup->encodings;

    if (encodings_open(encodings, options, &setup->context->charsets, err) < 0)
        return -1;
    if (is_identity(encodings, options))
        encodings->encodings = (struct encoding_list){0};
    if (!encodings->encodings.first &&
        (options->has_person || options->chat || setup_bot_is_wanted(options)))
        encodings->encodings =
            (struct encoding_list){.first = encodings->local, .is_raw = options_are_raw(options)};
    return 0;
}

static size_t queue_limit(const struct options *options)
{
    return options->max_queue.given ? options->max_queue.bytes : OUTBOX_LIMIT;
}

static struct member_options member_options(const struct setup_room *setup)
{
    const struct options *options = setup->context->options;
    size_t quarter = queue_limit(options) / 4;

    return (struct member_options){
        .inbox = {.utf8 = setup->encodings.utf8,
                  .text = options->text,
                  .framing = options->message,
                  .keeps_last = options->has_person,
                  .tells_reads = options->view == VIEW_CHUNKS,
                  .read_most = quarter < FRAMER_PUSH ? quarter : FRAMER_PUSH},
        .encodings = setup->encodings.encodings,
        .idle_ms = options->idle_timeout.ms,
        .quits = options->quit_after.given,
        .quit_ms = options->quit_after.ms,
        .confirms = setup_bot_is_wanted(options) && options_serve_one(options),
    };
}

static bool is_null(int fd)
{
    struct stat status, null;

    return status_of(fd, &status) == 0 && stat("/dev/null", &null) == 0 &&
           S_ISCHR(status.st_mode) && status.st_rdev == null.st_rdev;
}

/* A file or /dev/null as standard output has no reader. A pipe or a socket may lead to a person, or
 * to a journal: an operator that cannot speak would not answer there. */
static bool is_attended(const struct options *options)
{
    struct stat status;

    return options->has_person || isatty(STDOUT_FILENO) ||
           (!is_null(STDIN_FILENO) && status_of(STDOUT_FILENO, &status) == 0 &&
            (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode)));
}

static struct room_options room_options(const struct setup_room *setup)
{
    const struct options *options = setup->context->options;
    size_t limit = queue_limit(options);

    return (struct room_options){
        .mode = *options_mode(options),
        .once = options->once || (setup_bot_is_wanted(options) && options_serve_one(options)),
        .commands = !options->no_commands,
        .unattended = !is_attended(options),
        .rate = options->rate.given ? options->rate.value : RATE_DEFAULT,
        .host_of = connection_host,
        .limit = limit,
        .congested = limit / 4 < OUTBOX_CONGESTED ? limit / 4 : OUTBOX_CONGESTED,
        .charsets = setup->encodings.charsets,
        .legacy = setup->encodings.legacy,
        .local = setup->encodings.local,
        .member = member_options(setup),
        .says_endings = options->has_person && options->verbose && isatty(STDERR_FILENO),
        .transcript = context_transcript(setup->context),
    };
}

/* A login name that the room refuses is replaced; a name of --name is not. */
static int name_operator(struct setup_room *setup, struct err *err)
{
    const struct options *options = setup->context->options;
    struct roster *roster = &setup->room.roster;
    bool is_good =
        encodings_name(&setup->encodings, options, setup->name, sizeof setup->name, err) == 0 &&
        roster_check(roster, NULL, setup->name, err) == 0;

    if (!is_good && options->name)
        return encodings_refuse_name(options, err);
    if (!is_good)
        snprintf(setup->name, sizeof setup->name, "operator");
    return roster_rename(roster, NULL, setup->name) < 0 ? err_memory(err) : 0;
}

/* ---- a person as the operator ---- */

static bool wants_color(const struct setup_room *setup)
{
    const struct options *options = setup->context->options;
    const char *refused = getenv("NO_COLOR");

    if (options->color != COLOR_AUTO)
        return options->color == COLOR_ALWAYS;
    return setup->ui->is_able() && !(refused && *refused);
}

static struct console_options console_options(const struct setup_room *setup)
{
    const struct options *options = setup->context->options;

    return (struct console_options){
        .commands = {.audience = options->command == COMMAND_CONNECT ? COMMAND_OF_CONNECT
                                 : options->chat                     ? COMMAND_OF_CHAT
                                                                     : COMMAND_OF_LISTEN,
                     .name = options->name ? setup->name : NULL,
                     .lock = setup->context->events->lock,
                     .describe_waiting = setup->context->events->describe_waiting,
                     .owner = setup->context->owner,
                     .opener = context_opener(setup->context)},
        .view = options->view,
        .color = wants_color(setup),
        .timestamps = options->timestamps,
        .raw = options->raw,
        .history = !options->no_history,
        .no_finish = options->no_shutdown,
    };
}

static void report_done(struct setup_room *setup)
{
    setup->context->events->done(setup->context->owner, &setup->outcome);
}

static void console_on_signalled(void *owner, int number)
{
    run_stop(((struct setup_room *)owner)->context->run, number);
}

static void console_on_closed(void *owner)
{
    struct setup_room *setup = owner;
    struct err lack;

    messages_use_screen((struct messages_screen){0});
    setup->is_open = false;
    if (setup->console.screen.dropped) { /* nor was their count shown */
        err_memory(&lack);
        err_keep(&setup->outcome, &lack);
    }
    report_done(setup);
}

static int init_console(struct setup_room *setup, struct err *err)
{
    static const struct console_events events = {console_on_signalled, console_on_closed};
    struct console_options options;

    setup->ui = modules_ui(err);
    if (!setup->ui)
        return -1;
    options = console_options(setup);
    setup->ui->init(&setup->console, &setup->context->run->loop, &options, &setup->room, &events,
                    setup);
    setup->room.op = &setup->console.op;
    return 0;
}

static void say(void *owner, const char *line)
{
    struct setup_room *setup = owner;

    setup->ui->notice(&setup->console.screen, line);
}

static void show(void *owner, const char *line)
{
    struct setup_room *setup = owner;

    setup->ui->plain(&setup->console.screen, line);
}

static int open_console(struct setup_room *setup, const char *state, struct err *err)
{
    bool connects = setup->context->options->command == COMMAND_CONNECT;

    if (setup->ui->open(&setup->console, state, connects, err) < 0)
        return -1;
    messages_use_screen((struct messages_screen){say, show, setup});
    return 0;
}

/* ---- standard input and output as the operator ---- */

static struct stdio_operator_options stdio_operator_options(const struct setup_room *setup)
{
    const struct options *options = setup->context->options;
    const struct encodings *encodings = &setup->encodings;
    bool is_text = (encodings->encodings.first && !setup_bot_shows_bytes(options)) || options->chat;
    bool shows = isatty(STDOUT_FILENO) && !options->raw;

    return (struct stdio_operator_options){
        .stdio = {.discard = options->send_only, .silent = options->recv_only || options->answers},
        .peers = is_text ? encodings->utf8
                 : shows ? encodings->local
                         : NULL,
        .local = encodings->local,
        .utf8 = is_text ? encodings->utf8 : NULL,
        .shows = shows,
        .text = options->text,
        .transcript = context_transcript(setup->context),
        .name = setup->room.roster.own,
        .no_finish = options->no_shutdown || !options_mode(options)->shuts_down,
        .form = options->literal ? INPUT_LITERALS
                : options->chat  ? INPUT_LINES
                                 : INPUT_BYTES,
        .log = options->chat ? &setup->context->files.log : NULL,
        .timestamps = options->timestamps,
        .reply = setup->reply,
        .hangs_up = options->hang_up,
    };
}

static void init_stdio_operator(struct setup_room *setup)
{
    struct stdio_operator_options options = stdio_operator_options(setup);

    stdio_operator_init(&setup->stdio_operator, &setup->context->run->loop, &options, &setup->room);
    setup->room.op = &setup->stdio_operator.op;
}

/* Appends the answer and a NUL. */
static int decode_reply(const struct setup_room *setup, const char *reply, struct buf *text,
                        struct err *err)
{
    const struct encodings *encodings = &setup->encodings;

    if (!encodings->encodings.first)
        return buf_append(text, reply, strlen(reply) + 1) < 0 ? err_memory(err) : 0;
    if (encodings_decode(encodings, reply, text) < 0)
        return err_set(err, ERR_USAGE, "--reply: '%s' is not %s", reply,
                       charset_name(encodings->local));
    return buf_append(text, "", 1) < 0 ? err_memory(err) : 0;
}

static int read_reply(struct setup_room *setup, struct err *err)
{
    const char *reply = setup->context->options->reply;
    struct buf text;

    if (!reply)
        return 0;
    buf_init(&text, 4 * strlen(reply) + 1);
    if (decode_reply(setup, reply, &text, err) < 0) {
        buf_fini(&text);
        return -1;
    }
    setup->reply = (char *)text.bytes;
    return 0;
}

/* ---- the room ---- */

static void stdio_operator_on_closed(struct stdio_operator *stdio)
{
    struct setup_room *setup = stdio->owner;

    setup->is_open = false;
    report_done(setup);
}

static void room_on_done(void *owner, const struct err *err)
{
    struct setup_room *setup = owner;

    setup->outcome = *err;
    if (!setup->is_open)
        report_done(setup);
    else if (setup->context->options->has_person)
        setup->ui->close(&setup->console);
    else
        stdio_operator_close(&setup->stdio_operator, stdio_operator_on_closed, setup);
}

static bool room_on_again(void *owner, const char *label, const struct err *err)
{
    const struct context *context = ((struct setup_room *)owner)->context;

    return context->events->again(context->owner, label, err);
}

int setup_room_init(struct setup_room *setup, struct context *context, struct err *err)
{
    struct room_options options;

    *setup = (struct setup_room){.context = context};
    if (open_encodings(setup, err) < 0 || read_reply(setup, err) < 0 ||
        setup_bot_read(&setup->bot, context->options, &setup->encodings, err) < 0)
        return -1;
    options = room_options(setup);
    room_init(&setup->room, &context->run->loop, &options, NULL);
    setup->room.handler.done = room_on_done;
    setup->room.handler.again = context->options->reconnect.given ? room_on_again : NULL;
    setup->room.handler.owner = setup;
    setup->room.handler.is_dialled = context->options->command == COMMAND_CONNECT;
    if (name_operator(setup, err) < 0)
        return -1;
    if (context->options->has_person)
        return init_console(setup, err);
    init_stdio_operator(setup);
    if (setup_bot_is_wanted(context->options))
        setup_bot_init(&setup->bot, context->options, &setup->room, &setup->stdio_operator.op);
    return 0;
}

int setup_room_open(struct setup_room *setup, const char *state, struct err *err)
{
    int result = setup->context->options->has_person
                     ? open_console(setup, state, err)
                     : stdio_operator_open(&setup->stdio_operator, err);

    setup->is_open = result == 0;
    return result;
}

/* ---- the end by a signal ---- */

static bool is_alive(void *owner)
{
    return uv_loop_alive(owner);
}

/* Data that peers did not take must not look whole: they get a reset. */
void setup_room_interrupt(struct setup_room *setup)
{
    struct room *room = &setup->room;
    struct run *run = setup->context->run;
    bool breaks = room->options.mode.merges; /* -k in a pipe: standard input is data */
    bool is_empty = !room->roster.count && TAILQ_EMPTY(&room->leaving);

    if (breaks && !setup->stdio_operator.has_ended)
        room_break(room, run_reason(run));
    else
        room_end(room);
    if (!is_empty)
        run_on(run, RUN_ORDERLY_END_MS, is_alive, &run->loop);
    room_abandon(room, breaks ? STREAM_ABORT : STREAM_LINGER);
}

void setup_room_fini(struct setup_room *setup)
{
    if (!setup->context)
        return;
    if (setup->is_open && setup->context->options->has_person) {
        messages_use_screen((struct messages_screen){0});
        setup->ui->abandon(&setup->console);
    }
    room_fini(&setup->room);
    setup_bot_fini(&setup->bot);
    free(setup->reply);
}
