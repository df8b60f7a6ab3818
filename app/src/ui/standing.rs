//! Where a subscription stands, in a word and what there is to say of it.

use crate::{
    live::connection::{End, State, Why},
    ui::figures::grouped,
};

/// Quiet shorter than this, in seconds, is not worth a word.
const IDLE_AFTER: u64 = 5;

/// How a reader reads a list that goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reading {
    /// The newest row is in view.
    #[default]
    Following,
    /// Scrolled away from the newest row: so many came since.
    Held(u64),
    /// Paused: so many wait to be shown.
    Paused(u64),
}

/// What a list says beside its connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    /// How it is read.
    pub(crate) reading: Reading,
    /// Its rate and its latency; empty where nothing comes.
    pub(crate) pace: String,
    /// For how many seconds nothing came, heartbeats aside; none where nobody counts.
    pub(crate) quiet: Option<u64>,
    /// What was last said to who reads by ear; the state is said before it.
    pub(crate) summary: String,
}

/// What a badge shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// Names the colour.
    pub(crate) kind: &'static str,
    /// Tells the state without colour and without words.
    pub(crate) glyph: &'static str,
    /// The state.
    pub(crate) word: &'static str,
    /// What there is to say of it.
    pub(crate) detail: String,
    /// What the reader can do about it; empty where nothing.
    pub(crate) offer: &'static str,
}

/// What there is to say at the time `now`, in milliseconds of the page's clock.
pub(crate) fn describe(state: &State, now: u64, cursor: Option<String>, view: &View) -> Shown {
    let shown = |kind, glyph, word, detail, offer| Shown {
        kind,
        glyph,
        word,
        detail,
        offer,
    };
    match state {
        State::Idle => shown(
            "idle",
            "○",
            "As rendered",
            "by the server; it comes alive with JavaScript".into(),
            "",
        ),
        State::Connecting { since, attempt } => {
            let detail = connecting(now.saturating_sub(*since) / 1_000, *attempt);
            shown("connecting", "◌", "Connecting", detail, "")
        }
        State::Live { heard, .. } => match read(view, "") {
            Some(shown) => shown,
            None => {
                let heard = now.saturating_sub(*heard) / 1_000;
                let quiet = view.quiet.unwrap_or(heard);
                let detail = match quiet >= IDLE_AFTER {
                    true => format!("idle {} s", grouped(quiet)),
                    false => view.pace.clone(),
                };
                shown("live", "●", "Live", detail, "")
            }
        },
        State::Reconnecting { attempt, at, why } => {
            let seconds = at.saturating_sub(now).div_ceil(1_000);
            let why = because(why);
            let from = from(cursor, " · from ");
            let detail = format!("{why} · attempt {attempt} · in {seconds} s{from}");
            shown("reconnecting", "↻", "Reconnecting", detail, "Try now")
        }
        State::Suspended => shown(
            "paused",
            "‖",
            "Let go",
            "while hidden; goes on when shown".into(),
            "Try now",
        ),
        State::Stopped => shown("paused", "■", "Stopped", "by you".into(), "Try now"),
        State::Parked => read(view, " · the rest waits in the log")
            .unwrap_or_else(|| shown("paused", "‖", "Paused", from(cursor, "from "), "Try now")),
        State::Closed(end) => shown("closed", "◼", "Closed", ended(end, cursor), "Reopen"),
        State::Unauthorised { status: 401 } => shown(
            "unauthorised",
            "⚿",
            "Not signed in",
            "401: this stream asks for a token".into(),
            "Try now",
        ),
        State::Unauthorised { status } => shown(
            "unauthorised",
            "⚿",
            "Not allowed",
            format!("{status}: the right to read this is missing"),
            "Try now",
        ),
        State::Failed { status } => {
            let what = match status {
                200 => "what answers is no event stream; a proxy, perhaps",
                404 => "there is no such stream",
                _ => "refused",
            };
            shown(
                "error",
                "▲",
                "Error",
                format!("{status}: {what}"),
                "Try now",
            )
        }
    }
}

/// What a reader does who is not following; `more` stands at the end.
fn read(view: &View, more: &str) -> Option<Shown> {
    let (kind, glyph, word, detail) = match view.reading {
        Reading::Following => return None,
        Reading::Held(0) if more.is_empty() => ("held", "▽", "Held", String::new()),
        Reading::Held(new) => ("held", "▽", "Held", format!("{} new{more}", grouped(new))),
        Reading::Paused(waiting) => (
            "paused",
            "‖",
            "Paused",
            format!("{} waiting{more}", grouped(waiting)),
        ),
    };
    Some(Shown {
        kind,
        glyph,
        word,
        detail,
        offer: "",
    })
}

