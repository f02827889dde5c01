/* SPDX-License-Identifier: GPL-3.0-or-later */
/* recorder: the form in which a tap writes a recording (--record): text/recording has its lines,
 * in both directions, with the beginning and the ends. */
#pragma once

#include "io/tap.h"

extern const struct tap_form recorder_form;
