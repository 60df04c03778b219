#!/bin/sh
# package.sh BUILT [FOLDER]: makes a Debian package and a tarball, with their checksums, of the programs in the folder BUILT.
# They come into FOLDER (target/package if none is named).
set -eu
cd "$(dirname "$0")/.."
built=$1
folder=${2:-target/package}
# Of the tool that makes the package; a newer one may lay things out anew.
cargo_deb=3.8.0

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
version=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
machine=$(uname -m)

export PATH="$PWD/target/tools/bin:$PATH"
if [ "$(cargo deb --version 2> /dev/null | sed 's/^cargo-deb //')" != "$cargo_deb" ]; then
  echo "Installing cargo-deb, which makes the Debian package, into target/tools."
  cargo install --quiet --locked --root target/tools "cargo-deb@$cargo_deb"
fi

# Where cargo-deb looks for what cargo has built. Whatever the profile, the programs leave without their debug symbols.
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir "$stage/release"
for program in cometcam cometcam-server; do
  strip -o "$stage/release/$program" "$built/$program"
done
CARGO_TARGET_DIR=$stage cargo deb --quiet --locked --package cometcam --no-build --no-strip --deb-revision "" --output "$folder/"

name=cometcam-$version-linux-$machine
tree=$stage/$name
mkdir -p "$tree/man" "$tree/completions" "$tree/systemd" "$tree/icons"
cp "$stage/release/cometcam" "$stage/release/cometcam-server" README.md ARCHITECTURE.md CHANGELOG.md LICENSE "$tree/"
cp assets/package/*.1 "$tree/man/"
cp assets/package/*.bash assets/package/*.zsh assets/package/*.fish "$tree/completions/"
cp assets/package/*.service assets/package/*.yaml "$tree/systemd/"
cp assets/cometcam.desktop assets/icon.svg assets/icon-*.png "$tree/icons/"
# The same bytes of the same programs, whoever packs them and when.
time=$(git log -1 --format=%ct 2> /dev/null || date +%s)
tar --create --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" --directory "$stage" "$name" |
  gzip --no-name > "$folder/$name.tar.gz"

cd "$folder"
sha256sum "cometcam_${version}_"*.deb "$name.tar.gz" > SHA256SUMS
echo "In ${folder#"$OLDPWD/"}:"
cat SHA256SUMS
