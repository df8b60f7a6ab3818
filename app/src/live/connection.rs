//! The state of a subscription, as a pure machine: inputs and the time go in, commands come out.
//!
//! It takes reconnecting out of the browser's hands: every source that fails is closed and opened
//! again from the cursor, so that the page knows when that will be, and a status that ends an
//! `EventSource` for good (any but 200, HTML 9.2.3) does not end the page's stream.

/// The first delay before a reconnect, in milliseconds, where the server named none.
pub const FIRST_DELAY: u64 = 1_000;
/// The longest delay before a reconnect, in milliseconds.
pub const LONGEST_DELAY: u64 = 30_000;
/// How long a page may be hidden before it lets go of a stream that it must not miss anything of,
/// in milliseconds: browsers allow six connections to an origin over HTTP/1.1.
pub const PATIENCE: u64 = 10_000;

/// Where a subscription stands; times are milliseconds of one clock.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    /// Not begun: the page as the server rendered it.
    Idle,
    /// Asked, and no answer yet.
    Connecting {
        /// When it asked.
        since: u64,
        /// Which attempt to come back this is; 0 on the first connection.
        attempt: u32,
    },
    /// Events arrive as they happen.
    Live {
        /// When it opened.
        since: u64,
        /// When anything was last heard, heartbeats included.
        heard: u64,
    },
    /// The connection ended; the next attempt has its time.
    Reconnecting {
        /// Which attempt to come back is next.
        attempt: u32,
        /// When it comes.
        at: u64,
        /// Why the connection ended.
        why: Why,
    },
    /// Hidden for a while: the connection is let go, the cursor kept.
    Suspended,
    /// Stopped by the reader.
    Stopped,
    /// The page takes no more for now: the connection is let go, the cursor kept.
    Parked,
    /// The server ended the stream, and does not want to be asked again.
    Closed(End),
    /// 401 or 403: trying again would not help.
    Unauthorised {
        /// The status that the server gave.
        status: u16,
    },
    /// Another refusal that trying again would not change.
    Failed {
        /// The status that the server gave; 200 where what it sends is no event stream.
        status: u16,
    },
}

/// How a server ends a stream for good.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// The reason of its `hub.close`, or `204`: the status that tells a client to stop
    /// (HTML 9.2.3).
    pub reason: String,
    /// For how long the stream was open, in milliseconds.
    pub lasted: u64,
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// The connection broke, or could not be made.
    Lost,
    /// The server said that it would end it, with this reason.
    Closed(String),
    /// The browser gave the source up, and will not try again by itself.
    GivenUp,
    /// The server cannot be reached.
    Unreachable,
    /// Nothing was heard for two and a half heartbeats.
    Silent,
}

/// What happens to a subscription.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// The page is live: begin.
    Start,
    /// The source is open: headers arrived.
    Opened,
    /// Anything arrived, heartbeats included.
    Heard,
    /// The server announced the end (`hub.close`).
    Closing {
        /// Its reason, in its word.
        reason: String,
        /// When it wants to be asked again, in milliseconds from now.
        retry_after: u64,
    },
    /// The source failed and the browser would try again.
    Dropped,
    /// The source failed and the browser gave up.
    GivenUp,
    /// What the server answers to a plain request for the same stream; none where unreachable.
    Probed(Option<Answer>),
    /// Time passes.
    Tick,
    /// The reader wants the next attempt now.
    Retry,
    /// The browser has a network again.
    Online,
    /// The reader wants no more.
    Stop,
    /// The page takes no more for now.
    Park,
    /// The page takes more again.
    Unpark,
    /// The page is hidden.
    Hidden,
    /// The page goes away, perhaps into the back/forward cache.
    Leaving,
    /// The page is shown.
    Shown,
}

/// What a server answers to a plain request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Whether the answer is an event stream.
    pub is_stream: bool,
}

/// What the machine wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open a source from the cursor; one that is open is replaced.
    Open,
    /// Close the source.
    Close,
    /// Close the source, and ask the server once what its status is.
    Probe,
}

/// A subscription's state and what it needs to go on.
#[derive(Clone, Debug, PartialEq)]
pub struct Connection {
    state: State,
    /// Milliseconds of quiet after which the connection counts as dead.
    silence: u64,
    /// Milliseconds for which a hidden page keeps its connection.
    patience: u64,
    /// Failures since anything was last heard.
    failures: u32,
    hidden_since: Option<u64>,
    /// When it last opened; when it first asked, before that.
    opened_at: u64,
}

