//! The systems that Raspberry Pis have had, and others: as much of their files as is looked at. Made after the systems'
//! documentation and the kernel's sources, not copied from real machines.

use crate::tree::Tree;

const CONFFILE: &str = include_str!("../../assets/default/raspivid");

/// systemctl, with a socket that listens.
const SYSTEMCTL: &str = r#"case "$*" in
list-sockets*) echo '[::]:3333 raspivid.socket -' ;;
*raspivid.socket*) cat <<END
LoadState=loaded
ActiveState=${ACTIVE:-active}
UnitFileState=enabled
Result=success
FragmentPath=/usr/lib/systemd/system/raspivid.socket
DropInPaths=
Listen=[::]:3333 (Stream)
NAccepted=3
NRefused=0
NConnections=0
END
;;
*) cat <<END
LoadState=loaded
FragmentPath=/usr/lib/systemd/system/raspivid@.service
DropInPaths=
Group=video
ExecStart={ path=/usr/bin/picam-stream ; argv[]=/usr/bin/picam-stream --service -v -n \$RASPIVID_OPTIONS ; ignore_errors=yes }
DevicePolicy=closed
DeviceAllow=char-vchiq rw
DeviceAllow=char-misc rw
DeviceAllow=char-video4linux rw
DeviceAllow=char-media rw
DeviceAllow=char-dma_heap rw
PrivateDevices=no
END
;;
esac"#;

/// The form of rpicam-vid's answers.
const CAPTURE_PROGRAM: &str = r#"case "$1" in
--version) echo 'rpicam-apps build: v1.5.0 0123456789ab 01-02-2024 (10:00:00)'
echo 'libcamera build: v0.3.0+65-01234567' ;;
--list-cameras) echo 'Available cameras'; echo '-----------------'
echo '0 : imx219 [3280x2464 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx219@10)'
echo "    Modes: 'SRGGB10_CSI2P' : 1640x1232 [41.85 fps - (0, 0)/3280x2464 crop]" ;;
--help) for name in width height codec output timeout bitrate framerate inline intra profile level flush nopreview \
save-pts libav-format low-latency awb; do echo "  --$name arg (=0)    Text"; done ;;
esac"#;

/// With systemd, its socket on port 3333, and a journal without failures.
fn with_service(tree: Tree) -> Tree {
    tree.file("run/systemd/system/.keep", "")
        .file("etc/default/raspivid", CONFFILE)
        .program("systemctl", SYSTEMCTL)
        .program("journalctl", "exit 0")
        .file(
            "proc/net/tcp6",
            &listener("00000000000000000000000000000000", 4711),
        )
        .process(1, "systemd", "socket:[4711]")
}

/// A line of /proc/net/tcp for a socket that listens on port 3333.
pub fn listener(address: &str, inode: u32) -> String {
    format!(
        "  sl  local_address remote_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n   \
         0: {address}:0D05 {address}:0000 0A 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
    )
}

fn raspberry_pi(model: &str, release: &str, version: &str, architecture: &str) -> Tree {
    with_service(Tree::new())
        .file("proc/device-tree/model", &format!("{model}\0"))
        .file(
            "etc/os-release",
            &format!("PRETTY_NAME=\"{release}\"\nVERSION_ID=\"{version}\"\n"),
        )
        .file("architecture", architecture)
        .file("sys/devices/platform/soc/soc:firmware/get_throttled", "0\n")
}

fn with_firmware_camera(tree: Tree) -> Tree {
    let answers = r#"case "$*" in
get_camera) echo 'supported=1 detected=1' ;;
'get_mem gpu') echo 'gpu=128M' ;;
esac"#;
    tree.devices(&["vchiq", "vcsm-cma"])
        .program("vcgencmd", answers)
}

