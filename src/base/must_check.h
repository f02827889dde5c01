/* SPDX-License-Identifier: GPL-3.0-or-later */
/* must_check: the mark of functions whose unnoticed failure would lose data, mostly without memory.
 * The compiler warns where a caller drops the result. */
#pragma once

#define MUST_CHECK __attribute__((warn_unused_result))
