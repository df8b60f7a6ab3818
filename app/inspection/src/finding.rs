//! What there is to say: of the bytes, of the response, and of how it came.

use std::borrow::Cow;
use std::time::Duration;

use wire::{Code, Diagnostic};

use crate::secret::masked_text;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// As programs read it, such as `invalid_utf8`.
    pub code: Cow<'static, str>,
    /// Bytes from the start of the body.
    pub offset: u64,
    /// In words; quotations are escaped by who shows them.
    pub detail: String,
    /// Whether it breaks the standard, or makes clients differ, lose events or stop.
    pub is_violation: bool,
    /// The clause of a standard that it follows from.
    pub clause: Option<&'static str>,
}

/// The codes that are not the parser's: whether each is a violation, and its clause.
const CODES: &[(&str, bool, Option<&str>)] = &[
    ("status", true, Some("HTML 9.2.3")),
    ("sent_away", false, Some("HTML 9.2.3")),
    ("body", false, None),
    ("content_type", true, Some("HTML 9.2.3")),
    ("charset", true, Some("HTML 9.2.5")),
    ("content_encoding", true, Some("RFC 9110, 12.5.3")),
    ("compressed", false, Some("RFC 9110, 12.5.3")),
    ("compressed_body", true, Some("RFC 9110, 8.4")),
    ("html_body", true, Some("HTML 9.2.3")),
    ("json_body", true, Some("HTML 9.2.3")),
    ("xml_body", true, Some("HTML 9.2.3")),
    ("utf16_body", true, Some("HTML 9.2.5")),
    ("head_in_body", true, Some("HTML 9.2.5")),
    ("framed_twice", false, Some("HTML 9.2.6")),
    ("events_joined", false, Some("HTML 9.2.6")),
    ("data_unwritten", false, None),
    ("escaped_line_end", false, Some("HTML 9.2.5")),
    ("space_at_edge", false, Some("HTML 9.2.6")),
    ("no_blank_line", false, Some("HTML 9.2.6")),
    ("method", false, Some("HTML 9.2.3")),
    ("cut_off", true, Some("RFC 9112, 8")),
    ("redirect", false, Some("HTML 9.2.3")),
    ("cache_control", false, None),
    ("x_accel_buffering", false, None),
    ("silence", false, Some("HTML 9.2.7")),
    ("buffered", false, Some("HTML 9.2.7")),
    ("bursts", false, Some("HTML 9.2.7")),
    ("no_answer", true, None),
    ("no_ids", false, Some("HTML 9.2.4")),
    ("resumes", false, Some("HTML 9.2.4")),
    ("resume_unknown", false, Some("HTML 9.2.4")),
    ("resume_ignored", true, Some("HTML 9.2.4")),
    ("resume_repeats", true, Some("HTML 9.2.4")),
    ("resume_incomplete", true, Some("HTML 9.2.4")),
    ("resume_gap", true, None),
    ("resume_refused", true, Some("HTML 9.2.3")),
    ("resume_impossible", true, Some("HTML 9.2.4")),
];

impl From<&Diagnostic> for Finding {
    fn from(found: &Diagnostic) -> Self {
        Self {
            code: Cow::Borrowed(found.code.as_str()),
            offset: found.offset,
            detail: found.detail.clone(),
            is_violation: found.is_violation(),
            clause: found.code.clause(),
        }
    }
}

