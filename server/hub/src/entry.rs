//! An event, encoded once for each form and shared from then on.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::json;
use wire::{EventName, Frame, Id, Line};

use crate::{
    delivery::Form,
    id::{Epoch, Seq},
    record::{Record, rfc3339},
};

/// A committed event and its bytes on the wire.
#[derive(Debug)]
pub struct Entry {
    record: Arc<Record>,
    id: String,
    plain: OnceLock<Bytes>,
    with_topic: OnceLock<Bytes>,
    envelope: OnceLock<Bytes>,
    ndjson: OnceLock<Bytes>,
}

impl Entry {
    pub(crate) fn new(record: Arc<Record>, epoch: &Epoch) -> Self {
        let id = record.id(epoch).to_string();
        Self {
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

    pub(crate) fn seq(&self) -> Seq {
        self.record.seq
    }

    /// Its bytes in a form: encoded when first asked for.
    #[must_use]
    pub fn bytes(&self, form: Form) -> &Bytes {
        match form {
            Form::Plain => self.plain.get_or_init(|| self.frame(false)),
            Form::WithTopic => self.with_topic.get_or_init(|| self.frame(true)),
            Form::Envelope => self.envelope.get_or_init(|| {
                let (id, data) = (Id::new(self.id.as_str()).ok(), self.json());
                Frame {
                    id: id.as_ref(),
                    data: Some(&data),
                    ..Frame::default()
                }
                .encode()
                .into()
            }),
            Form::NdJson => self.ndjson.get_or_init(|| (self.json() + "\n").into()),
        }
    }

    fn frame(&self, with_topic: bool) -> Bytes {
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
        frame.encode().into()
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
