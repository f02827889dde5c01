/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/topics.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
const struct topic_page topic_pages[TOPICS] = {
    [TOPIC_CONVERSATION] = {
        "conversation", "listening, connecting, the end",
        "listen waits for a connection and connect makes one. From then on both are the\n"
        "same: standard input goes to the peer, and the peer's bytes to standard output.\n"
        "The end of standard input (Ctrl-D) is told to the peer, and the run ends when\n"
        "both sides have ended.\n"
        "\n"
        "HOST PORT may also be written HOST:PORT, [V6]:PORT, unix:PATH or unix:@NAME.\n"
        "listen takes PORT or :PORT for every address, 0 for a free port, and fd:N for a\n"
        "listening socket of its parent.\n",
        "  tcpchat listen 8080                 every address of this machine\n"
        "  tcpchat listen 127.0.0.1 8080       this machine alone can connect\n"
        "  tcpchat connect host 8080\n"
        "  tcpchat connect --proxy socks5://127.0.0.1:1080 host 8080\n",
        "PIPE BEHAVIOUR, BROKEN OFF OR ENDED"},
    [TOPIC_TEXT] = {
        "text", "charsets and line ends",
        "The peer may speak another charset than this side. At a terminal and in a room\n"
        "it is found out, and you type and read as usual. In a pipe no byte is changed\n"
        "unless -e names the peer's charset. Text that the other charset lacks is\n"
        "replaced and counted, and the exit status is 3.\n",
        "  tcpchat connect host 8080 -e gbk    the peer speaks GBK\n"
        "  tcpchat listen 8080 -e utf-8,big5   peers of a room speak UTF-8 or Big5\n"
        "  tcpchat connect host 25 -C          a server that wants CR LF\n",
        "CHARSETS, The charset of a peer, Safe display"},
    [TOPIC_TIME] = {
        "time", "timeouts, and trying again",
        "Nothing is limited unless it is asked for. SECS is a decimal number of seconds,\n"
        "or one with ms, s, m or h behind it: 2, 0.5, 200ms, 3m. A timeout that runs out\n"
        "is exit status 4; the time of -q is a regular end.\n",
        "  tcpchat connect --retry 10 host 8080             until the listener is there\n"
        "  tcpchat connect -z -w 2 host 8080 && echo up     look, for 2 s at most\n"
        "  tcpchat listen 8080 --listen-timeout 1m -i 30    not for ever\n",
        "EXIT STATUS"},
    [TOPIC_FILES] = {
        "files", "sending files, keeping a record",
        "A file goes through standard input and output, with an exit status that says\n"
        "whether all of it arrived. The files of these options are written beside the\n"
        "conversation.\n",
        "  tcpchat listen 8080 > copy.tar                      take a file\n"
        "  tcpchat connect host 8080 < original.tar            send it\n"
        "  tcpchat listen -k 8080 --exec 'cat original.tar'    give it to everyone\n"
        "  tcpchat listen --chat 8080 --transcript log         keep what a room says\n",
        "FILES BESIDE A CONVERSATION"},
    [TOPIC_PEOPLE] = {
        "people", "talking at a terminal, rooms",
        "At a terminal lines are typed and read; /help lists the commands, Tab completes\n"
        "them, Ctrl-D leaves. listen talks with all who connect, and --chat lets them\n"
        "hear each other, whatever program they use: tcpchat, nc, telnet.\n",
        "  tcpchat listen 8080                 talk with everyone who connects\n"
        "  tcpchat listen --chat 8080          a room\n"
        "  tcpchat connect host 8080           take part in either\n",
        "AT A TERMINAL, MANY PEERS"},
    [TOPIC_PROGRAMS] = {
        "programs", "programs, answers and addresses at the far end",
        "The other end of a connection may be a program, a fixed answer or another\n"
        "address, in place of standard input and output. listen serves one connection\n"
        "then; with -k it serves many.\n",
        "  tcpchat listen -k 8080 --exec 'bc -q'\n"
        "  tcpchat listen -k 8080 --reply $'got it\\n'\n"
        "  tcpchat listen -k 8080 -e gbk --forward host:80 --forward-encoding utf-8\n",
        "OPTIONS, EXIT STATUS"},
    [TOPIC_SECURITY] = {
        "security", "encryption, who may connect, how much",
        "With --tls the conversation is encrypted, and connect verifies the other side.\n"
        "listen --tls makes a certificate, and says how the other side connects. What\n"
        "peers send is made safe before a terminal shows it. listen serves whoever\n"
        "connects; the address 127.0.0.1 keeps it to this machine, and a unix socket to\n"
        "those who may write to its file.\n",
        "  tcpchat listen --tls 8443           says what the other side writes\n"
        "  tcpchat connect --tls example.org 443\n"
        "  tcpchat listen -k --tls --tls-cert cert.pem 8443 --forward 127.0.0.1:8080\n"
        "  tcpchat listen 127.0.0.1 8080\n"
        "  tcpchat listen --chat 8080 --allow 192.168.0.0/16,::1 --max-per-host 4\n"
        "  tcpchat listen unix:/run/user/1000/chat\n",
        "ENCRYPTED CONVERSATIONS, Safe display, MANY PEERS"},
    [TOPIC_LEARNING] = {
        "learning", "how sockets work, told as it happens",
        "With --explain each call on a socket is told as it happens, with the figures of\n"
        "the moment; at a terminal /explain on and /explain off switch it. The other end\n"
        "may be any program. Read the sentences and answer:\n"
        "\n"
        "1. Talk, then /quit the listener first. Which descriptor talked? Who closed\n"
        "   first? Start it again with --no-reuse: why is the address in use, and for how\n"
        "   long? What does SO_REUSEADDR change?\n"
        "2. Paste three lines at once. In how many sends and reads do they pass? When has\n"
        "   the other side's system got them, and how much in all?\n"
        "3. Listen with | cat, and send GBK as the last line does. Why are there strange\n"
        "   characters, and which option reads them right?\n",
        "  tcpchat listen --explain 8080\n"
        "  tcpchat connect --explain 127.0.0.1 8080        in another window\n"
        "  tcpchat listen --explain --no-reuse 8080        again, within a minute\n"
        "  tcpchat listen --explain -m 1 --backlog 1 8080  how many connect, who waits?\n"
        "  printf '\\xc4\\xe3\\xba\\xc3' | tcpchat connect 127.0.0.1 8080\n",
        "EXPLAIN"},
};
/* clang-format on */

/* Words for a topic that are no names of options. */
static const char *const words[TOPICS] = {
    [TOPIC_CONVERSATION] = "conversations pipe pipes address addresses port ports host unix socket "
                           "proxy proxies socks end",
    [TOPIC_TEXT] = "charset charsets encodings utf-8 utf8 gbk gb18030 big5 line-ends eol",
    [TOPIC_TIME] = "times timeout timeouts",
    [TOPIC_FILES] = "file log logs record",
    [TOPIC_PEOPLE] = "person room rooms nick names terminal colour history commands",
    [TOPIC_PROGRAMS] = "program command shell answers",
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
