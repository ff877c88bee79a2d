//! The tests of `clock`.

use proptest::prelude::*;

use super::*;

const START_US: i64 = 5_000_000_000;
const FRAME_US: i64 = 40_000;
const HOUR_US: i64 = 3_600_000_000;

/// What became of a row of pictures, each with the camera's time and the time of its arrival.
struct Row {
    steps_us: Vec<i64>,
    ages_us: Vec<i64>,
}

fn row(clock: &mut Clock, pictures: impl IntoIterator<Item = (i64, i64)>) -> Row {
    let (mut last_us, mut steps_us, mut ages_us) = (None, Vec::new(), Vec::new());
    for (camera_us, arrived_us) in pictures {
        let arrived = Micros(arrived_us.cast_unsigned());
        let pts = clock.note(Some(camera_us), arrived);
        let now_us = pts.0.cast_signed();
        steps_us.extend(last_us.replace(now_us).map(|last_us| now_us - last_us));
        ages_us.push(arrived_us - clock.captured(pts).0.cast_signed());
    }
    Row { steps_us, ages_us }
}

/// So many pictures, the camera's clock being `camera_us` at each true time; `late_us` is how late each comes.
fn pictures(
    count: i64,
    camera_us: impl Fn(i64) -> i64,
    late_us: impl Fn(i64) -> i64,
) -> impl Iterator<Item = (i64, i64)> {
    (0..count).map(move |index| {
        let taken_us = index * FRAME_US;
        (camera_us(taken_us), START_US + taken_us + late_us(index))
    })
}

/// Up to 30 ms, without any order in it.
fn jitter_us(index: i64) -> i64 {
    index * 7919 % 30_011
}

fn is_even(row: &Row) -> bool {
    row.steps_us.iter().all(|step_us| *step_us == FRAME_US)
}

#[test]
fn steps_are_the_cameras_own_however_late_the_first_pictures_come() {
    let settling = |index: i64| (900_000 - index * 90_000).max(0) + jitter_us(index);
    let row = row(&mut Clock::default(), pictures(100, |us| us, settling));
    assert!(is_even(&row), "{:?}", row.steps_us);
    assert!(row.ages_us[50..].iter().all(|age_us| *age_us <= 30_011));
}

#[test]
fn clocks_that_drift_apart_for_a_day_stay_together() {
    for ppm in [50, -50, 500, -500] {
        let fast = |us: i64| us + us * ppm / 1_000_000;
        let mut clock = Clock::default();
        let day = pictures(24 * 3600 * 25, fast, jitter_us);
        let row = row(&mut clock, day);
        let oldest_us = row.ages_us.iter().max().unwrap();
        // The jitter, and what the clocks drift apart in two windows.
        assert!(*oldest_us <= 30_011 + 10_000, "{ppm} ppm: {oldest_us} us");
        let own_us = fast(FRAME_US);
        assert!(row.steps_us.iter().all(|us| (us - own_us).abs() <= 1));
    }
}

#[test]
fn any_step_back_is_a_step() {
    for back_us in [
        FRAME_US, 50_000, 100_000, 400_000, 900_000, 999_999, HOUR_US,
    ] {
        // Again and again: ten of them in a row must not add up either.
        let set = |us: i64| HOUR_US * 20 + us - us / 1_000_000 * back_us;
        let row = row(&mut Clock::default(), pictures(300, set, |_| 20_000));
        assert!(
            is_even(&row),
            "set back by {back_us} us: {:?}",
            row.steps_us
        );
        let oldest_us = row.ages_us.iter().max();
        assert_eq!(oldest_us, Some(&0), "set back by {back_us} us");
    }
}

#[test]
fn a_step_back_is_even_when_that_picture_comes_late() {
    let set = |us: i64| HOUR_US + us - us / 1_000_000 * 300_000;
    let late = |index: i64| if index % 25 == 0 { 700_000 } else { 0 };
    let row = row(&mut Clock::default(), pictures(300, set, late));
    assert!(is_even(&row), "{:?}", row.steps_us);
    assert!(row.ages_us.iter().all(|age_us| *age_us <= 700_000));
}

#[test]
fn a_step_back_by_less_than_a_picture_is_forgotten_within_seconds() {
    let set = |us: i64| us - if us >= 1_000_000 { 25_000 } else { 0 };
    let row = row(&mut Clock::default(), pictures(1000, set, |_| 0));
    assert_eq!(row.ages_us.iter().max(), Some(&25_000));
    assert!(row.ages_us[25 * 21..].iter().all(|age_us| *age_us == 0));
}

