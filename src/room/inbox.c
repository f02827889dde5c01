/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/inbox.h"

#include <string.h>

#include "text/command.h"
#include "text/utf8.h"

enum {
    READS = 4,                                  /* of one turn, before the loop looks at others */
    TEXT_CAP = 16 * (INBOX_LINE + FRAMER_PUSH), /* of a decoded message */
};

/* No byte of it outlives a call, and there is one thread: all inboxes share it. */
static unsigned char chunk[FRAMER_PUSH];

/* ---- opening ---- */

static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    const struct encoding *encoding = owner;

    return encoding->encodings.first ? encoding_unfinished(encoding, bytes, n) : 0;
}

void inbox_set_encodings(struct inbox *inbox, const struct encoding_list *encodings)
{
    if (encodings->first)
        encoding_init(&inbox->encoding, encodings);
    else
        inbox->encoding = (struct encoding){0};
    inbox->told_replaced = false;
}

void inbox_init(struct inbox *inbox, struct stream *stream, const struct inbox_options *options,
                const struct encoding_list *encodings)
{
    *inbox = (struct inbox){.options = options, .stream = stream};
    inbox_set_encodings(inbox, encodings);
    framer_init(&inbox->framer, INBOX_LINE, unfinished, &inbox->encoding);
}

void inbox_fini(struct inbox *inbox)
{
    framer_fini(&inbox->framer);
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

/* True where the mark was the whole message. */
static bool skip_bom(struct inbox *inbox, struct inbound *inbound)
{
    static const char bom[] = "\xEF\xBB\xBF";
    bool is_first = inbox->options->mode->drops_bom && !inbox->begun;

    inbox->begun = true;
    if (!is_first || inbound->n < 3 || memcmp(inbound->text, bom, 3) != 0)
        return false;
    inbound->text += 3;
    inbound->n -= 3;
    return inbound->n == 0;
}

static bool is_command(const struct inbox *inbox, const struct inbound *inbound)
{
    return inbox->options->commands && !inbound->continues &&
           command_begins(inbound->text, inbound->n);
}

/* Into inbound->decoded. -1 and *err as codec_push. */
static int decode(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    struct codec_plan plan = {.to = inbox->options->utf8,
                              .text = {.checked = true, .bad = inbox->options->text.bad}};
    struct encoding_message message = {
        .bytes = inbound->wire.bytes, .n = inbound->wire.n, .is_whole = inbound->is_whole};
    struct buf *text = &inbound->decoded;
    int decoded;

    buf_init(text, TEXT_CAP);
    err->kind = ERR_NONE;
    decoded = encoding_decode(&inbox->encoding, &plan, &message, text, err);
    inbound->n = buf_length(text);
    inbound->replaced = message.replaced;
    inbound->charset = message.charset;
    if (buf_append(text, "", 1) < 0)
        return err_memory(err);
    inbound->text = (const char *)buf_bytes(text);
    return decoded;
}

/* Whether the peer began as UTF-16, and not with the letters that windows-1251 has there. */
static bool is_utf16(const struct inbox *inbox, const struct inbound *inbound)
{
    return !inbox->begun && utf8_is_utf16_mark(inbound->wire.bytes, inbound->wire.n) &&
           (inbound->replaced || memchr(inbound->wire.bytes, '\0', inbound->wire.n));
}

/* A command of which no more could be decoded is not given. INBOX_AGAIN: nothing is left of the
 * message. */
static enum inbox_result give_text(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    bool failed = decode(inbox, inbound, err) < 0, is_mark;

    if (failed && err->kind != ERR_TEXT)
        return fail_at_memory(inbox, err);
    inbox->is_bad = failed;
    inbound->is_utf16 = is_utf16(inbox, inbound);
    is_mark = skip_bom(inbox, inbound) && !inbound->is_whole;
    if (!is_mark && !(failed && is_command(inbox, inbound)))
        return INBOX_MESSAGE;
    return failed ? fail_at_bad_text(inbox, err) : INBOX_AGAIN;
}

/* From inbound->wire. */
static enum inbox_result give(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    if (!inbox_is_raw(inbox))
        return give_text(inbox, inbound, err);
    inbound->text = (const char *)inbound->wire.bytes;
    inbound->n = inbound->wire.n;
    return INBOX_MESSAGE;
}

/* ---- the end of a line ---- */

/* A command is obeyed only where all of it has come: the beginning of a line is not the line. */
enum cause { BY_LF, BY_CAP, BY_SILENCE, BY_TIME, BY_END, BY_BREAK };

static const struct {
    bool is_all; /* of a command */
    bool goes_on;
    enum inbox_drop drop;
} causes[] = {
    [BY_LF] = {.is_all = true},
    [BY_CAP] = {.goes_on = true, .drop = DROP_TOO_LONG},
    [BY_SILENCE] = {.is_all = true}, /* of text: silence ends no command */
    [BY_TIME] = {.goes_on = true, .drop = DROP_TOO_SLOW},
    [BY_END] = {.is_all = true},
    [BY_BREAK] = {.drop = DROP_REST},
};

/* Without the byte order mark, in UTF-8 or GB18030, that skip_bom is going to drop. */
static struct line without_bom(const struct inbox *inbox, struct line line)
{
    static const char *const marks[] = {"\xEF\xBB\xBF", "\x84\x31\x95\x33"};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t n = strlen(marks[i]);

        if (inbox->options->mode->drops_bom && !inbox->begun && line.n >= n &&
            !memcmp(line.bytes, marks[i], n))
            return (struct line){line.bytes + n, line.n - n};
    }
    return line;
}

