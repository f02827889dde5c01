/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of a terminal in packets: typed text and pastes are the bytes that came, in order, and the
 * borders of packets make no difference. The first byte says which reports are due; each packet
 * follows a byte with its length and whether a silence follows. */
#include "fuzz.h"

#include <stdbool.h>

#include "ui/input.h"

enum { SILENCE = 0x80, REPORTS = 3, ATTRIBUTES = 4, CAP = 1 << 20, ESC = 0x1B };

/* The outcome of an input. */
struct ledger {
    struct input input;
    struct buf pushed;
    size_t found;    /* of the pushed bytes: they came out, or were left out */
    struct buf told; /* a letter for each event, and what it brought */
};

static struct ledger *current; /* on_identified has no owner */

static void tell(struct ledger *ledger, char kind, const void *bytes, size_t n)
{
    CLAIM(buf_append(&ledger->told, &kind, 1) == 0);
    CLAIM(!n || buf_append(&ledger->told, bytes, n) == 0);
}

/* The byte was pushed, behind those that came out before. */
static void claim_next(struct ledger *ledger, char byte, bool is_pasted)
{
    const unsigned char *pushed = buf_bytes(&ledger->pushed);
    size_t n = buf_length(&ledger->pushed);

    while (ledger->found < n && (char)pushed[ledger->found] != byte &&
           !(is_pasted && byte == '\n' && pushed[ledger->found] == '\r'))
        ledger->found++;
    CLAIM(ledger->found++ < n);
}

static void on_typed(void *owner, const char *bytes, size_t n)
{
    CLAIM(n);
    for (size_t i = 0; i < n; i++) {
        claim_next(owner, bytes[i], false);
        tell(owner, 't', bytes + i, 1);
    }
}

/* No terminal was taken, so that no key but Ctrl-D ends a paste. */
static void on_pressed(void *owner, enum tty_key key)
{
    (void)owner;
    CLAIM(key == KEY_NONE);
}

static void on_pasted(void *owner, const char *text, size_t n, bool lost)
{
    CLAIM(!lost && !memchr(text, '\r', n));
    for (size_t i = 0; i < n; i++)
        claim_next(owner, text[i], true);
    tell(owner, 'p', text, n);
}

static void on_reported(void *owner, int row, int column)
{
    int place[] = {row, column};

    CLAIM(row >= 0 && column >= 0);
    tell(owner, 'r', place, sizeof place);
}

static void on_identified(unsigned kind, unsigned version)
{
    unsigned numbers[] = {kind, version};

    tell(current, 'i', numbers, sizeof numbers);
}

static void open_ledger(struct ledger *ledger, uint8_t flags)
{
    static const struct input_events events = {on_typed, on_pressed, on_pasted, on_reported,
                                               on_identified};

    *ledger = (struct ledger){.found = 0};
    buf_init(&ledger->told, CAP);
    buf_init(&ledger->pushed, CAP);
    input_init(&ledger->input, &events, ledger);
    for (int i = 0; i < (flags & REPORTS); i++)
        input_expect_report(&ledger->input);
    if (flags & ATTRIBUTES)
        input_expect_attributes(&ledger->input);
}

static void close_ledger(struct ledger *ledger)
{
    input_fini(&ledger->input);
    buf_fini(&ledger->told);
    buf_fini(&ledger->pushed);
}

static void push(struct ledger *ledger, const uint8_t *bytes, size_t n)
{
    current = ledger;
    CLAIM(!n || buf_append(&ledger->pushed, bytes, n) == 0);
    input_push(&ledger->input, bytes, n);
}

/* A silence ends whatever waits. */
static void be_silent(struct ledger *ledger)
{
    current = ledger;
    if (input_waits(&ledger->input))
        input_flush(&ledger->input);
    CLAIM(!input_waits(&ledger->input));
}

static void claim_same(const struct ledger *one, const struct ledger *other)
{
    size_t n = buf_length(&one->told);

    CLAIM(n == buf_length(&other->told) && one->found == other->found);
    CLAIM(!n || !memcmp(buf_bytes(&one->told), buf_bytes(&other->told), n));
}

/* Without an ESC all of the input is typed. */
static void claim_typed(const struct ledger *ledger)
{
    size_t n = buf_length(&ledger->pushed);

    if (!n || !memchr(buf_bytes(&ledger->pushed), ESC, n))
        CLAIM(buf_length(&ledger->told) == 2 * n && ledger->found == n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    uint8_t flags = input_byte(&input);
    struct ledger packets, bytes;

    open_ledger(&packets, flags);
    open_ledger(&bytes, flags);
    while (input.left) {
        uint8_t head = input_byte(&input);
        size_t n = head & (SILENCE - 1);

        n = n < input.left ? n : input.left;
        push(&packets, input.bytes, n);
        for (size_t i = 0; i < n; i++)
            push(&bytes, input.bytes + i, 1);
        input.bytes += n;
        input.left -= n;
        if (head & SILENCE || !input.left) {
            be_silent(&packets);
            be_silent(&bytes);
            claim_same(&packets, &bytes);
        }
    }
    claim_typed(&packets);
    close_ledger(&packets);
    close_ledger(&bytes);
    return 0;
}
