//! A topic's page: what it holds, and what comes.

mod choose;
mod plain;
mod publish;
mod rows;

use leptos::{either::Either, prelude::*};

use crate::{
    address::encode,
    live::{StreamSpec, feed::Feed, row, use_stream},
    model::TopicData,
    ui::{badge::Badge, code::Code, layout::Page},
};
use choose::Choose;
pub(crate) use plain::Plain;
use publish::Publish;
use rows::Rows;

/// How many rows the page holds.
const HELD: usize = 500;

/// The page `/topics`.
#[component]
pub(crate) fn Topic(data: TopicData) -> impl IntoView {
    let mut data = data;
    let title = data.title();
    let chosen = data.selectors.first().cloned();
    let (about_topic, elsewhere): (Vec<_>, Vec<_>) = data
        .refused
        .clone()
        .into_iter()
        .partition(|refused| refused.field == "topic");
    let refused = about_topic.into_iter().next();
    let notice = elsewhere.into_iter().map(|refused| {
        view! { <p class="refused" role="alert" data-for=refused.field>{refused.why}</p> }
    });
    let notice = notice.collect_view();
    // It is of no concern to what lives in the browser.
    let compose = std::mem::take(&mut data.compose);
    let content = match chosen {
        Some(chosen) => Either::Left(view! { <Watched data=data chosen=chosen /> }),
        None => Either::Right(view! { <p class="empty">"A topic is made by its first event."</p> }),
    };
    view! {
        <Page
            title=title
            lead="The newest events from the log, then every one that comes: what this page could not get, it says."
        >
            <Choose refused=refused />
            {notice}
            {content}
            <Publish compose=compose />
        </Page>
    }
}

#[component]
fn Watched(
    data: TopicData,
    /// The first selector.
    chosen: String,
) -> impl IntoView {
    let query = query(&data.selectors);
    let follow = format!("{}/events?{query}", data.origin);
    // A pattern is no topic: what to publish to is for the reader to say.
    let example = if chosen.contains('*') {
        "a/topic".to_owned()
    } else {
        chosen
    };
    let publish = format!(
        "curl -d 'hello' '{}/events?topic={}'",
        data.origin,
        encode(&example)
    );
    view! {
        <Events data=data />
        <section class="panel">
            <h2>"From a terminal"</h2>
            <Code text=publish label="Publish an event" />
            <Code text=format!("curl -N '{follow}'") label="Follow" />
        </section>
    }
}

/// The events, as they were and as they come.
#[island]
fn Events(data: TopicData) -> impl IntoView {
    let TopicData {
        selectors,
        several,
        events,
        earlier,
        origin,
        ..
    } = data;
    let query = query(&selectors);
    let spec = StreamSpec::hub(format!("/events?{query}&envelope=1"), events.cursor.clone());
    let (feed, set_feed) = signal(Feed::new(events, HELD));
    let stream = use_stream(spec, move |message| {
        if let Some(row) = row(&message) {
            set_feed.update(|feed| feed.push(row));
        }
    });
    let older = format!("Older events are kept too: {origin}/events?{query}&since=all");
    let is_whole = move || !earlier && !feed.with(Feed::has_let_go);
    view! {
        <section class="panel" aria-labelledby="events-title">
            <header class="panel-head">
                <h2 id="events-title">"Events"</h2>
                <Badge stream=stream />
            </header>
            <p class="meta" hidden=is_whole>{older}</p>
            <Rows feed=feed several=several />
        </section>
    }
}

/// The selectors as parameters of an address.
fn query(selectors: &[String]) -> String {
    selectors
        .iter()
        .map(|selector| format!("topic={}", encode(selector)))
        .collect::<Vec<_>>()
        .join("&")
}
