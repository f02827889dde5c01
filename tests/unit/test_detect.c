/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "valid.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text/decoder.h"
#include "text/detect.h"
#include "text/framer.h"
#include "text/utf8.h"
#include "text/wordlike.h"

static struct charsets charsets;
static struct charset *gbk, *big5, *koi8, *sjis;

static int open_charsets(void **state)
{
    (void)state;
    gbk = charset_find(&charsets, "gbk", NULL);
    big5 = charset_find(&charsets, "big5", NULL);
    koi8 = charset_find(&charsets, "koi8-r", NULL);
    sjis = charset_find(&charsets, "shift_jis", NULL);
    return gbk && big5 && koi8 && sjis ? 0 : -1;
}

static int close_charsets(void **state)
{
    (void)state;
    charsets_fini(&charsets);
    return 0;
}

static struct detect_evidence weigh(const struct detect *detect, struct charset *legacy,
                                    const void *bytes, size_t n)
{
    return detect_weigh(detect, legacy, faults_in(legacy, bytes, n), bytes, n);
}

static int evidence_of(struct charset *legacy, const void *bytes, size_t n)
{
    struct detect newcomer;

    detect_init(&newcomer, DETECT_UTF8, false);
    return weigh(&newcomer, legacy, bytes, n).nats;
}

static int evidence(struct charset *legacy, const char *message)
{
    return evidence_of(legacy, message, strlen(message));
}

/* ---- one message ---- */

static void invalid_utf8_is_evidence_for_legacy(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xC4\xE3\xBA\xC3"), 90); /* 你好 */
    assert_int_equal(evidence(gbk, "\x80"), 90);             /* € */
    assert_int_equal(evidence(gbk, "\x81\x30\x81\x30"), 90); /* in four bytes, as GB18030 */
    assert_int_equal(evidence(big5, "\xA7\x41\xA6\x6E"), 90);
    assert_int_equal(evidence(koi8, "\xF0\xD2\xC9"), 90);
    assert_int_equal(evidence(gbk, "hello \xC4\xE3, hello"), 90);
}

static void long_characters_are_evidence_for_utf8(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "你好"), -90);
    assert_int_equal(evidence(gbk, "😀"), -90);
    assert_int_equal(evidence(big5, "a €"), -90);
    assert_int_equal(evidence(koi8, "é—é"), -90);
    assert_int_equal(evidence(gbk, "\xCA\xB2\xC3\xB4 你"), -90);
}

static void ascii_is_no_evidence(void **state)
{
    char all[128];

    (void)state;
    for (int i = 0; i < 128; i++)
        all[i] = (char)i;
    assert_int_equal(evidence_of(gbk, all, sizeof all), 0);
    assert_int_equal(evidence_of(koi8, all, sizeof all), 0);
    assert_int_equal(evidence_of(gbk, "", 0), 0);
}

static void invalid_in_both_is_no_evidence(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xFF"), 0);
    assert_int_equal(evidence(gbk, "\xC4"), 0);
    assert_int_equal(evidence(gbk, "\x80\xFF\xFF"), 0);
    assert_int_equal(evidence(big5, "\xA7\n"), 0);
}

/* A bad byte is one fault in each; the reading with clearly fewer faults wins. */
static void one_bad_byte_hides_no_line(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xC4\xE3\xFF"), 90);                         /* 你 */
    assert_int_equal(evidence(gbk, "\xC4\xE3\xBA\xC3\xFF\xCA\xC0\xBD\xE7"), 90); /* 你好, 世界 */
    assert_int_equal(evidence(gbk, "\xFF\xC4\xE3\xBA\xC3"), 90);
    assert_int_equal(evidence(gbk, "\xC4\xE3\xBA\xC3 \xCA"), 90); /* cut by a blank */
    assert_int_equal(evidence(gbk, "你\xFF"), -90);
    assert_int_equal(evidence(gbk, "你好\xFF世界"), -90);
    assert_int_equal(evidence(gbk, "你好世\xE7\x95"), -90); /* cut by a short buffer */
    assert_int_equal(evidence(koi8, "你好世\xE7\x95"), -90);
    assert_int_equal(evidence(big5, "\xA7\x41\xA6\x6E\xFF"), 90);
}

