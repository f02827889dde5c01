/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/console_commands.h"
#include "ui/completion.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/event.h"
#include "base/language.h"
#include "net/connection.h"
#include "net/tls.h"
#include "room/chat.h"
#include "room/record.h"
#include "ui/completion.h"
#include "ui/leaving.h"
#include "ui/prompt.h"
#include "ui/reread.h"
#include "ui/spoken.h"
#include "ui/tty.h"
#include "ui/wire_commands.h"

enum { LISTED = 100, WORD = 256 };

void console_commands_init(struct console_commands *commands,
                           const struct console_commands_options *options, struct room *room,
                           struct screen *screen, struct upload *upload)
{
    *commands = (struct console_commands){
        .options = *options,
        .room = room,
        .screen = screen,
        .upload = upload,
        .audience = options->audience,
    };
    snprintf(commands->name, sizeof commands->name, "%s",
             options->name ? options->name : ROSTER_YOU);
    membership_init(&commands->membership, room, &upload->waiting, options->name, commands->name);
    bench_init(&commands->bench, room, screen, upload, commands->name, options->opener);
}

void console_commands_fini(struct console_commands *commands)
{
    bench_fini(&commands->bench);
}

bool console_commands_heard(struct console_commands *commands, const struct inbound *inbound)
{
    bool joins = membership_heard(&commands->membership, inbound);

    if (joins)
        commands->audience = COMMAND_OF_MEMBER;
    return joins;
}

void console_commands_left(struct console_commands *commands)
{
    membership_left(&commands->membership);
    if (commands->audience == commands->options.audience)
        return;
    commands->audience = commands->options.audience;
    completion_open(commands->audience, commands->room, commands->screen, commands->options.opener);
}

/* NULL: no peer has this name, and a notice says so. */
static struct member *find_peer(struct console_commands *commands, struct word name)
{
    struct member *member = roster_find(&commands->room->roster, name.at, name.n);

    if (!member)
        screen_tell(commands->screen, "nobody here is called %.*s; %s lists them", (int)name.n,
                    name.at, console_commands_connects(commands) ? "/status" : "/who");
    return member;
}

/* ---- /help ---- */

static void help_line(struct screen *screen, const char *shown, const char *help)
{
    char line[COMMAND_SHOWN + WORD];

    snprintf(line, sizeof line, "%-24s%s", shown, language_text(help));
    screen_notice(screen, line);
}

static void help(struct console_commands *commands)
{
    const struct command_row *row = NULL;

    while ((row = command_next(row, commands->audience, "", 0))) {
        char shown[COMMAND_SHOWN];

        command_shown(row, shown);
        help_line(commands->screen, shown, row->help);
    }
    help_line(commands->screen, "//text", N_("sends /text"));
}

/* ---- /status, /who, /encoding ---- */

static void tell_peer(struct console_commands *commands, const struct member *member)
{
    char tls[TLS_SENTENCE];
    int unacknowledged;

    spoken_tell_figures(commands->screen, member, uv_now(commands->room->loop));
    if (member->stream && tls_describe(member->stream, tls))
        screen_tell(commands->screen, "%s is encrypted: %s", member->seat.name, tls);
    if (member->outbox.bytes)
        screen_tell(commands->screen, "%zu bytes wait until %s takes them", member->outbox.bytes,
                    member->seat.name);
    unacknowledged = member->stream ? connection_unacknowledged(member->stream) : 0;
    if (unacknowledged)
        screen_tell(commands->screen,
                    "%d bytes more are sent, and the system of %s has not "
                    "acknowledged them",
                    unacknowledged, member->seat.name);
}

static void who(struct console_commands *commands)
{
    const struct console_commands_options *options = &commands->options;
    const struct roster *roster = &commands->room->roster;
    char waiting[WORD];
    size_t left = LISTED;

    for (struct member *member = roster->first; member && left; member = member->seat.next, left--)
        tell_peer(commands, member);
    if (!roster->count)
        screen_tell(commands->screen, "nobody is here");
    else if (roster->count > 1)
        screen_tell(commands->screen, "%zu peers are here", roster->count);
    if (options->describe_waiting &&
        options->describe_waiting(options->owner, waiting, sizeof waiting))
        screen_notice(commands->screen, waiting);
}

