use app::model::TopicData;
use axum::http::StatusCode;
use hub::{Draft, EventId, Hub, MemoryLog, Policy, Retention, Settings, SystemClock, Topic};

use super::*;
use crate::limits::{EVENT_ON_PAGE, ROW_DATA};

/// A server over a hub that keeps so many events.
fn server(count: Option<u64>) -> AppState {
    let retention = Retention {
        count,
        ..Retention::default()
    };
    let log = MemoryLog::new(Policy::new(retention), Arc::new(SystemClock::default()));
    let (hub, _) = Hub::open(Arc::new(log), Settings::default());
    AppState::over(hub).1
}

async fn publish(state: &AppState, topic: &str, event: &str, data: &str) -> EventId {
    let draft = Draft::new(Topic::parse(topic).unwrap(), data).unwrap();
    let draft = draft.event(event).unwrap();
    let published = state.hub.publish(vec![draft]).await.unwrap();
    published[0].id.clone()
}

async fn events(state: &AppState, topic: &str, n: usize) {
    for at in 0..n {
        publish(state, topic, "message", &format!("event {at};")).await;
    }
}

async fn show(state: &AppState, query: &str) -> (TopicData, StatusCode) {
    let asked = Asked::read(&format!("/topics?{query}").parse().unwrap()).unwrap();
    let filter = filter(&asked.selectors).ok().flatten().unwrap();
    let shown = watched(state, &asked, Arc::new(filter), String::new()).await;
    shown.unwrap()
}

fn places(events: &[app::model::Event]) -> Vec<Seq> {
    let ids = events.iter().map(|event| EventId::parse(&event.id));
    ids.map(|id| id.unwrap().seq).collect()
}

fn cursor(data: &TopicData) -> Seq {
    EventId::parse(&data.events.cursor).unwrap().seq
}

#[tokio::test]
async fn a_page_begins_with_the_newest_and_goes_on_from_the_head() {
    let state = server(None);
    events(&state, "a", 120).await;
    events(&state, "b", 5).await;
    let (data, status) = show(&state, "topic=a").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(places(&data.events.events), (21..=120).collect::<Vec<_>>());
    assert_eq!(data.rows, data.events.events);
    assert_eq!(
        (cursor(&data), data.earlier, data.several),
        (125, true, false)
    );
    let (data, _) = show(&state, "topic=b&topic=c").await;
    assert_eq!(places(&data.rows), [121, 122, 123, 124, 125]);
    assert_eq!(
        (cursor(&data), data.earlier, data.several),
        (125, false, true)
    );
}

#[tokio::test]
async fn what_is_gone_between_the_events_of_a_page_stands_where_it_was() {
    let state = server(None);
    for topic in ["kept/1", "gone", "gone", "kept/2", "kept/3", "gone"] {
        publish(&state, topic, "message", "x").await;
    }
    state
        .hub
        .forget(&Topic::parse("gone").unwrap())
        .await
        .unwrap();
    let (data, _) = show(&state, "topic=**").await;
    assert_eq!(places(&data.events.events), [1, 4, 5]);
    let told = |(before, gap): &(usize, app::model::Gap)| {
        let after = EventId::parse(&gap.resumed_after).unwrap().seq;
        (*before, gap.reason.clone(), gap.missed, after)
    };
    let told: Vec<_> = data.events.gaps.iter().map(told).collect();
    let deleted = || "deleted".to_owned();
    assert_eq!(
        told,
        [(1, deleted(), Some(2), 3), (3, deleted(), Some(1), 6)]
    );
    assert_eq!(cursor(&data), 6, "the stream tells none of them again");
}

#[tokio::test]
async fn a_choice_is_for_the_rows_and_the_browser_gets_all() {
    let state = server(None);
    for (event, text) in [("paid", "Alpha"), ("paid", "beta"), ("sent", "ALPHA")] {
        publish(&state, "a", event, text).await;
    }
    for (query, rows) in [
        ("q=alpha", vec![1, 3]),
        ("q=alpha&not=1", vec![2]),
        ("q=%5Ea.*a$&re=1", vec![1, 3]),
        ("q=SENT", vec![3]),
        ("event=paid", vec![1, 2]),
        ("event=paid&event=sent&q=alpha", vec![1, 3]),
        ("event=other", vec![]),
        ("q=&re=yes&not=1&time=x", vec![1, 2, 3]),
    ] {
        let (data, status) = show(&state, &format!("topic=a&{query}")).await;
        assert_eq!(places(&data.rows), rows, "{query}");
        assert_eq!(data.events.events.len(), 3, "{query}");
        assert_eq!((status, data.refused), (StatusCode::OK, None), "{query}");
    }
}

#[tokio::test]
async fn a_wrong_expression_shows_everything_and_is_said() {
    let state = server(None);
    events(&state, "a", 2).await;
    let (data, status) = show(&state, "topic=a&q=%5B(&re=1&not=1").await;
    let refused = data.refused.unwrap();
    assert_eq!((&*refused.field, &*refused.value), ("q", "[("));
    assert!(
        refused.why.contains("`q` is no regular expression"),
        "{}",
        refused.why
    );
    assert_eq!((data.rows.len(), status), (2, StatusCode::OK));
}

