//! What is streamed: 720p25 at 2 Mbit/s, a key frame each second, recorded once, so that no server pays for an encoder.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use test_support::folders::Scratch;
use test_support::usb_camera;

pub const OPTIONS: &str = "-w 1280 -h 720 -fps 25 -g 25 -t 0";

/// A minute of it: the same pictures for all.
pub struct Recorded {
    pub h264: PathBuf,
    /// With the times that servers need which go by them.
    pub mp4: PathBuf,
    pub mpegts: PathBuf,
    /// Two seconds of it as the stand-in of a USB camera plays them.
    pub jpegs: PathBuf,
    folder: Scratch,
}

impl Recorded {
    pub fn make() -> Self {
        let folder = Scratch::new();
        let recorded = Self {
            h264: folder.path("pictures.h264"),
            mp4: folder.path("pictures.mp4"),
            mpegts: folder.path("pictures.ts"),
            jpegs: folder.path("pictures.jpegs"),
            folder,
        };
        ffmpeg(
            "-f lavfi -i testsrc2=size=1280x720:rate=25,noise=alls=12:allf=t -t 12 -c:v libx264 -preset veryfast \
             -pix_fmt yuv420p -profile:v high -g 25 -bf 0 -sc_threshold 0 -b:v 2M -minrate 2M -maxrate 2M -bufsize 500k",
            &recorded.mpegts,
        );
        let once = recorded.mpegts.display().to_string();
        ffmpeg(&format!("-stream_loop 9 -i {once} -c copy"), &recorded.mp4);
        let minutes = recorded.mp4.display().to_string();
        ffmpeg(
            &format!("-i {once} -c copy -bsf:v h264_mp4toannexb"),
            &recorded.h264,
        );
        ffmpeg(&format!("-i {minutes} -c copy"), &recorded.mpegts);
        let each = recorded.folder.path("%02d.jpg");
        ffmpeg(&format!("-i {minutes} -frames:v 50 -q:v 8"), &each);
        let pictures = (1..=50).map(|number| {
            fs::read(recorded.folder.path(&format!("{number:02}.jpg"))).expect("a picture")
        });
        let pictures = usb_camera::recording(&pictures.collect::<Vec<_>>());
        fs::write(&recorded.jpegs, pictures).expect("a recording");
        recorded
    }

    /// The options of a source that plays it.
    pub fn source(&self) -> String {
        format!("--source file:{} {OPTIONS}", self.h264.display())
    }
}

fn ffmpeg(words: &str, output: &PathBuf) {
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-nostdin"])
        .args(words.split_whitespace())
        .arg(output)
        .status();
    assert!(status.expect("ffmpeg").success(), "ffmpeg {words}");
}
