/* SPDX-License-Identifier: GPL-3.0-or-later */
/* view: a message with its time, its length and its bytes (--view).
 *
 *     peer│ 16:02:11.482     7 B │ ␂ACK␃          text
 *
 *     peer│ 16:02:11.482 · 7 B                    hex
 *         │0000 02 41 43 4b 03 0d 0a    ␂ACK␃␍␊
 *
 * both has the rows of text and those of bytes; chunks has a row of text for each read. In a narrow
 * window, time and length have a row of their own. A row of bytes touches the bar, as no text does.
 *
 * Controls are pictures (U+2400 to U+2421), dim where there are colours; a picture that a peer has
 * sent is <U+24XX>. A terminal without pictures shows \xHH, and a backslash as \\. All else is as
 * safetext has it. Bytes that are no character are \xHH where the view reads them itself; beside
 * their digits they are a middle dot each, or a dim full stop without pictures. */
#pragma once

#include "ui/view_parts.h"

/* Appends the rows, without an LF at the end. -1 where `out` is at its cap or memory is short. */
MUST_CHECK int view_render(const struct view_message *message, const struct view_style *style,
                           struct buf *out);
