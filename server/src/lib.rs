//! The hub over HTTP, and the pages.
//!
//! [`run`] is the only entrance, for production and for tests.

pub mod config;
pub mod connection;
mod http;
pub mod limits;
mod router;
pub mod shutdown;
mod state;

use std::sync::Arc;

use tokio::net::TcpListener;

use crate::config::Config;
use crate::connection::Connections;
use crate::shutdown::Stop;
use crate::state::AppState;

/// Serves until `shutdown` resolves, then ends every stream and returns.
///
/// A stop takes at most [`limits::Limits::stop_timeout`]: no connection is accepted any more,
/// the time streams end, requests under way are
/// answered.
pub async fn run(config: Config, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let config = Arc::new(config);
    let (stop, stopping) = Stop::new();
    let state = AppState {
        config: Arc::clone(&config),
        stopping,
    };

    let mut connections = Connections::new(router::router(state), config.limits.clone());
    connections.accept(listener, shutdown).await;

    stop.now();
    connections.finish().await;
}
