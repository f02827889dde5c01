/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/advice_table.h"

#include <stdio.h>
#include <string.h>

#include "base/language.h"

enum { BOTH = COMMAND_BOTH, LISTEN = COMMAND_LISTEN, CONNECT = COMMAND_CONNECT };

/* Some programs mean the peer's end by these names, some the end of standard input. */
#define END_WITH_PEER \
    N_("%s: the peer is told standard input's end anyway; --end-with-peer ends with the peer")

#define VERIFIES N_("%s: --tls verifies the other side anyway")
#define ONE_WORD \
    N_("%s: a proxy is one word, --proxy socks5://HOST:PORT or --proxy http://HOST:PORT")
#define CIPHERS N_("%s: OpenSSL chooses safe ciphers; its configuration file can change them")

const struct advice advice_table[] = {
    {'l', "listen", BOTH, ADVICE_LISTEN, ""},
    {'p', "", LISTEN, ADVICE_PORT, ""},
    {0, "port", BOTH, ADVICE_PORT, ""},
    {'V', "", BOTH, ADVICE_WRITTEN, "tcpchat --version"},
    {'w', "connect-timeout", LISTEN, ADVICE_SENTENCE,
     N_("-w, --connect-timeout is an option of connect; write tcpchat listen --listen-timeout SECS "
        "PORT")},
    {'s', "source", LISTEN, ADVICE_SENTENCE,
     N_("-s, --source is an option of connect; the address is an operand: tcpchat listen ADDR "
        "PORT")},
    {'u', "udp", BOTH, ADVICE_SENTENCE, N_("-u: tcpchat speaks TCP and unix sockets, no UDP")},
    {'U', "", BOTH, ADVICE_SENTENCE, N_("%s: a unix socket is written unix:PATH")},
    {'d', "", BOTH, ADVICE_WRITTEN, "--recv-only"},
    {'c', "", BOTH, ADVICE_WRITTEN, "--sh-exec"},
    {'E', "exit-on-eof", BOTH, ADVICE_SENTENCE, END_WITH_PEER},
    {0, "exit-on-close", BOTH, ADVICE_SENTENCE, END_WITH_PEER},
    {0, "exit-on-disconnect", BOTH, ADVICE_SENTENCE, END_WITH_PEER},
    {0, "quit-on-eof", BOTH, ADVICE_SENTENCE, END_WITH_PEER},
    {0, "quit-on-close", BOTH, ADVICE_SENTENCE, END_WITH_PEER},
    {0, "close-on-eof", BOTH, ADVICE_SENTENCE, END_WITH_PEER},
    {0, "close", BOTH, ADVICE_SENTENCE, END_WITH_PEER},
    {0, "max-conns", BOTH, ADVICE_WRITTEN, "-m, --max-peers N"},
    {0, "nodns", BOTH, ADVICE_WRITTEN, "-n, --numeric"},
    {0, "wait", CONNECT, ADVICE_WRITTEN, "-w, --connect-timeout SECS"},
    {0, "wait", LISTEN, ADVICE_WRITTEN, "--listen-timeout SECS"},
    {'X', "", BOTH, ADVICE_SENTENCE, ONE_WORD},
    {'P', "", BOTH, ADVICE_SENTENCE,
     N_("%s is written --proxy-auth-file FILE, which has USER:PASS")},
    {0, "proxy-type", BOTH, ADVICE_SENTENCE,
     N_("%s: the type stands in front of the proxy, --proxy socks5://HOST:PORT or "
        "http://HOST:PORT")},
    {0, "proxy-auth", BOTH, ADVICE_SENTENCE,
     N_("%s is written --proxy-auth-file FILE, which has USER:PASS")},
    {0, "proxy-dns", BOTH, ADVICE_SENTENCE, N_("%s: it is not needed: the proxy looks names up")},
    {0, "ssl", BOTH, ADVICE_SENTENCE, N_("%s is written --tls, which verifies the other side")},
    {0, "ssl-verify", BOTH, ADVICE_SENTENCE, VERIFIES},
    {0, "ssl-trustfile", BOTH, ADVICE_WRITTEN, "--tls-ca FILE"},
    {0, "ssl-cert", BOTH, ADVICE_WRITTEN, "--tls-cert FILE"},
    {0, "ssl-key", BOTH, ADVICE_WRITTEN, "--tls-key FILE"},
    {0, "ssl-alpn", BOTH, ADVICE_WRITTEN, "--tls-alpn LIST"},
    {0, "ssl-servername", BOTH, ADVICE_WRITTEN, "--tls-name NAME"},
    {0, "ssl-ciphers", BOTH, ADVICE_SENTENCE, CIPHERS},
};

