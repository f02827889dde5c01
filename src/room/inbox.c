/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/inbox.h"

#include <stdlib.h>
#include <string.h>

#include "room/silence.h"
#include "text/command.h"

enum { READS = 4 /* of one turn, before the loop looks at others */ };

/* ---- opening ---- */

/* Line ends are converted for others: no CR is passed on before the byte behind it. */
static bool pairs_crlf(const struct inbox *inbox)
{
    const struct mode *mode = inbox->options->mode;

    return mode->mesh && !mode->framed && inbox->options->text.eol != EOL_AS_IS;
}

/* The owner is the inbox. The mark of UTF-16 says nothing before text follows it. */
static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    const struct inbox *inbox = owner;
    const struct encoding_list *encodings = &inbox->encoding.encodings;

    if (pairs_crlf(inbox) && n && bytes[n - 1] == '\r')
        return 1;
    if (!encodings->first)
        return 0;
    if (!inbox->begun && inbox->options->mode->framed && inbound_may_be_utf16(encodings, bytes, n))
        return n;
    return encoding_unfinished(&inbox->encoding, bytes, n);
}

void inbox_set_encodings(struct inbox *inbox, const struct encoding_list *encodings)
{
    const struct mode *mode = inbox->options->mode;
    const struct charset *text = encodings->is_raw ? NULL : encodings->first;
    bool is_framed = inbox_is_framed_by_option(inbox);
    bool telnet = mode->telnet && (!is_framed || inbox->options->framing.is_text);

    if (encodings->first)
        encoding_init(&inbox->encoding, encodings);
    else
        inbox->encoding = (struct encoding){0};
    telnet_set_charsets(&inbox->intake.telnet, telnet ? text : NULL, encodings->second);
    inbox->intake.framer.typed = mode->typed && text && !is_framed;
    inbox->notes = (struct inbox_notes){0};
}

void inbox_init(struct inbox *inbox, struct stream *stream, const struct inbox_options *options,
                const struct encoding_list *encodings)
{
    *inbox = (struct inbox){.options = options, .stream = stream};
    intake_init(&inbox->intake, INBOX_LINE, unfinished, inbox);
    if (options->mode->framed)
        framer_use(&inbox->intake.framer, &options->framing);
    inbox_set_encodings(inbox, encodings);
}

void inbox_fini(struct inbox *inbox)
{
    intake_fini(&inbox->intake);
    free(inbox->last);
}

void inbox_begin_turn(struct inbox *inbox)
{
    inbox->reads = 0;
    inbox->offered = 0;
}

/* ---- failures ---- */

static enum inbox_result fail_at_memory(const struct inbox *inbox, struct err *err)
{
    err_set(err, ERR_LOCAL, "%s: out of memory", stream_label(inbox->stream));
    return INBOX_FAILED;
}

static enum inbox_result fail_at_bad_text(const struct inbox *inbox, struct err *err)
{
    err_set(err, ERR_TEXT, "%s: what was received is not valid %s", stream_label(inbox->stream),
            charset_name(encoding_reply(&inbox->encoding)));
    return INBOX_FAILED;
}

/* ---- from bytes to a message ---- */

static bool is_command(const struct inbox *inbox, const struct inbound *inbound)
{
    return inbox->options->commands && !inbound->continues &&
           command_begins(inbound->text, inbound->n);
}

/* Without memory nothing is kept. */
static void keep_last(struct inbox *inbox, const struct line *wire)
{
    size_t n = wire->head + wire->n + wire->end;
    struct inbox_last *last;

    if (!inbox->options->keeps_last)
        return;
    last = realloc(inbox->last, sizeof *last + n);
    if (!last) {
        free(inbox->last);
        inbox->last = NULL;
        return;
    }
    inbox->last = last;
    last->wire = *wire;
    last->wire.bytes = last->bytes + wire->head;
    memcpy(last->bytes, wire->bytes - wire->head, n);
}

/* From inbound->wire. A command of which no more could be decoded is not given. INBOX_AGAIN:
 * nothing is left of the message. */
static enum inbox_result give(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    struct inbound_plan plan = {
        .utf8 = inbox->options->utf8,
        .bad = inbox->options->text.bad,
        .is_first = !inbox->begun,
        .drops_bom = inbox->options->mode->drops_bom,
        .typed = inbox->intake.framer.typed,
    };
    bool failed;

    if (inbox_is_raw(inbox)) {
        inbound->text = (const char *)inbound->wire.bytes;
        inbound->n = inbound->wire.n;
        return INBOX_MESSAGE;
    }
    failed = inbound_decode(inbound, &inbox->encoding, &plan, err) < 0;
    if (failed && err->kind != ERR_TEXT)
        return fail_at_memory(inbox, err);
    keep_last(inbox, &inbound->wire);
    inbox->is_bad = failed;
    inbox->begun = true;
    if (failed && is_command(inbox, inbound))
        return fail_at_bad_text(inbox, err);
    return inbound->n || inbound->is_whole || inbound->wire.head ? INBOX_MESSAGE : INBOX_AGAIN;
}

