/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text/encoding.h"

static struct charsets charsets;
static struct charset *utf8, *gbk, *latin;
static struct encoding_legacy usual;

static int open_charsets(void **state)
{
    (void)state;
    utf8 = charset_find(&charsets, "utf-8", NULL);
    gbk = charset_find(&charsets, "gbk", NULL);
    latin = charset_find(&charsets, "windows-1252", NULL);
    usual = (struct encoding_legacy){.charset = gbk};
    return utf8 && gbk && latin ? 0 : -1;
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

    if (encoding_list_parse(&encodings, list, &usual, &charsets, false, &err) < 0)
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

    if (encoding_list_parse(&encodings, list, &usual, &charsets, known, &err) == 0)
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

static bool has_prior(const char *list, const char *charset, bool prior)
{
    struct encoding_legacy here = {charset_find(&charsets, charset, NULL), prior};
    struct encoding_list encodings;

    assert_int_equal(encoding_list_parse(&encodings, list, &here, &charsets, false, NULL), 0);
    return encodings.has_prior;
}

/* The language of the locale is written in the charset beside UTF-8. */
static void list_has_the_prior_of_the_locale(void **state)
{
    (void)state;
    assert_true(has_prior("auto", "gbk", true));
    assert_true(has_prior("utf-8,gbk", "gbk", true));
    assert_true(has_prior("gb2312,utf-8", "gbk", true));
    assert_true(has_prior("utf-8,gb18030", "gbk", true));
    assert_true(has_prior("utf-8,shift_jis", "shift_jis", true));
    assert_false(has_prior("auto", "gbk", false));
    assert_false(has_prior("gbk", "gbk", true));
    assert_false(has_prior("utf-8", "gbk", true));
    assert_false(has_prior("utf-8,big5", "gbk", true));
    assert_false(has_prior("utf-8,gbk", "shift_jis", true));
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
    assert_refused("auto,gbk", false, "auto stands alone");
    assert_refused("gbk,raw", false, "raw stands alone");
    assert_refused("aut", false, "did you mean auto?");
    assert_refused("rwa", false, "did you mean raw?");
    assert_refused("rwa", true, "is no charset of the Encoding Standard");
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
    assert_int_equal(encoding_list_parse(&list, "iso-8859-5", &usual, &charsets, true, NULL), 0);
    assert_string_equal(charset_name(list.first), "ISO-8859-5");
    assert_non_null(charset_find(&charsets, "koi8-t", NULL));
    assert_int_equal(encoding_list_parse(&list, "koi8-t", &usual, &charsets, true, NULL), 0);
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
    encoding_list_name(&(struct encoding_list){gbk, NULL, false, false}, name);
    assert_string_equal(name, "GBK");
    encoding_list_name(&(struct encoding_list){utf8, gbk, false, false}, name);
    assert_string_equal(name, "UTF-8, GBK");
}

/* ---- evidence ---- */

static const struct encoding_list *utf8_first(void)
{
    static struct encoding_list encodings;

    encodings = (struct encoding_list){utf8, gbk, false, false};
    return &encodings;
}

static const struct encoding_list *gbk_first(void)
{
    static struct encoding_list encodings;

    encodings = (struct encoding_list){gbk, utf8, false, false};
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

static struct encoding_message message_of(const char *bytes, bool is_whole)
{
    return (struct encoding_message){
        .bytes = (const unsigned char *)bytes, .n = strlen(bytes), .is_whole = is_whole};
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
    struct encoding_list encodings = {gbk, NULL, false, false};
    struct encoding encoding;
    bool is_change;

    (void)state;
    encoding_init(&encoding, &encodings);
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_ptr_equal(hear(&encoding, "你好"), gbk);
    assert_ptr_equal(hear(&encoding, "你好"), gbk);
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_null(encoding_known(&encoding));
    assert_null(encoding_news(&encoding, &is_change));
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

/* The line that brings the evidence is read by it. */
static void peer_may_change_its_charset(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    for (int i = 0; i < 100; i++)
        hear(&encoding, "你好");
    assert_ptr_equal(hear(&encoding, NI_HAO_GBK), gbk);
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_ptr_equal(hear(&encoding, SHENME_GBK), gbk);
    for (int i = 0; i < 100; i++)
        hear(&encoding, NI_HAO_GBK);
    assert_ptr_equal(hear(&encoding, "你好"), utf8);
    assert_ptr_equal(encoding_reply(&encoding), utf8);
}

static void reply_follows_the_last_message_beyond_ascii(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_ptr_equal(hear(&encoding, "\xC3\xA6"), gbk); /* 16 tenths of nats for 忙 */
    assert_ptr_equal(encoding_reply(&encoding), gbk);
    assert_ptr_equal(hear(&encoding, "hello"), gbk);
    assert_ptr_equal(hear(&encoding, "é"), utf8);
    assert_ptr_equal(encoding_reply(&encoding), utf8);
    assert_null(encoding_known(&encoding));
}

static void news_are_told_once(void **state)
{
    struct encoding encoding;
    bool is_change;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_null(encoding_news(&encoding, &is_change));
    hear(&encoding, "hello");
    assert_null(encoding_news(&encoding, &is_change));
    hear(&encoding, NI_HAO_GBK);
    assert_ptr_equal(encoding_news(&encoding, &is_change), gbk);
    assert_false(is_change);
    assert_null(encoding_news(&encoding, &is_change));
    assert_ptr_equal(encoding_known(&encoding), gbk);
    hear(&encoding, NI_HAO_GBK);
    assert_null(encoding_news(&encoding, &is_change));
    encoding_init(&encoding, utf8_first());
    hear(&encoding, NI_HAO_GBK);
    assert_ptr_equal(encoding_news(&encoding, &is_change), gbk);
}

/* A peer that goes to and fro does not fill the screen. */
static void news_tell_a_few_changes(void **state)
{
    struct encoding encoding;
    bool is_change;
    int told = 0;

    (void)state;
    encoding_init(&encoding, utf8_first());
    hear(&encoding, "你好");
    assert_ptr_equal(encoding_news(&encoding, &is_change), utf8);
    for (int i = 0; i < 100; i++) {
        struct charset *now = hear(&encoding, i % 2 ? "你好" : NI_HAO_GBK);
        struct charset *news = encoding_news(&encoding, &is_change);

        assert_true(!news || (news == now && is_change));
        told += news != NULL;
    }
    assert_int_equal(told, ENCODING_CHANGES);
}

static void doubt_is_told_once(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_null(encoding_doubt(&encoding));
    assert_ptr_equal(hear(&encoding, "\xC3\xB6"), utf8); /* 枚 or ö */
    assert_ptr_equal(encoding_doubt(&encoding), gbk);
    assert_null(encoding_doubt(&encoding));
    encoding_init(&encoding, utf8_first());
    assert_ptr_equal(hear(&encoding, "\xD0\xBB\xD0\xBB"), gbk); /* 谢谢 or лл */
    assert_ptr_equal(encoding_doubt(&encoding), utf8);
    encoding_init(&encoding, utf8_first());
    hear(&encoding, NI_HAO_GBK);
    hear(&encoding, "\xD0\xBB\xD0\xBB");
    assert_null(encoding_doubt(&encoding));
}

/* ---- messages ---- */

static void assert_decoded(struct encoding *encoding, const char *bytes, bool is_whole,
                           const char *expected, struct charset *charset)
{
    struct encoding_message message = message_of(bytes, is_whole);
    char text[64];

    assert_true(decode(encoding, &message, BAD_REPLACE, text));
    assert_string_equal(text, expected);
    assert_ptr_equal(message.charset, charset);
    assert_int_equal(message.replaced, strstr(expected, "\uFFFD") != NULL);
}

static void decode_reads_by_all_the_evidence(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "hello", true, "hello", utf8);
    assert_decoded(&encoding, NI_HAO_GBK, true, "你好", gbk);
    assert_decoded(&encoding, SHENME_GBK, true, "什么", gbk);
    assert_decoded(&encoding, "hello", true, "hello", gbk);
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "你好", true, "你好", utf8);
    assert_decoded(&encoding, SHENME_GBK, true, SHENME_GBK, utf8);
    assert_decoded(&encoding, "\xFF", true, "\uFFFD", utf8);
}

static void one_bad_byte_hides_no_line(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, NI_HAO_GBK "\xFF\xCA\xC0\xBD\xE7", true, "你好\uFFFD世界", gbk);
    encoding_init(&encoding, gbk_first());
    assert_decoded(&encoding, "你好\xFF世界", true, "你好\uFFFD世界", utf8);
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "\xD0\xBB\xD0\xBB\xFF", true, "谢谢\uFFFD", gbk);
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "你好世\xE7\x95", true, "你好世\uFFFD", utf8);
}

