/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/chat.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "room/announce.h"
#include "text/command.h"
#include "text/name.h"
#include "text/safetext.h"

enum { SENTENCE = 1024, LISTED = 100, WORD_SHOWN = 100 };

/* ---- lines on the wire ---- */

/* A notice to one. */
__attribute__((format(printf, 3, 4))) static void answer(struct room *room, struct member *member,
                                                         const char *format, ...)
{
    char line[SENTENCE] = ANNOUNCE_HEAD, safe[2 * SENTENCE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + strlen(line), sizeof line - strlen(line), format, arguments);
    va_end(arguments);
    safetext_line(safe, sizeof safe, line);
    room_whisper(room, member, safe, strlen(safe), true);
}

/* A notice to all but one. */
__attribute__((format(printf, 3, 4))) static void
announce(struct room *room, const struct member *except, const char *format, ...)
{
    char line[SENTENCE] = ANNOUNCE_HEAD;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + strlen(line), sizeof line - strlen(line), format, arguments);
    va_end(arguments);
    room_spread(room, except, line, strlen(line), true);
}

/* HEAD and a stranger's text, of which only what is visible goes on. -1 without memory. */
static int compose(struct buf *line, const char *head, const void *text, size_t n)
{
    struct safetext_layout endless = {.columns = (unsigned)-1, .margin = ""};

    buf_init(line, 16 * n + SENTENCE); /* no form is longer */
    if (buf_append(line, head, strlen(head)) == 0 && safetext_rows(&endless, text, n, line) == 0)
        return 0;
    buf_fini(line);
    return -1;
}

static void whisper(struct room *room, struct member *member, const char *head, const void *text,
                    size_t n)
{
    struct buf line;

    if (compose(&line, head, text, n) < 0) {
        room_tell(room, "%s did not get this: out of memory", member->seat.name);
        return;
    }
    room_whisper(room, member, buf_bytes(&line), buf_length(&line), true);
    buf_fini(&line);
}

static void spread(struct room *room, const struct member *except, const char *head,
                   const void *text, size_t n)
{
    struct buf line;

    if (compose(&line, head, text, n) < 0) {
        room_tell(room, "this was not sent: out of memory");
        return;
    }
    room_spread(room, except, buf_bytes(&line), buf_length(&line), true);
    buf_fini(&line);
}

void chat_head(const char *name, enum inbound_kind kind, char head[CHAT_HEAD])
{
    static const char *const forms[] = {
        [INBOUND_SAID] = "%s:", [INBOUND_DONE] = "* %s", [INBOUND_WHISPERED] = "[%s]"};

    snprintf(head, CHAT_HEAD, forms[kind], name);
}

/* ---- coming and going ---- */

void chat_joined(struct room *room, struct member *member)
{
    const char *name = member->seat.name;

    answer(room, member, "you are %s%s", name,
           room->options.commands ? "; /help lists commands" : "");
    if (!announce_is_told(room, TRAFFIC_JOINED))
        return;
    announce(room, member, "%s joined", name);
    room_tell(room, "%s %s joined", name, member_address(member));
}

void chat_left(struct room *room, struct member *member, const char *why)
{
    const char *name = member->seat.name;

    if (!announce_is_told(room, TRAFFIC_LEFT))
        return;
    announce(room, member, "%s left", name);
    room_tell(room, "%s left%s%s", name, why ? ": " : "", why ? why : "");
}

void chat_put_out(struct room *room, struct member *member)
{
    answer(room, member, "you were put out");
    chat_left(room, member, "removed");
}

void chat_ended(struct room *room)
{
    announce(room, NULL, "the room has ended");
}

void chat_sum(struct room *room, const unsigned untold[TRAFFIC_KINDS])
{
    static const char *const what[] = {
        [TRAFFIC_JOINED] = "joined", [TRAFFIC_LEFT] = "left", [TRAFFIC_RENAMED] = "renamed"};
    char sum[SENTENCE];
    size_t length = 0;

    for (size_t i = 0; i < sizeof what / sizeof *what; i++)
        if (untold[i])
            length += (size_t)snprintf(sum + length, sizeof sum - length, "%s%u %s",
                                       length ? ", " : "", untold[i], what[i]);
    if (!length)
        return;
    announce(room, NULL, "%s", sum);
    room_tell(room, "%s", sum);
}

