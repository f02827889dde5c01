/* A codec must put out the same, and count the same, however its input is cut. The first two bytes
 * choose the charsets, the third line ends and wire, the next four the lengths of the parts. */
#include "fuzz.h"

#include <stdbool.h>

#include "text.h"
#include "text/codec.h"

enum { LONGEST = 4096, ROOM = 16 * LONGEST, PARTS = 4, CRLF = 1, OUTPUT = 2, RAW = 4 };

struct outcome {
    struct buf out;
    struct codec_faults faults;
};

/* Pushes exactly these bytes, with nothing behind them in memory. */
static void push(struct codec *codec, const uint8_t *bytes, size_t n, bool last, struct buf *out)
{
    uint8_t *exact = malloc(n ? n : 1);
    struct err err;

    CLAIM(exact);
    if (n)
        memcpy(exact, bytes, n);
    CLAIM(codec_push(codec, exact, n, last, out, &err) == 0);
    free(exact);
}

/* In parts of these lengths, again and again; the last bytes may come with the end. */
static struct outcome run(const struct codec_plan *plan, const uint8_t *bytes, size_t n,
                          const size_t parts[PARTS], bool lone_end)
{
    struct outcome outcome;
    struct codec codec;
    size_t done = 0;

    codec_init(&codec, plan);
    buf_init(&outcome.out, ROOM);
    for (size_t i = 0; done < n; i++) {
        size_t part = parts[i % PARTS] < n - done ? parts[i % PARTS] : n - done;

        push(&codec, bytes + done, part, !lone_end && done + part == n, &outcome.out);
        done += part;
    }
    if (lone_end)
        push(&codec, NULL, 0, true, &outcome.out);
    outcome.faults = codec.faults;
    codec_fini(&codec);
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
}

/* '?', or U+FFFD in GB18030. */
static bool is_replacement(uint8_t byte)
{
    return byte == '?' || byte == 0x84;
}

/* An offset is that of something at fault. */
static void check_faults(const struct codec_plan *plan, const struct outcome *outcome,
                         const uint8_t *bytes, size_t n)
{
    const struct codec_faults *faults = &outcome->faults;
    bool in_input = plan->wire == WIRE_IS_INPUT;
    size_t length = in_input ? n : buf_length(&outcome->out);
    const uint8_t *wire = in_input ? bytes : buf_bytes(&outcome->out);

    if (faults->undecodable)
        CLAIM(faults->undecodable_at < length);
    if (faults->undecodable && in_input)
        CLAIM(wire[faults->undecodable_at] >= 0x80);
    if (faults->unencodable)
        CLAIM(faults->unencodable_at < length && faults->unencodable_first >= 0x80);
    if (faults->unencodable && !in_input)
        CLAIM(is_replacement(wire[faults->unencodable_at]));
    if (plan->from == plan->to)
        CLAIM(!faults->undecodable && !faults->unencodable);
}

/* Every LF that leaves has a CR before it, and nothing else changes. */
static void check_line_ends(const struct outcome *outcome, const struct codec_plan *plan,
                            const uint8_t *bytes, size_t n)
{
    static const size_t whole[PARTS] = {LONGEST, LONGEST, LONGEST, LONGEST};
    struct codec_plan without = *plan;
    struct outcome bare;
    size_t at = 0, length = buf_length(&outcome->out);
    const unsigned char *out = buf_bytes(&outcome->out), *from;

    without.crlf = false;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t whole[PARTS] = {LONGEST, LONGEST, LONGEST, LONGEST};
    struct input input = {data, size};
    struct codec_plan plan = {.from = text_charset(input_byte(&input)),
                              .to = text_charset(input_byte(&input))};
    uint8_t flags = input_byte(&input);
    size_t parts[PARTS];
    struct outcome one, other;

    for (int i = 0; i < PARTS; i++)
        parts[i] = 1 + input_byte(&input) % 32;
    if (!input.left || input.left > LONGEST)
        return 0;
    if (flags & RAW)
        plan.from = plan.to = NULL;
    plan.crlf = flags & CRLF;
    plan.wire = flags & OUTPUT ? WIRE_IS_OUTPUT : WIRE_IS_INPUT;
    one = run(&plan, input.bytes, input.left, whole, false);
    other = run(&plan, input.bytes, input.left, parts, true);
    claim_same(&one, &other);
    check_faults(&plan, &one, input.bytes, input.left);
    if (plan.crlf)
        check_line_ends(&one, &plan, input.bytes, input.left);
    else
        text_claim_plain_kept(input.bytes, input.left, buf_bytes(&one.out), buf_length(&one.out));
    if (codec_is_identity(&plan))
        CLAIM(buf_length(&one.out) == input.left &&
              !memcmp(buf_bytes(&one.out), input.bytes, input.left));
    buf_fini(&one.out);
    buf_fini(&other.out);
    return 0;
}
