/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of saved messages: a mistake has its place in the file, and else each name is found with a
 * literal. A message that is saved then is there the next time, and no other line has changed. Two
 * words, each ended by a NUL, are its name and its literal; the rest is the file. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "text/literal_parse.h"
#include "ui/saved_messages.h"

/* ---- a home ---- */

static char home[32], folder[48], path[64];

static void leave_home(void)
{
    unlink(path);
    rmdir(folder);
    rmdir(home);
}

/* In memory, where there is such a folder: each saved message is written through. */
static void find_home(void)
{
    if (*home)
        return;
    snprintf(home, sizeof home, "%s/tcpchat-XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    CLAIM(mkdtemp(home));
    snprintf(folder, sizeof folder, "%s/tcpchat", home);
    snprintf(path, sizeof path, "%s/messages", folder);
    CLAIM(mkdir(folder, 0700) == 0 && setenv("XDG_CONFIG_HOME", home, 1) == 0);
    atexit(leave_home);
}

static void write_file(const uint8_t *bytes, size_t n)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CLAIM(fd >= 0 && write(fd, bytes, n) == (ssize_t)n);
    close(fd);
}

/* ---- claims ---- */

static void check_refused(const struct err *err, const struct data *file)
{
    size_t line, column, lines = 1;

    for (size_t i = 0; i < file->left; i++)
        lines += file->bytes[i] == '\n';
    CLAIM(err->kind == ERR_USAGE && !strncmp(err->sentence, path, strlen(path)));
    CLAIM(sscanf(err->sentence + strlen(path), ":%zu: column %zu: ", &line, &column) == 2);
    CLAIM(line >= 1 && line <= lines && column >= 1 && column <= file->left + 1);
}

static bool is_literal(const char *text, size_t n)
{
    struct literal *literal = literal_parse(text, n, 1, 0, NULL);

    literal_free(literal);
    return literal;
}

static void check_all(const struct saved_messages *saved)
{
    for (size_t i = 0; i < saved->count; i++) {
        const struct saved_message *message = &saved->all[i];

        CLAIM(message->name_n >= 1 && message->name_n <= SAVED_NAME && *message->name != '#');
        CLAIM(saved_messages_find(saved, message->name, message->name_n) == message);
        CLAIM(message->text_n && is_literal(message->text, message->text_n));
    }
}

static bool is_message(const struct saved_message *message, const char *name, const char *text)
{
    return message->name_n == strlen(name) && !memcmp(message->name, name, message->name_n) &&
           message->text_n == strlen(text) && !memcmp(message->text, text, message->text_n);
}

static bool is_same(const struct saved_message *one, const struct saved_message *other)
{
    return one->name_n == other->name_n && !memcmp(one->name, other->name, one->name_n) &&
           one->text_n == other->text_n && !memcmp(one->text, other->text, one->text_n);
}

static void check_stored(const struct saved_messages *before, const char *name, const char *text)
{
    const struct saved_message *former = saved_messages_find(before, name, strlen(name));
    size_t place = former ? (size_t)(former - before->all) : before->count;
    struct saved_messages after;
    struct err err;

    CLAIM(saved_messages_load(&after, (struct opener){0}, &err) == 0);
    CLAIM(after.count == before->count + !former);
    for (size_t i = 0; i < after.count; i++)
        CLAIM(i == place ? is_message(&after.all[i], name, text)
                         : is_same(&after.all[i], &before->all[i]));
    saved_messages_fini(&after);
}

/* A literal of one line, as the caller of saved_messages_store knows it. */
static bool may_be_stored(const char *text)
{
    size_t n = strlen(text);

    return n && *text != ' ' && *text != '\t' && !strpbrk(text, "\r\n") && is_literal(text, n);
}

static void store(const struct saved_messages *before, const char *name, const char *text)
{
    struct err err = {0};

    if (!may_be_stored(text))
        return;
    if (saved_messages_store((struct opener){0}, name, strlen(name), text, strlen(text), &err) == 0)
        check_stored(before, name, text);
    else
        CLAIM(err.kind == ERR_USAGE && *err.sentence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    char *name = input_word(&input), *text = input_word(&input);
    struct saved_messages saved;
    struct err err = {0};

    find_home();
    write_file(input.bytes, input.left);
    if (saved_messages_load(&saved, (struct opener){0}, &err) < 0) {
        check_refused(&err, &input);
    } else {
        CLAIM(err.kind == ERR_NONE);
        check_all(&saved);
        if (name && text)
            store(&saved, name, text);
    }
    saved_messages_fini(&saved);
    free(name);
    free(text);
    return 0;
}
