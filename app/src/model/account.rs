//! Who reads the pages, and what that one may do.

use serde::{Deserialize, Serialize};

/// Who reads the pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Account {
    /// Whoever: the server is open to all who reach it.
    #[default]
    Anyone,
    /// Someone who has shown nothing, and may do what everyone may.
    Nobody(Rights),
    /// Someone who has signed in.
    Someone {
        /// Whom the token is for, or whose key it is.
        name: Option<String>,
        /// What may be done with it.
        rights: Rights,
        /// When it ends: RFC 3339.
        expires: Option<String>,
    },
}

/// What someone may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// The selectors of topics to publish on.
    pub publish: Vec<String>,
    /// The selectors of topics to read.
    pub subscribe: Vec<String>,
    /// Whether to see what the hub does.
    pub observe: bool,
}

/// What the page shows that asks for a token.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInData {
    /// Why it stands in the place of another page.
    pub why: Option<String>,
    /// What was wrong with the token that was sent.
    pub refused: Option<String>,
    /// Where to go once someone has signed in.
    pub back: String,
    /// Whether a browser will keep the cookie, which it takes over TLS or on this machine alone.
    pub can_keep: bool,
}

impl Account {
    /// Whether one may publish on anything.
    #[must_use]
    pub fn may_publish(&self) -> bool {
        match self {
            Self::Anyone => true,
            Self::Nobody(rights) | Self::Someone { rights, .. } => !rights.publish.is_empty(),
        }
    }
}
