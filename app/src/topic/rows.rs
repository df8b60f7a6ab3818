//! Events as rows, as the server writes them.

use leptos::prelude::*;

use crate::model::{Event, time_of_day};

/// Characters of an event's data that a row shows: more than fit, and few enough for any event.
const SHOWN: usize = 512;

/// The rows that stand in the page before it is alive, oldest first.
#[component]
pub(crate) fn Rows(
    rows: Vec<Event>,
    /// Whether each row says its topic.
    several: bool,
    /// The event that the page is about.
    at: Option<String>,
) -> impl IntoView {
    let cells = move |event: Event| {
        let Event {
            id,
            topic,
            event: name,
            data,
            time,
            ..
        } = event;
        let topic = several.then(|| {
            view! { <bdi class="row-topic" title=topic.clone()>{topic.clone()}</bdi> }
        });
        let (written, seq) = (time_of_day(&time, 12), sequence(&id).to_owned());
        let is_it = at.as_ref() == Some(&id);
        let whole = id.clone();
        let first = first_of(&data).to_owned();
        view! {
            <li class="event-row" data-id=id aria-current=is_it.then_some("true")>
                <time class="row-time" datetime=time.clone() title=time.clone()>{written}</time>
                <span class="row-id" title=whole>{seq}</span>
                <bdi class="row-name">{name}</bdi>
                {topic}
                <span class="row-data" dir="auto">{first}</span>
            </li>
        }
    };
    view! { <ol>{rows.into_iter().map(cells).collect_view()}</ol> }
}

/// What stands over the rows, for the eye: to the ear each row says it all.
#[component]
pub(crate) fn RowHead(
    /// Whether each row says its topic.
    several: bool,
) -> impl IntoView {
    let topic = several.then(|| view! { <span class="row-topic">"Topic"</span> });
    view! {
        <div class="row-head" aria-hidden="true">
            <span class="row-time">"Time"</span>
            <span class="row-id">"Id"</span>
            <span class="row-name">"Event"</span>
            {topic}
            <span class="row-data">"Data"</span>
        </div>
    }
}

/// What differs between the ids of one log.
pub(crate) fn sequence(id: &str) -> &str {
    id.rsplit_once('-').map_or(id, |(_, seq)| seq)
}

/// As much of an event's data as a row shows.
pub(crate) fn first_of(data: &str) -> &str {
    match data.char_indices().nth(SHOWN) {
        Some((end, _)) => &data[..end],
        None => data,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_data_is_cut_between_characters() {
        let long = "é".repeat(SHOWN + 1);
        assert_eq!(first_of(&long).chars().count(), SHOWN);
        assert_eq!(first_of("short"), "short");
    }

    #[test]
    fn a_row_shows_what_differs() {
        assert_eq!(sequence("k3x9-12"), "12");
        assert_eq!(sequence("odd"), "odd");
    }
}
