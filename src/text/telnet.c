/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/telnet.h"

#include <stdlib.h>
#include <string.h>

enum {
    EOR = 0xEF, /* the first of the commands (RFC 885) */
    SE = 0xF0,
    SB = 0xFA,
    WILL = 0xFB,
    WONT = 0xFC,
    DO = 0xFD,
    DONT = 0xFE,
    IAC = 0xFF,
};

/* An offer is an option, with OFFER_DO for DO instead of WILL. Each is made once. */
enum { OFFER_DO = TELNET_OPTIONS, OFFERS = 2 * TELNET_OPTIONS };

struct telnet_offers {
    unsigned short made, answered; /* of `order` */
    unsigned char order[OFFERS];
    bool is_made[OFFERS];
};

enum { NO_COMMAND = 0, UNFINISHED = -1 }; /* or the number of its bytes */

void telnet_set_charsets(struct telnet *telnet, const struct charset *first,
                         const struct charset *second)
{
    bool has_ff = first && (charset_has_ff(first) || (second && charset_has_ff(second)));

    telnet->place = !first ? TELNET_NOWHERE : has_ff ? TELNET_AFTER_GREETING : TELNET_ANYWHERE;
}

static void free_kept(struct telnet *telnet)
{
    free(telnet->kept);
    telnet->kept = NULL;
    telnet->kept_length = 0;
}

void telnet_fini(struct telnet *telnet)
{
    free_kept(telnet);
    free(telnet->offers);
    telnet->offers = NULL;
}

/* ---- the first bytes ---- */

/* FIRST_UNKNOWN where more of them decide. */
static enum telnet_first look(const struct telnet_input *input, bool waits)
{
    const unsigned char *bytes = input->bytes;
    size_t n = input->n;

    if (!n || (n == 1 && *bytes == IAC && waits))
        return FIRST_UNKNOWN;
    if (n == 1 || *bytes != IAC || bytes[1] < SB)
        return FIRST_TEXT;
    if (bytes[1] == DONT)
        return FIRST_UTF16;
    if (n == 2 && bytes[1] != SB && bytes[1] != IAC && waits)
        return FIRST_UNKNOWN;
    return bytes[1] == SB || (n > 2 && bytes[1] < DONT && bytes[2] < TELNET_OPTIONS) ? FIRST_TELNET
                                                                                     : FIRST_TEXT;
}

/* Whether the peer may say a command now. */
static bool is_spoken(const struct telnet *telnet)
{
    return telnet->first == FIRST_TELNET
               ? telnet->place != TELNET_NOWHERE
               : telnet->first == FIRST_TEXT && telnet->place == TELNET_ANYWHERE;
}

/* ---- a command ---- */

/* An FF that is not doubled ends a subnegotiation, in order or not: so no byte is looked at again.
 */
static int measure_subnegotiation(const struct telnet_input *at)
{
    size_t most = at->n < TELNET_MOST ? at->n : TELNET_MOST;

    for (size_t i = 2; i + 1 < most; i += 2) {
        const unsigned char *iac = memchr(at->bytes + i, IAC, most - 1 - i);

        if (!iac)
            break;
        i = (size_t)(iac - at->bytes);
        if (iac[1] == SE)
            return (int)i + 2;
        if (iac[1] != IAC)
            return 2;
    }
    return at->last || at->n >= TELNET_MOST ? 2 : UNFINISHED;
}

/* At an FF. */
static int measure(const struct telnet_input *at)
{
    const unsigned char *bytes = at->bytes;
    int cut = at->last ? NO_COMMAND : UNFINISHED;

    if (at->n == 1)
        return cut;
    if (bytes[1] == SB)
        return measure_subnegotiation(at);
    if (bytes[1] == IAC || (bytes[1] >= EOR && bytes[1] < SB))
        return 2;
    if (bytes[1] < EOR)
        return NO_COMMAND;
    if (at->n == 2)
        return cut;
    return bytes[2] < TELNET_OPTIONS ? 3 : NO_COMMAND;
}

