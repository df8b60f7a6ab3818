//! Whether a client that comes back gets what it has missed.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use wire::{Event, is_sendable};

use crate::Finding;
use crate::finding::none_with_id;
use crate::is_event_stream;

/// How long a trial waits for what is to follow: as long as two events were apart, twice, but within these.
const SHORTEST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// An event, remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its id; empty where there is none.
    pub id: String,
    /// Whether that is its own, and none that it inherits.
    pub has_id: bool,
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
            has_id: event.has_id,
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

    /// The same of a stream that was asked for by this method, none being GET: who comes back does so by GET, and a
    /// server need not take that.
    #[must_use]
    pub fn of_asked_by(self, method: &str) -> Self {
        match self.code {
            "resume_refused" | "resume_ignored" if !["", "GET"].contains(&method) => {
                unknown(&format!(
                    "it was asked by {method}, and who comes back does so by GET: {}",
                    self.detail
                ))
            }
            _ => self,
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
    Verdict::new(
        "resume_unknown",
        Standing::Unclear,
        format!("not known: {why}"),
    )
}

/// Nothing was found out, as too little came.
fn too_little(why: &str) -> Verdict {
    unknown(&format!("{why}; check a stream on which something happens"))
}

/// Who came back got no answer: why, where that is known. An `EventSource` is not ended by that, but tries again.
#[must_use]
pub fn unanswered(why: &str) -> Verdict {
    let before = if why.is_empty() { "" } else { ": " };
    unknown(&format!(
        "coming back with an id got no answer{before}{why}"
    ))
}

/// The server does not take a client that comes back, as it gives this to one, and no stream.
#[must_use]
pub fn refused_with(what: impl fmt::Display) -> Verdict {
    let detail = format!("coming back with an id got {what}, which ends an EventSource for good");
    Verdict::new("resume_refused", Standing::Bad, detail)
}

/// The same for an answer of another type.
#[must_use]
pub fn refused_with_type(content_type: &str) -> Verdict {
    refused_with(format_args!("the content type {content_type:?}"))
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
    /// Whether some came twice, so that it says nothing where they do so again.
    is_doubled: bool,
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
            return Err(too_little("no event came"));
        }
        if !with_id || events.iter().all(|event| event.id.is_empty()) {
            let detail = format!(
                "{}: no client can resume, and each misses what comes while it is away",
                none_with_id(events.len() as u64)
            );
            return Err(Verdict::new("no_ids", Standing::Weak, detail));
        }
        let is_doubled =
            (events.iter().enumerate()).any(|(n, seen)| seen.has_id && events[..n].contains(seen));
        let own = own("", events);
        let Some(place) = own.len().checked_sub(1).map(|last| last / 2) else {
            return Err(too_little(
                "the events have no ids of their own to begin at",
            ));
        };
        let owned = |part: &[&Seen]| part.iter().map(|seen| (*seen).clone()).collect();
        let trial = Self {
            from: own[place].clone(),
            before: owned(&own[..=place]),
            expected: owned(&own[place + 1..]),
            is_doubled,
        };
        if !is_sendable(trial.id()) {
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

    /// Whether as many events came as are to follow; where none are, there is nothing to wait for but the time.
    #[must_use]
    pub fn is_enough<'a>(&self, answer: impl IntoIterator<Item = &'a Seen>) -> bool {
        let expected = self.expected.len();
        expected > 0 && own(&self.from.id, answer).len() >= expected
    }

    /// How long what is to follow is waited for, after events that came so far apart.
    #[must_use]
    pub fn wait(longest: Option<Duration>) -> Duration {
        let twice = longest.unwrap_or_default().saturating_mul(2);
        twice.clamp(SHORTEST_WAIT, LONGEST_WAIT)
    }

    /// Judges an answer of status 200 to who comes back to a stream that was asked for by this method: of none there is
    /// no content type.
    #[must_use]
    pub fn judge_answer<'a>(
        &self,
        method: &str,
        content_type: Option<&str>,
        answer: impl IntoIterator<Item = &'a Seen>,
        is_open: bool,
    ) -> Verdict {
        let Some(content_type) = content_type else {
            return unanswered("");
        };
        let verdict = match is_event_stream(content_type) {
            true => self.judge(answer, is_open),
            false => refused_with_type(content_type),
        };
        verdict.of_asked_by(method)
    }

    /// Compares what came with what was to come; `is_open` says that the server had not ended it.
    #[must_use]
    pub fn judge<'a>(&self, answer: impl IntoIterator<Item = &'a Seen>, is_open: bool) -> Verdict {
        let answer: Vec<&Seen> = answer.into_iter().collect();
        if let Some(gap) = answer.iter().find(|seen| seen.event == "hub.gap") {
            let detail = format!(
                "coming back with an id that had just come gave a gap: {}",
                gap.data
            );
            return Verdict::new("resume_gap", Standing::Bad, detail);
        }
        let is_again = answer.contains(&&self.from);
        let twice = self.twice(&answer);
        if twice > 0 && !is_again {
            let detail = format!(
                "coming back after an event, {twice} of the {} that followed it came twice: pages see events twice",
                self.expected.len()
            );
            return Verdict::new("resume_repeats", Standing::Bad, detail);
        }
        let got = own(&self.from.id, answer);
        if !is_again && self.is_followed(&got, |a, b| a == b) {
            return self.held(&got);
        }
        if !is_again && self.is_followed(&got, |a, b| a.id == b.id) {
            let detail = format!(
                "what followed ({}) came with the same ids and other data: it is made anew for each \
                 connection",
                self.expected.len()
            );
            return Verdict::new("resumes", Standing::Unclear, detail);
        }
        let again = got.iter().filter(|got| self.before.contains(got)).count();
        let again = again.max(usize::from(is_again));
        if again > 0 {
            return self.repeated(&got, again);
        }
        // What comes as slowly as it did the first time is let go of before its end.
        let is_begun = self.expected.iter().zip(&got).all(|(a, b)| a.id == b.id);
        if is_open && !got.is_empty() && is_begun {
            let (n, of) = (got.len(), self.expected.len());
            let first = match n {
                1 => "the first".to_owned(),
                n => format!("the first {n}"),
            };
            let detail = format!(
                "{first} of the {of} events that followed an id came again, in order, in the time that was waited"
            );
            return Verdict::new("resumes", Standing::Unclear, detail);
        }
        self.missed(&got)
    }

    /// How many of what was to come came more than once.
    fn twice(&self, answer: &[&Seen]) -> usize {
        // One that inherits an id is another event, if with the same data.
        let came = |event: &Seen| {
            answer
                .iter()
                .filter(|seen| seen.has_id && **seen == event)
                .count()
        };
        if self.is_doubled {
            return 0;
        }
        let expected = self.expected.iter();
        expected.filter(|event| came(event) > 1).count()
    }

    fn repeated(&self, got: &[&Seen], again: usize) -> Verdict {
        let is_anew = self.before.len() > 1 && got.first().copied() == self.before.first();
        let why = if is_anew {
            "the stream began anew, as for one who comes without an id"
        } else {
            "pages see events twice"
        };
        let detail =
            format!("coming back after an event, {again} of what was before it came again: {why}");
        Verdict::new("resume_repeats", Standing::Bad, detail)
    }

    /// All that was expected came; where nothing was, nothing is shown.
    fn held(&self, got: &[&Seen]) -> Verdict {
        let detail = match self.expected.len() {
            0 if got.is_empty() => {
                return too_little("nothing followed the event that was seen last");
            }
            0 => return too_little("only one event came that has an id of its own"),
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
            let what = if got.is_empty() {
                "and nothing else"
            } else {
                "but others"
            };
            let missed = match of {
                1 => "the one that followed it did not come".to_owned(),
                of => format!("none of the {of} that followed it came"),
            };
            let detail = format!(
                "coming back after an event, {missed}, {what}: the server ignores Last-Event-ID, or something \
                 drops it on the way"
            );
            return Verdict::new("resume_ignored", Standing::Bad, detail);
        }
        let detail = if came == of {
            format!(
                "coming back after an event, what followed it ({of}) came among others or in another order"
            )
        } else {
            format!("coming back after an event, {came} of the {of} that followed it came")
        };
        Verdict::new("resume_incomplete", Standing::Bad, detail)
    }

    fn is_followed(&self, got: &[&Seen], is_same: impl Fn(&Seen, &Seen) -> bool) -> bool {
        got.len() >= self.expected.len()
            && self.expected.iter().zip(got).all(|(a, b)| is_same(a, b))
    }
}

/// The events with ids of their own, as who follows another inherits its id: greetings and heartbeats have none,
/// and come to each who connects.
fn own<'a>(before: &str, events: impl IntoIterator<Item = &'a Seen>) -> Vec<&'a Seen> {
    let mut last = before;
    let mut own = Vec::new();
    for seen in events {
        if seen.id != last && !seen.id.is_empty() && !seen.is_hubs() {
            own.push(seen);
        }
        last = &seen.id;
    }
    own
}

#[cfg(test)]
mod tests;
