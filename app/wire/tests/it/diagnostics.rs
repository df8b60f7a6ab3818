//! What is said of a stream, and where.

use wire::{Code, Parser};

use crate::{diagnostics, events, parse};

fn found(bytes: &[u8]) -> Vec<(Code, u64)> {
    let (items, _) = parse(Parser::new(), [bytes]);
    diagnostics(&items)
        .iter()
        .map(|d| (d.code, d.offset))
        .collect()
}

#[test]
fn a_diagnostic_stands_at_its_byte() {
    let cases: [(&[u8], Code, u64); 20] = [
        (b"data: x\n: c\n", Code::Comment, 8),
        (b"\xef\xbb\xbfdata\n\n", Code::BomStripped, 0),
        (b"\n\xef\xbb\xbfdata: x\n", Code::BomNotAtStart, 1),
        (b"data: x\r\rdata\r\r", Code::CrLineEndings, 7),
        (b"data: x\r\n\ndata\n\n", Code::MixedLineEndings, 9),
        (b"\n\ndata: a\xffb\n\n", Code::InvalidUtf8, 9),
        (b"data: a\nfoo: b\n\n", Code::UnknownField, 8),
        (b"data: a\n id: b\n\n", Code::FieldNameWithSpace, 8),
        (b"data: a\nId: b\n\n", Code::FieldNameWrongCase, 8),
        (b"data: a\nretry: b\n\n", Code::RetryNotDigits, 8),
        (b"data: a\nretry: 2147483648\n\n", Code::RetryTooLarge, 8),
        (b"data: a\nid: \0\n\n", Code::NulInId, 8),
        (b"data: a\nid: \x01\n\n", Code::IdWithControlCharacter, 8),
        (b"id: 2\ndata\n\nid: 1\ndata\n\n", Code::IdWentBack, 12),
        (b"id: 2\ndata\n\nid: 2\ndata\n\n", Code::IdRepeated, 12),
        (b"id: 1\ndata\nid: 2\ndata\n\n", Code::FieldRepeated, 11),
        (b"data: a\nevent: b\ndata: c\n\n", Code::FieldRepeated, 8),
        (
            b"id: 1\ndata\nid: 2\nid: 2\ndata\n",
            Code::FieldRepeated,
            11,
        ),
        (b"data\n\nevent: x\nid: 1\n\n", Code::EventWithoutData, 6),
        (b"data\n\n: c\ndata", Code::IncompleteEventAtEof, 10),
    ];
    for (bytes, code, offset) in cases {
        let found = found(bytes);
        let shown = String::from_utf8_lossy(bytes);
        assert!(
            found.contains(&(code, offset)),
            "{code} at {offset} in {shown:?}: {found:?}"
        );
    }
}

#[test]
fn what_is_right_is_not_reported() {
    let cases: [&[u8]; 15] = [
        b"event: ping\n\n",
        b"data: x\r\n\r\n",
        b"retry: 1000\n\n",
        b"retry: 2147483647\ndata\n\n",
        b"id: a\tb\ndata\n\n",
        b"id: 1\ndata\n\nid: 2\ndata\n\nid:\ndata\n\nid: 1\ndata\n\n",
        b"id: k-9\ndata\n\nid: k-10\ndata\n\n",
        b"id: 1\ndata\n\nid: 1\nevent: hub.beat\ndata: {}\n\n",
        b"id: 9\ndata\n\nid: 1\nevent: hub.gap\ndata: {}\n\nid: 2\ndata\n\n",
        b"data: \xef\xbb\xbfx\n\n",
        b"data: x\n\nretry: 5\n",
        b"event: a\nid: 1\nevent: b\nid: 2\ndata: x\n\n",
        b"event: a\nid: 1\ndata: x\nevent: b\nid: 2\n\n",
        b"event: a\nid: 1\ndata: x\nevent: a\nid: 1\ndata: y\n\n",
        b"data: x\nid: 1\n\ndata: y\n\n",
    ];
    for bytes in cases {
        assert_eq!(found(bytes), [], "{:?}", String::from_utf8_lossy(bytes));
    }
}

#[test]
fn notes_are_no_violations() {
    let notes = b"\xef\xbb\xbf: c\rtopic: t\rid: 1\rdata\r\rid: 1\rdata\r\rid: 0\rdata\r\r\n";
    let (items, _) = parse(Parser::new(), [&notes[..]]);
    let codes: Vec<Code> = diagnostics(&items).iter().map(|d| d.code).collect();
    let expected = [
        Code::BomStripped,
        Code::Comment,
        Code::CrLineEndings,
        Code::TopicField,
        Code::IdRepeated,
        Code::IdWentBack,
        Code::MixedLineEndings,
    ];
    assert_eq!(codes, expected);
    assert!(diagnostics(&items).iter().all(|d| !d.is_violation()));
    let violations = Code::ALL.iter().filter(|c| c.is_violation()).count();
    assert_eq!(violations, Code::ALL.len() - expected.len());
}

#[test]
fn the_topic_goes_with_its_own_event() {
    let (items, _) = parse(Parser::new(), [&b"topic: a/b\ndata: 1\n\ndata: 2\n\n"[..]]);
    let topics: Vec<Option<&str>> = events(&items).iter().map(|e| e.topic.as_deref()).collect();
    assert_eq!(topics, [Some("a/b"), None]);
}

#[test]
fn a_bad_last_line_is_read_for_its_bytes() {
    let found = found(b"data: \xf0\x9f\x99");
    assert_eq!(
        found,
        [(Code::InvalidUtf8, 6), (Code::IncompleteEventAtEof, 0)]
    );
}

#[test]
fn an_unfinished_retry_or_id_has_no_effect() {
    let mut parser = Parser::resume("1");
    parser.feed(b"retry: 5\nretry: 77", &mut |_| {});
    parser.feed(b"", &mut |_| {});
    assert_eq!(parser.retry().unwrap().as_millis(), Some(5));
    let mut parser = Parser::resume("1");
    parser.feed(b"id: 2\n", &mut |_| {});
    assert_eq!(parser.last_event_id(), "1");
    parser.feed(b"\n", &mut |_| {});
    assert_eq!(parser.last_event_id(), "2");
}

#[test]
fn a_server_that_ignores_the_last_event_id_is_found() {
    let (items, _) = parse(
        Parser::resume("5"),
        [&b"id: 1\ndata\n\nid: 2\ndata\n\n"[..]],
    );
    let codes: Vec<Code> = diagnostics(&items).iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::IdWentBack]);
}

#[test]
fn every_code_has_its_row_in_the_documentation() {
    let page = include_str!("../../../../docs/inspect.md");
    for code in Code::ALL {
        let name = format!("| `{code}` ");
        let row = page.lines().find(|line| line.starts_with(&name));
        let cells: Vec<&str> = row
            .unwrap_or_else(|| panic!("{code}"))
            .split(" |")
            .collect();
        let kind = if code.is_violation() {
            " violation"
        } else {
            " note"
        };
        assert_eq!(cells[1], kind, "{code}");
        assert_eq!(cells[3].trim(), code.clause().unwrap_or_default(), "{code}");
    }
}
