//! The pages of topics: what is on some topics, and what comes.

mod choice;
mod choose;
mod console;
mod detail;
mod export;
mod facets;
mod list;
mod pace;
mod plain;
mod publish;
mod rows;
mod toolbar;
mod watch;

use leptos::{either::Either, prelude::*};

use crate::{
    address::encode,
    model::TopicData,
    ui::{badge::Badge, code::Code, layout::Page, spark::Spark},
};
use choose::Choose;
pub(crate) use plain::Plain;
use publish::Publish;
use rows::{RowHead, Rows};
use toolbar::{Bar, DetailPane, FilterForm, Keys};
use watch::{Begin, Watch};

/// The page `/topics`.
#[component]
pub(crate) fn Topic(data: TopicData) -> impl IntoView {
    let title = data.title();
    let (about_topic, elsewhere): (Vec<_>, Vec<_>) = data
        .refused
        .clone()
        .into_iter()
        .filter(|refused| refused.field != "q")
        .partition(|refused| refused.field == "topic");
    let refused = about_topic.into_iter().next();
    let notice = elsewhere.into_iter().map(|refused| {
        view! { <p class="refused" role="alert" data-for=refused.field>{refused.why}</p> }
    });
    let notice = notice.collect_view();
    let compose = data.compose.clone();
    let another = !data.selectors.is_empty();
    let content = match another {
        true => Either::Left(view! { <Watched data=data /> }),
        false => {
            Either::Right(view! { <p class="empty">"A topic is made by its first event."</p> })
        }
    };
    view! {
        <Page
            title=title
            lead="The newest events, then every one that comes. What is missing, it says."
        >
            <Choose refused=refused another=another />
            {notice}
            {content}
            <Publish compose=compose />
        </Page>
    }
}

#[component]
fn Watched(data: TopicData) -> impl IntoView {
    let TopicData {
        selectors,
        several,
        rows,
        events,
        now,
        earlier,
        choice,
        at,
        refused,
        origin,
        ..
    } = data;
    let query = query(&selectors);
    let plain = format!("/topics?{query}&view=plain");
    let Commands {
        publish,
        pipe,
        script,
        follow,
    } = Commands::of(&origin, &selectors, &query);
    let wrong = refused.filter(|refused| refused.field == "q");
    let begin = Begin {
        query,
        several,
        events,
        now,
        earlier,
        choice: choice.clone(),
        at,
        origin,
    };
    let publish_when_empty = publish.clone();
    let shown_at = begin.at.clone();
    let has_rows = !rows.is_empty() || !begin.events.events.is_empty();
    view! {
        <Watch begin=begin>
            <section id="watch" class="panel watch" aria-labelledby="events-title">
                <header class="panel-head">
                    <h2 id="events-title">"Events"</h2>
                    <Spark counts=Vec::new() />
                    <Badge />
                </header>
                <FilterForm selectors=selectors choice=choice refused=wrong.map(|wrong| wrong.why) />
                <p class="older meta" hidden=!earlier>
                    <span></span>
                    "Older events are kept in the log: "
                    <a href=plain>"read them page by page"</a>
                </p>
                <RowHead several=several />
                <div class="stage">
                    <div id="events" class="events" role="log" aria-live="off" aria-label="Events" tabindex="0">
                        <Rows rows=rows several=several at=shown_at />
                    </div>
                    <p class="none" hidden>"No row passes the filter."</p>
                    <div class="empty" hidden=has_rows>
                        <p>"No events yet. Publish one:"</p>
                        <Code text=publish_when_empty label="Publish the first event" />
                        <Code text=pipe label="Publish a program's output, line by line" />
                        <Code text=script label="Publish from JavaScript" />
                        <a href="#publish">"Publish a test event here"</a>
                    </div>
                </div>
                <Bar />
                <DetailPane />
                <Keys />
            </section>
        </Watch>
        <section class="panel">
            <h2>"From a terminal"</h2>
            <Code text=publish label="Publish an event" />
            <Code text=follow label="Follow" />
        </section>
    }
}

/// What to type to publish here, and to follow.
struct Commands {
    publish: String,
    pipe: String,
    script: String,
    follow: String,
}

impl Commands {
    fn of(origin: &str, selectors: &[String], query: &str) -> Self {
        // A pattern is no topic: what to publish to is for the reader to say.
        let topic = selectors.first().filter(|chosen| !chosen.contains('*'));
        let topic = encode(topic.map_or("a/topic", String::as_str));
        Self {
            publish: format!("curl -d 'hello' '{origin}/events?topic={topic}'"),
            pipe: format!("make 2>&1 | curl -T - '{origin}/lines?topic={topic}'"),
            script: format!(
                "await fetch('{origin}/events?topic={topic}', {{ method: 'POST', body: 'hello' }});"
            ),
            follow: format!("curl -N '{origin}/events?{query}'"),
        }
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
