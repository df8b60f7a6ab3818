//! Commands and code to copy.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};
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
    let (can_copy, set_can_copy) = signal(false);
    let (copied, set_copied) = signal(false);
    Effect::new(move |_| set_can_copy.set(clipboard().is_some()));
    let to_copy = text.clone();
    let copy = move |_| {
        let Some(clipboard) = clipboard() else { return };
        let written = clipboard.write_text(&to_copy);
        spawn_local(async move {
            if JsFuture::from(written).await.is_ok() {
                set_copied.set(true);
                set_timeout(move || set_copied.set(false), THANKS);
            }
        });
    };
    view! {
        <div class="code">
            <pre tabindex="0" role="region" aria-label=label><code>{text}</code></pre>
            <Show when=move || can_copy.get()>
                <button class="small" on:click=copy.clone() aria-label=format!("Copy: {label}")>
                    {move || if copied.get() { "Copied" } else { "Copy" }}
                </button>
            </Show>
        </div>
    }
}

fn clipboard() -> Option<web_sys::Clipboard> {
    let clipboard = window().navigator().clipboard();
    (!clipboard.is_undefined()).then_some(clipboard)
}
