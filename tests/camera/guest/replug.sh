# A webcam is pulled out in mid-stream and comes back under another number, through both backends: the pictures go on, from this
# camera and no other. $1 is the program `capture`.
. "$TOOLS/guest-cameras.sh"
capture=$1
for backend in v4l2 nokhwa; do
  plug_uvc
  "$capture" camera:1 $backend 1280x720 30 150 > /run/log &
  capturing=$!
  sleep 4
  unplug_uvc
  plug_vivid
  plug_uvc
  wait $capturing
  expect "$backend: the webcam is found again as another number" \
    says /run/log 'open.*Lab UVC Cam' '^frame .* JPEG' 'was unplugged' 'is not there' 'open.*Lab UVC Cam' '^frame .* JPEG' '^150 frames'
  expect "$backend: it is not the first of the list any more" says <("$capture" list v4l2) '^1 +vivid' '^2 +Lab UVC Cam'
  unplug_uvc
  rmmod vivid
done
exit $FAILED
