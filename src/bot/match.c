/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/match.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/event.h"
#include "base/language.h"

enum { SHOWN = 60 /* bytes of the text that an expectation failed at */ };

/* ---- the last match ---- */

/* Nothing is left of a match without memory for it. */
static void keep_match(struct peer *peer, const void *subject, size_t n,
                       const struct pattern_match *match, bool of_bytes)
{
    buf_clear(&peer->subject);
    peer->match = *match;
    peer->of_bytes = of_bytes;
    if (n && buf_append(&peer->subject, subject, n) < 0)
        match_forget(peer);
}

void match_forget(struct peer *peer)
{
    buf_clear(&peer->subject);
    peer->match = (struct pattern_match){0};
    peer->of_bytes = false;
}

void match_captures(const struct peer *peer, struct literal_capture captures[LITERAL_CAPTURES])
{
    const char *subject = (const char *)buf_bytes(&peer->subject);

    for (size_t i = 0; i < LITERAL_CAPTURES; i++) {
        size_t from = peer->match.groups[i].from, to = peer->match.groups[i].to;

        captures[i] = (struct literal_capture){.text = "", .is_bytes = peer->of_bytes};
        if (from < to && to <= buf_length(&peer->subject)) {
            captures[i].text = subject + from;
            captures[i].n = to - from;
        }
    }
}

int match_write(const struct peer *peer, bool whole, struct buf *text)
{
    struct literal_capture captures[LITERAL_CAPTURES];

    match_captures(peer, captures);
    if (whole) {
        captures[0].text = (const char *)buf_bytes(&peer->subject);
        captures[0].n = buf_length(&peer->subject);
    }
    if (!captures[0].n)
        return 0;
    return peer->of_bytes ? literal_write(captures[0].text, captures[0].n, text)
                          : buf_append(text, captures[0].text, captures[0].n);
}

static void tell_match(const struct peer *peer, const struct statement *statement)
{
    struct buf text;

    if (!event_is_shown(EVENT_VERBOSE))
        return;
    buf_init(&text, 8 * buf_length(&peer->subject) + 8);
    if (match_write(peer, false, &text) == 0)
        event_tell(&(struct event){.kind = EVENT_MATCHED,
                                   .level = EVENT_VERBOSE,
                                   .sentence = N_("{peer}: {path}:{line} matches '{text}'"),
                                   .peer = member_address(peer->member),
                                   .path = peer->plan->playbook->path,
                                   .line = statement->line,
                                   .text = (const char *)buf_bytes(&text),
                                   .text_n = buf_length(&text)});
    buf_fini(&text);
}

void match_tell_none(const struct peer *peer, const struct statement *statement, const char *why,
                     enum event_level level)
{
    event_tell(&(struct event){.kind = EVENT_UNMATCHED,
                               .level = level,
                               .sentence = N_("{peer}: {path}:{line}: {why}"),
                               .peer = member_address(peer->member),
                               .path = peer->plan->playbook->path,
                               .line = statement->line,
                               .why = why});
}

/* ---- limits ---- */

static bool is_alone(const struct peer *peer)
{
    return peer->plan->room->roster.count < 2;
}

/* `began`: by uv_hrtime. */
static void pay(struct peer *peer, size_t cost, uint64_t began)
{
    const struct peer_plan *plan = peer->plan;
    struct budget_price price = {cost, (uv_hrtime() - began) / 1000000};

    budget_pay(plan->budget, &peer->budget, &price, uv_now(plan->loop), is_alone(peer));
}

static void postpone(struct peer *peer, size_t cost)
{
    budget_postpone(peer->plan->budget, &peer->budget, cost, uv_now(peer->plan->loop));
}

bool match_holds(struct peer *peer)
{
    return budget_holds(peer->plan->budget, &peer->budget, uv_now(peer->plan->loop));
}

/* Told once for each line; without memory it is not told. */
static void note_limit(struct peer *peer, const struct statement *statement)
{
    const struct playbook *playbook = peer->plan->playbook;

    if (!peer->limits)
        peer->limits = calloc(playbook->count, sizeof *peer->limits);
    if (peer->limits && !peer->limits[statement - playbook->statements]++)
        match_tell_none(
            peer, statement,
            language_text(N_("the search was ended at its limit, and there is no match")),
            EVENT_ALWAYS);
}

