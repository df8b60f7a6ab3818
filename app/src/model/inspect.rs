//! What the inspector's page begins with.

use serde::{Deserialize, Serialize};

/// A request, as the page's form has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InspectData {
    /// The stream's address, or a path of this server; empty where none was given.
    pub url: String,
    /// How it is asked for.
    pub method: String,
    /// What it is resumed from; empty: nothing.
    pub last_event_id: String,
    /// Whether the page comes back after an end.
    pub reconnect: bool,
    /// Inspections to begin with: their addresses, and what they are.
    pub samples: Vec<(String, String)>,
    /// Scheme and authority under which the page was asked for, for commands to copy.
    pub origin: String,
}

impl InspectData {
    /// The same in a terminal.
    #[must_use]
    pub fn command(&self) -> String {
        let url = match &*self.url {
            "" => "https://example.com/events".to_owned(),
            path if path.starts_with('/') => [&self.origin, path].concat(),
            url => url.to_owned(),
        };
        let id = match &*self.last_event_id {
            "" => String::new(),
            id => format!(" --last-event-id {}", quoted(id)),
        };
        let method = match &*self.method {
            "" | "GET" => String::new(),
            method => format!(" --method {}", quoted(method)),
        };
        format!(
            "tickertape inspect --json --capture{method}{id} {} > stream.ndjson",
            quoted(&url)
        )
    }
}

/// A word for a shell, whatever is in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_safe_to_paste() {
        let data = InspectData {
            url: "/x'; rm".into(),
            last_event_id: "$(a)".into(),
            method: "POST".into(),
            origin: "http://h:1".into(),
            ..InspectData::default()
        };
        assert_eq!(
            data.command(),
            r"tickertape inspect --json --capture --method 'POST' --last-event-id '$(a)' 'http://h:1/x'\''; rm' > stream.ndjson"
        );
    }
}
