/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PLACES = 4, SHELL_WORDS = 4 };

/* execvpe of glibc searches these where PATH is not set. */
#define DEFAULT_PATH "/bin:/usr/bin"

struct start {
    char **environment; /* the first PLACES strings are ours to free */
    char *text;         /* holds the words */
    char **words;
};

/* ---- environment and words ---- */

static bool is_one_of(const char *variable, const char *const *names)
{
    size_t length = strcspn(variable, "=");

    for (; names && *names; names++)
        if (strlen(*names) == length && !strncmp(variable, *names, length))
            return true;
    return false;
}

static const char *const place_names[PLACES + 1] = {
    "TCPCHAT_PEER_ADDRESS",
    "TCPCHAT_PEER_PORT",
    "TCPCHAT_LOCAL_ADDRESS",
    "TCPCHAT_LOCAL_PORT",
};

static int add_place(struct start *start, const struct spawn_place *place)
{
    const char *const values[PLACES] = {place->peer_address, place->peer_port, place->local_address,
                                        place->local_port};

    for (size_t i = 0; i < PLACES; i++)
        if (asprintf(&start->environment[i], "%s=%s", place_names[i], values[i]) < 0) {
            start->environment[i] = NULL;
            return -1;
        }
    return 0;
}

static int make_environment(struct start *start, const struct spawn *spawn,
                            const struct spawn_place *place)
{
    size_t count = 0;
    char **next;

    while (environ[count])
        count++;
    start->environment = calloc(PLACES + count + 1, sizeof *start->environment);
    if (!start->environment || add_place(start, place) < 0)
        return -1;
    next = start->environment + PLACES;
    for (char **variable = environ; *variable; variable++)
        if (!is_one_of(*variable, spawn->hidden) && !is_one_of(*variable, place_names))
            *next++ = *variable;
    return 0;
}

static const char blanks[] = " \t\n";

static void split(struct start *start)
{
    char *rest, *word = strtok_r(start->text, blanks, &rest);

    for (size_t i = 0; word; word = strtok_r(NULL, blanks, &rest))
        start->words[i++] = word;
}

static int make_words(struct start *start, const struct spawn *spawn)
{
    start->text = strdup(spawn->command);
    start->words = calloc(strlen(spawn->command) / 2 + 1 + SHELL_WORDS, sizeof *start->words);
    if (!start->text || !start->words)
        return -1;
    if (!spawn->shell) {
        split(start);
        return 0;
    }
    start->words[0] = (char *)"/bin/sh";
    start->words[1] = (char *)"-c";
    start->words[2] = start->text;
    return 0;
}

static void forget(struct start *start)
{
    for (size_t i = 0; start->environment && i < PLACES; i++)
        free(start->environment[i]);
    free(start->environment);
    free(start->text);
    free(start->words);
}

/* ---- the search ---- */

/* Whether exec takes the file. If not, errno tells why. */
static bool can_run(const char *path)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return false;
    if (S_ISREG(status.st_mode))
        return access(path, X_OK) == 0;
    errno = EACCES;
    return false;
}

/* An empty directory of PATH is the current one. */
static bool is_in_path(const char *program)
{
    const char *path = getenv("PATH"), *end;
    char file[PATH_MAX];

    for (path = path ? path : DEFAULT_PATH;; path = end + 1) {
        end = strchrnul(path, ':');
        if (snprintf(file, sizeof file, "%.*s%s%s", (int)(end - path), path, end > path ? "/" : "",
                     program) < PATH_MAX &&
            can_run(file))
            return true;
        if (!*end)
            return false;
    }
}

int spawn_check(const char *command, struct err *err)
{
    const char *begin = command + strspn(command, blanks);
    char program[PATH_MAX];

    snprintf(program, sizeof program, "%.*s", (int)strcspn(begin, blanks), begin);
    if (!*program)
        return err_set(err, ERR_USAGE, "'%s' names no program", command);
    if (!strchr(program, '/') && !is_in_path(program))
        return err_set(err, ERR_USAGE,
                       "there is no program '%s' in PATH; commands of the shell need --sh-exec",
                       program);
    if (strchr(program, '/') && !can_run(program))
        return err_errno(err, ERR_USAGE, errno, "cannot run %s", program);
    return 0;
}

/* ---- the start, in the helper ---- */

static bool has_terminal(void)
{
    int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);

    if (terminal >= 0)
        close(terminal);
    return terminal >= 0;
}

