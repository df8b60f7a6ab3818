//! What a server answers to a publish.

use std::io::ErrorKind;

use serde_json::Value;
use ureq::http::{Response, StatusCode};
use ureq::{Body, Timeout};

use crate::client::{
    body,
    body::Problem,
    certificate,
    failure::{Failure, LOOKUP_FAILED},
    status,
};

/// The longest answer that is read, in bytes.
const ANSWER: u64 = 1 << 20;

/// What a request came to.
pub(super) enum Outcome {
    /// It is stored.
    Stored(Value),
    /// The server said no.
    Refused(StatusCode, Problem),
    /// Nothing was sent.
    Unreachable(ureq::Error),
    /// No answer came, or none that makes sense; whether it is stored is not known.
    Unknown(String),
}

impl Outcome {
    pub(super) fn of(answer: Result<Response<Body>, ureq::Error>) -> Self {
        let response = match answer {
            Ok(response) => response,
            Err(error) if is_unsent(&error) => return Self::Unreachable(error),
            Err(error) => return Self::Unknown(format!("no answer came: {error}")),
        };
        let status = response.status();
        if status != StatusCode::OK {
            let problem = body::problem(response);
            // The first is a fault, the others come from a gateway: who knows what lies behind.
            return match status.as_u16() {
                500 | 502 | 504 => Self::Unknown(format!("{} ({status})", problem.detail)),
                _ => Self::Refused(status, problem),
            };
        }
        let mut body = response.into_body();
        match body.with_config().limit(ANSWER).read_to_vec() {
            Err(error) => Self::Unknown(format!("the answer broke off: {error}")),
            Ok(bytes) => match serde_json::from_slice(&bytes) {
                Ok(answer @ Value::Object(_)) => Self::Stored(answer),
                _ => Self::Unknown("the answer is not what a hub answers".to_owned()),
            },
        }
    }

    /// Whether the same again may come to something else.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Stored(_) => false,
            Self::Refused(status, _) => is_passing(*status),
            Self::Unreachable(error) if certificate::refused(error).is_some() => false,
            Self::Unreachable(error) => !matches!(
                error,
                ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl
            ),
            Self::Unknown(_) => true,
        }
    }

    /// What the server answered, or why there is nothing, in words.
    pub(super) fn told(self, address: &str, has_key: bool) -> Result<Value, Failure> {
        match self {
            Self::Stored(answer) => Ok(answer),
            Self::Refused(status, problem) => Err(refused(status, &problem.detail)),
            Self::Unreachable(error) => Err(Failure::unreachable(address, &error)),
            Self::Unknown(why) => {
                let advice = if has_key {
                    "the same again with this key is safe"
                } else {
                    "look for it before you publish it again, or give a --key, with which trying again is safe"
                };
                let words = format!("{why}; whether it is stored is not known: {advice}");
                Err(Failure::new(status::NO_ANSWER, words))
            }
        }
    }
}

/// A refusal, in the server's words.
pub(super) fn refused(status: StatusCode, reason: &str) -> Failure {
    let exit = match status.as_u16() {
        401 | 403 | 407 => status::NO_PERMISSION,
        _ if is_passing(status) => status::TRY_LATER,
        400..=499 => status::REFUSED,
        _ => status::NO_ANSWER,
    };
    let reason = if reason.is_empty() {
        "the server says no more"
    } else {
        reason
    };
    Failure::new(exit, format!("{reason} ({status})"))
}

fn is_passing(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 425 | 429 | 503 | 507)
}

/// Whether it failed before the request was sent.
fn is_unsent(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => {
            let of_connecting = [
                ErrorKind::ConnectionRefused,
                ErrorKind::HostUnreachable,
                ErrorKind::NetworkUnreachable,
                ErrorKind::AddrNotAvailable,
                // What rustls says of bytes that are no TLS, and of a certificate: before it is done nothing is sent.
                ErrorKind::InvalidData,
            ];
            // A name that cannot be looked up has no kind of its own.
            of_connecting.contains(&error.kind()) || error.to_string().starts_with(LOOKUP_FAILED)
        }
        ureq::Error::Timeout(timeout) => matches!(timeout, Timeout::Resolve | Timeout::Connect),
        ureq::Error::BadUri(_)
        | ureq::Error::Http(_)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::Tls(_)
        | ureq::Error::Rustls(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(status: u16) -> Outcome {
        let body = Body::builder().data(r#"{"id":"e-1","topic":"a"}"#);
        Outcome::of(Ok(Response::builder().status(status).body(body).unwrap()))
    }

    #[test]
    fn a_status_says_whether_to_try_again_and_how_it_ends() {
        for (status, may_pass, exit) in [
            (400, false, status::REFUSED),
            (401, false, status::NO_PERMISSION),
            (403, false, status::NO_PERMISSION),
            (408, true, status::TRY_LATER),
            (413, false, status::REFUSED),
            (422, false, status::REFUSED),
            (425, true, status::TRY_LATER),
            (429, true, status::TRY_LATER),
            (503, true, status::TRY_LATER),
            (507, true, status::TRY_LATER),
            // Who knows what lies behind a fault or a gateway: it may be stored.
            (500, true, status::NO_ANSWER),
            (502, true, status::NO_ANSWER),
            (504, true, status::NO_ANSWER),
            (501, false, status::NO_ANSWER),
            (204, false, status::NO_ANSWER),
        ] {
            assert_eq!(outcome(status).may_pass(), may_pass, "{status}");
            let failure = outcome(status).told("http://h", true).unwrap_err();
            assert_eq!(failure.status, exit, "{status}: {failure}");
        }
        assert!(outcome(200).told("http://h", false).is_ok());
    }

    #[test]
    fn what_fails_before_the_request_is_sent_is_not_unknown() {
        let unsent = |error| matches!(Outcome::of(Err(error)), Outcome::Unreachable(_));
        let io = |kind: ErrorKind| ureq::Error::Io(kind.into());
        assert!(unsent(io(ErrorKind::ConnectionRefused)));
        assert!(unsent(io(ErrorKind::InvalidData)));
        assert!(unsent(ureq::Error::HostNotFound));
        for kind in [
            ErrorKind::ConnectionReset,
            ErrorKind::BrokenPipe,
            ErrorKind::UnexpectedEof,
        ] {
            assert!(!unsent(io(kind)), "{kind}");
        }
    }
}
