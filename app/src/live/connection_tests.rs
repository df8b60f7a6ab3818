//! One test for each transition.

use super::*;

pub(super) const BEAT: u64 = 15_000;

pub(super) fn begun() -> Connection {
    let mut c = Connection::new(BEAT, PATIENCE);
    assert_eq!(c.step(Input::Start, 0, 0.5), Some(Command::Open));
    c
}

pub(super) fn live() -> Connection {
    let mut c = begun();
    c.step(Input::Opened, 100, 0.5);
    c.step(Input::Heard, 100, 0.5);
    c
}

fn answer(status: u16) -> Option<Answer> {
    Some(Answer {
        status,
        is_stream: status == 200,
    })
}

fn given_up() -> Connection {
    let mut c = live();
    c.step(Input::GivenUp, 5_100, 0.0);
    c
}

fn reconnecting(attempt: u32, at: u64, why: Why) -> State {
    State::Reconnecting { attempt, at, why }
}

#[test]
fn idle_starts_by_connecting() {
    assert_eq!(
        begun().state(),
        &State::Connecting {
            since: 0,
            attempt: 0
        }
    );
}

#[test]
fn starting_twice_opens_once() {
    let mut c = begun();
    assert_eq!(c.step(Input::Start, 5, 0.5), None);
}

#[test]
fn connecting_becomes_live_when_opened() {
    let mut c = begun();
    assert_eq!(c.step(Input::Opened, 70, 0.5), None);
    assert_eq!(
        c.state(),
        &State::Live {
            since: 70,
            heard: 70
        }
    );
}

#[test]
fn live_notes_what_it_hears() {
    let mut c = live();
    c.step(Input::Heard, 9_000, 0.5);
    assert_eq!(
        c.state(),
        &State::Live {
            since: 100,
            heard: 9_000
        }
    );
}

#[test]
fn a_lost_connection_is_closed_and_gets_a_time() {
    let mut c = live();
    assert_eq!(c.step(Input::Dropped, 2_000, 0.5), Some(Command::Close));
    assert_eq!(c.state(), &reconnecting(1, 2_750, Why::Lost));
}

#[test]
fn the_next_attempt_comes_at_its_time_and_not_before() {
    let mut c = live();
    c.step(Input::Dropped, 2_000, 0.5);
    assert_eq!(c.step(Input::Tick, 2_749, 0.5), None);
    assert_eq!(c.step(Input::Tick, 2_750, 0.5), Some(Command::Open));
    assert_eq!(
        c.state(),
        &State::Connecting {
            since: 2_750,
            attempt: 1
        }
    );
}

#[test]
fn the_delay_doubles_up_to_its_limit_and_stays_in_its_upper_half() {
    for (failures, full) in [
        (1, 1_000),
        (2, 2_000),
        (5, 16_000),
        (6, 30_000),
        (60, 30_000),
    ] {
        assert_eq!(delay(failures, 0.0), full / 2);
        assert_eq!(delay(failures, 1.0), full);
    }
}

#[test]
fn hearing_something_resets_the_delay_and_opening_alone_does_not() {
    let mut c = begun();
    for expected in 1..=3 {
        c.step(Input::Opened, 0, 0.0);
        c.step(Input::Dropped, 0, 0.0);
        assert!(
            matches!(c.state(), State::Reconnecting { attempt, .. } if *attempt == expected),
            "{c:?}"
        );
        c.step(Input::Retry, 0, 0.0);
    }
    c.step(Input::Heard, 0, 0.0);
    c.step(Input::Dropped, 0, 0.0);
    assert_eq!(c.state(), &reconnecting(1, 500, Why::Lost));
}

