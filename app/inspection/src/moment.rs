//! What came at one moment, and whether it looks as if something had held it back.

use std::time::Duration;

use wire::is_beat;

use crate::Finding;

/// What comes within this of what came before came at one moment.
const MOMENT: Duration = Duration::from_millis(50);
/// Events that say times as far apart as this, and come at one moment, were held back.
const APART: Duration = Duration::from_millis(500);
/// So many events at one moment after so long a quiet look as if they were held back.
const BURST: u64 = 3;
const BURST_QUIET: Duration = Duration::from_secs(2);

/// What came at one moment; times count from the request.
#[derive(Clone, Debug, Default)]
pub struct Moment {
    /// When its first piece came.
    pub begin: Duration,
    /// When its newest piece came.
    pub end: Duration,
    /// Comment lines.
    pub comments: u64,
    /// Events that only say that the connection lives.
    pub beats: u64,
    /// All other events, but for the hub's own.
    pub events: u64,
    /// The quiet before it; before the first, since the request.
    quiet: Duration,
    is_first: bool,
    /// The first and the last of the times that its events say, in ms.
    times: Option<(i64, i64)>,
}

impl Moment {
    /// Begins with a piece, after a quiet.
    #[must_use]
    pub fn new(at: Duration, quiet: Duration, is_first: bool) -> Self {
        Self {
            begin: at,
            end: at,
            quiet,
            is_first,
            ..Self::default()
        }
    }

    /// Takes a piece that came then, where it belongs to this moment.
    pub fn has(&mut self, at: Duration) -> bool {
        let is_own = at.saturating_sub(self.end) <= MOMENT;
        if is_own {
            self.end = at;
        }
        is_own
    }

    /// Takes an event, and the time that it says, in milliseconds since 1970.
    pub fn event(&mut self, name: &str, said: Option<i64>) {
        if is_beat(name) {
            self.beats += 1;
            return;
        }
        self.events += u64::from(!name.starts_with("hub."));
        if let Some(time) = said {
            let (first, last) = self.times.unwrap_or((time, time));
            self.times = Some((first.min(time), last.max(time)));
        }
    }

    /// Events that were made one after the other, while they were waited for, and came at once.
    #[must_use]
    pub fn held_back(&self) -> Option<Finding> {
        let (first, last) = self.times?;
        let apart = Duration::from_millis(last.abs_diff(first));
        let length = self.end.saturating_sub(self.begin);
        // What was there before it was asked for comes at once, and rightly: it is further apart.
        let within = length + self.quiet + APART / 2;
        let is_held = apart >= APART && apart <= within && apart > length * 2;
        (is_held && (!self.is_first || self.quiet >= APART)).then(|| {
            let detail = format!(
                "{} events came at one moment, {:.1} s after the request, which say that they were \
                 made over {} ms: something holds them back until its buffer is full",
                self.events,
                self.begin.as_secs_f64(),
                apart.as_millis()
            );
            Finding::new("buffered", detail)
        })
    }

    /// Several events at one moment after a quiet, of which nobody knows when they were made.
    #[must_use]
    pub fn burst(&self) -> Option<Finding> {
        let is_burst = self.events >= BURST && self.quiet >= BURST_QUIET && self.times.is_none();
        (is_burst && !self.is_first).then(|| {
            let detail = format!(
                "{} events came at one moment after {:.1} s of quiet: the server sends them so, or \
                 something holds them back",
                self.events,
                self.quiet.as_secs_f64()
            );
            Finding::new("bursts", detail)
        })
    }
}
