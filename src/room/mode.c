/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "room/mode.h"

/* clang-format off */
const struct mode modes[MODE_SHAPES] = {
    [MODE_CONNECT] = {
        .one_peer = true, .framed = true, .telnet = true, .typed = true, .drops_bom = true,
        .announces = true, .silence_ms = 50, .cr_ms = 50, .key_ms = 1000, .letter_ms = 1000},
    [MODE_LISTEN] = {
        .framed = true, .evicts = true, .telnet = true, .typed = true, .drops_bom = true,
        .announces = true, .silence_ms = 50, .cr_ms = 50, .key_ms = 1000, .letter_ms = 1000},
    [MODE_KEEP_OPEN] = {
        .merges = true, .evicts = true, .telnet = true, .shuts_down = true},
    [MODE_CHAT] = {
        .mesh = true, .named = true, .framed = true, .evicts = true, .answers = true,
        .telnet = true, .typed = true, .drops_bom = true, .announces = true, .per_host = 256,
        .silence_ms = 1000, .cr_ms = 50, .key_ms = 1000, .letter_ms = 1000,
        .line_ms = 60000},
    [MODE_BROKER] = {
        .mesh = true, .evicts = true},
    [MODE_BROKER_TERMINAL] = {
        .mesh = true, .framed = true, .evicts = true, .drops_bom = true, .announces = true,
        .silence_ms = 50, .letter_ms = 1000},
    [MODE_REPLY] = {
        .framed = true, .evicts = true, .answers = true, .telnet = true, .shuts_down = true,
        .silence_ms = 50, .letter_ms = 1000},
    [MODE_SCRIPT] = {
        .evicts = true, .answers = true, .telnet = true, .shuts_down = true},
};
/* clang-format on */
