//! The reader's own bytes, read by the parser that reads every stream here.

use leptos::{html::Textarea, prelude::*};
use wire::{Diagnostic, Event, Item, Parser};

use crate::{address::encode, ui::area::escaped};

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
#[island]
pub(crate) fn Experiment(
    /// What the reader sent with the form, without JavaScript.
    bytes: Option<String>,
) -> impl IntoView {
    let (text, set_text) = signal(bytes.map_or_else(|| SAMPLE.to_owned(), |b| unix_line_ends(&b)));
    // The box belongs to who types in it: what was typed before the page came alive counts.
    let field = NodeRef::<Textarea>::new();
    Effect::new(move |_| {
        if let Some(field) = field.get() {
            set_text.set(field.value());
        }
    });
    let read = Memo::new(move |_| text.with(|text| read(text)));
    let sample = move |(name, bytes): (&'static str, &'static str)| {
        let href = format!("/learn?bytes={}#experiment", encode(bytes));
        let on_click = move |event: leptos::ev::MouseEvent| {
            event.prevent_default();
            if let Some(field) = field.get_untracked() {
                field.set_value(bytes);
            }
            set_text.set(bytes.to_owned());
        };
        view! { <li><a href=href on:click=on_click>{name}</a></li> }
    };
    view! {
        <section class="panel" id="experiment" aria-labelledby="experiment-title">
            <h2 id="experiment-title">"Try your own bytes"</h2>
            <p>"Change the text: what comes of it stands beside, with the byte where it goes wrong."</p>
            <ul class="samples">{SAMPLES.map(sample).collect_view()}</ul>
            <div class="experiment">
                <form method="get" action="/learn#experiment">
                    <label for="bytes">"An event stream"</label>
                    <textarea
                        id="bytes"
                        name="bytes"
                        rows="14"
                        spellcheck="false"
                        node_ref=field
                        on:input:target=move |event| set_text.set(event.target().value())
                    >
                        {escaped(&text.get_untracked())}
                    </textarea>
                    <button type="submit">"Read it on the server"</button>
                </form>
                <div>
                    <h3>"Events, in order of dispatch"</h3>
                    <ol class="dispatched">
                        {move || read.get().events.into_iter().map(event).collect_view()}
                    </ol>
                    <Show when=move || read.with(|read| read.events.is_empty())>
                        <p class="empty">"None."</p>
                    </Show>
                    <h3>"What a reader should know"</h3>
                    <ul class="diagnostics">
                        {move || read.get().diagnostics.into_iter().map(diagnostic).collect_view()}
                    </ul>
                    <p class="meta">{move || read.with(Reading::end)}</p>
                </div>
            </div>
        </section>
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Reading {
    events: Vec<Event>,
    diagnostics: Vec<Diagnostic>,
    last_event_id: String,
    retry: Option<String>,
}

impl Reading {
    fn end(&self) -> String {
        let id = match self.last_event_id.as_str() {
            "" => "without Last-Event-ID".to_owned(),
            id => format!("with Last-Event-ID: {id}"),
        };
        let when = self.retry.as_ref().map_or_else(
            || "after the browser's own time".to_owned(),
            |ms| format!("after {ms} ms"),
        );
        format!("At the end of these bytes a browser reconnects {when}, {id}.")
    }
}

fn read(text: &str) -> Reading {
    let mut reading = Reading::default();
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

fn event(event: Event) -> impl IntoView {
    view! {
        <li>
            <strong>{event.event}</strong>
            <span class="meta">{format!(" id {:?}", event.id)}</span>
            <pre>{event.data}</pre>
        </li>
    }
}

fn diagnostic(diagnostic: Diagnostic) -> impl IntoView {
    let kind = if diagnostic.is_violation() {
        "violation"
    } else {
        "note"
    };
    let glyph = if diagnostic.is_violation() {
        "▲ "
    } else {
        "· "
    };
    view! {
        <li class=kind>
            <span aria-hidden="true">{glyph}</span>
            <strong>{diagnostic.code.as_str()}</strong>
            {format!(" at byte {}: {}", diagnostic.offset, diagnostic.detail)}
        </li>
    }
}

/// A form sends its line ends as CRLF (HTML, 4.10.22.4), whatever was typed.
fn unix_line_ends(text: &str) -> String {
    text.replace("\r\n", "\n")
}
