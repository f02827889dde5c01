/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a peer in packets: text and commands are the bytes that came, in order. A command is one
 * by its form, a stream without FF is all text, and the borders of packets make no difference. The
 * first two bytes choose the charsets; each packet follows a byte with its length. */
#include "text.h"

#include <stdbool.h>

#include "base/buf.h"
#include "text/telnet.h"

enum { CAP = 1 << 20 };

/* The fate of the bytes so far; each byte of `kinds` is about one of them. */
struct ledger {
    struct telnet telnet;
    const uint8_t *bytes;
    size_t taken; /* bytes */
    struct buf kinds, answers;
};

/* A doubled FF leaves one. */
static bool has_form(const uint8_t *at, size_t n, const struct ledger *ledger)
{
    if (n == 1)
        return ledger->taken && at[0] == 0xFF && at[-1] == 0xFF;
    if (n == 2)
        return at[0] == 0xFF && (at[1] == 0xFF || (at[1] >= 0xEF && at[1] <= 0xFA));
    if (n == 3)
        return at[0] == 0xFF && at[1] >= 0xFB && at[1] <= 0xFE && at[2] < 0x80;
    return n <= TELNET_MOST && at[0] == 0xFF && at[1] == 0xFA && at[n - 2] == 0xFF &&
           at[n - 1] == 0xF0;
}

static void take(struct ledger *ledger, const struct telnet_run *run)
{
    const uint8_t *at = ledger->bytes + ledger->taken;
    unsigned char *kinds = buf_reserve(&ledger->kinds, run->n + run->removed);

    CLAIM(run->n + run->removed && kinds);
    CLAIM(!memcmp(run->text, at, run->n));
    memset(kinds, 't', run->n);
    memset(kinds + run->n, 'c', run->removed);
    buf_commit(&ledger->kinds, run->n + run->removed);
    ledger->taken += run->n;
    CLAIM(!run->removed || has_form(at + run->n, run->removed, ledger));
    ledger->taken += run->removed;
}

/* In memory that ends with the input. */
static void push(struct ledger *ledger, const uint8_t *bytes, size_t n, bool last)
{
    unsigned char *joined = malloc(ledger->telnet.kept_length + n + 1);
    struct telnet_input input = {joined + 1, 0, last};
    unsigned char answer[TELNET_ANSWER];
    struct telnet_run run;
    int more;

    CLAIM(joined);
    input.n = telnet_kept(&ledger->telnet, joined + 1);
    if (n)
        memcpy(joined + 1 + input.n, bytes, n);
    input.n += n;
    while ((more = telnet_next(&ledger->telnet, &input, &run)) > 0)
        take(ledger, &run);
    while (telnet_answer(&ledger->telnet, answer))
        CLAIM(buf_append(&ledger->answers, answer, TELNET_ANSWER) == 0);
    CLAIM(more == 0 && ledger->telnet.kept_length <= TELNET_KEPT);
    free(joined);
}

static void open_ledger(struct ledger *ledger, const uint8_t *bytes, const struct charset *first,
                        const struct charset *second)
{
    *ledger = (struct ledger){.bytes = bytes};
    buf_init(&ledger->kinds, CAP);
    buf_init(&ledger->answers, 2 * TELNET_OPTIONS * TELNET_ANSWER);
    telnet_set_charsets(&ledger->telnet, first, second);
}

static void close_ledger(struct ledger *ledger)
{
    telnet_fini(&ledger->telnet);
    buf_fini(&ledger->kinds);
    buf_fini(&ledger->answers);
}

static void claim_same(const struct buf *a, const struct buf *b)
{
    CLAIM(buf_length(a) == buf_length(b));
    CLAIM(!memcmp(buf_bytes(a), buf_bytes(b), buf_length(a)));
}

static void claim_all_told(const struct ledger *ledger, size_t n)
{
    bool is_text = !memchr(buf_bytes(&ledger->kinds), 'c', buf_length(&ledger->kinds));

    CLAIM(ledger->taken == n);
    CLAIM(is_text || memchr(ledger->bytes, 0xFF, n));
    CLAIM(is_text || ledger->telnet.place != TELNET_NOWHERE);
    CLAIM(is_text || n < 2 || memcmp(ledger->bytes, "\xFF\xFE", 2));
    CLAIM(is_text || ledger->telnet.place == TELNET_ANYWHERE ||
          (n > 1 && ledger->bytes[0] == 0xFF && ledger->bytes[1] >= 0xFA));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    unsigned one = input_byte(&input), other = input_byte(&input);
    const struct charset *first = one < TEXT_CHARSETS ? text_charset(one) : NULL;
    const struct charset *second = first && other < TEXT_CHARSETS ? text_charset(other) : NULL;
    uint8_t *bytes = malloc(size + 1);
    struct ledger whole, cut;
    size_t n = 0;

    CLAIM(bytes);
    open_ledger(&cut, bytes, first, second);
    while (input.left) {
        size_t some = input_byte(&input);

        some = some < input.left ? some : input.left;
        memcpy(bytes + n, input.bytes, some);
        push(&cut, input.bytes, some, false);
        input.bytes += some;
        input.left -= some;
        n += some;
    }
    push(&cut, NULL, 0, true);
    open_ledger(&whole, bytes, first, second);
    push(&whole, bytes, n, true);
    claim_all_told(&whole, n);
    claim_same(&whole.kinds, &cut.kinds);
    claim_same(&whole.answers, &cut.answers);
    close_ledger(&whole);
    close_ledger(&cut);
    free(bytes);
    return 0;
}
