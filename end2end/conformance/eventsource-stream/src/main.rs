//! Reads a stream from standard input by `eventsource-stream`, and prints each event as JSON.

use std::io::{self, Read, Write};

use eventsource_stream::Eventsource;
use futures::{StreamExt, executor::block_on, stream};

fn main() -> io::Result<()> {
    let pieces = stream::unfold(io::stdin(), |mut input| async move {
        let mut piece = vec![0; 16 * 1024];
        match input.read(&mut piece) {
            Ok(0) => None,
            Ok(read) => {
                piece.truncate(read);
                Some((Ok::<_, io::Error>(piece), input))
            }
            Err(error) => Some((Err(error), input)),
        }
    });
    let mut events = Box::pin(pieces.eventsource());
    let mut out = io::stdout();
    while let Some(event) = block_on(events.next()) {
        match event {
            Ok(event) => {
                let line = serde_json::json!({ "data": event.data, "id": event.id });
                writeln!(out, "{line}")?;
            }
            Err(error) => {
                eprintln!("{error}");
                break;
            }
        }
    }
    writeln!(out, "{{\"over\":true}}")
}
