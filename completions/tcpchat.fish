# SPDX-License-Identifier: GPL-3.0-or-later
# fish completion for tcpchat.

# True if the word being typed is the command.
function __tcpchat_wants_command
    test (count (commandline -opc)) -eq 1
end

# True if the command is one of these.
function __tcpchat_is
    set -l words (commandline -opc)
    set -q words[2]; and contains -- $words[2] $argv
end

function __tcpchat_has_value
    contains -- $argv[1] -e --encoding --local-encoding --on-bad-text -i --idle-timeout \
        -q --quit-after -o --output -x --hex-dump --transcript --events --name --color --exec --sh-exec \
        -w --connect-timeout -s --source -p --source-port --retry --listen-timeout -m --max-peers \
        --reply --rules --script --forward --forward-encoding --max-queue --rate --allow --deny --allow-file \
        --deny-file --max-per-host --drain --port-file --proxy --proxy-auth-file --tls-ca --tls-name --tls-pin \
        --tls-cert --tls-key --tls-client-ca --tls-crl --tls-alpn --backlog --eol --message --view --record --replay
end

# Counts the operands before the word being typed; prints nothing if that word is a value.
function __tcpchat_operands
    set -l words (commandline -opc)[3..-1]
    set -l given 0
    set -l value
    set -l end
    for word in $words
        if test -n "$value"
            set value
        else if test -n "$end"; or not string match -q -- '-?*' $word
            set given (math $given + 1)
        else if test "$word" = --
            set end yes
        else if __tcpchat_has_value $word
            set value yes
        end
    end
    test -n "$value"; or echo $given
end

# __tcpchat_wants COMMAND NUMBER...: true if the word is an operand of that command after NUMBER others.
function __tcpchat_wants
    __tcpchat_is $argv[1]; and contains -- (__tcpchat_operands) $argv[2..-1]
end

function __tcpchat_services
    string match -rg '^([^#\s]+)\s+\d+/tcp' </etc/services 2>/dev/null
end

# Charsets of a peer: one, or utf-8 and one other.
function __tcpchat_charsets
    set -l others gbk gb18030 big5 shift_jis euc-jp euc-kr koi8-r windows-1251 windows-1252
    if test "$argv[1]" = one
        printf '%s\n' utf-8 $others
    else if string match -q -- '*,*' (commandline -ct)
        printf '%s\n' utf-8,$others $others,utf-8
    else
        printf '%s\n' utf-8 $others auto raw
    end
end

# unix: with the sockets and folders behind it, in whole words, as fish expects.
function __tcpchat_unix
    set -l path (string replace -r '^unix:' '' -- (commandline -ct))
    if string match -q -- 'unix:*' (commandline -ct)
        printf 'unix:%s\n' (__fish_complete_path $path)
    else
        echo unix:
    end
end

complete -c tcpchat -f
complete -c tcpchat -n __tcpchat_wants_command -a listen -d 'wait for a conversation'
complete -c tcpchat -n __tcpchat_wants_command -a connect -d 'begin a conversation'
complete -c tcpchat -n __tcpchat_wants_command -a help -d 'show the options'
complete -c tcpchat -n __tcpchat_wants_command -l help -d 'show the options'
complete -c tcpchat -n __tcpchat_wants_command -l version -d 'show the version'
complete -c tcpchat -n '__tcpchat_wants help 0' -a 'listen connect conversation text time files people programs security devices learning'
complete -c tcpchat -n '__tcpchat_wants listen 0 1' -a '(__tcpchat_services)'
complete -c tcpchat -n '__tcpchat_wants connect 0' -a '(__fish_print_hostnames)'
complete -c tcpchat -n '__tcpchat_wants connect 1' -a '(__tcpchat_services)'
complete -c tcpchat -n '__tcpchat_wants listen 0' -a '(__tcpchat_unix)'
complete -c tcpchat -n '__tcpchat_wants connect 0' -a '(__tcpchat_unix)'

