//! The connection's state as a glyph, a word and a colour: the same everywhere.

use leptos::prelude::*;
use web_sys::Element;

use super::{
    clipboard::copy,
    dom::{attribute, find, hide, listen, write},
    standing::{Shown, View, describe},
};
use crate::live::{Stream, connection::State};

/// A badge as the server writes it: nothing is connected yet. [`follow`] brings it to life.
#[component]
pub(crate) fn Badge() -> impl IntoView {
    let Shown {
        kind,
        glyph,
        word,
        detail,
        ..
    } = describe(&State::Idle, 0, None, &View::default());
    view! {
        <span class="badge" data-state=kind>
            <span class="glyph" aria-hidden="true">{glyph}</span>
            <strong>{word}</strong>
            <span class="detail">{detail}</span>
            <button type="button" class="small offer" hidden></button>
            <button type="button" class="small stop" hidden>"Stop"</button>
            <button type="button" class="small report" hidden>"Copy a report"</button>
            // The style sheet shows it where the state asks for it.
            <a class="sign-in-link" href="/sign-in">"Add a token"</a>
        </span>
        <span class="unseen said" role="status">{word}</span>
    }
}

/// Keeps the badge in `root` true to a subscription; `view` is what its list says, where there is
/// one that can be held.
///
/// One effect by hand: a closure for each part of it would cost kilobytes for each page.
pub(crate) fn follow(root: &Element, stream: Stream, view: Option<ReadSignal<View>>) {
    let Some(parts) = Parts::of(root) else {
        return;
    };
    listen(&parts.offer, "click", move |_| stream.retry());
    listen(&parts.stop, "click", move |_| stream.stop());
    let (badge, button) = (parts.badge.clone(), parts.report.clone());
    listen(&parts.report, "click", move |_| {
        let button = button.clone();
        copy(&report(&badge, stream), move |copied| {
            write(
                &button,
                if copied {
                    "Copied"
                } else {
                    "No clipboard here"
                },
            );
        });
    });
    Effect::new(move |before: Option<(Shown, String)>| {
        let (now, cursor) = (stream.now.get(), stream.cursor.get());
        let view = view.map(|view| view.get()).unwrap_or_default();
        let shown = stream
            .connection
            .with(|c| describe(c.state(), now, cursor, &view));
        let (was, said) = before.unzip();
        if was.as_ref() != Some(&shown) {
            parts.show(&shown);
        }
        // A change of state at once; a summary when there is a new one.
        if said.is_some_and(|said| said != view.summary) {
            write(&parts.said, &view.summary);
        } else if was.is_none_or(|was| was.word != shown.word) {
            write(&parts.said, shown.word);
        }
        (shown, view.summary)
    });
}

struct Parts {
    badge: Element,
    glyph: Element,
    word: Element,
    detail: Element,
    offer: Element,
    stop: Element,
    report: Element,
    said: Element,
}

impl Parts {
    fn of(root: &Element) -> Option<Self> {
        Some(Self {
            badge: find(root, ".badge")?,
            glyph: find(root, ".badge .glyph")?,
            word: find(root, ".badge strong")?,
            detail: find(root, ".badge .detail")?,
            offer: find(root, ".badge .offer")?,
            stop: find(root, ".badge .stop")?,
            report: find(root, ".badge .report")?,
            said: find(root, ".said")?,
        })
    }

    fn show(&self, shown: &Shown) {
        attribute(&self.badge, "data-state", shown.kind);
        write(&self.glyph, shown.glyph);
        write(&self.word, shown.word);
        write(&self.detail, &shown.detail);
        write(&self.offer, shown.offer);
        hide(&self.offer, shown.offer.is_empty());
        let can_stop = matches!(shown.kind, "reconnecting" | "connecting");
        hide(&self.stop, !can_stop);
        hide(&self.report, shown.kind != "error");
        write(&self.report, "Copy a report");
    }
}

/// What is known of a stream that failed, for whoever is asked about it.
fn report(badge: &Element, stream: Stream) -> String {
    let text = |selector| find(badge, selector).and_then(|part| part.text_content());
    let browser = window().navigator().user_agent().unwrap_or_default();
    [
        text("strong").unwrap_or_default(),
        text(".detail").unwrap_or_default(),
        ["GET ", &stream.url()].concat(),
        [
            "last id: ",
            &stream.cursor.get_untracked().unwrap_or_default(),
        ]
        .concat(),
        String::from(js_sys::Date::new_0().to_iso_string()),
        browser,
    ]
    .join("\n")
}
