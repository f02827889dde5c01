# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for tcpchat. It uses the package bash-completion if it is there, and works without.

_tcpchat_words() {
    mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2")
}

_tcpchat_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -P "$2" -f -- "$1")
}

# Charsets of a peer: one, or utf-8 and one other.
_tcpchat_charsets() {
    local others='gbk gb18030 big5 shift_jis euc-jp euc-kr koi8-r windows-1251 windows-1252'
    case $1 in
    [Uu][Tt][Ff]-8,*) mapfile -t COMPREPLY < <(compgen -P "${1%%,*}," -W "$others" -- "${1#*,}") ;;
    *,*) mapfile -t COMPREPLY < <(compgen -P "${1%%,*}," -W utf-8 -- "${1#*,}") ;;
    *) _tcpchat_words "utf-8 $others $2" "$1" ;;
    esac
}

# Host names of ssh and of /etc/hosts.
_tcpchat_hosts() {
    if declare -F _known_hosts_real >/dev/null; then
        _known_hosts_real -a -- "$1"
    else
        _tcpchat_words "$(
            compgen -A hostname
            sed -n 's/^ *[Hh]ost //p' ~/.ssh/config 2>/dev/null | tr -s ' ' '\n' | grep -v '[*?!]'
            sed -n 's/^\([^][#@|, ]*\)[, ].*/\1/p' ~/.ssh/known_hosts 2>/dev/null
        )" "$1"
    fi
}

# An operand after $1 others: a host and a port, or for listen just a port.
_tcpchat_operand() {
    local command=$1 given=$2 current=$3
    case $command,$given,$current in
    help,0,*) _tcpchat_words 'listen connect conversation text time files people programs security devices learning' "$current" ;;
    *,0,unix:*) _tcpchat_files "${current#unix:}" unix: ;;
    connect,0,*) _tcpchat_hosts "$current" ;;
    listen,[01],* | connect,1,*) mapfile -t COMPREPLY < <(compgen -A service -- "$current") ;;
    esac
    if [[ $command != help && $given == 0 && $current != unix: && unix: == "$current"* ]]; then
        COMPREPLY+=(unix:)
        compopt -o nospace 2>/dev/null
    fi
}

_tcpchat_options() {
    local both='-4 -6 -n --numeric -e --encoding --local-encoding --literal --on-bad-text -C --crlf --eol --message --view -v --verbose
        -i --idle-timeout -q --quit-after --end-with-peer --no-shutdown --send-only --recv-only -o --output
        -x --hex-dump --progress --explain --exec --sh-exec --transcript --events --record --sum --raw --name --no-history
        --color --timestamps
        --proxy --proxy-auth-file --tls --tls-ca --tls-name --tls-pin --tls-cert --tls-key --tls-crl --tls-alpn
        --tls-insecure --no-sandbox --rules --script -h --help'
    case $1 in
    listen) _tcpchat_words "$both --listen-timeout -k --keep-open -1 --once --port-file
        -m --max-peers --chat --broker --no-commands --reply --hang-up --replay --pace
        --forward --forward-encoding --max-queue --rate --max-per-host --allow --deny
        --allow-file --deny-file --drain --proxy-protocol --tls-client-ca
        --no-reuse --backlog" "$2" ;;
    connect) _tcpchat_words "$both -w --connect-timeout -s --source -p --source-port
        -z --probe --retry --reconnect" "$2" ;;
    esac
}

# True if this option's value is the next word.
_tcpchat_has_value() {
    case $1 in
    -[eiqowspmx] | --encoding | --local-encoding | --on-bad-text | --idle-timeout | --quit-after | --output) ;;
    --transcript | --events | --name | --color | --max-peers | --reply | --max-queue | --rate | --drain) ;;
    --hex-dump | --exec | --sh-exec | --forward | --forward-encoding) ;;
    --tls-ca | --tls-name | --tls-pin | --tls-cert | --tls-key | --tls-client-ca | --tls-crl | --tls-alpn) ;;
    --max-per-host | --allow | --deny | --allow-file | --deny-file) ;;
    --proxy | --proxy-auth-file | --backlog | --eol | --message | --view | --record | --replay | --rules | --script) ;;
    --connect-timeout | --source | --source-port | --retry | --listen-timeout | --port-file) ;;
    *) return 1 ;;
    esac
}

_tcpchat_value() {
    case $1 in
    --forward-encoding) _tcpchat_charsets "$2" ;;
    --exec | --sh-exec) mapfile -t COMPREPLY < <(compgen -c -- "$2") ;;
    -e | --encoding) _tcpchat_charsets "$2" 'auto raw' ;;
    --local-encoding) [[ $2 == *,* ]] || _tcpchat_charsets "$2" ;;
    --on-bad-text) _tcpchat_words 'replace escape stop' "$2" ;;
    --eol) _tcpchat_words 'lf crlf cr none' "$2" ;;
    --message) _tcpchat_words 'lf crlf cr nul none' "$2" ;;
    --view) _tcpchat_words 'text hex both chunks' "$2" ;;
    --proxy) _tcpchat_words 'env' "$2" ;;
    --color) _tcpchat_words 'auto always never' "$2" ;;
    -o | --output | -x | --hex-dump | --transcript | --events | --port-file | --allow-file | --deny-file | --proxy-auth-file) _tcpchat_files "$2" '' ;;
    --record | --replay | --rules | --script) _tcpchat_files "$2" '' ;;
    --tls-ca | --tls-cert | --tls-key | --tls-client-ca | --tls-crl) _tcpchat_files "$2" '' ;;
    esac
}

_tcpchat() {
    COMPREPLY=()

    # bash cuts words at = and :. Here they become whole; completion is for the last piece.
    local piece=${COMP_WORDS[COMP_CWORD]} words=() glue='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ ${#words[@]} -gt 0 && ($glue || $word == [=:]*) ]]; then
            words[-1]+=$word
        else
            words+=("$word")
        fi
        [[ $word == *[=:] ]] && glue=yes || glue=''
    done
    [[ ${piece//[=:]/} ]] || piece=''

    # Finds the option whose value the current word is, and counts the operands before it.
    local command=${words[0]} last=$((${#words[@]} - 1)) option='' end='' given=0
    local current=${words[last]}
    for word in "${words[@]:1:last > 0 ? last - 1 : 0}"; do
        if [[ $option ]]; then
            option=''
        elif [[ $end || $word != -?* ]]; then
            given=$((given + 1))
        elif [[ $word == -- ]]; then
            end=yes
        elif _tcpchat_has_value "$word"; then
            option=$word
        fi
    done
    if [[ ! $option$end && $current == --*=* ]]; then
        option=${current%%=*}
        current=${current#*=}
    fi

    if ((last == 0)); then
        _tcpchat_words 'listen connect help --help --version' "$current"
    elif [[ $option ]]; then
        _tcpchat_value "$option" "$current"
    elif [[ ! $end && $current == -* ]]; then
        _tcpchat_options "$command" "$current"
    else
        _tcpchat_operand "$command" "$given" "$current"
    fi
    COMPREPLY=("${COMPREPLY[@]#"${current%"$piece"}"}")
}

complete -F _tcpchat tcpchat
