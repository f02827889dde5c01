/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/stdio_operator.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/event.h"
#include "io/transcript_tee.h"
#include "room/announce.h"
#include "room/chat.h"
#include "text/safetext.h"

enum {
    CHUNK = STDIO_INPUT_CHUNK,
    TURNS = 16,
    OUT_HIGH = 256 * 1024, /* at this many queued bytes the operator accepts no input */
    OUT_HELD = OUT_HIGH + 4 * CHUNK,
    OUT_CAP = 64 * 1024 * 1024,
};

static unsigned char chunk[CHUNK];

static struct stdio_operator *stdio_of(struct room_operator *op)
{
    return (struct stdio_operator *)op;
}

static void watch(struct stdio_operator *stdio);
static void finish_if_closing(struct stdio_operator *stdio);

/* ---- standard output ---- */

void stdio_operator_fail(void *owner, const struct err *err)
{
    struct stdio_operator *stdio = owner;

    buf_clear(&stdio->out);
    if (!stdio->closing)
        room_fail(stdio->room, err);
}

static void write_on(struct stdio_operator *stdio)
{
    bool was_high = buf_length(&stdio->out) >= OUT_HIGH;
    struct err err;

    while (buf_length(&stdio->out) && stdio->local) {
        ssize_t put =
            stream_write(stdio->local, buf_bytes(&stdio->out), buf_length(&stdio->out), &err);

        if (put == STREAM_AGAIN)
            break;
        if (put == STREAM_FAIL) {
            stdio_operator_fail(stdio, &err);
            break;
        }
        buf_consume(&stdio->out, (size_t)put);
    }
    if (was_high && buf_length(&stdio->out) < OUT_HIGH)
        room_resume_soon(stdio->room);
    finish_if_closing(stdio);
}

/* Puts a peer's text into the local charset. A log can lack a line, data is whole. */
static void put(struct stdio_operator *stdio, const void *text, size_t n)
{
    struct err err;
    int failed;

    if (codec_is_identity(&stdio->inward.plan))
        failed = buf_append(&stdio->out, text, n);
    else
        failed = codec_push(&stdio->inward, text, n, false, &stdio->out, NULL);
    stdio->lacks |= failed != 0;
    if (!failed || stdio->options.log)
        return;
    err_set(&err, ERR_LOCAL, "standard output: out of memory");
    stdio_operator_fail(stdio, &err);
}

/* The open line of another member is ended first. */
static void begin(struct stdio_operator *stdio, const struct member *from)
{
    if (merge_begin(&stdio->merge, from))
        put(stdio, "\n", 1);
}

static void show_bytes(struct stdio_operator *stdio, const struct member *from,
                       const struct inbound *inbound)
{
    bool merges = stdio->room->options.mode.merges;

    if (merges)
        begin(stdio, from);
    put(stdio, inbound->text, inbound->n);
    if (inbound->n && merges)
        merge_keep(&stdio->merge, inbound->text, inbound->n);
}

/* A message, with the line end that it had. */
static void show_message(struct stdio_operator *stdio, const struct member *from,
                         const struct inbound *inbound)
{
    begin(stdio, from);
    put(stdio, inbound->text, inbound->n);
    if (inbound->is_whole && !inbound->has_end)
        put(stdio, "\n", 1);
    merge_note(&stdio->merge, inbound->is_whole);
}

/* ---- the log ---- */

static void put_safe(struct stdio_operator *stdio, const char *text, size_t n)
{
    struct rows_layout endless = {.columns = (unsigned)-1, .margin = ""};
    struct buf safe;

    buf_init(&safe, 32 * n + 64);
    if (safetext_rows(&endless, text, n, &safe) == 0)
        put(stdio, buf_bytes(&safe), buf_length(&safe));
    else
        stdio->lacks = true;
    buf_fini(&safe);
}

static void put_time(struct stdio_operator *stdio)
{
    char text[CLOCK_TEXT];

    if (stdio->options.timestamps)
        put(stdio, text, clock_text(text, time(NULL), isatty(STDOUT_FILENO)));
}

