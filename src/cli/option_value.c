/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/option_value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/duration.h"
#include "base/language.h"
#include "text/charset.h"
#include "text/encoding.h"
#include "text/suggest.h"
#include "text/views.h"

/* ---- numbers ---- */

struct unit {
    const char *suffix;
    double factor;
};

static const struct unit sizes[] = {{"", 1},        {"K", 1 << 10}, {"k", 1 << 10}, {"M", 1 << 20},
                                    {"m", 1 << 20}, {"G", 1 << 30}, {"g", 1 << 30}, {NULL, 0}};
static const struct unit none[] = {{"", 1}, {NULL, 0}};

static bool read_number(const char *text, const struct unit *units, double *number)
{
    char *suffix;

    if (!strspn(text, "0123456789."))
        return false;
    *number = strtod(text, &suffix);
    while (units->suffix && strcmp(units->suffix, suffix) != 0)
        units++;
    *number *= units->factor;
    return units->suffix && suffix != text;
}

static int read_time(void *target, const char *text, const char *source, struct err *err)
{
    uint64_t us;

    if (duration_parse(text, strlen(text), &us) < 0)
        return err_set(err, ERR_USAGE, "%s takes seconds, such as 2, 0.5, 200ms or 3m, not '%s'",
                       source, text);
    *(struct duration *)target = (struct duration){true, duration_ms(us)};
    return 0;
}

static int read_deadline(void *target, const char *text, const char *source, struct err *err)
{
    if (read_time(target, text, source, err) < 0)
        return -1;
    return ((struct duration *)target)->ms
               ? 0
               : err_set(err, ERR_USAGE, "%s takes a time above 0", source);
}

static int read_port(void *target, const char *text, const char *source, struct err *err)
{
    int port = ascii_number(text, strlen("65535"));

    if (port < 1 || port > 65535)
        return err_set(err, ERR_USAGE, "%s takes a port from 1 to 65535, not '%s'", source, text);
    *(unsigned *)target = (unsigned)port;
    return 0;
}

static int read_count(void *target, const char *text, const char *source, struct err *err)
{
    int count = ascii_number(text, 9);

    if (count < 1)
        return err_set(err, ERR_USAGE, "%s takes a number above 0, not '%s'", source, text);
    *(unsigned *)target = (unsigned)count;
    return 0;
}

static int read_attempts(void *target, const char *text, const char *source, struct err *err)
{
    struct attempts *attempts = target;

    *attempts = (struct attempts){.given = true};
    return text ? read_count(&attempts->most, text, source, err) : 0;
}

static int read_size(void *target, const char *text, const char *source, struct err *err)
{
    double bytes;

    if (!read_number(text, sizes, &bytes) || bytes < 1024 || bytes > 1 << 30)
        return err_set(err, ERR_USAGE, "%s takes a size from 1K to 1G, such as 64K or 4M, not '%s'",
                       source, text);
    *(struct size *)target = (struct size){true, (size_t)bytes};
    return 0;
}

static int read_rate(void *target, const char *text, const char *source, struct err *err)
{
    double value;

    if (!read_number(text, none, &value) || value > 1e6)
        return err_set(err, ERR_USAGE, "%s takes a number such as 5 or 0.5, not '%s'", source,
                       text);
    *(struct per_second *)target = (struct per_second){true, value};
    return 0;
}

/* ---- words ---- */

/* A flag of the environment is 1 or 0; one of the command line has no text. */
static int read_flag(void *target, const char *text, const char *source, struct err *err)
{
    if (text && strcmp(text, "0") && strcmp(text, "1"))
        return err_set(err, ERR_USAGE, "%s takes 1 or 0, not '%s'", source, text);
    *(bool *)target = !text || *text == '1';
    return 0;
}

static int count_flag(void *target, const char *text, const char *source, struct err *err)
{
    (void)text, (void)source, (void)err;
    ++*(unsigned *)target;
    return 0;
}

static int set_crlf(void *target, const char *text, const char *source, struct err *err)
{
    (void)text, (void)source, (void)err;
    *(enum codec_eol *)target = EOL_CRLF;
    return 0;
}

/* The word that begins with `text`, or is closest to it. NULL: none is. */
static const char *suggest_word(const char *const *words, int count, const char *text)
{
    struct suggest suggest = {.word = text};

    for (int i = 0; i < count; i++)
        if (*text && !strncasecmp(text, words[i], strlen(text)))
            return words[i];
        else
            suggest_offer(&suggest, words[i]);
    return suggest.name;
}

/* The index of one of four words. -1 and *err: it is none of them. */
static int read_word_of_four(const char *const words[4], const char *text, const char *source,
                             struct err *err)
{
    const char *meant = suggest_word(words, 4, text);

    for (int i = 0; i < 4; i++)
        if (!strcmp(text, words[i]))
            return i;
    return err_set(err, ERR_USAGE,
                   meant ? N_("%s takes %s, %s, %s or %s, not '%s'; did you mean %s?")
                         : N_("%s takes %s, %s, %s or %s, not '%s'"),
                   source, words[0], words[1], words[2], words[3], text, meant);
}

static int read_eol(void *target, const char *text, const char *source, struct err *err)
{
    int value = read_word_of_four(&eol_names[EOL_LF], text, source, err);

    if (value < 0)
        return -1;
    *(enum codec_eol *)target = (enum codec_eol)(EOL_LF + value);
    return 0;
}

static int read_view(void *target, const char *text, const char *source, struct err *err)
{
    int value = read_word_of_four(&view_names[VIEW_TEXT], text, source, err);

    if (value < 0)
        return -1;
    *(enum view *)target = (enum view)(VIEW_TEXT + value);
    return 0;
}

