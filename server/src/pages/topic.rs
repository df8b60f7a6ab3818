//! `/topics`: what is on some topics, and what comes.

use std::sync::Arc;

use app::model::{Page, Refused, Snapshot, TopicData};
use axum::{
    extract::{Request, State},
    response::Response,
};
use hub::Filter;

use super::{encode, origin, render, shown};
use crate::{
    http::{address, error::HttpError, subscribe::selector},
    limits::EVENTS,
    state::AppState,
};

/// Where the page of some topics or patterns is.
pub(crate) fn url(selectors: &[&str]) -> String {
    let topics = selectors
        .iter()
        .map(|selector| format!("topic={}", encode(selector)));
    format!("/topics?{}", topics.collect::<Vec<_>>().join("&"))
}

/// `GET /topics?topic=…`, and `/topics/{topic}` for one of them; without a topic the page asks for it.
pub(super) async fn page(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, HttpError> {
    let asked = address::read(request.uri(), &[])
        .map_err(|error| (String::new(), error))
        .and_then(|(mut selectors, _)| {
            // A form sends a field that was left empty too.
            selectors.retain(|text| !text.is_empty());
            Ok((filter(&selectors)?, selectors))
        });
    let (data, refused) = match asked {
        Ok((Some(filter), selectors)) => (watched(&state, selectors, filter).await?, None),
        Ok((None, _)) => (TopicData::default(), None),
        Err(refused) => (TopicData::default(), Some(refused)),
    };
    let status = refused.as_ref().map(|(_, error)| error.status());
    let data = TopicData {
        refused: refused.map(|(value, error)| Refused {
            field: "topic".into(),
            value,
            why: error.detail(),
        }),
        origin: origin(request.headers()),
        ..data
    };
    let mut response = render(&state, request, Page::Topic(Box::new(data))).await;
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    Ok(response)
}

/// What is asked for; the text that is wrong, and why.
fn filter(selectors: &[String]) -> Result<Option<Arc<Filter>>, (String, HttpError)> {
    if selectors.is_empty() {
        return Ok(None);
    }
    let parse = |text: &String| selector(text).map_err(|error| (text.clone(), error));
    let parsed = selectors.iter().map(parse).collect::<Result<_, _>>()?;
    let filter = Filter::new(parsed).map_err(|error| (String::new(), error.into()))?;
    Ok(Some(Arc::new(filter)))
}

async fn watched(
    state: &AppState,
    selectors: Vec<String>,
    filter: Arc<Filter>,
) -> Result<TopicData, HttpError> {
    let several = filter.single().is_none();
    // One more shows whether there are more.
    let mut newest = state.hub.newest(filter, EVENTS + 1).await?;
    let found = newest.records.len();
    if found > EVENTS {
        newest.records.remove(0);
    }
    let events: Snapshot = shown(state, newest);
    Ok(TopicData {
        selectors,
        several,
        earlier: events.events.len() < found,
        rows: events.events.clone(),
        events,
        ..TopicData::default()
    })
}
