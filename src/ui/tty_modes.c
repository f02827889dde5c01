/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ui/tty_modes.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <termios.h>
#include <unistd.h>

/* Signals that end the process in the middle of its work. */
static const int deadly[] = {SIGSEGV, SIGBUS,  SIGILL,    SIGFPE,  SIGABRT, SIGSYS, SIGTRAP,
                             SIGALRM, SIGXCPU, SIGVTALRM, SIGPROF, SIGIO,   SIGPWR};
enum { DEADLY = sizeof deadly / sizeof *deadly, TRIES = 3 };

static struct {
    volatile sig_atomic_t is_taken;
    bool has_private;
    int out; /* never waits, where it is an open file of our own */
    struct termios saved;
    struct sigaction former[DEADLY];
    stack_t former_stack;
} modes;

/* ---- taking and giving back ---- */

/* The terminal is left as it was on every way out, so that one failure is not the last word. */
static void set(const struct termios *settings)
{
    for (int i = 0; i < TRIES && tcsetattr(STDIN_FILENO, TCSANOW, settings) < 0; i++)
        ;
}

/* Output and flow control stay as they are. */
bool tty_modes_take(int out, bool has_private)
{
    struct termios own;

    if (modes.is_taken || tcgetattr(STDIN_FILENO, &modes.saved) < 0)
        return false;
    own = modes.saved;
    own.c_iflag &= ~(tcflag_t)(ICRNL | INLCR | IGNCR | ISTRIP | PARMRK);
    own.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
    own.c_cc[VMIN] = 1;
    own.c_cc[VTIME] = 0;
    modes.has_private = has_private;
    modes.out = out;
    modes.is_taken = 1;
    set(&own);
    return true;
}

bool tty_modes_are_taken(void)
{
    return modes.is_taken;
}

void tty_modes_resume_output(void)
{
    struct termios running = modes.saved;

    running.c_iflag &= ~(tcflag_t)IXON;
    set(&running);
}

void tty_modes_give_back(void)
{
    tty_modes_resume_output();
    set(&modes.saved);
    modes.is_taken = 0;
}

void tty_modes_forget(void)
{
    modes.is_taken = 0;
}

/* ---- a deadly signal ---- */

static bool reset_private(void)
{
    static const char reset[] = TTY_MODES_CUT;
    struct pollfd room = {.fd = modes.out, .events = POLLOUT};
    ssize_t n = sizeof reset - 1;

    return poll(&room, 1, 0) > 0 && write(modes.out, reset, (size_t)n) == n;
}

/* If nobody drains the tty, drop queued output so that the mode reset gets through. */
void tty_modes_rescue(void)
{
    if (!modes.is_taken)
        return;
    tty_modes_resume_output();
    if (modes.has_private && !reset_private()) {
        tcflush(modes.out, TCOFLUSH);
        reset_private();
    }
    tty_modes_give_back();
}

static void on_deadly(int number)
{
    tty_modes_rescue();
    for (int i = 0; i < DEADLY; i++)
        if (deadly[i] == number)
            sigaction(number, &modes.former[i], NULL);
    raise(number);
}

/* The handler has a stack of its own, because an overflow of the other one may be the cause. */
void tty_modes_guard(void)
{
    static unsigned char stack[64 * 1024];
    struct sigaction action = {.sa_handler = on_deadly, .sa_flags = SA_ONSTACK};
    stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};

    sigaltstack(&own, &modes.former_stack);
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < DEADLY; i++) {
        sigaction(deadly[i], NULL, &modes.former[i]);
        if (modes.former[i].sa_handler != SIG_IGN)
            sigaction(deadly[i], &action, NULL);
    }
}

void tty_modes_unguard(void)
{
    for (int i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &modes.former[i], NULL);
    sigaltstack(&modes.former_stack, NULL);
}

/* ---- keys ---- */

static bool is_bound(int key, char byte)
{
    cc_t bound = modes.saved.c_cc[key];

    return modes.saved.c_lflag & ISIG && bound != _POSIX_VDISABLE && bound == (cc_t)byte;
}

enum tty_key tty_modes_key(char byte)
{
    if (is_bound(VINTR, byte))
        return KEY_INTERRUPT;
    if (is_bound(VQUIT, byte))
        return KEY_QUIT;
    if (is_bound(VLNEXT, byte))
        return KEY_QUOTE;
    return is_bound(VSUSP, byte) ? KEY_SUSPEND : KEY_NONE;
}
