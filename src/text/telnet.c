/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/telnet.h"

#include <stdlib.h>
#include <string.h>

/* RFC 854; EOR, RFC 885, is the first of the commands. */
enum { EOR = 0xEF, SE, SB = 0xFA, WILL, WONT, DO, DONT, IAC = TELNET_IAC };

/* An offer is an option, with OFFER_DO for DO instead of WILL. Each is made once. */
enum { OFFER_DO = TELNET_OPTIONS, OFFERS = 2 * TELNET_OPTIONS };

struct telnet_offers {
    unsigned short made, answered; /* of `order` */
    unsigned char order[OFFERS];
};

enum { NO_COMMAND = 0, UNFINISHED = -1 }; /* or the number of its bytes */

void telnet_set_charsets(struct telnet *telnet, const struct charset *first,
                         const struct charset *second)
{
    bool has_ff = first && (charset_has_ff(first) || (second && charset_has_ff(second)));

    telnet->place = !first ? TELNET_NOWHERE : has_ff ? TELNET_AFTER_GREETING : TELNET_ANYWHERE;
}

void telnet_fini(struct telnet *telnet)
{
    free(telnet->kept);
    free(telnet->offers);
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
        if (iac[1] != IAC)
            return iac[1] == SE ? (int)i + 2 : 2;
    }
    return at->last || at->n >= TELNET_MOST ? 2 : UNFINISHED;
}

/* At an FF. */
static int measure(const struct telnet_input *at)
{
    const unsigned char *bytes = at->bytes;
    bool is_option = at->n > 1 && bytes[1] > SB && bytes[1] < IAC;

    if (at->n == 1 || (is_option && at->n == 2))
        return at->last ? NO_COMMAND : UNFINISHED;
    if (bytes[1] == SB)
        return measure_subnegotiation(at);
    if (is_option)
        return bytes[2] < TELNET_OPTIONS ? 3 : NO_COMMAND;
    return bytes[1] < EOR ? NO_COMMAND : 2;
}

/* ---- the first bytes ---- */

/* FIRST_UNKNOWN where more of them decide. */
static enum telnet_first look(const struct telnet_input *input)
{
    bool has_iac = input->n && *input->bytes == IAC;
    int length = has_iac ? measure(input) : NO_COMMAND;

    if (has_iac && input->n > 1 && (input->bytes[1] == SB || input->bytes[1] == DONT))
        return input->bytes[1] == SB ? FIRST_TELNET : FIRST_UTF16;
    if (!input->n || length == UNFINISHED)
        return FIRST_UNKNOWN;
    return length == 3 ? FIRST_TELNET : FIRST_TEXT;
}

/* Whether the peer may say a command now. */
static bool is_spoken(const struct telnet *telnet)
{
    return telnet->first == FIRST_TELNET
               ? telnet->place != TELNET_NOWHERE
               : telnet->first == FIRST_TEXT && telnet->place == TELNET_ANYWHERE;
}

/* ---- offers and answers ---- */

/* -1 without memory. */
static int note(struct telnet *telnet, const unsigned char *command, int length)
{
    struct telnet_offers *offers = telnet->offers;
    int offer;

    telnet->negotiated |= length > 2;
    if (length != 3 || (command[1] != WILL && command[1] != DO))
        return 0;
    if (!offers && !(telnet->offers = offers = calloc(1, sizeof *offers)))
        return -1;
    offer = command[2] + (command[1] == DO ? OFFER_DO : 0);
    if (!memchr(offers->order, offer, offers->made))
        offers->order[offers->made++] = (unsigned char)offer;
    return 0;
}

bool telnet_answer(struct telnet *telnet, unsigned char answer[TELNET_ANSWER])
{
    struct telnet_offers *offers = telnet->offers;
    unsigned char offer;

    if (!offers || offers->answered == offers->made)
        return false;
    offer = offers->order[offers->answered++];
    memcpy(answer, (unsigned char[]){IAC, offer & OFFER_DO ? WONT : DONT, offer % TELNET_OPTIONS},
           TELNET_ANSWER);
    return true;
}

/* ---- runs ---- */

static int keep(struct telnet *telnet, const struct telnet_input *input)
{
    free(telnet->kept);
    telnet->kept = input->n ? malloc(input->n) : NULL;
    telnet->kept_length = telnet->kept ? (unsigned short)input->n : 0;
    if (telnet->kept)
        memcpy(telnet->kept, input->bytes, input->n);
    return input->n && !telnet->kept ? -1 : 0;
}

static void advance(struct telnet_input *input, size_t n)
{
    input->bytes += n;
    input->n -= n;
}

/* Moves the input behind the text, to a command; returns its length, as measure does. */
static int find_command(const struct telnet *telnet, struct telnet_input *input)
{
    const unsigned char *iac;
    int length;

    while (is_spoken(telnet) && (iac = memchr(input->bytes, IAC, input->n))) {
        advance(input, (size_t)(iac - input->bytes));
        if ((length = measure(input)) != NO_COMMAND)
            return length;
        advance(input, 1);
    }
    advance(input, input->n);
    return NO_COMMAND;
}

/* A doubled FF leaves one where it may be a character. -1 without memory. */
static int take_command(struct telnet *telnet, struct telnet_input *input, int length,
                        struct telnet_run *run)
{
    const unsigned char *command = input->bytes;
    bool is_text = command[1] == IAC && telnet->place == TELNET_AFTER_GREETING;

    run->n += is_text;
    run->removed = (size_t)length - is_text;
    advance(input, (size_t)length);
    return note(telnet, command, length);
}

int telnet_next(struct telnet *telnet, struct telnet_input *input, struct telnet_run *run)
{
    struct telnet_input start = *input;
    int length;

    *run = (struct telnet_run){.text = input->bytes};
    start.last |= telnet->place == TELNET_NOWHERE;
    if (telnet->first == FIRST_UNKNOWN)
        telnet->first = (unsigned char)look(&start);
    length = telnet->first == FIRST_UNKNOWN ? UNFINISHED : find_command(telnet, input);
    run->n = (size_t)(input->bytes - run->text);
    if (length > 0 && take_command(telnet, input, length, run) < 0)
        return -1;
    return run->n || run->removed ? 1 : keep(telnet, input);
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
