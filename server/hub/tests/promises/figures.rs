//! What is counted for who watches over the hub.

use std::sync::Arc;

use hub::{
    Client, CloseReason, GapReason, Log, MemoryLog, Policy, Retention, Settings, Start, Traffic,
    limits,
};

use crate::support::{HandClock, Running, after, count, draft, filter, next, words};

fn deliveries(hub: &Running) -> u64 {
    hub.hub.figures().delivery.count()
}

#[tokio::test(start_paused = true)]
async fn a_delivery_is_timed_once_for_all_that_is_handed_out_and_only_to_who_had_all_before() {
    let hub = Running::keeping_all();
    let begin = hub.hub.head();
    hub.publish_all(vec![draft("a", "x"); 3]).await;
    // Until the hub has them, or they would be new to it too.
    tokio::task::yield_now().await;
    let (mut reader, _) = hub.subscribe(&["a"], after(&begin)).await;
    assert_eq!(next(&mut reader).await.len(), 3);
    assert_eq!(
        deliveries(&hub),
        0,
        "it came late, and nobody kept it waiting"
    );
    assert_eq!(words(&next(&mut reader).await), ["beat 3"]);
    for round in 1..=2 {
        hub.publish_all(vec![draft("a", "x"); 5]).await;
        assert_eq!(next(&mut reader).await.len(), 5);
        assert_eq!(deliveries(&hub), round);
    }
    assert_eq!(words(&next(&mut reader).await), ["beat 13"]);
    assert_eq!(deliveries(&hub), 2, "a heartbeat is no event");
}

#[tokio::test(start_paused = true)]
async fn a_publish_is_timed_once_it_is_durable_and_not_where_it_is_refused() {
    let hub = Running::keeping_all();
    hub.publish_all(vec![draft("a", "x"); 5]).await;
    hub.publish("a", "x").await;
    let large = draft("a", &"x".repeat(limits::MAX_EVENT + 1));
    hub.hub.publish(vec![large]).await.unwrap_err();
    assert_eq!(hub.hub.figures().publishing.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_is_stored_counts_where_nobody_stays_for_the_answer_and_what_was_there_before_does_not()
 {
    let clock = HandClock::new();
    let policy = Policy::new(Retention::default());
    let log = Arc::new(MemoryLog::new(policy, clock.clone()));
    log.append(vec![draft("a", "before"); 3]).await.unwrap();
    let hub = Running::over(Arc::clone(&log), clock, Settings::default());
    // What is left of a publish that is given up once the log has it.
    log.append(vec![draft("a", "x")]).await.unwrap();
    hub.publish("a", "x").await;
    assert_eq!(hub.hub.stats().published.events, 2);
}

#[tokio::test(start_paused = true)]
async fn each_end_of_a_stream_is_counted_by_its_reason() {
    let clock = HandClock::new();
    let log = Arc::new(MemoryLog::new(
        Policy::new(Retention::default()),
        clock.clone(),
    ));
    let settings = Settings {
        max_subscribers: 1,
        ..Settings::default()
    };
    let hub = Running::over(log, clock, settings);
    let (mut slow, _) = hub.subscribe(&["a"], Start::Live).await;
    let page = limits::BATCH_BYTES as usize * 2 / 3;
    hub.publish_all(vec![draft("a", &"x".repeat(page)); 2])
        .await;
    next(&mut slow).await;
    tokio::time::sleep(limits::SLOW).await;
    assert_eq!(words(&next(&mut slow).await), ["close slow"]);
    drop(slow);
    let (mut other, _) = hub.subscribe(&["b"], Start::Live).await;
    let (mut third, _) = hub.subscribe(&["b"], Start::Live).await;
    assert_eq!(words(&next(&mut third).await), ["close overload"]);
    hub.hub.close(CloseReason::Shutdown);
    assert_eq!(words(&next(&mut other).await), ["close shutdown"]);
    assert!(other.next().await.unwrap().is_none());
    let closed = hub.hub.figures().closed;
    assert_eq!(
        CloseReason::ALL.map(|reason| closed.of(reason)),
        [1, 0, 1, 1]
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_not_taken_was_not_handed_out_and_no_gap_told() {
    let hub = Running::new(Policy::new(count(1)));
    let begin = hub.hub.head();
    hub.publish("a", "x").await;
    hub.publish("a", "x").await;
    let (mut reader, head) = (
        hub.hub
            .subscribe(filter(&["a"]), after(&begin))
            .await
            .unwrap(),
        hub.hub.head(),
    );
    let told = || hub.hub.stats().gaps.total();
    let preface = reader.up_to(head.seq).await.unwrap();
    assert_eq!(words(&preface), ["gap trimmed 1 -> 1", "open 1"]);
    assert_eq!(told(), 0);
    reader.took(&preface);
    let events = reader.up_to(head.seq).await.unwrap();
    assert_eq!((events.len(), told()), (1, 1));
    assert_eq!(hub.hub.stats().delivered.events, 0);
    reader.took(&events);
    assert_eq!(hub.hub.stats().delivered.events, 1);
}

#[tokio::test(start_paused = true)]
async fn subscribers_are_counted_by_format_and_a_format_that_is_gone_has_none() {
    let hub = Running::keeping_all();
    let join = async |format| {
        let client = Client {
            format,
            remote: None,
        };
        let joined = hub.hub.subscribe_as(filter(&["a"]), Start::Live, client);
        joined.await.unwrap()
    };
    let lines = [join("ndjson").await, join("ndjson").await];
    let _stream = join("event-stream").await;
    let formats = || hub.hub.figures().formats;
    assert_eq!(formats(), [("event-stream", 1), ("ndjson", 2)]);
    drop(lines);
    assert_eq!(formats(), [("event-stream", 1), ("ndjson", 0)]);
}

#[tokio::test(start_paused = true)]
async fn events_in_and_out_and_gaps_are_counted() {
    let hub = Running::new(Policy::new(count(2)));
    let keyed = || vec![draft("a", "123").key("k").unwrap()];
    hub.publish_all(keyed()).await;
    hub.publish_all(keyed()).await;
    hub.publish("a", "45").await;
    hub.publish("a", "6").await;
    let stats = hub.hub.stats();
    assert_eq!(
        stats.published,
        Traffic {
            events: 3,
            bytes: 6
        }
    );
    assert_eq!(stats.delivered, Traffic::default());
    // After the first of three is gone: a gap, then two events each.
    let zero = format!("{}-0", hub.hub.epoch());
    for _ in 0..2 {
        let (mut reader, _) = hub
            .subscribe(&["a"], Start::After(zero.clone().into()))
            .await;
        assert_eq!(next(&mut reader).await.len(), 2);
    }
    hub.subscribe(&["a"], Start::After(b"other-1".to_vec()))
        .await;
    let stats = hub.hub.stats();
    assert_eq!(
        stats.delivered,
        Traffic {
            events: 4,
            bytes: 6
        }
    );
    let gaps = GapReason::ALL.map(|reason| stats.gaps.of(reason));
    assert_eq!((gaps, stats.gaps.total()), ([2, 0, 0, 0, 1], 3));
}
