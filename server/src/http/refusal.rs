//! Why requests are refused, in a word of the server's own: for the metrics and the log.

use axum::http::StatusCode;

/// A kind of refusal; its words are all that is counted and logged of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Refusal {
    /// A parameter, a header or the body is not what it has to be.
    Malformed,
    /// Nothing is there.
    NotFound,
    /// Something is there, but not for this method.
    Method,
    /// The body did not arrive in time.
    Timeout,
    /// The body, an event or a line is too long.
    TooLarge,
    /// The body is of a type from which nothing can be published.
    MediaType,
    /// The request names another server.
    Host,
    /// A page of another origin.
    Origin,
    /// No token, or one that is not right.
    Token,
    /// A token without the right.
    Right,
    /// A publisher's key was used with another body.
    KeyReused,
    /// Too many from one client.
    Rate,
    /// A fault of the server's own.
    Internal,
    /// Too much at once, of all clients together.
    Overload,
    /// Too many publishers' keys are remembered.
    Keys,
    /// The log takes no more events.
    ReadOnly,
    /// The server stops.
    Shutdown,
    /// Not now, for another reason.
    Unavailable,
    /// The disk is full.
    DiskFull,
    /// Any other.
    Other,
}

impl Refusal {
    /// Every kind.
    pub(crate) const ALL: [Self; 20] = [
        Self::Malformed,
        Self::Token,
        Self::Right,
        Self::Origin,
        Self::NotFound,
        Self::Method,
        Self::Timeout,
        Self::TooLarge,
        Self::MediaType,
        Self::Host,
        Self::KeyReused,
        Self::Rate,
        Self::Internal,
        Self::Overload,
        Self::Keys,
        Self::ReadOnly,
        Self::Shutdown,
        Self::Unavailable,
        Self::DiskFull,
        Self::Other,
    ];

    /// The word for it, and the status that goes with it.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Malformed => ("malformed", "400"),
            Self::Token => ("token", "401"),
            Self::Right => ("right", "403"),
            Self::Origin => ("origin", "403"),
            Self::NotFound => ("not-found", "404"),
            Self::Method => ("method", "405"),
            Self::Timeout => ("timeout", "408"),
            Self::TooLarge => ("too-large", "413"),
            Self::MediaType => ("media-type", "415"),
            Self::Host => ("host", "421"),
            Self::KeyReused => ("key-reused", "422"),
            Self::Rate => ("rate", "429"),
            Self::Internal => ("internal", "500"),
            Self::Overload => ("overload", "503"),
            Self::Keys => ("keys", "503"),
            Self::ReadOnly => ("read-only", "503"),
            Self::Shutdown => ("shutdown", "503"),
            Self::Unavailable => ("unavailable", "503"),
            Self::DiskFull => ("disk-full", "507"),
            Self::Other => ("other", "other"),
        }
    }

    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        self.words().0
    }

    /// The status that goes with it.
    pub(crate) fn status(self) -> &'static str {
        self.words().1
    }

    /// What an answer is that does not say; none where it is no refusal.
    pub(crate) fn of_status(status: StatusCode) -> Option<Self> {
        if !(status.is_client_error() || status.is_server_error()) {
            return None;
        }
        let same = |kind: &Self| kind.status() == status.as_str();
        Some(Self::ALL.into_iter().find(same).unwrap_or(Self::Other))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_is_listed_once_with_a_word_of_its_own() {
        let words: HashSet<_> = Refusal::ALL.map(Refusal::word).into();
        assert_eq!(words.len(), Refusal::ALL.len());
        let last = Refusal::Other as usize;
        assert_eq!(Refusal::ALL.len(), last + 1, "one is missing from the list");
    }

    #[test]
    fn an_answer_that_does_not_say_why_is_known_by_its_status() {
        for (status, kind) in [
            (200, None),
            (303, None),
            (404, Some(Refusal::NotFound)),
            (403, Some(Refusal::Right)),
            (418, Some(Refusal::Other)),
            (503, Some(Refusal::Overload)),
        ] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(Refusal::of_status(status), kind, "{status}");
        }
    }
}
