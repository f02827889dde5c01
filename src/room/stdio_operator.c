#include "room/stdio_operator.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/transcript_tee.h"
#include "room/announce.h"
#include "room/chat.h"
#include "room/flow.h"
#include "text/decoder.h"
#include "text/safetext.h"

enum {
    CHUNK = 64 * 1024,
    TURNS = 16,
    OUT_HIGH = 256 * 1024, /* no peer is heard while so much waits to be written */
    OUT_HELD = OUT_HIGH + 4 * CHUNK,
    OUT_CAP = 64 * 1024 * 1024,
    TEXT_CAP = 16 * CHUNK,
};

static unsigned char chunk[CHUNK];

static struct stdio_operator *host_of(struct room_operator *op)
{
    return (struct stdio_operator *)op;
}

static void watch(struct stdio_operator *operator);

/* ---- standard output ---- */

static void finish_if_closing(struct stdio_operator *operator);

static void fail(struct stdio_operator *operator, const struct err * err)
{
    buf_consume(&operator->out, buf_length(&operator->out));
    if (!operator->closing)
        room_fail(operator->room, err);
}

void host_log_broke(void *operator, const struct err * err)
{
    fail(operator, err);
}

static void write_on(struct stdio_operator *operator)
{
    bool was_high = buf_length(&operator->out) >= OUT_HIGH;
    struct err err;

    while (buf_length(&operator->out) && operator->local) {
        ssize_t put = stream_write(operator->local, buf_bytes(&operator->out),
                                   buf_length(&operator->out), &err);

        if (put == STREAM_AGAIN)
            break;
        if (put == STREAM_FAIL) {
            fail(operator, & err);
            break;
        }
        buf_consume(&operator->out, (size_t)put);
    }
    if (was_high && buf_length(&operator->out) < OUT_HIGH)
        flow_resume_soon(operator->room);
    finish_if_closing(operator);
}

/* Text that came from a peer, in the local charset. A log can lack a line, data is whole. */
static void put(struct stdio_operator *operator, const void * text, size_t n)
{
    struct err err;
    int failed;

    if (codec_is_identity(&operator->inward.plan))
        failed = buf_append(&operator->out, text, n);
    else
        failed = codec_push(&operator->inward, text, n, false, &operator->out, NULL);
    operator->lacks |= failed != 0;
    if (!failed || operator->options.log)
        return;
    err_set(&err, ERR_LOCAL, "standard output: out of memory");
    fail(operator, & err);
}

/* Another one's open line is ended first. */
static void begin(struct stdio_operator *operator, const struct member * from)
{
    if (merge_begin(&operator->merge, from))
        put(operator, "\n", 1);
}

static void show_bytes(struct stdio_operator *operator, const struct member * from,
                       const struct inbound *inbound)
{
    if (operator->options.merges)
        begin(operator, from);
    put(operator, inbound->text, inbound->n);
    if (inbound->n && operator->options.merges)
        merge_keep(&operator->merge, inbound->text, inbound->n);
}

/* A message, with the line end that it had. */
static void show_message(struct stdio_operator *operator, const struct member * from,
                         const struct inbound *inbound)
{
    begin(operator, from);
    put(operator, inbound->text, inbound->n);
    if (inbound->is_whole)
        put(operator, "\n", 1);
    merge_note(&operator->merge, inbound->is_whole);
}

/* ---- the log ---- */

static void put_safe(struct stdio_operator *operator, const char * text, size_t n)
{
    struct safetext_layout endless = {.columns = (unsigned)-1, .margin = ""};
    struct buf safe;

    buf_init(&safe, 32 * n + 64);
    if (safetext_rows(&endless, text, n, &safe) == 0)
        put(operator, buf_bytes(&safe), buf_length(&safe));
    else
        operator->lacks = true;
    buf_fini(&safe);
}

static void put_time(struct stdio_operator *operator)
{
    char text[CLOCK_TEXT];

    if (operator->options.timestamps)
        put(operator, text, clock_text(text, time(NULL), isatty(STDOUT_FILENO)));
}

static void log_line(struct stdio_operator *operator, const char * head, const char *between,
                     const char *text, size_t n)
{
    put_time(operator);
    put(operator, head, strlen(head));
    put(operator, between, strlen(between));
    put_safe(operator, text, n);
    put(operator, "\n", 1);
    if (operator->lacks)
        outfile_lose(operator->options.log, 1);
    else
        outfile_append(operator->options.log, buf_bytes(&operator->out),
                       buf_length(&operator->out));
    operator->lacks = false;
    buf_consume(&operator->out, buf_length(&operator->out));
}

static void log_utterance(struct stdio_operator *operator, const struct member * from,
                          const struct inbound *inbound)
{
    char head[CHAT_HEAD];

    chat_head(from->seat.name, inbound->kind, head);
    log_line(operator, head, " ", inbound->text, inbound->n);
}

/* ---- the operator ---- */

static struct member *on_hears_only(struct room_operator *op)
{
    return host_of(op)->merge.holder;
}

