/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/spoken.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"

enum spoken { AS_SET, BY_ITS_TEXT, UNKNOWN };

static enum spoken read_spoken(const struct member *member, char list[ENCODING_LIST_NAME])
{
    const struct encoding *encoding = &member->inbox.encoding;
    const struct charset *known = encoding_known(encoding);

    encoding_list_name(&encoding->encodings, list);
    if (!encoding->encodings.second)
        return AS_SET;
    if (!known)
        return UNKNOWN;
    snprintf(list, ENCODING_LIST_NAME, "%s", charset_name(known));
    return BY_ITS_TEXT;
}

void spoken_tell(struct screen *screen, const struct member *member)
{
    static const char *const sentences[] = {
        [AS_SET] = N_("{name} speaks {encoding}, as was set"),
        [BY_ITS_TEXT] = N_("{name} speaks {encoding}, by what it sent"),
        [UNKNOWN] = N_("{name} speaks {encoding}, it is not known yet which"),
    };
    char list[ENCODING_LIST_NAME];

    screen_tell_event(screen, &(struct event){.sentence = sentences[read_spoken(member, list)],
                                              .name = member->seat.name,
                                              .encoding = list});
}

void spoken_tell_figures(struct screen *screen, const struct member *member, uint64_t now)
{
    static const char *const sentences[] = {
        [AS_SET] = N_("{name} {peer} speaks {encoding}, as was set; here for {text}, {received} "
                      "bytes received, {sent} sent"),
        [BY_ITS_TEXT] = N_("{name} {peer} speaks {encoding}, by what it sent; here for {text}, "
                           "{received} bytes received, {sent} sent"),
        [UNKNOWN] = N_("{name} {peer} speaks {encoding}, it is not known yet which; here for "
                       "{text}, {received} bytes received, {sent} sent"),
    };
    uint64_t seconds = (now - member->seat.came_at) / 1000;
    char list[ENCODING_LIST_NAME], here[40];

    snprintf(here, sizeof here, "%" PRIu64 ":%02u:%02u", seconds / 3600,
             (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    screen_tell_event(screen, &(struct event){.sentence = sentences[read_spoken(member, list)],
                                              .name = member->seat.name,
                                              .peer = member_address(member),
                                              .encoding = list,
                                              .text = here,
                                              .text_n = strlen(here),
                                              .received = member->inbox.received,
                                              .sent = member->outbox.sent});
}
