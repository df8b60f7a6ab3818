//! What the inspection has to say: of the bytes, and of how they came.

use std::io;
use std::time::Duration;

use wire::Diagnostic;

/// Something to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) code: &'static str,
    /// Bytes from the start of the body.
    pub(super) offset: u64,
    pub(super) detail: String,
    pub(super) is_violation: bool,
    /// The clause of a standard that it follows from.
    pub(super) clause: Option<&'static str>,
}

impl From<&Diagnostic> for Finding {
    fn from(found: &Diagnostic) -> Self {
        Self {
            code: found.code.as_str(),
            offset: found.offset,
            detail: found.detail.clone(),
            is_violation: found.is_violation(),
            clause: found.code.clause(),
        }
    }
}

impl Finding {
    pub(super) fn violation(
        code: &'static str,
        clause: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            is_violation: true,
            clause: Some(clause),
            ..Self::note(code, detail)
        }
    }

    pub(super) fn note(code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            code,
            offset: 0,
            detail: detail.into(),
            is_violation: false,
            clause: None,
        }
    }

    /// The body broke off; a stream that ends as intended ends its response.
    pub(super) fn cut_off(offset: u64, error: &io::Error) -> Self {
        let detail = format!("the connection broke before the end of the response: {error}");
        Self {
            offset,
            ..Self::violation("cut_off", "RFC 9112, 8", detail)
        }
    }

    pub(super) fn silence(offset: u64, length: Duration) -> Self {
        let detail = format!(
            "nothing came for {} s; proxies cut a connection that is silent for long: send a \
             comment or an event every 15 s",
            length.as_secs()
        );
        Self {
            offset,
            clause: Some("HTML 9.2.7"),
            ..Self::note("silence", detail)
        }
    }

    pub(super) fn no_ids(offset: u64, events: u64) -> Self {
        let detail = format!(
            "none of the {events} events had an id: a client that reconnects cannot resume, and \
             misses what came in between"
        );
        Self {
            offset,
            clause: Some("HTML 9.2.4"),
            ..Self::note("no_ids", detail)
        }
    }
}
