//! The server's clock, from `/sse/time`.

use leptos::prelude::*;
use web_sys::Element;

use crate::{
    live::{StreamSpec, Transport, use_stream},
    ui::{
        badge::{self, Badge},
        dom::{alive, attribute, find, write},
    },
};

/// One event a second, without an end.
const URL: &str = "/sse/time?count=0&interval=1000";

/// The server's time: as it was when the page was rendered, then live.
#[component]
pub(crate) fn Clock(
    /// RFC 3339.
    now: String,
) -> impl IntoView {
    let Parts {
        date,
        clock,
        fraction,
        offset,
    } = Parts::of(&now);
    view! {
        <Ticking>
            <section id="clock" class="panel clock" aria-labelledby="clock-title">
                <header class="panel-head">
                    <h2 id="clock-title">"The server's time"</h2>
                    <Badge />
                </header>
                <time class="time" datetime=now>
                    <span class="of-day">{clock}</span>
                    <span class="fraction">{fraction}</span>
                </time>
                <p class="meta">
                    <span class="date">{date}</span>
                    " · UTC"
                    <span class="offset">{offset}</span>
                    " · from "
                    <code>"/sse/time"</code>
                </p>
            </section>
        </Ticking>
    }
}

/// Brings the clock to life.
#[island]
fn Ticking(children: Children) -> impl IntoView {
    alive("#clock", |root| {
        let spec = StreamSpec {
            url: URL.into(),
            cursor: None,
            transport: Transport::Events(&["time"]),
            heartbeat: 2_000,
            // There is nothing to miss: the connection is left to who needs it.
            patience: 0,
            parked: false,
        };
        let shown = root.clone();
        let stream = use_stream(spec, move |message| show(&shown, &message.data));
        badge::follow(&root, stream, None);
    });
    children()
}

fn show(root: &Element, time: &str) {
    let parts = Parts::of(time);
    if let Some(element) = find(root, "time") {
        attribute(&element, "datetime", time);
    }
    for (class, text) in [
        (".of-day", parts.clock),
        (".fraction", parts.fraction),
        (".date", parts.date),
        (".offset", parts.offset),
    ] {
        if let Some(element) = find(root, class) {
            write(&element, &text);
        }
    }
}

/// The server's time as it was, where there is no stream to follow it by.
#[component]
pub(crate) fn StillClock(
    /// RFC 3339.
    now: String,
) -> impl IntoView {
    let Parts {
        date,
        clock,
        fraction,
        offset,
    } = Parts::of(&now);
    view! {
        <section class="panel clock" aria-labelledby="clock-title">
            <h2 id="clock-title">"The server's time"</h2>
            <time class="time" datetime=now>
                {clock}
                <span class="fraction">{fraction}</span>
            </time>
            <p class="meta">{date} " · UTC" {offset} " · when this page was made"</p>
        </section>
    }
}

/// An RFC 3339 time, cut where it is shown apart; nothing of the browser's clock or locale goes
/// in, so that the page hydrates with the text that the server wrote.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    date: String,
    clock: String,
    fraction: String,
    offset: String,
}

impl Parts {
    fn of(time: &str) -> Self {
        let Some((date, rest)) = time.split_once('T') else {
            return Self {
                clock: time.to_owned(),
                ..Self::default()
            };
        };
        let offset = rest.find(['+', '-', 'Z']).unwrap_or(rest.len());
        let (clock, offset) = rest.split_at(offset);
        let (clock, fraction) = clock.split_at(clock.find('.').unwrap_or(clock.len()));
        // Milliseconds are enough to see that it moves.
        let fraction: String = fraction.chars().take(4).collect();
        Self {
            date: date.to_owned(),
            clock: clock.to_owned(),
            fraction,
            offset: offset.replace('Z', "+00:00"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_into_what_is_shown() {
        let parts = Parts::of("2022-09-16T16:49:17.482796+02:00");
        let expected = Parts {
            date: "2022-09-16".into(),
            clock: "16:49:17".into(),
            fraction: ".482".into(),
            offset: "+02:00".into(),
        };
        assert_eq!(parts, expected);
    }

    #[test]
    fn a_time_without_fraction_and_with_a_negative_offset_or_z() {
        assert_eq!(Parts::of("2022-09-16T16:49:17-05:00").offset, "-05:00");
        assert_eq!(Parts::of("2022-09-16T16:49:17Z").offset, "+00:00");
        assert_eq!(Parts::of("2022-09-16T16:49:17Z").fraction, "");
    }

    #[test]
    fn what_is_no_time_is_shown_as_it_is() {
        assert_eq!(Parts::of("soon").clock, "soon");
    }
}