/* The odds of the words decide where the faults do not. */
static void words_beside_a_bad_byte_are_evidence(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xD0\xBB\xD0\xBB\xFF"), 14); /* 谢谢 */
    assert_int_equal(evidence(gbk, "été\xFF"), -90);
}

/* A hanzi in GBK may hold a character of three bytes by chance. */
static void long_character_by_chance_does_not_outweigh_faults(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xD0\xE6\xB0\xA1"), 90);
    assert_int_equal(evidence(gbk, "\xD0\xE6\xB0\xA1\xC4\xE3\xFF"), 90);
}

/* Two of U+FFFD are 锟斤拷 in GBK. */
static void replacement_characters_are_no_evidence(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\uFFFD\uFFFD"), 0);
    assert_int_equal(evidence(gbk, "你\uFFFD"), -90);
}

static void pairs_are_evidence_for_utf8_beside_other_charsets(void **state)
{
    (void)state;
    assert_int_equal(evidence(big5, "é"), -90);
    assert_int_equal(evidence(koi8, "\xCA\xB2"), -90);
    assert_int_equal(evidence(charset_find(&charsets, "windows-1252", NULL), "café"), -90);
}

/* ---- the table ---- */

static FILE *open_table(void)
{
    FILE *file = fopen(SOURCE_FOLDER "/src/text/detect_table.csv", "r");

    assert_non_null(file);
    return file;
}

static int clipped(int value)
{
    return value > 90 ? 90 : value < -90 ? -90 : value;
}

static int no_word(const char *letter)
{
    return wordlike((const unsigned char *)letter, strlen(letter)) ? 0 : 50;
}

static void table_has_every_pair(void **state)
{
    bool seen[256][256] = {0};
    FILE *table = open_table();
    char row[256];
    int rows = 0;

    (void)state;
    while (fgets(row, sizeof row, table)) {
        unsigned lead, trail;
        int value;
        char text[4];

        if (sscanf(row, "%2X,%2X,", &lead, &trail) != 2)
            continue;
        value = atoi(strrchr(row, ',') + 1);
        snprintf(text, sizeof text, "%c%c", (char)lead, (char)trail);
        assert_int_equal(evidence(gbk, text), clipped(value + no_word(text)));
        seen[lead][trail] = true;
        rows++;
    }
    fclose(table);
    assert_int_equal(rows, 930);
    for (int lead = 0xC2; lead <= 0xDF; lead++)
        for (int trail = 0x80; trail <= 0xBF; trail++) {
            char text[] = {(char)lead, (char)trail, '\0'};

            assert_int_equal(seen[lead][trail], trail >= 0xA1);
            if (!seen[lead][trail])
                assert_int_equal(evidence(gbk, text), -60 + no_word(text));
        }
}

static void table_has_known_values(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xC2\xA1"), -4); /* 隆 or ¡ */
    assert_int_equal(evidence(gbk, "\xC2\xA2"), 31); /* 垄 or ¢ */
    assert_int_equal(evidence(gbk, "é"), -71);
    assert_int_equal(evidence(gbk, "a\xCA\xB2\xC3\xB4"), 90); /* 什么: 67 - 14 + 50 */
    assert_int_equal(evidence(gbk, "\xC3\xB4 x \xC3\xB4"), 2 * -14);
}

static void letters_beside_a_pair_are_evidence_for_utf8(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xC3\xA6"), 16); /* æ */
    assert_int_equal(evidence(gbk, "æg"), 16 - 40);
    assert_int_equal(evidence(gbk, "væ"), 16 - 40);
    assert_int_equal(evidence(gbk, "lære"), 16 - 80);
    assert_int_equal(evidence(gbk, "Zææz"), 16 - 80);
    assert_int_equal(evidence(gbk, " æ 1æ.@æ[`æ{"), 4 * 16);
}

