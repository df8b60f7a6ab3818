mod pieces;

use super::*;
use crate::limits::{BYTES, FINDINGS, FIRST_LINE, HEAD_BYTES, HEADERS, PART};
use crate::{Head, Listener, Pace, Row};

fn codes(inspection: &Inspection) -> Vec<&str> {
    let told = inspection.told().iter();
    told.map(|told| told.finding.code.as_ref()).collect()
}

fn sample() -> Inspection {
    let mut inspection = Inspection::default();
    inspection.open(Connection {
        url: "http://a/x?ticket=s3cret".into(),
        method: "GET".into(),
        last_event_id: "4".into(),
        wall: Some(1_000.0),
        ..Connection::default()
    });
    let head = Head {
        status: 200,
        headers: vec![
            ("content-type".into(), "text/event-stream".into()),
            ("set-cookie".into(), "s3cret".into()),
            ("location".into(), "http://b/?token=s3cret".into()),
        ],
        sight: Sight::Page,
        ..Head::default()
    };
    inspection.head(head, Some(5.0));
    inspection.feed(b"id: 5\ndata: \xff\n", Some(10.0), false);
    inspection.feed(b"\nretry: x\n\ndata: cut", Some(30.5), false);
    inspection.close("ended by the server", Some(40.0));
    let moved =
        "redirected from http://u:s3cret@a/x to http://b/?token=s3cret; each goes the whole way";
    inspection.tell(Finding::new("redirect", moved));
    inspection
}

#[test]
fn what_is_written_is_read_as_the_same() {
    let before = sample();
    let text = write(&before);
    assert!(!text.contains("s3cret"), "{text}");
    assert!(text.contains("from http://…@a/x to http://b/?token=…; each goes"));
    assert!(!crate::report(&before, "").contains("s3cret"));
    let after = read(text.as_bytes()).unwrap();
    assert_eq!(after.events(), before.events());
    assert_eq!(after.chunks(), before.chunks());
    assert_eq!(codes(&after), codes(&before));
    assert_eq!(after.told(), before.told());
    assert_eq!(after.bytes(0, 99), before.bytes(0, 99));
    let (after, before) = (
        after.connections().next().unwrap(),
        before.connections().next().unwrap(),
    );
    assert_eq!(after.end, before.end);
    assert_eq!((after.lasted, after.wall), (before.lasted, before.wall));
    assert_eq!(after.head.status, 200);
}

#[test]
fn a_transcript_with_its_head_is_read_as_both() {
    let text =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nSet-Cookie: s3cret\r\n\r\ndata: x\n\n";
    let inspection = read(text).unwrap();
    assert_eq!(inspection.events()[0].start, 0);
    assert!(codes(&inspection).contains(&"content_type"));
    assert!(!codes(&inspection).contains(&"head_in_body"));
    let other = read(b"HTTP/x\n").unwrap();
    assert_eq!(other.connections().next().unwrap().status, None);
}

#[test]
fn what_the_program_prints_without_bytes_is_read() {
    let text = r#"{"kind":"diagnostic","code":"retry_not_digits","offset":6,"detail":"x"}
{"kind":"event","event":"a","data":"b\nc","id":"7"}
{"kind":"end","last_event_id":"7","retry":99999999999999999999}
"#;
    let inspection = read(text.as_bytes()).unwrap();
    assert_eq!(inspection.events()[0].data, "b\nc");
    assert!(inspection.told()[0].finding.is_violation);
    assert_eq!(inspection.connections().next().unwrap().next_id, "7");
    assert!(inspection.bytes(0, 9).is_empty());
}

#[test]
fn bytes_that_are_no_capture_are_a_stream() {
    let inspection = read(b"Data: {\n\ndata: x\n\n").unwrap();
    assert_eq!(inspection.events().len(), 1);
    assert!(codes(&inspection).contains(&"field_name_wrong_case"));
}