#[test]
fn a_server_that_closes_says_why_and_when() {
    let mut c = live();
    let closing = Input::Closing {
        reason: "shutdown".into(),
        retry_after: 4_321,
    };
    assert_eq!(c.step(closing, 1_000, 0.5), Some(Command::Close));
    assert_eq!(
        c.state(),
        &reconnecting(1, 5_321, Why::Closed("shutdown".into()))
    );
    // The error that the end of the response brings changes nothing.
    assert_eq!(c.step(Input::Dropped, 1_001, 0.5), None);
    assert_eq!(
        c.state(),
        &reconnecting(1, 5_321, Why::Closed("shutdown".into()))
    );
}

#[test]
fn a_source_that_the_browser_gave_up_is_probed_and_made_again() {
    let mut c = live();
    assert_eq!(c.step(Input::GivenUp, 1_000, 0.0), Some(Command::Probe));
    assert_eq!(c.step(Input::Probed(answer(503)), 1_010, 0.0), None);
    assert_eq!(c.state(), &reconnecting(1, 1_500, Why::GivenUp));
    assert_eq!(c.step(Input::Tick, 1_500, 0.0), Some(Command::Open));
}

#[test]
fn an_unreachable_server_is_tried_again() {
    let mut c = begun();
    c.step(Input::GivenUp, 0, 0.0);
    c.step(Input::Probed(None), 5, 0.0);
    assert_eq!(c.step(Input::Tick, 500, 0.0), Some(Command::Open));
}

#[test]
fn a_refusal_for_want_of_a_right_is_final() {
    for status in [401, 403] {
        let mut c = begun();
        c.step(Input::GivenUp, 0, 0.0);
        c.step(Input::Probed(answer(status)), 5, 0.0);
        assert_eq!(c.state(), &State::Unauthorised { status });
        assert_eq!(c.step(Input::Tick, 60_000, 0.0), None);
    }
}

#[test]
fn a_wrong_request_is_final_and_a_busy_server_is_not() {
    let mut c = begun();
    c.step(Input::GivenUp, 0, 0.0);
    c.step(Input::Probed(answer(404)), 5, 0.0);
    assert_eq!(c.state(), &State::Failed { status: 404 });
    for status in [408, 429] {
        let mut c = begun();
        c.step(Input::GivenUp, 0, 0.0);
        c.step(Input::Probed(answer(status)), 5, 0.0);
        assert_eq!(c.step(Input::Tick, 500, 0.0), Some(Command::Open));
    }
}

#[test]
fn a_late_probe_does_not_undo_a_retry() {
    let mut c = begun();
    c.step(Input::GivenUp, 0, 0.0);
    c.step(Input::Retry, 1, 0.0);
    c.step(Input::Probed(answer(404)), 2, 0.0);
    assert_eq!(
        c.state(),
        &State::Connecting {
            since: 1,
            attempt: 1
        }
    );
}

#[test]
fn two_and_a_half_heartbeats_of_silence_are_a_dead_connection() {
    let mut c = live();
    assert_eq!(c.step(Input::Tick, 100 + BEAT * 5 / 2, 0.5), None);
    assert_eq!(
        c.step(Input::Tick, 101 + BEAT * 5 / 2, 0.5),
        Some(Command::Close)
    );
    assert_eq!(c.state(), &reconnecting(1, 851 + BEAT * 5 / 2, Why::Silent));
    assert_eq!(
        c.step(Input::Tick, 851 + BEAT * 5 / 2, 0.5),
        Some(Command::Open)
    );
}

#[test]
fn a_server_that_never_answers_is_asked_again() {
    let mut c = begun();
    assert_eq!(
        c.step(Input::Tick, BEAT * 5 / 2 + 1, 0.5),
        Some(Command::Close)
    );
    assert!(matches!(
        c.state(),
        State::Reconnecting {
            why: Why::Silent,
            ..
        }
    ));
}

#[test]
fn the_reader_can_retry_now_or_stop() {
    let mut c = live();
    c.step(Input::Dropped, 2_000, 1.0);
    assert_eq!(c.step(Input::Retry, 2_001, 0.5), Some(Command::Open));
    assert_eq!(c.step(Input::Stop, 2_002, 0.5), Some(Command::Close));
    assert_eq!(c.state(), &State::Stopped);
    assert_eq!(c.step(Input::Tick, 90_000, 0.5), None);
    assert_eq!(c.step(Input::Retry, 90_001, 0.5), Some(Command::Open));
}

