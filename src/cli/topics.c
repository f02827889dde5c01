/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/topics.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/language.h"

/* clang-format off */
const struct topic_page topic_pages[TOPICS] = {
    [TOPIC_CONVERSATION] = {
        "conversation", N_("listening, connecting, the end"),
        N_("listen waits for a connection and connect makes one. From then on both are the "
           "same: standard input goes to the peer, and the peer's bytes to standard output. "
           "The end of standard input (Ctrl-D) is told to the peer, and the run ends when "
           "both sides have ended.\n\n"
           "HOST PORT may also be written HOST:PORT, [V6]:PORT, unix:PATH or unix:@NAME. "
           "listen takes PORT or :PORT for every address, 0 for a free port, and fd:N for a "
           "listening socket of its parent."),
        {{"tcpchat listen 8080", N_("every address of this machine")},
         {"tcpchat listen 127.0.0.1 8080", N_("this machine alone can connect")},
         {"tcpchat connect host 8080", ""},
         {"tcpchat connect --proxy socks5://127.0.0.1:1080 host 8080", ""}},
        N_("PIPE BEHAVIOUR, BROKEN OFF OR ENDED")},
    [TOPIC_TEXT] = {
        "text", N_("charsets and line ends"),
        N_("The peer may speak another charset than this side. At a terminal and in a room "
           "it is found out, and you type and read as usual. In a pipe no byte is changed "
           "unless -e names the peer's charset. Text that the other charset lacks is "
           "replaced and counted, and the exit status is 3."),
        {{"tcpchat connect host 8080 -e gbk", N_("the peer speaks GBK")},
         {"tcpchat listen 8080 -e utf-8,big5", N_("peers of a room speak UTF-8 or Big5")},
         {"tcpchat connect host 25 -C", N_("a server that wants CR LF")}},
        N_("CHARSETS, The charset of a peer, Safe display")},
    [TOPIC_TIME] = {
        "time", N_("timeouts, and trying again"),
        N_("Nothing is limited unless it is asked for. SECS is a decimal number of seconds, "
           "or one with ms, s, m or h behind it: 2, 0.5, 200ms, 3m. A timeout that runs out "
           "is exit status 4; the time of -q is a regular end."),
        {{"tcpchat connect --retry 10 host 8080", N_("until the listener is there")},
         {"tcpchat connect -z -w 2 host 8080 && echo up", N_("look, for 2 s at most")},
         {"tcpchat listen 8080 --listen-timeout 1m -i 30", N_("not for ever")}},
        N_("EXIT STATUS")},
    [TOPIC_FILES] = {
        "files", N_("sending files, keeping a record"),
        N_("A file goes through standard input and output, with an exit status that says "
           "whether all of it arrived. The files of these options are written beside the "
           "conversation."),
        {{"tcpchat listen 8080 > copy.tar", N_("take a file")},
         {"tcpchat connect host 8080 < original.tar", N_("send it")},
         {"tcpchat listen -k 8080 --exec 'cat original.tar'", N_("give it to everyone")},
         {"tcpchat listen --chat 8080 --transcript log", N_("keep what a room says")}},
        N_("FILES BESIDE A CONVERSATION")},
    [TOPIC_PEOPLE] = {
        "people", N_("talking at a terminal, rooms"),
        N_("At a terminal lines are typed and read; /help lists the commands, Tab completes "
           "them, Ctrl-D leaves. listen talks with all who connect, and --chat lets them "
           "hear each other, whatever program they use: tcpchat, nc, telnet."),
        {{"tcpchat listen 8080", N_("talk with everyone who connects")},
         {"tcpchat listen --chat 8080", N_("a room")},
         {"tcpchat connect host 8080", N_("take part in either")}},
        N_("AT A TERMINAL, MANY PEERS")},
    [TOPIC_PROGRAMS] = {
        "programs", N_("programs, answers and addresses at the far end"),
        N_("The other end of a connection may be a program, a fixed answer or another "
           "address, in place of standard input and output. listen serves one connection "
           "then; with -k it serves many."),
        {{"tcpchat listen -k 8080 --exec 'bc -q'", ""},
         {"tcpchat listen -k 8080 --reply $'got it\\n'", ""},
         {"tcpchat listen -k 8080 -e gbk --forward host:80 --forward-encoding utf-8", ""}},
        N_("OPTIONS, EXIT STATUS")},
    [TOPIC_SECURITY] = {
        "security", N_("encryption, who may connect, how much"),
        N_("With --tls the conversation is encrypted, and connect verifies the other side. "
           "listen --tls makes a certificate, and says how the other side connects. What "
           "peers send is made safe before a terminal shows it. listen serves whoever "
           "connects; the address 127.0.0.1 keeps it to this machine, and a unix socket to "
           "those who may write to its file."),
        {{"tcpchat listen --tls 8443", N_("says what the other side writes")},
         {"tcpchat connect --tls example.org 443", ""},
         {"tcpchat listen -k --tls --tls-cert cert.pem 8443 --forward 127.0.0.1:8080", ""},
         {"tcpchat listen 127.0.0.1 8080", ""},
         {"tcpchat listen --chat 8080 --allow 192.168.0.0/16,::1 --max-per-host 4", ""},
         {"tcpchat listen unix:/run/user/1000/chat", ""}},
        N_("ENCRYPTED CONVERSATIONS, Safe display, MANY PEERS")},
    [TOPIC_DEVICES] = {
        "devices", N_("the bench: bytes, messages and rules for devices"),
        N_("A scale, a controller or an old server often speaks its country's charset, wants its own "
           "line end, and sends bytes that are no text. -e names the charset, --eol the line end, "
           "--message the end of what it sends, and --view shows each byte.\n\n"
           "A literal is bytes as they are written: text, \\x02 \\r \\n, {hex 01 03}, checksums such "
           "as {crc16-modbus}, {len u16be}, {count}, {time}. At the prompt /bytes sends one, /every "
           "repeats it, /save and /m keep it under a name; in a pipe --literal reads them."),
        {{"tcpchat connect device 8080 -e gbk", N_("talk with it; /bytes {hex 01 03}")},
         {"tcpchat connect scale 4001 --message byte:03 --view hex", N_("ETX ends a message; show bytes")},
         {"tcpchat connect plc 502 --literal < literals", N_("a line of the file is a message")},
         {"tcpchat listen 8080 -e gbk", N_("devices that connect to this machine")},
         {"tcpchat listen -k 8080 --rules FILE", N_("answer them by rules")},
         {"tcpchat connect device 8080 --script FILE", N_("send, and expect answers")}},
        N_("DEVICES")},
    [TOPIC_LEARNING] = {
        "learning", N_("how sockets work, told as it happens"),
        N_("With --explain each call on a socket is told as it happens, with the figures of the "
           "moment; at a terminal /explain on and /explain off switch it. The other end may be any "
           "program. Read the sentences and answer:\n\n"
           "1. Talk, then /quit the listener first. Which descriptor talked? Who closed first? "
           "Start it again with --no-reuse: why is the address in use, and for how long? What does "
           "SO_REUSEADDR change?\n"
           "2. Paste three lines at once. In how many sends and reads do they pass? When has the "
           "other side's system got them, and how much in all?\n"
           "3. Listen with | cat, and send GBK as the last line does. Why are there strange "
           "characters, and which option reads them right?"),
        {{"tcpchat listen --explain 8080", ""},
         {"tcpchat connect --explain 127.0.0.1 8080", N_("in another window")},
         {"tcpchat listen --explain --no-reuse 8080", N_("again, within a minute")},
         {"tcpchat listen --explain -m 1 --backlog 1 8080", N_("how many connect, who waits?")},
         {"printf '\\xc4\\xe3\\xba\\xc3' | tcpchat connect 127.0.0.1 8080", ""}},
        N_("EXPLAIN")},
};
/* clang-format on */

