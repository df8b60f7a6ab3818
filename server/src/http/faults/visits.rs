//! Who is connected to a stream with faults, what each was sent, and when it came back with what.
//!
//! Kept in memory and bounded: what a test looks at, not a log.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::plan::Plan;
use crate::limits::{FAULT_RUNS, FAULT_STREAMS, FAULT_VISITS};

/// All who were there; clones are of the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Visits(Arc<Table>);

#[derive(Debug, Default)]
struct Table {
    runs: Mutex<HashMap<u64, Run>>,
    hasher: RandomState,
}

/// One client, and each time it came: who asks for the same address, or for the same run.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    /// Path and query, without a cursor.
    pub(crate) address: String,
    /// The name of the run, where it has one.
    pub(crate) name: Option<String>,
    /// Where it comes from; none where that is not known.
    pub(crate) from: Option<IpAddr>,
    /// What it says it is; empty where it says nothing.
    pub(crate) agent: String,
    /// How often it came.
    pub(crate) count: u64,
    /// The newest, oldest first.
    pub(crate) visits: VecDeque<Visit>,
    /// Whether it has been sent the last event.
    is_complete: bool,
}

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// Which of its run; the first is 1.
    pub(crate) number: u64,
    pub(crate) at: SystemTime,
    /// When it ended.
    pub(crate) ended: Option<SystemTime>,
    /// The id that it came with.
    pub(crate) came_with: Option<String>,
    pub(crate) status: u16,
    /// Whole events that it was sent.
    pub(crate) events: u64,
    pub(crate) bytes: u64,
    /// The last of these events.
    pub(crate) last: Option<u64>,
    pub(crate) state: State,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Open,
    /// The response ended, in good order.
    Ended,
    /// The server broke it, as the scenario says.
    Cut,
    /// The client went away.
    Left,
    /// The server ended it for what it costs.
    TooMuch,
}

/// Who comes.
pub(crate) struct Visitor<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) from: Option<IpAddr>,
    pub(crate) agent: &'a str,
    pub(crate) came_with: Option<String>,
}

/// What was there before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Before {
    /// How often it came.
    pub(crate) count: u64,
    /// Whether it has been sent the last event.
    pub(crate) is_complete: bool,
}

/// What is kept of a text that a client says, in characters.
const SAID: usize = 256;

impl Visits {
    /// What was there before this one comes.
    pub(crate) fn before(&self, visitor: &Visitor) -> Before {
        let run = self.runs().get(&self.key(visitor)).map(Run::before);
        run.unwrap_or_default()
    }

    /// Takes down that one comes and is answered with a status; none where there are too many.
    pub(crate) fn arrive(&self, visitor: Visitor, status: u16) -> Option<Stay> {
        let key = self.key(&visitor);
        let mut runs = self.runs();
        if open(&runs) >= FAULT_STREAMS {
            return None;
        }
        if !runs.contains_key(&key) && runs.len() >= FAULT_RUNS {
            forget_one(&mut runs);
        }
        let Visitor {
            plan,
            from,
            agent,
            came_with,
        } = visitor;
        let run = runs.entry(key).or_insert_with(|| Run {
            address: cut(&plan.address()),
            name: plan.run().map(str::to_owned),
            from,
            agent: String::new(),
            count: 0,
            visits: VecDeque::new(),
            is_complete: false,
        });
        run.count += 1;
        (run.from, run.agent) = (from, cut(agent));
        if run.visits.len() >= FAULT_VISITS {
            run.visits.pop_front();
        }
        let at = SystemTime::now();
        run.visits.push_back(Visit {
            number: run.count,
            at,
            ended: (status != 200).then_some(at),
            came_with: came_with.map(|id| cut(&id)),
            status,
            events: 0,
            bytes: 0,
            last: None,
            state: if status == 200 {
                State::Open
            } else {
                State::Ended
            },
        });
        Some(Stay {
            visits: self.clone(),
            key,
            number: run.count,
        })
    }