void match_sum(struct peer *peer)
{
    const struct playbook *playbook = peer->plan->playbook;

    for (size_t i = 0; peer->limits && i < playbook->count; i++) {
        unsigned more = peer->limits[i] ? peer->limits[i] - 1 : 0;
        char why[MATCH_REASON];

        snprintf(why, sizeof why,
                 language_count("%u more search was ended at its limit",
                                "%u more searches were ended at their limit", more),
                 more);
        if (more)
            match_tell_none(peer, &playbook->statements[i], why, EVENT_ALWAYS);
    }
    free(peer->limits);
    peer->limits = NULL;
}

/* ---- rules ---- */

/* A search of a message: `most` may be paid for its patterns together, and `cost` was. */
struct price {
    size_t most, cost;
};

static bool is_trial(const struct price *price)
{
    return price->most < BUDGET_MESSAGE;
}

static enum match_result take_other(struct peer *peer, const struct inbound *inbound)
{
    struct pattern_match match = {0};

    for (size_t i = 1; i < PATTERN_GROUPS; i++)
        match.groups[i].from = 1;
    match.groups[0].to = inbound->n;
    keep_match(peer, inbound->text, inbound->n, &match, false);
    return MATCH_FOUND;
}

/* A message that was dear enough counts as one that the other patterns came to their limit with. */
static enum match_result try_rule(struct peer *peer, const struct statement *rule,
                                  const struct inbound *inbound, struct price *price)
{
    const void *subject = rule->of_bytes ? (const void *)inbound->wire.bytes : inbound->text;
    size_t n = rule->of_bytes ? inbound->wire.n : inbound->n;
    size_t left = price->cost < price->most ? price->most - price->cost : 0;
    struct pattern_search search = {
        .bytes = n ? subject : "", .n = n, .most = left < PATTERN_COST ? left : PATTERN_COST};
    struct pattern_match match;
    enum pattern_result result = PATTERN_LIMIT;

    if (left) {
        result = peer->plan->playbook->module->search(rule->pattern, &search, &match);
        price->cost += match.cost;
    }
    if (result == PATTERN_LIMIT && is_trial(price))
        return MATCH_POSTPONED;
    if (result == PATTERN_LIMIT)
        note_limit(peer, rule);
    if (result == PATTERN_MEMORY)
        match_tell_none(peer, rule, language_text(N_("out of memory")), EVENT_ALWAYS);
    if (result != PATTERN_MATCH)
        return MATCH_NONE;
    keep_match(peer, subject, n, &match, rule->of_bytes);
    return MATCH_FOUND;
}

/* A byte order mark at the beginning of a conversation is no text. */
static struct inbound without_mark(struct peer *peer, const struct inbound *inbound)
{
    struct inbound heard = *inbound;

    if (!peer->has_spoken)
        inbound_skip_mark(&heard);
    peer->has_spoken = true;
    return heard;
}

/* *head: the rule, or the number of statements. */
static enum match_result find_rule(struct peer *peer, const struct inbound *inbound,
                                   struct price *price, size_t *head)
{
    const struct playbook *playbook = peer->plan->playbook;
    enum match_result result = MATCH_NONE;

    for (*head = 0; *head < playbook->count; ++*head) {
        const struct statement *rule = &playbook->statements[*head];

        if (rule->kind == ON_MATCH)
            result = try_rule(peer, rule, inbound, price);
        else if (rule->kind == ON_OTHER)
            result = take_other(peer, inbound);
        if (result != MATCH_NONE)
            break;
    }
    return result;
}

/* Without memory to keep the message it is searched to the end at once. */
static enum match_result find(struct peer *peer, const struct inbound *inbound, size_t *head)
{
    struct price price = {.most = budget_limit(&peer->budget, is_alone(peer))};
    uint64_t began = uv_hrtime();
    enum match_result result = find_rule(peer, inbound, &price, head);

    if (result == MATCH_POSTPONED && peer_hold(peer, inbound) == 0) {
        postpone(peer, price.cost);
        return result;
    }
    if (result == MATCH_POSTPONED) {
        price.most = BUDGET_MESSAGE;
        result = find_rule(peer, inbound, &price, head);
    }
    pay(peer, price.cost, began);
    if (result == MATCH_FOUND)
        tell_match(peer, &peer->plan->playbook->statements[*head]);
    return result;
}

enum match_result match_find_rule(struct peer *peer, const struct inbound *inbound, size_t *head)
{
    struct inbound heard = without_mark(peer, inbound);

    return find(peer, &heard, head);
}

enum match_result match_find_again(struct peer *peer, size_t *head)
{
    struct inbound held = peer_held(peer);

    return find(peer, &held, head);
}

/* ---- expectations ---- */

