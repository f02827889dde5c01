/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/option_table.h"

#include <string.h>

#include "base/language.h"

enum { BOTH = COMMAND_BOTH, LISTEN = COMMAND_LISTEN, CONNECT = COMMAND_CONNECT };
enum {
    CONVERSATION = TOPIC_CONVERSATION,
    TEXT = TOPIC_TEXT,
    TIME = TOPIC_TIME,
    FILES = TOPIC_FILES,
    PEOPLE = TOPIC_PEOPLE,
    PROGRAMS = TOPIC_PROGRAMS,
    SECURITY = TOPIC_SECURITY,
    DEVICES = TOPIC_DEVICES,
    LEARNING = TOPIC_LEARNING,
};

#define TARGET(field) offsetof(struct options, field)

const struct option_row option_table[] = {
    {'4', NULL, NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(ipv4), NULL, N_("IPv4 only"), NULL},
    {'6', NULL, NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(ipv6), NULL, N_("IPv6 only"), NULL},
    {'n', "numeric", NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(numeric), NULL,
     N_("no name look-ups"), NULL},
    {'e', "encoding", "LIST", BOTH, TEXT, OPTION_PEER_CHARSET, TARGET(encoding), "TCPCHAT_ENCODING",
     N_("what the peer speaks, and text is converted both ways: a charset; in a terminal and "
        "with --chat also utf-8 and one other in order of preference (utf-8,gbk), or auto, the "
        "default there; raw converts nothing, the default elsewhere"),
     N_("what the peer speaks, such as gbk")},
    {0, "local-encoding", "CHARSET", BOTH, TEXT, OPTION_CHARSET, TARGET(local_encoding),
     "TCPCHAT_LOCAL_ENCODING",
     N_("what standard input, output and the terminal speak (default: the locale's)"), NULL},
    {0, "on-bad-text", "replace|escape|stop", BOTH, TEXT, OPTION_BAD_TEXT, TARGET(text),
     "TCPCHAT_ON_BAD_TEXT",
     N_("text that cannot be converted becomes U+FFFD or ? (replace, the default), \\xHH and "
        "\\u{H} "
        "(escape), or ends the run (stop)"),
     NULL},
    {'C', "crlf", NULL, BOTH, TEXT, OPTION_CRLF, TARGET(text.eol), NULL,
     N_("the same as --eol crlf; the last of the two counts"),
     N_("send CR LF at the end of a line")},
    {0, "eol", "lf|crlf|cr|none", BOTH, DEVICES, OPTION_EOL, TARGET(text.eol), NULL,
     N_("what ends a line that is sent, in place of LF and CR LF; a last line without an end gets "
        "none"),
     NULL},
    {0, "message", "FORM", BOTH, DEVICES, OPTION_MESSAGE, TARGET(message), NULL,
     N_("what ends a message that is received, and nothing else does: lf, crlf, cr, nul, byte:03, "
        "bytes:N, len:u16be (u8 u16be u16le u32be u32le, also +N or -N), gap:50ms or none (each "
        "read)"),
     NULL},
    {0, "view", "text|hex|both|chunks", BOTH, DEVICES, OPTION_VIEW, TARGET(view), NULL,
     N_("at a terminal: each message with its time to the millisecond and its length, as text, in "
        "hexadecimal or both; chunks shows each read as it came"),
     NULL},
    {'v', "verbose", NULL, BOTH, CONVERSATION, OPTION_REPEATED, TARGET(verbose), NULL,
     N_("say on standard error what happens; twice: also the states"), N_("say what happens")},
    {'w', "connect-timeout", "SECS", CONNECT, TIME, OPTION_DEADLINE, TARGET(connect_timeout), NULL,
     N_("give up when no connection was made in time, all addresses together"),
     N_("give up connecting after SECS")},
    {0, "listen-timeout", "SECS", LISTEN, TIME, OPTION_DEADLINE, TARGET(listen_timeout), NULL,
     N_("give up when nobody came"), N_("give up when nobody came within SECS")},
    {'i', "idle-timeout", "SECS", BOTH, TIME, OPTION_DEADLINE, TARGET(idle_timeout), NULL,
     N_("end when nothing was sent or received for so long"), N_("give up after SECS of silence")},
    {'q', "quit-after", "SECS", BOTH, TIME, OPTION_TIME, TARGET(quit_after), NULL,
     N_("wait at most so long for the peer once standard input has ended and all was sent"),
     N_("wait at most SECS once all was sent")},
    {0, "end-with-peer", NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(end_with_peer), NULL,
     N_("end with the peer, though standard input goes on; -q bounds how long the peer may take to "
        "receive what was read of it"),
     NULL},
    {0, "no-shutdown", NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(no_shutdown), NULL,
     N_("do not half-close at standard input's end"), NULL},
    {0, "send-only", NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(send_only), NULL,
     N_("discard what comes"), NULL},
    {0, "recv-only", NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(recv_only), NULL,
     N_("never read standard input; send nothing, not even an end, before the peer's end"), NULL},
    {'s', "source", "ADDR", CONNECT, CONVERSATION, OPTION_TEXT, TARGET(source), NULL,
     N_("connect from this address"), NULL},
    {'p', "source-port", "PORT", CONNECT, CONVERSATION, OPTION_PORT, TARGET(source_port), NULL,
     N_("connect from this port"), NULL},
    {0, "proxy", "PROXY", BOTH, CONVERSATION, OPTION_TEXT, TARGET(proxy), NULL,
     N_("connect, or --forward, through [http://|socks5://|socks4a://]HOST[:PORT] (default: http, "
        "1080), which looks names up; env takes ALL_PROXY and NO_PROXY; for USER:PASS@ better "
        "--proxy-auth-file"),
     NULL},
    {0, "proxy-auth-file", "FILE", BOTH, CONVERSATION, OPTION_TEXT, TARGET(proxy_auth_file), NULL,
     N_("the user and the password for --proxy: USER:PASS in the first line of FILE"), NULL},
    {'z', "probe", NULL, CONNECT, CONVERSATION, OPTION_FLAG, TARGET(probe), NULL,
     N_("connect and close, sending nothing"), N_("only look whether somebody listens")},
    {0, "retry", "SECS", CONNECT, TIME, OPTION_TIME, TARGET(retry), NULL,
     N_("keep trying for so long until the listener is there"),
     N_("try for SECS until somebody listens")},
    {'o', "output", "FILE", BOTH, FILES, OPTION_TEXT, TARGET(output), NULL,
     N_("also write what is received, as it was on the wire, to FILE, which is truncated first"),
     N_("also write what is received to FILE")},
    {'x', "hex-dump", "FILE", BOTH, FILES, OPTION_TEXT, TARGET(hex_dump), NULL,
     N_("also write a hex dump of both directions, with time, to FILE, or to standard error (-)"),
     NULL},
    {0, "transcript", "FILE", BOTH, FILES, OPTION_TEXT, TARGET(transcript), NULL,
     N_("also write the conversation, as text with time and name, to the end of FILE, or to "
        "standard error (-)"),
     N_("also write the conversation, with names, to FILE")},
    {0, "events", "FILE", BOTH, FILES, OPTION_TEXT, TARGET(events), NULL,
     N_("also write what happens, as lines of JSON, to the end of FILE, which only its owner may "
        "read; or to standard error in place of messages (-)"),
     NULL},
    {0, "record", "FILE", BOTH, DEVICES, OPTION_TEXT, TARGET(record), NULL,
     N_("also write each byte of both directions, with its time, to FILE for --replay"), NULL},
    {0, "replay", "FILE", LISTEN, DEVICES, OPTION_TEXT, TARGET(replay), NULL,
     N_("play the peer that FILE has recorded: send what it sent, each part once all that it had "
        "received before has come; a caller that deviates ends the run with status 7"),
     NULL},
    {0, "pace", NULL, LISTEN, DEVICES, OPTION_FLAG, TARGET(pace), NULL,
     N_("with --replay: keep the recorded times between the parts"), NULL},
    {0, "reconnect", "[=MAX]", CONNECT, DEVICES, OPTION_ATTEMPTS, TARGET(reconnect), NULL,
     N_("when the peer is gone connect again, after a quarter of a second at first and 30 s at "
        "most, as long as this side has not ended; give up after MAX attempts in a row"),
     NULL},
    {0, "sum", NULL, BOTH, DEVICES, OPTION_FLAG, TARGET(sum), NULL,
     N_("say the SHA-256 and the length of both directions at the end of each conversation"), NULL},
    {0, "raw", NULL, BOTH, TEXT, OPTION_FLAG, TARGET(raw), NULL,
     N_("show what the peer sends unfiltered, control characters and all"), NULL},
    {0, "name", "NAME", BOTH, PEOPLE, OPTION_TEXT, TARGET(name), "TCPCHAT_NAME",
     N_("how this side is called on its own screen (default: you) and in a room (the login name)"),
     N_("your name on your screen and in a room")},
    {0, "no-history", NULL, BOTH, PEOPLE, OPTION_FLAG, TARGET(no_history), "TCPCHAT_NO_HISTORY",
     N_("keep no history file"), NULL},
    {0, "color", "auto|always|never", BOTH, PEOPLE, OPTION_COLOR, TARGET(color), "TCPCHAT_COLOR",
     N_("names in color; auto (the default) looks at the terminal and at NO_COLOR"), NULL},
    {0, "timestamps", NULL, BOTH, PEOPLE, OPTION_FLAG, TARGET(timestamps), "TCPCHAT_TIMESTAMPS",
     N_("the time in front of every message and notice, also on standard error and in a room's "
        "log"),
     NULL},
    {0, "progress", NULL, BOTH, FILES, OPTION_FLAG, TARGET(progress), NULL,
     N_("show bytes, rate and time on standard error while data flows through a pipe"),
     N_("show how much has passed, and how fast")},
    {0, "exec", "COMMAND", BOTH, PROGRAMS, OPTION_TEXT, TARGET(exec), NULL,
     N_("give the connection to a program: its input and output; split at blanks"),
     N_("give the connection to a program")},
    {0, "sh-exec", "COMMAND", BOTH, PROGRAMS, OPTION_TEXT, TARGET(sh_exec), NULL,
     N_("the same through /bin/sh"), NULL},
    {'k', "keep-open", NULL, LISTEN, CONVERSATION, OPTION_FLAG, TARGET(keep_open), NULL,
     N_("take many connections and go on after them (the default in a terminal)"),
     N_("serve many at once, and go on after them")},
    {'1', "once", NULL, LISTEN, CONVERSATION, OPTION_FLAG, TARGET(once), NULL,
     N_("serve one connection, then end (the default in a pipe)"),
     N_("serve one connection, then end")},
    {'m', "max-peers", "N", LISTEN, CONVERSATION, OPTION_COUNT, TARGET(max_peers), NULL,
     N_("serve at most N at once; the others wait"), NULL},
    {0, "chat", NULL, LISTEN, PEOPLE, OPTION_FLAG, TARGET(chat), NULL,
     N_("a room: every peer hears every other, with names; implies -k"),
     N_("a room: everybody hears everybody")},
    {0, "broker", NULL, LISTEN, PEOPLE, OPTION_FLAG, TARGET(broker), NULL,
     N_("a room without names: what one sends all others get as it arrived; implies -k"), NULL},
    {0, "no-commands", NULL, LISTEN, PEOPLE, OPTION_FLAG, TARGET(no_commands), NULL,
     N_("peers of --chat have no commands"), NULL},
    {0, "reply", "TEXT", LISTEN, PROGRAMS, OPTION_TEXT, TARGET(reply), NULL,
     N_("answer every message with TEXT exactly (a line end is $'...\\n' in the shell); what is "
        "received "
        "goes to standard output"),
     N_("answer every message with TEXT")},
    {0, "hang-up", NULL, LISTEN, PROGRAMS, OPTION_FLAG, TARGET(hang_up), NULL,
     N_("with --reply: close a connection after its first answer"), NULL},
    {0, "forward", "ADDRESS", LISTEN, PROGRAMS, OPTION_TEXT, TARGET(forward), NULL,
     N_("pass each connection on to HOST:PORT, [V6]:PORT, unix:PATH or unix:@NAME; by TLS to "
        "tls:HOST:PORT"),
     N_("pass each connection on to ADDRESS")},
    {0, "forward-encoding", "LIST", LISTEN, PROGRAMS, OPTION_PEER_CHARSET, TARGET(forward_encoding),
     NULL, N_("what is spoken there: text is converted between that and -e"), NULL},
    {0, "max-queue", "BYTES", LISTEN, SECURITY, OPTION_SIZE, TARGET(max_queue), NULL,
     N_("cut a peer that leaves more than BYTES waiting for it (default: 1M)"), NULL},
    {0, "rate", "N", LISTEN, SECURITY, OPTION_RATE, TARGET(rate), NULL,
     N_("lines of 512 bytes a second that a peer of --chat may say; its host has a burst of 20, "
        "and "
        "8 N for all its peers (default: 5; 0: any)"),
     NULL},
    {0, "max-per-host", "N", LISTEN, SECURITY, OPTION_COUNT, TARGET(max_per_host), NULL,
     N_("at most N from one IPv4 address or IPv6 /64 (default: any, 256 with --chat)"), NULL},
    {0, "allow", "LIST", LISTEN, SECURITY, OPTION_LIST, TARGET(allow), NULL,
     N_("let in these addresses and ranges (10.0.0.0/8,::1) and no others; repeated lists add "
        "up"),
     N_("let in these addresses only")},
    {0, "deny", "LIST", LISTEN, SECURITY, OPTION_LIST, TARGET(deny), NULL,
     N_("let nobody in from these addresses and ranges; repeated lists add up"), NULL},
    {0, "allow-file", "FILE", LISTEN, SECURITY, OPTION_LIST, TARGET(allow_file), NULL,
     N_("the same as --allow from FILE, which is read again at SIGHUP"), NULL},
    {0, "deny-file", "FILE", LISTEN, SECURITY, OPTION_LIST, TARGET(deny_file), NULL,
     N_("the same as --deny from FILE, which is read again at SIGHUP"), NULL},
    {0, "proxy-protocol", NULL, LISTEN, SECURITY, OPTION_FLAG, TARGET(proxy_protocol), NULL,
     N_("take a header of the PROXY protocol, version 1 or 2, from each connection: it names the "
        "peer; "
        "--allow and --deny are about the sender of the header"),
     NULL},
    {0, "tls", NULL, BOTH, SECURITY, OPTION_FLAG, TARGET(tls), NULL,
     N_("encrypt the conversation by TLS 1.3 or 1.2; connect verifies the other side, and listen "
        "without --tls-cert makes a certificate and says how to connect"),
     NULL},
    {0, "tls-ca", "FILE", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_ca), NULL,
     N_("the certificates that vouch for the other side (default: the system's)"), NULL},
    {0, "tls-name", "NAME", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_name), NULL,
     N_("the name that the other side's certificate must have (default: HOST)"), NULL},
    {0, "tls-pin", "PIN", BOTH, SECURITY, OPTION_LIST, TARGET(tls_pin), NULL,
     N_("trust the other side if its key is this one, sha256//BASE64, and whatever its certificate "
        "says; repeated pins add up"),
     NULL},
    {0, "tls-cert", "FILE", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_cert), NULL,
     N_("the certificate of this side and those that lead to its authority, as PEM; read again at "
        "SIGHUP"),
     NULL},
    {0, "tls-key", "FILE", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_key), NULL,
     N_("its key, as PEM (default: in the file of --tls-cert)"), NULL},
    {0, "tls-client-ca", "FILE", LISTEN, SECURITY, OPTION_TEXT, TARGET(tls_client_ca), NULL,
     N_("let only peers in for which one of these certificates vouches"), NULL},
    {0, "tls-crl", "FILE", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_crl), NULL,
     N_("certificates that were revoked: a list of each authority, as PEM; listen --tls "
        "takes it with --tls-client-ca only"),
     NULL},
    {0, "tls-alpn", "LIST", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_alpn), NULL,
     N_("what is spoken inside, by preference, such as h2,http/1.1"), NULL},
    {0, "tls-insecure", NULL, BOTH, SECURITY, OPTION_FLAG, TARGET(tls_insecure), NULL,
     N_("verify nothing: anybody on the way may be the other side"), NULL},
    {0, "no-sandbox", NULL, BOTH, SECURITY, OPTION_FLAG, TARGET(no_sandbox), NULL,
     N_("leave this process all that its user may do; otherwise the kernel allows it only what the "
        "options need"),
     NULL},
    {0, "literal", NULL, BOTH, DEVICES, OPTION_FLAG, TARGET(literal), NULL,
     N_("each line of standard input is a literal, such as {hex 01 03}{crc16-modbus} or \\x02ACK; "
        "at a mistake the run ends, and its line is not sent"),
     NULL},
    {0, "rules", "FILE", BOTH, DEVICES, OPTION_TEXT, TARGET(rules), NULL,
     N_("answer messages by the rules of FILE, see tcpchat-rules(5); what is received goes to "
        "standard output"),
     NULL},
    {0, "script", "FILE", BOTH, DEVICES, OPTION_TEXT, TARGET(script), NULL,
     N_("send, and expect, by the lines of FILE, see tcpchat-rules(5); the status is 7 where the "
        "peer does otherwise"),
     NULL},
    {0, "explain", NULL, BOTH, LEARNING, OPTION_FLAG, TARGET(explain), NULL,
     N_("tell each call on a socket as it happens, and what it does, on standard error or the "
        "screen"),
     NULL},
    {0, "no-reuse", NULL, LISTEN, LEARNING, OPTION_FLAG, TARGET(no_reuse), NULL,
     N_("bind without SO_REUSEADDR, as a first program does: connections that are over keep the "
        "port for a minute"),
     NULL},
    {0, "backlog", "N", LISTEN, LEARNING, OPTION_COUNT, TARGET(backlog), NULL,
     N_("so many connections may wait until they are accepted, as far as the system allows "
        "(default: 4096)"),
     NULL},
    {0, "drain", "SECS", LISTEN, TIME, OPTION_TIME, TARGET(drain), NULL,
     N_("after SIGTERM take nobody else and let conversations end for so long (default: 0)"), NULL},
    {0, "port-file", "FILE", LISTEN, FILES, OPTION_TEXT, TARGET(port_file), NULL,
     N_("write the port that is listened on to FILE, which is removed at the end"), NULL},
    {'h', "help", NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(help), NULL, N_("show this help"),
     NULL},
    {'N', NULL, NULL, BOTH, CONVERSATION, OPTION_FLAG, TARGET(accepted_silently), NULL, NULL, NULL},
};

const size_t option_row_count = sizeof option_table / sizeof *option_table;

_Static_assert(sizeof option_table / sizeof *option_table <= OPTION_ROWS_MAX, "");

bool option_row_is(const struct option_row *row, const char *typed)
{
    if (*typed != '-')
        return false;
    if (typed[1] == '-')
        return row->name && !strcmp(row->name, typed + 2);
    return row->letter == typed[1] && !typed[2];
}

const struct option_row *option_row_find(const char *typed)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_row_is(&option_table[i], typed))
            return &option_table[i];
    return NULL;
}

void option_table_preferences(const char *names[OPTION_ROWS_MAX + 1])
{
    size_t count = 0;

    for (size_t i = 0; i < option_row_count; i++)
        if (option_table[i].variable)
            names[count++] = option_table[i].variable;
    names[count] = NULL;
}
