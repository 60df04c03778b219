#compdef cometcam-server

autoload -U is-at-least

_cometcam-server() {
    typeset -A opt_args
    typeset -a _arguments_options
    local ret=1

    if is-at-least 5.2; then
        _arguments_options=(-s -S -C)
    else
        _arguments_options=(-s -C)
    fi

    local context curcontext="$curcontext" state line
    _arguments "${_arguments_options[@]}" : \
'--bind=[Where to listen; with port 0 the system chooses \[default\: 127.0.0.1\:8060\]]:ADDR:PORT:_default' \
'--data=[Where pictures and keys are kept]:FOLDER:_files' \
'--site=[A web site of yours, from the same address and port]:FOLDER:_files' \
'--config=[Configuration in YAML; the command line wins over it]:FILE:_files' \
'--publish-key=[Who publishes over HTTP must send it; \`none\` lets anyone publish \[default\: the one in DATA/publish-key\]]:KEY|none:_default' \
'--log=[What is told on stderr\: error, warn, info, debug or trace]:LEVEL:_default' \
'-h[Print help]' \
'--help[Print help]' \
'-V[Print version]' \
'--version[Print version]' \
&& ret=0
}

(( $+functions[_cometcam-server_commands] )) ||
_cometcam-server_commands() {
    local commands; commands=()
    _describe -t commands 'cometcam-server commands' commands "$@"
}

if [ "$funcstack[1]" = "_cometcam-server" ]; then
    _cometcam-server "$@"
else
    compdef _cometcam-server cometcam-server
fi
