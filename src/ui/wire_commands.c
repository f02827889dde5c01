/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/wire_commands.h"

#include <string.h>

#include "base/language.h"
#include "text/text_options.h"
#include "text/views.h"

/* The place of a word among n; n: it is none of them. */
static size_t find(const char *const *names, size_t n, struct word word)
{
    size_t i = 0;

    while (i < n && !word_is(word, names[i]))
        i++;
    return i;
}

/* ---- /eol ---- */

static void tell_eol(struct screen *screen, const struct room *room)
{
    static const char *const sentences[EOLS] = {
        [EOL_AS_IS] = N_("a line that is sent ends with LF; to a telnet peer with CR LF"),
        [EOL_LF] = N_("a line that is sent ends with LF"),
        [EOL_CRLF] = N_("a line that is sent ends with CR LF"),
        [EOL_CR] = N_("a line that is sent ends with CR"),
        [EOL_NONE] = N_("a line that is sent has no end"),
    };

    screen_tell_event(screen,
                      &(struct event){.sentence = sentences[room->options.member.inbox.text.eol]});
}

void wire_commands_eol(struct screen *screen, struct room *room, const struct word *words,
                       size_t count)
{
    enum codec_eol eol = room->options.member.inbox.text.eol;

    if (count)
        eol = EOL_LF + (enum codec_eol)find(&eol_names[EOL_LF], EOLS - EOL_LF, words[0]);
    if (eol == EOLS) {
        screen_tell(screen, "/%s takes lf, crlf, cr or none: %s", "eol", "/eol [END]");
        return;
    }
    room_set_eol(room, eol);
    tell_eol(screen, room);
}

/* ---- /view ---- */

static void tell_view(struct screen *screen)
{
    static const char *const sentences[VIEWS] = {
        [VIEW_PLAIN] = N_("messages are shown as text alone"),
        [VIEW_TEXT] = N_("messages are shown as text, with time and length"),
        [VIEW_HEX] = N_("messages are shown in hexadecimal, with time and length"),
        [VIEW_BOTH] = N_("messages are shown as text and in hexadecimal, with time and length"),
        [VIEW_CHUNKS] = N_("each read is shown as it came, with time and length"),
    };

    screen_tell_event(screen, &(struct event){.sentence = sentences[screen->view]});
}

void wire_commands_view(struct screen *screen, struct room *room, const struct word *words,
                        size_t count)
{
    size_t view = count ? find(view_names, VIEWS, words[0]) : screen->view;

    if (view == VIEWS) {
        screen_tell(screen, "/%s takes text, hex, both, chunks or off: %s", "view", "/view [FORM]");
        return;
    }
    screen->view = (enum view)view;
    room->options.member.inbox.tells_reads = view == VIEW_CHUNKS;
    tell_view(screen);
}