impl Finding {
    /// A finding at the start of the body; what its code means is known here. An unknown one is a note.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        let code = code.into();
        let own = CODES.iter().find(|(known, ..)| *known == code);
        let (is_violation, clause) = match (own, Code::ALL.iter().find(|c| c.as_str() == code)) {
            (Some((_, is_violation, clause)), _) => (*is_violation, *clause),
            (None, Some(code)) => (code.is_violation(), code.clause()),
            (None, None) => (false, None),
        };
        let detail = detail.into();
        // It names addresses.
        let detail = match code == "redirect" {
            true => masked_text(&detail),
            false => detail,
        };
        Self {
            code,
            offset: 0,
            detail,
            is_violation,
            clause,
        }
    }

    /// The same, at a byte.
    #[must_use]
    pub fn at(self, offset: u64) -> Self {
        Self { offset, ..self }
    }

    /// Who came back was told to stay away: an end in good order, where any other status is none.
    #[must_use]
    pub fn sent_away() -> Self {
        let detail = "the status is 204 No Content, by which a server tells who comes back to stay away: an \
                      EventSource does";
        Self::new("sent_away", detail)
    }

    /// The body broke off, after a quiet; a stream that ends as intended ends its response.
    #[must_use]
    pub fn cut_off(why: &str, quiet: Duration) -> Self {
        let after = match quiet.as_secs() {
            0 => String::new(),
            _ => format!(
                ", after {:.1} s without a byte (proxies cut what is quiet)",
                quiet.as_secs_f64()
            ),
        };
        let detail = format!("the connection broke before the end of the response{after}: {why}");
        Self::new("cut_off", detail)
    }

    /// Not even a head came in the time that there was: what has shown nothing has not passed.
    #[must_use]
    pub fn no_answer(time: Duration) -> Self {
        let detail = format!(
            "no head of a response came in {:.1} s: the server does not answer, or something holds the response \
             back until its buffer is full; --check finds out which",
            time.as_secs_f64()
        );
        Self::new("no_answer", detail)
    }

    /// What came was read for a while and never became an event; who reads has ended it, not the server.
    #[must_use]
    pub fn no_blank_line() -> Self {
        let detail = "no event was dispatched, as no blank line has come after what begins here: each event ends \
                      with one";
        Self::new("no_blank_line", detail)
    }

    /// Nothing came for long.
    #[must_use]
    pub fn silence(length: Duration) -> Self {
        let detail = format!(
            "nothing came for {} s; proxies cut a connection that is silent for long: send a \
             comment or an event every 15 s",
            length.as_secs()
        );
        Self::new("silence", detail)
    }

    /// Without ids a client that reconnects cannot say what it has seen.
    #[must_use]
    pub fn no_ids(events: u64) -> Self {
        let detail = format!(
            "{}: an EventSource that reconnects cannot say what it has seen, and misses what came in between",
            none_with_id(events)
        );
        Self::new("no_ids", detail)
    }

    /// The address of its clause.
    #[must_use]
    pub fn link(&self) -> Option<&'static str> {
        Some(match self.clause? {
            "HTML 9.2.3" => {
                "https://html.spec.whatwg.org/multipage/server-sent-events.html#sse-processing-model"
            }
            "HTML 9.2.4" => {
                "https://html.spec.whatwg.org/multipage/server-sent-events.html#the-last-event-id-header"
            }
            "HTML 9.2.5" => {
                "https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream"
            }
            "HTML 9.2.6" => {
                "https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation"
            }
            "HTML 9.2.7" => {
                "https://html.spec.whatwg.org/multipage/server-sent-events.html#authoring-notes"
            }
            "RFC 9110, 8.4" => "https://www.rfc-editor.org/rfc/rfc9110#section-8.4",
            "RFC 9110, 12.5.3" => "https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3",
            "RFC 9112, 8" => "https://www.rfc-editor.org/rfc/rfc9112#section-8",
            _ => return None,
        })
    }
}

/// That no event had an id, in words.
pub(crate) fn none_with_id(events: u64) -> String {
    match events {
        1 => "the only event had no id".to_owned(),
        n => format!("none of the {n} events had an id"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCS: &str = include_str!("../../../docs/inspect.md");

    fn every_code() -> impl Iterator<Item = &'static str> {
        let own = CODES.iter().map(|(code, ..)| *code);
        own.chain(Code::ALL.iter().map(|code| code.as_str()))
    }

    #[test]
    fn one_event_without_an_id_is_one_in_words_too() {
        let words = |n| Finding::no_ids(n).detail;
        assert!(words(1).starts_with("the only event had no id: "));
        assert!(words(2).starts_with("none of the 2 events had an id: "));
    }

    #[test]
    fn every_clause_has_an_address() {
        for code in every_code() {
            let finding = Finding::new(code, "");
            assert_eq!(finding.clause.is_some(), finding.link().is_some(), "{code}");
        }
    }

    #[test]
    fn the_documentation_says_of_every_code_what_the_program_says() {
        for code in every_code() {
            let finding = Finding::new(code, "");
            let row = DOCS
                .lines()
                .find(|line| {
                    line.starts_with(&format!("| `{code}`"))
                        && (line.contains("| note |") || line.contains("| violation |"))
                })
                .unwrap_or_else(|| panic!("{code} has no row in docs/inspect.md"));
            let kind = if finding.is_violation {
                "violation"
            } else {
                "note"
            };
            assert!(row.contains(&format!("| {kind} |")), "{row}");
            let clause = finding.clause.unwrap_or_default();
            assert!(row.contains(clause), "{row} ({clause})");
        }
    }
}
