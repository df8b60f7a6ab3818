//! A stream that has begun: its subscription, its form, and until when.

use std::sync::{Arc, Mutex, PoisonError};

use hub::{Batch, Close, CloseReason, Delivery, Form, Subscription};

use crate::auth::Until;

/// A stream of events, wherever it is written to.
pub(crate) struct Live {
    pub(crate) subscription: Subscription,
    pub(crate) form: Form,
    until: Until,
    /// Kept for as long as the stream lives.
    _company: Box<dyn Send>,
    is_over: bool,
}

impl Live {
    pub(crate) fn new(
        subscription: Subscription,
        form: Form,
        until: Until,
        company: impl Send + 'static,
    ) -> Self {
        Self {
            subscription,
            form,
            until,
            _company: Box::new(company),
            is_over: false,
        }
    }

    /// What comes next, once there is something; none after the last. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Option<Batch> {
        if self.is_over {
            return None;
        }
        // Asked first: where there is always more to say, nothing is waited for. What waits for the end is set up
        // only where there is nothing to say.
        if !self.has_expired() {
            tokio::select! {
                biased;
                deliveries = next(&mut self.subscription) => return deliveries,
                () = self.until.over() => {}
            }
        }
        Some(self.end(CloseReason::Expired))
    }

    /// Whether the right to it has ended by now.
    pub(crate) fn has_expired(&mut self) -> bool {
        self.until.is_over()
    }

    /// Whether the right to it may end before the stream does.
    pub(crate) fn may_expire(&self) -> bool {
        self.until.may_come()
    }

    /// The last that it is handed, where it is ended from outside.
    pub(crate) fn end(&mut self, reason: CloseReason) -> Batch {
        self.is_over = true;
        let last = vec![Delivery::Close(Close::new(reason))];
        // The subscription did not end by itself, and has not counted it.
        self.subscription.took(&last);
        last
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
