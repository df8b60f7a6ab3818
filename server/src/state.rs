//! What every handler can reach.

use std::ops::Deref;
use std::sync::Arc;

use axum::extract::FromRef;
use hub::Hub;
use leptos::config::LeptosOptions;

use crate::auth::Guard;
use crate::clients::Clients;
use crate::config::Config;
use crate::http::api::stats::Feed;
use crate::http::faults::Visits;
use crate::http::room::Room;
use crate::limits::{BODIES, LINES};
use crate::metrics::Metrics;
use crate::presence::Presence;
use crate::shutdown::Stopping;

/// The server's parts; a clone is a handle to the same.
///
/// Each request clones it for its route and its layers: one count for all of the parts.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Parts>);

/// What an [`AppState`] holds.
pub(crate) struct Parts {
    /// The events.
    pub(crate) hub: Hub,
    /// Who is in the chat.
    pub(crate) presence: Presence,
    /// Who may do what.
    pub(crate) guard: Arc<Guard>,
    /// What each client has taken.
    pub(crate) clients: Arc<Clients>,
    /// The settings.
    pub(crate) config: Arc<Config>,
    /// Room for bodies that are read as a whole.
    pub(crate) bodies: Room,
    /// Room for the lines that uploads have begun.
    pub(crate) lines: Room,
    /// What Leptos renders the pages with.
    pub(crate) leptos: LeptosOptions,
    /// Who is connected to a stream with faults.
    pub(crate) faults: Visits,
    /// The figures, for those who follow them.
    pub(crate) stats: Feed,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// Whether that is told at an address of its own, and not here.
    pub(crate) metrics_elsewhere: bool,
    /// Resolves when the server stops.
    pub(crate) stopping: Stopping,
}

impl Deref for AppState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl AppState {
    /// That of a server which has just begun.
    pub(crate) fn new(
        hub: Hub,
        config: Arc<Config>,
        stopping: Stopping,
        metrics_elsewhere: bool,
    ) -> Self {
        let request = config.limits.request;
        let clients = Clients::new(&config.limits, &config.trusted_proxies);
        let metrics = Metrics::new(hub.clone(), Arc::clone(&clients), &config);
        Self(Arc::new(Parts {
            hub,
            presence: Presence::default(),
            guard: Arc::new(Guard::new(&config)),
            clients,
            config,
            bodies: Room::new(BODIES.max(request)),
            lines: Room::new(LINES.max(request)),
            leptos: LeptosOptions::builder().output_name("tickertape").build(),
            faults: Visits::default(),
            stats: Feed::default(),
            metrics: Arc::new(metrics),
            metrics_elsewhere,
            stopping,
        }))
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}

#[cfg(test)]
impl AppState {
    /// Its parts, to be changed before anybody else has it.
    pub(crate) fn parts(&mut self) -> &mut Parts {
        Arc::get_mut(&mut self.0).expect("nobody else has it")
    }

    /// That of a server over this hub, and the switch that stops it.
    pub(crate) fn over(hub: Hub) -> (crate::shutdown::Stop, Self) {
        let (stop, stopping) = crate::shutdown::Stop::new();
        let state = Self::new(hub, Arc::new(Config::default()), stopping, false);
        (stop, state)
    }

    /// The same over a hub with nothing in it.
    pub(crate) fn empty() -> (crate::shutdown::Stop, Self) {
        let policy = hub::Policy::new(hub::Retention::default());
        let log = hub::MemoryLog::new(policy, Arc::new(hub::SystemClock::default()));
        Self::over(Hub::open(Arc::new(log), hub::Settings::default()).0)
    }
}
