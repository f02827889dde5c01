/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/secrets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "net/proxy.h"

enum { SHORTEST = 4 /* "prox": whatever getopt says about it */ };

/* Whether the first n bytes of a word are the option, or its beginning, behind whatever was typed
 * for its hyphens. */
static bool begins(const char *word, size_t n, const char *option)
{
    size_t dashes = 0;

    while (dashes < n && !ascii_is_letter(word[dashes]))
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
    return login;
}
