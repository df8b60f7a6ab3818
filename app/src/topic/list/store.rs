//! The rows that a page holds: in order, none twice, bounded by their number and by their bytes.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    live::feed::Row,
    model::{Event, Gap},
};

/// How much a page holds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Rows (101,023): of which 100,000 are left when a step of them has gone.
    pub(crate) rows: usize,
    /// Bytes (48 MiB): what is left of the 64 MiB that the module may take, with room for growth.
    pub(crate) bytes: usize,
    /// Rows that go at a time (1,024), as each time all rows on the screen move.
    pub(crate) step: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rows: 101_023,
            bytes: 48 * 1024 * 1024,
            step: 1_024,
        }
    }
}

/// The rows, oldest first. Each has a number of its own, one more than the row before it, which
/// stays when older ones make room.
#[derive(Debug)]
pub(crate) struct Store {
    rows: VecDeque<Held>,
    first: u64,
    bytes: usize,
    limits: Limits,
    pin: Option<u64>,
    names: BTreeMap<Box<str>, u32>,
    let_go: u64,
}

/// A row as it is held: the texts of an event in one piece, as 100,000 small ones would cost twice
/// the memory.
#[derive(Debug)]
enum Held {
    Event(Packed),
    Gap(Box<Gap>),
}

#[derive(Debug)]
struct Packed {
    text: Box<str>,
    id: u16,
    topic: u16,
    name: u16,
    time: u16,
    /// 0 for none: no publisher may set that.
    retry: u32,
}

/// A row, to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look<'a> {
    /// An event.
    Event(EventLook<'a>),
    /// Events that are missing here.
    Gap(&'a Gap),
}

/// An event, to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventLook<'a> {
    /// Its id.
    pub(crate) id: &'a str,
    /// Where it was published.
    pub(crate) topic: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// When the hub accepted it: RFC 3339, UTC.
    pub(crate) time: &'a str,
    /// Its data.
    pub(crate) data: &'a str,
    /// The time after which clients reconnect, in milliseconds, where the publisher set one.
    pub(crate) retry: Option<u32>,
}

/// How many of the newest rows a new one is compared with: a source that replaces another may
/// repeat what was under way.
const OVERLAP: usize = 32;

