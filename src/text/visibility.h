/* SPDX-License-Identifier: GPL-3.0-or-later */
/* visibility: how a terminal may show a character, by the categories of utf8proc. */
#pragma once

#include <stdint.h>

enum visibility {
    VISIBLE,
    MARK,
    JOINER,
    DROPPED,
    CONTROL, /* shown as ^X */
    HIDDEN,  /* shown as <U+XXXX> */
};

enum visibility visibility_of(uint32_t scalar);
