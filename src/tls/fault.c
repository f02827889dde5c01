/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls/fault.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/language.h"
#include "tls/pin.h"

enum { DATE = 64, NAMED = 3, ITEM = 96, NAMES = 260 };

/* ---- names and dates ---- */

static void write_text(const unsigned char *text, size_t n, char name[TLS_NAME])
{
    size_t length = 0;

    for (size_t i = 0; i < n && length + sizeof "\\xHH" < TLS_NAME; i++)
        if (text[i] >= ' ' && text[i] <= '~')
            name[length++] = (char)text[i];
        else
            length += (size_t)sprintf(name + length, "\\x%02X", text[i]);
    name[length] = '\0';
}

bool fault_is_address(const char *name)
{
    struct in6_addr address;

    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

/* False: it is of another kind. */
static bool write_alternative(const GENERAL_NAME *alternative, char name[TLS_NAME])
{
    const ASN1_STRING *value = alternative->d.ia5;
    const unsigned char *bytes = ASN1_STRING_get0_data(value);
    int length = ASN1_STRING_length(value);

    if (alternative->type == GEN_DNS || alternative->type == GEN_EMAIL ||
        alternative->type == GEN_URI)
        write_text(bytes, (size_t)length, name);
    else if (alternative->type != GEN_IPADD || (length != 4 && length != 16) ||
             !inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, name, TLS_NAME))
        return false;
    return true;
}

static void write_subject(const X509 *certificate, char name[TLS_NAME])
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int place = X509_NAME_get_index_by_NID((X509_NAME *)subject, NID_commonName, -1);
    const ASN1_STRING *value =
        place < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, place));

    if (value)
        write_text(ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value), name);
}

void fault_name(const X509 *certificate, char name[TLS_NAME])
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    bool is_written = false;

    *name = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !is_written; i++)
        is_written = write_alternative(sk_GENERAL_NAME_value(names, i), name);
    GENERAL_NAMES_free(names);
    if (!is_written)
        write_subject(certificate, name);
    if (!*name)
        snprintf(name, TLS_NAME, "%s", language_text(N_("nobody")));
}

static void write_item(const GENERAL_NAME *one, const char *name, char item[ITEM])
{
    const char *format =
        one->type == GEN_DNS && fault_is_address(name) ? N_("%.64s (as a name)") : "%.64s";

    snprintf(item, ITEM, language_text(format), name);
}

/* "a.test, b.test, c.test and 4 others"; "": there is none. */
static void write_alternatives(const X509 *certificate, char names[NAMES])
{
    GENERAL_NAMES *all = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    int count = 0;
    char name[TLS_NAME], item[ITEM], before[NAMES];

    *names = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *one = sk_GENERAL_NAME_value(all, i);

        if (!write_alternative(one, name) || ++count > NAMED)
            continue;
        write_item(one, name, item);
        memcpy(before, names, NAMES);
        snprintf(names, NAMES, count > 1 ? language_text(N_("%s, %s")) : "%s%s", before, item);
    }
    memcpy(before, names, NAMES);
    if (count > NAMED)
        snprintf(names, NAMES,
                 language_count("%s and %d other", "%s and %d others", (uint64_t)(count - NAMED)),
                 before, count - NAMED);
    GENERAL_NAMES_free(all);
}

static void write_date(const ASN1_TIME *time, char date[DATE])
{
    struct tm tm;

    if (!ASN1_TIME_to_tm(time, &tm) || !strftime(date, DATE, "%Y-%m-%d", &tm))
        snprintf(date, DATE, "%s", language_text(N_("a date that cannot be read")));
}

/* ---- certificates ---- */

