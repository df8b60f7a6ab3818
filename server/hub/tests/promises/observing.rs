//! What an observer sees of topics.

use std::time::{Duration, SystemTime};

use hub::{Hub, Listing, Order, Policy, Start, Topic, TopicEntry, TopicQuery, limits};

use crate::support::{Running, count, draft, filter};

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
