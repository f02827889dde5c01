/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/exclusions.h"

#include <string.h>

#include "base/language.h"
#include "cli/option_value.h"
#include "net/inherited.h"

/* ---- the table ---- */

#define ROOMS "--chat --broker"
#define PROGRAMS_AND_BOTS "--reply --rules --script --replay --exec --sh-exec --forward"
#define HANDLERS ROOMS " " PROGRAMS_AND_BOTS

/* Conditions that stand in the place of options. */
#define UNIX "unix:PATH unix:@NAME" /* the address is that, or an inherited unix socket */
#define ONLY_UNIX "only-unix"       /* and --forward does not lead to TCP */
#define NO_HOSTS "no-hosts"         /* the address is UNIX, and no header names other peers */
#define INHERITED "inherited"       /* the sockets are inherited */
#define CONNECTS "connects"         /* the command is connect */
#define TLS_CALL "tls-call"         /* this side calls a server of TLS */
#define CRL_CALL "crl-call"         /* --tls-crl is about the server that this side calls */
#define NAMELESS "nameless"         /* that server has no name */

enum rule { EXCLUDES, NEEDS };

/* Lists are options as typed, with blanks between them. EXCLUDES: wrong use is one option of the
 * first list with another option of the second. NEEDS: one of the first with none of the second.
 * The sentence gets both options, and the first again. */
static const struct {
    char ones[96];
    enum rule rule;
    char others[128], sentence[136];
} rows[] = {
    {"-4", EXCLUDES, "-6", N_("%s and %s exclude each other; without them both are used")},
    {"-1", EXCLUDES, "-k", N_("%s and %s exclude each other")},
    {HANDLERS, EXCLUDES, HANDLERS,
     N_("--chat, --broker, --reply, --rules, --script, --replay, --exec, --sh-exec and --forward "
        "exclude each other")},
    {"-1", EXCLUDES, ROOMS, N_("%s excludes --chat and --broker, which are for many")},
    {"--forward-encoding", NEEDS, "--forward", N_("%s goes with --forward ADDRESS")},
    {"--proxy-auth-file", NEEDS, "--proxy", N_("%s goes with --proxy")},
    {"--proxy", NEEDS, "--forward " CONNECTS,
     N_("%s goes with --forward ADDRESS, or with connect")},
    {"--hang-up", NEEDS, "--reply", N_("%s goes with --reply TEXT")},
    {"--no-commands", NEEDS, "--chat", N_("%s goes with --chat")},
    {"--rate", NEEDS, "--chat", N_("%s goes with --chat, whose peers it slows down")},
    {"--send-only", EXCLUDES, "--recv-only", N_("%s and %s exclude each other")},
    {"--send-only", EXCLUDES, ROOMS,
     N_("%s and %s exclude each other: peers hear each other in any case; with >/dev/null this "
        "side "
        "shows nothing")},
    {"--recv-only", EXCLUDES, ROOMS,
     N_("%s and %s exclude each other: peers hear each other in any case; with </dev/null this "
        "side "
        "says nothing")},
    {"--send-only --recv-only", EXCLUDES, PROGRAMS_AND_BOTS,
     N_("%s and %s exclude each other; %s is for a conversation between a peer and standard input "
        "and output")},
    {"--literal", EXCLUDES, "--chat --recv-only -z " PROGRAMS_AND_BOTS,
     N_("%s and %s exclude each other: standard input is not read, or its lines have names")},
    {"--end-with-peer", EXCLUDES, "-k " HANDLERS " --no-shutdown --recv-only",
     N_("%s and %s exclude each other; it is for one conversation between a peer and standard "
        "input")},
    {"--message", EXCLUDES, ROOMS,
     N_("%s and %s exclude each other: peers hear each other by lines, or as it arrives")},
    {"--view", EXCLUDES, "--raw",
     N_("%s and %s exclude each other: a view shows each byte, and harms no terminal")},
    {"--pace", NEEDS, "--replay", N_("%s goes with --replay FILE")},
    {"--replay", EXCLUDES, "-e -C --eol --no-shutdown -q",
     N_("%s and %s exclude each other: a recording has its bytes and its ends")},
    {"--reconnect", EXCLUDES, HANDLERS " -z --end-with-peer",
     N_("%s and %s exclude each other; %s is for a conversation that this side ends")},
    {"-z", EXCLUDES, HANDLERS " -o -x --transcript --record --sum",
     N_("%s and %s exclude each other; %s connects and closes, and no data passes")},
    {"--allow --deny --allow-file --deny-file", EXCLUDES, UNIX,
     N_("%s: peers of %s have no addresses")},
    {"--max-per-host", EXCLUDES, NO_HOSTS,
     N_("%s: peers of unix sockets have no addresses, but those that --proxy-protocol names")},
    {"--port-file", EXCLUDES, UNIX, N_("%s: %s has no port")},
    {"--no-reuse", EXCLUDES, UNIX, N_("%s: %s has no port that could be used again")},
    {"--no-reuse --backlog", EXCLUDES, INHERITED,
     N_("%s: an inherited socket is bound and listens already")},
    {"-4 -6", EXCLUDES, INHERITED, N_("%s: an inherited socket has its address already")},
    {"--tls-cert --tls-alpn --tls-crl", NEEDS, "--tls " TLS_CALL, N_("%s goes with --tls")},
    {"--tls-key", NEEDS, "--tls-cert",
     N_("%s goes with --tls-cert FILE, the certificate of the key")},
    {"--tls-client-ca", NEEDS, "--tls", N_("%s goes with --tls")},
    {"--tls-ca --tls-name --tls-pin --tls-insecure", NEEDS, TLS_CALL,
     N_("%s is for a server that this side calls: it goes with connect --tls, and on listen with "
        "--forward tls:HOST:PORT")},
    {"--tls-crl", NEEDS, "--tls-client-ca " CRL_CALL,
     N_("%s is about certificates of peers, which listen takes only with --tls-client-ca FILE")},
    {"--tls-insecure", EXCLUDES, "--tls-ca --tls-name --tls-pin",
     N_("%s and %s exclude each other: %s verifies nothing")},
    {"--tls-pin", EXCLUDES, "--tls-ca",
     N_("%s and %s exclude each other: a pin is enough, whatever the certificate says")},
    {CRL_CALL, EXCLUDES, "--tls-pin --tls-insecure",
     N_("--tls-crl has no effect with --tls-pin and --tls-insecure; leave it out")},
    {NAMELESS, NEEDS, "--tls-name --tls-pin --tls-insecure",
     N_("unix:PATH names no host: which certificate is right? add --tls-name NAME or --tls-pin "
        "PIN")},
    {"-4 -6 -s -p", EXCLUDES, ONLY_UNIX, N_("%s is for TCP; unix:PATH has no such address")},
};