static void evidence_is_clipped_at_the_end(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xD2\xBB\xD0\xA9"), 90); /* 一些: 94 + 50 */
    assert_int_equal(evidence(gbk, "été"), -90);
    /* 94 + 50, no word, - 2 * 71 = 52: clipping before the end would make it -52 */
    assert_int_equal(evidence(gbk, "\xD2\xBB\xD0\xA9 é é"), 52);
}

static void evidence_of_a_long_message_is_bounded(void **state)
{
    enum { PAIRS = 100000 };
    char *message = malloc(2 * PAIRS);

    (void)state;
    for (size_t i = 0; i < PAIRS; i++)
        memcpy(message + 2 * i, i % 2 ? "\xD0\xA9" : "\xD2\xBB", 2);
    assert_int_equal(evidence_of(gbk, message, (size_t)2 * PAIRS), 90);
    for (size_t i = 0; i < PAIRS; i++)
        memcpy(message + 2 * i, i % 2 ? "о" : "н", 2);
    assert_int_equal(evidence_of(gbk, message, (size_t)2 * PAIRS), -90);
    free(message);
}

/* ---- words ---- */

static void repeated_letter_counts_once(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "\xD0\xBB"), -36 + 50);                 /* 谢 or л */
    assert_int_equal(evidence(gbk, "\xD0\xBB\xD0\xBB"), -36 + 50);         /* 谢谢 */
    assert_int_equal(evidence(gbk, "\xD0\xBB\xD0\xBB\xD0\xBB"), -36 + 50); /* 谢谢谢 */
    assert_int_equal(evidence(gbk, "\xD0\xBB\xD0\xBB!"), -36 + 50);
    assert_int_equal(evidence(gbk, "еее"), -48);
}

static void letters_that_are_no_word_are_evidence_for_legacy(void **state)
{
    static const char *const no_words[] = {"д", "ס", "ף", "л", "лл", "β", "Сè", "оƬ", "й©", "éü"};
    static const char *const words[] = {"à", "в", "и", "да", "ή", "και", "שלום", "لا", "«да»", "©"};

    (void)state;
    for (size_t i = 0; i < sizeof no_words / sizeof *no_words; i++)
        assert_false(wordlike((const unsigned char *)no_words[i], strlen(no_words[i])));
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_true(wordlike((const unsigned char *)words[i], strlen(words[i])));
    assert_int_equal(evidence(gbk, "в"), -49);
    assert_int_equal(evidence(gbk, "\xD0\xB4"), -28 + 50); /* 写 or д */
    assert_int_equal(evidence(gbk, "д д"), 2 * (-28 + 50));
}

static void letters_of_two_scripts_are_no_word(void **state)
{
    (void)state;
    assert_int_equal(evidence(gbk, "OK\xD0\xBB\xD0\xBB"), -36 + 50); /* OK谢谢 */
    assert_int_equal(evidence(gbk, "\xD0\xBB\xD0\xBBok"), -36 + 50);
    assert_int_equal(evidence(gbk, "B\xD0\xB4"), -28 + 50); /* B写 */
    assert_int_equal(evidence(gbk, "BдB"),
                     -90); /* -28 - 80: a letter that looks like an ASCII one */
    assert_int_equal(evidence(gbk, "OK да"), evidence(gbk, "да"));
    assert_int_equal(evidence(gbk, "OK, да."), evidence(gbk, "да"));
}

/* ---- a prior ---- */

static enum detect_verdict first_message(struct charset *legacy, bool prior, const char *message)
{
    struct detect detect;

    detect_init(&detect, DETECT_UTF8, prior);
    return detect_message(&detect, weigh(&detect, legacy, message, strlen(message)));
}

static void prior_counts_for_the_first_words(void **state)
{
    static const char mei[] = "\xC3\xB6"; /* 枚 or ö */

    (void)state;
    assert_int_equal(first_message(gbk, false, mei), DETECT_UTF8);
    assert_int_equal(first_message(gbk, true, mei), DETECT_LEGACY);
    assert_int_equal(first_message(gbk, true, "é"), DETECT_UTF8);
    assert_int_equal(first_message(gbk, true, "café"), DETECT_UTF8);
    assert_int_equal(first_message(gbk, true, "да"), DETECT_UTF8);
    assert_int_equal(first_message(gbk, true, "hello"), DETECT_UTF8);
    assert_int_equal(first_message(sjis, false, "\xC8\xBA"), DETECT_UTF8); /* Ⱥ or ﾈｺ */
    assert_int_equal(first_message(sjis, true, "\xC8\xBA"), DETECT_LEGACY);
    assert_int_equal(first_message(sjis, true, "é"), DETECT_UTF8);
    assert_int_equal(first_message(koi8, false, "д"), DETECT_UTF8);
}

