//! `POST` and `PUT` of `/lines`: a live upload, every line an event as it arrives.
//!
//! The body is read no faster than its lines are stored, and may take as long as it likes. What
//! is refused ends the upload; the lines before it stay, and the answer says which they are.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http_body_util::BodyExt;
use hub::limits::MAX_BATCH;
use hub::{Draft, EventId, Hub};
use serde::Serialize;
use tokio::time::sleep_until;
use utoipa::ToSchema;

use super::error::HttpError;
use super::fields::{self, Confusing, Fields};
use super::media::{content_type, not_encoded, unsupported};
use super::object::Object;
use super::room::Share;
use super::splitter::Splitter;
use super::{address, body};
use crate::auth::{Caller, Until};
use crate::clients::Seat;
use crate::limits::Limits;
use crate::shutdown::Stopping;
use crate::state::AppState;

/// `POST /lines?topic=T`, `POST /lines/{topic}`: every line is the data of an event. Without a
/// topic, every line is a JSON object that says what to publish (`application/x-ndjson`).
///
/// # Errors
/// What can be refused is refused before the body is read: 400 for a field that is malformed, 415
/// without a topic for another content type. Later 400, 413 and whatever the hub refuses with, for
/// a line; 503 where the server stops. Each of these says how many lines were stored.
pub(crate) async fn upload(
    State(state): State<AppState>,
    caller: Result<Caller, HttpError>,
    request: Request,
) -> Result<Response, HttpError> {
    let begun = caller.and_then(|caller| {
        let lines = Lines::of(&request, &caller)?;
        let seat = seat(&caller)?;
        Ok((lines, caller, seat))
    });
    let (lines, caller, _seat) = match begun {
        Ok(begun) => begun,
        Err(error) => return Err(body::refuse(request, error)),
    };
    let mut body = request.into_body();
    let (hub, share) = (state.hub.clone(), state.lines.share());
    let stopping = state.stopping.clone();
    let mut upload = Upload::new(hub, caller, lines, (share, stopping), &state.config.limits);
    match upload.run(&mut body).await {
        Ok(()) => Ok(upload.confusing.warn(&upload.stored)),
        Err(error) => {
            body::drain(body);
            Err(upload.refusal(error))
        }
    }
}

/// Room for an upload, which may last as a stream does.
///
/// # Errors
/// 429 where the client has too many of both, 503 where its connection may not stay.
fn seat(caller: &Caller) -> Result<Seat, HttpError> {
    caller.client.seat().map_err(|full| match full {
        HttpError::Crowded(_) => HttpError::TooMany(full.to_string().into()),
        full => full,
    })
}

/// What a line is.
enum Lines {
    /// The data of an event with these fields.
    Data(Fields),
    /// An event as a JSON object; a blank line is none.
    Objects,
}

impl Lines {
    fn of(request: &Request, caller: &Caller) -> Result<Self, HttpError> {
        not_encoded(request.headers())?;
        let (topics, query) = address::read(request.uri(), &["event", "retry", "key"])?;
        let fields = Fields::of(topics, &query)?;
        fields.no_key()?;
        fields::no_key_header(request.headers())?;
        if fields.topic.is_some() {
            let draft = fields.draft("")?;
            caller.may_publish(draft.topic())?;
            return Ok(Self::Data(fields));
        }
        let content_type = content_type(request.headers());
        if content_type != "application/x-ndjson" {
            return Err(unsupported(&content_type, "application/x-ndjson"));
        }
        if fields.event.is_some() || fields.retry.is_some() {
            return Err(HttpError::bad_request(
                "`event` and `retry` are in the address and `topic` is not; put them in the objects",
            ));
        }
        Ok(Self::Objects)
    }

    /// The longest line, in bytes: an object may escape each byte of its data.
    fn longest(&self, limits: &Limits) -> usize {
        match self {
            Self::Data(_) => limits.event,
            Self::Objects => limits.request,
        }
    }

    /// The event of a line; none for a blank one among objects.
    fn draft(&self, line: &[u8], confusing: &mut Confusing) -> Result<Option<Draft>, HttpError> {
        let text = std::str::from_utf8(line).map_err(|error| {
            HttpError::bad_request(format!(
                "the line is not UTF-8 from byte {} on; send text, binary data as base64",
                error.valid_up_to()
            ))
        })?;
        match self {
            Self::Data(fields) => fields.draft(text).map(Some),
            Self::Objects if text.trim_ascii().is_empty() => Ok(None),
            Self::Objects => {
                let object = Object::parse(text)?;
                let draft = object.keyless()?;
                confusing.note(&object.fields);
                Ok(Some(draft))
            }
        }
    }
}

/// What is answered at the end of an upload.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct Stored {
    /// How many events were stored.
    count: u64,
    /// The id of the first; null where there is none.
    #[schema(required)]
    first: Option<String>,
    /// The id of the last.
    #[schema(required)]
    last: Option<String>,
}

/// An upload under way.
struct Upload {
    hub: Hub,
    caller: Caller,
    /// The end of the caller's right.
    until: Until,
    stopping: Stopping,
    lines: Lines,
    splitter: Splitter,
    /// The room that the line takes which has begun.
    share: Share,
    /// What is checked and not yet published, all of it from one piece of the body.
    drafts: Vec<Draft>,
    /// How many lines were read, blank ones too.
    read: u64,
    /// How many of them have become what they become; the rest are in `drafts`.
    settled: u64,
    stored: Stored,
    confusing: Confusing,
}

