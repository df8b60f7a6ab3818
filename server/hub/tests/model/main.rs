//! Cursor, gap and retention: the hub against a model that knows the contract and not the hub.
//!
//! The model keeps every event there ever was and what became of it. Whatever a stream says is held
//! against that: each event that matches after the cursor comes once and in order, or a gap says
//! that it is gone.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test"
)]

mod contract;
mod reader;
#[path = "../support/mod.rs"]
mod support;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    task::Poll,
    time::Duration,
};

use contract::{AGE, COUNT, Model, OVERRIDE_COUNT, OVERRIDE_TOPIC, SELECTORS, TOPICS};
use hub::{Delivery, EventId, Policy, Retention, Settings, Start, Subscription, Topic};
use proptest::prelude::*;
use reader::{Opening, Reader};
use support::{Running, count, draft, filter};
use tokio::time::{Instant, timeout};

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// Events on these topics, in one publish, each of about this many bytes.
    Publish(Vec<usize>, usize),
    Subscribe(usize, Begin),
    /// A reader takes a batch; if it says so, a publish comes while it waits.
    Read(usize, Option<Vec<usize>>),
    /// A reader is cut off and comes back with the last id of its stream.
    Resume(usize),
    /// The newest events, then a subscription after their cursor.
    Snapshot(usize, usize),
    Pass(u64),
    Forget(usize),
    /// The hub starts again over the same log.
    Restart,
    /// The log is lost; another takes its place.
    Renew,
}

#[derive(Clone, Debug)]
enum Begin {
    Live,
    All,
    Newest(usize),
    /// An id between the first and the newest.
    Held(prop::sample::Index),
    Garbage(usize),
    Future(u64),
    OtherEpoch(u64),
}

const GARBAGE: [&[u8]; 7] = [
    b"garbage",
    b"-1",
    b"0",
    b"x-01",
    b"a-1 ",
    b"\xff-1",
    b"k3-18446744073709551616",
];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let topics = || prop::collection::vec(0..TOPICS.len(), 1..5);
    let begin = prop_oneof![
        2 => Just(Begin::Live),
        2 => Just(Begin::All),
        2 => (0_usize..6).prop_map(Begin::Newest),
        4 => any::<prop::sample::Index>().prop_map(Begin::Held),
        1 => (0..GARBAGE.len()).prop_map(Begin::Garbage),
        1 => (1_u64..4).prop_map(Begin::Future),
        1 => (0_u64..4).prop_map(Begin::OtherEpoch),
    ];
    let size = prop_oneof![4 => Just(0_usize), 1 => Just(40_000)];
    let step = prop_oneof![
        8 => (topics(), size).prop_map(|(topics, size)| Step::Publish(topics, size)),
        4 => (0..SELECTORS.len(), begin).prop_map(|(want, begin)| Step::Subscribe(want, begin)),
        10 => (any::<usize>(), prop::option::of(topics())).prop_map(|(i, p)| Step::Read(i, p)),
        4 => any::<usize>().prop_map(Step::Resume),
        1 => (0..SELECTORS.len(), 0_usize..6).prop_map(|(want, n)| Step::Snapshot(want, n)),
        2 => (1_u64..8).prop_map(Step::Pass),
        1 => (0..TOPICS.len()).prop_map(Step::Forget),
        1 => Just(Step::Restart),
        1 => Just(Step::Renew),
    ];
    prop::collection::vec(step, 1..60)
}

/// A hub, its model, and those who read.
struct World {
    running: Running,
    model: Model,
    streams: Vec<Stream>,
}

/// A subscription, what it may say, and the last id that it said.
struct Stream {
    subscription: Subscription,
    reader: Reader,
    last: EventId,
    /// When it was last handed something.
    handed: Instant,
}

fn policy() -> Policy {
    let hub = Retention {
        age: Some(AGE),
        ..count(COUNT as u64)
    };
    let special = Retention {
        age: Some(AGE),
        ..count(OVERRIDE_COUNT as u64)
    };
    Policy::new(hub).with(hub::Selector::parse(OVERRIDE_TOPIC).unwrap(), special)
}