fn connecting(seconds: u64, attempt: u32) -> String {
    let mut detail = Vec::new();
    if attempt > 0 {
        detail.push(format!("attempt {attempt}"));
    }
    if seconds >= 1 {
        detail.push(format!("{seconds} s"));
    }
    if seconds >= 3 && attempt == 0 {
        detail.push("waiting for a free connection? browsers allow six".into());
    }
    detail.join(" · ")
}

fn because(why: &Why) -> String {
    match why {
        Why::Lost => "connection lost".into(),
        Why::Closed(reason) => format!("closed by the server ({reason})"),
        Why::GivenUp => "given up by the browser".into(),
        Why::Unreachable => "the server cannot be reached".into(),
        Why::Silent => "nothing heard".into(),
    }
}

fn ended(end: &End, cursor: Option<String>) -> String {
    let what = match end.reason.as_str() {
        "204" => "204, it wants no more requests",
        "expired" => "the right to this stream has expired",
        other => other,
    };
    let (seconds, from) = (end.lasted / 1_000, from(cursor, " · last "));
    format!("by the server: {what} · after {seconds} s{from}")
}

/// The end of a long id: what tells it from its neighbours.
fn from(cursor: Option<String>, before: &str) -> String {
    let Some(id) = cursor else {
        return String::new();
    };
    match id.rsplit_once('-') {
        Some((_, seq)) => format!("{before}…-{seq}"),
        None => format!("{before}{id}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(state: &State, now: u64, cursor: Option<&str>) -> Shown {
        describe(state, now, cursor.map(Into::into), &View::default())
    }

    #[test]
    fn a_reconnect_says_why_which_when_and_from_where() {
        let state = State::Reconnecting {
            attempt: 3,
            at: 9_500,
            why: Why::Lost,
        };
        let shown = said(&state, 6_000, Some("k3x9-9120"));
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
        assert_eq!(
            said(&state, 0, None).detail,
            "closed by the server (shutdown) · attempt 1 · in 1 s"
        );
    }

    #[test]
    fn a_clean_end_says_how_long_it_lasted_and_where_it_ended() {
        let state = State::Closed(End {
            reason: "204".into(),
            lasted: 12_345,
        });
        assert_eq!(
            said(&state, 0, Some("k3x9-7")).detail,
            "by the server: 204, it wants no more requests · after 12 s · last …-7"
        );
    }

    #[test]
    fn quiet_is_told_after_a_while_and_the_pace_before() {
        let state = State::Live {
            since: 0,
            heard: 1_000,
        };
        let view = View {
            pace: "12/s".into(),
            ..View::default()
        };
        assert_eq!(describe(&state, 5_999, None, &view).detail, "12/s");
        assert_eq!(describe(&state, 43_100, None, &view).detail, "idle 42 s");
        // A heartbeat is no event.
        let view = View {
            quiet: Some(3_600),
            ..view
        };
        assert_eq!(describe(&state, 1_100, None, &view).detail, "idle 3,600 s");
    }

    #[test]
    fn who_holds_or_pauses_is_told_what_waits() {
        let live = State::Live { since: 0, heard: 0 };
        let view = |reading| View {
            reading,
            ..View::default()
        };
        let held = describe(&live, 0, None, &view(Reading::Held(128)));
        assert_eq!((held.word, held.detail.as_str()), ("Held", "128 new"));
        let paused = view(Reading::Paused(3_402));
        assert_eq!(describe(&live, 0, None, &paused).detail, "3,402 waiting");
        assert_eq!(
            describe(&State::Parked, 0, None, &paused).detail,
            "3,402 waiting · the rest waits in the log"
        );
        // A connection that is gone is said first.
        assert_eq!(describe(&State::Stopped, 0, None, &paused).word, "Stopped");
    }

    #[test]
    fn each_state_has_a_word_of_its_own() {
        let reconnecting = State::Reconnecting {
            attempt: 1,
            at: 0,
            why: Why::Silent,
        };
        let closed = State::Closed(End {
            reason: "204".into(),
            lasted: 0,
        });
        let connecting = State::Connecting {
            since: 0,
            attempt: 0,
        };
        let states = [
            State::Idle,
            connecting,
            State::Live { since: 0, heard: 0 },
            reconnecting,
            State::Suspended,
            State::Stopped,
            State::Parked,
            closed,
            State::Unauthorised { status: 401 },
            State::Unauthorised { status: 403 },
            State::Failed { status: 404 },
        ];
        let mut words: Vec<_> = states.iter().map(|s| said(s, 0, None).word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), states.len());
    }
}
