//! The hub over HTTP, and the pages.
//!
//! [`run`] is the only entrance, for production and for tests.

// The type of a page grows with all that stands on it.
#![recursion_limit = "256"]

mod assets;
pub mod config;
pub mod connection;
mod http;
pub mod inspect;
pub mod limits;
mod pages;
mod presence;
mod router;
pub mod shutdown;
mod state;
mod ticker;

use std::sync::Arc;
use std::time::Duration;

use hub::{CloseReason, Hub, Log, MemoryLog, Policy, Retention, Selector, Settings, SystemClock};
use leptos::config::LeptosOptions;
use tokio::net::TcpListener;

use crate::config::Config;
use crate::connection::Connections;
use crate::presence::Presence;
use crate::shutdown::Stop;
use crate::state::AppState;

/// Serves until `shutdown` resolves, then ends every stream and returns.
///
/// A stop takes at most [`limits::Limits::stop_timeout`]: no connection is accepted any more,
/// every stream of the hub gets its `hub.close`, the time streams end, requests under way are
/// answered.
pub async fn run(config: Config, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let config = Arc::new(config);
    let (hub, driver) = Hub::open(log(&config), Settings::default());
    let driver = tokio::spawn(async move {
        if let Err(error) = driver.run().await {
            tracing::error!(%error, "the hub cannot follow its log; nobody hears of new events");
        }
    });
    let ticker = config.demo.then(|| tokio::spawn(ticker::run(hub.clone())));
    let (stop, stopping) = Stop::new();
    let state = AppState {
        hub: hub.clone(),
        presence: Presence::default(),
        config: Arc::clone(&config),
        leptos: LeptosOptions::builder().output_name("tickertape").build(),
        stopping,
    };

    let mut connections = Connections::new(router::router(state), config.limits.clone());
    connections.accept(listener, shutdown).await;

    stop.now();
    hub.close(CloseReason::Shutdown);
    connections.finish().await;
    if let Some(ticker) = ticker {
        ticker.abort();
    }
    driver.abort();
}
/// What is kept of the ticker: an hour, which is 3,600 events, whatever the rest may take.
const TICKER: Retention = Retention {
    age: Some(Duration::from_secs(60 * 60)),
    bytes: Some(16 << 20),
    count: None,
};

/// The log, in memory, with what it keeps.
fn log(config: &Config) -> Arc<dyn Log> {
    let mut policy = Policy::new(config.retention);
    if config.demo
        && let Ok(ticker) = Selector::parse(ticker::TOPIC)
    {
        policy = policy.with(ticker, TICKER);
    }
    Arc::new(MemoryLog::new(policy, Arc::new(SystemClock::default())))
}
