# A guest script that does what it is told through the second serial port, the socket `control`: a line is a command of this
# shell, and so may call the functions of guest-cameras.sh. The answer is a line `STATUS LENGTH`, then what the command printed.
. "$TOOLS/guest-cameras.sh"
. "$TOOLS/guest-net.sh"

# start TAG COMMAND… : runs a program beside; its lines come out on the console behind their tag, and its id is in $STARTED.
start() {
  local tag=$1
  shift
  "$@" > >(exec sed -u "s/^/$tag: /" >&4) 2>&1 &
  STARTED=$!
}

# Whether a program has the device open.
in_use() { readlink /proc/[0-9]*/fd/* | grep -qFx "$1"; }

dmesg -n 1
exec 3<> /dev/ttyS1 4>&1
stty raw -echo <&3
echo ready
while read -r -u 3 command; do
  eval "$command" > /run/answer 2>&1
  echo "$? $(stat -c %s /run/answer)" >&3
  cat /run/answer >&3
done
