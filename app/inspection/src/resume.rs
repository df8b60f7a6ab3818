//! Whether a client that comes back gets what it has missed.

use std::hash::{DefaultHasher, Hash, Hasher};

use wire::Event;

use crate::Finding;

/// An event, remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id; empty where there is none.
    pub id: String,
    /// Its name.
    pub event: String,
    /// The data's beginning, of the hub's own events alone.
    pub data: String,
    /// Stands for the data.
    pub hash: u64,
}

impl From<&Event> for Seen {
    fn from(event: &Event) -> Self {
        let mut hasher = DefaultHasher::new();
        event.data.hash(&mut hasher);
        let is_hubs = event.event.starts_with("hub.");
        let data = if is_hubs {
            event.data.chars().take(300).collect()
        } else {
            String::new()
        };
        Self {
            id: event.id.clone(),
            event: event.event.clone(),
            data,
            hash: hasher.finish(),
        }
    }
}

impl Seen {
    /// Whether it is the hub's own, and no event of the log.
    #[must_use]
    pub fn is_hubs(&self) -> bool {
        self.event.starts_with("hub.")
    }
}

/// How it stands with a resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Who comes back misses nothing.
    Good,
    /// It could not be found out, or not wholly.
    Unclear,
    /// Nothing can be resumed, as there is nothing to resume from.
    Weak,
    /// Events are missed, or come twice.
    Bad,
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// As programs read it, such as `resume_ignored`.
    pub code: &'static str,
    /// How it stands.
    pub standing: Standing,
    /// In words.
    pub detail: String,
}

impl Verdict {
    fn new(code: &'static str, standing: Standing, detail: impl Into<String>) -> Self {
        Self {
            code,
            standing,
            detail: detail.into(),
        }
    }
}

impl From<&Verdict> for Finding {
    fn from(verdict: &Verdict) -> Self {
        Self::new(verdict.code, verdict.detail.clone())
    }
}

/// Nothing was found out.
#[must_use]
pub fn unknown(why: &str) -> Verdict {
    let detail = format!("not known: {why}; check a stream on which something happens");
    Verdict::new("resume_unknown", Standing::Unclear, detail)
}

/// The server does not take a client that comes back.
#[must_use]
pub fn refused(why: impl Into<String>) -> Verdict {
    Verdict::new("resume_refused", Standing::Bad, why)
}

/// What a resume is tried with.
#[derive(Clone, Debug)]
pub struct Trial {
    /// The event that a client has seen last.
    from: Seen,
    /// Those up to it.
    before: Vec<Seen>,
    /// Those after it, oldest first.
    expected: Vec<Seen>,
}

