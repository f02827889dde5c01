/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/chat.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "room/greeting.h"
#include "text/safetext.h"

enum { LINE_END = 1, SUM = 100 };

/* ---- lines on the wire ---- */

/* The bytes of a line that was added, with its line end. */
static size_t with_line_end(size_t n)
{
    return n ? n + LINE_END : 0;
}

size_t chat_answer(struct chat *chat, struct member *member, const char *format, ...)
{
    char line[CHAT_LINE] = ANNOUNCE_HEAD, safe[2 * CHAT_LINE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + strlen(line), sizeof line - strlen(line), format, arguments);
    va_end(arguments);
    safetext_line(safe, sizeof safe, line);
    return with_line_end(effects_add(chat->effects, EFFECT_SEND, member, safe, strlen(safe)));
}

/* A notice to all but one. */
__attribute__((format(printf, 3, 4))) static size_t
announce(struct chat *chat, struct member *except, const char *format, ...)
{
    char line[CHAT_LINE] = ANNOUNCE_HEAD;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(line + strlen(line), sizeof line - strlen(line), format, arguments);
    va_end(arguments);
    return with_line_end(effects_add(chat->effects, EFFECT_SPREAD, except, line, strlen(line)));
}

/* A line with a head and a stranger's text, of which only visible characters go on. */
static size_t put(struct chat *chat, enum effect_kind kind, struct member *member, const char *head,
                  const char *text, size_t n)
{
    struct rows_layout endless = {.columns = (unsigned)-1, .margin = ""};
    struct buf line;
    size_t put = 0;

    buf_init(&line, 16 * n + CHAT_LINE); /* no form is longer */
    if (buf_append(&line, head, strlen(head)) == 0 && safetext_rows(&endless, text, n, &line) == 0)
        put = effects_add(chat->effects, kind, member, buf_bytes(&line), buf_length(&line));
    else
        chat->effects->lost = true;
    buf_fini(&line);
    return with_line_end(put);
}

void chat_queue_line(char line[QUEUE_LINE], unsigned number)
{
    if (number)
        snprintf(line, QUEUE_LINE, GREETING_QUEUE_HEAD "%u" GREETING_QUEUE_TAIL "\n", number);
    else
        snprintf(line, QUEUE_LINE, ANNOUNCE_HEAD CHAT_ENDED "\n");
}

void chat_head(const char *name, enum inbound_kind kind, char head[CHAT_HEAD])
{
    static const char *const forms[] = {
        [INBOUND_SAY] = "%s:", [INBOUND_ACTION] = "* %s", [INBOUND_PRIVATE] = "[%s]"};

    snprintf(head, CHAT_HEAD, forms[kind], name);
}

static size_t put_as(struct chat *chat, enum effect_kind kind, struct member *member,
                     const char *name, enum inbound_kind as, const char *text, size_t n)
{
    char head[CHAT_HEAD];

    chat_head(name, as, head);
    strcat(head, " ");
    return put(chat, kind, member, head, text, n);
}

/* ---- joins and leaves ---- */

void chat_joined(struct chat *chat, struct member *member)
{
    const char *name = member->seat.name;

    chat_answer(chat, member, "you are %s%s", name, chat->commands ? GREETING_TAIL : "");
    if (!announce_is_told(chat->announce, TRAFFIC_JOINED))
        return;
    announce(chat, member, "%s joined", name);
    announce_tell_joined(chat->announce, member);
}

bool chat_gone(struct chat *chat, struct member *member)
{
    if (!announce_is_told(chat->announce, TRAFFIC_LEFT))
        return false;
    announce(chat, member, "%s left", member->seat.name);
    return true;
}

void chat_left(struct chat *chat, struct member *member, const char *why)
{
    if (chat_gone(chat, member))
        announce_tell_left(chat->announce, member,
                           why ? N_("{name} left: {why}") : N_("{name} left"), why);
}

void chat_put_out(struct chat *chat, struct member *member)
{
    chat_answer(chat, member, "you were put out");
    if (chat_gone(chat, member))
        announce_tell_left(chat->announce, member, N_("{name} left: removed"), NULL);
}

