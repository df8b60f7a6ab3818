//! An event, encoded once for each form and shared from then on.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::json;
use wire::{EventName, Frame, Id, Line};

use crate::{
    delivery::Form,
    id::{Epoch, Seq},
    record::{Record, rfc3339},
    tally::{Share, Tally},
};

/// A committed event and its bytes on the wire.
#[derive(Debug)]
pub struct Entry {
    record: Arc<Record>,
    id: String,
    share: Share,
    plain: OnceLock<Bytes>,
    with_topic: OnceLock<Bytes>,
    envelope: OnceLock<Bytes>,
    ndjson: OnceLock<Bytes>,
}

impl Entry {
    /// An entry whose holder counts what it costs.
    pub(crate) fn new(record: Arc<Record>, epoch: &Epoch, tally: &Tally) -> Self {
        let id = record.id(epoch).to_string();
        let texts = record.data.len() + record.topic.as_str().len() + id.len();
        Self {
            share: tally.share(texts + size_of::<Self>() + size_of::<Record>()),
            record,
            id,
            plain: OnceLock::new(),
            with_topic: OnceLock::new(),
            envelope: OnceLock::new(),
            ndjson: OnceLock::new(),
        }
    }

    /// The event.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Counts for its holder no more.
    pub(crate) fn leave(&self) {
        self.share.leave();
    }

    pub(crate) fn seq(&self) -> Seq {
        self.record.seq
    }

    /// Its bytes in a form: encoded when first asked for.
    #[must_use]
    pub fn bytes(&self, form: Form) -> &Bytes {
        let (held, encode): (_, fn(&Self) -> Vec<u8>) = match form {
            Form::Plain => (&self.plain, |entry| entry.frame(false)),
            Form::WithTopic => (&self.with_topic, |entry| entry.frame(true)),
            Form::Envelope => (&self.envelope, Self::in_envelope),
            Form::NdJson => (&self.ndjson, |entry| (entry.json() + "\n").into()),
        };
        held.get_or_init(|| {
            // Without the room that was left for more.
            let bytes = encode(self).into_boxed_slice();
            self.share.grow(bytes.len());
            bytes.into()
        })
    }

    fn in_envelope(&self) -> Vec<u8> {
        let (id, data) = (Id::new(self.id.as_str()).ok(), self.json());
        let frame = Frame {
            id: id.as_ref(),
            data: Some(&data),
            ..Frame::default()
        };
        frame.encode()
    }

    fn frame(&self, with_topic: bool) -> Vec<u8> {
        let Record {
            topic,
            event,
            retry,
            data,
            ..
        } = &*self.record;
        let id = Id::new(self.id.as_str()).ok();
        let frame = Frame {
            event: event.as_ref(),
            id: id.as_ref(),
            retry: *retry,
            topic: Line::new(topic.as_str()).ok().filter(|_| with_topic),
            data: Some(data),
        };
        frame.encode()
    }

    /// The event as one JSON object; keys in the order of the contract.
    fn json(&self) -> String {
        let Record {
            topic,
            event,
            retry,
            data,
            time,
            ..
        } = &*self.record;
        let name = event.as_ref().map_or("message", EventName::as_str);
        let (id, topic, name, data) = (
            json!(self.id),
            json!(topic.as_str()),
            json!(name),
            json!(&**data),
        );
        let time = json!(rfc3339(*time));
        let retry = retry
            .map(|ms| format!(r#","retry":{}"#, ms.as_millis()))
            .unwrap_or_default();
        format!(
            r#"{{"id":{id},"topic":{topic},"event":{name},"data":{data},"time":{time}{retry}}}"#
        )
    }
}
