#include "talk/member.h"

#include <stdlib.h>
#include <string.h>

#include "text/codec.h"

enum {
    READS = 4,        /* and */
    MESSAGES = 1000,  /* before the loop looks at others */
    NEXT_TURN_MS = 1, /* a timer of 0 ms would come before them */
    LEAVE_MS = 5000,  /* how long a leaving member may take for what is left */
    TEXT_CAP = 16 * (MEMBER_LINE + LINES_PUSH), /* of a decoded message */
};

/* Nothing of it outlives a call, and there is one thread: all members share it. */
static unsigned char chunk[LINES_PUSH];

/* ---- what was said ---- */

static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    const struct speech *speech = owner;

    return speech->languages.first ? speech_unfinished(speech, bytes, n) : 0;
}

/* True where that was all there was. */
static bool skip_bom(struct member *member, struct utterance *utterance)
{
    static const char bom[] = "\xEF\xBB\xBF";
    bool is_first = member->options->drops_bom && !member->begun;

    member->begun = true;
    if (!is_first || utterance->n < 3 || memcmp(utterance->text, bom, 3) != 0)
        return false;
    utterance->text += 3;
    utterance->n -= 3;
    return utterance->n == 0;
}

/* A character that the end cut off is no evidence, but it is bad text. */
static struct codec_plan decoding_plan(struct member *member, const struct line *line)
{
    size_t whole = line->n - speech_unfinished(&member->speech, line->bytes, line->n);

    return (struct codec_plan){
        .from = speech_hear(&member->speech, line->bytes, whole),
        .to = member->options->utf8,
        .checks = true,
        .bad = member->options->bad,
        .wire = WIRE_IS_INPUT,
    };
}

static void end(struct member *member, enum member_end how, const struct err *err);

static void fail_at_bad_text(struct member *member, const struct codec_plan *plan)
{
    struct err err;

    if (member->state != MEMBER_TALKING)
        return;
    err_set(&err, ERR_TEXT, "%s: what was received is not valid %s", member_address(member),
            charset_name(plan->from));
    end(member, MEMBER_FAILED, &err);
}

static bool is_raw(const struct member *member)
{
    return !member->speech.languages.first;
}

static void say_raw(struct member *member, const struct line *line, bool continues, bool is_whole)
{
    struct utterance utterance = {
        .text = (const char *)line->bytes,
        .n = line->n,
        .is_whole = is_whole,
        .continues = continues,
    };

    member->events->said(member->owner, member, &utterance);
}

static void say_text(struct member *member, const struct line *line, bool continues, bool is_whole)
{
    struct codec_plan plan = decoding_plan(member, line);
    struct utterance utterance;
    struct codec codec;
    struct buf text;
    int failed;

    buf_init(&text, TEXT_CAP);
    codec_init(&codec, &plan);
    failed = codec_push(&codec, line->bytes, line->n, true, &text, NULL);
    utterance = (struct utterance){
        .text = (const char *)buf_bytes(&text),
        .n = buf_length(&text),
        .is_whole = is_whole,
        .continues = continues,
        .replaced = codec.faults.undecodable > 0,
        .charset = plan.from,
        .wire = *line,
    };
    if (!skip_bom(member, &utterance) || is_whole)
        member->events->said(member->owner, member, &utterance);
    if (failed && plan.bad == BAD_STOP)
        fail_at_bad_text(member, &plan);
    codec_fini(&codec);
    buf_fini(&text);
}

static void say(struct member *member, const struct line *line, bool continues, bool is_whole)
{
    if (is_raw(member))
        say_raw(member, line, continues, is_whole);
    else
        say_text(member, line, continues, is_whole);
}

static void on_pause_over(uv_timer_t *timer)
{
    member_resume(timer->data);
}

/* Whether somebody listens; if not it is not read. */
static bool is_heard(struct member *member)
{
    uint64_t pause = member->events->listens(member->owner, member);

    member->paused = pause > 0;
    if (pause && pause != MEMBER_WAITS)
        uv_timer_start(&member->silence, on_pause_over, pause, 0);
    return !member->paused;
}