impl Upload {
    fn new(
        hub: Hub,
        mut caller: Caller,
        lines: Lines,
        (share, stopping): (Share, Stopping),
        limits: &Limits,
    ) -> Self {
        let mut confusing = Confusing::default();
        if let Lines::Data(fields) = &lines {
            confusing.note(fields);
        }
        Self {
            hub,
            until: caller.until(),
            stopping,
            caller,
            share,
            splitter: Splitter::new(lines.longest(limits)),
            lines,
            drafts: Vec::new(),
            read: 0,
            settled: 0,
            stored: Stored::default(),
            confusing,
        }
    }

    /// Reads to the end of the body.
    async fn run(&mut self, body: &mut Body) -> Result<(), HttpError> {
        loop {
            let Some(frame) = self.or_its_end(body.frame()).await? else {
                return self.finish().await;
            };
            let frame = frame
                .map_err(|_| HttpError::bad_request("the body broke off; send all of the line"))?;
            if let Ok(data) = frame.into_data() {
                self.take(&data).await?;
            }
        }
    }

    /// Waits for something, or for the end of the caller's right, or of the server.
    async fn or_its_end<T>(&mut self, wait: impl Future<Output = T>) -> Result<T, HttpError> {
        tokio::select! {
            waited = wait => Ok(waited),
            () = self.until.over() => Err(HttpError::BadToken),
            () = self.stopping.wait() => Err(HttpError::Unavailable(
                "the server stops; go on from this line once it is back".into(),
            )),
        }
    }

    /// Publishes the lines that end in a piece of the body: those before one that is refused, too.
    async fn take(&mut self, piece: &Bytes) -> Result<(), HttpError> {
        let mut rest: &[u8] = piece;
        let mut taken = Ok(());
        while taken.is_ok() {
            match self.splitter.next(&mut rest) {
                Ok(Some(line)) => taken = self.line(&line).await,
                Ok(None) => {
                    taken = self.share.hold(self.splitter.held());
                    break;
                }
                Err(error) => taken = Err(error),
            }
        }
        self.publish().await.and(taken)
    }

    /// A last line may lack its end.
    async fn finish(&mut self) -> Result<(), HttpError> {
        if let Some(line) = self.splitter.last() {
            self.line(&line).await?;
        }
        self.publish().await
    }

    async fn line(&mut self, line: &[u8]) -> Result<(), HttpError> {
        let draft = self.lines.draft(line, &mut self.confusing)?;
        if let Some(draft) = &draft {
            self.caller.may_publish(draft.topic())?;
        }
        self.read += 1;
        match draft {
            Some(draft) => self.drafts.push(draft),
            None if self.drafts.is_empty() => self.settled = self.read,
            None => {}
        }
        if self.drafts.len() == MAX_BATCH.min(self.caller.client.piece()) {
            self.publish().await?;
        }
        Ok(())
    }

    async fn publish(&mut self) -> Result<(), HttpError> {
        if self.drafts.is_empty() {
            return Ok(());
        }
        // Meanwhile nothing is read: its client is slowed, not refused.
        if let Some(at) = self.caller.client.waits(self.drafts.len()) {
            self.or_its_end(sleep_until(at)).await?;
        }
        // What was read before the right ended is not stored after it.
        if self.until.is_over() {
            return Err(HttpError::BadToken);
        }
        let published = self.hub.publish(std::mem::take(&mut self.drafts)).await?;
        self.settled = self.read;
        let id = |id: &EventId| Some(id.to_string());
        self.stored.count += published.len() as u64;
        if let (Some(first), Some(last)) = (published.first(), published.last()) {
            self.stored.first = self.stored.first.take().or_else(|| id(&first.id));
            self.stored.last = id(&last.id);
        }
        Ok(())
    }

    /// Why the upload ends, and what there is of it.
    fn refusal(&self, error: HttpError) -> HttpError {
        HttpError::Upload {
            line: self.settled + 1,
            stored: self.stored.count,
            last: self.stored.last.clone(),
            cause: Box::new(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::extract::FromRequestParts;
    use tokio::time::{Instant, sleep};

    use super::*;
    use crate::clients::Clients;
    use crate::http::peer::Remote;

    /// An upload of a client that is counted.
    async fn begin(state: &AppState, lines: usize) -> (Result<Caller, HttpError>, Request) {
        let remote = Remote {
            addr: Some("203.0.113.1:1".parse().unwrap()),
            is_local: false,
        };
        let mut request = Request::new(Body::from("x\n".repeat(lines)));
        *request.uri_mut() = "/lines/a".parse().unwrap();
        request.extensions_mut().insert(remote);
        let (mut parts, body) = request.into_parts();
        let caller = Caller::from_request_parts(&mut parts, state).await;
        (caller, Request::from_parts(parts, body))
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_goes_on_at_the_rate_of_its_client_without_a_jump() {
        let (_stop, mut state) = AppState::empty();
        state.parts().clients = Clients::new(&Limits::default(), &[]);
        let begun = Instant::now();
        let (caller, request) = begin(&state, 1_000).await;
        let upload = tokio::spawn(upload(State(state.clone()), caller, request));
        for second in 0..16 {
            // Between two pieces, which are a quarter of a second apart.
            sleep(Duration::from_millis(500)).await;
            let (stored, due) = (state.hub.head().seq, 200 + 50 * second + 25);
            assert!(
                (due - 13..=due).contains(&stored),
                "{stored} after {second} s"
            );
            sleep(Duration::from_millis(500)).await;
        }
        assert!(upload.await.unwrap().is_ok());
        assert_eq!(begun.elapsed(), Duration::from_secs(16));
        assert_eq!(state.hub.head().seq, 1_000);
    }
}
