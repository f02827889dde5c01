/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of rules or a script, and a conversation with it. The first byte chooses the kind, whether
 * bytes are UTF-8 or GBK, and how the conversation is cut; a NUL ends the file, and the rest is
 * what a peer says. A mistake has a place in the file. Each pattern is searched for in the whole
 * and in its beginnings: a match of a beginning that nothing can change is the match of the whole.
 */
#include "fuzz.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bot/playbook.h"
#include "bot/runner.h"
#include "bot/window.h"

enum { IS_SCRIPT = 1, IS_GBK = 2, STEPS = 200, SAID = 600 };

static struct charsets charsets;

static int read_file(struct playbook *playbook, enum playbook_kind kind, const char *text,
                     struct err *err)
{
    static char path[32];
    static int fd = -1;

    if (fd < 0)
        fd = memfd_create("rules", MFD_CLOEXEC);
    CLAIM(fd >= 0 && ftruncate(fd, 0) == 0);
    CLAIM(pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text));
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return playbook_read(playbook, kind, path, &bot_module, charset_find(&charsets, "utf-8", NULL),
                         charset_find(&charsets, "gbk", NULL), err);
}

static unsigned lines_of(const char *text)
{
    unsigned lines = 1;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

static void check_refused(const char *text, const struct err *err)
{
    unsigned line, column;

    CLAIM(err->kind == ERR_USAGE && *err->sentence);
    CLAIM(sscanf(strchr(err->sentence, ':') + 1, "%u: column %u: ", &line, &column) == 2);
    CLAIM(line >= 1 && line <= lines_of(text) && column >= 1 && column <= strlen(text) + 1);
}

/* ---- runs ---- */

/* Steps come to an end, or wait; a statement is one of the file. */
static void check_run(const struct playbook *playbook, struct runner runner)
{
    const struct statement *statement = playbook->statements;
    enum runner_step step = RUNNER_WAITS;
    uint64_t now = 1000;

    for (int i = 0; i < STEPS && step != RUNNER_DONE; i++) {
        step = runner_next(&runner, now, &statement);
        CLAIM(statement >= playbook->statements &&
              statement < playbook->statements + playbook->count);
        CLAIM(runner.at <= runner.end && runner.end <= playbook->count);
        if (step == RUNNER_WAITS || step == RUNNER_EXPECTS) {
            CLAIM(runner.until >= now || statement->kind == END);
            now = runner.until > now ? runner.until : now;
        }
    }
}

static void check_runs(const struct playbook *playbook)
{
    if (playbook->kind == PLAYBOOK_SCRIPT)
        check_run(playbook, runner_of_script(playbook));
    for (size_t i = 0; playbook->kind == PLAYBOOK_RULES && i < playbook->count; i++)
        if (statement_is_head(&playbook->statements[i]))
            check_run(playbook, runner_of_rule(playbook, i));
}

/* ---- patterns ---- */

static void check_groups(const struct pattern_match *match, size_t n)
{
    CLAIM(match->groups[0].from <= match->groups[0].to && match->groups[0].to <= n);
    for (size_t i = 1; i < PATTERN_GROUPS; i++)
        CLAIM(match->groups[i].from > match->groups[i].to || match->groups[i].to <= n);
}

/* A search that goes on where the last one said gives what a search from the beginning gives. */
static void check_pattern(const struct statement *statement, const char *text, size_t n,
                          size_t piece)
{
    struct pattern_match match, whole;
    enum pattern_result result = PATTERN_NONE, expected;
    size_t resume = 0, part = 0;

    while (result != PATTERN_MATCH && result != PATTERN_LIMIT && part < n) {
        part = n - part > piece ? part + piece : n;
        while (!statement->of_bytes && part < n && (text[part] & 0xC0) == 0x80)
            part++;
        result = pattern_search(statement->pattern,
                                &(struct pattern_search){text, part, resume, true, PATTERN_COST},
                                &match);
        resume = match.resume;
    }
    expected = pattern_search(statement->pattern,
                              &(struct pattern_search){text, n, 0, false, PATTERN_COST}, &whole);
    if (expected == PATTERN_MATCH)
        check_groups(&whole, n);
    if (result == PATTERN_LIMIT || expected == PATTERN_LIMIT)
        return;
    if (result == PATTERN_MATCH) {
        check_groups(&match, part);
        CLAIM(expected == PATTERN_MATCH && match.groups[0].from == whole.groups[0].from);
        CLAIM(match.groups[0].to == whole.groups[0].to);
    }
    if (result == PATTERN_NONE && n)
        CLAIM(expected == PATTERN_NONE || whole.groups[0].from == n);
}

/* ---- the window ---- */

static void check_window(const struct statement *expect, struct charset *charset, const char *text,
                         size_t n, const void *bytes, size_t bytes_n)
{
    struct pattern_match match;
    struct window window;
    size_t length;

    window_init(&window, charset_find(&charsets, "utf-8", NULL), BAD_REPLACE);
    window_begin(&window);
    CLAIM(window_add(&window, charset, text, n, bytes, bytes_n) == 0);
    length = buf_length(&window.text);
    CLAIM(length == n || window.has_mark);
    if (window_search(&window, &bot_module, expect, false, PATTERN_COST, &match) == PATTERN_MATCH) {
        window_take(&window, expect, match.groups[0].to);
        CLAIM(buf_length(&window.text) <= 3 * n + 3 && buf_length(&window.bytes) <= bytes_n);
        if (!expect->of_bytes)
            CLAIM(buf_length(&window.text) == length - match.groups[0].to);
    }
    window_fini(&window);
}

static void converse(const struct playbook *playbook, struct charset *charset, const uint8_t *bytes,
                     size_t n, size_t piece)
{
    struct codec_plan plan = {
        .from = charset, .to = charset_find(&charsets, "utf-8", NULL), .text.checked = true};
    struct buf text;

    buf_init(&text, 16 * SAID + 16);
    CLAIM(codec_convert(&plan, bytes, n, &text, NULL) == 0);
    for (size_t i = 0; i < playbook->count; i++) {
        const struct statement *statement = &playbook->statements[i];
        const char *said = buf_length(&text) ? (const char *)buf_bytes(&text) : "";

        if (!statement->pattern)
            continue;
        if (statement->of_bytes)
            check_pattern(statement, n ? (const char *)bytes : "", n, piece);
        else
            check_pattern(statement, said, buf_length(&text), piece);
        check_window(statement, charset, said, buf_length(&text), bytes, n);
    }
    buf_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    uint8_t flags = input_byte(&input);
    char *text = input_word(&input);
    struct playbook playbook;
    struct err err = {0};

    if (!text)
        return 0;
    if (read_file(&playbook, flags & IS_SCRIPT ? PLAYBOOK_SCRIPT : PLAYBOOK_RULES, text, &err) <
        0) {
        check_refused(text, &err);
    } else {
        check_runs(&playbook);
        converse(&playbook, charset_find(&charsets, flags & IS_GBK ? "gbk" : "utf-8", NULL),
                 input.bytes, input.left < SAID ? input.left : SAID, 1 + flags / 4 % 16);
        playbook_fini(&playbook);
    }
    free(text);
    return 0;
}
