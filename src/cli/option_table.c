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
    {'4', "", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(ipv4), "", N_("IPv4 only"), ""},
    {'6', "", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(ipv6), "", N_("IPv6 only"), ""},
    {'n', "numeric", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(numeric), "",
     N_("no name look-ups"), ""},
    {'e', "encoding", "LIST", BOTH, TEXT, OPTION_PEER_CHARSET, TARGET(encoding), "TCPCHAT_ENCODING",
     N_("what the peer speaks, and text is converted both ways: a charset; in a terminal and "
        "with --chat also utf-8 and one other in order of preference (utf-8,gbk), or auto, the "
        "default there; raw converts nothing, the default elsewhere"),
     N_("what the peer speaks, such as gbk")},
    {0, "local-encoding", "CHARSET", BOTH, TEXT, OPTION_CHARSET, TARGET(local_encoding),
     "TCPCHAT_LOCAL_ENCODING",
     N_("what standard input, output and the terminal speak (default: the locale's)"), ""},
    {0, "on-bad-text", "replace|escape|stop", BOTH, TEXT, OPTION_BAD_TEXT, TARGET(text),
     "TCPCHAT_ON_BAD_TEXT",
     N_("text that cannot be converted becomes U+FFFD or ? (replace, the default), \\xHH and "
        "\\u{H} "
        "(escape), or ends the run (stop)"),
     ""},
    {'C', "crlf", "", BOTH, TEXT, OPTION_CRLF, TARGET(text.eol), "",
     N_("the same as --eol crlf; the last of the two counts"),
     N_("send CR LF at the end of a line")},
    {0, "eol", "lf|crlf|cr|none", BOTH, DEVICES, OPTION_EOL, TARGET(text.eol), "",
     N_("what ends a line that is sent, in place of LF and CR LF; a last line without an end gets "
        "none"),
     ""},
    {0, "message", "FORM", BOTH, DEVICES, OPTION_MESSAGE, TARGET(message), "",
     N_("what ends a message that is received, and nothing else does: lf, crlf, cr, nul, byte:03, "
        "bytes:N, len:u16be (u8 u16be u16le u32be u32le, also +N or -N), gap:50ms or none (each "
        "read)"),
     ""},
    {0, "view", "text|hex|both|chunks", BOTH, DEVICES, OPTION_VIEW, TARGET(view), "",
     N_("at a terminal: each message with its time to the millisecond and its length, as text, in "
        "hexadecimal or both; chunks shows each read as it came"),
     ""},
    {'v', "verbose", "", BOTH, CONVERSATION, OPTION_REPEATED, TARGET(verbose), "",
     N_("say on standard error what happens; twice: also the states"), N_("say what happens")},
    {'w', "connect-timeout", "SECS", CONNECT, TIME, OPTION_DEADLINE, TARGET(connect_timeout), "",
     N_("give up when no connection was made in time, all addresses together"),
     N_("give up connecting after SECS")},
    {0, "listen-timeout", "SECS", LISTEN, TIME, OPTION_DEADLINE, TARGET(listen_timeout), "",
     N_("give up when nobody came"), N_("give up when nobody came within SECS")},
    {'i', "idle-timeout", "SECS", BOTH, TIME, OPTION_DEADLINE, TARGET(idle_timeout), "",
     N_("end when nothing was sent or received for so long"), N_("give up after SECS of silence")},
    {'q', "quit-after", "SECS", BOTH, TIME, OPTION_TIME, TARGET(quit_after), "",
     N_("wait at most so long for the peer once standard input has ended and all was sent"),
     N_("wait at most SECS once all was sent")},
    {0, "end-with-peer", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(end_with_peer), "",
     N_("end with the peer, though standard input goes on; -q bounds how long the peer may take to "
        "receive what was read of it"),
     ""},
    {0, "no-shutdown", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(no_shutdown), "",
     N_("do not half-close at standard input's end"), ""},
    {0, "send-only", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(send_only), "",
     N_("discard what comes"), ""},
    {0, "recv-only", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(recv_only), "",
     N_("never read standard input; send nothing, not even an end, before the peer's end"), ""},
    {'s', "source", "ADDR", CONNECT, CONVERSATION, OPTION_TEXT, TARGET(source), "",
     N_("connect from this address"), ""},
    {'p', "source-port", "PORT", CONNECT, CONVERSATION, OPTION_PORT, TARGET(source_port), "",
     N_("connect from this port"), ""},
    {0, "proxy", "PROXY", BOTH, CONVERSATION, OPTION_TEXT, TARGET(proxy), "",
     N_("connect, or --forward, through [http://|socks5://|socks4a://]HOST[:PORT] (default: http, "
        "1080), which looks names up; env takes ALL_PROXY and NO_PROXY; for USER:PASS@ better "
        "--proxy-auth-file"),
     ""},
    {0, "proxy-auth-file", "FILE", BOTH, CONVERSATION, OPTION_TEXT, TARGET(proxy_auth_file), "",
     N_("the user and the password for --proxy: USER:PASS in the first line of FILE"), ""},
    {'z', "probe", "", CONNECT, CONVERSATION, OPTION_FLAG, TARGET(probe), "",
     N_("connect and close, sending nothing"), N_("only look whether somebody listens")},
    {0, "retry", "SECS", CONNECT, TIME, OPTION_TIME, TARGET(retry), "",
     N_("keep trying for so long until the listener is there"),
     N_("try for SECS until somebody listens")},
    {'o', "output", "FILE", BOTH, FILES, OPTION_TEXT, TARGET(output), "",
     N_("also write what is received, as it was on the wire, to FILE, which is truncated first"),
     N_("also write what is received to FILE")},
    {'x', "hex-dump", "FILE", BOTH, FILES, OPTION_TEXT, TARGET(hex_dump), "",
     N_("also write a hex dump of both directions, with time, to FILE, or to standard error (-)"),
     ""},
    {0, "transcript", "FILE", BOTH, FILES, OPTION_TEXT, TARGET(transcript), "",
     N_("also write the conversation, as text with time and name, to the end of FILE, or to "
        "standard error (-)"),
     N_("also write the conversation, with names, to FILE")},
    {0, "events", "FILE", BOTH, FILES, OPTION_TEXT, TARGET(events), "",
     N_("also write what happens, as lines of JSON, to the end of FILE, which only its owner may "
        "read; or to standard error in place of messages (-)"),
     ""},
    {0, "record", "FILE", BOTH, DEVICES, OPTION_TEXT, TARGET(record), "",
     N_("also write each byte of both directions, with its time, to FILE for --replay"), ""},
    {0, "replay", "FILE", LISTEN, DEVICES, OPTION_TEXT, TARGET(replay), "",
     N_("play the peer that FILE has recorded: send what it sent, each part once all that it had "
        "received before has come; a caller that deviates ends the run with status 7"),
     ""},
    {0, "pace", "", LISTEN, DEVICES, OPTION_FLAG, TARGET(pace), "",
     N_("with --replay: keep the recorded times between the parts"), ""},
    {0, "reconnect", "[=MAX]", CONNECT, DEVICES, OPTION_ATTEMPTS, TARGET(reconnect), "",
     N_("when the peer is gone connect again, after a quarter of a second at first and 30 s at "
        "most, as long as this side has not ended; give up after MAX attempts in a row"),
     ""},
    {0, "sum", "", BOTH, DEVICES, OPTION_FLAG, TARGET(sum), "",
     N_("say the SHA-256 and the length of both directions at the end of each conversation"), ""},
    {0, "raw", "", BOTH, TEXT, OPTION_FLAG, TARGET(raw), "",
     N_("show what the peer sends unfiltered, control characters and all"), ""},
    {0, "name", "NAME", BOTH, PEOPLE, OPTION_TEXT, TARGET(name), "TCPCHAT_NAME",
     N_("how this side is called on its own screen (default: you) and in a room (the login name)"),
     N_("your name on your screen and in a room")},
    {0, "no-history", "", BOTH, PEOPLE, OPTION_FLAG, TARGET(no_history), "TCPCHAT_NO_HISTORY",
     N_("keep no history file"), ""},
    {0, "color", "auto|always|never", BOTH, PEOPLE, OPTION_COLOR, TARGET(color), "TCPCHAT_COLOR",
     N_("names in color; auto (the default) looks at the terminal and at NO_COLOR"), ""},
    {0, "timestamps", "", BOTH, PEOPLE, OPTION_FLAG, TARGET(timestamps), "TCPCHAT_TIMESTAMPS",
     N_("the time in front of every message and notice, also on standard error and in a room's "
        "log"),
     ""},
    {0, "progress", "", BOTH, FILES, OPTION_FLAG, TARGET(progress), "",
     N_("show bytes, rate and time on standard error while data flows through a pipe"),
     N_("show how much has passed, and how fast")},
    {0, "exec", "COMMAND", BOTH, PROGRAMS, OPTION_TEXT, TARGET(exec), "",
     N_("give the connection to a program: its input and output; split at blanks"),
     N_("give the connection to a program")},
    {0, "sh-exec", "COMMAND", BOTH, PROGRAMS, OPTION_TEXT, TARGET(sh_exec), "",
     N_("the same through /bin/sh"), ""},
    {'k', "keep-open", "", LISTEN, CONVERSATION, OPTION_FLAG, TARGET(keep_open), "",
     N_("take many connections and go on after them (the default in a terminal)"),
     N_("serve many at once, and go on after them")},
    {'1', "once", "", LISTEN, CONVERSATION, OPTION_FLAG, TARGET(once), "",
     N_("serve one connection, then end (the default in a pipe)"),
     N_("serve one connection, then end")},
    {'m', "max-peers", "N", LISTEN, CONVERSATION, OPTION_COUNT, TARGET(max_peers), "",
     N_("serve at most N at once; the others wait"), ""},
    {0, "chat", "", LISTEN, PEOPLE, OPTION_FLAG, TARGET(chat), "",
     N_("a room: every peer hears every other, with names; implies -k"),
     N_("a room: everybody hears everybody")},
    {0, "broker", "", LISTEN, PEOPLE, OPTION_FLAG, TARGET(broker), "",
     N_("a room without names: what one sends all others get as it arrived; implies -k"), ""},
    {0, "no-commands", "", LISTEN, PEOPLE, OPTION_FLAG, TARGET(no_commands), "",
     N_("peers of --chat have no commands"), ""},
    {0, "reply", "TEXT", LISTEN, PROGRAMS, OPTION_TEXT, TARGET(reply), "",
     N_("answer every message with TEXT exactly (a line end is $'...\\n' in the shell); what is "
        "received "
        "goes to standard output"),
     N_("answer every message with TEXT")},
    {0, "hang-up", "", LISTEN, PROGRAMS, OPTION_FLAG, TARGET(hang_up), "",
     N_("with --reply: close a connection after its first answer"), ""},
    {0, "forward", "ADDRESS", LISTEN, PROGRAMS, OPTION_TEXT, TARGET(forward), "",
     N_("pass each connection on to HOST:PORT, [V6]:PORT, unix:PATH or unix:@NAME; by TLS to "
        "tls:HOST:PORT"),
     N_("pass each connection on to ADDRESS")},
    {0, "forward-encoding", "LIST", LISTEN, PROGRAMS, OPTION_PEER_CHARSET, TARGET(forward_encoding),
     "", N_("what is spoken there: text is converted between that and -e"), ""},
    {0, "max-queue", "BYTES", LISTEN, SECURITY, OPTION_SIZE, TARGET(max_queue), "",
     N_("cut a peer that leaves more than BYTES waiting for it (default: 1M)"), ""},
    {0, "rate", "N", LISTEN, SECURITY, OPTION_RATE, TARGET(rate), "",
     N_("lines of 512 bytes a second that a peer of --chat may say; its host has a burst of 20, "
        "and "
        "8 N for all its peers (default: 5; 0: any)"),
     ""},
    {0, "max-per-host", "N", LISTEN, SECURITY, OPTION_COUNT, TARGET(max_per_host), "",
     N_("at most N from one IPv4 address or IPv6 /64 (default: any, 256 with --chat)"), ""},
    {0, "allow", "LIST", LISTEN, SECURITY, OPTION_LIST, TARGET(allow), "",
     N_("let in these addresses and ranges (10.0.0.0/8,::1) and no others; repeated lists add "
        "up"),
     N_("let in these addresses only")},
    {0, "deny", "LIST", LISTEN, SECURITY, OPTION_LIST, TARGET(deny), "",
     N_("let nobody in from these addresses and ranges; repeated lists add up"), ""},
    {0, "allow-file", "FILE", LISTEN, SECURITY, OPTION_LIST, TARGET(allow_file), "",
     N_("the same as --allow from FILE, which is read again at SIGHUP"), ""},
    {0, "deny-file", "FILE", LISTEN, SECURITY, OPTION_LIST, TARGET(deny_file), "",
     N_("the same as --deny from FILE, which is read again at SIGHUP"), ""},
    {0, "proxy-protocol", "", LISTEN, SECURITY, OPTION_FLAG, TARGET(proxy_protocol), "",
     N_("take a header of the PROXY protocol, version 1 or 2, from each connection: it names the "
        "peer; "
        "--allow and --deny are about the sender of the header"),
     ""},
    {0, "tls", "", BOTH, SECURITY, OPTION_FLAG, TARGET(tls), "",
     N_("encrypt the conversation by TLS 1.3 or 1.2; connect verifies the other side, and listen "
        "without --tls-cert makes a certificate and says how to connect"),
     ""},
    {0, "tls-ca", "FILE", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_ca), "",
     N_("the certificates that vouch for the other side (default: the system's)"), ""},
    {0, "tls-name", "NAME", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_name), "",
     N_("the name that the other side's certificate must have (default: HOST)"), ""},
    {0, "tls-pin", "PIN", BOTH, SECURITY, OPTION_LIST, TARGET(tls_pin), "",
     N_("trust the other side if its key is this one, sha256//BASE64, and whatever its certificate "
        "says; repeated pins add up"),
     ""},
    {0, "tls-cert", "FILE", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_cert), "",
     N_("the certificate of this side and those that lead to its authority, as PEM; read again at "
        "SIGHUP"),
     ""},
    {0, "tls-key", "FILE", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_key), "",
     N_("its key, as PEM (default: in the file of --tls-cert)"), ""},
    {0, "tls-client-ca", "FILE", LISTEN, SECURITY, OPTION_TEXT, TARGET(tls_client_ca), "",
     N_("let only peers in for which one of these certificates vouches"), ""},
    {0, "tls-crl", "FILE", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_crl), "",
     N_("certificates that were revoked: a list of each authority, as PEM; listen --tls "
        "takes it with --tls-client-ca only"),
     ""},
    {0, "tls-alpn", "LIST", BOTH, SECURITY, OPTION_TEXT, TARGET(tls_alpn), "",
     N_("what is spoken inside, by preference, such as h2,http/1.1"), ""},
    {0, "tls-insecure", "", BOTH, SECURITY, OPTION_FLAG, TARGET(tls_insecure), "",
     N_("verify nothing: anybody on the way may be the other side"), ""},
    {0, "no-sandbox", "", BOTH, SECURITY, OPTION_FLAG, TARGET(no_sandbox), "",
     N_("leave this process all that its user may do; otherwise the kernel allows it only what the "
        "options need"),
     ""},
    {0, "literal", "", BOTH, DEVICES, OPTION_FLAG, TARGET(literal), "",
     N_("each line of standard input is a literal, such as {hex 01 03}{crc16-modbus} or \\x02ACK; "
        "at a mistake the run ends, and its line is not sent"),
     ""},
    {0, "rules", "FILE", BOTH, DEVICES, OPTION_TEXT, TARGET(rules), "",
     N_("answer messages by the rules of FILE, see tcpchat-rules(5); what is received goes to "
        "standard output"),
     ""},
    {0, "script", "FILE", BOTH, DEVICES, OPTION_TEXT, TARGET(script), "",
     N_("send, and expect, by the lines of FILE, see tcpchat-rules(5); the status is 7 where the "
        "peer does otherwise"),
     ""},
    {0, "explain", "", BOTH, LEARNING, OPTION_FLAG, TARGET(explain), "",
     N_("tell each call on a socket as it happens, and what it does, on standard error or the "
        "screen"),
     ""},
    {0, "no-reuse", "", LISTEN, LEARNING, OPTION_FLAG, TARGET(no_reuse), "",
     N_("bind without SO_REUSEADDR, as a first program does: connections that are over keep the "
        "port for a minute"),
     ""},
    {0, "backlog", "N", LISTEN, LEARNING, OPTION_COUNT, TARGET(backlog), "",
     N_("so many connections may wait until they are accepted, as far as the system allows "
        "(default: 4096)"),
     ""},
    {0, "drain", "SECS", LISTEN, TIME, OPTION_TIME, TARGET(drain), "",
     N_("after SIGTERM take nobody else and let conversations end for so long (default: 0)"), ""},
    {0, "port-file", "FILE", LISTEN, FILES, OPTION_TEXT, TARGET(port_file), "",
     N_("write the port that is listened on to FILE, which is removed at the end"), ""},
    {'h', "help", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(help), "", N_("show this help"), ""},
    {'N', "", "", BOTH, CONVERSATION, OPTION_FLAG, TARGET(accepted_silently), "", "", ""},
};

const size_t option_row_count = sizeof option_table / sizeof *option_table;

_Static_assert(sizeof option_table / sizeof *option_table <= OPTION_ROWS_MAX, "");

bool option_row_is(const struct option_row *row, const char *typed)
{
    if (*typed != '-')
        return false;
    if (typed[1] == '-')
        return typed[2] && !strcmp(row->name, typed + 2);
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
        if (*option_table[i].variable)
            names[count++] = option_table[i].variable;
    names[count] = NULL;
}
