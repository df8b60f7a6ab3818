use wire::{Item, Parser};

use super::super::PARAMETERS;
use super::super::plan::Stray;
use super::*;
use crate::http::query::Query;

fn plan(address: &str) -> Plan {
    let uri: axum::http::Uri = address.parse().unwrap();
    let first = Scenario::named(uri.path().trim_start_matches("/faults/")).unwrap();
    Plan::of(
        first,
        &Query::of(&uri, &PARAMETERS).unwrap(),
        Stray::Refused,
    )
    .unwrap()
}

/// What a connection was sent, and whether it broke.
struct Sent {
    bytes: Vec<u8>,
    waited: Duration,
    is_cut: bool,
}

fn connection(plan: &Plan, from: u64) -> Sent {
    let mut script = Script::new(plan, from, true);
    let (mut bytes, mut waited, mut is_cut) = (Vec::new(), Duration::ZERO, false);
    while let Some(step) = script.next() {
        match step {
            Step::Send(piece, _) => bytes.extend_from_slice(&piece),
            Step::Wait(wait) => waited += wait,
            Step::Cut => is_cut = true,
        }
    }
    Sent {
        bytes,
        waited,
        is_cut,
    }
}

/// A client that does what the standard says, until it has the last event; at most so many connections.
struct Client {
    events: Vec<wire::Event>,
    connections: usize,
    last: String,
}

fn follow(address: &str) -> Client {
    let plan = plan(address);
    let mut parser = Parser::new();
    let (mut events, mut connections) = (Vec::new(), 0);
    while event::number(parser.last_event_id().as_bytes()) < plan.number("count")
        && connections < 50
    {
        connections += 1;
        let from = event::number(parser.last_event_id().as_bytes());
        let mut sink = |item| {
            if let Item::Event(event) = item {
                events.push(event);
            }
        };
        parser.feed(&connection(&plan, from).bytes, &mut sink);
        parser.finish(&mut sink);
    }
    let last = parser.last_event_id().to_owned();
    Client {
        events,
        connections,
        last,
    }
}

/// What events 1 to `n` have as their data.
fn texts(n: u64) -> Vec<String> {
    (1..=n).map(event::text).collect()
}

fn data(client: &Client) -> Vec<String> {
    client
        .events
        .iter()
        .map(|event| event.data.clone())
        .collect()
}

#[test]
fn a_client_that_does_what_the_standard_says_has_every_event_once_whatever_is_wrong() {
    let faults = [
        "cut",
        "cut-in-event",
        "cut-in-character",
        "unfinished",
        "line-ends",
        "line-ends?ends=cr",
        "line-ends?ends=crlf",
        "bom",
        "repeated-ids",
        "backward-ids",
        "nul-in-id",
        "retry?retry=99999999999999999999",
        "comments?comments=5",
        "silence",
        "delay",
        "jitter",
        "bunches",
        "unknown-fields",
    ];
    for fault in faults {
        let mark = if fault.contains('?') { '&' } else { '?' };
        for more in [
            "",
            "&with=bom&with=line-ends&with=unknown-fields&with=comments",
        ] {
            for seed in 1..10 {
                let address = format!("/faults/{fault}{mark}seed={seed}{more}");
                let client = follow(&address);
                assert_eq!(data(&client), texts(20), "{address}");
                assert_eq!(client.last, "faults-20", "{address}");
            }
        }
    }
}

#[test]
fn each_cut_is_where_it_is_said_to_be() {
    for seed in 0..50 {
        let address = |name| format!("/faults/{name}?after=2&seed={seed}");
        let sent = connection(&plan(&address("cut")), 0);
        assert!(sent.is_cut && sent.bytes.ends_with("😀\n\n".as_bytes()));
        let whole = sent.bytes.len();
        let sent = connection(&plan(&address("cut-in-event")), 0);
        assert!(sent.is_cut && sent.bytes.len() > whole && !sent.bytes.ends_with(b"\n\n"));
        let sent = connection(&plan(&address("cut-in-character")), 0);
        let torn = std::str::from_utf8(&sent.bytes).unwrap_err();
        assert!(
            sent.is_cut && torn.error_len().is_none(),
            "the end is missing"
        );
        let sent = connection(&plan(&address("unfinished")), 0);
        assert!(!sent.is_cut && sent.bytes.ends_with("😀\n".as_bytes()));
    }
    // Two events a connection, and the last two of seven are no cut: there is an end.
    assert_eq!(follow("/faults/cut?count=7&after=2").connections, 4);
    assert!(!connection(&plan("/faults/cut?count=7&after=2"), 5).is_cut);
}

