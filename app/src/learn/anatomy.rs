//! A live stream in three columns: its bytes, its fields, the page.

use std::cell::RefCell;

use leptos::prelude::*;
use web_sys::Element;

use super::{
    block_row::{BlockRow, row},
    blocks::Blocks,
};
use crate::{
    frame::frame,
    live::{Arrived, HUB_HEARTBEAT, Stream, StreamSpec, Transport, connection::State, use_bytes},
    model::Snapshot,
    ui::{
        badge::{self, Badge},
        dom::{alive, append, find, given, hide, listen, remove, write},
    },
};

/// How many blocks stand side by side.
const SHOWN: u32 = 5;

/// How many blocks the page begins with.
const FIRST: usize = 3;

/// The stream that is shown: two fields and a time, short enough to read in a second.
const URL: &str = "/events";

/// What the button does while the stream goes on.
const CUT: &str = "Cut the connection";

/// The section "See one".
#[component]
pub(crate) fn Anatomy(
    ticks: Snapshot,
    /// What else the section says.
    children: Children,
) -> impl IntoView {
    // The newest ticks, as the hub sends them.
    let newest = ticks.events.len().saturating_sub(FIRST);
    let sent: Vec<u8> = ticks.events[newest..]
        .iter()
        .flat_map(|event| frame(event, false).into_bytes())
        .collect();
    let rows = Blocks::default().push(&sent).into_iter();
    let rows = rows.map(|block| view! { <BlockRow block=block /> });
    let next = next(&ticks.cursor);
    view! {
        <Cutting>
            <section
                class="panel"
                id="anatomy"
                aria-labelledby="anatomy-title"
                data-cursor=ticks.cursor
                data-sent=sent.len()
            >
                <header class="panel-head">
                    <h2 id="anatomy-title">"See one"</h2>
                    <Badge />
                    <button type="button" class="small cut" hidden>{CUT}</button>
                </header>
                <p>
                    "This is the ticker of this server, as it arrives. A block of lines ends with a blank
                    line, and becomes one event. Cut the connection, wait, and connect again: the browser
                    sends the last " <code>"id"</code> " it saw, and what you missed comes first."
                </p>
                <div class="anatomy" role="table" aria-label="Bytes, fields and page, block by block">
                    <div class="anatomy-head" role="row">
                        <span role="columnheader">"The bytes on the wire"</span>
                        <span role="columnheader">"What a parser reads"</span>
                        <span role="columnheader">"What the page shows"</span>
                    </div>
                    {rows.collect_view()}
                </div>
                <p class="meta">
                    "The request: " <code>"GET /events"</code> " · the next one begins with "
                    <code class="next">{next}</code>
                </p>
                {children()}
            </section>
        </Cutting>
    }
}

/// Brings the stream to life, and the button that cuts it.
#[island]
fn Cutting(children: Children) -> impl IntoView {
    alive("#anatomy", |root| {
        let parts = (
            find(&root, ".anatomy"),
            find(&root, ".cut"),
            find(&root, ".next"),
        );
        let (Some(table), Some(cut), Some(next)) = parts else {
            return;
        };
        let stream = read(&root, table);
        badge::follow(&root, stream, None);
        follow(stream, cut, next);
    });
    children()
}

/// Reads the stream from its bytes, into the table.
fn read(root: &Element, table: Element) -> Stream {
    let sent = given(root, "data-sent").parse().unwrap_or_default();
    let blocks = RefCell::new(Blocks::after(sent));
    let spec = StreamSpec {
        url: URL.into(),
        cursor: Some(given(root, "data-cursor")),
        transport: Transport::Bytes,
        heartbeat: HUB_HEARTBEAT,
        patience: 0,
        parked: false,
    };
    use_bytes(spec, move |arrived| {
        let bytes = match arrived {
            Arrived::Bytes(bytes) => bytes,
            Arrived::Message(_) => return None,
            Arrived::End => {
                blocks.borrow_mut().cut();
                return None;
            }
        };
        let mut cursor = None;
        for block in blocks.borrow_mut().push(&bytes) {
            append(&table, &row(&block));
            let id = block.event.map(|event| event.id);
            cursor = id.filter(|id| !id.is_empty()).or(cursor);
        }
        // The head is a child too.
        while table.child_element_count() > SHOWN + 1 {
            remove(&table, ".anatomy-row");
        }
        cursor
    })
}

/// Keeps the button and the next request's header true to the stream.
fn follow(stream: Stream, cut: Element, next_header: Element) {
    let is_stopped = |state: &State| *state == State::Stopped;
    listen(&cut, "click", move |_| {
        match stream.connection.with_untracked(|c| is_stopped(c.state())) {
            true => stream.retry(),
            false => stream.stop(),
        }
    });
    hide(&cut, false);
    Effect::new(move |_| {
        let stopped = stream.connection.with(|c| is_stopped(c.state()));
        write(&cut, if stopped { "Connect again" } else { CUT });
        if let Some(cursor) = stream.cursor.get() {
            write(&next_header, &next(&cursor));
        }
    });
}

/// The header with which the next request begins.
fn next(cursor: &str) -> String {
    ["Last-Event-ID: ", cursor].concat()
}
