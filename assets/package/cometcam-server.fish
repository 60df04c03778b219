complete -c cometcam-server -l bind -d 'Where to listen; with port 0 the system chooses [default: 127.0.0.1:8060]' -r
complete -c cometcam-server -l data -d 'Where pictures and keys are kept' -r -F
complete -c cometcam-server -l site -d 'A web site of yours, from the same address and port' -r -F
complete -c cometcam-server -l config -d 'Configuration in YAML; the command line wins over it' -r -F
complete -c cometcam-server -l publish-key -d 'Who publishes over HTTP must send it; `none` lets anyone publish [default: the one in DATA/publish-key]' -r
complete -c cometcam-server -l log -d 'What is told on stderr: error, warn, info, debug or trace' -r
complete -c cometcam-server -s h -l help -d 'Print help'
complete -c cometcam-server -s V -l version -d 'Print version'
