/* SPDX-License-Identifier: GPL-3.0-or-later */
/* inbox: a member's own words: read, framed as messages or taken as they come, decoded, said.
 *
 * A part of member: it uses the fields of struct member, and tells what it says by the member's
 * events; within these the member may leave. */
#pragma once

#include "room/member.h"

void inbox_init(struct member *member);

/* Reads and says what there is, as long as the member may speak; then the loop watches for more. */
void inbox_go_on(struct member *member);

/* Our time is up: what has arrived is said, whether it may speak or not, and the member has ended.
 */
void inbox_end_in_time(struct member *member, enum member_end how, const struct err *err);
