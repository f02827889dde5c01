#include "talk/notice.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "talk/chat.h"

enum { SENTENCE = 1024 };

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

void notice_joined(struct room *room, struct member *member)
{
    if (room_is_chat(room))
        chat_joined(room, member);
    else if (room->options.announces && !room->options.one_peer)
        room_tell(room, "%s %s joined", member->seat.name, member_address(member));
}

/* The sentence of a failure begins with the address, which the notice has no need of. */
static const char *reason_of(const struct member *member, const struct err *err)
{
    const char *address = member_address(member);
    size_t length = strlen(address);

    if (strncmp(err->sentence, address, length) || strncmp(err->sentence + length, ": ", 2))
        return err->sentence;
    return err->sentence + length + 2;
}

void notice_left(struct room *room, struct member *member, enum member_end how,
                 const struct err *err)
{
    const char *who = room->options.one_peer ? member_address(member) : member->seat.name;

    if (room_is_chat(room))
        chat_left(room, member, how == MEMBER_FAILED ? reason_of(member, err) : NULL);
    else if (!room->options.announces && how == MEMBER_FAILED && !room->options.once)
        room_tell(room, "%s", err->sentence);
    else if (!room->options.announces)
        return;
    else if (how == MEMBER_TOO_LATE)
        room_tell(room, "%s was waited for long enough", who);
    else if (how == MEMBER_ENDED)
        room_tell(room, room->options.one_peer ? "%s closed the connection" : "%s left", who);
    else if (!room->options.one_peer)
        room_tell(room, "%s left: %s", who, reason_of(member, err));
}

/* What somebody's charset does not have, once for each charset. */
void notice_faults(struct room *room, const struct message *message)
{
    for (const struct form *form = message->forms; form; form = form->next) {
        const struct codec_faults *faults = &form->faults;
        const char *how = form->plan.bad == BAD_ESCAPE ? "escaped" : "sent as ?";

        if (faults->unencodable == 1)
            room_tell(room, "1 character is not in %s and was %s: U+%04" PRIX32,
                      charset_name(form->plan.charset), how, faults->unencodable_first);
        else if (faults->unencodable)
            room_tell(room,
                      "%" PRIu64 " characters are not in %s and were %s, the first U+%04" PRIX32,
                      faults->unencodable, charset_name(form->plan.charset), how,
                      faults->unencodable_first);
    }
}

void notice_speech(struct room *room, struct member *member, bool replaced)
{
    const struct charset *news = speech_news(&member->speech);
    char name[LANGUAGES_NAME];

    if (news && room->options.announces)
        room_tell(room, "%s speaks %s", member->seat.name, charset_name(news));
    if (!replaced || member->seat.told_replaced)
        return;
    member->seat.told_replaced = true;
    languages_name(&member->speech.languages, name);
    room_tell(room, "%s sends text that is not valid %s", member->seat.name, name);
}
