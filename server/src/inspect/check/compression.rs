//! Whether a stream is compressed where a browser would let it be, and then held back.
//!
//! Nothing is unpacked: how many bytes came, and when, is enough, and no bomb goes off.

use std::time::{Duration, Instant};

use super::super::source;
use super::advice::COMPRESSION;
use super::delivery::seconds;
use super::fetch::{Head, News, Response};
use super::point::Point;
use super::watch::Watch;

/// What a compressor may send before any data: the head of gzip, and some more.
const PREFIX: u64 = 18;
/// So much later than without compression is held back.
const LATE: Duration = Duration::from_secs(2);

/// By what a response is compressed; none where it is not.
pub(super) fn encoding(head: &Head) -> Option<String> {
    source::head(head.status, &head.headers).encoding()
}

/// A response that is compressed, though nothing of the kind was asked for.
pub(super) fn unasked(encoding: &str) -> Point {
    let detail = format!(
        "it is compressed with {encoding:?} although `identity` was asked for; the rest is not \
         looked at"
    );
    Point::bad("content_encoding", detail).change(COMPRESSION)
}

/// What there is to say of a compressed response beside the same that is not.
pub(super) fn point(encoding: &str, compressed: &Response, plain: &Watch) -> Point {
    let first = first_data(compressed);
    let expected = plain.moments.first().map(|first| first.begin);
    let is_held_back = match (expected, first) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(expected), Some(first)) => first > expected + LATE,
    };
    if is_held_back {
        let when = match first {
            Some(first) => format!("{} ms after the request", first.as_millis()),
            None => "not at all while the check lasted".to_owned(),
        };
        let detail = format!(
            "asked as browsers ask, it is compressed with {encoding:?}, and events come {when}: \
             the compressor holds them back; without it they come"
        );
        return Point::bad("compressed_held_back", detail).change(COMPRESSION);
    }
    let detail = format!(
        "asked as browsers ask, it is compressed with {encoding:?}; bytes come nevertheless as \
         they are sent, at a cost for each connection"
    );
    Point::warn("compressed", detail).change(COMPRESSION)
}

/// A response of which not even the head comes, unless no compression is asked for.
pub(super) fn held_back_whole(time: Duration) -> Point {
    let detail = format!(
        "asked as browsers ask, not even the head came in {} s; without compression it comes: the \
         compressor holds it back",
        seconds(time)
    );
    Point::bad("compressed_held_back", detail).change(COMPRESSION)
}

/// When the first data came that is more than the head of a compressor.
fn first_data(compressed: &Response) -> Option<Duration> {
    let mut bytes = 0;
    while let Some((after, news)) = compressed.next(Instant::now()) {
        if let News::Piece(piece) = news {
            bytes += piece.len() as u64;
            if bytes > PREFIX {
                return Some(after);
            }
        }
    }
    None
}