/* ---- commands of peers ---- */

static void help(struct room *room, struct member *member)
{
    const struct command_row *row = NULL;

    while ((row = command_next(row, COMMAND_OF_PEER, "", 0))) {
        char shown[COMMAND_SHOWN];

        command_shown(row, shown);
        answer(room, member, "%-20s %s", shown, row->help);
    }
    answer(room, member, "%-20s %s", "//text", "say /text");
}

static void who(struct room *room, struct member *member)
{
    size_t left = LISTED;

    if (*room->roster.own)
        answer(room, member, "%s", room->roster.own);
    for (struct member *other = room->roster.first; other && left; other = other->seat.next, left--)
        answer(room, member, "%s", other->seat.name);
    answer(room, member, "%zu are here", room->roster.count + (*room->roster.own != '\0'));
}

static void take_piece(char *word, size_t size, struct command_piece piece)
{
    snprintf(word, size, "%.*s", (int)piece.length, piece.text);
}

static void nick(struct room *room, struct member *member, struct command_piece piece)
{
    char name[SENTENCE], former[MEMBER_NAME];
    struct err err;

    take_piece(name, sizeof name, piece);
    if (roster_check(&room->roster, member, name, &err) < 0) {
        answer(room, member, "%s", err.sentence);
        return;
    }
    memcpy(former, member->seat.name, sizeof former);
    if (roster_rename(&room->roster, member, name) < 0) {
        answer(room, member, "out of memory; your name is still %s", former);
        return;
    }
    answer(room, member, "you are %s", name);
    if (!announce_is_told(room, TRAFFIC_RENAMED))
        return;
    announce(room, member, "%s is now %s", former, name);
    room_tell(room, "%s is now %s", former, name);
}

/* The operator hears it, and the transcript. */
static void tell_operator(struct room *room, struct member *member, struct command_piece text,
                          enum inbound_kind kind)
{
    struct inbound inbound = {.text = text.text, .n = text.length, .is_whole = true, .kind = kind};
    char head[CHAT_HEAD];

    room->op->ops->heard(room->op, member, &inbound);
    if (!room->options.transcript)
        return;
    chat_head(member->seat.name, kind, head);
    transcript_under(room->options.transcript, head, text.text, text.length);
}

static void me(struct room *room, struct member *member, struct command_piece text)
{
    char head[MEMBER_NAME + 4];

    snprintf(head, sizeof head, "* %s ", member->seat.name);
    spread(room, member, head, text.text, text.length);
    tell_operator(room, member, text, INBOUND_DONE);
}

static bool is_operator(const struct room *room, struct command_piece name)
{
    char typed[SENTENCE], key[NAME_KEY], own[NAME_KEY];

    take_piece(typed, sizeof typed, name);
    name_key(typed, key);
    name_key(room->roster.own, own);
    return *own && !strcmp(own, key);
}

static void msg(struct room *room, struct member *member, struct command_piece name,
                struct command_piece text)
{
    struct member *other = roster_find(&room->roster, name.text, name.length);
    char head[MEMBER_NAME + 4];

    if (is_operator(room, name)) {
        room->shown += text.length;
        tell_operator(room, member, text, INBOUND_WHISPERED);
        return;
    }
    if (!other) {
        answer(room, member, "nobody here is called %.*s", (int)name.length, name.text);
        return;
    }
    snprintf(head, sizeof head, "[%s] ", member->seat.name);
    whisper(room, other, head, text.text, text.length);
}

static void encoding(struct room *room, struct member *member, struct command_piece piece)
{
    struct encoding_list encodings;
    char list[SENTENCE], name[ENCODING_LIST_NAME];
    struct err err;

    take_piece(list, sizeof list, piece);
    if (encoding_list_parse(&encodings, list, room->options.legacy, room->options.charsets, true,
                            &err) < 0) {
        answer(room, member, "%s", err.sentence);
        return;
    }
    member_set_encodings(member, &encodings);
    encoding_list_name(&encodings, name);
    answer(room, member, "you speak %s", name);
}

