//! `GET /sse/time`: the time, again and again.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use chrono::{Local, SecondsFormat};
use futures::{Stream, stream};
use tokio::time::{Instant, Interval, MissedTickBehavior};
use wire::{EventName, Frame, Id};

use super::error::HttpError;
use super::query::Query;
use super::stream::{event_stream, last_event_id, overload};
use crate::clients::{Client, Seat};
use crate::shutdown::Stopping;
use crate::state::AppState;

/// `GET /sse/time?count=N&interval=MS`: the time `count` times (100; 0: no end), `interval`
/// milliseconds apart (15), with ids that go on from `Last-Event-ID`.
///
/// # Errors
/// 400 for any other parameter or value.
pub(crate) async fn stream(
    State(state): State<AppState>,
    client: Client,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, HttpError> {
    let query = Query::of(&uri, &["count", "interval"])?;
    let count = query.number("count", 0..=MAX_COUNT)?.unwrap_or(100);
    let interval = query.number("interval", 1..=60_000)?.unwrap_or(15);
    let ticks = Ticks::new(resumed(&headers), count, Duration::from_millis(interval))?;
    Ok(match client.seat() {
        Ok(seat) => event_stream(Body::from_stream(
            ticks.frames(state.stopping.clone(), seat),
        )),
        Err(_) => overload(),
    })
}

/// The largest `count`: as many digits as an id may have.
pub(crate) const MAX_COUNT: u64 = 999_999_999_999_999;

/// The most digits of an id that counts as one; the sum with a `count` cannot overflow.
const MAX_DIGITS: usize = 15;

/// The id of the last event that the client has seen, 0 where there is none.
fn resumed(headers: &HeaderMap) -> u64 {
    last_event_id(headers)
        .filter(|id| id.len() <= MAX_DIGITS && id.iter().all(u8::is_ascii_digit))
        .and_then(|id| String::from_utf8(id).ok()?.parse().ok())
        .unwrap_or(0)
}

/// What is left of one stream.
struct Ticks {
    name: EventName,
    last: u64,
    begun: bool,
    /// The id after which the stream ends.
    end: Option<u64>,
    clock: Interval,
}

impl Ticks {
    fn new(last: u64, count: u64, interval: Duration) -> Result<Self, HttpError> {
        let name = EventName::new("time")
            .map_err(|error| HttpError::Internal(format!("the event name {error}").into()))?;
        let mut clock = tokio::time::interval_at(Instant::now(), interval);
        // A client that was held up gets the time, not a burst of what it missed.
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            name,
            last,
            begun: false,
            end: (count > 0).then_some(last + count),
            clock,
        })
    }

    /// The blocks of the stream, until its end or the server's stop.
    fn frames(
        self,
        stopping: Stopping,
        seat: Seat,
    ) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
        let state = (self, stopping, seat);
        stream::unfold(state, |(mut ticks, mut stopping, seat)| async move {
            if ticks.end.is_some_and(|end| ticks.last >= end) {
                return None;
            }
            tokio::select! {
                biased;
                () = stopping.wait() => return None,
                _ = ticks.clock.tick() => {}
            }
            if !std::mem::replace(&mut ticks.begun, true) {
                // The first is at once, however late that is; the second an interval later.
                ticks.clock.reset();
            }
            let frame = ticks.next_frame();
            Some((Ok(frame), (ticks, stopping, seat)))
        })
    }

    fn next_frame(&mut self) -> Bytes {
        self.last += 1;
        let time = Local::now().to_rfc3339_opts(SecondsFormat::Micros, false);
        // Digits are an id in any case.
        let id = Id::new(self.last.to_string()).ok();
        let frame = Frame {
            event: Some(&self.name),
            id: id.as_ref(),
            data: Some(&time),
            ..Frame::default()
        };
        frame.encode().into()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use futures::StreamExt;

    use super::*;
    use crate::http::stream::LAST_EVENT_ID;
    use crate::shutdown::Stop;

    fn seat() -> Seat {
        Client::default().seat().unwrap()
    }

    fn ticks(last: u64, count: u64) -> Ticks {
        Ticks::new(last, count, Duration::from_millis(15)).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_is_its_count_of_blocks_and_fifteen_milliseconds_apart() {
        let (_stop, stopping) = Stop::new();
        let begin = Instant::now();
        let mut frames = Box::pin(ticks(0, 100).frames(stopping, seat()));
        let mut ids = Vec::new();
        while let Some(frame) = frames.next().await {
            assert_eq!(
                begin.elapsed(),
                Duration::from_millis(15 * ids.len() as u64)
            );
            let text = String::from_utf8(frame.unwrap().to_vec()).unwrap();
            ids.push(text.split('\n').nth(1).unwrap().to_owned());
        }
        assert_eq!(
            ids,
            (1..=100).map(|n| format!("id: {n}")).collect::<Vec<_>>()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_was_held_up_gets_no_burst() {
        let (_stop, stopping) = Stop::new();
        let mut frames = Box::pin(ticks(0, 0).frames(stopping, seat()));
        frames.next().await;
        tokio::time::advance(Duration::from_secs(10)).await;
        frames.next().await;
        let late = Instant::now();
        frames.next().await;
        assert_eq!(late.elapsed(), Duration::from_millis(15));
    }

    #[tokio::test(start_paused = true)]
    async fn an_endless_stream_ends_with_the_server() {
        let (stop, stopping) = Stop::new();
        let mut frames = Box::pin(ticks(0, 0).frames(stopping, seat()));
        for _ in 0..1000 {
            assert!(frames.next().await.is_some());
        }
        stop.now();
        assert!(frames.next().await.is_none());
    }

    #[test]
    fn only_digits_are_an_id_to_go_on_from() {
        let cases: [(&[u8], u64); 9] = [
            (b"7", 7),
            (b"007", 7),
            (b"999999999999999", 999_999_999_999_999),
            (b"1000000000000000", 0),
            (b"", 0),
            (b"-1", 0),
            (b"+1", 0),
            (b"k3x9-7", 0),
            (b"\xff", 0),
        ];
        for (id, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(LAST_EVENT_ID, HeaderValue::from_bytes(id).unwrap());
            assert_eq!(resumed(&headers), expected, "{id:?}");
        }
        let mut twice = HeaderMap::new();
        twice.append(LAST_EVENT_ID, HeaderValue::from_static("7"));
        twice.append(LAST_EVENT_ID, HeaderValue::from_static("7"));
        assert_eq!(resumed(&twice), 0);
    }
}
