//! A stream that has begun: its subscription, its form, and until when.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use hub::{Batch, Close, CloseReason, Delivery, Form, Subscription};

use super::channel::Kind;
use super::chunk;
use super::portions::{Portion, Portions};
use crate::auth::Until;

/// A stream of events, wherever it is written to.
pub(crate) struct Live {
    pub(crate) subscription: Subscription,
    pub(crate) form: Form,
    stay: Stay,
    is_over: bool,
}

/// Until when a stream may go on, and what is kept for as long as it does.
pub(super) struct Stay {
    /// None where it may for ever.
    until: Option<Box<Until>>,
    _company: Box<dyn Send>,
}

impl Stay {
    /// Whether the right to it has ended by now.
    pub(super) fn is_over(&mut self) -> bool {
        self.until.as_mut().is_some_and(|until| until.is_over())
    }

    /// Whether the right to it may end before the stream does.
    pub(super) fn may_end(&self) -> bool {
        self.until.is_some()
    }

    /// Resolves at the end of the right to it; cancel-safe.
    async fn over(&mut self) {
        match &mut self.until {
            Some(until) => until.over().await,
            None => pending().await,
        }
    }
}

impl Live {
    pub(crate) fn new(
        subscription: Subscription,
        form: Form,
        until: Until,
        company: impl Send + 'static,
    ) -> Self {
        let stay = Stay {
            until: until.may_come().then(|| Box::new(until)),
            _company: Box::new(company),
        };
        Self::resumed(subscription, form, stay)
    }

    /// One whose subscription was elsewhere in between.
    pub(super) fn resumed(subscription: Subscription, form: Form, stay: Stay) -> Self {
        Self {
            subscription,
            form,
            stay,
            is_over: false,
        }
    }

    /// Its parts, to be resumed.
    pub(super) fn into_parts(self) -> (Subscription, Form, Stay) {
        (self.subscription, self.form, self.stay)
    }

    /// What it has to have in common with others to be sent the same.
    pub(super) fn kind(&self) -> Kind {
        (Arc::clone(self.subscription.filter()), self.form)
    }

    /// Appends what it has to say before any event, as a chunk: it goes out with the head.
    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        if self.subscription.place().is_some() {
            return;
        }
        if let Some(Some(batch)) = self.next().now_or_never() {
            out.extend_from_slice(&chunk::of(&batch, self.form));
        }
    }

    /// What another was sent who stood at the same place, where it is at hand and nothing else comes first.
    pub(super) fn portion(&mut self, portions: &Portions) -> Option<Arc<Portion>> {
        let place = self.subscription.place().filter(|_| !self.is_over)?;
        let portion = portions.get(&(self.kind(), place))?;
        if self.stay.is_over() {
            return None;
        }
        self.subscription.hand(&portion.handed, portion.through);
        Some(portion)
    }

    /// What comes next, once there is something; none after the last. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Batch> {
        if self.is_over {
            return None;
        }
        // Asked first: where there is always more to say, nothing is waited for. What waits for the end is set up
        // only where there is nothing to say.
        if !self.stay.is_over() {
            tokio::select! {
                biased;
                deliveries = next(&mut self.subscription) => return deliveries,
                () = self.stay.over() => {}
            }
        }
        self.is_over = true;
        let last = vec![Delivery::Close(Close::new(CloseReason::Expired))];
        // The subscription did not end by itself, and has not counted it.
        self.subscription.took(&last);
        Some(last)
    }
}

/// The next deliveries; a log that cannot be read ends the stream, and its client resumes.
async fn next(subscription: &mut Subscription) -> Option<Batch> {
    subscription.next().await.unwrap_or_else(|error| {
        tracing::error!(%error, "a stream ends because the log cannot be read");
        None
    })
}

/// A stream in a response, for whoever takes it first: its body, or who carries it on without one.
#[derive(Clone)]
pub(crate) struct Offer(Arc<Mutex<Option<Begun>>>);

/// A stream, and the bytes with which it begins.
pub(crate) type Begun = (Live, Vec<u8>);

impl Offer {
    /// A stream, and the bytes with which it begins.
    pub(crate) fn new(live: Live, begin: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Some((live, begin)))))
    }

    /// The stream; none where it was taken.
    pub(crate) fn take(&self) -> Option<Begun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(test)]
mod tests {
    use hub::{Filter, Start};

    use super::*;
    use crate::state::AppState;

    #[tokio::test]
    async fn what_comes_before_any_event_goes_out_with_the_head_and_once() {
        let (_stop, state) = AppState::empty();
        let filter = Arc::new(Filter::topic("a").unwrap());
        let subscription = state.hub.subscribe(filter, Start::Live).await.unwrap();
        let mut live = Live::new(subscription, Form::Plain, Until::for_ever(), ());
        let mut head = b"head".to_vec();
        live.begin(&mut head);
        let said = String::from_utf8(head.clone()).unwrap();
        assert!(
            said.starts_with("head") && said.ends_with("\n\n\r\n"),
            "{said}"
        );
        assert_eq!(said.matches("event: hub.open").count(), 1);
        live.begin(&mut head);
        assert_eq!(head, said.as_bytes());
        assert!(live.next().now_or_never().is_none(), "there is no more");
    }
}
