use super::*;

fn opened() -> Inspection {
    let mut inspection = Inspection::default();
    inspection.open(Connection::default());
    inspection
}

fn codes(inspection: &Inspection) -> Vec<&str> {
    let told = inspection.told().iter();
    told.map(|told| told.finding.code.as_ref()).collect()
}

#[test]
fn what_came_is_kept_with_its_place_and_its_time() {
    let mut inspection = opened();
    inspection.feed(b": hi\n\nid: 7\nda", Some(10.0), false);
    inspection.feed(b"ta: x\nretry: 9\n\n", Some(20.0), false);
    inspection.close("ended by the server", Some(30.0));
    let row = &inspection.events()[0];
    assert_eq!(
        (row.n, row.at, row.start, row.end),
        (1, Some(20.0), 6, 29 + 1)
    );
    assert_eq!((row.id.as_str(), row.data.as_str()), ("7", "x"));
    let [first, second] = [&inspection.chunks()[0], &inspection.chunks()[1]];
    assert_eq!((first.offset, first.length, first.comments), (0, 14, 1));
    assert_eq!((second.offset, second.length, second.events), (14, 16, 1));
    let connection = inspection.connections().next().unwrap();
    assert_eq!((connection.bytes, connection.events), (30, 1));
    assert_eq!(connection.next_id, "7");
    assert_eq!(connection.retry.as_deref(), Some("9"));
    assert_eq!(codes(&inspection), ["comment"]);
    assert_eq!(inspection.bytes(5, 4), b"\nid:");
}

#[test]
fn a_stream_without_an_end_costs_no_more_than_is_kept() {
    let mut inspection = opened();
    let piece = vec![b'x'; 1 << 20];
    inspection.feed(b"data:", Some(0.0), false);
    for n in 0..10_i32 {
        inspection.feed(&piece, Some(f64::from(n)), false);
    }
    assert_eq!(inspection.total_bytes(), 5 + (10 << 20));
    assert_eq!(inspection.dropped_bytes(), 5 + (10 << 20) - BYTES as u64);
    assert_eq!(inspection.bytes.len(), BYTES);
    inspection.feed(b"\n\n", Some(50.0), false);
    assert!(codes(&inspection).contains(&"line_too_long"));
}

#[test]
fn events_comments_and_findings_are_bounded() {
    let mut inspection = opened();
    let many = "id: 1\nretry: x\ndata: y\n: z\n\n".repeat(EVENTS + 5);
    inspection.feed(many.as_bytes(), Some(1.0), false);
    assert_eq!(inspection.counted(), EVENTS as u64 + 5);
    assert_eq!(inspection.events().len(), EVENTS);
    assert_eq!(inspection.events()[0].n, 6);
    assert_eq!(inspection.chunks()[0].comments, EVENTS as u64 + 5);
    assert!(inspection.told().len() < 300, "{}", inspection.told().len());
}

#[test]
fn large_events_are_cut_and_bounded_together() {
    let mut inspection = opened();
    let event = format!("data: {}\n\n", "é".repeat(EVENT_TEXT));
    for _ in 0..1000 {
        inspection.feed(event.as_bytes(), Some(1.0), false);
    }
    let last = inspection.events().back().unwrap();
    assert_eq!((last.data.len(), last.length), (EVENT_TEXT, 2 * EVENT_TEXT));
    assert!(inspection.events_bytes <= EVENTS_BYTES);
    assert!(inspection.events().len() > 100);
}

#[test]
fn connections_are_bounded_and_each_begins_anew() {
    let mut inspection = opened();
    for _ in 0..CONNECTIONS {
        inspection.feed(b"data: x", Some(1.0), false);
        inspection.close("ended by the server", None);
        inspection.open(Connection::default());
    }
    assert_eq!(inspection.connections().count(), CONNECTIONS);
    assert_eq!(codes(&inspection).len(), CONNECTIONS);
    assert_eq!(inspection.told()[1].connection, 2);
}

#[test]
fn silence_up_to_the_end_and_events_without_a_blank_line_are_told() {
    let mut inspection = opened();
    let head = Head {
        status: 200,
        ..Head::default()
    };
    inspection.head(head, Some(1.0));
    let before = inspection.told().len();
    inspection.feed(b"\ndata: a\n", Some(10.0), false);
    inspection.feed(b"data: b\n", Some(900.0), false);
    inspection.close("stopped by you", Some(30_000.0));
    assert_eq!(codes(&inspection)[before..], ["silence", "no_blank_line"]);
    assert_eq!(inspection.told().last().unwrap().finding.offset, 1);
}

#[test]
fn data_that_is_young_or_dropped_for_its_length_needs_no_blank_line() {
    let mut young = opened();
    young.feed(b": hello\n\n", Some(0.0), false);
    young.feed(b"data: x\n", Some(5_500.0), false);
    young.feed(b"\n", Some(5_550.0), false);
    assert_eq!(codes(&young), ["comment"]);
    let mut dropped = opened();
    dropped.feed(b"data: ", Some(0.0), false);
    dropped.feed(&vec![b'x'; 9 << 20], Some(1.0), false);
    dropped.feed(b"\n\n", Some(2.0), false);
    dropped.feed(b": x\n", Some(9_000.0), false);
    assert_eq!(codes(&dropped), ["line_too_long", "comment"]);
}

