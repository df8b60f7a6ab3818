//! What every handler can reach.

use std::sync::Arc;

use hub::Hub;

use crate::config::Config;
use crate::presence::Presence;
use crate::shutdown::Stopping;

/// The server's parts; cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState {
    /// The events.
    pub(crate) hub: Hub,
    /// Who is in the chat.
    pub(crate) presence: Presence,
    /// The settings.
    pub(crate) config: Arc<Config>,
    /// Resolves when the server stops.
    pub(crate) stopping: Stopping,
}
