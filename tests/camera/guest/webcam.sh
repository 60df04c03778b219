# A USB webcam with MJPEG, through both backends: its own pictures come through byte by byte. $1 is the program `capture`.
. "$TOOLS/guest-cameras.sh"
capture=$1
plug_uvc
pictures=$(sha256sum "$LAB"/media/pictures/*.jpg | cut -d' ' -f1)

expect "the list has the camera once, with its modes" says <("$capture" list v4l2) \
  '^1 +Lab UVC Cam +/dev/video0 +JPEG +1280x720 +30, 15$' '^ +YUYV +640x360 +15, 10$' '"identity":"Lab UVC Cam @ platform/dummy_hcd'
for backend in v4l2 nokhwa; do
  mkdir "/run/$backend"
  "$capture" "camera:Lab UVC Cam" $backend 1280x720 30 60 "/run/$backend" > "/run/$backend.log"
  expect "$backend: 60 pictures come" says "/run/$backend.log" 'fps: 30.0, format: Jpeg' '^frame [0-9]+ JPEG 1280x720' '^60 frames'
  foreign=$(sha256sum "/run/$backend"/????.jpg | cut -d' ' -f1 | grep -cvF "$pictures")
  expect "$backend: each of them is one of the webcam's" [ "$foreign" = 0 ]
  "$capture" camera $backend 640x360 15 5 > "/run/$backend.log"
  expect "$backend: YUYV, where only that has the size" says "/run/$backend.log" 'Yuyv' '^frame .* YUYV 640x360 460800 bytes' '^5 frames'
done
exit $FAILED
