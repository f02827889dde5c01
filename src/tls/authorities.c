/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/authorities.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/status.h"

enum { HASH = 8 /* digits */, MOST = 1024 * 1024 /* bytes of a file */ };

struct file {
    SLIST_ENTRY(file) entry;
    char name[HASH + 4]; /* HASH.N of a certificate, HASH.rN of a revocation list */
    size_t length;
    unsigned char bytes[];
};

static SLIST_HEAD(, file) files; /* of all folders */

/* ---- the folders ---- */

static bool is_named_by_hash(const char *name)
{
    const char *number = name + HASH + 1;

    if (strspn(name, "0123456789abcdef") != HASH || name[HASH] != '.')
        return false;
    number += *number == 'r';
    return *number && strlen(name) < sizeof((struct file *)0)->name &&
           !number[strspn(number, "0123456789")];
}

static void read_open_file(int fd, const char *name)
{
    struct stat status;
    struct file *file;

    if (status_of(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > MOST)
        return;
    file = malloc(sizeof *file + (size_t)status.st_size);
    if (!file)
        return;
    strcpy(file->name, name);
    file->length = (size_t)status.st_size;
    if (read(fd, file->bytes, file->length) == status.st_size)
        SLIST_INSERT_HEAD(&files, file, entry);
    else
        free(file);
}

static void read_folder(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        int fd = is_named_by_hash(entry->d_name)
                     ? openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                     : -1;

        if (fd < 0)
            continue;
        read_open_file(fd, entry->d_name);
        close(fd);
    }
    if (folder)
        closedir(folder);
}

static void read_folders(void)
{
    const char *list = getenv(X509_get_default_cert_dir_env());
    char *copy = strdup(list ? list : X509_get_default_cert_dir()), *rest = copy, *path;

    while ((path = strsep(&rest, ":")))
        if (*path)
            read_folder(path);
    free(copy);
}

/* ---- OpenSSL asks ---- */

static void add(X509_STORE *store, X509_LOOKUP_TYPE type, const struct file *file)
{
    BIO *memory = BIO_new_mem_buf(file->bytes, (int)file->length);
    X509 *certificate = NULL;
    X509_CRL *list = NULL;

    if (type == X509_LU_X509 && (certificate = PEM_read_bio_X509_AUX(memory, NULL, NULL, NULL)))
        X509_STORE_add_cert(store, certificate);
    if (type == X509_LU_CRL && (list = PEM_read_bio_X509_CRL(memory, NULL, NULL, NULL)))
        X509_STORE_add_crl(store, list);
    X509_free(certificate);
    X509_CRL_free(list);
    BIO_free(memory);
}

/* OpenSSL takes a reference of its own; see X509_LOOKUP_meth_new(3). */
static int answer(X509_OBJECT *found, X509_OBJECT *object, X509_LOOKUP_TYPE type)
{
    if (type == X509_LU_X509 && X509_OBJECT_set1_X509(found, X509_OBJECT_get0_X509(object))) {
        X509_free(X509_OBJECT_get0_X509(object));
        return 1;
    }
    if (type == X509_LU_CRL &&
        X509_OBJECT_set1_X509_CRL(found, X509_OBJECT_get0_X509_CRL(object))) {
        X509_CRL_free(X509_OBJECT_get0_X509_CRL(object));
        return 1;
    }
    return 0;
}

static int find_by_subject(X509_LOOKUP *lookup, X509_LOOKUP_TYPE type, const X509_NAME *name,
                           X509_OBJECT *found)
{
    X509_STORE *store = X509_LOOKUP_get_store(lookup);
    char wanted[HASH + 3];
    struct file *file;
    X509_OBJECT *object;
    int n = snprintf(wanted, sizeof wanted, "%08lx.%s", X509_NAME_hash_ex(name, NULL, NULL, NULL),
                     type == X509_LU_CRL ? "r" : "");

    SLIST_FOREACH(file, &files, entry)
    if (!strncmp(file->name, wanted, (size_t)n))
        add(store, type, file);
    ERR_clear_error();
    object = X509_OBJECT_retrieve_by_subject(X509_STORE_get0_objects(store), type, name);
    return object ? answer(found, object, type) : 0;
}

/* ---- the store ---- */

static int fill(X509_STORE *store)
{
    X509_LOOKUP *file = X509_STORE_add_lookup(store, X509_LOOKUP_file());
    X509_LOOKUP_METHOD *method = X509_LOOKUP_meth_new("folders");

    if (!file || !method || !X509_LOOKUP_meth_set_get_by_subject(method, find_by_subject) ||
        !X509_STORE_add_lookup(store, method))
        return -1;
    X509_LOOKUP_load_file(file, NULL, X509_FILETYPE_DEFAULT); /* there may be none */
    ERR_clear_error();
    read_folders();
    return 0;
}

X509_STORE *authorities_of_system(void)
{
    static X509_STORE *store;

    if (store)
        return store;
    store = X509_STORE_new();
    if (store && fill(store) < 0) {
        X509_STORE_free(store);
        store = NULL;
    }
    return store;
}
