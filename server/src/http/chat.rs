//! The playground's chat: `GET /sse/connect` to read, `POST /post` to write.

use std::fmt;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use hub::{Draft, Filter, PublishError, Published, Start, Topic, is_bidi_control};
use serde::Serialize;

use super::body;
use super::cors;
use super::error::HttpError;
use super::fields::Accepted;
use super::peer::Remote;
use super::query::{Query, quoted};
use super::stream;
use super::subscribe::{PARAMETERS, Wanted};
use crate::auth::{Caller, Reader};
use crate::connection::Scheme;
use crate::limits::{CHAT_DATA, MESSAGE, NAME};
use crate::state::AppState;

/// The topic of the chat.
pub(crate) const TOPIC: &str = "chat";

/// `GET /sse/connect?user=NAME`: the chat from now on, for the newcomer from its own `user` event
/// on; a client that comes back resumes, and is not announced again.
///
/// # Errors
/// 400 for a parameter that is unknown or malformed; 403 where a page of another origin would be
/// announced.
pub(crate) async fn connect(
    State(state): State<AppState>,
    remote: Remote,
    scheme: Scheme,
    reader: Result<Reader, HttpError>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let (user, mut wanted) = visitor(&uri, &headers)?;
    let Some(mut caller) = Reader::of(reader, wanted.has_statuses())? else {
        return Ok(stream::overload());
    };
    let filter = caller.may_read(chat()?)?;
    caller.may_publish(&topic()?)?;
    let seat = match caller.client.seat() {
        Ok(seat) => seat,
        Err(full) => return away(&state, wanted, filter, full).await,
    };
    state.guard.take(&mut caller)?;
    if !matches!(wanted.start, Start::After(_)) && wanted.poll.is_none() {
        cors::check_announcement(&state.config, scheme, &headers)?;
        if matches!(wanted.start, Start::Live) {
            // From before the announcement on, so that the newcomer gets it too.
            wanted.start = Start::After(state.hub.head().to_string().into_bytes());
        }
        match join(&state, &caller, &user).await {
            Err(fast @ HttpError::TooFast(_)) if wanted.has_statuses() => return Err(fast),
            Err(HttpError::TooFast(_)) => return Ok(stream::overload()),
            joined => joined?,
        }
    }
    let company = (state.presence.enter(user.as_str()), seat);
    let until = caller.until();
    wanted.answer(&state, filter, remote, until, company).await
}

/// The answer where there is no room. Who begins gets no cursor: it would not be announced when it comes back.
async fn away(
    state: &AppState,
    wanted: Wanted,
    filter: Arc<Filter>,
    error: HttpError,
) -> Result<Response, HttpError> {
    match wanted.start {
        Start::Live if !wanted.has_statuses() => Ok(stream::overload()),
        _ => wanted.turn_away(&state.hub, filter, error).await,
    }
}

/// `HEAD /sse/connect`: the headers, with the newest id; nobody is announced.
///
/// # Errors
/// Those of [`connect`].
pub(crate) async fn head(
    State(state): State<AppState>,
    Reader(caller): Reader,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    caller.may_read(chat()?)?;
    visitor(&uri, &headers)?.1.head(&state.hub)
}

