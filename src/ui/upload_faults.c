/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/upload_faults.h"

#include "base/language.h"
#include "room/parts.h"

void upload_faults_undecodable(struct screen *screen, const char *path, const struct codec *codec)
{
    const struct codec_faults *faults = &codec->faults;

    if (faults->undecodable)
        screen_tell_event(
            screen,
            &(struct event){
                EVENT_COUNTED("{path}: {count} byte sequence was not valid {encoding}, the first "
                              "at byte {offset}",
                              "{path}: {count} byte sequences were not valid {encoding}, the first "
                              "at byte {offset}",
                              faults->undecodable),
                .path = path, .count = faults->undecodable,
                .encoding = charset_name(codec->plan.from), .offset = faults->undecodable_at});
}

/* Sent as ?, and escaped; singular and plural. */
static const char *const of_one[2][2] = {
    {NN_("{path}: {count} character is not in {encoding} and was sent as ?",
         "{path}: {count} characters are not in {encoding} and were sent as ?")},
    {NN_("{path}: {count} character is not in {encoding} and was escaped",
         "{path}: {count} characters are not in {encoding} and were escaped")},
};
static const char *const of_several[2][2] = {
    {NN_("{path}: {count} character is not in the charset of every peer and was sent as ?",
         "{path}: {count} characters are not in the charset of every peer and were sent as ?")},
    {NN_("{path}: {count} character is not in the charset of every peer and was escaped",
         "{path}: {count} characters are not in the charset of every peer and were escaped")},
};

void upload_faults_unencodable(struct screen *screen, const char *path, const struct room *room,
                               uint64_t replaced)
{
    const struct member *first = room->roster.first;
    bool is_one = room->roster.count == 1;
    bool escapes = room->options.member.inbox.text.bad == BAD_ESCAPE;
    const char *const *sentence = is_one ? of_one[escapes] : of_several[escapes];
    const char *charset = is_one ? charset_name(encoding_reply(&first->inbox.encoding)) : NULL;

    if (replaced)
        screen_tell_event(screen, &(struct event){.sentence = sentence[0],
                                                  .sentences = sentence[1],
                                                  .counted = replaced,
                                                  .path = path,
                                                  .count = replaced,
                                                  .encoding = charset});
}