/* ---- the end of a line ---- */

/* A command is obeyed only where all of it has come: the beginning of a line is not the line. */
enum cause { BY_LF, BY_CAP, BY_SILENCE, BY_TIME, BY_END, BY_BREAK };

static const struct {
    bool is_all; /* of a command */
    bool goes_on;
    enum inbound_drop drop;
} causes[] = {
    [BY_LF] = {.is_all = true},
    [BY_CAP] = {.goes_on = true, .drop = DROP_TOO_LONG},
    [BY_SILENCE] = {.is_all = true}, /* of text: silence ends no command */
    [BY_TIME] = {.goes_on = true, .drop = DROP_TOO_SLOW},
    [BY_END] = {.is_all = true},
    [BY_BREAK] = {.drop = DROP_REST},
};

static enum inbox_result drop(struct inbox *inbox, struct line line, enum cause how,
                              struct inbound *inbound)
{
    inbox->line = causes[how].goes_on ? LINE_DROPPED : LINE_BEGINS;
    inbound->n = line.n;
    inbound->drop = inbound->continues ? DROP_REST : causes[how].drop;
    return INBOX_DROPPED;
}

/* Only the end of a line that was taken in time may be empty. Decoded text tells a command: the
 * typed line may begin with what was rubbed out. */
static enum inbox_result end_line(struct inbox *inbox, struct line line, enum cause how,
                                  struct inbound *inbound, struct err *err)
{
    bool continues = inbox->line != LINE_BEGINS;
    enum inbox_result result;

    inbox->opened_at = 0;
    inbound_fini(inbound);
    *inbound = (struct inbound){.is_whole = how == BY_LF,
                                .continues = continues,
                                .is_long = how == BY_CAP && inbox_is_framed_by_option(inbox),
                                .wire = line};
    if (inbox->line == LINE_DROPPED)
        return drop(inbox, line, how, inbound);
    inbox->line = causes[how].goes_on ? LINE_GOES_ON : LINE_BEGINS;
    if (!line.n && continues)
        return INBOX_AGAIN;
    result = give(inbox, inbound, err);
    if (result == INBOX_MESSAGE && !causes[how].is_all && is_command(inbox, inbound))
        return drop(inbox, line, how, inbound);
    return result;
}

/* The rest that a silence or the end leaves; `all` of it where no character is unfinished. */
static enum inbox_result end_rest(struct inbox *inbox, enum cause how, bool all,
                                  struct inbound *inbound, struct err *err)
{
    struct line line;
    enum framer_end end = framer_rest(&inbox->intake.framer, all, &line);

    if (end == FRAMER_NONE)
        return INBOX_AGAIN;
    return end_line(inbox, line, end == FRAMER_WHOLE ? BY_LF : how, inbound, err);
}

/* The next line that ended by itself. INBOX_AGAIN: none is held. */
static enum inbox_result next_line(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    enum inbox_result result = INBOX_AGAIN;
    enum framer_end end;
    struct line line;

    while (result == INBOX_AGAIN &&
           (end = framer_next(&inbox->intake.framer, &line)) != FRAMER_NONE)
        result = end_line(inbox, line, end == FRAMER_WHOLE ? BY_LF : BY_CAP, inbound, err);
    return result;
}

/* ---- silence ---- */

uint64_t inbox_timeout(struct inbox *inbox, uint64_t now)
{
    const struct mode *mode = inbox->options->mode;
    uint64_t silence, left;

    if (!mode->framed || !(silence_may_be_finished(inbox) || intake_is_open(&inbox->intake)))
        return INBOX_NEVER;
    silence = silence_that_ends(inbox);
    if (inbox->line == LINE_DROPPED)
        return silence;
    if (!inbox->opened_at)
        inbox->opened_at = now;
    left = silence_left_of_line(inbox, now);
    return left < silence ? left : silence;
}

/* No LF that follows is taken for the end of an earlier cut: it ends this line. */
static enum inbox_result end_overdue(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    struct framer *framer = &inbox->intake.framer;
    struct line line = {.bytes = framer_held(framer).bytes, .n = framer_waiting(framer)};
    enum inbox_result result = end_line(inbox, line, BY_TIME, inbound, err);

    framer_drop(framer, line.n);
    return result;
}

enum inbox_result inbox_end_line(struct inbox *inbox, uint64_t now, struct inbound *inbound,
                                 struct err *err)
{
    if (!silence_left_of_line(inbox, now))
        return end_overdue(inbox, inbound, err);
    if (silence_that_ends(inbox) == INBOX_NEVER)
        return INBOX_AGAIN;
    if (telnet_keeps_text(&inbox->intake.telnet) && intake_end(&inbox->intake) < 0)
        return fail_at_memory(inbox, err);
    return end_rest(inbox, BY_SILENCE, silence_may_be_finished(inbox), inbound, err);
}

