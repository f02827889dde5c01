/* SPDX-License-Identifier: GPL-3.0-or-later */
/* module: all that bot/ calls of bot/pattern, in one table.
 *
 * PCRE2 is a library of 600 KB. bot/pattern and this file are a module, tcpchat-bot.so, which
 * cli/modules loads with --rules and --script only. */
#pragma once

#include "bot/pattern.h"

/* See pattern. */
struct bot_module {
    struct pattern *(*compile)(const char *text, size_t n, unsigned flags,
                               struct pattern_fault *fault);
    void (*free)(struct pattern *pattern);
    unsigned (*groups)(const struct pattern *pattern);
    enum pattern_result (*search)(const struct pattern *pattern,
                                  const struct pattern_search *search, struct pattern_match *match);
};

extern const struct bot_module bot_module;