static void tell_all_charsets(struct console_commands *commands)
{
    char list[ENCODING_LIST_NAME];
    size_t left = LISTED;

    for (struct member *member = commands->room->roster.first; member && left;
         member = member->seat.next, left--)
        spoken_tell(commands->screen, member);
    encoding_list_name(&commands->room->options.member.encodings, list);
    if (!console_commands_connects(commands))
        screen_tell(commands->screen, "newcomers may speak %s", list);
}

static int read_list(struct console_commands *commands, struct word piece,
                     struct encoding_list *encodings)
{
    const struct framing *framing = &commands->room->options.member.inbox.framing;
    char list[WORD];
    struct err err;

    command_copy(list, sizeof list, piece);
    if (!strcasecmp(list, "raw")) {
        *encodings = (struct encoding_list){.first = commands->room->options.local};
        return 0;
    }
    if (encoding_list_parse(encodings, list, &commands->room->options.legacy,
                            commands->room->options.charsets, true, &err) == 0 &&
        framing_check(framing, encodings->first, &err) == 0 &&
        (!encodings->second || framing_check(framing, encodings->second, &err) == 0))
        return 0;
    screen_notice(commands->screen, err.sentence);
    return -1;
}

static void set_one(struct console_commands *commands, struct word name, struct word list)
{
    struct member *member = find_peer(commands, name);
    struct encoding_list encodings;

    if (!member || read_list(commands, list, &encodings) < 0)
        return;
    reread_in(commands->screen, member, &encodings);
    spoken_tell(commands->screen, member);
}

static void set_all(struct console_commands *commands, struct word list)
{
    struct encoding_list encodings;
    size_t left = LISTED;

    if (read_list(commands, list, &encodings) < 0)
        return;
    if (commands->audience == COMMAND_OF_MEMBER) {
        membership_ask_encodings(&commands->membership, &encodings);
        return;
    }
    for (struct member *member = commands->room->roster.first; member && left;
         member = member->seat.next, left--)
        reread_in(commands->screen, member, &encodings);
    room_set_encodings(commands->room, &encodings);
    tell_all_charsets(commands);
}

static void encoding(struct console_commands *commands, const struct command_line *line)
{
    const struct roster *roster = &commands->room->roster;
    const struct word *words = line->arguments;

    if (line->count == 2)
        set_one(commands, words[0], words[1]);
    else if (line->count == 1 && roster_find(roster, words[0].at, words[0].n))
        spoken_tell(commands->screen, roster_find(roster, words[0].at, words[0].n));
    else if (line->count == 1)
        set_all(commands, words[0]);
    else
        tell_all_charsets(commands);
}

/* ---- the others ---- */

/* The outboxes of the peers are still sent. */
static void quit(struct console_commands *commands)
{
    upload_stop(commands->upload);
    commands->has_quit = true;
    leaving_end_room(commands->room, commands->screen);
}

static void send_file(struct console_commands *commands, struct word piece)
{
    char *path = prompt_path(piece.at, piece.n);
    struct err err;

    if (!path || upload_send(commands->upload, commands->options.opener, path, &err) < 0)
        screen_notice(commands->screen, path ? err.sentence : language_text(N_("out of memory")));
    free(path);
}

static void clear(struct console_commands *commands)
{
    static const char sequence[] = "\033[H\033[2J";

    if (tty_is_able()) /* the prompt is drawn again after the line */
        terminal_write(commands->screen->terminal, sequence, sizeof sequence - 1);
}

/* The notice of "on" stands in front of the first event. */
static void explain(struct console_commands *commands, struct word word)
{
    bool on = word_is(word, "on");

    if (!on && !word_is(word, "off")) {
        screen_tell(commands->screen, "/explain takes on or off: /explain on|off");
        return;
    }
    if (on)
        screen_tell(commands->screen, "each call on a socket is told from now on");
    else
        screen_tell(commands->screen, "calls on sockets are told no more");
    event_explain(on);
}