    /// Those who were there, who came last first; of one run alone where it is named.
    pub(crate) fn runs_of(&self, name: Option<&str>) -> Vec<Run> {
        let is_asked = |run: &&Run| name.is_none_or(|name| run.name.as_deref() == Some(name));
        let mut runs: Vec<_> = self.runs().values().filter(is_asked).cloned().collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.newest()));
        runs
    }

    fn key(&self, visitor: &Visitor) -> u64 {
        let Visitor {
            plan, from, agent, ..
        } = visitor;
        // A named run is one, wherever it comes from.
        let who = plan.run().is_none().then_some((from, agent));
        self.0.hasher.hash_one((plan.address(), who))
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u64, Run>> {
        // The map is whole between any two statements here.
        self.0.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Run {
    fn before(&self) -> Before {
        Before {
            count: self.count,
            is_complete: self.is_complete,
        }
    }

    fn newest(&self) -> Option<SystemTime> {
        self.visits.back().map(|visit| visit.at)
    }

    fn is_open(&self) -> bool {
        self.visits.iter().any(|visit| visit.state == State::Open)
    }
}

/// One connection, for as long as it lasts; dropped without a word, its client has left.
#[derive(Debug)]
pub(crate) struct Stay {
    visits: Visits,
    key: u64,
    number: u64,
}

impl Stay {
    /// It was sent so many bytes, and with them this event as a whole.
    pub(super) fn sent(&self, bytes: usize, event: Option<u64>) {
        self.note(|visit| {
            visit.bytes += bytes as u64;
            if event.is_some() {
                visit.events += 1;
                visit.last = event;
            }
        });
    }

    /// It has all that there is.
    pub(super) fn has_all(&self) {
        if let Some(run) = self.visits.runs().get_mut(&self.key) {
            run.is_complete = true;
        }
    }

    /// It ended so, unless it had before.
    pub(super) fn ends(&self, state: State) {
        self.note(|visit| {
            if visit.state == State::Open {
                visit.state = state;
                visit.ended = Some(SystemTime::now());
            }
        });
    }

    fn note(&self, note: impl FnOnce(&mut Visit)) {
        let mut runs = self.visits.runs();
        let run = runs.get_mut(&self.key);
        let visit = run.and_then(|run| {
            let mut visits = run.visits.iter_mut();
            visits.find(|visit| visit.number == self.number)
        });
        if let Some(visit) = visit {
            note(visit);
        }
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        self.ends(State::Left);
    }
}

fn open(runs: &HashMap<u64, Run>) -> usize {
    let visits = runs.values().flat_map(|run| &run.visits);
    visits.filter(|visit| visit.state == State::Open).count()
}

/// Forgets who has been away for longest.
fn forget_one(runs: &mut HashMap<u64, Run>) {
    let away = runs.iter().filter(|(_, run)| !run.is_open());
    let oldest = away
        .min_by_key(|(_, run)| run.newest())
        .map(|(key, _)| *key);
    if let Some(key) = oldest {
        runs.remove(&key);
    }
}

fn cut(text: &str) -> String {
    text.chars().take(SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Scenario;
    use super::*;

    fn visitor<'a>(plan: &'a Plan, agent: &'a str) -> Visitor<'a> {
        Visitor {
            plan,
            from: None,
            agent,
            came_with: None,
        }
    }

    #[test]
    fn who_comes_back_is_known_by_address_and_agent_or_by_the_name_of_the_run() {
        let visits = Visits::default();
        let mut plan = Plan::usual(Scenario::Cut);
        visits.arrive(visitor(&plan, "a"), 200).unwrap().has_all();
        assert_eq!(visits.before(&visitor(&plan, "a")).count, 1);
        assert!(visits.before(&visitor(&plan, "a")).is_complete);
        assert_eq!(visits.before(&visitor(&plan, "b")), Before::default());
        plan.name_run("mine");
        visits.arrive(visitor(&plan, "a"), 503);
        assert_eq!(visits.before(&visitor(&plan, "b")).count, 1);
        assert_eq!(visits.runs_of(Some("mine")).len(), 1);
        assert_eq!(visits.runs_of(None).len(), 2);
    }

    #[test]
    fn a_connection_that_is_dropped_was_left_and_one_that_ended_was_not() {
        let visits = Visits::default();
        let plan = Plan::usual(Scenario::Cut);
        let first = visits.arrive(visitor(&plan, ""), 200).unwrap();
        first.sent(10, None);
        first.sent(5, Some(1));
        first.ends(State::Cut);
        drop(first);
        drop(visits.arrive(visitor(&plan, ""), 200));
        let runs = visits.runs_of(None);
        let states: Vec<_> = runs[0].visits.iter().map(|visit| visit.state).collect();
        assert_eq!(states, [State::Cut, State::Left]);
        let first = &runs[0].visits[0];
        assert_eq!((first.bytes, first.events, first.last), (15, 1, Some(1)));
    }

    #[test]
    fn what_is_remembered_has_a_bound_and_who_is_connected_is_not_forgotten() {
        let visits = Visits::default();
        let plan = Plan::usual(Scenario::Cut);
        let stays: Vec<_> = (0..FAULT_STREAMS)
            .map(|n| visits.arrive(visitor(&plan, &format!("stays {n}")), 200))
            .collect();
        assert!(stays.iter().all(Option::is_some));
        assert!(
            visits.arrive(visitor(&plan, "one more"), 200).is_none(),
            "there is no room"
        );
        drop(stays.into_iter().next());
        let stay = visits.arrive(visitor(&plan, "one more"), 200).unwrap();
        for n in 0..2 * FAULT_RUNS {
            visits.arrive(visitor(&plan, &format!("comes {n}")), 200);
        }
        for _ in 0..2 * FAULT_VISITS {
            visits.arrive(visitor(&plan, "again"), 200);
        }
        let runs = visits.runs_of(None);
        assert_eq!(runs.len(), FAULT_RUNS);
        assert!(runs.iter().any(|run| run.agent == "one more"));
        let again = runs.iter().find(|run| run.agent == "again").unwrap();
        assert_eq!(again.visits.len(), FAULT_VISITS);
        assert_eq!(again.count, 2 * FAULT_VISITS as u64);
        drop(stay);
    }
}
