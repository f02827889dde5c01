/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text/encoding.h"

static struct charsets charsets;
static struct charset *utf8, *gbk;

static int open_charsets(void **state)
{
    (void)state;
    utf8 = charset_find(&charsets, "utf-8", NULL);
    gbk = charset_find(&charsets, "gbk", NULL);
    return utf8 && gbk ? 0 : -1;
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

/* ---- lists ---- */

static void assert_list(const char *list, const char *first, const char *second)
{
    struct encoding_list encodings;
    struct err err = {0};

    if (encoding_list_parse(&encodings, list, gbk, &charsets, false, &err) < 0)
        fail_msg("%s", err.sentence);
    assert_string_equal(charset_name(encodings.first), first);
    if (second)
        assert_string_equal(charset_name(encodings.second), second);
    else
        assert_null(encodings.second);
}

static void assert_refused(const char *list, bool known, const char *why)
{
    struct encoding_list encodings;
    struct err err = {0};

    if (encoding_list_parse(&encodings, list, gbk, &charsets, known, &err) == 0)
        fail_msg("'%s' was taken", list);
    assert_int_equal(err.kind, ERR_USAGE);
    if (!strstr(err.sentence, why))
        fail_msg("'%s' does not say '%s'", err.sentence, why);
}

static void list_is_one_charset_or_two(void **state)
{
    (void)state;
    assert_list("gbk", "GBK", NULL);
    assert_list("UTF8", "UTF-8", NULL);
    assert_list("utf-8,gbk", "UTF-8", "GBK");
    assert_list("gbk,utf-8", "GBK", "UTF-8");
    assert_list("GB2312,UTF8", "GBK", "UTF-8");
    assert_list("utf-8,koi8-r", "UTF-8", "KOI8-R");
}

static void auto_is_utf8_and_the_legacy_one(void **state)
{
    (void)state;
    assert_list("auto", "UTF-8", "GBK");
    assert_list("AUTO", "UTF-8", "GBK");
}

static void list_of_other_forms_is_refused(void **state)
{
    (void)state;
    assert_refused("", false, "is no charset");
    assert_refused("klingon", false, "'klingon' is no charset");
    assert_refused("utf-16", false, "ASCII");
    assert_refused("utf-8,klingon", false, "'klingon' is no charset");
    assert_refused("klingon,utf-8", false, "'klingon' is no charset");
    assert_refused(",", false, "'' is no charset");
    assert_refused("utf-8,", false, "'' is no charset");
    assert_refused(",gbk", false, "'' is no charset");
    assert_refused("auto,gbk", false, "'auto' is no charset");
    assert_refused("utf-8,gbk,big5", false, "'utf-8,gbk,big5' is too much");
    assert_refused("utf-8,gbk,", false, "is too much");
    assert_refused("gbk,big5", false, "one of them is utf-8");
    assert_refused("gbk,gb2312", false, "one of them is utf-8");
    assert_refused("utf-8,utf8", false, "one of them is utf-8");
}

static void list_with_a_very_long_name_is_refused(void **state)
{
    char list[200];

    (void)state;
    memset(list, 'a', sizeof list);
    memcpy(list + sizeof list - 5, ",gbk", 5);
    assert_refused(list, false, "");
    memset(list, 'a', sizeof list - 1);
    assert_refused(list, false, "is no charset");
    memcpy(list, "utf-8,", 6);
    assert_refused(list, false, "");
}

/* A list of a peer opens encodings of the standard, and no other charset. */
static void list_of_a_peer_opens_only_labels_of_the_standard(void **state)
{
    struct encoding_list list;

    (void)state;
    assert_refused("koi8-t", true, "'koi8-t' is no charset of the Encoding Standard");
    assert_refused("utf-8,koi8-t", true, "and -e does not name it; did you mean koi8-r?");
    assert_refused("klingon", true, "of the Encoding Standard, and -e does not name it");
    assert_refused("", true, "of the Encoding Standard");
    assert_int_equal(encoding_list_parse(&list, "iso-8859-5", gbk, &charsets, true, NULL), 0);
    assert_string_equal(charset_name(list.first), "ISO-8859-5");
    assert_non_null(charset_find(&charsets, "koi8-t", NULL));
    assert_int_equal(encoding_list_parse(&list, "koi8-t", gbk, &charsets, true, NULL), 0);
}

/* Lists that the command line refuses are refused for peers, too. */
static void known_list_is_as_strict(void **state)
{
    static const char *const lists[] = {"gbk//", "../gbk", "g b k", "gbk//,utf-8", "utf-8, gbk"};

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        assert_refused(lists[i], false, "is no charset");
        assert_refused(lists[i], true, "is no charset");
    }
}

