//! Events to take along: as the hub writes them, as a file, as a command, as a link.

use std::time::Duration;

use js_sys::Array;
use leptos::prelude::{document, set_timeout};
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, BlobPropertyBag, HtmlElement, Url};
use wire::{EventName, Frame, Id};

use crate::{
    address::{encode, permalink},
    frame::{frame, written},
    live::feed::Row,
    model::{Event, Gap},
};

/// How long a file's address is good: a browser may ask where to put it first.
const GOOD_FOR: Duration = Duration::from_secs(60);

/// The longest data, in bytes, that a command has as an argument: Linux takes 128 KiB.
const LONGEST_ARGUMENT: usize = 64 * 1024;

/// A gap as a line of JSON.
#[derive(Serialize)]
struct Missing<'a> {
    id: &'a str,
    event: &'static str,
    data: String,
}

/// One JSON object a line, as the hub sends them for `Accept: application/x-ndjson`.
pub(crate) fn ndjson(rows: impl Iterator<Item = Row>) -> String {
    let mut out = String::new();
    for row in rows {
        let line = match &row {
            Row::Event(event) => serde_json::to_string(event),
            Row::Gap(gap) => serde_json::to_string(&Missing {
                id: &gap.resumed_after,
                event: "hub.gap",
                data: gap_data(gap),
            }),
        };
        // Texts and numbers have a JSON always.
        out.push_str(&line.unwrap_or_default());
        out.push('\n');
    }
    out
}

/// An event stream, as the hub sends it; each frame names its topic where there are `several`.
pub(crate) fn event_stream(rows: impl Iterator<Item = Row>, several: bool) -> String {
    rows.map(|row| match row {
        Row::Event(event) => frame(&event, several),
        Row::Gap(gap) => written(&Frame {
            event: EventName::new("hub.gap").ok().as_ref(),
            id: Id::new(gap.resumed_after.as_str()).ok().as_ref(),
            data: Some(&gap_data(&gap)),
            ..Frame::default()
        }),
    })
    .collect()
}

fn gap_data(gap: &Gap) -> String {
    serde_json::to_string(gap).unwrap_or_default()
}

/// The page with this event and those around it.
pub(crate) fn link(origin: &str, event: &Event) -> String {
    [origin, &permalink(&event.topic, &event.id)].concat()
}

/// A command for a POSIX shell that publishes the same event again.
///
/// Data that a terminal could take for keys, or show as something else, is written by `printf`, in
/// escapes: what is pasted is one line that can be read, and does nothing until it is entered.
pub(crate) fn curl(origin: &str, event: &Event) -> String {
    let mut address = [origin, "/events?topic=", &encode(&event.topic)].concat();
    if event.event != "message" {
        address += "&event=";
        address += &encode(&event.event);
    }
    if let Some(retry) = event.retry {
        address += &["&retry=", &retry.to_string()].concat();
    }
    let (data, address) = (&event.data, quoted(&address));
    if data.len() > LONGEST_ARGUMENT || data.chars().any(is_unsafe) {
        let format = printf_format(data);
        [
            "printf ",
            &quoted(&format),
            " | curl --data-binary @- ",
            &address,
        ]
        .concat()
    } else {
        // Unlike `--data`, does not take an `@` for the name of a file.
        ["curl --data-raw ", &quoted(data), " ", &address].concat()
    }
}

/// Whether a character is better not pasted into a terminal: `!` is history to some shells.
fn is_unsafe(c: char) -> bool {
    c == '!' || super::detail::is_hidden(c)
}

/// A word for a POSIX shell, whatever is in it.
fn quoted(text: &str) -> String {
    ["'", &text.replace('\'', r"'\''"), "'"].concat()
}