static bool stays_ignored(int number)
{
    struct sigaction action;

    return (number == SIGHUP || number == SIGINT || number == SIGQUIT) &&
           sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* exec keeps ignored signals ignored, and SIGPIPE is. */
static void reset_signals(void)
{
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        if (!stays_ignored(number))
            signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* exec closes `report`. */
static _Noreturn void become(const struct start *start, const int fds[2], bool leads, int report)
{
    int number;
    ssize_t put;

    if (leads)
        setpgid(0, 0);
    reset_signals();
    if (dup2(fds[0], STDIN_FILENO) >= 0 && dup2(fds[1], STDOUT_FILENO) >= 0)
        execvpe(start->words[0], start->words, start->environment);
    number = errno;
    put = write(report, &number, sizeof number);
    _exit(put == sizeof number ? 127 : 126);
}

/* The errno of a failed exec; 0 once the program runs. */
static int read_report(int report)
{
    int number;
    ssize_t got;

    do
        got = read(report, &number, sizeof number);
    while (got < 0 && errno == EINTR);
    return got == sizeof number ? number : 0;
}

/* posix_spawnp cannot tell a failed exec if vfork is a fork, as under Valgrind. 0, or an errno. */
static int fork_and_report(const struct start *start, const int fds[2], bool leads, pid_t *pid)
{
    int report[2], failed;

    if (pipe2(report, O_CLOEXEC) < 0)
        return errno;
    *pid = _Fork();
    if (*pid == 0)
        become(start, fds, leads, report[1]);
    failed = *pid < 0 ? errno : 0;
    close(report[1]);
    if (!failed && (failed = read_report(report[0])) != 0)
        waitpid(*pid, NULL, 0);
    close(report[0]);
    return failed;
}

/* 0, or an errno. */
static int run(struct helper *helper, const struct start *start, const int fds[2], int64_t *child)
{
    bool leads = !has_terminal();
    pid_t pid = 0;
    int failed = fork_and_report(start, fds, leads, &pid);

    if (failed)
        return failed;
    *child = helper_adopt(helper, pid, CHILD_TELLS | (leads ? CHILD_LEADS : 0u));
    return *child < 0 ? errno : 0;
}

static int64_t try_program(struct helper *helper, const struct spawn *spawn,
                           const struct spawn_place *place, const int fds[2], struct err *err)
{
    struct start start = {0};
    int64_t child = -1;
    int failed;

    if (make_environment(&start, spawn, place) < 0 || make_words(&start, spawn) < 0)
        err_memory(err);
    else if (!start.words[0])
        err_set(err, ERR_USAGE, "'%s' names no program", spawn->command);
    else if ((failed = run(helper, &start, fds, &child)) != 0)
        err_errno(err, err_is_shortage(failed) ? ERR_LOCAL : ERR_PROGRAM, failed, "cannot run %s",
                  start.words[0]);
    forget(&start);
    return child;
}

/* ---- a request ---- */

/* The strings of a place, one after the other. -1: there are not four of them. */
static int read_place(struct spawn_place *place, const struct parcel *request)
{
    const char **const strings[PLACES] = {&place->peer_address, &place->peer_port,
                                          &place->local_address, &place->local_port};
    const char *next = request->bytes, *end = request->bytes + request->length;

    for (size_t i = 0; i < PLACES; i++, next += strlen(next) + 1) {
        if (next >= end)
            return -1;
        *strings[i] = next;
    }
    return next == end ? 0 : -1;
}

/* A failure is told with its sentence. */
static void serve(struct helper *helper, void *owner, const struct parcel *request,
                  struct parcel *reply)
{
    const struct spawn *spawn = owner;
    struct spawn_place place;
    struct err err = {0};

    reply->value = -EINVAL;
    if (request->fd_count != 2 || read_place(&place, request) < 0)
        return;
    reply->value = -EAGAIN;
    if (spawn->most && helper->children.told >= spawn->most)
        return;
    reply->value = try_program(helper, spawn, &place, request->fds, &err);
    if (reply->value < 0 && parcel_put(reply, &err, sizeof err) < 0)
        reply->value = -ENOMEM;
}

void spawn_allow(struct spawn *spawn, struct helper *helper)
{
    helper_grant(helper, &spawn->grant, serve, spawn);
}

static int write_place(struct parcel *request, const struct spawn_place *place)
{
    const char *const strings[PLACES] = {place->peer_address, place->peer_port,
                                         place->local_address, place->local_port};

    for (size_t i = 0; i < PLACES; i++)
        if (parcel_put(request, strings[i], strlen(strings[i]) + 1) < 0)
            return -1;
    return 0;
}

int64_t spawn_start(const struct spawn *spawn, const struct spawn_place *place, int in, int out,
                    struct err *err)
{
    struct parcel request = {.fd_count = 2, .fds = {in, out}}, reply = {0};
    int64_t child = -1;

    if (write_place(&request, place) == 0)
        child = helper_ask(&spawn->grant, &request, &reply);
    if (child >= 0)
        return child;
    if (reply.length == sizeof *err)
        memcpy(err, reply.bytes, sizeof *err);
    else
        err_errno(err, ERR_LOCAL, errno, "cannot run %s", spawn->command);
    return -1;
}
