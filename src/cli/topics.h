/* SPDX-License-Identifier: GPL-3.0-or-later */
/* topics: the pages of `tcpchat help TOPIC`, without their options, which come from the table. */
#pragma once

#include "cli/option_table.h"

enum { TOPIC_EXAMPLES = 6 };

/* All but names and commands are messages of gettext. */
struct topic_page {
    char name[16];
    char summary[52]; /* half a line, in the list of topics */
    char text[672];   /* paragraphs, each a line */
    struct {
        char command[80]; /* "": there are no more */
        char remark[40];  /* "": none */
    } examples[TOPIC_EXAMPLES];
    char sections[52]; /* of the manual */
};

extern const struct topic_page topic_pages[TOPICS];

/* The topic of a name, or of a word that people use for it ("room"), in any case. NULL: there is
 * no such topic. */
const struct topic_page *topic_find(const char *name);