impl Trial {
    /// A trial from the middle of what was seen; `with_id` says whether any had an id of its own.
    ///
    /// # Errors
    /// Where nothing can be tried: why.
    pub fn of<'a>(
        seen: impl IntoIterator<Item = &'a Seen>,
        with_id: bool,
    ) -> Result<Self, Verdict> {
        let events: Vec<&Seen> = seen.into_iter().filter(|seen| !seen.is_hubs()).collect();
        if events.is_empty() {
            return Err(unknown("no event came"));
        }
        if !with_id || events.iter().all(|event| event.id.is_empty()) {
            let detail = format!(
                "none of the {} events had an id: no client can resume, and each misses what comes \
                 while it is away",
                events.len()
            );
            return Err(Verdict::new("no_ids", Standing::Weak, detail));
        }
        let Some(trial) = Self::middle(&events) else {
            return Err(unknown("the events have no ids of their own to begin at"));
        };
        if trial.from.id.chars().any(|c| c.is_control() && c != '\t') {
            let detail = "an id has a control character, with which no browser comes back";
            return Err(Verdict::new("resume_impossible", Standing::Bad, detail));
        }
        Ok(trial)
    }

    /// The id to come back with.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.from.id
    }

    /// How many events are to follow.
    #[must_use]
    pub fn expected(&self) -> usize {
        self.expected.len()
    }

    /// Compares what came with what was to come.
    #[must_use]
    pub fn judge<'a>(&self, answer: impl IntoIterator<Item = &'a Seen>) -> Verdict {
        let answer: Vec<&Seen> = answer.into_iter().collect();
        if let Some(gap) = answer.iter().find(|seen| seen.event == "hub.gap") {
            let detail = format!(
                "coming back with an id that had just come gave a gap: {}",
                gap.data
            );
            return Verdict::new("resume_gap", Standing::Bad, detail);
        }
        let got: Vec<&Seen> = answer.into_iter().filter(|seen| !seen.is_hubs()).collect();
        if self.is_followed(&got, |a, b| a == b) {
            return self.held(&got);
        }
        if self.is_followed(&got, |a, b| a.id == b.id) {
            let detail = format!(
                "the {} events that followed came with the same ids and other data: they are made \
                 anew for each connection",
                self.expected.len()
            );
            return Verdict::new("resumes", Standing::Unclear, detail);
        }
        let again = got.iter().filter(|got| self.before.contains(got)).count();
        if again > 0 {
            let detail = format!(
                "coming back after an event, {again} of what was before it came again: pages see \
                 events twice"
            );
            return Verdict::new("resume_repeats", Standing::Bad, detail);
        }
        self.missed(&got)
    }

    /// The middle of the events, at one with an id of its own.
    fn middle(events: &[&Seen]) -> Option<Self> {
        let is_own = |place: usize| {
            let id = &events[place].id;
            !id.is_empty() && events.get(place + 1).is_none_or(|next| next.id != *id)
        };
        let middle = (events.len() - 1) / 2;
        let place = (0..=middle)
            .rev()
            .chain(middle + 1..events.len())
            .find(|place| is_own(*place))?;
        let owned = |part: &[&Seen]| part.iter().map(|seen| (*seen).clone()).collect();
        Some(Self {
            from: events[place].clone(),
            before: owned(&events[..=place]),
            expected: owned(&events[place + 1..]),
        })
    }

    /// All that was expected came; where nothing was, nothing is shown.
    fn held(&self, got: &[&Seen]) -> Verdict {
        let detail = match self.expected.len() {
            0 if got.is_empty() => {
                return unknown("nothing followed the event that was seen last");
            }
            0 => return unknown("only one event came"),
            1 => "the event that followed an id came again".to_owned(),
            n => format!("the {n} events that followed an id came again, in order"),
        };
        Verdict::new("resumes", Standing::Good, detail)
    }

    fn missed(&self, got: &[&Seen]) -> Verdict {
        let came = self
            .expected
            .iter()
            .filter(|seen| got.contains(seen))
            .count();
        let of = self.expected.len();
        if came == 0 {
            let detail = format!(
                "coming back after an event, none of the {of} that followed it came: the server \
                 ignores Last-Event-ID, or something drops it on the way"
            );
            return Verdict::new("resume_ignored", Standing::Bad, detail);
        }
        let detail = format!(
            "coming back after an event, {came} of the {of} that followed it came, or in another \
             order"
        );
        Verdict::new("resume_incomplete", Standing::Bad, detail)
    }

    fn is_followed(&self, got: &[&Seen], is_same: impl Fn(&Seen, &Seen) -> bool) -> bool {
        got.len() >= self.expected.len()
            && self.expected.iter().zip(got).all(|(a, b)| is_same(a, b))
            && !got
                .iter()
                .any(|got| got.id == self.from.id && **got == self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(ids: &[&str]) -> Vec<Seen> {
        let event = |id: &&str| Event {
            event: "message".into(),
            data: format!("data of {id}"),
            id: (*id).to_owned(),
            ..Event::default()
        };
        ids.iter().map(|id| Seen::from(&event(id))).collect()
    }

    fn judged(got: &[&str]) -> (&'static str, Standing) {
        let trial = Trial::of(&seen(&["1", "2", "3", "4", "5"]), true).unwrap();
        assert_eq!((trial.id(), trial.expected()), ("3", 2));
        let verdict = trial.judge(&seen(got));
        (verdict.code, verdict.standing)
    }

    #[test]
    fn what_follows_an_id_is_judged() {
        assert_eq!(judged(&["4", "5"]), ("resumes", Standing::Good));
        assert_eq!(judged(&["4", "5", "6"]), ("resumes", Standing::Good));
        assert_eq!(judged(&["1", "2", "3"]), ("resume_repeats", Standing::Bad));
        assert_eq!(judged(&["6", "7"]), ("resume_ignored", Standing::Bad));
        assert_eq!(judged(&["5", "6"]), ("resume_incomplete", Standing::Bad));
    }

    #[test]
    fn what_cannot_be_tried_is_said() {
        let why = |ids: &[&str], with_id| Trial::of(&seen(ids), with_id).unwrap_err().code;
        assert_eq!(why(&[], true), "resume_unknown");
        assert_eq!(why(&["", ""], true), "no_ids");
        assert_eq!(why(&["k"], false), "no_ids");
        assert_eq!(why(&["a\u{1}"], true), "resume_impossible");
    }
}