static void list_has_a_name(void **state)
{
    char name[ENCODING_LIST_NAME];

    (void)state;
    encoding_list_name(&(struct encoding_list){gbk, NULL}, name);
    assert_string_equal(name, "GBK");
    encoding_list_name(&(struct encoding_list){utf8, gbk}, name);
    assert_string_equal(name, "UTF-8, GBK");
}

/* ---- evidence ---- */

static const struct encoding_list *utf8_first(void)
{
    static struct encoding_list encodings;

    encodings = (struct encoding_list){utf8, gbk};
    return &encodings;
}

static const struct encoding_list *gbk_first(void)
{
    static struct encoding_list encodings;

    encodings = (struct encoding_list){gbk, utf8};
    return &encodings;
}

/* Decodes a message into `out`. False: it stopped at bad text. */
static bool decode(struct encoding *encoding, struct encoding_message *message, enum codec_bad bad,
                   char out[64])
{
    struct codec_plan plan = {.to = utf8, .text = {.checked = true, .bad = bad}};
    struct err err = {0};
    struct buf text;
    int failed;

    buf_init(&text, 63);
    failed = encoding_decode(encoding, &plan, message, &text, &err);
    assert_int_equal(err.kind, failed ? ERR_TEXT : ERR_NONE);
    memcpy(out, buf_bytes(&text), buf_length(&text));
    out[buf_length(&text)] = '\0';
    buf_fini(&text);
    return !failed;
}

static struct encoding_message message_of(const char *bytes, bool is_all)
{
    return (struct encoding_message){
        .bytes = (const unsigned char *)bytes, .n = strlen(bytes), .is_all = is_all};
}

static struct charset *hear(struct encoding *encoding, const char *bytes)
{
    struct encoding_message message = message_of(bytes, true);
    char text[64];

    decode(encoding, &message, BAD_REPLACE, text);
    return message.charset;
}

#define NI_HAO_GBK "\xC4\xE3\xBA\xC3"       /* 你好 */
#define SHENME_GBK "\xCA\xB2\xC3\xB4"       /* 什么 */
#define YIXIE_GBK "\xD2\xBB\xD0\xA9"        /* 一些 */
#define XITONG_GBK "\xCF\xB5\xCD\xB3"       /* 系统 */
#define WEISHENME_GBK "\xCE\xAA" SHENME_GBK /* 为什么 */

static void one_charset_needs_no_evidence(void **state)
{
    struct encoding_list encodings = {gbk, NULL};
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, &encodings);
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_ptr_equal(hear(&encoding, "你好"), gbk);
    assert_ptr_equal(hear(&encoding, "你好"), gbk);
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_null(encoding_known(&encoding));
    assert_null(encoding_news(&encoding));
}

static void first_charset_counts_without_evidence(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_ptr_equal(encoding_reply(&encoding), utf8);
    assert_ptr_equal(hear(&encoding, "hello"), utf8);
    assert_null(encoding_known(&encoding));
    encoding_init(&encoding, gbk_first());
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_ptr_equal(hear(&encoding, "hello"), gbk);
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_null(encoding_known(&encoding));
}

static void one_certain_line_makes_it_known(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_ptr_equal(hear(&encoding, NI_HAO_GBK), gbk);
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_ptr_equal(encoding_known(&encoding), gbk);
    encoding_init(&encoding, gbk_first());
    assert_ptr_equal(hear(&encoding, "你好"), utf8);
    assert_ptr_equal(encoding_reply(&encoding), utf8);
    assert_ptr_equal(encoding_known(&encoding), utf8);
}

/* The words are also valid UTF-8: letters with accents. */
static void short_words_follow_earlier_messages(void **state)
{
    static const char *const words[] = {SHENME_GBK,    YIXIE_GBK,           XITONG_GBK,
                                        WEISHENME_GBK, "\xD2\xB2" /* 也 */, "\xC8\xA5" /* 去 */};
    struct encoding encoding;

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        encoding_init(&encoding, utf8_first());
        hear(&encoding, NI_HAO_GBK);
        for (int again = 0; again < 10; again++) {
            assert_ptr_equal(hear(&encoding, words[i]), gbk);
            assert_ptr_equal(encoding_reply(&encoding), gbk);
        }
    }
}

static void accented_letters_follow_earlier_messages(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    hear(&encoding, "你好");
    assert_ptr_equal(hear(&encoding, SHENME_GBK), utf8);
    assert_ptr_equal(hear(&encoding, "déjà vu"), utf8);
}

static void peer_may_change_its_charset(void **state)
{
    struct encoding encoding;
    int lines = 0;

    (void)state;
    encoding_init(&encoding, utf8_first());
    for (int i = 0; i < 100; i++)
        hear(&encoding, NI_HAO_GBK);
    while (hear(&encoding, "你好") != utf8)
        lines++;
    assert_true(lines <= 2);
}

