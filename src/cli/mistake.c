/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/mistake.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"
#include "base/language.h"
#include "cli/foreign.h"
#include "cli/numeric.h"

enum { MISTAKES = 4 }; /* in the words of one address */

/* ---- one mistake each ---- */

/* `listen "$PORT"` without that variable. */
static bool is_empty(const struct meant_typed *typed, struct meant *meant)
{
    if (*typed->first && (!typed->second || *typed->second))
        return false;
    return meant_set(meant, typed->place, typed->place == MEANT_LISTEN ? "[HOST]" : "", NULL, "",
                     N_("'%.128s' is empty, perhaps a variable that is not set; write %s"));
}

/* "localhost:8080 8080", "http localhost:80" */
static bool is_joined(const struct meant_typed *typed, struct meant *meant)
{
    bool listens = typed->place == MEANT_LISTEN;
    struct address address;

    if (!typed->second)
        return false;
    if (strchr(typed->first, ':') &&
        address_parse(&address, typed->first, NULL, listens, NULL) == 0 &&
        address.kind == ADDRESS_TCP)
        return meant_set_word(meant, typed->first, typed->second,
                              N_("'%.128s' is too much: the word before it has a port; write %s"));
    if (strchr(typed->second, ':') &&
        address_parse(&address, typed->second, NULL, false, NULL) == 0 &&
        address.kind == ADDRESS_TCP)
        return meant_set_word(meant, typed->second, typed->first,
                              N_("'%.128s' is too much: the next word has a port; write %s"));
    return false;
}

/* Which words an address may be that is not of another program: '@' and '/' are taken for a
 * separator only in front of a number. */
static bool is_separated(const struct meant_typed *typed, const struct typing *typing)
{
    struct meant_typed meant = *typed;
    struct address address;

    meant.first = typing->words[0];
    meant.second = typing->count > 1 ? typing->words[1] : NULL;
    if (meant.second &&
        (ascii_is_number(meant.first) || (typing->is_weak && !ascii_is_number(meant.second))))
        return false;
    return meant_is_host(&meant, &address);
}

/* "localhost，8080", "localhost@8080", "8080." and 'localhost 8080' */
static bool is_mistyped(const struct meant_typed *typed, struct meant *meant)
{
    const char *word;
    struct typing typing;

    if (strstr(typed->first, "://") || !typing_separate(typed->first, typed->second, &typing) ||
        !is_separated(typed, &typing))
        return false;
    word = typing.is_first ? typed->first : typed->second;
    return typing.count > 1 ? meant_set(meant, typed->place, typing.words[0], typing.words[1], word,
                                        typing.fault)
                            : meant_set_word(meant, typing.words[0], word, typing.fault);
}

/* "8080 host", "8080:host", "8080@host". */
static bool is_turned(const struct meant_typed *typed, struct meant *meant)
{
    const char *first = typed->first, *second = typed->second;
    size_t length = second ? strlen(first) : strcspn(first, ":@");
    char port[MEANT_WORD], both[MEANT_WORDS];

    if (strstr(first, "://") || (!second && (!first[length] || strpbrk(first + length + 1, ":@"))))
        return false;
    second = second ? second : first + length + 1;
    if (!*second || *second == '/' || meant_is_port(second))
        return false;
    snprintf(port, sizeof port, "%.*s", (int)length, first);
    if (!meant_is_port(port) || !meant_is_address(second, port))
        return false;
    snprintf(both, sizeof both, "%s%c%.128s", port, first[length] ? first[length] : ' ', second);
    return meant_set(meant, typed->place, second, port, both,
                     N_("'%.128s' has the port in front of the host; write %s"));
}

/* "8080 8081" and "8080:8081". The system takes a number for an address: 8080 is 0.0.31.144. */
static bool is_two_ports(const struct meant_typed *typed, struct meant *meant)
{
    const char *second = typed->second ? typed->second : strchr(typed->first, ':');
    char first[MEANT_WORD];

    if (!second)
        return false;
    second += !typed->second;
    snprintf(first, sizeof first, "%.*s",
             (int)(typed->second ? strlen(typed->first) : strcspn(typed->first, ":")),
             typed->first);
    if (!ascii_is_number(first) || !meant_is_port(first) || !meant_is_port(second))
        return false;
    return meant_set(meant, typed->place, "", second, typed->first,
                     typed->second
                         ? N_("'%.128s' is a port, and so is the next word; write %s")
                         : N_("'%.128s' has a port on either side of its colon; write %s"));
}

/* The word behind the address, if it is a number and another one follows, the port to listen on.
 * Else NULL. */
static const char *find_port_behind(const struct meant_typed *typed)
{
    char *const *next = typed->line->argv, *const *end = next + typed->line->argc;
    const char *found;

    while (next < end && *next != typed->first)
        next++;
    if (end - next < 3 || !ascii_is_number(next[1]))
        return NULL;
    found = next[1];
    for (next += 2; next < end; next++)
        if (ascii_is_number(*next))
            return found;
    return NULL;
}

