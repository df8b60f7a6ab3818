//! The hub over HTTP, and the pages.
//!
//! [`run`] is the only entrance, for production and for tests.

// The type of a page grows with all that stands on it.
#![recursion_limit = "256"]

mod assets;
mod auth;
mod client;
mod clients;
pub mod config;
pub mod connection;
pub mod descriptors;
pub mod fanout;
mod file;
mod front;
pub mod health;
mod hex;
mod http;
pub mod inspect;
pub mod limits;
pub mod maintenance;
mod metrics;
mod pages;
mod presence;
pub mod reload;
mod router;
pub mod send;
pub mod shutdown;
mod since;
mod state;
pub mod storage;
pub mod systemd;
pub mod tail;
pub mod telemetry;
mod ticker;
pub mod tls;
pub mod token;

use std::sync::Arc;

use hub::{CloseReason, Hub, Log, Settings};
use store::OpenError;
use tokio::net::TcpListener;
use tracing::field::display;

use crate::config::{Access, Config};
use crate::connection::Connections;
use crate::fanout::{FanOut, Shards};
use crate::front::Front;
use crate::limits::{Limits, METRICS_CONNECTIONS, METRICS_STOP};
use crate::metrics::ConnectionCount;
use crate::reload::Reload;
use crate::shutdown::{Stop, Stopping};
use crate::state::AppState;
use crate::storage::Storage;

/// The exit status for a wrong setting (`EX_USAGE` of sysexits.h).
pub const WRONG_SETTING: u8 = 64;

/// A server whose log is open, and which nobody can reach yet.
pub struct Server {
    config: Arc<Config>,
    log: Arc<dyn Log>,
    metrics: Option<TcpListener>,
    reload: Reload,
}

/// Opens the log and serves; see [`Server::open`] and [`Server::run`].
///
/// # Errors
/// Where the log cannot be opened.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), OpenError> {
    Server::open(config)?.run(listener, shutdown).await;
    Ok(())
}

impl Server {
    /// Opens the log: what is wrong with it is known before anything is served.
    ///
    /// # Errors
    /// Where the log cannot be opened.
    pub fn open(config: Config) -> Result<Self, OpenError> {
        let log = storage::open(&config)?;
        Ok(Self {
            config: Arc::new(config),
            log,
            metrics: None,
            reload: Reload::default(),
        })
    }

    /// Adds what the server can read again to what is read again where somebody asks for it.
    #[must_use]
    pub fn with_reload(mut self, reload: Reload) -> Self {
        self.reload = reload;
        self
    }

    /// Tells the metrics at an address of their own, and no more at the main one.
    #[must_use]
    pub fn with_metrics(mut self, listener: TcpListener) -> Self {
        self.metrics = Some(listener);
        self
    }

    /// Serves until `shutdown` resolves, then ends every stream and returns.
    ///
    /// A stop takes at most [`limits::Limits::stop_timeout`]: no connection is accepted any more,
    /// every stream of the hub gets its `hub.close`, the time streams end, requests under way are
    /// answered.
    pub async fn run(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let Self {
            config,
            log,
            metrics,
            reload,
        } = self;
        let settings = Settings {
            max_event: config.limits.event,
            max_subscribers: config.limits.subscribers,
            slow: config.limits.write_timeout,
            heartbeat: config.limits.heartbeat,
        };
        let (hub, driver) = Hub::open(log, settings);
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.run().await {
                tracing::error!(%error, "the hub cannot follow its log; nobody hears of new events");
            }
        });
        let ticker = config.demo.then(|| tokio::spawn(ticker::run(hub.clone())));
        let (stop, stopping) = Stop::new();
        let elsewhere = metrics.is_some();
        let state = AppState::new(hub.clone(), Arc::clone(&config), stopping, elsewhere);
        // Before anyone is told that it runs: what it has open is open by then.
        let shards = shards(&config, &hub, state.metrics.connections());
        say_started(&config, &hub, &listener, metrics.as_ref());
        let (ended, ending) = Stop::new();
        let metrics =
            metrics.map(|listener| tokio::spawn(serve_metrics(listener, state.clone(), ending)));
        let guard = Arc::clone(&state.guard);
        let keys = tokio::spawn(async move { guard.follow().await });
        if let Access::Closed(_) = &config.access {
            let guard = Arc::clone(&state.guard);
            reload.add("the keys for tokens and of publishers", move || {
                guard.reload()
            });
        }
        let follow = config.tls.clone().map(|tls| {
            let again = tls.clone();
            reload.add("the certificate and its key", move || again.reload());
            tokio::spawn(tls.follow(config.limits.certificate_look))
        });

        let (limits, tls) = (config.limits.clone(), config.tls.clone());
        let (count, clients) = (state.metrics.connections(), Arc::clone(&state.clients));
        let front = Front::new(state.clone(), router::router(state));
        let mut connections = Connections::new(front, limits, tls)
            .counting(Arc::clone(&count))
            .of(clients)
            .with(shards);
        connections.accept(listener, shutdown).await;

        tracing::info!(connections = count.now(), "stopping");
        stop.now();
        hub.close(CloseReason::Shutdown);
        connections.finish().await;
        // Until here, so that what a stop waits for can be seen.
        ended.now();
        if let Some(metrics) = metrics {
            // It ends by itself, and panics nowhere.
            let _ = metrics.await;
        }
        for task in [ticker, follow, Some(keys)].into_iter().flatten() {
            task.abort();
        }
        driver.abort();
        say_stopped(&hub);
    }
}

/// The threads that write streams into their sockets, where that is wanted.
fn shards(config: &Config, hub: &Hub, count: Arc<ConnectionCount>) -> Option<Arc<Shards>> {
    if config.fan_out == FanOut::Body {
        return None;
    }
    Shards::start(hub, &config.limits, count)
        .inspect_err(|error| {
            tracing::warn!(%error, "cannot start the threads of --fan-out socket; streams are sent by the body path");
        })
        .ok()
}

/// Serves the metrics until it is told to end. Connections have a bound of their own, so that they are
/// answered also where the main address takes no more.
async fn serve_metrics(listener: TcpListener, state: AppState, mut ending: Stopping) {
    let limits = Limits {
        connections: METRICS_CONNECTIONS,
        stop_timeout: METRICS_STOP,
        ..state.config.limits.clone()
    };
    let front = Front::Plain(router::metrics_router(state));
    let mut connections = Connections::new(front, limits, None);
    connections.accept(listener, ending.wait()).await;
    connections.finish().await;
}

fn say_started(config: &Config, hub: &Hub, listener: &TcpListener, metrics: Option<&TcpListener>) {
    let addr = |listener: &TcpListener| listener.local_addr().ok().map(display);
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        addr = addr(listener),
        tls = config.tls.is_some(),
        metrics_addr = metrics.and_then(addr),
        data = match &config.storage {
            Storage::Memory => None,
            Storage::Directory(dir) => Some(display(dir.display())),
        },
        epoch = %hub.epoch(),
        events = hub.stats().log.events,
        "started"
    );
}

fn say_stopped(hub: &Hub) {
    let stats = hub.stats();
    tracing::info!(
        uptime_s = stats.uptime.as_secs(),
        published = stats.published.events,
        delivered = stats.delivered.events,
        gaps = stats.gaps.total(),
        "stopped"
    );
}
