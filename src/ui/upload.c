/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/upload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/language.h"
#include "base/status.h"
#include "room/record.h"
#include "text/utf8.h"
#include "ui/upload_faults.h"

enum { CHUNK = 32 * 1024, TEXT_CAP = 16 * CHUNK };

void upload_init(struct upload *upload, struct room *room, struct screen *screen, const char *name,
                 const struct upload_events *events, void *owner)
{
    *upload = (struct upload){
        .room = room, .screen = screen, .name = name, .file = -1, .events = events, .owner = owner};
    buf_init(&upload->lines, UPLOAD_LINES);
    buf_init(&upload->shown, UPLOAD_LINES);
    buf_init(&upload->text, TEXT_CAP);
    buf_init(&upload->last, UPLOAD_LINES);
    waiting_init(&upload->waiting, room, screen, &upload->lines);
    uv_idle_init(room->loop, &upload->turn);
    upload->turn.data = upload;
}

static bool has_hearers(const struct upload *upload)
{
    return upload->room->roster.count > 0;
}

/* ---- lines ---- */

static struct screen_label own_label(const struct upload *upload)
{
    return (struct screen_label){.name = upload->name, .color = COLOR_OWN};
}

static void say(struct upload *upload, const char *line, size_t n, bool is_shown)
{
    struct waiting *waiting = &upload->waiting;
    bool waits = is_shown || waiting_show(waiting, NULL, own_label(upload), MARK_NONE, line, n);

    if (is_shown)
        waiting_note_taken(waiting);
    room_speak(upload->room, line, n, true);
    buf_clear(&upload->last);
    if (buf_append(&upload->last, line, n) == 0)
        upload->last_at = upload->room->own_lines;
    waiting_note_said(waiting, NULL, waits);
    record_own(upload->room, (struct record_parties){.name = upload->name}, INBOUND_SAY, line, n);
}

static bool is_one_line(const struct buf *lines)
{
    const unsigned char *bytes = buf_bytes(lines);
    size_t n = buf_length(lines);

    return memchr(bytes, '\n', n) == bytes + n - 1;
}

static void drop_lines(struct upload *upload)
{
    buf_clear(&upload->lines);
    buf_clear(&upload->shown);
    upload->said = upload->queued;
    waiting_note_dropped(&upload->waiting);
}

static void drop_unheard(struct upload *upload)
{
    if (is_one_line(&upload->lines))
        screen_tell(upload->screen, "nobody is here; the line was not sent");
    else
        screen_tell(upload->screen, "nobody is here; the lines were not sent");
    drop_lines(upload);
}

/* Whether the next line is shown already. */
static bool take_shown(struct upload *upload)
{
    size_t number;

    if (!buf_length(&upload->shown))
        return false;
    memcpy(&number, buf_bytes(&upload->shown), sizeof number);
    if (number != upload->said)
        return false;
    buf_consume(&upload->shown, sizeof number);
    return true;
}

static void say_next(struct upload *upload)
{
    const char *line = (const char *)buf_bytes(&upload->lines);
    const char *end = memchr(line, '\n', buf_length(&upload->lines));
    size_t n = end ? (size_t)(end - line) : buf_length(&upload->lines);

    upload->said++;
    say(upload, line, n, take_shown(upload));
    buf_consume(&upload->lines, end ? n + 1 : n);
}

/* A paste goes out as fast as the screen shows it, so that all of it is seen. A single typed line
 * does not wait for the screen, and no line waits for a held one. */
static bool may_say_next(const struct upload *upload)
{
    if (!buf_length(&upload->lines) || !room_is_ready(upload->room))
        return false;
    return is_one_line(&upload->lines) || screen_is_held(upload->screen) ||
           !screen_is_full(upload->screen);
}

/* A line may evict a peer, and the eviction may call here again. */
static void say_lines(struct upload *upload)
{
    if (upload->is_speaking)
        return;
    upload->is_speaking = true;
    while (may_say_next(upload)) {
        if (!has_hearers(upload))
            drop_unheard(upload);
        else
            say_next(upload);
    }
    upload->is_speaking = false;
}

/* Without memory the line is shown when it is sent. */
static void show_waiting(struct upload *upload, const char *line, size_t n)
{
    if (buf_append(&upload->shown, &upload->queued, sizeof upload->queued) == 0)
        waiting_show_queued(&upload->waiting, own_label(upload), line, n);
}