static bool is_late(const struct peer *peer)
{
    return uv_now(peer->plan->loop) >= peer->runner.until;
}

uint64_t match_settles_at(const struct peer *peer)
{
    uint64_t at = uv_now(peer->plan->loop) + MATCH_SETTLES_MS;

    return at < peer->runner.until ? at : peer->runner.until;
}

static void take_match(struct peer *peer, const struct pattern_match *match)
{
    const struct buf *subject = window_subject(&peer->window, peer->expect);

    keep_match(peer, buf_bytes(subject), buf_length(subject), match, peer->expect->of_bytes);
    window_take(&peer->window, peer->expect, match->groups[0].to);
    tell_match(peer, peer->expect);
}

enum match_result match_search(struct peer *peer, bool goes_on)
{
    size_t limit = budget_limit(&peer->budget, is_alone(peer));
    size_t most = limit < PATTERN_COST ? limit : PATTERN_COST;
    bool is_last = peer->has_ended || is_late(peer);
    struct pattern_match match;
    enum pattern_result result;
    uint64_t began;

    if (peer->expect->kind == EXPECT_CLOSE)
        return peer->has_ended ? MATCH_FOUND : is_late(peer) ? MATCH_HOPELESS : MATCH_NONE;
    do {
        began = uv_hrtime();
        result = window_search(&peer->window, peer->plan->playbook->module, peer->expect,
                               goes_on && !is_last, most, &match);
        if (result == PATTERN_LIMIT && most < PATTERN_COST) {
            peer->goes_on = goes_on;
            postpone(peer, match.cost);
            return MATCH_POSTPONED;
        }
        pay(peer, match.cost, began);
        if (result == PATTERN_MEMORY)
            return MATCH_MEMORY;
    } while (result != PATTERN_MATCH && window_trim(&peer->window, peer->expect));
    if (result == PATTERN_LIMIT)
        note_limit(peer, peer->expect);
    if (result == PATTERN_MATCH) {
        take_match(peer, &match);
        return MATCH_FOUND;
    }
    if (is_last)
        return MATCH_HOPELESS;
    return result == PATTERN_PARTIAL ? MATCH_UNSETTLED : MATCH_NONE;
}

/* ---- failures ---- */

/* A NUL would hide the rest. Returns the length. */
static size_t write_text(const unsigned char *text, size_t n, char *out)
{
    size_t length = 0;

    for (size_t i = 0; i < n; i++) {
        out[length++] = (char)(text[i] ? text[i] : '^');
        if (!text[i])
            out[length++] = '@';
    }
    return length;
}

/* The text at which an expectation fails, as a literal that may be cut. */
static void write_left(const struct peer *peer, char left[4 * SHOWN + 8])
{
    const struct buf *subject = window_subject(&peer->window, peer->expect);
    size_t n = buf_length(subject), shown = n < SHOWN ? n : SHOWN;
    struct buf text = {.bytes = (unsigned char *)left, .capacity = 4 * SHOWN, .cap = 4 * SHOWN};

    while (shown < n && shown && (buf_bytes(subject)[shown] & 0xC0) == 0x80)
        shown--;
    *left = '\0';
    if (!shown)
        return;
    if (peer->expect->of_bytes)
        shown = literal_write(buf_bytes(subject), shown, &text) < 0 ? 0 : buf_length(&text);
    else
        shown = write_text(buf_bytes(subject), shown, left);
    snprintf(left + shown, 8, "%s", n > SHOWN ? "..." : "");
}

static void describe(const struct peer *peer, const struct statement *expect, char *why,
                     size_t size)
{
    char left[4 * SHOWN + 8];

    if (expect->kind == EXPECT_CLOSE) {
        snprintf(why, size, language_text(N_("the peer did not end within %.10g s")),
                 (double)expect->ms / 1000);
        return;
    }
    write_left(peer, left);
    if (peer->has_ended)
        snprintf(why, size, language_text(N_("the peer ended without %s; there was '%s'")),
                 expect->text, left);
    else
        snprintf(why, size, language_text(N_("%s did not come within %.10g s; there was '%s'")),
                 expect->text, (double)expect->ms / 1000, left);
}

void match_failure(const struct peer *peer, const struct statement *statement, const char *why,
                   char reason[MATCH_REASON])
{
    if (!why && !statement->sentence)
        describe(peer, statement, reason, MATCH_REASON);
    else
        snprintf(reason, MATCH_REASON, "%s", why ? why : statement->sentence);
    language_trim(reason);
}
