#!/bin/bash
# Serves the test card on a TCP port as systemd would: each connection starts one process of its own. Ctrl-C ends all of
# it. What it lacks of the real socket unit: the limit of one viewer, and the viewer's address in the environment.
#
# usage: tests/run.sh PORT PROGRAM
set -euo pipefail
port=$1 program=$2

cat <<TEXT
The test card is on port $port. Open it with one of these, here or on another machine (then with this machine's name):

  ffplay -fflags nobuffer -flags low_delay -probesize 32 -analyzeduration 0 tcp://localhost:$port
  mpv --profile=low-latency --untimed tcp://localhost:$port
  vlc tcp/h264://localhost:$port
  gst-launch-1.0 tcpclientsrc host=localhost port=$port ! h264parse ! avdec_h264 ! videoconvert ! autovideosink

Each connection starts a picture of its own. Ctrl-C ends.

TEXT

# Its own process group: it and the processes of the viewers are ended together.
set -m
systemd-socket-activate --accept --inetd -l "$port" ${RUST_LOG:+-E RUST_LOG} \
    "$program" --source test -w 1280 -h 720 -a 12 -fl -b 2000000 -fps 25 -pf main -g 25 -v -n -t 0 -o - &
listener=$!
# shellcheck disable=SC2317 # the trap calls it
stop() {
    trap - INT TERM HUP EXIT
    kill -TERM -- "-$listener" 2>/dev/null || true
    wait "$listener" 2>/dev/null || true
    exit 0
}
trap stop INT TERM HUP EXIT
wait "$listener" && status=0 || status=$?
trap - EXIT
echo "nothing listens on port $port any more: is it taken? PORT=3334 make run takes another" >&2
exit "$status"
