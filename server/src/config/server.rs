//! The settings of every server, as flags and variables.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::clients::ClientArgs;
use super::origin::Origin;
use super::overrides::Override;
use super::places::Places;
use super::telemetry::TelemetryArgs;
use super::tls::TlsArgs;
use super::values::{age, count, max_event, max_request, size};
use crate::fanout::FanOut;
use crate::http::host::HostName;
use crate::storage::DataArgs;

/// The settings that `tickertape dev` and `tickertape serve` share.
#[derive(Args, Clone, Debug)]
pub struct ServerArgs {
    /// The file of settings [default: ./tickertape.toml where there is one]
    #[arg(long, env = "TICKERTAPE_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// A web page's origin that may subscribe and publish, exactly as browsers send it
    #[arg(
        long = "cors-origin",
        env = "TICKERTAPE_CORS_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ','
    )]
    pub cors_origins: Vec<Origin>,
    /// A name of this server beside localhost and its address, such as hub.example; any port
    #[arg(
        long = "host",
        env = "TICKERTAPE_HOST",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub hosts: Vec<HostName>,
    /// The certificate.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Where the data is.
    #[command(flatten)]
    pub data: DataArgs,
    /// Keeps events in memory only
    #[arg(long, env = "TICKERTAPE_EPHEMERAL", conflicts_with = "data_dir")]
    pub ephemeral: bool,
    /// How long an event is kept, such as 90s, 30m, 24h, 7d
    #[arg(
        long,
        env = "TICKERTAPE_RETENTION_AGE",
        value_name = "DURATION",
        default_value = "24h",
        value_parser = age
    )]
    pub retention_age: Duration,
    /// How much is kept, such as 512MiB, 1GiB
    #[arg(
        long,
        env = "TICKERTAPE_RETENTION_BYTES",
        value_name = "SIZE",
        default_value = "1GiB",
        value_parser = size
    )]
    pub retention_bytes: u64,
    /// How many events are kept; no bound where it is not given
    #[arg(
        long,
        env = "TICKERTAPE_RETENTION_COUNT",
        value_name = "EVENTS",
        value_parser = count
    )]
    pub retention_count: Option<u64>,
    /// Topics that are kept by limits of their own; only in the file.
    #[arg(skip)]
    pub overrides: Vec<Override>,
    /// Where those stand that are the file's.
    #[arg(skip)]
    pub(super) places: Places,
    /// The largest event, in bytes of data
    #[arg(
        long,
        env = "TICKERTAPE_MAX_EVENT",
        value_name = "SIZE",
        default_value = "1MiB",
        value_parser = max_event
    )]
    pub max_event: usize,
    /// The largest request that is no upload, such as an array of events
    #[arg(
        long,
        env = "TICKERTAPE_MAX_REQUEST",
        value_name = "SIZE",
        default_value = "8MiB",
        value_parser = max_request
    )]
    pub max_request: usize,
    /// What clients may take.
    #[command(flatten)]
    pub clients: ClientArgs,
    /// How streams over plain HTTP/1.1 are sent
    #[arg(
        long,
        env = "TICKERTAPE_FAN_OUT",
        value_name = "PATH",
        default_value = "socket"
    )]
    pub fan_out: FanOut,
    /// The log, the metrics, the traces.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}
