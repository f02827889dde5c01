/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lines of the room at the other end, or of a peer that plays one. The first byte chooses the
 * person's label; each line follows a byte that says whether it ended, or continues the last one.
 * Only the exact greeting makes a room. A sender has a valid name in one of the three forms, which
 * looks like nobody on the screen, and what was said is the rest of the line. */
#include "fuzz.h"

#include <stdbool.h>

#include "room/announce.h"
#include "room/far_room.h"
#include "room/greeting.h"
#include "room/roster.h"
#include "text/name.h"
#include "text/utf8.h"

enum { OPEN = 1, CONTINUES = 2, LONGEST = 4096 };

static const char *const labels[] = {"you", "alice", "王芳", "peer3", "Иван", "o0l1"};

/* A line as a decoder gives it: the good characters of n bytes. */
static size_t copy_valid(char *line, const uint8_t *bytes, size_t n)
{
    struct utf8_char next;
    size_t length = 0;

    while (utf8_take(&bytes, &n, &next))
        if (next.status == UTF8_GOOD) {
            memcpy(line + length, next.bytes, next.length);
            length += next.length;
        }
    return length;
}

/* ---- what a line becomes ---- */

/* "NAME: ", "* NAME " or "[NAME] ", by its kind. */
static void claim_head(const char *line, const struct inbound *read)
{
    static const char *const heads[] = {"", "* ", "["}, *const tails[] = {": ", " ", "] "};
    char head[MEMBER_NAME + 8];
    size_t n;

    CLAIM(read->kind == INBOUND_SAY || read->kind == INBOUND_ACTION ||
          read->kind == INBOUND_PRIVATE);
    n = (size_t)snprintf(head, sizeof head, "%s%s%s", heads[read->kind], read->from,
                         tails[read->kind]);
    CLAIM(read->text == line + n && !memcmp(line, head, n));
}

static void claim_apart(const char *name, const char *other)
{
    struct skeletons one, two;

    CLAIM(confusable_init(&one, name) == 0 && confusable_init(&two, other) == 0);
    CLAIM(!confusable_alike(&one, &two));
    confusable_fini(&one);
    confusable_fini(&two);
}

static void claim_sender(const char *name, const char *label)
{
    struct err err;

    CLAIM(name_check(name, &err) == 0);
    claim_apart(name, label);
    claim_apart(name, ROSTER_YOU);
}

static void check_line(const char *line, size_t n, const struct inbound *read, const char *label)
{
    bool is_notice =
        n >= strlen(ANNOUNCE_HEAD) && !memcmp(line, ANNOUNCE_HEAD, strlen(ANNOUNCE_HEAD));

    CLAIM(read->text + read->n == line + n && (read->kind == INBOUND_NOTICE) == is_notice);
    if (read->from) {
        claim_head(line, read);
        claim_sender(read->from, label);
    } else {
        CLAIM(is_notice ? read->text == line + strlen(ANNOUNCE_HEAD)
                        : read->text == line && read->kind == INBOUND_SAY);
    }
}

/* A piece keeps the kind and the sender of its line. */
static void check_piece(const char *line, const struct inbound *read, const struct inbound *last)
{
    CLAIM(read->text == line && read->kind == last->kind && !read->from == !last->from);
}

/* ---- the room ---- */

static void check_state(const struct far_room *far, enum far_room_state before, const char *line,
                        size_t n, unsigned flags)
{
    enum greeting greeting = flags ? GREETING_NONE : greeting_of(line, n);
    struct err err;

    if (before != FAR_ROOM_WAITING)
        CLAIM(far->state == before);
    else if (far->state == FAR_ROOM_JOINED)
        CLAIM(greeting == GREETING_WELCOME);
    else
        CLAIM((far->state == FAR_ROOM_WAITING) == (greeting == GREETING_QUEUED));
    if (far->state == FAR_ROOM_JOINED)
        CLAIM(name_check(far->own, &err) == 0);
    CLAIM(far->names.count <= FAR_ROOM_NAMES);
    CLAIM(!map_get(&far->names, far->own, strlen(far->own)));
}

static void read_line(struct far_room *far, const char *label, unsigned flags, const char *line,
                      size_t n, struct inbound *last)
{
    struct inbound read = {
        .text = line, .n = n, .is_whole = !(flags & OPEN), .continues = flags & CONTINUES};
    enum far_room_state before = far->state;

    far_room_read(far, &read);
    check_state(far, before, line, n, flags);
    if (far->state == FAR_ROOM_NONE)
        CLAIM(read.text == line && read.n == n && !read.from && read.kind == INBOUND_SAY);
    else if (read.continues)
        check_piece(line, &read, last);
    else
        check_line(line, n, &read, label);
    *last = read;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    const char *label = labels[input_byte(&input) % (sizeof labels / sizeof *labels)];
    struct far_room far = {0};
    struct inbound last = {0};

    if (size > LONGEST)
        return 0;
    far_room_set_label(&far, label);
    while (input.left) {
        unsigned flags = input_byte(&input) & (OPEN | CONTINUES);
        const uint8_t *lf = input.left ? memchr(input.bytes, '\n', input.left) : NULL;
        size_t n = lf ? (size_t)(lf - input.bytes) : input.left;
        char *line = malloc(n + 1);

        CLAIM(line);
        read_line(&far, label, flags, line, copy_valid(line, input.bytes, n), &last);
        free(line);
        input.bytes += n + !!lf;
        input.left -= n + !!lf;
    }
    far_room_fini(&far);
    return 0;
}
