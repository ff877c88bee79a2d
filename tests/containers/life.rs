//! The package's whole life in one system, from `apt install` to nothing being left, in order.
//!
//! One long test a system, since each step needs the one before and an emulated system is slow to set up.

use crate::container::Container;
use crate::files::Files;
use crate::repo::{self, CONFFILE};
use crate::root::{self, Root, roots};
use crate::{conffile, hostile, install, stream};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;
use test_support::commands::{command, run};

#[test]
fn on_bullseye_armhf_the_package_streams_and_leaves_nothing_behind() {
    live(&root::BULLSEYE_ARMHF);
}

#[test]
fn on_bookworm_armhf_the_package_streams_and_leaves_nothing_behind() {
    live(&root::BOOKWORM_ARMHF);
}

#[test]
fn on_bookworm_amd64_the_package_streams_and_leaves_nothing_behind() {
    live(&root::BOOKWORM_AMD64);
}

#[test]
fn on_trixie_amd64_the_package_streams_and_leaves_nothing_behind() {
    live(&root::TRIXIE_AMD64);
}

fn live(root: &'static Root) {
    let container = &Container::boot(root);
    fs::create_dir_all(container.path(stream::CLIP).parent().unwrap()).unwrap();
    fs::copy(recorded_stream(), container.path(stream::CLIP)).unwrap();
    repo::add(container);
    let before = Files::of(container);

    container.step("installs by name", || install::install(container));
    let shipped = container.read(CONFFILE);
    watch(container);
    container.step("a burst of connections", || {
        hostile::burst_leaves_the_port_open(container)
    });

    repo::add_next(container);
    let card = stream::card(container);
    container.step("upgrade, untouched", || {
        install::upgrade_under_a_viewer(container, &shipped, &card)
    });
    container.step("upgrade, touched", || {
        install::upgrade_with_a_touched_conffile(container, &shipped, &card)
    });
    container.step("upgrade, decided", || {
        install::upgrades_keep_the_administrators_word(container)
    });
    container.step("remove", || {
        install::remove_under_a_viewer(container, &card)
    });
    container.step("purge", || install::purge(container));
    assert_eq!(
        before.changes_to(&Files::of(container)),
        [""; 0],
        "left behind"
    );
    container.step("installs again", || install::install(container));
}

fn watch(container: &Container) {
    container.step("decodes", || stream::decodes(container));
    container.step("instance", || {
        stream::instance_lives_and_dies_with_its_viewer(container)
    });
    container.step("nothing left", || {
        stream::nothing_is_left_within_a_second(container)
    });
    container.step("second viewer", || {
        stream::second_viewer_is_turned_away(container)
    });
    container.step("edited options", || {
        stream::next_viewer_gets_the_edited_options(container)
    });
    container.step("broken option", || {
        stream::broken_option_is_explained_in_the_journal(container)
    });
    container.step("spellings", || conffile::spellings_mean_the_same(container));
    container.step("quoted words", || {
        conffile::quoted_words_stay_whole(container)
    });
    container.step("no options", || {
        conffile::no_options_are_no_arguments(container)
    });
    container.write(CONFFILE, stream::card(container));
}

/// Two seconds of 1280x720 at 25 frames a second, made once.
pub fn recorded_stream() -> PathBuf {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let file = roots().join("clip.h264");
        run(command("ffmpeg")
            .args([
                "-v",
                "error",
                "-y",
                "-f",
                "lavfi",
                "-i",
                "testsrc2=size=1280x720:rate=25",
                "-t",
                "2",
            ])
            .args([
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-profile:v",
                "main",
                "-bf",
                "0",
                "-g",
                "25",
            ])
            .args(["-b:v", "800k", "-pix_fmt", "yuv420p"])
            .arg(&file))
        .good();
        file
    };
    MADE.get_or_init(make).clone()
}
