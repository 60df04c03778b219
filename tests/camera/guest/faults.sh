# What can go wrong with a camera in mid-stream, through both backends: each fault has its words, and the pictures go on by
# themselves. $1 is the program `capture`.
. "$TOOLS/guest-cameras.sh"
capture=$1
plug_vivid
node=$(basename /sys/devices/platform/vivid.0/video4linux/video*)
control() { v4l2-ctl -d "/dev/$node" -c "$1"; }
# Until it is told to end.
take() { begin "$capture" camera $backend 640x480 15 100000; }

for backend in v4l2 nokhwa; do
  take
  comes "$backend: pictures" '^frame'
  control percentage_of_dropped_buffers=100
  comes "$backend: a stall" '^frame' 'no picture for [0-9]+ s' 'no picture for [0-9]+ s'
  control percentage_of_dropped_buffers=0
  comes "$backend: on after a stall" 'no picture for [0-9]+ s' '^frame'
  control inject_fatal_streaming_error=1
  comes "$backend: a failed stream is opened again" 'no picture for [0-9]+ s' '^frame' 'Input/output error' '^open' '^frame'
  control disconnect=1
  comes "$backend: gone in mid-stream" 'Input/output error' '^frame' 'was unplugged' '^open' '^frame'
  finish
  rmmod vivid
  plug_vivid

  control percentage_of_dropped_buffers=100
  timeout 60 "$capture" camera $backend 640x480 15 0 > /run/log
  expect "$backend: a stalled camera is let go" says /run/log '^open' '^0 frames'
  control percentage_of_dropped_buffers=0
done

control percentage_of_dropped_buffers=30
"$capture" camera v4l2 640x480 15 20 > /run/log
numbers=$(sed -n 's/^frame \([0-9]*\) .*/\1/p' /run/log)
gap() { [ "$(echo "$numbers" | tail -n 1)" -gt 19 ]; }
expect "v4l2: what the driver lost is a gap in the numbers" gap
exit $FAILED
