/* SPDX-License-Identifier: GPL-3.0-or-later */
/* own_file: files that belong to the program, found from its own place.
 *
 * A build has them beside the program; `cmake --install` puts them elsewhere under the same prefix,
 * which may be chosen then. No variable of the environment names another place: a module is code,
 * and a catalogue has the formats of sentences. */
#pragma once

#include <limits.h>

enum { OWN_FILE_PATH = 2 * PATH_MAX };

/* The path of `beside`, which stands in the program's folder; or of `installed`, seen from there,
 * where `beside` is missing. */
void own_file_find(char path[OWN_FILE_PATH], const char *beside, const char *installed);
