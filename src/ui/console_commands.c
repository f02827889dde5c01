/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the /commands of a person do; see text/command for how they are read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "room/chat.h"
#include "ui/console.h"
#include "ui/prompt.h"

enum { LISTED = 100, WORD = 256 };

static bool connects(const struct console *console)
{
    return console->options.audience == COMMAND_OF_CONNECT;
}

static void copy_piece(char word[WORD], struct command_piece piece)
{
    snprintf(word, WORD, "%.*s", (int)piece.length, piece.text);
}

/* Tells it where there is none of that name. */
static struct member *find_peer(struct console *console, struct command_piece name)
{
    struct member *member = roster_find(&console->room->roster, name.text, name.length);

    if (!member)
        console_tell(console, "nobody here is called %.*s; /%s lists them", (int)name.length,
                     name.text, connects(console) ? "status" : "who");
    return member;
}

/* ---- /help ---- */

static void help(struct console *console)
{
    const struct command_row *row = NULL;

    while ((row = command_next(row, console->options.audience, "", 0))) {
        char shown[COMMAND_SHOWN];

        command_shown(row, shown);
        console_tell(console, "%-24s%s", shown, row->help);
    }
    console_tell(console, "%-24s%s", "//text", "sends /text");
}

/* ---- /status, /who, /encoding ---- */

enum { SPEAKS = 256 };

static void describe_speech(const struct member *member, char text[SPEAKS])
{
    const struct encoding *encoding = &member->encoding;
    const struct charset *known = encoding_known(encoding);
    char list[ENCODING_LIST_NAME];

    encoding_list_name(&encoding->encodings, list);
    if (!encoding->encodings.second)
        snprintf(text, SPEAKS, "speaks %s, as was set", list);
    else if (known)
        snprintf(text, SPEAKS, "speaks %s, by what it sent", charset_name(known));
    else
        snprintf(text, SPEAKS, "speaks %s, it is not known yet which", list);
}

static void tell_peer(struct console *console, const struct member *member)
{
    uint64_t seconds = (uv_now(console->loop) - member->seat.came_at) / 1000;
    char speaks[SPEAKS];

    describe_speech(member, speaks);
    console_tell(console,
                 "%s %s %s; here for %" PRIu64 ":%02u:%02u, %" PRIu64 " bytes received, %" PRIu64
                 " sent",
                 member->seat.name, member_address(member), speaks, seconds / 3600,
                 (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60), member->received,
                 member->outbox.sent);
    if (member->outbox.bytes)
        console_tell(console, "%zu bytes wait until %s takes them", member->outbox.bytes,
                     member->seat.name);
}

static void who(struct console *console)
{
    const struct roster *roster = &console->room->roster;
    size_t left = LISTED;

    for (struct member *member = roster->first; member && left; member = member->seat.next, left--)
        tell_peer(console, member);
    if (!roster->count)
        console_tell(console, "nobody is here");
    else if (roster->count > 1)
        console_tell(console, "%zu peers are here", roster->count);
}

static void tell_speech(struct console *console, const struct member *member)
{
    char speaks[SPEAKS];

    describe_speech(member, speaks);
    console_tell(console, "%s %s", member->seat.name, speaks);
}

static void tell_all_speech(struct console *console)
{
    char list[ENCODING_LIST_NAME];
    size_t left = LISTED;

    for (struct member *member = console->room->roster.first; member && left;
         member = member->seat.next, left--)
        tell_speech(console, member);
    encoding_list_name(&console->room->options.member.encodings, list);
    if (!connects(console))
        console_tell(console, "newcomers may speak %s", list);
}

static int read_list(struct console *console, struct command_piece piece,
                     struct encoding_list *encodings)
{
    char list[WORD];
    struct err err;

    copy_piece(list, piece);
    if (!strcasecmp(list, "raw")) {
        *encodings = (struct encoding_list){.first = console->options.local};
        return 0;
    }
    if (encoding_list_parse(encodings, list, console->options.legacy, console->options.charsets,
                            true, &err) == 0)
        return 0;
    console_tell(console, "%s", err.sentence);
    return -1;
}

static void set_one(struct console *console, struct command_piece name, struct command_piece list)
{
    struct member *member = find_peer(console, name);
    struct encoding_list encodings;

    if (!member || read_list(console, list, &encodings) < 0)
        return;
    member_set_encodings(member, &encodings);
    tell_speech(console, member);
}

