/* SPDX-License-Identifier: GPL-3.0-or-later */
/* secrets: the words of a command line that nobody else may read. Every user of the machine sees
 * the command line (ps(1)), and a sentence about a mistake repeats it. */
#pragma once

/* Overwrites the USER:PASS of each --proxy, and of ncat's --proxy-auth. Returns that of the last
 * --proxy, which the caller frees by secrets_free; NULL: there is none. A process with one is
 * protected (secrets_protect). */
char *secrets_take(int argc, char **argv);

void secrets_free(char *secret);

/* From now on no core file has the memory of this process, as with the keys of TLS. Before a secret
 * is read. */
void secrets_protect(void);
