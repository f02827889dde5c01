#include "ui/sender.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/reserve.h"
#include "text/utf8.h"

enum { CHUNK = 32 * 1024, TEXT_CAP = 16 * CHUNK };

void sender_init(struct sender *sender, struct room *room, struct screen *screen,
                 const struct sender_events *events, void *owner)
{
    *sender = (struct sender){
        .room = room, .screen = screen, .file = -1, .events = events, .owner = owner};
    buf_init(&sender->lines, SENDER_LINES);
    buf_init(&sender->text, TEXT_CAP);
    uv_idle_init(room->loop, &sender->turn);
    sender->turn.data = sender;
}

static bool has_hearers(const struct sender *sender)
{
    return sender->room->roster.count > 0;
}

__attribute__((format(printf, 2, 3))) static void tell(struct sender *sender, const char *format,
                                                       ...)
{
    char sentence[1024];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    screen_notice(sender->screen, sentence);
}

/* ---- lines ---- */

static void say(struct sender *sender, const char *line, size_t n)
{
    screen_message(sender->screen, sender->name, line, n, false);
    room_speak(sender->room, line, n, true);
    if (sender->transcript)
        transcript_line(sender->transcript, sender->name, line, n);
}

static bool is_one_line(const struct buf *lines)
{
    const unsigned char *bytes = buf_bytes(lines);
    size_t n = buf_length(lines);

    return memchr(bytes, '\n', n) == bytes + n - 1;
}

static void drop_unheard(struct sender *sender)
{
    bool is_one = is_one_line(&sender->lines);

    tell(sender, "nobody is here; the line%s not sent", is_one ? " was" : "s were");
    buf_consume(&sender->lines, buf_length(&sender->lines));
}

static void say_next(struct sender *sender)
{
    const char *line = (const char *)buf_bytes(&sender->lines);
    const char *end = memchr(line, '\n', buf_length(&sender->lines));
    size_t n = end ? (size_t)(end - line) : buf_length(&sender->lines);

    say(sender, line, n);
    buf_consume(&sender->lines, end ? n + 1 : n);
}

/* A paste goes out as fast as the screen shows it, so that all of it is seen; but a line that was
 * typed does not wait for a screen, and nothing does for one that stands still. */
static bool may_say_next(const struct sender *sender)
{
    if (!buf_length(&sender->lines) || !room_is_ready(sender->room))
        return false;
    return is_one_line(&sender->lines) || screen_is_held(sender->screen) ||
           !screen_is_full(sender->screen);
}

/* What is said may cut a peer, and that may call here again. */
static void say_lines(struct sender *sender)
{
    if (sender->is_speaking)
        return;
    sender->is_speaking = true;
    while (may_say_next(sender)) {
        if (!has_hearers(sender))
            drop_unheard(sender);
        else
            say_next(sender);
    }
    sender->is_speaking = false;
}

int sender_say(struct sender *sender, const char *lines, size_t n)
{
    if (buf_append(&sender->lines, lines, n) < 0)
        return -1;
    sender_go_on(sender);
    return 0;
}

/* ---- a file ---- */

static void close_file(struct sender *sender)
{
    close(sender->file);
    free(sender->path);
    codec_fini(&sender->codec);
    buf_consume(&sender->text, buf_length(&sender->text));
    uv_idle_stop(&sender->turn);
    sender->path = NULL;
    sender->file = -1;
}

static void tell_undecodable(struct sender *sender)
{
    const struct codec_faults *faults = &sender->codec.faults;

    if (faults->undecodable)
        tell(sender, "%s: %" PRIu64 " byte sequence%s not valid %s, the first at byte %" PRIu64,
             sender->path, faults->undecodable, faults->undecodable == 1 ? " was" : "s were",
             charset_name(sender->codec.plan.from), faults->undecodable_at);
}

static void tell_unencodable(struct sender *sender)
{
    const struct room *room = sender->room;
    const struct member *first = room->roster.first;
    const char *charset = "the charset of every peer";
    bool is_one = sender->replaced == 1;

    if (!sender->replaced)
        return;
    if (room->roster.count == 1)
        charset = charset_name(encoding_reply(&first->encoding));
    tell(sender, "%s: %" PRIu64 " character%s not in %s and %s %s", sender->path, sender->replaced,
         is_one ? " is" : "s are", charset, is_one ? "was" : "were",
         room->options.member.bad == BAD_ESCAPE ? "escaped" : "sent as ?");
}

static void finish_file(struct sender *sender)
{
    tell(sender, "sent %s, %" PRIu64 " bytes", sender->path, sender->read);
    tell_undecodable(sender);
    tell_unencodable(sender);
    close_file(sender);
}

static void break_off(struct sender *sender, const char *why)
{
    tell(sender, "%s was stopped after %" PRIu64 " bytes%s", sender->path, sender->read, why);
    close_file(sender);
}

