/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/inbox.h"

#include <string.h>

#include "text/codec.h"
#include "text/command.h"

enum {
    READS = 4,                                   /* and */
    MESSAGES = 1000,                             /* before the loop looks at others */
    NEXT_TURN_MS = 1,                            /* a timer of 0 ms would come before them */
    TEXT_CAP = 16 * (MEMBER_LINE + FRAMER_PUSH), /* of a decoded message */
};

/* Nothing of it outlives a call, and there is one thread: all members share it. */
static unsigned char chunk[FRAMER_PUSH];

/* ---- what was said ---- */

static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    const struct encoding *encoding = owner;

    return encoding->encodings.first ? encoding_unfinished(encoding, bytes, n) : 0;
}

void inbox_init(struct member *member)
{
    framer_init(&member->framer, MEMBER_LINE, unfinished, &member->encoding);
}

/* True where that was all there was. */
static bool skip_bom(struct member *member, struct inbound *inbound)
{
    static const char bom[] = "\xEF\xBB\xBF";
    bool is_first = member->options->mode->drops_bom && !member->begun;

    member->begun = true;
    if (!is_first || inbound->n < 3 || memcmp(inbound->text, bom, 3) != 0)
        return false;
    inbound->text += 3;
    inbound->n -= 3;
    return inbound->n == 0;
}

/* A character that the end cut off is no evidence, but it is bad text. */
static struct codec_plan decoding_plan(struct member *member, const struct line *line)
{
    size_t whole = line->n - encoding_unfinished(&member->encoding, line->bytes, line->n);

    return (struct codec_plan){
        .from = encoding_hear(&member->encoding, line->bytes, whole),
        .to = member->options->utf8,
        .checks = true,
        .bad = member->options->bad,
        .wire = WIRE_IS_INPUT,
    };
}

static void fail_at_bad_text(struct member *member, const struct codec_plan *plan)
{
    struct err err;

    if (member->state != MEMBER_TALKING)
        return;
    err_set(&err, ERR_TEXT, "%s: what was received is not valid %s", member_address(member),
            charset_name(plan->from));
    member_end(member, MEMBER_FAILED, &err);
}

static void say_raw(struct member *member, const struct line *line, bool continues, bool is_whole)
{
    struct inbound inbound = {
        .text = (const char *)line->bytes,
        .n = line->n,
        .is_whole = is_whole,
        .continues = continues,
    };

    member->events->said(member->owner, member, &inbound);
}

/* A command of which no more could be decoded is not obeyed. */
static bool is_order(const struct member *member, const struct inbound *inbound)
{
    return member->options->commands && !inbound->continues &&
           command_begins(inbound->text, inbound->n);
}

/* A message that cannot be held is no message; its sender is told by the end. */
static void fail_at_memory(struct member *member)
{
    struct err err;

    err_set(&err, ERR_LOCAL, "%s: out of memory", member_address(member));
    member_end(member, MEMBER_FAILED, &err);
}

static void say_text(struct member *member, const struct line *line, bool continues, bool is_whole)
{
    struct codec_plan plan = decoding_plan(member, line);
    struct inbound inbound;
    struct codec codec;
    struct buf text;
    struct err err = {0};
    bool failed;

    buf_init(&text, TEXT_CAP);
    codec_init(&codec, &plan);
    failed = codec_push(&codec, line->bytes, line->n, true, &text, &err) < 0;
    inbound = (struct inbound){
        .text = (const char *)buf_bytes(&text),
        .n = buf_length(&text),
        .is_whole = is_whole,
        .continues = continues,
        .replaced = codec.faults.undecodable > 0,
        .charset = plan.from,
        .wire = *line,
    };
    if (failed && err.kind != ERR_TEXT)
        fail_at_memory(member);
    else if ((!skip_bom(member, &inbound) || is_whole) && !(failed && is_order(member, &inbound)))
        member->events->said(member->owner, member, &inbound);
    if (failed && err.kind == ERR_TEXT)
        fail_at_bad_text(member, &plan);
    codec_fini(&codec);
    buf_fini(&text);
}

static void say(struct member *member, const struct line *line, bool continues, bool is_whole)
{
    if (member_is_raw(member))
        say_raw(member, line, continues, is_whole);
    else
        say_text(member, line, continues, is_whole);
}

/* ---- how a line ends ---- */

/* A command is obeyed only where all of it has come: the beginning of a line is not the line. */
enum cause { BY_LF, BY_CAP, BY_SILENCE, BY_TIME, BY_END, BY_BREAK };