/* Names of other programs, "one|other". */
static const struct {
    char names[176];
    unsigned where;
    enum advice_kind kind;
    char text[136];
} synonym_table[] = {
    {"host|hostname|address|addr|ip", BOTH, ADVICE_HOST, ""},
    {"bind", LISTEN, ADVICE_HOST, ""},
    {"local-port", LISTEN, ADVICE_PORT, ""},
    {"version", BOTH, ADVICE_SENTENCE, N_("--version stands alone; write tcpchat --version")},
    {"timeout", CONNECT, ADVICE_SENTENCE,
     N_("%s is written -w, --connect-timeout SECS for the connection, or -i, --idle-timeout SECS "
        "for silence")},
    {"timeout", LISTEN, ADVICE_SENTENCE,
     N_("%s is written --listen-timeout SECS for the first peer, or -i, --idle-timeout SECS for "
        "silence")},
    {"charset|codec", BOTH, ADVICE_WRITTEN, "-e, --encoding"},
    {"log", BOTH, ADVICE_SENTENCE,
     N_("%s is written --transcript FILE for the text of both sides, or -o, --output FILE for the "
        "bytes that come")},
    {"file", BOTH, ADVICE_SENTENCE,
     N_("%s: the shell gives a file, < FILE to send and > FILE to take it")},
    {"command", BOTH, ADVICE_SENTENCE, N_("%s is written --exec or --sh-exec")},
    {"shell", BOTH, ADVICE_WRITTEN, "--sh-exec"},
    {"room", LISTEN, ADVICE_WRITTEN, "--chat"},
    {"nick|user|username", BOTH, ADVICE_WRITTEN, "--name"},
    {"socks|socks5|socks5h|socks5-hostname|socks-proxy|socks5-proxy", BOTH, ADVICE_WRITTEN,
     "--proxy socks5://HOST:PORT"},
    {"socks4|socks4a", BOTH, ADVICE_WRITTEN, "--proxy socks4a://HOST:PORT"},
    {"http-proxy|https-proxy|proxy-http|proxy1.0", BOTH, ADVICE_WRITTEN,
     "--proxy http://HOST:PORT"},
    {"proxy-user|proxy-username|proxy-pass|proxy-password|proxyauth|proxyuser|socks-user|socksuser",
     BOTH, ADVICE_SENTENCE, N_("%s is written --proxy-auth-file FILE, which has USER:PASS")},
    {"noproxy|no-proxy", BOTH, ADVICE_SENTENCE, N_("%s: NO_PROXY counts with --proxy env")},
    {"all-proxy|proxy-env", BOTH, ADVICE_WRITTEN, "--proxy env"},
    {"proxy-host|proxy-port|proxy-server|proxy-url|proxyport|socksport", BOTH, ADVICE_SENTENCE,
     ONE_WORD},
    {"preproxy|pre-proxy", BOTH, ADVICE_SENTENCE,
     N_("%s: a proxy in front of the proxy is not in this version; --proxy takes one")},
    {"proxytunnel|proxy-tunnel", BOTH, ADVICE_SENTENCE,
     N_("%s is not needed: --proxy http://HOST:PORT asks by CONNECT anyway")},
    {"proxy-basic|proxy-anyauth|proxy-digest|proxy-ntlm|proxy-negotiate|socks5-basic|socks5-gssapi",
     BOTH, ADVICE_SENTENCE,
     N_("%s: the login is Basic, or that of SOCKS5; --proxy-auth-file FILE gives it")},
    {"proxy-cacert|proxy-capath|proxy-cert|proxy-key|proxy-insecure|proxy-pinnedpubkey|proxy-ssl|"
     "proxy-tls",
     BOTH, ADVICE_SENTENCE,
     N_("%s: TLS to the proxy itself is not in this version; --tls is with the other side, through "
        "the proxy")},
    {"proxy-header", BOTH, ADVICE_SENTENCE,
     N_("%s: a proxy gets no header but Host and the login")},
    {"accept-proxy|haproxy-protocol|haproxy", LISTEN, ADVICE_WRITTEN, "--proxy-protocol"},
    {"send-proxy|send-proxy-v2|haproxy-protocol|haproxy", BOTH, ADVICE_SENTENCE,
     N_("%s: headers of the PROXY protocol are read, by listen --proxy-protocol, and not written")},
    {"connect", CONNECT, ADVICE_SENTENCE,
     N_("%s: the address is an operand; write tcpchat connect HOST:PORT")},
    {"accept", LISTEN, ADVICE_PORT, ""},
    {"keep-alive", LISTEN, ADVICE_WRITTEN, "-k, --keep-open"},
    {"ipv4", BOTH, ADVICE_WRITTEN, "-4"},
    {"ipv6", BOTH, ADVICE_WRITTEN, "-6"},
    {"tcp", BOTH, ADVICE_SENTENCE, N_("--tcp is not needed: tcpchat speaks nothing else")},
    {"ca|ca-cert|ca-certs|ca-certificate|ca-file|ca-path|cafile|cacert|capath|ssl-cafile|ssl-"
     "capath|ssl-ca|tls-cacert|tls-cafile|tls-trustfile|x509cafile",
     BOTH, ADVICE_WRITTEN, "--tls-ca FILE"},
    {"cert|cert-file|certfile|certificate|client-cert|ssl-certificate|tls-certificate|x509certfile",
     BOTH, ADVICE_WRITTEN, "--tls-cert FILE"},
    {"key|key-file|keyfile|private-key|privatekey|ssl-keyfile|tls-keyfile|x509keyfile", BOTH,
     ADVICE_WRITTEN, "--tls-key FILE"},
    {"servername|server-name|sni|sni-name|verify-host|verify-hostname|check-host|tls-host|tls-"
     "hostname|tls-server-name|sni-hostname|tls-sni|tls-servername",
     BOTH, ADVICE_WRITTEN, "--tls-name NAME"},
    {"pin|pinned-key|pinned-pubkey|pinnedpubkey|fingerprint|cert-fingerprint|ssl-fingerprint|tls-"
     "fingerprint|tofu",
     BOTH, ADVICE_WRITTEN, "--tls-pin PIN"},
    {"crlfile|crl", BOTH, ADVICE_WRITTEN, "--tls-crl FILE"},
    {"alpn", BOTH, ADVICE_WRITTEN, "--tls-alpn LIST"},
    {"verify|tls-verify", BOTH, ADVICE_SENTENCE, VERIFIES},
    {"no-verify|noverify|skip-verify|no-check-cert|no-check-certificate|no-ca-verification|allow-"
     "insecure|tls-skip-verify|tls-no-verify|ssl-no-verify",
     BOTH, ADVICE_SENTENCE, N_("%s is written --tls-insecure, which lets anybody listen in")},
    {"openssl", BOTH, ADVICE_WRITTEN, "--tls"},
    {"ssl3|sslv3|tls1|tls12|tls13|tls1.2|tls1.3|tls-max|tls-min|tls-version|tlsv1|tlsv1.2|tlsv1.3|"
     "tls1_2|tls1_3",
     BOTH, ADVICE_SENTENCE, N_("%s is written --tls, which is TLS 1.3 or 1.2")},
    {"ciphers|tls-ciphers", BOTH, ADVICE_SENTENCE, CIPHERS},
    {"starttls", BOTH, ADVICE_SENTENCE,
     N_("--starttls is not in this version: --tls begins with the first byte")},
    {"client-ca|client-cafile|mtls|ssl-client-ca|tls-verify-client|verify-client", LISTEN,
     ADVICE_WRITTEN, "--tls-client-ca FILE"},
    {"mtls", CONNECT, ADVICE_WRITTEN, "--tls-cert FILE --tls-key FILE"},
    {"pass|passphrase|key-password|tls-password", BOTH, ADVICE_SENTENCE,
     N_("%s: the key has no passphrase; openssl pkey -in KEY -out FILE writes it without")},
    {"no-ssl|no-tls", BOTH, ADVICE_SENTENCE, N_("%s is not needed: only --tls encrypts")},
    {"insecure", BOTH, ADVICE_WRITTEN, "--tls-insecure"},
    {"unix", BOTH, ADVICE_SENTENCE, N_("%s: a unix socket is written unix:PATH")},
};

