//! Stretches of the log, for who pages through it.

use hub::{Found, GapReason, Policy, Seq, Topic};

use crate::support::{Running, count, filter};

/// The places in a stretch, read event by event, and those up to which something is gone.
async fn paged(hub: &Running, topic: &str, after: Seq, until: Seq) -> (Vec<Seq>, Vec<Seq>) {
    let (mut seen, mut gone, mut at) = (Vec::new(), Vec::new(), after);
    while at < until {
        let read = hub.hub.stretch(filter(&[topic]), at, until, 1).await;
        let page = read.unwrap();
        assert!(page.examined > at, "each read gets further");
        seen.extend(page.records.iter().map(|record| record.seq));
        gone.extend(page.gaps.iter().map(|lost| lost.through));
        at = page.examined;
    }
    (seen, gone)
}

#[tokio::test(start_paused = true)]
async fn who_pages_through_the_log_sees_each_event_once() {
    let hub = Running::keeping_all();
    for n in 0..10 {
        hub.publish(["a", "b"][n % 2], "x").await;
    }
    let of = filter(&["a"]);
    let before = hub.hub.before_newest(of.clone(), 10, 2).await.unwrap();
    assert_eq!(before, 6);
    assert_eq!(paged(&hub, "a", before, 10).await.0, [7, 9]);
    let older = hub.hub.before_newest(of.clone(), before, 100).await;
    assert_eq!(older.unwrap(), 0);
    assert_eq!(paged(&hub, "a", 0, before).await.0, [1, 3, 5]);
    assert_eq!(hub.hub.before_newest(of, 0, 1).await.unwrap(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_stretch_tells_what_is_gone_in_it_and_no_more() {
    let hub = Running::new(Policy::new(count(3)));
    for _ in 0..5 {
        hub.publish("a", "x").await;
    }
    let (seen, gone) = paged(&hub, "a", 0, 5).await;
    assert_eq!((seen, gone), (vec![3, 4, 5], vec![2]));
    assert!(paged(&hub, "a", 2, 5).await.1.is_empty());
    assert_eq!(paged(&hub, "b", 0, 5).await, (vec![], vec![]));
}

#[tokio::test(start_paused = true)]
async fn what_is_at_a_place_is_an_event_or_why_there_is_none() {
    let hub = Running::new(Policy::new(count(3)));
    for topic in ["a", "a", "b", "a", "a"] {
        hub.publish(topic, "x").await;
    }
    hub.hub.forget(&Topic::parse("b").unwrap()).await.unwrap();
    let at = async |topic, seq| hub.hub.at(filter(&[topic]), seq).await.unwrap();
    assert!(matches!(at("a", 4).await, Found::Event(record) if record.seq == 4));
    assert_eq!(at("a", 1).await, Found::Gone(GapReason::Trimmed));
    assert_eq!(at("b", 3).await, Found::Gone(GapReason::Deleted));
    assert_eq!(at("b", 4).await, Found::Nothing);
    for beyond in [0, 6, Seq::MAX] {
        assert_eq!(at("**", beyond).await, Found::Nothing);
    }
}
