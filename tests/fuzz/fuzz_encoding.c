/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A LIST of charsets as a member of a room writes it behind /encoding: a stranger opens encodings
 * of the standard and nothing else, the name of a list is a list, and a mistake is quoted. The
 * first byte chooses the charset of "auto". */
#include "fuzz.h"

#include <stdbool.h>

#include "text/encoding.h"

static struct charsets charsets;

/* Case and signs of a label count for nothing. */
static void claim_label(const struct charset *charset)
{
    CLAIM(charset->standard && charset->standard->form != FORM_REFUSED);
    CLAIM(standard_find(charset_name(charset)) == charset->standard);
}

static void check_again(const struct encoding_list *encodings, const char *list,
                        const struct encoding_legacy *legacy)
{
    char name[ENCODING_LIST_NAME];
    struct encoding_list again;
    struct err err = {0};

    memset(name, 0xA5, sizeof name);
    encoding_list_name(encodings, name);
    CLAIM(memchr(name, '\0', sizeof name));
    if (encodings->second) /* the name is for people */
        snprintf(name, sizeof name, "%s,%s", charset_name(encodings->first),
                 charset_name(encodings->second));
    CLAIM(encoding_list_check(list, &err) == 0);
    if (encodings->is_raw)
        return;
    CLAIM(encoding_list_parse(&again, name, legacy, &charsets, true, &err) == 0);
    CLAIM(again.first == encodings->first && again.second == encodings->second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"gbk", "big5", "shift_jis", "euc-kr", "windows-1251"};
    struct data input = {data, size};
    struct encoding_legacy legacy = {0};
    struct encoding_list encodings;
    struct err err = {0};
    char *list;

    legacy.charset =
        charset_find(&charsets, names[input_byte(&input) % (sizeof names / sizeof *names)], NULL);
    CLAIM(legacy.charset);
    list = input_word(&input);
    if (!list)
        return 0;
    memset(&encodings, 0xA5, sizeof encodings);
    if (encoding_list_parse(&encodings, list, &legacy, &charsets, true, &err) < 0) {
        CLAIM(err.kind == ERR_USAGE && *err.sentence);
        CLAIM(memchr(err.sentence, '\0', sizeof err.sentence));
    } else {
        CLAIM(err.kind == ERR_NONE && encodings.first);
        claim_label(encodings.first);
        if (encodings.second)
            claim_label(encodings.second);
        check_again(&encodings, list, &legacy);
    }
    free(list);
    return 0;
}
