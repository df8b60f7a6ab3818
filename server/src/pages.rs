//! The pages: each is rendered with what the hub holds at that moment, and with the cursor from
//! which the browser goes on.

mod asked;
mod choice;
mod excerpt;
mod faults;
mod form;
mod inspect;
mod overview;
mod plain;
mod publish;
mod sign_in;
mod theme;
mod topic;
mod window;

use std::sync::Arc;

use any_spawner::Executor;
use app::{
    Reader,
    model::{ChatData, Event, LearnData, Page, Refused, Snapshot},
    shell,
};
use axum::{
    Form, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use hub::Filter;
use leptos::{
    nonce::use_nonce,
    prelude::{provide_context, use_context},
};
use leptos_axum::ResponseOptions;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use tower_http::compression::CompressionLayer;

pub(crate) use self::topic::url as topic_url;
use crate::{
    assets,
    auth::Caller,
    connection::Scheme,
    http::{
        body,
        chat::{self, Name},
        error::HttpError,
    },
    limits::{FORM, MESSAGE, MESSAGES, TICKS},
    state::AppState,
    ticker,
};

/// The pages, their forms and their assets.
pub(crate) fn router(state: AppState) -> Router {
    // Rendering spawns; a second start in one process finds the same executor.
    let _ = Executor::init_tokio();
    let pages = Router::new()
        .route("/", get(overview::page))
        .route("/learn", get(learn_page))
        .route("/faults", get(faults::page))
        .route("/inspect", get(inspect::page))
        .route(
            "/chat",
            get(chat_page).post(talk).layer(DefaultBodyLimit::max(FORM)),
        )
        .route("/topics", get(topic::page).post(publish::publish))
        .route("/topics/", get(topic::page))
        .route("/topics/{*topic}", get(topic::page))
        .route("/sign-in", get(sign_in::page).post(sign_in::enter))
        // No more than these: what is compressed waits for its end, which a stream has not.
        .route_layer(CompressionLayer::new());
    pages
        .route("/theme", post(theme::choose))
        .route("/sign-out", post(sign_in::leave))
        .route("/pkg/{*path}", get(assets::package))
        .route("/inspector/{*path}", get(assets::package))
        .route("/icon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::icon))
        .with_state(state)
}

/// A page that is not there, in words, for who asks with a browser.
pub(crate) async fn missing(state: &AppState, request: Request) -> Response {
    let caller = whoever(state, request.headers()).await;
    let mut response = render(state, &caller, request, Page::Missing).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

async fn learn_page(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, HttpError> {
    // The demo's ticker is for everyone; without the demo it is a topic like any other.
    let is_open = state.config.demo || caller.may_read(Filter::topic(ticker::TOPIC)?).is_ok();
    let data = LearnData {
        now: now(),
        ticks: if is_open {
            newest(&state, ticker::TOPIC, TICKS).await?
        } else {
            Snapshot::default()
        },
        origin: origin(&request),
        bytes: query::<LearnQuery>(request.uri()).bytes,
    };
    Ok(render(&state, &caller, request, Page::Learn(data)).await)
}

async fn chat_page(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, HttpError> {
    if let Err(error) = caller.may_read(chat::chat()?) {
        return Ok(sign_in::asked(&state, &caller, request, error).await);
    }
    // A name that the chat would refuse is asked for again.
    let user = query::<ChatQuery>(request.uri()).user;
    let user = user
        .and_then(|name| Name::parse(&name).ok())
        .map(String::from);
    let data = chat_data(&state, origin(&request), user, None).await?;
    Ok(render(&state, &caller, request, Page::Chat(data)).await)
}

async fn chat_data(
    state: &AppState,
    origin: String,
    user: Option<String>,
    refused: Option<Refused>,
) -> Result<ChatData, HttpError> {
    Ok(ChatData {
        messages: newest(state, chat::TOPIC, MESSAGES).await?,
        here: state.presence.names(),
        user,
        refused,
        origin,
    })
}

#[derive(Default, Deserialize)]
struct LearnQuery {
    bytes: Option<String>,
}

#[derive(Default, Deserialize)]
struct ChatQuery {
    user: Option<String>,
}

/// A page's own parameters are what a person chose: what cannot be read is as if not chosen.
fn query<T: Default + for<'de> Deserialize<'de>>(uri: &Uri) -> T {
    Query::try_from_uri(uri)
        .map(|Query(query)| query)
        .unwrap_or_default()
}

/// What the chat's forms send: a name alone joins, with a message it says something.
#[derive(Deserialize)]
struct Talk {
    user: String,
    msg: Option<String>,
}

/// `POST /chat`: back to the page, or the page with the error beside its field.
async fn talk(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, HttpError> {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    let origin = origin(&request);
    let form = form(&state, request).await?;
    if let Err(error) = caller.may_read(chat::chat()?) {
        return Ok(sign_in::asked(&state, &caller, again(uri, &headers), error).await);
    }
    let Err(refused) = say_or_join(&state, &caller, &form).await else {
        return Ok(Redirect::to(&format!("/chat?user={}", encode(&form.user))).into_response());
    };
    let (field, value, error) = refused;
    let refused = Refused {
        field: field.to_owned(),
        // A very long value would only be refused again.
        value: if value.len() > 4096 {
            String::new()
        } else {
            value.to_owned()
        },
        why: error.detail(),
    };
    let user = (field == "msg").then(|| form.user.clone());
    let data = chat_data(&state, origin, user, Some(refused)).await?;
    let response = render(&state, &caller, again(uri, &headers), Page::Chat(data)).await;
    Ok(refusing(response, &error))
}

/// A page as the answer to what is refused: with the status and the headers that the refusal has without a page.
fn refusing(mut response: Response, error: &HttpError) -> Response {
    *response.status_mut() = error.status();
    error.add_headers(response.headers_mut());
    response
}

/// Reads the form as the bodies of all publishes are read: bounded in size and time.
async fn form(state: &AppState, request: Request) -> Result<Talk, HttpError> {
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head.clone(), body);
    let text = body::text(request, FORM, state).await;
    let text = text.map_err(|error| match error {
        // A form holds little beside the message.
        HttpError::BodyTooLarge(_) => HttpError::MessageTooLong(MESSAGE),
        other => other,
    })?;
    let request = Request::from_parts(head, Body::from(text.to_owned()));
    let Form(form) = Form::<Talk>::from_request(request, &()).await?;
    Ok(form)
}

/// The field that was refused, what was in it, and why.
type Refusal<'a> = (&'static str, &'a str, HttpError);

async fn say_or_join<'a>(
    state: &AppState,
    caller: &Caller,
    form: &'a Talk,
) -> Result<(), Refusal<'a>> {
    let name = Name::parse(&form.user).map_err(|error| ("user", form.user.as_str(), error))?;
    match &form.msg {
        None => chat::join(state, caller, &name)
            .await
            .map_err(|error| ("user", form.user.as_str(), error)),
        Some(msg) => chat::say(state, caller, &name, msg)
            .await
            .map_err(|error| ("msg", msg.as_str(), error)),
    }
}

/// What to render a page for whose form was read.
fn again(uri: Uri, headers: &HeaderMap) -> Request {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri;
    for cookie in headers.get_all(header::COOKIE) {
        let cookies = request.headers_mut();
        cookies.append(header::COOKIE, cookie.clone());
    }
    request
}

/// Who reads a page that is for everyone.
async fn whoever(state: &AppState, headers: &HeaderMap) -> Caller {
    let caller = state.guard.caller(headers).await;
    caller.unwrap_or_else(|_| state.guard.nobody())
}

async fn render(state: &AppState, caller: &Caller, request: Request, page: Page) -> Response {
    let (options, assets) = (state.leptos.clone(), assets::urls());
    let reader = Reader {
        theme: theme::of(request.headers()),
        here: request.uri().path_and_query().map(ToString::to_string),
        account: sign_in::account(caller),
    };
    // The inspector alone reads streams of others.
    let others = match page {
        Page::Inspect(_) => " http: https:",
        _ => "",
    };
    let render = leptos_axum::render_app_async_with_context(
        move || {
            provide_context(page.clone());
            provide_context(reader.clone());
            protect(others);
        },
        move || shell(options.clone(), assets.clone()),
    );
    let mut response = render(request).await.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        // The rows in a page are those of one moment, and may be for one reader only.
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        // No other page gets a handle to this one, or loads it.
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (assets::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// What a page may load and run: its own assets, and the scripts that carry this response's nonce.
/// It may read from its own server, and from `others`.
fn protect(others: &str) {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    // WebAssembly is compiled, which counts as evaluation. The reload script of `cargo leptos
    // watch` connects to a port of its own.
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() {
        " ws:"
    } else {
        ""
    };
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; \
         style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; connect-src 'self'{others}{reload}; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// The newest events of a topic as far as a page has room for them, and the cursor after them.
async fn newest(state: &AppState, topic: &str, n: usize) -> Result<Snapshot, HttpError> {
    let filter = Arc::new(Filter::topic(topic)?);
    let snapshot = state.hub.newest(filter, n).await?;
    Ok(shown(state, snapshot))
}

/// As much of what the hub has as a page has room for.
fn shown(state: &AppState, snapshot: hub::Snapshot) -> Snapshot {
    let epoch = state.hub.epoch();
    let newest_first = snapshot.records.iter().rev();
    let held = excerpt::within_budget(newest_first, |record| {
        excerpt::of(record.topic.as_str(), &record.data)
    });
    let events = held.into_iter().rev().map(|(record, data)| Event {
        id: record.id(epoch).to_string(),
        topic: record.topic.to_string(),
        event: record.name().to_owned(),
        data,
        time: hub::rfc3339(record.time),
        retry: record.retry.map(|retry| retry.as_millis()),
    });
    Snapshot {
        events: events.collect(),
        cursor: snapshot.cursor.to_string(),
        gaps: Vec::new(),
    }
}

fn now() -> String {
    chrono::Local::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, false)
}

/// Scheme and authority as the reader wrote them, for commands to copy; a `Host` that no one
/// would type is left out of them.
fn origin(request: &Request) -> String {
    let plain = |host: &&str| {
        host.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".:-_[]".contains(&b))
    };
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .filter(plain);
    let scheme = Scheme::of(request.extensions()).as_str();
    format!("{scheme}://{}", host.unwrap_or("127.0.0.1:8080"))
}

/// What is not unreserved (RFC 3986, 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Percent-encodes what is not unreserved.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}
