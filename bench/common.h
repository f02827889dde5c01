/* SPDX-License-Identifier: GPL-3.0-or-later */
/* common: what the programs of this folder share: time, sockets of 127.0.0.1, and a listener that
 * is measured.
 *
 * A failure is told on standard error and ends the program with 1. (Linux: /proc.) */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

__attribute__((format(printf, 1, 2), noreturn)) void die(const char *format, ...);

/* Returns the result of a system call, unless it is negative: that is a failure. */
int check(int result, const char *what);

/* Seconds. */
double now(void);

/* For qsort. */
int compare_doubles(const void *one, const void *other);

/* Raises the limit of open files as far as it goes. */
void raise_limit(void);

/* ---- sockets ---- */

/* A socket at a free port of 127.0.0.1, which refuses connections until somebody listens. */
int bound_socket(int *port);
int free_port(void);

/* Whether somebody listens at that port of 127.0.0.1, or of all addresses. */
bool is_listening(int port);

/* A connected socket. */
int call(int port);

/* A socket of the peer with this number, which does not wait. Every 200 peers have a host of their
 * own in 127.0.0.0/8. */
int peer_socket(unsigned number);

/* Begins to connect it: epoll tells the end. */
void begin_call(int fd, int port);

/* ---- the listener ---- */

/* Starts a program with these three descriptors and returns once it listens. PORT among the words
 * becomes a free port, which is *port. The program is killed when this one ends. */
pid_t listener_start(char **words, int in, int out, int errors, int *port);

/* Whether it ended by itself; with its status. */
bool listener_has_ended(int *status);

/* Sends SIGTERM and waits. Nothing where the listener has ended, or none was started. */
void listener_stop(void);

/* ---- any process ---- */

/* Time of the processor. */
double cpu_seconds(pid_t pid);

/* The number of a line such as "VmRSS:", which is in KiB. 0: there is none. */
long in_status(pid_t pid, const char *field);