/* "h", "8080", and "h 8080" where the next number is the port to listen on. */
static bool is_half_forward(const struct meant_typed *typed, struct meant *meant)
{
    char ascii[MEANT_WORD];
    const char *word = typing_to_ascii(typed->first, ascii) ? ascii : typed->first, *port;

    if (typed->place != MEANT_FORWARD || (strchr(word, ':') && word[strlen(word) - 1] != ']'))
        return false;
    if (ascii_is_number(word))
        return meant_set(meant, typed->place, "", word, typed->first,
                         N_("'%.128s' has no host; write %s"));
    port = find_port_behind(typed);
    meant_set(meant, typed->place, word, port, typed->first, N_("'%.128s' has no port; write %s"));
    meant->extra = port;
    return true;
}

/* ---- all of them ---- */

static bool find(const struct meant_typed *typed, struct meant *meant)
{
    static bool (*const mistakes[])(const struct meant_typed *typed, struct meant *meant) = {
        is_empty,     foreign_number, is_joined,      foreign_socat, foreign_tls,
        foreign_path, is_mistyped,    is_turned,      foreign_url,   foreign_port,
        is_two_ports, numeric_find,   is_half_forward};

    if (foreign_unix(typed, meant))
        return true;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes && !foreign_is_unix(typed->first);
         i++)
        if (mistakes[i](typed, meant))
            return true;
    return false;
}

/* The words that were meant may have a mistake of their own, such as a host without its zone. It is
 * told if the only mistake of the words as typed is a missing word. */
static int refuse(struct meant *meant, const struct meant_typed *typed, struct err *err)
{
    for (int i = 1; i < MISTAKES; i++) {
        struct meant_typed again = meant_as_typed(meant, typed);
        struct meant next;

        if (!find(&again, &next))
            break;
        meant_follow(meant, &next);
    }
    return meant_refuse(meant, typed, err);
}

/* `listen help` */
static int check_help(const struct meant_typed *typed, struct err *err)
{
    if (typed->place == MEANT_FORWARD || typed->second || strcasecmp(typed->first, "help") != 0)
        return 0;
    return err_set(err, ERR_USAGE, "'%s' comes first; write tcpchat help %s", typed->first,
                   typed->line->command);
}

int mistake_check_address(const struct meant_typed *typed, struct err *err)
{
    struct meant meant;

    if (check_help(typed, err) < 0)
        return -1;
    return find(typed, &meant) ? refuse(&meant, typed, err) : 0;
}

/* The host of "h", "[::1]" and "h:"; the port of "8080" and ":8080". */
static const char *bare_word(const char *first, char bare[MEANT_WORD])
{
    char ascii[MEANT_WORD];
    size_t length;

    snprintf(bare, MEANT_WORD, "%s", typing_to_ascii(first, ascii) ? ascii : first);
    length = strlen(bare);
    if (length > 1 && strchr(bare, ':') == bare + length - 1)
        bare[length - 1] = '\0';
    return bare + (*bare == ':');
}

int mistake_check_lone(const struct meant_typed *typed, struct err *err)
{
    char bare[MEANT_WORD];
    const char *word = bare_word(typed->first, bare);
    bool is_lone = !typed->second && (!strchr(word, ':') || word[strlen(word) - 1] == ']');
    bool has_colon = word > bare, is_port = is_lone && meant_is_port(word);
    struct meant meant;

    if (!is_lone || address_is_several(word) || (typed->place == MEANT_LISTEN && is_port))
        return 0;
    if (is_port && (has_colon || ascii_is_number(word))) {
        meant_set(&meant, typed->place, "", word, word, NULL);
        meant.question = N_("which host? write %s");
    } else if (!has_colon && !ascii_is_number(word) && meant_is_address(word, "1")) {
        meant_set(&meant, typed->place, word, NULL, word, NULL);
        meant.question = N_("which port? write %s");
    } else {
        return 0;
    }
    return refuse(&meant, typed, err);
}

int mistake_check_hex_dump(const char *file, struct err *err)
{
    const char *sign = file ? strstr(file, "://") : NULL, *place = sign ? sign + 3 : file;
    const char *at = file ? strrchr(place, '@') : NULL;
    const char *colon = file && (sign || !strchr(file, '/')) ? strrchr(file, ':') : NULL;

    if (!colon || colon == file || (!sign && ascii_number(colon + 1, 5) < 0))
        return 0;
    if (!sign && !at)
        return err_set(
            err, ERR_USAGE,
            "-x is the file of a hex dump; a proxy is written --proxy socks5://%s, and a "
            "file of that name ./%s",
            file, file);
    return err_set(err, ERR_USAGE,
                   "-x is the file of a hex dump; a proxy is written --proxy %.*s%s%s",
                   sign ? (int)(place - file) : (int)strlen("socks5://"), sign ? file : "socks5://",
                   at ? "USER:PASS@" : "", at ? at + 1 : place);
}