/* ---- the check ---- */

enum { WORD = 24 };

/* Moves *list past its first word. */
static bool next_word(const char **list, char word[WORD])
{
    size_t length = strcspn(*list, " ");

    memcpy(word, *list, length);
    word[length] = '\0';
    *list += length + strspn(*list + length, " ");
    return length;
}

/* The options that were given. They are few, and most look-ups find none of them. */
struct given {
    const struct options *options;
    const struct option_row *rows[OPTION_ROWS_MAX];
    size_t count;
};

static struct given given_of(const struct options *options)
{
    struct given given = {.options = options};

    for (size_t i = 0; i < option_row_count; i++)
        if (option_value_is_given(options, &option_table[i]))
            given.rows[given.count++] = &option_table[i];
    return given;
}

static bool calls_tls(const struct options *options)
{
    return options->command == COMMAND_CONNECT ? options->tls : options->forward_tls;
}

/* With both sides it is the listener's (cli/setup_tls). */
static bool has_crl_of_server(const struct options *options)
{
    return options->tls_crl && (options->command == COMMAND_CONNECT || !options->tls);
}

static const struct address *called(const struct options *options)
{
    return options->command == COMMAND_CONNECT ? &options->address : &options->forward_address;
}

static bool is_condition_met(const struct options *options, const char *word)
{
    bool leads_to_tcp = options->forward && !address_is_unix(&options->forward_address);
    bool is_name = options->address.kind == ADDRESS_ABSTRACT;
    bool is_path = options->address.kind == ADDRESS_PATH || inherited_has_unix(&options->address);

    if (!strcmp(word, "unix:@NAME"))
        return is_name;
    if (!strcmp(word, "unix:PATH"))
        return is_path;
    if (!strcmp(word, NO_HOSTS))
        return (is_name || is_path) && !options->proxy_protocol;
    if (!strcmp(word, ONLY_UNIX))
        return (is_name || is_path) && !leads_to_tcp;
    if (!strcmp(word, CONNECTS))
        return options->command == COMMAND_CONNECT;
    if (!strcmp(word, TLS_CALL))
        return calls_tls(options);
    if (!strcmp(word, CRL_CALL))
        return has_crl_of_server(options);
    if (!strcmp(word, NAMELESS))
        return calls_tls(options) && address_is_unix(called(options));
    if (!strcmp(word, INHERITED))
        return options->address.kind == ADDRESS_INHERITED;
    return false;
}

static bool is_given(const struct given *given, const char *word)
{
    if (*word != '-')
        return is_condition_met(given->options, word);
    for (size_t i = 0; i < given->count; i++)
        if (option_row_is(given->rows[i], word))
            return true;
    return false;
}

/* The first option of the list that is given, other than `except`. */
static bool find_given(const struct given *given, const char *list, const char *except,
                       char word[WORD])
{
    while (next_word(&list, word))
        if (strcmp(word, except) != 0 && is_given(given, word))
            return true;
    return false;
}

int exclusions_check(const struct options *options, struct err *err)
{
    struct given given = given_of(options);
    char one[WORD], other[WORD];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (find_given(&given, rows[i].ones, "", one) &&
            find_given(&given, rows[i].others, one, other) == (rows[i].rule == EXCLUDES))
            return err_set(err, ERR_USAGE, rows[i].sentence, one, other, one);
    return 0;
}
