//! The incremental parser.

use crate::diagnostic::{Out, Reported};
use crate::interpret::Interpreter;
use crate::lines::Lines;
use crate::{End, Item, Limits, ReconnectionTime};

/// Reads an event stream as its bytes arrive (WHATWG HTML 9.2.5 and 9.2.6).
///
/// How the bytes are cut into chunks never matters: the same items come out in the same order,
/// with the same offsets. A CR ends its line and dispatches at once, without waiting for an LF
/// that may follow. No input is an error; what is wrong with it comes out as diagnostics.
/// Memory is bounded by [`Limits`]; comments are not kept at all.
///
/// ```
/// use wire::{Item, Parser};
///
/// let mut parser = Parser::new();
/// let mut events = Vec::new();
/// for chunk in ["id: 7\nda", "ta: hello\n", "\n"] {
///     parser.feed(chunk.as_bytes(), &mut |item| {
///         if let Item::Event(event) = item {
///             events.push(event);
///         }
///     });
/// }
/// assert_eq!(events[0].data, "hello");
/// assert_eq!(parser.last_event_id(), "7");
/// ```
#[derive(Clone, Debug)]
pub struct Parser {
    lines: Lines,
    interpreter: Interpreter,
    reported: Reported,
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

impl Parser {
    /// A parser for a first connection.
    #[must_use]
    pub fn new() -> Self {
        Self::resume("")
    }

    /// A parser for a connection that was made with this `Last-Event-ID`.
    #[must_use]
    pub fn resume(last_event_id: &str) -> Self {
        Self::with(Interpreter::resume(last_event_id))
    }

    /// Sets other limits; to be called before the first byte.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.interpreter.limits = limits;
        Self::with(self.interpreter)
    }

    /// Gives every line that is not blank as an [`Item::Field`], comments too; to be called
    /// before the first byte.
    #[must_use]
    pub fn with_fields(mut self, fields: bool) -> Self {
        self.interpreter.fields = fields;
        Self::with(self.interpreter)
    }

    /// Begins with the reconnection time that the connection before left behind; to be called before the first byte.
    #[must_use]
    pub fn with_retry(mut self, retry: Option<ReconnectionTime>) -> Self {
        self.interpreter.end.retry = retry;
        self
    }

    /// Takes the next bytes of the stream, and gives what they complete.
    pub fn feed(&mut self, chunk: &[u8], sink: &mut dyn FnMut(Item)) {
        let mut rest = chunk;
        let out = &mut Out {
            reported: &mut self.reported,
            sink,
        };
        while let Some(line) = self.lines.next(&mut rest, out) {
            self.interpreter.line(&line, out);
        }
    }

    /// Takes the end of the stream, which discards an event without its blank line.
    ///
    /// The parser then is ready for the next connection, with the same last event id and
    /// reconnection time.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Item)) -> End {
        let out = &mut Out {
            reported: &mut self.reported,
            sink,
        };
        let line = self.lines.finish(out);
        let end = self.interpreter.finish(line.as_ref(), out);
        *self = Self::with(std::mem::take(&mut self.interpreter));
        end
    }

    /// What a reconnect carries as `Last-Event-ID`; empty: nothing. It moves with a blank line,
    /// not with the field.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.interpreter.end.last_event_id
    }

    /// The reconnection time in force, where the stream has set one.
    #[must_use]
    pub fn retry(&self) -> Option<&ReconnectionTime> {
        self.interpreter.end.retry.as_ref()
    }

    /// How many bytes were taken.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.lines.offset()
    }

    fn with(interpreter: Interpreter) -> Self {
        let limits = interpreter.limits;
        Self {
            lines: Lines::new(&limits, interpreter.fields),
            reported: Reported::new(limits.diagnostics),
            interpreter,
        }
    }
}
