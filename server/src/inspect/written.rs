//! What was written down before: a capture, what curl printed, or the bytes of a stream.

use std::fs::File;
use std::io::{self, Read};
use std::time::Instant;

use inspection::capture::{Form, Reader, form, transcript};
use inspection::limits::CAPTURE;
use inspection::{Connection, Inspection};

use super::args::InspectArgs;
use super::pieces::{Next, Pieces};
use super::report::Report;
use super::source::Target;
use crate::client::failure::Failure;
use crate::client::status::{INPUT_OUTPUT, NO_DATA, USAGE};

/// Tells what there is to say of it.
pub(super) fn tell(args: &InspectArgs, report: &mut Report<'_>) -> Result<(), Failure> {
    let mut written = Written::open(&args.target, args.time().map(|time| Instant::now() + time))?;
    let mut beginning = Vec::new();
    let form = loop {
        let piece = written.next()?;
        let is_all = piece.is_none();
        beginning.extend(piece.unwrap_or_default());
        if let Some(form) = form(&beginning, is_all) {
            break form;
        }
    };
    if beginning.is_empty() && matches!(args.target, Target::File(_)) {
        return Err(written.wrong("it is empty; give a capture, or the bytes of a stream"));
    }
    if form == Form::Lines && !args.last_event_id.is_empty() {
        let detail = "--last-event-id is for the bytes of a stream: a capture says itself what was sent; leave it out";
        return Err(Failure::new(USAGE, detail));
    }
    match form {
        Form::Lines => written.lines(beginning, report),
        Form::Transcript => written.transcript(beginning, report),
        Form::Bytes => written.bytes(beginning, &args.last_event_id, report),
    }
}

/// A text that is read piece by piece.
struct Written {
    name: String,
    pieces: Option<Pieces>,
    until: Option<Instant>,
    /// Whether the time was over before the end.
    is_late: bool,
}

impl Written {
    fn open(target: &Target, until: Option<Instant>) -> Result<Self, Failure> {
        let name = target.to_string();
        let body: Box<dyn Read + Send> = match target {
            Target::File(path) => Box::new(File::open(path).map_err(|why| broken(&name, &why))?),
            _ => Box::new(io::stdin()),
        };
        Ok(Self {
            name,
            pieces: Some(Pieces::of(body)),
            until,
            is_late: false,
        })
    }

    /// The next piece; none at the end.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let Some(pieces) = &self.pieces else {
            return Ok(None);
        };
        match pieces.next(self.until) {
            Next::Piece(_, piece) => return Ok(Some(piece)),
            Next::Broke(why) => return Err(broken(&self.name, &why)),
            Next::Late => self.is_late = true,
            Next::End => (),
        }
        self.pieces = None;
        Ok(None)
    }

    /// The bytes of a stream, however many.
    fn bytes(
        mut self,
        beginning: Vec<u8>,
        last_event_id: &str,
        report: &mut Report<'_>,
    ) -> Result<(), Failure> {
        let mut inspection = Inspection::with(report);
        inspection.open(Connection {
            last_event_id: last_event_id.to_owned(),
            ..Connection::default()
        });
        let mut next = Some(beginning);
        while let Some(piece) = next {
            inspection.feed(&piece, None, false);
            inspection.listener().flush().map_err(Failure::output)?;
            next = self.next()?;
        }
        let how = match self.is_late {
            true => "stopped: the time is over",
            false => "ended: these are all the bytes",
        };
        inspection.close(how, None);
        inspection.end();
        inspection.listener().flush().map_err(Failure::output)
    }

    /// A capture, however long: a line is held at a time.
    fn lines(mut self, beginning: Vec<u8>, report: &mut Report<'_>) -> Result<(), Failure> {
        report.retells();
        let mut reader = Reader::new(report);
        let mut line = Vec::new();
        let mut next = Some(beginning);
        while let Some(piece) = next {
            for part in piece.split_inclusive(|byte| *byte == b'\n') {
                line.extend_from_slice(part);
                if line.len() > CAPTURE {
                    return Err(self.too_long("a line of it"));
                }
                if part.ends_with(b"\n") {
                    self.line(&mut reader, &line)?;
                    line.clear();
                }
            }
            reader.listener().flush().map_err(Failure::output)?;
            next = self.next()?;
        }
        // What the time has cut is no line.
        if !self.is_late {
            self.line(&mut reader, &line)?;
        }
        let read = reader.end().map_err(|why| self.wrong(&why));
        read?.listener().flush().map_err(Failure::output)
    }

    fn line(&self, reader: &mut Reader<&mut Report<'_>>, line: &[u8]) -> Result<(), Failure> {
        let taken = reader.line(&String::from_utf8_lossy(line));
        // What was told before stands before the error.
        reader.listener().flush().map_err(Failure::output)?;
        taken.map_err(|why| self.wrong(&why))
    }

    /// What curl printed: the head is in it, and what was sent is not shown, so that all of it is there before.
    fn transcript(mut self, mut all: Vec<u8>, report: &mut Report<'_>) -> Result<(), Failure> {
        while let Some(piece) = self.next()? {
            all.extend(piece);
            if all.len() > CAPTURE {
                return Err(self.too_long("what curl printed with a head"));
            }
        }
        let mut told = transcript(&all, report);
        told.listener().flush().map_err(Failure::output)
    }

    fn too_long(&self, what: &str) -> Failure {
        let most = CAPTURE >> 20;
        self.wrong(&format!(
            "{what} is over {most} MiB, the most that is read; give a part of it, or the bytes of the stream alone, \
             which are read however many they are"
        ))
    }

    fn wrong(&self, why: &str) -> Failure {
        Failure::new(NO_DATA, format!("cannot read {}: {why}", self.name))
    }
}

fn broken(name: &str, why: &io::Error) -> Failure {
    let detail = format!("cannot read {name}: {why}; give a file or a pipe that can be read");
    Failure::new(INPUT_OUTPUT, detail)
}
