//! Where the binaries run: `tests/packaging/verify-binary.sh` on what was built, and on programs that it must refuse.

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use test_support::commands::{Done, command, printed, run};
use test_support::packages::{architectures, project};
use test_support::roots::mirror;

/// One of each kind of instruction that ARMv6K with VFPv2 lacks: what it is, and how it is written.
const NEWER: [(&str, &str); 34] = [
    ("a 16-bit constant", "movw r0, #4660"),
    ("its upper half", "movtne r0, #4660"),
    ("a barrier for data", "dmb ish"),
    ("a barrier for memory", "dsb sy"),
    ("a barrier for instructions", "isb sy"),
    ("a signed division", "sdiv r0, r1, r2"),
    ("an unsigned division", "udiveq r0, r1, r2"),
    ("bits taken out", "ubfx r0, r1, #3, #5"),
    ("bits taken out with their sign", "sbfxne r0, r1, #3, #5"),
    ("bits put in", "bfi r0, r1, #3, #5"),
    ("bits cleared", "bfc r0, #3, #5"),
    ("multiply and subtract", "mls r0, r1, r2, r3"),
    ("bits turned round", "rbit r0, r1"),
    ("an unprivileged load of 16 bits", "ldrht r0, [r1], #2"),
    ("an unprivileged store of 16 bits", "strht r0, [r1], #2"),
    (
        "an unprivileged load of a signed byte",
        "ldrsbt r0, [r1], #2",
    ),
    ("a hint for instructions", "pli [r0]"),
    ("a hint for writing", "pldw [r0]"),
    ("a single constant in VFPv3", "vmov.f32 s0, #1.0"),
    ("a double constant in VFPv3", "vmov.f64 d0, #1.0"),
    ("fixed point in VFPv3", "vcvt.f32.s32 s0, s0, #8"),
    ("an upper register of VFPv3", "vadd.f64 d16, d0, d1"),
    ("an upper register moved", "vldr d31, [r0]"),
    ("upper registers in a range", "vldmia r0, {d16-d31}"),
    ("half precision", "vcvtb.f32.f16 s0, s1"),
    ("fused multiply and add of VFPv4", "vfma.f32 s0, s1, s2"),
    ("NEON on quad registers", "vadd.i32 q0, q1, q2"),
    ("NEON on integers", "vadd.i16 d0, d1, d2"),
    ("NEON on floats in double registers", "vmul.f32 d0, d1, d2"),
    ("NEON conversion", "vcvt.s32.f32 d0, d1"),
    ("NEON load", "vld1.8 {d0}, [r0]"),
    ("NEON logic", "veor d0, d1, d2"),
    ("NEON duplication", "vdup.32 d0, r0"),
    ("an acquiring load of ARMv8", "lda r0, [r1]"),
];

/// `cargo build` on a Pi links with GNU ld, the packages are linked by zig.
#[test]
fn gnu_ld_takes_the_stand_ins_for_the_videocores_libraries() {
    let folder = TempDir::new().unwrap();
    copy_stand_ins(folder.path());
    let script = format!(
        "cd {} && arm-linux-gnueabihf-{LINK}",
        folder.path().display()
    );
    printed("sh", ["-ec", &script]);
    let needed = printed("readelf", [Path::new("-d"), &folder.path().join("main")]);
    assert!(
        !needed.contains("mmal") && !needed.contains("vcos"),
        "{needed}"
    );
}

/// As on a Pi: Debian's own compiler and linker for ARM, emulated, and the program that comes of it starts.
#[test]
fn the_pis_own_gnu_ld_takes_the_stand_ins_too() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("root");
    printed(
        "mmdebstrap",
        [
            "--mode=root",
            "--variant=extract",
            "--format=directory",
            "--architectures=armhf",
            "--include=gcc,libc6-dev,dash,coreutils",
            "bookworm",
            root.to_str().unwrap(),
            &mirror(),
        ],
    );
    copy_stand_ins(&root);
    let root = root.to_str().unwrap();
    printed(
        "chroot",
        [root, "/bin/dash", "-ec", &format!("{LINK}; ./main")],
    );
}

/// Links a program with them as cargo does, in the folder where they are.
const LINK: &str = "gcc main.c -o main -Larchives -Lscripts -Wl,-Bdynamic \
                    -lmmal_core -lmmal_util -lmmal_vc_client -lvcos -lbcm_host";

/// Puts the stand-ins that the build script made into a folder, and a program to link with them.
fn copy_stand_ins(folder: &Path) {
    let built = project().join("target/cross/arm-unknown-linux-gnueabihf/release/build");
    let entries =
        std::fs::read_dir(&built).unwrap_or_else(|e| panic!("{}: {e}: make deb", built.display()));
    let outs = entries.flatten().map(|entry| entry.path().join("out"));
    // The newest: cargo keeps those of older states of the project.
    let out = outs
        .filter(|out| out.join("archives").is_dir())
        .max_by_key(|out| out.metadata().and_then(|out| out.modified()).ok())
        .expect("make deb has left the stand-ins");
    for kind in ["archives", "scripts"] {
        printed("cp", [Path::new("-r"), &out.join(kind), folder]);
    }
    std::fs::write(folder.join("main.c"), "int main(void) { return 0; }\n").unwrap();
}

