/* SPDX-License-Identifier: GPL-3.0-or-later */
/* features: the parts and protections of this build, as words for --version.
 *
 * A word stands for a fact: a macro of the compiler, a macro that CMake sets for a flag that it has
 * applied, or an entry in the program's own ELF headers. */
#pragma once

#include <stddef.h>

/* Writes "Features: iconv-glibc readline-static pie ...", cut to `size` bytes with its NUL. */
void features_write(char *line, size_t size);
