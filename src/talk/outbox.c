#include "talk/outbox.h"

#include <stdlib.h>

enum { AT_ONCE = 64 }; /* messages in one call */

struct outbox_entry {
    struct outbox_entry *next;
    struct message *message;
    const struct form *form;
};

void outbox_init(struct outbox *outbox)
{
    *outbox = (struct outbox){.last = &outbox->first};
}

static void drop_first(struct outbox *outbox)
{
    struct outbox_entry *entry = outbox->first;

    outbox->first = entry->next;
    if (!outbox->first)
        outbox->last = &outbox->first;
    outbox->written = 0;
    message_release(entry->message);
    free(entry);
}

void outbox_fini(struct outbox *outbox)
{
    while (outbox->first)
        drop_first(outbox);
    outbox->bytes = 0;
}

int outbox_push(struct outbox *outbox, struct message *message, const struct form *form)
{
    struct outbox_entry *entry = malloc(sizeof *entry);

    if (!entry)
        return -1;
    *entry = (struct outbox_entry){.message = message_hold(message), .form = form};
    *outbox->last = entry;
    outbox->last = &entry->next;
    outbox->bytes += form->n;
    return 0;
}

static int gather(const struct outbox *outbox, struct iovec iov[AT_ONCE])
{
    size_t skipped = outbox->written;
    int count = 0;

    for (struct outbox_entry *entry = outbox->first; entry && count < AT_ONCE;
         entry = entry->next) {
        iov[count++] =
            (struct iovec){(void *)(entry->form->bytes + skipped), entry->form->n - skipped};
        skipped = 0;
    }
    return count;
}

static void forget(struct outbox *outbox, size_t n)
{
    outbox->bytes -= n;
    outbox->sent += n;
    outbox->written += n;
    while (outbox->first && outbox->written >= outbox->first->form->n) {
        size_t rest = outbox->written - outbox->first->form->n;

        drop_first(outbox);
        outbox->written = rest;
    }
}

int outbox_write(struct outbox *outbox, struct stream *stream, struct err *err)
{
    while (outbox->first) {
        struct iovec iov[AT_ONCE];
        int count = gather(outbox, iov);
        ssize_t put = stream->ops->writev(stream, iov, count, err);

        if (put < 0)
            return (int)put;
        forget(outbox, (size_t)put);
    }
    return 0;
}
