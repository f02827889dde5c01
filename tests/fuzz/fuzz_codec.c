/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Output and faults of a codec must not depend on the cuts of its input. The first two bytes choose
 * the charsets, the third the rest of the plan, the next four the lengths of the parts. */
#include "fuzz.h"

#include <stdbool.h>

#include "text.h"
#include "text/codec.h"

enum { LONGEST = 4096, ROOM = 32 * LONGEST, PARTS = 4 };
enum { CRLF = 1, OUTPUT = 2, RAW = 4, ESCAPE = 8, STOP = 16, CHECKS = 32, SAFE = 64 };

static const size_t whole[PARTS] = {LONGEST, LONGEST, LONGEST, LONGEST};

struct outcome {
    struct buf out;
    bool stopped;
    struct codec_faults faults;
};

/* Pushes bytes that end with their memory. */
static void push(struct codec *codec, const uint8_t *bytes, size_t n, bool last,
                 struct outcome *outcome)
{
    uint8_t *exact = malloc(n ? n : 1);
    struct err err = {0};

    CLAIM(exact);
    if (n)
        memcpy(exact, bytes, n);
    outcome->stopped = codec_push(codec, exact, n, last, &outcome->out, &err) < 0;
    if (outcome->stopped)
        CLAIM(codec->plan.text.bad == BAD_STOP && err.kind == ERR_TEXT && !*err.sentence);
    free(exact);
}

/* Pushes parts of these lengths in rotation; the `last` push may have bytes or none. */
static struct outcome run(const struct codec_plan *plan, const uint8_t *bytes, size_t n,
                          const size_t parts[PARTS], bool lone_end)
{
    struct outcome outcome = {.stopped = false};
    struct codec codec;
    size_t done = 0;

    codec_init(&codec, plan);
    buf_init(&outcome.out, ROOM);
    for (size_t i = 0; done < n && !outcome.stopped; i++) {
        size_t part = parts[i % PARTS] < n - done ? parts[i % PARTS] : n - done;

        push(&codec, bytes + done, part, !lone_end && done + part == n, &outcome);
        done += part;
    }
    if (lone_end && !outcome.stopped)
        push(&codec, NULL, 0, true, &outcome);
    outcome.faults = codec.faults;
    return outcome;
}

static void claim_same(const struct outcome *one, const struct outcome *other)
{
    const struct codec_faults *a = &one->faults, *b = &other->faults;
    size_t n = buf_length(&one->out);

    CLAIM(n == buf_length(&other->out));
    CLAIM(!n || !memcmp(buf_bytes(&one->out), buf_bytes(&other->out), n));
    CLAIM(a->undecodable == b->undecodable && a->undecodable_at == b->undecodable_at);
    CLAIM(a->unencodable == b->unencodable && a->unencodable_at == b->unencodable_at);
    CLAIM(a->unencodable_first == b->unencodable_first);
    CLAIM(one->stopped == other->stopped);
}

/* Whether the byte begins '?', U+FFFD in GB18030, or an escape. */
static bool is_mend(const struct codec_plan *plan, uint8_t byte)
{
    return plan->text.bad == BAD_ESCAPE ? byte == '\\' : byte == '?' || byte == 0x84;
}

/* Each offset points to a fault. */
static void check_faults(const struct codec_plan *plan, const struct outcome *outcome,
                         const uint8_t *bytes, size_t n)
{
    const struct codec_faults *faults = &outcome->faults;
    bool in_input = plan->wire == WIRE_IS_INPUT;
    size_t length = in_input ? n : buf_length(&outcome->out);
    const uint8_t *wire = in_input ? bytes : buf_bytes(&outcome->out);

    CLAIM(outcome->stopped ==
          (plan->text.bad == BAD_STOP && (faults->undecodable || faults->unencodable)));
    if (outcome->stopped)
        CLAIM(faults->undecodable + faults->unencodable == 1);
    if (outcome->stopped && !in_input) {
        CLAIM(faults->undecodable_at + faults->unencodable_at == length);
        return;
    }
    if (faults->undecodable)
        CLAIM(faults->undecodable_at < length);
    if (faults->undecodable && in_input)
        CLAIM(wire[faults->undecodable_at] >= 0x80);
    if (faults->unencodable)
        CLAIM(faults->unencodable_at < length && faults->unencodable_first >= 0x80);
    if (faults->unencodable && !in_input)
        CLAIM(is_mend(plan, wire[faults->unencodable_at]));
    if (plan->from == plan->to && !plan->text.checked && !plan->safe)
        CLAIM(!faults->undecodable && !faults->unencodable);
}

