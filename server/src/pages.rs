//! The pages: each is rendered with what the hub holds at that moment, and with the cursor from
//! which the browser goes on.

use std::sync::Arc;

use app::{
    App,
    model::{ChatData, Event, HomeData, LearnData, Refused, Snapshot},
    shell,
};
use axum::{
    Form, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use hub::Filter;
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list};
use serde::Deserialize;

use crate::{
    assets,
    http::{chat, cors, error::HttpError},
    state::AppState,
};

/// How many ticks a page begins with.
const TICKS: usize = 12;

/// How many messages the chat begins with.
const MESSAGES: usize = 50;

/// Room for the largest message in a form, where every byte may be percent-encoded.
const FORM: usize = 3 * 1024 * 1024 + 4096;

/// The pages, their forms and their assets.
pub fn router(state: AppState) -> Router {
    Router::new()
        .leptos_routes_with_handler(generate_route_list(App), get(page))
        .route("/chat", post(talk).layer(DefaultBodyLimit::max(FORM)))
        .route("/pkg/{*path}", get(assets::package))
        .route("/icon.svg", get(assets::icon))
        .route("/favicon.ico", get(assets::icon))
        .with_state(state)
}

/// A page that is not there, in words, for who asks with a browser.
pub async fn missing(State(state): State<AppState>, request: Request) -> Response {
    let mut response = render(&state, request, || {}).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

async fn page(State(state): State<AppState>, request: Request) -> Response {
    match data(&state, &request).await {
        Ok(data) => render(&state, request, move || data.provide()).await,
        Err(error) => error.into_response(),
    }
}

/// What a page begins with.
#[derive(Clone)]
enum Data {
    Home(HomeData),
    Learn(LearnData),
    Chat(ChatData),
}

impl Data {
    fn provide(&self) {
        match self.clone() {
            Self::Home(data) => provide_context(data),
            Self::Learn(data) => provide_context(data),
            Self::Chat(data) => provide_context(data),
        }
    }
}

async fn data(state: &AppState, request: &Request) -> Result<Data, HttpError> {
    let origin = origin(request.headers());
    Ok(match request.uri().path().trim_end_matches('/') {
        "/learn" => Data::Learn(LearnData {
            now: now(),
            ticks: snapshot(state, "ticker", TICKS).await?,
            origin,
            bytes: query::<LearnQuery>(request.uri()).bytes,
        }),
        "/chat" => {
            // A name that the chat would refuse is asked for again.
            let user = query::<ChatQuery>(request.uri()).user;
            let user = user.and_then(|name| chat::Name::parse(&name).ok()).map(String::from);
            Data::Chat(chat_data(state, origin, user, None).await?)
        }
        _ => Data::Home(HomeData {
            now: now(),
            ticks: snapshot(state, "ticker", TICKS).await?,
            origin,
        }),
    })
}

async fn chat_data(
    state: &AppState,
    origin: String,
    user: Option<String>,
    refused: Option<Refused>,
) -> Result<ChatData, HttpError> {
    let messages = snapshot(state, chat::TOPIC, MESSAGES).await?;
    Ok(ChatData { messages, here: state.presence.names(), user, refused, origin })
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
    Query::try_from_uri(uri).map(|Query(query)| query).unwrap_or_default()
}

/// What the chat's forms send: a name alone joins, with a message it says something.
#[derive(Deserialize)]
struct Talk {
    user: String,
    msg: Option<String>,
}

/// `POST /chat`: back to the page, or the page with the error beside its field.
async fn talk(State(state): State<AppState>, request: Request) -> Response {
    let (uri, headers) = (request.uri().clone(), request.headers().clone());
    if let Err(refused) = cors::check_publish(&state.config, &headers) {
        return refused.into_response();
    }
    let form = match Form::<Talk>::from_request(request, &()).await {
        Ok(Form(form)) => form,
        Err(rejection) => return HttpError::from(rejection).into_response(),
    };
    let result = match (chat::Name::parse(&form.user), &form.msg) {
        (Err(error), _) => Err(("user", form.user.clone(), error)),
        (Ok(name), None) => chat::join(&state, &name).await.map_err(|e| ("user", name.to_string(), e)),
        (Ok(name), Some(msg)) => {
            chat::say(&state, &name, msg).await.map_err(|e| ("msg", msg.clone(), e))
        }
    };
    match result {
        Ok(()) => Redirect::to(&format!("/chat?user={}", encode(&form.user))).into_response(),
        Err((field, value, error)) => refuse(&state, uri, headers, form.user, (field, value, error)).await,
    }
}

async fn refuse(
    state: &AppState,
    uri: Uri,
    headers: HeaderMap,
    user: String,
    (field, value, error): (&str, String, HttpError),
) -> Response {
    let status = error.status();
    let why = error.detail();
    // A very long value would only be refused again.
    let value = if value.len() > 4096 { String::new() } else { value };
    let user = (field == "msg").then_some(user);
    let refused = Refused { field: field.to_owned(), value, why };
    let data = match chat_data(state, origin(&headers), user, Some(refused)).await {
        Ok(data) => Data::Chat(data),
        Err(error) => return error.into_response(),
    };
    let mut request = Request::new(Body::empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = uri;
    let mut response = render(state, request, move || data.provide()).await;
    *response.status_mut() = status;
    response
}

async fn render(
    state: &AppState,
    request: Request,
    provide: impl Fn() + Clone + Send + Sync + 'static,
) -> Response {
    let (options, assets) = (state.leptos.clone(), assets::urls());
    let render = leptos_axum::render_app_async_with_context(provide, move || {
        shell(options.clone(), assets.clone())
    });
    let mut response = render(request).await.into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        // The rows in a page are those of one moment, and may be for one reader only.
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The options that Leptos wants; addresses and folders are not taken from it.
pub fn leptos_options() -> LeptosOptions {
    LeptosOptions::builder().output_name("tickertape").build()
}

async fn snapshot(state: &AppState, topic: &str, n: usize) -> Result<Snapshot, HttpError> {
    let filter = Arc::new(Filter::topic(topic)?);
    let snapshot = state.hub.newest(filter, n).await?;
    let epoch = state.hub.epoch();
    let events = snapshot.records.iter().map(|record| Event {
        id: record.id(&epoch).to_string(),
        topic: record.topic.to_string(),
        event: record.event.as_ref().map_or("message", |name| name.as_str()).to_owned(),
        data: record.data.to_string(),
        time: hub::rfc3339(record.time),
    });
    Ok(Snapshot { events: events.collect(), cursor: snapshot.cursor.to_string() })
}

fn now() -> String {
    chrono::Local::now().to_rfc3339_opts(chrono::SecondsFormat::Micros, false)
}

/// Scheme and authority as the reader wrote them, for commands to copy; a `Host` that no one
/// would type is left out of them.
fn origin(headers: &HeaderMap) -> String {
    let plain = |host: &&str| {
        host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-_[]".contains(&b))
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).filter(plain);
    format!("http://{}", host.unwrap_or("127.0.0.1:8080"))
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