static void log_line(struct stdio_operator *stdio, const char *head, const char *between,
                     const char *text, size_t n)
{
    put_time(stdio);
    put(stdio, head, strlen(head));
    put(stdio, between, strlen(between));
    put_safe(stdio, text, n);
    put(stdio, "\n", 1);
    if (stdio->lacks)
        outfile_lose(stdio->options.log, 1);
    else
        outfile_append(stdio->options.log, buf_bytes(&stdio->out), buf_length(&stdio->out));
    stdio->lacks = false;
    buf_clear(&stdio->out);
}

static void log_inbound(struct stdio_operator *stdio, const struct member *from,
                        const struct inbound *inbound)
{
    char head[CHAT_HEAD];

    chat_head(from->seat.name, inbound->kind, head);
    log_line(stdio, head, " ", inbound->text, inbound->n);
}

/* ---- the operator ---- */

static struct member *on_only_member(struct room_operator *op)
{
    return stdio_of(op)->merge.holder;
}

static size_t on_grants(struct room_operator *op, struct member *from, const unsigned char *bytes,
                        size_t n, bool is_line)
{
    struct stdio_operator *stdio = stdio_of(op);

    return stdio->room->options.mode.merges ? merge_grant(&stdio->merge, from, bytes, n, is_line)
                                            : n;
}

static bool on_accepts_input(struct room_operator *op)
{
    return buf_length(&stdio_of(op)->out) < OUT_HIGH;
}

static void answer(struct stdio_operator *stdio, struct member *member)
{
    const char *text = stdio->options.reply;

    room_answer(stdio->room, member, text, strlen(text));
    if (stdio->options.hangs_up)
        room_hang_up(stdio->room, member);
}

static void on_heard(struct room_operator *op, struct member *from, const struct inbound *inbound)
{
    struct stdio_operator *stdio = stdio_of(op);

    if (stdio->options.log)
        log_inbound(stdio, from, inbound);
    else if (stdio->room->options.mode.framed)
        show_message(stdio, from, inbound);
    else
        show_bytes(stdio, from, inbound);
    write_on(stdio);
    watch(stdio);
    if (stdio->options.reply)
        answer(stdio, from);
}

static bool on_told(struct room_operator *op, const char *sentence)
{
    struct stdio_operator *stdio = stdio_of(op);
    char safe[2048];

    if (!stdio->options.log)
        return false;
    safetext_line(safe, sizeof safe, sentence);
    log_line(stdio, ANNOUNCE_HEAD, "", safe, strlen(safe));
    write_on(stdio);
    watch(stdio);
    return true;
}

static void on_drained(struct room_operator *op)
{
    watch(stdio_of(op));
}

static void on_joined(struct room_operator *op, struct member *member)
{
    struct stdio_operator *stdio = stdio_of(op);

    if (stdio->has_ended && stdio->has_read && !stdio->options.no_finish)
        member_finish(member);
    watch(stdio);
}

static void on_left(struct room_operator *op, struct member *member)
{
    merge_forget(&stdio_of(op)->merge, member);
    watch(stdio_of(op));
}

static const struct operator_ops operator_ops = {
    .accepts_input = on_accepts_input,
    .only_member = on_only_member,
    .grants = on_grants,
    .heard = on_heard,
    .told = on_told,
    .drained = on_drained,
    .joined = on_joined,
    .left = on_left,
};

/* ---- standard input ---- */

static void say(struct stdio_operator *stdio, size_t n, bool last)
{
    struct err err;

    if (stdio_input_say(&stdio->input, chunk, n, last, &err) == 0)
        return;
    stdio->has_ended = true;
    room_fail(stdio->room, &err);
}

static bool reads(const struct stdio_operator *stdio)
{
    return !stdio->closing && !stdio->has_ended && !stdio->options.reply &&
           stdio->room->roster.count && room_is_ready(stdio->room);
}

static void end_input(struct stdio_operator *stdio)
{
    stdio->has_ended = true;
    say(stdio, 0, true);
    if (!isatty(STDOUT_FILENO))
        room_lose_operator(stdio->room);
    if (stdio->has_read && !stdio->options.no_finish)
        room_finish(stdio->room, true);
}