/* EOL_CRLF puts a CR in front of every LF without one, and changes no other byte. */
static void check_line_ends(const struct outcome *outcome, const struct codec_plan *plan,
                            const uint8_t *bytes, size_t n)
{
    struct codec_plan without = *plan;
    struct outcome bare;
    size_t at = 0, length = buf_length(&outcome->out);
    const unsigned char *out = buf_bytes(&outcome->out), *from;

    without.text.eol = EOL_AS_IS;
    bare = run(&without, bytes, n, whole, true);
    from = buf_bytes(&bare.out);
    for (size_t i = 0; i < buf_length(&bare.out); i++) {
        if (from[i] == '\n' && !(i && from[i - 1] == '\r'))
            CLAIM(at < length && out[at++] == '\r');
        CLAIM(at < length && out[at++] == from[i]);
    }
    CLAIM(at == length);
    buf_fini(&bare.out);
}

/* BAD_STOP ends in front of the first fault. */
static void check_stop(const struct outcome *outcome, const struct codec_plan *plan,
                       const uint8_t *bytes, size_t n)
{
    const struct codec_faults *a = &outcome->faults, *b;
    struct codec_plan going_on = *plan;
    struct outcome all;
    size_t length = buf_length(&outcome->out);

    going_on.text.bad = BAD_REPLACE;
    all = run(&going_on, bytes, n, whole, true);
    b = &all.faults;
    CLAIM(length <= buf_length(&all.out));
    CLAIM(!length || !memcmp(buf_bytes(&outcome->out), buf_bytes(&all.out), length));
    CLAIM(outcome->stopped == (b->undecodable || b->unencodable));
    if (a->undecodable)
        CLAIM(a->undecodable_at == b->undecodable_at);
    if (a->unencodable)
        CLAIM(a->unencodable_at == b->unencodable_at &&
              a->unencodable_first == b->unencodable_first);
    buf_fini(&all.out);
}

static bool keeps_plain(const struct codec_plan *plan)
{
    return !plan->from || (text_keeps_plain(plan->from) && text_keeps_plain(plan->to));
}

/* Safe output has no control but LF. */
static void check_safe(const struct outcome *outcome)
{
    const unsigned char *bytes = buf_bytes(&outcome->out);

    for (size_t i = 0; i < buf_length(&outcome->out); i++)
        CLAIM((bytes[i] >= ' ' || bytes[i] == '\n') && bytes[i] != 0x7F);
}

static struct codec_plan plan_of(struct data *input)
{
    struct charset *from = text_charset(input_byte(input)), *to = text_charset(input_byte(input));
    uint8_t flags = input_byte(input);
    bool raw = flags & RAW, safe = (flags & SAFE) && !raw;

    return (struct codec_plan){
        .from = raw ? NULL : from,
        .to = raw ? NULL : to,
        .text = {.checked = flags & CHECKS,
                 .eol = (flags & CRLF) && !safe ? EOL_CRLF : EOL_AS_IS, /* sent, not shown */
                 .bad = flags & STOP     ? BAD_STOP
                        : flags & ESCAPE ? BAD_ESCAPE
                                         : BAD_REPLACE},
        .safe = safe,
        .wire = flags & OUTPUT ? WIRE_IS_OUTPUT : WIRE_IS_INPUT,
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    struct codec_plan plan = plan_of(&input);
    size_t parts[PARTS];
    struct outcome one, other;

    for (int i = 0; i < PARTS; i++)
        parts[i] = 1 + input_byte(&input) % 32;
    if (!input.left || input.left > LONGEST)
        return 0;
    one = run(&plan, input.bytes, input.left, whole, false);
    other = run(&plan, input.bytes, input.left, parts, true);
    claim_same(&one, &other);
    check_faults(&plan, &one, input.bytes, input.left);
    if (plan.text.eol == EOL_CRLF)
        check_line_ends(&one, &plan, input.bytes, input.left);
    else if (!plan.safe && plan.text.bad != BAD_STOP && keeps_plain(&plan))
        text_claim_plain_kept(input.bytes, input.left, buf_bytes(&one.out), buf_length(&one.out));
    if (plan.text.bad == BAD_STOP)
        check_stop(&one, &plan, input.bytes, input.left);
    if (plan.safe)
        check_safe(&one);
    if (codec_is_identity(&plan))
        CLAIM(buf_length(&one.out) == input.left &&
              !memcmp(buf_bytes(&one.out), input.bytes, input.left));
    buf_fini(&one.out);
    buf_fini(&other.out);
    return 0;
}
