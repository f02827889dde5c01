/* forgery: what a member of a chat may not be called or do, because the room itself speaks so.
 *
 * Each line of the room's own begins with a star, and so does what a member does: "* NAME TEXT". So
 * that nobody's name and text together read as the room's sentence,
 *
 * - A sentence about a member is "* NAME" and a notice: "joined", "left", "is now NAME". No text
 *   begins like one, nor behind numbers, signs or a word that may be taken for a part of the name
 *   ("* peer" "9 joined"). No text is unseen, which would leave "* NAME", as /who lists them.
 *
 * - Any other sentence begins with a sign that no name begins with ("/me takes a text"), with a
 *   number, or with a head. No name looks like a number or a head.
 *
 * tests/lint/test_sentences.py holds all sentences that there are against this. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "text/looks.h"

/* Whether a name of these looks begins a sentence. */
bool forgery_is_head(const struct looks *looks);

/* Of a text as it is shown: whether it reads as a notice, or there is nothing to be seen. */
bool forgery_is_notice(const char *shown, size_t n);
bool forgery_is_unseen(const char *shown, size_t n);