const size_t advice_row_count = sizeof advice_table / sizeof *advice_table;

_Static_assert(sizeof advice_table / sizeof *advice_table <= ADVICE_ROWS_MAX, "");

/* Whether the word is one of the list. */
static bool has_name(const char *names, const char *name)
{
    size_t length = strlen(name);

    while (*names) {
        size_t n = strcspn(names, "|");

        if (n == length && !memcmp(names, name, n))
            return true;
        names += n + strspn(names + n, "|");
    }
    return false;
}

static bool find_synonym(enum command command, const char *name, struct advice *advice)
{
    for (size_t i = 0; i < sizeof synonym_table / sizeof *synonym_table; i++)
        if (synonym_table[i].where & command && has_name(synonym_table[i].names, name)) {
            *advice =
                (struct advice){.where = synonym_table[i].where, .kind = synonym_table[i].kind};
            snprintf(advice->name, sizeof advice->name, "%s", name);
            memcpy(advice->text, synonym_table[i].text, sizeof advice->text);
            return true;
        }
    return false;
}

bool advice_find(enum command command, const char *name, struct advice *advice)
{
    if (find_synonym(command, name, advice))
        return true;
    for (size_t i = 0; i < advice_row_count; i++)
        if (advice_table[i].where & command && has_name(advice_table[i].name, name)) {
            *advice = advice_table[i];
            return true;
        }
    return false;
}
