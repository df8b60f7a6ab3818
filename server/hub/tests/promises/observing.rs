//! What an observer sees of topics and subscribers.

use std::time::{Duration, SystemTime};

use hub::{
    Client, GapReason, Hub, Listing, Order, Policy, Start, SubscriberEntry, Topic, TopicEntry,
    TopicQuery, Traffic, limits,
};

use crate::support::{Running, count, draft, filter, next, words};

fn query(prefix: &str, after: Option<&str>, limit: usize) -> TopicQuery {
    TopicQuery {
        prefix: prefix.to_owned(),
        after: after.map(str::to_owned),
        limit,
        ..TopicQuery::default()
    }
}

async fn topics(hub: &Hub, query: TopicQuery) -> Listing<TopicEntry, Topic> {
    hub.topics(query).await.unwrap()
}

async fn topic(hub: &Hub, text: &str) -> Option<TopicEntry> {
    hub.topic(&Topic::parse(text).unwrap()).await.unwrap()
}

fn names(listing: &Listing<TopicEntry, Topic>) -> Vec<&str> {
    let entries = listing.entries.iter();
    entries.map(|entry| entry.info.topic.as_str()).collect()
}

/// The only subscriber.
fn only(hub: &Hub) -> SubscriberEntry {
    let listing = hub.subscribers(0, 10);
    assert_eq!((listing.entries.len(), listing.next), (1, None));
    listing.entries.into_iter().next().unwrap()
}

#[tokio::test(start_paused = true)]
async fn pages_of_topics_go_on_after_the_one_before_and_miss_none() {
    let hub = Running::keeping_all();
    for topic in ["b", "a/2", "a/1", "c", "a/3"] {
        hub.publish(topic, "x").await;
    }
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = topics(&hub.hub, query("", after.as_deref(), 2)).await;
        seen.extend(names(&page).iter().map(|name| (*name).to_owned()));
        let Some(next) = page.next else { break };
        after = Some(next.to_string());
    }
    assert_eq!(seen, ["a/1", "a/2", "a/3", "b", "c"]);
    let whole = topics(&hub.hub, query("a/", None, 3)).await;
    assert_eq!((names(&whole).len(), whole.next), (3, None));
}

/// Lets time pass for the hub, which is idle then: what was published is committed.
async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

fn recent(hub: &Hub, text: &str) -> Vec<u32> {
    let topic = Topic::parse(text).unwrap();
    let mut recent = hub.recent([&topic].into_iter());
    recent.remove(0).expect("there was room")
}

async fn leading(hub: &Hub, order: Order, prefix: &str, limit: usize) -> Vec<String> {
    let entries = hub
        .leading(order, query(prefix, None, limit))
        .await
        .unwrap();
    let names = entries.iter().map(|entry| entry.info.topic.to_string());
    names.collect()
}

#[tokio::test(start_paused = true)]
async fn the_last_minute_of_a_topic_is_known_second_by_second() {
    let hub = Running::keeping_all();
    for events in [2, 3] {
        let drafts = (0..events).map(|_| draft("a", "x"));
        hub.publish_all(drafts.collect()).await;
        pass(1).await;
    }
    hub.publish("b", "x").await;
    let seconds = recent(&hub.hub, "a");
    assert_eq!((seconds.len(), &seconds[58..]), (60, &[2, 3][..]));
    assert!(recent(&hub.hub, "c").is_empty());
    pass(58).await;
    assert_eq!(recent(&hub.hub, "a")[..2], [2, 3]);
    pass(2).await;
    assert!(recent(&hub.hub, "a").is_empty());
}

#[tokio::test(start_paused = true)]
async fn topics_lead_by_rate_or_by_their_newest_event() {
    let hub = Running::keeping_all();
    for topic in ["a/1", "a/2", "a/2", "b", "a/3", "a/3", "a/3", "a/1"] {
        hub.publish(topic, "x").await;
    }
    pass(1).await;
    let (hub, clock) = (&hub.hub, &hub.clock);
    assert_eq!(
        leading(hub, Order::Rate, "a/", 9).await,
        ["a/3", "a/1", "a/2"]
    );
    assert_eq!(leading(hub, Order::Last, "", 2).await, ["a/1", "a/3"]);
    // Who was active in the last minute comes before who has a name that comes first.
    clock.pass(Duration::from_secs(120));
    pass(120).await;
    let draft = draft("z", "x");
    hub.publish(vec![draft]).await.unwrap();
    pass(1).await;
    assert_eq!(leading(hub, Order::Rate, "", 2).await, ["z", "a/1"]);
    hub.forget(&Topic::parse("z").unwrap()).await.unwrap();
    assert_eq!(leading(hub, Order::Last, "", 2).await, ["a/1", "a/2"]);
    assert!(leading(hub, Order::Rate, "c", 9).await.is_empty());
}

