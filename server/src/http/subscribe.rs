//! `GET /events` and `/events/{selector}`: the events of topics, as a stream that a client can
//! resume.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use hub::{Client, Filter, Form, Hub, Selector, Start};

use super::accept::{self, Kind};
use super::address;
use super::error::HttpError;
use super::peer::Remote;
use super::poll;
use super::query::{CURSORS, Query, quoted};
use super::stream::{self, last_event_id};
use crate::auth::{Caller, Reader, TICKET, Until};
use crate::limits::{POLL_DEFAULT, POLL_MAX};
use crate::pages;
use crate::since;
use crate::state::AppState;
use crate::ticker;

/// `GET /events`: the topics that the address selects, or the demo's ticker.
///
/// # Errors
/// 400 for a parameter that is unknown or malformed, 404 without `topic=` where there is no demo.
/// Never for a cursor: what is wrong with one is said in the stream. 503 where there is no room for JSON lines or a poll.
pub(crate) async fn stream(
    State(state): State<AppState>,
    remote: Remote,
    reader: Result<Reader, HttpError>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let (topics, query) = address::read(&uri, &PARAMETERS)?;
    let filter = filter(&state, &topics)?;
    let wanted = Wanted::of(&query, &headers, filter.single().is_none())?;
    if wanted.kind == Kind::Page {
        // The page asks who it is for.
        return Ok(see_page(&topics));
    }
    let Some(mut caller) = Reader::of(reader, wanted.has_statuses())? else {
        return Ok(stream::overload());
    };
    let filter = allowed(&caller, &topics, filter)?;
    let seat = match caller.client.seat() {
        Ok(seat) => seat,
        Err(full) => return wanted.turn_away(&state.hub, filter, full).await,
    };
    state.guard.take(&mut caller)?;
    let until = caller.until();
    wanted.answer(&state, filter, remote, until, seat).await
}

/// `HEAD /events`: the headers of the stream, with the newest id; subscribes to nothing.
///
/// # Errors
/// Those of [`stream()`].
pub(crate) async fn head(
    State(state): State<AppState>,
    reader: Result<Reader, HttpError>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let (topics, query) = address::read(&uri, &PARAMETERS)?;
    let filter = filter(&state, &topics)?;
    let wanted = Wanted::of(&query, &headers, false)?;
    if wanted.kind == Kind::Page {
        return Ok(see_page(&topics));
    }
    let Reader(caller) = reader?;
    allowed(&caller, &topics, filter)?;
    wanted.head(&state.hub)
}

