/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "text/codec.h"
#include "text/spared.h"

/* A line of a language, as people type it. */
static const struct line {
    const char *charset, *text;
} lines[] = {
    {"gbk", "“今天下午三点开会，请准时到。”——小王……（怎么样？）鑫龘é"},
    {"gb18030", "你好，世界！明天见。👍€ñ"},
    {"big5", "我們今天下午在學校門口見面，龍鳳呈祥。"},
    {"euc-kr", "안녕하세요, 내일 오후에 學校 앞에서 만나요. 힘!"},
    {"shift_jis", "「会議は午後三時からです。」ヨロシク、ｶﾀｶﾅ①"},
    {"euc-jp", "「会議は午後三時からです。」ヨロシク、ｶﾀｶﾅ①"},
    {"windows-1252", "Ça coûte 5 € — “d’accord”, où étais-tu hier?"},
    {"koi8-r", "Привет, мир"},
};
enum { LINES = sizeof lines / sizeof *lines };

static struct charsets charsets;

static struct charset *find(const char *name)
{
    struct charset *charset = charset_find(&charsets, name, &(struct err){0});

    assert_non_null(charset);
    return charset;
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

/* ---- the same characters ---- */

/* The cell of the inverse, all of whose rows are turned. */
static uint16_t cell_of(const struct inverse *inverse, uint32_t scalar)
{
    uint16_t cell = CELL_NONE;

    if (scalar < 0x10000)
        cell = scalar < 0x800 ? inverse->low[scalar] : inverse->cells[scalar];
    for (size_t i = 0; scalar >= 0x10000 && i < inverse->astral_count; i++)
        if (inverse->astral[i].scalar == scalar)
            cell = inverse->astral[i].bytes;
    return cell;
}

static void compare(struct charset *charset)
{
    unsigned char out[INVERSE_BYTES];
    size_t known = 0, all = 0;

    charset->inverse->spared = TABLE_SPARED;
    inverse_put(charset->inverse, 0x1F600, out); /* no charset has a cell for it */
    assert_int_equal(charset->inverse->turned, INVERSE_ROWS);
    for (uint32_t scalar = 0x80; scalar < 0x20000; scalar++) {
        uint16_t spared, cell = cell_of(charset->inverse, scalar);
        bool is_known = spared_find(charset->table, charset->inverse->target, scalar, &spared);

        if (is_known && spared != cell)
            fail_msg("%s: U+%04X is not %04X", charset_name(charset), scalar, spared);
        known += is_known && spared != CELL_NONE;
        all += cell != CELL_NONE;
    }
    assert_in_range(known, all / 2, all);
}

static void spared_characters_are_those_of_the_inverse(void **state)
{
    (void)state;
    for (size_t i = 0; i < LINES; i++)
        compare(find(lines[i].charset));
}

/* ---- the first line ---- */

/* Lets nobody look at the pages that hold nothing but cells, or lets them again. */
static void protect(void *cells, size_t size, int how)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *first = cells, *end = first + size;

    first += (page - (uintptr_t)first % page) % page;
    end -= (uintptr_t)end % page;
    assert_int_equal(mprotect(first, (size_t)(end - first), how), 0);
}

static void protect_cells(struct charset *charset, int how)
{
    protect(charset->table->pairs, sizeof charset->table->pairs, how);
    protect(charset->inverse->low, sizeof charset->inverse->low + sizeof charset->inverse->cells,
            how);
}

static void convert(struct charset *from, struct charset *to, const char *text, struct buf *out)
{
    const struct codec_plan plan = {.from = from, .to = to};

    buf_init(out, 4096);
    assert_int_equal(codec_convert(&plan, text, strlen(text), out, &(struct err){0}), 0);
}

static void first_line_looks_at_no_cell(void **state)
{
    struct charset *utf8 = find("utf-8");

    (void)state;
    for (size_t i = 0; i < LINES; i++) {
        struct charset *charset = find(lines[i].charset);
        struct buf bytes, text;

        protect_cells(charset, PROT_NONE);
        convert(utf8, charset, lines[i].text, &bytes);
        assert_int_equal(buf_append(&bytes, "", 1), 0);
        convert(charset, utf8, (const char *)buf_bytes(&bytes), &text);
        protect_cells(charset, PROT_READ | PROT_WRITE);
        assert_int_equal(buf_length(&text), strlen(lines[i].text));
        assert_memory_equal(buf_bytes(&text), lines[i].text, buf_length(&text));
        buf_fini(&bytes);
        buf_fini(&text);
    }
}

static void lacking_character_looks_at_no_cell(void **state)
{
    static const char *const names[] = {"gbk", "euc-kr", "shift_jis", "euc-jp", "windows-1251"};
    struct charset *utf8 = find("utf-8");

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct charset *charset = find(names[i]);
        struct buf bytes;

        protect_cells(charset, PROT_NONE);
        convert(utf8, charset, "ok 👍", &bytes);
        protect_cells(charset, PROT_READ | PROT_WRITE);
        assert_int_equal(buf_length(&bytes), 4);
        assert_memory_equal(buf_bytes(&bytes), "ok ?", 4);
        buf_fini(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(spared_characters_are_those_of_the_inverse, close_charsets),
        cmocka_unit_test_teardown(first_line_looks_at_no_cell, close_charsets),
        cmocka_unit_test_teardown(lacking_character_looks_at_no_cell, close_charsets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