static void say_to(struct console_commands *commands, const struct command_line *line)
{
    struct word text = line->arguments[1];
    struct member *member = find_peer(commands, line->arguments[0]);
    char name[2 * MEMBER_NAME + 2];
    struct screen_label label = {.name = name, .color = COLOR_OWN, .is_aside = true};
    struct waiting *waiting = &commands->upload->waiting;
    bool waits;

    if (!member)
        return;
    snprintf(name, sizeof name, "%s>%s", commands->name, member->seat.name);
    waits = waiting_show(waiting, member, label, MARK_NONE, text.at, text.n);
    /* in a chat the frame marks a line that only one peer got */
    record_own(commands->room, (struct record_parties){commands->name, member->seat.name, member},
               room_is_chat(commands->room) ? INBOUND_PRIVATE : INBOUND_SAY, text.at, text.n);
    room_speak_to(commands->room, member, text.at, text.n);
    waiting_note_said(waiting, member, waits);
}

static void kick(struct console_commands *commands, struct word name)
{
    struct member *member = find_peer(commands, name);

    if (member)
        room_remove(commands->room, member);
}

static void nick(struct console_commands *commands, struct word piece)
{
    char name[WORD], former[MEMBER_NAME];
    struct err err;

    command_copy(name, sizeof name, piece);
    if (roster_check(&commands->room->roster, NULL, name, &err) < 0) {
        screen_notice(commands->screen, err.sentence);
        return;
    }
    memcpy(former, commands->room->roster.own, sizeof former);
    if (roster_rename(&commands->room->roster, NULL, name) < 0) {
        screen_tell(commands->screen, "out of memory; your name is still %s", former);
        return;
    }
    if (room_is_chat(commands->room))
        room_note_renamed(commands->room, former);
    memcpy(commands->name, name, strlen(name) + 1);
    screen_tell(commands->screen, "you are %s now", name);
}

/* The operator of a chat does something. */
static void act(struct console_commands *commands, struct word text)
{
    struct screen_label label = {.name = commands->name, .color = COLOR_OWN};
    struct waiting *waiting = &commands->upload->waiting;
    bool waits = waiting_show(waiting, NULL, label, MARK_ACTION, text.at, text.n);

    record_own(commands->room, (struct record_parties){.name = commands->name}, INBOUND_ACTION,
               text.at, text.n);
    room_act(commands->room, text.at, text.n);
    waiting_note_said(waiting, NULL, waits);
}

static void lock(struct console_commands *commands, bool locked)
{
    char sentence[1024];
    struct err err;

    if (commands->options.lock(commands->options.owner, locked, sentence, sizeof sentence, &err) <
        0)
        screen_notice(commands->screen, err.sentence);
    else
        screen_notice(commands->screen, sentence);
}

static void run_local(struct console_commands *commands, const struct command_line *line)
{
    switch (line->row->word) {
    case COMMAND_HELP: help(commands); break;
    case COMMAND_QUIT: quit(commands); break;
    case COMMAND_STATUS:
        who(commands);
        bench_tell(&commands->bench);
        break;
    case COMMAND_WHO: who(commands); break;
    case COMMAND_ENCODING: encoding(commands, line); break;
    case COMMAND_SEND: send_file(commands, line->arguments[0]); break;
    case COMMAND_CLEAR: clear(commands); break;
    case COMMAND_EXPLAIN: explain(commands, line->arguments[0]); break;
    case COMMAND_TO:
    case COMMAND_MSG: say_to(commands, line); break;
    case COMMAND_KICK: kick(commands, line->arguments[0]); break;
    case COMMAND_NICK: nick(commands, line->arguments[0]); break;
    case COMMAND_LOCK: lock(commands, true); break;
    case COMMAND_UNLOCK: lock(commands, false); break;
    case COMMAND_VIEW:
        wire_commands_view(commands->screen, commands->room, line->arguments, line->count);
        break;
    case COMMAND_EOL:
        wire_commands_eol(commands->screen, commands->room, line->arguments, line->count);
        break;
    case COMMAND_ME: act(commands, line->arguments[0]); break;
    default: bench_run(&commands->bench, line); break;
    }
}

static bool is_of_far_room(const struct console_commands *commands, enum command_word word)
{
    return commands->audience == COMMAND_OF_MEMBER &&
           (word == COMMAND_WHO || word == COMMAND_NICK || word == COMMAND_ME ||
            word == COMMAND_MSG);
}

void console_commands_run(struct console_commands *commands, const struct command_line *line,
                          const char *typed)
{
    if (is_of_far_room(commands, line->row->word))
        membership_run(&commands->membership, line, typed);
    else
        run_local(commands, line);
}
