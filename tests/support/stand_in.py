#!/usr/bin/env python3
"""Stands in for rpicam-vid and libcamera-vid: takes and refuses options, writes, complains and ends as each version does.

What is modelled is told in the sources of raspberrypi/rpicam-apps: which version has which option (core/options,
core/video_options), when bytes and times are written and flushed (output/), what the software encoder of a Pi 5 does
with --save-pts (encoder/libav_encoder), when signals are looked at (apps/rpicam_vid). There is no camera behind it: it
plays a clip.

STAND_IN_VERSION    1.0.0 to 1.13.0
STAND_IN_BOARD      vc4 (hardware encoder), pi5 (software encoder), legacy
STAND_IN_BEHAVIOUR  words joined by commas, see the function `behaves`
STAND_IN_CLIP       the clip: pictures, each behind its length in four bytes
STAND_IN_NOTES      a folder: what it was started with, its process ids, the signals and the frames go there
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time

FLAG, WHOLE, DECIMAL, TEXT = "flag", "whole", "decimal", "text"

# Version 1.0, then what each later one added or took away.
OPTIONS = {
    (1, 0, 0): {
        FLAG: "help version list-cameras nopreview fullscreen qt-preview hflip vflip flush inline listen keypress "
        "signal split libav-audio rawfull",
        WHOLE: "camera verbose width height wrap viewfinder-width viewfinder-height lores-width lores-height intra "
        "segment circular frames quality rotation audio-samplerate",
        DECIMAL: "gain analoggain ev brightness contrast saturation sharpness framerate",
        TEXT: "config info-text timeout output post-process-file preview roi shutter metering exposure awb awbgains "
        "denoise tuning-file mode viewfinder-mode metadata metadata-format bitrate profile level codec save-pts "
        "initial libav-format audio-codec audio-device audio-bitrate av-sync",
    },
    (1, 0, 1): {TEXT: "audio-source"},
    (1, 0, 2): {
        WHOLE: "buffer-count viewfinder-buffer-count",
        TEXT: "autofocus-mode autofocus-range autofocus-speed autofocus-window lens-position",
    },
    (1, 1, 0): {TEXT: "hdr"},
    (1, 2, 0): {WHOLE: "audio-channels", TEXT: "libav-video-codec"},
    (1, 2, 2): {TEXT: "flicker-period"},
    (1, 3, 0): {FLAG: "no-raw", "gone": "rawfull"},
    (1, 4, 1): {TEXT: "libav-video-codec-opts"},
    (1, 5, 0): {TEXT: "post-process-libs"},
    (1, 5, 1): {FLAG: "lores-par"},
    (1, 6, 0): {FLAG: "low-latency", TEXT: "sync"},
    (1, 8, 1): {TEXT: "encoder-libs preview-libs"},
    (1, 9, 0): {TEXT: "ccm"},
    (1, 13, 0): {TEXT: "preview-backend"},
}

SHORT = {
    "h": "help", "v": "verbose", "c": "config", "t": "timeout", "o": "output", "n": "nopreview", "p": "preview",
    "f": "fullscreen", "b": "bitrate", "g": "intra", "q": "quality", "l": "listen", "k": "keypress", "s": "signal",
    "i": "initial",
}

WORDS = {
    "metering": "centre spot average matrix custom",
    "exposure": "normal sport short long custom",
    "awb": "auto normal incandescent tungsten fluorescent indoor daylight cloudy custom",
    "codec": "h264 libav yuv420 mjpeg",
    "profile": "baseline main high",
    "level": "4 4.1 4.2",
    "rotation": "0 180",
}

VERSION = tuple(int(part) for part in os.environ["STAND_IN_VERSION"].split("."))
BOARD = os.environ.get("STAND_IN_BOARD", "vc4")
BEHAVIOUR = dict(word.partition("=")[::2] for word in os.environ.get("STAND_IN_BEHAVIOUR", "").split(",") if word)
NOTES = os.environ["STAND_IN_NOTES"]


def behaves(name):
    """lockstep=FIFO  a frame for each byte that comes through the FIFO
    batch=N         N frames in one write, then their lines
    pieces=N        each frame in pieces of N bytes with a pause between them
    fps=N           instead of 25
    noisy           a line a frame and thousands of others
    late=SECONDS    before the first frame
    die=N           an error after N frames
    stop=N          ends in good order after N frames
    kill=N          is killed after N frames, as by somebody else
    shut=N          closes its output after N frames and goes on
    set=N:US        its clock is set by so many microseconds with every Nth frame
    hang=N          no frame after N
    deaf            does not obey SIGINT
    busy, nocamera, nomemory, nocodec, noheap, norights, noencoder  fails as with such a camera or such rights
    mutehelp        does not answer --help
    longhelp        never ends its answer to --help
    flood=WHAT      writes as much as is taken of that, instead of frames: a key of FLOODS
    mourned         another process traces it, so that its end cannot be waited for (the tracer ends with the file `mourner`)
    family          starts a process of its own that would live on
    headless        parameter sets only in the first frame
    """
    return name in BEHAVIOUR


def number(name, default):
    return int(BEHAVIOUR.get(name) or default)


def note(name, value):
    with open(os.path.join(NOTES, name), "a", encoding="utf-8") as file:
        file.write(json.dumps(value) + "\n")


def say(text):
    os.write(2, (text + "\n").encode())


def fail(text):
    say(f"ERROR: *** {text} ***")
    sys.exit(255)


def offered():
    options = {}
    for version, kinds in OPTIONS.items():
        if version > VERSION:
            break
        for name in kinds.get("gone", "").split():
            del options[name]
        for kind in (FLAG, WHOLE, DECIMAL, TEXT):
            options.update(dict.fromkeys(kinds.get(kind, "").split(), kind))
    return options


def print_help(options):
    letters = {long: short for short, long in SHORT.items()}
    lines = ["Valid options are:"]
    for name, kind in sorted(options.items()):
        form = f"-{letters[name]} [ --{name} ]" if name in letters else f"--{name}"
        form = f"  {form} [=arg(=1)] (=0)" if kind == FLAG else f"  {form} arg"
        lines += [f"{form:<40}Stands in for {name}.", " " * 40 + "--circular and --sync are explained elsewhere."]
    print("\n".join(lines), flush=True)


def print_version():
    name = "rpicam-apps" if VERSION >= (1, 4, 0) else "libcamera-apps"
    dotted = ".".join(map(str, VERSION))
    build = f"v{dotted} 0123456789ab 01-02-2025 (03:04:05)" if VERSION >= (1, 5, 2) else "0123456789ab 01-02-2023 (03:04:05)"
    print(f"{name} build: {build}")
    if VERSION >= (1, 5, 3):
        print("rpicam-apps capabilites: egl:0 qt:0 drm:1 libav:1")
    print("libcamera build: v0.5.1+1-01234567", flush=True)


def read_options(words, options):
    given = {}
    words = list(words)
    while words:
        word = words.pop(0)
        if not word.startswith("-") or word == "-":
            fail("too many positional options have been specified on the command line")
        name, has_value, value = word.lstrip("-").partition("=")
        if not word.startswith("--"):
            name, has_value, value = SHORT.get(word[1]), word[2:], word[2:]
        if name not in options:
            fail(f"unrecognised option '{word}'")
        if name in given:
            fail(f"option '--{name}' cannot be specified more than once")
        if options[name] == FLAG:
            given[name] = "1"
            continue
        if not has_value:
            if not words:
                fail(f"the required argument for option '--{name}' is missing")
            value = words.pop(0)
        check(name, options[name], value)
        given[name] = value
    return given


def check(name, kind, value):
    plain = {"bitrate", "shutter", "timeout"}
    try:
        if kind == WHOLE and int(value) < 0:
            raise ValueError
        if kind == DECIMAL or (name in plain and VERSION < (1, 5, 0)):
            float(value)
    except ValueError:
        fail(f"the argument ('{value}') for option '--{name}' is invalid")
    if name in WORDS and value not in WORDS[name].split():
        fail(f"Invalid {name} mode: {value}")


def pictures():
    clip = open(os.environ["STAND_IN_CLIP"], "rb").read()
    found, at = [], 0
    while at < len(clip):
        length = int.from_bytes(clip[at : at + 4], "big")
        found.append(clip[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def without_parameter_sets(picture):
    """Of a key frame of the clip: SPS and PPS come first, then what begins with 00 00 01 06 (SEI) or 65."""
    starts = [at for at in (picture.find(b"\0\0\1" + kind) for kind in (b"\x06", b"\x65")) if at >= 0]
    return picture[min(starts) :] if picture.startswith(b"\0\0\0\1\x67") else picture


class Output:
    """The stream and the times, as output/file_output and output/output write them, or libav's own writer."""

    def __init__(self, given):
        software = BOARD == "pi5" and given["codec"] == "h264"
        output, form = given["output"], given.get("libav-format", "")
        to_264 = output.endswith("264")
        self.has_lines = "save-pts" in given
        if software:
            if not form and not output.endswith(".264"):
                fail("libav: cannot allocate output context, try setting with --libav-format")
            elementary = VERSION >= (1, 8, 0) and form in ("", "h264") and to_264
            if self.has_lines and VERSION >= (1, 7, 0) and not elementary:
                say("\nERROR: The libav encoder does not currently support save_pts with non-elementary streams!\n")
                fail("libav: Incompatible options selected.")
            if self.has_lines and VERSION >= (1, 4, 4) and not elementary:
                say("\nERROR: Pi 5 and libav encoder does not currently support save_pts, it will be ignored!\n")
            self.has_lines = self.has_lines and elementary
        self.block = 32768 if software and not self.has_lines else 4096
        self.flushes = "flush" in given
        self.data = 1 if output == "-" else os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        if "save-pts" in given:
            self.lines = open(given["save-pts"], "w", encoding="ascii")
            self.lines.write("# timecode format v2\n")

    def write(self, data):
        """A buffered file writes the whole blocks at once, and the rest when it is flushed."""
        step = number("pieces", 0)
        if step:
            parts = [data[at : at + step] for at in range(0, len(data), step)]
        elif self.block == 4096:
            whole = len(data) // 4096 * 4096
            parts = [data[:whole], data[whole:]]
        else:
            parts = [data[at : at + self.block] for at in range(0, len(data), self.block)]
        for part in parts:
            while part:
                part = part[os.write(self.data, part) :]
            if step:
                time.sleep(0.001)

    def line(self, index, fps):
        if self.has_lines:
            time_us = index * 1_000_000 // fps
            if behaves("set"):
                every, by_us = map(int, BEHAVIOUR["set"].split(":"))
                time_us += index // every * by_us
            # As C divides and prints it.
            sign = "-" if time_us < 0 else ""
            whole, rest = divmod(abs(time_us), 1000)
            self.lines.write(f"{sign if whole else ''}{whole}.{sign if rest else ''}{rest:0{3 - len(sign if rest else '')}}\n")
            if self.flushes:
                self.lines.flush()


