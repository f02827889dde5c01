/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/reflow.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "ui/row.h"

/* The terminal's. BY_PLACE is that of rxvt-unicode. */
static enum habit { UNKNOWN, CUTS, REFLOWS, REWINDS, BY_PLACE } habit;
static bool is_tmux;

enum { TMUX = 84 };

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
    {"TERM", "rxvt-unicode", BY_PLACE},
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
    {41, 320, 320, REFLOWS},    /* Termux */
    {41, 0, UINT_MAX, CUTS},    /* xterm */
    {0, 136, 136, CUTS},        /* PuTTY */
    {0, 115, 115, CUTS},        /* QTerminal */
    {24, 279, 279, CUTS},       /* mlterm */
    {64, 0, 0, CUTS},           /* Zutty */
    {83, 0, UINT_MAX, REFLOWS}, /* GNU screen */
    {TMUX, 0, UINT_MAX, REFLOWS},
    {0, 10, 10, REFLOWS},          /* Windows Terminal */
    {0, 95, 95, REFLOWS},          /* iTerm2 */
    {0, 276, 276, REFLOWS},        /* xterm.js */
    {0, 1000, UINT_MAX, REFLOWS},  /* Alacritty */
    {1, 115, 115, REWINDS},        /* Konsole */
    {85, 0, UINT_MAX, BY_PLACE},   /* rxvt-unicode */
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
    is_tmux = kind == TMUX;
    for (size_t i = 0; i < sizeof identified / sizeof *identified && habit == UNKNOWN; i++)
        if (identified[i].kind == kind && identified[i].first <= version &&
            version <= identified[i].last)
            habit = identified[i].habit;
}

bool reflow_needs_place(void)
{
    return (habit == UNKNOWN ? habit_of_environment() : habit) == BY_PLACE;
}

void reflow_init(struct reflow *reflow, struct buf text, size_t cursor, struct extent screen,
                 struct place *place)
{
    *reflow = (struct reflow){text, cursor, screen, screen, screen, place};
}

void reflow_fini(struct reflow *reflow)
{
    buf_fini(&reflow->text);
}

void reflow_resize(struct reflow *reflow, struct extent screen)
{
    reflow->now = screen;
    if (screen.columns < reflow->least.columns)
        reflow->least.columns = screen.columns;
    if (screen.rows < reflow->least.rows)
        reflow->least.rows = screen.rows;
}

static struct row_end cursor_at(const struct reflow *reflow, unsigned columns)
{
    return row_end(buf_bytes(&reflow->text), reflow->cursor, columns);
}

static struct row_end end_at(const struct reflow *reflow, unsigned columns)
{
    return row_end(buf_bytes(&reflow->text), buf_length(&reflow->text), columns);
}

bool reflow_is_doubtful(const struct reflow *reflow)
{
    enum habit known = habit_of_environment();

    if (known == CUTS || known == REWINDS)
        return false;
    if (known == BY_PLACE)
        return true;
    return end_at(reflow, reflow->drawn.columns).rows > 1 ||
           end_at(reflow, reflow->least.columns).rows > 1;
}

/* A cut takes the cursor along to the last column that is left. */
static bool fits_cut(const struct reflow *reflow, unsigned column)
{
    unsigned before = cursor_at(reflow, reflow->drawn.columns).column;
    unsigned least = reflow->least.columns;

    return column == (before < least ? before : least - 1);
}

/* Behind a row that is full the cursor stands in the next one, or still in the last column; tmux
 * reports a column more. */
static bool is_behind_full_row(const struct reflow *reflow, unsigned column)
{
    return column + 1 >= reflow->now.columns && cursor_at(reflow, reflow->now.columns).column == 0;
}

static bool fits_reflow(const struct reflow *reflow, unsigned column)
{
    return column == cursor_at(reflow, reflow->now.columns).column ||
           is_behind_full_row(reflow, column);
}

static unsigned rows_above_by_place(const struct reflow *reflow, int row)
{
    struct place_line line = {
        .above = cursor_at(reflow, reflow->drawn.columns).rows - 1,
        .end = end_at(reflow, reflow->drawn.columns),
        .drawn = reflow->drawn,
        .least = reflow->least,
        .now = reflow->now,
    };

    return place_rows_above(reflow->place, &line, row);
}

unsigned reflow_rows_above(const struct reflow *reflow, int row, int column)
{
    unsigned cut = cursor_at(reflow, reflow->drawn.columns).rows - 1;
    unsigned reflowed = cursor_at(reflow, reflow->now.columns).rows - 1;
    unsigned at = (unsigned)column;

    if (habit == UNKNOWN)
        habit = habit_of_environment();
    if (column >= 0 && habit != REWINDS && habit != BY_PLACE &&
        fits_cut(reflow, at) != fits_reflow(reflow, at))
        habit = fits_cut(reflow, at) ? CUTS : REFLOWS;
    switch (habit) {
    case CUTS: return cut;
    case REFLOWS: return column >= 0 && is_behind_full_row(reflow, at) ? reflowed - 1 : reflowed;
    case REWINDS: return 0;
    case BY_PLACE: return rows_above_by_place(reflow, row);
    case UNKNOWN: break;
    }
    return cut < reflowed ? cut : reflowed;
}

bool reflow_begins_above(const struct reflow *reflow, int row, int column)
{
    struct row_end cursor = cursor_at(reflow, reflow->now.columns);

    return habit == REFLOWS && row >= 0 && (unsigned)row < cursor.rows - 1 &&
           (unsigned)column == cursor.column;
}

bool reflow_is_by_tmux(const struct reflow *reflow, int column)
{
    return is_tmux && habit == REFLOWS && column >= 0 &&
           (unsigned)column == cursor_at(reflow, reflow->now.columns).column;
}
