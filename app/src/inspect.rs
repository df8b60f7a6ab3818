//! The inspector: the form, filled, and the frame that its own module brings to life.

use leptos::prelude::*;

use crate::{
    model::InspectData,
    ui::{code::Code, layout::Page},
};

/// Methods that a request may have.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The views of what came, by the names that the page's script knows.
const VIEWS: [(&str, &str); 7] = [
    ("events", "Events"),
    ("raw", "Raw"),
    ("hex", "Hex"),
    ("timeline", "Timeline"),
    ("findings", "Findings"),
    ("headers", "Headers"),
    ("connections", "Connections"),
];

/// The page `/inspect`.
#[component]
pub(crate) fn Inspect(data: InspectData) -> impl IntoView {
    let command = data.command();
    view! {
        <Page
            title="Inspect a stream"
            lead="What a server really sends: the bytes, when they come, and what is wrong with them."
        >
            <RequestForm data=data />
            <noscript>
                <section class="panel">
                    <h2>"In a terminal"</h2>
                    <p>"A page reads a stream with JavaScript only. The same in a terminal:"</p>
                    <pre><code>{command.clone()}</code></pre>
                </section>
            </noscript>
            <Came />
            <section class="panel" aria-labelledby="beyond-title">
                <h2 id="beyond-title">"What a page cannot see"</h2>
                <p>
                    "A browser lets a page read streams of this server, and of others that allow it by CORS. It hides \
                     redirects, most headers of others, and what compression did. A terminal is not kept from anything:"
                </p>
                <Code text=command label="In a terminal" />
                <p class="meta">
                    "Open here what it prints: --capture has the bytes and their times too. Nothing is fetched by way \
                     of this server."
                </p>
            </section>
        </Page>
    }
}

#[component]
fn RequestForm(data: InspectData) -> impl IntoView {
    let InspectData {
        url,
        method,
        last_event_id,
        reconnect,
        samples,
        ..
    } = data;
    let is_special = method != "GET" || !last_event_id.is_empty();
    let option = |name: &'static str| {
        let selected = name == method;
        view! { <option selected=selected>{name}</option> }
    };
    let sample = |(href, name): (String, String)| view! { <li><a href=href>{name}</a></li> };
    view! {
        <form class="panel request" method="get" action="/inspect" id="request">
            <div>
                <label for="url">"A stream’s address, or a path of this server"</label>
                <div class="field">
                    <input
                        id="url"
                        name="url"
                        value=url
                        required
                        inputmode="url"
                        maxlength="4096"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        placeholder="https://example.com/events"
                        aria-describedby="refused"
                    />
                    <button type="submit">"Inspect"</button>
                    <button type="button" id="stop" hidden>"Stop"</button>
                </div>
                <p class="refused" id="refused" role="alert"></p>
            </div>
            <ul class="samples">{samples.into_iter().map(sample).collect_view()}</ul>
            <label class="tick">
                <input type="checkbox" name="reconnect" value="1" checked=reconnect />
                "Come back after an end, as an EventSource does"
            </label>
            <details open=is_special>
                <summary>"Method, headers, body, last id"</summary>
                <div class="special">
                    <label>"Method" <select name="method">{METHODS.map(option).collect_view()}</select></label>
                    <label>
                        "Last-Event-ID"
                        <input name="last_event_id" value=last_event_id maxlength="1024" autocomplete="off" spellcheck="false" />
                    </label>
                    // Without a name they are in no address: they may hold secrets.
                    <label>
                        "Headers, one a line"
                        <textarea id="headers" rows="3" spellcheck="false" placeholder="Authorization: Bearer …"></textarea>
                    </label>
                    <label>"Body" <textarea id="body" rows="3" spellcheck="false"></textarea></label>
                    <label class="tick">
                        <input type="checkbox" id="cookies" />
                        "Send cookies to another server too"
                    </label>
                </div>
            </details>
        </form>
    }
}

/// What came, and what can be done with it.
#[component]
fn Came() -> impl IntoView {
    let figure = |id: &'static str, name: &'static str| {
        view! { <div><dt>{name}</dt><dd data-figure=id>"–"</dd></div> }
    };
    let act = |act: &'static str, name: &'static str| {
        view! { <button type="button" class="small" data-do=act disabled>{name}</button> }
    };
    view! {
        <section class="panel came" id="came" aria-labelledby="came-title">
            <div class="panel-head">
                <h2 id="came-title">"What came"</h2>
                <span class="badge" data-state="idle">
                    <span class="glyph" aria-hidden="true">"○"</span>
                    <strong>"Nothing yet"</strong>
                    <span class="detail">"give an address, or open a capture"</span>
                </span>
                <span class="unseen said" role="status"></span>
            </div>
            <dl class="figures">
                {figure("events", "Events")} {figure("bytes", "Bytes")}
                {figure("violations", "Violations")} {figure("connections", "Connections")}
                {figure("between", "Between events, median")} {figure("latency", "Latency, median")}
            </dl>
            <div class="bar" role="toolbar" aria-label="This inspection">
                {act("resume", "Try to resume")} {act("report", "Copy a report")}
                {act("link", "Copy a link")} {act("export", "Export")}
                <button type="button" class="small" data-do="open" aria-expanded="false" aria-controls="opening" disabled>
                    "Open a capture"
                </button>
                <span class="meta done" role="status"></span>
            </div>
            <div class="opening" id="opening" hidden>
                <label>
                    "A file: an export of this page, what "<code>"tickertape inspect --json"</code>
                    " prints, or the bytes of a stream" <input type="file" id="file" />
                </label>
                <label>"Or the same, pasted" <textarea id="paste" rows="4" spellcheck="false"></textarea></label>
                <button type="button" class="small" data-do="read">"Open what is pasted"</button>
                <p class="refused" id="unread" role="alert"></p>
            </div>
            <textarea class="report" readonly hidden rows="8" aria-label="The report"></textarea>
            <p class="lost" hidden></p>
            <Views />
        </section>
    }
}

#[component]
fn Views() -> impl IntoView {
    let tab = |(name, title): (&'static str, &'static str)| {
        let is_first = name == VIEWS[0].0;
        view! {
            <button
                type="button"
                role="tab"
                id=format!("tab-{name}")
                data-view=name
                aria-selected=is_first.to_string()
                aria-controls="view"
                tabindex=if is_first { "0" } else { "-1" }
            >
                {title}
                <span class="count"></span>
            </button>
        }
    };
    let turn = |act: &'static str, name: &'static str| {
        view! { <button type="button" class="small" data-turn=act disabled>{name}</button> }
    };
    view! {
        <div class="tabs" role="tablist" aria-label="What came, as">{VIEWS.map(tab).collect_view()}</div>
        <div class="sought">
            <input
                type="search"
                id="q"
                maxlength="1024"
                placeholder="Filter"
                aria-label="Filter: events with a text in their data, name or id"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                dir="auto"
                disabled
            />
            <span class="meta found"></span>
        </div>
        <div class="view" id="view" role="tabpanel" tabindex="0" aria-labelledby="tab-events">
            <p class="empty">"Nothing yet."</p>
        </div>
        <div class="bar turning" role="toolbar" aria-label="Pages">
            {turn("oldest", "Oldest")} {turn("older", "Older")} {turn("newer", "Newer")}
            {turn("newest", "Newest")} <span class="meta where"></span>
        </div>
    }
}
