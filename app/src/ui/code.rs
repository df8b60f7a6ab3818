//! Commands and code to copy.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{
    clipboard::{can_copy, copy},
    dom::{alive, find, listen, write},
};

/// How long the button says that it copied.
const THANKS: Duration = Duration::from_secs(2);

/// A block of code with a button that copies it; the block alone without JavaScript, or where the
/// browser has no clipboard (pages that are neither local nor over TLS).
#[component]
pub(crate) fn Code(
    /// The text, copied as it stands.
    #[prop(into)]
    text: String,
    /// What it is, for the button's label.
    label: &'static str,
) -> impl IntoView {
    view! {
        <div class="code">
            <pre tabindex="0" role="region" aria-label=label><code>{text}</code></pre>
            <button type="button" class="small copy" hidden aria-label=format!("Copy: {label}")>
                "Copy"
            </button>
        </div>
    }
}

/// Brings all the buttons of a page's blocks to life; stands once in each page, after them.
#[island]
pub(crate) fn CopyButtons() -> impl IntoView {
    alive("main", |main| {
        if !can_copy() {
            return;
        }
        let buttons = main.get_elements_by_class_name("copy");
        for at in 0..buttons.length() {
            if let Some(button) = buttons.item(at).and_then(|button| button.dyn_into().ok()) {
                bring(&button);
            }
        }
    });
}

fn bring(button: &HtmlElement) {
    button.set_hidden(false);
    listen(button, "click", |event| {
        let button = event.current_target();
        let Some(button) = button.and_then(|target| target.dyn_into::<Element>().ok()) else {
            return;
        };
        let block = button
            .parent_element()
            .and_then(|block| find(&block, "code"));
        let text = block.and_then(|code| code.text_content());
        copy(&text.unwrap_or_default(), move |copied| {
            if copied {
                write(&button, "Copied");
                set_timeout(move || write(&button, "Copy"), THANKS);
            }
        });
    });
}
