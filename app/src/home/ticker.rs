//! The ticker: one event a second, the same for all who watch.

use leptos::{either::Either, prelude::*};

use crate::{
    live::{
        StreamSpec,
        feed::{Feed, Row},
        row, use_stream,
    },
    model::{Event, Snapshot, tick_text},
    ui::{badge::Badge, gap::GapRow},
};

/// How many ticks the list shows.
const SHOWN: usize = 20;

/// The newest ticks: from the log when the page was rendered, then live from that very cursor.
#[island]
pub(crate) fn Ticker(
    ticks: Snapshot,
    /// The panel's title.
    title: String,
) -> impl IntoView {
    let spec = StreamSpec::hub("/events?envelope=1".into(), ticks.cursor.clone());
    let (feed, set_feed) = signal(Feed::new(ticks, SHOWN));
    let (gaps, set_gaps) = signal(0_u32);
    let stream = use_stream(spec, move |message| {
        if let Some(row) = row(&message) {
            if matches!(row, Row::Gap(_)) {
                set_gaps.update(|gaps| *gaps += 1);
            }
            set_feed.update(|feed| feed.push(row));
        }
    });
    let label = title.clone();
    let missed = move || match gaps.get() {
        0 => "nothing missed since this page opened".to_owned(),
        1 => "1 gap since this page opened".to_owned(),
        n => format!("{n} gaps since this page opened"),
    };
    view! {
        <section class="panel ticker" aria-label=label>
            <header class="panel-head">
                <h2>{title}</h2>
                <Badge stream=stream />
            </header>
            <ol class="rows" role="log" aria-live="off" aria-label="Ticks">
                <For each=move || feed.get().rows() key=Row::key let:row>
                    <li class="row">{tick(row)}</li>
                </For>
            </ol>
            <Show when=move || feed.with(Feed::is_empty)>
                <p class="empty">"No ticks yet: the next comes within a second."</p>
            </Show>
            <p class="meta">
                "One tick a second, broadcast · from " <code>"/events"</code> " · "
                <span class="gaps">{missed}</span>
            </p>
        </section>
    }
}

fn tick(row: Row) -> impl IntoView {
    match row {
        Row::Gap(gap) => Either::Left(view! { <GapRow gap=gap /> }),
        Row::Event(event) => {
            let text = tick_text(&event);
            let Event {
                id, event: name, ..
            } = event;
            Either::Right(view! {
                <span class="row-time">{text}</span>
                <span class="row-id">{id}</span>
                <span class="row-name">{name}</span>
            })
        }
    }
}
