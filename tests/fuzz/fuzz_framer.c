/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes in packets with silences between them: every byte but those of line ends comes out once and
 * in order, and the borders of packets make no difference. The first byte chooses the charset, the
 * second the cap; each packet follows a byte with its length and whether a silence follows. With
 * the highest bit of the second byte a framing follows it: its form, and a number. Then no byte is
 * lost at all, and the forms of messages and heads hold. */
#include "text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text/framer.h"

enum { CAP_MAX = 64, SILENCE = 0x80, FRAMED = 0x80 };

static size_t unfinished(void *owner, const unsigned char *bytes, size_t n)
{
    return n ? decoder_unfinished(owner, bytes, n) : 0;
}

/* The pushed bytes, and the number of bytes that came out. */
struct ledger {
    struct framer framer;
    unsigned char *bytes;
    size_t pushed, taken;
    bool cut;        /* the last message did not end at a line end */
    size_t messages; /* framed: a sum of what came out */
};

static void open_ledger(struct ledger *ledger, size_t cap, struct charset *charset, size_t room)
{
    *ledger = (struct ledger){.bytes = malloc(room + 1)};
    CLAIM(ledger->bytes);
    framer_init(&ledger->framer, cap, unfinished, charset);
}

static void close_ledger(struct ledger *ledger)
{
    framer_fini(&ledger->framer);
    free(ledger->bytes);
}

/* Steps over a line end, if there is one. */
static bool step_over_end(struct ledger *ledger)
{
    const unsigned char *at = ledger->bytes + ledger->taken;
    size_t left = ledger->pushed - ledger->taken, length = left && *at == '\r';

    if (left == length || at[length] != '\n')
        return false;
    ledger->taken += length + 1;
    return true;
}

static void check_message(struct ledger *ledger, enum framer_end end, const struct line *line)
{
    if (ledger->cut)
        step_over_end(ledger);
    CLAIM(line->n <= ledger->pushed - ledger->taken);
    CLAIM(!line->n || !memcmp(line->bytes, ledger->bytes + ledger->taken, line->n));
    CLAIM(!line->n || !memchr(line->bytes, '\n', line->n));
    ledger->taken += line->n;
    ledger->cut = end == FRAMER_CUT;
    CLAIM(ledger->cut ? line->n > 0 : step_over_end(ledger));
}

static void take_whole_ones(struct ledger *ledger)
{
    enum framer_end end;
    struct line line;

    while ((end = framer_next(&ledger->framer, &line)) != FRAMER_NONE) {
        CLAIM(line.n <= ledger->framer.cap);
        check_message(ledger, end, &line);
    }
    CLAIM(buf_length(&ledger->framer.bytes) < ledger->framer.cap + 2);
}

static void push(struct ledger *ledger, const uint8_t *bytes, size_t n)
{
    CLAIM(framer_push(&ledger->framer, bytes, n) == 0);
    memcpy(ledger->bytes + ledger->pushed, bytes, n);
    ledger->pushed += n;
    take_whole_ones(ledger);
}

static void push_byte_by_byte(struct ledger *ledger, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        push(ledger, bytes + i, 1);
}

static void take_rest(struct ledger *ledger, bool last)
{
    bool waiting = framer_waiting(&ledger->framer);
    struct line line;
    enum framer_end end = framer_rest(&ledger->framer, last, &line);

    CLAIM(end != FRAMER_WHOLE);
    CLAIM(last || waiting == (end == FRAMER_CUT));
    if (end == FRAMER_CUT)
        check_message(ledger, end, &line);
    CLAIM(!framer_waiting(&ledger->framer));
}

static void claim_all_came_out(struct ledger *ledger)
{
    size_t left;

    take_rest(ledger, true);
    if (ledger->cut)
        step_over_end(ledger);
    left = ledger->pushed - ledger->taken; /* a CR whose LF never came */
    CLAIM(!left || (left == 1 && ledger->cut && ledger->bytes[ledger->taken] == '\r'));
}

/* ---- framings ---- */

static struct framing framing_of(struct data *input)
{
    static const char *const forms[] = {"lf",        "crlf",         "cr",           "nul",
                                        "byte:%02X", "bytes:%d",     "len:u8+%d",    "len:u8-%d",
                                        "len:u16be", "len:u16le+%d", "len:u32be-%d", "len:u32le",
                                        "gap:1%dms", "none"};
    const char *form = forms[input_byte(input) % (sizeof forms / sizeof *forms)];
    int number = input_byte(input);
    struct framing framing;
    char text[32];

