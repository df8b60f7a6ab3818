//! The chat's forms: they work without JavaScript, and without leaving the page with it.

use std::rc::Rc;

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

use crate::{
    address::encode,
    model::Refused,
    post::post,
    ui::dom::{attribute, find, given, listen, write},
};

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
                    autofocus=bad
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
    let bad = why.is_some();
    let post = format!("/post?user={}", encode(&user));
    view! {
        <form class="compose" method="post" action="/chat" data-post=post>
            <input type="hidden" name="user" value=user.clone() />
            <label for="msg">"Say something, " <bdi>{user}</bdi></label>
            <div class="field">
                <input
                    id="msg"
                    name="msg"
                    value=value
                    required
                    autocomplete="off"
                    dir="auto"
                    // The page that it was joined from is gone, and what had the focus.
                    autofocus
                    aria-invalid=bad.then_some("true")
                    aria-describedby="refused"
                />
                <button type="submit">"Send"</button>
            </div>
            <p id="refused" class="refused" role="alert">{why}</p>
        </form>
    }
}

/// Lets the form that says something send without leaving the page, where it is there.
pub(crate) fn stay(root: &Element) {
    let Some((element, form)) = find(root, "[data-post]").and_then(Form::of) else {
        return;
    };
    listen(&element, "submit", move |event| {
        event.prevent_default();
        if form.button.has_attribute(BUSY) {
            return;
        }
        attribute(&form.button, BUSY, "true");
        let form = Rc::clone(&form);
        spawn_local(async move { form.send().await });
    });
}

/// Tells that a message is under way.
const BUSY: &str = "aria-busy";

struct Form {
    post: String,
    /// It belongs to who types in it: it is read when something is sent, so that neither a page
    /// that comes alive nor a slow answer takes back what was typed.
    field: HtmlInputElement,
    button: Element,
    why: Element,
}

impl Form {
    fn of(form: Element) -> Option<(Element, Rc<Self>)> {
        let parts = Self {
            post: given(&form, "data-post"),
            field: find(&form, "#msg")?.dyn_into().ok()?,
            button: find(&form, "button")?,
            why: find(&form, ".refused")?,
        };
        Some((form, Rc::new(parts)))
    }

    async fn send(&self) {
        let message = self.field.value();
        // The message itself arrives as an event, like everybody's.
        let sent = post(&self.post, &message.as_str().into()).await;
        let why = sent.err().unwrap_or_default();
        if why.is_empty() {
            if self.field.value() == message {
                self.field.set_value("");
            }
            // Refused is nothing: what is not there need not go.
            let _ = self.field.remove_attribute(INVALID);
        } else {
            attribute(&self.field, INVALID, "true");
        }
        write(&self.why, &why);
        let _ = self.button.remove_attribute(BUSY);
    }
}

/// Tells that the server refused what is in a field.
const INVALID: &str = "aria-invalid";