/* -1 without memory. */
static int note(struct telnet *telnet, const unsigned char *command, int length)
{
    struct telnet_offers *offers = telnet->offers;
    int offer;

    telnet->negotiated |= length > 2;
    if (length != 3 || (command[1] != WILL && command[1] != DO))
        return 0;
    offer = command[2] + (command[1] == DO ? OFFER_DO : 0);
    if (!offers && !(telnet->offers = offers = calloc(1, sizeof *offers)))
        return -1;
    if (!offers->is_made[offer])
        offers->order[offers->made++] = (unsigned char)offer;
    offers->is_made[offer] = true;
    return 0;
}

bool telnet_answer(struct telnet *telnet, unsigned char answer[TELNET_ANSWER])
{
    struct telnet_offers *offers = telnet->offers;
    unsigned char offer;

    if (!offers || offers->answered == offers->made)
        return false;
    offer = offers->order[offers->answered++];
    answer[0] = IAC;
    answer[1] = offer & OFFER_DO ? WONT : DONT;
    answer[2] = offer % TELNET_OPTIONS;
    return true;
}

/* ---- runs ---- */

static int keep(struct telnet *telnet, const struct telnet_input *input)
{
    if (!telnet->kept && !(telnet->kept = malloc(TELNET_KEPT)))
        return -1;
    memcpy(telnet->kept, input->bytes, input->n);
    telnet->kept_length = (unsigned short)input->n;
    return 0;
}

static void advance(struct telnet_input *input, size_t n)
{
    input->bytes += n;
    input->n -= n;
}

/* Moves the input behind the text, to a command; returns its length, as measure does. */
static int find_command(const struct telnet *telnet, struct telnet_input *input)
{
    int length = NO_COMMAND;

    while (length == NO_COMMAND && input->n) {
        const unsigned char *iac = is_spoken(telnet) ? memchr(input->bytes, IAC, input->n) : NULL;

        advance(input, iac ? (size_t)(iac - input->bytes) : input->n);
        length = iac ? measure(input) : NO_COMMAND;
        if (iac && length == NO_COMMAND)
            advance(input, 1);
    }
    return length;
}

/* A doubled FF leaves one where it may be a character. -1 without memory. */
static int take_command(struct telnet *telnet, struct telnet_input *input, int length,
                        struct telnet_run *run)
{
    bool is_text = input->bytes[1] == IAC && telnet->place == TELNET_AFTER_GREETING;

    if (note(telnet, input->bytes, length) < 0)
        return -1;
    run->n += is_text;
    run->removed = (size_t)length - is_text;
    advance(input, (size_t)length);
    return 0;
}

int telnet_next(struct telnet *telnet, struct telnet_input *input, struct telnet_run *run)
{
    int length = UNFINISHED;

    *run = (struct telnet_run){.text = input->bytes};
    if (telnet->first == FIRST_UNKNOWN)
        telnet->first = (unsigned char)look(input, !input->last && telnet->place != TELNET_NOWHERE);
    if (telnet->first != FIRST_UNKNOWN)
        length = find_command(telnet, input);
    run->n = (size_t)(input->bytes - run->text);
    if (length > 0 && take_command(telnet, input, length, run) < 0)
        return -1;
    if (run->n || run->removed)
        return 1;
    if (input->n)
        return keep(telnet, input);
    free_kept(telnet);
    return 0;
}

size_t telnet_kept(const struct telnet *telnet, unsigned char *room)
{
    if (telnet->kept_length)
        memcpy(room, telnet->kept, telnet->kept_length);
    return telnet->kept_length;
}

bool telnet_keeps_text(const struct telnet *telnet)
{
    return telnet->kept_length && telnet->place == TELNET_AFTER_GREETING &&
           telnet->first == FIRST_UNKNOWN;
}

ssize_t telnet_double(struct buf *buf, size_t n)
{
    size_t more = 0;
    unsigned char *end;

    for (size_t i = 1; i <= n; i++)
        more += buf_bytes(buf)[buf_length(buf) - i] == IAC;
    if (!more)
        return 0;
    end = buf_reserve(buf, more);
    if (!end)
        return -1;
    for (unsigned char *from = end, *to = end + more; from < to;) {
        *--to = *--from;
        if (*from == IAC)
            *--to = IAC;
    }
    buf_commit(buf, more);
    return (ssize_t)more;
}
