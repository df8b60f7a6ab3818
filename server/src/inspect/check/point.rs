//! What the check has to say of one thing.

use std::borrow::Cow;

use inspection::Finding;
use serde::Serialize;

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Level {
    /// As it should be.
    Ok,
    /// Worth knowing; also what could not be found out.
    Note,
    /// It works, but not for everyone, or not at all times.
    Warn,
    /// Events are late or lost, or the stream ends for good.
    Bad,
}

impl Level {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warn => "warn",
            Self::Bad => "bad",
        }
    }
}

/// One finding: what, how it stands, in words, and what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) code: Cow<'static, str>,
    pub(super) level: Level,
    pub(super) detail: String,
    pub(super) change: Option<&'static str>,
}

impl Point {
    fn new(code: impl Into<Cow<'static, str>>, level: Level, detail: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            level,
            detail: detail.into(),
            change: None,
        }
    }

    pub(super) fn ok(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(code, Level::Ok, detail)
    }

    pub(super) fn note(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(code, Level::Note, detail)
    }

    pub(super) fn warn(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(code, Level::Warn, detail)
    }

    pub(super) fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(code, Level::Bad, detail)
    }

    /// What plain `inspect` says too, by its code and in its words: a note of that is to be looked at here.
    pub(super) fn of(found: &Finding) -> Self {
        let level = match found.is_violation {
            true => Level::Bad,
            false => Level::Warn,
        };
        Self::new(found.code.clone(), level, found.detail.clone())
    }

    /// With what to change.
    pub(super) fn change(self, change: &'static str) -> Self {
        Self {
            change: Some(change),
            ..self
        }
    }
}
