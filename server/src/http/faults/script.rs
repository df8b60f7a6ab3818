//! One connection of a stream with faults, step by step: what is sent, when, and how it ends.
//!
//! The steps follow from the plan and from where the client comes back, and from nothing else. They are
//! made one event at a time, so a stream costs what one of its events does.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::Bytes;

use super::chance::Chance;
use super::event::{self, Block};
use super::plan::Plan;
use super::scenario::Scenario;

/// What happens next on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// These bytes are sent; with them this event is whole.
    Send(Bytes, Option<u64>),
    /// Nothing is.
    Wait(Duration),
    /// The connection breaks.
    Cut,
}

/// How many events come at a time where they come in bunches.
const BUNCH: u64 = 10;

/// Each third event has an id that is not its own, where ids are wrong.
const THIRD: u64 = 3;

/// The steps of one connection.
pub(super) struct Script {
    plan: Plan,
    chance: Chance,
    /// Whether the faults hold on this connection.
    is_faulty: bool,
    /// The event after which it begins.
    from: u64,
    /// The event that was made last.
    at: u64,
    count: u64,
    steps: VecDeque<Step>,
    ends: event::Ends,
    is_over: bool,
}

impl Script {
    /// The connection of a client that has everything up to `from`.
    pub(super) fn new(plan: &Plan, from: u64, is_faulty: bool) -> Self {
        let has = |scenario| is_faulty && plan.has(scenario);
        let ends = match (has(Scenario::LineEnds), plan.value("ends").as_str()) {
            (false, _) | (_, "lf") => event::Ends::lf(),
            (_, "cr") => event::Ends::cr(),
            (_, "crlf") => event::Ends::crlf(),
            _ => event::Ends::mixed(),
        };
        let mut script = Self {
            chance: Chance::new(plan.number("seed"), from),
            is_faulty,
            from,
            at: from,
            count: plan.number("count"),
            steps: VecDeque::new(),
            ends,
            is_over: false,
            plan: plan.clone(),
        };
        script.begin();
        script
    }

    /// The next step; none where the response ends, in good order.
    pub(super) fn next(&mut self) -> Option<Step> {
        while self.steps.is_empty() && !self.is_over {
            self.event();
        }
        self.steps.pop_front()
    }

    /// Whether the last event of all has been made.
    pub(super) fn is_complete(&self) -> bool {
        self.at >= self.count
    }

    fn has(&self, scenario: Scenario) -> bool {
        self.is_faulty && self.plan.has(scenario)
    }

    fn is_enveloped(&self) -> bool {
        self.plan.value("envelope") == "1"
    }

    /// What stands before the first event.
    fn begin(&mut self) {
        let mut begin = Vec::new();
        if self.has(Scenario::Bom) {
            begin.extend_from_slice("\u{feff}".as_bytes());
        }
        let mut lines = Vec::new();
        if let Some(retry) = self.plan.retry() {
            lines.push(format!("retry: {retry}").into_bytes());
        }
        if self.is_enveloped() {
            // As the hub begins: with the place from which the stream goes on.
            lines.push(b"event: hub.open".to_vec());
            if !self.has(Scenario::NoIds) {
                lines.push(format!("id: {}", event::id(self.from)).into_bytes());
            }
            lines.push(b"data: {\"epoch\":\"faults\"}".to_vec());
        }
        if !lines.is_empty() {
            self.ends.write(&lines, &mut self.chance, &mut begin);
        }
        if !begin.is_empty() {
            self.steps.push_back(Step::Send(begin.into(), None));
        }
    }

    /// Makes the steps of the next event, or of the end.
    fn event(&mut self) {
        if self.at >= self.count {
            self.is_over = true;
            return;
        }
        let n = self.at + 1;
        self.pause(n);
        let done = self.at - self.from;
        let is_due = self.is_faulty && done == self.plan.number("after");
        if let Some(end) = self.plan.end()
            && is_due
        {
            self.is_over = true;
            return self.end(end, n);
        }
        if self.has(Scenario::Silence) && is_due {
            self.steps
                .push_back(Step::Wait(self.plan.millis("silence")));
        }
        self.at = n;
        if self.has(Scenario::Comments) {
            let comments = event::comments(self.plan.number("comments"));
            self.steps
                .extend(comments.map(|piece| Step::Send(piece, None)));
        }
        let block = self.block(n);
        let mut bytes = Vec::new();
        let hole = block.write(&mut self.ends, &mut self.chance, &mut bytes);
        match hole {
            Some(at) => {
                let rest = Bytes::from(bytes.split_off(at));
                self.steps.push_back(Step::Send(bytes.into(), None));
                let filling = event::filling(self.plan.number("bytes"));
                self.steps
                    .extend(filling.map(|piece| Step::Send(piece, None)));
                self.steps.push_back(Step::Send(rest, Some(n)));
            }
            None => self.steps.push_back(Step::Send(bytes.into(), Some(n))),
        }
    }

    /// Waits before an event, where it is not the first.
    fn pause(&mut self, n: u64) {
        let events = match self.has(Scenario::Bunches) {
            true if self.at > self.from && (n - 1).is_multiple_of(BUNCH) => BUNCH,
            false if self.at > self.from => 1,
            _ => 0,
        };
        let interval = self.plan.number("interval").saturating_mul(events);
        let longer = match self.has(Scenario::Jitter) && events > 0 {
            true => self.chance.below(self.plan.number("jitter") + 1),
            false => 0,
        };
        if interval + longer > 0 {
            let wait = Duration::from_millis(interval + longer);
            self.steps.push_back(Step::Wait(wait));
        }
    }

    /// Ends the connection before this event is whole.
    fn end(&mut self, end: Scenario, n: u64) {
        let mut bytes = Vec::new();
        let block = self.block(n);
        let whole = block.write_unfinished(&mut self.ends, &mut self.chance, &mut bytes);
        let kept = match end {
            Scenario::CutInEvent => 1 + self.chance.below(whole.saturating_sub(1) as u64) as usize,
            Scenario::CutInCharacter => {
                let within: Vec<_> = (0..whole)
                    .filter(|&at| bytes[at] & 0b1100_0000 == 0b1000_0000)
                    .collect();
                let drawn = self.chance.below(within.len() as u64) as usize;
                within.get(drawn).copied().unwrap_or(whole)
            }
            Scenario::Unfinished => bytes.len(),
            _ => 0,
        };
        bytes.truncate(kept);
        if !bytes.is_empty() {
            self.steps.push_back(Step::Send(bytes.into(), None));
        }
        if end != Scenario::Unfinished {
            self.steps.push_back(Step::Cut);
        }
    }

    /// An event as it is here.
    fn block(&self, n: u64) -> Block {
        let is_wrong = n.is_multiple_of(THIRD) && n < self.count;
        let id = event::id(n).into_bytes();
        let id = match is_wrong {
            _ if self.has(Scenario::NoIds) => None,
            true if self.has(Scenario::RepeatedIds) => Some(event::id(n - 1).into_bytes()),
            true if self.has(Scenario::BackwardIds) => Some(event::id(n - 2).into_bytes()),
            true if self.has(Scenario::NulInId) => Some([&id[..], b"\0x"].concat()),
            _ => Some(id),
        };
        Block {
            n,
            id,
            is_enveloped: self.is_enveloped(),
            has_unknown_fields: self.has(Scenario::UnknownFields),
            is_invalid: self.has(Scenario::InvalidUtf8),
            is_markup: self.has(Scenario::Markup),
            is_long: n == 2 && self.has(Scenario::LongLine),
        }
    }
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
