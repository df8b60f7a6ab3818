//! One request, read by a thread of its own, so that nothing a server does holds the check up.

use std::error::Error as _;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use ureq::http::{HeaderMap, Method, StatusCode};

use super::super::follow::{Answer, Call};
use super::super::request::Header;
pub(super) use super::super::request::IDENTITY;
use crate::client::trust::Trust;

/// Pieces that wait to be looked at; beyond, the server is not read any further.
const PIECES: usize = 16;
/// The most bytes of one piece.
const PIECE: usize = 64 << 10;

/// What browsers say that they can unpack.
pub(super) const AS_BROWSERS: &str = "gzip, deflate, br, zstd";

/// The stream that is checked, and what is shown to its server.
#[derive(Clone, Copy)]
pub(in crate::inspect) struct Stream<'a> {
    pub(in crate::inspect) url: &'a str,
    pub(in crate::inspect) trust: &'a Trust,
    /// Sent beside or in place of what a browser sends.
    pub(in crate::inspect) headers: &'a [Header],
}

/// What is asked for.
pub(super) struct Request<'a> {
    pub(super) stream: Stream<'a>,
    /// GET or HEAD.
    pub(super) method: Method,
    pub(super) encoding: &'static str,
    pub(super) last_event_id: &'a str,
    pub(super) origin: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// What an `EventSource` sends.
    pub(super) fn new(stream: Stream<'a>) -> Self {
        Self {
            stream,
            method: Method::GET,
            encoding: AS_BROWSERS,
            last_event_id: "",
            origin: None,
        }
    }
}

/// What a response says before its body.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The addresses that were asked, the last one answered.
    pub(super) path: Vec<String>,
    /// Whether a proxy of the environment is in between.
    pub(super) by_proxy: bool,
}

impl Head {
    /// The values of a header, joined; bytes that are no text are replaced.
    pub(super) fn text(&self, name: &str) -> String {
        super::super::source::head(self.status, &self.headers).text(name)
    }
}

/// What a connection has to tell.
pub(super) enum News {
    Head(Box<Head>),
    Piece(Vec<u8>),
    /// The response is whole.
    End,
    /// The connection broke within the response.
    Broke(String),
    /// There is no response.
    Failed(Box<ureq::Error>),
}

/// A response under way; it is given up on when dropped.
pub(super) struct Response {
    pub(super) head: Head,
    /// How long after the request the head came.
    pub(super) head_after: Duration,
    sent: Instant,
    news: Receiver<(Instant, News)>,
}

impl Response {
    /// The response to a request, where its head comes in time.
    ///
    /// # Errors
    /// Where there is none, and will be none.
    pub(super) fn of(
        request: Request<'_>,
        wait: Duration,
    ) -> Result<Option<Self>, Box<ureq::Error>> {
        let (sent, news) = start(request);
        match news.recv_timeout(wait) {
            Ok((at, News::Head(head))) => Ok(Some(Self {
                head: *head,
                head_after: at.saturating_duration_since(sent),
                sent,
                news,
            })),
            Ok((_, News::Failed(error))) => Err(error),
            _ => Ok(None),
        }
    }

    /// The next news, and how long after the request it came; none until then.
    pub(super) fn next(&self, until: Instant) -> Option<(Duration, News)> {
        let wait = until.saturating_duration_since(Instant::now());
        let (at, news) = self.news.recv_timeout(wait).ok()?;
        Some((at.saturating_duration_since(self.sent), news))
    }

    /// How long ago it was asked for.
    pub(super) fn age(&self) -> Duration {
        self.sent.elapsed()
    }
}

/// Asks, in a thread of its own.
fn start(request: Request<'_>) -> (Instant, Receiver<(Instant, News)>) {
    let (tell, news) = sync_channel(PIECES);
    let call = Call {
        url: request.stream.url.to_owned(),
        trust: request.stream.trust.clone(),
        method: request.method,
        headers: request.stream.headers.to_vec(),
        last_event_id: request.last_event_id.to_owned(),
        encoding: request.encoding,
        origin: request.origin.map(str::to_owned),
        body: None,
        is_away: false,
    };
    let sent = Instant::now();
    // A read cannot be given up on; the thread ends with the connection or the program.
    thread::spawn(move || match call.answer() {
        Ok(answer) => read(answer, &tell),
        Err(error) => {
            let _ = tell.send((Instant::now(), News::Failed(Box::new(error))));
        }
    });
    (sent, news)
}

/// Tells the head and the body; nobody who listens is the end.
fn read(answer: Answer, tell: &SyncSender<(Instant, News)>) {
    let response = answer.response;
    let head = Head {
        status: response.status(),
        headers: response.headers().clone(),
        path: answer.path,
        by_proxy: answer.by_proxy,
    };
    let is_told = |news| tell.send((Instant::now(), news)).is_ok();
    if !is_told(News::Head(Box::new(head))) {
        return;
    }
    let mut body = response.into_body().into_reader();
    let mut piece = vec![0; PIECE];
    loop {
        let news = match body.read(&mut piece) {
            Ok(0) => News::End,
            Ok(length) => News::Piece(piece[..length].to_vec()),
            Err(error) => News::Broke(words(&error)),
        };
        let is_last = !matches!(news, News::Piece(_));
        if !is_told(news) || is_last {
            return;
        }
    }
}

/// An error with its reason.
fn words(error: &std::io::Error) -> String {
    match error.source() {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