impl Connection {
    /// A subscription that has not begun; `heartbeat` is the longest quiet that its server lets
    /// pass, and `patience` the time for which a hidden page keeps it, both in milliseconds.
    #[must_use]
    pub fn new(heartbeat: u64, patience: u64) -> Self {
        let silence = heartbeat * 5 / 2;
        Self {
            state: State::Idle,
            silence,
            patience,
            failures: 0,
            hidden_since: None,
            opened_at: 0,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes one input at the time `now` and says what to do; `chance` is a random number from 0
    /// to 1, which spreads the reconnects of many pages.
    pub fn step(&mut self, input: Input, now: u64, chance: f64) -> Option<Command> {
        match input {
            Input::Start => self.start(now),
            Input::Opened => self.opened(now),
            Input::Heard => self.heard(now),
            // The right to it has ended: the same request would not be answered again.
            Input::Closing { reason, .. } if reason == "expired" => self.closed(reason, now),
            Input::Closing {
                reason,
                retry_after,
            } => self.ended(Why::Closed(reason), now, |_| {
                // The server drew it at random already.
                retry_after
            }),
            Input::Dropped => self.ended(Why::Lost, now, |failures| delay(failures, chance)),
            Input::GivenUp => self
                .ended(Why::GivenUp, now, |failures| delay(failures, chance))
                .map(|_| Command::Probe),
            Input::Probed(answer) => self.probed(answer, now),
            Input::Tick => self.tick(now, chance),
            Input::Retry => self.retry(now),
            Input::Online => match self.state {
                // What was asked without a network is as good as lost.
                State::Reconnecting { .. } | State::Connecting { .. } => Some(self.open(now)),
                _ => None,
            },
            Input::Stop => self.leave(State::Stopped),
            Input::Park => self.park(),
            Input::Unpark => matches!(self.state, State::Parked).then(|| self.open(now)),
            Input::Hidden => {
                self.hidden_since.get_or_insert(now);
                self.tick(now, chance)
            }
            Input::Leaving => self.leave(State::Suspended),
            Input::Shown => {
                self.hidden_since = None;
                matches!(self.state, State::Suspended).then(|| self.open(now))
            }
        }
    }

    /// A page that is opened in the background waits until it is looked at.
    fn start(&mut self, now: u64) -> Option<Command> {
        match (&self.state, self.hidden_since) {
            (State::Idle, None) => Some(self.open(now)),
            (State::Idle, Some(_)) => {
                self.state = State::Suspended;
                None
            }
            _ => None,
        }
    }

    fn open(&mut self, now: u64) -> Command {
        self.state = State::Connecting {
            since: now,
            attempt: self.failures,
        };
        Command::Open
    }

    fn opened(&mut self, now: u64) -> Option<Command> {
        if matches!(self.state, State::Connecting { .. }) {
            self.opened_at = now;
            self.state = State::Live {
                since: now,
                heard: now,
            };
        }
        None
    }

    /// Only what is heard counts as success: a server that answers 200 and ends at once is still
    /// met with a growing delay.
    fn heard(&mut self, now: u64) -> Option<Command> {
        self.opened(now);
        if let State::Live { heard, .. } = &mut self.state {
            *heard = now;
            self.failures = 0;
        }
        None
    }

    fn ended(&mut self, why: Why, now: u64, delay: impl Fn(u32) -> u64) -> Option<Command> {
        if !matches!(self.state, State::Connecting { .. } | State::Live { .. }) {
            return None;
        }
        self.failures += 1;
        let at = now + delay(self.failures);
        self.state = State::Reconnecting {
            attempt: self.failures,
            at,
            why,
        };
        Some(Command::Close)
    }

    fn probed(&mut self, answer: Option<Answer>, now: u64) -> Option<Command> {
        let State::Reconnecting {
            why: Why::GivenUp, ..
        } = self.state
        else {
            return None;
        };
        let Some(Answer { status, is_stream }) = answer else {
            if let State::Reconnecting { why, .. } = &mut self.state {
                *why = Why::Unreachable;
            }
            return None;
        };
        match status {
            204 => {
                self.state = State::Closed(End {
                    reason: "204".into(),
                    lasted: now.saturating_sub(self.opened_at),
                });
            }
            401 | 403 => self.state = State::Unauthorised { status },
            // 408 and 429 pass; the rest of the 4xx say that the request itself is wrong.
            400..=499 if ![408, 429].contains(&status) => self.state = State::Failed { status },
            200 if !is_stream => self.state = State::Failed { status },
            _ => {}
        }
        None
    }

    fn closed(&mut self, reason: String, now: u64) -> Option<Command> {
        let lasted = now.saturating_sub(self.opened_at);
        self.leave(State::Closed(End { reason, lasted }))
    }

    /// A page that begins without its stream is parked too.
    fn park(&mut self) -> Option<Command> {
        if matches!(self.state, State::Idle | State::Suspended) {
            self.state = State::Parked;
            return None;
        }
        self.leave(State::Parked)
    }

    fn tick(&mut self, now: u64, chance: f64) -> Option<Command> {
        if self
            .hidden_since
            .is_some_and(|since| now >= since.saturating_add(self.patience))
        {
            return self.leave(State::Suspended);
        }
        match self.state {
            State::Reconnecting { at, .. } if now >= at => Some(self.open(now)),
            State::Live { heard: since, .. } | State::Connecting { since, .. }
                if now > since + self.silence =>
            {
                self.ended(Why::Silent, now, |failures| delay(failures, chance))
            }
            _ => None,
        }
    }

    fn retry(&mut self, now: u64) -> Option<Command> {
        if matches!(
            self.state,
            State::Connecting { .. } | State::Live { .. } | State::Idle
        ) {
            return None;
        }
        Some(self.open(now))
    }

    /// What the reader stopped, and what was refused, stays so when the page is hidden.
    fn leave(&mut self, to: State) -> Option<Command> {
        let active = matches!(
            self.state,
            State::Connecting { .. } | State::Live { .. } | State::Reconnecting { .. }
        );
        if active {
            self.state = to;
        }
        active.then_some(Command::Close)
    }
}

/// Doubles with each failure, and is drawn from its upper half.
fn delay(failures: u32, chance: f64) -> u64 {
    let doublings = failures.saturating_sub(1).min(16);
    let full = (FIRST_DELAY << doublings).min(LONGEST_DELAY);
    let half = full / 2;
    // The product is at most `half`: no loss that would matter in milliseconds.
    half + (half as f64 * chance.clamp(0.0, 1.0)) as u64
}

#[cfg(test)]
#[path = "connection_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "connection_letting_go_tests.rs"]
mod letting_go_tests;
