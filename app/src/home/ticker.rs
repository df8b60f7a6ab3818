//! The ticker: one event a second, the same for all who watch.

use std::cell::Cell;

use leptos::{either::Either, prelude::*};
use web_sys::Element;

use crate::{
    live::{StreamSpec, feed::Row, list::ShortList, row, use_stream},
    model::{Event, Snapshot, tick_text},
    ui::{
        badge::{self, Badge},
        dom::{alive, append, append_text, element, find, given, remove, write},
        gap::note,
    },
};

/// How many ticks the list shows.
const SHOWN: usize = 20;

/// The newest ticks: from the log when the page was rendered, then live from that very cursor.
#[component]
pub(crate) fn Ticker(
    ticks: Snapshot,
    /// The panel's title.
    title: &'static str,
) -> impl IntoView {
    let rows = ticks.events.iter().map(|event| {
        let Event {
            id, event: name, ..
        } = event.clone();
        let key = id.clone();
        view! {
            <li class="row" data-id=key>
                <span class="row-time">{tick_text(event)}</span>
                <span class="row-id">{id}</span>
                <span class="row-name">{name}</span>
            </li>
        }
    });
    let rows = rows.collect_view();
    let empty = match ticks.events.is_empty() {
        true => Either::Left(view! {
            <p class="empty">"No ticks yet: the next comes within a second."</p>
        }),
        false => Either::Right(()),
    };
    view! {
        <Ticking>
            <section id="ticker" class="panel ticker" aria-label=format!("{title}, live") data-cursor=ticks.cursor>
                <header class="panel-head">
                    <h2>{title}</h2>
                    <Badge />
                </header>
                <div role="log" aria-live="off" aria-label="Ticks">
                    <ol class="rows">{rows}</ol>
                </div>
                {empty}
                <p class="meta">
                    "One tick a second, broadcast · from " <code>"/events"</code> " · "
                    <span class="gaps">"nothing missed since this page opened"</span>
                </p>
            </section>
        </Ticking>
    }
}

/// Brings the ticks to life.
#[island]
fn Ticking(children: Children) -> impl IntoView {
    alive("#ticker", |root| {
        let (Some(list), Some(missed)) = (find(&root, "ol"), find(&root, ".gaps")) else {
            return;
        };
        let spec = StreamSpec::hub("/events?envelope=1".into(), given(&root, "data-cursor"));
        let list = ShortList::new(list, SHOWN, tick);
        let gaps = Cell::new(0_u32);
        let panel = root.clone();
        let stream = use_stream(spec, move |message| {
            let Some(row) = row(&message) else { return };
            if let Row::Gap(_) = row {
                gaps.set(gaps.get() + 1);
                write(&missed, &count(gaps.get()));
            }
            list.push(&row);
            remove(&panel, ".empty");
        });
        badge::follow(&root, stream, None);
    });
    children()
}

fn count(gaps: u32) -> String {
    match gaps {
        1 => "1 gap since this page opened".to_owned(),
        n => format!("{n} gaps since this page opened"),
    }
}

/// A row as the server writes it.
fn tick(row: &Row) -> Element {
    let item = element("li", "row");
    match row {
        Row::Gap(gap) => append(&item, &note(gap)),
        Row::Event(event) => {
            append_text(&item, "span", "row-time", &tick_text(event));
            append_text(&item, "span", "row-id", &event.id);
            append_text(&item, "span", "row-name", &event.event);
        }
    }
    item
}