#[test]
fn every_binary_needs_only_what_its_package_promises() {
    for machine in architectures() {
        let triple = machine.triple;
        let binary = project().join(format!("target/cross/{triple}/release/picam-stream"));
        assert!(
            binary.exists(),
            "{} is missing: make deb (or make zero)",
            binary.display()
        );
        printed(
            "tests/packaging/verify-binary.sh",
            [Path::new(machine.name), &binary],
        );
    }
}

/// Not with those of the linker that built it, which go byte by byte.
#[test]
fn the_arm_program_copies_with_the_c_librarys_functions() {
    let binary = project().join("target/cross/arm-unknown-linux-gnueabihf/release/picam-stream");
    let symbols = printed("readelf", [Path::new("-sW"), &binary]);
    for name in ["memcpy", "memmove", "memset", "memcmp"] {
        let lines = symbols
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        let (mut imported, mut own_bytes) = (false, None);
        for words in lines.filter(|words| words.len() >= 8) {
            imported |= words[7].starts_with(&format!("{name}@GLIBC_")) && words[6] == "UND";
            if words[7] == name && words[6] != "UND" {
                own_bytes = Some(words[2].to_owned());
            }
        }
        // Of its own it has a jump: one instruction.
        assert_eq!(
            (imported, own_bytes.as_deref()),
            (true, Some("4")),
            "{name}"
        );
    }
}

#[test]
fn the_scan_passes_plain_armv6_and_refuses_each_kind_of_newer_instruction() {
    let folder = TempDir::new().expect("a folder for the objects");
    let plain = assemble(
        folder.path(),
        "vadd.f64 d0, d1, d2\nldrexd r0, [r2]\nmcr p15, 0, r0, c7, c10, 5",
    );
    let passed = scan(&plain);
    assert!(passed.status.success(), "{passed}");
    for (what, instruction) in NEWER {
        let result = scan(&assemble(folder.path(), instruction));
        assert!(!result.status.success(), "{what} ({instruction}) passed");
        let complaint = result.err;
        let name = instruction.split([' ', '.']).next().unwrap_or_default();
        assert!(
            complaint.contains("newer than ARMv6K") && complaint.contains(name),
            "{what}: {complaint}"
        );
    }
}

#[test]
fn the_scan_refuses_thumb_and_a_stripped_binary() {
    let folder = TempDir::new().expect("a folder for the objects");
    let thumb = scan(&assemble(folder.path(), ".thumb\nadds r0, r0, r1"));
    assert!(!thumb.status.success() && said(&thumb, "Thumb"), "{thumb}");
    let stripped = assemble(folder.path(), "nop");
    printed("arm-linux-gnueabihf-strip", [&stripped]);
    let result = scan(&stripped);
    assert!(
        !result.status.success() && said(&result, "unstripped"),
        "{result}"
    );
}

#[test]
fn a_program_made_for_armv7_is_refused() {
    let folder = TempDir::new().expect("a folder for the program");
    let (source, program) = (folder.path().join("armv7.c"), folder.path().join("armv7"));
    std::fs::write(
        &source,
        "int main(int n, char **v) { return 1000 / n + (v[0][0] << 20 | 0x12345); }",
    )
    .unwrap();
    let gcc = ["-O2", "-marm", "-march=armv7-a+vfpv3", "-static", "-o"].map(Path::new);
    printed(
        "arm-linux-gnueabihf-gcc",
        gcc.into_iter().chain([program.as_path(), &source]),
    );
    let whole =
        run(command("tests/packaging/verify-binary.sh").args([Path::new("armhf"), &program]));
    assert!(!whole.status.success() && said(&whole, "ARMv6"), "{whole}");
    assert!(
        !scan(&program).status.success(),
        "its instructions alone passed"
    );
}

fn scan(binary: &Path) -> Done {
    run(command("tests/packaging/verify-binary.sh").args([Path::new("scan"), binary]))
}

fn said(result: &Done, words: &str) -> bool {
    result.err.contains(words)
}

/// An object of ARMv6 instructions with `lines` among them, for any processor the assembler knows.
fn assemble(folder: &Path, lines: &str) -> PathBuf {
    let (source, object) = (folder.join("code.s"), folder.join("code.o"));
    let code = format!(
        ".syntax unified\n.arch armv8-a\n.fpu crypto-neon-fp-armv8\n.text\n.arm\n\
         .rept 2000\nadd r0, r0, r1\n.endr\n{lines}\n.arm\nbx lr\n"
    );
    std::fs::write(&source, code).expect("the source");
    printed(
        "arm-linux-gnueabihf-as",
        [Path::new("-o"), &object, &source],
    );
    object
}