def open_camera():
    where = "[0:12:34.567890123] [4242]"
    if "LIBCAMERA_LOG_NO_COLOR" not in os.environ:
        where = f"\x1b[1;32m{where}\x1b[0m"
    if behaves("noheap"):
        say(f"{where} ERROR DmaBufAllocator dma_buf_allocator.cpp:120 Could not open any dma-buf provider")
        say(f"{where} ERROR IPARPI vc4.cpp:255 Failed to create a dma heap")
        fail("no cameras available")
    if behaves("norights"):
        say(f"{where} ERROR MediaDevice media_device.cpp:828 Failed to open media device at /dev/media0: Permission denied")
        fail("no cameras available")
    if behaves("noencoder"):
        fail("failed to open V4L2 H264 encoder")
    if behaves("nocamera"):
        fail("no cameras available")
    if behaves("busy"):
        say(f"{where} ERROR Camera camera.cpp:1019 Pipeline handler in use by another process")
        fail("failed to acquire camera /base/soc/i2c0mux/i2c@1/imx708@1a")
    if behaves("nomemory"):
        say(f"{where} ERROR V4L2 v4l2_videodevice.cpp:1305 /dev/video0[14:cap]: Unable to request 4 buffers: Cannot allocate memory")
        fail("failed to allocate capture buffers")
    if behaves("nocodec"):
        fail("Unable to find an appropriate H.264 codec")
    say(f"{where}  INFO Camera camera_manager.cpp:327 libcamera v0.5.1+1-01234567")


