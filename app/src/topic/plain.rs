//! A topic's events as a page that stands still: for print, find-in-page and screen readers.

use leptos::{either::Either, prelude::*};

use crate::{
    model::{Choice, Event, PlainData, PlainRow, Refused},
    ui::{gap, layout::Page},
};

/// The page `/topics?view=plain`.
#[component]
pub(crate) fn Plain(data: PlainData) -> impl IntoView {
    let title = data.title();
    let PlainData {
        several,
        rows,
        of,
        choice,
        live,
        older,
        newer,
        refused,
        ..
    } = data;
    let shown = rows.iter().filter(|row| matches!(row, PlainRow::Event(_)));
    let summary = summary(shown.count(), of, &choice);
    let newest = newer.is_some().then(|| format!("{live}&view=plain"));
    let turn = move || turn(older.clone(), newer.clone(), newest.clone());
    view! {
        <Page title=title lead="The events page by page, oldest first. Nothing moves here.">
            <section class="panel plain" aria-label="Events">
                {refused.map(|Refused { why, .. }| view! { <p class="refused" role="alert">{why}</p> })}
                <p>{summary} " " <a href=live>"Watch them live"</a></p>
                {turn()}
                <ol class="plain-events">
                    {rows.into_iter().map(|row| item(row, several)).collect_view()}
                </ol>
                {turn()}
            </section>
        </Page>
    }
}

/// How many there are, in words.
fn summary(shown: usize, of: usize, choice: &Choice) -> String {
    let events = |n| match n {
        0 => "No events".to_owned(),
        1 => "1 event".to_owned(),
        n => format!("{n} events"),
    };
    match choice.is_all() {
        true => format!("{} on this page. Times are in UTC.", events(of)),
        false => format!(
            "{} of {of} on this page that {}. Times are in UTC.",
            events(shown),
            words(choice)
        ),
    }
}

/// What the reader chose, in words.
fn words(choice: &Choice) -> String {
    let verb = match (choice.invert, choice.regex) {
        (false, false) => "contain",
        (true, false) => "do not contain",
        (false, true) => "match",
        (true, true) => "do not match",
    };
    let text = (!choice.text.is_empty()).then(|| format!("{verb} “{}”", choice.text));
    let names = (!choice.events.is_empty()).then(|| {
        let names: Vec<_> = choice
            .events
            .iter()
            .map(|name| format!("“{name}”"))
            .collect();
        format!("are named {}", names.join(" or "))
    });
    let all: Vec<_> = text.into_iter().chain(names).collect();
    all.join(" and ")
}

/// The links to the pages beside this one.
fn turn(older: Option<String>, newer: Option<String>, newest: Option<String>) -> impl IntoView {
    let link = |href: Option<String>, rel, label| {
        href.map(|href| view! { <a href=href rel=rel>{label}</a> })
    };
    view! {
        <nav class="turn" aria-label="Pages of events">
            {link(older, "prev", "← Older")}
            {link(newer, "next", "Newer →")}
            {link(newest, "last", "Newest ⇥")}
        </nav>
    }
}

fn item(row: PlainRow, several: bool) -> impl IntoView {
    let event = match row {
        PlainRow::Gap(gap) => {
            let (said, title) = (
                gap::words(&gap),
                format!("{} → {}", gap.requested, gap.resumed_after),
            );
            return Either::Left(view! {
                <li class="plain-gap">
                    <span class="gap" title=title>
                        <span aria-hidden="true">"≈ "</span>
                        {said}
                        <span aria-hidden="true">" ≈"</span>
                    </span>
                </li>
            });
        }
        PlainRow::Event(event) => event,
    };
    let Event {
        id,
        topic,
        event,
        data,
        time,
        ..
    } = event;
    let whole_id = id.clone();
    let topic = several.then(|| view! { <bdi class="row-topic">{topic}</bdi> });
    Either::Right(view! {
        <li data-id=whole_id>
            <p class="plain-head">
                <time datetime=time.clone()>{time.clone()}</time>
                <span class="row-id">{id}</span>
                <bdi class="row-name">{event}</bdi>
                {topic}
            </p>
            <pre dir="auto">{data}</pre>
        </li>
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_said_in_words() {
        let all = Choice::default();
        assert_eq!(
            summary(1, 1, &all),
            "1 event on this page. Times are in UTC."
        );
        let some = Choice {
            text: "paid".into(),
            invert: true,
            events: vec!["a".into(), "b".into()],
            ..all
        };
        assert_eq!(
            summary(0, 100, &some),
            "No events of 100 on this page that do not contain “paid” and are named “a” or “b”. \
             Times are in UTC."
        );
    }
}
