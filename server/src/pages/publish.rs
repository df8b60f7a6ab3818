//! `POST /topics`: publishes what the form says, without JavaScript too.

use app::model::{Compose, Page, Refused, TopicData};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use hub::PublishError;
use percent_encoding::percent_decode_str;

use super::asked::Asked;
use super::topic::{filter, url, watched};
use super::{again, encode, origin, refusing, render};
use crate::auth::Caller;
use crate::http::media::{content_type, unsupported};
use crate::http::{batch, body, error::HttpError};
use crate::limits::FORM_FIELDS;
use crate::state::AppState;

const FORM: &str = "application/x-www-form-urlencoded";

/// Back to the page that the form stood in, with the id of what was published; or that page with
/// what was typed, and the hub's words beside the field that they are about.
pub(super) async fn publish(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, HttpError> {
    let (headers, origin) = (request.headers().clone(), origin(&request));
    let kind = content_type(&headers);
    if kind != FORM {
        return Err(body::refuse(request, unsupported(&kind, FORM)));
    }
    let (typed, published) = match read(&state, request).await {
        Ok(text) => (typed(&text), store(&state, &caller, &text).await),
        Err(error) => (Compose::default(), Err(error)),
    };
    match published {
        Ok((topic, id)) => {
            let page = watching(&typed.watching).map_or_else(|| url(&[topic]), |a| a.live());
            let page = format!("{page}&published={}#publish", encode(&id));
            Ok(Redirect::to(&page).into_response())
        }
        Err(error) => refused(&state, &caller, &headers, origin, typed, error).await,
    }
}

/// Reads the form: an event of the largest size, every byte of it percent-encoded, and its other fields.
async fn read(state: &AppState, request: Request) -> Result<body::Text, HttpError> {
    let event = state.config.limits.event;
    let text = body::text(request, 3 * event + FORM_FIELDS, state).await;
    text.map_err(|error| match error {
        HttpError::BodyTooLarge(_) => PublishError::TooLarge(event).into(),
        other => other,
    })
}

/// Publishes what the form says, and gives its topic and its id.
async fn store(
    state: &AppState,
    caller: &Caller,
    text: &str,
) -> Result<(String, String), HttpError> {
    let mut event = batch::form(text)?;
    // A form sends a field that was left empty too.
    event.fields.retry.take_if(|retry| retry.is_empty());
    let published = caller.publish(&state.hub, vec![event.draft()?]).await?;
    let stored = published.into_iter().next();
    let stored = stored.ok_or_else(|| HttpError::Internal("nothing was published".into()))?;
    Ok((stored.topic.to_string(), stored.id.to_string()))
}

/// What was typed, as it goes back into the fields.
fn typed(text: &str) -> Compose {
    let mut typed = Compose::default();
    for part in text.split('&') {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let field = match name {
            "watching" => &mut typed.watching,
            "topic" => &mut typed.topic,
            "event" => &mut typed.event,
            "retry" => &mut typed.retry,
            "data" => &mut typed.data,
            _ => continue,
        };
        let spaced = value.replace('+', " ");
        *field = percent_decode_str(&spaced).decode_utf8_lossy().into_owned();
    }
    typed
}

/// The page that a form stood in; none where the address is of no such page.
fn watching(address: &str) -> Option<Asked> {
    let uri = address.parse::<Uri>().ok()?;
    let asked = Some(uri).filter(|uri| uri.path() == "/topics");
    let asked = asked.and_then(|uri| Asked::read(&uri).ok())?;
    let is_right = matches!(filter(&asked.selectors), Ok(Some(_)));
    is_right.then_some(asked)
}

/// The page with what was typed, and why it was refused.
async fn refused(
    state: &AppState,
    caller: &Caller,
    headers: &HeaderMap,
    origin: String,
    typed: Compose,
    error: HttpError,
) -> Result<Response, HttpError> {
    let why = error.detail();
    if error.status().is_server_error() {
        tracing::error!(%error, "a form was not published");
    }
    // Where the form was too long to be read, the page that it came from is known all the same.
    let referer = headers
        .get(header::REFERER)
        .and_then(|page| page.to_str().ok());
    let asked = watching(&typed.watching)
        .or_else(|| watching(referer?))
        .unwrap_or_default();
    let filter = filter(&asked.selectors).ok().flatten();
    let mut data = match filter.map(|filter| caller.may_read(filter)) {
        Some(Ok(filter)) => watched(state, &asked, filter, origin).await?.0,
        _ => TopicData {
            origin,
            ..TopicData::default()
        },
    };
    data.compose = Compose {
        refused: Some(Refused {
            field: Compose::about(&why).into(),
            value: String::new(),
            why,
        }),
        watching: asked.live(),
        ..typed
    };
    let page = Page::Topic(Box::new(data));
    let request = again(Uri::from_static("/topics"), headers);
    let response = render(state, caller, request, page).await;
    Ok(refusing(response, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_goes_back_as_it_was() {
        let typed =
            typed("topic=a%2Fb&data=%3Cb%3E+%C3%A9%0D%0A&x=1&retry=&event=a%26b&watching=%2F");
        assert_eq!((&*typed.topic, &*typed.data), ("a/b", "<b> é\r\n"));
        assert_eq!((&*typed.event, &*typed.retry), ("a&b", ""));
    }

    #[test]
    fn only_a_page_of_topics_is_returned_to() {
        for address in [
            "",
            "//elsewhere.example/topics",
            "https://elsewhere.example/",
            "/chat?user=a",
            "/topics",
            "/topics?topic=a*b",
            "/topics?x=1&topic=a",
            "javascript:alert(1)",
        ] {
            assert!(watching(address).is_none(), "{address}");
        }
        let elsewhere = watching("https://elsewhere.example/topics?topic=a").unwrap();
        assert_eq!(
            elsewhere.live(),
            "/topics?topic=a",
            "nothing but the topics counts"
        );
    }
}
