//! What stands around the list: written by the server, brought to life by the console.

use leptos::prelude::*;

use super::choice::name_of;
use crate::model::{Choice, TimeStyle};

/// The form that says which rows are shown; it works without JavaScript.
#[component]
pub(crate) fn FilterForm(
    selectors: Vec<String>,
    choice: Choice,
    /// What is wrong with the filter.
    refused: Option<String>,
) -> impl IntoView {
    let topics = selectors.into_iter();
    let topics = topics.map(|topic| view! { <input type="hidden" name="topic" value=topic /> });
    let names = choice.events.iter().cloned();
    let names = names.map(|name| view! { <input type="hidden" name="event" value=name /> });
    let style = move |style: TimeStyle, text: &'static str| {
        let selected = choice.time == style;
        view! { <option value=name_of(style) selected=selected>{text}</option> }
    };
    let styles = [
        style(TimeStyle::Utc, "UTC"),
        style(TimeStyle::Local, "Local time"),
        style(TimeStyle::Relative, "How long ago"),
    ];
    let is_refused = refused.is_some();
    view! {
        <form class="filter" method="get" action="/topics" role="search">
            {topics.collect_view()} {names.collect_view()}
            <input
                type="search"
                name="q"
                value=choice.text
                placeholder="Filter"
                maxlength="1024"
                aria-label="Filter: a text, or a regular expression"
                aria-keyshortcuts="/"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                dir="auto"
                aria-invalid=is_refused.then_some("true")
                aria-describedby="filter-refused"
            />
            <label class="switch" title="A regular expression">
                <input type="checkbox" name="re" value="1" checked=choice.regex />
                <span aria-hidden="true">".*"</span>
                <span class="unseen">"Regular expression"</span>
            </label>
            <label class="switch" title="The rows that do not match">
                <input type="checkbox" name="not" value="1" checked=choice.invert />
                <span aria-hidden="true">"¬"</span>
                <span class="unseen">"Invert"</span>
            </label>
            <select name="time" aria-label="Times">{styles}</select>
            <button type="submit">"Filter"</button>
            <div class="facets" role="group" aria-label="Event names"></div>
            <p class="refused" id="filter-refused" data-for="q" role="alert">{refused}</p>
        </form>
    }
}

/// What can be done with the list.
#[component]
pub(crate) fn Bar() -> impl IntoView {
    let button = |act: &'static str, glyph: &'static str, text: &'static str, key: &'static str| {
        view! {
            <button type="button" class="small" data-do=act aria-keyshortcuts=(!key.is_empty()).then_some(key)>
                <span class="glyph" aria-hidden="true">{glyph}</span>
                <span class="label">{text}</span>
            </button>
        }
    };
    view! {
        <div class="bar" role="toolbar" aria-label="List">
            {button("pause", "‖", "Pause", "Space")}
            {button("clear", "⌫", "Clear", "X")}
            {button("export-ndjson", "⇣", "Export NDJSON", "")}
            {button("export-stream", "⇣", "Export event stream", "")}
            {button("keys", "?", "Keys", "?")}
            <button type="button" class="small follow" data-do="follow" aria-keyshortcuts="End" hidden></button>
            <span class="told meta" aria-hidden="true"></span>
            <span class="held meta"></span>
        </div>
    }
}

/// Where one event is shown whole.
#[component]
pub(crate) fn DetailPane() -> impl IntoView {
    let form = |act: &'static str, text: &'static str, pressed: &'static str| {
        view! {
            <button type="button" class="small" data-do=act aria-pressed=pressed>{text}</button>
        }
    };
    let copy = |act: &'static str, text: &'static str| {
        view! { <button type="button" class="small" data-do=act>{text}</button> }
    };
    view! {
        <aside class="detail" role="region" hidden aria-label="The selected event">
            <div class="bar">
                <span class="group" role="group" aria-label="Shown as">
                    {form("view-parsed", "Parsed", "true")} {form("view-raw", "Raw", "false")}
                    {form("view-hex", "Hex", "false")}
                </span>
                <span class="group" role="group" aria-label="Copy">
                    {copy("copy-data", "Copy data")} {copy("copy-curl", "Copy as curl")}
                    {copy("copy-link", "Copy link")}
                </span>
                <button type="button" class="small" data-do="close-detail" aria-keyshortcuts="Escape">
                    "Close"
                </button>
            </div>
            <div class="detail-body" tabindex="0" role="group" aria-label="Its content"></div>
        </aside>
    }
}

/// The keys, and what each does.
const KEYS: [(&str, &str); 12] = [
    ("/", "filter"),
    ("Space", "pause, and go on"),
    ("G, End", "follow the newest"),
    ("j, k", "select the next, the one before"),
    ("Enter", "show the selected event whole"),
    ("c", "copy its data"),
    ("Esc", "back to the list"),
    ("p", "publish"),
    ("t", "times: UTC, local, how long ago"),
    ("1, 2, 3", "the event parsed, raw, in hex"),
    ("x", "clear the list"),
    ("?", "these keys"),
];

/// The keys in a dialog.
#[component]
pub(crate) fn Keys() -> impl IntoView {
    let key = |(key, does): (&'static str, &'static str)| {
        view! {
            <dt>
                <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
        }
    };
    view! {
        <dialog class="keys" aria-labelledby="keys-title">
            <form method="dialog">
                <h3 id="keys-title">"Keys, while the list has the focus"</h3>
                <dl>{KEYS.map(key).collect_view()}</dl>
                <button>"Close"</button>
            </form>
        </dialog>
    }
}
