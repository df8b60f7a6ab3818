//! An event as the bytes of a record.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hub::{Draft, KeyMark, Record, Seq, Topic};
use wire::{EventName, Retry};

/// The last record of a publish: one without it at the end of the log is part of a torn publish.
const LAST: u8 = 1;
const EVENT: u8 = 2;
const RETRY: u8 = 4;
const KEY: u8 = 8;
/// The event is gone, and its key still counts.
const MARK: u8 = 16;

/// What a record holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// An event.
    Event(Stored),
    /// What is left of one that is gone and had a key, and when it was accepted.
    Key(KeyMark, SystemTime),
}

/// A record as it was read: an event, and what only the log needs of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) record: Record,
    pub(crate) key: Option<String>,
    /// Whether a publish ends here.
    pub(crate) last: bool,
}

impl Stored {
    /// What is remembered of its key; none where it has none.
    pub(crate) fn key_mark(&self) -> Option<KeyMark> {
        KeyMark::of(&self.keyed_draft()?, self.record.seq)
    }

    fn keyed_draft(&self) -> Option<Draft> {
        let key = self.key.as_ref()?;
        let mut draft = Draft::new(self.record.topic.clone(), &self.record.data).ok()?;
        if let Some(event) = &self.record.event {
            draft = draft.event(event.as_str()).ok()?;
        }
        if let Some(retry) = self.record.retry {
            draft = draft.retry(&retry.as_millis().to_string()).ok()?;
        }
        draft.key(key).ok()
    }
}

impl Item {
    pub(crate) fn seq(&self) -> Seq {
        match self {
            Self::Event(stored) => stored.record.seq,
            Self::Key(mark, _) => mark.seq,
        }
    }

    /// Whether a publish ends here.
    pub(crate) fn is_last(&self) -> bool {
        match self {
            Self::Event(stored) => stored.last,
            Self::Key(..) => true,
        }
    }
}

/// Appends what is left of an event that is gone, for its key.
pub(crate) fn encode_key(mark: KeyMark, time: SystemTime, out: &mut Vec<u8>) {
    out.push(LAST | MARK);
    out.extend_from_slice(&mark.seq.to_le_bytes());
    out.extend_from_slice(&nanos(time).to_le_bytes());
    out.extend_from_slice(&mark.name.to_le_bytes());
    out.extend_from_slice(&mark.body.to_le_bytes());
}

/// Appends an event's bytes.
pub(crate) fn encode(record: &Record, key: Option<&str>, last: bool, out: &mut Vec<u8>) {
    let event = record.event.as_ref().map(EventName::as_str);
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    out.push(
        flag(last, LAST)
            | flag(event.is_some(), EVENT)
            | flag(record.retry.is_some(), RETRY)
            | flag(key.is_some(), KEY),
    );
    out.extend_from_slice(&record.seq.to_le_bytes());
    out.extend_from_slice(&nanos(record.time).to_le_bytes());
    short(record.topic.as_str(), out);
    if let Some(event) = event {
        short(event, out);
    }
    if let Some(retry) = record.retry {
        out.extend_from_slice(&retry.as_millis().to_le_bytes());
    }
    if let Some(key) = key {
        short(key, out);
    }
    out.extend_from_slice(record.data.as_bytes());
}

/// Appends an event that was encoded before, as a publish of its own.
pub(crate) fn append_alone(payload: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(payload);
    if let Some(flags) = out.get_mut(start) {
        *flags |= LAST;
    }
}

/// What these bytes hold; none where they are no record's.
pub(crate) fn decode(bytes: &[u8]) -> Option<Item> {
    let mut rest = bytes;
    let [flags] = take(&mut rest)?;
    let seq = Seq::from_le_bytes(take(&mut rest)?);
    let time = time(i64::from_le_bytes(take(&mut rest)?));
    if flags & MARK != 0 {
        let name = u128::from_le_bytes(take(&mut rest)?);
        let body = u64::from_le_bytes(take(&mut rest)?);
        let mark = KeyMark { seq, name, body };
        return rest.is_empty().then_some(Item::Key(mark, time));
    }
    let topic = Topic::parse(text(&mut rest)?).ok()?;
    let event = match flags & EVENT {
        0 => None,
        _ => Some(EventName::new(text(&mut rest)?).ok()?),
    };
    let retry = match flags & RETRY {
        0 => None,
        _ => Some(Retry::from_millis(u32::from_le_bytes(take(&mut rest)?)).ok()?),
    };
    let key = match flags & KEY {
        0 => None,
        _ => Some(text(&mut rest)?.to_owned()),
    };
    let data = std::str::from_utf8(rest).ok()?.into();
    Some(Item::Event(Stored {
        record: Record {
            seq,
            time,
            topic,
            event,
            retry,
            data,
        },
        key,
        last: flags & LAST != 0,
    }))
}

/// A time as nanoseconds since 1970, held within the years 1677 to 2262.
pub(crate) fn nanos(time: SystemTime) -> i64 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
    }
}

/// The time that [`nanos`] was made of.
pub(crate) fn time(nanos: i64) -> SystemTime {
    let distance = Duration::from_nanos(nanos.unsigned_abs());
    let time = if nanos < 0 {
        UNIX_EPOCH.checked_sub(distance)
    } else {
        UNIX_EPOCH.checked_add(distance)
    };
    time.unwrap_or(UNIX_EPOCH)
}

/// A text of at most 1,024 bytes: the types of topics, names and keys see to that.
fn short(text: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(&(text.len() as u16).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (head, tail) = rest.split_first_chunk::<N>()?;
    *rest = tail;
    Some(*head)
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let len = u16::from_le_bytes(take(rest)?);
    let (head, tail) = rest.split_at_checked(usize::from(len))?;
    *rest = tail;
    std::str::from_utf8(head).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_event_reads_back_as_it_was_written(
            seq: u64, nanos in any::<i64>(), event in proptest::option::of("[a-z]{1,9}"),
            retry in proptest::option::of(500u32..300_000), key in proptest::option::of("[a-z]{1,9}"),
            data in "\\PC{0,99}", last: bool,
        ) {
            let stored = Stored {
                record: Record {
                    seq, time: time(nanos), topic: Topic::parse("a/b").unwrap(),
                    event: event.map(|e| EventName::new(e).unwrap()),
                    retry: retry.map(|ms| Retry::from_millis(ms).unwrap()),
                    data: data.into(),
                },
                key, last,
            };
            let mut bytes = Vec::new();
            encode(&stored.record, stored.key.as_deref(), last, &mut bytes);
            prop_assert_eq!(decode(&bytes), Some(Item::Event(stored)));
        }

        #[test]
        fn a_key_reads_back_as_it_was_written(seq: u64, name: u128, body: u64, nanos: i64) {
            let (mark, mut bytes) = (KeyMark { seq, name, body }, Vec::new());
            encode_key(mark, time(nanos), &mut bytes);
            prop_assert_eq!(decode(&bytes), Some(Item::Key(mark, time(nanos))));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = decode(&bytes);
        }
    }
}
