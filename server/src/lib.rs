//! The hub over HTTP, and the pages.
//!
//! [`run`] is the only entrance, for production and for tests.

// The type of a page grows with all that stands on it.
#![recursion_limit = "256"]

mod assets;
mod auth;
mod client;
pub mod config;
pub mod connection;
mod http;
pub mod inspect;
pub mod limits;
pub mod maintenance;
mod pages;
mod presence;
pub mod reload;
mod router;
pub mod send;
pub mod shutdown;
mod state;
pub mod storage;
pub mod systemd;
pub mod tail;
mod ticker;
pub mod tls;
pub mod token;

use std::sync::Arc;

use hub::{CloseReason, Hub, Log, Settings};
use store::OpenError;
use tokio::net::TcpListener;

use crate::config::{Access, Config};
use crate::connection::Connections;
use crate::reload::Reload;
use crate::shutdown::Stop;
use crate::state::AppState;

/// The exit status for a wrong setting (`EX_USAGE` of sysexits.h).
pub const WRONG_SETTING: u8 = 64;

/// A server whose log is open, and which nobody can reach yet.
pub struct Server {
    config: Arc<Config>,
    log: Arc<dyn Log>,
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
            reload: Reload::default(),
        })
    }

    /// What is read again while the server runs, where somebody asks for it.
    #[must_use]
    pub fn reload(&self) -> Reload {
        self.reload.clone()
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
            reload,
        } = self;
        let settings = Settings {
            max_event: config.limits.event,
            slow: config.limits.write_timeout,
            ..Settings::default()
        };
        let (hub, driver) = Hub::open(log, settings);
        let driver = tokio::spawn(async move {
            if let Err(error) = driver.run().await {
                tracing::error!(%error, "the hub cannot follow its log; nobody hears of new events");
            }
        });
        let ticker = config.demo.then(|| tokio::spawn(ticker::run(hub.clone())));
        let (stop, stopping) = Stop::new();
        let state = AppState::new(hub.clone(), Arc::clone(&config), stopping);
        let guard = Arc::clone(&state.guard);
        tokio::spawn(async move { guard.prepare().await });
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
        let mut connections = Connections::new(router::router(state), limits, tls);
        connections.accept(listener, shutdown).await;

        stop.now();
        hub.close(CloseReason::Shutdown);
        connections.finish().await;
        for task in [ticker, follow].into_iter().flatten() {
            task.abort();
        }
        driver.abort();
    }
}
