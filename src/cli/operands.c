/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/operands.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"
#include "base/language.h"
#include "cli/mistake.h"
#include "cli/numeric.h"
#include "net/inherited.h"

enum { ADDRESS = 320, OPTION = 64 };

void operands_take(struct operands *operands, const char *word)
{
    if (operands->expects) {
        operands->expects = false;
        operands->named[operands->expected] = word;
        correction_change(&operands->unnamed, word, NULL);
        return;
    }
    if (operands->count < OPERANDS)
        operands->words[operands->count] = word;
    else if (operands->count == OPERANDS)
        operands->extra = word;
    operands->count++;
}

static void note_typed(struct operands *operands, const char *word, char letter)
{
    if (!*operands->typed && letter)
        snprintf(operands->typed, sizeof operands->typed, "-%c", letter);
    else if (!*operands->typed)
        snprintf(operands->typed, sizeof operands->typed, "%.*s", (int)strcspn(word, "="), word);
}

void operands_take_listen(struct operands *operands, const char *word, char letter)
{
    operands->is_listen |= !*operands->typed;
    note_typed(operands, word, letter);
    correction_drop(&operands->unnamed, word, letter, NULL);
    operands->unnamed.command = correction_command(COMMAND_LISTEN);
}

void operands_take_named(struct operands *operands, enum operand_name name, const char *word,
                         char letter, const char *value)
{
    if (!*operands->typed)
        operands->typed_name = name;
    note_typed(operands, word, letter);
    correction_drop(&operands->unnamed, word, letter, value);
    operands->named[name] = value;
    operands->expects = !value;
    operands->expected = name;
}

void operands_note_source_port(struct operands *operands, const char *word, char letter,
                               const char *value)
{
    operands->source_word = word;
    operands->source_letter = letter;
    operands->source_port = value;
}

/* As if -p had been meant as the port to connect to, or to listen on. */
static struct operands take_source_port(const struct operands *operands)
{
    struct operands meant = *operands;

    if (operands->source_port) {
        correction_drop(&meant.unnamed, operands->source_word, operands->source_letter,
                        operands->source_port);
        meant.named[OPERAND_PORT] = operands->source_port;
    }
    return meant;
}

void operands_note_family(struct operands *operands, const char *word, char letter)
{
    operands->family_word = word;
    operands->family = letter;
}

void operands_note_value(struct operands *operands, const struct option_row *row, const char *value)
{
    if (!value || !ascii_is_number(value))
        return;
    operands->value = value;
    operands->taker = row;
}

/* `--idle 8080`: the beginning of a name is the option, and takes the next word. */
static int refuse_without_port(const struct operands *operands, struct err *err)
{
    const struct option_row *row = operands->taker;
    char text[CORRECTION_TEXT], typed[OPTION];

    correction_write(&operands->line, text);
    snprintf(typed, sizeof typed, "%s%.*s", *row->name ? "--" : "-", *row->name ? OPTION : 1,
             *row->name ? row->name : &row->letter);
    return err_set(err, ERR_USAGE, "which port? '%s' is the %s of %s; write %s PORT",
                   operands->value, row->argument, typed, text);
}

/* ---- operands that were given as options ---- */

/* "HOST PORT" by the names, and by the operand that is the other one. */
static void write_address(const struct operands *operands, bool needs_host, char address[ADDRESS])
{
    const char *host = operands->named[OPERAND_HOST], *port = operands->named[OPERAND_PORT];
    const char *other = operands->words[0];
    char host_text[ADDRESS / 2], port_text[ADDRESS / 2];

    if (!host && (port || operands->expected == OPERAND_PORT))
        host = other;
    else if (!port)
        port = other;
    correction_quote(host ? host : "", host_text, sizeof host_text);
    correction_quote(port ? port : "PORT", port_text, sizeof port_text);
    if (host)
        snprintf(address, ADDRESS, "%s %s", host_text, port_text);
    else
        snprintf(address, ADDRESS, "%s%s", needs_host ? "HOST " : "", port_text);
}

/* The address stands where the first of the options stood. */
static void write_unnamed(const struct operands *operands, bool needs_host,
                          char text[CORRECTION_TEXT])
{
    struct correction right = operands->unnamed;
    const char *left = right.changes[0].text;
    char address[ADDRESS], first[ADDRESS + 64];

    if (!operands->named[OPERAND_HOST] && !operands->named[OPERAND_PORT] && !operands->expects &&
        operands->count) {
        correction_write(&right, text);
        return;
    }
    write_address(operands, needs_host, address);
    snprintf(first, sizeof first, "%s%s%s", left ? left : "", left ? " " : "", address);
    right.changes[0].text = first;
    for (int i = 0; i < OPERANDS && i < operands->count; i++)
        correction_change(&right, operands->words[i], NULL);
    correction_write(&right, text);
}

