use proptest::prelude::*;
use serde::de::IgnoredAny;

use super::*;

/// The text anew, from what each object and array says it holds; without white space.
fn rebuilt(text: &str, value: Range<usize>) -> String {
    let part = &text[value.clone()];
    let (open, close) = match part.as_bytes().first() {
        Some(b'{') => ('{', '}'),
        Some(b'[') => ('[', ']'),
        _ => return part.to_owned(),
    };
    let inside: Vec<_> = members(text, value.start)
        .map(|Member { key, value }| {
            let value = rebuilt(text, value);
            key.map_or(value.clone(), |key| format!("{}:{value}", &text[key]))
        })
        .collect();
    format!("{open}{}{close}", inside.join(","))
}

fn whole(text: &str) -> String {
    let from = text.find(|c: char| !c.is_ascii_whitespace()).unwrap();
    let to = text
        .trim_end_matches(|c: char| c.is_ascii_whitespace())
        .len();
    rebuilt(text, from..to)
}

#[test]
fn what_is_json_is_taken_as_it_is_written() {
    for text in [
        "0",
        "-0.0e+10",
        "12345678901234567890",
        "1e999",
        r#""""#,
        r#""\ud800""#,
        "null",
        "[]",
        "{}",
        r#"{"b":1,"a":2,"b":[3,{"":null}]}"#,
        r#"["}","]","\"","\\"]"#,
        r#"{"a\"":"שלום","👩‍👩‍👧":"<script>"}"#,
    ] {
        assert_eq!(check(text), Ok(()), "{text}");
        assert_eq!(whole(text), text);
    }
    let spaced = " {\r\n\t\"a\" : [ 1 ,\n2 ] , \"a\":\t{ } } ";
    assert_eq!(check(spaced), Ok(()));
    assert_eq!(whole(spaced), r#"{"a":[1,2],"a":{}}"#);
}

#[test]
fn what_is_none_is_refused_where_it_goes_wrong() {
    for (text, at, wanted) in [
        ("", 0, "a value"),
        ("hello", 0, "a value"),
        ("\u{feff}1", 0, "a value"),
        ("-", 1, "a digit"),
        ("01", 1, "the end"),
        ("1.", 2, "a digit"),
        ("1e+", 3, "a digit"),
        ("nul", 0, "a value"),
        ("{}{}", 2, "the end"),
        ("[1 2]", 3, "a comma or a closing bracket"),
        ("[1,]", 3, "a value"),
        ("[", 1, "a value"),
        ("{\"a\":1 \"b\"}", 7, "a comma or a closing brace"),
        ("{\"a\":1,}", 7, "a key in double quotes"),
        ("{'a':1}", 1, "a key in double quotes"),
        ("{\"a\" 1}", 5, "a colon"),
        ("\"é", 3, "a closing quote"),
        ("\"a\nb\"", 2, "an escape in place of a control character"),
        (r#""\x41""#, 2, "one of the escapes of JSON"),
        (r#""\u12G4""#, 5, "four hexadecimal digits"),
        ("[1}", 2, "a comma or a closing bracket"),
    ] {
        assert_eq!(check(text), Err(Wrong { at, wanted }), "{text}");
    }
}

#[test]
fn depth_and_length_have_no_bound() {
    let depth = 500_000;
    let deep = "[".repeat(depth) + &"]".repeat(depth);
    assert_eq!(check(&deep), Ok(()));
    let inner = members(&deep, 0).next().unwrap();
    assert_eq!(inner.value, 1..2 * depth - 1);
    assert_eq!(check(&deep[..depth]).unwrap_err().at, depth);

    let long = format!("[{}0]", "1,".repeat(99_999));
    assert_eq!(check(&long), Ok(()));
    assert_eq!(members(&long, 0).count(), 100_000);
}

#[test]
fn a_string_says_the_same_with_nothing_hidden_in_it() {
    for (literal, expected) in [
        (r#""caf\u00e9 \/ \ud83d\ude00""#, r#""café / 😀""#),
        (
            r#""a\nb\t\"c\" \\ \u0022\u005c""#,
            r#""a\nb\t\"c\" \\ \u0022\u005c""#,
        ),
        (r#""\u001b[31m \u202e""#, r#""\u001b[31m \u202e""#),
        (
            "\"\u{202e}\u{7f}\u{e0041}\"",
            r#""\u202e\u007f\udb40\udc41""#,
        ),
        (
            r#""\ud800 \udc00\ud83d\ud83d\ude00""#,
            r#""\ud800 \udc00\ud83d😀""#,
        ),
        // Cut off.
        (r#""\ud83d\ude"#, r#""\ud83d\ude"#),
        (r#""\u00"#, r#""\u00"#),
        (r#""\"#, r#""\"#),
        (r#""\é"#, r#""\é"#),
        (r#""\u00é0"#, r#""\u00é0"#),
    ] {
        assert_eq!(shown(literal), expected);
    }
}

/// Texts that are JSON, or nearly.
fn nearly() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[\\[\\]{},: \n\"\\\\]{0,4}",
        Just("\"a\"".to_owned()),
        Just("\"a\":".to_owned()),
        "-?[0-9]{0,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,3})?",
        "\"(\\\\[\"\\\\/bfnrtux]|[a0\u{1}é]){0,6}\"",
        "true|false|null|nul",
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// Values with all that JSON can hold, written with and without white space.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        any::<i64>().prop_map(|n| n.to_string()),
        "-?[1-9][0-9]{0,30}(\\.[0-9]{1,9})?(e[+-]?[0-9]{1,4})?",
        "\"(\\\\u[0-9a-fA-F]{4}|\\\\[nrt\"\\\\/]|[a-zא👩\u{202e}]){0,8}\"",
        Just("null".to_owned()),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        let key = "\"[ab]?(\\\\\")?\"";
        prop_oneof![
            (prop::collection::vec(inner.clone(), 0..6), "[ \n]?").prop_map(
                |(parts, space)| format!("[{space}{}]", parts.join(&format!("{space},")))
            ),
            (prop::collection::vec((key, inner), 0..6), "[ \n]?").prop_map(|(parts, space)| {
                let parts: Vec<_> = parts
                    .iter()
                    .map(|(key, value)| format!("{key}{space}:{space}{value}"))
                    .collect();
                format!("{{{space}{}{space}}}", parts.join(","))
            }),
        ]
    })
}

/// The text without the white space between its values.
fn compact(text: &str) -> String {
    let (mut out, mut in_string, mut escaped) = (String::new(), false, false);
    for c in text.chars() {
        if in_string || !c.is_ascii_whitespace() {
            out.push(c);
        }
        in_string ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    out
}

proptest! {
    #[test]
    fn json_is_what_serde_takes_for_json(text in prop_oneof![nearly(), any::<String>()]) {
        let taken = serde_json::from_str::<IgnoredAny>(&text).is_ok();
        prop_assert_eq!(check(&text).is_ok(), taken);
    }

    #[test]
    fn members_lose_nothing_and_keep_their_order(text in json()) {
        prop_assert_eq!(check(&text), Ok(()));
        prop_assert_eq!(whole(&text), compact(&text));
    }

    #[test]
    fn a_string_that_is_shown_says_the_same(literal in "\"(\\\\u[0-9a-fA-F]{4}|\\\\[bnrt\"\\\\/]|[a-zא👩\u{202e}\u{9b}]){0,12}\"") {
        let shown = shown(&literal);
        prop_assert!(!shown.chars().any(is_hidden));
        prop_assert_eq!(check(&shown), Ok(()));
        // A lone surrogate is no text for serde: it stays as it is written.
        if let Ok(text) = serde_json::from_str::<String>(&literal) {
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }

    #[test]
    fn what_is_no_json_has_no_members_that_lie_outside(text: String) {
        for member in members(&text, 0) {
            prop_assert!(text.len() >= member.value.end);
        }
    }
}
