//! The format's promises, from outside.

#![allow(
    clippy::expect_used,
    reason = "helpers of tests are not in a test function"
)]

mod cases;
mod chunks;
mod diagnostics;
mod limits;
mod roundtrip;

use wire::{Diagnostic, End, Event, Item, Parser};

/// Everything that comes of these chunks.
fn parse<'a>(mut parser: Parser, chunks: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Item>, End) {
    let mut items = Vec::new();
    for chunk in chunks {
        parser.feed(chunk, &mut |item| items.push(item));
    }
    let end = parser.finish(&mut |item| items.push(item));
    (items, end)
}

fn events(items: &[Item]) -> Vec<&Event> {
    items
        .iter()
        .filter_map(|item| {
            if let Item::Event(event) = item {
                Some(event)
            } else {
                None
            }
        })
        .collect()
}

fn diagnostics(items: &[Item]) -> Vec<&Diagnostic> {
    items
        .iter()
        .filter_map(|item| {
            if let Item::Diagnostic(d) = item {
                Some(d)
            } else {
                None
            }
        })
        .collect()
}
