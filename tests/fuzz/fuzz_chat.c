/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of two members through a real room: a byte whose lowest bit says who, the next one whether
 * a silence comes in the middle, and with all others the line is repeated up to LONG bytes; then a
 * line with its end.
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

enum { MEMBERS = 3, READER = 2, LINES = 8, LONG = 9000, ROUNDS = 1000 };
enum { OTHER = 1, PAUSES = 2, IS_LONG = 0xFC };

static struct charsets charsets;

/* ---- a stream in memory ---- */

struct stdio_session {
    struct stream stream;
    unsigned watched;
    bool closed;
    struct buf in, out;
};

static bool has_moved; /* a stream: bytes, or what is watched */

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
    has_moved = true;
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
    has_moved = true;
    return (ssize_t)sum;
}

static int pipe_finish(struct stream *stream, struct err *err)
{
    (void)stream;
    (void)err;
    return 0;
}

static void pipe_watch(struct stream *stream, unsigned bits)
{
    struct stdio_session *pipe = (struct stdio_session *)stream;

    has_moved |= bits != pipe->watched;
    pipe->watched = bits;
}

/* Tells the owner what the loop would tell it. */
static void pipe_tell(struct stdio_session *pipe)
{
    unsigned bits = STREAM_OUT | (buf_length(&pipe->in) ? (unsigned)STREAM_IN : 0u);

    if (!pipe->closed && bits & pipe->watched)
        pipe->stream.ready(pipe->stream.owner, bits & pipe->watched);
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
    has_moved = true;
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

/* Opened once, since its start takes longer than a room. */
static uv_loop_t loop;
static size_t own_handles;

struct world {
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

/* Rounds of the loop until nothing moves any more. */
static void settle(struct world *world)
{
    int rounds = 0;

    do {
        CLAIM(rounds++ < ROUNDS);
        has_moved = false;
        for (int i = 0; i < MEMBERS; i++)
            pipe_tell(&world->pipes[i]);
        loop_poll(&loop);
    } while (has_moved);
}

static void admit(struct world *world, int i)
{
    struct stdio_session *pipe = &world->pipes[i];
    struct err err = {0};

    *pipe = (struct stdio_session){.stream.ops = &pipe_ops};
    buf_init(&pipe->in, 1 << 24);
    buf_init(&pipe->out, 1 << 26);
    CLAIM(handler_serve(&world->room.handler, &pipe->stream, &err) == 0);
    world->members[i] = world->room.roster.last;
}

static void count_handle(uv_handle_t *handle, void *count)
{
    (void)handle;
    ++*(size_t *)count;
}

static size_t handles(void)
{
    size_t count = 0;

    uv_walk(&loop, count_handle, &count);
    return count;
}

static void open_loop(void)
{
    if (loop.data)
        return;
    CLAIM(loop_open(&loop, NULL) == 0);
    own_handles = handles();
}

static void open_world(struct world *world)
{
    struct charset *utf8 = charset_find(&charsets, "utf-8", NULL);
    struct charset *gbk = charset_find(&charsets, "gbk", NULL);
    struct room_options options = {
        .mode = modes[MODE_CHAT],
        .commands = true,
        .limit = 1 << 26,
        .charsets = &charsets,
        .legacy = {.charset = gbk},
        .congested = 1 << 26,
        .member = {.encodings = {.first = utf8, .second = gbk}, .inbox = {.utf8 = utf8}}};

    *world = (struct world){.op = {&operator_ops}};
    options.mode.silence_ms = 1000000;
    CLAIM(utf8 && gbk);
    open_loop();
    room_init(&world->room, &loop, &options, &world->op);
    CLAIM(roster_rename(&world->room.roster, NULL, "Operator") == 0);
    world->room.handler.done = done;
    for (int i = 0; i < MEMBERS; i++)
        admit(world, i);
    settle(world);
    buf_consume(&world->pipes[READER].out, buf_length(&world->pipes[READER].out));
}

static void close_world(struct world *world)
{
    room_end(&world->room);
    settle(world);
    loop_run(&loop);
    CLAIM(handles() == own_handles);
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

static void check_read(struct world *world, const char *name, bool left, bool obeyed)
{
    struct buf *out = &world->pipes[READER].out;

    while (buf_length(out)) {
        const char *line = (const char *)buf_bytes(out);
        const char *lf = memchr(line, '\n', buf_length(out));

        CLAIM(lf);
        claim_true(line, (size_t)(lf - line), name, left);
        CLAIM(!obeyed || !begins(line, (size_t)(lf - line), "", name, ": "));
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

/* The silence for which a member waits is over at once. */
static void push(struct world *world, int who, const uint8_t *bytes, size_t n, bool pauses)
{
    struct member *member = world->members[who];

    CLAIM(buf_append(&world->pipes[who].in, bytes, n) == 0);
    settle(world);
    if (!pauses || world->pipes[who].closed || !uv_is_active((uv_handle_t *)&member->silence))
        return;
    uv_timer_start(&member->silence, member->silence.timer_cb, 0, 0);
    settle(world);
}

/* BS and DEL rub out its slash. */
static bool is_command(const uint8_t *line, size_t n)
{
    return command_begins(line, n) && !memchr(line, '\b', n) && !memchr(line, 0x7F, n);
}

/* Commands of telnet that take the line end, or lines behind it, with them; fuzz_telnet has those.
 */
static bool takes_end(const uint8_t *line, size_t n)
{
    for (const uint8_t *at = line; (at = memchr(at, 0xFF, (size_t)(line + n - at))); at++)
        if (at[1] == 0xFA || (at[1] > 0xFA && at + 2 == line + n - 1))
            return true;
    return false;
}

/* A name changes with its own line only, and that one still comes under the former. */
static void say(struct world *world, int who, bool pauses, const uint8_t *line, size_t n)
{
    bool obeyed = is_command(line, n - 1);
    struct stdio_session *pipe = &world->pipes[who];
    char name[MEMBER_NAME];
    size_t count = world->room.roster.count, half = pauses ? n / 2 : 0;

    if (!world->members[who] || takes_end(line, n))
        return;
    strcpy(name, world->members[who]->seat.name);
    if (half)
        push(world, who, line, half, true);
    push(world, who, line + half, n - half, line[n - 1] == '\r');
    if (world->room.roster.count < count)
        world->members[who] = NULL;
    check_read(world, name, !world->members[who], obeyed);
    if (world->members[who] && strcmp(world->members[who]->seat.name, name) != 0)
        check_names(&world->room.roster);
    memset(world->room.announce.counts, 0, sizeof world->room.announce.counts);
    buf_consume(&pipe->out, buf_length(&pipe->out));
}

/* The line again and again, with one LF. */
static void say_long(struct world *world, int who, bool pauses, const uint8_t *line, size_t n)
{
    static uint8_t whole[LONG];
    size_t length = 0;

    for (size_t more = n - 1; more && length + more < LONG; length += more)
        memcpy(whole + length, line, more);
    whole[length] = '\n';
    say(world, who, pauses, whole, length + 1);
}

/* The length of a line with its end: LF, CR LF, or a CR behind which there is silence. 0: none. */
static size_t line_length(const struct data *input)
{
    for (size_t i = 0; i < input->left; i++) {
        bool is_cr = input->bytes[i] == '\r';
        bool has_lf = is_cr && i + 1 < input->left && input->bytes[i + 1] == '\n';

        if (is_cr || input->bytes[i] == '\n')
            return i + 1 + has_lf;
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    struct world world;

    open_world(&world);
    for (int i = 0; i < LINES && input.left > 1; i++) {
        unsigned flags = input_byte(&input);
        size_t n = line_length(&input);

        if (!n)
            break;
        ((flags & IS_LONG) == IS_LONG && n < LONG ? say_long : say)(&world, flags & OTHER,
                                                                    flags & PAUSES, input.bytes, n);
        input.bytes += n;
        input.left -= n;
    }
    close_world(&world);
    return 0;
}
