//! `POST` and `PUT` of one event, and `DELETE` of a topic's.
//!
//! With the topic in the address the body is the data; without, the body says what to publish.

use axum::Json;
use axum::extract::{Request, State};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::HttpError;
use super::fields;
use super::fields::{Accepted, Confusing, Fields};
use super::media::not_encoded;
use super::{address, batch, body};
use crate::auth::Caller;
use crate::state::AppState;

/// The parameters that say something of an event.
const PARAMETERS: [&str; 3] = ["event", "retry", "key"];

/// `POST /events?topic=T`, `POST /events/{topic}`: the body is the data of one event; without a
/// topic, what to publish.
///
/// # Errors
/// 400 for a field that is malformed and 429 for who has published too much, before the body is read; 408, 413 and
/// 415 for the body; whatever the hub refuses with. Nothing is stored then.
pub(crate) async fn publish(
    State(state): State<AppState>,
    caller: Result<Caller, HttpError>,
    request: Request,
) -> Result<Response, HttpError> {
    let caller = match caller {
        Ok(caller) => caller,
        Err(error) => return Err(body::refuse(request, error)),
    };
    let fields = fields(&request, &caller);
    let fields = match fields.and_then(|fields| caller.client.may_publish().map(|()| fields)) {
        Ok(Some(fields)) => fields,
        Ok(None) => return batch::publish(&state, &caller, request).await,
        Err(error) => return Err(body::refuse(request, error)),
    };
    let data = body::text(request, state.config.limits.event, &state).await?;
    let published = caller
        .publish(&state.hub, vec![fields.draft(&data)?])
        .await?;
    let mut confusing = Confusing::default();
    confusing.note(&fields);
    Ok(confusing.warn(Accepted::only(published)?))
}

/// The fields of the address, all of which are right; none where it names no topic.
fn fields(request: &Request, caller: &Caller) -> Result<Option<Fields>, HttpError> {
    not_encoded(request.headers())?;
    let (topics, query) = address::read(request.uri(), &PARAMETERS)?;
    let mut fields = Fields::of(topics, &query)?;
    if fields.topic.is_none() {
        let stray = PARAMETERS
            .iter()
            .find(|name| query.all(name).next().is_some());
        return match stray {
            Some(name) => Err(HttpError::bad_request(format!(
                "`{name}` is in the address and `topic` is not; put both there, or both in the body"
            ))),
            None => Ok(None),
        };
    }
    fields.take_header(request.headers())?;
    // What is wrong with it is known before the body.
    let draft = fields.draft("")?;
    caller.may_publish(draft.topic())?;
    Ok(Some(fields))
}

/// `DELETE /events?topic=T`, `DELETE /events/{topic}`: forgets the topic's events.
///
/// # Errors
/// 400 for anything but one topic, 429 for who has published too much, and whatever the log refuses with.
pub(crate) async fn forget(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Json<Forgotten>, HttpError> {
    let (topics, query) = address::read(request.uri(), &[])?;
    let Some(text) = Fields::of(topics, &query)?.topic else {
        return Err(HttpError::bad_request(
            "`topic` is missing; say whose events to forget",
        ));
    };
    let topic = fields::topic(&text)?;
    caller.may_forget(&topic)?;
    caller.client.publishes(1)?;
    let events = state.hub.forget(&topic).await?;
    let topic = topic.to_string();
    Ok(Json(Forgotten { topic, events }))
}

/// What is answered once a topic's events are forgotten.
#[derive(Serialize, ToSchema)]
pub(crate) struct Forgotten {
    topic: String,
    /// How many there were.
    events: u64,
}
