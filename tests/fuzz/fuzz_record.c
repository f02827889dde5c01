/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file of --replay: whatever it holds, it is refused with its place, or each of its peers can be
 * played. A caller that says what was recorded hears all of the peer, however its bytes are cut; a
 * caller that says another byte fails. */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "io/loop.h"
#include "io/player.h"
#include "io/tape.h"

enum { CAP = 1 << 24 };

static uv_loop_t loop;

/* All bytes of a direction. */
static void gather(const struct tape *tape, uint32_t first, enum recording_way way, struct buf *all)
{
    buf_init(all, CAP);
    for (uint32_t number = first; number; number = tape_piece(tape, number)->next) {
        struct recording_line line;
        char *memory;

        CLAIM(tape_read(tape, number, &memory, &line, NULL) == 0);
        CLAIM(line.way == (enum recording_way)tape_piece(tape, number)->way);
        if (line.way == way)
            CLAIM(buf_append(all, line.bytes, line.n) == 0);
        free(memory);
    }
}

static void hear(struct stream *player, size_t cut, struct buf *heard, bool *has_ended)
{
    unsigned char bytes[64];
    ssize_t got;

    while (!*has_ended && (got = stream_read(player, bytes, cut, NULL)) != STREAM_AGAIN) {
        CLAIM(got >= 0);
        *has_ended = !got;
        CLAIM(buf_append(heard, bytes, (size_t)got) == 0);
    }
}

/* With `wrong` below the number of bytes that byte is another one. */
static void play(const struct tape *tape, uint32_t first, size_t cut, size_t wrong)
{
    struct stream *player = player_new(&loop, tape, first, false, "caller", NULL);
    struct buf in, out, heard;
    bool has_ended = false, deviates = false;
    struct err err = {0};

    CLAIM(player);
    gather(tape, first, RECORDING_IN, &in);
    gather(tape, first, RECORDING_OUT, &out);
    buf_init(&heard, CAP);
    if (wrong < buf_length(&out))
        out.bytes[wrong] ^= 1;
    for (size_t at = 0; at < buf_length(&out) && !deviates; at += cut) {
        size_t n = buf_length(&out) - at < cut ? buf_length(&out) - at : cut;

        hear(player, cut, &heard, &has_ended);
        deviates = stream_write(player, buf_bytes(&out) + at, n, &err) == STREAM_FAIL;
    }
    CLAIM(deviates == (wrong < buf_length(&out)) && deviates == (err.kind == ERR_PROGRAM));
    if (!deviates) {
        CLAIM(stream_finish(player, NULL) == 0);
        hear(player, cut, &heard, &has_ended);
        CLAIM(has_ended && buf_length(&heard) == buf_length(&in));
        CLAIM(!memcmp(buf_bytes(&heard), buf_bytes(&in), buf_length(&in)));
    }
    stream_close(player, STREAM_ABORT);
    buf_fini(&in);
    buf_fini(&out);
    buf_fini(&heard);
    while (loop_turn(&loop))
        ;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct data input = {data, size};
    size_t cut = input_byte(&input) % 64 + 1U, wrong = input_byte(&input);
    struct tape tape;
    struct err err = {0};
    char path[40];
    uint32_t first;
    int fd = memfd_create("record", MFD_CLOEXEC);

    if (!loop.data)
        CLAIM(loop_open(&loop, NULL) == 0);
    CLAIM(fd >= 0 && write(fd, input.bytes, input.left) == (ssize_t)input.left);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (tape_open(&tape, path, false, &err) < 0) {
        CLAIM(err.kind == ERR_USAGE && strstr(err.sentence, ": column "));
    } else {
        while ((first = tape_take(&tape))) {
            play(&tape, first, cut, SIZE_MAX);
            play(&tape, first, cut, wrong);
        }
        CLAIM(tape_is_over(&tape));
    }
    tape_close(&tape);
    close(fd);
    return 0;
}