# -x: the option has a value; -r -F: the value is a file.
set -l both -c tcpchat -n '__tcpchat_is listen connect'
complete $both -s 4 -d 'IPv4 only'
complete $both -s 6 -d 'IPv6 only'
complete $both -s n -l numeric -d 'no name look-ups'
complete $both -s e -l encoding -x -a '(__tcpchat_charsets list)' -d 'what the peer speaks'
complete $both -l local-encoding -x -a '(__tcpchat_charsets one)' -d 'what is spoken here'
complete $both -l on-bad-text -x -a 'replace escape stop' -d 'text that cannot be converted'
complete $both -l literal -d 'each line of standard input is a literal'
complete $both -s C -l crlf -d 'send CR LF for LF'
complete $both -l eol -x -a 'lf crlf cr none' -d 'what ends a line that is sent'
complete $both -l message -x -a 'lf crlf cr nul byte: bytes: len:u8 len:u16be len:u16le len:u32be len:u32le gap:50ms none' -d 'what ends a message that is received'
complete $both -l view -x -a 'text hex both chunks' -d 'messages with time, length and bytes'
complete $both -s v -l verbose -d 'say what happens; twice, also the states'
complete $both -s i -l idle-timeout -x -d 'end after so long a silence'
complete $both -s q -l quit-after -x -d 'wait so long after the end of input'
complete $both -l end-with-peer -d 'end with the peer, though input goes on'
complete $both -l no-shutdown -d 'do not half-close at the end of input'
complete $both -l send-only -d 'discard what comes'
complete $both -l recv-only -d 'never read standard input'
complete $both -s o -l output -r -F -d 'also write what is received'
complete $both -s x -l hex-dump -r -F -d 'also write a hex dump'
complete $both -l transcript -r -F -d 'also write the conversation as text'
complete $both -l events -r -F -d 'also write what happens as JSON'
complete $both -l record -r -F -d 'also record both directions'
complete $both -l sum -d 'say the SHA-256 of each direction'
complete $both -l raw -d 'show what the peer sends unfiltered'
complete $both -l name -x -d 'how this side is called'
complete $both -l no-history -d 'keep no history file'
complete $both -l color -x -a 'auto always never' -d 'names in color'
complete $both -l timestamps -d 'the time in front of messages and notices'
complete $both -l progress -d 'show bytes, rate and time'
complete $both -l explain -d 'tell each call on a socket'
complete $both -l exec -x -a '(__fish_complete_command)' -d 'give the connection to a program'
complete $both -l sh-exec -x -a '(__fish_complete_command)' -d 'the same through the shell'
complete $both -l proxy -x -a 'env' -d 'connect through a proxy'
complete $both -l proxy-auth-file -r -F -d 'user and password for the proxy'
complete $both -l tls -d 'encrypt the conversation'
complete $both -l rules -r -F -d 'answer messages by the rules of a file'
complete $both -l script -r -F -d 'send and expect by the lines of a file'
complete $both -l tls-ca -r -F -d 'who vouches for the other side'
complete $both -l tls-name -x -d 'the name of the other side'
complete $both -l tls-pin -x -d 'trust this key'
complete $both -l tls-cert -r -F -d 'the certificate of this side'
complete $both -l tls-key -r -F -d 'its key'
complete $both -l tls-crl -r -F -d 'certificates that were revoked'
complete $both -l tls-alpn -x -d 'what is spoken inside'
complete $both -l tls-insecure -d 'verify nothing'
complete $both -l no-sandbox -d 'leave the process all that its user may do'
complete $both -s h -l help -d 'show the options'

set -l listen -c tcpchat -n '__tcpchat_is listen'
complete $listen -l listen-timeout -x -d 'give up when nobody came'
complete $listen -s k -l keep-open -d 'take many connections'
complete $listen -s 1 -l once -d 'serve one connection'
complete $listen -s m -l max-peers -x -d 'at most so many at once'
complete $listen -l chat -d 'a room with names'
complete $listen -l broker -d 'a room without names'
complete $listen -l no-commands -d 'peers have no commands'
complete $listen -l reply -x -d 'answer every message'
complete $listen -l replay -r -F -d 'play a recorded peer'
complete $listen -l pace -d 'keep the recorded times'
complete $listen -l hang-up -d 'close after the first answer'
complete $listen -l forward -x -a '(__fish_print_hostnames) (__tcpchat_unix)' -d 'pass connections on'
complete $listen -l forward-encoding -x -a '(__tcpchat_charsets list)' -d 'what is spoken there'
complete $listen -l max-queue -x -d 'cut a peer that takes too little'
complete $listen -l rate -x -d 'lines of 512 bytes a second of a peer'
complete $listen -l allow -x -d 'let in these addresses'
complete $listen -l deny -x -d 'keep out these addresses'
complete $listen -l allow-file -r -F -d 'the same from a file'
complete $listen -l deny-file -r -F -d 'the same from a file'
complete $listen -l max-per-host -x -d 'at most so many of one address'
complete $listen -l proxy-protocol -d 'a header names each peer'
complete $listen -l tls-client-ca -r -F -d 'who vouches for peers'
complete $listen -l no-reuse -d 'bind without SO_REUSEADDR'
complete $listen -l backlog -x -d 'so many connections may wait'
complete $listen -l drain -x -d 'after SIGTERM let conversations end'
complete $listen -l port-file -r -F -d 'write the port to a file'

set -l connect -c tcpchat -n '__tcpchat_is connect'
complete $connect -s w -l connect-timeout -x -d 'give up in time'
complete $connect -s s -l source -x -d 'connect from this address'
complete $connect -s p -l source-port -x -d 'connect from this port'
complete $connect -s z -l probe -d 'connect and close'
complete $connect -l retry -x -d 'keep trying for so long'
complete $connect -l reconnect -d 'connect again when the peer is gone'
