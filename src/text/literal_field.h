/* SPDX-License-Identifier: GPL-3.0-or-later */
/* literal_field: a field of a literal, such as {crc16-modbus from 1 be}, from its words to a piece.
 */
#pragma once

#include "base/must_check.h"
#include "text/literal_pieces.h"

/* Whether the text at parser->at, a brace, opens a field and is not the brace itself. */
bool literal_field_begins(const struct literal_parser *parser);

/* Takes the field that begins at parser->at, up to its other brace. -1 and ERR_USAGE or ERR_LOCAL
 * in parser->err. */
MUST_CHECK int literal_field_parse(struct literal_parser *parser);