impl World {
    fn new() -> Self {
        let running = Running::new(policy());
        let model = Model {
            epoch: running.hub.epoch().to_string(),
            ..Model::default()
        };
        Self {
            running,
            model,
            streams: Vec::new(),
        }
    }

    async fn take(&mut self, step: Step) {
        match step {
            Step::Publish(topics, size) => self.publish(&topics, size).await,
            Step::Subscribe(want, begin) => {
                let (opening, id) = self.begin(begin);
                self.subscribe(SELECTORS[want], opening, id).await;
            }
            Step::Read(..) | Step::Resume(_) if self.streams.is_empty() => {}
            Step::Read(index, publish) => self.read(index % self.streams.len(), publish).await,
            Step::Resume(index) => self.resume(index % self.streams.len()).await,
            Step::Snapshot(want, n) => self.snapshot(SELECTORS[want], n).await,
            Step::Pass(seconds) => {
                self.running.clock.pass(Duration::from_secs(seconds));
                self.running.log.trim();
                self.model.now += Duration::from_secs(seconds);
                self.model.trim();
            }
            Step::Forget(topic) => {
                let topic = TOPICS[topic];
                let forgotten = self.running.hub.forget(&Topic::parse(topic).unwrap()).await;
                assert_eq!(forgotten, Ok(self.model.forget(topic)));
            }
            Step::Restart => {
                let (log, clock) = (self.running.log.clone(), self.running.clock.clone());
                self.running = Running::over(log, clock, Settings::default());
                self.resume_all().await;
            }
            Step::Renew => {
                let streams = std::mem::take(&mut self.streams);
                *self = Self::new();
                self.streams = streams;
                self.resume_all().await;
            }
        }
    }

    async fn publish(&mut self, topics: &[usize], size: usize) {
        let batch = accept(&mut self.model, topics, size);
        let first = self.model.head() - topics.len() as u64;
        for (at, published) in self.running.publish_all(batch).await.iter().enumerate() {
            assert_eq!(
                published.id.seq,
                first + at as u64 + 1,
                "one sequence without holes"
            );
        }
    }

    /// The words of the contract for a beginning, and the id that is sent for it.
    fn begin(&self, begin: Begin) -> (Opening, Start) {
        let (epoch, head) = (self.model.epoch.clone(), self.model.head());
        let id = |text: String| Start::After(text.into_bytes());
        match begin {
            Begin::Live => (Opening::Live, Start::After(Vec::new())),
            Begin::All => (Opening::All, id("earliest".into())),
            Begin::Newest(n) => (Opening::Newest(n), Start::Newest(n)),
            Begin::Held(index) => {
                let seq = index.index(head as usize + 1) as u64;
                (Opening::After(seq), id(format!("{epoch}-{seq}")))
            }
            Begin::Garbage(index) => (
                Opening::Unknown(hub::GapReason::UnknownId),
                Start::After(GARBAGE[index].to_vec()),
            ),
            Begin::Future(more) => (
                Opening::Unknown(hub::GapReason::UnknownId),
                id(format!("{epoch}-{}", head + more)),
            ),
            Begin::OtherEpoch(seq) => (
                Opening::Unknown(hub::GapReason::EpochChanged),
                id(format!("other0000-{seq}")),
            ),
        }
    }