static void prior_counts_once(void **state)
{
    struct detect detect;

    (void)state;
    detect_init(&detect, DETECT_UTF8, true);
    detect_message(&detect, weigh(&detect, gbk, "hello", 5));
    assert_true(detect.has_prior);
    detect_message(&detect, weigh(&detect, gbk, "\xC3\xB6", 2));
    assert_int_equal(detect.sum, 66 - 62);
    detect_message(&detect, weigh(&detect, gbk, "\xC3\xB6", 2));
    assert_int_equal(detect.sum, 66 - 2 * 62);
    detect_init(&detect, DETECT_UTF8, true);
    detect_message(&detect, weigh(&detect, gbk, "你好", 6));
    assert_int_equal(detect.sum, -90);
    assert_false(detect.has_prior);
}

/* ---- a peer ---- */

static enum detect_verdict words_of(struct detect *detect, int nats)
{
    struct detect_evidence evidence = {.nats = (short)nats, .kind = EVIDENCE_WORDS};

    return detect_message(detect, evidence);
}

static enum detect_verdict bytes_of(struct detect *detect, int nats)
{
    struct detect_evidence evidence = {.nats = (short)nats, .kind = EVIDENCE_BYTES};

    return detect_message(detect, evidence);
}

static void first_charset_counts_without_evidence(void **state)
{
    struct detect utf8, legacy;

    (void)state;
    detect_init(&utf8, DETECT_UTF8, false);
    detect_init(&legacy, DETECT_LEGACY, false);
    assert_int_equal(utf8.shown, DETECT_UTF8);
    assert_int_equal(legacy.shown, DETECT_LEGACY);
    assert_int_equal(words_of(&utf8, 0), DETECT_UTF8);
    assert_int_equal(words_of(&legacy, 0), DETECT_LEGACY);
    assert_int_equal(words_of(&utf8, 1), DETECT_LEGACY);
    assert_int_equal(words_of(&legacy, -1), DETECT_UTF8);
    assert_int_equal(words_of(&utf8, -1), DETECT_UTF8); /* back at 0 */
    assert_int_equal(words_of(&legacy, 1), DETECT_LEGACY);
}

static void sum_is_clipped(void **state)
{
    struct detect detect;

    (void)state;
    detect_init(&detect, DETECT_UTF8, false);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(words_of(&detect, 90), DETECT_LEGACY);
    assert_int_equal(detect.sum, 200);
    assert_int_equal(words_of(&detect, -90), DETECT_LEGACY);
    assert_int_equal(words_of(&detect, -90), DETECT_LEGACY);
    assert_int_equal(words_of(&detect, -90), DETECT_UTF8);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(words_of(&detect, -90), DETECT_UTF8);
    assert_int_equal(detect.sum, -200);
}

/* The line that brings the evidence is read by it. */
static void certain_evidence_that_contradicts_becomes_the_sum(void **state)
{
    struct detect detect;

    (void)state;
    detect_init(&detect, DETECT_UTF8, false);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(bytes_of(&detect, -90), DETECT_UTF8);
    assert_int_equal(detect.sum, -200);
    assert_int_equal(bytes_of(&detect, 0), DETECT_UTF8);
    assert_int_equal(detect.sum, -200);
    assert_int_equal(bytes_of(&detect, 90), DETECT_LEGACY);
    assert_int_equal(detect.sum, 90);
    assert_int_equal(words_of(&detect, -80), DETECT_LEGACY);
    assert_int_equal(bytes_of(&detect, -90), DETECT_UTF8);
    assert_int_equal(detect.sum, -90);
}

