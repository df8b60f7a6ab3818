//! What was said, and who came.

use leptos::{either::EitherOf3, prelude::*};
use serde::Deserialize;

use crate::{
    live::feed::{Feed, Row},
    model::{Event, time_of_day},
    ui::gap::GapRow,
};

/// The messages, newest last. The style alone keeps the newest in view, also without JavaScript,
/// and leaves who scrolled away where they are.
#[component]
pub(crate) fn Messages(feed: ReadSignal<Feed>) -> impl IntoView {
    view! {
        <div class="messages" tabindex="0" role="region" aria-label="Messages">
            <ol role="log" aria-live="polite" aria-label="Messages">
                <For each=move || feed.get().rows() key=Row::key let:row>
                    <li>{message(row)}</li>
                </For>
            </ol>
        </div>
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
    let time = time_of_day(&event.time, 8);
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
