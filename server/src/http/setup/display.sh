#!/bin/sh
# Cometcam on a display: waits for its server, then shows its pictures, and begins again whenever that ends.
# Made by {{made-by}}

# The first one that answers is used. A name comes first: it stays when the server gets another address.
servers={{servers}}
page={{page}}

answers() {
  if command -v curl > /dev/null; then curl -fsm 5 -o /dev/null "$1/api/now"
  else wget -qT 5 -t 1 -O /dev/null "$1/api/now"
  fi
}

# The first server that answers.
reached() {
  for one in $servers; do
    if answers "$one"; then echo "$one"; return; fi
  done
  return 1
}

# Ends the browser $1 once its server $2 has been away for a minute and is there under another address.
follow() {
  away=0
  while sleep 10; do
    if answers "$2"; then away=0; else away=$((away + 1)); fi
    if [ "$away" -ge 6 ] && reached > /dev/null; then kill "$1"; fi
  done
}

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
  echo "There is no Chromium on this computer. Install it: sudo apt install chromium" >&2
  exit 1
}
# Without a desktop, cage is the screen.
screen=
[ -n "${WAYLAND_DISPLAY:-}${DISPLAY:-}" ] || screen='cage -d --'
profile=${XDG_DATA_HOME:-$HOME/.local/share}/cometcam-display

shown= follower=
trap 'kill $shown $follower 2> /dev/null; exit 0' TERM INT HUP

while :; do
  until server=$(reached); do sleep 2; done
  # What a power cut left would have the browser ask whether it runs elsewhere.
  rm -f "$profile"/Singleton*
  $screen "$browser" {{options}} \
    --user-data-dir="$profile" "$server$page" &
  shown=$!
  follow "$shown" "$server" &
  follower=$!
  wait "$shown"
  kill "$follower" 2> /dev/null
  sleep 2
done
