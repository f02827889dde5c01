/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/typing.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "text/utf8.h"

/* ---- ASCII ---- */

/* Input methods for Chinese and Japanese write full-width forms, U+FF01 to U+FF5E, and word
 * processors make one dash of two hyphens. */
static uint32_t to_ascii(uint32_t scalar)
{
    if (scalar >= 0xFF01 && scalar <= 0xFF5E)
        return scalar - 0xFF01 + '!';
    if ((scalar >= 0x2010 && scalar <= 0x2015) || scalar == 0x2212)
        return '-';
    if ((scalar >= 0x2000 && scalar <= 0x200A) || scalar == 0x00A0 || scalar == 0x202F)
        return ' ';
    switch (scalar) {
    case 0x3000: return ' ';
    case 0x3001: return ',';
    case 0x3002: return '.';
    default: return scalar;
    }
}

bool typing_to_ascii(const char *word, char ascii[TYPING_WORD])
{
    const unsigned char *bytes = (const unsigned char *)word;
    size_t left = strlen(word), length = 0;
    bool changes = false;
    struct utf8_char next;

    while (utf8_take(&bytes, &left, &next)) {
        uint32_t scalar = next.status == UTF8_GOOD ? to_ascii(next.scalar) : 0;

        if (!scalar || scalar > 0x7E || length + 1 == TYPING_WORD)
            return false;
        changes |= scalar != next.scalar;
        ascii[length++] = (char)scalar;
    }
    ascii[length] = '\0';
    return changes;
}

/* The first of the two signs that stand before a value. */
static size_t name_length(const char *word)
{
    const char *wide = strstr(word, "\xEF\xBC\x9D"); /* U+FF1D */
    size_t length = strcspn(word, "=");

    return wide && (size_t)(wide - word) < length ? (size_t)(wide - word) : length;
}

bool typing_to_option(const char *word, char option[TYPING_WORD])
{
    size_t length = name_length(word), n;
    char name[TYPING_WORD], ascii[TYPING_WORD];
    const char *value = word + length;

    if ((unsigned char)*word < 0x80 && *word != '-')
        return false; /* as most words */
    snprintf(name, sizeof name, "%.*s", (int)length, word);
    if (length >= sizeof name || !typing_to_ascii(name, ascii) || *ascii != '-')
        return false;
    value += *value == '=' ? 1 : *value ? strlen("\xEF\xBC\x9D") : 0;
    n = (size_t)snprintf(option, TYPING_WORD, "%s%s%s", ascii, word[length] ? "=" : "", value);
    return n < TYPING_WORD;
}

const char *typing_find_dash(const char *word, const char **value)
{
    const unsigned char *bytes = (const unsigned char *)word;
    size_t left = name_length(word);
    bool has_letter = false;
    struct utf8_char next;

    while (utf8_take(&bytes, &left, &next)) {
        uint32_t ascii = next.status == UTF8_GOOD ? to_ascii(next.scalar) : 0;

        *value = (const char *)bytes;
        if (has_letter && ascii == '-' && ascii != next.scalar)
            return (const char *)next.bytes;
        has_letter |= ascii != '-';
    }
    return NULL;
}

/* ---- an address ---- */

/* " ' ` « » and those of U+2018 to U+201F, U+300A to U+300F. */
static bool is_quote(uint32_t scalar)
{
    return scalar == '"' || scalar == '\'' || scalar == '`' || scalar == 0xAB || scalar == 0xBB ||
           (scalar >= 0x2018 && scalar <= 0x201F) || (scalar >= 0x300A && scalar <= 0x300F);
}

/* Copied from a page: zero width, direction marks, a byte order mark. */
static bool is_unseen(uint32_t scalar)
{
    return (scalar >= 0x200B && scalar <= 0x200F) || scalar == 0x2060 || scalar == 0xFEFF;
}

/* All words so far, with blanks between them. */
struct plain {
    char text[2 * TYPING_WORD];
    size_t length;
    bool is_weak;
    bool is_quoted, is_hidden, is_wide, is_blank; /* of the word that is being read */
    char sign;                                    /* a separator of it that is no blank */
};

