//! The table `[[retention.topics]]` of `tickertape.toml`.

use std::num::NonZero;

use hub::{Retention, Selector};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::file;
use super::values::{age, size};

/// The most overrides: each topic is held against them in turn when it is first seen.
const MAX_OVERRIDES: usize = 100;

/// What is kept of the topics that a selector matches, apart from all others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Which topics; the first override that matches one counts.
    pub selector: Selector,
    /// What is kept of them together.
    pub retention: Retention,
}

/// One of `[[retention.topics]]`; a limit that it does not name is none.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OverrideTable {
    #[serde(deserialize_with = "file::selector")]
    selector: Selector,
    #[serde(default, deserialize_with = "file::duration")]
    age: Option<String>,
    #[serde(default, deserialize_with = "file::bytes")]
    bytes: Option<String>,
    count: Option<NonZero<u64>>,
}

/// Reads them all.
///
/// # Errors
/// Where there are too many, or one is wrong.
pub(super) fn overrides<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Override>, D::Error> {
    let tables = Vec::<OverrideTable>::deserialize(from)?;
    if tables.len() > MAX_OVERRIDES {
        return Err(D::Error::custom(format!(
            "has more than {MAX_OVERRIDES} overrides"
        )));
    }
    tables
        .into_iter()
        .map(|table| table.read().map_err(D::Error::custom))
        .collect()
}

impl OverrideTable {
    fn read(self) -> Result<Override, String> {
        let retention = Retention {
            age: self.age.as_deref().map(age).transpose()?,
            bytes: self.bytes.as_deref().map(size).transpose()?,
            count: self.count.map(NonZero::get),
        };
        if retention == Retention::default() {
            let selector = self.selector;
            return Err(format!(
                "{selector} has no limit; give `age`, `bytes` or `count`"
            ));
        }
        Ok(Override {
            selector: self.selector,
            retention,
        })
    }
}