pub fn pi_zero_stretch() -> Tree {
    let tree = raspberry_pi(
        "Raspberry Pi Zero W Rev 1.1",
        "Raspbian GNU/Linux 9 (stretch)",
        "9",
        "arm",
    );
    with_firmware_camera(tree).file("opt/vc/lib/libmmal.so", "")
}

pub fn buster() -> Tree {
    let tree = raspberry_pi(
        "Raspberry Pi 3 Model B Rev 1.2",
        "Raspbian GNU/Linux 10 (buster)",
        "10",
        "arm",
    );
    with_firmware_camera(tree).file("opt/vc/lib/libmmal.so", "")
}

pub fn bullseye_legacy() -> Tree {
    let tree = raspberry_pi(
        "Raspberry Pi 4 Model B Rev 1.4",
        "Raspbian GNU/Linux 11 (bullseye)",
        "11",
        "arm",
    );
    with_firmware_camera(tree)
        .file("usr/lib/arm-linux-gnueabihf/libmmal.so.0", "")
        .v4l2("video10", "0", "bcm2835-codec-decode")
}

fn with_unicam(tree: Tree, program: &str) -> Tree {
    tree.v4l2("video0", "0", "unicam-image")
        .v4l2("video11", "0", "bcm2835-codec-encode")
        .v4l2("v4l-subdev0", "0", "imx219 10-0010")
        .devices(&[
            "media0",
            "video0",
            "video11",
            "v4l-subdev0",
            "dma_heap/linux,cma",
            "vchiq",
        ])
        .file(
            "proc/meminfo",
            "MemTotal: 948304 kB\nCmaTotal: 262144 kB\nCmaFree: 200000 kB\n",
        )
        .program(program, CAPTURE_PROGRAM)
}

pub fn bullseye_libcamera() -> Tree {
    let tree = raspberry_pi(
        "Raspberry Pi 3 Model B Plus Rev 1.3",
        "Raspbian GNU/Linux 11 (bullseye)",
        "11",
        "arm",
    );
    with_unicam(tree, "libcamera-vid").file("usr/lib/arm-linux-gnueabihf/libmmal.so.0", "")
}

pub fn bookworm() -> Tree {
    let tree = raspberry_pi(
        "Raspberry Pi Zero 2 W Rev 1.0",
        "Raspbian GNU/Linux 12 (bookworm)",
        "12",
        "arm",
    );
    with_unicam(tree, "rpicam-vid")
}

pub fn bookworm_64_bit() -> Tree {
    let tree = raspberry_pi(
        "Raspberry Pi 4 Model B Rev 1.5",
        "Debian GNU/Linux 12 (bookworm)",
        "12",
        "aarch64",
    );
    with_unicam(tree, "rpicam-vid")
}

pub fn trixie_pi_5() -> Tree {
    raspberry_pi(
        "Raspberry Pi 5 Model B Rev 1.0",
        "Debian GNU/Linux 13 (trixie)",
        "13",
        "aarch64",
    )
    .v4l2("video0", "0", "rp1-cfe-csi2_ch0")
    .v4l2("video20", "0", "pispbe-input")
    .v4l2("v4l-subdev0", "0", "csi2")
    .v4l2("v4l-subdev2", "0", "imx708_wide")
    .devices(&[
        "media0",
        "video0",
        "video20",
        "v4l-subdev2",
        "dma_heap/linux,cma",
    ])
    .program("rpicam-vid", CAPTURE_PROGRAM)
}

pub fn pc_with_usb_camera() -> Tree {
    with_service(Tree::new())
        .file("sys/class/dmi/id/product_name", "A Laptop\n")
        .file(
            "etc/os-release",
            "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nVERSION_ID=\"12\"\n",
        )
        .file("architecture", "x86_64")
        .v4l2("video0", "0", "HD Webcam: HD Webcam")
        .v4l2("video1", "1", "HD Webcam: HD Webcam")
        .devices(&["video0", "video1"])
}

/// Nothing at all.
pub fn nothing() -> Tree {
    Tree::new().file("architecture", "x86_64")
}
