/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/pattern.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum {
    STEP_COST = 16, /* of a callout; a byte that is passed costs 1 */
    STEPS = 1000000,
    HEAP_KIB = 32 * 1024,
    DEPTH = 500000,
};

struct pattern {
    pcre2_code *code;
    uint32_t groups;
};

/* ---- compiling ---- */

static uint32_t options_of(unsigned flags)
{
    uint32_t options = PCRE2_AUTO_CALLOUT | PCRE2_NEVER_BACKSLASH_C | PCRE2_MULTILINE;

    options |= flags & PATTERN_BYTES ? PCRE2_DOTALL | PCRE2_NEVER_UTF : PCRE2_UTF | PCRE2_UCP;
    options |= flags & PATTERN_WHOLE ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0u;
    options |= flags & PATTERN_CASELESS ? PCRE2_CASELESS : 0u;
    options |= flags & PATTERN_DOT_ALL ? PCRE2_DOTALL : 0u;
    options |= flags & PATTERN_EXTENDED ? PCRE2_EXTENDED : 0u;
    return options;
}

/* Lines of a peer end with LF or CR LF. */
static pcre2_compile_context *new_context(void)
{
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);

    if (context)
        pcre2_set_newline(context, PCRE2_NEWLINE_ANYCRLF);
    return context;
}

static void say_memory(struct pattern_fault *fault)
{
    *fault = (struct pattern_fault){.why = "out of memory", .is_shortage = true};
}

static void compile(struct pattern *pattern, const char *text, size_t n, unsigned flags,
                    struct pattern_fault *fault)
{
    pcre2_compile_context *context = new_context();
    int error;

    if (!context) {
        say_memory(fault);
        return;
    }
    pattern->code =
        pcre2_compile((PCRE2_SPTR)text, n, options_of(flags), &error, &fault->at, context);
    if (!pattern->code && error == PCRE2_ERROR_HEAP_FAILED)
        say_memory(fault);
    else if (!pattern->code)
        pcre2_get_error_message(error, (PCRE2_UCHAR *)fault->why, sizeof fault->why);
    pcre2_compile_context_free(context);
}

struct pattern *pattern_new(const char *text, size_t n, unsigned flags, struct pattern_fault *fault)
{
    struct pattern *pattern = calloc(1, sizeof *pattern);

    *fault = (struct pattern_fault){0};
    if (!pattern) {
        say_memory(fault);
        return NULL;
    }
    compile(pattern, text, n, flags, fault);
    if (!pattern->code) {
        free(pattern);
        return NULL;
    }
    pcre2_pattern_info(pattern->code, PCRE2_INFO_CAPTURECOUNT, &pattern->groups);
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    if (!pattern)
        return;
    pcre2_code_free(pattern->code);
    free(pattern);
}

unsigned pattern_groups(const struct pattern *pattern)
{
    return pattern->groups;
}

/* ---- searching ---- */

struct cost {
    size_t most, spent, at; /* `at`: of the last step */
};

/* The matcher's own limit counts from zero at each place where a match could begin. A step back
 * passes bytes as a step ahead does. */
static int on_step(pcre2_callout_block *block, void *owner)
{
    struct cost *cost = owner;
    size_t at = block->current_position;

    cost->spent += STEP_COST + (at > cost->at ? at - cost->at : cost->at - at);
    cost->at = at;
    return cost->spent > cost->most ? PCRE2_ERROR_CALLOUT : 0;
}

static pcre2_match_context *new_limits(struct cost *cost)
{
    pcre2_match_context *context = pcre2_match_context_create(NULL);

    if (!context)
        return NULL;
    pcre2_set_match_limit(context, STEPS);
    pcre2_set_heap_limit(context, HEAP_KIB);
    pcre2_set_depth_limit(context, DEPTH);
    pcre2_set_callout(context, on_step, cost);
    return context;
}

static void take_groups(struct pattern_match *match, pcre2_match_data *data, unsigned count)
{
    const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(data);

    for (unsigned i = 0; i < PATTERN_GROUPS; i++) {
        bool is_set = i < count && offsets[2 * i] != PCRE2_UNSET;

        match->groups[i].from = is_set ? offsets[2 * i] : 1;
        match->groups[i].to = is_set ? offsets[2 * i + 1] : 0;
    }
}

/* With \K a match may begin behind its end. */
static enum pattern_result result_of(int found, size_t n, pcre2_match_data *data,
                                     struct pattern_match *match)
{
    if (found == PCRE2_ERROR_NOMATCH) {
        match->resume = n;
        return PATTERN_NONE;
    }
    if (found == PCRE2_ERROR_PARTIAL) {
        match->resume = pcre2_get_ovector_pointer(data)[0];
        return PATTERN_PARTIAL;
    }
    if (found == PCRE2_ERROR_NOMEMORY)
        return PATTERN_MEMORY;
    if (found <= 0)
        return PATTERN_LIMIT;
    take_groups(match, data, (unsigned)found);
    return match->groups[0].from > match->groups[0].to ? PATTERN_LIMIT : PATTERN_MATCH;
}

enum pattern_result pattern_search(const struct pattern *pattern,
                                   const struct pattern_search *search, struct pattern_match *match)
{
    struct cost cost = {.most = search->most, .at = search->from};
    pcre2_match_context *limits = new_limits(&cost);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(pattern->code, NULL);
    enum pattern_result result = PATTERN_MEMORY;

    *match = (struct pattern_match){.resume = search->from};
    if (limits && data) {
        int found = pcre2_match(pattern->code, search->bytes, search->n, search->from,
                                search->goes_on ? (uint32_t)PCRE2_PARTIAL_HARD : 0u, data, limits);

        result = result_of(found, search->n, data, match);
    }
    match->cost = cost.spent;
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    return result;
}