/* ---- offers ---- */

static size_t whole_characters(const struct inbox *inbox, const unsigned char *bytes, size_t n)
{
    return n - unfinished((void *)inbox, bytes, n);
}

/* INBOX_AGAIN: no more is held than was offered in this turn. */
static enum inbox_result offer(struct inbox *inbox, struct inbound *inbound)
{
    struct line held = framer_held(&inbox->intake.framer);

    held.n = whole_characters(inbox, held.bytes, held.n);
    if (held.n == inbox->offered)
        return INBOX_AGAIN;
    inbox->offered = held.n;
    inbound->wire = held;
    return INBOX_OFFER;
}

static enum inbox_result offer_last(struct inbox *inbox, struct inbound *inbound)
{
    inbound->wire = framer_held(&inbox->intake.framer);
    inbound->is_last = true;
    return INBOX_OFFER;
}

enum inbox_result inbox_take(struct inbox *inbox, size_t n, struct inbound *inbound,
                             struct err *err)
{
    if (!inbound->is_last && n < inbound->wire.n)
        inbound->wire.n = whole_characters(inbox, inbound->wire.bytes, n);
    if (!inbound->wire.n)
        return INBOX_AGAIN;
    framer_drop(&inbox->intake.framer, inbound->wire.n);
    inbox->offered = 0;
    inbox->is_over = inbound->is_last;
    inbound->is_whole = !inbound->is_last;
    return give(inbox, inbound, err);
}

/* ---- reading ---- */

/* The stream is at its end: the rest first. A stream tells its end, or its failure, again. */
static enum inbox_result end(struct inbox *inbox, bool failed, struct inbound *inbound,
                             struct err *err)
{
    enum inbox_result result = INBOX_AGAIN;
    struct err failure = *err;

    if (!inbox->is_over && intake_end(&inbox->intake) < 0)
        return fail_at_memory(inbox, err);
    if (!inbox->is_over && !inbox->options->mode->framed && framer_held(&inbox->intake.framer).n)
        return offer_last(inbox, inbound);
    if (!inbox->is_over)
        result = end_rest(inbox, failed ? BY_BREAK : BY_END, true, inbound, err);
    inbox->is_over = result == INBOX_AGAIN || !framer_held(&inbox->intake.framer).n;
    if (result != INBOX_AGAIN)
        return result;
    *err = failure;
    return failed ? INBOX_FAILED : INBOX_END;
}

static enum inbox_result answer(struct inbox *inbox, struct inbound *inbound)
{
    static unsigned char bytes[TELNET_ANSWER];

    if (!inbox->options->mode->typed || !telnet_answer(&inbox->intake.telnet, bytes))
        return INBOX_AGAIN;
    inbound->wire = (struct line){.bytes = bytes, .n = sizeof bytes};
    return INBOX_ANSWER;
}

static enum inbox_result next_held(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    if (answer(inbox, inbound) == INBOX_ANSWER)
        return INBOX_ANSWER;
    return inbox->options->mode->framed ? next_line(inbox, inbound, err) : offer(inbox, inbound);
}

enum inbox_result inbox_next(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    enum inbox_result result;

    *inbound = (struct inbound){0};
    if (inbox->is_bad)
        return fail_at_bad_text(inbox, err);
    while ((result = next_held(inbox, inbound, err)) == INBOX_AGAIN && inbox->reads < READS) {
        ssize_t got;

        err->kind = ERR_NONE;
        inbox->reads++;
        got = intake_read(&inbox->intake, inbox->stream, inbox->options->read_most, err);
        if (got == STREAM_AGAIN)
            break;
        if (got == INTAKE_NO_MEMORY)
            return fail_at_memory(inbox, err);
        if (got <= 0)
            return end(inbox, got < 0, inbound, err);
        inbox->received += (uint64_t)got;
        if (inbox->options->tells_reads) {
            inbound->kind = INBOUND_READ;
            inbound->wire = intake_last_read();
            return INBOX_MESSAGE;
        }
    }
    return result;
}

enum inbox_result inbox_next_held(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    enum inbox_result result = INBOX_AGAIN;

    *inbound = (struct inbound){0};
    if (inbox->is_bad)
        return fail_at_bad_text(inbox, err);
    if (intake_end(&inbox->intake) < 0)
        return fail_at_memory(inbox, err);
    if (inbox->options->mode->framed)
        result = next_line(inbox, inbound, err);
    return result == INBOX_AGAIN ? end_rest(inbox, BY_BREAK, true, inbound, err) : result;
}
