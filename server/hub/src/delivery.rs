//! What a subscriber is handed, and its bytes on the wire.

use std::sync::Arc;

use rand::Rng;
use serde_json::json;
use wire::{EventName, Frame, Id, Retry, comment};

use crate::{entry::Entry, id::EventId, limits::REQUESTED_CHARS};

/// One block for a subscriber.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// Events that were asked for are gone.
    Gap(Gap),
    /// The stream begins: from here it goes on.
    Open(EventId),
    /// An event.
    Event(Arc<Entry>),
    /// Nothing happened for a while; the newest id of the hub.
    Beat(EventId),
    /// The server ends the stream.
    Close(Close),
}

/// Events that a subscriber asked for and can no longer get.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub reason: GapReason,
    /// What was asked for, cut to 128 characters.
    pub requested: String,
    /// The cursor after which the stream goes on.
    pub resumed_after: EventId,
    /// How many events that match are missing; none where it cannot be known.
    pub missed: Option<u64>,
}

/// Why events are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapReason {
    /// Retention let go of them.
    Trimmed,
    /// Someone deleted their topic.
    Deleted,
    /// The log is damaged where they were.
    Damaged,
    /// The cursor is no id of this hub, or one from the future.
    UnknownId,
    /// The cursor is of another log.
    EpochChanged,
}

impl GapReason {
    /// Every reason.
    pub const ALL: [Self; 5] = [
        Self::Trimmed,
        Self::Deleted,
        Self::Damaged,
        Self::UnknownId,
        Self::EpochChanged,
    ];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trimmed => "trimmed",
            Self::Deleted => "deleted",
            Self::Damaged => "damaged",
            Self::UnknownId => "unknown-id",
            Self::EpochChanged => "epoch-changed",
        }
    }
}

/// Why and until when the server ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close {
    /// Why.
    pub reason: CloseReason,
    /// When a client should come back.
    pub retry: Retry,
}

/// Why the server ends a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// It shuts down.
    Shutdown,
    /// The subscriber's right has ended.
    Expired,
    /// The subscriber takes nothing.
    Slow,
    /// There are too many subscribers.
    Overload,
}

impl CloseReason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Shutdown, Self::Expired, Self::Slow, Self::Overload];

    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shutdown => "shutdown",
            Self::Expired => "expired",
            Self::Slow => "slow",
            Self::Overload => "overload",
        }
    }
}

impl Close {
    /// An end for this reason, with a time to come back that is drawn at random, so that not all
    /// come at once.
    #[must_use]
    pub fn new(reason: CloseReason) -> Self {
        let ms = match reason {
            CloseReason::Overload => 30_000,
            _ => rand::rng().random_range(Retry::MIN..=5_000),
        };
        Self {
            reason,
            retry: retry(ms),
        }
    }
}

/// How events are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// An event stream of one topic.
    Plain,
    /// An event stream of many: each frame names its topic.
    WithTopic,
    /// An event stream whose data are JSON objects.
    Envelope,
    /// JSON objects, one a line.
    NdJson,
}

