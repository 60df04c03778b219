# How cameras are named: two of one name, one that gives nothing readable, and nodes that are no cameras. $1 is the program
# `capture`.
. "$TOOLS/guest-cameras.sh"
capture=$1
modprobe videodev
insmod "$LAB/v4l2loopback.ko" devices=3 video_nr=9,10,12 card_label=Twin,Twin,Grey exclusive_caps=1,1,1 max_buffers=4
feed() { ffmpeg -v error -nostdin -re -f lavfi -i testsrc2=size=320x240:rate=15 -pix_fmt "$1" -f v4l2 "/dev/video$2" & disown; }
feed yuyv422 9
feed yuyv422 10
feed gray 12
touch /dev/video-odd /dev/videotape
three() { "$capture" list v4l2 > /run/list; grep -q '^3 ' /run/list; }
within 60 three

expect "each has a name of its own" says /run/list '^1 +Twin +/dev/video9' '^2 +Twin \(2\) +/dev/video10' '^3 +Grey'
expect "a format that is not read is told" says /run/list 'no format that Cometcam reads \(GREY\).*libcamera'
for backend in v4l2 nokhwa; do
  for which in 2 "Twin (2)" /dev/video10 "Twin @ virtual/video4linux/video10"; do
    "$capture" "camera:$which" $backend 320x240 15 2 > /run/log
    expect "$backend: “$which” is the second twin" says /run/log 'open.*"Twin \(2\)", spec: Camera\("Twin @ virtual/video4linux/video10"\)'
  done
  begin "$capture" camera:/dev/video77 $backend 320x240 15 2
  comes "$backend: one that is not there" 'The camera “/dev/video77” is not there'
  finish
done
exit $FAILED
