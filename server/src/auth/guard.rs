//! The door: who asks, and what that one may do.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use sha2::{Digest, Sha256};

use super::access::Access;
use super::caller::{Caller, Who};
use super::key::Key;
use super::live::Live;
use super::policy::Policy;
use super::rights::Rights;
use super::tickets::Tickets;
use super::token::{self, Demands, Grant, Head};
use crate::config::Config;
use crate::hex;
use crate::http::error::HttpError;
use crate::http::query::{CURSORS, decode};
use crate::limits::COOKIE;
use crate::storage::Storage;

/// Who may do what at this server, at this moment.
pub(crate) enum Guard {
    /// All may do all.
    Open,
    /// Each may do what the policy says.
    Closed(Box<Closed>),
}

/// The state of a server that is closed.
pub(crate) struct Closed {
    live: Arc<Live>,
    pub(crate) tickets: Tickets,
}

/// The query parameter that holds a ticket.
pub(crate) const TICKET: &str = "ticket";

impl Guard {
    /// The one that the settings ask for.
    pub(crate) fn new(config: &Config) -> Self {
        let Access::Closed(policy) = &config.access else {
            return Self::Open;
        };
        let dir = match &config.storage {
            Storage::Memory => None,
            Storage::Directory(dir) => Some(dir.as_path()),
        };
        Self::Closed(Box::new(Closed {
            live: Live::new(Arc::clone(policy)),
            tickets: Tickets::open(dir),
        }))
    }

    /// Fetches the keys that are published elsewhere, so that the first token need not wait; and again and again,
    /// so that what is under way ends with its key also where nobody shows a token.
    pub(crate) async fn follow(&self) {
        let Self::Closed(closed) = self else { return };
        if let Some(jwks) = &closed.live.jwks {
            jwks.follow().await;
        }
    }

    /// Reads the files with keys again, and has those fetched again that are published elsewhere.
    ///
    /// # Errors
    /// Where a file is wrong now: then what was good stays.
    pub(crate) fn reload(&self) -> Result<(), String> {
        let Self::Closed(closed) = self else {
            return Ok(());
        };
        if let Some(jwks) = &closed.live.jwks {
            jwks.ask_now();
        }
        closed.live.replace(closed.policy().again()?);
        Ok(())
    }

    /// Who asks, by the headers alone.
    ///
    /// # Errors
    /// 401 for a token that is not good; a cookie that is not is as none, as browsers send it with
    /// everything.
    pub(crate) async fn caller(&self, headers: &HeaderMap) -> Result<Caller, HttpError> {
        let Self::Closed(closed) = self else {
            return Ok(Caller::open());
        };
        let policy = closed.policy();
        if let Some(token) = bearer(headers)? {
            return closed.known(&policy, token).await;
        }
        let Some(token) = policy.cookie.of(headers) else {
            return Ok(self.nobody());
        };
        match closed.known(&policy, token).await {
            // What is good perhaps is not taken for nothing.
            Err(HttpError::Unavailable(why)) => Err(HttpError::Unavailable(why)),
            known => Ok(known.unwrap_or_else(|_| self.nobody())),
        }
    }

    /// One who shows nothing.
    pub(crate) fn nobody(&self) -> Caller {
        let Self::Closed(closed) = self else {
            return Caller::open();
        };
        let (own, public) = (Rights::default(), &closed.policy().public);
        Caller::closed(Who::Nobody, own, public, None, None)
    }

    /// Whether a token or a key is shown as a bearer, and is good: nobody's where all may do all.
    pub(crate) async fn knows_bearer(&self, headers: &HeaderMap) -> bool {
        match (self, bearer(headers)) {
            (Self::Closed(closed), Ok(Some(token))) => {
                closed.known(&closed.policy(), token).await.is_ok()
            }
            _ => false,
        }
    }

    /// The cookie that keeps a token, or the key of a publisher.
    ///
    /// # Errors
    /// 401 where it is not good, 404 where the server is open.
    pub(crate) async fn keep(&self, token: &str) -> Result<HeaderValue, HttpError> {
        let Self::Closed(closed) = self else {
            return Err(HttpError::NotFound(
                "this server is open; there is nothing to sign in to".into(),
            ));
        };
        let policy = closed.policy();
        let caller = closed.known(&policy, token).await?;
        let cookie = policy.cookie.keep(token, caller.expires());
        cookie.ok_or_else(|| {
            HttpError::bad_request(format!(
                "the token is good, but a browser keeps none over {COOKIE} bytes, nor one with a comma, a \
                 semicolon, a quote or a backslash; ask for a shorter one"
            ))
        })
    }