static int refuse_listen(const struct operands *operands, struct err *err)
{
    struct operands meant = take_source_port(operands);
    char text[CORRECTION_TEXT];

    write_unnamed(&meant, false, text);
    return err_set(err, ERR_USAGE, "%s is a command here; write %s", operands->typed, text);
}

static int refuse_named(const struct options *options, const struct operands *operands,
                        struct err *err)
{
    char text[CORRECTION_TEXT];

    if (operands->is_listen)
        return refuse_listen(operands, err);
    write_unnamed(operands, options->command == COMMAND_CONNECT, text);
    return err_set(err, ERR_USAGE,
                   operands->typed_name == OPERAND_PORT
                       ? N_("%s is not needed; the port is an operand: write %s")
                       : N_("%s is not needed; the host is an operand: write %s"),
                   operands->typed, text);
}

/* ---- addresses ---- */

static int read_address(struct address *address, enum meant_place place, const char *first,
                        const char *second, const struct operands *operands, struct err *err)
{
    const struct meant_typed typed = {place,  &operands->line,       first,
                                      second, operands->family_word, operands->family};

    if (mistake_check_address(&typed, err) < 0 || mistake_check_lone(&typed, err) < 0 ||
        address_parse(address, first, second, place == MEANT_LISTEN, err) < 0)
        return -1;
    return inherited_check(address, err);
}

static int read_words(struct address *address, enum meant_place place,
                      const struct operands *operands, struct err *err)
{
    return read_address(address, place, operands->words[0], operands->words[1], operands, err);
}

/* The sockets of socket activation stand for operands that are missing. */
static int read_activation(struct address *address, const struct operands *operands,
                           struct err *err)
{
    int found = inherited_find(address, err);

    if (!found && operands->taker)
        return refuse_without_port(operands, err);
    if (!found)
        return err_set(err, ERR_USAGE, "which port? write tcpchat listen [HOST] PORT");
    return found < 0 ? -1 : inherited_check(address, err);
}

/* One word that is a host, and a value that may be its port. */
static bool lacks_port(const struct operands *operands, enum meant_place place)
{
    struct address address;

    return operands->count == 1 && operands->taker && !strchr(operands->words[0], ':') &&
           address_parse(&address, "localhost", operands->words[0], false, NULL) < 0 &&
           address_parse(&address, operands->words[0], NULL, place == MEANT_LISTEN, NULL) < 0 &&
           address_parse(&address, operands->words[0], operands->value, false, NULL) == 0;
}

static int read_listen(struct address *address, const struct operands *operands, struct err *err)
{
    if (!operands->count)
        return read_activation(address, operands, err);
    if (lacks_port(operands, MEANT_LISTEN))
        return refuse_without_port(operands, err);
    if (operands->count > OPERANDS)
        return err_set(err, ERR_USAGE, "'%.128s' is too much; write tcpchat listen [HOST] PORT",
                       operands->extra);
    return read_words(address, MEANT_LISTEN, operands, err);
}

static int read_connect(struct options *options, const struct operands *operands, struct err *err)
{
    struct address *address = &options->address;
    char text[CORRECTION_TEXT];

    if (!operands->count)
        return err_set(err, ERR_USAGE, "whom? write tcpchat connect HOST PORT");
    if (operands->count > OPERANDS)
        return err_set(err, ERR_USAGE, "'%.128s' is too much; write tcpchat connect HOST PORT",
                       operands->extra);
    if (operands->count == 1 && options->source_port && !strchr(operands->words[0], ':')) {
        struct operands meant = take_source_port(operands);

        write_unnamed(&meant, true, text);
        return err_set(err, ERR_USAGE, "which port? -p is the port of this side; write %s", text);
    }
    if (lacks_port(operands, MEANT_CONNECT))
        return refuse_without_port(operands, err);
    if (read_words(address, MEANT_CONNECT, operands, err) < 0)
        return -1;
    if (address_is_port_0(address))
        return err_set(err, ERR_USAGE, "nobody listens on port 0; ports go from 1 to 65535");
    return options->source ? numeric_check_source(options->source, &operands->line, err) : 0;
}

static int read_forward(struct options *options, const struct operands *operands, struct err *err)
{
    static const char tls[] = "tls:";
    const char *word = options->forward;

    if (!word)
        return 0;
    options->forward_tls = !strncmp(word, tls, strlen(tls));
    if (options->forward_tls)
        word += strlen(tls);
    if (read_address(&options->forward_address, MEANT_FORWARD, word, NULL, operands, err) < 0)
        return err_prefix(err, "--forward");
    if (address_is_port_0(&options->forward_address))
        return err_set(err, ERR_USAGE, "--forward: nobody listens on port 0");
    return 0;
}

int operands_read(struct options *options, const struct operands *operands, struct err *err)
{
    if (*operands->typed)
        return refuse_named(options, operands, err);
    if (read_forward(options, operands, err) < 0)
        return -1;
    return options->command == COMMAND_LISTEN ? read_listen(&options->address, operands, err)
                                              : read_connect(options, operands, err);
}
