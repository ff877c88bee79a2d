"""pyav_client.py URL PICTURES: plays a stream as Home Assistant does, and prints the time and the MD5 of each picture."""

import hashlib
import sys

import av


def rows(plane, width, height):
    data = bytes(plane)
    for row in range(height):
        start = row * plane.line_size
        yield data[start : start + width]


def md5(frame):
    digest = hashlib.md5()
    for index, plane in enumerate(frame.planes):
        shift = 1 if index else 0
        for row in rows(plane, frame.width >> shift, frame.height >> shift):
            digest.update(row)
    return digest.hexdigest()


url, pictures = sys.argv[1], int(sys.argv[2])
with av.open(url, options={"rtsp_transport": "tcp"}, timeout=5) as container:
    # Packets first, so that a busy machine does not make a slow viewer of it.
    packets = []
    for packet in container.demux(video=0):
        packets.append(packet)
        if len(packets) > pictures + 8:
            break
    frames = [frame for packet in packets for frame in packet.decode()]
for frame in frames[:pictures]:
    print(frame.pts, md5(frame))
