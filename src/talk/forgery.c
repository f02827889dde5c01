#include "talk/forgery.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

#include "text/utf8.h"

enum { BEGINNING = 512 }; /* bytes of a text that are looked at */

static const char *const heads[] = {"you", "nobody", "this"};
static const char *const notices[] = {"joined", "left", "is now"};

enum { HEADS = sizeof heads / sizeof *heads, NOTICES = sizeof notices / sizeof *notices };

bool forgery_is_head(const struct looks *looks)
{
    struct looks head;

    for (size_t i = 0; i < HEADS; i++) {
        looks_init(&head, heads[i]);
        if (looks_alike(looks, &head))
            return true;
    }
    return name_is_number(looks->keys[LOOKS_WRITTEN]);
}

/* ---- what is seen ---- */

/* Of the braille without dots and the note without head nothing is seen either. */
static bool is_blank(uint32_t scalar)
{
    return utf8proc_category((utf8proc_int32_t)scalar) == UTF8PROC_CATEGORY_ZS ||
           scalar == 0x2800 || scalar == 0x1D159;
}

static bool is_letter(uint32_t scalar)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)scalar);

    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

static struct utf8_char next_of(const char *text, size_t n)
{
    return utf8_next((const unsigned char *)text, n);
}

bool forgery_is_unseen(const char *shown, size_t n)
{
    while (n) {
        struct utf8_char next = next_of(shown, n);

        if (!is_blank(next.scalar))
            return false;
        shown += next.length;
        n -= next.length;
    }
    return true;
}

/* ---- what it reads as ---- */

/* The beginning, its blanks made one, and none in front. */
static void squeeze(const char *shown, size_t n, char out[BEGINNING + 1])
{
    bool owes_blank = false;
    size_t length = 0;

    while (n) {
        struct utf8_char next = next_of(shown, n);

        if (is_blank(next.scalar)) {
            owes_blank = length > 0;
        } else if (length + owes_blank + next.length > BEGINNING) {
            break;
        } else {
            if (owes_blank)
                out[length++] = ' ';
            memcpy(out + length, shown, next.length);
            length += next.length;
            owes_blank = false;
        }
        shown += next.length;
        n -= next.length;
    }
    out[length] = '\0';
}

/* A letter that is not ASCII may look like any other, and i like l. */
static bool is_like(uint32_t scalar, char letter)
{
    return scalar >= 0x80 || (char)scalar == letter || (letter == 'i' && scalar == 'l') ||
           (letter == 'l' && scalar == 'i');
}

/* What follows the phrase, or one that looks like it, where a text begins with that; else NULL. */
static const char *after_like(const char *text, const char *phrase)
{
    bool has_ascii = false;

    for (; *phrase; phrase++) {
        struct utf8_char next = next_of(text, strlen(text));

        if (!*text || !is_like(next.scalar, *phrase))
            return NULL;
        has_ascii |= next.scalar < 0x80;
        text += next.length;
    }
    return has_ascii ? text : NULL;
}

static const char *skip_to_letter(const char *text)
{
    while (*text && !is_letter(next_of(text, strlen(text)).scalar))
        text += next_of(text, strlen(text)).length;
    return text;
}

/* Of a key's word: whether no letter is in it, but for those that digits look like. */
static bool is_count(const char *word)
{
    const char *end = word + strcspn(word, " ");

    while ((word = skip_to_letter(word)) < end) {
        if (!strchr("lio", *word))
            return false;
        word++;
    }
    return true;
}

/* Where the first word begins that is more than a number. */
static const char *skip_counts(const char *key)
{
    while (*key && is_count(key)) {
        key += strcspn(key, " ");
        key += *key == ' ';
    }
    return skip_to_letter(key);
}

/* "joined!", "is now bob". */
static bool ends_notice(const char *rest, const char *notice)
{
    if (strchr(notice, ' '))
        return !strchr(rest + (*rest == ' '), ' ');
    return !*skip_to_letter(rest);
}

static bool is_notice(const char *letters, bool to_end)
{
    for (size_t i = 0; i < NOTICES; i++) {
        const char *rest = after_like(letters, notices[i]);

        if (rest && (!to_end || ends_notice(rest, notices[i])))
            return true;
    }
    return false;
}

/* Numbers and signs that stand in front may belong to the name, and so may a word. */
static bool has_notice(const char *key)
{
    const char *first = skip_counts(key);
    const char *blank = strchr(first, ' ');

    return is_notice(first, false) || (blank && is_notice(skip_to_letter(blank), true));
}

static bool reads_as_notice(const char *text)
{
    char key[NAME_KEY];

    looks_written(text, key);
    if (has_notice(key))
        return true;
    looks_small(text, key);
    return has_notice(key);
}

bool forgery_is_notice(const char *shown, size_t n)
{
    char beginning[BEGINNING + 1];

    squeeze(shown, n, beginning);
    return reads_as_notice(beginning);
}
