/* SPDX-License-Identifier: GPL-3.0-or-later */
/* opener: the way to files for the parts that need some while connections are served.
 *
 * A run that is confined opens nothing itself. So these parts take an opener, which answers for the
 * system: a descriptor or 0, or -1 and errno. A zeroed one asks the system itself; another one is a
 * function that asks somebody who may. There are few questions, so that somebody can tell which
 * were granted. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* Up to OPENER_BESIDE the answer is a descriptor, close-on-exec, which was opened without waiting
 * for a FIFO. A private file is for its owner alone, if it is made. */
enum opener_how {
    OPENER_READ,
    OPENER_WRITE,
    OPENER_APPEND, /* and make it */
    OPENER_APPEND_PRIVATE,
    OPENER_TRUNCATE, /* likewise */
    OPENER_TRUNCATE_PRIVATE,
    OPENER_KEEP,    /* a private file to read and append to, which is made */
    OPENER_CHANGE,  /* to read and write */
    OPENER_LOOK,    /* for fstat(2) only */
    OPENER_LIST,    /* a folder, for its names */
    OPENER_BESIDE,  /* another file in the same folder, private and new, with a name of its own */
    OPENER_REPLACE, /* that file takes the place of this one, or of the target of a link */
    OPENER_DISCARD, /* or it is removed */
    OPENER_MAKE_FOLDER,
    OPENER_REMOVE,
    OPENER_HOWS
};

/* Its bytes are sent to another process. */
struct opener_question {
    uint32_t how;           /* enum opener_how */
    uint32_t folder;        /* OPENER_MAKE_FOLDER: the length of its path, a part of the file's */
    uint64_t device, inode; /* OPENER_REMOVE: of the file, if it is still that one */
};

/* Answers a question about a path. */
typedef int opener_answer(void *owner, const char *path, const struct opener_question *question);

struct opener {
    opener_answer *answer; /* NULL: opener_answer_itself */
    void *owner;
};

/* Asks the system; `owner` is not used. OPENER_BESIDE discards the file of the last one, unless
 * OPENER_REPLACE or OPENER_DISCARD has ended it. */
opener_answer opener_answer_itself;

/* Answers with a descriptor. */
int opener_open(struct opener opener, const char *path, enum opener_how how);

/* Ends what OPENER_BESIDE began. */
int opener_replace(struct opener opener, const char *path);
void opener_discard(struct opener opener, const char *path);

/* Makes the folder that the first n bytes of a path name (0700), unless it is there. */
int opener_make_folder(struct opener opener, const char *path, size_t n);

/* Removes a file, if it is still the one that fstat(2) has told of. */
void opener_remove(struct opener opener, const char *path, dev_t device, ino_t inode);