static int read_message(void *target, const char *text, const char *source, struct err *err)
{
    (void)source;
    return framing_parse(target, text, err);
}

/* The index of one of three words. -1 and *err: it is none of them. */
static int read_word(const char *const words[3], const char *text, const char *source,
                     struct err *err)
{
    const char *meant = suggest_word(words, 3, text);

    for (int i = 0; i < 3; i++)
        if (!strcmp(text, words[i]))
            return i;
    return err_set(err, ERR_USAGE,
                   meant ? N_("%s takes %s, %s or %s, not '%s'; did you mean %s?")
                         : N_("%s takes %s, %s or %s, not '%s'"),
                   source, words[0], words[1], words[2], text, meant);
}

/* A policy asks for checks even where nothing is converted. */
static int read_bad_text(void *target, const char *text, const char *source, struct err *err)
{
    struct text_options *text_options = target;
    static const char *const words[] = {
        [BAD_REPLACE] = "replace", [BAD_ESCAPE] = "escape", [BAD_STOP] = "stop"};
    int value = read_word(words, text, source, err);

    if (value < 0)
        return -1;
    text_options->checked = true;
    text_options->bad = (enum codec_bad)value;
    return 0;
}

static int read_color(void *target, const char *text, const char *source, struct err *err)
{
    static const char *const words[] = {
        [COLOR_AUTO] = "auto", [COLOR_ALWAYS] = "always", [COLOR_NEVER] = "never"};
    int value = read_word(words, text, source, err);

    if (value < 0)
        return -1;
    *(enum color *)target = (enum color)value;
    return 0;
}

static int keep_text(void *target, const char *text, const char *source, struct err *err)
{
    (void)source, (void)err;
    *(const char **)target = text;
    return 0;
}

static int add_text(void *target, const char *text, const char *source, struct err *err)
{
    const char ***list = target, **longer;
    size_t count = 0;

    (void)source;
    while (*list && (*list)[count])
        count++;
    longer = reallocarray(*list, count + 2, sizeof *longer);
    if (!longer)
        return err_memory(err);
    longer[count] = text;
    longer[count + 1] = NULL;
    *list = longer;
    return 0;
}

/* ---- charsets ---- */

static int read_charset(void *target, const char *text, const char *source, struct err *err)
{
    bool is_utf8;

    if (charset_check(text, &is_utf8, err) < 0)
        return err_prefix(err, source);
    return keep_text(target, text, source, err);
}

bool option_value_is_charset_list(const char *text)
{
    return strchr(text, ',') || !strcasecmp(text, "auto");
}

/* -e alone starts a program in other netcats. */
static int read_peer_charset(void *target, const char *text, const char *source, struct err *err)
{
    bool is_list = option_value_is_charset_list(text);
    struct err why;

    if (strcasecmp(text, "raw") != 0 && encoding_list_check(text, &why) < 0)
        return err_set(err, why.kind,
                       is_list || strncmp(source, "-e", 2)
                           ? N_("%s: %s")
                           : N_("%s: %s (programs are started with --exec)"),
                       source, why.sentence);
    return keep_text(target, text, source, err);
}

/* ---- types ---- */

/* An option that is not given leaves these bytes of its field 0: `given` is false. */
static const struct {
    int (*read)(void *target, const char *text, const char *source, struct err *err);
    size_t beginning;
} types[] = {
    [OPTION_FLAG] = {read_flag, sizeof(bool)},
    [OPTION_REPEATED] = {count_flag, sizeof(unsigned)},
    [OPTION_CRLF] = {set_crlf, sizeof(enum codec_eol)},
    [OPTION_EOL] = {read_eol, sizeof(enum codec_eol)},
    [OPTION_TEXT] = {keep_text, sizeof(const char *)},
    [OPTION_LIST] = {add_text, sizeof(const char **)},
    [OPTION_CHARSET] = {read_charset, sizeof(const char *)},
    [OPTION_PEER_CHARSET] = {read_peer_charset, sizeof(const char *)},
    [OPTION_TIME] = {read_time, sizeof(bool)},
    [OPTION_DEADLINE] = {read_deadline, sizeof(bool)},
    [OPTION_PORT] = {read_port, sizeof(unsigned)},
    [OPTION_BAD_TEXT] = {read_bad_text, sizeof(bool)},
    [OPTION_COLOR] = {read_color, sizeof(enum color)},
    [OPTION_SIZE] = {read_size, sizeof(bool)},
    [OPTION_RATE] = {read_rate, sizeof(bool)},
    [OPTION_COUNT] = {read_count, sizeof(unsigned)},
    [OPTION_MESSAGE] = {read_message, sizeof(enum framing_kind)},
    [OPTION_VIEW] = {read_view, sizeof(enum view)},
    [OPTION_ATTEMPTS] = {read_attempts, sizeof(bool)},
};

int option_value_read(struct options *options, const struct option_row *row, const char *text,
                      const char *source, struct err *err)
{
    if (!strcmp(row->argument, "FILE") && !*text)
        return err_set(err, ERR_USAGE, "%s: '' is empty, perhaps a variable that is not set",
                       source);
    return types[row->type].read((char *)options + row->target, text, source, err);
}

bool option_value_is_given(const struct options *options, const struct option_row *row)
{
    const char *field = (const char *)options + row->target;

    if (row->type == OPTION_CRLF) /* its field is that of --eol */
        return options->text.eol == EOL_CRLF;
    for (size_t i = 0; i < types[row->type].beginning; i++)
        if (field[i])
            return true;
    return false;
}
