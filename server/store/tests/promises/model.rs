//! Any sequence of what can happen to a log: it keeps and loses what the memory log does, which is
//! held against a model of the contract by the hub's own tests.

use std::{path::Path, sync::Arc, time::Duration};

use hub::{Log, MemoryLog, Policy, Retention, Selector};
use proptest::prelude::*;
use store::{Options, SegmentLog, check};

use crate::support::{HandClock, count, draft, page, topic_of};

const TOPICS: [&str; 4] = ["a", "a/b", "kept/x", "c"];

#[derive(Clone, Debug)]
enum Step {
    Publish(Vec<(usize, usize, usize)>),
    Forget(usize),
    Pass(u64),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    // The topic, how long the data is, and which key, beyond 3 none.
    let event = (0..TOPICS.len(), 0..60_usize, 0..12_usize);
    prop_oneof![
        8 => proptest::collection::vec(event, 1..4).prop_map(Step::Publish),
        1 => (0..TOPICS.len()).prop_map(Step::Forget),
        2 => (1..40_u64).prop_map(Step::Pass),
        1 => (200..400_u64).prop_map(Step::Pass),
        1 => Just(Step::Reopen),
    ]
}

fn policy() -> Policy {
    let minute = Retention {
        age: Some(Duration::from_secs(60)),
        count: Some(9),
        ..Retention::default()
    };
    Policy::new(minute).with(Selector::parse("kept/*").unwrap(), count(4))
}

fn open(dir: &Path, clock: &Arc<HandClock>) -> SegmentLog {
    let options = Options {
        segment_bytes: 300,
        clock: clock.clone(),
        ..Options::new(policy())
    };
    SegmentLog::open(dir, options).unwrap()
}

/// Every reader gets the same from both. What is older than a restart may be lost without a
/// number and be told with what was lost later, never without a gap, and no gap is made up.
async fn agree(memory: &MemoryLog, stored: &SegmentLog) {
    let head = memory.bounds().head;
    assert_eq!(stored.bounds().head, head);
    for selector in ["**", "a", "a/*", "kept/x", "c"] {
        for after in [0, head / 3, head / 2, head.saturating_sub(4), head] {
            let right = page(memory, after, selector).await;
            let found = page(stored, after, selector).await;
            let context = format!("{selector} after {after} of {head}");
            assert_eq!(found.records, right.records, "{context}");
            // What is known by topic alone is told where the last of it was.
            assert_eq!(found.gaps.is_empty(), right.gaps.is_empty(), "{context}");
            let last = |page: &hub::Page| page.gaps.last().map(|lost| lost.through);
            assert_eq!(last(&found), last(&right), "{context}");
            for lost in &found.gaps {
                let same = |other: &&hub::Lost| other.through == lost.through;
                let right = right.gaps.iter().find(same).unwrap();
                assert!(
                    lost.missed.is_none_or(|n| right.missed == Some(n)),
                    "{context}"
                );
            }
        }
    }
}

async fn run(steps: Vec<Step>) {
    let dir = tempfile::tempdir().unwrap();
    let (steady, mut clock) = (HandClock::new(), HandClock::new());
    let memory = MemoryLog::new(policy(), steady.clone());
    let mut stored = open(dir.path(), &clock);
    for step in steps {
        match step {
            Step::Publish(events) => {
                let event = |(topic, len, key): &(usize, usize, usize)| match key {
                    // Mostly the same body again.
                    0..=3 => draft(TOPICS[*topic], &"x".repeat(len / 50))
                        .key(&key.to_string())
                        .unwrap(),
                    _ => draft(TOPICS[*topic], &"x".repeat(*len)),
                };
                let drafts: Vec<_> = events.iter().map(event).collect();
                let right = memory.append(drafts.clone()).await;
                assert_eq!(stored.append(drafts).await, right);
            }
            Step::Forget(topic) => {
                let topic = topic_of(TOPICS[topic]);
                memory.trim();
                stored.trim();
                assert_eq!(stored.forget(&topic).await, memory.forget(&topic).await);
            }
            Step::Pass(seconds) => {
                steady.pass(Duration::from_secs(seconds));
                clock.pass(Duration::from_secs(seconds));
            }
            Step::Reopen => {
                stored.close();
                assert!(check(dir.path()).unwrap().damage.is_empty());
                clock = clock.restarted();
                stored = open(dir.path(), &clock);
            }
        }
        agree(&memory, &stored).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_keeps_and_loses_what_the_memory_log_does(
        steps in proptest::collection::vec(step(), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(run(steps));
    }
}
