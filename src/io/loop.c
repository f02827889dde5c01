/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "io/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/watch.h"

enum {
    SPARE = 64 * 1024,
};

/* ---- memory ---- */

/* libuv aborts if its table of descriptors cannot grow. The table grows while the loop starts, up
 * to the largest descriptor of libuv's own. If the heap is exhausted then, it grows in this spare.
 */
static struct {
    _Alignas(max_align_t) unsigned char bytes[SPARE];
    size_t used;
} spare;

/* Precedes the bytes of each block, in the spare and on the heap. */
struct block {
    _Alignas(max_align_t) size_t size;
};

static bool is_spare(const struct block *block)
{
    const unsigned char *at = (const void *)block;

    return at >= spare.bytes && at < spare.bytes + SPARE;
}

static struct block *take_spare(size_t size)
{
    size_t whole =
        sizeof(struct block) * (1 + (size + sizeof(struct block) - 1) / sizeof(struct block));
    struct block *block = (void *)(spare.bytes + spare.used);

    if (size > SPARE || whole > SPARE - spare.used)
        return NULL;
    spare.used += whole;
    return block;
}

static void *allocate(size_t size)
{
    struct block *block = malloc(sizeof *block + size);

    if (!block)
        block = take_spare(size);
    if (!block)
        return NULL;
    block->size = size;
    return block + 1;
}

static void *allocate_zeroed(size_t count, size_t size)
{
    void *bytes = size && count > SIZE_MAX / 2 / size ? NULL : allocate(count * size);

    return bytes ? memset(bytes, 0, count * size) : NULL;
}

static void give_back(void *bytes)
{
    struct block *block = bytes ? (struct block *)bytes - 1 : NULL;

    if (!is_spare(block))
        free(block);
}

static void *reallocate(void *bytes, size_t size)
{
    size_t before = bytes ? ((struct block *)bytes - 1)->size : 0;
    void *moved = allocate(size);

    if (!moved || !bytes)
        return moved;
    memcpy(moved, bytes, before < size ? before : size);
    give_back(bytes);
    return moved;
}

/* ---- turns ---- */

/* Timers that are due, and handles that are to be closed, are libuv's work as well. */
bool loop_turn(uv_loop_t *loop)
{
    watches_end_turn(loop);
    if (watches_wait(loop, uv_backend_timeout(loop)) || uv_backend_timeout(loop) == 0)
        uv_run(loop, UV_RUN_NOWAIT);
    return uv_loop_alive(loop);
}

/* ---- start and end ---- */

/* libuv aborts if there are none for its first pipe, before which it opens an epoll. Later ones
 * that it lacks are failures. */
static int try_descriptors(struct err *err)
{
    int tried[4] = {-1, -1, -1, -1};
    bool found = pipe2(tried, O_CLOEXEC) == 0 && pipe2(tried + 2, O_CLOEXEC) == 0;
    int number = errno;

    for (size_t i = 0; i < sizeof tried / sizeof *tried; i++)
        if (tried[i] >= 0)
            close(tried[i]);
    return found ? 0 : err_errno(err, ERR_LOCAL, number, "cannot start");
}

/* The first signal handle makes the loop's pipe of signals; one round adds the pipe to libuv's
 * epoll. */
static int try_signals(uv_loop_t *loop, struct err *err)
{
    uv_signal_t first;
    int failed = uv_signal_init(loop, &first);

    if (failed)
        return err_errno(err, ERR_LOCAL, -failed, "cannot start");
    uv_close((uv_handle_t *)&first, NULL);
    uv_run(loop, UV_RUN_NOWAIT);
    return 0;
}

void loop_weak_timer(uv_loop_t *loop, uv_timer_t *timer, void *owner)
{
    uv_timer_init(loop, timer);
    uv_unref((uv_handle_t *)timer);
    timer->data = owner;
}

int loop_close(uv_loop_t *loop)
{
    if (loop->data)
        watches_close(loop);
    uv_run(loop, UV_RUN_DEFAULT);
    return uv_loop_close(loop);
}

int loop_open(uv_loop_t *loop, struct err *err)
{
    int failed;

    if (try_descriptors(err) < 0)
        return -1;
    uv_replace_allocator(allocate, reallocate, allocate_zeroed, give_back);
    loop->data = NULL;
    failed = uv_loop_init(loop);
    if (failed)
        return err_errno(err, ERR_LOCAL, -failed, "cannot start");
    if (watches_open(loop, err) == 0 && try_signals(loop, err) == 0)
        return 0;
    loop_close(loop);
    return -1;
}
