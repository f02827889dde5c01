/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/chat_commands.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "text/command.h"
#include "text/name.h"

enum { LISTED = 100, WORD_SHOWN = 100 };

static size_t help(struct chat *chat, struct member *member)
{
    const struct command_row *row = NULL;
    size_t said = 0;

    while ((row = command_next(row, COMMAND_OF_PEER, "", 0))) {
        char shown[COMMAND_SHOWN];

        command_shown(row, shown);
        said += chat_answer(chat, member, "%-20s %s", shown, row->help);
    }
    return said + chat_answer(chat, member, "%-20s %s", "//text", "say /text");
}

static size_t who(struct chat *chat, struct member *member)
{
    const struct roster *roster = chat->roster;
    bool has_operator = *roster->own && !chat->unattended;
    size_t left = LISTED, said = 0;

    if (has_operator)
        said += chat_answer(chat, member, "%s", roster->own);
    for (struct member *other = roster->first; other && left; other = other->seat.next, left--)
        said += chat_answer(chat, member, "%s", other->seat.name);
    return said + chat_answer(chat, member, "%zu are here", roster->count + has_operator);
}

static size_t nick(struct chat *chat, struct member *member, struct word piece)
{
    char name[CHAT_LINE], former[MEMBER_NAME];
    struct err err;
    size_t said;

    command_copy(name, sizeof name, piece);
    if (roster_check(chat->roster, member, name, &err) < 0)
        return chat_answer(chat, member, "%s", err.sentence);
    memcpy(former, member->seat.name, sizeof former);
    if (roster_rename(chat->roster, member, name) < 0)
        return chat_answer(chat, member, "out of memory; your name is still %s", former);
    said = chat_answer(chat, member, "you are %s", name);
    return said + chat_renamed(chat, member, former);
}

static bool is_operator(const struct chat *chat, struct word name)
{
    char typed[CHAT_LINE], key[NAME_KEY], own[NAME_KEY];

    command_copy(typed, sizeof typed, name);
    name_key(typed, key);
    name_key(chat->roster->own, own);
    return *own && !strcmp(own, key);
}

static size_t msg(struct chat *chat, struct member *member, struct word name, struct word text)
{
    struct member *other = roster_find(chat->roster, name.at, name.n);

    if (is_operator(chat, name) && chat->unattended)
        return chat_answer(chat, member, "%s does not read what is said here", chat->roster->own);
    if (is_operator(chat, name)) {
        effects_hear(chat->effects, member, INBOUND_PRIVATE, text.at, text.n);
        return text.n;
    }
    if (!other)
        return chat_answer(chat, member, "nobody here is called %.*s", (int)name.n, name.at);
    return chat_whisper(chat, member, other, text.at, text.n);
}

static size_t encoding(struct chat *chat, struct member *member, struct word piece)
{
    struct encoding_list encodings;
    char list[CHAT_LINE], name[ENCODING_LIST_NAME];
    struct err err;

    command_copy(list, sizeof list, piece);
    if (encoding_list_parse(&encodings, list, &chat->legacy, chat->charsets, true, &err) < 0)
        return chat_answer(chat, member, "%s", err.sentence);
    inbox_set_encodings(&member->inbox, &encodings);
    encoding_list_name(&encodings, name);
    return chat_answer(chat, member, "you speak %s", name);
}

static size_t obey(struct chat *chat, struct member *member, const struct command_line *line)
{
    const struct word *arguments = line->arguments;

    switch (line->row->word) {
    case COMMAND_HELP: return help(chat, member);
    case COMMAND_QUIT: effects_add(chat->effects, EFFECT_LEAVE, member, "", 0); return 0;
    case COMMAND_WHO: return who(chat, member);
    case COMMAND_NICK: return nick(chat, member, arguments[0]);
    case COMMAND_ME: return chat_act(chat, member, arguments[0].at, arguments[0].n);
    case COMMAND_MSG: return msg(chat, member, arguments[0], arguments[1]);
    case COMMAND_ENCODING: return encoding(chat, member, arguments[0]);
    default: return 0; /* of the operator only */
    }
}

static size_t answer_unknown(struct chat *chat, struct member *member,
                             const struct command_line *line)
{
    int length = (int)(line->word.n < WORD_SHOWN ? line->word.n : WORD_SHOWN);
    const char *word = line->word.at;

    if (line->row)
        return chat_answer(chat, member, "there is no /%.*s here; did you mean /%s? //%.*s says it",
                           length, word, line->row->name, length, word);
    return chat_answer(chat, member, "there is no /%.*s here; //%.*s says it", length, word, length,
                       word);
}

/* The decoded text of an inbound ends with a NUL. */
static size_t interpret(struct chat *chat, struct member *member, const struct inbound *inbound)
{
    struct command_line parsed;
    struct err err;
    size_t said;

    if (memchr(inbound->text, '\0', inbound->n))
        return chat_answer(chat, member, "a command holds no NUL; nothing was done");
    language_for_peers(true); /* rooms speak English */
    if (command_parse(inbound->text, COMMAND_OF_PEER, &parsed, &err) < 0)
        said = chat_answer(chat, member, "%s", err.sentence);
    else if (parsed.kind == COMMAND_IS_CALL)
        said = obey(chat, member, &parsed);
    else
        said = answer_unknown(chat, member, &parsed);
    language_for_peers(false);
    return said;
}

size_t chat_commands_take(struct chat *chat, struct member *member, const struct inbound *inbound)
{
    bool may_be_command = chat->commands && !inbound->continues;
    size_t escape = may_be_command && inbound->n > 1 && !memcmp(inbound->text, "//", 2);

    if (may_be_command && command_begins(inbound->text, inbound->n))
        return interpret(chat, member, inbound);
    return chat_say(chat, member, inbound->text + escape, inbound->n - escape);
}

void chat_commands_drop(struct chat *chat, struct member *member, enum inbound_drop why,
                        uint64_t line_ms)
{
    if (why == DROP_TOO_LONG)
        chat_answer(chat, member, "a command has at most %d bytes; nothing was done", INBOX_LINE);
    if (why == DROP_TOO_SLOW)
        chat_answer(chat, member, "a command was not finished within %d s; nothing was done",
                    (int)(line_ms / 1000));
}