static const struct {
    bool is_all; /* of a command */
    bool goes_on;
    enum member_drop drop;
} causes[] = {
    [BY_LF] = {.is_all = true},
    [BY_CAP] = {.goes_on = true, .drop = DROP_TOO_LONG},
    [BY_SILENCE] = {.is_all = true}, /* of what is none */
    [BY_TIME] = {.goes_on = true, .drop = DROP_TOO_SLOW},
    [BY_END] = {.is_all = true},
    [BY_BREAK] = {.drop = DROP_REST},
};

/* Without the mark of its byte order, in UTF-8 or GB18030, which skip_bom is going to drop. */
static struct line without_bom(const struct member *member, struct line line)
{
    static const char *const marks[] = {"\xEF\xBB\xBF", "\x84\x31\x95\x33"};

    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        size_t n = strlen(marks[i]);

        if (member->options->mode->drops_bom && !member->begun && line.n >= n &&
            !memcmp(line.bytes, marks[i], n))
            return (struct line){line.bytes + n, line.n - n};
    }
    return line;
}

/* "//text" is none, but it waits for its LF, too. */
static bool may_be_command(const struct member *member, struct line line)
{
    line = without_bom(member, line);
    return member->options->commands && member->line == LINE_BEGINS && line.n && *line.bytes == '/';
}

static bool is_command(const struct member *member, struct line line)
{
    line = without_bom(member, line);
    return may_be_command(member, line) && command_begins(line.bytes, line.n);
}

/* Only the end of a line that was taken in time may be empty. */
static void end_line(struct member *member, const struct line *line, enum cause how)
{
    bool continues = member->line != LINE_BEGINS;
    bool drops = member->line == LINE_DROPPED || (!causes[how].is_all && is_command(member, *line));
    enum member_line next = drops ? LINE_DROPPED : LINE_GOES_ON;

    member->opened_at = 0;
    member->line = causes[how].goes_on ? next : LINE_BEGINS;
    if (drops)
        member->events->dropped(member->owner, member, continues ? DROP_REST : causes[how].drop,
                                line->n);
    else if (line->n || !continues)
        say(member, line, continues, how == BY_LF);
}

static void on_pause_over(uv_timer_t *timer)
{
    member_resume(timer->data);
}

/* Whether the member may speak now; if not it is not read. */
static bool may_speak(struct member *member)
{
    uint64_t pause = member->events->delay(member->owner, member);

    member->paused = pause > 0;
    if (pause && pause != MEMBER_WAITS)
        uv_timer_start(&member->silence, on_pause_over, pause, 0);
    return !member->paused;
}

static size_t whole_characters(const struct member *member, const unsigned char *bytes, size_t n)
{
    return member_is_raw(member) ? n : n - encoding_unfinished(&member->encoding, bytes, n);
}

/* How many of these bytes may be said now. */
static size_t granted(struct member *member, const unsigned char *bytes, size_t n, bool is_line)
{
    if (!n || !member->events->grants)
        return n;
    return member->events->grants(member->owner, member, bytes, n, is_line);
}

static bool is_line(const struct line *line)
{
    return line->n >= MEMBER_LINE || (line->n && memchr(line->bytes, '\n', line->n));
}

/* Hands on the held bytes that are granted, without an unfinished character. */
static bool say_bytes(struct member *member)
{
    struct line held = framer_held(&member->framer);
    size_t whole = whole_characters(member, held.bytes, held.n);
    bool holds_line = is_line(&held);
    size_t most = granted(member, held.bytes, whole, holds_line);

    held.n = most < whole ? whole_characters(member, held.bytes, most) : whole;
    member->paused = whole && !held.n && holds_line;
    if (!held.n)
        return false;
    say(member, &held, false, true);
    framer_drop(&member->framer, held.n);
    return true;
}

static enum cause cause_of(enum framer_end end)
{
    return end == FRAMER_WHOLE ? BY_LF : BY_CAP;
}

/* The next whole message, if the member may speak; false when there is none. */
static bool say_next(struct member *member)
{
    struct line line;
    enum framer_end end;

    if (!may_speak(member))
        return false;
    if (!member->options->mode->framed)
        return say_bytes(member);
    end = framer_next(&member->framer, &line);
    if (end == FRAMER_NONE)
        return false;
    end_line(member, &line, cause_of(end));
    return true;
}

/* Says the rest that a silence or the end leaves. */
static void say_rest(struct member *member, enum cause how)
{
    struct line line;

    if (framer_rest(&member->framer, how != BY_SILENCE, &line) != FRAMER_NONE)
        end_line(member, &line, how);
}

/* ---- silence ---- */

static uint64_t open_for(const struct member *member)
{
    return member->opened_at ? uv_now(member->silence.loop) - member->opened_at : 0;
}

