#!/bin/bash
# Fetches and builds all that vm.sh needs into $CAMERA_LAB (default ~/.cache/camera-lab); quick when it is all there. Needs root
# for apt-get and for a private mount. The kernel is unpacked there and never installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${CAMERA_LAB:-$HOME/.cache/camera-lab}
made=$(cat "$here"/{setup.sh,init,uvcgadget.c} | sha256sum | cut -c1-16)
if [ "$(cat "$lab/made" 2>/dev/null)" = "$made" ]; then
  echo "camera lab ready in $lab"
  exit 0
fi
[ "$(id -u)" = 0 ] || { echo "setting up the camera lab needs root: run it with sudo -E" >&2; exit 1; }
rm -f "$lab/made"
mkdir -p "$lab"/debs "$lab"/apt/partial "$lab"/media
export DEBIAN_FRONTEND=noninteractive
apt_get() { apt-get -qq -o DPkg::Lock::Timeout=300 -o Dir::Cache::archives="$lab/apt/" "$@"; }
fetch() { (cd "$lab/debs" && apt_get download "$@"); }

install_packages() {
  apt_get update
  apt_get install -y --no-install-recommends qemu-system-x86 seabios cpio busybox-static kmod zstd xz-utils gcc make libc6-dev \
    ffmpeg v4l-utils > "$lab/apt.log"
}

# The kernel that linux-image-amd64 stands for; sets $version.
unpack_kernel() {
  local package
  package=$(apt-cache depends linux-image-amd64 | awk '/Depends:/ {print $2; exit}')
  version=${package#linux-image-}
  [ "$(cat "$lab/version" 2>/dev/null)" = "$version" ] && return
  rm -rf "$lab"/debs/*.deb "$lab/k" "$lab/v4l2loopback.ko"
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
  [ -e "$lab/media/camera.avi" ] && return
  ffmpeg -v error -y -f lavfi -i testsrc2=size=1280x720:rate=30 -t 4 -c:v mjpeg -q:v 5 -pix_fmt yuvj422p "$lab/media/camera.avi"
  mkdir -p "$lab/media/pictures"
  ffmpeg -v error -y -i "$lab/media/camera.avi" -c copy -f image2 "$lab/media/pictures/%04d.jpg"
}

# v4l2loopback is no part of the kernel. Its build wants the kernel's headers at absolute paths: they get them in a private
# mount namespace.
build_loopback() {
  [ -e "$lab/v4l2loopback.ko" ] && return
  local parts source kbuild
  parts=$(apt-cache depends "linux-headers-$version" | awk '/Depends:/ {print $2}' | grep '^linux-' | grep -v '^linux-image')
  # shellcheck disable=SC2086 # one word each
  fetch "linux-headers-$version" $parts v4l2loopback-dkms
  rm -rf "$lab/headers" "$lab/loopback"
  mkdir -p "$lab/headers" "$lab/loopback"
  for deb in "$lab"/debs/linux-{headers,kbuild,compiler}*.deb; do [ ! -e "$deb" ] || dpkg -x "$deb" "$lab/headers"; done
  dpkg -x "$lab"/debs/v4l2loopback-dkms*.deb "$lab/loopback"
  source=$(echo "$lab"/loopback/usr/src/v4l2loopback-*)
  kbuild=$(basename "$(echo "$lab"/headers/usr/lib/linux-kbuild-*)")
  mkdir -p /usr/src "/usr/lib/$kbuild"
  unshare -m bash -ec "mount -t overlay -o lowerdir=$lab/headers/usr/src:/usr/src o /usr/src
    mount --bind $lab/headers/usr/lib/$kbuild /usr/lib/$kbuild
    make -s -C /usr/src/linux-headers-$version M=$source modules" > "$lab/loopback.log" 2>&1
  cp "$source/v4l2loopback.ko" "$lab/"
}

install_packages
unpack_kernel
build_initramfs
gcc -O2 -Wall -o "$lab/uvcgadget" "$here/uvcgadget.c"
make_pictures
build_loopback
echo "$version" > "$lab/version"
echo "$made" > "$lab/made"
echo "camera lab ready in $lab (kernel $version)"
