/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <string.h>

#include "text/confusable.h"
#include "text/utf8.h"

static bool alike(const char *name, const char *other)
{
    struct skeletons one, two;
    bool is_alike;

    assert_int_equal(confusable_init(&one, name), 0);
    assert_int_equal(confusable_init(&two, other), 0);
    is_alike = confusable_alike(&one, &two);
    assert_int_equal(confusable_alike(&two, &one), is_alike);
    confusable_fini(&one);
    confusable_fini(&two);
    return is_alike;
}

static void assert_alike(const char *name, const char *other)
{
    if (!alike(name, other))
        fail_msg("'%s' passes for '%s'", other, name);
}

static void assert_different(const char *name, const char *other)
{
    if (alike(name, other))
        fail_msg("'%s' and '%s' cannot be told apart", name, other);
}

static void letters_of_other_scripts_are_alike(void **state)
{
    (void)state;
    assert_alike("alex", "аӏех");   /* Cyrillic */
    assert_alike("peer2", "реег2"); /* the same */
    assert_alike("Bravo", "Вгаѵо");
    assert_alike("bravo", "Вгаѵо");
    assert_alike("alex", "ꓮꓡꓰꓫ"); /* Lisu */
    assert_alike("peer", "ⲣⲉⲉⲅ"); /* Coptic */
    assert_alike("you", "γου");   /* Greek */
    assert_alike("you", "ꓬꓳꓴ");
    assert_alike("Ace", "ᎪᏟᎬ");   /* Cherokee */
    assert_alike("hapo", "հарօ"); /* Armenian and Cyrillic */
    assert_alike("cc", "ϲϲ");     /* a sigma, which to case folding is another letter */
    assert_alike("fun", "ſun");   /* a long s, the same */
    assert_alike("make", "ᴍᴀᴋᴇ");
    assert_alike("make", "ｍａｋｅ");
}

static void digits_and_letters_are_alike(void **state)
{
    (void)state;
    assert_alike("peer1", "peerl");
    assert_alike("peer1", "peerI");
    assert_alike("peer0", "peerO");
    assert_alike("peer2", "peerƧ");
    assert_alike("peer1", "peer丨");
    assert_alike("peer10", "peer1ㅇ");
    assert_alike("12", "І2");
    assert_alike("37", "З7");
    assert_alike("37", "з7");
    assert_alike("1", "١");
    for (char one = '0'; one <= '9'; one++)
        for (char two = '0'; two < one; two++)
            assert_different((char[]){one, '\0'}, (char[]){two, '\0'});
}

static void two_letters_and_one_are_alike(void **state)
{
    (void)state;
    assert_alike("mallory", "rnallory");
    assert_alike("Mallory", "RNALLORY");
    assert_alike("cæsar", "caesar");
}

static void overlooked_signs_do_not_count(void **state)
{
    static const char *const like_alice[] = {
        "alice_",      "alice.",      "alice-",      "alice'",      "alice@",           "alice+",
        "al.ice",      "a_l_i_c_e",   "alice__",     "ALICE_",      "a1ice_",           "аӏісе_",
        "alice\u0331", "al\u0303ice", "ali\u0331ce", "alice\u20E3", "al\u0131\u0307ce",
    };

    (void)state;
    for (size_t i = 0; i < sizeof like_alice / sizeof *like_alice; i++)
        assert_alike("alice", like_alice[i]);
    assert_alike("mary-ann", "mary_ann");
    assert_alike("محمد", "محـمد");
    assert_alike("محمد", "مُحَمَّد");
    assert_alike("דוד", "דָּוִד");
}

/* A letter with an accent is another letter. */
static void letters_with_accents_differ(void **state)
{
    static const char *const names[] = {"José",  "Jose", "Łukasz", "Lukasz", "Bjørn",
                                        "Bjorn", "أحمد", "احمد",   "がき",   "かき"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; j < i; j++)
            assert_different(names[i], names[j]);
    assert_alike("José", "Jose\u0301");
}

static void kana_and_han_are_alike(void **state)
{
    static const char *const pairs[][2] = {
        {"ロロ", "口口"}, {"エ", "工"}, {"ニ", "二"}, {"ハ", "八"}, {"カ", "力"}, {"タ", "夕"},
        {"ト", "卜"},     {"ヘ", "へ"}, {"ー", "一"}, {"ﾛ", "口"},  {"ㅁ", "口"}};

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_alike(pairs[i][0], pairs[i][1]);
}

/* Names that differ in case are one name. */
static void case_does_not_count(void **state)
{
    (void)state;
    assert_alike("вова", "BOBA");
    assert_alike("BOBA", "Вова");
    assert_alike("THIS", "this");
    assert_alike("Ian", "lan");
    assert_alike("IAN", "ian");
    assert_alike("НАТАША", "наташа");
}

static void different_names_differ(void **state)
{
    static const char *const names[] = {
        "bob",  "rob",  "nick",     "vick",    "you",    "yon",      "alice", "eve",
        "Анна", "Нина", "Боб",      "Γιώργος", "Ελένη",  "Δημήτρης", "张三",  "李四",
        "王",   "玉",   "エリカ",   "さくら",  "サクラ", "桜",       "이",    "오",
        "김",   "שרה",  "محمد",     "علي",     "สมชาย",  "राम",      "é",     "e",
        "o",    "ö",    "peerless", "Оля",     "Коля",   "Юля",
    };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; j < i; j++)
            assert_different(names[i], names[j]);
}

/* Two members must not share a key. */
static void equal_keys_are_alike(void **state)
{
    char name[2 * UTF8_MAX + 1], key[NAME_KEY];

    (void)state;
    for (uint32_t scalar = 0x30; scalar < 0x20000; scalar += scalar < 0x3400 ? 1 : 7) {
        size_t n = utf8_put(scalar, (unsigned char *)name);

        strcpy(name + n, "a");
        if (name_check(name, NULL) < 0)
            continue;
        name_key(name, key);
        assert_alike(name, key);
    }
}

/* The text is invalid UTF-8, or very long. */
static void any_text_has_a_skeleton(void **state)
{
    char text[512] = "";
    struct skeletons skeletons;

    (void)state;
    assert_different("", "a");
    assert_alike("\xFF\xFE", "\xFF\xFE");
    assert_alike("\xD0", "\xD0");
    assert_int_equal(confusable_init(&skeletons, "\xFFа"), 0);
    assert_string_equal(skeletons.first, "\xFF"
                                         "a");
    confusable_fini(&skeletons);
    for (int i = 0; i < 120; i++)
        strcat(text, "\uFDFA"); /* eighteen letters */
    assert_alike(text, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(letters_of_other_scripts_are_alike),
        cmocka_unit_test(digits_and_letters_are_alike),
        cmocka_unit_test(two_letters_and_one_are_alike),
        cmocka_unit_test(kana_and_han_are_alike),
        cmocka_unit_test(overlooked_signs_do_not_count),
        cmocka_unit_test(letters_with_accents_differ),
        cmocka_unit_test(case_does_not_count),
        cmocka_unit_test(different_names_differ),
        cmocka_unit_test(equal_keys_are_alike),
        cmocka_unit_test(any_text_has_a_skeleton),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