static void set_all(struct console *console, struct command_piece list)
{
    struct encoding_list encodings;

    if (read_list(console, list, &encodings) < 0)
        return;
    room_set_encodings(console->room, &encodings);
    tell_all_speech(console);
}

static void encoding(struct console *console, const struct command_line *line)
{
    const struct roster *roster = &console->room->roster;
    const struct command_piece *words = line->arguments;

    if (line->count == 2)
        set_one(console, words[0], words[1]);
    else if (line->count == 1 && roster_find(roster, words[0].text, words[0].length))
        tell_speech(console, roster_find(roster, words[0].text, words[0].length));
    else if (line->count == 1)
        set_all(console, words[0]);
    else
        tell_all_speech(console);
}

/* ---- the others ---- */

static void send_file(struct console *console, struct command_piece piece)
{
    char *path = prompt_path(piece.text, piece.length);
    struct err err;

    if (!path || upload_send(&console->upload, path, &err) < 0)
        console_tell(console, "%s", path ? err.sentence : "out of memory");
    free(path);
}

static void clear(struct console *console)
{
    static const char sequence[] = "\033[H\033[2J";

    if (terminal_is_able()) /* the prompt comes back by itself, once the line is done */
        terminal_write(&console->terminal, sequence, sizeof sequence - 1);
}

/* Among many it says that not all of them heard it. */
static void take_down(struct console *console, const char *name, const struct command_piece *text)
{
    struct transcript *transcript = console->room->options.transcript;
    char head[2 * MEMBER_NAME + 4];

    snprintf(head, sizeof head, room_is_chat(console->room) ? "[%s]" : "%s:", name);
    if (transcript)
        transcript_under(transcript, head, text->text, text->length);
}

static void say_to(struct console *console, const struct command_line *line)
{
    const struct command_piece *text = &line->arguments[1];
    struct member *member = find_peer(console, line->arguments[0]);
    char name[2 * MEMBER_NAME + 2];

    if (!member)
        return;
    snprintf(name, sizeof name, "%s>%s", console->name, member->seat.name);
    screen_aside(&console->screen, name, text->text, text->length);
    take_down(console, name, text);
    room_speak_to(console->room, member, text->text, text->length);
}

static void kick(struct console *console, struct command_piece name)
{
    struct member *member = find_peer(console, name);

    if (member)
        room_remove(console->room, member);
}

static void nick(struct console *console, struct command_piece piece)
{
    char name[WORD], former[MEMBER_NAME];
    struct err err;

    copy_piece(name, piece);
    if (roster_check(&console->room->roster, NULL, name, &err) < 0) {
        console_tell(console, "%s", err.sentence);
        return;
    }
    memcpy(former, console->room->roster.own, sizeof former);
    if (roster_rename(&console->room->roster, NULL, name) < 0) {
        console_tell(console, "out of memory; your name is still %s", former);
        return;
    }
    if (room_is_chat(console->room))
        chat_renamed(console->room, former, name);
    memcpy(console->name, name, strlen(name) + 1);
    console_tell(console, "you are %s now", name);
}

static void lock(struct console *console, bool locked)
{
    char sentence[1024];
    struct err err;

    if (console->events->lock(console->owner, locked, sentence, sizeof sentence, &err) < 0)
        console_tell(console, "%s", err.sentence);
    else
        console_tell(console, "%s", sentence);
}

void console_command(struct console *console, const struct command_line *line)
{
    switch (line->row->word) {
    case COMMAND_HELP: help(console); break;
    case COMMAND_QUIT: console_quit(console); break;
    case COMMAND_STATUS:
    case COMMAND_WHO: who(console); break;
    case COMMAND_ENCODING: encoding(console, line); break;
    case COMMAND_SEND: send_file(console, line->arguments[0]); break;
    case COMMAND_CLEAR: clear(console); break;
    case COMMAND_TO: say_to(console, line); break;
    case COMMAND_KICK: kick(console, line->arguments[0]); break;
    case COMMAND_NICK: nick(console, line->arguments[0]); break;
    case COMMAND_LOCK: lock(console, true); break;
    case COMMAND_UNLOCK: lock(console, false); break;
    case COMMAND_ME:
    case COMMAND_MSG: break; /* of peers only */
    }
}
