#!/bin/bash
# Serves the test card on a TCP port as systemd would where the camera is shared: one process has the card and serves all
# viewers, each connection starts one that hands its viewer over. Ctrl-C ends all of it. What it lacks of the real
# units: the limits, and the viewer's address in the environment.
#
# usage: tests/run.sh PORT PROGRAM
set -euo pipefail
port=$1 program=$2
folder=$(mktemp -d)
camera=$folder/camera.sock

cat <<TEXT
The test card is on port $port. Open it with one of these, here or on another machine (then with this machine's name):

  ffplay -fflags nobuffer -flags low_delay -probesize 32 -analyzeduration 0 tcp://localhost:$port
  mpv --profile=low-latency --untimed tcp://localhost:$port
  vlc tcp/h264://localhost:$port
  gst-launch-1.0 tcpclientsrc host=localhost port=$port ! h264parse ! avdec_h264 ! videoconvert ! autovideosink

All viewers see the same picture, as many as come. To record it meanwhile:

  ${program} --source shared:$camera -t 10000 -o clip.h264

Ctrl-C ends.

TEXT

# The service of the camera ends when nobody has watched for a while; systemd would go on listening then.
share() {
    while rm -f "$camera"; do
        systemd-socket-activate --seqpacket --fdname=camera -l "$camera" ${RUST_LOG:+-E RUST_LOG} \
            "$program" serve --source test -w 1280 -h 720 -a 12 -b 2000000 -fps 25 -pf main -g 25 -v || sleep 1
    done
}

# Their own process groups: they and the processes of the viewers are ended together.
set -m
share &
sharer=$!
systemd-socket-activate --accept --inetd -l "$port" ${RUST_LOG:+-E RUST_LOG} \
    "$program" --source "shared:$camera" -t 0 -o - &
listener=$!
# shellcheck disable=SC2317 # the traps call it
clean_up() {
    trap - INT TERM HUP EXIT
    kill -TERM -- "-$listener" "-$sharer" 2>/dev/null || true
    wait "$listener" "$sharer" 2>/dev/null || true
    rm -rf "$folder"
}
trap 'clean_up; exit 0' INT TERM HUP
trap clean_up EXIT
wait "$listener" && status=0 || status=$?
echo "nothing listens on port $port any more: is it taken? PORT=3334 make run takes another" >&2
exit "$status"
