/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of two members through a real room: a byte whose lowest bit says who, and whose next one
 * whether a silence comes in the middle; then a line up to LF.
 * A third one only reads. Each line that it gets begins as one of the true sender's does, or is the
 * notice that this sender left or was renamed, and holds visible characters only. No command, nor a
 * part of one, is read as text. Names never look alike. */
#include "fuzz.h"

#include <stdbool.h>
#include <uv.h>

#include "../unit/turns.h"
#include "base/buf.h"
#include "room/room.h"
#include "text/command.h"
#include "text/safetext.h"
#include "text/utf8.h"

enum { MEMBERS = 3, READER = 2, LINE = 64 * 1024, ROUNDS = 6 };

static struct charsets charsets;

/* ---- a stream in memory ---- */

struct stdio_session {
    struct stream stream;
    uv_idle_t idle;
    unsigned watched;
    bool closed;
    struct buf in, out;
};

static ssize_t pipe_read(struct stream *stream, void *bytes, size_t n, struct err *err)
{
    struct stdio_session *pipe = (struct stdio_session *)stream;
    size_t some = buf_length(&pipe->in);

    (void)err;
    CLAIM(!pipe->closed);
    if (!some)
        return STREAM_AGAIN;
    some = some < n ? some : n;
    memcpy(bytes, buf_bytes(&pipe->in), some);
    buf_consume(&pipe->in, some);
    return (ssize_t)some;
}

static ssize_t pipe_writev(struct stream *stream, const struct iovec *iov, int count,
                           struct err *err)
{
    struct stdio_session *pipe = (struct stdio_session *)stream;
    size_t sum = 0;

    (void)err;
    CLAIM(!pipe->closed);
    for (int i = 0; i < count; i++) {
        CLAIM(buf_append(&pipe->out, iov[i].iov_base, iov[i].iov_len) == 0);
        sum += iov[i].iov_len;
    }
    return (ssize_t)sum;
}

static int pipe_finish(struct stream *stream, struct err *err)
{
    (void)stream;
    (void)err;
    return 0;
}

static void on_idle(uv_idle_t *idle)
{
    struct stdio_session *pipe = idle->data;
    unsigned bits = STREAM_OUT | (buf_length(&pipe->in) ? (unsigned)STREAM_IN : 0u);

    if (bits & pipe->watched)
        pipe->stream.ready(pipe->stream.owner, bits & pipe->watched);
}

static void pipe_watch(struct stream *stream, unsigned bits)
{
    struct stdio_session *pipe = (struct stdio_session *)stream;

    pipe->watched = bits;
    uv_idle_start(&pipe->idle, on_idle);
}

static const char *pipe_label(const struct stream *stream)
{
    (void)stream;
    return "192.0.2.1:8080";
}

static void pipe_close(struct stream *stream, enum stream_close how)
{
    struct stdio_session *pipe = (struct stdio_session *)stream;

    (void)how;
    CLAIM(!pipe->closed);
    pipe->closed = true;
    uv_close((uv_handle_t *)&pipe->idle, NULL);
}

static const struct stream_ops pipe_ops = {.read = pipe_read,
                                           .writev = pipe_writev,
                                           .finish = pipe_finish,
                                           .watch = pipe_watch,
                                           .label = pipe_label,
                                           .close = pipe_close};

/* ---- the room ---- */

static bool accepts_input(struct room_operator *op)
{
    (void)op;
    return true;
}

static void heard(struct room_operator *op, struct member *from, const struct inbound *inbound)
{
    (void)op;
    (void)from;
    (void)inbound;
}

static bool told(struct room_operator *op, const char *sentence)
{
    (void)op;
    (void)sentence;
    return true;
}

static void drained(struct room_operator *op)
{
    (void)op;
}

static const struct operator_ops operator_ops = {
    .accepts_input = accepts_input, .heard = heard, .told = told, .drained = drained};

struct world {
    uv_loop_t loop;
    struct room_operator op;
    struct room room;
    struct stdio_session pipes[MEMBERS];
    struct member *members[MEMBERS]; /* NULL: it has left */
};

static void done(void *owner, const struct err *err)
{
    (void)owner;
    (void)err;
}

static void turn(struct world *world)
{
    for (int i = 0; i < ROUNDS; i++)
        loop_poll(&world->loop);
}

static void admit(struct world *world, int i)
{
    struct stdio_session *pipe = &world->pipes[i];
    struct err err = {0};

    *pipe = (struct stdio_session){.stream.ops = &pipe_ops};
    buf_init(&pipe->in, 1 << 24);
    buf_init(&pipe->out, 1 << 26);
    uv_idle_init(&world->loop, &pipe->idle);
    pipe->idle.data = pipe;
    CLAIM(handler_serve(&world->room.handler, &pipe->stream, &err) == 0);
    world->members[i] = world->room.roster.last;
}

