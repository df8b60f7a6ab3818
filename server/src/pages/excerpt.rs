//! As much of the newest events as a page begins with.
//!
//! A page stands in memory as a whole, some times over, for each reader that asks for it. Its
//! streams have the events in full.

use serde::{Deserialize, Serialize};

use crate::http::chat;
use crate::limits::{EVENT_ON_PAGE, ROW_DATA, SNAPSHOT_BYTES};

/// The data of events as a page shows it, newest first, as far as there is room for all of them.
pub(super) fn within_budget<E>(
    newest_first: impl Iterator<Item = E>,
    data: impl Fn(&E) -> String,
) -> Vec<(E, String)> {
    let mut left = SNAPSHOT_BYTES;
    let shown = newest_first.map_while(|event| {
        let data = data(&event);
        left = left.checked_sub(data.len())?;
        Some((event, data))
    });
    shown.collect()
}

/// An event's data, cut where it is longer than 16 KiB; the JSON of the chat stays JSON.
pub(super) fn of(topic: &str, data: &str) -> String {
    if data.len() <= EVENT_ON_PAGE {
        return data.to_owned();
    }
    let post = (topic == chat::TOPIC)
        .then(|| serde_json::from_str::<Post>(data).ok())
        .flatten();
    post.and_then(|post| post.cut())
        .unwrap_or_else(|| cut(data, EVENT_ON_PAGE))
}

/// What a row shows of data of which there are so many bytes in all.
pub(super) fn row(data: &str, bytes: usize) -> String {
    match data.char_indices().nth(ROW_DATA) {
        None => data.to_owned(),
        Some((end, _)) => format!("{} … ({bytes} bytes in all)", &data[..end]),
    }
}

/// What someone said in the chat.
#[derive(Serialize, Deserialize)]
struct Post {
    user: String,
    msg: String,
}

impl Post {
    fn cut(&self) -> Option<String> {
        // A character takes up to six bytes once it is escaped.
        (0..4).find_map(|halved| {
            let post = Self {
                user: self.user.clone(),
                msg: cut(&self.msg, (EVENT_ON_PAGE - 1024) >> halved),
            };
            let json = serde_json::to_string(&post).ok()?;
            (json.len() <= EVENT_ON_PAGE).then_some(json)
        })
    }
}

/// At most so many bytes of a text, and how many there are.
fn cut(text: &str, bytes: usize) -> String {
    let end = (0..=bytes.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or_default();
    format!("{} … ({} bytes in all)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_data_is_cut_between_characters_and_says_so() {
        let short = "x".repeat(EVENT_ON_PAGE);
        assert_eq!(of("a", &short), short);
        let long = format!("a{}", "é".repeat(EVENT_ON_PAGE));
        let shown = of("a", &long);
        assert!(shown.len() < EVENT_ON_PAGE + 64);
        assert!(shown.ends_with(&format!("é … ({} bytes in all)", long.len())));
    }

    #[test]
    fn a_row_has_as_many_characters_as_are_shown() {
        let just = "é".repeat(ROW_DATA);
        assert_eq!(row(&just, just.len()), just);
        let long = format!("{just}x");
        assert_eq!(row(&long, 9000), format!("{just} … (9000 bytes in all)"));
    }

    #[test]
    fn the_chat_stays_json() {
        for said in ["x", "\"", "\u{1}", "é"] {
            let msg = said.repeat(EVENT_ON_PAGE);
            let data = serde_json::to_string(&Post {
                user: "\"".repeat(64),
                msg: msg.clone(),
            });
            let shown = of(chat::TOPIC, &data.unwrap());
            assert!(shown.len() <= EVENT_ON_PAGE, "{}", shown.len());
            let shown: Post = serde_json::from_str(&shown).unwrap();
            let says = format!("{said} … ({} bytes in all)", msg.len());
            assert!(shown.msg.ends_with(&says), "{}", shown.msg);
        }
        // Others may publish there too, what is no message.
        let other = format!("{{\"user\": {}", "1".repeat(EVENT_ON_PAGE));
        assert!(of(chat::TOPIC, &other).ends_with(" bytes in all)"));
    }

    #[test]
    fn the_newest_are_kept_until_there_is_no_room() {
        let big = |_: &u32| "x".repeat(SNAPSHOT_BYTES / 2);
        let kept = within_budget([3, 2, 1].into_iter(), big);
        assert_eq!(kept.iter().map(|(n, _)| *n).collect::<Vec<_>>(), [3, 2]);
    }
}