# Where each goes (the stream, the lines of --save-pts, standard error), and what it begins and goes on with. A picture is
# that of a key frame.
KEY_FRAME = b"\0\0\0\1\x67\x4d\x40\x28\0\0\0\1\x68\xee\x38\x80\0\0\0\1\x65\x88\x84\1"
FLOODS = {
    "zeros": ("data", b"", b"\0" * 65536),
    "ones": ("data", b"", b"\xff" * 65536),
    "codes": ("data", b"", b"\0\0\1" * 21845),
    "slices": ("data", KEY_FRAME, b"\0\0\1\x41\x9a" * 13107),
    "keys": ("data", b"", KEY_FRAME * 2500),
    "sets": ("data", b"", KEY_FRAME[:16] * 4096),
    "picture": ("data", KEY_FRAME, b"\x5a" * 65536),
    "soi": ("data", b"", b"\xff\xd8" * 32768),
    "jpegs": ("data", b"", b"\xff\xd8\xff\xd9" * 16384),
    "segments": ("data", b"", b"\xff\xd8" + b"\xff\xe0\0\2" * 16383),
    "jpeg": ("data", b"\xff\xd8\xff\xda\0\2", b"\x5a" * 65536),
    "times": ("times", b"# timecode format v2\n", b"0.000\n" * 10922),
    "digits": ("times", b"", b"1" * 65536),
    "newlines": ("times", b"", b"\n" * 65536),
    "words": ("words", b"", b"ERROR: it is all too much\n" * 2520),
    "letters": ("words", b"", b"e" * 65536),
}