static void obey(struct room *room, struct member *member, const struct command_line *line)
{
    switch (line->row->word) {
    case COMMAND_HELP: help(room, member); break;
    case COMMAND_QUIT: room_let_leave(room, member); break;
    case COMMAND_WHO: who(room, member); break;
    case COMMAND_NICK: nick(room, member, line->arguments[0]); break;
    case COMMAND_ME: me(room, member, line->arguments[0]); break;
    case COMMAND_MSG: msg(room, member, line->arguments[0], line->arguments[1]); break;
    case COMMAND_ENCODING: encoding(room, member, line->arguments[0]); break;
    default: break; /* of the operator only */
    }
}

static void answer_unknown(struct room *room, struct member *member,
                           const struct command_line *line)
{
    int length = (int)(line->word.length < WORD_SHOWN ? line->word.length : WORD_SHOWN);
    const char *word = line->word.text;

    if (line->row)
        answer(room, member, "there is no /%.*s here; did you mean /%s? //%.*s says it", length,
               word, line->row->name, length, word);
    else
        answer(room, member, "there is no /%.*s here; //%.*s says it", length, word, length, word);
}

/* ---- what is said ---- */

static void say(struct room *room, struct member *member, struct command_piece text)
{
    char head[MEMBER_NAME + 4];

    tell_operator(room, member, text, INBOUND_SAID);
    snprintf(head, sizeof head, "%s: ", member->seat.name);
    spread(room, member, head, text.text, text.length);
}

static void interpret(struct room *room, struct member *member, const char *line)
{
    struct command_line parsed;
    struct err err;

    if (command_parse(line, COMMAND_OF_PEER, &parsed, &err) < 0)
        answer(room, member, "%s", err.sentence);
    else if (parsed.kind == COMMAND_IS_CALL)
        obey(room, member, &parsed);
    else
        answer_unknown(room, member, &parsed);
}

/* "//" stands for one slash. */
static void say_piece(struct room *room, struct member *member, const struct inbound *inbound)
{
    struct command_piece text = {inbound->text, inbound->n};

    if (room->options.commands && !inbound->continues && text.length > 1 &&
        !memcmp(text.text, "//", 2)) {
        text.text++;
        text.length--;
    }
    say(room, member, text);
}

/* Commands are strings. */
static void take_command(struct room *room, struct member *member, const struct inbound *inbound)
{
    char line[8 * MEMBER_LINE];

    if (memchr(inbound->text, '\0', inbound->n)) {
        answer(room, member, "a command holds no NUL; nothing was done");
        return;
    }
    snprintf(line, sizeof line, "%.*s", (int)inbound->n, inbound->text);
    interpret(room, member, line);
}

void chat_said(struct room *room, struct member *member, const struct inbound *inbound)
{
    size_t shown = room->shown;

    if (room->options.commands && !inbound->continues && command_begins(inbound->text, inbound->n))
        take_command(room, member, inbound);
    else
        say_piece(room, member, inbound);
    rate_pay(&room->rate, &member->seat.rate, room->shown - shown, uv_now(room->loop));
}

void chat_dropped(struct room *room, struct member *member, enum member_drop why, size_t n)
{
    if (why == DROP_TOO_LONG)
        answer(room, member, "a command has at most %d bytes; nothing was done", MEMBER_LINE);
    if (why == DROP_TOO_SLOW)
        answer(room, member, "a command was not finished within %d s; nothing was done",
               (int)(room->options.mode.line_ms / 1000));
    rate_pay(&room->rate, &member->seat.rate, n, uv_now(room->loop));
}

void chat_speak(struct room *room, const void *text, size_t n)
{
    const char *line = text, *end;
    char head[MEMBER_NAME + 4];

    snprintf(head, sizeof head, "%s: ", room->roster.own);
    for (; (end = memchr(line, '\n', n)); line = end + 1) {
        spread(room, NULL, head, line, (size_t)(end - line));
        n -= (size_t)(end + 1 - line);
    }
    if (n || line == text)
        spread(room, NULL, head, line, n);
}

void chat_speak_to(struct room *room, struct member *member, const void *text, size_t n)
{
    char head[MEMBER_NAME + 4];

    snprintf(head, sizeof head, "[%s] ", room->roster.own);
    whisper(room, member, head, text, n);
}

void chat_renamed(struct room *room, const char *former, const char *name)
{
    char sentence[SENTENCE];

    announce(room, NULL, "%s is now %s", former, name);
    snprintf(sentence, sizeof sentence, "%s is now %s", former, name);
    if (room->options.transcript)
        transcript_notice(room->options.transcript, sentence);
}