/* A line end finishes what would be an unfinished character of UTF-8. */
static void decode_reads_the_end_of_a_line_as_finished(void **state)
{
    static const char *const lines[] = {"caf\xE9", "voil\xE0", "\xE9", "\xE9\xA0"};
    static const char *const texts[] = {"café", "voilà", "é", "é\u00A0"};
    struct encoding_list list = {utf8, latin, false, false};

    (void)state;
    for (int is_whole = 0; is_whole < 2; is_whole++)
        for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
            struct encoding encoding;

            encoding_init(&encoding, &list);
            assert_decoded(&encoding, lines[i], is_whole, texts[i], latin);
            encoding_init(&encoding, &list);
            hear(&encoding, "voilà");
            assert_decoded(&encoding, lines[i], is_whole, texts[i], latin);
        }
}

static void decode_reads_a_hanzi_at_the_end_of_a_line_as_finished(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "\xE4\xBD", true, "浣", gbk);
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "\xE4\xBD", false, "\uFFFD", utf8); /* cut by the peer's end */
}

/* An unfinished character is bad text, but not evidence against the charset. */
static void decode_replaces_an_unfinished_character_at_the_end(void **state)
{
    struct encoding encoding;

    (void)state;
    encoding_init(&encoding, utf8_first());
    assert_decoded(&encoding, "你\xE5\xA5", false, "你\uFFFD", utf8);
    assert_decoded(&encoding, "你\xE5\xA5", true, "你\uFFFD", utf8);
    encoding_init(&encoding, gbk_first());
    assert_decoded(&encoding, NI_HAO_GBK "\xC4", false, "你好\uFFFD", gbk);
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
    struct encoding_list only_gbk = {gbk, NULL, false, false},
                         only_utf8 = {utf8, NULL, false, false};

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

static bool may_be_finished(const struct encoding_list *encodings, const char *bytes)
{
    struct encoding encoding;

    encoding_init(&encoding, encodings);
    return encoding_may_be_finished(&encoding, (const unsigned char *)bytes, strlen(bytes));
}

static void letters_behind_ascii_may_be_finished(void **state)
{
    const struct encoding_list both = {utf8, latin, false, false},
                               one = {latin, NULL, false, false};

    (void)state;
    assert_true(may_be_finished(&both, "caf\xE9"));
    assert_true(may_be_finished(&both, "\xE9"));
    assert_true(may_be_finished(&both, "\xE9\xA0"));
    assert_false(may_be_finished(&both, ""));
    assert_false(may_be_finished(&both, "cafe"));
    assert_false(may_be_finished(&both, "café"));
    assert_false(may_be_finished(&both, "é\xE9")); /* what is in front speaks for UTF-8 */
    assert_false(may_be_finished(&both, "\xFF"));  /* never UTF-8 */
    assert_false(may_be_finished(&one, "\xE9"));
    assert_false(may_be_finished(utf8_first(), "caf\xE9")); /* unfinished in GBK, too */
    assert_false(may_be_finished(utf8_first(), "\xE4\xBD"));
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
        cmocka_unit_test(list_has_the_prior_of_the_locale),
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
        cmocka_unit_test(reply_follows_the_last_message_beyond_ascii),
        cmocka_unit_test(news_are_told_once),
        cmocka_unit_test(news_tell_a_few_changes),
        cmocka_unit_test(doubt_is_told_once),
        cmocka_unit_test(decode_reads_by_all_the_evidence),
        cmocka_unit_test(one_bad_byte_hides_no_line),
        cmocka_unit_test(decode_reads_the_end_of_a_line_as_finished),
        cmocka_unit_test(decode_reads_a_hanzi_at_the_end_of_a_line_as_finished),
        cmocka_unit_test(decode_replaces_an_unfinished_character_at_the_end),
        cmocka_unit_test(decode_stops_at_bad_text),
        cmocka_unit_test(decode_escapes_bad_text),
        cmocka_unit_test(unfinished_follows_the_only_charset),
        cmocka_unit_test(unfinished_follows_utf8_while_possible),
        cmocka_unit_test(unfinished_follows_legacy_after_invalid_utf8),
        cmocka_unit_test(letters_behind_ascii_may_be_finished),
        cmocka_unit_test(unfinished_holds_back_every_cut_hanzi),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