/* "//text" is text, but it waits for its LF, too. */
static bool may_be_command(const struct inbox *inbox, struct line line)
{
    line = without_bom(inbox, line);
    return inbox->options->commands && inbox->line == LINE_BEGINS && line.n && *line.bytes == '/';
}

static bool begins_command(const struct inbox *inbox, struct line line)
{
    line = without_bom(inbox, line);
    return may_be_command(inbox, line) && command_begins(line.bytes, line.n);
}

/* Only the end of a line that was taken in time may be empty. */
static enum inbox_result end_line(struct inbox *inbox, struct line line, enum cause how,
                                  struct inbound *inbound, struct err *err)
{
    bool continues = inbox->line != LINE_BEGINS;
    bool drops =
        inbox->line == LINE_DROPPED || (!causes[how].is_all && begins_command(inbox, line));
    unsigned char next = drops ? LINE_DROPPED : LINE_GOES_ON;

    inbox->opened_at = 0;
    inbox->line = causes[how].goes_on ? next : LINE_BEGINS;
    inbound_fini(inbound);
    *inbound = (struct inbound){.is_whole = how == BY_LF, .continues = continues, .wire = line};
    if (drops) {
        inbound->n = line.n;
        inbound->drop = continues ? DROP_REST : causes[how].drop;
        return INBOX_DROPPED;
    }
    return line.n || !continues ? give(inbox, inbound, err) : INBOX_AGAIN;
}

/* The rest that a silence or the end leaves. */
static enum inbox_result end_rest(struct inbox *inbox, enum cause how, struct inbound *inbound,
                                  struct err *err)
{
    struct line line;

    if (framer_rest(&inbox->framer, how != BY_SILENCE, &line) == FRAMER_NONE)
        return INBOX_AGAIN;
    return end_line(inbox, line, how, inbound, err);
}

/* The next line that ended by itself. INBOX_AGAIN: none is held. */
static enum inbox_result next_line(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    enum inbox_result result = INBOX_AGAIN;
    enum framer_end end;
    struct line line;

    while (result == INBOX_AGAIN && (end = framer_next(&inbox->framer, &line)) != FRAMER_NONE)
        result = end_line(inbox, line, end == FRAMER_WHOLE ? BY_LF : BY_CAP, inbound, err);
    return result;
}

/* ---- silence ---- */

static uint64_t open_for(const struct inbox *inbox, uint64_t now)
{
    return inbox->opened_at ? now - inbox->opened_at : 0;
}

static bool is_overdue(const struct inbox *inbox, uint64_t now)
{
    uint64_t most = inbox->options->mode->line_ms;

    return most && open_for(inbox, now) >= most;
}

