//! Events as rows.

use leptos::{either::Either, prelude::*};

use crate::{
    live::feed::{Feed, Row},
    model::{Event, time_of_day},
    ui::gap::GapRow,
};

/// The events, newest last. The style alone keeps the newest in view, also without JavaScript, and
/// leaves who scrolled away where they are.
#[component]
pub(crate) fn Rows(
    feed: ReadSignal<Feed>,
    /// Whether each row says its topic.
    several: bool,
) -> impl IntoView {
    view! {
        <div class="events" tabindex="0" role="region" aria-label="Events">
            <ol role="log" aria-live="off" aria-label="Events">
                <For each=move || feed.get().rows() key=Row::key let:row>
                    <li class="event-row">{cells(row, several)}</li>
                </For>
            </ol>
        </div>
        <Show when=move || feed.with(Feed::is_empty)>
            <p class="empty">"No events yet: publish one with the command below."</p>
        </Show>
    }
}

fn cells(row: Row, several: bool) -> impl IntoView {
    let Event {
        id,
        topic,
        event,
        data,
        time,
    } = match row {
        Row::Gap(gap) => return Either::Left(view! { <GapRow gap=gap /> }),
        Row::Event(event) => event,
    };
    let shown = time_of_day(&time, 12);
    let topic = several.then(|| view! { <bdi class="row-topic">{topic}</bdi> });
    Either::Right(view! {
        <time class="row-time" datetime=time.clone() title=time>{shown}</time>
        <span class="row-id" title=id.clone()>{sequence(&id)}</span>
        <bdi class="row-name">{event}</bdi>
        {topic}
        <span class="row-data" dir="auto">{data}</span>
    })
}

/// What differs between the ids of one log.
fn sequence(id: &str) -> String {
    id.rsplit_once('-').map_or(id, |(_, seq)| seq).to_owned()
}
