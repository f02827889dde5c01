/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topics: the pages of `tcpchat help TOPIC`, without their options, which come from the table. */
#pragma once

#include "cli/option_table.h"

/* Texts are wrapped already, end with a line end, and have no line of more than 79 columns. */
struct topic_page {
    const char *name;
    const char *summary;  /* half a line, in the list of topics */
    const char *text;     /* a few sentences */
    const char *examples; /* commands, each with a remark */
    const char *sections; /* of the manual */
};

extern const struct topic_page topic_pages[TOPICS];

/* The topic of a name, or of a word that people use for it ("room"), in any case. NULL: there is
 * no such topic. */
const struct topic_page *topic_find(const char *name);
