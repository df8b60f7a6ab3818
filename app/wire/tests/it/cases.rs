//! The table of cases: Web Platform Tests, other parsers' suites, the standard's examples.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use wire::{Event, Parser};

use crate::{diagnostics, events, parse};

#[derive(Deserialize)]
struct Case {
    name: String,
    input_b64: Option<String>,
    input_parts: Option<Vec<Part>>,
    initial_last_event_id: Option<String>,
    expected: Vec<Expected>,
    retry: Option<serde_json::Number>,
    last_event_id: String,
    diagnostics_suggested: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Part {
    Text { text: String },
    Repeat { repeat: String, count: usize },
}

#[derive(Deserialize)]
struct Expected {
    event: String,
    data: Option<String>,
    data_len: Option<usize>,
    data_sha256: Option<String>,
    id: String,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../cases/parsing.json")).expect("a table of cases")
}

impl Case {
    fn input(&self) -> Vec<u8> {
        if let Some(input) = &self.input_b64 {
            return STANDARD.decode(input).expect("Base64");
        }
        let part = |part: &Part| match part {
            Part::Text { text } => text.clone(),
            Part::Repeat { repeat, count } => repeat.repeat(*count),
        };
        let parts = self
            .input_parts
            .as_ref()
            .expect("parts, where there are no bytes");
        parts.iter().map(part).collect::<String>().into_bytes()
    }

    fn parser(&self) -> Parser {
        Parser::resume(self.initial_last_event_id.as_deref().unwrap_or_default())
    }

    /// Where to cut: everywhere. In the two large ones (a line repeated, a comment of one
    /// letter) the state repeats with the line, so the first and last lines show every state;
    /// powers of two show the growth of a buffer.
    fn cuts(&self, len: usize) -> Vec<usize> {
        if len < 10_000 {
            return (0..=len).collect();
        }
        let powers = (6..21)
            .step_by(2)
            .map(|n| 1 << n)
            .flat_map(|n| [n - 1, n, n + 1]);
        let mut cuts: Vec<usize> = (0..20).chain(powers).chain(len - 20..=len).collect();
        cuts.retain(|cut| *cut <= len);
        cuts
    }
}

impl Expected {
    fn is(&self, event: &Event) -> bool {
        let data = match &self.data {
            Some(data) => *data == event.data,
            None => {
                self.data_len == Some(event.data.len())
                    && self.data_sha256.as_deref() == Some(&sha256(&event.data))
            }
        };
        data && self.event == event.event && self.id == event.id
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[test]
fn every_case_gives_its_events_and_state() {
    assert!(cases().len() >= 109);
    for case in cases() {
        let input = case.input();
        let (items, end) = parse(case.parser(), [&*input]);
        let events = events(&items);
        assert_eq!(
            events.len(),
            case.expected.len(),
            "{}: {events:?}",
            case.name
        );
        for (event, expected) in events.iter().zip(&case.expected) {
            assert!(expected.is(event), "{}: {event:?}", case.name);
        }
        assert_eq!(end.last_event_id, case.last_event_id, "{}", case.name);
        let retry = case.retry.as_ref().map(ToString::to_string);
        assert_eq!(
            end.retry.as_ref().map(|r| r.as_str()),
            retry.as_deref(),
            "{}",
            case.name
        );
    }
}

#[test]
fn every_case_gives_its_diagnostics_and_no_others() {
    for case in cases() {
        let input = case.input();
        let (items, _) = parse(case.parser(), [&*input]);
        let mut expected = case.diagnostics_suggested.clone();
        // DEL is no header value: browsers do not come back with it.
        if case.name == "id with DEL and C1" {
            expected.insert("id_with_control_character".to_owned());
        }
        let found: BTreeSet<String> = diagnostics(&items)
            .iter()
            .map(|d| d.code.to_string())
            .collect();
        assert_eq!(found, expected, "{}", case.name);
        let len = input.len() as u64;
        assert!(
            diagnostics(&items).iter().all(|d| d.offset < len),
            "{}",
            case.name
        );
    }
}

#[test]
fn every_case_is_the_same_however_it_is_cut() {
    for case in cases() {
        let input = case.input();
        let whole = parse(case.parser(), [&*input]);
        for cut in case.cuts(input.len()) {
            let (before, after) = input.split_at(cut);
            assert!(
                parse(case.parser(), [before, after]) == whole,
                "{} at {cut}",
                case.name
            );
        }
        assert!(
            parse(case.parser(), input.chunks(1)) == whole,
            "{} by bytes",
            case.name
        );
    }
}