#[test]
fn the_same_seed_is_the_same_bytes_and_another_is_not() {
    let all = "with=line-ends&with=bom&with=jitter&with=comments&comments=2&with=nul-in-id";
    let sent = |seed, from| {
        let plan = plan(&format!("/faults/cut-in-event?{all}&seed={seed}"));
        let sent = connection(&plan, from);
        (sent.bytes, sent.waited)
    };
    assert_eq!(sent(7, 0), sent(7, 0));
    assert_eq!(sent(7, 3), sent(7, 3));
    assert_ne!(sent(7, 0), sent(8, 0));
    // For as long as a link is: what is pinned here may not change.
    assert_eq!(
        connection(&plan("/faults/line-ends?count=1&seed=7"), 0).bytes,
        "id: faults-1\rdata: event 1 · é ☃ 😀\n\r\n".as_bytes()
    );
}

#[test]
fn wrong_ids_are_wrong_and_the_last_is_right() {
    let ids = |name: &str| -> Vec<String> {
        let client = follow(&format!("/faults/{name}?count=6"));
        client.events.into_iter().map(|event| event.id).collect()
    };
    let all = |numbers: [u64; 6]| numbers.map(event::id).to_vec();
    assert_eq!(ids("repeated-ids"), all([1, 2, 2, 4, 5, 6]));
    assert_eq!(ids("backward-ids"), all([1, 2, 1, 4, 5, 6]));
    // An id with NUL is passed over, and the one before it counts.
    assert_eq!(ids("nul-in-id"), all([1, 2, 2, 4, 5, 6]));
    let bytes = connection(&plan("/faults/nul-in-id"), 0).bytes;
    assert!(bytes.windows(11).any(|at| at == b"faults-3\0x\n"));
    let bytes = connection(&plan("/faults/no-ids"), 0).bytes;
    assert!(!String::from_utf8(bytes).unwrap().contains("id:"));
}

#[test]
fn what_is_long_is_as_long_as_was_asked_and_comes_in_pieces() {
    let long = follow("/faults/long-line?count=3&bytes=100001");
    let data: Vec<_> = long.events.iter().map(|event| event.data.len()).collect();
    assert_eq!(data[1], 100_001);
    assert!(data[0] < 100 && data[2] < 100);
    let enveloped = follow("/faults/long-line?count=3&bytes=100001&envelope=1");
    let json: serde_json::Value = serde_json::from_str(&enveloped.events[2].data).unwrap();
    assert_eq!(json["data"].as_str().unwrap().len(), 100_001);
    let largest = plan("/faults/long-line?bytes=8388608&with=comments&comments=100000");
    let mut script = Script::new(&largest, 1, true);
    while let Some(step) = script.next() {
        // The flood and the line of one event: what is shared costs nothing.
        assert!(script.steps.len() < 1_000);
        if let Step::Send(piece, _) = step {
            assert!(piece.len() <= 16 * 1024);
        }
    }
    let flood = connection(&plan("/faults/comments?comments=1000&count=2"), 0).bytes;
    assert_eq!(
        flood.iter().filter(|byte| **byte == b':').count(),
        2_000 + 4
    );
}

#[test]
fn in_an_envelope_the_hubs_own_clients_find_what_they_know() {
    let client = follow("/faults/cut?envelope=1&count=5");
    let names: Vec<_> = client
        .events
        .iter()
        .map(|event| event.event.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "hub.open", "message", "message", "message", "hub.open", "message", "message"
        ]
    );
    assert_eq!(client.events[0].id, "faults-0");
    assert_eq!(client.events[4].id, "faults-3");
    let json: serde_json::Value = serde_json::from_str(&client.events[6].data).unwrap();
    assert_eq!(json["id"], "faults-5");
    assert_eq!(json["data"], event::text(5));
    assert_eq!(json["time"], "1970-01-01T00:00:05.000Z");
}

#[test]
fn bytes_that_are_no_text_are_in_the_data() {
    for address in [
        "/faults/invalid-utf8?count=1",
        "/faults/invalid-utf8?count=1&envelope=1",
    ] {
        let sent = connection(&plan(address), 0).bytes;
        assert!(sent.windows(4).any(|at| at == b"\xFF \xC3("), "{address}");
        let client = follow(address);
        assert!(
            client
                .events
                .last()
                .unwrap()
                .data
                .contains("\u{fffd} \u{fffd}(")
        );
    }
}

#[test]
fn times_are_those_that_were_asked_for() {
    let waited = |address: &str| connection(&plan(address), 0).waited.as_millis();
    assert_eq!(waited("/faults/bom?count=11&interval=100"), 1_000);
    assert_eq!(waited("/faults/bunches?count=21&interval=100"), 2_000);
    assert_eq!(
        waited("/faults/silence?count=5&interval=0&silence=7000"),
        7_000
    );
    let uneven = waited("/faults/jitter?count=11&interval=100&jitter=50");
    assert!(
        (1_000..=1_500).contains(&uneven) && uneven != 1_000,
        "{uneven}"
    );
}
