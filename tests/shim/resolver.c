/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A resolver of the tests, to be loaded with LD_PRELOAD: it answers for names that end in ".test",
 * every other name goes to the real getaddrinfo.
 *
 *     slow.test                      answers after a minute, that it does not exist
 *     none.test                      does not exist
 *     late.test                      does not exist, which takes 300 ms to find out
 *     a127-0-0-2.test                127.0.0.2
 *     b--1.test                      ::1
 *     a127-0-0-2.b--1.test           127.0.0.2, then ::1: in the order of the labels
 */
#include <netdb.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "next.h"

static const char suffix[] = ".test";

static int resolve_really(const char *host, const char *service, const struct addrinfo *hints,
                          struct addrinfo **found)
{
    NEXT(getaddrinfo)

    return next(host, service, hints, found);
}

static bool is_ours(const char *host)
{
    size_t length = host ? strlen(host) : 0;

    return length >= sizeof suffix && strcmp(host + length - (sizeof suffix - 1), suffix) == 0;
}

/* Signals may interrupt nanosleep; the time is slept to its end all the same. */
static void sleep_ms(long ms)
{
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (nanosleep(&left, &left) != 0)
        ;
}

/* "a127-0-0-2" becomes "127.0.0.2", "b--1" becomes "::1". */
static void label_to_address(char *label)
{
    char separator = label[0] == 'b' ? ':' : '.';

    memmove(label, label + 1, strlen(label));
    for (char *at = label; (at = strchr(at, '-')); at++)
        *at = separator;
}

/* The labels' addresses in their order, without those that the hints exclude (by family, say). */
static int resolve_labels(char *labels, const char *service, const struct addrinfo *hints,
                          struct addrinfo **found)
{
    struct addrinfo wanted = hints ? *hints : (struct addrinfo){0};
    struct addrinfo **end = found;
    char *rest = NULL;
    int status = EAI_NONAME;

    wanted.ai_flags = (wanted.ai_flags | AI_NUMERICHOST) & ~AI_ADDRCONFIG;
    *found = NULL;
    for (char *label = strtok_r(labels, ".", &rest); label; label = strtok_r(NULL, ".", &rest)) {
        label_to_address(label);
        int outcome = resolve_really(label, service, &wanted, end);

        if (outcome != 0) {
            *end = NULL;
            status = outcome;
        }
        while (*end)
            end = &(*end)->ai_next;
    }
    return *found ? 0 : status;
}

static int resolve_ours(const char *host, const char *service, const struct addrinfo *hints,
                        struct addrinfo **found)
{
    char *labels;
    int status = EAI_MEMORY;

    if (hints && (hints->ai_flags & AI_NUMERICHOST))
        return EAI_NONAME;
    if (strcmp(host, "none.test") == 0)
        return EAI_NONAME;
    if (strcmp(host, "late.test") == 0 || strcmp(host, "slow.test") == 0) {
        sleep_ms(host[0] == 'l' ? 300 : 60000);
        return EAI_NONAME;
    }
    labels = strndup(host, strlen(host) - (sizeof suffix - 1));
    if (labels)
        status = resolve_labels(labels, service, hints, found);
    free(labels);
    return status;
}

int getaddrinfo(const char *restrict host, const char *restrict service,
                const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
    if (is_ours(host))
        return resolve_ours(host, service, hints, found);
    return resolve_really(host, service, hints, found);
}

/* Our lists are chains of several real lists, so each element goes back alone. */
void freeaddrinfo(struct addrinfo *list)
{
    NEXT(freeaddrinfo)

    while (list) {
        struct addrinfo *rest = list->ai_next;

        list->ai_next = NULL;
        next(list);
        list = rest;
    }
}
