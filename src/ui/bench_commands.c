/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/bench_commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/duration.h"
#include "base/language.h"
#include "room/operator_literal.h"
#include "room/record.h"
#include "text/codec.h"
#include "text/literal_parse.h"
#include "ui/saved_messages.h"

enum { LITERAL_BYTES_MAX = 4 * 64 * 1024, LISTED = 2048 };

void bench_init(struct bench *bench, struct room *room, struct screen *screen,
                struct upload *upload, const char *name, struct opener opener)
{
    *bench = (struct bench){
        .room = room, .screen = screen, .upload = upload, .name = name, .opener = opener};
    buf_init(&bench->last, LITERAL_BYTES_MAX);
    for (size_t i = 0; i < BENCH_REPEATS; i++)
        bench->repeats[i].bench = bench;
}

/* NULL: the mistake was told. */
static struct literal *parse(struct bench *bench, struct word piece)
{
    struct err err;
    struct literal *literal = literal_parse(piece.at, piece.n, 1, 0, &err);

    if (!literal)
        screen_notice(bench->screen, err.sentence);
    return literal;
}

/* ---- sending ---- */

/* Whether it waits. */
static bool show(struct bench *bench, struct message *message, size_t bytes)
{
    struct screen_label label = {.name = bench->name, .color = COLOR_OWN};

    return waiting_show_literal(&bench->upload->waiting, label, message, bytes);
}

/* -1: the mistake was told, and nothing was sent. */
static int send_literal(struct bench *bench, struct literal *literal, const char *text, size_t n,
                        bool shows)
{
    struct message_literal how = {.literal = literal,
                                  .count = bench->count + literal->counts,
                                  .time = time(NULL),
                                  .local = bench->room->options.local};
    struct message *message;
    size_t bytes;
    bool waits;
    struct err err;

    message = operator_literal_make(bench->room, &how, text, n, &err);
    if (!message) {
        screen_notice(bench->screen, err.sentence);
        return -1;
    }
    bench->count = how.count;
    bytes = operator_literal_bytes(message);
    waits = shows && show(bench, message, bytes);
    operator_literal_send(bench->room, message);
    waiting_note_said(&bench->upload->waiting, NULL, waits);
    record_literal(bench->room, bench->name, text, n, bytes);
    return 0;
}

static void keep_last(struct bench *bench, const char *text, size_t n)
{
    bench->last_at = bench->room->own_lines;
    buf_clear(&bench->last);
    if (buf_append(&bench->last, text, n) < 0)
        buf_clear(&bench->last);
}

static void send_once(struct bench *bench, struct word piece)
{
    struct literal *literal = parse(bench, piece);

    if (!literal)
        return;
    if (!bench->room->roster.count)
        screen_tell(bench->screen, "nobody is here; the bytes were not sent");
    else if (send_literal(bench, literal, piece.at, piece.n, true) == 0)
        keep_last(bench, piece.at, piece.n);
    literal_free(literal);
}

/* ---- /every and /stop ---- */

static unsigned number_of(const struct bench_repeat *repeat)
{
    return (unsigned)(repeat - repeat->bench->repeats) + 1;
}

static void end_repeat(struct bench_repeat *repeat)
{
    repeat_stop(&repeat->repeat);
    literal_free(repeat->literal);
    free(repeat->text);
    *repeat = (struct bench_repeat){.bench = repeat->bench};
}

/* A peer that does not read gets no more, so that nothing old waits for it. */
static void send_again(struct bench_repeat *repeat)
{
    struct bench *bench = repeat->bench;
    bool shows = repeat->us >= BENCH_SHOWN_US || !repeat->sent;

    if (!bench->room->roster.count || !room_is_ready(bench->room)) {
        repeat->skipped++;
        return;
    }
    if (send_literal(bench, repeat->literal, repeat->text, strlen(repeat->text), shows) < 0) {
        screen_tell(bench->screen, "number %u is repeated no more", number_of(repeat));
        end_repeat(repeat);
        return;
    }
    if (!repeat->sent++)
        keep_last(bench, repeat->text, strlen(repeat->text));
}

