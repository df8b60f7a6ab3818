//! An event as the hub sends it.

use wire::{EventName, Frame, Id, Line, Retry};

use crate::model::Event;

/// The frame that the hub sends for an event, with its topic or without.
pub(crate) fn frame(event: &Event, with_topic: bool) -> String {
    let topic = with_topic.then_some(event.topic.as_str());
    written(&Frame {
        event: EventName::new(event.event.as_str()).ok().as_ref(),
        id: Id::new(event.id.as_str()).ok().as_ref(),
        retry: event.retry.and_then(|ms| Retry::from_millis(ms).ok()),
        topic: topic.and_then(|topic| Line::new(topic).ok()),
        data: Some(&event.data),
    })
}

/// A frame that was put together of texts, as a text.
pub(crate) fn written(frame: &Frame<'_>) -> String {
    String::from_utf8(frame.encode()).unwrap_or_default()
}
