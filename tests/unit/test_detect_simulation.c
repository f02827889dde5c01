/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Common words and phrases as first messages, and simulated peers of 20 lines of common words each,
 * from the lists in tests/text: how many are misread? */
#include "check.h"
#include "valid.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "text/codec.h"
#include "text/detect.h"

enum {
    WORDS_MAX = 8192,
    WORD_MAX = 128,
    WORDS_OF_A_LINE = 4, /* at most */
    LINES = 20,          /* per peer */
    PEERS = 10000,
    COMMON = 3000, /* words as first messages */
};

/* Words and the cumulative sums of their counts. */
struct words {
    size_t count;
    char text[WORDS_MAX][WORD_MAX];
    uint32_t sums[WORDS_MAX];
};

static struct words words;
static struct charsets charsets;
static struct charset *utf8, *gbk;

static void add_word(const char *text, unsigned count)
{
    assert_true(words.count < WORDS_MAX && strlen(text) < WORD_MAX);
    strcpy(words.text[words.count], text);
    words.sums[words.count] = (words.count ? words.sums[words.count - 1] : 0) + count;
    words.count++;
}

static FILE *open_words(const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof path, SOURCE_FOLDER "/tests/text/%s", name);
    file = fopen(path, "r");
    assert_non_null(file);
    words.count = 0;
    return file;
}

/* Lines of "WORD COUNT". */
static void read_counted_words(const char *name)
{
    FILE *file = open_words(name);
    char row[1024], word[WORD_MAX];
    unsigned count;

    while (fgets(row, sizeof row, file))
        if (*row != '#' && sscanf(row, "%127s %u", word, &count) == 2)
            add_word(word, count);
    fclose(file);
    assert_true(words.count >= 1000);
}

/* Lines that are one word or phrase each, which a count may follow: the first `most` of them. */
static void read_messages(const char *name, size_t most)
{
    FILE *file = open_words(name);
    char row[1024];

    while (words.count < most && fgets(row, sizeof row, file)) {
        row[strcspn(row, "\n0123456789")] = '\0';
        if (*row && row[strlen(row) - 1] == ' ')
            row[strlen(row) - 1] = '\0';
        if (*row != '#')
            add_word(row, 1);
    }
    fclose(file);
}

static const char *any_word(struct dice *dice)
{
    uint32_t at = dice_roll(dice, words.sums[words.count - 1]);
    size_t low = 0, high = words.count - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (words.sums[middle] > at)
            high = middle;
        else
            low = middle + 1;
    }
    return words.text[low];
}

/* One to four words, joined by the rule of the language. */
static void any_line(struct dice *dice, const char *between, char line[])
{
    uint32_t n = 1 + dice_roll(dice, WORDS_OF_A_LINE);

    *line = '\0';
    while (n--) {
        strcat(line, any_word(dice));
        if (n)
            strcat(line, between);
    }
}

/* ---- European words: lines of words, each language behind a line "# NAME" ---- */

/* Reads one language's words and its name; false behind the last. Each word is as frequent as any
 * other: harder than life, where most words are ASCII. */
static bool next_language(FILE *file, char name[WORD_MAX])
{
    char row[1 << 14];
    int next;

    words.count = 0;
    do {
        if (!fgets(row, sizeof row, file))
            return false;
        snprintf(name, WORD_MAX, "%.*s", (int)strcspn(row + 2, "\n"), row + 2);
        next = ungetc(getc(file), file);
    } while (next == '#'); /* a heading of the whole file */
    while (next != '#' && next != EOF && fgets(row, sizeof row, file)) {
        for (char *word = strtok(row, " \n"); word; word = strtok(NULL, " \n"))
            add_word(word, 1);
        next = ungetc(getc(file), file);
    }
    return words.count > 0;
}

static struct detect_evidence weigh_in(const struct detect *detect, struct charset *written,
                                       const char *line)
{
    struct codec_plan plan = {utf8, written, .text.bad = BAD_STOP};
    struct buf bytes;
    struct detect_evidence evidence;

    buf_init(&bytes, 4096);
    assert_int_equal(codec_convert(&plan, line, strlen(line), &bytes, NULL), 0);
    evidence = detect_weigh(detect, gbk, faults_in(gbk, buf_bytes(&bytes), buf_length(&bytes)),
                            buf_bytes(&bytes), buf_length(&bytes));
    buf_fini(&bytes);
    return evidence;
}

/* ---- first messages ---- */

/* The words that are misread as first messages in GBK. */
static int count_misread(const char *name, bool prior)
{
    int misread = 0;

    print_message("%s, %s a prior:", name, prior ? "with" : "without");
    for (size_t i = 0; i < words.count; i++) {
        struct detect detect;

        detect_init(&detect, DETECT_UTF8, prior);
        if (detect_message(&detect, weigh_in(&detect, gbk, words.text[i])) == DETECT_LEGACY)
            continue;
        print_message(" %s (%d)", words.text[i], detect.sum);
        misread++;
    }
    print_message(" %d of %zu misread\n", misread, words.count);
    return misread;
}

