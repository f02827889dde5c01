/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/operands.h"

#include <string.h>

#include "cli/mistake.h"
#include "net/inherited.h"

int operands_take(struct operands *operands, enum command command, const char *word,
                  struct err *err)
{
    if (operands->count < OPERANDS)
        operands->words[operands->count] = word;
    operands->count++;
    return mistake_check_dash(command, word, err);
}

/* ---- addresses ---- */

static bool is_port_0(const struct address *address)
{
    return address->kind == ADDRESS_TCP && strspn(address->port, "0") == strlen(address->port);
}

static int read_address(struct address *address, enum mistake_place place, const char *first,
                        const char *second, struct err *err)
{
    if (mistake_check_address(place, first, second, err) < 0 ||
        address_parse(address, first, second, place == MISTAKE_LISTEN, err) < 0 ||
        mistake_check_host(place, address, err) < 0)
        return -1;
    return inherited_check(address, err);
}

/* The sockets of socket activation stand for operands that are missing. */
static int read_activation(struct address *address, struct err *err)
{
    int found = inherited_find(address, err);

    if (!found)
        return err_set(err, ERR_USAGE, "which port? write tcpchat listen [HOST] PORT");
    return found < 0 ? -1 : inherited_check(address, err);
}

static int read_listen(struct address *address, const struct operands *operands, struct err *err)
{
    if (!operands->count)
        return read_activation(address, err);
    if (operands->count > OPERANDS)
        return err_set(err, ERR_USAGE, "too many operands; write tcpchat listen [HOST] PORT");
    return read_address(address, MISTAKE_LISTEN, operands->words[0], operands->words[1], err);
}

static int read_connect(struct options *options, const struct operands *operands, struct err *err)
{
    struct address *address = &options->address;

    if (!operands->count)
        return err_set(err, ERR_USAGE, "whom? write tcpchat connect HOST PORT");
    if (operands->count > OPERANDS)
        return err_set(err, ERR_USAGE, "too many operands; write tcpchat connect HOST PORT");
    if (operands->count == 1 && options->source_port && !strchr(operands->words[0], ':'))
        return err_set(err, ERR_USAGE,
                       "which port? -p is the port of this side; write tcpchat connect %s %u",
                       operands->words[0], options->source_port);
    if (read_address(address, MISTAKE_CONNECT, operands->words[0], operands->words[1], err) < 0)
        return -1;
    if (is_port_0(address))
        return err_set(err, ERR_USAGE, "nobody listens on port 0; ports go from 1 to 65535");
    return 0;
}

static int read_forward(struct options *options, struct err *err)
{
    struct err why;

    if (!options->forward)
        return 0;
    if (read_address(&options->forward_address, MISTAKE_FORWARD, options->forward, NULL, &why) < 0)
        return err_set(err, why.kind, "--forward: %s", why.sentence);
    if (is_port_0(&options->forward_address))
        return err_set(err, ERR_USAGE, "--forward: nobody listens on port 0");
    return 0;
}

int operands_read(struct options *options, const struct operands *operands, struct err *err)
{
    int result = options->command == COMMAND_LISTEN ? read_listen(&options->address, operands, err)
                                                    : read_connect(options, operands, err);

    return result < 0 ? -1 : read_forward(options, err);
}
