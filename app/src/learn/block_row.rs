//! A block as a row: its bytes, what a parser reads in them, what a page shows.

use leptos::{either::Either, prelude::*};
use web_sys::Element;

use super::blocks::{Block, Line};
use crate::{
    model::tick_of,
    ui::dom::{append, append_text, attribute, element, text},
};

/// What the number beside a block says.
const OFFSET: &str = "bytes before this block";

/// What there is to say of a block without data.
const NO_EVENT: &str = "No data, so no event: a comment, or advice on reconnecting.";

/// A row as the server writes it.
#[component]
pub(crate) fn BlockRow(block: Block) -> impl IntoView {
    let result = block.event.as_ref().map(shown);
    let fields = match block.event {
        Some(event) => Either::Left(view! {
            <dl class="fields">
                <dt>"event"</dt>
                <dd>{event.event}</dd>
                <dt>"lastEventId"</dt>
                <dd>{event.id}</dd>
                <dt>"data"</dt>
                <dd>{event.data}</dd>
            </dl>
        }),
        None => Either::Right(view! { <p class="meta">{NO_EVENT}</p> }),
    };
    let line = |line: Line| {
        let (before, after) = kinds(&line);
        view! {
            <span class=before>{line.name}</span>
            <span class="separator">{line.separator}</span>
            <span class=after>{line.value}</span>
            <span class="end">"⏎\n"</span>
        }
    };
    let lines = block.lines.into_iter().map(line).collect_view();
    view! {
        <div class="anatomy-row" role="row">
            <pre role="cell" class="bytes"><span class="offset" title=OFFSET>{block.offset}</span>{lines}<span class="end">"⏎"</span></pre>
            <div role="cell">{fields}</div>
            <div role="cell" class="result">{result}</div>
        </div>
    }
}

/// The same row as the browser makes it.
pub(super) fn row(block: &Block) -> Element {
    let row = element("div", "anatomy-row");
    attribute(&row, "role", "row");
    let bytes = cell(&row, "pre", "bytes");
    let offset = text("span", "offset", &block.offset.to_string());
    attribute(&offset, "title", OFFSET);
    append(&bytes, &offset);
    for line in &block.lines {
        let (before, after) = kinds(line);
        append_text(&bytes, "span", before, &line.name);
        append_text(&bytes, "span", "separator", &line.separator);
        append_text(&bytes, "span", after, &line.value);
        append_text(&bytes, "span", "end", "⏎\n");
    }
    append_text(&bytes, "span", "end", "⏎");
    let read = cell(&row, "div", "");
    let result = cell(&row, "div", "result");
    let Some(event) = &block.event else {
        append_text(&read, "p", "meta", NO_EVENT);
        return row;
    };
    let fields = element("dl", "fields");
    for (name, value) in [
        ("event", &event.event),
        ("lastEventId", &event.id),
        ("data", &event.data),
    ] {
        append_text(&fields, "dt", "", name);
        append_text(&fields, "dd", "", value);
    }
    append(&read, &fields);
    result.set_text_content(Some(&shown(event)));
    row
}

fn cell(row: &Element, tag: &str, class: &str) -> Element {
    let cell = element(tag, class);
    attribute(&cell, "role", "cell");
    append(row, &cell);
    cell
}

/// The classes of what stands before a line's colon, and behind it.
fn kinds(line: &Line) -> (&'static str, &'static str) {
    match line.name.is_empty() {
        true => ("comment", "comment"),
        false => ("name", "value"),
    }
}

/// A page listens for the names it knows; the hub's own events are for the connection.
fn shown(event: &wire::Event) -> String {
    match event.event.as_str() {
        "hub.gap" => "≈ a gap: some ticks are gone ≈".into(),
        name if name.starts_with("hub.") => String::new(),
        _ => tick_of(&event.data),
    }
}