    async fn subscribe(&mut self, want: &'static [&'static str], opening: Opening, start: Start) {
        let requested = match &start {
            Start::After(id) => String::from_utf8_lossy(id).into_owned(),
            _ => String::new(),
        };
        let subscribed = self.running.hub.subscribe(filter(want), start).await;
        let mut subscription = subscribed.unwrap();
        let begins_after = subscription.begins_after().clone();
        let preface = subscription.next().await.unwrap().unwrap();
        let reader = Reader::open(&self.model, want, &opening, &requested, &preface);
        let last = last_id(&preface).expect("hub.open has an id");
        assert_eq!(last, begins_after);
        self.streams.push(Stream {
            subscription,
            reader,
            last,
            handed: Instant::now(),
        });
    }

    async fn resume(&mut self, index: usize) {
        let Stream { reader, last, .. } = self.streams.remove(index);
        let opening = if last.epoch == *self.running.hub.epoch() {
            Opening::After(last.seq)
        } else {
            Opening::Unknown(hub::GapReason::EpochChanged)
        };
        self.subscribe(reader.want, opening, support::after(&last))
            .await;
    }

    async fn resume_all(&mut self) {
        for _ in 0..self.streams.len() {
            self.resume(0).await;
        }
    }

    async fn snapshot(&mut self, want: &'static [&'static str], n: usize) {
        let snapshot = self.running.hub.newest(filter(want), n).await.unwrap();
        let seqs: Vec<u64> = snapshot.records.iter().map(|record| record.seq).collect();
        assert_eq!(seqs, self.model.newest(want, n));
        assert_eq!(snapshot.cursor.seq, self.model.head());
        let start = support::after(&snapshot.cursor);
        self.subscribe(want, Opening::After(snapshot.cursor.seq), start)
            .await;
    }

    /// Takes a batch; whatever is published meanwhile is published once the reader waits.
    async fn read(&mut self, index: usize, publish: Option<Vec<usize>>) {
        let since = Instant::now();
        let batch = {
            let subscription = &mut self.streams[index].subscription;
            let mut next = pin!(timeout(Duration::from_secs(60), subscription.next()));
            let mut batch = poll_fn(|cx| Poll::Ready(next.as_mut().poll(cx))).await;
            if batch.is_pending() {
                if let Some(topics) = publish {
                    let drafts = accept(&mut self.model, &topics, 0);
                    self.running.publish_all(drafts).await;
                }
                batch = Poll::Ready(next.await);
            }
            batch
        };
        let Poll::Ready(Ok(Ok(Some(batch)))) = batch else {
            panic!("a beat at least, not {batch:?}");
        };
        let stream = &mut self.streams[index];
        if let [Delivery::Close(close)] = batch.as_slice() {
            // While others waited for a beat, this one took nothing.
            assert_eq!(close.reason, hub::CloseReason::Slow);
            assert!(since - stream.handed >= hub::limits::SLOW, "too early");
            return self.resume(index).await;
        }
        stream.handed = Instant::now();
        stream.last = last_id(&batch).expect("all but hub.close have an id");
        stream.reader.read(&self.model, &batch);
        let waited = !since.elapsed().is_zero();
        match batch.last() {
            Some(Delivery::Event(_)) => assert!(!waited, "it was there and nobody said so"),
            // Time passes only once the hub has nothing to do: it knows all there is.
            Some(Delivery::Beat(id)) if waited => assert_eq!(id.seq, self.model.head()),
            _ => {}
        }
    }

    async fn drain(&mut self) {
        for index in 0..self.streams.len() {
            while !self.streams[index].reader.is_done(&self.model) {
                self.read(index, None).await;
            }
        }
    }
}

/// Notes a publish in the model, and makes the drafts for it.
fn accept(model: &mut Model, topics: &[usize], size: usize) -> Vec<hub::Draft> {
    let mut drafts = Vec::new();
    for topic in topics {
        let data = format!("{}{}", model.head() + 1, "x".repeat(size));
        drafts.push(draft(TOPICS[*topic], &data));
        model.publish(TOPICS[*topic], data);
    }
    model.trim();
    drafts
}

fn last_id(batch: &[Delivery]) -> Option<EventId> {
    batch.iter().rev().find_map(|delivery| match delivery {
        Delivery::Open(id) | Delivery::Beat(id) => Some(id.clone()),
        Delivery::Gap(gap) => Some(gap.resumed_after.clone()),
        Delivery::Event(entry) => EventId::parse(entry.id()),
        Delivery::Close(_) => None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_reader_gets_what_it_asked_for_or_is_told_of_its_loss(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(async {
            let mut world = World::new();
            for step in steps {
                world.take(step).await;
            }
            world.drain().await;
        });
    }
}
