/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tty.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "ui/memory.h"

/* From the terminal library. Its header defines macros with common names. */
int tgetent(char *unused, const char *kind);
char *tgetstr(const char *capability, char **area);

/* A terminal that erases the rest of a row by ESC [ knows the other sequences too. */
static bool find_ability(void)
{
    const char *kind = getenv("TERM");
    char storage[1024], *area = storage;
    const char *erase;

    if (!kind || memory_try(NULL) < 0 || tgetent(NULL, kind) != 1)
        return false;
    erase = tgetstr("ce", &area);
    return erase && !strncmp(erase, "\033[", 2);
}

bool tty_is_able(void)
{
    static enum { UNASKED, ABLE, UNABLE } answer;

    if (answer == UNASKED)
        answer = find_ability() ? ABLE : UNABLE;
    return answer == ABLE;
}

unsigned tty_columns(void)
{
    struct winsize size = {0};

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    return size.ws_col ? size.ws_col : 80;
}

unsigned tty_rows(void)
{
    struct winsize size = {0};

    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
    return size.ws_row ? size.ws_row : 24;
}
