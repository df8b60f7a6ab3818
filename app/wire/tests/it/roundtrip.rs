//! What is encoded comes out of the parser, and nothing else does.

use proptest::prelude::*;
use wire::{Code, EventName, Frame, Id, Item, Line, Parser, Retry, comment};

use crate::{diagnostics, events, parse};

/// Any text, with line ends and the format's own characters more often than chance has them.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "\r", "\n", "\r\n", "\n\r", ":", " ", "data:", "id: 1", "\u{feff}", "\0", "\u{2028}"
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

fn value(max: usize) -> impl Strategy<Value = String> {
    let legal = move |s: &String| !s.is_empty() && s.len() <= max && !s.contains(char::is_control);
    text().prop_filter_map("a value", move |s| {
        let s: String = s
            .chars()
            .filter(|c| !c.is_control())
            .take(max / 4)
            .collect();
        legal(&s).then_some(s)
    })
}

fn normalised(data: &str) -> String {
    data.replace("\r\n", "\n").replace('\r', "\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn parsing_what_was_encoded_is_the_identity(
        name in prop::option::of(value(wire::MAX_EVENT_NAME)),
        id in prop::option::of(value(wire::MAX_ID)),
        retry in prop::option::of(Retry::MIN..=Retry::MAX),
        topic in prop::option::of(value(1024)),
        data in text(),
    ) {
        let event = name.clone().map(|n| EventName::new(n).unwrap());
        let header = id.clone().map(|i| Id::new(i).unwrap());
        let frame = Frame {
            event: event.as_ref(),
            id: header.as_ref(),
            retry: retry.map(|ms| Retry::from_millis(ms).unwrap()),
            topic: topic.as_deref().map(|t| Line::new(t).unwrap()),
            data: Some(&data),
        };
        let (items, end) = parse(Parser::new(), [&*frame.encode()]);
        let events = events(&items);
        prop_assert_eq!(events.len(), 1);
        prop_assert_eq!(&events[0].event, &name.unwrap_or_else(|| "message".to_owned()));
        prop_assert_eq!(&events[0].data, &normalised(&data));
        prop_assert_eq!(&events[0].id, &id.unwrap_or_default());
        prop_assert_eq!(&events[0].topic, &topic);
        prop_assert_eq!(end.retry.and_then(|r| r.as_millis()), retry.map(u64::from));
        prop_assert!(diagnostics(&items).iter().all(|d| d.code == Code::TopicField));
    }

    #[test]
    fn no_data_forges_a_field(before in text(), data in text()) {
        let id = Id::new("real").unwrap();
        let frame = Frame { id: Some(&id), data: Some(&data), ..Frame::default() };
        let mut bytes = Vec::new();
        comment(&before, &mut bytes);
        frame.encode_into(&mut bytes);
        let (items, end) = parse(Parser::new().with_fields(true), [&*bytes]);
        let names: Vec<&str> = items
            .iter()
            .filter_map(|i| if let Item::Field(f) = i { Some(&*f.name) } else { None })
            .collect();
        let comments = normalised(&before).split('\n').count();
        let lines = normalised(&data).split('\n').count();
        let expected = [vec![""; comments], vec!["id"], vec!["data"; lines]].concat();
        prop_assert_eq!(names, expected);
        prop_assert_eq!(events(&items).len(), 1);
        prop_assert_eq!(end.last_event_id, "real");
    }

    #[test]
    fn what_an_id_accepts_is_one_line(text in text()) {
        prop_assume!(text.contains(char::is_control));
        prop_assert!(Id::new(text.as_str()).is_err());
        prop_assert!(EventName::new(text.as_str()).is_err());
        prop_assert!(Line::new(&text).is_err());
    }
}