int upload_say(struct upload *upload, const char *lines, size_t n)
{
    size_t before = upload->queued;

    if (buf_append(&upload->lines, lines, n) < 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        upload->queued += lines[i] == '\n';
    upload_go_on(upload);
    if (upload->queued == before + 1 && upload->said < upload->queued &&
        !room_is_ready(upload->room))
        show_waiting(upload, lines, n - 1);
    return 0;
}

/* A line that the room gets now is the room's to count. */
void upload_note_left(struct upload *upload)
{
    waiting_note_left(&upload->waiting, upload->queued - upload->said);
    if (upload->room->roster.count == 1)
        drop_lines(upload);
}

/* ---- a file ---- */

static void close_file(struct upload *upload)
{
    close(upload->file);
    free(upload->path);
    buf_clear(&upload->text);
    uv_idle_stop(&upload->turn);
    upload->path = NULL;
    upload->file = -1;
}

static void finish_file(struct upload *upload)
{
    screen_tell(upload->screen, "sent %s, %" PRIu64 " bytes", upload->path, upload->read);
    upload_faults_undecodable(upload->screen, upload->path, &upload->codec);
    upload_faults_unencodable(upload->screen, upload->path, upload->room, upload->replaced);
    close_file(upload);
}

static void break_off(struct upload *upload, const char *why)
{
    screen_tell(upload->screen, why, upload->path, upload->read);
    close_file(upload);
}

/* Up to the last line end, so that a typed line comes between two lines; all of it where no line
 * ends or nothing follows. */
static void say_text(struct upload *upload, bool last)
{
    const char *text = (const char *)buf_bytes(&upload->text);
    size_t n = buf_length(&upload->text);
    const char *lf = memrchr(text, '\n', n);

    if (lf && !last)
        n = (size_t)(lf - text) + 1;
    else if (n && !last && text[n - 1] == '\r')
        n--; /* its LF may still come */
    if (n)
        upload->replaced += room_speak(upload->room, text, n, false);
    waiting_note_said(&upload->waiting, NULL, false);
    buf_consume(&upload->text, n);
}

static void send_some(struct upload *upload)
{
    char chunk[CHUNK];
    ssize_t got = read(upload->file, chunk, sizeof chunk);
    bool last = got == 0;

    if (got < 0) {
        break_off(upload, N_("%s was stopped after %" PRIu64 " bytes: it cannot be read"));
        return;
    }
    upload->read += (uint64_t)got;
    if (codec_push(&upload->codec, chunk, (size_t)got, last, &upload->text, NULL) < 0) {
        break_off(upload, N_("%s was stopped after %" PRIu64 " bytes: out of memory"));
        return;
    }
    say_text(upload, last);
    if (last)
        finish_file(upload);
}

static void on_turn(uv_idle_t *turn)
{
    struct upload *upload = turn->data;

    if (!has_hearers(upload))
        break_off(upload, N_("%s was stopped after %" PRIu64 " bytes: nobody is here"));
    else if (room_is_ready(upload->room))
        send_some(upload);
    if (upload->path && !room_is_ready(upload->room))
        uv_idle_stop(turn);
    upload->events->progressed(upload->owner);
}

/* UTF-8 or the legacy charset, by the beginning of the file. */
static struct charset *charset_of_file(const struct upload *upload)
{
    unsigned char head[CHUNK];
    ssize_t got = pread(upload->file, head, sizeof head, 0);
    size_t n = got > 0 ? (size_t)got : 0, cut;

    return utf8_is_prefix(head, n, &cut) ? upload->room->options.member.inbox.utf8
                                         : upload->room->options.legacy.charset;
}

/* A byte order mark is not part of the text. */
static uint64_t skip_mark(int file)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const off_t n = sizeof mark - 1;
    char head[sizeof mark];

    if (pread(file, head, (size_t)n, 0) != n || memcmp(head, mark, (size_t)n) != 0)
        return 0;
    return lseek(file, n, SEEK_SET) == n ? (uint64_t)n : 0;
}

/* A file with a NUL is not text: conversion and framing would change it. */
static int check_text(int file, const char *path, struct err *err)
{
    unsigned char head[CHUNK];
    ssize_t got = pread(file, head, sizeof head, 0);

    if (got <= 0 || !memchr(head, '\0', (size_t)got))
        return 0;
    return err_set(err, ERR_LOCAL,
                   "%.256s is no text, it holds a NUL; a pipe sends it as it is: "
                   "tcpchat connect HOST PORT < FILE",
                   path);
}

/* A FIFO or a device may have no end, or nothing to give. */
static int open_file(struct upload *upload, struct opener opener, const char *path, struct err *err)
{
    struct stat status;

    upload->file = opener_open(opener, path, OPENER_READ);
    if (upload->file < 0 || status_of(upload->file, &status) < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot read %s", path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_LOCAL, "%s is no file", path);
    if (check_text(upload->file, path, err) < 0)
        return -1;
    upload->size = (uint64_t)status.st_size;
    upload->path = strdup(path);
    return upload->path ? 0 : err_memory(err);
}

int upload_send(struct upload *upload, struct opener opener, const char *path, struct err *err)
{
    struct codec_plan plan = {.to = upload->room->options.member.inbox.utf8, .text.checked = true};

    if (upload->path)
        return err_set(err, ERR_USAGE, "%s is on its way; Ctrl-C stops it", upload->path);
    if (open_file(upload, opener, path, err) < 0) {
        if (upload->file >= 0)
            close(upload->file);
        upload->file = -1;
        return -1;
    }
    plan.from = charset_of_file(upload);
    codec_init(&upload->codec, &plan);
    upload->read = charset_is_utf8(plan.from) ? skip_mark(upload->file) : 0;
    upload->replaced = 0;
    uv_idle_start(&upload->turn, on_turn);
    return 0;
}

int upload_percent(const struct upload *upload)
{
    if (!upload->path)
        return -1;
    return upload->size && upload->read < upload->size ? (int)(100 * upload->read / upload->size)
                                                       : 100;
}

/* ---- both ---- */

bool upload_is_idle(const struct upload *upload)
{
    return !upload->path && !buf_length(&upload->lines);
}

bool upload_stop(struct upload *upload)
{
    if (upload_is_idle(upload))
        return false;
    if (buf_length(&upload->lines)) {
        drop_lines(upload);
        screen_tell(upload->screen, "the lines that waited were dropped");
    }
    if (upload->path)
        break_off(upload, N_("%s was stopped after %" PRIu64 " bytes"));
    upload->events->progressed(upload->owner);
    return true;
}

void upload_go_on(struct upload *upload)
{
    say_lines(upload);
    if (upload->path)
        uv_idle_start(&upload->turn, on_turn);
    upload->events->progressed(upload->owner);
}

void upload_close(struct upload *upload, uv_close_cb closed)
{
    if (upload->path)
        close_file(upload);
    buf_fini(&upload->lines);
    buf_fini(&upload->shown);
    buf_fini(&upload->last);
    buf_fini(&upload->text);
    waiting_close(&upload->waiting);
    uv_close((uv_handle_t *)&upload->turn, closed);
}
