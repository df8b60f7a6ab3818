//! The browser's clipboard.

use leptos::{prelude::window, task::spawn_local};
use wasm_bindgen_futures::JsFuture;

/// Whether this page may write to the clipboard: one that is neither local nor over TLS has none.
pub(crate) fn can_copy() -> bool {
    !window().navigator().clipboard().is_undefined()
}

/// Copies a text, and says whether the browser did.
pub(crate) fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    if !can_copy() {
        return done(false);
    }
    let written = window().navigator().clipboard().write_text(text);
    spawn_local(async move { done(JsFuture::from(written).await.is_ok()) });
}
