//! Who asks, and what that one may do: an extractor, so that a handler's signature says who may
//! call it.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use hub::{Draft, Filter, Hub, PublishError, Published, Topic};
use tokio::sync::oneshot;

#[cfg(doc)]
use super::guard::Guard;
use super::live::Standing;
use super::rights::Rights;
use super::token::Grant;
use super::until::Until;
use crate::clients::Client;
use crate::http::error::HttpError;
use crate::http::query::quoted;
use crate::state::AppState;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) enum Who {
    /// Whoever: the server is open.
    Anyone,
    /// Someone who shows nothing.
    Nobody,
    /// Someone with a token.
    Token(Grant),
    /// A publisher with a key of its own.
    Publisher(String),
}

/// One who asks.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(crate) who: Who,
    /// None where all may do all.
    rights: Option<Rights>,
    /// What of that is its own, and not everyone's.
    own: Rights,
    expires: Option<SystemTime>,
    /// By which key it was let in, where there was one.
    standing: Option<Standing>,
    /// What it may take, and has taken.
    pub(crate) client: Client,
    /// The ticket that it carries, and for which address, until it is taken.
    pub(super) ticket: Option<(String, String)>,
    /// Of a ticket that was taken: resolves when another connection has it.
    pub(super) replaced: Option<oneshot::Receiver<()>>,
}

impl Caller {
    /// One who may do all.
    pub(crate) fn open() -> Self {
        Self {
            who: Who::Anyone,
            rights: None,
            own: Rights::default(),
            expires: None,
            standing: None,
            client: Client::default(),
            ticket: None,
            replaced: None,
        }
    }

    /// One who may do this beside what everyone may, until then and for as long as its key is good.
    pub(super) fn closed(
        who: Who,
        own: Rights,
        public: &Rights,
        expires: Option<SystemTime>,
        standing: Option<Standing>,
    ) -> Self {
        Self {
            who,
            rights: Some(own.and(public)),
            own,
            expires,
            standing,
            client: Client::default(),
            ticket: None,
            replaced: None,
        }
    }

    /// What it may do; none where all may do all.
    pub(crate) fn rights(&self) -> Option<&Rights> {
        self.rights.as_ref()
    }

    /// When what it may do ends, where it does.
    pub(crate) fn expires(&self) -> Option<SystemTime> {
        self.expires
    }

    /// By what it is counted, where it is known by more than its address.
    pub(crate) fn subject(&self) -> Option<&str> {
        match &self.who {
            Who::Token(grant) => grant.subject.as_deref(),
            Who::Publisher(name) => Some(name),
            Who::Anyone | Who::Nobody => None,
        }
    }

    /// As much of a filter as it may have: of a pattern the topics that it may read, and a topic that is
    /// named wholly or not at all.
    ///
    /// # Errors
    /// 401 or 403 with the first selector of which it may have nothing.
    pub(crate) fn may_read(&self, filter: Filter) -> Result<Arc<Filter>, HttpError> {
        let Some(rights) = &self.rights else {
            return Ok(Arc::new(filter));
        };
        rights.narrow(filter).map(Arc::new).map_err(|selector| {
            let selector = quoted(&selector.to_string());
            self.lacks(&format!("subscribe to {selector}"), "subscribe")
        })
    }

