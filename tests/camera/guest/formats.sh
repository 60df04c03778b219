# Every format that the program reads, through both backends, and states of a device that other programs leave behind.
# $1 is the program `capture`. The pictures go to /out/FORMAT-BACKEND.
. "$TOOLS/guest-cameras.sh"
capture=$1
for format in mjpeg yuyv422 nv12 rgb24 bgr24; do
  plug_loopback $format
  for backend in v4l2 nokhwa; do
    mkdir -p "/out/$format-$backend"
    "$capture" camera:LoopCam $backend 320x240 15 10 "/out/$format-$backend" > /run/log
    expect "$backend: $format" says /run/log 'format: (Jpeg|Yuyv|Nv12|Rgb|Bgr)' '^frame' '^10 frames'
  done
  unplug_loopback
done

plug_vivid
for backend in v4l2 nokhwa; do
  mkdir -p "/out/vivid-$backend"
  "$capture" camera $backend 640x480 15 10 "/out/vivid-$backend" > /run/log
  expect "$backend: vivid's YUYV" says /run/log 'fps: 15.0, format: Yuyv' '^frame .* YUYV 640x480 614400 bytes' '^10 frames'
  v4l2-ctl -d0 --set-fmt-video=width=640,height=480,pixelformat=NV16 --set-parm=12.5 > /dev/null
  "$capture" camera $backend 640x480 25 3 > /run/log
  expect "$backend: opens a device left at 12.5 a second in a format it doesn't know" says /run/log 'fps: 25.0' '^3 frames'
  "$capture" camera $backend 1280x720 30 3 > /run/log
  expect "$backend: the fastest it can, where the rate is too high" says /run/log 'fps: 1[0-2]\.[05]' '^3 frames'
done
exit $FAILED