static void shown_is_the_charset_of_the_last_message_beyond_ascii(void **state)
{
    struct detect detect;

    (void)state;
    detect_init(&detect, DETECT_UTF8, false);
    words_of(&detect, 1);
    assert_int_equal(detect.shown, DETECT_LEGACY);
    words_of(&detect, -2);
    assert_int_equal(detect.shown, DETECT_UTF8);
    detect.sum = 50;
    detect_message(&detect, weigh(&detect, gbk, "hello", 5));
    assert_int_equal(detect.shown, DETECT_UTF8);
}

static void known_takes_nine_nats(void **state)
{
    (void)state;
    for (int sum = -DETECT_LIMIT; sum <= DETECT_LIMIT; sum++) {
        struct detect detect = {.sum = (short)sum};

        assert_int_equal(detect_is_known(&detect), abs(sum) >= 90);
    }
}

static void unsure_are_lone_words_with_a_small_sum(void **state)
{
    static const struct {
        const char *message;
        bool is_unsure;
    } cases[] = {
        {"\xD0\xBB\xD0\xBB", true},   /* 谢谢 */
        {"\xC3\xB6", true},           /* 枚 or ö */
        {"é", false},                 /* -71 */
        {"\xD2\xBB\xD0\xA9", false},  /* 一些 */
        {"OK\xD0\xBB\xD0\xBB", true}, /* OK谢谢 */
        {"\xC3\xBBok", true},         /* 没ok */
        {"r\xC3\xB8r", false},        /* rør: ASCII letters touch both ends */
        {"hello", false},
        {"你好", false},
        {"\xC4\xE3\xBA\xC3", false},
        {"\xFF", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct detect detect;
        const char *message = cases[i].message;

        detect_init(&detect, DETECT_UTF8, false);
        detect_message(&detect, weigh(&detect, gbk, message, strlen(message)));
        assert_int_equal(detect.is_unsure, cases[i].is_unsure);
        detect_message(&detect, weigh(&detect, gbk, "hello", 5));
        assert_false(detect.is_unsure);
    }
}

/* ---- short words that are valid in both ---- */

static const char *const short_words[] = {
    "\xCA\xB2\xC3\xB4",         /* 什么 */
    "\xD2\xBB\xD0\xA9",         /* 一些 */
    "\xCF\xB5\xCD\xB3",         /* 系统 */
    "\xCE\xAA\xCA\xB2\xC3\xB4", /* 为什么 */
    "\xD2\xB2",                 /* 也 */
    "\xC8\xA5",                 /* 去 */
};
enum { SHORT_WORDS = sizeof short_words / sizeof *short_words };

static void short_words_alone_are_read_as_gbk(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHORT_WORDS; i++) {
        struct detect detect;

        assert_int_equal(utf8_span((const unsigned char *)short_words[i], strlen(short_words[i])),
                         strlen(short_words[i]));
        detect_init(&detect, DETECT_UTF8, false);
        assert_int_equal(words_of(&detect, evidence(gbk, short_words[i])), DETECT_LEGACY);
        for (size_t k = 0; k < SHORT_WORDS; k++)
            assert_int_equal(words_of(&detect, evidence(gbk, short_words[k])), DETECT_LEGACY);
    }
}

static enum detect_verdict after(const char *before, int times, const char *message)
{
    struct detect detect;

    detect_init(&detect, DETECT_UTF8, false);
    for (int i = 0; i < times; i++)
        detect_message(&detect, weigh(&detect, gbk, before, strlen(before)));
    return detect_message(&detect, weigh(&detect, gbk, message, strlen(message)));
}

/* Three messages in UTF-8, or one in GBK, outweigh a short word. */
static void short_words_follow_earlier_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < SHORT_WORDS; i++) {
        assert_int_equal(after("hello", 5, short_words[i]), DETECT_LEGACY);
        assert_int_equal(after("\xC4\xE3\xBA\xC3", 1, short_words[i]), DETECT_LEGACY);
        assert_int_equal(after("你好", 3, short_words[i]), DETECT_UTF8);
    }
    assert_int_equal(after("\xC4\xE3\xBA\xC3", 1, "é"), DETECT_LEGACY);
    assert_int_equal(after("你好", 1, "\xCA\xB2\xC3\xB4"), DETECT_UTF8);
    assert_int_equal(after("café", 1, "sûr"), DETECT_UTF8);
}

