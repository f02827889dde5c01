/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/reflow.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ui/row.h"

static enum habit { UNKNOWN, CUTS, REFLOWS, REWINDS } habit; /* of the terminal */

/* The first one counts: a terminal may have been started in another one, and inherits its
 * variables, but never its TERM. Over ssh most of the variables are lost. */
static const struct {
    const char *variable, *begins;
    enum habit habit;
} named[] = {
    {"TMUX", "", REFLOWS},
    {"STY", "", REFLOWS},
    {"TERM", "tmux", REFLOWS},
    {"TERM", "alacritty", REFLOWS},
    {"TERM", "foot", REFLOWS},
    {"TERM", "xterm-kitty", REFLOWS},
    {"TERM", "wezterm", REFLOWS},
    {"TERM", "vte", REFLOWS},
    {"TERM", "konsole", REWINDS},
    {"TERM", "rxvt-unicode", REWINDS},
    {"TERM", "xterm-ghostty", REFLOWS},
    {"TERM", "st-", CUTS},
    {"TERM", "mlterm", CUTS},
    {"TERM", "Eterm", CUTS},
    {"TERM", "putty", CUTS},
    {"XTERM_VERSION", "", CUTS},
    {"TERM_PROGRAM", "", REFLOWS},
    {"VTE_VERSION", "", REFLOWS},
    {"KITTY_WINDOW_ID", "", REFLOWS},
    {"ALACRITTY_LOG", "", REFLOWS},
    {"WT_SESSION", "", REFLOWS},
    {"WEZTERM_PANE", "", REFLOWS},
    {"KONSOLE_VERSION", "", REWINDS},
};

/* As these terminals answer. Several share a kind: the version tells them apart. */
static const struct {
    unsigned kind, first, last;
    enum habit habit;
} identified[] = {
    {41, 320, 320, REFLOWS},       /* Termux */
    {41, 0, UINT_MAX, CUTS},       /* xterm */
    {0, 136, 136, CUTS},           /* PuTTY */
    {0, 115, 115, CUTS},           /* QTerminal */
    {24, 279, 279, CUTS},          /* mlterm */
    {64, 0, 0, CUTS},              /* Zutty */
    {83, 0, UINT_MAX, REFLOWS},    /* GNU screen */
    {84, 0, UINT_MAX, REFLOWS},    /* tmux */
    {0, 10, 10, REFLOWS},          /* Windows Terminal */
    {0, 95, 95, REFLOWS},          /* iTerm2 */
    {0, 276, 276, REFLOWS},        /* xterm.js */
    {0, 1000, UINT_MAX, REFLOWS},  /* Alacritty */
    {1, 115, 115, REWINDS},        /* Konsole */
    {85, 0, UINT_MAX, REWINDS},    /* rxvt-unicode */
    {1, 0, 299, REFLOWS},          /* Terminal.app, WezTerm, Ghostty */
    {1, 3600, 99999, REFLOWS},     /* kitty, foot, VTE since 0.36 */
    {61, 3600, UINT_MAX, REFLOWS}, /* VTE */
    {65, 3600, UINT_MAX, REFLOWS}, /* VTE */
    {64, 2500, 2500, REFLOWS},     /* iTerm2 */
};

static enum habit habit_of_environment(void)
{
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        const char *value = getenv(named[i].variable);

        if (value && !strncmp(value, named[i].begins, strlen(named[i].begins)))
            return named[i].habit;
    }
    return UNKNOWN;
}

void reflow_identify(unsigned kind, unsigned version)
{
    for (size_t i = 0; i < sizeof identified / sizeof *identified && habit == UNKNOWN; i++)
        if (identified[i].kind == kind && identified[i].first <= version &&
            version <= identified[i].last)
            habit = identified[i].habit;
}

void reflow_init(struct reflow *reflow, struct buf text, size_t cursor, unsigned columns)
{
    *reflow = (struct reflow){text, cursor, columns, columns, columns};
}

void reflow_fini(struct reflow *reflow)
{
    buf_fini(&reflow->text);
}

void reflow_resize(struct reflow *reflow, unsigned columns)
{
    reflow->columns = columns;
    if (columns < reflow->least)
        reflow->least = columns;
}

static struct row_end cursor_at(const struct reflow *reflow, unsigned columns)
{
    return row_end(buf_bytes(&reflow->text), reflow->cursor, columns);
}

static unsigned height_at(const struct reflow *reflow, unsigned columns)
{
    return row_end(buf_bytes(&reflow->text), buf_length(&reflow->text), columns).rows;
}

bool reflow_is_doubtful(const struct reflow *reflow)
{
    enum habit known = habit_of_environment();

    return (known == UNKNOWN || known == REFLOWS) &&
           (height_at(reflow, reflow->drawn) > 1 || height_at(reflow, reflow->least) > 1);
}

/* A cut takes the cursor along to the last column that is left. */
static bool fits_cut(const struct reflow *reflow, unsigned column)
{
    unsigned before = cursor_at(reflow, reflow->drawn).column;

    return column == (before < reflow->least ? before : reflow->least - 1);
}

/* Behind a row that is full the cursor stands in the next one, or still in the last column. */
static bool fits_reflow(const struct reflow *reflow, unsigned column)
{
    unsigned after = cursor_at(reflow, reflow->columns).column;

    return column == after || (after == 0 && column == reflow->columns - 1);
}

unsigned reflow_rows_above(const struct reflow *reflow, int column)
{
    unsigned cut = cursor_at(reflow, reflow->drawn).rows - 1;
    unsigned reflowed = cursor_at(reflow, reflow->columns).rows - 1;
    unsigned at = (unsigned)column;

    if (habit == UNKNOWN)
        habit = habit_of_environment();
    if (column >= 0 && habit != REWINDS && fits_cut(reflow, at) != fits_reflow(reflow, at))
        habit = fits_cut(reflow, at) ? CUTS : REFLOWS;
    switch (habit) {
    case CUTS: return cut;
    case REFLOWS: return reflowed;
    case REWINDS: return 0;
    case UNKNOWN: break;
    }
    return cut < reflowed ? cut : reflowed;
}

bool reflow_begins_above(const struct reflow *reflow, int row, int column)
{
    struct row_end cursor = cursor_at(reflow, reflow->columns);

    return habit == REFLOWS && row >= 0 && (unsigned)row < cursor.rows - 1 &&
           (unsigned)column == cursor.column;
}
