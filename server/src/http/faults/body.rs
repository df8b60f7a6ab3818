//! A script as the body of a response, within what one may cost.

use std::io;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures::{Stream, stream};
use tokio::time::{Instant, sleep, sleep_until};

use super::script::{Script, Step};
use super::visits::{State, Stay};
use crate::clients::Seat;
use crate::limits::{FAULT_BYTES, FAULT_TIME};
use crate::shutdown::Stopping;

/// How long a connection is kept after the last byte before it breaks: what is written by then arrives.
const FLUSH: Duration = Duration::from_millis(50);

/// The body of one connection.
pub(super) fn body(script: Script, stay: Stay, seat: Seat, stopping: Stopping) -> Body {
    Body::from_stream(pieces(Run {
        script,
        stay,
        stopping,
        end: Instant::now() + FAULT_TIME,
        left: FAULT_BYTES,
        _seat: seat,
    }))
}

struct Run {
    script: Script,
    stay: Stay,
    stopping: Stopping,
    end: Instant,
    /// How many bytes it may still have.
    left: u64,
    _seat: Seat,
}

fn pieces(run: Run) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold(Some(run), |run| async move {
        let mut run = run?;
        let piece = run.next().await?;
        // After a break there is nothing more.
        let rest = piece.is_ok().then_some(run);
        Some((piece, rest))
    })
}

impl Run {
    /// The next piece; an error where the connection breaks, none where it ends.
    async fn next(&mut self) -> Option<io::Result<Bytes>> {
        loop {
            match self.script.next() {
                Some(Step::Wait(wait)) => self.wait(wait).await?,
                Some(Step::Send(bytes, event)) => {
                    if bytes.len() as u64 > self.left || Instant::now() >= self.end {
                        self.stay.ends(State::TooMuch);
                        return None;
                    }
                    self.left -= bytes.len() as u64;
                    self.stay.sent(bytes.len(), event);
                    return Some(Ok(bytes));
                }
                Some(Step::Cut) => {
                    sleep(FLUSH).await;
                    self.stay.ends(State::Cut);
                    return Some(Err(io::ErrorKind::ConnectionAborted.into()));
                }
                None => {
                    if self.script.is_complete() {
                        self.stay.has_all();
                    }
                    self.stay.ends(State::Ended);
                    return None;
                }
            }
        }
    }

    /// Waits; none where the server stops, or the time is up.
    async fn wait(&mut self, wait: Duration) -> Option<()> {
        let until = Instant::now() + wait;
        tokio::select! {
            biased;
            () = self.stopping.wait() => self.stay.ends(State::Ended),
            () = sleep_until(self.end) => self.stay.ends(State::TooMuch),
            () = sleep_until(until) => return Some(()),
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::super::PARAMETERS;
    use super::super::plan::{Plan, Stray};
    use super::super::scenario::Scenario;
    use super::super::visits::{Visit, Visitor, Visits};
    use super::*;
    use crate::clients::Client;
    use crate::http::query::Query;
    use crate::shutdown::Stop;

    /// What one connection is sent, whether it broke, and what is remembered of it.
    async fn connection(first: Scenario, query: &str, stopping: Stopping) -> (usize, bool, Visit) {
        let uri = format!("/x?{query}").parse().unwrap();
        let query = Query::of(&uri, &PARAMETERS).unwrap();
        let plan = Plan::of(first, &query, Stray::Refused).unwrap();
        let visits = Visits::default();
        let visitor = Visitor {
            plan: &plan,
            from: None,
            agent: "",
            came_with: None,
        };
        let stay = visits.arrive(visitor, 200).unwrap();
        let seat = Client::default().seat().unwrap();
        let mut body = body(Script::new(&plan, 0, true), stay, seat, stopping);
        let (mut bytes, mut is_cut) = (0, false);
        while let Some(piece) = body.frame().await {
            match piece {
                Ok(piece) => bytes += piece.into_data().unwrap().len(),
                Err(_) => is_cut = true,
            }
        }
        let visit = visits.runs_of(None)[0].visits[0].clone();
        (bytes, is_cut, visit)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_breaks_after_its_last_byte_and_is_remembered_so() {
        let (_stop, stopping) = Stop::new();
        let (bytes, is_cut, visit) = connection(Scenario::Cut, "after=2", stopping).await;
        assert!(is_cut);
        assert_eq!(
            (visit.state, visit.events, visit.last),
            (State::Cut, 2, Some(2))
        );
        assert_eq!(visit.bytes, bytes as u64);
    }

    #[tokio::test(start_paused = true)]
    async fn no_parameters_make_one_cost_more_than_its_bytes_or_last_longer_than_its_time() {
        let (_stop, stopping) = Stop::new();
        let flood = "count=10000&interval=0&comments=100000";
        let (bytes, is_cut, visit) = connection(Scenario::Comments, flood, stopping.clone()).await;
        assert!(!is_cut);
        assert!(bytes as u64 <= FAULT_BYTES && bytes as u64 > FAULT_BYTES - 1024 * 1024);
        assert_eq!(visit.state, State::TooMuch);
        let begun = Instant::now();
        let slow = "count=10000&interval=60000&silence=600000";
        let (_, _, visit) = connection(Scenario::Silence, slow, stopping).await;
        assert_eq!(begun.elapsed(), FAULT_TIME);
        assert_eq!(visit.state, State::TooMuch);
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_one_ends_with_the_server() {
        let (stop, stopping) = Stop::new();
        stop.now();
        let (_, is_cut, visit) = connection(Scenario::Silence, "after=1", stopping).await;
        assert!(!is_cut);
        assert_eq!((visit.state, visit.events), (State::Ended, 1));
    }
}
