//! A client that costs little: one buffer, and no more of HTTP than these requests need.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::Outcome;

/// Data of an event: its number, and as many more bytes as make it `len` long.
pub(super) fn data(number: usize, len: usize) -> String {
    format!("{number:010}{}", "x".repeat(len - DIGITS))
}

const DIGITS: usize = 10;

/// A connection that is kept.
pub(super) struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(addr: &str) -> Outcome<Self> {
        let socket = TcpStream::connect(addr).await?;
        socket.set_nodelay(true)?;
        let buffer = Vec::new();
        Ok(Self { socket, buffer })
    }

    /// Publishes, and gives the answer's body once it has come.
    pub(super) async fn post(&mut self, path: &str, kind: &str, body: &str) -> Outcome<String> {
        let length = body.len();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
        );
        self.send(&(head + body)).await?;
        self.answer().await
    }

    /// Asks, and gives the answer's body once it has come.
    pub(super) async fn get(&mut self, path: &str) -> Outcome<String> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await?;
        self.answer().await
    }

    async fn answer(&mut self) -> Outcome<String> {
        self.buffer.clear();
        loop {
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err("a connection ended instead of an answer".into());
            }
            let so_far = std::str::from_utf8(&self.buffer)?;
            if let Some((head, body)) = so_far.split_once("\r\n\r\n")
                && body.len() >= content_length(head)?
            {
                return match head.starts_with("HTTP/1.1 200 ") {
                    true => Ok(body.to_owned()),
                    false => Err(so_far.into()),
                };
            }
        }
    }

    /// Asks for a topic's events after a cursor, or for those to come.
    pub(super) async fn subscribe(&mut self, topic: &str, cursor: Option<&str>) -> Outcome<()> {
        let cursor = cursor.map_or(String::new(), |id| format!("Last-Event-ID: {id}\r\n"));
        let head = format!("GET /events?topic={topic} HTTP/1.1\r\nHost: localhost\r\n{cursor}\r\n");
        self.send(&head).await
    }

    /// Reads until a stream is open and has had this many events.
    pub(super) async fn read(&mut self, events: &mut Events, until: usize) -> Outcome<()> {
        // Taken for the time it is needed: ten thousand idle clients hold none.
        let mut piece = Vec::with_capacity(64 * 1024);
        while !events.open || events.next < until {
            piece.clear();
            if self.socket.read_buf(&mut piece).await? == 0 {
                return Err(format!("a stream ended after {} events", events.next).into());
            }
            events.take(&piece)?;
        }
        Ok(())
    }

    async fn send(&mut self, request: &str) -> Outcome<()> {
        Ok(self.socket.write_all(request.as_bytes()).await?)
    }
}

fn content_length(head: &str) -> Outcome<usize> {
    let line = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    Ok(line.ok_or_else(|| format!("no length: {head}"))?.parse()?)
}

/// What a stream has brought so far. Every event is checked: none missing, twice or out of order.
#[derive(Default)]
pub(super) struct Events {
    /// A line that has not ended.
    rest: Vec<u8>,
    open: bool,
    next: usize,
}

impl Events {
    /// Those of a stream whose first event has this number.
    pub(super) fn from(next: usize) -> Self {
        Self {
            next,
            ..Self::default()
        }
    }

    /// The heads of chunks stand on lines of their own between the events, and match nothing.
    fn take(&mut self, bytes: &[u8]) -> Outcome<()> {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.rest.is_empty() && part.ends_with(b"\n") {
                self.line(part)?;
            } else {
                self.rest.extend_from_slice(part);
                if part.ends_with(b"\n") {
                    let line = std::mem::take(&mut self.rest);
                    self.line(&line)?;
                }
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Outcome<()> {
        if line == b"event: hub.open\n" {
            self.open = true;
        } else if line == b"event: hub.gap\n" || line.starts_with(b"HTTP/1.1 5") {
            return Err(String::from_utf8_lossy(line).into());
        } else if let Some(digits) = line.strip_prefix(b"data: ").and_then(|d| d.get(..DIGITS))
            && digits.iter().all(u8::is_ascii_digit)
        {
            let number: usize = std::str::from_utf8(digits)?.parse()?;
            if number != self.next {
                return Err(format!("event {number} came, not {}", self.next).into());
            }
            self.next += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_counted_however_they_are_cut_and_a_missing_one_is_an_error() {
        let stream = format!(
            "HTTP/1.1 200 OK\r\n\r\n1f\r\nevent: hub.open\ndata: {{}}\n\n\r\nff\r\nid: a-1\ndata: {}\n\ndata: {}\n\n\r\n",
            data(0, 100),
            data(1, 100)
        );
        for cut in 0..stream.len() {
            let mut events = Events::default();
            let (one, other) = stream.as_bytes().split_at(cut);
            events.take(one).unwrap();
            events.take(other).unwrap();
            assert_eq!((events.open, events.next), (true, 2), "cut at {cut}");
        }
        let again = stream.as_bytes();
        assert!(Events::from(1).take(again).is_err());
    }
}
