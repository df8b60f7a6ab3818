//! The connection's state as a glyph, a word and a colour: the same everywhere.

use leptos::prelude::*;

use crate::live::{
    Stream,
    connection::{State, Why},
};

/// Quiet shorter than this, in milliseconds, is not worth a word.
const IDLE_AFTER: u64 = 5_000;

/// What a badge shows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    /// Names the colour.
    kind: &'static str,
    glyph: &'static str,
    word: &'static str,
    detail: String,
}

/// Shows where a subscription stands, and offers what helps.
#[component]
pub(crate) fn Badge(stream: Stream) -> impl IntoView {
    let shown = Memo::new(move |_| {
        stream
            .connection
            .with(|c| describe(c.state(), stream.now.get(), stream.cursor.get()))
    });
    let word = Memo::new(move |_| shown.get().word);
    let kind = Memo::new(move |_| shown.get().kind);
    let can_retry = move || matches!(kind.get(), "reconnecting" | "paused" | "error");
    let can_stop = move || matches!(kind.get(), "reconnecting" | "connecting");
    view! {
        <span class="badge" data-state=kind>
            <span class="glyph" aria-hidden="true">{move || shown.get().glyph}</span>
            <strong>{word}</strong>
            <span class="detail">{move || shown.get().detail}</span>
            <Show when=can_retry>
                <button class="small" on:click=move |_| stream.retry()>"Try now"</button>
            </Show>
            <Show when=can_stop>
                <button class="small" on:click=move |_| stream.stop()>"Stop"</button>
            </Show>
        </span>
        <span class="unseen" role="status">{word}</span>
    }
}

fn describe(state: &State, now: u64, cursor: Option<String>) -> Shown {
    let shown = |kind, glyph, word, detail| Shown {
        kind,
        glyph,
        word,
        detail,
    };
    match state {
        State::Idle => shown(
            "idle",
            "○",
            "As rendered",
            "by the server; it comes alive with JavaScript".into(),
        ),
        State::Connecting { since, attempt } => {
            let seconds = now.saturating_sub(*since) / 1_000;
            let mut detail = Vec::new();
            if *attempt > 0 {
                detail.push(format!("attempt {attempt}"));
            }
            if seconds >= 1 {
                detail.push(format!("{seconds} s"));
            }
            if seconds >= 3 && *attempt == 0 {
                detail.push("waiting for a free connection? browsers allow six".into());
            }
            shown("connecting", "◌", "Connecting", detail.join(" · "))
        }
        State::Live { heard, .. } => {
            let quiet = now.saturating_sub(*heard);
            let detail = if quiet >= IDLE_AFTER {
                format!("idle {} s", quiet / 1_000)
            } else {
                String::new()
            };
            shown("live", "●", "Live", detail)
        }
        State::Reconnecting { attempt, at, why } => {
            let seconds = at.saturating_sub(now).div_ceil(1_000);
            let from = cursor
                .map(|id| format!(" · from {}", short(&id)))
                .unwrap_or_default();
            let detail = format!(
                "{} · attempt {attempt} · in {seconds} s{from}",
                because(why)
            );
            shown("reconnecting", "↻", "Reconnecting", detail)
        }
        State::Suspended => shown(
            "paused",
            "‖",
            "Let go",
            "while hidden; goes on when shown".into(),
        ),
        State::Stopped => shown("paused", "■", "Stopped", "by you".into()),
        State::Unauthorised { status: 401 } => shown(
            "unauthorised",
            "⚿",
            "Not signed in",
            "401: this stream asks for a token".into(),
        ),
        State::Unauthorised { status } => shown(
            "unauthorised",
            "⚿",
            "Not allowed",
            format!("{status}: the right is missing"),
        ),
        State::Failed { status } => {
            let what = if *status == 404 {
                "there is no such stream"
            } else {
                "refused"
            };
            shown("error", "▲", "Error", format!("{status}: {what}"))
        }
    }
}

fn because(why: &Why) -> String {
    match why {
        Why::Lost => "connection lost".into(),
        Why::Closed(reason) => format!("closed by the server ({reason})"),
        Why::GivenUp => "given up by the browser".into(),
        Why::Silent => "nothing heard".into(),
    }
}

/// The end of a long id: what tells it from its neighbours.
fn short(id: &str) -> String {
    match id.rsplit_once('-') {
        Some((_, seq)) => format!("…-{seq}"),
        None => id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reconnect_says_why_which_when_and_from_where() {
        let state = State::Reconnecting {
            attempt: 3,
            at: 9_500,
            why: Why::Lost,
        };
        let shown = describe(&state, 6_000, Some("k3x9-9120".into()));
        assert_eq!(shown.word, "Reconnecting");
        assert_eq!(
            shown.detail,
            "connection lost · attempt 3 · in 4 s · from …-9120"
        );
    }

    #[test]
    fn a_server_that_closed_is_named() {
        let state = State::Reconnecting {
            attempt: 1,
            at: 1_000,
            why: Why::Closed("shutdown".into()),
        };
        let shown = describe(&state, 0, None);
        assert_eq!(
            shown.detail,
            "closed by the server (shutdown) · attempt 1 · in 1 s"
        );
    }

    #[test]
    fn quiet_is_told_after_a_while() {
        let state = State::Live {
            since: 0,
            heard: 1_000,
        };
        assert_eq!(describe(&state, 5_999, None).detail, "");
        assert_eq!(describe(&state, 43_100, None).detail, "idle 42 s");
    }

    #[test]
    fn each_state_has_a_word_of_its_own() {
        let reconnecting = State::Reconnecting {
            attempt: 1,
            at: 0,
            why: Why::Silent,
        };
        let states = [
            State::Idle,
            State::Connecting {
                since: 0,
                attempt: 0,
            },
            State::Live { since: 0, heard: 0 },
            reconnecting,
            State::Suspended,
            State::Stopped,
            State::Unauthorised { status: 401 },
            State::Unauthorised { status: 403 },
            State::Failed { status: 404 },
        ];
        let mut words: Vec<_> = states.iter().map(|s| describe(s, 0, None).word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), states.len());
    }
}
