//! The connection's state as a glyph, a word and a colour: the same everywhere.

use leptos::prelude::*;

use super::standing::{View, describe};
use crate::live::Stream;

/// Shows where a subscription stands, and offers what helps.
#[component]
pub(crate) fn Badge(
    stream: Stream,
    /// What its list says, where there is one that can be held.
    #[prop(optional)]
    view: Option<ReadSignal<View>>,
) -> impl IntoView {
    let shown = Memo::new(move |_| {
        let (now, cursor) = (stream.now.get(), stream.cursor.get());
        let view = view.map(|view| view.get()).unwrap_or_default();
        stream
            .connection
            .with(|c| describe(c.state(), now, cursor, &view))
    });
    let word = Memo::new(move |_| shown.get().word);
    let kind = Memo::new(move |_| shown.get().kind);
    let offer = Memo::new(move |_| shown.get().offer);
    let cannot_stop = move || !matches!(kind.get(), "reconnecting" | "connecting");
    view! {
        <span class="badge" data-state=kind>
            <span class="glyph" aria-hidden="true">{move || shown.get().glyph}</span>
            <strong>{word}</strong>
            <span class="detail">{move || shown.get().detail}</span>
            <button class="small" hidden=move || offer.get().is_empty() on:click=move |_| stream.retry()>
                {offer}
            </button>
            <button class="small" hidden=cannot_stop on:click=move |_| stream.stop()>"Stop"</button>
        </span>
        <span class="unseen" role="status">
            {word} {move || view.map(|view| view.with(|view| format!(". {}", view.summary)))}
        </span>
    }
}
