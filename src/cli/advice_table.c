/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/advice_table.h"

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
    {'l', "listen", BOTH, ADVICE_LISTEN, NULL},
    {'p', NULL, LISTEN, ADVICE_PORT, NULL},
    {0, "port", BOTH, ADVICE_PORT, NULL},
    {'V', NULL, BOTH, ADVICE_WRITTEN, "tcpchat --version"},
    {'w', "connect-timeout", LISTEN, ADVICE_SENTENCE,
     N_("-w, --connect-timeout is an option of connect; write tcpchat listen --listen-timeout SECS "
        "PORT")},
    {'s', "source", LISTEN, ADVICE_SENTENCE,
     N_("-s, --source is an option of connect; the address is an operand: tcpchat listen ADDR "
        "PORT")},
    {'u', "udp", BOTH, ADVICE_SENTENCE, N_("-u: tcpchat speaks TCP and unix sockets, no UDP")},
    {'U', NULL, BOTH, ADVICE_SENTENCE, N_("%s: a unix socket is written unix:PATH")},
    {'d', NULL, BOTH, ADVICE_WRITTEN, "--recv-only"},
    {'c', NULL, BOTH, ADVICE_WRITTEN, "--sh-exec"},
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
    {'X', NULL, BOTH, ADVICE_SENTENCE, ONE_WORD},
    {'P', NULL, BOTH, ADVICE_SENTENCE,
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

/* Names of other programs. */
static const struct advice synonym_table[] = {
    {0, "host|hostname|address|addr|ip", BOTH, ADVICE_HOST, NULL},
    {0, "bind", LISTEN, ADVICE_HOST, NULL},
    {0, "local-port", LISTEN, ADVICE_PORT, NULL},
    {0, "version", BOTH, ADVICE_SENTENCE, N_("--version stands alone; write tcpchat --version")},
    {0, "timeout", CONNECT, ADVICE_SENTENCE,
     N_("%s is written -w, --connect-timeout SECS for the connection, or -i, --idle-timeout SECS "
        "for silence")},
    {0, "timeout", LISTEN, ADVICE_SENTENCE,
     N_("%s is written --listen-timeout SECS for the first peer, or -i, --idle-timeout SECS for "
        "silence")},
    {0, "charset|codec", BOTH, ADVICE_WRITTEN, "-e, --encoding"},
    {0, "log", BOTH, ADVICE_SENTENCE,
     N_("%s is written --transcript FILE for the text of both sides, or -o, --output FILE for the "
        "bytes that come")},
    {0, "file", BOTH, ADVICE_SENTENCE,
     N_("%s: the shell gives a file, < FILE to send and > FILE to take it")},
    {0, "command", BOTH, ADVICE_SENTENCE, N_("%s is written --exec or --sh-exec")},
    {0, "shell", BOTH, ADVICE_WRITTEN, "--sh-exec"},
    {0, "room", LISTEN, ADVICE_WRITTEN, "--chat"},
    {0, "nick|user|username", BOTH, ADVICE_WRITTEN, "--name"},
    {0, "socks|socks5|socks5h|socks5-hostname|socks-proxy|socks5-proxy", BOTH, ADVICE_WRITTEN,
     "--proxy socks5://HOST:PORT"},
    {0, "socks4|socks4a", BOTH, ADVICE_WRITTEN, "--proxy socks4a://HOST:PORT"},
    {0, "http-proxy|https-proxy|proxy-http|proxy1.0", BOTH, ADVICE_WRITTEN,
     "--proxy http://HOST:PORT"},
    {0,
     "proxy-user|proxy-username|proxy-pass|proxy-password|proxyauth|proxyuser|socks-user|socksuser",
     BOTH, ADVICE_SENTENCE, N_("%s is written --proxy-auth-file FILE, which has USER:PASS")},
    {0, "noproxy|no-proxy", BOTH, ADVICE_SENTENCE, N_("%s: NO_PROXY counts with --proxy env")},
    {0, "all-proxy|proxy-env", BOTH, ADVICE_WRITTEN, "--proxy env"},
    {0, "proxy-host|proxy-port|proxy-server|proxy-url|proxyport|socksport", BOTH, ADVICE_SENTENCE,
     ONE_WORD},
    {0, "preproxy|pre-proxy", BOTH, ADVICE_SENTENCE,
     N_("%s: a proxy in front of the proxy is not in this version; --proxy takes one")},
    {0, "proxytunnel|proxy-tunnel", BOTH, ADVICE_SENTENCE,
     N_("%s is not needed: --proxy http://HOST:PORT asks by CONNECT anyway")},
    {0,
     "proxy-basic|proxy-anyauth|proxy-digest|proxy-ntlm|proxy-negotiate|socks5-basic|socks5-gssapi",
     BOTH, ADVICE_SENTENCE,
     N_("%s: the login is Basic, or that of SOCKS5; --proxy-auth-file FILE gives it")},
    {0,
     "proxy-cacert|proxy-capath|proxy-cert|proxy-key|proxy-insecure|proxy-pinnedpubkey|proxy-ssl|"
     "proxy-tls",
     BOTH, ADVICE_SENTENCE,
     N_("%s: TLS to the proxy itself is not in this version; --tls is with the other side, through "
        "the proxy")},
    {0, "proxy-header", BOTH, ADVICE_SENTENCE,
     N_("%s: a proxy gets no header but Host and the login")},
    {0, "accept-proxy|haproxy-protocol|haproxy", LISTEN, ADVICE_WRITTEN, "--proxy-protocol"},
    {0, "send-proxy|send-proxy-v2|haproxy-protocol|haproxy", BOTH, ADVICE_SENTENCE,
     N_("%s: headers of the PROXY protocol are read, by listen --proxy-protocol, and not written")},
    {0, "connect", CONNECT, ADVICE_SENTENCE,
     N_("%s: the address is an operand; write tcpchat connect HOST:PORT")},
    {0, "accept", LISTEN, ADVICE_PORT, NULL},
    {0, "keep-alive", LISTEN, ADVICE_WRITTEN, "-k, --keep-open"},
    {0, "ipv4", BOTH, ADVICE_WRITTEN, "-4"},
    {0, "ipv6", BOTH, ADVICE_WRITTEN, "-6"},
    {0, "tcp", BOTH, ADVICE_SENTENCE, N_("--tcp is not needed: tcpchat speaks nothing else")},
    {0,
     "ca|ca-cert|ca-certs|ca-certificate|ca-file|ca-path|cafile|cacert|capath|ssl-cafile|ssl-"
     "capath|ssl-ca|tls-cacert|tls-cafile|tls-trustfile|x509cafile",
     BOTH, ADVICE_WRITTEN, "--tls-ca FILE"},
    {0,
     "cert|cert-file|certfile|certificate|client-cert|ssl-certificate|tls-certificate|x509certfile",
     BOTH, ADVICE_WRITTEN, "--tls-cert FILE"},
    {0, "key|key-file|keyfile|private-key|privatekey|ssl-keyfile|tls-keyfile|x509keyfile", BOTH,
     ADVICE_WRITTEN, "--tls-key FILE"},
    {0,
     "servername|server-name|sni|sni-name|verify-host|verify-hostname|check-host|tls-host|tls-"
     "hostname|tls-server-name|sni-hostname|tls-sni|tls-servername",
     BOTH, ADVICE_WRITTEN, "--tls-name NAME"},
    {0,
     "pin|pinned-key|pinned-pubkey|pinnedpubkey|fingerprint|cert-fingerprint|ssl-fingerprint|tls-"
     "fingerprint|tofu",
     BOTH, ADVICE_WRITTEN, "--tls-pin PIN"},
    {0, "crlfile|crl", BOTH, ADVICE_WRITTEN, "--tls-crl FILE"},
    {0, "alpn", BOTH, ADVICE_WRITTEN, "--tls-alpn LIST"},
    {0, "verify|tls-verify", BOTH, ADVICE_SENTENCE, VERIFIES},
    {0,
     "no-verify|noverify|skip-verify|no-check-cert|no-check-certificate|no-ca-verification|allow-"
     "insecure|tls-skip-verify|tls-no-verify|ssl-no-verify",
     BOTH, ADVICE_SENTENCE, N_("%s is written --tls-insecure, which lets anybody listen in")},
    {0, "openssl", BOTH, ADVICE_WRITTEN, "--tls"},
    {0,
     "ssl3|sslv3|tls1|tls12|tls13|tls1.2|tls1.3|tls-max|tls-min|tls-version|tlsv1|tlsv1.2|tlsv1.3|"
     "tls1_2|tls1_3",
     BOTH, ADVICE_SENTENCE, N_("%s is written --tls, which is TLS 1.3 or 1.2")},
    {0, "ciphers|tls-ciphers", BOTH, ADVICE_SENTENCE, CIPHERS},
    {0, "starttls", BOTH, ADVICE_SENTENCE,
     N_("--starttls is not in this version: --tls begins with the first byte")},
    {0, "client-ca|client-cafile|mtls|ssl-client-ca|tls-verify-client|verify-client", LISTEN,
     ADVICE_WRITTEN, "--tls-client-ca FILE"},
    {0, "mtls", CONNECT, ADVICE_WRITTEN, "--tls-cert FILE --tls-key FILE"},
    {0, "pass|passphrase|key-password|tls-password", BOTH, ADVICE_SENTENCE,
     N_("%s: the key has no passphrase; openssl pkey -in KEY -out FILE writes it without")},
    {0, "no-ssl|no-tls", BOTH, ADVICE_SENTENCE, N_("%s is not needed: only --tls encrypts")},
    {0, "insecure", BOTH, ADVICE_WRITTEN, "--tls-insecure"},
    {0, "unix", BOTH, ADVICE_SENTENCE, N_("%s: a unix socket is written unix:PATH")},
};

const size_t advice_row_count = sizeof advice_table / sizeof *advice_table;

_Static_assert(sizeof advice_table / sizeof *advice_table <= ADVICE_ROWS_MAX, "");

/* Whether the word is one of the list. */
static bool has_name(const char *names, const char *name)
{
    size_t length = strlen(name);

    while (names && *names) {
        size_t n = strcspn(names, "|");

        if (n == length && !memcmp(names, name, n))
            return true;
        names += n + strspn(names + n, "|");
    }
    return false;
}

static bool find_among(const struct advice *rows, size_t count, enum command command,
                       const char *name, struct advice *advice)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].where & command && has_name(rows[i].name, name)) {
            *advice = rows[i];
            advice->name = name;
            return true;
        }
    return false;
}

bool advice_find(enum command command, const char *name, struct advice *advice)
{
    return find_among(synonym_table, sizeof synonym_table / sizeof *synonym_table, command, name,
                      advice) ||
           find_among(advice_table, advice_row_count, command, name, advice);
}
