#!/bin/sh
# rust.sh [COMPONENT…]: sees to it that Rust is there, is new enough, and has these components of rustup.
set -eu
cd "$(dirname "$0")/.."
needed=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)

stop() { echo "$*" >&2; exit 1; }

command -v cargo > /dev/null || stop "Rust is missing: install it with rustup, as https://rustup.rs shows, then run make again."
here=$(rustc --version | cut -d ' ' -f 2)
[ "$(printf '%s\n' "$needed" "${here%%-*}" | sort -V | head -n 1)" = "$needed" ] ||
  stop "Rust $needed or newer is needed and this is $here: run \`rustup update stable\` (https://rustup.rs), then make again."

for component in "$@"; do
  case $component in rustfmt) program=rustfmt ;; *) program=cargo-$component ;; esac
  "$program" --version > /dev/null 2>&1 && continue
  command -v rustup > /dev/null || stop "$component is missing: install the package of that name, or Rust with rustup (https://rustup.rs)."
  echo "Installing $component, which checks the code."
  rustup component add "$component"
done
