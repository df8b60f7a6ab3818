//! The chat's forms: they work without JavaScript, and without leaving the page with it.

use leptos::{ev::SubmitEvent, html::Input, prelude::*, task::spawn_local};

use crate::{address::encode, model::Refused, post::post};

/// Asks for a name; the page comes back with the reader taking part.
#[component]
pub(crate) fn Join(refused: Option<Refused>) -> impl IntoView {
    let (value, why) = Refused::split(refused);
    let bad = why.is_some();
    view! {
        <form class="compose" method="post" action="/chat">
            <label for="user">"Your name"</label>
            <div class="field">
                <input
                    id="user"
                    name="user"
                    value=value
                    required
                    maxlength="64"
                    autocomplete="nickname"
                    aria-invalid=bad.then_some("true")
                    aria-describedby="refused"
                />
                <button type="submit">"Join"</button>
            </div>
            <p id="refused" class="refused" role="alert">{why}</p>
        </form>
    }
}

/// Says something under the reader's name.
#[component]
pub(crate) fn Say(user: String, refused: Option<Refused>) -> impl IntoView {
    let (value, why) = Refused::split(refused);
    let (why, set_why) = signal(why);
    let (sending, set_sending) = signal(false);
    // The field belongs to who types in it: it is read when something is sent, and never bound to
    // a signal, so that neither hydration nor a slow answer takes back what was typed.
    let field = NodeRef::<Input>::new();
    let url = format!("/post?user={}", encode(&user));
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(field) = field.get_untracked().filter(|_| !sending.get_untracked()) else {
            return;
        };
        let (url, message) = (url.clone(), field.value());
        set_sending.set(true);
        spawn_local(async move {
            // The message itself arrives as an event, like everybody's.
            let sent = post(&url, &message.as_str().into()).await;
            if sent.is_ok() && field.value() == message {
                field.set_value("");
            }
            set_why.set(sent.err());
            set_sending.set(false);
        });
    };
    view! {
        <form class="compose" method="post" action="/chat" on:submit=on_submit>
            <input type="hidden" name="user" value=user.clone() />
            <label for="msg">"Say something, " <bdi>{user}</bdi></label>
            <div class="field">
                <input
                    id="msg"
                    name="msg"
                    value=value
                    node_ref=field
                    required
                    autocomplete="off"
                    dir="auto"
                    aria-invalid=move || why.with(Option::is_some).then_some("true")
                    aria-describedby="refused"
                />
                <button type="submit" aria-busy=move || sending.get().then_some("true")>"Send"</button>
            </div>
            <p id="refused" class="refused" role="alert">{why}</p>
        </form>
    }
}