#[test]
fn what_broke_is_told_where_it_broke() {
    let mut inspection = opened();
    inspection.feed(b"data: x\n\n", Some(1.0), false);
    inspection.cut_off("reset", 2.0);
    let cut = &inspection.told()[0].finding;
    assert_eq!((&*cut.code, cut.offset), ("cut_off", 9));
}

#[test]
fn who_stops_reading_does_not_blame_the_server() {
    let mut inspection = opened();
    inspection.feed(b"data: x", Some(1.0), false);
    inspection.close("stopped here", None);
    assert_eq!(codes(&inspection), [] as [&str; 0]);
}

#[test]
fn a_trial_is_judged_by_its_answer_and_what_it_tries() {
    let mut inspection = Inspection::default();
    let mut judged = |method: &str, content_type: Option<&str>| {
        inspection.open(Connection {
            method: method.to_owned(),
            ..Connection::default()
        });
        inspection.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n", None, false);
        let trial = inspection.trial().unwrap();
        inspection.open(Connection {
            method: "GET".to_owned(),
            is_trial: true,
            ..Connection::default()
        });
        if let Some(content_type) = content_type {
            let head = Head {
                status: 200,
                headers: vec![("content-type".to_owned(), content_type.to_owned())],
                ..Head::default()
            };
            inspection.head(head, None);
        }
        inspection.judge(&trial, true).code
    };
    assert_eq!(judged("GET", None), "resume_unknown");
    assert_eq!(judged("GET", Some("text/html")), "resume_refused");
    assert_eq!(judged("GET", Some("text/event-stream")), "resume_ignored");
    assert_eq!(judged("POST", Some("text/html")), "resume_unknown");
}

#[test]
fn a_resume_is_tried_from_what_was_seen_and_judged() {
    let mut inspection = opened();
    inspection.feed(b"id: 1\ndata: a\n\nid: 2\ndata: b\n\n", None, false);
    inspection.close("stopped here", None);
    let trial = inspection.trial().unwrap();
    assert_eq!(trial.id(), "1");
    inspection.open(Connection {
        last_event_id: trial.id().to_owned(),
        is_trial: true,
        ..Connection::default()
    });
    inspection.feed(b"id: 9\ndata: z\n\n", None, false);
    let came = inspection.seen_in_trial();
    inspection.verdict(&trial.judge(came, true));
    assert_eq!(codes(&inspection), ["resume_ignored"]);
    assert_eq!(inspection.violations(), 1);
}

#[test]
fn a_reconnection_time_stays_until_a_stream_gives_another() {
    let mut inspection = opened();
    inspection.feed(b"retry: 9\n\n", Some(0.0), false);
    inspection.close("ended by the server", Some(1.0));
    inspection.open(Connection::default());
    inspection.close("ended by the server", Some(1.0));
    let retry = |inspection: &Inspection| inspection.connections().last().unwrap().retry.clone();
    assert_eq!(retry(&inspection).as_deref(), Some("9"));
    inspection.open(Connection::default());
    inspection.feed(b"retry: x\n\nretry: 8\n\n", Some(0.0), false);
    assert_eq!(retry(&inspection).as_deref(), Some("8"));
}

#[test]
fn to_send_who_comes_back_away_is_in_order_and_who_comes_first_is_not() {
    let of = |last_event_id: &str, status| Connection {
        last_event_id: last_event_id.to_owned(),
        status: Some(status),
        ..Connection::default()
    };
    let violations = |connections: Vec<Connection>| {
        let mut inspection = Inspection::default();
        connections.into_iter().for_each(|connection| {
            inspection.open(connection);
            inspection.close("not read", Some(1.0));
        });
        let code = (*codes(&inspection).last().unwrap()).to_owned();
        (code, inspection.violations())
    };
    let (bad, good) = ("status".to_owned(), "sent_away".to_owned());
    assert_eq!(violations(vec![of("", 204)]), (bad.clone(), 1));
    assert_eq!(violations(vec![of("7", 204)]), (good.clone(), 0));
    assert_eq!(violations(vec![of("7", 503)]), (bad, 1));
    assert_eq!(violations(vec![of("", 503), of("", 204)]), (good, 1));
}

#[test]
fn white_space_at_an_edge_is_told_at_its_line_however_it_came_and_hides_nothing() {
    let body = b"data: a\n\nevent: x \ndata: data: 1\n\n";
    for size in [1, body.len()] {
        let mut inspection = opened();
        for piece in body.chunks(size) {
            inspection.feed(piece, Some(0.0), false);
        }
        let told = inspection.told().iter();
        let told: Vec<_> = told
            .map(|told| (&*told.finding.code, told.finding.offset))
            .collect();
        assert!(told.contains(&("space_at_edge", 9)), "{told:?}");
        assert!(told.contains(&("framed_twice", 9)), "{told:?}");
    }
}

#[test]
fn what_is_said_after_the_end_stands_at_the_end() {
    let mut inspection = opened();
    inspection.feed(b"data: x\n\n", Some(0.0), false);
    inspection.close("ended by the server", Some(1.0));
    inspection.tell_here(Finding::new("resumes", ""));
    let last = inspection.told().last().unwrap();
    assert_eq!((&*last.finding.code, last.finding.offset), ("resumes", 9));
}
