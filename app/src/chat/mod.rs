//! The playground's chat: a way from the browser to the server, and back to all who watch.

mod compose;
mod messages;

use leptos::{either::Either, prelude::*};

use crate::{
    address::encode,
    live::{StreamSpec, feed::Feed, feed::Row, row, use_stream},
    model::ChatData,
    ui::{badge::Badge, code::Code, layout::Page},
};
use compose::{Join, Say};
use messages::{Messages, joined};

/// How many messages the page holds.
const HELD: usize = 200;

/// How many names the page holds.
const NAMED: usize = 200;

/// The page `/chat`.
#[component]
pub(crate) fn Chat(data: ChatData) -> impl IntoView {
    let origin = data.origin.clone();
    view! {
        <Page
            title="Chat"
            lead="Events go one way, from the server; a POST is the way back. Open a second browser and talk to yourself."
        >
            <Room data=data>
                <h2>"From a terminal"</h2>
                <Code
                    text=format!("curl -N '{origin}/sse/connect?user=curl'")
                    label="Join the chat"
                />
                <Code
                    text=format!("curl -d 'hello' '{origin}/post?user=curl'")
                    label="Post to the chat"
                />
            </Room>
        </Page>
    }
}

/// What was said, who joined, and the form.
#[island]
fn Room(
    data: ChatData,
    /// What stands below the names.
    children: Children,
) -> impl IntoView {
    let ChatData {
        messages,
        here,
        user,
        refused,
        ..
    } = data;
    let spec = StreamSpec::hub(stream_url(user.as_deref()), messages.cursor.clone());
    let (feed, set_feed) = signal(Feed::new(messages, HELD));
    let mut here = here;
    here.extend(user.clone().filter(|user| !here.contains(user)));
    let (here, set_here) = signal(here);
    let stream = use_stream(spec, move |message| {
        let Some(row) = row(&message) else { return };
        if let Row::Event(event) = &row
            && let Some(name) = joined(event)
        {
            set_here.update(|here| {
                if !here.contains(&name) {
                    here.push(name);
                }
                if here.len() > NAMED {
                    here.remove(0);
                }
            });
        }
        set_feed.update(|feed| feed.push(row));
    });
    let compose = match user {
        Some(user) => Either::Left(view! { <Say user=user refused=refused /> }),
        None => Either::Right(view! { <Join refused=refused /> }),
    };
    view! {
        <div class="columns chat">
            <section class="panel" aria-labelledby="chat-title">
                <header class="panel-head">
                    <h2 id="chat-title">"Messages"</h2>
                    <Badge stream=stream />
                </header>
                <Messages feed=feed />
                {compose}
            </section>
            <aside class="panel">
                <h2>"Who joined"</h2>
                <ul class="here">
                    <For each=move || here.get() key=String::clone let:name>
                        <li><bdi>{name}</bdi></li>
                    </For>
                </ul>
                <Show when=move || here.with(Vec::is_empty)>
                    <p class="empty">"Nobody has joined yet."</p>
                </Show>
                <p class="meta">"Who was connected when this page was made, and who joined since."</p>
                {children()}
            </aside>
        </div>
    }
}

/// Who takes part is connected under a name; who only reads follows the topic.
fn stream_url(user: Option<&str>) -> String {
    match user {
        Some(user) => format!("/sse/connect?envelope=1&user={}", encode(user)),
        None => "/events?topic=chat&envelope=1".into(),
    }
}
