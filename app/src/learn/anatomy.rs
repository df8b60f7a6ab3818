//! A live stream in three columns: its bytes, its fields, the page.

use std::collections::VecDeque;

use leptos::{either::Either, prelude::*};

use super::blocks::{Block, Blocks, Line, encode};
use crate::{
    live::bytes::{ByteStream, Chunk},
    model::Snapshot,
    ui::code::Code,
};

/// How many blocks stand side by side.
const SHOWN: usize = 5;

/// The stream that is shown: two fields and a time, short enough to read in a second.
const URL: &str = "/events";

/// The section "See one".
#[component]
pub(crate) fn Anatomy(ticks: Snapshot, origin: String) -> impl IntoView {
    let reader = use_blocks(ticks);
    let toggle = move |_| reader.wanted.update(|wanted| *wanted = !*wanted);
    view! {
        <section class="panel" id="anatomy" aria-labelledby="anatomy-title">
            <header class="panel-head">
                <h2 id="anatomy-title">"See one"</h2>
                <span class="badge" data-state=move || reader.state().0>
                    <span class="glyph" aria-hidden="true">{move || reader.state().1}</span>
                    <strong>{move || reader.state().2}</strong>
                </span>
                <Show when=move || reader.alive.get()>
                    <button class="small" on:click=toggle>
                        {move || if reader.wanted.get() { "Cut the connection" } else { "Connect again" }}
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
                <For each=move || reader.blocks.get() key=|block| block.offset let:block>
                    <BlockRow block=block />
                </For>
            </div>
            <p class="meta">
                "The request: " <code>"GET /events"</code>
                {move || reader.cursor.get().map(|id| view! { " · the next one begins with " <code>"Last-Event-ID: "{id}</code> })}
            </p>
            <Code text=format!("curl -N {origin}{URL}") label="The same in a terminal" />
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

/// The blocks of a stream, read from its bytes.
#[derive(Clone, Copy)]
struct Reader {
    blocks: ReadSignal<VecDeque<Block>>,
    cursor: ReadSignal<Option<String>>,
    /// Whether the page is live at all.
    alive: ReadSignal<bool>,
    /// Whether a connection is wanted.
    wanted: RwSignal<bool>,
}

impl Reader {
    /// Colour, glyph and word.
    fn state(self) -> (&'static str, &'static str, &'static str) {
        match (self.alive.get(), self.wanted.get()) {
            (false, _) => ("idle", "○", "As rendered"),
            (true, true) => ("live", "●", "Live"),
            (true, false) => ("paused", "■", "Cut"),
        }
    }
}

fn use_blocks(ticks: Snapshot) -> Reader {
    let mut first = Blocks::default();
    let newest = ticks.events.len().saturating_sub(3);
    let sent: Vec<u8> = ticks.events[newest..].iter().flat_map(encode).collect();
    let (blocks, set_blocks) = signal(VecDeque::from(first.push(&sent)));
    let (cursor, set_cursor) = signal((!ticks.cursor.is_empty()).then_some(ticks.cursor));
    let (alive, set_alive) = signal(false);
    let wanted = RwSignal::new(false);
    let splitter = RwSignal::new(first);
    let hear = move |chunk| match chunk {
        Chunk::Bytes(bytes) => {
            let Some(new) = splitter.try_update(|splitter| splitter.push(&bytes)) else {
                return;
            };
            for block in new {
                if let Some(event) = block.event.as_ref().filter(|event| !event.id.is_empty()) {
                    set_cursor.set(Some(event.id.clone()));
                }
                set_blocks.update(|blocks| {
                    blocks.push_back(block);
                    while blocks.len() > SHOWN {
                        blocks.pop_front();
                    }
                });
            }
        }
        Chunk::Ended => {
            splitter.try_update(Blocks::cut);
            wanted.try_set(false);
        }
        Chunk::Opened(_) => {}
    };
    Effect::new(move |_| {
        set_alive.set(true);
        wanted.set(true);
    });
    Effect::new(move |open: Option<Option<ByteStream>>| {
        if !wanted.get() {
            return None;
        }
        open.flatten().or_else(|| {
            let from = cursor.get_untracked();
            ByteStream::open(URL, from.as_deref(), hear).ok()
        })
    });
    Reader {
        blocks,
        cursor,
        alive,
        wanted,
    }
}