#[test]
fn a_step_back_that_a_pause_hides_is_forgotten_within_seconds() {
    let paused = |us: i64| us + if us >= 4_000_000 { 4_000_000 } else { 0 };
    let set = |us: i64| us - if us >= 4_000_000 { 3_500_000 } else { 0 };
    let after = (0..300).map(|index| index * FRAME_US);
    let row = row(
        &mut Clock::default(),
        after.map(|us| (set(paused(us)), START_US + paused(us))),
    );
    assert!(row.ages_us[100 + 51..].iter().all(|age_us| *age_us == 0));
}

#[test]
fn a_step_forward_makes_no_picture_old() {
    for forward_us in [200_000, 1_000_000, 1_000_001, 5_000_000, HOUR_US] {
        let set = |us: i64| us + us / 1_000_000 * forward_us;
        let row = row(&mut Clock::default(), pictures(300, set, |_| 20_000));
        assert_eq!(row.ages_us.iter().max(), Some(&0), "by {forward_us} us");
        // A short one looks like pictures that were lost.
        assert_eq!(is_even(&row), forward_us > SET_FORWARD_US);
    }
}

#[test]
fn pictures_that_come_late_together_are_as_old_as_they_are() {
    for paused in [50, 5000] {
        let mut clock = Clock::default();
        row(&mut clock, pictures(100, |us| us, |_| 20_000));
        let came_us = START_US + (100 + paused) * FRAME_US;
        let held_up = (100..125).map(|index| (index * FRAME_US, came_us));
        let held_up = row(&mut clock, held_up);
        assert!(is_even(&held_up));
        let oldest_us = paused * FRAME_US - 20_000;
        assert_eq!(held_up.ages_us[..2], [oldest_us, oldest_us - FRAME_US]);
        // What was not taken meanwhile is a gap, not a clock that was set.
        let lost_us = (paused - 25) * FRAME_US;
        let fresh = pictures(100, |us| us + 125 * FRAME_US + lost_us, |_| 20_000);
        let fresh = row(
            &mut clock,
            fresh.map(|(us, _)| (us, START_US + us + 20_000)),
        );
        assert!(is_even(&fresh));
        assert!(fresh.ages_us.iter().all(|age_us| *age_us == 0));
    }
}

#[test]
fn a_gap_in_pictures_that_come_together_is_no_clock_that_was_set() {
    let times_us = [0, 40_000, 9_000_000, 9_040_000];
    let together = times_us.map(|us| (us, START_US));
    let row = row(&mut Clock::default(), together);
    assert_eq!(row.steps_us, [40_000, 8_960_000, 40_000]);
}

#[test]
fn a_long_exposure_is_followed() {
    let six_seconds = |us: i64| us * 150;
    let slow = pictures(20, six_seconds, |_| 0).map(|(us, _)| (us, START_US + us));
    let row = row(&mut Clock::default(), slow);
    assert!(row.steps_us.iter().all(|step_us| *step_us == 6_000_000));
    assert!(row.ages_us.iter().all(|age_us| *age_us == 0));
}

#[test]
fn pictures_without_a_time_or_with_the_same_always_are_timed_by_their_arrival() {
    for camera_us in [None, Some(0)] {
        let mut clock = Clock::default();
        for arrived in [1_000_000, 1_041_000, 1_079_000, 9_000_000].map(Micros) {
            let pts = clock.note(camera_us, arrived);
            assert_eq!((pts, clock.captured(pts)), (Pts(arrived.0), arrived));
        }
    }
}

#[test]
fn one_picture_without_a_time_does_not_shift_the_others() {
    let mut clock = Clock::default();
    let times_us = [Some(0), Some(40_000), None, Some(120_000)];
    let pts = times_us.map(|us| clock.note(us, Micros(5_000_000)).0);
    assert_eq!(pts, [5_000_000, 5_040_000, 5_080_000, 5_120_000]);
}

#[test]
fn b_pictures_lie_before_the_one_that_they_refer_to() {
    let mut clock = Clock::default();
    let note = |clock: &mut Clock, us| clock.note(Some(us), Micros(7_000_000)).0;
    assert_eq!(note(&mut clock, 0), 7_000_000);
    assert_eq!(note(&mut clock, 120_000), 7_120_000);
    assert_eq!(clock.reordered(40_000), Pts(7_040_000));
    assert_eq!(clock.reordered(80_000), Pts(7_080_000));
    assert_eq!(note(&mut clock, 240_000), 7_240_000);
}

proptest! {
    #[test]
    fn whatever_a_clock_says_time_grows_and_no_picture_is_taken_after_it_came(
        pictures in prop::collection::vec((prop::option::of(any::<i64>()), 0..3_000_000_u64), 0..200),
    ) {
        let (mut clock, mut arrived, mut last) = (Clock::default(), Micros(1 << 40), Pts(0));
        for (camera_us, later_us) in pictures {
            arrived.0 += later_us;
            let pts = clock.note(camera_us, arrived);
            prop_assert!(pts > last);
            prop_assert!(clock.captured(pts) <= arrived);
            last = pts;
        }
    }
}
