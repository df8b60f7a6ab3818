//! Readers and publishers do not disturb one another, however slow or many.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, SystemTime},
};

use futures::stream::BoxStream;
use hub::{
    Appended, Batch, Bounds, Cursor, Delivery, Draft, Filter, Fut, Hub, Log, LogError, MemoryLog,
    Page, Policy, Record, Seq, Settings, Start, Subscription, Tail, Topic, TopicInfo, TopicPage,
    TopicQuery, limits,
};
use tokio::{sync::Barrier, task::JoinSet, time::Instant};

use crate::support::{HandClock, Running, count, draft, filter, next, words};

fn places(batch: &[Delivery]) -> Vec<u64> {
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
    let places: Vec<u64> = seen.iter().flat_map(|batch| places(batch)).collect();
    assert_eq!(places, (1..=100).collect::<Vec<_>>());
    assert_eq!(words(&next(&mut reader).await), ["beat 100"]);
}

/// A log whose reads take a few turns, as those of a disk do.
struct Unhurried(Arc<MemoryLog>);

/// How many turns, before and after.
const TURNS: usize = 2;

impl Log for Unhurried {
    fn append(&self, batch: Vec<Draft>) -> Fut<'_, Result<Vec<Appended>, LogError>> {
        self.0.append(batch)
    }

    fn read(
        &self,
        after: Cursor,
        until: Seq,
        want: Arc<Filter>,
        max_bytes: u64,
    ) -> Fut<'_, Result<Page, LogError>> {
        Box::pin(async move {
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            let page = self.0.read(after, until, want, max_bytes).await;
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
            page
        })
    }

    fn newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Vec<Arc<Record>>, LogError>> {
        self.0.newest(until, want, n)
    }

    fn before_newest(
        &self,
        until: Seq,
        want: Arc<Filter>,
        n: usize,
    ) -> Fut<'_, Result<Seq, LogError>> {
        self.0.before_newest(until, want, n)
    }

    fn seek(&self, time: SystemTime) -> Fut<'_, Result<Seq, LogError>> {
        self.0.seek(time)
    }

    fn forget(&self, topic: &Topic) -> Fut<'_, Result<u64, LogError>> {
        self.0.forget(topic)
    }

    fn topics(&self, query: TopicQuery) -> Fut<'_, Result<TopicPage, LogError>> {
        self.0.topics(query)
    }

    fn topic(&self, topic: &Topic) -> Fut<'_, Result<Option<TopicInfo>, LogError>> {
        self.0.topic(topic)
    }

    fn is_read_only(&self) -> bool {
        self.0.is_read_only()
    }

    fn tail(&self, after: Seq) -> BoxStream<'static, Result<Tail, LogError>> {
        self.0.tail(after)
    }

    fn health(&self) -> hub::Health {
        self.0.health()
    }

    fn tidy(&self) {
        self.0.tidy();
    }

    fn bounds(&self) -> Bounds {
        self.0.bounds()
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_of_the_log_that_is_dropped_half_way_loses_neither_events_nor_the_gap() {
    let seven = Policy::new(count(7));
    for turns in 0..=2 * TURNS + 1 {
        let log = Arc::new(MemoryLog::new(seven.clone(), HandClock::new()));
        let unhurried = Arc::new(Unhurried(Arc::clone(&log)));
        let (hub, driver) = Hub::open(unhurried, Settings::default());
        let driver = tokio::spawn(driver.run());
        let mut reader = hub.subscribe(filter(&["a"]), Start::All).await.unwrap();
        assert_eq!(words(&next(&mut reader).await), ["open 0"]);
        for _ in 0..10 {
            hub.publish(vec![draft("a", "x")]).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        let mut batch = None;
        {
            let mut half = pin!(reader.next());
            for _ in 0..turns {
                let polled = poll_fn(|cx| Poll::Ready(half.as_mut().poll(cx))).await;
                if let Poll::Ready(whole) = polled {
                    batch = whole.unwrap();
                    break;
                }
            }
        }
        assert_eq!(batch.is_some(), turns > 2 * TURNS, "dropped at each turn");
        let batch = match batch {
            Some(batch) => batch,
            None => next(&mut reader).await,
        };
        assert_eq!(words(&batch[..1]), ["gap trimmed 3 -> 3"], "after {turns}");
        assert_eq!(places(&batch[1..]), [4, 5, 6, 7, 8, 9, 10], "after {turns}");
        driver.abort();
    }
}

/// One reader among many: takes each round's events, then waits for the others.
async fn follow(mut reader: Subscription, rounds: u64, each: u64, barrier: Arc<Barrier>) {
    let mut seen = Vec::new();
    for round in 1..=rounds {
        while (seen.len() as u64) < round * each {
            // A beat instead would say that events were there for 15 s and nobody was woken.
            seen.extend(places(&reader.next().await.unwrap().unwrap()));
        }
        assert_eq!(seen.len() as u64, round * each, "no event twice");
        barrier.wait().await;
    }
    assert!(seen.is_sorted_by(|a, b| a < b), "in one order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_wake_up_is_lost_among_many_publishers_and_readers() {
    const ROUNDS: u64 = 200;
    const BURST: u64 = 5;
    let hub = Running::keeping_all();
    let topics = ["a", "b/x", "b/y", "c"];
    // What they ask for, and the events of how many publishers that is.
    let wants: [(&[&str], u64); 5] = [
        (&["a"], 1),
        (&["b/*"], 2),
        (&["**"], 4),
        (&["a", "b/x", "c"], 3),
        (&["c", "*"], 2),
    ];
    let barrier = Arc::new(Barrier::new(4 * wants.len() + topics.len()));
    let mut tasks = JoinSet::new();
    for (want, publishers) in wants.into_iter().cycle().take(4 * wants.len()) {
        let (reader, _) = hub.subscribe(want, Start::Live).await;
        tasks.spawn(follow(
            reader,
            ROUNDS,
            publishers * BURST,
            Arc::clone(&barrier),
        ));
    }
    for topic in topics {
        let (hub, barrier) = (hub.hub.clone(), Arc::clone(&barrier));
        tasks.spawn(async move {
            for _ in 0..ROUNDS {
                for _ in 0..BURST {
                    hub.publish(vec![draft(topic, "x")]).await.unwrap();
                }
                barrier.wait().await;
            }
        });
    }
    // The first failure ends the test: the others wait for each other.
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(hub.hub.head().seq, ROUNDS * BURST * topics.len() as u64);
}
