# Every format that the program reads, through both backends, and states of a device that other programs leave behind.
# $1 is the program `capture`. The pictures go to /out/FORMAT-BACKEND, for the test to look at.
. "$TOOLS/guest-cameras.sh"
capture=$1

# row FORMAT WORD [BYTES]: what ffmpeg calls FORMAT is WORD to the program, and a picture of it has so many bytes.
row() {
  plug_loopback "$1"
  for backend in v4l2 nokhwa; do
    mkdir -p "/out/$1-$backend"
    "$capture" camera:LoopCam $backend 320x240 15 10 "/out/$1-$backend" > /run/log
    expect "$backend: $1" says /run/log "format: $2 " "^frame [0-9]+ ${2^^} [0-9x]+ ${3:-[0-9]+} bytes" '^10 frames'
  done
  unplug_loopback
}
row mjpeg Jpeg
row yuyv422 Yuyv 153600
row nv12 Nv12 115200
row rgb24 Rgb 230400
row bgr24 Bgr 230400

# vivid has 12.5 a second and 10 at that size; nokhwa knows whole numbers alone.
declare -A fastest=([v4l2]=12.5 [nokhwa]=10.0)
plug_vivid
for backend in v4l2 nokhwa; do
  mkdir -p "/out/vivid-$backend"
  "$capture" camera $backend 640x480 15 10 "/out/vivid-$backend" > /run/log
  expect "$backend: vivid's YUYV" says /run/log 'fps: 15.0, format: Yuyv' '^frame .* YUYV 640x480 614400 bytes' '^10 frames'
  v4l2-ctl -d0 --set-fmt-video=width=640,height=480,pixelformat=NV16 --set-parm=12.5 > /dev/null
  "$capture" camera $backend 640x480 25 3 > /run/log
  expect "$backend: opens a device left at 12.5 a second in a format it doesn't know" says /run/log 'fps: 25.0' '^3 frames'
  "$capture" camera $backend 1280x720 30 3 > /run/log
  expect "$backend: the fastest it can, where the rate is too high" says /run/log "fps: ${fastest[$backend]}" '^3 frames'
done
exit $FAILED
