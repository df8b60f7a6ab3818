//! A stream: how it begins, beats and ends.

use std::time::Duration;

use hub::{CloseReason, Delivery, GapReason, Settings, Start};
use tokio::time::Instant;

use crate::support::{Running, after, filter, next, words};

#[tokio::test(start_paused = true)]
async fn a_quiet_stream_beats_after_15_seconds_and_not_before() {
    let hub = Running::keeping_all();
    // Between two of the hub's looks at the clock, where rounding would show.
    tokio::time::sleep(Duration::from_millis(900)).await;
    let (mut quiet, _) = hub.subscribe(&["a"], Start::Live).await;
    for _ in 0..3 {
        let since = Instant::now();
        assert_eq!(words(&next(&mut quiet).await), ["beat 0"]);
        let waited = since.elapsed();
        assert!(waited >= Duration::from_secs(15), "{waited:?}");
        assert!(waited <= Duration::from_secs(16), "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_beat_has_the_newest_id_even_if_it_is_of_another_topic() {
    let hub = Running::keeping_all();
    let (mut quiet, _) = hub.subscribe(&["a"], Start::Live).await;
    hub.publish("b", "x").await;
    let newest = hub.publish("b", "x").await;
    assert_eq!(words(&next(&mut quiet).await), ["beat 2"]);
    hub.publish("a", "x").await;
    let (_, back) = hub.subscribe(&["a"], after(&newest)).await;
    assert_eq!(words(&back), ["open 2"]);
}

#[tokio::test(start_paused = true)]
async fn an_event_puts_the_next_beat_off() {
    let hub = Running::keeping_all();
    let (mut reader, _) = hub.subscribe(&["a"], Start::Live).await;
    tokio::time::sleep(Duration::from_secs(14)).await;
    hub.publish("a", "x").await;
    assert_eq!(words(&next(&mut reader).await), ["x 1"]);
    let since = Instant::now();
    assert_eq!(words(&next(&mut reader).await), ["beat 1"]);
    assert!(since.elapsed() >= Duration::from_secs(15));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_saw_only_the_beginning_comes_back_and_misses_nothing() {
    let hub = Running::keeping_all();
    hub.publish("a", "before").await;
    let (cut_off, preface) = hub.subscribe(&["a"], Start::Live).await;
    let [Delivery::Open(id)] = preface.as_slice() else {
        panic!("{preface:?}");
    };
    drop(cut_off);
    for n in 0..10 {
        hub.publish("a", &n.to_string()).await;
    }
    let (mut back, preface) = hub.subscribe(&["a"], after(id)).await;
    assert_eq!(words(&preface), ["open 1"]);
    let all_ten: Vec<String> = (0..10).map(|n| format!("{n} {}", n + 2)).collect();
    assert_eq!(words(&next(&mut back).await), all_ten);
}

#[tokio::test(start_paused = true)]
async fn a_close_reaches_those_who_wait_those_behind_and_those_who_come_later() {
    let hub = Running::keeping_all();
    let (mut waits, _) = hub.subscribe(&["a"], Start::Live).await;
    let (mut behind, _) = hub.subscribe(&["b"], Start::Live).await;
    hub.publish("b", "x").await;
    let waiting = tokio::spawn(async move { (next(&mut waits).await, waits.next().await) });
    tokio::time::sleep(Duration::from_millis(1)).await;
    let since = Instant::now();
    hub.hub.close(CloseReason::Shutdown);
    // The first reason stays.
    hub.hub.close(CloseReason::Slow);
    let (batch, end) = waiting.await.unwrap();
    assert_eq!(words(&batch), ["close shutdown"]);
    assert!(matches!(end, Ok(None)));
    assert_eq!(words(&next(&mut behind).await), ["close shutdown"]);
    let (mut later, preface) = hub.subscribe(&["a"], Start::All).await;
    assert_eq!(words(&preface), ["open 0"]);
    assert_eq!(words(&next(&mut later).await), ["close shutdown"]);
    assert!(later.next().await.unwrap().is_none());
    assert!(since.elapsed().is_zero(), "at once, not with the next beat");
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_without_room_is_closed_at_once_and_room_comes_back() {
    let settings = Settings {
        max_subscribers: 1,
        ..Settings::default()
    };
    let all = Running::keeping_all();
    let hub = Running::over(all.log.clone(), all.clock.clone(), settings);
    let (first, _) = hub.subscribe(&["a"], Start::Live).await;
    let (mut second, _) = hub.subscribe(&["b"], Start::Live).await;
    let batch = next(&mut second).await;
    let [Delivery::Close(close)] = batch.as_slice() else {
        panic!("{batch:?}");
    };
    assert_eq!(close.reason, CloseReason::Overload);
    assert_eq!(close.retry.as_millis(), 30_000);
    assert!(second.next().await.unwrap().is_none());
    drop(first);
    let (mut third, _) = hub.subscribe(&["b"], Start::Live).await;
    hub.publish("b", "x").await;
    assert_eq!(words(&next(&mut third).await), ["x 1"]);
}

#[tokio::test(start_paused = true)]
async fn who_is_turned_away_learns_where_to_go_on_and_takes_no_room() {
    let hub = Running::keeping_all();
    hub.publish("a", "before").await;
    let away = hub.hub.turn_away(filter(&["a"]), Start::Live).await;
    let mut away = away.unwrap();
    assert!(!away.has_room());
    assert_eq!(words(&next(&mut away).await), ["open 1"]);
    hub.publish("a", "meanwhile").await;
    assert_eq!(hub.hub.stats().subscribers, 0);
    assert_eq!(words(&next(&mut away).await), ["close overload"]);
    assert!(away.next().await.unwrap().is_none());
    let (mut again, _) = hub
        .subscribe(&["a"], Start::After(away.begins_after().to_string().into()))
        .await;
    assert_eq!(words(&next(&mut again).await), ["meanwhile 2"]);
}

#[tokio::test(start_paused = true)]
async fn what_was_asked_for_comes_back_cut_to_128_characters() {
    let hub = Running::keeping_all();
    // Characters of two bytes, so that bytes are not what is counted.
    let long = "ü".repeat(8 * 1024);
    let start = Start::After(long.into_bytes());
    let (_, preface) = hub.subscribe(&["a"], start).await;
    let [Delivery::Gap(gap), Delivery::Open(_)] = preface.as_slice() else {
        panic!("{preface:?}");
    };
    assert_eq!(gap.reason, GapReason::UnknownId);
    assert_eq!(gap.requested, "ü".repeat(128));
}
