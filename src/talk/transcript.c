#include "talk/transcript.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
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

static void fail(struct transcript *transcript, int number)
{
    struct err failure;

    err_errno(&failure, ERR_LOCAL, number, "cannot write %s", transcript->path);
    if (!transcript->lost)
        log_say(LOG_ERROR, "%s; what is said is not written down", failure.sentence);
    transcript->lost++;
    err_keep(&transcript->failure, &failure);
}

static void say_resumed(struct transcript *transcript)
{
    if (transcript->lost)
        log_say(LOG_NOTICE, "%s is written again; %zu line%s missing", transcript->path,
                transcript->lost, transcript->lost == 1 ? " is" : "s are");
    transcript->lost = 0;
}

/* In one call, so that lines of two processes stay whole. */
static void put(struct transcript *transcript, const struct buf *line)
{
    ssize_t written = write(transcript->fd, buf_bytes(line), buf_length(line));

    if (written < 0) {
        fail(transcript, errno);
        return;
    }
    transcript->torn = (size_t)written < buf_length(line);
    if (transcript->torn)
        fail(transcript, ENOSPC);
    else
        say_resumed(transcript);
}

static int put_time(const struct transcript *transcript, struct buf *line)
{
    time_t now = time(NULL);
    struct tm local;
    char text[32];

    localtime_r(&now, &local);
    if (transcript->torn && buf_append(line, "\n", 1) < 0)
        return -1;
    return buf_append(line, text, strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S ", &local));
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
        fail(transcript, ENOMEM);
    buf_fini(&line);
}

void transcript_line(struct transcript *transcript, const char *name, const char *text, size_t n)
{
    write_down(transcript, name, ": ", text, n);
}

/* A sentence may quote what is no UTF-8: the path of a socket, say. */
void transcript_notice(struct transcript *transcript, const char *sentence)
{
    char safe[SENTENCE];

    safetext_line(safe, sizeof safe, sentence);
    write_down(transcript, "*", " ", safe, strlen(safe));
}

void transcript_close(struct transcript *transcript)
{
    if (fsync(transcript->fd) < 0 && errno != EINVAL && errno != EROFS)
        fail(transcript, errno);
    if (close(transcript->fd) < 0)
        fail(transcript, errno);
}