uint64_t inbox_timeout(struct inbox *inbox, uint64_t now)
{
    const struct mode *mode = inbox->options->mode;
    uint64_t silence = mode->silence_ms, left;

    if (!mode->framed || inbox->line == LINE_DROPPED || !framer_waiting(&inbox->framer))
        return INBOX_NEVER;
    if (!inbox->opened_at)
        inbox->opened_at = now;
    if (!silence || inbox->waits_for_lf || may_be_command(inbox, framer_held(&inbox->framer)))
        silence = INBOX_NEVER;
    if (!mode->line_ms)
        return silence;
    left = is_overdue(inbox, now) ? 0 : mode->line_ms - open_for(inbox, now);
    return left < silence ? left : silence;
}

/* No LF that follows is taken for the end of an earlier cut: it ends this line. */
static enum inbox_result end_overdue(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    struct line line = framer_held(&inbox->framer);
    enum inbox_result result;

    line.n = framer_waiting(&inbox->framer);
    result = end_line(inbox, line, BY_TIME, inbound, err);
    framer_drop(&inbox->framer, line.n);
    return result;
}

enum inbox_result inbox_end_line(struct inbox *inbox, uint64_t now, struct inbound *inbound,
                                 struct err *err)
{
    if (is_overdue(inbox, now))
        return end_overdue(inbox, inbound, err);
    if (inbox->line == LINE_DROPPED || may_be_command(inbox, framer_held(&inbox->framer)))
        return INBOX_AGAIN;
    return end_rest(inbox, BY_SILENCE, inbound, err);
}

/* ---- offers ---- */

static size_t whole_characters(const struct inbox *inbox, const unsigned char *bytes, size_t n)
{
    return n - unfinished((void *)&inbox->encoding, bytes, n);
}

/* INBOX_AGAIN: no more is held than was offered in this turn. */
static enum inbox_result offer(struct inbox *inbox, struct inbound *inbound)
{
    struct line held = framer_held(&inbox->framer);

    held.n = whole_characters(inbox, held.bytes, held.n);
    if (held.n == inbox->offered)
        return INBOX_AGAIN;
    inbox->offered = held.n;
    inbound->wire = held;
    inbound->is_last = false;
    return INBOX_OFFER;
}

static enum inbox_result offer_last(struct inbox *inbox, struct inbound *inbound)
{
    inbound->wire = framer_held(&inbox->framer);
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
    framer_drop(&inbox->framer, inbound->wire.n);
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

    if (!inbox->is_over && !inbox->options->mode->framed && framer_held(&inbox->framer).n)
        return offer_last(inbox, inbound);
    if (!inbox->is_over)
        result = end_rest(inbox, failed ? BY_BREAK : BY_END, inbound, err);
    inbox->is_over = true;
    if (result != INBOX_AGAIN)
        return result;
    *err = failure;
    return failed ? INBOX_FAILED : INBOX_END;
}

static enum inbox_result next_held(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    return inbox->options->mode->framed ? next_line(inbox, inbound, err) : offer(inbox, inbound);
}

enum inbox_result inbox_next(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    size_t most = inbox->options->read_most;
    enum inbox_result result;

    *inbound = (struct inbound){0};
    if (inbox->is_bad)
        return fail_at_bad_text(inbox, err);
    while ((result = next_held(inbox, inbound, err)) == INBOX_AGAIN && inbox->reads < READS) {
        ssize_t got;

        err->kind = ERR_NONE;
        inbox->reads++;
        got = stream_read(inbox->stream, chunk, most ? most : sizeof chunk, err);
        if (got == STREAM_AGAIN)
            break;
        if (got <= 0)
            return end(inbox, got < 0, inbound, err);
        inbox->received += (uint64_t)got;
        if (framer_push(&inbox->framer, chunk, (size_t)got) < 0)
            return fail_at_memory(inbox, err);
    }
    return result;
}

enum inbox_result inbox_next_held(struct inbox *inbox, struct inbound *inbound, struct err *err)
{
    enum inbox_result result = INBOX_AGAIN;

    *inbound = (struct inbound){0};
    if (inbox->is_bad)
        return fail_at_bad_text(inbox, err);
    if (inbox->options->mode->framed)
        result = next_line(inbox, inbound, err);
    return result == INBOX_AGAIN ? end_rest(inbox, BY_BREAK, inbound, err) : result;
}