#[test]
fn a_wrong_line_is_named() {
    for (text, why) in [
        (
            "{\"kind\":\"event\"}\n{\"kind\":\"odd\"}",
            "line 2: the kind \"odd\"",
        ),
        (
            "{\"kind\":\"verdict\"}",
            "line 1: this is what --check prints",
        ),
        ("{\"kind\":", "line 1: "),
        ("{\"kind\":\"chunk\",\"base64\":\"*\"}", "no Base64"),
    ] {
        let refused = read(text.as_bytes()).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn what_is_no_longer_kept_is_said_and_the_rest_keeps_its_places() {
    let mut before = Inspection::default();
    before.open(Connection::default());
    let event = format!("data: {}\n\n", "x".repeat(1000));
    while before.dropped_bytes() < 5_000 {
        before.feed(event.as_bytes(), Some(1.0), false);
    }
    let text = write(&before);
    assert!(text.len() < 2 * BYTES);
    let after = read(text.as_bytes()).unwrap();
    assert_eq!(codes(&after), ["no_ids"]);
    let (first, last) = (&after.events()[0], after.events().back().unwrap());
    assert_eq!(first.start % event.len() as u64, 0);
    assert_eq!(last.end, before.events().back().unwrap().end);
    assert!(after.events().len() < before.events().len());
}

#[test]
fn what_is_found_again_is_told_once() {
    let mut before = Inspection::default();
    before.open(Connection::default());
    before.head(
        Head {
            status: 200,
            ..Head::default()
        },
        Some(1.0),
    );
    before.feed(
        b"data: {\"time\":\"1970-01-01T00:00:00Z\"}\n\n",
        Some(10.0),
        false,
    );
    let made = "data: {\"time\":\"1970-01-01T00:00:01Z\"}\n\ndata: {\"time\":\"1970-01-01T00:00:02Z\"}\n\n";
    before.feed(made.as_bytes(), Some(3_000.0), false);
    before.close("ended by the server", Some(60_000.0));
    assert!(codes(&before).contains(&"silence") && codes(&before).contains(&"buffered"));
    let live = write(&before);
    assert_eq!(codes(&read(live.as_bytes()).unwrap()), codes(&before));
    // The program tells before it prints the piece.
    let line = |kind: &'static str| live.lines().filter(move |line| line.contains(kind));
    let told = line("\"diagnostic\"");
    let open = live.lines().next().into_iter();
    let early: Vec<_> = open
        .chain(told)
        .chain(line("\"chunk\""))
        .chain(line("\"closed\""))
        .collect();
    assert_eq!(
        codes(&read(early.join("\n").as_bytes()).unwrap()),
        codes(&before)
    );
}

#[test]
fn the_headers_of_a_capture_are_bounded() {
    let of = |header: &str, n: usize| {
        let headers = vec![header; n].join(",");
        let text = format!("{{\"kind\":\"open\",\"status\":200,\"headers\":[{headers}]}}");
        let inspection = read(text.as_bytes()).unwrap();
        inspection.connections().next().unwrap().head.headers.len()
    };
    assert_eq!(of(r#"["a","b"]"#, HEADERS + 1), HEADERS);
    let long = format!(r#"["a","{}"]"#, "x".repeat(HEAD_BYTES / 2));
    assert_eq!(of(&long, 3), 1);
}

#[test]
fn a_text_is_known_by_its_beginning_and_no_sooner() {
    let of = |text: &str| form(text.as_bytes(), false);
    let cases = [
        ("", None),
        ("\n  ", None),
        ("\n: x", Some(Form::Bytes)),
        ("d", Some(Form::Bytes)),
        ("{\"kind\":\"open\"", None),
        ("\n{\"kind\":\"open\"}\n", Some(Form::Lines)),
        (
            "{ \"code\":\"a\", \"kind\":\"diagnostic\" }\r\n",
            Some(Form::Lines),
        ),
        ("{\"kind\":\"op\n", Some(Form::Lines)),
        ("{\"object\":{\"kind\":\"x\"}}\n", Some(Form::Bytes)),
        ("{\n \"kind\":\"x\"}\n", Some(Form::Bytes)),
        ("HTTP/1.1 200 OK", None),
        ("HTTP/1.1 200 OK\r\n", Some(Form::Transcript)),
        ("* Trying\n", Some(Form::Transcript)),
        ("< HTTP/2 200\n", Some(Form::Transcript)),
        ("  % Total    % Received\n", Some(Form::Transcript)),
        ("<html>\n", Some(Form::Bytes)),
    ];
    for (text, expected) in cases {
        assert_eq!(of(text), expected, "{text:?}");
    }
    assert_eq!(form(b" ", true), Some(Form::Bytes));
    assert_eq!(form(b"{", true), Some(Form::Bytes));
    let long = format!("{{\"kind\":\"event\",\"data\":\"{}", "x".repeat(FIRST_LINE));
    assert_eq!(of(&long), Some(Form::Lines));
    assert_eq!(of(&" ".repeat(FIRST_LINE)), Some(Form::Bytes));
}

#[test]
fn json_that_is_no_capture_is_a_body_that_is_no_stream() {
    for body in ["{\"model\":\"x\"}\n{}\n", "{nothing", "{\n\"kind\":1}"] {
        let codes = read(body.as_bytes()).unwrap();
        let codes: Vec<_> = codes
            .told()
            .iter()
            .map(|told| &*told.finding.code)
            .collect();
        assert_eq!(codes[0], "json_body", "{body}");
    }
}

/// Writes down what it hears.
#[derive(Default)]
struct Heard(Vec<String>);

impl Listener for &mut Heard {
    fn opened(&mut self, connection: &Connection) {
        self.0.push(format!("opened {}", connection.last_event_id));
    }
    fn cut(&mut self, bytes: u64) {
        self.0.push(format!("cut {bytes}"));
    }
    fn piece(&mut self, offset: u64, _: Option<f64>, bytes: &[u8]) {
        self.0.push(format!("piece {offset} {}", bytes.len()));
    }
    fn event(&mut self, event: &wire::Event, row: &Row) {
        self.0.push(format!("event {} {}", event.data, row.start));
    }
    fn finding(&mut self, finding: &Finding) {
        self.0.push(format!("{} {}", finding.code, finding.offset));
    }
    fn ended(&mut self, connection: &Connection, _: &Pace) {
        self.0.push(format!("ended {}", connection.end));
    }
}

/// Gives all of a text, in pieces of so many bytes.
fn opened<L: Listener>(text: &[u8], size: usize, listener: L) -> Inspection<L> {
    let form = form(text, true).unwrap();
    let mut opening = Opening::of(form, "", listener);
    for piece in text.chunks(size) {
        let mut next = piece;
        while opening.feed(next).unwrap() {
            next = &[];
        }
    }
    opening.end(false).unwrap()
}

fn heard(text: &str) -> Vec<String> {
    let heard = |size: usize| {
        let mut heard = Heard::default();
        opened(text.as_bytes(), size, &mut heard);
        heard.0
    };
    let all = heard(text.len());
    assert_eq!(heard(5), all, "in pieces");
    all
}

#[test]
fn who_listens_hears_all_in_its_order() {
    let piece = chunk_line(None, b"id: 7\ndata: a\n\nretry: z\n");
    let text = format!(
        "{{\"kind\":\"open\"}}\n{}\n{}\n{}\n{}\n{{\"kind\":\"open\",\"last_event_id\":\"7\"}}\n",
        cut_line(100),
        "{\"kind\":\"diagnostic\",\"code\":\"redirect\",\"offset\":0,\"detail\":\"\"}",
        piece,
        closed_line(None, "ended by the server"),
    );
    let expected = [
        "opened ",
        "cut 100",
        "piece 100 24",
        "event a 100",
        "retry_not_digits 115",
        "redirect 0",
        "ended ended by the server",
        "opened 7",
        "ended stopped: the capture ends here",
    ];
    assert_eq!(heard(&text), expected);
}

#[test]
fn without_bytes_what_is_said_comes_in_its_place_and_each_end_is_one() {
    let event = r#"{"kind":"event","event":"a","data":"b","id":"7"}"#;
    let note = r#"{"kind":"diagnostic","code":"comment","offset":6,"detail":"x"}"#;
    let end = r#"{"kind":"end","last_event_id":"7","retry":null}"#;
    let text = [event, note, event, end, note, event, end].join("\n");
    let once = [
        "opened ",
        "event b 0",
        "comment 6",
        "event b 0",
        "ended ended",
    ];
    let again = ["opened ", "comment 6", "event b 0", "ended ended"];
    assert_eq!(heard(&text), [&once[..], &again[..]].concat());
}

#[test]
fn a_retry_is_a_number_or_none_and_nothing_else_is_taken_for_one() {
    let of = |retry: &str| {
        let text = format!(r#"{{"kind":"end","last_event_id":"","retry":{retry}}}"#);
        read(text.as_bytes()).map(|read| read.connections().next().unwrap().retry.clone())
    };
    assert_eq!(of("9").unwrap().as_deref(), Some("9"));
    assert_eq!(of("null").unwrap(), None);
    for wrong in [r#""\u001b[2J""#, "[9]"] {
        let why = of(wrong).unwrap_err();
        assert!(why.starts_with("line 1: invalid "), "{why}");
    }
}