static void on_due(void *owner)
{
    send_again(owner);
}

static struct bench_repeat *find_free(struct bench *bench)
{
    for (size_t i = 0; i < BENCH_REPEATS; i++)
        if (!bench->repeats[i].literal)
            return &bench->repeats[i];
    screen_tell(bench->screen, "%d literals are repeated already; /stop N ends one", BENCH_REPEATS);
    return NULL;
}

static void begin_repeat(struct bench_repeat *repeat, uint64_t us, struct literal *literal,
                         struct word piece)
{
    struct bench *bench = repeat->bench;
    char *text = strndup(piece.at, piece.n), period[DURATION_TEXT];
    struct err err;

    if (!text || repeat_start(&repeat->repeat, bench->room->loop, us, on_due, repeat, &err) < 0) {
        screen_notice(bench->screen, text ? err.sentence : language_text(N_("out of memory")));
        literal_free(literal);
        free(text);
        return;
    }
    repeat->literal = literal;
    repeat->text = text;
    repeat->us = us;
    duration_write(repeat->us, period);
    screen_tell(bench->screen, "every %s from now on, as number %u; /stop ends it", period,
                number_of(repeat));
    send_again(repeat);
}

static void every(struct bench *bench, struct word period, struct word piece)
{
    struct bench_repeat *repeat;
    struct literal *literal;
    uint64_t us;

    if (duration_parse(period.at, period.n, &us) < 0 || us < 1000) {
        screen_tell(bench->screen,
                    "/every takes a time of 1 ms or more, such as 500ms, 2 or 1m, "
                    "not '%.*s'",
                    (int)period.n, period.at);
        return;
    }
    literal = parse(bench, piece);
    repeat = literal ? find_free(bench) : NULL;
    if (repeat)
        begin_repeat(repeat, us, literal, piece);
    else
        literal_free(literal);
}

static size_t count_repeats(const struct bench *bench)
{
    size_t count = 0;

    for (size_t i = 0; i < BENCH_REPEATS; i++)
        count += bench->repeats[i].literal != NULL;
    return count;
}

static void tell_repeat(struct bench_repeat *repeat)
{
    struct repeat_jitter jitter = repeat_jitter(&repeat->repeat);
    uint64_t missed = repeat->repeat.times - repeat->repeat.calls;
    char period[DURATION_TEXT];

    duration_write(repeat->us, period);

    screen_tell(repeat->bench->screen,
                "number %u, every %s: %" PRIu64 " sent, %" PRIu64
                " skipped; jitter p50 %.2f ms, p99 %.2f ms, max %.2f ms; %s",
                number_of(repeat), period, repeat->sent, repeat->skipped + missed, jitter.p50,
                jitter.p99, jitter.most, repeat->text);
}

void bench_tell(struct bench *bench)
{
    for (size_t i = 0; i < BENCH_REPEATS; i++)
        if (bench->repeats[i].literal)
            tell_repeat(&bench->repeats[i]);
}

void bench_stop(struct bench *bench)
{
    for (size_t i = 0; i < BENCH_REPEATS; i++)
        end_repeat(&bench->repeats[i]);
}

/* The repeated literal with the number; NULL: there is none. */
static struct bench_repeat *find_repeat(struct bench *bench, struct word number)
{
    struct bench_repeat *repeat = NULL;

    if (number.n == 1 && *number.at >= '1' && *number.at <= '0' + BENCH_REPEATS)
        repeat = &bench->repeats[*number.at - '1'];
    return repeat && repeat->literal ? repeat : NULL;
}

/* Its figures are told once more. */
static void stop_one(struct bench_repeat *repeat)
{
    tell_repeat(repeat);
    end_repeat(repeat);
}

static void stop(struct bench *bench, const struct command_line *line)
{
    struct word number = line->arguments[0];
    struct bench_repeat *one = line->count ? find_repeat(bench, number) : NULL;

    if (line->count && !one)
        screen_tell(bench->screen, "nothing with the number %.*s is repeated; /status lists them",
                    (int)number.n, number.at);
    else if (one)
        stop_one(one);
    else if (!count_repeats(bench))
        screen_tell(bench->screen, "nothing is repeated");
    for (size_t i = 0; i < BENCH_REPEATS && !line->count; i++)
        if (bench->repeats[i].literal)
            stop_one(&bench->repeats[i]);
}

