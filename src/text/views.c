/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "text/views.h"

const char *const view_names[VIEWS] = {
    [VIEW_PLAIN] = "off", [VIEW_TEXT] = "text",     [VIEW_HEX] = "hex",
    [VIEW_BOTH] = "both", [VIEW_CHUNKS] = "chunks",
};