/* Chat phrases come on top of each list. */
static void common_words_and_phrases_in_gbk_are_read(void **state)
{
    static const char *const lists[] = {"words.zh", "words.zh.spoken"};
    int without, with;

    (void)state;
    read_messages("phrases.zh", WORDS_MAX);
    assert_true(words.count >= 100);
    without = count_misread("phrases.zh", false);
    with = count_misread("phrases.zh", true);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        read_messages(lists[i], COMMON);
        assert_int_equal(words.count, COMMON);
        assert_true(without + count_misread(lists[i], false) <= 15);
        assert_true(with + count_misread(lists[i], true) <= 1);
    }
}

/* ---- first messages of hanzi beside ASCII ---- */

static const char *const latin[] = {"OK",  "ok",  "QQ", "Tom", "A",  "B",  "ID",    "hi",
                                    "vip", "app", "3Q", "88",  "T2", "4S", "wifi ", "bug,"};

struct beside_ascii {
    size_t all, misread, unnoticed; /* unnoticed: misread, and in no doubt */
};

static void read_beside_ascii(const char *line, bool prior, struct beside_ascii *count)
{
    struct detect detect;

    detect_init(&detect, DETECT_UTF8, prior);
    count->all++;
    if (detect_message(&detect, weigh_in(&detect, gbk, line)) == DETECT_LEGACY)
        return;
    count->misread++;
    count->unnoticed += !detect.is_unsure;
}

/* Each word behind a Latin one, and in front of it. */
static struct beside_ascii count_beside_ascii(const char *name, bool prior)
{
    struct beside_ascii count = {0};

    for (size_t i = 0; i < words.count; i++)
        for (size_t j = 0; j < sizeof latin / sizeof *latin; j++) {
            char line[2 * WORD_MAX];

            snprintf(line, sizeof line, "%s%s", latin[j], words.text[i]);
            read_beside_ascii(line, prior, &count);
            snprintf(line, sizeof line, "%s%s", words.text[i], latin[j]);
            read_beside_ascii(line, prior, &count);
        }
    print_message("%s beside ASCII, %s a prior: %zu of %zu misread, %zu without a doubt\n", name,
                  prior ? "with" : "without", count.misread, count.all, count.unnoticed);
    return count;
}

static void common_words_beside_ascii_in_gbk_are_read(void **state)
{
    static const char *const lists[] = {"phrases.zh", "words.zh", "words.zh.spoken"};

    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        struct beside_ascii without, with;

        read_messages(lists[i], COMMON);
        without = count_beside_ascii(lists[i], false);
        with = count_beside_ascii(lists[i], true);
        assert_true(without.misread <= without.all * 12 / 1000);
        assert_true(without.unnoticed <= without.all / 2000);
        assert_true(with.misread <= with.all / 1000);
    }
}

/* ---- peers ---- */

struct misread {
    unsigned lines, first_lines;
};

/* Every third line has an ASCII word at its start or end, as in "T恤" and "去ok". */
static void mix_in_ascii(struct dice *dice, char line[])
{
    static const char *const some[] = {"ok", "T", "QQ", "app", "vip", "bug", "A", "hi"};
    const char *one = some[dice_roll(dice, sizeof some / sizeof *some)];

    if (dice_roll(dice, 3))
        return;
    if (dice_roll(dice, 2)) {
        strcat(line, one);
    } else {
        memmove(line + strlen(one), line, strlen(line) + 1);
        memcpy(line, one, strlen(one));
    }
}

static struct misread simulate(struct charset *written, const char *between, bool mixed,
                               uint64_t seed)
{
    enum detect_verdict right = written == gbk ? DETECT_LEGACY : DETECT_UTF8;
    struct dice dice = {seed};
    struct misread misread = {0};

    for (int peer = 0; peer < PEERS; peer++) {
        struct detect detect;

        detect_init(&detect, DETECT_UTF8, false);
        for (int i = 0; i < LINES; i++) {
            char line[(WORDS_OF_A_LINE + 1) * WORD_MAX];
            bool wrong;

            any_line(&dice, between, line);
            if (mixed)
                mix_in_ascii(&dice, line);
            wrong = detect_message(&detect, weigh_in(&detect, written, line)) != right;
            misread.lines += wrong;
            misread.first_lines += wrong && i == 0;
        }
    }
    return misread;
}

static void say(const char *who, struct misread misread)
{
    print_message("%s: %.4f %% of lines misread, %.4f %% of first lines\n", who,
                  100.0 * misread.lines / ((double)PEERS * LINES),
                  100.0 * misread.first_lines / (double)PEERS);
}