static size_t whole_characters(const struct member *member, const unsigned char *bytes, size_t n)
{
    return is_raw(member) ? n : n - speech_unfinished(&member->speech, bytes, n);
}

/* How many of these bytes may be said now. */
static size_t granted(struct member *member, const unsigned char *bytes, size_t n)
{
    if (!n || !member->events->grants)
        return n;
    return member->events->grants(member->owner, member, bytes, n);
}

/* What may go on now of what has come, but for an unfinished character. */
static bool say_bytes(struct member *member)
{
    struct line held = lines_held(&member->lines);
    size_t whole = whole_characters(member, held.bytes, held.n);
    size_t most = granted(member, held.bytes, whole);

    held.n = most < whole ? whole_characters(member, held.bytes, most) : whole;
    member->paused = whole && !held.n;
    if (!held.n)
        return false;
    say(member, &held, false, true);
    lines_drop(&member->lines, held.n);
    return true;
}

/* The next whole message, if somebody listens; false when there is none. */
static bool say_next(struct member *member)
{
    bool continues = member->cut_by_cap;
    struct line line;
    enum lines_end how;

    if (!is_heard(member))
        return false;
    if (member->options->bytes)
        return say_bytes(member);
    how = lines_next(&member->lines, &line);
    if (how == LINES_NONE)
        return false;
    member->cut_by_cap = how == LINES_CUT;
    say(member, &line, continues, how == LINES_WHOLE);
    return true;
}

/* What a silence or the end leaves. */
static void say_rest(struct member *member, bool last)
{
    bool continues = member->cut_by_cap;
    struct line line;

    if (lines_rest(&member->lines, last, &line) == LINES_NONE)
        return;
    member->cut_by_cap = false;
    say(member, &line, continues, false);
}

/* ---- watching ---- */

static void watch(struct member *member)
{
    bool reads = member->state == MEMBER_TALKING && !member->paused;
    bool writes = !member->deaf && (member->is_blocked || (member->finishing && !member->finished));

    stream_watch(member->stream, (reads ? STREAM_IN : 0u) | (writes ? STREAM_OUT : 0u));
}

/* Tells it; the owner lets the member leave. */
static void end(struct member *member, enum member_end how, const struct err *err)
{
    if (member->state != MEMBER_TALKING)
        return;
    uv_timer_stop(&member->silence);
    uv_timer_stop(&member->idle);
    member->events->ended(member->owner, member, how, err);
}

/* Our time is up: what has arrived is still said, whoever listens. */
static void end_in_time(struct member *member, enum member_end how, const struct err *err)
{
    struct line line;

    while (!member->options->bytes && member->state == MEMBER_TALKING &&
           lines_next(&member->lines, &line) != LINES_NONE)
        say(member, &line, false, true);
    if (member->state == MEMBER_TALKING)
        say_rest(member, true);
    end(member, how, err);
}

/* ---- reading ---- */

static void go_on(struct member *member);

static void on_more(uv_timer_t *timer)
{
    go_on(timer->data);
}

static void on_silence(uv_timer_t *timer);

static void wait_for_silence(struct member *member)
{
    if (!member->options->bytes && lines_waiting(&member->lines))
        uv_timer_start(&member->silence, on_silence, member->options->silence_ms, 0);
}

/* Bytes that are left wait until they are granted, as all do; then the end is read again. */
static void on_end(struct member *member, const struct err *err)
{
    struct line held = lines_held(&member->lines);

    member->paused = member->options->bytes && held.n && !granted(member, held.bytes, held.n);
    if (member->paused)
        return;
    say_rest(member, true);
    end(member, err->kind == ERR_NONE ? MEMBER_ENDED : MEMBER_FAILED, err);
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
    if (lines_push(&member->lines, chunk, (size_t)got) == 0)
        return true;
    err_memory(&err);
    end(member, MEMBER_FAILED, &err);
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
    lines_trim(&member->lines); /* many are idle most of the time */
    if (!member->paused)
        wait_for_silence(member);
}

