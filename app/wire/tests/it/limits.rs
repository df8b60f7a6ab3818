//! What passes a limit is reported, costs its own event, and nothing else.

use wire::{Code, Item, Limits, Parser};

use crate::{diagnostics, events, parse};

const SMALL: Limits = Limits {
    line: 20,
    data: 8,
    field: 4,
    diagnostics: 3,
};

/// Names and data.
type Events = Vec<(String, String)>;

fn run(bytes: &str) -> (Vec<(Code, u64)>, Events, String) {
    let (items, end) = parse(Parser::new().with_limits(SMALL), [bytes.as_bytes()]);
    let found = diagnostics(&items)
        .iter()
        .map(|d| (d.code, d.offset))
        .collect();
    let events = events(&items)
        .iter()
        .map(|e| (e.event.clone(), e.data.clone()))
        .collect();
    (found, events, end.last_event_id)
}

fn message(data: &str) -> (String, String) {
    ("message".to_owned(), data.to_owned())
}

#[test]
fn a_line_of_the_limit_passes_and_one_byte_more_does_not() {
    let limits = Limits { data: 100, ..SMALL };
    let input = format!(
        "data: {}\n\ndata: {}\ndata: y\n\ndata: z\n\n",
        "x".repeat(14),
        "y".repeat(15)
    );
    let (items, _) = parse(Parser::new().with_limits(limits), [input.as_bytes()]);
    let data: Vec<&str> = events(&items).iter().map(|e| &*e.data).collect();
    assert_eq!(data, [&*"x".repeat(14), "z"]);
    assert_eq!(
        diagnostics(&items)
            .iter()
            .map(|d| (d.code, d.offset))
            .collect::<Vec<_>>(),
        [(Code::LineTooLong, 22)]
    );
}

#[test]
fn data_of_the_limit_passes_and_one_byte_more_does_not() {
    let (found, events, _) =
        run("data: 123\ndata: 5678\n\ndata: 1234\ndata: 6789\ndata: x\n\ndata\n\n");
    assert_eq!(events, [message("123\n5678"), message("")]);
    assert_eq!(found, [(Code::DataTooLong, 33)]);
}

#[test]
fn a_name_id_or_topic_over_the_limit_costs_the_event() {
    let input =
        "event: abcde\ndata: 1\n\nid: abcde\ndata: 2\n\ntopic: abcde\ndata: 3\n\ndata: 4\n\n";
    let (found, events, id) = run(input);
    assert_eq!(events, [message("4")]);
    assert_eq!(id, "");
    let codes: Vec<Code> = found
        .iter()
        .map(|f| f.0)
        .filter(|c| *c != Code::TopicField)
        .collect();
    assert_eq!(codes, [Code::FieldTooLong; 3]);
}

#[test]
fn the_id_of_a_dropped_event_counts() {
    let (_, events, id) = run("id: 7\ndata: 123456789\n\n");
    assert_eq!((events.len(), id.as_str()), (0, "7"));
}

#[test]
fn an_unknown_field_over_the_limit_costs_nothing() {
    let (found, events, _) = run("unknown: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\ndata: 1\n\n");
    assert_eq!(events, [message("1")]);
    assert_eq!(found, [(Code::UnknownField, 0)]);
}

#[test]
fn an_unknown_field_that_never_ends_is_said_once_it_is_too_long() {
    for endless in [
        "unknown: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "junk without an end, or a colon, of any length",
    ] {
        let (items, _) = parse(Parser::new().with_limits(SMALL), [endless.as_bytes()]);
        let found: Vec<_> = diagnostics(&items).iter().map(|found| found.code).collect();
        assert_eq!(found[0], Code::UnknownField, "{endless}");
    }
}

#[test]
fn the_defaults_let_a_line_of_a_megabyte_through() {
    let input = format!("data: {}\n\n", "x".repeat(1 << 20));
    let (items, _) = parse(Parser::new(), input.as_bytes().chunks(1000));
    assert_eq!(events(&items)[0].data.len(), 1 << 20);
    assert!(diagnostics(&items).is_empty());
}

#[test]
fn a_hostile_stream_does_not_flood_its_reader() {
    let input = "junk\n: c\n\u{feff}data: x\nid: \0\nretry: x\r\nID: 1\r\n d\n".repeat(500);
    let (items, _) = parse(Parser::new(), [input.as_bytes()]);
    let count = |code| {
        diagnostics(&items)
            .iter()
            .filter(|d| d.code == code)
            .count()
    };
    assert_eq!(count(Code::Comment), 1);
    assert_eq!(count(Code::MixedLineEndings), 1);
    assert_eq!(count(Code::NulInId), 100);
    assert_eq!(count(Code::UnknownField), 100);
    let last = diagnostics(&items)
        .into_iter()
        .rfind(|d| d.code == Code::NulInId)
        .unwrap();
    assert!(
        last.detail.ends_with("more of this kind are not reported"),
        "{}",
        last.detail
    );
}

#[test]
fn a_comment_is_told_with_its_first_bytes_only() {
    let input = format!(": {}\n", "é".repeat(5000));
    let (items, _) = parse(Parser::new().with_fields(true), input.as_bytes().chunks(7));
    let field = items.iter().find_map(|i| {
        if let Item::Field(f) = i {
            Some(f)
        } else {
            None
        }
    });
    let field = field.unwrap();
    assert_eq!(field.span, 0..input.len() as u64 - 1);
    assert_eq!(field.value, "é".repeat(511));
    assert!(diagnostics(&items).iter().all(|d| d.code == Code::Comment));
}
