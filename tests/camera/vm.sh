#!/bin/bash
# vm.sh GUEST_SCRIPT [SECONDS [ARG…]]: boots the camera lab's kernel, runs the script as root on this machine's files with the
# arguments (words without blanks), and ends with the script's status; 124 if it took longer than SECONDS (default 120).
# OUT=FOLDER       the script's /out, writable (default: a new folder, told at the end). In it are two sockets: `control` is the
#                  guest's second serial port, `monitor` the machine's own prompt
# NET="18080:8080" forwards 127.0.0.1:18080 here to port 8080 there; the script then sources guest-net.sh. With 0 the system
#                  chooses, and `info usernet` on the monitor tells
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
lab=${CAMERA_LAB:-$HOME/.cache/camera-lab}
if [ ! -e "$lab/made" ] || ! command -v qemu-system-x86_64 > /dev/null; then
  echo "The camera lab is not set up: run $here/setup.sh, which installs what is missing or says what to do." >&2
  exit 2
fi
script=$(realpath "$1")
limit=${2:-120}
shift; shift || true
words=
for word in "$@"; do words="$words arg=$word"; done
out=${OUT:-$(mktemp -d)}
mkdir -p "$out"
rm -f "$out/status"
net=(-nic none)
if [ -n "${NET:-}" ]; then
  forward=
  for ports in $NET; do forward="$forward,hostfwd=tcp:127.0.0.1:${ports%%:*}-:${ports##*:}"; done
  net=(-netdev "user,id=n0,restrict=on$forward" -device virtio-net-pci,netdev=n0,romfile=)
fi
# Emulated, since KVM hangs inside of some virtual hosts; one processor, since with two the webcam loses control transfers.
timeout --foreground -k 5 "$limit" qemu-system-x86_64 -machine q35 -accel tcg,thread=multi -cpu max -smp 1 -m 4096 \
  -nodefaults -no-reboot -display none -serial stdio \
  -serial unix:"$out/control",server=on,wait=off -monitor unix:"$out/monitor",server=on,wait=off \
  -kernel "$lab/k/boot/vmlinuz-$(cat "$lab/version")" -initrd "$lab/initramfs.gz" \
  -append "console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on lab=$lab tools=$here script=$script$words" \
  -fsdev local,id=r,path=/,security_model=none,readonly=on,multidevs=remap -device virtio-9p-pci,fsdev=r,mount_tag=hostroot \
  -fsdev local,id=o,path="$out",security_model=none,multidevs=remap -device virtio-9p-pci,fsdev=o,mount_tag=out \
  "${net[@]}" < /dev/null
status=$(cat "$out/status" 2>/dev/null || echo 124)
echo "the guest script ended with $status; its /out is $out"
exit "$status"
