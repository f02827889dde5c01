/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/pin.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "base/language.h"

static const char head[] = "sha256//";

enum { HEAD = sizeof head - 1, BASE64 = 44 }; /* of 32 bytes */

int pin_of(const X509 *certificate, char pin[TLS_PIN])
{
    unsigned char *der = NULL, hash[SHA256_DIGEST_LENGTH];
    int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    bool is_hashed = length > 0 && EVP_Digest(der, (size_t)length, hash, NULL, EVP_sha256(), NULL);

    OPENSSL_free(der);
    if (!is_hashed)
        return -1;
    memcpy(pin, head, HEAD);
    EVP_EncodeBlock((unsigned char *)pin + HEAD, hash, sizeof hash);
    return 0;
}

/* Decoded and encoded again: a pin with stray bits would never match. */
static bool is_pin(const char *text)
{
    unsigned char bytes[BASE64], again[BASE64 + 1];

    return !strncmp(text, head, HEAD) && strlen(text + HEAD) == BASE64 &&
           EVP_DecodeBlock(bytes, (const unsigned char *)text + HEAD, BASE64) == 33 &&
           EVP_EncodeBlock(again, bytes, SHA256_DIGEST_LENGTH) == BASE64 &&
           !memcmp(again, text + HEAD, BASE64);
}

/* Whether the text is as long as a pin and has its characters. */
static bool is_like_pin(const char *text)
{
    unsigned char bytes[BASE64];

    return !strncmp(text, head, HEAD) && strlen(text + HEAD) == BASE64 &&
           text[HEAD + BASE64 - 1] == '=' &&
           EVP_DecodeBlock(bytes, (const unsigned char *)text + HEAD, BASE64) == 33;
}

static const char *fault_of(const char *text)
{
    if (is_like_pin(text))
        return N_("--tls-pin: '%.128s' is no pin: its last characters cannot be the end of one; "
                  "copy it again");
    return strchr(text, ';') ? N_("--tls-pin: '%.128s' is no pin; give --tls-pin once for each")
                             : N_("--tls-pin: '%.128s' is no pin; one is sha256// and 44 "
                                  "characters of base64, as listen --tls prints it");
}

int pin_check_all(const char **pins, struct err *err)
{
    for (; pins && *pins; pins++)
        if (!is_pin(*pins))
            return err_set(err, ERR_USAGE, fault_of(*pins), *pins);
    return 0;
}

bool pin_is_among(const char *pin, const char **pins)
{
    while (*pins)
        if (!strcmp(pin, *pins++))
            return true;
    return false;
}
