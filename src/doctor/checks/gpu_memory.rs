//! The memory that pictures are in: the VideoCore's share for the legacy camera, the kernel's contiguous memory (CMA) for
//! libcamera up to the Pi 4.

use super::Facts;
use super::report::Check;
use crate::source::auto::ChosenCamera;
use crate::source::mmal::setup_failure::GPU_MEMORY_NEEDED_MB;
use crate::system::System;

/// Pictures of 1080p in all stages of libcamera's pipeline take about this; the system's default is 256 and more, or 64 on
/// boards with little memory.
const CMA_NEEDED_MB: u64 = 96;
const CMA_FREE_NEEDED_MB: u64 = 24;

pub fn checks(facts: &Facts) -> Vec<Check> {
    match facts.camera {
        Some(ChosenCamera::Mmal { .. }) => gpu(facts.system).into_iter().collect(),
        // The Pi 5 does without.
        Some(ChosenCamera::Libcamera { .. })
            if facts.survey.libcamera.receiver == Some("unicam") =>
        {
            contiguous(facts.system).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn gpu(system: &System) -> Option<Check> {
    let megabytes = asked(system).or_else(|| configured(system))?;
    let text = format!("{megabytes} MB for the VideoCore");
    Some(if megabytes < GPU_MEMORY_NEEDED_MB {
        Check::problem(
            "gpu_mem",
            format!("{text}; the camera needs {GPU_MEMORY_NEEDED_MB}"),
            format!(
                "set gpu_mem={GPU_MEMORY_NEEDED_MB} in {} and reboot",
                config_file(system)
            ),
        )
    } else {
        Check::ok("gpu_mem", text)
    })
}

fn asked(system: &System) -> Option<u32> {
    let answer = system.ask("vcgencmd", &["get_mem", "gpu"])?.stdout;
    answer
        .trim()
        .strip_prefix("gpu=")?
        .strip_suffix('M')?
        .parse()
        .ok()
}

/// The last `gpu_mem` of config.txt outside of sections for other boards.
fn configured(system: &System) -> Option<u32> {
    let text = system.read(config_file(system))?;
    let mut applies = true;
    let mut value = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            applies = line == "[all]";
        } else if let Some(number) = line.strip_prefix("gpu_mem=").filter(|_| applies) {
            value = number.trim().parse().ok();
        }
    }
    value
}

/// Where this release has its config.txt: the boot partition moved with bookworm.
fn config_file(system: &System) -> &'static str {
    let newer = "/boot/firmware/config.txt";
    if system.exists(newer) {
        newer
    } else {
        "/boot/config.txt"
    }
}

fn contiguous(system: &System) -> Option<Check> {
    let text = system.read("/proc/meminfo")?;
    let megabytes = |key: &str| -> Option<u64> {
        let line = text
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? / 1024)
    };
    let (total, free) = (megabytes("CmaTotal")?, megabytes("CmaFree")?);
    let told = format!("{total} MB contiguous memory, {free} MB of it free");
    let remedy = format!(
        "set dtoverlay=vc4-kms-v3d,cma-256 (cma-128 below 1 GB) in {} and reboot",
        config_file(system)
    );
    Some(if total < CMA_NEEDED_MB {
        Check::warning(
            "CMA",
            format!("{told}: not enough for large pictures"),
            remedy,
        )
    } else if free < CMA_FREE_NEEDED_MB {
        Check::warning(
            "CMA",
            format!("{told}: nearly used up"),
            format!("close programs that use the screen or the camera, or {remedy}"),
        )
    } else {
        Check::ok("CMA", told)
    })
}