    /// The same for who wants a stream, which may carry a ticket in its address: it is looked at, and
    /// taken by [`Guard::take`] once all the rest is right.
    ///
    /// # Errors
    /// 401 for a token or a ticket that is not good, and for both at once; 503 where nobody can say yet whether the
    /// key is good that a ticket was given for.
    pub(crate) async fn reader(&self, uri: &Uri, headers: &HeaderMap) -> Result<Caller, HttpError> {
        let (closed, ticket) = match (self, ticket(uri)) {
            (Self::Closed(closed), Some(ticket)) => (closed, alone(ticket, headers)?),
            _ => return self.caller(headers).await,
        };
        let address = address(uri);
        let grant = closed.tickets.look(&ticket, &address);
        let grant = grant.ok_or_else(|| refused(NO_TICKET))?;
        closed.is_known(&grant).await?;
        let mut caller = closed.granted(&closed.policy(), grant);
        caller.ticket = Some((ticket, address));
        Ok(caller)
    }

    /// Takes the ticket of a caller into use, from whoever has it.
    ///
    /// # Errors
    /// 401 where it is not good any more.
    pub(crate) fn take(&self, caller: &mut Caller) -> Result<(), HttpError> {
        if let (Self::Closed(closed), Some((ticket, address))) = (self, caller.ticket.take()) {
            let taken = closed.tickets.take(&ticket, &address);
            caller.replaced = Some(taken.ok_or_else(|| refused(NO_TICKET))?);
        }
        Ok(())
    }
}

impl Closed {
    pub(crate) fn policy(&self) -> Arc<Policy> {
        self.live.policy()
    }

    fn granted(&self, policy: &Policy, grant: Grant) -> Caller {
        let (own, expires) = (grant.rights.clone(), Some(grant.expires));
        let standing = Some(self.live.standing(grant.key));
        Caller::closed(Who::Token(grant), own, &policy.public, expires, standing)
    }

    /// Whether the key is good still by which a ticket was given.
    ///
    /// # Errors
    /// 401 where it is not; 503 where the keys that are published elsewhere were never there.
    async fn is_known(&self, grant: &Grant) -> Result<(), HttpError> {
        if self.live.knows(&grant.key) {
            return Ok(());
        }
        if let Some(jwks) = &self.live.jwks {
            // After a restart they may not be here yet.
            jwks.freshen().await;
            if !jwks.was_there() {
                return Err(HttpError::Unavailable(NO_KEYS.into()));
            }
        }
        match self.live.knows(&grant.key) {
            true => Ok(()),
            false => Err(refused("the key is gone that the ticket was given for")),
        }
    }

    /// Whose token or key this is.
    ///
    /// # Errors
    /// 401 where it is nobody's; 503 where the keys that are published elsewhere were never there.
    async fn known(&self, policy: &Policy, token: &str) -> Result<Caller, HttpError> {
        if let Some(publisher) = policy.publishers.find(token) {
            let who = Who::Publisher(publisher.name.clone());
            let own = publisher.rights.clone();
            let standing = Some(self.live.standing(publisher.id));
            return Ok(Caller::closed(who, own, &policy.public, None, standing));
        }
        let head = token::head(token, &policy.demands).map_err(|why| refused(&why))?;
        let mut granted_by = try_keys(token, &head, &policy.keys, &policy.demands);
        if let (Err(_), Some(jwks)) = (&granted_by, &self.live.jwks) {
            jwks.freshen().await;
            granted_by = try_keys(token, &head, &jwks.keys(), &policy.demands);
            let is_named = |key: &Key| head.key.is_some() && key.name == head.key;
            if granted_by.is_err() && !jwks.keys().iter().any(is_named) {
                jwks.look_for_new().await;
                granted_by = try_keys(token, &head, &jwks.keys(), &policy.demands);
            }
            if granted_by.is_err() && !jwks.was_there() {
                return Err(HttpError::Unavailable(NO_KEYS.into()));
            }
        }
        granted_by
            .map(|grant| self.granted(policy, grant))
            .map_err(|why| refused(&why))
    }
}

