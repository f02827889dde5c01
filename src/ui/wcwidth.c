/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wcwidth(), in place of the C library's: readline asks it where the cursor stands.
 *
 * readline runs in a UTF-8 locale (see prompt), so the C library would give the widths of a UTF-8
 * terminal, also where the terminal speaks another charset. The prompt shows U+FFFD for a character
 * that is not visible. A shared readline calls this function, too. */
#include <wchar.h>

#include "text/safetext.h"
#include "text/width.h"

int wcwidth(wchar_t character)
{
    uint32_t scalar = (uint32_t)character;

    if (scalar == 0)
        return 0;
    if (scalar < 0x20 || scalar == 0x7F)
        return -1;
    return (int)width_of(safetext_is_plain(scalar) ? scalar : 0xFFFD);
}
