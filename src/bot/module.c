/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bot/module.h"

__attribute__((visibility("default"))) const struct bot_module bot_module = {
    .compile = pattern_new,
    .free = pattern_free,
    .groups = pattern_groups,
    .search = pattern_search,
};