impl Delivery {
    /// Appends the bytes of this block.
    pub fn encode(&self, form: Form, out: &mut Vec<u8>) {
        let (name, id, retry, data) = match self {
            Self::Event(entry) => return out.extend_from_slice(entry.bytes(form)),
            Self::Gap(gap) => ("hub.gap", Some(&gap.resumed_after), None, gap.data()),
            Self::Open(id) => (
                "hub.open",
                Some(id),
                None,
                format!(r#"{{"epoch":{}}}"#, json!(id.epoch.as_str())),
            ),
            Self::Beat(id) => ("hub.beat", Some(id), None, "{}".to_owned()),
            Self::Close(close) => ("hub.close", None, Some(close.retry), close.data()),
        };
        if form == Form::NdJson {
            let id = id
                .map(|id| format!(r#""id":{},"#, json!(id.to_string())))
                .unwrap_or_default();
            let line = format!("{{{id}\"event\":\"{name}\",\"data\":{}}}\n", json!(data));
            return out.extend_from_slice(line.as_bytes());
        }
        let id = id.and_then(|id| Id::new(id.to_string()).ok());
        let event = EventName::new(name).ok();
        let frame = Frame {
            event: event.as_ref(),
            id: id.as_ref(),
            retry,
            topic: None,
            data: Some(&data),
        };
        frame.encode_into(out);
    }
}

impl Gap {
    pub(crate) fn cut(requested: &str) -> String {
        requested.chars().take(REQUESTED_CHARS).collect()
    }

    fn data(&self) -> String {
        let missed = self
            .missed
            .map_or_else(|| "null".to_owned(), |n| n.to_string());
        format!(
            r#"{{"reason":"{}","requested":{},"resumed_after":{},"missed":{missed}}}"#,
            self.reason.as_str(),
            json!(self.requested),
            json!(self.resumed_after.to_string()),
        )
    }
}

impl Close {
    fn data(self) -> String {
        let (reason, ms) = (self.reason.as_str(), self.retry.as_millis());
        format!(r#"{{"reason":"{reason}","retry_after_ms":{ms}}}"#)
    }
}

/// Appends what every event stream begins with: a comment, and a time to come back of 1,000 to
/// 3,000 ms at random, in a block that dispatches nothing.
pub fn preamble(out: &mut Vec<u8>) {
    comment("tickertape", out);
    let ms = rand::rng().random_range(1_000..=3_000);
    Frame {
        retry: Some(retry(ms)),
        ..Frame::default()
    }
    .encode_into(out);
}

fn retry(ms: u32) -> Retry {
    Retry::clamped(ms)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::tally::Tally;
    use crate::{id::Epoch, record::Record, topic::Topic};

    fn id(seq: u64) -> EventId {
        EventId {
            epoch: Epoch::parse("k3x9").unwrap(),
            seq,
        }
    }

    fn bytes(delivery: &Delivery, form: Form) -> String {
        let mut out = Vec::new();
        delivery.encode(form, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn event() -> Delivery {
        let record = Record {
            seq: 7,
            time: SystemTime::UNIX_EPOCH,
            topic: Topic::parse("a/b").unwrap(),
            event: Some(EventName::new("tick").unwrap()),
            retry: Some(Retry::from_millis(1500).unwrap()),
            data: "x\n\"y\"".into(),
        };
        Delivery::Event(Arc::new(Entry::new(
            Arc::new(record),
            &Epoch::parse("k3x9").unwrap(),
            &Tally::default(),
        )))
    }

    #[test]
    fn an_event_in_each_form() {
        let json = r#"{"id":"k3x9-7","topic":"a/b","event":"tick","data":"x\n\"y\"","time":"1970-01-01T00:00:00.000000Z","retry":1500}"#;
        let plain = "event: tick\nid: k3x9-7\nretry: 1500\ndata: x\ndata: \"y\"\n\n";
        assert_eq!(bytes(&event(), Form::Plain), plain);
        assert_eq!(
            bytes(&event(), Form::WithTopic),
            plain.replace("data: x", "topic: a/b\ndata: x")
        );
        assert_eq!(
            bytes(&event(), Form::Envelope),
            format!("id: k3x9-7\ndata: {json}\n\n")
        );
        assert_eq!(bytes(&event(), Form::NdJson), format!("{json}\n"));
    }

    #[test]
    fn the_hubs_own_events() {
        let gap = Gap {
            reason: GapReason::Trimmed,
            requested: "k3x9-1\n".into(),
            resumed_after: id(4),
            missed: Some(3),
        };
        assert_eq!(
            bytes(&Delivery::Gap(gap), Form::Envelope),
            "event: hub.gap\nid: k3x9-4\ndata: {\"reason\":\"trimmed\",\"requested\":\"k3x9-1\\n\",\"resumed_after\":\"k3x9-4\",\"missed\":3}\n\n"
        );
        assert_eq!(
            bytes(&Delivery::Open(id(0)), Form::Plain),
            "event: hub.open\nid: k3x9-0\ndata: {\"epoch\":\"k3x9\"}\n\n"
        );
        assert_eq!(
            bytes(&Delivery::Beat(id(9)), Form::Plain),
            "event: hub.beat\nid: k3x9-9\ndata: {}\n\n"
        );
        let close = Close {
            reason: CloseReason::Overload,
            retry: Retry::from_millis(30_000).unwrap(),
        };
        assert_eq!(
            bytes(&Delivery::Close(close), Form::Plain),
            "event: hub.close\nretry: 30000\ndata: {\"reason\":\"overload\",\"retry_after_ms\":30000}\n\n"
        );
    }

    #[test]
    fn a_goodbye_is_spread_and_an_overload_stays_away_longer() {
        for _ in 0..200 {
            let ms = Close::new(CloseReason::Shutdown).retry.as_millis();
            assert!((500..=5_000).contains(&ms));
        }
        assert_eq!(Close::new(CloseReason::Overload).retry.as_millis(), 30_000);
    }

    #[test]
    fn the_preamble_is_a_comment_and_a_retry() {
        for _ in 0..200 {
            let mut out = Vec::new();
            preamble(&mut out);
            let text = String::from_utf8(out).unwrap();
            let ms = text
                .strip_prefix(": tickertape\nretry: ")
                .unwrap()
                .strip_suffix("\n\n")
                .unwrap();
            assert!((1_000..=3_000).contains(&ms.parse::<u32>().unwrap()));
        }
    }
}
