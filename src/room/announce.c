/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/announce.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "net/ending.h"
#include "room/chat.h"

enum { SENTENCE = 1024, SECOND_MS = 1000 };

void room_tell(struct room *room, const char *format, ...)
{
    char sentence[SENTENCE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    room->op->ops->told(room->op, sentence);
    if (room->options.transcript)
        transcript_notice(room->options.transcript, sentence);
}

void announce_joined(struct room *room, struct member *member)
{
    if (room_is_chat(room))
        chat_joined(room, member);
    else if (room->options.mode.announces && !room->options.mode.one_peer)
        room_tell(room, "%s %s joined", member->seat.name, member_address(member));
}

static void on_second(uv_timer_t *timer)
{
    struct room *room = timer->data;
    unsigned untold[TRAFFIC_KINDS];

    for (int kind = 0; kind < TRAFFIC_KINDS; kind++) {
        unsigned count = room->traffic[kind];

        untold[kind] = count > ANNOUNCE_TOLD ? count - ANNOUNCE_TOLD : 0;
        room->traffic[kind] = 0;
    }
    chat_sum(room, untold);
    if (untold[TRAFFIC_FAILED])
        room_tell(room, "%u more connection%s failed within a second", untold[TRAFFIC_FAILED],
                  untold[TRAFFIC_FAILED] == 1 ? "" : "s");
}

bool announce_is_told(struct room *room, enum traffic kind)
{
    if (!uv_is_active((uv_handle_t *)&room->second))
        uv_timer_start(&room->second, on_second, SECOND_MS, 0);
    return room->traffic[kind]++ < ANNOUNCE_TOLD;
}

static void tell_failure(struct room *room, const struct err *err)
{
    if (announce_is_told(room, TRAFFIC_FAILED))
        room_tell(room, "%s", err->sentence);
}

void announce_left(struct room *room, struct member *member, enum member_end how,
                   const struct err *err)
{
    const char *who = room->options.mode.one_peer ? member_address(member) : member->seat.name;

    if (room_is_chat(room))
        chat_left(room, member,
                  how == MEMBER_FAILED ? ending_of_failure(member_address(member), err).reason
                                       : NULL);
    else if (!room->options.mode.announces && how == MEMBER_FAILED && !room->options.once)
        tell_failure(room, err);
    else if (!room->options.mode.announces)
        return;
    else if (how == MEMBER_TOO_LATE)
        room_tell(room, "%s was waited for long enough", who);
    else if (how == MEMBER_ENDED)
        room_tell(room, room->options.mode.one_peer ? "%s closed the connection" : "%s left", who);
    else if (!room->options.mode.one_peer)
        room_tell(room, "%s left: %s", who, ending_of_failure(member_address(member), err).reason);
}

/* Who gets this form: "" where that is clear, else " to peer2" or " to those who speak GBK". */
static void name_hearers(const struct room *room, const struct member *only,
                         const struct charset *charset, const char *to, char hearers[SENTENCE])
{
    const struct member *found = only;
    size_t count = only != NULL;

    *hearers = '\0';
    if (room->roster.count < 2)
        return;
    for (struct member *member = only ? NULL : room->roster.first; member && count < 2;
         member = member->seat.next)
        if (encoding_reply(&member->encoding) == charset) {
            found = member;
            count++;
        }
    if (count == 1)
        snprintf(hearers, SENTENCE, " %s %s", to, found->seat.name);
    else
        snprintf(hearers, SENTENCE, " %s those who speak %s", to, charset_name(charset));
}

static void tell_faults(struct room *room, const struct member *only, const struct form *form)
{
    const struct codec_faults *faults = &form->faults;
    const char *charset = charset_name(form->plan.charset);
    bool escapes = form->plan.bad == BAD_ESCAPE, is_one = faults->unencodable == 1;
    char hearers[SENTENCE];

    name_hearers(room, only, form->plan.charset, escapes ? "for" : "to", hearers);
    room_tell(room, "%" PRIu64 " character%s not in %s and %s %s%s%s%s U+%04" PRIX32,
              faults->unencodable, is_one ? " is" : "s are", charset, is_one ? "was" : "were",
              escapes ? "escaped" : "sent", hearers, escapes ? "" : " as ?",
              is_one ? ":" : ", the first", faults->unencodable_first);
}

/* What somebody's charset does not have, once for each charset. */
void announce_faults(struct room *room, const struct member *only, const struct message *message)
{
    for (const struct form *form = message->forms; form; form = form->next)
        if (form->faults.unencodable)
            tell_faults(room, only, form);
}

void announce_speech(struct room *room, struct member *member, bool replaced)
{
    const struct charset *news = encoding_news(&member->encoding);

    if (news && room->options.mode.announces)
        room_tell(room, "%s speaks %s", member->seat.name, charset_name(news));
    if (!replaced || member->seat.told_replaced)
        return;
    member->seat.told_replaced = true;
    room_tell(room, "%s sends text that is not valid %s", member->seat.name,
              charset_name(encoding_read(&member->encoding)));
}
