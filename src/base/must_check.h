/* SPDX-License-Identifier: GPL-3.0-or-later */
/* must_check: for functions whose failure loses something where nobody looks, most of them because
 * memory is short. The compiler warns where a caller drops the result. */
#pragma once

#define MUST_CHECK __attribute__((warn_unused_result))
