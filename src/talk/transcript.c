#include "talk/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "text/safetext.h"

enum { LINE_CAP = 1 << 20, SENTENCE = 4096 };

/* Whether an earlier run left a line without its end. */
static bool is_torn(const char *path)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    char last = '\n';
    bool torn = size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n';

    if (fd >= 0)
        close(fd);
    return torn;
}

int transcript_open(struct transcript *transcript, const char *path, struct err *err)
{
    *transcript = (struct transcript){.path = path};
    transcript->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_CLOEXEC, 0666);
    if (transcript->fd < 0)
        return err_errno(err, ERR_LOCAL, errno, "cannot write %s", path);
    transcript->torn = is_torn(path);
    return 0;
}

static void lose(struct transcript *transcript, int number, size_t lines)
{
    struct err err;

    err_errno(&err, ERR_LOCAL, number, "cannot write %s", transcript->path);
    losses_add(&transcript->losses, &err, lines);
}

/* In one call, so that lines of two processes stay whole; where it came short, the next one tells
 * why. A line that only lacks its end is not missing: it is ended before the next one. */
static void put(struct transcript *transcript, const struct buf *line)
{
    const unsigned char *bytes = buf_bytes(line);
    size_t n = buf_length(line), done = 0;
    ssize_t written;

    while (done < n && (written = write(transcript->fd, bytes + done, n - done)) > 0)
        done += (size_t)written;
    if (done)
        transcript->torn = bytes[done - 1] != '\n';
    if (done < n)
        lose(transcript, errno, done < n - 1);
    else
        losses_end(&transcript->losses, transcript->path);
}

static int put_time(const struct transcript *transcript, struct buf *line)
{
    char text[CLOCK_TEXT];

    if (transcript->torn && buf_append(line, "\n", 1) < 0)
        return -1;
    return buf_append(line, text, clock_text(text, time(NULL), false));
}

static int put_safe(const char *text, size_t n, struct buf *line)
{
    struct safetext_layout endless = {.columns = (unsigned)-1, .margin = ""};

    return safetext_rows(&endless, text, n, line);
}

static void write_down(struct transcript *transcript, const char *head, const char *between,
                       const char *text, size_t n)
{
    struct buf line;

    buf_init(&line, LINE_CAP);
    if (put_time(transcript, &line) == 0 && put_safe(head, strlen(head), &line) == 0 &&
        buf_append(&line, between, strlen(between)) == 0 && put_safe(text, n, &line) == 0 &&
        buf_append(&line, "\n", 1) == 0)
        put(transcript, &line);
    else
        lose(transcript, ENOMEM, 1);
    buf_fini(&line);
}

void transcript_line(struct transcript *transcript, const char *name, const char *text, size_t n)
{
    write_down(transcript, name, ": ", text, n);
}

void transcript_under(struct transcript *transcript, const char *head, const char *text, size_t n)
{
    write_down(transcript, head, " ", text, n);
}

void transcript_further(struct transcript *transcript, const char *name, const char *text, size_t n)
{
    write_down(transcript, name, "+: ", text, n);
}

/* A sentence may quote what is no UTF-8: the path of a socket, say. */
void transcript_notice(struct transcript *transcript, const char *sentence)
{
    char safe[SENTENCE];

    safetext_line(safe, sizeof safe, sentence);
    write_down(transcript, "-!-", " ", safe, strlen(safe));
}

void transcript_close(struct transcript *transcript)
{
    if (fsync(transcript->fd) < 0 && errno != EINVAL && errno != EROFS)
        lose(transcript, errno, 0);
    if (close(transcript->fd) < 0)
        lose(transcript, errno, 0);
}
