#compdef tcpchat
# SPDX-License-Identifier: GPL-3.0-or-later
# zsh completion for tcpchat; installed as _tcpchat.

# Charsets of a peer: one, or utf-8 and one other.
_tcpchat_charsets() {
    local -a others=(gbk gb18030 big5 shift_jis euc-jp euc-kr koi8-r windows-1251 windows-1252)
    if [[ $1 == one ]]; then
        compadd -- utf-8 $others
    elif [[ ${(L)PREFIX} == utf-8,* ]]; then
        compset -P '*,'
        compadd -a others
    elif compset -P '*,'; then
        compadd -- utf-8
    else
        compadd -- utf-8 $others auto raw
    fi
}

_tcpchat_unix() {
    if compset -P unix:; then
        _files
    else
        compadd -S '' unix:
    fi
}

_tcpchat_services() {
    local -a services=(${${(M)${(f)"$(</etc/services)"}:#[^#]*/tcp*}%%[[:space:]]*}) 2>/dev/null
    compadd -a services
}

# Host names of ssh and of /etc/hosts.
_tcpchat_hosts() {
    local -a lines=(${(f)"$(cat ~/.ssh/config 2>/dev/null)"})
    local -a configured=(${=${(M)lines:#[Hh]ost *}#* })
    compadd -- ${configured:#*[*?!]*}
    _hosts
}

_tcpchat_first() {
    if [[ $PREFIX == unix:* ]]; then
        _tcpchat_unix
        return
    fi
    _alternative 'unix: :_tcpchat_unix' "others: :$1"
}

_tcpchat_options() {
    local -a both=(
        '-4[IPv4 only]' '-6[IPv6 only]'
        '(-n --numeric)'{-n,--numeric}'[no name look-ups]'
        '(-e --encoding)'{-e+,--encoding=}'[what the peer speaks]:charset: _tcpchat_charsets list'
        '--local-encoding=[what is spoken here]:charset: _tcpchat_charsets one'
        '--on-bad-text=[text that cannot be converted]:what:(replace escape stop)'
        '--literal[each line of standard input is a literal]'
        '(-C --crlf)'{-C,--crlf}'[send CR LF for LF]'
        '--eol=[what ends a line that is sent]:end:(lf crlf cr none)'
        '--message=[what ends a message that is received]:form:(lf crlf cr nul byte\: bytes\: len\:u8 len\:u16be len\:u16le len\:u32be len\:u32le gap\:50ms none)'
        '--view=[messages with time, length and bytes]:form:(text hex both chunks)'
        '*'{-v,--verbose}'[say what happens; twice, also the states]'
        '(-i --idle-timeout)'{-i+,--idle-timeout=}'[end after so long a silence]:seconds: '
        '(-q --quit-after)'{-q+,--quit-after=}'[wait so long after the end of input]:seconds: '
        '--end-with-peer[end with the peer, though input goes on]'
        '--no-shutdown[do not half-close at the end of input]'
        '--send-only[discard what comes]' '--recv-only[never read standard input]'
        '(-o --output)'{-o+,--output=}'[also write what is received]:file:_files'
        '(-x --hex-dump)'{-x+,--hex-dump=}'[also write a hex dump]:file:_files'
        '--transcript=[also write the conversation as text]:file:_files'
        '--events=[also write what happens as JSON]:file:_files'
        '--record=[also record both directions]:file:_files'
        '--sum[say the SHA-256 of each direction]'
        '--raw[show what the peer sends unfiltered]'
        '--name=[how this side is called]:name: '
        '--no-history[keep no history file]'
        '--color=[names in color]:when:(auto always never)'
        '--timestamps[the time in front of messages and notices]'
        '--progress[show bytes, rate and time]'
        '--explain[tell each call on a socket]'
        '--exec=[give the connection to a program]:command:_cmdstring'
        '--sh-exec=[the same through the shell]:command:_cmdstring'
        '--proxy=[connect through a proxy]:proxy:(env)'
        '--proxy-auth-file=[user and password for the proxy]:file:_files'
        '--tls[encrypt the conversation]'
        '--rules=[answer messages by the rules of a file]:file:_files'
        '--script=[send and expect by the lines of a file]:file:_files'
        '--tls-ca=[who vouches for the other side]:file:_files'
        '--tls-name=[the name of the other side]:name: '
        '*--tls-pin=[trust this key]:pin: '
        '--tls-cert=[the certificate of this side]:file:_files'
        '--tls-key=[its key]:file:_files'
        '--tls-crl=[certificates that were revoked]:file:_files'
        '--tls-alpn=[what is spoken inside]:list: '
        '--tls-insecure[verify nothing]'
        '--no-sandbox[leave the process all that its user may do]'
        '(-h --help)'{-h,--help}'[show the options]'
    )
    local -a listen=(
        '--listen-timeout=[give up when nobody came]:seconds: '
        '(-k --keep-open)'{-k,--keep-open}'[take many connections]'
        '(-1 --once)'{-1,--once}'[serve one connection]'
        '(-m --max-peers)'{-m+,--max-peers=}'[at most so many at once]:number: '
        '--chat[a room with names]' '--broker[a room without names]'
        '--no-commands[peers have no commands]'
        '--reply=[answer every message]:text: '
        '--replay=[play a recorded peer]:file:_files' '--pace[keep the recorded times]'
        '--hang-up[close after the first answer]'
        '--forward=[pass connections on]:address: _tcpchat_first _tcpchat_hosts'
        '--forward-encoding=[what is spoken there]:charset: _tcpchat_charsets list'
        '--max-queue=[cut a peer that takes too little]:bytes: '
        '--rate=[lines of 512 bytes a second of a peer]:number: '
        '*--allow=[let in these addresses]:list: ' '*--deny=[keep out these addresses]:list: '
        '*--allow-file=[the same from a file]:file:_files'
        '*--deny-file=[the same from a file]:file:_files'
        '--max-per-host=[at most so many of one address]:number: '
        '--proxy-protocol[a header names each peer]'
        '--tls-client-ca=[who vouches for peers]:file:_files'
        '--no-reuse[bind without SO_REUSEADDR]'
        '--backlog=[so many connections may wait]:number: '
        '--drain=[after SIGTERM let conversations end]:seconds: '
        '--port-file=[write the port to a file]:file:_files'
    )
    local -a connect=(
        '(-w --connect-timeout)'{-w+,--connect-timeout=}'[give up in time]:seconds: '
        '(-s --source)'{-s+,--source=}'[connect from this address]:address: '
        '(-p --source-port)'{-p+,--source-port=}'[connect from this port]:port: '
        '(-z --probe)'{-z,--probe}'[connect and close]'
        '--retry=[keep trying for so long]:seconds: '
        '--reconnect=-[connect again when the peer is gone]::attempts: '
    )
    if [[ $1 == listen ]]; then
        _arguments -s -S : $both $listen '1: : _tcpchat_first _tcpchat_services' \
            '2: :_tcpchat_services'
    else
        _arguments -s -S : $both $connect '1: : _tcpchat_first _tcpchat_hosts' '2: :_tcpchat_services'
    fi
}

_tcpchat() {
    if ((CURRENT == 2)); then
        compadd -- listen connect help --help --version
        return
    fi
    shift words
    ((CURRENT--))
    case $words[1] in
    help) ((CURRENT > 2)) || compadd listen connect conversation text time files people programs security devices learning ;;
    listen | connect) _tcpchat_options $words[1] ;;
    esac
}

_tcpchat "$@"
