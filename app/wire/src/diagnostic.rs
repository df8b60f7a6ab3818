//! What a parser has to say about a stream, beside its events.

use std::fmt;

use crate::Item;

/// Something in a stream that its reader or its author should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of thing it is.
    pub code: Code,
    /// Where it begins: bytes from the start of the stream, a stripped BOM included.
    pub offset: u64,
    /// What is there and what it leads to, in words; quotations are cut and escaped.
    pub detail: String,
}

impl Diagnostic {
    /// Whether this breaks the standard, or clients, as [`Code::is_violation`] has it.
    #[must_use]
    pub fn is_violation(&self) -> bool {
        self.code.is_violation()
    }
}

/// The kinds of [`Diagnostic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Code {
    /// A comment line; reported once a stream.
    Comment,
    /// A byte order mark at the start, which was stripped.
    BomStripped,
    /// The field `topic`, which only Tickertape's own clients read; reported once a stream.
    TopicField,
    /// A CR alone as a line end; reported once a stream.
    CrLineEndings,
    /// An event with the id of the event before it; the hub's own events are left out.
    IdRepeated,
    /// An id that is smaller than the id before it, or than the id that was resumed from.
    IdWentBack,
    /// More than one kind of line end in a stream; reported once a stream.
    MixedLineEndings,
    /// A byte order mark at the start of a line that is not the stream's first.
    BomNotAtStart,
    /// Bytes that are not UTF-8, read as U+FFFD.
    InvalidUtf8,
    /// A field name that no client knows.
    UnknownField,
    /// A known field name with white space around it, which makes it unknown.
    FieldNameWithSpace,
    /// A known field name in other letter case, which makes it unknown.
    FieldNameWrongCase,
    /// A `retry` that is not a number, and so is ignored.
    RetryNotDigits,
    /// A `retry` over 2,147,483,647 ms, which clients read in different ways.
    RetryTooLarge,
    /// An `id` with NUL, which is ignored.
    NulInId,
    /// An `id` that is no valid header value: browsers never reconnect with it.
    IdWithControlCharacter,
    /// A new `id` or `event` between data of one block: it counts for all, and a blank line may be missing before it.
    FieldRepeated,
    /// A block with an id, a name or a topic but no data, which is not dispatched.
    EventWithoutData,
    /// A stream that ends before the blank line that would dispatch its last event.
    IncompleteEventAtEof,
    /// A line over [`Limits::line`](crate::Limits::line); its event is dropped.
    LineTooLong,
    /// Data over [`Limits::data`](crate::Limits::data); its event is dropped.
    DataTooLong,
    /// A name, id or topic over [`Limits::field`](crate::Limits::field); its event is dropped.
    FieldTooLong,
}

impl Code {
    /// Every code, notes first.
    pub const ALL: [Self; 22] = [
        Self::Comment,
        Self::BomStripped,
        Self::TopicField,
        Self::CrLineEndings,
        Self::IdRepeated,
        Self::IdWentBack,
        Self::MixedLineEndings,
        Self::BomNotAtStart,
        Self::InvalidUtf8,
        Self::UnknownField,
        Self::FieldNameWithSpace,
        Self::FieldNameWrongCase,
        Self::RetryNotDigits,
        Self::RetryTooLarge,
        Self::NulInId,
        Self::IdWithControlCharacter,
        Self::FieldRepeated,
        Self::EventWithoutData,
        Self::IncompleteEventAtEof,
        Self::LineTooLong,
        Self::DataTooLong,
        Self::FieldTooLong,
    ];