static void open_world(struct world *world)
{
    struct charset *utf8 = charset_find(&charsets, "utf-8", NULL);
    struct charset *gbk = charset_find(&charsets, "gbk", NULL);
    struct room_options options = {.mode = modes[MODE_CHAT],
                                   .commands = true,
                                   .limit = 1 << 26,
                                   .charsets = &charsets,
                                   .legacy = {.charset = gbk},
                                   .congested = 1 << 26,
                                   .member = {.encodings = {utf8, gbk}, .inbox = {.utf8 = utf8}}};

    *world = (struct world){.op = {&operator_ops}};
    options.mode.silence_ms = 1000000;
    CLAIM(utf8 && gbk && loop_open(&world->loop, NULL) == 0);
    room_init(&world->room, &world->loop, &options, &world->op);
    CLAIM(roster_rename(&world->room.roster, NULL, "Operator") == 0);
    world->room.handler.done = done;
    for (int i = 0; i < MEMBERS; i++)
        admit(world, i);
    turn(world);
    buf_consume(&world->pipes[READER].out, buf_length(&world->pipes[READER].out));
}

static void close_world(struct world *world)
{
    room_end(&world->room);
    loop_run(&world->loop);
    CLAIM(loop_close(&world->loop) == 0);
    for (int i = 0; i < MEMBERS; i++) {
        CLAIM(world->pipes[i].closed);
        buf_fini(&world->pipes[i].in);
        buf_fini(&world->pipes[i].out);
    }
}

/* ---- what is claimed ---- */

static bool begins(const char *line, size_t n, const char *head, const char *name, const char *tail)
{
    char whole[2 * MEMBER_NAME];
    int length = snprintf(whole, sizeof whole, "%s%s%s", head, name, tail);

    return n >= (size_t)length && !memcmp(line, whole, (size_t)length);
}

static bool is_notice(const char *line, size_t n, const char *name, bool left)
{
    static const char tail[] = " left";

    if (begins(line, n, "-!- ", name, tail))
        return left && n == strlen("-!- ") + strlen(name) + strlen(tail);
    return begins(line, n, "-!- ", name, " is now ");
}

static void claim_visible(const char *line, size_t n)
{
    while (n) {
        struct utf8_char next = utf8_next((const unsigned char *)line, n);

        CLAIM(next.scalar >= 0x20 && safetext_is_plain(next.scalar));
        line += next.length;
        n -= next.length;
    }
}

static void claim_true(const char *line, size_t n, const char *name, bool left)
{
    CLAIM(begins(line, n, "", name, ": ") || begins(line, n, "* ", name, " ") ||
          begins(line, n, "[", name, "] ") || is_notice(line, n, name, left));
    claim_visible(line, n);
}

static void check_read(struct world *world, const char *name, bool left, bool is_command)
{
    struct buf *out = &world->pipes[READER].out;

    while (buf_length(out)) {
        const char *line = (const char *)buf_bytes(out);
        const char *lf = memchr(line, '\n', buf_length(out));

        CLAIM(lf);
        claim_true(line, (size_t)(lf - line), name, left);
        CLAIM(!is_command || !begins(line, (size_t)(lf - line), "", name, ": "));
        buf_consume(out, (size_t)(lf - line) + 1);
    }
}

static void claim_apart(const char *name, const char *other)
{
    struct skeletons one, two;

    CLAIM(confusable_init(&one, name) == 0 && confusable_init(&two, other) == 0);
    CLAIM(!confusable_alike(&one, &two));
    confusable_fini(&one);
    confusable_fini(&two);
}

/* Nobody passes for another one, nor for the operator, and each is found by its name. */
static void check_names(const struct roster *roster)
{
    for (const struct member *one = roster->first; one; one = one->seat.next) {
        const char *name = one->seat.name;

        claim_apart(name, roster->own);
        CLAIM(roster_find(roster, name, strlen(name)) == one);
        for (const struct member *two = one->seat.next; two; two = two->seat.next)
            claim_apart(name, two->seat.name);
    }
}

static void pause_after(struct world *world, struct member *member, const uint8_t *part, size_t n)
{
    CLAIM(buf_append(&((struct stdio_session *)member->stream)->in, part, n) == 0);
    turn(world);
    if (uv_is_active((uv_handle_t *)&member->silence))
        uv_timer_start(&member->silence, member->silence.timer_cb, 0, 0);
    turn(world);
}

/* A name changes with its own line only, and that one still comes under the former. */
static void say(struct world *world, int who, bool pauses, const uint8_t *line, size_t n)
{
    bool is_command = command_begins(line, n - 1);
    struct stdio_session *pipe = &world->pipes[who];
    char name[MEMBER_NAME];
    size_t count = world->room.roster.count;

    if (!world->members[who])
        return;
    strcpy(name, world->members[who]->seat.name);
    if (pauses)
        pause_after(world, world->members[who], line, n / 2);
    CLAIM(buf_append(&pipe->in, line + (pauses ? n / 2 : 0), n - (pauses ? n / 2 : 0)) == 0);
    turn(world);
    if (world->room.roster.count < count)
        world->members[who] = NULL;
    check_read(world, name, !world->members[who], is_command);
    check_names(&world->room.roster);
    memset(world->room.announce.counts, 0, sizeof world->room.announce.counts);
    buf_consume(&pipe->out, buf_length(&pipe->out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};
    struct world world;

    open_world(&world);
    while (input.left > 1) {
        unsigned flags = input_byte(&input);
        const uint8_t *lf = memchr(input.bytes, '\n', input.left);
        size_t n = lf ? (size_t)(lf - input.bytes) + 1 : input.left;

        if (lf && n < LINE)
            say(&world, flags & 1, flags & 2, input.bytes, n);
        input.bytes += n;
        input.left -= n;
    }
    close_world(&world);
    return 0;
}
