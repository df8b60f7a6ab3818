//! The fields of a publish, wherever they stand: in the address, in a form, in a JSON object.

use std::collections::BTreeSet;

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hub::{Draft, Published, Topic};
use serde::Serialize;
use utoipa::ToSchema;

use super::error::HttpError;
use super::query::{Query, quoted};

/// The header in which a publisher's key may stand.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What is said of an event, but for its data.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) topic: Option<String>,
    pub(crate) event: Option<String>,
    pub(crate) retry: Option<String>,
    pub(crate) key: Option<String>,
}

impl Fields {
    /// The fields of an address that names these topics.
    ///
    /// # Errors
    /// 400 for more than one topic, and for a parameter that stands twice.
    pub(crate) fn of(topics: Vec<String>, query: &Query) -> Result<Self, HttpError> {
        if topics.len() > 1 {
            return Err(HttpError::bad_request(format!(
                "`topic` is given {} times; publish on one topic",
                topics.len()
            )));
        }
        let one = |name| Ok::<_, HttpError>(query.one(name)?.map(str::to_owned));
        Ok(Self {
            topic: topics.into_iter().next(),
            event: one("event")?,
            retry: one("retry")?,
            key: one("key")?,
        })
    }

    /// Takes the key of the header `Idempotency-Key`, where there is one.
    ///
    /// # Errors
    /// 400 for a header that stands twice, is not UTF-8, or names another key than the field.
    pub(crate) fn take_header(&mut self, headers: &HeaderMap) -> Result<(), HttpError> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else {
            return Ok(());
        };
        let key = std::str::from_utf8(value.as_bytes())
            .map_err(|_| HttpError::bad_request("`Idempotency-Key` is not UTF-8; send text"))?;
        if values.next().is_some() || self.key.as_deref().is_some_and(|known| known != key) {
            return Err(HttpError::bad_request(
                "`Idempotency-Key` and `key` name more than one key; give one",
            ));
        }
        self.key = Some(key.to_owned());
        Ok(())
    }

    /// Refuses a key where no event can have one.
    ///
    /// # Errors
    /// 400 where there is one.
    pub(crate) fn no_key(&self) -> Result<(), HttpError> {
        match self.key {
            Some(_) => Err(HttpError::bad_request(ONE_EVENT)),
            None => Ok(()),
        }
    }

    /// The event with this data; an empty name is none, as in the format itself.
    ///
    /// # Errors
    /// 400 that names the field.
    pub(crate) fn draft(&self, data: &str) -> Result<Draft, HttpError> {
        let Some(text) = &self.topic else {
            return Err(HttpError::bad_request(
                "`topic` is missing; say where to publish",
            ));
        };
        let mut draft = Draft::new(topic(text)?, data)?;
        if let Some(name) = self.event.as_deref().filter(|name| !name.is_empty()) {
            draft = draft.event(name)?;
        }
        if let Some(retry) = &self.retry {
            draft = draft.retry(retry)?;
        }
        if let Some(key) = &self.key {
            draft = draft.key(key)?;
        }
        Ok(draft)
    }
}

const ONE_EVENT: &str = "`key` is for a publish of one event; leave it out of arrays and uploads";

/// Refuses the header `Idempotency-Key` where no event can have a key.
///
/// # Errors
/// 400 where it is there.
pub(crate) fn no_key_header(headers: &HeaderMap) -> Result<(), HttpError> {
    if headers.contains_key(IDEMPOTENCY_KEY) {
        return Err(HttpError::bad_request(ONE_EVENT));
    }
    Ok(())
}

/// The event names that fire a browser's own handlers, `onerror` and `onopen`.
#[derive(Debug, Default)]
pub(crate) struct Confusing(BTreeSet<&'static str>);

impl Confusing {
    /// Remembers the name of an event where it is one of them.
    pub(crate) fn note(&mut self, fields: &Fields) {
        let name = fields.event.as_deref().unwrap_or_default();
        self.0
            .extend(["error", "open"].into_iter().find(|known| *known == name));
    }

    /// The answer with a header `Warning` for each (RFC 7234 5.5, whose code 299 is for any).
    pub(crate) fn warn(&self, answer: impl Serialize) -> Response {
        let mut response = Json(answer).into_response();
        for name in &self.0 {
            let text = format!(
                "299 tickertape \"an event named {name} also fires on{name} of an EventSource; \
                 another name would not\""
            );
            if let Ok(value) = HeaderValue::try_from(text) {
                response.headers_mut().append(header::WARNING, value);
            }
        }
        response
    }
}

/// What is answered for an event once it is stored.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Accepted {
    id: String,
    topic: String,
    /// There and true where the key was known, and nothing was stored.
    #[schema(required = false)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    duplicate: bool,
}

impl Accepted {
    /// The answer to a publish of one event.
    ///
    /// # Errors
    /// 500 where the hub published none.
    pub(crate) fn only(mut published: Vec<Published>) -> Result<Self, HttpError> {
        let last = published.pop().map(Self::from);
        last.ok_or_else(|| HttpError::Internal("nothing was published".into()))
    }
}

impl From<Published> for Accepted {
    fn from(published: Published) -> Self {
        Self {
            id: published.id.to_string(),
            topic: published.topic.to_string(),
            duplicate: published.duplicate,
        }
    }
}
/// The topic that is named.
///
/// # Errors
/// 400 with what is wrong with it.
pub(crate) fn topic(text: &str) -> Result<Topic, HttpError> {
    Topic::parse(text).map_err(|error| {
        HttpError::bad_request(format!("`topic` is {}, which {error}", quoted(text)))
    })
}
