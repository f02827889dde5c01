/* SPDX-License-Identifier: GPL-3.0-or-later */
/* encoder: from UTF-8 to a charset.
 *
 * The text need not be valid: a fault of UTF-8 stops a pass as a fault of any charset does. */
#pragma once

#include "text/charset.h"
#include "text/pass.h"

/* Encodes up to the end, or to what stops the pass. */
enum pass_stop encoder_pass(struct charset *charset, struct pass *pass);

/* The number of a character's bytes; 0: the charset lacks it. */
size_t encoder_length(struct charset *charset, uint32_t scalar);
