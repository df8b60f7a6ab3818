//! `/sign-in`: a token in exchange for a cookie; and the page that stands where one is needed.

use app::model::{Account, Page, Rights, SignInData};
use axum::{
    extract::{Request, State},
    http::{Uri, header},
    response::{IntoResponse, Redirect, Response},
};
use hub::rfc3339;

use super::form::{field, is_own, redirect};
use super::{again, refusing, render, whoever};
use crate::auth::{Caller, Guard, Who};
use crate::http::body;
use crate::http::error::HttpError;
use crate::limits::SMALL_FORM;
use crate::state::AppState;

/// `GET /sign-in`: who one is, and a form to be someone else.
pub(super) async fn page(State(state): State<AppState>, request: Request) -> Response {
    // Back to where the reader comes from, where that is a page of this server's.
    let back = request.headers().get(header::REFERER);
    let back = back.and_then(|page| page.to_str().ok()?.parse::<Uri>().ok());
    let back = back.and_then(|page| Some(page.path_and_query()?.to_string()));
    let data = SignInData {
        back: back.filter(|path| leads_on(path)).unwrap_or_default(),
        can_keep: can_keep(&request),
        ..SignInData::default()
    };
    let caller = whoever(&state, request.headers()).await;
    render(&state, &caller, request, Page::SignIn(data)).await
}

/// The page in the place of one that is closed to who asks; once someone has signed in, it leads there.
pub(super) async fn asked(
    state: &AppState,
    caller: &Caller,
    request: Request,
    error: HttpError,
) -> Response {
    let here = request.uri().path_and_query().map(ToString::to_string);
    let data = SignInData {
        why: Some(sentence(&error)),
        back: here.filter(|path| leads_on(path)).unwrap_or_default(),
        can_keep: can_keep(&request),
        ..SignInData::default()
    };
    refusing(
        render(state, caller, request, Page::SignIn(data)).await,
        &error,
    )
}

/// `POST /sign-in`: keeps the token in a cookie and goes on, or says what is wrong with it.
pub(super) async fn enter(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, HttpError> {
    let (uri, headers, can_keep) = (
        request.uri().clone(),
        request.headers().clone(),
        can_keep(&request),
    );
    let text = body::text(request, SMALL_FORM, &state).await?;
    let back = field(&text, "back").filter(|path| leads_on(path));
    let back = back.unwrap_or_else(|| "/sign-in".to_owned());
    let token = field(&text, "token").unwrap_or_default();
    let token = token.trim();
    let refused = match state.guard.keep(token).await {
        Ok(cookie) => {
            return Ok(([(header::SET_COOKIE, cookie)], redirect(&back)).into_response());
        }
        Err(refused) => refused,
    };
    let data = SignInData {
        refused: Some(refused.detail()),
        back,
        can_keep,
        ..SignInData::default()
    };
    let caller = whoever(&state, &headers).await;
    let page = Page::SignIn(data);
    let response = render(&state, &caller, again(uri, &headers), page).await;
    Ok(refusing(response, &refused))
}

/// `POST /sign-out`: the browser forgets the token.
pub(super) async fn leave(
    State(state): State<AppState>,
    request: Request,
) -> Result<Response, HttpError> {
    body::text(request, SMALL_FORM, &state).await?;
    let mut response = Redirect::to("/sign-in").into_response();
    if let Guard::Closed(closed) = state.guard.as_ref()
        && let Some(cookie) = closed.policy().cookie.forget()
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// Whether an address is one of this server's own, and not this page's.
fn leads_on(path: &str) -> bool {
    is_own(path) && !path.starts_with("/sign-in") && !path.starts_with("/sign-out")
}

/// Browsers keep a cookie that is `Secure` only over TLS or from this machine, and only there do they
/// say what a request is for (Fetch Metadata, 3). They know what a proxy in between hides.
fn can_keep(request: &Request) -> bool {
    request.headers().contains_key("sec-fetch-dest")
}

/// Who reads the pages, for what stands on all of them.
pub(super) fn account(caller: &Caller) -> Account {
    let Some(rights) = caller.rights() else {
        return Account::Anyone;
    };
    let claim = rights.to_claim();
    let rights = Rights {
        publish: claim.publish,
        subscribe: claim.subscribe,
        observe: claim.observe,
    };
    let someone = |name, expires| Account::Someone {
        name,
        rights: rights.clone(),
        expires,
    };
    match &caller.who {
        Who::Anyone => Account::Anyone,
        Who::Nobody => Account::Nobody(rights),
        Who::Token(grant) => someone(grant.subject.clone(), Some(rfc3339(grant.expires))),
        Who::Publisher(name) => someone(Some(name.clone()), None),
    }
}

/// The words of a refusal as they stand on a page. What who shows nothing could do, stands below them.
fn sentence(error: &HttpError) -> String {
    let detail = error.detail();
    let detail = match (error, detail.split_once(';')) {
        (HttpError::NoToken(_), Some((what, _))) => what,
        _ => &detail,
    };
    let mut chars = detail.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}