/* Up to the last line end, so that a typed line comes between two lines; all of it where no line
 * ends or nothing follows. */
static void say_text(struct sender *sender, bool last)
{
    const char *text = (const char *)buf_bytes(&sender->text);
    size_t n = buf_length(&sender->text);
    const char *lf = memrchr(text, '\n', n);

    if (lf && !last)
        n = (size_t)(lf - text) + 1;
    else if (n && !last && text[n - 1] == '\r')
        n--; /* its LF may still come */
    if (n)
        sender->replaced += room_speak(sender->room, text, n, false);
    buf_consume(&sender->text, n);
}

static void send_some(struct sender *sender)
{
    char chunk[CHUNK];
    ssize_t got = read(sender->file, chunk, sizeof chunk);
    bool last = got == 0;

    if (got < 0) {
        break_off(sender, ": it cannot be read");
        return;
    }
    sender->read += (uint64_t)got;
    if (codec_push(&sender->codec, chunk, (size_t)got, last, &sender->text, NULL) < 0) {
        break_off(sender, ": out of memory");
        return;
    }
    say_text(sender, last);
    if (last)
        finish_file(sender);
}

static void on_turn(uv_idle_t *turn)
{
    struct sender *sender = turn->data;

    if (!has_hearers(sender))
        break_off(sender, ": nobody is here");
    else if (room_is_ready(sender->room))
        send_some(sender);
    if (sender->path && !room_is_ready(sender->room))
        uv_idle_stop(turn);
    sender->events->progressed(sender->owner);
}

/* By its beginning: UTF-8, or the other one. */
static struct charset *charset_of_file(const struct sender *sender)
{
    unsigned char head[CHUNK];
    ssize_t got = pread(sender->file, head, sizeof head, 0);
    size_t n = got > 0 ? (size_t)got : 0;
    size_t good = utf8_span(head, n);

    if (good == n || utf8_next(head + good, n - good).status == UTF8_CUT)
        return sender->room->options.member.utf8;
    return sender->legacy;
}

/* A byte order mark is a file's, not the text's. */
static uint64_t skip_mark(int file)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const off_t n = sizeof mark - 1;
    char head[sizeof mark];

    if (pread(file, head, (size_t)n, 0) != n || memcmp(head, mark, (size_t)n) != 0)
        return 0;
    return lseek(file, n, SEEK_SET) == n ? (uint64_t)n : 0;
}

/* No text has a NUL: as such it would be changed on its way, and cut into messages. */
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
static int open_file(struct sender *sender, const char *path, struct err *err)
{
    struct stat status;

    sender->file = reserve_open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
    if (sender->file < 0 || fstat(sender->file, &status) < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot read %s", path);
    if (!S_ISREG(status.st_mode))
        return err_set(err, ERR_LOCAL, "%s is no file", path);
    if (check_text(sender->file, path, err) < 0)
        return -1;
    sender->size = (uint64_t)status.st_size;
    sender->path = strdup(path);
    return sender->path ? 0 : err_memory(err);
}

int sender_send(struct sender *sender, const char *path, struct err *err)
{
    struct codec_plan plan = {.to = sender->room->options.member.utf8, .checks = true};

    if (sender->path)
        return err_set(err, ERR_USAGE, "%s is on its way; Ctrl-C stops it", sender->path);
    if (open_file(sender, path, err) < 0) {
        if (sender->file >= 0)
            close(sender->file);
        sender->file = -1;
        return -1;
    }
    plan.from = charset_of_file(sender);
    codec_init(&sender->codec, &plan);
    sender->read = charset_is_utf8(plan.from) ? skip_mark(sender->file) : 0;
    sender->replaced = 0;
    uv_idle_start(&sender->turn, on_turn);
    return 0;
}

int sender_percent(const struct sender *sender)
{
    if (!sender->path)
        return -1;
    return sender->size && sender->read < sender->size ? (int)(100 * sender->read / sender->size)
                                                       : 100;
}

/* ---- both ---- */

bool sender_is_idle(const struct sender *sender)
{
    return !sender->path && !buf_length(&sender->lines);
}

bool sender_stop(struct sender *sender)
{
    if (sender_is_idle(sender))
        return false;
    if (buf_length(&sender->lines)) {
        buf_consume(&sender->lines, buf_length(&sender->lines));
        tell(sender, "the lines that waited were dropped");
    }
    if (sender->path)
        break_off(sender, "");
    sender->events->progressed(sender->owner);
    return true;
}

void sender_go_on(struct sender *sender)
{
    say_lines(sender);
    if (sender->path)
        uv_idle_start(&sender->turn, on_turn);
    sender->events->progressed(sender->owner);
}

void sender_close(struct sender *sender, uv_close_cb closed)
{
    if (sender->path)
        close_file(sender);
    buf_fini(&sender->lines);
    buf_fini(&sender->text);
    uv_close((uv_handle_t *)&sender->turn, closed);
}
