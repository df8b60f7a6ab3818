//! What is read piece by piece, however long.

use super::*;

#[test]
fn however_long_the_texts_of_a_line_are_what_is_kept_of_them_is_bounded() {
    let long = "x".repeat(1 << 20);
    let lines = [
        format!(
            r#"{{"kind":"open","url":"{long}","method":"{long}","last_event_id":"{long}","x":[0,0]}}"#
        ),
        format!(r#"{{"kind":"diagnostic","code":"{long}","detail":"{long}"}}"#),
        format!(r#"{{"kind":"closed","how":"{long}"}}"#),
        format!(r#"{{"kind":"event","event":"{long}","id":"{long}","data":"{long}"}}"#),
        format!(
            r#"{{"kind":"end","last_event_id":"{long}","retry":{}}}"#,
            "9".repeat(100)
        ),
    ];
    let read = read(lines.join("\n").as_bytes()).unwrap();
    let of = |own: &Connection| {
        [
            &own.url,
            &own.method,
            &own.last_event_id,
            &own.next_id,
            &own.end,
        ]
        .map(String::len)
    };
    for own in read.connections() {
        assert!(
            of(own).iter().all(|length| *length <= 64 << 10),
            "{:?}",
            of(own)
        );
        assert!(own.retry.as_ref().is_none_or(|retry| retry.len() < 5_000));
    }
    let told = &read
        .told()
        .iter()
        .find(|told| told.finding.code.starts_with('x'))
        .unwrap()
        .finding;
    assert!(told.code.len() + told.detail.len() <= 8 << 10);
}

#[test]
fn what_is_wrong_with_a_line_is_quoted_in_part() {
    let long = "x".repeat(1 << 20);
    for line in [
        format!(r#"{{"kind":"{long}"}}"#),
        format!(r#"{{"kind":"end","retry":"{long}"}}"#),
        format!(r#"{{"kind":"closed","at_ms":"{long}"}}"#),
    ] {
        let why = read(format!("{{\"kind\":\"open\"}}\n{line}").as_bytes()).unwrap_err();
        assert!(why.starts_with("line 2: ") && why.len() < 400, "{why}");
    }
    let array = read(b"{\"kind\":\"open\"}\n[\"event\"]").unwrap_err();
    assert_eq!(array, "line 2: it is no object of JSON");
    let null = br#"{"kind":"event","data":null,"id":"7","trial":null,"offset":null}"#;
    assert_eq!(read(null).unwrap().events()[0].id, "7");
}

#[test]
fn a_retry_of_a_million_digits_is_remembered_as_the_longest_that_is() {
    let mut inspection = Inspection::default();
    inspection.open(Connection::default());
    inspection.feed(
        format!("retry: {}\n\n", "1".repeat(1 << 20)).as_bytes(),
        None,
        false,
    );
    inspection.close("ended", None);
    inspection.open(Connection::default());
    let retry = inspection
        .connections()
        .last()
        .unwrap()
        .retry
        .clone()
        .unwrap();
    assert_eq!(retry, "9".repeat(100));
}

#[test]
fn who_listens_hears_what_is_no_longer_kept_and_nothing_twice() {
    let mut heard = Heard::default();
    let mut text = String::new();
    let body = "retry: x\nid: a\0\n".repeat(100);
    let opens = FINDINGS / 200 + 1;
    for _ in 0..opens {
        let said = r#"{"kind":"diagnostic","code":"retry_not_digits","offset":0,"detail":""}"#;
        let chunk = chunk_line(None, body.as_bytes());
        let closed = closed_line(None, "ended");
        let lines = [r#"{"kind":"open"}"#, said, &chunk, &closed, ""];
        text.push_str(&lines.join("\n"));
    }
    let read = opened(text.as_bytes(), 1 << 16, &mut heard);
    assert_eq!(read.told().len(), FINDINGS);
    assert!(read.violations() > FINDINGS as u64);
    let told = |code: &str| heard.0.iter().filter(|word| word.starts_with(code)).count();
    assert_eq!(told("retry_not_digits"), 100 * opens);
}

#[test]
fn a_mark_before_a_capture_is_no_part_of_it() {
    let read = read("\u{feff}{\"kind\":\"open\",\"url\":\"http://a/\"}\r\n".as_bytes());
    assert_eq!(read.unwrap().connections().next().unwrap().url, "http://a/");
}

#[test]
fn however_much_a_line_holds_it_is_taken_in_parts() {
    let body = "data\n\n".repeat(50_000);
    let text = format!(
        "{{\"kind\":\"open\"}}\n{}\n",
        chunk_line(Some(3.0), body.as_bytes())
    );
    let mut opening = Opening::of(Form::Lines, "", ());
    let mut turns = 1;
    while opening
        .feed(if turns == 1 { text.as_bytes() } else { &[] })
        .unwrap()
    {
        turns += 1;
    }
    assert_eq!(turns, body.len().div_ceil(PART));
    let read = opening.end(false).unwrap();
    assert_eq!(read.connections().next().unwrap().events, 50_000);
    assert_eq!(
        (read.chunks().len(), read.chunks()[0].length),
        (1, body.len())
    );
    // Where the end comes sooner nothing of it is lost.
    let mut opening = Opening::of(Form::Lines, "", ());
    assert!(opening.feed(text.as_bytes()).unwrap());
    let read = opening.end(false).unwrap();
    assert_eq!(read.connections().next().unwrap().events, 50_000);
}

#[test]
fn what_curl_printed_is_told_as_it_comes() {
    let mut heard = Heard::default();
    let mut opening = Opening::of(Form::Transcript, "7", &mut heard);
    for piece in [
        "HTTP/1.1 200 OK\nx: y\n",
        "\ndata: a\n",
        "\ndata: b",
        "\n\n",
    ] {
        assert!(!opening.feed(piece.as_bytes()).unwrap());
    }
    opening.end(true).unwrap();
    let kinds = ["opened", "piece", "event", "ended"];
    let is_named = |word: &&String| kinds.iter().any(|kind| word.starts_with(kind));
    let told: Vec<_> = heard.0.iter().filter(is_named).collect();
    let expected = [
        "opened 7",
        "piece 0 8",
        "piece 8 1",
        "event a 0",
        "piece 9 9",
        "event b 9",
        "ended stopped: the time is over",
    ];
    assert_eq!(told, expected);
}
