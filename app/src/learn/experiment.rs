//! The reader's own bytes, read by the parser that reads every stream here.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlTextAreaElement};

use super::reading::{Dispatched, Found, Reading, dispatched, found};
use crate::{
    address::encode,
    ui::{
        area::escaped,
        dom::{alive, append, find, hide, listen, write},
    },
};

/// What stands in the box first.
const SAMPLE: &str = "event: greeting\nid: 1\ndata: Hello\ndata: in two lines\n\n: a comment\nretry: 2000\n\ndata:\n\nid: 2\n\ndata: no blank line after this, so no event";

/// Bytes worth a look, by what they show.
const SAMPLES: [(&str, &str); 6] = [
    ("One event", "data: Hello\n\n"),
    ("Two empty lines of data", "data\ndata\n\n"),
    ("An id without data", "id: 7\n\ndata: inherits the id\n\n"),
    ("A name in the wrong case", "Data: lost\ndata: kept\n\n"),
    ("A retry that is no number", "retry: 3s\ndata: x\n\n"),
    ("An unfinished event", "data: complete\n\ndata: lost"),
];

/// The section "Try your own bytes".
#[component]
pub(crate) fn Experiment(
    /// What the reader sent with the form, without JavaScript.
    bytes: Option<String>,
) -> impl IntoView {
    let text = bytes.map_or_else(|| SAMPLE.to_owned(), |b| unix_line_ends(&b));
    let reading = Reading::of(&text);
    let end = reading.end();
    let some = !reading.events.is_empty();
    let events = reading.events.into_iter();
    let events = events.map(|event| view! { <Dispatched event=event /> });
    let diagnostics = reading.diagnostics.into_iter();
    let diagnostics = diagnostics.map(|diagnostic| view! { <Found diagnostic=diagnostic /> });
    let sample = |(name, bytes): (&'static str, &'static str)| {
        let href = format!("/learn?bytes={}#experiment", encode(bytes));
        view! { <li><a href=href data-bytes=bytes>{name}</a></li> }
    };
    view! {
        <Reader>
            <section class="panel" id="experiment" aria-labelledby="experiment-title">
                <h2 id="experiment-title">"Try your own bytes"</h2>
                <p>"Change the text: what comes of it stands beside, with the byte where it goes wrong."</p>
                <ul class="samples">{SAMPLES.map(sample).collect_view()}</ul>
                <div class="experiment">
                    <form method="get" action="/learn#experiment">
                        <label for="bytes">"An event stream"</label>
                        <textarea id="bytes" name="bytes" rows="14" spellcheck="false">
                            {escaped(&text)}
                        </textarea>
                        <button type="submit">"Read it on the server"</button>
                    </form>
                    <div>
                        <h3>"Events, in order of dispatch"</h3>
                        <ol class="dispatched">{events.collect_view()}</ol>
                        <p class="empty" hidden=some>"None."</p>
                        <h3>"What a reader should know"</h3>
                        <ul class="diagnostics">{diagnostics.collect_view()}</ul>
                        <p class="meta outcome">{end}</p>
                    </div>
                </div>
            </section>
        </Reader>
    }
}

/// Reads while the reader types.
#[island]
fn Reader(children: Children) -> impl IntoView {
    alive("#experiment", |root| {
        let field = find(&root, "textarea").and_then(|field| field.dyn_into().ok());
        let Some(field): Option<HtmlTextAreaElement> = field else {
            return;
        };
        // The box belongs to who types in it: what was typed before the page came alive counts.
        show(&root, &field.value());
        let (shown, typed) = (root.clone(), field.clone());
        listen(&field, "input", move |_| show(&shown, &typed.value()));
        listen(&root.clone(), "click", move |event| {
            if let Some(bytes) = sample(&event) {
                event.prevent_default();
                field.set_value(&bytes);
                show(&root, &bytes);
            }
        });
    });
    children()
}

/// The bytes of the sample that was chosen.
fn sample(event: &Event) -> Option<String> {
    let target: Element = event.target()?.dyn_into().ok()?;
    let link = target.closest("[data-bytes]").ok()??;
    link.get_attribute("data-bytes")
}

fn show(root: &Element, text: &str) {
    let reading = Reading::of(text);
    let parts = (
        find(root, ".dispatched"),
        find(root, ".empty"),
        find(root, ".diagnostics"),
        find(root, ".outcome"),
    );
    let (Some(events), Some(empty), Some(diagnostics), Some(outcome)) = parts else {
        return;
    };
    events.set_text_content(None);
    for event in &reading.events {
        append(&events, &dispatched(event));
    }
    hide(&empty, !reading.events.is_empty());
    diagnostics.set_text_content(None);
    for diagnostic in &reading.diagnostics {
        append(&diagnostics, &found(diagnostic));
    }
    write(&outcome, &reading.end());
}

/// A form sends its line ends as CRLF (HTML, 4.10.22.4), whatever was typed.
fn unix_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n")
}
