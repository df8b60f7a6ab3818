//! What was said, and who came.

use leptos::{either::Either, prelude::*};
use serde::Deserialize;
use web_sys::Element;

use crate::{
    live::feed::Row,
    model::{Event, time_of_day},
    ui::{
        dom::{append, append_text, append_words, attribute, element, text},
        gap::note,
    },
};

/// The messages, newest last. The style alone keeps the newest in view, also without JavaScript,
/// and leaves who scrolled away where they are.
#[component]
pub(crate) fn Messages(events: Vec<Event>) -> impl IntoView {
    let empty = match events.is_empty() {
        true => Either::Left(view! {
            <p class="empty">"Nothing said yet: be the first, or use the command beside."</p>
        }),
        false => Either::Right(()),
    };
    let item = |event| view! { <Item event=event /> };
    view! {
        <div class="messages" tabindex="0" role="log" aria-live="polite" aria-label="Messages">
            <ol>
                {events.into_iter().map(item).collect_view()}
            </ol>
        </div>
        {empty}
    }
}

/// An item as the server writes it.
#[component]
fn Item(event: Event) -> impl IntoView {
    let (time, title) = (time_of_day(&event.time, 8), title(&event));
    let content = match Content::of(&event) {
        Content::Joined(name) => {
            Either::Left(view! { <span class="joined"><bdi>{name}</bdi> " joined"</span> })
        }
        Content::Said { user, text } => Either::Right(view! {
            <span class="said"><bdi class="who">{user}</bdi>" "<span class="text" dir="auto">{text}</span></span>
        }),
    };
    view! {
        <li data-id=event.id>
            <time class="row-time" datetime=event.time title=title>{time}</time>
            {content}
        </li>
    }
}

/// The same item as the browser makes it; and that of a gap.
pub(crate) fn item(row: &Row) -> Element {
    let item = element("li", "");
    let event = match row {
        Row::Event(event) => event,
        Row::Gap(gap) => {
            append(&item, &note(gap));
            return item;
        }
    };
    let time = text("time", "row-time", &time_of_day(&event.time, 8));
    attribute(&time, "datetime", &event.time);
    attribute(&time, "title", &title(event));
    append(&item, &time);
    let content = match Content::of(event) {
        Content::Joined(name) => {
            let joined = element("span", "joined");
            append_text(&joined, "bdi", "", &name);
            append_words(&joined, " joined");
            joined
        }
        Content::Said { user, text: words } => {
            let said = element("span", "said");
            append_text(&said, "bdi", "who", &user);
            append_words(&said, " ");
            let words = text("span", "text", &words);
            attribute(&words, "dir", "auto");
            append(&said, &words);
            said
        }
    };
    append(&item, &content);
    item
}

/// The name of who joined, where the event says that someone did.
pub(crate) fn joined(event: &Event) -> Option<String> {
    (event.event == "user")
        .then(|| serde_json::from_str(&event.data).ok())
        .flatten()
}

/// What an event of the chat says.
enum Content {
    Joined(String),
    Said { user: String, text: String },
}

impl Content {
    fn of(event: &Event) -> Self {
        if let Some(name) = joined(event) {
            return Self::Joined(name);
        }
        let (user, text) = match serde_json::from_str::<Post>(&event.data) {
            Ok(Post { user, msg }) => (user, msg),
            // Anyone may publish to the topic: what is not the chat's own shape is shown as it is.
            Err(_) => (event.event.clone(), event.data.clone()),
        };
        Self::Said { user, text }
    }
}

#[derive(Deserialize)]
struct Post {
    user: String,
    msg: String,
}

fn title(event: &Event) -> String {
    [&event.time, " · ", &event.id].concat()
}
