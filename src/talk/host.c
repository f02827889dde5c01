#include "talk/host.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/transcript_tee.h"
#include "talk/chat.h"
#include "talk/notice.h"
#include "talk/turn.h"
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

static struct host *host_of(struct room_operator *op)
{
    return (struct host *)op;
}

static void watch(struct host *host);

/* ---- standard output ---- */

static void finish_if_closing(struct host *host);

static void fail(struct host *host, const struct err *err)
{
    buf_consume(&host->out, buf_length(&host->out));
    if (!host->closing)
        room_fail(host->room, err);
}

void host_log_broke(void *host, const struct err *err)
{
    fail(host, err);
}

static void write_on(struct host *host)
{
    bool was_high = buf_length(&host->out) >= OUT_HIGH;
    struct err err;

    while (buf_length(&host->out) && host->local) {
        ssize_t put =
            stream_write(host->local, buf_bytes(&host->out), buf_length(&host->out), &err);

        if (put == STREAM_AGAIN)
            break;
        if (put == STREAM_FAIL) {
            fail(host, &err);
            break;
        }
        buf_consume(&host->out, (size_t)put);
    }
    if (was_high && buf_length(&host->out) < OUT_HIGH)
        turn_resume_soon(host->room);
    finish_if_closing(host);
}

/* Text that came from a peer, in the local charset. A log can lack a line, data is whole. */
static void put(struct host *host, const void *text, size_t n)
{
    struct err err;
    int failed;

    if (codec_is_identity(&host->inward.plan))
        failed = buf_append(&host->out, text, n);
    else
        failed = codec_push(&host->inward, text, n, false, &host->out, NULL);
    host->lacks |= failed != 0;
    if (!failed || host->options.log)
        return;
    err_set(&err, ERR_LOCAL, "standard output: out of memory");
    fail(host, &err);
}

/* Another one's open line is ended first. */
static void begin(struct host *host, const struct member *from)
{
    if (floor_begin(&host->floor, from))
        put(host, "\n", 1);
}

static void show_bytes(struct host *host, const struct member *from,
                       const struct utterance *utterance)
{
    if (host->options.merges)
        begin(host, from);
    put(host, utterance->text, utterance->n);
    if (utterance->n && host->options.merges)
        floor_keep(&host->floor, utterance->text, utterance->n);
}

/* A message, with the line end that it had. */
static void show_message(struct host *host, const struct member *from,
                         const struct utterance *utterance)
{
    begin(host, from);
    put(host, utterance->text, utterance->n);
    if (utterance->is_whole)
        put(host, "\n", 1);
    floor_note(&host->floor, utterance->is_whole);
}

/* ---- the log ---- */

static void put_safe(struct host *host, const char *text, size_t n)
{
    struct safetext_layout endless = {.columns = (unsigned)-1, .margin = ""};
    struct buf safe;

    buf_init(&safe, 32 * n + 64);
    if (safetext_rows(&endless, text, n, &safe) == 0)
        put(host, buf_bytes(&safe), buf_length(&safe));
    else
        host->lacks = true;
    buf_fini(&safe);
}

static void put_time(struct host *host)
{
    char text[CLOCK_TEXT];

    if (host->options.timestamps)
        put(host, text, clock_text(text, time(NULL), isatty(STDOUT_FILENO)));
}

static void log_line(struct host *host, const char *head, const char *between, const char *text,
                     size_t n)
{
    put_time(host);
    put(host, head, strlen(head));
    put(host, between, strlen(between));
    put_safe(host, text, n);
    put(host, "\n", 1);
    if (host->lacks)
        outfile_lose(host->options.log, 1);
    else
        outfile_append(host->options.log, buf_bytes(&host->out), buf_length(&host->out));
    host->lacks = false;
    buf_consume(&host->out, buf_length(&host->out));
}

static void log_utterance(struct host *host, const struct member *from,
                          const struct utterance *utterance)
{
    char head[CHAT_HEAD];

    chat_head(from->seat.name, utterance->kind, head);
    log_line(host, head, " ", utterance->text, utterance->n);
}

/* ---- the operator ---- */

static struct member *on_hears_only(struct room_operator *op)
{
    return host_of(op)->floor.holder;
}

static size_t on_grants(struct room_operator *op, struct member *from, const unsigned char *bytes,
                        size_t n, bool is_line)
{
    struct host *host = host_of(op);

    return host->options.merges ? floor_grant(&host->floor, from, bytes, n, is_line) : n;
}

