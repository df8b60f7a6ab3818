//! What can go wrong with a request, and how it is said.
//!
//! The policy: a client's mistake is answered with the status of [`HttpError::status`] and a
//! `application/problem+json` (RFC 9457) whose `detail` names the field and says what would be
//! accepted. What is the server's own fault is logged in full and answered without its inside.

use std::borrow::Cow;
use std::time::Duration;

use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hub::{Close, CloseReason, DraftError, LogError, PublishError, SelectorError};

use super::problem::Problem;
use super::query::quoted;
use super::refusal::Refusal;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    /// A parameter, a header or the body is not what it has to be.
    #[error("{0}")]
    BadRequest(Cow<'static, str>),
    /// A page of another origin wants to publish.
    #[error("{0}")]
    OriginRefused(Cow<'static, str>),
    /// The token is not good, whatever is wrong with it.
    #[error(
        "the token is not accepted; send one that a key of this server has signed, and that has not expired"
    )]
    BadToken,
    /// Who shows no token may not do this.
    #[error("{0}")]
    NoToken(Cow<'static, str>),
    /// Who shows this token may not do this.
    #[error("{0}")]
    Forbidden(Cow<'static, str>),
    /// There are too many of something from one client.
    #[error("{0}")]
    TooMany(Cow<'static, str>),
    /// The client has published too much; after this time it may go on.
    #[error(
        "this client publishes faster than one may; go on in {} s, and send several events as one array rather than one by one",
        seconds(*.0)
    )]
    TooFast(Duration),
    /// The client has as many streams as one may have.
    #[error(
        "this client has {0} streams, uploads and polls, which is as many as one may have; end one of them first"
    )]
    Crowded(u32),
    /// The server has as many connections as it takes.
    #[error(
        "the server has as many connections as it takes, and this one may not stay; come back later"
    )]
    Full,
    /// The request is addressed to another server.
    #[error("{0}")]
    Misdirected(Cow<'static, str>),
    /// Nothing is at this address.
    #[error("{0}")]
    NotFound(Cow<'static, str>),
    /// Something is at this address, but not for this method; the `Allow` header says for which.
    #[error("{method} does nothing at {path}; the `Allow` header names the methods that do")]
    MethodNotAllowed {
        /// The method of the request.
        method: Method,
        /// The path of the request, quoted.
        path: String,
    },
    /// The body took longer than this many seconds.
    #[error("the body did not arrive within {0} s; send it faster, or less of it")]
    BodyTimeout(u64),
    /// The body is longer than this many bytes.
    #[error("the body is longer than {0} bytes; send a shorter one")]
    BodyTooLarge(usize),
    /// A message of the chat is longer than this many bytes.
    #[error("the message is longer than {0} bytes; send a shorter one")]
    MessageTooLong(usize),
    /// A message of the chat is longer than this many bytes once it is JSON.
    #[error(
        "the message is longer than {0} bytes as JSON, where a control character takes six; send a shorter one"
    )]
    MessageTooWide(usize),
    /// A line of an upload is longer than this many bytes.
    #[error("the line is longer than {0} bytes; send shorter ones")]
    LineTooLong(usize),
    /// An upload ends before its end; what was stored stays.
    #[error("line {line} was refused (events stored before it: {stored}): {cause}")]
    Upload {
        /// Which line was refused; the first is 1.
        line: u64,
        /// How many events were stored.
        stored: u64,
        /// The id of the last of them.
        last: Option<String>,
        /// Why.
        cause: Box<HttpError>,
    },
    /// The body is of a type from which nothing can be published.
    #[error("{0}")]
    UnsupportedMediaType(Cow<'static, str>),
    /// A field of an event is not what it has to be.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The hub refuses to publish.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A selector that is none.
    #[error("`topic` {0}")]
    Selector(#[from] SelectorError),
    /// A form that cannot be read.
    #[error("the form cannot be read: {0}; send its fields as UTF-8, percent-encoded")]
    Form(#[from] FormRejection),
    /// The hub has no reader for now.
    #[error("there are too many readers, or the server stops (`{}`); come back later", .0.reason.as_str())]
    Closed(Close),
    /// Too much at once, of all clients together.
    #[error("{0}")]
    Overload(Cow<'static, str>),
    /// The server stops.
    #[error("{0}")]
    Stopping(Cow<'static, str>),
    /// Not now, but perhaps later.
    #[error("{0}")]
    Unavailable(Cow<'static, str>),
    /// A fault of the server's own.
    #[error("a fault of the server's own: {0}")]
    Internal(Cow<'static, str>),
}

impl HttpError {
    /// A 400 whose detail names the field and says what would be accepted.
    pub(crate) fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::BadRequest(detail.into())
    }

    /// The table of statuses.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::BadRequest(_) | Self::Selector(_) | Self::Draft(_) => StatusCode::BAD_REQUEST,
            Self::Form(rejection) => rejection.status(),
            Self::BadToken | Self::NoToken(_) => StatusCode::UNAUTHORIZED,
            Self::OriginRefused(_) | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::TooMany(_) | Self::TooFast(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Misdirected(_) => StatusCode::MISDIRECTED_REQUEST,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::BodyTimeout(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Upload { cause, .. } => cause.status(),
            Self::BodyTooLarge(_)
            | Self::LineTooLong(_)
            | Self::MessageTooLong(_)
            | Self::MessageTooWide(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Publish(refused) => publish_status(refused),
            Self::Log(refused) => log_status(*refused),
            Self::Closed(_)
            | Self::Crowded(_)
            | Self::Full
            | Self::Overload(_)
            | Self::Stopping(_)
            | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The kind of it.
    pub(crate) fn kind(&self) -> Refusal {
        match self {
            Self::BadRequest(_) | Self::Selector(_) | Self::Draft(_) => Refusal::Malformed,
            Self::Form(rejection) => {
                Refusal::of_status(rejection.status()).unwrap_or(Refusal::Malformed)
            }
            Self::OriginRefused(_) => Refusal::Origin,
            Self::BadToken | Self::NoToken(_) => Refusal::Token,
            Self::Forbidden(_) => Refusal::Right,
            Self::TooFast(_) | Self::TooMany(_) => Refusal::Rate,
            Self::Misdirected(_) => Refusal::Host,
            Self::NotFound(_) => Refusal::NotFound,
            Self::MethodNotAllowed { .. } => Refusal::Method,
            Self::BodyTimeout(_) => Refusal::Timeout,
            Self::BodyTooLarge(_)
            | Self::LineTooLong(_)
            | Self::MessageTooLong(_)
            | Self::MessageTooWide(_)
            | Self::Publish(PublishError::TooLarge(_)) => Refusal::TooLarge,
            Self::UnsupportedMediaType(_) => Refusal::MediaType,
            Self::Upload { cause, .. } => cause.kind(),
            Self::Publish(PublishError::Batch(_)) => Refusal::Malformed,
            Self::Publish(PublishError::Log(refused)) | Self::Log(refused) => log_kind(*refused),
            Self::Closed(close) if close.reason == CloseReason::Overload => Refusal::Overload,
            Self::Closed(_) | Self::Stopping(_) => Refusal::Shutdown,
            Self::Crowded(_) | Self::Full | Self::Overload(_) => Refusal::Overload,
            Self::Unavailable(_) => Refusal::Unavailable,
            Self::Internal(_) => Refusal::Internal,
        }
    }

    /// What is to be shown, and whether something was (RFC 6750, 3).
    pub(crate) fn challenge(&self) -> Option<&'static str> {
        match self {
            Self::NoToken(_) => Some("Bearer realm=\"tickertape\""),
            Self::BadToken => Some("Bearer realm=\"tickertape\", error=\"invalid_token\""),
            Self::Forbidden(_) => Some("Bearer realm=\"tickertape\", error=\"insufficient_scope\""),
            Self::Upload { cause, .. } => cause.challenge(),
            _ => None,
        }
    }

    /// When a client may try again, where that is known: in whole seconds, at least one.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        let overload = || Close::new(CloseReason::Overload);
        match self {
            Self::TooFast(wait) => Some(seconds(*wait)),
            Self::TooMany(_) | Self::Crowded(_) | Self::Full => Some(after(&overload())),
            Self::Closed(close) => Some(after(close)),
            Self::Upload { cause, .. } => cause.retry_after(),
            _ => None,
        }
    }

    /// Adds what an answer says in its head beside the status.
    pub(crate) fn add_headers(&self, headers: &mut HeaderMap) {
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(challenge) = self.challenge() {
            let challenge = HeaderValue::from_static(challenge);
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
    }

    /// What was wrong, and what would be accepted.
    pub(crate) fn detail(&self) -> String {
        match self {
            Self::Internal(_) => FAULT.into(),
            Self::Upload {
                line,
                stored,
                cause,
                ..
            } => format!(
                "line {line} was refused (events stored before it: {stored}): {}",
                cause.detail()
            ),
            other => other.to_string(),
        }
    }
}

const FAULT: &str = "a fault of the server's own; its log says more";

fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0).max(u64::from(wait.is_zero()))
}

fn after(close: &Close) -> u64 {
    seconds(Duration::from_millis(close.retry.as_millis().into()))
}

fn publish_status(refused: &PublishError) -> StatusCode {
    match refused {
        PublishError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        PublishError::Batch(_) => StatusCode::BAD_REQUEST,
        PublishError::Log(refused) => log_status(*refused),
    }
}

/// The same for a publish, a deletion and a read.
fn log_status(refused: LogError) -> StatusCode {
    match refused {
        LogError::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
        LogError::Full => StatusCode::INSUFFICIENT_STORAGE,
        LogError::KeysFull | LogError::ReadOnly | LogError::Closed => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

fn log_kind(refused: LogError) -> Refusal {
    match refused {
        LogError::KeyReused => Refusal::KeyReused,
        LogError::KeysFull => Refusal::Keys,
        LogError::Full => Refusal::DiskFull,
        LogError::ReadOnly => Refusal::ReadOnly,
        LogError::Closed => Refusal::Shutdown,
    }
}

impl IntoResponse for HttpError {
    fn into_response(self) -> Response {
        let status = self.status();
        // All others are told by their kind, however many there are.
        if let Self::Internal(_) = &self {
            tracing::error!(error = %self, "a request failed");
        }
        let mut body = Problem::of(status, self.detail());
        if let Self::Upload {
            line, stored, last, ..
        } = &self
        {
            (body.line, body.stored) = (Some(*line), Some(*stored));
            body.last = Some(last.clone());
        }
        let mut response = body.into_response();
        response.extensions_mut().insert(self.kind());
        self.add_headers(response.headers_mut());
        response
    }
}

/// Nothing is at this path.
pub(crate) fn not_found(path: &str) -> HttpError {
    HttpError::NotFound(format!("nothing is at {}", quoted(path)).into())
}

/// The answer where the path has a route but not for this method: to OPTIONS, what there is.
pub(crate) async fn other_method(method: Method, uri: Uri) -> Response {
    if method == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    HttpError::MethodNotAllowed {
        method,
        path: quoted(uri.path()),
    }
    .into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;

    use super::*;

    #[tokio::test]
    async fn a_problem_has_the_members_of_rfc_9457() {
        let response = HttpError::bad_request("`count` is wrong").into_response();
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        let body = to_bytes(response.into_body(), 1024).await.unwrap();
        let expected = r#"{"type":"about:blank","title":"Bad Request","status":400,"detail":"`count` is wrong"}"#;
        assert_eq!(body, expected);
    }

    #[test]
    fn a_refusal_says_its_kind_which_goes_with_its_status() {
        let upload = HttpError::Upload {
            line: 1,
            stored: 0,
            last: None,
            cause: Box::new(HttpError::LineTooLong(1)),
        };
        let refused = |why| HttpError::from(PublishError::from(why));
        for (error, kind) in [
            (HttpError::bad_request("x"), Refusal::Malformed),
            (HttpError::Misdirected("x".into()), Refusal::Host),
            (HttpError::OriginRefused("x".into()), Refusal::Origin),
            (upload, Refusal::TooLarge),
            (refused(LogError::Full), Refusal::DiskFull),
            (refused(LogError::ReadOnly), Refusal::ReadOnly),
            (HttpError::Overload("x".into()), Refusal::Overload),
            (
                HttpError::Closed(Close::new(CloseReason::Shutdown)),
                Refusal::Shutdown,
            ),
        ] {
            let response = error.into_response();
            let said = response.extensions().get::<Refusal>();
            assert_eq!(said, Some(&kind));
            assert_eq!(response.status().as_str(), kind.status());
        }
    }

    #[test]
    fn a_full_disk_is_507_for_a_deletion_as_for_a_publish() {
        let deletion = HttpError::from(LogError::Full);
        let publish = HttpError::from(PublishError::from(LogError::Full));
        for refused in [deletion, publish] {
            assert_eq!(refused.status(), StatusCode::INSUFFICIENT_STORAGE);
        }
        assert_eq!(
            HttpError::from(LogError::ReadOnly).status(),
            StatusCode::SERVICE_UNAVAILABLE
        );
    }

    #[tokio::test]
    async fn a_fault_of_our_own_does_not_tell_its_inside() {
        let response = HttpError::Internal("the ring broke".into()).into_response();
        let body = to_bytes(response.into_body(), 1024).await.unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("ring"));
    }
}
