//! `POST` and `PUT` of one event, and `DELETE` of a topic's.
//!
//! With the topic in the address the body is the data; without, the body says what to publish.

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use hub::Draft;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::HttpError;
use super::fields;
use super::fields::{Accepted, Confusing, Fields};
use super::media::not_encoded;
use super::{address, batch, body};
use crate::auth::Caller;
use crate::state::AppState;

/// Where events are published, with their topic in the query or in the body; or behind it.
const ROUTE: &str = "/events";

/// The parameters that say something of an event.
const PARAMETERS: [&str; 3] = ["event", "retry", "key"];

/// The route that publishes what this is a request of; none where it is of anything else.
pub(crate) fn route(request: &Request) -> Option<&'static str> {
    if !matches!(*request.method(), Method::POST | Method::PUT) {
        return None;
    }
    match request.uri().path().strip_prefix(ROUTE)? {
        "" => Some(ROUTE),
        "/" => Some("/events/"),
        rest => rest.starts_with('/').then_some("/events/{*topic}"),
    }
}

/// The answer to a request of [`route`], as the router would give it.
pub(crate) async fn answer(state: &AppState, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = Caller::from_request_parts(&mut parts, state).await;
    let request = Request::from_parts(parts, body);
    let published = publish(State(state.clone()), caller, request).await;
    published.into_response()
}

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
    let asked = asked(&request, &caller);
    let (draft, confusing) =
        match asked.and_then(|asked| caller.client.may_publish().map(|()| asked)) {
            Ok(Some(asked)) => asked,
            // Boxed, so that not every publish takes the room of a batch.
            Ok(None) => return Box::pin(batch::publish(&state, &caller, request)).await,
            Err(error) => return Err(body::refuse(request, error)),
        };
    let data = body::text(request, state.config.limits.event, &state).await?;
    let (data, _share) = data.into_parts();
    let published = caller.publish(&state.hub, vec![draft.data(data)?]).await?;
    Ok(confusing.warn(Accepted::only(published)?))
}

/// The event of the address and the headers, all of which are right, without its data; none where they name no topic.
fn asked(request: &Request, caller: &Caller) -> Result<Option<(Draft, Confusing)>, HttpError> {
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
    let mut confusing = Confusing::default();
    confusing.note(&fields);
    Ok(Some((draft, confusing)))
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

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::extract::MatchedPath;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn the_route_of_a_publish_is_the_one_that_the_router_would_find() {
        let path = async |path: MatchedPath| path.as_str().to_owned();
        let mut router = Router::new();
        for route in ["/events", "/events/", "/events/{*topic}"] {
            router = router.route(route, post(path).put(path));
        }
        for uri in [
            "/events",
            "/events?topic=a",
            "/events/",
            "/events/a",
            "/events/a/b?event=x",
            "/events//",
            "/events/%2F",
            "/events;a",
            "/eventsa",
            "/event",
            "/Events/a",
            "//events/a",
            "/",
        ] {
            for method in ["POST", "PUT", "GET", "DELETE", "OPTIONS", "HEAD"] {
                let request = || Request::builder().method(method).uri(uri);
                let request = || request().body(Body::empty()).unwrap();
                let found = router.clone().oneshot(request()).await.unwrap();
                let found = match found.status().is_success() {
                    true => axum::body::to_bytes(found.into_body(), 100).await.unwrap(),
                    false => Default::default(),
                };
                let found = std::str::from_utf8(&found).unwrap();
                let route = route(&request()).unwrap_or_default();
                assert_eq!(route, found, "{method} {uri}");
            }
        }
    }
}
