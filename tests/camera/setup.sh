#!/bin/bash
# Fetches and builds all that vm.sh needs into $CAMERA_LAB (default ~/.cache/camera-lab); a moment when it is all there. Packages
# that are missing are installed first (../../tools/install.sh says which, and asks for root); nothing else leaves the folder,
# and the kernel is unpacked there, never installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${CAMERA_LAB:-$HOME/.cache/camera-lab}
PATH=$PATH:/usr/sbin:/sbin
stop() { echo "The camera lab can't be set up: $*" >&2; exit 1; }
"$here/../../tools/install.sh" camera || stop "packages are missing, as said above."
made=$(cat "$here"/{setup.sh,init,uvcgadget.c} | sha256sum | cut -c1-16)
is_made() { [ "$(cat "$lab/made" 2>/dev/null)" = "$made" ]; }
! is_made || exit 0
echo "Setting up the camera lab in $lab: the first time takes about 2 minutes."
mkdir -p "$lab"
exec 9> "$lab/lock"
flock 9
! is_made || exit 0
rm -f "$lab/made"
mkdir -p "$lab"/{debs,media,apt/archives/partial,apt/lists/partial}

# apt with package lists of its own, which needs no root and finds the kernel of today.
own=(-qq -o Dir::State::lists="$lab/apt/lists/" -o Dir::Cache="$lab/apt/" -o APT::Sandbox::User=root)
apt_cache() { apt-cache "${own[@]:1}" "$@"; }
fetch() { (cd "$lab/debs" && apt-get "${own[@]}" download "$@") || stop "apt-get could not fetch $*: see to the network."; }

update_lists() {
  command -v apt-get > /dev/null || stop "it needs a kernel of Debian 12 or 13, and this system has no apt-get to fetch it with."
  apt-get "${own[@]}" update || stop "apt-get could not fetch its package lists: see to the network."
}

# The kernel that linux-image-amd64 stands for; sets $version.
unpack_kernel() {
  local package
  package=$(apt_cache depends linux-image-amd64 2>/dev/null | awk '/Depends:/ && !found++ {print $2}' || true)
  [ -n "$package" ] || stop "it needs Debian's package linux-image-amd64, which this system's apt-get doesn't know: use Debian 12 or 13."
  version=${package#linux-image-}
  [ "$(cat "$lab/version" 2>/dev/null)" != "$version" ] || return 0
  rm -rf "$lab"/debs/*.deb "$lab/k" "$lab/v4l2loopback.ko" "$lab/version"
  fetch "$package"
  mkdir "$lab/k" && dpkg -x "$lab"/debs/"$package"_*.deb "$lab/k"
  depmod -b "$lab/k" "$version"
}

# A module, unpacked, under a name that sorts in the order of its loading.
add_module() {
  local file
  file=$(ls "$lab/k/lib/modules/$version/kernel/$1".ko*)
  case $file in
    *.xz) xz -dc "$file" > "$2.ko" ;;
    *.zst) zstd -qdc "$file" > "$2.ko" ;;
    *) cp "$file" "$2.ko" ;;
  esac
}

# busybox, and what it takes to mount this machine's files over 9p; all other modules come from there by modprobe.
build_initramfs() {
  local image number=10 module
  image=$(mktemp -d)
  mkdir -p "$image"/{bin,mod,proc,sys,dev,host,rw,new}
  cp "$(command -v busybox)" "$image/bin/busybox"
  ln -s busybox "$image/bin/sh"
  for module in drivers/virtio/{virtio_ring,virtio,virtio_pci_modern_dev,virtio_pci_legacy_dev,virtio_pci} \
    fs/netfs/netfs fs/fscache/fscache net/9p/{9pnet,9pnet_virtio} fs/9p/9p fs/overlayfs/overlay; do
    # fscache became a part of netfs, and virtio of the kernel, in later ones.
    ls "$lab/k/lib/modules/$version/kernel/$module".ko* > /dev/null 2>&1 || continue
    add_module "$module" "$image/mod/$number-$(basename "$module")"
    number=$((number + 1))
  done
  install -m 755 "$here/init" "$image/init"
  (cd "$image" && find . | cpio -o -H newc --quiet | gzip -1) > "$lab/initramfs.gz"
  rm -rf "$image"
}

# The pictures that the webcam gives, one by one and as a film.
make_pictures() {
  [ ! -e "$lab/media/pictures/0120.jpg" ] || return 0
  ffmpeg -v error -y -f lavfi -i testsrc2=size=1280x720:rate=30 -t 4 -c:v mjpeg -q:v 5 -pix_fmt yuvj422p "$lab/media/camera.avi"
  mkdir -p "$lab/media/pictures"
  ffmpeg -v error -y -i "$lab/media/camera.avi" -c copy -f image2 "$lab/media/pictures/%04d.jpg"
}

# v4l2loopback is no part of the kernel. The kernel's headers name each other by absolute paths: these are turned to here.
build_loopback() {
  [ ! -e "$lab/v4l2loopback.ko" ] || return 0
  local parts source headers="$lab/headers/usr/src/linux-headers-$version"
  parts=$(apt_cache depends "linux-headers-$version" | awk '/Depends:/ {print $2}' | grep '^linux-' | grep -v '^linux-image')
  # shellcheck disable=SC2086 # one word each
  fetch "linux-headers-$version" $parts v4l2loopback-dkms
  rm -rf "$lab/headers" "$lab/loopback"
  mkdir -p "$lab/headers" "$lab/loopback"
  for deb in "$lab"/debs/linux-{headers,kbuild,compiler}*.deb; do [ ! -e "$deb" ] || dpkg -x "$deb" "$lab/headers"; done
  dpkg -x "$lab"/debs/v4l2loopback-dkms*.deb "$lab/loopback"
  source=$(echo "$lab"/loopback/usr/src/v4l2loopback-*)
  sed -i "s#/usr/#$lab/headers/usr/#g" "$headers/Makefile"
  make -s -C "$headers" M="$source" modules > "$lab/loopback.log" 2>&1 ||
    stop "the driver v4l2loopback was not built: $lab/loopback.log says why."
  cp "$source/v4l2loopback.ko" "$lab/"
}

update_lists
unpack_kernel
build_initramfs
gcc -O2 -Wall -o "$lab/uvcgadget" "$here/uvcgadget.c"
make_pictures
build_loopback
echo "$version" > "$lab/version"
echo "$made" > "$lab/made"
echo "The camera lab is ready (kernel $version)."
