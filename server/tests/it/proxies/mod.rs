//! Real proxies in front of the server: with nothing said about streams, and with the files of
//! `docs/deploy`. Without a proxy installed its tests say so on standard error, and pass.
//!
//! `scripts/proxy.sh` runs a proxy, `curl` is the client; a browser behind them is in `end2end`.

mod away;
mod clients;
mod curl;
mod proxy;
mod streams;
mod uploads;
