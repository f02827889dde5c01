/* SPDX-License-Identifier: GPL-3.0-or-later */
/* views: the forms in which a terminal shows messages (--view, /view); ui/view draws them. */
#pragma once

enum view {
    VIEW_PLAIN, /* the text alone */
    VIEW_TEXT,
    VIEW_HEX,
    VIEW_BOTH,
    VIEW_CHUNKS,
    VIEWS
};

/* The words of --view; that of VIEW_PLAIN is for /view only. */
extern const char *const view_names[VIEWS];
