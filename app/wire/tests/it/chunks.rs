//! How a stream is cut never matters, and a CR is never waited for.

use proptest::prelude::*;
use wire::{Item, Limits, Parser};

use crate::parse;

/// What hurts a parser, and a few bytes of anything.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"data",
        b"event",
        b"id",
        b"retry",
        b"topic",
        b"Data",
        b":",
        b": ",
        b" ",
        b"\r",
        b"\n",
        b"\r\n",
        b"\r\r",
        b"\n\n",
        b"\0",
        b"x",
        b"1",
        b"0009",
        b"\xef\xbb\xbf",
        b"\xef\xbb",
        b"\xff",
        b"\xe2\x82\xac",
        b"\xf0\x9f\x99",
        b"\x82",
        b"\t",
        b"data: x\n\n",
        b"id: 7\n",
    ];
    let word = prop_oneof![
        9 => prop::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 1..3),
    ];
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

fn limits() -> impl Strategy<Value = Limits> {
    prop_oneof![
        Just(Limits::DEFAULT),
        (16..40_usize, 0..40_usize, 0..10_usize, 0..4_u32).prop_map(
            |(line, data, field, diagnostics)| Limits {
                line,
                data,
                field,
                diagnostics
            }
        ),
    ]
}

/// The pieces between these places, taken modulo the length.
fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_cuts_give_the_same_items(
        bytes in stream(),
        cuts in prop::collection::vec(any::<usize>(), 0..12),
        limits in limits(),
        fields: bool,
    ) {
        let parser = || Parser::resume("41").with_limits(limits).with_fields(fields);
        let whole = parse(parser(), [&*bytes]);
        prop_assert_eq!(&parse(parser(), pieces(&bytes, &cuts)), &whole);
        prop_assert_eq!(&parse(parser(), bytes.chunks(1)), &whole);
    }

    #[test]
    fn spans_lie_in_the_stream_in_order_and_fields_show_their_bytes(bytes in stream()) {
        let (items, _) = parse(Parser::new().with_fields(true), [&*bytes]);
        let mut at = 0;
        let mut block = 0;
        for item in &items {
            match item {
                Item::Field(field) => {
                    prop_assert!(field.span.start >= at && field.span.end <= bytes.len() as u64);
                    at = field.span.end;
                    let line = &bytes[field.span.start as usize..field.span.end as usize];
                    let line = String::from_utf8_lossy(line);
                    prop_assert!(line.starts_with(&field.name) && line.ends_with(&field.value));
                    prop_assert!(!line.contains(['\r', '\n']));
                }
                Item::Event(event) => {
                    prop_assert!(event.span.start >= block && event.span.end > at);
                    block = event.span.end;
                }
                Item::Diagnostic(_) => {}
            }
        }
        prop_assert!(at <= bytes.len() as u64 && block <= bytes.len() as u64);
    }
}

#[test]
fn a_cr_at_the_end_of_a_chunk_dispatches_at_once_and_its_lf_is_swallowed() {
    let mut parser = Parser::new();
    let mut seen = Vec::new();
    parser.feed(b"data: x\r\r", &mut |item| seen.push(item));
    let [Item::Diagnostic(_), Item::Event(event)] = &*seen else {
        panic!("{seen:?}")
    };
    assert_eq!((event.data.as_str(), event.span.clone()), ("x", 0..9));
    seen.clear();
    parser.feed(b"\ndata: y\r\n\r", &mut |item| seen.push(item));
    let events = crate::events(&seen);
    assert_eq!(events.len(), 1, "{seen:?}");
    assert_eq!(
        (events[0].data.as_str(), events[0].span.clone()),
        ("y", 10..20)
    );
    assert_eq!(parser.offset(), 20);
}

#[test]
fn the_offset_counts_bytes_that_may_yet_be_a_bom() {
    let mut parser = Parser::new();
    parser.feed(b"\xef\xbb", &mut |_| {});
    assert_eq!(parser.offset(), 2);
    parser.feed(b"\xbf", &mut |_| {});
    assert_eq!(parser.offset(), 3);
}

#[test]
fn a_parser_goes_on_with_the_next_connection() {
    let mut parser = Parser::new();
    let mut items = Vec::new();
    parser.feed(b"id: 1\nretry: 9\ndata: a\n\nid: 2\ndata: lost", &mut |i| {
        items.push(i)
    });
    let end = parser.finish(&mut |i| items.push(i));
    assert_eq!((end.events, end.with_id, &*end.last_event_id), (1, 1, "1"));
    parser.feed(b"\xef\xbb\xbfdata: b\n\n", &mut |i| items.push(i));
    let second = parser.finish(&mut |i| items.push(i));
    assert_eq!((second.events, second.with_id), (1, 0));
    assert_eq!(second.retry, end.retry);
    let events = crate::events(&items);
    assert_eq!(
        (&*events[1].data, &*events[1].id, events[1].span.clone()),
        ("b", "1", 3..12)
    );
}