/* Sentences that need no more than the fault itself. */
static const struct {
    int fault;
    const char *sentence;
} plain[] = {
    {X509_V_ERR_INVALID_CA,
     N_("the issuer of its certificate is no authority: it may not issue any")},
    {X509_V_ERR_KEYUSAGE_NO_CERTSIGN,
     N_("the issuer of its certificate is no authority: its key may not sign certificates")},
    {X509_V_ERR_INVALID_PURPOSE, N_("its certificate is made for another use")},
    {X509_V_ERR_CERT_REVOKED, N_("its certificate was revoked")},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, N_("the signature of its certificate is wrong")},
    {X509_V_ERR_UNABLE_TO_GET_CRL,
     N_("--tls-crl has no list of an authority that vouches for its certificate")},
    {X509_V_ERR_CRL_HAS_EXPIRED, N_("the list of --tls-crl has expired")},
    {X509_V_ERR_EE_KEY_TOO_SMALL, N_("the key of its certificate is too short to be safe")},
    {X509_V_ERR_CA_KEY_TOO_SMALL, N_("the key of an authority of its certificate is too short")},
    {X509_V_ERR_CA_MD_TOO_WEAK, N_("its certificate is signed with a hash that is too weak")},
    {X509_V_ERR_PATH_LENGTH_EXCEEDED,
     N_("an authority of its certificate may not vouch for others")},
};

static const char *find_plain(int fault)
{
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        if (plain[i].fault == fault)
            return plain[i].sentence;
    return NULL;
}

static void describe_dates(const X509 *certificate, bool is_over, char sentence[FAULT])
{
    char date[DATE];

    write_date(is_over ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate), date);
    snprintf(sentence, FAULT,
             language_text(
                 is_over ? N_("its certificate has expired: it was valid until %s")
                         : N_("its certificate is not valid yet, only from %s on; is the clock "
                              "right?")),
             date);
}

static void describe_stranger(const X509 *certificate, char sentence[FAULT])
{
    const X509_NAME *issuer = X509_get_issuer_name(certificate);
    char name[TLS_NAME] = "", line[TLS_NAME];

    X509_NAME_oneline(issuer, line, sizeof line);
    write_text((const unsigned char *)line, strlen(line), name);
    snprintf(sentence, FAULT,
             language_text(
                 N_("its certificate comes from an authority that is not trusted here: %.192s")),
             name);
}

static void describe_self_signed(const X509 *certificate, bool is_client, char sentence[FAULT])
{
    char pin[TLS_PIN] = "";

    if (is_client) {
        snprintf(sentence, FAULT, "%s",
                 language_text(
                     N_("its certificate is self-signed, and --tls-client-ca does not have it")));
        return;
    }
    pin_of(certificate, pin);
    snprintf(
        sentence, FAULT,
        language_text(
            N_("its certificate is self-signed, so that nobody vouches for it; its key is that of "
               "--tls-pin %s, which is right only if the other side says the same by a way that "
               "nobody can change")),
        pin);
}

static void describe_pin(const X509 *certificate, char sentence[FAULT])
{
    char pin[TLS_PIN] = "";

    pin_of(certificate, pin);
    snprintf(sentence, FAULT,
             language_text(
                 N_("its key is not the one of --tls-pin, it is %s: somebody else answers, or the "
                    "other side has a new key; ask it by a way that nobody can change")),
             pin);
}

static void describe_name(const X509 *certificate, const char *wanted, char sentence[FAULT])
{
    char names[NAMES], subject[TLS_NAME];

    write_alternatives(certificate, names);
    fault_name(certificate, subject);
    if (*names)
        snprintf(sentence, FAULT,
                 language_text(N_("its certificate is not for %.64s, it is for %s")), wanted,
                 names);
    else
        snprintf(
            sentence, FAULT,
            language_text(N_("its certificate is not for %.64s: its subject is %.128s, but only "
                             "alternative names count, and it has none")),
            wanted, subject);
}

void fault_describe(X509_STORE_CTX *store, const struct tls_rules *rules, char sentence[FAULT])
{
    const X509 *leaf = X509_STORE_CTX_get0_cert(store);
    const X509 *wrong = X509_STORE_CTX_get_current_cert(store);
    int fault = X509_STORE_CTX_get_error(store);
    const char *text = find_plain(fault);

    wrong = wrong ? wrong : leaf;
    switch (fault) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        describe_dates(wrong, fault == X509_V_ERR_CERT_HAS_EXPIRED, sentence);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        describe_name(leaf, rules->name ? rules->name : "it", sentence);
        break;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        describe_self_signed(leaf, rules->listens, sentence);
        break;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: describe_stranger(wrong, sentence); break;
    case X509_V_ERR_CERT_REJECTED: describe_pin(leaf, sentence); break;
    default:
        if (text)
            snprintf(sentence, FAULT, "%s", language_text(text));
        else
            snprintf(sentence, FAULT, language_text(N_("its certificate is not trusted: %s")),
                     X509_verify_cert_error_string(fault));
    }
}