static bool on_listens(struct room_operator *op)
{
    return buf_length(&host_of(op)->out) < OUT_HIGH;
}

static void answer(struct host *host, struct member *member)
{
    const char *text = host->options.reply;

    room_whisper(host->room, member, text, strlen(text), false);
    if (host->options.hangs_up)
        room_hang_up(host->room, member);
}

static void on_heard(struct room_operator *op, struct member *from,
                     const struct utterance *utterance)
{
    struct host *host = host_of(op);

    if (host->options.log)
        log_utterance(host, from, utterance);
    else if (host->options.reply)
        show_message(host, from, utterance);
    else
        show_bytes(host, from, utterance);
    write_on(host);
    watch(host);
    if (host->options.reply)
        answer(host, from);
}

static void on_told(struct room_operator *op, const char *sentence)
{
    struct host *host = host_of(op);
    char safe[2048];

    if (!host->options.log) {
        log_say(LOG_ERROR, "%s", sentence);
        return;
    }
    safetext_line(safe, sizeof safe, sentence);
    log_line(host, NOTICE_HEAD, "", safe, strlen(safe));
    write_on(host);
    watch(host);
}

static void on_drained(struct room_operator *op)
{
    watch(host_of(op));
}

static void on_joined(struct room_operator *op, struct member *member)
{
    struct host *host = host_of(op);

    if (host->has_ended && host->has_read && !host->options.no_finish)
        member_finish(member);
    watch(host);
}

static void on_left(struct room_operator *op, struct member *member)
{
    struct host *host = host_of(op);

    floor_forget(&host->floor, member);
    watch(host);
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
static void say_lines(struct host *host, bool last)
{
    struct line line;

    while (framer_next(&host->framer, &line) != FRAMER_NONE)
        room_speak(host->room, line.bytes, line.n, true);
    if (last && framer_rest(&host->framer, true, &line) != FRAMER_NONE)
        room_speak(host->room, line.bytes, line.n, true);
}

static void say_bulk(struct host *host, const unsigned char *text, size_t n)
{
    if (n)
        host->lacking += room_speak(host->room, text, n, false);
}

static void tell_unsent(struct host *host)
{
    room_tell(host->room, "something was not sent: out of memory");
}

static void hold(struct host *host, const unsigned char *text, size_t n)
{
    if (framer_push(&host->framer, text, n) < 0)
        tell_unsent(host);
}

static void say_text(struct host *host, const unsigned char *text, size_t n, bool last)
{
    if (!host->options.log) {
        say_bulk(host, text, n);
        return;
    }
    while (n > FRAMER_PUSH) {
        hold(host, text, FRAMER_PUSH);
        say_lines(host, false);
        text += FRAMER_PUSH;
        n -= FRAMER_PUSH;
    }
    hold(host, text, n);
    say_lines(host, last);
}

/* What somebody's charset lacks is told once (a person's lines tell it each time), and so is bad
 * text. What replaced that may be lacking, too, and is no news. */
static void note_faults(struct host *host, const struct codec_faults *before)
{
    bool is_bad = host->outward.faults.undecodable > before->undecodable;

    if (is_bad && !before->undecodable)
        room_tell(host->room, "standard input holds text that is not valid %s",
                  charset_name(host->options.local));
    if (!is_bad && host->lacking && !host->told_lacking)
        room_tell(host->room,
                  "standard input holds characters that a peer's charset does not have");
    host->told_lacking |= !is_bad && host->lacking;
    host->lacking = 0;
}

static void stop_at_bad_text(struct host *host)
{
    struct err err;

    host->has_ended = true;
    err_set(&err, ERR_TEXT, "standard input: what follows is not valid %s",
            charset_name(host->options.local));
    room_fail(host->room, &err);
}

/* A lack of memory for one piece is no reason to end. */
static void note_failure(struct host *host, const struct err *err)
{
    if (err->kind == ERR_TEXT)
        stop_at_bad_text(host);
    else
        tell_unsent(host);
}

static void say(struct host *host, size_t n, bool last)
{
    struct codec_faults before = host->outward.faults;
    struct buf text;
    struct err err;
    int converted;

    if (!host->options.utf8) {
        say_text(host, chunk, n, last);
        return;
    }
    buf_init(&text, TEXT_CAP);
    converted = codec_push(&host->outward, chunk, n, last, &text, &err);
    say_text(host, buf_bytes(&text), buf_length(&text), last);
    buf_fini(&text);
    if (converted < 0)
        note_failure(host, &err);
    else
        note_faults(host, &before);
}

static bool reads(const struct host *host)
{
    return !host->closing && !host->has_ended && !host->options.reply && host->room->roster.count &&
           room_is_ready(host->room);
}

static void end_input(struct host *host)
{
    host->has_ended = true;
    say(host, 0, true);
    if (host->has_read && !host->options.no_finish)
        room_finish(host->room);
}

static void read_on(struct host *host)
{
    for (int turn = 0; turn < TURNS && reads(host); turn++) {
        struct err err;
        ssize_t got = stream_read(host->local, chunk, sizeof chunk, &err);

        if (got == STREAM_AGAIN)
            return;
        if (got == STREAM_FAIL) {
            fail(host, &err);
            return;
        }
        if (got == 0) {
            end_input(host);
            return;
        }
        host->has_read = true;
        say(host, (size_t)got, false);
    }
}

static void watch(struct host *host)
{
    bool writes = buf_length(&host->out) > 0;

    if (host->local)
        stream_watch(host->local, (reads(host) ? STREAM_IN : 0u) | (writes ? STREAM_OUT : 0u) |
                                      (host->closing ? 0u : (unsigned)STREAM_LOSS));
}

static void on_ready(void *owner, unsigned bits)
{
    struct host *host = owner;
    struct err err;

    if (bits & STREAM_LOSS && host->local->ops->writev(host->local, NULL, 0, &err) < 0)
        fail(host, &err);
    if (host->local && bits & STREAM_OUT)
        write_on(host);
    if (host->local && bits & STREAM_IN)
        read_on(host);
    watch(host);
}

/* ---- opening and closing ---- */

static size_t nothing_unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    struct charset *utf8 = owner;

    return utf8 ? decoder_unfinished(utf8, bytes, n) : 0;
}