static void read_on(struct stdio_operator *stdio)
{
    for (int turn = 0; turn < TURNS && reads(stdio); turn++) {
        struct err err;
        ssize_t got = stream_read(stdio->local, chunk, sizeof chunk, &err);

        if (got == STREAM_FAIL)
            stdio_operator_fail(stdio, &err);
        if (got == 0)
            end_input(stdio);
        if (got <= 0)
            return;
        stdio->has_read = true;
        say(stdio, (size_t)got, false);
    }
}

static void watch(struct stdio_operator *stdio)
{
    if (stdio->local)
        stream_watch(stdio->local, (reads(stdio) ? STREAM_IN : 0u) |
                                       (buf_length(&stdio->out) ? STREAM_OUT : 0u) |
                                       (stdio->closing ? 0u : (unsigned)STREAM_LOSS));
}

static void on_ready(void *owner, unsigned bits)
{
    struct stdio_operator *stdio = owner;
    struct err err;

    if (bits & STREAM_LOSS && stream_check(stdio->local, &err) < 0)
        stdio_operator_fail(stdio, &err);
    if (stdio->local && bits & STREAM_OUT)
        write_on(stdio);
    if (stdio->local && bits & STREAM_IN)
        read_on(stdio);
    watch(stdio);
}

/* ---- opening and closing ---- */

void stdio_operator_init(struct stdio_operator *stdio, uv_loop_t *loop,
                         const struct stdio_operator_options *options, struct room *room)
{
    struct stdio_input_options input = {.local = options->local,
                                        .utf8 = options->utf8,
                                        .text = options->text,
                                        .form = options->form};
    struct codec_plan inward = {.from = options->peers,
                                .to = options->peers ? options->local : NULL,
                                .safe = options->shows,
                                .text.bad = options->text.bad};

    *stdio = (struct stdio_operator){
        .op = {&operator_ops}, .loop = loop, .room = room, .options = *options};
    merge_init(&stdio->merge, &room->flow);
    buf_init(&stdio->out, OUT_CAP);
    stdio_input_init(&stdio->input, &input, room);
    codec_init(&stdio->inward, &inward);
}

static struct stream *with_transcript(struct stdio_operator *stdio, struct stream *local,
                                      struct err *err)
{
    struct transcript_tee_options how = {
        .transcript = stdio->options.transcript,
        .is_local = true,
        .charset = stdio->options.local,
        .utf8 = stdio->room->options.member.inbox.utf8,
        .peer = stdio->options.name,
    };

    return stdio->options.transcript ? transcript_tee_new(local, &how, err) : local;
}

/* The buffer has its size from the start: a lack of memory at a peer's first word would end the
 * whole room. */
int stdio_operator_open(struct stdio_operator *stdio, struct err *err)
{
    struct stream *local;

    if (!buf_reserve(&stdio->out, OUT_HELD))
        return err_memory(err);
    local = stdio_new(stdio->loop, stdio->options.stdio, err);
    stdio->local = local ? with_transcript(stdio, local, err) : NULL;
    if (!stdio->local)
        return -1;
    merge_open(&stdio->merge, stdio->loop);
    stream_own(stdio->local, on_ready, stdio);
    watch(stdio);
    return 0;
}

static void on_merge_closed(uv_handle_t *handle)
{
    struct stdio_operator *stdio =
        (struct stdio_operator *)((char *)handle->data - offsetof(struct stdio_operator, merge));

    buf_fini(&stdio->out);
    stdio_input_fini(&stdio->input);
    stdio->closed(stdio);
}

static void finish_if_closing(struct stdio_operator *stdio)
{
    if (!stdio->closing || buf_length(&stdio->out) || !stdio->local)
        return;
    stream_close(stdio->local, STREAM_LINGER);
    stdio->local = NULL;
    merge_close(&stdio->merge, on_merge_closed);
}

void stdio_operator_close(struct stdio_operator *stdio,
                          void (*closed)(struct stdio_operator *stdio), void *owner)
{
    stdio->closing = true;
    stdio->closed = closed;
    stdio->owner = owner;
    finish_if_closing(stdio);
    watch(stdio);
}