static size_t on_grants(struct room_operator *op, struct member *from, const unsigned char *bytes,
                        size_t n, bool is_line)
{
    struct stdio_operator *operator= host_of(op);

    return operator->options.merges ? merge_grant(&operator->merge, from, bytes, n, is_line) : n;
}

static bool on_listens(struct room_operator *op)
{
    return buf_length(&host_of(op)->out) < OUT_HIGH;
}

static void answer(struct stdio_operator *operator, struct member * member)
{
    const char *text = operator->options.reply;

    room_whisper(operator->room, member, text, strlen(text), false);
    if (operator->options.hangs_up)
        room_hang_up(operator->room, member);
}

static void on_heard(struct room_operator *op, struct member *from, const struct inbound *inbound)
{
    struct stdio_operator *operator= host_of(op);

    if (operator->options.log)
        log_utterance(operator, from, inbound);
    else if (operator->options.reply)
        show_message(operator, from, inbound);
    else
        show_bytes(operator, from, inbound);
    write_on(operator);
    watch(operator);
    if (operator->options.reply)
        answer(operator, from);
}

static void on_told(struct room_operator *op, const char *sentence)
{
    struct stdio_operator *operator= host_of(op);
    char safe[2048];

    if (!operator->options.log) {
        log_say(LOG_ERROR, "%s", sentence);
        return;
    }
    safetext_line(safe, sizeof safe, sentence);
    log_line(operator, ANNOUNCE_HEAD, "", safe, strlen(safe));
    write_on(operator);
    watch(operator);
}

static void on_drained(struct room_operator *op)
{
    watch(host_of(op));
}

static void on_joined(struct room_operator *op, struct member *member)
{
    struct stdio_operator *operator= host_of(op);

    if (operator->has_ended && operator->has_read && !operator->options.no_finish)
        member_finish(member);
    watch(operator);
}

static void on_left(struct room_operator *op, struct member *member)
{
    struct stdio_operator *operator= host_of(op);

    merge_forget(&operator->merge, member);
    watch(operator);
}

static const struct operator_ops operator_ops = {
    .listens = on_listens,
    .hears_only = on_hears_only,
    .grants = on_grants,
    .heard = on_heard,
    .told = on_told,
    .drained = on_drained,
    .joined = on_joined,
    .left = on_left,
};

/* ---- standard input ---- */

/* Lines of a person. */
static void say_lines(struct stdio_operator *operator, bool last)
{
    struct line line;

    while (framer_next(&operator->framer, &line) != FRAMER_NONE)
        room_speak(operator->room, line.bytes, line.n, true);
    if (last && framer_rest(&operator->framer, true, &line) != FRAMER_NONE)
        room_speak(operator->room, line.bytes, line.n, true);
}

static void say_bulk(struct stdio_operator *operator, const unsigned char * text, size_t n)
{
    if (n)
        operator->lacking += room_speak(operator->room, text, n, false);
}

static void tell_unsent(struct stdio_operator *operator)
{
    room_tell(operator->room, "something was not sent: out of memory");
}

static void hold(struct stdio_operator *operator, const unsigned char * text, size_t n)
{
    if (framer_push(&operator->framer, text, n) < 0)
        tell_unsent(operator);
}

static void say_text(struct stdio_operator *operator, const unsigned char * text, size_t n,
                     bool last)
{
    if (!operator->options.log) {
        say_bulk(operator, text, n);
        return;
    }
    while (n > FRAMER_PUSH) {
        hold(operator, text, FRAMER_PUSH);
        say_lines(operator, false);
        text += FRAMER_PUSH;
        n -= FRAMER_PUSH;
    }
    hold(operator, text, n);
    say_lines(operator, last);
}

/* What somebody's charset lacks is told once (a person's lines tell it each time), and so is bad
 * text. What replaced that may be lacking, too, and is no news. */
static void note_faults(struct stdio_operator *operator, const struct codec_faults * before)
{
    bool is_bad = operator->outward.faults.undecodable> before->undecodable;

    if (is_bad && !before->undecodable)
        room_tell(operator->room, "standard input holds text that is not valid %s",
                  charset_name(operator->options.local));
    if (!is_bad && operator->lacking && !operator->told_lacking)
        room_tell(operator->room,
                  "standard input holds characters that a peer's charset does not have");
    operator->told_lacking |= !is_bad && operator->lacking;
    operator->lacking = 0;
}

static void stop_at_bad_text(struct stdio_operator *operator)
{
    struct err err;

    operator->has_ended = true;
    err_set(&err, ERR_TEXT, "standard input: what follows is not valid %s",
            charset_name(operator->options.local));
    room_fail(operator->room, &err);
}

/* A lack of memory for one piece is no reason to end. */
static void note_failure(struct stdio_operator *operator, const struct err * err)
{
    if (err->kind == ERR_TEXT)
        stop_at_bad_text(operator);
    else
        tell_unsent(operator);
}