def flood(output, given):
    """Notes each MiB that was taken."""
    where, first, then = FLOODS[BEHAVIOUR["flood"]]
    if where == "times":
        target = os.open(given["save-pts"], os.O_WRONLY)
    else:
        target = output.data if where == "data" else 2
    taken, noted = 0, 0
    os.write(target, first)
    while not interrupted:
        taken += os.write(target, then)
        if taken >> 20 > noted:
            noted = taken >> 20
            note("flood", [noted, time.monotonic_ns()])


def be_mourned():
    """A process whose tracer has not yet seen its end is no zombie to its parent: ptrace(2), PTRACE_SEIZE."""
    traced = os.getpid()
    if os.fork():
        while not os.path.exists(os.path.join(NOTES, "traced")):
            time.sleep(0.01)
        return
    os.setsid()
    for descriptor in os.listdir("/proc/self/fd"):
        if int(descriptor) > 2:
            try:
                os.close(int(descriptor))
            except OSError:
                pass
    nothing = os.open("/dev/null", os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.ptrace(0x4206, traced, None, None)
    note("traced", [result, ctypes.get_errno()])
    while not os.path.exists(os.path.join(NOTES, "mourner")) and os.path.exists(NOTES):
        time.sleep(0.05)
    os._exit(0)


interrupted = False


def on_interrupt(number_of_signal, _):
    global interrupted
    note("signals", number_of_signal)
    interrupted = not behaves("deaf")


def family():
    child = subprocess.Popen(["sleep", "1000"], stdin=subprocess.DEVNULL)
    note("pids", child.pid)


def picture(clip, index):
    whole = clip[index % len(clip)]
    return without_parameter_sets(whole) if behaves("headless") and index else whole


def stream(given):
    if "post-process-file" in given:
        with open(given["post-process-file"], encoding="utf-8") as file:
            note("stages", json.load(file))
    open_camera()
    if behaves("family"):
        family()
    clip, fps, batch = pictures(), number("fps", 25), number("batch", 1)
    output = Output(given)
    signal.signal(signal.SIGINT, on_interrupt)
    if behaves("mourned"):
        be_mourned()
    if behaves("flood"):
        flood(output, given)
    time.sleep(float(BEHAVIOUR.get("late", 0)))
    steps = os.open(BEHAVIOUR["lockstep"], os.O_RDONLY) if behaves("lockstep") else None
    begun = time.monotonic()
    index = 0
    while not interrupted:
        if behaves("hang") and index >= number("hang", 0):
            say("ERROR: Device timeout detected, attempting a restart!!!")
            time.sleep(1)
            continue
        if behaves("die") and index >= number("die", 0):
            fail("failed to queue request")
        if behaves("kill") and index >= number("kill", 0):
            say("[libx264 @ 0x5555c1a0] profile High, level 4.0, 4:2:0, 8-bit")
            say("Output #0, h264, to '/dev/fd/264':")
            os.kill(os.getpid(), signal.SIGKILL)
        if behaves("shut") and index >= number("shut", 0):
            os.close(1)
            time.sleep(1000)
        if behaves("stop") and index >= number("stop", 0):
            return
        if behaves("noisy"):
            say(f"#{index} ({fps}.00 fps) exp 33000.00 ag 1.00 dg 1.00")
            say("\n".join(f"[0:00:00.0] [1] ERROR RPI unimportant.cpp:{line} again" for line in range(100)))
        group = range(index, index + batch)
        if steps is not None:
            if not os.read(steps, 1):
                return
        else:
            time.sleep(max(0, begun + group[-1] / fps - time.monotonic()))
        output.write(b"".join(picture(clip, at) for at in group))
        for at in group:
            output.line(at, fps)
            note("frames", [at, time.monotonic_ns()])
        index += batch


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    note("pids", os.getpid())
    note("arguments", [os.path.basename(sys.argv[0]), *sys.argv[1:]])
    if BOARD == "legacy":
        say("ERROR: the system appears to be configured for the legacy camera stack")
        sys.exit(255)
    options = offered()
    given = read_options(sys.argv[1:], options)
    if "help" in given:
        if behaves("mutehelp"):
            time.sleep(1000)
        while behaves("longhelp"):
            print("  --option arg                            Stands in for one.")
        print_help(options)
    elif "version" in given:
        print_version()
    else:
        stream(given)


main()
