#compdef cometcam

autoload -U is-at-least

_cometcam() {
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
'--source=[camera, camera\:WHICH, test-pattern or images\:FOLDER \[default\: the first camera\]]:SOURCE:_default' \
'--camera-backend=[The program'\''s way to a camera\: v4l2 or nokhwa]:BACKEND:((v4l2\:"Video4Linux directly\: the default on Linux"
nokhwa\:"The nokhwa crate\: everywhere, and the only one on macOS and Windows"))' \
'--channel=[The channel to publish to \[default\: front\]]:NAME:_default' \
'--fps=[Pictures a second, at most \[default\: 15\]]:N:_default' \
'--size=[Size of the pictures, or the source'\''s nearest \[default\: 1280x720\]]:WxH:_default' \
'--save=[Which pictures go to disk\: every, off, or one each 1s, 10s… \[default\: 1s\]]:WHICH:_default' \
'--bind=[Where to listen; with port 0 the system chooses \[default\: 127.0.0.1\:8060\]]:ADDR:PORT:_default' \
'--data=[Where pictures and keys are kept]:FOLDER:_files' \
'--site=[A web site of yours, from the same address and port]:FOLDER:_files' \
'--config=[Configuration in YAML; the command line wins over it]:FILE:_files' \
'--publish-key=[Who publishes over HTTP must send it; \`none\` lets anyone publish \[default\: the one in DATA/publish-key\]]:KEY|none:_default' \
'--log=[What is told on stderr\: error, warn, info, debug or trace]:LEVEL:_default' \
'--headless[Without a window, live from the start]' \
'--keep[What was saved stays after the broadcast]' \
'(--headless)--at-login[Not started by hand, but by the desktop at login]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
'-V[Print version]' \
'--version[Print version]' \
":: :_cometcam_commands" \
"*::: :->cometcam" \
&& ret=0
    case $state in
    (cometcam)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cometcam-command-$line[1]:"
        case $line[1] in
            (cameras)
_arguments "${_arguments_options[@]}" : \
'--camera-backend=[The program'\''s way to a camera\: v4l2 or nokhwa]:BACKEND:((v4l2\:"Video4Linux directly\: the default on Linux"
nokhwa\:"The nokhwa crate\: everywhere, and the only one on macOS and Windows"))' \
'--log=[What is told on stderr\: error, warn, info, debug or trace]:LEVEL:_default' \
'--json[As JSON, for programs]' \
'-h[Print help (see more with '\''--help'\'')]' \
'--help[Print help (see more with '\''--help'\'')]' \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
":: :_cometcam__subcmd__help_commands" \
"*::: :->help" \
&& ret=0

    case $state in
    (help)
        words=($line[1] "${words[@]}")
        (( CURRENT += 1 ))
        curcontext="${curcontext%:*:*}:cometcam-help-command-$line[1]:"
        case $line[1] in
            (cameras)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
(help)
_arguments "${_arguments_options[@]}" : \
&& ret=0
;;
        esac
    ;;
esac
;;
        esac
    ;;
esac
}

(( $+functions[_cometcam_commands] )) ||
_cometcam_commands() {
    local commands; commands=(
'cameras:Lists the cameras and what each can do' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cometcam commands' commands "$@"
}
(( $+functions[_cometcam__subcmd__cameras_commands] )) ||
_cometcam__subcmd__cameras_commands() {
    local commands; commands=()
    _describe -t commands 'cometcam cameras commands' commands "$@"
}
(( $+functions[_cometcam__subcmd__help_commands] )) ||
_cometcam__subcmd__help_commands() {
    local commands; commands=(
'cameras:Lists the cameras and what each can do' \
'help:Print this message or the help of the given subcommand(s)' \
    )
    _describe -t commands 'cometcam help commands' commands "$@"
}
(( $+functions[_cometcam__subcmd__help__subcmd__cameras_commands] )) ||
_cometcam__subcmd__help__subcmd__cameras_commands() {
    local commands; commands=()
    _describe -t commands 'cometcam help cameras commands' commands "$@"
}
(( $+functions[_cometcam__subcmd__help__subcmd__help_commands] )) ||
_cometcam__subcmd__help__subcmd__help_commands() {
    local commands; commands=()
    _describe -t commands 'cometcam help help commands' commands "$@"
}

if [ "$funcstack[1]" = "_cometcam" ]; then
    _cometcam "$@"
else
    compdef _cometcam cometcam
fi
