//! Whether one may do what one asks for, as it is set.

use std::sync::Arc;

use super::policy::Policy;
use crate::config::AccessArgs;

/// Who may do what.
#[derive(Clone, Debug, Default)]
pub enum Access {
    /// All may do all: `tickertape dev`, which only this machine reaches.
    #[default]
    Open,
    /// All is closed that the policy does not open.
    Closed(Arc<Policy>),
}

impl Access {
    /// Closed but for what the settings open.
    ///
    /// # Errors
    /// Where a setting is wrong, a file cannot be read, or nothing at all is opened.
    pub fn closed(args: AccessArgs) -> Result<Self, String> {
        Ok(Self::Closed(Arc::new(Policy::read(args)?)))
    }
}