static void say(struct stdio_operator *operator, size_t n, bool last)
{
    struct codec_faults before = operator->outward.faults;
    struct buf text;
    struct err err;
    int converted;

    if (!operator->options.utf8) {
        say_text(operator, chunk, n, last);
        return;
    }
    buf_init(&text, TEXT_CAP);
    converted = codec_push(&operator->outward, chunk, n, last, &text, &err);
    say_text(operator, buf_bytes(&text), buf_length(&text), last);
    buf_fini(&text);
    if (converted < 0)
        note_failure(operator, & err);
    else
        note_faults(operator, & before);
}

static bool reads(const struct stdio_operator *operator)
{
    return !operator->closing && !operator->has_ended && !operator->options.reply &&
            operator->room->roster.count && room_is_ready(operator->room);
}

static void end_input(struct stdio_operator *operator)
{
    operator->has_ended = true;
    say(operator, 0, true);
    if (operator->has_read && !operator->options.no_finish)
        room_finish(operator->room);
}

static void read_on(struct stdio_operator *operator)
{
    for (int turn = 0; turn < TURNS && reads(operator); turn++) {
        struct err err;
        ssize_t got = stream_read(operator->local, chunk, sizeof chunk, &err);

        if (got == STREAM_AGAIN)
            return;
        if (got == STREAM_FAIL) {
            fail(operator, & err);
            return;
        }
        if (got == 0) {
            end_input(operator);
            return;
        }
        operator->has_read = true;
        say(operator,(size_t) got, false);
    }
}

static void watch(struct stdio_operator *operator)
{
    bool writes = buf_length(&operator->out) > 0;

    if (operator->local)
        stream_watch(operator->local, (reads(operator) ? STREAM_IN : 0u) |
                                          (writes ? STREAM_OUT : 0u) |
                                          (operator->closing ? 0u : (unsigned)STREAM_LOSS));
}

static void on_ready(void *owner, unsigned bits)
{
    struct stdio_operator *operator= owner;
    struct err err;

    if (bits & STREAM_LOSS && operator->local->ops->writev(operator->local, NULL, 0, &err) < 0)
        fail(operator, & err);
    if (operator->local && bits & STREAM_OUT)
        write_on(operator);
    if (operator->local && bits & STREAM_IN)
        read_on(operator);
    watch(operator);
}

/* ---- opening and closing ---- */

static size_t nothing_unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    struct charset *utf8 = owner;

    return utf8 ? decoder_unfinished(utf8, bytes, n) : 0;
}

void stdio_operator_init(struct stdio_operator *operator, uv_loop_t * loop,
                         const struct stdio_operator_options *options, struct room *room)
{
    struct codec_plan outward = {.from = options->utf8 ? options->local : NULL,
                                 .to = options->utf8,
                                 .checks = options->utf8 != NULL,
                                 .bad = options->bad};
    struct codec_plan inward = {.from = options->peers,
                                .to = options->peers ? options->local : NULL,
                                .safe = options->shows,
                                .bad = options->bad};

    *operator=(struct stdio_operator){
        .op = {&operator_ops}, .loop = loop, .room = room, .options = *options};
    merge_init(&operator->merge, room);
    buf_init(&operator->out, OUT_CAP);
    framer_init(&operator->framer, FRAMER_PUSH, nothing_unfinished, options->utf8);
    codec_init(&operator->outward, &outward);
    codec_init(&operator->inward, &inward);
}

static struct stream *take_down(struct stdio_operator *operator, struct stream * local,
                                struct err *err)
{
    struct transcript_tee_options how = {
        .transcript = operator->options.transcript,
        .charset = operator->options.local,
        .utf8 = operator->room->options.member.utf8,
        .peer = operator->options.name,
    };

    return operator->options.transcript ? transcript_tee_new(local, &how, err) : local;
}

/* The buffer has its size from the start: a lack of memory at a peer's first word would end the
 * whole room. */
int stdio_operator_open(struct stdio_operator *operator, struct err * err)
{
    struct stream *local;

    if (!buf_reserve(&operator->out, OUT_HELD))
        return err_memory(err);
    local = stdio_new(operator->loop, operator->options.stdio, err);
    operator->local = local ? take_down(operator, local, err) : NULL;
    if (!operator->local)
        return -1;
    merge_open(&operator->merge, operator->loop);
    stream_own(operator->local, on_ready, operator);
    watch(operator);
    return 0;
}

static void on_floor_closed(uv_handle_t *handle)
{
    struct stdio_operator *operator=(struct stdio_operator *)(
        (char *)handle->data - offsetof(struct stdio_operator, merge));

    buf_fini(&operator->out);
    framer_fini(&operator->framer);
    codec_fini(&operator->outward);
    codec_fini(&operator->inward);
    operator->closed(operator);
}

static void finish_if_closing(struct stdio_operator *operator)
{
    if (!operator->closing || buf_length(&operator->out) || !operator->local)
        return;
    stream_close(operator->local, STREAM_LINGER);
    operator->local = NULL;
    merge_close(&operator->merge, on_floor_closed);
}

void stdio_operator_close(struct stdio_operator *operator,
                          void (*closed)(struct stdio_operator *operator), void *owner)
{
    operator->closing = true;
    operator->closed = closed;
    operator->owner = owner;
    finish_if_closing(operator);
    watch(operator);
}