void chat_ended(struct chat *chat)
{
    announce(chat, NULL, CHAT_ENDED);
}

size_t chat_renamed(struct chat *chat, struct member *member, const char *former)
{
    size_t said;

    if (!announce_is_told(chat->announce, TRAFFIC_RENAMED))
        return 0;
    said = announce(chat, member, "%s is now %s", former, member->seat.name);
    announce_tell_renamed(chat->announce, former, member->seat.name, member_address(member));
    return said;
}

/* Members read ASCII English. */
static void announce_sum(struct chat *chat, const unsigned untold[TRAFFIC_KINDS])
{
    static const char *const verbs[] = {
        [TRAFFIC_JOINED] = "joined", [TRAFFIC_LEFT] = "left", [TRAFFIC_RENAMED] = "renamed"};
    char sum[SUM];
    size_t length = 0;

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (untold[i])
            length += (size_t)snprintf(sum + length, sizeof sum - length, "%s%u %s",
                                       length ? ", " : "", untold[i], verbs[i]);
    announce(chat, NULL, "%s", sum);
}

void chat_sum(struct chat *chat, const unsigned untold[TRAFFIC_KINDS])
{
    static const char *const sentences[2][2][2] = {
        {{NULL, N_("{renamed} renamed")},
         {N_("{left} left"), N_("{left} left, {renamed} renamed")}},
        {{N_("{joined} joined"), N_("{joined} joined, {renamed} renamed")},
         {N_("{joined} joined, {left} left"),
          N_("{joined} joined, {left} left, {renamed} renamed")}},
    };
    struct event event = {.kind = EVENT_TRAFFIC,
                          .joined = untold[TRAFFIC_JOINED],
                          .left = untold[TRAFFIC_LEFT],
                          .renamed = untold[TRAFFIC_RENAMED]};

    event.sentence = sentences[event.joined > 0][event.left > 0][event.renamed > 0];
    if (!event.sentence)
        return;
    announce_sum(chat, untold);
    effects_tell(chat->effects, &event);
}

/* ---- words ---- */

size_t chat_say(struct chat *chat, struct member *member, const char *text, size_t n)
{
    effects_hear(chat->effects, member, INBOUND_SAY, text, n);
    return put_as(chat, EFFECT_SPREAD, member, member->seat.name, INBOUND_SAY, text, n);
}

size_t chat_act(struct chat *chat, struct member *member, const char *text, size_t n)
{
    size_t said = put_as(chat, EFFECT_SPREAD, member, member->seat.name, INBOUND_ACTION, text, n);

    effects_hear(chat->effects, member, INBOUND_ACTION, text, n);
    return said;
}

size_t chat_whisper(struct chat *chat, struct member *member, struct member *to, const char *text,
                    size_t n)
{
    return put_as(chat, EFFECT_SEND, to, member->seat.name, INBOUND_PRIVATE, text, n);
}

void chat_speak(struct chat *chat, const char *text, size_t n)
{
    const char *line = text, *end;

    for (; (end = memchr(line, '\n', n)); line = end + 1) {
        put_as(chat, EFFECT_SPEAK, NULL, chat->roster->own, INBOUND_SAY, line,
               (size_t)(end - line));
        n -= (size_t)(end + 1 - line);
    }
    if (n || line == text)
        put_as(chat, EFFECT_SPEAK, NULL, chat->roster->own, INBOUND_SAY, line, n);
}

void chat_speak_to(struct chat *chat, struct member *to, const char *text, size_t n)
{
    put_as(chat, EFFECT_SPEAK, to, chat->roster->own, INBOUND_PRIVATE, text, n);
}

void chat_operator_act(struct chat *chat, const char *text, size_t n)
{
    put_as(chat, EFFECT_SPEAK, NULL, chat->roster->own, INBOUND_ACTION, text, n);
}

void chat_operator_renamed(struct chat *chat, const char *former)
{
    announce(chat, NULL, "%s is now %s", former, chat->roster->own);
}