#[test]
fn retry_leaves_a_live_connection_alone() {
    assert_eq!(live().step(Input::Retry, 500, 0.5), None);
}

#[test]
fn what_arrives_after_the_end_is_not_success() {
    let mut c = live();
    c.step(Input::Dropped, 2_000, 0.0);
    c.step(Input::Heard, 2_001, 0.0);
    assert_eq!(c.state(), &reconnecting(1, 2_500, Why::Lost));
}

#[test]
fn a_silent_server_is_asked_less_and_less_often() {
    let mut c = live();
    let mut now = 100;
    for full in [1_000, 2_000, 4_000] {
        now += BEAT * 5 / 2 + 1;
        c.step(Input::Tick, now, 1.0);
        assert!(
            matches!(c.state(), State::Reconnecting { at, .. } if *at == now + full),
            "{c:?}"
        );
        c.step(Input::Retry, now, 1.0);
    }
}

#[test]
fn a_network_that_is_back_helps_who_waits_and_nobody_else() {
    let mut c = live();
    c.step(Input::Dropped, 2_000, 1.0);
    assert_eq!(c.step(Input::Online, 2_001, 1.0), Some(Command::Open));
    c.step(Input::Stop, 2_002, 1.0);
    assert_eq!(c.step(Input::Online, 2_003, 1.0), None);
    assert_eq!(c.state(), &State::Stopped);
}

#[test]
fn a_204_is_the_servers_own_end_and_says_how_long_it_lasted() {
    let mut c = given_up();
    c.step(Input::Probed(answer(204)), 5_100, 0.0);
    let end = End {
        reason: "204".into(),
        lasted: 5_000,
    };
    assert_eq!(c.state(), &State::Closed(end));
    assert_eq!(c.step(Input::Tick, 60_000, 0.0), None);
    assert_eq!(c.step(Input::Retry, 60_000, 0.0), Some(Command::Open));
}

#[test]
fn a_right_that_has_expired_is_not_asked_for_again() {
    let mut c = live();
    let closing = Input::Closing {
        reason: "expired".into(),
        retry_after: 500,
    };
    assert_eq!(c.step(closing, 2_100, 0.0), Some(Command::Close));
    let end = End {
        reason: "expired".into(),
        lasted: 2_000,
    };
    assert_eq!(c.state(), &State::Closed(end));
    assert_eq!(c.step(Input::Tick, 60_000, 0.0), None);
}

#[test]
fn what_is_no_event_stream_is_an_error_and_one_that_is_is_tried_again() {
    let mut c = given_up();
    let page = Answer {
        status: 200,
        is_stream: false,
    };
    c.step(Input::Probed(Some(page)), 5_100, 0.0);
    assert_eq!(c.state(), &State::Failed { status: 200 });
    let mut c = given_up();
    c.step(Input::Probed(answer(200)), 5_100, 0.0);
    assert_eq!(c.step(Input::Tick, 5_600, 0.0), Some(Command::Open));
}

#[test]
fn who_cannot_be_reached_is_said() {
    let mut c = given_up();
    c.step(Input::Probed(None), 5_100, 0.0);
    assert_eq!(c.state(), &reconnecting(1, 5_600, Why::Unreachable));
}

#[test]
fn what_was_asked_without_a_network_is_asked_again_when_there_is_one() {
    let mut c = live();
    c.step(Input::Dropped, 1_000, 0.0);
    c.step(Input::Tick, 1_500, 0.0);
    assert_eq!(c.step(Input::Online, 1_600, 0.0), Some(Command::Open));
    let connecting = State::Connecting {
        since: 1_600,
        attempt: 1,
    };
    assert_eq!(c.state(), &connecting);
    let mut c = live();
    assert_eq!(c.step(Input::Online, 1_600, 0.0), None);
}
