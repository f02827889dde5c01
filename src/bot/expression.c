/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/expression.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/language.h"

enum { REGEX = 16 /* bytes of the expression of a token */ };

/* ---- regular expressions ---- */

/* The slash that ends it; NULL: none. */
static const char *find_end(const char *at, const char *end)
{
    for (; at < end && *at != '/'; at++)
        if (*at == '\\' && at + 1 < end)
            at++;
    return at < end ? at : NULL;
}

static int take_flags(struct source *source, unsigned *flags, struct err *err)
{
    static const char letters[] = "isx";
    static const unsigned values[] = {PATTERN_CASELESS, PATTERN_DOT_ALL, PATTERN_EXTENDED};
    struct word word;

    source_take(source, &word);
    for (size_t i = 0; i < word.n; i++) {
        const char *letter = strchr(letters, word.at[i]);

        if (!letter)
            return source_refuse(source, word.at + i, err,
                                 N_("behind /REGEX/ stand i, s and x, not '%.*s'"),
                                 (int)(word.n - i), word.at + i);
        *flags |= values[letter - letters];
    }
    return 0;
}

static int take_regex(struct source *source, const struct bot_module *module,
                      struct expression *expression, struct err *err)
{
    const char *begin = source->at + 1, *end = find_end(begin, source->end);
    struct pattern_fault fault;
    unsigned flags = 0;

    if (!end)
        return source_refuse(source, source->at, err,
                             N_("the expression has no end: write /REGEX/"));
    source->at = end + 1;
    if (take_flags(source, &flags, err) < 0)
        return -1;
    expression->pattern = module->compile(begin, (size_t)(end - begin), flags, &fault);
    if (expression->pattern && module->groups(expression->pattern) < PATTERN_GROUPS)
        return 0;
    if (expression->pattern)
        return source_refuse(source, begin, err,
                             N_("an expression has at most nine groups; (?:...) is none"));
    return fault.is_shortage ? err_memory(err)
                             : source_refuse(source, begin + fault.at, err, "%s", fault.why);
}

/* ---- bytes ---- */

/* The pattern of bytes while it is read. */
struct bytes {
    struct buf regex;
    unsigned depth, groups, tokens;
};

static bool is_hex(const char *at, const char *end)
{
    return end - at >= 2 && strspn(at, "0123456789abcdefABCDEF") >= 2;
}

static bool is_pair(const char *at, const char *end, char c)
{
    return end - at >= 2 && at[0] == c && at[1] == c;
}

/* The number behind "??*": so many bytes. 0: there is none. */
static unsigned read_count(const char *at, const char *end, size_t *length)
{
    char digits[6] = "";
    size_t n = end - at > 1 && *at == '*' ? strspn(at + 1, "0123456789") : 0;

    *length = n + 1;
    if (!n || n >= sizeof digits)
        return 0;
    memcpy(digits, at + 1, n);
    return strtoul(digits, NULL, 10) <= PATTERN_SUBJECT - 1 ? (unsigned)strtoul(digits, NULL, 10)
                                                            : 0;
}

static size_t write_group(struct bytes *bytes, char c, char regex[REGEX])
{
    bytes->depth += c == '(' ? 1u : -1u;
    bytes->groups += c == '(';
    snprintf(regex, REGEX, "%c", c);
    return 1;
}

/* Writes the regular expression of a token. Returns the length of the token, or 0. */
static size_t write_token(struct bytes *bytes, const char *at, const char *end, char regex[REGEX])
{
    size_t length;
    unsigned count;

    if ((*at == '(' && bytes->groups + 1 < PATTERN_GROUPS) || (*at == ')' && bytes->depth))
        return write_group(bytes, *at, regex);
    bytes->tokens++;
    if (is_pair(at, end, '?') && at + 2 < end && at[2] == '*') {
        count = read_count(at + 2, end, &length);
        snprintf(regex, REGEX, ".{%u}", count);
        return count ? length + 2 : 0;
    }
    if (is_pair(at, end, '?'))
        snprintf(regex, REGEX, ".");
    else if (is_pair(at, end, '.'))
        snprintf(regex, REGEX, ".*?");
    else if (is_hex(at, end))
        snprintf(regex, REGEX, "\\x%.2s", at);
    else
        return 0;
    return 2;
}

static bool begins_word(const struct source *source, const char *word)
{
    struct source copy = *source;

    return (source->at == source->begin || strchr(" \t", source->at[-1])) &&
           source_take_if(&copy, word);
}

static bool is_over(const struct source *source)
{
    return source->at == source->end || begins_word(source, "within") ||
           begins_word(source, "else");
}

static int take_token(struct source *source, struct bytes *bytes, struct err *err)
{
    char regex[REGEX] = "";
    size_t length = write_token(bytes, source->at, source->end, regex);

    if (!length)
        return source_refuse(source, source->at, err,
                             N_("bytes are 01, ??, ??*20 or .., with ( and ) around a group, not "
                                "'%.*s'"),
                             (int)(source->end - source->at), source->at);
    if (buf_append(&bytes->regex, regex, strlen(regex)) < 0)
        return source_refuse(source, source->at, err, N_("there are too many bytes"));
    source->at += length;
    while (source->at < source->end && strchr(" \t", *source->at))
        source->at++;
    return 0;
}

static int take_bytes(struct source *source, struct bytes *bytes, struct err *err)
{
    const char *begin = source->at;

    while (!is_over(source))
        if (take_token(source, bytes, err) < 0)
            return -1;
    if (bytes->depth)
        return source_refuse(source, source->at, err, N_("a ) is missing"));
    if (!bytes->tokens)
        return source_refuse(source, begin, err, N_("bytes stand here, such as 01 03 .."));
    return 0;
}

static int take_hex(struct source *source, const struct bot_module *module, bool whole,
                    struct expression *expression, struct err *err)
{
    unsigned flags = PATTERN_BYTES | (whole ? PATTERN_WHOLE : 0u);
    struct bytes bytes = {.regex = {.cap = 4 * PATTERN_SUBJECT}};
    const char *begin = source->at;
    struct pattern_fault fault;
    int result = take_bytes(source, &bytes, err);

    expression->of_bytes = true;
    if (result == 0) {
        expression->pattern = module->compile((const char *)buf_bytes(&bytes.regex),
                                              buf_length(&bytes.regex), flags, &fault);
        if (!expression->pattern)
            result = fault.is_shortage ? err_memory(err)
                                       : source_refuse(source, begin, err, "%s", fault.why);
    }
    buf_fini(&bytes.regex);
    return result;
}

/* ---- both ---- */

static int take(struct source *source, const struct bot_module *module, bool whole,
                struct expression *expression, struct err *err)
{
    if (source->at < source->end && *source->at == '/')
        return take_regex(source, module, expression, err);
    if (source_take_if(source, "hex"))
        return take_hex(source, module, whole, expression, err);
    return source_refuse(source, source->at, err,
                         N_("a pattern stands here: /REGEX/ or hex 01 03 .., not '%.*s'"),
                         (int)(source->end - source->at), source->at);
}

int expression_take(struct source *source, const struct bot_module *module, bool whole,
                    struct expression *expression, struct err *err)
{
    const char *begin = source->at, *end;
    int result;

    *expression = (struct expression){0};
    result = take(source, module, whole, expression, err);
    end = source->at;
    while (end > begin && strchr(" \t", end[-1]))
        end--;
    if (result == 0 && !(expression->text = strndup(begin, (size_t)(end - begin))))
        result = err_memory(err);
    if (result == 0)
        return 0;
    module->free(expression->pattern);
    *expression = (struct expression){0};
    return -1;
}