    /// Whether it may publish on a topic.
    ///
    /// # Errors
    /// 401 or 403 with the topic.
    pub(crate) fn may_publish(&self, topic: &Topic) -> Result<(), HttpError> {
        match &self.rights {
            Some(rights) if !rights.may_publish(topic) => {
                let topic = quoted(topic.as_str());
                Err(self.lacks(&format!("publish on {topic}"), "publish"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it may forget the events of a topic: who may publish there by a right of its own. What
    /// everyone may write, not everyone may delete.
    ///
    /// # Errors
    /// 401 or 403 with the topic.
    pub(crate) fn may_forget(&self, topic: &Topic) -> Result<(), HttpError> {
        if self.rights.is_some() && !self.own.may_publish(topic) {
            let topic = quoted(topic.as_str());
            return Err(self.lacks(&format!("delete the events of {topic}"), "publish"));
        }
        Ok(())
    }

    /// Whether it may see what the hub does.
    ///
    /// # Errors
    /// 401 or 403.
    pub(crate) fn may_observe(&self) -> Result<(), HttpError> {
        match &self.rights {
            Some(rights) if !rights.observe => Err(self.lacks("see what the hub does", "observe")),
            _ => Ok(()),
        }
    }

    /// Publishes all of it, where it may publish each.
    ///
    /// # Errors
    /// 401 or 403 with the first topic on which it may not; 429 where it has published too much; whatever the hub
    /// refuses with. Nothing is stored then.
    pub(crate) async fn publish(
        &self,
        hub: &Hub,
        batch: Vec<Draft>,
    ) -> Result<Vec<Published>, HttpError> {
        self.may_publish_all(&batch)?;
        self.client.publishes(batch.len())?;
        Ok(hub.publish(batch).await?)
    }

    /// The same with a bound of its own; see [`Hub::publish_within`].
    ///
    /// # Errors
    /// Those of [`Caller::publish`]; what the hub refuses with is given as it is.
    pub(crate) async fn publish_within(
        &self,
        hub: &Hub,
        batch: Vec<Draft>,
        max: usize,
    ) -> Result<Result<Vec<Published>, PublishError>, HttpError> {
        self.may_publish_all(&batch)?;
        self.client.publishes(batch.len())?;
        Ok(hub.publish_within(batch, max).await)
    }

    fn may_publish_all(&self, batch: &[Draft]) -> Result<(), HttpError> {
        let mut topics = batch.iter().map(Draft::topic);
        topics.try_for_each(|topic| self.may_publish(topic))
    }

    /// Until when a stream of this caller may go on.
    pub(crate) fn until(&mut self) -> Until {
        Until::new(self.expires, self.replaced.take(), self.standing.clone())
    }

    /// 401 where it shows nothing, so that something may help; 403 where what it shows does not say so.
    fn lacks(&self, what: &str, claim: &str) -> HttpError {
        let detail = match &self.who {
            Who::Anyone | Who::Nobody => {
                return HttpError::NoToken(
                    format!(
                        "who shows no token may not {what}; send one with the right as `Authorization: \
                         Bearer …`, or sign in at /sign-in"
                    )
                    .into(),
                );
            }
            Who::Token(_) => {
                format!(
                    "the token may not {what}; one is needed whose claim `tickertape` says so in `{claim}`"
                )
            }
            Who::Publisher(name) => format!(
                "the key of {} may not {what}; its line in the file of publishers says what it may publish, a token \
                 all else",
                quoted(name)
            ),
        };
        HttpError::Forbidden(detail.into())
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, HttpError> {
        let mut caller = state.guard.caller(&parts.headers).await?;
        caller.client = state.clients.client(&caller, parts);
        Ok(caller)
    }
}

/// One who wants a stream or its head, and may carry a ticket in its address: see [`Guard::take`].
#[derive(Debug)]
pub(crate) struct Reader(pub(crate) Caller);

impl FromRequestParts<AppState> for Reader {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, HttpError> {
        let mut caller = state.guard.reader(&parts.uri, &parts.headers).await?;
        caller.client = state.clients.client(&caller, parts);
        Ok(Self(caller))
    }
}

impl Reader {
    /// The reader; none where nobody can say yet who it is, and no status can be given: any but 200 would end an
    /// `EventSource` for good.
    ///
    /// # Errors
    /// Why it is none.
    pub(crate) fn of(
        reader: Result<Self, HttpError>,
        has_statuses: bool,
    ) -> Result<Option<Caller>, HttpError> {
        match reader {
            Err(HttpError::Unavailable(_)) if !has_statuses => Ok(None),
            reader => reader.map(|Self(caller)| Some(caller)),
        }
    }
}

/// One who may see what the hub does.
#[derive(Debug)]
pub(crate) struct Observer;

impl FromRequestParts<AppState> for Observer {
    type Rejection = HttpError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, HttpError> {
        let caller = state.guard.caller(&parts.headers).await?;
        caller.may_observe()?;
        Ok(Self)
    }
}
