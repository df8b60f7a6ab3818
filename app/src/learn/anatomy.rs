//! A live stream in three columns: its bytes, its fields, the page.

use std::{cell::RefCell, collections::VecDeque};

use leptos::{either::Either, prelude::*};

use super::blocks::{Block, Blocks, Line, encode};
use crate::{
    live::{Arrived, HUB_HEARTBEAT, Stream, StreamSpec, Transport, connection::State, use_bytes},
    model::Snapshot,
    ui::badge::Badge,
};

/// How many blocks stand side by side.
const SHOWN: usize = 5;

/// The stream that is shown: two fields and a time, short enough to read in a second.
const URL: &str = "/events";

/// The section "See one".
#[island]
pub(crate) fn Anatomy(
    ticks: Snapshot,
    /// What else the section says.
    children: Children,
) -> impl IntoView {
    let (blocks, stream) = use_blocks(ticks);
    let (alive, set_alive) = signal(false);
    Effect::new(move |_| set_alive.set(true));
    let stopped = Memo::new(move |_| stream.connection.with(|c| *c.state() == State::Stopped));
    let toggle = move |_| {
        if stopped.get() {
            stream.retry()
        } else {
            stream.stop()
        }
    };
    view! {
        <section class="panel" id="anatomy" aria-labelledby="anatomy-title">
            <header class="panel-head">
                <h2 id="anatomy-title">"See one"</h2>
                <Badge stream=stream />
                <Show when=move || alive.get()>
                    <button class="small" on:click=toggle>
                        {move || if stopped.get() { "Connect again" } else { "Cut the connection" }}
                    </button>
                </Show>
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
                <For each=move || blocks.get() key=|block| block.offset let:block>
                    <BlockRow block=block />
                </For>
            </div>
            <p class="meta">
                "The request: " <code>"GET /events"</code>
                {move || stream.cursor.get().map(|id| view! { " · the next one begins with " <code>"Last-Event-ID: "{id}</code> })}
            </p>
            {children()}
        </section>
    }
}

#[component]
fn BlockRow(block: Block) -> impl IntoView {
    let offset = block.offset;
    let (fields, shown) = match block.event {
        Some(event) => {
            let shown = shown(&event);
            let fields = view! {
                <dl class="fields">
                    <dt>"event"</dt>
                    <dd>{event.event}</dd>
                    <dt>"lastEventId"</dt>
                    <dd>{event.id}</dd>
                    <dt>"data"</dt>
                    <dd>{event.data}</dd>
                </dl>
            };
            (Either::Left(fields), shown)
        }
        None => (
            Either::Right(view! {
                <p class="meta">"No data, so no event: a comment, or advice on reconnecting."</p>
            }),
            String::new(),
        ),
    };
    view! {
        <div class="anatomy-row" role="row">
            <pre role="cell" class="bytes"><span class="offset" title="bytes before this block">{offset}</span>{block.lines.into_iter().map(line).collect_view()}<span class="end">"⏎"</span></pre>
            <div role="cell">{fields}</div>
            <div role="cell" class="result">{shown}</div>
        </div>
    }
}

fn line(line: Line) -> impl IntoView {
    let kind = if line.name.is_empty() {
        "comment"
    } else {
        "name"
    };
    view! {
        <span class=kind>{line.name}</span>
        <span class="separator">{line.separator}</span>
        <span class=if kind == "comment" { "comment" } else { "value" }>{line.value}</span>
        <span class="end">"⏎\n"</span>
    }
}

/// A page listens for the names it knows; the hub's own events are for the connection.
fn shown(event: &wire::Event) -> String {
    match event.event.as_str() {
        "hub.gap" => "≈ a gap: some ticks are gone ≈".into(),
        name if name.starts_with("hub.") => String::new(),
        _ => serde_json::from_str::<serde_json::Value>(&event.data)
            .ok()
            .and_then(|data| data["message"].as_str().map(str::to_owned))
            .unwrap_or_else(|| event.data.clone()),
    }
}

/// The blocks of a stream, read from its bytes: first those of the snapshot, as the hub sends them.
fn use_blocks(ticks: Snapshot) -> (ReadSignal<VecDeque<Block>>, Stream) {
    let mut splitter = Blocks::default();
    let newest = ticks.events.len().saturating_sub(3);
    let sent: Vec<u8> = ticks.events[newest..].iter().flat_map(encode).collect();
    let (blocks, set_blocks) = signal(VecDeque::from(splitter.push(&sent)));
    let splitter = RefCell::new(splitter);
    let spec = StreamSpec {
        url: URL.into(),
        cursor: Some(ticks.cursor),
        transport: Transport::Bytes,
        heartbeat: HUB_HEARTBEAT,
        patience: 0,
        parked: false,
    };
    let stream = use_bytes(spec, move |arrived| {
        let new = match arrived {
            Arrived::Bytes(bytes) => splitter.borrow_mut().push(&bytes),
            Arrived::Message(_) => Vec::new(),
            Arrived::End => {
                splitter.borrow_mut().cut();
                Vec::new()
            }
        };
        let ids = new.iter().filter_map(|block| block.event.as_ref());
        let cursor = ids.map(|event| event.id.clone()).rfind(|id| !id.is_empty());
        set_blocks.update(|blocks| {
            blocks.extend(new);
            while blocks.len() > SHOWN {
                blocks.pop_front();
            }
        });
        cursor
    });
    (blocks, stream)
}