static void go_on(struct member *member)
{
    listen_on(member);
    if (member->state == MEMBER_TALKING)
        watch(member);
}

/* The loop may have been late: it was a silence only if nothing has come meanwhile. */
static void on_silence(uv_timer_t *timer)
{
    struct member *member = timer->data;

    if (is_heard(member) && !read_once(member) && member->state == MEMBER_TALKING)
        say_rest(member, false);
    if (member->state == MEMBER_TALKING)
        go_on(member);
}

void member_resume(struct member *member)
{
    if (member->state != MEMBER_TALKING || !member->paused)
        return;
    member->paused = false;
    go_on(member);
}

/* ---- writing ---- */

static void close_now(struct member *member, enum stream_close how);

static void on_quit(uv_timer_t *timer)
{
    struct err none = {0};

    end_in_time(timer->data, MEMBER_TOO_LATE, &none);
}

/* What it said before it went is still to be read; then the stream tells the failure again. */
static void go_deaf(struct member *member)
{
    member->deaf = true;
    member->is_blocked = false;
    outbox_fini(&member->outbox);
    uv_timer_stop(&member->limit);
}

/* Our end is out and acknowledged: from now on the peer has -q's time. */
static void finish(struct member *member)
{
    struct err err;
    int finished = stream_finish(member->stream, &err);

    if (finished == STREAM_FAIL)
        go_deaf(member);
    member->finished = finished == 0;
    if (member->finished && member->options->quits)
        uv_timer_start(&member->limit, on_quit, member->options->quit_ms, 0);
}

static void on_stuck(uv_timer_t *timer)
{
    struct member *member = timer->data;

    uv_timer_start(timer, on_stuck, OUTBOX_PATIENCE_MS, 0);
    member->events->stuck(member->owner, member);
}

/* Only what was tried and did not go makes a crowd. */
static void note_crowd(struct member *member)
{
    bool is_crowded = member->is_blocked && member->outbox.bytes > member->options->crowded;

    if (is_crowded == member->is_crowded)
        return;
    member->is_crowded = is_crowded;
    if (is_crowded) {
        uv_timer_start(&member->limit, on_stuck, OUTBOX_PATIENCE_MS, 0);
        member->events->crowded(member->owner, member);
        return;
    }
    if (!member->finished) /* then it is -q's */
        uv_timer_stop(&member->limit);
    member->events->drained(member->owner, member);
}

static void go_on_leaving(struct member *member, int written)
{
    if (written != STREAM_AGAIN)
        close_now(member, written == 0 ? STREAM_LINGER : STREAM_ABORT);
}

static void write_on(struct member *member)
{
    uint64_t sent = member->outbox.sent;
    struct err err;
    int written = outbox_write(&member->outbox, member->stream, &err);

    member->is_blocked = written == STREAM_AGAIN;
    if (member->outbox.sent != sent) {
        member->took_at = member->active_at = uv_now(member->silence.loop);
        member->events->took(member->owner, member);
    }
    if (member->state == MEMBER_LEAVING) {
        go_on_leaving(member, written);
        return;
    }
    if (written == STREAM_FAIL)
        go_deaf(member);
    else if (written == 0 && member->finishing && !member->finished)
        finish(member);
    note_crowd(member);
}

static void on_ready(void *owner, unsigned bits)
{
    struct member *member = owner;

    if (bits & STREAM_OUT)
        write_on(member);
    if (member->stream && bits & STREAM_IN && member->state == MEMBER_TALKING)
        listen_on(member);
    if (member->stream)
        watch(member);
}

const struct form *member_form(const struct member *member, struct message *message)
{
    struct form_plan plan = {is_raw(member) ? NULL : speech_reply(&member->speech),
                             member->options->crlf, member->options->bad};

    return message_form(message, &plan);
}

void member_flush(struct member *member)
{
    if (member->deaf)
        return;
    write_on(member);
    if (member->stream) /* the owner may have been told something, and let it leave */
        watch(member);
}

