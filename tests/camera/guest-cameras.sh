# Sourced by guest scripts: makes cameras appear, fail and go.
#
# plug_vivid     the kernel's virtual camera `vivid-000-vid-cap`, on the first free /dev/videoN: raw formats, no JPEG.
#                Faults by `v4l2-ctl -d /dev/videoN -c CONTROL`: disconnect=1, percentage_of_dropped_buffers=100,
#                inject_fatal_streaming_error=1
# plug_uvc       the USB webcam `Lab UVC Cam`, with its metadata node: MJPEG 1280x720 at 30 and 15, YUYV 320x240 and 640x360.
#                Its pictures are those of $LAB/media/pictures, byte by byte
# unplug_uvc     pulls it out; plug_uvc plugs it in again
# plug_loopback FFMPEG_FORMAT [SIZE]
#                `LoopCam` on /dev/video9, 15 a second; `mjpeg` is the film of the webcam's pictures, 1280x720 at 30. With BUFFERS=
#                set empty the driver grants two buffers, its default
# unplug_loopback

give_to_video_group() { chgrp video /dev/video*; chmod 660 /dev/video*; }

# within SECONDS COMMAND… : tries again until it succeeds or the time is over.
within() {
  local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
  shift
  until "$@"; do
    [ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
    sleep 0.1
  done
}

# Waits for a device to appear: camera_wait PATTERN
camera_wait() {
  within 30 compgen -G "$1" > /dev/null || { echo "no camera appeared at $1" >&2; return 1; }
  give_to_video_group
}

plug_vivid() {
  modprobe vivid n_devs=1 node_types=0x1 num_inputs=1 input_types=0x00
  camera_wait "/sys/devices/platform/vivid.0/video4linux/video*"
}

plug_uvc() {
  modprobe -a dummy_hcd gadgetfs uvcvideo
  "$LAB/uvcgadget" "$LAB/media/pictures" > /run/gadget.log 2>&1 &
  GADGET=$!
  disown
  camera_wait "$UVC_NODES" && within 30 gives_mjpeg || { cat /run/gadget.log; return 1; }
}
gives_mjpeg() {
  for node in $(compgen -G "$UVC_NODES"); do
    v4l2-ctl -d "/dev/$(basename "$node")" --list-formats 2> /dev/null | grep -q MJPG && return 0
  done
  return 1
}
UVC_NODES="/sys/devices/platform/dummy_hcd.0/usb*/*/*/video4linux/video*"

unplug_uvc() {
  # The child that streams first: the kernel lets the other one not go while a picture waits to be fetched.
  kill -9 $(pgrep -P "$GADGET") "$GADGET"
  within 30 is_unplugged
}
is_unplugged() { ! pgrep -x uvcgadget > /dev/null && ! compgen -G "$UVC_NODES" > /dev/null; }

plug_loopback() {
  modprobe videodev
  insmod "$LAB/v4l2loopback.ko" video_nr=9 card_label=LoopCam exclusive_caps=1 ${BUFFERS-max_buffers=4}
  if [ "$1" = mjpeg ]; then
    ffmpeg -v error -nostdin -re -stream_loop -1 -i "$LAB/media/camera.avi" -c copy -f v4l2 /dev/video9 &
  else
    ffmpeg -v error -nostdin -re -f lavfi -i "testsrc2=size=${2:-320x240}:rate=15" -pix_fmt "$1" -f v4l2 /dev/video9 &
  fi
  FEED=$!
  disown
  within 30 is_fed || { echo "nothing comes from the loopback camera" >&2; return 1; }
  give_to_video_group
}
is_fed() { v4l2-ctl -d9 --list-formats 2> /dev/null | grep -q '\[0\]'; }

unplug_loopback() {
  kill -9 "$FEED"
  within 30 rmmod v4l2loopback 2> /dev/null
}

# expect WHAT COMMAND… : says whether it holds; the script ends with 1 if one of them did not, by `exit $FAILED`.
FAILED=0
expect() {
  local what=$1
  shift
  if "$@"; then echo "ok: $what"; else echo "FAILED: $what"; FAILED=1; fi
}

# says FILE PATTERN… : the file has lines that match the patterns, in this order.
says() {
  local file=/run/said line=0 found
  cat "$1" > "$file"
  shift
  for pattern in "$@"; do
    found=$(tail -n +$((line + 1)) "$file" | grep -n -m1 -E -- "$pattern" | cut -d: -f1)
    [ -n "$found" ] || { echo "no “$pattern” after line $line of:"; cut -c1-200 "$file" | tail -n 20; return 1; }
    line=$((line + found))
  done
}

# begin COMMAND… : runs it beside, its lines in /run/log; `finish` ends it.
begin() {
  "$@" > /run/log &
  BEGUN=$!
}
finish() {
  kill "$BEGUN"
  wait "$BEGUN"
}

# comes WHAT PATTERN… : waits until what was begun has said this, in this order, and says whether it has.
comes() {
  local what=$1
  shift
  within 60 says /run/log "$@" > /dev/null
  expect "$what" says /run/log "$@"
}
