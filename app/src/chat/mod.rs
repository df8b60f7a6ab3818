//! The playground's chat: a way from the browser to the server, and back to all who watch.

mod compose;
mod here;
mod messages;

use leptos::{either::Either, prelude::*};

use crate::{
    address::encode,
    live::{StreamSpec, feed::Row, list::ShortList, row, use_stream},
    model::ChatData,
    ui::{
        badge::{self, Badge},
        code::Code,
        dom::{alive, find, given, remove},
        layout::Page,
    },
};
use compose::{Join, Say};
use here::Here;
use messages::{Messages, item, joined};

/// How many messages the page holds.
const HELD: usize = 200;

/// The page `/chat`.
#[component]
pub(crate) fn Chat(data: ChatData) -> impl IntoView {
    let ChatData {
        messages,
        mut here,
        user,
        refused,
        origin,
    } = data;
    here.extend(user.clone().filter(|user| !here.contains(user)));
    let stream = stream_url(user.as_deref());
    let compose = match user {
        Some(user) => Either::Left(view! { <Say user=user refused=refused /> }),
        None => Either::Right(view! { <Join refused=refused /> }),
    };
    view! {
        <Page
            title="Chat"
            lead="Events go one way, from the server; a POST is the way back. Open a second browser and talk to yourself."
        >
            <Room>
                <div id="chat" class="columns chat" data-stream=stream data-cursor=messages.cursor>
                    <section class="panel" aria-labelledby="chat-title">
                        <header class="panel-head">
                            <h2 id="chat-title">"Messages"</h2>
                            <Badge />
                        </header>
                        <Messages events=messages.events />
                        {compose}
                    </section>
                    <aside class="panel">
                        <h2>"Who joined"</h2>
                        <Here names=here />
                        <h2>"From a terminal"</h2>
                        <Code
                            text=format!("curl -N '{origin}/sse/connect?user=curl'")
                            label="Join the chat"
                        />
                        <Code
                            text=format!("curl -d 'hello' '{origin}/post?user=curl'")
                            label="Post to the chat"
                        />
                    </aside>
                </div>
            </Room>
        </Page>
    }
}

/// Brings the chat to life: what was said, who joined, and the form.
#[island]
fn Room(children: Children) -> impl IntoView {
    alive("#chat", |root| {
        let (Some(list), Some(here)) = (find(&root, ".messages ol"), find(&root, ".here")) else {
            return;
        };
        let spec = StreamSpec::hub(given(&root, "data-stream"), given(&root, "data-cursor"));
        let list = ShortList::new(list, HELD, item);
        let room = root.clone();
        let stream = use_stream(spec, move |message| {
            let Some(row) = row(&message) else { return };
            list.push(&row);
            remove(&room, "section .empty");
            if let Row::Event(event) = &row
                && let Some(name) = joined(event)
            {
                here::add(&here, &name);
                remove(&room, "aside .empty");
            }
        });
        badge::follow(&root, stream, None);
        compose::stay(&root);
    });
    children()
}

/// Who takes part is connected under a name; who only reads follows the topic.
fn stream_url(user: Option<&str>) -> String {
    match user {
        Some(user) => format!("/sse/connect?envelope=1&user={}", encode(user)),
        None => "/events?topic=chat&envelope=1".into(),
    }
}