    snprintf(text, sizeof text, form, strstr(form, "bytes") ? number + 1 : number);
    CLAIM(framing_parse(&framing, text, NULL) == 0);
    return framing;
}

/* Every byte comes out once and in order: as head, text or mark. */
static void check_framed(struct ledger *ledger, const struct framing *framing, enum framer_end end,
                         const struct line *line)
{
    size_t n = line->head + line->n + line->end;

    CLAIM(n <= ledger->pushed - ledger->taken);
    CLAIM(!n || !memcmp(line->bytes - line->head, ledger->bytes + ledger->taken, n));
    CLAIM(line->end == (end == FRAMER_WHOLE ? framing->mark_length : 0));
    CLAIM(!line->end || !memcmp(line->bytes + line->n, framing->mark, line->end));
    if (framing->kind == FRAMING_BYTES && end == FRAMER_WHOLE)
        CLAIM(line->n == framing->bytes);
    ledger->taken += n;
    ledger->messages = 31 * ledger->messages + n + (end == FRAMER_WHOLE);
}

static void push_framed(struct ledger *ledger, const struct framing *framing, const uint8_t *bytes,
                        size_t n)
{
    enum framer_end end;
    struct line line;

    CLAIM(framer_push(&ledger->framer, bytes, n) == 0);
    memcpy(ledger->bytes + ledger->pushed, bytes, n);
    ledger->pushed += n;
    while ((end = framer_next(&ledger->framer, &line)) != FRAMER_NONE)
        check_framed(ledger, framing, end, &line);
    CLAIM(buf_length(&ledger->framer.bytes) < ledger->framer.cap + FRAMING_HEAD);
}

static void rest_framed(struct ledger *ledger, const struct framing *framing, bool last)
{
    struct line line;
    enum framer_end end = framer_rest(&ledger->framer, last, &line);

    CLAIM(last || (end == FRAMER_NONE) ==
                      !(framing->kind == FRAMING_GAP && ledger->pushed != ledger->taken));
    if (end != FRAMER_NONE)
        check_framed(ledger, framing, end, &line);
}

static void run_framed(struct data *input, struct ledger *one, struct ledger *other)
{
    struct framing framing = framing_of(input);
    size_t cap = one->framer.cap < framing.bytes ? framing.bytes : one->framer.cap;

    framer_use(&one->framer, &framing);
    framer_use(&other->framer, &framing);
    one->framer.cap = other->framer.cap = cap;
    while (input->left) {
        uint8_t head = input_byte(input);
        size_t n = head & (SILENCE - 1);

        n = n < input->left ? n : input->left;
        n = framing.kind == FRAMING_READS && n > cap ? cap : n;
        push_framed(one, &framing, input->bytes, n);
        for (size_t i = 0; framing.kind != FRAMING_READS && i < n; i++)
            push_framed(other, &framing, input->bytes + i, 1);
        if (framing.kind == FRAMING_READS)
            push_framed(other, &framing, input->bytes, n);
        input->bytes += n;
        input->left -= n;
        if (head & SILENCE) {
            rest_framed(one, &framing, false);
            rest_framed(other, &framing, false);
        }
        CLAIM(one->taken == other->taken && one->messages == other->messages);
    }
    rest_framed(one, &framing, true);
    rest_framed(other, &framing, true);
    CLAIM(one->taken == one->pushed && one->messages == other->messages);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    struct charset *charset = text_charset(input_byte(&input));
    uint8_t second = input_byte(&input);
    size_t cap = 1 + second % CAP_MAX;
    struct ledger one, other;

    open_ledger(&one, cap, charset, size);
    open_ledger(&other, cap, charset, size);
    if (second & FRAMED) {
        run_framed(&input, &one, &other);
        close_ledger(&one);
        close_ledger(&other);
        return 0;
    }
    while (input.left) {
        uint8_t head = input_byte(&input);
        size_t n = head & (SILENCE - 1);

        n = n < input.left ? n : input.left;
        push(&one, input.bytes, n);
        push_byte_by_byte(&other, input.bytes, n);
        input.bytes += n;
        input.left -= n;
        CLAIM(one.taken == other.taken && one.cut == other.cut);
        if (head & SILENCE) {
            take_rest(&one, false);
            take_rest(&other, false);
            CLAIM(one.taken == other.taken && one.cut == other.cut);
        }
    }
    claim_all_came_out(&one);
    claim_all_came_out(&other);
    close_ledger(&one);
    close_ledger(&other);
    return 0;
}