fn search(contains: &str, limit: usize) -> TopicQuery {
    TopicQuery {
        contains: contains.to_owned(),
        ..query("", None, limit)
    }
}

#[tokio::test(start_paused = true)]
async fn topics_are_found_by_what_they_contain() {
    let hub = Running::keeping_all();
    for topic in ["orders/1", "Reorder", "a", "stock/ORDERS", "b/order"] {
        hub.publish(topic, "x").await;
    }
    let page = topics(&hub.hub, search("oRDEr", 3)).await;
    assert_eq!(names(&page), ["Reorder", "b/order", "orders/1"]);
    let rest = TopicQuery {
        after: page.next.map(|topic| topic.to_string()),
        ..search("oRDEr", 3)
    };
    let rest = topics(&hub.hub, rest).await;
    assert_eq!(
        (names(&rest), rest.next.clone()),
        (vec!["stock/ORDERS"], None)
    );
    let within = TopicQuery {
        prefix: "b/".into(),
        ..search("order", 9)
    };
    assert_eq!(names(&topics(&hub.hub, within).await), ["b/order"]);
}

#[tokio::test(start_paused = true)]
async fn those_that_lead_are_found_by_what_they_contain_active_or_quiet() {
    let hub = Running::keeping_all();
    for topic in ["a/quiet", "b/quiet"] {
        hub.publish(topic, "x").await;
    }
    hub.clock.pass(Duration::from_secs(120));
    pass(120).await;
    for topic in ["c/active", "c/active", "d", "d", "d", "e/active/quiet"] {
        hub.publish(topic, "x").await;
    }
    pass(1).await;
    let found = async |order, contains| {
        let entries = hub.hub.leading(order, search(contains, 3)).await.unwrap();
        let names = entries.iter().map(|entry| entry.info.topic.to_string());
        names.collect::<Vec<_>>()
    };
    assert_eq!(
        found(Order::Rate, "ACT").await,
        ["c/active", "e/active/quiet"]
    );
    assert_eq!(
        found(Order::Last, "quiet").await,
        ["e/active/quiet", "b/quiet", "a/quiet"]
    );
    assert!(found(Order::Rate, "nowhere").await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_search_goes_on_look_by_look_and_ends_with_where_to_go_on() {
    let hub = Running::keeping_all();
    let long = |n| format!("{n:0>1000}");
    // More than one look, fewer than a page may cost; then more than that.
    for (many, is_all) in [(2_000, true), (18_000, false)] {
        for first in (0..many).step_by(1_000) {
            let drafts = (first..first + 1_000).map(|n| draft(&long(n), "x"));
            hub.publish_all(drafts.collect()).await;
        }
        let page = topics(&hub.hub, search(&format!("{}", many - 1), 2)).await;
        assert_eq!(
            (names(&page).len(), page.next.is_none()),
            (usize::from(is_all), is_all)
        );
        let Some(next) = page.next else { continue };
        let rest = TopicQuery {
            after: Some(next.to_string()),
            ..search(&format!("{}", many - 1), 2)
        };
        let rest = loop_on(&hub.hub, rest).await;
        assert_eq!(rest, [long(many - 1)]);
    }
}

/// What is found from there to the end.
async fn loop_on(hub: &Hub, mut query: TopicQuery) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = topics(hub, query.clone()).await;
        found.extend(names(&page).iter().map(|name| (*name).to_owned()));
        let Some(next) = page.next else { return found };
        query.after = Some(next.to_string());
    }
}

#[tokio::test(start_paused = true)]
async fn at_most_a_hundred_lead() {
    let hub = Running::keeping_all();
    let drafts = (0..150).map(|n| draft(&format!("t{n:03}"), "x"));
    hub.publish_all(drafts.collect()).await;
    pass(1).await;
    let names = leading(&hub.hub, Order::Last, "", usize::MAX).await;
    assert_eq!(names.len(), limits::MAX_LEADING);
    assert_eq!((names[0].as_str(), names[99].as_str()), ("t149", "t050"));
}

#[tokio::test(start_paused = true)]
async fn a_topic_is_told_as_it_is_kept() {
    let hub = Running::new(Policy::new(count(3)));
    for _ in 0..2 {
        hub.publish("a", "12345").await;
    }
    hub.clock.pass(Duration::from_secs(60));
    for _ in 0..2 {
        hub.publish("a", "12345").await;
    }
    hub.publish("b", "").await;
    let TopicEntry { info, subscribers } = topic(&hub.hub, "a").await.unwrap();
    let each = info.bytes / 2;
    assert_eq!((info.events, info.first, info.last), (2, 3, 4));
    assert_eq!((info.bytes, subscribers), (2 * each, 0));
    assert!(each >= 6);
    let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    assert_eq!(info.last_time, begun + Duration::from_secs(60));
    // Two that are a minute old count 1/e each.
    let expected = (2.0 + 2.0 / std::f64::consts::E) / limits::RATE_WINDOW.as_secs_f64();
    assert!((info.rate - expected).abs() < 1e-9, "{}", info.rate);
    hub.hub.forget(&info.topic).await.unwrap();
    assert_eq!(topic(&hub.hub, "a").await, None);
    assert_eq!(hub.hub.stats().log.topics, 1);
}