static void gbk_peers_are_read_as_gbk(void **state)
{
    struct misread misread;

    (void)state;
    read_counted_words("words.zh");
    misread = simulate(gbk, "", false, 20);
    say("Chinese in GBK", misread);
    assert_true(misread.lines <= PEERS * LINES * 2 / 10000); /* 0.02 % */
}

static void gbk_peers_with_ascii_are_read_as_gbk(void **state)
{
    struct misread misread;

    (void)state;
    read_counted_words("words.zh");
    misread = simulate(gbk, "", true, 19);
    say("Chinese in GBK with ASCII words", misread);
    assert_true(misread.lines <= PEERS * LINES * 2 / 10000);
}

static void utf8_peers_are_read_as_utf8(void **state)
{
    struct misread misread;

    (void)state;
    read_counted_words("words.zh");
    misread = simulate(utf8, "", false, 21);
    say("Chinese in UTF-8", misread);
    assert_int_equal(misread.lines, 0);
}

/* Two to four words; or one to three with a Latin one in front of them or behind them. */
static void any_first_line(struct dice *dice, bool mixed, char line[])
{
    uint32_t n = (mixed ? 1 : 2) + dice_roll(dice, 3);
    const char *other = latin[dice_roll(dice, sizeof latin / sizeof *latin)];
    bool is_first = dice_roll(dice, 2);

    *line = '\0';
    if (mixed && is_first)
        strcat(strcat(line, other), dice_roll(dice, 2) ? ", " : " ");
    while (n--) {
        strcat(line, any_word(dice));
        strcat(line, n ? " " : "");
    }
    if (mixed && !is_first)
        strcat(strcat(line, dice_roll(dice, 2) ? ", " : " "), other);
}

/* The percentage of them that is misread. */
static double first_lines_misread(bool mixed, bool prior)
{
    enum { FIRST_LINES = 20000 };
    struct dice dice = {60};
    unsigned misread = 0;

    for (int i = 0; i < FIRST_LINES; i++) {
        struct detect detect;
        char line[5 * WORD_MAX];

        any_first_line(&dice, mixed, line);
        detect_init(&detect, DETECT_UTF8, prior);
        misread += detect_message(&detect, weigh_in(&detect, utf8, line)) != DETECT_UTF8;
    }
    return 100.0 * misread / FIRST_LINES;
}

static void read_alphabets(bool mixed)
{
    FILE *file = open_words("words.alphabets");
    char name[WORD_MAX];
    int languages = 0;

    while (next_language(file, name)) {
        double without = first_lines_misread(mixed, false), with = first_lines_misread(mixed, true);

        print_message("%s%s: %.3f %% of first lines misread, %.3f %% with a prior\n", name,
                      mixed ? " and ASCII" : "", without, with);
        assert_true(without <= 0.3 && with <= (mixed ? 1 : 0.3));
        languages++;
    }
    fclose(file);
    assert_int_equal(languages, 6);
}

static void first_lines_in_two_byte_alphabets_are_read_as_utf8(void **state)
{
    (void)state;
    read_alphabets(false);
}

static void first_lines_of_two_alphabets_are_read_as_utf8(void **state)
{
    (void)state;
    read_alphabets(true);
}

static void european_peers_are_read_as_utf8(void **state)
{
    FILE *file = open_words("words.european");
    char name[WORD_MAX];
    double first_lines = 0;
    int languages = 0;

    (void)state;
    while (next_language(file, name)) {
        struct misread misread = simulate(utf8, " ", false, 22 + (uint64_t)languages);

        say(name, misread);
        assert_true(misread.first_lines <=
                    PEERS * 2 / 100); /* Slovak's l with caron is the worst */
        first_lines += misread.first_lines / (double)PEERS;
        languages++;
    }
    fclose(file);
    print_message("all %d: %.4f %% of first lines misread\n", languages,
                  100 * first_lines / languages);
    assert_true(languages >= 15);
    assert_true(first_lines / languages <= 0.003);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(common_words_and_phrases_in_gbk_are_read),
        cmocka_unit_test(common_words_beside_ascii_in_gbk_are_read),
        cmocka_unit_test(gbk_peers_are_read_as_gbk),
        cmocka_unit_test(gbk_peers_with_ascii_are_read_as_gbk),
        cmocka_unit_test(utf8_peers_are_read_as_utf8),
        cmocka_unit_test(european_peers_are_read_as_utf8),
        cmocka_unit_test(first_lines_in_two_byte_alphabets_are_read_as_utf8),
        cmocka_unit_test(first_lines_of_two_alphabets_are_read_as_utf8),
    };

    return cmocka_run_group_tests(tests, open_charsets, close_charsets);
}
