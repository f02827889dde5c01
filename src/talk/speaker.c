#include "talk/speaker.h"

#include <string.h>

#include "text/codec.h"

enum {
    READS = 4,                                  /* and */
    MESSAGES = 1000,                            /* before the loop looks at others */
    NEXT_TURN_MS = 1,                           /* a timer of 0 ms would come before them */
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

void speaker_init(struct member *member)
{
    lines_init(&member->lines, MEMBER_LINE, unfinished, &member->speech);
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
    if (member_is_raw(member))
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
    return member_is_raw(member) ? n : n - speech_unfinished(&member->speech, bytes, n);
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

/* ---- reading ---- */

static void on_more(uv_timer_t *timer)
{
    speaker_go_on(timer->data);
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
    if (lines_push(&member->lines, chunk, (size_t)got) == 0)
        return true;
    err_memory(&err);
    member_end(member, MEMBER_FAILED, &err);
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

void speaker_go_on(struct member *member)
{
    listen_on(member);
    if (member->state == MEMBER_TALKING)
        member_watch(member);
}

/* The loop may have been late: it was a silence only if nothing has come meanwhile. */
static void on_silence(uv_timer_t *timer)
{
    struct member *member = timer->data;

    if (is_heard(member) && !read_once(member) && member->state == MEMBER_TALKING)
        say_rest(member, false);
    if (member->state == MEMBER_TALKING)
        speaker_go_on(member);
}

/* Our time is up: what has arrived is still said, whoever listens. */
void speaker_end_in_time(struct member *member, enum member_end how, const struct err *err)
{
    struct line line;

    while (!member->options->bytes && member->state == MEMBER_TALKING &&
           lines_next(&member->lines, &line) != LINES_NONE)
        say(member, &line, false, true);
    if (member->state == MEMBER_TALKING)
        say_rest(member, true);
    member_end(member, how, err);
}
