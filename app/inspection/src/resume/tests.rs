use super::*;

fn seen(ids: &[&str]) -> Vec<Seen> {
    let event = |id: &&str| Event {
        event: "message".into(),
        data: format!("data of {id}"),
        id: (*id).to_owned(),
        has_id: true,
        ..Event::default()
    };
    ids.iter().map(|id| Seen::from(&event(id))).collect()
}

fn judged(got: &[&str], is_open: bool) -> (&'static str, Standing) {
    let trial = Trial::of(&seen(&["1", "2", "3", "4", "5"]), true).unwrap();
    assert_eq!(trial.id(), "3");
    let verdict = trial.judge(&seen(got), is_open);
    (verdict.code, verdict.standing)
}

#[test]
fn what_follows_an_id_is_judged() {
    let cases: [(&[&str], _, _); 10] = [
        (&["4", "5"], "resumes", Standing::Good),
        (&["4", "4", "5"], "resume_repeats", Standing::Bad),
        (&["4", "5", "4", "5"], "resume_repeats", Standing::Bad),
        (&["4", "5", "9", "9"], "resumes", Standing::Good),
        (&["4", "5", "6"], "resumes", Standing::Good),
        (&["1", "2", "3"], "resume_repeats", Standing::Bad),
        (&["3", "4", "5"], "resume_repeats", Standing::Bad),
        (&["6", "7"], "resume_ignored", Standing::Bad),
        (&["5", "6"], "resume_incomplete", Standing::Bad),
        (&[], "resume_ignored", Standing::Bad),
    ];
    for (got, code, standing) in cases {
        assert_eq!(judged(got, true), (code, standing), "{got:?}");
    }
}

#[test]
fn an_answer_that_is_no_stream_or_to_another_method_is_judged_as_such() {
    let trial = Trial::of(&seen(&["1", "2", "3", "4", "5"]), true).unwrap();
    let stream = Some("text/event-stream; charset=utf-8");
    let cases: [(_, _, &[&str], _); 8] = [
        ("GET", None, &[], "resume_unknown"),
        ("GET", Some("text/html"), &[], "resume_refused"),
        ("GET", stream, &[], "resume_ignored"),
        ("", stream, &["4", "5"], "resumes"),
        ("POST", None, &[], "resume_unknown"),
        ("POST", Some(""), &[], "resume_unknown"),
        ("POST", stream, &["6"], "resume_unknown"),
        ("POST", stream, &["3", "4", "5"], "resume_repeats"),
    ];
    for (method, content_type, got, code) in cases {
        let verdict = trial.judge_answer(method, content_type, &seen(got), true);
        assert_eq!(verdict.code, code, "{method} {content_type:?} {got:?}");
    }
}

#[test]
fn what_comes_as_slowly_as_the_first_time_is_no_hole() {
    assert_eq!(judged(&["4"], true), ("resumes", Standing::Unclear));
    assert_eq!(judged(&["4"], false), ("resume_incomplete", Standing::Bad));
    let wait = |ms| Trial::wait(Some(Duration::from_millis(ms))).as_secs();
    assert_eq!((wait(100), wait(7_000), wait(60_000)), (5, 14, 30));
}

#[test]
fn greetings_and_heartbeats_without_an_id_are_not_missed() {
    let named = |name: &str, data: &str, id: &str| {
        Seen::from(&Event {
            event: name.into(),
            data: data.into(),
            id: id.into(),
            has_id: name == "message",
            ..Event::default()
        })
    };
    let first = [
        named("stream-open", "", ""),
        named("message", "a", "1"),
        named("message", "b", "2"),
        named("ping", "", "2"),
        named("message", "c", "3"),
    ];
    let trial = Trial::of(&first, true).unwrap();
    assert_eq!(trial.id(), "2");
    let again = [named("stream-open", "", "2"), named("message", "c", "3")];
    assert!(!trial.is_enough(&again[..1]));
    assert!(trial.is_enough(&again));
    assert_eq!(trial.judge(&again, true).code, "resumes");
    // Nor are they the same event twice, which it is where a stream sends all that way.
    let ping = named("ping", "", "2");
    let slow = [ping.clone(), ping, named("message", "c", "3")];
    assert_eq!(trial.judge(&slow, true).code, "resumes");
    // Two in a row hide no event that comes twice, and what inherits an id is none, if with the same data.
    let first = [
        named("ping", "", ""),
        named("ping", "", ""),
        first[1].clone(),
        first[2].clone(),
        first[4].clone(),
    ];
    let beats = Trial::of(&first, true).unwrap();
    let twice = [slow[2].clone(), named("ping", "", "3"), slow[2].clone()];
    assert_eq!(beats.judge(&twice, true).code, "resume_repeats");
    let again = named("message", "c", "3");
    let inherited = Seen {
        has_id: false,
        ..again.clone()
    };
    assert_eq!(beats.judge(&[again, inherited], true).code, "resumes");
    let pairs = Trial::of(&seen(&["1", "1", "2", "2", "3", "3"]), true).unwrap();
    assert_eq!(pairs.judge(&seen(&["3", "3"]), true).code, "resumes");
}

#[test]
fn what_cannot_be_tried_is_said() {
    let why = |ids: &[&str], with_id| Trial::of(&seen(ids), with_id).unwrap_err().code;
    assert_eq!(why(&[], true), "resume_unknown");
    assert_eq!(why(&["", ""], true), "no_ids");
    assert_eq!(why(&["k"], false), "no_ids");
    assert_eq!(why(&["a\u{1}"], true), "resume_impossible");
    assert_eq!(why(&["a\u{7f}"], true), "resume_impossible");
    // Browsers send these: as UTF-8 they are no control characters of a header.
    assert!(Trial::of(&seen(&["a\u{85}", "b\t"]), true).is_ok());
}

#[test]
fn one_event_is_one_in_words_too() {
    let none = |ids: &[&str]| Trial::of(&seen(ids), true).unwrap_err().detail;
    assert!(none(&[""]).starts_with("the only event had no id: "));
    assert!(none(&["", ""]).starts_with("none of the 2 events had an id: "));
    let detail = |first: &[&str], got: &[&str]| {
        let trial = Trial::of(&seen(first), true).unwrap();
        trial.judge(&seen(got), true).detail
    };
    let one = detail(&["1", "2"], &["9"]);
    assert!(
        one.contains("the one that followed it did not come, but others"),
        "{one}"
    );
    let one = detail(&["1", "2", "3", "4"], &["3"]);
    assert!(one.starts_with("the first of the 2 events "), "{one}");
}

#[test]
fn no_answer_is_not_known_and_why_is_said() {
    let bare = unanswered("");
    assert_eq!(
        (bare.code, bare.standing),
        ("resume_unknown", Standing::Unclear)
    );
    assert!(bare.detail.ends_with("got no answer"), "{}", bare.detail);
    let why = unanswered("connection refused").detail;
    assert!(why.ends_with("got no answer: connection refused"), "{why}");
}
