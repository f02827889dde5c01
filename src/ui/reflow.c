/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/reflow.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ui/row.h"

static enum { UNKNOWN, CUTS, REFLOWS } habit; /* of the terminal */

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

/* Terminals that are known to reflow. Over ssh most of these variables are lost. */
static bool is_named(void)
{
    static const char *const variables[] = {
        "TMUX",          "VTE_VERSION", "KITTY_WINDOW_ID", "KONSOLE_VERSION",
        "ALACRITTY_LOG", "WT_SESSION",  "TERM_PROGRAM",    "WEZTERM_PANE"};
    static const char *const kinds[] = {"tmux",    "alacritty", "foot",    "xterm-kitty",
                                        "wezterm", "vte",       "konsole", "xterm-ghostty"};
    const char *kind = getenv("TERM");

    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        if (getenv(variables[i]))
            return true;
    for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++)
        if (!strncmp(kind, kinds[i], strlen(kinds[i])))
            return true;
    return false;
}

/* As these terminals answer. Several share a kind: the version tells them apart. */
void reflow_identify(unsigned kind, unsigned version)
{
    static const struct {
        unsigned kind, first, last, habit;
    } known[] = {
        {41, 320, 320, REFLOWS},       /* Termux */
        {41, 0, UINT_MAX, CUTS},       /* xterm */
        {82, 0, UINT_MAX, CUTS},       /* rxvt */
        {83, 0, UINT_MAX, CUTS},       /* GNU screen */
        {0, 136, 136, CUTS},           /* PuTTY */
        {84, 0, UINT_MAX, REFLOWS},    /* tmux */
        {0, 10, 10, REFLOWS},          /* Windows Terminal */
        {0, 95, 95, REFLOWS},          /* iTerm2 */
        {0, 115, 115, REFLOWS},        /* Konsole */
        {0, 276, 276, REFLOWS},        /* xterm.js */
        {0, 1000, UINT_MAX, REFLOWS},  /* Alacritty */
        {1, 0, 299, REFLOWS},          /* Terminal.app, WezTerm, Ghostty */
        {1, 3600, UINT_MAX, REFLOWS},  /* kitty, foot, VTE since 0.36 */
        {61, 3600, UINT_MAX, REFLOWS}, /* VTE */
        {65, 3600, UINT_MAX, REFLOWS}, /* VTE */
        {64, 2500, 2500, REFLOWS},     /* iTerm2 */
    };

    for (size_t i = 0; i < sizeof known / sizeof *known && habit == UNKNOWN; i++)
        if (known[i].kind == kind && known[i].first <= version && version <= known[i].last)
            habit = known[i].habit;
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
    return !is_named() &&
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

    if (habit == UNKNOWN && is_named())
        habit = REFLOWS;
    if (column >= 0 && fits_cut(reflow, (unsigned)column) != fits_reflow(reflow, (unsigned)column))
        habit = fits_cut(reflow, (unsigned)column) ? CUTS : REFLOWS;
    if (habit == UNKNOWN)
        return cut < reflowed ? cut : reflowed;
    return habit == CUTS ? cut : reflowed;
}
