# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_cometcam_global_optspecs
    string join \n headless source= camera-backend= channel= fps= size= save= keep bind= data= site= config= publish-key= at-login log= h/help V/version
end

function __fish_cometcam_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_cometcam_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_cometcam_using_subcommand
    set -l cmd (__fish_cometcam_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c cometcam -n "__fish_cometcam_needs_command" -l source -d 'camera, camera:WHICH, test-pattern or images:FOLDER [default: the first camera]' -r
complete -c cometcam -n "__fish_cometcam_needs_command" -l camera-backend -d 'The program\'s way to a camera: v4l2 or nokhwa' -r -f -a "v4l2\t'Video4Linux directly: the default on Linux'
nokhwa\t'The nokhwa crate: everywhere, and the only one on macOS and Windows'"
complete -c cometcam -n "__fish_cometcam_needs_command" -l channel -d 'The channel to publish to [default: front]' -r
complete -c cometcam -n "__fish_cometcam_needs_command" -l fps -d 'Pictures a second, at most [default: 15]' -r
complete -c cometcam -n "__fish_cometcam_needs_command" -l size -d 'Size of the pictures, or the source\'s nearest [default: 1280x720]' -r
complete -c cometcam -n "__fish_cometcam_needs_command" -l save -d 'Which pictures go to disk: every, off, or one each 1s, 10s… [default: 1s]' -r
complete -c cometcam -n "__fish_cometcam_needs_command" -l bind -d 'Where to listen; with port 0 the system chooses [default: 127.0.0.1:8060]' -r
complete -c cometcam -n "__fish_cometcam_needs_command" -l data -d 'Where pictures and keys are kept' -r -F
complete -c cometcam -n "__fish_cometcam_needs_command" -l site -d 'A web site of yours, from the same address and port' -r -F
complete -c cometcam -n "__fish_cometcam_needs_command" -l config -d 'Configuration in YAML; the command line wins over it' -r -F
complete -c cometcam -n "__fish_cometcam_needs_command" -l publish-key -d 'Who publishes over HTTP must send it; `none` lets anyone publish [default: the one in DATA/publish-key]' -r
complete -c cometcam -n "__fish_cometcam_needs_command" -l log -d 'What is told on stderr: error, warn, info, debug or trace' -r
complete -c cometcam -n "__fish_cometcam_needs_command" -l headless -d 'Without a window, live from the start'
complete -c cometcam -n "__fish_cometcam_needs_command" -l keep -d 'What was saved stays after the broadcast'
complete -c cometcam -n "__fish_cometcam_needs_command" -l at-login -d 'Not started by hand, but by the desktop at login'
complete -c cometcam -n "__fish_cometcam_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cometcam -n "__fish_cometcam_needs_command" -s V -l version -d 'Print version'
complete -c cometcam -n "__fish_cometcam_needs_command" -f -a "cameras" -d 'Lists the cameras and what each can do'
complete -c cometcam -n "__fish_cometcam_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c cometcam -n "__fish_cometcam_using_subcommand cameras" -l camera-backend -d 'The program\'s way to a camera: v4l2 or nokhwa' -r -f -a "v4l2\t'Video4Linux directly: the default on Linux'
nokhwa\t'The nokhwa crate: everywhere, and the only one on macOS and Windows'"
complete -c cometcam -n "__fish_cometcam_using_subcommand cameras" -l log -d 'What is told on stderr: error, warn, info, debug or trace' -r
complete -c cometcam -n "__fish_cometcam_using_subcommand cameras" -l json -d 'As JSON, for programs'
complete -c cometcam -n "__fish_cometcam_using_subcommand cameras" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c cometcam -n "__fish_cometcam_using_subcommand help; and not __fish_seen_subcommand_from cameras help" -f -a "cameras" -d 'Lists the cameras and what each can do'
complete -c cometcam -n "__fish_cometcam_using_subcommand help; and not __fish_seen_subcommand_from cameras help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