/// To the page that shows these topics: an address of events works in an address bar.
fn see_page(topics: &[String]) -> Response {
    let topics = match topics {
        [] => vec![ticker::TOPIC],
        topics => topics.iter().map(String::as_str).collect(),
    };
    let headers = [
        // Who asks for the same with another `Accept` gets a stream.
        (header::VARY, "Accept"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Redirect::to(&pages::topic_url(&topics))).into_response()
}

/// Whether an address names topics; without, it is the demo's ticker.
pub(crate) fn names_topics(uri: &Uri) -> bool {
    Query::mentions(uri, "topic")
}

/// The parameters that say how to subscribe, whatever the topics.
pub(crate) const PARAMETERS: [&str; 10] = [
    CURSORS[0], CURSORS[1], CURSORS[2], CURSORS[3], "since", "last", "envelope", "poll", "limit",
    TICKET,
];

fn filter(state: &AppState, topics: &[String]) -> Result<Filter, HttpError> {
    let filter = if !topics.is_empty() {
        let selectors = topics.iter().map(|text| selector(text));
        Filter::new(selectors.collect::<Result<_, _>>()?)
    } else if state.config.demo {
        Filter::topic(ticker::TOPIC)
    } else {
        return Err(HttpError::NotFound(
            "the ticker is part of the demo, which this server does not run; name what to \
             subscribe to with `topic`"
                .into(),
        ));
    };
    Ok(filter?)
}

/// As much of it as a caller may have. The demo's ticker, which no topic names, is for everyone.
fn allowed(caller: &Caller, topics: &[String], filter: Filter) -> Result<Arc<Filter>, HttpError> {
    match topics {
        [] => Ok(Arc::new(filter)),
        _ => caller.may_read(filter),
    }
}

/// A topic or a pattern that is asked for.
///
/// # Errors
/// 400 with what is wrong with it.
pub(crate) fn selector(text: &str) -> Result<Selector, HttpError> {
    Selector::parse(text)
        .map_err(|error| HttpError::bad_request(format!("`topic` {} {error}", quoted(text))))
}

/// As what events are sent, in words for observers.
pub(crate) const FORMATS: [&str; 4] = [EVENT_STREAM, ENVELOPE, NDJSON, POLL];
const EVENT_STREAM: &str = "event-stream";
const ENVELOPE: &str = "envelope";
const NDJSON: &str = "ndjson";
const POLL: &str = "poll";

/// What a subscriber wants, apart from the topics.
pub(crate) struct Wanted {
    pub(crate) start: Start,
    pub(crate) form: Form,
    /// The most events of one answer, where not a stream but an answer at once is wanted.
    pub(crate) poll: Option<usize>,
    /// What is asked for: what the address says counts before what browsers always send.
    kind: Kind,
}

impl Wanted {
    /// Reads [`PARAMETERS`] and the headers `Accept` and `Last-Event-ID`. Where `several` topics may come, each
    /// event says its own.
    ///
    /// # Errors
    /// 400 for what is malformed, other than a cursor.
    pub(crate) fn of(query: &Query, headers: &HeaderMap, several: bool) -> Result<Self, HttpError> {
        let kind = accept::kind(headers);
        let poll = query.switch("poll")? || kind == Kind::Poll;
        let limit = query.number("limit", 1..=POLL_MAX as u64)?;
        if limit.is_some() && !poll {
            return Err(HttpError::bad_request(
                "`limit` is for `poll=1` and `Accept: application/json`; a stream has no end",
            ));
        }
        let limit = limit.map_or(POLL_DEFAULT, |limit| limit as usize);
        let form = match (query.switch("envelope")?, several) {
            _ if kind == Kind::NdJson => Form::NdJson,
            (true, _) => Form::Envelope,
            (false, true) => Form::WithTopic,
            (false, false) => Form::Plain,
        };
        Ok(Self {
            start: start(query, headers)?,
            form,
            poll: poll.then_some(limit),
            kind: if poll { Kind::Poll } else { kind },
        })
    }

    /// The headers of the answer, with the newest id; nothing is subscribed to.
    pub(crate) fn head(&self, hub: &Hub) -> Result<Response, HttpError> {
        stream::head(hub, self.kind)
    }

    /// As what the events are sent: one of [`FORMATS`].
    fn format(&self) -> &'static str {
        match (self.poll, self.form) {
            (Some(_), _) => POLL,
            (None, Form::NdJson) => NDJSON,
            (None, Form::Envelope) => ENVELOPE,
            (None, Form::Plain | Form::WithTopic) => EVENT_STREAM,
        }
    }

    /// The answer where there is no room for its reader now: an event stream says so itself, as any status but 200 would
    /// end an `EventSource` for good, and from where to go on.
    ///
    /// # Errors
    /// With the refusal for all else.
    pub(crate) async fn turn_away(
        self,
        hub: &Hub,
        filter: Arc<Filter>,
        error: HttpError,
    ) -> Result<Response, HttpError> {
        if self.has_statuses() {
            return Err(error);
        }
        let away = hub.turn_away(filter, self.start).await?;
        stream::of(away, self.form, Until::for_ever(), ())
    }

    /// Whether its reader can be told of a refusal by a status.
    pub(crate) fn has_statuses(&self) -> bool {
        matches!(self.kind, Kind::NdJson | Kind::Poll)
    }

    /// The answer: a stream, or what there is.
    ///
    /// A stream ends with the right to it. `company` is kept for as long as it lives.
    pub(crate) async fn answer(
        self,
        state: &AppState,
        filter: Arc<Filter>,
        remote: Remote,
        until: Until,
        company: impl Send + 'static,
    ) -> Result<Response, HttpError> {
        let client = Client {
            format: self.format(),
            remote: remote.addr,
        };
        match self.poll {
            Some(limit) => poll::answer(&state.hub, filter, self.start, client, limit).await,
            None => {
                let subscription = state.hub.subscribe_as(filter, self.start, client).await?;
                stream::of(subscription, self.form, until, company)
            }
        }
    }
}

/// Where a stream begins: the first that is given, but nothing that is malformed.
fn start(query: &Query, headers: &HeaderMap) -> Result<Start, HttpError> {
    let since = query
        .one("since")?
        .filter(|text| !text.is_empty())
        .map(since)
        .transpose()?;
    let last = match query.one("last")? {
        None | Some("") => None,
        Some(_) => query.number("last", 1..=POLL_MAX as u64)?,
    };
    let cursor = cursor(query, headers);
    Ok(match (cursor, since, last) {
        (Some(id), _, _) => Start::After(id),
        (None, Some(since), _) => since,
        (None, None, Some(n)) => Start::Newest(n as usize),
        (None, None, None) => Start::Live,
    })
}

/// The id after which a client goes on: from the header, else from the address.
pub(crate) fn cursor(query: &Query, headers: &HeaderMap) -> Option<Vec<u8>> {
    let mut cursor = last_event_id(headers);
    for name in CURSORS {
        // Two of them are put together as two headers would be: an unknown id.
        let ids: Vec<_> = query.all(name).filter(|id| !id.is_empty()).collect();
        cursor = cursor.or_else(|| (!ids.is_empty()).then(|| ids.join(", ").into_bytes()));
    }
    cursor
}

fn since(text: &str) -> Result<Start, HttpError> {
    since::parse(text).ok_or_else(|| {
        HttpError::bad_request(format!("`since` is {}; {}", quoted(text), since::FORMS))
    })
}