/// `POST /post?user=NAME`: says the body in the chat.
///
/// # Errors
/// 400 for a name or a message that is malformed, 408 and 413 for a body that is slow or long, 429 for who has
/// published too much, and whatever the hub refuses with.
pub(crate) async fn post(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Json<Accepted>, HttpError> {
    let query = Query::of(request.uri(), &["user"])?;
    let user = Name::of(&query)?;
    if let Err(fast) = caller.client.may_publish() {
        return Err(body::refuse(request, fast));
    }
    let msg = body::text(request, MESSAGE, &state).await?;
    let published = publish_message(&state, &caller, &user, &msg).await?;
    Ok(Json(published.into()))
}

/// Announces that someone is here.
///
/// # Errors
/// Whatever the hub refuses with.
pub(crate) async fn join(state: &AppState, caller: &Caller, user: &Name) -> Result<(), HttpError> {
    publish(state, caller, "user", &user.as_str())
        .await
        .map(drop)
}

/// Says something.
///
/// # Errors
/// 400 for an empty message and for one with a NUL, 413 for a long one, and whatever the hub
/// refuses with.
pub(crate) async fn say(
    state: &AppState,
    caller: &Caller,
    user: &Name,
    msg: &str,
) -> Result<(), HttpError> {
    publish_message(state, caller, user, msg).await.map(drop)
}

async fn publish_message(
    state: &AppState,
    caller: &Caller,
    user: &Name,
    msg: &str,
) -> Result<Published, HttpError> {
    if msg.is_empty() {
        return Err(HttpError::bad_request(
            "the message is empty; write at least one character",
        ));
    }
    if msg.len() > MESSAGE {
        return Err(HttpError::MessageTooLong(MESSAGE));
    }
    if let Some(at) = msg.find('\0') {
        let detail = format!("the message holds a NUL at byte {at}; leave it out");
        return Err(HttpError::bad_request(detail));
    }
    publish(
        state,
        caller,
        "post",
        &Message {
            user: user.as_str(),
            msg,
        },
    )
    .await
}

/// A name in the chat: 1 to 64 characters, none of which steers a terminal or the direction of
/// text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    /// Checks a text and makes it a name.
    ///
    /// # Errors
    /// 400 that names `user`.
    pub(crate) fn parse(text: &str) -> Result<Self, HttpError> {
        let length = text.chars().count();
        let wrong = match length {
            0 => "is empty".to_owned(),
            1..=NAME if text.chars().any(|c| c.is_control() || is_bidi_control(c)) => {
                format!("is {}", quoted(text))
            }
            1..=NAME => return Ok(Self(text.to_owned())),
            _ => format!("has {length} characters"),
        };
        Err(HttpError::bad_request(format!(
            "`user` {wrong}; {ACCEPTED}"
        )))
    }

    fn of(query: &Query) -> Result<Self, HttpError> {
        let Some(name) = query.one("user")? else {
            return Err(HttpError::bad_request(format!(
                "`user` is missing; {ACCEPTED}"
            )));
        };
        Self::parse(name)
    }

    fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

const ACCEPTED: &str = "give a name of 1 to 64 characters, without control characters";

/// The data of a `post` event.
#[derive(Serialize)]
struct Message<'a> {
    user: &'a str,
    msg: &'a str,
}

async fn publish(
    state: &AppState,
    caller: &Caller,
    event: &str,
    data: &impl Serialize,
) -> Result<Published, HttpError> {
    let internal = |error: String| HttpError::Internal(error.into());
    let data = serde_json::to_string(data).map_err(|error| internal(error.to_string()))?;
    let draft = Draft::new(topic()?, &data).and_then(|draft| draft.event(event));
    let draft = draft.map_err(|error| internal(error.to_string()))?;
    let published = caller
        .publish_within(&state.hub, vec![draft], CHAT_DATA)
        .await?;
    let mut published = published.map_err(|refused| match refused {
        PublishError::TooLarge(max) => HttpError::MessageTooWide(max),
        other => other.into(),
    })?;
    published
        .pop()
        .ok_or_else(|| internal("nothing was published".to_owned()))
}

fn topic() -> Result<Topic, HttpError> {
    Topic::parse(TOPIC).map_err(|error| HttpError::Internal(error.to_string().into()))
}

pub(crate) fn chat() -> Result<Filter, HttpError> {
    Filter::topic(TOPIC).map_err(|error| HttpError::Internal(error.to_string().into()))
}

/// Who connects, and what it wants.
fn visitor(uri: &Uri, headers: &HeaderMap) -> Result<(Name, Wanted), HttpError> {
    let known: Vec<_> = ["user"].into_iter().chain(PARAMETERS).collect();
    let query = Query::of(uri, &known)?;
    Ok((Name::of(&query)?, Wanted::of(&query, headers, false)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &str) -> Result<String, HttpError> {
        let uri = format!("/post?user={value}").parse().unwrap();
        Name::of(&Query::of(&uri, &["user"]).unwrap()).map(String::from)
    }

    #[test]
    fn a_name_is_1_to_64_characters_whatever_their_bytes() {
        assert_eq!(named("Zo%C3%AB").unwrap(), "Zoë");
        assert_eq!(named(&"%C3%A9".repeat(64)).unwrap(), "é".repeat(64));
        for bad in [
            "",
            "a%0Ab",
            "a%0D",
            "a%00",
            "%1b%5B31m",
            "%C2%85",
            "%E2%80%AE",
            "%E2%81%A6",
        ] {
            let detail = named(bad).unwrap_err().to_string();
            assert!(
                detail.starts_with("`user` ") && detail.contains("1 to 64"),
                "{detail}"
            );
        }
        let detail = named(&"x".repeat(65)).unwrap_err().to_string();
        assert!(detail.contains("65 characters"), "{detail}");
    }
}
