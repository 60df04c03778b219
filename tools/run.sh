#!/bin/sh
# run.sh [OPTION…]: starts the built program in the way that this machine allows. For `make run`; the program itself never
# takes the test pattern or leaves out its window by itself.
set -eu
cd "$(dirname "$0")/.."
program=target/debug/cometcam

say() { printf '\n  *** %s\n\n' "$1" >&2; }

given() { case " $options " in *" $1"[\ =]*) return 0 ;; *) return 1 ;; esac; }
options=$*

# Whether the window was told to show something else than a camera; then that is what is shown. Of several the first counts.
chosen() {
  awk '/^cameras:/ { on = 1; print; next } !on || /^ *#/ { next } /^[^ -]/ || (/^ *- / && seen++) { exit } { print }' \
    "${XDG_CONFIG_HOME:-$HOME/.config}/cometcam/cometcam.yaml" 2> /dev/null |
    sed -n '/^[^#]*source:/{p;q}' | grep -Eq "source: *[\"']?(images:|test-pattern)"
}

case $(uname) in
  Linux)
    if [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ] && ! given --headless; then
      say "There is no display here, so there is no window: running headless, live from the start. Ctrl-C ends it."
      set -- --headless "$@"
    fi
    if ! given --source && ! given --config && ! chosen && ! "$program" cameras --json | grep -q '"name"'; then
      if ls /dev/video* > /dev/null 2>&1; then
        say "NO CAMERA CAN BE USED HERE: viewers see the test pattern. \`$program cameras\` says what is wrong with the ones there are."
      else
        say "NO CAMERA WAS FOUND: viewers see the test pattern. Plug one in and run make again."
      fi
      set -- --source test-pattern "$@"
    fi ;;
esac
exec "$program" "$@"