const NO_KEYS: &str = "the keys for tokens cannot be fetched now; come back later";

/// What a token grants, by the first of these keys that it is signed with.
///
/// # Errors
/// What is wrong with it, for the log.
fn try_keys(token: &str, head: &Head, keys: &[Key], demands: &Demands) -> Result<Grant, String> {
    let is_for = |key: &&Key| {
        let named = head.key.is_none() || key.name.is_none() || key.name == head.key;
        key.algorithm == head.algorithm && named
    };
    let mut why = "no key is for it".to_owned();
    for key in keys.iter().filter(is_for) {
        match token::check(token, key, demands) {
            Ok(grant) => return Ok(grant),
            Err(wrong) => why = wrong,
        }
    }
    Err(why)
}

/// One text for all that can be wrong, which tells nobody how far they have got; the log says more.
fn refused(why: &str) -> HttpError {
    tracing::debug!("a token is refused: {}", crate::http::query::quoted(why));
    HttpError::BadToken
}

/// The token in the header `Authorization`.
///
/// # Errors
/// 401 where there are two, or another scheme.
pub(crate) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, HttpError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), second) = (values.next(), values.next()) else {
        return Ok(None);
    };
    let text = value.to_str().ok().filter(|_| second.is_none());
    let token = text.and_then(|text| text.split_once(' '));
    match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token.trim())),
        _ => Err(refused("`Authorization` is no bearer")),
    }
}

const NO_TICKET: &str = "no such ticket, or not for this";

/// A ticket with no token beside it.
fn alone(ticket: String, headers: &HeaderMap) -> Result<String, HttpError> {
    if headers.contains_key(header::AUTHORIZATION) {
        return Err(refused("there is a ticket beside it"));
    }
    Ok(ticket)
}

/// The ticket in an address.
fn ticket(uri: &Uri) -> Option<String> {
    let mut tickets = pairs(uri).filter(|(name, _)| name == TICKET);
    let first = tickets.next()?;
    // Two are none that was ever given out.
    let only = tickets.next().is_none();
    Some(if only {
        first.1.to_owned()
    } else {
        String::new()
    })
}

/// An address but for its ticket, and for the cursor, which a client that begins anew sets; as a hash, as it may be
/// as long as a request's head.
fn address(uri: &Uri) -> String {
    let rest = pairs(uri).filter(|(name, _)| name != TICKET && !CURSORS.contains(&name.as_str()));
    // A path holds no question mark, and so is never taken for a path with a query.
    let mut hash = Sha256::new_with_prefix(uri.path());
    hash.update("?");
    for (name, value) in rest {
        hash.update(format!("&{name}={value}"));
    }
    hex::encode(&hash.finalize())
}

fn pairs(uri: &Uri) -> impl Iterator<Item = (String, &str)> {
    let parts = uri.query().unwrap_or_default().split('&');
    parts.filter(|part| !part.is_empty()).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (decode(name).unwrap_or_else(|()| name.to_owned()), value)
    })
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep, timeout};

    use super::super::jwks::tests::{ED, publish};
    use super::*;
    use crate::config::AccessArgs;
    use crate::limits::JWKS_AGE;

    #[tokio::test(start_paused = true)]
    async fn a_published_key_that_is_withdrawn_is_missed_also_where_nobody_shows_a_token() {
        let (url, set) = publish(ED);
        let args = AccessArgs {
            jwks: Some(url),
            cookie_name: "t".to_owned(),
            ..AccessArgs::default()
        };
        let guard = Arc::new(Guard::new(&Config {
            access: Access::closed(args).unwrap(),
            ..Config::default()
        }));
        let Guard::Closed(closed) = guard.as_ref() else {
            panic!("it is closed");
        };
        let follows = Arc::clone(&guard);
        let following = tokio::spawn(async move { follows.follow().await });
        let jwks = closed.live.jwks.as_ref().unwrap();
        while !jwks.was_there() {
            sleep(JWKS_AGE / 1000).await;
        }
        let mut watched = closed.live.standing(jwks.keys()[0].id).watched();
        assert!(!watched.is_gone());
        set.lock().unwrap().0.clear();
        let begun = Instant::now();
        timeout(2 * JWKS_AGE, watched.gone()).await.unwrap();
        assert!(begun.elapsed() <= JWKS_AGE);
        following.abort();
    }
}
