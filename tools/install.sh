#!/bin/sh
# install.sh PURPOSE…: installs the packages of each purpose that are missing, and says what for.
# Debian 12 and 13, Ubuntu 24.04. Where nothing is missing it only asks dpkg: no network, no waiting.
set -eu

# A word in capitals is not a package but something that packages of several names bring: see `has` and `names`.
packages() {
  case $1 in
    compile) echo ca-certificates gcc libc6-dev nasm LIBCLANG ;;
    window) echo libx11-6 libx11-xcb1 libxcursor1 libxi6 libxrandr2 libxkbcommon-x11-0 libegl1 libgl1 libgl1-mesa-dri ;;
    web) echo NODE NPM ;;
    browser) echo CHROMIUM fonts-dejavu-core netsurf-gtk ;;
    display) echo curl systemd ;;
    desktop) echo xvfb xdotool mesa-vulkan-drivers at-spi2-core ;;
    disk) echo e2fsprogs mount ;;
    network) echo iproute2 util-linux avahi-daemon avahi-utils ;;
    bus) echo dbus-daemon dunst ;;
    pictures) echo pngquant fonts-inter ;;
    package) echo dpkg-dev binutils ;;
    bare) echo debootstrap systemd ;;
    camera) echo qemu-system-x86 seabios busybox-static cpio kmod xz-utils zstd gcc libc6-dev make ffmpeg v4l-utils ;;
    *) echo "install.sh knows no purpose “$1”." >&2; exit 1 ;;
  esac
}

why() {
  case $1 in
    compile) echo "to build: a C compiler, libclang for the camera library, nasm for fast JPEG" ;;
    window) echo "to open the window" ;;
    web) echo "to check the web client's JavaScript" ;;
    browser) echo "to test the pages in real browsers" ;;
    display) echo "to test what a display is set up with" ;;
    desktop) echo "to test the window on a display of its own" ;;
    disk) echo "to test on a small slow disk" ;;
    network) echo "to test across networks" ;;
    bus) echo "to test beside a desktop's services" ;;
    pictures) echo "to make the documents' pictures" ;;
    package) echo "to make a Debian package" ;;
    bare) echo "to test that package on a bare system" ;;
    camera) echo "to test with cameras that a virtual machine makes appear" ;;
  esac
}

has() {
  case $1 in
    LIBCLANG) dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' 'libclang1-*' 'libclang-common-*-dev' 2> /dev/null |
      sed -n 's/^installed libclang1\{0,1\}-\(common-\)\{0,1\}\([0-9]*\).*/\2/p' | sort | uniq -d | grep -q . ;;
    NODE) command -v node > /dev/null ;;
    NPM) command -v npm > /dev/null ;;
    CHROMIUM) command -v chromium > /dev/null || command -v google-chrome > /dev/null || command -v chromium-browser > /dev/null ;;
    *) [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$1" 2> /dev/null)" = installed ] ;;
  esac
}

# Asked after apt-get update, for apt knows the names here.
names() {
  case $1 in
    LIBCLANG)
      version=$(apt-cache depends libclang-dev | sed -n 's/.*Depends: libclang-\([0-9]*\)-dev$/\1/p')
      if [ -n "$version" ]; then echo "libclang1-$version libclang-common-$version-dev"; else echo libclang-dev; fi ;;
    NODE) echo nodejs ;;
    NPM) echo npm ;;
    CHROMIUM) if apt-cache show chromium > /dev/null 2>&1; then echo chromium; else echo chromium-browser; fi ;;
    *) echo "$1" ;;
  esac
}

stop() { echo "$*" >&2; exit 1; }

if ! command -v apt-get > /dev/null; then
  for purpose in "$@"; do
    echo "This system has no apt-get: what is needed $(why "$purpose") must be there already; Debian's names are: $(packages "$purpose" | tr A-Z a-z)." >&2
  done
  exit 0
fi

missing=
for purpose in "$@"; do
  lacks=
  for package in $(packages "$purpose"); do has "$package" || lacks="$lacks $package"; done
  [ -z "$lacks" ] || echo "Missing $(why "$purpose"):$(echo "$lacks" | tr A-Z a-z)"
  missing="$missing$lacks"
done
[ -n "$missing" ] || exit 0

# Root needs no sudo; sudo may ask for a password only where somebody can type it.
if [ "$(id -u)" = 0 ]; then as_root=
elif ! command -v sudo > /dev/null; then
  stop "Only root can install packages and there is no sudo: let an administrator run tools/install.sh $*, then run make again."
elif [ -t 0 ] || sudo -n true 2> /dev/null; then as_root=sudo
else stop "Only root can install packages and sudo asks for a password: run tools/install.sh $* in a terminal, then make again."
fi

echo "Installing it with apt-get${as_root:+ through sudo}."
apt() { $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 "$@" < /dev/null; }
apt update || stop "apt-get could not fetch its package lists: see to the network, then run make again."
wanted=
for package in $missing; do wanted="$wanted $(names "$package")"; done
# shellcheck disable=SC2086 # a list of words
apt install --yes --no-install-recommends $wanted > /dev/null ||
  stop "apt-get could not install$wanted: its message above says why."