static bool put(struct plain *plain, uint32_t scalar)
{
    uint32_t ascii = is_quote(scalar) || is_unseen(scalar) ? 0 : to_ascii(scalar);

    plain->is_quoted |= is_quote(scalar);
    plain->is_hidden |= is_unseen(scalar);
    plain->is_wide |= ascii && ascii != scalar;
    plain->is_blank |= ascii == ' ' || ascii == '\t';
    if (!ascii)
        return true;
    if (ascii > 0x7E || plain->length + 2 >= sizeof plain->text)
        return false;
    if (strchr(",;@/", (int)ascii))
        plain->sign = (char)ascii;
    plain->is_weak |= ascii == '@' || ascii == '/';
    plain->text[plain->length++] = strchr(",;@/\t", (int)ascii) ? ' ' : (char)ascii;
    return true;
}

static bool read_word(struct plain *plain, const char *word)
{
    const unsigned char *bytes = (const unsigned char *)word;
    size_t left = strlen(word);
    struct utf8_char next;

    plain->is_quoted = plain->is_hidden = plain->is_wide = plain->is_blank = false;
    plain->sign = '\0';
    while (utf8_take(&bytes, &left, &next))
        if (next.status != UTF8_GOOD || !next.scalar || !put(plain, next.scalar))
            return false;
    if (plain->length + 2 >= sizeof plain->text)
        return false;
    plain->text[plain->length++] = ' ';
    return true;
}

/* "localhost:", "(8080)" and, at the end of a sentence, "8080." */
static void trim(struct typing *typing, int index)
{
    char *word = typing->words[index];
    size_t length = strlen(word), begin = strspn(word, index ? "(<+:" : "(<+");
    bool is_ipv6 = strchr(word, ':') != strrchr(word, ':');

    while (length > begin &&
           strchr(index + 1 == typing->count ? ".!?:>)" : ":>)", word[length - 1]) &&
           !(is_ipv6 && word[length - 1] == ':'))
        length--;
    word[length] = '\0';
    memmove(word, word + begin, length + 1 - begin);
}

static bool split(struct plain *plain, struct typing *typing)
{
    char *rest, *word = strtok_r(plain->text, " ", &rest);

    for (typing->count = 0; word; word = strtok_r(NULL, " ", &rest)) {
        if (typing->count == 2 || strlen(word) >= TYPING_WORD)
            return false;
        strcpy(typing->words[typing->count++], word);
    }
    for (int i = 0; i < typing->count; i++)
        trim(typing, i);
    return typing->count && *typing->words[typing->count - 1];
}

/* `splits`: one word becomes two. */
static const char *fault_of(const struct plain *plain, bool splits)
{
    if (plain->is_quoted)
        return N_("'%.128s' has quotes that the shell does not know; write %s");
    if (plain->is_wide)
        return N_("'%.128s' is not written in ASCII; write %s");
    if (plain->is_hidden)
        return N_("'%.128s' has characters that are not seen; write %s");
    if (plain->is_blank)
        return splits ? N_("'%.128s' is one word for the shell; write %s")
                      : N_("'%.128s' has blanks around it; write %s");
    switch (splits ? plain->sign : '\0') {
    case ',': return N_("'%.128s' has a comma in place of a blank; write %s");
    case ';': return N_("'%.128s' has a semicolon in place of a blank; write %s");
    case '/': return N_("'%.128s' has a slash in place of a blank; write %s");
    case '@': return N_("'%.128s' has @ in place of a blank; write %s");
    default: return N_("'%.128s' has punctuation around it; write %s");
    }
}

bool typing_separate(const char *first, const char *second, struct typing *typing)
{
    const char *words[] = {first, second};
    struct plain plain = {.length = 0}, read[2];
    bool differs[2] = {false, false};
    int count = second ? 2 : 1;

    *typing = (struct typing){.count = 0};
    for (int i = 0; i < count; i++) {
        if (!read_word(&plain, words[i]))
            return false;
        read[i] = plain;
    }
    plain.text[plain.length] = '\0';
    typing->is_weak = plain.is_weak;
    if (!split(&plain, typing))
        return false;
    for (int i = 0; i < count; i++)
        differs[i] = i >= typing->count || strcmp(words[i], typing->words[i]) != 0;
    if (!differs[0] && !differs[1])
        return false;
    typing->is_first = differs[0];
    typing->fault = fault_of(&read[!differs[0]], typing->count > count);
    return true;
}