static bool is_overdue(const struct member *member)
{
    return member->options->mode->line_ms && open_for(member) >= member->options->mode->line_ms;
}

/* No LF that follows is taken for the end of an earlier cut: it ends this line. */
static void end_overdue(struct member *member)
{
    struct line line = framer_held(&member->framer);

    line.n = framer_waiting(&member->framer);
    end_line(member, &line, BY_TIME);
    framer_drop(&member->framer, line.n);
}

static void end_open_line(struct member *member)
{
    if (is_overdue(member))
        end_overdue(member);
    else if (member->line != LINE_DROPPED && !may_be_command(member, framer_held(&member->framer)))
        say_rest(member, BY_SILENCE);
}

/* ---- reading ---- */

static void on_more(uv_timer_t *timer)
{
    inbox_go_on(timer->data);
}

static void on_silence(uv_timer_t *timer);

/* Ms after which the open line is ended; MEMBER_WAITS: it is not. */
static uint64_t time_left(const struct member *member)
{
    const struct member_options *options = member->options;
    bool waits = may_be_command(member, framer_held(&member->framer));
    uint64_t silence = waits ? MEMBER_WAITS : options->mode->silence_ms, left;

    if (!options->mode->line_ms)
        return silence;
    left = is_overdue(member) ? 0 : options->mode->line_ms - open_for(member);
    return left < silence ? left : silence;
}

static void wait_for_silence(struct member *member)
{
    uint64_t left;

    if (!member->options->mode->framed || member->line == LINE_DROPPED ||
        !framer_waiting(&member->framer))
        return;
    if (!member->opened_at)
        member->opened_at = uv_now(member->silence.loop);
    left = time_left(member);
    if (left != MEMBER_WAITS)
        uv_timer_start(&member->silence, on_silence, left, 0);
}

/* Bytes that are left wait until they are granted, as all do; then the end is read again. */
static void on_end(struct member *member, const struct err *err)
{
    struct line held = framer_held(&member->framer);

    member->paused =
        !member->options->mode->framed && held.n && !granted(member, held.bytes, held.n, true);
    if (member->paused)
        return;
    say_rest(member, err->kind == ERR_NONE ? BY_END : BY_BREAK);
    member_end(member, err->kind == ERR_NONE ? MEMBER_ENDED : MEMBER_FAILED, err);
}

/* One read; false where there is nothing now, or never again. */
static bool read_once(struct member *member)
{
    struct err err = {0};
    size_t most = member->options->read_most;
    ssize_t got = stream_read(member->stream, chunk, most ? most : sizeof chunk, &err);

    if (got == STREAM_AGAIN)
        return false;
    uv_timer_stop(&member->silence);
    if (got <= 0) {
        on_end(member, &err);
        return false;
    }
    member->received += (uint64_t)got;
    member->active_at = uv_now(member->silence.loop);
    if (framer_push(&member->framer, chunk, (size_t)got) == 0)
        return true;
    fail_at_memory(member);
    return false;
}

static void listen_on(struct member *member)
{
    int reads = 0, messages = 0;

    while (member->state == MEMBER_TALKING) {
        if (messages == MESSAGES) {
            uv_timer_start(&member->silence, on_more, NEXT_TURN_MS, 0);
            return;
        }
        if (say_next(member)) {
            messages++;
            continue;
        }
        if (member->paused || member->state != MEMBER_TALKING || reads++ == READS ||
            !read_once(member))
            break;
    }
    if (member->state != MEMBER_TALKING)
        return;
    framer_trim(&member->framer); /* many are idle most of the time */
    if (!member->paused)
        wait_for_silence(member);
}

void inbox_go_on(struct member *member)
{
    listen_on(member);
    if (member->state == MEMBER_TALKING)
        member_watch(member);
}

/* The loop may have been late: it was a silence only if nothing has come meanwhile. */
static void on_silence(uv_timer_t *timer)
{
    struct member *member = timer->data;

    if (may_speak(member) && !read_once(member) && member->state == MEMBER_TALKING)
        end_open_line(member);
    if (member->state == MEMBER_TALKING)
        inbox_go_on(member);
}

/* Our time is up: what has arrived is still said, whether the member may speak or not. */
void inbox_end_in_time(struct member *member, enum member_end how, const struct err *err)
{
    struct line line;
    enum framer_end end;

    while (member->options->mode->framed && member->state == MEMBER_TALKING &&
           (end = framer_next(&member->framer, &line)) != FRAMER_NONE)
        end_line(member, &line, cause_of(end));
    if (member->state == MEMBER_TALKING)
        say_rest(member, BY_BREAK);
    member_end(member, how, err);
}
