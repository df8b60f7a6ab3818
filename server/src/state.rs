//! What every handler can reach.

use std::sync::Arc;

use crate::config::Config;
use crate::shutdown::Stopping;

/// The server's parts; cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    /// The settings.
    pub(crate) config: Arc<Config>,
    /// Resolves when the server stops.
    pub(crate) stopping: Stopping,
}
