/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/correction.h"

#include <stdio.h>
#include <string.h>

#include "base/quote.h"
#include "text/safetext.h"
#include "text/utf8.h"

enum { ESCAPED = 4 * UTF8_MAX + 1 }; /* a character as \ooo */

const char *correction_command(enum command command)
{
    return command == COMMAND_LISTEN ? "listen" : "connect";
}

struct correction correction_of(enum command command, int argc, char *const *argv)
{
    return (struct correction){
        .command = correction_command(command), .argc = argc - 1, .argv = argv + 1};
}

void correction_change(struct correction *correction, const char *word, const char *text)
{
    if (correction->count == CORRECTION_CHANGES)
        return;
    correction->changes[correction->count].at = word;
    correction->changes[correction->count++].text = text;
}

/* The index of the change that begins in the word. -1: none does. */
static int find_change(const struct correction *correction, const char *word)
{
    for (int i = 0; i < correction->count; i++)
        if (correction->changes[i].at >= word && correction->changes[i].at <= word + strlen(word))
            return i;
    return -1;
}

/* The text of a change that is to hold the word, or does since a letter was taken out of it. NULL:
 * there are too many. */
static char *cluster_of(struct correction *correction, const char *word)
{
    int change = find_change(correction, word);
    char *cluster;

    if (change >= 0)
        return (char *)correction->changes[change].text;
    if (correction->cluster_count == CORRECTION_CLUSTERS || strlen(word) >= CORRECTION_CLUSTER)
        return NULL;
    cluster = correction->clusters[correction->cluster_count++];
    correction_change(correction, word, strcpy(cluster, word));
    return cluster;
}

/* "-vp" or "-vp8080" without its p. */
static void drop_letter(struct correction *correction, const char *word, char letter,
                        bool has_value)
{
    char *cluster = cluster_of(correction, word), *at = cluster ? strchr(cluster, letter) : NULL;

    if (at && has_value)
        *at = '\0';
    else if (at)
        memmove(at, at + 1, strlen(at));
    if (at && !cluster[1])
        correction->changes[find_change(correction, word)].text = NULL;
}

void correction_drop(struct correction *correction, const char *word, char letter,
                     const char *value)
{
    if (letter && word[1] != '-')
        drop_letter(correction, word, letter, value);
    else
        correction_change(correction, word, NULL);
    if (value && (value < word || value > word + strlen(word)))
        correction_change(correction, value, NULL);
}

/* ---- quotes ---- */

/* Whether a message shows each of the characters as itself. */
static bool is_shown(const char *word)
{
    const unsigned char *bytes = (const unsigned char *)word;
    size_t left = strlen(word);
    struct utf8_char next;

    while (utf8_take(&bytes, &left, &next))
        if (next.status != UTF8_GOOD || !safetext_is_plain(next.scalar))
            return false;
    return true;
}

/* One character inside $'...'. An octal form has all digits, because the next byte may be one. */
static void escape(const struct utf8_char *next, char escaped[ESCAPED])
{
    static const char letters[] = "n\nt\tr\r\\\\''";
    bool is_plain = next->status == UTF8_GOOD && safetext_is_plain(next->scalar);
    size_t n = 0;

    for (const char *letter = letters; *letter; letter += 2)
        if (next->length == 1 && (char)*next->bytes == letter[1]) {
            snprintf(escaped, ESCAPED, "\\%c", *letter);
            return;
        }
    for (size_t i = 0; i < next->length; i++)
        n += (size_t)snprintf(escaped + n, ESCAPED - n, is_plain ? "%c" : "\\%03o", next->bytes[i]);
}

/* $'...' of bash, ksh and zsh (POSIX.1-2024, XCU 2.2.4): no other quotes have a form for controls.
 */
static void quote_escaped(const char *word, char *quoted, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)word;
    size_t left = strlen(word), n = (size_t)snprintf(quoted, size, "$'");
    struct utf8_char next;
    char escaped[ESCAPED];

    while (n + ESCAPED < size && utf8_take(&bytes, &left, &next)) {
        escape(&next, escaped);
        n += (size_t)snprintf(quoted + n, size - n, "%s", escaped);
    }
    snprintf(quoted + n, size - n, "'");
}

void correction_quote(const char *word, char *quoted, size_t size)
{
    if (!is_shown(word))
        quote_escaped(word, quoted, size);
    else
        quote_write(word, quoted, size);
}

/* ---- the text ---- */

/* A word of the text, or "..." and nothing behind it. */
static bool append(char text[CORRECTION_TEXT], const char *word)
{
    static const char more[] = " ...";
    size_t length = strlen(text);
    bool fits = length + 1 + strlen(word) + sizeof more <= CORRECTION_TEXT;

    snprintf(text + length, CORRECTION_TEXT - length, fits ? " %s" : more, word);
    return fits;
}

static bool append_changed(char text[CORRECTION_TEXT], const char *word, const char *at,
                           const char *by)
{
    char changed[CORRECTION_TEXT];

    snprintf(changed, sizeof changed, "%.*s%s", (int)(at - word), word, by);
    return append(text, changed);
}

void correction_write(const struct correction *correction, char text[CORRECTION_TEXT])
{
    char quoted[CORRECTION_TEXT];
    bool fits = true;

    snprintf(text, CORRECTION_TEXT, "tcpchat %s", correction->command);
    for (int i = 0; i < correction->argc && fits; i++) {
        const char *word = correction->argv[i];
        int change = find_change(correction, word);
        const char *by = change < 0 ? NULL : correction->changes[change].text;

        correction_quote(word, quoted, sizeof quoted);
        if (change < 0)
            fits = append(text, quoted);
        else if (by)
            fits = append_changed(text, word, correction->changes[change].at, by);
    }
}

int correction_refuse(const struct correction *correction, const char *word, const char *mistake,
                      struct err *err)
{
    char text[CORRECTION_TEXT];

    correction_write(correction, text);
    return err_set(err, ERR_USAGE, mistake, word, text);
}