/// A format with which `printf` writes exactly this text.
fn printf_format(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (at, c) in text.char_indices() {
        match c {
            '\n' => out.push_str(r"\n"),
            '\\' => out.push_str(r"\\"),
            '%' => out.push_str("%%"),
            // At the beginning it would be an option.
            c if is_unsafe(c) || (at == 0 && c == '-') => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    let digits = [byte >> 6, byte >> 3 & 7, byte & 7];
                    out.push('\\');
                    out.extend(digits.map(|digit| char::from(b'0' + digit)));
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Hands a text to the browser as a file, part by part: only one of them is held here at a time.
pub(crate) fn download(name: &str, mime: &str, parts: impl Iterator<Item = String>) {
    let kind = BlobPropertyBag::new();
    kind.set_type(mime);
    // Each part becomes a blob at once: those the browser may keep elsewhere than in memory.
    let parts: Array = parts
        .filter_map(|part| Blob::new_with_str_sequence(&Array::of1(&JsValue::from_str(&part))).ok())
        .collect();
    let address = Blob::new_with_blob_sequence_and_options(&parts, &kind)
        .and_then(|file| Url::create_object_url_with_blob(&file));
    let Ok(address) = address else { return };
    let link = document().create_element("a").map(|link| {
        // Neither is refused: both are names of attributes.
        let _ = link.set_attribute("href", &address);
        let _ = link.set_attribute("download", name);
        link.unchecked_into::<HtmlElement>()
    });
    if let Ok(link) = link {
        link.click();
    }
    set_timeout(
        move || {
            // An address that is none any more is as good as one that is let go of.
            let _ = Url::revoke_object_url(&address);
        },
        GOOD_FOR,
    );
}

#[cfg(test)]
mod tests {
    use std::{
        io::Write,
        process::{Command, Stdio},
    };

    use proptest::prelude::*;

    use super::*;

    fn event(name: &str, data: &str) -> Event {
        Event {
            id: "k3x9-7".into(),
            topic: "a b/é".into(),
            event: name.into(),
            data: data.into(),
            time: "2026-11-21T01:13:58.001691Z".into(),
            retry: None,
        }
    }

    fn gap() -> Row {
        Row::Gap(Gap {
            reason: "trimmed".into(),
            requested: "k3x9-1\"".into(),
            resumed_after: "k3x9-4".into(),
            missed: None,
        })
    }

    #[test]
    fn json_lines_are_those_of_the_hub() {
        let rows = [gap(), Row::Event(event("tick", "{\"n\":1}\nb"))];
        let expected = concat!(
            r#"{"id":"k3x9-4","event":"hub.gap","data":"{\"reason\":\"trimmed\",\"requested\":\"k3x9-1\\\"\",\"resumed_after\":\"k3x9-4\",\"missed\":null}"}"#,
            "\n",
            r#"{"id":"k3x9-7","topic":"a b/é","event":"tick","data":"{\"n\":1}\nb","time":"2026-11-21T01:13:58.001691Z"}"#,
            "\n",
        );
        assert_eq!(ndjson(rows.into_iter()), expected);
        assert_eq!(ndjson(std::iter::empty()), "");
    }

    #[test]
    fn a_stream_is_that_of_the_hub() {
        let rows = [
            gap(),
            Row::Event(event("tick", "a\n\nb")),
            Row::Event(event("message", "")),
        ];
        let gap =
            r#"{"reason":"trimmed","requested":"k3x9-1\"","resumed_after":"k3x9-4","missed":null}"#;
        let expected = format!(
            "event: hub.gap\nid: k3x9-4\ndata: {gap}\n\n\
             event: tick\nid: k3x9-7\ndata: a\ndata:\ndata: b\n\n\
             id: k3x9-7\ndata:\n\n"
        );
        assert_eq!(event_stream(rows.clone().into_iter(), false), expected);
        let several = expected.replace("id: k3x9-7\n", "id: k3x9-7\ntopic: a b/é\n");
        assert_eq!(event_stream(rows.into_iter(), true), several);
    }

    #[test]
    fn a_retry_goes_along() {
        let event = Event {
            retry: Some(5_000),
            ..event("tick", "x")
        };
        let row = || [Row::Event(event.clone())].into_iter();
        assert!(ndjson(row()).ends_with(",\"retry\":5000}\n"));
        assert!(event_stream(row(), false).contains("\nretry: 5000\n"));
        assert!(curl("http://h", &event).ends_with("&event=tick&retry=5000'"));
    }

    #[test]
    fn a_link_leads_to_the_event() {
        assert_eq!(
            link("http://127.0.0.1:8080", &event("tick", "")),
            "http://127.0.0.1:8080/topics?topic=a%20b%2F%C3%A9&at=k3x9-7"
        );
    }

    #[test]
    fn a_command_is_what_one_would_write() {
        let address = "'http://h/events?topic=a%20b%2F%C3%A9'";
        for (data, expected) in [
            (
                "{\"n\":1}",
                format!("curl --data-raw '{{\"n\":1}}' {address}"),
            ),
            (
                "@/etc/passwd",
                format!("curl --data-raw '@/etc/passwd' {address}"),
            ),
            ("it's", format!(r"curl --data-raw 'it'\''s' {address}")),
            ("", format!("curl --data-raw '' {address}")),
            (
                "-a\nb %d!",
                format!(r"printf '\055a\nb %%d\041' | curl --data-binary @- {address}"),
            ),
            (
                "\u{1b}[201~'",
                format!(r"printf '\033[201~'\''' | curl --data-binary @- {address}"),
            ),
        ] {
            assert_eq!(curl("http://h", &event("message", data)), expected);
        }
        let named = curl("http://h", &event("it's ok", "x"));
        assert!(named.ends_with("&event=it%27s%20ok'"), "{named}");
    }

    /// What the shell hands to `curl` as data.
    fn entered(command: &str) -> Vec<u8> {
        let curl = r#"curl() { if [ "$1" = --data-raw ]; then printf %s "$2"; else cat; fi; }"#;
        let mut shell = Command::new("sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = shell.stdin.take().unwrap();
        let script = format!("{curl}\n{command}\n");
        let writing = std::thread::spawn(move || input.write_all(script.as_bytes()));
        let output = shell.wait_with_output().unwrap();
        writing.join().unwrap().unwrap();
        assert!(output.status.success() && output.stderr.is_empty());
        output.stdout
    }

    #[test]
    fn data_too_long_for_an_argument_is_piped() {
        let data = "x".repeat(LONGEST_ARGUMENT + 1);
        let command = curl("http://h", &event("a", &data));
        assert!(command.starts_with("printf "));
        assert_eq!(entered(&command), data.as_bytes());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_shell_publishes_the_same_data(data in r#"(['"\\$`!%@\-\n\t\x1b &|;()<>*?~#ab01é]|\PC){0,40}"#) {
            let command = curl("http://h", &event("e", &data));
            prop_assert!(!command.contains('\n'));
            prop_assert_eq!(entered(&command), data.as_bytes());
        }

        #[test]
        fn a_parser_reads_the_same_event(data in "[^\r\0]{0,40}", name in "[a-z]{1,8}") {
            let event = event(&name, &data);
            let mut read = Vec::new();
            wire::Parser::new().feed(frame(&event, true).as_bytes(), &mut |item| {
                if let wire::Item::Event(event) = item {
                    read.push((event.id, event.event, event.data));
                }
            });
            prop_assert_eq!(read, [(event.id, event.event, event.data)]);
        }
    }
}
