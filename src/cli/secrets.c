/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/secrets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "net/proxy.h"

enum { SHORTEST = 4 /* "prox": whatever getopt says about it */ };

/* A hyphen, or a byte of a dash that an input method typed. */
static bool is_dash(char c)
{
    return c == '-' || (unsigned char)c >= 0x80;
}

/* Whether the first n bytes of a word are the option, or its beginning. */
static bool begins(const char *word, size_t n, const char *option)
{
    size_t dashes = 0;

    while (dashes < n && is_dash(word[dashes]))
        dashes++;
    n -= dashes;
    return dashes && n >= SHORTEST && n <= strlen(option) && !strncmp(word + dashes, option, n);
}

void secrets_free(char *secret)
{
    if (secret)
        explicit_bzero(secret, strlen(secret));
    free(secret);
}

void secrets_protect(void)
{
    prctl(PR_SET_DUMPABLE, 0);
}

char *secrets_take(int argc, char **argv)
{
    char *login = NULL;

    for (int i = 1; i < argc; i++) {
        size_t n = strcspn(argv[i], "=");
        char *value = argv[i][n] ? argv[i] + n + 1 : i + 1 < argc ? argv[i + 1] : NULL;

        if (value && begins(argv[i], n, "proxy")) {
            secrets_free(login);
            login = proxy_take_login(value);
        } else if (value && begins(argv[i], n, "proxy-auth")) {
            memset(value, '*', strlen(value));
        }
    }
    if (login)
        secrets_protect();
    return login;
}