    /// The code as programs read it, such as `invalid_utf8`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::BomStripped => "bom_stripped",
            Self::TopicField => "topic_field",
            Self::CrLineEndings => "cr_line_endings",
            Self::IdRepeated => "id_repeated",
            Self::MixedLineEndings => "mixed_line_endings",
            Self::BomNotAtStart => "bom_not_at_start",
            Self::InvalidUtf8 => "invalid_utf8",
            Self::UnknownField => "unknown_field",
            Self::FieldNameWithSpace => "field_name_with_space",
            Self::FieldNameWrongCase => "field_name_wrong_case",
            Self::RetryNotDigits => "retry_not_digits",
            Self::RetryTooLarge => "retry_too_large",
            Self::NulInId => "nul_in_id",
            Self::IdWithControlCharacter => "id_with_control_character",
            Self::IdWentBack => "id_went_back",
            Self::FieldRepeated => "field_repeated",
            Self::EventWithoutData => "event_without_data",
            Self::IncompleteEventAtEof => "incomplete_event_at_eof",
            Self::LineTooLong => "line_too_long",
            Self::DataTooLong => "data_too_long",
            Self::FieldTooLong => "field_too_long",
        }
    }

    /// Whether it breaks the standard or makes clients differ, lose events or stop.
    ///
    /// The others are notes: what the standard allows and every client survives. Mixed line ends are
    /// one too: a server's heartbeats often end otherwise than what it hands on from another. An id
    /// that goes back is one, as ids are opaque, and may be those of the things that events tell of.
    #[must_use]
    pub fn is_violation(self) -> bool {
        !matches!(
            self,
            Self::Comment
                | Self::BomStripped
                | Self::TopicField
                | Self::CrLineEndings
                | Self::IdRepeated
                | Self::IdWentBack
                | Self::MixedLineEndings
        )
    }

    /// The clause that it follows from, such as `HTML 9.2.6`; none for Tickertape's own rules.
    #[must_use]
    pub fn clause(self) -> Option<&'static str> {
        Some(match self {
            Self::Comment | Self::CrLineEndings | Self::MixedLineEndings | Self::BomNotAtStart => {
                "HTML 9.2.5"
            }
            Self::IdWithControlCharacter | Self::IdRepeated | Self::IdWentBack => "HTML 9.2.4",
            Self::LineTooLong | Self::DataTooLong | Self::FieldTooLong | Self::TopicField => {
                return None;
            }
            _ => "HTML 9.2.6",
        })
    }

    /// The address of [`Code::clause`].
    #[must_use]
    pub fn link(self) -> Option<&'static str> {
        const PAGE: [&str; 3] = [
            "https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream",
            "https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header",
            "https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation",
        ];
        self.clause().map(|clause| match clause {
            "HTML 9.2.5" => PAGE[0],
            "HTML 9.2.4" => PAGE[1],
            _ => PAGE[2],
        })
    }

    /// What says as much for a whole stream as for one line is said once.
    fn once(self) -> bool {
        matches!(
            self,
            Self::Comment | Self::TopicField | Self::CrLineEndings | Self::MixedLineEndings
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How often each code was reported, so that a hostile stream cannot flood its reader.
#[derive(Clone, Debug)]
pub(crate) struct Reported {
    counts: [u32; Code::ALL.len()],
    most: u32,
}

impl Reported {
    /// Reports each code at most this often.
    pub(crate) fn new(most: u32) -> Self {
        Self {
            counts: [0; Code::ALL.len()],
            most,
        }
    }
}

/// Where a parser's parts put what they find.
pub(crate) struct Out<'a> {
    pub(crate) reported: &'a mut Reported,
    pub(crate) sink: &'a mut dyn FnMut(Item),
}

impl Out<'_> {
    /// Reports, unless this code was reported often enough.
    pub(crate) fn report(&mut self, code: Code, offset: u64, detail: fmt::Arguments<'_>) {
        let most = if code.once() { 1 } else { self.reported.most };
        let Some(count) = self
            .reported
            .counts
            .get_mut(code as usize)
            .filter(|n| **n < most)
        else {
            return;
        };
        *count += 1;
        let last = *count == most && !code.once();
        let more = if last {
            "; more of this kind are not reported"
        } else {
            ""
        };
        (self.sink)(Item::Diagnostic(Diagnostic {
            code,
            offset,
            detail: format!("{detail}{more}"),
        }));
    }
}

/// A quotation from a stream: escaped, and cut after 40 characters.
pub(crate) struct Excerpt<'a>(pub(crate) &'a str);

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.char_indices().nth(40) {
            Some((end, _)) => write!(f, "{:?}…", &self.0[..end]),
            None => write!(f, "{:?}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_holds_every_code_at_its_own_place() {
        for (place, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, place, "{code}");
        }
    }

    #[test]
    fn a_clause_has_a_link() {
        assert!(
            Code::ALL
                .iter()
                .all(|c| c.clause().is_some() == c.link().is_some())
        );
    }

    #[test]
    fn a_quotation_is_short_and_harmless() {
        let text = format!("\u{1b}[2J\u{202e}{}", "x".repeat(100));
        let shown = Excerpt(&text).to_string();
        assert!(shown.starts_with(r#""\u{1b}[2J\u{202e}xxx"#), "{shown}");
        assert!(shown.chars().count() < 60, "{shown}");
    }
}
