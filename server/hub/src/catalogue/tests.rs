//! What the catalogue holds and looks at, by count.

use super::*;
use crate::{
    Retention, Selector,
    clock::SystemClock,
    limits::{FORGET, LOSS_MARKS, LOSSES, SCAN, STALE},
};

fn catalogue(count: u64) -> Catalogue<Arc<Record>> {
    let retention = Retention {
        count: Some(count),
        ..Retention::default()
    };
    let clock = Arc::new(SystemClock::default());
    Catalogue::new(Epoch::random(), Policy::new(retention), clock)
}

fn publish(catalogue: &mut Catalogue<Arc<Record>>, topic: &str) -> Seq {
    let seq = catalogue.head() + 1;
    let record = Record {
        seq,
        time: SystemTime::UNIX_EPOCH + Duration::from_secs(seq),
        topic: Topic::parse(topic).unwrap(),
        event: None,
        retry: None,
        data: "x".into(),
    };
    catalogue.insert(Arc::new(record), Duration::ZERO);
    catalogue.trim();
    seq
}

fn filter(selectors: &[&str]) -> Filter {
    let selectors = selectors.iter().map(|text| Selector::parse(text).unwrap());
    Filter::new(selectors.collect()).unwrap()
}

fn looks(catalogue: &Catalogue<Arc<Record>>, selectors: &[&str]) -> usize {
    let want = filter(selectors);
    catalogue.candidates(0, catalogue.head(), &want).count()
}

#[test]
fn a_million_topics_leave_what_is_held_bounded_and_others_are_not_slowed() {
    const KEPT: usize = 10_000;
    // Past every table's bound: the rest of the million would change nothing but the time it takes.
    const TOPICS: usize = KEPT + LOSSES + LOSS_MARKS + 60_000;
    let mut catalogue = catalogue(KEPT as u64);
    for n in 0..TOPICS {
        publish(&mut catalogue, &format!("t/{n}"));
        if n % 1_000 == 0 {
            publish(&mut catalogue, "calm");
        }
    }
    assert_eq!(catalogue.records.len(), KEPT);
    assert!(catalogue.topics.len() <= KEPT);
    assert_eq!(catalogue.groups.places(), KEPT);
    let (losses, marks) = catalogue.losses.held();
    assert!(losses <= LOSSES && marks <= LOSS_MARKS);
    assert!(catalogue.times.len() <= KEPT / crate::limits::TIME_MARK + 2);
    let calm = catalogue.topics.seqs(&Topic::parse("calm").unwrap());
    let calm = calm.map_or(0, |seqs| seqs.len());
    assert!((9..=10).contains(&calm), "{calm}");
    assert_eq!(looks(&catalogue, &["calm"]), calm);
    assert_eq!(
        looks(&catalogue, &["calm", &format!("t/{}", TOPICS - 1)]),
        calm + 1
    );
}

#[test]
fn a_reader_of_a_pattern_that_matches_little_does_not_hold_up_the_others() {
    let mut catalogue = catalogue(u64::MAX);
    let total = SCAN as Seq * 2 + 5;
    for _ in 1..total {
        publish(&mut catalogue, "busy");
    }
    publish(&mut catalogue, "rare/1");
    let want = filter(&["rare/*"]);
    let (mut cursor, mut steps) = (Cursor::default(), Vec::new());
    while cursor.seq < total {
        let stretch = catalogue.read(cursor, total, &want, u64::MAX);
        cursor.seq = stretch.examined;
        steps.push((stretch.examined, stretch.kept.len()));
    }
    let scan = SCAN as Seq;
    assert_eq!(steps, [(scan, 0), (2 * scan, 0), (total, 1)]);
}

#[test]
fn the_newest_that_match_are_looked_for_a_part_at_a_time() {
    let mut catalogue = catalogue(u64::MAX);
    publish(&mut catalogue, "rare/1");
    let total = SCAN as Seq * 2 + 5;
    for _ in 1..total {
        publish(&mut catalogue, "busy");
    }
    let want = filter(&["rare/*"]);
    let (mut until, mut steps) = (total, Vec::new());
    while until > 0 {
        let (newest, rest) = catalogue.newest(until, &want, 9);
        steps.push((rest, newest.len()));
        until = rest;
    }
    let scan = SCAN as Seq;
    assert_eq!(steps, [(total - scan, 0), (total - 2 * scan, 0), (0, 1)]);
    assert_eq!(catalogue.newest(total, &filter(&["busy"]), 3).0.len(), 3);
}

#[test]
fn what_is_deleted_leaves_no_places_behind_also_behind_what_stays() {
    let mut catalogue = catalogue(u64::MAX);
    publish(&mut catalogue, "stays");
    let topic = Topic::parse("goes").unwrap();
    for _ in 0..10 * STALE {
        publish(&mut catalogue, "goes");
        assert_eq!(catalogue.forget(&topic, Seq::MAX), 1);
        assert!(catalogue.groups.places() <= STALE + 2);
    }
    assert_eq!(catalogue.bounds().events, 1);
}

#[test]
fn a_large_topic_is_deleted_a_part_at_a_time_and_its_places_swept_with_it() {
    let mut catalogue = catalogue(u64::MAX);
    const EVENTS: usize = 5 * FORGET;
    for n in 0..EVENTS {
        publish(&mut catalogue, if n % 5 == 0 { "stays" } else { "goes" });
    }
    let (topic, head) = (Topic::parse("goes").unwrap(), catalogue.head());
    publish(&mut catalogue, "goes");
    let parts = [(); 5].map(|()| catalogue.forget(&topic, head));
    assert_eq!(parts, [FORGET, FORGET, FORGET, FORGET, 0]);
    assert_eq!(catalogue.bounds().events, FORGET as u64 + 1);
    let places = catalogue.groups.places();
    assert!(places <= 2 * (FORGET + 1), "{places}");
    let all = catalogue.read(Cursor::default(), head + 1, &filter(&["**"]), u64::MAX);
    assert_eq!(
        all.kept.len(),
        FORGET + 1,
        "what stays is in order, and what came later"
    );
}

#[test]
fn a_time_is_found_as_by_a_look_at_all() {
    let mut catalogue = catalogue(3_000);
    for _ in 1..=5_000 {
        publish(&mut catalogue, "t");
    }
    let seek = |catalogue: &mut Catalogue<_>, secs| {
        catalogue.seek(SystemTime::UNIX_EPOCH + Duration::from_secs(secs))
    };
    for place in [1, 2_000, 2_001, 3_456, 5_000] {
        assert_eq!(seek(&mut catalogue, place), place - 1);
    }
    assert_eq!(seek(&mut catalogue, 5_001), 5_000, "nothing is as new");
}
