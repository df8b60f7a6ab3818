//! What every handler can reach.

use std::sync::Arc;

use axum::extract::FromRef;
use hub::Hub;
use leptos::config::LeptosOptions;

use crate::config::Config;
use crate::http::api::stats::Feed;
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
    /// What Leptos renders the pages with.
    pub(crate) leptos: LeptosOptions,
    /// The figures, for those who follow them.
    pub(crate) stats: Feed,
    /// Resolves when the server stops.
    pub(crate) stopping: Stopping,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