static void reply_needs_three_nats(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_ptr_equal(hear(&encoding, "\xC3\xA6"), gbk); /* 16 tenths of nats for 忙 */
    assert_ptr_equal(encoding_reply(&encoding), utf8);
    assert_ptr_equal(hear(&encoding, "\xC3\xA6"), gbk);
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_null(encoding_known(&encoding));
}

static void news_are_told_once(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_null(encoding_news(&encoding));
    hear(&encoding, "hello");
    assert_null(encoding_news(&encoding));
    hear(&encoding, NI_HAO_GBK);
    assert_ptr_equal(encoding_news(&encoding), gbk);
    assert_null(encoding_news(&encoding));
    assert_ptr_equal(encoding_known(&encoding), gbk);
    hear(&encoding, NI_HAO_GBK);
    assert_null(encoding_news(&encoding));
    encoding_init(&encoding, utf8_first());
    hear(&encoding, NI_HAO_GBK);
    assert_ptr_equal(encoding_news(&encoding), gbk);
}

/* ---- messages ---- */

static void assert_decoded(struct encoding *encoding, const char *bytes, bool is_all,
                           const char *expected, struct charset *charset, size_t unfinished)
{
    struct encoding_message message = message_of(bytes, is_all);
    char text[64];

    assert_true(decode(encoding, &message, BAD_REPLACE, text));
    assert_string_equal(text, expected);
    assert_ptr_equal(message.charset, charset);
    assert_int_equal(message.unfinished, unfinished);
    assert_int_equal(message.replaced, strstr(expected, "\uFFFD") != NULL);
}

static void decode_reads_by_all_the_evidence(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "hello", true, "hello", utf8, 0);
    assert_decoded(&encoding, NI_HAO_GBK, true, "你好", gbk, 0);
    assert_decoded(&encoding, SHENME_GBK, true, "什么", gbk, 0);
    assert_decoded(&encoding, "hello", true, "hello", gbk, 0);
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "你好", true, "你好", utf8, 0);
    assert_decoded(&encoding, SHENME_GBK, true, SHENME_GBK, utf8, 0);
    assert_decoded(&encoding, "\xFF", true, "\uFFFD", utf8, 0);
}

/* A line in GBK does not outweigh ten in UTF-8. */
static void decode_falls_back_to_utf8_where_the_evidence_is_for_it(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    for (int i = 0; i < 10; i++)
        hear(&encoding, "你好");
    assert_decoded(&encoding, "a" NI_HAO_GBK, true, "a\uFFFD\uFFFD\uFFFD", utf8, 0);
}

static void decode_leaves_an_unfinished_character_out(void **state)
{
    struct encoding_list only_gbk = {gbk, NULL};
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "你\xE5\xA5", false, "你", utf8, 2);
    assert_decoded(&encoding, "\xE4\xBD", false, "", utf8, 2);
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, NI_HAO_GBK "\xC4", false, "你好", gbk, 1);
    encoding_init(&encoding, &only_gbk);
    assert_decoded(&encoding, NI_HAO_GBK "\x81\x30\x81", false, "你好", gbk, 3);
}

/* An unfinished character is bad text, but not evidence against the charset. */
static void decode_replaces_an_unfinished_character_at_the_end(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "你\xE5\xA5", true, "你\uFFFD", utf8, 2);
    encoding_init(&encoding, gbk_first());
    assert_decoded(&encoding, NI_HAO_GBK "\xC4", true, "你好\uFFFD", gbk, 1);
    assert_ptr_equal(encoding_known(&encoding), gbk);
}

static void decode_stops_at_bad_text(void **state)
{
    struct encoding_message message = message_of("你\xFFz", true);
    struct encoding encoding;
    char text[64];

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_false(decode(&encoding, &message, BAD_STOP, text));
    assert_string_equal(text, "你");
    assert_ptr_equal(message.charset, utf8);
    message = message_of(NI_HAO_GBK, true);
    assert_true(decode(&encoding, &message, BAD_STOP, text));
    assert_string_equal(text, "你好");
}

static void decode_escapes_bad_text(void **state)
{
    struct encoding_message message = message_of("a\xFF", true);
    struct encoding encoding;
    char text[64];

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_true(decode(&encoding, &message, BAD_ESCAPE, text));
    assert_string_equal(text, "a\\xFF");
    assert_true(message.replaced);
}

/* ---- unfinished characters ---- */

