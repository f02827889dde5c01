/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/silence.h"

#include "room/greeting.h"
#include "text/typed.h"

uint64_t silence_left_of_line(const struct inbox *inbox, uint64_t now)
{
    uint64_t most = inbox->options->mode->line_ms;
    uint64_t open = inbox->opened_at ? now - inbox->opened_at : 0;

    return !most ? INBOX_NEVER : open < most ? most - open : 0;
}

bool silence_may_be_finished(const struct inbox *inbox)
{
    struct line held = framer_held(&inbox->intake.framer);

    if (inbox_is_framed_by_option(inbox))
        return false;
    return encoding_may_be_finished(&inbox->encoding, held.bytes, held.n);
}

/* The rest of a lone key, or of a greeting, may come later than that of another text. */
static bool waits_long(const struct inbox *inbox)
{
    const struct framer *framer = &inbox->intake.framer;
    struct line held = framer_held(framer);

    return (framer->typed && inbox->intake.is_key) ||
           (inbox->patience == INBOX_WAITS_FOR_GREETING &&
            greeting_of(held.bytes, held.n) != GREETING_NONE);
}

/* "//text" is text, but waits for its LF as a command does. */
static bool may_be_command(const struct inbox *inbox, struct line line)
{
    if (!inbox->options->commands || inbox->line != LINE_BEGINS)
        return false;
    if (inbox->options->mode->drops_bom && !inbox->begun)
        line = inbound_without_bom(line);
    return inbox->intake.framer.typed ? typed_may_begin(line.bytes, line.n, '/')
                                      : line.n && *line.bytes == '/';
}

uint64_t silence_that_ends(const struct inbox *inbox)
{
    const struct framer *framer = &inbox->intake.framer;
    const struct mode *mode = inbox->options->mode;
    const struct framing *framing = &inbox->options->framing;

    if (inbox_is_framed_by_option(inbox))
        return framing->kind == FRAMING_GAP ? framing->gap_ms : INBOX_NEVER;
    if (inbox->patience == INBOX_WAITS_FOR_LF)
        return INBOX_NEVER;
    if (framer_ends_with_cr(framer))
        return mode->cr_ms;
    if (!mode->silence_ms || inbox->line == LINE_DROPPED ||
        may_be_command(inbox, framer_held(framer)))
        return INBOX_NEVER;
    if (silence_may_be_finished(inbox))
        return mode->letter_ms;
    return mode->silence_ms < mode->key_ms && waits_long(inbox) ? mode->key_ms : mode->silence_ms;
}
