/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/prompt_output.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <readline/readline.h>

#include "base/buf.h"
#include "text/safetext.h"
#include "text/utf8.h"
#include "ui/memory.h"

enum { TORN = 256 * 1024 };

/* readline's state is global, and so is ours. */
static struct {
    void (*write)(const void *bytes, size_t n);
    struct buf torn; /* a character that readline has not written to its end */
    bool is_silent, has_cleared;
} output;

/* U+FFFD takes the place of a character that is not plain, as wide as readline believes: both ask
 * the wcwidth of ui/wcwidth. */
static void write_character(const unsigned char *bytes, const struct utf8_char *character)
{
    bool is_good = character->status == UTF8_GOOD;

    if (is_good && (character->scalar < 0x80 || safetext_is_plain(character->scalar)))
        output.write(bytes, character->length);
    else if (!is_good || wcwidth((wchar_t)character->scalar) != 0)
        output.write("\uFFFD", strlen("\uFFFD"));
}

static bool clears_screen(const char *bytes, size_t n)
{
    const char *clear = rl_get_termcap("cl");

    return clear && *clear && memmem(bytes, n, clear, strlen(clear));
}

/* readline's output may end in the middle of a character. */
static ssize_t on_write(void *cookie, const char *bytes, size_t n)
{
    struct buf *torn = &output.torn;

    (void)cookie;
    if (output.is_silent)
        return (ssize_t)n;
    output.has_cleared |= clears_screen(bytes, n);
    if (buf_append(torn, bytes, n) < 0)
        return 0; /* the next redraw shows it */
    while (buf_length(torn)) {
        const unsigned char *text = buf_bytes(torn);
        struct utf8_char next = utf8_next(text, buf_length(torn));

        if (next.status == UTF8_CUT)
            break;
        write_character(text, &next);
        buf_consume(torn, next.length);
    }
    return (ssize_t)n;
}

FILE *prompt_output_open(void (*write)(const void *bytes, size_t n))
{
    static const cookie_io_functions_t functions = {.write = on_write};

    FILE *file = fopencookie(NULL, "w", functions);

    if (!file)
        memory_give_up();
    output.write = write;
    buf_init(&output.torn, TORN);
    return file;
}

void prompt_output_close(FILE *file)
{
    fclose(file);
    buf_fini(&output.torn);
}

static void draw_silently(const char *line, size_t point)
{
    rl_replace_line(line, 0);
    rl_point = (int)point;
    output.is_silent = true;
    rl_on_new_line();
    rl_redisplay();
    fflush(rl_outstream);
    output.is_silent = false;
}

bool prompt_output_adopt(const char *drawn, size_t point)
{
    char *line = strndup(rl_line_buffer, (size_t)rl_end);
    int typed_point = rl_point, mark = rl_mark;

    if (!line)
        return false;
    draw_silently(drawn, point);
    rl_replace_line(line, 0);
    rl_point = typed_point;
    rl_mark = mark;
    free(line);
    return true;
}

bool prompt_output_cleared_screen(void)
{
    bool has_cleared = output.has_cleared;

    output.has_cleared = false;
    return has_cleared;
}