static size_t unfinished(const struct encoding_list *encodings, const char *bytes)
{
    struct encoding encoding;

    encoding_init(&encoding, encodings);
    return encoding_unfinished(&encoding, (const unsigned char *)bytes, strlen(bytes));
}

static void unfinished_follows_the_only_charset(void **state)
{
    struct encoding_list only_gbk = {gbk, NULL}, only_utf8 = {utf8, NULL};

    (void)state;
    assert_int_equal(unfinished(&only_gbk, "\xE4\xBD"), 0);
    assert_int_equal(unfinished(&only_gbk, "\xC4"), 1);
    assert_int_equal(unfinished(&only_gbk, "\x81\x30\x81"), 3);
    assert_int_equal(unfinished(&only_utf8, "\xE4\xBD"), 2);
    assert_int_equal(unfinished(&only_utf8, NI_HAO_GBK "\xC4"), 1);
    assert_int_equal(unfinished(&only_utf8, "\xBA"), 0);
}

static void unfinished_follows_utf8_while_possible(void **state)
{
    const struct encoding_list *const both[] = {utf8_first(), gbk_first()};

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(unfinished(both[i], ""), 0);
        assert_int_equal(unfinished(both[i], "hello"), 0);
        assert_int_equal(unfinished(both[i], "你好"), 0);
        assert_int_equal(unfinished(both[i], "你\xE5"), 1);
        assert_int_equal(unfinished(both[i], "你\xE5\xA5"), 2);
        assert_int_equal(unfinished(both[i], "\xE4\xBD"), 2); /* 浣 in GBK */
        assert_int_equal(unfinished(both[i], "\xF0\x9F\x98"), 3);
        assert_int_equal(unfinished(both[i], "\xC4"), 1);
    }
}

static void unfinished_follows_legacy_after_invalid_utf8(void **state)
{
    const struct encoding_list *const both[] = {utf8_first(), gbk_first()};

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(unfinished(both[i], NI_HAO_GBK), 0);
        assert_int_equal(unfinished(both[i], NI_HAO_GBK "\xE4"), 1);
        assert_int_equal(unfinished(both[i], NI_HAO_GBK "\xE4\xBD"), 0);
        assert_int_equal(unfinished(both[i], NI_HAO_GBK "\x81\x30"), 2);
        assert_int_equal(unfinished(both[i], "\xFF"), 0);
    }
}

/* Every hanzi is cut after one byte and after two, alone and behind another hanzi. */
static void unfinished_holds_back_every_cut_hanzi(void **state)
{
    (void)state;
    for (unsigned scalar = 0x4E00; scalar < 0xA000; scalar++) {
        char text[8];
        char bytes[] = {(char)(0xE0 | scalar >> 12), (char)(0x80 | (scalar >> 6 & 0x3F)), '\0'};

        snprintf(text, sizeof text, "你%s", bytes);
        assert_int_equal(unfinished(utf8_first(), bytes), 2);
        assert_int_equal(unfinished(utf8_first(), text), 2);
        bytes[1] = '\0';
        assert_int_equal(unfinished(utf8_first(), bytes), 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_is_one_charset_or_two),
        cmocka_unit_test(auto_is_utf8_and_the_legacy_one),
        cmocka_unit_test(list_of_other_forms_is_refused),
        cmocka_unit_test(list_with_a_very_long_name_is_refused),
        cmocka_unit_test(list_of_a_peer_opens_only_labels_of_the_standard),
        cmocka_unit_test(known_list_is_as_strict),
        cmocka_unit_test(list_has_a_name),
        cmocka_unit_test(one_charset_needs_no_evidence),
        cmocka_unit_test(first_charset_counts_without_evidence),
        cmocka_unit_test(one_certain_line_makes_it_known),
        cmocka_unit_test(short_words_follow_earlier_messages),
        cmocka_unit_test(accented_letters_follow_earlier_messages),
        cmocka_unit_test(peer_may_change_its_charset),
        cmocka_unit_test(reply_needs_three_nats),
        cmocka_unit_test(news_are_told_once),
        cmocka_unit_test(decode_reads_by_all_the_evidence),
        cmocka_unit_test(decode_falls_back_to_utf8_where_the_evidence_is_for_it),
        cmocka_unit_test(decode_leaves_an_unfinished_character_out),
        cmocka_unit_test(decode_replaces_an_unfinished_character_at_the_end),
        cmocka_unit_test(decode_stops_at_bad_text),
        cmocka_unit_test(decode_escapes_bad_text),
        cmocka_unit_test(unfinished_follows_the_only_charset),
        cmocka_unit_test(unfinished_follows_utf8_while_possible),
        cmocka_unit_test(unfinished_follows_legacy_after_invalid_utf8),
        cmocka_unit_test(unfinished_holds_back_every_cut_hanzi),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
