//! When a page lets go of its connection, and when it goes on.

use super::{
    tests::{BEAT, live},
    *,
};

#[test]
fn a_page_hidden_for_ten_seconds_lets_go_and_resumes_when_shown() {
    let mut c = live();
    c.step(Input::Hidden, 1_000, 0.5);
    assert_eq!(c.step(Input::Tick, 10_999, 0.5), None);
    assert_eq!(c.step(Input::Tick, 11_000, 0.5), Some(Command::Close));
    assert_eq!(c.state(), &State::Suspended);
    assert_eq!(c.step(Input::Shown, 50_000, 0.5), Some(Command::Open));
}

#[test]
fn a_short_look_elsewhere_changes_nothing() {
    let mut c = live();
    c.step(Input::Hidden, 1_000, 0.5);
    assert_eq!(c.step(Input::Shown, 9_000, 0.5), None);
    assert_eq!(c.step(Input::Tick, 12_000, 0.5), None);
    assert!(matches!(c.state(), State::Live { .. }));
}

#[test]
fn a_page_that_leaves_lets_go_at_once_and_resumes_when_it_comes_back() {
    let mut c = live();
    assert_eq!(c.step(Input::Leaving, 1_000, 0.5), Some(Command::Close));
    assert_eq!(c.step(Input::Shown, 2_000, 0.5), Some(Command::Open));
}

#[test]
fn what_the_reader_stopped_stays_stopped_when_hidden_and_shown() {
    let mut c = live();
    c.step(Input::Stop, 500, 0.5);
    c.step(Input::Hidden, 1_000, 0.5);
    c.step(Input::Tick, 20_000, 0.5);
    assert_eq!(c.step(Input::Shown, 30_000, 0.5), None);
    assert_eq!(c.state(), &State::Stopped);
}

#[test]
fn a_page_that_is_opened_in_the_background_waits_until_it_is_shown() {
    let mut c = Connection::new(BEAT, PATIENCE);
    c.step(Input::Hidden, 0, 0.5);
    assert_eq!(c.step(Input::Start, 0, 0.5), None);
    assert_eq!(c.state(), &State::Suspended);
    assert_eq!(c.step(Input::Shown, 90_000, 0.5), Some(Command::Open));
}

#[test]
fn a_stream_without_patience_is_let_go_as_soon_as_it_is_hidden() {
    let mut c = Connection::new(BEAT, 0);
    c.step(Input::Start, 0, 0.5);
    assert_eq!(c.step(Input::Hidden, 1, 0.5), Some(Command::Close));
}

#[test]
fn a_page_without_room_lets_go_and_goes_on_when_it_has() {
    let mut c = live();
    assert_eq!(c.step(Input::Park, 200, 0.0), Some(Command::Close));
    assert_eq!(c.state(), &State::Parked);
    // Time, a network and a look at the page change nothing.
    for input in [Input::Tick, Input::Online, Input::Hidden, Input::Shown] {
        assert_eq!(c.step(input, 60_000, 0.0), None);
        assert_eq!(c.state(), &State::Parked);
    }
    assert_eq!(c.step(Input::Unpark, 60_000, 0.0), Some(Command::Open));
    assert_eq!(c.step(Input::Unpark, 60_001, 0.0), None);
}

#[test]
fn a_page_may_begin_parked_and_what_has_ended_is_not_parked() {
    let mut c = Connection::new(BEAT, PATIENCE);
    assert_eq!(c.step(Input::Park, 0, 0.0), None);
    assert_eq!(c.state(), &State::Parked);
    let mut c = live();
    c.step(Input::Stop, 200, 0.0);
    assert_eq!(c.step(Input::Park, 300, 0.0), None);
    assert_eq!(c.state(), &State::Stopped);
}

#[test]
fn a_page_that_need_not_let_go_keeps_its_connection_however_long_it_is_hidden() {
    let mut c = Connection::new(BEAT, u64::MAX);
    c.step(Input::Start, 0, 0.5);
    c.step(Input::Heard, 1, 0.5);
    assert_eq!(c.step(Input::Hidden, 2, 0.5), None);
    c.step(Input::Heard, 1_000_000_000, 0.5);
    assert_eq!(c.step(Input::Tick, 1_000_000_000, 0.5), None);
}