#[tokio::test]
async fn what_is_cut_comes_whole_with_the_stream() {
    let state = server(None);
    events(&state, "a", 3).await;
    let long = "é".repeat(EVENT_ON_PAGE);
    publish(&state, "a", "message", &long).await;
    events(&state, "a", 2).await;
    let (data, _) = show(&state, "topic=a").await;
    assert_eq!(places(&data.events.events), [1, 2, 3]);
    assert_eq!(cursor(&data), 3, "the next is the long one");
    assert_eq!(
        places(&data.rows),
        [1, 2, 3, 4, 5, 6],
        "in the page it has its place"
    );
    let row = &data.rows[3].data;
    assert!(row.ends_with(&format!("é … ({} bytes in all)", long.len())));
    assert_eq!(row.chars().take_while(|c| *c == 'é').count(), ROW_DATA);
    // What is found is looked for in all of it.
    publish(&state, "a", "message", &format!("{long}needle")).await;
    let (data, _) = show(&state, "topic=a&q=NEEDLE").await;
    assert_eq!(places(&data.rows), [7]);
}

#[tokio::test]
async fn what_there_is_no_room_for_is_left_out_at_the_old_end() {
    let state = server(None);
    for _ in 0..40 {
        publish(&state, "a", "message", &"x".repeat(EVENT_ON_PAGE)).await;
    }
    let (data, _) = show(&state, "topic=a").await;
    assert_eq!(places(&data.events.events), (25..=40).collect::<Vec<_>>());
    assert!(data.earlier);
    assert_eq!(cursor(&data), 40);
}

#[tokio::test]
async fn a_permalink_shows_its_event_among_others_and_goes_on_after_them() {
    let state = server(None);
    for n in 0..400 {
        publish(&state, ["a", "b"][n % 2], "message", "x").await;
    }
    let at = |seq: Seq| format!("topic=a&at={}", window::id(state.hub.epoch(), seq));
    let (data, status) = show(&state, &at(201)).await;
    let around: Vec<_> = (101..=301).step_by(2).collect();
    assert_eq!(
        (places(&data.rows), status),
        (around.clone(), StatusCode::OK)
    );
    assert_eq!(places(&data.events.events), around);
    assert_eq!((cursor(&data), data.earlier), (301, true));
    assert_eq!(
        data.at.as_deref(),
        Some(&*window::id(state.hub.epoch(), 201))
    );
    // At either end there are fewer.
    let (data, _) = show(&state, &at(1)).await;
    assert_eq!(places(&data.rows), (1..=101).step_by(2).collect::<Vec<_>>());
    assert_eq!((cursor(&data), data.earlier), (101, false));
    let (data, _) = show(&state, &at(399)).await;
    assert_eq!(
        places(&data.rows),
        (299..=399).step_by(2).collect::<Vec<_>>()
    );
    assert_eq!(
        cursor(&data),
        400,
        "the head, as nothing that matches lies before it"
    );
    // What was chosen holds for the rows, and the browser gets all.
    let (data, _) = show(&state, &format!("{}&q=nothing", at(201))).await;
    assert_eq!((data.rows.len(), data.events.events.len()), (0, 101));
}

#[tokio::test]
async fn a_permalink_has_room_for_its_event_between_long_ones() {
    let state = server(None);
    for _ in 0..90 {
        publish(&state, "a", "message", &"x".repeat(EVENT_ON_PAGE)).await;
    }
    let id = window::id(state.hub.epoch(), 45);
    let (data, _) = show(&state, &format!("topic=a&at={id}")).await;
    assert_eq!(places(&data.events.events), (38..=53).collect::<Vec<_>>());
    assert_eq!((cursor(&data), data.earlier), (53, true));
}

#[tokio::test]
async fn a_permalink_that_leads_nowhere_says_why() {
    let state = server(Some(3));
    for topic in ["a", "a", "b", "a", "a"] {
        publish(&state, topic, "message", "x").await;
    }
    state.hub.forget(&Topic::parse("b").unwrap()).await.unwrap();
    let id = |seq: Seq| window::id(state.hub.epoch(), seq);
    for (topic, id, status, why) in [
        ("a", "garbage".to_owned(), 400, "no id"),
        ("a", format!("{}-01", state.hub.epoch()), 400, "no id"),
        ("a", "\u{1b}[31m<b>".to_owned(), 400, "\\u{1b}"),
        ("a", "zzzzzzzz-4".to_owned(), 404, "of a log"),
        ("a", id(1), 404, "no longer kept"),
        ("b", id(3), 404, "was deleted"),
        ("b", id(4), 404, "no event of these topics"),
        ("a", id(0), 404, "no event of these topics"),
        ("a", id(6), 404, "still to come"),
        ("a", id(Seq::MAX), 404, "still to come"),
    ] {
        let (data, answer) = show(&state, &format!("topic={topic}&at={}", encode(&id))).await;
        let refused = data.refused.clone().unwrap();
        assert_eq!((answer.as_u16(), &*refused.field), (status, "at"), "{id}");
        assert_eq!(refused.value, id);
        assert!(refused.why.contains(why), "{id}: {}", refused.why);
        assert_eq!((data.at.as_deref(), cursor(&data)), (None, 5), "{id}");
        assert_eq!(data.rows.len(), if topic == "a" { 2 } else { 0 }, "{id}");
    }
}

#[tokio::test]
async fn the_form_says_what_was_published_only_where_it_was() {
    let state = server(None);
    let id = publish(&state, "a/<b>", "message", "x").await.to_string();
    let form = async |query: String| {
        let asked = Asked::read(&format!("/topics?{query}").parse().unwrap()).unwrap();
        compose(&state, &Caller::open(), &asked).await.unwrap()
    };
    let there = form(format!("topic=a/*&q=x&published={id}")).await;
    assert_eq!((there.published, &*there.topic), (Some(id), "a/<b>"));
    assert_eq!(there.watching, "/topics?topic=a%2F%2A&q=x");
    for other in ["x", "zzzzzzzz-1", "<script>"] {
        let form = form(format!("topic=a&published={}", encode(other))).await;
        assert_eq!((form.published, &*form.topic), (None, "a"), "{other}");
    }
    assert_eq!(form("topic=a&topic=b".into()).await.topic, "");
}
