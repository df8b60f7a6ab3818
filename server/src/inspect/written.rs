//! What was written down before: a capture, what curl printed, or the bytes of a stream.

use std::fs::File;
use std::io::{self, Read};
use std::time::Instant;

use inspection::capture::{Form, Opening, form};

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
    if form == Form::Lines {
        report.retells();
    }
    let mut opening = Opening::of(form, &args.last_event_id, report);
    let mut next = Some(beginning);
    while let Some(piece) = next {
        written.feed(&mut opening, &piece)?;
        next = written.next()?;
    }
    let read = opening.end(written.is_late);
    let mut read = read.map_err(|why| written.wrong(&why))?;
    read.listener().flush().map_err(Failure::output)
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

    fn feed(&self, opening: &mut Opening<&mut Report<'_>>, piece: &[u8]) -> Result<(), Failure> {
        let mut next = piece;
        loop {
            let taken = opening.feed(next);
            // What was told before stands before the error.
            opening.listener().flush().map_err(Failure::output)?;
            if !taken.map_err(|why| self.wrong(&why))? {
                return Ok(());
            }
            next = &[];
        }
    }

    fn wrong(&self, why: &str) -> Failure {
        Failure::new(NO_DATA, format!("cannot read {}: {why}", self.name))
    }
}

fn broken(name: &str, why: &io::Error) -> Failure {
    let detail = format!("cannot read {name}: {why}; give a file or a pipe that can be read");
    Failure::new(INPUT_OUTPUT, detail)
}
