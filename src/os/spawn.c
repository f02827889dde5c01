/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "os/spawn.h"

#include <dirent.h>
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
    rlim_t files;
    bool ignores_hangup;
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

static int make_environment(struct start *start, const struct spawn *spawn)
{
    size_t count = 0;
    char **next;

    while (environ[count])
        count++;
    start->environment = calloc(PLACES + count + 1, sizeof *start->environment);
    if (!start->environment || add_place(start, &spawn->place) < 0)
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

/* ---- the start ---- */

void spawn_close_inherited(void)
{
    DIR *all = opendir("/proc/self/fd");
    const struct dirent *one;

    while (all && (one = readdir(all))) {
        int fd = atoi(one->d_name);

        if (fd > STDERR_FILENO)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    if (all)
        closedir(all);
}

static bool stays_ignored(int number)
{
    struct sigaction action;

    return (number == SIGHUP || number == SIGINT || number == SIGQUIT) &&
           sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* exec keeps ignored signals ignored, and we ignore SIGPIPE. */
static void reset_signals(bool ignores_hangup)
{
    sigset_t none;

    if (ignores_hangup)
        signal(SIGHUP, SIG_IGN);
    for (int number = 1; number < NSIG; number++)
        if (!stays_ignored(number))
            signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Many programs expect fewer open files than we are allowed: select(2) knows 1024. */
static void limit_files(rlim_t files)
{
    struct rlimit limit;

    if (!files || getrlimit(RLIMIT_NOFILE, &limit) < 0)
        return;
    limit.rlim_cur = files;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* exec closes `report`. */
static _Noreturn void become(const struct start *start, int in, int out, bool leads, int report)
{
    int number;
    ssize_t put;

    if (leads)
        setpgid(0, 0);
    reset_signals(start->ignores_hangup);
    limit_files(start->files);
    if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
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

/* posix_spawnp has no attribute for a limit of open files, nor for a signal that is to be ignored.
 * It cannot tell a failed exec either if vfork is a fork, as under Valgrind.
 * All signals are blocked meanwhile: the program's handlers are ours until it resets them, and
 * would write into our loop's pipe. 0, or an errno. */
static int fork_and_report(const struct start *start, int in, int out, bool leads, pid_t *pid)
{
    sigset_t all, mask;
    int report[2], failed;

    if (pipe2(report, O_CLOEXEC) < 0)
        return errno;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &mask);
    *pid = fork();
    if (*pid == 0)
        become(start, in, out, leads, report[1]);
    failed = *pid < 0 ? errno : 0;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    close(report[1]);
    if (!failed && (failed = read_report(report[0])) != 0)
        waitpid(*pid, NULL, 0);
    close(report[0]);
    return failed;
}

pid_t spawn_program(const struct spawn *spawn, int in, int out, bool leads, struct err *err)
{
    struct start start = {.files = spawn->files, .ignores_hangup = spawn->ignores_hangup};
    pid_t pid = -1;
    int failed = 0;

    if (make_environment(&start, spawn) < 0 || make_words(&start, spawn) < 0)
        failed = err_memory(err);
    else if (!start.words[0])
        failed = err_set(err, ERR_USAGE, "'%s' names no program", spawn->command);
    else if ((failed = fork_and_report(&start, in, out, leads, &pid)) != 0)
        err_errno(err, err_is_shortage(failed) ? ERR_LOCAL : ERR_PROGRAM, failed, "cannot run %s",
                  start.words[0]);
    forget(&start);
    return failed ? -1 : pid;
}