/* ---- alerts and records ---- */

/* RFC 8446, section 6. */
static const struct {
    int alert;
    const char *sentence;
} alerts[] = {
    {SSL_AD_HANDSHAKE_FAILURE,
     N_("the other side found no common ground (alert handshake_failure)")},
    {SSL_AD_BAD_CERTIFICATE, N_("the other side refused this side's certificate (alert "
                                "bad_certificate)")},
    {SSL_AD_UNSUPPORTED_CERTIFICATE, N_("the other side refused this side's kind of certificate "
                                        "(alert unsupported_certificate)")},
    {SSL_AD_CERTIFICATE_REVOKED, N_("the other side says that this side's certificate was revoked "
                                    "(alert certificate_revoked)")},
    {SSL_AD_CERTIFICATE_EXPIRED,
     N_("the other side says that this side's certificate has expired or "
        "is not valid yet (alert certificate_expired)")},
    {SSL_AD_CERTIFICATE_UNKNOWN, N_("the other side does not accept this side's certificate (alert "
                                    "certificate_unknown)")},
    {SSL_AD_UNKNOWN_CA,
     N_("the other side does not trust this side's certificate (alert unknown_ca)")},
    {SSL_AD_ACCESS_DENIED, N_("the other side lets this certificate not in (alert access_denied)")},
    {SSL_AD_PROTOCOL_VERSION, N_("the other side speaks no common version of TLS (alert "
                                 "protocol_version)")},
    {SSL_AD_INSUFFICIENT_SECURITY, N_("the other side wants stronger ciphers (alert "
                                      "insufficient_security)")},
    {SSL_AD_UNRECOGNIZED_NAME,
     N_("the other side does not know that name (alert unrecognized_name)")},
    {SSL_AD_NO_APPLICATION_PROTOCOL,
     N_("the other side has none of the protocols of --tls-alpn (alert "
        "no_application_protocol)")},
    {TLS13_AD_CERTIFICATE_REQUIRED, N_("the other side wants a certificate; give --tls-cert and "
                                       "--tls-key (alert certificate_required)")},
};

static int of_alert(int alert, struct err *err)
{
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
        if (alerts[i].alert == alert) {
            err_set(err, ERR_SECURITY, "%s", language_text(alerts[i].sentence));
            return TLS_FAIL;
        }
    err_set(err, ERR_SECURITY, "the other side broke TLS off (alert %s)",
            SSL_alert_desc_string_long(alert));
    return TLS_FAIL;
}

static const char *sentence_of(int reason)
{
    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_RECORD_LENGTH_MISMATCH: return N_("the other side does not speak TLS");
    case SSL_R_UNSUPPORTED_PROTOCOL: return N_("the other side speaks neither TLS 1.2 nor TLS 1.3");
    case SSL_R_NO_SHARED_CIPHER: return N_("the other side offers no cipher that is safe enough");
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return N_("it shows no certificate");
    case SSL_R_NO_APPLICATION_PROTOCOL: return N_("it offers none of the protocols of --tls-alpn");
    case SSL_R_EE_KEY_TOO_SMALL: return find_plain(X509_V_ERR_EE_KEY_TOO_SMALL);
    case SSL_R_CA_MD_TOO_WEAK: return find_plain(X509_V_ERR_CA_MD_TOO_WEAK);
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
        return N_("what came was changed on its way: a record of TLS is broken");
    default: return NULL;
    }
}

int fault_of_queue(struct err *err)
{
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);
    bool is_ssl = ERR_GET_LIB(error) == ERR_LIB_SSL;
    const char *sentence = is_ssl ? sentence_of(reason) : NULL;
    const char *words = ERR_reason_error_string(error);

    ERR_clear_error();
    if (is_ssl && reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
        return of_alert(reason - SSL_AD_REASON_OFFSET, err);
    if (sentence)
        err_set(err, ERR_SECURITY, "%s", language_text(sentence));
    else if (words)
        err_set(err, ERR_SECURITY, "TLS failed: %s", words);
    else
        err_set(err, ERR_SECURITY, "TLS failed, and no reason is known");
    return TLS_FAIL;
}
