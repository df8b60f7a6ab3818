//! What is gone: told where it was lost, never served again, and not lost for a clock's whim.

use std::time::Duration;

use hub::{Delivery, GapReason, Policy, Retention, Start, Subscription, Topic, limits};

use crate::support::{Running, after, count, draft, filter, next, words};

const HOUR: Duration = Duration::from_secs(3_600);

async fn forget(hub: &Running, topic: &str) -> u64 {
    hub.hub.forget(&Topic::parse(topic).unwrap()).await.unwrap()
}

/// Lets the driver run until it has nothing to do.
async fn settle() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

/// The next batch by its first word and its places: data is too long to show.
async fn next_places(reader: &mut Subscription) -> Vec<String> {
    let batch = next(reader).await;
    let place = |(word, delivery): (String, &Delivery)| match delivery {
        Delivery::Event(entry) => entry.record().seq.to_string(),
        _ => word,
    };
    words(&batch).into_iter().zip(&batch).map(place).collect()
}

/// The data of a batch of events.
fn data(batch: &[Delivery]) -> Vec<&str> {
    let events = batch.iter().filter_map(|delivery| match delivery {
        Delivery::Event(entry) => Some(&*entry.record().data),
        _ => None,
    });
    events.collect()
}

#[tokio::test(start_paused = true)]
async fn retention_that_overtakes_a_slow_reader_shows_where_it_did() {
    let hub = Running::new(Policy::new(count(5)));
    let large = "x".repeat(40_000);
    for _ in 1..=5 {
        hub.publish("a", &large).await;
    }
    let (mut slow, _) = hub.subscribe(&["a"], Start::All).await;
    assert_eq!(next_places(&mut slow).await, ["1"]);
    for _ in 6..=12 {
        hub.publish("a", &large).await;
    }
    settle().await;
    // 8 to 12 are kept; one more is lost while the reader is on its way through them.
    assert_eq!(next_places(&mut slow).await, ["gap trimmed 6 -> 7", "8"]);
    assert_eq!(next_places(&mut slow).await, ["9"]);
    for _ in 13..=15 {
        hub.publish("a", &large).await;
    }
    assert_eq!(next_places(&mut slow).await, ["gap trimmed 1 -> 10", "11"]);
    for place in 12..=15 {
        assert_eq!(next_places(&mut slow).await, [place.to_string()]);
    }
    assert_eq!(next_places(&mut slow).await, ["beat 15"]);
    assert_eq!(hub.hub.stats().gaps.total(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_busy_topic_of_its_own_retention_costs_the_others_nothing() {
    let busy = hub::Selector::parse("busy").unwrap();
    let hub = Running::new(Policy::new(count(2)).with(busy, count(1)));
    hub.publish("calm", "1").await;
    for _ in 0..10 {
        hub.publish("busy", "x").await;
    }
    hub.publish("calm", "2").await;
    let (mut reader, _) = hub.subscribe(&["**"], Start::All).await;
    assert_eq!(words(&next(&mut reader).await), ["1 1", "x 11", "2 12"]);
}

#[tokio::test(start_paused = true)]
async fn a_deleted_topic_is_never_served_again() {
    let hub = Running::keeping_all();
    let (mut both, _) = hub.subscribe(&["a", "b"], Start::Live).await;
    let (mut alone, preface) = hub.subscribe(&["a"], Start::Live).await;
    let [Delivery::Open(before)] = preface.as_slice() else {
        panic!("{preface:?}");
    };
    let drafts = ["a", "b", "a", "b"].map(|topic| draft(topic, topic));
    hub.publish_all(drafts.into()).await;
    // The newest events are in the ring by now, and stay there.
    settle().await;
    assert_eq!(forget(&hub, "a").await, 2);
    assert_eq!(forget(&hub, "a").await, 0);
    assert_eq!(
        words(&next(&mut both).await),
        ["gap deleted 1 -> 1", "b 2", "gap deleted 1 -> 3", "b 4"]
    );
    assert_eq!(words(&next(&mut alone).await), ["gap deleted 2 -> 4"]);
    let (mut anew, preface) = hub.subscribe(&["**"], Start::All).await;
    assert_eq!(words(&preface), ["open 0"]);
    assert_eq!(words(&next(&mut anew).await), ["b 2", "b 4"]);
    let (mut back, preface) = hub.subscribe(&["a"], after(before)).await;
    assert_eq!(words(&preface), ["gap deleted 2 -> 4", "open 4"]);
    hub.publish("a", "again").await;
    for reader in [&mut both, &mut alone, &mut anew, &mut back] {
        assert_eq!(words(&next(reader).await), ["again 5"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_topic_that_is_deleted_before_anyone_was_woken_is_told_as_a_gap() {
    let hub = Running::keeping_all();
    let (mut reader, _) = hub.subscribe(&["a"], Start::Live).await;
    hub.publish("a", "secret").await;
    assert_eq!(forget(&hub, "a").await, 1);
    assert_eq!(words(&next(&mut reader).await), ["gap deleted 1 -> 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_loss_ahead_of_a_slow_reader_is_told_once_and_where_it_was() {
    let hub = Running::keeping_all();
    let large = "x".repeat(40_000);
    for topic in ["a", "b", "a", "b", "a"] {
        hub.publish(topic, &large).await;
    }
    let (mut live, _) = hub.subscribe(&["a", "b"], Start::Live).await;
    let (mut behind, _) = hub.subscribe(&["a", "b"], Start::All).await;
    assert_eq!(forget(&hub, "b").await, 2);
    assert_eq!(next_places(&mut behind).await, ["1"]);
    assert_eq!(next_places(&mut behind).await, ["gap deleted 1 -> 2", "3"]);
    assert_eq!(next_places(&mut behind).await, ["gap deleted 1 -> 4", "5"]);
    assert_eq!(next_places(&mut behind).await, ["beat 5"]);
    assert_eq!(next_places(&mut live).await, ["beat 5"]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_is_not_told_again_to_who_comes_back_with_its_id() {
    let hub = Running::new(Policy::new(count(2)));
    let first = hub.publish("a", "1").await;
    for n in 2..=5 {
        hub.publish("a", &n.to_string()).await;
    }
    let (_, preface) = hub.subscribe(&["a"], after(&first)).await;
    assert_eq!(words(&preface), ["gap trimmed 2 -> 3", "open 3"]);
    let [Delivery::Gap(gap), _] = preface.as_slice() else {
        panic!("{preface:?}");
    };
    assert_eq!(
        (gap.reason, &gap.requested),
        (GapReason::Trimmed, &first.to_string())
    );
    let (mut back, preface) = hub.subscribe(&["a"], after(&gap.resumed_after)).await;
    assert_eq!(words(&preface), ["open 3"]);
    assert_eq!(words(&next(&mut back).await), ["4 4", "5 5"]);
}

#[tokio::test(start_paused = true)]
async fn a_gap_between_kept_events_is_told_there_once_however_often_a_client_comes_back() {
    let hub = Running::keeping_all();
    for topic in ["k", "z", "z", "k", "z", "k"] {
        hub.publish(topic, topic).await;
    }
    assert_eq!(forget(&hub, "z").await, 3);
    let all = [
        "open 0",
        "k 1",
        "gap deleted 2 -> 3",
        "k 4",
        "gap deleted 1 -> 5",
        "k 6",
    ];
    // Cut off after each word in turn, and back with the last id.
    let (mut cursor, mut heard) = (hub.hub.head(), Vec::new());
    cursor.seq = 0;
    while cursor.seq < 6 {
        let (mut reader, mut said) = hub.subscribe(&["k", "z"], after(&cursor)).await;
        said.extend(next(&mut reader).await);
        let words = words(&said);
        let new = words
            .iter()
            .position(|word| heard.is_empty() || !word.starts_with("open"));
        let new = new.unwrap();
        heard.push(words[new].clone());
        if heard.len() > 1 {
            cursor.seq = words[new].rsplit(' ').next().unwrap().parse().unwrap();
        }
    }
    assert_eq!(heard, all);
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_for_at_once_ends_with_the_gap_after_the_last_event() {
    let hub = Running::keeping_all();
    for topic in ["k", "z", "other"] {
        hub.publish(topic, topic).await;
    }
    assert_eq!(forget(&hub, "z").await, 1);
    let (mut cursor, head) = (hub.hub.head(), hub.hub.head().seq);
    cursor.seq = 0;
    let reader = hub.hub.subscribe(filter(&["k", "z"]), after(&cursor)).await;
    let mut reader = reader.unwrap();
    let mut said = Vec::new();
    loop {
        let batch = reader.up_to(head).await.unwrap();
        if batch.is_empty() {
            break;
        }
        said.extend(words(&batch));
    }
    assert_eq!(said, ["open 0", "k 1", "gap deleted 1 -> 3"]);
    assert_eq!(reader.reached().seq, head);
}

#[tokio::test(start_paused = true)]
async fn a_time_gives_nothing_older_though_newer_losses_are_no_longer_known_one_by_one() {
    let topics = hub::Selector::parse("busy").unwrap();
    let hub = Running::new(Policy::new(Retention::default()).with(topics, count(1)));
    let begun = hub::Clock::wall(&*hub.clock);
    hub.publish("old", "1").await;
    hub.clock.pass(HOUR);
    for _ in 0..limits::LOSSES / 1_000 + 2 {
        hub.publish_all(vec![draft("busy", ""); 1_000]).await;
    }
    hub.publish("old", "2").await;
    let start = Start::Since(begun + HOUR / 2);
    let (mut reader, _) = hub.subscribe(&["old"], start).await;
    assert_eq!(data(&next(&mut reader).await), ["2"]);
    let start = Start::Since(begun + HOUR / 2);
    let (_, preface) = hub.subscribe(&["busy"], start).await;
    assert!(
        words(&preface)[0].starts_with("gap trimmed ? "),
        "{preface:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_time_before_what_is_kept_gives_a_gap_and_all_and_newest_do_not() {
    let hub = Running::new(Policy::new(count(2)));
    let begun = hub::Clock::wall(&*hub.clock);
    for n in 1..=5 {
        hub.publish("a", &n.to_string()).await;
        hub.clock.pass(Duration::from_secs(10));
    }
    let since = |secs| Start::Since(begun + Duration::from_secs(secs));
    for (start, preface) in [
        (since(0), &["gap trimmed 3 -> 3", "open 3"][..]),
        (since(11), &["gap trimmed 1 -> 3", "open 3"]),
        (since(21), &["open 3"]),
        (since(40), &["open 4"]),
        (since(41), &["open 5"]),
        (Start::All, &["open 0"]),
        (Start::Newest(9), &["open 3"]),
        (Start::Newest(1), &["open 4"]),
    ] {
        let (_, begins) = hub.subscribe(&["a"], start.clone()).await;
        assert_eq!(words(&begins), preface, "{start:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_quiet_hub_lets_go_of_what_is_too_old() {
    let hour = Retention {
        age: Some(HOUR),
        ..Retention::default()
    };
    let hub = Running::new(Policy::new(hour));
    hub.publish("a", "secret").await;
    hub.clock.pass(HOUR);
    tokio::time::sleep(limits::TIDY + Duration::from_millis(1)).await;
    assert_eq!(
        hub.hub.stats().log.events,
        0,
        "nobody published, nobody read"
    );
}

#[tokio::test(start_paused = true)]
async fn a_calendar_that_jumps_trims_nothing_and_changes_no_order() {
    let day = Retention {
        age: Some(24 * HOUR),
        ..Retention::default()
    };
    let hub = Running::new(Policy::new(day));
    let ten_years = 10 * 365 * 24 * HOUR;
    hub.publish("a", "before").await;
    hub.clock.set(|wall| wall + ten_years);
    hub.publish("a", "far").await;
    hub.clock.set(|wall| wall - ten_years - HOUR);
    hub.publish("a", "early").await;
    hub.log.trim();
    let (mut reader, _) = hub.subscribe(&["a"], Start::All).await;
    let all = ["before 1", "far 2", "early 3"];
    assert_eq!(words(&next(&mut reader).await), all);
    assert_eq!(words(&next(&mut reader).await), ["beat 3"]);
    // With the calendar right again, age counts again.
    hub.clock.set(|wall| wall + HOUR);
    hub.clock.pass(23 * HOUR);
    hub.log.trim();
    assert_eq!(hub.hub.stats().log.events, 3);
    hub.clock.pass(HOUR);
    hub.log.trim();
    assert_eq!(
        hub.hub.stats().log.events,
        0,
        "also what was accepted in the far future"
    );
}