/* ---- silences ---- */

/* The rule of a reader without evidence: bytes that may still be UTF-8 are cut as UTF-8. The rule
 * of GBK would tear U+4F60, whose first two bytes are a character there. */
static size_t unfinished_in_either(void *owner, const unsigned char *bytes, size_t n)
{
    struct charset *utf8 = charset_find(&charsets, "utf-8", NULL);
    size_t unfinished = decoder_unfinished(utf8, bytes, n);

    (void)owner;
    if (utf8_span(bytes, n) + unfinished == n)
        return unfinished;
    return decoder_unfinished(gbk, bytes, n);
}

static int evidence_with_a_silence(const char *text, size_t silence)
{
    struct framer framer;
    struct line line;
    int sum = 0;

    framer_init(&framer, 8192, unfinished_in_either, NULL);
    assert_int_equal(framer_push(&framer, text, silence), 0);
    if (framer_rest(&framer, false, &line) == FRAMER_CUT)
        sum += evidence_of(gbk, line.bytes, line.n);
    assert_int_equal(framer_push(&framer, text + silence, strlen(text) - silence), 0);
    if (framer_rest(&framer, true, &line) == FRAMER_CUT)
        sum += evidence_of(gbk, line.bytes, line.n);
    framer_fini(&framer);
    return sum;
}

/* The first two bytes of a hanzi in UTF-8 are always valid GBK and must not count. */
static void cut_character_is_no_evidence(void **state)
{
    static const char *const texts[] = {"你好,世界", "好", "a你b好c", "😀😀", "你\xC3\xA9好"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        for (size_t cut = 0; cut <= strlen(texts[i]); cut++) {
            int sum = evidence_with_a_silence(texts[i], cut);

            if (sum != -90 && sum != -180)
                fail_msg("%s cut at %zu: %d", texts[i], cut, sum);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(invalid_utf8_is_evidence_for_legacy),
        cmocka_unit_test(long_characters_are_evidence_for_utf8),
        cmocka_unit_test(ascii_is_no_evidence),
        cmocka_unit_test(invalid_in_both_is_no_evidence),
        cmocka_unit_test(one_bad_byte_hides_no_line),
        cmocka_unit_test(words_beside_a_bad_byte_are_evidence),
        cmocka_unit_test(long_character_by_chance_does_not_outweigh_faults),
        cmocka_unit_test(replacement_characters_are_no_evidence),
        cmocka_unit_test(pairs_are_evidence_for_utf8_beside_other_charsets),
        cmocka_unit_test(table_has_every_pair),
        cmocka_unit_test(table_has_known_values),
        cmocka_unit_test(letters_beside_a_pair_are_evidence_for_utf8),
        cmocka_unit_test(evidence_is_clipped_at_the_end),
        cmocka_unit_test(evidence_of_a_long_message_is_bounded),
        cmocka_unit_test(repeated_letter_counts_once),
        cmocka_unit_test(letters_that_are_no_word_are_evidence_for_legacy),
        cmocka_unit_test(letters_of_two_scripts_are_no_word),
        cmocka_unit_test(prior_counts_for_the_first_words),
        cmocka_unit_test(prior_counts_once),
        cmocka_unit_test(first_charset_counts_without_evidence),
        cmocka_unit_test(sum_is_clipped),
        cmocka_unit_test(certain_evidence_that_contradicts_becomes_the_sum),
        cmocka_unit_test(shown_is_the_charset_of_the_last_message_beyond_ascii),
        cmocka_unit_test(known_takes_nine_nats),
        cmocka_unit_test(unsure_are_lone_words_with_a_small_sum),
        cmocka_unit_test(short_words_alone_are_read_as_gbk),
        cmocka_unit_test(short_words_follow_earlier_messages),
        cmocka_unit_test(cut_character_is_no_evidence),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
