//! What another reader makes of parameter sets that are told how pictures are shown.

use picam_stream::h264::nal::LONG_START_CODE;
use picam_stream::h264::shown_as_decoded::say_shown_as_decoded;
use test_support::commands::tool;
use test_support::program::stderr;
use test_support::real_sps;

/// What ffmpeg reads in a sequence parameter set: the names of its fields and their values. The picture behind it is none,
/// which it says, too.
fn fields(sps: &[u8]) -> Vec<String> {
    const PPS: &[u8] = &[0x68, 0xce, 0x3c, 0x80];
    const SLICE: &[u8] = &[0x65, 0x88, 0x80, 0x40];
    let stream = [sps, PPS, SLICE].map(|nal| [&LONG_START_CODE[..], nal].concat());
    let words = "-f h264 -i - -c copy -bsf trace_headers -f null -";
    let said = stderr(&tool("ffmpeg", words, &stream.concat()));
    let lines = said
        .lines()
        .filter_map(|line| Some(line.split_once("] ")?.1));
    lines
        .skip_while(|line| !line.contains("Sequence Parameter Set"))
        .take_while(|line| !line.contains("Picture Parameter Set"))
        .filter_map(|line| {
            let mut words = line.split_whitespace().skip(1);
            Some(format!("{} {}", words.next()?, words.last()?))
        })
        .collect()
}

#[test]
fn ffmpeg_reads_no_reordering_where_nothing_was_said_and_all_else_as_it_was() {
    for (name, sps) in real_sps::SILENT {
        let before = fields(sps);
        let after = fields(&say_shown_as_decoded(sps));
        let references = before
            .iter()
            .find_map(|field| field.strip_prefix("max_num_ref_frames "));
        let references: u32 = references.expect(name).parse().expect(name);
        let told = [
            "bitstream_restriction_flag 1".to_owned(),
            "max_num_reorder_frames 0".to_owned(),
            format!("max_dec_frame_buffering {}", references.max(1)),
        ];
        for field in &told {
            assert!(after.contains(field), "{name}: {field} in {after:#?}");
        }
        let is_end = |field: &&String| {
            !field.starts_with("vui_parameters_present_flag")
                && !field.starts_with("bitstream_restriction_flag")
                && !field.starts_with("rbsp")
        };
        let kept = before.iter().filter(is_end);
        let (mut following, mut missing) = (after.iter(), Vec::new());
        for field in kept {
            if !following.any(|other| other == field) {
                missing.push(field);
            }
        }
        assert!(
            before.len() > 10 && missing.is_empty(),
            "{name}: {missing:?} not in {after:#?}"
        );
    }
}

#[test]
fn ffmpeg_reads_in_those_that_tell_it_what_is_left_as_it_was() {
    for (name, sps) in real_sps::TELLING {
        assert!(
            fields(sps).contains(&"bitstream_restriction_flag 1".to_owned()),
            "{name}"
        );
    }
}
