//! What was said, and who came.

use leptos::{either::EitherOf3, prelude::*};
use serde::Deserialize;

use crate::{
    live::feed::{Feed, Row},
    model::Event,
    ui::gap::GapRow,
};

/// The messages, newest last; follows them unless the reader has scrolled away.
#[component]
pub(crate) fn Messages(feed: ReadSignal<Feed>) -> impl IntoView {
    let list = NodeRef::<leptos::html::Ol>::new();
    let (follow, set_follow) = signal(true);
    let on_scroll = move |_| {
        if let Some(list) = list.get_untracked() {
            let below = list.scroll_height() - list.scroll_top() - list.client_height();
            set_follow.set(below < 24);
        }
    };
    Effect::new(move |_| {
        feed.track();
        if follow.get_untracked()
            && let Some(list) = list.get()
        {
            // After the rows of this change are in the document.
            request_animation_frame(move || list.set_scroll_top(list.scroll_height()));
        }
    });
    view! {
        <ol
            class="messages"
            node_ref=list
            on:scroll=on_scroll
            tabindex="0"
            role="log"
            aria-live="polite"
            aria-label="Messages"
        >
            <For each=move || feed.get().rows() key=Row::key let:row>
                <li>{message(row)}</li>
            </For>
        </ol>
        <Show when=move || feed.with(Feed::is_empty)>
            <p class="empty">"Nothing said yet: be the first, or use the command beside."</p>
        </Show>
    }
}

fn message(row: Row) -> impl IntoView {
    let event = match row {
        Row::Gap(gap) => return EitherOf3::A(view! { <GapRow gap=gap /> }),
        Row::Event(event) => event,
    };
    let time = clock(&event.time);
    let time = view! {
        <time class="row-time" datetime=event.time.clone() title=format!("{} · {}", event.time, event.id)>
            {time}
        </time>
    };
    if let Some(name) = joined(&event) {
        return EitherOf3::B(
            view! { {time} <span class="joined"><bdi>{name}</bdi> " joined"</span> },
        );
    }
    let (user, text) = match serde_json::from_str::<Post>(&event.data) {
        Ok(Post { user, msg }) => (user, msg),
        // Anyone may publish to the topic: what is not the chat's own shape is shown as it is.
        Err(_) => (event.event, event.data),
    };
    EitherOf3::C(view! {
        {time}
        <span class="said"><bdi class="who">{user}</bdi>" "<span class="text" dir="auto">{text}</span></span>
    })
}

#[derive(Deserialize)]
struct Post {
    user: String,
    msg: String,
}

/// The name of who joined, where the event says that someone did.
pub(crate) fn joined(event: &Event) -> Option<String> {
    (event.event == "user")
        .then(|| serde_json::from_str(&event.data).ok())
        .flatten()
}

/// `18:12:31` of an RFC 3339 time.
fn clock(time: &str) -> String {
    time.split_once('T')
        .map_or(time, |(_, rest)| rest)
        .chars()
        .take(8)
        .collect()
}
