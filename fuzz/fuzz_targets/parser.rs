//! The parser: how bytes are cut never matters, and what is encoded is what comes out.
//!
//! The first bytes of an input choose the cuts and the limits, the others are the stream; or, as
//! text, the data of an event.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{Code, End, Frame, Id, Item, Limits, Parser, comment};

fuzz_target!(|input: &[u8]| {
    let Some((choice, stream)) = input.split_first_chunk::<8>() else {
        return;
    };
    cut_anywhere(choice, stream);
    if let Ok(text) = str::from_utf8(stream) {
        encode_and_parse(text);
    }
});

fn cut_anywhere(choice: &[u8; 8], stream: &[u8]) {
    let [mode, small, ref cuts @ ..] = *choice;
    let limits = match mode & 3 {
        0 => Limits {
            line: small.into(),
            data: small.into(),
            field: 5,
            diagnostics: 3,
        },
        _ => Limits {
            diagnostics: u32::MAX,
            ..Limits::DEFAULT
        },
    };
    let parser = || {
        Parser::resume("41")
            .with_limits(limits)
            .with_fields(mode & 4 != 0)
    };
    let whole = parse(parser(), &mut std::iter::once(stream));
    let bytes = parse(parser(), &mut stream.chunks(1));
    assert_eq!(bytes, whole, "byte by byte");

    let pieces = parse(parser(), &mut pieces(stream, cuts));
    assert_eq!(pieces, whole, "in pieces of {cuts:?}");
    spans_are_in_order(&whole.0, stream.len() as u64);
}

/// Pieces of these sizes in turn, some of them empty, then what is left.
fn pieces<'a>(stream: &'a [u8], sizes: &[u8]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = stream;
    let mut cut = move |size: usize| {
        let (piece, tail) = rest.split_at(size.min(rest.len()));
        rest = tail;
        piece
    };
    let sizes = sizes.repeat(stream.len() / 6 + 1);
    sizes
        .into_iter()
        .map(usize::from)
        .chain([stream.len()])
        .map(move |size| cut(size))
}

fn spans_are_in_order(items: &[Item], len: u64) {
    let mut event_end = 0;
    for item in items {
        match item {
            Item::Event(event) => {
                assert!(
                    event_end <= event.span.start && event.span.end <= len,
                    "{event:?}"
                );
                event_end = event.span.end;
            }
            Item::Field(field) => assert!(field.span.end <= len, "{field:?}"),
            Item::Diagnostic(found) => assert!(found.offset < len, "{found:?}"),
        }
    }
}

fn encode_and_parse(text: &str) {
    let id = Id::new("real").ok();
    let mut bytes = Vec::new();
    comment(text, &mut bytes);
    Frame {
        id: id.as_ref(),
        data: Some(text),
        ..Frame::default()
    }
    .encode_into(&mut bytes);
    let (items, end) = parse(Parser::new(), &mut std::iter::once(&*bytes));
    let [Item::Diagnostic(first), Item::Event(event)] = &*items else {
        panic!("other than a comment and an event: {items:?}");
    };
    assert_eq!(first.code, Code::Comment);
    assert_eq!(event.data, text.replace("\r\n", "\n").replace('\r', "\n"));
    assert_eq!(
        (event.event.as_str(), event.id.as_str()),
        ("message", "real")
    );
    assert_eq!(end.last_event_id, "real");
}

fn parse<'a>(mut parser: Parser, chunks: &mut dyn Iterator<Item = &'a [u8]>) -> (Vec<Item>, End) {
    let mut items = Vec::new();
    for chunk in chunks {
        parser.feed(chunk, &mut |item| items.push(item));
    }
    let end = parser.finish(&mut |item| items.push(item));
    (items, end)
}
