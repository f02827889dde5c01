/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of the history: the list has its newest lines, which a naive reader finds as well, and a
 * line that is entered then is the last one of the next run. A NUL ends the line to be entered; the
 * rest is the file. The highest bit of the first byte makes the file a long one. */
#include "fuzz.h"

#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

#include <readline/history.h>

#include "text/utf8.h"
#include "ui/history.h"

enum { IS_LONG = 0x80, TIMES = 64, CAP = 1 << 20 };

static int fd = -1;

/* In a file without a name, which is opened again by its number. */
static struct history opened(void)
{
    struct history history = {.unsaved = {.cap = HISTORY_BYTES}};

    history.path = malloc(32);
    CLAIM(history.path);
    snprintf(history.path, 32, "/proc/self/fd/%d", fd);
    clear_history();
    return history;
}

static void write_file(const uint8_t *bytes, size_t n, unsigned times)
{
    if (fd < 0)
        fd = memfd_create("history", MFD_CLOEXEC);
    CLAIM(fd >= 0 && ftruncate(fd, 0) == 0);
    for (unsigned i = 0; i < times; i++)
        CLAIM(pwrite(fd, bytes, n, (off_t)(i * n)) == (ssize_t)n);
}

/* ---- a naive reader ---- */

static bool is_kept(const char *line)
{
    size_t n = strlen(line);

    return n && n <= HISTORY_LINE && *line != ' ' && *line != '\t' && !strchr(line, '\r') &&
           utf8_span((const unsigned char *)line, n) == n;
}

static const char *entry(int from_end)
{
    HIST_ENTRY *found = history_get(history_base + history_length - 1 - from_end);

    return found ? found->line : NULL;
}

/* Takes the line before `end` from memory, without its line end; empty where it has a NUL. */
static char *line_before(char *memory, size_t *end)
{
    size_t start = --*end, n;

    while (start && memory[start - 1] != '\n')
        start--;
    n = *end - start;
    n -= n && memory[*end - 1] == '\r';
    if (memchr(memory + start, '\0', n))
        n = 0;
    memory[start + n] = '\0';
    *end = start;
    return memory + start;
}

/* Compares from the newest line on, up to where the reader begins. */
static void check_list(void)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char *memory = malloc((size_t)size + 1);
    size_t end = (size_t)size;
    int listed = 0;

    CLAIM(memory && pread(fd, memory, end, 0) == (ssize_t)end);
    end += end && memory[end - 1] != '\n'; /* the end of the file ends its last line */
    for (int lines = 0; end && lines < HISTORY_LINES && end + HISTORY_BYTES / 2 > (size_t)size;
         lines++) {
        const char *line = line_before(memory, &end);
        const char *newer = listed ? entry(listed - 1) : NULL;

        if (is_kept(line) && (!newer || strcmp(newer, line) != 0)) {
            CLAIM(entry(listed) && !strcmp(entry(listed), line));
            listed++;
        }
    }
    CLAIM(listed == history_length || (size_t)size >= HISTORY_BYTES / 2);
    free(memory);
}

/* ---- the next line ---- */

static void enter(struct history *history, const char *line)
{
    const char *last = entry(0);
    char *before = last ? strdup(last) : NULL;
    bool was_kept = is_kept(line) && !strchr(line, '\n');
    struct err err = {0};

    CLAIM(history_add(history, line, &err) == 0);
    history_close(history);
    *history = opened();
    CLAIM(history_load(history, &err) == 0);
    last = entry(0);
    if (was_kept)
        CLAIM(last && !strcmp(last, line));
    else
        CLAIM(before ? last && !strcmp(last, before) : !last);
    free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    unsigned flags = input_byte(&input);
    char *line = input_word(&input);
    struct history history;
    struct err err = {0};

    if (!line)
        return 0;
    write_file(input.bytes, input.left, flags & IS_LONG ? TIMES : 1);
    history = opened();
    CLAIM(history_load(&history, &err) == 0);
    check_list();
    enter(&history, line);
    check_list();
    history_close(&history);
    clear_history();
    free(line);
    return 0;
}