/* Words for a topic that are no names of options. */
static const char words[TOPICS][104] = {
    [TOPIC_CONVERSATION] = "conversations pipe pipes address addresses port ports host unix socket "
                           "proxy proxies socks end",
    [TOPIC_TEXT] = "charset charsets encodings utf-8 utf8 gbk gb18030 big5 line-ends eol",
    [TOPIC_TIME] = "times timeout timeouts",
    [TOPIC_FILES] = "file log logs",
    [TOPIC_PEOPLE] = "person room rooms nick names terminal colour history commands",
    [TOPIC_PROGRAMS] = "program command shell answers",
    [TOPIC_DEVICES] = "device bench hex bytes modbus serial plc recording sha256",
    [TOPIC_LEARNING] = "learn lesson exercise exercises explain class time_wait backlog sockets",
    [TOPIC_SECURITY] = "tls ssl certificate encryption access limits lists",
};

static bool has_word(const char *list, const char *word)
{
    for (; *list; list += strcspn(list, " "), list += strspn(list, " "))
        if (strcspn(list, " ") == strlen(word) && !strncasecmp(list, word, strlen(word)))
            return true;
    return false;
}

const struct topic_page *topic_find(const char *name)
{
    for (size_t i = 0; i < TOPICS; i++)
        if (!strcasecmp(topic_pages[i].name, name) || has_word(words[i], name))
            return &topic_pages[i];
    return NULL;
}
