//! `GET /faults/{scenario}`: streams with faults, to test a client against.
//!
//! They have nothing of the hub: no log, no topics. What is sent follows from the address and from where
//! the client comes back; how often it came is all that is remembered.

mod body;
mod chance;
mod event;
mod parameter;
mod plan;
mod scenario;
mod script;
mod visits;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

pub(crate) use self::parameter::{Parameter, Value};
pub(crate) use self::plan::{Plan, Stray};
pub(crate) use self::scenario::Scenario;
use self::script::Script;
use self::visits::{Before, Visitor};
pub(crate) use self::visits::{Run, State as VisitState, Visit, Visits};
use super::accept::{self, Kind};
use super::error::HttpError;
use super::peer::Remote;
use super::problem::Problem;
use super::query::{CURSORS, Query, quoted};
use super::stream::{event_stream, last_event_id, overload, unknown};
use crate::clients::Client;
use crate::state::AppState;

/// The parameters of these addresses.
pub(crate) const PARAMETERS: [&str; 22] = [
    "with", "count", "interval", "retry", "times", "seed", "run", "envelope", "after", "refused",
    "status", "type", "ends", "bytes", "comments", "silence", "delay", "jitter", CURSORS[0],
    CURSORS[1], CURSORS[2], CURSORS[3],
];

/// `GET /faults/{scenario}`: the stream with this fault, and with those that the query adds.
///
/// # Errors
/// 404 for a scenario that is none, 400 for a parameter that is unknown, malformed or without an effect.
pub(crate) async fn stream(
    State(state): State<AppState>,
    Path(name): Path<String>,
    client: Client,
    remote: Remote,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    if accept::kind(&headers) == Kind::Page {
        return Ok(see_page(&name, &uri));
    }
    let Some(scenario) = Scenario::named(&name) else {
        return Err(HttpError::NotFound(
            format!(
                "there is no scenario {}; there are {}",
                quoted(&name),
                Scenario::names()
            )
            .into(),
        ));
    };
    let query = Query::of(&uri, &PARAMETERS)?;
    let plan = Plan::of(scenario, &query, Stray::Refused)?;
    let cursor = cursor(&query, &headers);
    let agent = headers.get(header::USER_AGENT);
    let visitor = Visitor {
        plan: &plan,
        from: remote.addr.map(|addr| addr.ip()),
        agent: agent
            .and_then(|agent| agent.to_str().ok())
            .unwrap_or_default(),
        came_with: cursor
            .as_deref()
            .map(|id| String::from_utf8_lossy(id).into_owned()),
    };
    let answer = Answer::of(&plan, state.faults.before(&visitor), cursor.as_deref());
    if method == Method::HEAD {
        // It asks what a client would be told now, and is none that comes back.
        return Ok(answer.head(&plan));
    }
    let Ok(seat) = client.seat() else {
        return Ok(overload());
    };
    let Some(stay) = state.faults.arrive(visitor, answer.status()) else {
        return Ok(overload());
    };
    let Answer::Stream { from, is_faulty } = answer else {
        return Ok(answer.head(&plan));
    };
    if plan.has(Scenario::Delay) && is_faulty {
        let mut stopping = state.stopping.clone();
        tokio::select! {
            () = stopping.wait() => {}
            () = tokio::time::sleep(plan.millis("delay")) => {}
        }
    }
    let script = Script::new(&plan, from, is_faulty);
    let body = body::body(script, stay, seat, state.stopping.clone());
    Ok(begun(&plan, body, is_faulty))
}

/// The head of a stream, with this body.
fn begun(plan: &Plan, body: Body, is_faulty: bool) -> Response {
    let mut response = event_stream(body);
    let headers = response.headers_mut();
    // HTML as data under the type of HTML is a page of this origin to whoever opens it as one: an inert one.
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if is_faulty {
        set_type(plan, headers);
    }
    response
}

/// What one is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// This status, in place of a stream.
    Refusal(StatusCode),
    /// 204: it is to stay away.
    NoContent,
    Stream {
        /// The event after which it begins.
        from: u64,
        is_faulty: bool,
    },
}

impl Answer {
    fn of(plan: &Plan, before: Before, cursor: Option<&[u8]>) -> Self {
        let refused = match plan.has(Scenario::Unavailable) {
            true => plan.number("refused"),
            false => 0,
        };
        if before.count < refused {
            let status = plan.value("status").parse();
            return Self::Refusal(status.unwrap_or(StatusCode::SERVICE_UNAVAILABLE));
        }
        if plan.has(Scenario::NoContent) {
            return Self::NoContent;
        }
        let from = match plan.has(Scenario::NoResume) {
            true => 0,
            false => cursor.map_or(0, event::number),
        };
        // Who has no id to come back with is known by having been sent all.
        let cannot_say = plan.has(Scenario::NoIds) || plan.has(Scenario::NoResume);
        if from >= plan.number("count") || cannot_say && before.is_complete {
            return Self::NoContent;
        }
        let times = plan.number("times");
        Self::Stream {
            from,
            is_faulty: times == 0 || before.count - refused < times,
        }
    }

    fn status(self) -> u16 {
        match self {
            Self::Refusal(status) => status.as_u16(),
            Self::NoContent => 204,
            Self::Stream { .. } => 200,
        }
    }

    /// The answer without the stream.
    fn head(self, plan: &Plan) -> Response {
        match self {
            Self::Refusal(status) => {
                let detail =
                    "the scenario `unavailable` refuses this connection; the next may go on";
                let mut response = Problem::of(status, detail.into()).into_response();
                response
                    .headers_mut()
                    .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
                response
            }
            Self::NoContent => StatusCode::NO_CONTENT.into_response(),
            Self::Stream { is_faulty, .. } => begun(plan, unknown(), is_faulty),
        }
    }
}

/// The type that the scenario asks for.
fn set_type(plan: &Plan, headers: &mut HeaderMap) {
    if !plan.has(Scenario::ContentType) {
        return;
    }
    match HeaderValue::try_from(plan.value("type")) {
        Ok(kind) if kind != "none" => headers.insert(header::CONTENT_TYPE, kind),
        _ => headers.remove(header::CONTENT_TYPE),
    };
}

/// The id that a client comes back with: the header, or the query where it cannot set one.
fn cursor(query: &Query, headers: &HeaderMap) -> Option<Vec<u8>> {
    let said = || {
        let mut said = CURSORS.iter().flat_map(|name| query.all(name));
        said.find(|id| !id.is_empty())
            .map(|id| id.as_bytes().to_vec())
    };
    last_event_id(headers).or_else(said)
}

/// To the page that tells of it: an address of a stream works in an address bar.
fn see_page(name: &str, uri: &Uri) -> Response {
    let query = uri.query().map(|query| format!("&{query}"));
    let name = crate::pages::encode(name);
    let page = format!("/faults?scenario={name}{}", query.unwrap_or_default());
    let vary = [(header::VARY, "accept")];
    (vary, Redirect::to(&page)).into_response()
}
