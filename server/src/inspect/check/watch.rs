//! A response as it came: when there was what, and how it ended.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use inspection::limits::SEEN;
use inspection::{Finding, Framing, Moment, Seen, sniff, time};
use wire::{Diagnostic, Item, Parser, ReconnectionTime};

use super::fetch::{News, Response};

/// In which a Tickertape says where a stream begins.
pub(super) const CURSOR: &str = "tickertape-last-event-id";
/// The most bytes of a stream that are read: more is no stream that anyone watches, but a flood. In tests so few
/// that a busy machine sends them in the time of one.
const MOST_BYTES: u64 = if cfg!(test) { 1 << 20 } else { 16 << 20 };
/// Diagnostics that are remembered.
const VIOLATIONS: usize = 20;

/// One request's answer.
pub(super) struct Watch {
    /// How long after the request its head came.
    pub(super) head_after: Duration,
    /// Where a Tickertape says that it begins.
    pub(super) cursor: Option<String>,
    pub(super) moments: Vec<Moment>,
    /// Events that are remembered, the newest: [`SEEN`] are enough to compare a resume with.
    pub(super) seen: VecDeque<Seen>,
    /// Whether the first of them are remembered, and not the newest: of an answer they are what was to come.
    keeps_first: bool,
    pub(super) violations: Vec<Diagnostic>,
    /// What is wrong with the body as a whole, or with how its events are made: each code once.
    pub(super) flaws: Vec<Finding>,
    framing: Framing,
    pub(super) bytes: u64,
    pub(super) end: Ending,
    /// How long after the request it ended, or was let go of.
    pub(super) lasted: Duration,
    pub(super) retry: Option<ReconnectionTime>,
    /// Events with an id of their own.
    pub(super) with_id: u64,
}

/// How a watch ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The response was whole.
    Whole,
    /// The connection broke within the response.
    Broken(String),
    /// It was let go of, as enough was seen.
    LetGo,
    /// It was let go of, as it was too much.
    Flood,
}

/// Watches a response until a time, or until it is enough, and so long after that.
pub(super) fn watch(
    response: &Response,
    last_event_id: &str,
    mut until: Instant,
    after_enough: Duration,
    mut is_enough: impl FnMut(&Watch) -> bool,
) -> Watch {
    let mut watch = Watch::new(response);
    watch.keeps_first = !after_enough.is_zero();
    let mut parser = Parser::resume(last_event_id).with_fields(true);
    let mut is_over = false;
    while watch.end == Ending::LetGo {
        if !is_over && is_enough(&watch) {
            if after_enough.is_zero() {
                break;
            }
            is_over = true;
            until = until.min(Instant::now() + after_enough);
        }
        let Some((after, news)) = response.next(until) else {
            watch.lasted = response.age();
            break;
        };
        watch.lasted = after;
        match news {
            News::Piece(piece) => watch.piece(after, &piece, &mut parser),
            News::Broke(why) => watch.end = Ending::Broken(why),
            News::Head(_) | News::Failed(_) | News::End => watch.end = Ending::Whole,
        }
        if watch.bytes > MOST_BYTES {
            watch.end = Ending::Flood;
        }
    }
    let unended = watch.framing.time(watch.lasted);
    watch.flaw(unended);
    // What the end itself completes says no more of the path.
    let end = parser.finish(&mut |_| {});
    watch.retry = end.retry;
    watch.with_id = end.with_id;
    watch
}

impl Watch {
    fn new(response: &Response) -> Self {
        let cursor = response.head.text(CURSOR);
        Self {
            head_after: response.head_after,
            cursor: (!cursor.is_empty()).then_some(cursor),
            moments: Vec::new(),
            seen: VecDeque::new(),
            keeps_first: false,
            violations: Vec::new(),
            flaws: Vec::new(),
            framing: Framing::default(),
            bytes: 0,
            end: Ending::LetGo,
            lasted: response.head_after,
            retry: None,
            with_id: 0,
        }
    }

    /// Whether it is a stream of a Tickertape, which sends its first bytes at once.
    pub(super) fn is_tickertape(&self) -> bool {
        self.cursor.is_some()
    }

    /// The times of quiet: before each moment but the first, and at the end.
    pub(super) fn quiet(&self) -> impl Iterator<Item = Duration> {
        let ends = self.moments.iter().map(|moment| moment.end);
        let next = self.moments.iter().skip(1).map(|moment| moment.begin);
        ends.zip(next.chain([self.lasted]))
            .map(|(end, begin)| begin.saturating_sub(end))
    }

    /// How long it was quiet before it ended, or until now.
    pub(super) fn quiet_at_the_end(&self) -> Duration {
        let last = self.moments.last().map_or(self.head_after, |last| last.end);
        self.lasted.saturating_sub(last)
    }

    /// Remembers what is wrong, once.
    fn flaw(&mut self, found: Option<Finding>) {
        let is_known = |found: &Finding| self.flaws.iter().any(|flaw| flaw.code == found.code);
        let new = found.filter(|found| !is_known(found));
        self.flaws.extend(new);
    }

    fn piece(&mut self, after: Duration, piece: &[u8], parser: &mut Parser) {
        if self.bytes == 0 {
            self.flaw(sniff(piece));
        }
        self.bytes += piece.len() as u64;
        let end = self.moments.last().map(|last| last.end);
        if !self.moments.last_mut().is_some_and(|last| last.has(after)) {
            let quiet = after.saturating_sub(end.unwrap_or_default());
            self.moments.push(Moment::new(after, quiet, end.is_none()));
        }
        let Some(moment) = self.moments.last_mut() else {
            return;
        };
        let (seen, violations) = (&mut self.seen, &mut self.violations);
        let keeps_first = self.keeps_first;
        let (framing, mut flaws) = (&mut self.framing, Vec::new());
        parser.feed(piece, &mut |item| match item {
            Item::Event(event) => {
                flaws.extend(framing.event(&event.data));
                moment.event(&event.event, time(&event.data));
                if seen.len() == SEEN && !keeps_first {
                    seen.pop_front();
                }
                if seen.len() < SEEN {
                    seen.push_back(Seen::from(&event));
                }
            }
            Item::Field(field) => {
                flaws.extend(framing.field(&field));
                moment.comments += u64::from(field.name.is_empty());
            }
            Item::Diagnostic(found) => {
                if found.is_violation() && violations.len() < VIOLATIONS {
                    violations.push(found);
                }
            }
        });
        flaws.extend(self.framing.time(after));
        for found in flaws {
            self.flaw(Some(found));
        }
    }
}
