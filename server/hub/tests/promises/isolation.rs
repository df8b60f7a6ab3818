//! Readers and publishers do not disturb one another, however slow or many.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
};

use hub::{Batch, Delivery, Start, Subscription, limits};
use tokio::time::Instant;

use crate::support::{Running, draft, next, words};

fn places(batch: &Batch) -> Vec<u64> {
    let place = |delivery: &Delivery| match delivery {
        Delivery::Event(entry) => entry.record().seq,
        other => panic!("only events, not {other:?}"),
    };
    batch.iter().map(place).collect()
}

/// Polls the next batch once and drops the future.
async fn poll_and_drop(reader: &mut Subscription) -> Option<Batch> {
    let mut next = pin!(reader.next());
    match poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await {
        Poll::Ready(batch) => batch.unwrap(),
        Poll::Pending => None,
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_nothing_delays_neither_publishers_nor_readers() {
    let hub = Running::keeping_all();
    let (mut stuck, _) = hub.subscribe(&["a"], Start::Live).await;
    let (mut brisk, _) = hub.subscribe(&["a"], Start::Live).await;
    let since = Instant::now();
    let mut seen = 0;
    for _ in 0..100 {
        hub.publish_all(vec![draft("a", "x"); 100]).await;
        while seen < hub.hub.head().seq {
            for place in places(&next(&mut brisk).await) {
                assert_eq!(place, seen + 1);
                seen = place;
            }
        }
    }
    assert!(since.elapsed().is_zero(), "nobody waited");
    let mut seen = 0;
    while stuck.is_behind() {
        for place in places(&next(&mut stuck).await) {
            assert_eq!(place, seen + 1);
            seen = place;
        }
    }
    assert_eq!(seen, 10_000);
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_bounded_whatever_the_size_of_events() {
    let hub = Running::keeping_all();
    for data in [
        String::new(),
        "x".repeat(1_000),
        "x".repeat(limits::MAX_EVENT),
    ] {
        for _ in 0..4 {
            hub.publish_all(vec![
                draft("a", &data);
                if data.len() > 1_000 { 1 } else { 1_000 }
            ])
            .await;
        }
    }
    // The same events once from the ring, and once from the log.
    let reopened = Running::over(hub.log.clone(), hub.clock.clone(), Default::default());
    reopened
        .publish("b", "so that there is a head to go to")
        .await;
    for hub in [hub, reopened] {
        let (mut reader, _) = hub.subscribe(&["a"], Start::All).await;
        let mut seen = 0;
        while seen < 8_004 {
            let batch = next(&mut reader).await;
            let cost = |delivery: &Delivery| match delivery {
                Delivery::Event(entry) => entry.record().cost(),
                other => panic!("only events, not {other:?}"),
            };
            let bytes: u64 = batch.iter().map(cost).sum();
            assert!(batch.len() == 1 || bytes <= limits::BATCH_BYTES, "{bytes}");
            seen += batch.len();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_dropped_loses_nothing() {
    let hub = Running::keeping_all();
    let (mut reader, _) = hub.subscribe(&["a"], Start::Live).await;
    let mut seen = Vec::new();
    for _ in 0..100 {
        // Once before the driver has run, once after, and never to the end.
        seen.extend(poll_and_drop(&mut reader).await);
        hub.publish("a", "x").await;
        seen.extend(poll_and_drop(&mut reader).await);
        tokio::task::yield_now().await;
    }
    seen.push(next(&mut reader).await);
    let places: Vec<u64> = seen.iter().flat_map(places).collect();
    assert_eq!(places, (1..=100).collect::<Vec<_>>());
    assert_eq!(words(&next(&mut reader).await), ["beat 100"]);
}
