# What can be wrong with a camera, through both backends: each fault has its words, and the pictures go on by themselves.
# $1 is the program `capture`.
. "$TOOLS/guest-cameras.sh"
capture=$1
plug_vivid
node=$(basename /sys/devices/platform/vivid.0/video4linux/video*)
control() { v4l2-ctl -d "/dev/$node" -c "$1"; }

for backend in v4l2 nokhwa; do
  v4l2-ctl -d "/dev/$node" --set-fmt-video=width=640,height=480,pixelformat=YUYV --stream-mmap > /dev/null 2>&1 &
  other=$!
  sleep 1
  "$capture" camera $backend 640x480 15 3 > /run/log &
  capturing=$!
  sleep 2
  kill $other
  wait $capturing
  expect "$backend: busy, by whom, and on as soon as it is free" \
    says /run/log 'in use by another program \(v4l2-ctl\)' '^open' '^3 frames'

  timeout 2 setpriv --reuid nobody --regid nogroup --clear-groups "$capture" camera $backend 640x480 15 3 > /run/log
  expect "$backend: denied, with the cure" says /run/log 'usermod -aG video'

  "$capture" camera $backend 640x480 15 60 > /run/log &
  sleep 2
  control percentage_of_dropped_buffers=100
  sleep 5
  control percentage_of_dropped_buffers=0
  wait $!
  expect "$backend: a stall, and on" says /run/log '^frame' 'no picture for 2 s' 'for 4 s' '^frame' '^60 frames'

  control percentage_of_dropped_buffers=100
  timeout 10 "$capture" camera $backend 640x480 15 0 > /run/log
  expect "$backend: a stalled camera is let go at once" says /run/log '^open' '^0 frames in [0-9]{1,3} ms'
  control percentage_of_dropped_buffers=0

  "$capture" camera $backend 640x480 15 60 > /run/log &
  sleep 2
  control inject_fatal_streaming_error=1
  wait $!
  expect "$backend: a failed stream is opened again" says /run/log '^frame' 'Input/output error' '^open' '^frame' '^60 frames'

  "$capture" camera $backend 640x480 15 60 > /run/log &
  sleep 2
  control disconnect=1
  wait $!
  expect "$backend: gone in mid-stream" says /run/log '^frame' 'was unplugged' '^open' '^60 frames'
  rmmod vivid
  plug_vivid
done

control percentage_of_dropped_buffers=30
"$capture" camera v4l2 640x480 15 20 > /run/log
last=$(grep -c . <(grep '^frame' /run/log))
expect "v4l2: what the driver lost is a gap in the numbers" [ "$(sed -n 's/^frame \([0-9]*\) .*/\1/p' /run/log | tail -1)" -ge "$last" ]
exit $FAILED
