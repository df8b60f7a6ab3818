//! `GET /inspect`: the form, filled; the browser does the rest.

use app::model::{InspectData, Page};
use axum::{
    extract::{Request, State},
    response::Response,
};
use serde::Deserialize;

use super::{encode, origin, query, render};
use crate::{auth::Caller, limits::INSPECTED, state::AppState};

#[derive(Default, Deserialize)]
struct InspectQuery {
    url: Option<String>,
    method: Option<String>,
    last_event_id: Option<String>,
    reconnect: Option<String>,
}

/// It has nothing of the hub, so it is there for everyone.
pub(super) async fn page(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Response {
    let asked = query::<InspectQuery>(request.uri());
    let short = |text: Option<String>| text.filter(|text| text.len() <= INSPECTED);
    let data = InspectData {
        url: short(asked.url).unwrap_or_default(),
        method: short(asked.method).unwrap_or_else(|| "GET".to_owned()),
        last_event_id: short(asked.last_event_id).unwrap_or_default(),
        reconnect: asked.reconnect.is_some(),
        samples: samples(state.config.demo),
        origin: origin(&request),
    };
    render(&state, &caller, request, Page::Inspect(data)).await
}

/// This server's own streams.
fn samples(demo: bool) -> Vec<(String, String)> {
    let mut paths = vec![("/events?topic=**&last=10", "Everything on this hub")];
    if demo {
        paths.extend([
            ("/events", "The ticker"),
            ("/sse/time", "The time, 100 times"),
        ]);
    }
    let sample =
        |(path, name): (&str, &str)| (format!("/inspect?url={}", encode(path)), name.to_owned());
    paths.into_iter().map(sample).collect()
}