int member_hear(struct member *member, struct message *message)
{
    const struct form *form;

    if (member->deaf || member->finishing || member->state != MEMBER_TALKING)
        return 0;
    form = member_form(member, message);
    if (!form || outbox_push(&member->outbox, form) < 0)
        return -1;
    if (member->is_blocked)
        note_crowd(member);
    else if (member->outbox.bytes > member->options->crowded)
        member_flush(member);
    else
        member->events->owes(member->owner, member);
    return 0;
}

void member_finish(struct member *member)
{
    member->finishing = true;
    watch(member);
}

const char *member_address(const struct member *member)
{
    return member->stream ? stream_label(member->stream) : "?"; /* closed meanwhile */
}

static void set_languages(struct member *member, const struct languages *languages)
{
    if (languages->first)
        speech_init(&member->speech, languages);
    else
        member->speech = (struct speech){0};
}

void member_set_languages(struct member *member, const struct languages *languages)
{
    set_languages(member, languages);
    member->seat.told_replaced = false;
}

/* ---- coming and going ---- */

/* One timer, started again for what is left, so that traffic costs no timer call. Who is not read
 * is not idle. */
static void on_idle(uv_timer_t *timer)
{
    struct member *member = timer->data;
    uint64_t silent = uv_now(timer->loop) - member->active_at;
    uint64_t most = member->options->idle_ms;
    struct err err;

    if (silent < most || member->paused) {
        uv_timer_start(timer, on_idle, member->paused ? most : most - silent, 0);
        return;
    }
    err_set(&err, ERR_TIMEOUT, "%s: nothing was sent or received for %.10g s",
            member_address(member), (double)most / 1000);
    end_in_time(member, MEMBER_FAILED, &err);
}

static void start_timers(struct member *member, uv_loop_t *loop)
{
    uv_timer_t *const timers[] = {&member->silence, &member->idle, &member->limit};

    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++) {
        uv_timer_init(loop, timers[i]);
        timers[i]->data = member;
        member->timers++;
    }
    member->active_at = uv_now(loop);
    if (member->options->idle_ms)
        uv_timer_start(&member->idle, on_idle, member->options->idle_ms, 0);
}

struct member *member_new(uv_loop_t *loop, struct stream *stream,
                          const struct member_options *options, const struct member_events *events,
                          void *owner, struct err *err)
{
    struct member *member = calloc(1, sizeof *member);

    if (!member) {
        stream_close(stream, STREAM_ABORT);
        err_memory(err);
        return NULL;
    }
    member->stream = stream;
    member->options = options;
    member->events = events;
    member->owner = owner;
    set_languages(member, &options->languages);
    lines_init(&member->lines, MEMBER_LINE, unfinished, &member->speech);
    outbox_init(&member->outbox, options->sum);
    start_timers(member, loop);
    stream_own(stream, on_ready, member);
    watch(member);
    return member;
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct member *member = handle->data;

    if (--member->timers)
        return;
    member->events->closed(member->owner, member);
    lines_fini(&member->lines);
    free(member);
}

static void close_now(struct member *member, enum stream_close how)
{
    member->events->closing(member->owner, member);
    stream_close(member->stream, how);
    member->stream = NULL;
    outbox_fini(&member->outbox);
    uv_close((uv_handle_t *)&member->silence, on_timer_closed);
    uv_close((uv_handle_t *)&member->idle, on_timer_closed);
    uv_close((uv_handle_t *)&member->limit, on_timer_closed);
}

static void on_left_too_slowly(uv_timer_t *timer)
{
    close_now(timer->data, STREAM_ABORT);
}

void member_leave(struct member *member, enum stream_close how)
{
    uv_timer_stop(&member->silence);
    uv_timer_stop(&member->idle);
    uv_timer_stop(&member->limit);
    member->state = MEMBER_LEAVING;
    if (how == STREAM_ABORT || !member->outbox.count) {
        close_now(member, how);
        return;
    }
    uv_timer_start(&member->limit, on_left_too_slowly, LEAVE_MS, 0);
    write_on(member);
    if (member->stream)
        watch(member);
}
