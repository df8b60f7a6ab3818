//! A reader that stops taking: closed where it can be told, and complete when it comes back.

use std::time::Duration;

use hub::{Delivery, Start, Subscription, limits};

use crate::support::{Running, after, draft, next, words};

const MOMENT: Duration = Duration::from_millis(1);

/// A reader that has been handed one page of two, and all that it was handed.
async fn reader_of_two_pages(hub: &Running) -> (Subscription, Vec<String>) {
    let (mut reader, _) = hub.subscribe(&["a"], Start::Live).await;
    let page = limits::BATCH_BYTES as usize * 2 / 3;
    hub.publish_all(vec![draft("a", &"x".repeat(page)); 2])
        .await;
    let page = words(&next(&mut reader).await);
    assert_eq!(page.len(), 1);
    (reader, page)
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_for_60_seconds_is_closed_as_slow_and_resumes_by_its_id() {
    let hub = Running::keeping_all();
    let (mut reader, _) = reader_of_two_pages(&hub).await;
    tokio::time::sleep(limits::SLOW).await;
    assert_eq!(words(&next(&mut reader).await), ["close slow"]);
    assert!(reader.next().await.unwrap().is_none());
    let mut seen = hub.hub.head();
    seen.seq = 1;
    let (mut back, preface) = hub.subscribe(&["a"], after(&seen)).await;
    assert_eq!(words(&preface), ["open 1"]);
    let batch = next(&mut back).await;
    let [Delivery::Event(entry)] = batch.as_slice() else {
        panic!("{batch:?}");
    };
    assert_eq!(entry.record().seq, 2, "nothing is missing");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_comes_back_before_is_served() {
    let hub = Running::keeping_all();
    let (mut reader, first) = reader_of_two_pages(&hub).await;
    tokio::time::sleep(limits::SLOW - MOMENT).await;
    let second = words(&next(&mut reader).await);
    assert!(first[0].ends_with(" 1") && second[0].ends_with(" 2"));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_waited_for_an_hour_for_the_next_event_is_not_slow() {
    let hub = Running::keeping_all();
    let (mut reader, _) = hub.subscribe(&["a"], Start::Live).await;
    for _ in 0..240 {
        assert_eq!(words(&next(&mut reader).await), ["beat 0"]);
    }
    // Held up, but nothing has come that it could have taken.
    tokio::time::sleep(2 * limits::SLOW).await;
    assert_eq!(words(&next(&mut reader).await), ["beat 0"]);
    hub.publish("a", "x").await;
    assert_eq!(words(&next(&mut reader).await), ["x 1"]);
}

#[tokio::test(start_paused = true)]
async fn a_large_event_may_take_its_time_on_a_slow_line() {
    let hub = Running::keeping_all();
    let (mut reader, _) = hub.subscribe(&["a"], Start::Live).await;
    hub.publish("a", &"x".repeat(limits::MAX_EVENT)).await;
    hub.publish("a", "next").await;
    assert_eq!(next(&mut reader).await.len(), 1);
    // 1 MiB at 2 KiB a second.
    tokio::time::sleep(Duration::from_secs(512)).await;
    assert_eq!(words(&next(&mut reader).await), ["next 2"]);
}
