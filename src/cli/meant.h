/* SPDX-License-Identifier: GPL-3.0-or-later */
/* meant: the words of an address on the command line, as they were typed and as they were meant.
 *
 * HOST, PORT, [HOST] and INTERFACE stand for words that are missing. Both structs are plain data.
 */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "cli/correction.h"
#include "cli/typing.h"
#include "net/address.h"

enum {
    MEANT_WORD = TYPING_WORD,
    MEANT_WORDS = 2 * MEANT_WORD,
    MEANT_ADDRESS = 2 * MEANT_WORDS + 8, /* both words, and --tls */
};

/* The place of the address, which decides how the address is written. */
enum meant_place { MEANT_CONNECT, MEANT_LISTEN, MEANT_FORWARD };

struct meant_typed {
    enum meant_place place;
    const struct correction *line; /* as it was typed */
    const char *first, *second;    /* words of it; second may be NULL */
    const char *family_word;       /* with the letter of -4 or -6; NULL: none was given */
    char family;
};

struct meant {
    char first[MEANT_WORDS];
    char second[MEANT_WORD]; /* empty: the first word is all */
    char word[MEANT_WORDS];  /* that the mistake is in */
    const char *mistake;     /* "'%.128s' is a URL; write %s" */
    const char *question;    /* in place of it: "which port? write %s"; NULL: none */
    const char *extra;       /* another word of the line that is part of the address; NULL: none */
    bool drops_family;       /* the option is left out */
    bool adds_tls;           /* --tls stands in front */
};

/* Sets all of *meant for a host and a port, or for one word, and returns true. An empty host is one
 * that `listen` does not need; PORT stands for NULL, an empty port, and 0 where nobody listens. */
bool meant_set(struct meant *meant, enum meant_place place, const char *host, const char *port,
               const char *word, const char *mistake);
bool meant_set_word(struct meant *meant, const char *first, const char *word, const char *mistake);

/* The words that were meant in place of those that were typed. */
struct meant_typed meant_as_typed(const struct meant *meant, const struct meant_typed *typed);

/* Corrects the words that were meant by *next, which is about them. The mistake of *next is told in
 * place of a question. */
void meant_follow(struct meant *meant, const struct meant *next);

/* Whether the words are an address of TCP, also where the port is missing or stands for one. */
bool meant_is_host(const struct meant_typed *typed, struct address *address);

bool meant_is_address(const char *host, const char *port);
bool meant_is_port(const char *word);

/* ERR_USAGE with the mistake or the question, and the right command. Returns -1. */
int meant_refuse(const struct meant *meant, const struct meant_typed *typed, struct err *err);
