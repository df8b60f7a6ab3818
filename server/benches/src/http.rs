//! As much of HTTP/1.1 as a client of these servers needs: responses, one after the other.

use crate::Outcome;

/// What the bytes of a connection have in them.
pub(crate) enum Piece<'a> {
    /// The status of a response that begins.
    Head(u16),
    Body(&'a [u8]),
    End,
}

/// Reads the responses of one connection, in pieces as they come.
#[derive(Default)]
pub(crate) struct Responses {
    state: State,
    head: Vec<u8>,
}

#[derive(Default)]
enum State {
    #[default]
    Head,
    /// With its length.
    Body(usize),
    /// To the end of the connection.
    Endless,
    Size(usize),
    /// After a chunk's size: what else is on the line.
    Extension(usize),
    Chunk(usize),
    /// The end of the line after a chunk.
    AfterChunk,
    /// After the last chunk: at the start of a line or not.
    Trailer(bool),
}

/// More than any of these servers sends.
const MAX_HEAD: usize = 16 * 1024;

impl Responses {
    pub(crate) fn take(
        &mut self,
        mut bytes: &[u8],
        mut sink: impl FnMut(Piece<'_>) -> Outcome<()>,
    ) -> Outcome<()> {
        while let Some(&byte) = bytes.first() {
            let taken = match self.state {
                State::Body(left) | State::Chunk(left) => left.min(bytes.len()),
                State::Endless => bytes.len(),
                _ => 1,
            };
            let (piece, rest) = bytes.split_at(taken);
            bytes = rest;
            match &mut self.state {
                State::Head => self.head_byte(byte, &mut sink)?,
                State::Endless => sink(Piece::Body(piece))?,
                State::Body(left) => {
                    *left -= taken;
                    let ended = *left == 0;
                    sink(Piece::Body(piece))?;
                    if ended {
                        self.end(&mut sink)?;
                    }
                }
                State::Chunk(left) => {
                    *left -= taken;
                    if *left == 0 {
                        self.state = State::AfterChunk;
                    }
                    sink(Piece::Body(piece))?;
                }
                State::AfterChunk if byte == b'\n' => self.state = State::Size(0),
                State::AfterChunk => {}
                State::Size(size) | State::Extension(size) if byte == b'\n' => {
                    self.state = match *size {
                        0 => State::Trailer(true),
                        size => State::Chunk(size),
                    };
                }
                State::Size(size) => match (byte as char).to_digit(16) {
                    Some(digit) => *size = *size * 16 + digit as usize,
                    None => self.state = State::Extension(*size),
                },
                State::Extension(_) => {}
                State::Trailer(true) if byte == b'\n' => self.end(&mut sink)?,
                State::Trailer(start) => *start = byte == b'\n' || (*start && byte == b'\r'),
            }
        }
        Ok(())
    }

    fn head_byte(
        &mut self,
        byte: u8,
        sink: &mut impl FnMut(Piece<'_>) -> Outcome<()>,
    ) -> Outcome<()> {
        self.head.push(byte);
        if self.head.len() > MAX_HEAD {
            return Err("a response head without an end".into());
        }
        if !self.head.ends_with(b"\r\n\r\n") {
            return Ok(());
        }
        let head = String::from_utf8_lossy(&std::mem::take(&mut self.head)).to_ascii_lowercase();
        let status = head.get(9..12).and_then(|status| status.parse().ok());
        let status = status.ok_or_else(|| format!("no status: {head}"))?;
        let field = |name| head.lines().find_map(|line| line.strip_prefix(name));
        self.state = match (field("transfer-encoding:"), field("content-length:")) {
            _ if status == 204 => State::Body(0),
            (Some(coding), _) if coding.trim() == "chunked" => State::Size(0),
            (_, Some(length)) => State::Body(length.trim().parse()?),
            _ => State::Endless,
        };
        sink(Piece::Head(status))?;
        match self.state {
            State::Body(0) => self.end(sink),
            _ => Ok(()),
        }
    }

    fn end(&mut self, sink: &mut impl FnMut(Piece<'_>) -> Outcome<()>) -> Outcome<()> {
        self.state = State::Head;
        sink(Piece::End)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let (mut responses, mut all, mut body) = (Responses::default(), vec![], String::new());
        for piece in pieces {
            let sink = |piece: Piece<'_>| {
                match piece {
                    Piece::Head(status) => all.push(status.to_string()),
                    Piece::Body(bytes) => body.push_str(std::str::from_utf8(bytes)?),
                    Piece::End => all.push(std::mem::take(&mut body)),
                }
                Ok(())
            };
            responses.take(piece, sink).unwrap();
        }
        all.push(body);
        all
    }

    #[test]
    fn responses_of_each_kind_are_told_apart_however_they_are_cut() {
        let all = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab\
                   HTTP/1.1 204 No Content\r\n\r\n\
                   HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na\nb\r\n0A;x=1\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n\
                   HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n\
                   HTTP/1.1 200 OK\r\n\r\nto the end";
        let expected = [
            "200",
            "ab",
            "204",
            "",
            "200",
            "a\nb0123456789",
            "404",
            "",
            "200",
            "to the end",
        ];
        for cut in 0..all.len() {
            let (one, other) = all.as_bytes().split_at(cut);
            assert_eq!(read(&[one, other]), expected, "cut at {cut}");
        }
    }
}