impl Store {
    /// An empty store.
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            rows: VecDeque::new(),
            first: 0,
            bytes: 0,
            limits,
            pin: None,
            names: BTreeMap::new(),
            let_go: 0,
        }
    }

    /// Adds a row, unless it is there already; the oldest make room, but for those from the pin on.
    pub(crate) fn push(&mut self, row: Row) {
        let held = match row {
            Row::Event(event) => {
                let Some(packed) = Packed::of(&event) else {
                    return;
                };
                Held::Event(packed)
            }
            Row::Gap(gap) => Held::Gap(Box::new(gap)),
        };
        if self.rows.iter().rev().take(OVERLAP).any(|h| h.same(&held)) {
            return;
        }
        if let Held::Event(event) = &held {
            let name = event.look().name;
            match self.names.get_mut(name) {
                Some(count) => *count += 1,
                None => {
                    self.names.insert(name.into(), 1);
                }
            }
        }
        self.bytes += held.cost();
        self.rows.push_back(held);
        self.make_room();
    }

    /// Keeps this row and those after it, whatever comes; none lets go of the pin.
    pub(crate) fn pin(&mut self, from: Option<u64>) {
        self.pin = from;
        self.make_room();
    }

    /// Whether nothing more fits, as what is pinned takes all the room.
    pub(crate) fn is_full(&self) -> bool {
        let over = self.rows.len() >= self.limits.rows || self.bytes >= self.limits.bytes;
        over && self
            .pin
            .is_some_and(|pin| pin < self.first + self.limits.step as u64)
    }

    /// Forgets the rows before this one; the numbers go on.
    pub(crate) fn clear(&mut self, before: u64) {
        while self.first < before && !self.rows.is_empty() {
            self.drop_oldest();
        }
    }

    /// The number of the oldest row.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next row gets.
    pub(crate) fn end(&self) -> u64 {
        self.first + self.rows.len() as u64
    }

    /// How many rows had to make room.
    pub(crate) fn let_go(&self) -> u64 {
        self.let_go
    }

    /// The row with this number.
    pub(crate) fn get(&self, number: u64) -> Option<Look<'_>> {
        let index = number.checked_sub(self.first)?;
        self.rows.get(index as usize).map(Held::look)
    }

    /// The event with this number, whole.
    pub(crate) fn event(&self, number: u64) -> Option<Event> {
        match self.get(number)? {
            Look::Event(event) => Some(event.to_event()),
            Look::Gap(_) => None,
        }
    }

    /// The number of the event with this id, the newest first.
    pub(crate) fn find(&self, id: &str) -> Option<u64> {
        let is_it = |held: &Held| matches!(held.look(), Look::Event(event) if event.id == id);
        let index = self.rows.iter().rposition(is_it)?;
        Some(self.first + index as u64)
    }

    /// The names of the events that are held, and how many have each.
    pub(crate) fn names(&self) -> &BTreeMap<Box<str>, u32> {
        &self.names
    }

    fn make_room(&mut self) {
        let Limits { rows, bytes, step } = self.limits;
        // A step is as many rows for a small list, and a hundredth of what a list of large rows has.
        if self.rows.len() <= rows && self.bytes <= bytes {
            return;
        }
        let (rows, bytes) = (rows.saturating_sub(step - 1).max(1), bytes - bytes / 100);
        while (self.rows.len() > rows || self.bytes > bytes)
            && self.rows.len() > 1
            && self.pin.is_none_or(|pin| self.first < pin)
        {
            self.drop_oldest();
            self.let_go += 1;
        }
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.rows.pop_front() else {
            return;
        };
        self.first += 1;
        self.bytes -= oldest.cost();
        if let Held::Event(event) = &oldest {
            let name = event.look().name;
            if let Some(count) = self.names.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    self.names.remove(name);
                }
            }
        }
    }
}

impl Held {
    fn cost(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Event(event) => event.text.len(),
                Self::Gap(_) => size_of::<Gap>() + 256,
            }
    }

    fn same(&self, other: &Self) -> bool {
        match (self.look(), other.look()) {
            (Look::Event(a), Look::Event(b)) => a.id == b.id,
            (Look::Gap(a), Look::Gap(b)) => a == b,
            _ => false,
        }
    }

    fn look(&self) -> Look<'_> {
        match self {
            Self::Event(event) => Look::Event(event.look()),
            Self::Gap(gap) => Look::Gap(gap),
        }
    }
}

impl Look<'_> {
    /// Bytes of its data.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Event(event) => event.data.len(),
            Self::Gap(_) => 0,
        }
    }
}

impl Packed {
    /// None where a text is longer than the hub lets any be.
    fn of(event: &Event) -> Option<Self> {
        let Event {
            id,
            topic,
            event: name,
            data,
            time,
            retry,
        } = event;
        let length = |text: &String| u16::try_from(text.len()).ok();
        Some(Self {
            id: length(id)?,
            topic: length(topic)?,
            name: length(name)?,
            time: length(time)?,
            retry: retry.unwrap_or_default(),
            text: [id.as_str(), topic, name, time, data].concat().into(),
        })
    }

    fn look(&self) -> EventLook<'_> {
        let (id, rest) = self.text.split_at(self.id.into());
        let (topic, rest) = rest.split_at(self.topic.into());
        let (name, rest) = rest.split_at(self.name.into());
        let (time, data) = rest.split_at(self.time.into());
        EventLook {
            id,
            topic,
            name,
            time,
            data,
            retry: (self.retry > 0).then_some(self.retry),
        }
    }
}

impl EventLook<'_> {
    /// The same, with texts of its own.
    pub(crate) fn to_event(self) -> Event {
        Event {
            id: self.id.into(),
            topic: self.topic.into(),
            event: self.name.into(),
            data: self.data.into(),
            time: self.time.into(),
            retry: self.retry,
        }
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
pub(crate) mod tests;
