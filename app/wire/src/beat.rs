//! Events that only say that the connection lives.

/// The names that servers give to them.
const NAMES: [&str; 7] = [
    "hub.beat",
    "heartbeat",
    "ping",
    "keepalive",
    "keep-alive",
    "keep_alive",
    "noop",
];

/// Whether an event of this name is a heartbeat, by what servers call theirs.
#[must_use]
pub fn is_beat(name: &str) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}
