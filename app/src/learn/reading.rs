//! What the parser reads in a text, and how a page lists it.

use leptos::prelude::*;
use web_sys::Element;
use wire::{Diagnostic, Event, Item, Parser};

use crate::ui::dom::{append, append_text, append_words, attribute, element, text};

/// The events of a text, what is wrong in it, and how a client would come back.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) events: Vec<Event>,
    pub(super) diagnostics: Vec<Diagnostic>,
    last_event_id: String,
    retry: Option<String>,
}

impl Reading {
    /// Reads a text as a whole stream.
    pub(super) fn of(text: &str) -> Self {
        let mut reading = Self::default();
        let mut parser = Parser::new();
        let mut sink = |item| match item {
            Item::Event(event) => reading.events.push(event),
            Item::Diagnostic(diagnostic) => reading.diagnostics.push(diagnostic),
            Item::Field(_) => {}
        };
        parser.feed(text.as_bytes(), &mut sink);
        let end = parser.finish(&mut sink);
        reading.last_event_id = end.last_event_id;
        reading.retry = end.retry.map(|retry| retry.as_str().to_owned());
        reading
    }

    /// How a client would come back after the text.
    pub(super) fn end(&self) -> String {
        let id = match self.last_event_id.as_str() {
            "" => "without Last-Event-ID".to_owned(),
            id => ["with Last-Event-ID: ", id].concat(),
        };
        let when = match &self.retry {
            None => "after the browser's own time".to_owned(),
            Some(ms) => ["after ", ms, " ms"].concat(),
        };
        [
            "At the end of these bytes a browser reconnects ",
            &when,
            ", ",
            &id,
            ".",
        ]
        .concat()
    }
}

/// An event as the server writes it.
#[component]
pub(super) fn Dispatched(event: Event) -> impl IntoView {
    view! {
        <li>
            <strong>{event.event}</strong>
            <span class="meta">{quoted(&event.id)}</span>
            <pre>{event.data}</pre>
        </li>
    }
}

/// The same event as the browser makes it.
pub(super) fn dispatched(event: &Event) -> Element {
    let item = element("li", "");
    append_text(&item, "strong", "", &event.event);
    append_text(&item, "span", "meta", &quoted(&event.id));
    append_text(&item, "pre", "", &event.data);
    item
}

fn quoted(id: &str) -> String {
    format!(" id {id:?}")
}

/// A diagnostic as the server writes it.
#[component]
pub(super) fn Found(diagnostic: Diagnostic) -> impl IntoView {
    let (kind, glyph) = kind(&diagnostic);
    view! {
        <li class=kind>
            <span aria-hidden="true">{glyph}</span>
            <strong>{diagnostic.code.as_str()}</strong>
            {place(&diagnostic)}
        </li>
    }
}

/// The same diagnostic as the browser makes it.
pub(super) fn found(diagnostic: &Diagnostic) -> Element {
    let (kind, glyph) = kind(diagnostic);
    let item = element("li", kind);
    let glyph = text("span", "", glyph);
    attribute(&glyph, "aria-hidden", "true");
    append(&item, &glyph);
    append_text(&item, "strong", "", diagnostic.code.as_str());
    append_words(&item, &place(diagnostic));
    item
}

fn kind(diagnostic: &Diagnostic) -> (&'static str, &'static str) {
    match diagnostic.is_violation() {
        true => ("violation", "▲ "),
        false => ("note", "· "),
    }
}

fn place(diagnostic: &Diagnostic) -> String {
    format!(" at byte {}: {}", diagnostic.offset, diagnostic.detail)
}
