//! Commands and code to copy.

use std::time::Duration;

use leptos::{ev::MouseEvent, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

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
            <Copy label=label.to_owned() />
        </div>
    }
}

/// Copies the code that it stands beside.
#[island]
fn Copy(label: String) -> impl IntoView {
    let (can_copy, set_can_copy) = signal(false);
    let (copied, set_copied) = signal(false);
    Effect::new(move |_| set_can_copy.set(clipboard().is_some()));
    let copy = move |event: MouseEvent| {
        let (Some(clipboard), Some(text)) = (clipboard(), beside(&event)) else {
            return;
        };
        let written = clipboard.write_text(&text);
        spawn_local(async move {
            if JsFuture::from(written).await.is_ok() {
                set_copied.set(true);
                set_timeout(move || set_copied.set(false), THANKS);
            }
        });
    };
    view! {
        <button
            class="small"
            hidden=move || !can_copy.get()
            on:click=copy
            aria-label=format!("Copy: {label}")
        >
            {move || if copied.get() { "Copied" } else { "Copy" }}
        </button>
    }
}

fn beside(event: &MouseEvent) -> Option<String> {
    let button = event
        .current_target()?
        .dyn_into::<web_sys::Element>()
        .ok()?;
    let block = button.closest(".code").ok()??;
    block.query_selector("code").ok()??.text_content()
}

fn clipboard() -> Option<web_sys::Clipboard> {
    let clipboard = window().navigator().clipboard();
    (!clipboard.is_undefined()).then_some(clipboard)
}