void host_init(struct host *host, uv_loop_t *loop, const struct host_options *options,
               struct room *room)
{
    struct codec_plan outward = {.from = options->utf8 ? options->local : NULL,
                                 .to = options->utf8,
                                 .checks = options->utf8 != NULL,
                                 .bad = options->bad};
    struct codec_plan inward = {.from = options->peers,
                                .to = options->peers ? options->local : NULL,
                                .safe = options->shows,
                                .bad = options->bad};

    *host = (struct host){.op = {&operator_ops}, .loop = loop, .room = room, .options = *options};
    floor_init(&host->floor, room);
    buf_init(&host->out, OUT_CAP);
    framer_init(&host->framer, FRAMER_PUSH, nothing_unfinished, options->utf8);
    codec_init(&host->outward, &outward);
    codec_init(&host->inward, &inward);
}

static struct stream *take_down(struct host *host, struct stream *local, struct err *err)
{
    struct transcript_tee_options how = {
        .transcript = host->options.transcript,
        .charset = host->options.local,
        .utf8 = host->room->options.member.utf8,
        .peer = host->options.name,
    };

    return host->options.transcript ? transcript_tee_new(local, &how, err) : local;
}

/* The buffer has its size from the start: a lack of memory at a peer's first word would end the
 * whole room. */
int host_open(struct host *host, struct err *err)
{
    struct stream *local;

    if (!buf_reserve(&host->out, OUT_HELD))
        return err_memory(err);
    local = stdio_new(host->loop, host->options.stdio, err);
    host->local = local ? take_down(host, local, err) : NULL;
    if (!host->local)
        return -1;
    floor_open(&host->floor, host->loop);
    stream_own(host->local, on_ready, host);
    watch(host);
    return 0;
}

static void on_floor_closed(uv_handle_t *handle)
{
    struct host *host = (struct host *)((char *)handle->data - offsetof(struct host, floor));

    buf_fini(&host->out);
    framer_fini(&host->framer);
    codec_fini(&host->outward);
    codec_fini(&host->inward);
    host->closed(host);
}

static void finish_if_closing(struct host *host)
{
    if (!host->closing || buf_length(&host->out) || !host->local)
        return;
    stream_close(host->local, STREAM_LINGER);
    host->local = NULL;
    floor_close(&host->floor, on_floor_closed);
}

void host_close(struct host *host, void (*closed)(struct host *host), void *owner)
{
    host->closing = true;
    host->closed = closed;
    host->owner = owner;
    finish_if_closing(host);
    watch(host);
}