#[tokio::test(start_paused = true)]
async fn who_names_a_topic_and_who_has_a_pattern_that_matches_follow_it() {
    let hub = Running::keeping_all();
    hub.publish("a/1", "x").await;
    let mut following = Vec::new();
    for selectors in [
        &["a/1"][..],
        &["a/1", "a/2"],
        &["a/*"],
        &["a/*"],
        &["a/1", "**"],
        &["b"],
        &["b/**"],
    ] {
        following.push(hub.subscribe(selectors, Start::Live).await);
    }
    let subscribers = async || topic(&hub.hub, "a/1").await.unwrap().subscribers;
    assert_eq!(subscribers().await, 5);
    following.truncate(1);
    assert_eq!(subscribers().await, 1);
}

#[tokio::test(start_paused = true)]
async fn patterns_that_cost_too_much_make_a_page_shorter_and_never_empty() {
    let hub = Running::keeping_all();
    for n in 0..20 {
        hub.publish(&format!("t{n:02}"), "x").await;
    }
    // 1,200 filters of 100 patterns: 120,000 comparisons a topic.
    let mut following = Vec::new();
    for n in 0..1_200 {
        let selectors: Vec<_> = (0..100).map(|m| format!("{n}/{m}/*")).collect();
        let selectors: Vec<_> = selectors.iter().map(String::as_str).collect();
        following.push(hub.hub.subscribe(filter(&selectors), Start::Live).await);
    }
    let page = topics(&hub.hub, query("", None, 100)).await;
    assert_eq!(names(&page).len(), limits::PAGE_MATCHES / 120_000);
    let rest = topics(
        &hub.hub,
        query("", page.next.as_ref().map(Topic::as_str), 100),
    )
    .await;
    assert_eq!(names(&rest)[0], "t08");
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_is_told_as_it_came_and_is_gone_when_it_goes() {
    let hub = Running::keeping_all();
    let client = Client {
        format: "ndjson",
        remote: Some("192.0.2.1:4242".parse().unwrap()),
    };
    let before = SystemTime::now();
    let subscription = hub
        .hub
        .subscribe_as(filter(&["a", "b/*"]), Start::Live, client)
        .await
        .unwrap();
    let entry = only(&hub.hub);
    let selectors: Vec<_> = entry
        .filter
        .selectors()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(selectors, ["a", "b/*"]);
    assert_eq!(entry.client, client);
    assert!(before <= entry.since && entry.since <= SystemTime::now());
    drop(subscription);
    assert!(hub.hub.subscribers(0, 10).entries.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_subscriber_that_stops_falls_behind_and_one_that_waits_does_not() {
    let hub = Running::keeping_all();
    let (mut slow, _) = hub.subscribe(&["a"], Start::Live).await;
    hub.publish("a", "1").await;
    assert_eq!(words(&next(&mut slow).await), ["1 1"]);
    for _ in 0..5 {
        hub.publish("a", "x").await;
    }
    tokio::task::yield_now().await;
    let entry = only(&hub.hub);
    assert_eq!((entry.cursor.seq, entry.behind), (1, 5));
    // It takes what there is, and waits.
    assert_eq!(next(&mut slow).await.len(), 5);
    let waiting = tokio::spawn(async move { slow.next().await.map(|_| slow) });
    tokio::task::yield_now().await;
    // What nobody asked it for leaves it where it is.
    for _ in 0..5 {
        hub.publish("b", "x").await;
    }
    tokio::task::yield_now().await;
    let entry = only(&hub.hub);
    assert_eq!((entry.cursor.seq, entry.behind), (6, 0));
    waiting.abort();
}

#[tokio::test(start_paused = true)]
async fn pages_of_subscribers_go_on_where_others_came_and_went() {
    let hub = Running::keeping_all();
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(hub.subscribe(&["a"], Start::Live).await);
    }
    let first = hub.hub.subscribers(0, 2);
    assert_eq!(first.next, Some(first.entries[1].number));
    // The place of one that went is taken by one that is listed last.
    drop(all.remove(0));
    all.push(hub.subscribe(&["b"], Start::Live).await);
    let rest = hub.hub.subscribers(first.next.unwrap(), 10);
    let numbers: Vec<_> = rest.entries.iter().map(|entry| entry.number).collect();
    assert_eq!((numbers, rest.next), (vec![3, 4, 5, 6], None));
    assert!(hub.hub.subscribers(u64::MAX, 10).entries.is_empty());
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
