//! What others wrote down, read: lines of JSON, what curl printed, or the bytes of a stream.

use std::mem;

use super::form::{Form, MARK, form};
use super::read::Reader;
use crate::limits::CAPTURE;
use crate::transcript::Transcript;
use crate::{Connection, Head, Inspection, Listener};

/// A text that was written down, read piece by piece, as it comes.
#[derive(Debug)]
pub struct Opening<L = ()> {
    text: Text<L>,
    last_event_id: String,
}

#[derive(Debug)]
enum Text<L> {
    Lines(Lines<L>),
    Transcript(Transcript, Inspection<L>),
    Bytes(Inspection<L>),
}

/// A capture, however long: a line is held at a time.
#[derive(Debug)]
struct Lines<L> {
    reader: Reader<L>,
    line: Vec<u8>,
    /// What came after that, of which so much is in a line already.
    rest: Vec<u8>,
    taken: usize,
}

impl<L: Listener> Opening<L> {
    /// One of which somebody hears; the id is what was sent for the stream, where the text does not say it.
    pub fn of(form: Form, last_event_id: &str, listener: L) -> Self {
        let text = match form {
            Form::Lines => Text::Lines(Lines {
                reader: Reader::new(listener),
                line: Vec::new(),
                rest: Vec::new(),
                taken: 0,
            }),
            Form::Transcript => Text::Transcript(Transcript::default(), Inspection::with(listener)),
            Form::Bytes => {
                let mut inspection = Inspection::with(listener);
                begin(&mut inspection, None, last_event_id);
                Text::Bytes(inspection)
            }
        };
        Self {
            text,
            last_event_id: last_event_id.to_owned(),
        }
    }

    /// Who hears of it.
    pub fn listener(&mut self) -> &mut L {
        match &mut self.text {
            Text::Lines(lines) => lines.reader.listener(),
            Text::Transcript(_, inspection) | Text::Bytes(inspection) => inspection.listener(),
        }
    }

    /// Takes the next bytes; whether some of them are left, so that nothing is to come before them but an empty piece.
    ///
    /// # Errors
    /// Where a line that is to be JSON is not what it should be, or too long: what, and where.
    pub fn feed(&mut self, piece: &[u8]) -> Result<bool, String> {
        match &mut self.text {
            Text::Lines(lines) => return lines.feed(piece),
            Text::Transcript(transcript, inspection) => {
                let body = transcript.feed(piece);
                if transcript.is_body() {
                    transcribe(inspection, transcript, &self.last_event_id, &body);
                }
            }
            Text::Bytes(inspection) => inspection.feed(piece, None, false),
        }
        Ok(false)
    }

    /// Takes a last line that has no end; whether some of it is left, as of a [piece](Self::feed).
    ///
    /// # Errors
    /// Where it is not what it should be.
    pub fn last(&mut self) -> Result<bool, String> {
        match &mut self.text {
            Text::Lines(lines) => lines.last(),
            Text::Transcript(..) | Text::Bytes(_) => Ok(false),
        }
    }

    /// Takes the end; where it `is_late`, only the time was over.
    ///
    /// # Errors
    /// Where there was nothing of an inspection, or the last line is none.
    pub fn end(self, is_late: bool) -> Result<Inspection<L>, String> {
        let mut inspection = match self.text {
            Text::Lines(lines) => return lines.end(is_late),
            Text::Transcript(mut transcript, mut inspection) => {
                let body = transcript.end();
                transcribe(&mut inspection, &mut transcript, &self.last_event_id, &body);
                inspection
            }
            Text::Bytes(inspection) => inspection,
        };
        let how = match is_late {
            true => "stopped: the time is over",
            false => "ended: these are all the bytes",
        };
        inspection.close(how, None);
        inspection.end();
        Ok(inspection)
    }
}

/// Reads a text that is there, all of it.
///
/// # Errors
/// Where a line that is to be JSON is not what it should be: what, and where.
pub fn read(bytes: &[u8]) -> Result<Inspection, String> {
    let form = form(bytes, true).unwrap_or(Form::Bytes);
    let mut opening = Opening::of(form, "", ());
    let mut next = bytes;
    while opening.feed(next)? {
        next = &[];
    }
    opening.end(false)
}

impl<L: Listener> Lines<L> {
    fn feed(&mut self, piece: &[u8]) -> Result<bool, String> {
        self.rest.extend_from_slice(piece);
        loop {
            if self.reader.more() {
                return Ok(true);
            }
            let rest = &self.rest[self.taken..];
            let end = rest.iter().position(|byte| *byte == b'\n');
            let part = &rest[..end.map_or(rest.len(), |end| end + 1)];
            self.line.extend_from_slice(part);
            self.taken += part.len();
            if self.line.len() > CAPTURE {
                let most = CAPTURE >> 20;
                return Err(format!(
                    "a line of it is over {most} MiB, the most that is read; give a part of it, or the bytes of the \
                     stream alone, which are read however many they are"
                ));
            }
            if end.is_none() {
                self.rest.clear();
                self.taken = 0;
                return Ok(false);
            }
            self.line()?;
        }
    }

    fn line(&mut self) -> Result<(), String> {
        let line = mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        self.reader.line(line.trim_start_matches(MARK))
    }

    fn last(&mut self) -> Result<bool, String> {
        self.line()?;
        Ok(self.reader.more())
    }

    fn end(mut self, is_late: bool) -> Result<Inspection<L>, String> {
        while self.feed(&[])? {}
        // What the time has cut is no line.
        if !is_late {
            self.last()?;
        }
        self.reader.end()
    }
}

/// Takes what is of a body, after its head.
fn transcribe<L: Listener>(
    inspection: &mut Inspection<L>,
    transcript: &mut Transcript,
    last_event_id: &str,
    body: &[u8],
) {
    if inspection.opened() == 0 {
        begin(inspection, transcript.head(), last_event_id);
    }
    inspection.feed(body, None, false);
}

fn begin<L: Listener>(inspection: &mut Inspection<L>, head: Option<Head>, last_event_id: &str) {
    inspection.open(Connection {
        last_event_id: last_event_id.to_owned(),
        status: head.as_ref().map(|head| head.status),
        head: head.unwrap_or_default(),
        ..Connection::default()
    });
}
