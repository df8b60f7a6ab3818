//! `POST /api/tickets`: what an `EventSource` carries in its address, in exchange for a token.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::Response;
use hub::rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::super::body;
use super::super::error::HttpError;
use super::super::query::Query;
use super::json;
use crate::auth::{Caller, Full, Guard, Who, bearer};
use crate::limits::{SMALL_BODY, TICKET_TIME};
use crate::state::AppState;

/// `POST /api/tickets`: a ticket with the rights of the token that is sent as a bearer.
///
/// # Errors
/// 400 for any parameter, 401 without such a token, 403 for the key of a publisher, which has no end;
/// 404 where nobody needs one; 429 and 503 where too many wait to be used.
pub(crate) async fn issue(
    State(state): State<AppState>,
    caller: Caller,
    request: Request,
) -> Result<Response, HttpError> {
    Query::of(request.uri(), &[])?;
    let headers = request.headers().clone();
    body::text(request, SMALL_BODY, &state).await?;
    let Guard::Closed(closed) = state.guard.as_ref() else {
        return Err(HttpError::NotFound(
            "this server is open, and gives no tickets; subscribe without one".into(),
        ));
    };
    let grant = match (caller.who, has_bearer(&headers)?) {
        (Who::Token(grant), true) => grant,
        (Who::Publisher(_), true) => return Err(HttpError::Forbidden(KEY.into())),
        _ => return Err(HttpError::NoToken(BEARER.into())),
    };
    let expires = rfc3339(grant.expires);
    let ticket = closed.tickets.issue(grant).map_err(|full| match full {
        Full::Subject => HttpError::TooMany(MANY.into()),
        Full::All => HttpError::Unavailable("there are too many tickets; come back later".into()),
    })?;
    json(&Ticket {
        ticket,
        use_within_s: TICKET_TIME.as_secs(),
        expires,
    })
}

/// A cookie is sent by pages too that did not ask for it.
fn has_bearer(headers: &HeaderMap) -> Result<bool, HttpError> {
    Ok(bearer(headers)?.is_some())
}

const BEARER: &str = "a ticket is given for a token; send it as `Authorization: Bearer …`";
const KEY: &str = "the key of a publisher has no end, and is no ticket's; send a token";
const MANY: &str = "too many tickets of this token's subject wait to be used; use them, or wait \
                    until they are lost";

/// A ticket: good for one address of a stream, for one connection at a time, until the token's end.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ticket {
    /// What to give as `ticket` in the address.
    ticket: String,
    /// In how many seconds it has to be used first.
    use_within_s: u64,
    /// The end of the token, and of streams with this ticket.
    #[schema(format = DateTime)]
    expires: String,
}