/* ---- /m and /save ---- */

static void list(struct bench *bench, const struct saved_messages *saved)
{
    for (size_t i = 0; i < saved->count; i++) {
        const struct saved_message *message = &saved->all[i];
        char line[LISTED];

        snprintf(line, sizeof line, "%.*s  %.*s", (int)message->name_n, message->name,
                 (int)message->text_n, message->text);
        language_trim(line); /* a cut character */
        screen_notice(bench->screen, line);
    }
    if (!saved->count)
        screen_tell(bench->screen, "no message is saved; /save NAME LITERAL saves one");
}

static void send_saved(struct bench *bench, const struct command_line *line)
{
    struct word name = line->arguments[0];
    const struct saved_message *message;
    struct saved_messages saved;
    struct err err;

    if (saved_messages_load(&saved, bench->opener, &err) < 0)
        screen_notice(bench->screen, err.sentence);
    else if (!line->count)
        list(bench, &saved);
    else if ((message = saved_messages_find(&saved, name.at, name.n)))
        send_once(bench, (struct word){message->text, message->text_n});
    else
        screen_tell(bench->screen, "no message is called %.*s; /m lists them", (int)name.n,
                    name.at);
    saved_messages_fini(&saved);
}

/* A typed line went out with its line end. */
static int write_line(const struct bench *bench, struct buf *out)
{
    struct codec_plan plan = {.text = bench->room->options.member.inbox.text};
    const struct buf *line = &bench->upload->last;
    struct buf end;
    int failed;

    buf_init(&end, 16);
    failed = literal_write_text((const char *)buf_bytes(line), buf_length(line), out);
    failed |= codec_convert(&plan, "\n", 1, &end, NULL);
    failed |= literal_write(buf_bytes(&end), buf_length(&end), out);
    buf_fini(&end);
    return failed;
}

/* The source of what was sent last. False: nothing was. */
static bool write_last(const struct bench *bench, struct buf *out)
{
    if (!bench->last_at && !bench->upload->last_at)
        return false;
    if (bench->upload->last_at > bench->last_at)
        return write_line(bench, out) == 0;
    return buf_append(out, buf_bytes(&bench->last), buf_length(&bench->last)) == 0;
}

static void store(struct bench *bench, struct word name, const char *text, size_t n)
{
    struct err err;

    if (saved_messages_store(bench->opener, name.at, name.n, text, n, &err) < 0)
        screen_notice(bench->screen, err.sentence);
    else
        screen_tell(bench->screen, "%.*s is saved: %.*s", (int)name.n, name.at, (int)n, text);
}

static void save(struct bench *bench, const struct command_line *line)
{
    struct word name = line->arguments[0], piece = line->arguments[1];
    struct literal *literal;
    struct buf last;

    if (line->count == 2) {
        literal = parse(bench, piece);
        if (literal)
            store(bench, name, piece.at, piece.n);
        literal_free(literal);
        return;
    }
    buf_init(&last, LITERAL_BYTES_MAX);
    if (write_last(bench, &last) && buf_length(&last))
        store(bench, name, (const char *)buf_bytes(&last), buf_length(&last));
    else
        screen_tell(bench->screen, "nothing was sent yet; /save NAME LITERAL saves a literal");
    buf_fini(&last);
}

/* ---- commands ---- */

void bench_run(struct bench *bench, const struct command_line *line)
{
    const struct word *words = line->arguments;

    if (line->row->word == COMMAND_BYTES)
        send_once(bench, words[0]);
    else if (line->row->word == COMMAND_EVERY)
        every(bench, words[0], words[1]);
    else if (line->row->word == COMMAND_STOP)
        stop(bench, line);
    else if (line->row->word == COMMAND_M)
        send_saved(bench, line);
    else
        save(bench, line);
}

void bench_fini(struct bench *bench)
{
    bench_stop(bench);
    buf_fini(&bench->last);
}
