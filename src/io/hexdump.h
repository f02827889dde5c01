/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hexdump: the form in which a tap writes a hex dump (-x).
 *
 * A piece is a head and rows of sixteen bytes as hexdump -C writes them. The head has the local
 * time, the direction (< received, > sent), the far end, made safe, and the count:
 *
 *     2026-11-24 18:36:40.123456 < 127.0.0.1:53122 27 bytes
 *     00000000  e4 bd a0 e5 a5 bd 0a 68  65 6c 6c 6f 20 66 72 6f  |.......hello fro|
 *     00000010  6d 20 74 68 65 20 63 61  6c 6c 65                 |m the calle|
 */
#pragma once

#include "io/tap.h"

/* Both directions. */
extern const struct tap_form hexdump_form;
