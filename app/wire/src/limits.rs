//! How much a parser holds.

/// Bounds on what a parser keeps of one stream, in bytes unless said otherwise.
///
/// The standard has none. What passes one is reported and its event dropped, as a part of its data
/// would be worse; the id of a dropped event still counts, so that a resume does not meet it
/// again. Comments have no bound, as they are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest line that is not a comment; at least 16, so that a field's name fits.
    pub line: usize,
    /// The most data of one event.
    pub data: usize,
    /// The longest event name, id and topic, each.
    pub field: usize,
    /// How often each diagnostic code is reported in one stream (a number, not bytes).
    pub diagnostics: u32,
}

impl Limits {
    /// 8 MiB a line and an event's data, eight times what a hub accepts by default; 64 KiB a
    /// field, more than any server takes as a header; 100 diagnostics a code.
    pub const DEFAULT: Self = Self {
        line: 8 << 20,
        data: 8 << 20,
        field: 64 << 10,
        diagnostics: 100,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
